#include "engine/host.h"

#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/pages.h"
#include "base/time.h"
#include "engine/engine_priv.h"
#include "engine/host_priv.h"

#define CREW_THREADS 2u
#define MESSAGES_A_ROUND 4096u
#define HOST_WAIT_US_MAX US_PER_SECOND
#define DIVIDE_EVERY_US (100 * US_PER_MS)

/* --- the engine's thread --- */

static void host_break(struct host *h, const struct err *e)
{
    if (h->broken)
        return;
    h->broken = true;
    if (h->options.broken != NULL)
        h->options.broken(h->options.context, e->text);
}

static void turn_away(struct submission **submissions, size_t count, enum status_code code)
{
    struct answer a = {.status = {code}};
    for (size_t i = 0; i < count; i++)
        submissions[i]->answered(submissions[i], &a);
}

static int64_t workspace_now_us(struct workspace *w)
{
    int64_t now_us = log_clock_read(&w->clock, time_now_us(), time_monotonic_us());
    atomic_store(&w->host->clock_held, w->clock.held);
    return now_us;
}

/* Hands the commands of a workspace to its engine, as long as that doesn't hold. */
static void line_run(struct host *h, struct workspace *w)
{
    int64_t now_us = line_is_empty(&w->line) ? 0 : workspace_now_us(w);
    while (!line_is_empty(&w->line) && (h->broken || w->clock.held || engine_holds(w->engine) == HOLD_NONE)) {
        struct err e = {0};
        size_t count = line_take(&w->line, h->group);
        if (h->broken)
            turn_away(h->group, count, STATUS_UNAVAILABLE);
        else if (w->clock.held)
            turn_away(h->group, count, STATUS_FULL);
        else if (failed(engine_group(w->engine, h->group, count, now_us, &e)))
            host_break(h, &e);
    }
}

/* Its workspace can't be opened, or the process can't go on. */
static void message_refuse(struct message *m)
{
    struct submission *submissions = m->submissions; /* the message may be freed by the last answer */
    uint32_t count = m->submission_count;
    struct answer a = {.status = {STATUS_UNAVAILABLE}};
    if (count == 0)
        m->done(m, a.status);
    for (uint32_t i = 0; i < count; i++)
        submissions[i].answered(&submissions[i], &a);
}

static void message_run(struct host *h, struct message *m)
{
    struct workspace *w = m->workspace;
    struct err e = {0};
    if (w == NULL) {
        m->done(m, DONE);
    } else if (h->broken || failed(workspace_wake(w, &e))) {
        message_refuse(m);
    } else if (m->submission_count > 0) {
        line_put(&w->line, m->submissions, m->submission_count);
    } else {
        line_run(h, w); /* a reader sees what was sent before it */
        if (m->read != NULL)
            engine_read(w->engine, m->read, m->context);
        m->done(m, DONE);
    }
}

/* Messages in order; commands that lie together go to their engine together. */
static void messages_run(struct host *h, void **items, size_t count)
{
    struct workspace *open = NULL;
    for (size_t i = 0; i < count; i++) {
        struct message *m = items[i];
        struct workspace *w = m->workspace;
        if (open != NULL && open != w)
            line_run(h, open);
        open = w; /* NULL: of the process */
        message_run(h, m);
    }
    if (open != NULL)
        line_run(h, open);
}

static bool is_asleep(const struct workspace *w, int64_t now_us)
{
    return w->engine != NULL && w->host->options.asleep_after_us > 0 && atomic_load(&w->kept_awake) == 0 &&
           now_us - w->last_message_us > w->host->options.asleep_after_us && !engine_is_busy(w->engine) && line_is_empty(&w->line);
}

void workspace_keep_awake(struct workspace *w)
{
    assert(w->engine != NULL);
    atomic_fetch_add(&w->kept_awake, 1);
}

void workspace_let_sleep(struct workspace *w)
{
    unsigned before = atomic_fetch_sub(&w->kept_awake, 1);
    assert(before > 0);
    (void)before;
}

struct workspace *host_workspaces(struct host *h)
{
    (void)pthread_mutex_lock(&h->lock);
    struct workspace *first = h->first; /* the list only grows at its head */
    (void)pthread_mutex_unlock(&h->lock);
    return first;
}

/* What is due in a workspace, and the commands that waited for it. Returns how long it can wait until the next time. */
static int64_t house_keep(struct host *h, struct workspace *w)
{
    int64_t clock_us = workspace_now_us(w), wait_us = HOST_WAIT_US_MAX;
    struct err e = {0};
    if (!w->clock.held && failed(engine_keep_house(w->engine, clock_us, &wait_us, &e)))
        host_break(h, &e);
    line_run(h, w);
    return wait_us;
}

