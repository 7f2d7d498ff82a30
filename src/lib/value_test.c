#include "lib/value.h"

#include "base/time.h"
#include "lib/json.h"
#include "testing/test.h"

#define TEXT_BYTES_MAX (1 << 20)

static struct status pack_text(const char *text, struct buf *out, struct err *e)
{
    struct json_parser *p = json_parser_create(TEXT_BYTES_MAX);
    struct json root;
    assert(p != NULL);
    struct status status = json_parse(p, bytes_of_text(text), &root, e);
    assert(done(status));
    buf_clear(out);
    status = value_pack_json(out, &root, e);
    json_parser_destroy(p);
    return status;
}

static const char *printed(struct t *t, struct bytes packed)
{
    struct buf out;
    struct json_writer w;
    struct unpack u = unpack_of(packed);
    struct value v = unpack_value(&u);
    CHECK(t, unpack_finished(&u));
    buf_init(&out, TEXT_BYTES_MAX);
    json_writer_init(&w, &out, false);
    value_print(&v, &w);
    CHECK(t, json_writer_finished(&w));
    char *text = arena_text(t->arena, buf_bytes(&out));
    buf_fini(&out);
    return text;
}

static void json_comes_back(struct t *t)
{
    static const char *const texts[] = {
        "null", "true", "false", "0", "-1", "12.5", "\"\"", "\"上海 🌹\"", "[]", "{}", "[1,[2,[]],{\"a\":[null]}]",
        "{\"sku\":\"A-1\",\"price\":199.9,\"tags\":[\"x\",\"y\"],\"in\":{\"deep\":{\"er\":true}}}",
        "0.30000000000000004", "1e+300", "-9223372036854775808", "9223372036854775807", "0.000001",
    };
    struct buf b;
    struct err e = {0};
    buf_init(&b, TEXT_BYTES_MAX);
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        REQUIRE_DONE(t, pack_text(texts[i], &b, &e), &e);
        CHECK_TEXT(t, printed(t, buf_bytes(&b)), texts[i]);
    }
    buf_fini(&b);
}

static void numbers_follow_the_rule(struct t *t)
{
    static const struct {
        const char *text;
        enum value_kind kind;
        int64_t mantissa;
        int scale;
    } rows[] = {
        {"1.50", VALUE_DECIMAL, 15, 1},
        {"1e3", VALUE_DECIMAL, 1000, 0},
        {"1.25e1", VALUE_DECIMAL, 125, 1},
        {"-0", VALUE_DECIMAL, 0, 0},
        {"-0.0", VALUE_DECIMAL, 0, 0},
        {"1e-400", VALUE_DECIMAL, 0, 0},
        {"0.123456", VALUE_DECIMAL, 123456, 6},
        {"1234567890123.123456", VALUE_DECIMAL, 1234567890123123456, 6}, /* more than a double holds: rule 1 */
        {"0.1234567", VALUE_DOUBLE, 0, 0},
        {"9223372036854775808", VALUE_DOUBLE, 0, 0},
        {"0.30000000000000004", VALUE_DOUBLE, 0, 0},
        {"0.10000000000000001", VALUE_DECIMAL, 1, 1},                     /* the nearest double is 0.1's: rule 2 */
        {"0.5000000000000000000000001", VALUE_DECIMAL, 5, 1},
        {"9007199254740992.0000000001", VALUE_DECIMAL, 9007199254740992, 0}, /* a double's shortest digits */
        {"1234567890123456.50000000000001", VALUE_DECIMAL, 12345678901234565, 1},
        {"0.0078125000000000000001", VALUE_DOUBLE, 0, 0},
        {"831886179059.0813679", VALUE_DECIMAL, 8318861790590814, 4},
        {"0.01562500000000000000001", VALUE_DECIMAL, 15625, 6},
    };
    struct buf b;
    struct err e = {0};
    buf_init(&b, TEXT_BYTES_MAX);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        REQUIRE_DONE(t, pack_text(rows[i].text, &b, &e), &e);
        struct unpack u = unpack_of(buf_bytes(&b));
        struct value v = unpack_value(&u);
        if (v.kind != rows[i].kind)
            test_fail(t, __FILE__, __LINE__, "%s is of kind %d", rows[i].text, (int)v.kind);
        if (v.kind == VALUE_DECIMAL) {
            CHECK_EQ(t, v.integer, rows[i].mantissa);
            CHECK_EQ(t, v.scale, rows[i].scale);
        }
    }
    CHECK_FAILS(t, pack_text("1e400", &b, &e), INVALID);
    CHECK_EQ(t, b.size, 0);
    buf_fini(&b);
}

