/* The life of orders, as sources tell it and operators mend it.
 * Covers: acts.c, change.c, days.c, declared.c, document.c, fields.c, merge.c, owned.c, payload.c, rates.c, rows.c, sums.c, tell.c */
#include "domain/order/order_test.h"

#define CHECK_ORDER(r, key, words) CHECK_TEXT((r)->t, rig_order((r), (key)), words)
#define TMALL test_key("tmall-旗舰店", "372100456")

static void a_tmall_order_with_a_partial_refund(struct t *t)
{
    struct rig r;
    rig_begin(&r, t);
    harness_time(r.h, minutes_us(10000)); /* a time far ahead would be a wrong clock */
    CHECK(t, rig_put(&r, TMALL,
                     "#1 created=0 brand=雅 channel=tmall buy:p1 pay:total=29800,freight=800 "
                     "to:name=王小明,phone=+8613800001234 "
                     "L1:sku=A,name=連衣裙👗,quantity=2,list_price=199,paid=19900,discounts=platform-10000+shop-9900 "
                     "L2:sku=B,quantity=1,list_price=99,paid=9100,discounts=coupon-800") == NULL);
    CHECK_TEXT(t, rig_told(&r), "order_created@0/1");
    CHECK_EQ(t, r.last.amount, 29800);
    CHECK_EQ(t, r.last.items, 2);
    CHECK(t, !r.last.import);
    CHECK(t, rig_put(&r, TMALL, "#2 paid=5 shipped=600 S1:carrier=顺丰,tracking=SF100,lines=1+2,shipped=600") == NULL);
    CHECK_TEXT(t, rig_told(&r), "order_paid@5/1 order_shipped@600/1");
    CHECK(t,
          rig_put(&r, TMALL, "#3 R1:line=1,quantity=1,amount=9950,kind=refund,reason=尺码不合,requested=3000") == NULL);
    CHECK_TEXT(t, rig_told(&r), "refund_requested@3000/1");
    CHECK_EQ(t, r.last.amount, 9950);
    CHECK_EQ(t, r.last.items, 1);
    struct order_sums s = rig_sums(&r, TMALL, ORDER_NOW);
    CHECK_EQ(t, s.list, 49700);
    CHECK_EQ(t, s.discount, 20700);
    CHECK_EQ(t, s.gross, 29000);
    CHECK_EQ(t, s.amount, 29800);
    CHECK_EQ(t, s.differs_by, 0);
    CHECK_EQ(t, s.refunded, 0); /* asked for, not done */
    CHECK(t, rig_put(&r, TMALL,
                     "#4 done=9000 R1:line=1,quantity=1,amount=9950,kind=refund,reason=尺码不合,done=4000") == NULL);
    CHECK_TEXT(t, rig_told(&r), "order_done@9000/1 refund_done@4000/1");
    CHECK_EQ(t, rig_sums(&r, TMALL, ORDER_NOW).net, 19850);
    CHECK_EQ(t, rig_sums(&r, TMALL, minutes_us(3999)).net, 29800);
    CHECK_EQ(t, rig_sums(&r, TMALL, minutes_us(4)).net, 0); /* not paid yet */
    CHECK_TEXT(t, rig_day(&r, "tmall-旗舰店", TEST_DAY), "1 2 29800 9950");
    CHECK_TEXT(t, rig_orders_of(&r, "p1"), "372100456");
    rig_end(&r);
}

static void what_comes_twice_or_late_changes_nothing(struct t *t)
{
    struct rig r;
    rig_begin(&r, t);
    const char *second = "#2 ~9 ! created=0 paid=5 store=S01 L1:sku=A,paid=100 L2:sku=B,paid=200";
    CHECK(t, rig_put(&r, TMALL, second) == NULL);
    const char *is = rig_order(&r, TMALL);
    CHECK(t, rig_put(&r, TMALL, second) == NULL);
    CHECK(t, rig_put(&r, TMALL, "#1 ~99 created=0 store=S99 L1:sku=X,paid=1 L3:sku=C,paid=300") == NULL);
    CHECK_ORDER(&r, TMALL, is); /* line 3 is older than a version that doesn't name it */
    CHECK_TEXT(t, rig_told(&r), "order_created@0/0 order_paid@5/0");
    CHECK(t, rig_put(&r, TMALL, "#3 created=-10 L4:sku=D,paid=400 -L1") ==
                 NULL); /* a part; and an earlier time of a state */
    CHECK_ORDER(&r, TMALL, "store=S01 L2:sku=B,paid=200 L4:sku=D,paid=400 created=-10 paid=5");
    CHECK_TEXT(t, rig_told(&r), "");
    CHECK(t, rig_put(&r, TMALL, "#4 ! L4:sku=D,paid=400") == NULL);
    CHECK_ORDER(&r, TMALL, "store=S01 L4:sku=D,paid=400 created=-10 paid=5");
    CHECK_TEXT(t, rig_day(&r, "tmall-旗舰店", TEST_DAY), "none"); /* ten minutes before the day */
    CHECK_TEXT(t, rig_day(&r, "tmall-旗舰店", TEST_DAY - 1), "1 1 400 0");
    rig_end(&r);
}

