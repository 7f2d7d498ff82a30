/* How sets of people overlap: how many are in just these of them and in no other, for each combination that anybody is in. Pure; any thread, over sets that don't
 * change meanwhile. */
#pragma once

#include "lib/bitmap.h"

#define OVERLAP_SETS_MAX 20u

struct overlap;
/* Of 1 to OVERLAP_SETS_MAX sets; nobody was counted yet. Takes 256 KiB, and 8 bytes for each combination that there could be: 8 MiB of 20 sets. Aborts when the
 * system has no memory. */
struct overlap *overlap_create(uint32_t set_count);
void overlap_destroy(struct overlap *o); /* NULL is fine */

/* Counts the members of these sets that have this key (lib/bitmap.h); each key once. O(their members, and 65,536). */
void overlap_add(struct overlap *o, const struct bitmap *const *sets, uint32_t key);
/* The least key at or above *key that any of them has members of; false: none has. */
bool overlap_next(const struct bitmap *const *sets, uint32_t set_count, uint32_t *key);

/* A combination has a bit for each set: 1 << i. */
uint64_t overlap_of(const struct overlap *o, uint32_t combination); /* in these, and in no other */
/* out_counts[i * set_count + j]: in both i and j; of i and i how many are in i. O(combinations x sets^2) at worst. */
void overlap_pairs(const struct overlap *o, uint64_t *out_counts);
uint64_t overlap_any(const struct overlap *o); /* in one at least */
/* The combinations that most are in, more first, at most `max`: returns how many. None is of no set or of nobody. */
size_t overlap_top(const struct overlap *o, uint32_t *out_combinations, size_t max);
