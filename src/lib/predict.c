#include "lib/predict.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/rng.h"
#include "lib/predict_inside.h"
#include "lib/scores.h"

#define FORMAT 1
#define MAGIC "KPRD"
#define MAGIC_BYTES 4u
#define CHECK_BYTES 4u
#define ARENA_BLOCK_BYTES ((size_t)1 << 16)
#define HELD_OUT_ONE_IN 5u
#define BINS_SHARE 0.1 /* of a fit's time, about */

static const struct predictor *const predictors[] = {&predictor_logistic, &predictor_trees};
const struct predictor_settings predictor_settings_usual = {.penalty = 1, .rounds = 100, .depth = 4, .rate = 0.1};

const struct predictor *predictor_named(struct bytes name)
{
    for (size_t i = 0; i < COUNT_OF(predictors); i++)
        if (bytes_equal(name, bytes_of_text(predictors[i]->name)))
            return predictors[i];
    return NULL;
}

const char *predictor_name(const struct predictor *p)
{
    return p->name;
}

static struct prediction *prediction_create(void)
{
    struct arena *arena = arena_create(ARENA_BLOCK_BYTES);
    struct prediction *p = ARENA_NEW(arena, struct prediction);
    p->arena = arena;
    return p;
}

void prediction_destroy(struct prediction *p)
{
    if (p != NULL)
        arena_destroy(p->arena);
}

/* ---- Fitting ---- */
static fallible training_check(const struct training *g, struct err *e)
{
    const struct predictor_settings *s = &g->settings;
    if (!(s->penalty > 0 && isfinite(s->penalty)))
        return FAIL(e, INVALID, "a penalty of %g; it has to be above 0", s->penalty);
    if (s->rounds == 0 || s->rounds > PREDICT_ROUNDS_MAX)
        return FAIL(e, INVALID, "%u rounds; it takes 1 to %u", s->rounds, PREDICT_ROUNDS_MAX);
    if (s->depth == 0 || s->depth > PREDICT_DEPTH_MAX)
        return FAIL(e, INVALID, "trees of depth %u; it takes 1 to %u", s->depth, PREDICT_DEPTH_MAX);
    if (!(s->rate > 0 && s->rate <= 1))
        return FAIL(e, INVALID, "a rate of %g; it takes more than 0, and at most 1", s->rate);
    if (!(g->share_of_labels >= 0 && g->share_of_labels < 1))
        return FAIL(e, INVALID, "a share of labels of %g; it takes 0 to below 1", g->share_of_labels);
    return features_check(g->features, g->sample, e);
}

/* What is fitted to, and the labelled among the others, which tell how frequent labels are; each list has room for the whole sample. */
struct parted {
    uint32_t *fitted, *held_out;
    uint32_t fitted_count, held_out_count, positives;
};

static bool row_is_held_out(const struct training *g, uint32_t row)
{
    return g->is_unlabelled && rng_mix(rng_mix(g->seed) ^ row) % HELD_OUT_ONE_IN == 0;
}

static void sample_part(const struct training *g, struct parted *out)
{
    for (uint32_t i = 0; i < g->sample.count; i++) {
        uint32_t row = sample_row(g->sample, i);
        assert(g->labels[row] <= 1);
        if (!row_is_held_out(g, row)) {
            out->fitted[out->fitted_count++] = row;
            out->positives += g->labels[row];
        } else if (g->labels[row] == 1) {
            out->held_out[out->held_out_count++] = row;
        }
    }
}

static fallible parted_check(const struct training *g, const struct parted *s, struct err *e)
{
    if (s->positives < PREDICT_LABELS_MIN || s->fitted_count - s->positives < PREDICT_LABELS_MIN)
        return FAIL(e, INVALID, "%u rows of label 1 and %u of label 0 to fit to; it takes %u of either", s->positives, s->fitted_count - s->positives,
                    PREDICT_LABELS_MIN);
    if (g->is_unlabelled && s->held_out_count < PREDICT_LABELS_MIN)
        return FAIL(e, INVALID, "%u rows of label 1 to tell how frequent labels are; it takes %u", s->held_out_count, PREDICT_LABELS_MIN);
    return DONE;
}

