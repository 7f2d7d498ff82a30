/* Orders in the real engine, where every clean row goes cold at once and power fails now and then: what comes of them is what comes of
 * them in memory. Covers: change.c, owned.c, rows.c, order.c */
#include "domain/calendar/calendar.h"
#include "domain/order/order_test.h"
#include "testing/plant.h"

#define ORDERS 5u
#define ROUNDS 12u
#define GROUP_MAX 6u
#define TURNS_MAX 400 /* until nothing is under way */

static const struct domain *const all_domains[] = {&engine_domain, &collect_domain, &identity_domain, &calendar_domain, &order_domain};
static const char *const buyers[] = {"p1", "p2"};

struct sent {
    struct submission submission;
    uint32_t answered;
};

static void count_answer(struct submission *s, const struct answer *a)
{
    struct sent *sent = s->context;
    assert(done(a->status));
    sent->answered++;
}

/* Goes on until all is answered, and what follows has followed. */
static void settle(struct plant *p, const struct sent *sent, size_t count)
{
    struct err e = {0};
    size_t answered = 0;
    for (int turn = 0; turn < TURNS_MAX && (answered < count || engine_is_busy(p->engine)); turn++) {
        CHECK_DONE(p->t, engine_group(p->engine, NULL, 0, p->now_us, &e), &e);
        CHECK_DONE(p->t, plant_house(p, 1000, &e), &e);
        answered = 0;
        for (size_t i = 0; i < count; i++)
            answered += sent[i].answered;
    }
    CHECK_EQ(p->t, answered, count);
    CHECK(p->t, !engine_is_busy(p->engine));
}

static void group_send(struct plant *p, struct sent *sent, size_t count)
{
    struct submission *list[GROUP_MAX];
    struct err e = {0};
    for (size_t i = 0; i < count; i++)
        list[i] = &sent[i].submission;
    CHECK_DONE(p->t, engine_group(p->engine, list, count, p->now_us, &e), &e);
    settle(p, sent, count);
}

struct telling {
    struct rig *r;
    const char *told;
};

static void tell_all(const struct view *v, void *context)
{
    struct telling *t = context;
    struct arena *a = t->r->arena;
    t->told = "";
    for (uint32_t i = 0; i < ORDERS; i++)
        t->told = arena_printf(a, "%s%u: %s\n", t->told, i, order_told(v, test_key("店", arena_printf(a, "%u", i)), a));
    for (int32_t day = TEST_DAY; day < TEST_DAY + 4; day++)
        t->told = arena_printf(a, "%s%d: %s\n", t->told, (int)day, day_told(v, "店", day, a));
    for (size_t i = 0; i < COUNT_OF(buyers); i++) {
        struct envelope_id id = test_id(t->r, bytes_of_text(buyers[i]));
        t->told = arena_printf(a, "%s%s: %s\n", t->told, buyers[i], orders_told(v, &id, a));
    }
}

static const char *plant_told(struct plant *p, struct rig *r)
{
    struct telling t = {.r = r};
    engine_read(p->engine, tell_all, &t);
    return t.told;
}

static const char *rig_told_all(struct rig *r)
{
    struct telling t = {.r = r};
    struct view v = harness_view(r->h);
    tell_all(&v, &t);
    return t.told;
}

/* The same to the rig in memory and, in groups, to the plant. */
static size_t round_draw(struct rig *r, struct rng *rng, struct sent *sent, const struct registry *registry)
{
    size_t count = 1 + (size_t)rng_below(rng, GROUP_MAX);
    for (size_t i = 0; i < count; i++) {
        uint32_t order = (uint32_t)rng_below(rng, ORDERS);
        struct order_key key = test_key("店", arena_printf(r->arena, "%u", order));
        uint32_t command = rng_below(rng, 5) == 0 ? COMMAND_ORDER_VOID : COMMAND_ORDER_PUT;
        if (command == COMMAND_ORDER_VOID)
            (void)rig_ask(r, command, key, (struct order_ask){.position = 0});
        else
            CHECK(r->t, rig_put(r, key, any_version(r, rng, buyers[order % COUNT_OF(buyers)])) == NULL);
        struct bytes payload = arena_copy(r->arena, buf_bytes(&r->payload));
        sent[i] = (struct sent){.submission = {.command = registry_command(registry, command),
                                               .payload = payload,
                                               .answered = count_answer,
                                               .context = &sent[i]}};
    }
    return count;
}

static void cold_orders_are_as_warm_ones(struct t *t)
{
    struct rig r;
    struct plant p;
    struct sent sent[GROUP_MAX];
    rig_begin(&r, t);
    plant_open(&p, t, all_domains, COUNT_OF(all_domains));
    engine_close(p.engine);
    p.options.memory_bytes = 1; /* whatever may go cold does */
    plant_start(&p);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        size_t count = round_draw(&r, &t->rng, sent, p.registry);
        group_send(&p, sent, count);
        uint64_t draw = rng_below(&t->rng, 3);
        struct hash128 digest = plant_digest(&p);
        if (draw == 0)
            plant_checkpoint(&p);
        else if (draw == 1)
            plant_crash(&p);
        if (draw == 1)
            CHECK(t, hash128_equal(plant_digest(&p), digest));
    }
    struct engine_stats stats;
    plant_checkpoint(&p);
    settle(&p, sent, 0);
    engine_stats(p.engine, &stats);
    CHECK(t, stats.rows.cold_rows > 0); /* else nothing was tried */
    CHECK_TEXT(t, plant_told(&p, &r), rig_told_all(&r));
    plant_close(&p);
    rig_end(&r);
}

static const struct test tests[] = {
    {"cold orders are as warm ones", cold_orders_are_as_warm_ones, 60},
};
TEST_MAIN(tests)
