/* Definitions without a daemon: what files may say, what differs, what is sent and in which order.
 * Covers: expression.c, kinds.c, plan.c, read.c, write.c */
#include <stdlib.h>

#include "app/apply/apply.h"
#include "testing/test.h"

static void read_text(struct t *t, struct definitions *d, const char *text)
{
    struct err e = {0};
    struct json_parser *parser = json_parser_create(1 << 16);
    CHECK_DONE(t, definitions_read(d, "a.json", bytes_of_text(text), parser, &e), &e);
    CHECK_DONE(t, definitions_sort(d, &e), &e);
    json_parser_destroy(parser);
}

static const struct definition_kind *kind_named(const char *name)
{
    size_t count;
    const struct definition_kind *kinds = definition_kinds(&count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

static void hear_text(struct t *t, struct definitions *d, const char *kind, const char *text)
{
    struct err e = {0};
    struct json root;
    struct json_parser *parser = json_parser_create(1 << 16);
    REQUIRE_DONE(t, json_parse(parser, bytes_of_text(text), &root, &e), &e);
    CHECK_DONE(t, definitions_hear(d, kind_named(kind), root, &e), &e);
    CHECK_DONE(t, definitions_sort(d, &e), &e);
    json_parser_destroy(parser);
}

/* The methods, paths and bodies that a plan sends, a line each. */
static const char *calls_of(struct t *t, const struct plan *p)
{
    size_t count;
    const struct change **order = plan_order(p, t->arena, &count);
    const char *all = "";
    for (size_t i = 0; i < count; i++) {
        struct buf path = arena_buf(t->arena, 1024), body = arena_buf(t->arena, 4096);
        struct json_writer w;
        struct call_text call = {.path = &path, .body = &w};
        json_writer_init(&w, &body, false);
        change_call(order[i], t->arena, &call);
        all = arena_printf(t->arena, "%s%s %.*s %.*s\n", all, call.method, BYTES_ARG(buf_bytes(&path)),
                           BYTES_ARG(buf_bytes(&body)));
    }
    return all;
}

static void a_fault_is_said_with_its_place(struct t *t)
{
    static const struct {
        const char *text, *words;
    } rows[] = {
        {"{\"hooks\":[\n{\"name\":\"crm\"\n", "a.json: line 3"},
        {"[]", "a.json:1: want an object of lists"},
        {"{\n\"hoks\":[]}", "a.json:2: there are no definitions called 'hoks'; the nearest is 'hooks'"},
        {"{\"hooks\":\n{}}", "a.json:1: hooks: want a list, this is an object"},
        {"{\"hooks\":[\n\"crm\"]}", "a.json:2: hooks: want an object, this is a string"},
        {"{\"hooks\":[{\"name\":\"crm\",\n\"taget\":\"x\"}]}",
         "a.json:2: hooks crm: there is no member 'taget'; the nearest is 'target'"},
        {"{\"hooks\":[{\"name\":\"crm\",\"target\":\"x\",\n\n\"causes\":[\"life\"]}]}",
         "a.json:3: hooks crm: causes: there is no 'life'; the nearest is 'live'"},
        {"{\"hooks\":[{\"name\":\"crm\"}]}", "target has to be said"},
        {"{\"hooks\":[{\"name\":\"crm\",\"target\":\"x\",\"target\":\"y\"}]}", "target is said twice"},
        {"{\"hooks\":[{\"name\":\"crm\",\"target\":\"x\",\"facts\":[]}]}", "facts: nothing can't be said of it"},
        {"{\"hooks\":[{\"name\":\"crm\",\"target\":\"x\",\"secret\":\"s\"}]}",
         "there is no member 'secret'; the nearest is 'secret_env'"},
        {"{\"settings\":[{\"name\":\"a.b\",\n\"value\":\"7\"}]}",
         "a.json:2: settings a.b: value: want a number, this is a string"},
        {"{\"names\":[{\"kind\":\"brnd\",\"name\":\"甲\"}]}", "kind: there is no 'brnd'; the nearest is 'brand'"},
        {"{\"types\":[{\"name\":\"card\",\n\"priority\":256}]}",
         "a.json:2: types card: priority: want a whole number from 1 to 255"},
        {"{\"types\":[{\"name\":\"card\",\"limit\":1.5}]}", "limit: want a whole number from 0 to 65535"},
        {"{\"names\":[{\"name\":\"甲\"}]}", "kind has to be said"},
        {"{\"types\":[{\"name\":\"card\",\"over\":\"move\",\"parent\":null}]}", "parent: nothing can't be said of it"},
        {"{\"kinds\":[{\"name\":\"boat\",\"attributes\":[\n{\"name\":\"length\",\"typ\":\"number\"}]}]}",
         "a.json:2: kinds boat: attributes: there is no member 'typ'; the nearest is 'type'"},
        {"{\"kinds\":[{\"name\":\"boat\",\"attributes\":[{\"name\":\"length\"}]}]}",
         "kinds boat: attributes.length: type has to be said"},
        {"{\"kinds\":[{\"name\":\"boat\",\"attributes\":[{\"name\":\"a\",\"type\":\"text\"},{\"name\":\"a\",\"type\":"
         "\"text\"}]}]}",
         "attributes.a.name is said twice"},
        {"{\"shares\":[{\"from\":\"甲\",\"to\":null,\"until\":\"soon\"}]}", "until: "},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct definitions d = {.arena = t->arena};
        struct err e = {0};
        struct json_parser *parser = json_parser_create(1 << 16);
        CHECK_FAILS(t, definitions_read(&d, "a.json", bytes_of_text(rows[i].text), parser, &e), INVALID);
        if (strstr(e.text, rows[i].words) == NULL)
            CHECK_TEXT(t, e.text, rows[i].words);
        json_parser_destroy(parser);
    }
}

static void what_two_places_have_is_refused(struct t *t)
{
    struct definitions d = {.arena = t->arena};
    struct err e = {0};
    struct json_parser *parser = json_parser_create(1 << 16);
    CHECK_DONE(t,
               definitions_read(
                   &d, "a.json",
                   BYTES_LIT("{\"names\":[{\"kind\":\"brand\",\"name\":\"甲\"},{\"kind\":\"shop\",\"name\":\"甲\"}]}"),
                   parser, &e),
               &e);
    CHECK_DONE(t, definitions_sort(&d, &e), &e); /* of different kinds */
    CHECK_DONE(
        t,
        definitions_read(&d, "b.json", BYTES_LIT("{\"names\":[\n{\"name\":\"甲\",\"kind\":\"brand\"}]}"), parser, &e),
        &e);
    CHECK_FAILS(t, definitions_sort(&d, &e), EXISTS);
    CHECK(t, strstr(e.text, "names brand 甲") != NULL && strstr(e.text, "b.json:2") != NULL &&
                 strstr(e.text, "a.json:1") != NULL);
    json_parser_destroy(parser);
}

static const char hooks_standing[] =
    "{\"hooks\":[{\"name\":\"crm\",\"target\":\"https://"
    "a\",\"facts\":[\"profile_changed\",\"person_merged\"],\"causes\":[\"live\"],\"signed\":true},"
    "{\"name\":\"old\",\"target\":\"old.ndjson\",\"facts\":[\"profile_changed\"],\"causes\":[\"live\"],\"signed\":"
    "false}]}";

static void what_is_not_said_stays(struct t *t)
{
    struct definitions wanted = {.arena = t->arena}, standing = {.arena = t->arena};
    struct plan p;
    struct err e = {0};
    hear_text(t, &standing, "hooks", hooks_standing);
    read_text(
        t, &wanted,
        "{\"hooks\":[{\"name\":\"crm\",\"target\":\"https://a\",\"facts\":[\"person_merged\",\"profile_changed\"]}]}");
    REQUIRE_DONE(t, plan_make(&wanted, &standing, false, t->arena, &p, &e), &e);
    CHECK_EQ(t, p.counts[CHANGE_NONE], 1); /* facts are in no order, and of causes nothing is said */
    CHECK_EQ(t, p.counts[CHANGE_LEFT], 1);
    CHECK_TEXT(t, calls_of(t, &p), "");
    REQUIRE_DONE(t, plan_make(&wanted, &standing, true, t->arena, &p, &e), &e);
    CHECK_TEXT(t, calls_of(t, &p), "DELETE /api/v1/hooks/old \n");
}

/* The daemon replaces a hook as a whole: its secret has to come along, and never out of a file. */
static void a_secret_comes_from_a_variable(struct t *t)
{
    struct definitions silent = {.arena = t->arena}, wanted = {.arena = t->arena}, cleared = {.arena = t->arena},
                       standing = {.arena = t->arena};
    struct plan p;
    struct err e = {0};
    hear_text(t, &standing, "hooks", hooks_standing);
    read_text(t, &silent, "{\"hooks\":[{\"name\":\"crm\",\"target\":\"https://b\"}]}");
    CHECK_FAILS(t, plan_make(&silent, &standing, false, t->arena, &p, &e), INVALID);
    CHECK(t, strstr(e.text, "a.json:1: hooks crm: secret_env: it has a secret, which would be lost") != NULL);
    read_text(t, &wanted,
              "{\"hooks\":[{\"name\":\"crm\",\"target\":\"https://b\",\"secret_env\":\"KITH_TEST_SECRET\"}]}");
    (void)unsetenv("KITH_TEST_SECRET");
    CHECK_FAILS(t, plan_make(&wanted, &standing, false, t->arena, &p, &e), INVALID);
    CHECK(t, strstr(e.text, "the variable KITH_TEST_SECRET is empty") != NULL);
    (void)setenv("KITH_TEST_SECRET", "s\"1", 1);
    REQUIRE_DONE(t, plan_make(&wanted, &standing, false, t->arena, &p, &e), &e);
    CHECK_TEXT(t, calls_of(t, &p),
               "POST /api/v1/hooks "
               "{\"name\":\"crm\",\"target\":\"https://"
               "b\",\"facts\":[\"person_merged\",\"profile_changed\"],\"causes\":[\"live\"],\"secret\":\"s\\\"1\"}\n");
    read_text(t, &cleared, "{\"hooks\":[{\"name\":\"crm\",\"target\":\"https://a\",\"secret_env\":null}]}");
    REQUIRE_DONE(t, plan_make(&cleared, &standing, false, t->arena, &p, &e), &e);
    CHECK(t, strstr(calls_of(t, &p), "\"secret\":null}") != NULL);
    (void)unsetenv("KITH_TEST_SECRET");
}

static void attributes_are_compared_one_by_one(struct t *t)
{
    struct definitions wanted = {.arena = t->arena}, standing = {.arena = t->arena};
    struct plan p;
    struct err e = {0};
    hear_text(
        t, &standing, "names",
        "{\"kind\":\"brand\",\"names\":[{\"number\":1,\"name\":\"甲\",\"en\":null,\"zh\":null,\"alias_of\":null,"
        "\"attributes\":{\"label_zh\":\"甲品牌\",\"entity\":\"甲公司\",\"rank\":1.50,\"logo\":{\"b\":1,\"a\":[2]}}},"
        "{\"number\":2,\"name\":\"seen\",\"alias_of\":null,\"attributes\":{}}]}");
    read_text(t, &wanted,
              "{\"names\":[{\"kind\":\"brand\",\"name\":\"甲\",\"attributes\":{\"logo\":{\"a\":[2],\"b\":1.0},\"rank\":"
              "1.5,\"entity\":null,\"label_zh\":\"甲牌😀\"}},"
              "{\"kind\":\"brand\",\"name\":\"乙\"},{\"kind\":\"brand\",\"name\":\"seen\",\"alias_of\":null}]}");
    REQUIRE_DONE(t, plan_make(&wanted, &standing, false, t->arena, &p, &e), &e);
    CHECK_EQ(t, p.counts[CHANGE_NEW], 1);
    CHECK_EQ(t, p.counts[CHANGE_NONE], 1);
    CHECK_EQ(t, p.counts[CHANGE_ALTERED], 1);
    CHECK_EQ(t, p.counts[CHANGE_LEFT], 0);
    CHECK_TEXT(t, calls_of(t, &p),
               "POST /api/v1/names {\"kind\":\"brand\",\"name\":\"乙\"}\n"
               "POST /api/v1/names "
               "{\"kind\":\"brand\",\"name\":\"甲\",\"attributes\":{\"label_zh\":\"甲牌😀\",\"logo\":{\"a\":[2],\"b\":1}"
               ",\"rank\":1.5}}\n");
}

static void what_is_named_goes_first(struct t *t)
{
    struct definitions wanted = {.arena = t->arena}, broken = {.arena = t->arena}, standing = {.arena = t->arena};
    struct plan p;
    struct err e = {0};
    hear_text(t, &standing, "kinds",
              "{\"kinds\":[{\"name\":\"brand\",\"closed\":false,\"parents\":[],\"attributes\":[]}]}");
    read_text(t, &wanted,
              "{\"kinds\":[{\"name\":\"a\",\"parents\":[\"b\",\"brand\"]},{\"name\":\"b\",\"parents\":[\"c\",\"b\"]},{"
              "\"name\":\"c\"},"
              "{\"name\":\"x\",\"parents\":[\"y\"]},{\"name\":\"y\",\"parents\":[\"x\"]}],"
              "\"types\":[{\"name\":\"card\",\"parent\":\"club\"},{\"name\":\"club\",\"priority\":20}]}");
    REQUIRE_DONE(t, plan_make(&wanted, &standing, true, t->arena, &p, &e), &e);
    CHECK_TEXT(t, calls_of(t, &p),
               "POST /api/v1/identity/type {\"name\":\"club\",\"priority\":20}\n"
               "POST /api/v1/identity/type {\"name\":\"card\",\"parent\":\"club\"}\n"
               "PUT /api/v1/kinds {\"name\":\"c\"}\n"
               "PUT /api/v1/kinds {\"name\":\"b\",\"parents\":[\"c\",\"b\"]}\n"
               "PUT /api/v1/kinds {\"name\":\"a\",\"parents\":[\"b\",\"brand\"]}\n"
               "PUT /api/v1/kinds {\"name\":\"x\"}\n" /* a circle */
               "PUT /api/v1/kinds {\"name\":\"y\",\"parents\":[\"x\"]}\n"
               "PUT /api/v1/kinds {\"name\":\"x\",\"parents\":[\"y\"]}\n");
    read_text(t, &broken, "{\"kinds\":[{\"name\":\"a\",\"parents\":[\"bra\\\"nd\"]}]}");
    CHECK_FAILS(t, plan_make(&broken, &standing, false, t->arena, &p, &e), INVALID);
    CHECK(t, strstr(e.text, "it names 'bra\"nd', which neither") != NULL);
}

static void settings_are_checked_and_go_back(struct t *t)
{
    static const char told[] =
        "{\"settings\":[{\"name\":\"identity.hub_days\",\"value\":14,\"initially\":30,\"least\":1,\"most\":365},"
        "{\"name\":\"collect.dedup_days\",\"value\":7,\"initially\":7,\"least\":1,\"most\":30}]}";
    static const struct {
        const char *text, *words;
    } bad[] = {
        {"{\"settings\":[{\"name\":\"identity.hub_day\",\"value\":1}]}", "the nearest is 'identity.hub_days'"},
        {"{\"settings\":[{\"name\":\"identity.hub_days\",\"value\":366}]}", "value: want a whole number from 1 to 365"},
        {"{\"settings\":[{\"name\":\"identity.hub_days\",\"value\":1.5}]}", "value: want a whole number from 1 to 365"},
        {"{\"settings\":[{\"name\":\"identity.hub_days\",\"value\":99999999999999999999999999999999}]}",
         "value: want a whole number"}};
    struct definitions wanted = {.arena = t->arena}, standing = {.arena = t->arena};
    struct plan p;
    struct err e = {0};
    hear_text(t, &standing, "settings", told);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct definitions d = {.arena = t->arena};
        read_text(t, &d, bad[i].text);
        CHECK_FAILS(t, plan_make(&d, &standing, false, t->arena, &p, &e), INVALID);
        CHECK(t, strstr(e.text, bad[i].words) != NULL);
    }
    read_text(t, &wanted, "{\"settings\":[{\"name\":\"collect.dedup_days\",\"value\":9}]}");
    REQUIRE_DONE(t, plan_make(&wanted, &standing, true, t->arena, &p, &e), &e);
    CHECK_TEXT(t, calls_of(t, &p),
               "PUT /api/v1/settings {\"name\":\"collect.dedup_days\",\"value\":9}\n"
               "PUT /api/v1/settings {\"name\":\"identity.hub_days\",\"value\":30}\n");
}

static void shares_have_keys_of_null(struct t *t)
{
    struct definitions wanted = {.arena = t->arena}, standing = {.arena = t->arena};
    struct plan p;
    struct err e = {0};
    hear_text(t, &standing, "shares",
              "{\"shares\":[{\"from\":\"乙公司\",\"to\":null,\"purposes\":[\"service\",\"marketing\"],\"until\":\"2027-"
              "01-01T00:00:00.000Z\",\"live\":true,\"position\":9},"
              "{\"from\":\"丙公司\",\"to\":null,\"purposes\":null,\"until\":null,\"live\":false,\"position\":8},"
              "{\"from\":\"丁公司\",\"to\":\"乙公司\",\"purposes\":null,\"until\":null,\"live\":true,\"position\":7}],"
              "\"next\":null}");
    read_text(t, &wanted,
              "{\"shares\":[{\"from\":\"乙公司\",\"to\":null,\"purposes\":[\"marketing\",\"service\"],\"until\":\"2027-"
              "01-01\",\"reason\":\"合同\"},"
              "{\"from\":\"丙公司\",\"to\":null,\"purposes\":[\"service\"],\"policy\":\"2026-01\"}]}");
    REQUIRE_DONE(t, plan_make(&wanted, &standing, true, t->arena, &p, &e), &e);
    CHECK_EQ(t, p.counts[CHANGE_NONE], 1); /* a reason alone is no difference */
    CHECK_TEXT(
        t, calls_of(t, &p),
        "POST /api/v1/shares {\"from\":\"丙公司\",\"to\":null,\"purposes\":[\"service\"],\"policy\":\"2026-01\"}\n"
        "POST /api/v1/shares/end {\"from\":\"丁公司\",\"to\":\"乙公司\"}\n");
}

/* What is written is read as what it was. */
static void what_is_exported_is_equal(struct t *t)
{
    struct definitions standing = {.arena = t->arena}, wanted = {.arena = t->arena};
    struct plan p;
    struct err e = {0};
    struct buf text = arena_buf(t->arena, 1 << 14);
    struct json_writer w;
    hear_text(t, &standing, "kinds",
              "{\"kinds\":[{\"name\":\"boat\",\"label_en\":null,\"label_zh\":\"遊艇⛵\",\"closed\":false,\"personal\":"
              "true,\"owned\":true,\"parents\":[\"brand\"],\"attributes\":["
              "{\"name\":\"length\",\"type\":\"number\",\"label_en\":null,\"label_zh\":\"长\\\"度\\\"\",\"indexed\":"
              "false,\"indexing\":true,\"declared\":true},"
              "{\"name\":\"seen\",\"type\":\"text\",\"indexed\":false,\"indexing\":false,\"declared\":false}]},"
              "{\"name\":\"brand\",\"label_zh\":\"品牌\",\"closed\":false,\"personal\":false,\"owned\":false,"
              "\"parents\":[],\"attributes\":[]}]}");
    json_writer_init(&w, &text, true);
    definitions_write(&standing, kind_named("kinds"), &w);
    const char *file = arena_text(t->arena, buf_bytes(&text));
    CHECK(t, strstr(file, "\"indexed\": true") != NULL && strstr(file, "seen") == NULL &&
                 strstr(file, "label_en") == NULL);
    read_text(t, &wanted, file);
    REQUIRE_DONE(t, plan_make(&wanted, &standing, false, t->arena, &p, &e), &e);
    CHECK_EQ(t, p.counts[CHANGE_NONE], 2);
    CHECK_EQ(t, p.count, 2);
}

/* In whatever way it is written, and behind what it names. */
static void an_expression_is_what_it_says(struct t *t)
{
    struct definitions standing = {.arena = t->arena}, wanted = {.arena = t->arena};
    struct plan p;
    struct err e = {0};
    hear_text(t, &standing, "segments",
              "{\"segments\":[{\"name\":\"vip\",\"label_zh\":null,\"text\":\"count(order_paid) >= 3\"}]}");
    read_text(t, &wanted,
              "{\"segments\":[{\"name\":\"a\",\"text\":\"did(login) and (segment('b') or segment('vip'))\"},"
              "{\"name\":\"b\",\"text\":\"not did(login\"},{\"name\":\"vip\",\"text\":\"count( order_paid )>=3\"}]}");
    REQUIRE_DONE(t, plan_make(&wanted, &standing, false, t->arena, &p, &e), &e);
    CHECK_EQ(t, p.counts[CHANGE_NONE], 1);
    CHECK_TEXT(t, calls_of(t, &p),
               "PUT /api/v1/segments {\"name\":\"b\",\"text\":\"not did(login\"}\n" /* which the daemon will refuse */
               "PUT /api/v1/segments {\"name\":\"a\",\"text\":\"did(login) and (segment('b') or segment('vip'))\"}\n");
    struct definitions nobody = {.arena = t->arena};
    read_text(t, &nobody, "{\"tags\":[{\"name\":\"a\",\"text\":\"tag('nobody')\"}]}");
    CHECK_FAILS(t, plan_make(&nobody, &standing, false, t->arena, &p, &e), INVALID);
}

static const struct test tests[] = {
    {"a fault is said with its place", a_fault_is_said_with_its_place, 1},
    {"what two places have is refused", what_two_places_have_is_refused, 1},
    {"what is not said stays", what_is_not_said_stays, 1},
    {"a secret comes from a variable", a_secret_comes_from_a_variable, 1},
    {"attributes are compared one by one", attributes_are_compared_one_by_one, 1},
    {"what is named goes first", what_is_named_goes_first, 1},
    {"settings are checked and go back", settings_are_checked_and_go_back, 1},
    {"shares have keys of null", shares_have_keys_of_null, 1},
    {"what is exported is equal", what_is_exported_is_equal, 1},
    {"an expression is what it says", an_expression_is_what_it_says, 1},
};
TEST_MAIN(tests)
