/* Effects on their way out: one thread for each workspace that has any, oldest first, tried again with growing pauses.
 * What is not answered when the process ends is in the outbox still and goes out after the next start. */
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "engine/engine_priv.h"
#include "engine/host_priv.h"
#include "lib/pack.h"

#define WAITING_EFFECTS_MAX 100000u /* in memory; the others are in the outbox until the next start */
#define RETRY_US_MIN US_PER_SECOND
#define RETRY_US_MAX (10 * US_PER_MINUTE)
#define WORDS_BYTES_MAX 4096u

struct parcel {
    struct parcel *next;
    const struct port_kind *port;
    int64_t due_us; /* monotonic */
    int64_t pause_us;
    size_t key_size, payload_size;
    uint8_t data[]; /* key, payload */
};

struct ports {
    struct workspace *workspace;
    pthread_t thread;
    bool thread_runs;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct parcel *first; /* by due_us */
    size_t count;
    bool closing;
};

struct ports *ports_create(struct workspace *w)
{
    struct ports *p = calloc(1, sizeof *p);
    if (p == NULL)
        abort();
    p->workspace = w;
    (void)pthread_mutex_init(&p->lock, NULL);
    (void)pthread_cond_init(&p->changed, NULL);
    return p;
}

static void parcel_put(struct ports *p, struct parcel *parcel)
{
    struct parcel **at = &p->first;
    while (*at != NULL && (*at)->due_us <= parcel->due_us)
        at = &(*at)->next;
    parcel->next = *at;
    *at = parcel;
    p->count++;
}

/* The answer is a command like any other; the message frees itself. */
struct told_back {
    struct message message;
    struct submission submission;
    struct buf payload;
};

static void told_back_answered(struct submission *s, const struct answer *a)
{
    (void)a; /* not taken: it will be sent again after the next start, with the same key */
    struct told_back *b = s->context;
    buf_fini(&b->payload);
    free(b);
}

static void answer_send(struct ports *p, const struct parcel *parcel, bool worked, struct bytes words)
{
    struct told_back *b = calloc(1, sizeof *b);
    if (b == NULL)
        abort();
    buf_init(&b->payload, 65536);
    pack_u32(&b->payload, parcel->port->effect->id);
    pack_bytes(&b->payload, bytes_of(parcel->data, parcel->key_size));
    pack_u8(&b->payload, worked);
    pack_raw(&b->payload, words);
    b->submission = (struct submission){
        .command = registry_command(p->workspace->host->options.registry, COMMAND_ANSWERED),
        .payload = buf_bytes(&b->payload),
        .answered = told_back_answered,
        .context = b,
    };
    b->message = (struct message){.workspace = p->workspace, .submissions = &b->submission, .submission_count = 1};
    struct err e = {0};
    if (failed(host_send(p->workspace->host, &b->message, &e)))
        told_back_answered(&b->submission, NULL);
}

static void parcel_send(struct ports *p, struct parcel *parcel)
{
    struct buf words;
    buf_init(&words, WORDS_BYTES_MAX);
    struct status status = parcel->port->send(parcel->port->context, p->workspace, bytes_of(parcel->data, parcel->key_size),
                                              bytes_of(parcel->data + parcel->key_size, parcel->payload_size), &words);
    if (status.code == STATUS_UNAVAILABLE) {
        parcel->pause_us = parcel->pause_us == 0 ? RETRY_US_MIN : parcel->pause_us * 2;
        parcel->pause_us = parcel->pause_us > RETRY_US_MAX ? RETRY_US_MAX : parcel->pause_us;
        parcel->due_us = time_monotonic_us() + parcel->pause_us;
        (void)pthread_mutex_lock(&p->lock);
        parcel_put(p, parcel);
        (void)pthread_mutex_unlock(&p->lock);
    } else {
        answer_send(p, parcel, done(status), buf_bytes(&words));
        free(parcel);
    }
    buf_fini(&words);
}

static void wait_until(struct ports *p, int64_t due_us)
{
    int64_t wait_us = due_us - time_monotonic_us();
    int64_t until_us = time_now_us() + (wait_us > 0 ? wait_us : 0);
    struct timespec until = {.tv_sec = until_us / US_PER_SECOND, .tv_nsec = until_us % US_PER_SECOND * 1000};
    (void)pthread_cond_timedwait(&p->changed, &p->lock, &until);
}

static void *ports_run(void *context)
{
    struct ports *p = context;
    (void)pthread_mutex_lock(&p->lock);
    while (!p->closing) {
        struct parcel *parcel = p->first;
        if (parcel == NULL) {
            (void)pthread_cond_wait(&p->changed, &p->lock);
        } else if (parcel->due_us > time_monotonic_us()) {
            wait_until(p, parcel->due_us);
        } else {
            p->first = parcel->next;
            p->count--;
            (void)pthread_mutex_unlock(&p->lock);
            parcel_send(p, parcel);
            (void)pthread_mutex_lock(&p->lock);
        }
    }
    (void)pthread_mutex_unlock(&p->lock);
    return NULL;
}

static const struct port_kind *port_of(const struct host *h, const struct effect_kind *kind)
{
    for (size_t i = 0; i < h->port_kind_count; i++)
        if (h->port_kinds[i].effect->id == kind->id)
            return &h->port_kinds[i];
    return NULL;
}

void ports_take(struct ports *p, const struct effect_kind *kind, struct bytes key, struct bytes payload)
{
    const struct port_kind *port = port_of(p->workspace->host, kind);
    if (port == NULL)
        return; /* nobody carries it out yet: it stays in the outbox */
    struct parcel *parcel = malloc(sizeof *parcel + key.size + payload.size);
    if (parcel == NULL)
        abort();
    *parcel = (struct parcel){.port = port, .due_us = time_monotonic_us(), .key_size = key.size, .payload_size = payload.size};
    if (key.size > 0)
        memcpy(parcel->data, key.data, key.size);
    if (payload.size > 0)
        memcpy(parcel->data + key.size, payload.data, payload.size);
    (void)pthread_mutex_lock(&p->lock);
    bool full = p->count >= WAITING_EFFECTS_MAX;
    if (!full)
        parcel_put(p, parcel);
    if (!p->thread_runs)
        p->thread_runs = pthread_create(&p->thread, NULL, ports_run, p) == 0;
    (void)pthread_cond_signal(&p->changed);
    (void)pthread_mutex_unlock(&p->lock);
    if (full)
        free(parcel);
}

void ports_destroy(struct ports *p)
{
    if (p == NULL)
        return;
    (void)pthread_mutex_lock(&p->lock);
    p->closing = true;
    (void)pthread_cond_signal(&p->changed);
    (void)pthread_mutex_unlock(&p->lock);
    if (p->thread_runs)
        (void)pthread_join(p->thread, NULL);
    while (p->first != NULL) {
        struct parcel *parcel = p->first;
        p->first = parcel->next;
        free(parcel);
    }
    (void)pthread_cond_destroy(&p->changed);
    (void)pthread_mutex_destroy(&p->lock);
    free(p);
}
