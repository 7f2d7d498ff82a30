#include <math.h>

#include "base/time.h"
#include "domain/analytics/survey_test.h"

static bool active_on(struct happenings all, uint32_t person, int64_t day)
{
    for (size_t i = 0; i < all.count; i++)
        if (all.list[i].person == person && shanghai_day(all.list[i].time_us) == day)
            return true;
    return false;
}

static int days_active(struct happenings all, uint32_t person, int64_t from_day, int64_t until_day)
{
    int days = 0;
    for (int64_t day = from_day; day < until_day; day++)
        days += active_on(all, person, day);
    return days;
}

/* The row that has this interval and this number; UINT32_MAX: there is none. */
static uint32_t row_of(struct json answer, const char *interval, int active)
{
    for (uint32_t i = 0; i < answer_rows(answer); i++)
        if (bytes_equal(json_string(answer_cell(answer, i, "interval")), bytes_of_text(interval)) && answer_int(answer, i, "active_units") == active)
            return i;
    return UINT32_MAX;
}

static const struct month {
    const char *name, *from, *until;
} months[] = {{"2026-09", "2026-09-01 00:00", "2026-10-01 00:00"}, {"2026-10", "2026-10-01 00:00", "2026-11-01 00:00"}};

static void people_by_active_days_are_as_counted(struct t *t)
{
    struct happenings all = happenings_random(t);
    bool cumulative = rng_chance(&t->rng, 0.5);
    const struct month *m = &months[rng_below(&t->rng, 2)];
    const uint32_t *people = NULL;
    struct posed a;
    survey_open(&a, t, &stickiness_question,
                arena_printf(t->arena, "{\"interval\": \"month\", \"cumulative\": %s, \"from\": \"2026-09-07\", \"until\": \"2026-10-20\"}",
                             cumulative ? "true" : "false"));
    for (int active = 1; active <= 31; active++) {
        struct json answer = survey_answer(&a, all, 3);
        uint32_t count = 0, row = row_of(answer, m->name, active);
        for (uint32_t p = 0; p < 20; p++) {
            int days = days_active(all, p, shanghai_day(shanghai_us(m->from)), shanghai_day(shanghai_us(m->until)));
            count += cumulative ? days >= active : days == active;
        }
        CHECK_EQ(t, row == UINT32_MAX ? 0 : answer_int(answer, row, "people"), count);
        const char *cell = arena_printf(t->arena, "{\"interval\": \"%s\", \"active_units\": %d}", m->name, active);
        if (active <= 28)
            CHECK_EQ(t, survey_people(&a, all, cell, &people), count);
    }
    posed_close(&a);
}

static void trailing_days_are_as_counted(struct t *t)
{
    static const struct {
        const char *name;
        int days;
    } trails[] = {{"dau", 1}, {"wau", 7}, {"mau", 28}};
    struct happenings all = happenings_random(t);
    int64_t first = shanghai_day(shanghai_us("2026-09-07 00:00"));
    const uint32_t *people = NULL;
    struct posed a;
    survey_open(&a, t, &stickiness_question, "{\"measure\": \"ratios\", \"month_days\": 28, \"from\": \"2026-09-07\", \"until\": \"2026-10-20\"}");
    for (int i = 0; i < 10; i++) {
        uint32_t row = (uint32_t)rng_below(&t->rng, 43);
        struct json answer = survey_answer(&a, all, 2);
        char *day = arena_text(t->arena, json_string(answer_cell(answer, row, "day")));
        int64_t counts[3] = {0};
        for (size_t k = 0; k < 3; k++)
            for (uint32_t p = 0; p < 20; p++)
                counts[k] += days_active(all, p, first + row - trails[k].days + 1, first + row + 1) > 0;
        CHECK_EQ(t, answer_rows(answer), 43);
        for (size_t k = 0; k < 3; k++)
            CHECK_EQ(t, answer_int(answer, row, trails[k].name), counts[k]);
        if (counts[2] > 0)
            CHECK(t, fabs(answer_real(answer, row, "dau_mau") - (double)counts[0] / (double)counts[2]) < 1e-12);
        else
            CHECK(t, json_is(answer_cell(answer, row, "dau_mau"), JSON_NULL));
        for (size_t k = 0; k < 3; k++)
            CHECK_EQ(t, survey_people(&a, all, arena_printf(t->arena, "{\"day\": \"%s\", \"people\": \"%s\"}", day, trails[k].name), &people), counts[k]);
    }
    posed_close(&a);
}

