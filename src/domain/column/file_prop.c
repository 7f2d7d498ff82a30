/* Column files against the very rows that were written. Covers: block.c, block_read.c, block_stints.c, block_texts.c, block_write.c, file_read.c,
 * file_rows.c, file_write.c, set.c */
#include "domain/column/inside.h"

#include <math.h>
#include <stdlib.h>

#include "base/time.h"
#include "lib/text.h"
#include "store/disk_sim.h"
#include "testing/test.h"

#define NAME "2026-11.col"
#define COLUMNS 14u
#define CELLS_A_ROW_MAX 40u

/* --- any rows --- */

/* Columns of all kinds; the last ones share a name. */
static const struct column_name shapes[COLUMNS] = {
    {COLUMN_FIELD, COLUMN_TEXT, false, BYTES_INIT("channel")},       {COLUMN_FIELD, COLUMN_TEXT, false, BYTES_INIT("order")},
    {COLUMN_PROPERTY, COLUMN_NUMBER, false, BYTES_INIT("amount")},   {COLUMN_PROPERTY, COLUMN_TEXT, true, BYTES_INIT("标签")},
    {COLUMN_PROPERTY, COLUMN_BOOL, false, BYTES_INIT("first")},      {COLUMN_PROPERTY, COLUMN_TIME, false, BYTES_INIT("due")},
    {COLUMN_PROPERTY, COLUMN_REAL, true, BYTES_INIT("weights")},     {COLUMN_ITEM, COLUMN_TEXT, false, BYTES_INIT("sku")},
    {COLUMN_ITEM, COLUMN_NUMBER, false, BYTES_INIT("price")},        {COLUMN_ITEM, COLUMN_NUMBER, true, BYTES_INIT("sizes")},
    {COLUMN_PROPERTY, COLUMN_TEXT, false, BYTES_INIT("category")},   {COLUMN_PROPERTY, COLUMN_NUMBER, false, BYTES_INIT("size")},
    {COLUMN_PROPERTY, COLUMN_REAL, false, BYTES_INIT("size")},       {COLUMN_PROPERTY, COLUMN_TEXT, false, BYTES_INIT("size")},
};

struct table {
    struct column_set *set;
    uint32_t numbers[COLUMNS]; /* of the shapes, in the set */
    struct column_row *rows;
    uint32_t count;
};

static struct bytes any_text(struct t *t)
{
    static const char *const texts[] = {"", "web", "app", "mini_program", "裙装", "上衣", "👗🧥", "𠮷野家", "ORDER-20251111-000017"};
    if (rng_chance(&t->rng, 0.002)) {
        struct buf b = arena_buf(t->arena, 12000);
        for (uint32_t i = 0; i < 1 + rng_below(&t->rng, 3000); i++)
            buf_push_text(&b, rng_chance(&t->rng, 0.5) ? "长" : "x");
        return buf_bytes(&b);
    }
    if (rng_chance(&t->rng, 0.3))
        return bytes_of_text(arena_printf(t->arena, "O%u", (unsigned)rng_below(&t->rng, 100000)));
    return bytes_of_text(texts[rng_below(&t->rng, COUNT_OF(texts))]);
}

/* Most numbers are prices; a few are as large or small as there are. */
static struct column_cell any_cell(struct t *t, enum column_kind kind)
{
    static const int64_t extremes[] = {0, -1, INT64_MAX, INT64_MIN, INT64_MAX / 10, 20251122123456789};
    static const double reals[] = {0.0, -0.0, 1e-9, 1e300, -INFINITY, 0.1};
    struct column_cell cell = {0};
    switch (kind) {
    case COLUMN_TEXT:
        cell.text = any_text(t);
        break;
    case COLUMN_NUMBER:
        cell.scale = (uint8_t)(rng_chance(&t->rng, 0.01) ? rng_below(&t->rng, 7) : 2);
        cell.integer = rng_between(&t->rng, -10000, 99999999);
        if (rng_chance(&t->rng, 0.003))
            cell.integer = extremes[rng_below(&t->rng, COUNT_OF(extremes))];
        break;
    case COLUMN_REAL:
        cell.real = rng_chance(&t->rng, 0.5) ? reals[rng_below(&t->rng, COUNT_OF(reals))] : rng_unit(&t->rng);
        break;
    case COLUMN_BOOL:
        cell.integer = rng_chance(&t->rng, 0.3);
        break;
    default:
        cell.integer = rng_chance(&t->rng, 0.01) ? TIME_US_MIN : rng_between(&t->rng, 0, INT64_C(4000000000000000));
    }
    return cell;
}

