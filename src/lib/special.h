/* Special functions, most of them as natural logarithms, so that neither large nor small arguments overflow. Pure, and safe for any thread; relative error
 * about 1e-12 unless said otherwise. */
#pragma once

#include <stdbool.h>

double log_gamma(double x);          /* ln Γ(x), x > 0 */
double log_beta(double a, double b); /* ln B(a, b), a, b > 0 */

double log_sum(double a, double b);        /* ln(e^a + e^b); either may be -INFINITY */
double log_difference(double a, double b); /* ln(e^a - e^b), a >= b; -INFINITY when they are equal */

/* ln of Gauss's hypergeometric function F(a, b; c; z) for a, b, c > 0 and 0 <= z < 1. Close to 1 (from 0.99) a and c - a, or b and c - b, should be
 * positive, or it takes 40 / (1 - z) terms. Tens to hundreds of nanoseconds elsewhere. */
double log_hypergeometric(double a, double b, double c, double z);

/* ln of Tricomi's confluent hypergeometric function Ψ(a, b; z), a, z > 0. Microseconds. */
double log_tricomi(double a, double b, double z);

/* P(χ² >= x) with so many degrees of freedom, x >= 0. */
double chi_square_tail(double x, unsigned degrees);

/* ln of the integral over (0, 1) of a positive function that may be singular or steep at both ends, given as its logarithm. It is asked with x and rest =
 * 1 - x, each with full precision. Some hundreds of calls. A power of x or of
 * rest has to be above -0.95. */
double log_unit_integral(double (*log_of)(const void *context, double x, double rest), const void *context);
