#include "domain/column/moved.h"

#define LOOK_EVERY 1024u

static bool is_chunk_wanted(const void *context, uint32_t chunk)
{
    return moves_have_chunk(context, chunk);
}

static bool is_person_wanted(const void *context, uint32_t person)
{
    return moves_have(context, person);
}

static fallible rows_take(const struct moved_rows *m, struct column_rows *rows, uint64_t settled, struct err *e)
{
    const struct column_row *row;
    TRY(column_rows_next(rows, &row, e));
    for (uint64_t i = 0; row != NULL; i++) {
        struct column_row now = *row;
        if (i % LOOK_EVERY == 0)
            TRY(work_look(m->around, m->is_cancelled, e));
        now.person = row_living(m->moves, m->owners, row, settled);
        if (now.person != PERSON_GONE)
            TRY(batches_add(m->into, &now, e));
        TRY(column_rows_next(rows, &row, e));
    }
    return DONE;
}

fallible moved_rows_take(const struct moved_rows *m, struct column_file *file, uint64_t settled, struct err *e)
{
    struct rows_wanted wanted = {.chunk = is_chunk_wanted, .person = is_person_wanted, .context = m->moves};
    struct column_rows *rows;
    if (!moves_any(m->moves))
        return DONE;
    TRY(column_rows_open(file, m->set, &rows, e));
    column_rows_only(rows, &wanted);
    struct status status = rows_take(m, rows, settled, e);
    column_rows_close(rows);
    return status;
}
