#include "app/sender.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "app/show.h"

#define PATH_BYTES_MAX 1024
#define RETRY_SECONDS_MAX 60 /* in all, of one batch */
#define REPLY_JSON_BYTES_MAX (4u << 20)
#define REJECT_BYTES_MAX (6 * SENDER_LINE_BYTES_MAX + 65536) /* each byte of the event escaped, and the words */

/* Where an event of the batch stands in it, and what its place is called outside. */
struct sender_place {
    uint64_t line;
    size_t at, size;
};

struct sender {
    struct client *client;
    const char *rejects_path;
    FILE *rejects;
    char path[PATH_BYTES_MAX];
    uint32_t events_max, count;
    struct buf batch;
    struct sender_place places[SENDER_EVENTS_MAX];
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
    s->rejects_path = o->rejects;
    s->events_max = o->events_max == 0 ? SENDER_EVENTS_MAX : o->events_max;
    assert(s->events_max <= SENDER_EVENTS_MAX);
    buf_init(&s->batch, SENDER_BYTES_MAX);
    buf_init(&path, PATH_BYTES_MAX - 1);
    buf_push_text(&path, "/api/v1/events?import=");
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
    if (s->rejects != NULL)
        (void)fclose(s->rejects);
    json_parser_destroy(s->parser);
    buf_fini(&s->batch);
    free(s);
}

const struct sender_counts *sender_counts(const struct sender *s)
{
    return &s->counts;
}

/* --- what is refused --- */

