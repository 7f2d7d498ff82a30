/* Toys, a published set of paths, and the models against ones that follow the definitions literally.
 * Covers: attribution_paths.c, markov.c, shapley.c */
#include <math.h>
#include <stdlib.h>

#include "base/attr.h"
#include "domain/analytics/attribution_paths.h"
#include "domain/analytics/markov.h"
#include "domain/analytics/shapley.h"
#include "testing/shared.h"

#define PATH_DATA "attribution_pathdata/PathData.csv"
#define CLOSE 1e-9

static void near(struct t *t, int line, const char *what, double got, double want)
{
    if (!(fabs(got - want) <= CLOSE * (1 + fabs(want))))
        test_fail(t, __FILE__, line, "%s: got %.15g, want %.15g", what, got, want);
}
#define NEAR(t, got, want) near((t), __LINE__, #got, (got), (want))

/* "abca" is the path of channels 0, 1, 2, 0. */
static void add(struct touch_paths *paths, const char *letters, uint64_t conversions, uint64_t nulls, int64_t value)
{
    uint32_t channels[64], count = 0;
    for (const char *at = letters; *at != 0 && count < COUNT_OF(channels); at++)
        channels[count++] = (uint32_t)(*at - 'a');
    touch_paths_add(paths, &(struct touch_path){channels, count, conversions, nulls, value});
}

/* The codes are the numbers. */
static struct touch_table table_of(struct t *t, const struct touch_paths *paths, uint32_t channel_count)
{
    struct channel_number *numbers = ARENA_ARRAY(t->arena, struct channel_number, channel_count);
    for (uint32_t i = 0; i < channel_count; i++)
        numbers[i] = (struct channel_number){i, i};
    return touch_table_make(t->arena, paths, numbers, channel_count, channel_count);
}

static struct touch_table any_table(struct t *t, uint32_t channel_count)
{
    struct touch_paths *paths = touch_paths_create(t->arena);
    for (uint64_t i = 0, count = 1 + rng_below(&t->rng, 60); i < count; i++) {
        char letters[16] = {0};
        for (uint64_t k = 0, length = 1 + rng_below(&t->rng, 9); k < length; k++)
            letters[k] = (char)('a' + rng_below(&t->rng, channel_count));
        uint64_t conversions = rng_below(&t->rng, 4);
        add(paths, letters, conversions, rng_below(&t->rng, 5), conversions == 0 ? 0 : rng_between(&t->rng, -500, 99999));
    }
    add(paths, "a", 1, 1, 100); /* so that there is a conversion */
    return table_of(t, paths, channel_count);
}

static struct markov_answer solved(struct t *t, const struct touch_table *table, const struct markov_ask *ask)
{
    struct markov_answer answer = {0};
    struct err e = {0};
    CHECK_DONE(t, markov_solve(t->arena, table, ask, NULL, &answer, &e), &e);
    return answer;
}

static void rated(struct t *t, const struct touch_table *table, const struct shapley_ask *ask, struct credit *out)
{
    struct err e = {0};
    CHECK_DONE(t, shapley_rate_credit(t->arena, table, ask, NULL, out, &e), &e);
}

/* --- the toy of the reference: A>B 2 of 2, A 0 of 2, B 1 of 4 --- */

static struct touch_table toy(struct t *t)
{
    struct touch_paths *paths = touch_paths_create(t->arena);
    add(paths, "ab", 1, 0, 500);
    add(paths, "b", 1, 3, 400);
    add(paths, "a", 0, 2, 0);
    add(paths, "ab", 1, 0, 300);
    CHECK_EQ(t, touch_paths_count(paths), 3);
    return table_of(t, paths, 2);
}

static void the_toy(struct t *t)
{
    struct touch_table table = toy(t);
    CHECK(t, table.count == 3 && table.conversions == 3 && table.nulls == 5 && table.value == 1200);
    struct markov_answer m = solved(t, &table, &(struct markov_ask){.order = 1});
    NEAR(t, m.probability, 3.0 / 8);
    NEAR(t, m.removal[0], 1.0 / 3);
    NEAR(t, m.removal[1], 1);
    NEAR(t, m.credits[0].conversions, 0.75);
    NEAR(t, m.credits[1].conversions, 2.25);
    struct credit c[2];
    shapley_equal_credit(t->arena, &table, c);
    NEAR(t, c[0].conversions, 1);
    NEAR(t, c[1].conversions, 2);
    NEAR(t, c[0].value, 400);
    NEAR(t, c[1].value, 800);
    rated(t, &table, &(struct shapley_ask){1, 1}, c);
    NEAR(t, c[0].conversions / 8, 1.0 / 16);
    NEAR(t, c[1].conversions / 8, 5.0 / 16);
}

