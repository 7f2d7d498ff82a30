/* Changes by HTTP: in order and whole from any cursor, in what a token may see, and who takes them. Covers: changes.c, changes_print.c,
 * consumers.c */
#include "domain/change/change.h"
#include "edge/door_test.h"

#define CHANGES "/api/v1/changes"
#define CONSUMERS "/api/v1/consumers/"
#define ASKS_MAX 1000

static const char story[] =
    "{\"id\":\"1\",\"event\":\"order_paid\",\"brand\":\"a\",\"ids\":[{\"type\":\"user_id\",\"value\":\"ann\"},{"
    "\"type\":\"phone\",\"value\":\"13812345678\"}],"
    "\"traits\":{\"name\":\"王安安\"},\"properties\":{\"note\":\"只给甲\"}}\n"
    "{\"id\":\"2\",\"event\":\"order_paid\",\"brand\":\"b\",\"ids\":[{\"type\":\"user_id\",\"value\":\"bea\"}],"
    "\"properties\":{\"note\":\"只给乙\"}}\n"
    "{\"id\":\"3\",\"event\":\"price_changed\",\"brand\":\"a\"}\n"
    "{\"id\":\"4\",\"event\":\"login\",\"brand\":\"a\",\"ids\":[{\"type\":\"user_id\",\"value\":\"cleo\"}]}\n";

static struct reply put_consumer(struct place *p, const char *name, const char *json)
{
    return ask(
        p, (struct ask){
               .method = "PUT", .path = arena_printf(p->t->arena, CONSUMERS "%s", name), .token = ADMIN, .json = json});
}

static struct reply changes(struct place *p, const char *query)
{
    return get(p, arena_printf(p->t->arena, CHANGES "%s", query));
}

/* The events of a split are folded anew beside it, and what comes of it is a change too. */
static void split_await(struct place *p)
{
    int left = ASKS_MAX;
    while (left > 0 && !has(changes(p, "?facts=profile_changed"), "\"cause\":\"split\""))
        left--;
    CHECK(p->t, left > 0);
}

static void open_story(struct place *p, struct t *t)
{
    static const struct token of_a = {.name = "desk-a", .roles = 1u << ROLE_READ, .brand_count = 1, .brands = {"a"}};
    static const struct token masked = {.name = "masked", .roles = 1u << ROLE_READ, .masked = true};
    place_open_main(p, t);
    place_token(p, "main", &of_a, "kith_a");
    place_token(p, "main", &masked, "kith_masked");
    CHECK_STATUS(t, put_consumer(p, "copy", "{\"from\":\"now\"}"), 200);
    CHECK_TEXT(t, at(p, post(p, "/api/v1/events", story), "accepted"), "4");
    CHECK_STATUS(t, post(p, "/api/v1/identity/merge", "{\"ids\":[\"user_id:ann\",\"user_id:cleo\"]}"), 200);
    CHECK_STATUS(t, post(p, "/api/v1/identity/split", "{\"ids\":[\"user_id:cleo\"]}"), 200);
    CHECK_STATUS(t,
                 post(p, "/api/v1/things",
                      "{\"kind\":\"store\",\"id\":\"SB\",\"attributes\":{\"name\":\"外滩店\",\"brand\":\"b\"}}"),
                 200);
    CHECK_STATUS(t,
                 post(p, "/api/v1/orders",
                      "{\"shop\":\"s\",\"number\":\"7\",\"brand\":\"b\",\"modified\":\"2026-11-11T00:00:00Z\"}"),
                 200);
    split_await(p);
}

/* The first line of a fact, or one of no such fact. */
static size_t line_with(struct place *p, struct reply r, const char *fact)
{
    size_t n = 0;
    while (n < lines_of(r) && strcmp(in_line(p, r, n, "fact"), fact) != 0)
        n++;
    CHECK(p->t, n < lines_of(r));
    return n;
}

