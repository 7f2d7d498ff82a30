#include "lib/special.h"

#include <math.h>

#include "testing/test.h"

static bool close_to(double got, double want, double tolerance)
{
    return fabs(got - want) <= tolerance * fabs(want);
}

static void sums_and_differences_of_logarithms(struct t *t)
{
    CHECK(t, close_to(log_sum(log(3), log(4)), log(7), 1e-15));
    CHECK(t, close_to(log_sum(-2000, -2000), -2000 + log(2), 1e-15));
    CHECK(t, log_sum(-INFINITY, 5) == 5);
    CHECK(t, isinf(log_sum(-INFINITY, -INFINITY)));
    CHECK(t, close_to(log_difference(log(7), log(4)), log(3), 1e-14));
    CHECK(t, close_to(log_difference(log(7), log(0.5)), log(6.5), 1e-14));
    CHECK(t, close_to(exp(log_difference(1e-9, 0)), 1e-9, 1e-7));
    CHECK(t, log_difference(3, -INFINITY) == 3);
    CHECK(t, isinf(log_difference(3, 3)));
}

static void beta_is_made_of_gammas(struct t *t)
{
    CHECK(t, close_to(log_gamma(5), log(24), 1e-14));
    CHECK(t, close_to(log_beta(2, 3), log(1.0 / 12), 1e-14));
    CHECK(t, close_to(log_beta(0.5, 0.5), log(M_PI), 1e-14));
}

/* Of logarithms: relative to what they are of. */
static bool same(double got, double want, double tolerance)
{
    return fabs(got - want) <= tolerance * fmax(1, fabs(want));
}

/* Cases that have a closed form. */
static void hypergeometric_is_elementary_in_places(struct t *t)
{
    static const double at[] = {1e-9, 0.1, 0.5, 0.9, 0.989, 0.991, 0.999, 0.99999};
    CHECK(t, log_hypergeometric(1.5, 2.5, 3.5, 0) == 0);
    for (size_t i = 0; i < COUNT_OF(at); i++) {
        double z = at[i], root = sqrt(z);
        CHECK(t, same(log_hypergeometric(1, 1, 2, z), log(-log1p(-z) / z), 1e-9));
        CHECK(t, same(log_hypergeometric(0.5, 1, 1.5, z), log(atanh(root) / root), 1e-9));
        CHECK(t, same(log_hypergeometric(2.25, 3.5, 3.5, z), -2.25 * log1p(-z), 1e-10));
        CHECK(t, same(log_hypergeometric(0.3, 40, 40, z), -0.3 * log1p(-z), 1e-10));
    }
    /* Beyond what a double holds: (1-z)^-500. */
    CHECK(t, close_to(log_hypergeometric(500, 800, 800, 0.95), -500 * log1p(-0.95), 1e-12));
}

static double euler_naive(const void *context, double x, double rest)
{
    const double *of = context; /* a, b, c, z */
    return (of[1] - 1) * log(x) + (of[2] - of[1] - 1) * log(rest) - of[0] * log1p(-of[3] * x);
}

/* Series, transformed series and Euler's integral are three ways to the same number. */
static void hypergeometric_is_eulers_integral(struct t *t)
{
    double of[4] = {0.1 + 30 * rng_unit(&t->rng), 0.1 + 5 * rng_unit(&t->rng), 0, 0.995 * rng_unit(&t->rng)};
    of[2] = of[1] + 0.1 + 20 * rng_unit(&t->rng);
    double want = log_unit_integral(euler_naive, of) - log_beta(of[1], of[2] - of[1]);
    CHECK(t, same(log_hypergeometric(of[0], of[1], of[2], of[3]), want, 1e-10));
}

static void tricomi_is_elementary_in_places(struct t *t)
{
    static const double at[] = {1e-4, 0.01, 0.14, 1, 7, 300};
    for (size_t i = 0; i < COUNT_OF(at); i++) {
        CHECK(t, fabs(log_tricomi(0.6, 1.6, at[i]) + 0.6 * log(at[i])) < 1e-11); /* z^-a */
        CHECK(t, fabs(log_tricomi(3, 4, at[i]) + 3 * log(at[i])) < 1e-11);
    }
    CHECK(t, close_to(log_tricomi(0.5, 0.5, 2), log(sqrt(M_PI) * exp(2) * erfc(sqrt(2))), 1e-11));
    CHECK(t, close_to(exp(log_tricomi(1, 1, 1)), 0.596347362323194074, 1e-12)); /* e E1(1) */
}

/* Tables of quantiles. */
static void chi_square_has_its_quantiles(struct t *t)
{
    CHECK(t, chi_square_tail(0, 4) == 1);
    CHECK(t, close_to(chi_square_tail(3.841458820694124, 1), 0.05, 1e-12));
    CHECK(t, close_to(chi_square_tail(5.991464547107979, 2), 0.05, 1e-12));
    CHECK(t, close_to(chi_square_tail(7.814727903251179, 3), 0.05, 1e-12));
    CHECK(t, close_to(chi_square_tail(18.307038053275146, 10), 0.05, 1e-12));
    CHECK(t, close_to(chi_square_tail(29.5883, 10), 0.001, 1e-5));
}

static const struct test tests[] = {
    {"sums and differences of logarithms", sums_and_differences_of_logarithms, 1},
    {"beta is made of gammas", beta_is_made_of_gammas, 1},
    {"hypergeometric is elementary in places", hypergeometric_is_elementary_in_places, 1},
    {"hypergeometric is Euler's integral", hypergeometric_is_eulers_integral, 300},
    {"Tricomi is elementary in places", tricomi_is_elementary_in_places, 1},
    {"chi square has its quantiles", chi_square_has_its_quantiles, 1},
};
TEST_MAIN(tests)
