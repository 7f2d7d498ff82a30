#include "domain/analytics/trend.h"

/* What a row shows of a series. */
struct told {
    bool is_known;
    bool is_sum; /* with all its digits */
    struct quantity_sum sum;
    double value;
};

static struct told told_number(double value)
{
    return (struct told){.is_known = true, .value = value};
}

static struct told told_of(const struct trend_series *s, const struct trend_cell *c, struct arena *arena)
{
    switch (s->measure) {
    case MEASURE_COUNT:
        return told_number((double)c->count);
    case MEASURE_UNIQUES:
    case MEASURE_ACTIVE:
        return told_number((double)c->uniques);
    case MEASURE_SUM:
        return (struct told){.is_known = true, .is_sum = true, .sum = c->sum, .value = quantity_double(c->sum)};
    default:
        break;
    }
    if (c->count == 0)
        return (struct told){.is_known = false};
    if (s->measure == MEASURE_AVERAGE)
        return told_number(quantity_double(c->sum) / (double)c->count);
    if (s->measure != MEASURE_PERCENTILE)
        return told_number(c->extreme);
    struct sorted sorted = samples_sort(&c->samples, arena);
    return told_number(sorted_quantile(&sorted, s->percentile));
}

static void told_put(const struct told *told, struct json_writer *w)
{
    if (!told->is_known)
        json_put_null(w);
    else if (told->is_sum)
        quantity_put(w, told->sum);
    else
        json_put_double(w, told->value);
}

/* The series of a unit, and the formula. */
static void values_put(const struct question *q, const struct trend_cell *cells, struct arena *arena, struct json_writer *w)
{
    const struct trend *r = q->own;
    double values[TREND_SERIES_MAX], value;
    bool known[TREND_SERIES_MAX];
    for (uint32_t i = 0; i < r->series_count; i++) {
        struct told told = told_of(&r->series[i], &cells[i], arena);
        values[i] = told.value;
        known[i] = told.is_known;
        told_put(&told, w);
    }
    if (r->formula.count == 0)
        return;
    if (formula_value(&r->formula, values, known, &value))
        json_put_double(w, value);
    else
        json_put_null(w);
}

/* The cells of one facet by place, made where there are none; the totals are the last two. */
struct facet_cells {
    const struct shown_group *shown; /* any group of it */
    struct trend_cell **by_place;
};

static void places_sum_up(const struct trend *r, uint32_t series, struct trend_cell **by_place, uint32_t from, uint32_t until)
{
    for (uint32_t place = from + 1; place < until; place++)
        trend_cell_join(&r->series[series], &by_place[place][series], &by_place[place - 1][series]);
}

static struct facet_cells cells_of(const struct question *q, const struct shown_group *list, uint32_t count, struct arena *arena)
{
    const struct trend *r = q->own;
    uint32_t places = r->edges.count + 2;
    struct facet_cells f = {.shown = list, .by_place = ARENA_ARRAY(arena, struct trend_cell *, places)};
    for (uint32_t i = 0; i < count; i++)
        f.by_place[list[i].place] = ((struct trend_group *)list[i].own)->cells;
    for (uint32_t place = 0; place < places; place++)
        if (f.by_place[place] == NULL)
            f.by_place[place] = ARENA_ARRAY(arena, struct trend_cell, r->series_count);
    for (uint32_t i = 0; i < r->series_count; i++) {
        if (r->series[i].measure == MEASURE_ACTIVE) { /* of differences: all in one */
            places_sum_up(r, i, f.by_place, 0, r->edges.count);
        } else if (r->is_cumulative) {
            places_sum_up(r, i, f.by_place, 0, r->before);
            places_sum_up(r, i, f.by_place, r->before, r->edges.count);
        }
    }
    return f;
}

static void rows_put(const struct question *q, const struct texts *texts, const struct facet_cells *f, struct arena *arena, struct json_writer *w)
{
    const struct trend *r = q->own;
    for (uint32_t place = r->before; place < r->edges.count; place++) {
        json_array_begin(w);
        facet_put(&r->breakdown, texts, f->shown, w);
        units_put(q, &r->units, place - r->before, w);
        values_put(q, f->by_place[place], arena, w);
        if (r->before > 0)
            values_put(q, f->by_place[place - r->before], arena, w);
        json_array_end(w);
    }
}

static void total_put(const struct question *q, const struct texts *texts, const struct facet_cells *f, struct arena *arena, struct json_writer *w)
{
    const struct trend *r = q->own;
    json_array_begin(w);
    facet_put(&r->breakdown, texts, f->shown, w);
    values_put(q, f->by_place[trend_total_place(r)], arena, w);
    if (r->before > 0)
        values_put(q, f->by_place[trend_total_place(r) + 1], arena, w);
    json_array_end(w);
}

