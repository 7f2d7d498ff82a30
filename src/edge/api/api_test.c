/* What the API answers, asked by HTTP. Covers: api.c, admin.c, find.c, hooks.c, identity.c, imports.c, people.c, sources.c, types.c */
#include "edge/door_test.h"

#define XIAOMING "/api/v1/people/phone:13812345678"

/* Xiaoming came anonymously, logged in with his phone, and bought at two brands; Mei is somebody else. */
static const char story[] =
    "{\"id\":\"1\",\"event\":\"page_viewed\",\"time\":\"2026-01-01T00:00:00Z\",\"brand\":\"a\",\"channel\":\"web\",\"ids\":[{\"type\":\"anonymous_id\",\"value\":\"anon-1\"}]}\n"
    "{\"id\":\"2\",\"event\":\"login\",\"time\":\"2026-01-01T00:01:00Z\",\"brand\":\"a\",\"channel\":\"web\",\"ids\":[{\"type\":\"anonymous_id\",\"value\":\"anon-1\"},"
    "{\"type\":\"phone\",\"value\":\"138 1234 5678\"}],\"traits\":{\"name\":\"王小明\",\"city\":\"上海\"}}\n"
    "{\"id\":\"3\",\"event\":\"order_paid\",\"time\":\"2026-01-02T00:00:00Z\",\"brand\":\"b\",\"channel\":\"tmall\",\"store\":\"SH01\",\"order\":\"T2026010200017\",\"ids\":["
    "{\"type\":\"phone\",\"value\":\"+8613812345678\"}],\"traits\":{\"size\":\"L\"},\"properties\":{\"amount\":199,\"receiver_name\":\"王小明\"},"
    "\"consents\":[{\"purpose\":\"marketing\",\"channel\":\"sms\",\"given\":true}]}\n"
    "{\"id\":\"4\",\"event\":\"order_paid\",\"time\":\"2026-01-03T00:00:00Z\",\"brand\":\"b\",\"channel\":\"jd\",\"ids\":[{\"type\":\"phone\",\"value\":\"13987654321\"},"
    "{\"type\":\"openid\",\"ns\":\"wx1\",\"value\":\"oMEI/1\"}],\"traits\":{\"name\":\"Zhou Mei\"}}";

static void open_story(struct place *p, struct t *t)
{
    place_open_main(p, t);
    CHECK_TEXT(t, at(p, post(p, "/api/v1/events", story), "accepted"), "4");
}

/* --- people --- */

static void a_profile_tells_who_and_why(struct t *t)
{
    struct place p;
    open_story(&p, t);
    struct reply r = get(&p, XIAOMING);
    CHECK_STATUS(t, r, 200);
    CHECK_EQ(t, strlen(at(&p, r, "id")), 32);
    CHECK_TEXT(t, at(&p, r, "pending"), "false");
    CHECK_EQ(t, count_at(&p, r, "identifiers"), 2);
    CHECK(t, has(r, "\"value\":\"+8613812345678\""));
    CHECK_EQ(t, count_at(&p, r, "evidence"), 1);
    CHECK_TEXT(t, at(&p, r, "evidence.0.rule"), "event");
    CHECK_EQ(t, count_at(&p, r, "evidence.0.members"), 2);
    CHECK_EQ(t, count_at(&p, r, "traits"), 3);
    CHECK(t, has(r, "\"name\":\"city\",\"brand\":\"a\",\"value\":\"上海\",\"source\":\"admin\""));
    CHECK_EQ(t, count_at(&p, r, "counters"), 3);
    CHECK(t, has(r, "\"event\":\"order_paid\"") && has(r, "\"channel\":\"tmall\""));
    CHECK_EQ(t, count_at(&p, r, "consents"), 1);
    CHECK_TEXT(t, at(&p, r, "consents.0.purpose"), "marketing");
    CHECK_TEXT(t, at(&p, r, "timeline"), "");
    const char *by_id = arena_printf(t->arena, "/api/v1/people/id:%s", at(&p, r, "id"));
    CHECK_TEXT(t, at(&p, get(&p, by_id), "number"), at(&p, r, "number"));
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/people/anonymous_id:anon-1"), "number"), at(&p, r, "number"));
    CHECK_STATUS(t, get(&p, "/api/v1/people/openid:wx1:oMEI/1"), 404);
    CHECK_STATUS(t, get(&p, "/api/v1/people/openid:wx1:oMEI%2f1"), 200);
    CHECK_STATUS(t, get(&p, "/api/v1/people?type=openid&ns=wx1&value=oMEI%2f1"), 200);
    place_close(&p);
}

static void who_is_not_there_is_told_what_to_do(struct t *t)
{
    struct place p;
    open_story(&p, t);
    struct reply r = get(&p, "/api/v1/people/phone:13800000001");
    CHECK_STATUS(t, r, 404);
    CHECK_TEXT(t, at(&p, r, "type"), "/problems/no-such-person");
    r = get(&p, "/api/v1/people/fone:13800000001");
    CHECK_STATUS(t, r, 400);
    CHECK(t, has(r, "did you mean 'phone'"));
    CHECK_STATUS(t, get(&p, "/api/v1/people/13800000001"), 400);
    CHECK_STATUS(t, get(&p, "/api/v1/people/openid:oMEI"), 404); /* of another namespace: the one without a name */
    CHECK_STATUS(t, get(&p, "/api/v1/people/openid:"), 400);
    CHECK_STATUS(t, get(&p, "/api/v1/people/phone:138****5678"), 400);
    CHECK_STATUS(t, get(&p, "/api/v1/people/id:12"), 400);
    CHECK_STATUS(t, get(&p, "/api/v1/people/id:00000000000000000000000000000001"), 404);
    CHECK_STATUS(t, get(&p, XIAOMING "?timeline=x"), 400);
    place_close(&p);
}

