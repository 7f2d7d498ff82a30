/* Paths of touches, added up: what attribution is computed from, whichever rule shares the conversions out.
 *
 * A path is the channels that were met before a conversion, in their order, repeats and all; or those that led to none. Equal paths are one row with
 * counts, so a question about millions of people becomes some thousands of rows. */
#pragma once

#include "base/arena.h"

struct touch_path {
    const uint32_t *channels; /* at least one */
    uint32_t count;
    uint64_t conversions;
    uint64_t nulls; /* times that this path ended without a conversion */
    int64_t value;  /* of all its conversions, in minor units; refunds may make it negative */
};

struct touch_paths;
struct touch_paths *touch_paths_create(struct arena *arena); /* all memory is the arena's, which outlives it */
/* Adds its counts and value to the row of the same channels; copies them when there is none. Some 20 ns, and 2 ns a touch. */
void touch_paths_add(struct touch_paths *p, const struct touch_path *path);
void touch_paths_join(struct touch_paths *p, const struct touch_paths *more); /* adds all rows of it; NULL: none */
size_t touch_paths_count(const struct touch_paths *p);
const struct touch_path *touch_paths_at(const struct touch_paths *p, size_t i); /* in the order in which they came first */

/* The same as a model reads it: channels are 0 .. channel_count - 1, rows are in an order that depends on nothing but them, so that sums of
 * fractions come out the same however the rows were gathered. */
struct touch_table {
    const struct touch_path *paths;
    size_t count;
    uint32_t channel_count;
    uint64_t conversions, nulls; /* sums over the paths */
    int64_t value;
};
/* `numbers` has the number of each channel's code: codes ascend. Paths that become equal, because several codes have one number, are one row. */
struct channel_number {
    uint32_t code, number;
};
struct touch_table touch_table_make(struct arena *arena, const struct touch_paths *paths, const struct channel_number *numbers, size_t number_count,
                                    uint32_t channel_count);
uint32_t channel_number_of(const struct channel_number *numbers, size_t count, uint32_t code); /* asserts that it is there */

/* What a channel is given of all conversions and of their value (in minor units, with fractions). */
struct credit {
    double conversions;
    double value;
};

/* Rules that look at the path alone. */
enum path_rule { RULE_FIRST, RULE_LAST, RULE_LAST_NON_DIRECT, RULE_LINEAR, RULE_POSITION, PATH_RULE_COUNT };
#define CHANNEL_NONE UINT32_MAX
/* `direct`: the channel that RULE_LAST_NON_DIRECT passes over as long as there is another; CHANNEL_NONE: no such. Fills channel_count entries. */
void path_rule_credit(const struct touch_table *table, enum path_rule rule, uint32_t direct, struct credit *out_credits);
