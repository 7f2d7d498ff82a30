/* Covers: order_event.c, order_entries.c, orders.c, thing_looks.c, things.c
 *
 * What the guide says of orders in rules, example by example; and of things behind relations. */
#include "base/time.h"
#include "domain/column/column.h"
#include "domain/event/event.h"
#include "domain/listing/listing.h"
#include "domain/order/order_test.h"
#include "domain/people/people.h"
#include "domain/relation/relation.h"
#include "domain/rule/orders.h"
#include "domain/rule/rule.h"
#include "domain/thing/thing.h"
#include "engine/engine_priv.h"

#define DAY 1440 /* minutes */

static void begin(struct rig *r, struct t *t)
{
    static const struct domain *const domains[] = {&engine_domain, &collect_domain,  &identity_domain, &people_domain,
                                                   &event_domain,  &column_domain,   &thing_domain,    &calendar_domain,
                                                   &order_domain,  &relation_domain, &listing_domain,  &rule_domain};
    *r = (struct rig){.t = t, .h = harness_create(domains, COUNT_OF(domains)), .arena = arena_create(1 << 16)};
    buf_init(&r->payload, ORDER_VERSION_BYTES_MAX);
    harness_time(r->h, minutes_us(100 * DAY));
}

/* The command that was packed, what follows from it, and jobs that it starts. */
static void all(struct rig *r, uint32_t command)
{
    struct bytes key;
    const struct refusal *refusal = harness_apply(r->h, command, buf_bytes(&r->payload));
    CHECK_TEXT(r->t, refusal == NULL ? "accepted" : refusal->name, "accepted");
    (void)harness_follow(r->h);
    for (struct view v = harness_view(r->h); engine_job_next(&v, BYTES_NONE, &key); v = harness_view(r->h)) {
        CHECK(r->t, harness_apply(r->h, COMMAND_CONTINUE, arena_copy(r->arena, key)) == NULL);
        (void)harness_follow(r->h);
    }
}

/* A rule in force, made while nobody is there. */
static uint32_t rule(struct rig *r, const char *text, bool is_condition, uint32_t brand)
{
    struct view v = harness_view(r->h);
    uint32_t number = rules_end(&v);
    buf_clear(&r->payload);
    rule_ask_pack(&(struct rule_ask){.is_condition = is_condition, .brand = brand, .text = bytes_of_text(text)},
                  &r->payload);
    all(r, COMMAND_RULE_MAKE);
    buf_clear(&r->payload);
    rule_switch_pack(&(struct rule_pair){.new = number}, 1, &r->payload);
    all(r, COMMAND_RULE_SWITCH);
    return number;
}

/* "yes", "12.5", "tmall", "unknown" */
static const char *says(struct rig *r, const char *who, uint32_t number)
{
    uint32_t person = rig_person(r, who);
    struct view v = harness_view(r->h);
    struct rule_value said = rule_says(&v, person, number);
    if (!said.is_known)
        return "unknown";
    if (said.type == RULE_TRUTH)
        return said.truth ? "yes" : "no";
    if (said.type == RULE_TEXT)
        return arena_text(r->arena, said.text);
    return arena_printf(r->arena, "%g", (double)said.number / 1e6);
}

static void thing(struct rig *r, const char *kind, const char *id, const char *name, const char *value, int64_t minute)
{
    struct buf record = arena_buf(r->arena, 256);
    pack_varint(&record, 1);
    pack_bytes(&record, bytes_of_text(name));
    value_pack_text(&record, bytes_of_text(value));
    const struct thing_put put = {.ref = {.kind = bytes_of_text(kind), .id = bytes_of_text(id)},
                                  .time_us = minutes_us(minute),
                                  .attributes = buf_bytes(&record)};
    buf_clear(&r->payload);
    thing_put_pack(&r->payload, &put);
    all(r, COMMAND_THING_PUT);
}

static void put(struct rig *r, const char *number, const char *words)
{
    CHECK(r->t, rig_put(r, test_key("shop", number), words) == NULL);
}

