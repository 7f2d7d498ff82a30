/* What a trend is, and its cells. Private to analytics: trend.c reads and counts, trend_print.c answers. Semantics: docs/guide/analytics.md. */
#pragma once

#include "domain/analytics/breakdown.h"
#include "domain/analytics/edges.h"
#include "domain/analytics/formula.h"
#include "domain/analytics/quantity.h"
#include "domain/analytics/samples.h"

#define TREND_SERIES_MAX FORMULA_SERIES_MAX

enum measure {
    MEASURE_COUNT,
    MEASURE_UNIQUES,
    MEASURE_SUM,
    MEASURE_AVERAGE,
    MEASURE_LEAST,
    MEASURE_MOST,
    MEASURE_PERCENTILE,
    MEASURE_ACTIVE,
    MEASURE_WAYS
};
static inline bool trend_needs_value(enum measure m)
{
    return m >= MEASURE_SUM && m <= MEASURE_PERCENTILE;
}

struct trend_series {
    uint32_t pick;
    enum measure measure;
    uint32_t value;    /* lane, of what needs one */
    double percentile; /* 0 .. 1 */
    int64_t days;      /* of MEASURE_ACTIVE: trailing, the day itself included */
};

struct trend {
    uint32_t series_count;
    struct trend_series series[TREND_SERIES_MAX];
    struct units units; /* of the answer */
    uint32_t before;    /* as many in front of them, to compare with; 0: none */
    struct edges edges; /* of both: places count from the first one before */
    int64_t before_from_us, before_until_us;
    bool is_cumulative;
    struct breakdown breakdown;
    struct formula formula;
    const char *formula_title;
};

/* Places behind all units: what is counted over the range, and over the one before. */
static inline uint32_t trend_total_place(const struct trend *r)
{
    return r->edges.count;
}

struct trend_cell {
    uint32_t seen_by; /* the last subject, by its number in this tally */
    uint64_t count;   /* of events, or of those that have a value */
    int64_t uniques;  /* of subjects; of MEASURE_ACTIVE: how many more than on the day before */
    int64_t last_day; /* of that subject; of MEASURE_ACTIVE in the total */
    union {
        struct quantity_sum sum;
        double extreme;
        struct samples samples;
    };
};
struct trend_group {
    bool is_total;             /* of the range: what facets weigh */
    struct trend_cell cells[]; /* one a series */
};

void trend_cell_join(const struct trend_series *s, struct trend_cell *into, struct trend_cell *from);
extern const struct group_rules trend_rules;
void trend_print(const struct question *q, const struct texts *texts, struct groups *groups, struct json_writer *w);
