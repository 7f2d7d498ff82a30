/* What happens by itself, between groups. */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/time.h"
#include "engine/engine_priv.h"

#define HOUSE_WAIT_US_MAX US_PER_SECOND
#define CHECKPOINT_SLICE_US 500 /* while commands go on; when a group takes long, a part of that: who waits for it waits no longer to speak of */
#define CHECKPOINT_GROUP_PART 4
#define CHECKPOINT_PIECE_BYTES (32u << 10) /* copied in some 50 us, or a few hundred where caches are cold */
#define CHECKPOINT_BYTES_AT_ONCE (1u << 20) /* without threads: no clock decides how far it gets */
#define JOBS_A_ROUND 8u
#define JOBS_US 1000 /* of the engine's thread for a round of them: commands that come meanwhile wait for it */
#define JOB_TURNS_MAX 16u
#define JOB_TURNS_WITHOUT_CLOCK 2u /* without threads: no clock decides how far they get */
#define PURGE_ROUNDS 4u /* two, and what is swept then, and the log that was read for it */

struct own_submission {
    struct submission submission;
    struct engine *engine;
    void (*over)(struct engine *g, struct status status);
    struct own_submission *next, **place; /* among those that are under way */
    uint8_t payload[];
};

static void own_answered(struct submission *s, const struct answer *a)
{
    struct own_submission *own = (struct own_submission *)s;
    *own->place = own->next;
    if (own->next != NULL)
        own->next->place = own->place;
    if (own->over != NULL)
        own->over(own->engine, a->status);
    free(own);
}

struct submission *own_submission_create(struct engine *g, const struct command *command, struct bytes payload,
                                         void (*over)(struct engine *g, struct status status))
{
    struct own_submission *own = malloc(sizeof *own + payload.size);
    if (own == NULL)
        abort();
    *own = (struct own_submission){.engine = g, .over = over, .next = g->own_submissions, .place = &g->own_submissions};
    own->submission = (struct submission){
        .command = command, .payload = bytes_of(own->payload, payload.size), .answered = own_answered};
    if (payload.size > 0)
        memcpy(own->payload, payload.data, payload.size);
    if (own->next != NULL)
        own->next->place = &own->next;
    g->own_submissions = own;
    return &own->submission;
}

void own_submissions_destroy(struct engine *g)
{
    for (struct own_submission *own = g->own_submissions, *next; own != NULL; own = next) {
        next = own->next;
        free(own);
    }
}