static void rules_of_the_path(struct t *t)
{
    static const struct {
        const char *path;
        enum path_rule rule;
        double credits[4]; /* of a, b, c, d; d is direct */
    } rows[] = {
        {"abca", RULE_FIRST, {1, 0, 0, 0}},      {"abcb", RULE_LAST, {0, 1, 0, 0}},        {"abca", RULE_LINEAR, {.5, .25, .25, 0}},
        {"abca", RULE_POSITION, {.8, .1, .1, 0}}, {"ab", RULE_POSITION, {.5, .5, 0, 0}},    {"c", RULE_POSITION, {0, 0, 1, 0}},
        {"aa", RULE_POSITION, {1, 0, 0, 0}},     {"abdd", RULE_LAST_NON_DIRECT, {0, 1, 0, 0}}, {"dd", RULE_LAST_NON_DIRECT, {0, 0, 0, 1}},
        {"abcd", RULE_LAST, {0, 0, 0, 1}},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct touch_paths *paths = touch_paths_create(t->arena);
        struct credit c[4];
        add(paths, rows[i].path, 3, 1, 1000);
        add(paths, "abcd", 0, 7, 0);
        struct touch_table table = table_of(t, paths, 4);
        path_rule_credit(&table, rows[i].rule, 3, c);
        for (size_t k = 0; k < COUNT_OF(c); k++) {
            NEAR(t, c[k].conversions, 3 * rows[i].credits[k]);
            NEAR(t, c[k].value, 1000 * rows[i].credits[k]);
        }
    }
}

/* Channels that become one number make one row of paths that differed in them only. */
static void channels_are_joined(struct t *t)
{
    static const struct channel_number numbers[] = {{0, 1}, {1, 0}, {2, 1}};
    struct touch_paths *paths = touch_paths_create(t->arena);
    add(paths, "ab", 1, 0, 5);
    add(paths, "cb", 2, 1, 7);
    add(paths, "b", 1, 0, 1);
    struct touch_table table = touch_table_make(t->arena, paths, numbers, COUNT_OF(numbers), 2);
    REQUIRE(t, table.count == 2);
    CHECK(t, table.paths[0].count == 1 && table.paths[0].channels[0] == 0);
    CHECK(t, table.paths[1].count == 2 && table.paths[1].conversions == 3 && table.paths[1].nulls == 1 && table.paths[1].value == 12);
}

/* --- Markov --- */

#define NAIVE_STATES_MAX 400

struct naive_chain {
    char keys[NAIVE_STATES_MAX][8];
    uint32_t count;
    double hops[NAIVE_STATES_MAX][NAIVE_STATES_MAX + 1]; /* the last: conversions (of what is asked for) */
    double leaving[NAIVE_STATES_MAX];
    double start[NAIVE_STATES_MAX], weight;
};

static uint32_t naive_state(struct naive_chain *c, const struct touch_path *p, uint32_t from, uint32_t count)
{
    char key[8] = {0};
    for (uint32_t i = 0; i < count; i++)
        key[i] = (char)('a' + p->channels[from + i]);
    for (uint32_t i = 0; i < c->count; i++)
        if (strcmp(c->keys[i], key) == 0)
            return i;
    memcpy(c->keys[c->count], key, sizeof key);
    return c->count++;
}

static void naive_fill(struct naive_chain *c, const struct touch_table *table, unsigned order, bool of_value)
{
    memset(c, 0, sizeof *c);
    for (size_t i = 0; i < table->count; i++) {
        const struct touch_path *p = &table->paths[i];
        double weight = (double)(p->conversions + p->nulls);
        uint32_t states = p->count <= order ? 1 : p->count - order + 1, before = UINT32_MAX;
        if (weight == 0)
            continue;
        for (uint32_t k = 0; k < states; k++) {
            uint32_t s = naive_state(c, p, k, p->count <= order ? p->count : order);
            if (s == before)
                continue;
            if (before == UINT32_MAX)
                c->start[s] += weight;
            else
                c->hops[before][s] += weight, c->leaving[before] += weight;
            before = s;
        }
        c->hops[before][NAIVE_STATES_MAX] += of_value ? (double)p->value : (double)p->conversions;
        c->leaving[before] += weight;
        c->weight += weight;
    }
}

