/* Tags and segments by HTTP: saved, answered, changed, named by others, ended. Covers: audience.c, audience_people.c, newest_names.c */
#include "edge/door_test.h"

#define TRIES 1000
#define CHINESE               \
    {                         \
        "Accept-Language: zh" \
    }

static struct reply put(struct place *p, const char *path, const char *json)
{
    return ask(p, (struct ask){.method = "PUT", .path = path, .token = ADMIN, .json = json});
}

static struct reply end(struct place *p, const char *path)
{
    return ask(p, (struct ask){.method = "DELETE", .path = path, .token = ADMIN});
}

static void segment(struct place *p, const char *name, const char *text, int status)
{
    CHECK_STATUS(p->t,
                 put(p, "/api/v1/segments", arena_printf(p->t->arena, "{\"name\":\"%s\",\"text\":\"%s\"}", name, text)),
                 status);
}

static void tag(struct place *p, const char *name, const char *text, int status)
{
    CHECK_STATUS(p->t,
                 put(p, "/api/v1/tags", arena_printf(p->t->arena, "{\"name\":\"%s\",\"text\":\"%s\"}", name, text)),
                 status);
}

static void did(struct place *p, const char *id, const char *event, const char *user)
{
    struct reply r = post(
        p, "/api/v1/events",
        arena_printf(
            p->t->arena,
            "{\"id\":\"%s\",\"event\":\"%s\",\"brand\":\"a\",\"ids\":[{\"type\":\"user_id\",\"value\":\"%s\"}],"
            "\"channel\":\"tmall\"}",
            id, event, user));
    CHECK_TEXT(p->t, at(p, r, "accepted"), "1");
}

/* A rule is made, and takes over, by commands that follow the one that was answered. */
static const char *state_of(struct place *p, const char *path)
{
    const char *state = "";
    for (int i = 0; i < TRIES && strcmp(state, "in_force") != 0; i++)
        state = at(p, get(p, path), "state");
    return state;
}

/* Somebody comes, and is in it at once. */
static void a_segment_is_entered_at_once(struct t *t)
{
    struct place p;
    place_open_main(&p, t);
    segment(&p, "looked", "count(product_viewed in last 14 days)>=2", 200);
    CHECK_TEXT(t, state_of(&p, "/api/v1/segments/looked"), "in_force");
    struct reply r = get(&p, "/api/v1/segments/looked");
    CHECK_TEXT(t, at(&p, r, "text"), "count(product_viewed in last 14 days) >= 2");
    CHECK_TEXT(t, at(&p, r, "size"), "0");
    CHECK_TEXT(t, at(&p, r, "revision"), "1");
    did(&p, "1", "product_viewed", "ann");
    CHECK_EQ(t, count_at(&p, get(&p, "/api/v1/segments/looked/people"), "people"), 0);
    did(&p, "2", "product_viewed", "ann");
    r = get(&p, "/api/v1/segments/looked/people");
    CHECK_EQ(t, count_at(&p, r, "people"), 1);
    CHECK_TEXT(t, at(&p, r, "people.0.id"), at(&p, get(&p, "/api/v1/people/user_id:ann"), "id"));
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/segments/looked"), "size"), "1");
    r = get(&p, "/api/v1/people/user_id:ann/segments");
    CHECK_TEXT(t, at(&p, r, "segments.0.name"), "looked");
    CHECK_TEXT(t, at(&p, r, "pending"), "false");
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/segments"), "segments.0.size"), "1");
    place_close(&p);
}

