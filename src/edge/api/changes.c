/* Changes, asked for behind a cursor. They are read on the engine's thread, a slice at a time; then, beside it, the events among them.
 * Whoever wants to wait for the next change is parked, and the doorman's thread asks again until there is one. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "domain/event/event.h"
#include "edge/api/api.h"
#include "edge/api/audience.h"
#include "edge/api/changes_print.h"
#include "edge/scope.h"
#include "lib/nearest.h"

#define LINES_USUAL 500u
#define LINES_MAX 2000u
#define LINES_BYTES ((size_t)4 << 20)        /* an answer is closed behind so many */
#define LINES_BYTES_MAX ((size_t)16 << 20)   /* the largest order with all its parts is far below the rest */
#define EVENTS_BYTES_MAX ((size_t)256 << 20) /* LINES_MAX of the largest events, printed */
#define SLICE_US US_PER_MS
#define SLICE_CHANGES_MAX 256u /* so that what they touch stays about within what a reader may */
#define SLICES_MAX 64u         /* of one answer, of which a filter may leave nothing */
#define PARTS_MAX 256u         /* of a split: people of one step */
#define WAIT_SECONDS_MAX 60u
#define PARKED_MAX 256u
#define LOOK_AGAIN_US (100 * US_PER_MS)
#define USED_KEPT 64u

enum from { FROM_CURSOR, FROM_START, FROM_NOW, FROM_CONSUMER };

struct changes_request {
    struct request *request;
    struct changes_request *next; /* while it is parked */
    struct changes_filter filter;
    enum from from;
    struct bytes consumer;
    uint64_t limit;
    int64_t until_us; /* monotonic: how long it waits for a change */
    bool is_placed;   /* `after` is where it goes on */
    struct change_cursor after;
    /* What there is so far: of the slices before this one, and with this one. */
    struct buf lines;
    struct change_line *list;
    size_t count;
    unsigned slices;
    struct {
        struct change_cursor after;
        size_t count, bytes;
        bool at_end;
    } slice;
    /* Of events. */
    struct event_view *events;
    struct brands_seen brands;
    struct erased erased; /* behind the first change that is told */
    struct buf answer;
    size_t answered; /* lines of the list that are in it */
    uint32_t
        used[USED_KEPT]; /* definitions that were told of, by their number modulo that: so each is noted about once */
};

/* --- waiting --- */

struct doorman {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t thread;
    struct changes_request *parked;
    size_t count;
    bool closing;
};

static void slice_ask(struct request *r);

static bool park(struct doorman *d, struct changes_request *c)
{
    (void)pthread_mutex_lock(&d->lock);
    bool room = !d->closing && d->count < PARKED_MAX;
    if (room) {
        c->next = d->parked;
        d->parked = c;
        d->count++;
        (void)pthread_cond_signal(&d->changed);
    }
    (void)pthread_mutex_unlock(&d->lock);
    return room;
}

/* Takes all that are parked, a while after the first of them came; under the lock. */
static struct changes_request *parked_take(struct doorman *d)
{
    while (d->parked == NULL && !d->closing)
        (void)pthread_cond_wait(&d->changed, &d->lock);
    int64_t until_us = time_monotonic_us() + LOOK_AGAIN_US;
    struct timespec until = {.tv_sec = until_us / US_PER_SECOND, .tv_nsec = until_us % US_PER_SECOND * 1000};
    while (!d->closing && pthread_cond_timedwait(&d->changed, &d->lock, &until) == 0)
        continue;
    struct changes_request *taken = d->parked;
    d->parked = NULL;
    d->count = 0;
    return taken;
}

static void *doorman_run(void *context)
{
    struct doorman *d = context;
    bool closing = false;
    while (!closing) {
        (void)pthread_mutex_lock(&d->lock);
        struct changes_request *taken = parked_take(d), *next;
        closing = d->closing;
        (void)pthread_mutex_unlock(&d->lock);
        for (; taken != NULL; taken = next) {
            next = taken->next;
            slice_ask(taken->request);
        }
    }
    return NULL;
}

