#include "edge/codec/codec_test.h"

#define LONG_300                                                                                                              \
    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"                    \
    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"                    \
    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"

static void an_event_with_everything_is_read(struct t *t)
{
    struct rig *r = rig_create();
    struct bytes body = BYTES_LIT(
        "{\"id\":\"m1\",\"event\":\"支付成功?\",\"time\":\"2026-11-22T11:00:00+08:00\",\"sent_at\":null,"
        "\"ids\":[{\"type\":\"phone\",\"value\":13812345678},{\"type\":\"openid\",\"ns\":\"wx1\",\"value\":\"o1\",\"role\":\"payer\"}],"
        "\"actor\":{\"kind\":\"staff\",\"id\":\"G017\"},\"other\":{\"ids\":[{\"type\":\"phone\",\"value\":\"13912345678\"}]},"
        "\"brand\":\"lumi\",\"order\":20261122,\"traits\":{\"name\":\"王小明\"},"
        "\"consents\":[{\"purpose\":\"marketing\",\"channel\":\"sms\",\"given\":true,\"policy\":\"v3\",\"until\":\"2027-01-01\","
        "\"entity\":\"甲公司\",\"evidence\":\"門店紙質表 7 號\",\"from\":\"2026-06-01\"}],"
        "\"properties\":{\"amount\":199.90,\"revenue\":1},\"items\":[{\"product_id\":\"p\"},{}]}");
    CHECK_DONE(t, rig_native(r, body), &r->e);
    CHECK_EQ(t, r->batch.fault_count, 0);
    struct envelope v = rig_event(t, r, 0);
    CHECK_BYTES(t, v.event, BYTES_LIT("支付成功?"));
    CHECK_EQ(t, v.event_us, RECEIVED_US - 245678 * US_PER_MS);
    CHECK_EQ(t, v.id_count, 2);
    CHECK_EQ(t, v.other_count, 1);
    CHECK_BYTES(t, id_of(&v, TYPE_PHONE), BYTES_LIT("+8613812345678"));
    CHECK_EQ(t, v.ids[1].role, ID_PAYER);
    CHECK_BYTES(t, v.ids[2].value, BYTES_LIT("+8613912345678"));
    CHECK_EQ(t, v.actor, ACTOR_STAFF);
    CHECK_BYTES(t, v.actor_id, BYTES_LIT("G017"));
    CHECK_BYTES(t, v.reference[REF_BRAND], BYTES_LIT("lumi"));
    CHECK_BYTES(t, v.reference[REF_ORDER], BYTES_LIT("20261122"));
    CHECK_RECORD(t, r, v.traits, "{\"name\":\"王小明\"}");
    CHECK_RECORD(t, r, v.properties, "{\"amount\":199.9,\"revenue\":1}");
    CHECK_EQ(t, v.consent_count, 1);
    struct unpack u = unpack_of(v.consents);
    struct envelope_consent c;
    CHECK(t, envelope_consent_next(&u, &c));
    CHECK_BYTES(t, c.entity, BYTES_LIT("甲公司"));
    CHECK_BYTES(t, c.evidence, BYTES_LIT("門店紙質表 7 號"));
    CHECK(t, c.from_us != 0 && c.from_us < c.until_us);
    CHECK_EQ(t, v.item_count, 2);
    rig_destroy(r);
}

