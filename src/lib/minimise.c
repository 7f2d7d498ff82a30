#include "lib/minimise.h"

#include <math.h>
#include <nlopt.h>
#include <string.h>

#include "lib/cholesky.h"

#define LOG_MAX 10.0 /* numbers stay within e^-10 .. e^10, where the functions of fits can still be computed */
#define EDGE_WIDTH 1e-3
#define EVALUATIONS_MAX 20000
#define HEIGHT_TOLERANCE 1e-10 /* relative */
#define NUMBER_TOLERANCE 1e-6
#define HEIGHT_OF_NONSENSE 1e300
/* Of logarithms: so small that higher derivatives don't count, so large that rounding errors don't. */
#define HESSIAN_STEP 1e-3
#define SLOPE_STEP 1e-4
#define NEWTON_STEPS_MAX 20
#define NEWTON_PROMISE_MIN 1e-10     /* of height */
#define NEWTON_PROMISE_ROUNDED 1e-4 /* so much may be lost in the rounding of a large height */
#define NEWTON_PART_MIN 0.1

struct descent {
    const struct surface *surface;
    nlopt_opt search; /* that runs; NULL: none */
    unsigned evaluations;
};

/* In NLopt's shape: of logarithms. */
static double descent_height(unsigned count, const double *logs, double *gradient, void *context)
{
    struct descent *d = context;
    double numbers[MINIMISE_NUMBERS_MAX];
    assert(gradient == NULL && count <= MINIMISE_NUMBERS_MAX);
    if (effort_is_over(d->surface->effort)) {
        if (d->search != NULL)
            (void)nlopt_force_stop(d->search);
        return HEIGHT_OF_NONSENSE;
    }
    for (unsigned i = 0; i < count; i++)
        numbers[i] = exp(logs[i]);
    d->evaluations++;
    double height = d->surface->height(d->surface->context, numbers);
    return isfinite(height) ? height : HEIGHT_OF_NONSENSE;
}

static fallible effort_goes_on(const struct surface *s, struct err *e)
{
    return effort_is_over(s->effort) ? FAIL(e, CANCELLED, "a fit was cancelled") : DONE;
}

/* From logarithms (all 0 to begin with) to where Subplex makes no more headway. */
static fallible subplex(struct descent *d, double *io_logs, struct err *e)
{
    double height = HEIGHT_OF_NONSENSE;
    nlopt_opt opt = nlopt_create(NLOPT_LN_SBPLX, (unsigned)d->surface->count);
    if (opt == NULL)
        return FAIL(e, FULL, "no memory for a fit");
    nlopt_result set[] = {
        nlopt_set_min_objective(opt, descent_height, d), nlopt_set_lower_bounds1(opt, -LOG_MAX),
        nlopt_set_upper_bounds1(opt, LOG_MAX),           nlopt_set_ftol_rel(opt, HEIGHT_TOLERANCE),
        nlopt_set_xtol_rel(opt, NUMBER_TOLERANCE),       nlopt_set_maxeval(opt, EVALUATIONS_MAX),
    };
    nlopt_result result = NLOPT_SUCCESS;
    for (size_t i = 0; i < COUNT_OF(set) && result > 0; i++)
        result = set[i];
    d->search = opt;
    if (result > 0)
        result = nlopt_optimize(opt, io_logs, &height);
    d->search = NULL;
    nlopt_destroy(opt);
    TRY(effort_goes_on(d->surface, e));
    /* Where rounding errors stop it, the best so far is where it got. */
    if (result < 0 && result != NLOPT_ROUNDOFF_LIMITED)
        return FAIL(e, INVALID, "a fit failed: %s", nlopt_result_to_string(result));
    if (result == NLOPT_MAXEVAL_REACHED)
        return FAIL(e, LIMIT, "a fit found no end within %d evaluations", EVALUATIONS_MAX);
    return DONE;
}

typedef double square[MINIMISE_NUMBERS_MAX][MINIMISE_NUMBERS_MAX];

/* The height after steps in two logarithms, which may be the same one. */
static double height_beside(struct descent *d, const double *logs, size_t i, double step_i, size_t j, double step_j)
{
    double beside[MINIMISE_NUMBERS_MAX];
    memcpy(beside, logs, d->surface->count * sizeof *beside);
    beside[i] += step_i;
    beside[j] += step_j;
    return descent_height((unsigned)d->surface->count, beside, NULL, d);
}

static void hessian_take(struct descent *d, const double *logs, square out)
{
    double h = HESSIAN_STEP;
    for (size_t i = 0; i < d->surface->count; i++) {
        for (size_t j = 0; j <= i; j++) {
            double both = height_beside(d, logs, i, h, j, h) + height_beside(d, logs, i, -h, j, -h);
            double apart = height_beside(d, logs, i, h, j, -h) + height_beside(d, logs, i, -h, j, h);
            out[i][j] = out[j][i] = (both - apart) / (4 * h * h);
        }
    }
}

