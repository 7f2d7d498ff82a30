/* The live stream: what becomes true, as server-sent events. The engine's thread copies each fact into the streams that
 * want it; a stream whose client is too slow is dropped, with a comment that says so, and the client may come back. */
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "domain/calendar/calendar.h"
#include "edge/api/api.h"
#include "edge/api/audience.h"
#include "edge/api/audience_survey.h"
#include "edge/journal.h"
#include "edge/scope.h"

#define FACTS_MAX 16u
#define FACT_NAME_BYTES_MAX 64u
#define EVENT_BYTES_MAX (64u << 10)
#define STREAMS_MAX 256u
#define KEEP_ALIVE_US (15 * US_PER_SECOND)
#define LOOK_US (US_PER_SECOND / 2)
#define FAREWELL_MS 5000u
#define FAREWELL ": too slow, dropped: connect again\n\n"

struct live {
    struct live *next;
    struct door *door;
    struct host *host;
    struct host_listener *listener;
    struct workspace *workspace;
    struct http_stream *stream;
    struct token token;                    /* a copy: its scope outlives the request */
    bool is_scoped;
    size_t fact_count;                     /* 0: all */
    char facts[FACTS_MAX][FACT_NAME_BYTES_MAX];
    bool is_of_definition;                 /* only who enters, leaves or changes this one: */
    enum audience_kind kind;
    char definition[AUDIENCE_NAME_BYTES_MAX + 1];
    int32_t noted_day;                     /* on which its use was noted last; the engine's thread */
    struct buf line;                       /* the engine's thread */
    struct json_parser *parser;            /* the engine's thread */
    _Atomic(enum http_push) state;         /* FULL, GONE: to be dropped */
    int64_t alive_us;                      /* monotonic; the keeper's thread */
};

struct streams {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t keeper;
    struct live *first;
    size_t count;
    bool closing;
};

/* --- what is told; on the engine's thread --- */

static bool wants(const struct live *l, const struct fact_kind *kind)
{
    for (size_t i = 0; i < l->fact_count; i++)
        if (strcmp(l->facts[i], kind->name) == 0)
            return true;
    return l->fact_count == 0;
}

/* Of one definition: what is said of it by name. */
static bool is_of_it(struct live *l, const struct fact_kind *kind, struct bytes json)
{
    bool is_kind = l->kind == AUDIENCE_TAG ? kind == &fact_tag_changed
                                           : kind == &fact_segment_entered || kind == &fact_segment_left;
    struct json root;
    if (!l->is_of_definition)
        return true;
    return is_kind && done(json_parse(l->parser, json, &root, NULL)) &&
           bytes_equal(json_string(json_find(root, bytes_of_text(audience_kind_names[l->kind]))),
                       bytes_of_text(l->definition));
}

/* A fact of an event that is told, and whether its brand is seen now. */
struct told_event {
    const struct live *live;
    struct bytes brand, store;
    bool is_seen;
};

static void look_at(const struct view *v, void *context)
{
    struct told_event *event = context;
    event->is_seen = scope_sees_event(&event->live->token, v, event->brand, event->store);
}

/* A token with a scope gets the events that it may see when they are told, so one that is told behind the end of a share isn't. Of
 * other facts nobody can tell whose they are. */
static bool may_hear(struct live *l, const struct fact_kind *kind, struct bytes json)
{
    struct json root;
    if (!l->is_scoped)
        return true;
    if (kind != &fact_arrived || failed(json_parse(l->parser, json, &root, NULL)))
        return false;
    struct told_event event = {.live = l, .brand = json_string(json_find(root, BYTES_LIT("brand"))), .store = json_string(json_find(root, BYTES_LIT("store")))};
    engine_read(workspace_engine(l->workspace), look_at, &event);
    return event.is_seen;
}

/* A stream ends with the token that it was opened with. */
static bool token_ended(struct live *l, const struct fact_kind *kind, struct bytes json)
{
    struct json root;
    return kind == &fact_token_changed && done(json_parse(l->parser, json, &root, NULL)) &&
           bytes_equal(json_string(json_find(root, BYTES_LIT("token"))), bytes_of_text(l->token.name));
}

/* Once a day, whether or not the note is applied yet: what is told next is of the same step, or of its group. */
static void use_look(const struct view *v, void *context)
{
    struct live *l = context;
    const struct request look = {.door = l->door, .workspace = l->workspace};
    int32_t today = calendar_day_of(v, v->now_us);
    struct audience a;
    if (today == l->noted_day)
        return;
    l->noted_day = today;
    if (audience_find(v, l->kind, bytes_of_text(l->definition), &a))
        audience_use_note(&look, a.number, AUDIENCE_USE_CHANGES, audience_use_is_new(v, a.number, AUDIENCE_USE_CHANGES));
}

