/* Exports: everything of one sort, as a stream that a client takes at its own speed. Each runs on a thread of its own. What is
 * numbered is read on the engine's thread, a slice at a time, so that commands wait no longer than for any other read; events are
 * read beside the engine, in the order of the log. What has been sent says where to go on, so an export that broke off is no loss. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "domain/event/event.h"
#include "edge/api/api.h"
#include "edge/api/audience.h"
#include "edge/api/audience_survey.h"
#include "edge/api/export_choice.h"
#include "edge/api/export_holders.h"
#include "edge/api/export_rows.h"
#include "edge/journal.h"
#include "edge/mask.h"
#include "edge/scope.h"
#include "lib/bitmap.h"

#define EXPORTS_MAX 4u
#define SLICE_US US_PER_MS /* of the engine's thread */
#define SLICE_ROWS_MAX 64u /* so that what they touch stays within what a reader may */
#define SLICE_BYTES ((size_t)256 << 10)
#define ROWS_BYTES_MAX ((size_t)64 << 20) /* of a slice; the largest order and all its parts are 1 MiB */
#define PIECE_BYTES ((size_t)64 << 10)    /* pushed at once */
#define STALLED_MS_MAX 30000u
#define BUSY_WAIT_US (20 * US_PER_MS) /* when the engine's queue is full */
#define BUSY_TRIES_MAX 1500u          /* half a minute */
#define LOOK_EVERY 1000u              /* events between two looks at the token, what it sees, and who was erased */
#define TEXT_BYTES_MAX 256u
#define BYTE_ORDER_MARK "\xef\xbb\xbf"
#define SORTING_PATH_BYTES 48u

struct exports {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t count;
    uint64_t ever; /* names the files that events are sorted in */
    bool closing;
};

struct running_export {
    struct exports *exports;
    const struct export_kind *kind;
    struct request request; /* what printers look at: door, workspace, catalogue, token; no exchange */
    struct token token;
    struct http_stream *stream;
    struct export_filter filter;
    char brand[TEXT_BYTES_MAX], thing_kind[TEXT_BYTES_MAX], shop[TEXT_BYTES_MAX],
        event[TEXT_BYTES_MAX]; /* what the filter borrows */
    bool is_csv, is_inert, in_chinese;
    uint64_t after;   /* a number, or a position */
    uint32_t read_to; /* the last number of a slice that isn't sent yet */
    struct export_key {
        size_t size;
        uint8_t bytes[EXPORT_KEY_BYTES_MAX];
    } key, read_key; /* the same of what has no number */
    struct export_rows rows;
    /* Of the people of a tag or segment. */
    struct bytes of; /* as it was asked for; empty: all people */
    struct survey_ref ref;
    const struct problem *problem; /* why there is no such set */
    struct bitmap *members;        /* frozen at the beginning; NULL: all */
    bool use_is_new;
    struct arena *said; /* of `of` and the filter's choice */
    struct buf lines, csv;
    struct json_parser *parser;
    bool over, stalled;
    /* Of events. */
    struct event_view *events;
    bool tells_people;             /* whose each event is now */
    struct export_holders holders; /* those that aren't told yet */
    struct arena *arena;           /* of `brands` */
    struct brands_seen brands;
    struct erased erased; /* since the view was opened, and what it still has of who was erased before */
    bool more_erased;     /* to gather */
    uint64_t rows_since_look;
    char sorting[SORTING_PATH_BYTES];
    struct err trouble;
};

/* --- out --- */

/* Waits for a slow client as long as it takes anything at all. */
static bool push(struct running_export *x, struct bytes more)
{
    while (more.size > 0 && !x->stalled) {
        struct bytes piece = bytes_slice(more, 0, more.size < PIECE_BYTES ? more.size : PIECE_BYTES);
        more = bytes_slice(more, piece.size, more.size);
        x->stalled = !http_stream_wait(x->stream, piece.size, STALLED_MS_MAX) ||
                     http_stream_push(x->stream, piece) != HTTP_PUSHED;
    }
    return !x->stalled;
}

