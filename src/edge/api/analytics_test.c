/* Questions about events, asked by HTTP: answers, who is in a cell, what a token sees of it, what takes longer, and what is known of
 * properties. Covers: analytics.c, answer_people.c, answer_traits.c, brief.c, crowds.c, properties.c, ready_reports.c, reports.c, study.c, study_shelf.c,
 * ../../domain/analytics/veil.c */
#include <pthread.h>

#include "domain/column/column.h"
#include "edge/api/study.h"
#include "edge/door_test.h"

#define FUNNEL "/api/v1/analytics/funnel"
#define TREND "/api/v1/analytics/trend"
#define RANGE "\"from\":\"2026-03-01\",\"until\":\"2026-04-01\""
#define STEPS "{\"steps\":[\"product_viewed\",\"cart_added\",\"order_paid\"]," RANGE "}"
#define CELL(step, more) "{\"question\":" STEPS ",\"cell\":{\"step\":" step "}" more "}"

#define EVENT(id, name, day, brand, store, who, more)                                                                  \
    "{\"id\":\"" id "\",\"event\":\"" name "\",\"time\":\"2026-03-" day "T03:00:00Z\",\"brand\":\"" brand "\"" store       \
    ",\"ids\":[{\"type\":\"user_id\",\"value\":\"" who "\"}]" more "}\n"

/* Ann buys at brand a, Bea at b, Cleo views at a and goes on at b; Dan only views, in a store of a. */
static const char story[] = EVENT("1", "product_viewed", "02", "a", "", "ann", ",\"properties\":{\"page\":\"home\",\"phone_typed\":\"13812345678\"}")
    EVENT("2", "cart_added", "03", "a", "", "ann", "") EVENT("3", "order_paid", "04", "a", "", "ann", ",\"properties\":{\"amount\":199.5}")
        EVENT("4", "product_viewed", "02", "b", "", "bea", ",\"properties\":{\"page\":\"search\"}") EVENT("5", "cart_added", "03", "b", "", "bea", "")
            EVENT("6", "order_paid", "05", "b", "", "bea", ",\"properties\":{\"amount\":20}")
                EVENT("7", "product_viewed", "06", "a", "", "cleo", ",\"traits\":{\"name\":\"克莱欧\"}") EVENT("8", "cart_added", "07", "b", "", "cleo", "")
                    EVENT("9", "product_viewed", "08", "a", ",\"store\":\"SH01\"", "dan", ",\"traits\":{\"name\":\"丹尼\"}");

static void open_story(struct place *p, struct t *t)
{
    static const struct token of_a = {.name = "desk-a", .roles = 1u << ROLE_READ, .brand_count = 1, .brands = {"a"}},
                              of_guide = {.name = "guide-17", .roles = 1u << ROLE_READ, .guide = "G17"},
                              of_store = {.name = "store-2", .roles = 1u << ROLE_READ, .store = "SH02"},
                              masked = {.name = "masked", .roles = 1u << ROLE_READ, .masked = true};
    place_open_main(p, t);
    place_token(p, "main", &of_a, "kith_a");
    place_token(p, "main", &of_guide, "kith_g17");
    place_token(p, "main", &of_store, "kith_store");
    place_token(p, "main", &masked, "kith_masked");
    CHECK_TEXT(t, at(p, post(p, "/api/v1/events", story), "accepted"), "9");
}

static struct reply by(struct place *p, const char *token, const char *path, const char *json)
{
    return ask(p, (struct ask){.path = path, .token = token, .json = json});
}

/* The counts of the steps: "4 3 2". */
static const char *counts(struct place *p, struct reply r)
{
    size_t count_column = 0;
    while (strcmp(at(p, r, arena_printf(p->t->arena, "columns.%zu.name", count_column)), "count") != 0 && count_column < 20)
        count_column++;
    const char *text = "";
    for (size_t i = 0; i < count_at(p, r, "rows"); i++)
        text = arena_printf(p->t->arena, "%s%s%s", text, i > 0 ? " " : "", at(p, r, arena_printf(p->t->arena, "rows.%zu.%zu", i, count_column)));
    return text;
}

static void a_question_is_answered(struct t *t)
{
    struct place p;
    open_story(&p, t);
    struct reply r = post(&p, FUNNEL, STEPS);
    CHECK_STATUS(t, r, 200);
    CHECK_TEXT(t, at(&p, r, "question"), "funnel");
    CHECK_TEXT(t, counts(&p, r), "4 3 2");
    CHECK_TEXT(t, at(&p, r, "events"), "9");
    CHECK_TEXT(t, at(&p, by(&p, "kith_a", FUNNEL, STEPS), "events"), "5"); /* how many others have is not the desk's to know */
    CHECK(t, strtoull(at(&p, r, "as_of"), NULL, 10) > 0);
    /* A property is known as soon as an event has it. */
    r = post(&p, FUNNEL, "{\"steps\":[{\"event\":\"product_viewed\",\"where\":\"page = 'home'\"},\"order_paid\"]," RANGE "}");
    CHECK_TEXT(t, counts(&p, r), "1 1");
    /* Only these people, of whom one is nobody. */
    r = post(&p, FUNNEL, "{\"steps\":[\"product_viewed\",\"order_paid\"],\"people\":[\"user_id:ann\",\"user_id:dan\",\"user_id:dan\",\"user_id:nobody\"]," RANGE "}");
    CHECK_TEXT(t, counts(&p, r), "2 1");
    r = post(&p, FUNNEL, "{\"steps\":[\"product_viewed\",\"order_paid\"],\"people\":[\"user_id:nobody\"]," RANGE "}");
    CHECK_TEXT(t, counts(&p, r), "0 0");
    /* What comes later is in the next answer. */
    CHECK_STATUS(t, post(&p, "/api/v1/events", EVENT("10", "order_paid", "09", "b", "", "cleo", "")), 200);
    CHECK_TEXT(t, counts(&p, post(&p, FUNNEL, STEPS)), "4 3 3");
    place_close(&p);
}

static void what_is_wrong_is_said_with_its_place(struct t *t)
{
    static const struct {
        const char *path, *body;
        int status;
        const char *says, *says_zh;
    } cases[] = {
        {"/api/v1/analytics/funel", "{}", 404, "did you mean \\\"funnel\\\"", "是不是“funnel”"},
        {FUNNEL, "[]", 400, "the body is a JSON object", "请求正文应为 JSON 对象"},
        {FUNNEL, "{", 400, "line 1", "第 1 行"},
        {FUNNEL, "{\"stepps\":[]}", 400, "did you mean \\\"steps\\\"", "是不是“steps”"},
        {FUNNEL, "{\"steps\":[\"product_view\",\"order_paid\"]}", 400, "did you mean \\\"product_viewed\\\"", "是不是“product_viewed”"},
        {FUNNEL, "{\"steps\":[{\"event\":\"product_viewed\",\"where\":\"pag = 'x'\"},\"order_paid\"]}", 400, "did you mean \\\"page\\\"", "是不是"},
        {FUNNEL, "{\"steps\":[\"product_viewed\",\"order_paid\"],\"people\":{}}", 400, "people: want a list of identifiers", "应为标识列表"},
        {FUNNEL, "{\"steps\":[\"product_viewed\",\"order_paid\"],\"people\":[\"x:y\"]}", 400, "people[0]", "people[0]"},
        {FUNNEL "?wait_ms=x", STEPS, 400, "wait_ms: want a whole number", "应为整数"},
        {FUNNEL "/people", "{\"question\":" STEPS "}", 400, "cell: say whose people", "请用答案中的名称"},
        {FUNNEL "/people", CELL("9", ""), 400, "\"cell.step: want a whole number from 1 to 3", "\"cell.step:应为 1 至 3"},
        {FUNNEL "/people", CELL("2", ",\"limit\":0"), 400, "limit: want 1 to 1000", "应为 1 至 1000"},
        {FUNNEL "/people", CELL("2", ",\"limits\":1"), 400, "the nearest is 'limit'", "最接近的是 'limit'"},
        {"/api/v1/analytics/studies/0000000000000000", NULL, 404, "There is no such question", "没有这个正在计算的问题"},
    };
    struct place p;
    open_story(&p, t);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reply r = by(&p, ADMIN, cases[i].path, cases[i].body);
        CHECK_STATUS(t, r, cases[i].status);
        if (!has(r, cases[i].says))
            test_fail(t, __FILE__, __LINE__, "%s isn't in %.*s", cases[i].says, BYTES_ARG(r.body));
        r = ask(&p, (struct ask){.path = cases[i].path, .token = ADMIN, .json = cases[i].body, .headers = {"Accept-Language: zh"}});
        if (!has(r, cases[i].says_zh))
            test_fail(t, __FILE__, __LINE__, "%s isn't in %.*s", cases[i].says_zh, BYTES_ARG(r.body));
    }
    place_close(&p);
}

