/* Channel quality as a question. Covers: channel_quality.c, channel_quality_print.c */
#include <math.h>

#include "base/attr.h"
#include "base/time.h"
#include "domain/analytics/kinds.h"
#include "domain/analytics/posed_test.h"
#include "engine/view.h"

#define NOW "2026-12-01"
#define PEOPLE 30
#define EVENTS 16
#define CHANNELS 3
#define COUNT_COLUMNS 9

static const char *const channel_names[CHANNELS] = {"ad", "mail", "tmall"};

#define BODY(more) "{\"from\": \"2026-03-01\", \"until\": \"2026-05-01\", \"repeat_within\": \"30d\"" more "}"

/* The cell of the row whose first cells are these (unit NULL: the question has none); NAN: null, or no such row. */
static double told(const struct posed *a, const char *unit, const char *channel, const char *column)
{
    struct json row, of;
    double x;
    for (struct json_walk rows = json_items(json_find(a->answer, BYTES_LIT("rows"))); json_item_next(&rows, &row);) {
        if (unit != NULL && !bytes_equal(json_string(json_at(row, "0")), bytes_of_text(unit)))
            continue;
        if (!bytes_equal(json_string(json_at(row, unit == NULL ? "0" : "1")), bytes_of_text(channel)))
            continue;
        struct json_walk cells = json_items(row);
        struct json cell;
        for (struct json_walk w = json_items(json_find(a->answer, BYTES_LIT("columns"))); json_item_next(&w, &of) && json_item_next(&cells, &cell);)
            if (bytes_equal(json_string(json_find(of, BYTES_LIT("name"))), bytes_of_text(column)))
                return json_double(cell, &x) ? x : NAN;
    }
    return NAN;
}

static void is_near(struct t *t, int line, const char *what, double got, double want)
{
    if (!(fabs(got - want) <= 1e-9 * (1 + fabs(want))))
        test_fail(t, __FILE__, line, "%s: got %.12g, want %.12g", what, got, want);
}
#define NEAR(t, got, want) is_near((t), __LINE__, #got, (got), (want))

/* --- by hand --- */

static const struct posed_event *anna(uint32_t *out_count)
{
    static struct posed_event events[5];
    const struct posed_event all[] = {
        {"page_viewed", posed_time("2026-03-01T00:00:00Z"), NAN, "channel=ad"},
        {"order_paid", posed_time("2026-03-02T00:00:00Z"), 100, "channel=tmall order=o1"},
        {"order_paid", posed_time("2026-03-02T00:00:01Z"), 100, "channel=tmall order=o1"},
        {"order_paid", posed_time("2026-04-01T00:00:00Z"), 60.5, "channel=mail order=o2"}, /* 30 days later: came back */
        {"refund_done", posed_time("2026-04-05T00:00:00Z"), 20, "channel=web order=o1"},
    };
    *out_count = COUNT_OF(all);
    return memcpy(events, all, sizeof all);
}

static const struct posed_event *ben(uint32_t *out_count)
{
    static struct posed_event events[2];
    const struct posed_event all[] = {
        {"order_paid", posed_time("2025-01-01T00:00:00Z"), 5, "channel=tmall order=o3"}, /* so he isn't new */
        {"order_paid", posed_time("2026-04-30T23:59:59Z"), 39.5, "channel=tmall order=o4"},
    };
    *out_count = COUNT_OF(all);
    return memcpy(events, all, sizeof all);
}

static const struct posed_event *nobody(uint32_t *out_count)
{
    static struct posed_event events[4];
    const struct posed_event all[] = {
        {"ad_cost_reported", posed_time("2026-02-28T00:00:00Z"), 1000, "channel=tmall"}, /* before the range */
        {"ad_cost_reported", posed_time("2026-03-01T00:00:00Z"), 30, "channel=tmall"},
        {"ad_cost_reported", posed_time("2026-04-01T00:00:00Z"), 10.01, "channel=tmall"},
        {"order_paid", posed_time("2026-04-01T00:00:00Z"), 7, "channel=mail"},
    };
    *out_count = COUNT_OF(all);
    return memcpy(events, all, sizeof all);
}

static void story(struct posed *a)
{
    uint32_t count;
    const struct posed_event *events = anna(&count);
    posed_take(a, a->tally, 1, events, count);
    events = ben(&count);
    posed_take(a, a->tally, 2, events, count);
    events = nobody(&count);
    posed_take(a, a->tally, PERSON_NONE, events, count);
    posed_answer(a, a->tally);
}

