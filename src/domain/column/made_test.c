#include "domain/column/made_test.h"

#include <stdlib.h>

static int row_order(const void *a, const void *b)
{
    return column_row_compare(a, b);
}

struct column_file *made_file(struct column_set *set, struct column_row *rows, uint32_t count)
{
    struct column_writer *w;
    struct column_file *f = NULL;
    qsort(rows, count, sizeof *rows, row_order);
    struct status s = column_writer_open(NULL, NULL, set, &w, NULL);
    for (uint32_t i = 0; done(s) && i < count; i++)
        s = column_writer_add(w, &rows[i], NULL);
    if (done(s))
        s = column_writer_keep(w, &f, NULL);
    assert(done(s));
    column_writer_close(w);
    return f;
}
