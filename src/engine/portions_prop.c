/* Portions of one budget, against what everybody may ask of a fair and safe division. Covers: portions.c */
#include "engine/portions.h"

#include <stdint.h>

#include "testing/test.h"

#define MIB ((size_t)1 << 20)
#define COUNT_MAX 12u
#define BUDGET_MIB_MAX 8192u

struct table {
    struct portion portions[COUNT_MAX];
    size_t count, budget;
};

/* Enough for the least portion of each. */
static void table_draw(struct t *t, struct table *d)
{
    d->count = 1 + rng_below(&t->rng, COUNT_MAX);
    d->budget = (d->count * (PORTION_BYTES_MIN / MIB) + rng_below(&t->rng, BUDGET_MIB_MAX)) * MIB;
    size_t left = d->budget;
    for (size_t i = 0; i < d->count; i++) {
        struct portion *s = &d->portions[i];
        s->bytes = rng_chance(&t->rng, 0.2) ? 0 : rng_below(&t->rng, left + 1);
        left -= s->bytes;
        s->used = s->bytes == 0 ? 0 : rng_below(&t->rng, s->bytes + 1);
        s->wanted = s->bytes == 0 || rng_chance(&t->rng, 0.2) ? SIZE_MAX : portion_wanted(s->used);
    }
}

static size_t held_most(const struct table *d)
{
    size_t sum = 0;
    for (size_t i = 0; i < d->count; i++)
        sum += d->portions[i].used > d->portions[i].bytes ? d->portions[i].used : d->portions[i].bytes;
    return sum;
}

/* All do what they are told, and then use what they may. */
static void let_go(struct table *d)
{
    for (size_t i = 0; i < d->count; i++)
        d->portions[i].used = d->portions[i].used < d->portions[i].bytes ? d->portions[i].used : d->portions[i].bytes;
}

static void together_they_stay_within_the_budget(struct t *t)
{
    struct table d;
    table_draw(t, &d);
    for (int round = 0; round < 20; round++) {
        portions_divide(d.portions, d.count, d.budget);
        size_t least_of_all = d.count * PORTION_BYTES_MIN; /* comes on top of what those use who must let go first */
        CHECK(t, held_most(&d) <= d.budget + least_of_all);
        for (size_t i = 0; i < d.count; i++) {
            struct portion *s = &d.portions[i];
            CHECK(t, s->bytes >= PORTION_BYTES_MIN);
            s->used = rng_below(&t->rng, (s->used > s->bytes ? s->used : s->bytes) + 1);
            s->wanted = portion_wanted(s->used);
        }
    }
}

/* Once everybody has let go: nothing lies idle, who wants more has no less than anybody, and who wants little has that. */
static void what_is_due_is_fair(struct t *t)
{
    struct table d;
    table_draw(t, &d);
    for (int round = 0; round < 3; round++) {
        portions_divide(d.portions, d.count, d.budget);
        let_go(&d);
    }
    size_t sum = 0, biggest = 0;
    for (size_t i = 0; i < d.count; i++) {
        sum += d.portions[i].bytes;
        biggest = d.portions[i].bytes > biggest ? d.portions[i].bytes : biggest;
        CHECK_EQ(t, d.portions[i].bytes, d.portions[i].due);
    }
    CHECK(t, sum <= d.budget && d.budget - sum < d.count * d.count);
    for (size_t i = 0; i < d.count; i++)
        CHECK(t, d.portions[i].bytes >= d.portions[i].wanted || d.portions[i].bytes == biggest);
}

static void one_alone_has_all(struct t *t)
{
    struct portion s = {.used = 5 * MIB, .wanted = portion_wanted(5 * MIB), .bytes = 40 * MIB};
    portions_divide(&s, 1, 4096 * MIB);
    CHECK_EQ(t, s.bytes, 4096 * MIB);
}

/* One that is awake alone uses all: the next one begins with little, and gets its half as the first lets go of it. */
static void who_wakes_gets_what_becomes_free(struct t *t)
{
    struct portion s[2] = {{.used = 1000 * MIB, .wanted = SIZE_MAX, .bytes = 1024 * MIB}, {.wanted = SIZE_MAX}};
    portions_divide(s, 2, 1024 * MIB);
    CHECK_EQ(t, s[0].bytes, 512 * MIB);
    CHECK_EQ(t, s[1].bytes, PORTION_BYTES_MIN);
    s[0].used = 700 * MIB;
    portions_divide(s, 2, 1024 * MIB);
    CHECK_EQ(t, s[1].bytes, 324 * MIB);
    s[0].used = 500 * MIB;
    portions_divide(s, 2, 1024 * MIB);
    CHECK_EQ(t, s[1].bytes, 512 * MIB);
}

static const struct test tests[] = {
    {"together they stay within the budget", together_they_stay_within_the_budget, 2000},
    {"what is due is fair", what_is_due_is_fair, 2000},
    {"one alone has all", one_alone_has_all, 1},
    {"who wakes gets what becomes free", who_wakes_gets_what_becomes_free, 1},
};
TEST_MAIN(tests)