static void a_till_sale_is_exchanged_in_another_store(struct t *t)
{
    struct rig r;
    struct order_key sale = test_key("pos", "S01-7-000123");
    rig_begin(&r, t);
    CHECK(t, rig_put(&r, sale,
                     "#1 created=0 paid=0 done=0 store=S01 till=7 seller=G17 pay:total=39900 buy:p1 "
                     "L1:sku=JACKET-M,quantity=1,price=399") == NULL);
    CHECK_TEXT(t, rig_told(&r), "order_created@0/1 order_paid@0/1 order_done@0/1");
    CHECK(t, rig_put(&r, sale,
                     "#2 R1:line=1,quantity=1,amount=39900,kind=exchange,store=S02,new_line=2,requested=900,done=905 "
                     "L2:sku=JACKET-L,quantity=1,price=429,store=S02 pay:total=82800") == NULL);
    CHECK_TEXT(t, rig_told(&r), "exchange_requested@900/1 exchange_done@905/1");
    CHECK_TEXT(t, r.last.store, "S02"); /* where it was given back */
    struct order_sums s = rig_sums(&r, sale, ORDER_NOW);
    CHECK_EQ(t, s.gross, 82800);
    CHECK_EQ(t, s.refunded, 39900);
    CHECK_EQ(t, s.net, 42900);
    CHECK_EQ(t, s.differs_by, 0);
    rig_end(&r);
}

static void a_receipt_is_claimed_later(struct t *t)
{
    struct rig r;
    struct order_key sale = test_key("pos", "S01-7-000124");
    rig_begin(&r, t);
    rig_known(&r, "p1 u1");
    rig_known(&r, "p2");
    CHECK(t, rig_put(&r, sale, "#1 created=0 paid=0 store=S01 L1:sku=A,paid=5000") == NULL);
    CHECK_TEXT(t, rig_told(&r), "order_created@0/0 order_paid@0/0"); /* of nobody, and counted */
    CHECK_TEXT(t, rig_orders_of(&r, "p1"), "");
    struct order_ask to_first = {.id = test_id(&r, BYTES_LIT("p1"))}, to_second = {.id = test_id(&r, BYTES_LIT("p2"))};
    struct order_ask to_nobody = {.id = test_id(&r, BYTES_LIT("p9"))};
    CHECK_TEXT(t, rig_ask(&r, COMMAND_ORDER_REASSIGN, sale, to_nobody)->name, "unknown_identifier");
    CHECK(t, rig_ask(&r, COMMAND_ORDER_REASSIGN, sale, to_first) == NULL);
    CHECK_TEXT(t, rig_told(&r), "order_reassigned@0/1");
    CHECK_TEXT(t, rig_orders_of(&r, "u1"), "S01-7-000124");
    CHECK_TEXT(t, rig_ask(&r, COMMAND_ORDER_REASSIGN, sale, to_first)->name, "same_owner");
    uint64_t position = harness_position(r.h);
    CHECK(t, rig_ask(&r, COMMAND_ORDER_REASSIGN, sale, to_second) == NULL);
    CHECK_TEXT(t, rig_told(&r), "order_reassigned@0/1 order_reassigned@0/2"); /* both hear of it */
    CHECK_TEXT(t, rig_orders_of(&r, "p1"), "");
    CHECK_TEXT(t, rig_orders_of(&r, "p2"), "S01-7-000124");
    CHECK(t, rig_ask(&r, COMMAND_ORDER_UNDO, sale, (struct order_ask){.position = position}) == NULL);
    CHECK_TEXT(t, rig_orders_of(&r, "p1"), "S01-7-000124");
    CHECK_TEXT(t, rig_ask(&r, COMMAND_ORDER_UNDO, sale, (struct order_ask){.position = position})->name, "no_such_act");
    rig_end(&r);
}

