#include "edge/api/study.h"

#include <inttypes.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/leisure.h"
#include "edge/api/api.h"
#include "edge/api/study_shelf.h"
#include "edge/journal.h"

#define THREADS_MAX 64u
#define ANSWER_BYTES_MAX (16u << 20)
#define ID_TEXT_BYTES 17u
#define BUSY_WAIT_US (20 * US_PER_MS) /* when the engine's queue is full */
#define BUSY_US_MAX (30 * US_PER_SECOND)
#define STUDY_PATH "/api/v1/analytics/studies/"

enum phase {
    PHASE_WAITING,
    PHASE_LOADING,
    PHASE_WORKING, /* whoever is free takes part */
    PHASE_ENDING,  /* nothing is left to take part in */
    PHASE_OVER,    /* its answer is there */
};
static const char *const phase_names[] = {"waiting", "loading", "working", "working", "over"};

struct study {
    struct study *next;
    uint64_t id;
    struct workspace *workspace;
    struct token token; /* whose it is */
    const struct study_kind *kind;
    void *own; /* NULL: freed */
    enum phase phase;
    unsigned hands; /* threads that work on it */
    bool is_cancelled;
    struct request *waiter; /* NULL: nobody waits now */
    bool is_own;            /* the daemon's: a thread waits until it is over, and nobody else knows of it */
    int64_t wait_until_us;  /* monotonic; of the waiter */
    int64_t asked_us;       /* monotonic; when somebody last asked, or it was over */
    struct status status;
    struct err error;
    struct buf json;
};

/* A request that is to be read, or being read. */
struct unread {
    struct unread *next;
    struct request *request; /* its reader's, once it is taken */
    const struct workspace *workspace;
    void (*read)(struct request *r);
    bool is_taken;
};

struct studies {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct unread *unread; /* in the order in which they came */
    pthread_t threads[THREADS_MAX + STUDY_READERS + 1]; /* the last ones are the readers' and the keeper's */
    unsigned thread_count;
    struct study *first; /* in the order in which they came */
    struct study *current;
    int64_t current_us;       /* monotonic; when it was taken up */
    struct study_stats stats; /* what counts up of it */
    atomic_bool closing; /* written under the lock */
    struct study_shelves *shelves;
};

/* --- one --- */

static void own_free(struct study *y)
{
    if (y->own != NULL)
        y->kind->free(y->own);
    y->own = NULL;
}

/* Else nobody but the thread that loads or prints may touch what is its own. */
static bool is_at_work(const struct study *y)
{
    return y->phase == PHASE_WORKING || (y->phase == PHASE_ENDING && y->hands > 0);
}

static void study_free(struct study *y)
{
    assert(y->waiter == NULL && y->hands == 0);
    own_free(y);
    buf_fini(&y->json);
    free(y);
}

static void study_unlink(struct studies *s, const struct study *y)
{
    struct study **at = &s->first;
    while (*at != y)
        at = &(*at)->next;
    *at = y->next;
}

static const char *id_text(uint64_t id, char out_text[ID_TEXT_BYTES])
{
    (void)snprintf(out_text, ID_TEXT_BYTES, "%016" PRIx64, id);
    return out_text;
}

/* Those in front of it; under the lock. */
static unsigned studies_ahead(const struct studies *s, const struct study *y)
{
    unsigned count = 0;
    for (const struct study *other = s->first; other != y; other = other->next)
        count += other->phase != PHASE_OVER;
    return count;
}

/* --- answering --- */

/* Where it stands, under the lock; the request is answered without it. */
struct standing {
    uint64_t id;
    const char *state;
    double progress;
    unsigned ahead;
};

static struct standing standing_of(const struct studies *s, const struct study *y)
{
    return (struct standing){.id = y->id,
                             .state = phase_names[y->phase],
                             .progress = is_at_work(y)              ? y->kind->progress(y->own)
                                         : y->phase < PHASE_WORKING ? 0
                                                                    : 1,
                             .ahead = studies_ahead(s, y)};
}

