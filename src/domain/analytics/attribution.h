/* Private to analytics: what the question of attribution is (attribution.c), and what its answer is printed from (attribution_print.c). */
#pragma once

#include "domain/analytics/attribution_paths.h"
#include "domain/analytics/attribution_walk.h"
#include "domain/analytics/groups.h"
#include "domain/analytics/markov.h"
#include "domain/analytics/question.h"
#include "domain/analytics/shapley.h"

/* The first ones are enum path_rule. */
enum attribution_model { MODEL_TIME_DECAY = PATH_RULE_COUNT, MODEL_MARKOV, MODEL_SHAPLEY, MODEL_SHAPLEY_RATE, MODEL_COUNT };
struct attribution_model_row {
    const char *name, *title, *title_zh;
};
extern const struct attribution_model_row attribution_models[MODEL_COUNT];

struct attribution {
    struct touch_rule rule;
    bool has_value;
    uint32_t value_lane;
    int64_t decimals;
    struct bytes direct; /* empty: none is named */
    bool models[MODEL_COUNT];
    int64_t half_life_us;
    struct markov_ask markov;
    struct shapley_ask shapley;
    int64_t channels_max;
    bool leaves_open_out;
};

/* What time decay gives a channel, in parts of DECAY_UNIT: whole numbers, so that threads may add up in any order. */
#define DECAY_UNIT (INT64_C(1) << 40)
__extension__ typedef __int128 wide;
struct decay {
    wide conversions;
    wide value;
};

struct attribution_sums {
    uint64_t conversions, untouched; /* that were counted, and those of them without a touch */
    int64_t value, untouched_value;
    uint64_t without_value, duplicates, without_channel, open, cut;
};

struct attribution_tally {
    const struct question *question;
    const struct sequence *sequence; /* that is being walked */
    struct touch_walk walk;
    struct touch_paths *paths;
    struct groups decays;            /* by code; own: struct decay */
    uint32_t *channels;              /* of one path: touches_max */
    double *weights;
    struct attribution_sums sums;
};

void attribution_print(const struct question *q, const struct texts *texts, void *tally, struct json_writer *w);
