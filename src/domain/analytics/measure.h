/* Private to analytics: a number or a condition about one subject's events as of an instant, in the expression language: what a prediction knows of people, and
 * what it is to foretell. docs/guide/predictions.md says which part of the language it is.
 *
 *   count(product_viewed where channel = 'app' in last 30 days)       days_since(last(order_paid).time)
 *   sum(order_paid.amount in last 90 days) / count(order_paid in last 90 days)      not did(order_paid)
 *
 * Unknown (no value, a quotient by zero) is NAN, and stays so through comparisons, not, and, or, as rules have it. A condition is 1 or 0. */
#pragma once

#include "domain/analytics/question.h"

/* Which events a measure is of: what was before the instant, by windows that end there; or what comes from it on, without windows. */
enum measure_side { MEASURE_BEFORE, MEASURE_AFTER };

struct measure;

/* Several measures of one question share picks and lanes that say the same. Zeroed, with `asked`, to begin with. */
struct measure_reader {
    struct asked *asked;
    uint32_t pick_count, lane_count; /* that measures made: */
    struct {
        struct bytes text;
        uint32_t number;
    } picks[PICKS_MAX], lanes[LANES_MAX];
    /* Whether a property may be looked at, by the name that it is written with; says why not. NULL: all may. */
    fallible (*may)(void *context, struct bytes property, struct err *e);
    void *context;
};
/* A term, or a condition: of a text of the question's body, which is borrowed. INVALID, LIMIT: with the place in the body and in the text. */
fallible measure_read(struct measure_reader *r, struct json from, enum measure_side side, const struct measure **out,
                      struct err *e);
bool measure_is_condition(const struct measure *m);
/* "order_paid.amount": the events of the longest name that there is, none of any event, and what of them is behind the dot, if anything. false: there is no such
 * event. Borrows the name. */
struct measure_source {
    uint16_t events[2]; /* EVENTS_A_NAME_MAX */
    uint32_t count;
    struct bytes path;
    const char *label_zh;
};
bool measure_source_find(const struct question *q, struct bytes name, struct measure_source *out);

/* When it is asked: what is before `at_us`, and what is from there until `until_us`. */
struct measure_time {
    int64_t at_us, until_us;
    const struct civil *civil;
};
/* `s` NULL: somebody without any event. Costs, for each aggregate, the events of its window. */
double measure_value(const struct measure *m, const struct measure_time *when, const struct sequence *s);
