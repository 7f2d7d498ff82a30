#include "lib/features.h"

#include "testing/test.h"

#define ROWS 4000u

/* age: of chance; call: leads; refused: nearly the label, falling; stamp: is there for positives alone. */
enum { AGE, CALL, REFUSED, STAMP, COLUMNS };
static const char *const names[COLUMNS] = {"age", "call", "refused", "stamp"};

struct made {
    struct features features;
    uint8_t labels[ROWS];
    float values[ROWS * COLUMNS];
};

static struct made *made_create(struct t *t)
{
    struct made *m = ARENA_NEW(t->arena, struct made);
    m->features = (struct features){names, m->values, ROWS, COLUMNS};
    for (uint32_t i = 0; i < ROWS; i++) {
        float *row = m->values + i * COLUMNS;
        bool is_positive = rng_chance(&t->rng, 0.3);
        m->labels[i] = is_positive;
        row[AGE] = (float)rng_below(&t->rng, 60);
        row[CALL] = (float)(rng_unit(&t->rng) + 0.7 * is_positive);
        row[REFUSED] = (float)(rng_unit(&t->rng) - 0.99 * is_positive);
        row[STAMP] = rng_chance(&t->rng, is_positive ? 0.999 : 0.001) ? (float)rng_unit(&t->rng) : NAN;
    }
    return m;
}

#define ALL ((struct sample){NULL, ROWS})

static void leaks_are_named(struct t *t)
{
    struct err e = {0};
    struct made *m = made_create(t);
    struct leak leaks[COLUMNS];
    uint32_t count = 0;
    struct leak_ask ask = {&m->features, m->labels, ALL, 0.98, NULL};
    REQUIRE_DONE(t, leaks_find(&ask, leaks, &count, &e), &e);
    REQUIRE(t, count == 2);
    CHECK(t, leaks[0].auc >= leaks[1].auc && leaks[0].auc <= 1 && leaks[1].auc >= 0.98);
    for (uint32_t i = 0; i < count; i++)
        CHECK(t, leaks[i].is_presence ? leaks[i].column == STAMP : leaks[i].column == REFUSED);
    ask.auc_min = 0.8;
    REQUIRE_DONE(t, leaks_find(&ask, leaks, &count, &e), &e);
    CHECK_EQ(t, count, 3);
    CHECK_EQ(t, leaks[2].column, CALL);
}

static void few_rows_are_no_leak(struct t *t)
{
    struct err e = {0};
    struct made *m = made_create(t);
    struct leak leaks[COLUMNS];
    uint32_t count = 9;
    REQUIRE_DONE(t, leaks_find(&(struct leak_ask){&m->features, m->labels, {NULL, LEAK_ROWS_MIN}, 0.6, NULL}, leaks, &count, &e), &e);
    CHECK_EQ(t, count, 0);
}

/* Every value lies in the one bin between its cuts, and a value that many have is alone. */
static void bins_hold_every_row(struct t *t)
{
    struct err e = {0};
    struct made *m = made_create(t);
    struct feature_bins bins[COLUMNS];
    uint64_t kinds = 1 + rng_below(&t->rng, 50), lump = rng_below(&t->rng, kinds);
    double lump_share = rng_unit(&t->rng);
    for (uint32_t i = 0; i < ROWS; i++)
        m->values[i * COLUMNS + AGE] = (float)(rng_chance(&t->rng, lump_share) ? lump : rng_below(&t->rng, kinds));
    REQUIRE_DONE(t, feature_bins_take(&m->features, ALL, NULL, bins, &e), &e);
    for (uint32_t c = 0; c < COLUMNS; c++) {
        const struct feature_bins *b = &bins[c];
        uint32_t counts[FEATURE_CUTS_MAX + 2] = {0}, in_lump = 0;
        for (uint32_t i = 0; i < ROWS; i++) {
            float value = m->values[i * COLUMNS + c];
            uint32_t bin = 0;
            for (uint32_t k = 0; k < b->cut_count; k++)
                bin += value > b->cuts[k];
            counts[isnan(value) ? b->cut_count + 1 : bin]++;
            in_lump += c == AGE && value == (float)lump;
        }
        bool is_alone = in_lump * 10 < ROWS;
        for (uint32_t k = 0; k < b->cut_count + 2; k++) {
            CHECK_EQ(t, b->counts[k], counts[k]);
            is_alone = is_alone || (k <= b->cut_count && b->counts[k] == in_lump);
        }
        CHECK(t, is_alone || c != AGE);
    }
}

