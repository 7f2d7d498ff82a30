/* Survival: how long it lasts from one event to another, when for some the other hasn't come yet; by groups, with the test of whether they differ, and on
 * into what hasn't been seen. docs/guide/analytics.md. */
#include <math.h>

#include "base/time.h"
#include "domain/analytics/activity.h"
#include "domain/analytics/answer.h"
#include "domain/analytics/breakdown.h"
#include "domain/analytics/kinds.h"
#include "domain/analytics/survival_curve.h"
#include "domain/analytics/value_models.h"

#define GROUPS_MAX 50
#define PROJECT_MAX 120
#define PROJECTED_MAX 20000 /* periods that were seen: each costs a step of the fit */

struct survival {
    uint32_t start, end; /* picks */
    enum civil_unit unit;
    int64_t last_unit; /* that has ended: in later ones not all has been seen */
    int64_t project;   /* periods; 0: no */
    struct breakdown breakdown;
};

/* Groups by facet and by the number of periods. */
struct survival_tally {
    struct groups groups;
};

struct survival_group {
    uint64_t ended, unseen;
};

/* --- reading --- */

static fallible survival_read(struct asked *a, struct err *e)
{
    struct question *q = a->question;
    struct survival *own = ARENA_NEW(q->arena, struct survival);
    size_t unit;
    TRY(asked_activity(a, "start", &own->start, e));
    if (json_is(json_find(a->body, BYTES_LIT("end")), JSON_ABSENT))
        return asked_missing(a, "end", e);
    TRY(asked_pick(a, json_find(a->body, BYTES_LIT("end")), &own->end, e));
    TRY(asked_choice(a, "unit", civil_unit_names, CIVIL_UNIT_COUNT, CIVIL_DAY, &unit, e));
    TRY(asked_number(a, "project", 0, 0, PROJECT_MAX, &own->project, e));
    TRY(asked_breakdown(a, &own->breakdown, e));
    if (own->breakdown.shown_max > GROUPS_MAX)
        return asked_wrong(json_find(a->body, BYTES_LIT("top")), e, "at most %d groups are compared", GROUPS_MAX);
    own->unit = (enum civil_unit)unit;
    own->last_unit = civil_number(q->civil, own->unit, q->until_us < q->now_us ? q->until_us : q->now_us) - 1;
    q->plan.until_us = civil_begin_us(q->civil, own->unit, own->last_unit + 1);
    if (q->plan.until_us <= q->plan.from_us)
        return asked_wrong(a->body, e, "no %s of the range has ended yet", civil_unit_names[own->unit]);
    if (own->project > 0 && own->last_unit - civil_number(q->civil, own->unit, q->from_us) >= PROJECTED_MAX)
        return asked_wrong(json_find(a->body, BYTES_LIT("project")), e, "the range has more than %d of a %s", PROJECTED_MAX, civil_unit_names[own->unit]);
    q->own = own;
    return DONE;
}

/* --- counting --- */

/* What a subject did: from its first start event on. */
struct lasting {
    struct facet facet;
    uint32_t periods; /* that it lasted, or has lasted so far */
    bool has_ended;
};

/* False: it never started. */
static bool lasting_of(const struct question *q, const struct sequence *s, struct lasting *out)
{
    const struct survival *own = q->own;
    uint32_t start = 0;
    while (start < s->count && !moment_is(&s->moments[start], own->start))
        start++;
    if (start == s->count)
        return false;
    uint32_t end = start + 1;
    while (end < s->count && !moment_is(&s->moments[end], own->end))
        end++;
    int64_t from = civil_number(q->civil, own->unit, s->moments[start].time_us);
    int64_t until = end < s->count ? civil_number(q->civil, own->unit, s->moments[end].time_us) : own->last_unit;
    *out = (struct lasting){facet_of(&own->breakdown, s, &s->moments[start]), until < from ? 0 : (uint32_t)(until - from), end < s->count};
    return true;
}

static void *survival_tally(const struct question *q, struct arena *arena)
{
    struct survival_tally *tally = ARENA_NEW(arena, struct survival_tally);
    (void)q;
    groups_init(&tally->groups, arena, sizeof(struct survival_group));
    return tally;
}

