/* BG/NBD (Fader, Hardie, Lee 2005): purchases come at random at a rate of one's own, gamma distributed; after each one leaves with a probability of one's own,
 * beta distributed. Who never came again hasn't had the occasion to leave. */
#include <math.h>

#include "domain/analytics/value_models.h"
#include "lib/special.h"

enum { R, ALPHA, A, B };

/* Nearer to a = 1 the closed form is a difference of nearly equal numbers over nearly nothing. */
#define CLOSED_FORM_A_FAR 1e-4
#define CLOSED_FORM_Z_MAX 0.99 /* nearer to 1 its series gets long */
#define INTEGRAL_A_MIN 0.05    /* below the integral is too steep at 0 */

static double bgnbd_factor(const double *p, uint32_t repeats)
{
    double x = repeats;
    return log_gamma(p[R] + x) - log_gamma(p[R]) + p[R] * log(p[ALPHA]) + log_beta(p[A], p[B] + x) - log_beta(p[A], p[B]);
}

static struct ways bgnbd_ways(const double *p, uint32_t repeats, double weeks)
{
    double stays = -(p[R] + repeats) * log(p[ALPHA] + weeks);
    return (struct ways){stays, repeats == 0 ? -INFINITY : stays + log(p[A] / (p[B] + repeats - 1))};
}

/* E[(1 - (rate/(rate + q t))^shape) / q] over q ~ Beta(a, b): the purchases of somebody who leaves after each with probability q. */
struct leaving {
    double a, b, shape, reach; /* reach: t / rate */
};

static double leaving_log(const void *context, double q, double rest)
{
    const struct leaving *l = context;
    return log(-expm1(-l->shape * log1p(l->reach * q))) + (l->a - 2) * log(q) + (l->b - 1) * log(rest);
}

/* Over q ~ Beta(a, b), the purchases within `reach` times one's own rate of somebody who leaves after each with probability q. */
static double expected_over(double a, double b, double shape, double reach)
{
    double c = a + b - 1, z = reach / (1 + reach);
    bool is_near_one = fabs(a - 1) < CLOSED_FORM_A_FAR;
    if (c <= 0 || (is_near_one && b < 1)) /* as q + (1 - q) = 1, of two Betas that are easier */
        return (a * expected_over(a + 1, b, shape, reach) + b * expected_over(a, b + 1, shape, reach)) / (a + b);
    if ((z < CLOSED_FORM_Z_MAX || a < INTEGRAL_A_MIN) && !is_near_one)
        return c / (a - 1) * -expm1(shape * log1p(-z) + log_hypergeometric(shape, b, c, z));
    struct leaving l = {a, b, shape, reach};
    return exp(log_unit_integral(leaving_log, &l) - log_beta(a, b));
}

static double bgnbd_expected(const double *p, const struct history *h, double weeks)
{
    return weeks <= 0 ? 0 : expected_over(p[A], p[B] + h->repeats, p[R] + h->repeats, weeks / (p[ALPHA] + h->age_days / 7.0));
}

/* Who bought x times by then either is a buyer still, or left at the x-th; the latter takes x or more occasions to buy. */
static double bgnbd_chance(const double *p, double weeks, uint32_t repeats)
{
    double x = repeats, z = weeks / (p[ALPHA] + weeks), all = log_beta(p[A], p[B]);
    double times = log_gamma(p[R] + x) - log_gamma(p[R]) - log_gamma(x + 1) + p[R] * log1p(-z) + (repeats == 0 ? 0 : x * log(z));
    if (weeks <= 0)
        return repeats == 0 ? 1 : 0;
    double stays = exp(log_beta(p[A], p[B] + x) - all + times);
    if (repeats == 0)
        return stays;
    double at_least = times + log_hypergeometric(p[R] + x, 1, x + 1, z);
    return stays + exp(log_beta(p[A] + 1, p[B] + x - 1) - all + at_least);
}

const struct buying_model bgnbd_model = {
    .name = "bgnbd",
    .title = "BG/NBD",
    .title_zh = "BG/NBD 模型",
    .parameter_count = 4,
    .parameters = {"r", "alpha", "a", "b"},
    .leaves_at_purchases = true,
    .factor = bgnbd_factor,
    .ways = bgnbd_ways,
    .expected = bgnbd_expected,
    .chance = bgnbd_chance,
};
