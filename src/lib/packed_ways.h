/* The same reading of packed integers, compiled for several processors: for packed.c, and for the test that compares them. */
#pragma once

#include <stdbool.h>

#include "lib/packed.h"

/* Among what is stored: the bits are to be of those that aren't below `least`. */
struct packed_bound {
    uint64_t least; /* in the width, and above 0 */
    uint64_t *bits;
};

struct packed_way {
    const char *name;
    bool (*is_supported)(void); /* by this processor */
    void (*i64)(const struct packed *p, uint32_t from, uint32_t count, int64_t *out);
    void (*u32)(const struct packed *p, uint32_t from, uint32_t count, uint32_t *out);
    void (*u16)(const struct packed *p, uint32_t from, uint32_t count, uint16_t *out);
    void (*match)(const struct packed *p, const struct packed_set *sets, uint32_t set_count);
    void (*since)(const struct packed *p, const struct packed_bound *bounds, uint32_t bound_count);
};

/* The fastest first; the last one is supported everywhere. */
extern const struct packed_way packed_ways[];
extern const size_t packed_way_count;
