/* Survival against published examples. Covers: survival_curve.c, hazards.c
 *
 * Remission of leukaemia, in weeks: 21 with 6-mercaptopurine and 21 with placebo (Freireich and others 1963; worked through in Kleinbaum and Klein, "Survival
 * Analysis", chapter 2): S(6) = .857, S(23) = .448, χ² = 16.79. Cox's coefficient of the placebo is 1.5721 ± .4124 with Efron's ties
 * (R, coxph of MASS's gehan). */
#include "domain/analytics/survival_curve.h"

#include <math.h>

#include "testing/test.h"

static const struct lasted treated[] = {
    {6, 3, 1}, {7, 1, 0}, {9, 0, 1}, {10, 1, 1}, {11, 0, 1}, {13, 1, 0}, {16, 1, 0}, {17, 0, 1},
    {19, 0, 1}, {20, 0, 1}, {22, 1, 0}, {23, 1, 0}, {25, 0, 1}, {32, 0, 2}, {34, 0, 1}, {35, 0, 1},
};
static const struct lasted untreated[] = {
    {1, 2, 0}, {2, 2, 0}, {3, 1, 0}, {4, 2, 0}, {5, 2, 0}, {8, 4, 0}, {11, 2, 0}, {12, 2, 0}, {15, 1, 0}, {17, 1, 0}, {22, 1, 0}, {23, 1, 0},
};

static bool near(double got, double want, double distance)
{
    return fabs(got - want) <= distance;
}

static const struct curve_point *point_at(const struct curve *c, uint32_t time)
{
    for (uint32_t i = 0; i < c->count; i++)
        if (c->points[i].time == time)
            return &c->points[i];
    return NULL;
}

static void leukaemia_has_its_curve(struct t *t)
{
    struct curve c;
    curve_make(treated, COUNT_OF(treated), t->arena, &c);
    CHECK_EQ(t, c.subjects, 21);
    CHECK_EQ(t, c.ended, 9);
    static const struct {
        uint32_t time, at_risk;
        double share, error;
    } want[] = {{6, 21, .8571, .0764}, {7, 17, .8067, .0869}, {10, 15, .7529, .0963}, {13, 12, .6902, .1068},
                {16, 11, .6275, .1141}, {22, 7, .5378, .1282}, {23, 6, .4482, .1346}};
    for (size_t i = 0; i < COUNT_OF(want); i++) {
        const struct curve_point *p = point_at(&c, want[i].time);
        REQUIRE(t, p != NULL);
        CHECK_EQ(t, p->at_risk, want[i].at_risk);
        CHECK(t, near(p->share, want[i].share, 6e-5));
        CHECK(t, near(p->error, want[i].error, 6e-5));
        CHECK(t, p->low < p->share && p->share < p->high);
    }
    /* R's survfit(conf.type = "log-log") of the same data. */
    CHECK(t, near(point_at(&c, 6)->low, .6197, 6e-5) && near(point_at(&c, 6)->high, .9516, 6e-5));
    CHECK_EQ(t, c.median, 23);
    CHECK_EQ(t, c.median_high, -1);

    curve_make(untreated, COUNT_OF(untreated), t->arena, &c);
    CHECK_EQ(t, c.median, 8);
    CHECK(t, near(c.mean, 8.667, 6e-4));
    CHECK(t, point_at(&c, 23)->share == 0 && point_at(&c, 23)->error == 0);
}

static void leukaemia_has_its_test(struct t *t)
{
    struct curve both[2];
    struct log_rank test;
    curve_make(treated, COUNT_OF(treated), t->arena, &both[0]);
    curve_make(untreated, COUNT_OF(untreated), t->arena, &both[1]);
    log_rank_test(both, 2, t->arena, &test);
    CHECK(t, near(test.chi_square, 16.793, 5e-4));
    CHECK_EQ(t, test.degrees, 1);
    CHECK(t, near(test.p, 4.17e-5, 1e-7));
    struct curve other_way[] = {both[1], both[0]};
    struct log_rank again;
    log_rank_test(other_way, 2, t->arena, &again);
    CHECK(t, near(again.chi_square, test.chi_square, 1e-9));
    log_rank_test(both, 1, t->arena, &test);
    CHECK(t, test.degrees == 0 && test.p == 1);
}

