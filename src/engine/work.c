#include "engine/work.h"

#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/leisure.h"
#include "base/time.h"
#include "engine/engine_priv.h"

#define WORK_KINDS_MAX 32u
#define WORK_RETRY_US (10 * US_PER_SECOND) /* after a failure */
#define KEPT_PART_LEAST 16u                /* of the reserve: kept for a checkpoint of next to nothing */
#define HELPERS_MAX 15u                    /* of work that is shared */
#define RESULTS_US 2000                    /* of the engine's thread for results at once: commands that come meanwhile wait for it */
#define RESULT_US_FIRST 100                /* for one of them, before any was handed in */

fallible work_look(const struct work_surroundings *around, const atomic_bool *is_cancelled, struct err *e)
{
    leisure_rest();
    if (atomic_load_explicit(around->stop, memory_order_relaxed))
        return FAIL(e, CANCELLED, "the process wants to end");
    bool has_gone = is_cancelled != NULL && atomic_load_explicit(is_cancelled, memory_order_relaxed);
    return has_gone ? FAIL(e, CANCELLED, "nobody waits for it any more") : DONE;
}

void work_cut_at(struct work_context *c, size_t offset)
{
    assert(c->cut_count < WORK_COMMANDS_MAX - 1);
    c->cuts[c->cut_count++] = offset;
}

bool work_stopped(const struct work_context *c)
{
    if (!atomic_load_explicit(&c->around->is_in_haste, memory_order_relaxed))
        leisure_rest();
    return atomic_load_explicit(c->around->stop, memory_order_relaxed);
}

bool work_has_room(const struct work_surroundings *around, uint64_t bytes)
{
    return bytes <= atomic_load_explicit(&around->spare_bytes, memory_order_relaxed);
}

/* --- on several threads --- */

struct share {
    void (*part)(void *context);
    void *context;
    bool at_leisure;
};

static void *share_run(void *context)
{
    const struct share *s = context;
    if (s->at_leisure)
        leisure_begin();
    s->part(s->context);
    return NULL;
}

/* Whose work it is says whether it is at leisure. A thread that can't be made is done without. */
unsigned work_threads(const struct work_context *c)
{
    long cores = c->around->is_threaded ? sysconf(_SC_NPROCESSORS_ONLN) : 1;
    return cores < 1 ? 1 : cores > HELPERS_MAX ? HELPERS_MAX + 1 : (unsigned)cores;
}

void work_share(const struct work_context *c, void (*part)(void *context), void *context)
{
    pthread_t helpers[HELPERS_MAX];
    struct share share = {.part = part, .context = context, .at_leisure = leisure_has_begun()};
    size_t wanted = work_threads(c) - 1, count = 0;
    while (count < wanted && pthread_create(&helpers[count], NULL, share_run, &share) == 0)
        count++;
    part(context);
    while (count > 0)
        (void)pthread_join(helpers[--count], NULL);
}

/* --- kinds --- */

/* One kind of work and, while it runs, its thread. `finished` is the only field that both threads look at. */
struct work {
    struct works *all;
    const struct work_kind *kind;
    struct work_context context;
    bool running, at_leisure;
    pthread_t thread;
    atomic_bool finished;
    struct status status;
    struct err error;
    struct buf payload;
    int64_t not_before_us;
    struct result {
        struct submission submission;
        struct work *work;
    } results[WORK_COMMANDS_MAX];
    uint32_t result_count, handed; /* the engine has the first of them */
    uint32_t in_flight;            /* results that aren't answered */
    int64_t result_us;             /* that one took of the engine's thread, the last time; 0: none was handed in yet */
};

struct works {
    struct engine *engine;
    struct work_surroundings around;
    atomic_bool stop;
    bool hold;
    size_t count;
    struct work work[WORK_KINDS_MAX];
};

