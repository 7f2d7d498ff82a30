/* Orders of the erased. Covers: custody.c, pseudonym.c */
#include <string.h>

#include "domain/order/custody.h"
#include "domain/order/document.h"
#include "domain/order/order_test.h"
#include "engine/outcome.h"

#define NOW_US (TEST_BASE_US + US_PER_DAY)
#define YEARS_US (3 * 366 * US_PER_DAY)
#define TMALL test_key("tmall-1", "3721")
#define MANY 40u

static void begin(struct rig *r, struct t *t)
{
    rig_begin(r, t);
    harness_time(r->h, NOW_US);
}

/* The position of the erasure; 0: it was refused. */
static uint64_t erase_only(struct rig *r, const char *id_word)
{
    struct view v = harness_view(r->h);
    struct err e = {0};
    uint64_t position = harness_position(r->h);
    struct erase_ask ask = {
        .public_id = identity_public_id(&v, rig_person(r, id_word)), .by = BYTES_LIT("lin"), .salt = {7, position}};
    buf_clear(&r->payload);
    CHECK_DONE(r->t, identity_erase_pack(&ask, &r->payload, &e), &e);
    return harness_apply(r->h, COMMAND_ERASE, buf_bytes(&r->payload)) == NULL ? position : 0;
}

static uint64_t erase(struct rig *r, const char *id_word)
{
    uint64_t position = erase_only(r, id_word);
    (void)harness_follow(r->h);
    r->told[0] = 0;
    return position;
}

static struct custody_count kept(struct rig *r, uint64_t erasure)
{
    struct view v = harness_view(r->h);
    struct custody_count count;
    order_custody.count(&v, erasure, &count);
    return count;
}

/* Are these bytes in any row of the order domain? */
static bool is_left(struct rig *r, const char *text)
{
    struct view v = harness_view(r->h);
    struct bytes row, key = BYTES_LIT("\0");
    bool found = false;
    for (uint32_t number = 1; number < orders_end(&v); number++)
        found |= view_row(&v, &order_family, number, &row) && memmem(row.data, row.size, text, strlen(text)) != NULL;
    for (uint32_t number = 1; number < view_rows_end(&v, &order_piece_family); number++)
        found |= view_row(&v, &order_piece_family, number, &row) &&
                 memmem(row.data, row.size, text, strlen(text)) != NULL;
    for (bool after = false; view_keyed_next(&v, &follow_up_family, key, after, &key, &row); after = true)
        found |= memmem(row.data, row.size, text, strlen(text)) != NULL;
    return found;
}

static const char *told_kept(struct rig *r, struct order_key key)
{
    struct view v = harness_view(r->h);
    struct order o;
    struct buf b = arena_buf(r->arena, TEST_TOLD_BYTES);
    if (!order_find_kept(&v, key, &o))
        return "none";
    for (uint32_t i = 0; i < o.part_count; i++)
        tell_part(&b, &o.parts[i]);
    return arena_text(r->arena, buf_bytes(&b));
}

