/* What people decide, by HTTP: lists, tags set by hand, groups, snapshots; what is refused and told, in both languages, and to whom. Covers: audience_lists.c, audience_content.c,
 * export_listings.c, ../catalogue.c */
#include "edge/door_test.h"

#define TRIES 1000
#define SAVES 200
#define OTHERS_EVERY 20 /* what the state itself is asked for can't be late */
#define CHINESE               \
    {                         \
        "Accept-Language: zh" \
    }

static struct reply put(struct place *p, const char *path, const char *json)
{
    return ask(p, (struct ask){.method = "PUT", .path = path, .token = ADMIN, .json = json});
}

static bool says(struct reply r, const char *words)
{
    return memmem(r.body.data, r.body.size, words, strlen(words)) != NULL;
}

static void define(struct place *p)
{
    static const char *const tags[] = {"{\"name\":\"skin\",\"label_zh\":\"肤质\",\"category\":\"顾客/"
                                       "皮肤\",\"list\":{\"value\":\"text\",\"lasts_days\":30},"
                                       "\"values\":{\"dry\":{\"label_zh\":\"干性\"},\"oily\":{}}}",
                                       "{\"name\":\"gold\",\"list\":{}}", "{\"name\":\"silver\",\"list\":{}}",
                                       "{\"name\":\"born\",\"list\":{\"value\":\"time\"}}",
                                       "{\"name\":\"tier\",\"tags\":[\"gold\",\"silver\"]}"};
    CHECK_STATUS(p->t, put(p, "/api/v1/segments", "{\"name\":\"invited\",\"list\":{}}"), 200);
    for (size_t i = 0; i < COUNT_OF(tags); i++)
        CHECK_STATUS(p->t, put(p, "/api/v1/tags", tags[i]), 200);
}

static void come(struct place *p, const char *user)
{
    const char *json = arena_printf(
        p->t->arena, "{\"event\":\"login\",\"brand\":\"a\",\"ids\":[{\"type\":\"user_id\",\"value\":\"%s\"}]}", user);
    CHECK_TEXT(p->t, at(p, post(p, "/api/v1/events", json), "accepted"), "1");
}

static struct reply listing(struct place *p, const char *user, const char *json)
{
    return post(p, arena_printf(p->t->arena, "/api/v1/people/user_id:%s/listings", user), json);
}

static void what_is_decided_holds_at_once(struct t *t)
{
    struct place p;
    place_open_main(&p, t);
    define(&p);
    come(&p, "ann");
    CHECK_STATUS(t,
                 listing(&p, "ann",
                         "{\"tag\":\"skin\",\"value\":\"dry\",\"reason\":\"asked\",\"by\":\"G17\",\"time\":\"2026-01-"
                         "01T00:00:00Z\",\"until\":null}"),
                 200);
    CHECK_STATUS(t, listing(&p, "ann", "{\"tag\":\"silver\"}"), 200);
    CHECK_STATUS(t, listing(&p, "ann", "{\"tag\":\"gold\"}"), 200);
    CHECK_STATUS(t, listing(&p, "ann", "{\"tag\":\"born\",\"value\":\"1990-02-03\"}"), 200);
    struct reply r = get(&p, "/api/v1/people/user_id:ann/segments");
    CHECK_TEXT(t, at(&p, r, "tags.0.value"), "1990-02-03T00:00:00.000Z");
    CHECK_TEXT(t, at(&p, r, "tags.1.name"), "gold");
    CHECK_TEXT(t, at(&p, r, "tags.2.value"), "dry");
    CHECK_TEXT(t, at(&p, r, "tags.3.value"), "gold");
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/tags/skin"), "values.dry.label_zh"), "干性");
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/tags/skin"), "list.lasts_days"), "30");
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/tags/tier"), "tags.1"), "silver");
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/tags/gold"), "group"), "tier");
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/tags?category=%E9%A1%BE%E5%AE%A2"), "tags.0.name"), "skin");
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/tags?category=%E9%A1%BE"), "tags.0.name"), "");
    CHECK_STATUS(t, listing(&p, "ann", "{\"tag\":\"skin\",\"act\":\"unset\"}"), 200);
    r = get(&p, "/api/v1/people/user_id:ann/listings");
    CHECK(t, says(r, "\"reason\":\"asked\"") && says(r, "\"name\":\"G17\""));
    CHECK(t, says(r, "\"holds\":false"));
    place_close(&p);
}