static int64_t houses_keep(struct host *h)
{
    int64_t wait_us = HOST_WAIT_US_MAX, now_us = time_monotonic_us();
    if (now_us - h->shared_out_us >= DIVIDE_EVERY_US) {
        memory_divide(h, NULL);
        h->shared_out_us = now_us;
    }
    for (struct workspace *w = host_workspaces(h); w != NULL; w = w->next) {
        if (w->engine == NULL || h->broken)
            continue;
        if (is_asleep(w, now_us)) {
            workspace_sleep(w, true);
            continue;
        }
        if (atomic_exchange(&h->confirm_clock, false))
            log_clock_confirm(&w->clock, time_now_us(), time_monotonic_us());
        int64_t house_us = house_keep(h, w);
        workspace_alarms_hear(w, now_us);
        wait_us = house_us < wait_us ? house_us : wait_us;
    }
    return wait_us;
}

static bool has_waiting(const struct workspace *w)
{
    struct engine_stats stats = {0};
    if (w->engine != NULL)
        engine_stats(w->engine, &stats);
    return stats.waiting > 0 || !line_is_empty(&w->line);
}

/* Commands that still wait, for cold rows or for an engine that holds, get what they wait for: nobody who was let in is turned
 * away by a clean stop. */
static void waiting_finish(struct host *h, struct workspace *w)
{
    while (has_waiting(w) && !h->broken)
        (void)house_keep(h, w);
    if (w->engine != NULL)
        line_run(h, w); /* of a process that can't go on */
}

static void *host_run(void *context)
{
    struct host *h = context;
    void *items[MESSAGES_A_ROUND];
    int64_t wait_us = 0;
    while (!queue_is_over(h->queue)) {
        size_t count = queue_pop_many(h->queue, items, MESSAGES_A_ROUND, wait_us);
        messages_run(h, items, count);
        wait_us = houses_keep(h);
    }
    for (struct workspace *w = host_workspaces(h); w != NULL; w = w->next) {
        waiting_finish(h, w);
        workspace_sleep(w, !h->broken);
    }
    return NULL;
}

/* --- from any thread --- */

fallible host_send_within(struct host *h, struct message *m, int64_t wait_us, struct err *e)
{
    struct status status = queue_push(h->queue, m, wait_us, e);
    if (done(status))
        atomic_fetch_add_explicit(&h->messages, 1, memory_order_relaxed);
    else
        atomic_fetch_add_explicit(&h->full, 1, memory_order_relaxed);
    return status;
}

fallible host_send(struct host *h, struct message *m, struct err *e)
{
    if (m->submission_count > 0 && line_is_full(&m->workspace->line)) {
        atomic_fetch_add_explicit(&h->full, 1, memory_order_relaxed);
        return FAIL(e, FULL, "workspace %s has many commands that wait", m->workspace->name);
    }
    return host_send_within(h, m, 0, e);
}

struct call {
    pthread_mutex_t lock;
    pthread_cond_t answered;
    bool is_answered;
    struct status status;
    struct answer answer;
    struct buf *reply;
};

static void call_init(struct call *c, struct buf *reply)
{
    *c = (struct call){.reply = reply};
    (void)pthread_mutex_init(&c->lock, NULL);
    (void)pthread_cond_init(&c->answered, NULL);
}

static void call_wake(struct call *c, struct status status)
{
    (void)pthread_mutex_lock(&c->lock);
    c->status = status;
    c->is_answered = true;
    (void)pthread_cond_signal(&c->answered);
    (void)pthread_mutex_unlock(&c->lock);
}

static void call_wait(struct call *c)
{
    (void)pthread_mutex_lock(&c->lock);
    while (!c->is_answered)
        (void)pthread_cond_wait(&c->answered, &c->lock);
    (void)pthread_mutex_unlock(&c->lock);
    (void)pthread_cond_destroy(&c->answered);
    (void)pthread_mutex_destroy(&c->lock);
}

static void call_answered(struct submission *s, const struct answer *a)
{
    struct call *c = s->context;
    c->answer = *a;
    c->answer.reply = BYTES_NONE;
    if (c->reply != NULL)
        buf_push(c->reply, a->reply);
    call_wake(c, a->status);
}