static void a_timeline_goes_back_page_by_page(struct t *t)
{
    struct place p;
    open_story(&p, t);
    struct reply r = get(&p, XIAOMING "/timeline");
    CHECK_STATUS(t, r, 200);
    CHECK_EQ(t, count_at(&p, r, "events"), 3);
    CHECK_TEXT(t, at(&p, r, "events.0.event"), "order_paid");
    CHECK_TEXT(t, at(&p, r, "events.0.properties.amount"), "199");
    CHECK_TEXT(t, at(&p, r, "events.2.event"), "page_viewed"); /* from before he was known */
    CHECK_TEXT(t, at(&p, r, "next"), "null");
    const char *next = "", *want[] = {"order_paid", "login", "page_viewed"};
    for (int i = 0; i < 3; i++) {
        r = get(&p, arena_printf(t->arena, XIAOMING "/timeline?limit=1&before=%s", next));
        CHECK_EQ(t, count_at(&p, r, "events"), 1);
        CHECK_TEXT(t, at(&p, r, "events.0.event"), want[i]);
        next = at(&p, r, "next");
    }
    CHECK_TEXT(t, next, "null");
    r = get(&p, XIAOMING "/timeline?before=2026-01-01T00:01:00Z");
    CHECK_EQ(t, count_at(&p, r, "events"), 1);
    CHECK_STATUS(t, get(&p, XIAOMING "/timeline?before=yesterday"), 400);
    r = get(&p, XIAOMING "?timeline=2");
    CHECK_EQ(t, count_at(&p, r, "timeline"), 2);
    CHECK_EQ(t, count_at(&p, r, "identifiers"), 2);
    CHECK(t, strlen(at(&p, r, "next")) > 4);
    place_close(&p);
}

/* Events of one instant are told apart by their positions. */
static void equal_times_lose_nothing(struct t *t)
{
    struct place p;
    struct buf lines;
    place_open_main(&p, t);
    buf_init(&lines, 1 << 20);
    for (int i = 0; i < 30; i++) {
        buf_clear(&lines);
        buf_printf(&lines, "{\"id\":\"%d\",\"event\":\"page_viewed\",\"time\":\"2026-01-01T00:00:00Z\",\"ids\":[{\"type\":\"user_id\",\"value\":\"u7\"}]}", i);
        CHECK_TEXT(t, at(&p, ask(&p, (struct ask){.path = "/api/v1/events", .token = ADMIN, .body = buf_bytes(&lines)}), "accepted"), "1");
    }
    buf_fini(&lines);
    bool seen[30] = {false};
    const char *next = "";
    int pages = 0;
    for (; strcmp(next, "null") != 0 && pages < 20; pages++) {
        struct reply r = get(&p, arena_printf(t->arena, "/api/v1/people/user_id:u7/timeline?limit=7&before=%s", next));
        for (size_t i = 0; i < count_at(&p, r, "events"); i++) {
            long id = strtol(at(&p, r, arena_printf(t->arena, "events.%zu.id", i)), NULL, 10);
            CHECK(t, id >= 0 && id < 30 && !seen[id]);
            seen[id % 30] = true;
        }
        next = at(&p, r, "next");
    }
    CHECK_EQ(t, pages, 5);
    for (int i = 0; i < 30; i++)
        CHECK(t, seen[i]);
    place_close(&p);
}

static void people_are_found_by_what_is_at_hand(struct t *t)
{
    static const char *const asked[] = {"5678", "%E7%8E%8B%E5%B0%8F%E6%98%8E", "wangxiaoming", "wxm", "T2026010200017", "phone:13812345678", "13812345678"};
    struct place p;
    open_story(&p, t);
    for (size_t i = 0; i < COUNT_OF(asked); i++) {
        struct reply r = get(&p, arena_printf(t->arena, "/api/v1/find?q=%s", asked[i]));
        CHECK_STATUS(t, r, 200);
        if (count_at(&p, r, "people") != 1)
            test_fail(t, __FILE__, __LINE__, "%s: %.*s", asked[i], BYTES_ARG(r.body));
        CHECK_TEXT(t, at(&p, r, "people.0.name"), "王小明");
        CHECK_TEXT(t, at(&p, r, "people.0.phone"), "+86138****5678");
        CHECK_TEXT(t, at(&p, r, "people.0.last_seen"), "2026-01-02T00:00:00.000Z");
        CHECK_TEXT(t, at(&p, r, "people.0.events"), "3");
    }
    CHECK_EQ(t, count_at(&p, get(&p, "/api/v1/find?q=nobody"), "people"), 0);
    CHECK_STATUS(t, get(&p, "/api/v1/find"), 400);
    place_close(&p);
}

/* --- who may see what --- */

static void a_scope_hides_other_brands(struct t *t)
{
    struct place p;
    open_story(&p, t);
    struct token a = {.name = "desk-a", .roles = 1u << ROLE_READ, .brand_count = 1, .brands = {"a"}};
    struct token b = {.name = "desk-b", .roles = 1u << ROLE_READ, .brand_count = 1, .brands = {"b"}, .store = "BJ01"};
    place_token(&p, "main", &a, "kith_a");
    place_token(&p, "main", &b, "kith_b");
    struct reply r = ask(&p, (struct ask){.path = XIAOMING "?timeline=20", .token = "kith_a"});
    CHECK_STATUS(t, r, 200);
    CHECK(t, !has(r, "\"brand\":\"b\"") && !has(r, "order_paid") && !has(r, "marketing") && !has(r, "\"size\""));
    CHECK_EQ(t, count_at(&p, r, "traits"), 2);
    CHECK_EQ(t, count_at(&p, r, "counters"), 2);
    CHECK_EQ(t, count_at(&p, r, "timeline"), 2);
    /* The other brand's store: its counters, but not that store's event. */
    r = ask(&p, (struct ask){.path = XIAOMING "?timeline=20", .token = "kith_b"});
    CHECK_EQ(t, count_at(&p, r, "counters"), 1);
    CHECK_EQ(t, count_at(&p, r, "timeline"), 0);
    /* Mei never met brand a. */
    CHECK_STATUS(t, ask(&p, (struct ask){.path = "/api/v1/people/phone:13987654321", .token = "kith_a"}), 404);
    CHECK_EQ(t, count_at(&p, ask(&p, (struct ask){.path = "/api/v1/find?q=4321", .token = "kith_a"}), "people"), 0);
    CHECK_EQ(t, count_at(&p, ask(&p, (struct ask){.path = "/api/v1/find?q=4321", .token = "kith_b"}), "people"), 1);
    r = ask(&p, (struct ask){.path = "/api/v1/names?kind=brand", .token = "kith_a"});
    CHECK_EQ(t, count_at(&p, r, "names"), 1);
    place_close(&p);
}