static void slips_are_told(struct t *t)
{
    static const struct {
        const char *json, *zh;
    } slips[] = {
        {"{\"tag\":\"skinn\",\"value\":\"dry\"}", "是否指 'skin'"},
        {"{\"tag\":\"skin\"}", "text"},
        {"{\"tag\":\"gold\",\"value\":\"x\"}", "没有取值"},
        {"{\"tag\":\"skin\",\"value\":\"dry\",\"segment\":\"invited\"}", "tag 或 segment"},
        {"{\"tag\":\"gold\",\"act\":\"put\"}", "set 或 unset"},
        {"{\"tag\":\"born\",\"value\":\"soon\"}", "soon"},
        {"{\"tags\":\"gold\"}", "tag"},
        {"{\"tag\":\"gold\",\"until\":\"1970-01-01T00:00:00Z\"}", "已到期"},
    };
    struct place p;
    place_open_main(&p, t);
    define(&p);
    come(&p, "ann");
    for (size_t i = 0; i < COUNT_OF(slips); i++) {
        struct reply r = ask(&p, (struct ask){.path = "/api/v1/people/user_id:ann/listings",
                                              .token = ADMIN,
                                              .json = slips[i].json,
                                              .headers = CHINESE});
        CHECK_STATUS(t, r, 400);
        CHECK(t, says(r, slips[i].zh));
    }
    CHECK_STATUS(t, listing(&p, "ann", "{\"tag\":\"skin\",\"value\":\"wet\"}"), 409);
    CHECK_STATUS(t, post(&p, "/api/v1/people/id:00000000000000000000000000000001/listings", "{\"tag\":\"gold\"}"), 400);
    CHECK_STATUS(t, put(&p, "/api/v1/segments", "{\"name\":\"s\",\"list\":{\"value\":\"text\"}}"), 400);
    CHECK_STATUS(t, put(&p, "/api/v1/segments", "{\"name\":\"s\",\"list\":{},\"text\":\"did(login)\"}"), 400);
    CHECK_STATUS(t, put(&p, "/api/v1/segments", "{\"name\":\"s\",\"list\":{},\"until\":\"soon\"}"), 400);
    CHECK_STATUS(t, put(&p, "/api/v1/tags", "{\"name\":\"other\",\"tags\":[\"gold\"]}"), 400);
    CHECK(t, says(put(&p, "/api/v1/tags", "{\"name\":\"other\",\"tags\":[\"tier\"]}"), "is a group itself"));
    CHECK(t, !says(put(&p, "/api/v1/tags", "{\"name\":\"other\",\"tags\":[\"zzzzzzzz\"]}"), "did you mean"));
    CHECK_STATUS(t, put(&p, "/api/v1/tags", "{\"name\":\"gold\",\"text\":\"did(login)\"}"), 409); /* it is a list */
    CHECK_STATUS(t, ask(&p, (struct ask){.method = "DELETE", .path = "/api/v1/tags/gold", .token = ADMIN}), 409);
    place_close(&p);
}