static void a_token_counts_what_it_sees(struct t *t)
{
    struct place p;
    open_story(&p, t);
    CHECK_TEXT(t, counts(&p, by(&p, "kith_a", FUNNEL, STEPS)), "3 1 1"); /* Cleo went on at b */
    CHECK_TEXT(t, counts(&p, by(&p, "kith_store", FUNNEL, STEPS)), "3 3 2"); /* Dan was in another store */
    CHECK_STATUS(t, by(&p, "kith_g17", FUNNEL, STEPS), 403);
    CHECK_STATUS(t, by(&p, "kith_g17", FUNNEL "/people", CELL("1", "")), 403);
    struct reply r = by(&p, "kith_a", FUNNEL "/people", CELL("1", ""));
    CHECK_TEXT(t, at(&p, r, "total"), "3");
    CHECK_EQ(t, count_at(&p, r, "people"), 3);
    place_close(&p);
}

static void a_cell_tells_its_people(struct t *t)
{
    struct place p;
    open_story(&p, t);
    struct reply r = post(&p, FUNNEL "/people", CELL("1", ",\"limit\":3"));
    CHECK_STATUS(t, r, 200);
    CHECK_TEXT(t, at(&p, r, "total"), "4");
    CHECK_EQ(t, count_at(&p, r, "people"), 3);
    CHECK(t, has(r, "克莱欧"));
    const char *next = at(&p, r, "next");
    CHECK_TEXT(t, next, at(&p, r, "people.2.number"));
    r = post(&p, FUNNEL "/people", arena_printf(t->arena, CELL("1", ",\"limit\":3,\"after\":%s"), next));
    CHECK_TEXT(t, at(&p, r, "people.0.name"), "丹尼");
    CHECK_EQ(t, count_at(&p, r, "people"), 1);
    CHECK_TEXT(t, at(&p, r, "next"), "null");
    CHECK_TEXT(t, at(&p, post(&p, FUNNEL "/people", CELL("3", "")), "total"), "2");
    /* It is a read of personal data, and masked where the token is. */
    CHECK(t, has(get(&p, "/api/v1/reads"), "/api/v1/analytics/{kind}/people"));
    r = by(&p, "kith_masked", FUNNEL "/people", CELL("1", ""));
    CHECK(t, !has(r, "克莱欧") && has(r, "克"));
    place_close(&p);
}

#define VALUE "/api/v1/analytics/value"
#define BY_PERSON "{\"purchase\":\"product_viewed\",\"by_person\":true,\"order\":\"person\"}"

static void rows_name_people_whom_the_token_sees(struct t *t)
{
    struct place p;
    open_story(&p, t);
    struct reply r = post(&p, VALUE, BY_PERSON);
    CHECK_STATUS(t, r, 200);
    CHECK_EQ(t, count_at(&p, r, "rows"), 4);
    CHECK_TEXT(t, at(&p, r, "rows_hidden"), "0");
    const char *cleo = at(&p, r, "rows.2.0"); /* in the order in which they came */
    CHECK_TEXT(t, at(&p, get(&p, arena_printf(t->arena, "/api/v1/people/id:%s", cleo)), "traits.0.value"), "克莱欧");
    CHECK(t, has(get(&p, "/api/v1/reads"), "/api/v1/analytics/{kind}"));
    /* The next page. */
    r = post(&p, VALUE, "{\"purchase\":\"product_viewed\",\"by_person\":true,\"order\":\"person\",\"limit\":2}");
    CHECK_EQ(t, count_at(&p, r, "rows"), 2);
    r = post(&p, VALUE, arena_printf(t->arena, "{\"purchase\":\"product_viewed\",\"by_person\":true,\"order\":\"person\",\"after\":%s}", at(&p, r, "next")));
    CHECK_TEXT(t, at(&p, r, "rows.0.0"), cleo);
    CHECK_TEXT(t, at(&p, r, "next"), "null");
    /* A desk of brand a knows nobody who was only at b. */
    r = by(&p, "kith_a", VALUE, BY_PERSON);
    CHECK_EQ(t, count_at(&p, r, "rows"), 3);
    place_close(&p);
}

/* Ten buyers, of whom every other came again. */
static void buyers_come(struct place *p)
{
    for (unsigned i = 0; i < 10; i++)
        for (unsigned day = 1; day <= (i % 2 == 0 ? 1u : 1 + i); day++)
            CHECK_STATUS(p->t,
                         post(p, "/api/v1/events",
                              arena_printf(p->t->arena,
                                           "{\"event\":\"order_paid\",\"time\":\"2026-02-%02uT03:00:00Z\",\"ids\":[{\"type\":\"user_id\",\"value\":\"u%u\"}],"
                                           "\"properties\":{\"amount\":%u}}",
                                           2 * day, i, 50 + 7 * i + day)),
                         200);
}

#define PAID "\"purchase\":\"order_paid\",\"amount\":\"amount\",\"from\":\"2026-01-01\""

