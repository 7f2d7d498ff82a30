/* Private to analytics: how a kind of question counts a chunk at once, out of bits, where all that it asks of events is which pick they match and when they were.
 *
 * A shortcut adds to the kind's tally what `take` would have added for each of the chunk's people, or what tells the same answer: so chunks of both kinds can be
 * counted on one tally, and are, where events overlap (scan.c). */
#pragma once

#include "domain/analytics/question.h"
#include "domain/column/column.h"

/* A block, of which any event matches a pick. Bits are in words of 64 (lib/bits.h). */
struct picked_block {
    const struct block *block;
    struct block_stints stints;
    uint64_t *any;              /* of events that match any pick */
    uint64_t *picks[PICKS_MAX]; /* of each pick; NULL: no event matches it */
};

/* Blocks that stand in the order of time, and don't overlap. */
struct picked_chunk {
    uint32_t chunk, count;
    const struct picked_block *blocks;
    struct arena *arena; /* for whoever counts; emptied before the next chunk */
};

struct shortcut {
    bool (*fits)(const struct question *q); /* whether it answers the question as `take` does */
    void (*count)(const struct question *q, void *tally, const struct picked_chunk *c);
};
extern const struct shortcut funnel_shortcut, retention_shortcut;
