#include "lib/json.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "testing/test.h"

#define BYTES_MAX (64 << 20)

struct reading {
    struct json_parser *parser;
    struct json root;
    struct status status;
    struct err e;
};

static struct reading read_bytes(struct bytes text)
{
    struct reading r = {.parser = json_parser_create(BYTES_MAX), .root = JSON_NOTHING};
    r.status = json_parse(r.parser, text, &r.root, &r.e);
    return r;
}

static struct reading read_text(const char *text)
{
    return read_bytes(bytes_of_text(text));
}

static void reading_end(struct reading *r)
{
    json_parser_destroy(r->parser);
}

static void a_document_is_walked(struct t *t)
{
    struct reading r = read_text(
        " {\"batch\":[{\"event\":\"浏览\",\"n\":3},{\"event\":\"下单\",\"n\":-4.50}],\"ok\":true,"
        "\"off\":false,\"none\":null,\"empty\":{},\"list\":[]} \n");
    REQUIRE_DONE(t, r.status, &r.e);
    struct json batch = json_find(r.root, BYTES_LIT("batch")), event;
    CHECK_EQ(t, json_count(r.root), 6);
    CHECK_EQ(t, json_count(batch), 2);
    struct json_walk w = json_items(batch);
    REQUIRE(t, json_item_next(&w, &event));
    CHECK_BYTES(t, json_string(json_find(event, BYTES_LIT("event"))), BYTES_LIT("浏览"));
    CHECK_BYTES(t, json_raw(event), BYTES_LIT("{\"event\":\"浏览\",\"n\":3}"));
    REQUIRE(t, json_item_next(&w, &event));
    CHECK_BYTES(t, json_raw(json_find(event, BYTES_LIT("n"))), BYTES_LIT("-4.50"));
    CHECK_BYTES(t, json_raw(json_find(event, BYTES_LIT("event"))), BYTES_LIT("\"下单\""));
    CHECK(t, !json_item_next(&w, &event));
    bool yes;
    CHECK(t, json_bool(json_at(r.root, "ok"), &yes) && yes);
    CHECK(t, json_bool(json_at(r.root, "off"), &yes) && !yes);
    CHECK(t, !json_bool(json_at(r.root, "none"), &yes));
    CHECK(t, json_is(json_at(r.root, "none"), JSON_NULL));
    CHECK_EQ(t, json_count(json_at(r.root, "empty")), 0);
    CHECK_EQ(t, json_count(json_at(r.root, "list")), 0);
    CHECK(t, json_is(json_at(r.root, "list"), JSON_ARRAY));
    reading_end(&r);
}

static void a_path_leads_to_a_value(struct t *t)
{
    struct reading r = read_text("{\"a\":{\"b\":[10,{\"c\":\"x\"}]},\"1\":2}");
    REQUIRE_DONE(t, r.status, &r.e);
    CHECK_BYTES(t, json_string(json_at(r.root, "a.b.1.c")), BYTES_LIT("x"));
    CHECK_BYTES(t, json_raw(json_at(r.root, "a.b.0")), BYTES_LIT("10"));
    CHECK_BYTES(t, json_raw(json_at(r.root, "1")), BYTES_LIT("2"));
    static const char *const nowhere[] = {"", "a.", ".a", "a.b.2", "a.b.-1", "a.b.c", "a.b.1.c.d", "a.b.99999999999"};
    for (size_t i = 0; i < COUNT_OF(nowhere); i++)
        CHECK(t, json_is(json_at(r.root, nowhere[i]), JSON_ABSENT));
    CHECK_TEXT(t, json_kind_name(json_kind(json_at(r.root, "a.b"))), "an array");
    reading_end(&r);
}

static void what_is_absent_reads_as_nothing(struct t *t)
{
    struct json none = JSON_NOTHING;
    int64_t i;
    uint64_t u;
    double d;
    bool yes;
    struct json_decimal decimal;
    CHECK(t, !json_int64(none, &i) && !json_uint64(none, &u) && !json_double(none, &d) && !json_bool(none, &yes));
    CHECK(t, !json_decimal(none, 6, &decimal));
    CHECK_EQ(t, json_string(none).size + json_raw(none).size + json_count(none), 0);
    CHECK(t, json_is(json_at(none, "a.b"), JSON_ABSENT));
}

