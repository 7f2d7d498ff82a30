/* Effects on their way out: one thread for each workspace that has any, and a queue for each target, oldest first. Only the
 * first of a queue is tried; when the world doesn't take it, that queue alone pauses, longer each time.
 *
 * What is not answered when the process ends is in the outbox still and goes out after the next start. A queue that is full
 * leaves what comes then in the outbox, and takes it from there when it has run empty: so its order is kept.
 *
 * Ports that are paused take nothing: all waits in the outbox. A file says so, outlasts restarts, and comes with a restore. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"
#include "engine/engine_priv.h"
#include "engine/host_priv.h"
#include "lib/pack.h"

#define RETRY_US_MIN US_PER_SECOND
#define RETRY_US_MAX (10 * US_PER_MINUTE)
#define RETRY_US_ASKED_MAX (60 * US_PER_MINUTE) /* of a pause that the world asks for */
#define WORDS_BYTES_MAX 4096u
#define PATH_BYTES_MAX 4096u
#define ANSWER_WAIT_US (100 * US_PER_MS) /* for room in the host's queue, before it is looked whether this must end */

struct parcel {
    struct parcel *next;
    size_t key_size, payload_size;
    uint8_t data[]; /* key, payload */
};

/* What waits for one target, in the order in which it was asked. */
struct target {
    struct target *next;
    const struct port_kind *port;
    struct parcel *first, **end; /* the first belongs to the thread while it is sent */
    size_t count;
    int64_t due_us;   /* monotonic: when it is its turn */
    int64_t pause_us; /* after the last try; 0: the world took it */
    int64_t fails_since_us; /* monotonic; 0: the world took the last one */
    bool behind;      /* some of its effects wait in the outbox alone, before all that is new */
    bool fill_asked;  /* the engine will bring them */
    bool filling;     /* now */
    size_t name_size;
    uint8_t name[]; /* as its port tells it from a payload */
};

struct ports {
    struct workspace *workspace;
    bool paused;
    pthread_t thread;
    bool thread_runs;
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t changed;
    struct target *targets; /* with something to send: few, as hooks are */
    bool filling;           /* some of them, from the outbox */
    bool closing;
};

static bool is_paused(const struct workspace *w)
{
    char path[PATH_BYTES_MAX];
    (void)snprintf(path, sizeof path, "%s/" PORTS_PAUSED_FILE, disk_root(w->disk));
    return access(path, F_OK) == 0;
}

struct ports *ports_create(struct workspace *w)
{
    struct ports *p = calloc(1, sizeof *p);
    if (p == NULL)
        abort();
    p->workspace = w;
    p->paused = is_paused(w);
    (void)pthread_mutex_init(&p->lock, NULL);
    (void)pthread_cond_init(&p->changed, NULL);
    return p;
}

/* --- targets and what waits for them; under the lock --- */

static struct target *target_find(const struct ports *p, const struct port_kind *port, struct bytes name)
{
    struct target *t = p->targets;
    while (t != NULL && (t->port != port || !bytes_equal(bytes_of(t->name, t->name_size), name)))
        t = t->next;
    return t;
}

static struct target *target_add(struct ports *p, const struct port_kind *port, struct bytes name)
{
    struct target *t = malloc(sizeof *t + name.size);
    if (t == NULL)
        abort();
    *t = (struct target){.next = p->targets, .port = port, .due_us = time_monotonic_us(), .name_size = name.size};
    t->end = &t->first;
    if (name.size > 0)
        memcpy(t->name, name.data, name.size);
    p->targets = t;
    return t;
}

/* One that has nothing to send is forgotten, and its pause with it. */
static void target_settle(struct ports *p, struct target *t)
{
    struct target **at = &p->targets;
    if (t->first != NULL || t->behind || t->filling)
        return;
    while (*at != t)
        at = &(*at)->next;
    *at = t->next;
    free(t);
}

/* For the engine, which brings more. */
static bool target_waits(const struct target *t)
{
    return t->first == NULL && (t->fill_asked || !t->behind);
}

/* Whose turn it is next: after a try a target comes behind all others that are due. NULL: nobody's. */
static struct target *target_next(const struct ports *p)
{
    struct target *next = NULL;
    for (struct target *t = p->targets; t != NULL; t = t->next)
        if (!target_waits(t) && (next == NULL || t->due_us < next->due_us))
            next = t;
    return next;
}