static void standing_answer(struct request *r, const struct standing *g)
{
    char id[ID_TEXT_BYTES];
    struct buf json;
    struct json_writer w;
    buf_init(&json, 4096);
    json_writer_init(&w, &json, false);
    json_object_begin(&w);
    member_text(&w, "study", id_text(g->id, id));
    member_text(&w, "state", g->state);
    json_key(&w, "progress");
    json_put_double(&w, g->progress);
    member_uint(&w, "ahead", g->ahead);
    json_object_end(&w);
    const struct http_header headers[] = {{"Location", arena_printf(request_arena(r), STUDY_PATH "%s", id)},
                                          {"Cache-Control", "no-store"}};
    request_reply(r, &(struct http_reply){.status = 202,
                                          .content_type = "application/json; charset=utf-8",
                                          .body = buf_bytes(&json),
                                          .body_kind = HTTP_BODY_GIVEN,
                                          .headers = headers,
                                          .header_count = COUNT_OF(headers)});
}

static const struct problem cancelled = {
    .status = 409, .slug = "study-cancelled", .title = "The question was cancelled", .detail = "Ask it again."};

/* Of a study that is in no list any more. */
static void answer_give(struct study *y, struct request *r)
{
    if (y->status.code == STATUS_CANCELLED) {
        request_problem(r, &cancelled);
    } else if (done(y->status) && !catalogue_has(y->workspace, &y->token, time_now_us())) {
        request_problem(r, &(struct problem){.status = 401,
                                             .slug = "no-token",
                                             .title = "Who are you?",
                                             .detail = "The token has changed or ended."});
    } else if (failed(y->status)) {
        request_failed(r, y->status, &y->error);
    } else {
        request_json(r, 200, &y->json);
        y->json = (struct buf){0}; /* the server has it now */
    }
    study_free(y);
}

/* --- its end --- */

/* So that answers which nobody fetches don't pile up; under the lock. */
static struct study *oldest_over(struct studies *s)
{
    struct study *oldest = NULL;
    size_t count = 0;
    for (struct study *y = s->first; y != NULL; y = y->next) {
        if (y->phase != PHASE_OVER || y->is_own)
            continue;
        count++;
        if (oldest == NULL || y->asked_us < oldest->asked_us)
            oldest = y;
    }
    return count > STUDIES_KEPT_MAX ? oldest : NULL;
}

static void end_count(struct studies *s, const struct study *y)
{
    if (y->is_cancelled)
        s->stats.cancelled++;
    else if (failed(y->status))
        s->stats.failed++;
    else
        s->stats.answered++;
}

/* It has an answer: who waits gets it, else it is kept. Takes the lock off while it tells. */
static void study_over(struct studies *s, struct study *y)
{
    struct request *waiter = y->waiter;
    y->waiter = NULL;
    if (y->phase != PHASE_OVER) /* else it is forgotten */
        end_count(s, y);
    y->phase = PHASE_OVER;
    y->asked_us = time_monotonic_us();
    if (s->current == y) {
        s->current = NULL;
        s->stats.worked_us += y->asked_us - s->current_us;
    }
    struct study *gone = y->is_own ? NULL : waiter != NULL || y->is_cancelled ? y : oldest_over(s);
    if (gone != NULL)
        study_unlink(s, gone);
    (void)pthread_cond_broadcast(&s->changed);
    if (gone == NULL)
        return;
    (void)pthread_mutex_unlock(&s->lock);
    if (waiter != NULL)
        answer_give(y, waiter);
    else
        study_free(gone);
    (void)pthread_mutex_lock(&s->lock);
}

static void study_cancelled(struct study *y)
{
    y->status = FAIL(&y->error, CANCELLED, "the question was cancelled");
}

/* Ends what doesn't work yet at once, and the rest soon; under the lock, which it may take off. */
static void study_cancel(struct studies *s, struct study *y)
{
    y->is_cancelled = true;
    if (y->phase == PHASE_LOADING || is_at_work(y))
        y->kind->cancel(y->own);
    if (y->phase != PHASE_WAITING && y->phase != PHASE_OVER)
        return;
    if (y->phase == PHASE_WAITING)
        study_cancelled(y);
    own_free(y);
    study_over(s, y);
}

/* --- those who work --- */

static struct study *first_waiting(const struct studies *s)
{
    struct study *y = s->first;
    while (y != NULL && y->phase != PHASE_WAITING)
        y = y->next;
    return y;
}