static void orders_of_the_erased_are_locked(struct t *t)
{
    struct rig r;
    begin(&r, t);
    CHECK(t, rig_put(&r, TMALL,
                     "#1 created=0 paid=5 store=S01 remark=门口秘密 pay:total=19900 buy:p-secret "
                     "to:name=慕容秘密,phone=秘密号,region=310115 "
                     "L1:sku=A,name=裙子,paid=19900,remark=秘密刻字") == NULL);
    CHECK(t, rig_put(&r, test_key("tmall-1", "5"), "#1 created=9 buy:p-secret L1:paid=100") == NULL);
    CHECK(t, rig_put(&r, test_key("tmall-1", "6"), "#1 created=9 buy:p2 L1:paid=100") == NULL);
    struct order_ask ask = {.kind = ORDER_RECEIVER, .value = BYTES_NONE};
    struct buf field = arena_buf(r.arena, 64);
    order_value_pack(&field,
                     &(struct order_value){.field = order_field(FIELD_ADDRESS), .text = BYTES_LIT("秘密路1号")});
    ask.value = buf_bytes(&field);
    CHECK(t, rig_ask(&r, COMMAND_ORDER_CORRECT, TMALL, ask) == NULL);
    const char *day = rig_day(&r, "tmall-1", TEST_DAY);
    CHECK(t, is_left(&r, "secret") && is_left(&r, "秘密"));
    uint64_t erasure = erase_only(&r, "p-secret");
    CHECK_TEXT(t, rig_order(&r, TMALL), "none"); /* at once, before any slice */
    CHECK(t, !kept(&r, erasure).is_settled);
    (void)harness_follow(r.h);
    r.told[0] = 0;
    CHECK(t, !is_left(&r, "secret") && !is_left(&r, "秘密"));
    CHECK_TEXT(t, rig_order(&r, TMALL), "none");
    CHECK(t, strstr(rig_order(&r, test_key("tmall-1", "6")), "buy:p2") != NULL);
    const char *told = told_kept(&r, TMALL);
    CHECK(t,
          strstr(told, "store=S01") != NULL && strstr(told, "buy:erased-") != NULL && strstr(told, "remark=-") != NULL);
    CHECK(t, strstr(told, "region=310115") != NULL && strstr(told, "name=裙子") != NULL &&
                 strstr(told, "address=erased-") != NULL);
    CHECK_TEXT(t, rig_day(&r, "tmall-1", TEST_DAY), day);
    CHECK_EQ(t, kept(&r, erasure).items, 2);
    CHECK(t, kept(&r, erasure).is_settled);
    CHECK_EQ(t, kept(&r, erasure).until_us, minutes_us(9) + YEARS_US);
    CHECK(t, rig_put(&r, TMALL, "#2 shipped=9") == &order_is_locked);
    CHECK(t, rig_ask(&r, COMMAND_ORDER_VOID, TMALL, (struct order_ask){0}) == &order_is_locked);
    CHECK_TEXT(t, rig_told(&r), "");
    rig_end(&r);
}

/* Equal values stay equal within one erasure, and say nothing across two. */
static void pseudonyms_are_those_of_one_erasure(struct t *t)
{
    struct rig r;
    struct order one, two, later;
    begin(&r, t);
    CHECK(t, rig_put(&r, test_key("a", "1"), "#1 created=0 buy:p1 to:phone=x") == NULL);
    CHECK(t, rig_put(&r, test_key("a", "2"), "#1 created=0 buy:p1 to:phone=x") == NULL);
    (void)erase(&r, "p1");
    CHECK(t, rig_put(&r, test_key("a", "3"), "#1 created=2000 buy:p1 to:phone=x") == NULL); /* somebody new */
    CHECK_TEXT(t, rig_orders_of(&r, "p1"), "3");
    (void)erase(&r, "p1");
    struct view v = harness_view(r.h);
    REQUIRE(t, order_find_kept(&v, test_key("a", "1"), &one) && order_find_kept(&v, test_key("a", "2"), &two) &&
                   order_find_kept(&v, test_key("a", "3"), &later));
    const struct order_part *first = order_part_find(&one, ORDER_BUYER, BYTES_NONE, 0),
                            *second = order_part_find(&two, ORDER_BUYER, BYTES_NONE, 0),
                            *third = order_part_find(&later, ORDER_BUYER, BYTES_NONE, 0);
    CHECK_BYTES(t, first->body, second->body);
    CHECK(t, !bytes_equal(first->body, third->body));
    CHECK_BYTES(t, order_part_find(&one, ORDER_RECEIVER, BYTES_NONE, 0)->body,
                order_part_find(&two, ORDER_RECEIVER, BYTES_NONE, 0)->body);
    CHECK(t, hash128_equal(one.owner, two.owner) && !hash128_equal(one.owner, later.owner));
    rig_end(&r);
}

static void many_orders_are_locked_by_slices(struct t *t)
{
    struct rig r;
    begin(&r, t);
    for (uint32_t i = 0; i < MANY; i++)
        CHECK(t, rig_put(&r, test_key("a", arena_printf(r.arena, "%u", i)),
                         i % 2 == 0 ? "#1 created=0 buy:p1,u1" : "#1 created=0 buy:u1") == NULL);
    uint64_t erasure = erase_only(&r, "u1");
    CHECK_TEXT(t, rig_order(&r, test_key("a", "39")), "none"); /* long before its slice */
    CHECK(t, harness_follow(r.h) > 2);
    CHECK_EQ(t, kept(&r, erasure).items, MANY);
    CHECK(t, !is_left(&r, "u1"));
    CHECK(t, rig_put(&r, test_key("a", "new"), "#1 created=2000 buy:u1") == NULL);
    CHECK_TEXT(t, rig_orders_of(&r, "u1"), "new");
    rig_end(&r);
}

