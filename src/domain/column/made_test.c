#include "domain/column/made_test.h"

#include <stdlib.h>
#include <string.h>

#include "domain/column/extract.h"

struct column_row made_row(struct arena *arena, struct column_set *set, struct bytes packed, uint16_t event)
{
    struct extractor *x = extractor_create(set, NULL);
    struct column_row row = {.event = event};
    bool good = done(extract(x, packed, event, &row, NULL));
    assert(good);
    (void)good;
    struct column_cell *cells = ARENA_ARRAY(arena, struct column_cell, row.cell_count);
    if (row.cell_count > 0)
        memcpy(cells, row.cells, row.cell_count * sizeof *cells);
    row.cells = cells;
    extractor_destroy(x);
    return row;
}

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