static void names_copy(const struct features *f, struct prediction *p)
{
    p->names = ARENA_ARRAY(p->arena, const char *, f->columns);
    for (uint32_t c = 0; c < f->columns; c++)
        p->names[c] = arena_text(p->arena, bytes_of_text(f->names[c]));
}

/* Of as many rows of a sample from its `from`-th on as go together; returns how many. */
static uint32_t scores_take(const struct prediction *p, const struct scoring *s, uint32_t from, double *out)
{
    const struct prediction_facts *f = &p->facts;
    const float *rows[PREDICT_BATCH_ROWS];
    uint32_t count = 0;
    for (; count < PREDICT_BATCH_ROWS && from + count < s->sample.count; count++)
        rows[count] = features_row(s->features, sample_row(s->sample, from + count));
    f->by->log_odds(p, rows, count, out);
    for (uint32_t i = 0; i < count; i++) {
        double score = 1 / (1 + exp(-out[i]));
        out[i] = f->share_now == f->share_then ? score : score_under_share(score, f->share_then, f->share_now);
    }
    return count;
}

static fallible sample_score(const struct prediction *p, const struct scoring *s, double *out, struct err *e)
{
    for (uint32_t i = 0; i < s->sample.count; i += scores_take(p, s, i, out + i))
        if (i % PREDICT_WATCH_ROWS == 0)
            TRY(effort_step(s->effort, (double)i / s->sample.count, 0, e));
    return DONE;
}

static fallible label_frequency_take(const struct training *g, const struct parted *s, struct prediction *p, struct err *e)
{
    double *scores = malloc(s->held_out_count * sizeof *scores);
    if (scores == NULL)
        return FAIL(e, FULL, "no memory for %u scores", s->held_out_count);
    struct status status = sample_score(p, &(struct scoring){g->features, {s->held_out, s->held_out_count}, NULL}, scores, e);
    if (done(status))
        p->facts.label_frequency = label_frequency(scores, s->held_out_count);
    free(scores);
    TRY(status);
    if (!(p->facts.label_frequency > 0))
        return FAIL(e, INVALID, "rows of label 1 that weren't fitted to all score 0");
    return DONE;
}

static fallible parted_fit(const struct training *g, const struct parted *s, struct prediction *p, struct err *e)
{
    struct training on_fitted = *g;
    struct effort_part binning, fitting;
    on_fitted.sample = (struct sample){s->fitted, s->fitted_count};
    on_fitted.effort = effort_part_init(&fitting, g->effort, BINS_SHARE, 1);
    TRY(parted_check(g, s, e));
    double share = (double)s->positives / s->fitted_count;
    p->facts = (struct prediction_facts){.by = g->by,
                                         .columns = g->features->columns,
                                         .rows = s->fitted_count,
                                         .positives = s->positives,
                                         .seed = g->seed,
                                         .share_then = share,
                                         .share_now = g->share_of_labels == 0 ? share : g->share_of_labels,
                                         .label_frequency = 1};
    names_copy(g->features, p);
    p->bins = ARENA_ARRAY(p->arena, struct feature_bins, g->features->columns);
    TRY(feature_bins_take(g->features, on_fitted.sample, effort_part_init(&binning, g->effort, 0, BINS_SHARE), p->bins, e));
    TRY(g->by->fit(&on_fitted, p, e));
    return g->is_unlabelled ? label_frequency_take(g, s, p, e) : DONE;
}

