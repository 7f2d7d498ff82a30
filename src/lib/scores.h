/* What scores are worth, measured by what came of it; and how scores are corrected for what the sample they were learned from was not. A score is a
 * probability, or anything that is larger where the outcome is likelier. Deterministic: equal scores are told apart by their row, where they have to be. Pure; any
 * thread. */
#pragma once

#include <stdint.h>

#include "base/status.h"

/* One scored row; 16 bytes. */
struct ranked {
    double score; /* no NAN */
    uint32_t row;
    bool is_positive;
};
void ranked_sort(struct ranked *io, uint32_t count); /* best first; of equal ones the earlier row */
/* How likely a random positive has a higher score than a random negative, equal ones counting half: exact, as pairs are counted in whole numbers (Mann-Whitney's U
 * by the number of pairs). 0.5 when there is no pair. Of sorted ones. */
double ranked_auc(const struct ranked *sorted, uint32_t count);

#define SCORE_BINS 10u

struct score_bin {
    uint32_t count, positives;
    double mean; /* of the scores; 0 of none */
};

struct verdict {
    uint32_t count, positives;
    double auc;
    double average_precision; /* sum of precision x gain of recall over all distinct scores, descending; 0 without positives */
    double ks;                /* Kolmogorov-Smirnov: the largest difference between the shares of positives and of negatives above a score */
    double brier;             /* mean of (score - label)² */
    double log_loss;          /* mean of -ln of the probability of what came; scores are kept 1e-15 away from 0 and 1 */
    struct score_bin calibration[SCORE_BINS]; /* by score: [0, 0.1) ... [0.9, 1] */
    struct score_bin deciles[SCORE_BINS];     /* by rank, best first: ranks from count x i / 10 until count x (i + 1) / 10, rounded down */
};

/* `scores` in 0 .. 1 and labels 0 or 1, one each. FULL: no memory for 16 bytes a row. Costs a sort. */
fallible scores_judge(const double *scores, const uint8_t *labels, uint32_t count, struct verdict *out, struct err *e);
/* How much more frequent positives are in a decile than in all; 0 of nobody. */
double verdict_lift(const struct verdict *v, uint32_t decile);

/* When the sample had another share of positives than those who are scored, all else being equal: p' = a p / (a p + b (1 - p)), with a = share_now / share_then and
 * b = (1 - share_now) / (1 - share_then) (M. Saerens, P. Latinne, C. Decaestecker, Neural Computation 14, 2002, equation 2.4). Shares in (0, 1). */
double score_under_share(double score, double share_then, double share_now);

/* Learning from positives and unlabelled rows (C. Elkan, K. Noto, KDD 2008): a model of who is labelled gives g(x) = c p(x), where c is how likely a positive is
 * labelled, whoever it is. c is estimated as the mean of g over labelled rows that the model has not seen (their e1); then p(x) = g(x) / c, at most 1. That is exact
 * where features tell positives from negatives; where both look alike c comes out too low and p too high, by the same factor, so that their order still holds. */
double label_frequency(const double *scores_of_labelled, uint32_t count); /* count > 0 */
double score_of_unlabelled(double score, double frequency);              /* 0 < frequency <= 1 */
