/* Collect alone: names, duplicates, causes. Covers: collect.c, suppressed.c */
#include "domain/collect/collect_test.h"
#include "lib/json.h"

/* What the last arrived event said. */
struct heard {
    struct arena *arena;
    struct arrived arrived;
    enum cause cause;
    int count;
    const char *printed;
};

static void hear(void *context, const struct step *s, const struct fact_kind *kind, const void *fact)
{
    struct heard *heard = context;
    if (kind != &fact_arrived)
        return;
    heard->arrived = *(const struct arrived *)fact;
    heard->cause = s->cause;
    heard->count++;
    struct buf out;
    struct json_writer w;
    buf_init(&out, 1 << 16);
    json_writer_init(&w, &out, false);
    json_object_begin(&w);
    kind->print(&s->view, fact, &w);
    json_object_end(&w);
    heard->printed = arena_text(heard->arena, buf_bytes(&out));
    buf_fini(&out);
}

static void an_event_is_said_with_its_numbers(struct t *t)
{
    struct harness *h = collect_alone();
    struct heard heard = {.arena = t->arena};
    harness_listen(h, hear, &heard);
    struct buf records;
    buf_init(&records, 1 << 12);
    struct envelope v = usual_envelope(&records);
    CHECK(t, event_send(t, h, &v, 7) == NULL);
    CHECK_EQ(t, heard.count, 1);
    CHECK_EQ(t, heard.arrived.event, 2);
    CHECK_EQ(t, heard.arrived.brand, 1);
    CHECK_EQ(t, heard.arrived.channel, 1);
    CHECK_EQ(t, heard.arrived.source, 1);
    CHECK_EQ(t, heard.arrived.store, 0);
    CHECK_EQ(t, heard.arrived.trait_count, 0);
    CHECK_EQ(t, heard.cause, CAUSE_LIVE);
    CHECK_TEXT(t, heard.printed,
               "{\"event\":\"product_viewed\",\"time\":\"2025-11-21T16:00:00.000Z\",\"brand\":\"qihe_wear\",\"channel\":\"web\","
               "\"ids\":[{\"type\":\"user_id\",\"value\":\"u_1****00\"},{\"type\":\"phone\",\"value\":\"+86****34\"},"
               "{\"type\":\"anonymous_id\",\"value\":\"8f1****5f\"}]}");
    CHECK(t, event_send(t, h, &v, 7) == &collect_duplicate);
    CHECK_EQ(t, heard.count, 1);
    CHECK(t, event_send(t, h, &v, 8) == NULL);
    CHECK_EQ(t, heard.count, 2);
    buf_fini(&records);
    harness_destroy(h);
}

static void traits_and_consents_are_taken_apart(struct t *t)
{
    struct harness *h = collect_alone();
    struct heard heard = {.arena = t->arena};
    harness_listen(h, hear, &heard);
    struct buf b;
    buf_init(&b, 1 << 12);
    struct envelope_consent sms = {.purpose = BYTES_LIT("marketing"), .channel = BYTES_LIT("sms"), .given = true};
    struct envelope_consent all = {.purpose = BYTES_LIT("marketing"), .policy = BYTES_LIT("2026-01")};
    envelope_consent_pack(&b, &sms);
    envelope_consent_pack(&b, &all);
    struct envelope v = {.event = BYTES_LIT("registered"),
                         .traits = BYTES_LIT("\x02\x04" "city\x05\x06" "杭州\x00\x03\x02\x00"), /* one without a name */
                         .consent_count = 2,
                         .consents = buf_bytes(&b)};
    CHECK(t, event_send(t, h, &v, 1) == NULL);
    const struct arrived *a = &heard.arrived;
    REQUIRE(t, a->trait_count == 1 && a->consent_count == 2);
    CHECK_EQ(t, a->traits[0].name, number_of(h, NAME_TRAIT, "city"));
    CHECK_BYTES(t, a->traits[0].value, BYTES_LIT("\x05\x06" "杭州"));
    CHECK_EQ(t, a->consents[0].purpose, number_of(h, NAME_PURPOSE, "marketing"));
    CHECK_EQ(t, a->consents[0].channel, number_of(h, NAME_CHANNEL, "sms"));
    CHECK(t, a->consents[0].consent.given && !a->consents[1].consent.given);
    CHECK_EQ(t, a->consents[1].channel, 0);
    buf_fini(&b);
    harness_destroy(h);
}

