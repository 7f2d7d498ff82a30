/* The answer of attribution. */
#include <stdlib.h>

#include "domain/analytics/answer.h"
#include "domain/analytics/attribution.h"
#include "domain/analytics/minor.h"

#define SCRATCH_BYTES (64u << 10)
#define TOP_PATHS 20u

struct printing {
    const struct question *question;
    const struct attribution *own;
    const struct attribution_tally *tally;
    const struct attribution_findings *findings;
    const struct texts *texts;
    struct arena *arena;
    struct json_writer *w;
};

static void number_member(struct json_writer *w, const char *key, uint64_t number)
{
    json_key(w, key);
    json_put_uint64(w, number);
}

static struct answer_column value_column(const struct printing *p, const struct attribution_model_row *model)
{
    return (struct answer_column){arena_printf(p->arena, "%s_value", model->name), arena_printf(p->arena, "%s: value", model->title),
                                  arena_printf(p->arena, "%s:金额", model->title_zh), "money"};
}

/* Models side by side, first what they give of conversions, then what of value. */
static void columns_print(const struct printing *p)
{
    struct answer_column columns[FACET_VALUES_MAX + 3 + 2 * MODEL_COUNT];
    size_t count = facet_columns(p->question, &p->own->breakdown, columns);
    columns[count++] = (struct answer_column){"channel", "Channel", "渠道", "text"};
    if (!p->own->rule.is_last_only) {
        columns[count++] = (struct answer_column){"touches", "Touches", "触点数", "number"};
        columns[count++] = (struct answer_column){"converted", "Conversions it took part in", "参与的转化", "number"};
    }
    for (size_t model = 0; model < MODEL_COUNT; model++)
        if (p->own->models[model])
            columns[count++] = (struct answer_column){attribution_models[model].name, attribution_models[model].title,
                                                      attribution_models[model].title_zh, "number"};
    for (size_t model = 0; model < MODEL_COUNT && p->own->has_value; model++)
        if (p->own->models[model])
            columns[count++] = value_column(p, &attribution_models[model]);
    answer_columns(p->w, columns, count);
}

/* One column's cell; NULL: the model could not tell. */
static void credit_print(const struct printing *p, const int64_t *dealt, uint32_t channel, unsigned decimals)
{
    if (dealt == NULL)
        json_put_null(p->w);
    else
        minor_put(p->w, dealt[channel], decimals);
}

static void row_print(const struct printing *p, const struct facet_found *f, uint32_t channel)
{
    json_array_begin(p->w);
    facet_put(&p->own->breakdown, p->texts, f->group, p->w);
    answer_text(p->w, p->findings->names[channel]);
    if (!p->own->rule.is_last_only) {
        json_put_uint64(p->w, f->channels[channel].touches);
        json_put_uint64(p->w, f->channels[channel].converted);
    }
    for (size_t model = 0; model < MODEL_COUNT; model++)
        if (p->own->models[model])
            credit_print(p, f->dealt[model].conversions, channel, CREDIT_DECIMALS);
    for (size_t model = 0; model < MODEL_COUNT && p->own->has_value; model++)
        if (p->own->models[model])
            credit_print(p, f->dealt[model].value, channel, (unsigned)p->own->decimals);
    json_array_end(p->w);
}

/* Channels that a facet's paths don't have aren't told of it: no model gives them anything. */
static void rows_print(const struct printing *p)
{
    json_key(p->w, "rows");
    json_array_begin(p->w);
    for (uint32_t i = 0; i < p->findings->facet_count; i++)
        for (uint32_t channel = 0; channel < p->findings->channel_count; channel++)
            if (p->findings->facets[i].channels[channel].touches > 0)
                row_print(p, &p->findings->facets[i], channel);
    json_array_end(p->w);
}

static void totals_print(const struct printing *p)
{
    const struct attribution_sums *sums = &p->tally->sums;
    struct json_writer *w = p->w;
    json_key(w, "totals");
    json_object_begin(w);
    number_member(w, "conversions", sums->conversions);
    number_member(w, "without_touch", sums->untouched);
    if (p->own->has_value) {
        json_key(w, "value");
        minor_put(w, sums->value, (unsigned)p->own->decimals);
        json_key(w, "value_without_touch");
        minor_put(w, sums->untouched_value, (unsigned)p->own->decimals);
        number_member(w, "conversions_without_value", sums->without_value);
    }
    number_member(w, "duplicates", p->tally->walk.duplicates);
    if (p->own->rule.is_last_only) {
        json_object_end(w);
        return;
    }
    number_member(w, "paths_without_conversion", sums->nulls);
    number_member(w, "open_paths", sums->open);
    number_member(w, "cut_paths", sums->cut);
    number_member(w, "touches_without_channel", p->tally->walk.without_channel);
    if (p->own->breakdown.count == 0)
        number_member(w, "different_paths", p->findings->facets[0].table.count);
    json_object_end(w);
}