static void a_buyer_who_is_told_late_still_owns(struct t *t)
{
    struct rig r;
    rig_begin(&r, t);
    CHECK(t, rig_put(&r, TMALL, "#1 created=0 paid=5 L1:sku=A,paid=100") == NULL);
    CHECK_TEXT(t, rig_told(&r), "order_created@0/0 order_paid@5/0");
    CHECK(t, rig_put(&r, TMALL, "#2 buy:p1") == NULL);
    CHECK_TEXT(t, rig_told(&r), "order_updated@0/1");
    CHECK_TEXT(t, rig_orders_of(&r, "p1"), "372100456");
    CHECK(t, rig_put(&r, TMALL, "#3 buy:p1,u1 shipped=9") == NULL);
    CHECK_TEXT(t, rig_told(&r), "order_shipped@9/1");
    rig_end(&r);
}

static void orders_follow_merge_and_split(struct t *t)
{
    struct rig r;
    rig_begin(&r, t);
    CHECK(t, rig_put(&r, test_key("a", "1"), "#1 created=0 buy:p1 L1:paid=100") == NULL);
    CHECK(t, rig_put(&r, test_key("b", "2"), "#1 created=0 buy:p2 L1:paid=200") == NULL);
    CHECK_TEXT(t, rig_orders_of(&r, "p1"), "1");
    CHECK(t, rig_join(&r, COMMAND_MERGE, "p1 p2") == NULL);
    const char *both = rig_orders_of(&r, "p1");
    CHECK(t, strcmp(both, "1 2") == 0 || strcmp(both, "2 1") == 0);
    CHECK_TEXT(t, rig_orders_of(&r, "p2"), both);
    CHECK(t, rig_join(&r, COMMAND_SPLIT, "p2") == NULL);
    CHECK_TEXT(t, rig_orders_of(&r, "p1"), "1");
    CHECK_TEXT(t, rig_orders_of(&r, "p2"), "2");
    rig_end(&r);
}

static struct order_ask correction(struct rig *r, enum order_part_kind kind, const char *id, const char *word)
{
    struct order_version unused = {.part_count = 0};
    struct order_ask ask = {.kind = kind, .part_id = bytes_of_text(id)};
    ask.value = test_body(r, &unused, kind, ask.part_id, bytes_of_text(word));
    ask.sub = kind == ORDER_HEAD ? ask.value.data[0] : 0;
    return ask;
}

static void corrections_lie_over_what_sources_say(struct t *t)
{
    struct rig r;
    rig_begin(&r, t);
    CHECK(t, rig_put(&r, TMALL, "#1 created=0 paid=1 store=S01 L1:sku=A,paid=10000") == NULL);
    uint64_t position = harness_position(r.h);
    CHECK(t, rig_ask(&r, COMMAND_ORDER_CORRECT, TMALL, correction(&r, ORDER_LINE, "1", "paid=9000")) == NULL);
    CHECK(t, rig_ask(&r, COMMAND_ORDER_CORRECT, TMALL, correction(&r, ORDER_HEAD, "", "seller=G5")) ==
                 NULL); /* nobody said who */
    CHECK_TEXT(t, rig_ask(&r, COMMAND_ORDER_CORRECT, TMALL, correction(&r, ORDER_LINE, "7", "paid=1"))->name,
               "no_such_part");
    CHECK(t, rig_put(&r, TMALL, "#2 store=S02 L1:sku=A2,paid=12000") == NULL);
    CHECK_ORDER(&r, TMALL, "store=S02 *seller=G5 *L1:sku=A2,paid=9000 created=0 paid=1");
    CHECK_TEXT(t, rig_day(&r, "tmall-旗舰店", TEST_DAY), "1 1 9000 0");
    struct order_ask later = {.kind = ORDER_STATE, .sub = ORDER_CREATED, .time_us = minutes_us(1440)};
    CHECK(t, rig_ask(&r, COMMAND_ORDER_CORRECT, TMALL, later) == NULL);
    CHECK_TEXT(t, rig_day(&r, "tmall-旗舰店", TEST_DAY + 1), "1 1 9000 0");
    CHECK(t, rig_ask(&r, COMMAND_ORDER_UNDO, TMALL, (struct order_ask){.position = position}) == NULL);
    CHECK_ORDER(&r, TMALL, "store=S02 *seller=G5 L1:sku=A2,paid=12000 *created=1440 paid=1");
    CHECK_TEXT(t, rig_day(&r, "tmall-旗舰店", TEST_DAY + 1), "1 1 12000 0");
    CHECK_TEXT(t, rig_day(&r, "tmall-旗舰店", TEST_DAY), "none");
    rig_end(&r);
}