static void a_guide_to_orders(struct t *t)
{
    struct rig r;
    begin(&r, t);
    uint32_t spent = rule(&r, "sum(order.net in last 90 days) >= 1000", true, 0);
    uint32_t cream = rule(
        &r, "did(order where item.sku.category = '面霜') and not did(order where item.sku.category = '精华')", true, 0);
    uint32_t serviced = rule(&r, "days_since(last(order where item.sku = '保养').time) > 90", true, 0);
    uint32_t favourite = rule(&r, "most_frequent(order.item.sku.category)", false, 0);
    uint32_t mean = rule(&r, "avg(order.item.paid where item.quantity >= 2)", false, 0);
    uint32_t states = rule(&r, "count(order where state = 'cancelled' or refunded > 0)", false, 0);
    uint32_t coupon = rule(&r, "sum(order.discounts.coupon)", false, 0);
    thing(&r, "sku", "A", "category", "面霜", 0);
    thing(&r, "sku", "B", "category", "精华", 0);
    put(&r, "1",
        "#1 created=43200 paid=43201 buy:p1 pay:discounts=coupon-1000+shop-500 L1:sku=A,quantity=2,paid=60000");
    put(&r, "2", "#1 created=1440 paid=1441 buy:p1 L1:sku=保养,paid=90000");
    CHECK_TEXT(t, says(&r, "p1", spent), "no"); /* of the second more than 90 days ago */
    CHECK_TEXT(t, says(&r, "p1", cream), "yes");
    CHECK_TEXT(t, says(&r, "p1", serviced), "yes");
    CHECK_TEXT(t, says(&r, "p1", favourite), "面霜");
    CHECK_TEXT(t, says(&r, "p1", mean), "600");
    CHECK_TEXT(t, says(&r, "p1", states), "0");
    CHECK_TEXT(t, says(&r, "p1", coupon), "10");
    put(&r, "3", "#1 created=86400 paid=86401 buy:p1 L1:sku=B,paid=50000 R1:line=1,amount=8000,kind=refund,done=86500");
    CHECK_TEXT(t, says(&r, "p1", spent), "yes"); /* 600 - 15 + 500 - 80 */
    CHECK_TEXT(t, says(&r, "p1", cream), "no");
    CHECK_TEXT(t, says(&r, "p1", states), "1");
    CHECK(t, rig_ask(&r, COMMAND_ORDER_VOID, test_key("shop", "3"), (struct order_ask){0}) == NULL);
    CHECK_TEXT(t, says(&r, "p1", spent), "no");
    CHECK_TEXT(t, says(&r, "p1", cream), "yes");
    rig_end(&r);
}

static void an_order_belongs_to_one_person(struct t *t)
{
    struct rig r;
    begin(&r, t);
    uint32_t count = rule(&r, "count(order)", false, 0);
    rig_known(&r, "p2");
    put(&r, "1", "#1 created=1 buy:p1 L1:sku=A,paid=1");
    put(&r, "2", "#1 created=2 L1:sku=A,paid=1"); /* a receipt of nobody */
    CHECK_TEXT(t, says(&r, "p1", count), "1");
    CHECK(t, rig_ask(&r, COMMAND_ORDER_REASSIGN, test_key("shop", "2"),
                     (struct order_ask){.id = test_id(&r, BYTES_LIT("p2"))}) == NULL);
    CHECK_TEXT(t, says(&r, "p2", count), "1");
    CHECK(t, rig_ask(&r, COMMAND_ORDER_REASSIGN, test_key("shop", "1"),
                     (struct order_ask){.id = test_id(&r, BYTES_LIT("p2"))}) == NULL);
    CHECK_TEXT(t, says(&r, "p1", count), "0");
    CHECK_TEXT(t, says(&r, "p2", count), "2");
    CHECK(t, rig_join(&r, COMMAND_MERGE, "p1 p2") == NULL);
    CHECK_TEXT(t, says(&r, "p1", count), "2");
    rig_end(&r);
}

