/* Which numbers are in some sets and not in others: expressions over bitmaps in one pass, key by key (bitmap.h), without a set in between.
 *
 * At each key, empty and full containers settle what they can; where few members of one operand bound the answer, the others are only asked about
 * these; what an AND or a MINUS leaves of a list of values stays a list; all else is done on 8 KiB of bits that stay in the first cache, by the widest
 * instructions of the processor (bitmap_ways.h). Values and runs go straight into those bits. So each operand is read once, at most, and what comes
 * next is fetched meanwhile: ten sets take some 4 to 8 us at a key, 20 to 40 ms over 330 M numbers: half a nanosecond for each listed value, and
 * what memory takes to give up to 8 KiB a set.
 *
 * Sets are borrowed and must not change meanwhile: frozen copies, if their owner goes on. Any number of threads may evaluate over the same sets. */
#pragma once

#include "lib/bitmap.h"

enum bitmap_op {
    BITMAP_SET,      /* the members of `set` */
    BITMAP_AND,      /* in all operands */
    BITMAP_OR,       /* in one at least */
    BITMAP_XOR,      /* in an odd number of them: of two, in just one */
    BITMAP_MINUS,    /* in the first, and in no other */
    BITMAP_NOT,      /* in the universe, and not in the one operand */
    BITMAP_AT_LEAST, /* in `least` of them, or more */
};

struct bitmap_expr {
    enum bitmap_op op;
    uint32_t least;                      /* of BITMAP_AT_LEAST: 1..count */
    uint32_t count;                      /* of operands: 1 at least, but for BITMAP_SET */
    const struct bitmap_expr *const *of; /* the operands */
    const struct bitmap *set;            /* of BITMAP_SET */
};

#define BITMAP_EXPR_SETS_MAX 64u  /* an expression names, the same one twice counted twice */
#define BITMAP_EXPR_DEPTH_MAX 16u /* a set alone is 1 deep */

/* For expressions that others wrote: INVALID: an operator has too few or too many operands; LIMIT: too deep, or too many sets. What is evaluated has
 * passed it (asserted). */
fallible bitmap_expr_check(const struct bitmap_expr *x, struct err *e);

/* Which numbers are looked at: below `universe`, and with keys in [from, until). Spans side by side may be evaluated by a thread each: their counts
 * add up. */
struct bitmap_span {
    uint64_t universe; /* 0..2^32 */
    uint32_t from, until;
};

static inline struct bitmap_span bitmap_span_of(uint64_t universe)
{
    return (struct bitmap_span){.universe = universe, .until = (uint32_t)((universe + UINT16_MAX) >> BITMAP_KEY_BITS)};
}

/* How many numbers of the span it holds. They are put into `out` (NULL: only counted), which has none of these keys yet, and is of a slab of the
 * calling thread. Takes 10 KiB for each operator in another, and up to 1.3 MiB, from the heap while it works; aborts when the system has none. */
uint64_t bitmap_eval(const struct bitmap_expr *x, const struct bitmap_span *span, struct bitmap *out);

/* The same of two sets, over all their numbers. O(keys up to the greatest). */
uint64_t bitmap_pair(enum bitmap_op op, const struct bitmap *a, const struct bitmap *b, struct bitmap *out);
/* The same as a new one of a's slab, by the thread of which. */
struct bitmap *bitmap_of_pair(enum bitmap_op op, const struct bitmap *a, const struct bitmap *b);

/* --- one against many: of keys in [from, until) alone; `universe` has no say --- */

/* out_counts[i] = members that `of` and sets[i] have in common. Reads each set once. */
void bitmap_overlaps(const struct bitmap *of, const struct bitmap *const *sets, uint32_t count, const struct bitmap_span *span, uint64_t *out_counts);
/* out_counts[i * count + j] = members that sets[i] and sets[j] have in common. O(count^2) of containers, those of a key while they are in the cache. */
void bitmap_overlaps_each(const struct bitmap *const *sets, uint32_t count, const struct bitmap_span *span, uint64_t *out_counts);