static void a_story(struct t *t)
{
    struct posed a;
    uint32_t count;
    posed_open(&a, t, &channel_quality_question, BODY(""), NOW);
    story(&a);
    NEAR(t, told(&a, NULL, "tmall", "cost"), 40.01);
    NEAR(t, told(&a, NULL, "tmall", "orders"), 2);
    NEAR(t, told(&a, NULL, "tmall", "customers"), 2);
    NEAR(t, told(&a, NULL, "tmall", "new_customers"), 1);
    NEAR(t, told(&a, NULL, "tmall", "gross"), 139.5);
    NEAR(t, told(&a, NULL, "tmall", "refunds"), 20); /* of the order's channel, not of the refund's */
    NEAR(t, told(&a, NULL, "tmall", "net"), 119.5);
    NEAR(t, told(&a, NULL, "tmall", "average_order"), 69.75);
    NEAR(t, told(&a, NULL, "tmall", "repeat_rate"), 1);
    NEAR(t, told(&a, NULL, "tmall", "repeat_rate_low"), 1 / (1 + pow(1.959963984540054, 2))); /* Wilson's of 1 of 1 */
    NEAR(t, told(&a, NULL, "tmall", "cost_per_new_customer"), 40.01);
    NEAR(t, told(&a, NULL, "tmall", "revenue_per_cost"), 139.5 / 40.01);
    NEAR(t, told(&a, NULL, "tmall", "return_on_cost"), (119.5 - 40.01) / 40.01);
    CHECK(t, isnan(told(&a, NULL, "mail", "cost"))); /* nobody said what it cost */
    CHECK(t, isnan(told(&a, NULL, "mail", "return_on_cost")));
    NEAR(t, told(&a, NULL, "mail", "orders"), 2);
    NEAR(t, told(&a, NULL, "mail", "customers"), 1); /* nobody is no customer */
    NEAR(t, posed_number(&a, "totals.net"), 187);
    const struct posed_event *events = anna(&count);
    CHECK(t, posed_in_cell(&a, "{\"value\": \"tmall\", \"who\": \"repeated\"}", 1, events, count));
    CHECK(t, !posed_in_cell(&a, "{\"value\": \"mail\", \"who\": \"new\"}", 1, events, count));
    events = ben(&count);
    CHECK(t, posed_in_cell(&a, "{\"value\": \"tmall\"}", 2, events, count));
    CHECK(t, !posed_in_cell(&a, "{\"who\": \"new\"}", 2, events, count));
    posed_close(&a);
}

static void months_are_apart(struct t *t)
{
    struct posed a;
    uint32_t count;
    posed_open(&a, t, &channel_quality_question, BODY(", \"unit\": \"month\""), NOW);
    story(&a);
    NEAR(t, told(&a, "2026-03", "tmall", "cost"), 30);
    NEAR(t, told(&a, "2026-03", "tmall", "refunds"), 0);
    NEAR(t, told(&a, "2026-04", "tmall", "refunds"), 20);
    NEAR(t, told(&a, "2026-04", "tmall", "new_customers"), 0);
    NEAR(t, told(&a, "2026-03", "tmall", "repeat_rate"), 1);
    const struct posed_event *events = ben(&count);
    CHECK(t, !posed_in_cell(&a, "{\"value\": \"tmall\", \"unit\": \"2026-03\"}", 2, events, count));
    CHECK(t, posed_in_cell(&a, "{\"value\": \"tmall\", \"unit\": \"2026-04\"}", 2, events, count));
    posed_close(&a);
}

/* What says its day is put in the place of what was said before of the same day, channel and campaign, whenever and by whichever thread it comes. */
static void the_last_report_of_a_day_counts(struct t *t)
{
    const struct posed_event first[] = {
        {"ad_cost_reported", posed_time("2026-03-02T00:00:00Z"), 100, "channel=ad campaign=spring day=2026-03-01"},
        {"ad_cost_reported", posed_time("2026-03-02T00:00:00Z"), 10, "channel=ad campaign=other day=2026-03-01"},
        {"ad_cost_reported", posed_time("2026-03-02T00:00:00Z"), 7, "channel=ad day=2026-04-30T10:00:00Z"},
        {"ad_cost_reported", posed_time("2026-03-02T00:00:00Z"), 5, "channel=ad day=2026-02-28"}, /* not in the range */
        {"ad_cost_reported", posed_time("2026-03-02T00:00:00Z"), 3, "channel=ad day=yesterday"},
        {"ad_cost_reported", posed_time("2026-03-03T00:00:00Z"), 1, "channel=ad"}, /* of its own time */
        {"ad_cost_reported", posed_time("2026-11-02T00:00:00Z"), 120, "channel=ad campaign=spring day=2026-03-01"},
    };
    const struct posed_event second[] = {
        {"ad_cost_reported", posed_time("2026-03-05T00:00:00Z"), 110, "channel=ad campaign=spring day=2026-03-01"},
    };
    for (int turned = 0; turned < 2; turned++) {
        struct posed a;
        posed_open(&a, t, &channel_quality_question, BODY(", \"unit\": \"month\""), NOW);
        void *other = channel_quality_question.tally(a.question, t->arena);
        posed_take(&a, turned ? other : a.tally, PERSON_NONE, first, COUNT_OF(first));
        posed_take(&a, turned ? a.tally : other, PERSON_NONE, second, COUNT_OF(second));
        channel_quality_question.join(a.question, a.tally, other);
        posed_answer(&a, a.tally);
        NEAR(t, told(&a, "2026-03", "ad", "cost"), 131);
        NEAR(t, told(&a, "2026-04", "ad", "cost"), 7);
        CHECK_EQ(t, posed_number(&a, "costs_without_readable_day"), 1);
        posed_close(&a);
    }
}