static void of_equal_names_the_last_counts(struct t *t)
{
    struct reading r = read_text("{\"a\":1,\"b\":2,\"a\":3,\"\\u0061\":4}");
    REQUIRE_DONE(t, r.status, &r.e);
    CHECK_BYTES(t, json_raw(json_find(r.root, BYTES_LIT("a"))), BYTES_LIT("4"));
    CHECK_EQ(t, json_count(r.root), 4);
    reading_end(&r);
}

static void escapes_become_characters(struct t *t)
{
    const struct {
        const char *in;
        struct bytes want;
        bool has_nul;
    } rows[] = {
        {"\"\"", BYTES_LIT(""), false},
        {"\"知己 😀\"", BYTES_LIT("知己 😀"), false},
        {"\"\\u77e5\\u5DF1\"", BYTES_LIT("知己"), false},
        {"\"\\ud83d\\ude00!\"", BYTES_LIT("😀!"), false},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", BYTES_LIT("\"\\/\b\f\n\r\t"), false},
        {"\"a\\u0000b\"", BYTES_LIT("a\0b"), true},
        {"\"\\ud83d\"", BYTES_LIT("\xEF\xBF\xBD"), false}, /* an emoji cut in two */
        {"\"\\ude00x\"", BYTES_LIT("\xEF\xBF\xBDx"), false},
        {"\"\\ud83d\\ud83d\\ude00\"", BYTES_LIT("\xEF\xBF\xBD😀"), false},
        {"\"\\ud83d\\n\"", BYTES_LIT("\xEF\xBF\xBD\n"), false},
        {"\"\\u007f\\u0080\\u07ff\\u0800\\uffff\"", BYTES_LIT("\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF"), false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct reading r = read_text(rows[i].in);
        CHECK_DONE(t, r.status, &r.e);
        CHECK_BYTES(t, json_string(r.root), rows[i].want);
        CHECK_EQ(t, json_has_nul(r.root), rows[i].has_nul);
        reading_end(&r);
    }
}

