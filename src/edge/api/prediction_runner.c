#include "edge/api/prediction_runner.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/leisure.h"
#include "base/time.h"
#include "edge/api/predictions.h"
#include "edge/api/study.h"
#include "edge/journal.h"
#include "lib/json.h"

#define LOOK_EVERY_US (10 * US_PER_SECOND) /* at the clock, which may be set meanwhile */
#define PEOPLE_A_PAGE 500000u
#define ANSWER_BYTES_MAX (1u << 20) /* of fitting, with its card; of a page that was written, figures */
#define BODY_BYTES 128u

/* A workspace. */
struct watched {
    struct watched *next;
    struct prediction_runner *runner;
    struct workspace *workspace;
    struct host_listener *listener;
    bool was_awake;  /* else nothing is known of it */
    bool is_changed; /* under the lock: there may be something to run, or another time */
    int64_t wake_us; /* wall clock: when the next one is due; INT64_MAX: none is */
};
struct prediction_runner {
    struct door *door;
    struct host *host;
    pthread_t thread;
    struct watched *first; /* its thread's alone */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_closing; /* under the lock */
};

/* One that is to be run. */
struct wanted {
    char name[PREDICTION_NAME_BYTES_MAX + 1]; /* empty: none */
    bool is_stale;                            /* it has no model of what it asks now */
    int64_t due_us;                           /* of those that aren't wanted yet, the first; INT64_MAX */
};

/* --- what is wanted --- */

static void wanted_look(const struct view *v, void *context)
{
    struct wanted *out = context;
    struct saved_prediction p;
    *out = (struct wanted){.due_us = INT64_MAX};
    for (struct bytes after = BYTES_NONE; prediction_next(v, after, &p); after = p.name) {
        out->due_us = p.due_us < out->due_us ? p.due_us : out->due_us;
        if (p.wanted_us == 0 || out->name[0] != 0)
            continue;
        memcpy(out->name, p.name.data, p.name.size);
        out->is_stale = p.fitted_revision != p.revision;
    }
}

/* --- run --- */

static const struct route *route_of(enum question_choice choice)
{
    size_t count;
    const struct route *all = routes(&count);
    const struct route *found = NULL;
    for (size_t i = 0; i < count; i++)
        if (all[i].handle == api_kept_answer && all[i].choice == (int)choice)
            found = &all[i];
    assert(found != NULL);
    return found;
}

/* As a token that may read and write everything would. */
static fallible ask(const struct watched *w, const char *name, enum question_choice choice, const char *body,
                    struct buf *out_json, struct err *e)
{
    struct token token = {.name = "schedule", .roles = 1u << ROLE_COLLECT | 1u << ROLE_READ | 1u << ROLE_WRITE};
    const struct request look = {
        .door = w->runner->door, .workspace = w->workspace, .route = route_of(choice), .token = &token};
    buf_clear(out_json);
    return prediction_ask(&look, bytes_of_text(name), bytes_of_text(body), out_json, e);
}

/* Page by page, until an answer says that there are no more. */
static fallible scores_write(const struct watched *w, const char *name, struct buf *json, struct json_parser *parser,
                             struct err *e)
{
    int64_t after = -1;
    char body[BODY_BYTES];
    struct json root;
    do {
        (void)snprintf(body, sizeof body, "{\"order\":\"person\",\"limit\":%u,\"reasons\":0,\"after\":%lld}",
                       PEOPLE_A_PAGE, (long long)after);
        TRY(ask(w, name, QUESTION_SCORE_TRAITS, body, json, e));
        TRY(json_parse(parser, buf_bytes(json), &root, e));
    } while (json_int64(json_find(root, BYTES_LIT("next")), &after));
    return DONE;
}

static fallible run(const struct watched *w, const struct wanted *what, struct err *e)
{
    struct buf json;
    struct json_parser *parser = json_parser_create(ANSWER_BYTES_MAX);
    if (parser == NULL)
        return FAIL(e, FULL, "no memory for an answer");
    buf_init(&json, ANSWER_BYTES_MAX);
    struct status status = what->is_stale ? ask(w, what->name, QUESTION_FIT, "{}", &json, e) : DONE;
    if (done(status))
        status = scores_write(w, what->name, &json, parser, e);
    buf_fini(&json);
    json_parser_destroy(parser);
    return status;
}

static fallible failure_note(const struct watched *w, const char *name, const char *why, struct err *e)
{
    struct buf payload;
    struct answer answer;
    buf_init(&payload, PREDICTION_FAILURE_BYTES_MAX + BODY_BYTES);
    prediction_failed_pack(&payload, bytes_of_text(name), bytes_of_text(why));
    struct status status = host_call(workspace_host(w->workspace), w->workspace, COMMAND_PREDICTION_FAILED,
                                     buf_bytes(&payload), &answer, NULL, e);
    buf_fini(&payload);
    return status;
}

static bool is_closing(struct prediction_runner *p)
{
    (void)pthread_mutex_lock(&p->lock);
    bool is_so = p->is_closing;
    (void)pthread_mutex_unlock(&p->lock);
    return is_so;
}

