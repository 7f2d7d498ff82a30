/* Column files by example: what goes wrong, and the corners. */
#include "domain/column/inside.h"

#include "store/disk_sim.h"
#include "testing/test.h"

#define NAME "2026-11.col"
#define PATH COLUMN_FOLDER "/" NAME

static const struct column_name amount = {COLUMN_PROPERTY, COLUMN_NUMBER, false, BYTES_INIT("amount")};
static const struct column_name note = {COLUMN_PROPERTY, COLUMN_TEXT, false, BYTES_INIT("note")};
static const struct column_name sku = {COLUMN_ITEM, COLUMN_TEXT, false, BYTES_INIT("sku")};

static struct column_row row_of(uint32_t i)
{
    return (struct column_row){.person = i, .event = 7, .time_us = 1000 * (int64_t)i, .message = i, .position = 10 + i};
}

static struct column_file *rows_keep(struct t *t, struct column_set *set, const struct column_row *rows, uint32_t count)
{
    struct err e = {0};
    struct column_writer *w = NULL;
    struct column_file *f = NULL;
    CHECK_DONE(t, column_writer_open(NULL, NULL, set, &w, &e), &e);
    for (uint32_t i = 0; i < count; i++)
        CHECK_DONE(t, column_writer_add(w, &rows[i], &e), &e);
    CHECK_DONE(t, column_writer_keep(w, &f, &e), &e);
    column_writer_close(w);
    return f;
}

static const struct block *block_first(struct t *t, struct column_file *f)
{
    struct err e = {0};
    const struct block *b = NULL;
    CHECK_DONE(t, column_file_block(f, 0, &b, &e), &e);
    return b;
}

static void chunks_and_full_blocks_are_cut(struct t *t)
{
    struct column_set *set = column_set_create();
    uint32_t count = BLOCK_EVENTS_MAX + 10, from, until;
    struct column_row *rows = ARENA_ARRAY(t->arena, struct column_row, count + 1);
    for (uint32_t i = 0; i < count; i++) {
        rows[i] = row_of(i);
        rows[i].person = CHUNK_PEOPLE + 5; /* one person has them all */
    }
    rows[count] = row_of(4 * CHUNK_PEOPLE);
    struct column_file *f = rows_keep(t, set, rows, count + 1);
    CHECK_EQ(t, column_file_blocks(f), 3);
    column_file_find(f, 1, &from, &until);
    CHECK_EQ(t, from, 0);
    CHECK_EQ(t, until, 2);
    column_file_find(f, 2, &from, &until);
    CHECK_EQ(t, from, until);
    column_file_find(f, 4, &from, &until);
    CHECK_EQ(t, from, 2);
    CHECK_EQ(t, until, 3);
    column_file_find(f, 0, &from, &until);
    CHECK_EQ(t, from, 0);
    CHECK_EQ(t, until, 0);
    CHECK_EQ(t, column_file_sum(f).last_position, 10 + count - 1);
    CHECK_EQ(t, column_file_sum(f).first_us, 0);
    column_file_close(f);
    column_set_destroy(set);
}

static void many_bytes_cut_a_block(struct t *t)
{
    struct err e = {0};
    struct column_set *set = column_set_create();
    struct column_cell cell = {.column = column_set_number(set, &note)};
    struct column_writer *w = NULL;
    struct column_file *f = NULL;
    char text[COLUMN_TEXT_BYTES_MAX + 3];
    memset(text, 'x', sizeof text);
    CHECK_DONE(t, column_writer_open(NULL, NULL, set, &w, &e), &e);
    for (uint32_t i = 0; i < CHUNK_PEOPLE; i++) {
        struct column_row row = row_of(i);
        (void)snprintf(text, 8, "%07u", i);
        cell.text = bytes_of(text, sizeof text);
        row.cells = &cell, row.cell_count = 1;
        REQUIRE_DONE(t, column_writer_add(w, &row, &e), &e);
    }
    CHECK_DONE(t, column_writer_keep(w, &f, &e), &e);
    CHECK_EQ(t, column_file_blocks(f), 2);
    const struct column *c = block_column(block_first(t, f), &note);
    REQUIRE(t, c != NULL);
    CHECK_EQ(t, column_text(c, 0).size, COLUMN_TEXT_BYTES_MAX);
    column_writer_close(w);
    column_file_close(f);
    column_set_destroy(set);
}

