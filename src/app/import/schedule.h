/* Work that comes again: every so long, or at times of the day, until the process is told to stop. */
#pragma once

#include "base/bytes.h"

#define SCHEDULE_TIMES_MAX 24u

struct schedule {
    int64_t every_us;             /* 0: at the times of the day */
    int minutes[SCHEDULE_TIMES_MAX]; /* of the day, on the clock of this machine's zone */
    size_t count;
};

/* "90" (seconds), "30s", "10m", "2h", "1d". INVALID: anything else, nothing, or more than a year. */
fallible duration_parse(const char *text, int64_t *out_us, struct err *e);

/* `every`: a duration; `at`: "02:30", or several with commas between; NULL: not said. INVALID: faulty, or both said. Neither: *out is unchanged. */
fallible schedule_parse(const char *every, const char *at, struct schedule *out, struct err *e);

/* The first moment behind `now_us` at which it is due; of a time that a clock shows twice one, of one that it leaps over about then. */
int64_t schedule_next_us(const struct schedule *s, int64_t now_us);

/* From now on SIGINT and SIGTERM end waiting, not the process. */
void stop_begin(void);
bool stop_wanted(void);
/* Waits for the moment (of the wall clock, which may be set meanwhile). False: told to stop. */
bool wait_until(int64_t until_us);
/* Waits for the next turn; what comes every so long begins with one at once. False: told to stop. */
bool schedule_wait(const struct schedule *s, uint64_t turns_done);
