#include "domain/analytics/markov.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "base/rng.h"
#include "domain/analytics/groups.h"

#define CONVERGED 1e-13     /* of the largest probability: what is still missing is less */
#define ROUNDING (4 * DBL_EPSILON) /* changes that small don't shrink any more */
#define SWEEPS_MAX 100000u
#define WALKS_A_STEP 4096u
#define BITS_OF_CHANNEL 16u /* in a state's key: the channel's number + 1, so that a short state differs from all longer ones */

struct state {
    uint64_t key;
    uint32_t first, until; /* of its transitions */
    double conversions;    /* weight of the paths that end here in one */
    double value;          /* theirs */
    double weight;         /* of all that leaves it */
};

struct transition {
    uint32_t to;
    double weight;
};

/* States in the order of their keys, the start apart: so that the order of the sums hangs on nothing but the paths. */
struct chain {
    struct state *states;
    uint32_t count;
    struct transition *transitions;
    struct state start; /* its transitions are the entries */
    struct effort *effort; /* of whoever solves it */
};

struct solution {
    double conversions; /* probability that a walk from the start converts */
    double value;       /* what a walk brings on average */
};

static bool state_has(uint64_t key, uint32_t channel)
{
    for (; key != 0; key >>= BITS_OF_CHANNEL)
        if ((key & UINT16_MAX) == channel + 1u)
            return true;
    return false;
}

/* The key of the state that ends with the path's `touch`: so many channels as the order, or all of a shorter path. */
static uint64_t state_key(const struct touch_path *path, uint32_t touch, unsigned order)
{
    uint64_t key = 0;
    uint32_t first = touch + 1 > order ? touch + 1 - order : 0;
    for (uint32_t i = first; i <= touch; i++)
        key = key << BITS_OF_CHANNEL | (path->channels[i] + 1u);
    return key;
}

static double weight_of(const struct touch_path *path, const struct markov_ask *ask)
{
    return (double)path->conversions + (ask->conversions_only ? 0 : (double)path->nulls);
}

/* --- from paths to the chain --- */

/* The distinct transitions and ends of all paths, with what they weigh. */
struct gathered {
    struct groups hops; /* by (from, to), each a state's key, or 0 for the start; own: double */
    struct groups ends; /* by (key, 0); own: struct state */
};

static void path_gather(struct gathered *g, const struct touch_path *path, const struct markov_ask *ask)
{
    double weight = weight_of(path, ask);
    uint64_t at = 0;
    /* The first state is a whole one: a path of at most `order` touches is one state. */
    for (uint32_t k = path->count < ask->order ? path->count - 1 : ask->order - 1; k < path->count; k++) {
        uint64_t next = state_key(path, k, ask->order);
        if (next != at)
            *(double *)groups_take(&g->hops, (struct group_key){at, next}) += weight;
        at = next;
    }
    struct state *end = groups_take(&g->ends, (struct group_key){at, 0});
    end->conversions += (double)path->conversions;
    end->value += (double)path->value;
    end->weight += weight;
}

static int state_order(const void *a, const void *b)
{
    const struct state *x = a, *y = b;
    return (x->key > y->key) - (x->key < y->key);
}

static int hop_order(const void *a, const void *b)
{
    const struct group *const *x = a, *const *y = b;
    if ((*x)->key.high != (*y)->key.high)
        return (*x)->key.high < (*y)->key.high ? -1 : 1;
    return ((*x)->key.low > (*y)->key.low) - ((*x)->key.low < (*y)->key.low);
}

static const struct group **hops_in_order(struct arena *arena, const struct groups *hops)
{
    const struct group **all = ARENA_ARRAY(arena, const struct group *, hops->count);
    uint32_t at = 0;
    for (uint32_t i = 0; i < hops->count; i++)
        all[i] = groups_next(hops, &at);
    qsort(all, hops->count, sizeof *all, hop_order);
    return all;
}

