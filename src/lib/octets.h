/* Eight bytes looked at as one word, for loops over text that stop at a few bytes: csv, json. Each question is answered by a mask whose lowest
 * set bit lies in the first byte that fits; bits above that one may be wrong. */
#pragma once

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define OCTETS_ONES UINT64_C(0x0101010101010101)
#define OCTETS_HIGH UINT64_C(0x8080808080808080)

static inline uint64_t octets_at(const uint8_t *at)
{
    uint64_t word;
    static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the first byte is the lowest");
    memcpy(&word, at, sizeof word);
    return word;
}

static inline uint64_t octets_equal(uint64_t word, uint8_t byte)
{
    uint64_t apart = word ^ OCTETS_ONES * byte;
    return (apart - OCTETS_ONES) & ~apart & OCTETS_HIGH;
}

static inline uint64_t octets_below(uint64_t word, uint8_t byte) /* at most 0x80 */
{
    return (word - OCTETS_ONES * byte) & ~word & OCTETS_HIGH;
}

static inline size_t octets_first(uint64_t mask) /* which byte; of a mask that isn't 0 */
{
    return (size_t)__builtin_ctzll(mask) / 8;
}
