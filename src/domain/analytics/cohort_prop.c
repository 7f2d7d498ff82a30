/* Covers: cohort.c, cohorts.c, ltv.c, worth.c, quantity.c, groups.c, ranking.c */
#include <math.h>

#include "base/time.h"
#include "domain/analytics/groups.h"
#include "domain/analytics/quantity.h"
#include "domain/analytics/ranking.h"
#include "domain/analytics/survey_test.h"

#define PERIODS 5
#define COHORTS 4 /* from June to September 2026 */
#define FROM_TO "\"from\": \"2026-06-01\", \"until\": \"2026-10-01\", \"periods\": 5"

/* Whose first order falls into a month, or nobody's. */
static const struct happening *birth_of(struct happenings all, uint32_t person)
{
    for (size_t i = 0; i < all.count; i++)
        if (all.list[i].person == person && strcmp(all.list[i].event, "order_paid") == 0)
            return &all.list[i];
    return NULL;
}

static int64_t period_of(bool is_rolling, const struct happening *birth, const struct happening *h)
{
    return is_rolling ? (h->time_us - birth->time_us) / (30 * US_PER_DAY) : shanghai_month(h->time_us) - shanghai_month(birth->time_us);
}

static const char page_any[] = "*";

struct counted {
    int64_t size, people[PERIODS], events[PERIODS], micro[PERIODS];
    int64_t last_birth_us;
};

/* Is the page of a birth the one that is looked for? page_any: all are; NULL: those without one. */
static bool page_is(const struct happening *birth, const char *page)
{
    if (page == page_any)
        return true;
    return page == NULL || birth->page == NULL ? page == birth->page : strcmp(page, birth->page) == 0;
}

/* Of a month's cohort; orders come back as `returns`, refunds are taken away when they happen. */
static struct counted count_naively(struct happenings all, int64_t month, const char *returns, bool is_rolling, const char *page)
{
    struct counted c = {0};
    for (uint32_t p = 0; p < 20; p++) {
        const struct happening *birth = birth_of(all, p);
        bool there[PERIODS] = {true};
        if (birth == NULL || shanghai_month(birth->time_us) != month || !page_is(birth, page))
            continue;
        c.size++;
        c.last_birth_us = birth->time_us > c.last_birth_us ? birth->time_us : c.last_birth_us;
        for (const struct happening *h = birth; h < all.list + all.count && h->person == p; h++) {
            int64_t k = period_of(is_rolling, birth, h);
            if (k >= PERIODS)
                break;
            bool is_return = strcmp(h->event, returns) == 0, is_refund = strcmp(h->event, "refund_done") == 0;
            there[k] = there[k] || is_return;
            c.events[k] += is_return;
            if (h->amount != AMOUNT_NONE)
                c.micro[k] += is_return ? h->amount : is_refund ? -h->amount : 0;
        }
        for (int k = 0; k < PERIODS; k++)
            c.people[k] += there[k];
    }
    return c;
}

/* Is the k-th period over for everybody of the cohort? The view's time is the 20th of November. */
static bool is_over(const struct counted *c, int64_t month, int k, bool is_rolling)
{
    if (is_rolling)
        return c->last_birth_us + (k + 1) * 30 * US_PER_DAY <= survey_now_us();
    return month + k < shanghai_month(survey_now_us());
}

