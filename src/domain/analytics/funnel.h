/* What a funnel is, and its attempts. Private to analytics: funnel_read.c reads it, funnel_attempt.c follows one entry, funnel_walk.c finds the outcomes
 * of a subject, funnel.c counts them, funnel_print.c answers. Semantics: docs/guide/analytics.md. */
#pragma once

#include "domain/analytics/breakdown.h"
#include "domain/analytics/edges.h"
#include "domain/analytics/samples.h"

#define FUNNEL_STEPS_MAX 20u
#define FUNNEL_HOLDS_MAX 3u
#define FUNNEL_EXCLUSIONS_MAX 8u
#define FUNNEL_HELD_MAX (FUNNEL_HOLDS_MAX + FACET_VALUES_MAX)

enum funnel_order { FUNNEL_ORDERED, FUNNEL_STRICT, FUNNEL_ANY, FUNNEL_ORDER_COUNT };
enum funnel_entry { FUNNEL_BEST, FUNNEL_FIRST, FUNNEL_ENTRY_COUNT };
enum funnel_count { FUNNEL_UNIQUES, FUNNEL_TOTALS, FUNNEL_BY_SESSION, FUNNEL_COUNT_COUNT };
enum funnel_within { FUNNEL_SPAN, FUNNEL_SAME_DAY, FUNNEL_SESSIONS, FUNNEL_WITHIN_COUNT };
/* Which event's values a subject counts under. */
enum funnel_at { FUNNEL_AT_FIRST, FUNNEL_AT_LAST, FUNNEL_AT_ALL, FUNNEL_AT_STEP };

/* Steps are the picks 0 .. step_count - 1 of the plan. Depth d: so many steps are filled, and step d is awaited. */
struct funnel {
    uint32_t step_count, step_mask;
    enum funnel_order order;
    enum funnel_entry entry;
    enum funnel_count count;
    enum funnel_within within;
    int64_t window_us;      /* FUNNEL_SPAN */
    int64_t session_count;  /* FUNNEL_SESSIONS */
    int64_t session_gap_us; /* a longer one ends a session */
    int64_t closed_us;      /* entries before it have seen the end of their window; not of sessions */
    bool strict_increase, exclude_person, leaves_open_out;
    bool is_free;                          /* in order, within a span, and nothing else ends an attempt */
    int64_t grace_us;                      /* 0: the total order holds */
    uint32_t entry_mask;                   /* an entry matches all of these picks; of FUNNEL_ANY any step beside */
    uint32_t kills[FUNNEL_STEPS_MAX];      /* by depth: picks that end an attempt */
    uint32_t exclusions[FUNNEL_STEPS_MAX]; /* by depth: those of them that are exclusions */
    uint32_t held_count;
    uint32_t held[FUNNEL_HELD_MAX]; /* lanes whose value every step has to share with its entry */
    struct breakdown breakdown;
    enum funnel_at breakdown_at;
    uint32_t breakdown_step; /* FUNNEL_AT_STEP, from 0 */
    bool has_units;          /* outcomes are counted by the unit of their entry */
    struct units units;
    struct edges edges;
};

/* How far an entry got. */
struct funnel_path {
    uint32_t depth;
    uint32_t events[FUNNEL_STEPS_MAX]; /* the moment that filled each step, in the order in which they were filled */
    uint32_t next;                     /* of totals: the first moment that may begin the next attempt */
    bool is_excluded;                  /* an exclusion ended it */
};

/* Attempts of a part of a sequence: all of it, or a session. */
struct funnel_part {
    const struct question *q;
    const struct funnel *f;
    const struct sequence *s;
    uint32_t from, until; /* moments */
    bool is_session;      /* it is its own window */
    int64_t closed_us;    /* entries from it on may still get further */
    int64_t entries_until_us;
};

bool funnel_is_entry(const struct funnel_part *p, uint32_t at);
/* Follows one entry. Allocates nothing. */
void funnel_attempt(const struct funnel_part *p, uint32_t entry, struct funnel_path *out_path);
/* The last instant of the window of an entry at `us`; not of sessions. */
int64_t funnel_window_end_us(const struct funnel_part *p, int64_t us);

/* What came of a subject: a path for each that is to be counted, none for who never entered. */
struct funnel_visit {
    void (*path)(struct funnel_visit *v, const struct funnel_part *p, const struct funnel_path *path);
};
int64_t funnel_closed_us(const struct question *q, const struct funnel *f); /* funnel.closed_us, of spans and days */
void funnel_walk(const struct question *q, const struct sequence *s, struct funnel_visit *v);

/* What is counted of a facet and unit. */
struct funnel_step {
    uint64_t reached;
    struct samples since_before_us;
};

struct funnel_group {
    uint64_t open;           /* those that may still get further */
    struct samples whole_us; /* of those that converted */
    struct funnel_step steps[];
};
extern const struct group_rules funnel_rules;

struct funnel_tally {
    struct arena *arena;
    struct groups groups;
    struct funnel_group *only; /* of all; NULL: by facet or unit */
};
/* Adds a path of the group: `times_us` of what filled each of its steps. */
void funnel_path_add(const struct funnel *f, struct funnel_tally *t, struct funnel_group *g, const int64_t *times_us, uint32_t depth, int64_t closed_us);

fallible funnel_read(struct asked *a, struct err *e);
void funnel_print(const struct question *q, const struct texts *texts, struct groups *groups, struct json_writer *w);
