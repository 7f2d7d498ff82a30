#include <stdio.h>

#include "base/time.h"
#include "domain/analytics/retention.h"

void retention_period_print(const struct retention *r, uint32_t cell, char out_text[PERIOD_TEXT_BYTES])
{
    if (r->mode == RETENTION_BRACKET)
        (void)snprintf(out_text, PERIOD_TEXT_BYTES, "%u-%u", r->brackets[cell].first, r->brackets[cell].last);
    else
        (void)snprintf(out_text, PERIOD_TEXT_BYTES, "%u", cell);
}

/* Cells as they were counted become cells as they are told: of on_or_after and streak those of all later ones are in each, of on_or_before those of all
 * earlier ones. Sums of brackets are over their periods. */
static void counts_sum_up(const struct retention *r, struct cohort *c)
{
    uint32_t slots = retention_slots(r);
    if (r->mode == RETENTION_ON_OR_AFTER || r->mode == RETENTION_STREAK)
        for (uint32_t i = slots - 1; i-- > 0;) {
            c->cells[i].count += c->cells[i + 1].count;
            quantity_add_sum(&c->cells[i].sum, c->cells[i + 1].sum);
        }
    if (r->mode == RETENTION_ON_OR_BEFORE)
        for (uint32_t i = 1; i < slots; i++) {
            c->cells[i].count += c->cells[i - 1].count;
            quantity_add_sum(&c->cells[i].sum, c->cells[i - 1].sum);
        }
}

static struct quantity_sum sum_of(const struct retention *r, const struct cohort *c, uint32_t cell)
{
    struct quantity_sum sum = {0};
    if (r->mode != RETENTION_BRACKET)
        return c->cells[cell].sum;
    for (uint32_t period = r->brackets[cell].first; period <= r->brackets[cell].last; period++)
        quantity_add_sum(&sum, c->cells[period].sum);
    return sum;
}

/* Whether the period has begun by now for the first that the cohort may have; nobody can be in a cell before. */
static bool has_begun(const struct question *q, const struct shown_group *shown, uint32_t cell)
{
    const struct retention *r = q->own;
    uint32_t period = r->mode == RETENTION_BRACKET ? r->brackets[cell].first : cell;
    if (r->clock == RETENTION_CALENDAR)
        return r->edges.begins_us[shown->place + period] <= q->now_us;
    return r->edges.begins_us[shown->place] + period * r->unit_us <= q->now_us;
}

/* Whether the period of the last member has ended. */
static bool is_complete(const struct question *q, const struct shown_group *shown, uint32_t cell)
{
    const struct retention *r = q->own;
    const struct cohort *c = shown->own;
    uint32_t period = r->mode == RETENTION_BRACKET ? r->brackets[cell].last : cell;
    if (r->clock == RETENTION_CALENDAR)
        return r->edges.begins_us[shown->place + period + 1] <= q->now_us;
    return c->last_birth_us + (period + 1) * r->unit_us <= q->now_us;
}

/* A cell's rate is part of whole. */
struct portion {
    double part, whole;
};

static struct portion portion_of(const struct retention *r, const struct cohort *c, uint32_t cell)
{
    if (r->has_value)
        return (struct portion){quantity_double(sum_of(r, c, cell)), (double)c->size};
    bool has_previous = r->is_from_previous && cell > 0;
    return (struct portion){(double)c->cells[cell].count, (double)(has_previous ? c->cells[cell - 1].count : c->size)};
}

static void cohort_put(const struct question *q, const struct texts *texts, const struct shown_group *shown, struct json_writer *w)
{
    const struct retention *r = q->own;
    const struct cohort *c = shown->own;
    char text[PERIOD_TEXT_BYTES];
    for (uint32_t cell = 0; cell < r->cell_count; cell++) {
        struct portion portion = portion_of(r, c, cell);
        if (!has_begun(q, shown, cell))
            continue;
        json_array_begin(w);
        facet_put(&r->breakdown, texts, shown, w);
        units_put(q, &r->units, shown->place, w);
        json_put_uint64(w, c->size);
        retention_period_print(r, cell, text);
        json_put_text(w, text);
        json_put_uint64(w, c->cells[cell].count);
        if (r->has_value)
            quantity_put(w, sum_of(r, c, cell));
        answer_share(w, portion.part, portion.whole);
        json_put_bool(w, is_complete(q, shown, cell));
        json_array_end(w);
    }
}