static bool csv_line(struct running_export *x, struct bytes line)
{
    struct json row;
    if (failed(json_parse(x->parser, line, &row, NULL)))
        return false;
    export_csv_row(x->kind, row, x->is_inert, &x->csv);
    return !x->csv.overflowed;
}

/* Whole lines of JSON, as the client wants them. */
static fallible lines_send(struct running_export *x, struct bytes lines, struct err *e)
{
    buf_clear(&x->csv);
    for (struct bytes left = lines; x->is_csv && left.size > 0;) {
        const uint8_t *end = memchr(left.data, '\n', left.size);
        size_t size = end == NULL ? left.size : (size_t)(end - left.data);
        if (!csv_line(x, bytes_slice(left, 0, size)))
            return FAIL(e, LIMIT, "a row is too large for a table");
        left = bytes_slice(left, end == NULL ? size : size + 1, left.size);
    }
    return push(x, x->is_csv ? buf_bytes(&x->csv) : lines) ? DONE : FAIL(e, CANCELLED, "the client has gone");
}

/* --- may it go on? --- */

/* An export ends with the token that it was begun with. */
static fallible token_look(const struct running_export *x, struct err *e)
{
    return catalogue_has(x->request.workspace, &x->token, time_now_us())
               ? DONE
               : FAIL(e, DENIED, "the token has changed or ended");
}

/* --- on the engine's thread --- */

static void busy_wait(struct exports *s)
{
    int64_t until_us = time_now_us() + BUSY_WAIT_US;
    struct timespec until = {.tv_sec = until_us / US_PER_SECOND, .tv_nsec = until_us % US_PER_SECOND * 1000};
    (void)pthread_mutex_lock(&s->lock);
    (void)pthread_cond_timedwait(&s->changed, &s->lock, &until);
    (void)pthread_mutex_unlock(&s->lock);
}

/* An export has time: it waits while others fill the queue. */
static fallible read_patiently(struct running_export *x, engine_reader read, struct err *e)
{
    struct status status = host_read(request_host(&x->request), x->request.workspace, read, x, e);
    for (unsigned tries = 0; status.code == STATUS_FULL && tries < BUSY_TRIES_MAX; tries++) {
        busy_wait(x->exports);
        status = host_read(request_host(&x->request), x->request.workspace, read, x, e);
    }
    return status;
}

/* --- what is numbered --- */

/* The next number that may be wanted, at or above this one. */
static uint32_t number_at(const struct running_export *x, uint32_t number, uint32_t end)
{
    uint32_t member = number;
    if (x->members == NULL || number >= end)
        return number;
    return bitmap_list(x->members, number, &member, 1) == 1 && member < end ? member : end;
}

/* On the engine's thread; runs again when something was cold. */
static void slice_read(const struct view *v, void *context)
{
    struct running_export *x = context;
    int64_t begin_us = time_monotonic_us();
    uint32_t end = x->kind->end(v), number = number_at(x, (uint32_t)x->after + 1, end);
    buf_clear(&x->lines);
    x->lines.overflowed = false;
    for (uint32_t rows = 0; number < end && rows < SLICE_ROWS_MAX && x->lines.size < SLICE_BYTES;
         rows++, number = number_at(x, number + 1, end)) {
        if (rows > 0 && time_monotonic_us() - begin_us > SLICE_US)
            break;
        x->kind->put(&x->request, v, number, &x->filter, &x->rows);
    }
    x->over = number >= end;
    x->read_to = number - 1;
}

static void members_drop(const struct view *v, void *context)
{
    struct running_export *x = context;
    (void)v;
    bitmap_destroy(x->members);
    x->members = NULL;
}

/* Of a workspace that can't be read any more they went with all its memory. */
static void members_give(struct running_export *x)
{
    struct err e = {0};
    if (x->members == NULL)
        return;
    if (failed(read_patiently(x, members_drop, &e)))
        x->members = NULL;
    workspace_let_sleep(x->request.workspace);
}

static fallible numbered_run(struct running_export *x, struct err *e)
{
    while (!x->over) {
        TRY(token_look(x, e));
        TRY(read_patiently(x, slice_read, e));
        if (x->lines.overflowed)
            return FAIL(e, LIMIT, "a row is too large");
        TRY(lines_send(x, buf_bytes(&x->lines), e));
        x->after = x->read_to;
    }
    return DONE;
}

