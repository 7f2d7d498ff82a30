#include "edge/codec/codec_test.h"

static void a_track_call_is_read(struct t *t)
{
    struct rig *r = rig_create();
    struct bytes body = BYTES_LIT(
        "{\"batch\":[{\"type\":\"track\",\"event\":\"Order Completed\",\"messageId\":\"m-1\",\"timestamp\":\"2026-11-22T03:04:00.000Z\","
        "\"userId\":\"u42\",\"anonymousId\":\"1F2E3D4C-1111-4222-8333-444455556666\",\"integrations\":{},\"_metadata\":{\"nodeVersion\":\"20\"},"
        "\"context\":{\"library\":{\"name\":\"@segment/analytics-node\"},\"ip\":\"1.2.3.4\",\"traits\":{\"phone\":\"138 1234 5678\"},"
        "\"device\":{\"id\":\"d-1\"},\"campaign\":{\"name\":\"双十一\"}},"
        "\"properties\":{\"order_id\":20261122001,\"revenue\":199.90,\"currency\":\"CNY\",\"coupon\":\"满减\","
        "\"products\":[{\"product_id\":\"p1\",\"sku\":\"s1\",\"name\":\"面霜\",\"price\":99.95,\"quantity\":2}]}}],"
        "\"writeKey\":\"k\",\"sentAt\":\"2026-11-22T03:04:05.000Z\"}");
    CHECK_DONE(t, rig_segment(r, body, CALL_BATCH), &r->e);
    CHECK_EQ(t, r->batch.event_count, 1);
    struct envelope v = rig_event(t, r, 0);
    CHECK_BYTES(t, v.event, BYTES_LIT("order_completed"));
    CHECK_BYTES(t, v.source, BYTES_LIT("shop"));
    CHECK_BYTES(t, v.message_id, BYTES_LIT("m-1"));
    CHECK_EQ(t, v.event_us, RECEIVED_US - 5 * US_PER_SECOND);
    CHECK_EQ(t, v.sent_us, RECEIVED_US - 678 * US_PER_MS);
    CHECK_EQ(t, v.id_count, 4);
    CHECK_BYTES(t, id_of(&v, TYPE_USER_ID), BYTES_LIT("u42"));
    CHECK_BYTES(t, id_of(&v, TYPE_ANONYMOUS_ID), BYTES_LIT("1f2e3d4c-1111-4222-8333-444455556666"));
    CHECK_BYTES(t, id_of(&v, TYPE_PHONE), BYTES_LIT("+8613812345678"));
    CHECK_BYTES(t, id_of(&v, TYPE_DEVICE_ID), BYTES_LIT("d-1"));
    struct hash128 key = identifier_key(SECRET, TYPE_USER_ID, BYTES_NONE, BYTES_LIT("u42"));
    CHECK(t, hash128_equal(v.ids[0].key, key));
    CHECK_BYTES(t, v.reference[REF_ORDER], BYTES_LIT("20261122001"));
    CHECK_BYTES(t, v.reference[REF_CAMPAIGN], BYTES_LIT("双十一"));
    CHECK_RECORD(t, r, v.traits, "{\"phone\":\"138 1234 5678\"}");
    CHECK_RECORD(t, r, v.properties, "{\"currency\":\"CNY\",\"coupon\":\"满减\",\"amount\":199.9,\"ip\":\"1.2.3.4\"}");
    CHECK_EQ(t, v.item_count, 1);
    struct unpack items = unpack_of(v.items);
    CHECK_RECORD(t, r, unpack_bytes(&items), "{\"sku\":\"s1\",\"name\":\"面霜\",\"price\":99.95,\"quantity\":2,\"spu\":\"p1\"}");
    rig_destroy(r);
}

#define LONG_100 "1234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890"

/* The longest there may be, and one byte more. */
static void long_namespaces(struct t *t)
{
    static const char *const sizes[] = {LONG_100 LONG_100 "1234567890123456789012345678901234567890123456789012345",
                                        LONG_100 LONG_100 "12345678901234567890123456789012345678901234567890123456"};
    struct rig *r = rig_create();
    for (uint32_t i = 0; i < COUNT_OF(sizes); i++) {
        char *body = arena_printf(t->arena, "{\"event\":\"x\",\"userId\":\"u\",\"context\":{\"externalIds\":[{\"type\":\"openid\",\"ns\":\"%s\",\"id\":\"o\"}]}}", sizes[i]);
        CHECK_DONE(t, rig_segment(r, bytes_of_text(body), CALL_TRACK), &r->e);
        CHECK_EQ(t, rig_event(t, r, 0).id_count, 2 - i);
    }
    rig_destroy(r);
}

