/* Things, asked by HTTP. Covers: things.c, kinds.c, bulk.c */
#include "edge/door_test.h"

#define SH01 "/api/v1/things/store/SH01"

static struct reply put(struct place *p, const char *path, const char *json)
{
    return ask(p, (struct ask){.method = "PUT", .path = path, .token = ADMIN, .json = json});
}

static struct reply end(struct place *p, const char *path)
{
    return ask(p, (struct ask){.method = "DELETE", .path = path, .token = ADMIN});
}

/* As it stands in a query. */
static const char *url_of(struct t *t, const char *text)
{
    const char *url = "";
    for (; *text != 0; text++)
        url = arena_printf(t->arena, (uint8_t)*text < 0x80 && *text != ' ' ? "%s%c" : "%s%%%02x", url, (uint8_t)*text);
    return url;
}

static void open_brand(struct place *p, struct t *t)
{
    place_open_main(p, t);
    struct reply r = post(
        p, "/api/v1/things",
        "{\"kind\":\"brand\",\"id\":\"甲\",\"attributes\":{\"name\":\"甲品牌\"}}\n"
        "{\"kind\":\"region\",\"id\":\"华东\",\"parent\":\"brand/甲\",\"attributes\":{\"name\":\"華東大區\"}}\n"
        "{\"kind\":\"store\",\"id\":\"SH01\",\"time\":\"2026-01-01T00:00:00Z\",\"parent\":{\"kind\":\"region\",\"id\":"
        "\"华东\"},"
        "\"attributes\":{\"name\":\"外滩店🌸\",\"city\":\"上海\",\"面积\":120.5}}\n"
        "{\"kind\":\"store\",\"id\":\"SH02\",\"attributes\":{\"city\":\"上海\",\"brand\":\"乙\"}}\n"
        "{\"kind\":\"staff\",\"id\":\"G17\",\"parent\":\"store/"
        "SH01\",\"attributes\":{\"name\":\"王小芳\",\"phone\":\"13812345678\"}}\n");
    CHECK_STATUS(t, r, 200);
    CHECK_TEXT(t, at(p, r, "accepted"), "5");
}

static void a_thing_is_put_and_told(struct t *t)
{
    struct place p;
    open_brand(&p, t);
    CHECK_STATUS(
        t, put(&p, SH01, "{\"time\":\"2026-02-01T00:00:00Z\",\"attributes\":{\"city\":null,\"name\":\"外滩旗舰店\"}}"),
        200);
    struct reply r = get(&p, SH01);
    CHECK_STATUS(t, r, 200);
    CHECK_TEXT(t, at(&p, r, "kind_zh"), "门店");
    CHECK_TEXT(t, at(&p, r, "exists"), "true");
    CHECK_EQ(t, count_at(&p, r, "attributes"), 2);
    CHECK_TEXT(t, at(&p, r, "attributes.0.zh"), "名称");
    CHECK_TEXT(t, at(&p, r, "attributes.0.value"), "外滩旗舰店");
    CHECK_TEXT(t, at(&p, r, "attributes.1.value"), "120.5");
    CHECK_EQ(t, count_at(&p, r, "path"), 2);
    CHECK_TEXT(t, at(&p, r, "path.0.name"), "華東大區");
    CHECK_TEXT(t, at(&p, r, "path.1.id"), "甲");
    r = get(&p, SH01 "?at=2026-01-15T00:00:00Z&history=1");
    CHECK_TEXT(t, at(&p, r, "attributes.0.value"), "外滩店🌸");
    CHECK_TEXT(t, at(&p, r, "attributes.0.since"), "2026-01-01T00:00:00.000Z");
    CHECK_EQ(t, count_at(&p, r, "attributes.0.history"), 2);
    CHECK_EQ(t, count_at(&p, r, "parents"), 1);
    CHECK_TEXT(t, at(&p, get(&p, SH01 "?at=2025-01-15"), "exists"), "false");
    CHECK_STATUS(t, end(&p, SH01), 200);
    CHECK_TEXT(t, at(&p, get(&p, SH01), "exists"), "false");
    CHECK_STATUS(t, get(&p, "/api/v1/things/store/none"), 404);
    CHECK_STATUS(t, get(&p, "/api/v1/things/none/none"), 404);
    CHECK_STATUS(t, get(&p, SH01 "?at=soon"), 400);
    CHECK_STATUS(t, put(&p, "/api/v1/things/content/a/b%2fc?ns=cms", "{}"), 200); /* an id may have slashes */
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/things/content/a/b/c?ns=cms"), "id"), "a/b/c");
    place_close(&p);
}