static void cells_add(struct t *t, const struct table *table, uint32_t shape, uint16_t item, struct column_row *row, struct column_cell *cells)
{
    uint32_t values = shapes[shape].is_list ? (uint32_t)rng_below(&t->rng, 4) : 1;
    for (; values > 0 && row->cell_count < CELLS_A_ROW_MAX; values--) {
        struct column_cell cell = any_cell(t, shapes[shape].kind);
        cell.column = table->numbers[shape];
        cell.item = item;
        cells[row->cell_count++] = cell;
    }
}

/* In the order in which a block gives them back. */
static void any_cells(struct t *t, const struct table *table, struct column_row *row)
{
    static const double chances[COLUMNS] = {1, 0.05, 0.1, 0.2, 0.5, 0.01, 0.1, 0.9, 0.9, 0.2, 0.95, 0.02, 0.02, 0.02};
    struct column_cell *cells = arena_take(t->arena, CELLS_A_ROW_MAX * sizeof *cells, 8);
    row->item_count = rng_chance(&t->rng, 0.2) ? (uint16_t)(1 + rng_below(&t->rng, 3)) : 0;
    row->cells = cells;
    for (uint32_t shape = 0; shape < COLUMNS; shape++) {
        uint32_t times = shapes[shape].of == COLUMN_ITEM ? row->item_count : 1;
        for (uint16_t item = 0; item < times; item++)
            if (rng_chance(&t->rng, chances[shape]))
                cells_add(t, table, shape, item, row, cells);
    }
}

static int row_order(const void *a, const void *b)
{
    return column_row_compare(a, b);
}

static struct table any_table(struct t *t, uint32_t count)
{
    struct table table = {.set = column_set_create(), .rows = ARENA_ARRAY(t->arena, struct column_row, count), .count = count};
    uint32_t people = 1 + (uint32_t)rng_below(&t->rng, 3 * count);
    uint32_t first = rng_chance(&t->rng, 0.1) ? UINT32_MAX - 3 * people - 1 : (uint32_t)rng_below(&t->rng, 3 * CHUNK_PEOPLE);
    int64_t unit = rng_chance(&t->rng, 0.7) ? 1000000 : 1;
    for (uint32_t i = 0; i < COLUMNS; i++)
        table.numbers[i] = column_set_number(table.set, &shapes[i]);
    for (uint32_t i = 0; i < count; i++) {
        struct column_row *row = &table.rows[i];
        uint32_t skew = 1 + (uint32_t)rng_below(&t->rng, people);
        *row = (struct column_row){.person = first + (uint32_t)rng_below(&t->rng, skew),
                                   .event = (uint16_t)(rng_chance(&t->rng, 0.01) ? rng_below(&t->rng, 65536) : rng_below(&t->rng, 30)),
                                   .time_us = INT64_C(1761955200000000) + unit * (int64_t)rng_below(&t->rng, rng_chance(&t->rng, 0.1) ? 3 : 2592000),
                                   .message = (uint32_t)(rng_next(&t->rng) >> (rng_chance(&t->rng, 0.1) ? 63 : 32)),
                                   .position = 1000 + 250 * (uint64_t)i};
    }
    qsort(table.rows, count, sizeof *table.rows, row_order);
    for (uint32_t i = 0; i < count; i++)
        any_cells(t, &table, &table.rows[i]);
    return table;
}

