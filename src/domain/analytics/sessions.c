/* Sessions: how many, how long, of how many events, where they begin and end. docs/guide/analytics.md. */
#include "base/time.h"
#include "domain/analytics/activity.h"
#include "domain/analytics/answer.h"
#include "domain/analytics/groups.h"
#include "domain/analytics/kinds.h"
#include "domain/analytics/ranking.h"
#include "domain/analytics/samples.h"
#include "domain/analytics/session.h"
#include "domain/analytics/units.h"
#include "engine/domain.h"

#define VALUES_INITIALLY 50
#define VALUES_MAX 1000
#define PERCENTILES_MAX 5u
#define PEOPLE_UNKNOWN UINT64_MAX /* of several values together: somebody may be among the people of two */

/* By what sessions are told apart, beside their time. */
enum by { BY_NOTHING, BY_ENTRY, BY_EXIT, BY_VALUE };
static const char *const by_names[] = {"nothing", "entry", "exit"};

static const char *const unit_names[] = {"range", "hour", "day", "week", "month", "quarter", "year"};
#define UNIT_NAME_OF(unit) ((size_t)(unit) + 1) /* its place among them: those of civil.h, behind the range */

struct sessions {
    struct session_rule rule;
    struct units units;
    bool is_range; /* the only unit is the range itself */
    enum by by;
    uint32_t value; /* lane of codes that sessions are told apart by */
    uint32_t value_max;
    uint32_t percentiles[PERCENTILES_MAX], percentile_count; /* of lengths */
};

struct session_sum {
    uint64_t people, sessions, events, bounces;
    int64_t length_us;
    struct samples lengths_us; /* where percentiles are asked for */
    uint64_t taker; /* of the subject that was counted last among people */
};

struct sessions_tally {
    struct groups groups; /* by (unit, code) of a session_sum */
    uint64_t takes;
    struct ranked *values; /* when all is joined: those with the most sessions of all units first */
    uint32_t value_count;
};

struct sessions_cell {
    uint32_t place;
    struct bytes value;
};

/* --- reading --- */

static fallible by_read(struct asked *a, struct sessions *own, struct err *e)
{
    struct plan *plan = &a->question->plan;
    bool has_value;
    size_t by;
    TRY(asked_choice(a, "by", by_names, COUNT_OF(by_names), BY_NOTHING, &by, e));
    TRY(asked_lane(a, "breakdown", LANE_CODES, LANE_VALUE, false, &has_value, &own->value, e));
    if (has_value && by != BY_NOTHING)
        return asked_wrong(json_find(a->body, BYTES_LIT("breakdown")), e, "say either \"by\" or \"breakdown\"");
    own->by = has_value ? BY_VALUE : (enum by)by;
    if (own->by == BY_ENTRY || own->by == BY_EXIT) {
        if (plan->lane_count == LANES_MAX)
            return asked_wrong(a->body, e, "a question has at most %u values", LANES_MAX);
        plan->lanes[plan->lane_count] = (struct lane_ask){.kind = LANE_CODES, .of = LANE_EVENT};
        own->value = plan->lane_count++;
    }
    return DONE;
}

static fallible percentiles_read(struct asked *a, struct sessions *own, struct err *e)
{
    struct json list = json_find(a->body, BYTES_LIT("percentiles")), item;
    if (json_is(list, JSON_ABSENT) || json_is(list, JSON_NULL))
        return DONE;
    if (!json_is(list, JSON_ARRAY) || json_count(list) > PERCENTILES_MAX)
        return asked_wrong(list, e, "want a list of at most %u numbers", PERCENTILES_MAX);
    int64_t least = 0, percentile;
    for (struct json_walk w = json_items(list); json_item_next(&w, &item); least = percentile + 1) {
        if (!json_int64(item, &percentile) || percentile < least || percentile > 100)
            return asked_wrong(item, e, "want ascending whole numbers from 0 to 100");
        own->percentiles[own->percentile_count++] = (uint32_t)percentile;
    }
    return DONE;
}

