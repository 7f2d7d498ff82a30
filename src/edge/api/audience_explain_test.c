/* Why somebody is in a segment or not, now, at an instant and at a position.
 * Covers: audience_explain.c, audience_then.c, cut_query.c, explain_words.c, person_events.c, ../../domain/identity/joined.c, ../../domain/rule/recount.c */
#include "edge/door_test.h"

#define TRIES 20000

static void save(struct place *p, const char *list, const char *name, const char *text)
{
    const char *path = arena_printf(p->t->arena, "/api/v1/%s", list);
    const char *json = arena_printf(p->t->arena, "{\"name\":\"%s\",\"text\":\"%s\"}", name, text);
    CHECK_STATUS(p->t, ask(p, (struct ask){.method = "PUT", .path = path, .token = ADMIN, .json = json}), 200);
    for (int i = 0; i < TRIES; i++)
        if (strcmp(at(p, get(p, arena_printf(p->t->arena, "%s/%s", path, name)), "state"), "in_force") == 0)
            return;
    CHECK(p->t, false);
}

/* `others`: more members of the event. */
static void did(struct place *p, const char *id, const char *event, const char *user, const char *others)
{
    struct reply r = post(
        p, "/api/v1/events",
        arena_printf(p->t->arena, "{\"id\":\"%s\",\"event\":\"%s\",\"ids\":[%s]%s}", id, event, user, others));
    CHECK_TEXT(p->t, at(p, r, "accepted"), "1");
}
#define ANN "{\"type\":\"user_id\",\"value\":\"ann\"}"
#define PHONE "{\"type\":\"phone\",\"value\":\"13812345678\"}"

/* Three orders, of which one comes by a phone that is found to be ann's. */
static void story(struct place *p, struct t *t)
{
    place_open_main(p, t);
    did(p, "1", "order_paid", ANN, ",\"time\":\"2026-01-01T04:00:00Z\",\"properties\":{\"amount\":100}");
    did(p, "2", "order_paid", ANN, ",\"time\":\"2026-01-20T04:00:00Z\",\"properties\":{\"amount\":30.5}");
    did(p, "3", "order_paid", PHONE, ",\"time\":\"2026-01-10T04:00:00Z\",\"properties\":{\"amount\":7}");
    did(p, "4", "login", ANN "," PHONE, ",\"time\":\"2026-01-25T04:00:00Z\"");
    save(p, "segments", "vip", "count(order_paid in last 30 days) >= 3 and email is unknown");
    save(p, "tags", "spent", "count(order_paid)");
}
#define VIP "/api/v1/segments/vip/explain/user_id:ann"

/* As of the 26th three orders are within 30 days; on the 31st the first one falls out. */
static void an_instant_is_explained_part_by_part(struct t *t)
{
    struct place p;
    story(&p, t);
    struct reply r = get(&p, VIP "?instant=2026-01-26%2009:00");
    CHECK_STATUS(t, r, 200);
    CHECK_TEXT(t, at(&p, r, "value"), "true");
    CHECK_TEXT(t, at(&p, r, "as_of.time"), "2026-01-26T01:00:00.000Z");
    CHECK_TEXT(t, at(&p, r, "as_of.of_now.0"), "identity");
    CHECK_TEXT(t, at(&p, r, "turn"), "2026-01-30T16:00:00.000Z"); /* midnight in Shanghai */
    CHECK_TEXT(t, at(&p, r, "then"), "false");
    CHECK_TEXT(t, at(&p, r, "tree.kind"), "all");
    CHECK_TEXT(t, at(&p, r, "tree.parts.0.kind"), "compared");
    CHECK_TEXT(t, at(&p, r, "tree.parts.0.text"), "count(order_paid in last 30 days) >= 3");
    CHECK_TEXT(t, at(&p, r, "tree.parts.0.wants"), "3");
    CHECK_TEXT(t, at(&p, r, "tree.parts.0.parts.0.value"), "3");
    CHECK_TEXT(t, at(&p, r, "tree.parts.0.parts.0.from"), "2025-12-27T16:00:00.000Z");
    CHECK_EQ(t, count_at(&p, r, "tree.parts.0.parts.0.events"), 3);
    CHECK_TEXT(t, at(&p, r, "tree.parts.0.parts.0.events.0.time"), "2026-01-20T04:00:00.000Z");
    CHECK_TEXT(t, at(&p, r, "tree.parts.0.parts.0.events.0.adds"), "1");
    CHECK(t, has(r, "近 30 天“支付订单”次数为 3,需要 ≥ 3;2026-01-31 00:00 起不再成立,除非其间再有变化"));
    CHECK(t, has(r, "how often order_paid in last 30 days is 3, wanted ≥ 3; no longer from 2026-01-31 00:00 on"));
    CHECK_EQ(t, count_at(&p, r, "missing"), 0);
    place_close(&p);
}

