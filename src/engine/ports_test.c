/* Effects on their way out: in order, again and again, given up, paused. */
#include "engine/host_test.h"

static void a_dead_target_starves_nobody(struct t *t)
{
    struct place p = {0};
    place_open(&p, t, 0);
    crowd_send(&p, 'd', 1000, 50);
    wait_until(&p, &p.dead_tries, 1);
    crowd_send(&p, 'a', 0, 3);
    rung_await(&p, 3);
    CHECK(t, atomic_load(&p.dead_tries) <= 2); /* the first of the fifty alone, now and after its pause */
    place_close(&p);
    registry_destroy(p.registry);
}

static void dead_count(const struct view *v, void *context)
{
    *(uint64_t *)context = dead_letters_count(v);
}

/* The first has its time; those behind it get one try each, and all are kept. Others go on. */
static void what_nobody_takes_is_given_up(struct t *t)
{
    enum { WISHES = 5 };
    struct place p = {.give_up_us = 1};
    struct err e = {0};
    uint64_t dead = 0;
    place_open(&p, t, 0);
    crowd_send(&p, 'd', 1000, WISHES);
    wait_until(&p, &p.dead_tries, WISHES + 1);
    crowd_send(&p, 'a', 0, 3);
    rung_await(&p, 3);
    for (int64_t until_us = time_monotonic_us() + 60 * US_PER_SECOND; dead < WISHES && time_monotonic_us() < until_us;)
        CHECK_DONE(t, host_read(p.host, p.workspace, dead_count, &dead, &e), &e);
    CHECK_EQ(t, dead, WISHES);
    CHECK_EQ(t, atomic_load(&p.dead_tries), WISHES + 1);
    place_close(&p);
    registry_destroy(p.registry);
}

/* 9 before 10, whatever their keys sort like; and what a refusal delays is not overtaken. */
static void wishes_of_a_target_keep_their_order(struct t *t)
{
    struct place p = {0};
    atomic_store(&p.refused_first, 1000);
    place_open(&p, t, 0);
    crowd_send(&p, 'a', 0, 12);
    place_close(&p);
    atomic_store(&p.refused_first, 1);
    place_open(&p, t, 0);
    (void)letters_of(&p);
    rung_await(&p, 12);
    place_close(&p);
    registry_destroy(p.registry);
}

/* What didn't fit in memory comes out of the outbox when there is room, in its place. */
static void more_wishes_than_fit_go_out_in_order(struct t *t)
{
    struct place p = {0};
    unsigned count = PORT_WAITING_MAX + 100;
    atomic_store(&p.refused_first, 1); /* nothing leaves before all are in */
    place_open(&p, t, 0);
    for (unsigned i = 0; i < CROWD_PARTS; i++)
        crowd_send(&p, 'a', i * (count / CROWD_PARTS), count / CROWD_PARTS);
    rung_await(&p, count);
    place_close(&p);
    registry_destroy(p.registry);
}

/* Paused, wishes wait in the outbox, over a restart too; then they go out in their order. */
static void ports_set(const struct view *v, void *context)
{
    struct place *p = context;
    struct err e = {0};
    (void)v;
    p->paused = !p->paused;
    CHECK_DONE(p->t, workspace_ports_pause(p->workspace, p->paused, &e), &e);
    CHECK_EQ(p->t, workspace_ports_paused(p->workspace), p->paused);
}

static void paused_ports_send_nothing(struct t *t)
{
    struct place p = {0};
    struct err e = {0};
    place_open(&p, t, 0);
    CHECK_DONE(t, host_read(p.host, p.workspace, ports_set, &p, &e), &e);
    crowd_send(&p, 'a', 0, 12);
    place_close(&p);
    place_open(&p, t, 0);
    (void)letters_of(&p);
    crowd_send(&p, 'a', 12, 3);
    CHECK_EQ(t, atomic_load(&p.rung), 0);
    CHECK_DONE(t, host_read(p.host, p.workspace, ports_set, &p, &e), &e);
    rung_await(&p, 15);
    place_close(&p);
    place_open(&p, t, 0);
    (void)letters_of(&p);
    crowd_send(&p, 'a', 15, 1); /* resumed for good */
    rung_await(&p, 16);
    place_close(&p);
    registry_destroy(p.registry);
}

static const struct test tests[] = {
    {"a dead target starves nobody", a_dead_target_starves_nobody, 1},
    {"wishes of a target keep their order", wishes_of_a_target_keep_their_order, 1},
    {"more wishes than fit go out in order", more_wishes_than_fit_go_out_in_order, 1},
    {"what nobody takes is given up", what_nobody_takes_is_given_up, 1},
    {"paused ports send nothing", paused_ports_send_nothing, 1},
};
TEST_MAIN(tests)