fallible host_call(struct host *h, struct workspace *w, uint32_t command_id, struct bytes payload, struct answer *out_answer,
                   struct buf *out_reply, struct err *e)
{
    struct call call;
    call_init(&call, out_reply);
    struct submission submission = {
        .command = registry_command(h->options.registry, command_id), .payload = payload, .answered = call_answered, .context = &call};
    assert(submission.command != NULL);
    struct message m = {.workspace = w, .submissions = &submission, .submission_count = 1};
    TRY(host_send(h, &m, e));
    call_wait(&call);
    if (call.status.code == STATUS_UNAVAILABLE)
        err_set(e, "%s", workspace_trouble(w));
    else if (failed(call.status))
        err_set(e, "workspace %s does not take commands now (%s): try again", w->name, status_name(call.status.code));
    if (failed(call.status))
        return call.status;
    *out_answer = call.answer;
    return DONE;
}

struct read_call {
    struct call call;
    engine_reader read;
    void *context;
};

static void read_through(const struct view *v, void *context)
{
    const struct read_call *r = context;
    r->read(v, r->context);
}

static void read_done(struct message *m, struct status status)
{
    struct read_call *r = m->context;
    call_wake(&r->call, status);
}

fallible host_read(struct host *h, struct workspace *w, engine_reader read, void *context, struct err *e)
{
    struct read_call r = {.read = read, .context = context};
    call_init(&r.call, NULL);
    struct message m = {.workspace = w, .read = read_through, .done = read_done, .context = &r};
    TRY(host_send(h, &m, e));
    call_wait(&r.call);
    if (failed(r.call.status))
        err_set(e, "%s", workspace_trouble(w));
    return r.call.status;
}

fallible host_background(struct host *h, void (*work)(void *context), void *context, struct err *e)
{
    return crew_run(h->crew, work, context, e);
}

static void want(struct workspace *w, const struct fact_kind *kind)
{
    unsigned count = atomic_load(&w->wanted_count);
    for (unsigned i = 0; i < count; i++)
        if (w->wanted[i] == kind)
            return;
    assert(count < WANTED_KINDS_MAX);
    w->wanted[count] = kind;
    atomic_store_explicit(&w->wanted_count, count + 1, memory_order_release);
}

struct host_listener *host_listen(struct host *h, struct workspace *w, const struct fact_kind *kind, host_told told, void *context)
{
    struct host_listener *l = malloc(sizeof *l);
    if (l == NULL)
        abort();
    (void)pthread_mutex_lock(&h->lock);
    *l = (struct host_listener){.workspace = w, .kind = kind, .told = told, .context = context, .next = h->listeners};
    h->listeners = l;
    if (kind == NULL)
        atomic_fetch_add(&w->listeners_of_all, 1);
    else
        want(w, kind);
    (void)pthread_mutex_unlock(&h->lock);
    return l;
}

void host_unlisten(struct host *h, struct host_listener *l)
{
    (void)pthread_mutex_lock(&h->lock);
    struct host_listener **at = &h->listeners;
    while (*at != l)
        at = &(*at)->next;
    *at = l->next;
    if (l->kind == NULL)
        atomic_fetch_sub(&l->workspace->listeners_of_all, 1);
    (void)pthread_mutex_unlock(&h->lock);
    free(l);
}

void host_port(struct host *h, const struct port_kind *port)
{
    assert(h->port_kind_count < PORT_KINDS_MAX);
    h->port_kinds[h->port_kind_count++] = *port;
}

const struct registry *host_registry(const struct host *h)
{
    return h->options.registry;
}

void host_confirm_clock(struct host *h)
{
    atomic_store(&h->confirm_clock, true);
    queue_wake(h->queue);
}

void host_stats(const struct host *h, struct host_stats *out_stats)
{
    *out_stats = (struct host_stats){
        .queued = queue_depth(h->queue),
        .messages = atomic_load(&h->messages),
        .full = atomic_load(&h->full),
        .awake = atomic_load(&h->awake),
        .clock_held = atomic_load(&h->clock_held),
    };
}

/* --- workspaces --- */

static struct workspace *workspace_known(const struct host *h, struct bytes name)
{
    for (struct workspace *w = h->first; w != NULL; w = w->next)
        if (bytes_equal(bytes_of_text(w->name), name))
            return w;
    return NULL;
}

static struct workspace *workspace_put(struct host *h, struct bytes name, uint64_t secret)
{
    struct workspace *w = calloc(1, sizeof *w);
    if (w == NULL)
        abort();
    assert(name.size < sizeof w->name);
    w->host = h;
    w->secret = secret;
    memcpy(w->name, name.data, name.size);
    w->next = h->first;
    h->first = w;
    return w;
}

