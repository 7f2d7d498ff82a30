/* Fits to the buyers of a question, and what follows for each of them. */
#include <math.h>
#include <stdlib.h>

#include "domain/analytics/value.h"

#define DAYS_A_WEEK 7.0

static int numbers_compare(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int history_compare(const struct history *a, const struct history *b)
{
    int by_repeats = numbers_compare(a->repeats, b->repeats), by_age = numbers_compare(a->age_days, b->age_days);
    return by_repeats != 0 ? by_repeats : by_age != 0 ? by_age : numbers_compare(a->recency_days, b->recency_days);
}

static int buyer_compare(const void *a, const void *b)
{
    const struct buyer *x = a, *y = b;
    int by_history = history_compare(&x->history, &y->history);
    return by_history != 0 ? by_history : numbers_compare(x->person, y->person);
}

/* --- fits --- */

static const struct buying_model *buying_model_of(const struct valuation *v)
{
    assert(v->model != VALUE_BGBB);
    return v->model == VALUE_BGNBD ? &bgnbd_model : &pareto_nbd_model;
}

static struct taken taken_of(const struct buyer *b)
{
    return (struct taken){b->history.repeats, b->history.recency_days, b->history.age_days, 1};
}

static fallible takers_fit(const struct buyers *p, struct arena *arena, const struct effort *effort, struct fit *out, struct err *e)
{
    struct taken *groups = ARENA_ARRAY(arena, struct taken, p->count);
    size_t count = 0;
    for (size_t i = 0; i < p->count; i++) {
        if (i == 0 || history_compare(&p->buyers[i].history, &p->buyers[i - 1].history) != 0)
            groups[count++] = taken_of(&p->buyers[i]);
        else
            groups[count - 1].people++;
    }
    return bgbb_fit(groups, count, effort, out, e);
}

static fallible buyers_fit(const struct buyers *p, struct arena *arena, const struct effort *effort, struct fit *out, struct err *e)
{
    if (p->count == 0 || p->buyers[p->count - 1].history.repeats == 0)
        return FAIL(e, INVALID, "nobody bought again, so there is nothing to fit");
    if (p->v->model == VALUE_BGBB)
        return takers_fit(p, arena, effort, out, e);
    struct history *all = ARENA_ARRAY(arena, struct history, p->count);
    for (size_t i = 0; i < p->count; i++)
        all[i] = p->buyers[i].history;
    return buying_fit(buying_model_of(p->v), histories_create(arena, all, p->count), effort, out, e);
}

static double correlation_of(const struct spender *s, size_t count)
{
    double n = (double)count, x = 0, z = 0, xx = 0, zz = 0, xz = 0;
    for (size_t i = 0; i < count; i++) {
        x += s[i].repeats / n;
        z += s[i].mean / n;
    }
    for (size_t i = 0; i < count; i++) {
        double dx = s[i].repeats - x, dz = s[i].mean - z;
        xx += dx * dx;
        zz += dz * dz;
        xz += dx * dz;
    }
    return xz / sqrt(xx * zz); /* NAN when one doesn't vary */
}

/* Of those who bought again for more than nothing. Without any of them no spending is told. */
static void spending_fit(struct buyers *p, struct arena *arena, const struct effort *effort)
{
    struct spender *spenders = ARENA_ARRAY(arena, struct spender, p->count + 1);
    struct err e = {0};
    size_t count = 0;
    for (size_t i = 0; i < p->count; i++) {
        const struct buyer *b = &p->buyers[i];
        if (b->history.repeats > 0 && b->spent > 0)
            spenders[count++] = (struct spender){b->spent / b->history.repeats, b->history.repeats};
    }
    p->spender_count = count;
    p->correlation = correlation_of(spenders, count);
    p->has_spending = count > 1 && done(gamma_gamma_fit(spenders, count, effort, &p->spending, &e));
}

static void births_count(struct buyers *p, struct arena *arena)
{
    for (size_t i = 0; i < p->count; i++)
        p->age_count = p->buyers[i].history.age_days >= p->age_count ? p->buyers[i].history.age_days + 1 : p->age_count;
    p->births = ARENA_ARRAY(arena, uint64_t, p->age_count + 1);
    for (size_t i = 0; i < p->count; i++)
        p->births[p->buyers[i].history.age_days]++;
}

/* The share of all that is concluded behind each of these: the rest is the buyers' outlooks. */
#define SORTED_SHARE 0.1
#define FITTED_SHARE 0.5
#define SPENDING_SHARE 0.6

fallible buyers_make(const struct valuation *v, const struct valuation_tally *tally, struct effort *effort, struct buyers *out, struct err *e)
{
    TRY(effort_step(effort, 0, tally->count * (sizeof(struct buyer) + sizeof(struct history) + sizeof(struct spender)), e));
    *out = (struct buyers){.v = v, .correlation = NAN, .buyers = ARENA_ARRAY(tally->arena, struct buyer, tally->count + 1)};
    for (const struct buyer_chunk *c = tally->newest; c != NULL; c = c->older) {
        memcpy(out->buyers + out->count, c->buyers, c->count * sizeof *c->buyers);
        out->count += c->count;
    }
    assert(out->count == tally->count);
    qsort(out->buyers, out->count, sizeof *out->buyers, buyer_compare); /* whichever thread found whom: the sums are the same */
    births_count(out, tally->arena);
    TRY(effort_step(effort, SORTED_SHARE, 0, e));
    out->is_fit = done(buyers_fit(out, tally->arena, effort, &out->buying, &out->problem));
    TRY(effort_step(effort, FITTED_SHARE, 0, e)); /* what was cancelled doesn't fit either */
    if (v->has_amount)
        spending_fit(out, tally->arena, effort);
    return effort_step(effort, SPENDING_SHARE, 0, e);
}

/* --- what follows --- */

static struct prospect takers_outlook(const struct buyers *p, const struct buyer *b)
{
    const struct taken t = taken_of(b);
    const double *q = p->buying.parameters;
    struct prospect o = {.alive = bgbb_alive(q, &t, 0), .later = bgbb_expected(q, &t, (uint32_t)p->v->later_units), .residual = NAN};
    double worth = 1, before = 0;
    for (uint32_t period = 1; period <= (uint32_t)p->v->periods; period++) {
        o.to_come = bgbb_expected(q, &t, period);
        worth /= 1 + p->v->discount;
        o.worth += (o.to_come - before) * worth;
        before = o.to_come;
    }
    return o;
}

static struct prospect buyers_outlook(const struct buyers *p, const struct buyer *b)
{
    const struct valuation *v = p->v;
    const struct buying_model *m = buying_model_of(v);
    const double *q = p->buying.parameters;
    double weekly = log1p(v->discount) / WEEKS_A_MONTH;
    return (struct prospect){
        .alive = buying_alive(m, q, &b->history),
        .later = buying_expected(m, q, &b->history, (double)v->later_units / DAYS_A_WEEK),
        .to_come = buying_expected(m, q, &b->history, (double)v->periods * WEEKS_A_MONTH),
        .worth = buying_discounted(m, q, &b->history, (unsigned)v->periods, v->discount),
        .residual = m == &pareto_nbd_model && weekly > 0 ? pareto_nbd_residual(q, &b->history, weekly) : NAN,
    };
}

struct prospect prospect_of(struct prospector *p, const struct buyer *b)
{
    const struct buyers *of = p->people;
    if (!of->is_fit)
        return (struct prospect){NAN, NAN, NAN, NAN, NAN, NAN};
    if (!p->has_last || history_compare(&p->last, &b->history) != 0) {
        p->outlook = of->v->model == VALUE_BGBB ? takers_outlook(of, b) : buyers_outlook(of, b);
        p->last = b->history;
        p->has_last = true;
    }
    struct prospect told = p->outlook;
    told.mean = NAN;
    if (of->has_spending) {
        /* Of those who brought back all they bought no mean is known: as of those who never came again. */
        uint32_t known = b->spent > 0 ? b->history.repeats : 0;
        told.mean = gamma_gamma_expected(of->spending.parameters, known, known == 0 ? 0 : b->spent / known);
    }
    if (of->v->has_amount)
        told.worth *= told.mean;
    return told;
}

double buyers_expected_until(const struct buyers *p, int64_t day)
{
    double sum = 0;
    for (uint32_t age = 0; age < p->age_count; age++) {
        int64_t days = day - (p->v->last_unit - age);
        if (p->births[age] > 0 && days > 0)
            sum += (double)p->births[age] * buying_expected_of_new(buying_model_of(p->v), p->buying.parameters, (double)days / DAYS_A_WEEK);
    }
    return sum;
}

double buyers_expected_with(const struct buyers *p, uint32_t repeats)
{
    const struct buying_model *m = buying_model_of(p->v);
    double sum = 0;
    if (m->chance == NULL)
        return NAN;
    for (uint32_t age = 0; age < p->age_count; age++)
        if (p->births[age] > 0)
            sum += (double)p->births[age] * m->chance(p->buying.parameters, age / DAYS_A_WEEK, repeats);
    return sum;
}