static void values_are_written_as_traits(struct t *t)
{
    struct place p;
    open_story(&p, t);
    buyers_come(&p);
    struct reply r = post(&p, VALUE "/traits", "{" PAID ",\"by_person\":true,\"order\":\"person\",\"limit\":7}");
    CHECK_STATUS(t, r, 200);
    CHECK_TEXT(t, at(&p, r, "traits"), "[\"p_alive\",\"expected_orders_12m\",\"expected_value_12m\"]");
    CHECK_TEXT(t, at(&p, r, "people"), "7");
    CHECK_TEXT(t, at(&p, r, "written"), "7");
    r = post(&p, VALUE "/traits", arena_printf(t->arena, "{" PAID ",\"by_person\":true,\"order\":\"person\",\"after\":%s}", at(&p, r, "next")));
    CHECK_TEXT(t, at(&p, r, "written"), "5"); /* of 12 who paid */
    CHECK_TEXT(t, at(&p, r, "next"), "null");
    r = get(&p, "/api/v1/people/user_id:u1");
    CHECK_TEXT(t, at(&p, r, "traits.0.name"), "p_alive");
    CHECK_TEXT(t, at(&p, r, "traits.0.source"), "analytics");
    CHECK_EQ(t, count_at(&p, r, "traits"), 3);
    /* It isn't something that they did. */
    CHECK(t, !has(r, "traits_computed"));
    CHECK_TEXT(t, at(&p, post(&p, TREND, "{\"series\":[\"*\"],\"from\":\"2026-11-01\",\"until\":\"2027-11-01\"}"), "totals.0.0"), "0");
    CHECK_TEXT(t, at(&p, post(&p, TREND, "{\"series\":[\"traits_computed\"],\"from\":\"2026-01-01\",\"until\":\"2027-11-01\"}"), "totals.0.0"), "12");
    CHECK_TEXT(t, at(&p, post(&p, VALUE "/people", "{\"question\":{" PAID "},\"cell\":{\"repeats\":1}}"), "people.0.last_seen"), "2026-02-04T03:00:00.000Z");
    /* Again: nothing changed. */
    r = post(&p, VALUE "/traits", "{" PAID ",\"by_person\":true,\"order\":\"person\"}");
    CHECK_TEXT(t, at(&p, r, "written"), "0");
    CHECK_TEXT(t, at(&p, r, "unchanged"), "12");
    /* A brand's token says it for the brand, of the people it sees; one of two brands speaks for neither. */
    static const struct token writer_a = {.name = "writer-a", .roles = 1u << ROLE_READ | 1u << ROLE_WRITE, .brand = "a", .brand_count = 1, .brands = {"a"}},
                              writer_ab = {.name = "writer-ab", .roles = 1u << ROLE_READ | 1u << ROLE_WRITE, .brand_count = 2, .brands = {"a", "b"}};
    place_token(&p, "main", &writer_a, "kith_wa");
    place_token(&p, "main", &writer_ab, "kith_wab");
    r = by(&p, "kith_wa", VALUE "/traits", "{\"purchase\":\"product_viewed\",\"model\":\"bgbb\",\"opportunity\":\"week\",\"by_person\":true}");
    CHECK_TEXT(t, at(&p, r, "people"), "3");
    CHECK_STATUS(t, by(&p, "kith_wab", VALUE "/traits", "{" PAID ",\"by_person\":true}"), 403);
    /* Only of questions that tell people, and by who may write. */
    CHECK_STATUS(t, post(&p, VALUE "/traits", "{" PAID "}"), 400);
    CHECK_STATUS(t, post(&p, FUNNEL "/traits", STEPS), 400);
    CHECK_STATUS(t, by(&p, "kith_a", VALUE "/traits", "{" PAID ",\"by_person\":true}"), 403);
    CHECK(t, has(get(&p, "/api/v1/reads"), "/api/v1/analytics/{kind}/traits"));
    place_close(&p);
}

static const char *study_of(struct place *p, struct reply r)
{
    return arena_printf(p->t->arena, "/api/v1/analytics/studies/%s", at(p, r, "study"));
}

static void who_does_not_wait_asks_again(struct t *t)
{
    struct place p;
    open_story(&p, t);
    struct reply r = post(&p, FUNNEL "?wait_ms=0", STEPS);
    CHECK_STATUS(t, r, 202);
    const char *path = study_of(&p, r);
    CHECK(t, strstr(r.head, path) != NULL); /* Location */
    CHECK_STATUS(t, by(&p, "kith_a", path, NULL), 404); /* another's */
    r = get(&p, path);
    CHECK_STATUS(t, r, 200);
    CHECK_TEXT(t, counts(&p, r), "4 3 2");
    CHECK_STATUS(t, get(&p, path), 404); /* it is given once */
    r = ask(&p, (struct ask){.path = FUNNEL, .token = ADMIN, .json = STEPS, .headers = {"Prefer: respond-async"}});
    CHECK_STATUS(t, r, 202);
    path = study_of(&p, r);
    CHECK_STATUS(t, ask(&p, (struct ask){.method = "DELETE", .path = path, .token = "kith_a"}), 404);
    CHECK_STATUS(t, ask(&p, (struct ask){.method = "DELETE", .path = path, .token = ADMIN}), 200);
    CHECK_STATUS(t, get(&p, path), 404);
    place_close(&p);
}

/* Answers that nobody fetches go, the oldest first. How many may wait: study_test.c. */
static void what_is_kept_is_bounded(struct t *t)
{
    struct place p;
    open_story(&p, t);
    const char *first = study_of(&p, post(&p, FUNNEL "?wait_ms=0", STEPS)), *last = first;
    for (unsigned i = 0; i < STUDIES_KEPT_MAX; i++) {
        CHECK_TEXT(t, counts(&p, post(&p, FUNNEL, STEPS)), "4 3 2"); /* behind it: so it is over */
        last = study_of(&p, post(&p, FUNNEL "?wait_ms=0", STEPS));
    }
    CHECK_TEXT(t, counts(&p, post(&p, FUNNEL, STEPS)), "4 3 2");
    CHECK_STATUS(t, get(&p, first), 404);
    CHECK_STATUS(t, get(&p, last), 200);
    struct reply metrics = get(&p, "/metrics");
    CHECK(t, has(metrics, arena_printf(t->arena, "kith_questions_kept %u\n", STUDIES_KEPT_MAX - 1)) && !has(metrics, "kith_questions_total{end=\"answered\"} 0\n"));
    place_close(&p);
}

/* Goes down with questions on their way, and comes back. */
static void it_closes_over_questions(struct t *t)
{
    struct place p;
    open_story(&p, t);
    for (int i = 0; i < 6; i++)
        (void)post(&p, FUNNEL "?wait_ms=0", STEPS);
    place_restart(&p);
    CHECK_TEXT(t, counts(&p, post(&p, FUNNEL, STEPS)), "4 3 2");
    place_close(&p);
}

#define ASKERS 4
#define QUESTIONS_EACH 12

struct asker {
    struct place place; /* a client of its own of the same door */
    bool good;
};

static void *asker_run(void *context)
{
    struct asker *a = context;
    a->good = true;
    for (int i = 0; i < QUESTIONS_EACH && a->good; i++) {
        struct reply r = post(&a->place, i % 3 == 0 ? FUNNEL "?wait_ms=1" : FUNNEL, STEPS);
        for (int again = 0; r.status == 202 && again < 1000; again++)
            r = get(&a->place, study_of(&a->place, r));
        a->good = r.status == 503 || (r.status == 200 && strcmp(counts(&a->place, r), "4 3 2") == 0);
    }
    return NULL;
}

static void many_ask_at_once(struct t *t)
{
    struct place p;
    struct asker askers[ASKERS];
    struct t own[ASKERS];
    pthread_t threads[ASKERS];
    open_story(&p, t);
    for (int i = 0; i < ASKERS; i++) {
        own[i] = *t;
        own[i].arena = arena_create(1 << 16);
        askers[i].place = p;
        askers[i].place.t = &own[i];
        askers[i].place.curl = curl_easy_init();
        askers[i].place.parser = json_parser_create(16u << 20);
        CHECK_EQ(t, pthread_create(&threads[i], NULL, asker_run, &askers[i]), 0);
    }
    for (int i = 0; i < ASKERS; i++) {
        (void)pthread_join(threads[i], NULL);
        CHECK(t, askers[i].good);
        curl_easy_cleanup(askers[i].place.curl);
        json_parser_destroy(askers[i].place.parser);
        arena_destroy(own[i].arena);
    }
    place_close(&p);
}

static void the_kinds_are_listed(struct t *t)
{
    struct place p;
    open_story(&p, t);
    struct reply r = by(&p, "kith_a", "/api/v1/analytics", NULL);
    CHECK_STATUS(t, r, 200);
    CHECK(t, has(r, "\"name\":\"funnel\"") && has(r, "\"name\":\"steps\"") && has(r, "\"name\":\"from\"") && has(r, "漏斗"));
    place_close(&p);
}

