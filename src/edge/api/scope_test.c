/* Sharing between legal entities and reach, by HTTP: each reader of what belongs to a brand passes through the one gate. Covers:
 * scope.c */
#include "edge/door_test.h"

#include "domain/identity/identity.h"
#include "edge/route.h"

/* Cleo is known to both brands, Bea to b alone; "只给乙" marks what was told to b. */
static const char story[] = "{\"id\":\"1\",\"event\":\"login\",\"brand\":\"a\",\"ids\":[{\"type\":\"user_id\","
                            "\"value\":\"cleo\"}],\"consents\":[{\"purpose\":\"marketing\",\"given\":true}]}\n"
                            "{\"id\":\"2\",\"event\":\"login\",\"brand\":\"b\",\"ids\":[{\"type\":\"user_id\","
                            "\"value\":\"cleo\"},{\"type\":\"email\",\"value\":\"cleo@b.example\"}],"
                            "\"traits\":{\"nickname\":\"只给乙的昵称🌸\"},\"consents\":[{\"purpose\":\"marketing\","
                            "\"given\":true,\"entity\":\"乙公司\",\"policy\":\"只给乙的條款\","
                            "\"evidence\":\"只给乙的凭据\"}],\"properties\":{\"note\":\"只给乙的备注\"}}\n"
                            "{\"id\":\"3\",\"event\":\"friend_added\",\"brand\":\"b\",\"staff\":\"只给乙的导购\","
                            "\"ids\":[{\"type\":\"user_id\",\"value\":\"cleo\"}]}\n"
                            "{\"id\":\"4\",\"event\":\"login\",\"brand\":\"b\",\"ids\":[{\"type\":\"user_id\","
                            "\"value\":\"bea\"}],\"traits\":{\"name\":\"只给乙的Bea\"}}";
static const char order[] = "{\"shop\":\"shop-b\",\"number\":\"B-1\",\"modified\":\"2026-01-11T00:05:00+08:00\","
                            "\"complete\":true,\"brand\":\"b\","
                            "\"states\":{\"created\":\"2026-01-11T00:00:00+08:00\"},\"buyer\":[{\"type\":\"user_id\","
                            "\"value\":\"cleo\"}],\"remark\":\"只给乙的订单\"}";

static void entity_set(struct place *p, const char *brand, const char *entity)
{
    CHECK_STATUS(
        p->t,
        post(p, "/api/v1/names",
             arena_printf(p->t->arena, "{\"kind\":\"brand\",\"name\":\"%s\",\"attributes\":{\"entity\":\"%s\"}}", brand,
                          entity)),
        200);
}

/* A phone of b's that went from hand to hand until it was set aside. */
static void review_make(struct place *p)
{
    struct buf lines;
    buf_init(&lines, 1 << 20);
    for (int i = 0; i < 30; i++)
        buf_printf(&lines,
                   "{\"id\":\"r%d\",\"event\":\"login\",\"brand\":\"b\",\"time\":\"2026-01-01T00:%02d:00Z\",\"ids\":[{"
                   "\"type\":\"user_id\",\"value\":\"u%d\"},"
                   "{\"type\":\"phone\",\"value\":\"13912345671\"}]}\n",
                   i, i, i);
    CHECK_STATUS(p->t, ask(p, (struct ask){.path = "/api/v1/events", .token = ADMIN, .body = buf_bytes(&lines)}), 200);
    buf_fini(&lines);
}

/* Before anybody came, so that there is no past to be read. */
static void audience_save(struct place *p, const char *list, const char *name)
{
    struct reply r = ask(p, (struct ask){.method = "PUT",
                                         .path = arena_printf(p->t->arena, "/api/v1/%s", list),
                                         .token = ADMIN,
                                         .json = arena_printf(p->t->arena,
                                                              "{\"name\":\"%s\",\"label_zh\":\"只给乙的定义\",\"brand\":\"b\","
                                                              "\"text\":\"did(login)\"}",
                                                              name)});
    CHECK_STATUS(p->t, r, 200);
}

