/* Predictions over HTTP: kept, fitted, judged, scored, written as traits; who is seen, and who objects. Covers: person_facts.c, predictions.c, answer_traits.c */
#include "edge/door_test.h"

#define PREDICTIONS "/api/v1/predictions"
#define PEOPLE 240u
#define BODY_BYTES_MAX (1u << 20)
#define FIELDS "\"as_of\":\"2026-03-02\",\"zone\":\"UTC\""
#define FEATURES "\"features\":[\"count(product_viewed in last 10 days)\",\"count(order_paid)\"]"
#define QUESTION(more) "{\"target\":\"did(order_paid)\",\"horizon\":\"10d\"," FEATURES "," FIELDS more "}"
#define SAVED(more) \
    "{\"name\":\"buy\",\"label\":\"会买\",\"every\":\"week\",\"at\":\"04:05\",\"on\":7,\"question\":" QUESTION(more) "}"

/* Views before a day of February, and perhaps an order after it. */
static void person_tell(struct buf *out, uint32_t person, const char *brand, unsigned day)
{
    unsigned views = person % 5;
    for (unsigned i = 0; i < views; i++)
        buf_printf(out,
                   "{\"id\":\"v%u-%u-%u\",\"event\":\"product_viewed\",\"time\":\"2026-02-%02uT%02u:00:00Z\",\"brand\":"
                   "\"%s\",\"ids\":[{\"type\":\"user_id\",\"value\":\"u%u\"}]}\n",
                   person, day, i, day - 2, i + 1, brand, person);
    if (views >= 3 ? person % 7 != 0 : person % 13 == 0)
        buf_printf(out,
                   "{\"id\":\"o%u-%u\",\"event\":\"order_paid\",\"time\":\"2026-02-%02uT00:00:00Z\",\"brand\":\"%s\","
                   "\"ids\":[{\"type\":\"user_id\",\"value\":\"u%u\"}]}\n",
                   person, day, day + 2, brand, person);
}

/* The cuts are 2026-02-10 and 2026-02-20; a third round of views is before the day of the prediction. Person 4 objects. */
static void story_tell(struct place *p)
{
    struct buf events = arena_buf(p->t->arena, BODY_BYTES_MAX);
    for (uint32_t person = 1; person <= PEOPLE; person++) {
        const char *brand = person % 2 == 0 ? "a" : "b";
        buf_printf(&events,
                   "{\"id\":\"s%u\",\"event\":\"login\",\"time\":\"2026-01-05T00:00:00Z\",\"brand\":\"%s\",\"ids\":[{"
                   "\"type\":\"user_id\",\"value\":\"u%u\"}],\"traits\":{\"city\":\"%s\",\"gender\":\"女\"}%s}\n",
                   person, brand, person, person % 3 == 0 ? "上海" : "北京",
                   person == 4 ? ",\"consents\":[{\"purpose\":\"profiling\",\"given\":false}]" : "");
        person_tell(&events, person, brand, 10);
        person_tell(&events, person, brand, 20);
        for (unsigned i = 0; i < person % 5; i++)
            buf_printf(&events,
                       "{\"id\":\"l%u-%u\",\"event\":\"product_viewed\",\"time\":\"2026-03-01T0%u:00:00Z\",\"brand\":"
                       "\"%s\",\"ids\":[{\"type\":\"user_id\",\"value\":\"u%u\"}]}\n",
                       person, i, i, brand, person);
    }
    CHECK_STATUS(p->t, post(p, "/api/v1/events", arena_text(p->t->arena, buf_bytes(&events))), 200);
}

static void open_story(struct place *p, struct t *t)
{
    static const struct token of_a = {
        .name = "desk-a", .roles = 1u << ROLE_READ | 1u << ROLE_WRITE, .brand_count = 1, .brands = {"a"}};
    place_open_main(p, t);
    place_token(p, "main", &of_a, "kith_a");
    story_tell(p);
}