static void every_call_has_its_event(struct t *t)
{
    static const struct {
        enum segment_call call;
        const char *body, *event, *properties, *traits;
    } rows[] = {
        {CALL_IDENTIFY, "{\"userId\":\"u\",\"traits\":{\"email\":\"A@B.cn\",\"name\":\"王小明\"},\"context\":{\"traits\":{\"name\":\"old\",\"city\":\"沪\"}}}",
         "profile_updated", "{}", "{\"email\":\"A@B.cn\",\"name\":\"王小明\",\"city\":\"沪\"}"},
        {CALL_PAGE, "{\"userId\":\"u\",\"name\":\"首页\",\"category\":\"shop\",\"properties\":{\"path\":\"/a\",\"url\":\"https://x/a\"}}", "page_viewed",
         "{\"url\":\"https://x/a\",\"page\":\"/a\",\"page_name\":\"首页\",\"page_category\":\"shop\"}", "{}"},
        {CALL_SCREEN, "{\"userId\":\"u\",\"name\":\"Home\"}", "page_viewed", "{\"page_name\":\"Home\"}", "{}"},
        {CALL_GROUP, "{\"userId\":\"u\",\"groupId\":7,\"traits\":{\"plan\":\"a\"}}", "group_joined", "{\"traits\":{\"plan\":\"a\"}}", "{}"},
        {CALL_ALIAS, "{\"userId\":\"u\",\"previousId\":\"1f2e3d4c-1111-4222-8333-444455556666\"}", "ids_linked", "{}", "{}"},
        {CALL_TRACK, "{\"userId\":\"u\",\"event\":\"Anything Else\",\"properties\":null}", "Anything Else", "{}", "{}"},
    };
    struct rig *r = rig_create();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CHECK_DONE(t, rig_segment(r, bytes_of_text(rows[i].body), rows[i].call), &r->e);
        struct envelope v = rig_event(t, r, 0);
        CHECK_BYTES(t, v.event, bytes_of_text(rows[i].event));
        CHECK_BYTES(t, record_text(r, v.properties), bytes_of_text(rows[i].properties));
        CHECK_BYTES(t, record_text(r, v.traits), bytes_of_text(rows[i].traits));
        CHECK_BYTES(t, id_of(&v, TYPE_USER_ID), BYTES_LIT("u"));
        if (rows[i].call == CALL_IDENTIFY)
            CHECK_BYTES(t, id_of(&v, TYPE_EMAIL), BYTES_LIT("a@b.cn"));
        if (rows[i].call == CALL_GROUP)
            CHECK_BYTES(t, v.reference[REF_GROUP], BYTES_LIT("7"));
        if (rows[i].call == CALL_ALIAS)
            CHECK_BYTES(t, id_of(&v, TYPE_ANONYMOUS_ID), BYTES_LIT("1f2e3d4c-1111-4222-8333-444455556666"));
    }
    rig_destroy(r);
}

static void what_cannot_identify_is_noted(struct t *t)
{
    struct rig *r = rig_create();
    struct bytes body = BYTES_LIT(
        "{\"event\":\"x\",\"userId\":\"null\",\"anonymousId\":\"a-1\",\"context\":{\"traits\":{\"phone\":\"138****5678\"},"
        "\"externalIds\":[{\"type\":\"openid\",\"ns\":\"wx1\",\"id\":\"oAbC\"},{\"type\":\"知己号\",\"id\":\"1\"},"
        "{\"type\":\"user_id\",\"collection\":\"accounts\",\"id\":\"acc\"}]}}");
    CHECK_DONE(t, rig_segment(r, body, CALL_TRACK), &r->e);
    struct envelope v = rig_event(t, r, 0);
    CHECK_EQ(t, v.id_count, 2);
    CHECK_BYTES(t, id_of(&v, TYPE_ANONYMOUS_ID), BYTES_LIT("a-1"));
    CHECK_BYTES(t, id_of(&v, TYPE_OPENID), BYTES_LIT("oAbC"));
    CHECK_BYTES(t, v.ids[1].ns, BYTES_LIT("wx1"));
    CHECK_RECORD(t, r, v.properties, "{\"unlinked_ids\":\"user_id:blocked phone:masked 知己号:undeclared\"}");
    CHECK_EQ(t, r->batch.counts.unlinked[ID_BLOCKED], 1);
    CHECK_EQ(t, r->batch.counts.unlinked[ID_MASKED], 1);
    CHECK_EQ(t, r->batch.counts.unlinked[ID_GOOD], 1);
    rig_destroy(r);
}

