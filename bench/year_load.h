/* The rows of year.h through the engine's door: as batches of Segment's, day by day as they happened. */
#pragma once

#include "bench/world.h"
#include "bench/year.h"

struct year_loaded {
    uint64_t events;
    double seconds, cpu_seconds; /* until nothing was left to fold or merge, the making of batches included */
};
/* Sends all, and folds all. `year` is the caller's. */
struct year_loaded year_load(struct world *w, struct year *year, uint32_t people);
/* A batch of some rows, in place of what `out` has; their messages are numbered from `serial` on: those of year_load are below its count. */
void year_batch_write(struct buf *out, const struct year_event *events, uint64_t count, uint64_t serial);
