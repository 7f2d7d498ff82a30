/* Trends: how much there was of what, unit by unit. docs/guide/analytics.md. */
#include "domain/analytics/trend.h"

#include "base/time.h"
#include "domain/analytics/activity.h"
#include "domain/analytics/kinds.h"
#include "engine/domain.h"

#define DAYS_INITIALLY 7
#define DAYS_MAX 366

static const char *const measure_names[MEASURE_WAYS] = {
    [MEASURE_COUNT] = "count",           [MEASURE_UNIQUES] = "uniques", [MEASURE_SUM] = "sum",
    [MEASURE_AVERAGE] = "average",       [MEASURE_LEAST] = "min",       [MEASURE_MOST] = "max",
    [MEASURE_PERCENTILE] = "percentile", [MEASURE_ACTIVE] = "active",
};

static const struct member_rule members[] = {
    {"series", "[{event, measure, value, percentile, days}] or names of events, which are counted; one, or a list of up to eight",
     "指标列表,或事件名(按次数),最多八个"},
    {"unit", "hour, day, week, month, quarter, year", "周期单位"},
    {"formula", "of the series, from A: \"A / B * 100\"", "以 A、B… 表示各指标的公式"},
    {"formula_as", "what it is called", "公式的名称"},
    {"cumulative", "each unit with all before it", "累计"},
    {"compare", "with as many units before", "与上一时段对比"},
    {"by_item", "each item of an event by itself", "逐商品明细计"},
    BREAKDOWN_MEMBERS,
};

static const struct member_rule series_members[] = {
    {"event", "the event", "事件"},
    {"measure", "count, uniques, sum, average, min, max, percentile; active: uniques of the last days",
     "指标:次数、人数、合计、均值、最小、最大、百分位、近 n 日活跃"},
    {"value", "a property", "属性"},
    {"percentile", "from 0 to 100 (50)", "百分位(默认 50)"},
    {"days", "of active: 1, 7, 28, 30 … (7)", "活跃天数(默认 7)"},
};

static const struct member_rule cell_members[] = {
    {"unit", "as it stands in the answer; absent: the whole range", "周期,省略则为整个范围"},
    {"series", "its number, from 1", "指标序号"},
    FACET_CELL_MEMBERS,
};

/* --- reading --- */

static fallible series_read(struct asked *a, struct json from, bool by_item, struct trend_series *out, struct err *e)
{
    struct asked inner = {a->question, from};
    struct json event = json_find(from, BYTES_LIT("event"));
    if (json_is(from, JSON_STRING)) { /* an event by its name is counted */
        out->measure = MEASURE_COUNT;
        return asked_pick(a, from, &out->pick, e);
    }
    size_t measure;
    int64_t percentile;
    bool given;
    TRY(asked_members(&inner, series_members, COUNT_OF(series_members), e));
    if (json_is(event, JSON_ABSENT))
        return asked_missing(&inner, "event", e);
    TRY(asked_pick(a, event, &out->pick, e));
    TRY(asked_choice(&inner, "measure", measure_names, MEASURE_WAYS, MEASURE_COUNT, &measure, e));
    TRY(asked_number(&inner, "percentile", 50, 0, 100, &percentile, e));
    TRY(asked_number(&inner, "days", DAYS_INITIALLY, 1, DAYS_MAX, &out->days, e));
    out->measure = (enum measure)measure;
    out->percentile = (double)percentile / 100;
    TRY(asked_lane(&inner, "value", LANE_QUANTITIES, by_item ? LANE_VALUE : LANE_SUM, trend_needs_value(out->measure), &given,
                   &out->value, e));
    if (given && !trend_needs_value(out->measure))
        return asked_wrong(from, e, "measure \"%s\" has no \"value\"", measure_names[measure]);
    if (given)
        a->question->plan.lanes[out->value].picks = UINT32_C(1) << out->pick;
    return DONE;
}

