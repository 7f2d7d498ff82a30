#include "domain/analytics/ranking.h"

#include <stdlib.h>

static int ranked_compare(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    for (size_t i = 0; i < RANKING_PARTS; i++) {
        int order = bytes_compare(x->names[i], y->names[i]);
        if (order != 0)
            return order;
    }
    return x->level < y->level ? -1 : x->level > y->level;
}

void ranking_sort(struct ranked *list, size_t count)
{
    qsort(list, count, sizeof *list, ranked_compare);
}
