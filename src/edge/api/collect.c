/* Collecting: a request's events become one message with as many commands; it is answered when all of them are durable
 * and applied. */
#include <stdlib.h>

#include "base/time.h"
#include "domain/collect/collect.h"
#include "edge/http/inflate.h"
#include "edge/intake.h"
#include "edge/journal.h"
#include "edge/wording.h"

#define INFLATED_BYTES_MAX (16u << 20)
#define PACKED_BYTES_MAX (32u << 20)
#define ANSWER_BYTES_MAX (1u << 20)

struct intake *intake_create(void)
{
    struct intake *i = calloc(1, sizeof *i);
    if (i == NULL)
        abort();
    i->codec = (struct codec){.parser = json_parser_create(INFLATED_BYTES_MAX), .draft = draft_create()};
    if (i->codec.parser == NULL || i->codec.draft == NULL)
        abort();
    codec_batch_init(&i->batch, PACKED_BYTES_MAX);
    buf_init(&i->inflated, INFLATED_BYTES_MAX);
    return i;
}

void intake_destroy(struct intake *i)
{
    if (i == NULL)
        return;
    json_parser_destroy(i->codec.parser);
    draft_destroy(i->codec.draft);
    codec_batch_fini(&i->batch);
    buf_fini(&i->inflated);
    free(i->submissions);
    free(i);
}

void collect_counts_add(struct collect_counts *c, const struct intake *i)
{
    c->codec.events += i->batch.counts.events;
    c->codec.faults += i->batch.counts.faults;
    c->codec.clamped_times += i->batch.counts.clamped_times;
    for (int v = 0; v < ID_VERDICT_COUNT; v++)
        c->codec.unlinked[v] += i->batch.counts.unlinked[v];
    c->accepted += i->accepted;
    c->duplicates += i->duplicates;
    c->refused += i->refused;
    c->requests++;
}

static void intake_begin(struct intake *i, struct request *r, void (*respond)(struct intake *i), const struct fault_naming *naming)
{
    codec_batch_clear(&i->batch);
    buf_clear(&i->inflated);
    i->request = r;
    i->respond = respond;
    i->naming = naming;
    i->answered = i->accepted = i->duplicates = i->refused = i->not_taken = 0;
    i->not_taken_why = STATUS_OK;
}

/* --- answers --- */

static void answer_begin(struct buf *json, struct json_writer *w)
{
    buf_init(json, ANSWER_BYTES_MAX);
    json_writer_init(w, json, false);
    json_object_begin(w);
}

static void put_count(struct json_writer *w, const char *key, uint64_t count)
{
    json_key(w, key);
    json_put_uint64(w, count);
}

/* The faults with their places, as a list. */
static void put_faults(struct intake *i, struct json_writer *w)
{
    const struct codec_batch *b = &i->batch;
    bool in_chinese = wording_in_chinese(http_header(i->request->x, "Accept-Language"));
    size_t shown = b->fault_count < CODEC_FAULTS_MAX ? b->fault_count : CODEC_FAULTS_MAX;
    json_array_begin(w);
    for (size_t k = 0; k < shown; k++) {
        json_object_begin(w);
        put_count(w, i->naming->place, b->faults[k].index + i->naming->from);
        json_key(w, "detail");
        json_put_text(w, wording_of(request_arena(i->request), b->faults[k].words, in_chinese));
        json_object_end(w);
    }
    json_array_end(w);
}

/* Nothing of the request was good: its first fault is the problem, and all are told. */
static bool all_faulty(const struct intake *i)
{
    return i->batch.event_count == 0 && i->batch.fault_count > 0;
}

static void respond_all_faulty(struct intake *i)
{
    struct request *r = i->request;
    const struct codec_fault *f = &i->batch.faults[0];
    struct problem p = {.status = 400,
                        .slug = "bad-event",
                        .title = "The event can't be read",
                        .detail = arena_printf(request_arena(r), "%s", f->words),
                        .place = arena_printf(request_arena(r), "[%u]", f->index),
                        .faults_key = i->naming->list};
    struct buf json;
    struct json_writer w;
    buf_init(&json, ANSWER_BYTES_MAX);
    json_writer_init(&w, &json, false);
    put_faults(i, &w);
    p.faults = arena_copy(request_arena(r), buf_bytes(&json));
    buf_fini(&json);
    intake_give(r->door, i);
    request_problem(r, &p);
}

/* The engine did not take some of them: the sender sends all again, and those taken are then duplicates. */
static void respond_not_taken(struct intake *i)
{
    struct request *r = i->request;
    struct err e = {0};
    struct status status = {i->not_taken_why};
    err_set(&e, "%u of %zu events were not taken (%s): send the request again", i->not_taken, i->batch.event_count, status_name(status.code));
    intake_give(r->door, i);
    request_failed(r, status, &e);
}