static struct column_file *table_keep(struct t *t, const struct table *table)
{
    struct err e = {0};
    struct column_writer *w = NULL;
    struct column_file *f = NULL;
    CHECK_DONE(t, column_writer_open(NULL, NULL, table->set, &w, &e), &e);
    for (uint32_t i = 0; i < table->count; i++)
        CHECK_DONE(t, column_writer_add(w, &table->rows[i], &e), &e);
    CHECK_DONE(t, column_writer_keep(w, &f, &e), &e);
    column_writer_close(w);
    return f;
}

/* --- the same value, told by what it was written as --- */

static double real_of_cell(const struct column_cell *cell)
{
    return (double)cell->integer / pow(10, cell->scale);
}

/* A number comes back in another scale, or as a real where its block has none for all. */
static bool is_same_value(const struct column_set *set, const struct column_cell *got, const struct column_cell *want)
{
    struct column_name a = column_set_name(set, got->column), b = column_set_name(set, want->column);
    if (a.of != b.of || !bytes_equal(a.name, b.name) || a.is_list != b.is_list || got->item != want->item)
        return false;
    if (b.kind == COLUMN_NUMBER && a.kind == COLUMN_REAL)
        return got->real == real_of_cell(want);
    if (a.kind != b.kind)
        return false;
    if (b.kind == COLUMN_NUMBER) {
        __extension__ __int128 value = want->integer;
        for (uint8_t s = want->scale; s < got->scale; s++)
            value *= 10;
        return got->scale >= want->scale && value == got->integer;
    }
    if (b.kind == COLUMN_TEXT)
        return bytes_equal(got->text, text_cut(want->text, COLUMN_TEXT_BYTES_MAX));
    return b.kind == COLUMN_REAL ? memcmp(&got->real, &want->real, sizeof got->real) == 0 : got->integer == want->integer;
}

/* Each wanted cell is there once; those that became reals stand elsewhere. */
static bool are_same_cells(const struct column_set *set, const struct column_row *got, const struct column_row *want)
{
    bool used[CELLS_A_ROW_MAX] = {false};
    if (got->cell_count != want->cell_count)
        return false;
    for (uint32_t i = 0; i < want->cell_count; i++) {
        uint32_t k = 0;
        while (k < got->cell_count && (used[k] || !is_same_value(set, &got->cells[k], &want->cells[i])))
            k++;
        if (k == got->cell_count)
            return false;
        used[k] = true;
    }
    return true;
}

static bool is_same_row(const struct column_set *set, const struct column_row *got, const struct column_row *want)
{
    return got->person == want->person && got->event == want->event && got->item_count == want->item_count && got->time_us == want->time_us &&
           got->message == want->message && got->position == want->position && are_same_cells(set, got, want);
}

/* --- properties --- */

static uint32_t any_size(struct t *t)
{
    static const uint32_t sizes[] = {1, 2, 7, 1000, 1024, 1025, 4000};
    return rng_chance(&t->rng, 0.5) ? sizes[rng_below(&t->rng, COUNT_OF(sizes))] : 1 + (uint32_t)rng_below(&t->rng, 3000);
}

static void rows_come_back(struct t *t)
{
    struct err e = {0};
    struct table table = any_table(t, any_size(t));
    struct column_file *f = table_keep(t, &table);
    struct column_rows *rows = NULL;
    const struct column_row *row = NULL;
    REQUIRE_DONE(t, column_rows_open(f, table.set, &rows, &e), &e);
    for (uint32_t i = 0; i < table.count; i++) {
        REQUIRE_DONE(t, column_rows_next(rows, &row, &e), &e);
        REQUIRE(t, row != NULL);
        REQUIRE(t, is_same_row(table.set, row, &table.rows[i]));
    }
    REQUIRE_DONE(t, column_rows_next(rows, &row, &e), &e);
    CHECK(t, row == NULL);
    column_rows_close(rows);
    column_file_close(f);
    column_set_destroy(table.set);
}