/* Each of these has the lock when it is called and when it returns. */
static void study_load(struct studies *s, struct study *y)
{
    struct err e = {0};
    s->current = y;
    s->current_us = time_monotonic_us();
    y->phase = PHASE_LOADING;
    (void)pthread_mutex_unlock(&s->lock);
    struct status status = y->kind->load(y->own, &e);
    (void)pthread_mutex_lock(&s->lock);
    y->phase = done(status) ? PHASE_WORKING : PHASE_ENDING;
    if (done(status)) {
        (void)pthread_cond_broadcast(&s->changed);
        return;
    }
    (void)pthread_mutex_unlock(&s->lock);
    own_free(y); /* nobody else touches it: no hand is in it */
    (void)pthread_mutex_lock(&s->lock);
    y->status = status;
    y->error = e;
    study_over(s, y);
}

static void study_print(struct studies *s, struct study *y)
{
    struct json_writer w;
    struct err e = {0};
    (void)pthread_mutex_unlock(&s->lock);
    json_writer_init(&w, &y->json, false);
    json_object_begin(&w);
    struct status status = y->kind->print(y->own, &w, &e);
    if (done(status))
        json_object_end(&w);
    if (done(status) && y->json.overflowed)
        status = FAIL(&e, LIMIT, "the answer is over %u MiB: ask for less, by a shorter range or fewer values",
                      ANSWER_BYTES_MAX >> 20);
    own_free(y);
    (void)pthread_mutex_lock(&s->lock);
    y->status = status;
    y->error = e;
    study_over(s, y);
}

static void study_take_part(struct studies *s, struct study *y)
{
    y->hands++;
    (void)pthread_mutex_unlock(&s->lock);
    y->kind->work(y->own);
    (void)pthread_mutex_lock(&s->lock);
    y->phase = PHASE_ENDING;
    if (y->hands == 1) { /* the last one: nobody joins any more, and it can still be cancelled */
        (void)pthread_mutex_unlock(&s->lock);
        y->kind->conclude(y->own);
        (void)pthread_mutex_lock(&s->lock);
    }
    if (--y->hands == 0)
        study_print(s, y);
}

static void *worker_run(void *context)
{
    struct studies *s = context;
    leisure_begin();
    (void)pthread_mutex_lock(&s->lock);
    while (!s->closing) {
        struct study *next = first_waiting(s);
        if (s->current != NULL && s->current->phase == PHASE_WORKING)
            study_take_part(s, s->current);
        else if (s->current == NULL && next != NULL)
            study_load(s, next);
        else
            (void)pthread_cond_wait(&s->changed, &s->lock);
    }
    (void)pthread_mutex_unlock(&s->lock);
    return NULL;
}

/* --- their keeper --- */

static int64_t due_us(const struct study *y)
{
    return y->waiter != NULL ? y->wait_until_us : y->asked_us + STUDY_FORGOTTEN_US;
}

static struct study *first_due(const struct studies *s, int64_t *out_due_us)
{
    struct study *first = NULL;
    *out_due_us = INT64_MAX;
    for (struct study *y = s->first; y != NULL; y = y->next) {
        bool ends_by_itself = y->is_cancelled || y->is_own;
        if (ends_by_itself || due_us(y) >= *out_due_us)
            continue;
        first = y;
        *out_due_us = due_us(y);
    }
    return first;
}

static void waiter_send_off(struct studies *s, struct study *y)
{
    struct request *waiter = y->waiter;
    struct standing standing = standing_of(s, y);
    y->waiter = NULL;
    y->asked_us = time_monotonic_us();
    (void)pthread_mutex_unlock(&s->lock);
    standing_answer(waiter, &standing);
    (void)pthread_mutex_lock(&s->lock);
}

static void *keeper_run(void *context)
{
    struct studies *s = context;
    (void)pthread_mutex_lock(&s->lock);
    while (!s->closing) {
        int64_t until_us;
        struct study *y = first_due(s, &until_us);
        if (y == NULL) {
            (void)pthread_cond_wait(&s->changed, &s->lock);
        } else if (until_us > time_monotonic_us()) {
            struct timespec until = {.tv_sec = until_us / US_PER_SECOND, .tv_nsec = until_us % US_PER_SECOND * 1000};
            (void)pthread_cond_timedwait(&s->changed, &s->lock, &until);
        } else if (y->waiter != NULL) {
            waiter_send_off(s, y);
        } else {
            study_cancel(s, y);
        }
    }
    (void)pthread_mutex_unlock(&s->lock);
    return NULL;
}

/* --- reading --- */

