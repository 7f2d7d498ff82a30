/* Events offered to a running program at a fixed rate, over HTTP, and what their answers take: counted from the planned time, so that who waits in line
 * is not forgotten. For benchmarks that set something beside it. */
#pragma once

#include <stdatomic.h>

#include "bench/program.h"

#define OFFER_EVENTS_A_BATCH 50u
#define OFFER_CONNECTIONS 4u

struct offer {
    struct program *program;
    double rate;                 /* events a second */
    double seconds;              /* of a round */
    atomic_uint_fast64_t serial; /* of the next event */
};
/* Views, carts and orders of 200,000 people, as fast as one connection takes them; then until nothing follows any more. */
void offer_load(struct offer *o, uint64_t events);
/* One round: the answers' 99th percentile in ms. Adds to their count. */
double offer_p99(struct offer *o, size_t *io_answers);
