#include "lib/scores.h"

#include <math.h>

#include "testing/test.h"

#define ROWS_MAX 200u
#define CLOSE(got, want) (fabs((got) - (want)) < 1e-12)

/* scikit-learn's example of roc_auc_score and average_precision_score: 0.75 and 0.8333. */
static void published_examples(struct t *t)
{
    struct err e = {0};
    struct verdict v;
    const double scores[] = {0.1, 0.4, 0.35, 0.8};
    const uint8_t labels[] = {0, 0, 1, 1};
    REQUIRE_DONE(t, scores_judge(scores, labels, 4, &v, &e), &e);
    CHECK(t, v.auc == 0.75);
    CHECK(t, CLOSE(v.average_precision, 5.0 / 6));
    CHECK(t, CLOSE(v.ks, 0.5));
    CHECK(t, CLOSE(v.brier, (0.01 + 0.16 + 0.65 * 0.65 + 0.04) / 4));
    CHECK(t, CLOSE(v.log_loss, -(log(0.9) + log(0.6) + log(0.35) + log(0.8)) / 4));
}

struct made {
    double scores[ROWS_MAX];
    uint8_t labels[ROWS_MAX];
    uint32_t count;
};

/* Few different scores, so that many are equal. */
static void made_scores(struct t *t, struct made *m)
{
    uint64_t steps = 1 + rng_below(&t->rng, 40);
    m->count = (uint32_t)rng_below(&t->rng, ROWS_MAX);
    for (uint32_t i = 0; i < m->count; i++) {
        m->scores[i] = (double)rng_below(&t->rng, steps + 1) / (double)steps;
        m->labels[i] = rng_chance(&t->rng, m->scores[i]);
    }
}

/* Of all pairs, one by one. */
static double auc_of_pairs(const struct made *m)
{
    double won = 0, pairs = 0;
    for (uint32_t i = 0; i < m->count; i++) {
        for (uint32_t j = 0; j < m->count; j++) {
            if (m->labels[i] == 1 && m->labels[j] == 0) {
                won += m->scores[i] > m->scores[j] ? 1 : m->scores[i] == m->scores[j] ? 0.5 : 0;
                pairs++;
            }
        }
    }
    return pairs == 0 ? 0.5 : won / pairs;
}

/* How many have a label, with at least a score; and with more than it. */
static double count_from(const struct made *m, uint8_t label, double score, bool is_more)
{
    double count = 0;
    for (uint32_t i = 0; i < m->count; i++)
        count += m->labels[i] == label && (is_more ? m->scores[i] > score : m->scores[i] >= score);
    return count;
}

/* Each positive is worth the precision of all that score at least as much, which sums to the average precision; KS at every score. */
static void verdicts_are_those_of_definitions(struct t *t)
{
    struct made *m = ARENA_NEW(t->arena, struct made);
    struct err e = {0};
    struct verdict v;
    made_scores(t, m);
    REQUIRE_DONE(t, scores_judge(m->scores, m->labels, m->count, &v, &e), &e);
    double positives = count_from(m, 1, -1, true), negatives = count_from(m, 0, -1, true), precision = 0, ks = 0;
    for (uint32_t i = 0; i < m->count; i++) {
        double above = count_from(m, 1, m->scores[i], false), against = count_from(m, 0, m->scores[i], false);
        if (m->labels[i] == 1)
            precision += above / (above + against) / positives;
        if (positives > 0 && negatives > 0)
            ks = fmax(ks, fabs(above / positives - against / negatives));
    }
    CHECK_EQ(t, v.count, m->count);
    CHECK_EQ(t, v.positives, positives);
    CHECK(t, CLOSE(v.auc, auc_of_pairs(m)));
    CHECK(t, CLOSE(v.average_precision, precision));
    CHECK(t, CLOSE(v.ks, ks));
}

/* Where a row stands: behind all with more, and behind equal ones that come earlier. */
static uint32_t rank_of(const struct made *m, uint32_t row)
{
    uint32_t rank = 0;
    for (uint32_t i = 0; i < m->count; i++)
        rank += m->scores[i] > m->scores[row] || (m->scores[i] == m->scores[row] && i < row);
    return rank;
}