static void a_file_may_be_empty(struct t *t)
{
    struct column_set *set = column_set_create();
    struct column_file *f = rows_keep(t, set, NULL, 0);
    struct err e = {0};
    struct column_rows *rows = NULL;
    const struct column_row *row = NULL;
    CHECK_EQ(t, column_file_blocks(f), 0);
    CHECK_EQ(t, column_file_sum(f).count, 0);
    CHECK_DONE(t, column_rows_open(f, set, &rows, &e), &e);
    CHECK_DONE(t, column_rows_next(rows, &row, &e), &e);
    CHECK(t, row == NULL);
    column_rows_close(rows);
    column_file_close(f);
    column_set_destroy(set);
}

/* 9.2e18 and 0.000001 are no decimals of one scale; an id of 17 digits and a price are. */
static void numbers_without_a_common_scale_are_reals(struct t *t)
{
    struct column_set *set = column_set_create();
    uint32_t number = column_set_number(set, &amount);
    struct column_cell cells[] = {{.column = number, .integer = INT64_MAX}, {.column = number, .integer = 1, .scale = 6},
                                  {.column = number, .integer = -12, .scale = 1}};
    struct column_row rows[] = {row_of(1), row_of(2), row_of(3)};
    struct column_name twin = amount;
    int64_t integers[2];
    double real;
    twin.kind = COLUMN_REAL;
    for (int i = 0; i < 3; i++)
        rows[i].cells = &cells[i], rows[i].cell_count = 1;
    struct column_file *f = rows_keep(t, set, rows, 3);
    const struct block *b = block_first(t, f);
    const struct column *numbers = block_column(b, &amount), *reals = block_column(b, &twin);
    REQUIRE(t, numbers != NULL && reals != NULL && column_count(numbers) == 2 && column_count(reals) == 1);
    column_integers(numbers, integers);
    column_reals(reals, &real);
    CHECK_EQ(t, column_scale(numbers), 6);
    CHECK_EQ(t, integers[0], 1);
    CHECK_EQ(t, integers[1], -1200000);
    CHECK(t, real == 9223372036854775807.0);
    column_file_close(f);
    column_set_destroy(set);
}

/* Items in any order come back in theirs; of an item's two values that are no list, the first counts. */
static void items_are_put_in_order(struct t *t)
{
    struct column_set *set = column_set_create();
    uint32_t number = column_set_number(set, &sku), items[2], codes[2], starts[3];
    struct column_cell cells[] = {{.column = number, .item = 2, .text = BYTES_INIT("late")},
                                  {.column = number, .item = 0, .text = BYTES_INIT("early")},
                                  {.column = number, .item = 2, .text = BYTES_INIT("twice")}};
    struct column_row rows[] = {row_of(1), row_of(2)};
    rows[1].cells = cells, rows[1].cell_count = 3, rows[1].item_count = 3;
    struct column_file *f = rows_keep(t, set, rows, 2);
    const struct column *c = block_column(block_first(t, f), &sku);
    REQUIRE(t, c != NULL && column_count(c) == 2);
    column_items(c, items), column_codes(c, codes), column_starts(c, starts);
    CHECK_EQ(t, items[0], 0);
    CHECK_EQ(t, items[1], 2);
    CHECK_BYTES(t, column_text(c, codes[0]), BYTES_LIT("early"));
    CHECK_BYTES(t, column_text(c, codes[1]), BYTES_LIT("late"));
    CHECK_EQ(t, starts[0], 0);
    CHECK_EQ(t, starts[1], 0);
    CHECK_EQ(t, starts[2], 2);
    column_file_close(f);
    column_set_destroy(set);
}

static void names_have_one_number(struct t *t)
{
    struct column_set *set = column_set_create();
    struct column_name other = amount;
    other.is_list = true;
    CHECK_EQ(t, column_set_number(set, &amount), 0);
    CHECK_EQ(t, column_set_number(set, &other), 1);
    CHECK_EQ(t, column_set_number(set, &amount), 0);
    CHECK(t, column_set_name(set, 1).is_list);
    for (uint32_t i = 2; i < COLUMNS_MAX; i++) {
        other.name = bytes_of_text(arena_printf(t->arena, "p%u", i));
        CHECK_EQ(t, column_set_number(set, &other), i);
    }
    other.name = BYTES_LIT("one too many");
    CHECK_EQ(t, column_set_number(set, &other), COLUMNS_MAX);
    CHECK_EQ(t, column_set_count(set), COLUMNS_MAX);
    CHECK_EQ(t, column_set_number(set, &sku), COLUMNS_MAX);
    column_set_destroy(set);
    column_set_destroy(NULL);
}