/* Written into a file on a disk; that file's rows into another one: the same bytes. */
static void rewriting_changes_nothing(struct t *t)
{
    struct err e = {0};
    struct disk *d = NULL;
    bool is_real = rng_chance(&t->rng, 0.2);
    if (is_real)
        CHECK_DONE(t, disk_open_real(t->folder, &d, &e), &e);
    else
        d = disk_sim_create(t->seed);
    struct table table = any_table(t, any_size(t));
    struct column_set *set = column_set_create();
    struct column_writer *w = NULL;
    struct column_file *f = NULL;
    struct column_rows *rows = NULL;
    const struct column_row *row = NULL;
    struct column_sum sum, again;
    REQUIRE_DONE(t, column_writer_open(d, NAME, table.set, &w, &e), &e);
    for (uint32_t i = 0; i < table.count; i++)
        CHECK_DONE(t, column_writer_add(w, &table.rows[i], &e), &e);
    REQUIRE_DONE(t, column_writer_finish(w, &sum, &e), &e);
    column_writer_close(w);
    if (!is_real)
        disk_sim_crash(d);
    REQUIRE_DONE(t, column_file_open(d, NAME, &f, &e), &e);
    struct column_sum read = column_file_sum(f);
    CHECK(t, memcmp(&sum, &read, sizeof sum) == 0);
    CHECK_EQ(t, sum.count, table.count);
    REQUIRE_DONE(t, column_rows_open(f, set, &rows, &e), &e);
    REQUIRE_DONE(t, column_writer_open(d, "again.col", set, &w, &e), &e);
    for (;;) {
        REQUIRE_DONE(t, column_rows_next(rows, &row, &e), &e);
        if (row == NULL)
            break;
        CHECK_DONE(t, column_writer_add(w, row, &e), &e);
    }
    REQUIRE_DONE(t, column_writer_finish(w, &again, &e), &e);
    CHECK(t, memcmp(&sum, &again, sizeof sum) == 0);
    column_writer_close(w);
    column_rows_close(rows);
    column_file_close(f);
    column_set_destroy(set);
    column_set_destroy(table.set);
    disk_close(d);
}

/* What a block says of its events, each in its own way. */
static void events_check(struct t *t, const struct block *b, const struct column_row *rows)
{
    uint32_t count = block_count(b), wrong = 0, matches = 0, want_matches = 0;
    uint16_t *people = ARENA_ARRAY(t->arena, uint16_t, count), *events = ARENA_ARRAY(t->arena, uint16_t, count);
    int64_t *times = ARENA_ARRAY(t->arena, int64_t, count);
    uint32_t *messages = ARENA_ARRAY(t->arena, uint32_t, count);
    uint64_t *positions = ARENA_ARRAY(t->arena, uint64_t, count);
    uint64_t *bits = ARENA_ARRAY(t->arena, uint64_t, count / 64 + 1), names[1024];
    uint32_t *items = ARENA_ARRAY(t->arena, uint32_t, count);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        names[i] = rng_next(&t->rng) & rng_next(&t->rng);
    block_people(b, people), block_events(b, events), block_times(b, times);
    block_messages(b, messages), block_positions(b, positions), block_item_counts(b, items);
    matches = block_match(b, names, bits);
    for (uint32_t i = 0; i < count; i++) {
        const struct column_row *row = &rows[i];
        bool is_in = bit_is_set(names, row->event);
        want_matches += is_in;
        wrong += row->person != block_chunk(b) * CHUNK_PEOPLE + people[i] || row->event != events[i] || row->time_us != times[i] ||
                 row->message != messages[i] || row->position != positions[i] || row->item_count != items[i] ||
                 is_in != bit_is_set(bits, i) || block_time_at(b, i) != times[i] || times[i] < block_first_us(b) || times[i] > block_last_us(b) ||
                 positions[i] < block_first_position(b) || positions[i] > block_last_position(b);
    }
    CHECK_EQ(t, wrong, 0);
    CHECK_EQ(t, matches, want_matches);
}

