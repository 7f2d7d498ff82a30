#include <math.h>
#include <stdlib.h>

#include "domain/analytics/answer.h"
#include "domain/analytics/attribution.h"
#include "domain/analytics/minor.h"
#include "lib/stats.h"

#define SCRATCH_BYTES (64u << 10)
#define CREDIT_DECIMALS 6 /* conversions are given in millionths, which sum to the whole */
#define CREDIT_UNIT 1e6
#define TOP_PATHS 20u

/* A channel that some path has. */
struct seen {
    uint32_t code;
    struct bytes name;
    uint64_t touches;   /* in all paths, as often as they were walked */
    uint64_t converted; /* conversions whose path has it */
    uint64_t marked;    /* number of the path that counted last, from 1 */
};

/* A row of the answer. */
struct channel_sums {
    struct bytes name;
    uint64_t touches, converted, marked;
    struct decay decay;
};

struct printing {
    const struct question *question;
    const struct attribution *own;
    const struct attribution_tally *tally;
    struct arena *arena;
    struct json_writer *w;
    struct channel_number *numbers;
    uint32_t number_count;
    struct channel_sums *channels;
    uint32_t channel_count;
    uint32_t direct;
    struct touch_table table;
    struct credit *credits[MODEL_COUNT]; /* NULL: not asked for, or the model could not tell */
    struct markov_answer markov;
};

/* --- which channels there are --- */

static int seen_order(const void *a, const void *b)
{
    const struct seen *x = a, *y = b;
    if (x->converted != y->converted)
        return x->converted > y->converted ? -1 : 1;
    if (x->touches != y->touches)
        return x->touches > y->touches ? -1 : 1;
    return bytes_compare(x->name, y->name);
}

static int number_order(const void *a, const void *b)
{
    const struct channel_number *x = a, *y = b;
    return (x->code > y->code) - (x->code < y->code);
}

static struct seen *channels_seen(struct arena *arena, const struct touch_paths *paths, const struct texts *texts, uint32_t *out_count)
{
    struct groups groups;
    const struct group *group;
    uint32_t at = 0;
    groups_init(&groups, arena, sizeof(struct seen));
    for (size_t i = 0; i < touch_paths_count(paths); i++) {
        const struct touch_path *path = touch_paths_at(paths, i);
        for (uint32_t k = 0; k < path->count; k++) {
            struct seen *seen = groups_take(&groups, (struct group_key){path->channels[k], 0});
            seen->code = path->channels[k];
            seen->touches += path->conversions + path->nulls;
            seen->converted += seen->marked == i + 1 ? 0 : path->conversions;
            seen->marked = i + 1;
        }
    }
    struct seen *all = ARENA_ARRAY(arena, struct seen, groups.count);
    *out_count = 0;
    while ((group = groups_next(&groups, &at)) != NULL) {
        struct seen *seen = &all[(*out_count)++];
        memcpy(seen, group->own, sizeof *seen);
        seen->name = texts_get(texts, seen->code);
    }
    qsort(all, *out_count, sizeof *all, seen_order);
    return all;
}

/* The first ones keep their names; the others, but for the direct one, become one. */
static void channels_number(struct printing *p, const struct seen *all, uint32_t count)
{
    uint32_t most = (uint32_t)p->own->channels_max, named = count <= most ? count : most - 1, next = 0;
    uint32_t direct = count;
    for (uint32_t i = 0; i < count; i++)
        if (p->own->direct.size > 0 && bytes_equal(all[i].name, p->own->direct))
            direct = i;
    bool is_beyond = direct < count && direct >= named; /* then it takes the last name's place */
    p->channel_count = count <= most ? count : most;
    p->channels = ARENA_ARRAY(p->arena, struct channel_sums, p->channel_count);
    p->numbers = ARENA_ARRAY(p->arena, struct channel_number, count);
    p->number_count = count;
    for (uint32_t i = 0; i < count; i++) {
        bool has_name = i == direct || i + is_beyond < named;
        uint32_t number = has_name ? next++ : p->channel_count - 1;
        p->numbers[i] = (struct channel_number){all[i].code, number};
        p->channels[number].name = has_name ? all[i].name : BYTES_LIT(ANSWER_OTHER);
        if (i == direct)
            p->direct = number;
    }
    qsort(p->numbers, count, sizeof *p->numbers, number_order);
}