/* Dense elimination, without the states that have `gone` (0: all stay). */
static double naive_solve(struct t *t, const struct naive_chain *c, char gone)
{
    uint32_t n = c->count;
    double *a = ARENA_ARRAY(t->arena, double, (size_t)n * (n + 1)), result = 0;
    for (uint32_t i = 0; i < n; i++) {
        bool is_gone = gone != 0 && strchr(c->keys[i], gone) != NULL;
        for (uint32_t k = 0; k < n; k++)
            a[i * (n + 1) + k] = (i == k) - (is_gone ? 0 : c->hops[i][k] / c->leaving[i]);
        a[i * (n + 1) + n] = is_gone ? 0 : c->hops[i][NAIVE_STATES_MAX] / c->leaving[i];
    }
    for (uint32_t i = 0; i < n; i++) /* diagonally dominant: no pivots needed */
        for (uint32_t r = 0; r < n; r++) {
            double factor = r == i ? 0 : a[r * (n + 1) + i] / a[i * (n + 1) + i];
            for (uint32_t k = i; factor != 0 && k <= n; k++)
                a[r * (n + 1) + k] -= factor * a[i * (n + 1) + k];
        }
    for (uint32_t i = 0; i < n; i++)
        result += c->start[i] / c->weight * a[i * (n + 1) + n] / a[i * (n + 1) + i];
    return result;
}

static void markov_is_the_definition(struct t *t)
{
    uint32_t channels = 1 + (uint32_t)rng_below(&t->rng, 4);
    struct touch_table table = any_table(t, channels);
    struct naive_chain *naive = ARENA_NEW(t->arena, struct naive_chain);
    for (unsigned order = 1; order <= MARKOV_ORDER_MAX; order++) {
        struct markov_answer m = solved(t, &table, &(struct markov_ask){.order = order});
        NEAR(t, m.probability, (double)table.conversions / (double)(table.conversions + table.nulls));
        naive_fill(naive, &table, order, false);
        CHECK_EQ(t, m.states, naive->count);
        double all = naive_solve(t, naive, 0), sum = 0;
        for (uint32_t i = 0; i < channels; i++) {
            NEAR(t, m.removal[i], 1 - naive_solve(t, naive, (char)('a' + i)) / all);
            sum += m.credits[i].conversions;
        }
        NEAR(t, sum, (double)table.conversions);
        naive_fill(naive, &table, order, true);
        all = naive_solve(t, naive, 0);
        NEAR(t, all * (double)(table.conversions + table.nulls), (double)table.value);
        for (uint32_t i = 0; fabs(all) > 1 && i < channels; i++)
            NEAR(t, m.removal_value[i], 1 - naive_solve(t, naive, (char)('a' + i)) / all);
    }
}

static void walks_agree(struct t *t)
{
    struct touch_table table = any_table(t, 4);
    struct markov_ask exactly = {.order = 2}, drawn = {.order = 2, .draws = 400000, .seed = 7};
    struct markov_answer a = solved(t, &table, &exactly), b = solved(t, &table, &drawn);
    struct markov_answer again = solved(t, &table, &drawn);
    CHECK(t, fabs(a.probability - b.probability) < 0.005);
    for (uint32_t i = 0; i < 4; i++) {
        CHECK(t, fabs(a.removal[i] - b.removal[i]) < 0.01);
        CHECK(t, b.removal[i] == again.removal[i]);
    }
}

static void conversions_alone_weigh(struct t *t)
{
    struct touch_table table = any_table(t, 3);
    struct markov_answer m = solved(t, &table, &(struct markov_ask){.order = 1, .conversions_only = true});
    NEAR(t, m.probability, 1);
}

