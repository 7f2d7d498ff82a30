/* Against a plain list of hashes, searched from its end. */
#include "lib/finder.h"

#include "testing/test.h"

#define PLACES_MAX 40000u

struct list {
    struct hash128 *hashes;
    uint64_t base, first, end; /* hashes[place - base] */
};

static bool list_is(const void *context, uint64_t place, struct hash128 hash)
{
    const struct list *l = context;
    assert(place >= l->first && place < l->end);
    return hash128_equal(l->hashes[place - l->base], hash);
}

static bool model_find(const struct list *l, struct hash128 hash, uint64_t *out_place)
{
    for (uint64_t place = l->end; place-- > l->first;) {
        if (hash128_equal(l->hashes[place - l->base], hash)) {
            *out_place = place;
            return true;
        }
    }
    return false;
}

static void hash_compare(struct t *t, const struct finder *f, const struct list *l, struct hash128 hash)
{
    uint64_t got = 0, want = 0;
    finder_prefetch(f, hash);
    CHECK_EQ(t, finder_find(f, hash, list_is, l, &got), model_find(l, hash, &want));
    CHECK_EQ(t, got, want);
}

/* The same hash comes again, at times soon, at times after its first place is gone; many share a home, or the tag. */
static struct hash128 any_hash(struct t *t, uint32_t kinds, bool piled)
{
    uint64_t kind = rng_below(&t->rng, kinds);
    struct hash128 hash = {.low = rng_mix(kind), .high = rng_mix(~kind)};
    if (piled)
        hash.high &= UINT64_C(0xff000000000003ff);
    return hash;
}

static void places_are_found(struct t *t)
{
    struct finder *f = finder_create();
    struct list l = {.hashes = ARENA_ARRAY(t->arena, struct hash128, PLACES_MAX),
                     .base = rng_below(&t->rng, UINT64_C(1) << 40)};
    uint32_t kinds = rng_chance(&t->rng, 0.3) ? 60 : 3000000;
    bool piled = rng_chance(&t->rng, 0.2);
    uint64_t count = 1 + rng_below(&t->rng, piled ? 3000 : PLACES_MAX);
    l.first = l.end = l.base;
    for (uint64_t i = 0; i < count && t->failures == 0; i++) {
        struct hash128 hash = any_hash(t, kinds, piled);
        l.hashes[l.end - l.base] = hash;
        finder_add(f, hash, l.end++);
        if (rng_chance(&t->rng, 0.001)) {
            l.first += rng_below(&t->rng, l.end - l.first + 1);
            finder_drop(f, l.first);
        }
        if (i % 64 == 0 && l.first < l.end) {
            hash_compare(t, f, &l, any_hash(t, kinds, piled));
            hash_compare(t, f, &l, l.hashes[l.first - l.base + rng_below(&t->rng, l.end - l.first)]);
        }
    }
    if (l.first > l.base)
        hash_compare(t, f, &l, l.hashes[rng_below(&t->rng, l.first - l.base)]); /* one that is gone */
    finder_destroy(f);
}

static void memory_goes_table_by_table(struct t *t)
{
    struct finder *f = finder_create();
    CHECK_EQ(t, finder_bytes(f), 0);
    uint64_t place = 0, end = 3000000;
    for (; place < end; place++)
        finder_add(f, (struct hash128){.low = place, .high = rng_next(&t->rng)}, place);
    size_t full = finder_bytes(f);
    CHECK(t, full > 6 * end && full < 12 * end); /* of which the newest table is nearly empty */
    finder_drop(f, end - 1);
    CHECK(t, finder_bytes(f) < full && finder_bytes(f) >= 8u << 20); /* the table that has the last one */
    finder_drop(f, end);
    CHECK(t, finder_bytes(f) < 4096);
    finder_add(f, (struct hash128){.high = 7}, end); /* small again */
    CHECK(t, finder_bytes(f) < 20000);
    finder_destroy(f);
}

/* But for the first table, which is small. */
static void growth_is_known_ahead(struct t *t)
{
    struct finder *f = finder_create();
    uint64_t steps = 0;
    finder_add(f, (struct hash128){.high = rng_next(&t->rng)}, 0);
    for (uint64_t place = 1; place < 3000000; place++) {
        size_t before = finder_bytes(f), ahead = finder_bytes_ahead(f);
        finder_add(f, (struct hash128){.low = place, .high = rng_next(&t->rng)}, place);
        CHECK(t, finder_bytes(f) <= before + ahead);
        steps += finder_bytes(f) > before;
    }
    CHECK(t, steps > 3);
    CHECK_EQ(t, finder_bytes_ahead(f), 0);
    finder_destroy(f);
}

static const struct test tests[] = {
    {"places are found", places_are_found, 200},
    {"growth is known ahead", growth_is_known_ahead, 1},
    {"memory goes table by table", memory_goes_table_by_table, 1},
};
TEST_MAIN(tests)