static struct reply put_property(struct place *p, const char *json)
{
    return ask(p, (struct ask){.method = "PUT", .path = "/api/v1/properties", .token = ADMIN, .json = json});
}

static void what_is_said_of_a_property_counts(struct t *t)
{
    static const struct {
        const char *body;
        int status;
    } wrong[] = {
        {"{}", 400},
        {"{\"name\":\"\"}", 400},
        {"{\"name\":\"amount\",\"of\":\"field\"}", 400},
        {"{\"name\":\"amount\",\"hidden\":true}", 400},
        {"{\"name\":\"amount\",\"event\":\"nothing_such\"}", 404},
    };
    struct place p;
    open_story(&p, t);
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        CHECK_STATUS(t, put_property(&p, wrong[i].body), wrong[i].status);
    static const char question[] = "{\"steps\":[{\"event\":\"product_viewed\",\"where\":\"phone_typed is known\"},\"order_paid\"]," RANGE "}";
    CHECK_TEXT(t, counts(&p, by(&p, "kith_masked", FUNNEL, "{\"steps\":[{\"event\":\"product_viewed\",\"where\":\"page = 'home'\"},\"order_paid\"]," RANGE "}")), "1 1");
    CHECK_TEXT(t, counts(&p, post(&p, FUNNEL, question)), "1 1");
    /* Personal: who may not see it in full can't find it out by asking either. */
    CHECK_STATUS(t, put_property(&p, "{\"name\":\"phone_typed\",\"display\":\"所填手机\",\"personal\":true}"), 200);
    CHECK_TEXT(t, counts(&p, post(&p, FUNNEL, question)), "1 1");
    CHECK_STATUS(t, by(&p, "kith_masked", FUNNEL, question), 400);
    /* Forbidden: it is nobody's. */
    CHECK_STATUS(t, put_property(&p, "{\"name\":\"phone_typed\",\"forbidden\":true}"), 200);
    CHECK_STATUS(t, post(&p, FUNNEL, question), 400);
    CHECK_STATUS(t, by(&p, "kith_a", "/api/v1/properties", NULL), 200);
    CHECK_STATUS(t, get(&p, "/api/v1/properties?after=x"), 400);
    place_close(&p);
}

/* --- what an answer may not tell --- */

#define SPENT(more) "{\"series\":[{\"event\":\"order_paid\",\"measure\":\"sum\",\"value\":\"amount\"}],\"from\":\"2026-03-20\",\"until\":\"2026-04-01\"" more "}"
#define BOUGHT(id, day, properties) EVENT(id, "order_paid", day, "", "", "eve", ",\"properties\":{" properties "}")

/* Amounts come to the group's currency, or the one that is asked for, by the rate of their day; what has no rate is left out, and told. */
static void yuan_and_dollars_are_not_added_up(struct t *t)
{
    struct place p;
    open_story(&p, t);
    CHECK_STATUS(t,
                 post(&p, "/api/v1/events",
                      BOUGHT("m1", "20", "\"amount\":100") BOUGHT("m2", "21", "\"amount\":10.01,\"currency\":\"USD\"")
                          BOUGHT("m3", "22", "\"amount\":10,\"currency\":\"USD\"") BOUGHT("m4", "23", "\"amount\":9,\"currency\":\"EUR\"")),
                 200);
    struct reply r = post(&p, TREND, SPENT(""));
    CHECK_TEXT(t, at(&p, r, "totals.0.0"), "100");
    CHECK_TEXT(t, at(&p, r, "currency"), "CNY");
    CHECK_TEXT(t, at(&p, r, "without_rate"), "{\"amounts\":3,\"currencies\":[\"USD\",\"EUR\"]}");
    static const char *const rates[] = {"{\"from\":\"USD\",\"to\":\"CNY\",\"day\":\"2026-01-01\",\"rate\":7.1234}",
                                        "{\"from\":\"USD\",\"to\":\"CNY\",\"day\":\"2026-03-22\",\"rate\":7}",
                                        "{\"from\":\"CNY\",\"to\":\"USD\",\"day\":\"2026-01-01\",\"rate\":0.14}"};
    for (size_t i = 0; i < COUNT_OF(rates); i++)
        CHECK_STATUS(t, ask(&p, (struct ask){.method = "PUT", .path = "/api/v1/rates", .token = ADMIN, .json = rates[i]}), 200);
    r = post(&p, TREND, SPENT(""));
    CHECK_TEXT(t, at(&p, r, "totals.0.0"), "241.31"); /* 100 + 71.31 (71.305...) + 70 */
    CHECK_TEXT(t, at(&p, r, "without_rate.currencies"), "[\"EUR\"]");
    r = post(&p, TREND, SPENT(",\"currency\":\"USD\""));
    CHECK_TEXT(t, at(&p, r, "totals.0.0"), "34.01"); /* 14 + 10.01 + 10 */
    CHECK_TEXT(t, at(&p, r, "currency"), "USD");
    r = post(&p, TREND, SPENT(",\"currency\":\"each\",\"breakdown\":\"currency\""));
    CHECK(t, has(r, "20.01") && !has(r, "without_rate"));
    CHECK_STATUS(t, post(&p, TREND, SPENT(",\"currency\":\"dollar\"")), 400);
    place_close(&p);
}

#define GIFTS_MAX 60
#define GIVEN(value, more)                                                                                             \
    "{\"series\":[{\"event\":\"gift_sent\",\"measure\":\"sum\",\"value\":" value "}],\"from\":\"2026-03-01\",\"until\":\"2026-04-01\"" more "}"
#define WORTH(money) "{\"property\":\"worth\",\"money\":" money "}"

struct gift {
    int64_t cents;
    unsigned day;
    bool in_dollars;
};

/* In yuan, each rounded to the fen: 7.1234 up to the 15th, then 6.9876. */
static int64_t gifts_sum(const struct gift *gifts, size_t count, bool converts)
{
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += !gifts[i].in_dollars || !converts ? gifts[i].cents
                                                 : (gifts[i].cents * (gifts[i].day < 16 ? 71234 : 69876) + 5000) / 10000;
    return sum;
}

static const char *yuan(struct t *t, int64_t cents)
{
    const char *text = arena_printf(t->arena, "%lld.%02lld", (long long)(cents / 100), (long long)(cents % 100));
    size_t size = strlen(text);
    while (text[size - 1] == '0')
        size--;
    return arena_text(t->arena, bytes_of(text, text[size - 1] == '.' ? size - 1 : size));
}

