#include "lib/ratio.h"

#include <assert.h>
#include <math.h>

void ratio_add(struct ratio_sums *s, double x, double y)
{
    s->count++;
    s->x += x;
    s->y += y;
    s->xx += x * x;
    s->xy += x * y;
    s->yy += y * y;
}

double ratio_of(const struct ratio_sums *s)
{
    return s->x > 0 || s->x < 0 ? s->y / s->x : NAN;
}

double ratio_error(const struct ratio_sums *s, uint64_t population)
{
    assert(population >= s->count);
    double n = (double)s->count, ratio = ratio_of(s);
    if (s->count < 2 || isnan(ratio))
        return NAN;
    double squares = s->yy - 2 * ratio * s->xy + ratio * ratio * s->xx; /* of y - R x */
    double variance = fmax(squares, 0) / (n - 1) * (1 - n / (double)population);
    return sqrt(variance / n) / fabs(s->x / n);
}

struct interval ratio_bounds(const struct ratio_sums *s, uint64_t population, double z)
{
    double ratio = ratio_of(s), error = ratio_error(s, population);
    return (struct interval){.low = ratio - z * error, .high = ratio + z * error};
}
