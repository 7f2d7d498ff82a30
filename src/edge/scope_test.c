/* What a token that is limited to brands may see and decide, asked by HTTP. Covers: scope.c, api/list.c, identifiers.c */
#include "edge/door_test.h"

/* Ann bought at brand a, Bea at b, Cleo at both; Dan is known to the group alone. */
static const char story[] =
    "{\"id\":\"1\",\"event\":\"order_paid\",\"brand\":\"a\",\"ids\":[{\"type\":\"user_id\",\"value\":\"ann\"},{\"type\":\"email\",\"value\":\"ann@example.com\"}]}\n"
    "{\"id\":\"2\",\"event\":\"order_paid\",\"brand\":\"b\",\"ids\":[{\"type\":\"user_id\",\"value\":\"bea\"},{\"type\":\"email\",\"value\":\"bea@example.com\"}]}\n"
    "{\"id\":\"3\",\"event\":\"order_paid\",\"brand\":\"a\",\"ids\":[{\"type\":\"user_id\",\"value\":\"cleo\"}]}\n"
    "{\"id\":\"4\",\"event\":\"order_paid\",\"brand\":\"b\",\"ids\":[{\"type\":\"user_id\",\"value\":\"cleo\"}]}\n"
    "{\"id\":\"5\",\"event\":\"login\",\"ids\":[{\"type\":\"user_id\",\"value\":\"dan\"}]}";

static void open_story(struct place *p, struct t *t)
{
    static const struct token of_a = {
        .name = "desk-a", .roles = 1u << ROLE_READ | 1u << ROLE_WRITE | 1u << ROLE_ADMIN, .brand_count = 1, .brands = {"a"}};
    place_open_main(p, t);
    place_token(p, "main", &of_a, "kith_a");
    CHECK_TEXT(t, at(p, post(p, "/api/v1/events", story), "accepted"), "5");
}

static struct reply of_a(struct place *p, const char *path, const char *json)
{
    return ask(p, (struct ask){.path = path, .token = "kith_a", .json = json});
}

static const char *id_of(struct place *p, const char *user)
{
    return at(p, get(p, arena_printf(p->t->arena, "/api/v1/people/user_id:%s", user)), "id");
}

/* Every verb hears of who is outside as of nobody, with a preview too. */
static void verbs_know_nobody_outside(struct t *t)
{
    static const struct {
        const char *verb, *ids, *more;
        int status;
    } cases[] = {
        {"bind", "\"user_id:ann\",\"phone:13812345678\"", "", 200},
        {"bind", "\"user_id:bea\",\"phone:13812345678\"", "", 404},
        {"bind", "\"user_id:ann\",\"email:bea@example.com\"", "", 404},
        {"merge", "\"user_id:ann\",\"user_id:cleo\"", "", 200},
        {"merge", "\"user_id:ann\",\"user_id:dan\"", "", 200},
        {"merge", "\"user_id:ann\",\"user_id:bea\"", "", 404},
        {"merge", "\"user_id:ann\",\"user_id:nobody\"", "", 404},
        {"split", "\"email:ann@example.com\"", "", 200},
        {"split", "\"email:bea@example.com\"", "", 404},
        {"unbind", "\"email:ann@example.com\"", "", 200},
        {"unbind", "\"email:bea@example.com\"", "", 404},
        {"never-merge", "\"user_id:ann\",\"user_id:cleo\"", "", 200},
        {"never-merge", "\"user_id:bea\",\"user_id:cleo\"", "", 404},
        {"review", "\"user_id:bea\"", ",\"choice\":\"release\"", 404},
        {"undo", "\"user_id:bea\"", "", 404},
    };
    struct place p;
    open_story(&p, t);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *path = arena_printf(t->arena, "/api/v1/identity/%s", cases[i].verb);
        const char *body = arena_printf(t->arena, "{\"ids\":[%s]%s,\"preview\":true}", cases[i].ids, cases[i].more);
        CHECK_STATUS(t, of_a(&p, path, body), cases[i].status);
        if (cases[i].status != 404)
            continue;
        struct reply r = of_a(&p, path, arena_printf(t->arena, "{\"ids\":[%s]%s}", cases[i].ids, cases[i].more));
        CHECK_STATUS(t, r, 404);
        CHECK(t, !has(r, "bea"));
    }
    CHECK_EQ(t, count_at(&p, get(&p, "/api/v1/identity/acts"), "acts"), 0); /* nothing was done */
    CHECK_STATUS(t, of_a(&p, "/api/v1/identity/merge", arena_printf(t->arena, "{\"ids\":[\"id:%s\",\"user_id:ann\"]}", id_of(&p, "bea"))), 404);
    CHECK_STATUS(t, of_a(&p, "/api/v1/identity/merge", "{\"ids\":[\"user_id:ann\",\"user_id:cleo\"]}"), 200);
    place_close(&p);
}