/* Whatever it is called, against a sum by hand; and what is called so is none where the question says it is none. */
static void a_value_is_money_where_the_question_says_so(struct t *t)
{
    struct place p;
    struct gift gifts[GIFTS_MAX];
    struct buf events = arena_buf(t->arena, 1u << 16);
    static const char *const rates[] = {"{\"from\":\"USD\",\"to\":\"CNY\",\"day\":\"2026-01-01\",\"rate\":7.1234}",
                                        "{\"from\":\"USD\",\"to\":\"CNY\",\"day\":\"2026-03-16\",\"rate\":6.9876}"};
    open_story(&p, t);
    for (size_t i = 0; i < COUNT_OF(rates); i++)
        CHECK_STATUS(t, ask(&p, (struct ask){.method = "PUT", .path = "/api/v1/rates", .token = ADMIN, .json = rates[i]}), 200);
    for (size_t i = 0; i < GIFTS_MAX; i++) {
        struct gift *g = &gifts[i];
        *g = (struct gift){.cents = rng_between(&t->rng, 1, 99999), .day = (unsigned)rng_between(&t->rng, 1, 28), .in_dollars = rng_chance(&t->rng, 0.5)};
        buf_printf(&events,
                   "{\"id\":\"g%zu\",\"event\":\"gift_sent\",\"time\":\"2026-03-%02uT03:00:00Z\",\"ids\":[{\"type\":\"user_id\",\"value\":\"ann\"}],"
                   "\"properties\":{\"worth\":%s,\"value\":%s%s}}\n",
                   i, g->day, yuan(t, g->cents), yuan(t, g->cents), g->in_dollars ? ",\"currency\":\"USD\"" : "");
    }
    buf_push_byte(&events, 0);
    CHECK_STATUS(t, post(&p, "/api/v1/events", (const char *)events.data), 200);
    const char *converted = yuan(t, gifts_sum(gifts, GIFTS_MAX, true)), *plain = yuan(t, gifts_sum(gifts, GIFTS_MAX, false));
    struct reply r = post(&p, TREND, GIVEN(WORTH("true"), ""));
    CHECK_TEXT(t, at(&p, r, "totals.0.0"), converted);
    CHECK_TEXT(t, at(&p, r, "currency"), "CNY");
    r = post(&p, TREND, GIVEN("\"worth\"", ""));
    CHECK_TEXT(t, at(&p, r, "totals.0.0"), plain);
    CHECK(t, !has(r, "\"currency\""));
    CHECK_TEXT(t, at(&p, post(&p, TREND, GIVEN("\"value\"", "")), "totals.0.0"), converted);
    CHECK_TEXT(t, at(&p, post(&p, TREND, GIVEN("{\"property\":\"value\"}", "")), "totals.0.0"), converted);
    CHECK_TEXT(t, at(&p, post(&p, TREND, GIVEN("{\"property\":\"value\",\"money\":false}", "")), "totals.0.0"), plain);
    CHECK_TEXT(t, at(&p, post(&p, TREND, GIVEN(WORTH("true"), ",\"currency\":\"each\"")), "totals.0.0"), plain);
    static const char *const wrong[] = {GIVEN("{\"money\":true}", ""), GIVEN(WORTH("1"), ""), GIVEN("{\"property\":\"worth\",\"cash\":true}", ""),
                                        GIVEN("{\"property\":\"channel\",\"money\":true}", ""), GIVEN("\"worth\"", ",\"breakdown\":{\"property\":\"worth\"}")};
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        CHECK_STATUS(t, post(&p, TREND, wrong[i]), 400);
    place_close(&p);
}

#define REPORTS "/api/v1/reports"

static struct reply put_report(struct place *p, const char *token, const char *json)
{
    return ask(p, (struct ask){.method = "PUT", .path = REPORTS, .token = token, .json = json});
}

/* A question that is kept is asked as it was said, or with members in place of its own; whoever asks gets what they may see. */
static void reports_are_kept_and_asked_again(struct t *t)
{
    struct place p;
    open_story(&p, t);
    CHECK_STATUS(t, put_report(&p, ADMIN, "{\"name\":\"weekly\",\"label\":\"每周\",\"kind\":\"funnel\",\"question\":" STEPS "}"), 200);
    CHECK_STATUS(t, put_report(&p, ADMIN, "{\"name\":\"weekly\",\"label\":\"每周\",\"kind\":\"funnel\",\"question\":" STEPS "}"), 200);
    CHECK_STATUS(t, put_report(&p, ADMIN, "{\"name\":\"other\",\"kind\":\"trend\",\"question\":{}}"), 200);
    struct reply r = get(&p, REPORTS);
    CHECK_EQ(t, count_at(&p, r, "reports"), 2);
    CHECK_TEXT(t, at(&p, r, "reports.1.name"), "weekly");
    CHECK_TEXT(t, at(&p, r, "reports.1.revision"), "1"); /* the same again is no revision */
    r = post(&p, REPORTS "/weekly/answer", "{}");
    CHECK_STATUS(t, r, 200);
    CHECK_TEXT(t, counts(&p, r), "4 3 2");
    CHECK_TEXT(t, at(&p, r, "question"), "funnel");
    CHECK_TEXT(t, at(&p, r, "report.name"), "weekly");
    CHECK_TEXT(t, at(&p, r, "report.revision"), "1");
    CHECK(t, has(r, "\"as_of_time\"") && has(r, "\"as_of\""));
    CHECK_TEXT(t, counts(&p, post(&p, REPORTS "/weekly/answer", "{\"steps\":[\"product_viewed\",\"order_paid\"]}")), "4 2");
    CHECK_TEXT(t, counts(&p, by(&p, "kith_a", REPORTS "/weekly/answer", "{}")), counts(&p, by(&p, "kith_a", FUNNEL, STEPS)));
    CHECK_STATUS(t, put_report(&p, ADMIN, "{\"name\":\"weekly\",\"kind\":\"funnel\",\"question\":{\"steps\":[\"order_paid\"]," RANGE "}}"), 200);
    CHECK_TEXT(t, at(&p, post(&p, REPORTS "/weekly/answer", "{}"), "report.revision"), "2");
    CHECK_STATUS(t, post(&p, REPORTS "/weekly/answer", "{\"stepz\":[]}"), 400);
    CHECK_STATUS(t, post(&p, REPORTS "/none/answer", "{}"), 404);
    CHECK_STATUS(t, put_report(&p, ADMIN, "{\"name\":\"x\",\"kind\":\"funel\",\"question\":{}}"), 400);
    CHECK_STATUS(t, put_report(&p, "kith_a", "{\"name\":\"x\",\"kind\":\"funnel\",\"question\":{}}"), 403);
    struct reply refused = put_report(&p, ADMIN,
                                      "{\"name\":\"x\",\"kind\":\"trend\",\"question\":{\"serie\":[\"order_paid\"]}}");
    CHECK_STATUS(t, refused, 400); /* no body could put that right */
    CHECK(t, has(refused, "question: ") && has(refused, "series"));
    CHECK_STATUS(t, ask(&p, (struct ask){.method = "DELETE", .path = REPORTS "/weekly", .token = ADMIN}), 200);
    CHECK_EQ(t, count_at(&p, get(&p, REPORTS), "reports"), 1);
    place_close(&p);
}

/* A ready report says what it lacks, and can be kept and asked as it is. */
static void ready_reports_say_what_is_missing(struct t *t)
{
    struct place p;
    open_story(&p, t);
    struct reply r = get(&p, REPORTS "/library");
    CHECK_STATUS(t, r, 200);
    CHECK_TEXT(t, at(&p, r, "reports.0.name"), "private-funnel");
    CHECK_TEXT(t, at(&p, r, "reports.0.missing.0.either.0.name"), "friend_added");
    CHECK_TEXT(t, at(&p, r, "reports.0.missing.0.either.0.label_zh"), "添加好友");
    CHECK_TEXT(t, at(&p, r, "reports.0.question_zh.steps.0.as"), "加微");
    size_t repeats = 0;
    for (size_t i = 0; i < count_at(&p, r, "reports"); i++)
        if (strcmp(at(&p, r, arena_printf(t->arena, "reports.%zu.name", i)), "orders-per-buyer") == 0)
            repeats = i;
    CHECK_EQ(t, count_at(&p, r, arena_printf(t->arena, "reports.%zu.missing", repeats)), 0);
    CHECK_TEXT(t, at(&p, r, arena_printf(t->arena, "reports.%zu.is_kept", repeats)), "false");
    const char *question = at(&p, r, arena_printf(t->arena, "reports.%zu.question", repeats));
    CHECK_STATUS(t, put_report(&p, ADMIN, arena_printf(t->arena, "{\"name\":\"orders-per-buyer\",\"kind\":\"distribution\",\"question\":%s}", question)), 200);
    CHECK_TEXT(t, at(&p, get(&p, REPORTS "/library"), arena_printf(t->arena, "reports.%zu.is_kept", repeats)), "true");
    CHECK_STATUS(t, post(&p, REPORTS "/orders-per-buyer/answer", "{" RANGE "}"), 200);
    CHECK_STATUS(t, by(&p, "kith_a", REPORTS "/orders-per-buyer/answer", "{" RANGE "}"), 200);
    place_close(&p);
}

