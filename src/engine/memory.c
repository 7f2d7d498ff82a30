/* The budget of memory: what counts against it, what goes cold, and when commands must wait.
 *
 * Only what is clean can go, and commands keep making rows dirty. So a checkpoint begins when much is dirty, long before the
 * budget is used up; and when it is used up all the same, the engine holds: commands wait with their sender (the host, which
 * reads on and serves other workspaces) until the checkpoint is through; a replay waits on the spot. */
#include "engine/engine_priv.h"

#define EVICT_SLICE_BYTES (2u << 20)
#define EVICT_TRIES_MAX 64u    /* in a row without a result, before nothing counts as clean */
#define EVICT_EVERY_ROUNDS 16u /* while commands wait for cold rows */
#define CLEAN_BYTES_FEW (256u << 10)
#define EVICT_AT_ONCE_BYTES (16u << 20) /* before whoever reads gets a turn */
#define ROOM_CHECKPOINTS 2u /* are waited for: one that runs already may be too old to help */
#define ROOM_SLICE_US 10000
#define ROOM_WAIT_US 100000
#define GROWTH_KEPT_GROUPS 64u
#define GROWTH_BYTES_LEAST ((size_t)4 << 20) /* of a full group, about */
#define GROWTH_SHARE_MAX 8u /* of the budget: for one group that was out of all proportion */
#define HOLD_BYTES_MIN (8u << 20) /* with less in use nobody waits, whatever the budget */

struct memory {
    size_t rows;   /* living rows, and their tables */
    size_t held;   /* with the holes between them */
    size_t beside; /* what isn't rows */
    size_t ahead;  /* the same when a checkpoint runs and tables grow: what that takes is never given to rows */
    size_t growth; /* what one more group may bring */
    size_t clean, dirty;
};

static struct memory memory_of(const struct engine *g)
{
    struct rows_usage usage;
    rows_usage(g->rows, &usage);
    size_t beside = cold_memory_bytes(g->cold) + shelf_bytes(g->shelf) + g->replies.capacity + g->told_bytes.capacity;
    bool has_checkpointer = g->checkpointer != NULL; /* not while the state is loaded */
    return (struct memory){.rows = usage.bytes,
                           .held = usage.bytes_held,
                           .growth = g->room.growth,
                           .beside = beside + (has_checkpointer ? checkpointer_bytes(g->checkpointer) : 0),
                           .ahead = beside + usage.bytes_ahead + (has_checkpointer ? checkpointer_bytes_ahead(g->checkpointer) : 0),
                           .clean = usage.clean_bytes,
                           .dirty = usage.dirty_bytes};
}

/* What is left for rows. */
static size_t rows_share(const struct engine *g, const struct memory *m)
{
    size_t budget = g->options.memory_bytes;
    return budget > m->ahead * 2 ? budget - m->ahead : budget / 2;
}

/* Much of the share lies between rows: holes are filled again by rows of the same size, others need more of the system. Where
 * few rows have large holes their going would not help. */
static size_t holes_over(size_t share, const struct memory *m)
{
    return m->held + m->growth > share && m->rows > share / 4 * 3 ? m->held + m->growth - share : 0;
}

/* How much should go. A sixteenth is left free, or what the largest of the last groups brought, so that the next one fits. */
static size_t rows_over(const struct engine *g, const struct memory *m)
{
    size_t share = rows_share(g, m), left = m->growth > share / 16 ? m->growth : share / 16, most = share - left;
    size_t over = m->rows > most ? m->rows - most : 0, holes = holes_over(share, m);
    return holes > over ? holes : over;
}

size_t engine_memory_bytes(const struct engine *g)
{
    struct memory m = memory_of(g);
    return m.held + m.beside;
}

void engine_memory_note(struct engine *g)
{
    size_t bytes = engine_memory_bytes(g);
    g->stats.memory_bytes_most = bytes > g->stats.memory_bytes_most ? bytes : g->stats.memory_bytes_most;
}

/* The largest of the last groups, which is forgotten little by little. */
static void growth_note(struct engine *g)
{
    size_t rows = memory_of(g).rows, before = g->room.rows_before == 0 ? rows : g->room.rows_before;
    size_t growth = g->room.growth - g->room.growth / GROWTH_KEPT_GROUPS, most = g->options.memory_bytes / GROWTH_SHARE_MAX;
    if (rows > before && rows - before > growth)
        growth = rows - before;
    if (growth < GROWTH_BYTES_LEAST)
        growth = GROWTH_BYTES_LEAST;
    g->room.growth = growth < most ? growth : most;
}

size_t engine_rows_room(const struct engine *g)
{
    struct memory m = memory_of(g);
    size_t share = rows_share(g, &m), most = share - share / 8;
    return m.held < most ? most - m.held : 0;
}

/* A command that waits finds out which rows it needs in several rounds: what came for it stays meanwhile, else it might wait
 * for ever. */