/* Events are people's data: nobody else may read them. */
static fallible rejects_open(struct sender *s, struct err *e)
{
    if (s->rejects != NULL)
        return DONE;
    int file = open(s->rejects_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    s->rejects = file < 0 || fchmod(file, 0600) != 0 ? NULL : fdopen(file, "w"); /* it may have been there before */
    if (s->rejects == NULL && file >= 0)
        (void)close(file);
    return s->rejects == NULL ? FAIL(e, IO, "can't write the rejects to %s", s->rejects_path) : DONE;
}

static fallible reject_write(struct sender *s, uint64_t line, struct bytes event, struct bytes why, struct err *e)
{
    struct buf out;
    struct json_writer w;
    if (s->rejects_path == NULL)
        return DONE;
    TRY(rejects_open(s, e));
    buf_init(&out, REJECT_BYTES_MAX);
    json_writer_init(&w, &out, false);
    json_object_begin(&w);
    json_key(&w, "line");
    json_put_uint64(&w, line);
    json_key(&w, "detail");
    json_put_string(&w, why);
    json_key(&w, "event");
    json_put_string(&w, event); /* as text: it may be no JSON at all */
    json_object_end(&w);
    buf_push_byte(&out, '\n');
    bool good = !out.overflowed && fwrite(out.data, 1, out.size, s->rejects) == out.size && fflush(s->rejects) == 0;
    buf_fini(&out);
    return good ? DONE : FAIL(e, IO, "can't write the rejects to %s", s->rejects_path);
}

fallible sender_reject(struct sender *s, uint64_t line, struct bytes event, const char *why, struct err *e)
{
    s->counts.sent++;
    s->counts.faulty++;
    return reject_write(s, line, event, bytes_of_text(why), e);
}

static struct bytes event_at(const struct sender *s, uint32_t index)
{
    return bytes_slice(buf_bytes(&s->batch), s->places[index].at, s->places[index].at + s->places[index].size);
}

/* What the daemon says of a request: how many events are what, and the index behind the last one whose fault it named. */
struct verdict {
    uint64_t accepted, duplicates, faulty, named;
    uint32_t next;
};

/* "line 7, column 2: …" counts in the request, which the reader of the rejects never sees: each event is one line of it. */
static struct bytes detail_of(struct json problem)
{
    struct bytes words = json_string(json_find(problem, BYTES_LIT("detail")));
    const uint8_t *comma = words.size == 0 ? NULL : memchr(words.data, ',', words.size);
    if (comma == NULL || !bytes_starts_with(words, BYTES_LIT("line ")) || (size_t)(comma - words.data) + 2 >= words.size)
        return words;
    return bytes_slice(words, (size_t)(comma - words.data) + 2, words.size);
}

static fallible fault_take(struct sender *s, uint32_t index, struct json problem, struct verdict *v, struct err *e)
{
    v->named++;
    v->next = index + 1;
    return reject_write(s, s->places[index].line, event_at(s, index), detail_of(problem), e);
}

static uint64_t count_of(struct json reply, const char *name)
{
    uint64_t count = 0;
    (void)json_uint64(json_find(reply, bytes_of_text(name)), &count);
    return count;
}

/* The answer to the events from `from` on. */
static fallible counts_read(struct sender *s, uint32_t from, struct json reply, struct verdict *out_verdict, struct err *e)
{
    struct json fault;
    *out_verdict = (struct verdict){.accepted = count_of(reply, "accepted"), .duplicates = count_of(reply, "duplicates"), .faulty = count_of(reply, "faulty")};
    if (out_verdict->accepted + out_verdict->duplicates + out_verdict->faulty > s->count - from)
        return FAIL(e, UNAVAILABLE, "the daemon answers for more events than were sent: is it of another version?");
    for (struct json_walk w = json_items(json_find(reply, BYTES_LIT("faults"))); json_item_next(&w, &fault);) {
        uint64_t line;
        if (json_uint64(json_find(fault, BYTES_LIT("line")), &line) && line >= 1 && line <= s->count - from)
            TRY(fault_take(s, from + (uint32_t)line - 1, fault, out_verdict, e));
    }
    return DONE;
}

static fallible reply_read(struct sender *s, uint32_t from, const struct client_reply *r, struct verdict *out_verdict, struct err *e)
{
    struct json j;
    struct err ignored;
    if (failed(json_parse(s->parser, r->body, &j, &ignored)))
        j = JSON_NOTHING;
    if (r->status == 200)
        return counts_read(s, from, j, out_verdict, e);
    if (r->status == 400 && bytes_equal(json_string(json_find(j, BYTES_LIT("type"))), BYTES_LIT("/problems/bad-event"))) {
        *out_verdict = (struct verdict){.faulty = s->count - from}; /* none of them is good, and the first one is named */
        return fault_take(s, from, j, out_verdict, e);
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

/* The batch from one of its events on. A batch may be sent again without being counted twice: the daemon knows events by
 * their ids. */
static fallible batch_send(struct sender *s, uint32_t from, struct verdict *out_verdict, struct err *e)
{
    struct bytes body = bytes_slice(buf_bytes(&s->batch), s->places[from].at, s->batch.size);
    struct client_call call = {.method = "POST", .path = s->path, .body = body};
    struct client_reply reply;
    long waited_s = 0;
    for (;;) {
        TRY(client_send(s->client, &call, &reply, e));
        if (reply.status != 503 && reply.status != 429)
            break;
        long wait_s = reply.retry_after_s < 1 ? 1 : reply.retry_after_s;
        if (waited_s + wait_s > RETRY_SECONDS_MAX)
            return FAIL(e, FULL, "the daemon has been busy for %ld s: try again later, what was sent is kept and won't be doubled", waited_s);
        s->counts.retries++;
        waited_s += wait_s;
        wait_seconds(wait_s);
    }
    return reply_read(s, from, &reply, out_verdict, e);
}

/* A request's answer names some of its faulty events; those behind the last one are asked about again, until each faulty
 * event has its reason. */
static fallible faults_ask(struct sender *s, struct verdict v, struct err *e)
{
    while (v.faulty > v.named && v.next < s->count) {
        uint32_t from = v.next;
        TRY(batch_send(s, from, &v, e));
        if (v.faulty > 0 && v.named == 0)
            return FAIL(e, UNAVAILABLE, "the daemon does not say which events are faulty: is it of another version?");
    }
    return DONE;
}

fallible sender_flush(struct sender *s, struct err *e)
{
    struct verdict v;
    if (s->count == 0)
        return DONE;
    TRY(batch_send(s, 0, &v, e));
    s->counts.sent += s->count;
    s->counts.batches++;
    s->counts.accepted += v.accepted;
    s->counts.duplicates += v.duplicates;
    s->counts.faulty += v.faulty;
    s->counts.refused += s->count - v.accepted - v.duplicates - v.faulty;
    if (s->rejects_path != NULL)
        TRY(faults_ask(s, v, e));
    s->count = 0;
    buf_clear(&s->batch);
    return DONE;
}

fallible sender_add(struct sender *s, struct bytes event, uint64_t line, struct err *e)
{
    if (event.size + 1 > SENDER_LINE_BYTES_MAX)
        return sender_reject(s, line, bytes_slice(event, 0, 1024), "the event is too long", e);
    if (s->count == s->events_max || s->batch.size + event.size + 1 > SENDER_BYTES_MAX)
        TRY(sender_flush(s, e));
    s->places[s->count++] = (struct sender_place){line, s->batch.size, event.size};
    buf_push(&s->batch, event);
    buf_push_byte(&s->batch, '\n');
    assert(!s->batch.overflowed);
    return DONE;
}
