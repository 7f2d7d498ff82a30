/* Relations by HTTP: said, shown with the ladder, listed by thing, handed over. Covers: relation_acts.c, relation_print.c */
#include "edge/door_test.h"

#define XIAOMING "/api/v1/people/phone:13812345678"
#define CUSTOMERS "/api/v1/things/staff/G17/people"
#define ASKS_MAX 1000

static void open_people(struct place *p, struct t *t)
{
    static const char events[] = "{\"id\":\"m1\",\"event\":\"friend_added\",\"time\":\"2026-01-02T00:00:00Z\",\"ids\":["
                                 "{\"type\":\"phone\",\"value\":\"13812345678\"}],\"brand\":\"a\","
                                 "\"staff\":\"G17\"}\n"
                                 "{\"id\":\"m2\",\"event\":\"order_paid\",\"time\":\"2026-01-03T00:00:00Z\",\"ids\":[{"
                                 "\"type\":\"phone\",\"value\":\"13812345678\"}],\"brand\":\"a\"}\n"
                                 "{\"id\":\"m3\",\"event\":\"page_viewed\",\"ids\":[{\"type\":\"phone\",\"value\":"
                                 "\"13900000002\"}],\"brand\":\"b\"}\n";
    place_open_main(p, t);
    CHECK_STATUS(t, post(p, "/api/v1/events", events), 200);
}

/* The list follows right after the answer: asked until it is there. */
static struct reply people_of(struct place *p, const char *path, size_t wanted)
{
    struct reply r = get(p, path);
    for (int i = 0; i < ASKS_MAX && count_at(p, r, "people") != wanted; i++)
        r = get(p, path);
    return r;
}

static void relations_are_said_and_shown(struct t *t)
{
    struct place p;
    open_people(&p, t);
    struct reply r = post(
        &p, XIAOMING "/relations",
        "{\"type\":\"owned_by\",\"to\":\"staff/"
        "G17\",\"brand\":\"a\",\"time\":\"2026-01-04T00:00:00Z\",\"attributes\":{\"store\":\"外滩店\"}}");
    CHECK_STATUS(t, r, 200);
    r = get(&p, XIAOMING "/relations");
    CHECK_STATUS(t, r, 200);
    CHECK_EQ(t, count_at(&p, r, "relations"), 2);
    CHECK_TEXT(t, at(&p, r, "relations.0.type"), "friend");
    CHECK_TEXT(t, at(&p, r, "relations.0.zh"), "员工好友");
    CHECK_TEXT(t, at(&p, r, "relations.0.to.id"), "G17");
    CHECK_TEXT(t, at(&p, r, "relations.0.periods.0.begin"), "2026-01-02T00:00:00.000Z");
    CHECK_TEXT(t, at(&p, r, "relations.0.periods.0.end"), "null");
    CHECK_TEXT(t, at(&p, r, "relations.1.attributes.0.value"), "外滩店");
    CHECK_TEXT(t, at(&p, r, "ladder.0.brand"), "a");
    CHECK_TEXT(t, at(&p, r, "ladder.0.rung"), "buyer");
    CHECK_TEXT(t, at(&p, r, "ladder.0.why.orders"), "1");
    CHECK_STATUS(
        t,
        post(&p, XIAOMING "/relations",
             "{\"act\":\"end\",\"type\":\"friend\",\"to\":\"staff/G17\",\"brand\":\"a\",\"reason\":\"拉黑😡\"}"),
        200);
    CHECK_TEXT(t, at(&p, get(&p, XIAOMING "/relations"), "relations.0.periods.0.reason"), "拉黑😡");
    CHECK(t, has(get(&p, "/api/v1/reads?limit=1"), "/api/v1/people/{person}/relations"));
    CHECK_STATUS(t, get(&p, "/api/v1/people/phone:13800000001/relations"), 404);
    place_close(&p);
}