static fallible all_series_read(struct asked *a, struct trend *r, struct err *e)
{
    struct json list = json_find(a->body, BYTES_LIT("series")), part;
    if (json_is(list, JSON_ABSENT))
        return asked_missing(a, "series", e);
    bool is_one = json_is(list, JSON_STRING) || json_is(list, JSON_OBJECT);
    if (!is_one && (!json_is(list, JSON_ARRAY) || json_count(list) == 0 || json_count(list) > TREND_SERIES_MAX))
        return asked_wrong(list, e, "want a list of 1 to %u series", TREND_SERIES_MAX);
    TRY(asked_flag(a, "by_item", false, &a->question->plan.by_item, e));
    if (is_one)
        return series_read(a, list, a->question->plan.by_item, &r->series[r->series_count++], e);
    for (struct json_walk w = json_items(list); json_item_next(&w, &part);)
        TRY(series_read(a, part, a->question->plan.by_item, &r->series[r->series_count++], e));
    return DONE;
}

static fallible formula_asked(struct asked *a, struct trend *r, struct err *e)
{
    struct bytes text, title;
    struct err wrong = {0};
    TRY(asked_text(a, "formula", BYTES_NONE, &text, e));
    TRY(asked_text(a, "formula_as", text, &title, e));
    if (text.size == 0)
        return DONE;
    if (failed(formula_read(text, r->series_count, &r->formula, &wrong)))
        return asked_wrong(json_find(a->body, BYTES_LIT("formula")), e, "%s", wrong.text);
    r->formula_title = arena_text(a->question->arena, title);
    return DONE;
}

static fallible ways_check(struct asked *a, const struct trend *r, struct err *e)
{
    for (uint32_t i = 0; i < r->series_count; i++) {
        enum measure measure = r->series[i].measure;
        if (measure == MEASURE_ACTIVE && r->units.unit != CIVIL_DAY)
            return asked_wrong(a->body, e, "measure \"active\" is told day by day: unit \"day\"");
        if (r->is_cumulative && (measure == MEASURE_ACTIVE || measure == MEASURE_PERCENTILE))
            return asked_wrong(a->body, e, "\"cumulative\" doesn't go with measure \"%s\"", measure_names[measure]);
    }
    return DONE;
}

/* The range before has as many units, and is cut as the range is. */
static fallible places_make(struct question *q, struct trend *r, bool compares, struct err *e)
{
    struct units all = r->units;
    r->before = compares ? r->units.count : 0;
    if (all.count + r->before > UNITS_MAX)
        return FAIL(e, LIMIT, "%u units and as many before: at most %u together", r->before, UNITS_MAX);
    all.first -= r->before;
    all.count += r->before;
    edges_make(q, &all, &r->edges);
    const int64_t *begins_us = r->edges.begins_us;
    if (compares) {
        r->before_from_us = begins_us[0] + (q->from_us - begins_us[r->before]);
        r->before_until_us = begins_us[r->before] - (begins_us[r->edges.count] - q->until_us);
        q->plan.from_us = r->before_from_us;
    }
    for (uint32_t i = 0; i < r->series_count; i++)
        if (r->series[i].measure == MEASURE_ACTIVE) {
            int64_t from_us = civil_begin_us(q->civil, CIVIL_DAY, all.first - r->series[i].days + 1);
            q->plan.from_us = from_us < q->plan.from_us ? from_us : q->plan.from_us;
        }
    return DONE;
}

static fallible trend_read(struct asked *a, struct err *e)
{
    struct trend *r = ARENA_NEW(a->question->arena, struct trend);
    bool compares;
    TRY(all_series_read(a, r, e));
    TRY(asked_units(a, "unit", CIVIL_DAY, &r->units, e));
    TRY(formula_asked(a, r, e));
    TRY(asked_flag(a, "cumulative", false, &r->is_cumulative, e));
    TRY(asked_flag(a, "compare", false, &compares, e));
    TRY(asked_breakdown(a, &r->breakdown, e));
    TRY(ways_check(a, r, e));
    a->question->own = r;
    a->question->plan.wants_nobody = true; /* what is bought at a till without a word of who is revenue, too */
    return places_make(a->question, r, compares, e);
}