static void a_fault_says_where_and_why(struct t *t)
{
    static const struct {
        const char *in, *want;
    } rows[] = {
        {"", "no value: the text is empty"},
        {" \n ", "no value: the text is empty"},
        {"{\"a\" 1}", "line 1, column 6 (byte 5): a colon was expected after a name"},
        {"{\"a\":1,\n \"b\":}", "line 2, column 6 (byte 13): a value was expected"},
        {"{\"a\":1,}", "line 1, column 8 (byte 7): a name in quotes was expected"},
        {"{a:1}", "line 1, column 2 (byte 1): a name in quotes was expected"},
        {"[1 2]", "line 1, column 4 (byte 3): a comma or ] was expected"},
        {"{\"知己\":1]", "line 1, column 8 (byte 11): a comma or } was expected"},
        {"[1,2", "line 1, column 5 (byte 4): the text ends too early"},
        {"{\"a\":", "line 1, column 6 (byte 5): the text ends too early"},
        {"[1] x", "line 1, column 5 (byte 4): something follows the value"},
        {"1 2", "line 1, column 3 (byte 2): something follows the value"},
        {"[\"a\nb\"]", "line 1, column 4 (byte 3): a control character in a string, or a string that was not closed"},
        {"[\"ab]", "line 1, column 2 (byte 1): a string that is not closed"},
        {"[\"ab\\\"]", "line 1, column 2 (byte 1): a string that is not closed"},
        {"\"a\\x\"", "line 1, column 3 (byte 2): a backslash before a character that has no such form"},
        {"\"a\\u12g4\"", "line 1, column 3 (byte 2): \\u without four hexadecimal digits"},
        {"\"\\u123\"", "line 1, column 2 (byte 1): \\u without four hexadecimal digits"},
        {"[\"\xC3\x28\"]", "line 1, column 3 (byte 2): not UTF-8"},
        {"[\"\xED\xA0\x80\"]", "line 1, column 3 (byte 2): not UTF-8"},
        {"[01]", "line 1, column 2 (byte 1): a number that begins with 0"},
        {"[-]", "line 1, column 2 (byte 1): a number without digits"},
        {"[1.]", "line 1, column 2 (byte 1): a number without digits after its point"},
        {"[1e+]", "line 1, column 2 (byte 1): a number without digits in its exponent"},
        {"[1x]", "line 1, column 2 (byte 1): a number with something else in it"},
        {"[1\"a\"]", "line 1, column 2 (byte 1): a number with something else in it"},
        {"[truex]", "line 1, column 2 (byte 1): a word that is not true, false or null"},
        {"[nul]", "line 1, column 2 (byte 1): a word that is not true, false or null"},
        {"[NaN]", "line 1, column 2 (byte 1): a value was expected"},
        {"['a']", "line 1, column 2 (byte 1): a value was expected"},
        {"[+1]", "line 1, column 2 (byte 1): a value was expected"},
        {"[.5]", "line 1, column 2 (byte 1): a value was expected"},
        {"[1]]", "line 1, column 4 (byte 3): something follows the value"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct reading r = read_text(rows[i].in);
        CHECK_FAILS(t, r.status, INVALID);
        CHECK_TEXT(t, r.e.text, rows[i].want);
        CHECK(t, json_is(r.root, JSON_ABSENT)); /* written on success only */
        reading_end(&r);
    }
}

static void numbers_keep_their_digits(struct t *t)
{
    struct reading r = read_text("[0,-0,12.30,9223372036854775807,-9223372036854775808,9223372036854775808,"
                                 "18446744073709551615,18446744073709551616,1.38E+10,1e400,1e-400,0.1,1e-6,"
                                 "123456789012345678901234567890.5,12.0,1e3,-1]");
    REQUIRE_DONE(t, r.status, &r.e);
    static const struct {
        int64_t i;
        uint64_t u;
        double d;
        struct json_decimal decimal; /* within scale 6 */
        bool is_int64, is_uint64, is_double, is_decimal;
    } rows[] = {
        {0, 0, 0, {0, 0}, true, true, true, true},
        {0, 0, -0.0, {0, 0}, true, true, true, true},
        {0, 0, 12.3, {123, 1}, false, false, true, true},
        {INT64_MAX, INT64_MAX, 9223372036854775807.0, {INT64_MAX, 0}, true, true, true, true},
        {INT64_MIN, 0, -9223372036854775808.0, {INT64_MIN, 0}, true, false, true, true},
        {0, UINT64_C(9223372036854775808), 9223372036854775808.0, {0, 0}, false, true, true, false},
        {0, UINT64_MAX, 18446744073709551615.0, {0, 0}, false, true, true, false},
        {0, 0, 18446744073709551616.0, {0, 0}, false, false, true, false},
        {INT64_C(13800000000), UINT64_C(13800000000), 1.38e10, {INT64_C(13800000000), 0}, true, true, true, true},
        {0, 0, 0, {0, 0}, false, false, false, false},
        {0, 0, 0, {0, 0}, false, false, true, false},
        {0, 0, 0.1, {1, 1}, false, false, true, true},
        {0, 0, 1e-6, {1, 6}, false, false, true, true},
        {0, 0, 123456789012345678901234567890.5, {0, 0}, false, false, true, false},
        {12, 12, 12, {12, 0}, true, true, true, true},
        {1000, 1000, 1000, {1000, 0}, true, true, true, true},
        {-1, 0, -1, {-1, 0}, true, false, true, true},
    };
    REQUIRE(t, json_count(r.root) == COUNT_OF(rows));
    struct json n;
    struct json_walk w = json_items(r.root);
    for (size_t i = 0; json_item_next(&w, &n); i++) {
        int64_t i64 = 0;
        uint64_t u64 = 0;
        double d = 0;
        struct json_decimal decimal = {0, 0};
        CHECK_EQ(t, json_int64(n, &i64), rows[i].is_int64);
        CHECK_EQ(t, json_uint64(n, &u64), rows[i].is_uint64);
        CHECK_EQ(t, json_double(n, &d), rows[i].is_double);
        CHECK_EQ(t, json_decimal(n, 6, &decimal), rows[i].is_decimal);
        CHECK_EQ(t, i64, rows[i].i);
        CHECK(t, u64 == rows[i].u);
        CHECK(t, memcmp(&d, &rows[i].d, sizeof d) == 0);
        CHECK_EQ(t, decimal.value, rows[i].decimal.value);
        CHECK_EQ(t, decimal.scale, rows[i].decimal.scale);
    }
    reading_end(&r);
}

static void nested(char *text, int levels)
{
    memset(text, '[', (size_t)levels);
    memset(text + levels, ']', (size_t)levels);
    text[2 * levels] = '\0';
}

static void depth_is_bounded(struct t *t)
{
    static char text[2 * 100000 + 1];
    nested(text, JSON_DEPTH_MAX);
    struct reading r = read_text(text);
    CHECK_DONE(t, r.status, &r.e);
    reading_end(&r);
    nested(text, JSON_DEPTH_MAX + 1);
    r = read_text(text);
    CHECK_FAILS(t, r.status, LIMIT);
    CHECK_TEXT(t, r.e.text, "line 1, column 65 (byte 64): too many levels of arrays and objects");
    reading_end(&r);
    nested(text, 100000);
    r = read_text(text);
    CHECK_FAILS(t, r.status, LIMIT);
    reading_end(&r);
}

static void size_is_bounded(struct t *t)
{
    struct json_parser *p = json_parser_create(4);
    struct json root;
    struct err e = {0};
    CHECK_DONE(t, json_parse(p, BYTES_LIT("[12]"), &root, &e), &e);
    CHECK_FAILS(t, json_parse(p, BYTES_LIT("[123]"), &root, &e), LIMIT);
    CHECK_TEXT(t, e.text, "5 bytes, at most 4");
    json_parser_destroy(p);
    json_parser_destroy(NULL);
}

static void big_documents_are_read(struct t *t)
{
    struct buf b;
    buf_init(&b, BYTES_MAX);
    struct json_writer w;
    json_writer_init(&w, &b, false);
    json_object_begin(&w);
    for (int i = 0; i < 100000; i++) {
        json_key(&w, arena_printf(t->arena, "key %d", i));
        json_put_int64(&w, i);
    }
    json_key(&w, "long");
    size_t long_bytes = 10 << 20;
    uint8_t *text = arena_take(t->arena, long_bytes, 1);
    memset(text, 'x', long_bytes);
    json_put_string(&w, bytes_of(text, long_bytes));
    json_object_end(&w);
    REQUIRE(t, !b.overflowed);
    struct reading r = read_bytes(buf_bytes(&b));
    CHECK_DONE(t, r.status, &r.e);
    CHECK_EQ(t, json_count(r.root), 100001);
    CHECK_BYTES(t, json_raw(json_find(r.root, BYTES_LIT("key 99999"))), BYTES_LIT("99999"));
    CHECK_EQ(t, json_string(json_find(r.root, BYTES_LIT("long"))).size, long_bytes);
    reading_end(&r);
    buf_fini(&b);
}

/* A text that ends where the memory ends: one byte too far is a fault that no test survives. */
static void nothing_beyond_the_text_is_read(struct t *t)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint8_t *memory = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(t, memory != MAP_FAILED);
    REQUIRE(t, mprotect(memory + page, page, PROT_NONE) == 0);
    struct json_parser *p = json_parser_create(BYTES_MAX);
    static const char *const ends[] = {"\"a\"", "12", "-1.5e3", "true", "null", "[]", "\"\\n\"", "\"知\"", "{\"a\":1}"};
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        size_t size = strlen(ends[i]);
        for (size_t spaces = 0; spaces < 300; spaces++) {
            uint8_t *from = memory + page - size - spaces;
            struct json root;
            struct err e = {0};
            double x;
            memset(from, ' ', spaces);
            memcpy(from + spaces, ends[i], size);
            CHECK_DONE(t, json_parse(p, bytes_of(from, size + spaces), &root, &e), &e);
            CHECK_EQ(t, json_double(root, &x), json_is(root, JSON_NUMBER));
            bool is_cut_good = done(json_parse(p, bytes_of(from + 1, size + spaces - 1), &root, &e));
            CHECK(t, is_cut_good || spaces == 0);
        }
    }
    json_parser_destroy(p);
    CHECK_EQ(t, munmap(memory, 2 * page), 0);
}

