/* Customer value: what buyers are worth, from how often and when they bought. docs/guide/analytics.md. */
#include "domain/analytics/value.h"

#include "base/time.h"
#include "domain/analytics/activity.h"
#include "domain/analytics/kinds.h"

#define CHUNK_BUYERS 2048u
#define PERIODS_INITIALLY 12
#define PERIODS_MAX 120
#define DISCOUNT_INITIALLY 0.01
#define LIMIT_INITIALLY 1000
#define LIMIT_MAX 100000
#define UNIT_COUNT_MAX 40000 /* of one history, days of a century: who bought before is a clock that was wrong */

static const char *const model_names[VALUE_MODEL_COUNT] = {"bgnbd", "pareto_nbd", "bgbb"};
static const char *const opportunity_names[] = {"week", "month", "quarter", "year"};
static const enum civil_unit opportunity_units[] = {CIVIL_WEEK, CIVIL_MONTH, CIVIL_QUARTER, CIVIL_YEAR};
static const char *const order_names[ORDER_COUNT] = {"worth", "person"};

/* --- reading --- */

static bool is_given(const struct asked *a, const char *member)
{
    struct json j = json_find(a->body, bytes_of_text(member));
    return !json_is(j, JSON_ABSENT) && !json_is(j, JSON_NULL);
}

static fallible discount_read(struct asked *a, double *out, struct err *e)
{
    struct json from = json_find(a->body, BYTES_LIT("discount"));
    *out = DISCOUNT_INITIALLY;
    if (is_given(a, "discount") && (!json_double(from, out) || *out < 0 || *out > 1))
        return asked_wrong(from, e, "want a rate of 0 to 1 for a period, such as 0.01");
    return DONE;
}

/* Calibration ends at "calibrate_until", else at the end of the range; what is between is there to compare a forecast with. Of both only units that have
 * ended count. */
static fallible spans_read(struct asked *a, struct valuation *v, struct err *e)
{
    struct question *q = a->question;
    struct json from = json_find(a->body, BYTES_LIT("calibrate_until"));
    struct err wrong = {0};
    int64_t seen_us = q->until_us < q->now_us ? q->until_us : q->now_us, calibrated_us = q->until_us;
    if (is_given(a, "calibrate_until") && failed(civil_read(q->civil, json_string(from), &calibrated_us, &wrong)))
        return asked_wrong(from, e, "%s", wrong.text);
    v->born_from_us = is_given(a, "from") || is_given(a, "last") ? q->from_us : TIME_US_MIN;
    if (calibrated_us <= v->born_from_us || calibrated_us > q->until_us)
        return asked_wrong(from, e, "want an instant within the range");
    calibrated_us = calibrated_us < seen_us ? calibrated_us : seen_us;
    v->last_unit = civil_number(q->civil, v->unit, calibrated_us) - 1;
    v->later_units = civil_number(q->civil, v->unit, seen_us) - 1 - v->last_unit;
    q->plan.from_us = TIME_US_MIN; /* who bought before doesn't begin in the range */
    q->plan.until_us = civil_begin_us(q->civil, v->unit, v->last_unit + v->later_units + 1);
    return DONE;
}

static fallible rows_read(struct asked *a, struct valuation *v, struct err *e)
{
    TRY(asked_flag(a, "by_person", false, &v->by_person, e));
    a->question->tells_people = v->by_person;
    TRY(asked_choice(a, "order", order_names, ORDER_COUNT, ORDER_VALUE, &v->order, e));
    TRY(asked_number(a, "after", -1, -1, UINT32_MAX, &v->after, e));
    return asked_number(a, "limit", LIMIT_INITIALLY, 1, LIMIT_MAX, &v->limit, e);
}