static void open_two_entities(struct place *p, struct t *t)
{
    static const struct token of_a = {
        .name = "desk-a", .roles = 1u << ROLE_READ | 1u << ROLE_WRITE, .brand_count = 1, .brands = {"a"}};
    place_open_main(p, t);
    place_token(p, "main", &of_a, "kith_a");
    CHECK_STATUS(t, ask(p, (struct ask){.method = "PUT", .path = "/api/v1/consumers/copy", .token = ADMIN, .json = "{\"from\":\"now\"}"}), 200);
    entity_set(p, "a", "甲公司");
    entity_set(p, "b", "乙公司");
    audience_save(p, "segments", "logged_in");
    audience_save(p, "tags", "active");
    CHECK_STATUS(t,
                 ask(p, (struct ask){.method = "PUT",
                                     .path = "/api/v1/tags",
                                     .token = ADMIN,
                                     .json = "{\"name\":\"judged\",\"brand\":\"b\",\"list\":{}}"}),
                 200);
    CHECK_TEXT(t, at(p, post(p, "/api/v1/events", story), "accepted"), "4");
    CHECK_STATUS(t, post(p, "/api/v1/orders", order), 200);
    CHECK_STATUS(t,
                 post(p, "/api/v1/things",
                      "{\"kind\":\"store\",\"id\":\"SB\",\"attributes\":{\"name\":\"只给乙的门店\",\"brand\":\"b\"}}"),
                 200);
    CHECK_STATUS(t, post(p, "/api/v1/things", "{\"kind\":\"staff\",\"id\":\"只给乙的导购\",\"attributes\":{\"brand\":\"b\"}}"), 200);
    CHECK_STATUS(t,
                 post(p, "/api/v1/orders/shop-b/B-1/correct",
                      "{\"field\":\"seller\",\"value\":\"G5\",\"reason\":\"只给乙的更正\"}"),
                 200);
    CHECK_STATUS(t,
                 post(p, "/api/v1/people/user_id:cleo/listings", "{\"tag\":\"judged\",\"reason\":\"只给乙的登记\"}"), 200);
    CHECK_STATUS(t,
                 post(p, "/api/v1/identity/never-merge",
                      "{\"ids\":[\"user_id:bea\",\"email:cleo@b.example\"],\"reason\":\"只给乙的原因\"}"),
                 200);
}

static struct reply of_a(struct place *p, const char *path, const char *json)
{
    return ask(p, (struct ask){.path = path, .token = "kith_a", .json = json});
}

static void share(struct place *p, const char *from, const char *to)
{
    CHECK_STATUS(p->t,
                 post(p, "/api/v1/shares",
                      arena_printf(p->t->arena,
                                   "{\"from\":\"%s\",\"to\":\"%s\",\"policy\":\"2026-01\",\"evidence\":\"合同 "
                                   "4711\",\"reason\":\"联合客服\"}",
                                   from, to)),
                 200);
}

static void unshare(struct place *p, const char *from, const char *to)
{
    CHECK_STATUS(p->t,
                 post(p, "/api/v1/shares/end", arena_printf(p->t->arena, "{\"from\":\"%s\",\"to\":\"%s\"}", from, to)),
                 200);
}

/* --- every reader --- */