static void a_mask_hides_the_middle(struct t *t)
{
    struct place p;
    open_story(&p, t);
    place_token(&p, "main", &(struct token){.name = "trainee", .roles = 1u << ROLE_READ, .masked = true}, "kith_m");
    struct reply r = ask(&p, (struct ask){.path = XIAOMING "?timeline=20", .token = "kith_m"});
    CHECK_STATUS(t, r, 200);
    CHECK_EQ(t, count_at(&p, r, "timeline"), 3);
    CHECK(t, !has(r, "13812345678") && !has(r, "王小明"));
    CHECK(t, has(r, "王****") && has(r, "上海") && has(r, "SH01"));
    CHECK_TEXT(t, at(&p, r, "timeline.0.properties.amount"), "199");
    r = ask(&p, (struct ask){.path = "/api/v1/find?q=5678", .token = "kith_m"});
    CHECK_TEXT(t, at(&p, r, "people.0.name"), "王****");
    place_close(&p);
}

static void a_mask_hides_who_was_acted_upon(struct t *t)
{
    struct place p;
    open_story(&p, t);
    place_token(&p, "main", &(struct token){.name = "trainee", .roles = 1u << ROLE_READ, .masked = true}, "kith_m");
    (void)post(&p, "/api/v1/identity/merge",
               "{\"ids\":[\"phone:13812345678\",\"openid:wx1:oMEI/1\"],\"reason\":\"钱乙 13912340001 来电\"}");
    struct reply r = ask(&p, (struct ask){.path = "/api/v1/identity/acts", .token = "kith_m"});
    CHECK_EQ(t, count_at(&p, r, "acts"), 1);
    CHECK(t, !has(r, "13812345678") && !has(r, "13912340001") && !has(r, "oMEI/1") && !has(r, "钱乙"));
    CHECK_TEXT(t, at(&p, r, "acts.0.summary.ids.0"), "phone:+86138****5678");
    CHECK_TEXT(t, at(&p, r, "acts.0.reason"), "****");
    r = get(&p, "/api/v1/reads");
    CHECK_EQ(t, count_at(&p, r, "reads"), 1);
    CHECK_TEXT(t, at(&p, r, "reads.0.what"), "/api/v1/identity/acts");
    CHECK_TEXT(t, at(&p, r, "reads.0.token"), "trainee");
    CHECK_TEXT(t, at(&p, r, "reads.0.person"), "null");
    (void)get(&p, "/api/v1/identity/reviews"); /* there are none, so that nobody was read */
    CHECK_EQ(t, count_at(&p, get(&p, "/api/v1/reads"), "reads"), 1);
    place_close(&p);
}

static void reads_are_noted(struct t *t)
{
    struct place p;
    open_story(&p, t);
    const char *id = at(&p, get(&p, XIAOMING), "id");
    (void)get(&p, XIAOMING "/timeline");
    (void)get(&p, "/api/v1/people/phone:13800000001");
    (void)get(&p, "/api/v1/find?q=4321");
    struct reply r = get(&p, "/api/v1/reads");
    CHECK_STATUS(t, r, 200);
    CHECK_EQ(t, count_at(&p, r, "reads"), 3);
    CHECK_TEXT(t, at(&p, r, "reads.0.what"), "/api/v1/find");
    CHECK_TEXT(t, at(&p, r, "reads.1.what"), "/api/v1/people/{person}/timeline");
    CHECK_TEXT(t, at(&p, r, "reads.2.person"), id);
    CHECK_TEXT(t, at(&p, r, "reads.2.token"), "admin");
    r = get(&p, "/api/v1/reads?limit=1");
    CHECK_EQ(t, count_at(&p, r, "reads"), 1);
    r = get(&p, arena_printf(t->arena, "/api/v1/reads?before=%s", at(&p, r, "next")));
    CHECK_EQ(t, count_at(&p, r, "reads"), 2);
    CHECK_TEXT(t, at(&p, r, "next"), "null");
    place_close(&p);
}

/* --- identity --- */

#define BOTH "\"ids\":[\"phone:13812345678\",\"openid:wx1:oMEI/1\"]"

static void a_preview_changes_nothing(struct t *t)
{
    struct place p;
    open_story(&p, t);
    const char *digest = at(&p, get(&p, "/api/v1/stats"), "digest");
    struct reply r = post(&p, "/api/v1/identity/merge", "{" BOTH ",\"reason\":\"same\",\"preview\":true}");
    CHECK_STATUS(t, r, 200);
    CHECK_TEXT(t, at(&p, r, "preview"), "true");
    CHECK_TEXT(t, at(&p, r, "refused"), "null");
    CHECK_EQ(t, count_at(&p, r, "before"), 2);
    CHECK_EQ(t, count_at(&p, r, "after"), 1);
    CHECK_EQ(t, count_at(&p, r, "after.0.identifiers"), 4);
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/stats"), "digest"), digest);
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/stats"), "people"), "2");
    r = post(&p, "/api/v1/identity/merge", "{\"ids\":[\"phone:13812345678\",\"phone:13800000001\"],\"preview\":true}");
    CHECK_STATUS(t, r, 200);
    CHECK_TEXT(t, at(&p, r, "refused.name"), "unknown_identifier");
    CHECK(t, at(&p, r, "refused.zh")[0] != 0);
    place_close(&p);
}

static void verbs_do_and_undo(struct t *t)
{
    struct place p;
    open_story(&p, t);
    struct reply r = post(&p, "/api/v1/identity/merge", "{" BOTH ",\"reason\":\"same\"}");
    CHECK_STATUS(t, r, 200);
    const char *position = at(&p, r, "position");
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/stats"), "people"), "1");
    r = get(&p, XIAOMING);
    CHECK_EQ(t, count_at(&p, r, "identifiers"), 4);
    CHECK_EQ(t, count_at(&p, r, "aliases"), 1);
    r = post(&p, "/api/v1/identity/merge", "{" BOTH "}");
    CHECK_STATUS(t, r, 409);
    CHECK_TEXT(t, at(&p, r, "type"), "/problems/same_person");
    CHECK(t, at(&p, r, "title")[0] != 0 && at(&p, r, "title_zh")[0] != 0);
    r = get(&p, "/api/v1/identity/acts");
    CHECK_EQ(t, count_at(&p, r, "acts"), 1);
    CHECK_TEXT(t, at(&p, r, "acts.0.act"), "identity.merge");
    CHECK_TEXT(t, at(&p, r, "acts.0.by"), "admin");
    CHECK_TEXT(t, at(&p, r, "acts.0.reason"), "same");
    CHECK_STATUS(t, post(&p, "/api/v1/identity/undo", arena_printf(t->arena, "{\"position\":%s,\"reason\":\"oops\"}", position)), 200);
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/stats"), "people"), "2");
    CHECK_STATUS(t, post(&p, "/api/v1/identity/never-merge", "{" BOTH "}"), 200);
    CHECK_STATUS(t, post(&p, "/api/v1/identity/merge", "{" BOTH "}"), 409);
    CHECK_STATUS(t, post(&p, "/api/v1/identity/undo", "{}"), 400);
    CHECK_STATUS(t, post(&p, "/api/v1/identity/merge", "{\"ids\":[\"fone:1\"]}"), 400);
    CHECK_STATUS(t, post(&p, "/api/v1/identity/merge", "[]"), 400);
    CHECK_STATUS(t, post(&p, "/api/v1/identity/review", "{\"ids\":[\"phone:13812345678\"],\"choice\":\"maybe\"}"), 400);
    CHECK_STATUS(t, post(&p, "/api/v1/identity/review", "{\"ids\":[\"phone:13812345678\"],\"choice\":\"release\"}"), 409);
    CHECK_STATUS(t, get(&p, "/api/v1/identity/reviews"), 200);
    place_close(&p);
}