static struct reply put(struct place *p, const char *json)
{
    return ask(p, (struct ask){.method = "PUT", .path = PREDICTIONS, .token = ADMIN, .json = json});
}

static void one_is_kept_fitted_and_scored(struct t *t)
{
    struct place p;
    open_story(&p, t);
    CHECK_STATUS(t, put(&p, SAVED("")), 200);
    CHECK_STATUS(t, post(&p, PREDICTIONS "/buy/score", "{}"), 400); /* there is no model yet */
    struct reply r = post(&p, PREDICTIONS "/buy/fit", "{}");
    CHECK_STATUS(t, r, 200);
    CHECK(t, strtod(at(&p, r, "auc"), NULL) > 0.75);
    CHECK_TEXT(t, at(&p, r, "objected"), "1");
    CHECK_TEXT(t, at(&p, r, "cuts.0"), "2026-02-10");
    CHECK(t, !has(r, "\"model\""));
    r = get(&p, PREDICTIONS "/buy");
    CHECK_TEXT(t, at(&p, r, "trait"), "p_buy");
    CHECK_TEXT(t, at(&p, r, "fitted_revision"), "1");
    CHECK_TEXT(t, at(&p, r, "card.seed"), "1");
    CHECK_TEXT(t, at(&p, r, "every"), "week");
    CHECK_TEXT(t, at(&p, r, "at"), "04:05");
    CHECK_TEXT(t, at(&p, r, "on"), "7");
    CHECK(t, strstr(at(&p, r, "due"), "T20:05:00.000Z") != NULL); /* of Saturday: Sunday in Shanghai */
    CHECK_TEXT(t, at(&p, r, "wanted"), "null");
    CHECK_EQ(t, count_at(&p, r, "card.tables"), 3);
    r = post(&p, PREDICTIONS "/buy/score", "{\"limit\":4,\"top\":10}");
    CHECK_STATUS(t, r, 200);
    CHECK_EQ(t, count_at(&p, r, "rows"), 4);
    CHECK(t, has(r, "利于:") && has(r, "for: "));
    CHECK(t, strtod(at(&p, r, "threshold_people"), NULL) >= 10);
    r = post(&p, PREDICTIONS "/buy/traits", "{\"order\":\"person\",\"limit\":1000}");
    CHECK_STATUS(t, r, 200);
    CHECK_TEXT(t, at(&p, r, "traits.0"), "p_buy");
    CHECK_TEXT(t, at(&p, r, "written"), at(&p, r, "scored"));
    CHECK_TEXT(t, at(&p, post(&p, PREDICTIONS "/buy/traits", "{\"order\":\"person\",\"limit\":1000}"), "written"),
               "0"); /* nothing new */
    CHECK(t, has(get(&p, "/api/v1/people/user_id:u9"), "p_buy"));
    CHECK(t, !has(get(&p, "/api/v1/people/user_id:u4"), "p_buy")); /* who objects */
    r = get(&p, PREDICTIONS);
    CHECK_TEXT(t, at(&p, r, "predictions.0.failed"), "null");
    CHECK(t, strtod(at(&p, r, "predictions.0.scored.people"), NULL) > 100);
    CHECK_STATUS(t, put(&p, SAVED(",\"by\":\"trees\"")), 200);
    CHECK_TEXT(t, at(&p, post(&p, PREDICTIONS "/buy/fit", "{}"), "by"), "trees");
    CHECK_TEXT(t, at(&p, get(&p, PREDICTIONS "/buy"), "fitted_revision"), "2");
    CHECK_STATUS(t, ask(&p, (struct ask){.method = "DELETE", .path = PREDICTIONS "/buy", .token = ADMIN}), 200);
    CHECK_STATUS(t, get(&p, PREDICTIONS "/buy"), 404);
    place_close(&p);
}

