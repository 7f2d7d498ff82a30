/* Covers: paths.c, paths_trace.c */
#include "base/time.h"
#include "domain/analytics/survey_test.h"

#define NODES_MAX 64
#define EDGES_MAX 20000

/* Ways and edges by the definition, as texts. */
struct way {
    const char *nodes[NODES_MAX];
    const char *events[NODES_MAX]; /* of collapsed nodes: of the first */
    int count;
};
struct edge {
    uint32_t person;
    int level;
    const char *from, *to;
};
struct edges {
    struct edge *list;
    size_t count;
};

static void edge_push(struct edges *e, uint32_t person, int level, const char *from, const char *to)
{
    assert(e->count < EDGES_MAX);
    e->list[e->count++] = (struct edge){person, level, from, to};
}

static const char *node_of(const struct happening *h, bool by_page)
{
    return !by_page ? h->event : h->page == NULL ? "(none)" : h->page;
}

static void way_push(struct way *w, const struct happening *h, bool by_page, bool collapse)
{
    const char *node = node_of(h, by_page);
    if (collapse && w->count > 0 && strcmp(w->nodes[w->count - 1], node) == 0)
        return;
    assert(w->count < NODES_MAX);
    w->events[w->count] = h->event;
    w->nodes[w->count++] = node;
}

/* The ways of all sessions (or, without sessions, of all people), each with its person. */
static size_t ways_of(struct t *t, struct happenings all, bool by_page, bool collapse, bool by_session, struct way **out_ways, uint32_t **out_people)
{
    struct way *ways = ARENA_ARRAY(t->arena, struct way, all.count + 1);
    uint32_t *people = ARENA_ARRAY(t->arena, uint32_t, all.count + 1);
    size_t count = 0;
    const struct happening *last = NULL;
    for (size_t i = 0; i < all.count; i++) {
        const struct happening *h = &all.list[i];
        if (last == NULL || last->person != h->person || (by_session && h->time_us - last->time_us > 30 * US_PER_MINUTE))
            people[count++] = h->person;
        way_push(&ways[count - 1], h, by_page, collapse);
        last = h;
    }
    *out_ways = ways;
    *out_people = people;
    return count;
}

/* What isn't hidden, within the range. */
static struct happenings shown(struct t *t, struct happenings all, const char *hidden)
{
    struct happening *list = ARENA_ARRAY(t->arena, struct happening, all.count + 1);
    size_t count = 0;
    for (size_t i = 0; i < all.count; i++)
        if ((hidden == NULL || strcmp(all.list[i].event, hidden) != 0) && all.list[i].time_us >= shanghai_us("2026-06-01 00:00"))
            list[count++] = all.list[i];
    return (struct happenings){list, count};
}

static void first_nodes(struct edges *e, uint32_t person, const struct way *w, int most, bool drops)
{
    if (w->count == 0)
        return;
    edge_push(e, person, 0, "(start)", w->nodes[0]);
    for (int i = 1; i < w->count && i < most; i++)
        edge_push(e, person, i, w->nodes[i - 1], w->nodes[i]);
    if (w->count < most && drops)
        edge_push(e, person, w->count, w->nodes[w->count - 1], "(drop-off)");
}

/* From the first cart to the first `end` behind it; of more nodes than are told the middle is left out, and of what stays the first half is the larger. */
static void between(struct edges *e, uint32_t person, const struct way *w, const char *end, int most)
{
    int from = 0, until;
    struct way part = {0};
    while (from < w->count && strcmp(w->events[from], "cart_added") != 0)
        from++;
    for (until = from + 1; until < w->count && strcmp(w->events[until], end) != 0;)
        until++;
    if (until >= w->count)
        return;
    int count = until - from + 1, behind = (most - 1) / 2, ahead = most - 1 - behind;
    for (int i = 0; i < count; i++)
        if (count <= most || i < ahead || i >= count - behind)
            part.nodes[part.count++] = w->nodes[from + i];
        else if (i == ahead)
            part.nodes[part.count++] = "...";
    first_nodes(e, person, &part, most, false);
}

static void around(struct edges *e, uint32_t person, const struct way *w, int at, int before, int after)
{
    for (int level = -before - 1; level < after; level++) {
        int from = at + level, to = from + 1;
        if (from >= 0 && from < w->count && level >= -before)
            edge_push(e, person, level, w->nodes[from], to < w->count ? w->nodes[to] : "(drop-off)");
        else if (from == -1 && level >= -before)
            edge_push(e, person, level, "(start)", w->nodes[0]);
    }
}

/* --- against answers --- */

static int64_t count_of(const struct edges *e, const struct edge *like, bool people)
{
    int64_t count = 0;
    uint32_t last = UINT32_MAX;
    for (size_t i = 0; i < e->count; i++) {
        const struct edge *x = &e->list[i];
        if (x->level != like->level || strcmp(x->from, like->from) != 0 || strcmp(x->to, like->to) != 0)
            continue;
        count += !people || x->person != last;
        last = x->person;
    }
    return count;
}

