#include "base/rng.h"

#include <assert.h>

static uint64_t rotate_left(uint64_t x, int bits)
{
    return (x << bits) | (x >> (64 - bits));
}

void rng_init(struct rng *r, uint64_t seed)
{
    for (size_t i = 0; i < 4; i++) {
        r->state[i] = rng_mix(seed);
        seed += 0x9e3779b97f4a7c15u;
    }
}

uint64_t rng_next(struct rng *r)
{
    uint64_t *s = r->state;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

uint64_t rng_below(struct rng *r, uint64_t bound)
{
    assert(bound > 0);
    uint64_t skip = -bound % bound; /* values below this would make small results likelier */
    uint64_t x;
    do
        x = rng_next(r);
    while (x < skip);
    return x % bound;
}

int64_t rng_between(struct rng *r, int64_t low, int64_t high)
{
    assert(low <= high);
    uint64_t span = (uint64_t)high - (uint64_t)low + 1;
    return span == 0 ? (int64_t)rng_next(r) : (int64_t)((uint64_t)low + rng_below(r, span));
}

double rng_unit(struct rng *r)
{
    return (double)(rng_next(r) >> 11) * 0x1p-53;
}

bool rng_chance(struct rng *r, double probability)
{
    return rng_unit(r) < probability;
}

size_t rng_pick(struct rng *r, const double *weights, size_t n)
{
    assert(n > 0);
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += weights[i];
    double at = rng_unit(r) * sum;
    for (size_t i = 0; i + 1 < n; i++) {
        if (at < weights[i])
            return i;
        at -= weights[i];
    }
    return n - 1;
}