static void changes_come_in_the_order_of_the_log(struct t *t)
{
    struct place p;
    open_story(&p, t);
    struct reply r = changes(&p, "?after=start");
    CHECK_STATUS(t, r, 200);
    CHECK(t, strstr(r.head, "application/x-ndjson") != NULL);
    size_t last = lines_of(r) - 1;
    CHECK_TEXT(t, in_line(&p, r, last, "more"), "false");
    struct change_cursor before = {0, 0}, cursor;
    for (size_t i = 0; i < last; i++) {
        CHECK(t, change_cursor_read(bytes_of_text(in_line(&p, r, i, "cursor")), &cursor));
        CHECK(t, change_cursor_compare(before, cursor) < 0);
        before = cursor;
    }
    size_t n = line_with(&p, r, "event_arrived");
    CHECK_TEXT(t, in_line(&p, r, n, "data.event.properties.note"), "只给甲");
    CHECK_TEXT(t, in_line(&p, r, n, "data.person"), at(&p, get(&p, "/api/v1/people/user_id:ann"), "id"));
    n = line_with(&p, r, "thing_changed");
    CHECK_TEXT(t, in_line(&p, r, n, "data.id"), "SB");
    CHECK_TEXT(t, in_line(&p, r, n, "data.change"), "created");
    n = line_with(&p, r, "order_changed");
    CHECK_TEXT(t, in_line(&p, r, n, "data.number"), "7");
    CHECK_TEXT(t, in_line(&p, r, n, "data.new"), "true");
    n = line_with(&p, r, "person_split");
    struct reply split = {.body = line_of(r, n)};
    CHECK_EQ(t, count_at(&p, split, "data.parts"), 2);
    CHECK_TEXT(t, in_line(&p, r, line_with(&p, r, "person_merged"), "cause"), "merge");
    CHECK(t, has(get(&p, "/api/v1/reads"), CHANGES));
    place_close(&p);
}

/* A page at a time gives the same lines as all at once, whatever fits a page. */
static void a_cursor_goes_on_where_it_stood(struct t *t)
{
    struct place p;
    open_story(&p, t);
    struct reply whole = changes(&p, "");
    for (int limit = 1; limit <= 4; limit++) {
        const char *cursor = "start";
        size_t n = 0;
        for (bool more = true; more;) {
            struct reply r = changes(&p, arena_printf(t->arena, "?limit=%d&after=%s", limit, cursor));
            size_t lines = lines_of(r) - 1;
            for (size_t i = 0; i < lines; i++)
                CHECK_BYTES(t, line_of(r, i), line_of(whole, n++));
            cursor = in_line(&p, r, lines, "cursor");
            more = lines > 0;
        }
        CHECK_EQ(t, n, lines_of(whole) - 1);
    }
    struct reply r = changes(&p, "?after=now");
    CHECK_EQ(t, lines_of(r), 1);
    CHECK_TEXT(t,
               at(&p,
                  post(&p, "/api/v1/events",
                       "{\"id\":\"9\",\"event\":\"login\",\"ids\":[{\"type\":\"user_id\",\"value\":\"dan\"}]}"),
                  "accepted"),
               "1");
    r = changes(&p, arena_printf(t->arena, "?facts=event_arrived&after=%s", in_line(&p, r, 0, "cursor")));
    CHECK_EQ(t, lines_of(r), 2);
    CHECK_TEXT(t, in_line(&p, r, 0, "data.event.id"), "9");
    place_close(&p);
}

static void filters_leave_out(struct t *t)
{
    struct place p;
    open_story(&p, t);
    CHECK_EQ(t, lines_of(changes(&p, "?facts=event_arrived")), 5);
    CHECK_EQ(t, lines_of(changes(&p, "?facts=thing_changed,order_changed")), 3);
    CHECK_EQ(t, lines_of(changes(&p, "?facts=event_arrived&brand=a")), 4);
    CHECK_EQ(t, lines_of(changes(&p, "?facts=order_changed&brand=a")), 1);
    CHECK_EQ(t, lines_of(changes(&p, "?facts=order_changed,thing_changed&brand=b")), 3);
    CHECK(t, has(changes(&p, "?facts=person_marged"), "person_merged"));
    CHECK_STATUS(t, changes(&p, "?after=4711"), 400);
    CHECK_STATUS(t, changes(&p, "?after=1-1&consumer=copy"), 400);
    CHECK_STATUS(t, changes(&p, "?state=2"), 400);
    place_close(&p);
}

/* What it is of stands beside it, as it is now. */
static void states_are_those_of_now(struct t *t)
{
    struct place p;
    open_story(&p, t);
    CHECK_STATUS(
        t, post(&p, "/api/v1/things", "{\"kind\":\"store\",\"id\":\"SB\",\"attributes\":{\"name\":\"静安店\"}}"), 200);
    struct reply r = changes(&p, "?state=1");
    CHECK_TEXT(t, in_line(&p, r, line_with(&p, r, "thing_changed"), "state.attributes.name"), "静安店");
    CHECK_TEXT(t, in_line(&p, r, line_with(&p, r, "order_changed"), "state.number"), "7");
    size_t n = line_with(&p, r, "profile_changed");
    CHECK_TEXT(t, in_line(&p, r, n, "data.trait"), "name");
    CHECK_TEXT(t, in_line(&p, r, n, "state.id"), in_line(&p, r, n, "data.person"));
    place_close(&p);
}

