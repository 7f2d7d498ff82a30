/* Conversion drivers as a question. Covers: drivers.c, drivers_print.c */
#include <math.h>

#include "base/attr.h"
#include "base/time.h"
#include "domain/analytics/kinds.h"
#include "domain/analytics/posed_test.h"
#include "lib/stats.h"

#define NOW "2026-12-01"
#define EVENTS 12
#define PEOPLE 60

#define BODY(more)                                                                                                        \
    "{\"conversion\": \"order_paid\", \"from\": \"2026-03-01\", \"until\": \"2026-04-01\", \"within\": \"3d\", "             \
    "\"convert_within\": \"10d\"" more "}"

static void is_near(struct t *t, int line, const char *what, double got, double want)
{
    if (!(fabs(got - want) <= 1e-9 * (1 + fabs(want))))
        test_fail(t, __FILE__, line, "%s: got %.12g, want %.12g", what, got, want);
}
#define NEAR(t, got, want) is_near((t), __LINE__, #got, (got), (want))

/* The row of a behaviour; value NULL: without one. */
static struct json row_of(const struct posed *a, const char *behaviour, const char *value, unsigned times)
{
    struct json row;
    int64_t so_often;
    for (struct json_walk rows = json_items(json_find(a->answer, BYTES_LIT("rows"))); json_item_next(&rows, &row);)
        if (bytes_equal(json_string(json_at(row, "0")), bytes_of_text(behaviour)) &&
            bytes_equal(json_string(json_at(row, "2")), bytes_of_text(value)) && json_int64(json_at(row, "3"), &so_often) && so_often == times)
            return row;
    return JSON_NOTHING;
}

static double told(const struct posed *a, struct json row, const char *column)
{
    struct json_walk cells = json_items(row);
    struct json of, cell;
    double x;
    for (struct json_walk w = json_items(json_find(a->answer, BYTES_LIT("columns"))); json_item_next(&w, &of) && json_item_next(&cells, &cell);)
        if (bytes_equal(json_string(json_find(of, BYTES_LIT("name"))), bytes_of_text(column)))
            return json_double(cell, &x) ? x : NAN;
    return NAN;
}

static bool is_significant(struct json row)
{
    bool is_so = false;
    return json_bool(json_at(row, "11"), &is_so) && is_so;
}

/* --- what is planted is found --- */

/* Everybody begins; some do things by chance, of which only one, with one value, helps. */
static uint32_t planted(struct t *t, struct posed_event *events)
{
    static const char *const idle[] = {"product_viewed", "cart_added", "app_opened", "product_shared"};
    int64_t us = posed_time("2026-03-02") + (int64_t)rng_below(&t->rng, 20) * US_PER_DAY;
    uint32_t count = 0;
    bool searched = rng_chance(&t->rng, 0.3);
    events[count++] = (struct posed_event){"page_viewed", us, NAN, NULL};
    for (size_t i = 0; i < COUNT_OF(idle); i++)
        if (rng_chance(&t->rng, 0.4))
            events[count++] = (struct posed_event){idle[i], us + (int64_t)i * US_PER_HOUR, NAN, NULL};
    if (searched)
        events[count++] = (struct posed_event){"product_searched", us + US_PER_DAY, NAN, rng_chance(&t->rng, 0.5) ? "channel=web" : "channel=app"};
    bool helps = searched && strcmp(events[count - 1].plan, "channel=web") == 0;
    if (rng_chance(&t->rng, helps ? 0.3 : 0.1))
        events[count++] = (struct posed_event){"order_paid", us + 5 * US_PER_DAY, 10, NULL};
    return count;
}

