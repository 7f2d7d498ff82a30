/* Hashes: XXH3, which is fast and well spread but no secret keeper. With a secret key it keeps outsiders from building
 * collisions on purpose; every place that joins people still compares the bytes. */
#pragma once

#include <stdint.h>

#include "base/bytes.h"

struct hash128 {
    uint64_t low;
    uint64_t high;
};

uint64_t hash64(struct bytes b, uint64_t seed);
struct hash128 hash128(struct bytes b, uint64_t seed);
/* The same over pieces, wherever they are cut: hash128 of all of them with seed 0. */
struct hasher;
struct hasher *hasher_create(void); /* the caller's */
void hasher_add(struct hasher *h, struct bytes b);
struct hash128 hasher_finish(struct hasher *h); /* and destroys it */
uint32_t crc32c(uint32_t crc, struct bytes b); /* Castagnoli; start with 0; chains over pieces */

static inline bool hash128_equal(struct hash128 a, struct hash128 b)
{
    return a.low == b.low && a.high == b.high;
}

/* A running 64-bit digest over pieces in order. Piece borders count: "ab"+"c" differs from "a"+"bc". */
struct digest {
    uint64_t value;
};
void digest_add(struct digest *d, struct bytes b);
void digest_add_u64(struct digest *d, uint64_t x);
