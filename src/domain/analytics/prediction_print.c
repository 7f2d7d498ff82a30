#include <math.h>
#include <sodium.h>

#include "domain/analytics/answer.h"
#include "domain/analytics/prediction.h"
#include "lib/stats.h"

#define FEATURES_TOLD_MAX 40u
#define CONFIDENCE_Z 1.959963984540054
#define DAY_TEXT_BYTES CIVIL_TEXT_BYTES

/* --- the tables --- */

static double base_rate(const struct verdict *v)
{
    return proportion_rate((struct proportion){v->positives, v->count});
}

static void deciles_print(const struct prediction_findings *f, struct json_writer *w)
{
    static const struct answer_column columns[] = {
        {"decile", "Tenth, likeliest first", "十分位(从高到低)", "number"},
        {"people", "People", "人数", "number"},
        {"positives", "Did it", "实际发生", "number"},
        {"rate", "Rate", "实际比例", "share"},
        {"score", "Score, mean", "平均评分", "share"},
        {"lift", "Lift", "提升倍数", "number"},
        {"lift_low", "Lift, from", "提升倍数下限", "number"},
        {"lift_high", "Lift, to", "提升倍数上限", "number"},
    };
    answer_columns(w, columns, COUNT_OF(columns));
    json_key(w, "rows");
    json_array_begin(w);
    for (uint32_t i = 0; i < SCORE_BINS; i++) {
        const struct score_bin *b = &f->verdict.deciles[i];
        struct interval rate = wilson_interval((struct proportion){b->positives, b->count}, CONFIDENCE_Z);
        double base = base_rate(&f->verdict);
        json_array_begin(w);
        json_put_uint64(w, i + 1);
        json_put_uint64(w, b->count);
        json_put_uint64(w, b->positives);
        answer_share(w, b->positives, b->count);
        json_put_double(w, b->mean);
        answer_share(w, b->count == 0 ? 0 : (double)b->positives / b->count, base);
        answer_share(w, rate.low, base);
        answer_share(w, rate.high, base);
        json_array_end(w);
    }
    json_array_end(w);
}

static void calibration_print(const struct prediction_findings *f, struct json_writer *w)
{
    static const struct answer_column columns[] = {
        {"score", "Score, mean", "平均评分", "share"},
        {"rate", "Rate", "实际比例", "share"},
        {"rate_low", "Rate, from", "实际比例下限", "share"},
        {"rate_high", "Rate, to", "实际比例上限", "share"},
        {"people", "People", "人数", "number"},
    };
    answer_columns(w, columns, COUNT_OF(columns));
    json_key(w, "rows");
    json_array_begin(w);
    for (uint32_t i = 0; i < SCORE_BINS; i++) {
        const struct score_bin *b = &f->verdict.calibration[i];
        struct interval rate = wilson_interval((struct proportion){b->positives, b->count}, CONFIDENCE_Z);
        if (b->count == 0)
            continue;
        json_array_begin(w);
        json_put_double(w, b->mean);
        answer_share(w, b->positives, b->count);
        json_put_double(w, rate.low);
        json_put_double(w, rate.high);
        json_put_uint64(w, b->count);
        json_array_end(w);
    }
    json_array_end(w);
}

static void put_known(struct json_writer *w, double x)
{
    if (isnan(x))
        json_put_null(w);
    else
        json_put_double(w, x);
}

static void features_print(const struct prediction_findings *f, struct json_writer *w)
{
    static const struct answer_column columns[] = {
        {"feature", "Feature", "特征", "text"},       {"feature_zh", "In Chinese", "中文说明", "text"},
        {"weight", "Weight", "影响力", "number"},     {"trend", "More of it", "越大越", "text"},
        {"alone", "AUC alone", "单独 AUC", "number"}, {"drift", "Drift", "漂移", "number"},
        {"is_leak", "Leak", "泄漏", "text"},
    };
    answer_columns(w, columns, COUNT_OF(columns));
    json_key(w, "rows");
    json_array_begin(w);
    for (uint32_t i = 0; i < f->column_count && i < FEATURES_TOLD_MAX; i++) {
        uint32_t c = f->by_weight[i];
        const struct feature_found *found = &f->features[c];
        json_array_begin(w);
        json_put_text(w, f->columns[c].title);
        json_put_text(w, f->columns[c].title_zh);
        json_put_double(w, found->weight);
        json_put_text(w, found->trend > 0 ? "+" : found->trend < 0 ? "-" : "");
        put_known(w, found->alone);
        json_put_double(w, found->drift);
        json_put_text(w, found->is_leak ? "!" : "");
        json_array_end(w);
    }
    json_array_end(w);
}

static void (*const table_prints[PREDICTION_TABLE_COUNT])(const struct prediction_findings *f,
                                                          struct json_writer *w) = {
    [TABLE_DECILES] = deciles_print, [TABLE_CALIBRATION] = calibration_print, [TABLE_FEATURES] = features_print};
/* As pictures know them. */
static const char *const table_kinds[PREDICTION_TABLE_COUNT] = {"predict", "predict_calibration", "predict_features"};

