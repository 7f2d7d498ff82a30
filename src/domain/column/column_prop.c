/* Random events of several months, merges, splits, erasures; folded, merged, purged, swept, crashed, in any order: what views of columns show is what
 * a list of all events and identity say. Covers: batches.c, column.c, extract.c, fold.c, gather.c, manifest.c, merge.c, moved.c, moves.c, owners.c, purge.c, rewrite.c,
 * shelf.c, view.c, waves.c, work.c */
#include <stdlib.h>

#include "base/time.h"
#include "domain/column/column_world_test.h"
#include "store/disk_sim.h"

#define IDS 14u
#define GROUP 25u
#define MOVES 120
#define MONTHS 3

/* A view that was opened some time ago. */
struct kept {
    struct column_view *view;
    struct expected_list want;
    uint64_t checkpoints;
};

static uint64_t checkpoints_of(struct columns_world *w)
{
    struct engine_stats stats;
    engine_stats(w->plant.engine, &stats);
    return stats.checkpoints;
}

static void events_send(struct columns_world *w)
{
    struct rng *rng = &w->plant.t->rng;
    size_t count = 1 + (size_t)rng_below(rng, GROUP);
    for (size_t i = 0; i < count; i++) {
        uint32_t ids[2] = {(uint32_t)rng_below(rng, IDS), (uint32_t)rng_below(rng, IDS)};
        int64_t late_us = rng_chance(rng, 0.7) ? (int64_t)rng_below(rng, 4) : (int64_t)rng_below(rng, MONTHS * 30) * US_PER_DAY;
        columns_event(w, ids, rng_chance(rng, 0.1) ? 0 : 1 + rng_chance(rng, 0.15), w->plant.now_us - late_us);
    }
}

static void identity_acts(struct columns_world *w)
{
    static const uint32_t commands[] = {COMMAND_BIND, COMMAND_UNBIND, COMMAND_SPLIT, COMMAND_MERGE, COMMAND_NEVER_MERGE};
    struct rng *rng = &w->plant.t->rng;
    uint32_t ids[2] = {(uint32_t)rng_below(rng, IDS), (uint32_t)rng_below(rng, IDS)};
    uint32_t command = commands[rng_below(rng, COUNT_OF(commands))];
    columns_act(w, command, ids, command == COMMAND_UNBIND || command == COMMAND_SPLIT ? 1 : 2);
}

static void kept_look(struct columns_world *w, struct kept *k)
{
    struct err e = {0};
    if (k->view == NULL) {
        k->view = columns_view(w, &k->want);
        k->checkpoints = checkpoints_of(w);
        return;
    }
    struct status status = columns_compare(w, k->view, &k->want, INT64_MIN, INT64_MAX, &e);
    bool young = checkpoints_of(w) < k->checkpoints + 2;
    if (failed(status) && (young || status.code != STATUS_UNAVAILABLE))
        CHECK_DONE(w->plant.t, status, &e);
    column_view_close(k->view);
    k->view = NULL;
}

static void kept_drop(struct kept *k)
{
    column_view_close(k->view);
    k->view = NULL;
}

/* The disk breaks somewhere in the middle of what happens by itself. */
static void house_breaks(struct columns_world *w)
{
    disk_sim_stop_after(w->plant.disk, 1 + rng_below(&w->plant.t->rng, 25));
    for (int i = 0; i < 4 && !disk_sim_stopped(w->plant.disk); i++)
        (void)plant_house(&w->plant, US_PER_SECOND, NULL).code;
    columns_crash(w);
}

static void range_check(struct columns_world *w)
{
    struct err e = {0};
    struct expected_list want = {0};
    struct column_view *cv = columns_view(w, &want);
    int64_t from_us = w->plant.now_us - rng_between(&w->plant.t->rng, 0, MONTHS * 30) * US_PER_DAY;
    int64_t until_us = from_us + rng_between(&w->plant.t->rng, 0, 40) * US_PER_DAY;
    CHECK_DONE(w->plant.t, columns_compare(w, cv, &want, from_us, until_us, &e), &e);
    column_view_close(cv);
    free(want.list);
}

static void house(struct columns_world *w)
{
    struct err e = {0};
    for (int i = 0; i < 3; i++)
        CHECK_DONE(w->plant.t, plant_house(&w->plant, (int64_t)rng_below(&w->plant.t->rng, 3 * US_PER_SECOND), &e), &e);
}

/* Some worlds have no erasures, and many small files, so that files are merged and not purged all the time. */
static void move(struct columns_world *w, struct kept *k, bool is_calm)
{
    struct rng *rng = &w->plant.t->rng;
    switch (rng_below(rng, 20)) {
    case 0:
        plant_checkpoint(&w->plant);
        break;
    case 1:
        kept_drop(k);
        house_breaks(w);
        break;
    case 2:
        plant_set(&w->plant, "event.fold_events", 1 + (int64_t)rng_below(rng, is_calm ? 5 : 60));
        break;
    case 3:
        if (!is_calm)
            (void)columns_erase(w, (uint32_t)rng_below(rng, IDS));
        break;
    case 4:
    case 5:
        kept_look(w, k);
        break;
    case 6:
        columns_ban(w, WORLD_BANNED, rng_chance(rng, 0.5));
        break;
    case 7:
    case 8:
    case 9:
        identity_acts(w);
        break;
    case 10:
    case 11:
    case 12:
    case 13:
        house(w);
        break;
    default:
        events_send(w);
    }
}

struct ending {
    bool is_over;
};

static void ending_read(const struct view *v, void *context)
{
    struct ending *end = context;
    end->is_over = column_folded_until(v) == event_folded_until(v) && column_purge_is_swept(v);
}

/* What is erased leaves the files, once checkpoints have passed. */
static void files_settle(struct columns_world *w)
{
    struct ending end = {0};
    for (int i = 0; i < 400 && !end.is_over; i++) {
        house(w);
        plant_set(&w->plant, "event.fold_events", 1); /* with nothing new there is no checkpoint */
        plant_checkpoint(&w->plant);
        engine_read(w->plant.engine, ending_read, &end);
    }
    CHECK(w->plant.t, end.is_over);
}

static void columns_show_what_is(struct t *t)
{
    struct columns_world *w = columns_open(t);
    struct kept k = {0};
    bool is_calm = rng_chance(&t->rng, 0.5);
    plant_set(&w->plant, "event.fold_events", is_calm ? 1 : 10);
    if (rng_chance(&t->rng, 0.5))
        plant_set(&w->plant, "column.moves_kept", 1 + (int64_t)rng_below(&t->rng, 8));
    if (rng_chance(&t->rng, 0.3))
        plant_set(&w->plant, "column.tidy_seconds", 1 + (int64_t)rng_below(&t->rng, 8));
    for (int i = 0; i < MOVES && t->failures == 0; i++) {
        move(w, &k, is_calm);
        if (i % 4 == 0)
            columns_check(w);
        if (i % 9 == 0)
            range_check(w);
    }
    kept_drop(&k);
    files_settle(w);
    columns_check(w);
    uint64_t digest = plant_digest(&w->plant).low;
    columns_crash(w);
    CHECK_EQ(t, plant_digest(&w->plant).low, digest);
    columns_check(w);
    free(k.want.list);
    columns_close(w);
}

static const struct test tests[] = {
    {"columns show what is", columns_show_what_is, 40},
};
TEST_MAIN(tests)
