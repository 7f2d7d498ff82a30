#include "app/verbs/sql_copy.h"

#include <stdlib.h>
#include <string.h>

#include "app/app.h"
#include "base/arena.h"
#include "base/hash.h"

#define COPY_BLOCK_BYTES (1u << 20)
#define INDEXES_MAX 64u /* as many as a table has columns */
#define ROWS_FIRST 1024u
#define NO_ROW UINT32_MAX
#define NUMBER_BYTES_MAX 64u

struct row {
    const uint8_t *data;
    uint32_t size;
};

/* Of one column: rows of one slot stand in a chain, in their order. */
struct index {
    const struct export_column *column;
    uint64_t *keys;  /* by row */
    uint32_t *first; /* by slot: a power of two */
    uint32_t *next;  /* by row */
    uint32_t slot_count;
};

struct sql_copy {
    struct arena *arena;
    struct json_parser *parser;
    struct row *rows;
    uint32_t count, room;
    struct index indexes[INDEXES_MAX];
    uint32_t index_count;
};

static void row_add(struct sql_copy *c, struct bytes text)
{
    if (c->count == c->room) {
        c->room = c->room == 0 ? ROWS_FIRST : c->room * 2;
        struct row *more = ARENA_ARRAY(c->arena, struct row, c->room);
        if (c->count > 0)
            memcpy(more, c->rows, c->count * sizeof *more);
        c->rows = more;
    }
    struct bytes kept = arena_copy(c->arena, text);
    c->rows[c->count++] = (struct row){kept.data, (uint32_t)kept.size};
}

static fallible rows_take(struct sql_copy *c, struct sql_rows *rows, size_t *io_bytes, struct err *e)
{
    for (struct json row;;) {
        TRY(sql_rows_next(rows, &row, e));
        if (json_is(row, JSON_ABSENT))
            return DONE;
        struct bytes text = json_raw(row);
        *io_bytes += text.size;
        if (*io_bytes > COPY_BYTES_MAX || c->count == NO_ROW - 1)
            return FAIL(
                e, LIMIT, "%s",
                either("this join reads more than 1 GiB of rows again and again: narrow what it joins, such as `with x "
                       "as materialized (select … where …)`",
                       "该关联需反复读取的行超过 1 GiB:请缩小范围,如 `with x as materialized (select … where …)`"));
        row_add(c, text);
    }
}

fallible sql_copy_take(struct sql_rows *rows, size_t *io_bytes, struct sql_copy **out_copy, struct err *e)
{
    struct arena *arena = arena_create(COPY_BLOCK_BYTES);
    struct sql_copy *c = ARENA_NEW(arena, struct sql_copy);
    *c = (struct sql_copy){.arena = arena, .parser = json_parser_create(SQL_ROW_BYTES_MAX)};
    struct status s = rows_take(c, rows, io_bytes, e);
    sql_rows_close(rows);
    if (failed(s))
        sql_copy_destroy(c);
    else
        *out_copy = c;
    return s;
}

void sql_copy_destroy(struct sql_copy *c)
{
    if (c == NULL)
        return;
    json_parser_destroy(c->parser);
    arena_destroy(c->arena);
}

uint32_t sql_copy_count(const struct sql_copy *c)
{
    return c->count;
}

struct bytes sql_copy_row(const struct sql_copy *c, uint32_t row)
{
    assert(row < c->count);
    return bytes_of(c->rows[row].data, c->rows[row].size);
}

/* --- looking up --- */

uint64_t sql_key_of_number(double number)
{
    number += 0.0; /* -0 equals 0 */
    return hash64(bytes_of(&number, sizeof number), 1) | 1;
}

/* SQL compares '12' with 12 as numbers where one side is known to be one. */
uint64_t sql_key_of_text(struct bytes text)
{
    char digits[NUMBER_BYTES_MAX], *end;
    if (text.size > 0 && text.size < sizeof digits) {
        memcpy(digits, text.data, text.size);
        digits[text.size] = 0;
        double number = strtod(digits, &end);
        if (end != digits && end[strspn(end, " ")] == 0)
            return sql_key_of_number(number);
    }
    return hash64(text, 0) | 1;
}

uint64_t sql_key_of_cell(struct json cell)
{
    double number;
    switch (json_kind(cell)) {
    case JSON_STRING:
        return sql_key_of_text(json_string(cell));
    case JSON_TRUE:
    case JSON_FALSE:
        return sql_key_of_number(json_is(cell, JSON_TRUE));
    case JSON_NUMBER:
        return json_double(cell, &number) ? sql_key_of_number(number) : 0;
    case JSON_ARRAY:
    case JSON_OBJECT:
        return sql_key_of_text(json_raw(cell));
    default:
        return 0;
    }
}

static struct index *index_of(const struct sql_copy *c, const struct export_column *column)
{
    for (uint32_t i = 0; i < c->index_count; i++)
        if (c->indexes[i].column == column)
            return (struct index *)(uintptr_t)&c->indexes[i];
    return NULL;
}

static uint32_t slot_of(const struct index *x, uint64_t key)
{
    return (uint32_t)(key >> 32) & (x->slot_count - 1);
}

static struct index *index_make(struct sql_copy *c, const struct export_column *column)
{
    assert(c->index_count < INDEXES_MAX);
    struct index *x = &c->indexes[c->index_count++];
    *x = (struct index){.column = column, .slot_count = 1};
    while (x->slot_count < c->count)
        x->slot_count *= 2;
    x->keys = ARENA_ARRAY(c->arena, uint64_t, c->count);
    x->next = ARENA_ARRAY(c->arena, uint32_t, c->count);
    x->first = ARENA_ARRAY(c->arena, uint32_t, x->slot_count);
    memset(x->first, 0xFF, x->slot_count * sizeof *x->first);
    for (uint32_t row = c->count; row > 0; row--) { /* from the last, so that chains ascend */
        struct json j;
        struct status s = json_parse(c->parser, sql_copy_row(c, row - 1), &j, NULL);
        assert(done(s)); /* it was read before */
        x->keys[row - 1] = sql_key_of_cell(export_cell(column, j));
        uint32_t slot = slot_of(x, x->keys[row - 1]);
        x->next[row - 1] = x->first[slot];
        x->first[slot] = row - 1;
    }
    return x;
}

static uint32_t chain_seek(const struct index *x, uint32_t row, uint64_t key)
{
    while (row != NO_ROW && x->keys[row] != key)
        row = x->next[row];
    return row;
}

uint32_t sql_copy_find(struct sql_copy *c, const struct export_column *column, uint64_t key)
{
    struct index *x = index_of(c, column);
    if (key == 0 || c->count == 0)
        return NO_ROW;
    x = x == NULL ? index_make(c, column) : x;
    return chain_seek(x, x->first[slot_of(x, key)], key);
}

uint32_t sql_copy_next(const struct sql_copy *c, const struct export_column *column, uint32_t row)
{
    const struct index *x = index_of(c, column);
    assert(x != NULL && row < c->count);
    return chain_seek(x, x->next[row], x->keys[row]);
}
