/* Covers: predict.c, predict_logistic.c, predict_trees.c, predict_grow.c */
#include <math.h>
#include <stdlib.h>
#include <xgboost/c_api.h>

#include "lib/predict_inside.h"
#include "lib/scores.h"
#include "testing/test.h"

#define ROWS 1500u
#define COLUMNS 5u
#define PACKED_BYTES_MAX (8u << 20)

static const char *const names[COLUMNS] = {"recency", "is_member", "amount", "constant", "empty"};
static const struct predictor *const kinds[] = {&predictor_logistic, &predictor_trees};

/* People whose log-odds are known: two numbers, of which one is often missing and one large, and a category; besides a column that never varies and one without
 * values. */
struct made {
    struct features features;
    struct training training; /* of the first two thirds */
    uint8_t labels[ROWS];
    double truth[ROWS]; /* probabilities */
    float values[ROWS * COLUMNS];
};

static struct made *made_create(struct t *t, const struct predictor *by)
{
    struct made *m = ARENA_NEW(t->arena, struct made);
    m->features = (struct features){names, m->values, ROWS, COLUMNS};
    for (uint32_t i = 0; i < ROWS; i++) {
        bool is_member = rng_chance(&t->rng, 0.4), is_known = rng_chance(&t->rng, 0.7);
        double recency = rng_unit(&t->rng), amount = rng_unit(&t->rng);
        m->truth[i] = 1 / (1 + exp(-(-1.5 + 2 * recency + 0.8 * is_member + (is_known ? 3 * (amount - 0.5) : -0.7))));
        m->labels[i] = rng_chance(&t->rng, m->truth[i]);
        float row[COLUMNS] = {(float)recency, is_member, is_known ? (float)(1e6 * amount) : NAN, 7, NAN};
        memcpy(m->values + i * COLUMNS, row, sizeof row);
    }
    m->training = (struct training){
        .by = by, .settings = predictor_settings_usual, .features = &m->features, .labels = m->labels, .sample = {NULL, ROWS * 2 / 3}, .seed = t->seed};
    m->training.settings.rounds = 20;
    return m;
}

static struct prediction *fitted(struct t *t, const struct training *g)
{
    struct err e = {0};
    struct prediction *p = NULL;
    CHECK_DONE(t, prediction_fit(g, &p, &e), &e);
    if (p == NULL)
        abort();
    return p;
}

static double *scored(struct t *t, const struct prediction *p, const struct made *m)
{
    struct err e = {0};
    double *scores = ARENA_ARRAY(t->arena, double, ROWS);
    CHECK_DONE(t, prediction_score(p, &(struct scoring){&m->features, {NULL, ROWS}, NULL}, scores, &e), &e);
    return scores;
}

/* At the minimum nothing leads down: the gradient of the definition, written down again over the rows, is nothing in the direction of each weight. */
static void logistic_regression_is_at_its_minimum(struct t *t)
{
    struct made *m = made_create(t, &predictor_logistic);
    m->training.settings.penalty = 0.01 + 10 * rng_unit(&t->rng);
    struct prediction *p = fitted(t, &m->training);
    const struct logistic_input *in = p->logistic.inputs;
    double *scores = scored(t, p, m), slopes[5] = {0, in[0].weight, in[1].weight, in[2].weight, in[2].missing_weight};
    for (size_t i = 1; i < COUNT_OF(slopes); i++)
        slopes[i] *= m->training.settings.penalty;
    for (uint32_t i = 0; i < m->training.sample.count; i++) {
        const float *row = m->values + i * COLUMNS;
        double miss = scores[i] - m->labels[i], amount = isnan(row[2]) ? in[2].mean : (double)row[2];
        double inputs[] = {1, ((double)row[0] - in[0].mean) / in[0].deviation, (double)row[1], (amount - in[2].mean) / in[2].deviation, isnan(row[2])};
        for (size_t k = 0; k < COUNT_OF(slopes); k++)
            slopes[k] += miss * inputs[k];
    }
    for (size_t k = 0; k < COUNT_OF(slopes); k++)
        CHECK(t, fabs(slopes[k]) < 1e-8);
    CHECK(t, in[3].weight == 0 && in[4].weight == 0 && in[3].missing_weight == 0 && in[4].missing_weight == 0);
    prediction_destroy(p);
}

