/* How a tag or segment grows: day by day of the workspace, how many people it has when the day begins, and how many came, left or got another value, and why.
 *
 * Who moved is counted in the step that says so, so it is exact under replay, and adds up to what the facts say. Sizes are counted by a job that begins with the day, a
 * few definitions a step: so each is of within the day's first seconds. Of a tag with values, who has one until this very midnight is
 * counted where the job that looks at whoever turns has not come by yet. Both are kept for GROWTH_DAYS_MAX days. A day on which nobody moved takes some 16 bytes.
 *
 * Somebody unknown of whom a condition holds (`not did(order_paid)`) is in it without coming: sizes tell of that, moves don't. */
#pragma once

#include "engine/step.h"

#define GROWTH_DAYS_MAX 400

enum growth_move { GROWTH_ENTERED, GROWTH_LEFT, GROWTH_CHANGED, GROWTH_MOVES };
#define GROWTH_BY_TIME ((uint32_t)CAUSE_COUNT) /* nobody did anything, time did */
#define GROWTH_CAUSES (CAUSE_COUNT + 1u)
const char *growth_cause_name(uint32_t cause); /* "live", …, "time" */

struct growth_day {
    int32_t day; /* since 1970-01-01, in the workspace's zone */
    bool has_size;
    uint64_t size;
    uint64_t moves[GROWTH_MOVES][GROWTH_CAUSES];
};
/* The first day at or after `from` of which anything is kept; false: there is none. */
bool growth_next(const struct view *v, uint32_t number, int32_t from, struct growth_day *out_day);
