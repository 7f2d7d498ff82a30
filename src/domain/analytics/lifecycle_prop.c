/* Covers: lifecycle.c, activity.c, answer.c, units.c */
#include "base/time.h"
#include "domain/analytics/survey_test.h"

enum { NEW, RETURNING, RESURRECTING, DORMANT, STANDINGS };
static const char *const names[STANDINGS] = {"new", "returning", "resurrecting", "dormant"};

static int64_t day_number(int64_t us)
{
    return shanghai_day(us);
}

static int64_t week_number(int64_t us)
{
    return (shanghai_day(us) + 3) / 7;
}

static const struct {
    const char *name;
    int64_t (*number)(int64_t us);
} units[] = {{"day", day_number}, {"week", week_number}, {"month", shanghai_month}};

struct naive {
    struct happenings all;
    const char *event; /* NULL: any */
    int64_t (*number)(int64_t us);
};

static bool active(const struct naive *n, uint32_t person, int64_t unit)
{
    for (size_t i = 0; i < n->all.count; i++) {
        const struct happening *h = &n->all.list[i];
        if (h->person == person && n->number(h->time_us) == unit && (n->event == NULL || strcmp(h->event, n->event) == 0))
            return true;
    }
    return false;
}

static bool active_before(const struct naive *n, uint32_t person, int64_t unit)
{
    for (int64_t before = unit - 1; before > unit - 400; before--)
        if (active(n, person, before))
            return true;
    return false;
}

static int standing(const struct naive *n, uint32_t person, int64_t unit)
{
    bool here = active(n, person, unit), last = active(n, person, unit - 1);
    if (here)
        return last ? RETURNING : active_before(n, person, unit) ? RESURRECTING : NEW;
    return last ? DORMANT : STANDINGS;
}

static void check_unit(struct t *t, struct posed *a, const struct naive *n, int64_t unit, uint32_t row)
{
    const uint32_t *people = NULL;
    struct json answer = survey_answer(a, n->all, 1 + (uint32_t)rng_below(&t->rng, 3));
    struct bytes text = json_string(answer_cell(answer, row, "unit"));
    char *name = arena_text(t->arena, text);
    int64_t counts[STANDINGS + 1] = {0}, told[STANDINGS];
    for (uint32_t p = 0; p < 20; p++)
        counts[standing(n, p, unit)]++;
    for (int k = 0; k < STANDINGS; k++)
        told[k] = answer_int(answer, row, names[k]);
    CHECK_EQ(t, answer_int(answer, row, "active"), counts[NEW] + counts[RETURNING] + counts[RESURRECTING]);
    for (int k = 0; k < STANDINGS; k++) {
        CHECK_EQ(t, told[k], k == DORMANT ? -counts[k] : counts[k]);
        const char *cell = arena_printf(t->arena, "{\"unit\": \"%s\", \"standing\": \"%s\"}", name, names[k]);
        CHECK_EQ(t, survey_people(a, n->all, cell, &people), counts[k]);
        for (int64_t i = 0; i < counts[k] && t->failures == 0; i++)
            CHECK_EQ(t, standing(n, people[i], unit), k);
    }
}

static void who_is_what_is_as_defined(struct t *t)
{
    size_t u = rng_below(&t->rng, 3);
    struct naive n = {.all = happenings_random(t), .event = rng_chance(&t->rng, 0.5) ? "page_viewed" : NULL, .number = units[u].number};
    const char *event = n.event == NULL ? "" : "\"event\": \"page_viewed\", ";
    struct posed a;
    survey_open(&a, t, &lifecycle_question,
                arena_printf(t->arena, "{%s\"unit\": \"%s\", \"from\": \"2026-08-05\", \"until\": \"2026-11-18\"}", event, units[u].name));
    struct json answer = survey_answer(&a, n.all, 2);
    int64_t first = n.number(shanghai_us("2026-08-05 00:00")), last = n.number(shanghai_us("2026-11-17 23:59"));
    CHECK_EQ(t, answer_rows(answer), last - first + 1);
    for (int i = 0; i < 6; i++) {
        int64_t unit = rng_between(&t->rng, first, last);
        check_unit(t, &a, &n, unit, (uint32_t)(unit - first));
    }
    posed_close(&a);
}

static void active_in_months_0_2_3_is_new_dormant_resurrecting_returning_dormant(struct t *t)
{
    const struct happening list[] = {{.person = 1, .event = "page_viewed", .time_us = shanghai_us("2026-05-03 08:00")},
                                     {.person = 1, .event = "page_viewed", .time_us = shanghai_us("2026-07-03 08:00")},
                                     {.person = 1, .event = "page_viewed", .time_us = shanghai_us("2026-08-31 23:59")}};
    static const char *const want[] = {"new", "dormant", "resurrecting", "returning", "dormant"};
    struct posed a;
    survey_open(&a, t, &lifecycle_question, "{\"unit\": \"month\", \"from\": \"2026-05-01\", \"until\": \"2026-10-01\"}");
    struct json answer = survey_answer(&a, (struct happenings){list, COUNT_OF(list)}, 1);
    for (uint32_t i = 0; i < COUNT_OF(want); i++)
        for (int k = 0; k < STANDINGS; k++)
            CHECK_EQ(t, answer_int(answer, i, names[k]), strcmp(want[i], names[k]) != 0 ? 0 : k == DORMANT ? -1 : 1);
    posed_close(&a);
}

static void a_unit_under_way_is_not_complete(struct t *t)
{
    struct posed a;
    survey_open(&a, t, &lifecycle_question, "{\"unit\": \"month\", \"from\": \"2026-10-01\", \"until\": \"2026-11-20\"}");
    struct json answer = survey_answer(&a, (struct happenings){NULL, 0}, 1);
    CHECK_EQ(t, answer_rows(answer), 2);
    CHECK(t, json_is(answer_cell(answer, 0, "is_complete"), JSON_TRUE));
    CHECK(t, json_is(answer_cell(answer, 1, "is_complete"), JSON_FALSE));
    posed_close(&a);
}

static void what_is_wrong_is_said(struct t *t)
{
    struct posed a;
    CHECK(t, strstr(survey_refused(t, &lifecycle_question, "{\"unit\": \"wek\"}"), "week") != NULL);
    survey_open(&a, t, &lifecycle_question, "{}");
    CHECK(t, strstr(survey_cell_refused(&a, "{\"unit\": \"2020-01-01\"}"), "2026-10-22") != NULL);
    CHECK(t, strstr(survey_cell_refused(&a, "{\"unit\": \"2026-11-01\", \"standin\": \"new\"}"), "standing") != NULL);
    posed_close(&a);
}

static const struct test tests[] = {
    {"who is what is as defined", who_is_what_is_as_defined, 60},
    {"active in months 0, 2, 3: new, dormant, resurrecting, returning, dormant", active_in_months_0_2_3_is_new_dormant_resurrecting_returning_dormant, 1},
    {"a unit under way is not complete", a_unit_under_way_is_not_complete, 1},
    {"what is wrong is said", what_is_wrong_is_said, 1},
};
TEST_MAIN(tests)
