/* Covers: session.c, sessions.c */
#include <math.h>
#include <stdlib.h>

#include "base/time.h"
#include "domain/analytics/survey_test.h"

#define LENGTHS_MAX 600

/* Which sessions there are, by the definition: each event is asked whether it begins one. */
struct naive {
    struct happenings all;
    int64_t gap_us;
    bool midnight, campaign;
};

static bool same_person(const struct naive *n, size_t a, size_t b)
{
    return a < n->all.count && b < n->all.count && n->all.list[a].person == n->all.list[b].person;
}

static bool begins(const struct naive *n, size_t i)
{
    const struct happening *h = n->all.list;
    if (i == 0 || !same_person(n, i - 1, i) || h[i].time_us - h[i - 1].time_us > n->gap_us)
        return true;
    if (n->midnight && shanghai_day(h[i].time_us) != shanghai_day(h[i - 1].time_us))
        return true;
    if (!n->campaign || h[i].campaign == NULL)
        return false;
    size_t first = i - 1;
    while (!begins(n, first))
        first--;
    return h[first].campaign == NULL || strcmp(h[first].campaign, h[i].campaign) != 0;
}

struct counted {
    int64_t sessions, people, events, bounces, length_us;
    int64_t lengths_us[LENGTHS_MAX];
};

static struct happenings in_range(struct t *t, struct happenings all, int64_t from_us, int64_t until_us)
{
    struct happening *list = ARENA_ARRAY(t->arena, struct happening, all.count + 1);
    size_t count = 0;
    for (size_t i = 0; i < all.count; i++)
        if (all.list[i].time_us >= from_us && all.list[i].time_us < until_us)
            list[count++] = all.list[i];
    return (struct happenings){list, count};
}

/* Sessions that begin in this month, with this event first (or last). */
static struct counted count_naively(const struct naive *n, int64_t month, const char *entry, const char *exit)
{
    struct counted c = {0};
    uint32_t last_person = 0;
    for (size_t i = 0; i < n->all.count; i++) {
        const struct happening *h = n->all.list;
        size_t end = i + 1;
        if (!begins(n, i) || shanghai_month(h[i].time_us) != month)
            continue;
        while (end < n->all.count && !begins(n, end))
            end++;
        if ((entry != NULL && strcmp(h[i].event, entry) != 0) || (exit != NULL && strcmp(h[end - 1].event, exit) != 0))
            continue;
        assert(c.sessions < LENGTHS_MAX);
        c.lengths_us[c.sessions++] = h[end - 1].time_us - h[i].time_us;
        c.people += h[i].person != last_person;
        last_person = h[i].person;
        c.events += (int64_t)(end - i);
        c.bounces += end - i == 1;
        c.length_us += h[end - 1].time_us - h[i].time_us;
    }
    return c;
}

