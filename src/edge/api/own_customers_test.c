/* A token that is limited to a guide's own customers, asked by HTTP: every route either refuses it or passes through the one gate.
 * Covers: scope.c */
#include "edge/door_test.h"

#include "edge/route.h"

/* 安安 is owned by G17, 贝贝 by G18; each name stands in all that is told of one of them. */
static const char story[] =
    "{\"id\":\"1\",\"event\":\"login\",\"brand\":\"a\",\"ids\":[{\"type\":\"user_id\",\"value\":\"ann\"},"
    "{\"type\":\"email\",\"value\":\"ann@example.com\"}],\"traits\":{\"name\":\"安安\"},\"properties\":{\"note\":"
    "\"安安来过\"},"
    "\"consents\":[{\"purpose\":\"marketing\",\"given\":true}]}\n"
    "{\"id\":\"2\",\"event\":\"login\",\"brand\":\"a\",\"ids\":[{\"type\":\"user_id\",\"value\":\"bea\"},"
    "{\"type\":\"email\",\"value\":\"bea@example.com\"}],\"traits\":{\"name\":\"贝贝\"},\"properties\":{\"note\":"
    "\"贝贝来过\"},"
    "\"consents\":[{\"purpose\":\"marketing\",\"given\":true}]}";
#define ORDER_OF(who, name)                                                                                 \
    "{\"shop\":\"s1\",\"number\":\"" who "\",\"modified\":\"2026-01-11T00:05:00+08:00\",\"complete\":true," \
    "\"brand\":\"a\",\"states\":{\"created\":\"2026-01-11T00:00:00+08:00\"},"                               \
    "\"buyer\":[{\"type\":\"user_id\",\"value\":\"" who "\"}],\"remark\":\"" name "的订单\"}\n"
static const char orders[] = ORDER_OF("ann", "安安")
    ORDER_OF("bea", "贝贝") "{\"shop\":\"s1\",\"number\":\"nobody\",\"modified\":\"2026-01-11T00:05:00+08:00\","
                            "\"complete\":true,\"remark\":\"无主的订单\"}";
static const char things[] = "{\"kind\":\"pet\",\"id\":\"H1\",\"attributes\":{\"name\":\"贝贝的猫\"}}\n"
                             "{\"kind\":\"product\",\"id\":\"P1\",\"attributes\":{\"name\":\"面霜\"}}";

static void own(struct place *p, const char *who, const char *guide, const char *act)
{
    CHECK_STATUS(
        p->t,
        post(p, arena_printf(p->t->arena, "/api/v1/people/user_id:%s/relations", who),
             arena_printf(p->t->arena, "{\"act\":\"%s\",\"type\":\"owned_by\",\"to\":\"staff/%s\",\"brand\":\"a\"}",
                          act, guide)),
        200);
}

static void open_counter(struct place *p, struct t *t)
{
    static const struct token of_guide = {
        .name = "guide-17", .roles = 1u << ROLE_READ | 1u << ROLE_WRITE, .guide = "G17"};
    place_open_main(p, t);
    place_token(p, "main", &of_guide, "kith_g17");
    CHECK_STATUS(t,
                 ask(p, (struct ask){.method = "PUT",
                                     .path = "/api/v1/segments",
                                     .token = ADMIN,
                                     .json = "{\"name\":\"has_logged_in\",\"text\":\"did(login)\"}"}),
                 200);
    CHECK_STATUS(t,
                 ask(p, (struct ask){.method = "PUT",
                                     .path = "/api/v1/tags",
                                     .token = ADMIN,
                                     .json = "{\"name\":\"logins\",\"text\":\"count(login)\"}"}),
                 200);
    CHECK_STATUS(t,
                 ask(p, (struct ask){.method = "PUT",
                                     .path = "/api/v1/tags",
                                     .token = ADMIN,
                                     .json = "{\"name\":\"judged\",\"list\":{}}"}),
                 200);
    CHECK_TEXT(t, at(p, post(p, "/api/v1/events", story), "accepted"), "2");
    CHECK_TEXT(t, at(p, post(p, "/api/v1/orders", orders), "accepted"), "3");
    CHECK_TEXT(t, at(p, post(p, "/api/v1/things", things), "accepted"), "2");
    CHECK_STATUS(t, post(p, "/api/v1/people/user_id:ann/listings", "{\"tag\":\"judged\"}"), 200);
    CHECK_STATUS(t, post(p, "/api/v1/people/user_id:bea/listings", "{\"tag\":\"judged\"}"), 200);
    own(p, "ann", "G17", "begin");
    own(p, "bea", "G18", "begin");
}

