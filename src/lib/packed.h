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

#define PACKED_GROUP 1024u
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
int64_t packed_at(const struct packed *p, uint32_t i); /* a few nanoseconds */
/* Sets bit i (of words of 64, count / 64 rounded up) where the i-th value is in the set, which has a bit for each value of the width, in words of
 * 64; clears the others. Returns how many. For least 0, unit 1 and widths up to 16. */
uint32_t packed_match(const struct packed *p, const uint64_t *set, uint64_t *out_bits);