static void a_token_hears_of_what_it_sees(struct t *t)
{
    struct place p;
    open_story(&p, t);
    const char *bea = at(&p, get(&p, "/api/v1/people/user_id:bea"), "id");
    struct reply r = ask(&p, (struct ask){.path = CHANGES "?state=1", .token = "kith_a"});
    CHECK_STATUS(t, r, 200);
    CHECK(t, has(changes(&p, ""), bea) && !has(r, bea));
    CHECK(t, has(r, "只给甲") && has(r, "王安安") && has(r, "person_merged"));
    CHECK(t, !has(r, "只给乙") && !has(r, "bea") && !has(r, "静安店") && !has(r, "order_changed"));
    CHECK_STATUS(t, ask(&p, (struct ask){.path = "/api/v1/consumers", .token = "kith_a"}), 403);
    r = ask(&p, (struct ask){.path = CHANGES "?state=1", .token = "kith_masked"});
    CHECK(t, has(r, "只给乙") && has(r, "138****5678"));
    CHECK(t, !has(r, "13812345678") && !has(r, "王安安"));
    CHECK_STATUS(t, ask(&p, (struct ask){.path = CHANGES}), 401);
    place_close(&p);
}

/* Of somebody who was erased only that is told. */
static void who_was_erased_is_not_told_of(struct t *t)
{
    struct place p;
    open_story(&p, t);
    const char *id = at(&p, get(&p, "/api/v1/people/user_id:ann"), "id");
    CHECK(t, has(changes(&p, "?state=1"), "13812345678"));
    CHECK_STATUS(t, post(&p, "/api/v1/people/user_id:ann/erase", "{\"reason\":\"42\"}"), 200);
    struct reply r = changes(&p, "?state=1");
    size_t n = line_with(&p, r, "person_erased");
    CHECK_TEXT(t, in_line(&p, r, n, "data.person"), id);
    CHECK(t, !has(r, "13812345678") && !has(r, "王安安") && !has(r, "\"ann\"") && !has(r, "只给甲"));
    CHECK(t, has(r, "cleo") && has(r, "只给乙"));
    r = ask(&p, (struct ask){.path = CHANGES, .token = "kith_a"});
    (void)line_with(&p, r, "person_erased"); /* whoever keeps a copy must hear of it */
    place_close(&p);
}

/* What the log still has of somebody who was erased is not told of whoever comes again by the same phone; nor do others' events name them. */
static void who_was_erased_does_not_come_back_with_their_phone(struct t *t)
{
    static const char named[] =
        "{\"id\":\"5\",\"event\":\"order_paid\",\"ids\":[{\"type\":\"user_id\",\"value\":\"bea\"},{"
        "\"type\":\"phone\",\"value\":\"13812345678\",\"role\":\"receiver\"}]}";
    static const char bare[] =
        "{\"id\":\"6\",\"event\":\"login\",\"ids\":[{\"type\":\"phone\",\"value\":\"13812345678\"}]}";
    static const char again[] =
        "{\"id\":\"7\",\"event\":\"login\",\"ids\":[{\"type\":\"phone\",\"value\":\"13812345678\"}],"
        "\"properties\":{\"note\":\"来自新客\"}}";
    struct place p;
    open_story(&p, t);
    CHECK_TEXT(t, at(&p, post(&p, "/api/v1/events", named), "accepted"), "1");
    CHECK_TEXT(t, at(&p, post(&p, "/api/v1/events", bare), "accepted"), "1");
    CHECK_EQ(t, lines_of(changes(&p, "?facts=event_arrived")), 7);
    CHECK_STATUS(t, post(&p, "/api/v1/people/phone:13812345678/erase", "{\"reason\":\"42\"}"), 200);
    CHECK(t, !has(changes(&p, ""), "13812345678"));
    CHECK_TEXT(t, at(&p, post(&p, "/api/v1/events", again), "accepted"), "1");
    struct reply r = changes(&p, "?facts=event_arrived");
    CHECK_EQ(t, lines_of(r), 6); /* of bea two, of nobody and cleo one, and the new one */
    CHECK(t, !has(r, "只给甲") && has(r, "来自新客"));
    CHECK_TEXT(t, in_line(&p, r, 3, "data.event.id"), "5");
    CHECK_EQ(t, count_at(&p, (struct reply){.body = line_of(r, 3)}, "data.event.ids"), 1);
    place_close(&p);
}

