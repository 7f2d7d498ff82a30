/* Comparing numbers exactly: decimals of any scale, and doubles that no decimal is. */
#include <math.h>

#include "domain/analytics/filter_inside.h"
#include "testing/test.h"

static struct expr_value decimal(int64_t mantissa, uint8_t scale)
{
    return (struct expr_value){.kind = EXPR_DECIMAL, .mantissa = mantissa, .scale = scale};
}

static struct expr_value real(double x)
{
    return (struct expr_value){.kind = EXPR_REAL, .real = x};
}

static int compared(int64_t mantissa, uint8_t scale, struct expr_value said)
{
    return number_compare(mantissa, scale, &said);
}

static void decimals_of_any_scale_are_compared_exactly(struct t *t)
{
    CHECK_EQ(t, compared(125, 1, decimal(1250, 2)), 0);
    CHECK_EQ(t, compared(INT64_MAX, 0, decimal(INT64_MAX, 6)), 1);
    CHECK_EQ(t, compared(INT64_MIN, 0, decimal(INT64_MIN, 6)), -1);
    CHECK_EQ(t, compared(INT64_MAX, 6, decimal(INT64_MAX - 1, 6)), 1);
    CHECK_EQ(t, compared(-1, 6, decimal(0, 0)), -1);
}

/* 2^53 + 1 is no double, and 0.1 is none; what is nearest to them is not equal. */
static void doubles_are_compared_to_the_last_bit(struct t *t)
{
    CHECK_EQ(t, compared((INT64_C(1) << 53) + 1, 0, real(0x1p53)), 1);
    CHECK_EQ(t, compared(INT64_C(1) << 53, 0, real(0x1p53)), 0);
    CHECK_EQ(t, compared(1, 1, real(0.1)), -1); /* the double is a little more than a tenth */
    CHECK_EQ(t, compared(5, 1, real(0.5)), 0);
    CHECK_EQ(t, compared(INT64_MAX, 0, real(0x1p63)), -1);
    CHECK_EQ(t, compared(INT64_MIN, 0, real(-0x1p63)), 0);
    CHECK_EQ(t, compared(INT64_MIN, 6, real(-1e300)), 1);
    CHECK_EQ(t, compared(INT64_MAX, 0, real(1e300)), -1);
    CHECK_EQ(t, compared(1, 6, real(1e-300)), 1);
    CHECK_EQ(t, compared(-1, 6, real(-1e-300)), -1);
    CHECK_EQ(t, compared(0, 6, real(-1e-300)), 1);
    CHECK_EQ(t, compared(0, 0, real(-0.0)), 0);
    CHECK_EQ(t, compared(INT64_MAX, 6, real(0x1p-1074)), 1);
    CHECK_EQ(t, compared(1, 0, real(INFINITY)), -1);
    CHECK_EQ(t, compared(1, 0, real(-INFINITY)), 1);
}

/* A long double has all 64 bits of a mantissa; with scale 0 nothing is lost in it. */
static void whole_numbers_compare_as_long_doubles_do(struct t *t)
{
    int64_t m = (int64_t)(rng_next(&t->rng) >> rng_below(&t->rng, 64));
    double near = (double)m, said = rng_chance(&t->rng, 0.5) ? nextafter(near, rng_chance(&t->rng, 0.5) ? INFINITY : -INFINITY) : near;
    if (rng_chance(&t->rng, 0.3))
        said = ldexp(rng_unit(&t->rng) - 0.5, (int)rng_between(&t->rng, -80, 80));
    long double x = (long double)m, y = (long double)said;
    CHECK_EQ(t, compared(m, 0, real(said)), (x > y) - (x < y));
}

/* The reaches of a comparison are where it holds: at their ends, and not one beyond. */
static void reaches_end_where_a_comparison_does(struct t *t)
{
    static const enum expr_op ops[] = {EXPR_EQUAL, EXPR_LESS, EXPR_AT_MOST, EXPR_MORE, EXPR_AT_LEAST};
    struct expr_value said = rng_chance(&t->rng, 0.5) ? decimal(rng_between(&t->rng, -5000, 5000), (uint8_t)rng_below(&t->rng, 7))
                                                      : real((double)rng_between(&t->rng, -5000, 5000) / 7);
    struct filter f = {.compare = ops[rng_below(&t->rng, COUNT_OF(ops))], .number_count = 1, .numbers = &said};
    uint8_t scale = (uint8_t)rng_below(&t->rng, 4);
    struct reach reach = {0};
    uint32_t count = reaches_of_numbers(&f, scale, &reach);
    for (int64_t m = -2000; m <= 2000; m++) {
        int order = number_compare(m, scale, &said);
        bool holds = f.compare == EXPR_EQUAL     ? order == 0
                     : f.compare == EXPR_LESS    ? order < 0
                     : f.compare == EXPR_AT_MOST ? order <= 0
                     : f.compare == EXPR_MORE    ? order > 0
                                                 : order >= 0;
        if (holds != (count == 1 && m >= reach.from && m <= reach.until)) {
            CHECK_EQ(t, m, INT64_MIN);
            return;
        }
    }
}

static const struct test tests[] = {
    {"decimals of any scale are compared exactly", decimals_of_any_scale_are_compared_exactly, 1},
    {"doubles are compared to the last bit", doubles_are_compared_to_the_last_bit, 1},
    {"whole numbers compare as long doubles do", whole_numbers_compare_as_long_doubles_do, 5000},
    {"reaches end where a comparison does", reaches_end_where_a_comparison_does, 200},
};
TEST_MAIN(tests)