/* Whether the column's values in row `row` are those from `from` to `until`; only for columns that no number left. */
static bool values_are(const struct column *c, uint32_t number, const struct column_row *row, const uint32_t *items, const uint32_t *codes,
                       const int64_t *integers, const double *reals, uint32_t from, uint32_t until)
{
    uint32_t at = from;
    for (uint32_t i = 0; i < row->cell_count; i++) {
        const struct column_cell *cell = &row->cells[i];
        if (cell->column != number)
            continue;
        if (at == until || (items != NULL && items[at] != cell->item))
            return false;
        if (codes != NULL && !bytes_equal(column_text(c, codes[at]), text_cut(cell->text, COLUMN_TEXT_BYTES_MAX)))
            return false;
        if ((reals != NULL && memcmp(&reals[at], &cell->real, sizeof *reals) != 0) || (integers != NULL && integers[at] != cell->integer))
            return false;
        at++;
    }
    return at == until;
}

static void column_check(struct t *t, const struct table *table, const struct block *b, uint32_t shape, const struct column_row *rows)
{
    const struct column_name *name = &shapes[shape];
    const struct column *c = block_column(b, name);
    uint32_t count = block_count(b), number = table->numbers[shape], values = 0, wrong = 0;
    if (c == NULL) {
        for (uint32_t i = 0; i < count; i++)
            wrong += !values_are(c, number, &rows[i], NULL, NULL, NULL, NULL, 0, 0);
        CHECK_EQ(t, wrong, 0);
        return;
    }
    values = column_count(c);
    uint64_t *present = ARENA_ARRAY(t->arena, uint64_t, count / 64 + 1);
    uint32_t *starts = ARENA_ARRAY(t->arena, uint32_t, count + 1), *items = NULL, *codes = NULL;
    int64_t *integers = NULL;
    double *reals = NULL;
    column_presence(c, present);
    column_starts(c, starts);
    if (name->of == COLUMN_ITEM)
        column_items(c, items = ARENA_ARRAY(t->arena, uint32_t, values));
    if (name->kind == COLUMN_TEXT)
        column_codes(c, codes = ARENA_ARRAY(t->arena, uint32_t, values));
    else if (name->kind == COLUMN_REAL)
        column_reals(c, reals = ARENA_ARRAY(t->arena, double, values));
    else
        column_integers(c, integers = ARENA_ARRAY(t->arena, int64_t, values));
    for (uint32_t i = 1; codes != NULL && i < column_texts(c); i++)
        wrong += bytes_compare(column_text(c, i - 1), column_text(c, i)) >= 0;
    for (uint32_t i = 0; i < values; i++)
        wrong += (codes != NULL && column_code_at(c, i) != codes[i]) ||
                 (integers != NULL && column_integer_at(c, i) != integers[i]);
    for (uint32_t i = 0; i < count; i++)
        wrong += bit_is_set(present, i) != (starts[i + 1] > starts[i]) ||
                 !values_are(c, number, &rows[i], items, codes, integers, reals, starts[i], starts[i + 1]);
    CHECK_EQ(t, starts[count], values);
    CHECK_EQ(t, wrong, 0);
}