/* --- what has a key, behind that --- */

/* On the engine's thread; runs again when something was cold. */
static void rest_read(const struct view *v, void *context)
{
    struct running_export *x = context;
    int64_t begin_us = time_monotonic_us();
    struct bytes key = bytes_of(x->key.bytes, x->key.size);
    bool more = true;
    buf_clear(&x->lines);
    x->lines.overflowed = false;
    for (uint32_t rows = 0; more && rows < SLICE_ROWS_MAX && x->lines.size < SLICE_BYTES; rows++) {
        if (rows > 0 && time_monotonic_us() - begin_us > SLICE_US)
            break;
        more = x->kind->rest(&x->request, v, &x->filter, &key, &x->rows);
    }
    assert(key.size <= EXPORT_KEY_BYTES_MAX);
    x->over = !more;
    x->read_key.size = key.size;
    memmove(x->read_key.bytes, key.data, key.size);
}

static fallible rest_run(struct running_export *x, struct err *e)
{
    x->over = x->kind->rest == NULL || x->members != NULL;
    while (!x->over) {
        TRY(token_look(x, e));
        TRY(read_patiently(x, rest_read, e));
        if (x->lines.overflowed)
            return FAIL(e, LIMIT, "a row is too large");
        TRY(lines_send(x, buf_bytes(&x->lines), e));
        x->key = x->read_key;
    }
    return DONE;
}

/* --- events --- */

static void brands_read(const struct view *v, void *context)
{
    struct running_export *x = context;
    arena_reset(x->arena);
    x->brands = scope_brands_seen(&x->token, v, x->arena);
}

static void events_open(const struct view *v, void *context)
{
    struct running_export *x = context;
    brands_read(v, x);
    if (x->events == NULL) /* else of a first run */
        workspace_keep_awake(x->request.workspace);
    event_view_close(x->events);
    x->events = event_view_open(v, workspace_surroundings(x->request.workspace));
    erased_fini(&x->erased);
    erased_init(&x->erased, event_purged_until(v));
}

static void seen_read(const struct view *v, void *context)
{
    struct running_export *x = context;
    brands_read(v, x);
    x->more_erased = erased_gather(&x->erased, v);
}

/* What the token sees may have changed, and somebody may have been erased. */
static fallible seen_look(struct running_export *x, struct err *e)
{
    do
        TRY(read_patiently(x, seen_read, e));
    while (x->more_erased);
    return erased_settle(&x->erased, e);
}

static bool event_wanted(void *context, const struct event_seen *event)
{
    const struct running_export *x = context;
    return event->event_us >= x->filter.since_us && event->event_us < x->filter.until_us;
}

/* A public id says nothing about anybody: it isn't masked. */
static void put_person(const struct export_held *held, struct json_writer *w)
{
    char text[PUBLIC_ID_TEXT_BYTES];
    json_key(w, "person");
    if (held->has_person)
        json_put_text(w, public_id_text(held->person, text));
    else
        json_put_null(w);
}

/* An event as it is put; `held`: what is known of whose it is, NULL where nobody asked. */
struct event_told {
    const struct envelope *envelope;
    uint64_t position;
    const struct export_held *held;
};

static void put_event(struct running_export *x, const struct event_told *told, struct json_writer *w)
{
    const struct catalogue *c = x->request.catalogue;
    json_object_begin(w);
    envelope_print_named(told->envelope, c->rules, c->rule_count, w);
    member_uint(w, "position", told->position);
    if (told->held != NULL)
        put_person(told->held, w);
    json_object_end(w);
}

static void event_row(struct running_export *x, const struct event_told *told)
{
    struct masking m;
    json_writer_init(&x->rows.writer, &x->lines, false);
    if (x->token.masked) {
        put_event(x, told, mask_begin(&m));
        mask_end(&m, &x->rows.writer, BYTES_NONE, false);
    } else {
        put_event(x, told, &x->rows.writer);
    }
    buf_push_byte(&x->lines, '\n');
}