static void nothing_converts(struct t *t)
{
    struct touch_paths *paths = touch_paths_create(t->arena);
    struct credit c[2];
    add(paths, "ab", 0, 5, 0);
    struct touch_table table = table_of(t, paths, 2);
    struct markov_answer m = solved(t, &table, &(struct markov_ask){.order = 1});
    CHECK(t, m.probability == 0 && m.credits[0].conversions == 0 && m.removal[1] == 0);
    m = solved(t, &table, &(struct markov_ask){.order = 1, .conversions_only = true});
    CHECK(t, m.states == 0 && m.credits[0].conversions == 0);
    rated(t, &table, &(struct shapley_ask){1, 1}, c);
    CHECK(t, c[0].conversions == 0 && c[1].value == 0);
}

/* --- Shapley --- */

/* What the paths within the set have, per path. */
static double naive_rate(const struct touch_table *table, uint32_t set, bool of_value)
{
    double sum = 0, paths = 0;
    for (size_t i = 0; i < table->count; i++) {
        const struct touch_path *p = &table->paths[i];
        bool is_within = true;
        for (uint32_t k = 0; k < p->count; k++)
            is_within = is_within && (set >> p->channels[k] & 1) != 0;
        sum += !is_within ? 0 : of_value ? (double)p->value : (double)p->conversions;
        paths += is_within ? (double)(p->conversions + p->nulls) : 0;
    }
    return paths == 0 ? 0 : sum / paths;
}

/* Over all orders of the channels, one after the other. */
static void naive_orders(const struct touch_table *table, uint32_t set, double chance, bool of_value, double *out)
{
    uint32_t n = table->channel_count, left = n - (uint32_t)__builtin_popcount(set);
    for (uint32_t i = 0; i < n; i++)
        if ((set >> i & 1) == 0) {
            uint32_t with = set | UINT32_C(1) << i;
            out[i] += chance / left * (naive_rate(table, with, of_value) - naive_rate(table, set, of_value));
            naive_orders(table, with, chance / left, of_value, out);
        }
}

static void shapley_is_the_definition(struct t *t)
{
    uint32_t n = 1 + (uint32_t)rng_below(&t->rng, 5);
    struct touch_table table = any_table(t, n);
    double paths = (double)(table.conversions + table.nulls), sum = 0;
    double conversions[5] = {0}, value[5] = {0};
    struct credit c[5];
    rated(t, &table, &(struct shapley_ask){1, 1}, c);
    naive_orders(&table, 0, 1, false, conversions);
    naive_orders(&table, 0, 1, true, value);
    for (uint32_t i = 0; i < n; i++) {
        NEAR(t, c[i].conversions, conversions[i] * paths);
        NEAR(t, c[i].value, value[i] * paths);
        sum += c[i].conversions;
    }
    NEAR(t, sum, (double)table.conversions); /* efficiency */
}

/* A copy of the table in which the channels have other numbers, and a value times `factor`. */
static struct touch_table renumbered(struct t *t, const struct touch_table *table, const uint32_t *to, int64_t factor)
{
    struct touch_paths *paths = touch_paths_create(t->arena);
    for (size_t i = 0; i < table->count; i++) {
        struct touch_path p = table->paths[i];
        uint32_t *channels = ARENA_ARRAY(t->arena, uint32_t, p.count);
        for (uint32_t k = 0; k < p.count; k++)
            channels[k] = to[p.channels[k]];
        p.channels = channels;
        p.value *= factor;
        touch_paths_add(paths, &p);
    }
    return table_of(t, paths, table->channel_count);
}

static void axioms_of_shapley(struct t *t)
{
    static const uint32_t turned[] = {1, 0, 2, 3, 4};
    const uint32_t n = 5; /* the last of which stands in no path */
    struct touch_table table = any_table(t, n - 1);
    table.channel_count = n;
    struct touch_table other = renumbered(t, &table, turned, 3);
    const struct shapley_ask ask = {1, 1};
    struct credit rate[5], other_rate[5], equal[5], other_equal[5];
    rated(t, &table, &ask, rate);
    rated(t, &other, &ask, other_rate);
    shapley_equal_credit(t->arena, &table, equal);
    shapley_equal_credit(t->arena, &other, other_equal);
    double conversions = 0, value = 0;
    for (uint32_t i = 0; i < n; i++) {
        NEAR(t, other_rate[turned[i]].conversions, rate[i].conversions); /* symmetry */
        /* Additivity: a game and twice the same. Large values that cancel out leave their rounding. */
        NEAR(t, 1 + (other_rate[turned[i]].value - 3 * rate[i].value) / (double)table.value, 1);
        NEAR(t, other_equal[turned[i]].value, 3 * equal[i].value);
        conversions += equal[i].conversions;
        value += equal[i].value;
    }
    NEAR(t, equal[n - 1].conversions, 0); /* dummy */
    NEAR(t, rate[n - 1].conversions, 0);
    NEAR(t, conversions, (double)table.conversions);
    NEAR(t, value, (double)table.value);
}

