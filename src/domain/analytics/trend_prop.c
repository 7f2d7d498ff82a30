/* Trends against a model that looks at every event for every cell.
 * Covers: trend.c, trend_print.c, breakdown.c, edges.c, samples.c */
#include <math.h>
#include <stdlib.h>

#include "base/time.h"
#include "domain/analytics/kinds.h"
#include "domain/analytics/moments_test.h"

#define SUBJECTS 10u
#define SERIES 2u

static const char *const measures[] = {"count", "uniques", "sum", "average", "min", "max", "percentile", "active"};
enum { COUNT, UNIQUES, SUM, AVERAGE, LEAST, MOST, PERCENTILE, ACTIVE };
static const char *const units[] = {"day", "week", "month"};

struct asked_trend {
    size_t measures[SERIES], unit;
    uint32_t days; /* of active */
    bool by_value, is_cumulative, compares;
    int64_t from_us, until_us;
};

static bool needs_value(size_t measure)
{
    return measure >= SUM && measure <= PERCENTILE;
}

static int64_t unit_of(const struct asked_trend *r, int64_t us)
{
    int64_t day = shanghai_day(us);
    struct civil_date date = civil_of_day((int32_t)day);
    return r->unit == 0 ? day : r->unit == 1 ? (day + 3) / 7 : (date.year - 1970) * 12 + date.month - 1;
}

static struct asked_trend any_trend(struct t *t)
{
    struct asked_trend r = {.unit = rng_below(&t->rng, COUNT_OF(units)), .from_us = shanghai_us("2026-03-02"), .until_us = shanghai_us("2026-03-30")};
    if (r.unit == 2)
        r.until_us = shanghai_us("2026-06-01"), r.from_us = shanghai_us("2026-03-01");
    r.days = 1 + (uint32_t)rng_below(&t->rng, 30);
    r.by_value = rng_chance(&t->rng, 0.5);
    r.compares = rng_chance(&t->rng, 0.3);
    bool may_cumulate = true;
    for (uint32_t i = 0; i < SERIES; i++) {
        r.measures[i] = rng_below(&t->rng, r.unit == 0 ? COUNT_OF(measures) : ACTIVE);
        may_cumulate &= r.measures[i] != ACTIVE && r.measures[i] != PERCENTILE;
    }
    r.is_cumulative = may_cumulate && rng_chance(&t->rng, 0.4);
    return r;
}

static const char *body_of(struct t *t, const struct asked_trend *r)
{
    struct buf b = arena_buf(t->arena, 2048);
    buf_printf(&b, "{\"from\": \"%s\", \"until\": \"%s\", \"unit\": \"%s\", \"series\": [", r->unit == 2 ? "2026-03-01" : "2026-03-02",
               r->unit == 2 ? "2026-06-01" : "2026-03-30", units[r->unit]);
    for (uint32_t i = 0; i < SERIES; i++)
        buf_printf(&b, "%s{\"event\": \"page_viewed\", \"measure\": \"%s\"%s, \"percentile\": 75, \"days\": %u}", i > 0 ? ", " : "",
                   measures[r->measures[i]], needs_value(r->measures[i]) ? ", \"value\": \"amount\"" : "", r->days);
    buf_printf(&b, "], \"cumulative\": %s, \"compare\": %s, \"formula\": \"A / B * 100\"%s}", r->is_cumulative ? "true" : "false",
               r->compares ? "true" : "false", r->by_value ? ", \"breakdown\": \"kind\"" : "");
    return arena_text(t->arena, buf_bytes(&b));
}

/* Where the value and the kind of a moment stand. */
static uint32_t lane_of(const struct asked_trend *r, uint32_t series)
{
    uint32_t lane = 0;
    for (uint32_t i = 0; i < series; i++)
        lane += needs_value(r->measures[i]);
    return lane;
}

static int double_compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double measure_of(size_t measure, double *list, uint32_t count, uint32_t events, uint32_t subjects)
{
    double sum = 0, h = (count - 1.0) * 0.75;
    uint32_t i = count > 0 ? (uint32_t)h : 0;
    qsort(list, count, sizeof *list, double_compare);
    for (uint32_t k = 0; k < count; k++)
        sum += list[k];
    if (measure == COUNT || measure == UNIQUES || measure == ACTIVE)
        return measure == COUNT ? events : subjects;
    if (measure == SUM || count == 0)
        return measure == SUM ? sum : (double)NAN;
    if (measure == AVERAGE)
        return sum / count;
    if (measure == LEAST || measure == MOST)
        return measure == LEAST ? list[0] : list[count - 1];
    return i + 1 < count ? list[i] + (h - i) * (list[i + 1] - list[i]) : list[count - 1];
}