static void orders_go_to_touches(struct t *t)
{
    struct posed a;
    posed_open(&a, t, &channel_quality_question, BODY(", \"credit\": \"last_touch\", \"touches\": [\"page_viewed\"]"), NOW);
    story(&a);
    NEAR(t, told(&a, NULL, "ad", "gross"), 100);
    NEAR(t, told(&a, NULL, "ad", "new_customers"), 1);
    NEAR(t, told(&a, NULL, "(none)", "gross"), 60.5 + 39.5 + 7); /* the touch was more than 30 days ago, or there was none */
    NEAR(t, told(&a, NULL, "tmall", "cost"), 40.01);
    posed_close(&a);
    posed_open(&a, t, &channel_quality_question, BODY(", \"credit\": \"first_touch\", \"touches\": [\"page_viewed\"]"), NOW);
    story(&a);
    NEAR(t, told(&a, NULL, "ad", "gross"), 160.5);
    posed_close(&a);
}

static void wrong_bodies_are_explained(struct t *t)
{
    static const struct {
        const char *body, *words;
    } rows[] = {
        {BODY(", \"credit\": \"last_touch\""), "\"touches\" is missing"},
        {BODY(", \"touches\": [\"page_viewed\"]"), "say in \"credit\""},
        {BODY(", \"orders\": \"order_payd\""), "did you mean \"order_paid\"?"},
        {BODY(", \"unit\": \"fortnight\""), "unit"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const char *words = posed_refused(t, &channel_quality_question, rows[i].body, NOW);
        if (strstr(words, rows[i].words) == NULL)
            test_fail(t, __FILE__, __LINE__, "\"%s\" lacks \"%s\"", words, rows[i].words);
    }
}

/* --- against the definition --- */

struct buyer {
    struct posed_event events[EVENTS];
    uint32_t channels[EVENTS], keys[EVENTS]; /* CHANNELS: none; key 0: none */
    int64_t cents[EVENTS];
    uint32_t count;
};

static bool is(const struct buyer *p, uint32_t i, const char *name)
{
    return strcmp(p->events[i].name, name) == 0;
}

static void buyer_make(struct t *t, struct buyer *p)
{
    static const char *const names[] = {"order_paid", "order_paid", "refund_done", "ad_cost_reported"};
    int64_t us = posed_time("2026-02-01") + (int64_t)rng_below(&t->rng, 60) * US_PER_DAY;
    p->count = (uint32_t)rng_below(&t->rng, EVENTS + 1);
    for (uint32_t i = 0; i < p->count; i++) {
        us += (int64_t)rng_below(&t->rng, 15) * US_PER_DAY;
        p->channels[i] = (uint32_t)rng_below(&t->rng, CHANNELS + 1);
        p->keys[i] = (uint32_t)rng_below(&t->rng, 5);
        p->cents[i] = rng_between(&t->rng, 0, 50000);
        const char *channel = p->channels[i] < CHANNELS ? arena_printf(t->arena, "channel=%s", channel_names[p->channels[i]]) : "";
        const char *key = p->keys[i] > 0 ? arena_printf(t->arena, " order=o%u", p->keys[i]) : "";
        p->events[i] = (struct posed_event){names[rng_below(&t->rng, COUNT_OF(names))], us, (double)p->cents[i] / 100,
                                            channel[0] == 0 && key[0] == 0 ? NULL : arena_printf(t->arena, "%s%s", channel, key)};
    }
}

struct naive {
    int64_t from_us, until_us, now_us, repeat_us;
    int64_t figures[CHANNELS + 1][COUNT_COLUMNS]; /* orders, customers, new, mature, repeated, gross, refunds, costs, cost */
};

/* The first order with this key before event `at`; at: there is none. */
static uint32_t first_of_key(const struct buyer *p, uint32_t at)
{
    for (uint32_t i = 0; i < at; i++)
        if (is(p, i, "order_paid") && p->keys[at] != 0 && p->keys[i] == p->keys[at])
            return i;
    return at;
}

static void naive_take(struct naive *n, const struct buyer *p)
{
    bool is_customer[CHANNELS + 1] = {0};
    uint32_t orders[EVENTS], count = 0;
    for (uint32_t i = 0; i < p->count; i++) {
        bool in_range = p->events[i].time_us >= n->from_us && p->events[i].time_us < n->until_us;
        uint32_t first = first_of_key(p, i);
        if (is(p, i, "order_paid") && first == i)
            orders[count++] = i;
        if (!in_range)
            continue;
        if (is(p, i, "ad_cost_reported")) {
            n->figures[p->channels[i]][7]++;
            n->figures[p->channels[i]][8] += p->cents[i];
        } else if (is(p, i, "refund_done")) {
            n->figures[p->channels[first]][6] += p->cents[i];
        } else if (first == i) {
            n->figures[p->channels[i]][0]++;
            n->figures[p->channels[i]][5] += p->cents[i];
            n->figures[p->channels[i]][1] += !is_customer[p->channels[i]];
            is_customer[p->channels[i]] = true;
        }
    }
    if (count == 0 || p->events[orders[0]].time_us < n->from_us || p->events[orders[0]].time_us >= n->until_us)
        return;
    int64_t born_us = p->events[orders[0]].time_us;
    int64_t *figures = n->figures[p->channels[orders[0]]];
    bool is_mature = born_us + n->repeat_us < n->now_us;
    figures[2]++;
    figures[3] += is_mature;
    figures[4] += is_mature && count > 1 && p->events[orders[1]].time_us - born_us <= n->repeat_us;
}

static void it_is_the_definition(struct t *t)
{
    static struct buyer buyers[PEOPLE];
    struct posed a, threads;
    struct naive n = {.from_us = posed_time("2026-03-01"), .until_us = posed_time("2026-05-01"), .now_us = posed_time("2026-05-15"),
                      .repeat_us = 30 * US_PER_DAY};
    posed_open(&a, t, &channel_quality_question, BODY(""), "2026-05-15");
    posed_open(&threads, t, &channel_quality_question, BODY(""), "2026-05-15");
    void *other = channel_quality_question.tally(threads.question, t->arena);
    for (uint32_t i = 0; i < PEOPLE; i++) {
        buyer_make(t, &buyers[i]);
        naive_take(&n, &buyers[i]);
        posed_take(&a, a.tally, i + 1, buyers[i].events, buyers[i].count);
    }
    for (uint32_t i = PEOPLE; i-- > 0;)
        posed_take(&threads, rng_chance(&t->rng, 0.5) ? other : threads.tally, i + 1, buyers[i].events, buyers[i].count);
    channel_quality_question.join(threads.question, threads.tally, other);
    posed_answer(&a, a.tally);
    posed_answer(&threads, threads.tally);
    CHECK_BYTES(t, json_raw(threads.answer), json_raw(a.answer));
    for (uint32_t i = 0; i <= CHANNELS; i++) {
        const char *name = i < CHANNELS ? channel_names[i] : "(none)";
        const int64_t *f = n.figures[i];
        if (isnan(told(&a, NULL, name, "orders"))) {
            CHECK(t, f[0] == 0 && f[6] == 0 && f[7] == 0);
            continue;
        }
        NEAR(t, told(&a, NULL, name, "orders"), (double)f[0]);
        NEAR(t, told(&a, NULL, name, "customers"), (double)f[1]);
        NEAR(t, told(&a, NULL, name, "new_customers"), (double)f[2]);
        NEAR(t, told(&a, NULL, name, "repeat_rate_of"), (double)f[3]);
        if (f[3] > 0)
            NEAR(t, told(&a, NULL, name, "repeat_rate"), (double)f[4] / (double)f[3]);
        NEAR(t, told(&a, NULL, name, "gross"), (double)f[5] / 100);
        NEAR(t, told(&a, NULL, name, "refunds"), (double)f[6] / 100);
        if (f[7] > 0)
            NEAR(t, told(&a, NULL, name, "cost"), (double)f[8] / 100);
    }
    posed_close(&a);
    posed_close(&threads);
}

static const struct test tests[] = {
    {"a story", a_story, 1},
    {"months are apart", months_are_apart, 1},
    {"the last report of a day counts", the_last_report_of_a_day_counts, 1},
    {"orders go to touches", orders_go_to_touches, 1},
    {"wrong bodies are explained", wrong_bodies_are_explained, 1},
    {"it is the definition", it_is_the_definition, 200},
};
TEST_MAIN(tests)
