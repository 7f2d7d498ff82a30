#include "lib/special.h"

#include <assert.h>
#include <math.h>

#include "base/attr.h"

/* What a series may still add, relative to its sum. */
#define SERIES_REST 1e-17
#define SERIES_TERMS_MAX 100000000
/* Beyond it a sum is scaled down, and the scale is kept apart. */
#define SERIES_SUM_MAX 1e280

/* From here on the integral is quicker than the series. */
#define HYPERGEOMETRIC_NEAR_ONE 0.99

/* Double exponential quadrature: as far as weights don't vanish, in smaller and smaller steps until that changes nothing. */
#define QUADRATURE_REACH 6.5
#define QUADRATURE_STEP 0.125
#define QUADRATURE_HALVINGS_MAX 8
#define QUADRATURE_CHANGE 1e-10

double log_gamma(double x)
{
    int sign;
    assert(x > 0);
    return lgamma_r(x, &sign);
}

double log_beta(double a, double b)
{
    return log_gamma(a) + log_gamma(b) - log_gamma(a + b);
}

double log_sum(double a, double b)
{
    double most = fmax(a, b);
    if (isinf(most))
        return most;
    return most + log1p(exp(fmin(a, b) - most));
}

double log_difference(double a, double b)
{
    assert(a >= b);
    if (isinf(b) || a == b)
        return a == b ? -INFINITY : a;
    double d = b - a;
    return a + (d > -0.5 ? log(-expm1(d)) : log1p(-exp(d)));
}

/* The series itself. All its terms are positive, or all but the first have one sign and sum to less than it. */
static double hypergeometric_series(double a, double b, double c, double z)
{
    double term = 1, sum = 1, scale = 0;
    for (int k = 0; k < SERIES_TERMS_MAX; k++) {
        double ratio = (a + k) * (b + k) / ((c + k) * (1.0 + k)) * z;
        term *= ratio;
        sum += term;
        if (fabs(sum) > SERIES_SUM_MAX) {
            scale += log(SERIES_SUM_MAX);
            sum /= SERIES_SUM_MAX;
            term /= SERIES_SUM_MAX;
        }
        /* The ratios fall or rise to z: the rest is at most a geometric series of the larger of both. */
        double worst = fmax(ratio, z);
        if (worst < 1 && fabs(term) * worst <= SERIES_REST * sum * (1 - worst))
            break;
    }
    assert(sum > 0);
    return scale + log(sum);
}

/* Euler's integral: B(b, c - b) F = ∫ x^(b-1) (1-x)^(c-b-1) (1-zx)^-a. */
struct euler {
    double a, b, c, z;
};

static double euler_log(const void *context, double x, double rest)
{
    const struct euler *e = context;
    return (e->b - 1) * log(x) + (e->c - e->b - 1) * log(rest) - e->a * log(rest + (1 - e->z) * x);
}

double log_hypergeometric(double a, double b, double c, double z)
{
    assert(a > 0 && b > 0 && c > 0);
    assert(z >= 0 && z < 1);
    if (z > HYPERGEOMETRIC_NEAR_ONE && (c > b || c > a)) {
        struct euler e = c > b ? (struct euler){a, b, c, z} : (struct euler){b, a, c, z};
        return log_unit_integral(euler_log, &e) - log_beta(e.b, e.c - e.b);
    }
    /* Euler's transformation: where terms would grow, those of the other side shrink. With parameters below -1 its signs would alternate. */
    if (c < a + b && fmin(c - a, c - b) > -1)
        return (c - a - b) * log1p(-z) + hypergeometric_series(c - a, c - b, c, z);
    return hypergeometric_series(a, b, c, z);
}

/* Γ(a) Ψ = ∫ e^(-z t) t^(a-1) (1+t)^(b-a-1) over t > 0, with t = x / (1-x). */
struct tricomi {
    double a, b, z;
};

static double tricomi_log(const void *context, double x, double rest)
{
    const struct tricomi *t = context;
    return -t->z * x / rest + (t->a - 1) * log(x) - t->b * log(rest);
}

double log_tricomi(double a, double b, double z)
{
    assert(a > 0 && z > 0);
    return log_unit_integral(tricomi_log, &(struct tricomi){a, b, z}) - log_gamma(a);
}

/* The regularised upper incomplete gamma function of halves, by its recurrence from erfc or exp: Q(s + 1, y) = Q(s, y) + y^s e^-y / Γ(s + 1). */
double chi_square_tail(double x, unsigned degrees)
{
    assert(x >= 0 && degrees > 0);
    double y = x / 2, s = degrees % 2 == 1 ? 0.5 : 1;
    double tail = degrees % 2 == 1 ? erfc(sqrt(y)) : exp(-y);
    if (y == 0)
        return 1;
    for (; s < degrees / 2.0; s++)
        tail += exp(s * log(y) - y - log_gamma(s + 1));
    return fmin(tail, 1);
}

/* A sum of exponentials, as sum * e^most. */
struct scaled {
    double most, sum;
};

static void scaled_add(struct scaled *s, double logarithm)
{
    if (logarithm > s->most) {
        s->sum = s->sum * exp(s->most - logarithm) + 1;
        s->most = logarithm;
    } else if (!isinf(logarithm)) {
        s->sum += exp(logarithm - s->most);
    }
}

/* x = 1 / (1 + e^(-π sinh u)): both x and 1 - x are exact to the last digits, down to what a double can hold. */
static double quadrature_point(double (*log_of)(const void *context, double x, double rest), const void *context, double u)
{
    double half = M_PI * sinh(u), small = exp(-fabs(half)), near = small / (1 + small), far = 1 / (1 + small);
    if (near <= 0)
        return -INFINITY;
    return log_of(context, half < 0 ? near : far, half < 0 ? far : near) + log(M_PI * cosh(u) * near * far);
}

/* Each halving of the step squares the error. */
double log_unit_integral(double (*log_of)(const void *context, double x, double rest), const void *context)
{
    struct scaled all = {-INFINITY, 0};
    double step = QUADRATURE_STEP, before = NAN, now = NAN;
    for (double u = -QUADRATURE_REACH; u <= QUADRATURE_REACH; u += step)
        scaled_add(&all, quadrature_point(log_of, context, u));
    for (int halving = 0; halving < QUADRATURE_HALVINGS_MAX && !(fabs(now - before) <= QUADRATURE_CHANGE); halving++) {
        step /= 2;
        for (double u = -QUADRATURE_REACH + step; u <= QUADRATURE_REACH; u += 2 * step)
            scaled_add(&all, quadrature_point(log_of, context, u));
        before = now;
        now = all.most + log(all.sum * step);
    }
    return now;
}