static fallible workspace_add(struct host *h, struct bytes name, struct workspace **out_workspace, struct err *e)
{
    uint64_t secret;
    char text[WORKSPACE_NAME_BYTES_MAX + 1] = "";
    memcpy(text, name.data, name.size);
    TRY(workspace_secret_read(h->options.folder, text, &secret, e));
    *out_workspace = workspace_put(h, name, secret);
    return DONE;
}

/* One whose own file is damaged is shown with its trouble, and never opened. */
static void workspace_shut(struct host *h, struct bytes name, const struct err *trouble)
{
    struct workspace *w = workspace_put(h, name, 0);
    w->trouble = *trouble;
    w->trouble_code = STATUS_CORRUPT;
    w->not_before_us = INT64_MAX;
}

static bool name_is_good(struct bytes name)
{
    if (name.size == 0 || name.size > WORKSPACE_NAME_BYTES_MAX || name.data[0] == '.')
        return false;
    for (size_t i = 0; i < name.size; i++)
        if (name.data[i] == '/' || name.data[i] < 0x20)
            return false;
    return true;
}

fallible host_workspace(struct host *h, struct bytes name, struct workspace **out_workspace, struct err *e)
{
    if (!name_is_good(name))
        return FAIL(e, NOT_FOUND, "a workspace's name has 1 to %u characters, none of them '/'", WORKSPACE_NAME_BYTES_MAX);
    (void)pthread_mutex_lock(&h->lock);
    struct workspace *w = workspace_known(h, name);
    struct status status = w != NULL ? DONE : workspace_add(h, name, &w, e);
    (void)pthread_mutex_unlock(&h->lock);
    if (done(status))
        *out_workspace = w;
    return status;
}

static void workspaces_look(struct host *h)
{
    DIR *folder = opendir(h->options.folder);
    if (folder == NULL)
        return;
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        struct err e = {0};
        struct workspace *w;
        struct bytes name = bytes_of_text(entry->d_name);
        if (name_is_good(name) && host_workspace(h, name, &w, &e).code == STATUS_CORRUPT)
            workspace_shut(h, name, &e); /* other folders are none of ours */
    }
    (void)closedir(folder);
}

size_t host_workspace_count(const struct host *h)
{
    size_t count = 0;
    for (const struct workspace *w = h->first; w != NULL; w = w->next)
        count++;
    return count;
}

struct workspace *host_workspace_at(const struct host *h, size_t at)
{
    struct workspace *w = h->first;
    while (at-- > 0)
        w = w->next;
    return w;
}

/* --- life --- */

fallible host_create(const struct host_options *options, struct host **out_host, struct err *e)
{
    struct host *h = calloc(1, sizeof *h);
    if (h == NULL)
        return FAIL(e, FULL, "no memory for the host");
    heap_keep_small();
    h->options = *options;
    (void)pthread_mutex_init(&h->lock, NULL);
    struct status status = queue_create(HOST_QUEUE_CAPACITY, &h->queue, e);
    if (done(status))
        status = crew_create(CREW_THREADS, &h->crew, e);
    if (done(status)) {
        workspaces_look(h);
        h->thread_runs = pthread_create(&h->thread, NULL, host_run, h) == 0;
        if (!h->thread_runs)
            status = FAIL(e, FULL, "can't start the engine's thread");
    }
    if (failed(status)) {
        host_destroy(h);
        return status;
    }
    *out_host = h;
    return DONE;
}

void host_stop(struct host *h)
{
    atomic_store(&h->stop, true);
    crew_destroy(h->crew); /* long questions may still ask the engine */
    h->crew = NULL;
    queue_close(h->queue);
    if (h->thread_runs)
        (void)pthread_join(h->thread, NULL);
    h->thread_runs = false;
}

void host_destroy(struct host *h)
{
    if (h == NULL)
        return;
    assert(!h->thread_runs);
    crew_destroy(h->crew);
    queue_destroy(h->queue);
    while (h->listeners != NULL) { /* those for the host's life */
        struct host_listener *l = h->listeners;
        h->listeners = l->next;
        free(l);
    }
    while (h->first != NULL) {
        struct workspace *w = h->first;
        h->first = w->next;
        free(w);
    }
    (void)pthread_mutex_destroy(&h->lock);
    free(h->portions);
    free(h);
}