static void slips_are_refused_with_words(struct t *t)
{
    static const struct {
        const char *line, *words;
    } rows[] = {
        {"{\"event\":\"x\",\"propertys\":{}}", "the nearest is 'properties'"},
        {"{\"event\":\"x\",\"ID\":1}", "the nearest is 'id'"},
        {"{\"event\":\"x\",\"ids\":{}}", "want a list"},
        {"{\"event\":\"x\",\"ids\":[{\"value\":1}]}", "\"type\""},
        {"{\"event\":\"x\",\"ids\":[{\"type\":\"phone\",\"value\":1,\"role\":\"boss\"}]}", "'boss'"},
        {"{\"event\":\"x\",\"time\":\"soon\"}", "time"},
        {"{\"event\":\"x\",\"traits\":[]}", "want an object"},
        {"{\"event\":\"x\",\"actor\":{\"kind\":\"god\"}}", "actor"},
        {"{\"event\":\"x\",\"consents\":[{\"purpose\":\"m\"}]}", "given"},
        {"{\"event\":\"x\",\"consents\":[{\"purpose\":\"m\",\"given\":true,\"channel\":\"" LONG_300 "\"}]}", "channel"},
        {"{\"event\":\"x\",\"consents\":[{\"purpose\":\"m\",\"given\":true,\"evidence\":\"" LONG_300 "\"}]}", "evidence"},
        {"{\"event\":\"x\",\"consents\":[{\"purpose\":\"m\",\"given\":true,\"from\":\"soon\"}]}", "consents: from"},
        {"{\"event\":\"x\",\"brand\":\"" LONG_300 "\"}", "brand"},
        {"{\"event\":\"" LONG_300 "", "line 3, column 10"},
        {"{\"time\":\"2026-01-01\"}", "name"},
        {"{\"event\":\"" LONG_300 "\"}", "at most 255 bytes, this has 300"},
        {"{\"event\":\"x\\u0000y\"}", "no NUL"},
        {"{\"event\":\"x\",\"id\":{}}", "id: want a text"},
        {"{\"event\":\"x\",\"id\":\"a\\u0000b\"}", "id: want a text"},
        {"{\"event\":\"x\",\"brand\":\"a\\u0000b\"}", "brand"},
        {"{\"event\":\"x\",\"consents\":{\"purpose\":\"m\"}}", "consents: want a list"},
        {"{\"event\":3}", "event: want a text, this is a number"},
        {"{\"event\":{}}", "event: want a text, this is an object"},
        {"{\"event\":\"x\",\"other\":3}", "other: want an object"},
        {"{\"event\":\"x\",\"time\":1e400}", "outside the years"},
    };
    struct rig *r = rig_create();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char body[1200];
        (void)snprintf(body, sizeof body, "{\"event\":\"a\"}\n\n%s\n{\"event\":\"b\"}", rows[i].line);
        CHECK_DONE(t, rig_native(r, bytes_of_text(body)), &r->e);
        CHECK_EQ(t, r->batch.event_count, 2);
        REQUIRE(t, r->batch.fault_count == 1);
        CHECK_EQ(t, r->batch.faults[0].index, 2);
        if (strstr(r->batch.faults[0].words, rows[i].words) == NULL)
            test_fail(t, __FILE__, __LINE__, "'%s' doesn't say '%s'", r->batch.faults[0].words, rows[i].words);
    }
    rig_destroy(r);
}

static void lists_and_lines_are_alike(struct t *t)
{
    struct rig *r = rig_create();
    CHECK_DONE(t, rig_native(r, BYTES_LIT(" [{\"event\":\"a\"},{\"event\":\"b\"},3]")), &r->e);
    CHECK_EQ(t, r->batch.event_count, 2);
    CHECK_EQ(t, r->batch.fault_count, 1);
    CHECK_DONE(t, rig_native(r, BYTES_LIT("{\"event\":\"a\"}\r\n{\"event\":\"b\"}\r\n3")), &r->e);
    CHECK_EQ(t, r->batch.event_count, 2);
    CHECK_EQ(t, r->batch.fault_count, 1);
    CHECK_DONE(t, rig_native(r, BYTES_LIT("")), &r->e);
    CHECK_EQ(t, r->batch.event_count + r->batch.fault_count, 0);
    rig_destroy(r);
}