/* Every state is where some hop leads. */
static void states_gather(struct chain *chain, struct arena *arena, const struct gathered *g)
{
    struct state *states = ARENA_ARRAY(arena, struct state, g->hops.count);
    const struct group *hop;
    uint32_t kept = 0, at = 0;
    for (uint32_t i = 0; (hop = groups_next(&g->hops, &at)) != NULL; i++)
        states[i].key = hop->key.low;
    qsort(states, g->hops.count, sizeof *states, state_order);
    for (uint32_t i = 0; i < g->hops.count; i++)
        if (kept == 0 || states[kept - 1].key != states[i].key)
            states[kept++] = states[i];
    for (uint32_t i = 0; i < kept; i++) {
        const struct state *end = groups_find(&g->ends, (struct group_key){states[i].key, 0});
        if (end == NULL)
            continue;
        states[i].conversions = end->conversions;
        states[i].value = end->value;
        states[i].weight = end->weight;
    }
    chain->states = states;
    chain->count = kept;
}

static uint32_t state_number(const struct chain *chain, uint64_t key)
{
    const struct state sought = {.key = key};
    const struct state *found = bsearch(&sought, chain->states, chain->count, sizeof sought, state_order);
    assert(found != NULL);
    return (uint32_t)(found - chain->states);
}

static struct chain chain_make(struct arena *arena, const struct touch_table *table, const struct markov_ask *ask)
{
    struct gathered g;
    struct chain chain = {0};
    groups_init(&g.hops, arena, sizeof(double));
    groups_init(&g.ends, arena, sizeof(struct state));
    for (size_t i = 0; i < table->count; i++)
        if (weight_of(&table->paths[i], ask) > 0)
            path_gather(&g, &table->paths[i], ask);
    states_gather(&chain, arena, &g);
    chain.transitions = ARENA_ARRAY(arena, struct transition, g.hops.count);
    const struct group **hops = hops_in_order(arena, &g.hops);
    for (uint32_t i = 0; i < g.hops.count;) {
        uint64_t key = hops[i]->key.high;
        struct state *from = key == 0 ? &chain.start : &chain.states[state_number(&chain, key)];
        from->first = i;
        for (; i < g.hops.count && hops[i]->key.high == key; i++) {
            double weight = *(const double *)(const void *)hops[i]->own;
            chain.transitions[i] = (struct transition){state_number(&chain, hops[i]->key.low), weight};
            from->weight += weight;
        }
        from->until = i;
    }
    return chain;
}

/* --- solving it --- */

static double flow(const struct chain *chain, const struct state *from, const double *x)
{
    double sum = 0;
    for (uint32_t i = from->first; i < from->until; i++)
        sum += chain->transitions[i].weight * x[chain->transitions[i].to];
    return sum;
}

/* One pass of Gauss-Seidel, forwards or backwards; the largest change. `gone`: states that lead nowhere. */
static double sweep(const struct chain *chain, const double *ends, const bool *gone, bool forwards, double *x)
{
    double largest = 0;
    for (uint32_t i = 0; i < chain->count; i++) {
        uint32_t at = forwards ? i : chain->count - 1 - i;
        if (gone[at])
            continue;
        const struct state *s = &chain->states[at];
        double next = (ends[at] + flow(chain, s, x)) / s->weight;
        double change = fabs(next - x[at]);
        largest = change > largest ? change : largest;
        x[at] = next;
    }
    return largest;
}

static double largest_of(const double *x, uint32_t count)
{
    double largest = 0;
    for (uint32_t i = 0; i < count; i++)
        largest = fabs(x[i]) > largest ? fabs(x[i]) : largest;
    return largest;
}

/* What a walk from the start brings, when ending in a state brings `ends` of its weight. `x` is where it begins to look, and becomes the
 * solution. Changes shrink by about the same factor each time, which says what all later ones would still add. */
