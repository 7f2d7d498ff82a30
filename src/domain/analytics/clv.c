/* Customer lifetime value: purchases to come, month by month, each worth less the later it is. */
#include <math.h>

#include "domain/analytics/value_models.h"

double buying_discounted(const struct buying_model *model, const double *p, const struct history *h, unsigned months, double monthly_rate)
{
    double alive = buying_alive(model, p, h), before = 0, sum = 0, worth = 1;
    for (unsigned month = 1; month <= months; month++) {
        double by_then = model->expected(p, h, month * WEEKS_A_MONTH);
        worth /= 1 + monthly_rate;
        sum += alive * (by_then - before) * worth;
        before = by_then;
    }
    return sum;
}