/* Acts tell identifiers: only of people whom the token sees all of, and its own. */
static void acts_are_cut_and_can_be_undone_only_inside(struct t *t)
{
    struct place p;
    open_story(&p, t);
    const char *outside = at(&p, post(&p, "/api/v1/identity/unbind", "{\"ids\":[\"email:bea@example.com\"]}"), "position");
    const char *across = at(&p, post(&p, "/api/v1/identity/never-merge", "{\"ids\":[\"user_id:ann\",\"user_id:bea\"]}"), "position");
    const char *inside = at(&p, post(&p, "/api/v1/identity/never-merge", "{\"ids\":[\"user_id:ann\",\"user_id:cleo\"]}"), "position");
    (void)post(&p, "/api/v1/identity/block", "{\"ids\":[\"phone:13712345678\"]}");
    CHECK_EQ(t, count_at(&p, get(&p, "/api/v1/identity/acts"), "acts"), 4);
    struct reply r = of_a(&p, "/api/v1/identity/acts", NULL);
    CHECK_EQ(t, count_at(&p, r, "acts"), 1);
    CHECK_TEXT(t, at(&p, r, "acts.0.position"), inside);
    CHECK_TEXT(t, at(&p, r, "acts.0.undoable"), "true");
    /* A page that shows one of four still leads on to the end. */
    r = of_a(&p, "/api/v1/identity/acts?limit=1", NULL);
    CHECK_EQ(t, count_at(&p, r, "acts"), 1);
    r = of_a(&p, arena_printf(t->arena, "/api/v1/identity/acts?limit=1&before=%s", at(&p, r, "next")), NULL);
    CHECK_EQ(t, count_at(&p, r, "acts"), 0);
    CHECK_TEXT(t, at(&p, r, "next"), "null");
    CHECK_STATUS(t, of_a(&p, "/api/v1/identity/undo", arena_printf(t->arena, "{\"position\":%s}", outside)), 404);
    CHECK_STATUS(t, of_a(&p, "/api/v1/identity/undo", arena_printf(t->arena, "{\"position\":%s}", across)), 404);
    CHECK_STATUS(t, of_a(&p, "/api/v1/identity/undo", "{\"position\":99999999}"), 404);
    CHECK_STATUS(t, of_a(&p, "/api/v1/identity/undo", arena_printf(t->arena, "{\"position\":%s}", inside)), 200);
    /* Its own act stays its own, also when a part of whom it took apart is nothing to its brands. */
    r = of_a(&p, "/api/v1/identity/split", "{\"ids\":[\"email:ann@example.com\"]}");
    CHECK_STATUS(t, r, 200);
    CHECK_STATUS(t, of_a(&p, "/api/v1/identity/undo", arena_printf(t->arena, "{\"position\":%s}", at(&p, r, "position"))), 200);
    place_close(&p);
}