/* What a series is over the moments of a value in [from_us, until_us). */
static double model(struct posed *a, const struct asked_trend *r, struct sequence *const *list, uint32_t series, uint32_t value,
                    int64_t from_us, int64_t until_us)
{
    double *values = ARENA_ARRAY(a->t->arena, double, SUBJECTS *MOMENTS_MAX);
    uint32_t count = 0, events = 0, subjects = 0, kind = lane_of(r, SERIES);
    for (uint32_t i = 0; i < SUBJECTS; i++) {
        bool is_in = false;
        for (uint32_t k = 0; k < list[i]->count; k++) {
            const struct moment *m = &list[i]->moments[k];
            bool is_it = (m->picks >> series & 1) != 0 && m->time_us >= from_us && m->time_us < until_us;
            if (!is_it || (r->by_value && list[i]->lanes[kind].codes[m->row] != moments_code(a, value)))
                continue;
            is_in = true;
            events++;
            const struct lane *lane = &list[i]->lanes[lane_of(r, series)];
            if (needs_value(r->measures[series]) && lane->has[m->row])
                values[count++] = (double)lane->quantities[m->row].micro / 1e6;
        }
        subjects += is_in;
    }
    return measure_of(r->measures[series], values, count, events, subjects);
}

static bool same(double a, double b)
{
    return isnan(a) || isnan(b) ? isnan(a) && isnan(b) : fabs(a - b) < 1e-6;
}

/* A series in the `place`-th unit of a range that begins with the unit `first`. */
static double expected(struct posed *a, const struct asked_trend *r, struct sequence *const *list, uint32_t series, uint32_t value,
                       int64_t first, int64_t number)
{
    static const enum civil_unit civil_units[] = {CIVIL_DAY, CIVIL_WEEK, CIVIL_MONTH};
    const struct civil *c = a->question->civil;
    int64_t begin = r->is_cumulative ? first : r->measures[series] == ACTIVE ? number - r->days + 1 : number;
    return model(a, r, list, series, value, civil_begin_us(c, civil_units[r->unit], begin), civil_begin_us(c, civil_units[r->unit], number + 1));
}

static void compare_value(struct posed *a, const struct asked_trend *r, struct sequence *const *list, uint32_t value)
{
    static const enum civil_unit civil_units[] = {CIVIL_DAY, CIVIL_WEEK, CIVIL_MONTH};
    static const char *const texts[] = {"(none)", "a", "b", "c"};
    int64_t first = unit_of(r, r->from_us), count = unit_of(r, r->until_us - 1) - first + 1;
    for (int64_t number = first; number < first + count; number++) {
        char unit[CIVIL_TEXT_BYTES];
        civil_print(a->question->civil, civil_units[r->unit], number, unit);
        const char *keys[] = {texts[value], unit};
        struct json row = moments_row(a, r->by_value ? keys : keys + 1, r->by_value ? 2 : 1);
        bool is_there = json_is(row, JSON_ARRAY);
        double two[SERIES];
        for (uint32_t i = 0; i < SERIES; i++) {
            const char *column = i == 0 ? "a" : "b", *before = i == 0 ? "a_before" : "b_before";
            two[i] = expected(a, r, list, i, value, first, number);
            if (is_there)
                CHECK(a->t, same(moments_cell(row, moments_column(a, column)), two[i]));
            else
                CHECK(a->t, isnan(two[i]) || two[i] == 0);
            if (is_there && r->compares)
                CHECK(a->t, same(moments_cell(row, moments_column(a, before)), expected(a, r, list, i, value, first - count, number - count)));
            if (r->measures[i] != UNIQUES && r->measures[i] != ACTIVE)
                continue;
            const char *cell = arena_printf(a->t->arena, "{\"unit\": \"%s\", \"series\": %u%s}", unit, i + 1,
                                            r->by_value ? arena_printf(a->t->arena, ", \"value\": \"%s\"", texts[value]) : "");
            CHECK_EQ(a->t, moments_in_cell(a, cell, list, SUBJECTS), two[i]);
        }
        if (is_there)
            CHECK(a->t, same(moments_cell(row, moments_column(a, "formula")), two[1] == 0 ? (double)NAN : two[0] / two[1] * 100));
    }
}

