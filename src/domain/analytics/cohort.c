/* The cohort table: of the people who began together, how many were there in each period from then on. docs/guide/analytics.md. */
#include "domain/analytics/activity.h"
#include "domain/analytics/answer.h"
#include "domain/analytics/cohorts.h"
#include "domain/analytics/kinds.h"

enum measure { MEASURE_PEOPLE, MEASURE_EVENTS, MEASURE_VALUE, MEASURE_COUNT };
static const char *const measure_names[MEASURE_COUNT] = {"people", "events", "value"};
static const char *const show_names[] = {"counts", "shares"};

struct cohort_question {
    struct cohorts cohorts; /* first, as cohorts.h wants it */
    enum measure measure;
    bool shows_shares; /* of the cohort's size */
};

static fallible cohort_read(struct asked *a, struct err *e)
{
    struct question *q = a->question;
    struct cohort_question *own = ARENA_NEW(q->arena, struct cohort_question);
    size_t measure, shows;
    TRY(asked_activity(a, "event", &own->cohorts.birth, e));
    TRY(asked_pick_else(a, "return", own->cohorts.birth, &own->cohorts.activity, e));
    TRY(asked_choice(a, "measure", measure_names, MEASURE_COUNT, MEASURE_PEOPLE, &measure, e));
    TRY(asked_choice(a, "show", show_names, COUNT_OF(show_names), 0, &shows, e));
    own->measure = (enum measure)measure;
    own->shows_shares = shows == 1;
    TRY(asked_worth(a, own->cohorts.activity, own->measure == MEASURE_VALUE, &own->cohorts.worth, e));
    if (own->measure == MEASURE_EVENTS && own->cohorts.worth.has_times)
        return asked_wrong(json_find(a->body, BYTES_LIT("times")), e, "items are not events: count people, or their value");
    TRY(asked_cohorts(a, &own->cohorts, e));
    q->own = own;
    return DONE;
}

static void *cohort_tally(const struct question *q, struct arena *arena)
{
    const struct cohort_question *own = q->own;
    return cohorts_tally(&own->cohorts, arena);
}

static void cohort_take(const struct question *q, void *tally, const struct sequence *s)
{
    const struct cohort_question *own = q->own;
    cohorts_take(q, &own->cohorts, tally, s);
}

/* --- the answer --- */

static double cell_number(const struct cohort_question *own, const struct cohort_cell *cell)
{
    return own->measure == MEASURE_PEOPLE   ? (double)cell->people
           : own->measure == MEASURE_EVENTS ? (double)cell->events
                                            : quantity_double(cell->worth);
}

static void cell_put(const struct cohort_question *own, const struct cohort *cohort, uint32_t period, struct json_writer *w)
{
    const struct cohort_cell *cell = &cohort->cells[period];
    if (own->shows_shares)
        answer_share(w, cell_number(own, cell), (double)cohort->size);
    else if (own->measure == MEASURE_VALUE)
        quantity_put(w, cell->worth);
    else
        json_put_uint64(w, own->measure == MEASURE_PEOPLE ? cell->people : cell->events);
}

/* Of all cohorts for which a period is over, weighted by their sizes: incomplete cells have no part in it. */
static void average_put(const struct question *q, const struct shown_group *list, uint32_t count, struct json_writer *w)
{
    const struct cohort_question *own = q->own;
    json_array_begin(w);
    for (uint32_t k = 0; k < own->cohorts.period_count; k++) {
        double all = 0;
        uint64_t size = 0;
        for (uint32_t i = 0; i < count; i++) {
            const struct cohort *cohort = list[i].own;
            if (cohort->ended <= k)
                continue;
            size += cohort->size;
            all += cell_number(own, &cohort->cells[k]);
        }
        answer_share(w, all, (double)size);
    }
    json_array_end(w);
}

static void cohort_print(const struct question *q, const struct texts *texts, void *from, struct json_writer *w)
{
    const struct cohort_question *own = q->own;
    struct shown_groups shown;
    cohorts_show(q, texts, from, &shown);
    cohorts_columns(q, own->shows_shares ? "share" : own->measure == MEASURE_VALUE ? "money" : "number", w);
    json_key(w, "rows");
    json_array_begin(w);
    for (uint32_t i = 0; i < shown.count; i++) {
        const struct cohort *cohort = shown.list[i].own;
        cohort_row_begin(q, texts, &shown.list[i], w);
        for (uint32_t k = 0; k < own->cohorts.period_count; k++)
            if (k < cohort->begun)
                cell_put(own, cohort, k, w);
            else
                json_put_null(w);
        json_array_end(w);
    }
    json_array_end(w);
    cohorts_sums(q, texts, &shown, "average", average_put, w);
}

/* --- drill-down --- */

static bool cohort_in_cell(const struct question *q, const struct texts *texts, const void *asked, const struct sequence *s)
{
    const struct cohort_question *own = q->own;
    const struct cohort_cell_asked *cell = asked;
    uint32_t birth;
    if (!cohort_has(q, cell, texts, s, &birth))
        return false;
    bool found = cell->period == 0;
    for (uint32_t i = birth; i < s->count && !found; i++)
        found = moment_is(&s->moments[i], own->cohorts.activity) &&
                cohort_period(q, &own->cohorts, s->moments[birth].time_us, s->moments[i].time_us) == cell->period;
    return found;
}

static const struct member_rule members[] = {
    {"event", "whose first one is the beginning; any event if it isn't given", "首次发生即进入分群的事件;不给则任意事件"},
    {"return", "what counts afterwards; not given: the same", "之后计数的事件;不给则相同"},
    COHORT_MEMBERS,
    {"measure", "people (default), events or value", "people(默认)人数、events 次数或 value 金额"},
    {"show", "counts (default), or shares of the cohort's people", "counts(默认)数值,或 shares 占分群人数之比"},
    WORTH_MEMBERS,
};

const struct question_kind cohort_question = {
    .name = "cohort",
    .about = "Of the people who began in the same month, how many were there in each month from then on.",
    .about_zh = "同一个月开始的人,此后每个月还有多少人在。",
    .members = members,
    .member_count = COUNT_OF(members),
    .read = cohort_read,
    .tally = cohort_tally,
    .take = cohort_take,
    .join = cohorts_join,
    .print = cohort_print,
    .cell_read = cohort_cell_read,
    .in_cell = cohort_in_cell,
};
