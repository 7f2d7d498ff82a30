/* Predictions that are kept: models, schedules, alarms. Covers: prediction.c, schedule.c */
#include "domain/prediction/prediction.h"

#include "base/time.h"
#include "domain/calendar/calendar.h"
#include "engine/engine_domain.h"
#include "testing/harness.h"

#define SECONDS_AN_HOUR 3600

static const struct domain *const domains[] = {&engine_domain, &calendar_domain, &prediction_domain};
static const struct prediction_schedule by_none = {.every = PREDICTION_NEVER},
                                        daily = {.every = PREDICTION_DAY, .minute = 3 * 60 + 30};

static const struct refusal *put(struct harness *h, const char *name, const char *question,
                                 struct prediction_schedule schedule)
{
    struct buf b;
    buf_init(&b, 32768);
    prediction_said_pack(&b, &(struct saved_prediction){.name = bytes_of_text(name),
                                                        .question = bytes_of_text(question),
                                                        .schedule = schedule});
    const struct refusal *refusal = harness_apply(h, COMMAND_PREDICTION, buf_bytes(&b));
    buf_fini(&b);
    return refusal;
}

static const struct refusal *fit(struct harness *h, const char *name, uint64_t revision, struct bytes card,
                                 struct bytes model)
{
    struct buf b;
    buf_init(&b, PREDICTION_FITTED_BYTES_MAX);
    prediction_fitted_pack(&b, bytes_of_text(name), revision, card, model);
    const struct refusal *refusal = harness_apply(h, COMMAND_PREDICTION_FITTED, buf_bytes(&b));
    buf_fini(&b);
    return refusal;
}

static const struct refusal *score(struct harness *h, const char *name, int64_t fitted_us, uint32_t drift_milli)
{
    struct buf b;
    buf_init(&b, 1024);
    prediction_scored_pack(
        &b, bytes_of_text(name), fitted_us,
        &(struct prediction_run){.people = 7, .drift_milli = drift_milli, .feature = BYTES_LIT("x")});
    const struct refusal *refusal = harness_apply(h, COMMAND_PREDICTION_SCORED, buf_bytes(&b));
    buf_fini(&b);
    return refusal;
}

static bool rings(struct harness *h, size_t alarm)
{
    struct view v = harness_view(h);
    return prediction_domain.alarms[alarm].rings(&v);
}

static struct bytes of_size(struct t *t, size_t size, uint8_t fill)
{
    uint8_t *bytes = ARENA_ARRAY(t->arena, uint8_t, size);
    memset(bytes, fill, size);
    return bytes_of(bytes, size);
}

static void a_model_is_of_a_revision(struct t *t)
{
    struct harness *h = harness_create(domains, COUNT_OF(domains));
    struct saved_prediction p;
    struct bytes card = of_size(t, 20000, '{'), model = of_size(t, 100000, 1), smaller = of_size(t, 10, 2);
    CHECK(t, put(h, "buy", "{\"a\":1}", by_none) == NULL);
    CHECK(t, fit(h, "buy", 1, card, model) == NULL);
    struct view v = harness_view(h);
    CHECK(t, prediction_find(&v, BYTES_LIT("buy"), &p) && p.revision == 1 && p.fitted_revision == 1);
    CHECK_BYTES(t, prediction_card(&v, BYTES_LIT("buy")), card);
    CHECK_BYTES(t, prediction_model(&v, BYTES_LIT("buy")), model);
    CHECK(t, put(h, "buy", "{\"a\":1}", daily) == NULL); /* how often says nothing of the model */
    CHECK(t, put(h, "buy", "{\"a\":2}", daily) == NULL);
    v = harness_view(h);
    CHECK(t, prediction_find(&v, BYTES_LIT("buy"), &p) && p.revision == 2 && p.fitted_revision == 1);
    CHECK_TEXT(t, fit(h, "buy", 1, card, model)->name, "prediction_changed");
    CHECK_TEXT(t, fit(h, "bought", 1, card, model)->name, "no_such_prediction");
    CHECK(t, fit(h, "buy", 2, card, smaller) == NULL); /* the longer one leaves nothing behind */
    v = harness_view(h);
    CHECK_BYTES(t, prediction_model(&v, BYTES_LIT("buy")), smaller);
    CHECK(t, harness_apply(h, COMMAND_PREDICTION_REMOVE, BYTES_LIT("buy")) == NULL);
    v = harness_view(h);
    CHECK(t, !prediction_find(&v, BYTES_LIT("buy"), &p) && prediction_model(&v, BYTES_LIT("buy")).size == 0);
    harness_destroy(h);
}

