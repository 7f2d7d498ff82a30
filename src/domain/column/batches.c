#include "domain/column/batches.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

#define ARENA_BLOCK_BYTES (1u << 20)

struct batches {
    struct arena *arena; /* of this struct */
    struct column_set *set;
    struct arena *cells; /* of the rows that are gathered now */
    struct buf rows;     /* struct column_row */
    struct buf files;    /* struct column_file * */
    size_t bytes;        /* of the files */
};

struct batches *batches_create(struct column_set *set)
{
    struct arena *arena = arena_create(sizeof(struct batches));
    struct batches *b = ARENA_NEW(arena, struct batches);
    *b = (struct batches){.arena = arena, .set = set, .cells = arena_create(ARENA_BLOCK_BYTES)};
    buf_init(&b->rows, SIZE_MAX / 2);
    buf_init(&b->files, SIZE_MAX / 2);
    return b;
}

void batches_destroy(struct batches *b)
{
    if (b == NULL)
        return;
    for (size_t i = 0; i < batches_count(b); i++)
        column_file_close(batches_file(b, i));
    buf_fini(&b->files);
    buf_fini(&b->rows);
    arena_destroy(b->cells);
    arena_destroy(b->arena);
}

static int row_compare(const void *x, const void *y)
{
    return column_row_compare(x, y);
}

static struct column_row *rows_of(const struct batches *b, size_t *out_count)
{
    *out_count = b->rows.size / sizeof(struct column_row);
    return (struct column_row *)(void *)b->rows.data;
}

static fallible rows_write(struct batches *b, struct column_writer *w, struct column_file **out_file, struct err *e)
{
    size_t count;
    struct column_row *rows = rows_of(b, &count);
    qsort(rows, count, sizeof *rows, row_compare);
    for (size_t i = 0; i < count; i++)
        TRY(column_writer_add(w, &rows[i], e));
    return column_writer_keep(w, out_file, e);
}

/* What is gathered becomes a file. */
static fallible batch_write(struct batches *b, struct err *e)
{
    struct column_writer *w = NULL;
    struct column_file *file = NULL;
    TRY(column_writer_open(NULL, NULL, b->set, &w, e));
    struct status status = rows_write(b, w, &file, e);
    column_writer_close(w);
    TRY(status);
    buf_push(&b->files, bytes_of(&file, sizeof file));
    assert(!b->files.overflowed);
    b->bytes += column_file_bytes(file);
    buf_clear(&b->rows);
    arena_reset(b->cells);
    return DONE;
}

fallible batches_add(struct batches *b, const struct column_row *row, struct err *e)
{
    if (arena_used(b->cells) + b->rows.size > BATCH_BYTES)
        TRY(batch_write(b, e));
    struct column_row copy = *row;
    struct column_cell *cells = ARENA_ARRAY(b->cells, struct column_cell, row->cell_count + 1);
    for (uint32_t i = 0; i < row->cell_count; i++) {
        cells[i] = row->cells[i];
        cells[i].text = arena_copy(b->cells, row->cells[i].text);
    }
    copy.cells = cells;
    buf_push(&b->rows, bytes_of(&copy, sizeof copy));
    return b->rows.overflowed ? FAIL(e, FULL, "no memory for rows") : DONE;
}

fallible batches_finish(struct batches *b, struct err *e)
{
    return b->rows.size == 0 ? DONE : batch_write(b, e);
}

size_t batches_count(const struct batches *b)
{
    return b->files.size / sizeof(struct column_file *);
}

struct column_file *batches_file(const struct batches *b, size_t i)
{
    struct column_file *file;
    assert(i < batches_count(b));
    memcpy(&file, b->files.data + i * sizeof(struct column_file *), sizeof(struct column_file *));
    return file;
}

size_t batches_bytes(const struct batches *b)
{
    return b->bytes;
}
