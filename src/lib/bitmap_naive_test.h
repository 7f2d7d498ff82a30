/* Sets as anybody would write them down, a byte a number, for the properties of bitmaps: the numbers that a test uses lie under a few keys far apart. */
#pragma once

#include <assert.h>
#include <stdlib.h>

#include "lib/bitmap.h"
#include "testing/test.h"

#define NAIVE_KEYS 3u
#define NAIVE_NUMBERS (NAIVE_KEYS << 16)

static const uint32_t naive_keys[NAIVE_KEYS] = {0, 31, 5000};

struct naive {
    uint8_t has[NAIVE_NUMBERS];
};

static inline uint32_t naive_number(uint32_t i)
{
    return naive_keys[i >> 16] << 16 | (i & 0xffff);
}

static inline struct naive *naive_create(struct t *t)
{
    return ARENA_NEW(t->arena, struct naive);
}

static inline uint64_t naive_count(const struct naive *n)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < NAIVE_NUMBERS; i++)
        count += n->has[i];
    return count;
}

/* Members of one key: none, few, many, in runs, all but few, all. */
static inline void naive_fill_any(struct t *t, struct naive *n, uint32_t key)
{
    uint8_t *has = n->has + (key << 16);
    uint32_t kind = (uint32_t)rng_below(&t->rng, 7), span = 1 + (uint32_t)rng_below(&t->rng, 2000);
    double share = kind == 1 ? 0.001 : kind == 2 ? 0.0625 : kind == 3 ? 0.4 : 0.999;
    if (kind == 0)
        return;
    for (uint32_t i = 0; i < 65536;) {
        if (kind == 5) { /* runs and gaps */
            uint32_t end = i + (uint32_t)rng_below(&t->rng, span) + 1;
            for (; i < end && i < 65536; i++)
                has[i] = 1;
            i += (uint32_t)rng_below(&t->rng, 3 * span) + 1;
        } else {
            has[i++] = kind == 6 || rng_chance(&t->rng, share);
        }
    }
}

static inline struct naive *naive_any(struct t *t)
{
    struct naive *n = naive_create(t);
    for (uint32_t key = 0; key < NAIVE_KEYS; key++)
        naive_fill_any(t, n, key);
    return n;
}

/* The same set, made in either way that many are added. */
static inline struct bitmap *naive_bitmap(struct t *t, struct slab *s, const struct naive *n)
{
    struct bitmap *b = bitmap_create(s);
    uint32_t *numbers = malloc(NAIVE_NUMBERS * sizeof *numbers), count = 0;
    assert(numbers != NULL);
    for (uint32_t i = 0; i < NAIVE_NUMBERS; i++)
        if (n->has[i])
            numbers[count++] = naive_number(i);
    uint32_t first = (uint32_t)rng_below(&t->rng, count + 1);
    bitmap_add_all(b, numbers, first);
    bitmap_add_all(b, numbers + first, count - first);
    free(numbers);
    return b;
}

/* The members of `b` are those of `n`, and no others. */
static inline void naive_compare(struct t *t, const struct naive *n, const struct bitmap *b)
{
    uint32_t *numbers = malloc((NAIVE_NUMBERS + 1) * sizeof *numbers), wrong = 0;
    assert(numbers != NULL);
    size_t count = bitmap_list(b, 0, numbers, NAIVE_NUMBERS + 1), at = 0;
    for (uint32_t i = 0; i < NAIVE_NUMBERS; i++)
        if (n->has[i])
            wrong += at >= count || numbers[at++] != naive_number(i);
    CHECK_EQ(t, wrong, 0);
    CHECK_EQ(t, count, at);
    CHECK_EQ(t, bitmap_count(b), count);
    free(numbers);
}