/* --- the card: what the model is, and what it is worth --- */

static void put_number(struct json_writer *w, const char *key, double x)
{
    json_key(w, key);
    put_known(w, x);
}

static void put_count(struct json_writer *w, const char *key, uint64_t x)
{
    json_key(w, key);
    json_put_uint64(w, x);
}

static void put_day(struct json_writer *w, const struct question *q, int64_t us)
{
    char text[DAY_TEXT_BYTES];
    civil_print(q->civil, CIVIL_DAY, civil_number(q->civil, CIVIL_DAY, us), text);
    json_put_text(w, text);
}

static void cuts_print(const struct question *q, struct json_writer *w)
{
    const struct predicting *p = q->own;
    json_key(w, "cuts");
    json_array_begin(w);
    for (uint32_t i = 0; i < p->cut_count; i++)
        put_day(w, q, p->cuts[i].at_us);
    json_array_end(w);
    if (!p->is_like)
        put_count(w, "horizon_days", (uint64_t)p->horizon_days);
}

static void worth_print(const struct prediction_findings *f, struct json_writer *w)
{
    const struct verdict *v = &f->verdict;
    put_number(w, "auc", v->auc);
    put_number(w, "auc_low", f->auc_low);
    put_number(w, "auc_high", f->auc_high);
    put_number(w, "average_precision", v->average_precision);
    put_number(w, "ks", v->ks);
    put_number(w, "brier", v->brier);
    put_number(w, "log_loss", v->log_loss);
    put_number(w, "calibration_error", f->calibration_error);
    put_number(w, "rate", base_rate(v));
    json_key(w, "baseline");
    if (f->best_alone == PREDICTION_COLUMN_NONE) {
        json_put_null(w);
        return;
    }
    json_object_begin(w);
    json_key(w, "feature");
    json_put_text(w, f->columns[f->best_alone].title);
    put_number(w, "auc", f->best_auc);
    json_object_end(w);
}

static void settings_print(const struct predicting *p, struct json_writer *w)
{
    json_key(w, "by");
    json_put_text(w, predictor_name(p->by));
    put_number(w, "penalty", p->settings.penalty);
    if (p->by == &predictor_trees) {
        put_count(w, "rounds", p->settings.rounds);
        put_count(w, "depth", p->settings.depth);
        put_number(w, "rate_of_learning", p->settings.rate);
    }
    put_count(w, "seed", (uint64_t)p->seed);
    json_key(w, "sensitive");
    json_array_begin(w);
    for (uint32_t i = 0; i < p->sensitive_count; i++)
        json_put_string(w, p->sensitive[i]);
    json_array_end(w);
}

static void people_print(const struct question *q, const struct prediction_findings *f, struct json_writer *w)
{
    put_count(w, "fit_people", f->fit_people);
    put_count(w, "fit_positives", f->fit_positives);
    put_count(w, "judge_people", f->judge_people);
    put_count(w, "judge_positives", f->judge_positives);
    put_count(w, "fit_rows", f->facts.rows);
    put_count(w, "judge_rows", f->verdict.count);
    put_count(w, "objected", q->persons == NULL ? 0 : person_book_left_out(q->persons));
    put_number(w, "label_frequency", ((const struct predicting *)q->own)->is_like ? f->facts.label_frequency : NAN);
}

static void leaks_print(const struct prediction_findings *f, struct json_writer *w)
{
    json_key(w, "leaks");
    json_array_begin(w);
    for (uint32_t c = 0; c < f->column_count; c++)
        if (f->features[c].is_leak)
            json_put_text(w, f->columns[c].title);
    json_array_end(w);
}

static void model_print(struct bytes model, struct json_writer *w)
{
    size_t room = sodium_base64_ENCODED_LEN(model.size, sodium_base64_VARIANT_ORIGINAL);
    struct arena *arena = arena_create(room + 64);
    char *text = ARENA_ARRAY(arena, char, room);
    (void)sodium_bin2base64(text, room, model.data, model.size, sodium_base64_VARIANT_ORIGINAL);
    json_key(w, "model");
    json_put_text(w, text);
    arena_destroy(arena);
}

void predict_print(const struct question *q, const struct texts *texts, void *from, struct json_writer *w)
{
    const struct predicting *p = q->own;
    const struct predict_tally *tally = from;
    const struct prediction_findings *f = tally->findings;
    (void)texts;
    table_prints[p->shown](f, w);
    json_key(w, "of");
    json_put_text(w, p->is_like ? "like" : "target");
    cuts_print(q, w);
    worth_print(f, w);
    people_print(q, f, w);
    settings_print(p, w);
    leaks_print(f, w);
    json_key(w, "tables");
    json_array_begin(w);
    for (size_t i = 0; i < PREDICTION_TABLE_COUNT; i++) {
        json_object_begin(w);
        json_key(w, "question");
        json_put_text(w, table_kinds[i]);
        table_prints[i](f, w);
        json_object_end(w);
    }
    json_array_end(w);
    if (p->tells_model)
        model_print(f->model, w);
}