static const char *public_id(struct place *p, const char *who)
{
    return arena_printf(p->t->arena, "\"id:%s\"", at(p, get(p, arena_printf(p->t->arena, "/api/v1/people/%s", who)), "id"));
}

static struct reply act(struct place *p, const char *verb, const char *ids)
{
    return post(p, arena_printf(p->t->arena, "/api/v1/identity/%s", verb), arena_printf(p->t->arena, "{\"ids\":[%s]}", ids));
}

/* A person may be named by the public id where a person is meant. */
static void a_person_stands_for_an_identifier(struct t *t)
{
    struct place p;
    open_story(&p, t);
    const char *xiaoming = public_id(&p, "phone:13812345678"), *mei = public_id(&p, "phone:13987654321");
    const char *both = arena_printf(t->arena, "%s,%s", xiaoming, mei);
    CHECK_STATUS(t, act(&p, "merge", both), 200);
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/stats"), "people"), "1");
    CHECK_STATUS(t, act(&p, "merge", both), 409); /* the absorbed one's id leads to the survivor */
    CHECK_STATUS(t, act(&p, "undo", mei), 200);
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/stats"), "people"), "2");
    CHECK_STATUS(t, act(&p, "undo", mei), 404); /* there is no other act about her */
    CHECK_STATUS(t, act(&p, "bind", arena_printf(t->arena, "%s,\"email:mei@example.com\"", mei)), 200);
    CHECK_TEXT(t, public_id(&p, "email:mei@example.com"), mei);
    /* Where identifiers are taken off, they have to be the person's. */
    CHECK_STATUS(t, act(&p, "unbind", arena_printf(t->arena, "\"email:mei@example.com\",%s", xiaoming)), 409);
    CHECK_STATUS(t, act(&p, "split", arena_printf(t->arena, "%s,\"email:mei@example.com\"", xiaoming)), 409);
    CHECK_STATUS(t, act(&p, "split", arena_printf(t->arena, "%s,\"email:mei@example.com\"", mei)), 200);
    CHECK(t, strcmp(public_id(&p, "email:mei@example.com"), mei) != 0);
    CHECK_STATUS(t, act(&p, "split", mei), 400); /* which of hers? */
    CHECK_STATUS(t, act(&p, "never-merge", both), 200);
    CHECK_STATUS(t, act(&p, "merge", both), 409);
    CHECK_STATUS(t, act(&p, "merge", "\"id:00000000000000000000000000000001\",\"phone:13812345678\""), 404);
    /* A value is no person. */
    CHECK_STATUS(t, act(&p, "block", mei), 400);
    CHECK_STATUS(t, act(&p, "undo", ""), 400);
    CHECK_STATUS(t, act(&p, "undo", both), 400);
    place_close(&p);
}

static void many_identifiers_are_looked_up_at_once(struct t *t)
{
    struct place p;
    struct buf text;
    place_open_main(&p, t);
    buf_init(&text, 1 << 20);
    for (int i = 0; i < 1000; i++)
        buf_printf(&text, "{\"id\":\"%d\",\"event\":\"e\",\"ids\":[{\"type\":\"user_id\",\"value\":\"u%d\"}]}\n", i, i / 2);
    CHECK_TEXT(t, at(&p, ask(&p, (struct ask){.path = "/api/v1/events", .token = ADMIN, .body = buf_bytes(&text)}), "accepted"), "1000");
    buf_clear(&text);
    buf_push_text(&text, "{\"ids\":[");
    for (int i = 0; i < 999; i++)
        buf_printf(&text, "{\"type\":\"user_id\",\"value\":\"u%d\"},", i);
    buf_push_text(&text, "\"nonsense:1\"]}");
    struct reply r = ask(&p, (struct ask){.path = "/api/v1/identity/lookup", .token = ADMIN, .body = buf_bytes(&text)});
    CHECK_STATUS(t, r, 200);
    CHECK_EQ(t, count_at(&p, r, "ids"), 1000);
    CHECK_EQ(t, strlen(at(&p, r, "ids.499")), 32);
    CHECK_TEXT(t, at(&p, r, "ids.500"), "null");
    CHECK_TEXT(t, at(&p, r, "ids.999"), "null");
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/people/user_id:u499"), "id"), at(&p, r, "ids.499"));
    CHECK_STATUS(t, post(&p, "/api/v1/identity/lookup", "{}"), 400);
    CHECK_TEXT(t, at(&p, post(&p, "/api/v1/identity/lookup", "{\"ids\":[]}"), "ids"), "[]");
    buf_fini(&text);
    place_close(&p);
}