static unsigned unread_count(const struct studies *s, const struct workspace *w)
{
    unsigned count = 0;
    for (const struct unread *u = s->unread; u != NULL; u = u->next)
        count += u->workspace == w;
    return count;
}

static void unread_append(struct studies *s, struct unread *u)
{
    struct unread **end = &s->unread;
    while (*end != NULL)
        end = &(*end)->next;
    *end = u;
    (void)pthread_cond_broadcast(&s->changed);
}

static void unread_unlink(struct studies *s, const struct unread *u)
{
    struct unread **at = &s->unread;
    while (*at != u)
        at = &(*at)->next;
    *at = u->next;
}

fallible studies_read(struct request *r, void (*read)(struct request *r), struct err *e)
{
    struct studies *s = door_studies(r->door);
    struct unread *u = malloc(sizeof *u);
    if (u == NULL)
        return FAIL(e, FULL, "no memory for a question");
    *u = (struct unread){.request = r, .workspace = r->workspace, .read = read};
    (void)pthread_mutex_lock(&s->lock);
    bool has_room = !s->closing && unread_count(s, r->workspace) < STUDIES_UNREAD_MAX;
    if (has_room)
        unread_append(s, u);
    (void)pthread_mutex_unlock(&s->lock);
    if (has_room)
        return DONE;
    free(u);
    return FAIL(e, FULL, "%u questions wait already: try again when one is answered", STUDIES_UNREAD_MAX);
}

const atomic_bool *studies_closing(const struct studies *s)
{
    return &s->closing;
}

static bool is_read_now(const struct studies *s, const struct workspace *w)
{
    const struct unread *u = s->unread;
    while (u != NULL && !(u->is_taken && u->workspace == w))
        u = u->next;
    return u != NULL;
}

/* The first one of a workspace that nobody reads of: so the questions of one come one after the other, and hold up no other's. */
static struct unread *unread_next(const struct studies *s)
{
    struct unread *u = s->unread;
    while (u != NULL && (u->is_taken || is_read_now(s, u->workspace)))
        u = u->next;
    return u;
}

/* What came before the closing is read, and turned away. */
static void *reader_run(void *context)
{
    struct studies *s = context;
    leisure_begin();
    (void)pthread_mutex_lock(&s->lock);
    while (!s->closing || s->unread != NULL) {
        struct unread *u = unread_next(s);
        if (u == NULL) {
            (void)pthread_cond_wait(&s->changed, &s->lock);
            continue;
        }
        u->is_taken = true;
        (void)pthread_mutex_unlock(&s->lock);
        u->read(u->request);
        (void)pthread_mutex_lock(&s->lock);
        unread_unlink(s, u);
        (void)pthread_cond_broadcast(&s->changed);
        free(u);
    }
    (void)pthread_mutex_unlock(&s->lock);
    return NULL;
}

/* --- asking --- */

fallible study_wait_read(struct request *r, int64_t *out_wait_us, struct err *e)
{
    uint64_t wait_ms;
    bool is_async = bytes_starts_with(http_header(r->x, "Prefer"), BYTES_LIT("respond-async"));
    TRY(query_number(r, "wait_ms", is_async ? 0 : STUDY_WAIT_MS_USUAL, STUDY_WAIT_MS_MAX, &wait_ms, e));
    *out_wait_us = (int64_t)wait_ms * US_PER_MS;
    return DONE;
}

static void overrun_wait(struct studies *s)
{
    int64_t until_us = time_monotonic_us() + BUSY_WAIT_US;
    struct timespec until = {.tv_sec = until_us / US_PER_SECOND, .tv_nsec = until_us % US_PER_SECOND * 1000};
    (void)pthread_mutex_lock(&s->lock);
    (void)pthread_cond_timedwait(&s->changed, &s->lock, &until);
    (void)pthread_mutex_unlock(&s->lock);
}

fallible study_look(const struct request *r, engine_reader read, void *context, struct err *e)
{
    int64_t until_us = time_monotonic_us() + BUSY_US_MAX;
    struct status status = host_read(request_host(r), r->workspace, read, context, e);
    while (status.code == STATUS_FULL && time_monotonic_us() < until_us) {
        overrun_wait(door_studies(r->door));
        status = host_read(request_host(r), r->workspace, read, context, e);
    }
    return status;
}