static void numbers_are_told_by_their_deviation(struct t *t)
{
    struct made *m = made_create(t, &predictor_logistic);
    struct prediction *p = fitted(t, &m->training);
    double sum = 0, squares = 0, count = m->training.sample.count;
    for (uint32_t i = 0; i < m->training.sample.count; i++)
        sum += (double)m->values[i * COLUMNS];
    for (uint32_t i = 0; i < m->training.sample.count; i++)
        squares += pow((double)m->values[i * COLUMNS] - sum / count, 2);
    const struct logistic_input *in = p->logistic.inputs;
    CHECK(t, fabs(in[0].mean - sum / count) < 1e-12 && fabs(in[0].deviation - sqrt(squares / count)) < 1e-12);
    CHECK(t, in[0].origin == in[0].mean && in[1].origin == 0 && in[1].deviation == 1);
    prediction_destroy(p);
}

/* XGBoost itself on the same rows: its log-odds, and its Shapley's values. */
struct boosted {
    DMatrixHandle rows, all;
    BoosterHandle booster;
};

static void boosted_open(struct t *t, const struct made *m, struct boosted *b)
{
    const struct predictor_settings *s = &m->training.settings;
    float labels[ROWS], positives = 0;
    char depth[32], rate[32], penalty[32], share[32];
    for (uint32_t i = 0; i < ROWS; i++)
        labels[i] = m->labels[i];
    for (uint32_t i = 0; i < m->training.sample.count; i++)
        positives += labels[i];
    (void)snprintf(share, sizeof share, "%.17g", (double)positives / m->training.sample.count);
    (void)snprintf(depth, sizeof depth, "%u", s->depth);
    (void)snprintf(rate, sizeof rate, "%.17g", s->rate);
    (void)snprintf(penalty, sizeof penalty, "%.17g", s->penalty);
    const char *parameters[][2] = {{"objective", "binary:logistic"}, {"tree_method", "exact"}, {"nthread", "1"},
                                   {"max_depth", depth}, {"eta", rate}, {"lambda", penalty}, {"base_score", share}};
    CHECK(t, XGDMatrixCreateFromMat(m->values, m->training.sample.count, COLUMNS, NAN, &b->rows) == 0);
    CHECK(t, XGDMatrixCreateFromMat(m->values, ROWS, COLUMNS, NAN, &b->all) == 0);
    CHECK(t, XGDMatrixSetFloatInfo(b->rows, "label", labels, m->training.sample.count) == 0);
    CHECK(t, XGBoosterCreate(&b->rows, 1, &b->booster) == 0);
    for (size_t i = 0; i < COUNT_OF(parameters); i++)
        CHECK(t, XGBoosterSetParam(b->booster, parameters[i][0], parameters[i][1]) == 0);
    for (int i = 0; i < (int)s->rounds; i++)
        CHECK(t, XGBoosterUpdateOneIter(b->booster, i, b->rows) == 0);
}

static void boosted_close(struct boosted *b)
{
    (void)XGBoosterFree(b->booster);
    (void)XGDMatrixFree(b->rows);
    (void)XGDMatrixFree(b->all);
}

static void settings_any(struct t *t, struct predictor_settings *s)
{
    s->penalty = 0.1 + 3 * rng_unit(&t->rng);
    s->rounds = 1 + (uint32_t)rng_below(&t->rng, 30);
    s->depth = 1 + (uint32_t)rng_below(&t->rng, PREDICT_DEPTH_MAX);
    s->rate = 0.05 + 0.9 * rng_unit(&t->rng);
}

static double log_odds_of(const struct prediction *p, const float *row)
{
    double log_odds;
    prediction_facts(p)->by->log_odds(p, &row, 1, &log_odds);
    return log_odds;
}