/* --- counting --- */

struct trend_tally {
    struct arena *arena;
    struct groups groups;          /* by facet and place */
    struct trend_group **by_place; /* without a breakdown: those that there are */
    uint32_t subject;              /* the number of the one that is taken, from 1 */
};

static void *trend_tally(const struct question *q, struct arena *arena)
{
    const struct trend *r = q->own;
    struct trend_tally *t = ARENA_NEW(arena, struct trend_tally);
    t->arena = arena;
    groups_init(&t->groups, arena, sizeof(struct trend_group) + r->series_count * sizeof(struct trend_cell));
    if (r->breakdown.count == 0)
        t->by_place = ARENA_ARRAY(arena, struct trend_group *, r->edges.count + 2);
    return t;
}

/* An event on its way into cells. */
struct taken {
    const struct trend *r;
    struct trend_tally *t;
    const struct sequence *s;
    const struct moment *m;
    bool is_nobody; /* who is counted among no people */
    struct facet facet;
};

static struct trend_group *group_make(const struct taken *x, uint32_t place)
{
    struct trend_group *g = groups_take(&x->t->groups, facet_key(x->facet, place));
    g->is_total = place == trend_total_place(x->r);
    if (x->t->by_place != NULL)
        x->t->by_place[place] = g;
    return g;
}

static inline struct trend_group *group_at(const struct taken *x, uint32_t place)
{
    struct trend_group *const *by_place = x->t->by_place;
    return by_place != NULL && by_place[place] != NULL ? by_place[place] : group_make(x, place);
}

static double quantity_as_double(struct quantity x)
{
    struct quantity_sum s = {0};
    quantity_add(&s, x);
    return quantity_double(s);
}

static void value_add(const struct trend_series *s, struct trend_cell *c, struct quantity x, struct arena *arena)
{
    double value = quantity_as_double(x);
    if (s->measure == MEASURE_SUM || s->measure == MEASURE_AVERAGE)
        quantity_add(&c->sum, x);
    else if (s->measure == MEASURE_PERCENTILE)
        samples_add(&c->samples, arena, value);
    else if (c->count == 0 || (s->measure == MEASURE_LEAST ? value < c->extreme : value > c->extreme))
        c->extreme = value;
}

/* Whether a day makes its subject count on any day of [first, last). */
static bool active_within(const struct trend_series *s, int64_t day, int64_t first, int64_t last)
{
    return day + s->days > first && day < last;
}

/* In the total of a range the subject counts once: unless its day before did that already. `latest` is the total of the range, which knows that day. */
static void active_total(const struct trend_series *s, const struct trend_cell *latest, bool had_day, int64_t day,
                         int64_t first, int64_t last, struct trend_cell *total)
{
    bool counted = had_day && active_within(s, latest->last_day, first, last);
    total->uniques += !counted && active_within(s, day, first, last);
}

/* A day on which the subject is active makes it count on that day and the next ones: from then on one more, behind the last one fewer. Days that
 * an earlier one made count already aren't counted again. */
static void active_add(const struct taken *x, uint32_t i, int64_t day)
{
    const struct trend *r = x->r;
    const struct trend_series *s = &r->series[i];
    struct trend_cell *total = &group_at(x, trend_total_place(r))->cells[i];
    int64_t from = day, until = day + s->days, places = r->edges.count;
    bool had_day = total->seen_by == x->t->subject;
    if (had_day && total->last_day == day)
        return;
    if (had_day && total->last_day + s->days > day)
        from = total->last_day + s->days;
    active_total(s, total, had_day, day, r->before, places, total);
    if (r->before > 0)
        active_total(s, total, had_day, day, 0, r->before, &group_at(x, trend_total_place(r) + 1)->cells[i]);
    total->seen_by = x->t->subject;
    total->last_day = day;
    total->count++;
    from = from < 0 ? 0 : from;
    if (from >= until || from >= places)
        return;
    group_at(x, (uint32_t)from)->cells[i].uniques++;
    if (until < places)
        group_at(x, (uint32_t)until)->cells[i].uniques--;
}

