#include "engine/log_clock.h"

void log_clock_init(struct log_clock *c, int64_t wall_us, int64_t monotonic_us, int64_t jump_us)
{
    *c = (struct log_clock){.wall_us = wall_us, .monotonic_us = monotonic_us, .jump_us = jump_us};
}

int64_t log_clock_read(struct log_clock *c, int64_t wall_us, int64_t monotonic_us)
{
    int64_t expected_us = c->wall_us + (monotonic_us - c->monotonic_us);
    int64_t off_us = wall_us - expected_us;
    c->held = off_us > c->jump_us || off_us < -c->jump_us;
    if (c->held)
        return expected_us;
    c->wall_us = wall_us; /* small corrections are followed, so that they never add up to a jump */
    c->monotonic_us = monotonic_us;
    return wall_us;
}

void log_clock_confirm(struct log_clock *c, int64_t wall_us, int64_t monotonic_us)
{
    log_clock_init(c, wall_us, monotonic_us, c->jump_us);
}