static void drift_and_delay_ring(struct t *t)
{
    struct harness *h = harness_create(domains, COUNT_OF(domains));
    struct saved_prediction p;
    CHECK(t, put(h, "a_b", "{}", daily) == NULL && fit(h, "a_b", 1, BYTES_LIT("{}"), BYTES_LIT("m")) == NULL);
    struct view v = harness_view(h);
    CHECK(t, prediction_find(&v, BYTES_LIT("a_b"), &p));
    CHECK_TEXT(t, score(h, "a_b", p.fitted_us + 1, 0)->name, "prediction_changed"); /* of another model */
    CHECK(t, score(h, "a_b", p.fitted_us, 251) == NULL && rings(h, 0) && !rings(h, 1));
    v = harness_view(h);
    CHECK(t, prediction_find(&v, BYTES_LIT("a_b"), &p) && p.run.people == 7 && p.run.time_us > 0);
    CHECK(t, score(h, "a_b", p.fitted_us, 250) == NULL && !rings(h, 0));
    harness_destroy(h);
}

static struct saved_prediction found(struct harness *h, const char *name)
{
    struct view v = harness_view(h);
    struct saved_prediction p = {0};
    (void)prediction_find(&v, bytes_of_text(name), &p);
    return p;
}

static int64_t at(const char *text)
{
    int64_t us = 0;
    struct status status = time_parse(bytes_of_text(text), &us, NULL);
    assert(done(status));
    return us;
}

static const struct refusal *fail(struct harness *h, const char *name, const char *why)
{
    struct buf b;
    buf_init(&b, 1024);
    prediction_failed_pack(&b, bytes_of_text(name), bytes_of_text(why));
    const struct refusal *refusal = harness_apply(h, COMMAND_PREDICTION_FAILED, buf_bytes(&b));
    buf_fini(&b);
    return refusal;
}

/* Whatever is due by then is done. */
static void wait_until(struct harness *h, const char *text)
{
    harness_time(h, at(text));
    const struct refusal *none = harness_apply(h, COMMAND_TICK, BYTES_NONE);
    assert(none == NULL);
    (void)none;
}

