/* Orders by HTTP: taken in, shown, decided on, reconciled. Covers: order_acts.c, order_books.c, order_elsewhere.c, order_print.c */
#include "edge/door_test.h"

#define ORDERS "/api/v1/orders"
#define ONE ORDERS "/tmall-1/3721"
#define XIAOMING "/api/v1/people/phone:13812345678"

static const char versions[] =
    "{\"shop\":\"tmall-1\",\"number\":\"3721\",\"version\":2,\"brand\":\"a\",\"channel\":\"tmall\",\"states\":{"
    "\"created\":\"2026-01-02T00:00:00+08:00\",\"paid\":\"2026-01-02T00:05:00+08:00\"},"
    "\"buyer\":[{\"type\":\"phone\",\"value\":\"138 1234 "
    "5678\"}],\"receiver\":{\"name\":\"王小明\",\"phone\":\"13812345678\",\"region\":\"310000\",\"address\":"
    "\"上海市黄浦区南京东路1号\"},"
    "\"remark\":\"请打电话13812345678 😀\",\"payment\":{\"total\":\"205.00\",\"freight\":6},"
    "\"lines\":[{\"line\":1,\"sku\":\"A\",\"name\":\"連衣裙\",\"quantity\":2,\"list_price\":149.5,\"discounts\":{"
    "\"platform\":50,\"coupon\":50},\"paid\":199}]}\n"
    "{\"shop\":\"tmall-1\",\"number\":\"3721\",\"version\":1,\"brand\":\"b\",\"lines\":[{\"line\":1,\"paid\":1}]}\n"
    "{\"shop\":\"tmall-1\",\"number\":\"3722\",\"version\":1,\"brand\":\"b\",\"states\":{\"created\":\"2026-01-02T10:"
    "00:00+08:00\"},\"lines\":[{\"line\":1,\"paid\":10}]}\n"
    "{\"shop\":\"tmall-1\",\"number\":\"3723\",\"version\":1,\"line\":[]}\n"
    "{\"shop\":\"tmall-1\"";

static void open_orders(struct place *p, struct t *t)
{
    place_open_main(p, t);
    struct reply r = post(p, ORDERS, versions);
    CHECK_STATUS(t, r, 200);
    CHECK_TEXT(t, at(p, r, "accepted"), "3");
    CHECK_TEXT(t, at(p, r, "faulty"), "2");
    CHECK_TEXT(t, at(p, r, "faults.0.line"), "4");
    CHECK_TEXT(t, at(p, r, "faults.0.detail"), "there is no member 'line'; the nearest is 'lines'");
    CHECK_TEXT(t, at(p, r, "faults.1.line"), "5");
}

/* What follows from an order, its events and then its owner, comes right after the answer: asked until it is there. */
#define ASKS_MAX 1000
static struct reply xiaomings_orders(struct place *p, size_t wanted)
{
    struct reply r = get(p, XIAOMING "/orders");
    for (int i = 0; i < ASKS_MAX && count_at(p, r, "orders") < wanted; i++)
        r = get(p, XIAOMING "/orders");
    return r;
}

static void what_can_t_be_read_is_a_problem(struct t *t)
{
    struct place p;
    place_open_main(&p, t);
    struct reply r = post(&p, ORDERS, "{\"shop\":\"a\",\"number\":1}");
    CHECK_STATUS(t, r, 400);
    CHECK_TEXT(t, at(&p, r, "type"), "/problems/nothing-taken");
    CHECK_TEXT(t, at(&p, r, "faults.0.line"), "1");
    r = ask(&p, (struct ask){.path = ORDERS,
                             .token = ADMIN,
                             .json = "[{\"shop\":\"a\",\"number\":1,\"version\":1,\"currency\":\"RMB\"}]",
                             .headers = {"Accept-Language: zh-CN"}});
    CHECK_TEXT(t, at(&p, r, "detail"), "currency:'RMB' 不是已知的 ISO 4217 币种代码,应如 CNY");
    CHECK_STATUS(t, post(&p, ORDERS, "[1,"), 400);
    CHECK_STATUS(t, post(&p, ORDERS, "[]"), 200);
    CHECK_STATUS(t, post(&p, ORDERS "?import=yes", "[]"), 400);
    place_close(&p);
}

