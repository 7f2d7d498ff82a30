/* Models of who will do something: fitting logistic regression and trees, scoring, and reasons, against XGBoost's own on the same rows. One
 * thread. BENCH_ROWS (100000), of 50 features: 20 numbers, a third of one of them missing, and 30 columns of 0 and 1. */
#include <stdio.h>
#include <stdlib.h>
#include <xgboost/c_api.h>

#include "base/rng.h"
#include "bench/report.h"
#include "lib/predict.h"

#define COLUMNS 50u
#define NUMBERS 20u
#define EXPLAINED_IN 20u /* reasons are asked of one row in so many */

struct people {
    struct features features;
    uint8_t *labels;
    double *scores;
};

static void people_make(struct people *p, uint32_t rows)
{
    static char names[COLUMNS][4];
    static const char *name_list[COLUMNS];
    float *values = malloc((size_t)rows * COLUMNS * sizeof *values);
    struct rng rng;
    rng_init(&rng, 1);
    p->labels = malloc(rows);
    p->scores = malloc(rows * sizeof *p->scores);
    if (values == NULL || p->labels == NULL || p->scores == NULL)
        exit(1);
    for (uint32_t c = 0; c < COLUMNS; c++) {
        (void)snprintf(names[c], sizeof names[c], "f%02u", c);
        name_list[c] = names[c];
    }
    for (uint32_t i = 0; i < rows; i++) {
        float *row = values + (size_t)i * COLUMNS, sum = -3;
        for (uint32_t c = 0; c < COLUMNS; c++) {
            row[c] = c < NUMBERS ? (float)rng_unit(&rng) : rng_chance(&rng, 0.1);
            sum += row[c] * (float)(c % 7) / 10;
        }
        if (rng_chance(&rng, 1.0 / 3))
            row[0] = NAN;
        p->labels[i] = rng_chance(&rng, 1 / (1 + exp(-(double)sum)));
    }
    p->features = (struct features){name_list, values, rows, COLUMNS};
}

static const char *conditions(const struct people *p)
{
    static char words[120];
    (void)snprintf(words, sizeof words, "%u rows of %u features, 100 trees of depth 4, one thread, CPU time", p->features.rows, COLUMNS);
    return words;
}

static void tell(const struct people *p, const char *what, double value, double baseline, double goal)
{
    report(&(struct figure){.bench = "predict", .what = what, .unit = "us/row", .value = value, .baseline = baseline, .goal = goal, .better = "lower",
                            .conditions = conditions(p)});
}

static double us_a_row(double begin, uint32_t rows)
{
    return (cpu_seconds() - begin) * 1e6 / rows;
}

/* What XGBoost takes to do the same through its C API: a prediction of a type, with no conversion counted. */
static double boosted_us(BoosterHandle booster, DMatrixHandle rows, uint32_t count, int type)
{
    char ask[120];
    bst_ulong size;
    const bst_ulong *shape;
    const float *told;
    (void)snprintf(ask, sizeof ask, "{\"type\":%d,\"training\":false,\"iteration_begin\":0,\"iteration_end\":0,\"strict_shape\":false}", type);
    double begin = cpu_seconds();
    if (XGBoosterPredictFromDMatrix(booster, rows, ask, &shape, &size, &told) != 0)
        exit(1);
    return us_a_row(begin, count);
}

struct boosted_us {
    double fit, score, reasons;
};

static struct boosted_us boosted_measure(const struct people *p)
{
    const char *parameters[][2] = {{"objective", "binary:logistic"}, {"tree_method", "exact"}, {"nthread", "1"}, {"max_depth", "4"}, {"eta", "0.1"}};
    uint32_t rows = p->features.rows, few = rows / EXPLAINED_IN;
    float *labels = malloc(rows * sizeof *labels);
    struct boosted_us us;
    DMatrixHandle all, some;
    BoosterHandle booster;
    if (labels == NULL)
        exit(1);
    for (uint32_t i = 0; i < rows; i++)
        labels[i] = p->labels[i];
    double begin = cpu_seconds();
    bool is_good = XGDMatrixCreateFromMat(p->features.values, rows, COLUMNS, NAN, &all) == 0 && XGDMatrixSetFloatInfo(all, "label", labels, rows) == 0 &&
                   XGBoosterCreate(&all, 1, &booster) == 0 && XGDMatrixCreateFromMat(p->features.values, few, COLUMNS, NAN, &some) == 0;
    for (size_t i = 0; i < COUNT_OF(parameters); i++)
        is_good = is_good && XGBoosterSetParam(booster, parameters[i][0], parameters[i][1]) == 0;
    for (int i = 0; i < (int)predictor_settings_usual.rounds; i++)
        is_good = is_good && XGBoosterUpdateOneIter(booster, i, all) == 0;
    if (!is_good)
        exit(1);
    us.fit = us_a_row(begin, rows);
    /* In rows that it wasn't fitted to, whose scores it doesn't keep. */
    us.score = boosted_us(booster, some, few, 0);
    us.reasons = boosted_us(booster, some, few, 2);
    (void)XGBoosterFree(booster), (void)XGDMatrixFree(all), (void)XGDMatrixFree(some);
    free(labels);
    return us;
}

static void model_measure(struct people *p, const struct predictor *by, const char *const *whats, const struct boosted_us *against)
{
    struct err e = {0};
    struct prediction *model;
    uint32_t rows = p->features.rows;
    struct training g = {.by = by, .settings = predictor_settings_usual, .features = &p->features, .labels = p->labels, .sample = {NULL, rows}};
    double begin = cpu_seconds(), shifts[COLUMNS];
    must(prediction_fit(&g, &model, &e), &e);
    tell(p, whats[0], us_a_row(begin, rows), against->fit, against->fit == 0 ? 0 : 1.1);
    begin = cpu_seconds();
    must(prediction_score(model, &(struct scoring){&p->features, {NULL, rows}, NULL}, p->scores, &e), &e);
    tell(p, whats[1], us_a_row(begin, rows), against->score, against->score == 0 ? 0 : 1.2);
    begin = cpu_seconds();
    for (uint32_t i = 0; i < rows / EXPLAINED_IN; i++)
        (void)prediction_shifts(model, features_row(&p->features, i), shifts);
    tell(p, whats[2], us_a_row(begin, rows / EXPLAINED_IN), against->reasons, against->reasons == 0 ? 0 : 1.2);
    prediction_destroy(model);
}

int main(void)
{
    static const char *const logistic[] = {"fit logistic regression", "score by logistic regression", "reasons of logistic regression"};
    static const char *const trees[] = {"fit trees, as XGBoost", "score by trees, as XGBoost", "reasons of trees, as XGBoost"};
    struct people p;
    people_make(&p, (uint32_t)env_number("BENCH_ROWS", 100000));
    struct boosted_us none = {0}, against = boosted_measure(&p);
    model_measure(&p, &predictor_logistic, logistic, &none);
    model_measure(&p, &predictor_trees, trees, &against);
    free((float *)(uintptr_t)p.features.values);
    free(p.labels), free(p.scores);
    return 0;
}
