#include "lib/cholesky.h"

#include <assert.h>
#include <math.h>

bool cholesky(double *io_a, size_t count, size_t stride)
{
    assert(count <= stride);
    for (size_t i = 0; i < count; i++) {
        double *row = io_a + i * stride;
        for (size_t j = 0; j <= i; j++) {
            const double *other = io_a + j * stride;
            double rest = row[j];
            for (size_t k = 0; k < j; k++)
                rest -= row[k] * other[k];
            if (j < i)
                row[j] = rest / other[j];
            else if (rest > 0)
                row[i] = sqrt(rest);
            else
                return false;
        }
    }
    return true;
}

void cholesky_solve(const double *l, size_t count, size_t stride, double *io_b)
{
    assert(count <= stride);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i; j++)
            io_b[i] -= l[i * stride + j] * io_b[j];
        io_b[i] /= l[i * stride + i];
    }
    for (size_t i = count; i-- > 0;) {
        io_b[i] /= l[i * stride + i];
        for (size_t j = 0; j < i; j++) /* a row of L at a time, as it lies in memory */
            io_b[j] -= l[i * stride + j] * io_b[i];
    }
}
