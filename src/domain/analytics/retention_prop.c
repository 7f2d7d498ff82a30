/* Retention against a model that follows the definitions word by word.
 * Covers: retention.c, retention_walk.c, retention_print.c, groups.c */
#include <math.h>

#include "base/time.h"
#include "domain/analytics/kinds.h"
#include "domain/analytics/moments_test.h"

#define SUBJECTS 10u
#define PERIODS 9u /* more than any question has */
#define START 1u
#define BACK 2u

static const char *const modes[] = {"on", "on_or_after", "bracket", "on_or_before", "streak"};
static const char *const clocks[] = {"calendar", "rolling", "rolling_hours"};
static const char *const units[] = {"day", "week", "month"};
static const int64_t unit_days[] = {1, 7, 30};
enum { ON, ON_OR_AFTER, BRACKET, ON_OR_BEFORE, STREAK };
enum { CALENDAR, ROLLING, ROLLING_HOURS };
static const int64_t brackets[2][2] = {{1, 2}, {2, 5}};

struct asked_retention {
    size_t mode, clock, unit;
    bool recurring, by_value, has_sum, simple, previous;
    uint32_t periods;
    int64_t from_us, until_us, now_us;
};

/* The number of the unit that an instant is in. */
static int64_t unit_of(const struct asked_retention *r, int64_t us)
{
    int64_t day = shanghai_day(us);
    struct civil_date date = civil_of_day((int32_t)day);
    return r->unit == 0 ? day : r->unit == 1 ? (day + 3) / 7 : (date.year - 1970) * 12 + date.month - 1;
}

static bool matches(const struct sequence *s, uint32_t at, uint32_t pick)
{
    return (s->moments[at].picks & pick) != 0;
}

static uint32_t value_of(const struct asked_retention *r, const struct sequence *s, uint32_t at)
{
    return r->by_value ? s->lanes[r->has_sum ? 1 : 0].codes[s->moments[at].row] : CODE_NONE;
}

static bool may_start(const struct asked_retention *r, const struct sequence *s, uint32_t at)
{
    return matches(s, at, START) && s->moments[at].time_us >= r->from_us && s->moments[at].time_us < r->until_us;
}

static int64_t period_from(const struct asked_retention *r, const struct sequence *s, uint32_t start, uint32_t at)
{
    int64_t t = s->moments[start].time_us, u = s->moments[at].time_us, unit_us = unit_days[r->unit] * US_PER_DAY;
    if (r->clock == CALENDAR)
        return unit_of(r, u) - unit_of(r, t);
    if (r->clock == ROLLING)
        return (u - t) / unit_us;
    return (u / US_PER_HOUR - t / US_PER_HOUR) / (unit_us / US_PER_HOUR);
}

/* Whether a subject of the cohort (unit, value) came back in exactly this period, and what it was worth. */
struct activity {
    bool is_in;
    bool back[1000];
    double worth[1000];
    int64_t birth_us;
};

static struct activity activity_of(const struct asked_retention *r, const struct sequence *s, int64_t cohort, uint32_t value)
{
    struct activity a = {.is_in = false};
    uint32_t first_start = UINT32_MAX;
    for (uint32_t start = 0; start < s->count; start++) {
        bool is_first = matches(s, start, START) && first_start == UINT32_MAX;
        first_start = is_first ? start : first_start;
        bool opens = may_start(r, s, start) && unit_of(r, s->moments[start].time_us) == cohort && value_of(r, s, start) == value;
        if (!opens || (!r->recurring && !is_first) || (a.is_in && r->clock != ROLLING_HOURS))
            continue;
        if (!a.is_in)
            a.birth_us = s->moments[start].time_us;
        a.is_in = true;
        for (uint32_t at = start; at < s->count; at++) {
            bool shares = !r->by_value || at == start || (value != CODE_NONE && value_of(r, s, at) == value);
            if (!matches(s, at, BACK) || !shares)
                continue;
            int64_t period = period_from(r, s, start, at);
            a.back[period] = true;
            if (r->has_sum && s->lanes[0].has[s->moments[at].row])
                a.worth[period] += (double)s->lanes[0].quantities[s->moments[at].row].micro / 1e6;
        }
    }
    return a;
}

static void bounds_of(const struct asked_retention *r, uint32_t cell, int64_t *out_first, int64_t *out_last)
{
    *out_first = r->mode == ON_OR_BEFORE || r->mode == STREAK ? 0 : r->mode == BRACKET ? brackets[cell][0] : cell;
    *out_last = r->mode == ON_OR_AFTER ? 999 : r->mode == BRACKET ? brackets[cell][1] : cell;
}