bool study_give_back(const struct request *r, engine_reader give, void *context)
{
    struct err e = {0};
    struct status status = study_look(r, give, context, &e);
    while (status.code == STATUS_FULL)
        status = study_look(r, give, context, &e);
    return done(status);
}

static unsigned waiting_count(const struct studies *s)
{
    unsigned count = 0;
    for (const struct study *y = s->first; y != NULL; y = y->next)
        count += y->phase == PHASE_WAITING;
    return count;
}

static void study_append(struct studies *s, struct study *y)
{
    struct study **end = &s->first;
    while (*end != NULL)
        end = &(*end)->next;
    *end = y;
    (void)pthread_cond_broadcast(&s->changed);
}

static struct study *study_make(const struct request *r, const struct study_kind *kind, void *own)
{
    struct study *y = calloc(1, sizeof *y);
    if (y == NULL)
        return NULL;
    *y = (struct study){
        .workspace = r->workspace, .token = *r->token, .kind = kind, .own = own, .asked_us = time_monotonic_us()};
    buf_init(&y->json, ANSWER_BYTES_MAX);
    randombytes_buf(&y->id, sizeof y->id);
    return y;
}

/* Under the lock. FULL: `y` is gone, and what is its own is the caller's still. */
static fallible study_enter(struct studies *s, struct study *y, struct err *e)
{
    bool has_room = !s->closing && waiting_count(s) < STUDIES_WAITING_MAX;
    s->stats.full += !has_room;
    if (has_room) {
        study_append(s, y);
        return DONE;
    }
    buf_fini(&y->json);
    free(y);
    return FAIL(e, FULL, "%u questions wait already: try again when one is answered", STUDIES_WAITING_MAX);
}

fallible studies_put(struct request *r, const struct study_kind *kind, void *own, int64_t wait_us, struct err *e)
{
    struct studies *s = door_studies(r->door);
    struct standing standing;
    struct study *y = study_make(r, kind, own);
    if (y == NULL)
        return FAIL(e, FULL, "no memory for a question");
    y->waiter = wait_us > 0 ? r : NULL;
    y->wait_until_us = y->asked_us + wait_us;
    (void)pthread_mutex_lock(&s->lock);
    struct status status = study_enter(s, y, e);
    if (done(status))
        standing = standing_of(s, y);
    (void)pthread_mutex_unlock(&s->lock);
    if (done(status) && wait_us == 0)
        standing_answer(r, &standing);
    return status;
}

fallible studies_run(const struct request *look, const struct study_kind *kind, void *own, struct buf *out_json, struct err *e)
{
    struct studies *s = door_studies(look->door);
    struct study *y = study_make(look, kind, own);
    if (y == NULL)
        abort();
    y->is_own = true;
    (void)pthread_mutex_lock(&s->lock);
    struct status status = study_enter(s, y, e);
    while (done(status) && y->phase != PHASE_OVER)
        (void)pthread_cond_wait(&s->changed, &s->lock);
    if (done(status))
        study_unlink(s, y);
    (void)pthread_mutex_unlock(&s->lock);
    if (failed(status)) {
        kind->free(own);
        return status;
    }
    status = y->status;
    if (failed(status))
        err_set(e, "%s", y->error.text);
    else
        buf_push(out_json, buf_bytes(&y->json));
    study_free(y);
    return status;
}

/* NULL: there is none of this number for whoever asks. Under the lock. */
static struct study *study_find(const struct studies *s, const struct request *r, struct bytes id)
{
    char text[ID_TEXT_BYTES];
    for (struct study *y = s->first; y != NULL; y = y->next)
        if (bytes_equal(bytes_of_text(id_text(y->id, text)), id) && y->workspace == r->workspace && !y->is_cancelled &&
            memcmp(y->token.secret_hash, r->token->secret_hash, sizeof y->token.secret_hash) == 0)
            return y;
    return NULL;
}

static void answer_unknown(struct request *r)
{
    request_problem(r, &(struct problem){.status = 404,
                                         .slug = "no-such-study",
                                         .title = "There is no such question",
                                         .detail = "It was answered, cancelled or forgotten: ask it again."});
}