static void an_order_is_shown_with_its_sums(struct t *t)
{
    struct place p;
    open_orders(&p, t);
    struct reply r = get(&p, ONE);
    CHECK_STATUS(t, r, 200);
    CHECK_TEXT(t, at(&p, r, "brand"), "a");
    CHECK_TEXT(t, at(&p, r, "states.paid"), "2026-01-01T16:05:00.000Z");
    CHECK_TEXT(t, at(&p, r, "lines.0.list_price"), "149.5");
    CHECK_TEXT(t, at(&p, r, "lines.0.paid"), "199.00");
    CHECK_TEXT(t, at(&p, r, "lines.0.discounts.coupon"), "50.00");
    CHECK_TEXT(t, at(&p, r, "sums.list"), "299.00");
    CHECK_TEXT(t, at(&p, r, "sums.discounts.platform"), "50.00");
    CHECK_TEXT(t, at(&p, r, "sums.net"), "205.00");
    CHECK_TEXT(t, at(&p, r, "sums.differs_by"), "0.00");
    CHECK_TEXT(t, at(&p, r, "receiver.name"), "王小明");
    CHECK_TEXT(t, at(&p, get(&p, ONE "?at=2026-01-01T16:04:00Z"), "sums.net"), "0.00");
    CHECK_STATUS(t, get(&p, ONE "?at=yesterday"), 400);
    CHECK_TEXT(t, at(&p, get(&p, ORDERS "/tmall-1/9"), "type"), "/problems/no-such-order");
    CHECK(t, has(get(&p, "/api/v1/reads?limit=1"), "/api/v1/orders/{shop}/{number}")); /* a receiver was read */
    place_close(&p);
}

static void a_person_has_their_orders(struct t *t)
{
    struct place p;
    open_orders(&p, t);
    struct reply r = xiaomings_orders(&p, 1);
    CHECK_STATUS(t, r, 200);
    CHECK_EQ(t, count_at(&p, r, "orders"), 1);
    CHECK_TEXT(t, at(&p, r, "orders.0.number"), "3721");
    CHECK_TEXT(t, at(&p, r, "orders.0.owner"), at(&p, r, "id"));
    CHECK_TEXT(t, at(&p, r, "next"), "null");
    r = get(&p, XIAOMING "/timeline"); /* the events that the order derived */
    CHECK(t, has(r, "order_created") && has(r, "order_paid") && has(r, "\"order\":\"3721\""));
    CHECK_STATUS(t, get(&p, "/api/v1/people/phone:13800000001/orders"), 404);
    CHECK_STATUS(t, get(&p, XIAOMING "/orders?after=x"), 400);
    place_close(&p);
}

static void operators_mend_orders(struct t *t)
{
    struct place p;
    open_orders(&p, t);
    struct reply r = post(&p, ONE "/correct",
                          "{\"part\":\"line\",\"id\":1,\"field\":\"paid\",\"value\":\"189.00\",\"reason\":\"错价\"}");
    CHECK_STATUS(t, r, 200);
    const char *position = at(&p, r, "position");
    CHECK_STATUS(t, post(&p, ONE "/correct", "{\"field\":\"seller\",\"value\":\"G5\"}"), 200);
    CHECK_STATUS(
        t, post(&p, ONE "/correct", "{\"part\":\"state\",\"field\":\"paid\",\"value\":\"2026-01-02T01:00:00+08:00\"}"),
        200);
    r = get(&p, ONE);
    CHECK_TEXT(t, at(&p, r, "lines.0.paid"), "189.00");
    CHECK_TEXT(t, at(&p, r, "lines.0.corrected"), "true");
    CHECK_TEXT(t, at(&p, r, "seller"), "G5");
    CHECK_TEXT(t, at(&p, r, "states.paid"), "2026-01-01T17:00:00.000Z");
    CHECK_TEXT(t, at(&p, r, "acts.0.act"), "order.correct");
    CHECK_TEXT(t, at(&p, r, "acts.0.by"), "admin");
    CHECK_STATUS(t, post(&p, ONE "/undo", arena_printf(t->arena, "{\"position\":%s}", position)), 200);
    CHECK_TEXT(t, at(&p, get(&p, ONE), "lines.0.paid"), "199.00");
    CHECK_STATUS(t, post(&p, ONE "/void", "{\"reason\":\"测试单\"}"), 200);
    CHECK_TEXT(t, at(&p, get(&p, ONE), "void"), "true");
    CHECK_STATUS(t, post(&p, ONE "/void", "{}"), 409);
    (void)xiaomings_orders(&p, 1); /* he is known by then */
    CHECK_STATUS(t, post(&p, ORDERS "/tmall-1/3722/reassign", "{\"to\":\"phone:13812345678\"}"), 200);
    CHECK_EQ(t, count_at(&p, xiaomings_orders(&p, 2), "orders"), 2);
    CHECK_STATUS(t, post(&p, ORDERS "/tmall-1/3722/reassign", "{\"to\":\"phone:13800000001\"}"), 409);
    CHECK_STATUS(t, post(&p, ORDERS "/tmall-1/9/void", "{}"), 409);
    CHECK_STATUS(t, post(&p, ONE "/correct", "{\"part\":\"basket\",\"field\":\"paid\",\"value\":1}"), 400);
    CHECK_STATUS(t, post(&p, ONE "/correct", "{\"part\":\"line\",\"field\":\"paid\",\"value\":1}"), 400);
    CHECK_STATUS(t, post(&p, ONE "/correct", "{\"field\":\"total\",\"value\":1}"), 400);
    place_close(&p);
}

