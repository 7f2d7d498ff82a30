#include "domain/collect/envelope_test.h"
#include "lib/json.h"

static const char *printed(struct t *t, const struct envelope *v)
{
    struct buf out;
    struct json_writer w;
    buf_init(&out, 1 << 20);
    json_writer_init(&w, &out, false);
    json_object_begin(&w);
    envelope_print(v, &w);
    json_object_end(&w);
    CHECK(t, json_writer_finished(&w));
    char *text = arena_text(t->arena, buf_bytes(&out));
    buf_fini(&out);
    return text;
}

static void the_usual_event_is_small(struct t *t)
{
    struct buf records, b;
    struct err e = {0};
    buf_init(&records, 1 << 12);
    buf_init(&b, ENVELOPE_BYTES_MAX);
    struct envelope v = usual_envelope(&records), back;
    REQUIRE_DONE(t, envelope_pack(&v, &b, &e), &e);
    CHECK(t, b.size <= 300);
    REQUIRE_DONE(t, envelope_unpack(buf_bytes(&b), &back, &e), &e);
    CHECK_DONE(t, envelope_check(&back, &e), &e);
    CHECK_TEXT(t, printed(t, &back),
               "{\"id\":\"ajs-next-1763740800000-3f2b8c1d\",\"event\":\"product_viewed\",\"time\":\"2025-11-21T16:00:00.000Z\","
               "\"sent_at\":\"2025-11-21T16:00:00.020Z\",\"received_at\":\"2025-11-21T16:00:00.120Z\",\"source\":\"web\","
               "\"ids\":[{\"type\":\"user_id\",\"value\":\"u_100200300\"},{\"type\":\"phone\",\"value\":\"+8613800001234\"},"
               "{\"type\":\"anonymous_id\",\"value\":\"8f14e45f-ceea-467f-a1d2-6b1f2c3d4e5f\"}],"
               "\"brand\":\"qihe_wear\",\"channel\":\"web\",\"properties\":{\"spu\":\"P-20418\",\"sku\":\"SKU-20418-M\","
               "\"category\":\"裙装\",\"price\":399,\"quantity\":1,\"page\":\"/p/20418\"}}");
    buf_fini(&records);
    buf_fini(&b);
}

static void every_part_is_printed(struct t *t)
{
    struct buf b, items;
    buf_init(&b, 1 << 12);
    buf_init(&items, 1 << 12);
    struct envelope_consent given = {.purpose = BYTES_LIT("marketing"), .channel = BYTES_LIT("sms"), .given = true,
                                     .policy = BYTES_LIT("2026-01"), .until_us = ANY_TIME_US};
    struct envelope_consent withdrawn = {.purpose = BYTES_LIT("health"), .entity = BYTES_LIT("甲公司"), .evidence = BYTES_LIT("來信"), .from_us = ANY_TIME_US};
    envelope_consent_pack(&b, &given);
    envelope_consent_pack(&b, &withdrawn);
    pack_bytes(&items, BYTES_LIT("\x01\x03sku\x05\x01""A"));
    pack_bytes(&items, BYTES_NONE);
    struct envelope v = {
        .event = BYTES_LIT("gift_sent"),
        .event_us = ANY_TIME_US,
        .received_us = ANY_TIME_US,
        .actor = ACTOR_STAFF,
        .actor_id = BYTES_LIT("G17"),
        .id_count = 1,
        .other_count = 1,
        .ids = {{.type = TYPE_OPENID, .ns = BYTES_LIT("wx1"), .value = BYTES_LIT("o1"), .role = ID_PAYER},
                {.type = TYPE_CUSTOM + 3, .value = BYTES_LIT("x")}},
        .traits = BYTES_LIT("\x01\x04" "city\x05\x06" "杭州"),
        .consent_count = 2,
        .consents = buf_bytes(&b),
        .item_count = 2,
        .items = buf_bytes(&items),
    };
    struct err e = {0};
    CHECK_DONE(t, envelope_check(&v, &e), &e);
    CHECK_TEXT(t, printed(t, &v),
               "{\"event\":\"gift_sent\",\"time\":\"2025-11-21T16:00:00.000Z\",\"received_at\":\"2025-11-21T16:00:00.000Z\","
               "\"ids\":[{\"type\":\"openid\",\"ns\":\"wx1\",\"value\":\"o1\",\"role\":\"payer\"}],"
               "\"actor\":{\"kind\":\"staff\",\"id\":\"G17\"},\"other\":{\"ids\":[{\"type\":67,\"value\":\"x\"}]},"
               "\"traits\":{\"city\":\"杭州\"},\"consents\":[{\"purpose\":\"marketing\",\"channel\":\"sms\",\"given\":true,"
               "\"policy\":\"2026-01\",\"until\":\"2025-11-21T16:00:00.000Z\"},{\"purpose\":\"health\",\"entity\":\"甲公司\",\"given\":false,\"evidence\":\"來信\","
               "\"from\":\"2025-11-21T16:00:00.000Z\"}],"
               "\"items\":[{\"sku\":\"A\"},{}]}");
    buf_fini(&b);
    buf_fini(&items);
}