static void trees_are_those_of_xgboost(struct t *t)
{
    struct made *m = made_create(t, &predictor_trees);
    settings_any(t, &m->training.settings);
    struct prediction *p = fitted(t, &m->training);
    struct boosted b = {0};
    boosted_open(t, m, &b);
    bst_ulong count, shape_size;
    const bst_ulong *shape;
    const float *told;
    CHECK(t, XGBoosterPredict(b.booster, b.all, 1, 0, 0, &count, &told) == 0 && count == ROWS);
    for (uint32_t i = 0; i < ROWS; i++) /* to the last bit */
        CHECK(t, log_odds_of(p, m->values + i * COLUMNS) == (double)told[i]);
    const char *contributions = "{\"type\":2,\"training\":false,\"iteration_begin\":0,\"iteration_end\":0,\"strict_shape\":false}";
    REQUIRE(t, XGBoosterPredictFromDMatrix(b.booster, b.all, contributions, &shape, &shape_size, &told) == 0 && shape[1] == COLUMNS + 1);
    for (uint32_t i = 0; i < ROWS; i++) {
        double shifts[COLUMNS], average = prediction_shifts(p, m->values + i * COLUMNS, shifts);
        for (uint32_t c = 0; c < COLUMNS; c++)
            CHECK(t, fabs(shifts[c] - (double)told[i * (COLUMNS + 1) + c]) < 1e-4);
        CHECK(t, fabs(average - (double)told[i * (COLUMNS + 1) + COLUMNS]) < 1e-4);
    }
    boosted_close(&b);
    prediction_destroy(p);
}

/* What a tree says of a row of which only some features are known: where one isn't, both ways by their share of the rows. */
static double tree_expects(const struct tree *tree, uint32_t node, const float *row, unsigned known)
{
    const struct tree_node *n = &tree->nodes[node];
    if (n->right == 0)
        return (double)n->value;
    bool is_left = isnan(row[n->column]) ? n->is_left_usual : row[n->column] < n->value;
    if ((known >> n->column & 1) != 0)
        return tree_expects(tree, is_left ? node + 1 : n->right, row, known);
    double left = (double)tree->nodes[node + 1].cover, right = (double)tree->nodes[n->right].cover;
    return (left * tree_expects(tree, node + 1, row, known) + right * tree_expects(tree, n->right, row, known)) / (double)n->cover;
}

static double factorial(unsigned n)
{
    return n < 2 ? 1 : n * factorial(n - 1);
}

/* Shapley's definition: over all sets of other features, what knowing this one too adds. */
static void reasons_are_shapleys_values(struct t *t)
{
    struct made *m = made_create(t, &predictor_trees);
    settings_any(t, &m->training.settings);
    struct prediction *p = fitted(t, &m->training);
    for (int turn = 0; turn < 20; turn++) {
        const float *row = m->values + rng_below(&t->rng, ROWS) * COLUMNS;
        double shifts[COLUMNS], want[COLUMNS] = {0}, sum = prediction_shifts(p, row, shifts);
        for (unsigned c = 0; c < COLUMNS; c++) {
            for (unsigned set = 0; set < 1u << COLUMNS; set++) {
                unsigned size = (unsigned)__builtin_popcount(set);
                for (uint32_t k = 0; (set >> c & 1) == 0 && k < p->trees.count; k++) {
                    double gain = tree_expects(&p->trees.trees[k], 0, row, set | 1u << c) - tree_expects(&p->trees.trees[k], 0, row, set);
                    want[c] += gain * factorial(size) * factorial(COLUMNS - size - 1) / factorial(COLUMNS);
                }
            }
            CHECK(t, fabs(shifts[c] - want[c]) < 1e-5); /* covers of children don't sum to that of their parent in floats */
            sum += shifts[c];
        }
        CHECK(t, fabs(sum - log_odds_of(p, row)) < 1e-4);
    }
    prediction_destroy(p);
}

