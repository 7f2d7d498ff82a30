/* Log time out of two clocks. It never goes back. When the wall clock jumps by more than `jump_us` against the monotonic
 * one, time is held: a wrong clock must not fire a year of timers. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct log_clock {
    int64_t wall_us, monotonic_us; /* at the last reading that was believed */
    int64_t jump_us;
    bool held;
};

/* `wall_us` is believed as it is: at a start there is nothing to compare it with but the log's last time. */
void log_clock_init(struct log_clock *c, int64_t wall_us, int64_t monotonic_us, int64_t jump_us);
/* Returns the time to use; `c->held` tells whether commands must wait. A clock that comes back frees it by itself. */
int64_t log_clock_read(struct log_clock *c, int64_t wall_us, int64_t monotonic_us);
void log_clock_confirm(struct log_clock *c, int64_t wall_us, int64_t monotonic_us); /* somebody says that it is right */