/* With more channels than are summed over, drawn orders: the sum is exact all the same, and the seed decides. */
static void drawn_orders(struct t *t)
{
    struct touch_paths *paths = touch_paths_create(t->arena);
    const uint32_t n = SHAPLEY_EXACT_MAX + 4;
    for (int i = 0; i < 300; i++) {
        char letters[4] = {0};
        for (uint64_t k = 0, length = 1 + rng_below(&t->rng, 3); k < length; k++)
            letters[k] = (char)('a' + rng_below(&t->rng, n));
        add(paths, letters, rng_below(&t->rng, 3), 1, 10);
    }
    struct touch_table table = table_of(t, paths, n), exact = table;
    struct credit a[SHAPLEY_EXACT_MAX + 4], b[SHAPLEY_EXACT_MAX + 4];
    CHECK(t, !shapley_is_exact(n));
    rated(t, &table, &(struct shapley_ask){50, 3}, a);
    rated(t, &table, &(struct shapley_ask){50, 3}, b);
    double sum = 0;
    for (uint32_t i = 0; i < n; i++) {
        sum += a[i].conversions;
        CHECK(t, a[i].conversions == b[i].conversions);
    }
    NEAR(t, sum, (double)exact.conversions);
}

/* --- published paths: what each channel has by independent arithmetic (fractions; dense elimination) --- */

static const struct {
    const char *name;
    double first, last, linear, markov;
} published[] = {
    {"alpha", 6308, 8447, 7574.718593751176, 5344.947682085161}, {"beta", 2831, 989, 2083.500144589081, 2527.3521665203853},
    {"delta", 1, 5, 1.725, 4.613618311098794},                   {"epsilon", 99, 531, 272.17043772046026, 599.5706504632127},
    {"eta", 3164, 4167, 3539.9511571005633, 3340.8474015008687}, {"gamma", 165, 92, 121.04163902026698, 171.14544269372857},
    {"iota", 4606, 3355, 3857.0962210177577, 3884.6147018750917}, {"kappa", 74, 230, 137.9640779222783, 274.36325595480304},
    {"lambda", 902, 1207, 1035.2575722855333, 1282.8472233943603}, {"mi", 2, 2, 2.2222222222222223, 1.7224245562828413},
    {"theta", 1606, 653, 1022.8013939042166, 1971.9128798869228}, {"zeta", 27, 107, 136.55154046644432, 381.0625527580892},
};

/* "eta > iota;1;0.244;3": the value in millionths. */
static void path_data_line(struct t *t, struct bytes text, struct touch_paths *paths)
{
    char *line = arena_text(t->arena, text), *rest = strchr(line, ';'), *value_end;
    uint32_t channels[128], count = 0;
    REQUIRE(t, rest != NULL);
    *rest++ = 0;
    for (char *name = line; name != NULL; count++) {
        char *next = strstr(name, " > ");
        if (next != NULL)
            *next = 0, next += 3;
        for (channels[count] = 0; channels[count] < COUNT_OF(published) && strcmp(published[channels[count]].name, name) != 0;)
            channels[count]++;
        name = next;
    }
    struct touch_path path = {.channels = channels, .count = count};
    path.conversions = strtoull(rest, &rest, 10);
    path.value = llround(1e6 * strtod(rest + 1, &value_end));
    path.nulls = strtoull(value_end + 1, NULL, 10);
    touch_paths_add(paths, &path);
}