static void a_planted_driver_is_found(struct t *t)
{
    struct posed a;
    uint32_t finds = 0;
    posed_open(&a, t, &drivers_question, BODY(", \"values\": [\"channel\"]"), NOW);
    for (uint32_t person = 1; person <= 5000; person++) {
        struct posed_event events[EVENTS];
        uint32_t count = planted(t, events);
        posed_take(&a, a.tally, person, events, count);
    }
    posed_answer(&a, a.tally);
    struct json first = json_at(a.answer, "rows.0"), row;
    CHECK_BYTES(t, json_string(json_at(first, "0")), BYTES_LIT("product_searched"));
    CHECK_BYTES(t, json_string(json_at(first, "1")), BYTES_LIT("channel"));
    CHECK_BYTES(t, json_string(json_at(first, "2")), BYTES_LIT("web"));
    CHECK(t, is_significant(first));
    CHECK(t, told(&a, first, "lift_low") > 1.8 && told(&a, first, "lift_low") < 3.5 && told(&a, first, "lift_high") > 2.5); /* it is 3 */
    CHECK(t, !json_is(row_of(&a, "product_searched", NULL, 1), JSON_ABSENT));
    for (struct json_walk rows = json_items(json_find(a.answer, BYTES_LIT("rows"))); json_item_next(&rows, &row);)
        finds += is_significant(row) && !bytes_equal(json_string(json_at(row, "0")), BYTES_LIT("product_searched"));
    CHECK(t, finds <= 1); /* of five that do nothing */
    posed_close(&a);
}

/* --- who counts --- */

static void who_counts(struct t *t)
{
    const struct {
        const char *what;
        struct posed_event events[4];
        uint32_t count;
    } people[] = {
        {"people", {{"page_viewed", posed_time("2026-03-05T00:00:00Z"), NAN, NULL}, {"order_paid", posed_time("2026-03-08T00:00:00Z"), 1, NULL}}, 2},
        {"left_out_converted_early",
         {{"page_viewed", posed_time("2026-03-05T00:00:00Z"), NAN, NULL}, {"order_paid", posed_time("2026-03-07T23:59:59Z"), 1, NULL}},
         2},
        {"left_out_open", {{"page_viewed", posed_time("2026-03-20T00:00:00Z"), NAN, NULL}}, 1},
        {"people", {{"page_viewed", posed_time("2026-03-05T00:00:00Z"), NAN, NULL}, {"order_paid", posed_time("2026-03-18T00:00:00Z"), 1, NULL}}, 2},
        {"nobody",
         {{"app_opened", posed_time("2026-02-28T23:59:59Z"), NAN, NULL}, {"page_viewed", posed_time("2026-03-05T00:00:00Z"), NAN, NULL}},
         2},
    };
    static const double converted[] = {1, 0, 0, 0, 0};
    for (size_t i = 0; i < COUNT_OF(people); i++) {
        struct posed a;
        posed_open(&a, t, &drivers_question, BODY(""), "2026-04-01");
        posed_take(&a, a.tally, 1, people[i].events, people[i].count);
        posed_answer(&a, a.tally);
        double counted = posed_number(&a, people[i].what);
        CHECK(t, strcmp(people[i].what, "nobody") == 0 ? posed_number(&a, "people") == 0 : counted == 1);
        CHECK(t, posed_number(&a, "converted") == converted[i]);
        posed_close(&a);
    }
}

static void who_converted_before_is_left_out(struct t *t)
{
    const struct posed_event events[] = {
        {"order_paid", posed_time("2026-01-05T00:00:00Z"), 1, NULL},
        {"sign_up", posed_time("2026-03-05T00:00:00Z"), NAN, NULL},
    };
    struct posed a;
    posed_open(&a, t, &drivers_question, BODY(", \"start\": \"sign_up\""), NOW);
    posed_take(&a, a.tally, 1, events, COUNT_OF(events));
    posed_answer(&a, a.tally);
    CHECK(t, posed_number(&a, "left_out_converted_before") == 1 && posed_number(&a, "people") == 0);
    posed_close(&a);
}

