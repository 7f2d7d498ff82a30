#include "app/import_map.h"
#include "testing/test.h"

#define EVENT_BYTES_MAX 1024u

struct case_of {
    const char *template; /* of the event */
    const char *cells[4]; /* of the columns a, b, n, empty */
    const char *want;
};

static struct import_map *map_of(struct t *t, const char *template)
{
    struct import_map *m = NULL;
    struct err e = {0};
    const char *text = arena_printf(t->arena, "{\"source\":\"s\",\"event\":%s}", template);
    CHECK_DONE(t, import_map_create(bytes_of_text(text), &m, &e), &e);
    return m;
}

static const struct bytes columns[] = {{(const uint8_t *)"a", 1}, {(const uint8_t *)"b", 1}, {(const uint8_t *)"n", 1}, {(const uint8_t *)"empty", 5}};

static void check_case(struct t *t, const struct case_of *c)
{
    struct import_map *m = map_of(t, c->template);
    struct bytes cells[4];
    struct buf out;
    struct err e = {0};
    buf_init(&out, EVENT_BYTES_MAX);
    CHECK_DONE(t, import_map_columns(m, columns, COUNT_OF(columns), &e), &e);
    for (size_t i = 0; i < 4; i++)
        cells[i] = bytes_of_text(c->cells[i]);
    struct import_row row = {cells, 4, BYTES_LIT("d:2")};
    CHECK_DONE(t, import_map_event(m, &row, &out, &e), &e);
    CHECK_BYTES(t, buf_bytes(&out), bytes_of_text(c->want));
    buf_fini(&out);
    import_map_destroy(m);
}

