/* RFM: how long ago, how often and for how much people bought, scored among all. docs/guide/analytics.md. */
#include <stdlib.h>

#include "base/attr.h"
#include "base/time.h"
#include "domain/analytics/activity.h"
#include "domain/analytics/answer.h"
#include "domain/analytics/kinds.h"
#include "domain/analytics/rfm_score.h"
#include "domain/analytics/worth.h"
#include "engine/domain.h"

#define RANGE_DAYS_INITIALLY 365
#define SCORE_ANY 0u
#define SEGMENT_ANY RFM_SEGMENTS

static const char *const scoring_names[RFM_SCORINGS] = {"ntile", "cut"};
static const char *const measure_names[RFM_MEASURES] = {"r", "f", "m"};

/* What a row is. */
enum show { SHOW_SEGMENTS, SHOW_SCORES, SHOW_GRID, SHOW_COUNT };
static const char *const show_names[SHOW_COUNT] = {"segments", "scores", "grid"};

struct rfm {
    struct worth worth; /* of purchases */
    bool has_order;     /* else each purchase is an order of its own */
    uint32_t order;     /* lane of codes */
    enum rfm_scoring scoring;
    enum show show;
    int64_t day;        /* the reference date */
};

struct rfm_tally {
    struct rfm_people people;
    struct rfm_cuts cuts; /* when it is concluded, and people have scores */
    uint32_t *orders; /* scratch: of one person */
    uint32_t order_max;
};

struct rfm_cell {
    uint32_t scores[RFM_MEASURES]; /* SCORE_ANY: all */
    uint32_t segment;              /* SEGMENT_ANY: all */
};

/* What is told of a group of people. */
struct rfm_group {
    uint64_t people;
    int64_t days;
    uint64_t orders;
    struct quantity_sum worth;
};

/* --- reading --- */

/* The range is a year where none is asked for; what is behind the reference date isn't seen. */
static fallible range_read(struct asked *a, struct rfm *own, struct err *e)
{
    struct question *q = a->question;
    struct json as_of = json_find(a->body, BYTES_LIT("as_of"));
    int64_t until_day = civil_number(q->civil, CIVIL_DAY, q->until_us - 1);
    if (json_is(json_find(a->body, BYTES_LIT("from")), JSON_ABSENT) && json_is(json_find(a->body, BYTES_LIT("last")), JSON_ABSENT))
        q->from_us = civil_begin_us(q->civil, CIVIL_DAY, until_day - RANGE_DAYS_INITIALLY + 1);
    own->day = until_day;
    if (!json_is(as_of, JSON_ABSENT) && !json_is(as_of, JSON_NULL)) {
        int64_t us;
        struct err wrong = {0};
        if (failed(civil_read(q->civil, json_string(as_of), &us, &wrong)))
            return asked_wrong(as_of, e, "%s", wrong.text);
        own->day = civil_number(q->civil, CIVIL_DAY, us);
    }
    int64_t seen_until_us = civil_begin_us(q->civil, CIVIL_DAY, own->day + 1);
    q->plan.from_us = q->from_us;
    q->plan.until_us = seen_until_us < q->until_us ? seen_until_us : q->until_us;
    if (q->plan.from_us >= q->plan.until_us)
        return asked_wrong(as_of, e, "the reference date lies before the range");
    return DONE;
}

static fallible rfm_read(struct asked *a, struct err *e)
{
    struct question *q = a->question;
    struct rfm *own = ARENA_NEW(q->arena, struct rfm);
    uint32_t purchase;
    size_t scoring, shows;
    if (q->plan.subject != SUBJECT_PERSON)
        return asked_wrong(json_find(a->body, BYTES_LIT("subject")), e, "people are scored, nothing else");
    TRY(asked_pick_else(a, "event", PICK_NONE, &purchase, e));
    if (purchase == PICK_NONE)
        return asked_missing(a, "event", e);
    TRY(asked_worth(a, purchase, true, &own->worth, e));
    TRY(asked_lane(a, "order", LANE_CODES, LANE_VALUE, false, &own->has_order, &own->order, e));
    if (own->worth.has_times && !own->has_order)
        return asked_wrong(json_find(a->body, BYTES_LIT("times")), e, "with items \"order\" has to say what an order is known by");
    TRY(asked_choice(a, "scoring", scoring_names, RFM_SCORINGS, RFM_NTILE, &scoring, e));
    TRY(asked_choice(a, "show", show_names, SHOW_COUNT, SHOW_SEGMENTS, &shows, e));
    own->scoring = (enum rfm_scoring)scoring;
    own->show = (enum show)shows;
    TRY(range_read(a, own, e));
    q->own = own;
    return DONE;
}