/* A list that breaks late, or in the middle, keeps its good events as lines do; the faults say which the others are. */
static void a_broken_list_keeps_its_good_events(struct t *t)
{
    static const struct {
        const char *body;
        size_t events, faults, index; /* index: of the first fault */
    } rows[] = {
        {"[{\"event\":\"a\"},{\"event\":\"b\"}", 2, 1, 2},
        {"[{\"event\":\"a\"},{\"event\":\"b\"}]]", 2, 1, 2},
        {"[{\"event\":\"a\"},]", 1, 1, 1},
        {"[{\"event\":\"a\"},,{\"event\":\"b\"}]", 2, 1, 1},
        {"[{\"event\":\"a\"},{\"event\" \"c\"},{\"event\":\"b\",\"properties\":{\"x\":[1,\"],}\\\"\"]}}]", 2, 1, 1},
        {"[{\"event\":\"a\"},{\"event\":\"c}]", 1, 1, 1},
        {"[{\"event\":\"a\"}},{\"event\":\"b\"}]", 1, 1, 0},
        {"[nonsense]", 0, 1, 0},
        {"[", 0, 1, 0},
    };
    struct rig *r = rig_create();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CHECK_DONE(t, rig_native(r, bytes_of_text(rows[i].body)), &r->e);
        if (r->batch.event_count != rows[i].events || r->batch.fault_count != rows[i].faults)
            test_fail(t, __FILE__, __LINE__, "%s: %zu events, %zu faults", rows[i].body, r->batch.event_count, r->batch.fault_count);
        else
            CHECK_EQ(t, r->batch.faults[0].index, rows[i].index);
        CHECK_EQ(t, r->batch.counts.faults, rows[i].faults);
    }
    codec_batch_clear(&r->batch);
    CHECK(t, done(native_read(&r->codec, &r->context, BYTES_LIT("["), &r->batch, NULL))); /* nobody asks for words */
    CHECK_EQ(t, r->batch.fault_count, 1);
    rig_destroy(r);
}

static void history_keeps_its_times(struct t *t)
{
    struct rig *r = rig_create();
    r->context.import = true;
    CHECK_DONE(t, rig_native(r, BYTES_LIT("{\"event\":\"a\",\"time\":\"2019-01-01\",\"sent_at\":\"2019-01-02\"}")), &r->e);
    struct envelope v = rig_event(t, r, 0);
    int64_t want_us;
    CHECK_DONE(t, time_parse(BYTES_LIT("2019-01-01"), &want_us, &r->e), &r->e);
    CHECK_EQ(t, v.event_us, want_us);
    CHECK(t, v.import);
    rig_destroy(r);
}

static void an_import_says_in_which_line_it_stands(struct t *t)
{
    static const char body[] = "{\"event\":\"a\",\"line\":\"0123456789abcdeffedcba9876543210:17\"}";
    struct rig *r = rig_create();
    r->context.import = true;
    CHECK_DONE(t, rig_native(r, bytes_of_text(body)), &r->e);
    struct envelope v = rig_event(t, r, 0);
    CHECK_EQ(t, v.line.number, 17);
    CHECK(t, v.line.file.high == 0x0123456789abcdef && v.line.file.low == 0xfedcba9876543210);
    CHECK_EQ(t, v.message_id.size, 0);
    CHECK_DONE(t, rig_native(r, BYTES_LIT("{\"event\":\"a\",\"line\":\"17\"}")), &r->e);
    CHECK_EQ(t, r->batch.event_count, 0);
    r->context.import = false;
    CHECK_DONE(t, rig_native(r, bytes_of_text(body)), &r->e);
    CHECK_EQ(t, r->batch.event_count, 0);
    rig_destroy(r);
}

/* A clock that was never set says 0: that is a wrong time, not a missing one. */
static void the_beginning_of_1970_is_a_wrong_clock(struct t *t)
{
    static const char *const times[] = {"\"1970-01-01T00:00:00Z\"", "0", "-1"};
    struct rig *r = rig_create();
    for (size_t i = 0; i < COUNT_OF(times); i++) {
        char body[100];
        (void)snprintf(body, sizeof body, "{\"event\":\"a\",\"time\":%s}", times[i]);
        CHECK_DONE(t, rig_native(r, bytes_of_text(body)), &r->e);
        struct envelope v = rig_event(t, r, 0);
        CHECK_EQ(t, v.event_us, RECEIVED_US);
        CHECK(t, v.properties.size > 0); /* clock_said */
        CHECK_EQ(t, r->batch.counts.clamped_times, 1);
    }
    rig_destroy(r);
}

