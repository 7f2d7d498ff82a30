#include "lib/json.h"

#include <math.h>

#include "testing/test.h"

struct writing {
    struct buf out;
    struct json_writer w;
};

static void writing_begin(struct writing *x, bool is_pretty)
{
    buf_init(&x->out, 1 << 20);
    json_writer_init(&x->w, &x->out, is_pretty);
}

static void writing_end(struct t *t, struct writing *x, struct bytes want)
{
    CHECK(t, json_writer_finished(&x->w));
    CHECK(t, !x->out.overflowed);
    CHECK_BYTES(t, buf_bytes(&x->out), want);
    buf_fini(&x->out);
}

static void sample_write(struct json_writer *w)
{
    json_object_begin(w);
    json_key(w, "name");
    json_put_text(w, "知己");
    json_key(w, "list");
    json_array_begin(w);
    json_put_int64(w, INT64_MIN);
    json_put_uint64(w, UINT64_MAX);
    json_put_bool(w, true);
    json_put_bool(w, false);
    json_put_null(w);
    json_array_end(w);
    json_key(w, "none");
    json_array_begin(w);
    json_array_end(w);
    json_key(w, "raw");
    json_put_raw(w, BYTES_LIT("[1]"));
    json_key_bytes(w, BYTES_LIT("a\"b"));
    json_object_begin(w);
    json_object_end(w);
    json_object_end(w);
}

static void values_are_written(struct t *t)
{
    struct writing x;
    writing_begin(&x, false);
    CHECK(t, !json_writer_finished(&x.w));
    sample_write(&x.w);
    writing_end(t, &x,
                BYTES_LIT("{\"name\":\"知己\",\"list\":[-9223372036854775808,18446744073709551615,true,false,null],"
                          "\"none\":[],\"raw\":[1],\"a\\\"b\":{}}"));
}

static void people_get_lines(struct t *t)
{
    struct writing x;
    writing_begin(&x, true);
    sample_write(&x.w);
    writing_end(t, &x,
                BYTES_LIT("{\n  \"name\": \"知己\",\n  \"list\": [\n    -9223372036854775808,\n"
                          "    18446744073709551615,\n    true,\n    false,\n    null\n  ],\n  \"none\": [],\n"
                          "  \"raw\": [1],\n  \"a\\\"b\": {}\n}"));
}

static void text_is_escaped_and_mended(struct t *t)
{
    const struct {
        struct bytes in, want;
    } rows[] = {
        {BYTES_LIT(""), BYTES_LIT("\"\"")},
        {BYTES_LIT("a/\"\\\b\f\n\r\t\x01\x1F\x7F\0z"),
         BYTES_LIT("\"a/\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001f\x7F\\u0000z\"")},
        {BYTES_LIT("小明 😀"), BYTES_LIT("\"小明 😀\"")},
        {BYTES_LIT("\xFFx"), BYTES_LIT("\"\xEF\xBF\xBDx\"")},
        {BYTES_LIT("\xC0\x80"), BYTES_LIT("\"\xEF\xBF\xBD\xEF\xBF\xBD\"")},                 /* overlong */
        {BYTES_LIT("\xE5\xB0"), BYTES_LIT("\"\xEF\xBF\xBD\"")},                             /* cut short */
        {BYTES_LIT("\xF0\x9F\x98!"), BYTES_LIT("\"\xEF\xBF\xBD!\"")},                       /* cut short */
        {BYTES_LIT("\xED\xA0\x80"), BYTES_LIT("\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"")}, /* a surrogate */
        {BYTES_LIT("\xF4\x90\x80\x80"), BYTES_LIT("\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"")},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct writing x;
        writing_begin(&x, false);
        json_put_string(&x.w, rows[i].in);
        writing_end(t, &x, rows[i].want);
    }
}

static void doubles_are_short(struct t *t)
{
    const struct {
        double in;
        struct bytes want;
    } rows[] = {
        {0, BYTES_LIT("0")},
        {-0.0, BYTES_LIT("-0")},
        {0.1, BYTES_LIT("0.1")},
        {0.1 + 0.2, BYTES_LIT("0.30000000000000004")},
        {100000, BYTES_LIT("100000")},
        {-1234.5, BYTES_LIT("-1234.5")},
        {123456789012345, BYTES_LIT("123456789012345")},
        {1e15, BYTES_LIT("1e+15")},
        {1e-5, BYTES_LIT("0.00001")},
        {1e-7, BYTES_LIT("1e-07")},
        {1.7976931348623157e308, BYTES_LIT("1.7976931348623157e+308")},
        {5e-324, BYTES_LIT("5e-324")},
        {INFINITY, BYTES_LIT("null")},
        {NAN, BYTES_LIT("null")},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct writing x;
        writing_begin(&x, false);
        json_put_double(&x.w, rows[i].in);
        writing_end(t, &x, rows[i].want);
    }
}

static void decimals_keep_their_scale(struct t *t)
{
    const struct {
        struct json_decimal in;
        struct bytes want;
    } rows[] = {
        {{1230, 2}, BYTES_LIT("12.30")},
        {{-5, 3}, BYTES_LIT("-0.005")},
        {{0, 2}, BYTES_LIT("0.00")},
        {{-7, 0}, BYTES_LIT("-7")},
        {{INT64_MIN, 18}, BYTES_LIT("-9.223372036854775808")},
        {{1, 18}, BYTES_LIT("0.000000000000000001")},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct writing x;
        writing_begin(&x, false);
        json_put_decimal(&x.w, rows[i].in);
        writing_end(t, &x, rows[i].want);
    }
}

static void what_was_read_is_copied(struct t *t)
{
    struct json_parser *p = json_parser_create(1000);
    struct json root;
    struct err e = {0};
    REQUIRE_DONE(t, json_parse(p, BYTES_LIT(" { \"a\" : [ 1.50 , \"\\u77e5\\ud83d\" , null ] } "), &root, &e), &e);
    struct writing x;
    writing_begin(&x, false);
    json_array_begin(&x.w);
    json_put(&x.w, root);
    json_put(&x.w, json_at(root, "b"));
    json_array_end(&x.w);
    writing_end(t, &x, BYTES_LIT("[{\"a\":[1.50,\"知\xEF\xBF\xBD\",null]},null]"));
    json_parser_destroy(p);
}

static void a_full_buffer_is_told_once(struct t *t)
{
    struct buf b;
    buf_init(&b, 20);
    struct json_writer w;
    json_writer_init(&w, &b, true);
    sample_write(&w);
    CHECK(t, b.overflowed && b.size <= 20);
    buf_fini(&b);
}

static const struct test tests[] = {
    {"values are written", values_are_written, 1},
    {"people get lines", people_get_lines, 1},
    {"text is escaped and mended", text_is_escaped_and_mended, 1},
    {"doubles are short", doubles_are_short, 1},
    {"decimals keep their scale", decimals_keep_their_scale, 1},
    {"what was read is copied", what_was_read_is_copied, 1},
    {"a full buffer is told once", a_full_buffer_is_told_once, 1},
};
TEST_MAIN(tests)