static void holders_read(const struct view *v, void *context)
{
    struct running_export *x = context;
    export_holders_look(&x->holders, v, &x->token);
}

static fallible holders_tell(struct running_export *x, struct err *e)
{
    struct export_holders *h = &x->holders;
    struct envelope envelope;
    if (h->count == 0)
        return DONE;
    TRY(read_patiently(x, holders_read, e));
    for (size_t i = 0; i < h->count; i++)
        if (done(envelope_unpack(export_holders_packed(h, i), &envelope, NULL)) &&
            erased_leave(&x->erased, h->held[i].position, h->held[i].owner, &envelope))
            event_row(x, &(struct event_told){&envelope, h->held[i].position, &h->held[i]});
    export_holders_clear(h);
    return DONE;
}

/* Sends what is there, and looks whether it may go on. */
static fallible events_flush(struct running_export *x, struct err *e)
{
    TRY(holders_tell(x, e));
    if (x->lines.overflowed)
        return FAIL(e, LIMIT, "a row is too large");
    TRY(lines_send(x, buf_bytes(&x->lines), e));
    buf_clear(&x->lines);
    TRY(token_look(x, e));
    return seen_look(x, e);
}

static bool event_take(void *context, const struct event_seen *event)
{
    struct running_export *x = context;
    struct envelope envelope;
    x->after = event->note.position;
    if (!event_wanted(x, event) || failed(envelope_unpack(event->packed, &envelope, NULL)) ||
        !erased_leave(&x->erased, event->note.position, event->note.owner, &envelope) ||
        !scope_sees_event_of(&x->token, &x->brands, envelope.reference[REF_BRAND], envelope.reference[REF_STORE]) ||
        (x->filter.brand.size > 0 && !bytes_equal(x->filter.brand, envelope.reference[REF_BRAND])) ||
        (x->filter.event.size > 0 && !bytes_equal(x->filter.event, envelope.event)))
        return true;
    if (x->tells_people)
        export_holders_add(&x->holders, event);
    else
        event_row(x, &(struct event_told){&envelope, event->note.position, NULL});
    if (x->holders.count == EXPORT_HELD_MAX)
        x->stalled |= failed(holders_tell(x, &x->trouble));
    if (!x->stalled && ++x->rows_since_look < LOOK_EVERY && x->lines.size < SLICE_BYTES)
        return true;
    x->rows_since_look = 0;
    x->stalled |= failed(events_flush(x, &x->trouble));
    return !x->stalled;
}

static fallible events_scan(struct running_export *x, struct err *e)
{
    struct event_log_scan scan = {
        .after = x->after, .path = x->sorting, .wanted = event_wanted, .each = event_take, .context = x};
    struct status status = read_patiently(x, events_open, e);
    if (done(status))
        status = seen_look(x, e);
    if (done(status))
        status = event_scan_log(x->events, &scan, e);
    if (x->events != NULL)
        workspace_let_sleep(x->request.workspace);
    event_view_close(x->events);
    x->events = NULL;
    return x->stalled ? FAIL(e, CANCELLED, "%s", x->trouble.text) : status;
}

/* A view grows old while a slow client reads; the next one goes on behind what came, and always comes further. */
static fallible events_run(struct running_export *x, struct err *e)
{
    struct status status;
    uint64_t before;
    do {
        before = x->after;
        status = events_scan(x, e);
    } while (status.code == STATUS_UNAVAILABLE && x->after > before);
    TRY(status);
    return events_flush(x, e);
}

/* --- its life --- */

static void export_destroy(struct running_export *x)
{
    erased_fini(&x->erased);
    catalogue_give(x->request.catalogue);
    buf_fini(&x->lines);
    buf_fini(&x->csv);
    buf_fini(&x->holders.packed);
    json_parser_destroy(x->parser);
    json_parser_destroy(x->filter.parser);
    arena_destroy(x->arena);
    arena_destroy(x->said);
    free(x);
}

static bool exports_reserve(struct exports *s, uint64_t *out_number)
{
    (void)pthread_mutex_lock(&s->lock);
    bool room = s->count < EXPORTS_MAX && !s->closing;
    s->count += room;
    *out_number = s->ever++;
    (void)pthread_mutex_unlock(&s->lock);
    return room;
}