static void check_edges(struct t *t, struct posed *a, struct happenings all, const struct edges *want, bool people)
{
    struct json answer = survey_answer(a, all, 3);
    const uint32_t *found = NULL;
    uint32_t rows = answer_rows(answer), asked = rows == 0 ? 0 : (uint32_t)rng_below(&t->rng, rows);
    struct edge one = {0};
    int64_t told = 0, all_of_them = 0;
    for (uint32_t i = 0; i < rows; i++) {
        const struct edge edge = {.level = (int)answer_int(answer, i, "level"),
                                  .from = arena_text(t->arena, json_string(answer_cell(answer, i, "from"))),
                                  .to = arena_text(t->arena, json_string(answer_cell(answer, i, "to")))};
        CHECK_EQ(t, answer_int(answer, i, "count"), count_of(want, &edge, people));
        told += count_of(want, &edge, false);
        if (i == asked)
            one = edge;
    }
    all_of_them = (int64_t)want->count;
    CHECK_EQ(t, told, all_of_them);
    if (rows > 0)
        CHECK_EQ(t, survey_people(a, all, arena_printf(t->arena, "{\"level\": %d, \"from\": \"%s\", \"to\": \"%s\"}", one.level, one.from, one.to), &found),
                 count_of(want, &one, true));
}

/* At every node before the last level what comes in goes out or drops off. */
static void check_flow(struct t *t, struct json answer, int most)
{
    struct json node;
    for (struct json_walk w = json_items(json_find(answer, BYTES_LIT("nodes"))); json_item_next(&w, &node);) {
        int64_t level = 0, in = 0, out = 0, dropped = 0;
        CHECK(t, json_int64(json_find(node, BYTES_LIT("level")), &level) && json_int64(json_find(node, BYTES_LIT("in")), &in) &&
                     json_int64(json_find(node, BYTES_LIT("out")), &out) && json_int64(json_find(node, BYTES_LIT("dropped")), &dropped));
        if (level > 0 && level < most)
            CHECK_EQ(t, in, out + dropped);
    }
}

static void sessions_take_the_ways_that_are_defined(struct t *t)
{
    bool by_page = rng_chance(&t->rng, 0.5), collapse = rng_chance(&t->rng, 0.7), hides = rng_chance(&t->rng, 0.3);
    bool ends = rng_chance(&t->rng, 0.4), people = rng_chance(&t->rng, 0.3);
    int most = (int)rng_between(&t->rng, 3, 6);
    const char *end = rng_chance(&t->rng, 0.3) ? "cart_added" : "order_paid";
    struct happenings all = happenings_random(t);
    struct edges want = {ARENA_ARRAY(t->arena, struct edge, EDGES_MAX), 0};
    struct way *ways;
    uint32_t *whose;
    struct posed a;
    size_t count = ways_of(t, shown(t, all, hides ? "page_viewed" : NULL), by_page, collapse, true, &ways, &whose);
    for (size_t i = 0; i < count; i++)
        if (ends)
            between(&want, whose[i], &ways[i], end, most);
        else
            first_nodes(&want, whose[i], &ways[i], most, true);
    /* By page a collapsed node may have the event asked for behind its first one: only by event both say the same. */
    if (ends && by_page && collapse)
        return;
    survey_open(&a, t, &path_question,
                arena_printf(t->arena, "{\"from\": \"2026-06-01\", \"top\": 1000, \"nodes\": %d%s%s%s%s%s}", most, by_page ? ", \"node\": \"page\"" : "",
                             collapse ? "" : ", \"collapse\": false", hides ? ", \"hide\": \"page_viewed\"" : "",
                             ends ? arena_printf(t->arena, ", \"start\": \"cart_added\", \"end\": \"%s\"", end) : "", people ? ", \"counts\": \"people\"" : ""));
    check_edges(t, &a, all, &want, people);
    if (!ends && !people)
        check_flow(t, survey_answer(&a, all, 1), most);
    posed_close(&a);
}