static void what_was_decided_is_listed(struct t *t)
{
    static const char *const bad[] = {"?day=soon", "?before=x"};
    struct place p;
    open_orders(&p, t);
    CHECK_STATUS(t,
                 post(&p, ONE "/correct",
                      "{\"part\":\"line\",\"id\":1,\"field\":\"paid\",\"value\":\"189.00\",\"reason\":\"错价\"}"),
                 200);
    struct reply voided = post(&p, ORDERS "/tmall-1/3722/void", "{\"reason\":\"测试单\"}");
    CHECK_STATUS(t, voided, 200);
    CHECK_STATUS(t, post(&p, ONE "/void", "{}"), 200);
    CHECK_STATUS(
        t,
        post(&p, ORDERS "/tmall-1/3722/undo", arena_printf(t->arena, "{\"position\":%s}", at(&p, voided, "position"))),
        200);
    struct reply r = get(&p, ORDERS "/acts");
    CHECK_EQ(t, count_at(&p, r, "acts"), 4);
    CHECK_TEXT(t, at(&p, r, "acts.0.act"), "order.undo");
    CHECK_TEXT(t, at(&p, r, "acts.0.asked.position"), at(&p, voided, "position"));
    CHECK_TEXT(t, at(&p, r, "acts.2.number"), "3722");
    CHECK_TEXT(t, at(&p, r, "acts.2.undone"), "true");
    CHECK_TEXT(t, at(&p, r, "acts.3.reason"), "错价");
    CHECK_TEXT(t, at(&p, r, "acts.3.asked"), "{\"part\":\"line\",\"id\":\"1\",\"field\":\"paid\",\"value\":189.00}");
    CHECK_EQ(t, count_at(&p, get(&p, ORDERS "/acts?act=void"), "acts"), 2);
    CHECK_EQ(t, count_at(&p, get(&p, ORDERS "/acts?shop=tmall-2"), "acts"), 0);
    CHECK_EQ(t, count_at(&p, get(&p, ORDERS "/acts?day=2001-01-01"), "acts"), 0);
    r = get(&p, ORDERS "/acts?limit=3");
    CHECK_EQ(t, count_at(&p, r, "acts"), 3);
    r = get(&p, arena_printf(t->arena, ORDERS "/acts?before=%s", at(&p, r, "next")));
    CHECK_EQ(t, count_at(&p, r, "acts"), 1);
    CHECK_TEXT(t, at(&p, r, "next"), "null");
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        CHECK_STATUS(t, get(&p, arena_printf(t->arena, ORDERS "/acts%s", bad[i])), 400);
    place_close(&p);
}

/* What is done again elsewhere keeps its time and tells nobody; only an admin says so. */
static void an_act_is_done_again_as_it_was(struct t *t)
{
    static const struct token desk = {.name = "desk", .roles = 1u << ROLE_READ | 1u << ROLE_WRITE};
    static const char again[] = "{\"to\":\"phone:13812345678\",\"decided\":\"2026-02-03T04:05:06.789012Z\"}";
    struct place p;
    open_orders(&p, t);
    (void)xiaomings_orders(&p, 1); /* he is known by then */
    place_token(&p, "main", &desk, "desk-secret");
    CHECK_STATUS(
        t, ask(&p, (struct ask){.path = ORDERS "/tmall-1/3722/reassign", .token = "desk-secret", .json = again}), 403);
    CHECK_STATUS(t, post(&p, ORDERS "/tmall-1/3722/reassign", again), 200);
    CHECK_EQ(t, count_at(&p, xiaomings_orders(&p, 2), "orders"), 2);
    CHECK_TEXT(t, at(&p, get(&p, ORDERS "/acts"), "acts.0.time"), "2026-02-03T04:05:06.789012Z");
    CHECK(t, !has(get(&p, XIAOMING "/timeline"), "order_reassigned"));
    place_close(&p);
}