static void the_last_of_equal_keys_counts(struct t *t)
{
    struct buf b;
    struct err e = {0};
    buf_init(&b, TEXT_BYTES_MAX);
    REQUIRE_DONE(t, pack_text("{\"a\":1,\"b\":{\"c\":1,\"c\":2},\"a\":3,\"\":4,\"\":5}", &b, &e), &e);
    CHECK_TEXT(t, printed(t, buf_bytes(&b)), "{\"b\":{\"c\":2},\"a\":3,\"\":5}");
    buf_fini(&b);
}

/* `depth` lists within each other, or one object of `members` members. */
static const char *nested(struct t *t, unsigned depth)
{
    char *text = ARENA_ARRAY(t->arena, char, 2 * (size_t)depth + 1);
    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    return text;
}

/* Each of many keys again and again, and the members in the order of their last times. */
static void the_last_of_many_equal_keys_counts(struct t *t)
{
    struct buf text, want, b;
    struct err e = {0};
    buf_init(&text, TEXT_BYTES_MAX);
    buf_init(&want, TEXT_BYTES_MAX);
    buf_init(&b, TEXT_BYTES_MAX);
    for (unsigned i = 0; i < VALUE_MEMBERS_MAX; i++)
        buf_printf(&text, "%c\"k%u\":%u", i == 0 ? '{' : ',', i % 300, i);
    for (unsigned i = VALUE_MEMBERS_MAX - 300; i < VALUE_MEMBERS_MAX; i++)
        buf_printf(&want, "%c\"k%u\":%u", want.size == 0 ? '{' : ',', i % 300, i);
    buf_push(&text, BYTES_LIT("}\0"));
    buf_push(&want, BYTES_LIT("}\0"));
    REQUIRE_DONE(t, pack_text((const char *)text.data, &b, &e), &e);
    CHECK_TEXT(t, printed(t, buf_bytes(&b)), (const char *)want.data);
    buf_fini(&text);
    buf_fini(&want);
    buf_fini(&b);
}

static void limits_are_told(struct t *t)
{
    struct buf b, many;
    struct err e = {0};
    buf_init(&b, TEXT_BYTES_MAX);
    buf_init(&many, TEXT_BYTES_MAX);
    REQUIRE_DONE(t, pack_text(nested(t, VALUE_DEPTH_MAX + 1), &b, &e), &e);
    CHECK_TEXT(t, printed(t, buf_bytes(&b)), nested(t, VALUE_DEPTH_MAX + 1));
    CHECK_FAILS(t, pack_text(nested(t, VALUE_DEPTH_MAX + 2), &b, &e), LIMIT);
    CHECK_EQ(t, b.size, 0);
    for (unsigned extra = 0; extra < 2; extra++) {
        buf_clear(&many);
        buf_push_text(&many, "{\"x\":0");
        for (unsigned i = 1; i < VALUE_MEMBERS_MAX + extra; i++)
            buf_printf(&many, ",\"k%u\":%u", i, i);
        buf_push_text(&many, "}");
        const char *text = arena_text(t->arena, buf_bytes(&many));
        CHECK_EQ(t, pack_text(text, &b, &e).code, extra == 0 ? STATUS_OK : STATUS_LIMIT);
    }
    CHECK_FAILS(t, pack_text("{\"a\":{\"b\":[1,\"x\\u0000\"]}}", &b, &e), INVALID);
    CHECK_TEXT(t, e.text, "a: b: [1]: a text holds the character NUL");
    CHECK_FAILS(t, pack_text("{\"a\\u0000\":1}", &b, &e), INVALID);
    buf_fini(&b);
    buf_fini(&many);
}