static void a_declared_type_counts_at_once(struct t *t)
{
    static const char event[] = "{\"event\":\"e\",\"ids\":[{\"type\":\"club_card\",\"value\":\"C 7\"}]}";
    struct place p;
    place_open_main(&p, t);
    (void)post(&p, "/api/v1/events", event);
    CHECK_STATUS(t, get(&p, "/api/v1/people/club_card:C%207"), 400);
    CHECK_STATUS(t, post(&p, "/api/v1/identity/type", "{\"name\":\"club_card\",\"normaliser\":\"lower\",\"priority\":20,\"limit\":1,\"over\":\"refuse\"}"), 200);
    (void)post(&p, "/api/v1/events", "{\"id\":\"2\",\"event\":\"e\",\"ids\":[{\"type\":\"club_card\",\"value\":\"C7\"}]}");
    CHECK_STATUS(t, get(&p, "/api/v1/people/club_card:c7"), 200);
    struct reply r = get(&p, "/api/v1/identity/types");
    CHECK(t, has(r, "\"name\":\"club_card\",\"number\":64,\"normaliser\":\"lower\""));
    CHECK(t, has(r, "\"name\":\"openid\"") && has(r, "\"parent\":\"unionid\""));
    r = post(&p, "/api/v1/identity/type", "{\"name\":\"club_card\",\"normaliser\":\"lowwer\"}");
    CHECK_STATUS(t, r, 400);
    CHECK(t, has(r, "did you mean lower"));
    place_close(&p);
}

/* --- administration --- */

static void a_token_works_at_once_and_ends_at_once(struct t *t)
{
    struct place p;
    place_open_main(&p, t);
    struct reply r = post(&p, "/api/v1/tokens", "{\"name\":\"shop\",\"roles\":[\"collect\",\"read\"],\"brand\":\"a\",\"channel\":\"web\",\"expires\":\"2099-01-01\"}");
    CHECK_STATUS(t, r, 201);
    const char *secret = at(&p, r, "secret");
    CHECK(t, strncmp(secret, "kith_", 5) == 0 && strlen(secret) == 5 + 43);
    struct ask own = {.path = "/api/v1/stats", .token = secret};
    CHECK_STATUS(t, ask(&p, own), 200);
    CHECK_STATUS(t, ask(&p, (struct ask){.path = "/api/v1/tokens", .token = secret}), 403);
    r = get(&p, "/api/v1/tokens");
    CHECK_EQ(t, count_at(&p, r, "tokens"), 2);
    CHECK(t, !has(r, "secret"));
    CHECK_TEXT(t, at(&p, r, "tokens.1.expires"), "2099-01-01T00:00:00.000Z");
    /* Its events have its name as source, and its brand when they name none. */
    (void)ask(&p, (struct ask){.path = "/api/v1/events", .token = secret, .json = "{\"event\":\"e\",\"ids\":[{\"type\":\"user_id\",\"value\":\"u\"}],\"traits\":{\"x\":1}}"});
    r = get(&p, "/api/v1/people/user_id:u");
    CHECK_TEXT(t, at(&p, r, "traits.0.source"), "shop");
    CHECK_TEXT(t, at(&p, r, "traits.0.brand"), "a");
    CHECK_STATUS(t, ask(&p, (struct ask){.method = "DELETE", .path = "/api/v1/tokens/shop", .token = ADMIN}), 200);
    CHECK_STATUS(t, ask(&p, own), 401);
    r = ask(&p, (struct ask){.method = "DELETE", .path = "/api/v1/tokens/admin", .token = ADMIN});
    CHECK_STATUS(t, r, 409);
    CHECK_TEXT(t, at(&p, r, "type"), "/problems/last_admin");
    CHECK_STATUS(t, post(&p, "/api/v1/tokens", "{\"name\":\"x\"}"), 400);
    CHECK_STATUS(t, post(&p, "/api/v1/tokens", "{\"roles\":[\"read\"]}"), 400);
    CHECK_STATUS(t, post(&p, "/api/v1/tokens", "{\"name\":\"x\",\"roles\":[\"king\"]}"), 400);
    place_close(&p);
}

static void a_token_that_is_over_opens_nothing(struct t *t)
{
    struct place p;
    place_open_main(&p, t);
    place_token(&p, "main", &(struct token){.name = "old", .roles = 1u << ROLE_READ, .expires_us = 1}, "kith_old");
    CHECK_STATUS(t, ask(&p, (struct ask){.path = "/api/v1/stats", .token = "kith_old"}), 401);
    place_close(&p);
}

/* What isn't said of a source stays; one that nobody has heard of has to be named first. */
static void sources_are_trusted(struct t *t)
{
    struct place p;
    place_open_main(&p, t);
    struct ask put = {.method = "PUT", .path = "/api/v1/sources", .token = ADMIN, .json = "{\"source\":\"客服系统\",\"priority\":10}"};
    CHECK_STATUS(t, ask(&p, put), 409);
    CHECK_STATUS(t, post(&p, "/api/v1/names", "{\"kind\":\"source\",\"name\":\"客服系统\"}"), 200);
    CHECK_STATUS(t, ask(&p, put), 200);
    put.json = "{\"source\":\"客服系统\",\"first\":true}";
    CHECK_STATUS(t, ask(&p, put), 200);
    CHECK(t, has(get(&p, "/api/v1/sources"), "{\"sources\":[{\"source\":\"客服系统\",\"priority\":10,\"first\":true}],\"next\":null}"));
    put.json = "{\"source\":\"客服系统\",\"priority\":256}";
    CHECK_STATUS(t, ask(&p, put), 400);
    put.json = "{\"priority\":1}";
    CHECK_STATUS(t, ask(&p, put), 400);
    place_close(&p);
}

static void settings_stay_within_their_ranges(struct t *t)
{
    struct place p;
    place_open_main(&p, t);
    struct ask put = {.method = "PUT", .path = "/api/v1/settings", .token = ADMIN, .json = "{\"name\":\"access.reads_kept\",\"value\":1234}"};
    CHECK_STATUS(t, ask(&p, put), 200);
    CHECK(t, has(get(&p, "/api/v1/settings"), "\"name\":\"access.reads_kept\",\"value\":1234,\"initially\":200000"));
    put.json = "{\"name\":\"access.reads_kept\",\"value\":1}";
    CHECK_STATUS(t, ask(&p, put), 409);
    put.json = "{\"name\":\"nothing\",\"value\":1}";
    CHECK_STATUS(t, ask(&p, put), 409);
    put.json = "{\"name\":\"access.reads_kept\"}";
    CHECK_STATUS(t, ask(&p, put), 400);
    place_close(&p);
}