static void a_byte_order_mark_is_passed_over(struct t *t)
{
    struct reading r = read_text("\xEF\xBB\xBF{\"a\":\"b\"}");
    CHECK_DONE(t, r.status, &r.e);
    CHECK_BYTES(t, json_string(json_at(r.root, "a")), BYTES_LIT("b"));
    reading_end(&r);
}

static void a_bad_line_does_not_stop_the_others(struct t *t)
{
    static const char text[] = "{\"n\":1}\r\n"
                               "{\"n\":2\n" /* 2: not closed */
                               "\n"
                               "  {\"n\":4}  \n"
                               "{\"n\":\"5}\n" /* 5: a string not closed */
                               "\"\n"          /* 6: the quote that would close it */
                               "[7] [7]\n"     /* 7: two values */
                               "\xFF\n"        /* 8: not UTF-8 */
                               "[[[[\\\n"      /* 9: ends in a backslash */
                               "\"10\"\n"
                               "]\n"                  /* 11 */
                               "{\"n\":\"\\u77e5\"}"; /* 12: no newline at the end */
    struct json_parser *p = json_parser_create(BYTES_MAX);
    struct json_lines l;
    struct json_line line;
    struct err e = {0};
    char got[64] = "";
    json_lines_init(&l, p, bytes_of_text(text));
    while (json_lines_next(&l, &line, &e)) {
        size_t used = strlen(got);
        (void)snprintf(got + used, sizeof got - used, "%d%c ", (int)line.number, done(line.status) ? '+' : '-');
        if (line.number == 7)
            CHECK_TEXT(t, e.text, "line 7, column 5 (byte 4): something follows the value");
        if (line.number == 10)
            CHECK_BYTES(t, json_string(line.root), BYTES_LIT("10"));
        if (line.number == 12)
            CHECK_BYTES(t, json_string(json_at(line.root, "n")), BYTES_LIT("知"));
    }
    CHECK_TEXT(t, got, "1+ 2- 4+ 5- 6- 7- 8- 9- 10+ 11- 12+ ");
    json_lines_init(&l, p, BYTES_LIT("\xEF\xBB\xBF[1]\n\n \n"));
    CHECK(t, json_lines_next(&l, &line, &e) && done(line.status));
    CHECK(t, !json_lines_next(&l, &line, &e));
    CHECK(t, !json_lines_next(&l, &line, &e));
    json_parser_destroy(p);
}

