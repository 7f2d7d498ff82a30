#include "domain/analytics/survival_curve.h"

#include <math.h>

#include "lib/special.h"

#define PIVOT_MIN 1e-12 /* of a matrix of counts of people */

/* --- Kaplan-Meier --- */

/* Kalbfleisch and Prentice: the interval of ln(-ln S), which S^e^±… stays within 0 and 1. */
static void bounds_take(struct curve_point *p)
{
    p->low = p->high = p->share;
    if (p->share <= 0 || p->share >= 1)
        return;
    double reach = CURVE_REACH * p->error / (p->share * -log(p->share));
    p->low = pow(p->share, exp(reach));
    p->high = pow(p->share, exp(-reach));
}

static void median_take(int64_t *io_median, double share, uint32_t time)
{
    if (*io_median < 0 && share <= 0.5)
        *io_median = time;
}

void curve_make(const struct lasted *lasted, uint32_t count, struct arena *arena, struct curve *out)
{
    double share = 1, variance = 0;
    uint64_t at_risk = 0;
    assert(count > 0);
    *out = (struct curve){.count = count, .points = ARENA_ARRAY(arena, struct curve_point, count), .median = -1, .median_low = -1, .median_high = -1};
    for (uint32_t i = 0; i < count; i++) {
        assert(i == 0 || lasted[i].time > lasted[i - 1].time);
        at_risk += lasted[i].ended + lasted[i].unseen;
        out->ended += lasted[i].ended;
    }
    out->subjects = at_risk;
    for (uint32_t i = 0; i < count; i++) {
        const struct lasted *l = &lasted[i];
        double n = (double)at_risk, d = (double)l->ended;
        out->mean += share * (l->time - (i == 0 ? 0 : lasted[i - 1].time));
        if (l->ended > 0) {
            share = l->ended == at_risk ? 0 : share * (1 - d / n);
            variance += l->ended == at_risk ? 0 : d / (n * (n - d));
        }
        struct curve_point *p = &out->points[i];
        *p = (struct curve_point){l->time, at_risk, l->ended, l->unseen, share, share * sqrt(variance), 0, 0};
        bounds_take(p);
        median_take(&out->median, p->share, p->time);
        median_take(&out->median_low, p->low, p->time);
        median_take(&out->median_high, p->high, p->time);
        at_risk -= l->ended + l->unseen;
    }
    assert(at_risk == 0);
}

/* --- several groups --- */

void times_init(struct times *w, const struct curve *curves, uint32_t count, struct arena *arena)
{
    *w = (struct times){.curves = curves, .count = count, .time = -1, .all = ARENA_ARRAY(arena, struct standing, count + 1)};
}

bool times_next(struct times *w)
{
    int64_t next = INT64_MAX;
    for (uint32_t g = 0; g < w->count; g++) {
        const struct curve *c = &w->curves[g];
        struct standing *s = &w->all[g];
        s->next += s->next < c->count && c->points[s->next].time <= w->time;
        next = s->next < c->count && c->points[s->next].time < next ? c->points[s->next].time : next;
    }
    for (uint32_t g = 0; g < w->count; g++) {
        struct standing *s = &w->all[g];
        const struct curve_point *p = s->next < w->curves[g].count ? &w->curves[g].points[s->next] : NULL;
        s->at_risk = p == NULL ? 0 : (double)p->at_risk;
        s->ended = p == NULL || p->time != next ? 0 : (double)p->ended;
    }
    w->time = next;
    return next != INT64_MAX;
}

void symmetric_solve(double *io_a, double *io_b, uint32_t count)
{
    double *a = io_a;
    for (uint32_t k = 0; k < count; k++) {
        double pivot = a[k * count + k];
        bool is_told = pivot > PIVOT_MIN;
        io_b[k] = is_told ? io_b[k] / pivot : 0;
        for (uint32_t j = k + 1; j < count; j++)
            a[k * count + j] = is_told ? a[k * count + j] / pivot : 0;
        for (uint32_t i = k + 1; i < count; i++) {
            io_b[i] -= a[i * count + k] * io_b[k];
            for (uint32_t j = k + 1; j < count; j++)
                a[i * count + j] -= a[i * count + k] * a[k * count + j];
        }
    }
    for (uint32_t k = count; k-- > 0;)
        for (uint32_t j = k + 1; j < count; j++)
            io_b[k] -= a[k * count + j] * io_b[j];
}

/* Of each group but the last, which is what the others leave: ended less expected, and the covariances. */
struct scores {
    uint32_t count;
    double *more, *covariance; /* count; count × count */
};

static void scores_add(struct scores *s, const struct times *w)
{
    double n = 0, d = 0;
    for (uint32_t g = 0; g < w->count; g++) {
        n += w->all[g].at_risk;
        d += w->all[g].ended;
    }
    if (d <= 0)
        return;
    double spread = n > 1 ? d * (n - d) / (n - 1) : 0;
    for (uint32_t g = 0; g < s->count; g++) {
        double share = w->all[g].at_risk / n;
        s->more[g] += w->all[g].ended - d * share;
        for (uint32_t h = 0; h < s->count; h++)
            s->covariance[g * s->count + h] += spread * share * ((g == h) - w->all[h].at_risk / n);
    }
}

void log_rank_test(const struct curve *curves, uint32_t count, struct arena *arena, struct log_rank *out)
{
    *out = (struct log_rank){.p = 1};
    if (count < 2)
        return;
    struct scores s = {count - 1, ARENA_ARRAY(arena, double, count - 1), ARENA_ARRAY(arena, double, (size_t)(count - 1) * (count - 1))};
    struct times w;
    times_init(&w, curves, count, arena);
    while (times_next(&w))
        scores_add(&s, &w);
    double *weights = ARENA_ARRAY(arena, double, s.count);
    memcpy(weights, s.more, s.count * sizeof *weights);
    symmetric_solve(s.covariance, weights, s.count);
    for (uint32_t g = 0; g < s.count; g++)
        out->chi_square += weights[g] * s.more[g];
    out->chi_square = fmax(out->chi_square, 0);
    out->degrees = s.count;
    out->p = chi_square_tail(out->chi_square, out->degrees);
}