static void a_void_order_counts_for_nothing(struct t *t)
{
    struct rig r;
    rig_begin(&r, t);
    CHECK_TEXT(t, rig_ask(&r, COMMAND_ORDER_VOID, TMALL, (struct order_ask){.position = 0})->name, "no_such_order");
    CHECK(t, rig_put(&r, TMALL, "#1 created=0 paid=1 L1:paid=10000") == NULL);
    (void)rig_told(&r);
    uint64_t position = harness_position(r.h);
    CHECK(t, rig_ask(&r, COMMAND_ORDER_VOID, TMALL, (struct order_ask){.position = 0}) == NULL);
    CHECK_EQ(t, rig_sums(&r, TMALL, ORDER_NOW).net, 0);
    CHECK_TEXT(t, rig_day(&r, "tmall-旗舰店", TEST_DAY), "none");
    CHECK(t, rig_put(&r, TMALL, "#2 shipped=5") == NULL);
    CHECK_TEXT(t, rig_told(&r), ""); /* not while it is void */
    CHECK(t, rig_ask(&r, COMMAND_ORDER_UNDO, TMALL, (struct order_ask){.position = position}) == NULL);
    CHECK_TEXT(t, rig_told(&r), "order_shipped@5/0");
    CHECK_EQ(t, rig_sums(&r, TMALL, ORDER_NOW).net, 10000);
    CHECK_TEXT(t, rig_day(&r, "tmall-旗舰店", TEST_DAY), "1 1 10000 0");
    rig_end(&r);
}

static void history_says_that_it_is_history(struct t *t)
{
    struct rig r;
    rig_begin(&r, t);
    struct order_version v = test_version(&r, TMALL, "#1 created=-400000 paid=-400000 store=S01 L1:paid=100");
    v.import = true;
    CHECK(t, rig_put_version(&r, &v) == NULL);
    CHECK_TEXT(t, rig_told(&r), "order_created@-400000/0 order_paid@-400000/0");
    CHECK(t, r.last.import);
    rig_end(&r);
}

static void sums_follow_their_rules(struct t *t)
{
    struct rig r;
    rig_begin(&r, t);
    /* Prices to four digits, weights to three: each line is rounded once, half away from zero. */
    CHECK(t, rig_put(&r, TMALL,
                     "#1 created=0 paid=1 pay:total=1210,discounts=manual-5 L1:price=3.335,quantity=1 "
                     "L2:price=12.3456,quantity=0.75 "
                     "L3:price=1,quantity=-1 L4:currency=USD,paid=500") == NULL);
    struct order_sums s = rig_sums(&r, TMALL, ORDER_NOW);
    CHECK_EQ(t, s.gross, 334 + 926 - 100 - 5);
    CHECK_EQ(t, s.differs_by, 1210 - 1155); /* told, never refused */
    CHECK_EQ(t, s.foreign, 1);
    CHECK_EQ(t, s.lines, 4);
    CHECK(t, rig_put(&r, TMALL, "#2 cancelled=50") == NULL);
    CHECK_EQ(t, rig_sums(&r, TMALL, ORDER_NOW).net, 0);
    CHECK_EQ(t, rig_sums(&r, TMALL, minutes_us(49)).net, 1155);
    rig_end(&r);
}

