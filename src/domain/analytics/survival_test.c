/* The question `survival` against a naive reading of each person's events. Its curve: survival_curve_test.c. */
#include "domain/analytics/posed_test.h"

#include <math.h>

#include "base/time.h"
#include "domain/analytics/kinds.h"

#define PEOPLE 60u
#define EVENTS_MAX 8u
#define NOW "2026-03-01T12:00:00Z"
#define FIRST_DAY INT64_C(20454) /* 2026-01-01 */
#define DAYS 65
#define UNTIL_DAY 58 /* 2026-02-28 is the last day of the range */

static const char *const plans[] = {"basic", "plus", NULL};

struct person {
    struct posed_event events[EVENTS_MAX];
    uint32_t count;
    bool starts, ends;
    uint32_t days; /* it lasted */
    const char *plan;
};

/* By the definition: the first start in the range, the first end behind it. */
static void person_judge(struct person *p)
{
    for (uint32_t i = 0; i < p->count; i++) {
        int64_t day = p->events[i].time_us / US_PER_DAY - FIRST_DAY;
        bool is_start = strcmp(p->events[i].name, "order_created") == 0;
        if (day > UNTIL_DAY || p->ends)
            continue;
        if (is_start && !p->starts) {
            p->starts = true;
            p->plan = p->events[i].plan;
            p->days = (uint32_t)(UNTIL_DAY - day);
        } else if (!is_start && p->starts) {
            p->days -= (uint32_t)(UNTIL_DAY - day);
            p->ends = true;
        }
    }
}

static void person_any(struct t *t, struct person *p)
{
    int64_t day = FIRST_DAY;
    *p = (struct person){.count = (uint32_t)rng_below(&t->rng, EVENTS_MAX)};
    for (uint32_t i = 0; i < p->count; i++) {
        day += (int64_t)rng_below(&t->rng, DAYS / EVENTS_MAX);
        p->events[i] = (struct posed_event){rng_chance(&t->rng, 0.5) ? "order_created" : "order_completed", day * US_PER_DAY + i, NAN,
                                            plans[rng_below(&t->rng, COUNT_OF(plans))]};
    }
    person_judge(p);
}

