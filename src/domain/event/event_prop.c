/* Random events, folded, merged, swept, crashed, in any order, against a plain list. Covers: event_all.c, event_seek.c, event_view.c, fold.c, merge.c,
 * manifest.c, tail.c, work.c */
#include "base/time.h"
#include "domain/event/manifest.h"
#include "domain/event/world_test.h"
#include "store/disk_sim.h"

#define PEOPLE 12u
#define NAMES 70u
#define GROUP 40u
#define MOVES 150

/* A view that was opened some time ago. */
struct held {
    struct event_view *view;
    uint64_t checkpoints;
};

static uint64_t checkpoints_of(struct world *w)
{
    struct engine_stats stats;
    engine_stats(w->plant.engine, &stats);
    return stats.checkpoints;
}

static void events_send(struct world *w)
{
    struct rng *rng = &w->plant.t->rng;
    struct wish wishes[GROUP];
    size_t count = 1 + (size_t)rng_below(rng, GROUP);
    for (size_t i = 0; i < count; i++)
        wishes[i] = (struct wish){
            .person = (uint32_t)rng_below(rng, PEOPLE),
            .event = (uint32_t)rng_below(rng, NAMES),
            .event_us = w->plant.now_us - (int64_t)rng_below(rng, 5), /* many at the same time */
            .message = {.low = rng_below(rng, 3), .high = rng_below(rng, 2)},
            .bytes = rng_chance(rng, 0.05) ? (size_t)rng_below(rng, 30000) : (size_t)rng_below(rng, 200),
            .refused = rng_chance(rng, 0.1),
        };
    world_send(w, wishes, count);
}

#define ASKED_MAX 4u

/* Of some people, all or what isn't later than one of the events, give or take. */
static struct event_people some_people(struct world *w, uint32_t out_numbers[ASKED_MAX])
{
    struct rng *rng = &w->plant.t->rng;
    struct event_people asked = {.numbers = out_numbers, .count = 1 + (size_t)rng_below(rng, ASKED_MAX), .latest_us = INT64_MAX};
    for (size_t i = 0; i < asked.count; i++)
        out_numbers[i] = (uint32_t)rng_below(rng, PEOPLE + 2);
    if (w->count > 0 && rng_chance(rng, 0.5))
        asked.latest_us = w->events[rng_below(rng, w->count)].event_us - 1 + (int64_t)rng_below(rng, 3);
    return asked;
}

static void view_check(struct world *w, struct event_view *ev)
{
    uint32_t numbers[ASKED_MAX];
    struct event_people asked = some_people(w, numbers);
    world_compare(w, ev, &asked, rng_chance(&w->plant.t->rng, 0.5) ? SIZE_MAX : 1 + (size_t)rng_below(&w->plant.t->rng, 30));
    if (rng_chance(&w->plant.t->rng, 0.2))
        world_compare_all(w, ev);
    if (rng_chance(&w->plant.t->rng, 0.2))
        world_compare_log(w, ev);
    if (rng_chance(&w->plant.t->rng, 0.2))
        world_compare_sought(w, ev);
    if (rng_chance(&w->plant.t->rng, 0.2))
        world_compare_between(w, ev);
}

static void counts_check(const struct view *v, void *context)
{
    struct world *w = context;
    CHECK_EQ(w->plant.t, event_count(v), w->count);
    for (uint32_t event = 0; event < NAMES; event += 7) {
        uint64_t want = 0;
        for (size_t i = 0; i < w->count; i++)
            want += w->events[i].note.event == event;
        CHECK_EQ(w->plant.t, event_count_named(v, event), want);
    }
    uint32_t brand = (uint32_t)rng_below(&w->plant.t->rng, WORLD_BRANDS + 1);
    uint64_t *want = ARENA_ARRAY(v->arena, uint64_t, EVENT_NAMES), *counts = ARENA_ARRAY(v->arena, uint64_t, EVENT_NAMES), sum = 0;
    for (size_t i = 0; i < w->count; i++) {
        want[w->events[i].note.event] += w->events[i].note.brand == brand;
        sum += w->events[i].note.brand == brand;
    }
    event_counts_add(v, brand, counts);
    CHECK_EQ(w->plant.t, event_count_of_brand(v, brand), sum);
    CHECK(w->plant.t, memcmp(counts, want, EVENT_NAMES * sizeof *want) == 0);
}

static void held_look(struct world *w, struct held *h)
{
    struct err e = {0};
    uint32_t numbers[ASKED_MAX];
    if (h->view == NULL) {
        h->view = world_view(w);
        h->checkpoints = checkpoints_of(w);
        return;
    }
    struct event_people asked = some_people(w, numbers);
    struct status status = world_scan(w, h->view, &asked, SIZE_MAX, &e);
    bool young = checkpoints_of(w) < h->checkpoints + 2;
    if (failed(status) && (young || status.code != STATUS_UNAVAILABLE))
        CHECK_DONE(w->plant.t, status, &e);
    event_view_close(h->view);
    h->view = NULL;
}

static void held_drop(struct held *h)
{
    event_view_close(h->view);
    h->view = NULL;
}

/* The disk breaks somewhere in the middle of what happens by itself. */
static void house_breaks(struct world *w)
{
    disk_sim_stop_after(w->plant.disk, 1 + rng_below(&w->plant.t->rng, 12));
    for (int i = 0; i < 3 && !disk_sim_stopped(w->plant.disk); i++)
        (void)plant_house(&w->plant, US_PER_SECOND, NULL).code;
    world_crash(w);
}

static void move(struct world *w, struct held *h)
{
    struct err e = {0};
    struct rng *rng = &w->plant.t->rng;
    switch (rng_below(rng, 16)) {
    case 0:
        plant_checkpoint(&w->plant);
        break;
    case 1:
        held_drop(h);
        house_breaks(w);
        break;
    case 2:
        plant_set(&w->plant, "event.fold_events", 1 + (int64_t)rng_below(rng, 60));
        break;
    case 3:
        plant_set(&w->plant, "event.fold_seconds", 1 + (int64_t)rng_below(rng, 20));
        break;
    case 4:
        held_look(w, h);
        break;
    case 5:
    case 6:
    case 7:
    case 8:
    case 9:
        CHECK_DONE(w->plant.t, plant_house(&w->plant, (int64_t)rng_below(rng, 3 * US_PER_SECOND), &e), &e);
        break;
    default:
        events_send(w);
    }
}

static void events_are_kept(struct t *t)
{
    struct world *w = world_open(t);
    struct held h = {0};
    plant_set(&w->plant, "event.fold_events", 20);
    for (int i = 0; i < MOVES && t->failures == 0; i++) {
        move(w, &h);
        if (i % 5 == 0) {
            struct event_view *ev = world_view(w);
            view_check(w, ev);
            event_view_close(ev);
            engine_read(w->plant.engine, counts_check, w);
        }
    }
    held_drop(&h);
    uint64_t digest = plant_digest(&w->plant).low;
    world_crash(w);
    CHECK_EQ(t, plant_digest(&w->plant).low, digest);
    world_close(w);
}

static const struct test tests[] = {
    {"events are kept, whatever happens to their files", events_are_kept, 60},
};
TEST_MAIN(tests)