void studies_ask(struct request *r, struct bytes id, int64_t wait_us)
{
    struct studies *s = door_studies(r->door);
    struct standing standing;
    (void)pthread_mutex_lock(&s->lock);
    struct study *y = study_find(s, r, id);
    bool is_over = y != NULL && y->phase == PHASE_OVER;
    bool waits = y != NULL && !is_over && wait_us > 0 && y->waiter == NULL && !s->closing;
    if (is_over)
        study_unlink(s, y);
    if (waits) {
        y->waiter = r;
        y->wait_until_us = time_monotonic_us() + wait_us;
        (void)pthread_cond_broadcast(&s->changed);
    } else if (y != NULL && !is_over) {
        y->asked_us = time_monotonic_us();
        standing = standing_of(s, y);
    }
    (void)pthread_mutex_unlock(&s->lock);
    if (is_over)
        answer_give(y, r);
    else if (y == NULL)
        answer_unknown(r);
    else if (!waits)
        standing_answer(r, &standing);
}

void studies_cancel(struct request *r, struct bytes id)
{
    struct studies *s = door_studies(r->door);
    (void)pthread_mutex_lock(&s->lock);
    struct study *y = study_find(s, r, id);
    if (y != NULL)
        study_cancel(s, y);
    (void)pthread_mutex_unlock(&s->lock);
    if (y == NULL) {
        answer_unknown(r);
        return;
    }
    member_bool(request_object_begin(r), "cancelled", true);
    request_object_end(r, 200);
}

void studies_stats(struct studies *s, struct study_stats *out_stats)
{
    (void)pthread_mutex_lock(&s->lock);
    *out_stats = s->stats;
    out_stats->waiting = waiting_count(s);
    for (const struct study *y = s->first; y != NULL; y = y->next)
        out_stats->kept += y->phase == PHASE_OVER;
    (void)pthread_mutex_unlock(&s->lock);
}

struct study_shelves *studies_shelves(struct studies *s)
{
    return s->shelves;
}

/* --- life --- */

/* By a clock that nobody sets. */
static void changed_init(pthread_cond_t *changed)
{
    pthread_condattr_t monotonic;
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(changed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
}

fallible studies_create(struct studies **out_studies, struct err *e)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned workers = cores < 1 ? 1 : cores > (long)THREADS_MAX ? THREADS_MAX : (unsigned)cores;
    struct studies *s = calloc(1, sizeof *s);
    if (s == NULL)
        return FAIL(e, FULL, "no memory for questions");
    (void)pthread_mutex_init(&s->lock, NULL);
    changed_init(&s->changed);
    s->shelves = study_shelves_create();
    for (; s->thread_count < workers + STUDY_READERS + 1; s->thread_count++) {
        unsigned n = s->thread_count;
        void *(*run)(void *) = n < workers ? worker_run : n < workers + STUDY_READERS ? reader_run : keeper_run;
        if (pthread_create(&s->threads[n], NULL, run, s) == 0)
            continue;
        studies_send_home(s);
        studies_destroy(s);
        return FAIL(e, FULL, "can't start a thread for questions");
    }
    *out_studies = s;
    return DONE;
}

/* Under the lock: one that somebody waits for, or that works. */
static struct study *study_unended(const struct studies *s)
{
    struct study *y = s->first;
    while (y != NULL && y->phase == PHASE_OVER)
        y = y->next;
    return y;
}

void studies_send_home(struct studies *s)
{
    if (s == NULL)
        return;
    (void)pthread_mutex_lock(&s->lock);
    s->closing = true;
    if (s->current != NULL)
        study_cancel(s, s->current);
    (void)pthread_cond_broadcast(&s->changed);
    (void)pthread_mutex_unlock(&s->lock);
    study_shelves_wake(s->shelves);
    for (unsigned i = 0; i < s->thread_count; i++)
        (void)pthread_join(s->threads[i], NULL);
    s->thread_count = 0;
    (void)pthread_mutex_lock(&s->lock);
    for (struct study *y = study_unended(s); y != NULL; y = study_unended(s)) {
        y->status = FAIL(&y->error, UNAVAILABLE, "the daemon ends");
        own_free(y);
        study_over(s, y);
    }
    (void)pthread_mutex_unlock(&s->lock);
}

void studies_destroy(struct studies *s)
{
    if (s == NULL)
        return;
    assert(s->closing && s->thread_count == 0);
    for (struct study *y = s->first, *next; y != NULL; y = next) {
        next = y->next;
        study_free(y);
    }
    study_shelves_destroy(s->shelves);
    (void)pthread_cond_destroy(&s->changed);
    (void)pthread_mutex_destroy(&s->lock);
    free(s);
}
