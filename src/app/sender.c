#include "app/sender.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/verbs/show.h"

#define PATH_BYTES_MAX 1024
#define RETRY_SECONDS_MAX 60 /* in all, of one batch */
#define REPLY_JSON_BYTES_MAX (4u << 20)

/* Where an event of the batch stands in it, and what it was made of in the other buffer. */
struct sender_place {
    size_t at, size, origin_at, origin_size;
};

/* Events that go together. */
struct batch {
    uint32_t count;
    struct buf text, origins;
    struct sender_place places[SENDER_EVENTS_MAX];
};

struct sender {
    struct client *client;
    struct courier *courier; /* NULL: each batch is waited for */
    sender_take_fault take_fault;
    void *context;
    size_t line_bytes_max;
    char path[PATH_BYTES_MAX];
    uint32_t events_max;
    struct batch batches[2]; /* one is made while the other may be under way */
    size_t making;
    struct json_parser *parser;
    struct sender_counts counts;
};

struct sender *sender_create(const struct sender_options *o)
{
    struct sender *s = calloc(1, sizeof *s);
    struct buf path;
    if (s == NULL)
        abort();
    s->client = o->client;
    s->courier = o->courier;
    s->take_fault = o->take_fault;
    s->context = o->context;
    s->line_bytes_max = o->line_bytes_max == 0 ? SENDER_LINE_BYTES_MAX : o->line_bytes_max;
    s->events_max = o->events_max == 0 ? SENDER_EVENTS_MAX : o->events_max;
    assert(s->events_max <= SENDER_EVENTS_MAX && s->line_bytes_max <= SENDER_BYTES_MAX);
    for (size_t i = 0; i < COUNT_OF(s->batches); i++) {
        buf_init(&s->batches[i].text, SENDER_BYTES_MAX);
        buf_init(&s->batches[i].origins, SENDER_ORIGIN_BYTES_MAX);
    }
    buf_init(&path, PATH_BYTES_MAX - 1);
    buf_push_text(&path, o->path == NULL ? "/api/v1/events" : o->path);
    buf_push_text(&path, o->path == NULL || strchr(o->path, '?') == NULL ? "?import=" : "&import=");
    buf_push_text(&path, o->import ? "1" : "");
    buf_push_text(&path, o->source == NULL ? "" : "&source=");
    url_push(&path, bytes_of_text(o->source));
    (void)snprintf(s->path, sizeof s->path, "%.*s", BYTES_ARG(buf_bytes(&path)));
    buf_fini(&path);
    s->parser = json_parser_create(REPLY_JSON_BYTES_MAX);
    if (s->parser == NULL)
        abort();
    return s;
}

void sender_destroy(struct sender *s)
{
    if (s == NULL)
        return;
    json_parser_destroy(s->parser);
    for (size_t i = 0; i < COUNT_OF(s->batches); i++) {
        buf_fini(&s->batches[i].text);
        buf_fini(&s->batches[i].origins);
    }
    free(s);
}

const struct sender_counts *sender_counts(const struct sender *s)
{
    return &s->counts;
}

/* --- what is refused --- */

static fallible fault_tell(struct sender *s, const struct batch *b, uint32_t index, struct bytes why, struct err *e)
{
    const struct sender_place *p = &b->places[index];
    struct sender_fault fault = {bytes_slice(buf_bytes(&b->text), p->at, p->at + p->size),
                                 bytes_slice(buf_bytes(&b->origins), p->origin_at, p->origin_at + p->origin_size), why};
    return s->take_fault == NULL ? DONE : s->take_fault(s->context, &fault, e);
}

/* What the daemon says of a request: how many events are what, and the index behind the last one whose fault it named. */
struct verdict {
    uint64_t accepted, duplicates, faulty, named;
    uint32_t next;
};

/* "line 7, column 2: …" counts in the request, which nobody outside sees: each event is one line of it. */
static struct bytes detail_of(struct json problem)
{
    static const struct {
        const char *begin, *end;
    } places[] = {{"line ", ", "}, {"第 ", " 行"}};
    struct bytes words = json_string(json_find(problem, BYTES_LIT("detail")));
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        size_t size = strlen(places[i].end);
        if (!bytes_starts_with(words, bytes_of_text(places[i].begin)))
            continue;
        const uint8_t *end = memmem(words.data, words.size, places[i].end, size);
        return end == NULL ? words : bytes_slice(words, (size_t)(end - words.data) + size, words.size);
    }
    return words;
}

