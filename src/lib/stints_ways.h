/* The same work on bits, compiled for several processors: for stints.c, and for the test that compares them. */
#pragma once

#include "lib/stints.h"

struct stints_way {
    const char *name;
    bool (*is_supported)(void); /* by this processor */
    void (*any)(const struct stints *s, const uint64_t *bits, uint64_t *out_stints);
    void (*squeeze)(const uint64_t *bits, const uint64_t *mask, size_t words, uint64_t *out);
    void (*spread)(const uint64_t *bits, const uint64_t *mask, size_t words, uint64_t *out);
    uint32_t (*select)(const uint64_t *bits, const uint32_t *ranks, size_t words, uint32_t n);
    uint64_t (*shared)(const uint64_t *a, const uint64_t *b, size_t words);
};

/* The fastest first; the last one is supported everywhere. */
extern const struct stints_way stints_ways[];
extern const size_t stints_way_count;