static int length_compare(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* Type 7, in seconds: as far between the two lengths that lie around it as the percentile does. */
static double percentile_naively(struct counted *c, int percentile)
{
    qsort(c->lengths_us, (size_t)c->sessions, sizeof c->lengths_us[0], length_compare);
    int64_t hundredths = (c->sessions - 1) * percentile, low = hundredths / 100;
    int64_t high = low + 1 < c->sessions ? low + 1 : low;
    double part = (double)(hundredths % 100) / 100, from = (double)c->lengths_us[low], until = (double)c->lengths_us[high];
    return (from * (1 - part) + until * part) / 1e6;
}

static uint32_t row_of(struct json answer, const char *unit, const char *value)
{
    for (uint32_t i = 0; i < answer_rows(answer); i++)
        if (bytes_equal(json_string(answer_cell(answer, i, "unit")), bytes_of_text(unit)) &&
            (value == NULL || bytes_equal(json_string(answer_cell(answer, i, "value")), bytes_of_text(value))))
            return i;
    return UINT32_MAX;
}

static void sessions_are_as_defined(struct t *t)
{
    static const char *const by[] = {"nothing", "entry", "exit"};
    size_t k = rng_below(&t->rng, 3);
    const uint32_t *people = NULL;
    struct naive n = {.gap_us = rng_chance(&t->rng, 0.7) ? 30 * US_PER_MINUTE : 5 * US_PER_MINUTE,
                      .midnight = rng_chance(&t->rng, 0.5),
                      .campaign = rng_chance(&t->rng, 0.5)};
    struct posed a;
    struct happenings all = happenings_random(t);
    n.all = in_range(t, all, shanghai_us("2026-09-01 00:00"), shanghai_us("2026-11-01 00:00"));
    survey_open(&a, t, &sessions_question,
                arena_printf(t->arena, "{\"from\": \"2026-09-01\", \"until\": \"2026-11-01\", \"unit\": \"month\", \"percentiles\": [0, 50, 95], \"by\": \"%s\"%s%s%s}", by[k],
                             n.gap_us == 5 * US_PER_MINUTE ? ", \"gap\": \"5m\"" : "", n.midnight ? ", \"midnight\": true" : "",
                             n.campaign ? ", \"campaign\": \"campaign\"" : ""));
    struct json answer = survey_answer(&a, all, 3);
    const char *value = k == 0 ? NULL : "page_viewed";
    struct counted want = count_naively(&n, shanghai_month(shanghai_us("2026-09-15 00:00")), k == 1 ? value : NULL, k == 2 ? value : NULL);
    uint32_t row = row_of(answer, "2026-09", value);
    REQUIRE(t, want.sessions == 0 || row != UINT32_MAX);
    CHECK(t, want.sessions > 0 || row == UINT32_MAX || answer_int(answer, row, "sessions") == 0);
    if (want.sessions > 0) {
        CHECK_EQ(t, answer_int(answer, row, "sessions"), want.sessions);
        CHECK_EQ(t, answer_int(answer, row, "people"), want.people);
        CHECK_EQ(t, answer_int(answer, row, "events"), want.events);
        CHECK(t, fabs(answer_real(answer, row, "bounce") - (double)want.bounces / (double)want.sessions) < 1e-12);
        CHECK(t, fabs(answer_real(answer, row, "seconds_p0") - percentile_naively(&want, 0)) < 1e-6);
        CHECK(t, fabs(answer_real(answer, row, "seconds_p50") - percentile_naively(&want, 50)) < 1e-6);
        CHECK(t, fabs(answer_real(answer, row, "seconds_p95") - percentile_naively(&want, 95)) < 1e-6);
        CHECK(t, fabs(answer_real(answer, row, "seconds_a_session") - (double)want.length_us / 1e6 / (double)want.sessions) < 1e-6);
    }
    const char *cell = arena_printf(t->arena, "{\"unit\": \"2026-09\"%s}", value == NULL ? "" : ", \"value\": \"page_viewed\"");
    CHECK_EQ(t, survey_people(&a, all, cell, &people), want.people);
    posed_close(&a);
}

static void a_day_without_sessions_has_a_row(struct t *t)
{
    const struct happening list[] = {{.person = 1, .event = "page_viewed", .time_us = shanghai_us("2026-11-03 10:00")}};
    struct posed a;
    survey_open(&a, t, &sessions_question, "{\"from\": \"2026-11-01\", \"until\": \"2026-11-05\"}");
    struct json answer = survey_answer(&a, (struct happenings){list, COUNT_OF(list)}, 1);
    CHECK_EQ(t, answer_rows(answer), 4);
    for (uint32_t i = 0; i < 4; i++)
        CHECK_EQ(t, answer_int(answer, i, "sessions"), i == 2);
    CHECK(t, json_is(answer_cell(answer, 0, "bounce"), JSON_NULL));
    CHECK_EQ(t, answer_rows(survey_answer(&a, (struct happenings){list, 0}, 1)), 4);
    posed_close(&a);
}

static void thirty_minutes_are_one_session_and_a_microsecond_more_two(struct t *t)
{
    int64_t at = shanghai_us("2026-11-03 23:50");
    const struct happening list[] = {
        {.person = 1, .event = "page_viewed", .time_us = at},
        {.person = 1, .event = "page_viewed", .time_us = at + 30 * US_PER_MINUTE},
        {.person = 1, .event = "page_viewed", .time_us = at + 60 * US_PER_MINUTE + 1},
    };
    const struct happenings all = {list, COUNT_OF(list)};
    struct posed a;
    survey_open(&a, t, &sessions_question, "{\"unit\": \"range\"}");
    CHECK_EQ(t, answer_int(survey_answer(&a, all, 1), 0, "sessions"), 2);
    posed_close(&a);
    survey_open(&a, t, &sessions_question, "{\"unit\": \"range\", \"midnight\": true}");
    CHECK_EQ(t, answer_int(survey_answer(&a, all, 1), 0, "sessions"), 3);
    posed_close(&a);
}

/* Twenty pages, five told by name: the sixth row is what the others come to. */
static void other_values_are_one_row(struct t *t)
{
    struct happening list[60] = {0};
    struct posed a;
    for (uint32_t i = 0; i < COUNT_OF(list); i++)
        list[i] = (struct happening){.person = i, .event = "page_viewed", .amount = AMOUNT_NONE, .time_us = shanghai_us("2026-11-03 10:00"),
                                     .page = arena_printf(t->arena, "p%u", i < 10 ? 0 : i % 20)};
    survey_open(&a, t, &sessions_question, "{\"unit\": \"range\", \"breakdown\": \"page\", \"top\": 5, \"percentiles\": [50]}");
    struct json answer = survey_answer(&a, (struct happenings){list, COUNT_OF(list)}, 4);
    CHECK_EQ(t, answer_rows(answer), 6);
    CHECK_EQ(t, answer_int(answer, 0, "sessions"), 12); /* p0: ten, and two of the others */
    CHECK_BYTES(t, json_string(answer_cell(answer, 5, "value")), BYTES_LIT("(other)"));
    CHECK_EQ(t, answer_int(answer, 5, "sessions"), 60 - 12 - 4 * 3);
    CHECK(t, json_is(answer_cell(answer, 5, "people"), JSON_NULL));
    CHECK_EQ(t, answer_int(answer, 5, "seconds_p50"), 0);
    CHECK(t, strstr(survey_refused(t, &sessions_question, "{\"percentiles\": [90, 50]}"), "percentiles[1]: want ascending") != NULL);
    CHECK(t, strstr(survey_cell_refused(&a, "{\"value\": \"(other)\"}"), "others") != NULL);
    posed_close(&a);
    CHECK(t, strstr(survey_refused(t, &sessions_question, "{\"breakdown\": \"page\", \"by\": \"exit\"}"), "either") != NULL);
}

static const struct test tests[] = {
    {"sessions are as defined", sessions_are_as_defined, 150},
    {"a day without sessions has a row", a_day_without_sessions_has_a_row, 1},
    {"thirty minutes are one session, and a microsecond more two", thirty_minutes_are_one_session_and_a_microsecond_more_two, 1},
    {"other values are one row", other_values_are_one_row, 1},
};
TEST_MAIN(tests)