static fallible fault_take(struct sender *s, const struct batch *b, uint32_t index, struct json problem, struct verdict *v, struct err *e)
{
    v->named++;
    v->next = index + 1;
    return fault_tell(s, b, index, detail_of(problem), e);
}

static uint64_t count_of(struct json reply, const char *name)
{
    uint64_t count = 0;
    (void)json_uint64(json_find(reply, bytes_of_text(name)), &count);
    return count;
}

/* The answer to the events from `from` on. */
static fallible counts_read(struct sender *s, const struct batch *b, uint32_t from, struct json reply, struct verdict *out_verdict, struct err *e)
{
    struct json fault;
    *out_verdict = (struct verdict){.accepted = count_of(reply, "accepted"), .duplicates = count_of(reply, "duplicates"), .faulty = count_of(reply, "faulty")};
    if (out_verdict->accepted + out_verdict->duplicates + out_verdict->faulty > b->count - from)
        return FAIL(e, UNAVAILABLE, "the daemon answers for more events than were sent: is it of another version?");
    for (struct json_walk w = json_items(json_find(reply, BYTES_LIT("faults"))); json_item_next(&w, &fault);) {
        uint64_t line;
        if (json_uint64(json_find(fault, BYTES_LIT("line")), &line) && line >= 1 && line <= b->count - from)
            TRY(fault_take(s, b, from + (uint32_t)line - 1, fault, out_verdict, e));
    }
    return DONE;
}

static fallible reply_read(struct sender *s, const struct batch *b, uint32_t from, const struct client_reply *r, struct verdict *out_verdict, struct err *e)
{
    struct json j;
    struct err ignored;
    if (failed(json_parse(s->parser, r->body, &j, &ignored)))
        j = JSON_NOTHING;
    if (r->status == 200)
        return counts_read(s, b, from, j, out_verdict, e);
    if (r->status == 400 && json_is(json_find(j, BYTES_LIT("faults")), JSON_ARRAY)) {
        *out_verdict = (struct verdict){.faulty = b->count - from}; /* none of them is good, and the first one is named */
        return fault_take(s, b, from, j, out_verdict, e);
    }
    struct bytes title = json_string(json_find(j, BYTES_LIT("title"))), detail = json_string(json_find(j, BYTES_LIT("detail")));
    if (r->status == 401 || r->status == 403)
        return FAIL(e, DENIED, "%.*s: %.*s", BYTES_ARG(title), BYTES_ARG(detail));
    return FAIL(e, INVALID, "the daemon says %ld: %.*s: %.*s", r->status, BYTES_ARG(title), BYTES_ARG(detail));
}

/* --- batches --- */

static void wait_seconds(long seconds)
{
    struct timespec t = {.tv_sec = seconds};
    (void)nanosleep(&t, NULL);
}

static struct client_call call_of(const struct sender *s, const struct batch *b, uint32_t from)
{
    struct bytes body = bytes_slice(buf_bytes(&b->text), b->places[from].at, b->text.size);
    return (struct client_call){.method = "POST", .path = s->path, .body = body};
}

/* The answer to the batch from one of its events on; a busy daemon is asked again. A batch may be sent again without being counted twice: the
 * daemon knows what is in it. */
static fallible answer_settle(struct sender *s, const struct batch *b, uint32_t from, struct client_reply reply, struct verdict *out_verdict, struct err *e)
{
    struct client_call call = call_of(s, b, from);
    for (long waited_s = 0; reply.status == 503 || reply.status == 429;) {
        long wait_s = reply.retry_after_s < 1 ? 1 : reply.retry_after_s;
        if (waited_s + wait_s > RETRY_SECONDS_MAX)
            return FAIL(e, FULL, "the daemon has been busy for %ld s: try again later, what was sent is kept and won't be doubled", waited_s);
        s->counts.retries++;
        waited_s += wait_s;
        wait_seconds(wait_s);
        TRY(client_send(s->client, &call, &reply, e));
    }
    return reply_read(s, b, from, &reply, out_verdict, e);
}