static void what_is_wrong_is_said(struct t *t)
{
    struct place p;
    open_people(&p, t);
    CHECK(t, has(post(&p, XIAOMING "/relations", "{\"type\":\"owned\",\"to\":\"staff/G17\"}"),
                 "the nearest is 'owned_by'"));
    CHECK_STATUS(t, post(&p, XIAOMING "/relations", "{\"type\":\"owned_by\",\"to\":\"group/Q\"}"), 400);
    CHECK(t, has(ask(&p, (struct ask){.path = XIAOMING "/relations",
                                      .token = ADMIN,
                                      .json = "{\"type\":\"owned_by\",\"to\":\"group/Q\"}",
                                      .headers = {"Accept-Language: zh"}}),
                 "关系 'owned_by' 应指向:staff"));
    CHECK_STATUS(t, post(&p, XIAOMING "/relations", "{\"type\":\"owned_by\",\"to\":\"staff/G17\",\"act\":\"stop\"}"),
                 400);
    CHECK_TEXT(t,
               at(&p, post(&p, XIAOMING "/relations", "{\"type\":\"owned_by\",\"to\":\"staff/G17\",\"brand\":\"zz\"}"),
                  "type"),
               "/problems/unknown_brand");
    CHECK_STATUS(t, get(&p, "/api/v1/things/staff/G17/people?type=in_group"), 400);
    struct reply r = post(&p, "/api/v1/relations",
                          "{\"person\":\"phone:13812345678\",\"type\":\"household\",\"to\":\"household/"
                          "林家\",\"attributes\":{\"role\":\"parent\"}}\n"
                          "{\"person\":\"phone:13900000002\",\"type\":\"household\",\"to\":\"household/"
                          "林家\",\"attributes\":{\"role\":\"cousin\"}}\n");
    CHECK_STATUS(t, r, 200);
    CHECK_TEXT(t, at(&p, r, "accepted"), "1");
    CHECK_TEXT(t, at(&p, r, "faults.0.line"), "2");
    r = people_of(&p, "/api/v1/things/household/林家/people", 1);
    CHECK_EQ(t, count_at(&p, r, "people"), 1);
    place_close(&p);
}

static void referrals_show_the_other(struct t *t)
{
    struct place p;
    open_people(&p, t);
    CHECK_STATUS(t, post(&p, XIAOMING "/relations", "{\"type\":\"referred\",\"to\":\"phone:13900000002\"}"), 200);
    struct reply r = get(&p, XIAOMING "/relations");
    CHECK_TEXT(t, at(&p, r, "relations.1.type"), "referred");
    CHECK_TEXT(t, at(&p, r, "relations.1.to.person"), at(&p, get(&p, "/api/v1/people/phone:13900000002"), "id"));
    place_close(&p);
}

static void a_guides_customers_are_listed_and_handed_over(struct t *t)
{
    struct place p;
    open_people(&p, t);
    CHECK_STATUS(t,
                 post(&p, "/api/v1/relations",
                      "[{\"person\":\"phone:13812345678\",\"type\":\"owned_by\",\"to\":\"staff/G17\"},"
                      "{\"person\":\"phone:13900000002\",\"type\":\"owned_by\",\"to\":\"staff/G17\"}]"),
                 200);
    struct reply r = people_of(&p, CUSTOMERS, 2);
    CHECK_EQ(t, count_at(&p, r, "people"), 2);
    CHECK_TEXT(t, at(&p, r, "zh"), "专属客户");
    CHECK_TEXT(t, at(&p, r, "people.0.identifier.value"), "+8613812345678");
    r = get(&p, CUSTOMERS "?limit=1");
    CHECK_EQ(t, count_at(&p, r, "people"), 1);
    CHECK_TEXT(t, at(&p, r, "next"), "1");
    r = post(&p, "/api/v1/relations/hand-over", "{\"from\":\"staff/G17\",\"to\":[\"staff/G18\"],\"preview\":true}");
    CHECK_TEXT(t, at(&p, r, "relations"), "2");
    CHECK_TEXT(t,
               at(&p,
                  post(&p, "/api/v1/relations/hand-over",
                       "{\"from\":\"staff/G17\",\"to\":[\"staff/G18\"],\"brand\":\"a\",\"preview\":true}"),
                  "relations"),
               "0");
    CHECK_STATUS(
        t,
        post(&p, "/api/v1/relations/hand-over", "{\"from\":\"staff/G17\",\"to\":[\"staff/G18\"],\"reason\":\"离职\"}"),
        200);
    r = people_of(&p, "/api/v1/things/staff/G18/people", 2);
    CHECK_EQ(t, count_at(&p, r, "people"), 2);
    CHECK_EQ(t, count_at(&p, people_of(&p, CUSTOMERS, 0), "people"), 0);
    r = get(&p, "/api/v1/relations/hand-overs");
    CHECK_TEXT(t, at(&p, r, "hand_overs.0.moved"), "2");
    CHECK_TEXT(t, at(&p, r, "hand_overs.0.reason"), "离职");
    CHECK_STATUS(t, post(&p, "/api/v1/relations/hand-over", "{\"from\":\"staff/G17\",\"to\":[\"staff/G17\"]}"), 400);
    CHECK_TEXT(
        t, at(&p, post(&p, "/api/v1/relations/hand-over", "{\"from\":\"staff/G99\",\"to\":[\"staff/G17\"]}"), "type"),
        "/problems/nobody_to_hand_over");
    place_close(&p);
}

