/* Funnels of the books: what other programs' manuals say of theirs, days of a change of clocks, what can't be asked. */
#include <math.h>

#include "base/time.h"
#include "domain/analytics/kinds.h"
#include "domain/analytics/moments_test.h"

#define HOUR US_PER_HOUR

/* How far one person gets whose events are written as letters, a minute apart: A is step 1 … D is step 4; e.g. "AB=C": C at the time of B. */
static uint32_t depth_of(struct t *t, const char *members, const char *letters)
{
    const char *steps = "\"page_viewed\", \"product_viewed\", \"cart_added\", \"order_paid\"";
    struct posed a;
    struct made_moment made[MOMENTS_MAX];
    uint32_t count = 0, depth = 0;
    int64_t us = shanghai_us("2026-03-01 12:00");
    moments_open(&a, t, &funnel_question,
                 arena_printf(t->arena, "{\"from\": \"2026-03-01\", \"until\": \"2026-03-02\", \"steps\": [%s]%s}", steps, members),
                 shanghai_us("2026-04-01"));
    for (; *letters != 0; letters++) {
        if (*letters == '=') {
            us -= US_PER_MINUTE;
            continue;
        }
        made[count++] = (struct made_moment){us, *letters == '.' ? 0 : UINT32_C(1) << (*letters - 'A'), 1};
        us += US_PER_MINUTE;
    }
    struct sequence *one = moments_made(&a, 1, made, count);
    while (depth < 4 && moments_in_cell(&a, arena_printf(t->arena, "{\"step\": %u}", depth + 1), &one, 1) == 1)
        depth++;
    posed_close(&a);
    return depth;
}

static void manuals(struct t *t)
{
    CHECK_EQ(t, depth_of(t, "", "ABCD"), 4);
    CHECK_EQ(t, depth_of(t, "", "ABCBD"), 4);
    CHECK_EQ(t, depth_of(t, ", \"dedup\": true", "ABCBD"), 3); /* StarRocks, DEDUPLICATION */
    CHECK_EQ(t, depth_of(t, "", "ABDC"), 3);
    CHECK_EQ(t, depth_of(t, ", \"fixed\": true", "ABDC"), 2);  /* StarRocks, FIXED */
    CHECK_EQ(t, depth_of(t, ", \"fixed\": true", "AB.CD"), 4); /* only events of the funnel count */
    CHECK_EQ(t, depth_of(t, "", "AB=CD"), 4);
    CHECK_EQ(t, depth_of(t, ", \"strict_increase\": true", "AB=CD"), 2); /* StarRocks, INCREASE */
    CHECK_EQ(t, depth_of(t, ", \"order\": \"strict\"", "AB.CD"), 2);
    CHECK_EQ(t, depth_of(t, ", \"order\": \"strict\"", "A.ABCD"), 4);
    CHECK_EQ(t, depth_of(t, ", \"order\": \"any\"", "DCBA"), 4);
    CHECK_EQ(t, depth_of(t, "", "DCBA"), 1);
    CHECK_EQ(t, depth_of(t, "", "DCB"), 0);
    CHECK_EQ(t, depth_of(t, ", \"window\": \"2m\"", "ABCD"), 3); /* ClickHouse: the window includes its end */
    CHECK_EQ(t, depth_of(t, ", \"window\": \"2m\"", "AB..ABC"), 3);
    CHECK_EQ(t, depth_of(t, ", \"window\": \"2m\", \"entry\": \"first\"", "AB..ABC"), 2);
    CHECK_EQ(t, depth_of(t, ", \"grace_ms\": 60000", "BACD"), 4);
    CHECK_EQ(t, depth_of(t, "", "BACD"), 1);
    CHECK_EQ(t, depth_of(t, ", \"exclude\": [{\"event\": \"order_refunded\"}]", "AEBCD"), 1);
    CHECK_EQ(t, depth_of(t, ", \"exclude\": [{\"event\": \"order_refunded\", \"after\": 2}]", "AEBCD"), 4);
    CHECK_EQ(t, depth_of(t, ", \"exclude\": [{\"event\": \"order_refunded\"}]", "AEABCD"), 4);
    CHECK_EQ(t, depth_of(t, ", \"exclude\": [{\"event\": \"order_refunded\"}], \"exclude_person\": true", "AEABCD"), 0);
}