static void a_tag_has_values(struct t *t)
{
    struct place p;
    place_open_main(&p, t);
    tag(&p, "preference", "most_frequent(product_viewed.channel in last 90 days)", 200);
    tag(&p, "views", "count(product_viewed)", 200);
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/tags/preference"), "state"), "in_force");
    did(&p, "1", "product_viewed", "ann");
    struct reply r = get(&p, "/api/v1/people/user_id:ann/segments");
    CHECK_TEXT(t, at(&p, r, "tags.0.name"), "preference");
    CHECK_TEXT(t, at(&p, r, "tags.0.value"), "tmall");
    CHECK_TEXT(t, at(&p, r, "tags.1.value"), "1");
    CHECK_STATUS(t, get(&p, "/api/v1/tags/preference/people"), 400);
    CHECK_EQ(t, count_at(&p, get(&p, "/api/v1/tags/preference/people?value=tmall"), "people"), 1);
    CHECK_EQ(t, count_at(&p, get(&p, "/api/v1/tags/preference/people?value=x"), "people"), 0);
    CHECK_EQ(t, count_at(&p, get(&p, "/api/v1/tags/views/people?value=1"), "people"), 1);
    did(&p, "2", "product_viewed", "bob");
    did(&p, "3", "product_viewed", "bob");
    did(&p, "4", "product_viewed", "cleo");
    r = get(&p, "/api/v1/tags/views/values");
    CHECK_TEXT(t, at(&p, r, "count"), "2");
    CHECK_TEXT(t, at(&p, r, "values.0.value"), "1"); /* Ann and Cleo */
    CHECK_TEXT(t, at(&p, r, "values.0.people"), "2");
    CHECK_TEXT(t, at(&p, r, "values.1.value"), "2");
    CHECK_TEXT(t, at(&p, r, "values.1.people"), "1");
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/tags/preference/values"), "values.0.people"), "3");
    CHECK_STATUS(t, get(&p, "/api/v1/tags/nothing/values"), 404);
    place_close(&p);
}

/* What is named is read in place, and whoever names it follows its changes. */
static void definitions_follow_what_they_name(struct t *t)
{
    struct place p;
    place_open_main(&p, t);
    segment(&p, "looked", "did(product_viewed)", 200);
    segment(&p, "near", "did(page_viewed where store.region = '华东')",
            400); /* what nothing is gathered for would never hold */
    segment(&p, "guided", "has owned_by(id = 'G17')", 200);
    segment(&p, "buyers", "segment('looked') and did(order_paid)", 200);
    segment(&p, "quiet", "not segment('buyers') and did(login)", 200);
    struct reply r = put(&p, "/api/v1/segments",
                         "{\"name\":\"looked\",\"text\":\"did(cart_added) or did(product_viewed)\"}");
    CHECK_TEXT(t, at(&p, r, "result.changing"), "3");
    CHECK_TEXT(t, at(&p, r, "result.revision"), "2");
    CHECK_TEXT(t, state_of(&p, "/api/v1/segments/quiet"), "in_force");
    did(&p, "1", "cart_added", "ann");
    did(&p, "2", "order_paid", "ann");
    r = get(&p, "/api/v1/people/user_id:ann/segments");
    CHECK_EQ(t, count_at(&p, r, "segments"), 2);
    CHECK_TEXT(t, at(&p, r, "segments.0.name"), "buyers");
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/segments/looked"), "named_by.0.name"), "buyers");
    segment(&p, "looked", "segment('quiet')", 400); /* a circle */
    CHECK_STATUS(t, end(&p, "/api/v1/segments/looked"), 409);
    CHECK_STATUS(t, end(&p, "/api/v1/segments/quiet"), 200);
    CHECK_STATUS(t, get(&p, "/api/v1/segments/quiet"), 404);
    CHECK_STATUS(t, end(&p, "/api/v1/segments/buyers"), 200);
    CHECK_STATUS(t, end(&p, "/api/v1/segments/looked"), 200);
    CHECK_EQ(t, count_at(&p, get(&p, "/api/v1/people/user_id:ann/segments"), "segments"), 0);
    place_close(&p);
}

/* A tag with values where a condition is wanted is whether there is one; the tag may be compared as well. */
static void tags_are_conditions_and_values(struct t *t)
{
    struct place p;
    place_open_main(&p, t);
    tag(&p, "views", "last(product_viewed).channel", 200);
    tag(&p, "liked", "did(favourite_added)", 200);
    segment(&p, "any", "tag('liked') or tag('views') = 'x' or did(login) or did(order_paid)", 200);
    segment(&p, "more", "segment('any') or did(cart_added)", 200);
    segment(&p, "bad", "tag('liked') > 5", 400);
    tag(&p, "liked", "count(favourite_added)", 200);
    segment(&p, "many", "tag('liked')", 200);
    did(&p, "1", "favourite_added", "ann");
    CHECK_EQ(t, count_at(&p, get(&p, "/api/v1/people/user_id:ann/segments"), "segments"), 3);
    place_close(&p);
}