/* Many at once, some of whom nobody knows; the lines of an export say the same again. */
static void many_are_put_and_told_again(struct t *t)
{
    struct place p;
    place_open_main(&p, t);
    define(&p);
    come(&p, "ann");
    struct reply r = post(
        &p, "/api/v1/listings",
        "{\"person\":\"user_id:ann\",\"tag\":\"skin\",\"value\":\"dry\"}\n{\"person\":\"user_id:bea\",\"segment\":"
        "\"invited\"}\n"
        "{\"person\":\"user_id:ann\",\"tag\":\"skin\",\"value\":\"wet\"}\n{\"person\":\"user_id:ann\"}\n");
    CHECK_TEXT(t, at(&p, r, "accepted"), "2");
    CHECK_TEXT(t, at(&p, r, "faulty"), "2");
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/segments/invited"), "size"), "0");
    come(&p, "bea");
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/segments/invited"), "size"), "1");
    CHECK_TEXT(t,
               at(&p, post(&p, "/api/v1/listings", "{\"person\":\"user_id:eve\",\"segment\":\"invited\"}"), "accepted"),
               "1");
    r = get(&p, "/api/v1/export/listings");
    CHECK(t, says(r, "\"bea\"") && says(r, "\"value\":\"dry\""));
    CHECK(t, says(r, "\"eve\"")); /* whom nobody knows yet */
    CHECK_TEXT(t, at(&p, post(&p, "/api/v1/listings", arena_text(t->arena, r.body)), "accepted"), "3");
    CHECK(t, says(get(&p, "/api/v1/export/listings?format=csv"), "user_id,eve"));
    CHECK(t, says(get(&p, "/api/v1/export/listings?format=csv&labels=zh"), "等待的标识"));
    CHECK(t, !says(get(&p, "/api/v1/export/listings?brand=a"), "eve"));
    CHECK(t, says(get(&p, "/api/v1/export/listings?format=csv"), "invited"));
    place_close(&p);
}

static void a_snapshot_is_a_list(struct t *t)
{
    struct place p;
    const char *filling = "true";
    place_open_main(&p, t);
    define(&p);
    come(&p, "ann");
    CHECK_STATUS(t, listing(&p, "ann", "{\"segment\":\"invited\"}"), 200);
    CHECK_TEXT(t, at(&p, post(&p, "/api/v1/segments/invited/freeze", "{\"name\":\"then\"}"), "result.people"), "1");
    CHECK_STATUS(t, post(&p, "/api/v1/segments/invited/freeze", "{\"name\":\"then\"}"), 409);
    CHECK_STATUS(t, post(&p, "/api/v1/segments/nobody/freeze", "{\"name\":\"x\"}"), 404);
    CHECK_STATUS(t, post(&p, "/api/v1/tags/skin/freeze", "{\"name\":\"x\"}"), 409);
    for (int i = 0; i < TRIES && strcmp(filling, "true") == 0; i++)
        filling = at(&p, get(&p, "/api/v1/segments/then"), "snapshot.filling");
    CHECK_TEXT(t, filling, "false");
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/segments/then"), "snapshot.segment"), "invited");
    CHECK_STATUS(t, listing(&p, "ann", "{\"segment\":\"invited\",\"act\":\"unset\"}"), 200);
    struct reply r = get(&p, "/api/v1/people/user_id:ann/listings");
    CHECK(t, says(r, "\"name\":\"then\""));
    place_close(&p);
}

/* Those of its brands alone; of the whole group's none. */
static void a_token_decides_for_its_brands(struct t *t)
{
    static const struct token of_a = {
        .name = "desk-a", .roles = 1u << ROLE_READ | 1u << ROLE_WRITE, .brand_count = 1, .brands = {"a"}};
    struct place p;
    place_open_main(&p, t);
    place_token(&p, "main", &of_a, "kith_a");
    define(&p);
    come(&p, "ann");
    CHECK_STATUS(t, put(&p, "/api/v1/tags", "{\"name\":\"of_a\",\"brand\":\"a\",\"list\":{}}"), 200);
    CHECK_STATUS(t,
                 ask(&p, (struct ask){.path = "/api/v1/people/user_id:ann/listings",
                                      .token = "kith_a",
                                      .json = "{\"tag\":\"gold\"}"}),
                 403);
    CHECK_STATUS(t,
                 ask(&p, (struct ask){.path = "/api/v1/people/user_id:ann/listings",
                                      .token = "kith_a",
                                      .json = "{\"tag\":\"of_a\"}"}),
                 200);
    CHECK_STATUS(t,
                 ask(&p, (struct ask){.path = "/api/v1/listings",
                                      .token = "kith_a",
                                      .json = "{\"person\":\"user_id:ann\",\"tag\":\"of_a\"}"}),
                 403);
    CHECK_STATUS(t, listing(&p, "ann", "{\"tag\":\"gold\"}"), 200);
    struct reply r = ask(&p, (struct ask){.path = "/api/v1/people/user_id:ann/listings", .token = "kith_a"});
    CHECK(t, says(r, "of_a") && !says(r, "gold"));
    place_close(&p);
}