/* The bytes of format 1, which stay readable for ever. */
static void the_format_stays(struct t *t)
{
    static const uint8_t packed[] = {
        1, 1, 0, 1,                                     /* format, one identifier, no other, staff */
        0x0a, 0x03, 0, 0,                               /* sent_at, actor id, brand, channel */
        1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
        0x40, 0x42, 0x0f, 0, 0, 0, 0, 0,                /* 1 s */
        5, 0, 0x82, 2,                                  /* openid, the payer's, with a namespace, 2 bytes */
        21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36,
        20,                                             /* received 10 us later */
        3,                                              /* sent 2 us after that: a clock that goes before */
        3, 'b', 'u', 'y', 1, 's', 2, 'w', 'x', 'o', '1', 2, 'G', '7', 2, 'q', 'w', 3, 'w', 'e', 'b',
    };
    struct envelope v;
    struct err e = {0};
    struct buf b;
    buf_init(&b, 1 << 12);
    REQUIRE_DONE(t, envelope_unpack(bytes_of(packed, sizeof packed), &v, &e), &e);
    CHECK_EQ(t, v.event_us, 1000000);
    CHECK_EQ(t, v.received_us, 1000010);
    CHECK_EQ(t, v.sent_us, 1000012);
    CHECK_EQ(t, v.message.low, 0x0807060504030201);
    CHECK_EQ(t, v.ids[0].type, TYPE_OPENID);
    CHECK_EQ(t, v.ids[0].role, ID_PAYER);
    CHECK_BYTES(t, v.ids[0].ns, BYTES_LIT("wx"));
    CHECK_BYTES(t, v.ids[0].value, BYTES_LIT("o1"));
    CHECK_EQ(t, v.ids[0].key.low, 0x1c1b1a1918171615);
    CHECK_BYTES(t, v.reference[REF_CHANNEL], BYTES_LIT("web"));
    CHECK_BYTES(t, v.actor_id, BYTES_LIT("G7"));
    CHECK_DONE(t, envelope_pack(&v, &b, &e), &e);
    CHECK_BYTES(t, buf_bytes(&b), bytes_of(packed, sizeof packed));
    buf_fini(&b);
}

static void a_standard_name_is_a_number(struct t *t)
{
    struct buf b;
    struct err e = {0};
    buf_init(&b, 1 << 12);
    struct envelope v = {.event = BYTES_LIT("order_paid"), .event_us = 1, .received_us = 1}, back;
    REQUIRE_DONE(t, envelope_pack(&v, &b, &e), &e);
    CHECK_EQ(t, b.size, 32 + 1 + 3 + 1);
    CHECK_EQ(t, b.data[34], 20);
    REQUIRE_DONE(t, envelope_unpack(buf_bytes(&b), &back, &e), &e);
    CHECK_BYTES(t, back.event, v.event);
    b.data[35] = 0xff; /* no such number */
    CHECK_FAILS(t, envelope_unpack(buf_bytes(&b), &back, &e), INVALID);
    buf_fini(&b);
}