static void reviews_are_cut(struct t *t)
{
    struct place p;
    struct buf lines;
    open_story(&p, t);
    buf_init(&lines, 1 << 20);
    /* Phones that move from hand to hand until they are set aside: one at each brand. */
    for (int i = 0; i < 30; i++)
        for (int brand = 0; brand < 2; brand++)
            buf_printf(&lines, "{\"id\":\"r%d-%d\",\"event\":\"login\",\"brand\":\"%c\",\"time\":\"2026-01-01T00:%02d:00Z\",\"ids\":[{\"type\":\"user_id\",\"value\":\"u%d-%d\"},"
                               "{\"type\":\"phone\",\"value\":\"1391234567%d\"}]}\n",
                       brand, i, 'a' + brand, i, brand, i, brand);
    CHECK_TEXT(t, at(&p, ask(&p, (struct ask){.path = "/api/v1/events", .token = ADMIN, .body = buf_bytes(&lines)}), "accepted"), "60");
    CHECK_EQ(t, count_at(&p, get(&p, "/api/v1/identity/reviews"), "reviews"), 2);
    struct reply r = of_a(&p, "/api/v1/identity/reviews", NULL);
    CHECK_EQ(t, count_at(&p, r, "reviews"), 1);
    CHECK_TEXT(t, at(&p, r, "reviews.0.value"), "+8613912345670");
    CHECK_STATUS(t, of_a(&p, "/api/v1/identity/review", "{\"ids\":[\"phone:13912345671\"],\"choice\":\"release\"}"), 404);
    CHECK_STATUS(t, of_a(&p, "/api/v1/identity/review", "{\"ids\":[\"phone:13912345670\",\"user_id:bea\"],\"choice\":\"give\"}"), 404);
    CHECK_STATUS(t, of_a(&p, "/api/v1/identity/review", "{\"ids\":[\"phone:13912345670\"],\"choice\":\"release\"}"), 200);
    r = get(&p, "/api/v1/identity/reviews?limit=1");
    CHECK_TEXT(t, at(&p, r, "next"), "null");
    buf_fini(&lines);
    place_close(&p);
}

/* Whatever the whole answer has, one that is cut has too, or names. */
static void nothing_goes_unsaid(struct place *p, struct reply whole, struct reply cut)
{
    struct json_parser *parser = json_parser_create(1 << 20);
    struct json root;
    struct bytes key;
    struct json member;
    CHECK(p->t, done(json_parse(parser, whole.body, &root, NULL)));
    for (struct json_walk w = json_members(root); json_member_next(&w, &key, &member);)
        if (!has(cut, arena_printf(p->t->arena, "\"%.*s\"", BYTES_ARG(key))))
            test_fail(p->t, __FILE__, __LINE__, "%.*s is neither given nor named", BYTES_ARG(key));
    json_parser_destroy(parser);
}

static void figures_are_cut_to_the_brands(struct t *t)
{
    struct place p;
    open_story(&p, t);
    struct reply r = of_a(&p, "/api/v1/stats", NULL), whole = get(&p, "/api/v1/stats");
    CHECK_STATUS(t, r, 200);
    CHECK_TEXT(t, at(&p, r, "brands.0"), "a");
    CHECK_TEXT(t, at(&p, r, "people"), "");
    CHECK_TEXT(t, at(&p, r, "events"), "");
    CHECK_TEXT(t, at(&p, r, "digest"), "");
    CHECK_EQ(t, count_at(&p, r, "by_brand"), 2);
    CHECK_TEXT(t, at(&p, r, "by_brand.0.brand"), "null");
    CHECK_TEXT(t, at(&p, r, "by_brand.0.people"), "1");
    CHECK_TEXT(t, at(&p, r, "by_brand.1.brand"), "a");
    CHECK_TEXT(t, at(&p, r, "by_brand.1.people"), "2");
    CHECK_TEXT(t, at(&p, r, "by_brand.1.events"), "2");
    CHECK_EQ(t, count_at(&p, r, "events_by_name"), 2); /* what is of no brand is everybody's */
    CHECK(t, has(r, "\"count\":2") && has(r, "\"count\":1") && !has(r, "\"count\":4"));
    nothing_goes_unsaid(&p, whole, r);
    CHECK_EQ(t, count_at(&p, whole, "by_brand"), 3);
    CHECK_TEXT(t, at(&p, whole, "by_brand.2.people"), "2");
    CHECK(t, has(whole, "\"count\":4") && !has(whole, "left_out"));
    r = of_a(&p, "/api/v1/names?kind=event", NULL);
    CHECK(t, has(r, "order_paid") && !has(r, "\"count\""));
    CHECK(t, has(get(&p, "/api/v1/names?kind=event"), "\"count\":4"));
    place_close(&p);
}

/* Nobody counts events by store, so such a token gets none of their counts. */
static void events_of_a_store_are_not_counted(struct t *t)
{
    static const struct token till = {.name = "till", .roles = 1u << ROLE_READ, .store = "S1"};
    struct place p;
    open_story(&p, t);
    place_token(&p, "main", &till, "kith_till");
    struct reply r = ask(&p, (struct ask){.path = "/api/v1/stats", .token = "kith_till"});
    CHECK_TEXT(t, at(&p, r, "people"), "4");
    CHECK_TEXT(t, at(&p, r, "store"), "S1");
    CHECK_TEXT(t, at(&p, r, "events"), "");
    CHECK_TEXT(t, at(&p, r, "by_brand.1.people"), "2");
    CHECK_TEXT(t, at(&p, r, "by_brand.1.events"), "");
    nothing_goes_unsaid(&p, get(&p, "/api/v1/stats"), r);
    place_close(&p);
}