static void respond_native(struct intake *i)
{
    struct request *r = i->request;
    struct buf json;
    struct json_writer w;
    answer_begin(&json, &w);
    put_count(&w, "accepted", i->accepted);
    put_count(&w, "duplicates", i->duplicates);
    put_count(&w, "faulty", i->batch.fault_count);
    json_key(&w, i->naming->list);
    put_faults(i, &w);
    json_object_end(&w);
    intake_give(r->door, i);
    request_json(r, 200, &json);
}

static void respond_segment(struct intake *i)
{
    struct request *r = i->request;
    if (i->batch.fault_count == 0) { /* the usual answer, word for word as Segment gives it */
        static const struct http_reply success = {.status = 200,
                                                  .content_type = "application/json",
                                                  .body = {(const uint8_t *)"{\"success\":true}", 16},
                                                  .body_kind = HTTP_BODY_STAYS};
        intake_give(r->door, i);
        request_reply(r, &success);
        return;
    }
    struct buf json;
    struct json_writer w;
    answer_begin(&json, &w);
    json_key(&w, "success");
    json_put_bool(&w, true);
    json_key(&w, i->naming->list);
    put_faults(i, &w);
    json_object_end(&w);
    intake_give(r->door, i);
    request_json(r, 200, &json);
}

/* --- the way to the engine --- */

/* What a rule refuses is told like what can't be read: with its place, and why. */
static void refusal_tell(struct intake *i, const struct submission *s, const struct refusal *refusal)
{
    bool in_chinese = wording_in_chinese(http_header(i->request->x, "Accept-Language"));
    i->refused++;
    codec_batch_name(&i->batch, i->batch.events[s - i->submissions].index, in_chinese ? refusal->zh : refusal->en);
}

static int by_place(const void *a, const void *b)
{
    const struct codec_fault *x = a, *y = b;
    return (x->index > y->index) - (x->index < y->index);
}

static void event_answered(struct submission *s, const struct answer *a)
{
    struct intake *i = s->context;
    if (failed(a->status)) {
        i->not_taken++;
        i->not_taken_why = a->status.code;
    } else if (a->refusal == NULL) {
        i->accepted++;
    } else if (a->refusal == &collect_duplicate) {
        i->duplicates++;
    } else {
        refusal_tell(i, s, a->refusal);
    }
    if (++i->answered < i->batch.event_count)
        return;
    if (i->refused > 0)
        qsort(i->batch.faults, i->batch.fault_count < CODEC_FAULTS_MAX ? i->batch.fault_count : CODEC_FAULTS_MAX, sizeof *i->batch.faults, by_place);
    if (i->not_taken > 0)
        respond_not_taken(i);
    else
        i->respond(i);
}

static void submissions_reserve(struct intake *i, size_t count)
{
    if (count <= i->submission_room)
        return;
    free(i->submissions);
    i->submissions = malloc(count * sizeof *i->submissions);
    if (i->submissions == NULL)
        abort();
    i->submission_room = count;
}

static void intake_send(struct intake *i)
{
    struct request *r = i->request;
    const struct codec_batch *b = &i->batch;
    if (b->event_count == 0) {
        (all_faulty(i) ? respond_all_faulty : i->respond)(i);
        return;
    }
    const struct command *command = registry_command(host_registry(request_host(r)), COMMAND_COLLECT_EVENT);
    submissions_reserve(i, b->event_count);
    for (size_t at = 0; at < b->event_count; at++)
        i->submissions[at] = (struct submission){.command = command,
                                                 .payload = bytes_of(b->packed.data + b->events[at].offset, b->events[at].size),
                                                 .answered = event_answered,
                                                 .context = i};
    i->message = (struct message){.workspace = r->workspace, .submissions = i->submissions, .submission_count = (uint32_t)b->event_count};
    struct err e = {0};
    struct status status = host_send(request_host(r), &i->message, &e);
    if (failed(status)) {
        intake_give(r->door, i);
        request_failed(r, status, &e);
    }
}

/* The body as it was before somebody compressed it. */
static fallible body_open(struct intake *i, struct bytes *out_body, struct err *e)
{
    struct bytes body = http_body(i->request->x);
    *out_body = body;
    if (!body_is_gzip(body))
        return DONE;
    TRY(body_inflate(body, INFLATED_BYTES_MAX, &i->inflated, e));
    *out_body = buf_bytes(&i->inflated);
    return DONE;
}

struct codec_context collect_context(const struct request *r)
{
    return (struct codec_context){
        .rules = r->catalogue->rules,
        .rule_count = r->catalogue->rule_count,
        .secret = r->catalogue->secret,
        .source = bytes_of_text(r->token->name),
        .brand = bytes_of_text(r->token->brand),
        .channel = bytes_of_text(r->token->channel),
        .received_us = time_now_us(),
    };
}