static void survival_take(const struct question *q, void *into, const struct sequence *s)
{
    struct survival_tally *tally = into;
    struct lasting l;
    if (!lasting_of(q, s, &l))
        return;
    struct survival_group *g = groups_take(&tally->groups, facet_key(l.facet, l.periods));
    g->ended += l.has_ended;
    g->unseen += !l.has_ended;
}

static void group_join(const struct question *q, void *into, void *from, struct arena *arena)
{
    struct survival_group *sum = into;
    const struct survival_group *more = from;
    (void)q, (void)arena;
    sum->ended += more->ended;
    sum->unseen += more->unseen;
}

static void survival_join(const struct question *q, void *into, void *from)
{
    struct survival_tally *sum = into, *more = from;
    const struct group *g;
    for (uint32_t at = 0; (g = groups_next(&more->groups, &at)) != NULL;)
        group_join(q, groups_take(&sum->groups, g->key), (void *)(uintptr_t)g->own, sum->groups.arena);
}

/* --- the answer --- */

/* A curve of each group that is shown, the largest first. */
struct shown_curves {
    uint32_t count;
    const struct shown_group **heads;
    struct curve *curves;
    struct hazard *hazards; /* beside the first one's */
};

static double group_weight(const struct question *q, const void *own)
{
    const struct survival_group *g = own;
    (void)q;
    return (double)(g->ended + g->unseen);
}

/* Shown groups come by rank, then time: a curve of each rank. */
static void curves_make(const struct shown_groups *shown, struct arena *arena, struct shown_curves *out)
{
    struct lasted *lasted = ARENA_ARRAY(arena, struct lasted, shown->count + 1);
    *out = (struct shown_curves){.heads = ARENA_ARRAY(arena, const struct shown_group *, shown->count + 1),
                                 .curves = ARENA_ARRAY(arena, struct curve, shown->count + 1),
                                 .hazards = ARENA_ARRAY(arena, struct hazard, shown->count + 1)};
    for (uint32_t i = 0, end; i < shown->count; i = end) {
        for (end = i; end < shown->count && shown->list[end].rank == shown->list[i].rank; end++) {
            const struct survival_group *g = shown->list[end].own;
            lasted[end] = (struct lasted){shown->list[end].place, g->ended, g->unseen};
        }
        out->heads[out->count] = &shown->list[i];
        curve_make(lasted + i, end - i, arena, &out->curves[out->count]);
        out->count++;
    }
    hazards_fit(out->curves, out->count, arena, out->hazards);
}

static void columns_put(const struct survival *own, struct json_writer *w)
{
    static const struct answer_column columns[] = {
        {"periods", "Periods", "经过周期", "number"},
        {"at_risk", "At risk", "在观察人数", "number"},
        {"ended", "Ended", "已结束", "number"},
        {"unseen", "Not seen further", "删失", "number"},
        {"share", "Share that lasts longer", "留存比例", "share"},
        {"error", "Standard error", "标准误", "share"},
        {"low", "95 % from", "95% 下限", "share"},
        {"high", "95 % to", "95% 上限", "share"},
    };
    struct answer_column all[FACET_VALUES_MAX + COUNT_OF(columns)];
    size_t count = 0;
    for (uint32_t i = 0; i < own->breakdown.count; i++)
        all[count++] = (struct answer_column){own->breakdown.titles[i], own->breakdown.titles[i], own->breakdown.titles[i], "text"};
    memcpy(all + count, columns, sizeof columns);
    answer_columns(w, all, count + COUNT_OF(columns));
}

static void rows_put(const struct survival *own, const struct texts *texts, const struct shown_group *head, const struct curve *c, struct json_writer *w)
{
    for (uint32_t i = 0; i < c->count; i++) {
        const struct curve_point *p = &c->points[i];
        json_array_begin(w);
        facet_put(&own->breakdown, texts, head, w);
        json_put_uint64(w, p->time);
        json_put_uint64(w, p->at_risk);
        json_put_uint64(w, p->ended);
        json_put_uint64(w, p->unseen);
        json_put_double(w, p->share);
        json_put_double(w, p->error);
        json_put_double(w, p->low);
        json_put_double(w, p->high);
        json_array_end(w);
    }
}