/* However soon the next request comes: nothing is waited for between them. */
static void what_is_saved_is_known_to_the_next_request(struct t *t)
{
    struct place p;
    place_open_main(&p, t);
    define(&p);
    come(&p, "ann");
    for (int i = 0; i < SAVES; i++) {
        const char *list = arena_printf(t->arena, "{\"name\":\"list%d\",\"list\":{}}", i),
                   *line = arena_printf(t->arena, "{\"person\":\"user_id:ann\",\"segment\":\"list%d\"}", i),
                   *rule = arena_printf(t->arena, "{\"name\":\"rule%d\",\"text\":\"segment('list%d') or did(login)\"}",
                                        i, i),
                   *tag = arena_printf(t->arena, "{\"name\":\"tag%d\",\"list\":{\"value\":\"text\"}}", i),
                   *group = arena_printf(t->arena, "{\"name\":\"group%d\",\"tags\":[\"tag%d\"]}", i, i),
                   *value = arena_printf(t->arena, "{\"tag\":\"tag%d\",\"value\":\"dry\"}", i);
        CHECK_STATUS(t, put(&p, "/api/v1/segments", list), 200);
        CHECK_TEXT(t, at(&p, post(&p, "/api/v1/listings", line), "accepted"), "1");
        if (i % OTHERS_EVERY != 0)
            continue;
        CHECK_STATUS(t, put(&p, "/api/v1/segments", rule), 200);
        CHECK_STATUS(t, put(&p, "/api/v1/tags", tag), 200);
        CHECK_STATUS(t, listing(&p, "ann", value), 200);
        CHECK_STATUS(t, put(&p, "/api/v1/tags", group), 200);
    }
    place_close(&p);
}

/* One that was ended takes nobody. */
static void what_is_ended_is_gone_for_the_next_request(struct t *t)
{
    struct place p;
    place_open_main(&p, t);
    come(&p, "ann");
    for (int i = 0; i < SAVES / 4; i++) {
        CHECK_STATUS(t, put(&p, "/api/v1/segments", "{\"name\":\"brief\",\"list\":{}}"), 200);
        CHECK_STATUS(t, listing(&p, "ann", "{\"segment\":\"brief\"}"), 200);
        CHECK_STATUS(t, ask(&p, (struct ask){.method = "DELETE", .path = "/api/v1/segments/brief", .token = ADMIN}),
                     200);
        CHECK_STATUS(t, listing(&p, "ann", "{\"segment\":\"brief\"}"), 400);
    }
    place_close(&p);
}

static const struct test tests[] = {
    {"what is decided holds at once", what_is_decided_holds_at_once, 1},
    {"slips are told", slips_are_told, 1},
    {"many are put, and told again", many_are_put_and_told_again, 1},
    {"a snapshot is a list", a_snapshot_is_a_list, 1},
    {"what is saved is known to the next request", what_is_saved_is_known_to_the_next_request, 1},
    {"what is ended is gone for the next request", what_is_ended_is_gone_for_the_next_request, 1},
    {"a token decides for its brands", a_token_decides_for_its_brands, 1},
};
TEST_MAIN(tests)