static void one_event_fills_one_step(struct t *t)
{
    struct posed a;
    struct made_moment once[] = {{shanghai_us("2026-03-01 12:00"), 3, 0}}, twice[] = {once[0], once[0]};
    moments_open(&a, t, &funnel_question, "{\"from\": \"2026-03-01\", \"until\": \"2026-03-02\", \"steps\": [\"page_viewed\", \"page_viewed\"]}",
                 shanghai_us("2026-04-01"));
    struct sequence *list[] = {moments_made(&a, 1, once, 1), moments_made(&a, 2, twice, 2)};
    CHECK_EQ(t, moments_in_cell(&a, "{\"step\": 1}", list, 2), 2);
    CHECK_EQ(t, moments_in_cell(&a, "{\"step\": 2}", list, 2), 1);
    CHECK_EQ(t, moments_in_cell(&a, "{\"step\": 1, \"dropped\": true}", list, 2), 1);
    posed_close(&a);
}

/* 2024-11-03 in New York has 25 hours: the last of them is still the same day. */
static void the_same_day_has_as_many_hours_as_it_has(struct t *t)
{
    static const struct {
        const char *from, *until, *entry;
        int hours, depth; /* the second step comes so many hours after the day began */
    } rows[] = {
        {"2024-11-03", "2024-11-04", "2024-11-03T04:00:00Z", 24, 2},
        {"2024-11-03", "2024-11-04", "2024-11-03T04:00:00Z", 25, 1},
        {"2024-03-10", "2024-03-11", "2024-03-10T05:00:00Z", 22, 2},
        {"2024-03-10", "2024-03-11", "2024-03-10T05:00:00Z", 23, 1},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct posed a;
        int64_t us = 0;
        CHECK(t, done(time_parse(bytes_of_text(rows[i].entry), &us, NULL)));
        struct made_moment made[] = {{us, 1, 0}, {us + rows[i].hours * HOUR, 2, 0}};
        moments_open(&a, t, &funnel_question,
                     arena_printf(t->arena,
                                  "{\"from\": \"%s\", \"until\": \"%s\", \"zone\": \"America/New_York\", \"within\": \"same_day\", "
                                  "\"steps\": [\"page_viewed\", \"order_paid\"]}",
                                  rows[i].from, rows[i].until),
                     shanghai_us("2026-04-01"));
        struct sequence *one = moments_made(&a, 1, made, 2);
        CHECK_EQ(t, moments_in_cell(&a, "{\"step\": 2}", &one, 1), rows[i].depth == 2);
        posed_close(&a);
    }
}

static void times_and_units(struct t *t)
{
    struct posed a;
    int64_t noon = shanghai_us("2026-03-01 12:00"), later = shanghai_us("2026-03-02 12:00");
    struct made_moment first[] = {{noon, 1, 1}, {noon + HOUR, 2, 1}}, second[] = {{later, 1, 2}, {later + 3 * HOUR, 2, 2}}, third[] = {{later, 1, 2}};
    moments_open(&a, t, &funnel_question,
                 "{\"from\": \"2026-03-01\", \"until\": \"2026-03-03\", \"window\": \"1d\", \"unit\": \"day\", \"steps\": "
                 "[{\"event\": \"page_viewed\", \"as\": \"看过\"}, \"order_paid\"]}",
                 shanghai_us("2026-03-03 11:00"));
    struct sequence *list[] = {moments_made(&a, 1, first, 2), moments_made(&a, 2, second, 2), moments_made(&a, 3, third, 1)};
    moments_answer(&a, list, 3);
    const char *keys[] = {"2026-03-02", "1", "看过"}, *bought[] = {"2026-03-02", "2"};
    CHECK_EQ(t, moments_cell(moments_row(&a, keys, 3), moments_column(&a, "count")), 2);
    CHECK_EQ(t, moments_cell(moments_row(&a, bought, 2), moments_column(&a, "count")), 1);
    CHECK_EQ(t, moments_cell(moments_row(&a, bought, 2), moments_column(&a, "median_s")), 3 * 3600);
    CHECK(t, moments_cell(moments_row(&a, bought, 2), moments_column(&a, "rate_from_previous")) == 0.5);
    CHECK_EQ(t, posed_number(&a, "conversions.0.open"), 0);
    CHECK_EQ(t, posed_number(&a, "conversions.1.open"), 1); /* until noon of the 3rd */
    CHECK_EQ(t, moments_in_cell(&a, "{\"step\": 1, \"unit\": \"2026-03-02\"}", list, 3), 2);
    posed_close(&a);
}