/* Fay gave a phone to brand a, an e-mail to brand b, and a device to nobody in particular. */
static void open_fay(struct place *p, struct t *t)
{
    open_story(p, t);
    CHECK_TEXT(t, at(p, post(p, "/api/v1/events",
                             "{\"id\":\"f1\",\"event\":\"login\",\"brand\":\"b\",\"ids\":[{\"type\":\"user_id\",\"value\":\"fay\"},{\"type\":\"email\",\"value\":\"fay@example.com\"}]}\n"
                             "{\"id\":\"f2\",\"event\":\"login\",\"brand\":\"a\",\"ids\":[{\"type\":\"user_id\",\"value\":\"fay\"},{\"type\":\"phone\",\"value\":\"13812340000\"}]}\n"
                             "{\"id\":\"f3\",\"event\":\"login\",\"ids\":[{\"type\":\"user_id\",\"value\":\"fay\"},{\"type\":\"device_id\",\"value\":\"d-1\"}]}"),
                      "accepted"),
               "3");
}

static void identifiers_are_cut_and_the_rest_counted(struct t *t)
{
    struct place p;
    open_fay(&p, t);
    struct reply r = get(&p, "/api/v1/people/user_id:fay");
    CHECK_EQ(t, count_at(&p, r, "identifiers"), 4);
    CHECK_TEXT(t, at(&p, r, "identifiers_hidden"), "0");
    CHECK_EQ(t, count_at(&p, r, "evidence"), 3);
    r = of_a(&p, "/api/v1/people/user_id:fay", NULL);
    CHECK_EQ(t, count_at(&p, r, "identifiers"), 3);
    CHECK_TEXT(t, at(&p, r, "identifiers_hidden"), "1");
    CHECK(t, has(r, "+8613812340000") && has(r, "d-1") && !has(r, "example.com"));
    CHECK_EQ(t, count_at(&p, r, "evidence"), 2); /* members are places in the list that is shown */
    CHECK_TEXT(t, at(&p, r, "identifiers.1.type"), "phone");
    CHECK_TEXT(t, at(&p, r, "evidence.0.members.1"), "1");
    CHECK_TEXT(t, at(&p, r, "evidence.1.members.1"), "2");
    CHECK_STATUS(t, of_a(&p, "/api/v1/people/email:fay@example.com", NULL), 200); /* who names it has it */
    r = of_a(&p, "/api/v1/find?q=fay@example.com", NULL);
    CHECK_TEXT(t, at(&p, r, "people.0.identifiers"), "3");
    /* Who knows four digits of a phone that isn't shown, gets nobody for them. */
    CHECK_TEXT(t, at(&p, post(&p, "/api/v1/events", "{\"id\":\"f4\",\"event\":\"login\",\"brand\":\"b\",\"ids\":[{\"type\":\"user_id\",\"value\":\"fay\"},"
                                                    "{\"type\":\"phone\",\"value\":\"13812349876\"}],\"traits\":{\"name\":\"Fay Lin\"}}"), "accepted"), "1");
    CHECK_EQ(t, count_at(&p, get(&p, "/api/v1/find?q=9876"), "people"), 1);
    CHECK_EQ(t, count_at(&p, of_a(&p, "/api/v1/find?q=9876", NULL), "people"), 0);
    CHECK_EQ(t, count_at(&p, of_a(&p, "/api/v1/find?q=fay%20lin", NULL), "people"), 0);
    CHECK_EQ(t, count_at(&p, of_a(&p, "/api/v1/find?q=0000", NULL), "people"), 1);
    CHECK(t, !has(of_a(&p, "/api/v1/identity/unbind", "{\"ids\":[\"phone:13812340000\"],\"preview\":true}"), "example.com"));
    place_close(&p);
}