/* --- what came since --- */

static uint64_t number_at(struct place *p, struct reply r, const char *path)
{
    return strtoull(at(p, r, path), NULL, 10);
}

/* Late events and others, told by day; of one that came twice once, and of another event none. */
static void an_answer_tells_what_came_since_another(struct t *t)
{
    static const char *const asked[][2] = {{FUNNEL, "\"steps\":[\"product_viewed\",\"cart_added\",\"order_paid\"],"},
                                           {FUNNEL, "\"steps\":[\"product_viewed\",\"order_paid\"],\"order\":\"any\","},
                                           {FUNNEL, "\"steps\":[\"cart_added\",\"order_paid\"],\"subject\":\"order\","},
                                           {TREND, "\"series\":[{\"event\":\"product_viewed\",\"measure\":\"count\"},\"order_paid\"],"},
                                           {"/api/v1/analytics/retention", "\"start\":\"product_viewed\",\"return\":\"order_paid\","},
                                           {"/api/v1/analytics/sessions", ""}};
    uint64_t as_of[COUNT_OF(asked)], events[COUNT_OF(asked)];
    struct place p;
    open_story(&p, t);
    for (size_t i = 0; i < COUNT_OF(asked); i++) {
        struct reply r = post(&p, asked[i][0], arena_printf(t->arena, "{%s" RANGE "}", asked[i][1]));
        CHECK_STATUS(t, r, 200);
        CHECK(t, !has(r, "\"arrived\""));
        as_of[i] = number_at(&p, r, "as_of");
        events[i] = number_at(&p, r, "events");
    }
    CHECK_STATUS(t, post(&p, "/api/v1/events",
                         EVENT("1", "product_viewed", "02", "a", "", "ann", "") EVENT("n1", "order_paid", "03", "b", "", "bea", ",\"order\":\"O1\"")
                             EVENT("n2", "order_paid", "03", "b", "", "bea", ",\"order\":\"O1\"") EVENT("n3", "product_viewed", "21", "b", "", "eve", "")
                                 EVENT("n4", "gift_sent", "21", "b", "", "eve", "")
                                     "{\"id\":\"n5\",\"event\":\"order_paid\",\"time\":\"2026-04-02T03:00:00Z\",\"ids\":[{\"type\":\"user_id\",\"value\":\"eve\"}]}\n"),
                 200);
    for (size_t i = 0; i < COUNT_OF(asked); i++) {
        struct reply r = post(&p, asked[i][0],
                              arena_printf(t->arena, "{%s\"since\":%llu," RANGE "}", asked[i][1], (unsigned long long)as_of[i]));
        CHECK_STATUS(t, r, 200);
        CHECK_EQ(t, number_at(&p, r, "arrived.events"), number_at(&p, r, "events") - events[i]);
        CHECK_EQ(t, number_at(&p, r, "arrived.since"), as_of[i]);
        r = post(&p, asked[i][0],
                 arena_printf(t->arena, "{%s\"since\":%llu," RANGE "}", asked[i][1], (unsigned long long)number_at(&p, r, "as_of")));
        CHECK_TEXT(t, at(&p, r, "arrived.events"), "0");
        CHECK_EQ(t, count_at(&p, r, "arrived.units"), 0);
    }
    struct reply r = post(&p, FUNNEL, arena_printf(t->arena, "{%s\"since\":%llu," RANGE "}", asked[0][1], (unsigned long long)as_of[0]));
    CHECK_TEXT(t, at(&p, r, "arrived.units"), "[{\"unit\":\"2026-03-03\",\"events\":2},{\"unit\":\"2026-03-21\",\"events\":1}]");
    CHECK_TEXT(t, at(&p, r, "arrived.behind"), "1"); /* windows reach beyond the range */
    CHECK_STATUS(t, post(&p, FUNNEL, "{\"steps\":[\"order_paid\"],\"since\":\"yesterday\"}"), 400);
    /* A report is asked the same way. */
    CHECK_STATUS(t, put_report(&p, ADMIN, "{\"name\":\"weekly\",\"kind\":\"funnel\",\"question\":" STEPS "}"), 200);
    r = post(&p, REPORTS "/weekly/answer", arena_printf(t->arena, "{\"since\":%llu}", (unsigned long long)as_of[0]));
    CHECK_TEXT(t, at(&p, r, "arrived.events"), "4");
    place_close(&p);
}

/* What people wrote into a report may name somebody anywhere: in a condition, in its own name. */
static void a_masked_token_sees_nobody_in_a_report(struct t *t)
{
    static const char saved
        [] = "{\"name\":\"r13800138000\",\"label\":\"客户 138-0013-8000\",\"kind\":\"trend\",\"question\":{\"series\":["
             "\"order_paid\"],\"where\":\"phone = '13800138000'\"}}",
   plain[] =
        "{\"name\":\"weekly\",\"label\":\"每周 2026\",\"kind\":\"trend\",\"question\":{\"series\":[\"order_paid\"]}}";
    struct place p;
    open_story(&p, t);
    place_token(&p, "main", &(struct token){.name = "desk", .roles = 1u << ROLE_READ, .masked = true}, "kith_m");
    CHECK_STATUS(t, put_report(&p, ADMIN, saved), 200);
    CHECK_STATUS(t, put_report(&p, ADMIN, plain), 200);
    struct reply r = ask(&p, (struct ask){.path = REPORTS, .token = "kith_m"});
    CHECK_STATUS(t, r, 200);
    CHECK(t, !has(r, "8000") && !has(r, "question"));
    CHECK_TEXT(t, at(&p, r, "reports.1.name"), "weekly");
    CHECK_TEXT(t, at(&p, r, "reports.1.label"), "每周 2026");
    r = by(&p, "kith_m", REPORTS "/r13800138000/answer", "{\"where\":\"amount >= 0\"}");
    CHECK_STATUS(t, r, 200);
    CHECK(t, !has(r, "8000"));
    place_close(&p);
}

#define BROKEN_DOWN(by) "{\"series\":[\"form_filled\"],\"breakdown\":\"" by "\"," RANGE "}"
#define WHERE(condition) "{\"series\":[\"form_filled\"],\"where\":\"" condition "\"," RANGE "}"
#define GREATEST(of) "{\"series\":[{\"event\":\"form_filled\",\"measure\":\"max\",\"value\":\"" of "\"}]," RANGE "}"
#define TOLD(day, event, more) EVENT("s" day event, event, day, "", "", "eve", more)

