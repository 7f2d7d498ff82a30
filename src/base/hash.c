#include "base/hash.h"

#include <nmmintrin.h>
#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL /* most of what is hashed is shorter than a call into the library is long */
#include <xxhash.h>

#include "base/rng.h"

uint64_t hash64(struct bytes b, uint64_t seed)
{
    return XXH3_64bits_withSeed(b.data, b.size, seed);
}

struct hash128 hash128(struct bytes b, uint64_t seed)
{
    XXH128_hash_t h = XXH3_128bits_withSeed(b.data, b.size, seed);
    return (struct hash128){.low = h.low64, .high = h.high64};
}

/* The library's state under our name. */
struct hasher {
    XXH3_state_t state;
};

struct hasher *hasher_create(void)
{
    struct hasher *h = aligned_alloc(_Alignof(struct hasher), sizeof *h);
    if (h == NULL)
        abort();
    (void)XXH3_128bits_reset(&h->state);
    return h;
}

void hasher_add(struct hasher *h, struct bytes b)
{
    (void)XXH3_128bits_update(&h->state, b.data, b.size);
}

struct hash128 hasher_finish(struct hasher *h)
{
    XXH128_hash_t x = XXH3_128bits_digest(&h->state);
    free(h);
    return (struct hash128){.low = x.low64, .high = x.high64};
}

__attribute__((target("sse4.2"))) uint32_t crc32c(uint32_t crc, struct bytes b)
{
    uint64_t c = ~crc;
    const uint8_t *p = b.data;
    size_t left = b.size;
    for (; left >= 8; p += 8, left -= 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        c = _mm_crc32_u64(c, word);
    }
    uint32_t tail = (uint32_t)c;
    for (; left > 0; p++, left--)
        tail = _mm_crc32_u8(tail, *p);
    return ~tail;
}

void digest_add(struct digest *d, struct bytes b)
{
    d->value = rng_mix(d->value ^ hash64(b, b.size));
}

void digest_add_u64(struct digest *d, uint64_t x)
{
    d->value = rng_mix(d->value ^ rng_mix(x));
}
