/* Attribution as a question. Covers: attribution.c, attribution_conclude.c, attribution_print.c, attribution_walk.c, minor.c */
#include <math.h>

#include "base/attr.h"
#include "base/time.h"
#include "domain/analytics/posed_test.h"
#include "domain/analytics/attribution.h"
#include "domain/analytics/kinds.h"
#include "domain/analytics/minor.h"

#define NOW "2026-03-01"
#define PEOPLE 40
#define EVENTS 24
#define CHANNELS 5
#define CLOSE 2e-6 /* conversions are told in millionths */

static const char *const channel_names[CHANNELS] = {"ad", "direct", "mail", "search", "social"};

#define BODY(more)                                                                                                        \
    "{\"touches\": [\"page_viewed\"], \"conversion\": \"order_paid\", \"value\": \"amount\", \"key\": \"order\", "          \
    "\"from\": \"2026-01-10\", \"until\": \"2026-02-10\", \"look_back\": \"7d\", \"direct\": \"direct\"" more "}"

static struct json row_of(const struct posed *a, const char *channel)
{
    struct json row;
    for (struct json_walk w = json_items(json_find(a->answer, BYTES_LIT("rows"))); json_item_next(&w, &row);)
        if (bytes_equal(json_string(json_at(row, "0")), bytes_of_text(channel)))
            return row;
    return JSON_NOTHING;
}

/* The value of a channel's row in the column of that name; NAN: there is none. */
static double told(const struct posed *a, const char *channel, const char *column)
{
    struct json_walk cells = json_items(row_of(a, channel));
    struct json of, cell;
    double x;
    for (struct json_walk w = json_items(json_find(a->answer, BYTES_LIT("columns"))); json_item_next(&w, &of) && json_item_next(&cells, &cell);)
        if (bytes_equal(json_string(json_find(of, BYTES_LIT("name"))), bytes_of_text(column)))
            return json_double(cell, &x) ? x : NAN;
    return NAN;
}

static void is_near(struct t *t, int line, const char *what, double got, double want)
{
    if (!(fabs(got - want) <= CLOSE * (1 + fabs(want))))
        test_fail(t, __FILE__, line, "%s: got %.9g, want %.9g", what, got, want);
}
#define NEAR(t, got, want) is_near((t), __LINE__, #got, (got), (want))

/* --- by hand --- */

