#include "bench/tags.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/rng.h"

#define DENSITY_LEAST 0.0001
#define DENSITY_MOST 0.6
#define NUMBERS (TAG_WORDS * 64u)
#define RUN_MEAN 200.0
#define SPARSE 0.02     /* below it members are drawn, above it bits */
#define DENSITY_BITS 12 /* to which bits are drawn */
#define CLUSTERED_SEED UINT64_C(0xc1a5)

double tag_density(uint32_t tag)
{
    return DENSITY_LEAST * pow(DENSITY_MOST / DENSITY_LEAST, (tag + 0.5) / TAGS);
}

static bool is_clustered(uint32_t tag)
{
    return rng_mix(CLUSTERED_SEED + tag) % 10 < 3;
}

static double exponential(struct rng *rng, double mean)
{
    return -log(1.0 - rng_unit(rng)) * mean;
}

static void members_draw(struct rng *rng, double density, uint64_t *words)
{
    double gap = -1.0 / log1p(-density); /* such that whole numbers come with that density */
    for (double at = floor(exponential(rng, gap)); at < NUMBERS; at += 1.0 + floor(exponential(rng, gap)))
        words[(uint32_t)at / 64] |= UINT64_C(1) << (uint32_t)at % 64;
}

/* A word of which each bit is set with this density: its digits, the last one first, each with a fair coin a bit. */
static void bits_draw(struct rng *rng, double density, uint64_t *words)
{
    uint32_t digits = (uint32_t)lround(density * (1 << DENSITY_BITS));
    for (uint32_t i = 0; i < TAG_WORDS; i++)
        for (uint32_t d = 0; d < DENSITY_BITS; d++) {
            uint64_t coin = rng_next(rng);
            words[i] = (digits >> d & 1) != 0 ? words[i] | coin : words[i] & coin;
        }
}

static void runs_draw(struct rng *rng, double density, uint64_t *words)
{
    double gap = RUN_MEAN * (1 - density) / density, at = rng_chance(rng, density) ? 0 : exponential(rng, gap);
    while (at < NUMBERS) {
        double end = at + 1 + exponential(rng, RUN_MEAN - 1);
        for (; at < end && at < NUMBERS; at++)
            words[(uint32_t)at / 64] |= UINT64_C(1) << (uint32_t)at % 64;
        at += 1 + exponential(rng, gap);
    }
}

void tag_words(uint32_t tag, uint32_t key, uint64_t people, uint64_t out_words[TAG_WORDS])
{
    struct rng rng;
    uint64_t first = (uint64_t)key * NUMBERS;
    double density = tag_density(tag);
    rng_init(&rng, rng_mix((uint64_t)tag << 32 | key));
    memset(out_words, 0, TAG_WORDS * sizeof *out_words);
    if (is_clustered(tag))
        runs_draw(&rng, density, out_words);
    else if (density < SPARSE)
        members_draw(&rng, density, out_words);
    else
        bits_draw(&rng, density, out_words);
    for (uint64_t i = people > first ? people - first : 0; i < NUMBERS; i++)
        out_words[i / 64] &= ~(UINT64_C(1) << i % 64);
}
