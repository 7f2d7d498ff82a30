/* The ratio of two totals, estimated from a simple random sample of pairs (x, y) of a finite population: R = sum of y / sum of x, with the linearised variance
 *
 *   v(R) = (1 - n / N) / (n * mean(x)^2) * sum((y - R x)^2) / (n - 1)
 *
 * (W. G. Cochran, Sampling Techniques, 3rd ed. 1977, 6.4). Its bias is of the order 1 / n: of fewer than some 30 pairs, or of x that differ wildly, the interval
 * is too short. Pure; any thread. */
#pragma once

#include <stdint.h>

#include "lib/stats.h"

/* Zeroed to begin with. Sums of two samples are the sums of both. */
struct ratio_sums {
    uint64_t count;
    double x, y, xx, xy, yy;
};

void ratio_add(struct ratio_sums *s, double x, double y);
double ratio_of(const struct ratio_sums *s); /* NAN: x sums to nothing */
/* Of fewer than two pairs it is NAN. */
double ratio_error(const struct ratio_sums *s, uint64_t population);
/* z standard errors about the ratio (normal_quantile(0.975) for 95 %); NAN where there is no error. `population` >= count. */
struct interval ratio_bounds(const struct ratio_sums *s, uint64_t population, double z);
