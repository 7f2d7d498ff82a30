/* Who is likely to do something: models that are fitted to those who did (or, for a look-alike, to a seed among all others), with their scores and with the
 * reasons of each score. Knows no noun of ours: rows of features, and labels of 0 and 1. What a score is worth is measured by lib/scores.h; which features give
 * the answer away, by lib/features.h.
 *
 *     prediction_fit(training, &p) ─> prediction_score, prediction_reasons, prediction_drift; prediction_pack <─> prediction_unpack
 *
 * Deterministic: the same training gives the same bytes on the same processor, whatever the number of cores. A fitted model never changes and is safe for any
 * number of threads. */
#pragma once

#include "base/bytes.h"
#include "lib/features.h"

/* How models are fitted. A table of functions; there are two of them. */
struct predictor;

/* Ridge logistic regression: minimises λ/2 |w|² + Σ log-loss, the intercept not penalised, by Newton's steps until the gradient is below 1e-8 (T. Hastie,
 * R. Tibshirani, J. Friedman, The Elements of Statistical Learning, 2009, 4.4.1 with the penalty of 3.4.1). A column of nothing but 0 and 1 stays as it is;
 * others are less their mean, by their population deviation. Where a column had rows without a value, these take its mean and set a column of 0 and 1 of their
 * own. A column that never varies says nothing. Each of some ten steps costs rows x (inputs that aren't 0)² / 2; memory inputs² x 8 bytes, whatever the rows. */
extern const struct predictor predictor_logistic;

/* Boosted trees as XGBoost grows them (T. Chen, C. Guestrin, KDD 2016; `tree_method=exact`, one thread). A row without a value goes the way that training found
 * better. From few hundred positives logistic regression usually ranks better. Costs rounds x depth x values of the sample; memory while it fits at most 20 bytes
 * for each of these values (16.4 measured). */
extern const struct predictor predictor_trees;

const struct predictor *predictor_named(struct bytes name); /* "logistic", "trees"; NULL: none of these */
const char *predictor_name(const struct predictor *p);

struct predictor_settings {
    double penalty;  /* λ of logistic's weights, and of trees' leaves; above 0 */
    uint32_t rounds; /* trees; 1..PREDICT_ROUNDS_MAX */
    uint32_t depth;  /* of a tree; 1..PREDICT_DEPTH_MAX */
    double rate;     /* how much of each tree counts; above 0, at most 1 */
};
#define PREDICT_ROUNDS_MAX 2000u
#define PREDICT_DEPTH_MAX 10u
extern const struct predictor_settings predictor_settings_usual; /* 1; 100, 4, 0.1 */

struct training {
    const struct predictor *by;
    struct predictor_settings settings;
    const struct features *features;
    const uint8_t *labels; /* of all rows: 1, or 0 */
    struct sample sample;  /* whom to fit to: those before an instant, so that the others can judge it */
    /* 0 doesn't mean no, but that it isn't known: a fifth of the sample, drawn by the seed, isn't fitted to; it tells how frequent labels are (lib/scores.h), and
     * so how likely somebody is positive, labelled or not (prediction_probability). */
    bool is_unlabelled;
    /* The share of labels 1 among those who will be scored, when the sample has another one, as its zeroes were drawn; 0: the sample's own. Below 1. */
    double share_of_labels;
    uint64_t seed;
    struct effort *effort; /* NULL: nobody watches */
};

struct prediction;

/* INVALID: as of features_check; settings out of bounds; fewer than PREDICT_LABELS_MIN rows of either label to fit to, or of label 1 to tell their frequency.
 * FULL: no memory. LIMIT, CANCELLED: the effort's, within a pass over the sample. */
#define PREDICT_LABELS_MIN 10u
fallible prediction_fit(const struct training *g, struct prediction **out, struct err *e); /* the caller's */
void prediction_destroy(struct prediction *p);                                            /* NULL is fine */

/* What a model card says of it. */
struct prediction_facts {
    const struct predictor *by;
    uint32_t columns, rows, positives; /* fitted to */
    uint64_t seed;
    double share_then, share_now; /* of labels 1 in the sample, and among those who are scored */
    double label_frequency;       /* 1, unless zeroes were unlabelled */
};
const struct prediction_facts *prediction_facts(const struct prediction *p);
const char *prediction_feature(const struct prediction *p, uint32_t column);

/* INVALID: not the columns that it was fitted to, by name and order, or features_check's. */
fallible prediction_meets(const struct prediction *p, const struct features *f, struct sample s, struct err *e);

/* How likely the rows of a sample have label 1, one each, corrected for another share of labels: what to rank by. INVALID: as of prediction_meets. CANCELLED.
 * Costs columns for logistic, rounds x depth for trees, a row. */
struct scoring {
    const struct features *features;
    struct sample sample;
    struct effort *effort;
};
fallible prediction_score(const struct prediction *p, const struct scoring *s, double *out, struct err *e);
/* How likely a row with this score is positive: the score itself, but where zeroes were unlabelled by the frequency of labels. At most 1, which the best may
 * share: so this is to be shown, and not to be ranked by. */
double prediction_probability(const struct prediction *p, double score);

/* What a feature has to do with the score of one row: how far it moves the log-odds away from those of the average row. Of logistic regression weight x
 * deviation from the mean; of trees Shapley's values (S. Lundberg, G. Erion, S. Lee, Consistent Individualized Feature Attribution for Tree Ensembles, 2018,
 * algorithm 2). All of them with the average sum to the log-odds of the row, before any correction. */
struct reason {
    uint32_t column;
    double shift; /* of log-odds: above 0 it speaks for, below 0 against */
};
/* The strongest for a row of as many features, at most `count_max`, of equal ones the earlier column; those that are 0 are none. Returns how many. Logistic
 * costs columns, trees rounds x leaves x depth². */
uint32_t prediction_reasons(const struct prediction *p, const float *row, struct reason *out, uint32_t count_max);
/* All of them by column, and the average's log-odds, which is returned. */
double prediction_shifts(const struct prediction *p, const float *row, double *out);

/* How far each column is from how it was spread in the sample that was fitted to: feature_drift, of all columns. INVALID: as of prediction_meets. */
fallible prediction_drift(const struct prediction *p, const struct scoring *s, double *out, struct err *e);

/* As bytes (docs/formats/prediction.md): the same model gives the same bytes. `out` tells when it overflows; some hundred bytes a column, some ten a node of a
 * tree. */
void prediction_pack(const struct prediction *p, struct buf *out);
/* CORRUPT: no such bytes, or a check that differs. INVALID: of a version that isn't known. Any bytes are read safely. */
fallible prediction_unpack(struct bytes b, struct prediction **out, struct err *e);
