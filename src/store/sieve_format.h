/* The bytes of a sieve, for sieve_write.c and sieve_read.c. docs/formats/sieves.md
 *
 * The filter comes first in the file and in the order of hashes, as the entries do, so both are written as one goes. */
#pragma once

#include <string.h>

#include "store/sieve.h"

#define SIEVE_MAGIC 0x5649534bu /* "KSIV" */
#define SIEVE_FORMAT 1u
#define SIEVE_BLOCK_ENTRIES 170u
#define SIEVE_LINE_BYTES 64u
#define SIEVE_LINE_BITS (SIEVE_LINE_BYTES * 8u)
#define SIEVE_FILTER_BITS_AN_ENTRY 16u
#define SIEVE_PROBES 8u

struct sieve_block_head {
    uint32_t crc;   /* of the block's number (8 bytes), then of all behind this field */
    uint32_t count; /* of entries, which follow */
    uint64_t zero;
};
static_assert(sizeof(struct sieve_block_head) + SIEVE_BLOCK_ENTRIES * sizeof(struct sieve_entry) == SIEVE_BLOCK_BYTES,
              "sieves are on disk");

/* The last bytes of the file. */
struct sieve_foot {
    uint32_t magic, format;
    uint64_t lines; /* of the filter */
    uint64_t blocks;
    uint64_t count;  /* of entries */
    uint64_t digest; /* over the blocks, each as one piece */
    uint32_t filter_crc, firsts_crc;
    uint32_t zero[3];
    uint32_t crc; /* of what is before it */
};
static_assert(sizeof(struct sieve_foot) == 64, "sieves are on disk");

static inline uint64_t sieve_lines(uint64_t count_max)
{
    return (count_max * SIEVE_FILTER_BITS_AN_ENTRY + SIEVE_LINE_BITS - 1) / SIEVE_LINE_BITS;
}

static inline uint64_t sieve_filter_bytes(uint64_t lines)
{
    return (lines * SIEVE_LINE_BYTES + SIEVE_BLOCK_BYTES - 1) / SIEVE_BLOCK_BYTES * SIEVE_BLOCK_BYTES;
}

static inline uint64_t sieve_line_of(struct hash128 hash, uint64_t lines)
{
    __extension__ unsigned __int128 wide = (unsigned __int128)hash.low *
                                           lines; /* so lines are in the order of hashes */
    return (uint64_t)(wide >> 64);
}

/* The i-th bit of the hash's line: nine bits of `high`, and for the last probe those of `low` that chose nothing else. */
static inline uint32_t sieve_bit_of(struct hash128 hash, uint32_t i)
{
    uint64_t bits = i < 7 ? hash.high >> (i * 9) : hash.low;
    return (uint32_t)bits & (SIEVE_LINE_BITS - 1);
}

static inline uint32_t sieve_block_crc(uint64_t number, const uint8_t block[SIEVE_BLOCK_BYTES])
{
    uint32_t crc = crc32c(0, bytes_of(&number, sizeof number));
    return crc32c(crc, bytes_of(block + sizeof crc, SIEVE_BLOCK_BYTES - sizeof crc));
}

static inline uint32_t sieve_foot_crc(const struct sieve_foot *foot)
{
    return crc32c(0, bytes_of(foot, sizeof *foot - sizeof foot->crc));
}
