/* Covers: book.c, look.c, sets.c, turns.c
 *
 * The same commands at the same times in two engines, one of which loses its power now and then and begins again from a checkpoint and its log: its rows are as they were,
 * and what rules say and sets hold is what they do in the other. */
#include "domain/calendar/calendar.h"
#include "domain/column/column.h"
#include "domain/event/event.h"
#include "domain/identity/identity.h"
#include "domain/listing/listing.h"
#include "domain/order/order.h"
#include "domain/people/people.h"
#include "domain/relation/relation.h"
#include "domain/rule/rule.h"
#include "engine/engine_domain.h"
#include "lib/bitmap.h"
#include "testing/plant.h"

#define USERS 20u
#define MOVES 60
#define SECRET UINT64_C(0x5ec7e7)

static const char *const rules[] = {
    "count(page_viewed in last 2 days) >= 2",
    "count(page_viewed within 90 minutes) >= 1",
    "not did(cart_added in last 1 day)",
    "days(page_viewed in last 3 days) >= 2",
    "count(cart_added) >= 2",
};

static void send(struct plant *p, uint32_t command, const struct buf *payload)
{
    plant_apply(p, command, buf_bytes(payload));
}

static void begin(struct plant *p, struct t *t)
{
    static const struct domain *const domains[] = {&engine_domain, &collect_domain,  &identity_domain, &people_domain,
                                                   &event_domain,  &column_domain,   &thing_domain,    &calendar_domain,
                                                   &order_domain,  &relation_domain, &listing_domain, &rule_domain};
    struct buf b = arena_buf(t->arena, 4096);
    plant_open(p, t, domains, COUNT_OF(domains));
    for (uint32_t i = 0; i < COUNT_OF(rules); i++) {
        b.size = 0;
        rule_ask_pack(&(struct rule_ask){.is_condition = true, .text = bytes_of_text(rules[i])}, &b);
        send(p, COMMAND_RULE_MAKE, &b);
        b.size = 0;
        rule_switch_pack(&(struct rule_pair){.new = i + 1}, 1, &b);
        send(p, COMMAND_RULE_SWITCH, &b);
    }
}

struct happening {
    uint32_t user;
    bool is_view;
    int64_t late_us;
};

static void happen(struct plant *p, const struct happening *h, uint64_t serial)
{
    struct arena *a = p->t->arena;
    struct err e = {0};
    struct buf b = arena_buf(a, 4096);
    struct envelope *x = ARENA_NEW(a, struct envelope);
    *x = (struct envelope){.event = h->is_view ? BYTES_LIT("page_viewed") : BYTES_LIT("cart_added"),
                           .source = BYTES_LIT("test"),
                           .message = hash128(bytes_of(&serial, sizeof serial), 7),
                           .event_us = p->now_us - h->late_us,
                           .received_us = p->now_us,
                           .id_count = 1};
    struct envelope_id *id = &x->ids[0];
    *id = (struct envelope_id){.type = TYPE_USER_ID, .value = bytes_of_text(arena_printf(a, "u%u", h->user))};
    id->key = identifier_key(SECRET, id->type, id->ns, id->value);
    CHECK_DONE(p->t, envelope_pack(x, &b, &e), &e);
    send(p, COMMAND_COLLECT_EVENT, &b);
}

/* What the sets of all rules hold, and what they say of everybody. */
struct seen {
    struct arena *arena;
    uint64_t members[COUNT_OF(rules)];
    struct hash128 said;
};

static void look(const struct view *v, void *context)
{
    struct seen *seen = context;
    uint8_t said[COUNT_OF(rules) * (USERS + 1)] = {0};
    uint32_t end = view_rows_end(v, &person_family);
    for (uint32_t i = 0; i < COUNT_OF(rules); i++) {
        struct bitmap *set = rule_set(v, i + 1, NULL);
        seen->members[i] = bitmap_count(set);
        for (uint32_t person = 1; person < end && person <= USERS; person++)
            said[i * (USERS + 1) + person] = (uint8_t)(bitmap_has(set, person) << 1 |
                                                       rule_says(v, person, i + 1).truth);
        bitmap_destroy(set);
    }
    seen->said = hash128(bytes_of(said, sizeof said), 0);
}

static void pass(struct plant *p, int64_t us)
{
    struct err e = {0};
    CHECK_DONE(p->t, plant_house(p, us, &e), &e);
    for (int i = 0; i < 40; i++)
        CHECK_DONE(p->t, plant_house(p, 0, &e), &e);
}

static void power_goes(struct t *t)
{
    struct plant calm, rough;
    begin(&calm, t);
    begin(&rough, t);
    for (uint64_t move = 0; move < MOVES; move++) {
        struct happening h = {.user = (uint32_t)rng_below(&t->rng, USERS), .is_view = rng_chance(&t->rng, 0.6)};
        h.late_us = rng_chance(&t->rng, 0.3) ? (int64_t)rng_below(&t->rng, (uint64_t)(4 * US_PER_DAY)) : 0;
        happen(&calm, &h, move);
        happen(&rough, &h, move);
        if (rng_chance(&t->rng, 0.1))
            plant_checkpoint(&rough);
        if (rng_chance(&t->rng, 0.2)) {
            struct hash128 before = plant_digest(&rough);
            plant_crash(&rough);
            CHECK(t, hash128_equal(plant_digest(&rough), before));
        }
        int64_t us = rng_chance(&t->rng, 0.3) ? (int64_t)rng_below(&t->rng, (uint64_t)(30 * US_PER_HOUR))
                                              : US_PER_MINUTE;
        pass(&calm, us);
        pass(&rough, us);
    }
    struct seen here = {0}, there = {0};
    engine_read(calm.engine, look, &here);
    engine_read(rough.engine, look, &there);
    for (uint32_t i = 0; i < COUNT_OF(rules); i++)
        CHECK_EQ(t, there.members[i], here.members[i]);
    CHECK(t, hash128_equal(there.said, here.said));
    plant_close(&calm);
    plant_close(&rough);
}

static const struct test tests[] = {{"power goes, and rules say the same", power_goes, 15}};
TEST_MAIN(tests)