static void a_story(struct t *t)
{
    const struct posed_event anna[] = {
        {"page_viewed", posed_time("2026-01-05T00:00:00Z"), NAN, "channel=search"}, /* before the range, within the window */
        {"page_viewed", posed_time("2026-01-11T00:00:00Z"), NAN, "channel=ad"},
        {"order_paid", posed_time("2026-01-12T00:00:00Z"), 100.01, "order=o1 channel=web"},
        {"order_paid", posed_time("2026-01-12T01:00:00Z"), 100.01, "order=o1 channel=web"}, /* again */
        {"page_viewed", posed_time("2026-01-12T02:00:00Z"), NAN, "channel=direct"},
        {"order_paid", posed_time("2026-01-14T00:00:00Z"), 50, "order=o2"},
        {"page_viewed", posed_time("2026-02-01T00:00:00Z"), NAN, "channel=ad"},
        {"page_viewed", posed_time("2026-02-01T00:00:00Z"), NAN, NULL},
    };
    const struct posed_event ben[] = {
        {"order_paid", posed_time("2026-01-20T00:00:00Z"), NAN, NULL},
        {"page_viewed", posed_time("2026-01-20T00:00:00Z"), NAN, "channel=mail"},
        {"page_viewed", posed_time("2026-01-27T00:00:00Z"), NAN, "channel=mail"},
        {"page_viewed", posed_time("2026-01-27T00:00:01Z"), NAN, "channel=ad"},
        {"page_viewed", posed_time("2026-02-09T00:00:00Z"), NAN, "channel=ad"},
        {"order_paid", posed_time("2026-02-12T00:00:00Z"), 9, "order=o3"}, /* after the range: its touch led to something */
    };
    struct posed a;
    posed_open(&a, t, &attribution_question, BODY(""), NOW);
    posed_take(&a, a.tally, 1, anna, COUNT_OF(anna));
    posed_take(&a, a.tally, 2, ben, COUNT_OF(ben));
    posed_answer(&a, a.tally);
    CHECK_EQ(t, posed_number(&a, "totals.conversions"), 3);
    CHECK_EQ(t, posed_number(&a, "totals.without_touch"), 1);
    CHECK_EQ(t, posed_number(&a, "totals.conversions_without_value"), 1);
    CHECK_EQ(t, posed_number(&a, "totals.duplicates"), 1);
    CHECK_EQ(t, posed_number(&a, "totals.touches_without_channel"), 1);
    CHECK_EQ(t, posed_number(&a, "totals.paths_without_conversion"), 3); /* ad; mail mail; ad */
    CHECK_EQ(t, posed_number(&a, "totals.open_paths"), 0);
    NEAR(t, posed_number(&a, "totals.value"), 150.01);
    NEAR(t, told(&a, "search", "first"), 1);
    NEAR(t, told(&a, "ad", "first"), 1); /* the second order: ad, direct; search is 9 days old */
    NEAR(t, told(&a, "ad", "last_non_direct_value"), 150.01);
    NEAR(t, told(&a, "direct", "last_value"), 50);
    NEAR(t, told(&a, "ad", "linear"), 1);
    NEAR(t, told(&a, "ad", "converted"), 2);
    NEAR(t, told(&a, "mail", "touches"), 2);
    NEAR(t, posed_number(&a, "markov.probability"), 2.0 / 5);
    CHECK(t, posed_number(&a, "markov.removal_effects.ad") > 0 && posed_number(&a, "markov.removal_effects_on_value.mail") == 0);
    NEAR(t, told(&a, "search", "linear_value") + told(&a, "ad", "linear_value"), 100.01 + 25);
    CHECK(t, posed_in_cell(&a, "{\"channel\": \"search\"}", 1, anna, COUNT_OF(anna)));
    CHECK(t, !posed_in_cell(&a, "{\"channel\": \"mail\"}", 2, ben, COUNT_OF(ben)));
    CHECK(t, posed_in_cell(&a, "{\"channel\": \"mail\", \"outcome\": \"not_converted\"}", 2, ben, COUNT_OF(ben)));
    CHECK(t, posed_in_cell(&a, "{\"channel\": \"(none)\"}", 2, ben, COUNT_OF(ben)));
    CHECK(t, !posed_in_cell(&a, "{\"channel\": \"(none)\"}", 1, anna, COUNT_OF(anna)));
    posed_close(&a);
}

static void touches_count_once_after_a_restart(struct t *t)
{
    const struct posed_event events[] = {
        {"page_viewed", posed_time("2026-01-11T00:00:00Z"), NAN, "channel=ad"},
        {"order_paid", posed_time("2026-01-12T00:00:00Z"), 10, "order=o1"},
        {"order_paid", posed_time("2026-01-13T00:00:00Z"), 20, "order=o2"},
    };
    struct posed a;
    posed_open(&a, t, &attribution_question, BODY(", \"after_conversion\": \"restart\", \"models\": [\"last\"]"), NOW);
    posed_take(&a, a.tally, 1, events, COUNT_OF(events));
    posed_answer(&a, a.tally);
    CHECK_EQ(t, posed_number(&a, "totals.without_touch"), 1);
    NEAR(t, posed_number(&a, "totals.value_without_touch"), 20);
    NEAR(t, told(&a, "ad", "last_value"), 10);
    CHECK(t, isnan(told(&a, "ad", "first")));
    posed_close(&a);
}

static void open_paths_may_be_left_out(struct t *t)
{
    const struct posed_event events[] = {{"page_viewed", posed_time("2026-02-09T00:00:00Z"), NAN, "channel=ad"}};
    for (int leaves = 0; leaves < 2; leaves++) {
        struct posed a;
        posed_open(&a, t, &attribution_question, leaves ? BODY(", \"leave_open_out\": true") : BODY(""), "2026-02-12");
        posed_take(&a, a.tally, 1, events, COUNT_OF(events));
        posed_answer(&a, a.tally);
        CHECK_EQ(t, posed_number(&a, "totals.open_paths"), 1);
        CHECK_EQ(t, posed_number(&a, "totals.paths_without_conversion"), 1 - leaves);
        posed_close(&a);
    }
}

