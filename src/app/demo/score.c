#include "app/demo/score.h"

#include <stdlib.h>

static int number_compare(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int found_compare(const struct score_item *a, const struct score_item *b)
{
    int order = number_compare(a->found.high, b->found.high);
    return order != 0 ? order : number_compare(a->found.low, b->found.low);
}

static int by_truth(const void *a, const void *b)
{
    return number_compare(((const struct score_item *)a)->truth, ((const struct score_item *)b)->truth);
}

static int by_linked(const void *a, const void *b)
{
    const struct score_item *x = a, *y = b;
    int order = by_truth(a, b);
    return order != 0 ? order : number_compare(x->linked, y->linked);
}

static int by_linked_and_found(const void *a, const void *b)
{
    int order = by_linked(a, b);
    return order != 0 ? order : found_compare(a, b);
}

static int by_found_and_truth(const void *a, const void *b)
{
    int order = found_compare(a, b);
    return order != 0 ? order : by_truth(a, b);
}

static int by_found(const void *a, const void *b)
{
    return found_compare(a, b);
}

static uint64_t pairs_of(uint64_t size)
{
    return size * (size - 1) / 2;
}

static bool is_found(const struct score_item *item)
{
    return (item->found.low | item->found.high) != 0;
}

/* Pairs within the runs of equal neighbours; with found_only, those of nobody are alone. */
static uint64_t pairs_in_runs(const struct score_item *items, size_t count, int (*compare)(const void *a, const void *b), bool found_only)
{
    uint64_t pairs = 0;
    for (size_t begin = 0, at = 1; begin < count; at++) {
        if (at < count && compare(&items[begin], &items[at]) == 0)
            continue;
        pairs += !found_only || is_found(&items[begin]) ? pairs_of(at - begin) : 0;
        begin = at;
    }
    return pairs;
}

void score_count(struct score_item *items, size_t count, struct score *out_score)
{
    struct score s = {.items = count};
    for (size_t i = 0; i < count; i++)
        s.not_found += !is_found(&items[i]);
    if (count > 0)
        qsort(items, count, sizeof *items, by_linked_and_found);
    s.pairs_true = pairs_in_runs(items, count, by_truth, false);
    s.pairs_linked = pairs_in_runs(items, count, by_linked, false);
    s.pairs_linked_found = pairs_in_runs(items, count, by_linked_and_found, true);
    if (count > 0)
        qsort(items, count, sizeof *items, by_found_and_truth);
    s.pairs_found = pairs_in_runs(items, count, by_found, true);
    s.pairs_right = pairs_in_runs(items, count, by_found_and_truth, true);
    assert(s.pairs_right <= s.pairs_found && s.pairs_right <= s.pairs_true);
    *out_score = s;
}

double score_precision(const struct score *s)
{
    return s->pairs_found == 0 ? 1.0 : (double)s->pairs_right / (double)s->pairs_found;
}

double score_recall(const struct score *s)
{
    return s->pairs_linked == 0 ? 1.0 : (double)s->pairs_linked_found / (double)s->pairs_linked;
}

double score_recall_of_all(const struct score *s)
{
    return s->pairs_true == 0 ? 1.0 : (double)s->pairs_right / (double)s->pairs_true;
}