static void exports_release(struct exports *s)
{
    (void)pthread_mutex_lock(&s->lock);
    s->count--;
    (void)pthread_cond_signal(&s->changed);
    (void)pthread_mutex_unlock(&s->lock);
}

static fallible export_run(struct running_export *x, struct err *e)
{
    if (x->is_csv) {
        buf_push_text(&x->csv, x->is_inert ? BYTE_ORDER_MARK : "");
        export_csv_head(x->kind, x->in_chinese, &x->csv);
        if (!push(x, buf_bytes(&x->csv)))
            return FAIL(e, CANCELLED, "the client has gone");
    }
    if (x->kind->end == NULL)
        return events_run(x, e);
    TRY(numbered_run(x, e));
    return rest_run(x, e);
}

static void *export_thread(void *context)
{
    struct running_export *x = context;
    struct exports *s = x->exports;
    struct err e = {0};
    struct status status = export_run(x, &e);
    members_give(x);
    if (done(status)) {
        http_stream_end(x->stream);
    } else {
        journal(JOURNAL_WARN, "export_cut", "%s: %s", x->kind->name, e.text);
        http_stream_cut(x->stream);
    }
    export_destroy(x);
    exports_release(s);
    return NULL;
}

fallible exports_create(struct exports **out_exports, struct err *e)
{
    struct exports *s = calloc(1, sizeof *s);
    if (s == NULL)
        return FAIL(e, FULL, "no memory for exports");
    (void)pthread_mutex_init(&s->lock, NULL);
    (void)pthread_cond_init(&s->changed, NULL);
    *out_exports = s;
    return DONE;
}

void exports_destroy(struct exports *s)
{
    if (s == NULL)
        return;
    (void)pthread_mutex_lock(&s->lock);
    s->closing = true;
    while (s->count > 0)
        (void)pthread_cond_wait(&s->changed, &s->lock);
    (void)pthread_mutex_unlock(&s->lock);
    (void)pthread_cond_destroy(&s->changed);
    (void)pthread_mutex_destroy(&s->lock);
    free(s);
}

/* --- the request --- */

static fallible text_read(struct request *r, const char *name, char out_text[TEXT_BYTES_MAX], struct bytes *out_bytes,
                          struct err *e)
{
    struct bytes text = http_query(r->x, name);
    if (text.size >= TEXT_BYTES_MAX)
        return FAIL(e, INVALID, "%s: at most %u bytes", name, TEXT_BYTES_MAX - 1);
    if (text.size > 0)
        memcpy(out_text, text.data, text.size);
    *out_bytes = bytes_of(out_text, text.size);
    return DONE;
}

static fallible time_read(struct request *r, const struct running_export *x, const char *name, int64_t otherwise_us,
                          int64_t *out_us, struct err *e)
{
    struct bytes text = http_query(r->x, name);
    *out_us = otherwise_us;
    if (text.size == 0)
        return DONE;
    if (!x->kind->has_times)
        return FAIL(e, INVALID, "%s: only events and orders have a time to choose by", name);
    return WRAP(e, time_parse(text, out_us, e), "%s", name);
}

static fallible format_read(struct request *r, struct running_export *x, struct err *e)
{
    struct bytes format = http_query(r->x, "format"), plain = http_query(r->x, "plain"),
                 labels = http_query(r->x, "labels");
    x->in_chinese = bytes_equal(labels, BYTES_LIT("zh"));
    if (labels.size > 0 && !x->in_chinese && !bytes_equal(labels, BYTES_LIT("en")))
        return FAIL(e, INVALID, "labels: want zh or en");
    x->is_csv = bytes_equal(format, BYTES_LIT("csv"));
    x->is_inert = plain.size == 0;
    x->rows.for_table = x->is_csv || bytes_equal(format, BYTES_LIT("table"));
    if (!x->rows.for_table && format.size > 0 && !bytes_equal(format, BYTES_LIT("ndjson")))
        return FAIL(e, INVALID, "format: want ndjson, table or csv; `kith export` makes xlsx");
    if (plain.size > 0 && !bytes_equal(plain, BYTES_LIT("1")))
        return FAIL(e, INVALID, "plain: want 1, or leave it out");
    return DONE;
}

