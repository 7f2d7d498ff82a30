/* What a retention question is, and its members. Private to analytics: retention.c reads and counts, retention_walk.c finds the members of cohorts and
 * when they came back, retention_print.c answers. Semantics: docs/guide/analytics.md. */
#pragma once

#include "domain/analytics/breakdown.h"
#include "domain/analytics/edges.h"
#include "domain/analytics/quantity.h"

#define RETENTION_PERIODS_MAX 400u /* behind that of the birth */
#define RETENTION_BRACKETS_MAX 32u
#define RETENTION_CELLS_MAX 200000u
#define SEEN_WORDS ((RETENTION_PERIODS_MAX + 2 + 63) / 64)

enum retention_mode { RETENTION_ON, RETENTION_ON_OR_AFTER, RETENTION_BRACKET, RETENTION_ON_OR_BEFORE, RETENTION_STREAK, RETENTION_MODE_COUNT };
enum retention_clock { RETENTION_CALENDAR, RETENTION_ROLLING, RETENTION_ROLLING_HOURS, RETENTION_CLOCK_COUNT };

struct bracket {
    uint32_t first, last; /* periods */
};

struct retention {
    uint32_t start, back; /* picks: of the event that begins, of that which is a return */
    enum retention_mode mode;
    enum retention_clock clock;
    bool is_recurring; /* else whoever starts for the first time ever */
    bool is_simple_average, is_from_previous;
    uint32_t period_max; /* periods 0 .. period_max are told; what is behind counts as the next one */
    uint32_t bracket_count;
    struct bracket brackets[RETENTION_BRACKETS_MAX];
    uint32_t cell_count; /* of a cohort, as they are told */
    struct units units;  /* of cohorts */
    struct edges edges;  /* of them and of the periods behind */
    int64_t unit_us;     /* of rolling periods */
    struct breakdown breakdown;
    bool has_value;
    uint32_t value; /* lane */
};

/* What is counted of a cohort, as members come: by period or bracket. retention_print.c sums up. */
struct retention_cell {
    uint64_t count;
    struct quantity_sum sum;
};
struct cohort {
    uint64_t size;
    int64_t last_birth_us;
    struct retention_cell cells[]; /* retention_slots of them */
};

struct retention_tally {
    struct arena *arena;
    struct groups cohorts;    /* by facet and unit */
    struct cohort **by_place; /* without a breakdown: those that there are; else NULL */
};

static inline uint32_t retention_slots(const struct retention *r)
{
    return r->period_max + 2 > r->cell_count ? r->period_max + 2 : r->cell_count;
}

/* Somebody in a cohort. */
struct cohort_member {
    uint32_t birth; /* the moment that made them one */
    uint32_t place; /* of the cohort among the units */
    struct facet facet;
    uint64_t seen[SEEN_WORDS]; /* bit k: they came back in period k; bit period_max + 1: later */
};

struct cohort *retention_cohort(struct retention_tally *t, const struct cohort_member *m); /* the member's, made if need be */

static inline bool member_was_back(const struct cohort_member *m, uint32_t period)
{
    return (m->seen[period / 64] >> (period % 64) & 1) != 0;
}

/* Each cohort that the subject is in, with its returns. */
struct retention_visit {
    void (*member)(struct retention_visit *v, const struct sequence *s, const struct cohort_member *m);
};
void retention_walk(const struct question *q, const struct sequence *s, struct retention_visit *v);
/* The period of a moment from the birth on, period_max + 1 for later ones; false: it is no return of the member. */
bool retention_return(const struct question *q, const struct sequence *s, const struct cohort_member *m, uint32_t at, uint32_t *out_period);

void retention_print(const struct question *q, const struct texts *texts, struct groups *cohorts, struct json_writer *w);
extern const struct group_rules retention_rules; /* of cohorts */

/* What is told in a column of a cohort: "3", or "1-3" of a bracket. */
#define PERIOD_TEXT_BYTES 24u
void retention_period_print(const struct retention *r, uint32_t cell, char out_text[PERIOD_TEXT_BYTES]);
