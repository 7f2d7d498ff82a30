/* What rates of people are judged by: intervals of a rate and of the ratio of two, p-values, corrections for many tests; and totals that are
 * dealt out without a rest. Pure; any thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct interval {
    double low, high;
};

double normal_quantile(double p);  /* what a standard normal is below with probability p in (0, 1); relative error below 1e-13 */
double normal_two_sided(double z); /* the probability of |z| or more, either way */

/* Of `count` who did among `of` who could. */
struct proportion {
    uint64_t count, of; /* count <= of */
};
double proportion_rate(struct proportion p); /* 0 of nobody */
/* Wilson's; z is how many standard errors it reaches (normal_quantile(0.975) for 95 %). Of nobody it is [0, 1]. */
struct interval wilson_interval(struct proportion p, double z);
/* Of the ratio of two rates: Katz's, on logarithms. Where nobody did, or nobody could, half a person is added to those who did and to those who
 * didn't, of both. */
struct interval ratio_interval(struct proportion a, struct proportion b, double z);
/* Of a's rate less b's, by the pooled variance; 0 where there is none. */
double proportions_z(struct proportion a, struct proportion b);
/* Fisher's exact test, two-sided: of all tables with the same margins, those that are no likelier. Costs the smallest margin in logarithms. */
double fisher_p(struct proportion a, struct proportion b);
/* The least number that a cell of the two-by-two table would have if both rates were the same: below 5 the normal is no guide. */
double proportions_expected_least(struct proportion a, struct proportion b);

/* Corrected for being `count` tests, so that they are compared with the level of all; `p` ascends, `out` may be `p`.
 * Benjamini-Hochberg bounds the share of false finds, Holm the chance of any. */
void adjust_benjamini_hochberg(const double *p, size_t count, double *out);
void adjust_holm(const double *p, size_t count, double *out);

/* Whole numbers in place of `parts` (below 2^62 either way), which sum to about `total`: each is its part rounded down, and what is left goes to
 * those of the largest remainder, of equals to the first. They sum to the total exactly, also with parts below 0, or that don't sum to it. Costs the square of count. */
void deal_out(const double *parts, size_t count, int64_t total, int64_t *out);