/* Nothing at or after the conversion counts, whichever way early ones are taken. */
static void what_comes_after_is_no_driver(struct t *t)
{
    struct posed a;
    posed_open(&a, t, &drivers_question, BODY(", \"early\": \"count\", \"support_min\": 1"), NOW);
    for (uint32_t person = 1; person <= 40; person++) {
        bool converts = person % 2 == 0;
        const struct posed_event events[] = {
            {"page_viewed", posed_time("2026-03-05T00:00:00Z"), NAN, NULL},
            {converts ? "order_paid" : "app_opened", posed_time("2026-03-06T00:00:00Z"), 1, NULL},
            {converts || person == 1 ? "product_reviewed" : "app_opened", posed_time("2026-03-06T00:00:00Z"), NAN, NULL},
            {"page_viewed", posed_time("2026-03-10T00:00:00Z"), 1, NULL},
        };
        posed_take(&a, a.tally, person, events, COUNT_OF(events));
    }
    posed_answer(&a, a.tally);
    CHECK(t, posed_number(&a, "people") == 40 && posed_number(&a, "converted") == 20);
    NEAR(t, told(&a, row_of(&a, "product_reviewed", NULL, 1), "did"), 1); /* of the one who didn't convert */
    CHECK(t, json_is(row_of(&a, "order_paid", NULL, 1), JSON_ABSENT));
    posed_close(&a);
}

/* --- against the definition --- */

static const char *const names[] = {"page_viewed", "app_opened", "cart_added", "order_paid", "sign_up"};

struct person {
    struct posed_event events[EVENTS];
    uint32_t count;
};

static void person_make(struct t *t, struct person *p)
{
    int64_t us = posed_time("2026-02-25") + (int64_t)rng_below(&t->rng, 30) * US_PER_DAY;
    p->count = (uint32_t)rng_below(&t->rng, EVENTS + 1);
    for (uint32_t i = 0; i < p->count; i++) {
        us += (int64_t)rng_below(&t->rng, 3) * 12 * US_PER_HOUR;
        p->events[i] = (struct posed_event){names[rng_below(&t->rng, COUNT_OF(names))], us, NAN,
                                            rng_chance(&t->rng, 0.5) ? "channel=a" : rng_chance(&t->rng, 0.5) ? "channel=b" : NULL};
    }
}

struct asks {
    bool has_start, counts_early;
    int64_t from_us, until_us, now_us;
};

struct naive {
    uint64_t people, converted;
    uint64_t did[2][COUNT_OF(names)][3], did_converted[2][COUNT_OF(names)][3]; /* at least once, twice; whatever, channel a, b */
};

static bool is(const struct posed_event *e, const char *name)
{
    return strcmp(e->name, name) == 0;
}

static void naive_take(struct naive *n, const struct asks *asks, const struct person *p)
{
    uint32_t start = 0, done[COUNT_OF(names)][3] = {0};
    while (asks->has_start && start < p->count && !is(&p->events[start], "sign_up"))
        start++;
    if (start == p->count || p->events[start].time_us < asks->from_us || p->events[start].time_us >= asks->until_us)
        return;
    int64_t landmark_us = p->events[start].time_us + 3 * US_PER_DAY, end_us = landmark_us + 10 * US_PER_DAY, converts_us = INT64_MAX;
    uint32_t conversion = p->count;
    for (uint32_t i = p->count; i-- > 0;)
        if (is(&p->events[i], "order_paid"))
            conversion = i, converts_us = p->events[i].time_us;
    if (end_us > asks->now_us || conversion < start || (converts_us < landmark_us && !asks->counts_early))
        return;
    bool converted = converts_us < end_us;
    n->people++;
    n->converted += converted;
    for (uint32_t i = start + asks->has_start; i < conversion && p->events[i].time_us < landmark_us; i++)
        for (size_t k = 0; k < COUNT_OF(names); k++)
            if (is(&p->events[i], names[k])) {
                const char *plan = p->events[i].plan;
                done[k][0]++;
                if (plan != NULL)
                    done[k][plan[strlen("channel=")] == 'a' ? 1 : 2]++;
            }
    for (size_t k = 0; k < COUNT_OF(names); k++)
        for (size_t v = 0; v < 3; v++)
            for (uint32_t often = 1; often <= 2; often++)
                if (done[k][v] >= often) {
                    n->did[often - 1][k][v]++;
                    n->did_converted[often - 1][k][v] += converted;
                }
}