fallible prediction_fit(const struct training *g, struct prediction **out, struct err *e)
{
    TRY(training_check(g, e));
    size_t bytes = ((size_t)g->sample.count + 1) * 2 * sizeof(uint32_t);
    TRY(effort_step(g->effort, 0, bytes, e));
    uint32_t *rows = malloc(bytes);
    if (rows == NULL)
        return FAIL(e, FULL, "no memory for %u row numbers", g->sample.count);
    struct parted s = {.fitted = rows, .held_out = rows + g->sample.count};
    sample_part(g, &s);
    struct prediction *p = prediction_create();
    struct status status = parted_fit(g, &s, p, e);
    free(rows);
    if (failed(status))
        prediction_destroy(p);
    else
        *out = p;
    return status;
}

/* ---- Asking ---- */
const struct prediction_facts *prediction_facts(const struct prediction *p)
{
    return &p->facts;
}

const char *prediction_feature(const struct prediction *p, uint32_t column)
{
    assert(column < p->facts.columns);
    return p->names[column];
}

fallible prediction_meets(const struct prediction *p, const struct features *f, struct sample s, struct err *e)
{
    if (f->columns != p->facts.columns)
        return FAIL(e, INVALID, "%u features; it was fitted to %u", f->columns, p->facts.columns);
    for (uint32_t c = 0; c < f->columns; c++)
        if (strcmp(f->names[c], p->names[c]) != 0)
            return FAIL(e, INVALID, "feature %u is %s; it was fitted to %s there", c + 1, f->names[c], p->names[c]);
    return features_check(f, s, e);
}

fallible prediction_score(const struct prediction *p, const struct scoring *s, double *out, struct err *e)
{
    TRY(prediction_meets(p, s->features, s->sample, e));
    return sample_score(p, s, out, e);
}

double prediction_probability(const struct prediction *p, double score)
{
    return score_of_unlabelled(score, p->facts.label_frequency);
}

double prediction_shifts(const struct prediction *p, const float *row, double *out)
{
    return p->facts.by->shifts(p, row, out);
}

uint32_t prediction_reasons(const struct prediction *p, const float *row, struct reason *out, uint32_t count_max)
{
    double shifts[FEATURES_MAX];
    uint32_t count = 0;
    (void)prediction_shifts(p, row, shifts);
    for (uint32_t c = 0; c < p->facts.columns && count_max > 0; c++) {
        if (shifts[c] == 0 || (count == count_max && fabs(shifts[c]) <= fabs(out[count - 1].shift)))
            continue;
        uint32_t at = count < count_max ? count++ : count - 1; /* the weakest makes room */
        for (; at > 0 && fabs(shifts[c]) > fabs(out[at - 1].shift); at--)
            out[at] = out[at - 1];
        out[at] = (struct reason){c, shifts[c]};
    }
    return count;
}

fallible prediction_drift(const struct prediction *p, const struct scoring *s, double *out, struct err *e)
{
    TRY(prediction_meets(p, s->features, s->sample, e));
    for (uint32_t c = 0; c < p->facts.columns; c++) {
        TRY(effort_step(s->effort, (double)c / p->facts.columns, 0, e));
        out[c] = feature_drift(&p->bins[c], s->features, s->sample, c);
    }
    return DONE;
}

/* ---- Bytes ---- */
static void bins_pack(const struct feature_bins *b, struct buf *out)
{
    pack_varint(out, b->cut_count);
    for (uint32_t i = 0; i < b->cut_count; i++)
        pack_float(out, b->cuts[i]);
    for (uint32_t i = 0; i < b->cut_count + 2; i++)
        pack_varint(out, b->counts[i]);
}

static void bins_unpack(struct feature_bins *b, struct unpack *u)
{
    b->cut_count = unpack_varint32(u);
    u->bad = u->bad || b->cut_count > FEATURE_CUTS_MAX;
    if (u->bad)
        return;
    for (uint32_t i = 0; i < b->cut_count; i++) {
        b->cuts[i] = unpack_float(u);
        u->bad = u->bad || (i > 0 && b->cuts[i] <= b->cuts[i - 1]);
    }
    for (uint32_t i = 0; i < b->cut_count + 2; i++)
        b->counts[i] = unpack_varint32(u);
}