/* A subject counts once; cumulative: once in all, where it comes first. */
static void event_add(const struct taken *x, uint32_t i, struct trend_cell *cell, struct trend_cell *total)
{
    const struct trend_series *s = &x->r->series[i];
    const struct lane *lane = trend_needs_value(s->measure) ? &x->s->lanes[s->value] : NULL;
    uint32_t row = x->m->row, subject = x->t->subject;
    bool counts_before = x->r->is_cumulative && total->seen_by == subject;
    struct trend_cell *both[] = {cell, total};
    if (lane != NULL && !lane->has[row])
        return;
    for (size_t k = 0; k < COUNT_OF(both); k++) {
        struct trend_cell *c = both[k];
        if (lane != NULL)
            value_add(s, c, lane->quantities[row], x->t->arena);
        c->count++;
        c->uniques += !x->is_nobody && c->seen_by != subject && !counts_before;
        c->seen_by = subject;
    }
}

/* Where a moment counts: in a unit of the range, or of the one before, and in their totals. */
static bool moment_places(const struct question *q, int64_t us, uint32_t *out_place, uint32_t *out_total)
{
    const struct trend *r = q->own;
    bool is_before = r->before > 0 && us >= r->before_from_us && us < r->before_until_us;
    if (!is_before && (us < q->from_us || us >= q->until_us))
        return false;
    *out_place = edges_place(&r->edges, us);
    *out_total = trend_total_place(r) + is_before;
    return true;
}

static void trend_take(const struct question *q, void *tally, const struct sequence *s)
{
    const struct trend *r = q->own;
    struct trend_tally *t = tally;
    bool is_nobody = q->plan.subject == SUBJECT_PERSON && s->person == PERSON_NONE;
    uint32_t place, total;
    t->subject++;
    for (const struct moment *m = s->moments, *end = m + s->count; m < end; m++) {
        struct taken x = {
            .r = r, .t = t, .s = s, .m = m, .is_nobody = is_nobody, .facet = facet_of(&r->breakdown, s, m)};
        struct trend_group *in_unit = NULL, *in_total = NULL;
        if (moment_places(q, m->time_us, &place, &total)) {
            in_unit = group_at(&x, place);
            in_total = group_at(&x, total);
        }
        for (uint32_t i = 0; i < r->series_count; i++) {
            if (!moment_is(m, r->series[i].pick))
                continue;
            if (r->series[i].measure == MEASURE_ACTIVE && is_nobody)
                continue;
            if (r->series[i].measure == MEASURE_ACTIVE)
                active_add(&x, i, civil_number(q->civil, CIVIL_DAY, m->time_us) - r->units.first + r->before);
            else if (in_unit != NULL)
                event_add(&x, i, &in_unit->cells[i], &in_total->cells[i]);
        }
    }
}

void trend_cell_join(const struct trend_series *s, struct trend_cell *into, struct trend_cell *from)
{
    bool is_least = s->measure == MEASURE_LEAST, is_extreme = is_least || s->measure == MEASURE_MOST;
    if (s->measure == MEASURE_SUM || s->measure == MEASURE_AVERAGE)
        quantity_add_sum(&into->sum, from->sum);
    else if (s->measure == MEASURE_PERCENTILE)
        samples_join(&into->samples, &from->samples);
    else if (is_extreme && from->count > 0 &&
             (into->count == 0 || (is_least ? from->extreme < into->extreme : from->extreme > into->extreme)))
        into->extreme = from->extreme;
    into->count += from->count;
    into->uniques += from->uniques;
}

static void group_join(const struct question *q, void *into, void *from, struct arena *arena)
{
    const struct trend *r = q->own;
    struct trend_group *sum = into, *more = from;
    (void)arena;
    sum->is_total = more->is_total;
    for (uint32_t i = 0; i < r->series_count; i++)
        trend_cell_join(&r->series[i], &sum->cells[i], &more->cells[i]);
}