static void check_row(struct t *t, const struct posed *a, const struct naive *n, size_t k, size_t v, uint32_t often)
{
    static const char *const values[] = {NULL, "a", "b"};
    uint64_t did = n->did[often - 1][k][v];
    struct proportion with = {n->did_converted[often - 1][k][v], did};
    struct proportion without = {n->converted - with.count, n->people - did};
    struct json row = row_of(a, names[k], values[v], often);
    if (did < 2 || n->people - did < 2) {
        CHECK(t, json_is(row, JSON_ABSENT)); /* too few */
        return;
    }
    struct interval rate = wilson_interval(with, normal_quantile(0.975)), lift = ratio_interval(with, without, normal_quantile(0.975));
    NEAR(t, told(a, row, "did"), (double)did);
    NEAR(t, told(a, row, "rate_with"), (double)with.count / (double)with.of);
    NEAR(t, told(a, row, "rate_with_high"), rate.high);
    NEAR(t, told(a, row, "rate_without"), (double)without.count / (double)without.of);
    NEAR(t, told(a, row, "lift_low"), lift.low);
    CHECK(t, told(a, row, "p_adjusted") >= told(a, row, "p") * (1 - 1e-12));
    if (proportions_expected_least(with, without) < 5)
        NEAR(t, told(a, row, "p"), fisher_p(with, without));
}

static void it_is_the_definition(struct t *t)
{
    static struct person people[PEOPLE];
    static const char *const bodies[2][2] = {
        {BODY(", \"values\": [\"channel\"], \"times\": [1, 2], \"support_min\": 2, \"correction\": \"holm\""),
         BODY(", \"values\": [\"channel\"], \"times\": [1, 2], \"support_min\": 2, \"correction\": \"holm\", \"early\": \"count\"")},
        {BODY(", \"values\": [\"channel\"], \"times\": [1, 2], \"support_min\": 2, \"start\": \"sign_up\""),
         BODY(", \"values\": [\"channel\"], \"times\": [1, 2], \"support_min\": 2, \"start\": \"sign_up\", \"early\": \"count\"")},
    };
    struct asks asks = {.has_start = rng_chance(&t->rng, 0.5), .counts_early = rng_chance(&t->rng, 0.5), .from_us = posed_time("2026-03-01"),
                        .until_us = posed_time("2026-04-01"), .now_us = posed_time("2026-04-05")};
    const char *body = bodies[asks.has_start][asks.counts_early];
    struct naive n = {0};
    struct posed a, threads;
    posed_open(&a, t, &drivers_question, body, "2026-04-05");
    posed_open(&threads, t, &drivers_question, body, "2026-04-05");
    void *other = drivers_question.tally(threads.question, t->arena);
    for (uint32_t i = 0; i < PEOPLE; i++) {
        person_make(t, &people[i]);
        naive_take(&n, &asks, &people[i]);
        posed_take(&a, a.tally, i + 1, people[i].events, people[i].count);
    }
    for (uint32_t i = PEOPLE; i-- > 0;)
        posed_take(&threads, rng_chance(&t->rng, 0.5) ? other : threads.tally, i + 1, people[i].events, people[i].count);
    drivers_question.join(threads.question, threads.tally, other);
    posed_answer(&a, a.tally);
    posed_answer(&threads, threads.tally);
    CHECK_BYTES(t, json_raw(threads.answer), json_raw(a.answer));
    CHECK_EQ(t, posed_number(&a, "people"), n.people);
    CHECK_EQ(t, posed_number(&a, "converted"), n.converted);
    for (size_t k = 0; k < COUNT_OF(names); k++)
        for (size_t v = 0; v < 3; v++)
            for (uint32_t often = 1; often <= 2; often++)
                check_row(t, &a, &n, k, v, often);
    posed_close(&a);
    posed_close(&threads);
}