static void number_member(struct json_writer *w, const char *key, double x)
{
    json_key(w, key);
    json_put_double(w, x); /* what isn't finite is null */
}

static void time_member(struct json_writer *w, const char *key, int64_t time)
{
    number_member(w, key, time < 0 ? NAN : (double)time);
}

/* The shifted beta-geometric model of this curve, and the shares it expects. A period of the model is one of the unit: who ends within the first lasted 0. */
static void projection_put(const struct survival *own, const struct curve *c, struct arena *arena, struct json_writer *w)
{
    uint32_t periods = c->points[c->count - 1].time + 1;
    uint64_t *left = ARENA_ARRAY(arena, uint64_t, periods), *stayed = ARENA_ARRAY(arena, uint64_t, periods);
    struct err e = {0};
    struct fit fit;
    for (uint32_t i = 0; i < c->count; i++) {
        left[c->points[i].time] = c->points[i].ended;
        stayed[c->points[i].time] = c->points[i].unseen;
    }
    json_key(w, "projection");
    if (failed(sbg_fit(&(struct renewals){periods, left, stayed}, &fit, &e))) {
        json_put_null(w);
        return;
    }
    json_object_begin(w);
    json_key(w, "model");
    json_put_text(w, "sbg");
    number_member(w, "alpha", fit.parameters[0]);
    number_member(w, "alpha_error", fit.has_errors ? fit.errors[0] : NAN);
    number_member(w, "beta", fit.parameters[1]);
    number_member(w, "beta_error", fit.has_errors ? fit.errors[1] : NAN);
    number_member(w, "log_likelihood", fit.log_likelihood);
    json_key(w, "is_at_edge"); /* nobody differs from others: the shares hold, the parameters don't stand for much */
    json_put_bool(w, fit.is_at_edge);
    json_key(w, "shares"); /* that last longer than 0, 1, … periods */
    json_array_begin(w);
    for (uint32_t t = 1; t <= periods + (uint32_t)own->project; t++)
        json_put_double(w, sbg_survival(fit.parameters, t));
    json_array_end(w);
    json_object_end(w);
}

static void group_put(const struct survival *own, const struct texts *texts, const struct shown_curves *all, uint32_t at, struct arena *arena,
                      struct json_writer *w)
{
    const struct curve *c = &all->curves[at];
    const struct hazard *h = &all->hazards[at];
    json_object_begin(w);
    json_key(w, "of"); /* the values of the breakdown */
    json_array_begin(w);
    facet_put(&own->breakdown, texts, all->heads[at], w);
    json_array_end(w);
    json_key(w, "subjects");
    json_put_uint64(w, c->subjects);
    json_key(w, "ended");
    json_put_uint64(w, c->ended);
    time_member(w, "median", c->median);
    time_member(w, "median_low", c->median_low);
    time_member(w, "median_high", c->median_high);
    number_member(w, "mean_within_seen", c->mean);
    number_member(w, "hazard_ratio", h->ratio); /* beside the first group */
    number_member(w, "hazard_low", h->low);
    number_member(w, "hazard_high", h->high);
    if (own->project > 0)
        projection_put(own, c, arena, w);
    json_object_end(w);
}

static void test_put(const struct curve *curves, uint32_t count, struct arena *arena, struct json_writer *w)
{
    struct log_rank test;
    log_rank_test(curves, count, arena, &test);
    json_key(w, "log_rank");
    if (test.degrees == 0) {
        json_put_null(w);
        return;
    }
    json_object_begin(w);
    number_member(w, "chi_square", test.chi_square);
    json_key(w, "degrees");
    json_put_uint64(w, test.degrees);
    number_member(w, "p", test.p);
    json_object_end(w);
}

