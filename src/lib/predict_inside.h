/* What a predictor has to be able to do, and what a fitted model holds. Private to predict*.c. */
#pragma once

#include "base/arena.h"
#include "lib/pack.h"
#include "lib/predict.h"

#define PREDICT_WATCH_ROWS 1024u /* after so many rows it is asked whether anybody still wants them */
#define PREDICT_BATCH_ROWS 64u   /* that are scored together, at most */

/* Floats in bytes; those that are not finite are bad ones. */
static inline void pack_float(struct buf *out, float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    pack_u32(out, bits);
}

static inline float unpack_float(struct unpack *u)
{
    uint32_t bits = unpack_u32(u);
    float x;
    memcpy(&x, &bits, sizeof x);
    u->bad = u->bad || !isfinite(x);
    return x;
}

/* Of one column of a logistic regression: log-odds += weight x ((value, or the mean without one) - origin) / deviation, and missing_weight without one. */
struct logistic_input {
    double mean, origin, deviation, weight;
    double missing_share, missing_weight;
};

struct logistic {
    struct logistic_input *inputs; /* one a column */
    double intercept;
};

/* In preorder: a node's left child comes right behind it. */
struct tree_node {
    float value;       /* of a leaf: log-odds; else what is below it goes left */
    float cover;       /* how many rows came here, each by its p (1 - p); above 0 */
    uint32_t right;    /* 0: a leaf */
    uint16_t column;
    bool is_left_usual; /* where a row without a value goes */
};

struct tree {
    struct tree_node *nodes;
    uint32_t count;
};

struct trees {
    struct tree *trees;
    uint32_t count;
    float origin;   /* log-odds before the first tree: those of the sample's share */
    double average; /* of the log-odds, over the rows that were fitted to */
};

struct prediction {
    struct arena *arena; /* of all that follows, and of this */
    struct prediction_facts facts;
    const char **names;
    struct feature_bins *bins;
    union {
        struct logistic logistic;
        struct trees trees;
    };
};

struct predictor {
    const char *name;
    uint8_t id; /* in bytes, for ever */
    fallible (*fit)(const struct training *g, struct prediction *p, struct err *e);
    void (*log_odds)(const struct prediction *p, const float *const *rows, uint32_t count, double *out);
    double (*shifts)(const struct prediction *p, const float *row, double *out);
    void (*pack)(const struct prediction *p, struct buf *out);
    void (*unpack)(struct prediction *p, struct unpack *u); /* marks `u` as bad where it isn't good */
};

/* XGBoost's part: grows trees on the sample of a training and hands over what came of it, all but the average. */
fallible trees_grow(const struct training *g, struct arena *arena, struct trees *out, struct err *e);