static fallible valuation_read(struct asked *a, struct err *e)
{
    struct question *q = a->question;
    struct valuation *v = ARENA_NEW(q->arena, struct valuation);
    size_t opportunity;
    if (q->plan.subject != SUBJECT_PERSON)
        return asked_wrong(json_find(a->body, BYTES_LIT("subject")), e, "the value is of persons");
    if (!is_given(a, "purchase"))
        return asked_missing(a, "purchase", e);
    TRY(asked_pick(a, json_find(a->body, BYTES_LIT("purchase")), &v->purchase, e));
    TRY(asked_lane(a, "amount", LANE_QUANTITIES, LANE_SUM, false, &v->has_amount, &v->amount, e));
    TRY(asked_choice(a, "model", model_names, VALUE_MODEL_COUNT, VALUE_BGNBD, &v->model, e));
    TRY(asked_choice(a, "opportunity", opportunity_names, COUNT_OF(opportunity_names), 1, &opportunity, e));
    if (is_given(a, "opportunity") && v->model != VALUE_BGBB)
        return asked_wrong(json_find(a->body, BYTES_LIT("opportunity")), e, "only of the model \"bgbb\"");
    v->unit = v->model == VALUE_BGBB ? opportunity_units[opportunity] : CIVIL_DAY;
    TRY(asked_number(a, "periods", PERIODS_INITIALLY, 1, PERIODS_MAX, &v->periods, e));
    TRY(discount_read(a, &v->discount, e));
    TRY(spans_read(a, v, e));
    q->own = v;
    return rows_read(a, v, e);
}

/* --- counting --- */

/* The units of a subject's purchases, one after the other. */
struct purchase_walk {
    const struct question *q;
    const struct sequence *s;
    uint32_t at; /* of the next moment */
};

static bool purchase_next(struct purchase_walk *w, int64_t *out_unit, struct quantity_sum *out_spent)
{
    const struct valuation *v = w->q->own;
    while (w->at < w->s->count && !moment_is(&w->s->moments[w->at], v->purchase))
        w->at++;
    if (w->at == w->s->count)
        return false;
    const struct moment *m = &w->s->moments[w->at++];
    *out_unit = civil_number(w->q->civil, v->unit, m->time_us);
    *out_spent = (struct quantity_sum){0};
    if (v->has_amount && w->s->lanes[v->amount].has[m->row])
        quantity_add(out_spent, w->s->lanes[v->amount].quantities[m->row]);
    return true;
}

static bool is_born_in_range(const struct question *q, const struct sequence *s)
{
    const struct valuation *v = q->own;
    uint32_t first = 0;
    while (first < s->count && !moment_is(&s->moments[first], v->purchase))
        first++;
    return first < s->count && s->moments[first].time_us >= v->born_from_us;
}

/* False: the subject isn't a buyer of these. */
static bool buyer_of(const struct question *q, const struct sequence *s, struct valuation_tally *tally, struct buyer *out)
{
    const struct valuation *v = q->own;
    struct purchase_walk w = {.q = q, .s = s};
    struct quantity_sum spent = {0}, more;
    int64_t unit, first, last;
    if (!is_born_in_range(q, s) || !purchase_next(&w, &first, &more) || first > v->last_unit || first <= v->last_unit - UNIT_COUNT_MAX)
        return false;
    *out = (struct buyer){.person = s->person, .history.age_days = (uint32_t)(v->last_unit - first)};
    for (last = first; purchase_next(&w, &unit, &more); last = unit) {
        bool is_new = unit != last, is_later = unit > v->last_unit;
        if (unit > first && !is_later)
            quantity_add_sum(&spent, more);
        out->history.repeats += is_new && !is_later;
        out->later += is_new && is_later;
        out->history.recency_days = is_later ? out->history.recency_days : (uint32_t)(unit - first);
        if (is_new && tally != NULL && v->unit == CIVIL_DAY) {
            int64_t month = civil_number(q->civil, CIVIL_MONTH, s->moments[w.at - 1].time_us);
            ((struct valuation_month *)groups_take(&tally->months, (struct group_key){0, (uint64_t)month}))->repeats++;
        }
    }
    out->spent = quantity_double(spent);
    return true;
}

static void *valuation_tally(const struct question *q, struct arena *arena)
{
    struct valuation_tally *tally = ARENA_NEW(arena, struct valuation_tally);
    (void)q;
    tally->arena = arena;
    groups_init(&tally->months, arena, sizeof(struct valuation_month));
    return tally;
}

static void valuation_take(const struct question *q, void *into, const struct sequence *s)
{
    struct valuation_tally *tally = into;
    struct buyer b;
    if (!buyer_of(q, s, tally, &b))
        return;
    if (tally->newest == NULL || tally->newest->count == CHUNK_BUYERS) {
        struct buyer_chunk *chunk = arena_take(tally->arena, sizeof *chunk + CHUNK_BUYERS * sizeof *chunk->buyers, _Alignof(struct buyer_chunk));
        *chunk = (struct buyer_chunk){.older = tally->newest};
        tally->newest = chunk;
    }
    tally->newest->buyers[tally->newest->count++] = b;
    tally->count++;
}

