/* Numbers that are kept one by one, for their quantiles. One thread's, in its arena; 8 bytes each, and as much again when they are sorted. */
#pragma once

#include "base/arena.h"

struct sample_chunk {
    struct sample_chunk *older;
    uint32_t count, capacity;
    double values[];
};

struct samples { /* zeroed: none */
    struct sample_chunk *newest;
    uint64_t count;
};

void samples_grow(struct samples *s, struct arena *arena);     /* samples_add's */
void samples_join(struct samples *into, struct samples *from); /* `from` is then empty; its arena outlives both */

static inline void samples_add(struct samples *s, struct arena *arena, double x)
{
    if (s->newest == NULL || s->newest->count == s->newest->capacity)
        samples_grow(s, arena);
    s->newest->values[s->newest->count++] = x;
    s->count++;
}

/* What came of them: ascending, in the arena. O(count). */
struct sorted {
    const double *values;
    uint64_t count;
};
struct sorted samples_sort(const struct samples *s, struct arena *arena);
/* Type 7 of R and NumPy: between two neighbours in proportion. `p` in [0, 1]; there is at least one. */
double sorted_quantile(const struct sorted *s, double p);
double sorted_mean(const struct sorted *s); /* there is at least one */