static void a_line_may_be_longer_than_a_block(struct t *t)
{
    struct buf b;
    buf_init(&b, BYTES_MAX);
    for (int i = 0; i < 200; i++) { /* every tenth is 150 kB, over the limit; every seventh is bad */
        buf_printf(&b, "[%d,\"", i);
        uint8_t *fill = buf_extend(&b, i % 10 == 0 ? 150000 : 700);
        REQUIRE(t, fill != NULL);
        memset(fill, 'x', i % 10 == 0 ? 150000 : 700);
        buf_push_text(&b, i % 7 == 0 ? "]\n" : "\"]\n");
    }
    struct json_parser *p = json_parser_create(100000);
    struct json_lines l;
    struct json_line line;
    struct err e = {0};
    json_lines_init(&l, p, buf_bytes(&b));
    int64_t n = 0, got;
    for (; json_lines_next(&l, &line, &e); n++) {
        enum status_code want = n % 10 == 0 ? STATUS_LIMIT : n % 7 == 0 ? STATUS_INVALID : STATUS_OK;
        CHECK_EQ(t, line.status.code, want);
        if (want == STATUS_OK)
            CHECK(t, json_int64(json_at(line.root, "0"), &got) && got == n);
    }
    CHECK_EQ(t, n, 200);
    json_parser_destroy(p);
    buf_fini(&b);
}

static const struct test tests[] = {
    {"a document is walked", a_document_is_walked, 1},
    {"a path leads to a value", a_path_leads_to_a_value, 1},
    {"what is absent reads as nothing", what_is_absent_reads_as_nothing, 1},
    {"of equal names the last counts", of_equal_names_the_last_counts, 1},
    {"escapes become characters", escapes_become_characters, 1},
    {"a fault says where and why", a_fault_says_where_and_why, 1},
    {"numbers keep their digits", numbers_keep_their_digits, 1},
    {"depth is bounded", depth_is_bounded, 1},
    {"size is bounded", size_is_bounded, 1},
    {"big documents are read", big_documents_are_read, 1},
    {"nothing beyond the text is read", nothing_beyond_the_text_is_read, 1},
    {"a byte order mark is passed over", a_byte_order_mark_is_passed_over, 1},
    {"a bad line doesn't stop the others", a_bad_line_does_not_stop_the_others, 1},
    {"a line may be longer than a block", a_line_may_be_longer_than_a_block, 1},
};
TEST_MAIN(tests)