/* 1970, 2262 and tomorrow's tomorrow are wrong clocks: what they said is kept. */
static void clocks_are_corrected(struct t *t)
{
    static const struct {
        const char *times;
        int64_t event_us;
        bool clamped;
    } rows[] = {
        {"", RECEIVED_US, false},
        {"\"timestamp\":\"2026-11-22T03:00:00.000Z\"", RECEIVED_US - 245678 * US_PER_MS, false},
        {"\"originalTimestamp\":\"2026-11-22T03:00:00.000Z\",\"timestamp\":\"2020-01-01\"", RECEIVED_US - 245678 * US_PER_MS, false},
        {"\"timestamp\":\"2030-01-01T00:00:00Z\",\"sentAt\":\"2030-01-01T00:00:10Z\"", RECEIVED_US - 10 * US_PER_SECOND, false},
        {"\"timestamp\":1795316640,\"sentAt\":1795316645678", RECEIVED_US - 5678 * US_PER_MS, false},
        {"\"timestamp\":\"1970-01-02T00:00:00Z\"", RECEIVED_US, true},
        {"\"timestamp\":\"2262-04-11T23:47:16Z\"", RECEIVED_US, true},
        {"\"timestamp\":\"2026-11-23T03:04:05.678Z\"", RECEIVED_US + US_PER_DAY, false},
        {"\"timestamp\":\"2026-11-23T03:04:05.679Z\"", RECEIVED_US, true},
        {"\"timestamp\":\"yesterday\",\"sentAt\":{}", RECEIVED_US, false},
    };
    struct rig *r = rig_create();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char body[300];
        struct value said;
        (void)snprintf(body, sizeof body, "{\"event\":\"x\"%s%s}", rows[i].times[0] != 0 ? "," : "", rows[i].times);
        CHECK_DONE(t, rig_segment(r, bytes_of_text(body), CALL_TRACK), &r->e);
        struct envelope v = rig_event(t, r, 0);
        CHECK_EQ(t, v.event_us, rows[i].event_us);
        CHECK_EQ(t, record_find(v.properties, BYTES_LIT("clock_said"), &said), rows[i].clamped);
        CHECK_EQ(t, r->batch.counts.clamped_times, rows[i].clamped);
    }
    rig_destroy(r);
}

static void equal_times_keep_their_order(struct t *t)
{
    struct rig *r = rig_create();
    struct bytes body = BYTES_LIT("{\"batch\":[{\"type\":\"track\",\"event\":\"a\"},{\"type\":\"track\",\"event\":\"b\"},{\"type\":\"track\"},"
                                  "{\"type\":\"track\",\"event\":\"c\"}]}");
    CHECK_DONE(t, rig_segment(r, body, CALL_BATCH), &r->e);
    CHECK_EQ(t, r->batch.event_count, 3);
    for (size_t i = 0; i < 3; i++)
        CHECK_EQ(t, rig_event(t, r, i).event_us, RECEIVED_US + (int64_t)i);
    rig_destroy(r);
}

static void a_bad_event_costs_no_good_one(struct t *t)
{
    static const char *const bad[] = {
        "{}", "7", "null", "[]", "{\"type\":\"trak\",\"event\":\"x\"}", "{\"type\":\"track\"}", "{\"type\":\"track\",\"event\":\"\"}",
        "{\"type\":\"track\",\"event\":\"\\u0000\"}", "{\"type\":\"track\",\"event\":\"x\",\"properties\":[]}",
        "{\"type\":\"track\",\"event\":\"x\",\"properties\":{\"n\":1e999}}", "{\"type\":\"track\",\"event\":\"x\",\"properties\":{\"n\":\"a\\u0000b\"}}",
        "{\"type\":\"track\",\"event\":\"x\",\"properties\":{\"products\":[3]}}",
        "{\"type\":\"track\",\"event\":\"x\",\"properties\":{\"a\":[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]}}",
    };
    struct rig *r = rig_create();
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        char body[500];
        (void)snprintf(body, sizeof body, "{\"batch\":[{\"type\":\"track\",\"event\":\"a\"},%s,{\"type\":\"track\",\"event\":\"😀\"}]}", bad[i]);
        CHECK_DONE(t, rig_segment(r, bytes_of_text(body), CALL_BATCH), &r->e);
        CHECK_EQ(t, r->batch.event_count, 2);
        CHECK_EQ(t, r->batch.fault_count, 1);
        CHECK_EQ(t, r->batch.faults[0].index, 1);
        CHECK(t, r->batch.faults[0].words[0] != 0);
        CHECK_EQ(t, r->batch.events[1].index, 2);
        CHECK_BYTES(t, rig_event(t, r, 1).event, BYTES_LIT("😀"));
    }
    rig_destroy(r);
}