static void bounds_are_kept(struct t *t)
{
    struct buf b;
    struct err e = {0};
    buf_init(&b, 2 * ENVELOPE_BYTES_MAX);
    struct envelope v = {.event = BYTES_LIT("x"), .event_us = ANY_TIME_US, .received_us = ANY_TIME_US};
    CHECK_DONE(t, envelope_pack(&v, &b, &e), &e);
    size_t before = b.size;
    v.event = BYTES_NONE;
    CHECK_FAILS(t, envelope_pack(&v, &b, &e), INVALID);
    v.event = BYTES_LIT("x");
    v.id_count = ENVELOPE_IDS_MAX;
    v.other_count = 1;
    CHECK_FAILS(t, envelope_pack(&v, &b, &e), LIMIT);
    v.id_count = v.other_count = 0;
    v.reference[REF_ORDER] = any_text(t, 256);
    CHECK_FAILS(t, envelope_pack(&v, &b, &e), LIMIT);
    v.reference[REF_ORDER] = any_text(t, 255);
    v.sent_us = TIME_US_END;
    CHECK_FAILS(t, envelope_pack(&v, &b, &e), INVALID);
    v.sent_us = 0;
    v.properties = any_text(t, ENVELOPE_BYTES_MAX);
    CHECK_FAILS(t, envelope_pack(&v, &b, &e), LIMIT);
    CHECK_EQ(t, b.size, before);
    v.properties = any_text(t, ENVELOPE_BYTES_MAX - 1000);
    CHECK_DONE(t, envelope_pack(&v, &b, &e), &e);
    buf_fini(&b);
}

static void a_check_sees_every_part(struct t *t)
{
    struct err e = {0};
    struct envelope good = {.event = BYTES_LIT("x"), .event_us = 1, .received_us = 1}, v = good;
    CHECK_DONE(t, envelope_check(&v, &e), &e);
    v.traits = BYTES_LIT("\x01\x01x");
    CHECK_FAILS(t, envelope_check(&v, &e), INVALID);
    v = good, v.properties = BYTES_LIT("\x01\x01x\x03\x02\x07");
    CHECK_FAILS(t, envelope_check(&v, &e), INVALID);
    v = good, v.item_count = 2, v.items = BYTES_LIT("\x01\x00");
    CHECK_FAILS(t, envelope_check(&v, &e), INVALID);
    v.item_count = 1;
    CHECK_DONE(t, envelope_check(&v, &e), &e);
    v = good, v.consent_count = 1, v.consents = BYTES_LIT("\x01\x00\x00\x00"); /* without a purpose */
    CHECK_FAILS(t, envelope_check(&v, &e), INVALID);
    v = good, v.consent_count = 1, v.consents = BYTES_LIT("\x04\x01m\x00\x00"); /* no such flag */
    CHECK_FAILS(t, envelope_check(&v, &e), INVALID);
    v.consents = BYTES_LIT("\x01\x01m\x00\x00");
    CHECK_DONE(t, envelope_check(&v, &e), &e);
    v.consent_count = CONSENTS_AN_EVENT_MAX + 1;
    CHECK_FAILS(t, envelope_check(&v, &e), LIMIT);
}

static void identifiers_are_masked(struct t *t)
{
    static const struct {
        const char *value, *masked;
    } rows[] = {
        {"+8613800001234", "+86****34"}, {"xiaoming@example.com", "xia****om"}, {"short", "****"}, {"1234567", "****"},
        {"12345678", "123****78"},       {"小鱼_00012345", "小鱼_****45"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buf out;
        struct json_writer w;
        struct envelope_id id = {.type = TYPE_PHONE, .value = bytes_of_text(rows[i].value)};
        buf_init(&out, 1 << 10);
        json_writer_init(&w, &out, false);
        envelope_id_print(&id, true, &w);
        CHECK_TEXT(t, arena_text(t->arena, buf_bytes(&out)),
                   arena_printf(t->arena, "{\"type\":\"phone\",\"value\":\"%s\"}", rows[i].masked));
        buf_fini(&out);
    }
}

static const struct test tests[] = {
    {"the usual event is small", the_usual_event_is_small, 1},
    {"every part is printed", every_part_is_printed, 1},
    {"the format stays", the_format_stays, 1},
    {"a standard name is a number", a_standard_name_is_a_number, 1},
    {"bounds are kept", bounds_are_kept, 1},
    {"a check sees every part", a_check_sees_every_part, 1},
    {"identifiers are masked", identifiers_are_masked, 1},
};
TEST_MAIN(tests)