static void an_order_goes_when_its_years_are_over(struct t *t)
{
    struct rig r;
    begin(&r, t);
    CHECK(t, rig_put(&r, TMALL, "#1 created=0 buy:p1 L1:paid=500") == NULL);
    CHECK(t, rig_put(&r, test_key("tmall-1", "5"), "#1 created=60 buy:p1 L1:paid=100") == NULL);
    const char *day = rig_day(&r, "tmall-1", TEST_DAY);
    uint64_t erasure = erase(&r, "p1");
    harness_time(r.h, minutes_us(1) + YEARS_US);
    CHECK(t, harness_apply(r.h, COMMAND_TICK, BYTES_NONE) == NULL);
    CHECK_TEXT(t, told_kept(&r, TMALL), "none");
    CHECK(t, strstr(told_kept(&r, test_key("tmall-1", "5")), "buy:erased-") != NULL);
    CHECK_EQ(t, kept(&r, erasure).items, 1);
    CHECK_TEXT(t, rig_day(&r, "tmall-1", TEST_DAY), day); /* totals tell of nobody */
    harness_time(r.h, minutes_us(61) + YEARS_US);
    CHECK(t, harness_apply(r.h, COMMAND_TICK, BYTES_NONE) == NULL);
    CHECK_EQ(t, kept(&r, erasure).items, 0);
    CHECK_EQ(t, kept(&r, erasure).until_us, 0);
    CHECK(t, rig_put(&r, TMALL, "#1 created=1700000 buy:p9") == NULL); /* the number is free again */
    CHECK_TEXT(t, rig_orders_of(&r, "p9"), "3721");
    rig_end(&r);
}

static void an_old_file_does_not_bring_orders_back(struct t *t)
{
    struct rig r;
    begin(&r, t);
    CHECK(t, rig_put(&r, test_key("a", "1"), "#1 created=0 buy:p1") == NULL);
    (void)erase(&r, "p1");
    struct order_version old = test_version(&r, test_key("a", "2"), "#1 created=5 buy:p1");
    old.import = true;
    CHECK(t, rig_put_version(&r, &old) == &collect_suppressed);
    struct order_version since = test_version(&r, test_key("a", "3"), "#1 ~9000 created=9000 buy:p1");
    since.import = true; /* a file of what they bought since */
    harness_time(r.h, minutes_us(9100));
    CHECK(t, rig_put_version(&r, &since) == NULL);
    CHECK_TEXT(t, rig_orders_of(&r, "p1"), "3");
    rig_end(&r);
}

/* Orders that others bought, and that go to the person. */
static void a_receiver_is_taken_out_of_others_orders(struct t *t)
{
    struct rig r;
    struct err e = {0};
    begin(&r, t);
    struct envelope v = {.event = BYTES_LIT("login"),
                         .source = BYTES_LIT("app"),
                         .event_us = TEST_BASE_US,
                         .received_us = TEST_BASE_US,
                         .message = {99, 99},
                         .id_count = 2};
    v.ids[0] = test_id(&r, BYTES_LIT("u1"));
    v.ids[1] = (struct envelope_id){.type = TYPE_PHONE, .role = ID_OWN, .value = BYTES_LIT("+8613812345678")};
    v.ids[1].key = identifier_key(TEST_SECRET, TYPE_PHONE, BYTES_NONE, v.ids[1].value);
    buf_clear(&r.payload);
    CHECK_DONE(t, envelope_pack(&v, &r.payload, &e), &e);
    CHECK(t, rig_send(&r, COMMAND_COLLECT_EVENT) == NULL);
    for (uint32_t i = 0; i < 100; i++) /* more than a step looks at */
        CHECK(t, rig_put(&r, test_key("b", arena_printf(r.arena, "%u", i)),
                         "#1 created=0 to:name=别人,phone=13900001111") == NULL);
    CHECK(t, rig_put(&r, test_key("a", "1"),
                     "#1 created=0 buy:p2 remark=慢慢来 to:name=慕容,phone=138-1234-5678,address=秘密路") == NULL);
    CHECK(t,
          rig_put(&r, test_key("a", "own"), "#1 created=0 buy:u1 remark=秘密 to:name=慕容,phone=13812345678") == NULL);
    uint64_t erasure = erase(&r, "u1");
    CHECK_EQ(t, kept(&r, erasure).items, 1);
    CHECK(t, strstr(told_kept(&r, test_key("a", "own")), "remark=-") != NULL);
    const char *told = rig_order(&r, test_key("a", "1"));
    CHECK(t, strstr(told, "buy:p2") != NULL && strstr(told, "remark=慢慢来") != NULL &&
                 strstr(told, "name=erased-") != NULL);
    CHECK(t, !is_left(&r, "慕容") && !is_left(&r, "138-1234") && !is_left(&r, "秘密路") && !is_left(&r, "13812345678"));
    CHECK(t, strstr(rig_order(&r, test_key("b", "99")), "name=别人") != NULL);
    rig_end(&r);
}

