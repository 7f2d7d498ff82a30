/* How well people were told apart, against a known truth: over pairs of identifiers, counted exactly by the sizes of
 * groups, never by sampling. */
#pragma once

#include "base/hash.h"

struct score_item {
    uint32_t truth;         /* whose it really is */
    uint32_t linked;        /* equal for those of a person that could be known to be one, app/demo/links.h */
    struct hash128 found;   /* whose it was found to be; zeroes: nobody's, so a group of its own */
};

struct score {
    uint64_t items;
    uint64_t not_found;     /* of them, nobody's */
    uint64_t pairs_true;    /* pairs of one person */
    uint64_t pairs_found;   /* pairs that were found to be one person */
    uint64_t pairs_right;   /* found, and true */
    uint64_t pairs_linked;  /* true pairs that could be known */
    uint64_t pairs_linked_found;
};

/* Sorts the items. O(n log n). */
void score_count(struct score_item *items, size_t count, struct score *out_score);
double score_precision(const struct score *s); /* right of found; 1 when none was found */
double score_recall(const struct score *s);    /* found of linked; 1 when there is none */
double score_recall_of_all(const struct score *s); /* right of true */
