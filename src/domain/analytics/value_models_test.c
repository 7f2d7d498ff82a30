/* Published fits and figures of the value models. Covers: bgnbd.c, pareto_nbd.c, gamma_gamma.c, bgbb.c, sbg.c, clv.c, fit.c, histories.c
 *
 * Sources: Fader, Hardie, Lee 2005 ("Counting your customers" the easy way) and 2005b (RFM and CLV); Fader, Hardie, Shang 2010; Fader, Hardie 2007; the
 * walkthrough and manual of BTYD; Hardie's spreadsheet of BG/NBD. */
#include "domain/analytics/value_models.h"

#include <math.h>
#include <stdlib.h>

#include "lib/special.h"
#include "testing/shared.h"

static const double bgnbd_published[] = {.243, 4.414, .793, 2.426};
static const double pareto_published[] = {.553, 10.580, .606, 11.656};
static const double bgbb_published[] = {1.204, .750, .657, 2.783};

static bool close_to(double got, double want, double tolerance)
{
    return fabs(got - want) <= tolerance * fabs(want);
}

static bool near(double got, double want, double distance)
{
    return fabs(got - want) <= distance;
}

#define CHECK_CLOSE(t, got, want, tolerance)                                                                                 \
    do {                                                                                                                     \
        double got_ = (got), want_ = (want);                                                                                 \
        if (!close_to(got_, want_, tolerance))                                                                               \
            test_fail((t), __FILE__, __LINE__, "%s: got %.10g, want %.10g within %g", #got, got_, want_, (double)(tolerance)); \
    } while (0)
#define CHECK_NEAR(t, got, want, distance)                                                                                 \
    do {                                                                                                                   \
        double got_ = (got), want_ = (want);                                                                               \
        if (!near(got_, want_, distance))                                                                                  \
            test_fail((t), __FILE__, __LINE__, "%s: got %.10g, want %.10g ± %g", #got, got_, want_, (double)(distance));     \
    } while (0)

/* ---- CDNOW: 2,357 customers, calibration up to 1997-09-30 ---- */

#define CUSTOMERS_MAX 3000u

struct customer {
    struct history history;
    double repeats_value;
    int first, last, forecast; /* day numbers; purchase days of the forecast period */
};

struct cdnow {
    size_t count;
    struct customer *customers;
};

/* Days since 1970-01-01 of a date yyyymmdd. */
static int day_number(long date)
{
    int year = (int)(date / 10000), month = (int)(date / 100 % 100), day = (int)(date % 100);
    int y = year - (month <= 2), era_year = y % 400, shifted = (month + 9) % 12;
    return y / 400 * 146097 + era_year * 365 + era_year / 4 - era_year / 100 + (153 * shifted + 2) / 5 + day - 1 - 719468;
}

static void customer_buys(struct customer *c, int day, double value, int end)
{
    if (c->first == 0)
        *c = (struct customer){.first = day, .last = day, .history.age_days = (uint32_t)(end - day)};
    if (day <= end && day != c->first) {
        c->history.repeats += day != c->last;
        c->history.recency_days = (uint32_t)(day - c->first);
        c->repeats_value += value;
    }
    c->forecast += day > end && day != c->last;
    c->last = day;
}

/* Lines are "id, id in the sample, date, CDs, dollars", sorted by customer and date. */
static bool cdnow_read(struct t *t, struct cdnow *out)
{
    struct bytes text, line;
    if (!shared_data(t, "cdnow/CDNOW_sample.txt", &text))
        return false;
    out->customers = ARENA_ARRAY(t->arena, struct customer, CUSTOMERS_MAX);
    while (shared_line(&text, &line)) {
        char *rest = arena_text(t->arena, line);
        (void)strtol(rest, &rest, 10);
        long customer = strtol(rest, &rest, 10), date = strtol(rest, &rest, 10);
        (void)strtol(rest, &rest, 10);
        double dollars = strtod(rest, &rest);
        if (customer <= 0 || customer >= CUSTOMERS_MAX)
            continue;
        customer_buys(&out->customers[customer - 1], day_number(date), dollars, day_number(19970930));
        out->count = (size_t)customer > out->count ? (size_t)customer : out->count;
    }
    return true;
}

static struct histories *cdnow_histories(struct t *t, const struct cdnow *c)
{
    struct history *all = ARENA_ARRAY(t->arena, struct history, c->count);
    for (size_t i = 0; i < c->count; i++)
        all[i] = c->customers[i].history;
    return histories_create(t->arena, all, c->count);
}

static void bgnbd_fits_cdnow(struct t *t)
{
    struct err e = {0};
    struct cdnow c = {0};
    struct fit fit;
    if (!cdnow_read(t, &c))
        return;
    CHECK_EQ(t, c.count, 2357);
    REQUIRE_DONE(t, buying_fit(&bgnbd_model, cdnow_histories(t, &c), NULL, &fit, &e), &e);
    CHECK_NEAR(t, fit.log_likelihood, -9582.429, 1e-3);
    for (size_t i = 0; i < 4; i++)
        CHECK_NEAR(t, fit.parameters[i], bgnbd_published[i], 1e-2);
    CHECK(t, fit.has_errors && !fit.is_at_edge);
    for (size_t i = 0; i < 4; i++)
        CHECK(t, fit.errors[i] > 0 && fit.errors[i] < fit.parameters[i]);

    const double *p = fit.parameters;
    const struct history busy = {26, 216, 217}, quiet = {2, 213, 272};
    CHECK_CLOSE(t, buying_expected_of_new(&bgnbd_model, p, 52), 1.444004, 1e-4);
    CHECK_CLOSE(t, buying_expected(&bgnbd_model, p, &busy, 52), 25.75659, 1e-4);
    CHECK_CLOSE(t, buying_alive(&bgnbd_model, p, &busy), .9688523, 1e-4);
    CHECK_NEAR(t, buying_expected(&bgnbd_model, p, &quiet, 39), 1.226, 1e-3);
    static const double curve[][2] = {{1 / 7.0, .0078}, {1, .0532}, {3, .1506}, {223 / 7.0, 1.0405}, {32, 1.0437}, {78, 1.8576}};
    for (size_t i = 0; i < COUNT_OF(curve); i++)
        CHECK_NEAR(t, buying_expected_of_new(&bgnbd_model, p, curve[i][0]), curve[i][1], 1e-3);
}

static void pareto_nbd_fits_cdnow(struct t *t)
{
    struct err e = {0};
    struct cdnow c = {0};
    struct fit fit;
    if (!cdnow_read(t, &c))
        return;
    REQUIRE_DONE(t, buying_fit(&pareto_nbd_model, cdnow_histories(t, &c), NULL, &fit, &e), &e);
    CHECK_NEAR(t, fit.log_likelihood, -9594.976, 1e-3);
    CHECK_NEAR(t, fit.parameters[0], .553, 1e-2); /* alpha, s and beta lie on a ridge: only the likelihood is told well */

    const double *p = fit.parameters;
    const struct history busy = {26, 216, 217}, once = {0, 0, 273};
    CHECK_CLOSE(t, buying_expected_of_new(&pareto_nbd_model, p, 52), 1.473434, 1e-3);
    CHECK_CLOSE(t, buying_expected(&pareto_nbd_model, p, &busy, 52), 25.45647, 1e-3);
    CHECK_CLOSE(t, buying_alive(&pareto_nbd_model, p, &busy), .997874, 1e-3);
    CHECK_CLOSE(t, buying_alive(&pareto_nbd_model, p, &once), .2941633, 1e-3);
}

static void gamma_gamma_fits_cdnow(struct t *t)
{
    struct err e = {0};
    struct cdnow c = {0};
    struct fit fit;
    size_t count = 0;
    if (!cdnow_read(t, &c))
        return;
    struct spender *spenders = ARENA_ARRAY(t->arena, struct spender, c.count);
    for (size_t i = 0; i < c.count; i++)
        if (c.customers[i].history.repeats > 0 && c.customers[i].repeats_value > 0)
            spenders[count++] = (struct spender){c.customers[i].repeats_value / c.customers[i].history.repeats, c.customers[i].history.repeats};
    CHECK_EQ(t, count, 946);
    REQUIRE_DONE(t, gamma_gamma_fit(spenders, count, NULL, &fit, &e), &e);
    CHECK_NEAR(t, fit.parameters[0], 6.25, 1e-2);
    CHECK_NEAR(t, fit.parameters[1], 3.74, 1e-2);
    CHECK_NEAR(t, fit.parameters[2], 15.44, 1e-2);
    CHECK(t, fit.has_errors);

    /* In another currency it is the same but for the scale. */
    for (size_t i = 0; i < count; i++)
        spenders[i].mean *= 1000;
    struct fit scaled;
    REQUIRE_DONE(t, gamma_gamma_fit(spenders, count, NULL, &scaled, &e), &e);
    CHECK_CLOSE(t, scaled.parameters[0], fit.parameters[0], 1e-3);
    CHECK_CLOSE(t, scaled.parameters[2], 1000 * fit.parameters[2], 1e-3);
    CHECK_CLOSE(t, scaled.log_likelihood, fit.log_likelihood - (double)count * log(1000), 1e-9);
}

/* ---- At fixed parameters ---- */

static void bgnbd_has_its_distribution(struct t *t)
{
    const double *p = bgnbd_published;
    CHECK_NEAR(t, bgnbd_model.chance(p, 39, 0), .5737864, 5e-8);
    CHECK_NEAR(t, bgnbd_model.chance(p, 30, 11), .0019995214, 5e-11);
    CHECK_NEAR(t, bgnbd_model.chance(p, 30, 20), .0002222260, 5e-11);
    /* It is a distribution, and its mean is the expectation. */
    double sum = 0, mean = 0;
    for (uint32_t x = 0; x < 3000; x++) {
        double chance = bgnbd_model.chance(p, 30, x);
        sum += chance;
        mean += x * chance;
    }
    CHECK_CLOSE(t, sum, 1, 1e-9);
    CHECK_CLOSE(t, mean, buying_expected_of_new(&bgnbd_model, p, 30), 1e-9);
    CHECK(t, buying_alive(&bgnbd_model, p, &(struct history){0, 0, 4000}) == 1);
}

static void nothing_underflows(struct t *t)
{
    const double p[] = {.55, 10.58, .61, 11.67};
    CHECK_CLOSE(t, buying_expected(&pareto_nbd_model, p, &(struct history){132, 1400, 1400}, 10), 6.20605, 1e-5);
    CHECK_CLOSE(t, buying_expected(&pareto_nbd_model, p, &(struct history){133, 1400, 1400}, 10), 6.25287, 1e-5);
    const struct history much = {3000, 3000, 3650}, none = {0, 0, 36500}, today = {0, 0, 0};
    for (size_t i = 0; i < buying_model_count; i++) {
        const struct buying_model *m = buying_models[i];
        const double *q = m == &bgnbd_model ? bgnbd_published : pareto_published;
        CHECK(t, isfinite(buying_log_likelihood(m, q, &much)) && isfinite(buying_log_likelihood(m, q, &none)));
        CHECK(t, isfinite(buying_log_likelihood(m, q, &today)));
        CHECK(t, buying_alive(m, q, &much) < 1e-30); /* a purchase a day for years, then nothing */
        CHECK(t, isfinite(buying_expected(m, q, &much, 520)) && isfinite(buying_expected(m, q, &none, 520)));
        CHECK(t, buying_expected(m, q, &today, 0) == 0);
    }
}

/* P(X(T) = 0) is the likelihood of no repeats, and the ways of rounding agree. */
static void likelihoods_are_probabilities(struct t *t)
{
    const struct history none = {0, 0, 273};
    CHECK_CLOSE(t, exp(buying_log_likelihood(&bgnbd_model, bgnbd_published, &none)), bgnbd_model.chance(bgnbd_published, 39, 0), 1e-12);
    /* Pareto/NBD with alpha on either side of beta, and equal: no jump. */
    const struct history h = {3, 100, 200};
    double below = buying_log_likelihood(&pareto_nbd_model, (const double[]){.5, 10 - 1e-9, .6, 10}, &h);
    double equal = buying_log_likelihood(&pareto_nbd_model, (const double[]){.5, 10, .6, 10}, &h);
    double above = buying_log_likelihood(&pareto_nbd_model, (const double[]){.5, 10 + 1e-9, .6, 10}, &h);
    CHECK_CLOSE(t, below, equal, 1e-9);
    CHECK_CLOSE(t, above, equal, 1e-9);
}


/* Pareto/NBD's likelihood given one's own rates, λ = q/(1-q)·…: the chance over both gammas, by brute force on a grid of quantiles of the unit square. */
static double pareto_naive(const double *p, const struct history *h)
{
    double sum = 0, recency = h->recency_days / 7.0, age = h->age_days / 7.0;
    const double step = 0.02;
    for (double u = -30; u < 8; u += step) {
        for (double v = -60; v < 8; v += step) {
            double rate = exp(u), leaving = exp(v), both = rate + leaving;
            double stays = exp(-both * age), left = leaving / both * (exp(-both * recency) - exp(-both * age));
            double weight = p[0] * log(p[1]) + p[0] * u - p[1] * rate - log_gamma(p[0]) + p[2] * log(p[3]) + p[2] * v - p[3] * leaving - log_gamma(p[2]);
            sum += exp(weight + h->repeats * u) * (stays + left);
        }
    }
    return log(sum * step * step);
}

static void pareto_likelihood_is_its_integral(struct t *t)
{
    const double other[] = {1.5, 4, 2.5, 20}, third[] = {2, 30, .9, 3};
    const struct history h = {3, 100, 200}, none = {0, 0, 150};
    CHECK_CLOSE(t, buying_log_likelihood(&pareto_nbd_model, other, &h), pareto_naive(other, &h), 1e-6);
    CHECK_CLOSE(t, buying_log_likelihood(&pareto_nbd_model, third, &none), pareto_naive(third, &none), 1e-6);
    CHECK_CLOSE(t, buying_log_likelihood(&pareto_nbd_model, third, &h), pareto_naive(third, &h), 1e-6);
}

/* Where the closed form of BG/NBD has no value, or is a difference of nearly equal numbers, an integral takes over: they meet. */
static void expectations_have_no_gap(struct t *t)
{
    const struct history h = {4, 100, 140};
    for (double a = 1 - 2e-4; a < 1 + 2.1e-4; a += 0.5e-4) {
        const double p[] = {.3, 5, a, 2}, at_one[] = {.3, 5, 1, 2};
        CHECK_CLOSE(t, bgnbd_model.expected(p, &h, 40), bgnbd_model.expected(at_one, &h, 40), 1e-3);
        const double left[] = {.3, 5, a - 1e-6, 2}, right[] = {.3, 5, a + 1e-6, 2};
        double middle = (bgnbd_model.expected(left, &h, 40) + bgnbd_model.expected(right, &h, 40)) / 2;
        CHECK_CLOSE(t, bgnbd_model.expected(p, &h, 40), middle, 1e-9);
    }
    /* Also on either side of a + b = 1, and where the span is long beside alpha. */
    for (double weeks = 1; weeks < 3000; weeks *= 3) {
        double below = buying_expected_of_new(&bgnbd_model, (const double[]){.3, 5, .2, .8 - 1e-7}, weeks);
        double above = buying_expected_of_new(&bgnbd_model, (const double[]){.3, 5, .2, .8 + 1e-7}, weeks);
        CHECK_CLOSE(t, below, above, 1e-6);
        CHECK(t, below > 0 && below < .3 * weeks / 5);
    }
    for (double a = .04; a < 3; a += .13)
        CHECK_CLOSE(t, buying_expected_of_new(&bgnbd_model, (const double[]){.3, 5, a, 1.5}, 495 - 1e-6),
                    buying_expected_of_new(&bgnbd_model, (const double[]){.3, 5, a, 1.5}, 495 + 1e-6), 1e-7);
    const double s_one[] = {.5, 10, 1, 12}, s_near[] = {.5, 10, 1 + 1e-7, 12};
    CHECK_CLOSE(t, pareto_nbd_model.expected(s_one, &h, 40), pareto_nbd_model.expected(s_near, &h, 40), 1e-6);
}

/* Discounted purchases, week by week in small steps. */
static void residual_is_the_sum_of_what_comes(struct t *t)
{
    const struct history h = {7, 200, 250};
    const double rate = 0.0027, step = 0.05;
    double sum = 0, before = 0;
    for (double week = 0; week < 8000; week += step) {
        double by_then = buying_expected(&pareto_nbd_model, pareto_published, &h, week + step);
        sum += (by_then - before) * exp(-rate * (week + step / 2));
        before = by_then;
    }
    CHECK_CLOSE(t, pareto_nbd_residual(pareto_published, &h, rate), sum, 1e-5);
}

static void lifetime_value_is_discounted(struct t *t)
{
    const struct history h = {7, 200, 250};
    for (size_t i = 0; i < buying_model_count; i++) {
        const struct buying_model *m = buying_models[i];
        const double *p = m == &bgnbd_model ? bgnbd_published : pareto_published;
        double first = buying_expected(m, p, &h, WEEKS_A_MONTH), two = buying_expected(m, p, &h, 2 * WEEKS_A_MONTH);
        CHECK_CLOSE(t, buying_discounted(m, p, &h, 2, 0), two, 1e-12);
        CHECK_CLOSE(t, buying_discounted(m, p, &h, 2, 0.1), first / 1.1 + (two - first) / 1.21, 1e-12);
        CHECK(t, buying_discounted(m, p, &h, 0, 0.1) == 0);
    }
}

static void gamma_gamma_expects(struct t *t)
{
    const double p[] = {6, 4, 15};
    CHECK_CLOSE(t, gamma_gamma_expected(p, 2, 45), 42, 1e-12);
    CHECK_CLOSE(t, gamma_gamma_expected(p, 0, 0), 30, 1e-12);
    CHECK(t, isinf(gamma_gamma_expected((const double[]){6, .9, 15}, 0, 0)));
    /* The density of the mean is one: it sums to 1. */
    double sum = 0;
    for (double z = 0.05; z < 20000; z += 0.1)
        sum += 0.1 * exp(gamma_gamma_log_likelihood(p, &(struct spender){z, 2}));
    CHECK_CLOSE(t, sum, 1, 1e-5);
}

/* ---- Donors: 11,104 of a first gift in 1995, n = 6 years ---- */

static const struct taken donors[] = {
    {0, 0, 6, 3464}, {1, 1, 6, 1091}, {1, 2, 6, 277}, {1, 3, 6, 129}, {1, 4, 6, 78},  {1, 5, 6, 119}, {1, 6, 6, 129}, {2, 2, 6, 613},
    {2, 3, 6, 255},  {2, 4, 6, 155},  {2, 5, 6, 173}, {2, 6, 6, 234}, {3, 3, 6, 322}, {3, 4, 6, 181}, {3, 5, 6, 225}, {3, 6, 6, 357},
    {4, 4, 6, 240},  {4, 5, 6, 284},  {4, 6, 6, 512}, {5, 5, 6, 335}, {5, 6, 6, 728}, {6, 6, 6, 1203},
};

static void bgbb_fits_donors(struct t *t)
{
    struct err e = {0};
    struct fit fit;
    REQUIRE_DONE(t, bgbb_fit(donors, COUNT_OF(donors), NULL, &fit, &e), &e);
    CHECK_NEAR(t, fit.log_likelihood, -33225.58, 6e-3); /* two digits are published */
    for (size_t i = 0; i < 4; i++)
        CHECK_NEAR(t, fit.parameters[i], bgbb_published[i], 1e-2);
    CHECK(t, fit.has_errors);

    const double *p = fit.parameters;
    CHECK_NEAR(t, bgbb_alive(p, &(struct taken){0, 0, 6, 1}, 1), .11, 5e-3);
    CHECK_NEAR(t, bgbb_alive(p, &(struct taken){2, 4, 6, 1}, 1), .59, 5e-3);
    CHECK_NEAR(t, bgbb_alive(p, &(struct taken){6, 6, 6, 1}, 1), .93, 5e-3);
    CHECK_CLOSE(t, bgbb_expected(p, &(struct taken){0, 0, 6, 1}, 10), .1302169, 1e-4);
    CHECK_CLOSE(t, bgbb_expected(p, &(struct taken){4, 5, 6, 1}, 10), 3.627858, 1e-4);
    double sum = 0;
    for (size_t i = 0; i < COUNT_OF(donors); i++)
        sum += (double)donors[i].people * bgbb_expected(p, &donors[i], 5);
    CHECK_CLOSE(t, sum, 12884.2, 1e-4);
}

/* Over all that can happen in n opportunities, likelihoods sum to 1; and the closed form of the expectation is the sum. */
static void bgbb_is_a_distribution(struct t *t)
{
    const double *p = bgbb_published;
    double sum = 0;
    for (uint32_t bits = 0; bits < 64; bits++) {
        struct taken one = {.opportunities = 6, .repeats = (uint32_t)__builtin_popcount(bits)};
        one.last = bits == 0 ? 0 : 32 - (uint32_t)__builtin_clz(bits);
        sum += exp(bgbb_log_likelihood(p, &one));
    }
    CHECK_CLOSE(t, sum, 1, 1e-12);
    const struct taken one = {4, 5, 6, 1};
    double all = p[2] + p[3];
    double closed = exp(log_beta(p[0] + 5, p[1] + 2) - log_beta(p[0], p[1]) - bgbb_log_likelihood(p, &one)) * p[3] / (p[2] - 1) *
                    exp(log_gamma(all) - log_gamma(1 + p[3])) *
                    (exp(log_gamma(7 + p[3]) - log_gamma(all + 6)) - exp(log_gamma(17 + p[3]) - log_gamma(all + 16)));
    CHECK_CLOSE(t, bgbb_expected(p, &one, 10), closed, 1e-9);
}

/* ---- Subscribers of whom 1,000 began, over seven years ---- */

static void sbg_check(struct t *t, const uint64_t *survivors, double alpha, double beta)
{
    struct err e = {0};
    uint64_t left[7], stayed[7] = {0};
    struct fit fit;
    for (size_t i = 0; i < 7; i++)
        left[i] = (i == 0 ? 1000 : survivors[i - 1]) - survivors[i];
    stayed[6] = survivors[6];
    REQUIRE_DONE(t, sbg_fit(&(struct renewals){7, left, stayed}, &fit, &e), &e);
    CHECK_NEAR(t, fit.parameters[0], alpha, 1e-2);
    CHECK_NEAR(t, fit.parameters[1], beta, 1e-2);
    CHECK(t, fit.has_errors);
}

static void sbg_fits_subscribers(struct t *t)
{
    sbg_check(t, (const uint64_t[]){869, 743, 653, 593, 551, 517, 491}, .668, 3.806);
    sbg_check(t, (const uint64_t[]){631, 468, 382, 326, 289, 262, 241}, .704, 1.182);
    CHECK(t, sbg_survival((const double[]){2, 3}, 0) == 1);
    CHECK_CLOSE(t, sbg_survival((const double[]){2, 3}, 2), 3.0 / 5 * 4 / 6, 1e-12);
    CHECK_CLOSE(t, sbg_survival((const double[]){2, 3}, 9), exp(log_beta(2, 12) - log_beta(2, 3)), 1e-12);
}

/* ---- Grouping ---- */

static void grouped_is_one_by_one(struct t *t)
{
    size_t count = 1 + rng_below(&t->rng, 300);
    struct history *all = ARENA_ARRAY(t->arena, struct history, count);
    double want[2] = {0};
    for (size_t i = 0; i < count; i++) {
        uint32_t age = (uint32_t)rng_below(&t->rng, 20);
        all[i] = (struct history){(uint32_t)rng_below(&t->rng, 4), 0, age};
        all[i].recency_days = all[i].repeats == 0 ? 0 : (uint32_t)rng_below(&t->rng, age + 1);
        for (size_t m = 0; m < 2; m++)
            want[m] += buying_log_likelihood(buying_models[m], m == 0 ? bgnbd_published : pareto_published, &all[i]);
    }
    struct histories *grouped = histories_create(t->arena, all, count);
    for (size_t m = 0; m < 2; m++)
        CHECK_CLOSE(t, histories_log_likelihood(grouped, buying_models[m], m == 0 ? bgnbd_published : pareto_published), want[m], 1e-12);
}

/* People as BG/NBD would have them, with r = a = 1: so many that a sample is searched first. */
#define PLANTED 100000u

static struct history planted(struct t *t, double alpha, double b)
{
    struct history h = {.age_days = (uint32_t)rng_below(&t->rng, 365)};
    double rate = -log(1 - rng_unit(&t->rng)) / alpha, leaves = 1 - pow(1 - rng_unit(&t->rng), 1 / b), weeks = 0;
    do {
        weeks += -log(1 - rng_unit(&t->rng)) / rate;
        uint32_t day = weeks * 7 > h.age_days ? UINT32_MAX : (uint32_t)(weeks * 7);
        if (day > h.age_days)
            break;
        h.repeats += day > h.recency_days; /* of a day one */
        h.recency_days = day;
    } while (!rng_chance(&t->rng, leaves));
    return h;
}

static void a_planted_truth_is_found(struct t *t)
{
    struct err e = {0};
    struct fit fit;
    struct history *all = ARENA_ARRAY(t->arena, struct history, PLANTED);
    for (uint32_t i = 0; i < PLANTED; i++)
        all[i] = planted(t, 40, 2.5);
    REQUIRE_DONE(t, buying_fit(&bgnbd_model, histories_create(t->arena, all, PLANTED), NULL, &fit, &e), &e);
    static const double want[] = {1, 40, 1, 2.5};
    for (size_t i = 0; i < 4; i++)
        CHECK(t, fit.has_errors && fabs(fit.parameters[i] - want[i]) < 4 * fit.errors[i] + 0.05 * want[i]);
}

static const struct test tests[] = {
    {"BG/NBD fits CDNOW", bgnbd_fits_cdnow, 1},
    {"Pareto/NBD fits CDNOW", pareto_nbd_fits_cdnow, 1},
    {"Gamma-Gamma fits CDNOW", gamma_gamma_fits_cdnow, 1},
    {"BG/NBD has its distribution", bgnbd_has_its_distribution, 1},
    {"nothing underflows", nothing_underflows, 1},
    {"likelihoods are probabilities", likelihoods_are_probabilities, 1},
    {"Pareto/NBD's likelihood is its integral", pareto_likelihood_is_its_integral, 1},
    {"expectations have no gap", expectations_have_no_gap, 1},
    {"the residual is the sum of what comes", residual_is_the_sum_of_what_comes, 1},
    {"lifetime value is discounted", lifetime_value_is_discounted, 1},
    {"Gamma-Gamma expects", gamma_gamma_expects, 1},
    {"BG/BB fits donors", bgbb_fits_donors, 1},
    {"BG/BB is a distribution", bgbb_is_a_distribution, 1},
    {"sBG fits subscribers", sbg_fits_subscribers, 1},
    {"a planted truth is found", a_planted_truth_is_found, 1},
    {"grouped is one by one", grouped_is_one_by_one, 100},
};
TEST_MAIN(tests)
