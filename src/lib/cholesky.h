/* Systems of equations whose matrix is symmetric and positive definite, such as those of Newton's steps: A = L Lᵀ, dense. Pure; any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Of the first `count` rows and columns of a matrix whose rows lie `stride` numbers apart; the lower triangle alone is read, and becomes L. False: it isn't
 * positive definite, and is spoilt. Costs count³ / 3. */
bool cholesky(double *io_a, size_t count, size_t stride);

/* x of L Lᵀ x = b, in place of b. Costs 2 count². */
void cholesky_solve(const double *l, size_t count, size_t stride, double *io_b);