static bool same_plan(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* Of a group, how many of those that lasted so long ended (or not) then; days -1: any. */
static uint64_t naive_count(const struct person *all, const char *plan, int64_t days, bool ended)
{
    uint64_t count = 0;
    for (size_t i = 0; i < PEOPLE; i++)
        count += all[i].starts && same_plan(all[i].plan, plan) && (days < 0 || all[i].days == days) && all[i].ends == ended;
    return count;
}

static int64_t integer_at(struct json row, const char *place)
{
    int64_t x = -1;
    (void)json_int64(json_at(row, place), &x);
    return x;
}

static void row_check(struct t *t, struct posed *a, const struct person *all, struct json row)
{
    struct bytes name = json_string(json_at(row, "0"));
    int64_t days = integer_at(row, "1");
    const char *plan = NULL;
    for (size_t i = 0; i < COUNT_OF(plans); i++)
        if (plans[i] != NULL && bytes_equal(name, bytes_of_text(plans[i])))
            plan = plans[i];
    CHECK(t, plan != NULL || bytes_equal(name, BYTES_LIT("(none)")));
    CHECK_EQ(t, integer_at(row, "3"), naive_count(all, plan, days, true));
    CHECK_EQ(t, integer_at(row, "4"), naive_count(all, plan, days, false));
    uint64_t at_risk = 0;
    for (int64_t later = days; later < DAYS; later++)
        at_risk += naive_count(all, plan, later, true) + naive_count(all, plan, later, false);
    CHECK_EQ(t, integer_at(row, "2"), at_risk);
    /* The cell of the row holds those who ended. */
    uint64_t in_cell = 0;
    const char *cell = arena_printf(t->arena, "{\"value\": \"%.*s\", \"periods\": %lld}", BYTES_ARG(name), (long long)days);
    for (uint32_t i = 0; i < PEOPLE; i++)
        in_cell += posed_in_cell(a, cell, i + 1, all[i].events, all[i].count);
    CHECK_EQ(t, in_cell, integer_at(row, "3"));
}

static void groups_are_counted(struct t *t)
{
    struct posed a;
    struct person *all = ARENA_ARRAY(t->arena, struct person, PEOPLE);
    posed_open(&a, t, &survival_question,
                "{\"start\": \"order_created\", \"end\": \"order_completed\", \"breakdown\": \"plan\", \"from\": \"2026-01-01\", \"until\": \"2026-03-01\"}", NOW);
    void *other = a.question->kind->tally(a.question, t->arena);
    uint64_t starts = 0, subjects = 0;
    for (uint32_t i = 0; i < PEOPLE; i++) {
        person_any(t, &all[i]);
        posed_take(&a, rng_chance(&t->rng, 0.5) ? a.tally : other, i + 1, all[i].events, all[i].count);
        starts += all[i].starts;
    }
    a.question->kind->join(a.question, a.tally, other);
    struct json answer = posed_answer(&a, a.tally), row;
    for (struct json_walk w = json_items(json_at(answer, "rows")); json_item_next(&w, &row);) {
        row_check(t, &a, all, row);
        subjects += (uint64_t)(integer_at(row, "3") + integer_at(row, "4"));
    }
    CHECK_EQ(t, subjects, starts);
    posed_close(&a);
}

/* Of a month that hasn't ended nothing is told: who began in it hasn't lasted, who ended in it is as if they stayed. */
static void only_whole_units_count(struct t *t)
{
    struct posed a;
    const struct posed_event early[] = {{"order_created", posed_time("2026-01-05"), NAN, NULL}, {"order_completed", posed_time("2026-03-01"), NAN, NULL}};
    const struct posed_event late[] = {{"order_created", posed_time("2026-03-01"), NAN, NULL}};
    posed_open(&a, t, &survival_question,
               "{\"start\": \"order_created\", \"end\": \"order_completed\", \"unit\": \"month\", \"from\": \"2026-01-01\"}", NOW);
    posed_take(&a, a.tally, 1, early, 2);
    posed_take(&a, a.tally, 2, late, 1);
    (void)posed_answer(&a, a.tally);
    CHECK_EQ(t, json_count(json_at(a.answer, "rows")), 1);
    CHECK_EQ(t, posed_number(&a, "rows.0.0"), 1); /* January and February */
    CHECK_EQ(t, posed_number(&a, "rows.0.2"), 0);
    CHECK_EQ(t, posed_number(&a, "groups.0.subjects"), 1);
    posed_close(&a);
}

/* The leukaemia trial again (survival_curve_test.c), as days of a question. */
static void remission_take(struct posed *a, uint32_t *io_person, const char *plan, uint32_t weeks, bool ended, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        int64_t end = posed_time("2026-03-01"), start = end - (weeks + 1) * US_PER_DAY;
        /* Who isn't seen further is so at the end of the range; who ended did so anywhere. */
        struct posed_event events[] = {{"order_created", ended ? start - 3 * US_PER_DAY : start, NAN, plan},
                                       {"order_completed", start + ((int64_t)weeks - 3) * US_PER_DAY, NAN, NULL}};
        posed_take(a, a->tally, ++*io_person, events, ended ? 2 : 1);
    }
}

