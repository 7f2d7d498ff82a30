/* Shifted beta-geometric (Fader, Hardie 2007): at the end of each period one leaves with a probability of one's own, beta distributed. So those who stay
 * longest leave least, with nobody changing. */
#include <math.h>

#include "domain/analytics/fit.h"
#include "domain/analytics/value_models.h"

enum { ALPHA, BETA };

static double renewals_height(void *context, const double *p)
{
    const struct renewals *r = context;
    double stays = 0, sum = 0; /* ln of the share that stays up to here */
    for (size_t t = 0; t < r->periods; t++) {
        double all = log(p[ALPHA] + p[BETA] + (double)t);
        sum += (double)r->left[t] * (stays + log(p[ALPHA]) - all);
        stays += log(p[BETA] + (double)t) - all;
        sum += (double)r->stayed[t] * stays;
    }
    return -sum;
}

fallible sbg_fit(const struct renewals *r, struct fit *out, struct err *e)
{
    struct renewals all = *r;
    return fit_of(&(struct surface){renewals_height, &all, 2, NULL, NULL}, "sBG", out, e);
}

double sbg_survival(const double *p, uint32_t periods)
{
    double share = 1;
    for (uint32_t t = 0; t < periods; t++)
        share *= (p[BETA] + t) / (p[ALPHA] + p[BETA] + t);
    return share;
}
