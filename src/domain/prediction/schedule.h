/* When predictions are due: every day, week or month at a time that the clocks of the workspace's zone show. */
#pragma once

#include "lib/civil.h"

enum prediction_every { PREDICTION_NEVER, PREDICTION_DAY, PREDICTION_WEEK, PREDICTION_MONTH, PREDICTION_EVERY_COUNT };
extern const char *const prediction_every_names[PREDICTION_EVERY_COUNT]; /* "", "day", "week", "month" */

#define PREDICTION_MONTH_DAY_MAX 28u /* every month has it */
struct prediction_schedule {
    enum prediction_every every;
    uint32_t minute; /* of the day, 0 to 1439 */
    uint32_t on;     /* of a week 1, Monday, to 7; of a month its day, 1 to PREDICTION_MONTH_DAY_MAX; else 0 */
};
/* INVALID: which member is wrong, and what it may be. */
fallible prediction_schedule_check(const struct prediction_schedule *s, struct err *e);
/* The first time behind `after_us`; INT64_MAX: by no schedule. Of a time that clocks show twice the first; one that they leap over counts on from before. */
int64_t prediction_schedule_next_us(const struct prediction_schedule *s, const struct civil *civil, int64_t after_us);
