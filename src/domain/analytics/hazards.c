/* Cox's proportional hazards of groups: by Newton's steps on the partial likelihood, in which those who end at one time leave one after the other, each with
 * what is left of the others (Efron's ties). */
#include <math.h>

#include "domain/analytics/survival_curve.h"

#define STEPS_MAX 40
#define STEP_DONE 1e-10
#define STEP_MAX 2.0 /* further the likelihood's curvature says nothing */

/* Of the groups that take part: their curves, and the logarithms of their hazards beside the first one's, which is 0. */
struct cox {
    uint32_t count;
    struct curve *curves;
    double *logs, *weights; /* weights: e to these */
    double *slope, *information; /* count; count × count: of the likelihood at these */
    double *shares;              /* scratch: count */
};

/* Adds what one of `ended` who end at a time does: `gone` of them have left, as a share. */
static void leaver_add(struct cox *c, const struct times *w, double gone)
{
    double all = 0;
    for (uint32_t g = 0; g < c->count; g++) {
        c->shares[g] = c->weights[g] * (w->all[g].at_risk - gone * w->all[g].ended);
        all += c->shares[g];
    }
    for (uint32_t g = 0; g < c->count; g++)
        c->shares[g] /= all;
    for (uint32_t g = 0; g < c->count; g++) {
        c->slope[g] -= c->shares[g];
        for (uint32_t h = 0; h < c->count; h++)
            c->information[g * c->count + h] += c->shares[g] * ((g == h) - c->shares[h]);
    }
}

static void likelihood_take(struct cox *c, struct arena *arena)
{
    struct times w;
    times_init(&w, c->curves, c->count, arena);
    for (uint32_t g = 0; g < c->count; g++)
        c->weights[g] = exp(c->logs[g]);
    memset(c->slope, 0, c->count * sizeof *c->slope);
    memset(c->information, 0, (size_t)c->count * c->count * sizeof *c->information);
    while (times_next(&w)) {
        double ended = 0;
        for (uint32_t g = 0; g < c->count; g++) {
            ended += w.all[g].ended;
            c->slope[g] += w.all[g].ended;
        }
        for (double gone = 0; gone < ended; gone++)
            leaver_add(c, &w, gone / ended);
    }
}

/* Without the first group, which the others are compared with: the last count - 1 rows and columns. */
static double *others_information(const struct cox *c, struct arena *arena)
{
    uint32_t count = c->count - 1;
    double *a = ARENA_ARRAY(arena, double, (size_t)count * count);
    for (uint32_t g = 0; g < count; g++)
        memcpy(a + g * count, c->information + (g + 1) * c->count + 1, count * sizeof *a);
    return a;
}

/* False: the steps don't end. */
static bool cox_climb(struct cox *c, struct arena *arena)
{
    for (int step = 0; step < STEPS_MAX; step++) {
        double largest = 0;
        likelihood_take(c, arena);
        symmetric_solve(others_information(c, arena), c->slope + 1, c->count - 1);
        for (uint32_t g = 1; g < c->count; g++) {
            double by = fmax(-STEP_MAX, fmin(STEP_MAX, c->slope[g]));
            c->logs[g] += by;
            largest = fmax(largest, fabs(by));
        }
        if (largest < STEP_DONE)
            return true;
    }
    return false;
}

static double cox_error(const struct cox *c, uint32_t group, struct arena *arena)
{
    double *column = ARENA_ARRAY(arena, double, c->count);
    column[group - 1] = 1;
    symmetric_solve(others_information(c, arena), column, c->count - 1);
    return sqrt(column[group - 1]);
}

void hazards_fit(const struct curve *curves, uint32_t count, struct arena *arena, struct hazard *out)
{
    struct cox c = {.curves = ARENA_ARRAY(arena, struct curve, count + 1)};
    uint32_t *places = ARENA_ARRAY(arena, uint32_t, count + 1);
    for (uint32_t g = 0; g < count; g++) {
        out[g] = (struct hazard){NAN, NAN, NAN};
        if (curves[g].ended > 0) { /* else its hazard is below any number */
            places[c.count] = g;
            c.curves[c.count++] = curves[g];
        }
    }
    if (c.count == 0)
        return;
    c.logs = ARENA_ARRAY(arena, double, c.count);
    c.weights = ARENA_ARRAY(arena, double, c.count);
    c.slope = ARENA_ARRAY(arena, double, c.count);
    c.shares = ARENA_ARRAY(arena, double, c.count);
    c.information = ARENA_ARRAY(arena, double, (size_t)c.count * c.count);
    out[places[0]] = (struct hazard){1, 1, 1};
    if (!cox_climb(&c, arena))
        return;
    for (uint32_t g = 1; g < c.count; g++) {
        double reach = CURVE_REACH * cox_error(&c, g, arena);
        out[places[g]] = (struct hazard){exp(c.logs[g]), exp(c.logs[g] - reach), exp(c.logs[g] + reach)};
    }
}