static void leukaemia_has_its_hazard(struct t *t)
{
    static const struct lasted nobody[] = {{3, 0, 4}, {9, 0, 1}};
    struct curve three[3];
    struct hazard h[3];
    curve_make(treated, COUNT_OF(treated), t->arena, &three[0]);
    curve_make(nobody, COUNT_OF(nobody), t->arena, &three[1]);
    curve_make(untreated, COUNT_OF(untreated), t->arena, &three[2]);
    hazards_fit(three, 3, t->arena, h);
    CHECK(t, h[0].ratio == 1 && isnan(h[1].ratio));
    CHECK(t, near(log(h[2].ratio), 1.5721, 5e-5));
    CHECK(t, near(log(h[2].high / h[2].low) / 2 / CURVE_REACH, .4124, 5e-5));
    /* The other way round it is the inverse. */
    struct curve back[] = {three[2], three[0]};
    struct hazard inverse[2];
    hazards_fit(back, 2, t->arena, inverse);
    CHECK(t, near(inverse[1].ratio, 1 / h[2].ratio, 1e-9));
    hazards_fit(&three[1], 1, t->arena, h);
    CHECK(t, isnan(h[0].ratio));
}

/* Two groups of three, by hand: A ends at 1 and 3 and is unseen after 4; B ends at 2, 5 and 5. */
static void a_few_by_hand(struct t *t)
{
    static const struct lasted a[] = {{1, 1, 0}, {3, 1, 0}, {4, 0, 1}}, b[] = {{2, 1, 0}, {5, 2, 0}};
    struct curve both[2];
    struct log_rank test;
    curve_make(a, COUNT_OF(a), t->arena, &both[0]);
    curve_make(b, COUNT_OF(b), t->arena, &both[1]);
    CHECK(t, near(both[0].points[1].share, 1.0 / 3, 1e-15));
    CHECK(t, near(both[0].mean, 1 + 2 * 2.0 / 3 + 1.0 / 3, 1e-12));
    CHECK(t, near(both[1].points[0].error, 2.0 / 3 * sqrt(1.0 / (3 * 2)), 1e-12));
    /* At risk of A and of all: 3 of 6, 2 of 5, 2 of 4, and 0 of 2 at 5. */
    double expected = 3.0 / 6 + 2.0 / 5 + 2.0 / 4, variance = 1.0 / 4 + 6.0 / 25 + 1.0 / 4;
    log_rank_test(both, 2, t->arena, &test);
    CHECK(t, near(test.chi_square, pow(2 - expected, 2) / variance, 1e-12));
}

/* With nobody unseen the curve is the share that is left, and Greenwood's error that of a share. */
static void without_unseen_it_is_counting(struct t *t)
{
    struct lasted all[30];
    uint32_t count = 1 + (uint32_t)rng_below(&t->rng, COUNT_OF(all));
    uint64_t total = 0, gone = 0;
    double mean = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t least = i == 0 ? 0 : all[i - 1].time + 1;
        all[i] = (struct lasted){.time = least + (uint32_t)rng_below(&t->rng, 3), .ended = 1 + rng_below(&t->rng, 9)};
        total += all[i].ended;
        mean += (double)(all[i].ended * all[i].time);
    }
    struct curve c;
    curve_make(all, count, t->arena, &c);
    for (uint32_t i = 0; i < count; i++) {
        gone += all[i].ended;
        double share = 1 - (double)gone / (double)total;
        CHECK(t, near(c.points[i].share, share, 1e-12));
        CHECK(t, near(c.points[i].error, sqrt(share * (1 - share) / (double)total), 1e-9));
    }
    CHECK(t, near(c.mean, mean / (double)total, 1e-9));
}

/* Groups that last alike are told apart no more often than the level says: over many draws p below 0.1 a tenth of the time. */
static void equals_are_seldom_told_apart(struct t *t)
{
    int below = 0;
    for (int draw = 0; draw < 1000; draw++) {
        struct curve three[3];
        struct log_rank test;
        for (size_t g = 0; g < 3; g++) {
            struct lasted all[20] = {{0}};
            for (uint32_t i = 0; i < COUNT_OF(all); i++)
                all[i].time = i;
            for (int k = 0; k < 60; k++) {
                uint32_t time = 0;
                while (time < COUNT_OF(all) - 1 && !rng_chance(&t->rng, 0.15))
                    time++;
                if (rng_chance(&t->rng, 0.2))
                    all[rng_below(&t->rng, time + 1)].unseen++;
                else
                    all[time].ended++;
            }
            curve_make(all, COUNT_OF(all), t->arena, &three[g]);
        }
        log_rank_test(three, 3, t->arena, &test);
        CHECK_EQ(t, test.degrees, 2);
        below += test.p < 0.1;
    }
    CHECK(t, below > 70 && below < 130);
}

static const struct test tests[] = {
    {"leukaemia has its curve", leukaemia_has_its_curve, 1},
    {"leukaemia has its test", leukaemia_has_its_test, 1},
    {"leukaemia has its hazard", leukaemia_has_its_hazard, 1},
    {"a few by hand", a_few_by_hand, 1},
    {"without unseen it is counting", without_unseen_it_is_counting, 200},
    {"equals are seldom told apart", equals_are_seldom_told_apart, 1},
};
TEST_MAIN(tests)