static bool counts(const struct asked_retention *r, const struct activity *a, uint32_t cell)
{
    int64_t first, last, active = 0;
    bounds_of(r, cell, &first, &last);
    for (int64_t k = first; k <= last; k++)
        active += a->back[k];
    return r->mode == STREAK ? active == last - first + 1 : active > 0;
}

static double worth(const struct asked_retention *r, const struct activity *a, uint32_t cell)
{
    int64_t first, last;
    double sum = 0;
    bounds_of(r, cell, &first, &last);
    for (int64_t k = first; k <= last; k++)
        sum += a->worth[k];
    return sum;
}

/* Whether the last member's bucket has closed. */
static bool is_over(const struct asked_retention *r, int64_t cohort, int64_t last_birth_us, uint32_t cell)
{
    int64_t first, last;
    bounds_of(r, cell, &first, &last);
    last = r->mode == ON_OR_AFTER ? cell : last;
    if (r->clock == CALENDAR)
        return unit_of(r, r->now_us) > cohort + last;
    return last_birth_us + (last + 1) * unit_days[r->unit] * US_PER_DAY <= r->now_us;
}

/* Whether anybody of the cohort can be in the cell by now. */
static bool has_begun(const struct asked_retention *r, int64_t cohort, uint32_t cell)
{
    int64_t first = r->mode == BRACKET ? brackets[cell][0] : cell;
    if (r->clock == CALENDAR)
        return unit_of(r, r->now_us) >= cohort + first;
    return unit_of(r, r->now_us - first * unit_days[r->unit] * US_PER_DAY) >= cohort;
}

static uint32_t cells_of(const struct asked_retention *r)
{
    return r->mode == BRACKET ? 2 : r->periods + 1;
}

static const char *body_of(struct t *t, const struct asked_retention *r)
{
    return arena_printf(
        t->arena,
        "{\"from\": \"2026-03-03\", \"until\": \"2026-04-20\", \"start\": \"page_viewed\", \"return\": \"order_paid\", "
        "\"mode\": \"%s\", \"clock\": \"%s\", \"unit\": \"%s\", \"periods\": %u, \"cohort\": \"%s\", \"brackets\": [[1, 2], [2, 5]]%s%s"
        ", \"average\": \"%s\", \"relative_to\": \"%s\"}",
        modes[r->mode], clocks[r->clock], units[r->unit], r->periods, r->recurring ? "recurring" : "first_time",
        r->by_value ? ", \"breakdown\": \"kind\"" : "", r->has_sum ? ", \"value\": \"amount\"" : "", r->simple ? "simple" : "weighted",
        r->previous ? "previous" : "first");
}

static struct asked_retention any_retention(struct t *t)
{
    struct asked_retention r = {.mode = rng_below(&t->rng, COUNT_OF(modes)), .clock = rng_below(&t->rng, COUNT_OF(clocks))};
    r.unit = rng_below(&t->rng, COUNT_OF(units));
    r.recurring = rng_chance(&t->rng, 0.5);
    r.by_value = rng_chance(&t->rng, 0.4);
    r.has_sum = r.mode != STREAK && r.clock != ROLLING_HOURS && rng_chance(&t->rng, 0.4);
    r.simple = rng_chance(&t->rng, 0.5);
    r.previous = rng_chance(&t->rng, 0.3);
    r.periods = (uint32_t)rng_below(&t->rng, PERIODS);
    r.from_us = shanghai_us("2026-03-03");
    r.until_us = shanghai_us("2026-04-20");
    r.now_us = shanghai_us("2026-03-20") + rng_between(&t->rng, 0, 90) * US_PER_DAY;
    return r;
}

/* Of one cell of one cohort: what the model has. */
struct cell {
    uint32_t size, count;
    double sum;
    bool is_over;
};

static struct cell cell_of(const struct asked_retention *r, struct sequence *const *list, int64_t cohort, uint32_t value, uint32_t cell)
{
    struct cell c = {.is_over = true};
    int64_t last_birth_us = INT64_MIN;
    for (uint32_t i = 0; i < SUBJECTS; i++) {
        struct activity a = activity_of(r, list[i], cohort, value);
        if (!a.is_in)
            continue;
        c.size++;
        c.count += counts(r, &a, cell);
        c.sum += worth(r, &a, cell);
        last_birth_us = a.birth_us > last_birth_us ? a.birth_us : last_birth_us;
    }
    c.is_over = is_over(r, cohort, last_birth_us, cell);
    return c;
}