static void bins_hold_whom_they_should(struct t *t)
{
    struct made *m = ARENA_NEW(t->arena, struct made);
    struct err e = {0};
    struct verdict v;
    uint32_t deciles[SCORE_BINS] = {0}, positives[SCORE_BINS] = {0};
    double sums[SCORE_BINS] = {0}, sum = 0;
    made_scores(t, m);
    REQUIRE_DONE(t, scores_judge(m->scores, m->labels, m->count, &v, &e), &e);
    for (uint32_t d = 0; d < SCORE_BINS; d++)
        for (uint32_t i = 0; i < m->count; i++)
            if (rank_of(m, i) >= m->count * d / 10 && rank_of(m, i) < m->count * (d + 1) / 10)
                deciles[d]++, positives[d] += m->labels[i], sums[d] += m->scores[i];
    for (uint32_t d = 0; d < SCORE_BINS; d++) {
        const struct score_bin *c = &v.calibration[d];
        CHECK_EQ(t, v.deciles[d].count, deciles[d]);
        CHECK_EQ(t, v.deciles[d].positives, positives[d]);
        CHECK(t, deciles[d] == 0 || CLOSE(v.deciles[d].mean, sums[d] / deciles[d]));
        CHECK(t, c->count == 0 || (c->mean >= d / 10.0 - 1e-12 && c->mean <= (d + 1) / 10.0));
        if (deciles[d] > 0 && v.positives > 0)
            CHECK(t, CLOSE(verdict_lift(&v, d), ((double)positives[d] / deciles[d]) * m->count / v.positives));
        sum += c->count;
    }
    CHECK_EQ(t, sum, m->count);
}

static void certain_scores_cost_no_infinity(struct t *t)
{
    struct err e = {0};
    struct verdict v;
    REQUIRE_DONE(t, scores_judge((double[]){0, 1}, (uint8_t[]){1, 1}, 2, &v, &e), &e);
    CHECK(t, CLOSE(v.log_loss, -log(1e-15) / 2));
    CHECK_EQ(t, v.calibration[9].count, 1);
    CHECK(t, v.auc == 0.5 && v.ks == 0 && v.average_precision == 1);
    REQUIRE_DONE(t, scores_judge(NULL, NULL, 0, &v, &e), &e);
    CHECK(t, verdict_lift(&v, 0) == 0);
}

/* Of a sample with all positives and a part of the negatives the odds are too high by 1 / part. */
static void another_share_corrects_the_odds(struct t *t)
{
    double share = 0.01 + 0.5 * rng_unit(&t->rng), part = 0.05 + 0.9 * rng_unit(&t->rng), score = 0.01 + 0.98 * rng_unit(&t->rng);
    double odds = score / (1 - score) / part, share_of_part = share / (share + (1 - share) * part);
    CHECK(t, CLOSE(score_under_share(odds / (1 + odds), share_of_part, share), score));
    CHECK(t, CLOSE(score_under_share(score, share, share), score));
    CHECK(t, score_under_share(0, share, 0.5) == 0 && score_under_share(1, share, 0.5) == 1);
}

static void unlabelled_scores_grow_by_the_frequency(struct t *t)
{
    const double labelled[] = {0.2, 0.3, 0.1};
    double frequency = label_frequency(labelled, 3);
    CHECK(t, CLOSE(frequency, 0.2));
    CHECK(t, CLOSE(score_of_unlabelled(0.05, frequency), 0.25));
    CHECK(t, score_of_unlabelled(0.3, frequency) == 1);
}

static const struct test tests[] = {
    {"published examples", published_examples, 1},
    {"verdicts are those of definitions", verdicts_are_those_of_definitions, 300},
    {"bins hold whom they should", bins_hold_whom_they_should, 100},
    {"certain scores cost no infinity", certain_scores_cost_no_infinity, 1},
    {"another share corrects the odds", another_share_corrects_the_odds, 300},
    {"unlabelled scores grow by the frequency", unlabelled_scores_grow_by_the_frequency, 1},
};
TEST_MAIN(tests)