static void a_cause_is_found(struct t *t)
{
    struct harness *h = collect_alone();
    struct heard heard = {.arena = t->arena};
    harness_listen(h, hear, &heard);
    static const struct {
        int64_t before_us;
        bool import;
        enum cause cause;
    } rows[] = {
        {0, false, CAUSE_LIVE},           {US_PER_HOUR, false, CAUSE_LIVE},     {US_PER_HOUR + 1, false, CAUSE_LATE},
        {-US_PER_DAY, false, CAUSE_LIVE}, {0, true, CAUSE_IMPORT},              {900 * US_PER_DAY, true, CAUSE_IMPORT},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct envelope v = {.event = BYTES_LIT("login"), .event_us = harness_now_us(h) - rows[i].before_us,
                             .received_us = harness_now_us(h), .import = rows[i].import};
        CHECK(t, event_send(t, h, &v, i) == NULL);
        CHECK_EQ(t, heard.cause, rows[i].cause);
    }
    harness_destroy(h);
}

static void an_alias_counts_as_its_target(struct t *t)
{
    struct harness *h = collect_alone();
    struct heard heard = {.arena = t->arena};
    harness_listen(h, hear, &heard);
    struct envelope v = {.event = BYTES_LIT("PlaceOrder")};
    CHECK(t, event_send(t, h, &v, 1) == NULL);
    CHECK_EQ(t, heard.arrived.event, 1000);
    CHECK(t, name_send(h, NAME_EVENT, "PlaceOrder", "order_created", BYTES_NONE) == NULL);
    CHECK(t, event_send(t, h, &v, 2) == NULL);
    CHECK_EQ(t, heard.arrived.event, 19);
    CHECK_BYTES(t, heard.arrived.envelope.event, BYTES_LIT("PlaceOrder"));
    harness_destroy(h);
}

static void a_bad_event_is_refused(struct t *t)
{
    struct harness *h = collect_alone();
    struct hash128 before = harness_digest(h);
    CHECK(t, harness_apply(h, COMMAND_COLLECT_EVENT, BYTES_LIT("no envelope")) == &harness_malformed);
    struct envelope v = {.event = BYTES_LIT("x"), .traits = BYTES_LIT("\x05")};
    CHECK(t, event_send(t, h, &v, 1) == &harness_malformed);
    CHECK(t, hash128_equal(before, harness_digest(h)));
    harness_destroy(h);
}

static int64_t horizon_of(struct harness *h)
{
    struct view v = harness_view(h);
    return collect_horizon_us(&v);
}

static void ids_are_forgotten_after_their_days(struct t *t)
{
    struct harness *h = collect_alone();
    struct envelope v = {.event = BYTES_LIT("login"), .event_us = harness_now_us(h), .received_us = harness_now_us(h)};
    int64_t start_us = harness_now_us(h);
    CHECK_EQ(t, horizon_of(h), 7 * US_PER_DAY);
    for (uint64_t i = 0; i < 100; i++)
        CHECK(t, event_send(t, h, &v, i) == NULL);
    harness_time(h, start_us + 7 * US_PER_DAY - 1);
    CHECK(t, event_send(t, h, &v, 5) == &collect_duplicate);
    harness_time(h, start_us + 7 * US_PER_DAY);
    CHECK(t, event_send(t, h, &v, 5) == NULL); /* over its time, if not yet forgotten */
    CHECK(t, event_send(t, h, &v, 5) == &collect_duplicate);
    for (uint64_t i = 100; i < 200; i++)
        CHECK(t, event_send(t, h, &v, i) == NULL);
    CHECK(t, event_send(t, h, &v, 5) == &collect_duplicate); /* the old one went without the new one */
    for (uint64_t i = 200; i < 5000; i++)
        CHECK(t, event_send(t, h, &v, i) == NULL);
    struct rows_usage usage;
    rows_usage(harness_rows(h), &usage);
    CHECK_EQ(t, usage.rows[13], 4901); /* the first hundred has left memory */
    CHECK_EQ(t, horizon_of(h), 7 * US_PER_DAY);
    setting_put(h, "collect.dedup_days", 14);
    CHECK_EQ(t, horizon_of(h), 7 * US_PER_DAY); /* those before are gone */
    harness_time(h, start_us + 9 * US_PER_DAY);
    CHECK_EQ(t, horizon_of(h), 9 * US_PER_DAY);
    harness_destroy(h);
}