static void parcel_put(struct target *t, struct bytes key, struct bytes payload)
{
    struct parcel *parcel = malloc(sizeof *parcel + key.size + payload.size);
    if (parcel == NULL)
        abort();
    *parcel = (struct parcel){.key_size = key.size, .payload_size = payload.size};
    if (key.size > 0)
        memcpy(parcel->data, key.data, key.size);
    if (payload.size > 0)
        memcpy(parcel->data + key.size, payload.data, payload.size);
    *t->end = parcel;
    t->end = &parcel->next;
    t->count++;
}

static void parcel_drop(struct target *t)
{
    struct parcel *parcel = t->first;
    t->first = parcel->next;
    t->end = t->first == NULL ? &t->first : t->end;
    t->count--;
    free(parcel);
}

/* --- what the engine hears of it --- */

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

static bool must_end(struct ports *p)
{
    (void)pthread_mutex_lock(&p->lock);
    bool closing = p->closing;
    (void)pthread_mutex_unlock(&p->lock);
    return closing;
}

static void answer_send(struct ports *p, const struct target *t, bool worked, struct bytes words)
{
    struct host *h = p->workspace->host;
    struct told_back *b = calloc(1, sizeof *b);
    if (b == NULL)
        abort();
    buf_init(&b->payload, 65536);
    pack_u32(&b->payload, t->port->effect->id);
    pack_bytes(&b->payload, bytes_of(t->first->data, t->first->key_size));
    pack_u8(&b->payload, worked);
    pack_raw(&b->payload, words);
    b->submission = (struct submission){
        .command = registry_command(h->options.registry, COMMAND_ANSWERED),
        .payload = buf_bytes(&b->payload),
        .answered = told_back_answered,
        .context = b,
    };
    b->message = (struct message){.workspace = p->workspace, .submissions = &b->submission, .submission_count = 1};
    struct err e = {0};
    struct status status;
    do
        status = host_send_within(h, &b->message, ANSWER_WAIT_US, &e);
    while (status.code == STATUS_FULL && !must_end(p));
    if (failed(status))
        told_back_answered(&b->submission, NULL);
}

/* Takes what the empty ones left in the outbox. On the engine's thread, when all answers to what they held are applied. */
static void ports_fill(struct ports *p, struct engine *g)
{
    (void)pthread_mutex_lock(&p->lock);
    p->filling = true;
    for (struct target *t = p->targets; t != NULL; t = t->next) {
        t->filling = t->fill_asked;
        t->behind &= !t->filling;
        t->fill_asked = false;
    }
    (void)pthread_mutex_unlock(&p->lock);
    engine_outbox_replay(g);
    (void)pthread_mutex_lock(&p->lock);
    p->filling = false;
    for (struct target *t = p->targets, *next; t != NULL; t = next) {
        next = t->next;
        t->filling = false;
        target_settle(p, t);
    }
    (void)pthread_cond_signal(&p->changed);
    (void)pthread_mutex_unlock(&p->lock);
}

static void fill_run(struct message *m, struct status status)
{
    struct workspace *w = m->workspace;
    if (done(status))
        ports_fill(w->ports, w->engine);
    free(m);
}

/* False: the host takes nothing now. */
static bool fill_ask(const struct ports *p)
{
    struct err e = {0};
    struct message *m = malloc(sizeof *m);
    if (m == NULL)
        abort();
    *m = (struct message){.workspace = p->workspace, .done = fill_run};
    bool taken = done(host_send(p->workspace->host, m, &e));
    if (!taken)
        free(m);
    return taken;
}

/* --- sending: the thread --- */

/* Again later: each time after twice the pause, and not before the world said. */
static void target_pause(struct target *t, int64_t asked_us)
{
    t->pause_us = t->pause_us == 0 ? RETRY_US_MIN : t->pause_us * 2;
    t->pause_us = t->pause_us > RETRY_US_MAX ? RETRY_US_MAX : t->pause_us;
    asked_us = asked_us > RETRY_US_ASKED_MAX ? RETRY_US_ASKED_MAX : asked_us;
    t->due_us = time_monotonic_us() + (asked_us > t->pause_us ? asked_us : t->pause_us);
}

/* Has it been in vain for too long? Called after a try that was. */
static bool is_given_up(struct target *t)
{
    int64_t now_us = time_monotonic_us();
    t->fails_since_us = t->fails_since_us == 0 ? now_us : t->fails_since_us;
    return t->port->give_up_us > 0 && now_us - t->fails_since_us >= t->port->give_up_us;
}

