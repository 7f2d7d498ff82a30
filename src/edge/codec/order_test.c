/* Orders in JSON: what they become, and what is said of those that can't be read. */
#include "edge/codec/order.h"

#include "edge/codec/codec_test.h"

struct reading {
    struct t *t;
    struct json_parser *parser;
    struct order_codec *codec;
    struct codec_context context;
    struct buf packed;
    struct err e;
};

static void reading_begin(struct reading *o, struct t *t)
{
    *o = (struct reading){.t = t, .parser = json_parser_create(1 << 20), .codec = order_codec_create(t->arena)};
    o->context = (struct codec_context){.secret = SECRET, .source = BYTES_LIT("oms"), .received_us = RECEIVED_US};
    o->context.rules = id_types_builtin(&o->context.rule_count);
    buf_init(&o->packed, ORDER_VERSION_BYTES_MAX);
}

static void reading_end(struct reading *o)
{
    json_parser_destroy(o->parser);
    order_codec_end(o->codec);
    buf_fini(&o->packed);
}

static struct status read_text(struct reading *o, const char *text)
{
    struct json root;
    o->e.text[0] = 0;
    buf_clear(&o->packed);
    TRY(json_parse(o->parser, bytes_of_text(text), &root, &o->e));
    return order_read(o->codec, &o->context, root, &o->packed, &o->e);
}

#define CHECK_FAULT(o, json, words)                           \
    do {                                                      \
        CHECK_FAILS((o)->t, read_text((o), (json)), INVALID); \
        CHECK_TEXT((o)->t, (o)->e.text, words);               \
    } while (0)

static void an_order_becomes_its_parts(struct t *t)
{
    struct reading o;
    struct order_version v;
    struct unpack u;
    struct order_part p;
    struct order_value value;
    uint32_t counts[ORDER_PART_KIND_COUNT] = {0};
    reading_begin(&o, t);
    CHECK_DONE(t,
               read_text(&o, "{\"shop\":\"tmall\",\"number\":3721,\"modified\":\"2026-11-11T00:00:01+08:00\","
                             "\"complete\":true,\"currency\":\"USD\",\"brand\":\"雅\","
                             "\"states\":{\"created\":\"2026-11-11T00:00:00+08:00\",\"paid\":1794326402},\"payment\":{"
                             "\"total\":\"19.90\",\"freight\":0},"
                             "\"buyer\":[{\"type\":\"phone\",\"value\":\"138 0000 "
                             "1234\"},{\"type\":\"phone\",\"value\":\"138****1234\"}],"
                             "\"receiver\":{\"name\":\"王小明\",\"phone\":\"138****1234\"},"
                             "\"lines\":[{\"line\":1,\"sku\":\"A\",\"quantity\":1.5,\"price\":\"3.3333\",\"discounts\":"
                             "{\"shop\":1,\"coupon\":0.5},\"paid\":5},{\"line\":\"2\",\"removed\":true}],"
                             "\"shipments\":[{\"shipment\":\"S1\",\"lines\":[1]}],"
                             "\"refunds\":[{\"refund\":\"R1\",\"line\":1,\"amount\":5,\"kind\":\"exchange\",\"states\":"
                             "{\"done\":\"2026-11-12\"}}]}"),
               &o.e);
    CHECK_DONE(t, order_version_open(buf_bytes(&o.packed), &v, &u, &o.e), &o.e);
    CHECK(t, v.complete && !v.import && v.version == (uint64_t)v.time_us);
    CHECK_BYTES(t, v.key.number, BYTES_LIT("3721"));
    while (order_version_next(&v, &u, &p)) {
        counts[p.kind]++;
        if (p.kind == ORDER_LINE && !p.removed) {
            CHECK(t, order_value_find(p.body, FIELD_PRICE, &value) && value.integer == 33333 && value.scale == 4);
            CHECK(t, order_value_find(p.body, FIELD_PAID, &value) && value.integer == 500);
            CHECK(t, order_value_find(p.body, FIELD_CURRENCY, &value) && value.integer == 840);
            CHECK(t, order_value_find(p.body, FIELD_DISCOUNTS, &value) && value.count == 2);
        }
        if (p.kind == ORDER_BUYER) {
            struct envelope_id id;
            struct unpack ids = unpack_of(p.body);
            CHECK(t, order_id_next(&ids, &id) && bytes_equal(id.value, BYTES_LIT("+8613800001234")));
            CHECK(t, !order_id_next(&ids, &id)); /* a masked number identifies nobody */
        }
    }
    CHECK(t, unpack_finished(&u));
    CHECK_EQ(t, counts[ORDER_HEAD], 1);
    CHECK_EQ(t, counts[ORDER_LINE], 2);
    CHECK_EQ(t, counts[ORDER_STATE], 3);
    CHECK_EQ(t, counts[ORDER_SHIPMENT] + counts[ORDER_REFUND] + counts[ORDER_PAYMENT] + counts[ORDER_RECEIVER], 4);
    reading_end(&o);
}

static void faults_say_where_and_what(struct t *t)
{
    struct reading o;
    reading_begin(&o, t);
    CHECK_FAULT(&o, "[]", "an order is an object, this is an array");
    CHECK_FAULT(&o, "{\"number\":1,\"version\":1}", "an order has a \"shop\" and a \"number\" of 1 to 80 bytes each");
    CHECK_FAULT(
        &o, "{\"shop\":\"a\",\"number\":1}",
        "say which version it is: \"version\" that counts up, or \"modified\", the time of the source's change");
    CHECK_FAULT(&o, "{\"shop\":\"a\",\"number\":1,\"version\":1,\"currency\":\"RMB\"}",
                "currency: 'RMB' is no code of ISO 4217 that is known, such as CNY");
    CHECK_FAULT(&o, "{\"shop\":\"a\",\"number\":1,\"version\":1,\"state\":{}}",
                "there is no member 'state'; the nearest is 'states'");
    CHECK_FAULT(&o, "{\"shop\":\"a\",\"number\":1,\"version\":1,\"states\":{\"payed\":1}}",
                "states: there is no 'payed'; the nearest is 'paid'");
    CHECK_FAULT(&o, "{\"shop\":\"a\",\"number\":1,\"version\":1,\"lines\":[{\"line\":1,\"paid\":1.005}]}",
                "lines: [0]: 1: paid: an amount of CNY has at most 2 digits behind the point");
    CHECK_FAULT(&o, "{\"shop\":\"a\",\"number\":1,\"version\":1,\"lines\":[{\"sku\":1}]}",
                "lines: [0]: each one has an id of 1 to 64 bytes, as \"line\"");
    CHECK_FAULT(&o, "{\"shop\":\"a\",\"number\":1,\"version\":1,\"refunds\":[{\"refund\":1,\"kind\":\"swap\"}]}",
                "refunds: [0]: 1: kind: want refund, return or exchange");
    CHECK_FAULT(&o, "{\"shop\":\"a\",\"number\":1,\"version\":1,\"lines\":[{\"line\":1,\"sku\":\"a\",\"sku\":\"b\"}]}",
                "lines: [0]: 1: sku: it is said twice");
    CHECK_FAULT(&o, "{\"shop\":\"a\",\"number\":1,\"version\":1,\"lines\":[{\"line\":1},{\"line\":1}]}",
                "'1' is said twice");
    reading_end(&o);
}

static const struct test tests[] = {
    {"an order becomes its parts", an_order_becomes_its_parts, 1},
    {"faults say where and what", faults_say_where_and_what, 1},
};
TEST_MAIN(tests)