/* Times stay as they were, to the microsecond, also equal ones; nothing is filled in. */
static void an_exported_event_comes_back_as_it_was(struct t *t)
{
    struct rig *r = rig_create();
    struct bytes body = BYTES_LIT(
        "{\"id\":\"m1\",\"event\":\"order_paid\",\"time\":\"2026-01-02T03:04:05.123456Z\",\"sent_at\":\"2026-01-02T03:05:00Z\","
        "\"received_at\":\"2026-01-02T03:04:06.000001Z\",\"source\":\"王府井 POS\",\"position\":4711}\n"
        "{\"id\":\"m1\",\"event\":\"order_paid\",\"time\":\"2026-01-02T03:04:05.123456Z\",\"received_at\":\"2026-01-02T03:04:06Z\",\"source\":\"web\"}");
    r->context.import = true;
    r->context.brand = BYTES_LIT("lumi");
    CHECK_DONE(t, rig_native(r, body), &r->e);
    struct envelope first = rig_event(t, r, 0), second = rig_event(t, r, 1);
    CHECK_EQ(t, first.event_us, second.event_us);
    CHECK_EQ(t, first.received_us - first.event_us, 876545);
    CHECK_BYTES(t, first.source, BYTES_LIT("王府井 POS"));
    CHECK_BYTES(t, first.reference[REF_BRAND], BYTES_NONE);
    CHECK(t, !hash128_equal(first.message, second.message)); /* ids are each source's own */
    r->context.source = BYTES_LIT("web");
    CHECK_DONE(t, rig_native(r, BYTES_LIT("{\"id\":\"m1\",\"event\":\"order_paid\"}")), &r->e);
    CHECK(t, hash128_equal(rig_event(t, r, 0).message, second.message));
    rig_destroy(r);
}

static void only_an_import_says_where_it_came_from(struct t *t)
{
    static const struct {
        bool import;
        const char *line, *words;
    } rows[] = {
        {false, "{\"event\":\"x\",\"source\":\"web\"}", "only an import"},
        {false, "{\"event\":\"x\",\"received_at\":\"2026-01-01\"}", "only an import"},
        {false, "{\"event\":\"x\",\"position\":1}", "only an import"},
        {true, "{\"event\":\"x\",\"source\":7}", "source: want a text"},
        {true, "{\"event\":\"x\",\"source\":\"" LONG_300 "\"}", "source: want a text"},
        {true, "{\"event\":\"x\",\"received_at\":\"soon\"}", "received_at"},
        {true, "{\"event\":\"x\",\"position\":\"here\"}", "position: want a whole number"},
    };
    struct rig *r = rig_create();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        r->context.import = rows[i].import;
        CHECK_DONE(t, rig_native(r, bytes_of_text(rows[i].line)), &r->e);
        REQUIRE(t, r->batch.fault_count == 1);
        if (strstr(r->batch.faults[0].words, rows[i].words) == NULL)
            test_fail(t, __FILE__, __LINE__, "'%s' doesn't say '%s'", r->batch.faults[0].words, rows[i].words);
    }
    rig_destroy(r);
}

static const struct test tests[] = {
    {"an exported event comes back as it was", an_exported_event_comes_back_as_it_was, 1},
    {"only an import says where it came from", only_an_import_says_where_it_came_from, 1},
    {"an event with everything is read", an_event_with_everything_is_read, 1},
    {"slips are refused with words", slips_are_refused_with_words, 1},
    {"lists and lines are alike", lists_and_lines_are_alike, 1},
    {"a broken list keeps its good events", a_broken_list_keeps_its_good_events, 1},
    {"history keeps its times", history_keeps_its_times, 1},
    {"an import says in which line it stands", an_import_says_in_which_line_it_stands, 1},
    {"the beginning of 1970 is a wrong clock", the_beginning_of_1970_is_a_wrong_clock, 1},
};
TEST_MAIN(tests)