static void bodies_that_are_none_are_refused(struct t *t)
{
    struct rig *r = rig_create();
    CHECK_FAILS(t, rig_segment(r, BYTES_LIT(""), CALL_BATCH), INVALID);
    CHECK_FAILS(t, rig_segment(r, BYTES_LIT("[]"), CALL_BATCH), INVALID);
    CHECK_FAILS(t, rig_segment(r, BYTES_LIT("{\"batch\":{}}"), CALL_BATCH), INVALID);
    CHECK_FAILS(t, rig_segment(r, BYTES_LIT("{\"event\":\"\xff\"}"), CALL_TRACK), INVALID);
    CHECK_FAILS(t, rig_segment(r, BYTES_LIT("{\"event\":\"x\"} x"), CALL_TRACK), INVALID);
    CHECK_DONE(t, rig_segment(r, BYTES_LIT("{\"batch\":[]}"), CALL_BATCH), &r->e);
    CHECK_EQ(t, r->batch.event_count + r->batch.fault_count, 0);
    struct buf many;
    buf_init(&many, 1 << 20);
    buf_push_text(&many, "{\"batch\":[");
    for (uint32_t i = 0; i <= REQUEST_EVENTS_MAX; i++)
        buf_push_text(&many, i == 0 ? "{}" : ",{}");
    buf_push_text(&many, "]}");
    CHECK_FAILS(t, rig_segment(r, buf_bytes(&many), CALL_BATCH), LIMIT);
    CHECK_EQ(t, r->batch.fault_count, REQUEST_EVENTS_MAX); /* all counted, some kept */
    buf_fini(&many);
    rig_destroy(r);
}

static void what_is_too_long_is_refused_by_itself(struct t *t)
{
    static const uint32_t counts[] = {999, 1000, 1001, 100000};
    struct rig *r = rig_create();
    struct buf body;
    buf_init(&body, 4 << 20);
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        buf_clear(&body);
        buf_push_text(&body, "{\"event\":\"x\",\"properties\":{");
        for (uint32_t k = 0; k < counts[i]; k++)
            buf_printf(&body, "%s\"k%u\":%u", k == 0 ? "" : ",", k, k);
        buf_push_text(&body, "}}");
        CHECK_DONE(t, rig_segment(r, buf_bytes(&body), CALL_TRACK), &r->e);
        CHECK_EQ(t, r->batch.event_count, counts[i] <= 1000);
        if (counts[i] <= 1000)
            CHECK_EQ(t, record_count(rig_event(t, r, 0).properties), counts[i]);
    }
    buf_fini(&body);
    rig_destroy(r);
}

/* A name stands once in a record; two that fold to one name both stay, whatever their order. */
static void names_are_told_apart(struct t *t)
{
    static const struct {
        const char *properties, *kept;
    } rows[] = {
        {"{\"a\":1,\"b\":2,\"a\":3}", "{\"b\":2,\"a\":3}"},
        {"{\"revenue\":1,\"amount\":2}", "{\"amount\":2,\"revenue\":1}"},
        {"{\"amount\":2,\"revenue\":1}", "{\"amount\":2,\"revenue\":1}"},
        {"{\"revenue\":1,\"total_amount\":2}", "{\"amount\":1,\"total_amount\":2}"},
        {"{\"order_id\":\"o1\",\"order\":\"o2\"}", "{\"order_id\":\"o1\"}"},
        {"{\"shop\":[1]}", "{\"shop\":[1]}"},
        {"{\"path\":\"/mine\",\"brand\":\"theirs\"}", "{\"brand\":\"theirs\",\"page\":\"/mine\"}"},
    };
    struct rig *r = rig_create();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char body[300];
        (void)snprintf(body, sizeof body, "{\"event\":\"x\",\"properties\":%s}", rows[i].properties);
        CHECK_DONE(t, rig_segment(r, bytes_of_text(body), CALL_TRACK), &r->e);
        CHECK_BYTES(t, record_text(r, rig_event(t, r, 0).properties), bytes_of_text(rows[i].kept));
    }
    rig_destroy(r);
}

