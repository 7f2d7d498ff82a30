#include "domain/analytics/cohorts.h"

#include "base/time.h"
#include "domain/analytics/activity.h"
#include "domain/analytics/answer.h"
#include "engine/domain.h"

#define COLUMNS_BEFORE 3u /* of a row, before its periods */

static const int64_t rolling_days[CIVIL_UNIT_COUNT] = {[CIVIL_DAY] = 1, [CIVIL_WEEK] = 7, [CIVIL_MONTH] = 30};

fallible asked_cohorts(struct asked *a, struct cohorts *io_cohorts, struct err *e)
{
    static const char *const counting[] = {"calendar", "rolling"};
    struct question *q = a->question;
    struct units *u = &io_cohorts->units;
    int64_t periods;
    size_t is_rolling;
    TRY(asked_units(a, "unit", CIVIL_MONTH, u, e));
    TRY(asked_number(a, "periods", PERIODS_INITIALLY, 1, PERIODS_MAX, &periods, e));
    TRY(asked_choice(a, "count_periods", counting, COUNT_OF(counting), 0, &is_rolling, e));
    if (u->count * (uint64_t)periods > COHORT_CELLS_MAX)
        return asked_wrong(a->body, e, "%u cohorts of %lld periods are too many: at most %u cells", u->count, (long long)periods, COHORT_CELLS_MAX);
    io_cohorts->period_count = (uint32_t)periods;
    io_cohorts->is_rolling = is_rolling == 1;
    io_cohorts->span_us = rolling_days[u->unit] * US_PER_DAY;
    if (io_cohorts->is_rolling && io_cohorts->span_us == 0)
        return asked_wrong(json_find(a->body, BYTES_LIT("unit")), e, "rolling periods are of a day, a week or a month");
    q->plan.from_us = TIME_US_MIN; /* the first event is the first of all, not of the range */
    q->plan.until_us = io_cohorts->is_rolling ? units_until_us(q, u) + periods * io_cohorts->span_us
                                              : civil_begin_us(q->civil, u->unit, u->first + u->count - 1 + periods);
    return asked_breakdown(a, &io_cohorts->breakdown, e);
}

/* --- counting --- */

static double cohort_weight(const struct question *q, const void *own)
{
    (void)q;
    return (double)((const struct cohort *)own)->size;
}

static void cohort_join(const struct question *q, void *into, void *from, struct arena *arena)
{
    const struct cohorts *c = q->own;
    struct cohort *sum = into;
    const struct cohort *more = from;
    (void)arena;
    if (more->size > 0 && (sum->size == 0 || more->last_birth_us > sum->last_birth_us))
        sum->last_birth_us = more->last_birth_us;
    sum->size += more->size;
    for (uint32_t k = 0; k < c->period_count; k++) {
        sum->cells[k].people += more->cells[k].people;
        sum->cells[k].events += more->cells[k].events;
        quantity_add_sum(&sum->cells[k].worth, more->cells[k].worth);
    }
}

static const struct group_rules rules = {.weigh = cohort_weight, .join = cohort_join};

void *cohorts_tally(const struct cohorts *c, struct arena *arena)
{
    struct cohorts_tally *tally = ARENA_NEW(arena, struct cohorts_tally);
    groups_init(&tally->cohorts, arena, sizeof(struct cohort) + c->period_count * sizeof(struct cohort_cell));
    for (uint32_t i = 0; c->breakdown.count == 0 && i < c->units.count; i++)
        (void)groups_take(&tally->cohorts, facet_key((struct facet){{CODE_NONE}}, i));
    return tally;
}

void cohorts_join(const struct question *q, void *into, void *from)
{
    groups_join(q, &rules, &((struct cohorts_tally *)into)->cohorts, &((struct cohorts_tally *)from)->cohorts);
}

bool cohort_of(const struct question *q, const struct cohorts *c, const struct sequence *s, uint32_t *out_cohort, uint32_t *out_birth)
{
    uint32_t birth = 0;
    while (birth < s->count && !moment_is(&s->moments[birth], c->birth))
        birth++;
    if (birth == s->count)
        return false;
    int64_t place = units_place(q, &c->units, s->moments[birth].time_us);
    if (place < 0 || place >= c->units.count)
        return false;
    *out_cohort = (uint32_t)place;
    *out_birth = birth;
    return true;
}

int64_t cohort_period(const struct question *q, const struct cohorts *c, int64_t birth_us, int64_t us)
{
    assert(us >= birth_us);
    if (c->is_rolling)
        return (us - birth_us) / c->span_us;
    return civil_number(q->civil, c->units.unit, us) - civil_number(q->civil, c->units.unit, birth_us);
}

void cohorts_take(const struct question *q, const struct cohorts *c, struct cohorts_tally *tally, const struct sequence *s)
{
    uint32_t place, birth;
    if (!cohort_of(q, c, s, &place, &birth))
        return;
    struct facet facet = facet_of(&c->breakdown, s, &s->moments[birth]);
    struct cohort *cohort = groups_take(&tally->cohorts, facet_key(facet, place));
    int64_t birth_us = s->moments[birth].time_us, counted = 0; /* periods up to it have the person */
    cohort->last_birth_us = cohort->size == 0 || birth_us > cohort->last_birth_us ? birth_us : cohort->last_birth_us;
    cohort->size++;
    cohort->cells[0].people++;
    for (uint32_t i = birth; i < s->count; i++) {
        const struct moment *m = &s->moments[i];
        int64_t period = cohort_period(q, c, birth_us, m->time_us);
        if (period >= c->period_count)
            return;
        struct cohort_cell *cell = &cohort->cells[period];
        worth_add(&c->worth, s, m, &cell->worth);
        if (!moment_is(m, c->activity))
            continue;
        cell->events++;
        cell->people += period > counted;
        counted = period > counted ? period : counted;
    }
}

