/* Private to analytics: how a kind of question counts a chunk at once, out of bits, where it asks of events which pick they match and when they were, and
 * values of a few of them only.
 *
 * A shortcut adds to the kind's tally what `take` would have added for each of the chunk's people, or what tells the same answer: so chunks of both kinds can be
 * counted on one tally, and are, where events overlap (scan.c). */
#pragma once

#include "base/attr.h"
#include "domain/analytics/question.h"
#include "domain/column/column.h"

struct gather;

/* A lane whose values in a block all are of one column, an event at most one: asked of single events, of which it makes no rows (picked_lanes.c). */
struct picked_lane {
    const struct column *column;  /* NULL: no event has a value */
    const uint64_t *presence;
    const uint32_t *ranks;
    uint32_t *codes;              /* of a column of texts, by its codes: the question's; CODE_NONE: not asked for yet */
};

/* A block, of which any event matches a pick. Bits are in words of 64 (lib/bits.h). */
struct picked_block {
    const struct block *block;
    struct block_stints stints;
    uint64_t *any;              /* of events that match any pick */
    uint64_t *picks[PICKS_MAX]; /* of each pick; NULL: no event matches it */
    bool is_plain;              /* its lanes are as below; else sequences must do */
    struct picked_lane lanes[LANES_MAX];
    struct gather *gather;      /* whose texts the codes are of */
    struct arena *arena;        /* of what the lanes take */
};
/* Whether the lane may be plain in some block: a value of the event itself, which nothing hides. */
bool lane_may_be_plain(const struct lane_ask *ask);
/* The lanes of a block whose bits are picked; what they take is the arena's. */
void picked_lanes_open(struct gather *g, struct arena *arena, struct picked_block *io_block);
/* The values of some events, whatever the lane's picks: a few nanoseconds each. Where texts have no room for more, codes are CODE_NONE, and the gather says so. */
void picked_codes(const struct picked_block *b, uint32_t lane, const uint32_t *events, uint32_t count, uint32_t *out_codes);
/* In minor units (minor.h); 0 where there is none. */
void picked_minors(const struct picked_block *b, uint32_t lane, unsigned decimals, const uint32_t *events, uint32_t count, int64_t *out, bool *out_has);

/* Adds the places of the bits that are set in the w-th word; returns how many are listed then. Some are written whether or not there are so many, which
 * there must be room for: nobody can foresee how many there are. */
#define WORD_LISTED_AHEAD 4u
static inline uint32_t word_list(uint64_t word, size_t w, uint32_t *out_places, uint32_t count)
{
    uint32_t first = (uint32_t)w * 64, until = count + (uint32_t)__builtin_popcountll(word);
    for (uint32_t i = 0; i < WORD_LISTED_AHEAD; i++, word &= word - 1)
        out_places[count + i] = first + (uint32_t)__builtin_ctzll(word | UINT64_C(1) << 63);
    for (count += WORD_LISTED_AHEAD; UNLIKELY(count < until); word &= word - 1)
        out_places[count++] = first + (uint32_t)__builtin_ctzll(word);
    return until;
}

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
extern const struct shortcut attribution_shortcut, funnel_shortcut, retention_shortcut;