struct works *works_create(struct engine *g)
{
    struct works *w = calloc(1, sizeof *w);
    if (w == NULL)
        abort();
    w->engine = g;
    atomic_init(&w->stop, false);
    w->around = (struct work_surroundings){.log = g->log,
                                           .disk = g->options.disk,
                                           .memory_bytes = g->options.memory_bytes,
                                           .stop = &w->stop,
                                           .is_threaded = g->options.threaded};
    for (size_t i = 0; i < registry_domain_count(g->options.registry); i++) {
        const struct domain *d = registry_domain(g->options.registry, i);
        for (size_t j = 0; j < d->work_count; j++) {
            assert(w->count < WORK_KINDS_MAX);
            struct work *work = &w->work[w->count++];
            work->all = w;
            work->kind = d->works[j];
            assert(work->kind->commands_max <= WORK_COMMANDS_MAX);
            size_t commands = work->kind->commands_max == 0 ? 1 : work->kind->commands_max;
            buf_init(&work->payload,
                     commands * registry_command(g->options.registry, work->kind->command_id)->payload_bytes_max);
        }
    }
    return w;
}

static void *work_run(void *context)
{
    struct work *w = context;
    const struct engine_hooks *hooks = &w->all->engine->hooks;
    if (w->at_leisure && w->all->engine->options.threaded)
        leisure_begin();
    w->status = w->kind->run(&w->context, &w->payload, &w->error);
    atomic_store_explicit(&w->finished, true, memory_order_release);
    if (hooks->finished != NULL)
        hooks->finished(hooks->context);
    return NULL;
}

static void work_end(struct work *w)
{
    if (w->all->engine->options.threaded)
        (void)pthread_join(w->thread, NULL);
    if (w->kind->release != NULL)
        w->kind->release(&w->context);
    if (w->context.scratch != NULL)
        arena_reset(w->context.scratch);
    w->running = false;
}

void works_destroy(struct works *w)
{
    if (w == NULL)
        return;
    atomic_store(&w->stop, true);
    for (size_t i = 0; i < w->count; i++) {
        if (w->work[i].running)
            work_end(&w->work[i]);
        arena_destroy(w->work[i].context.scratch);
        buf_fini(&w->work[i].payload);
    }
    free(w);
}

/* Not taken: the work is still wanted and will be done again. */
static void result_answered(struct submission *s, const struct answer *a)
{
    struct work *w = ((struct result *)((char *)s - offsetof(struct result, submission)))->work;
    if (w->kind->gives_back && done(a->status))
        w->all->engine->gave_back_at = a->position + 1;
    w->in_flight--;
}

static void results_take(struct work *w)
{
    const struct command *command = registry_command(w->all->engine->options.registry, w->kind->command_id);
    struct bytes all = buf_bytes(&w->payload);
    size_t from = 0;
    w->result_count = w->in_flight = w->context.cut_count + 1;
    w->handed = 0;
    for (uint32_t i = 0; i < w->result_count; i++) {
        size_t until = i < w->context.cut_count ? w->context.cuts[i] : all.size;
        w->results[i] = (struct result){
            .work = w,
            .submission = {.command = command, .payload = bytes_slice(all, from, until), .answered = result_answered}};
        from = until;
    }
}

/* How many are handed in at once. Without threads all are: no clock decides. */
static uint32_t results_at_once(const struct work *w)
{
    uint32_t left = w->result_count - w->handed;
    int64_t fit = RESULTS_US / (w->result_us == 0 ? RESULT_US_FIRST : w->result_us);
    if (!w->all->engine->options.threaded || fit >= left)
        return left;
    return fit < 1 ? 1 : (uint32_t)fit;
}

static fallible results_hand_in(struct work *w, int64_t now_us, struct err *e)
{
    struct submission *list[WORK_COMMANDS_MAX];
    uint32_t count = results_at_once(w);
    for (uint32_t i = 0; i < count; i++)
        list[i] = &w->results[w->handed++].submission;
    int64_t begin_us = time_thread_us();
    TRY(engine_group(w->all->engine, list, count, now_us, e));
    w->result_us = (time_thread_us() - begin_us) / count + 1;
    return DONE;
}