/* As many as the answer says are in its cells. */
static void cells_hold_who_is_counted(struct t *t)
{
    static struct person people[PEOPLE];
    const struct asks asks = {.from_us = posed_time("2026-03-01"), .until_us = posed_time("2026-04-01"), .now_us = posed_time(NOW)};
    struct naive n = {0};
    struct posed a;
    uint64_t did = 0, converted = 0, others = 0, all = 0;
    posed_open(&a, t, &drivers_question, BODY(", \"values\": [\"channel\"]"), NOW);
    for (uint32_t i = 0; i < PEOPLE; i++) {
        struct person *p = &people[i];
        person_make(t, p);
        naive_take(&n, &asks, p);
        all += posed_in_cell(&a, "{}", 1, p->events, p->count);
        did += posed_in_cell(&a, "{\"behaviour\": \"app_opened\", \"times\": 2}", 1, p->events, p->count);
        others += posed_in_cell(&a, "{\"behaviour\": \"app_opened\", \"times\": 2, \"did\": false}", 1, p->events, p->count);
        converted += posed_in_cell(&a, "{\"behaviour\": \"app_opened\", \"property\": \"channel\", \"value\": \"a\", \"converted\": true}", 1,
                                   p->events, p->count);
    }
    CHECK_EQ(t, all, n.people);
    CHECK_EQ(t, did, n.did[1][1][0]);
    CHECK_EQ(t, others, n.people - n.did[1][1][0]);
    CHECK_EQ(t, converted, n.did_converted[0][1][1]);
    posed_close(&a);
}

static void named_behaviours(struct t *t)
{
    struct posed a;
    posed_open(&a, t, &drivers_question, BODY(", \"start\": \"sign_up\", \"support_min\": 1, \"behaviours\": "
                                              "[{\"event\": \"page_viewed\", \"as\": \"看过\"}, {\"any\": [\"page_viewed\", \"cart_added\"], \"as\": \"either\"}]"),
               NOW);
    for (uint32_t person = 1; person <= 9; person++) {
        const struct posed_event events[] = {
            {"sign_up", posed_time("2026-03-05T00:00:00Z"), NAN, NULL},
            {person < 4 ? "page_viewed" : person < 6 ? "cart_added" : "app_opened", posed_time("2026-03-06T00:00:00Z"), NAN, NULL},
        };
        posed_take(&a, a.tally, person, events, COUNT_OF(events));
    }
    posed_answer(&a, a.tally);
    NEAR(t, told(&a, row_of(&a, "看过", NULL, 1), "did"), 3);
    NEAR(t, told(&a, row_of(&a, "either", NULL, 1), "did"), 5);
    CHECK_EQ(t, posed_number(&a, "tests"), 2);
    CHECK(t, strstr(posed_refused(t, &drivers_question, "{}", NOW), "\"conversion\" is missing") != NULL);
    CHECK(t, strstr(posed_refused(t, &drivers_question, BODY(", \"times\": [0]"), NOW), "from 1") != NULL);
    posed_close(&a);
}

static const struct test tests[] = {
    {"a planted driver is found", a_planted_driver_is_found, 3},
    {"who counts", who_counts, 1},
    {"who converted before is left out", who_converted_before_is_left_out, 1},
    {"what comes after is no driver", what_comes_after_is_no_driver, 1},
    {"it is the definition", it_is_the_definition, 200},
    {"cells hold who is counted", cells_hold_who_is_counted, 30},
    {"named behaviours", named_behaviours, 1},
};
TEST_MAIN(tests)