static fallible sessions_read(struct asked *a, struct err *e)
{
    struct question *q = a->question;
    struct sessions *own = ARENA_NEW(q->arena, struct sessions);
    uint32_t pick;
    size_t unit;
    int64_t value_max;
    TRY(asked_activity(a, "event", &pick, e));
    TRY(asked_sessions(a, &own->rule, e));
    TRY(asked_choice(a, "unit", unit_names, COUNT_OF(unit_names), UNIT_NAME_OF(CIVIL_DAY), &unit, e));
    own->is_range = unit == 0;
    if (own->is_range)
        own->units = (struct units){.count = 1};
    else
        TRY(units_over(q, (enum civil_unit)(unit - 1), q->from_us, q->until_us, &own->units, e));
    TRY(by_read(a, own, e));
    TRY(percentiles_read(a, own, e));
    TRY(asked_number(a, "top", VALUES_INITIALLY, 1, VALUES_MAX, &value_max, e));
    own->value_max = (uint32_t)value_max;
    q->own = own;
    return DONE;
}

/* --- counting --- */

static void *sessions_tally(const struct question *q, struct arena *arena)
{
    struct sessions_tally *tally = ARENA_NEW(arena, struct sessions_tally);
    (void)q;
    groups_init(&tally->groups, arena, sizeof(struct session_sum));
    return tally;
}

static uint32_t place_of(const struct question *q, const struct session_walk *w)
{
    const struct sessions *own = q->own;
    int64_t place = own->is_range ? 0 : units_place(q, &own->units, w->s->moments[w->from].time_us);
    assert(place >= 0 && place < own->units.count); /* no event beyond the range is asked for */
    return (uint32_t)place;
}

static uint32_t value_of(const struct sessions *own, const struct session_walk *w)
{
    uint32_t moment = own->by == BY_EXIT ? w->until - 1 : w->from;
    return own->by == BY_NOTHING ? CODE_NONE : w->s->lanes[own->value].codes[w->s->moments[moment].row];
}

static void sessions_take(const struct question *q, void *into, const struct sequence *s)
{
    const struct sessions *own = q->own;
    struct sessions_tally *tally = into;
    struct session_walk w = sessions_of(q, &own->rule, s);
    tally->takes++;
    while (session_next(&w)) {
        int64_t length_us = s->moments[w.until - 1].time_us - s->moments[w.from].time_us;
        struct session_sum *sum = groups_take(&tally->groups, (struct group_key){place_of(q, &w), value_of(own, &w)});
        sum->people += sum->taker != tally->takes;
        sum->taker = tally->takes;
        sum->sessions++;
        sum->events += w.until - w.from;
        sum->bounces += w.until - w.from == 1;
        sum->length_us += length_us;
        if (own->percentile_count > 0)
            samples_add(&sum->lengths_us, tally->groups.arena, (double)length_us);
    }
}

/* The lengths of `more` go over. */
static void sum_add(struct session_sum *sum, struct session_sum *more)
{
    sum->people += more->people;
    sum->sessions += more->sessions;
    sum->events += more->events;
    sum->bounces += more->bounces;
    sum->length_us += more->length_us;
    samples_join(&sum->lengths_us, &more->lengths_us);
}

static void sessions_join(const struct question *q, void *into, void *from)
{
    struct sessions_tally *sum = into, *more = from;
    (void)q;
    uint32_t at = 0;
    for (struct group *g; (g = groups_next(&more->groups, &at)) != NULL;)
        sum_add(groups_take(&sum->groups, g->key), (struct session_sum *)(void *)g->own);
}

/* --- the answer --- */