static void ids_are_forgotten_beyond_their_number(struct t *t)
{
    struct harness *h = collect_alone();
    struct envelope v = {.event = BYTES_LIT("login"), .event_us = harness_now_us(h), .received_us = harness_now_us(h)};
    setting_put(h, "collect.dedup_ids", 1000);
    for (uint64_t i = 0; i < 1500; i++) {
        harness_time(h, harness_now_us(h) + US_PER_SECOND);
        CHECK(t, event_send(t, h, &v, i) == NULL);
    }
    CHECK_EQ(t, horizon_of(h), 999 * US_PER_SECOND);
    CHECK(t, event_send(t, h, &v, 500) == &collect_duplicate);
    CHECK(t, event_send(t, h, &v, 499) == NULL);
    CHECK(t, event_send(t, h, &v, 500) == NULL); /* the one before has pushed it out */
    CHECK(t, event_send(t, h, &v, 502) == &collect_duplicate);
    for (uint64_t i = 1500; i < 10000; i++)
        CHECK(t, event_send(t, h, &v, i) == NULL);
    struct rows_usage usage;
    rows_usage(harness_rows(h), &usage);
    CHECK(t, usage.rows[13] >= 1000 && usage.rows[13] < 1000 + 4096);
    struct view view = harness_view(h);
    CHECK(t, collect_horizon_is_short(&view));
    harness_destroy(h);
}

static void a_prefetch_changes_nothing(struct t *t)
{
    struct harness *h = collect_alone();
    struct buf records, b;
    struct err e = {0};
    buf_init(&records, 1 << 12);
    buf_init(&b, 1 << 12);
    struct envelope v = usual_envelope(&records);
    CHECK(t, event_send(t, h, &v, 1) == NULL);
    CHECK_DONE(t, envelope_pack(&v, &b, &e), &e);
    struct hash128 before = harness_digest(h);
    struct view view = harness_view(h);
    int stage = 0;
    struct ahead ahead;
    while (collect_prefetch(&view, buf_bytes(&b), stage, &ahead) && stage < 8)
        stage++;
    CHECK(t, stage < 8);
    CHECK(t, !collect_prefetch(&view, BYTES_LIT("no envelope"), 0, &ahead));
    CHECK(t, !collect_prefetch(&view, BYTES_LIT("no envelope"), 1, &ahead));
    CHECK(t, hash128_equal(before, harness_digest(h)));
    buf_fini(&records);
    buf_fini(&b);
    harness_destroy(h);
}