static const char *cohort_text(const struct posed *a, const struct asked_retention *r, int64_t cohort)
{
    static const enum civil_unit civil_units[] = {CIVIL_DAY, CIVIL_WEEK, CIVIL_MONTH};
    char *text = arena_take(a->t->arena, CIVIL_TEXT_BYTES, 1);
    civil_print(a->question->civil, civil_units[r->unit], cohort, text);
    return text;
}

/* Compares a row, and adds it to the average of its column. */
static void compare_row(struct posed *a, const struct asked_retention *r, struct sequence *const *list, int64_t cohort, uint32_t value,
                        uint32_t cell, double average[2])
{
    static const char *const texts[] = {"(none)", "a", "b", "c"};
    struct cell want = cell_of(r, list, cohort, moments_code(a, value), cell);
    const char *size = arena_printf(a->t->arena, "%u", want.size), *name = cohort_text(a, r, cohort);
    const char *period = r->mode == BRACKET ? (cell == 0 ? "1-2" : "2-5") : arena_printf(a->t->arena, "%u", cell);
    const char *keys[] = {texts[value], name, size, period};
    struct json row = moments_row(a, r->by_value ? keys : keys + 1, r->by_value ? 4 : 3);
    CHECK_EQ(a->t, json_is(row, JSON_ARRAY), want.size > 0 && has_begun(r, cohort, cell));
    if (!json_is(row, JSON_ARRAY))
        return;
    bool is_over_there = false;
    uint32_t columns = (uint32_t)json_count(row);
    CHECK_EQ(a->t, moments_cell(row, moments_column(a, "count")), want.count);
    if (r->has_sum)
        CHECK(a->t, fabs(moments_cell(row, moments_column(a, "sum")) - want.sum) < 1e-6);
    struct json_walk w = json_items(row);
    for (struct json last = row; columns > 0 && json_item_next(&w, &last); columns--)
        (void)json_bool(last, &is_over_there);
    CHECK_EQ(a->t, is_over_there, want.is_over);
    const char *spoken = arena_printf(a->t->arena, "{\"cohort\": \"%s\", \"period\": \"%s\"%s}", name, period,
                                      r->by_value ? arena_printf(a->t->arena, ", \"value\": \"%s\"", texts[value]) : "");
    CHECK_EQ(a->t, moments_in_cell(a, spoken, list, SUBJECTS), want.count);
    double whole = r->previous && cell > 0 && !r->has_sum ? cell_of(r, list, cohort, moments_code(a, value), cell - 1).count : want.size;
    double part = r->has_sum ? want.sum : want.count;
    if (whole > 0 && want.is_over) {
        average[0] += r->simple ? part / whole : part;
        average[1] += r->simple ? 1 : whole;
    }
}

static void retention_is_what_its_definition_says(struct t *t)
{
    struct asked_retention r = any_retention(t);
    struct posed a;
    struct sequence *list[SUBJECTS];
    moments_open(&a, t, &retention_question, body_of(t, &r), r.now_us);
    for (uint32_t i = 0; i < SUBJECTS; i++)
        list[i] = moments_random(&a, i + 1, 25, shanghai_us("2026-02-20") + rng_between(&t->rng, 0, 40) * US_PER_DAY, 9 * US_PER_DAY);
    moments_answer(&a, list, SUBJECTS);
    for (uint32_t cell = 0; cell < cells_of(&r); cell++) {
        double average[2] = {0};
        for (uint32_t value = 0; value < (r.by_value ? VALUES_MAX : 1); value++)
            for (int64_t cohort = unit_of(&r, r.from_us); cohort <= unit_of(&r, r.until_us - 1); cohort++)
                compare_row(&a, &r, list, cohort, value, cell, average);
        double got = posed_number(&a, arena_printf(t->arena, "averages.0.cells.%u.0", cell));
        if (!r.by_value && !isnan(got))
            CHECK(t, fabs(got - average[0] / average[1]) < 1e-9);
        if (!r.by_value)
            CHECK_EQ(t, isnan(got), average[1] == 0);
    }
    if (t->failures > 0)
        printf("  %s\n", body_of(t, &r));
    posed_close(&a);
}

static const struct test tests[] = {
    {"retention is what its definition says", retention_is_what_its_definition_says, 200},
};
TEST_MAIN(tests)