static const struct reader {
    const char *route, *path, *marker; /* the marker is told while there is a live edge, and never else */
} readers[] = {
    {"/api/v1/people", "/api/v1/people?type=user_id&value=cleo", "只给乙的昵称"},
    {"/api/v1/people/{person}", "/api/v1/people/user_id:cleo", "只给乙的昵称"},
    {"/api/v1/people/{person}", "/api/v1/people/user_id:cleo", "只给乙的條款"},
    {"/api/v1/people/{person}", "/api/v1/people/user_id:cleo", "只给乙的凭据"},
    {"/api/v1/people/{person}", "/api/v1/people/user_id:cleo", "cleo@b.example"},
    {"/api/v1/people/{person}", "/api/v1/people/user_id:cleo", "friend_added"},
    {"/api/v1/people/{person}", "/api/v1/people/user_id:cleo?timeline=20", "只给乙的备注"},
    {"/api/v1/people/{person}", "/api/v1/people/user_id:bea", "只给乙的Bea"},
    {"/api/v1/people/{person}/timeline", "/api/v1/people/user_id:cleo/timeline", "只给乙的备注"},
    {"/api/v1/people/{person}/orders", "/api/v1/people/user_id:cleo/orders", "\"number\":\"B-1\""},
    {"/api/v1/people/{person}/relations", "/api/v1/people/user_id:cleo/relations", "只给乙的导购"},
    {"/api/v1/people/{person}/reach", "/api/v1/people/user_id:cleo/reach?brand=b", "cleo@b.example"},
    {"/api/v1/find", "/api/v1/find?q=bea", "只给乙的Bea"},
    {"/api/v1/identity/reviews", "/api/v1/identity/reviews", "+8613912345671"},
    {"/api/v1/identity/acts", "/api/v1/identity/acts", "只给乙的原因"},
    {"/api/v1/orders/{shop}/{number}", "/api/v1/orders/shop-b/B-1", "只给乙的订单"},
    {"/api/v1/orders/acts", "/api/v1/orders/acts", "只给乙的更正"},
    {"/api/v1/things", "/api/v1/things?q=%E5%8F%AA%E7%BB%99", "只给乙的门店"},
    {"/api/v1/things/{kind}", "/api/v1/things/store", "只给乙的门店"},
    {"/api/v1/things/{kind}/{id*}", "/api/v1/things/store/SB", "只给乙的门店"},
    {"/api/v1/things/{kind}/{id}/people",
     "/api/v1/things/staff/%E5%8F%AA%E7%BB%99%E4%B9%99%E7%9A%84%E5%AF%BC%E8%B4%AD/people?type=friend",
     "\"brand\":\"b\""},
    {"/api/v1/changes", "/api/v1/changes?after=start&limit=2000", "只给乙的备注"},
    {"/api/v1/changes", "/api/v1/changes?after=start&limit=2000&state=1", "只给乙的昵称"},
    {"/api/v1/changes", "/api/v1/changes?after=start&limit=2000&state=1", "只给乙的Bea"},
    {"/api/v1/changes", "/api/v1/changes?after=start&limit=2000&state=1", "只给乙的门店"},
    {"/api/v1/changes", "/api/v1/changes?after=start&limit=2000", "\"B-1\""},
    {"/api/v1/export/events", "/api/v1/export/events", "只给乙的备注"},
    {"/api/v1/export/people", "/api/v1/export/people", "只给乙的昵称"},
    {"/api/v1/export/people", "/api/v1/export/people", "只给乙的條款"},
    {"/api/v1/export/people", "/api/v1/export/people", "cleo@b.example"},
    {"/api/v1/export/people", "/api/v1/export/people", "只给乙的Bea"},
    {"/api/v1/export/things", "/api/v1/export/things?kind=store", "只给乙的门店"},
    {"/api/v1/export/orders", "/api/v1/export/orders", "\"B-1\""},
    {"/api/v1/export/relations", "/api/v1/export/relations", "只给乙的导购"},
    {"/api/v1/names", "/api/v1/names?kind=brand", "\"name\":\"b\""},
    {"/api/v1/names", "/api/v1/names?kind=staff", "只给乙的导购"},
    {"/api/v1/people/{person}/listings", "/api/v1/people/user_id:cleo/listings", "只给乙的登记"},
    {"/api/v1/export/listings", "/api/v1/export/listings", "只给乙的登记"},
    {"/api/v1/export/segment_members", "/api/v1/export/segment_members", "\"segment\":\"logged_in\""},
    {"/api/v1/export/tag_values", "/api/v1/export/tag_values", "\"tag\":\"active\""},
    {"/api/v1/segments", "/api/v1/segments", "只给乙的定义"},
    {"/api/v1/segments/{name}", "/api/v1/segments/logged_in", "只给乙的定义"},
    {"/api/v1/segments/{name}/people", "/api/v1/segments/logged_in/people", "只给乙的Bea"},
    {"/api/v1/segments/{name}/reach", "/api/v1/segments/logged_in/reach?brand=b", "只给乙的Bea"},
    {"/api/v1/segments/{name}/portrait", "/api/v1/segments/logged_in/portrait", "\"question\":\"portrait\""},
    {"/api/v1/tags", "/api/v1/tags", "只给乙的定义"},
    {"/api/v1/tags/{name}", "/api/v1/tags/active", "只给乙的定义"},
    {"/api/v1/tags/{name}/people", "/api/v1/tags/active/people", "只给乙的Bea"},
    {"/api/v1/tags/{name}/reach", "/api/v1/tags/active/reach?brand=b", "只给乙的Bea"},
    {"/api/v1/tags/{name}/portrait", "/api/v1/tags/active/portrait", "\"question\":\"portrait\""},
    {"/api/v1/people/{person}/segments", "/api/v1/people/user_id:cleo/segments", "只给乙的定义"},
    {"/api/v1/segments/{name}/explain/{person}", "/api/v1/segments/logged_in/explain/user_id:cleo", "只给乙的定义"},
    {"/api/v1/segments/{name}/then", "/api/v1/segments/logged_in/then?instant=2030-01-01", "只给乙的Bea"},
    {"/api/v1/tags/{name}/then", "/api/v1/tags/active/then?instant=2030-01-01", "只给乙的Bea"},
    {"/api/v1/tags/{name}/explain/{person}", "/api/v1/tags/active/explain/user_id:cleo", "只给乙的定义"},
    {"/api/v1/changes", "/api/v1/changes?after=start&limit=2000", "\"segment\":\"logged_in\""},
    {"/api/v1/stats", "/api/v1/stats", "\"brand\":\"b\""},
    {"/api/v1/reach", "/api/v1/reach?brand=b", "\"reachable\""},
};