/* Counted anew, since a path has "(other)" once however many channels of it it has. */
static void channels_count(struct printing *p)
{
    const struct group *group;
    uint32_t at = 0;
    for (size_t i = 0; i < p->table.count; i++) {
        const struct touch_path *path = &p->table.paths[i];
        for (uint32_t k = 0; k < path->count; k++) {
            struct channel_sums *c = &p->channels[path->channels[k]];
            c->touches += path->conversions + path->nulls;
            c->converted += c->marked == i + 1 ? 0 : path->conversions;
            c->marked = i + 1;
        }
    }
    while ((group = groups_next(&p->tally->decays, &at)) != NULL) {
        const struct decay *decay = (const void *)group->own;
        struct channel_sums *c = &p->channels[channel_number_of(p->numbers, p->number_count, (uint32_t)group->key.high)];
        c->decay.conversions += decay->conversions;
        c->decay.value += decay->value;
    }
}

/* --- what the models give --- */

static void decay_credit(const struct printing *p, struct credit *out)
{
    for (uint32_t i = 0; i < p->channel_count; i++) {
        out[i].conversions = (double)p->channels[i].decay.conversions / (double)DECAY_UNIT;
        out[i].value = (double)p->channels[i].decay.value / (double)DECAY_UNIT;
    }
}

static void models_run(struct printing *p)
{
    for (size_t model = 0; model < MODEL_COUNT; model++) {
        if (!p->own->models[model])
            continue;
        struct credit *credits = ARENA_ARRAY(p->arena, struct credit, p->channel_count);
        p->credits[model] = credits;
        switch (model) {
        case MODEL_TIME_DECAY:
            decay_credit(p, credits);
            break;
        case MODEL_MARKOV:
            p->markov = markov_solve(p->arena, &p->table, &p->own->markov);
            p->credits[model] = p->markov.is_too_large ? NULL : p->markov.credits;
            break;
        case MODEL_SHAPLEY:
            shapley_equal_credit(p->arena, &p->table, credits);
            break;
        case MODEL_SHAPLEY_RATE:
            shapley_rate_credit(p->arena, &p->table, &p->own->shapley, credits);
            break;
        default:
            path_rule_credit(&p->table, (enum path_rule)model, p->direct, credits);
        }
    }
}

/* --- printing --- */

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
    struct answer_column columns[3 + 2 * MODEL_COUNT] = {
        {"channel", "Channel", "渠道", "text"},
        {"touches", "Touches", "触点数", "number"},
        {"converted", "Conversions it took part in", "参与的转化", "number"},
    };
    size_t count = p->own->rule.is_last_only ? 1 : 3;
    for (size_t model = 0; model < MODEL_COUNT; model++)
        if (p->own->models[model])
            columns[count++] = (struct answer_column){attribution_models[model].name, attribution_models[model].title,
                                                      attribution_models[model].title_zh, "number"};
    for (size_t model = 0; model < MODEL_COUNT && p->own->has_value; model++)
        if (p->own->models[model])
            columns[count++] = value_column(p, &attribution_models[model]);
    answer_columns(p->w, columns, count);
}

/* Whole millionths of conversions and minor units of value, by model and channel; NULL where the model could not tell. */
struct dealt {
    int64_t *conversions, *value;
};

static struct dealt deal(const struct printing *p, const struct credit *credits)
{
    struct dealt dealt = {ARENA_ARRAY(p->arena, int64_t, p->channel_count), ARENA_ARRAY(p->arena, int64_t, p->channel_count)};
    double *parts = ARENA_ARRAY(p->arena, double, p->channel_count);
    for (uint32_t i = 0; i < p->channel_count; i++)
        parts[i] = credits[i].conversions * CREDIT_UNIT;
    deal_out(parts, p->channel_count, (int64_t)p->table.conversions * (int64_t)CREDIT_UNIT, dealt.conversions);
    for (uint32_t i = 0; i < p->channel_count; i++)
        parts[i] = credits[i].value;
    deal_out(parts, p->channel_count, p->table.value, dealt.value);
    return dealt;
}

/* One column's cell; NULL: the model could not tell. */
static void credit_print(const struct printing *p, const int64_t *dealt, uint32_t channel, unsigned decimals)
{
    if (dealt == NULL)
        json_put_null(p->w);
    else
        minor_put(p->w, dealt[channel], decimals);
}