void prediction_pack(const struct prediction *p, struct buf *out)
{
    const struct prediction_facts *f = &p->facts;
    size_t from = out->size;
    pack_raw(out, BYTES_LIT(MAGIC));
    pack_u8(out, FORMAT);
    pack_u8(out, f->by->id);
    pack_varint(out, f->columns);
    pack_varint(out, f->rows);
    pack_varint(out, f->positives);
    pack_u64(out, f->seed);
    pack_double(out, f->share_then);
    pack_double(out, f->share_now);
    pack_double(out, f->label_frequency);
    for (uint32_t c = 0; c < f->columns; c++) {
        pack_bytes(out, bytes_of_text(p->names[c]));
        bins_pack(&p->bins[c], out);
    }
    f->by->pack(p, out);
    if (!out->overflowed)
        pack_u32(out, crc32c(0, bytes_slice(buf_bytes(out), from, out->size)));
}

static bool is_share(double x)
{
    return x > 0 && x < 1;
}

static void facts_unpack(struct prediction_facts *f, struct unpack *u)
{
    f->columns = unpack_varint32(u);
    f->rows = unpack_varint32(u);
    f->positives = unpack_varint32(u);
    f->seed = unpack_u64(u);
    f->share_then = unpack_double(u);
    f->share_now = unpack_double(u);
    f->label_frequency = unpack_double(u);
    u->bad = u->bad || f->columns == 0 || f->columns > FEATURES_MAX || !is_share(f->share_then) || !is_share(f->share_now) ||
             !(f->label_frequency > 0 && f->label_frequency <= 1);
}

static void columns_unpack(struct prediction *p, struct unpack *u)
{
    p->names = ARENA_ARRAY(p->arena, const char *, p->facts.columns);
    p->bins = ARENA_ARRAY(p->arena, struct feature_bins, p->facts.columns);
    for (uint32_t c = 0; c < p->facts.columns && !u->bad; c++) {
        struct bytes name = unpack_bytes(u);
        u->bad = u->bad || name.size == 0 || name.size > FEATURE_NAME_BYTES_MAX || memchr(name.data, 0, name.size) != NULL;
        if (!u->bad)
            p->names[c] = arena_text(p->arena, name);
        bins_unpack(&p->bins[c], u);
    }
}

static const struct predictor *predictor_of(uint8_t id)
{
    for (size_t i = 0; i < COUNT_OF(predictors); i++)
        if (predictors[i]->id == id)
            return predictors[i];
    return NULL;
}

static fallible body_unpack(struct unpack *u, struct prediction *p, struct err *e)
{
    uint8_t format = unpack_u8(u);
    if (format != FORMAT)
        return FAIL(e, INVALID, "a model of format %u, which isn't known here", format);
    const struct predictor *by = predictor_of(unpack_u8(u));
    if (by == NULL)
        return FAIL(e, INVALID, "a model of a kind that isn't known here");
    facts_unpack(&p->facts, u);
    p->facts.by = by;
    if (!u->bad)
        columns_unpack(p, u);
    if (!u->bad)
        by->unpack(p, u);
    return unpack_finished(u) ? DONE : FAIL(e, CORRUPT, "a model whose bytes make no sense");
}

fallible prediction_unpack(struct bytes b, struct prediction **out, struct err *e)
{
    struct unpack u = unpack_of(b);
    if (!bytes_starts_with(b, BYTES_LIT(MAGIC)) || b.size < MAGIC_BYTES + CHECK_BYTES)
        return FAIL(e, CORRUPT, "no model: %zu bytes that begin otherwise", b.size);
    struct bytes body = unpack_raw(&u, b.size - CHECK_BYTES);
    if (crc32c(0, body) != unpack_u32(&u))
        return FAIL(e, CORRUPT, "a model whose check differs");
    struct prediction *p = prediction_create();
    u = unpack_of(bytes_slice(body, MAGIC_BYTES, body.size));
    struct status status = body_unpack(&u, p, e);
    if (failed(status))
        prediction_destroy(p);
    else
        *out = p;
    return status;
}