static void scope_and_masking_hold(struct t *t)
{
    static const struct token desk = {
        .name = "desk", .roles = 1u << ROLE_READ | 1u << ROLE_WRITE, .masked = true, .brand_count = 1, .brands = {"a"}};
    struct place p;
    open_orders(&p, t);
    place_token(&p, "main", &desk, "desk-secret");
    struct reply r = ask(&p, (struct ask){.path = ONE, .token = "desk-secret"});
    CHECK_STATUS(t, r, 200);
    CHECK(t, !has(r, "王小明") && !has(r, "13812345678") && !has(r, "南京东路") && !has(r, "打电话"));
    CHECK_TEXT(t, at(&p, r, "receiver.region"), "310000");
    CHECK_TEXT(t, at(&p, r, "lines.0.name"), "連衣裙"); /* a product's name is nobody's */
    CHECK_STATUS(t, ask(&p, (struct ask){.path = ORDERS "/tmall-1/3722", .token = "desk-secret"}), 404);
    CHECK_STATUS(t, ask(&p, (struct ask){.path = ORDERS "/tmall-1/3722/void", .token = "desk-secret", .json = "{}"}),
                 404);
    CHECK_STATUS(t, ask(&p, (struct ask){.path = ORDERS, .token = "desk-secret", .json = versions}), 403);
    CHECK_STATUS(
        t, ask(&p, (struct ask){.path = "/api/v1/reconcile?shop=tmall-1&from=2026-01-02", .token = "desk-secret"}),
        403);
    place_close(&p);
}

static void a_day_is_reconciled(struct t *t)
{
    struct place p;
    open_orders(&p, t);
    CHECK_STATUS(t,
                 post(&p, "/api/v1/reconcile",
                      "{\"shop\":\"tmall-1\",\"day\":\"2026-01-02\",\"orders\":2,\"amount\":304,\"list\":[{\"number\":"
                      "\"3799\",\"amount\":99},{\"number\":\"3721\",\"amount\":205}]}"),
                 200);
    struct reply r = get(&p, "/api/v1/reconcile?shop=tmall-1&from=2026-01-01&to=2026-01-31");
    CHECK_STATUS(t, r, 200);
    CHECK_EQ(t, count_at(&p, r, "days"), 1);
    CHECK_TEXT(t, at(&p, r, "days.0.day"), "2026-01-02");
    CHECK_TEXT(t, at(&p, r, "days.0.here.amount"), "215.00");
    CHECK_TEXT(t, at(&p, r, "days.0.declared.amount"), "304.00");
    CHECK_TEXT(t, at(&p, r, "days.0.differs_by"), "-89.00");
    CHECK_TEXT(t, at(&p, r, "days.0.agrees"), "false");
    r = get(&p, "/api/v1/reconcile/orders?shop=tmall-1&day=2026-01-02");
    CHECK_EQ(t, count_at(&p, r, "mismatches"), 2);
    CHECK_TEXT(t, at(&p, r, "mismatches.0.difference"), "missing_here");
    CHECK_TEXT(t, at(&p, r, "mismatches.1.number"), "3722");
    CHECK_TEXT(t, at(&p, r, "mismatches.1.difference"), "missing_there");
    CHECK_STATUS(t, get(&p, "/api/v1/reconcile?shop=tmall-1&from=1.1."), 400);
    CHECK_STATUS(t, get(&p, "/api/v1/reconcile?from=2026-01-02"), 400);
    CHECK_STATUS(t, post(&p, "/api/v1/reconcile", "{\"shop\":\"tmall-1\",\"day\":\"2026-01-02\",\"orders\":2}"), 400);
    place_close(&p);
}