static void what_is_bound_by_hand_is_known_to_its_brands(struct t *t)
{
    struct place p;
    open_fay(&p, t);
    /* Somebody of the whole group tells a number to those who know the account it goes with. */
    CHECK_STATUS(t, post(&p, "/api/v1/identity/bind", "{\"ids\":[\"user_id:bea\",\"phone:13812341111\"]}"), 200);
    CHECK_STATUS(t, of_a(&p, "/api/v1/people/phone:13812341111", NULL), 404);
    CHECK_STATUS(t, post(&p, "/api/v1/identity/bind", "{\"ids\":[\"email:fay@example.com\",\"phone:13812342222\"]}"), 200);
    CHECK(t, !has(of_a(&p, "/api/v1/people/user_id:fay", NULL), "13812342222"));
    /* An act tells no more identifiers than the token sees. */
    CHECK_EQ(t, count_at(&p, of_a(&p, "/api/v1/identity/acts", NULL), "acts"), 0);
    /* What a desk of brand a binds, it sees from then on. */
    CHECK_STATUS(t, of_a(&p, "/api/v1/identity/bind", "{\"ids\":[\"user_id:fay\",\"email:fay@example.com\"]}"), 200);
    struct reply r = of_a(&p, "/api/v1/people/user_id:fay", NULL);
    CHECK(t, has(r, "example.com"));
    CHECK_TEXT(t, at(&p, r, "identifiers_hidden"), "1");
    CHECK_EQ(t, count_at(&p, of_a(&p, "/api/v1/identity/acts", NULL), "acts"), 1);
    place_close(&p);
}

/* What adds up over many brands is nobody's who is limited: neither a sign of a person nor a figure. */
static void other_counters_are_not_shown(struct t *t)
{
    struct place p;
    struct buf lines;
    open_story(&p, t);
    buf_init(&lines, 1 << 20);
    for (int i = 0; i < 300; i++)
        buf_printf(&lines, "{\"id\":\"o%d\",\"event\":\"own_%d\",\"brand\":\"b\",\"ids\":[{\"type\":\"user_id\",\"value\":\"bea\"}]}\n", i, i);
    CHECK_TEXT(t, at(&p, ask(&p, (struct ask){.path = "/api/v1/events", .token = ADMIN, .body = buf_bytes(&lines)}), "accepted"), "300");
    CHECK_STATUS(t, get(&p, "/api/v1/people/user_id:bea"), 200);
    CHECK_STATUS(t, of_a(&p, "/api/v1/people/user_id:bea", NULL), 404);
    buf_fini(&lines);
    place_close(&p);
}

/* Whatever its roles say. */
static void the_whole_workspace_is_not_for_it(struct t *t)
{
    struct place p;
    open_story(&p, t);
    static const char *const paths[] = {"/api/v1/tokens", "/api/v1/settings", "/api/v1/reads", "/api/v1/checkpoint"};
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        CHECK_STATUS(t, get(&p, paths[i]), 200);
        CHECK_STATUS(t, of_a(&p, paths[i], NULL), 403);
    }
    CHECK_STATUS(t, of_a(&p, "/api/v1/names", "{\"kind\":\"brand\",\"name\":\"b\",\"attributes\":{}}"), 403);
    CHECK_STATUS(t, of_a(&p, "/api/v1/identity/block", "{\"ids\":[\"phone:13712345678\"]}"), 403);
    struct reply r = post(&p, "/api/v1/tokens", "{\"name\":\"x\",\"roles\":[\"admin\"],\"brands\":[\"a\"]}");
    CHECK_STATUS(t, r, 400);
    CHECK(t, has(r, "not limited to brands"));
    place_close(&p);
}

static const struct test tests[] = {
    {"verbs know nobody outside", verbs_know_nobody_outside, 1},
    {"acts are cut and can be undone only inside", acts_are_cut_and_can_be_undone_only_inside, 1},
    {"reviews are cut", reviews_are_cut, 1},
    {"figures are cut to the brands", figures_are_cut_to_the_brands, 1},
    {"events of a store are not counted", events_of_a_store_are_not_counted, 1},
    {"identifiers are cut and the rest counted", identifiers_are_cut_and_the_rest_counted, 1},
    {"what is bound by hand is known to its brands", what_is_bound_by_hand_is_known_to_its_brands, 1},
    {"other counters are not shown", other_counters_are_not_shown, 1},
    {"the whole workspace is not for it", the_whole_workspace_is_not_for_it, 1},
};
TEST_MAIN(tests)