static void names_carry_labels_and_counts(struct t *t)
{
    struct place p;
    open_story(&p, t);
    CHECK_STATUS(t, post(&p, "/api/v1/names", "{\"kind\":\"brand\",\"name\":\"a\",\"attributes\":{\"label_zh\":\"甲\",\"entity\":\"甲公司\"}}"), 200);
    struct reply r = get(&p, "/api/v1/names?kind=brand");
    CHECK_EQ(t, count_at(&p, r, "names"), 2);
    CHECK_TEXT(t, at(&p, r, "names.0.zh"), "甲");
    CHECK_TEXT(t, at(&p, r, "names.0.attributes.entity"), "甲公司");
    CHECK_TEXT(t, at(&p, r, "next"), "null");
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/names?kind=entity"), "names.0.name"), "甲公司");
    r = get(&p, "/api/v1/names?kind=event&limit=3");
    CHECK_EQ(t, count_at(&p, r, "names"), 3);
    CHECK(t, at(&p, r, "names.0.zh")[0] != 0);
    r = get(&p, arena_printf(t->arena, "/api/v1/names?kind=event&after=%s", at(&p, r, "next")));
    CHECK(t, count_at(&p, r, "names") > 10);
    CHECK(t, has(r, "\"name\":\"order_paid\""));
    CHECK_STATUS(t, post(&p, "/api/v1/names", "{\"kind\":\"event\",\"name\":\"wheel_spun\",\"alias_of\":\"page_viewed\"}"), 200);
    CHECK(t, has(get(&p, "/api/v1/names?kind=event"), "\"alias_of\":\"page_viewed\""));
    CHECK_STATUS(t, get(&p, "/api/v1/names?kind=brnd"), 400);
    CHECK_STATUS(t, post(&p, "/api/v1/names", "{\"kind\":\"brand\",\"name\":\"\"}"), 400);
    place_close(&p);
}

static void hooks_are_made_told_and_ended(struct t *t)
{
    struct place p;
    place_open_main(&p, t);
    CHECK_EQ(t, count_at(&p, get(&p, "/api/v1/hooks"), "hooks"), 0);
    CHECK_STATUS(t, post(&p, "/api/v1/hooks", "{\"name\":\"crm\",\"target\":\"https://crm.example/in\",\"secret\":\"s3cret\",\"facts\":[\"person_merged\"]}"), 200);
    CHECK_STATUS(t, post(&p, "/api/v1/hooks", "{\"name\":\"all\",\"target\":\"all.ndjson\",\"causes\":[\"live\",\"import\"]}"), 200);
    struct reply r = get(&p, "/api/v1/hooks");
    CHECK_EQ(t, count_at(&p, r, "hooks"), 2);
    CHECK_TEXT(t, at(&p, r, "hooks.0.name"), "all");
    CHECK_TEXT(t, at(&p, r, "hooks.0.causes"), "[\"live\",\"import\"]");
    CHECK_TEXT(t, at(&p, r, "hooks.0.signed"), "false");
    CHECK_EQ(t, count_at(&p, r, "hooks.0.facts"), hook_domain.hear_count); /* none named: all that can be heard */
    CHECK_TEXT(t, at(&p, r, "hooks.1.target"), "https://crm.example/in");
    CHECK_TEXT(t, at(&p, r, "hooks.1.facts"), "[\"person_merged\"]");
    CHECK_TEXT(t, at(&p, r, "hooks.1.causes"), "[\"live\"]");
    CHECK_TEXT(t, at(&p, r, "hooks.1.signed"), "true");
    CHECK(t, !has(r, "s3cret"));
    r = post(&p, "/api/v1/hooks", "{\"name\":\"x\",\"target\":\"https://x.example\",\"facts\":[\"person_mergd\"]}");
    CHECK_STATUS(t, r, 400);
    CHECK(t, has(r, "did you mean person_merged"));
    CHECK_STATUS(t, post(&p, "/api/v1/hooks", "{\"name\":\"x\",\"target\":\"ftp://x.example\"}"), 400);
    CHECK_STATUS(t, post(&p, "/api/v1/hooks", "{\"name\":\"a/b\",\"target\":\"https://x.example\"}"), 400);
    CHECK_STATUS(t, post(&p, "/api/v1/hooks", "{\"name\":\"x\",\"target\":\"https://x.example\",\"causes\":[]}"), 400);
    struct ask end = {.method = "DELETE", .path = "/api/v1/hooks/crm", .token = ADMIN};
    CHECK_STATUS(t, ask(&p, end), 200);
    r = ask(&p, end);
    CHECK_STATUS(t, r, 409);
    CHECK_TEXT(t, at(&p, r, "type"), "/problems/no_such_hook");
    CHECK_EQ(t, count_at(&p, get(&p, "/api/v1/hooks"), "hooks"), 1);
    place_close(&p);
}

static void stats_tell_how_much_there_is(struct t *t)
{
    struct place p;
    open_story(&p, t);
    struct reply r = get(&p, "/api/v1/stats");
    CHECK_TEXT(t, at(&p, r, "workspace"), "main");
    CHECK_TEXT(t, at(&p, r, "people"), "2");
    CHECK_TEXT(t, at(&p, r, "identifiers"), "4");
    CHECK_TEXT(t, at(&p, r, "events"), "4");
    CHECK_EQ(t, count_at(&p, r, "events_by_name"), 3);
    CHECK_TEXT(t, at(&p, r, "accepting"), "true");
    CHECK_EQ(t, strlen(at(&p, r, "digest")), 32);
    CHECK_TEXT(t, at(&p, r, "rows.token"), "1");
    CHECK(t, strtol(at(&p, r, "dedup_horizon_seconds"), NULL, 10) > 3600);
    place_close(&p);
}

static void a_checkpoint_comes_when_asked_for(struct t *t)
{
    struct place p;
    open_story(&p, t);
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/checkpoint"), "position"), "0");
    struct reply r = ask(&p, (struct ask){.method = "POST", .path = "/api/v1/checkpoint", .token = ADMIN});
    CHECK_STATUS(t, r, 202);
    const char *wanted = at(&p, r, "wanted");
    for (int i = 0; i < 100000 && strcmp(at(&p, r, "position"), wanted) != 0; i++)
        r = get(&p, "/api/v1/checkpoint");
    CHECK_TEXT(t, at(&p, r, "position"), wanted);
    CHECK_TEXT(t, at(&p, r, "behind_bytes"), "0");
    CHECK(t, at(&p, r, "time")[0] != 0);
    CHECK_STATUS(t, ask(&p, (struct ask){.method = "POST", .path = "/api/v1/checkpoint", .token = ADMIN}), 200); /* there already */
    place_close(&p);
}

/* --- what is wrong --- */

