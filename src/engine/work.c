#include "engine/work.h"

#include <stddef.h>

#include <pthread.h>
#include <stdlib.h>

#include "base/time.h"
#include "engine/engine_priv.h"

#define WORK_KINDS_MAX 32u
#define WORK_RETRY_US (10 * US_PER_SECOND) /* after a failure */

/* One kind of work and, while it runs, its thread. `finished` is the only field that both threads look at. */
struct work {
    struct works *all;
    const struct work_kind *kind;
    struct work_context context;
    bool running;
    pthread_t thread;
    atomic_bool finished;
    struct status status;
    struct err error;
    struct buf payload;
    int64_t not_before_us;
    struct submission submission; /* of the result; busy while in_flight */
    bool in_flight;
};

struct works {
    struct engine *engine;
    struct work_surroundings around;
    atomic_bool stop;
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
    w->around = (struct work_surroundings){.log = g->log, .disk = g->options.disk, .stop = &w->stop};
    for (size_t i = 0; i < registry_domain_count(g->options.registry); i++) {
        const struct domain *d = registry_domain(g->options.registry, i);
        for (size_t j = 0; j < d->work_count; j++) {
            assert(w->count < WORK_KINDS_MAX);
            struct work *work = &w->work[w->count++];
            work->all = w;
            work->kind = d->works[j];
            buf_init(&work->payload, registry_command(g->options.registry, work->kind->command_id)->payload_bytes_max);
        }
    }
    return w;
}

static void *work_run(void *context)
{
    struct work *w = context;
    w->status = w->kind->run(&w->context, &w->payload, &w->error);
    atomic_store_explicit(&w->finished, true, memory_order_release);
    return NULL;
}

static void work_end(struct work *w)
{
    if (w->all->engine->options.threaded)
        (void)pthread_join(w->thread, NULL);
    if (w->kind->release != NULL)
        w->kind->release(&w->context);
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
        buf_fini(&w->work[i].payload);
    }
    free(w);
}

static void result_answered(struct submission *s, const struct answer *a)
{
    struct work *w = (struct work *)((char *)s - offsetof(struct work, submission));
    (void)a; /* not taken: the work is still wanted and will be done again */
    w->in_flight = false;
}

static fallible result_hand_in(struct work *w, int64_t now_us, struct err *e)
{
    struct engine *g = w->all->engine;
    w->submission = (struct submission){
        .command = registry_command(g->options.registry, w->kind->command_id),
        .payload = buf_bytes(&w->payload),
        .answered = result_answered,
    };
    w->in_flight = true;
    struct submission *one = &w->submission;
    return engine_group(g, &one, 1, now_us, e);
}

static fallible work_finish(struct work *w, int64_t now_us, struct err *e)
{
    work_end(w);
    if (done(w->status))
        return result_hand_in(w, now_us, e);
    if (w->status.code != STATUS_CANCELLED) {
        (void)err_wrap(&w->error, w->status, "%s", w->kind->name);
        engine_trouble(w->all->engine, &w->error);
        w->not_before_us = now_us + WORK_RETRY_US;
    }
    return DONE;
}

static void work_begin(struct work *w, int64_t now_us)
{
    if (w->in_flight || now_us < w->not_before_us)
        return;
    struct engine *g = w->all->engine;
    atomic_store_explicit(&w->all->around.checkpoint_older, g->trim_position, memory_order_relaxed);
    struct view v = engine_view(g);
    w->context = (struct work_context){.around = &w->all->around, .position = g->applied};
    if (!w->kind->wanted(&v, &w->context))
        return;
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
    for (size_t i = 0; i < w->count; i++) {
        struct work *work = &w->work[i];
        if (work->running && atomic_load_explicit(&work->finished, memory_order_acquire))
            TRY(work_finish(work, now_us, e));
        if (!work->running)
            work_begin(work, now_us);
    }
    return DONE;
}

bool works_running(const struct works *w)
{
    for (size_t i = 0; i < w->count; i++)
        if (w->work[i].running || w->work[i].in_flight)
            return true;
    return false;
}
