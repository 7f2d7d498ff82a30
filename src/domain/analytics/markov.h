/* Attribution by a Markov chain: what a channel is worth is what would be lost if every path that comes through it ended there.
 *
 * A state is the last `order` channels that were met; each path adds what it weighs to its transitions. The chain is solved exactly
 * (Gauss-Seidel), or walked at random with a seed, as a check. docs/guide/analytics.md. */
#pragma once

#include "domain/analytics/attribution_paths.h"
#include "lib/effort.h"

#define MARKOV_ORDER_MAX 4u
#define MARKOV_STATES_MAX 100000u
#define MARKOV_CHANNELS_MAX 65534u

struct markov_ask {
    unsigned order;       /* 1 .. MARKOV_ORDER_MAX */
    bool conversions_only; /* a path weighs its conversions; else also the times that it led to none */
    uint64_t draws;       /* 0: solved exactly; else that many walks */
    uint64_t seed;        /* of the walks */
};

struct markov_answer {
    bool is_too_large;  /* more than MARKOV_STATES_MAX states: nothing else is filled in */
    uint32_t states;
    double probability; /* that a path ends in a conversion */
    double *removal;    /* by channel: the share of conversions that would be lost without it */
    double *removal_value; /* the same of value */
    struct credit *credits; /* by channel; they sum to the table's conversions and value */
};

/* What the answer has is the arena's. Costs some tens of passes over the distinct transitions for each channel. CANCELLED, LIMIT: the effort's. */
fallible markov_solve(struct arena *arena, const struct touch_table *table, const struct markov_ask *ask, struct effort *effort,
                      struct markov_answer *out_answer, struct err *e);
