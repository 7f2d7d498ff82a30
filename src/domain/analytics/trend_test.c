/* Trends by examples, formulas, and what can't be asked.
 * Covers: formula.c */
#include <math.h>

#include "base/time.h"
#include "domain/analytics/formula.h"
#include "domain/analytics/kinds.h"
#include "domain/analytics/moments_test.h"
#include "engine/domain.h"

static double formula_of(struct t *t, const char *text, double a, double b)
{
    struct formula f;
    struct err e = {0};
    double values[] = {a, b}, value = NAN;
    bool known[] = {true, !isnan(b)};
    CHECK_DONE(t, formula_read(bytes_of_text(text), 2, &f, &e), &e);
    return formula_value(&f, values, known, &value) ? value : (double)NAN;
}

static void formulas(struct t *t)
{
    CHECK(t, formula_of(t, "A / B * 100", 1, 4) == 25);
    CHECK(t, formula_of(t, "A - B - 1", 7, 2) == 4);
    CHECK(t, formula_of(t, "(A-B)/(A+B)", 3, 1) == 0.5);
    CHECK(t, formula_of(t, "A + B * 2.5", 1, 2) == 6);
    CHECK(t, formula_of(t, "-A * -(B - 1)", 2, 3) == 4);
    CHECK(t, formula_of(t, "12", 2, 3) == 12);
    CHECK(t, isnan(formula_of(t, "A / B", 2, 0)));
    CHECK(t, isnan(formula_of(t, "1 / (A / B)", 2, 0)));
    CHECK(t, isnan(formula_of(t, "A + B", 2, NAN)));
    CHECK(t, formula_of(t, "A + 1", 2, NAN) == 3);
}

