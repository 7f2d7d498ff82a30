/* How long things last, when some haven't ended yet: Kaplan-Meier's curve, and the log-rank test of whether groups last equally long. Pure. Private to
 * analytics. */
#pragma once

#include "base/arena.h"

#define CURVE_REACH 1.959963984540054 /* standard errors of an interval of 95 % */

/* Of one group: how many lasted exactly `time` periods and ended then, and how many were last seen lasting that long. Those who end go first. */
struct lasted {
    uint32_t time;
    uint64_t ended, unseen;
};

struct curve_point {
    uint32_t time;
    uint64_t at_risk, ended, unseen;
    double share;     /* that lasts longer */
    double error;     /* Greenwood's */
    double low, high; /* of 95 %, on the log-log scale: within 0 .. 1, and none at the ends: equal to the share */
};

struct curve {
    uint32_t count;
    struct curve_point *points; /* one for each `lasted`, ascending */
    uint64_t subjects, ended;
    /* The first time at which half or fewer last, and the same of the interval's bounds; negative: it isn't reached. */
    int64_t median, median_low, median_high;
    double mean; /* time that lasts on average up to the last time seen: the area under the curve */
};

/* `lasted` ascends by time, no time twice; count > 0. */
void curve_make(const struct lasted *lasted, uint32_t count, struct arena *arena, struct curve *out);

/* All times at which anything of any group happened, one after the other, with how each group stands then. */
struct standing {
    uint32_t next; /* the group's first point that isn't before */
    double at_risk, ended;
};
struct times {
    const struct curve *curves;
    uint32_t count;
    int64_t time;         /* -1 before the first */
    struct standing *all; /* of each group */
};
void times_init(struct times *w, const struct curve *curves, uint32_t count, struct arena *arena);
bool times_next(struct times *w); /* false: no more */

struct log_rank {
    double chi_square;
    unsigned degrees; /* 0: there is nothing to compare */
    double p;
};
/* Costs times × groups²: for some tens of groups. */
void log_rank_test(const struct curve *curves, uint32_t count, struct arena *arena, struct log_rank *out);

/* How many times as likely as in the first group it is to end at any time, by Cox's model with Efron's ties. */
struct hazard {
    double ratio, low, high; /* with 95 %; NAN: not known, as of a group in which nothing ended; of the first group 1 */
};
/* Costs ended × groups² a step, some ten steps. */
void hazards_fit(const struct curve *curves, uint32_t count, struct arena *arena, struct hazard *out);

/* x of A x = b, for A symmetric, count × count, and not negative; where A doesn't tell an x it is 0. Both are overwritten; x comes in place of b. */
void symmetric_solve(double *io_a, double *io_b, uint32_t count);
