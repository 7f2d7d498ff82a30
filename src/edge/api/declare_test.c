/* Types of relations and blocked values, declared and told by HTTP. Covers: blocked.c, relation_types.c */
#include "edge/door_test.h"

static struct reply put(struct place *p, const char *path, const char *json)
{
    return ask(p, (struct ask){.method = "PUT", .path = path, .token = ADMIN, .json = json});
}

static const char *type_at(struct place *p, const char *name, const char *member)
{
    struct reply r = get(p, "/api/v1/relations/types");
    for (size_t i = 0; i < count_at(p, r, "types"); i++)
        if (strcmp(at(p, r, arena_printf(p->t->arena, "types.%zu.name", i)), name) == 0)
            return at(p, r, arena_printf(p->t->arena, "types.%zu.%s", i, member));
    return "";
}

static void types_of_relations_are_declared_and_used(struct t *t)
{
    struct place p;
    place_open_main(&p, t);
    CHECK_TEXT(t, type_at(&p, "owned_by", "label_zh"), "专属导购");
    CHECK_TEXT(t, type_at(&p, "household", "roles"), "[\"head\",\"partner\",\"child\",\"parent\",\"other\"]");
    CHECK_STATUS(t,
                 put(&p, "/api/v1/relations/types",
                     "{\"name\":\"adviser\",\"label_zh\":\"顾问\",\"to\":[\"staff\"],\"single\":true,\"roles\":[\"主\","
                     "\"副\"],\"reasons\":[\"搬家\"]}"),
                 200);
    CHECK_STATUS(
        t, put(&p, "/api/v1/relations/types", "{\"name\":\"adviser\",\"label_zh\":\"护肤顾问\",\"rung\":\"fan\"}"),
        200);
    CHECK_TEXT(t, type_at(&p, "adviser", "label_zh"), "护肤顾问");
    CHECK_TEXT(t, type_at(&p, "adviser", "roles"), "[\"主\",\"副\"]"); /* what wasn't said stays */
    CHECK_TEXT(t, type_at(&p, "adviser", "rung"), "fan");
    CHECK_TEXT(t, type_at(&p, "adviser", "built_in"), "false");
    CHECK_STATUS(t,
                 post(&p, "/api/v1/events",
                      "{\"id\":\"1\",\"event\":\"login\",\"ids\":[{\"type\":\"user_id\",\"value\":\"ann\"}]}"),
                 200);
    static const char *const path = "/api/v1/people/user_id:ann/relations";
    CHECK_STATUS(t, post(&p, path, "{\"type\":\"adviser\",\"to\":\"staff/G1\",\"attributes\":{\"role\":\"主\"}}"), 200);
    CHECK_STATUS(t, post(&p, path, "{\"type\":\"adviser\",\"to\":\"staff/G1\",\"attributes\":{\"role\":\"组长\"}}"),
                 400);
    CHECK_STATUS(t, post(&p, path, "{\"type\":\"adviser\",\"to\":\"store/S1\"}"), 400);
    CHECK_STATUS(t, post(&p, path, "{\"act\":\"end\",\"type\":\"adviser\",\"to\":\"staff/G1\",\"reason\":\"别的\"}"),
                 400);
    struct reply r = get(&p, path);
    CHECK_TEXT(t, at(&p, r, "relations.0.zh"), "护肤顾问");
    CHECK_TEXT(t, at(&p, r, "ladder.0.rung"), "fan");
    CHECK_EQ(t, count_at(&p, get(&p, "/api/v1/things/staff/G1/people?type=adviser"), "people"), 1);
    CHECK_STATUS(t,
                 post(&p, "/api/v1/relations/hand-over",
                      "{\"from\":\"staff/G1\",\"to\":[\"staff/G2\"],\"types\":[\"adviser\"]}"),
                 200);
    place_close(&p);
}