/* They tell nothing of a brand, or have a test of their own. */
static const char *const without_brand[] = {
    "/api/v1/identity/types", "/api/v1/kinds", "/api/v1/relations/types", "/api/v1/events/stream", /* below */
    "/api/v1/analytics", "/api/v1/analytics/studies/{study}", "/api/v1/properties", /* api/analytics_test.c */
    "/api/v1/relations/hand-overs", /* of the token's own brands alone, whatever is shared: api/relations_test.c */
};

static bool is_covered(const struct route *route)
{
    for (size_t i = 0; i < COUNT_OF(readers); i++)
        if (strcmp(readers[i].route, route->path) == 0)
            return true;
    for (size_t i = 0; i < COUNT_OF(without_brand); i++)
        if (strcmp(without_brand[i], route->path) == 0)
            return true;
    return false;
}

static void no_reader_is_left_out(struct t *t)
{
    size_t count;
    const struct route *all = routes(&count);
    for (size_t i = 0; i < count; i++)
        if (all[i].method == HTTP_GET && (all[i].who == WHO_TOKEN || all[i].who == WHO_GUIDE) && all[i].role == ROLE_READ && !is_covered(&all[i]))
            test_fail(t, __FILE__, __LINE__, "%s: nobody has shown that it passes through the gate", all[i].path);
}