static void a_long_order_lies_in_several_rows(struct t *t)
{
    struct rig r;
    struct order_version v = {.key = TMALL, .source = BYTES_LIT("oms"), .version = 1, .complete = true};
    rig_begin(&r, t);
    v.parts = ARENA_ARRAY(r.arena, struct order_part, ORDER_LINES_MAX + 2);
    for (uint32_t i = 0; i < ORDER_LINES_MAX; i++) {
        struct bytes id = bytes_of_text(arena_printf(r.arena, "%04u", i)),
                     words = bytes_of_text(arena_printf(
                         r.arena, "sku=SKU-%u,name=很长的商品名称很长的商品名称很长的商品名称,paid=%u", i, i));
        v.parts[v.part_count++] = (struct order_part){
            .kind = ORDER_LINE, .id = id, .body = test_body(&r, &v, ORDER_LINE, id, words)};
    }
    v.parts[v.part_count++] = (struct order_part){.kind = ORDER_STATE, .sub = ORDER_PAID, .time_us = TEST_BASE_US};
    CHECK(t, rig_put_version(&r, &v) == NULL);
    CHECK_EQ(t, rig_sums(&r, TMALL, ORDER_NOW).gross, 999 * 1000 / 2);
    CHECK_TEXT(t, rig_put(&r, TMALL, "#2 L1001:paid=1")->name, "order_full");
    CHECK(t, rig_put(&r, TMALL, "#3 L0500:paid=1000000") == NULL);
    CHECK_EQ(t, rig_sums(&r, TMALL, ORDER_NOW).net, 999 * 1000 / 2 - 500 + 1000000);
    CHECK(t, rig_put(&r, TMALL, "#4 ! L9:paid=7") == NULL);
    CHECK_ORDER(&r, TMALL, "L9:paid=7 paid=0");
    rig_end(&r);
}

static void many_refunds_are_told_by_and_by(struct t *t)
{
    struct rig r;
    rig_begin(&r, t);
    struct buf words;
    buf_init(&words, 1 << 20);
    buf_push_text(&words, "#1 created=0 paid=1 L1:paid=100000");
    for (uint32_t i = 0; i < 450; i++)
        buf_printf(&words, " R%u:amount=1,requested=5,done=6", i);
    CHECK(t, rig_put(&r, TMALL, arena_text(r.arena, buf_bytes(&words))) == NULL);
    CHECK_EQ(t, r.events, 902);
    CHECK_EQ(t, rig_sums(&r, TMALL, ORDER_NOW).net, 100000 - 450);
    buf_fini(&words);
    rig_end(&r);
}

static void a_shop_that_tells_itself_counts_once(struct t *t)
{
    struct rig r;
    struct order_key key = test_key("webshop", "W1");
    rig_begin(&r, t);
    buf_clear(&r.payload);
    order_shop_pack(key.shop, false, &r.payload);
    CHECK(t, rig_send(&r, COMMAND_ORDER_SHOP) == NULL);
    CHECK(t, rig_put(&r, key, "#1 created=0 paid=1 buy:p1 L1:paid=100") == NULL);
    CHECK_TEXT(t, rig_told(&r), "order_updated@0/1"); /* whose it is has to be found all the same */
    CHECK_TEXT(t, rig_orders_of(&r, "p1"), "W1");
    buf_clear(&r.payload);
    order_shop_pack(key.shop, true, &r.payload);
    CHECK(t, rig_send(&r, COMMAND_ORDER_SHOP) == NULL);
    CHECK(t, rig_put(&r, key, "#2 shipped=5") == NULL);
    CHECK_TEXT(t, rig_told(&r), "order_shipped@5/1"); /* what was reached before is never told later */
    struct view v = harness_view(r.h);
    struct bytes shop = BYTES_NONE;
    bool derives = false;
    CHECK(t, order_shop_next(&v, shop, &shop, &derives) && bytes_equal(shop, key.shop) && derives);
    CHECK(t, !order_shop_next(&v, shop, &shop, &derives));
    rig_end(&r);
}