static struct column_writer *writer_with(struct t *t, struct disk *d, struct column_set *set, uint32_t count)
{
    struct err e = {0};
    struct column_writer *w = NULL;
    CHECK_DONE(t, column_writer_open(d, NAME, set, &w, &e), &e);
    for (uint32_t i = 0; i < count; i++) {
        struct column_row row = row_of(i);
        CHECK_DONE(t, column_writer_add(w, &row, &e), &e);
    }
    return w;
}

static void unfinished_is_removed(struct t *t)
{
    struct err e = {0};
    struct disk *d = disk_sim_create(1);
    struct column_set *set = column_set_create();
    struct column_file *f = NULL;
    struct column_sum sum;
    column_writer_close(writer_with(t, d, set, 10));
    CHECK_FAILS(t, column_file_open(d, NAME, &f, &e), NOT_FOUND);
    disk_sim_limit(d, 8192);
    struct column_writer *w = writer_with(t, d, set, 3000);
    CHECK_FAILS(t, column_writer_finish(w, &sum, &e), FULL);
    column_writer_close(w);
    CHECK_FAILS(t, column_file_open(d, NAME, &f, &e), NOT_FOUND);
    column_writer_close(NULL);
    column_rows_close(NULL);
    column_file_close(NULL);
    column_set_destroy(set);
    disk_close(d);
}

static void later_formats_are_refused(struct t *t)
{
    struct err e = {0};
    struct disk *d = disk_sim_create(1);
    struct column_set *set = column_set_create();
    struct column_file *f = NULL;
    struct column_sum sum;
    struct buf b;
    struct column_writer *w = writer_with(t, d, set, 5);
    CHECK_DONE(t, column_writer_finish(w, &sum, &e), &e);
    column_writer_close(w);
    buf_init(&b, 1 << 20);
    CHECK_DONE(t, disk_read_all(d, PATH, &b, &e), &e);
    CHECK_EQ(t, b.size, sum.bytes);
    struct column_head head = {.magic = COLUMN_MAGIC, .format = COLUMN_FORMAT + 1};
    head.crc = crc_of_front(&head, sizeof head);
    memcpy(b.data, &head, sizeof head);
    CHECK_DONE(t, disk_write_all(d, PATH, buf_bytes(&b), &e), &e);
    CHECK_FAILS(t, column_file_open(d, NAME, &f, &e), INVALID);
    CHECK_DONE(t, disk_write_all(d, PATH, BYTES_LIT("short"), &e), &e);
    CHECK_FAILS(t, column_file_open(d, NAME, &f, &e), CORRUPT);
    buf_fini(&b);
    column_set_destroy(set);
    disk_close(d);
}

/* Only who asks for the spoilt column hears of it, and everybody who asks the block afterwards. */
static void a_spoilt_column_is_noticed_when_it_is_asked_for(struct t *t)
{
    struct err e = {0};
    struct column_set *set = column_set_create();
    struct column_cell cell = {.column = column_set_number(set, &amount), .integer = 5};
    struct column_row row = row_of(1);
    uint64_t position;
    row.cells = &cell, row.cell_count = 1;
    struct column_file *f = rows_keep(t, set, &row, 1);
    const struct block *b = block_first(t, f);
    struct column_place place = column_place_at(b, 0);
    f->memory.data[block_place_at(f, 0).offset + place.offset] ^= 1;
    CHECK_DONE(t, block_sound(b, &e), &e);
    block_positions(b, &position);
    CHECK_EQ(t, position, 11);
    CHECK_DONE(t, block_sound(b, &e), &e);
    CHECK(t, block_column(b, &sku) == NULL);
    CHECK_DONE(t, block_sound(b, &e), &e);
    CHECK(t, block_column(b, &amount) == NULL);
    CHECK_FAILS(t, block_sound(b, &e), CORRUPT);
    CHECK_TEXT(t, e.text, "columns in memory: block 0: bad checksum of a column");
    column_file_close(f);
    column_set_destroy(set);
}

/* --- what has right checksums and can't be all the same --- */

/* A byte of the file's only block, from its begin, is another one; checksums fit. */
static void front_patch(struct column_file *f, uint32_t at, uint8_t byte)
{
    struct block_place place = block_place_at(f, 0);
    uint8_t *block = f->memory.data + place.offset;
    block[at] = byte;
    place.front_crc = crc32c(0, bytes_of(block, place.front_bytes));
    memcpy(f->memory.data + f->foot.directory_offset, &place, sizeof place);
}