/* Whose the events are and when they were, as bits, of any events and any people. */
static void bits_check(struct t *t, const struct block *b, const struct column_row *rows)
{
    uint32_t count = block_count(b), wrong = 0, from, until;
    size_t words = bits_words(count);
    uint64_t *events = ARENA_ARRAY(t->arena, uint64_t, words), *theirs = ARENA_ARRAY(t->arena, uint64_t, words), *since = ARENA_ARRAY(t->arena, uint64_t, words);
    uint64_t people[CHUNK_WORDS] = {0}, want[CHUNK_WORDS] = {0}, asked[CHUNK_WORDS];
    int64_t edge_us = rows[rng_below(&t->rng, count)].time_us + rng_between(&t->rng, 0, 1);
    struct block_stints s;
    for (uint32_t w = 0; w < CHUNK_WORDS; w++)
        asked[w] = rng_next(&t->rng);
    for (uint32_t i = 0; i < count; i++)
        if (rng_chance(&t->rng, 0.2)) {
            bit_set(events, i);
            bit_set(want, rows[i].person % CHUNK_PEOPLE);
        }
    block_stints(b, t->arena, &s);
    block_people_add(&s, events, people);
    CHECK(t, memcmp(people, want, sizeof want) == 0);
    block_events_of(&s, asked, theirs);
    block_since(b, &edge_us, 1, &since);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t person = rows[i].person % CHUNK_PEOPLE;
        wrong += bit_is_set(theirs, i) != bit_is_set(asked, person) || bit_is_set(since, i) != (rows[i].time_us >= edge_us);
        wrong += block_person_of(&s, i) != person || !block_stint_find(&s, person, &from, &until) || i < from || i >= until;
        wrong += rows[from].person != rows[i].person || rows[until - 1].person != rows[i].person;
    }
    CHECK_EQ(t, wrong, 0);
    for (uint32_t person = 0; person < CHUNK_PEOPLE; person++)
        wrong += block_stint_find(&s, person, &from, &until) != bit_is_set(s.people, person);
    CHECK_EQ(t, wrong, 0);
}

static void blocks_say_what_rows_say(struct t *t)
{
    struct err e = {0};
    struct table table = any_table(t, any_size(t));
    struct column_file *f = table_keep(t, &table);
    const struct column_row *rows = table.rows;
    for (uint32_t i = 0; i < column_file_blocks(f); i++) {
        const struct block *b = NULL, *same = NULL;
        uint32_t from, until;
        REQUIRE_DONE(t, column_file_block(f, i, &b, &e), &e);
        REQUIRE_DONE(t, column_file_block(f, i, &same, &e), &e);
        CHECK(t, b == same);
        column_file_find(f, block_chunk(b), &from, &until);
        CHECK(t, from <= i && i < until);
        events_check(t, b, rows);
        bits_check(t, b, rows);
        for (uint32_t shape = 0; shape < COLUMNS; shape++) /* numbers, and the reals they may become, are seen as rows */
            if (shapes[shape].kind != COLUMN_NUMBER && shape != 12)
                column_check(t, &table, b, shape, rows);
        CHECK_DONE(t, block_sound(b, &e), &e);
        rows += block_count(b);
    }
    CHECK(t, rows == table.rows + table.count);
    column_file_close(f);
    column_set_destroy(table.set);
}

/* One bit of a file is another: every reader says so, or reads the same rows as before. */
static void spoilt_files_are_noticed(struct t *t)
{
    struct err e = {0};
    struct table table = any_table(t, 1 + (uint32_t)rng_below(&t->rng, 300));
    struct column_file *good = table_keep(t, &table), *f = NULL;
    struct buf bytes;
    const struct column_row *row = NULL;
    buf_init(&bytes, 1 << 30);
    buf_push(&bytes, good->map.bytes);
    size_t at = (size_t)rng_below(&t->rng, bytes.size);
    bytes.data[at] ^= (uint8_t)(1u << rng_below(&t->rng, 8));
    struct status status = column_file_of_memory(&bytes, &f, &e);
    if (done(status)) {
        struct column_rows *rows = NULL;
        REQUIRE_DONE(t, column_rows_open(f, table.set, &rows, &e), &e);
        do
            status = column_rows_next(rows, &row, &e);
        while (done(status) && row != NULL);
        column_rows_close(rows);
        column_file_close(f);
    }
    CHECK(t, status.code == STATUS_CORRUPT || status.code == STATUS_INVALID);
    buf_fini(&bytes);
    column_file_close(good);
    column_set_destroy(table.set);
}

static const struct test tests[] = {
    {"rows come back as they were", rows_come_back, 60},
    {"a file's rows make the same file", rewriting_changes_nothing, 40},
    {"blocks say what their rows say", blocks_say_what_rows_say, 60},
    {"a spoilt bit is noticed", spoilt_files_are_noticed, 100},
};
TEST_MAIN(tests)