/* One after the other until none is wanted. What can't even be noted is tried again at the next look. */
static int64_t all_run(const struct watched *w)
{
    struct wanted what;
    struct err e = {0};
    while (done(host_read(workspace_host(w->workspace), w->workspace, wanted_look, &what, &e))) {
        if (what.name[0] == 0 || is_closing(w->runner))
            return what.due_us;
        struct status status = run(w, &what, &e);
        if (done(status)) {
            journal(JOURNAL_INFO, "prediction_scored", "%s of %s, by schedule", what.name,
                    workspace_name(w->workspace));
            continue;
        }
        bool is_its_fault = status.code != STATUS_FULL && !is_closing(w->runner);
        if (!is_its_fault) /* it is wanted still */
            break;
        journal(JOURNAL_WARN, "prediction_failed", "%s of %s: %s", what.name, workspace_name(w->workspace), e.text);
        if (failed(failure_note(w, what.name, e.text, &e)))
            break;
        e = (struct err){0};
    }
    return time_now_us() + LOOK_EVERY_US;
}

/* --- when --- */

/* On the engine's thread. */
static void changed_hear(void *context, uint64_t position, const struct fact_kind *kind, enum cause cause,
                         int64_t time_us, struct bytes json)
{
    struct watched *w = context;
    (void)position, (void)kind, (void)cause, (void)time_us, (void)json;
    (void)pthread_mutex_lock(&w->runner->lock);
    w->is_changed = true;
    (void)pthread_cond_signal(&w->runner->changed);
    (void)pthread_mutex_unlock(&w->runner->lock);
}

static struct watched *watched_of(struct prediction_runner *p, struct workspace *workspace)
{
    for (struct watched *w = p->first; w != NULL; w = w->next)
        if (w->workspace == workspace)
            return w;
    struct watched *w = calloc(1, sizeof *w);
    if (w == NULL)
        abort();
    *w = (struct watched){.next = p->first, .runner = p, .workspace = workspace, .wake_us = INT64_MAX};
    w->listener = host_listen(p->host, workspace, &fact_prediction_changed, changed_hear, w);
    p->first = w;
    return w;
}

/* Workspaces may be made while the daemon runs. One that never was awake isn't woken to be asked: of thousands most have no predictions. */
static void all_watch(struct prediction_runner *p)
{
    for (size_t i = 0; i < host_workspace_count(p->host); i++) {
        struct watched *w = watched_of(p, host_workspace_at(p->host, i));
        if (w->was_awake || workspace_attachment(w->workspace) == NULL)
            continue;
        w->was_awake = true;
        w->wake_us = 0;
    }
}

static bool change_take(struct watched *w)
{
    (void)pthread_mutex_lock(&w->runner->lock);
    bool is_changed = w->is_changed;
    w->is_changed = false;
    (void)pthread_mutex_unlock(&w->runner->lock);
    return is_changed;
}

/* One that is due but of which no timer told yet sleeps, and is awake by now, or its clock is held. */
static void watched_look(struct watched *w)
{
    int64_t now_us = time_now_us();
    if (!change_take(w) && w->wake_us > now_us)
        return;
    int64_t due_us = all_run(w);
    w->wake_us = due_us <= now_us ? now_us + LOOK_EVERY_US : due_us;
}

/* False: it is closing. */
static bool change_wait(struct prediction_runner *p)
{
    int64_t until_us = time_now_us() + LOOK_EVERY_US;
    bool is_changed = false;
    (void)pthread_mutex_lock(&p->lock);
    for (const struct watched *w = p->first; w != NULL; w = w->next) {
        until_us = w->wake_us < until_us ? w->wake_us : until_us;
        is_changed |= w->is_changed;
    }
    struct timespec until = {.tv_sec = until_us / US_PER_SECOND, .tv_nsec = until_us % US_PER_SECOND * 1000};
    if (!p->is_closing && !is_changed)
        (void)pthread_cond_timedwait(&p->changed, &p->lock, &until);
    bool goes_on = !p->is_closing;
    (void)pthread_mutex_unlock(&p->lock);
    return goes_on;
}

static void *runner_run(void *context)
{
    struct prediction_runner *p = context;
    leisure_begin();
    do {
        all_watch(p);
        for (struct watched *w = p->first; w != NULL && !is_closing(p); w = w->next)
            watched_look(w);
    } while (change_wait(p));
    return NULL;
}

/* --- life --- */

fallible prediction_runner_create(struct door *door, struct host *host, struct prediction_runner **out_runner,
                                  struct err *e)
{
    struct prediction_runner *p = calloc(1, sizeof *p);
    if (p == NULL)
        return FAIL(e, FULL, "no memory for predictions by schedule");
    p->door = door;
    p->host = host;
    (void)pthread_mutex_init(&p->lock, NULL);
    (void)pthread_cond_init(&p->changed, NULL);
    if (pthread_create(&p->thread, NULL, runner_run, p) != 0) {
        (void)pthread_cond_destroy(&p->changed);
        (void)pthread_mutex_destroy(&p->lock);
        free(p);
        return FAIL(e, FULL, "can't start a thread for predictions by schedule");
    }
    *out_runner = p;
    return DONE;
}

void prediction_runner_send_home(struct prediction_runner *p)
{
    if (p == NULL)
        return;
    (void)pthread_mutex_lock(&p->lock);
    p->is_closing = true;
    (void)pthread_cond_signal(&p->changed);
    (void)pthread_mutex_unlock(&p->lock);
}

void prediction_runner_destroy(struct prediction_runner *p)
{
    if (p == NULL)
        return;
    (void)pthread_join(p->thread, NULL);
    for (struct watched *w = p->first, *next; w != NULL; w = next) {
        next = w->next;
        host_unlisten(p->host, w->listener);
        free(w);
    }
    (void)pthread_cond_destroy(&p->changed);
    (void)pthread_mutex_destroy(&p->lock);
    free(p);
}