static void reasons_sum_to_the_log_odds(struct t *t)
{
    struct made *m = made_create(t, &predictor_logistic);
    struct prediction *p = fitted(t, &m->training);
    double *scores = scored(t, p, m), mean = 0;
    for (uint32_t i = 0; i < ROWS; i++) {
        double shifts[COLUMNS], sum = prediction_shifts(p, m->values + i * COLUMNS, shifts);
        mean += i < m->training.sample.count ? shifts[2] : 0;
        for (uint32_t c = 0; c < COLUMNS; c++)
            sum += shifts[c];
        CHECK(t, fabs(scores[i] - 1 / (1 + exp(-sum))) < 1e-12);
        CHECK(t, scores[i] == 1 / (1 + exp(-log_odds_of(p, m->values + i * COLUMNS))));
    }
    CHECK(t, fabs(mean) < 1e-7); /* over the rows that were fitted to, with and without a value, deviations sum to nothing */
    prediction_destroy(p);
}

static void the_strongest_reasons_come_first(struct t *t)
{
    struct made *m = made_create(t, kinds[t->seed % 2]);
    struct prediction *p = fitted(t, &m->training);
    for (uint32_t i = 0; i < ROWS; i += 7) {
        const float *row = m->values + i * COLUMNS;
        double shifts[COLUMNS];
        struct reason all[COLUMNS], two[2];
        (void)prediction_shifts(p, row, shifts);
        uint32_t count = prediction_reasons(p, row, all, COLUMNS), some = 0;
        for (uint32_t c = 0; c < COLUMNS; c++)
            some += shifts[c] != 0;
        CHECK_EQ(t, count, some);
        for (uint32_t k = 0; k < count; k++) {
            CHECK(t, all[k].shift == shifts[all[k].column] && all[k].column < 3);
            CHECK(t, k == 0 || fabs(all[k].shift) < fabs(all[k - 1].shift) || (fabs(all[k].shift) == fabs(all[k - 1].shift) && all[k].column > all[k - 1].column));
        }
        some = prediction_reasons(p, row, two, 2);
        CHECK_EQ(t, some, count < 2 ? count : 2);
        for (uint32_t k = 0; k < some; k++)
            CHECK(t, two[k].column == all[k].column && two[k].shift == all[k].shift);
    }
    CHECK_EQ(t, prediction_reasons(p, m->values, NULL, 0), 0);
    prediction_destroy(p);
}

static void of_equal_reasons_the_earlier_column_comes_first(struct t *t)
{
    struct made *m = made_create(t, &predictor_logistic);
    struct prediction *p = fitted(t, &m->training);
    struct reason reasons[COLUMNS];
    float row[COLUMNS] = {3, 3, 0, 0, 0};
    p->logistic.inputs[1] = p->logistic.inputs[0];
    p->logistic.inputs[2].weight = 0;
    for (uint32_t count_max = 2; count_max <= COLUMNS; count_max++) {
        REQUIRE(t, prediction_reasons(p, row, reasons, count_max) >= 2);
        CHECK(t, reasons[0].column == 0 && reasons[1].column == 1 && reasons[0].shift == reasons[1].shift);
    }
    CHECK_EQ(t, prediction_reasons(p, row, reasons, 1), 1);
    CHECK_EQ(t, reasons[0].column, 0);
    prediction_destroy(p);
}

static struct bytes packed(struct t *t, const struct prediction *p)
{
    struct buf out = arena_buf(t->arena, PACKED_BYTES_MAX);
    prediction_pack(p, &out);
    CHECK(t, !out.overflowed);
    return buf_bytes(&out);
}

static void a_model_comes_back_from_its_bytes(struct t *t)
{
    struct err e = {0};
    struct made *m = made_create(t, kinds[t->seed % 2]);
    settings_any(t, &m->training.settings);
    struct prediction *p = fitted(t, &m->training), *again = fitted(t, &m->training), *back = NULL;
    struct bytes bytes = packed(t, p);
    CHECK_BYTES(t, packed(t, again), bytes);
    REQUIRE_DONE(t, prediction_unpack(bytes, &back, &e), &e);
    CHECK_BYTES(t, packed(t, back), bytes);
    CHECK(t, memcmp(scored(t, p, m), scored(t, back, m), ROWS * sizeof(double)) == 0);
    const struct prediction_facts *f = prediction_facts(back);
    CHECK(t, f->by == m->training.by && f->columns == COLUMNS && f->rows == m->training.sample.count && f->seed == t->seed);
    CHECK_TEXT(t, prediction_feature(back, 2), "amount");
    for (uint32_t i = 0; i < ROWS; i += 50) {
        double shifts[2][COLUMNS], average = prediction_shifts(p, m->values + i * COLUMNS, shifts[0]);
        CHECK(t, average == prediction_shifts(back, m->values + i * COLUMNS, shifts[1]) && memcmp(shifts[0], shifts[1], sizeof shifts[0]) == 0);
    }
    prediction_destroy(p), prediction_destroy(again), prediction_destroy(back);
}

