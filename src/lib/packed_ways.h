/* The same reading of packed integers, compiled for several processors: for packed.c, and for the test that compares them. */
#pragma once

#include <stdbool.h>

#include "lib/packed.h"

struct packed_way {
    const char *name;
    bool (*is_supported)(void); /* by this processor */
    void (*i64)(const struct packed *p, uint32_t from, uint32_t count, int64_t *out);
    void (*u32)(const struct packed *p, uint32_t from, uint32_t count, uint32_t *out);
    void (*u16)(const struct packed *p, uint32_t from, uint32_t count, uint16_t *out);
    uint32_t (*match)(const struct packed *p, const uint64_t *set, uint64_t *out_bits);
};

/* The fastest first; the last one is supported everywhere. */
extern const struct packed_way packed_ways[];
extern const size_t packed_way_count;
