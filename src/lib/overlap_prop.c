/* Overlaps against a naive model that asks each number whether it is in each set. Covers: overlap.c */
#include "lib/overlap.h"

#include "testing/test.h"

#define NUMBERS 300u
#define SETS_MOST 6u

/* Numbers are far apart now and then, so that they have several keys. */
static uint32_t number_of(uint32_t i)
{
    return i * 977u;
}

struct world {
    uint32_t count;
    bool is_in[SETS_MOST][NUMBERS];
    struct bitmap *sets[SETS_MOST];
};

static void world_make(struct t *t, struct slab *slab, struct world *w)
{
    w->count = 1 + (uint32_t)rng_below(&t->rng, SETS_MOST);
    for (uint32_t s = 0; s < w->count; s++) {
        uint64_t part = rng_below(&t->rng, 5);
        w->sets[s] = bitmap_create(slab);
        for (uint32_t i = 0; i < NUMBERS; i++) {
            w->is_in[s][i] = rng_below(&t->rng, 4) < part;
            if (w->is_in[s][i])
                (void)bitmap_add(w->sets[s], number_of(i));
        }
    }
}

static struct overlap *overlap_all(const struct world *w)
{
    const struct bitmap *sets[SETS_MOST];
    struct overlap *o = overlap_create(w->count);
    for (uint32_t s = 0; s < w->count; s++)
        sets[s] = w->sets[s];
    for (uint32_t key = 0; overlap_next(sets, w->count, &key); key++)
        overlap_add(o, sets, key);
    return o;
}

static uint64_t naive_exactly(const struct world *w, uint32_t combination)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < NUMBERS; i++) {
        uint32_t of = 0;
        for (uint32_t s = 0; s < w->count; s++)
            of |= w->is_in[s][i] ? UINT32_C(1) << s : 0;
        count += of == combination;
    }
    return count;
}

static uint64_t naive_both(const struct world *w, uint32_t a, uint32_t b)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < NUMBERS; i++)
        count += w->is_in[a][i] && w->is_in[b][i];
    return count;
}

static void combinations_and_pairs_are_exact(struct t *t)
{
    struct slab *slab = slab_create();
    struct world w;
    uint64_t pairs[SETS_MOST * SETS_MOST], any = 0;
    world_make(t, slab, &w);
    struct overlap *o = overlap_all(&w);
    for (uint32_t c = 1; c < UINT32_C(1) << w.count; c++) {
        CHECK_EQ(t, overlap_of(o, c), naive_exactly(&w, c));
        any += naive_exactly(&w, c);
    }
    CHECK_EQ(t, overlap_any(o), any);
    overlap_pairs(o, pairs);
    for (uint32_t a = 0; a < w.count; a++)
        for (uint32_t b = 0; b < w.count; b++)
            CHECK_EQ(t, pairs[a * w.count + b], naive_both(&w, a, b));
    overlap_destroy(o);
    slab_destroy(slab);
}

/* The first ones, in order, and nobody who was left out has more. */
static void the_largest_combinations_come_first(struct t *t)
{
    struct slab *slab = slab_create();
    struct world w;
    uint32_t top[4], found = 0;
    world_make(t, slab, &w);
    struct overlap *o = overlap_all(&w);
    size_t count = overlap_top(o, top, COUNT_OF(top));
    for (uint32_t c = 1; c < UINT32_C(1) << w.count; c++)
        found += naive_exactly(&w, c) > 0;
    CHECK_EQ(t, count, found < COUNT_OF(top) ? found : COUNT_OF(top));
    for (size_t i = 0; i < count; i++)
        CHECK(t, overlap_of(o, top[i]) > 0 && (i == 0 || overlap_of(o, top[i - 1]) >= overlap_of(o, top[i])));
    for (uint32_t c = 1; c < UINT32_C(1) << w.count; c++) {
        bool is_told = false;
        for (size_t i = 0; i < count; i++)
            is_told |= top[i] == c;
        CHECK(t, is_told || count == 0 || overlap_of(o, c) <= overlap_of(o, top[count - 1]));
    }
    overlap_destroy(o);
    slab_destroy(slab);
}

static const struct test tests[] = {
    {"combinations and pairs are exact", combinations_and_pairs_are_exact, 60},
    {"the largest combinations come first", the_largest_combinations_come_first, 60},
};
TEST_MAIN(tests)
