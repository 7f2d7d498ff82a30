/* Where units of time begin, all at once: so that an instant finds its unit in two or three nanoseconds, whatever the zone. */
#pragma once

#include "domain/analytics/units.h"

struct edges {
    const int64_t *begins_us; /* count + 1: the last one is where the last unit ends */
    uint32_t count;
    double per_us; /* units a microsecond, on average */
};

void edges_make(const struct question *q, const struct units *u, struct edges *out_edges); /* in the question's arena */

static inline bool edges_have(const struct edges *e, int64_t us)
{
    return us >= e->begins_us[0] && us < e->begins_us[e->count];
}

/* The place of a unit among them, of an instant that they have. */
static inline uint32_t edges_place(const struct edges *e, int64_t us)
{
    assert(edges_have(e, us));
    uint32_t place = (uint32_t)((double)(us - e->begins_us[0]) * e->per_us);
    if (UNLIKELY(place >= e->count))
        place = e->count - 1;
    while (us < e->begins_us[place]) /* units are of unequal length: the guess is one or two off at most */
        place--;
    while (us >= e->begins_us[place + 1])
        place++;
    return place;
}