static double solve(const struct chain *chain, const double *ends, const bool *gone, double *x)
{
    double before = INFINITY;
    for (uint32_t sweeps = 0; sweeps < SWEEPS_MAX && !effort_is_over(chain->effort); sweeps += 2) {
        sweep(chain, ends, gone, true, x);
        double change = sweep(chain, ends, gone, false, x);
        double factor = change < before ? change / before : 1;
        double largest = largest_of(x, chain->count);
        if (change <= CONVERGED * largest * (1 - factor) || change <= ROUNDING * largest)
            break;
        before = change;
    }
    return flow(chain, &chain->start, x) / chain->start.weight;
}

struct vectors {
    bool *gone;
    double *conversions, *value;           /* what each state brings by ending in it */
    double *of_conversions, *of_value;     /* the solutions of the whole chain */
    double *scratch;
};

static struct vectors vectors_make(struct arena *arena, const struct chain *chain)
{
    struct vectors v = {
        .gone = ARENA_ARRAY(arena, bool, chain->count),
        .conversions = ARENA_ARRAY(arena, double, chain->count),
        .value = ARENA_ARRAY(arena, double, chain->count),
        .of_conversions = ARENA_ARRAY(arena, double, chain->count),
        .of_value = ARENA_ARRAY(arena, double, chain->count),
        .scratch = ARENA_ARRAY(arena, double, chain->count),
    };
    for (uint32_t i = 0; i < chain->count; i++) {
        v.conversions[i] = chain->states[i].conversions;
        v.value[i] = chain->states[i].value;
    }
    return v;
}

/* The same without a channel: its states are gone. The whole chain's solution is where it begins to look. */
static double solve_without(const struct chain *chain, struct vectors *v, const double *ends, const double *whole)
{
    for (uint32_t i = 0; i < chain->count; i++)
        v->scratch[i] = v->gone[i] ? 0 : whole[i];
    return solve(chain, ends, v->gone, v->scratch);
}

/* What the whole chain brings, and what it brings without each channel. */
struct solutions {
    uint32_t channel_count;
    struct solution all;
    struct solution *without;
};

static fallible solve_exactly(struct arena *arena, const struct chain *chain, struct solutions *out, struct err *e)
{
    struct vectors v = vectors_make(arena, chain);
    out->all = (struct solution){
        .conversions = solve(chain, v.conversions, v.gone, v.of_conversions),
        .value = solve(chain, v.value, v.gone, v.of_value),
    };
    for (uint32_t channel = 0; channel < out->channel_count; channel++) {
        TRY(effort_step(chain->effort, (channel + 1.0) / (out->channel_count + 1.0), 0, e));
        for (uint32_t i = 0; i < chain->count; i++)
            v.gone[i] = state_has(chain->states[i].key, channel);
        out->without[channel] = (struct solution){
            .conversions = solve_without(chain, &v, v.conversions, v.of_conversions),
            .value = solve_without(chain, &v, v.value, v.of_value),
        };
    }
    return DONE;
}

/* --- walking it --- */

/* Where a walk goes on from a state; chain->count: it ends there. */
static uint32_t step(const struct chain *chain, const struct state *from, struct rng *rng)
{
    double left = rng_unit(rng) * from->weight;
    for (uint32_t i = from->first; i < from->until; i++) {
        left -= chain->transitions[i].weight;
        if (left < 0)
            return chain->transitions[i].to;
    }
    return chain->count;
}

/* The state in which a walk ends; `seen` gets the walk's number at each channel that it meets. */
static uint32_t walk(const struct chain *chain, uint64_t number, struct rng *rng, uint64_t *seen)
{
    uint32_t at = step(chain, &chain->start, rng);
    assert(at < chain->count);
    for (;;) {
        for (uint64_t key = chain->states[at].key; key != 0; key >>= BITS_OF_CHANNEL)
            seen[(key & UINT16_MAX) - 1] = number;
        uint32_t next = step(chain, &chain->states[at], rng);
        if (next == chain->count)
            return at;
        at = next;
    }
}