static void told(void *context, uint64_t position, const struct fact_kind *kind, enum cause cause, int64_t time_us, struct bytes json)
{
    struct live *l = context;
    struct json_writer w;
    if (token_ended(l, kind, json))
        atomic_store(&l->state, HTTP_PUSH_GONE);
    if (atomic_load_explicit(&l->state, memory_order_relaxed) != HTTP_PUSHED || !wants(l, kind) ||
        !is_of_it(l, kind, json) || !may_hear(l, kind, json))
        return;
    buf_clear(&l->line);
    l->line.overflowed = false;
    buf_printf(&l->line, "id: %" PRIu64 "\nevent: %s\ndata: ", position, kind->name);
    json_writer_init(&w, &l->line, false);
    json_object_begin(&w);
    member_uint(&w, "position", position);
    member_time(&w, "time", time_us);
    member_text(&w, "fact", kind->name);
    member_text(&w, "cause", cause_name(cause));
    json_key(&w, "data");
    json_put_raw(&w, json);
    json_object_end(&w);
    buf_push_text(&l->line, "\n\n");
    if (l->is_of_definition)
        engine_read(workspace_engine(l->workspace), use_look, l);
    if (!l->line.overflowed)
        atomic_store_explicit(&l->state, http_stream_push(l->stream, buf_bytes(&l->line)), memory_order_relaxed);
}

/* --- their keeper --- */

static void live_free(struct live *l)
{
    buf_fini(&l->line);
    json_parser_destroy(l->parser);
    free(l);
}

/* Not under the lock of the streams: the engine's thread may be telling. */
static void live_end(struct live *l)
{
    host_unlisten(l->host, l->listener);
    if (atomic_load(&l->state) == HTTP_PUSH_FULL && http_stream_wait(l->stream, sizeof FAREWELL - 1, FAREWELL_MS))
        (void)http_stream_push(l->stream, BYTES_LIT(FAREWELL));
    http_stream_end(l->stream);
    live_free(l);
}

/* A client that has gone is noticed only by sending to it. */
static bool is_over(struct live *l, int64_t now_us)
{
    if (atomic_load(&l->state) != HTTP_PUSHED || (l->token.expires_us != 0 && l->token.expires_us <= time_now_us()))
        return true;
    if (now_us - l->alive_us < KEEP_ALIVE_US)
        return false;
    l->alive_us = now_us;
    return http_stream_push(l->stream, BYTES_LIT(": alive\n\n")) == HTTP_PUSH_GONE;
}

/* Takes those that are over out of the list. */
static struct live *over_take(struct streams *s, int64_t now_us)
{
    struct live *over = NULL;
    for (struct live **at = &s->first; *at != NULL;) {
        struct live *l = *at;
        if (!s->closing && !is_over(l, now_us)) {
            at = &l->next;
            continue;
        }
        *at = l->next;
        s->count--;
        l->next = over;
        over = l;
    }
    return over;
}

static void keeper_wait(struct streams *s)
{
    int64_t until_us = time_now_us() + LOOK_US;
    struct timespec until = {.tv_sec = until_us / US_PER_SECOND, .tv_nsec = until_us % US_PER_SECOND * 1000};
    (void)pthread_cond_timedwait(&s->changed, &s->lock, &until);
}

static void *keeper_run(void *context)
{
    struct streams *s = context;
    (void)pthread_mutex_lock(&s->lock);
    while (!s->closing || s->first != NULL) {
        if (!s->closing)
            keeper_wait(s);
        struct live *over = over_take(s, time_monotonic_us());
        (void)pthread_mutex_unlock(&s->lock);
        for (struct live *next; over != NULL; over = next) {
            next = over->next;
            live_end(over);
        }
        (void)pthread_mutex_lock(&s->lock);
    }
    (void)pthread_mutex_unlock(&s->lock);
    return NULL;
}

fallible streams_create(struct streams **out_streams, struct err *e)
{
    struct streams *s = calloc(1, sizeof *s);
    if (s == NULL)
        return FAIL(e, FULL, "no memory for event streams");
    (void)pthread_mutex_init(&s->lock, NULL);
    (void)pthread_cond_init(&s->changed, NULL);
    if (pthread_create(&s->keeper, NULL, keeper_run, s) != 0) {
        free(s);
        return FAIL(e, FULL, "can't start the thread of event streams");
    }
    *out_streams = s;
    return DONE;
}

void streams_destroy(struct streams *s)
{
    if (s == NULL)
        return;
    (void)pthread_mutex_lock(&s->lock);
    s->closing = true;
    (void)pthread_cond_signal(&s->changed);
    (void)pthread_mutex_unlock(&s->lock);
    (void)pthread_join(s->keeper, NULL);
    (void)pthread_cond_destroy(&s->changed);
    (void)pthread_mutex_destroy(&s->lock);
    free(s);
}