static void things_are_listed(struct t *t)
{
    struct place p;
    open_brand(&p, t);
    struct reply r = get(&p, "/api/v1/things/store?limit=1");
    CHECK_EQ(t, count_at(&p, r, "things"), 1);
    CHECK_TEXT(t, at(&p, r, "things.0.name"), "外滩店🌸");
    CHECK_TEXT(t, at(&p, r, "things.0.parent.id"), "华东");
    r = get(&p, arena_printf(t->arena, "/api/v1/things/store?limit=1&after=%s", at(&p, r, "next")));
    CHECK_TEXT(t, at(&p, r, "things.0.id"), "SH02");
    CHECK_TEXT(t, at(&p, r, "next"), "null");
    r = get(&p, "/api/v1/things/store?under=region/%E5%8D%8E%E4%B8%9C");
    CHECK_EQ(t, count_at(&p, r, "things"), 1);
    r = get(&p, "/api/v1/things/region?under=brand/%E7%94%B2");
    CHECK_TEXT(t, at(&p, r, "things.0.id"), "华东");
    r = get(&p, "/api/v1/things/store?attribute=city&value=%E4%B8%8A%E6%B5%B7");
    CHECK_EQ(t, count_at(&p, r, "things"), 2);
    CHECK_STATUS(t, get(&p, "/api/v1/things/store?attribute=name&value=x"), 400);
    CHECK_STATUS(t, get(&p, "/api/v1/things/vase"), 404);
    CHECK_STATUS(t, get(&p, "/api/v1/things/store?under=x"), 400);
    CHECK_STATUS(t, end(&p, SH01), 200);
    CHECK_EQ(t, count_at(&p, get(&p, "/api/v1/things/store"), "things"), 1);
    place_close(&p);
}

/* 外滩, in any of its forms; a name that was goes. */
static void things_are_found_by_their_names(struct t *t)
{
    static const char *const found[] = {"外滩", "%E5%A4%96%E7%81%98", "waitan", "wai tan", "WT", "%E5%A4%96"};
    static const char *const none[] = {"滩", "waitai", "tan", "SH01"};
    struct place p;
    open_brand(&p, t);
    for (size_t i = 0; i < COUNT_OF(found); i++) {
        struct reply r = get(&p, arena_printf(t->arena, "/api/v1/things?q=%s", url_of(t, found[i])));
        CHECK_EQ(t, count_at(&p, r, "things"), 1);
        CHECK_TEXT(t, at(&p, r, "things.0.id"), "SH01");
    }
    for (size_t i = 0; i < COUNT_OF(none); i++)
        CHECK_EQ(t, count_at(&p, get(&p, arena_printf(t->arena, "/api/v1/things?q=%s", url_of(t, none[i]))), "things"),
                 0);
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/things?q=hddq"), "things.0.id"), "华东"); /* 華東大區 */
    CHECK_EQ(t, count_at(&p, get(&p, "/api/v1/things?q=waitan&kind=staff"), "things"), 0);
    CHECK_EQ(t, count_at(&p, get(&p, "/api/v1/things/store?q=waitan"), "things"), 1);
    CHECK_STATUS(t, put(&p, SH01, "{\"attributes\":{\"name\":\"南京东路店\"}}"), 200);
    CHECK_EQ(t, count_at(&p, get(&p, "/api/v1/things?q=waitan"), "things"), 0);
    CHECK_EQ(t, count_at(&p, get(&p, "/api/v1/things?q=njd"), "things"), 1);
    CHECK_STATUS(t, get(&p, "/api/v1/things"), 400);
    CHECK_STATUS(t, get(&p, "/api/v1/things?q="), 400);
    CHECK_STATUS(t, get(&p, "/api/v1/things?q=a&under=brand/a"), 400);
    CHECK_STATUS(t, get(&p, "/api/v1/things?q=a&kind=none"), 404);
    place_close(&p);
}

