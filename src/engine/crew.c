#include <stdlib.h>

#include "engine/host_priv.h"

#define CREW_THREADS_MAX 8u
#define CREW_QUEUE_CAPACITY 256u

struct errand {
    void (*work)(void *context);
    void *context;
    struct errand *next;
};

/* A list under a lock: long questions are few. */
struct crew {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t threads[CREW_THREADS_MAX];
    unsigned thread_count;
    struct errand *first, **end;
    size_t count;
    bool closing;
};

static void *crew_thread(void *context)
{
    struct crew *c = context;
    (void)pthread_mutex_lock(&c->lock);
    for (;;) {
        while (c->first == NULL && !c->closing)
            (void)pthread_cond_wait(&c->changed, &c->lock);
        struct errand *errand = c->first;
        if (errand == NULL)
            break;
        c->first = errand->next;
        c->end = c->first == NULL ? &c->first : c->end;
        c->count--;
        (void)pthread_mutex_unlock(&c->lock);
        errand->work(errand->context);
        free(errand);
        (void)pthread_mutex_lock(&c->lock);
    }
    (void)pthread_mutex_unlock(&c->lock);
    return NULL;
}

fallible crew_create(unsigned threads, struct crew **out_crew, struct err *e)
{
    assert(threads > 0 && threads <= CREW_THREADS_MAX);
    struct crew *c = calloc(1, sizeof *c);
    if (c == NULL)
        return FAIL(e, FULL, "no memory for the crew of long questions");
    c->end = &c->first;
    (void)pthread_mutex_init(&c->lock, NULL);
    (void)pthread_cond_init(&c->changed, NULL);
    for (; c->thread_count < threads; c->thread_count++) {
        if (pthread_create(&c->threads[c->thread_count], NULL, crew_thread, c) != 0) {
            crew_destroy(c);
            return FAIL(e, FULL, "can't start a thread for long questions");
        }
    }
    *out_crew = c;
    return DONE;
}

void crew_destroy(struct crew *c)
{
    if (c == NULL)
        return;
    (void)pthread_mutex_lock(&c->lock);
    c->closing = true;
    (void)pthread_cond_broadcast(&c->changed);
    (void)pthread_mutex_unlock(&c->lock);
    for (unsigned i = 0; i < c->thread_count; i++)
        (void)pthread_join(c->threads[i], NULL);
    (void)pthread_cond_destroy(&c->changed);
    (void)pthread_mutex_destroy(&c->lock);
    free(c);
}

fallible crew_run(struct crew *c, void (*work)(void *context), void *context, struct err *e)
{
    struct errand *errand = malloc(sizeof *errand);
    if (errand == NULL)
        return FAIL(e, FULL, "no memory for a question");
    *errand = (struct errand){.work = work, .context = context};
    (void)pthread_mutex_lock(&c->lock);
    bool full = c->count == CREW_QUEUE_CAPACITY;
    if (!full) {
        *c->end = errand;
        c->end = &errand->next;
        c->count++;
        (void)pthread_cond_signal(&c->changed);
    }
    (void)pthread_mutex_unlock(&c->lock);
    if (!full)
        return DONE;
    free(errand);
    return FAIL(e, FULL, "%u long questions wait already: try again", CREW_QUEUE_CAPACITY);
}