static void readers_tell(struct place *p, bool told)
{
    for (size_t i = 0; i < COUNT_OF(readers); i++)
        if (has(of_a(p, readers[i].path, NULL), readers[i].marker) != told)
            test_fail(p->t, __FILE__, __LINE__, "%s %s '%s'", readers[i].path, told ? "doesn't tell" : "tells",
                      readers[i].marker);
    const char *bea = at(p, get(p, "/api/v1/people/user_id:bea"), "id");
    CHECK_EQ(p->t, has(of_a(p, "/api/v1/identity/lookup", "{\"ids\":[\"user_id:bea\"]}"), bea), told);
}

static void each_reader_opens_and_closes_with_the_edge(struct t *t)
{
    struct place p;
    open_two_entities(&p, t);
    review_make(&p);
    readers_tell(&p, false);
    share(&p, "甲公司", "乙公司"); /* the other way round */
    readers_tell(&p, false);
    share(&p, "乙公司", "甲公司");
    readers_tell(&p, true);
    unshare(&p, "乙公司", "甲公司");
    readers_tell(&p, false);
    share(&p, "乙公司", "甲公司");
    entity_set(&p, "b", "丙公司"); /* the brand goes, and what it has with it */
    readers_tell(&p, false);
    place_close(&p);
}

static void a_share_lets_see_and_not_change(struct t *t)
{
    struct place p;
    open_two_entities(&p, t);
    share(&p, "乙公司", "甲公司");
    CHECK_STATUS(t,
                 ask(&p, (struct ask){.method = "PUT",
                                      .path = "/api/v1/things/store/SB",
                                      .token = "kith_a",
                                      .json = "{\"attributes\":{\"city\":\"上海\"}}"}),
                 403);
    CHECK_STATUS(t, of_a(&p, "/api/v1/orders/shop-b/B-1", NULL), 200);
    CHECK_STATUS(t, of_a(&p, "/api/v1/orders/shop-b/B-1/void", "{}"), 403);
    place_close(&p);
}

/* --- the verbs --- */

static void shares_are_told_and_who_made_them(struct t *t)
{
    struct place p;
    open_two_entities(&p, t);
    CHECK_STATUS(t, of_a(&p, "/api/v1/shares", NULL), 403);
    CHECK_STATUS(t, of_a(&p, "/api/v1/shares", "{\"from\":\"乙公司\",\"to\":\"甲公司\"}"), 403);
    CHECK_STATUS(t, post(&p, "/api/v1/shares", "{\"from\":\"乙公司\"}"), 400);
    CHECK_STATUS(t, post(&p, "/api/v1/shares", "{\"from\":\"乙公司\",\"to\":\"谁\"}"), 409);
    CHECK_STATUS(t, post(&p, "/api/v1/shares/end", "{\"from\":\"乙公司\",\"to\":\"甲公司\",\"policy\":\"x\"}"), 400);
    share(&p, "乙公司", "甲公司");
    share(&p, "甲公司", "乙公司");
    CHECK_STATUS(
        t,
        post(&p, "/api/v1/shares",
             "{\"from\":null,\"to\":\"甲公司\",\"purposes\":[\"service\",\"health\"],\"until\":\"2999-01-01\"}"),
        200);
    struct reply r = get(&p, "/api/v1/shares?limit=2");
    CHECK_EQ(t, count_at(&p, r, "shares"), 2);
    CHECK_TEXT(t, at(&p, r, "shares.0.from"), "null");
    CHECK_TEXT(t, at(&p, r, "shares.0.purposes.1"), "health");
    CHECK_TEXT(t, at(&p, r, "shares.0.live"), "true");
    CHECK_TEXT(t, at(&p, r, "shares.1.purposes"), "null");
    r = get(&p, arena_printf(t->arena, "/api/v1/shares?limit=2&after=%s", at(&p, r, "next")));
    CHECK_EQ(t, count_at(&p, r, "shares"), 1);
    CHECK_TEXT(t, at(&p, r, "next"), "null");
    unshare(&p, "乙公司", "甲公司");
    r = get(&p, "/api/v1/shares/acts");
    CHECK_EQ(t, count_at(&p, r, "acts"), 4);
    CHECK_TEXT(t, at(&p, r, "acts.0.act"), "unshare");
    CHECK_TEXT(t, at(&p, r, "acts.3.evidence"), "合同 4711");
    CHECK_TEXT(t, at(&p, r, "acts.3.by"), "admin");
    place_close(&p);
}