/* One walk gives some of those that left, so that it comes to an end; a list shows none of them. */
static void those_who_left_are_not_listed(struct t *t)
{
    struct place p;
    const char *lines = "";
    open_brand(&p, t);
    for (uint32_t i = 0; i < 2 * THING_PASSED_MAX; i++)
        lines = arena_printf(t->arena,
                             "%s{\"kind\":\"staff\",\"id\":\"外%u\",\"parent\":\"store/SH01\",\"time\":\"2026-01-01\","
                             "\"attributes\":{\"name\":\"外滩一二%u\"}}\n"
                             "{\"kind\":\"staff\",\"id\":\"外%u\",\"parent\":\"store/SH02\",\"time\":\"2026-02-01\"}\n",
                             lines, i, i, i);
    CHECK_STATUS(t, post(&p, "/api/v1/things", lines), 200);
    CHECK_EQ(t, count_at(&p, get(&p, "/api/v1/things/staff?under=store/SH01"), "things"), 1); /* G17 */
    struct reply r = get(&p, arena_printf(t->arena, "/api/v1/things?q=%s", url_of(t, "外滩一二三")));
    CHECK_EQ(t, count_at(&p, r, "things"), 0);
    place_close(&p);
}

static void children_are_those_of_an_instant(struct t *t)
{
    static const char under[] = "/api/v1/things/staff?under=store/";
    struct place p;
    open_brand(&p, t);
    CHECK_STATUS(t,
                 post(&p, "/api/v1/things",
                      "{\"kind\":\"staff\",\"id\":\"G18\",\"parent\":\"store/"
                      "SH01\",\"time\":\"2026-01-01\",\"attributes\":{\"name\":\"旧名\"}}\n"
                      "{\"kind\":\"staff\",\"id\":\"G18\",\"parent\":\"store/"
                      "SH02\",\"time\":\"2026-03-01\",\"attributes\":{\"name\":\"新名\"}}\n"
                      "{\"kind\":\"staff\",\"id\":\"G18\",\"parent\":\"region/华东\",\"time\":\"2026-02-01\"}\n"),
                 200);
    CHECK_EQ(t, count_at(&p, get(&p, arena_printf(t->arena, "%sSH01", under)), "things"), 1); /* G17 */
    struct reply r = get(&p, arena_printf(t->arena, "%sSH01&at=2026-01-15", under));
    CHECK_EQ(t, count_at(&p, r, "things"), 1);
    CHECK_TEXT(t, at(&p, r, "things.0.id"), "G18");
    CHECK_TEXT(t, at(&p, r, "things.0.name"), "旧名");
    CHECK_TEXT(t, at(&p, r, "things.0.parent.id"), "SH01");
    CHECK_EQ(t, count_at(&p, get(&p, arena_printf(t->arena, "%sSH01&at=2025-12-31", under)), "things"), 0);
    CHECK_EQ(t, count_at(&p, get(&p, arena_printf(t->arena, "%sSH02&at=2026-02-15", under)), "things"), 0);
    CHECK_EQ(t, count_at(&p, get(&p, "/api/v1/things/store?at=2025-12-31"), "things"), 0);
    CHECK_STATUS(t, get(&p, "/api/v1/things/store?q=w&at=2026-01-01"), 400);
    place_close(&p);
}

/* A slash inside an id ends no step of a path. */
static void an_id_may_end_as_an_address_does(struct t *t)
{
    struct place p;
    open_brand(&p, t);
    CHECK_STATUS(t, put(&p, "/api/v1/things/staff/a%2Fpeople", "{}"), 200);
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/things/staff/a%2fpeople"), "id"), "a/people");
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/things/staff/a%2Fpeople/people"), "relation"), "owned_by");
    CHECK_STATUS(t, get(&p, "/api/v1/things/staff/a/people/people"), 404);
    place_close(&p);
}