static void rows_print(const struct printing *p)
{
    struct dealt dealt[MODEL_COUNT] = {0};
    for (size_t model = 0; model < MODEL_COUNT; model++)
        if (p->credits[model] != NULL)
            dealt[model] = deal(p, p->credits[model]);
    json_key(p->w, "rows");
    json_array_begin(p->w);
    for (uint32_t i = 0; i < p->channel_count; i++) {
        json_array_begin(p->w);
        answer_text(p->w, p->channels[i].name);
        if (!p->own->rule.is_last_only) {
            json_put_uint64(p->w, p->channels[i].touches);
            json_put_uint64(p->w, p->channels[i].converted);
        }
        for (size_t model = 0; model < MODEL_COUNT; model++)
            if (p->own->models[model])
                credit_print(p, dealt[model].conversions, i, CREDIT_DECIMALS);
        for (size_t model = 0; model < MODEL_COUNT && p->own->has_value; model++)
            if (p->own->models[model])
                credit_print(p, dealt[model].value, i, (unsigned)p->own->decimals);
        json_array_end(p->w);
    }
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
    number_member(w, "paths_without_conversion", p->table.nulls);
    number_member(w, "open_paths", sums->open);
    number_member(w, "cut_paths", sums->cut);
    number_member(w, "touches_without_channel", p->tally->walk.without_channel);
    number_member(w, "different_paths", p->table.count);
    json_object_end(w);
}

static void removals_print(const struct printing *p, const char *name, const double *removals)
{
    json_key(p->w, name);
    json_object_begin(p->w);
    for (uint32_t i = 0; i < p->channel_count; i++) {
        json_key_bytes(p->w, p->channels[i].name);
        json_put_double(p->w, removals[i]);
    }
    json_object_end(p->w);
}

static void markov_print(const struct printing *p)
{
    struct json_writer *w = p->w;
    json_key(w, "markov");
    json_object_begin(w);
    number_member(w, "order", p->own->markov.order);
    number_member(w, "states", p->markov.states);
    if (p->markov.is_too_large) {
        number_member(w, "states_max", MARKOV_STATES_MAX);
        json_object_end(w);
        return;
    }
    number_member(w, "draws", p->own->markov.draws);
    if (p->own->markov.draws > 0)
        number_member(w, "seed", p->own->markov.seed);
    json_key(w, "probability");
    json_put_double(w, p->markov.probability);
    removals_print(p, "removal_effects", p->markov.removal);
    if (p->own->has_value)
        removals_print(p, "removal_effects_on_value", p->markov.removal_value);
    json_object_end(w);
}

static void shapley_print(const struct printing *p)
{
    struct json_writer *w = p->w;
    bool is_exact = shapley_is_exact(p->channel_count);
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
        json_put_string(w, p->channels[path->channels[i]].name);
    json_array_end(w);
    number_member(w, "conversions", path->conversions);
    number_member(w, "without_conversion", path->nulls);
    if (p->own->has_value) {
        json_key(w, "value");
        minor_put(w, path->value, (unsigned)p->own->decimals);
    }
    json_object_end(w);
}

static void paths_print(const struct printing *p)
{
    const struct touch_path **paths = ARENA_ARRAY(p->arena, const struct touch_path *, p->table.count);
    for (size_t i = 0; i < p->table.count; i++)
        paths[i] = &p->table.paths[i];
    qsort(paths, p->table.count, sizeof *paths, frequent_order);
    json_key(p->w, "top_paths");
    json_array_begin(p->w);
    for (size_t i = 0; i < p->table.count && i < TOP_PATHS; i++)
        path_print(p, paths[i]);
    json_array_end(p->w);
}

void attribution_print(const struct question *q, const struct texts *texts, void *tally, struct json_writer *w)
{
    struct printing p = {
        .question = q, .own = q->own, .tally = tally, .arena = arena_create(SCRATCH_BYTES), .w = w, .direct = CHANNEL_NONE};
    uint32_t count;
    const struct seen *seen = channels_seen(p.arena, p.tally->paths, texts, &count);
    channels_number(&p, seen, count);
    p.table = touch_table_make(p.arena, p.tally->paths, p.numbers, p.number_count, p.channel_count);
    channels_count(&p);
    models_run(&p);
    columns_print(&p);
    rows_print(&p);
    totals_print(&p);
    if (p.own->models[MODEL_MARKOV])
        markov_print(&p);
    if (p.own->models[MODEL_SHAPLEY_RATE])
        shapley_print(&p);
    if (!p.own->rule.is_last_only)
        paths_print(&p);
    arena_destroy(p.arena);
}
