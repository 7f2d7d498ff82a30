#include "lib/scores.h"

#include <math.h>
#include <stdlib.h>

#define PROBABILITY_MIN 1e-15 /* for logarithms */

static int ranked_order(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

void ranked_sort(struct ranked *io, uint32_t count)
{
    qsort(io, count, sizeof *io, ranked_order);
}

/* Rows of equal scores, and how many there were up to the last of them. */
struct level {
    uint32_t until;
    uint32_t positives, negatives;             /* of this score */
    uint32_t positives_so_far, negatives_so_far; /* with those above */
};

/* The next score further down; false: no more. Begin with {0}. */
static bool level_next(const struct ranked *sorted, uint32_t count, struct level *io)
{
    if (io->until >= count)
        return false;
    double score = sorted[io->until].score;
    io->positives = io->negatives = 0;
    for (; io->until < count && sorted[io->until].score == score; io->until++)
        sorted[io->until].is_positive ? io->positives++ : io->negatives++;
    io->positives_so_far += io->positives;
    io->negatives_so_far += io->negatives;
    return true;
}

double ranked_auc(const struct ranked *sorted, uint32_t count)
{
    uint64_t halves = 0; /* of pairs that are in order, twice: below 2^63 for any 2^32 rows */
    struct level l = {0};
    while (level_next(sorted, count, &l))
        halves += (uint64_t)l.negatives * (2 * ((uint64_t)l.positives_so_far - l.positives) + l.positives);
    uint64_t pairs = (uint64_t)l.positives_so_far * l.negatives_so_far;
    return pairs == 0 ? 0.5 : (double)halves / (2 * (double)pairs);
}

static void verdict_levels(const struct ranked *sorted, struct verdict *v)
{
    double negatives = v->count - v->positives, positives = v->positives;
    struct level l = {0};
    while (level_next(sorted, v->count, &l)) {
        if (v->positives > 0)
            v->average_precision += (l.positives / positives) * ((double)l.positives_so_far / l.until);
        if (v->positives > 0 && v->positives < v->count)
            v->ks = fmax(v->ks, fabs(l.positives_so_far / positives - l.negatives_so_far / negatives));
    }
}

static void bin_add(struct score_bin *b, const struct ranked *r)
{
    b->count++;
    b->positives += r->is_positive;
    b->mean += r->score; /* the sum, until the end */
}

static void bins_end(struct score_bin *bins)
{
    for (uint32_t i = 0; i < SCORE_BINS; i++)
        if (bins[i].count > 0)
            bins[i].mean /= bins[i].count;
}

static void verdict_bins(const struct ranked *sorted, struct verdict *v)
{
    for (uint64_t i = 0, decile = 0; i < v->count; i++) {
        const struct ranked *r = &sorted[i];
        while (i >= (decile + 1) * v->count / SCORE_BINS)
            decile++;
        bin_add(&v->deciles[decile], r);
        uint32_t bin = (uint32_t)(r->score * SCORE_BINS);
        bin_add(&v->calibration[bin < SCORE_BINS ? bin : SCORE_BINS - 1], r);
    }
    bins_end(v->deciles);
    bins_end(v->calibration);
}

static void verdict_losses(const struct ranked *sorted, struct verdict *v)
{
    for (uint32_t i = 0; i < v->count; i++) {
        double score = sorted[i].score, miss = sorted[i].is_positive ? 1 - score : score;
        v->brier += miss * miss / v->count;
        v->log_loss -= log(fmax(1 - miss, PROBABILITY_MIN)) / v->count;
    }
}

fallible scores_judge(const double *scores, const uint8_t *labels, uint32_t count, struct verdict *out, struct err *e)
{
    struct ranked *sorted = malloc(((size_t)count + 1) * sizeof *sorted);
    if (sorted == NULL)
        return FAIL(e, FULL, "no memory to rank %u scores", count);
    *out = (struct verdict){.count = count};
    for (uint32_t i = 0; i < count; i++) {
        assert(labels[i] <= 1 && scores[i] >= 0 && scores[i] <= 1);
        sorted[i] = (struct ranked){scores[i], i, labels[i] == 1};
        out->positives += labels[i];
    }
    ranked_sort(sorted, count);
    out->auc = ranked_auc(sorted, count);
    verdict_levels(sorted, out);
    verdict_bins(sorted, out);
    verdict_losses(sorted, out);
    free(sorted);
    return DONE;
}

double verdict_lift(const struct verdict *v, uint32_t decile)
{
    assert(decile < SCORE_BINS);
    const struct score_bin *b = &v->deciles[decile];
    if (b->count == 0 || v->positives == 0)
        return 0;
    return ((double)b->positives / b->count) / ((double)v->positives / v->count);
}

double score_under_share(double score, double share_then, double share_now)
{
    assert(share_then > 0 && share_then < 1 && share_now > 0 && share_now < 1);
    double positive = score * share_now / share_then;
    double negative = (1 - score) * (1 - share_now) / (1 - share_then);
    return positive / (positive + negative);
}

double label_frequency(const double *scores_of_labelled, uint32_t count)
{
    double sum = 0;
    assert(count > 0);
    for (uint32_t i = 0; i < count; i++)
        sum += scores_of_labelled[i];
    return sum / count;
}

double score_of_unlabelled(double score, double frequency)
{
    assert(frequency > 0 && frequency <= 1);
    return fmin(1, score / frequency);
}
