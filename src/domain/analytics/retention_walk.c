#include "base/time.h"
#include "domain/analytics/activity.h"
#include "domain/analytics/retention.h"

/* Whether the moment shares the values of a start, if anything is broken down; no value equals no value but that of the start itself. */
static bool shares_facet(const struct retention *r, const struct sequence *s, const struct cohort_member *m, uint32_t start, uint32_t at)
{
    if (r->breakdown.count == 0 || at == start)
        return true;
    for (uint32_t i = 0; i < r->breakdown.count; i++)
        if (m->facet.codes[i] == CODE_NONE)
            return false;
    return facet_equal(facet_of(&r->breakdown, s, &s->moments[at]), m->facet);
}

static uint32_t at_most(const struct retention *r, int64_t period)
{
    return period > r->period_max ? r->period_max + 1 : (uint32_t)period;
}

/* Periods from the beginning of the hour of a start to that of a return. */
static uint32_t period_by_hours(const struct question *q, int64_t start_us, int64_t us)
{
    const struct retention *r = q->own;
    int64_t hours = civil_number(q->civil, CIVIL_HOUR, us) - civil_number(q->civil, CIVIL_HOUR, start_us);
    return at_most(r, hours / (r->unit_us / US_PER_HOUR));
}

static uint32_t period_of(const struct question *q, const struct cohort_member *m, int64_t birth_us, int64_t us)
{
    const struct retention *r = q->own;
    if (r->clock == RETENTION_ROLLING_HOURS)
        return period_by_hours(q, birth_us, us);
    if (r->clock == RETENTION_ROLLING)
        return at_most(r, (us - birth_us) / r->unit_us);
    return edges_have(&r->edges, us) ? at_most(r, edges_place(&r->edges, us) - m->place) : r->period_max + 1;
}

bool retention_return(const struct question *q, const struct sequence *s, const struct cohort_member *m, uint32_t at, uint32_t *out_period)
{
    const struct retention *r = q->own;
    if (!moment_is(&s->moments[at], r->back) || !shares_facet(r, s, m, m->birth, at))
        return false;
    *out_period = period_of(q, m, s->moments[m->birth].time_us, s->moments[at].time_us);
    return true;
}

/* Marks the periods of all returns from a start on. Times ascend, so what is behind the last period ends it. */
static void returns_see(const struct question *q, const struct sequence *s, struct cohort_member *m, uint32_t start)
{
    const struct retention *r = q->own;
    int64_t start_us = s->moments[start].time_us;
    for (uint32_t at = start; at < s->count; at++) {
        if (!moment_is(&s->moments[at], r->back) || !shares_facet(r, s, m, start, at))
            continue;
        uint32_t period = period_of(q, m, start_us, s->moments[at].time_us);
        m->seen[period / 64] |= UINT64_C(1) << (period % 64);
        if (period > r->period_max)
            return;
    }
}

/* The unit of a start within the range; false: it is none. */
static bool start_place(const struct question *q, const struct sequence *s, uint32_t at, uint32_t *out_place)
{
    const struct retention *r = q->own;
    int64_t us = s->moments[at].time_us;
    if (!moment_is(&s->moments[at], r->start) || us < q->from_us || us >= q->until_us)
        return false;
    *out_place = edges_place(&r->edges, us);
    return true;
}

/* Of several starts in a period the first is the birth. By hours each of them opens periods of its own. */
static void member_tell(const struct question *q, const struct sequence *s, struct retention_visit *v, uint32_t birth, uint32_t place)
{
    const struct retention *r = q->own;
    struct cohort_member m = {.birth = birth, .place = place, .facet = facet_of(&r->breakdown, s, &s->moments[birth])};
    uint32_t other;
    returns_see(q, s, &m, birth);
    if (r->clock == RETENTION_ROLLING_HOURS && r->is_recurring)
        for (uint32_t at = birth + 1; at < s->count; at++)
            if (start_place(q, s, at, &other) && other == place && facet_equal(m.facet, facet_of(&r->breakdown, s, &s->moments[at])))
                returns_see(q, s, &m, at);
    v->member(v, s, &m);
}

static bool is_birth(const struct question *q, const struct sequence *s, uint32_t at, uint32_t place)
{
    const struct retention *r = q->own;
    struct facet facet = facet_of(&r->breakdown, s, &s->moments[at]);
    uint32_t other;
    for (uint32_t before = at; before > 0 && s->moments[before - 1].time_us >= r->edges.begins_us[place]; before--)
        if (start_place(q, s, before - 1, &other) && facet_equal(facet_of(&r->breakdown, s, &s->moments[before - 1]), facet))
            return false;
    return true;
}

static void recurring_walk(const struct question *q, const struct sequence *s, struct retention_visit *v)
{
    uint32_t place;
    for (uint32_t at = 0; at < s->count; at++)
        if (start_place(q, s, at, &place) && is_birth(q, s, at, place))
            member_tell(q, s, v, at, place);
}

void retention_walk(const struct question *q, const struct sequence *s, struct retention_visit *v)
{
    const struct retention *r = q->own;
    uint32_t at = 0, place;
    if (r->is_recurring) {
        recurring_walk(q, s, v);
        return;
    }
    while (at < s->count && !moment_is(&s->moments[at], r->start))
        at++;
    if (at < s->count && start_place(q, s, at, &place))
        member_tell(q, s, v, at, place);
}