static void nodes_around_an_anchor_are_those_before_and_behind(struct t *t)
{
    static const char *const matches[] = {"first", "last", "each"};
    size_t match = rng_below(&t->rng, 3);
    int before = (int)rng_below(&t->rng, 4), after = 1 + (int)rng_below(&t->rng, 4);
    struct happenings all = happenings_random(t);
    struct edges want = {ARENA_ARRAY(t->arena, struct edge, EDGES_MAX), 0};
    struct way *ways;
    uint32_t *whose;
    struct posed a;
    size_t count = ways_of(t, shown(t, all, NULL), false, true, false, &ways, &whose);
    for (size_t i = 0; i < count; i++) {
        int last = -1;
        for (int k = 0; k < ways[i].count; k++) {
            if (strcmp(ways[i].events[k], "cart_added") != 0 || (match == 0 && last >= 0))
                continue;
            last = k;
            if (match != 1)
                around(&want, whose[i], &ways[i], k, before, after);
        }
        if (match == 1 && last >= 0)
            around(&want, whose[i], &ways[i], last, before, after);
    }
    survey_open(&a, t, &path_question,
                arena_printf(t->arena, "{\"from\": \"2026-06-01\", \"top\": 1000, \"anchor\": \"cart_added\", \"before\": %d, \"after\": %d, \"match\": \"%s\"}",
                             before, after, matches[match]));
    check_edges(t, &a, all, &want, false);
    posed_close(&a);
}

static struct happening at_minute(const char *event, int minute)
{
    return (struct happening){.person = 1, .event = event, .amount = AMOUNT_NONE, .time_us = shanghai_us("2026-11-03 10:00") + minute * US_PER_MINUTE};
}

static void what_comes_next_follows_the_first_or_the_last_chain(struct t *t)
{
    const struct happening list[] = {at_minute("page_viewed", 0),  at_minute("cart_added", 1),  at_minute("page_viewed", 2), at_minute("product_viewed", 3),
                                     at_minute("order_paid", 4),   at_minute("page_viewed", 5), at_minute("product_viewed", 6)};
    const struct happenings all = {list, COUNT_OF(list)};
    static const char *const want[][2] = {{"first", "order_paid"}, {"last", "(drop-off)"}};
    struct posed a;
    for (size_t i = 0; i < COUNT_OF(want); i++) {
        survey_open(&a, t, &path_question, arena_printf(t->arena, "{\"next\": [\"page_viewed\", \"product_viewed\"], \"match\": \"%s\"}", want[i][0]));
        struct json answer = survey_answer(&a, all, 1);
        CHECK_EQ(t, answer_rows(answer), 1);
        CHECK_BYTES(t, json_string(answer_cell(answer, 0, "to")), bytes_of_text(want[i][1]));
        posed_close(&a);
    }
    CHECK(t, strstr(survey_refused(t, &path_question, "{\"next\": [\"page_viewed\"], \"match\": \"each\"}"), "first or of the last") != NULL);
    CHECK(t, strstr(survey_refused(t, &path_question, "{\"next\": [\"page_viewed\"], \"anchor\": \"page_viewed\"}"), "anchor") != NULL);
}

/* a a b a: raw a>a, a>b, b>a; the first goes when repeats are one. Of four transitions with equal counts two are told, by their names. */
static void repeats_and_others_are_counted(struct t *t)
{
    const struct happening list[] = {at_minute("page_viewed", 0), at_minute("page_viewed", 1), at_minute("cart_added", 2), at_minute("page_viewed", 3)};
    struct posed a;
    survey_open(&a, t, &path_question, "{\"top\": 2}");
    struct json answer = survey_answer(&a, (struct happenings){list, COUNT_OF(list)}, 1), pair;
    CHECK_EQ(t, answer_rows(answer), 4);
    CHECK_BYTES(t, json_string(answer_cell(answer, 0, "from")), BYTES_LIT("(start)"));
    CHECK_BYTES(t, json_string(answer_cell(answer, 1, "from")), BYTES_LIT("cart_added"));
    CHECK_BYTES(t, json_string(answer_cell(answer, 2, "to")), BYTES_LIT("(other)"));
    CHECK_EQ(t, answer_int(answer, 2, "count") + answer_int(answer, 3, "count"), 2);
    posed_close(&a);
    survey_open(&a, t, &path_question, "{}");
    answer = survey_answer(&a, (struct happenings){list, COUNT_OF(list)}, 1);
    int64_t raw = 0, collapsed = 0, number;
    for (struct json_walk w = json_items(json_find(answer, BYTES_LIT("pairs"))); json_item_next(&w, &pair);) {
        raw += json_int64(json_find(pair, BYTES_LIT("raw")), &number) ? number : 0;
        collapsed += json_int64(json_find(pair, BYTES_LIT("collapsed")), &number) ? number : 0;
    }
    CHECK_EQ(t, raw, 3);
    CHECK_EQ(t, collapsed, 2);
    posed_close(&a);
}

static const struct test tests[] = {
    {"sessions take the ways that are defined", sessions_take_the_ways_that_are_defined, 120},
    {"nodes around an anchor are those before and behind", nodes_around_an_anchor_are_those_before_and_behind, 80},
    {"what comes next follows the first or the last chain", what_comes_next_follows_the_first_or_the_last_chain, 1},
    {"repeats and others are counted", repeats_and_others_are_counted, 1},
};
TEST_MAIN(tests)
