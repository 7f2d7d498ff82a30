/* Many people in the order of (value, person), without putting them in order: who has a rank, and which part of all somebody is in. */
#pragma once

#include "base/arena.h"

struct placed {
    int64_t value;
    uint32_t person;
};

/* Some of them. */
struct values {
    size_t count;
    const int64_t *values;
    const uint32_t *people; /* no two are the same */
};

/* All of them: in pieces, which stay where they are. */
struct order {
    struct arena *arena;
    const struct values *pieces;
    size_t piece_count;
    size_t count;    /* of all, > 0 */
    int64_t least, most;
    unsigned shift;
    uint32_t *counts; /* values by their upper bits: the n-th has those that are greater than all of the n - 1st */
    const struct placed *firsts; /* of order_cut */
    size_t first_count;
    uint8_t *parts; /* by upper bits: which part they are in, or that it takes a closer look */
};
/* Two passes over the values. Borrows the pieces; takes half a MiB of the arena. */
void order_open(struct order *o, struct arena *arena, const struct values *pieces, size_t piece_count);

#define ORDER_RANKS_MAX 16u
/* Fills in who has each rank: ascending, from 0, below the count. One pass over the values, and several over a few of them. */
void order_select(const struct order *o, const size_t *ranks, size_t rank_count, struct placed *out_placed);
/* Cuts all where each of these stands, or would stand; they ascend and are copied. */
void order_cut(struct order *o, const struct placed *firsts, size_t first_count);
/* The part that each of a piece is in, from 0: how many of the firsts stand before it or are it. One pass. */
void order_parts(const struct order *o, size_t piece, uint8_t *out_parts);