static void values_rank(const struct texts *texts, struct sessions_tally *tally)
{
    struct arena *arena = tally->groups.arena;
    struct groups totals;
    uint32_t at = 0;
    groups_init(&totals, arena, sizeof(uint64_t));
    for (const struct group *g; (g = groups_next(&tally->groups, &at)) != NULL;)
        *(uint64_t *)groups_take(&totals, (struct group_key){0, g->key.low}) += ((const struct session_sum *)(const void *)g->own)->sessions;
    tally->values = ARENA_ARRAY(arena, struct ranked, totals.count + 1);
    tally->value_count = 0;
    at = 0;
    for (const struct group *g; (g = groups_next(&totals, &at)) != NULL;)
        tally->values[tally->value_count++] = (struct ranked){
            .count = *(const uint64_t *)(const void *)g->own, .names = {texts_get(texts, (uint32_t)g->key.low)}, .own = g};
    ranking_sort(tally->values, tally->value_count);
}

static void percentiles_put(const struct sessions *own, const struct session_sum *sum, struct arena *arena, struct json_writer *w)
{
    struct sorted lengths_us = samples_sort(&sum->lengths_us, arena);
    for (uint32_t i = 0; i < own->percentile_count; i++)
        if (lengths_us.count == 0)
            json_put_null(w);
        else
            json_put_double(w, sorted_quantile(&lengths_us, own->percentiles[i] / 100.0) / (double)US_PER_SECOND);
}

/* `arena`: for what the row alone needs. */
static void row_put(const struct question *q, uint32_t place, struct bytes value, const struct session_sum *sum, struct arena *arena,
                    struct json_writer *w)
{
    const struct sessions *own = q->own;
    json_array_begin(w);
    if (own->is_range)
        json_put_text(w, unit_names[0]);
    else
        units_put(q, &own->units, place, w);
    if (own->by != BY_NOTHING)
        answer_text(w, value);
    json_put_uint64(w, sum->sessions);
    if (sum->people == PEOPLE_UNKNOWN)
        json_put_null(w);
    else
        json_put_uint64(w, sum->people);
    json_put_uint64(w, sum->events);
    answer_share(w, (double)sum->events, (double)sum->sessions);
    answer_share(w, (double)sum->length_us / (double)US_PER_SECOND, (double)sum->sessions);
    answer_share(w, (double)sum->bounces, (double)sum->sessions);
    percentiles_put(own, sum, arena, w);
    json_array_end(w);
}

static void columns_put(const struct question *q, struct json_writer *w)
{
    const struct sessions *own = q->own;
    const struct answer_column columns[] = {
        {"unit", "Period", "周期", "time"},
        {"value", "Value", "取值", own->by == BY_NOTHING ? NULL : answer_kind_of_lane(q, own->value)}, /* only if they are told apart */
        {"sessions", "Sessions", "会话数", "number"},
        {"people", "People", "人数", "number"},
        {"events", "Events", "事件数", "number"},
        {"events_a_session", "Events a session", "会话平均事件数", "number"},
        {"seconds_a_session", "Time a session", "会话平均时长", "seconds"},
        {"bounce", "Of one event only", "跳出率", "share"},
    };
    struct answer_column shown[COUNT_OF(columns) + PERCENTILES_MAX];
    size_t count = 0;
    for (size_t i = 0; i < COUNT_OF(columns); i++)
        if (i != 1 || own->by != BY_NOTHING)
            shown[count++] = columns[i];
    for (uint32_t i = 0; i < own->percentile_count; i++)
        shown[count++] = (struct answer_column){arena_printf(q->arena, "seconds_p%u", own->percentiles[i]),
                                                arena_printf(q->arena, "Time, percentile %u", own->percentiles[i]),
                                                arena_printf(q->arena, "时长 %u 分位", own->percentiles[i]), "seconds"};
    answer_columns(w, shown, count);
}

