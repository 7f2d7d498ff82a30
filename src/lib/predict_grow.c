/* The only file that knows XGBoost: it grows trees there, and takes them over node by node. */
#include <stdlib.h>
#include <xgboost/c_api.h>

#include "lib/json.h"
#include "lib/predict_inside.h"

#define PARAMETER_BYTES_MAX 256
#define MODEL_BYTES_MAX (16u << 20) /* of one tree as JSON; of 2,047 nodes it has 200 KiB */
#define BYTES_A_VALUE 20u           /* our copy, XGBoost's of values with their columns, and that sorted by column */

static fallible boosted(int result, struct err *e)
{
    if (result == 0)
        return DONE;
    const char *words = XGBGetLastError(); /* whose first line says it; a trace follows */
    return FAIL(e, FULL, "XGBoost: %.*s", (int)strcspn(words, "\n"), words);
}

/* The rows of the sample one after the other, and their labels. */
struct matrix {
    float *values, *labels;
};

static fallible matrix_take(const struct training *g, struct matrix *out, struct err *e)
{
    size_t columns = g->features->columns, count = g->sample.count;
    out->values = malloc(count * columns * sizeof *out->values);
    out->labels = malloc(count * sizeof *out->labels);
    if (out->values == NULL || out->labels == NULL)
        return FAIL(e, FULL, "no memory for %zu rows of %zu features", count, columns);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t row = sample_row(g->sample, i);
        memcpy(out->values + i * columns, features_row(g->features, row), columns * sizeof *out->values);
        out->labels[i] = g->labels[row];
    }
    return DONE;
}

static fallible matrix_give(const struct training *g, const struct matrix *m, DMatrixHandle *out, struct err *e)
{
    char array[PARAMETER_BYTES_MAX];
    (void)snprintf(array, sizeof array, "{\"data\":[%ju,true],\"shape\":[%u,%u],\"typestr\":\"<f4\",\"version\":3}", (uintmax_t)(uintptr_t)m->values,
                   g->sample.count, g->features->columns);
    TRY(boosted(XGDMatrixCreateFromDense(array, "{\"missing\":NaN,\"nthread\":1}", out), e));
    return boosted(XGDMatrixSetFloatInfo(*out, "label", m->labels, g->sample.count), e);
}

/* Our copy is gone when this is done. */
static fallible rows_give(const struct training *g, DMatrixHandle *out, struct err *e)
{
    struct matrix m = {0};
    struct status status = matrix_take(g, &m, e);
    if (done(status))
        status = matrix_give(g, &m, out, e);
    free(m.values);
    free(m.labels);
    return status;
}

static fallible parameters_set(const struct training *g, float share, BoosterHandle booster, struct err *e)
{
    const struct predictor_settings *s = &g->settings;
    char depth[PARAMETER_BYTES_MAX], rate[PARAMETER_BYTES_MAX], penalty[PARAMETER_BYTES_MAX], base[PARAMETER_BYTES_MAX];
    (void)snprintf(base, sizeof base, "%.9g", (double)share);
    (void)snprintf(depth, sizeof depth, "%u", s->depth);
    (void)snprintf(rate, sizeof rate, "%.17g", s->rate);
    (void)snprintf(penalty, sizeof penalty, "%.17g", s->penalty);
    const struct {
        const char *name, *value;
    } parameters[] = {
        {"verbosity", "0"},
        {"objective", "binary:logistic"},
        {"nthread", "1"},
        {"tree_method", "exact"},
        {"seed", "0"}, /* nothing is drawn */
        {"base_score", base},
        {"max_depth", depth},
        {"eta", rate},
        {"lambda", penalty},
    };
    for (size_t i = 0; i < COUNT_OF(parameters); i++)
        TRY(boosted(XGBoosterSetParam(booster, parameters[i].name, parameters[i].value), e));
    return DONE;
}

/* A node as XGBoost tells it: one item of each of these arrays. */
struct grown {
    double left, right, column, value, cover, is_left_usual;
};

static const struct {
    const char *name;
    size_t at;
} grown_members[] = {
    {"left_children", offsetof(struct grown, left)},     {"right_children", offsetof(struct grown, right)},
    {"split_indices", offsetof(struct grown, column)},   {"split_conditions", offsetof(struct grown, value)},
    {"sum_hessian", offsetof(struct grown, cover)},      {"default_left", offsetof(struct grown, is_left_usual)},
};

struct growing {
    const struct grown *nodes;
    uint32_t count;
    struct tree *tree;
};

