/* BG/BB (Fader, Hardie, Shang 2010): at each opportunity one takes it with a probability of one's own, or has left before with another, both beta
 * distributed. For what can happen once a month or a year. */
#include <math.h>

#include "domain/analytics/fit.h"
#include "domain/analytics/value_models.h"
#include "lib/special.h"

enum { ALPHA, BETA, GAMMA, DELTA };

static double taking(const double *p, double taken, double missed)
{
    return log_beta(p[ALPHA] + taken, p[BETA] + missed) - log_beta(p[ALPHA], p[BETA]);
}

/* ln of the chance to leave `left` times (0 or 1) after staying so many times. */
static double leaving(const double *p, double left, double stayed)
{
    return log_beta(p[GAMMA] + left, p[DELTA] + stayed) - log_beta(p[GAMMA], p[DELTA]);
}

double bgbb_log_likelihood(const double *p, const struct taken *t)
{
    double x = t->repeats, sum = taking(p, x, t->opportunities - x) + leaving(p, 0, t->opportunities);
    assert(t->repeats <= t->last && t->last <= t->opportunities);
    for (uint32_t stayed = t->last; stayed < t->opportunities; stayed++)
        sum = log_sum(sum, taking(p, x, stayed - x) + leaving(p, 1, stayed));
    return sum;
}

struct takers {
    const struct taken *groups;
    size_t count;
};

static double takers_height(void *context, const double *p)
{
    const struct takers *t = context;
    double sum = 0;
    for (size_t i = 0; i < t->count; i++)
        sum += (double)t->groups[i].people * bgbb_log_likelihood(p, &t->groups[i]);
    return -sum;
}

fallible bgbb_fit(const struct taken *groups, size_t count, const struct effort *effort, struct fit *out, struct err *e)
{
    struct takers t = {groups, count};
    return fit_of(&(struct surface){takers_height, &t, 4, NULL, effort}, "BG/BB", out, e);
}

double bgbb_alive(const double *p, const struct taken *t, uint32_t ahead)
{
    double x = t->repeats, n = t->opportunities;
    return exp(taking(p, x, n - x) + leaving(p, 0, n + ahead) - bgbb_log_likelihood(p, t));
}

/* At each opportunity to come one is to have stayed until then, and takes it: a sum that holds at gamma = 1, too, where the closed form has no value. */
double bgbb_expected(const double *p, const struct taken *t, uint32_t ahead)
{
    double x = t->repeats, n = t->opportunities, takes = taking(p, x + 1, n - x) - bgbb_log_likelihood(p, t), sum = 0;
    for (uint32_t m = 1; m <= ahead; m++)
        sum += exp(takes + leaving(p, 0, n + m));
    return sum;
}