static void damaged_bytes_are_no_model(struct t *t)
{
    struct err e = {0};
    struct made *m = made_create(t, kinds[t->seed % 2]);
    struct prediction *p = fitted(t, &m->training), *back = NULL;
    struct bytes bytes = packed(t, p);
    uint8_t *damaged = arena_take(t->arena, bytes.size, 1);
    memcpy(damaged, bytes.data, bytes.size);
    damaged[rng_below(&t->rng, bytes.size)] ^= (uint8_t)(1u << rng_below(&t->rng, 8));
    CHECK_FAILS(t, prediction_unpack(bytes_of(damaged, bytes.size), &back, &e), CORRUPT);
    CHECK_FAILS(t, prediction_unpack(bytes_of(bytes.data, rng_below(&t->rng, bytes.size)), &back, &e), CORRUPT);
    struct buf small = arena_buf(t->arena, bytes.size - 1);
    prediction_pack(p, &small);
    CHECK(t, small.overflowed);
    prediction_destroy(p);
}

/* A tree of nothing but right turns. */
static struct tree chain_of(struct t *t, uint32_t splits)
{
    struct tree chain = {ARENA_ARRAY(t->arena, struct tree_node, 2 * splits + 1), 2 * splits + 1};
    for (uint32_t i = 0; i < chain.count; i++)
        chain.nodes[i] = (struct tree_node){.value = (float)i, .cover = 1, .right = i % 2 == 0 && i + 1 < chain.count ? i + 2 : 0};
    return chain;
}

static void no_model(struct t *t, const struct prediction *p)
{
    struct prediction *back = NULL;
    struct err e = {0};
    CHECK_FAILS(t, prediction_unpack(packed(t, p), &back, &e), CORRUPT);
    prediction_destroy(back);
}

/* Each of its numbers is one, and none is so great that a score is not. */
static void numbers_that_are_none_are_no_model(struct t *t)
{
    struct made *m = made_create(t, &predictor_logistic);
    struct prediction *p = fitted(t, &m->training);
    double *numbers[] = {&p->facts.share_then, &p->facts.share_now, &p->facts.label_frequency, &p->logistic.intercept,
                         &p->logistic.inputs[0].mean, &p->logistic.inputs[0].origin, &p->logistic.inputs[0].deviation,
                         &p->logistic.inputs[0].weight, &p->logistic.inputs[0].missing_share, &p->logistic.inputs[0].missing_weight};
    const double none[] = {NAN, INFINITY, -INFINITY, 1e300};
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        for (size_t k = 0; k < COUNT_OF(none); k++) {
            double was = *numbers[i];
            *numbers[i] = none[k];
            no_model(t, p);
            *numbers[i] = was;
        }
    p->logistic.inputs[0].deviation = 1e-300;
    no_model(t, p);
    prediction_destroy(p);
}