static void what_is_missing_is_told(struct t *t)
{
    struct place p;
    story(&p, t);
    struct reply r = get(&p, VIP); /* now, long after */
    CHECK_TEXT(t, at(&p, r, "value"), "false");
    CHECK_EQ(t, count_at(&p, r, "missing"), 1);
    CHECK_TEXT(t, at(&p, r, "missing.0.lacks"), "3");
    CHECK_TEXT(t, at(&p, r, "missing.0.should_hold"), "true");
    CHECK(t, has(r, "需要 ≥ 3,还差 3"));
    CHECK_EQ(t, count_at(&p, r, "as_of.of_now"), 0);
    r = get(&p, "/api/v1/tags/spent/explain/user_id:ann?events=2");
    CHECK_TEXT(t, at(&p, r, "value"), "3");
    CHECK_EQ(t, count_at(&p, r, "tree.events"), 2);
    CHECK(t, at(&p, r, "since")[0] != 0);
    place_close(&p);
}

/* The order of the phone is ann's since the login that had both. */
static void what_a_merge_brought_says_so(struct t *t)
{
    struct place p;
    story(&p, t);
    struct reply r = get(&p, "/api/v1/tags/spent/explain/user_id:ann");
    CHECK_TEXT(t, at(&p, r, "tree.events.1.time"), "2026-01-10T04:00:00.000Z");
    struct reply events = get(&p, "/api/v1/people/user_id:ann/timeline");
    const char *login = at(&p, events, "events.0.position");
    bool brought = strcmp(at(&p, r, "tree.events.1.brought.position"), login) == 0;
    bool is_lead = strcmp(at(&p, r, "tree.events.0.brought.position"), login) ==
                   0; /* the phone stands for her: the others were brought */
    CHECK(t, brought != is_lead);
    place_close(&p);
}

/* Before position P only what the log had is known: the late order isn't. */
static void a_position_knows_what_the_log_had(struct t *t)
{
    struct place p;
    story(&p, t);
    struct reply events = get(&p, "/api/v1/people/user_id:ann/timeline");
    const char *login = at(&p, events, "events.0.position");
    struct reply r = get(&p, arena_printf(t->arena, "/api/v1/tags/spent/explain/user_id:ann?position=%s", login));
    CHECK_TEXT(t, at(&p, r, "value"), "3");
    CHECK_TEXT(t, at(&p, r, "as_of.position"), login);
    const char *second = at(&p, events, "events.2.position"); /* of the order on the 10th, which came third */
    r = get(&p, arena_printf(t->arena, "/api/v1/tags/spent/explain/user_id:ann?position=%s", second));
    CHECK_TEXT(t, at(&p, r, "value"), "2");
    CHECK_STATUS(t, get(&p, "/api/v1/tags/spent/explain/user_id:ann?position=1"), 404);
    place_close(&p);
}

/* Of an instant all that is known now counts; of a position what the log had. */
static void who_was_in_it_is_listed(struct t *t)
{
    struct place p;
    story(&p, t);
    did(&p, "5", "order_paid", "{\"type\":\"user_id\",\"value\":\"bob\"}", ",\"time\":\"2026-01-15T04:00:00Z\"");
    save(&p, "segments", "quiet", "not did(order_paid in last 3 days) and did(order_paid)");
    const char *ann = at(&p, get(&p, "/api/v1/people/user_id:ann"), "id");
    const char *bob = at(&p, get(&p, "/api/v1/people/user_id:bob"), "id");
    struct reply r = get(&p, "/api/v1/segments/vip/then?instant=2026-01-26");
    CHECK_STATUS(t, r, 200);
    CHECK_TEXT(t, at(&p, r, "count"), "1");
    CHECK_TEXT(t, at(&p, r, "people.0.person.id"), ann);
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/segments/vip/then?instant=2026-02-26"), "count"), "0");
    r = get(&p, "/api/v1/segments/quiet/then?instant=2026-01-22"); /* ann ordered on the 20th */
    CHECK_TEXT(t, at(&p, r, "count"), "1");
    CHECK_TEXT(t, at(&p, r, "people.0.person.id"), bob);
    r = get(&p, "/api/v1/tags/spent/then?instant=2026-01-16");
    CHECK_TEXT(t, at(&p, r, "count"), "2");
    CHECK_TEXT(t, at(&p, r, "people.0.value"), "2");
    CHECK_TEXT(t, at(&p, r, "people.1.value"), "1");
    r = get(&p, "/api/v1/tags/spent/then?instant=2026-01-16&limit=1");
    CHECK_EQ(t, count_at(&p, r, "people"), 1);
    r = get(&p, arena_printf(t->arena, "/api/v1/tags/spent/then?instant=2026-01-16&after=%s", at(&p, r, "next")));
    CHECK_TEXT(t, at(&p, r, "people.0.person.id"), bob);
    struct reply events = get(&p, "/api/v1/people/user_id:ann/timeline");
    r = get(&p, arena_printf(t->arena, "/api/v1/tags/spent/then?position=%s", at(&p, events, "events.2.position")));
    CHECK_TEXT(t, at(&p, r, "count"), "1");
    CHECK_TEXT(t, at(&p, r, "people.0.value"), "2");
    CHECK_STATUS(t, get(&p, "/api/v1/tags/spent/then"), 400);
    CHECK_STATUS(t, get(&p, "/api/v1/tags/nobody/then?position=1"), 404);
    place_close(&p);
}

