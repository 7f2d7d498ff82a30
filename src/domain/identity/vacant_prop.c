/* Vacant numbers against a list of all numbers of one value. Covers: vacant.c */
#include "domain/identity/script_test.h"
#include "domain/identity/vacant.h"
#include "engine/registry.h"
#include "engine/step.h"

#define NUMBERS 400u
#define MOVES 2000u

enum fate { NEVER_GIVEN, LIVES, ERASED };
struct world {
    struct registry *registry;
    struct rows *rows;
    struct arena *arena;
    struct hash128 plain;
    enum fate fates[NUMBERS + 2]; /* by number */
    uint32_t given;
    int64_t until_us;                    /* until when any of the erased had the value */
    uint32_t joined_first, joined_until; /* runs of the erased that became one, with who lives between them; 0: none */
};

#define RUNS_MAX 64u

/* Whether the number is taken for an erased one by whoever looks at the row alone. */
static bool is_in_row(const struct world *w, uint32_t n)
{
    return w->fates[n] == ERASED || (n >= w->joined_first && n <= w->joined_until);
}

static bool is_between(const struct world *w, uint32_t n)
{
    return w->fates[n] != ERASED && is_in_row(w, n);
}

/* The end of the so manieth run of numbers in the row, from 1; 0: there are fewer. */
static uint32_t run_end(const struct world *w, uint32_t which)
{
    for (uint32_t n = 1; n <= w->given; n++)
        if (is_in_row(w, n) && !is_in_row(w, n + 1) && --which == 0)
            return n;
    return 0;
}

static void runs_join(struct world *w)
{
    uint32_t first = 1, living = 0;
    while (first <= w->given && !is_in_row(w, first))
        first++;
    for (uint32_t n = 1; n <= w->given; n++)
        living += is_between(w, n);
    if (living == 0)
        w->joined_first = w->joined_until = 0;
    else
        w->joined_first = first; /* what is below them joins them */
    if (run_end(w, RUNS_MAX + 1) == 0)
        return;
    w->joined_until = run_end(w, 2);
    w->joined_first = first;
}

/* Erased at `now_us` with the value in force, or (until_us not 0) after it was passed on. */
static void vacate(struct world *w, uint32_t first, uint32_t last, int64_t now_us, int64_t until_us)
{
    struct step step;
    struct incarnation inc = {
        .plain = w->plain,
        .holder_first = first,
        .id = {.holder = last, .state = until_us != 0 ? ID_PASSED_ON : ID_IN_FORCE, .until_us = until_us}};
    int64_t had_until_us = until_us != 0 ? until_us : now_us;
    arena_reset(w->arena);
    step_begin(&step, w->rows, w->registry, w->arena);
    step.view.now_us = now_us;
    holders_vacate(&step, &inc);
    step_commit(&step, w->rows);
    for (uint32_t n = first; n <= last; n++)
        w->fates[n] = ERASED;
    if (w->until_us < had_until_us)
        w->until_us = had_until_us;
}

static void world_check(struct t *t, const struct world *w)
{
    struct view v = {.rows = w->rows, .registry = w->registry, .arena = w->arena};
    uint32_t newest = w->given, living = 0;
    while (newest > 0 && w->fates[newest] == ERASED)
        newest--;
    CHECK_EQ(t, holder_next(&v, w->plain, newest), w->given + 1);
    CHECK_EQ(t, holders_vacant_until(&v, w->plain), w->until_us);
    for (uint32_t n = 1; n <= w->given + 1; n++) {
        uint32_t before = n - 1;
        while (before > 0 && is_in_row(w, before))
            before--;
        CHECK_EQ(t, holder_before(&v, w->plain, n), before);
        CHECK_EQ(t, holder_is_vacant(&v, w->plain, n), is_in_row(w, n));
        living += w->fates[n] != ERASED;
        CHECK_EQ(t, holder_rank(&v, w->plain, n), is_in_row(w, n) ? 0 : living);
        if (w->fates[n] != ERASED)
            CHECK_EQ(t, holder_of_rank(&v, w->plain, living), is_between(w, n) ? 0 : n);
    }
    CHECK_EQ(t, holder_of_rank(&v, w->plain, UINT32_MAX), living == w->given + 1 ? UINT32_MAX : 0);
}

/* Numbers are given, and any run of those that live is erased, in any order; but the lowest seldom, so that there are some below runs that
 * became one. */
static void numbers_are_as_in_a_list(struct t *t)
{
    static const struct domain *const domains[] = {&engine_domain, &collect_domain, &identity_domain};
    struct world w = {.arena = t->arena, .until_us = INT64_MIN, .plain = {.low = rng_next(&t->rng)}};
    uint32_t spared = (uint32_t)rng_below(&t->rng, 40);
    struct err e = {0};
    size_t count;
    CHECK_DONE(t, registry_create(domains, COUNT_OF(domains), &w.registry, &e), &e);
    const struct family *const *families = registry_families(w.registry, &count);
    CHECK_DONE(t, rows_create(families, count, &w.rows, &e), &e);
    w.arena = arena_create(1 << 16);
    for (uint32_t i = 0; i < MOVES; i++) {
        if (w.given < NUMBERS && rng_chance(&t->rng, 0.6)) {
            w.fates[++w.given] = LIVES;
        } else if (w.given > 0) {
            uint32_t first = 1 + (uint32_t)rng_below(&t->rng, w.given), last = first;
            if (w.fates[first] != LIVES || (first <= spared && rng_chance(&t->rng, 0.9)))
                continue;
            while (last < w.given && w.fates[last + 1] == LIVES && rng_chance(&t->rng, 0.3))
                last++;
            int64_t until_us = rng_chance(&t->rng, 0.5) ? (int64_t)rng_below(&t->rng, 2 * MOVES) - MOVES : 0;
            vacate(&w, first, last, i, until_us);
            runs_join(&w);
        }
        if (rng_chance(&t->rng, 0.05))
            world_check(t, &w);
    }
    world_check(t, &w);
    rows_destroy(w.rows);
    registry_destroy(w.registry);
    arena_destroy(w.arena);
}

static const struct test tests[] = {{"numbers are as in a list", numbers_are_as_in_a_list, 60}};
TEST_MAIN(tests)
