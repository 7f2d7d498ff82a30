/* Pareto/NBD (Schmittlein, Morrison, Colombo 1987): purchases come at random at a rate of one's own, gamma distributed, and one leaves at a random time, at
 * a rate of one's own, gamma distributed too. */
#include <math.h>

#include "domain/analytics/value_models.h"
#include "lib/special.h"

enum { R, ALPHA, S, BETA };

static double pareto_factor(const double *p, uint32_t repeats)
{
    return log_gamma(p[R] + repeats) - log_gamma(p[R]) + p[R] * log(p[ALPHA]) + p[S] * log(p[BETA]);
}

static struct ways pareto_ways(const double *p, uint32_t repeats, double weeks)
{
    double all = p[R] + p[S] + repeats, most = fmax(p[ALPHA], p[BETA]) + weeks;
    double c = p[ALPHA] >= p[BETA] ? p[S] + 1 : p[R] + repeats;
    double stays = -(p[R] + repeats) * log(p[ALPHA] + weeks) - p[S] * log(p[BETA] + weeks);
    double leaves = log(p[S] / all) - all * log(most) + log_hypergeometric(all, c, all + 1, fabs(p[ALPHA] - p[BETA]) / most);
    return (struct ways){stays, leaves};
}

/* (1 - e^-y) / y */
static double mean_decay(double y)
{
    return fabs(y) < 1e-12 ? 1 : -expm1(-y) / y;
}

static double pareto_expected(const double *p, const struct history *h, double weeks)
{
    double age = h->age_days / 7.0, span = log1p(weeks / (p[BETA] + age));
    return (p[R] + h->repeats) * (p[BETA] + age) / (p[ALPHA] + age) * span * mean_decay((p[S] - 1) * span);
}

double pareto_nbd_residual(const double *p, const struct history *h, double rate)
{
    double age = h->age_days / 7.0, shape = p[R] + h->repeats + 1;
    assert(rate > 0);
    return exp(p[R] * log(p[ALPHA]) + p[S] * log(p[BETA]) + (p[S] - 1) * log(rate) + log_gamma(shape) + log_tricomi(p[S], p[S], rate * (p[BETA] + age)) -
               log_gamma(p[R]) - shape * log(p[ALPHA] + age) - buying_log_likelihood(&pareto_nbd_model, p, h));
}

const struct buying_model pareto_nbd_model = {
    .name = "pareto_nbd",
    .title = "Pareto/NBD",
    .title_zh = "Pareto/NBD 模型",
    .parameter_count = 4,
    .parameters = {"r", "alpha", "s", "beta"},
    .factor = pareto_factor,
    .ways = pareto_ways,
    .expected = pareto_expected,
};
