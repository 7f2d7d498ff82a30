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

static void tick(struct rig *r)
{
    CHECK(r->t, harness_apply(r->h, COMMAND_TICK, BYTES_NONE) == NULL);
    (void)harness_follow(r->h);
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
    CHECK_EQ(t, kept(&r, erasure).last_position, harness_position(r.h) - 1); /* its record is the last with the salt */
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
    tick(&r);
    CHECK_TEXT(t, told_kept(&r, TMALL), "none");
    CHECK(t, strstr(told_kept(&r, test_key("tmall-1", "5")), "buy:erased-") != NULL);
    CHECK_EQ(t, kept(&r, erasure).items, 1);
    CHECK_TEXT(t, rig_day(&r, "tmall-1", TEST_DAY), day); /* totals tell of nobody */
    harness_time(r.h, minutes_us(61) + YEARS_US);
    tick(&r);
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

/* Somebody known as u1, with a phone as a receiver may have it. */
static void u1_with_phone(struct rig *r)
{
    struct err e = {0};
    struct envelope v = {.event = BYTES_LIT("login"),
                         .source = BYTES_LIT("app"),
                         .event_us = TEST_BASE_US,
                         .received_us = TEST_BASE_US,
                         .message = {99, 99},
                         .id_count = 2};
    v.ids[0] = test_id(r, BYTES_LIT("u1"));
    v.ids[1] = (struct envelope_id){.type = TYPE_PHONE, .role = ID_OWN, .value = BYTES_LIT("+8613812345678")};
    v.ids[1].key = identifier_key(TEST_SECRET, TYPE_PHONE, BYTES_NONE, v.ids[1].value);
    buf_clear(&r->payload);
    CHECK_DONE(r->t, envelope_pack(&v, &r->payload, &e), &e);
    CHECK(r->t, rig_send(r, COMMAND_COLLECT_EVENT) == NULL);
}

/* Orders that others bought, and that go to the person. */
static void a_receiver_is_taken_out_of_others_orders(struct t *t)
{
    struct rig r;
    begin(&r, t);
    u1_with_phone(&r);
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
    tick(&r);
    CHECK_EQ(t, kept(&r, erasure).items, 0);
    CHECK(t, !is_left(&r, "product-of-a-long-name"));
    rig_end(&r);
}

/* Orders that were given to others by hand: these keep them, and the person is named there no more. */
static void the_erased_is_taken_out_of_orders_of_others(struct t *t)
{
    struct rig r;
    begin(&r, t);
    rig_known(&r, "p2");
    CHECK(t, rig_put(&r, test_key("a", "1"), "#1 created=0 buy:p-secret remark=慢慢来") == NULL);
    CHECK(t, rig_put(&r, test_key("a", "2"), "#1 created=0 buy:p2") == NULL);
    struct order_ask to_other = {.id = test_id(&r, BYTES_LIT("p2"))},
                     to_person = {.id = test_id(&r, BYTES_LIT("p-secret"))};
    CHECK(t, rig_ask(&r, COMMAND_ORDER_REASSIGN, test_key("a", "1"), to_other) == NULL);
    CHECK(t, rig_ask(&r, COMMAND_ORDER_REASSIGN, test_key("a", "2"), to_person) == NULL);
    CHECK(t, rig_ask(&r, COMMAND_ORDER_REASSIGN, test_key("a", "2"), to_other) == NULL);
    CHECK(t, is_left(&r, "secret"));
    uint64_t erasure = erase(&r, "p-secret");
    CHECK(t, !is_left(&r, "secret"));
    CHECK_EQ(t, kept(&r, erasure).items, 0);
    CHECK(t, kept(&r, erasure).is_settled);
    CHECK_TEXT(t, rig_orders_of(&r, "p2"), "1 2");
    CHECK(t, strstr(rig_order(&r, test_key("a", "1")), "remark=慢慢来") != NULL);
    CHECK(t, strstr(rig_order(&r, test_key("a", "2")), "buy:p2") != NULL);
    CHECK(t, rig_put(&r, test_key("a", "1"), "#2 shipped=9") == NULL);
    CHECK_TEXT(t, rig_told(&r), "order_shipped@9/0"); /* of nobody: a pseudonym would have become somebody */
    rig_end(&r);
}

/* After a split each of the buyer's identifiers is somebody else. */
static void a_buyer_who_was_two_is_taken_out_alone(struct t *t)
{
    struct rig r;
    begin(&r, t);
    CHECK(t, rig_put(&r, test_key("a", "1"), "#1 created=0 buy:p-secret,u2") == NULL);
    CHECK(t, rig_join(&r, COMMAND_SPLIT, "p-secret") == NULL);
    const char *owner = rig_orders_of(&r, "u2")[0] != 0 ? "u2" : "p-secret",
               *other = strcmp(owner, "u2") == 0 ? "p-secret" : "u2";
    uint64_t erasure = erase(&r, other);
    CHECK_EQ(t, kept(&r, erasure).items, 0);
    CHECK(t, !is_left(&r, other) && is_left(&r, owner));
    CHECK_TEXT(t, rig_orders_of(&r, owner), "1");
    rig_end(&r);
}

/* A phone that was passed on: the erased had it once, and whose order it is has it now. */
static void what_an_owner_has_since_is_the_owners(struct t *t)
{
    struct rig r;
    begin(&r, t);
    struct envelope_id id = test_id(&r, BYTES_LIT("p1"));
    struct hash128 had = identifier_key_of_holder(id.key, 1);
    struct buf body = arena_buf(r.arena, 64);
    envelope_id_pack(&body, &id);
    struct order_part buyer = {.kind = ORDER_BUYER, .body = buf_bytes(&body)};
    struct erasure who = {.owner_count = 1, .owners = &had};
    struct document d = {.part_count = 1, .parts = &buyer, .has_heard = true};
    d.heard = identifier_key_of_holder(id.key, 2);
    CHECK(t, !document_names(&d, &who));
    d.heard = identifier_key_of_holder(test_id(&r, BYTES_LIT("p2")).key, 1);
    CHECK(t, document_names(&d, &who));
    rig_end(&r);
}

/* The erasure comes between an order and the event that would have found its owner. */
static void an_order_without_its_owner_yet_is_locked(struct t *t)
{
    struct rig r;
    struct err e = {0};
    begin(&r, t);
    rig_known(&r, "p-secret");
    CHECK(t, rig_put(&r, test_key("a", "other"), "#1 created=0 buy:p2") == NULL);
    struct order_version v = test_version(&r, TMALL, "#1 created=0 buy:p-secret remark=秘密");
    buf_clear(&r.payload);
    CHECK_DONE(t, order_version_pack(&v, &r.payload, &e), &e);
    CHECK(t, harness_apply(r.h, COMMAND_ORDER_PUT, buf_bytes(&r.payload)) == NULL);
    uint64_t erasure = erase(&r, "p-secret");
    CHECK_EQ(t, kept(&r, erasure).items, 1);
    CHECK(t, !is_left(&r, "secret") && !is_left(&r, "秘密"));
    CHECK_TEXT(t, rig_order(&r, TMALL), "none");
    CHECK_TEXT(t, rig_orders_of(&r, "p2"), "other");
    rig_end(&r);
}

static void lock_heard(void *context, const struct step *step, const struct fact_kind *kind, const void *fact)
{
    struct order_changed *last = context;
    const struct order_changed *f = fact;
    (void)step;
    if (kind == &fact_order_changed && f->command == COMMAND_ORDER_LOCK)
        *last = *f;
}

static void what_is_locked_is_said_by_its_number(struct t *t)
{
    struct rig r;
    struct order_changed last = {.order = 0};
    begin(&r, t);
    CHECK(t, rig_put(&r, TMALL, "#1 created=0 buy:p1") == NULL);
    harness_listen(r.h, lock_heard, &last);
    (void)erase(&r, "p1");
    CHECK_EQ(t, last.order, 1);
    rig_end(&r);
}

/* Lines with names of a size, as many as the order takes; `at` is the number of the first. Returns that of the next. */
static uint32_t lines_fill(struct rig *r, struct order_key key, size_t name_bytes, uint32_t lines_a_put, uint32_t at)
{
    struct buf words;
    const struct refusal *refusal = NULL;
    buf_init(&words, ORDER_VERSION_BYTES_MAX);
    while (refusal == NULL) {
        buf_clear(&words);
        buf_push_text(&words, "#2");
        for (uint32_t i = 0; i < lines_a_put; i++) {
            buf_printf(&words, " L%u:name=", at++);
            for (size_t k = 0; k < name_bytes; k++)
                buf_push_byte(&words, 'x');
        }
        refusal = rig_put(r, key, arena_text(r->arena, buf_bytes(&words)));
    }
    CHECK(r->t, refusal == &order_too_many);
    buf_fini(&words);
    return at;
}

/* To a few bytes as long as an order may be. */
static void order_fill(struct rig *r, struct order_key key, const char *words)
{
    CHECK(r->t, rig_put(r, key, words) == NULL);
    uint32_t at = lines_fill(r, key, 1900, 100, 0);
    at = lines_fill(r, key, 1900, 10, at);
    at = lines_fill(r, key, 1000, 1, at);
    at = lines_fill(r, key, 30, 1, at);
    (void)lines_fill(r, key, 1, 1, at);
}

static void a_receiver_of_a_full_order_is_taken_out(struct t *t)
{
    struct rig r;
    begin(&r, t);
    u1_with_phone(&r);
    order_fill(&r, TMALL, "#1 created=0 buy:p2 to:name=乙,phone=13812345678,address=丙");
    (void)erase(&r, "u1");
    CHECK(t, !is_left(&r, "乙") && !is_left(&r, "13812345678"));
    CHECK_TEXT(t, rig_orders_of(&r, "p2"), "3721");
    rig_end(&r);
}

/* More rows than one step writes. */
static void long_orders_go_together(struct t *t)
{
    struct rig r;
    begin(&r, t);
    for (uint32_t i = 0; i < 5; i++) {
        struct order_key key = test_key("a", arena_printf(r.arena, "%u", i));
        CHECK(t, rig_put(&r, key, "#1 created=0 buy:p1") == NULL);
        (void)lines_fill(&r, key, 1900, 100, 0);
    }
    uint64_t erasure = erase(&r, "p1");
    CHECK_EQ(t, kept(&r, erasure).items, 5);
    harness_time(r.h, minutes_us(1) + YEARS_US);
    tick(&r);
    CHECK_EQ(t, kept(&r, erasure).items, 0);
    CHECK_TEXT(t, told_kept(&r, test_key("a", "4")), "none");
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

/* A recovery asks what its next commands need before it applies them: the chain before its erasure. */
static void needs_are_asked_ahead_of_the_erasure(struct t *t)
{
    struct rig r;
    begin(&r, t);
    CHECK(t, rig_put(&r, TMALL, "#1 created=0 buy:p-secret L1:paid=100") == NULL);
    struct view v = harness_view(r.h);
    uint64_t erasure = harness_position(r.h);
    struct buf b = arena_buf(r.arena, 64);
    struct err e = {0};
    pack_u8(&b, 1); /* as docs/formats/order.md has order.lock */
    pack_u64(&b, erasure);
    pack_u64(&b, 7);
    pack_u64(&b, erasure); /* the salt */
    pack_u32(&b, orders_end(&v));
    pack_varint(&b, 0);
    pack_u32(&b, 0);
    CHECK_DONE(t, lock_check(buf_bytes(&b), &e), &e);
    lock_needs(&v, buf_bytes(&b));
    CHECK_EQ(t, erase(&r, "p-secret"), erasure);
    CHECK_TEXT(t, rig_order(&r, TMALL), "none");
    rig_end(&r);
}

static const struct test tests[] = {
    {"orders of the erased are locked", orders_of_the_erased_are_locked, 1},
    {"pseudonyms are those of one erasure", pseudonyms_are_those_of_one_erasure, 1},
    {"many orders are locked by slices", many_orders_are_locked_by_slices, 1},
    {"an order goes when its years are over", an_order_goes_when_its_years_are_over, 1},
    {"an old file does not bring orders back", an_old_file_does_not_bring_orders_back, 1},
    {"a receiver is taken out of others' orders", a_receiver_is_taken_out_of_others_orders, 1},
    {"a long order is locked with its pieces", a_long_order_is_locked_with_its_pieces, 1},
    {"the erased is taken out of orders of others", the_erased_is_taken_out_of_orders_of_others, 1},
    {"a buyer who was two is taken out alone", a_buyer_who_was_two_is_taken_out_alone, 1},
    {"what an owner has since is the owner's", what_an_owner_has_since_is_the_owners, 1},
    {"an order without its owner yet is locked", an_order_without_its_owner_yet_is_locked, 1},
    {"what is locked is said by its number", what_is_locked_is_said_by_its_number, 1},
    {"a receiver of a full order is taken out", a_receiver_of_a_full_order_is_taken_out, 1},
    {"long orders go together", long_orders_go_together, 1},
    {"the books are those of who erased nobody", the_books_are_those_of_who_erased_nobody, 20},
    {"needs are asked ahead of the erasure", needs_are_asked_ahead_of_the_erasure, 1},
};
TEST_MAIN(tests)
