/* What happens by itself, between groups. */
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "engine/engine_priv.h"

#define HOUSE_WAIT_US_MAX US_PER_SECOND
#define CHECKPOINT_SLICE_BYTES (1u << 20) /* copied in well under a millisecond */
#define EVICT_SLICE_BYTES (2u << 20)
#define CLEAN_ROWS_FEW 65536u /* to go cold while a checkpoint runs */
#define JOBS_A_ROUND 8u
#define EVICT_EVERY_ROUNDS 16u /* while commands wait for cold rows */
#define DISK_LOOK_EVERY_GROUPS 64u
#define DISK_LOOKS_A_RESERVE 8u

/* A command of the engine's own, sent and applied on the spot; it may also wait for cold rows, so it lives on the heap. */
struct own_submission {
    struct submission submission;
    size_t size;
    uint8_t payload[ROW_KEY_BYTES_MAX];
};

static void own_answered(struct submission *s, const struct answer *a)
{
    (void)a;
    free(s);
}

static fallible own_send(struct engine *g, uint32_t id, struct bytes payload, int64_t now_us, struct err *e)
{
    struct own_submission *own = malloc(sizeof *own);
    if (own == NULL)
        abort();
    assert(payload.size <= sizeof own->payload);
    if (payload.size > 0)
        memcpy(own->payload, payload.data, payload.size);
    own->submission = (struct submission){
        .command = registry_command(g->options.registry, id),
        .payload = bytes_of(own->payload, payload.size),
        .answered = own_answered,
    };
    struct submission *one = &own->submission;
    return engine_group(g, &one, 1, now_us, e);
}

static fallible timers_wake(struct engine *g, int64_t now_us, int64_t *out_wait_us, struct err *e)
{
    struct view v = engine_view(g);
    int64_t due_us;
    if (!engine_timer_due(&v, &due_us))
        return DONE;
    if (due_us > now_us) {
        *out_wait_us = due_us - now_us < *out_wait_us ? due_us - now_us : *out_wait_us;
        return DONE;
    }
    *out_wait_us = 0;
    return own_send(g, COMMAND_TICK, BYTES_NONE, now_us, e);
}

static fallible jobs_advance(struct engine *g, int64_t now_us, int64_t *out_wait_us, struct err *e)
{
    uint8_t at[ROW_KEY_BYTES_MAX];
    struct bytes key = BYTES_NONE;
    for (unsigned i = 0; i < JOBS_A_ROUND; i++) {
        struct view v = engine_view(g);
        struct bytes next;
        if (!engine_job_next(&v, key, &next))
            break;
        memcpy(at, next.data, next.size);
        key = bytes_of(at, next.size);
        *out_wait_us = 0;
        TRY(own_send(g, COMMAND_CONTINUE, key, now_us, e));
    }
    return DONE;
}

/* A failed checkpoint is no reason to stop: the log has everything. It is shown and tried again later. */
fallible engine_checkpoint_step(struct engine *g, size_t bytes_max, struct err *e)
{
    struct checkpoint_mark mark;
    struct err why = {0};
    switch (checkpointer_step(g->checkpointer, bytes_max, &mark, &why)) {
    case CHECKPOINT_RUNNING:
        return DONE;
    case CHECKPOINT_FAILED:
        g->stats.checkpoints_failed++;
        engine_trouble(g, &why);
        g->checkpoint_wanted_at = log_end(g->log) + g->options.checkpoint_log_bytes / 4;
        return DONE;
    case CHECKPOINT_IDLE:
        break;
    }
    g->stats.checkpoints++;
    g->trouble[0] = 0;
    g->trim_position = g->mark.position;
    g->mark = mark;
    uint64_t keep = engine_log_needed(g);
    return keep == 0 ? DONE : log_trim(g->log, keep, e);
}

/* The log is kept from the last checkpoint but one on, and for as long as a domain still reads it. */
uint64_t engine_log_needed(struct engine *g)
{
    uint64_t keep = g->trim_position;
    struct view v = engine_view(g);
    for (size_t i = 0; i < registry_domain_count(g->options.registry); i++) {
        const struct domain *d = registry_domain(g->options.registry, i);
        uint64_t needed = d->log_needed == NULL ? UINT64_MAX : d->log_needed(&v);
        keep = needed < keep ? needed : keep;
    }
    return keep;
}