static void what_is_wrong_is_said(struct t *t)
{
    static const struct {
        const char *body;
        const char *says, *says_zh;
    } cases[] = {
        {"{\"target\":\"did(order_payd)\"," FEATURES "}", "did you mean", "是不是“order_paid”"},
        {QUESTION(",\"traits\":[\"gender\"]"), "sensitive", "个人敏感信息"},
        {QUESTION(",\"traits\":[\"shoe_size\"]"), "nobody has a trait", "没有人有特质“shoe_size”"},
        {"{\"like\":{\"segment\":\"vip\"}," FEATURES "}", "there is no segment", "没有人群“vip”"},
        {"{\"target\":\"did(order_delivered)\",\"horizon\":\"10d\"," FEATURES "," FIELDS "}", "it takes 10 of either",
         "各至少需要 10 个"},
    };
    struct place p;
    open_story(&p, t);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reply r = post(&p, "/api/v1/analytics/predict", cases[i].body);
        CHECK_STATUS(t, r, 400);
        if (!has(r, cases[i].says))
            test_fail(t, __FILE__, __LINE__, "%s isn't in %.*s", cases[i].says, BYTES_ARG(r.body));
        r = ask(&p, (struct ask){.path = "/api/v1/analytics/predict",
                                 .token = ADMIN,
                                 .json = cases[i].body,
                                 .headers = {"Accept-Language: zh"}});
        if (!has(r, cases[i].says_zh))
            test_fail(t, __FILE__, __LINE__, "%s isn't in %.*s", cases[i].says_zh, BYTES_ARG(r.body));
    }
    CHECK_STATUS(t, put(&p, "{\"name\":\"Buy\",\"question\":{}}"), 400);
    CHECK_STATUS(t, put(&p, "{\"name\":\"buy\",\"question\":{\"targets\":1}}"), 400);
    CHECK_STATUS(t, put(&p, "{\"name\":\"buy\"}"), 400);
    CHECK_STATUS(t, post(&p, PREDICTIONS "/none/fit", "{}"), 404);
    place_close(&p);
}

/* What is said of a schedule is kept, or refused: never dropped without a word. */
static void what_a_schedule_has_no_use_for_is_refused(struct t *t)
{
    static const struct {
        const char *members, *says_zh;
    } cases[] = {
        {"\"at\":\"03:30\",", "须同时给出 every"},
        {"\"at\":\"00:00\",", "须同时给出 every"},
        {"\"on\":1,", "按周为 1"},
        {"\"every\":\"day\",\"at\":\"05:00\",\"on\":3,", "按周为 1"},
        {"\"every\":\"day\",\"on\":0,", "按周为 1"},
        {"\"every\":\"week\",\"on\":8,", "按周为 1"},
        {"\"every\":\"year\",", "every:"},
    };
    struct place p;
    open_story(&p, t);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reply r = ask(
            &p, (struct ask){.method = "PUT",
                             .path = PREDICTIONS,
                             .token = ADMIN,
                             .json = arena_printf(t->arena, "{\"name\":\"c\",%s\"question\":" QUESTION("") "}",
                                                  cases[i].members),
                             .headers = {"Accept-Language: zh"}});
        CHECK_STATUS(t, r, 400);
        if (!has(r, cases[i].says_zh))
            test_fail(t, __FILE__, __LINE__, "%s isn't in %.*s", cases[i].says_zh, BYTES_ARG(r.body));
    }
    CHECK_STATUS(t, put(&p, "{\"name\":\"c\",\"every\":\"day\",\"question\":" QUESTION("") "}"), 200);
    CHECK_TEXT(t, at(&p, get(&p, PREDICTIONS "/c"), "at"), "03:30");
    place_close(&p);
}

