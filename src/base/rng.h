/* Reproducible chance, for simulations and tests only: the same seed gives the same numbers on every machine.
 * Secrets come from libsodium, at the edge. xoshiro256** by D. Blackman and S. Vigna (public domain), seeded by
 * splitmix64. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rng {
    uint64_t state[4];
};

void rng_init(struct rng *r, uint64_t seed);
uint64_t rng_next(struct rng *r);
uint64_t rng_below(struct rng *r, uint64_t bound);              /* uniform in [0, bound); bound > 0 */
int64_t rng_between(struct rng *r, int64_t low, int64_t high);  /* uniform in [low, high] */
bool rng_chance(struct rng *r, double probability);             /* true with this probability */
double rng_unit(struct rng *r);                                 /* uniform in [0, 1) */
size_t rng_pick(struct rng *r, const double *weights, size_t n); /* index drawn by weight; weights sum > 0 */

/* One splitmix64 step: a good hash of an integer. */
static inline uint64_t rng_mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}
