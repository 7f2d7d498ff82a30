/* Attribution by Shapley's value: what a channel adds, on average over all orders in which channels might have come. Order and repeats within a
 * path don't matter, only which channels it has. docs/guide/analytics.md. */
#pragma once

#include "domain/analytics/attribution_paths.h"
#include "lib/effort.h"

#define SHAPLEY_EXACT_MAX 20u /* channels over all whose subsets it is summed */
#define SHAPLEY_ORDERS_DEFAULT 2000u

/* What a set of channels is worth being the conversions of the paths within it: each path's are split equally over its channels. */
void shapley_equal_credit(struct arena *arena, const struct touch_table *table, struct credit *out_credits);

/* What it is worth being the conversions, and the value, per path within it: 0 where there is no such path. Channels that win less than the others
 * lose: credits may be negative. They are those of the rate, times the number of paths, so that they sum to the table's conversions and value. */
struct shapley_ask {
    uint32_t orders; /* to draw when there are more channels than SHAPLEY_EXACT_MAX */
    uint64_t seed;
};
/* Exact: 3 x 2^n numbers, n 2^n steps. Drawn: `orders` passes over the distinct sets. Memory is the arena's. CANCELLED, LIMIT: the effort's. */
fallible shapley_rate_credit(struct arena *arena, const struct touch_table *table, const struct shapley_ask *ask, struct effort *effort,
                             struct credit *out_credits, struct err *e);
static inline bool shapley_is_exact(uint32_t channel_count)
{
    return channel_count <= SHAPLEY_EXACT_MAX;
}
