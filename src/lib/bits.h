/* A bit for each of many, in words of 64: bit i is bit i % 64 of word i / 64. As bytes, the same bits in the same order. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline size_t bits_words(uint32_t count)
{
    return ((size_t)count + 63) / 64;
}

static inline size_t bits_bytes(uint32_t count)
{
    return ((size_t)count + 7) / 8;
}

static inline bool bit_is_set(const uint64_t *bits, uint32_t i)
{
    return (bits[i / 64] >> i % 64 & 1) != 0;
}

static inline void bit_set(uint64_t *bits, uint32_t i)
{
    bits[i / 64] |= UINT64_C(1) << i % 64;
}

/* Sets the first `count` and clears the others of the last word. */
static inline void bits_fill(uint64_t *bits, uint32_t count)
{
    memset(bits, 0xff, count / 64 * sizeof *bits);
    if (count % 64 > 0)
        bits[count / 64] = UINT64_MAX >> (64 - count % 64);
}

static inline void bits_clear(uint64_t *bits, uint32_t count)
{
    memset(bits, 0, bits_words(count) * sizeof *bits);
}

/* The first that is set of [from, until); `until`: none is. */
static inline uint32_t bits_next(const uint64_t *bits, uint32_t from, uint32_t until)
{
    if (from >= until)
        return until;
    size_t w = from / 64;
    uint64_t word = bits[w] >> from % 64 << from % 64;
    while (word == 0 && ++w * 64 < until)
        word = bits[w];
    uint32_t at = (uint32_t)(w * 64) + (word == 0 ? 0 : (uint32_t)__builtin_ctzll(word));
    return at < until ? at : until;
}

/* The last that is set of [from, until); `until`: none is. */
static inline uint32_t bits_last(const uint64_t *bits, uint32_t from, uint32_t until)
{
    if (from >= until)
        return until;
    size_t w = (until - 1) / 64, first = from / 64;
    uint64_t word = bits[w] & UINT64_MAX >> (63 - (until - 1) % 64);
    while (word == 0 && w > first)
        word = bits[--w];
    uint32_t at = (uint32_t)(w * 64) + (word == 0 ? 0 : 63u - (uint32_t)__builtin_clzll(word));
    return word != 0 && at >= from ? at : until;
}

/* How many of these bytes' bits are set. */
static inline uint32_t bits_count(const void *bits, size_t bytes)
{
    const uint8_t *at = bits;
    uint32_t found = 0;
    for (; bytes >= sizeof(uint64_t); bytes -= sizeof(uint64_t), at += sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, at, sizeof word);
        found += (uint32_t)__builtin_popcountll(word);
    }
    for (; bytes > 0; bytes--)
        found += (uint32_t)__builtin_popcount(*at++);
    return found;
}