/* What is misspelt, or of another kind, must not be done as if it hadn't been said. */
static void a_slip_of_the_pen_changes_nothing(struct t *t)
{
    static const struct {
        const char *method, *path, *json, *detail;
    } cases[] = {
        {"POST", "/api/v1/identity/merge", "{" BOTH ",\"preview\":\"yes\"}", "preview: want true or false, this is a string"},
        {"POST", "/api/v1/identity/merge", "{" BOTH ",\"preview\":1}", "preview: want true or false, this is a number"},
        {"POST", "/api/v1/identity/merge", "{" BOTH ",\"preview\":null}", "preview: want true or false, this is null"},
        {"POST", "/api/v1/identity/merge", "{" BOTH ",\"previw\":true}", "there is no member 'previw'; the nearest is 'preview'"},
        {"POST", "/api/v1/identity/merge", "{" BOTH ",\"Preview\":true}", "there is no member 'Preview'; the nearest is 'preview'"},
        {"POST", "/api/v1/identity/merge", "{" BOTH ",\"preview\":true,\"preview\":false}", "preview: it is said twice"},
        {"POST", "/api/v1/identity/merge", "{" BOTH ",\"blocked\":true}", "there is no member 'blocked'"},
        {"POST", "/api/v1/identity/merge", "{\"ids\":[\"phone:13812345678\",{\"type\":\"openid\",\"nss\":\"wx1\",\"value\":\"oMEI/1\"}]}",
         "ids[1]: there is no member 'nss'; the nearest is 'ns'"},
        {"POST", "/api/v1/identity/undo", "{\"ids\":[\"phone:13812345678\"],\"position\":1.5}", "position: want a whole number from 0"},
        {"POST", "/api/v1/identity/block", "{\"ids\":[\"phone:13812345678\"],\"blocked\":\"no\"}", "blocked: want true or false"},
        {"POST", "/api/v1/identity/lookup", "{\"ids\":[{\"typ\":\"phone\",\"value\":\"13812345678\"}]}", "ids[0]: there is no member 'typ'"},
        {"POST", "/api/v1/identity/type", "{\"name\":\"club\",\"limits\":1}", "the nearest is 'limit'"},
        {"POST", "/api/v1/identity/type", "{\"name\":\"club\",\"has_namespace\":\"no\"}", "has_namespace: want true or false"},
        {"POST", "/api/v1/tokens", "{\"name\":\"x\",\"roles\":[\"read\"],\"brandz\":[\"a\"]}", "there is no member 'brandz'; the nearest is 'brands'"},
        {"POST", "/api/v1/tokens", "{\"name\":\"x\",\"roles\":[\"read\"],\"masked\":\"yes\"}", "masked: want true or false"},
        {"POST", "/api/v1/tokens", "{\"name\":\"x\",\"roles\":[\"read\"],\"brands\":\"a\"}", "brands: want a list of names, this is a string"},
        {"PUT", "/api/v1/settings", "{\"name\":\"access.reads_kept\",\"value\":\"1234\"}", "value: want a whole number"},
        {"POST", "/api/v1/names", "{\"kind\":\"brand\",\"name\":\"a\",\"attribute\":{}}", "the nearest is 'attributes'"},
        {"POST", "/api/v1/hooks", "{\"name\":\"x\",\"target\":\"https://x.example\",\"fact\":[]}", "the nearest is 'facts'"},
    };
    struct place p;
    open_story(&p, t);
    const char *digest = at(&p, get(&p, "/api/v1/stats"), "digest");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reply r = ask(&p, (struct ask){.method = cases[i].method, .path = cases[i].path, .token = ADMIN, .json = cases[i].json});
        CHECK_STATUS(t, r, 400);
        if (strstr(at(&p, r, "detail"), cases[i].detail) == NULL)
            test_fail(t, __FILE__, __LINE__, "want %s, got %s", cases[i].detail, at(&p, r, "detail"));
    }
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/stats"), "digest"), digest);
    place_close(&p);
}

static void what_is_wrong_is_said_in_chinese_too(struct t *t)
{
    static const struct {
        const char *path, *json, *title, *detail;
    } cases[] = {
        {"/api/v1/people/phone:13800000001", NULL, "没有这个人", "现在没有人持有这个标识"},
        {"/api/v1/people/fone:1", NULL, "请求不符合格式要求", "是不是 'phone'"},
        {"/api/v1/nothing", NULL, "没有这个地址", "全部地址见"},
        {"/api/v1/acts", "{}", "没有这个地址", ""},
        {"/api/v1/identity/merge", "{\"ids\":", "请求不符合格式要求", "第 1 行第 8 列"},
        {"/api/v1/identity/merge", "[]", "请求不符合格式要求", "应为 JSON 对象,而不是列表"},
        {"/api/v1/identity/merge", "{" BOTH ",\"ids\":1}", "请求不符合格式要求", "ids:应为标识列表,而不是数字"},
        {"/api/v1/identity/merge", "{" BOTH ",\"preview\":\"yes\"}", "请求不符合格式要求", "preview:应为 true 或 false,而不是字符串"},
        {"/api/v1/tokens", "{\"name\":\"x\",\"brandz\":[]}", "请求不符合格式要求", "没有 'brandz' 这个字段;最接近的是 'brands'"},
        {"/api/v1/hooks", "{\"name\":\"x\",\"target\":\"../x\"}", "请求不符合格式要求", "不含路径的文件名"},
        {"/api/v1/identity/split", "{\"ids\":[\"phone:138****5678\"]}", "请求不符合格式要求", "已打码"},
        {"/api/v1/identity/split", "{\"ids\":[\"phone:13812340001\"]}", "没有人持有这个标识,请检查类型、命名空间和值。", ""},
        {"/api/v1/events", "{\"event\":\"x\",\"propertys\":{}}", "无法读取该事件", "没有 'propertys' 这个字段"},
        {"/api/v1/events", "{\"event\":\"\xD5\xD4\"}", "无法读取该事件", "GB18030 文件请用 `kith import` 导入"},
    };
    struct place p;
    open_story(&p, t);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct ask in_chinese = {.path = cases[i].path, .token = ADMIN, .json = cases[i].json, .headers = {"Accept-Language: zh-CN,zh;q=0.9"}};
        struct reply r = ask(&p, in_chinese);
        CHECK(t, r.status >= 400 && strstr(r.head, "application/problem+json") != NULL);
        CHECK_TEXT(t, at(&p, r, "title"), cases[i].title);
        if (strstr(at(&p, r, "detail"), cases[i].detail) == NULL)
            test_fail(t, __FILE__, __LINE__, "%s: got %s", cases[i].detail, at(&p, r, "detail"));
    }
    struct reply r = ask(&p, (struct ask){.path = "/api/v1/stats", .headers = {"Accept-Language: zh"}});
    CHECK_STATUS(t, r, 401);
    CHECK_TEXT(t, at(&p, r, "title"), "请出示令牌");
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/people/phone:13812340001"), "title"), "There is no such person");
    place_close(&p);
}