/* Wanted at the local time, once however long nothing ran, and until it was scored; a failure is tried again within the hour. */
static void it_is_wanted_by_schedule(struct t *t)
{
    struct harness *h = harness_create(domains, COUNT_OF(domains));
    harness_time(h, at("2026-03-01T10:00:00Z"));
    CHECK(t, put(h, "buy", "{}", daily) == NULL && fit(h, "buy", 1, BYTES_LIT("{}"), BYTES_LIT("m")) == NULL);
    int64_t fitted_us = found(h, "buy").fitted_us;
    CHECK_EQ(t, found(h, "buy").due_us, at("2026-03-01T19:30:00Z")); /* 03:30 in Shanghai */
    wait_until(h, "2026-03-01T19:29:59Z");
    CHECK_EQ(t, found(h, "buy").wanted_us, 0);
    wait_until(h, "2026-03-04T22:00:00Z");
    CHECK(t, found(h, "buy").wanted_us > 0);
    CHECK_EQ(t, found(h, "buy").due_us, at("2026-03-05T19:30:00Z"));
    CHECK(t, !rings(h, 1));
    wait_until(h, "2026-03-05T05:00:00Z");
    CHECK(t, rings(h, 1) && !rings(h, 2)); /* nobody ran it for hours */
    CHECK(t, fail(h, "buy", "nobody was there") == NULL);
    CHECK(t, rings(h, 2) && !rings(h, 1));
    CHECK_BYTES(t, found(h, "buy").failure, BYTES_LIT("nobody was there"));
    CHECK_EQ(t, found(h, "buy").due_us, found(h, "buy").failed_us + PREDICTION_RETRY_US);
    wait_until(h, "2026-03-05T06:30:00Z");
    CHECK(t, found(h, "buy").wanted_us > 0);
    CHECK(t, score(h, "buy", fitted_us, 0) == NULL);
    CHECK(t, found(h, "buy").wanted_us == 0 && found(h, "buy").failed_us == 0 && !rings(h, 2));
    CHECK(t, fail(h, "buy", "nobody was there") == NULL);
    CHECK(t, score(h, "buy", fitted_us, 0) == NULL); /* by hand, before it is tried again */
    CHECK_EQ(t, found(h, "buy").due_us, at("2026-03-05T19:30:00Z"));
    CHECK(t, put(h, "buy", "{}", by_none) == NULL);
    CHECK_EQ(t, found(h, "buy").due_us, INT64_MAX);
    wait_until(h, "2026-03-09T06:30:00Z");
    CHECK_EQ(t, found(h, "buy").wanted_us, 0);
    harness_destroy(h);
}

static void zone_set(struct harness *h, const char *zone, int32_t hours)
{
    const struct calendar_offset offset = {.seconds = hours * SECONDS_AN_HOUR};
    const struct calendar said = {.zone = bytes_of_text(zone), .offset_count = 1, .offsets = &offset};
    struct buf b;
    buf_init(&b, CALENDAR_BYTES_MAX);
    struct status status = calendar_pack(&said, &b, NULL);
    assert(done(status));
    (void)status;
    const struct refusal *none = harness_apply(h, COMMAND_CALENDAR, buf_bytes(&b));
    assert(none == NULL);
    (void)none;
    buf_fini(&b);
}

/* Another zone has other times; but what is to be tried again is no time of the clocks, and what was missed is still to be done. */
static void another_zone_moves_what_clocks_say(struct t *t)
{
    struct harness *h = harness_create(domains, COUNT_OF(domains));
    harness_time(h, at("2026-03-01T10:00:00Z"));
    CHECK(t, put(h, "buy", "{}", daily) == NULL && put(h, "hand", "{}", by_none) == NULL);
    zone_set(h, "Etc/UTC", 0);
    CHECK_EQ(t, found(h, "buy").due_us, at("2026-03-02T03:30:00Z"));
    CHECK_EQ(t, found(h, "hand").due_us, INT64_MAX);
    harness_time(h, at("2026-03-02T04:00:00Z")); /* nothing ran at half past three */
    zone_set(h, "Asia/Shanghai", 8);
    CHECK_EQ(t, found(h, "buy").due_us, at("2026-03-02T03:30:00Z"));
    wait_until(h, "2026-03-02T04:00:00Z");
    CHECK(t, found(h, "buy").wanted_us > 0);
    CHECK_EQ(t, found(h, "buy").due_us, at("2026-03-02T19:30:00Z"));
    CHECK(t, fail(h, "buy", "nobody was there") == NULL);
    int64_t again_us = harness_now_us(h) + PREDICTION_RETRY_US;
    CHECK_EQ(t, found(h, "buy").due_us, again_us);
    zone_set(h, "Etc/UTC", 0);
    CHECK_EQ(t, found(h, "buy").due_us, again_us);
    wait_until(h, "2026-03-02T05:00:01Z");
    CHECK(t, found(h, "buy").wanted_us > 0);
    CHECK_EQ(t, found(h, "buy").due_us, at("2026-03-03T03:30:00Z"));
    zone_set(h, "Asia/Shanghai", 8); /* while it is tried again: its next time is one of the clocks */
    CHECK_EQ(t, found(h, "buy").due_us, at("2026-03-02T19:30:00Z"));
    harness_destroy(h);
}