static void columns_put(const struct question *q, struct json_writer *w)
{
    const struct retention *r = q->own;
    static const struct answer_column cohort[] = {
        {"cohort", "Cohort", "同期群", "time"},
        {"size", "People", "人数", "number"},
        {"period", "Period", "周期", "text"},
        {"count", "Returned", "回访人数", "number"},
    };
    static const struct answer_column rate = {"rate", "Rate", "留存率", "share"};
    static const struct answer_column values[] = {{"sum", "Sum", "合计", "number"}, {"per_person", "For each", "人均", "number"}};
    static const struct answer_column complete = {"is_complete", "Complete", "周期已结束", "text"};
    struct answer_column columns[FACET_VALUES_MAX + COUNT_OF(cohort) + COUNT_OF(values) + 1];
    size_t count = facet_columns(q, &r->breakdown, columns);
    for (size_t i = 0; i < COUNT_OF(cohort); i++)
        columns[count++] = cohort[i];
    for (size_t i = 0; r->has_value && i < COUNT_OF(values); i++)
        columns[count++] = values[i];
    if (!r->has_value)
        columns[count++] = rate;
    columns[count++] = complete;
    answer_columns(w, columns, count);
}

/* The average of a cell over the cohorts of a facet for which it is complete. */
static void average_put(const struct question *q, const struct shown_group *list, uint32_t count, uint32_t cell, struct json_writer *w)
{
    const struct retention *r = q->own;
    struct portion sum = {0};
    uint32_t cohorts = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct portion one = portion_of(r, list[i].own, cell);
        if (one.whole == 0 || !is_complete(q, &list[i], cell))
            continue;
        sum.part += r->is_simple_average ? one.part / one.whole : one.part;
        sum.whole += r->is_simple_average ? 1 : one.whole;
        cohorts++;
    }
    json_array_begin(w);
    answer_share(w, sum.part, sum.whole);
    json_put_uint64(w, cohorts);
    json_array_end(w);
}

/* By facet: [average, of how many cohorts] a cell. */
static void averages_put(const struct question *q, const struct texts *texts, const struct shown_groups *shown, struct json_writer *w)
{
    const struct retention *r = q->own;
    json_key(w, "averages");
    json_array_begin(w);
    for (uint32_t i = 0, until; i < shown->count; i = until) {
        until = shown_facet_until(shown, i);
        json_object_begin(w);
        json_key(w, "of");
        json_array_begin(w);
        facet_put(&r->breakdown, texts, &shown->list[i], w);
        json_array_end(w);
        json_key(w, "cells");
        json_array_begin(w);
        for (uint32_t cell = 0; cell < r->cell_count; cell++)
            average_put(q, &shown->list[i], until - i, cell, w);
        json_array_end(w);
        json_object_end(w);
    }
    json_array_end(w);
}

void retention_print(const struct question *q, const struct texts *texts, struct groups *cohorts, struct json_writer *w)
{
    const struct retention *r = q->own;
    struct shown_groups shown;
    breakdown_show(q, &r->breakdown, texts, cohorts, &retention_rules, &shown);
    for (uint32_t i = 0; i < shown.count; i++)
        counts_sum_up(r, shown.list[i].own);
    columns_put(q, w);
    json_key(w, "rows");
    json_array_begin(w);
    for (uint32_t i = 0; i < shown.count; i++)
        cohort_put(q, texts, &shown.list[i], w);
    json_array_end(w);
    averages_put(q, texts, &shown, w);
    json_key(w, "others");
    json_put_uint64(w, shown.other_count);
}
