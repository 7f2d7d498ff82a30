/* Private to analytics: what RFM knows of each person, and how it is scored among all. */
#pragma once

#include "base/arena.h"
#include "lib/effort.h"
#include "lib/json.h"

#define RFM_SCORES 5u

enum rfm_measure { RFM_RECENCY, RFM_FREQUENCY, RFM_MONEY, RFM_MEASURES };
enum rfm_scoring {
    RFM_NTILE, /* fifths of equal size, in the order of (value, person): the first (n mod 5) have one more */
    RFM_CUT,   /* by the type-7 quantiles .2 .4 .6 .8 of the values: equal values have equal scores, sizes differ */
    RFM_SCORINGS,
};

struct rfm_person {
    uint32_t person;
    int32_t days;    /* from the date of the last purchase to the reference date */
    uint32_t orders;
    int64_t micro;   /* millionths, kept within RFM_MICRO_MAX */
};
#define RFM_MICRO_MAX INT64_C(400000000000000000) /* so that five differences fit in 64 bits */

/* People as they come: 31 bytes each, scores included. */
#define RFM_LOT 8192u
struct rfm_lot {
    struct rfm_lot *next;
    uint32_t count;
    uint32_t people[RFM_LOT];
    int64_t values[RFM_MEASURES][RFM_LOT];
    uint8_t scores[RFM_MEASURES][RFM_LOT]; /* 1 .. 5, of which 5 is the best; of rfm_score */
};
struct rfm_people {
    struct arena *arena;
    struct rfm_lot *newest; /* the only one that isn't full, before others are joined */
    size_t count, lot_count;
};
void rfm_add(struct rfm_people *p, const struct rfm_person *person);
void rfm_people_join(struct rfm_people *into, const struct rfm_people *from); /* lots are shared: `from` is not used any more */

/* Where one score ends and the next begins, in the order of the values (days ascend), in fifths of a unit. NTILE: the least value of the 2nd .. 5th fifth,
 * of few people fewer; CUT: the quantiles. */
struct rfm_cuts {
    uint32_t count;
    int64_t fifths[RFM_MEASURES][RFM_SCORES - 1];
};
/* Fills in the scores; linear: for two million people some ten milliseconds a measure. CANCELLED, LIMIT: the effort's. */
fallible rfm_score(struct rfm_people *p, enum rfm_scoring scoring, struct effort *effort, struct rfm_cuts *out_cuts, struct err *e);

/* Named groups by the scores of recency and frequency. */
struct rfm_segment {
    const char *name, *title, *title_zh;
};
#define RFM_SEGMENTS 10u
extern const struct rfm_segment rfm_segments[RFM_SEGMENTS];
uint32_t rfm_segment_of(uint8_t recency, uint8_t frequency);
