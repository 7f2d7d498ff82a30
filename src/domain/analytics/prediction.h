/* The questions `predict` (fits a model and judges it by what came of it) and `score` (what a fitted model says of people): what both say, what they know of a
 * person, and the rows that are made of it. docs/guide/predictions.md. Private to analytics.
 *
 * A person stands at a *cut*, an instant: features are told of what was before it, the label of what came within the horizon after it. A model is fitted at one
 * cut and judged at a later one, at which all that it was fitted to had come. Of a look-alike there is one cut, now, and the label is whether somebody is in the
 * seed; one in five people is kept to judge by. */
#pragma once

#include "domain/analytics/measure.h"
#include "domain/analytics/person_book.h"
#include "lib/predict.h"
#include "lib/scores.h"

#define PREDICTION_MEASURES_MAX 64u
#define PREDICTION_SAMPLE_MAX 1000000
#define PREDICTION_CATEGORIES_MAX 12u /* values of one trait or tag that get a column each: those of most people */
#define PREDICTION_TITLE_BYTES 200u

/* What a feature of the answer is. */
struct prediction_column {
    const char *name; /* as the model knows it */
    const char *title, *title_zh;
    bool is_known; /* of what is known of people, not of events */
    uint32_t of;   /* measure; or want */
    uint32_t text; /* of a want: has this text; CODE_NONE: its number */
};

/* What the question says. */
struct predicting {
    bool is_like;                         /* a look-alike */
    uint32_t like;                        /* want: who is in the seed */
    const struct measure *target, *among; /* NULL: of a look-alike; everybody */
    uint32_t measure_count;
    const struct measure *measures[PREDICTION_MEASURES_MAX];
    const char *texts[PREDICTION_MEASURES_MAX], *titles[PREDICTION_MEASURES_MAX], *titles_zh[PREDICTION_MEASURES_MAX];
    struct person_wants wants;
    struct bytes
        sensitive[PERSON_WANTS_MAX]; /* features that may be used though they are personal, as the asker says */
    uint32_t sensitive_count;
    int64_t horizon_days;
    uint32_t cut_count;
    struct measure_time cuts[PERSON_CUTS_MAX]; /* ascending; of `score` one */
    const struct predictor *by;
    struct predictor_settings settings;
    int64_t sample, seed;
    /* Of `predict`. */
    bool tells_model;
    size_t shown; /* enum prediction_table */
    /* Of `score`. */
    struct prediction *model; /* the question's, let go of by its close */
    struct bytes trait;       /* as which scores may be written */
    size_t order;             /* enum score_order */
    int64_t limit, after, reasons, top;
};
enum prediction_table { TABLE_DECILES, TABLE_CALIBRATION, TABLE_FEATURES, PREDICTION_TABLE_COUNT };
extern const char *const prediction_table_names[PREDICTION_TABLE_COUNT];
enum score_order { SCORE_BY_SCORE, SCORE_BY_PERSON, SCORE_ORDER_COUNT };

/* The members that both have; fills in the question's own, its plan and what it wants of people. */
fallible predicting_read(struct asked *a, uint32_t cut_count, struct err *e);
/* Rows of the table of members, in front of a kind's own. */
#define PREDICTING_MEMBERS                                                                                             \
    {"target",                                                                                                         \
     "what is foretold, a condition on what happens within the horizon: \"did(order_paid)\", \"not did(event)\"",      \
     "预测目标:对未来 horizon 内行为的条件,如 did(order_paid)、not did(event)"},                                       \
        {"like", "instead: whom people may be like: {\"segment\": \"vip\"} or {\"tag\": \"fan\"}",                     \
         "或:相似人群的种子,{\"segment\":\"vip\"} 或 {\"tag\":\"fan\"}"},                                              \
        {"horizon", "within how long after the day of the prediction (30d)", "预测多久之内(默认 30d)"},                \
        {"among", "a condition on what was before: only whom it holds for are looked at", "仅考察此前满足该条件的人"}, \
        {"features", "a list of expressions: counts, sums, days, days_since",                                          \
         "特征:表达式列表(次数、金额、天数、距今天数等)"},                                                             \
        {"traits", "a list of traits that are features too", "作为特征的特质列表"},                                    \
        {"tags", "of a look-alike: tags that are features too", "作为特征的标签(仅相似人群)"},                         \
        {"segments", "of a look-alike: segments that are features too", "作为特征的人群(仅相似人群)"},                 \
        {"sensitive",                                                                                                  \
         "features that say something personal, and are meant to be used all the same: a list of their names",         \
         "确认使用的个人敏感特征名称列表"},                                                                            \
        {"by", "logistic (default) or trees", "算法:logistic(默认)或 trees"},                                          \
        {"penalty", "against overfitting: above 0 (1)", "正则强度,大于 0(默认 1)"},                                    \
        {"rounds", "of trees: how many (100)", "树的棵数(默认 100)"},                                                  \
        {"depth", "of trees: how deep (4)", "树的深度(默认 4)"},                                                       \
        {"rate", "of trees: how much of each counts, up to 1 (0.1)", "学习率,至多 1(默认 0.1)"},                       \
        {"sample", "people that it is fitted to at most, and judged by (100,000)",                                     \
         "训练与评估各至多抽取多少人(默认 100000)"},                                                                   \
        {"seed", "of chance (1): the same seed gives the same model", "随机种子(默认 1),相同种子得到相同模型"},        \
    {                                                                                                                  \
        "as_of", "as if it were this day", "假定当天为该日期"                                                  \
    }