fallible engine_checkpoint(struct engine *g, bool wait, struct err *e)
{
    if (!checkpointer_running(g->checkpointer) && g->applied != g->mark.position) {
        struct checkpoint_mark mark = {.position = g->applied,
                                       .time_us = g->time_us,
                                       .apply_version = g->options.apply_version,
                                       .digest = rows_digest(g->rows)};
        checkpointer_begin(g->checkpointer, &mark);
        g->checkpoint_wanted_at = g->applied + g->options.checkpoint_log_bytes;
    }
    while (wait && checkpointer_running(g->checkpointer)) {
        TRY(engine_checkpoint_step(g, CHECKPOINT_SLICE_BYTES, e));
        checkpointer_wait(g->checkpointer, HOUSE_WAIT_US_MAX);
    }
    return DONE;
}

static fallible checkpoint_go_on(struct engine *g, int64_t *out_wait_us, struct err *e)
{
    if (!checkpointer_running(g->checkpointer)) {
        if (g->applied < g->checkpoint_wanted_at)
            return DONE;
        return engine_checkpoint(g, false, e);
    }
    int64_t before_us = time_monotonic_us();
    TRY(engine_checkpoint_step(g, CHECKPOINT_SLICE_BYTES, e));
    int64_t took_us = time_monotonic_us() - before_us;
    g->stats.stall_us_max = took_us > g->stats.stall_us_max ? took_us : g->stats.stall_us_max;
    *out_wait_us = *out_wait_us < US_PER_MS ? *out_wait_us : US_PER_MS;
    return DONE;
}

/* Beyond the budget clean rows go cold, a slice a call; when few are clean, a checkpoint makes more. A command that waits
 * finds out which rows it needs in several rounds: what came for it stays meanwhile, else it might wait for ever. */
static void memory_mind(struct engine *g)
{
    if (waiting_count(g->waiting) > 0 && g->rounds % EVICT_EVERY_ROUNDS != 0)
        return;
    struct rows_usage usage;
    rows_usage(g->rows, &usage);
    if (usage.bytes <= g->options.memory_bytes)
        return;
    size_t over = usage.bytes - g->options.memory_bytes;
    (void)rows_evict(g->rows, over < EVICT_SLICE_BYTES ? over : EVICT_SLICE_BYTES);
    if (usage.clean_rows < CLEAN_ROWS_FEW && !checkpointer_running(g->checkpointer))
        g->checkpoint_wanted_at = g->applied;
}

/* Commands are taken again when there is twice the reserve, so that it does not flap. */
static fallible disk_mind(struct engine *g, struct err *e)
{
    uint64_t free_bytes = 0;
    g->disk_looked_at = log_end(g->log);
    TRY(disk_free_bytes(g->options.disk, &free_bytes, e));
    if (free_bytes < g->options.disk_reserve_bytes)
        g->accepting = false;
    else if (free_bytes >= 2 * g->options.disk_reserve_bytes)
        g->accepting = true;
    return DONE;
}

/* Few groups may write much: a part of the reserve, and it is time to look again. */
static bool disk_is_due(struct engine *g)
{
    uint64_t wrote = log_end(g->log) - g->disk_looked_at, reserve = g->options.disk_reserve_bytes;
    bool wrote_much = reserve > 0 && wrote >= reserve / DISK_LOOKS_A_RESERVE;
    return g->rounds++ % DISK_LOOK_EVERY_GROUPS == 0 || wrote_much || !g->accepting;
}

fallible engine_keep_house(struct engine *g, int64_t now_us, int64_t *out_wait_us, struct err *e)
{
    *out_wait_us = HOUSE_WAIT_US_MAX;
    if (disk_is_due(g))
        TRY(disk_mind(g, e));
    if (waiting_count(g->waiting) > 0) {
        *out_wait_us = 0;
        TRY(engine_group(g, NULL, 0, now_us, e));
    }
    if (g->accepting) {
        TRY(timers_wake(g, now_us, out_wait_us, e));
        TRY(jobs_advance(g, now_us, out_wait_us, e));
        TRY(works_step(g->works, now_us, e));
    }
    if (works_running(g->works))
        *out_wait_us = *out_wait_us < US_PER_MS ? *out_wait_us : US_PER_MS;
    memory_mind(g);
    return checkpoint_go_on(g, out_wait_us, e);
}

bool engine_is_busy(const struct engine *g)
{
    return waiting_count(g->waiting) > 0 || works_running(g->works);
}
