#include <pthread.h>
#include <stdlib.h>

#include "engine/engine_priv.h"

/* Removing a segment takes the system 15 ms of CPU, and the disk longer where it is told of freed blocks. */
struct trimmer {
    struct log *log;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint64_t wanted, trimmed; /* what is before may go, and has gone */
    bool closing;
    struct status status; /* a failure stays */
    struct err error;
};

static void *trimmer_run(void *context)
{
    struct trimmer *t = context;
    (void)pthread_mutex_lock(&t->lock);
    for (;;) {
        while (!t->closing && (t->wanted == t->trimmed || failed(t->status)))
            (void)pthread_cond_wait(&t->changed, &t->lock);
        if (t->closing)
            break;
        uint64_t before = t->wanted;
        struct err e = {0};
        (void)pthread_mutex_unlock(&t->lock);
        struct status status = log_trim(t->log, before, &e);
        (void)pthread_mutex_lock(&t->lock);
        t->trimmed = before;
        t->status = status;
        t->error = e;
        (void)pthread_cond_broadcast(&t->changed);
    }
    (void)pthread_mutex_unlock(&t->lock);
    return NULL;
}

fallible trimmer_create(struct log *l, struct trimmer **out_trimmer, struct err *e)
{
    struct trimmer *t = calloc(1, sizeof *t);
    if (t == NULL)
        return FAIL(e, FULL, "no memory for the thread that trims the log");
    t->log = l;
    t->status = DONE;
    (void)pthread_mutex_init(&t->lock, NULL);
    (void)pthread_cond_init(&t->changed, NULL);
    if (pthread_create(&t->thread, NULL, trimmer_run, t) != 0) {
        free(t);
        return FAIL(e, FULL, "can't start the thread that trims the log");
    }
    *out_trimmer = t;
    return DONE;
}

void trimmer_destroy(struct trimmer *t)
{
    if (t == NULL)
        return;
    (void)pthread_mutex_lock(&t->lock);
    t->closing = true;
    (void)pthread_cond_broadcast(&t->changed);
    (void)pthread_mutex_unlock(&t->lock);
    (void)pthread_join(t->thread, NULL);
    (void)pthread_cond_destroy(&t->changed);
    (void)pthread_mutex_destroy(&t->lock);
    free(t);
}

fallible trimmer_want(struct trimmer *t, uint64_t before, bool wait, struct err *e)
{
    (void)pthread_mutex_lock(&t->lock);
    if (before > t->wanted) {
        t->wanted = before;
        (void)pthread_cond_broadcast(&t->changed);
    }
    while (wait && t->trimmed < t->wanted && done(t->status))
        (void)pthread_cond_wait(&t->changed, &t->lock);
    struct status status = t->status;
    if (failed(status))
        err_set(e, "%s", t->error.text);
    (void)pthread_mutex_unlock(&t->lock);
    return status;
}
