/* Covers: rfm.c, rfm_score.c, order_select.c, worth.c */
#include <math.h>
#include <stdlib.h>

#include "base/time.h"
#include "domain/analytics/order_select.h"
#include "domain/analytics/rfm_score.h"
#include "domain/analytics/survey_test.h"

#define PEOPLE_MAX 3000

/* --- who stands where --- */

static int placed_compare(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;
    if (x->value != y->value)
        return x->value < y->value ? -1 : 1;
    return x->person < y->person ? -1 : x->person > y->person;
}

static int rank_compare(const void *a, const void *b)
{
    const size_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

static int64_t any_value(struct t *t, int shape)
{
    switch (shape) {
    case 0:
        return rng_between(&t->rng, -3, 3);
    case 1:
        return (int64_t)rng_next(&t->rng);
    case 2:
        return rng_chance(&t->rng, 0.9) ? 0 : (int64_t)rng_next(&t->rng);
    default:
        return rng_between(&t->rng, 0, INT64_C(1) << rng_below(&t->rng, 40));
    }
}

static void who_has_a_rank_is_who_has_it_in_order(struct t *t)
{
    size_t count = 1 + rng_below(&t->rng, rng_chance(&t->rng, 0.5) ? 20 : PEOPLE_MAX);
    int shape = (int)rng_below(&t->rng, 4);
    struct placed *sorted = ARENA_ARRAY(t->arena, struct placed, count), found[5];
    int64_t *values = ARENA_ARRAY(t->arena, int64_t, count);
    uint32_t *people = ARENA_ARRAY(t->arena, uint32_t, count);
    size_t ranks[5];
    for (size_t i = 0; i < count; i++) {
        values[i] = any_value(t, shape);
        people[i] = (uint32_t)rng_mix(i); /* in no order, and no two the same */
        sorted[i] = (struct placed){values[i], people[i]};
    }
    qsort(sorted, count, sizeof *sorted, placed_compare);
    for (size_t i = 0; i < 5; i++)
        ranks[i] = i == 0 ? 0 : i == 1 ? count - 1 : rng_below(&t->rng, count);
    size_t half = count / 2;
    const struct values pieces[] = {{half, values, people}, {count - half, values + half, people + half}};
    uint8_t *parts = ARENA_ARRAY(t->arena, uint8_t, count);
    struct order order;
    qsort(ranks, 5, sizeof *ranks, rank_compare);
    order_open(&order, t->arena, pieces, 2);
    order_select(&order, ranks, 5, found);
    order_cut(&order, found, 5);
    order_parts(&order, 0, parts);
    order_parts(&order, 1, parts + half);
    for (size_t i = 0; i < 5; i++) {
        CHECK_EQ(t, found[i].value, sorted[ranks[i]].value);
        CHECK_EQ(t, found[i].person, sorted[ranks[i]].person);
    }
    for (size_t i = 0; i < count; i++) {
        unsigned want = 0;
        const struct placed here = {values[i], people[i]};
        for (size_t k = 0; k < 5; k++)
            want += placed_compare(&here, &found[k]) >= 0;
        CHECK_EQ(t, parts[i], want);
    }
}

/* --- scores against sorting --- */

/* NTILE(5) as SQL has it: rows in order, of which the first tiles take one more. */
static unsigned ntile_of(size_t rank, size_t count)
{
    unsigned tile = 1;
    for (size_t left = count, size; tile <= 5; tile++, rank -= size, left -= size) {
        size = count / 5 + (tile <= count % 5);
        if (rank < size)
            return tile;
    }
    return 0;
}

/* 1 + how many of the quantiles lie below; all in fifths, so that it is exact. */
static unsigned class_of(int64_t value, const struct placed *sorted, size_t count)
{
    unsigned class = 1;
    for (size_t j = 1; j <= 4; j++) {
        size_t low = (count - 1) * j / 5, high = low + 1 < count ? low + 1 : low;
        int64_t five_times = 5 * sorted[low].value + (int64_t)((count - 1) * j % 5) * (sorted[high].value - sorted[low].value);
        class += 5 * value > five_times;
    }
    return class;
}

static void check_measure(struct t *t, const struct rfm_people *p, enum rfm_measure m, enum rfm_scoring scoring)
{
    struct placed *sorted = ARENA_ARRAY(t->arena, struct placed, p->count);
    size_t count = 0;
    for (const struct rfm_lot *lot = p->newest; lot != NULL; lot = lot->next)
        for (uint32_t i = 0; i < lot->count; i++)
            sorted[count++] = (struct placed){lot->values[m][i], lot->people[i]};
    CHECK_EQ(t, count, p->count);
    qsort(sorted, count, sizeof *sorted, placed_compare);
    for (const struct rfm_lot *lot = p->newest; lot != NULL; lot = lot->next)
        for (uint32_t i = 0; i < lot->count; i++) {
            size_t rank = 0;
            while (sorted[rank].person != lot->people[i])
                rank++;
            unsigned up = scoring == RFM_NTILE ? ntile_of(rank, count) : class_of(lot->values[m][i], sorted, count);
            CHECK_EQ(t, lot->scores[m][i], m == RFM_RECENCY ? 6 - up : up);
        }
}

static void scores_are_those_of_people_in_order(struct t *t)
{
    enum rfm_scoring scoring = rng_chance(&t->rng, 0.5) ? RFM_NTILE : RFM_CUT;
    struct rfm_people parts[3] = {{.arena = t->arena}, {.arena = t->arena}, {.arena = t->arena}};
    size_t count = rng_below(&t->rng, rng_chance(&t->rng, 0.8) ? 60 : 700);
    for (uint32_t i = 0; i < count; i++) {
        const struct rfm_person p = {(uint32_t)rng_mix(i), (int32_t)rng_below(&t->rng, 30), 1 + (uint32_t)rng_below(&t->rng, 4),
                                     rng_between(&t->rng, -1000, 1000000)};
        rfm_add(&parts[rng_below(&t->rng, 3)], &p);
    }
    struct rfm_cuts cuts;
    struct err e = {0};
    rfm_people_join(&parts[0], &parts[1]);
    rfm_people_join(&parts[0], &parts[2]);
    CHECK_DONE(t, rfm_score(&parts[0], scoring, NULL, &cuts, &e), &e);
    CHECK_EQ(t, parts[0].count, count);
    for (enum rfm_measure m = 0; m < RFM_MEASURES; m++)
        check_measure(t, &parts[0], m, scoring);
}

/* --- of events --- */

struct naive_person {
    bool bought;
    int64_t days, orders, micro;
};

static struct naive_person of_events(struct happenings all, uint32_t person, int64_t from_us, int64_t until_us)
{
    struct naive_person n = {0};
    bool seen[3] = {false};
    for (size_t i = 0; i < all.count; i++) {
        const struct happening *h = &all.list[i];
        if (h->person != person || h->time_us < from_us || h->time_us >= until_us)
            continue;
        bool refund = strcmp(h->event, "refund_done") == 0;
        if (!refund && strcmp(h->event, "order_paid") != 0)
            continue;
        if (h->amount != AMOUNT_NONE)
            n.micro += refund ? -h->amount : h->amount;
        if (refund)
            continue;
        n.bought = true;
        n.days = shanghai_day(shanghai_us("2026-11-10 12:00")) - shanghai_day(h->time_us);
        n.orders += h->order == NULL || !seen[*h->order - 'a'];
        if (h->order != NULL)
            seen[*h->order - 'a'] = true;
    }
    return n;
}

static void people_are_scored_by_their_purchases(struct t *t)
{
    struct happenings all = happenings_random(t);
    const uint32_t *people = NULL;
    struct posed a;
    int64_t sums[4] = {0}, told[4] = {0};
    survey_open(&a, t, &rfm_question,
                arena_printf(t->arena,
                             "{\"event\": \"order_paid\", \"value\": \"amount\", \"order\": \"order\", \"refund\": \"refund_done\","
                             " \"from\": \"2026-06-01\", \"as_of\": \"2026-11-10\", \"show\": \"%s\"}",
                             rng_chance(&t->rng, 0.5) ? "scores" : "grid"));
    struct json answer = survey_answer(&a, all, 3);
    for (uint32_t p = 0; p < 20; p++) {
        struct naive_person n = of_events(all, p, shanghai_us("2026-06-01 00:00"), shanghai_us("2026-11-11 00:00"));
        if (!n.bought)
            continue;
        sums[0]++, sums[1] += n.days, sums[2] += n.orders, sums[3] += n.micro;
    }
    for (uint32_t i = 0; i < answer_rows(answer); i++) {
        int64_t here = answer_int(answer, i, "people");
        if (here == 0)
            continue; /* its means are none */
        told[0] += here;
        told[1] += llround(answer_real(answer, i, "days") * (double)here);
        told[2] += llround(answer_real(answer, i, "orders") * (double)here);
        told[3] += llround(answer_real(answer, i, "value") * 1e6);
    }
    for (size_t k = 0; k < 4; k++)
        CHECK_EQ(t, told[k], sums[k]);
    for (int r = 1, all_of_them = 0; r <= 5; r++) {
        all_of_them += (int)survey_people(&a, all, arena_printf(t->arena, "{\"r\": %d}", r), &people);
        if (r == 5)
            CHECK_EQ(t, all_of_them, sums[0]);
    }
    posed_close(&a);
}

static void the_people_of_a_named_group_are_those_it_counts(struct t *t)
{
    struct happenings all = happenings_random(t);
    const uint32_t *people = NULL;
    struct posed a;
    const char *scoring = rng_chance(&t->rng, 0.5) ? "cut" : "ntile";
    survey_open(&a, t, &rfm_question,
                arena_printf(t->arena, "{\"event\": \"order_paid\", \"value\": \"amount\", \"last\": \"200d\", \"scoring\": \"%s\"}", scoring));
    for (uint32_t i = 0; i < RFM_SEGMENTS; i++) {
        struct json answer = survey_answer(&a, all, 2);
        int64_t count = answer_int(answer, i, "people");
        CHECK_EQ(t, answer_rows(answer), RFM_SEGMENTS);
        CHECK_EQ(t, survey_people(&a, all, arena_printf(t->arena, "{\"segment\": \"%s\"}", rfm_segments[i].name), &people), count);
    }
    CHECK(t, strstr(survey_cell_refused(&a, "{\"segment\": \"champion\"}"), "champions") != NULL);
    posed_close(&a);
}

static void each_pair_of_scores_has_its_named_group(struct t *t)
{
    static const char *const want[5][5] = {
        {"hibernating", "hibernating", "at_risk", "at_risk", "cant_lose"},
        {"hibernating", "hibernating", "at_risk", "at_risk", "cant_lose"},
        {"about_to_sleep", "about_to_sleep", "need_attention", "loyal", "loyal"},
        {"promising", "potential_loyalist", "potential_loyalist", "loyal", "loyal"},
        {"new", "potential_loyalist", "potential_loyalist", "champions", "champions"},
    };
    for (uint8_t r = 1; r <= 5; r++)
        for (uint8_t f = 1; f <= 5; f++)
            CHECK_TEXT(t, rfm_segments[rfm_segment_of(r, f)].name, want[r - 1][f - 1]);
}

/* Prices times quantities, line by line, of orders whose lines come apart. */
static void lines_of_an_order_are_one_order(struct t *t)
{
    int64_t at = shanghai_us("2026-11-18 09:00");
    const struct posed_event lines[] = {{"order_paid", at, NAN, "order=o1 price=2.5 quantity=3"},
                                        {"order_paid", at, NAN, "order=o2 price=1 quantity=1"},
                                        {"order_paid", at, NAN, "order=o1 price=0.005 quantity=2"}};
    struct posed a;
    survey_open(&a, t, &rfm_question,
                "{\"event\": \"order_paid\", \"value\": \"item.price\", \"times\": \"item.quantity\", \"order\": \"order\", \"show\": \"scores\"}");
    CHECK(t, a.question->plan.by_item);
    posed_take(&a, a.tally, 7, lines, COUNT_OF(lines));
    struct json answer = posed_answer(&a, a.tally);
    CHECK_EQ(t, answer_rows(answer), 1);
    CHECK(t, answer_real(answer, 0, "orders") == 2 && answer_real(answer, 0, "value") == 8.51 && answer_real(answer, 0, "days") == 2);
    posed_close(&a);
    CHECK(t, strstr(survey_refused(t, &rfm_question, "{\"event\": \"order_paid\", \"value\": \"item.price\", \"times\": \"item.quantity\"}"), "order") != NULL);
    CHECK(t, strstr(survey_refused(t, &rfm_question, "{\"event\": \"order_paid\"}"), "value") != NULL);
    CHECK(t, strstr(survey_refused(t, &rfm_question, "{\"event\": \"order_paid\", \"value\": \"amount\", \"from\": \"2026-11-01\", \"as_of\": \"2026-10-01\"}"),
                    "before the range") != NULL);
}

static const struct test tests[] = {
    {"who has a rank is who has it in order", who_has_a_rank_is_who_has_it_in_order, 300},
    {"scores are those of people in order", scores_are_those_of_people_in_order, 300},
    {"people are scored by their purchases", people_are_scored_by_their_purchases, 60},
    {"the people of a named group are those it counts", the_people_of_a_named_group_are_those_it_counts, 40},
    {"each pair of scores has its named group", each_pair_of_scores_has_its_named_group, 1},
    {"lines of an order are one order", lines_of_an_order_are_one_order, 1},
};
TEST_MAIN(tests)