static void what_is_no_formula(struct t *t)
{
    static const struct {
        const char *text, *words;
    } rows[] = {
        {"A / C", "place 5: want a number, \"(\", or a series from A to B"},
        {"A /", "place 4: want a number, \"(\", or a series from A to B"},
        {"(A + B", "place 7: want \")\""},
        {"A B", "place 3: want +, -, * or /"},
        {"a", "place 1: want a number, \"(\", or a series from A to B"},
        {"1234567890123456", "place 16: a number of a formula has at most 15 digits"},
        {"((((((((((((((((((1))))))))))))))))))", "place 17: want a number, \"(\", or a series from A to B"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct formula f;
        struct err e = {0};
        CHECK_FAILS(t, formula_read(bytes_of_text(rows[i].text), 2, &f, &e), INVALID);
        CHECK_TEXT(t, e.text, rows[i].words);
    }
}

/* On the day on which clocks go back in New York, an hour comes twice, and is two. */
static void hours_of_a_long_day(struct t *t)
{
    struct posed a;
    int64_t us = 0;
    CHECK(t, done(time_parse(BYTES_LIT("2024-11-03T05:30:00Z"), &us, NULL)));
    struct made_moment made[] = {{us, 1, 0}, {us + US_PER_HOUR, 1, 0}, {us + US_PER_HOUR, 1, 0}};
    moments_open(
        &a, t, &trend_question,
        "{\"from\": \"2024-11-03\", \"until\": \"2024-11-04\", \"zone\": \"America/New_York\", \"unit\": \"hour\", "
        "\"series\": \"page_viewed\"}",
        shanghai_us("2026-03-01"));
    struct sequence *one = moments_made(&a, 1, made, 3);
    moments_answer(&a, &one, 1);
    const char *first[] = {"2024-11-03 01:00"}, *again[] = {"2024-11-03 01:00 -05:00"};
    CHECK_EQ(t, json_count(json_find(a.answer, BYTES_LIT("rows"))), 25);
    CHECK_EQ(t, moments_cell(moments_row(&a, first, 1), 1), 1);
    CHECK_EQ(t, moments_cell(moments_row(&a, again, 1), 1), 2);
    CHECK_EQ(t, moments_in_cell(&a, "{\"unit\": \"2024-11-03 01:00 -05:00\"}", &one, 1), 1);
    posed_close(&a);
}

/* A unit that hasn't ended, or that the range cuts, says so; where there is nothing there are rows all the same. */
static void units_that_are_incomplete(struct t *t)
{
    struct posed a;
    moments_open(
        &a, t, &trend_question,
        "{\"from\": \"2026-03-04\", \"until\": \"2026-03-23\", \"unit\": \"week\", \"series\": [{\"event\": \"*\"}]}",
        shanghai_us("2026-03-20 10:00"));
    moments_answer(&a, NULL, 0);
    CHECK_EQ(t, json_count(json_find(a.answer, BYTES_LIT("rows"))), 3);
    CHECK_BYTES(t, json_raw(json_find(a.answer, BYTES_LIT("incomplete"))), BYTES_LIT("[\"2026-W10\",\"2026-W12\"]"));
    posed_close(&a);
}

#define MANY 10000u

/* Ten thousand values: the largest are shown by name, all others together. */
static void values_without_number(struct t *t)
{
    struct posed a;
    struct moment one = {shanghai_us("2026-03-04 12:00"), 1, 0};
    struct sequence **list = ARENA_ARRAY(t->arena, struct sequence *, MANY + 1);
    moments_open(&a, t, &trend_question,
                 "{\"from\": \"2026-03-04\", \"until\": \"2026-03-05\", \"series\": [{\"event\": \"page_viewed\", "
                 "\"measure\": \"uniques\"}], "
                 "\"breakdown\": \"kind\"}",
                 shanghai_us("2026-04-01"));
    for (uint32_t i = 0; i <= MANY; i++) { /* the last one has the value of the one before */
        char name[16];
        uint32_t *code = ARENA_NEW(t->arena, uint32_t);
        struct lane *lane = ARENA_NEW(t->arena, struct lane);
        (void)snprintf(name, sizeof name, "v%05u", i < MANY ? i : MANY - 1);
        *code = texts_code(a.texts, bytes_of_text(name));
        *lane = (struct lane){.kind = LANE_CODES, .codes = code};
        list[i] = ARENA_NEW(t->arena, struct sequence);
        *list[i] = (struct sequence){.person = i + 1, .subject = i + 1, .count = 1, .moments = &one, .lanes = lane};
    }
    moments_answer(&a, list, MANY + 1);
    const char *largest[] = {"v09999"}, *next[] = {"v00000"}, *others[] = {"(other)"};
    CHECK_EQ(t, json_count(json_find(a.answer, BYTES_LIT("rows"))), 11);
    CHECK_EQ(t, moments_cell(moments_row(&a, largest, 1), 2), 2);
    CHECK_EQ(t, moments_cell(moments_row(&a, next, 1), 2), 1); /* of equals the first by name */
    CHECK_EQ(t, moments_cell(moments_row(&a, others, 1), 2), MANY - 10);
    CHECK_EQ(t, posed_number(&a, "others"), MANY - 10);
    posed_close(&a);
}

/* An event of nobody is an event, and no person's. */
static void events_of_nobody(struct t *t)
{
    struct posed a;
    struct made_moment made[] = {{shanghai_us("2026-03-04 12:00"), 7, 0}, {shanghai_us("2026-03-04 13:00"), 7, 0}};
    moments_open(&a, t, &trend_question,
                 "{\"from\": \"2026-03-04\", \"until\": \"2026-03-05\", \"series\": [\"page_viewed\", "
                 "{\"event\": \"page_viewed\", \"measure\": \"uniques\"}, {\"event\": \"page_viewed\", \"measure\": "
                 "\"active\"}]}",
                 shanghai_us("2026-04-01"));
    struct sequence *list[] = {moments_made(&a, PERSON_NONE, made, 2), moments_made(&a, 1, made, 1)};
    CHECK(t, a.question->plan.wants_nobody);
    moments_answer(&a, list, COUNT_OF(list));
    static const double totals[] = {3, 1, 1};
    for (uint32_t i = 0; i < COUNT_OF(totals); i++)
        CHECK_EQ(t, posed_number(&a, arena_printf(t->arena, "totals.0.%u", i)), totals[i]);
    posed_close(&a);
}

static void what_cannot_be_asked(struct t *t)
{
    static const struct {
        const char *members, *words;
    } rows[] = {
        {"", "\"series\" is missing"},
        {"\"series\": [{\"event\": \"page_viewed\", \"measure\": \"sum\"}]", "series[0]: \"value\" is missing"},
        {"\"series\": [{\"event\": \"page_viewed\", \"value\": \"amount\"}]",
         "series[0]: measure \"count\" has no \"value\""},
        {"\"series\": [{\"event\": \"page_viewed\", \"measure\": \"active\"}], \"unit\": \"week\"",
         "measure \"active\" is told day by day: unit \"day\""},
        {"\"series\": [{\"event\": \"page_viewed\"}], \"formula\": \"A / B\"",
         "formula: place 5: want a number, \"(\", or a series from A to A"},
        {"\"series\": [{\"event\": \"page_viewed\", \"measure\": \"active\"}], \"cumulative\": true",
         "\"cumulative\" doesn't go with measure \"active\""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        CHECK_TEXT(t, moments_refused(t, &trend_question, arena_printf(t->arena, "{%s}", rows[i].members)),
                   rows[i].words);
    CHECK_TEXT(t, moments_refused(t, &distribution_question, "{\"event\": \"page_viewed\", \"buckets\": [3, 1]}"),
               "buckets[1]: want numbers that ascend");
    CHECK_TEXT(t, moments_refused(t, &distribution_question, "{\"event\": \"page_viewed\", \"of\": \"sum\"}"),
               "\"value\" is missing");
}

static const struct test tests[] = {
    {"formulas", formulas, 1},
    {"what is no formula", what_is_no_formula, 1},
    {"hours of a long day", hours_of_a_long_day, 1},
    {"units that are incomplete", units_that_are_incomplete, 1},
    {"values without number", values_without_number, 1},
    {"events of nobody", events_of_nobody, 1},
    {"what can't be asked", what_cannot_be_asked, 1},
};
TEST_MAIN(tests)