static void amounts_come_in_the_groups_currency(struct t *t)
{
    struct rig r;
    struct order_key key = test_key("us", "1");
    int64_t amount;
    struct order o;
    rig_begin(&r, t);
    CHECK(t, rig_put(&r, key, "#1 created=0 paid=1 pay:currency=USD L1:currency=USD,paid=10000") == NULL);
    struct view v = harness_view(r.h);
    CHECK(t, order_find(&v, key, &o));
    CHECK(t, !order_in_group_currency(&v, &o, 10000, 840, &amount));
    static const struct order_rate rates[] = {{840, CURRENCY_CNY, TEST_DAY - 3, {70000, 4}},
                                              {840, CURRENCY_CNY, TEST_DAY + 1, {80000, 4}},
                                              {840, CURRENCY_CNY, TEST_DAY - 9, {60000, 4}}};
    for (size_t i = 0; i < COUNT_OF(rates); i++) {
        buf_clear(&r.payload);
        order_rate_pack(&rates[i], &r.payload);
        CHECK(t, rig_send(&r, COMMAND_ORDER_RATE) == NULL);
    }
    v = harness_view(r.h);
    CHECK(t, order_find(&v, key, &o) && order_in_group_currency(&v, &o, 10000, 840, &amount));
    CHECK_EQ(t, amount, 70000); /* the last rate up to the order's day */
    CHECK(t, order_in_group_currency(&v, &o, 123, CURRENCY_CNY, &amount));
    CHECK_EQ(t, amount, 123);
    static const int32_t days[] = {TEST_DAY + 1, TEST_DAY - 3, TEST_DAY - 9}; /* the latest first */
    struct order_rate rate = {.from = 0};
    for (size_t i = 0; i < COUNT_OF(days); i++) {
        CHECK(t, order_rate_next(&v, &rate, &rate));
        CHECK(t, rate.from == 840 && rate.to == CURRENCY_CNY && rate.day == days[i] && rate.rate.scale == 4);
    }
    CHECK(t, !order_rate_next(&v, &rate, &rate));
    rig_end(&r);
}

static void declare(struct rig *r, const char *shop, uint16_t part, int64_t said_us, const char *list)
{
    struct err e = {0};
    struct order_declared d = {.shop = bytes_of_text(shop),
                               .source = BYTES_LIT("oms"),
                               .day = TEST_DAY,
                               .part = part,
                               .currency = CURRENCY_CNY,
                               .said_us = said_us};
    d.list = test_list(r, bytes_of_text(list), true, &d.listed);
    struct unpack u = unpack_of(d.list);
    struct bytes number;
    for (int64_t amount; order_amount_next(&u, &number, &amount); d.orders++)
        d.amount += amount;
    buf_clear(&r->payload);
    CHECK_DONE(r->t, order_declared_pack(&d, &r->payload, &e), &e);
    CHECK(r->t, rig_send(r, COMMAND_ORDER_DECLARED) == NULL);
}

static const char *mismatches(struct rig *r, const char *shop)
{
    static const char *const words[] = {"missing here", "missing there", "differs"};
    struct order_mismatch found[2]; /* in small bites, so that going on is tested too */
    const char *told = "";
    for (uint64_t at = 0; at != ORDER_LOOKED_ALL;) {
        struct view v = harness_view(r->h);
        size_t count = order_mismatches(&v, bytes_of_text(shop), TEST_DAY, &at, found, COUNT_OF(found));
        for (size_t i = 0; i < count; i++)
            told = arena_printf(r->arena, "%s%s%.*s %s %lld:%lld", told, told[0] == 0 ? "" : ", ",
                                BYTES_ARG(found[i].number), words[found[i].difference], (long long)found[i].here,
                                (long long)found[i].there);
    }
    return told;
}

static void a_day_is_reconciled_down_to_the_order(struct t *t)
{
    struct rig r;
    struct order_day d;
    rig_begin(&r, t);
    CHECK_TEXT(t, mismatches(&r, "a"), "");
    CHECK(t, rig_put(&r, test_key("a", "1"), "#1 created=0 L1:paid=100") == NULL);
    CHECK(t, rig_put(&r, test_key("a", "2"), "#1 created=0 L1:paid=200") == NULL);
    CHECK(t, rig_put(&r, test_key("a", "4"), "#1 created=0 L1:paid=400") == NULL);
    CHECK(t, rig_put(&r, test_key("a", "5"), "#1 created=2000 L1:paid=500") == NULL); /* another day */
    CHECK(t, rig_put(&r, test_key("b", "6"), "#1 created=0 L1:paid=600") == NULL);    /* another shop */
    declare(&r, "a", 0, 5, "1-100+2-250");
    declare(&r, "a", 1, 5, "3-300");
    CHECK_TEXT(t, mismatches(&r, "a"), "2 differs 200:250, 3 missing here 0:300, 4 missing there 400:0");
    struct view v = harness_view(r.h);
    CHECK(t, order_declared_next(&v, BYTES_LIT("a"), TEST_DAY - 5, 0, &d));
    CHECK_EQ(t, d.day, TEST_DAY);
    CHECK_EQ(t, d.orders, 3);
    CHECK_EQ(t, d.amount, 650);
    CHECK(t, d.is_listed);
    CHECK(t, !order_declared_next(&v, BYTES_LIT("a"), TEST_DAY, CURRENCY_CNY, &d));
    declare(&r, "a", 0, 4, "9-900"); /* an older word */
    declare(&r, "a", 1, 6, "3-300+4-400");
    CHECK(t, rig_put(&r, test_key("a", "2"), "#2 L1:paid=250") == NULL);
    CHECK(t, rig_put(&r, test_key("a", "3"), "#1 created=9 L1:paid=300") == NULL);
    CHECK_TEXT(t, mismatches(&r, "a"), "");
    rig_end(&r);
}

