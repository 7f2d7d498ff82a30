/* What follows from the models for all buyers of the question `value`: the part that takes its time, so that it can be watched and cancelled. */
#include <math.h>
#include <stdlib.h>

#include "base/attr.h"
#include "domain/analytics/value.h"

#define BUYERS_A_STEP 4096u
/* Of all that is concluded, behind the fits (value_buyers.c): */
#define OUTLOOK_FROM 0.6
#define OUTLOOK_UNTIL 0.8
#define MONTHS_UNTIL 0.9

static double share_between(double from, double until, size_t part, size_t whole)
{
    return from + (until - from) * (double)part / (double)whole;
}

/* --- by number of repeats, and the forecast --- */

static void forecast_add(struct forecast *f, double actual, double expected)
{
    f->n++;
    f->actual += actual;
    f->expected += expected;
    f->actual_squares += actual * actual;
    f->expected_squares += expected * expected;
    f->products += actual * expected;
    f->distances += fabs(actual - expected);
}

static void bucket_add(struct findings *f, const struct buyer *b, struct prospect told)
{
    struct bucket *in = &f->buckets[b->history.repeats < BUCKETS - 1 ? b->history.repeats : BUCKETS - 1];
    in->people++;
    in->later += b->later;
    in->alive += told.alive;
    in->expected_later += told.later;
    in->to_come += told.to_come;
    in->worth += told.worth;
    forecast_add(&f->forecast, b->later, told.later);
}

static fallible buckets_fill(struct findings *f, struct effort *effort, struct err *e)
{
    const struct buyers *p = &f->people;
    struct prospector walk = {.people = p};
    for (size_t i = 0; i < p->count; i++) {
        if (i % BUYERS_A_STEP == 0)
            TRY(effort_step(effort, share_between(OUTLOOK_FROM, OUTLOOK_UNTIL, i, p->count), 0, e));
        bucket_add(f, &p->buyers[i], prospect_of(&walk, &p->buyers[i]));
    }
    return DONE;
}

/* The last bucket's people by the model are whom the others leave. */
static double bucket_expected(const struct buyers *p, uint32_t bucket, double *io_left)
{
    if (!p->is_fit || p->v->model == VALUE_BGBB)
        return NAN;
    double people = bucket + 1 < BUCKETS ? buyers_expected_with(p, bucket) : *io_left;
    *io_left -= people;
    return people;
}

static fallible buckets_expect(struct findings *f, struct effort *effort, struct err *e)
{
    double left = (double)f->people.count;
    for (uint32_t i = 0; i < BUCKETS; i++) {
        TRY(effort_step(effort, OUTLOOK_UNTIL, 0, e));
        f->buckets[i].expected = bucket_expected(&f->people, i, &left);
    }
    return DONE;
}

/* --- by month --- */

static fallible months_find(const struct question *q, const struct valuation_tally *tally, struct findings *f,
                            struct effort *effort, struct err *e)
{
    const struct buyers *p = &f->people;
    const struct valuation *v = p->v;
    int64_t until_day = v->last_unit + v->later_units, first_day = v->last_unit - (int64_t)p->age_count + 1, month,
            last;
    double before = 0;
    if (!p->is_fit || v->model == VALUE_BGBB)
        return DONE;
    month = civil_number(q->civil, CIVIL_MONTH, civil_begin_us(q->civil, CIVIL_DAY, first_day));
    last = civil_number(q->civil, CIVIL_MONTH, civil_begin_us(q->civil, CIVIL_DAY, until_day));
    size_t count = (size_t)(last - month + 1);
    struct month_found *months = ARENA_ARRAY(tally->arena, struct month_found, count);
    for (size_t i = 0; i < count; i++, month++) {
        TRY(effort_step(effort, share_between(OUTLOOK_UNTIL, MONTHS_UNTIL, i, count), 0, e));
        int64_t next_day = civil_number(q->civil, CIVIL_DAY, civil_begin_us(q->civil, CIVIL_MONTH, month + 1));
        double by_then = buyers_expected_until(p, next_day - 1 < until_day ? next_day - 1 : until_day);
        const struct valuation_month *actual = groups_find(&tally->months, (struct group_key){0, (uint64_t)month});
        months[i] = (struct month_found){month, actual == NULL ? 0 : actual->repeats, by_then - before};
        before = by_then;
    }
    f->months = months;
    f->month_count = count;
    return DONE;
}

/* --- by person --- */

struct place {
    double worth;
    uint32_t at; /* among the buyers */
    uint32_t person;
};

static int worth_compare(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    if (x->worth != y->worth)
        return x->worth > y->worth ? -1 : 1;
    return (x->person > y->person) - (x->person < y->person);
}

static int person_compare(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    return (x->person > y->person) - (x->person < y->person);
}

static fallible rows_find(const struct valuation_tally *tally, struct findings *f, struct effort *effort, struct err *e)
{
    const struct buyers *p = &f->people;
    struct prospector walk = {.people = p};
    TRY(effort_step(effort, MONTHS_UNTIL, p->count * sizeof(struct place), e));
    struct place *places = ARENA_ARRAY(tally->arena, struct place, p->count + 1);
    size_t count = 0;
    for (size_t i = 0; i < p->count; i++) {
        const struct buyer *b = &p->buyers[i];
        if (i % BUYERS_A_STEP == 0)
            TRY(effort_step(effort, share_between(MONTHS_UNTIL, 1, i, p->count), 0, e));
        if (b->person <= p->v->after)
            continue;
        double worth = p->v->order == ORDER_VALUE ? prospect_of(&walk, b).worth : 0;
        places[count++] = (struct place){isfinite(worth) ? worth : 0, (uint32_t)i, b->person};
    }
    qsort(places, count, sizeof *places, p->v->order == ORDER_VALUE ? worth_compare : person_compare);
    f->has_more = count > (size_t)p->v->limit;
    f->row_count = f->has_more ? (size_t)p->v->limit : count;
    uint32_t *rows = ARENA_ARRAY(tally->arena, uint32_t, f->row_count + 1);
    for (size_t i = 0; i < f->row_count; i++)
        rows[i] = places[i].at;
    f->rows = rows;
    return DONE;
}

fallible valuation_conclude(const struct question *q, const struct texts *texts UNUSED, void *from, struct effort *effort, struct err *e)
{
    const struct valuation *v = q->own;
    struct valuation_tally *tally = from;
    struct findings *f = ARENA_NEW(tally->arena, struct findings);
    TRY(buyers_make(v, tally, effort, &f->people, e));
    TRY(buckets_fill(f, effort, e));
    TRY(buckets_expect(f, effort, e));
    TRY(months_find(q, tally, f, effort, e));
    if (v->by_person)
        TRY(rows_find(tally, f, effort, e));
    tally->findings = f;
    return effort_step(effort, 1, 0, e);
}
