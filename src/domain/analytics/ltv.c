/* The LTV curve: what a cohort has spent by the end of each period, per head of those who began. docs/guide/analytics.md. */
#include "domain/analytics/activity.h"
#include "domain/analytics/answer.h"
#include "domain/analytics/cohorts.h"
#include "domain/analytics/kinds.h"

static fallible ltv_read(struct asked *a, struct err *e)
{
    struct question *q = a->question;
    struct cohorts *own = ARENA_NEW(q->arena, struct cohorts);
    TRY(asked_pick_else(a, "event", PICK_NONE, &own->activity, e));
    if (own->activity == PICK_NONE)
        return asked_missing(a, "event", e);
    TRY(asked_pick_else(a, "first", own->activity, &own->birth, e));
    TRY(asked_worth(a, own->activity, true, &own->worth, e));
    TRY(asked_cohorts(a, own, e));
    q->own = own;
    return DONE;
}

static void *ltv_tally(const struct question *q, struct arena *arena)
{
    return cohorts_tally(q->own, arena);
}

static void ltv_take(const struct question *q, void *tally, const struct sequence *s)
{
    cohorts_take(q, q->own, tally, s);
}

/* From now on a cell has what was spent until its end. */
static void cumulate(const struct cohorts *own, const struct shown_groups *shown)
{
    for (uint32_t i = 0; i < shown->count; i++) {
        struct cohort *cohort = shown->list[i].own;
        for (uint32_t k = 1; k < own->period_count; k++)
            quantity_add_sum(&cohort->cells[k].worth, cohort->cells[k - 1].worth);
    }
}

/* The curve of several cohorts together: at each period of those that are old enough for the whole of it. */
static void curve_put(const struct question *q, const struct shown_group *list, uint32_t count, struct json_writer *w)
{
    const struct cohorts *own = q->own;
    json_array_begin(w);
    for (uint32_t k = 0; k < own->period_count; k++) {
        struct quantity_sum all = {0};
        uint64_t size = 0;
        for (uint32_t i = 0; i < count; i++) {
            const struct cohort *cohort = list[i].own;
            if (cohort->ended <= k)
                continue;
            size += cohort->size;
            quantity_add_sum(&all, cohort->cells[k].worth);
        }
        json_object_begin(w);
        json_key(w, "period");
        json_put_uint64(w, k);
        json_key(w, "people");
        json_put_uint64(w, size);
        json_key(w, "value");
        answer_share(w, quantity_double(all), (double)size);
        json_object_end(w);
    }
    json_array_end(w);
}

static void ltv_print(const struct question *q, const struct texts *texts, void *from, struct json_writer *w)
{
    const struct cohorts *own = q->own;
    struct shown_groups shown;
    cohorts_show(q, texts, from, &shown);
    cumulate(own, &shown);
    cohorts_columns(q, "money", w);
    json_key(w, "rows");
    json_array_begin(w);
    for (uint32_t i = 0; i < shown.count; i++) {
        const struct cohort *cohort = shown.list[i].own;
        cohort_row_begin(q, texts, &shown.list[i], w);
        for (uint32_t k = 0; k < own->period_count; k++)
            if (k < cohort->ended)
                answer_share(w, quantity_double(cohort->cells[k].worth), (double)cohort->size);
            else
                json_put_null(w);
        json_array_end(w);
    }
    json_array_end(w);
    cohorts_sums(q, texts, &shown, "curve", curve_put, w);
}

/* Every one of a cohort is in all its cells: a curve is per head of those who began. */
static bool ltv_in_cell(const struct question *q, const struct texts *texts, const void *cell, const struct sequence *s)
{
    uint32_t birth;
    return cohort_has(q, cell, texts, s, &birth);
}

static const struct member_rule members[] = {
    {"event", "the purchase", "购买事件"},
    {"first", "whose first one is the beginning; not given: the purchase", "首次发生即进入分群的事件;不给则为购买"},
    COHORT_MEMBERS,
    WORTH_MEMBERS,
};

const struct question_kind ltv_question = {
    .name = "ltv",
    .about = "What the people who began in the same month have spent by the end of each month from then on, per head.",
    .about_zh = "同一个月开始的人,到此后每个月末人均累计消费多少。",
    .members = members,
    .member_count = COUNT_OF(members),
    .read = ltv_read,
    .tally = ltv_tally,
    .take = ltv_take,
    .join = cohorts_join,
    .print = ltv_print,
    .cell_read = cohort_cell_read,
    .in_cell = ltv_in_cell,
};