static void bad_payloads_are_refused(struct t *t)
{
    struct rig r;
    struct err e = {0};
    rig_begin(&r, t);
    struct order_version twice = test_version(&r, TMALL, "#1 L1:paid=1 L1:paid=2"),
                         keyless = test_version(&r, test_key("", "1"), "#1 created=0");
    CHECK_FAILS(t, order_version_pack(&twice, &r.payload, &e), INVALID);
    buf_clear(&r.payload);
    CHECK_DONE(t, order_version_pack(&keyless, &r.payload, &e), &e);
    CHECK(t, rig_send(&r, COMMAND_ORDER_PUT) == &harness_malformed);
    struct order_version misplaced = test_version(&r, TMALL, "#1 L1:paid=1");
    misplaced.parts[0].kind = ORDER_SHIPMENT; /* a field that doesn't belong there */
    buf_clear(&r.payload);
    CHECK_DONE(t, order_version_pack(&misplaced, &r.payload, &e), &e);
    CHECK(t, rig_send(&r, COMMAND_ORDER_PUT) == &harness_malformed);
    struct order_version huge = test_version(&r, TMALL, "#1 L1:paid=99999999999999999");
    buf_clear(&r.payload);
    CHECK_DONE(t, order_version_pack(&huge, &r.payload, &e), &e);
    CHECK(t, rig_send(&r, COMMAND_ORDER_PUT) == &harness_malformed);
    struct order_declared many = {
        .shop = BYTES_LIT("a"), .source = BYTES_LIT("s"), .currency = CURRENCY_CNY, .part = ORDER_DECLARED_PARTS_MAX};
    CHECK_FAILS(t, order_declared_pack(&many, &r.payload, &e), LIMIT);
    CHECK_TEXT(t, rig_order(&r, TMALL), "none");
    rig_end(&r);
}

static const struct test tests[] = {
    {"a Tmall order with a partial refund", a_tmall_order_with_a_partial_refund, 1},
    {"what comes twice or late changes nothing", what_comes_twice_or_late_changes_nothing, 1},
    {"a till sale is exchanged in another store", a_till_sale_is_exchanged_in_another_store, 1},
    {"a receipt is claimed later", a_receipt_is_claimed_later, 1},
    {"a buyer who is told late still owns", a_buyer_who_is_told_late_still_owns, 1},
    {"orders follow merge and split", orders_follow_merge_and_split, 1},
    {"corrections lie over what sources say", corrections_lie_over_what_sources_say, 1},
    {"a void order counts for nothing", a_void_order_counts_for_nothing, 1},
    {"history says that it is history", history_says_that_it_is_history, 1},
    {"sums follow their rules", sums_follow_their_rules, 1},
    {"a long order lies in several rows", a_long_order_lies_in_several_rows, 1},
    {"many refunds are told by and by", many_refunds_are_told_by_and_by, 1},
    {"a shop that tells itself counts once", a_shop_that_tells_itself_counts_once, 1},
    {"amounts come in the group's currency", amounts_come_in_the_groups_currency, 1},
    {"a day is reconciled down to the order", a_day_is_reconciled_down_to_the_order, 1},
    {"bad payloads are refused", bad_payloads_are_refused, 1},
};
TEST_MAIN(tests)