/* Else its model, its scores and its last run would be those of another question. */
static void what_is_kept_is_asked_as_it_is_kept(struct t *t)
{
    static const struct {
        const char *act, *body, *says;
    } cases[] = {
        {"fit", QUESTION(""), "no member 'target'"},
        {"fit", "{\"horizon\":\"10d\"}", "no member 'horizon'"},
        {"fit", "{\"with_model\":false}", "no member 'with_model'"},
        {"fit", "{\"limit\":1}", "no member 'limit'"},
        {"fit", "[]", "JSON object"},
        {"score", "{\"features\":[\"count(login)\"]}", "no member 'features'"},
        {"score", "{\"among\":\"did(login)\"}", "no member 'among'"},
        {"score", "{\"model\":\"\"}", "no member 'model'"},
        {"score", "{\"people\":[\"u1\"]}", "no member 'people'"},
        {"traits", "{\"trait\":\"p_other\"}", "no member 'trait'"},
        {"traits", "{\"like\":{\"segment\":\"vip\"}}", "no member 'like'"},
        {"traits", "{\"people\":[\"u1\"],\"order\":\"person\"}", "no member 'people'"},
    };
    struct place p;
    open_story(&p, t);
    CHECK_STATUS(t, put(&p, SAVED("")), 200);
    CHECK_STATUS(t, post(&p, PREDICTIONS "/buy/fit", ""), 200);
    struct reply kept = get(&p, PREDICTIONS "/buy");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reply r = post(&p, arena_printf(t->arena, PREDICTIONS "/buy/%s", cases[i].act), cases[i].body);
        CHECK_STATUS(t, r, 400);
        if (!has(r, cases[i].says))
            test_fail(t, __FILE__, __LINE__, "%s isn't in %.*s", cases[i].says, BYTES_ARG(r.body));
    }
    CHECK_BYTES(t, get(&p, PREDICTIONS "/buy").body, kept.body);
    CHECK(t, has(ask(&p, (struct ask){.path = PREDICTIONS "/buy/fit",
                                      .token = ADMIN,
                                      .json = "{\"target\":\"did(login)\"}",
                                      .headers = {"Accept-Language: zh"}}),
                 "没有 'target' 这个字段"));
    CHECK_STATUS(t, post(&p, PREDICTIONS "/buy/score", "{\"order\":\"score\",\"limit\":2,\"reasons\":1,\"top\":10}"),
                 200);
    CHECK_STATUS(t, post(&p, PREDICTIONS "/buy/score", "{\"order\":\"person\",\"limit\":2,\"after\":-1}"), 200);
    place_close(&p);
}

/* A token of a brand learns from its brand's people and events alone; what is kept is the whole group's. */
static void a_token_sees_its_brand(struct t *t)
{
    struct place p;
    open_story(&p, t);
    struct reply all = post(&p, "/api/v1/analytics/predict", QUESTION(",\"traits\":[\"city\"]"));
    struct reply some = ask(&p, (struct ask){.path = "/api/v1/analytics/predict",
                                             .token = "kith_a",
                                             .json = QUESTION(",\"traits\":[\"city\"]")});
    CHECK_STATUS(t, all, 200);
    CHECK_STATUS(t, some, 200);
    double people = strtod(at(&p, all, "judge_people"), NULL), of_a = strtod(at(&p, some, "judge_people"), NULL);
    CHECK(t, of_a > 0.4 * people && of_a < 0.6 * people);
    CHECK_STATUS(t, ask(&p, (struct ask){.path = PREDICTIONS, .token = "kith_a"}), 403);
    CHECK_STATUS(t, ask(&p, (struct ask){.path = PREDICTIONS "/buy/fit", .token = "kith_a", .json = "{}"}), 403);
    place_close(&p);
}

static const struct test tests[] = {
    {"one is kept, fitted and scored", one_is_kept_fitted_and_scored, 1},
    {"what is wrong is said", what_is_wrong_is_said, 1},
    {"what a schedule has no use for is refused", what_a_schedule_has_no_use_for_is_refused, 1},
    {"what is kept is asked as it is kept", what_is_kept_is_asked_as_it_is_kept, 1},
    {"a token sees its brand", a_token_sees_its_brand, 1},
};
TEST_MAIN(tests)