static void problems_point_at_the_word(struct t *t)
{
    struct place p;
    place_open_main(&p, t);
    segment(&p, "vip", "did(order_paid)", 200);
    struct reply r = put(&p, "/api/v1/segments", "{\"name\":\"x\",\"text\":\"did(login) and segment('vp')\"}");
    CHECK_STATUS(t, r, 400);
    CHECK(t, has(r, "at character 24: there is no segment 'vp'; did you mean 'vip'?"));
    r = ask(&p, (struct ask){.method = "PUT",
                             .path = "/api/v1/segments",
                             .token = ADMIN,
                             .json = "{\"name\":\"x\",\"text\":\"did(login) and segment('vp')\"}",
                             .headers = CHINESE});
    CHECK(t, has(r, "第 24 个字符"));
    CHECK(t, has(r, "没有人群“vp”"));
    segment(&p, "x", "did(login", 400);
    segment(&p, "x", "nickname = 'a'", 400);
    segment(&p, "x", "days_since('2026-01-01') > 3000", 400); /* everybody at once */
    segment(&p, "a/b", "did(login)", 400);
    CHECK_STATUS(t, put(&p, "/api/v1/segments", "{\"name\":\"x\"}"), 400);
    CHECK_STATUS(t, put(&p, "/api/v1/segments", "{\"name\":\"x\",\"text\":\"did(login)\",\"brand\":\"nobody\"}"), 400);
    CHECK_STATUS(t, put(&p, "/api/v1/segments", "{\"name\":\"vip\",\"text\":\"did(login)\",\"revision\":7}"), 409);
    CHECK_STATUS(t, put(&p, "/api/v1/segments", "{\"name\":\"vip\",\"text\":\"did(login)\",\"revision\":0}"), 409);
    CHECK_STATUS(t, put(&p, "/api/v1/segments", "{\"name\":\"vip\",\"text\":\"did(login)\",\"revision\":1}"), 200);
    CHECK_STATUS(t, get(&p, "/api/v1/segments/nobody/people"), 404);
    CHECK_STATUS(t, end(&p, "/api/v1/segments/nobody"), 404);
    place_close(&p);
}

/* The tree that is told can be saved again. */
static void a_tree_is_the_same_as_its_text(struct t *t)
{
    struct place p;
    place_open_main(&p, t);
    segment(&p, "vip", "did(order_paid) or count(login within 30 minutes) > 2", 200);
    struct reply r = get(&p, "/api/v1/segments/vip");
    const char *tree = strstr((const char *)r.body.data, "\"tree\":") + strlen("\"tree\":");
    const char *over = strstr(tree, ",\"sentence\"");
    r = put(&p, "/api/v1/segments",
            arena_printf(t->arena, "{\"name\":\"vip\",\"text\":%.*s}", (int)(over - tree), tree));
    CHECK_TEXT(t, at(&p, r, "result.revision"), "1"); /* nothing new */
    CHECK_TEXT(t,
               at(&p, put(&p, "/api/v1/segments", "{\"name\":\"vip\",\"label_zh\":\"贵宾\",\"text\":\"did(login)\"}"),
                  "result.revision"),
               "2");
    r = put(&p, "/api/v1/segments", "{\"name\":\"vip\",\"label_zh\":\"高价值\",\"text\":\"did(login)\"}");
    CHECK_TEXT(t, at(&p, r, "result.changing"), "0"); /* only what it is called */
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/segments/vip"), "label_zh"), "高价值");
    place_close(&p);
}

/* A desk of brand a has its brand's definitions, and nobody else's. */
static void a_token_has_its_brands_definitions(struct t *t)
{
    static const struct token of_a = {
        .name = "desk-a", .roles = 1u << ROLE_READ | 1u << ROLE_WRITE, .brand_count = 1, .brands = {"a"}};
    struct place p;
    place_open_main(&p, t);
    place_token(&p, "main", &of_a, "kith_a");
    CHECK_STATUS(t, post(&p, "/api/v1/names", "{\"kind\":\"brand\",\"name\":\"a\",\"attributes\":{\"entity\":\"e\"}}"),
                 200);
    segment(&p, "whole", "did(login)", 200);
    struct reply r = ask(&p, (struct ask){.method = "PUT",
                                          .path = "/api/v1/segments",
                                          .token = "kith_a",
                                          .json = "{\"name\":\"mine\",\"text\":\"did(login)\"}"});
    CHECK_STATUS(t, r, 403);
    r = ask(&p, (struct ask){.method = "PUT",
                             .path = "/api/v1/segments",
                             .token = "kith_a",
                             .json = "{\"name\":\"mine\",\"text\":\"did(login)\",\"brand\":\"a\"}"});
    CHECK_STATUS(t, r, 200);
    did(&p, "1", "login", "ann");
    r = ask(&p, (struct ask){.path = "/api/v1/segments", .token = "kith_a"});
    CHECK_EQ(t, count_at(&p, r, "segments"), 1);
    CHECK_TEXT(t, at(&p, r, "segments.0.name"), "mine");
    CHECK_TEXT(t, at(&p, r, "segments.0.size"), "null");
    CHECK_EQ(
        t, count_at(&p, ask(&p, (struct ask){.path = "/api/v1/segments/mine/people", .token = "kith_a"}), "people"), 1);
    CHECK_STATUS(t, ask(&p, (struct ask){.path = "/api/v1/segments/whole/people", .token = "kith_a"}), 404);
    CHECK_STATUS(t, ask(&p, (struct ask){.method = "DELETE", .path = "/api/v1/segments/whole", .token = "kith_a"}),
                 404);
    r = ask(&p, (struct ask){.path = "/api/v1/people/user_id:ann/segments", .token = "kith_a"});
    CHECK_EQ(t, count_at(&p, r, "segments"), 1);
    place_close(&p);
}