static void removals_print(const struct printing *p, const char *name, const double *removals)
{
    json_key(p->w, name);
    json_object_begin(p->w);
    for (uint32_t i = 0; i < p->findings->channel_count; i++) {
        json_key_bytes(p->w, p->findings->names[i]);
        json_put_double(p->w, removals[i]);
    }
    json_object_end(p->w);
}

static void markov_print(const struct printing *p, const struct markov_answer *markov)
{
    struct json_writer *w = p->w;
    json_key(w, "markov");
    json_object_begin(w);
    number_member(w, "order", p->own->markov.order);
    number_member(w, "states", markov->states);
    if (markov->is_too_large) {
        number_member(w, "states_max", MARKOV_STATES_MAX);
        json_object_end(w);
        return;
    }
    number_member(w, "draws", p->own->markov.draws);
    if (p->own->markov.draws > 0)
        number_member(w, "seed", p->own->markov.seed);
    json_key(w, "probability");
    json_put_double(w, markov->probability);
    removals_print(p, "removal_effects", markov->removal);
    if (p->own->has_value)
        removals_print(p, "removal_effects_on_value", markov->removal_value);
    json_object_end(w);
}

static void shapley_print(const struct printing *p)
{
    struct json_writer *w = p->w;
    bool is_exact = shapley_is_exact(p->findings->channel_count);
    json_key(w, "shapley_rate");
    json_object_begin(w);
    json_key(w, "is_exact");
    json_put_bool(w, is_exact);
    if (!is_exact) {
        number_member(w, "orders", p->own->shapley.orders);
        number_member(w, "seed", p->own->shapley.seed);
    }
    json_object_end(w);
}

static int frequent_order(const void *a, const void *b)
{
    const struct touch_path *const *x = a, *const *y = b;
    if ((*x)->conversions != (*y)->conversions)
        return (*x)->conversions > (*y)->conversions ? -1 : 1;
    if ((*x)->nulls != (*y)->nulls)
        return (*x)->nulls > (*y)->nulls ? -1 : 1;
    return (*x > *y) - (*x < *y); /* the table's order */
}

static void path_print(const struct printing *p, const struct touch_path *path)
{
    struct json_writer *w = p->w;
    json_object_begin(w);
    json_key(w, "path");
    json_array_begin(w);
    for (uint32_t i = 0; i < path->count; i++)
        json_put_string(w, p->findings->names[path->channels[i]]);
    json_array_end(w);
    number_member(w, "conversions", path->conversions);
    number_member(w, "without_conversion", path->nulls);
    if (p->own->has_value) {
        json_key(w, "value");
        minor_put(w, path->value, (unsigned)p->own->decimals);
    }
    json_object_end(w);
}

static void paths_print(const struct printing *p, const struct touch_table *table)
{
    const struct touch_path **paths = ARENA_ARRAY(p->arena, const struct touch_path *, table->count);
    for (size_t i = 0; i < table->count; i++)
        paths[i] = &table->paths[i];
    qsort(paths, table->count, sizeof *paths, frequent_order);
    json_key(p->w, "top_paths");
    json_array_begin(p->w);
    for (size_t i = 0; i < table->count && i < TOP_PATHS; i++)
        path_print(p, paths[i]);
    json_array_end(p->w);
}

/* What is told of all paths together. */
static void whole_print(const struct printing *p, const struct facet_found *whole)
{
    if (p->own->models[MODEL_MARKOV])
        markov_print(p, &whole->markov);
    if (p->own->models[MODEL_SHAPLEY_RATE])
        shapley_print(p);
    if (!p->own->rule.is_last_only)
        paths_print(p, &whole->table);
}

void attribution_print(const struct question *q, const struct texts *texts, void *from, struct json_writer *w)
{
    const struct attribution_tally *tally = from;
    assert(tally->findings != NULL);
    struct printing p = {.question = q,
                         .own = q->own,
                         .tally = tally,
                         .findings = tally->findings,
                         .texts = texts,
                         .arena = arena_create(SCRATCH_BYTES),
                         .w = w};
    columns_print(&p);
    rows_print(&p);
    totals_print(&p);
    if (p.own->breakdown.count == 0)
        whole_print(&p, &p.findings->facets[0]);
    arena_destroy(p.arena);
}
