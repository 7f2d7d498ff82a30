#include "domain/analytics/shapley.h"

#include <stdlib.h>

#include "base/rng.h"

/* What the paths of a set of channels come to, or all those within it. */
struct worth {
    double conversions, value, paths;
};

static struct worth worth_of(const struct touch_path *set)
{
    return (struct worth){(double)set->conversions, (double)set->value, (double)(set->conversions + set->nulls)};
}

static void worth_add(struct worth *sum, struct worth more)
{
    sum->conversions += more.conversions;
    sum->value += more.value;
    sum->paths += more.paths;
}

static int number_order(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* Paths without their order and repeats: each different set of channels is a row, its channels ascend. */
static struct touch_paths *sets_of(struct arena *arena, const struct touch_table *table)
{
    struct touch_paths *sets = touch_paths_create(arena);
    uint32_t longest = 0;
    for (size_t i = 0; i < table->count; i++)
        longest = table->paths[i].count > longest ? table->paths[i].count : longest;
    uint32_t *channels = ARENA_ARRAY(arena, uint32_t, longest);
    for (size_t i = 0; i < table->count; i++) {
        struct touch_path set = table->paths[i];
        memcpy(channels, set.channels, set.count * sizeof *channels);
        qsort(channels, set.count, sizeof *channels, number_order);
        uint32_t kept = 0;
        for (uint32_t k = 0; k < set.count; k++)
            if (kept == 0 || channels[kept - 1] != channels[k])
                channels[kept++] = channels[k];
        set.channels = channels;
        set.count = kept;
        touch_paths_add(sets, &set);
    }
    return sets;
}

void shapley_equal_credit(struct arena *arena, const struct touch_table *table, struct credit *out_credits)
{
    const struct touch_paths *sets = sets_of(arena, table);
    memset(out_credits, 0, table->channel_count * sizeof *out_credits);
    for (size_t i = 0; i < touch_paths_count(sets); i++) {
        const struct touch_path *set = touch_paths_at(sets, i);
        for (uint32_t k = 0; k < set->count; k++) {
            struct credit *c = &out_credits[set->channels[k]];
            c->conversions += (double)set->conversions / set->count;
            c->value += (double)set->value / set->count;
        }
    }
}

/* --- by rate --- */

#define SETS_A_STEP 65536u

/* What is asked, and where what comes out goes: a rate of each channel. */
struct rating {
    const struct shapley_ask *ask;
    struct effort *effort;
    struct credit *credits;
};

static struct credit rate_of(struct worth w)
{
    if (w.paths <= 0)
        return (struct credit){0, 0};
    return (struct credit){w.conversions / w.paths, w.value / w.paths};
}

static void credit_add(struct credit *c, double weight, struct credit more)
{
    c->conversions += weight * more.conversions;
    c->value += weight * more.value;
}

/* In `within`, by the bits of a set, what its own paths come to; out, what all paths within it do (the zeta transform). */
static void sum_over_subsets(struct worth *within, uint32_t channel_count)
{
    for (uint32_t channel = 0; channel < channel_count; channel++)
        for (uint32_t set = 0; set >> channel_count == 0; set++)
            if ((set >> channel & 1) != 0)
                worth_add(&within[set], within[set ^ UINT32_C(1) << channel]);
}

static fallible rate_exactly(struct arena *arena, const struct touch_paths *sets, uint32_t n, struct rating *to, struct err *e)
{
    TRY(effort_step(to->effort, 0, sizeof(struct worth) << n, e));
    struct worth *within = ARENA_ARRAY(arena, struct worth, (size_t)1 << n);
    double weights[SHAPLEY_EXACT_MAX]; /* by size s of what came before: s! (n - s - 1)! / n! */
    for (size_t i = 0; i < touch_paths_count(sets); i++) {
        const struct touch_path *set = touch_paths_at(sets, i);
        uint32_t bits = 0;
        for (uint32_t k = 0; k < set->count; k++)
            bits |= UINT32_C(1) << set->channels[k];
        worth_add(&within[bits], worth_of(set));
    }
    sum_over_subsets(within, n);
    weights[0] = 1.0 / n;
    for (uint32_t s = 1; s < n; s++)
        weights[s] = weights[s - 1] * s / (n - s);
    for (uint32_t set = 1; set >> n == 0; set++) {
        if (set % SETS_A_STEP == 0)
            TRY(effort_step(to->effort, (double)set / (double)(UINT32_C(1) << n), 0, e));
        uint32_t size = (uint32_t)__builtin_popcount(set);
        struct credit rate = rate_of(within[set]);
        for (uint32_t channel = 0; channel < n; channel++) {
            bool is_in = (set >> channel & 1) != 0; /* it came last of the set, or comes next */
            credit_add(&to->credits[channel], is_in ? weights[size - 1] : -weights[size < n ? size : 0], rate);
        }
    }
    return DONE;
}

static void shuffle(uint32_t *order, uint32_t count, struct rng *rng)
{
    for (uint32_t i = count; i > 1; i--) {
        uint32_t k = (uint32_t)rng_below(rng, i), kept = order[k];
        order[k] = order[i - 1];
        order[i - 1] = kept;
    }
}

/* Along each drawn order a set's paths count from where its last channel has come. */
static fallible rate_by_orders(struct arena *arena, const struct touch_paths *sets, uint32_t n, struct rating *to, struct err *e)
{
    const struct shapley_ask *ask = to->ask;
    uint32_t *order = ARENA_ARRAY(arena, uint32_t, n), *place = ARENA_ARRAY(arena, uint32_t, n);
    struct worth *coming = ARENA_ARRAY(arena, struct worth, n);
    struct rng rng;
    rng_init(&rng, ask->seed);
    for (uint32_t i = 0; i < n; i++)
        order[i] = i;
    for (uint32_t drawn = 0; drawn < ask->orders; drawn++) {
        TRY(effort_step(to->effort, (double)drawn / ask->orders, 0, e));
        shuffle(order, n, &rng);
        for (uint32_t i = 0; i < n; i++)
            place[order[i]] = i;
        memset(coming, 0, n * sizeof *coming);
        for (size_t i = 0; i < touch_paths_count(sets); i++) {
            const struct touch_path *set = touch_paths_at(sets, i);
            uint32_t last = 0;
            for (uint32_t k = 0; k < set->count; k++)
                last = place[set->channels[k]] > last ? place[set->channels[k]] : last;
            worth_add(&coming[last], worth_of(set));
        }
        struct worth so_far = {0};
        struct credit before = {0};
        for (uint32_t i = 0; i < n; i++) {
            worth_add(&so_far, coming[i]);
            struct credit rate = rate_of(so_far);
            credit_add(&to->credits[order[i]], 1.0 / ask->orders, rate);
            credit_add(&to->credits[order[i]], -1.0 / ask->orders, before);
            before = rate;
        }
    }
    return DONE;
}

fallible shapley_rate_credit(struct arena *arena, const struct touch_table *table, const struct shapley_ask *ask, struct effort *effort,
                             struct credit *out_credits, struct err *e)
{
    const struct touch_paths *sets = sets_of(arena, table);
    double paths = (double)(table->conversions + table->nulls);
    uint32_t n = table->channel_count;
    struct rating to = {ask, effort, out_credits};
    assert(ask->orders > 0);
    memset(out_credits, 0, n * sizeof *out_credits);
    if (n > 0)
        TRY(shapley_is_exact(n) ? rate_exactly(arena, sets, n, &to, e) : rate_by_orders(arena, sets, n, &to, e));
    for (uint32_t i = 0; i < n; i++) {
        out_credits[i].conversions *= paths;
        out_credits[i].value *= paths;
    }
    return effort_step(effort, 1, 0, e);
}