static void rare_channels_are_one(struct t *t)
{
    struct posed a;
    posed_open(&a, t, &attribution_question, BODY(", \"channels_max\": 3, \"models\": [\"first\", \"last_non_direct\"]"), NOW);
    for (uint32_t person = 1; person <= 15; person++) { /* "direct" is the rarest, and keeps its name */
        static const char *const plans[] = {"channel=ad", "channel=ad", "channel=ad", "channel=mail", "channel=mail", "channel=social"};
        const struct posed_event events[] = {
            {"page_viewed", posed_time("2026-01-11T00:00:00Z"), NAN, person == 15 ? "channel=direct" : plans[person % COUNT_OF(plans)]},
            {"order_paid", posed_time("2026-01-12T00:00:00Z"), 1, NULL},
        };
        posed_take(&a, a.tally, person, events, COUNT_OF(events));
    }
    posed_answer(&a, a.tally);
    CHECK_EQ(t, json_count(json_find(a.answer, BYTES_LIT("rows"))), 3);
    NEAR(t, told(&a, "ad", "first"), 8);
    NEAR(t, told(&a, "direct", "last_non_direct"), 1);
    NEAR(t, told(&a, "(other)", "first_value"), 6);
    posed_close(&a);
}

static void wrong_bodies_are_explained(struct t *t)
{
    static const struct {
        const char *body, *words;
    } rows[] = {
        {"{\"conversion\": \"order_paid\"}", "\"touches\" is missing"},
        {"{\"touches\": [\"page_viewed\"]}", "\"conversion\" is missing"},
        {"{\"touches\": [\"page_viewd\"], \"conversion\": \"order_paid\"}", "did you mean \"page_viewed\"?"},
        {BODY(", \"models\": [\"lineer\"]"), "did you mean \"linear\"?"},
        {"{\"touches\": [\"page_viewed\"], \"conversion\": \"order_paid\", \"models\": [\"last_non_direct\"]}", "say in \"direct\""},
        {BODY(", \"paths\": false"), "only the model \"last\""},
        {BODY(", \"markov_order\": 5"), "from 1 to 4"},
        {BODY(", \"half_life\": \"2x\""), "half_life"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const char *words = posed_refused(t, &attribution_question, rows[i].body, NOW);
        if (strstr(words, rows[i].words) == NULL)
            test_fail(t, __FILE__, __LINE__, "\"%s\" lacks \"%s\"", words, rows[i].words);
    }
}

/* --- against the definition --- */

struct person {
    struct posed_event events[EVENTS];
    uint32_t count;
};

static void person_make(struct t *t, struct person *p)
{
    int64_t us = posed_time("2026-01-01") + (int64_t)rng_below(&t->rng, 20) * US_PER_DAY;
    p->count = (uint32_t)rng_below(&t->rng, EVENTS + 1);
    for (uint32_t i = 0; i < p->count; i++) {
        bool converts = rng_chance(&t->rng, 0.25), has_key = rng_chance(&t->rng, 0.5);
        us += (int64_t)rng_below(&t->rng, 4) * US_PER_DAY; /* often the same instant */
        p->events[i] = (struct posed_event){converts ? "order_paid" : "page_viewed", us, NAN, NULL};
        if (converts) {
            p->events[i].amount = rng_chance(&t->rng, 0.1) ? NAN : (double)rng_between(&t->rng, -200, 30000) / 100;
            p->events[i].plan = has_key ? arena_printf(t->arena, "order=o%d", (int)rng_below(&t->rng, 4)) : NULL;
        } else if (rng_chance(&t->rng, 0.95)) {
            p->events[i].plan = arena_printf(t->arena, "channel=%s", channel_names[rng_below(&t->rng, CHANNELS)]);
        }
    }
}

struct naive {
    int64_t from_us, until_us, look_back_us;
    double first[CHANNELS], last[CHANNELS], non_direct[CHANNELS], linear[CHANNELS], position[CHANNELS], decay[CHANNELS], decay_value[CHANNELS];
    double converted[CHANNELS], touches[CHANNELS];
    uint64_t conversions, untouched, duplicates, nulls;
    bool restarts;
};

static uint32_t channel_of(const struct posed_event *e)
{
    for (uint32_t i = 0; i < CHANNELS && e->plan != NULL; i++)
        if (strcmp(e->plan + strlen("channel="), channel_names[i]) == 0)
            return i;
    return CHANNELS;
}

static bool converts(const struct posed_event *e)
{
    return strcmp(e->name, "order_paid") == 0;
}

/* The same key earlier, as far back as is read. */
static bool came_before(const struct naive *n, const struct person *p, uint32_t at)
{
    const char *key = p->events[at].plan;
    for (uint32_t i = 0; i < at && key != NULL; i++) {
        const struct posed_event *e = &p->events[i];
        if (converts(e) && e->time_us >= n->from_us - n->look_back_us && e->plan != NULL && strcmp(e->plan, key) == 0)
            return true;
    }
    return false;
}

/* Whether the touch at `touch` stands in the path of the conversion at `at`. */
static bool stands_in(const struct naive *n, const struct person *p, uint32_t touch, uint32_t at)
{
    if (touch >= at || converts(&p->events[touch]) || channel_of(&p->events[touch]) == CHANNELS || came_before(n, p, at))
        return false;
    for (uint32_t i = touch + 1; i < at && n->restarts; i++)
        if (converts(&p->events[i]) && !came_before(n, p, i))
            return false;
    return p->events[at].time_us - p->events[touch].time_us <= n->look_back_us;
}

static void naive_path(struct naive *n, const struct person *p, const uint32_t *touches, uint32_t count, uint32_t at)
{
    uint32_t channels[EVENTS], last = count - 1;
    double sum = 0, value = isnan(p->events[at].amount) ? 0 : p->events[at].amount;
    bool has[CHANNELS] = {0};
    for (uint32_t i = 0; i < count; i++) {
        channels[i] = channel_of(&p->events[touches[i]]);
        has[channels[i]] = true;
        sum += exp2(-(double)(p->events[at].time_us - p->events[touches[i]].time_us) / (7.0 * US_PER_DAY));
    }
    n->first[channels[0]]++;
    n->last[channels[last]]++;
    while (last > 0 && channels[last] == 1)
        last--;
    n->non_direct[channels[last] == 1 ? channels[count - 1] : channels[last]]++;
    for (uint32_t i = 0; i < count; i++) {
        double decay = exp2(-(double)(p->events[at].time_us - p->events[touches[i]].time_us) / (7.0 * US_PER_DAY)) / sum;
        bool is_end = i == 0 || i == count - 1;
        n->linear[channels[i]] += 1.0 / count;
        n->position[channels[i]] += count == 1 ? 1 : count == 2 ? 0.5 : is_end ? 0.4 : 0.2 / (count - 2);
        n->decay[channels[i]] += decay;
        n->decay_value[channels[i]] += decay * value;
        n->touches[channels[i]]++;
    }
    for (uint32_t i = 0; i < CHANNELS; i++)
        n->converted[i] += has[i];
}

/* Touches of the range that stand in no conversion's path, as paths no longer than the window. */
static void naive_nulls(struct naive *n, const struct person *p)
{
    int64_t began_us = 0;
    bool is_open = false;
    for (uint32_t i = 0; i < p->count; i++) {
        const struct posed_event *e = &p->events[i];
        bool is_touch = !converts(e) && channel_of(e) < CHANNELS, is_used = false;
        for (uint32_t k = i; k < p->count; k++)
            is_used = is_used || (converts(&p->events[k]) && stands_in(n, p, i, k));
        if (!is_touch || is_used || e->time_us < n->from_us || e->time_us >= n->until_us) {
            is_open = is_open && !is_used; /* what led somewhere parts them */
            continue;
        }
        n->touches[channel_of(e)]++;
        if (is_open && e->time_us - began_us <= n->look_back_us)
            continue;
        is_open = true;
        began_us = e->time_us;
        n->nulls++;
    }
}

static void naive_take(struct naive *n, const struct person *p)
{
    for (uint32_t at = 0; at < p->count; at++) {
        const struct posed_event *e = &p->events[at];
        uint32_t touches[EVENTS], count = 0;
        if (!converts(e) || e->time_us < n->from_us || e->time_us >= n->until_us)
            continue;
        if (came_before(n, p, at)) {
            n->duplicates++;
            continue;
        }
        for (uint32_t i = 0; i < at; i++)
            if (stands_in(n, p, i, at))
                touches[count++] = i;
        n->conversions++;
        n->untouched += count == 0;
        if (count > 0)
            naive_path(n, p, touches, count, at);
    }
    naive_nulls(n, p);
}

/* The parts of a model sum to what all conversions with touches have, to the cent. */
static void check_sums(struct t *t, const struct posed *a)
{
    double value = posed_number(a, "totals.value") - posed_number(a, "totals.value_without_touch");
    double conversions = posed_number(a, "totals.conversions") - posed_number(a, "totals.without_touch");
    for (size_t model = 0; model < MODEL_COUNT; model++) {
        int64_t cents = 0, millionths = 0;
        for (uint32_t i = 0; i < CHANNELS; i++) {
            double part = told(a, channel_names[i], attribution_models[model].name);
            double money = told(a, channel_names[i], arena_printf(t->arena, "%s_value", attribution_models[model].name));
            millionths += isnan(part) ? 0 : llround(part * 1e6);
            cents += isnan(money) ? 0 : llround(money * 100);
        }
        CHECK_EQ(t, cents, llround(value * 100));
        CHECK_EQ(t, millionths, llround(conversions * 1e6));
    }
}

static void check_channels(struct t *t, const struct posed *a, const struct naive *n)
{
    for (uint32_t i = 0; i < CHANNELS; i++) {
        const char *name = channel_names[i];
        if (json_is(row_of(a, name), JSON_ABSENT)) {
            CHECK_EQ(t, n->touches[i], 0);
            continue;
        }
        NEAR(t, told(a, name, "touches"), n->touches[i]);
        NEAR(t, told(a, name, "converted"), n->converted[i]);
        NEAR(t, told(a, name, "first"), n->first[i]);
        NEAR(t, told(a, name, "last"), n->last[i]);
        NEAR(t, told(a, name, "last_non_direct"), n->non_direct[i]);
        NEAR(t, told(a, name, "linear"), n->linear[i]);
        NEAR(t, told(a, name, "position"), n->position[i]);
        NEAR(t, told(a, name, "time_decay"), n->decay[i]);
        CHECK(t, fabs(told(a, name, "time_decay_value") - n->decay_value[i]) < 0.0101); /* the cent that was dealt out */
    }
}

static void it_is_the_definition(struct t *t)
{
    static struct person people[PEOPLE];
    struct posed a, threads;
    struct naive n = {.from_us = posed_time("2026-01-10"), .until_us = posed_time("2026-02-10"), .look_back_us = 7 * US_PER_DAY,
                      .restarts = rng_chance(&t->rng, 0.5)};
    const char *body = n.restarts ? BODY(", \"after_conversion\": \"restart\"") : BODY("");
    posed_open(&a, t, &attribution_question, body, NOW);
    posed_open(&threads, t, &attribution_question, body, NOW);
    void *tallies[3] = {threads.tally};
    for (size_t i = 1; i < COUNT_OF(tallies); i++)
        tallies[i] = attribution_question.tally(threads.question, t->arena);
    for (uint32_t i = 0; i < PEOPLE; i++) {
        person_make(t, &people[i]);
        naive_take(&n, &people[i]);
        posed_take(&a, a.tally, i + 1, people[i].events, people[i].count);
    }
    for (uint32_t i = PEOPLE; i-- > 0;) /* in another order, by several */
        posed_take(&threads, tallies[rng_below(&t->rng, COUNT_OF(tallies))], i + 1, people[i].events, people[i].count);
    attribution_question.join(threads.question, tallies[0], tallies[2]);
    attribution_question.join(threads.question, tallies[0], tallies[1]);
    posed_answer(&a, a.tally);
    posed_answer(&threads, tallies[0]);
    CHECK_BYTES(t, json_raw(threads.answer), json_raw(a.answer));
    CHECK_EQ(t, posed_number(&a, "totals.conversions"), n.conversions);
    CHECK_EQ(t, posed_number(&a, "totals.without_touch"), n.untouched);
    CHECK_EQ(t, posed_number(&a, "totals.duplicates"), n.duplicates);
    CHECK_EQ(t, posed_number(&a, "totals.paths_without_conversion"), n.nulls);
    check_channels(t, &a, &n);
    check_sums(t, &a);
    posed_close(&a);
    posed_close(&threads);
}

/* Last touches by themselves are the same as among paths. */
static void last_touches_alone(struct t *t)
{
    struct posed whole, alone;
    bool restarts = rng_chance(&t->rng, 0.5);
    posed_open(&whole, t, &attribution_question, restarts ? BODY(", \"after_conversion\": \"restart\"") : BODY(""), NOW);
    posed_open(&alone, t, &attribution_question,
               restarts ? BODY(", \"models\": [\"last\"], \"paths\": false, \"after_conversion\": \"restart\"")
                        : BODY(", \"models\": [\"last\"], \"paths\": false"),
               NOW);
    for (uint32_t i = 0; i < PEOPLE; i++) {
        struct person p;
        person_make(t, &p);
        posed_take(&whole, whole.tally, i + 1, p.events, p.count);
        posed_take(&alone, alone.tally, i + 1, p.events, p.count);
    }
    posed_answer(&whole, whole.tally);
    posed_answer(&alone, alone.tally);
    CHECK_EQ(t, posed_number(&alone, "totals.conversions"), posed_number(&whole, "totals.conversions"));
    CHECK_EQ(t, posed_number(&alone, "totals.without_touch"), posed_number(&whole, "totals.without_touch"));
    CHECK_EQ(t, posed_number(&alone, "totals.duplicates"), posed_number(&whole, "totals.duplicates"));
    for (uint32_t i = 0; i < CHANNELS; i++) {
        bool has_none = isnan(told(&alone, channel_names[i], "last")); /* channels that are nobody's last are no rows */
        CHECK(t, !has_none || !(told(&whole, channel_names[i], "last") > 0));
        if (has_none)
            continue;
        NEAR(t, told(&alone, channel_names[i], "last"), told(&whole, channel_names[i], "last"));
        NEAR(t, told(&alone, channel_names[i], "last_value"), told(&whole, channel_names[i], "last_value"));
    }
    CHECK(t, json_is(json_find(alone.answer, BYTES_LIT("top_paths")), JSON_ABSENT));
    posed_close(&whole);
    posed_close(&alone);
}

/* Whoever is in a cell has such a path, and the other way round. */
static void cells_are_the_definition(struct t *t)
{
    struct naive n = {.from_us = posed_time("2026-01-10"), .until_us = posed_time("2026-02-10"), .look_back_us = 7 * US_PER_DAY};
    struct person p;
    struct posed a;
    posed_open(&a, t, &attribution_question, BODY(""), NOW);
    person_make(t, &p);
    naive_take(&n, &p);
    for (uint32_t i = 0; i < CHANNELS; i++) {
        const char *cell = arena_printf(t->arena, "{\"channel\": \"%s\"}", channel_names[i]);
        CHECK(t, posed_in_cell(&a, cell, 1, p.events, p.count) == (n.converted[i] > 0));
    }
    CHECK(t, posed_in_cell(&a, "{}", 1, p.events, p.count) == (n.conversions > 0));
    CHECK(t, posed_in_cell(&a, "{\"outcome\": \"not_converted\"}", 1, p.events, p.count) == (n.nulls > 0));
    CHECK(t, posed_in_cell(&a, "{\"channel\": \"(none)\"}", 1, p.events, p.count) == (n.untouched > 0));
    posed_close(&a);
}

/* --- broken down --- */

/* The value in the column of that name of the row that begins with these texts; NAN: there is none. */
static double told_of(const struct posed *a, const char *facet, const char *channel, const char *column)
{
    struct json row, cell, of;
    double x;
    for (struct json_walk rows = json_items(json_find(a->answer, BYTES_LIT("rows"))); json_item_next(&rows, &row);) {
        struct json_walk cells = json_items(row);
        if (!bytes_equal(json_string(json_at(row, "0")), bytes_of_text(facet)) || !bytes_equal(json_string(json_at(row, "1")), bytes_of_text(channel)))
            continue;
        for (struct json_walk w = json_items(json_find(a->answer, BYTES_LIT("columns"))); json_item_next(&w, &of) && json_item_next(&cells, &cell);)
            if (bytes_equal(json_string(json_find(of, BYTES_LIT("name"))), bytes_of_text(column)))
                return json_double(cell, &x) ? x : NAN;
    }
    return NAN;
}

/* Dresses by ad and then search; coats by search alone, and by nothing at all; and mail that led nowhere. */
static void each_facet_is_attributed_by_itself(struct t *t)
{
    const struct posed_event first[] = {
        {"page_viewed", posed_time("2026-01-11T00:00:00Z"), NAN, "channel=ad"},
        {"page_viewed", posed_time("2026-01-12T00:00:00Z"), NAN, "channel=search"},
        {"order_paid", posed_time("2026-01-13T00:00:00Z"), 100, "order=o1 page=dress"},
    };
    const struct posed_event second[] = {
        {"page_viewed", posed_time("2026-01-12T00:00:00Z"), NAN, "channel=search"},
        {"order_paid", posed_time("2026-01-13T00:00:00Z"), 30, "order=o2 page=coat"},
        {"order_paid", posed_time("2026-01-25T00:00:00Z"), 7, "order=o3 page=coat"},
    };
    const struct posed_event third[] = {{"page_viewed", posed_time("2026-01-12T00:00:00Z"), NAN, "channel=mail"}};
    struct posed a;
    posed_open(&a, t, &attribution_question, BODY(", \"breakdown\": \"page\""), NOW);
    posed_take(&a, a.tally, 1, first, COUNT_OF(first));
    posed_take(&a, a.tally, 2, second, COUNT_OF(second));
    posed_take(&a, a.tally, 3, third, COUNT_OF(third));
    posed_answer(&a, a.tally);
    CHECK_TEXT(t, arena_text(t->arena, json_string(json_at(a.answer, "rows.0.0"))), "coat"); /* two conversions, one without a touch */
    NEAR(t, told_of(&a, "dress", "ad", "linear"), 0.5);
    NEAR(t, told_of(&a, "dress", "search", "linear_value"), 50);
    NEAR(t, told_of(&a, "coat", "search", "linear_value"), 30);
    CHECK(t, isnan(told_of(&a, "coat", "ad", "linear"))); /* no path of a coat has it */
    NEAR(t, told_of(&a, "coat", "search", "markov"), 1);
    NEAR(t, told_of(&a, "dress", "ad", "markov"), 0.5); /* either one's loss is all there is to lose */
    NEAR(t, told_of(&a, "coat", "mail", "touches"), 1); /* what led nowhere is seen against each */
    NEAR(t, told_of(&a, "coat", "mail", "shapley_rate"), -0.5); /* half of (1/2 - 1), times two paths */
    CHECK_EQ(t, posed_number(&a, "totals.conversions"), 3);
    CHECK_EQ(t, posed_number(&a, "totals.paths_without_conversion"), 1);
    CHECK(t, json_is(json_find(a.answer, BYTES_LIT("top_paths")), JSON_ABSENT));
    CHECK(t, posed_in_cell(&a, "{\"value\": \"coat\"}", 2, second, COUNT_OF(second)));
    CHECK(t, !posed_in_cell(&a, "{\"value\": \"dress\"}", 2, second, COUNT_OF(second)));
    CHECK(t, posed_in_cell(&a, "{\"value\": \"coat\", \"channel\": \"(none)\"}", 2, second, COUNT_OF(second)));
    CHECK(t, posed_in_cell(&a, "{\"value\": \"(other)\", \"but\": [\"dress\"]}", 2, second, COUNT_OF(second)));
    posed_close(&a);
}

#define FACETS 3u

/* Whatever looks at one path alone gives all facets together what it gives without them; the others at least what there is to give. */
static void facets_sum_to_the_whole(struct t *t)
{
    static const char *const facets[FACETS] = {"(none)", "coat", "dress"}, *const plans[FACETS] = {NULL, "page=coat", "page=dress"};
    struct posed whole, broken;
    posed_open(&whole, t, &attribution_question, BODY(""), NOW);
    posed_open(&broken, t, &attribution_question, BODY(", \"breakdown\": \"page\""), NOW);
    void *more = attribution_question.tally(broken.question, t->arena);
    for (uint32_t i = 0; i < PEOPLE; i++) {
        struct person p;
        person_make(t, &p);
        for (uint32_t k = 0; k < p.count; k++)
            if (converts(&p.events[k]))
                p.events[k].plan = plans[rng_below(&t->rng, FACETS)];
        posed_take(&whole, whole.tally, i + 1, p.events, p.count);
        posed_take(&broken, i % 2 == 0 ? broken.tally : more, i + 1, p.events, p.count);
    }
    attribution_question.join(broken.question, broken.tally, more);
    posed_answer(&whole, whole.tally);
    posed_answer(&broken, broken.tally);
    for (size_t model = 0; model < MODEL_COUNT; model++) {
        const char *name = attribution_models[model].name;
        double all_whole = 0, all_broken = 0;
        for (uint32_t i = 0; i < CHANNELS; i++) {
            double one = told(&whole, channel_names[i], name), sum = 0;
            for (uint32_t f = 0; f < FACETS; f++) {
                double part = told_of(&broken, facets[f], channel_names[i], name);
                sum += isnan(part) ? 0 : part;
            }
            if (model != MODEL_MARKOV && model != MODEL_SHAPLEY_RATE && !isnan(one))
                CHECK(t, fabs(sum - one) < FACETS * CLOSE * (1 + one));
            all_whole += isnan(one) ? 0 : one;
            all_broken += sum;
        }
        CHECK(t, fabs(all_broken - all_whole) < CLOSE * (1 + all_whole));
    }
    posed_close(&whole);
    posed_close(&broken);
}

static void long_paths_are_cut(struct t *t)
{
    struct posed_event events[12];
    struct posed a;
    for (uint32_t i = 0; i < COUNT_OF(events); i++)
        events[i] = (struct posed_event){"page_viewed", posed_time("2026-01-11") + i, NAN, i < 9 ? "channel=ad" : "channel=mail"};
    events[11].name = "order_paid";
    posed_open(&a, t, &attribution_question, BODY(", \"touches_max\": 2"), NOW);
    posed_take(&a, a.tally, 1, events, COUNT_OF(events));
    posed_answer(&a, a.tally);
    CHECK_EQ(t, posed_number(&a, "totals.cut_paths"), 1);
    NEAR(t, told(&a, "mail", "first"), 1);
    CHECK_EQ(t, posed_number(&a, "totals.paths_without_conversion"), 0);
    posed_close(&a);
}

static void minor_units(struct t *t)
{
    CHECK_EQ(t, minor_of((struct quantity){.micro = 12345000}, 2), 1235);
    CHECK_EQ(t, minor_of((struct quantity){.micro = -12345000}, 2), -1235);
    CHECK_EQ(t, minor_of((struct quantity){.micro = 12344999}, 2), 1234);
    CHECK_EQ(t, minor_of((struct quantity){.micro = 499999}, 0), 0);
    CHECK_EQ(t, minor_of((struct quantity){.micro = 500000}, 0), 1);
    CHECK_EQ(t, minor_of((struct quantity){.micro = 7}, 6), 7);
    CHECK_EQ(t, minor_of((struct quantity){.is_real = true, .real = 1e300}, 2), INT64_C(10000000000000));
    CHECK_EQ(t, minor_of((struct quantity){.is_real = true, .real = 0.125}, 2), 13);
    CHECK_EQ(t, minor_sum(MINOR_SUM_MAX, 5), MINOR_SUM_MAX);
    CHECK_EQ(t, minor_sum(-MINOR_SUM_MAX, -5), -MINOR_SUM_MAX);
}

static const struct test tests[] = {
    {"a story", a_story, 1},
    {"touches count once after a restart", touches_count_once_after_a_restart, 1},
    {"open paths may be left out", open_paths_may_be_left_out, 1},
    {"rare channels are one", rare_channels_are_one, 1},
    {"wrong bodies are explained", wrong_bodies_are_explained, 1},
    {"it is the definition", it_is_the_definition, 120},
    {"last touches alone", last_touches_alone, 60},
    {"cells are the definition", cells_are_the_definition, 400},
    {"each facet is attributed by itself", each_facet_is_attributed_by_itself, 1},
    {"facets sum to the whole", facets_sum_to_the_whole, 60},
    {"long paths are cut", long_paths_are_cut, 1},
    {"minor units", minor_units, 1},
};
TEST_MAIN(tests)