/* A token of brand a sees what is a's and the group's, and writes what is a's alone; a masked one sees no words of people. */
static void tokens_see_their_brands(struct t *t)
{
    static const struct token of_a = {.name = "desk-a",
                                      .roles = 1u << ROLE_READ | 1u << ROLE_WRITE,
                                      .brand_count = 1,
                                      .brands = {"a"},
                                      .masked = true};
    struct place p;
    open_people(&p, t);
    place_token(&p, "main", &of_a, "kith_a");
    CHECK_STATUS(t,
                 post(&p, "/api/v1/relations",
                      "[{\"person\":\"phone:13812345678\",\"type\":\"owned_by\",\"to\":\"staff/G17\",\"brand\":\"b\"},"
                      "{\"person\":\"phone:13812345678\",\"type\":\"in_group\",\"to\":\"group/"
                      "Q\",\"attributes\":{\"remark\":\"王先生的太太\"}},"
                      "{\"person\":\"phone:13812345678\",\"type\":\"friend\",\"to\":\"staff/"
                      "G17\",\"brand\":\"a\",\"act\":\"end\",\"reason\":\"电话13812345678\"}]"),
                 200);
    struct reply all = people_of(&p, CUSTOMERS, 1);
    CHECK_EQ(t, count_at(&p, all, "people"), 1);
    struct reply r = ask(&p, (struct ask){.path = XIAOMING "/relations", .token = "kith_a"});
    CHECK_EQ(t, count_at(&p, r, "relations"), 2);
    CHECK(t, !has(r, "owned_by") && has(r, "in_group") && !has(r, "电话") && !has(r, "\"brand\":\"b\""));
    r = ask(&p, (struct ask){.path = XIAOMING, .token = "kith_a"});
    CHECK_EQ(t, count_at(&p, r, "relations"), 2);
    CHECK_EQ(t, count_at(&p, ask(&p, (struct ask){.path = CUSTOMERS, .token = "kith_a"}), "people"), 0);
    CHECK_STATUS(t,
                 ask(&p, (struct ask){.path = XIAOMING "/relations",
                                      .token = "kith_a",
                                      .json = "{\"type\":\"lead\",\"brand\":\"a\"}"}),
                 200);
    CHECK_STATUS(t,
                 ask(&p, (struct ask){.path = XIAOMING "/relations",
                                      .token = "kith_a",
                                      .json = "{\"type\":\"lead\",\"brand\":\"b\"}"}),
                 403);
    CHECK_STATUS(
        t, ask(&p, (struct ask){.path = XIAOMING "/relations", .token = "kith_a", .json = "{\"type\":\"lead\"}"}), 403);
    CHECK_STATUS(t,
                 ask(&p, (struct ask){.path = "/api/v1/people/phone:13900000002/relations",
                                      .token = "kith_a",
                                      .json = "{\"type\":\"lead\",\"brand\":\"a\"}"}),
                 404);
    CHECK_STATUS(t,
                 ask(&p, (struct ask){.path = "/api/v1/relations/hand-over",
                                      .token = "kith_a",
                                      .json = "{\"from\":\"staff/G17\",\"to\":[\"staff/G18\"]}"}),
                 403);
    place_close(&p);
}

static const struct test tests[] = {
    {"relations are said and shown, with the ladder", relations_are_said_and_shown, 1},
    {"what is wrong is said", what_is_wrong_is_said, 1},
    {"referrals show the other person", referrals_show_the_other, 1},
    {"tokens see their brands, and write their own", tokens_see_their_brands, 1},
    {"a guide's customers are listed, and handed over", a_guides_customers_are_listed_and_handed_over, 1},
};
TEST_MAIN(tests)