static void trees_of_no_numbers_are_no_model(struct t *t)
{
    struct made *m = made_create(t, &predictor_trees);
    struct prediction *p = fitted(t, &m->training);
    float *numbers[] = {&p->trees.origin, &p->trees.trees[0].nodes[0].value, &p->trees.trees[0].nodes[0].cover};
    const float none[] = {NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        for (size_t k = 0; k < COUNT_OF(none); k++) {
            float was = *numbers[i];
            *numbers[i] = none[k];
            no_model(t, p);
            *numbers[i] = was;
        }
    p->trees.trees[0] = chain_of(t, 2);
    p->trees.trees[0].nodes[1].value = 3e38f; /* a leaf: of several such the log-odds would be none */
    no_model(t, p);
    p->trees.trees[0].nodes[1].value = 0;
    p->trees.trees[0].nodes[0].value = 3e38f; /* where a column is split any float may be */
    struct prediction *back = NULL;
    struct err e = {0};
    REQUIRE_DONE(t, prediction_unpack(packed(t, p), &back, &e), &e);
    prediction_destroy(p), prediction_destroy(back);
}

/* What could never have been written is refused, whatever its check says. */
static void senseless_bytes_are_no_model(struct t *t)
{
    struct err e = {0};
    struct made *m = made_create(t, &predictor_trees);
    struct prediction *p = fitted(t, &m->training), *back = NULL;
    double shifts[COLUMNS];
    for (uint32_t splits = PREDICT_DEPTH_MAX; splits <= PREDICT_DEPTH_MAX + 1; splits++) {
        p->trees.trees[0] = chain_of(t, splits);
        struct status status = prediction_unpack(packed(t, p), &back, &e);
        CHECK_EQ(t, status.code, splits > PREDICT_DEPTH_MAX ? STATUS_CORRUPT : STATUS_OK);
        if (done(status))
            CHECK(t, isfinite(prediction_shifts(back, m->values, shifts)) && isfinite(shifts[0]));
    }
    p->trees.trees[0] = chain_of(t, 2);
    p->trees.trees[0].nodes[3].cover = 0;
    CHECK_FAILS(t, prediction_unpack(packed(t, p), &(struct prediction *){NULL}, &e), CORRUPT);
    p->trees.trees[0] = chain_of(t, 2);
    p->trees.trees[0].nodes[2].column = COLUMNS;
    CHECK_FAILS(t, prediction_unpack(packed(t, p), &(struct prediction *){NULL}, &e), CORRUPT);
    p->trees.trees[0] = chain_of(t, 2);
    p->bins[0].cuts[1] = p->bins[0].cuts[0];
    CHECK_FAILS(t, prediction_unpack(packed(t, p), &(struct prediction *){NULL}, &e), CORRUPT);
    prediction_destroy(p), prediction_destroy(back);
}

/* Labelled is who is positive and was asked, which happened to 35 % of them, whoever they were; and features tell who is positive, as the estimate wants it. */
static void unlabelled_rows_may_be_positive(struct t *t)
{
    struct made *m = made_create(t, kinds[t->seed % 2]);
    const double frequency = 0.35;
    double wrong = 0, mean = 0, truth = 0;
    for (uint32_t i = 0; i < ROWS; i++) {
        m->truth[i] = m->truth[i] > 0.5;
        m->labels[i] = m->truth[i] == 1 && rng_chance(&t->rng, frequency);
    }
    m->training.is_unlabelled = true;
    m->training.settings.depth = 2;
    struct prediction *p = fitted(t, &m->training);
    double *scores = scored(t, p, m);
    const struct prediction_facts *f = prediction_facts(p);
    CHECK(t, f->rows > m->training.sample.count * 7 / 10 && f->rows < m->training.sample.count * 9 / 10);
    CHECK(t, f->label_frequency > 0.15 && f->label_frequency < 0.6);
    for (uint32_t i = 0; i < ROWS; i++) {
        double probability = prediction_probability(p, scores[i]);
        CHECK(t, probability >= scores[i] && probability <= 1);
        mean += probability / ROWS, truth += m->truth[i] / ROWS, wrong += fabs(probability - m->truth[i]) / ROWS;
    }
    CHECK(t, fabs(mean - truth) < 0.2);
    CHECK(t, wrong < 0.25);
    struct training plain = m->training;
    plain.is_unlabelled = false;
    struct prediction *naive = fitted(t, &plain);
    double *low = scored(t, naive, m), wrong_naive = 0;
    CHECK(t, prediction_probability(naive, 0.25) == 0.25);
    for (uint32_t i = 0; i < ROWS; i++)
        wrong_naive += fabs(low[i] - m->truth[i]) / ROWS;
    CHECK(t, wrong < wrong_naive);
    prediction_destroy(p), prediction_destroy(naive);
}

/* Of the zeroes only a fifth were taken. */
static void another_share_is_corrected(struct t *t)
{
    struct made *m = made_create(t, &predictor_logistic);
    uint32_t *rows = ARENA_ARRAY(t->arena, uint32_t, ROWS), count = 0;
    double share = 0, mean = 0;
    for (uint32_t i = 0; i < ROWS; i++) {
        share += (double)m->labels[i] / ROWS;
        if (m->labels[i] == 1 || rng_chance(&t->rng, 0.2))
            rows[count++] = i;
    }
    m->training.sample = (struct sample){rows, count};
    m->training.share_of_labels = share;
    struct prediction *p = fitted(t, &m->training);
    double *scores = scored(t, p, m);
    for (uint32_t i = 0; i < ROWS; i++)
        mean += scores[i] / ROWS;
    CHECK(t, fabs(mean - share) < 0.03);
    CHECK(t, prediction_facts(p)->share_then > share + 0.1 && prediction_facts(p)->share_now == share);
    prediction_destroy(p);
}

static void drift_is_told_by_the_model(struct t *t)
{
    struct err e = {0};
    struct made *m = made_create(t, &predictor_logistic);
    struct prediction *p = fitted(t, &m->training);
    double drift[COLUMNS];
    for (uint32_t i = m->training.sample.count; i < ROWS; i++)
        m->values[i * COLUMNS + 2] *= 3;
    uint32_t later[ROWS];
    for (uint32_t i = m->training.sample.count; i < ROWS; i++)
        later[i - m->training.sample.count] = i;
    struct scoring s = {&m->features, {later, ROWS - m->training.sample.count}, NULL};
    REQUIRE_DONE(t, prediction_drift(p, &s, drift, &e), &e);
    CHECK(t, drift_of(drift[2]) == DRIFT_MUCH && drift_of(drift[0]) != DRIFT_MUCH && drift_of(drift[3]) == DRIFT_NONE && drift_of(drift[4]) == DRIFT_NONE);
    prediction_destroy(p);
}

static void fit_refused(struct t *t, const struct training *g, const char *words)
{
    struct err e = {0};
    struct prediction *p = NULL;
    CHECK_FAILS(t, prediction_fit(g, &p, &e), INVALID);
    CHECK_TEXT(t, e.text, words);
}

static void what_cannot_be_fitted_is_refused(struct t *t)
{
    struct made *m = made_create(t, &predictor_logistic);
    struct training g = m->training;
    g.settings.penalty = 0, fit_refused(t, &g, "a penalty of 0; it has to be above 0");
    g = m->training, g.settings.rounds = 0, fit_refused(t, &g, "0 rounds; it takes 1 to 2000");
    g = m->training, g.settings.depth = 11, fit_refused(t, &g, "trees of depth 11; it takes 1 to 10");
    g = m->training, g.settings.rate = 1.5, fit_refused(t, &g, "a rate of 1.5; it takes more than 0, and at most 1");
    g = m->training, g.share_of_labels = 1, fit_refused(t, &g, "a share of labels of 1; it takes 0 to below 1");
    for (uint32_t i = 0; i < ROWS; i++)
        m->labels[i] = i < 30;
    g = m->training, g.sample.count = 35, fit_refused(t, &g, "30 rows of label 1 and 5 of label 0 to fit to; it takes 10 of either");
    for (uint32_t i = 0; i < ROWS; i++)
        m->labels[i] = i < 12;
    g = m->training, g.seed = 1, g.is_unlabelled = true;
    struct err e = {0};
    struct prediction *p = NULL;
    CHECK_FAILS(t, prediction_fit(&g, &p, &e), INVALID);
    m->values[3] = INFINITY;
    fit_refused(t, &m->training, "the feature constant is infinite in row 0");
}

static void other_columns_are_refused(struct t *t)
{
    struct err e = {0};
    struct made *m = made_create(t, &predictor_logistic);
    struct prediction *p = fitted(t, &m->training);
    const char *const swapped[COLUMNS] = {"is_member", "recency", "amount", "constant", "empty"};
    double scores[ROWS];
    struct scoring s = {&m->features, {NULL, ROWS}, NULL};
    m->features.names = swapped;
    CHECK_FAILS(t, prediction_score(p, &s, scores, &e), INVALID);
    CHECK_TEXT(t, e.text, "feature 1 is is_member; it was fitted to recency there");
    m->features.columns--;
    CHECK_FAILS(t, prediction_drift(p, &s, scores, &e), INVALID);
    prediction_destroy(p);
}

struct patience {
    struct effort effort;
    unsigned left; /* questions until it is over */
    double share;
    size_t bytes;
};

static fallible patience_step(struct effort *f, double share, size_t bytes, struct err *e)
{
    struct patience *p = (struct patience *)f;
    p->share = share > p->share ? share : p->share;
    p->bytes += bytes;
    return p->left == 0 || --p->left == 0 ? FAIL(e, CANCELLED, "enough") : DONE;
}

static bool patience_ends(const struct effort *f)
{
    struct patience *p = (struct patience *)(uintptr_t)f;
    return p->left == 0 || --p->left == 0;
}

static void an_effort_that_is_over_ends_it(struct t *t)
{
    for (size_t k = 0; k < COUNT_OF(kinds); k++) {
        struct err e = {0};
        struct made *m = made_create(t, kinds[k]);
        struct patience whole = {{patience_step, patience_ends}, 1000000, 0, 0};
        m->training.effort = &whole.effort;
        struct prediction *p = fitted(t, &m->training), *none = NULL;
        CHECK(t, whole.share > 0.3 && whole.share <= 1 && whole.bytes >= m->training.sample.count * sizeof(uint32_t));
        unsigned questions = 1000000 - whole.left;
        for (unsigned left = 1; left < questions; left += 1 + questions / 30) {
            struct patience part = {{patience_step, patience_ends}, left, 0, 0};
            m->training.effort = &part.effort;
            CHECK_FAILS(t, prediction_fit(&m->training, &none, &e), CANCELLED);
        }
        double scores[ROWS];
        struct patience two = {{patience_step, patience_ends}, 2, 0, 0};
        CHECK_FAILS(t, prediction_score(p, &(struct scoring){&m->features, {NULL, ROWS}, &two.effort}, scores, &e), CANCELLED);
        prediction_destroy(p);
    }
}

static void predictors_have_names(struct t *t)
{
    for (size_t k = 0; k < COUNT_OF(kinds); k++)
        CHECK(t, predictor_named(bytes_of_text(predictor_name(kinds[k]))) == kinds[k]);
    CHECK(t, predictor_named(BYTES_LIT("oracle")) == NULL);
    prediction_destroy(NULL);
}

static const struct test tests[] = {
    {"logistic regression is at its minimum", logistic_regression_is_at_its_minimum, 20},
    {"numbers are told by their deviation", numbers_are_told_by_their_deviation, 1},
    {"trees are those of XGBoost", trees_are_those_of_xgboost, 10},
    {"reasons are Shapley's values", reasons_are_shapleys_values, 5},
    {"reasons sum to the log-odds", reasons_sum_to_the_log_odds, 5},
    {"the strongest reasons come first", the_strongest_reasons_come_first, 10},
    {"of equal reasons the earlier column comes first", of_equal_reasons_the_earlier_column_comes_first, 1},
    {"a model comes back from its bytes", a_model_comes_back_from_its_bytes, 10},
    {"damaged bytes are no model", damaged_bytes_are_no_model, 50},
    {"senseless bytes are no model", senseless_bytes_are_no_model, 1},
    {"numbers that are none are no model", numbers_that_are_none_are_no_model, 1},
    {"trees of no numbers are no model", trees_of_no_numbers_are_no_model, 1},
    {"unlabelled rows may be positive", unlabelled_rows_may_be_positive, 10},
    {"another share is corrected", another_share_is_corrected, 10},
    {"drift is told by the model", drift_is_told_by_the_model, 5},
    {"what can't be fitted is refused", what_cannot_be_fitted_is_refused, 1},
    {"other columns are refused", other_columns_are_refused, 1},
    {"an effort that is over ends it", an_effort_that_is_over_ends_it, 1},
    {"predictors have names", predictors_have_names, 1},
};
TEST_MAIN(tests)