/* A week has its day, a month its date; clocks that leap over the time, or show it twice, make it due once. */
static void schedules_follow_the_clocks(struct t *t)
{
    static const struct {
        const char *zone, *after, *next;
        struct prediction_schedule of;
    } rows[] = {
        {"Asia/Shanghai", "2026-03-01T19:30:00Z", "2026-03-02T19:30:00Z", {PREDICTION_DAY, 210, 0}},
        {"Asia/Shanghai", "2026-03-01T10:00:00Z", "2026-03-01T16:00:00Z", {PREDICTION_WEEK, 0, 1}},
        {"Asia/Shanghai", "2026-03-01T16:00:00Z", "2026-03-08T16:00:00Z", {PREDICTION_WEEK, 0, 1}},
        {"Asia/Shanghai", "2026-02-28T16:00:00Z", "2026-03-27T17:00:00Z", {PREDICTION_MONTH, 60, 28}},
        {"Europe/London", "2026-03-28T12:00:00Z", "2026-03-29T01:30:00Z", {PREDICTION_DAY, 90, 0}}, /* no 01:30 */
        {"Europe/London", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z", {PREDICTION_DAY, 90, 0}}, /* two */
        {"Europe/London", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z", {PREDICTION_DAY, 90, 0}},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct civil *civil;
        struct err e = {0};
        REQUIRE_DONE(t,
                     civil_create(bytes_of_text(rows[i].zone), at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z"),
                                  1, &civil, &e),
                     &e);
        CHECK_EQ(t, prediction_schedule_next_us(&rows[i].of, civil, at(rows[i].after)), at(rows[i].next));
        civil_destroy(civil);
    }
    static const struct prediction_schedule bad[] = {
        {PREDICTION_DAY, 1440, 0}, {PREDICTION_DAY, 0, 1},   {PREDICTION_WEEK, 0, 0},       {PREDICTION_WEEK, 0, 8},
        {PREDICTION_MONTH, 0, 29}, {PREDICTION_NEVER, 5, 0}, {PREDICTION_EVERY_COUNT, 0, 0}};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct err e = {0};
        CHECK_FAILS(t, prediction_schedule_check(&bad[i], &e), INVALID);
    }
}

static void bad_predictions_are_refused(struct t *t)
{
    static const char *const names[] = {"", "A", "a-b", "a b", "一", "a2345678901234567890123456789012345678901"};
    struct err e = {0};
    struct buf b = arena_buf(t->arena, PREDICTION_FITTED_BYTES_MAX);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        buf_clear(&b);
        prediction_said_pack(&b,
                             &(struct saved_prediction){.name = bytes_of_text(names[i]), .question = BYTES_LIT("{}")});
        CHECK_FAILS(t, prediction_domain.commands[0].check(buf_bytes(&b), &e), INVALID);
    }
    buf_clear(&b);
    prediction_fitted_pack(&b, BYTES_LIT("a"), 1, BYTES_LIT("{}"), of_size(t, PREDICTION_MODEL_BYTES_MAX + 1, 0));
    CHECK_FAILS(t, prediction_domain.commands[2].check(buf_bytes(&b), &e), LIMIT);
    CHECK_FAILS(t, prediction_domain.commands[2].check(bytes_slice(buf_bytes(&b), 0, 5), &e), INVALID);
}

static const struct test tests[] = {
    {"a model is of a revision", a_model_is_of_a_revision, 1},
    {"drift and delay ring", drift_and_delay_ring, 1},
    {"it is wanted by schedule", it_is_wanted_by_schedule, 1},
    {"another zone moves what clocks say", another_zone_moves_what_clocks_say, 1},
    {"schedules follow the clocks", schedules_follow_the_clocks, 1},
    {"bad predictions are refused", bad_predictions_are_refused, 1},
};
TEST_MAIN(tests)
