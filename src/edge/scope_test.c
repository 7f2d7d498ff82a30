/* What a token that is limited to brands may see and decide, asked by HTTP. Covers: scope.c, list.c */
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

static void figures_of_all_brands_are_left_out(struct t *t)
{
    struct place p;
    open_story(&p, t);
    struct reply r = of_a(&p, "/api/v1/stats", NULL);
    CHECK_STATUS(t, r, 200);
    CHECK_TEXT(t, at(&p, r, "brands.0"), "a");
    CHECK_TEXT(t, at(&p, r, "people"), "");
    CHECK(t, !has(r, "events") && !has(r, "position") && !has(r, "digest"));
    r = of_a(&p, "/api/v1/names?kind=event", NULL);
    CHECK(t, has(r, "order_paid") && !has(r, "\"count\""));
    CHECK(t, has(get(&p, "/api/v1/names?kind=event"), "\"count\":4"));
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
    {"figures of all brands are left out", figures_of_all_brands_are_left_out, 1},
    {"other counters are not shown", other_counters_are_not_shown, 1},
    {"the whole workspace is not for it", the_whole_workspace_is_not_for_it, 1},
};
TEST_MAIN(tests)