static void a_trial_is_told(struct t *t)
{
    static const struct {
        uint32_t weeks, ended, unseen;
    } treated[] = {{6, 3, 1}, {7, 1, 0}, {9, 0, 1}, {10, 1, 1}, {11, 0, 1}, {13, 1, 0}, {16, 1, 0}, {17, 0, 1},
                   {19, 0, 1}, {20, 0, 1}, {22, 1, 0}, {23, 1, 0}, {25, 0, 1}, {32, 0, 2}, {34, 0, 1}, {35, 0, 1}},
      untreated[] = {{1, 2, 0}, {2, 2, 0}, {3, 1, 0}, {4, 2, 0}, {5, 2, 0}, {8, 4, 0}, {11, 2, 0}, {12, 2, 0}, {15, 1, 0}, {17, 1, 0}, {22, 1, 0}, {23, 1, 0}};
    struct posed a;
    uint32_t person = 0;
    posed_open(&a, t, &survival_question,
                "{\"start\": \"order_created\", \"end\": \"order_completed\", \"breakdown\": \"plan\", \"from\": \"2026-01-01\", "
                "\"until\": \"2026-03-01\", \"project\": 5}",
                NOW);
    for (size_t i = 0; i < COUNT_OF(treated); i++) {
        remission_take(&a, &person, "6-MP", treated[i].weeks, true, treated[i].ended);
        remission_take(&a, &person, "6-MP", treated[i].weeks, false, treated[i].unseen);
    }
    for (size_t i = 0; i < COUNT_OF(untreated); i++)
        remission_take(&a, &person, "placebo", untreated[i].weeks, true, untreated[i].ended);
    CHECK_EQ(t, person, 42);
    (void)posed_answer(&a, a.tally);
    CHECK(t, fabs(posed_number(&a, "log_rank.chi_square") - 16.793) < 5e-4);
    CHECK_EQ(t, posed_number(&a, "log_rank.degrees"), 1);
    CHECK_EQ(t, posed_number(&a, "groups.0.hazard_ratio"), 1);
    CHECK(t, fabs(log(posed_number(&a, "groups.1.hazard_ratio")) - 1.5721) < 5e-5);
    CHECK_EQ(t, posed_number(&a, "groups.0.median"), 23);
    CHECK_EQ(t, posed_number(&a, "groups.1.median"), 8);
    CHECK_EQ(t, posed_number(&a, "groups.0.subjects"), 21);
    CHECK_EQ(t, posed_number(&a, "groups.0.ended"), 9);
    CHECK_EQ(t, json_count(json_at(a.answer, "groups.0.projection.shares")), 36 + 5);
    CHECK(t, posed_number(&a, "groups.0.projection.shares.40") < posed_number(&a, "groups.0.projection.shares.39"));
    posed_close(&a);
}

static void nobody_is_an_answer(struct t *t)
{
    struct posed a;
    posed_open(&a, t, &survival_question, "{\"end\": \"order_completed\", \"project\": 3}", NOW);
    (void)posed_answer(&a, a.tally);
    CHECK_EQ(t, json_count(json_at(a.answer, "rows")), 0);
    CHECK_EQ(t, json_count(json_at(a.answer, "groups")), 0);
    CHECK(t, json_is(json_at(a.answer, "log_rank"), JSON_NULL));
    posed_close(&a);
}

static void words_for_who_asks_wrongly(struct t *t)
{
    static const struct {
        const char *body, *word;
    } wrong[] = {
        {"{\"start\": \"order_created\"}", "end"},
        {"{\"end\": \"order_completed\", \"top\": 51}", "top"},
        {"{\"end\": \"order_completed\", \"unit\": \"fortnight\"}", "unit"},
        {"{\"end\": \"order_completed\", \"unit\": \"hour\", \"project\": 1, \"from\": \"2001-01-01\"}", "project"},
        {"{\"end\": \"order_completed\", \"unit\": \"quarter\", \"from\": \"2026-02-01\"}", "ended"},
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        CHECK(t, strstr(posed_refused(t, &survival_question, wrong[i].body, NOW), wrong[i].word) != NULL);
}

static const struct test tests[] = {
    {"groups are counted", groups_are_counted, 100},
    {"only whole units count", only_whole_units_count, 1},
    {"a trial is told", a_trial_is_told, 1},
    {"nobody is an answer", nobody_is_an_answer, 1},
    {"words for who asks wrongly", words_for_who_asks_wrongly, 1},
};
TEST_MAIN(tests)
