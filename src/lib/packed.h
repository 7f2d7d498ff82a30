/* Integers in few bits: each as how many units it lies above the least one, all in the same width.
 *
 * Whole groups of 1,024 values lie in lanes, so that one vector instruction works on many of them: of widths up to 32 bits in 32 lanes of
 * 32-bit words, of wider ones in 16 lanes of 64-bit words; the i-th value of a group is the (i / lanes)-th of lane i % lanes. What is left behind
 * the last whole group lies bit after bit. docs/formats/columns.md has the bytes.
 *
 * Reading is compiled for several processors and chosen once; all give the same. Nothing is checked here: whoever reads bytes of others makes
 * sure that `packed_bytes` of them, and PACKED_BEHIND behind, can be read. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define PACKED_GROUP 1024u
#define PACKED_LANES 32u /* of narrow values */
#define PACKED_BEHIND 8u /* bytes behind the last one that are read (and ignored) */

/* value = least + unit x stored, modulo 2^64. */
struct packed {
    const uint8_t *data; /* borrowed, of any alignment */
    uint32_t count;
    uint32_t width; /* bits of what is stored: 0..64 */
    int64_t least;
    uint64_t unit; /* at least 1 */
};

/* The narrowest way of these values: their least one, the greatest unit that divides all differences, and the width; no data yet. */
struct packed packed_plan(const int64_t *values, uint32_t count);
size_t packed_bytes(const struct packed *p);
/* Fills packed_bytes of `out` with the values that were planned for. */
void packed_put(const struct packed *p, const int64_t *values, uint8_t *out);

/* Values [from, from + count), `from` a multiple of PACKED_GROUP. The narrow ones are for least 0, unit 1 and values that fit, asserted.
 * About 0.1 ns a value. */
void packed_i64(const struct packed *p, uint32_t from, uint32_t count, int64_t *out);
void packed_u32(const struct packed *p, uint32_t from, uint32_t count, uint32_t *out);
void packed_u16(const struct packed *p, uint32_t from, uint32_t count, uint16_t *out);
int64_t packed_at(const struct packed *p, uint32_t i);
/* The same, of many here and there: some 3 ns where the value lies in a whole group and is narrow, as most are. */
static inline int64_t packed_near(const struct packed *p, uint32_t i)
{
    uint32_t group = i / PACKED_GROUP, bit = i % PACKED_GROUP / PACKED_LANES * p->width, shift = bit % 32;
    if (p->width == 0 || p->width > 32 || group == p->count / PACKED_GROUP)
        return packed_at(p, i);
    /* Two words that follow each other in a lane, or twice the same where one has all: no branch, for nobody can foresee which it is. */
    const uint8_t *low = p->data + (size_t)group * p->width * (PACKED_GROUP / 8) + (size_t)bit / 32 * PACKED_LANES * 4 + i % PACKED_LANES * 4;
    const uint8_t *high = low + (shift + p->width > 32 ? PACKED_LANES * 4 : 0);
    uint32_t words[2];
    memcpy(&words[0], low, sizeof words[0]);
    memcpy(&words[1], high, sizeof words[1]);
    uint64_t stored = (words[0] | (uint64_t)words[1] << 32) >> shift & UINT64_MAX >> (64 - p->width);
    return (int64_t)((uint64_t)p->least + p->unit * stored);
}
/* Sets bit i (of words of 64, count / 64 rounded up) where the i-th value is in the set, which has a bit for each value of the width, in words of
 * 64; clears the others. Returns how many. For least 0, unit 1 and widths up to 16. */
uint32_t packed_match(const struct packed *p, const uint64_t *set, uint64_t *out_bits);
/* The same of several sets at once, which costs less than one after the other. */
#define PACKED_SETS_MAX 32u
struct packed_set {
    const uint64_t *set;
    uint64_t *bits;
};
void packed_match_each(const struct packed *p, const struct packed_set *sets, uint32_t set_count);
/* Sets bit i of out_bits[k] (as above) where the i-th value isn't below edges[k]; clears the others. Of any values; about 0.1 ns a value where they and what
 * differs among them are narrow. At most PACKED_EDGES_MAX. */
#define PACKED_EDGES_MAX 64u
void packed_since(const struct packed *p, const int64_t *edges, uint32_t edge_count, uint64_t *const *out_bits);
