#include "domain/rule/slots.h"

#include "engine/engine_domain.h"
#include "engine/registry.h"
#include "lib/sheaf.h"
#include "testing/test.h"

static const struct family *const families[] = {&rule_clock_family};
static const struct domain domain = {.number = 0x77, .name = "rule", .families = families, .family_count = 1};

struct world {
    struct registry *registry;
    struct rows *rows;
    struct step step;
};

static struct world *world_open(struct t *t)
{
    static const struct domain *const domains[] = {&engine_domain, &domain};
    struct world *w = ARENA_NEW(t->arena, struct world);
    struct err e = {0};
    size_t count;
    CHECK_DONE(t, registry_create(domains, COUNT_OF(domains), &w->registry, &e), &e);
    const struct family *const *all = registry_families(w->registry, &count);
    CHECK_DONE(t, rows_create(all, count, &w->rows, &e), &e);
    step_begin(&w->step, w->rows, w->registry, t->arena);
    return w;
}

static void world_close(struct world *w)
{
    rows_destroy(w->rows);
    registry_destroy(w->registry);
}

/* A slot of a feature of these steps, each of one event (0: of every event). */
static uint32_t slot_of(struct world *w, enum feature_of of, const uint32_t *events, uint32_t steps)
{
    struct feature_step list[FEATURE_STEPS_MAX];
    for (uint32_t i = 0; i < steps; i++)
        list[i] = (struct feature_step){.event_count = events[i] != 0, .events = &events[i]};
    return slot_take(&w->step, &(struct feature){.of = of, .step_count = steps, .steps = list});
}

static void features_of_an_event_are_neighbours(struct t *t)
{
    static const uint32_t seven = 7, eight = 8;
    struct world *w = world_open(t);
    uint32_t first = slot_of(w, FEATURE_EVENTS, &seven, 1), other = slot_of(w, FEATURE_EVENTS, &eight, 1);
    CHECK(t, first > 0 && first % SHEAF_SLOTS == 0);
    CHECK_EQ(t, other, first + SHEAF_SLOTS);
    for (uint32_t i = 1; i < SHEAF_SLOTS; i++)
        CHECK_EQ(t, slot_of(w, FEATURE_EVENTS, &seven, 1), first + i);
    CHECK_EQ(t, slot_of(w, FEATURE_EVENTS, &seven, 1), other + SHEAF_SLOTS); /* the sheaf is full */
    CHECK_EQ(t, slot_of(w, FEATURE_EVENTS, &eight, 1), other + 1);
    world_close(w);
}

static void sequences_go_by_their_steps(struct t *t)
{
    static const uint32_t same[] = {7, 7}, several[] = {7, 8}, all[] = {0};
    struct world *w = world_open(t);
    uint32_t one = slot_of(w, FEATURE_EVENTS, same, 1), others = slot_of(w, FEATURE_EVENTS, several, 2);
    CHECK_EQ(t, slot_of(w, FEATURE_EVENTS, same, 2), one + 1);
    CHECK(t, others / SHEAF_SLOTS != one / SHEAF_SLOTS);
    CHECK_EQ(t, slot_of(w, FEATURE_EVENTS, all, 1), others + 1);
    CHECK_EQ(t, slot_take(&w->step, NULL), others + 2);
    world_close(w);
}

static void orders_have_sheaves_of_their_own(struct t *t)
{
    static const uint32_t seven = 7, eight = 8;
    struct world *w = world_open(t);
    uint32_t event = slot_of(w, FEATURE_EVENTS, &seven, 1), order = slot_of(w, FEATURE_ORDERS, &seven, 1);
    CHECK(t, event / SHEAF_SLOTS != order / SHEAF_SLOTS);
    CHECK_EQ(t, slot_of(w, FEATURE_ORDERS, &eight, 1), order + 1);
    world_close(w);
}

static const struct test tests[] = {
    {"features of an event are neighbours, sixteen at a time", features_of_an_event_are_neighbours, 1},
    {"sequences of one event are among its features, others are not", sequences_go_by_their_steps, 1},
    {"orders have sheaves of their own", orders_have_sheaves_of_their_own, 1},
};
TEST_MAIN(tests)