static void reach_is_told_with_its_reasons(struct t *t)
{
    struct place p;
    open_two_entities(&p, t);
    struct reply r = get(&p, "/api/v1/reach?brand=b&channel=email");
    CHECK_EQ(t, count_at(&p, r, "channels"), 1);
    CHECK_TEXT(t, at(&p, r, "channels.0.people"), "2");
    CHECK_TEXT(t, at(&p, r, "channels.0.reachable"), "1");
    CHECK_TEXT(t, at(&p, r, "channels.0.excluded.no_address"), "1");
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/reach"), "pending"), "false");
    CHECK_STATUS(t, get(&p, "/api/v1/reach?brand=nobody"), 404);
    CHECK_STATUS(t, get(&p, "/api/v1/reach?channel=pigeon"), 400);
    CHECK_STATUS(t, of_a(&p, "/api/v1/reach", NULL), 404); /* figures of the group are not its */
    CHECK_STATUS(t, of_a(&p, "/api/v1/reach?brand=b", NULL), 404);
    CHECK_TEXT(t, at(&p, of_a(&p, "/api/v1/reach?brand=a&channel=email", NULL), "channels.0.excluded.no_address"), "1");
    r = get(&p, "/api/v1/people/user_id:cleo/reach?brand=b&channel=email");
    CHECK_TEXT(t, at(&p, r, "channels.0.reachable"), "true");
    CHECK_TEXT(t, at(&p, r, "channels.0.consent.entity"), "乙公司");
    CHECK_TEXT(t, at(&p, r, "channels.0.consent.evidence"), "只给乙的凭据");
    CHECK_STATUS(t, post(&p, "/api/v1/suppress", "{\"id\":\"email:cleo@b.example\",\"reason\":\"来信要求\"}"), 200);
    r = get(&p, "/api/v1/people/user_id:cleo/reach?brand=b&channel=email");
    CHECK_TEXT(t, at(&p, r, "channels.0.reason"), "suppressed");
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/reach?brand=b&channel=email"), "channels.0.excluded.suppressed"), "1");
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/stops?id=email:Cleo@b.example"), "suppressed"), "true");
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/stops?id=email:nobody@b.example"), "suppressed"), "false");
    CHECK_STATUS(t, get(&p, "/api/v1/stops"), 400);
    CHECK_STATUS(t, of_a(&p, "/api/v1/stops?id=email:cleo@b.example", NULL), 403);
    CHECK_STATUS(t, post(&p, "/api/v1/suppress", "{\"id\":\"email:cleo@b.example\",\"suppressed\":false}"), 200);
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/stops?id=email:cleo@b.example"), "suppressed"), "false");
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/reach?brand=b&channel=email"), "channels.0.reachable"), "1");
    CHECK_STATUS(t, post(&p, "/api/v1/suppress", "{\"suppressed\":false}"), 400);
    CHECK_STATUS(t, of_a(&p, "/api/v1/suppress", "{\"id\":\"email:cleo@b.example\"}"), 403);
    place_close(&p);
}

static void a_masked_token_sees_neither_address_nor_evidence(struct t *t)
{
    static const char *const paths[] = {"/api/v1/people/user_id:cleo?timeline=20", "/api/v1/people/user_id:cleo/reach?brand=b"};
    struct place p;
    open_two_entities(&p, t);
    place_token(&p, "main", &(struct token){.name = "desk", .roles = 1u << ROLE_READ, .masked = true}, "kith_m");
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        struct reply r = ask(&p, (struct ask){.path = paths[i], .token = "kith_m"});
        CHECK(t, has(r, "乙公司"));
        CHECK(t, !has(r, "cleo@b.example"));
        CHECK(t, !has(r, "只给乙的凭据"));
    }
    place_close(&p);
}

