#include <pthread.h>
#include <stdlib.h>

#include "engine/engine_priv.h"

#define PREPARE_EVERY_BYTES (256u << 10) /* of log: a slice of zeroes that is worth its system calls */

/* One sync at a time; the engine starts it, applies meanwhile, then waits for it. While the thread rests, the engine may
 * sync by itself: the log knows one syncing thread at a time. */
struct syncer {
    struct log *log;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool asked, closing;
    bool preparing;       /* after the sync, when its answers are on their way */
    uint64_t prepared_at; /* the log's end when the next segment was last prepared */
    struct status status;
    struct err error;
};

static bool preparing_is_due(const struct syncer *s)
{
    return log_end(s->log) >= s->prepared_at + PREPARE_EVERY_BYTES;
}

/* With the lock, which it lets go of meanwhile. The next segment gets a slice of its zeroes. */
static void prepare(struct syncer *s)
{
    struct err e = {0};
    s->preparing = true;
    s->prepared_at = log_end(s->log);
    (void)pthread_mutex_unlock(&s->lock);
    struct status prepared = log_prepare(s->log, &e);
    (void)pthread_mutex_lock(&s->lock);
    (void)prepared; /* what it could not do, the next sync does or says */
    s->preparing = false;
}

static void *syncer_run(void *context)
{
    struct syncer *s = context;
    (void)pthread_mutex_lock(&s->lock);
    for (;;) {
        while (!s->asked && !s->closing)
            (void)pthread_cond_wait(&s->changed, &s->lock);
        if (!s->asked)
            break;
        (void)pthread_mutex_unlock(&s->lock);
        struct err e = {0};
        struct status status = log_sync(s->log, &e);
        (void)pthread_mutex_lock(&s->lock);
        s->status = status;
        s->error = e;
        s->asked = false;
        (void)pthread_cond_broadcast(&s->changed);
        if (done(status) && preparing_is_due(s))
            prepare(s);
    }
    (void)pthread_mutex_unlock(&s->lock);
    return NULL;
}

fallible syncer_create(struct log *l, struct syncer **out_syncer, struct err *e)
{
    struct syncer *s = calloc(1, sizeof *s);
    if (s == NULL)
        return FAIL(e, FULL, "no memory for the syncing thread");
    s->log = l;
    s->prepared_at = log_end(l); /* opening it has */
    (void)pthread_mutex_init(&s->lock, NULL);
    (void)pthread_cond_init(&s->changed, NULL);
    if (pthread_create(&s->thread, NULL, syncer_run, s) != 0) {
        free(s);
        return FAIL(e, FULL, "can't start the syncing thread");
    }
    *out_syncer = s;
    return DONE;
}

void syncer_destroy(struct syncer *s)
{
    if (s == NULL)
        return;
    (void)pthread_mutex_lock(&s->lock);
    s->closing = true;
    (void)pthread_cond_broadcast(&s->changed);
    (void)pthread_mutex_unlock(&s->lock);
    (void)pthread_join(s->thread, NULL);
    (void)pthread_cond_destroy(&s->changed);
    (void)pthread_mutex_destroy(&s->lock);
    free(s);
}

void syncer_start(struct syncer *s)
{
    (void)pthread_mutex_lock(&s->lock);
    assert(!s->asked);
    s->asked = true;
    (void)pthread_cond_broadcast(&s->changed);
    (void)pthread_mutex_unlock(&s->lock);
}

bool syncer_rests(struct syncer *s)
{
    (void)pthread_mutex_lock(&s->lock);
    bool rests = !s->asked && !s->preparing && !preparing_is_due(s);
    (void)pthread_mutex_unlock(&s->lock);
    return rests;
}

fallible syncer_wait(struct syncer *s, struct err *e)
{
    (void)pthread_mutex_lock(&s->lock);
    while (s->asked)
        (void)pthread_cond_wait(&s->changed, &s->lock);
    struct status status = s->status;
    if (failed(status))
        err_set(e, "%s", s->error.text);
    (void)pthread_mutex_unlock(&s->lock);
    return status;
}