/* What an entry filter leaves is who may enter; it is a condition that a scan looks at, so the plan has a pick of it. */
static void an_entry_filter_is_of_step_1(struct t *t)
{
    struct posed a;
    int64_t us = shanghai_us("2026-03-01 12:00");
    struct made_moment without[] = {{us, 1, 1}, {us + 1, 2, 1}}, with[] = {{us, 1 | 4, 1}, {us + 1, 2, 1}};
    moments_open(
        &a, t, &funnel_question,
        "{\"from\": \"2026-03-01\", \"until\": \"2026-03-02\", \"steps\": [\"page_viewed\", \"order_paid\"], \"entry_filter\": \"kind = 'a'\"}",
        shanghai_us("2026-04-01"));
    CHECK_EQ(t, a.question->plan.pick_count, 3);
    CHECK_EQ(t, a.question->plan.picks[2].events[0], a.question->plan.picks[0].events[0]);
    struct sequence *list[] = {moments_made(&a, 1, without, 2), moments_made(&a, 2, with, 2)};
    CHECK_EQ(t, moments_in_cell(&a, "{\"step\": 1}", list, 2), 1);
    posed_close(&a);
}

static void what_cannot_be_asked(struct t *t)
{
    static const struct {
        const char *members, *words;
    } rows[] = {
        {"\"steps\": [\"page_viewd\"]", "steps[0]: there is no event \"page_viewd\"; did you mean \"page_viewed\"?"},
        {"\"steps\": []", "steps: want a list of 1 to 20 events"},
        {"\"stepps\": []", "there is no member \"stepps\"; did you mean \"steps\"?"},
        {"\"steps\": [\"page_viewed\"], \"exclude\": [{\"event\": \"cart_added\"}]",
         "exclude: there is nothing between the steps of a funnel of one"},
        {"\"steps\": [\"page_viewed\", \"order_paid\"], \"exclude\": [{\"event\": \"cart_added\", \"after\": 2}]",
         "exclude[0].after: want a whole number from 1 to 1"},
        {"\"steps\": [\"page_viewed\", \"order_paid\"], \"exclude\": {\"event\": \"cart_added\"}", "exclude: want a list of at most 8 exclusions"},
        {"\"steps\": [\"page_viewed\"], \"window\": \"400d\"", "window: want at most 366 days"},
        {"\"steps\": [\"page_viewed\"], \"order\": \"any\", \"dedup\": true", "\"dedup\" and \"fixed\" are of funnels with an order"},
        {"\"steps\": [\"page_viewed\"], \"order\": \"strikt\"", "order: \"strikt\" is none of ordered, strict, any; did you mean \"strict\"?"},
        {"\"steps\": [\"page_viewed\"], \"breakdown\": [\"kind\", \"kind\", \"kind\", \"kind\"]", "breakdown: want at most 3 properties"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        CHECK_TEXT(t, moments_refused(t, &funnel_question, arena_printf(t->arena, "{%s}", rows[i].members)), rows[i].words);
}

static const struct test tests[] = {
    {"funnels of manuals", manuals, 1},
    {"one event fills one step", one_event_fills_one_step, 1},
    {"the same day has as many hours as it has", the_same_day_has_as_many_hours_as_it_has, 1},
    {"times to convert, and units", times_and_units, 1},
    {"an entry filter is of step 1", an_entry_filter_is_of_step_1, 1},
    {"what can't be asked", what_cannot_be_asked, 1},
};
TEST_MAIN(tests)
