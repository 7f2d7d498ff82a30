/* The question of attribution, between what counts paths (attribution.c), what models make of them (attribution_conclude.c) and what is told
 * (attribution_print.c). Private to analytics. */
#pragma once

#include "domain/analytics/attribution_paths.h"
#include "domain/analytics/attribution_walk.h"
#include "domain/analytics/breakdown.h"
#include "domain/analytics/markov.h"
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
    struct breakdown breakdown; /* by values of the conversion */
};

/* What time decay gives a channel, in parts of DECAY_UNIT: whole numbers, so that threads may add up in any order. */
#define DECAY_UNIT (INT64_C(1) << 40)
__extension__ typedef __int128 wide;
struct decay {
    wide conversions;
    wide value;
};

/* Conversions of one facet: what each is attributed by itself from. */
struct attribution_part {
    uint64_t conversions;      /* with a touch or without */
    struct touch_paths *paths; /* NULL: there was none yet, and no decay either */
    struct groups decays;      /* by code; own: struct decay */
};

struct attribution_sums {
    uint64_t conversions, untouched; /* that were counted, and those of them without a touch */
    int64_t value, untouched_value;
    uint64_t without_value, nulls, open, cut;
};

struct attribution_tally {
    const struct question *question;
    const struct sequence *sequence; /* that is being walked */
    struct arena *arena;
    struct touch_walk walk;
    struct groups parts;             /* by facet; own: struct attribution_part */
    struct touch_paths *nulls;       /* paths that led to no conversion */
    uint32_t *channels;              /* of one path: touches_max */
    double *weights;
    struct attribution_sums sums;
    const struct attribution_findings *findings; /* NULL until it is concluded */
};
/* The part of a facet, made if need be. */
struct attribution_part *attribution_part_take(struct attribution_tally *tally, struct facet facet);
/* The rules of its parts, for breakdown.h. */
extern const struct group_rules attribution_parts;

/* --- concluded --- */

/* Of one facet and channel. */
struct channel_found {
    uint64_t touches;   /* in all paths, those without a conversion too */
    uint64_t converted; /* conversions whose path has it */
};

/* Whole millionths of conversions and minor units of value, by channel; NULL: not asked for, or the model could not tell. */
struct dealt {
    int64_t *conversions, *value;
};

struct facet_found {
    const struct shown_group *group;
    const struct channel_found *channels;
    struct dealt dealt[MODEL_COUNT];
    /* Only where nothing is broken down; then there is one facet: */
    struct touch_table table;
    struct markov_answer markov;
};

#define CREDIT_DECIMALS 6u /* conversions are given in millionths, which sum to the whole */

struct attribution_findings {
    const struct bytes *names; /* of the channels, by number */
    uint32_t channel_count, facet_count;
    struct shown_groups shown;
    struct facet_found *facets;
};
fallible attribution_conclude(const struct question *q, const struct texts *texts, void *tally, struct effort *effort, struct err *e);

void attribution_print(const struct question *q, const struct texts *texts, void *tally, struct json_writer *w);