/* Two bins, 30 and 70 of 100 then, 60 and 40 now, none missing: by the formula, with half a row in each of three bins. */
static void drift_is_that_of_the_formula(struct t *t)
{
    struct feature_bins then = {.cut_count = 1, .cuts = {0}, .counts = {30, 70, 0}};
    float *values = ARENA_ARRAY(t->arena, float, 100);
    const char *const name = "x";
    struct features f = {&name, values, 100, 1};
    double index = 0, shares[][2] = {{30.5, 60.5}, {70.5, 40.5}, {0.5, 0.5}};
    for (uint32_t i = 0; i < 100; i++)
        values[i] = i < 60 ? -1 : 1;
    for (size_t i = 0; i < COUNT_OF(shares); i++)
        index += (shares[i][1] - shares[i][0]) / 101.5 * log(shares[i][1] / shares[i][0]);
    double got = feature_drift(&then, &f, (struct sample){NULL, 100}, 0);
    CHECK(t, fabs(got - index) < 1e-12);
    CHECK(t, drift_of(got) == DRIFT_MUCH && drift_of(0.0999) == DRIFT_NONE && drift_of(0.1) == DRIFT_SOME && drift_of(0.25) == DRIFT_SOME);
}

static void drift_tells_chance_from_change(struct t *t)
{
    struct err e = {0};
    struct made *m = made_create(t), *later = made_create(t);
    struct feature_bins bins[COLUMNS];
    REQUIRE_DONE(t, feature_bins_take(&m->features, ALL, NULL, bins, &e), &e);
    for (uint32_t i = 0; i < ROWS; i++) {
        later->values[i * COLUMNS + CALL] += 0.8f;
        later->values[i * COLUMNS + STAMP] = NAN;
    }
    CHECK(t, feature_drift(&bins[AGE], &later->features, ALL, AGE) < 0.05);
    CHECK(t, feature_drift(&bins[REFUSED], &later->features, ALL, REFUSED) < 0.05);
    CHECK(t, drift_of(feature_drift(&bins[CALL], &later->features, ALL, CALL)) == DRIFT_MUCH);
    CHECK(t, drift_of(feature_drift(&bins[STAMP], &later->features, ALL, STAMP)) == DRIFT_MUCH);
}

static void what_cannot_be_used_is_refused(struct t *t)
{
    struct err e = {0};
    struct made *m = made_create(t);
    struct features f = m->features;
    uint32_t beyond = ROWS;
    char long_name[FEATURE_NAME_BYTES_MAX + 2];
    memset(long_name, 'x', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = 0;
    const char *const twice[] = {"age", "call", "call", "stamp"}, *const empty[] = {"age", "", "c", "d"}, *const too_long[] = {long_name, "b", "c", "d"};
    CHECK_DONE(t, features_check(&f, ALL, &e), &e);
    CHECK_FAILS(t, features_check(&f, (struct sample){&beyond, 1}, &e), INVALID);
    const char *const *const bad[] = {twice, empty, too_long};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        f.names = bad[i];
        CHECK_FAILS(t, features_check(&f, ALL, &e), INVALID);
    }
    f.names = names;
    m->values[7 * COLUMNS + CALL] = INFINITY;
    CHECK_FAILS(t, features_check(&f, ALL, &e), INVALID);
    CHECK_TEXT(t, e.text, "the feature call is infinite in row 7");
    CHECK_DONE(t, features_check(&f, (struct sample){NULL, 7}, &e), &e);
    f.columns = 0;
    CHECK_FAILS(t, features_check(&f, ALL, &e), INVALID);
}

static fallible effort_ends(struct effort *f, double share, size_t bytes, struct err *e)
{
    (void)f, (void)bytes;
    return share > 0.4 ? FAIL(e, CANCELLED, "enough") : DONE;
}

static void an_effort_that_is_over_ends_it(struct t *t)
{
    struct err e = {0};
    struct made *m = made_create(t);
    struct effort effort = {.step = effort_ends};
    struct feature_bins bins[COLUMNS];
    struct leak leaks[COLUMNS];
    uint32_t count;
    CHECK_FAILS(t, feature_bins_take(&m->features, ALL, &effort, bins, &e), CANCELLED);
    CHECK_FAILS(t, leaks_find(&(struct leak_ask){&m->features, m->labels, ALL, 0.9, &effort}, leaks, &count, &e), CANCELLED);
}

static const struct test tests[] = {
    {"leaks are named", leaks_are_named, 5},
    {"few rows are no leak", few_rows_are_no_leak, 1},
    {"bins hold every row", bins_hold_every_row, 50},
    {"drift is that of the formula", drift_is_that_of_the_formula, 1},
    {"drift tells chance from change", drift_tells_chance_from_change, 5},
    {"what can't be used is refused", what_cannot_be_used_is_refused, 1},
    {"an effort that is over ends it", an_effort_that_is_over_ends_it, 1},
};
TEST_MAIN(tests)