/* Orders are as they are now, but what began after the instant wasn't there yet. */
static void orders_of_later_do_not_count(struct t *t)
{
    struct place p;
    place_open_main(&p, t);
    did(&p, "1", "login", ANN, ",\"time\":\"2026-01-01T04:00:00Z\"");
    save(&p, "tags", "bought", "count(order)");
    save(&p, "tags", "spent", "sum(order from '2026-01-01' to '2026-02-28')");
    struct reply r = post(&p, "/api/v1/orders",
                          "[{\"shop\":\"s\",\"number\":\"1\",\"version\":1,\"buyer\":[" ANN "],\"states\":{\"created\":"
                          "\"2026-01-05T04:00:00Z\",\"paid\":\"2026-01-05T04:00:00Z\"},\"lines\":[{\"line\":\"1\","
                          "\"sku\":\"a\",\"quantity\":1,\"paid\":7}]},"
                          "{\"shop\":\"s\",\"number\":\"2\",\"version\":1,\"buyer\":[" ANN "],\"states\":{\"created\":"
                          "\"2026-02-05T04:00:00Z\",\"paid\":\"2026-02-05T04:00:00Z\"},\"lines\":[{\"line\":\"1\","
                          "\"sku\":\"a\",\"quantity\":1,\"paid\":5}]}]");
    CHECK_TEXT(t, at(&p, r, "accepted"), "2");
    for (int i = 0; i < TRIES && strcmp(at(&p, get(&p, "/api/v1/tags/bought/explain/user_id:ann"), "value"), "2") != 0;
         i++)
        continue; /* what follows an order follows it soon */
    r = get(&p, "/api/v1/tags/bought/explain/user_id:ann?instant=2026-01-16");
    CHECK_TEXT(t, at(&p, r, "value"), "1");
    CHECK_TEXT(t, at(&p, r, "as_of.of_now.1"), "orders");
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/tags/spent/explain/user_id:ann?instant=2026-01-16"), "value"), "7");
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/tags/spent/explain/user_id:ann?instant=2026-01-03"), "value"), "0");
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/tags/spent/explain/user_id:ann?instant=2026-02-06"), "value"), "12");
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/tags/bought/then?instant=2026-01-16"), "people.0.value"), "1");
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/tags/bought/then?instant=2026-01-03"), "count"), "0");
    place_close(&p);
}

static void what_is_asked_badly_is_refused(struct t *t)
{
    static const struct {
        const char *path;
        int status;
    } bad[] = {{"/api/v1/segments/nobody/explain/user_id:ann", 404},
               {"/api/v1/segments/vip/explain/user_id:nobody", 404},
               {VIP "?instant=yesterday", 400},
               {VIP "?position=x", 400},
               {VIP "?position=3&instant=2026-01-01", 400},
               {VIP "?events=x", 400}};
    struct place p;
    story(&p, t);
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        CHECK_STATUS(t, get(&p, bad[i].path), bad[i].status);
    place_close(&p);
}

/* A masked token is told numbers and dates; no text of a rule, and no value of a person. */
static void a_masked_token_is_told_no_texts(struct t *t)
{
    static const struct token masked = {.name = "masked", .roles = 1u << ROLE_READ, .masked = true};
    struct place p;
    story(&p, t);
    place_token(&p, "main", &masked, "kith_m");
    save(&p, "segments", "hers", "phone = '13812345678' or count(order_paid) >= 9");
    struct reply r = ask(&p, (struct ask){.path = "/api/v1/segments/hers/explain/user_id:ann", .token = "kith_m"});
    CHECK_STATUS(t, r, 200);
    CHECK(t, !has(r, "13812345678") && has(r, "还差 6"));
    CHECK_TEXT(t, at(&p, r, "tree.parts.0.text"), "null");
    CHECK(t, has(ask(&p, (struct ask){.path = "/api/v1/segments/hers/explain/user_id:ann", .token = ADMIN}),
                 "13812345678"));
    place_close(&p);
}

static const struct test tests[] = {
    {"an instant is explained part by part", an_instant_is_explained_part_by_part, 1},
    {"what is missing is told", what_is_missing_is_told, 1},
    {"what a merge brought says so", what_a_merge_brought_says_so, 1},
    {"a position knows what the log had", a_position_knows_what_the_log_had, 1},
    {"who was in it is listed", who_was_in_it_is_listed, 1},
    {"orders of later do not count", orders_of_later_do_not_count, 1},
    {"what is asked badly is refused", what_is_asked_badly_is_refused, 1},
    {"a masked token is told no texts", a_masked_token_is_told_no_texts, 1},
};
TEST_MAIN(tests)