static void cells_are_as_counted(struct t *t)
{
    static const char *const measures[] = {"people", "events", "value"};
    bool is_rolling = rng_chance(&t->rng, 0.4);
    size_t measure = rng_below(&t->rng, 3);
    const char *returns = rng_chance(&t->rng, 0.5) ? "order_paid" : "page_viewed";
    struct happenings all = happenings_random(t);
    int64_t june = shanghai_month(shanghai_us("2026-06-01 00:00"));
    const uint32_t *people = NULL;
    struct posed a;
    survey_open(&a, t, &cohort_question,
                arena_printf(t->arena, "{" FROM_TO ", \"event\": \"order_paid\", \"return\": \"%s\", \"measure\": \"%s\"%s%s}", returns, measures[measure],
                             is_rolling ? ", \"count_periods\": \"rolling\"" : "",
                             measure == 2 ? ", \"value\": \"amount\", \"refund\": \"refund_done\"" : ""));
    for (uint32_t i = 0; i < COHORTS; i++) {
        struct json answer = survey_answer(&a, all, 3);
        struct counted c = count_naively(all, june + i, returns, is_rolling, page_any);
        CHECK_EQ(t, answer_int(answer, i, "size"), c.size);
        for (int k = 0; k < PERIODS; k++) {
            const char *column = arena_printf(t->arena, "period_%d", k);
            if (json_is(answer_cell(answer, i, column), JSON_NULL))
                continue; /* not begun: tested below */
            int64_t want = measure == 0 ? c.people[k] : measure == 1 ? c.events[k] : c.micro[k];
            CHECK_EQ(t, llround(answer_real(answer, i, column) * (measure == 2 ? 1e6 : 1)), want);
            if (c.size > 0)
                CHECK_EQ(t, answer_int(answer, i, "complete_periods") > k, is_over(&c, june + i, k, is_rolling));
        }
    }
    const char *cell = arena_printf(t->arena, "{\"cohort\": \"2026-07\", \"period\": %d}", (int)rng_below(&t->rng, PERIODS));
    struct counted july = count_naively(all, june + 1, returns, is_rolling, page_any);
    CHECK_EQ(t, survey_people(&a, all, cell, &people), july.people[cell[strlen(cell) - 2] - '0']);
    posed_close(&a);
}

static void a_curve_is_revenue_until_then_by_those_who_began(struct t *t)
{
    struct happenings all = happenings_random(t);
    int64_t june = shanghai_month(shanghai_us("2026-06-01 00:00"));
    struct counted c[COHORTS];
    struct posed a;
    survey_open(&a, t, &ltv_question, "{" FROM_TO ", \"event\": \"order_paid\", \"value\": \"amount\", \"refund\": \"refund_done\"}");
    struct json answer = survey_answer(&a, all, 2);
    for (uint32_t i = 0; i < COHORTS; i++) {
        int64_t sum = 0;
        c[i] = count_naively(all, june + i, "order_paid", false, page_any);
        for (int k = 0; k < PERIODS; k++) {
            double told = answer_real(answer, i, arena_printf(t->arena, "period_%d", k));
            sum += c[i].micro[k];
            if (is_over(&c[i], june + i, k, false) && c[i].size > 0)
                CHECK(t, fabs(told - (double)sum / 1e6 / (double)c[i].size) < 1e-9);
            else
                CHECK(t, isnan(told));
        }
    }
    for (int k = 0; k < PERIODS; k++) {
        int64_t micro = 0, size = 0;
        double told = NAN;
        for (uint32_t i = 0; i < COHORTS; i++)
            for (int before = 0; is_over(&c[i], june + i, k, false) && before <= k; before++) {
                micro += c[i].micro[before];
                size += before == 0 ? c[i].size : 0;
            }
        (void)json_double(json_at(answer, arena_printf(t->arena, "curve.%d.value", k)), &told);
        CHECK(t, size == 0 ? isnan(told) : fabs(told - (double)micro / 1e6 / (double)size) < 1e-9);
    }
    posed_close(&a);
}

/* The row of a page's cohort; UINT32_MAX: there is none. */
static uint32_t row_of(struct json answer, const char *page, const char *cohort)
{
    for (uint32_t i = 0; i < answer_rows(answer); i++)
        if (bytes_equal(json_string(answer_cell(answer, i, "page")), bytes_of_text(page)) &&
            bytes_equal(json_string(answer_cell(answer, i, "cohort")), bytes_of_text(cohort)))
            return i;
    return UINT32_MAX;
}