void engine_memory_mind(struct engine *g)
{
    if (waiting_count(g->waiting) > 0 && g->rounds % EVICT_EVERY_ROUNDS != 0)
        return;
    struct memory m = memory_of(g);
    size_t over = rows_over(g, &m), share = rows_share(g, &m);
    if (over > 0)
        (void)rows_evict(g->rows, over < EVICT_SLICE_BYTES ? over : EVICT_SLICE_BYTES);
    bool much_is_dirty = m.dirty > share / 4 && m.rows > share / 2;
    bool few_are_clean = over > 0 && m.clean < CLEAN_BYTES_FEW;
    if ((much_is_dirty || few_are_clean) && !checkpointer_running(g->checkpointer))
        (void)engine_checkpoint_want(g);
}

enum eviction { EVICTED_ENOUGH, EVICTED_SOME, EVICTED_ALL };

/* Until a checkpoint has ended nothing more becomes clean: then there is no point in looking again. */
static uint64_t checkpoints_ended(const struct engine *g)
{
    return g->stats.checkpoints + g->stats.checkpoints_failed;
}

/* Lets clean rows go until enough is free, or for now enough time has passed. EVICTED_ALL: nothing is clean any more, and too
 * much is there still. */
static enum eviction clean_evict(struct engine *g)
{
    unsigned tries = g->room.barren == checkpoints_ended(g) + 1 && g->room.wanted ? EVICT_TRIES_MAX : 0;
    for (size_t evicted = 0; evicted < EVICT_AT_ONCE_BYTES;) {
        struct memory m = memory_of(g);
        size_t over = rows_over(g, &m);
        if (over == 0)
            return EVICTED_ENOUGH;
        if (m.clean < CLEAN_BYTES_FEW || tries == EVICT_TRIES_MAX) {
            g->room.barren = checkpoints_ended(g) + 1;
            return EVICTED_ALL;
        }
        size_t bytes = rows_evict(g->rows, over < EVICT_SLICE_BYTES ? over : EVICT_SLICE_BYTES);
        tries = bytes == 0 ? tries + 1 : 0;
        evicted += bytes;
    }
    return EVICTED_SOME;
}

void engine_memory_set(struct engine *g, size_t bytes)
{
    g->options.memory_bytes = bytes;
    g->stats.memory_bytes_most = 0;
    works_memory_set(g->works, bytes);
    while (clean_evict(g) == EVICTED_SOME)
        ;
}

static bool is_over(const struct engine *g)
{
    struct memory m = memory_of(g);
    size_t share = rows_share(g, &m);
    return (m.rows + m.growth > share || holes_over(share, &m) > 0) && m.held + m.beside > HOLD_BYTES_MIN;
}

/* Would a checkpoint make anything clean, as far as one can tell? */
static bool checkpoint_may_help(const struct engine *g)
{
    bool has_new = checkpointer_running(g->checkpointer) || g->applied != g->mark.position;
    return has_new && g->room.given_up != g->stats.checkpoints + 1;
}

static void room_begin(struct engine *g)
{
    g->stats.held++;
    g->room.wanted = true;
    g->room.checkpoints = 0;
    g->room.failed_before = g->stats.checkpoints_failed;
}

/* When whole checkpoints have made no room, what is there can't go (definitions, timers, the newest events): more of them
 * would not help, so nobody waits again until the next one that comes by itself. */
static void room_end(struct engine *g, bool given_up)
{
    g->room.wanted = false;
    if (given_up)
        g->room.given_up = g->stats.checkpoints + 1;
}

/* A checkpoint is waited for. */
static bool room_is_on_its_way(const struct engine *g)
{
    return g->room.checkpoints > 0 && checkpointer_running(g->checkpointer);
}

static fallible room_look(struct engine *g, struct err *e)
{
    enum eviction eviction = clean_evict(g);
    if (eviction == EVICTED_ENOUGH || !is_over(g)) {
        room_end(g, false);
        return DONE;
    }
    if (!g->room.wanted && eviction == EVICTED_ALL && !checkpoint_may_help(g))
        return DONE;
    if (!g->room.wanted)
        room_begin(g);
    if (eviction == EVICTED_SOME || room_is_on_its_way(g))
        return DONE;
    if (g->room.checkpoints == ROOM_CHECKPOINTS || g->stats.checkpoints_failed > g->room.failed_before || !checkpoint_may_help(g)) {
        room_end(g, true);
        return DONE;
    }
    g->room.checkpoints++;
    return engine_checkpoint(g, false, e);
}

fallible engine_room_look(struct engine *g, struct err *e)
{
    engine_memory_note(g);
    growth_note(g);
    struct status status = room_look(g, e);
    g->room.rows_before = memory_of(g).rows;
    return status;
}

fallible engine_room_make(struct engine *g, struct err *e)
{
    TRY(engine_room_look(g, e));
    while (g->room.wanted) {
        if (room_is_on_its_way(g)) {
            TRY(engine_checkpoint_step(g, ROOM_SLICE_US, e));
            checkpointer_wait(g->checkpointer, ROOM_WAIT_US);
        }
        TRY(engine_room_look(g, e));
    }
    return DONE;
}