/* The rows of one unit: one for each value that is there, or one where they aren't told apart, also if there was nothing. */
static void unit_put(const struct question *q, struct sessions_tally *tally, uint32_t place, struct json_writer *w)
{
    const struct sessions *own = q->own;
    struct session_sum other = {0};
    if (own->by == BY_NOTHING) {
        const struct session_sum *all = groups_find(&tally->groups, (struct group_key){place, CODE_NONE});
        row_put(q, place, BYTES_NONE, all == NULL ? &other : all, tally->groups.arena, w);
        return;
    }
    for (uint32_t i = 0; i < tally->value_count; i++) {
        const struct group *value = tally->values[i].own;
        struct session_sum *sum = groups_find(&tally->groups, (struct group_key){place, value->key.low});
        if (sum != NULL && i < own->value_max)
            row_put(q, place, tally->values[i].names[0], sum, tally->groups.arena, w);
        else if (sum != NULL)
            sum_add(&other, sum);
    }
    other.people = PEOPLE_UNKNOWN;
    if (other.sessions > 0)
        row_put(q, place, BYTES_LIT(ANSWER_OTHER), &other, tally->groups.arena, w);
}

static void sessions_print(const struct question *q, const struct texts *texts, void *from, struct json_writer *w)
{
    const struct sessions *own = q->own;
    struct sessions_tally *tally = from;
    values_rank(texts, tally);
    columns_put(q, w);
    json_key(w, "rows");
    json_array_begin(w);
    for (uint32_t place = 0; place < own->units.count; place++)
        unit_put(q, tally, place, w);
    json_array_end(w);
}

/* --- drill-down --- */

static const struct member_rule cell_members[] = {
    {"unit", "the period; not given: the range", "周期;不给则整个区间"},
    {"value", "the value", "取值"},
};

static fallible sessions_cell_read(struct question *q, struct json from, void **out_cell, struct err *e)
{
    const struct sessions *own = q->own;
    struct sessions_cell *cell = ARENA_NEW(q->arena, struct sessions_cell);
    struct asked a = {.question = q, .body = from};
    TRY(asked_members(&a, TABLE(cell_members), e));
    if (!own->is_range)
        TRY(units_read(q, &own->units, from, "unit", &cell->place, e));
    TRY(answer_value_read(&a, "value", &cell->value, e));
    *out_cell = cell;
    return DONE;
}

static bool sessions_in_cell(const struct question *q, const struct texts *texts, const void *asked, const struct sequence *s)
{
    const struct sessions *own = q->own;
    const struct sessions_cell *cell = asked;
    struct session_walk w = sessions_of(q, &own->rule, s);
    while (session_next(&w))
        if (place_of(q, &w) == cell->place && bytes_equal(texts_get(texts, value_of(own, &w)), cell->value))
            return true;
    return false;
}

static const struct member_rule members[] = {
    {"event", "the events that sessions are made of; any if it isn't given", "会话由哪些事件组成;不给则任意事件"},
    SESSION_MEMBERS,
    {"unit", "range, hour, day (default), week, month, quarter or year in which sessions begin", "按会话开始的 range、hour、day(默认)、week、month、quarter 或 year"},
    {"by", "nothing (default), entry or exit: the first or the last event", "nothing(默认)、entry 或 exit:首个或末个事件"},
    {"breakdown", "a value of the first event", "首个事件的某个取值"},
    {"top", "how many values are told by name: 50 (default)", "列出多少个取值:50(默认)"},
    {"percentiles", "of lengths, such as [50, 90]: at most five", "会话时长的分位,如 [50, 90],最多五个"},
};

const struct question_kind sessions_question = {
    .name = "sessions",
    .about = "How many sessions there are, how long and of how many events, where they begin and end.",
    .about_zh = "会话的数量、时长、事件数,从哪里开始、到哪里结束。",
    .members = members,
    .member_count = COUNT_OF(members),
    .read = sessions_read,
    .tally = sessions_tally,
    .take = sessions_take,
    .join = sessions_join,
    .print = sessions_print,
    .cell_read = sessions_cell_read,
    .in_cell = sessions_in_cell,
};