/* Under the lock, but for the sending. */
static void target_send(struct ports *p, struct target *t)
{
    const struct parcel *parcel = t->first;
    struct port_answer answer = {0};
    (void)pthread_mutex_unlock(&p->lock);
    buf_init(&answer.words, WORDS_BYTES_MAX);
    struct status status = t->port->send(t->port->context, p->workspace, bytes_of(parcel->data, parcel->key_size),
                                         bytes_of(parcel->data + parcel->key_size, parcel->payload_size), &answer);
    bool in_vain = status.code == STATUS_UNAVAILABLE, again = in_vain && !is_given_up(t);
    if (!again)
        answer_send(p, t, done(status), buf_bytes(&answer.words));
    buf_fini(&answer.words);
    (void)pthread_mutex_lock(&p->lock);
    if (again) {
        target_pause(t, answer.pause_us);
        return;
    }
    t->pause_us = 0;
    t->fails_since_us = in_vain ? t->fails_since_us : 0;
    t->due_us = time_monotonic_us();
    parcel_drop(t);
    target_settle(p, t);
}

/* It has run empty, and left something behind. */
static void target_fill(struct target *t, const struct ports *p)
{
    t->fill_asked = fill_ask(p);
    t->due_us = time_monotonic_us() + (t->fill_asked ? 0 : RETRY_US_MIN);
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
        struct target *t = target_next(p);
        if (t == NULL)
            (void)pthread_cond_wait(&p->changed, &p->lock);
        else if (t->due_us > time_monotonic_us())
            wait_until(p, t->due_us);
        else if (t->first == NULL)
            target_fill(t, p);
        else
            target_send(p, t);
    }
    (void)pthread_mutex_unlock(&p->lock);
    return NULL;
}

/* --- the engine's thread --- */

static const struct port_kind *port_of(const struct host *h, const struct effect_kind *kind)
{
    for (size_t i = 0; i < h->port_kind_count; i++)
        if (h->port_kinds[i].effect->id == kind->id)
            return &h->port_kinds[i];
    return NULL;
}

/* NULL: it stays in the outbox. Nothing of a target that has left something behind goes before that, and a filling is for
 * those alone that asked for it. */
static struct target *target_for(struct ports *p, const struct port_kind *port, struct bytes payload)
{
    struct bytes name = port->target == NULL ? BYTES_NONE : port->target(payload);
    struct target *t = target_find(p, port, name);
    if (p->filling && (t == NULL || !t->filling))
        return NULL;
    if (t == NULL)
        t = target_add(p, port, name);
    t->behind |= t->count >= PORT_WAITING_MAX;
    return t->behind ? NULL : t;
}

void ports_take(struct ports *p, const struct effect_kind *kind, struct bytes key, struct bytes payload)
{
    const struct port_kind *port = port_of(p->workspace->host, kind);
    if (port == NULL || p->paused)
        return; /* nobody carries it out yet: it stays in the outbox */
    (void)pthread_mutex_lock(&p->lock);
    struct target *t = target_for(p, port, payload);
    if (t != NULL)
        parcel_put(t, key, payload);
    if (!p->thread_runs)
        p->thread_runs = pthread_create(&p->thread, NULL, ports_run, p) == 0;
    (void)pthread_cond_signal(&p->changed);
    (void)pthread_mutex_unlock(&p->lock);
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
    while (p->targets != NULL) {
        struct target *t = p->targets;
        p->targets = t->next;
        while (t->first != NULL)
            parcel_drop(t);
        free(t);
    }
    (void)pthread_cond_destroy(&p->changed);
    (void)pthread_mutex_destroy(&p->lock);
    free(p);
}

/* --- paused --- */

bool workspace_ports_paused(const struct workspace *w)
{
    return w->ports->paused;
}

static fallible paused_note(const struct workspace *w, bool paused, struct err *e)
{
    if (paused)
        return disk_write_all(w->disk, PORTS_PAUSED_FILE, BYTES_NONE, e);
    TRY(disk_remove(w->disk, PORTS_PAUSED_FILE, e));
    return disk_sync_folder(w->disk, ".", e);
}

fallible workspace_ports_pause(struct workspace *w, bool paused, struct err *e)
{
    TRY(paused_note(w, paused, e));
    ports_destroy(w->ports); /* what they held is in the outbox */
    w->ports = ports_create(w);
    assert(w->ports->paused == paused);
    engine_outbox_replay(w->engine);
    return DONE;
}

struct bytes host_effect_target(const struct host *h, const struct effect_kind *kind, struct bytes payload)
{
    const struct port_kind *port = port_of(h, kind);
    return port == NULL || port->target == NULL ? BYTES_NONE : port->target(payload);
}