static void a_search_in_no_utf_8_is_refused(struct t *t)
{
    struct place p;
    open_story(&p, t);
    struct reply r = get(&p, "/api/v1/find?q=%D5%D4"); /* 赵 in GB18030 */
    CHECK_STATUS(t, r, 400);
    CHECK(t, has(r, "not UTF-8: send UTF-8; files in GB18030 go through `kith import`"));
    CHECK_STATUS(t, get(&p, "/api/v1/find?q=%E8%B5%B5"), 200);
    place_close(&p);
}

/* Cut, it might be another event's name. */
static void a_name_that_is_too_long_costs_its_event_alone(struct t *t)
{
    struct place p;
    struct buf lines;
    place_open_main(&p, t);
    buf_init(&lines, 1 << 16);
    buf_push_text(&lines, "{\"event\":\"good\",\"ids\":[{\"type\":\"user_id\",\"value\":\"u\"}]}\n{\"event\":\"");
    for (int i = 0; i < 86; i++)
        buf_push_text(&lines, "知");
    buf_push_text(&lines, "\"}\n");
    struct reply r = ask(&p, (struct ask){.path = "/api/v1/events", .token = ADMIN, .body = buf_bytes(&lines)});
    CHECK_STATUS(t, r, 200);
    CHECK_TEXT(t, at(&p, r, "accepted"), "1");
    CHECK_TEXT(t, at(&p, r, "faults.0.line"), "2");
    CHECK_TEXT(t, at(&p, r, "faults.0.detail"), "an event's name has at most 255 bytes, this has 258");
    r = ask(&p, (struct ask){.path = "/api/v1/events", .token = ADMIN, .body = buf_bytes(&lines), .headers = {"Accept-Language: zh"}});
    CHECK_TEXT(t, at(&p, r, "faults.0.detail"), "事件名至多 255 字节,现为 258 字节");
    buf_fini(&lines);
    place_close(&p);
}

static void imported_files_are_told(struct t *t)
{
    struct place p;
    place_open_main(&p, t);
    CHECK_STATUS(t, post(&p, "/api/v1/events?import=1&source=till",
                         "{\"event\":\"x\",\"line\":\"0123456789abcdef0123456789abcdef:1\"}\n{\"event\":\"x\",\"line\":\"0123456789abcdef0123456789abcdef:4100\"}\n"
                         "{\"event\":\"x\",\"line\":\"f123456789abcdef0123456789abcdef:7\"}"), 200);
    struct reply r = get(&p, "/api/v1/imports?limit=1");
    CHECK_TEXT(t, at(&p, r, "imports.0.file"), "0123456789abcdef0123456789abcdef");
    CHECK_TEXT(t, at(&p, r, "imports.0.sources"), "[\"till\"]");
    CHECK_TEXT(t, at(&p, r, "imports.0.lines"), "2");
    CHECK_TEXT(t, at(&p, r, "imports.0.last_line"), "4100");
    r = get(&p, arena_printf(t->arena, "/api/v1/imports?after=%s", at(&p, r, "next")));
    CHECK(t, count_at(&p, r, "imports") == 1 && has(r, "f123456789abcdef0123456789abcdef") && has(r, "\"next\":null"));
    r = get(&p, "/api/v1/imports?file=f123456789abcdef0123456789abcdef");
    CHECK(t, count_at(&p, r, "imports") == 1 && has(r, "\"last_line\":7"));
    CHECK_EQ(t, count_at(&p, get(&p, "/api/v1/imports?file=f123456789abcdef0123456789abcde0"), "imports"), 0);
    CHECK_STATUS(t, get(&p, "/api/v1/imports?file=e.csv"), 400);
    place_close(&p);
}

static const struct test tests[] = {
    {"a profile tells who and why", a_profile_tells_who_and_why, 1},
    {"who is not there is told what to do", who_is_not_there_is_told_what_to_do, 1},
    {"a timeline goes back page by page", a_timeline_goes_back_page_by_page, 1},
    {"equal times lose nothing", equal_times_lose_nothing, 1},
    {"people are found by what is at hand", people_are_found_by_what_is_at_hand, 1},
    {"a scope hides other brands", a_scope_hides_other_brands, 1},
    {"a mask hides the middle", a_mask_hides_the_middle, 1},
    {"a mask hides who was acted upon", a_mask_hides_who_was_acted_upon, 1},
    {"reads are noted", reads_are_noted, 1},
    {"a preview changes nothing", a_preview_changes_nothing, 1},
    {"verbs do and undo", verbs_do_and_undo, 1},
    {"a person stands for an identifier", a_person_stands_for_an_identifier, 1},
    {"many identifiers are looked up at once", many_identifiers_are_looked_up_at_once, 1},
    {"a declared type counts at once", a_declared_type_counts_at_once, 1},
    {"a token works at once and ends at once", a_token_works_at_once_and_ends_at_once, 1},
    {"a token that is over opens nothing", a_token_that_is_over_opens_nothing, 1},
    {"sources are trusted", sources_are_trusted, 1},
    {"settings stay within their ranges", settings_stay_within_their_ranges, 1},
    {"names carry labels and counts", names_carry_labels_and_counts, 1},
    {"hooks are made, told and ended", hooks_are_made_told_and_ended, 1},
    {"stats tell how much there is", stats_tell_how_much_there_is, 1},
    {"a checkpoint comes when asked for", a_checkpoint_comes_when_asked_for, 1},
    {"a slip of the pen changes nothing", a_slip_of_the_pen_changes_nothing, 1},
    {"what is wrong is said in Chinese too", what_is_wrong_is_said_in_chinese_too, 1},
    {"a search in no UTF-8 is refused", a_search_in_no_utf_8_is_refused, 1},
    {"a name that is too long costs its event alone", a_name_that_is_too_long_costs_its_event_alone, 1},
    {"imported files are told", imported_files_are_told, 1},
};
TEST_MAIN(tests)
