#include <pthread.h>
#include <stdlib.h>

#include "engine/engine_priv.h"

/* One sync at a time; the engine starts it, applies meanwhile, then waits for it. */
struct syncer {
    struct log *log;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool asked, closing;
    struct status status;
    struct err error;
};

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
        if (done(status)) { /* the engine answers meanwhile; the next segment gets a slice of its zeroes */
            (void)pthread_mutex_unlock(&s->lock);
            struct status prepared = log_prepare(s->log, &e);
            (void)pthread_mutex_lock(&s->lock);
            (void)prepared; /* what it could not do, the next sync does or says */
        }
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
