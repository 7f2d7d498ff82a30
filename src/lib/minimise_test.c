#include "lib/minimise.h"

#include <math.h>

#include "testing/test.h"

static bool close_to(double got, double want, double tolerance)
{
    return fabs(got - want) <= tolerance * fabs(want);
}

/* Samples of two exponential distributions, known by their counts and sums: the estimate of a rate is n / sum, with the error rate / √n. */
struct samples {
    double count[2], sum[2];
};

static double samples_height(void *context, const double *rates)
{
    const struct samples *s = context;
    double height = 0;
    for (size_t i = 0; i < 2; i++)
        height += rates[i] * s->sum[i] - s->count[i] * log(rates[i]);
    return height;
}

static void rates_come_back_with_their_errors(struct t *t)
{
    struct err e = {0};
    struct samples of = {{100, 10000}, {2500, 7}};
    struct surface s = {samples_height, &of, 2, NULL, NULL};
    struct minimum m;
    double errors[2] = {0};
    REQUIRE_DONE(t, minimise(&s, &m, &e), &e);
    CHECK(t, !m.is_at_edge);
    CHECK(t, m.evaluations > 0);
    REQUIRE(t, minimum_errors(&s, &m, errors));
    for (size_t i = 0; i < 2; i++) {
        double rate = of.count[i] / of.sum[i];
        CHECK(t, close_to(m.numbers[i], rate, 1e-5));
        CHECK(t, close_to(errors[i], rate / sqrt(of.count[i]), 1e-4));
    }
}

/* Two numbers of which each alone can be told only with the other: a correlated Gaussian in the logarithms. */
static double leaning_height(void *context, const double *x)
{
    (void)context;
    double a = log(x[0]) - 1, b = log(x[1]) + 2;
    return 2 * a * a + 3 * a * b + 2 * b * b; /* Hessian 4 3 / 3 4, its inverse 4/7 on the diagonal */
}

static void errors_know_of_correlation(struct t *t)
{
    struct err e = {0};
    struct surface s = {leaning_height, NULL, 2, NULL, NULL};
    struct minimum m;
    double errors[2] = {0};
    REQUIRE_DONE(t, minimise(&s, &m, &e), &e);
    CHECK(t, close_to(m.numbers[0], exp(1), 1e-5) && close_to(m.numbers[1], exp(-2), 1e-5));
    REQUIRE(t, minimum_errors(&s, &m, errors));
    CHECK(t, close_to(errors[0], exp(1) * sqrt(4.0 / 7), 1e-4) && close_to(errors[1], exp(-2) * sqrt(4.0 / 7), 1e-4));
}

/* A sample that leads elsewhere, or nowhere, only costs time. */
static void a_rough_surface_leads_there(struct t *t)
{
    struct err e = {0};
    struct samples all = {{100000, 250000}, {1e7, 7000}}, few = {{10, 25}, {900, 0.8}};
    struct surface rough = {samples_height, &few, 2, NULL, NULL}, s = {samples_height, &all, 2, &rough, NULL};
    struct minimum m, alone;
    REQUIRE_DONE(t, minimise(&s, &m, &e), &e);
    s.rough = NULL;
    REQUIRE_DONE(t, minimise(&s, &alone, &e), &e);
    CHECK(t, m.evaluations < alone.evaluations);
    rough.height = leaning_height;
    s.rough = &rough;
    struct minimum misled;
    REQUIRE_DONE(t, minimise(&s, &misled, &e), &e);
    for (size_t i = 0; i < 2; i++) {
        double rate = all.count[i] / all.sum[i];
        CHECK(t, close_to(m.numbers[i], rate, 1e-6) && close_to(alone.numbers[i], rate, 1e-6) && close_to(misled.numbers[i], rate, 1e-6));
    }
}

static double flat_height(void *context, const double *x)
{
    (void)context;
    return pow(log(x[0]), 2);
}

static double falling_height(void *context, const double *x)
{
    (void)context;
    return -log(x[0]);
}

static double nonsense_height(void *context, const double *x)
{
    (void)context;
    return x[0] < 1.5 ? NAN : pow(x[0] - 3, 2);
}

static void what_isnt_told_by_the_data_is_said(struct t *t)
{
    struct err e = {0};
    struct minimum m;
    double errors[2];
    REQUIRE_DONE(t, minimise(&(struct surface){flat_height, NULL, 2, NULL, NULL}, &m, &e), &e);
    CHECK(t, !minimum_errors(&(struct surface){flat_height, NULL, 2, NULL, NULL}, &m, errors));
    REQUIRE_DONE(t, minimise(&(struct surface){falling_height, NULL, 1, NULL, NULL}, &m, &e), &e);
    CHECK(t, m.is_at_edge);
    REQUIRE_DONE(t, minimise(&(struct surface){nonsense_height, NULL, 1, NULL, NULL}, &m, &e), &e);
    CHECK(t, close_to(m.numbers[0], 3, 1e-4));
}

struct patience {
    struct effort effort;
    unsigned left; /* questions until it is over */
};

static bool patience_ends(const struct effort *f)
{
    struct patience *p = (struct patience *)(uintptr_t)f;
    return p->left == 0 || --p->left == 0;
}

static void an_effort_that_is_over_ends_the_search(struct t *t)
{
    struct err e = {0};
    struct minimum m;
    struct samples of = {{100, 10000}, {2500, 7}};
    for (unsigned questions = 1; questions < 100; questions += 7) {
        struct patience p = {.effort = {.is_over = patience_ends}, .left = questions};
        CHECK_FAILS(t, minimise(&(struct surface){samples_height, &of, 2, NULL, &p.effort}, &m, &e), CANCELLED);
    }
}

static const struct test tests[] = {
    {"rates come back with their errors", rates_come_back_with_their_errors, 1},
    {"errors know of correlation", errors_know_of_correlation, 1},
    {"a rough surface leads there", a_rough_surface_leads_there, 1},
    {"what isn't told by the data is said", what_isnt_told_by_the_data_is_said, 1},
    {"an effort that is over ends the search", an_effort_that_is_over_ends_the_search, 1},
};
TEST_MAIN(tests)
