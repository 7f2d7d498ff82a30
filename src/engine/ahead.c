#include "engine/ahead.h"

bool indexed_row_prefetch(const struct view *v, int stage, struct indexed_row *r)
{
    switch (stage) {
    case 0:
        r->number = 0;
        rows_index_prefetch_part(v->rows, r->index, r->key);
        return true;
    case 1:
        rows_index_prefetch(v->rows, r->index, r->key);
        return true;
    case 2:
        (void)rows_index_get(v->rows, r->index, r->key, &r->number);
        if (r->number != 0)
            rows_numbered_prefetch_slot(v->rows, r->rows, r->number);
        return r->number != 0;
    case 3:
        if (r->number != 0)
            rows_numbered_prefetch_page(v->rows, r->rows, r->number);
        return r->number != 0;
    case 4:
        if (r->number != 0)
            rows_numbered_prefetch_row(v->rows, r->rows, r->number);
        return false;
    default:
        return false;
    }
}