static void what_a_type_may_not_say(struct t *t)
{
    static const char *const bad[] = {
        "{\"name\":\"Big Name\"}",
        "{\"name\":\"\"}",
        "{\"name\":\"x\",\"rung\":\"lost\"}",
        "{\"name\":\"x\",\"roles\":[\"a|b\"]}",
        "{\"name\":\"x\",\"to\":[\"staff\",\"store\",\"shop\",\"group\",\"sku\"]}",
        "{\"name\":\"x\",\"form\":\"y\"}",
    };
    struct place p;
    place_open_main(&p, t);
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        CHECK_STATUS(t, put(&p, "/api/v1/relations/types", bad[i]), 400);
    CHECK_STATUS(t, put(&p, "/api/v1/relations/types", "{\"name\":\"owned_by\",\"to\":[\"store\"]}"), 409);
    CHECK_STATUS(t, put(&p, "/api/v1/relations/types", "{\"name\":\"owned_by\",\"single\":false}"), 409);
    CHECK_STATUS(t, put(&p, "/api/v1/relations/types", "{\"name\":\"x\",\"to\":[\"moon\"]}"), 409);
    place_close(&p);
}

static void blocked_values_are_told_and_count_no_more(struct t *t)
{
    static const char phone[] = "{\"type\":\"phone\",\"ns\":null,\"value\":\"13800138000\",\"reason\":\"占位\"}";
    static const char events[] = "{\"id\":\"1\",\"event\":\"login\",\"ids\":[{\"type\":\"user_id\",\"value\":\"ann\"},{"
                                 "\"type\":\"phone\",\"value\":\"13800138000\"}]}\n"
                                 "{\"id\":\"2\",\"event\":\"login\",\"ids\":[{\"type\":\"user_id\",\"value\":\"bea\"},{"
                                 "\"type\":\"phone\",\"value\":\"13800138000\"}]}";
    struct place p;
    place_open_main(&p, t);
    CHECK_EQ(t, count_at(&p, get(&p, "/api/v1/identity/blocked"), "blocked"), 0);
    CHECK_STATUS(t, put(&p, "/api/v1/identity/blocked", phone), 200);
    CHECK_STATUS(t, put(&p, "/api/v1/identity/blocked", phone), 200); /* it is so already */
    CHECK_STATUS(t, put(&p, "/api/v1/identity/blocked", "{\"type\":\"openid\",\"ns\":\"wx1\",\"value\":\"o000\"}"),
                 200);
    CHECK_STATUS(t, put(&p, "/api/v1/identity/blocked", "{\"type\":\"phone\",\"value\":\"\"}"), 400);
    struct reply r = get(&p, "/api/v1/identity/blocked?limit=1");
    CHECK_EQ(t, count_at(&p, r, "blocked"), 1);
    r = get(&p, arena_printf(t->arena, "/api/v1/identity/blocked?limit=1&after=%s", at(&p, r, "next")));
    CHECK_EQ(t, count_at(&p, r, "blocked"), 1);
    CHECK_TEXT(t, at(&p, r, "next"), "null");
    r = get(&p, "/api/v1/identity/blocked");
    CHECK(t, has(r, "{\"type\":\"phone\",\"ns\":null,\"value\":\"+8613800138000\"}"));
    CHECK(t, has(r, "{\"type\":\"openid\",\"ns\":\"wx1\",\"value\":\"o000\"}"));
    CHECK_STATUS(t, post(&p, "/api/v1/events", events), 200);
    CHECK_STATUS(t, get(&p, "/api/v1/people/phone:13800138000"), 404);
    CHECK_STATUS(t, post(&p, "/api/v1/identity/blocked/end", "{\"type\":\"phone\",\"value\":\"13800138000\"}"), 200);
    CHECK_EQ(t, count_at(&p, get(&p, "/api/v1/identity/blocked"), "blocked"), 1);
    place_close(&p);
}

static const struct test tests[] = {
    {"types of relations are declared and used", types_of_relations_are_declared_and_used, 1},
    {"what a type may not say", what_a_type_may_not_say, 1},
    {"blocked values are told and count no more", blocked_values_are_told_and_count_no_more, 1},
};
TEST_MAIN(tests)