static void columns_stand_in_texts(struct t *t)
{
    static const struct case_of cases[] = {
        {"{\"event\":\"x\"}", {"", "", "", ""}, "{\"id\":\"d:2\",\"event\":\"x\"}"},
        {"{\"event\":\"x\",\"order\":\"A-${a}/${b}\"}", {"1", "2", "", ""}, "{\"id\":\"d:2\",\"event\":\"x\",\"order\":\"A-1/2\"}"},
        {"{\"event\":\"$5 ${\",\"t\":\"${a\"}", {"1", "", "", ""}, "{\"id\":\"d:2\",\"event\":\"$5 ${\",\"t\":\"${a\"}"},
        {"{\"p\":{\"q\":\"#{n}\",\"r\":\"x#{n}\"}}", {"", "", "-12.50", ""}, "{\"id\":\"d:2\",\"p\":{\"q\":-12.50,\"r\":\"x#{n}\"}}"},
        {"{\"p\":\"say ${a}\"}", {"\"hi\"\n", "", "", ""}, "{\"id\":\"d:2\",\"p\":\"say \\\"hi\\\"\\n\"}"},
        {"{\"id\":\"${a}\",\"k\":[1,true,null]}", {"own", "", "", ""}, "{\"id\":\"own\",\"k\":[1,true,null]}"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        check_case(t, &cases[i]);
}

static void what_is_empty_is_left_out(struct t *t)
{
    static const struct case_of cases[] = {
        {"{\"event\":\"x\",\"order\":\"${empty}\"}", {"", "", "", ""}, "{\"id\":\"d:2\",\"event\":\"x\"}"},
        {"{\"order\":\"A-${empty}\",\"n\":\"#{empty}\"}", {"", "", "", ""}, "{\"id\":\"d:2\"}"},
        {"{\"name\":\"${a} ${empty}\"}", {"Li", "", "", ""}, "{\"id\":\"d:2\",\"name\":\"Li \"}"},
        {"{\"ids\":[{\"type\":\"phone\",\"value\":\"${empty}\"},{\"type\":\"user_id\",\"value\":\"${a}\"}]}", {"7", "", "", ""},
         "{\"id\":\"d:2\",\"ids\":[{\"type\":\"user_id\",\"value\":\"7\"}]}"},
        {"{\"ids\":[{\"type\":\"phone\",\"value\":\"${empty}\"}],\"p\":{\"always\":1,\"at\":\"${empty}\"}}", {"", "", "", ""}, "{\"id\":\"d:2\"}"},
        {"{\"p\":{\"always\":1,\"in\":{\"at\":\"${empty}\"},\"a\":\"${a}\"}}", {"1", "", "", ""}, "{\"id\":\"d:2\",\"p\":{\"always\":1,\"a\":\"1\"}}"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        check_case(t, &cases[i]);
}

static void bad_maps(struct t *t)
{
    static const char *const texts[] = {
        "", "[]", "{}", "{\"event\":1}", "{\"event\":{},\"sauce\":\"x\"}", "{\"event\":{},\"delimiter\":\"ab\"}", "{\"event\":{},\"delimiter\":\"\\\"\"}",
        "{\"event\":{},\"join\":{\"file\":\"x\"}}", "{\"event\":{},\"delimiter\":\"a\"}", "{\"event\":{},\"delimiter\":3}", "{\"event\":{},\"source\":3}",
        "{\"event\":{},\"encoding\":\"latin1\"}", "{\"event\":{},\"encoding\":1}", "{\"event\":{},\"encoding\":\"gbk\",\"delimiter\":\"|\"}",
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct import_map *m = NULL;
        struct err e = {0};
        CHECK_FAILS(t, import_map_create(bytes_of_text(texts[i]), &m, &e), INVALID);
        CHECK(t, m == NULL && e.text[0] != 0);
    }
}

static void columns_are_checked(struct t *t)
{
    struct import_map *m = map_of(t, "{\"ids\":[{\"value\":\"${CustomerId}\"}]}");
    struct bytes names[] = {BYTES_LIT("Country"), BYTES_LIT("CustomerID")}, twice[] = {BYTES_LIT("x"), BYTES_LIT("x")};
    struct err e = {0};
    CHECK_FAILS(t, import_map_columns(m, names, 2, &e), INVALID);
    CHECK_TEXT(t, e.text, "the map: there is no column \"CustomerId\"; did you mean \"CustomerID\"?");
    CHECK_FAILS(t, import_map_columns(m, twice, 2, &e), INVALID);
    CHECK_FAILS(t, import_map_columns(m, NULL, 0, &e), INVALID);
    CHECK_TEXT(t, e.text, "the map: there is no column \"CustomerId\"");
    import_map_destroy(m);
}

static void numbers_are_checked(struct t *t)
{
    static const char *const bad[] = {"x", "1,5", "\"1\"", "null", "1 2", "+3", "0x10", "[1]"};
    struct import_map *m = map_of(t, "{\"k\":\"before\",\"n\":\"#{a}\"}");
    struct err e = {0};
    struct buf out;
    buf_init(&out, EVENT_BYTES_MAX);
    CHECK_DONE(t, import_map_columns(m, columns, 1, &e), &e);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct bytes cell = bytes_of_text(bad[i]);
        struct import_row row = {&cell, 1, BYTES_LIT("d:2")};
        CHECK_FAILS(t, import_map_event(m, &row, &out, &e), INVALID);
        CHECK_EQ(t, out.size, 0);
    }
    buf_fini(&out);
    import_map_destroy(m);
}

static void a_map_says_where_from(struct t *t)
{
    struct import_map *m = NULL;
    struct err e = {0};
    const char *text = "{\"source\":\"shop\",\"delimiter\":\"\\t\",\"join\":{\"file\":\"f.csv\",\"key\":\"k\"},\"event\":{},\"about\":\"words\"}";
    REQUIRE_DONE(t, import_map_create(bytes_of_text(text), &m, &e), &e);
    CHECK_TEXT(t, import_map_source(m), "shop");
    CHECK_EQ(t, import_map_delimiter(m), '\t');
    CHECK_EQ(t, import_map_encoding(m), ENCODING_UTF8);
    CHECK_TEXT(t, import_map_join_file(m), "f.csv");
    CHECK_TEXT(t, import_map_join_key(m), "k");
    import_map_destroy(m);
    REQUIRE_DONE(t, import_map_create(BYTES_LIT("{\"encoding\":\"gbk\",\"event\":{}}"), &m, &e), &e);
    CHECK_EQ(t, import_map_encoding(m), ENCODING_GB18030);
    import_map_destroy(m);
}

static const struct test tests[] = {
    {"columns stand in texts", columns_stand_in_texts, 1},
    {"what is empty is left out", what_is_empty_is_left_out, 1},
    {"bad maps are refused with words", bad_maps, 1},
    {"a column that isn't there is named, with the nearest", columns_are_checked, 1},
    {"a number is a number", numbers_are_checked, 1},
    {"a map says where the rows come from", a_map_says_where_from, 1},
};
TEST_MAIN(tests)
