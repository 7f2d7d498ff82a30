#include "app/import/map.h"
#include "testing/test.h"

static void bad_maps(struct t *t)
{
    static const char *const texts[] = {
        "", "[]", "{}", "{\"event\":1}", "{\"event\":[1]}", "{\"event\":{},\"sauce\":\"x\"}", "{\"event\":{},\"delimiter\":\"ab\"}",
        "{\"event\":{},\"delimiter\":\"\\\"\"}", "{\"event\":{},\"join\":{\"file\":\"x\"}}", "{\"event\":{},\"join\":{\"file\":\"x\",\"key\":\"k\",\"kay\":1}}",
        "{\"event\":{},\"delimiter\":\"a\"}", "{\"event\":{},\"delimiter\":3}", "{\"event\":{},\"source\":3}", "{\"event\":{},\"encoding\":\"latin1\"}",
        "{\"event\":{},\"encoding\":1}", "{\"event\":{},\"encoding\":\"gbk\",\"delimiter\":\"|\"}", "{\"event\":{},\"delimiter\":\"|\"}",
        "{\"event\":{},\"zone\":\"Asia/Nowhere\"}", "{\"event\":{},\"dates\":\"ymd\"}", "{\"event\":{},\"header\":0}", "{\"event\":{},\"header\":[1,3]}",
        "{\"event\":{},\"columns\":[]}", "{\"event\":{},\"columns\":[1]}", "{\"event\":{},\"empty\":\"-\"}", "{\"event\":{},\"skip\":[\"a\"]}",
        "{\"event\":{\"$rows\":{}}}", "{\"event\":{\"$latest\":[]}}", "{\"event\":{\"$first\":[{},\"${a}\"]}}", "{\"event\":{\"$case\":\"${a}\",\"x\":1}}",
        "{\"order\":[{\"$case\":\"${a}\",\"x\":{\"$rows\":{}}}]}", "{\"event\":{},\"skip\":{\"a\":\"b\"}}",
        "{\"event\":{},\"zone\":\"Asia/Shanghai\",\"zone\":\"+08:00\"}", "{\"event\":{},\"event\":{}}", "{\"event\":{},\"group\":\"\"}", "{\"event\":{},\"sheet\":1}",
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct import_map *m = NULL;
        struct err e = {0};
        CHECK_FAILS(t, import_map_create(bytes_of_text(texts[i]), &m, &e), INVALID);
        CHECK(t, m == NULL && strncmp(e.text, "the map: ", 9) == 0);
    }
    struct import_map *m = NULL;
    struct err e = {0};
    CHECK_FAILS(t, import_map_create(BYTES_LIT("{\"event\":[{},{},{},{},{}],\"order\":[{},{},{},{}]}"), &m, &e), LIMIT);
}

static void columns_are_checked(struct t *t)
{
    struct import_map *m = NULL;
    struct bytes names[] = {BYTES_LIT("Country"), BYTES_LIT("CustomerID")};
    struct err e = {0};
    REQUIRE_DONE(t, import_map_create(BYTES_LIT("{\"event\":{\"ids\":[{\"value\":\"${CustomerId}\"}]}}"), &m, &e), &e);
    CHECK_FAILS(t, import_map_columns(m, names, 2, &e), INVALID);
    CHECK_TEXT(t, e.text, "the map: \"event\": \"ids\": \"value\": there is no column \"CustomerId\"; did you mean \"CustomerID\"?");
    import_map_destroy(m);
}

static void a_map_says_how_files_are_read(struct t *t)
{
    struct import_map *m = NULL;
    struct err e = {0};
    REQUIRE_DONE(t,
                 import_map_create(BYTES_LIT("{\"source\":\"shop\",\"delimiter\":\"\\t\",\"header\":[2,3],\"sheet\":\"订单\",\"zone\":\"Asia/Shanghai\","
                                             "\"dates\":\"dmy\",\"empty\":[\"-\"],\"skip\":{\"a\":[\"合计\"]},\"group\":\"no\",\"encoding\":\"gbk\","
                                             "\"join\":[{\"file\":\"f.csv\",\"key\":\"k\"},{\"file\":\"g.csv\",\"key\":\"x\",\"own\":\"y\",\"prefix\":\"g.\","
                                             "\"every\":true}],\"order\":{\"a\":\"${a}\",\"b\":\"${g.b}\"},\"event\":[{},{}],\"about\":\"words\"}"),
                                   &m, &e),
                 &e);
    const struct import_map_says *says = import_map_says(m);
    CHECK_TEXT(t, says->source, "shop");
    CHECK_TEXT(t, says->group, "no");
    CHECK_EQ(t, says->table.delimiter, '\t');
    CHECK_EQ(t, says->table.encoding, ENCODING_GB18030);
    CHECK_EQ(t, says->table.header_line, 3);
    CHECK_EQ(t, says->table.header_lines, 2);
    CHECK_TEXT(t, says->table.sheet, "订单");
    REQUIRE(t, says->join_count == 2 && says->skip_count == 1);
    CHECK_TEXT(t, says->joins[0].own, "k");
    CHECK_TEXT(t, says->joins[1].own, "y");
    CHECK(t, says->joins[1].every && !says->joins[0].every);
    size_t count;
    const char *const *members = import_map_members(m, NULL, &count);
    CHECK_EQ(t, count, 5); /* a; k and y of the joins; a of what is skipped; no of the group */
    CHECK_TEXT(t, members[0], "a");
    members = import_map_members(m, &says->joins[1], &count);
    REQUIRE(t, count == 2);
    CHECK_TEXT(t, members[0], "b");
    CHECK_TEXT(t, members[1], "x");
    import_map_destroy(m);
}

