#include "app/courier.h"

#include <pthread.h>
#include <stdlib.h>

enum stage { STAGE_IDLE, STAGE_WANTED, STAGE_ANSWERED, STAGE_ENDING };

struct courier {
    struct client *client;
    void *owner;
    pthread_t thread;
    pthread_mutex_t lock; /* of the stage; what is below belongs to whose turn it says */
    pthread_cond_t changed;
    enum stage stage;
    struct client_call call;
    struct client_reply reply;
    struct status status;
    struct err why;
};

static void stage_set(struct courier *c, enum stage stage)
{
    (void)pthread_mutex_lock(&c->lock);
    c->stage = stage;
    (void)pthread_cond_signal(&c->changed);
    (void)pthread_mutex_unlock(&c->lock);
}

/* Until it is one of the two. */
static enum stage stage_wait(struct courier *c, enum stage one, enum stage other)
{
    (void)pthread_mutex_lock(&c->lock);
    while (c->stage != one && c->stage != other)
        (void)pthread_cond_wait(&c->changed, &c->lock);
    enum stage stage = c->stage;
    (void)pthread_mutex_unlock(&c->lock);
    return stage;
}

static void *work(void *context)
{
    struct courier *c = context;
    while (stage_wait(c, STAGE_WANTED, STAGE_ENDING) == STAGE_WANTED) {
        c->why = (struct err){0};
        c->status = client_send(c->client, &c->call, &c->reply, &c->why);
        stage_set(c, STAGE_ANSWERED);
    }
    return NULL;
}

struct courier *courier_create(struct client *client)
{
    struct courier *c = calloc(1, sizeof *c);
    if (c == NULL)
        abort();
    c->client = client;
    (void)pthread_mutex_init(&c->lock, NULL);
    (void)pthread_cond_init(&c->changed, NULL);
    int rc = pthread_create(&c->thread, NULL, work, c);
    assert(rc == 0);
    (void)rc;
    return c;
}

void courier_destroy(struct courier *c)
{
    if (c == NULL)
        return;
    if (c->owner != NULL)
        (void)stage_wait(c, STAGE_ANSWERED, STAGE_ANSWERED);
    stage_set(c, STAGE_ENDING);
    (void)pthread_join(c->thread, NULL);
    (void)pthread_cond_destroy(&c->changed);
    (void)pthread_mutex_destroy(&c->lock);
    free(c);
}

void courier_send(struct courier *c, const struct client_call *call, void *owner)
{
    assert(c->owner == NULL && owner != NULL);
    c->owner = owner;
    c->call = *call;
    stage_set(c, STAGE_WANTED);
}

void *courier_owner(const struct courier *c)
{
    return c->owner;
}

fallible courier_take(struct courier *c, struct client_reply *out_reply, struct err *e)
{
    assert(c->owner != NULL);
    (void)stage_wait(c, STAGE_ANSWERED, STAGE_ANSWERED);
    c->owner = NULL;
    stage_set(c, STAGE_IDLE);
    if (failed(c->status)) {
        *e = c->why;
        return c->status;
    }
    *out_reply = c->reply;
    return DONE;
}
