/* Stints: of things in a row, the stretches that each begin where `starts` has a bit, as the events of one person lie in a block. What is asked of all
 * stints is answered 64 things at a time: a sum of words carries from the first of the bits to the end of its stint, and not beyond it.
 *
 * Bits are in words of 64 as of bits.h; none is set behind the last thing. What takes a processor's own instructions is compiled twice and chosen once; both
 * give the same. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stints {
    uint32_t count;         /* of things */
    const uint64_t *starts; /* borrowed; the first thing's is set */
};

/* Sets bit n where the n-th stint has any of the bits, and clears the others of the words that the stints fill. */
void stints_any(const struct stints *s, const uint64_t *bits, uint64_t *out_stints);
/* Sets what is behind the first of the bits in its stint, and clears the others. */
void stints_behind(const struct stints *s, const uint64_t *bits, uint64_t *out_bits);
/* Sets what is of these stints, and clears the others. */
void stints_whole(const struct stints *s, const uint64_t *stints, uint64_t *out_bits);

/* The bits that stand where the mask has one, side by side; fills as many words as the mask's bits need. */
void bits_squeeze(const uint64_t *bits, const uint64_t *mask, size_t words, uint64_t *out);
/* And back: the n-th of the bits goes where the mask has its n-th. */
void bits_spread(const uint64_t *bits, const uint64_t *mask, size_t words, uint64_t *out);
/* How many are set in both. */
uint64_t bits_shared(const uint64_t *a, const uint64_t *b, size_t words);

/* How many are set before each of the words, and in all of them: words + 1 entries, by which the two below take a few nanoseconds. */
void bits_ranks(const uint64_t *bits, size_t words, uint32_t *out_ranks);
/* How many are set before the i-th. */
static inline uint32_t bits_rank(const uint64_t *bits, const uint32_t *ranks, uint32_t i)
{
    return ranks[i / 64] + (uint32_t)__builtin_popcountll(bits[i / 64] & ((UINT64_C(1) << i % 64) - 1));
}
/* The place of the n-th that is set, of which there are more than n. */
uint32_t bits_select(const uint64_t *bits, const uint32_t *ranks, size_t words, uint32_t n);