static void rates_and_shops_are_set(struct t *t)
{
    struct place p;
    open_orders(&p, t);
    CHECK_STATUS(
        t,
        ask(&p, (struct ask){.method = "PUT",
                             .path = "/api/v1/rates",
                             .token = ADMIN,
                             .json = "{\"from\":\"USD\",\"to\":\"CNY\",\"day\":\"2026-01-01\",\"rate\":7.1234}"}),
        200);
    CHECK_STATUS(t,
                 ask(&p, (struct ask){.method = "PUT",
                                      .path = "/api/v1/rates",
                                      .token = ADMIN,
                                      .json = "{\"from\":\"USD\",\"to\":\"USD\",\"day\":\"2026-01-01\",\"rate\":7}"}),
                 400);
    CHECK_STATUS(t,
                 ask(&p, (struct ask){.method = "PUT",
                                      .path = "/api/v1/order-shops",
                                      .token = ADMIN,
                                      .json = "{\"shop\":\"us\",\"derives_events\":false}"}),
                 200);
    CHECK_STATUS(t,
                 post(&p, ORDERS,
                      "[{\"shop\":\"us\",\"number\":1,\"version\":1,\"currency\":\"USD\",\"states\":{\"created\":"
                      "\"2026-01-05\",\"paid\":\"2026-01-05\"},"
                      "\"buyer\":[{\"type\":\"phone\",\"value\":\"13812345678\"}],\"payment\":{\"total\":100},"
                      "\"lines\":[{\"line\":1,\"paid\":100.00}]}]"),
                 200);
    struct reply r = get(&p, ORDERS "/us/1");
    CHECK_TEXT(t, at(&p, r, "sums.currency"), "USD");
    CHECK_TEXT(t, at(&p, r, "sums.group_net"), "712.34");
    CHECK(t, has(get(&p, "/api/v1/rates"), "{\"from\":\"USD\",\"to\":\"CNY\",\"day\":\"2026-01-01\",\"rate\":7.1234}"));
    CHECK(t, has(get(&p, "/api/v1/rates?limit=1"), "\"next\":null"));
    CHECK(t, has(get(&p, "/api/v1/order-shops"), "{\"shops\":[{\"shop\":\"us\",\"derives_events\":false}]}"));
    (void)xiaomings_orders(&p, 2);
    r = get(&p, XIAOMING "/timeline");
    CHECK(t, has(r, "order_updated") && !has(r, "\"order\":\"1\",\"event\":\"order_paid\""));
    place_close(&p);
}

#define ELSEWHERE ORDERS "/elsewhere"
/* The names of shops come with the events of their orders. */
static void a_number_of_another_shop(struct t *t)
{
    static const char asked[] = "{\"orders\":[{\"shop\":\"jd-1\",\"number\":\"3722\"},{\"shop\":\"jd-1\",\"number\":\"9\"},"
                                "{\"shop\":\"tmall-1\",\"number\":\"3721\"},{\"shop\":\"jd-1\",\"number\":\"3721\"}]}";
    struct place p;
    open_orders(&p, t);
    (void)xiaomings_orders(&p, 1);
    struct reply r = post(&p, ELSEWHERE, asked);
    CHECK_STATUS(t, r, 200);
    CHECK_TEXT(t, at(&p, r, "looked_up"), "4");
    CHECK_EQ(t, count_at(&p, r, "elsewhere"), 2);
    CHECK_TEXT(t, at(&p, r, "elsewhere.0.at"), "0");
    CHECK_TEXT(t, at(&p, r, "elsewhere.1.at"), "3");
    CHECK_TEXT(t, at(&p, r, "elsewhere.1.shop"), "tmall-1");
    CHECK_STATUS(t, post(&p, ELSEWHERE, "{\"orders\":[]}"), 200);
    CHECK_STATUS(t, post(&p, ELSEWHERE, "{\"orders\":[{\"shop\":\"a\",\"number\":1}]}"), 400);
    CHECK_STATUS(t, post(&p, ELSEWHERE, "{}"), 400);
    CHECK_STATUS(t, post(&p, ELSEWHERE, "{\"orders\":[{\"shop\":\"a\"}]}"), 400);
    place_close(&p);
}

static const struct test tests[] = {
    {"what can't be read is a problem", what_can_t_be_read_is_a_problem, 1},
    {"an order is shown with its sums", an_order_is_shown_with_its_sums, 1},
    {"a person has their orders", a_person_has_their_orders, 1},
    {"operators mend orders", operators_mend_orders, 1},
    {"what was decided is listed", what_was_decided_is_listed, 1},
    {"an act is done again as it was", an_act_is_done_again_as_it_was, 1},
    {"scope and masking hold", scope_and_masking_hold, 1},
    {"a day is reconciled", a_day_is_reconciled, 1},
    {"rates and shops are set", rates_and_shops_are_set, 1},
    {"a number of another shop is found", a_number_of_another_shop, 1},
};
TEST_MAIN(tests)