static void a_merge_tells_who_was_absorbed(struct t *t)
{
    struct place p;
    open_story(&p, t);
    const char *ann = at(&p, get(&p, "/api/v1/people/user_id:ann"),
                         "id"); /* the younger number, since she was split off */
    const char *bea = at(&p, get(&p, "/api/v1/people/user_id:bea"), "id");
    CHECK_STATUS(t, post(&p, "/api/v1/identity/merge", "{\"ids\":[\"user_id:ann\",\"user_id:bea\"]}"), 200);
    struct reply r = changes(&p, "?facts=person_merged");
    size_t n = lines_of(r) - 2;
    CHECK_TEXT(t, in_line(&p, r, n, "data.person"), bea);
    CHECK_TEXT(t, in_line(&p, r, n, "data.absorbed"), ann);
    place_close(&p);
}

/* Ann is known to both: of what she is to b a token of a hears nothing, nor does who asks for a alone. */
static void what_somebody_is_to_another_brand_is_not_told(struct t *t)
{
    static const char at_b[] = "{\"id\":\"8\",\"event\":\"friend_added\",\"brand\":\"b\",\"staff\":\"G1\",\"ids\":[{"
                               "\"type\":\"user_id\",\"value\":\"ann\"}],"
                               "\"traits\":{\"skin\":\"油性\"},\"consents\":[{\"purpose\":\"marketing\",\"given\":true}"
                               ",{\"purpose\":\"marketing\","
                               "\"given\":true,\"entity\":\"乙公司\"}]}";
    struct place p;
    open_story(&p, t);
    CHECK_TEXT(t, at(&p, post(&p, "/api/v1/events", at_b), "accepted"), "1");
    struct reply all = changes(&p, "?facts=profile_changed,relation_changed");
    struct reply of_b = changes(&p, "?facts=profile_changed,relation_changed&brand=b");
    struct reply of_a = changes(&p, "?facts=profile_changed,relation_changed&brand=a");
    struct reply to_a = ask(&p,
                            (struct ask){.path = CHANGES "?facts=profile_changed,relation_changed", .token = "kith_a"});
    CHECK_EQ(t, lines_of(all), 7);  /* a's name, and again behind the split; b's skin, two consents, a friend */
    CHECK_EQ(t, lines_of(of_b), 4); /* the entity is not said to be b's */
    CHECK(t, has(of_b, "skin") && has(of_b, "\"brand\":\"b\"") && !has(of_b, "\"name\""));
    CHECK_EQ(t, lines_of(of_a), 3);
    CHECK_EQ(t, lines_of(to_a), 3);
    CHECK(t, has(to_a, "\"name\"") && !has(to_a, "skin") && has(of_a, "\"name\""));
    place_close(&p);
}

#define DEVICE "0b7f6c1e-3d52-4c0e-9a44-%012d"

/* People by the devices 0..count, all of whom are found to be one. */
static void join_many(struct place *p, int count, int a_bind)
{
    struct arena *a = p->t->arena;
    struct buf lines;
    buf_init(&lines, 1 << 20);
    for (int i = 0; i < count; i++)
        buf_printf(&lines,
                   "{\"id\":\"d%d\",\"event\":\"login\",\"ids\":[{\"type\":\"device_id\",\"value\":\"" DEVICE "\"}]}\n",
                   i, i);
    CHECK_STATUS(p->t, ask(p, (struct ask){.path = "/api/v1/events", .token = ADMIN, .body = buf_bytes(&lines)}), 200);
    buf_fini(&lines);
    for (int i = 1; i < count; i += a_bind) {
        const char *ids = arena_printf(a, "\"device_id:" DEVICE "\"", 0);
        for (int k = i; k < i + a_bind && k < count; k++)
            ids = arena_printf(a, "%s,\"device_id:" DEVICE "\"", ids, k);
        CHECK_STATUS(p->t, post(p, "/api/v1/identity/bind", arena_printf(a, "{\"ids\":[%s]}", ids)), 200);
    }
}