static double group_weight(const struct question *q, const void *own)
{
    const struct trend *r = q->own;
    const struct trend_group *g = own;
    const struct trend_series *first = &r->series[0];
    if (!g->is_total)
        return 0;
    if (first->measure == MEASURE_SUM)
        return quantity_double(g->cells[0].sum);
    return (double)(first->measure == MEASURE_UNIQUES ? (uint64_t)g->cells[0].uniques : g->cells[0].count);
}

const struct group_rules trend_rules = {.weigh = group_weight, .join = group_join};

static void trend_join(const struct question *q, void *into, void *from)
{
    groups_join(q, &trend_rules, &((struct trend_tally *)into)->groups, &((struct trend_tally *)from)->groups);
}

static void print(const struct question *q, const struct texts *texts, void *tally, struct json_writer *w)
{
    trend_print(q, texts, &((struct trend_tally *)tally)->groups, w);
}

/* --- drill-down --- */

struct trend_cell_asked {
    bool has_unit;
    uint32_t place; /* among all, those before included */
    uint32_t series;
    struct facet_cell facets;
};

static fallible trend_cell_read(struct question *q, struct json cell, void **out_cell, struct err *e)
{
    const struct trend *r = q->own;
    struct trend_cell_asked *c = ARENA_NEW(q->arena, struct trend_cell_asked);
    struct asked a = {q, cell};
    int64_t series;
    TRY(asked_members(&a, TABLE(cell_members), e));
    TRY(asked_number(&a, "series", 1, 1, r->series_count, &series, e));
    c->series = (uint32_t)series - 1;
    c->has_unit = !json_is(json_find(cell, BYTES_LIT("unit")), JSON_ABSENT);
    if (c->has_unit)
        TRY(units_read(q, &r->units, cell, "unit", &c->place, e));
    c->place += r->before;
    *out_cell = c;
    return facet_cell_read(q, &r->breakdown, cell, &c->facets, e);
}

/* Whether a moment makes its subject count in the cell. */
static bool moment_in_cell(const struct question *q, const struct trend_cell_asked *c, const struct moment *m)
{
    const struct trend *r = q->own;
    const struct trend_series *series = &r->series[c->series];
    uint32_t place, total;
    if (series->measure == MEASURE_ACTIVE) {
        int64_t day = civil_number(q->civil, CIVIL_DAY, m->time_us) - r->units.first + r->before;
        int64_t first = c->has_unit ? c->place : r->before, last = c->has_unit ? c->place + 1 : r->edges.count;
        return active_within(series, day, first, last);
    }
    if (!moment_places(q, m->time_us, &place, &total) || total != trend_total_place(r))
        return false;
    return !c->has_unit || place == c->place || (r->is_cumulative && place < c->place);
}

static bool trend_in_cell(const struct question *q, const struct texts *texts, const void *cell,
                          const struct sequence *s)
{
    const struct trend *r = q->own;
    const struct trend_cell_asked *c = cell;
    const struct trend_series *series = &r->series[c->series];
    for (const struct moment *m = s->moments, *end = m + s->count; m < end; m++)
        if (moment_is(m, series->pick) && moment_in_cell(q, c, m) &&
            (!trend_needs_value(series->measure) || s->lanes[series->value].has[m->row]) &&
            facet_in_cell(&r->breakdown, texts, &c->facets, facet_of(&r->breakdown, s, m)))
            return true;
    return false;
}

const struct question_kind trend_question = {
    .name = "trend",
    .about = "How much there was of what, unit by unit",
    .about_zh = "趋势:各周期的次数、人数与数值",
    .members = members,
    .member_count = COUNT_OF(members),
    .read = trend_read,
    .tally = trend_tally,
    .take = trend_take,
    .join = trend_join,
    .print = print,
    .cell_read = trend_cell_read,
    .in_cell = trend_in_cell,
};
