/* The rows of a file again: a block is decoded, and its events are handed out one after the other. */
#include "domain/column/inside.h"

#define ROWS_ARENA_BYTES (1u << 20)
#define CELLS_BYTES_MAX (1u << 30)

/* A column of the block that is being read. */
struct row_column {
    struct column column;
    enum column_of of;
    uint32_t number;     /* of the set */
    uint32_t next_event; /* that has values; the block's count: no more */
    uint32_t at;         /* its first value */
    uint64_t *present;
    struct walk counts;
    struct walk items;
    uint32_t *codes;
    int64_t *integers;
    double *reals;
};

struct column_rows {
    struct arena *arena; /* of this struct */
    struct arena *decoded; /* of one block */
    struct column_file *file;
    struct column_set *set;
    struct rows_wanted wanted; /* chunk NULL: all are */
    uint32_t block; /* the next one */
    uint32_t event, count;
    uint32_t first_person; /* of the block's chunk */
    uint16_t *people, *events;
    int64_t *times;
    uint32_t *messages;
    uint64_t *positions;
    uint32_t *item_counts;
    struct row_column *columns;
    uint32_t column_count;
    struct buf cells;
    struct column_row row; /* handed out last */
    bool has_row;
};

fallible column_rows_open(struct column_file *f, struct column_set *set, struct column_rows **out_rows, struct err *e)
{
    struct arena *arena = arena_create(sizeof(struct column_rows) + 64);
    struct column_rows *r = ARENA_NEW(arena, struct column_rows);
    (void)e;
    *r = (struct column_rows){.arena = arena, .decoded = arena_create(ROWS_ARENA_BYTES), .file = f, .set = set};
    buf_init(&r->cells, CELLS_BYTES_MAX);
    *out_rows = r;
    return DONE;
}

void column_rows_only(struct column_rows *r, const struct rows_wanted *wanted)
{
    assert(r->block == 0);
    r->wanted = *wanted;
}

void column_rows_close(struct column_rows *r)
{
    if (r == NULL)
        return;
    buf_fini(&r->cells);
    arena_destroy(r->decoded);
    arena_destroy(r->arena);
}

/* --- decoding a block --- */

#define TAKE(r, type, count) ((type *)arena_take((r)->decoded, ((size_t)(count) + 1) * sizeof(type), _Alignof(type)))

static void next_event_find(struct row_column *c, uint32_t from, uint32_t count)
{
    for (; from < count; from = (from / 64 + 1) * 64) {
        uint64_t word = c->present[from / 64] >> from % 64;
        if (word != 0) {
            c->next_event = from + (uint32_t)__builtin_ctzll(word);
            return;
        }
    }
    c->next_event = count;
}

static fallible column_decode(struct column_rows *r, const struct block *b, uint32_t place, struct row_column *c, struct err *e)
{
    const struct column_name *name = &r->file->names[column_place_at(b, place).number];
    struct column *column = &c->column;
    *c = (struct row_column){.column = {.block = b, .place = place}, .of = name->of, .number = column_set_number(r->set, name)};
    const char *trouble = column_read(column);
    if (trouble != NULL)
        return FAIL(e, CORRUPT, "%s: block %u: %s", r->file->path, b->number, trouble);
    c->present = TAKE(r, uint64_t, BLOCK_WORDS_MAX);
    column_presence(column, c->present);
    next_event_find(c, 0, r->count);
    walk_init(&c->counts, &column->counts);
    walk_init(&c->items, &column->items);
    if (column->kind == COLUMN_TEXT)
        column_codes(column, c->codes = TAKE(r, uint32_t, column->count));
    else if (column->kind == COLUMN_REAL)
        column_reals(column, c->reals = TAKE(r, double, column->count));
    else
        column_integers(column, c->integers = TAKE(r, int64_t, column->count));
    return DONE;
}

static fallible block_decode(struct column_rows *r, const struct block *b, struct err *e)
{
    arena_reset(r->decoded);
    r->count = block_count(b);
    r->event = 0;
    r->first_person = block_chunk(b) * CHUNK_PEOPLE;
    block_people(b, r->people = TAKE(r, uint16_t, r->count));
    block_events(b, r->events = TAKE(r, uint16_t, r->count));
    block_times(b, r->times = TAKE(r, int64_t, r->count));
    block_messages(b, r->messages = TAKE(r, uint32_t, r->count));
    block_positions(b, r->positions = TAKE(r, uint64_t, r->count));
    block_item_counts(b, r->item_counts = TAKE(r, uint32_t, r->count));
    TRY(block_sound(b, e));
    r->column_count = block_columns(b);
    r->columns = TAKE(r, struct row_column, r->column_count);
    for (uint32_t i = 0; i < r->column_count; i++)
        TRY(column_decode(r, b, i, &r->columns[i], e));
    return DONE;
}