/* More than one step may write: the first time that the erasure is told, all their ids are. */
static void who_was_many_is_told_of_whole(struct t *t)
{
    enum { MANY = 330, A_BIND = 30 };
    struct place p;
    place_open_main(&p, t);
    CHECK_STATUS(t, put_consumer(&p, "copy", "{\"from\":\"now\"}"), 200);
    join_many(&p, MANY, A_BIND);
    CHECK_STATUS(
        t, post(&p, arena_printf(t->arena, "/api/v1/people/device_id:" DEVICE "/erase", 0), "{\"reason\":\"42\"}"),
        200);
    struct reply r = changes(&p, "?facts=person_erased");
    for (int i = 0; i < ASKS_MAX && lines_of(r) < 2; i++)
        r = changes(&p, "?facts=person_erased");
    CHECK_EQ(t, lines_of(r), 2);
    CHECK_EQ(t, count_at(&p, (struct reply){.body = line_of(r, 0)}, "data.absorbed"), MANY - 1);
    place_close(&p);
}

static void consumers_come_along(struct t *t)
{
    struct place p;
    static const struct token loader = {.name = "loader", .roles = 1u << ROLE_READ};
    place_open_main(&p, t);
    place_token(&p, "main", &loader, "kith_loader");
    struct reply r = changes(&p, "");
    CHECK_STATUS(t, r, 409);
    CHECK(t, has(r, "changes-not-kept"));
    CHECK_STATUS(t, put_consumer(&p, "copy", "{\"from\":\"now\"}"), 200);
    CHECK_STATUS(t, put_consumer(&p, "copy", "{}"), 400);
    CHECK_STATUS(t, put_consumer(&p, "copy", "{\"from\":\"1-1-1\"}"), 400);
    CHECK_STATUS(t, changes(&p, "?consumer=other"), 404);
    CHECK_TEXT(t, at(&p, post(&p, "/api/v1/events", story), "accepted"), "4");
    r = get(&p, "/api/v1/consumers");
    CHECK_TEXT(t, at(&p, r, "consumers.0.name"), "copy");
    CHECK_TEXT(t, at(&p, r, "consumers.0.lag"), at(&p, r, "kept"));
    r = changes(&p, "?consumer=copy&limit=2");
    const char *cursor = in_line(&p, r, 2, "cursor");
    struct reply rest = changes(&p, arena_printf(t->arena, "?after=%s", cursor));
    struct ask acknowledge = {.method = "PUT",
                              .path = CONSUMERS "copy",
                              .token = "kith_loader",
                              .json = arena_printf(t->arena, "{\"acknowledged\":\"%s\"}", cursor)};
    CHECK_STATUS(t, ask(&p, acknowledge), 200);
    CHECK_BYTES(t, line_of(changes(&p, "?consumer=copy"), 0), line_of(rest, 0));
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/consumers"), "consumers.0.by"), "admin");
    acknowledge.json = "{\"from\":\"now\"}";
    CHECK_STATUS(t, ask(&p, acknowledge), 403); /* what is kept is for an admin to say */
    acknowledge.json = "{\"acknowledged\":\"99999999-0\"}";
    CHECK_STATUS(t, ask(&p, acknowledge), 409);
    CHECK_STATUS(t, changes(&p, "?after=99999999-0"), 410);
    CHECK_STATUS(t, changes(&p, "?after=0-0"), 410);
    CHECK(t, has(changes(&p, "?after=0-0"), "after=now"));
    CHECK_STATUS(t, ask(&p, (struct ask){.method = "DELETE", .path = CONSUMERS "copy", .token = ADMIN}), 200);
    CHECK_STATUS(t, changes(&p, ""), 409);
    place_close(&p);
}

static const struct test tests[] = {
    {"changes come in the order of the log", changes_come_in_the_order_of_the_log, 1},
    {"a cursor goes on where it stood", a_cursor_goes_on_where_it_stood, 1},
    {"filters leave out", filters_leave_out, 1},
    {"states are those of now", states_are_those_of_now, 1},
    {"a token hears of what it sees", a_token_hears_of_what_it_sees, 1},
    {"who was erased is not told of", who_was_erased_is_not_told_of, 1},
    {"who was erased does not come back with their phone", who_was_erased_does_not_come_back_with_their_phone, 1},
    {"who was many is told of whole", who_was_many_is_told_of_whole, 1},
    {"a merge tells who was absorbed", a_merge_tells_who_was_absorbed, 1},
    {"what somebody is to another brand is not told", what_somebody_is_to_another_brand_is_not_told, 1},
    {"consumers come along", consumers_come_along, 1},
};
TEST_MAIN(tests)