/* By a clock that nobody sets: else a step back would keep all who wait waiting. */
static void changed_init(pthread_cond_t *changed)
{
    pthread_condattr_t monotonic;
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(changed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
}

fallible doorman_create(struct doorman **out_doorman, struct err *e)
{
    struct doorman *d = calloc(1, sizeof *d);
    if (d == NULL)
        return FAIL(e, FULL, "no memory for those who wait for changes");
    (void)pthread_mutex_init(&d->lock, NULL);
    changed_init(&d->changed);
    if (pthread_create(&d->thread, NULL, doorman_run, d) != 0) {
        free(d);
        return FAIL(e, FULL, "can't start the thread of those who wait for changes");
    }
    *out_doorman = d;
    return DONE;
}

void doorman_send_home(struct doorman *d)
{
    if (d == NULL)
        return;
    (void)pthread_mutex_lock(&d->lock);
    d->closing = true;
    (void)pthread_cond_signal(&d->changed);
    (void)pthread_mutex_unlock(&d->lock);
    (void)pthread_join(d->thread, NULL);
}

void doorman_destroy(struct doorman *d)
{
    if (d == NULL)
        return;
    assert(d->closing && d->parked == NULL);
    (void)pthread_cond_destroy(&d->changed);
    (void)pthread_mutex_destroy(&d->lock);
    free(d);
}

/* --- on the engine's thread --- */

static const struct problem not_kept = {
    .status = 409,
    .slug = "changes-not-kept",
    .title = "No changes are kept",
    .detail = "Nobody has asked for them: PUT /api/v1/consumers/NAME with {\"from\":\"now\"} first."};
static const struct problem gone = {.status = 410,
                                    .slug = "changes-gone",
                                    .title = "Changes behind this cursor are not kept any more",
                                    .detail = "Take a new cursor with after=now, export what there is, then go on "
                                              "behind the cursor; or begin at what is left with after=start."};
static const struct problem ahead = {
    .status = 410,
    .slug = "changes-ahead",
    .title = "No change has come so far yet",
    .detail = "The workspace was restored from a backup since, or the cursor is another one's: take a new one with "
              "after=now, and export what there is."};

/* Where an answer begins; a consumer's is told by what it has acknowledged. */
static bool place_find(struct changes_request *c, const struct view *v, struct changes_span span,
                       struct problem *out_problem)
{
    struct consumer consumer;
    if (c->from == FROM_CONSUMER && !consumer_find(v, c->consumer, &consumer)) {
        *out_problem = (struct problem){.status = 404,
                                        .slug = "no-such-consumer",
                                        .title = "There is no consumer of this name",
                                        .detail = "PUT /api/v1/consumers/NAME with {\"from\":\"now\"} makes it."};
        return false;
    }
    if (c->from == FROM_CONSUMER)
        c->after = consumer.acknowledged;
    else if (c->from == FROM_START)
        c->after = span.begin;
    else if (c->from == FROM_NOW)
        c->after = span.end;
    c->is_placed = true;
    return true;
}

/* May it go on where it is? What is gone while an answer grows is told to the next one. */
static bool place_is_good(struct changes_request *c, const struct view *v, struct problem *out_problem)
{
    struct changes_span span;
    if (!changes_span(v, &span)) {
        *out_problem = not_kept;
        return false;
    }
    if (!c->is_placed && !place_find(c, v, span, out_problem))
        return false;
    if (change_cursor_compare(c->after, span.begin) < 0)
        *out_problem = gone;
    else if (change_cursor_compare(c->after, span.end) > 0)
        *out_problem = ahead;
    return out_problem->status == 0;
}

/* All changes of one cursor: the parts of a split, else one. */
static size_t group_next(struct changes_walk *w, struct kept_change parts[PARTS_MAX])
{
    size_t count = changes_walk_next(w, &parts[0]);
    for (bool more = count > 0; more;) {
        struct changes_walk next = *w;
        struct kept_change c;
        more = changes_walk_next(&next, &c) && c.position == parts[0].position && c.index == parts[0].index;
        if (!more)
            break;
        *w = next;
        if (count < PARTS_MAX)
            parts[count++] = c;
    }
    return count;
}

/* Whose the events of who was erased were may be known again by the same identifier: so they are left out by their position. */
static void erased_find(struct changes_request *c, const struct view *v)
{
    bool more = true;
    if (c->erased.from == 0)
        erased_init(&c->erased, c->list[0].change.position);
    while (more)
        more = erased_gather(&c->erased, v);
}

static void events_open(struct changes_request *c, const struct view *v)
{
    struct request *r = c->request;
    event_view_close(c->events); /* of an earlier slice: the newest one has all */
    c->events = event_view_open(v, workspace_surroundings(r->workspace));
    c->brands = scope_brands_seen(r->token, v, request_arena(r));
    erased_find(c, v);
}

/* An erasure is told once, so its list of whom they had absorbed must be whole; what comes behind it waits as well. */
static bool is_ripe(const struct changes_request *c, const struct view *v, const struct kept_change *change)
{
    return change->fact != CHANGE_ERASED || !changes_filter_wants(&c->filter, change) ||
           identity_erasure_is_listed(v, change->position);
}

/* Somebody acts on who comes and leaves. Should this run again, it is noted again: the same day. */
static void use_note(struct changes_request *c, const struct view *v, const struct kept_change *change)
{
    bool is_of_audience = change->fact == CHANGE_SEGMENT_ENTERED || change->fact == CHANGE_SEGMENT_LEFT ||
                          change->fact == CHANGE_TAG;
    uint32_t *used = &c->used[change->object % USED_KEPT];
    if (!is_of_audience || *used == change->object)
        return;
    *used = change->object;
    audience_use_note(c->request, change->object, AUDIENCE_USE_CHANGES,
                      audience_use_is_new(v, change->object, AUDIENCE_USE_CHANGES));
}

static void slice_print(struct changes_request *c, const struct view *v)
{
    struct changes_walk w;
    struct kept_change parts[PARTS_MAX];
    bool has_events = false;
    int64_t begin_us = time_monotonic_us();
    changes_walk_begin(v, c->after, &w);
    for (uint32_t looked = 0; looked < SLICE_CHANGES_MAX && c->slice.count < c->limit && c->lines.size < LINES_BYTES;
         looked++) {
        if (looked > 0 && time_monotonic_us() - begin_us > SLICE_US)
            break;
        size_t count = group_next(&w, parts);
        c->slice.at_end = count == 0 || !is_ripe(c, v, &parts[0]);
        if (c->slice.at_end)
            break;
        struct change_line *line = &c->list[c->slice.count];
        c->slice.after = (struct change_cursor){parts[0].position, parts[0].index};
        bool is_told = change_line_print(c->request, v, &c->filter, parts, count, &c->lines, line);
        c->slice.count += is_told;
        if (is_told)
            use_note(c, v, &parts[0]);
        has_events |= is_told && line->size == 0;
    }
    if (has_events)
        events_open(c, v);
}

/* Runs again when something was cold: begins where the slice before ended. */
static void slice_read(const struct view *v, void *context)
{
    struct request *r = context;
    struct changes_request *c = r->context;
    r->problem = (struct problem){0};
    c->lines.size = c->slice.bytes;
    c->slice.count = c->count;
    c->slice.after = c->after;
    c->slice.at_end = true;
    if (place_is_good(c, v, &r->problem)) {
        c->slice.after = c->after;
        slice_print(c, v);
    } else if (c->count > 0) {
        r->problem = (struct problem){0};
    }
}

static void answer_make(void *context);

static void changes_end(struct changes_request *c)
{
    event_view_close(c->events);
    erased_fini(&c->erased);
    buf_fini(&c->lines);
    buf_fini(&c->answer);
}

static void changes_failed(struct request *r, struct status status, const struct err *e)
{
    changes_end(r->context);
    request_failed(r, status, e);
}

static bool goes_on(const struct changes_request *c)
{
    return !c->slice.at_end && c->count < c->limit && c->lines.size < LINES_BYTES && c->slices < SLICES_MAX;
}

static bool waits(struct changes_request *c)
{
    return c->count == 0 && c->slice.at_end && time_monotonic_us() < c->until_us &&
           park(door_doorman(c->request->door), c);
}

static void slice_done(struct request *r)
{
    struct changes_request *c = r->context;
    struct err e = {0};
    if (r->problem.status == 0 && !catalogue_has(r->workspace, r->token, time_now_us()))
        r->problem = (struct problem){
            .status = 401, .slug = "no-token", .title = "Who are you?", .detail = "The token has changed or ended."};
    if (r->problem.status != 0) {
        changes_end(c);
        request_problem(r, &r->problem);
        return;
    }
    c->after = c->slice.after;
    c->count = c->slice.count;
    c->slice.bytes = c->lines.size;
    c->slices++;
    if (goes_on(c)) {
        slice_ask(r);
        return;
    }
    c->slices = 0;
    if (waits(c))
        return;
    struct status status = host_background(request_host(r), answer_make, r, &e);
    if (failed(status))
        changes_failed(r, status, &e);
}

static void slice_over(struct message *m, struct status status)
{
    struct request *r = m->context;
    struct err e = {0};
    if (done(status)) {
        slice_done(r);
        return;
    }
    err_set(&e, "%s", workspace_trouble(r->workspace));
    changes_failed(r, status, &e);
}

/* Not by request_read: what an answer has gathered so far goes with a failure. */
static void slice_ask(struct request *r)
{
    struct err e = {0};
    r->message = (struct message){.workspace = r->workspace, .read = slice_read, .done = slice_over, .context = r};
    struct status status = host_send(request_host(r), &r->message, &e);
    if (failed(status))
        changes_failed(r, status, &e);
}

/* --- the answer, on a thread for long questions --- */

/* What stands before the event at `until`; an event that was not found is gone. */
static void lines_copy(struct changes_request *c, size_t until)
{
    for (; c->answered < until; c->answered++) {
        const struct change_line *line = &c->list[c->answered];
        buf_push(&c->answer, bytes_slice(buf_bytes(&c->lines), line->from, line->from + line->size));
    }
}

struct event_lines {
    struct changes_request *changes;
    size_t *at; /* of each event, its line */
};

static void event_take(void *context, size_t at, struct bytes packed)
{
    const struct event_lines *lines = context;
    struct changes_request *c = lines->changes;
    const struct kept_change *change = &c->list[lines->at[at]].change;
    struct envelope envelope;
    lines_copy(c, lines->at[at]);
    if (failed(envelope_unpack(packed, &envelope, NULL)) ||
        !erased_leave(&c->erased, change->position, change->owner, &envelope) ||
        !scope_sees_event_of(c->request->token, &c->brands, envelope.reference[REF_BRAND],
                             envelope.reference[REF_STORE]) ||
        (c->filter.brand.size > 0 && !bytes_equal(c->filter.brand, envelope.reference[REF_BRAND])))
        return;
    change_line_print_event(c->request, &c->list[lines->at[at]], &envelope, &c->answer);
}

static fallible events_print(struct changes_request *c, struct err *e)
{
    struct arena *a = request_arena(c->request);
    struct event_sought *sought = ARENA_ARRAY(a, struct event_sought, c->count + 1);
    struct event_lines lines = {.changes = c, .at = ARENA_ARRAY(a, size_t, c->count + 1)};
    size_t count = 0;
    for (size_t i = 0; i < c->count; i++) {
        if (c->list[i].size > 0)
            continue;
        sought[count] = (struct event_sought){c->list[i].change.position, c->list[i].change.subject};
        lines.at[count++] = i;
    }
    if (count == 0)
        return DONE;
    TRY(erased_settle(&c->erased, e));
    return event_find_all(c->events, sought, count, event_take, &lines, e);
}

/* The last line says where to go on, also when nothing was for this token. */
static void cursor_put(struct changes_request *c)
{
    char text[CHANGE_CURSOR_TEXT_BYTES];
    struct json_writer w;
    json_writer_init(&w, &c->answer, false);
    json_object_begin(&w);
    member_text(&w, "cursor", change_cursor_text(c->after, text));
    member_bool(&w, "more", !c->slice.at_end);
    json_object_end(&w);
    buf_push_byte(&c->answer, '\n');
}

static void answer_make(void *context)
{
    static const struct http_header headers[] = {{"Cache-Control", "no-store"}};
    struct request *r = context;
    struct changes_request *c = r->context;
    struct err e = {0};
    buf_init(&c->answer, EVENTS_BYTES_MAX);
    struct status status = events_print(c, &e);
    lines_copy(c, c->count);
    bool is_told = c->answer.size > 0;
    cursor_put(c);
    if (done(status) && (c->answer.overflowed || c->lines.overflowed))
        status = FAIL(&e, LIMIT, "that is too much at once: ask for less with limit, or without state");
    if (failed(status)) {
        changes_failed(r, status, &e);
        return;
    }
    if (is_told)
        request_note_read(r, r->route->path, PERSON_NONE);
    struct http_reply reply = {.status = 200,
                               .content_type = "application/x-ndjson",
                               .body = buf_bytes(&c->answer),
                               .body_kind = HTTP_BODY_GIVEN,
                               .headers = headers,
                               .header_count = COUNT_OF(headers)};
    c->answer = (struct buf){0}; /* the server has it now */
    changes_end(c);
    request_reply(r, &reply);
}

/* --- the request --- */

/* "event_arrived,person_merged" */
static fallible facts_read(struct bytes text, uint32_t *out_facts, struct err *e)
{
    const char *names[CHANGE_FACT_END - 1];
    for (size_t i = 0; i < COUNT_OF(names); i++)
        names[i] = change_fact_name((enum change_fact)(i + 1));
    while (text.size > 0) {
        const uint8_t *comma = memchr(text.data, ',', text.size);
        size_t size = comma == NULL ? text.size : (size_t)(comma - text.data), at = 0;
        struct bytes name = bytes_slice(text, 0, size);
        while (at < COUNT_OF(names) && !bytes_equal(bytes_of_text(names[at]), name))
            at++;
        const char *near = at < COUNT_OF(names) ? NULL : near_name(name, names, COUNT_OF(names), sizeof *names);
        if (at == COUNT_OF(names))
            return FAIL(e, INVALID, "facts: no such word%s%s", near == NULL ? "" : ": did you mean ",
                        near == NULL ? "" : near);
        *out_facts |= 1u << (at + 1);
        text = bytes_slice(text, comma == NULL ? size : size + 1, text.size);
    }
    return DONE;
}

static fallible from_read(struct request *r, struct changes_request *c, struct err *e)
{
    struct bytes after = http_query(r->x, "after");
    c->consumer = http_query(r->x, "consumer");
    if (after.size > 0 && c->consumer.size > 0)
        return FAIL(e, INVALID, "say either after or consumer");
    c->is_placed = change_cursor_read(after, &c->after);
    if (c->is_placed)
        c->from = FROM_CURSOR;
    else if (c->consumer.size > 0)
        c->from = FROM_CONSUMER;
    else if (after.size == 0 || bytes_equal(after, BYTES_LIT("start")))
        c->from = FROM_START;
    else if (bytes_equal(after, BYTES_LIT("now")))
        c->from = FROM_NOW;
    else
        return FAIL(e, INVALID, "after: want the cursor of a change, start or now");
    return DONE;
}

static fallible changes_request_read(struct request *r, struct changes_request *c, struct err *e)
{
    struct bytes state = http_query(r->x, "state");
    uint64_t wait_seconds;
    TRY(from_read(r, c, e));
    TRY(facts_read(http_query(r->x, "facts"), &c->filter.facts, e));
    TRY(query_number(r, "limit", LINES_USUAL, LINES_MAX, &c->limit, e));
    TRY(query_number(r, "wait", 0, WAIT_SECONDS_MAX, &wait_seconds, e));
    if (state.size > 0 && !bytes_equal(state, BYTES_LIT("1")))
        return FAIL(e, INVALID, "state: want 1, or leave it out");
    c->filter.with_state = state.size > 0;
    c->filter.brand = http_query(r->x, "brand");
    c->limit = c->limit == 0 ? 1 : c->limit;
    c->until_us = time_monotonic_us() + (int64_t)wait_seconds * US_PER_SECOND;
    return DONE;
}

void api_changes(struct request *r)
{
    struct changes_request *c = ARENA_NEW(request_arena(r), struct changes_request);
    struct err e = {0};
    c->request = r;
    struct status status = changes_request_read(r, c, &e);
    if (failed(status)) {
        request_failed(r, status, &e);
        return;
    }
    r->context = c;
    c->list = ARENA_ARRAY(request_arena(r), struct change_line, c->limit);
    buf_init(&c->lines, LINES_BYTES_MAX);
    slice_ask(r);
}
