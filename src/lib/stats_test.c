#include "lib/stats.h"

#include <math.h>

#include "base/attr.h"
#include "testing/test.h"

#define Z95 1.959963984540054

static void near(struct t *t, const char *what, double got, double want, double relative)
{
    if (!(fabs(got - want) <= relative * (fabs(want) > 1e-300 ? fabs(want) : 1)))
        test_fail(t, __FILE__, __LINE__, "%s: got %.17g, want %.17g", what, got, want);
}

/* Quantiles as tables of the normal have them. */
static void quantiles_of_the_normal(struct t *t)
{
    static const struct {
        double p, x;
    } rows[] = {
        {0.5, 0}, {0.975, 1.959963984540054}, {0.995, 2.5758293035489004}, {0.025, -1.959963984540054}, {1e-10, -6.361340902404056},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        near(t, "quantile", normal_quantile(rows[i].p), rows[i].x, 1e-13);
    for (double p = 1e-12; p < 0.5; p *= 1.7)
        near(t, "two-sided of the quantile", normal_two_sided(normal_quantile(p)), 2 * p, 1e-11);
}

/* Wilson's bounds are the rates from which what was seen is just z standard errors away. */
static void wilson_reaches_z(struct t *t)
{
    struct proportion p = {.of = 1 + rng_below(&t->rng, 5000)};
    p.count = rng_below(&t->rng, p.of + 1);
    struct interval i = wilson_interval(p, Z95);
    double rate = proportion_rate(p);
    CHECK(t, i.low >= 0 && i.low <= rate && rate <= i.high && i.high <= 1);
    if (p.count > 0)
        near(t, "low", (rate - i.low) / sqrt(i.low * (1 - i.low) / (double)p.of), Z95, 1e-6);
    if (p.count < p.of)
        near(t, "high", (i.high - rate) / sqrt(i.high * (1 - i.high) / (double)p.of), Z95, 1e-6);
}

static void intervals_of_nobody(struct t *t)
{
    struct interval i = wilson_interval((struct proportion){0, 0}, Z95);
    CHECK(t, i.low == 0 && i.high == 1);
    i = wilson_interval((struct proportion){10, 100}, Z95);
    near(t, "10 of 100", i.low, 0.05522914, 1e-6);
    near(t, "10 of 100", i.high, 0.17436566, 1e-6);
    i = ratio_interval((struct proportion){0, 50}, (struct proportion){5, 50}, Z95);
    CHECK(t, i.low > 0 && i.low < 1 && i.high < 2);
    i = ratio_interval((struct proportion){0, 0}, (struct proportion){0, 0}, Z95);
    CHECK(t, isfinite(i.low) && isfinite(i.high));
    CHECK(t, proportions_z((struct proportion){0, 0}, (struct proportion){1, 2}) == 0);
    CHECK(t, proportions_z((struct proportion){2, 2}, (struct proportion){3, 3}) == 0);
}

/* 20 of 100 against 10 of 100, by hand. */
static void ratio_of_two_rates(struct t *t)
{
    struct proportion a = {20, 100}, b = {10, 100};
    struct interval i = ratio_interval(a, b, Z95), back = ratio_interval(b, a, Z95);
    double reach = Z95 * sqrt(1.0 / 20 - 0.01 + 1.0 / 10 - 0.01);
    near(t, "low", i.low, 2 * exp(-reach), 1e-12);
    near(t, "high", i.high, 2 * exp(reach), 1e-12);
    near(t, "the other way round", i.low * back.high, 1, 1e-12);
    near(t, "z", proportions_z(a, b), 0.1 / sqrt(0.15 * 0.85 * 0.02), 1e-12);
    near(t, "expected", proportions_expected_least(a, b), 15, 1e-12);
    near(t, "expected", proportions_expected_least((struct proportion){9, 10}, (struct proportion){88, 90}), 0.3, 1e-12);
}

/* Fisher's lady tasting tea: three of four cups right is 34 / 70, all four 2 / 70. */
static void the_lady_tasting_tea(struct t *t)
{
    near(t, "three", fisher_p((struct proportion){3, 4}, (struct proportion){1, 4}), 34.0 / 70, 1e-10);
    near(t, "four", fisher_p((struct proportion){4, 4}, (struct proportion){0, 4}), 2.0 / 70, 1e-10);
    near(t, "two", fisher_p((struct proportion){2, 4}, (struct proportion){2, 4}), 1, 1e-10);
    near(t, "nobody did", fisher_p((struct proportion){0, 4}, (struct proportion){0, 9}), 1, 1e-10);
}

/* The example of Benjamini and Hochberg's paper (1995): at 0.05 they find four where Bonferroni's way finds three. */
static void many_tests(struct t *t)
{
    static const double p[] = {0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
                               0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0};
    double bh[COUNT_OF(p)], holm[COUNT_OF(p)];
    size_t bh_found = 0, holm_found = 0;
    adjust_benjamini_hochberg(p, COUNT_OF(p), bh);
    adjust_holm(p, COUNT_OF(p), holm);
    for (size_t i = 0; i < COUNT_OF(p); i++) {
        bh_found += bh[i] <= 0.05;
        holm_found += holm[i] <= 0.05;
        CHECK(t, bh[i] >= p[i] && holm[i] >= bh[i] && holm[i] <= 1);
        CHECK(t, i == 0 || (bh[i] >= bh[i - 1] && holm[i] >= holm[i - 1]));
    }
    CHECK_EQ(t, bh_found, 4);
    CHECK_EQ(t, holm_found, 3);
    near(t, "the fourth", bh[3], 0.0095 * 15 / 4, 1e-12);
    near(t, "the third", holm[2], 0.0019 * 13, 1e-12);
    double same[] = {0.01, 0.02, 0.03, 0.04, 0.05};
    adjust_benjamini_hochberg(same, COUNT_OF(same), same);
    for (size_t i = 0; i < COUNT_OF(same); i++)
        near(t, "a line", same[i], 0.05, 1e-12);
}

static void remainders(struct t *t)
{
    int64_t out[4];
    deal_out((const double[]){33.4, 33.3, 33.3}, 3, 100, out);
    CHECK(t, out[0] == 34 && out[1] == 33 && out[2] == 33);
    deal_out((const double[]){0.25, 0.25, 0.25, 0.25}, 4, 1, out);
    CHECK(t, out[0] == 1 && out[1] == 0 && out[2] == 0 && out[3] == 0);
    deal_out((const double[]){-1.5, 2.5}, 2, 1, out);
    CHECK(t, out[0] == -1 && out[1] == 2);
    deal_out((const double[]){0, 0}, 2, 3, out); /* parts that are wrong still sum to the total */
    CHECK(t, out[0] == 2 && out[1] == 1);
    deal_out((const double[]){1, 2}, 2, 1000000000003, out);
    CHECK_EQ(t, out[0], 500000000001);
    CHECK_EQ(t, out[1], 500000000002);
    deal_out(NULL, 0, 0, out);
}

/* Dealt out: to the total exactly, and nobody is further than one from their part. */
static void dealt_out_whole(struct t *t)
{
    double parts[40], sum = 0;
    int64_t out[40], dealt = 0;
    size_t count = 1 + rng_below(&t->rng, COUNT_OF(parts));
    for (size_t i = 0; i < count; i++)
        sum += parts[i] = (rng_unit(&t->rng) - 0.3) * 1e6;
    int64_t total = llround(sum);
    for (size_t i = 0; i < count; i++)
        parts[i] *= (double)total / sum;
    deal_out(parts, count, total, out);
    for (size_t i = 0; i < count; i++) {
        dealt += out[i];
        CHECK(t, fabs((double)out[i] - parts[i]) < 1.0001);
    }
    CHECK_EQ(t, dealt, total);
}

static const struct test tests[] = {
    {"quantiles of the normal", quantiles_of_the_normal, 1},
    {"Wilson's interval reaches z standard errors", wilson_reaches_z, 2000},
    {"intervals of nobody", intervals_of_nobody, 1},
    {"the ratio of two rates", ratio_of_two_rates, 1},
    {"the lady tasting tea", the_lady_tasting_tea, 1},
    {"many tests are corrected for", many_tests, 1},
    {"remainders go to the largest", remainders, 1},
    {"what is dealt out sums to the total", dealt_out_whole, 1000},
};
TEST_MAIN(tests)
