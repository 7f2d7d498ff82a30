/* The budget of memory: what counts against it, what goes cold, and when commands must wait.
 *
 * Only what is clean can go, and commands keep making rows dirty. So a checkpoint begins when much is dirty, long before the
 * budget is used up; and when it is used up all the same, the next group (or the next commands of a replay) waits until the
 * checkpoint is through: meanwhile commands wait in the host's queue, and when that is full, at their senders. */
#include "engine/engine_priv.h"

#define EVICT_SLICE_BYTES (2u << 20)
#define EVICT_TRIES_MAX 64u    /* in a row without a result, before nothing counts as clean */
#define EVICT_EVERY_ROUNDS 16u /* while commands wait for cold rows */
#define CLEAN_BYTES_FEW (256u << 10)
#define ROOM_SLICE_BYTES (4u << 20)
#define ROOM_WAIT_US 100000
#define HOLD_BYTES_MIN (8u << 20) /* with less in use nobody waits, whatever the budget */

struct memory {
    size_t rows;   /* living rows, and their tables */
    size_t held;   /* with the holes between them */
    size_t beside; /* what isn't rows */
    size_t clean, dirty;
};

static struct memory memory_of(const struct engine *g)
{
    struct rows_usage usage;
    rows_usage(g->rows, &usage);
    size_t beside = cold_memory_bytes(g->cold) + shelf_bytes(g->shelf) + g->replies.capacity + g->told_bytes.capacity;
    if (g->checkpointer != NULL)
        beside += checkpointer_bytes(g->checkpointer);
    return (struct memory){.rows = usage.bytes,
                           .held = usage.bytes_held,
                           .beside = beside,
                           .clean = usage.clean_bytes,
                           .dirty = usage.dirty_bytes};
}

/* What is left for rows. */
static size_t rows_share(const struct engine *g, const struct memory *m)
{
    size_t budget = g->options.memory_bytes;
    return budget > m->beside * 2 ? budget - m->beside : budget / 2;
}

/* How much should go. Holes are filled again by rows of the same size, so while they are few it is the living rows that
 * count; a sixteenth is left free, so that what comes in a round fits. */
static size_t rows_over(const struct engine *g, const struct memory *m)
{
    size_t share = rows_share(g, m), most = share - share / 16;
    size_t over = m->rows > most ? m->rows - most : 0;
    bool has_holes = m->held > share && m->rows > share / 4 * 3;
    return has_holes && m->held - share > over ? m->held - share : over;
}

size_t engine_memory_bytes(const struct engine *g)
{
    struct memory m = memory_of(g);
    return m.held + m.beside;
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

/* Lets clean rows go until enough is free. False: nothing is clean any more, and too much is there still. */
static bool clean_evict(struct engine *g)
{
    unsigned tries = 0;
    for (;;) {
        struct memory m = memory_of(g);
        size_t over = rows_over(g, &m);
        if (over == 0)
            return true;
        if (m.clean < CLEAN_BYTES_FEW || tries == EVICT_TRIES_MAX)
            return false;
        tries = rows_evict(g->rows, over < EVICT_SLICE_BYTES ? over : EVICT_SLICE_BYTES) == 0 ? tries + 1 : 0;
    }
}

static bool must_hold(const struct engine *g)
{
    struct memory m = memory_of(g);
    return m.rows > rows_share(g, &m) && m.held + m.beside > HOLD_BYTES_MIN;
}

/* When a whole checkpoint has made no room, what is there can't go (definitions, timers, the newest events): more of them
 * would not help, so nobody waits again until the next one that comes by itself. */
fallible engine_room_make(struct engine *g, struct err *e)
{
    if (clean_evict(g) || g->checkpointer == NULL || g->room_given_up == g->stats.checkpoints + 1 || !must_hold(g))
        return DONE;
    uint64_t failed_before = g->stats.checkpoints_failed;
    if (!checkpointer_running(g->checkpointer) && g->applied == g->mark.position)
        return DONE;
    g->stats.held++;
    for (unsigned rounds = 0; rounds < 2; rounds++) { /* one that runs already may be too old to help */
        TRY(engine_checkpoint(g, false, e));
        while (checkpointer_running(g->checkpointer)) {
            TRY(engine_checkpoint_step(g, ROOM_SLICE_BYTES, e));
            checkpointer_wait(g->checkpointer, ROOM_WAIT_US);
        }
        if (clean_evict(g) || !must_hold(g) || g->stats.checkpoints_failed > failed_before)
            return DONE;
    }
    g->room_given_up = g->stats.checkpoints + 1;
    return DONE;
}