/* --- counting --- */

static void *rfm_tally(const struct question *q, struct arena *arena)
{
    struct rfm_tally *tally = ARENA_NEW(arena, struct rfm_tally);
    (void)q;
    tally->people.arena = arena;
    return tally;
}

static int code_compare(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

/* Orders of one person: the codes that differ, and each purchase that has none. */
struct order_count {
    uint32_t nameless, named;
    uint32_t *codes; /* of the named ones; those of lines that follow each other once */
};

static void order_note(struct order_count *c, uint32_t code)
{
    if (code == CODE_NONE)
        c->nameless++;
    else if (c->named == 0 || c->codes[c->named - 1] != code)
        c->codes[c->named++] = code;
}

static uint32_t orders_sum(struct order_count *c)
{
    uint32_t distinct = c->named > 0;
    qsort(c->codes, c->named, sizeof *c->codes, code_compare);
    for (uint32_t i = 1; i < c->named; i++)
        distinct += c->codes[i] != c->codes[i - 1];
    return c->nameless + distinct;
}

static uint32_t *scratch_of(struct rfm_tally *tally, uint32_t count)
{
    if (count > tally->order_max) {
        tally->order_max = count * 2;
        tally->orders = ARENA_ARRAY(tally->people.arena, uint32_t, tally->order_max);
    }
    return tally->orders;
}

static int64_t micro_of(struct quantity_sum worth)
{
    int64_t micro = quantity_micro(worth);
    return micro > RFM_MICRO_MAX ? RFM_MICRO_MAX : micro < -RFM_MICRO_MAX ? -RFM_MICRO_MAX : micro;
}

static void rfm_take(const struct question *q, void *into, const struct sequence *s)
{
    const struct rfm *own = q->own;
    struct rfm_tally *tally = into;
    struct quantity_sum worth = {0};
    struct order_count orders = {.codes = own->has_order ? scratch_of(tally, s->count) : NULL};
    int64_t last_us = INT64_MIN;
    for (uint32_t i = 0; i < s->count; i++) {
        const struct moment *m = &s->moments[i];
        worth_add(&own->worth, s, m, &worth);
        if (!moment_is(m, own->worth.pick))
            continue;
        last_us = m->time_us;
        order_note(&orders, own->has_order ? s->lanes[own->order].codes[m->row] : CODE_NONE);
    }
    if (last_us == INT64_MIN) /* refunds only */
        return;
    const struct rfm_person person = {.person = s->person,
                                      .days = (int32_t)(own->day - civil_number(q->civil, CIVIL_DAY, last_us)),
                                      .orders = own->has_order ? orders_sum(&orders) : orders.nameless,
                                      .micro = micro_of(worth)};
    rfm_add(&tally->people, &person);
}

static void rfm_join(const struct question *q, void *into, void *from)
{
    struct rfm_tally *sum = into;
    const struct rfm_tally *more = from;
    (void)q;
    rfm_people_join(&sum->people, &more->people);
}

static fallible rfm_conclude(const struct question *q, const struct texts *texts UNUSED, void *from, struct effort *effort, struct err *e)
{
    const struct rfm *own = q->own;
    struct rfm_tally *tally = from;
    return rfm_score(&tally->people, own->scoring, effort, &tally->cuts, e);
}

/* --- the answer --- */

static void group_add(struct rfm_group *g, const struct rfm_lot *lot, uint32_t person)
{
    g->people++;
    g->days += lot->values[RFM_RECENCY][person];
    g->orders += (uint64_t)lot->values[RFM_FREQUENCY][person];
    quantity_add(&g->worth, (struct quantity){.micro = lot->values[RFM_MONEY][person]});
}

static uint32_t segment_of(const struct rfm_lot *lot, uint32_t person)
{
    return rfm_segment_of(lot->scores[RFM_RECENCY][person], lot->scores[RFM_FREQUENCY][person]);
}

/* Columns of a group, behind those that say which it is. */
#define GROUP_COLUMNS                                                                                                                                  \
    {"people", "People", "人数", "number"}, {"share", "Share", "占比", "share"}, {"days", "Days since, mean", "平均距今天数", "number"},               \
        {"orders", "Orders, mean", "平均订单数", "number"}, {"value_mean", "Value, mean", "人均金额", "money"}, {"value", "Value", "金额", "money"}

static void group_put(const struct rfm_group *g, size_t people, struct json_writer *w)
{
    json_put_uint64(w, g->people);
    answer_share(w, (double)g->people, (double)people);
    answer_share(w, (double)g->days, (double)g->people);
    answer_share(w, (double)g->orders, (double)g->people);
    answer_share(w, quantity_double(g->worth), (double)g->people);
    quantity_put(w, g->worth);
}

static void segments_put(const struct rfm_people *p, struct json_writer *w)
{
    static const struct answer_column columns[] = {
        {"segment", "Segment", "分组", "text"},
        {"title", "Name", "英文名", "text"},
        {"title_zh", "Chinese name", "名称", "text"},
        GROUP_COLUMNS,
    };
    struct rfm_group groups[RFM_SEGMENTS] = {0};
    for (const struct rfm_lot *lot = p->newest; lot != NULL; lot = lot->next)
        for (uint32_t i = 0; i < lot->count; i++)
            group_add(&groups[segment_of(lot, i)], lot, i);
    answer_columns(w, TABLE(columns));
    json_key(w, "rows");
    json_array_begin(w);
    for (size_t k = 0; k < RFM_SEGMENTS; k++) {
        json_array_begin(w);
        json_put_text(w, rfm_segments[k].name);
        json_put_text(w, rfm_segments[k].title);
        json_put_text(w, rfm_segments[k].title_zh);
        group_put(&groups[k], p->count, w);
        json_array_end(w);
    }
    json_array_end(w);
}

/* A row for each (R, F, M) that anybody has, or for each (R, F). */
static void scores_put(const struct rfm_people *p, bool by_money, struct json_writer *w)
{
    static const struct answer_column by_three[] = {{"r", "R", "R", "number"}, {"f", "F", "F", "number"}, {"m", "M", "M", "number"}, GROUP_COLUMNS};
    static const struct answer_column by_two[] = {{"r", "R", "R", "number"}, {"f", "F", "F", "number"}, GROUP_COLUMNS};
    struct rfm_group groups[RFM_SCORES * RFM_SCORES * RFM_SCORES] = {0};
    size_t depth = by_money ? RFM_SCORES : 1;
    for (const struct rfm_lot *lot = p->newest; lot != NULL; lot = lot->next)
        for (uint32_t i = 0; i < lot->count; i++) {
            size_t pair = (lot->scores[RFM_RECENCY][i] - 1u) * RFM_SCORES + lot->scores[RFM_FREQUENCY][i] - 1u;
            group_add(&groups[pair * depth + (by_money ? lot->scores[RFM_MONEY][i] - 1u : 0)], lot, i);
        }
    if (by_money)
        answer_columns(w, TABLE(by_three));
    else
        answer_columns(w, TABLE(by_two));
    json_key(w, "rows");
    json_array_begin(w);
    for (size_t k = 0; k < RFM_SCORES * RFM_SCORES * depth; k++) {
        if (groups[k].people == 0 && by_money)
            continue;
        json_array_begin(w);
        json_put_uint64(w, k / depth / RFM_SCORES + 1);
        json_put_uint64(w, k / depth % RFM_SCORES + 1);
        if (by_money)
            json_put_uint64(w, k % depth + 1);
        group_put(&groups[k], p->count, w);
        json_array_end(w);
    }
    json_array_end(w);
}

/* How large each class came out, and where it begins: with ties, classes of `cut` are very unequal. */
static void classes_put(const struct rfm_people *p, const struct rfm_cuts *cuts, enum rfm_measure measure, struct json_writer *w)
{
    uint64_t sizes[RFM_SCORES] = {0};
    double unit = measure == RFM_MONEY ? (double)QUANTITY_UNIT : 1.0;
    for (const struct rfm_lot *lot = p->newest; lot != NULL; lot = lot->next)
        for (uint32_t i = 0; i < lot->count; i++)
            sizes[lot->scores[measure][i] - 1]++;
    json_object_begin(w);
    json_key(w, "sizes");
    json_array_begin(w);
    for (size_t k = 0; k < RFM_SCORES; k++)
        json_put_uint64(w, sizes[k]);
    json_array_end(w);
    json_key(w, "cuts");
    json_array_begin(w);
    for (uint32_t k = 0; k < cuts->count; k++)
        json_put_double(w, (double)cuts->fifths[measure][k] / (double)RFM_SCORES / unit);
    json_array_end(w);
    json_object_end(w);
}

static void rfm_print(const struct question *q, const struct texts *texts, void *from, struct json_writer *w)
{
    const struct rfm *own = q->own;
    const struct rfm_tally *tally = from;
    const struct rfm_people *p = &tally->people;
    char day[CIVIL_TEXT_BYTES];
    (void)texts;
    if (own->show == SHOW_SEGMENTS)
        segments_put(p, w);
    else
        scores_put(p, own->show == SHOW_SCORES, w);
    civil_print(q->civil, CIVIL_DAY, own->day, day);
    json_key(w, "reference_date");
    json_put_text(w, day);
    json_key(w, "scoring");
    json_put_text(w, scoring_names[own->scoring]);
    json_key(w, "people");
    json_put_uint64(w, p->count);
    json_key(w, "classes");
    json_object_begin(w);
    for (enum rfm_measure m = 0; m < RFM_MEASURES; m++) {
        json_key(w, measure_names[m]);
        classes_put(p, &tally->cuts, m, w);
    }
    json_object_end(w);
}

/* --- drill-down --- */

static const struct member_rule cell_members[] = {
    {"segment", "the named group", "分组"},
    {"r", "score of recency", "R 分"},
    {"f", "score of frequency", "F 分"},
    {"m", "score of money", "M 分"},
};

static fallible rfm_cell_read(struct question *q, struct json from, void **out_cell, struct err *e)
{
    struct rfm_cell *cell = ARENA_NEW(q->arena, struct rfm_cell);
    struct asked a = {.question = q, .body = from};
    const char *names[RFM_SEGMENTS];
    size_t segment;
    TRY(asked_members(&a, TABLE(cell_members), e));
    for (size_t i = 0; i < RFM_SEGMENTS; i++)
        names[i] = rfm_segments[i].name;
    TRY(asked_choice(&a, "segment", names, RFM_SEGMENTS, SEGMENT_ANY, &segment, e));
    cell->segment = (uint32_t)segment;
    for (size_t m = 0; m < RFM_MEASURES; m++) {
        int64_t score;
        TRY(asked_number(&a, measure_names[m], SCORE_ANY, 1, RFM_SCORES, &score, e));
        cell->scores[m] = (uint32_t)score;
    }
    *out_cell = cell;
    return DONE;
}

static bool cell_has(const struct rfm_cell *cell, const struct rfm_lot *lot, uint32_t person)
{
    bool has = cell->segment == SEGMENT_ANY || cell->segment == segment_of(lot, person);
    for (size_t m = 0; m < RFM_MEASURES; m++)
        has = has && (cell->scores[m] == SCORE_ANY || cell->scores[m] == lot->scores[m][person]);
    return has;
}

static void rfm_gather(const struct question *q UNUSED, void *from, const void *cell, struct gathering *to)
{
    const struct rfm_tally *tally = from;
    for (const struct rfm_lot *lot = tally->people.newest; lot != NULL; lot = lot->next)
        for (uint32_t i = 0; i < lot->count; i++)
            if (cell_has(cell, lot, i))
                to->add(to, lot->people[i]);
}

static const struct member_rule members[] = {
    {"event", "the purchase", "购买事件"},
    WORTH_MEMBERS,
    {"order", "what an order is known by, such as order; not given: each purchase is one", "订单标识,如 order;不给则每次购买算一单"},
    {"scoring", "ntile (default): fifths of equal size; cut: by quantiles, equal values equal scores", "ntile(默认)五等分;cut 按分位数,同值同分"},
    {"as_of", "the reference date; the range's last day if it isn't given", "基准日;不给则为区间最后一天"},
    {"show", "segments (default): named groups; scores: each R, F, M; grid: each R, F", "segments(默认)命名分组;scores 逐个 R、F、M;grid 逐个 R、F"},
};

const struct question_kind rfm_question = {
    .name = "rfm",
    .about = "How long ago, how often and for how much people bought, scored 1 to 5 among all, in named groups.",
    .about_zh = "最近一次购买、购买次数与金额,在全体中按 1–5 打分并命名分组。",
    .members = members,
    .member_count = COUNT_OF(members),
    .read = rfm_read,
    .tally = rfm_tally,
    .take = rfm_take,
    .join = rfm_join,
    .conclude = rfm_conclude,
    .print = rfm_print,
    .cell_read = rfm_cell_read,
    .gather = rfm_gather,
};