static void what_looks_personal_is_masked_in_answers(struct t *t)
{
    struct place p;
    open_story(&p, t);
    CHECK_STATUS(t,
                 post(&p, "/api/v1/events",
                      TOLD("11", "form_filled",
                           ",\"properties\":{\"Mobile\":\"13812345671\",\"note\":\"13812345672\",\"number\":13812345673,\"age\":38,"
                           "\"receiver\":{\"city\":\"\u4e0a\u6d77\"},\"plan\":\"gold\"}")),
                 200);
    CHECK(t, has(post(&p, TREND, BROKEN_DOWN("Mobile")), "13812345671"));
    CHECK(t, has(post(&p, TREND, BROKEN_DOWN("receiver.city")), "上海"));
    CHECK_STATUS(t, by(&p, "kith_masked", TREND, BROKEN_DOWN("Mobile")), 400);
    CHECK_STATUS(t, by(&p, "kith_masked", TREND, BROKEN_DOWN("receiver.city")), 400);
    CHECK_STATUS(t, by(&p, "kith_masked", TREND, WHERE("Mobile starts '138'")), 400);
    CHECK(t, has(by(&p, "kith_masked", TREND, BROKEN_DOWN("plan")), "gold"));
    struct reply r = by(&p, "kith_masked", TREND, BROKEN_DOWN("note"));
    CHECK(t, !has(r, "13812345672") && has(r, "1381****5672"));
    CHECK_TEXT(t, at(&p, by(&p, "kith_masked", TREND, WHERE("note starts '138'")), "totals.0.0"), "0");
    CHECK_TEXT(t, at(&p, by(&p, "kith_masked", TREND, WHERE("note matches '^138'")), "totals.0.0"), "0");
    CHECK_TEXT(t, at(&p, post(&p, TREND, WHERE("note matches '^138'")), "totals.0.0"), "1");
    CHECK_TEXT(t, at(&p, by(&p, "kith_masked", TREND, WHERE("plan = 'gold'")), "totals.0.0"), "1");
    r = by(&p, "kith_masked", TREND, BROKEN_DOWN("number"));
    CHECK(t, !has(r, "13812345673") && has(r, "1381****5673"));
    CHECK_TEXT(t, at(&p, by(&p, "kith_masked", TREND, WHERE("number > 13000000000")), "totals.0.0"), "0");
    CHECK_TEXT(t, at(&p, by(&p, "kith_masked", TREND, WHERE("number != 1")), "totals.0.0"), "1");
    CHECK_TEXT(t, at(&p, post(&p, TREND, WHERE("number > 13000000000")), "totals.0.0"), "1");
    CHECK(t, has(post(&p, TREND, GREATEST("number")), "13812345673"));
    CHECK(t, !has(by(&p, "kith_masked", TREND, GREATEST("number")), "13812345673"));
    CHECK(t, has(by(&p, "kith_masked", TREND, GREATEST("age")), "38"));
    place_close(&p);
}

static void what_is_said_of_an_object_counts_for_its_members(struct t *t)
{
    struct place p;
    open_story(&p, t);
    CHECK_STATUS(t, post(&p, "/api/v1/events", TOLD("11", "form_filled", ",\"properties\":{\"home\":{\"city\":\"\u4e0a\u6d77\"},\"homes\":2}")), 200);
    CHECK(t, has(by(&p, "kith_masked", TREND, BROKEN_DOWN("home.city")), "上海"));
    CHECK_STATUS(t, put_property(&p, "{\"name\":\"home\",\"personal\":true}"), 200);
    CHECK_STATUS(t, by(&p, "kith_masked", TREND, BROKEN_DOWN("home.city")), 400);
    CHECK_STATUS(t, by(&p, "kith_masked", TREND, BROKEN_DOWN("homes")), 200);
    CHECK_STATUS(t, post(&p, TREND, BROKEN_DOWN("home.city")), 200);
    CHECK_STATUS(t, put_property(&p, "{\"name\":\"home\",\"forbidden\":true}"), 200);
    CHECK_STATUS(t, post(&p, TREND, BROKEN_DOWN("home.city")), 400);
    place_close(&p);
}

static void a_property_is_forbidden_of_one_event(struct t *t)
{
    static const char both[] = TOLD("11", "form_filled", ",\"properties\":{\"mobile\":\"m-1\",\"box\":{\"in\":\"b-1\"}}")
        TOLD("12", "called", ",\"properties\":{\"mobile\":\"m-2\",\"box\":{\"in\":\"b-2\"}}");
    static const char is_known[] = WHERE("mobile is known"), is_unknown[] = WHERE("mobile is unknown"), is_other[] = WHERE("mobile != 'm-9'"),
                      is_not[] = WHERE("not (mobile = 'm-9')");
    struct place p;
    open_story(&p, t);
    CHECK_STATUS(t, post(&p, "/api/v1/events", both), 200);
    CHECK(t, has(post(&p, TREND, BROKEN_DOWN("mobile")), "m-1")); /* its column is made */
    CHECK_TEXT(t, at(&p, post(&p, TREND, is_known), "totals.0.0"), "1");
    CHECK_STATUS(t, put_property(&p, "{\"name\":\"mobile\",\"event\":\"form_filled\",\"forbidden\":true}"), 200);
    CHECK_STATUS(t, put_property(&p, "{\"name\":\"box\",\"event\":\"form_filled\",\"forbidden\":true}"), 200);
    struct reply r = post(&p, TREND, BROKEN_DOWN("mobile"));
    CHECK_STATUS(t, r, 200);
    CHECK(t, !has(r, "m-1"));
    CHECK(t, !has(post(&p, TREND, BROKEN_DOWN("box.in")), "b-1"));
    CHECK(t, has(post(&p, TREND, "{\"series\":[\"called\"],\"breakdown\":[\"mobile\",\"box.in\"]," RANGE "}"), "m-2"));
    CHECK_TEXT(t, at(&p, post(&p, TREND, is_known), "totals.0.0"), "0");
    CHECK_TEXT(t, at(&p, post(&p, TREND, is_other), "totals.0.0"), "0");
    CHECK_TEXT(t, at(&p, post(&p, TREND, is_not), "totals.0.0"), "0");
    CHECK_TEXT(t, at(&p, post(&p, TREND, is_unknown), "totals.0.0"), "1");
    place_close(&p);
}

/* The event is of no brand, so a desk of brand a counts it; the store isn't the desk's to read. */
static void things_of_another_brand_stay_unread(struct t *t)
{
    static const char store[] = "{\"kind\":\"store\",\"id\":\"SB1\",\"time\":\"2026-01-01T00:00:00Z\",\"attributes\":{\"city\":\"Suzhou\",\"brand\":\"b\"}}\n"
                                "{\"kind\":\"store\",\"id\":\"SA1\",\"time\":\"2026-01-01T00:00:00Z\",\"attributes\":{\"city\":\"Wuxi\",\"brand\":\"a\"}}\n";
    static const char at_stores[] = "{\"id\":\"t1\",\"event\":\"form_filled\",\"time\":\"2026-03-11T03:00:00Z\",\"store\":\"SB1\"}\n"
                                    "{\"id\":\"t2\",\"event\":\"form_filled\",\"time\":\"2026-03-11T03:00:00Z\",\"store\":\"SA1\"}\n";
    struct place p;
    open_story(&p, t);
    CHECK_TEXT(t, at(&p, post(&p, "/api/v1/things", store), "accepted"), "2");
    CHECK_STATUS(t, post(&p, "/api/v1/events", at_stores), 200);
    CHECK_STATUS(t, by(&p, "kith_a", "/api/v1/things/store/SB1", NULL), 404);
    CHECK(t, has(post(&p, TREND, BROKEN_DOWN("store.city")), "Suzhou"));
    struct reply r = by(&p, "kith_a", TREND, BROKEN_DOWN("store.city"));
    CHECK(t, has(r, "Wuxi") && !has(r, "Suzhou"));
    place_close(&p);
}

/* --- tags and segments --- */

#define TRIES 1000
#define VIEWED_PAID(more) "{\"steps\":[\"product_viewed\",\"order_paid\"]," RANGE "," more "}"