static void valuation_join(const struct question *q, void *into, void *from)
{
    struct valuation_tally *sum = into, *more = from;
    const struct group *g;
    (void)q;
    for (uint32_t at = 0; (g = groups_next(&more->months, &at)) != NULL;)
        ((struct valuation_month *)groups_take(&sum->months, g->key))->repeats += ((const struct valuation_month *)(const void *)g->own)->repeats;
    sum->count += more->count;
    if (more->newest == NULL)
        return;
    struct buyer_chunk *oldest = more->newest;
    while (oldest->older != NULL)
        oldest = oldest->older;
    oldest->older = sum->newest;
    sum->newest = more->newest;
    more->newest = NULL;
}

/* --- drill-down --- */

struct valuation_cell {
    int64_t least, most; /* repeats */
};

static const struct member_rule cell_members[] = {
    {"repeats", "of so many repeats", "复购次数"},
    {"or_more", "true: so many or more", "true:该次数及以上"},
};

static fallible valuation_cell_read(struct question *q, struct json from, void **out_cell, struct err *e)
{
    struct valuation_cell *c = ARENA_NEW(q->arena, struct valuation_cell);
    struct asked a = {.question = q, .body = from};
    bool or_more;
    TRY(asked_members(&a, cell_members, COUNT_OF(cell_members), e));
    TRY(asked_number(&a, "repeats", 0, 0, UINT32_MAX, &c->least, e));
    TRY(asked_flag(&a, "or_more", false, &or_more, e));
    c->most = or_more ? UINT32_MAX : c->least;
    *out_cell = c;
    return DONE;
}

static bool valuation_in_cell(const struct question *q, const struct texts *texts, const void *cell, const struct sequence *s)
{
    const struct valuation_cell *c = cell;
    struct buyer b;
    (void)texts;
    return buyer_of(q, s, NULL, &b) && b.history.repeats >= c->least && b.history.repeats <= c->most;
}

static const struct member_rule members[] = {
    {"purchase", "what counts as a purchase", "什么事件算购买"},
    {"amount", "its value, such as \"amount\": without it purchases are told, not money", "金额属性;不给则只算次数"},
    {"model", "bgnbd (default), pareto_nbd, or bgbb: once an opportunity at most", "bgnbd(默认)、pareto_nbd 或 bgbb(每个周期至多一次)"},
    {"opportunity", "of bgbb: week, month (default), quarter or year", "bgbb 的周期:week、month(默认)、quarter 或 year"},
    {"calibrate_until", "models are fitted to what was before; what is behind, up to \"until\", is compared with their forecast",
     "只用此前的数据拟合;其后至 until 的数据用来检验预测"},
    {"periods", "the value of so many months to come (12); of bgbb opportunities", "计算未来多少个月的价值(默认 12;bgbb 为周期数)"},
    {"discount", "a period, 0.01 for 1 %", "每期折现率,默认 0.01"},
    {"by_person", "true: a row a person instead of one by number of repeats", "true:每人一行"},
    {"order", "of such rows: worth (default: who is worth most first) or person", "排序:worth(默认,价值从高到低)或 person"},
    {"after", "only persons of greater numbers: the next page when ordered by person", "只取编号更大的人,用于翻页"},
    {"limit", "rows by person at most (1,000; at most 100,000)", "最多多少行(默认 1000,上限 100000)"},
};

const struct question_kind value_question = {
    .name = "value",
    .about = "What buyers are worth: who is still one, how often they will buy, and for how much, by models that are checked against what came.",
    .about_zh = "客户价值:谁仍活跃、未来会买几次、值多少钱(BG/NBD、Pareto/NBD、BG/BB 与 Gamma-Gamma),并用留出期检验。",
    .members = members,
    .member_count = COUNT_OF(members),
    .read = valuation_read,
    .tally = valuation_tally,
    .take = valuation_take,
    .join = valuation_join,
    .conclude = valuation_conclude,
    .print = valuation_print,
    .cell_read = valuation_cell_read,
    .in_cell = valuation_in_cell,
};