static void solution_average(struct solution *s, uint64_t walks)
{
    s->conversions /= (double)walks;
    s->value /= (double)walks;
}

/* Of each walk that converts it is known which channels it met: without one of them it would not have. */
static fallible solve_by_walks(struct arena *arena, const struct chain *chain, const struct markov_ask *ask, struct solutions *out, struct err *e)
{
    uint64_t *seen = ARENA_ARRAY(arena, uint64_t, out->channel_count);
    struct rng rng;
    rng_init(&rng, ask->seed);
    for (uint64_t number = 1; number <= ask->draws; number++) {
        if (number % WALKS_A_STEP == 0)
            TRY(effort_step(chain->effort, (double)number / (double)ask->draws, 0, e));
        const struct state *end = &chain->states[walk(chain, number, &rng, seen)];
        double ending = 0; /* the weight of the paths that end here: what leaves it otherwise goes on */
        for (uint32_t i = end->first; i < end->until; i++)
            ending += chain->transitions[i].weight;
        ending = end->weight - ending;
        if (rng_unit(&rng) * ending >= end->conversions)
            continue;
        double value = end->value / end->conversions;
        out->all.conversions += 1;
        out->all.value += value;
        for (uint32_t channel = 0; channel < out->channel_count; channel++) {
            out->without[channel].conversions += seen[channel] == number ? 0 : 1;
            out->without[channel].value += seen[channel] == number ? 0 : value;
        }
    }
    solution_average(&out->all, ask->draws);
    for (uint32_t channel = 0; channel < out->channel_count; channel++)
        solution_average(&out->without[channel], ask->draws);
    return DONE;
}

/* --- what follows from it --- */

/* `total` in the proportion of the losses; nothing where there is nothing to lose. */
static double share_of(double total, double loss, double losses)
{
    return losses == 0 ? 0 : total * loss / losses;
}

static void credits_fill(struct markov_answer *answer, const struct touch_table *table, const struct solutions *s)
{
    double lost_conversions = 0, lost_value = 0;
    for (uint32_t i = 0; i < table->channel_count; i++) {
        lost_conversions += s->all.conversions - s->without[i].conversions;
        lost_value += s->all.value - s->without[i].value;
    }
    for (uint32_t i = 0; i < table->channel_count; i++) {
        double conversions = s->all.conversions - s->without[i].conversions, value = s->all.value - s->without[i].value;
        answer->removal[i] = share_of(1, conversions, s->all.conversions);
        answer->removal_value[i] = share_of(1, value, s->all.value);
        answer->credits[i].conversions = share_of((double)table->conversions, conversions, lost_conversions);
        answer->credits[i].value = share_of((double)table->value, value, lost_value);
    }
}

fallible markov_solve(struct arena *arena, const struct touch_table *table, const struct markov_ask *ask, struct effort *effort,
                      struct markov_answer *out_answer, struct err *e)
{
    assert(ask->order >= 1 && ask->order <= MARKOV_ORDER_MAX && table->channel_count <= MARKOV_CHANNELS_MAX);
    struct markov_answer answer = {
        .removal = ARENA_ARRAY(arena, double, table->channel_count),
        .removal_value = ARENA_ARRAY(arena, double, table->channel_count),
        .credits = ARENA_ARRAY(arena, struct credit, table->channel_count),
    };
    struct chain chain = chain_make(arena, table, ask);
    chain.effort = effort;
    answer.states = chain.count;
    answer.is_too_large = chain.count > MARKOV_STATES_MAX;
    if (!answer.is_too_large && chain.count > 0) {
        struct solutions s = {.channel_count = table->channel_count, .without = ARENA_ARRAY(arena, struct solution, table->channel_count)};
        TRY(ask->draws == 0 ? solve_exactly(arena, &chain, &s, e) : solve_by_walks(arena, &chain, ask, &s, e));
        answer.probability = s.all.conversions;
        credits_fill(&answer, table, &s);
    }
    *out_answer = answer;
    return effort_step(effort, 1, 0, e);
}