static struct reply of_guide(struct place *p, const char *path, const char *json)
{
    return ask(p, (struct ask){.path = path, .token = "kith_g17", .json = json});
}

/* What each route tells: of 安安 the marker while G17 owns her, of 贝贝 nothing ever. */
static const struct reader {
    const char *route, *path, *marker;
} readers[] = {
    {"/api/v1/people", "/api/v1/people?type=user_id&value=ann", "安安"},
    {"/api/v1/people/{person}", "/api/v1/people/user_id:ann", "安安"},
    {"/api/v1/people/{person}", "/api/v1/people/user_id:ann", "ann@example.com"},
    {"/api/v1/people/{person}/timeline", "/api/v1/people/user_id:ann/timeline", "安安来过"},
    {"/api/v1/people/{person}/orders", "/api/v1/people/user_id:ann/orders", "\"number\":\"ann\""},
    {"/api/v1/people/{person}/relations", "/api/v1/people/user_id:ann/relations", "\"G17\""},
    {"/api/v1/people/{person}/segments", "/api/v1/people/user_id:ann/segments", "has_logged_in"},
    {"/api/v1/people/{person}/listings", "/api/v1/people/user_id:ann/listings", "judged"},
    {"/api/v1/export/listings", "/api/v1/export/listings", "judged"},
    {"/api/v1/segments/{name}/explain/{person}", "/api/v1/segments/has_logged_in/explain/user_id:ann", "has_logged_in"},
    {"/api/v1/tags/{name}/explain/{person}", "/api/v1/tags/logins/explain/user_id:ann", "logins"},
    {"/api/v1/people/{person}/reach", "/api/v1/people/user_id:ann/reach?brand=a", "ann@example.com"},
    {"/api/v1/find", "/api/v1/find?q=%E5%AE%89%E5%AE%89", "安安"},
    {"/api/v1/find", "/api/v1/find?q=ann@example.com", "安安"},
    {"/api/v1/orders/{shop}/{number}", "/api/v1/orders/s1/ann", "安安的订单"},
    {"/api/v1/things/{kind}/{id}/people", "/api/v1/things/staff/G17/people", "\"ann"},
    {"/api/v1/export/people", "/api/v1/export/people", "安安"},
    {"/api/v1/export/orders", "/api/v1/export/orders", "\"number\":\"ann\""},
    {"/api/v1/export/relations", "/api/v1/export/relations", "G17"},
    {"/api/v1/stats", "/api/v1/stats", "\"own_customers_count\":1"},
};

/* They tell of nobody: what is declared, and things that aren't persons'. */
static const char *const without_persons[] = {"/api/v1/identity/types", "/api/v1/kinds", "/api/v1/relations/types",
                                              "/api/v1/things/{kind}", "/api/v1/things/{kind}/{id*}"};

static bool is_covered(const struct route *route)
{
    for (size_t i = 0; i < COUNT_OF(readers); i++)
        if (strcmp(readers[i].route, route->path) == 0)
            return true;
    for (size_t i = 0; i < COUNT_OF(without_persons); i++)
        if (strcmp(without_persons[i], route->path) == 0)
            return true;
    return false;
}

/* A path that leads to a route: each parameter is a word. */
static const char *path_of(const struct route *route, struct arena *a)
{
    char *path = arena_text(a, bytes_of_text(route->path));
    for (char *at = path; *at != 0; at++)
        *at = strchr("{}*", *at) != NULL ? 'x' : *at;
    return path;
}