/* --- rows --- */

static struct column_cell cell_of(struct row_column *c)
{
    struct column_cell cell = {.column = c->number, .scale = c->column.scale};
    if (c->of == COLUMN_ITEM)
        cell.item = (uint16_t)walk_next(&c->items);
    if (c->column.kind == COLUMN_TEXT)
        cell.text = column_text(&c->column, c->codes[c->at]);
    else if (c->column.kind == COLUMN_REAL)
        cell.real = c->reals[c->at];
    else
        cell.integer = c->integers[c->at];
    c->at++;
    return cell;
}

/* Values of columns that the set has no room for are left out. */
static void cells_gather(struct column_rows *r)
{
    buf_clear(&r->cells);
    for (uint32_t i = 0; i < r->column_count; i++) {
        struct row_column *c = &r->columns[i];
        if (c->next_event != r->event)
            continue;
        for (int64_t left = c->column.is_many ? walk_next(&c->counts) : 1; left > 0; left--) {
            struct column_cell cell = cell_of(c);
            if (c->number < COLUMNS_MAX)
                buf_push(&r->cells, bytes_of(&cell, sizeof cell));
        }
        next_event_find(c, r->event + 1, r->count);
    }
}

/* The same of a row that nobody wants. */
static void cells_skip(struct column_rows *r)
{
    for (uint32_t i = 0; i < r->column_count; i++) {
        struct row_column *c = &r->columns[i];
        if (c->next_event != r->event)
            continue;
        for (int64_t left = c->column.is_many ? walk_next(&c->counts) : 1; left > 0; left--) {
            if (c->of == COLUMN_ITEM)
                (void)walk_next(&c->items);
            c->at++;
        }
        next_event_find(c, r->event + 1, r->count);
    }
}

static bool is_wanted(const struct column_rows *r, uint32_t event)
{
    return r->wanted.person == NULL || r->wanted.person(r->wanted.context, r->first_person + r->people[event]);
}

/* Has the block any row that is wanted? */
static bool block_is_wanted(struct column_rows *r, const struct block *b)
{
    if (r->wanted.person == NULL)
        return true;
    if (!r->wanted.chunk(r->wanted.context, block_chunk(b)))
        return false;
    arena_reset(r->decoded);
    r->first_person = block_chunk(b) * CHUNK_PEOPLE;
    block_people(b, r->people = TAKE(r, uint16_t, block_count(b)));
    for (uint32_t i = 0; i < block_count(b); i++)
        if (is_wanted(r, i))
            return true;
    return false;
}

/* Stands before a row, decoded, or behind the last one. */
static fallible block_reach(struct column_rows *r, struct err *e)
{
    while (r->event == r->count && r->block < column_file_blocks(r->file)) {
        const struct block *b;
        TRY(column_file_block(r->file, r->block++, &b, e));
        if (block_is_wanted(r, b))
            TRY(block_decode(r, b, e));
    }
    return DONE;
}

/* The same of a row that is wanted. */
static fallible row_reach(struct column_rows *r, struct err *e)
{
    TRY(block_reach(r, e));
    while (r->event < r->count && !is_wanted(r, r->event)) {
        cells_skip(r);
        r->event++;
        TRY(block_reach(r, e));
    }
    return DONE;
}

fallible column_rows_next(struct column_rows *r, const struct column_row **out_row, struct err *e)
{
    *out_row = NULL;
    TRY(row_reach(r, e));
    if (r->event == r->count)
        return DONE;
    cells_gather(r);
    if (r->cells.overflowed)
        return FAIL(e, FULL, "no memory for a row");
    uint32_t i = r->event++;
    struct column_row row = {.person = r->first_person + r->people[i], .event = r->events[i], .item_count = (uint16_t)r->item_counts[i],
                             .time_us = r->times[i], .message = r->messages[i], .position = r->positions[i],
                             .cell_count = (uint32_t)(r->cells.size / sizeof(struct column_cell)),
                             .cells = (const struct column_cell *)(const void *)r->cells.data};
    if (r->has_row && column_row_compare(&r->row, &row) >= 0)
        return FAIL(e, CORRUPT, "%s: block %u: its rows aren't in order", r->file->path, r->block - 1);
    r->row = row;
    r->has_row = true;
    *out_row = &r->row;
    return DONE;
}