static void paths_of_path_data(struct t *t)
{
    struct bytes text, line;
    if (!shared_data(t, PATH_DATA, &text))
        return;
    int rows = 0;
    struct touch_paths *paths = touch_paths_create(t->arena);
    CHECK(t, shared_line(&text, &line)); /* the head */
    for (; shared_line(&text, &line); rows++)
        path_data_line(t, line, paths);
    struct touch_table table = table_of(t, paths, COUNT_OF(published));
    CHECK_EQ(t, rows, 10000);
    CHECK_EQ(t, table.conversions, 19785);
    CHECK_EQ(t, table.nulls, 68602);
    CHECK(t, fabs((double)table.value / 1e6 - 74802.97) < 0.01);
    struct credit first[12], last[12], linear[12];
    path_rule_credit(&table, RULE_FIRST, CHANNEL_NONE, first);
    path_rule_credit(&table, RULE_LAST, CHANNEL_NONE, last);
    path_rule_credit(&table, RULE_LINEAR, CHANNEL_NONE, linear);
    struct markov_answer m = solved(t, &table, &(struct markov_ask){.order = 1});
    struct markov_answer drawn = solved(t, &table, &(struct markov_ask){.order = 1, .draws = 300000, .seed = 1});
    for (size_t i = 0; i < COUNT_OF(published); i++) {
        NEAR(t, first[i].conversions, published[i].first);
        NEAR(t, last[i].conversions, published[i].last);
        NEAR(t, linear[i].conversions, published[i].linear);
        NEAR(t, m.credits[i].conversions, published[i].markov);
        CHECK(t, fabs(drawn.credits[i].conversions - m.credits[i].conversions) / 19785 < 0.002); /* 0.2 percentage points */
    }
    for (unsigned order = 1; order <= MARKOV_ORDER_MAX; order++) {
        m = solved(t, &table, &(struct markov_ask){.order = order});
        NEAR(t, m.probability, 19785.0 / (19785 + 68602));
    }
}

struct patience {
    struct effort effort; /* first, so that it is the patience */
    unsigned left;        /* steps until it is over */
    double share;
};

static fallible patience_step(struct effort *f, double share, size_t bytes UNUSED, struct err *e)
{
    struct patience *p = (struct patience *)(void *)f;
    assert(p->share <= share && share <= 1);
    p->share = share;
    return p->left-- == 0 ? FAIL(e, CANCELLED, "over") : DONE;
}

static bool patience_over(const struct effort *f UNUSED)
{
    return false;
}

/* Each way to solve tells how far it is, ever further, and ends at the step at which nobody wants it any more. */
static void what_takes_long_can_be_cancelled(struct t *t)
{
    enum { CHANNELS = 21 }; /* too many for all subsets */
    struct touch_table table = any_table(t, CHANNELS), small = any_table(t, 17);
    struct markov_ask exactly = {.order = 2}, drawn = {.order = 1, .draws = 20000, .seed = 1};
    struct shapley_ask orders = {.orders = 10, .seed = 1};
    struct markov_answer m;
    struct credit credits[CHANNELS];
    struct err e = {0};
    for (unsigned left = 0; left < 2; left++)
        for (unsigned way = 0; way < 4; way++) {
            struct patience p = {.effort = {patience_step, patience_over}, .left = left};
            CHECK_FAILS(t, way == 0   ? markov_solve(t->arena, &table, &exactly, &p.effort, &m, &e)
                           : way == 1 ? markov_solve(t->arena, &table, &drawn, &p.effort, &m, &e)
                           : way == 2 ? shapley_rate_credit(t->arena, &table, &orders, &p.effort, credits, &e)
                                      : shapley_rate_credit(t->arena, &small, &orders, &p.effort, credits, &e), CANCELLED);
        }
    struct patience all = {.effort = {patience_step, patience_over}, .left = 1000};
    CHECK_DONE(t, markov_solve(t->arena, &table, &drawn, &all.effort, &m, &e), &e);
    CHECK(t, all.share == 1);
}

static const struct test tests[] = {
    {"the toy of the reference", the_toy, 1},
    {"rules of the path", rules_of_the_path, 1},
    {"channels are joined", channels_are_joined, 1},
    {"a Markov chain is what its definition says", markov_is_the_definition, 150},
    {"random walks agree with the solution", walks_agree, 3},
    {"conversions alone weigh", conversions_alone_weigh, 20},
    {"nothing converts", nothing_converts, 1},
    {"Shapley's value is what its definition says", shapley_is_the_definition, 150},
    {"axioms of Shapley", axioms_of_shapley, 150},
    {"drawn orders", drawn_orders, 1},
    {"published paths", paths_of_path_data, 1},
    {"what takes long can be cancelled", what_takes_long_can_be_cancelled, 3},
};
TEST_MAIN(tests)
