/* Predictions that are kept under a name: what they ask, the model that was fitted last with its card, and how its scores did since. What is asked has a revision,
 * which grows whenever it changes; a model says of which revision it is, and its card holds the seed, so anybody can fit it again. Fitting and scoring are questions
 * about events (domain/analytics); this only keeps what came of them. On disk: docs/formats/predictions.md. */
#pragma once

#include "base/time.h"
#include "domain/prediction/schedule.h"
#include "engine/domain.h"

extern const struct domain prediction_domain;

#define PREDICTION_NAME_BYTES_MAX \
    40u /* lower-case letters, digits and "_": the trait of its scores is called p_ and this */
#define PREDICTION_LABEL_BYTES_MAX 200u
#define PREDICTION_QUESTION_BYTES_MAX 12000u
#define PREDICTION_CARD_BYTES_MAX (64u << 10)
#define PREDICTION_MODEL_BYTES_MAX (256u << 10)
#define PREDICTION_FEATURE_BYTES_MAX 200u
#define PREDICTION_FAILURE_BYTES_MAX 200u
#define PREDICTION_RETRY_US (60 * US_PER_MINUTE) /* after a failure, if it isn't due sooner */
#define PREDICTIONS_MAX 200u                     /* of a workspace */

/* What came of scoring everybody. */
struct prediction_run {
    int64_t time_us;      /* log time; 0: never */
    uint64_t people;      /* scored */
    uint32_t drift_milli; /* the population stability index of the feature that drifts most, in thousandths */
    struct bytes feature; /* which; at most PREDICTION_FEATURE_BYTES_MAX */
};
struct saved_prediction {
    struct bytes name;
    struct bytes question; /* of `predict`: a JSON object as it was said */
    struct bytes label;    /* for people; may be empty */
    struct prediction_schedule
        schedule; /* whoever runs predictions scores it then, and fits it before that where its question is another one */
    uint64_t revision; /* from 1; of what is said 0 */
    int64_t saved_us;
    uint64_t fitted_revision; /* of the model's question; 0: there is no model */
    int64_t fitted_us;
    struct prediction_run run; /* of this model; the last */
    /* By schedule. */
    int64_t due_us;       /* when it is wanted next; INT64_MAX: never */
    int64_t wanted_us;    /* since when it is to be run and wasn't; 0: it isn't */
    int64_t failed_us;    /* of the last run, if it failed; else 0 */
    struct bytes failure; /* why; at most PREDICTION_FAILURE_BYTES_MAX */
};
/* Which predictions there are or when they are due is otherwise, or one is due by now: whoever runs them looks again. Of none in particular. */
extern const struct fact_kind fact_prediction_changed;

/* Borrowed from the view. */
bool prediction_find(const struct view *v, struct bytes name, struct saved_prediction *out_prediction);
bool prediction_next(const struct view *v, struct bytes after,
                     struct saved_prediction *out_prediction); /* in order of name; start with none */
struct bytes prediction_model(const struct view *v,
                              struct bytes name); /* prediction_pack's bytes (lib/predict.h); none: it isn't fitted */
struct bytes prediction_card(const struct view *v,
                             struct bytes name); /* what `predict` answered, a JSON object; none: the same */

enum {
    COMMAND_PREDICTION =
        0x1301, /* prediction_said_pack. What says what it said stays as it is, with its revision and its model */
    COMMAND_PREDICTION_REMOVE = 0x1302, /* the name */
    COMMAND_PREDICTION_FITTED = 0x1303, /* prediction_fitted_pack. Refused where the question has changed meanwhile */
    COMMAND_PREDICTION_SCORED = 0x1304, /* prediction_scored_pack; it isn't wanted any more */
    COMMAND_PREDICTION_FAILED =
        0x1305, /* prediction_failed_pack: a run by schedule failed, and is tried again within PREDICTION_RETRY_US */
};
#define PREDICTION_FITTED_BYTES_MAX (PREDICTION_CARD_BYTES_MAX + PREDICTION_MODEL_BYTES_MAX + 1024u)
void prediction_said_pack(struct buf *b, const struct saved_prediction *p);
void prediction_fitted_pack(struct buf *b, struct bytes name, uint64_t revision, struct bytes card, struct bytes model);
void prediction_scored_pack(struct buf *b, struct bytes name, int64_t fitted_us, const struct prediction_run *run);
void prediction_failed_pack(struct buf *b, struct bytes name, struct bytes why); /* cut where it is too long */