static void survival_print(const struct question *q, const struct texts *texts, void *from, struct json_writer *w)
{
    static const struct group_rules rules = {.weigh = group_weight, .join = group_join};
    const struct survival *own = q->own;
    struct survival_tally *tally = from;
    struct arena *arena = tally->groups.arena;
    struct shown_groups shown;
    breakdown_show(q, &own->breakdown, texts, &tally->groups, &rules, &shown);
    struct shown_curves all;
    curves_make(&shown, arena, &all);
    columns_put(own, w);
    json_key(w, "rows");
    json_array_begin(w);
    for (uint32_t i = 0; i < all.count; i++)
        rows_put(own, texts, all.heads[i], &all.curves[i], w);
    json_array_end(w);
    json_key(w, "unit");
    json_put_text(w, civil_unit_names[own->unit]);
    json_key(w, "groups");
    json_array_begin(w);
    for (uint32_t i = 0; i < all.count; i++)
        group_put(own, texts, &all, i, arena, w);
    json_array_end(w);
    test_put(all.curves, all.count, arena, w);
    json_key(w, "ties"); /* of hazards */
    json_put_text(w, "efron");
}

/* --- drill-down --- */

enum state { STATE_ENDED, STATE_UNSEEN, STATE_ANY, STATE_COUNT };
static const char *const state_names[STATE_COUNT] = {"ended", "unseen", "any"};

struct survival_cell {
    size_t state;
    bool has_periods;
    int64_t periods;
    struct facet_cell facets;
};

static const struct member_rule cell_members[] = {
    FACET_CELL_MEMBERS,
    {"periods", "after exactly so many; not given: any", "恰好经过的周期数;不给则不限"},
    {"state", "ended (default), unseen or any", "ended(默认,已结束)、unseen(删失)或 any"},
};

static fallible survival_cell_read(struct question *q, struct json from, void **out_cell, struct err *e)
{
    const struct survival *own = q->own;
    struct survival_cell *c = ARENA_NEW(q->arena, struct survival_cell);
    struct asked a = {.question = q, .body = from};
    TRY(asked_members(&a, cell_members, COUNT_OF(cell_members), e));
    TRY(asked_choice(&a, "state", state_names, STATE_COUNT, STATE_ENDED, &c->state, e));
    TRY(asked_number(&a, "periods", 0, 0, UINT32_MAX, &c->periods, e));
    c->has_periods = !json_is(json_find(from, BYTES_LIT("periods")), JSON_ABSENT);
    *out_cell = c;
    return facet_cell_read(q, &own->breakdown, from, &c->facets, e);
}

static bool survival_in_cell(const struct question *q, const struct texts *texts, const void *cell, const struct sequence *s)
{
    const struct survival *own = q->own;
    const struct survival_cell *c = cell;
    struct lasting l;
    if (!lasting_of(q, s, &l) || (c->has_periods && l.periods != c->periods))
        return false;
    if (c->state != STATE_ANY && l.has_ended != (c->state == STATE_ENDED))
        return false;
    return facet_in_cell(&own->breakdown, texts, &c->facets, l.facet);
}

static const struct member_rule members[] = {
    {"start", "from when it lasts: the subject's first such event in the range; any event if it isn't given", "起点事件:主体在区间内的第一次;不给则任意事件"},
    {"end", "until when: the first such event after it", "终点事件:起点之后的第一次"},
    {"unit", "hour, day (default), week, month, quarter or year", "hour、day(默认)、week、month、quarter 或 year"},
    {"project", "so many periods beyond what was seen, by the shifted beta-geometric model (0)", "用 sBG 模型外推多少个周期(默认 0)"},
    BREAKDOWN_MEMBERS,
};

const struct question_kind survival_question = {
    .name = "survival",
    .about = "How long it lasts from one event to another, also where the other hasn't come yet; by groups, and whether they differ.",
    .about_zh = "生存分析:从一个事件到另一个事件经过多久(含尚未发生者),可分组比较。",
    .members = members,
    .member_count = COUNT_OF(members),
    .read = survival_read,
    .tally = survival_tally,
    .take = survival_take,
    .join = survival_join,
    .print = survival_print,
    .cell_read = survival_cell_read,
    .in_cell = survival_in_cell,
};