static void records_are_read(struct t *t)
{
    struct json_parser *p = json_parser_create(TEXT_BYTES_MAX);
    struct json root;
    struct buf b;
    struct err e = {0};
    struct value v;
    REQUIRE(t, p != NULL);
    buf_init(&b, TEXT_BYTES_MAX);
    REQUIRE_DONE(t, json_parse(p, BYTES_LIT("{\"a\":[1,2,[3]],\"city\":\"杭州\",\"n\":-1.25}"), &root, &e), &e);
    REQUIRE_DONE(t, record_pack_json(&b, &root, &e), &e);
    CHECK_EQ(t, record_count(buf_bytes(&b)), 3);
    CHECK(t, record_is_good(buf_bytes(&b)));
    CHECK(t, record_find(buf_bytes(&b), BYTES_LIT("city"), &v) && v.kind == VALUE_TEXT);
    CHECK_BYTES(t, v.body, BYTES_LIT("杭州"));
    CHECK(t, record_find(buf_bytes(&b), BYTES_LIT("n"), &v) && value_real(&v) == -1.25);
    CHECK(t, !record_find(buf_bytes(&b), BYTES_LIT("m"), &v));
    CHECK(t, !record_find(BYTES_NONE, BYTES_LIT("m"), &v));
    CHECK(t, record_is_good(BYTES_NONE) && record_count(BYTES_NONE) == 0);
    for (size_t size = 1; size < b.size; size++)
        CHECK(t, !record_is_good(bytes_of(b.data, size)));
    buf_push_byte(&b, 0);
    CHECK(t, !record_is_good(buf_bytes(&b)));
    buf_clear(&b);
    REQUIRE_DONE(t, json_parse(p, BYTES_LIT("{}"), &root, &e), &e);
    REQUIRE_DONE(t, record_pack_json(&b, &root, &e), &e);
    CHECK_EQ(t, b.size, 0);
    REQUIRE_DONE(t, json_parse(p, BYTES_LIT("[]"), &root, &e), &e);
    CHECK_FAILS(t, record_pack_json(&b, &root, &e), INVALID);
    buf_fini(&b);
    json_parser_destroy(p);
}

static void bad_bytes_are_bad(struct t *t)
{
    static const struct bytes rows[] = {
        {NULL, 0},
        {(const uint8_t *)"\x09", 1},                                     /* no such kind */
        {(const uint8_t *)"\x03\x02\x07", 3},                             /* scale 7 */
        {(const uint8_t *)"\x04\x00\x00\x00\x00\x00\x00\xf0\x7f", 9},     /* infinite */
        {(const uint8_t *)"\x05\x02x", 3},                                /* cut short */
        {(const uint8_t *)"\x06\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11}, /* no such time */
        {(const uint8_t *)"\x07\xff\xff\xff\xff\x0f", 6},                 /* more items than bytes */
        {(const uint8_t *)"\x08\x01\x00\x07\x01\x03\x02\x07", 8},         /* scale 7, inside */
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct unpack u = unpack_of(rows[i]), whole = u;
        CHECK_EQ(t, unpack_value(&u).kind, VALUE_NULL);
        (void)unpack_value_bytes(&whole);
        CHECK(t, !unpack_good(&u) && !unpack_good(&whole));
    }
}

static void times_print_as_text(struct t *t)
{
    struct buf b;
    buf_init(&b, 64);
    value_pack_time(&b, 0);
    CHECK_TEXT(t, printed(t, buf_bytes(&b)), "\"1970-01-01T00:00:00.000Z\"");
    buf_fini(&b);
}

static void values_are_ordered(struct t *t)
{
    /* Each is before the next one. */
    static const char *const texts[] = {
        "null", "false", "true", "-1e300", "-1.5", "0", "0.3", "0.30000000000000004", "0.300001", "2",
        "9007199254740992", "9007199254740993", "9223372036854775807", "9223372036854775808", "1e300", "\"\"", "\"a\"",
        "\"ab\"", "\"b\"", "[1]", "{\"a\":1}",
    };
    struct bytes packed[COUNT_OF(texts)];
    struct buf b;
    struct err e = {0};
    buf_init(&b, TEXT_BYTES_MAX);
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        REQUIRE_DONE(t, pack_text(texts[i], &b, &e), &e);
        packed[i] = arena_copy(t->arena, buf_bytes(&b));
    }
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        for (size_t j = 0; j < COUNT_OF(texts); j++) {
            int order = value_compare(packed[i], packed[j]);
            if ((order > 0) - (order < 0) != (i > j) - (i < j))
                test_fail(t, __FILE__, __LINE__, "%s against %s: %d", texts[i], texts[j], order);
        }
    }
    buf_fini(&b);
}

static const struct test tests[] = {
    {"json comes back", json_comes_back, 1},
    {"numbers follow the rule", numbers_follow_the_rule, 1},
    {"the last of equal keys counts", the_last_of_equal_keys_counts, 1},
    {"the last of many equal keys counts", the_last_of_many_equal_keys_counts, 1},
    {"limits are told", limits_are_told, 1},
    {"records are read", records_are_read, 1},
    {"bad bytes are bad", bad_bytes_are_bad, 1},
    {"times print as text", times_print_as_text, 1},
    {"values are ordered", values_are_ordered, 1},
};
TEST_MAIN(tests)