static void every_route_refuses_or_is_shown_to_pass_the_gate(struct t *t)
{
    struct place p;
    size_t count;
    const struct route *all = routes(&count);
    open_counter(&p, t);
    for (size_t i = 0; i < count; i++) {
        const struct route *route = &all[i];
        bool is_open = route->who == WHO_ANYBODY ||
                       route->who == WHO_LOCAL; /* no token is asked for: not of a workspace */
        if (route->who == WHO_GUIDE && route->method == HTTP_GET && !is_covered(route))
            test_fail(t, __FILE__, __LINE__, "%s: nobody has shown that it passes through the gate", route->path);
        if (route->who == WHO_GUIDE || is_open)
            continue;
        struct reply r = ask(&p, (struct ask){.method = http_method_names[route->method],
                                              .path = path_of(route, t->arena),
                                              .token = "kith_g17",
                                              .json = route->method == HTTP_GET ? NULL : "{}"});
        if (r.status != 403)
            test_fail(t, __FILE__, __LINE__, "%s answers %ld", route->path, r.status);
    }
    place_close(&p);
}

static const char *path_of_bea(const char *path, struct arena *a)
{
    const char *ann = strstr(path, "ann");
    return ann == NULL ? path : arena_printf(a, "%.*sbea%s", (int)(ann - path), path, ann + 3);
}

static void readers_tell(struct place *p, bool told)
{
    for (size_t i = 0; i < COUNT_OF(readers); i++) {
        struct reply r = of_guide(p, readers[i].path, NULL),
                     other = of_guide(p, path_of_bea(readers[i].path, p->t->arena), NULL);
        if (has(r, readers[i].marker) != told)
            test_fail(p->t, __FILE__, __LINE__, "%s %s '%s'", readers[i].path, told ? "doesn't tell" : "tells",
                      readers[i].marker);
        if (has(r, "贝贝") || has(r, "bea@") || has(other, "贝贝") || has(other, "bea@") || has(r, "无主"))
            test_fail(p->t, __FILE__, __LINE__, "%s tells of another guide's customer", readers[i].path);
    }
}

/* Access begins and ends with the command that begins and ends the ownership. */
static void each_reader_opens_and_closes_with_the_ownership(struct t *t)
{
    struct place p;
    open_counter(&p, t);
    readers_tell(&p, true);
    own(&p, "ann", "G17", "end");
    readers_tell(&p, false);
    own(&p, "ann", "G17", "begin");
    readers_tell(&p, true);
    own(&p, "ann", "G18", "begin"); /* the other guide takes over */
    readers_tell(&p, false);
    CHECK_STATUS(t, of_guide(&p, "/api/v1/people/user_id:ann", NULL), 404);
    CHECK_STATUS(t, get(&p, "/api/v1/people/user_id:ann"), 200);
    place_close(&p);
}

static void things_of_persons_are_none_of_its(struct t *t)
{
    struct place p;
    open_counter(&p, t);
    CHECK_STATUS(t, of_guide(&p, "/api/v1/things/pet/H1", NULL), 404);
    CHECK(t, !has(of_guide(&p, "/api/v1/things/pet", NULL), "贝贝"));
    CHECK(t, has(of_guide(&p, "/api/v1/things/product", NULL), "面霜"));
    CHECK_STATUS(t, of_guide(&p, "/api/v1/things/product/P1", NULL), 200);
    place_close(&p);
}

static void a_guide_writes_of_own_customers_alone_and_is_named(struct t *t)
{
    static const char friend[] = "{\"type\":\"friend\",\"to\":\"staff/G17\",\"brand\":\"a\"}";
    struct place p;
    open_counter(&p, t);
    CHECK_STATUS(t, of_guide(&p, "/api/v1/people/user_id:ann/relations", friend), 200);
    CHECK_STATUS(t, of_guide(&p, "/api/v1/people/user_id:bea/relations", friend), 404);
    CHECK_STATUS(t, of_guide(&p, "/api/v1/people/user_id:nobody/relations", friend), 404);
    struct reply r = of_guide(&p, "/api/v1/people/user_id:ann/relations", NULL);
    CHECK_TEXT(t, at(&p, r, "relations.0.periods.0.begun_by.kind"), "staff");
    CHECK_TEXT(t, at(&p, r, "relations.0.periods.0.begun_by.name"), "G17");
    CHECK_TEXT(t, at(&p, r, "relations.1.periods.0.begun_by.kind"), "token");
    place_close(&p);
}

