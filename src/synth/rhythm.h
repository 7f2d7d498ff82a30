/* When people act: a day and a night, weekends, and a shopping festival, as one cumulative curve over the span.
 * A unit is an hour of the quietest kind; people draw gaps in units, and the curve turns units into time. */
#pragma once

#include <stdint.h>

#include "base/rng.h"
#include "base/status.h"

#define ZONE_SECONDS (8 * 3600) /* Asia/Shanghai, which has no summer time */

struct rhythm {
    int64_t start_us;
    uint32_t hours;
    uint64_t *cumulative; /* [hours + 1]: units before the hour begins */
    double units_per_day; /* on the average of the span */
};

/* `start_us` is any time; the span is whole hours from it. FULL: no memory. */
fallible synth_rhythm_init(struct rhythm *r, int64_t start_us, uint32_t days, struct err *e);
void synth_rhythm_fini(struct rhythm *r);

/* The time that lies `units` after `from_us`; INT64_MAX when that is beyond the span. O(log hours). */
int64_t synth_rhythm_after(const struct rhythm *r, int64_t from_us, double units);

/* Exponential with mean 1. Without logarithms, so that every machine draws the same. */
double synth_exponential(struct rng *rng);