/* Once somebody was erased an old file does not bring them back; what they do now is theirs anew. */
static void history_of_the_erased_is_not_taken_in(struct t *t)
{
    struct harness *h = collect_alone();
    struct err e = {0};
    struct buf payload, records;
    buf_init(&payload, ERASE_PAYLOAD_BYTES_MAX);
    buf_init(&records, 1 << 12);
    struct envelope v = usual_envelope(&records);
    v.import = true;
    CHECK(t, event_send(t, h, &v, 1) == NULL);
    harness_time(h, v.event_us + US_PER_DAY);
    struct view view = harness_view(h);
    struct erase_ask ask = {.public_id = identity_public_id(&view, 1), .by = BYTES_LIT("lin")};
    CHECK_DONE(t, identity_erase_pack(&ask, &payload, &e), &e);
    CHECK(t, harness_apply(h, COMMAND_ERASE, buf_bytes(&payload)) == NULL);
    const struct refusal *refusal = event_send(t, h, &v, 2);
    CHECK_TEXT(t, refusal == NULL ? "accepted" : refusal->name, "suppressed");
    struct envelope since = v; /* a file of what they did since */
    since.event_us += 2 * US_PER_DAY;
    since.received_us = since.event_us; /* it says no time: it may be of any */
    refusal = event_send(t, h, &since, 5);
    CHECK_TEXT(t, refusal == NULL ? "accepted" : refusal->name, "suppressed");
    since.received_us += US_PER_DAY;
    CHECK(t, event_send(t, h, &since, 5) == NULL);
    struct envelope queued = v; /* by a device that was offline for long */
    queued.import = false;
    queued.received_us += 9 * US_PER_DAY;
    refusal = event_send(t, h, &queued, 6);
    CHECK_TEXT(t, refusal == NULL ? "accepted" : refusal->name, "suppressed");
    queued.received_us = queued.event_us;
    CHECK(t, event_send(t, h, &queued, 3) == NULL);
    for (uint32_t i = 0; i < v.id_count; i++)
        v.ids[i].key.low++; /* somebody else */
    CHECK(t, event_send(t, h, &v, 4) == NULL);
    buf_fini(&records);
    buf_fini(&payload);
    harness_destroy(h);
}

/* As a restore does, which knows of an erasure that this copy of the workspace has not seen. */
static void history_of_those_erased_elsewhere_is_not_taken_in(struct t *t)
{
    struct harness *h = collect_alone();
    struct buf payload, records;
    buf_init(&payload, SUPPRESS_BYTES_MAX);
    buf_init(&records, 1 << 12);
    struct envelope v = usual_envelope(&records);
    v.import = true;
    v.received_us = v.event_us + US_PER_DAY;
    v.ids[0].key = identifier_key(7, v.ids[0].type, v.ids[0].ns, v.ids[0].value);
    struct hash128 owner = identifier_key_of_holder(v.ids[0].key, 3);
    collect_suppress_pack(&payload, v.event_us + 1, &owner, 1);
    CHECK(t, harness_apply(h, COMMAND_COLLECT_SUPPRESS, bytes_slice(buf_bytes(&payload), 0, payload.size - 1)) == &harness_malformed);
    CHECK(t, harness_apply(h, COMMAND_COLLECT_SUPPRESS, buf_bytes(&payload)) == NULL);
    CHECK(t, event_send(t, h, &v, 1) == &collect_suppressed);
    v.event_us += 1;
    CHECK(t, event_send(t, h, &v, 2) == NULL);
    buf_fini(&records);
    buf_fini(&payload);
    harness_destroy(h);
}

static const struct test tests[] = {
    {"an event is said with its numbers", an_event_is_said_with_its_numbers, 1},
    {"traits and consents are taken apart", traits_and_consents_are_taken_apart, 1},
    {"a cause is found", a_cause_is_found, 1},
    {"an alias counts as its target", an_alias_counts_as_its_target, 1},
    {"a bad event is refused", a_bad_event_is_refused, 1},
    {"ids are forgotten after their days", ids_are_forgotten_after_their_days, 1},
    {"ids are forgotten beyond their number", ids_are_forgotten_beyond_their_number, 1},
    {"a prefetch changes nothing", a_prefetch_changes_nothing, 1},
    {"history of the erased is not taken in", history_of_the_erased_is_not_taken_in, 1},
    {"history of those erased elsewhere is not taken in", history_of_those_erased_elsewhere_is_not_taken_in, 1},
};
TEST_MAIN(tests)