static void what_is_wrong_is_told_with_its_line(struct t *t)
{
    struct place p;
    open_brand(&p, t);
    struct reply r = ask(
        &p, (struct ask){
                .path = "/api/v1/things",
                .token = ADMIN,
                .json = "{\"kind\":\"sku\",\"id\":1}\nnot "
                        "json\n{\"kind\":\"vase\",\"id\":\"1\"}\n{\"kind\":\"sku\",\"id\":\"2\",\"colour\":\"red\"}\n"
                        "{\"kind\":\"sku\",\"id\":\"\"}\n{\"kind\":\"sku\",\"id\":\"1\",\"deleted\":true}",
                .headers = {"Accept-Language: zh-CN"}});
    CHECK_STATUS(t, r, 200);
    CHECK_TEXT(t, at(&p, r, "accepted"), "2");
    CHECK_TEXT(t, at(&p, r, "faulty"), "4");
    CHECK(t, has(r, "没有这个种类"));
    CHECK(t, has(r, "没有 'colour' 这个字段"));
    CHECK_STATUS(t, post(&p, "/api/v1/things", "{\"kind\":\"vase\",\"id\":\"1\"}"), 400);
    struct buf many;
    buf_init(&many, 1 << 20);
    for (int i = 0; i < 5001; i++)
        buf_push_text(&many, "{}\n");
    CHECK_STATUS(t, ask(&p, (struct ask){.path = "/api/v1/things", .token = ADMIN, .body = buf_bytes(&many)}), 413);
    buf_fini(&many);
    CHECK_TEXT(t, at(&p, post(&p, "/api/v1/things", "[{\"kind\":\"sku\",\"id\":\"7\"}]"), "accepted"), "1");
    CHECK_STATUS(t, post(&p, "/api/v1/things", "[1"), 400);
    r = put(&p, "/api/v1/things/sku/3", "{\"attributes\":{\"on_sale\":\"yes\"}}");
    CHECK_STATUS(t, r, 409);
    CHECK_TEXT(t, at(&p, r, "type"), "/problems/bad_attribute");
    CHECK_TEXT(t,
               at(&p,
                  put(&p, "/api/v1/things/sku/3?lenient=1", "{\"attributes\":{\"on_sale\":\"yes\",\"size\":\"M\"}}"),
                  "result.left_out"),
               "1");
    CHECK_STATUS(t, put(&p, "/api/v1/things/region/%E5%8D%8E%E4%B8%9C", "{\"parent\":\"region/%\"}"), 200);
    CHECK_STATUS(t, put(&p, "/api/v1/things/sku/3", "{\"parent\":7}"), 400);
    CHECK_STATUS(t, put(&p, "/api/v1/things/sku/3", "{\"attribute\":{}}"), 400);
    place_close(&p);
}

static void kinds_are_told_and_declared(struct t *t)
{
    struct place p;
    place_open_main(&p, t);
    CHECK_EQ(t, count_at(&p, get(&p, "/api/v1/kinds"), "kinds"), 21);
    CHECK_STATUS(t,
                 put(&p, "/api/v1/kinds",
                     "{\"name\":\"boat\",\"label_zh\":\"游艇\",\"closed\":true,\"owned\":true,\"parents\":[\"brand\"],"
                     "\"attributes\":[{\"name\":\"length\",\"type\":\"number\",\"indexed\":false},{\"name\":\"flag\","
                     "\"type\":\"text\",\"indexed\":true}]}"),
                 200);
    CHECK_STATUS(t, put(&p, "/api/v1/things/boat/1", "{\"attributes\":{\"length\":12,\"flag\":\"CN\"}}"), 200);
    CHECK_STATUS(t, put(&p, "/api/v1/things/boat/1", "{\"attributes\":{\"width\":3}}"), 409);
    CHECK_EQ(t, count_at(&p, get(&p, "/api/v1/things/boat?attribute=flag&value=CN"), "things"), 1);
    struct reply r = get(&p, "/api/v1/kinds");
    CHECK_TEXT(t, at(&p, r, "kinds.21.label_zh"), "游艇");
    CHECK_TEXT(t, at(&p, r, "kinds.21.attributes.1.indexed"), "true");
    CHECK_STATUS(
        t, put(&p, "/api/v1/kinds", "{\"name\":\"boat\",\"attributes\":[{\"name\":\"x\",\"type\":\"tekst\"}]}"), 400);
    CHECK_STATUS(t, put(&p, "/api/v1/kinds", "{\"name\":\"a/b\"}"), 400);
    CHECK_STATUS(t, put(&p, "/api/v1/kinds", "{\"name\":\"boat\",\"attributes\":[{\"name\":\"new\"}]}"), 400);
    CHECK_STATUS(
        t, put(&p, "/api/v1/kinds", "{\"name\":\"boat\",\"attributes\":[{\"name\":\"length\",\"indexed\":true}]}"),
        200);
    r = get(&p, "/api/v1/kinds"); /* what wasn't said stays */
    CHECK_TEXT(t, at(&p, r, "kinds.21.label_zh"), "游艇");
    CHECK_TEXT(t, at(&p, r, "kinds.21.closed"), "true");
    CHECK_TEXT(t, at(&p, r, "kinds.21.parents.0"), "brand");
    CHECK_TEXT(t, at(&p, r, "kinds.21.attributes.0.type"), "number");
    struct reply found = {.status = 400};
    for (int tries = 0; tries < 1000 && found.status == 400; tries++) /* while the index is built */
        found = get(&p, "/api/v1/things/boat?attribute=length&value=12");
    CHECK_EQ(t, count_at(&p, found, "things"), 1);
    place_close(&p);
}