static void rate(struct rig *r, const char *from, int64_t mantissa)
{
    const struct order_rate said = {.from = currency_named(bytes_of_text(from)),
                                    .to = CURRENCY_CNY,
                                    .day = TEST_DAY - 400,
                                    .rate = {.mantissa = mantissa}};
    buf_clear(&r->payload);
    order_rate_pack(&said, &r->payload);
    all(r, COMMAND_ORDER_RATE);
}

/* Amounts are the group's: without a rate there is none, and when one is said all orders are looked at again. */
static void amounts_are_of_one_currency(struct t *t)
{
    struct rig r;
    begin(&r, t);
    uint32_t net = rule(&r, "sum(order.net)", false, 0), count = rule(&r, "count(order where net > 100)", false, 0);
    uint32_t line = rule(&r, "max(order.item.price)", false, 0);
    for (unsigned i = 0; i < 70; i++) /* more than a slice of the job */
        put(&r, arena_printf(r.arena, "u%u", i),
            arena_printf(r.arena, "#1 created=1 paid=2 buy:p%u pay:currency=USD L1:currency=USD,price=20,quantity=1",
                         i % 7));
    CHECK_TEXT(t, says(&r, "p1", net), "0");
    CHECK_TEXT(t, says(&r, "p1", line), "unknown");
    rate(&r, "USD", 7);
    CHECK_TEXT(t, says(&r, "p1", net), "1400");
    CHECK_TEXT(t, says(&r, "p6", count), "10");
    CHECK_TEXT(t, says(&r, "p6", line), "140");
    rate(&r, "USD", 5);
    CHECK_TEXT(t, says(&r, "p6", net), "1000");
    CHECK_TEXT(t, says(&r, "p6", count), "0");
    rig_end(&r);
}

static void a_brand_has_its_orders(struct t *t)
{
    struct rig r;
    begin(&r, t);
    uint32_t brand = 1; /* the first name of its kind */
    uint32_t ours = rule(&r, "count(order)", false, brand), everybodys = rule(&r, "count(order)", false, 0);
    put(&r, "1", "#1 created=1 brand=雅 buy:p1 L1:sku=A,paid=1");
    put(&r, "2", "#1 created=1 brand=素 buy:p1 L1:sku=A,paid=1");
    put(&r, "3", "#1 created=1 buy:p1 L1:sku=A,paid=1");
    CHECK_TEXT(t, says(&r, "p1", ours), "2"); /* and what is of no brand */
    CHECK_TEXT(t, says(&r, "p1", everybodys), "3");
    put(&r, "2", "#2 brand=雅");
    CHECK_TEXT(t, says(&r, "p1", ours), "3");
    rig_end(&r);
}

/* A catalogue that comes behind the orders, saying what was so from long before. */
static void what_is_learned_of_things_later_counts(struct t *t)
{
    struct rig r;
    begin(&r, t);
    uint32_t favourite = rule(&r, "most_frequent(order.item.sku.category)", false, 0);
    for (unsigned i = 0; i < 40; i++)
        put(&r, arena_printf(r.arena, "%u", i), arena_printf(r.arena, "#1 created=1440 buy:p%u L1:sku=A,paid=1", i));
    CHECK_TEXT(t, says(&r, "p39", favourite), "unknown");
    thing(&r, "sku", "A", "colour", "红", 0); /* asked by nobody */
    thing(&r, "sku", "A", "category", "面霜", 0);
    CHECK_TEXT(t, says(&r, "p1", favourite), "面霜");
    CHECK_TEXT(t, says(&r, "p39", favourite), "面霜");
    thing(&r, "sku", "A", "category", "精华", 2880); /* from later than the orders on */
    CHECK_TEXT(t, says(&r, "p39", favourite), "面霜");
    rig_end(&r);
}