/* When the k-th period of a cohort begins for the first of them; of rolling ones that may have been the cohort's first instant. */
static int64_t period_begin_us(const struct question *q, const struct cohorts *c, uint32_t cohort, uint32_t period)
{
    if (c->is_rolling)
        return civil_begin_us(q->civil, c->units.unit, c->units.first + cohort) + period * c->span_us;
    return civil_begin_us(q->civil, c->units.unit, c->units.first + cohort + period);
}

static int64_t period_end_us(const struct question *q, const struct cohorts *c, const struct shown_group *shown, uint32_t period)
{
    const struct cohort *cohort = shown->own;
    if (c->is_rolling && cohort->size > 0)
        return cohort->last_birth_us + (period + 1) * c->span_us;
    return period_begin_us(q, c, shown->place, period + 1);
}

static void cohort_close(const struct question *q, const struct cohorts *c, const struct shown_group *shown)
{
    struct cohort *cohort = shown->own;
    /* The cohort itself has to be over: else more people may come into it. */
    bool is_whole = units_ended(q, &c->units, shown->place);
    while (cohort->begun < c->period_count && period_begin_us(q, c, shown->place, cohort->begun) <= q->now_us)
        cohort->begun++;
    while (is_whole && cohort->ended < cohort->begun && period_end_us(q, c, shown, cohort->ended) <= q->now_us)
        cohort->ended++;
}

/* --- the answer --- */

void cohorts_show(const struct question *q, const struct texts *texts, struct cohorts_tally *tally, struct shown_groups *out)
{
    const struct cohorts *c = q->own;
    breakdown_show(q, &c->breakdown, texts, &tally->cohorts, &rules, out);
    for (uint32_t i = 0; i < out->count; i++)
        cohort_close(q, c, &out->list[i]);
}

void cohorts_columns(const struct question *q, const char *kind, struct json_writer *w)
{
    const struct cohorts *c = q->own;
    struct answer_column *columns = ARENA_ARRAY(q->arena, struct answer_column, FACET_VALUES_MAX + COLUMNS_BEFORE + c->period_count);
    size_t count = facet_columns(q, &c->breakdown, columns);
    columns[count++] = (struct answer_column){"cohort", "Cohort", "分群", "time"};
    columns[count++] = (struct answer_column){"size", "People", "人数", "number"};
    columns[count++] = (struct answer_column){"complete_periods", "Complete periods", "已结束周期", "number"};
    for (uint32_t k = 0; k < c->period_count; k++) {
        const char *number = arena_printf(q->arena, "%u", k);
        columns[count++] = (struct answer_column){arena_printf(q->arena, "period_%u", k), number, number, kind};
    }
    answer_columns(w, columns, count);
}

void cohort_row_begin(const struct question *q, const struct texts *texts, const struct shown_group *shown, struct json_writer *w)
{
    const struct cohorts *c = q->own;
    const struct cohort *cohort = shown->own;
    json_array_begin(w);
    facet_put(&c->breakdown, texts, shown, w);
    units_put(q, &c->units, shown->place, w);
    json_put_uint64(w, cohort->size);
    json_put_uint64(w, cohort->ended);
}

void cohorts_sums(const struct question *q, const struct texts *texts, const struct shown_groups *shown, const char *name, cohorts_sum_put put,
                  struct json_writer *w)
{
    const struct cohorts *c = q->own;
    if (c->breakdown.count == 0) {
        json_key(w, name);
        put(q, shown->list, shown->count, w);
        return;
    }
    json_key(w, arena_printf(q->arena, "%ss", name));
    json_array_begin(w);
    for (uint32_t i = 0, until; i < shown->count; i = until) {
        until = shown_facet_until(shown, i);
        json_object_begin(w);
        json_key(w, "of");
        json_array_begin(w);
        facet_put(&c->breakdown, texts, &shown->list[i], w);
        json_array_end(w);
        json_key(w, name);
        put(q, &shown->list[i], until - i, w);
        json_object_end(w);
    }
    json_array_end(w);
    json_key(w, "others");
    json_put_uint64(w, shown->other_count);
}

/* --- drill-down --- */

fallible cohort_cell_read(struct question *q, struct json cell, void **out_cell, struct err *e)
{
    static const struct member_rule members[] = {
        {"cohort", "the cohort, such as 2026-03", "分群,如 2026-03"},
        {"period", "the period: 0 (default) is that of the first event", "周期:0(默认)为首次事件所在周期"},
        FACET_CELL_MEMBERS,
    };
    const struct cohorts *c = q->own;
    struct cohort_cell_asked *asked = ARENA_NEW(q->arena, struct cohort_cell_asked);
    struct asked a = {.question = q, .body = cell};
    int64_t period;
    TRY(asked_members(&a, TABLE(members), e));
    TRY(units_read(q, &c->units, cell, "cohort", &asked->cohort, e));
    TRY(asked_number(&a, "period", 0, 0, c->period_count - 1, &period, e));
    asked->period = (uint32_t)period;
    *out_cell = asked;
    return facet_cell_read(q, &c->breakdown, cell, &asked->facets, e);
}

bool cohort_has(const struct question *q, const struct cohort_cell_asked *cell, const struct texts *texts, const struct sequence *s, uint32_t *out_birth)
{
    const struct cohorts *c = q->own;
    uint32_t cohort;
    return cohort_of(q, c, s, &cohort, out_birth) && cohort == cell->cohort &&
           facet_in_cell(&c->breakdown, texts, &cell->facets, facet_of(&c->breakdown, s, &s->moments[*out_birth]));
}