/* --- the request --- */

static bool fact_is_known(const struct registry *registry, struct bytes name)
{
    for (size_t d = 0; d < registry_domain_count(registry); d++) {
        const struct domain *domain = registry_domain(registry, d);
        for (size_t i = 0; i < domain->say_count; i++)
            if (domain->says[i]->print != NULL && bytes_equal(bytes_of_text(domain->says[i]->name), name))
                return true;
    }
    return false;
}

/* "event_arrived,person_merged" */
static fallible facts_read(const struct request *r, struct bytes text, struct live *l, struct err *e)
{
    while (text.size > 0) {
        size_t end = 0;
        while (end < text.size && text.data[end] != ',')
            end++;
        struct bytes name = bytes_slice(text, 0, end);
        text = bytes_slice(text, end < text.size ? end + 1 : end, text.size);
        if (l->fact_count == FACTS_MAX)
            return FAIL(e, INVALID, "facts: at most %u names", FACTS_MAX);
        if (name.size >= FACT_NAME_BYTES_MAX || !fact_is_known(host_registry(request_host(r)), name))
            return FAIL(e, INVALID, "facts: '%.*s' is none; /api/v1/openapi.json lists them", BYTES_ARG(bytes_slice(name, 0, name.size > 60 ? 60 : name.size)));
        memcpy(l->facts[l->fact_count++], name.data, name.size);
    }
    return DONE;
}

/* "segment:vip" */
static fallible definition_read(struct bytes text, struct live *l, struct err *e)
{
    struct survey_ref ref;
    if (text.size == 0)
        return DONE;
    TRY(WRAP(e, survey_ref_read(text, &ref, e), "of"));
    if (ref.name.size > AUDIENCE_NAME_BYTES_MAX || ref.value.size > 0)
        return FAIL(e, INVALID, "of: want segment:NAME or tag:NAME");
    l->is_of_definition = true;
    l->kind = ref.kind;
    memcpy(l->definition, ref.name.data, ref.name.size);
    return DONE;
}

static fallible live_create(struct request *r, struct live **out_live, struct err *e)
{
    struct live *l = calloc(1, sizeof *l);
    if (l == NULL)
        return FAIL(e, FULL, "no memory for a stream");
    l->noted_day = AUDIENCE_NEVER;
    l->door = r->door;
    l->host = request_host(r);
    l->workspace = r->workspace;
    l->token = *r->token;
    l->is_scoped = scope_is_limited(r->token) || scope_names_store(r->token);
    l->alive_us = time_monotonic_us();
    buf_init(&l->line, EVENT_BYTES_MAX);
    struct status status = facts_read(r, http_query(r->x, "facts"), l, e);
    if (done(status))
        status = definition_read(http_query(r->x, "of"), l, e);
    if (done(status) && (l->parser = json_parser_create(EVENT_BYTES_MAX)) == NULL)
        status = FAIL(e, FULL, "no memory for a stream");
    if (failed(status)) {
        live_free(l);
        return status;
    }
    *out_live = l;
    return DONE;
}

static bool streams_reserve(struct streams *s)
{
    (void)pthread_mutex_lock(&s->lock);
    bool room = s->count < STREAMS_MAX && !s->closing;
    s->count += room;
    (void)pthread_mutex_unlock(&s->lock);
    return room;
}

static void streams_add(struct streams *s, struct live *l)
{
    (void)pthread_mutex_lock(&s->lock);
    l->next = s->first;
    s->first = l;
    (void)pthread_mutex_unlock(&s->lock);
}

void api_stream(struct request *r)
{
    static const struct http_header headers[] = {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}};
    struct streams *s = door_streams(r->door);
    struct live *l;
    struct err e = {0};
    struct status status = live_create(r, &l, &e);
    if (done(status) && !streams_reserve(s)) {
        live_free(l);
        status = FAIL(&e, FULL, "%u streams are open already: close one, or try again", STREAMS_MAX);
    }
    if (failed(status)) {
        request_failed(r, status, &e);
        return;
    }
    struct workspace *w = r->workspace;
    struct catalogue *catalogue = r->catalogue;
    struct http_reply reply = {.status = 200, .content_type = "text/event-stream", .headers = headers, .header_count = COUNT_OF(headers)};
    l->stream = http_stream_begin(r->x, &reply); /* answers: the request is gone */
    catalogue_give(catalogue);
    (void)http_stream_push(l->stream, BYTES_LIT(": listening\n\n"));
    l->listener = host_listen(l->host, w, NULL, told, l);
    streams_add(s, l);
}
