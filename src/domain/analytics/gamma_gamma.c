/* Gamma-Gamma (Fader, Hardie 2005): what somebody spends at a time varies about a mean of their own, and the means vary over people, however often they buy. */
#include <math.h>

#include "domain/analytics/fit.h"
#include "domain/analytics/value_models.h"
#include "lib/special.h"

enum { P, Q, V };

#define ROUGH_SPENDERS 20000u /* tell roughly where a fit of more will be */

static double spending(const double *p, double x, double z, double factor)
{
    double both = log(p[V] + x * z);
    return factor - log(z) + p[Q] * (log(p[V]) - both) + p[P] * x * (log(x * z) - both);
}

double gamma_gamma_log_likelihood(const double *p, const struct spender *s)
{
    assert(s->repeats > 0 && s->mean > 0);
    return spending(p, s->repeats, s->mean, -log_beta(p[P] * s->repeats, p[Q]));
}

struct spenders {
    const struct spender *all;
    size_t count, step; /* every step-th of them */
    double scale;       /* their mean: in units of it the search begins near its end, whatever the currency */
};

static double spenders_height(void *context, const double *p)
{
    const struct spenders *s = context;
    double sum = 0, factor = 0;
    uint32_t repeats = 0;
    for (size_t i = 0; i < s->count; i += s->step) {
        const struct spender *one = &s->all[i];
        if (one->repeats != repeats)
            factor = -log_beta(p[P] * one->repeats, p[Q]);
        repeats = one->repeats;
        sum += spending(p, one->repeats, one->mean / s->scale, factor);
    }
    return -sum;
}

fallible gamma_gamma_fit(const struct spender *spenders, size_t count, const struct effort *effort, struct fit *out, struct err *e)
{
    struct spenders all = {spenders, count, 1, 0};
    assert(count > 0);
    for (size_t i = 0; i < count; i++)
        all.scale += spenders[i].mean / (double)count;
    struct spenders sample = {spenders, count, count / ROUGH_SPENDERS, all.scale};
    struct surface rough = {spenders_height, &sample, 3, NULL, effort};
    TRY(fit_of(&(struct surface){spenders_height, &all, 3, sample.step >= 4 ? &rough : NULL, effort}, "Gamma-Gamma", out, e));
    out->parameters[V] *= all.scale;
    out->errors[V] *= all.scale;
    out->log_likelihood -= (double)count * log(all.scale);
    return DONE;
}

double gamma_gamma_expected(const double *p, uint32_t repeats, double mean)
{
    double x = repeats, known = repeats == 0 ? 0 : x * mean, weight = p[P] * x + p[Q] - 1;
    return weight > 0 ? p[P] * (p[V] + known) / weight : INFINITY;
}
