#include "lib/cholesky.h"

#include <math.h>

#include "testing/test.h"

#define SIDE_MAX 12u
#define STRIDE 15u

/* A = M Mᵀ + I of random numbers, x random: A x solves to x again, with what lies beside the matrix untouched. */
static void a_solution_solves(struct t *t)
{
    double m[SIDE_MAX][SIDE_MAX], a[SIDE_MAX * STRIDE], x[SIDE_MAX], b[SIDE_MAX] = {0};
    size_t count = 1 + rng_below(&t->rng, SIDE_MAX);
    for (size_t i = 0; i < count * STRIDE; i++)
        a[i] = NAN;
    for (size_t i = 0; i < count; i++) {
        x[i] = rng_unit(&t->rng) - 0.5;
        for (size_t j = 0; j < count; j++)
            m[i][j] = rng_unit(&t->rng) - 0.5;
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            double sum = i == j;
            for (size_t k = 0; k < count; k++)
                sum += m[i][k] * m[j][k];
            b[i] += sum * x[j];
            if (j <= i)
                a[i * STRIDE + j] = sum;
        }
    }
    REQUIRE(t, cholesky(a, count, STRIDE));
    cholesky_solve(a, count, STRIDE, b);
    for (size_t i = 0; i < count; i++)
        CHECK(t, fabs(b[i] - x[i]) < 1e-12);
    for (size_t i = 0; i + 1 < count; i++)
        CHECK(t, isnan(a[i * STRIDE + i + 1]));
}

static void a_saddle_is_no_bowl(struct t *t)
{
    double saddle[] = {1, 0, 2, 1}, flat[] = {1, 0, 1, 1}, nonsense[] = {NAN};
    CHECK(t, !cholesky(saddle, 2, 2));
    CHECK(t, !cholesky(flat, 2, 2));
    CHECK(t, !cholesky(nonsense, 1, 1));
}

static const struct test tests[] = {
    {"a solution solves", a_solution_solves, 200},
    {"a saddle is no bowl", a_saddle_is_no_bowl, 1},
};
TEST_MAIN(tests)