static void trends_are_what_their_definition_says(struct t *t)
{
    struct asked_trend r = any_trend(t);
    struct posed a;
    struct sequence *list[SUBJECTS];
    moments_open(&a, t, &trend_question, body_of(t, &r), shanghai_us("2026-04-05 12:00"));
    for (uint32_t i = 0; i < SUBJECTS; i++)
        list[i] = moments_random(&a, i + 1, 25, shanghai_us("2026-02-01") + rng_between(&t->rng, 0, 60) * US_PER_DAY, 9 * US_PER_DAY);
    moments_answer(&a, list, SUBJECTS);
    for (uint32_t value = 0; value < (r.by_value ? VALUES_MAX : 1); value++)
        compare_value(&a, &r, list, value);
    for (uint32_t i = 0; i < SERIES && !r.by_value; i++) {
        double total = r.measures[i] == ACTIVE ? moments_in_cell(&a, i == 0 ? "{\"series\": 1}" : "{\"series\": 2}", list, SUBJECTS)
                                               : model(&a, &r, list, i, 0, r.from_us, r.until_us);
        CHECK(t, same(posed_number(&a, i == 0 ? "totals.0.0" : "totals.0.1"), total));
    }
    if (t->failures > 0)
        printf("  %s\n", body_of(t, &r));
    posed_close(&a);
}

/* --- the largest values, and the others --- */

static void others_are_together(struct t *t)
{
    struct posed a;
    struct sequence *list[SUBJECTS];
    const char *body = "{\"from\": \"2026-03-02\", \"until\": \"2026-03-30\", \"unit\": \"week\", \"series\": [{\"event\": \"page_viewed\"}], "
                       "\"breakdown\": \"kind\", \"top\": 2}";
    moments_open(&a, t, &trend_question, body, shanghai_us("2026-04-05"));
    for (uint32_t i = 0; i < SUBJECTS; i++)
        list[i] = moments_random(&a, i + 1, 25, shanghai_us("2026-03-02"), 2 * US_PER_DAY);
    moments_answer(&a, list, SUBJECTS);
    uint32_t shown = (uint32_t)json_count(json_find(a.answer, BYTES_LIT("totals"))), in_all = 0, in_others = 0;
    double before = INFINITY, sum = 0;
    for (uint32_t i = 0; i < shown; i++) {
        double count = posed_number(&a, arena_printf(t->arena, "totals.%u.1", i));
        CHECK(t, i == 2 || count <= before);
        before = count;
        sum += count;
    }
    for (uint32_t i = 0; i < SUBJECTS; i++)
        for (uint32_t k = 0; k < list[i]->count; k++)
            in_all += list[i]->moments[k].time_us < shanghai_us("2026-03-30");
    CHECK_EQ(t, sum, in_all);
    REQUIRE(t, shown == 3);
    const char *first = arena_text(t->arena, json_string(json_at(a.answer, "totals.0.0")));
    const char *second = arena_text(t->arena, json_string(json_at(a.answer, "totals.1.0")));
    CHECK_BYTES(t, json_string(json_at(a.answer, "totals.2.0")), BYTES_LIT("(other)"));
    for (uint32_t i = 0; i < SUBJECTS; i++) {
        bool is_other = false;
        for (uint32_t k = 0; k < list[i]->count; k++) {
            struct bytes kind = texts_get(a.texts, list[i]->lanes[0].codes[list[i]->moments[k].row]);
            kind = kind.size == 0 ? BYTES_LIT("(none)") : kind;
            is_other |= !bytes_equal(kind, bytes_of_text(first)) && !bytes_equal(kind, bytes_of_text(second)) &&
                        list[i]->moments[k].time_us < shanghai_us("2026-03-30");
        }
        in_others += is_other;
    }
    const char *cell = arena_printf(t->arena, "{\"value\": \"(other)\", \"but\": [\"%s\", \"%s\"]}", first, second);
    CHECK_EQ(t, moments_in_cell(&a, cell, list, SUBJECTS), in_others);
    posed_close(&a);
}

static const struct test tests[] = {
    {"trends are what their definition says", trends_are_what_their_definition_says, 400},
    {"others are together", others_are_together, 20},
};
TEST_MAIN(tests)
