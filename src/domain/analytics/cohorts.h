/* Cohorts: people by the day, week or month in which they did something first, and what each cohort did in the periods from then on. Private to
 * analytics: `cohort` shows it period by period, `ltv` sums it up. */
#pragma once

#include "domain/analytics/breakdown.h"
#include "domain/analytics/units.h"
#include "domain/analytics/worth.h"

#define PERIODS_INITIALLY 12
#define PERIODS_MAX 400
#define COHORT_CELLS_MAX (1u << 20)

struct cohorts {
    struct units units;    /* of births */
    bool is_rolling;       /* periods are spans since a person's own birth, not units of the calendar */
    int64_t span_us;       /* of a rolling one */
    uint32_t period_count;
    uint32_t birth;        /* picks: whose first one is the birth; */
    uint32_t activity;     /* and what counts afterwards */
    struct worth worth;
    struct breakdown breakdown; /* by values of the birth */
};

struct cohort_cell {
    uint64_t people, events;
    struct quantity_sum worth;
};

struct cohort {
    uint64_t size;
    int64_t last_birth_us;
    uint32_t begun, ended;     /* periods that have begun for somebody, and those that are over for everybody; of cohorts_close */
    struct cohort_cell cells[]; /* by period */
};

struct cohorts_tally {
    struct groups cohorts; /* by facet and unit; without a breakdown all units are there */
};

#define COHORT_MEMBERS                                                                                                                                 \
    {"unit", "day, week, month (default), quarter or year: of cohorts and of periods", "day、week、month(默认)、quarter 或 year:分群与周期的单位"},         \
        {"periods", "how many: 12 (default)", "周期数:12(默认)"},                                                                                       \
        {"count_periods", "calendar (default), or rolling: 24 hours, 7 days or 30 days since the first event",                                         \
         "calendar(默认)按自然周期;rolling 自首次事件起每 24 小时、7 天或 30 天"},                                                                     \
        BREAKDOWN_MEMBERS

/* What follows is of a kind whose own begins with its struct cohorts.
 * The members above; the picks are the kind's. Says in the plan what has to be read. LIMIT. */
fallible asked_cohorts(struct asked *a, struct cohorts *io_cohorts, struct err *e);

void *cohorts_tally(const struct cohorts *c, struct arena *arena);
void cohorts_take(const struct question *q, const struct cohorts *c, struct cohorts_tally *tally, const struct sequence *s);
void cohorts_join(const struct question *q, void *into, void *from);

/* The place of a person's cohort, and the moment of the birth; false: it is none of these. */
bool cohort_of(const struct question *q, const struct cohorts *c, const struct sequence *s, uint32_t *out_cohort, uint32_t *out_birth);
/* The period of a moment, of who was born at `birth`. */
int64_t cohort_period(const struct question *q, const struct cohorts *c, int64_t birth_us, int64_t us);
/* What a cell of the answer speaks of: {"cohort": "2026-03", "period": 2, "value": "web"}. */
struct cohort_cell_asked {
    uint32_t cohort, period;
    struct facet_cell facets;
};
fallible cohort_cell_read(struct question *q, struct json cell, void **out_cell, struct err *e);
bool cohort_has(const struct question *q, const struct cohort_cell_asked *cell, const struct texts *texts, const struct sequence *s, uint32_t *out_birth);

/* The cohorts of an answer, when all is taken and joined. */
void cohorts_show(const struct question *q, const struct texts *texts, struct cohorts_tally *tally, struct shown_groups *out);
/* Columns: the values of the breakdown, "cohort", "size", "complete_periods", then one a period, of this kind of values. */
void cohorts_columns(const struct question *q, const char *kind, struct json_writer *w);
/* Those of a row before its periods. */
void cohort_row_begin(const struct question *q, const struct texts *texts, const struct shown_group *shown, struct json_writer *w);
/* What is told of several cohorts together: a member "average", which `put` writes; of a breakdown "averages": [{"of": [values], "average": …}]. */
typedef void (*cohorts_sum_put)(const struct question *q, const struct shown_group *list, uint32_t count, struct json_writer *w);
void cohorts_sums(const struct question *q, const struct texts *texts, const struct shown_groups *shown, const char *name, cohorts_sum_put put,
                  struct json_writer *w);