static void members_lead_back_to_their_columns(struct t *t)
{
    static const struct {
        enum import_target target;
        const char *words, *want;
    } cases[] = {
        {TARGET_ORDER, "lines: [0]: 1: paid: an amount of CNY has at most 2 digits", "金额"},
        {TARGET_ORDER, "lines:[0]:1:paid:CNY 金额至多 2 位小数", "金额"},
        {TARGET_ORDER, "modified: 'soon' is not a time: want 2026", "时间"},
        {TARGET_ORDER, "buyer[0]: phone: this value identifies nobody", "手机"},
        {TARGET_ORDER, "lines: [0]: 1: want an object", ""}, /* several */
        {TARGET_ORDER, "number: want a text", ""},           /* none */
        {TARGET_ORDER, "an order has a \"shop\"", ""},
        {TARGET_ORDER, "", ""},
        {TARGET_ORDER, ":::", ""},
        {TARGET_EVENT, "time: 'soon' is not a time", "B"},
        {TARGET_EVENT, "paid: want a number", ""},
        {TARGET_THING, "time: want a time", ""},
    };
    struct import_map *m = NULL;
    struct err e = {0};
    REQUIRE_DONE(t,
                 import_map_create(BYTES_LIT("{\"order\":{\"number\":\"1\",\"modified\":\"@{时间}\",\"buyer\":[{\"type\":\"phone\",\"value\":\"${手机}\"}],"
                                             "\"lines\":{\"$rows\":{\"$case\":\"${类型}\",\"退货\":null,\"$else\":{\"line\":\"${行}\",\"paid\":\"#{金额}\"}}}},"
                                             "\"event\":[{\"event\":\"x\"},{\"time\":\"${B}\"}]}"),
                                   &m, &e),
                 &e);
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        CHECK_BYTES(t, import_map_column_at(m, cases[i].target, bytes_of_text(cases[i].words), t->arena), bytes_of_text(cases[i].want));
    import_map_destroy(m);
}

static void values_are_in_the_order_they_are_sent(struct t *t)
{
    struct import_map *m = NULL;
    struct bytes name = BYTES_LIT("a");
    struct err e = {0};
    size_t count;
    REQUIRE_DONE(t,
                 import_map_create(BYTES_LIT("{\"event\":{\"x\":\"${a}\"},\"order\":{\"l\":{\"$rows\":\"${a}\"}},\"thing\":[{},{}],\"relation\":{}}"), &m,
                                   &e),
                 &e);
    CHECK_EQ(t, import_map_says(m)->table.delimiter, 0);
    REQUIRE_DONE(t, import_map_columns(m, &name, 1, &e), &e);
    const struct import_value *values = import_map_values(m, &count);
    static const enum import_target want[] = {TARGET_THING, TARGET_THING, TARGET_ORDER, TARGET_RELATION, TARGET_EVENT};
    REQUIRE(t, count == COUNT_OF(want));
    for (size_t i = 0; i < count; i++) {
        CHECK_EQ(t, values[i].target, want[i]);
        CHECK_EQ(t, template_has_rows(values[i].template), values[i].target == TARGET_ORDER);
    }
    import_map_destroy(m);
}

static void a_map_is_a_file(struct t *t)
{
    struct import_map *m = NULL;
    struct err e = {0};
    CHECK_FAILS(t, import_map_load("/nowhere/map.json", &m, &e), NOT_FOUND);
    CHECK(t, m == NULL);
}

static const struct test tests[] = {
    {"bad maps are refused with words", bad_maps, 1},
    {"a column that isn't there is named, with the nearest", columns_are_checked, 1},
    {"a map says how files are read", a_map_says_how_files_are_read, 1},
    {"members lead back to their columns", members_lead_back_to_their_columns, 1},
    {"values are in the order they are sent", values_are_in_the_order_they_are_sent, 1},
    {"a map is a file", a_map_is_a_file, 1},
};
TEST_MAIN(tests)