static void slope_take(struct descent *d, const double *logs, double *out)
{
    for (size_t i = 0; i < d->surface->count; i++)
        out[i] = (height_beside(d, logs, i, SLOPE_STEP, i, 0) - height_beside(d, logs, i, -SLOPE_STEP, i, 0)) / (2 * SLOPE_STEP);
}

enum stride { STRIDE_MADE, STRIDE_DONE, STRIDE_LOST };

/* One step of Newton's, shorter where the whole one leads up. Done: it promises nothing more. Lost: the surface isn't like a bowl here. */
static enum stride newton_step(struct descent *d, double *io_logs, double *io_height)
{
    square l;
    double step[MINIMISE_NUMBERS_MAX], ahead[MINIMISE_NUMBERS_MAX], promise = 0;
    size_t count = d->surface->count;
    hessian_take(d, io_logs, l);
    if (!cholesky(l[0], count, MINIMISE_NUMBERS_MAX))
        return STRIDE_LOST;
    slope_take(d, io_logs, step);
    for (size_t i = 0; i < count; i++)
        ahead[i] = step[i];
    cholesky_solve(l[0], count, MINIMISE_NUMBERS_MAX, step);
    for (size_t i = 0; i < count; i++)
        promise += step[i] * ahead[i] / 2;
    if (promise <= NEWTON_PROMISE_MIN)
        return STRIDE_DONE;
    for (double part = 1; part >= NEWTON_PART_MIN; part /= 2) {
        bool is_inside = true;
        for (size_t i = 0; i < count; i++) {
            ahead[i] = io_logs[i] - part * step[i];
            is_inside = is_inside && fabs(ahead[i]) < LOG_MAX;
        }
        double height = is_inside ? descent_height((unsigned)count, ahead, NULL, d) : INFINITY;
        if (height < *io_height) {
            memcpy(io_logs, ahead, count * sizeof *ahead);
            *io_height = height;
            return STRIDE_MADE;
        }
    }
    return promise < NEWTON_PROMISE_ROUNDED ? STRIDE_DONE : STRIDE_LOST;
}

/* False: it didn't get to the bottom. */
static bool newton(struct descent *d, double *io_logs)
{
    double height = descent_height((unsigned)d->surface->count, io_logs, NULL, d);
    enum stride stride = STRIDE_MADE;
    for (int step = 0; step < NEWTON_STEPS_MAX && stride == STRIDE_MADE; step++)
        stride = newton_step(d, io_logs, &height);
    return stride == STRIDE_DONE;
}

fallible minimise(const struct surface *s, struct minimum *out, struct err *e)
{
    assert(s->count > 0 && s->count <= MINIMISE_NUMBERS_MAX);
    double logs[MINIMISE_NUMBERS_MAX] = {0};
    struct descent d = {.surface = s};
    if (s->rough != NULL) {
        assert(s->rough->count == s->count);
        TRY(subplex(&(struct descent){.surface = s->rough}, logs, e));
    }
    /* Subplex crawls along a flat valley, and stops short of its lowest point; from there a few steps of Newton's reach it. */
    if (s->rough == NULL || !newton(&d, logs)) {
        TRY(subplex(&d, logs, e));
        (void)newton(&d, logs);
    }
    TRY(effort_goes_on(s, e));
    *out = (struct minimum){.height = descent_height((unsigned)s->count, logs, NULL, &d), .evaluations = d.evaluations};
    for (size_t i = 0; i < s->count; i++) {
        out->numbers[i] = exp(logs[i]);
        out->is_at_edge = out->is_at_edge || fabs(logs[i]) > LOG_MAX - EDGE_WIDTH;
    }
    return DONE;
}

bool minimum_errors(const struct surface *s, const struct minimum *m, double *out_errors)
{
    square l;
    double logs[MINIMISE_NUMBERS_MAX], errors[MINIMISE_NUMBERS_MAX];
    struct descent d = {.surface = s};
    for (size_t i = 0; i < s->count; i++)
        logs[i] = log(m->numbers[i]);
    hessian_take(&d, logs, l);
    if (effort_is_over(s->effort) || !cholesky(l[0], s->count, MINIMISE_NUMBERS_MAX))
        return false;
    for (size_t i = 0; i < s->count; i++) {
        double column[MINIMISE_NUMBERS_MAX] = {0};
        column[i] = 1;
        cholesky_solve(l[0], s->count, MINIMISE_NUMBERS_MAX, column);
        errors[i] = sqrt(column[i]) * m->numbers[i];
        if (!isfinite(errors[i]))
            return false;
    }
    memcpy(out_errors, errors, s->count * sizeof *errors);
    return true;
}