static void the_context_says_where(struct t *t)
{
    struct rig *r = rig_create();
    struct bytes page = BYTES_LIT("{\"event\":\"x\",\"properties\":{\"path\":\"/mine\"},\"context\":{\"locale\":\"zh-CN\",\"page\":{\"path\":\"/theirs\","
                                  "\"title\":\"首页\",\"search\":\"\",\"referrer\":\"https://r/\"}}}");
    CHECK_DONE(t, rig_segment(r, page, CALL_TRACK), &r->e);
    struct envelope v = rig_event(t, r, 0);
    CHECK_BYTES(t, v.reference[REF_CHANNEL], BYTES_LIT("web"));
    CHECK_RECORD(t, r, v.properties, "{\"page\":\"/mine\",\"locale\":\"zh-CN\",\"page_title\":\"首页\",\"referrer\":\"https://r/\"}");
    CHECK_DONE(t, rig_segment(r, BYTES_LIT("{\"event\":\"x\",\"context\":{\"app\":{\"name\":\"Lumi\"}}}"), CALL_TRACK), &r->e);
    v = rig_event(t, r, 0);
    CHECK_BYTES(t, v.reference[REF_CHANNEL], BYTES_LIT("app"));
    r->context.channel = BYTES_LIT("mini_program"); /* the token's word counts more */
    CHECK_DONE(t, rig_segment(r, page, CALL_TRACK), &r->e);
    v = rig_event(t, r, 0);
    CHECK_BYTES(t, v.reference[REF_CHANNEL], BYTES_LIT("mini_program"));
    rig_destroy(r);
}

static void the_same_message_is_the_same(struct t *t)
{
    static const char *const bodies[] = {"{\"event\":\"x\",\"messageId\":\"1\"}", "{\"messageId\":\"1\",\"event\":\"y\"}", "{\"event\":\"x\"}",
                                         "{\"event\":\"x\",\"messageId\":\"2\"}"};
    struct rig *r = rig_create();
    struct hash128 message[COUNT_OF(bodies)];
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        CHECK_DONE(t, rig_segment(r, bytes_of_text(bodies[i]), CALL_TRACK), &r->e);
        message[i] = rig_event(t, r, 0).message;
    }
    CHECK(t, hash128_equal(message[0], message[1]));
    CHECK(t, !hash128_equal(message[0], message[2]));
    CHECK(t, !hash128_equal(message[0], message[3]));
    r->context.source = BYTES_LIT("app");
    CHECK_DONE(t, rig_segment(r, bytes_of_text(bodies[0]), CALL_TRACK), &r->e);
    CHECK(t, !hash128_equal(message[0], rig_event(t, r, 0).message));
    rig_destroy(r);
}

static void a_write_key_is_found(struct t *t)
{
    struct rig *r = rig_create();
    CHECK_BYTES(t, segment_write_key(&r->codec, BYTES_LIT("{\"batch\":[],\"writeKey\":\"k1\"}")), BYTES_LIT("k1"));
    CHECK_EQ(t, segment_write_key(&r->codec, BYTES_LIT("{\"batch\":[],\"writeKey\":7}")).size, 0);
    CHECK_EQ(t, segment_write_key(&r->codec, BYTES_LIT("{")).size, 0);
    rig_destroy(r);
}

static const struct test tests[] = {
    {"namespaces of the greatest size", long_namespaces, 1},
    {"a track call is read", a_track_call_is_read, 1},
    {"every call has its event", every_call_has_its_event, 1},
    {"what cannot identify is noted", what_cannot_identify_is_noted, 1},
    {"clocks are corrected", clocks_are_corrected, 1},
    {"equal times keep their order", equal_times_keep_their_order, 1},
    {"a bad event costs no good one", a_bad_event_costs_no_good_one, 1},
    {"bodies that are none are refused", bodies_that_are_none_are_refused, 1},
    {"what is too long is refused by itself", what_is_too_long_is_refused_by_itself, 1},
    {"names are told apart", names_are_told_apart, 1},
    {"the context says where", the_context_says_where, 1},
    {"the same message is the same", the_same_message_is_the_same, 1},
    {"a write key is found", a_write_key_is_found, 1},
};
TEST_MAIN(tests)
