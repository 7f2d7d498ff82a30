#include "domain/analytics/edges.h"

void edges_make(const struct question *q, const struct units *u, struct edges *out_edges)
{
    int64_t *begins_us = ARENA_ARRAY(q->arena, int64_t, u->count + 1);
    for (uint32_t i = 0; i <= u->count; i++)
        begins_us[i] = civil_begin_us(q->civil, u->unit, u->first + i);
    assert(u->count > 0 && begins_us[u->count] > begins_us[0]);
    *out_edges = (struct edges){.begins_us = begins_us, .count = u->count, .per_us = (double)u->count / (double)(begins_us[u->count] - begins_us[0])};
}