/* A node, then what is left of it, then what is right. False: a child that isn't there, or deeper than asked for. */
static bool node_take(const struct growing *w, double from, uint32_t depth)
{
    struct tree *t = w->tree;
    if (!(from >= 0 && from < w->count) || t->count == w->count || depth > PREDICT_DEPTH_MAX)
        return false;
    const struct grown *g = &w->nodes[(uint32_t)from];
    struct tree_node *n = &t->nodes[t->count++];
    *n = (struct tree_node){.value = (float)g->value, .cover = (float)g->cover, .column = (uint16_t)g->column, .is_left_usual = g->is_left_usual != 0};
    if (g->left < 0)
        return true;
    if (!node_take(w, g->left, depth + 1))
        return false;
    n->right = t->count;
    return node_take(w, g->right, depth + 1);
}

static fallible tree_read(struct json told, struct arena *arena, struct tree *out, struct err *e)
{
    size_t count = json_count(json_find(told, BYTES_LIT("left_children")));
    struct grown *nodes = calloc(count + 1, sizeof *nodes);
    if (nodes == NULL)
        return FAIL(e, FULL, "no memory for a tree of %zu nodes", count);
    bool is_good = count > 0;
    for (size_t m = 0; m < COUNT_OF(grown_members); m++) {
        struct json array = json_find(told, bytes_of_text(grown_members[m].name)), item;
        is_good = is_good && json_count(array) == count;
        struct json_walk walk = json_items(array);
        for (size_t i = 0; is_good && json_item_next(&walk, &item); i++)
            is_good = json_double(item, (double *)((char *)&nodes[i] + grown_members[m].at));
    }
    *out = (struct tree){ARENA_ARRAY(arena, struct tree_node, count), 0};
    is_good = is_good && node_take(&(struct growing){nodes, (uint32_t)count, out}, 0, 0);
    free(nodes);
    return is_good ? DONE : FAIL(e, CORRUPT, "XGBoost told a tree of %zu nodes that can't be read", count);
}

/* One tree at a time, so that the words of a large model needn't be held at once. */
static fallible tree_tell(BoosterHandle booster, struct json_parser *parser, struct arena *arena, struct tree *out, struct err *e)
{
    bst_ulong size;
    const char *text;
    struct json root;
    TRY(boosted(XGBoosterSaveModelToBuffer(booster, "{\"format\":\"json\"}", &size, &text), e));
    TRY(WRAP(e, json_parse(parser, bytes_of(text, size), &root, e), "a tree of XGBoost"));
    return tree_read(json_at(root, "learner.gradient_booster.model.trees.0"), arena, out, e);
}

static fallible trees_tell(BoosterHandle booster, struct arena *arena, struct trees *out, struct err *e)
{
    struct json_parser *parser = json_parser_create(MODEL_BYTES_MAX);
    struct status status = parser == NULL ? FAIL(e, FULL, "no memory to read trees") : DONE;
    for (uint32_t i = 0; i < out->count && done(status); i++) {
        BoosterHandle one = NULL;
        status = boosted(XGBoosterSlice(booster, (int)i, (int)i + 1, 1, &one), e);
        if (done(status))
            status = tree_tell(one, parser, arena, &out->trees[i], e);
        if (one != NULL)
            (void)XGBoosterFree(one);
    }
    json_parser_destroy(parser);
    return status;
}

static float share_of_positives(const struct training *g)
{
    uint32_t positives = 0;
    for (uint32_t i = 0; i < g->sample.count; i++)
        positives += g->labels[sample_row(g->sample, i)];
    return (float)((double)positives / g->sample.count);
}

/* Begins with the sample's share, so that also rare labels come out as frequent as they are after few rounds. */
static fallible rounds_run(const struct training *g, BoosterHandle booster, DMatrixHandle rows, float *out_origin, struct err *e)
{
    float share = share_of_positives(g);
    TRY(parameters_set(g, share, booster, e));
    for (uint32_t i = 0; i < g->settings.rounds; i++) {
        TRY(effort_step(g->effort, (double)i / g->settings.rounds, 0, e));
        TRY(boosted(XGBoosterUpdateOneIter(booster, (int)i, rows), e));
    }
    *out_origin = -logf(1 / share - 1); /* as XGBoost reckons it */
    return DONE;
}

fallible trees_grow(const struct training *g, struct arena *arena, struct trees *out, struct err *e)
{
    DMatrixHandle rows = NULL;
    BoosterHandle booster = NULL;
    TRY(effort_step(g->effort, 0, (size_t)g->sample.count * g->features->columns * BYTES_A_VALUE, e));
    struct status status = rows_give(g, &rows, e);
    if (done(status))
        status = boosted(XGBoosterCreate(&rows, 1, &booster), e);
    *out = (struct trees){.trees = ARENA_ARRAY(arena, struct tree, g->settings.rounds), .count = g->settings.rounds};
    if (done(status))
        status = rounds_run(g, booster, rows, &out->origin, e);
    if (done(status))
        status = trees_tell(booster, arena, out, e);
    if (booster != NULL)
        (void)XGBoosterFree(booster);
    if (rows != NULL)
        (void)XGDMatrixFree(rows);
    return status;
}