static void three_days_of_seven_are_in_bucket_three_only(struct t *t)
{
    const struct happening list[] = {{.person = 4, .event = "page_viewed", .time_us = shanghai_us("2026-11-02 00:00")},
                                     {.person = 4, .event = "page_viewed", .time_us = shanghai_us("2026-11-02 23:59")},
                                     {.person = 4, .event = "page_viewed", .time_us = shanghai_us("2026-11-04 08:00")},
                                     {.person = 4, .event = "page_viewed", .time_us = shanghai_us("2026-11-08 23:59")}};
    struct posed a;
    survey_open(&a, t, &stickiness_question, "{\"interval\": \"week\", \"from\": \"2026-11-02\", \"until\": \"2026-11-09\"}");
    struct json answer = survey_answer(&a, (struct happenings){list, COUNT_OF(list)}, 1);
    CHECK_EQ(t, answer_rows(answer), 3);
    for (uint32_t i = 0; i < 3; i++)
        CHECK_EQ(t, answer_int(answer, i, "people"), i == 2);
    posed_close(&a);
}

/* In New York 2024-11-03 has 25 hours, 2024-03-10 has 23: both are one day. */
static void a_day_of_a_change_of_clocks_is_one_day(struct t *t)
{
    static const char *const instants[] = {"2024-03-10T05:00:00Z", "2024-03-11T03:59:59Z", "2024-03-11T04:00:00Z",
                                           "2024-11-03T04:00:00Z", "2024-11-04T04:59:59Z", "2024-11-04T05:00:00Z"};
    struct happening list[COUNT_OF(instants)] = {0};
    struct posed a;
    struct err e;
    for (size_t i = 0; i < COUNT_OF(instants); i++) {
        list[i] = (struct happening){.person = 1, .event = "page_viewed"};
        CHECK_DONE(t, time_parse(bytes_of_text(instants[i]), &list[i].time_us, &e), &e);
    }
    survey_open(&a, t, &stickiness_question, "{\"zone\": \"America/New_York\", \"from\": \"2024-03-01\", \"until\": \"2024-12-01\"}");
    struct json answer = survey_answer(&a, (struct happenings){list, COUNT_OF(list)}, 1);
    CHECK_EQ(t, answer_rows(answer), 4); /* 10th and 11th of March, 3rd and 4th of November */
    CHECK_EQ(t, answer_int(answer, 3, "people"), 1);
    posed_close(&a);
}

static void units_that_dont_fill_a_span_are_refused(struct t *t)
{
    CHECK(t, strstr(survey_refused(t, &stickiness_question, "{\"unit\": \"week\", \"interval\": \"month\"}"), "interval") != NULL);
    CHECK(t, strstr(survey_refused(t, &stickiness_question, "{\"unit\": \"month\", \"interval\": \"month\"}"), "interval") != NULL);
}

static const struct test tests[] = {
    {"people by active days are as counted", people_by_active_days_are_as_counted, 30},
    {"trailing days are as counted", trailing_days_are_as_counted, 30},
    {"three days of seven are in bucket three only", three_days_of_seven_are_in_bucket_three_only, 1},
    {"a day of a change of clocks is one day", a_day_of_a_change_of_clocks_is_one_day, 1},
    {"units that don't fill a span are refused", units_that_dont_fill_a_span_are_refused, 1},
};
TEST_MAIN(tests)