/* Cohorts by the page of the first order, of a random one of the four pages: sizes, cells, people, and the average and the curve over its cohorts. */
static void cohorts_are_told_apart_by_the_first_event(struct t *t)
{
    static const char *const pages[] = {NULL, "a", "b", "c"};
    static const char *const months[COHORTS] = {"2026-06", "2026-07", "2026-08", "2026-09"};
    const char *page = pages[rng_below(&t->rng, COUNT_OF(pages))], *told = page == NULL ? "(none)" : page;
    struct happenings all = happenings_random(t);
    int64_t june = shanghai_month(shanghai_us("2026-06-01 00:00")), size = 0, events = 0, micro = 0;
    struct posed counts, curves;
    survey_open(&counts, t, &cohort_question, "{" FROM_TO ", \"event\": \"order_paid\", \"measure\": \"events\", \"breakdown\": \"page\"}");
    survey_open(&curves, t, &ltv_question, "{" FROM_TO ", \"event\": \"order_paid\", \"value\": \"amount\", \"refund\": \"refund_done\", \"breakdown\": \"page\"}");
    struct json answer = survey_answer(&counts, all, 3), curve = survey_answer(&curves, all, 2);
    for (uint32_t i = 0; i < COHORTS; i++) {
        struct counted c = count_naively(all, june + i, "order_paid", false, page);
        const uint32_t *people = NULL;
        uint32_t row = row_of(answer, told, months[i]);
        CHECK_EQ(t, row != UINT32_MAX, c.size > 0);
        size += c.size;
        events += c.events[1];
        micro += c.micro[0] + c.micro[1];
        if (row == UINT32_MAX)
            continue;
        CHECK_EQ(t, answer_int(answer, row, "size"), c.size);
        CHECK_EQ(t, answer_int(answer, row, "period_1"), c.events[1]);
        const char *cell = arena_printf(t->arena, "{\"cohort\": \"%s\", \"period\": 1, \"value\": \"%s\"}", months[i], told);
        CHECK_EQ(t, survey_people(&counts, all, cell, &people), c.people[1]);
        CHECK_EQ(t, survey_people(&curves, all, cell, &people), c.size);
    }
    for (uint32_t i = 0; i < COUNT_OF(pages); i++) {
        struct json average = json_at(answer, arena_printf(t->arena, "averages.%u", i)), one = json_at(curve, arena_printf(t->arena, "curves.%u", i));
        double is_average = NAN, is_value = NAN;
        if (!bytes_equal(json_string(json_at(average, "of.0")), bytes_of_text(told)))
            continue;
        CHECK_BYTES(t, json_string(json_at(one, "of.0")), bytes_of_text(told));
        CHECK(t, json_double(json_at(average, "average.1"), &is_average) && json_double(json_at(one, "curve.1.value"), &is_value));
        CHECK(t, fabs(is_average - (double)events / (double)size) < 1e-9 && fabs(is_value - (double)micro / 1e6 / (double)size) < 1e-9);
        size = 0;
    }
    CHECK_EQ(t, size, 0); /* it was found, unless nobody began so */
    posed_close(&counts);
    posed_close(&curves);
}

static void who_began_before_the_range_is_in_no_cohort(struct t *t)
{
    const struct happening list[] = {{.person = 1, .event = "order_paid", .amount = 5000000, .time_us = shanghai_us("2019-05-01 00:00")},
                                     {.person = 1, .event = "order_paid", .amount = 5000000, .time_us = shanghai_us("2026-07-01 00:00")},
                                     {.person = 2, .event = "order_paid", .amount = 5000000, .time_us = shanghai_us("2026-07-31 23:59")}};
    struct posed a;
    survey_open(&a, t, &cohort_question, "{" FROM_TO ", \"event\": \"order_paid\"}");
    struct json answer = survey_answer(&a, (struct happenings){list, COUNT_OF(list)}, 1);
    CHECK_EQ(t, answer_int(answer, 1, "size"), 1);
    CHECK_EQ(t, answer_rows(answer), COHORTS);
    CHECK_EQ(t, answer_int(answer, 3, "complete_periods"), 2);   /* of September: October is over, November isn't */
    CHECK_EQ(t, answer_int(answer, 3, "period_2"), 0);           /* under way */
    CHECK(t, json_is(answer_cell(answer, 3, "period_3"), JSON_NULL)); /* not begun */
    posed_close(&a);
}