static const char *const measure_titles[MEASURE_WAYS] = {
    [MEASURE_COUNT] = "events",          [MEASURE_SUM] = "sum",
    [MEASURE_AVERAGE] = "average",       [MEASURE_LEAST] = "least",          [MEASURE_MOST] = "greatest",
    [MEASURE_PERCENTILE] = "percentile", [MEASURE_ACTIVE] = "active people",
};
static const char *const measure_titles_zh[MEASURE_WAYS] = {
    [MEASURE_COUNT] = "次数",   [MEASURE_SUM] = "合计",          [MEASURE_AVERAGE] = "均值",
    [MEASURE_LEAST] = "最小值", [MEASURE_MOST] = "最大值",  [MEASURE_PERCENTILE] = "百分位", [MEASURE_ACTIVE] = "活跃人数",
};

/* Whose sequences are told apart, where they aren't people's. */
static const char *const subject_titles[SUBJECT_KIND_COUNT] = {"people", "orders", "conversations", "staff"};
static const char *const subject_titles_zh[SUBJECT_KIND_COUNT] = {"人数", "订单数", "会话数", "员工数"};

static const char *measure_title(const struct question *q, enum measure measure, bool is_chinese)
{
    if (measure == MEASURE_UNIQUES)
        return (is_chinese ? subject_titles_zh : subject_titles)[q->plan.subject];
    return (is_chinese ? measure_titles_zh : measure_titles)[measure];
}

/* "a", "b" … are the letters of the formula. */
static struct answer_column series_column(const struct question *q, uint32_t i)
{
    const struct trend *r = q->own;
    const struct trend_series *s = &r->series[i];
    const struct pick *pick = &q->plan.picks[s->pick];
    bool is_money = trend_needs_value(s->measure) && q->plan.lanes[s->value].is_money;
    return (struct answer_column){arena_printf(q->arena, "%c", (char)('a' + i)),
                                  arena_printf(q->arena, "%s: %s", pick->label, measure_title(q, s->measure, false)),
                                  arena_printf(q->arena, "%s:%s", pick->label_zh, measure_title(q, s->measure, true)),
                                  is_money ? "money" : "number"};
}

/* Of the range before they are "a_before" and so on. */
static size_t series_columns(const struct question *q, bool is_before, struct answer_column *out)
{
    const struct trend *r = q->own;
    size_t count = 0;
    for (uint32_t i = 0; i < r->series_count; i++)
        out[count++] = series_column(q, i);
    if (r->formula.count > 0)
        out[count++] = (struct answer_column){"formula", r->formula_title, r->formula_title, "number"};
    for (size_t i = 0; is_before && i < count; i++) {
        out[i].name = arena_printf(q->arena, "%s_before", out[i].name);
        out[i].title = arena_printf(q->arena, "%s, before", out[i].title);
        out[i].title_zh = arena_printf(q->arena, "%s(上期)", out[i].title_zh);
    }
    return count;
}

static void columns_put(const struct question *q, struct json_writer *w)
{
    const struct trend *r = q->own;
    struct answer_column columns[FACET_VALUES_MAX + 1 + 2 * (TREND_SERIES_MAX + 1)];
    size_t count = facet_columns(q, &r->breakdown, columns);
    columns[count++] = (struct answer_column){"unit", "Period", "周期", "time"};
    count += series_columns(q, false, columns + count);
    if (r->before > 0)
        count += series_columns(q, true, columns + count);
    answer_columns(w, columns, count);
}

/* Units that haven't ended, or of which the range leaves out a part. */
static void incomplete_put(const struct question *q, struct json_writer *w)
{
    const struct trend *r = q->own;
    json_key(w, "incomplete");
    json_array_begin(w);
    for (uint32_t i = 0; i < r->units.count; i++) {
        const int64_t *begins_us = &r->edges.begins_us[r->before + i];
        if (!units_ended(q, &r->units, i) || begins_us[0] < q->from_us || begins_us[1] > q->until_us)
            units_put(q, &r->units, i, w);
    }
    json_array_end(w);
}

/* Of nothing at all there is still a row a unit. */
static struct shown_group nothing_shown;

void trend_print(const struct question *q, const struct texts *texts, struct groups *groups, struct json_writer *w)
{
    const struct trend *r = q->own;
    struct arena *arena = groups->arena;
    struct shown_groups shown;
    uint32_t facets = 0;
    breakdown_show(q, &r->breakdown, texts, groups, &trend_rules, &shown);
    struct facet_cells *each = ARENA_ARRAY(arena, struct facet_cells, shown.count + 1);
    for (uint32_t i = 0, until; i < shown.count; i = until) {
        for (until = i + 1; until < shown.count && shown.list[until].rank == shown.list[i].rank;)
            until++;
        each[facets++] = cells_of(q, &shown.list[i], until - i, arena);
    }
    if (facets == 0 && r->breakdown.count == 0)
        each[facets++] = cells_of(q, &nothing_shown, 0, arena);
    columns_put(q, w);
    json_key(w, "rows");
    json_array_begin(w);
    for (uint32_t i = 0; i < facets; i++)
        rows_put(q, texts, &each[i], arena, w);
    json_array_end(w);
    json_key(w, "totals");
    json_array_begin(w);
    for (uint32_t i = 0; i < facets; i++)
        total_put(q, texts, &each[i], arena, w);
    json_array_end(w);
    incomplete_put(q, w);
    json_key(w, "others");
    json_put_uint64(w, shown.other_count);
}