static void define(struct place *p, const char *kind, const char *name, const char *more)
{
    const char *path = arena_printf(p->t->arena, "/api/v1/%s", kind), *state = "";
    const char *json = arena_printf(p->t->arena, "{\"name\":\"%s\",%s}", name, more);
    CHECK_STATUS(p->t, ask(p, (struct ask){.method = "PUT", .path = path, .token = ADMIN, .json = json}), 200);
    for (int i = 0; i < TRIES && strcmp(state, "in_force") != 0; i++)
        state = at(p, get(p, arena_printf(p->t->arena, "%s/%s", path, name)), "state");
    CHECK_TEXT(p->t, state, "in_force");
}

static void open_audience(struct place *p, struct t *t)
{
    open_story(p, t);
    define(p, "segments", "bought", "\"text\":\"count(order_paid) >= 1\"");
    define(p, "segments", "bought_a", "\"text\":\"count(order_paid) >= 1\",\"brand\":\"a\"");
    define(p, "tags", "spent", "\"text\":\"sum(order_paid.amount)\"");
    define(p, "tags", "page", "\"text\":\"last(product_viewed.page)\"");
}

/* Ann and Bea have bought, Ann at brand a. */
static void a_question_is_about_a_segment(struct t *t)
{
    struct place p;
    open_audience(&p, t);
    CHECK_TEXT(t, counts(&p, post(&p, FUNNEL, VIEWED_PAID("\"segment\":\"bought\""))), "2 2");
    CHECK_TEXT(t, counts(&p, post(&p, FUNNEL, VIEWED_PAID("\"segment\":{\"none\":[\"bought\"]}"))), "2 0");
    CHECK_TEXT(t, counts(&p, post(&p, FUNNEL, VIEWED_PAID("\"segment\":[\"bought\",\"bought_a\"]"))), "1 1");
    CHECK_TEXT(t, counts(&p, post(&p, FUNNEL, VIEWED_PAID("\"segment\":\"tag:spent=20\""))), "1 1");
    CHECK_TEXT(t, counts(&p, post(&p, FUNNEL, VIEWED_PAID("\"segment\":\"tag:page\""))), "2 2");
    struct reply r = post(&p, FUNNEL, VIEWED_PAID("\"breakdown\":\"tag:page\",\"segment\":\"bought\""));
    CHECK(t, has(r, "[\"home\",1,") && has(r, "[\"search\",1,"));
    r = post(&p, FUNNEL, VIEWED_PAID("\"breakdown\":\"segment:bought_a\""));
    CHECK(t, has(r, "[\"false\",1,\"product_viewed\",3,") && has(r, "[\"true\",1,\"product_viewed\",1,"));
    r = post(&p, FUNNEL "/people", "{\"question\":" VIEWED_PAID("\"segment\":\"bought_a\"") ",\"cell\":{\"step\":1}}");
    CHECK_TEXT(t, at(&p, r, "total"), "1");
    place_close(&p);
}

static void a_token_asks_about_segments_that_it_sees(struct t *t)
{
    static const struct {
        const char *token, *body, *says;
    } cases[] = {
        {ADMIN, VIEWED_PAID("\"segment\":\"sold\""), "there is no segment \\\"sold\\\""},
        {ADMIN, VIEWED_PAID("\"segment\":\"tag:sold\""), "there is no tag \\\"sold\\\""},
        {ADMIN, VIEWED_PAID("\"segment\":\"tag:spent=much\""), "can't have the value \\\"much\\\""},
        {ADMIN, VIEWED_PAID("\"segment\":{\"any\":[]}"), "segment.any: want a list"},
        {ADMIN, VIEWED_PAID("\"segment\":{\"some\":[\"bought\"]}"), "did you mean"},
        {ADMIN, VIEWED_PAID("\"breakdown\":\"segment:sold\""), "there is no segment"},
        {ADMIN, VIEWED_PAID("\"segment\":\"bougt\""), "did you mean \\\"bought\\\"?"},
        {"kith_a", VIEWED_PAID("\"segment\":\"bougt\""), "did you mean \\\"bought_a\\\"?"}, /* of those that it sees */
        {"kith_a", VIEWED_PAID("\"segment\":\"bought\""), "there is no segment"},
        {"kith_store", VIEWED_PAID("\"segment\":\"bought_a\""), "there is no segment"},
        {"kith_masked", VIEWED_PAID("\"breakdown\":\"tag:page\""), "which this token doesn't see"},
    };
    struct place p;
    open_audience(&p, t);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reply r = by(&p, cases[i].token, FUNNEL, cases[i].body);
        CHECK_STATUS(t, r, 400);
        if (!has(r, cases[i].says))
            test_fail(t, __FILE__, __LINE__, "%s: %s", cases[i].body, cases[i].says);
    }
    CHECK_TEXT(t, counts(&p, by(&p, "kith_a", FUNNEL, VIEWED_PAID("\"segment\":\"bought_a\""))), "1 1");
    CHECK_STATUS(t, by(&p, "kith_masked", FUNNEL, VIEWED_PAID("\"breakdown\":\"tag:spent\"")), 200);
    place_close(&p);
}

static void a_place_among_properties_is_bounded(struct t *t)
{
    struct place p;
    char name[COLUMN_PROPERTY_BYTES_MAX + 2];
    open_story(&p, t);
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    CHECK_STATUS(t, get(&p, arena_printf(t->arena, "/api/v1/properties?after=1.1.0.0.%s", name)), 400);
    CHECK_STATUS(t, get(&p, arena_printf(t->arena, "/api/v1/properties?after=1.1.0.0.%s", name + 1)), 200);
    place_close(&p);
}

static const struct test tests[] = {
    {"a question is answered", a_question_is_answered, 1},
    {"what is wrong is said with its place", what_is_wrong_is_said_with_its_place, 1},
    {"a token counts what it sees", a_token_counts_what_it_sees, 1},
    {"a cell tells its people", a_cell_tells_its_people, 1},
    {"rows name people whom the token sees", rows_name_people_whom_the_token_sees, 1},
    {"values are written as traits", values_are_written_as_traits, 1},
    {"who does not wait asks again", who_does_not_wait_asks_again, 1},
    {"what is kept is bounded", what_is_kept_is_bounded, 1},
    {"it closes over questions", it_closes_over_questions, 1},
    {"many ask at once", many_ask_at_once, 1},
    {"the kinds are listed", the_kinds_are_listed, 1},
    {"what is said of a property counts", what_is_said_of_a_property_counts, 1},
    {"yuan and dollars are not added up", yuan_and_dollars_are_not_added_up, 1},
    {"a value is money where the question says so", a_value_is_money_where_the_question_says_so, 5},
    {"an answer tells what came since another", an_answer_tells_what_came_since_another, 1},
    {"reports are kept and asked again", reports_are_kept_and_asked_again, 1},
    {"ready reports say what is missing", ready_reports_say_what_is_missing, 1},
    {"a masked token sees nobody in a report", a_masked_token_sees_nobody_in_a_report, 1},
    {"what looks personal is masked in answers", what_looks_personal_is_masked_in_answers, 1},
    {"what is said of an object counts for its members", what_is_said_of_an_object_counts_for_its_members, 1},
    {"a property is forbidden of one event", a_property_is_forbidden_of_one_event, 1},
    {"things of another brand stay unread", things_of_another_brand_stay_unread, 1},
    {"a question is about a segment", a_question_is_about_a_segment, 1},
    {"a token asks about segments that it sees", a_token_asks_about_segments_that_it_sees, 1},
    {"a place among properties is bounded", a_place_among_properties_is_bounded, 1},
};
TEST_MAIN(tests)