/* A request's answer names some of its faulty events; those behind the last one are asked about again, until each faulty
 * event has its reason. */
static fallible faults_ask(struct sender *s, const struct batch *b, struct verdict v, struct err *e)
{
    while (v.faulty > v.named && v.next < b->count) {
        uint32_t from = v.next;
        struct client_call call = call_of(s, b, from);
        struct client_reply reply;
        TRY(client_send(s->client, &call, &reply, e));
        TRY(answer_settle(s, b, from, reply, &v, e));
        if (v.faulty > 0 && v.named == 0)
            return FAIL(e, UNAVAILABLE, "the daemon does not say which events are faulty: is it of another version?");
    }
    return DONE;
}

static fallible batch_settle(struct sender *s, struct batch *b, struct client_reply reply, struct err *e)
{
    struct verdict v;
    TRY(answer_settle(s, b, 0, reply, &v, e));
    s->counts.sent += b->count;
    s->counts.batches++;
    s->counts.accepted += v.accepted;
    s->counts.duplicates += v.duplicates;
    s->counts.faulty += v.faulty;
    s->counts.refused += b->count - v.accepted - v.duplicates - v.faulty;
    if (s->take_fault != NULL)
        TRY(faults_ask(s, b, v, e));
    b->count = 0;
    buf_clear(&b->text);
    buf_clear(&b->origins);
    return DONE;
}

/* Waits for the batch that is under way, whosever it is. */
static fallible courier_settle(struct courier *c, struct err *e)
{
    struct sender *owner = courier_owner(c);
    struct client_reply reply;
    if (owner == NULL)
        return DONE;
    TRY(courier_take(c, &reply, e));
    return batch_settle(owner, &owner->batches[1 - owner->making], reply, e);
}

/* Sends what was gathered, or sees it on its way. */
static fallible batch_send(struct sender *s, struct err *e)
{
    struct batch *b = &s->batches[s->making];
    struct client_reply reply;
    if (b->count == 0)
        return DONE;
    struct client_call call = call_of(s, b, 0);
    if (s->courier == NULL) {
        TRY(client_send(s->client, &call, &reply, e));
        return batch_settle(s, b, reply, e);
    }
    TRY(courier_settle(s->courier, e));
    courier_send(s->courier, &call, s);
    s->making = 1 - s->making;
    return DONE;
}

fallible sender_flush(struct sender *s, struct err *e)
{
    TRY(batch_send(s, e));
    return s->courier == NULL ? DONE : courier_settle(s->courier, e);
}

static fallible long_one_tell(struct sender *s, struct bytes event, struct bytes origin, struct err *e)
{
    struct sender_fault fault = {bytes_slice(event, 0, 1024), origin, bytes_of_text(either("it is too long", "过长"))};
    s->counts.sent++;
    s->counts.faulty++;
    return s->take_fault == NULL ? DONE : s->take_fault(s->context, &fault, e);
}

fallible sender_add(struct sender *s, struct bytes event, struct bytes origin, struct err *e)
{
    if (event.size + 1 > s->line_bytes_max || origin.size > SENDER_ORIGIN_BYTES_MAX)
        return long_one_tell(s, event, origin, e);
    const struct batch *full = &s->batches[s->making];
    if (full->count == s->events_max || full->text.size + event.size + 1 > SENDER_BYTES_MAX ||
        full->origins.size + origin.size > SENDER_ORIGIN_BYTES_MAX)
        TRY(batch_send(s, e));
    struct batch *b = &s->batches[s->making];
    b->places[b->count++] = (struct sender_place){b->text.size, event.size, b->origins.size, origin.size};
    buf_push(&b->text, event);
    buf_push_byte(&b->text, '\n');
    buf_push(&b->origins, origin);
    assert(!b->text.overflowed && !b->origins.overflowed);
    return DONE;
}

void sender_counts_add(struct sender_counts *to, const struct sender_counts *more)
{
    to->sent += more->sent;
    to->accepted += more->accepted;
    to->duplicates += more->duplicates;
    to->faulty += more->faulty;
    to->refused += more->refused;
    to->batches += more->batches;
    to->retries += more->retries;
}