static fallible own_send(struct engine *g, uint32_t id, struct bytes payload, int64_t now_us, struct err *e)
{
    struct submission *one = own_submission_create(g, registry_command(g->options.registry, id), payload, NULL);
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

/* Slices of each job in a round. What the next slice touches is only known behind this one, so where rows are cold there is just one. How long one takes is known of the round before, where it was of
 * the same jobs; turns of those that ended in it did nothing, so no round has more than twice as many. */
static uint32_t job_turns(const struct engine *g, uint32_t jobs, bool are_same)
{
    if (!g->none_cold)
        return 1;
    if (!g->options.threaded)
        return JOB_TURNS_WITHOUT_CLOCK;
    if (!are_same)
        return 1;
    int64_t turns = JOBS_US / (g->job_turn_us * jobs + 1);
    int64_t most = g->job_turns < JOB_TURNS_MAX / 2 ? 2 * g->job_turns : JOB_TURNS_MAX;
    return turns < 1 ? 1 : (uint32_t)(turns < most ? turns : most);
}

/* All in one group, so with one sync of the log: a job is as quick as its work is, and not as the disk. A turn of a job that ended before it does nothing. */
static fallible jobs_advance(struct engine *g, int64_t now_us, int64_t *out_wait_us, struct err *e)
{
    struct submission *turns[JOBS_A_ROUND * JOB_TURNS_MAX];
    uint32_t jobs = 0, count = 0;
    uint64_t keys = 0;
    struct view v = engine_view(g);
    const struct command *command = registry_command(g->options.registry, COMMAND_CONTINUE);
    for (struct bytes key = BYTES_NONE; jobs < JOBS_A_ROUND && engine_job_next(&v, key, &key); jobs++) {
        keys = hash64(key, keys);
        turns[count++] = own_submission_create(g, command, key, NULL);
    }
    g->job_turns = jobs == 0 ? 0 : job_turns(g, jobs, keys == g->job_keys);
    g->job_keys = keys;
    if (jobs == 0)
        return DONE;
    for (uint32_t wanted = jobs * g->job_turns; count < wanted; count++)
        turns[count] = own_submission_create(g, command, turns[count - jobs]->payload, NULL);
    *out_wait_us = 0;
    int64_t begin_us = time_thread_us();
    TRY(engine_group(g, turns, count, now_us, e));
    g->job_turn_us = (time_thread_us() - begin_us) / count;
    return DONE;
}

uint64_t engine_log_kept_from(struct engine *g, uint64_t keep)
{
    struct view v = engine_view(g);
    for (size_t i = 0; i < registry_domain_count(g->options.registry); i++) {
        const struct domain *d = registry_domain(g->options.registry, i);
        uint64_t needed = d->log_needed == NULL ? UINT64_MAX : d->log_needed(&v);
        keep = needed < keep ? needed : keep;
    }
    return keep;
}

/* From the last checkpoint but one on. */
static uint64_t log_needed(struct engine *g)
{
    return engine_log_kept_from(g, g->trim_position);
}

fallible engine_log_let_go(struct engine *g, struct err *e)
{
    uint64_t keep = g->audits ? 0 : log_needed(g);
    if (keep == 0)
        return DONE;
    bool is_waited_for = g->disk_is_short || g->purge_rounds > 0;
    return g->trimmer == NULL ? log_trim(g->log, keep, e) : trimmer_want(g->trimmer, keep, is_waited_for, e);
}

struct stall {
    int64_t from_us, from_cpu_us;
};

static struct stall stall_begin(void)
{
    return (struct stall){.from_us = time_monotonic_us(), .from_cpu_us = time_thread_us()};
}

static void stall_end(struct engine *g, struct stall s)
{
    int64_t us = time_monotonic_us() - s.from_us, cpu_us = time_thread_us() - s.from_cpu_us;
    g->stats.stall_us_max = us > g->stats.stall_us_max ? us : g->stats.stall_us_max;
    g->stats.stall_cpu_us_max = cpu_us > g->stats.stall_cpu_us_max ? cpu_us : g->stats.stall_cpu_us_max;
}

/* A failed checkpoint is no reason to stop: the log has everything. It is shown and tried again later. */
static fallible checkpoint_piece(struct engine *g, size_t bytes_max, struct err *e)
{
    struct checkpoint_mark mark;
    struct err why = {0};
    enum checkpoint_state state = checkpointer_step(g->checkpointer, bytes_max, &mark, &why);
    switch (state) {
    case CHECKPOINT_RUNNING:
        return DONE;
    case CHECKPOINT_FULL:
    case CHECKPOINT_FAILED:
        g->stats.checkpoints_failed++;
        g->checkpoint_failed = true;
        engine_trouble(g, &why);
        g->checkpoint_wanted_at = log_end(g->log) + g->options.checkpoint_log_bytes / 4;
        return state == CHECKPOINT_FULL ? engine_disk_forget_older(g, e) : DONE;
    case CHECKPOINT_IDLE:
        break;
    }
    g->stats.checkpoints++;
    g->trouble[0] = 0;
    g->trim_position = g->mark.position;
    g->mark = mark;
    g->checkpoint_failed = false;
    return engine_log_let_go(g, e);
}

fallible engine_checkpoint_step(struct engine *g, int64_t slice_us, struct err *e)
{
    struct stall stall = stall_begin();
    struct status status = checkpoint_piece(g, g->options.threaded ? CHECKPOINT_PIECE_BYTES : CHECKPOINT_BYTES_AT_ONCE, e);
    while (done(status) && g->options.threaded && checkpointer_hands_out(g->checkpointer) && time_monotonic_us() - stall.from_us < slice_us)
        status = checkpoint_piece(g, CHECKPOINT_PIECE_BYTES, e);
    stall_end(g, stall);
    return status;
}

void engine_checkpoint_begin(struct engine *g)
{
    struct checkpoint_mark mark = {.position = g->applied,
                                   .time_us = g->time_us,
                                   .apply_version = g->options.apply_version,
                                   .digest = rows_digest(g->rows)};
    g->tried_free_bytes = g->disk_free_bytes;
    struct stall stall = stall_begin();
    checkpointer_begin(g->checkpointer, &mark);
    stall_end(g, stall);
}

static fallible checkpoint_finish(struct engine *g, struct err *e)
{
    while (checkpointer_running(g->checkpointer)) {
        TRY(engine_checkpoint_step(g, CHECKPOINT_SLICE_US, e));
        checkpointer_wait(g->checkpointer, HOUSE_WAIT_US_MAX);
    }
    return DONE;
}

fallible engine_checkpoint(struct engine *g, bool wait, struct err *e)
{
    if (wait)
        TRY(checkpoint_finish(g, e)); /* one that runs is of what was applied when it began */
    if (!checkpointer_running(g->checkpointer)) {
        if (g->applied != g->mark.position)
            engine_checkpoint_begin(g);
        g->checkpoint_wanted_at = g->applied + g->options.checkpoint_log_bytes;
    }
    return wait ? checkpoint_finish(g, e) : DONE;
}

uint64_t engine_checkpoint_want(struct engine *g)
{
    g->checkpoint_wanted_at = g->applied;
    return g->applied;
}

static fallible checkpoint_go_on(struct engine *g, int64_t *out_wait_us, struct err *e)
{
    if (!checkpointer_running(g->checkpointer)) {
        if (g->applied < g->checkpoint_wanted_at)
            return DONE;
        return engine_checkpoint(g, false, e);
    }
    int64_t part_us = g->group_took_us / CHECKPOINT_GROUP_PART;
    TRY(engine_checkpoint_step(g, part_us > CHECKPOINT_SLICE_US ? part_us : CHECKPOINT_SLICE_US, e));
    *out_wait_us = *out_wait_us < US_PER_MS ? *out_wait_us : US_PER_MS;
    return DONE;
}

void engine_purge_want(struct engine *g)
{
    g->purge_rounds = PURGE_ROUNDS + g->purge_runs;
}

/* The record behind the turn lets the segments before it go whole once the checkpoint that follows is the last but one. */
static fallible purge_go_on(struct engine *g, int64_t now_us, struct err *e)
{
    if (g->purge_rounds == 0 || !g->accepting || checkpointer_running(g->checkpointer))
        return DONE;
    g->purge_rounds -= g->purge_runs; /* the round that is over */
    g->purge_runs = g->purge_rounds > 0;
    if (!g->purge_runs)
        return DONE;
    log_turn(g->log);
    TRY(own_send(g, COMMAND_TICK, BYTES_NONE, now_us, e));
    checkpointer_compact(g->checkpointer);
    engine_checkpoint_begin(g);
    return DONE;
}

fallible engine_keep_house(struct engine *g, int64_t now_us, int64_t *out_wait_us, struct err *e)
{
    *out_wait_us = HOUSE_WAIT_US_MAX;
    TRY(engine_disk_mind(g, e));
    if (!g->room.wanted && (waiting_count(g->waiting) > 0 || follow_ups_due(g))) { /* what has come for them would only go again */
        *out_wait_us = 0;
        TRY(engine_group(g, NULL, 0, now_us, e));
    }
    if (g->accepting && !g->room.wanted) {
        TRY(timers_wake(g, now_us, out_wait_us, e));
        TRY(jobs_advance(g, now_us, out_wait_us, e));
    }
    TRY(works_step(g->works, now_us, e));
    int64_t works_us = works_wait_us(g->works);
    *out_wait_us = works_us < *out_wait_us ? works_us : *out_wait_us;
    engine_memory_mind(g);
    if (g->room.wanted)
        TRY(engine_room_look(g, e));
    TRY(engine_disk_give_back(g, now_us, e));
    if (follow_ups_due(g))
        *out_wait_us = 0;
    TRY(purge_go_on(g, now_us, e));
    TRY(checkpoint_go_on(g, out_wait_us, e));
    if (g->room.wanted)
        *out_wait_us = checkpointer_running(g->checkpointer) ? US_PER_MS : 0;
    return DONE;
}

enum engine_hold engine_holds(const struct engine *g)
{
    if (!g->accepting)
        return HOLD_NONE; /* commands are answered at once */
    if (g->room.wanted)
        return HOLD_ROOM;
    return works_hold(g->works) ? HOLD_WORK : follow_ups_hold(g) ? HOLD_FOLLOW_UPS : HOLD_NONE;
}

bool engine_is_busy(const struct engine *g)
{
    return waiting_count(g->waiting) > 0 || works_running(g->works) || follow_ups_left(g);
}