static void work_finish(struct work *w, int64_t now_us)
{
    work_end(w);
    if (done(w->status)) {
        results_take(w);
    } else if (w->status.code != STATUS_CANCELLED) {
        (void)err_wrap(&w->error, w->status, "%s", w->kind->name);
        engine_trouble(w->all->engine, &w->error);
        w->not_before_us = now_us + WORK_RETRY_US;
    }
}

/* What is kept for the next checkpoint. Where one has failed, all that is left, since what work gives up goes only when
 * checkpoints have passed. */
static uint64_t kept_for_checkpoint(const struct engine *g)
{
    if (g->checkpoint_failed)
        return UINT64_MAX;
    return g->options.disk_reserve_bytes / KEPT_PART_LEAST + engine_checkpoint_room(g);
}

/* What is beyond that is not taken at once. */
static uint64_t room_of(const struct engine *g)
{
    uint64_t kept = kept_for_checkpoint(g), left = g->disk_free_bytes > kept ? g->disk_free_bytes - kept : 0;
    return g->accepting ? 0 : left / 2 + 1;
}

static uint64_t spare_of(const struct engine *g)
{
    uint64_t kept = engine_disk_kept(g);
    return g->disk_free_bytes > kept ? g->disk_free_bytes - kept : 0;
}

static void work_begin(struct work *w, const struct view *v)
{
    struct engine *g = w->all->engine;
    atomic_store_explicit(&w->all->around.checkpoint_older, g->trim_position, memory_order_relaxed);
    atomic_store_explicit(&w->all->around.room_bytes, room_of(g), memory_order_relaxed);
    atomic_store_explicit(&w->all->around.spare_bytes, spare_of(g), memory_order_relaxed);
    w->context = (struct work_context){.around = &w->all->around, .position = g->applied, .scratch = w->context.scratch};
    if (!w->kind->wanted(v, &w->context)) {
        arena_destroy(w->context.scratch);
        w->context.scratch = NULL;
        return;
    }
    buf_clear(&w->payload);
    atomic_store(&w->finished, false);
    w->running = true;
    if (!g->options.threaded)
        (void)work_run(w);
    else if (pthread_create(&w->thread, NULL, work_run, w) != 0)
        abort();
}

fallible works_step(struct works *w, int64_t now_us, struct err *e)
{
    bool is_in_haste = false;
    w->hold = false;
    for (size_t i = 0; i < w->count; i++) {
        struct work *work = &w->work[i];
        if (work->running && atomic_load_explicit(&work->finished, memory_order_acquire))
            work_finish(work, now_us);
        if (work->handed < work->result_count)
            TRY(results_hand_in(work, now_us, e));
        struct view v = engine_view(w->engine);
        enum work_haste haste = work->kind->haste == NULL ? WORK_IN_HASTE : work->kind->haste(&v, &w->around);
        is_in_haste |= work->running && haste != WORK_AT_LEISURE;
        work->at_leisure = work->running ? work->at_leisure : haste == WORK_AT_LEISURE;
        bool may_begin = now_us >= work->not_before_us && (w->engine->accepting || work->kind->gives_back);
        bool can_go_on = work->running || may_begin;
        w->hold |= haste == WORK_HOLDS_COMMANDS && can_go_on;
        if (!work->running && work->in_flight == 0 && can_go_on)
            work_begin(work, &v);
    }
    atomic_store_explicit(&w->around.is_in_haste, is_in_haste, memory_order_relaxed);
    return DONE;
}

void works_memory_set(struct works *w, size_t bytes)
{
    atomic_store_explicit(&w->around.memory_bytes, bytes, memory_order_relaxed);
}

bool works_hold(const struct works *w)
{
    return w->hold;
}

bool works_running(const struct works *w)
{
    for (size_t i = 0; i < w->count; i++)
        if (w->work[i].running || w->work[i].in_flight > 0)
            return true;
    return false;
}

int64_t works_wait_us(const struct works *w)
{
    int64_t wait_us = INT64_MAX;
    for (size_t i = 0; i < w->count; i++) {
        if (w->work[i].handed < w->work[i].result_count)
            return 0;
        if (w->work[i].running || w->work[i].in_flight > 0)
            wait_us = US_PER_MS;
    }
    return wait_us;
}