static void what_cannot_be_is_refused(struct t *t)
{
    CHECK(t, strstr(survey_refused(t, &ltv_question, "{\"event\": \"order_paid\"}"), "value") != NULL);
    CHECK(t, strstr(survey_refused(t, &cohort_question, "{\"unit\": \"quarter\", \"count_periods\": \"rolling\"}"), "unit") != NULL);
    CHECK(t, strstr(survey_refused(t, &cohort_question, "{\"refund\": \"refund_done\"}"), "value") != NULL);
    CHECK(t, strstr(survey_refused(t, &cohort_question, "{\"measure\": \"events\", \"value\": \"item.price\", \"times\": \"item.quantity\"}"), "items") != NULL);
}

/* --- what they are made of --- */

static void groups_are_found_again(struct t *t)
{
    struct groups g;
    uint64_t sums[50] = {0}, all = 0;
    uint32_t at = 0;
    groups_init(&g, t->arena, sizeof(uint64_t));
    for (int i = 0; i < 2000; i++) {
        uint64_t k = rng_below(&t->rng, 50);
        sums[k] += (uint64_t)i;
        *(uint64_t *)groups_take(&g, (struct group_key){k % 7, k << 32}) += (uint64_t)i;
    }
    for (uint64_t k = 0; k < 50; k++) {
        const uint64_t *found = groups_find(&g, (struct group_key){k % 7, k << 32});
        CHECK(t, sums[k] == 0 ? found == NULL || *found == 0 : found != NULL && *found == sums[k]);
    }
    while (groups_next(&g, &at) != NULL)
        all++;
    CHECK_EQ(t, all, g.count);
    CHECK(t, groups_find(&g, (struct group_key){9, 9}) == NULL);
}

static void sums_are_exact_until_they_dont_fit(struct t *t)
{
    struct quantity_sum s = {0};
    struct quantity dime = {.micro = 100000};
    for (int i = 0; i < 3; i++)
        quantity_add(&s, dime);
    CHECK(t, s.micro == 300000 && s.real == 0);
    quantity_less(&s, (struct quantity){.is_real = true, .real = 0.5});
    CHECK(t, fabs(quantity_double(s) + 0.2) < 1e-12 && quantity_micro(s) == -200000);
    s = (struct quantity_sum){.micro = INT64_MAX - 1};
    quantity_add(&s, dime);
    CHECK(t, s.real != 0 && quantity_micro(s) == INT64_MAX);
    CHECK_EQ(t, quantity_times((struct quantity){.micro = 2550000}, (struct quantity){.micro = 6000000}).micro, 15300000);
    CHECK(t, quantity_times((struct quantity){.micro = 1}, (struct quantity){.micro = 1}).is_real);
}

static void the_largest_come_first_and_equal_ones_by_name(struct t *t)
{
    struct ranked list[] = {{.count = 1, .names = {BYTES_LIT("b")}}, {.count = 1, .names = {BYTES_LIT("a")}, .level = 2},
                            {.count = 1, .names = {BYTES_LIT("a")}, .level = 1}, {.count = 3, .names = {BYTES_LIT("z")}}};
    ranking_sort(list, COUNT_OF(list));
    CHECK(t, list[0].count == 3 && list[1].level == 1 && list[2].level == 2);
    CHECK_BYTES(t, list[3].names[0], BYTES_LIT("b"));
}

static const struct test tests[] = {
    {"cells are as counted", cells_are_as_counted, 80},
    {"a curve is revenue until then by those who began", a_curve_is_revenue_until_then_by_those_who_began, 60},
    {"cohorts are told apart by the first event", cohorts_are_told_apart_by_the_first_event, 60},
    {"who began before the range is in no cohort", who_began_before_the_range_is_in_no_cohort, 1},
    {"what cannot be is refused", what_cannot_be_is_refused, 1},
    {"groups are found again", groups_are_found_again, 20},
    {"sums are exact until they don't fit", sums_are_exact_until_they_dont_fit, 1},
    {"the largest come first, and equal ones by name", the_largest_come_first_and_equal_ones_by_name, 1},
};
TEST_MAIN(tests)