/* Who an event is of isn't what came, and wouldn't come back: so it is only told in tables. */
static fallible person_read(struct request *r, struct running_export *x, struct err *e)
{
    struct bytes person = http_query(r->x, "person");
    x->tells_people = bytes_equal(person, BYTES_LIT("1"));
    if (person.size > 0 && !x->tells_people)
        return FAIL(e, INVALID, "person: want 1, or leave it out");
    if (x->tells_people && (x->kind->end != NULL || !x->rows.for_table))
        return FAIL(e, INVALID, "person: goes with events, as format table or csv");
    return DONE;
}

/* Only those of a tag or segment; who is in a segment is asked of a segment, what tags say of a tag. */
static fallible of_read(struct request *r, struct running_export *x, struct err *e)
{
    x->of = arena_copy(x->said, http_query(r->x, "of"));
    if (x->of.size == 0)
        return DONE;
    bool is_of_segments = x->kind == &export_kinds[EXPORT_SEGMENT_MEMBERS],
         is_of_tags = x->kind == &export_kinds[EXPORT_TAG_VALUES];
    if (x->kind != &export_kinds[EXPORT_PEOPLE] && !is_of_segments && !is_of_tags)
        return FAIL(e, INVALID, "of: goes with people, segment_members and tag_values");
    TRY(WRAP(e, survey_ref_read(x->of, &x->ref, e), "of"));
    if (is_of_segments && x->ref.kind != AUDIENCE_SEGMENT)
        return FAIL(e, INVALID, "of: want segment:NAME");
    if (is_of_tags && x->ref.kind != AUDIENCE_TAG)
        return FAIL(e, INVALID, "of: want tag:NAME or tag:NAME=VALUE");
    return DONE;
}

/* Some of what is known of people. */
static fallible choice_read(struct request *r, struct running_export *x, struct err *e)
{
    struct bytes traits = http_query(r->x, "traits"), tags = http_query(r->x, "tags");
    if (traits.size + tags.size == 0)
        return DONE;
    if (x->kind != &export_kinds[EXPORT_PEOPLE])
        return FAIL(e, INVALID, "traits, tags: go with people");
    TRY(export_choice_read(traits, tags, x->said, &x->filter.choice, e));
    x->kind = &x->filter.choice->kind;
    x->filter.parser = json_parser_create(JSON_BYTES_MAX);
    return x->filter.parser != NULL ? DONE : FAIL(e, FULL, "no memory for an export");
}

static fallible filter_read(struct request *r, struct running_export *x, struct err *e)
{
    struct export_filter *f = &x->filter;
    TRY(format_read(r, x, e));
    TRY(person_read(r, x, e));
    TRY(of_read(r, x, e));
    TRY(choice_read(r, x, e));
    TRY(text_read(r, "brand", x->brand, &f->brand, e));
    TRY(text_read(r, "kind", x->thing_kind, &f->kind, e));
    TRY(text_read(r, "shop", x->shop, &f->shop, e));
    TRY(text_read(r, "event", x->event, &f->event, e));
    TRY(time_read(r, x, "since", INT64_MIN, &f->since_us, e));
    return time_read(r, x, "until", INT64_MAX, &f->until_us, e);
}

static struct running_export *export_create(struct request *r, const struct export_kind *kind)
{
    struct running_export *x = calloc(1, sizeof *x);
    if (x == NULL)
        abort();
    x->kind = kind;
    x->token = *r->token;
    x->request = (struct request){
        .door = r->door, .route = r->route, .workspace = r->workspace, .catalogue = r->catalogue, .token = &x->token};
    x->arena = arena_create(4096);
    x->said = arena_create(4096);
    x->parser = json_parser_create(JSON_BYTES_MAX);
    if (x->parser == NULL)
        abort();
    buf_init(&x->lines, ROWS_BYTES_MAX);
    buf_init(&x->csv, ROWS_BYTES_MAX);
    buf_init(&x->holders.packed, ROWS_BYTES_MAX);
    x->rows.out = &x->lines;
    return x;
}