/* --- scope and masks --- */

static void a_token_of_a_brand_sees_and_changes_its_own(struct t *t)
{
    static const struct token of_a = {.name = "desk",
                                      .roles = 1u << ROLE_READ | 1u << ROLE_WRITE,
                                      .brand_count = 1,
                                      .brands = {"甲"},
                                      .masked = true};
    static const struct {
        const char *path, *json;
        int status;
    } puts[] = {
        {SH01, "{\"attributes\":{\"phone\":\"021-1\"}}", 200},
        {SH01, "{\"parent\":null}", 403},                   /* would be the group's */
        {SH01, "{\"attributes\":{\"brand\":\"乙\"}}", 403}, /* would be another one's */
        {"/api/v1/things/store/SH02", "{\"attributes\":{\"brand\":\"甲\"}}", 403},
        {"/api/v1/things/store/SH03", "{\"parent\":\"region/华东\"}", 200},
        {"/api/v1/things/store/SH04", "{}", 403},
        {"/api/v1/things/brand/乙", "{}", 403},
    };
    struct place p;
    open_brand(&p, t);
    place_token(&p, "main", &of_a, "kith_a");
    CHECK_STATUS(t, ask(&p, (struct ask){.path = SH01, .token = "kith_a"}), 200);
    CHECK_STATUS(t, ask(&p, (struct ask){.path = "/api/v1/things/store/SH02", .token = "kith_a"}), 404);
    CHECK_EQ(t, count_at(&p, ask(&p, (struct ask){.path = "/api/v1/things/store", .token = "kith_a"}), "things"), 1);
    struct reply r = ask(&p, (struct ask){.path = "/api/v1/things/staff/G17", .token = "kith_a"});
    CHECK(t, !has(r, "王小芳") && !has(r, "13812345678") && has(r, "王"));
    r = ask(&p, (struct ask){.path = "/api/v1/things/staff", .token = "kith_a"});
    CHECK(t, !has(r, "王小芳") && has(r, "G17"));
    CHECK_EQ(t, count_at(&p, get(&p, "/api/v1/reads"), "reads"), 2);
    for (size_t i = 0; i < COUNT_OF(puts); i++)
        CHECK_STATUS(
            t, ask(&p, (struct ask){.method = "PUT", .path = puts[i].path, .token = "kith_a", .json = puts[i].json}),
            puts[i].status);
    CHECK_STATUS(t, ask(&p, (struct ask){.method = "DELETE", .path = "/api/v1/things/store/SH02", .token = "kith_a"}),
                 403);
    CHECK_STATUS(t, ask(&p, (struct ask){.path = "/api/v1/things", .token = "kith_a", .json = "{}"}), 403);
    place_close(&p);
}

static const struct test tests[] = {
    {"a thing is put and told", a_thing_is_put_and_told, 1},
    {"things are listed", things_are_listed, 1},
    {"things are found by their names", things_are_found_by_their_names, 1},
    {"those who left are not listed", those_who_left_are_not_listed, 1},
    {"children are those of an instant", children_are_those_of_an_instant, 1},
    {"an id may end as an address does", an_id_may_end_as_an_address_does, 1},
    {"what is wrong is told with its line", what_is_wrong_is_told_with_its_line, 1},
    {"kinds are told and declared", kinds_are_told_and_declared, 1},
    {"a token of a brand sees and changes its own", a_token_of_a_brand_sees_and_changes_its_own, 1},
};
TEST_MAIN(tests)
