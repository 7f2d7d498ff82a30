/* Retention by examples: days of the calendar and of 24 hours, changes of clocks, what may be asked of every matrix. */
#include <math.h>

#include "base/time.h"
#include "domain/analytics/kinds.h"
#include "domain/analytics/moments_test.h"

#define SUBJECTS 20u

/* Somebody starts, and comes back; which period is that? */
static int64_t period_of(struct t *t, const char *members, const char *start, const char *back)
{
    struct posed a;
    struct made_moment made[2] = {{.picks = 1}, {.picks = 2}};
    int64_t period = -1;
    CHECK(t, done(time_parse(bytes_of_text(start), &made[0].time_us, NULL)) && done(time_parse(bytes_of_text(back), &made[1].time_us, NULL)));
    moments_open(&a, t, &retention_question,
                 arena_printf(t->arena,
                              "{\"from\": \"2024-01-01\", \"until\": \"2025-01-01\", \"start\": \"page_viewed\", \"return\": \"order_paid\"%s}",
                              members),
                 shanghai_us("2026-03-01"));
    struct sequence *one = moments_made(&a, 1, made, 2);
    moments_answer(&a, &one, 1);
    struct json row;
    for (struct json_walk w = json_items(json_find(a.answer, BYTES_LIT("rows"))); json_item_next(&w, &row);)
        if (moments_cell(row, moments_column(&a, "count")) == 1) {
            struct json_walk cells = json_items(row);
            struct json cell = row;
            for (uint32_t i = 0; i <= moments_column(&a, "period") && json_item_next(&cells, &cell);)
                i++;
            period = json_string(cell).data[0] - '0';
            break;
        }
    posed_close(&a);
    return period;
}

static void days(struct t *t)
{
    const char *rolling = ", \"clock\": \"rolling\"", *hours = ", \"clock\": \"rolling_hours\"";
    const char *york = ", \"zone\": \"America/New_York\"", *weeks = ", \"unit\": \"week\"", *sundays = ", \"unit\": \"week\", \"week_begins\": 7";
    CHECK_EQ(t, period_of(t, "", "2024-01-08T20:00:00+08:00", "2024-01-09T06:00:00+08:00"), 1); /* Monday evening, Tuesday morning */
    CHECK_EQ(t, period_of(t, rolling, "2024-01-08T20:00:00+08:00", "2024-01-09T06:00:00+08:00"), 0);
    CHECK_EQ(t, period_of(t, rolling, "2024-01-08T20:00:00+08:00", "2024-01-09T20:00:00+08:00"), 1);
    CHECK_EQ(t, period_of(t, rolling, "2024-01-08T20:30:00+08:00", "2024-01-09T20:15:00+08:00"), 0);
    CHECK_EQ(t, period_of(t, hours, "2024-01-08T20:30:00+08:00", "2024-01-09T20:15:00+08:00"), 1);
    CHECK_EQ(t, period_of(t, york, "2024-11-03T00:30:00-04:00", "2024-11-03T23:59:00-05:00"), 0); /* 24 h 29 min later */
    CHECK_EQ(t, period_of(t, york, "2024-11-03T00:30:00-04:00", "2024-11-04T00:01:00-05:00"), 1);
    CHECK_EQ(t, period_of(t, york, "2024-03-10T00:30:00-05:00", "2024-03-11T00:01:00-04:00"), 1);  /* 22 h 31 min later */
    CHECK_EQ(t, period_of(t, weeks, "2024-01-07T20:00:00+08:00", "2024-01-08T06:00:00+08:00"), 1); /* Sunday, Monday */
    CHECK_EQ(t, period_of(t, sundays, "2024-01-07T20:00:00+08:00", "2024-01-08T06:00:00+08:00"), 0);
    CHECK_EQ(t, period_of(t, ", \"unit\": \"month\"", "2024-01-31T20:00:00+08:00", "2024-02-01T06:00:00+08:00"), 1);
    CHECK_EQ(t, period_of(t, "", "2023-12-31T20:00:00+08:00", "2024-01-01T06:00:00+08:00"), -1); /* began before the range */
}

/* A whole matrix: rows by cohort and period. */
static double cell(const struct posed *a, uint32_t row, const char *column)
{
    return posed_number(a, arena_printf(a->t->arena, "rows.%u.%u", row, moments_column(a, column)));
}

static void ask(struct t *t, struct posed *a, const char *members, struct sequence **list)
{
    const char *body = arena_printf(t->arena, "{\"from\": \"2026-03-01\", \"until\": \"2026-03-15\", \"start\": \"page_viewed\", \"periods\": 9%s}",
                                    members);
    uint64_t state[4];
    memcpy(state, t->rng.state, sizeof state);
    moments_open(a, t, &retention_question, body, shanghai_us("2026-04-20"));
    for (uint32_t i = 0; i < SUBJECTS; i++)
        list[i] = moments_random(a, i + 1, 20, shanghai_us("2026-03-01"), 4 * US_PER_DAY);
    memcpy(t->rng.state, state, sizeof state); /* the same people for the next question */
    moments_answer(a, list, SUBJECTS);
}