static void problems_are_said_in_chinese(struct t *t)
{
    struct place p;
    open_two_entities(&p, t);
    struct reply r = ask(&p, (struct ask){.path = "/api/v1/reach?channel=pigeon", .token = ADMIN, .headers = {"Accept-Language: zh"}});
    CHECK(t, has(r, "应为 sms"));
    r = ask(&p, (struct ask){.path = "/api/v1/reach?brand=x", .token = ADMIN, .headers = {"Accept-Language: zh"}});
    CHECK(t, has(r, "没有这个品牌"));
    place_close(&p);
}

static void check_said(struct place *p, const char *json, int status)
{
    CHECK_STATUS(p->t,
                 ask(p, (struct ask){.method = "PUT", .path = "/api/v1/segments", .token = "kith_a", .json = json}), status);
}

static void a_definition_of_others_is_neither_taken_nor_named_nor_explained(struct t *t)
{
    struct place *p = ARENA_NEW(t->arena, struct place);
    open_two_entities(p, t);
    check_said(p, "{\"name\":\"logged_in\",\"brand\":\"a\",\"text\":\"not did(login)\"}", 403);
    check_said(p, "{\"name\":\"mine\",\"brand\":\"a\",\"text\":\"segment('logged_in')\"}", 400);
    check_said(p, "{\"name\":\"own\",\"brand\":\"a\",\"text\":\"did(login)\"}", 200);
    check_said(p, "{\"name\":\"mine\",\"brand\":\"a\",\"text\":\"segment('own')\"}", 200);
    CHECK_STATUS(t, of_a(p, "/api/v1/segments/mine/explain/user_id:cleo", NULL), 409); /* its past is being read */
    check_said(p, "{\"name\":\"tagged\",\"brand\":\"a\",\"text\":\"did(login)\"}", 200);
    /* A group changes its tags: they must be the token's own. */
    CHECK_STATUS(t,
                 ask(p, (struct ask){.method = "PUT",
                                     .path = "/api/v1/tags",
                                     .token = "kith_a",
                                     .json = "{\"name\":\"g\",\"brand\":\"a\",\"tags\":[\"active\",\"judged\"]}"}),
                 403);
    /* Who sees all may make of them what is another brand's: who is in it is told, and not what it is made of. */
    CHECK_STATUS(t,
                 ask(p, (struct ask){.method = "PUT",
                                     .path = "/api/v1/segments",
                                     .token = ADMIN,
                                     .json = "{\"name\":\"mine\",\"brand\":\"a\",\"text\":\"segment('logged_in')\"}"}),
                 200);
    CHECK_STATUS(t, of_a(p, "/api/v1/segments/mine", NULL), 200);
    CHECK_STATUS(t, of_a(p, "/api/v1/segments/mine/explain/user_id:cleo", NULL), 403);
    place_close(p);
}

static const struct test tests[] = {
    {"a definition of others is neither taken, named nor explained", a_definition_of_others_is_neither_taken_nor_named_nor_explained, 1},
    {"no reader is left out", no_reader_is_left_out, 1},
    {"each reader opens and closes with the edge", each_reader_opens_and_closes_with_the_edge, 1},
    {"a share lets see and not change", a_share_lets_see_and_not_change, 1},
    {"shares are told, and who made them", shares_are_told_and_who_made_them, 1},
    {"a masked token sees neither address nor evidence", a_masked_token_sees_neither_address_nor_evidence, 1},
    {"problems are said in Chinese", problems_are_said_in_chinese, 1},
    {"reach is told with its reasons", reach_is_told_with_its_reasons, 1},
};
TEST_MAIN(tests)
