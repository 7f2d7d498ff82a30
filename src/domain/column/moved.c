#include "domain/column/moved.h"

#define LOOK_EVERY 1024u

static bool is_hidden(const struct moved_rows *m, uint32_t person)
{
    for (size_t i = 0; i < m->hiding_count; i++)
        if (moves_have(m->hiding[i], person))
            return true;
    return false;
}

static bool is_chunk_moved(const void *context, uint32_t chunk)
{
    const struct moved_rows *m = context;
    return moves_of_chunk(m->moves, chunk) != NULL;
}

static bool is_person_moved(const void *context, uint32_t person)
{
    const struct moved_rows *m = context;
    return moves_have(m->moves, person) && !is_hidden(m, person);
}

static bool is_chunk_kept(const void *context, uint32_t chunk)
{
    (void)context, (void)chunk;
    return true;
}

static bool is_person_kept(const void *context, uint32_t person)
{
    return !is_hidden(context, person);
}

static fallible row_take(const struct moved_rows *m, struct column_row row, uint64_t settled, struct err *e)
{
    TRY(row_living(m->owners, &row, settled, &row.person, e));
    return row.person == PERSON_GONE ? DONE : batches_add(m->into, &row, e);
}

static fallible row_keep(const struct moved_rows *m, struct column_row row, uint64_t settled, struct err *e)
{
    (void)settled;
    return batches_add(m->into, &row, e);
}

typedef struct status (*row_each)(const struct moved_rows *m, struct column_row row, uint64_t settled, struct err *e);

static fallible rows_read(const struct moved_rows *m, struct column_rows *rows, row_each each, uint64_t settled, struct err *e)
{
    const struct column_row *row;
    TRY(column_rows_next(rows, &row, e));
    for (uint64_t i = 0; row != NULL; i++) {
        if (i % LOOK_EVERY == 0)
            TRY(work_look(m->around, m->is_cancelled, e));
        TRY(each(m, *row, settled, e));
        TRY(column_rows_next(rows, &row, e));
    }
    return DONE;
}

static fallible file_rows_read(const struct moved_rows *m, struct column_file *file, const struct rows_wanted *wanted, row_each each,
                          uint64_t settled, struct err *e)
{
    struct column_rows *rows;
    TRY(column_rows_open(file, m->set, &rows, e));
    column_rows_only(rows, wanted);
    struct status status = rows_read(m, rows, each, settled, e);
    column_rows_close(rows);
    return status;
}

fallible moved_rows_take(const struct moved_rows *m, struct column_file *file, uint64_t settled, struct err *e)
{
    const struct rows_wanted wanted = {.chunk = is_chunk_moved, .person = is_person_moved, .context = m};
    return moves_any(m->moves) ? file_rows_read(m, file, &wanted, row_take, settled, e) : DONE;
}

fallible moved_rows_keep(const struct moved_rows *m, struct column_file *file, struct err *e)
{
    const struct rows_wanted wanted = {.chunk = is_chunk_kept, .person = is_person_kept, .context = m};
    return file_rows_read(m, file, &wanted, row_keep, 0, e);
}
