/* Vacant numbers against a list of all numbers of one value. Covers: vacant.c */
#include "domain/identity/script_test.h"
#include "domain/identity/vacant.h"
#include "engine/registry.h"
#include "engine/step.h"

#define NUMBERS 400u

enum fate { NEVER_GIVEN, LIVES, ERASED };
struct world {
    struct registry *registry;
    struct rows *rows;
    struct arena *arena;
    struct hash128 plain;
    enum fate fates[NUMBERS + 2]; /* by number */
    uint32_t given;
    bool is_cut; /* there were more ranges than a row holds */
};

static void vacate(struct world *w, uint32_t first, uint32_t last)
{
    struct step step;
    struct incarnation inc = {.plain = w->plain, .holder_first = first, .id = {.holder = last}};
    arena_reset(w->arena);
    step_begin(&step, w->rows, w->registry, w->arena);
    holders_vacate(&step, &inc);
    step_commit(&step, w->rows);
    for (uint32_t n = first; n <= last; n++)
        w->fates[n] = ERASED;
}

static uint32_t ranges_of(const struct world *w)
{
    uint32_t count = 0;
    for (uint32_t n = 1; n <= w->given; n++)
        count += w->fates[n] == ERASED && w->fates[n - 1] != ERASED;
    return count;
}

static void world_check(struct t *t, const struct world *w)
{
    struct view v = {.rows = w->rows, .registry = w->registry, .arena = w->arena};
    uint32_t newest = w->given, living = 0;
    while (newest > 0 && w->fates[newest] == ERASED)
        newest--;
    CHECK_EQ(t, holder_next(&v, w->plain, newest), w->given + 1);
    for (uint32_t n = 1; n <= w->given + 1; n++) {
        uint32_t before = n - 1;
        while (before > 0 && w->fates[before] == ERASED)
            before--;
        if (!w->is_cut)
            CHECK_EQ(t, holder_before(&v, w->plain, n), before);
        living += w->fates[n] != ERASED;
        if (!w->is_cut && w->fates[n] != ERASED)
            CHECK_EQ(t, holder_rank(&v, w->plain, n), living);
        if (w->fates[n] == ERASED ||
            !w->is_cut) /* of the lowest some who live may be stepped over, but nobody who doesn't is found */
            CHECK_EQ(t, holder_is_vacant(&v, w->plain, n), w->fates[n] == ERASED);
    }
}

/* Numbers are given, and any run of those that live is erased, in any order. */
static void numbers_are_as_in_a_list(struct t *t)
{
    static const struct domain *const domains[] = {&engine_domain, &collect_domain, &identity_domain};
    struct world w = {.arena = t->arena, .plain = {.low = rng_next(&t->rng)}};
    struct err e = {0};
    size_t count;
    CHECK_DONE(t, registry_create(domains, COUNT_OF(domains), &w.registry, &e), &e);
    const struct family *const *families = registry_families(w.registry, &count);
    CHECK_DONE(t, rows_create(families, count, &w.rows, &e), &e);
    w.arena = arena_create(1 << 16);
    while (w.given < NUMBERS) {
        if (rng_chance(&t->rng, 0.6)) {
            w.fates[++w.given] = LIVES;
        } else if (w.given > 0) {
            uint32_t first = 1 + (uint32_t)rng_below(&t->rng, w.given), last = first;
            if (w.fates[first] != LIVES)
                continue;
            while (last < w.given && w.fates[last + 1] == LIVES && rng_chance(&t->rng, 0.3))
                last++;
            vacate(&w, first, last);
            w.is_cut |= ranges_of(&w) > 64;
        }
        if (rng_chance(&t->rng, 0.1))
            world_check(t, &w);
    }
    world_check(t, &w);
    rows_destroy(w.rows);
    registry_destroy(w.registry);
    arena_destroy(w.arena);
}

static const struct test tests[] = {{"numbers are as in a list", numbers_are_as_in_a_list, 60}};
TEST_MAIN(tests)