static void a_long_order_is_locked_with_its_pieces(struct t *t)
{
    struct rig r;
    begin(&r, t);
    struct buf words = arena_buf(r.arena, 1 << 20);
    buf_push_text(&words, "#1 created=0 buy:p-secret");
    for (uint32_t i = 0; i < 900; i++)
        buf_printf(&words, " L%u:name=product-of-a-long-name-%u,remark=秘密,paid=1", i, i);
    CHECK(t, rig_put(&r, TMALL, arena_text(r.arena, buf_bytes(&words))) == NULL);
    uint64_t erasure = erase(&r, "p-secret");
    CHECK(t, !is_left(&r, "secret") && !is_left(&r, "秘密"));
    harness_time(r.h, minutes_us(1) + YEARS_US);
    CHECK(t, harness_apply(r.h, COMMAND_TICK, BYTES_NONE) == NULL);
    CHECK_EQ(t, kept(&r, erasure).items, 0);
    CHECK(t, !is_left(&r, "product-of-a-long-name"));
    rig_end(&r);
}

/* Whoever is erased when, and whatever comes before and after it: the totals of all days are those of a workspace that took in the same
 * versions and erased nobody. */
static void the_books_are_those_of_who_erased_nobody(struct t *t)
{
    struct rig with, without;
    uint32_t erased = 0, refused = 0;
    begin(&with, t);
    begin(&without, t);
    for (int move = 0; move < 200; move++) {
        const char *buyer = arena_printf(t->arena, "p%u", (unsigned)rng_below(&t->rng, 6));
        if (rng_below(&t->rng, 12) == 0 && rig_person(&with, buyer) != PERSON_NONE) {
            uint64_t erasure = erase(&with, buyer);
            CHECK(t, kept(&with, erasure).is_settled);
            erased++;
            continue;
        }
        struct order_key key = test_key(rng_below(&t->rng, 3) == 0 ? "b" : "a",
                                        arena_printf(t->arena, "%u", (unsigned)rng_below(&t->rng, 25)));
        const char *words = any_version(&with, &t->rng, buyer);
        const struct refusal *refusal = rig_put(&with, key, words);
        CHECK(t, refusal == NULL || refusal == &order_is_locked);
        refused += refusal != NULL;
        if (refusal == NULL)
            CHECK(t, rig_put(&without, key, words) == NULL);
    }
    CHECK(t, erased > 0 && refused > 0);
    for (int32_t day = TEST_DAY - 2; day < TEST_DAY + 5; day++) {
        CHECK_TEXT(t, rig_day(&with, "a", day), rig_day(&without, "a", day));
        CHECK_TEXT(t, rig_day(&with, "b", day), rig_day(&without, "b", day));
    }
    rig_end(&without);
    rig_end(&with);
}

static const struct test tests[] = {
    {"orders of the erased are locked", orders_of_the_erased_are_locked, 1},
    {"pseudonyms are those of one erasure", pseudonyms_are_those_of_one_erasure, 1},
    {"many orders are locked by slices", many_orders_are_locked_by_slices, 1},
    {"an order goes when its years are over", an_order_goes_when_its_years_are_over, 1},
    {"an old file does not bring orders back", an_old_file_does_not_bring_orders_back, 1},
    {"a receiver is taken out of others' orders", a_receiver_is_taken_out_of_others_orders, 1},
    {"a long order is locked with its pieces", a_long_order_is_locked_with_its_pieces, 1},
    {"the books are those of who erased nobody", the_books_are_those_of_who_erased_nobody, 20},
};
TEST_MAIN(tests)