/* All of them are looked at as a thing changes, then once an hour however often things do. */
static void many_orders_are_swept_once_an_hour(struct t *t)
{
    struct rig r;
    begin(&r, t);
    uint32_t favourite = rule(&r, "most_frequent(order.item.sku.category)", false, 0);
    for (unsigned i = 0; i <= ORDERS_SWEPT_AT_ONCE; i++)
        put(&r, arena_printf(r.arena, "%u", i),
            arena_printf(r.arena, "#1 created=1440 buy:p%u L1:sku=A,paid=1", i % 10));
    thing(&r, "sku", "A", "category", "面霜", 0);
    CHECK_TEXT(t, says(&r, "p1", favourite), "面霜");
    thing(&r, "sku", "A", "category", "精华", 1);
    thing(&r, "sku", "A", "category", "眼霜", 2);
    CHECK_TEXT(t, says(&r, "p1", favourite), "面霜"); /* it rests */
    harness_time(r.h, harness_now_us(r.h) + 59 * US_PER_MINUTE);
    buf_clear(&r.payload);
    all(&r, COMMAND_TICK);
    CHECK_TEXT(t, says(&r, "p1", favourite), "面霜");
    harness_time(r.h, harness_now_us(r.h) + US_PER_MINUTE);
    all(&r, COMMAND_TICK);
    CHECK_TEXT(t, says(&r, "p1", favourite), "眼霜");
    thing(&r, "sku", "A", "category", "精华", 3);
    CHECK_TEXT(t, says(&r, "p1", favourite), "眼霜");
    rig_end(&r);
}

static void relation(struct rig *r, const char *who, const char *staff)
{
    const struct relation_put said = {.id = test_id(r, bytes_of_text(who)),
                                      .type = RELATION_OWNED_BY,
                                      .ref = {.kind = BYTES_LIT("staff"), .id = bytes_of_text(staff)},
                                      .time_us = TEST_BASE_US};
    buf_clear(&r->payload);
    relation_put_pack(&said, &r->payload);
    all(r, COMMAND_RELATION_BEGIN);
}

/* Everybody of a guide is looked at when something of the guide changes: more than a slice. */
static void what_a_guide_has_is_what_their_people_have(struct t *t)
{
    struct rig r;
    uint32_t wrong = 0;
    begin(&r, t);
    uint32_t chief = rule(&r, "has owned_by(staff.position = '店长')", true, 0);
    uint32_t mine = rule(&r, "owned by guide('小美')", true, 0);
    for (unsigned i = 0; i < 100; i++) {
        const char *who = arena_printf(r.arena, "p%u", i);
        rig_known(&r, who);
        relation(&r, who, i % 10 == 0 ? "G2" : "G1");
    }
    thing(&r, "staff", "G1", "position", "店长", 5);
    thing(&r, "staff", "G1", "name", "小美", 6);
    for (unsigned i = 0; i < 100; i++) {
        const char *who = arena_printf(r.arena, "p%u", i), *want = i % 10 == 0 ? "no" : "yes";
        wrong += strcmp(says(&r, who, chief), want) != 0 || strcmp(says(&r, who, mine), want) != 0;
    }
    CHECK_EQ(t, wrong, 0);
    thing(&r, "staff", "G1", "position", "顾问", 7);
    CHECK_TEXT(t, says(&r, "p1", chief), "no");
    CHECK_TEXT(t, says(&r, "p99", chief), "no");
    CHECK_TEXT(t, says(&r, "p99", mine), "yes");
    rig_end(&r);
}

static const struct test tests[] = {
    {"a guide to orders", a_guide_to_orders, 1},
    {"an order belongs to one person", an_order_belongs_to_one_person, 1},
    {"amounts are of one currency", amounts_are_of_one_currency, 1},
    {"a brand has its orders", a_brand_has_its_orders, 1},
    {"what is learned of things later counts", what_is_learned_of_things_later_counts, 1},
    {"many orders are swept once an hour", many_orders_are_swept_once_an_hour, 1},
    {"what a guide has is what their people have", what_a_guide_has_is_what_their_people_have, 1},
};
TEST_MAIN(tests)