/* --- what is found --- */

/* What a feature did. */
struct feature_found {
    double weight; /* how far it moves log-odds, on average, either way */
    double trend;  /* above 0: more of it speaks for */
    double drift;  /* of those it is judged by against those it was fitted to */
    bool is_leak;
    double alone; /* AUC of it alone, of those it was fitted to; NAN: can't be said */
};
struct prediction_findings {
    uint32_t column_count;
    const struct prediction_column *columns;
    const struct feature_found *features; /* by column */
    const uint32_t *by_weight;            /* columns, the weightiest first */
    struct prediction_facts facts;
    struct verdict verdict;
    double auc_low, auc_high, calibration_error;
    uint32_t best_alone; /* column; PREDICTION_COLUMN_NONE: none can be judged */
    double best_auc;     /* of it, of those who are judged; NAN: they are too few */
    uint64_t fit_people, fit_positives, judge_people, judge_positives; /* before sampling */
    struct bytes model;
};
#define PREDICTION_COLUMN_NONE UINT32_MAX
void predict_print(const struct question *q, const struct texts *texts, void *tally, struct json_writer *w);

/* Of somebody at a cut. `s` NULL: without any event. */
bool predicting_counts(const struct question *q, uint32_t cut,
                       const struct sequence *s); /* somebody who is to be looked at */
void predicting_measure(const struct question *q, uint32_t cut, const struct sequence *s, float *out);
/* A row of the model, by column, of what was measured and of what is known (cells of the cut; NULL without wants). */
void prediction_row(const struct prediction_column *columns, uint32_t count, const float *measured,
                    const struct person_cell *cells, float *out);
/* Titles of a feature of a want, in the arena: "city = 上海". */
void prediction_want_title(struct prediction_column *io_column, const struct person_want *want, struct bytes text,
                           struct arena *arena);

/* --- samples: of all rows those of the smallest hashes, so many at most, whichever thread saw them --- */

struct sampled {
    uint64_t hash;
    uint32_t person;
    uint8_t label;
    float measured[];
};
struct row_sample {
    struct arena *arena;
    uint32_t width, room_max; /* numbers measured; rows kept at most */
    uint64_t below;           /* hashes that are kept; 0: all */
    uint32_t count, room;
    struct sampled **rows;
    struct sampled *spare; /* taken and given back */
    uint64_t seen, positives;
};
void row_sample_init(struct row_sample *s, struct arena *arena, uint32_t width, uint32_t room_max);
/* NULL: it isn't kept. Else its numbers are to be filled in. Counts it either way. */
struct sampled *row_sample_add(struct row_sample *s, uint64_t seed, uint32_t person, bool label);
void row_sample_join(struct row_sample *into, struct row_sample *from); /* rows stay where they are */
void row_sample_sort(struct row_sample *s);                             /* by hash: the same order whoever saw them */

/* --- counting people, and what follows --- */

struct predict_tally {
    struct arena *arena;
    struct row_sample fit[2]; /* by label, so that few positives are all kept */
    struct row_sample judge;
    uint64_t *seen;                       /* of a look-alike: bits by place of who has events; NULL: nobody yet */
    struct prediction_findings *findings; /* NULL until it is concluded */
};
fallible predict_conclude(const struct question *q, const struct texts *texts, void *tally, struct effort *effort,
                          struct err *e);
/* Of somebody of whom there are events (`s` not NULL) or not; PERSON_PLACE_NONE: nothing is known beside. */
void predict_person(const struct question *q, struct predict_tally *tally, const struct sequence *s, uint32_t person,
                    uint32_t place);