/* A token of brands and of a guide: an ownership of a brand that it doesn't see is none. */
static void brands_and_the_guide_both_limit(struct t *t)
{
    static const struct token of_b = {
        .name = "guide-b", .roles = 1u << ROLE_READ, .guide = "G17", .brand_count = 1, .brands = {"b"}};
    struct place p;
    open_counter(&p, t);
    place_token(&p, "main", &of_b, "kith_b");
    CHECK_STATUS(t, ask(&p, (struct ask){.path = "/api/v1/people/user_id:ann", .token = "kith_b"}), 404);
    CHECK_TEXT(t, at(&p, ask(&p, (struct ask){.path = "/api/v1/stats", .token = "kith_b"}), "own_customers_count"), "");
    place_close(&p);
}

static void such_tokens_read_and_write_and_do_nothing_else(struct t *t)
{
    struct place p;
    place_open_main(&p, t);
    struct reply r = post(&p, "/api/v1/tokens",
                          "{\"name\":\"g\",\"roles\":[\"read\"],\"own_customers\":\"guide:导购17\"}");
    CHECK_TEXT(t, at(&p, r, "own_customers"), "guide:导购17");
    CHECK(t, has(get(&p, "/api/v1/tokens"), "guide:导购17"));
    CHECK_STATUS(t, post(&p, "/api/v1/tokens", "{\"name\":\"g\",\"roles\":[\"read\"],\"own_customers\":\"G17\"}"), 400);
    CHECK_STATUS(t, post(&p, "/api/v1/tokens", "{\"name\":\"g\",\"roles\":[\"read\"],\"own_customers\":\"guide:\"}"),
                 400);
    CHECK_STATUS(
        t, post(&p, "/api/v1/tokens", "{\"name\":\"g\",\"roles\":[\"collect\"],\"own_customers\":\"guide:G1\"}"), 400);
    CHECK_STATUS(t, post(&p, "/api/v1/tokens", "{\"name\":\"g\",\"roles\":[\"admin\"],\"own_customers\":\"guide:G1\"}"),
                 400);
    place_close(&p);
}

/* Many of one name, of whom a guide has one: found all the same. */
static void own_customers_are_found_among_many(struct t *t)
{
    struct place p;
    struct buf lines;
    open_counter(&p, t);
    buf_init(&lines, 1 << 20);
    for (int i = 0; i < 600; i++)
        buf_printf(&lines,
                   "{\"id\":\"m%d\",\"event\":\"login\",\"ids\":[{\"type\":\"user_id\",\"value\":\"m%d\"}],\"traits\":{"
                   "\"name\":\"安安\"}}\n",
                   i, i);
    CHECK_STATUS(t, ask(&p, (struct ask){.path = "/api/v1/events", .token = ADMIN, .body = buf_bytes(&lines)}), 200);
    struct reply r = of_guide(&p, "/api/v1/find?q=%E5%AE%89%E5%AE%89", NULL);
    CHECK_EQ(t, count_at(&p, r, "people"), 1);
    CHECK_TEXT(t, at(&p, r, "people.0.id"), at(&p, get(&p, "/api/v1/people/user_id:ann"), "id"));
    buf_fini(&lines);
    place_close(&p);
}

static const struct test tests[] = {
    {"every route refuses or is shown to pass the gate", every_route_refuses_or_is_shown_to_pass_the_gate, 1},
    {"each reader opens and closes with the ownership", each_reader_opens_and_closes_with_the_ownership, 1},
    {"things of persons are none of its", things_of_persons_are_none_of_its, 1},
    {"a guide writes of own customers alone, and is named", a_guide_writes_of_own_customers_alone_and_is_named, 1},
    {"brands and the guide both limit", brands_and_the_guide_both_limit, 1},
    {"own customers are found among many", own_customers_are_found_among_many, 1},
    {"such tokens read and write, and do nothing else", such_tokens_read_and_write_and_do_nothing_else, 1},
};
TEST_MAIN(tests)