static void times_are_within_what_the_directory_says(struct t *t)
{
    struct err e = {0};
    struct column_set *set = column_set_create();
    struct column_row rows[] = {row_of(1), row_of(2)};
    for (int is_first = 0; is_first < 2; is_first++) {
        const struct block *b;
        struct column_file *f = rows_keep(t, set, rows, 2);
        struct block_place place = block_place_at(f, 0);
        *(is_first ? &place.first_us : &place.last_us) += is_first ? 1 : -1;
        memcpy(f->memory.data + f->foot.directory_offset, &place, sizeof place);
        CHECK_FAILS(t, column_file_block(f, 0, &b, &e), CORRUPT);
        CHECK_TEXT(t, e.text, "columns in memory: block 0: its times can't be");
        column_file_close(f);
    }
    column_set_destroy(set);
}

/* Two times are a bit each, in units of what is between them: the byte before the count of columns and their places. */
static void times_of_a_person_ascend(struct t *t)
{
    struct err e = {0};
    struct column_set *set = column_set_create();
    for (uint32_t people = 1; people <= 2; people++) {
        const struct block *b;
        struct column_row rows[] = {row_of(1), row_of(2)};
        rows[1].person = people; /* of another person it may be earlier */
        struct column_file *f = rows_keep(t, set, rows, 2);
        struct block_place place = block_place_at(f, 0);
        uint32_t at = place.front_bytes - 2 * (uint32_t)sizeof(struct column_place) - 2;
        REQUIRE(t, f->memory.data[place.offset + at] == 2);
        front_patch(f, at, 1);
        if (people == 1)
            CHECK_FAILS(t, column_file_block(f, 0, &b, &e), CORRUPT);
        else
            CHECK_DONE(t, column_file_block(f, 0, &b, &e), &e);
        column_file_close(f);
    }
    column_set_destroy(set);
}

/* The only value of a column, of which the others have none: its bytes begin behind the form, the scale and the width. */
static void value_patch(struct column_file *f, const struct block *b, uint32_t number, size_t at, uint8_t byte)
{
    uint32_t i;
    bool is_there = block_place_find(b, number, &i);
    struct column_place place = column_place_at(b, i);
    uint8_t *data = f->memory.data + b->place.offset + place.offset;
    assert(is_there && 3 + at < place.bytes);
    data[3 + at] = byte;
    place.crc = crc32c(0, bytes_of(data, place.bytes));
    memcpy(f->memory.data + (b->places - f->memory.data) + (size_t)i * sizeof place, &place, sizeof place);
}

/* A count of 65,535 is the varint of 131,070: fe ff 07. */
static void item_counts_are_those_of_rows(struct t *t)
{
    static const struct {
        size_t at;
        uint8_t byte;
        bool is_good;
    } patches[] = {{2, 0x07, true}, {2, 0x08, false}, {0, 0xff, false}};
    struct column_set *set = column_set_create();
    struct column_row row = row_of(1);
    row.item_count = UINT16_MAX;
    for (size_t i = 0; i < COUNT_OF(patches); i++) {
        struct err e = {0};
        uint32_t count;
        struct column_file *f = rows_keep(t, set, &row, 1);
        const struct block *b = block_first(t, f);
        value_patch(f, b, COLUMN_ITEM_COUNTS, patches[i].at, patches[i].byte);
        block_item_counts(b, &count);
        CHECK_EQ(t, count, patches[i].is_good ? UINT16_MAX : 0);
        CHECK_EQ(t, done(block_sound(b, &e)), patches[i].is_good);
        column_file_close(f);
    }
    column_set_destroy(set);
}

static void many_items_cut_a_block(struct t *t)
{
    struct err e = {0};
    struct column_set *set = column_set_create();
    uint32_t count = BLOCK_ITEMS_MAX / UINT16_MAX + 2;
    uint32_t counts[BLOCK_ITEMS_MAX / UINT16_MAX + 2];
    struct column_row *rows = ARENA_ARRAY(t->arena, struct column_row, count);
    for (uint32_t i = 0; i < count; i++) {
        rows[i] = row_of(i);
        rows[i].item_count = UINT16_MAX;
    }
    struct column_file *f = rows_keep(t, set, rows, count);
    CHECK_EQ(t, column_file_blocks(f), 2);
    const struct block *b = block_first(t, f);
    block_item_counts(b, counts);
    CHECK_DONE(t, block_sound(b, &e), &e);
    CHECK(t, (uint64_t)block_count(b) * UINT16_MAX <= BLOCK_ITEMS_MAX);
    column_file_close(f);
    column_set_destroy(set);
}

