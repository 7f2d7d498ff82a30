/* Ratios of totals against the formula as it is written, and how often their intervals hold the truth. Covers: ratio.c */
#include "lib/ratio.h"

#include <math.h>

#include "testing/test.h"

#define PAIRS 40u
#define POPULATION 2000u
#define SAMPLE 100u
#define DRAWS 400u

static bool near(double got, double want)
{
    return fabs(got - want) <= 1e-9 * fmax(1, fabs(want));
}

static void the_error_is_the_formula(struct t *t)
{
    struct ratio_sums s = {0};
    double x[PAIRS], y[PAIRS], sum_x = 0, sum_y = 0, squares = 0;
    for (uint32_t i = 0; i < PAIRS; i++) {
        x[i] = 1 + (double)rng_below(&t->rng, 10000) / 100;
        y[i] = (double)rng_below(&t->rng, 5000) / 100;
        sum_x += x[i];
        sum_y += y[i];
        ratio_add(&s, x[i], y[i]);
    }
    for (uint32_t i = 0; i < PAIRS; i++)
        squares += (y[i] - sum_y / sum_x * x[i]) * (y[i] - sum_y / sum_x * x[i]);
    double mean = sum_x / PAIRS, wanted = sqrt((1 - PAIRS / 200.0) / (PAIRS * mean * mean) * squares / (PAIRS - 1));
    CHECK(t, near(ratio_of(&s), sum_y / sum_x));
    CHECK(t, near(ratio_error(&s, 200), wanted));
    CHECK(t, near(ratio_bounds(&s, 200, 2).high, sum_y / sum_x + 2 * wanted));
    CHECK(t, near(ratio_error(&s, PAIRS), 0)); /* everybody was asked */
}

static void what_is_too_little_says_nothing(struct t *t)
{
    struct ratio_sums s = {0};
    CHECK(t, isnan(ratio_of(&s)) && isnan(ratio_error(&s, 10)));
    ratio_add(&s, 100, 25);
    CHECK(t, near(ratio_of(&s), 0.25) && isnan(ratio_error(&s, 10)) && isnan(ratio_bounds(&s, 10, 2).low));
    ratio_add(&s, 200, 50);
    CHECK(t, near(ratio_error(&s, 10), 0)); /* all have the same share */
}

/* Of samples of a population that is known, about 95 of 100 intervals hold its ratio. */
static void intervals_hold_the_truth(struct t *t)
{
    double x[POPULATION], y[POPULATION], sum_x = 0, sum_y = 0;
    uint32_t held = 0;
    for (uint32_t i = 0; i < POPULATION; i++) {
        x[i] = 500 + (double)rng_below(&t->rng, 9500);
        y[i] = x[i] * (double)rng_below(&t->rng, 1000) / 1000;
        sum_x += x[i];
        sum_y += y[i];
    }
    for (uint32_t draw = 0; draw < DRAWS; draw++) {
        struct ratio_sums s = {0};
        for (uint32_t i = 0; i < SAMPLE; i++) { /* the first of a shuffle */
            uint32_t other = i + (uint32_t)rng_below(&t->rng, POPULATION - i);
            double was_x = x[i], was_y = y[i];
            x[i] = x[other];
            y[i] = y[other];
            x[other] = was_x;
            y[other] = was_y;
            ratio_add(&s, x[i], y[i]);
        }
        struct interval held_in = ratio_bounds(&s, POPULATION, normal_quantile(0.975));
        held += held_in.low <= sum_y / sum_x && sum_y / sum_x <= held_in.high;
    }
    CHECK(t, held >= DRAWS * 91 / 100 && held <= DRAWS * 985 / 1000);
}

static const struct test tests[] = {
    {"the error is the formula", the_error_is_the_formula, 20},
    {"what is too little says nothing", what_is_too_little_says_nothing, 1},
    {"intervals hold the truth", intervals_hold_the_truth, 2},
};
TEST_MAIN(tests)