static void matrices_are_consistent(struct t *t)
{
    struct posed on, after, bracket;
    struct sequence *list[SUBJECTS];
    ask(t, &on, "", list);
    ask(t, &after, ", \"mode\": \"on_or_after\"", list);
    ask(t, &bracket, ", \"mode\": \"bracket\", \"brackets\": [[1, 3], [4, 9]]", list);
    uint32_t rows = (uint32_t)json_count(json_find(on.answer, BYTES_LIT("rows")));
    CHECK_EQ(t, rows % 10, 0);
    for (uint32_t row = 0; row < rows; row++) {
        CHECK(t, row % 10 > 0 || cell(&on, row, "count") == cell(&on, row, "size"));
        CHECK(t, cell(&on, row, "count") <= cell(&after, row, "count"));
        CHECK(t, row % 10 == 0 || cell(&after, row, "count") <= cell(&after, row - 1, "count"));
    }
    for (uint32_t cohort = 0; cohort < rows / 10; cohort++) { /* whoever is in period 1..9 is in one of the brackets at least */
        double both = cell(&bracket, cohort * 2, "count") + cell(&bracket, cohort * 2 + 1, "count");
        for (uint32_t period = 1; period <= 9; period++)
            CHECK(t, cell(&on, cohort * 10 + period, "count") <= both);
    }
    posed_close(&on);
    posed_close(&after);
    posed_close(&bracket);
}

/* Revenue of a cohort until the end of each period, for each of its people. */
static void a_value_curve(struct t *t)
{
    struct posed a;
    int64_t first = shanghai_us("2026-01-10 12:00"), month = 31 * US_PER_DAY;
    struct made_moment buyer[] = {{first, 1, 3}, {first + month, 1, 2}, {first + month + 1, 1, 1}}, other[] = {{first + 1, 1, 2}};
    moments_open(&a, t, &retention_question,
                 "{\"from\": \"2026-01-01\", \"until\": \"2026-02-01\", \"start\": \"order_paid\", \"unit\": \"month\", \"periods\": 3, "
                 "\"mode\": \"on_or_before\", \"value\": \"amount\"}",
                 shanghai_us("2026-03-15"));
    struct sequence *list[] = {moments_made(&a, 1, buyer, 3), moments_made(&a, 2, other, 1)};
    moments_answer(&a, list, 2);
    CHECK_EQ(t, cell(&a, 0, "sum"), 5);
    CHECK(t, cell(&a, 0, "per_person") == 2.5);
    CHECK_EQ(t, cell(&a, 1, "sum"), 8);
    CHECK(t, cell(&a, 2, "per_person") == 4);
    CHECK(t, posed_number(&a, "averages.0.cells.1.0") == 4);
    CHECK_EQ(t, posed_number(&a, "averages.0.cells.1.1"), 1);
    CHECK(t, isnan(posed_number(&a, "averages.0.cells.2.0"))); /* March isn't over */
    posed_close(&a);
}

static void what_cannot_be_asked(struct t *t)
{
    static const struct {
        const char *members, *words;
    } rows[] = {
        {"", "\"start\" is missing"},
        {"\"start\": \"page_viewed\", \"mode\": \"bracket\"", "\"brackets\" is missing"},
        {"\"start\": \"page_viewed\", \"mode\": \"bracket\", \"brackets\": {\"a\": 1}", "brackets: want 1 to 32 of them, such as [[1, 3], [4, 7]]"},
        {"\"start\": \"page_viewed\", \"mode\": \"bracket\", \"brackets\": [[3, 1]]", "brackets[0]: want two periods, such as [1, 3], of 0 to 400"},
        {"\"start\": \"page_viewed\", \"unit\": \"year\", \"clock\": \"rolling\"", "rolling periods are of an hour, a day, a week or a month"},
        {"\"start\": \"page_viewed\", \"periods\": 401", "periods: want a whole number from 0 to 400"},
        {"\"start\": \"page_viewed\", \"mode\": \"streak\", \"value\": \"amount\"",
         "\"value\" goes neither with mode \"streak\" nor with clock \"rolling_hours\""},
        {"\"start\": \"page_viewed\", \"from\": \"2000-01-01\", \"periods\": 400", "the range has 9823 units of a day: at most 4000"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        CHECK_TEXT(t, moments_refused(t, &retention_question, arena_printf(t->arena, "{%s}", rows[i].members)), rows[i].words);
}

static const struct test tests[] = {
    {"days of the calendar, of 24 hours, and of changes of clocks", days, 1},
    {"matrices are consistent", matrices_are_consistent, 50},
    {"a value curve", a_value_curve, 1},
    {"what can't be asked", what_cannot_be_asked, 1},
};
TEST_MAIN(tests)