/* For the audit list: whose people, too. */
static const char *what_is_read(struct request *r, const struct running_export *x)
{
    return x->of.size == 0 ? r->route->path
                           : arena_printf(request_arena(r), "export %.*s", BYTES_ARG(x->of));
}

/* Answers: the request is gone, its catalogue is the export's. */
static fallible export_start(struct request *r, struct running_export *x, struct err *e)
{
    static const struct http_header headers[] = {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}};
    struct exports *s = door_exports(r->door);
    struct http_reply reply = {.status = 200, .headers = headers, .header_count = COUNT_OF(headers)};
    uint64_t number;
    pthread_t thread;
    if (!exports_reserve(s, &number))
        return FAIL(e, FULL, "%u exports run already: try again when one has ended", EXPORTS_MAX);
    (void)snprintf(x->sorting, sizeof x->sorting, "export-%llu", (unsigned long long)number);
    x->exports = s;
    reply.content_type = x->is_csv ? "text/csv; charset=utf-8" : "application/x-ndjson";
    request_note_read(r, what_is_read(r, x), PERSON_NONE);
    if (x->members != NULL)
        audience_use_note(r, x->filter.definition, AUDIENCE_USE_EXPORT, x->use_is_new);
    x->stream = http_stream_begin(r->x, &reply);
    if (pthread_create(&thread, NULL, export_thread, x) == 0) {
        (void)pthread_detach(thread);
        return DONE;
    }
    http_stream_cut(x->stream);
    export_destroy(x);
    exports_release(s);
    return DONE;
}

/* Who is in it now; they are kept as they are until the export is over. */
static const struct problem *members_open(struct request *r, const struct view *v, struct running_export *x)
{
    struct audience a;
    if (!audience_find(v, x->ref.kind, x->ref.name, &a) || !scope_sees_audience(r->token, v, a.brand))
        return &problem_no_audience;
    if (a.rule == RULE_NONE)
        return &problem_no_answer;
    x->members = audience_set(v, &a, x->ref.value);
    x->filter.definition = a.number;
    x->use_is_new = audience_use_is_new(v, a.number, AUDIENCE_USE_EXPORT);
    return x->members == NULL ? &problem_which_value : NULL;
}

static void after_look(const struct view *v, void *context)
{
    struct request *r = context;
    struct running_export *x = r->context;
    struct bytes after = http_query(r->x, "after");
    x->after = after.size == 0 ? 0 : x->kind->number(r, v, after);
    members_drop(v, x); /* of a first run */
    x->problem = x->of.size == 0 ? NULL : members_open(r, v, x);
}

static void export_refused(struct request *r, struct running_export *x, struct status status, const struct err *e)
{
    x->request.catalogue = NULL; /* is the request's still */
    export_destroy(x);
    request_failed(r, status, e);
}

static void export_begin(struct request *r)
{
    struct running_export *x = r->context;
    struct err e = {0};
    if (x->problem != NULL) {
        const struct problem *problem = x->problem;
        x->request.catalogue = NULL; /* is the request's still */
        export_destroy(x);
        request_problem(r, problem);
        return;
    }
    if (x->members != NULL)
        workspace_keep_awake(r->workspace);
    struct status status = x->after == 0 && x->kind->number != NULL && http_query(r->x, "after").size > 0
                               ? FAIL(&e, INVALID, "after: there is no such row; say the one that came last")
                               : export_start(r, x, &e);
    if (failed(status)) {
        if (x->members != NULL)
            workspace_let_sleep(r->workspace);
        members_drop(NULL, x); /* this is the engine's thread */
        export_refused(r, x, status, &e);
    }
}

void api_export(struct request *r)
{
    struct running_export *x = export_create(r, &export_kinds[r->route->choice]);
    struct err e = {0};
    r->context = x;
    struct status status = filter_read(r, x, &e);
    if (done(status) && x->kind->end == NULL)
        status = query_number(r, "after", 0, UINT64_MAX, &x->after, &e);
    if (failed(status))
        export_refused(r, x, status, &e);
    else
        request_read(r, x->kind->number == NULL ? NULL : after_look, export_begin);
}