static void intake_read_failed(struct intake *i, struct status status, const struct err *e)
{
    struct request *r = i->request;
    intake_give(r->door, i);
    request_failed(r, status, e);
}

/* What is said of all events at once. Who may not say it is refused: history taken for what happens now would be told to
 * everybody, and stand under a wrong source for ever. */
static fallible query_read(const struct request *r, struct codec_context *c, struct err *e)
{
    struct bytes import = http_query(r->x, "import"), source = http_query(r->x, "source");
    if (import.size + source.size > 0 && !request_may(r, ROLE_WRITE))
        return FAIL(e, DENIED, "import and source need the role write");
    if (import.size > 0 && !bytes_equal(import, BYTES_LIT("1")))
        return FAIL(e, INVALID, "import: want 1, or leave it out");
    if (source.size > NAME_BYTES_MAX)
        return FAIL(e, INVALID, "source: want 1 to %u bytes", NAME_BYTES_MAX);
    c->import = import.size > 0;
    c->source = source.size > 0 ? source : c->source;
    return DONE;
}

void api_collect_native(struct request *r)
{
    static const struct fault_naming naming = {"faults", "line", 1};
    struct intake *i = intake_take(r->door);
    struct codec_context c = collect_context(r);
    struct bytes body;
    struct err e = {0};
    intake_begin(i, r, respond_native, &naming);
    struct status status = query_read(r, &c, &e);
    if (done(status))
        status = body_open(i, &body, &e);
    if (done(status))
        status = native_read(&i->codec, &c, body, &i->batch, &e);
    if (failed(status))
        intake_read_failed(i, status, &e);
    else
        intake_send(i);
}

void api_collect_segment(struct request *r)
{
    static const struct fault_naming naming = {"rejected", "index", 0};
    struct intake *i = intake_take(r->door);
    struct codec_context c = collect_context(r);
    struct bytes body;
    struct err e = {0};
    intake_begin(i, r, respond_segment, &naming);
    struct status status = body_open(i, &body, &e);
    if (done(status))
        status = segment_read(&i->codec, &c, body, (enum segment_call)r->route->choice, &i->batch, &e);
    if (failed(status))
        intake_read_failed(i, status, &e);
    else
        intake_send(i);
}

/* --- what SDKs ask before they send --- */

/* Where the SDK shall send to: the address that it came to, with its workspace. */
static const char *api_host_of(const struct request *r)
{
    struct bytes host = http_header(r->x, "Host");
    bool names_workspace = bytes_starts_with(http_path(r->x), BYTES_LIT("/w/"));
    return arena_printf(request_arena(r), "%.*s%s%s/v1", BYTES_ARG(host), names_workspace ? "/w/" : "", names_workspace ? workspace_name(r->workspace) : "");
}

void api_segment_settings(struct request *r)
{
    struct buf json;
    struct json_writer w;
    bool is_secure = bytes_equal(http_header(r->x, "X-Forwarded-Proto"), BYTES_LIT("https")); /* a proxy speaks TLS for us */
    answer_begin(&json, &w);
    json_key(&w, "integrations");
    json_object_begin(&w);
    json_key(&w, "Segment.io");
    json_object_begin(&w);
    json_key(&w, "apiKey");
    json_put_string(&w, r->parameters[0]);
    json_key(&w, "apiHost");
    json_put_text(&w, api_host_of(r));
    json_key(&w, "protocol");
    json_put_text(&w, is_secure ? "https" : "http");
    json_object_end(&w);
    json_object_end(&w);
    json_key(&w, "plan");
    json_object_begin(&w);
    json_object_end(&w);
    json_object_end(&w);
    request_json(r, 200, &json);
}

void api_rudder_config(struct request *r)
{
    struct buf json;
    struct json_writer w;
    struct bytes key = http_query(r->x, "writeKey");
    answer_begin(&json, &w);
    json_key(&w, "source");
    json_object_begin(&w);
    json_key(&w, "id");
    json_put_text(&w, r->token->name);
    json_key(&w, "name");
    json_put_text(&w, r->token->name);
    json_key(&w, "writeKey");
    json_put_string(&w, key);
    json_key(&w, "enabled");
    json_put_bool(&w, true);
    json_key(&w, "workspaceId");
    json_put_text(&w, workspace_name(r->workspace));
    json_key(&w, "config");
    json_object_begin(&w);
    json_object_end(&w);
    json_key(&w, "destinations");
    json_array_begin(&w);
    json_array_end(&w);
    json_object_end(&w);
    json_object_end(&w);
    request_json(r, 200, &json);
}