/* What only the newest events have is in no column file yet: a definition may ask for it all the same, and a slip of the pen is told by its nearest name. */
static void what_the_newest_events_have_may_be_asked_for(struct t *t)
{
    struct place p;
    place_open_main(&p, t);
    struct reply r = post(&p, "/api/v1/events",
                          "{\"id\":\"1\",\"event\":\"order_paid\",\"ids\":[{\"type\":\"user_id\",\"value\":\"ann\"}],"
                          "\"properties\":{\"colour\":\"red\"},\"items\":[{\"size\":\"XL\"}]}");
    CHECK_TEXT(t, at(&p, r, "accepted"), "1");
    segment(&p, "red", "count(order_paid where colour = 'red') >= 1", 200);
    tag(&p, "sizes", "most_frequent(order_paid.item.size in last 90 days)", 200);
    segment(&p, "reds", "segment('red') and tag('sizes') = 'XL'", 200); /* what it names asks for it */
    CHECK_TEXT(t, state_of(&p, "/api/v1/segments/reds"), "in_force");
    CHECK_EQ(t, count_at(&p, get(&p, "/api/v1/segments/reds/people"), "people"), 1);
    r = put(&p, "/api/v1/segments", "{\"name\":\"x\",\"text\":\"count(order_paid where color = 'red') >= 1\"}");
    CHECK_STATUS(t, r, 400);
    CHECK(t, has(r, "no property \\\"color\\\""));
    CHECK(t, has(r, "colour"));
    place_close(&p);
}

static void orders_and_things_may_be_asked_for(struct t *t)
{
    struct place p;
    place_open_main(&p, t);
    segment(&p, "spends", "sum(order in last 90 days) >= 100", 200);
    segment(&p, "guided", "owned by guide('小美') or has owned_by(staff.region = '华东')", 200);
    struct reply r = post(
        &p, "/api/v1/orders",
        "{\"shop\":\"pos\",\"number\":\"1\",\"version\":1,\"states\":{\"created\":\"2026-11-01T10:00:00+08:00\","
        "\"paid\":\"2026-11-01T10:00:00+08:00\"},\"buyer\":[{\"type\":\"user_id\",\"value\":\"ann\"}],"
        "\"lines\":[{\"line\":\"1\",\"sku\":\"A\",\"quantity\":1,\"paid\":120}]}");
    CHECK_TEXT(t, at(&p, r, "accepted"), "1");
    CHECK_EQ(t, count_at(&p, get(&p, "/api/v1/segments/guided/people"), "people"), 0);
    r = put(&p, "/api/v1/segments", "{\"name\":\"x\",\"text\":\"count(order where chanel = 'a') >= 1\"}");
    CHECK_STATUS(t, r, 400);
    CHECK(t, has(r, "did you mean \\\"channel\\\""));
    place_close(&p);
}

static const struct test tests[] = {
    {"a segment is entered at once", a_segment_is_entered_at_once, 1},
    {"a tag has values", a_tag_has_values, 1},
    {"definitions follow what they name", definitions_follow_what_they_name, 1},
    {"tags are conditions and values", tags_are_conditions_and_values, 1},
    {"what the newest events have may be asked for", what_the_newest_events_have_may_be_asked_for, 1},
    {"orders and things may be asked for", orders_and_things_may_be_asked_for, 1},
    {"problems point at the word", problems_point_at_the_word, 1},
    {"a tree is the same as its text", a_tree_is_the_same_as_its_text, 1},
    {"a token has its brands' definitions", a_token_has_its_brands_definitions, 1},
};
TEST_MAIN(tests)