#define THREADS 4u

/* Sums all amounts and positions of a file, with whatever other threads have found out about it. */
static void *file_sum(void *context)
{
    struct column_file *f = context;
    struct err e = {0};
    int64_t amounts[200], sum = 0;
    uint64_t positions[200];
    for (uint32_t i = 0; i < column_file_blocks(f); i++) {
        const struct block *b = NULL;
        struct status status = column_file_block(f, i, &b, &e);
        assert(done(status) && block_count(b) <= 200);
        const struct column *c = block_column(b, &amount);
        column_integers(c, amounts);
        block_positions(b, positions);
        for (uint32_t k = 0; k < block_count(b); k++)
            sum += amounts[k] + (int64_t)positions[k];
    }
    return (void *)(intptr_t)sum;
}

static void threads_read_the_same(struct t *t)
{
    struct column_set *set = column_set_create();
    struct column_cell cell = {.column = column_set_number(set, &amount), .integer = 3};
    uint32_t count = 4000;
    int64_t want = 0;
    struct column_row *rows = ARENA_ARRAY(t->arena, struct column_row, count);
    pthread_t threads[THREADS];
    for (uint32_t i = 0; i < count; i++) {
        rows[i] = row_of(i * 97); /* some 85 of a chunk */
        rows[i].cells = &cell, rows[i].cell_count = 1;
        want += cell.integer + (int64_t)rows[i].position;
    }
    struct column_file *f = rows_keep(t, set, rows, count);
    for (uint32_t i = 0; i < THREADS; i++)
        REQUIRE(t, pthread_create(&threads[i], NULL, file_sum, f) == 0);
    for (uint32_t i = 0; i < THREADS; i++) {
        void *sum = NULL;
        REQUIRE(t, pthread_join(threads[i], &sum) == 0);
        CHECK_EQ(t, (intptr_t)sum, want);
    }
    CHECK(t, column_file_bytes(f) > 0);
    column_file_close(f);
    column_set_destroy(set);
}

/* Chunks that lie ahead are fetched by whoever comes first, once. */
static void chunks_are_fetched_ahead(struct t *t)
{
    struct column_set *set = column_set_create();
    struct column_row rows[] = {row_of(1), row_of(CHUNK_PEOPLE), row_of(5 * CHUNK_PEOPLE)};
    struct column_file *f = rows_keep(t, set, rows, COUNT_OF(rows));
    struct column_ahead ahead = {0};
    uint32_t from, until, before;
    CHECK(t, column_ahead_take(&ahead, 0, &from, &until));
    CHECK_EQ(t, from, 0);
    CHECK(t, until > 1);
    column_file_fetch(f, from, until);
    CHECK_EQ(t, block_count(block_first(t, f)), 1);
    before = until;
    CHECK(t, !column_ahead_take(&ahead, 0, &from, &until));
    CHECK(t, column_ahead_take(&ahead, 1, &from, &until));
    CHECK_EQ(t, from, before);
    CHECK_EQ(t, until, before + 1);
    CHECK(t, column_ahead_take(&ahead, 100, &from, &until));
    CHECK_EQ(t, from, 100);
    column_file_fetch(f, from, until); /* there are none */
    column_file_close(f);
    column_set_destroy(set);
}

static const struct test tests[] = {
    {"chunks and full blocks are cut", chunks_and_full_blocks_are_cut, 1},
    {"many bytes cut a block", many_bytes_cut_a_block, 1},
    {"a file may be empty", a_file_may_be_empty, 1},
    {"numbers without a common scale are reals", numbers_without_a_common_scale_are_reals, 1},
    {"items are put in order", items_are_put_in_order, 1},
    {"names have one number", names_have_one_number, 1},
    {"an unfinished file is removed", unfinished_is_removed, 1},
    {"later formats are refused", later_formats_are_refused, 1},
    {"a spoilt column is noticed when it is asked for", a_spoilt_column_is_noticed_when_it_is_asked_for, 1},
    {"times are within what the directory says", times_are_within_what_the_directory_says, 1},
    {"times of a person ascend", times_of_a_person_ascend, 1},
    {"item counts are those of rows", item_counts_are_those_of_rows, 1},
    {"many items cut a block", many_items_cut_a_block, 1},
    {"chunks are fetched ahead", chunks_are_fetched_ahead, 1},
    {"threads read the same", threads_read_the_same, 1},
};
TEST_MAIN(tests)
