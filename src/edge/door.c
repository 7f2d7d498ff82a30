#include "edge/door.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "domain/audience/audience.h"
#include "domain/calendar/calendar.h"
#include "edge/api/api.h"
#include "edge/api/prediction_runner.h"
#include "edge/intake.h"
#include "edge/journal.h"
#include "edge/route.h"
#include "edge/scope.h"

#define ANSWER_BYTES_MAX (8u << 20)
#define NOTE_WORDS_BYTES 160
#define INTAKES_KEPT_MAX 64u /* more than that wait for nobody */

struct door {
    struct door_options options;
    struct http_server *server;
    struct streams *streams;
    struct exports *exports;
    struct doorman *doorman;
    struct studies *studies;
    struct prediction_runner *runner;
    pthread_mutex_t lock;
    struct intake *intakes; /* free ones */
    size_t intake_count;
    struct collect_counts counts; /* under the lock */
};

/* --- requests --- */

struct host *request_host(const struct request *r)
{
    return r->door->options.host;
}

struct arena *request_arena(const struct request *r)
{
    return http_arena(r->x);
}

const struct door_options *door_options_of(const struct door *d)
{
    return &d->options;
}

struct http_server *door_server(const struct door *d)
{
    return d->server;
}

struct streams *door_streams(struct door *d)
{
    return d->streams;
}

struct exports *door_exports(struct door *d)
{
    return d->exports;
}

struct doorman *door_doorman(struct door *d)
{
    return d->doorman;
}

struct studies *door_studies(struct door *d)
{
    return d->studies;
}

/* What SDKs in a browser need in every answer; and for people who read one, by whose clocks to tell them its times, which are UTC. */
static size_t reply_headers(const struct request *r, const struct http_reply *reply, struct http_header *out_headers, size_t room)
{
    size_t count = 0;
    for (; count < reply->header_count && count + HTTP_CORS_HEADERS_MAX + 1 < room; count++)
        out_headers[count] = reply->headers[count];
    if (r->route != NULL && r->route->role == ROLE_READ && r->catalogue != NULL)
        out_headers[count++] = (struct http_header){"Kith-Zone", r->catalogue->zone};
    if (r->route != NULL && r->route->who == WHO_SDK)
        count += http_cors(r->x, out_headers + count);
    return count;
}

void request_reply(struct request *r, const struct http_reply *reply)
{
    struct http_header headers[16 + HTTP_CORS_HEADERS_MAX];
    struct http_reply full = *reply;
    full.header_count = reply_headers(r, reply, headers, COUNT_OF(headers));
    full.headers = headers;
    struct catalogue *catalogue = r->catalogue;
    http_respond(r->x, &full); /* r is gone now: it lived in the exchange's arena */
    catalogue_give(catalogue);
}

void request_json(struct request *r, unsigned status, struct buf *json)
{
    struct http_reply reply = {
        .status = status, .content_type = "application/json; charset=utf-8", .body = buf_bytes(json), .body_kind = HTTP_BODY_GIVEN};
    if (json->overflowed) {
        buf_fini(json);
        request_problem(r, &(struct problem){.status = 500, .slug = "too-large", .title = "The answer is too large", .detail = "Ask for less at a time."});
        return;
    }
    request_reply(r, &reply);
}

struct json_writer *request_object_begin(struct request *r)
{
    buf_init(&r->json, ANSWER_BYTES_MAX);
    json_writer_init(&r->writer, &r->json, false);
    json_object_begin(&r->writer);
    return &r->writer;
}

void request_object_end(struct request *r, unsigned status)
{
    json_object_end(&r->writer);
    request_json(r, status, &r->json);
}

void request_problem(struct request *r, const struct problem *p)
{
    struct http_reply reply = problem_reply_to(r->x, p);
    request_reply(r, &reply);
}

void request_failed(struct request *r, struct status s, const struct err *e)
{
    struct problem p = problem_of_failure(s, e);
    if (p.status == 500)
        journal(JOURNAL_ERROR, "request_failed", "%s", e->text);
    request_problem(r, &p);
}

bool request_may(const struct request *r, enum role role)
{
    return r->token != NULL && (r->token->roles >> role & 1) != 0;
}

/* --- on the engine's thread and back --- */

static void reading_done(struct message *m, struct status status)
{
    struct request *r = m->context;
    struct err e = {0};
    if (done(status)) {
        r->read_done(r);
        return;
    }
    err_set(&e, "%s", workspace_trouble(r->workspace));
    request_failed(r, status, &e);
}

static void message_send(struct request *r, struct workspace *w, engine_reader read, void (*finish)(struct request *r))
{
    struct err e = {0};
    r->read_done = finish;
    r->message = (struct message){.workspace = w, .read = read, .done = reading_done, .context = r};
    struct status status = host_send(request_host(r), &r->message, &e);
    if (failed(status))
        request_failed(r, status, &e);
}

void request_read(struct request *r, engine_reader read, void (*finish)(struct request *r))
{
    message_send(r, r->workspace, read, finish);
}

void request_visit(struct request *r, void (*finish)(struct request *r))
{
    message_send(r, NULL, NULL, finish);
}

static void print_read(const struct view *v, void *context)
{
    struct request *r = context;
    buf_clear(&r->json);
    r->problem.status = 0;
    r->person_read = PERSON_NONE;
    json_writer_init(&r->writer, &r->json, false);
    r->print(r, v, &r->writer);
}

void request_print_then(struct request *r, request_printer print, void (*then)(struct request *r))
{
    r->print = print;
    buf_init(&r->json, ANSWER_BYTES_MAX);
    request_read(r, print_read, then);
}

void request_print(struct request *r, request_printer print)
{
    request_print_then(r, print, request_printed);
}

void request_printed(struct request *r)
{
    if (r->person_read != PERSON_NONE)
        request_note_read(r, r->route->path, r->person_read);
    if (r->problem.status == 0) {
        request_json(r, 200, &r->json);
        return;
    }
    buf_fini(&r->json);
    request_problem(r, &r->problem);
}

struct commanding {
    struct submission submission;
    struct message message;
    struct request *request;
    void (*answered)(struct request *r, const struct answer *a);
};

static void command_answered(struct submission *s, const struct answer *a)
{
    struct commanding *c = s->context;
    struct err e = {0};
    if (done(a->status)) {
        c->answered(c->request, a);
        return;
    }
    err_set(&e, "commands are not taken now (%s): try again", status_name(a->status.code));
    request_failed(c->request, a->status, &e);
}

void request_command(struct request *r, uint32_t command_id, struct bytes payload, void (*answered)(struct request *r, const struct answer *a))
{
    struct err e = {0};
    const struct command *command = registry_command(host_registry(request_host(r)), command_id);
    assert(command != NULL);
    struct status status = DONE;
    if (payload.size > command->payload_bytes_max)
        status = FAIL(&e, LIMIT, "%s takes at most %u bytes", command->name, command->payload_bytes_max);
    else if (command->check != NULL)
        status = command->check(payload, &e);
    if (done(status)) {
        struct commanding *c = ARENA_NEW(request_arena(r), struct commanding);
        *c = (struct commanding){.request = r, .answered = answered};
        c->submission = (struct submission){
            .command = command, .payload = arena_copy(request_arena(r), payload), .answered = command_answered, .context = c};
        c->message = (struct message){.workspace = r->workspace, .submissions = &c->submission, .submission_count = 1};
        status = host_send(request_host(r), &c->message, &e);
    }
    if (failed(status))
        request_failed(r, status, &e);
}

void request_answer(struct request *r, const struct answer *a)
{
    if (a->refusal != NULL) {
        request_problem(r, &(struct problem){.status = 409,
                                             .slug = a->refusal->name,
                                             .title = a->refusal->en,
                                             .title_zh = a->refusal->zh,
                                             .position = a->position});
        return;
    }
    struct json_writer *w = request_object_begin(r);
    member_uint(w, "position", a->position);
    if (a->reply.size > 0) {
        json_key(w, "result");
        json_put_raw(w, a->reply);
    }
    request_object_end(r, 200);
}

/* Lives on the heap: the request may be answered before this is. */
struct note {
    struct message message;
    struct submission submission;
    char words[NOTE_WORDS_BYTES]; /* what it is, for the journal */
    uint8_t payload[];
};

static void note_answered(struct submission *s, const struct answer *a)
{
    struct note *n = s->context;
    if (failed(a->status)) /* the log takes nothing now, a full disk say: whoever runs this has to know that reads go unnoted */
        journal(JOURNAL_WARN, "not_noted", "%s: %s", n->words, status_name(a->status.code));
    free(n);
}

void request_note(const struct request *r, uint32_t command_id, struct bytes payload, const char *words)
{
    struct note *n = malloc(sizeof *n + payload.size);
    struct err e = {0};
    if (n == NULL)
        abort();
    (void)snprintf(n->words, sizeof n->words, "%s", words);
    memcpy(n->payload, payload.data, payload.size);
    n->submission = (struct submission){.command = registry_command(host_registry(request_host(r)), command_id),
                                        .payload = bytes_of(n->payload, payload.size),
                                        .answered = note_answered,
                                        .context = n};
    n->message = (struct message){.workspace = r->workspace, .submissions = &n->submission, .submission_count = 1};
    if (failed(host_send(request_host(r), &n->message, &e))) {
        journal(JOURNAL_WARN, "not_noted", "%s: %s", n->words, e.text);
        free(n);
    }
}

void request_note_read(struct request *r, const char *what, uint32_t person)
{
    const char *name = r->token == NULL ? "nobody" : r->token->name;
    char words[NOTE_WORDS_BYTES];
    struct buf b;
    buf_init(&b, 1024);
    pack_bytes(&b, bytes_of_text(name));
    pack_bytes(&b, bytes_of_text(what));
    pack_u32(&b, person);
    (void)snprintf(words, sizeof words, "a read of %s by %s", what, name);
    request_note(r, COMMAND_READ, buf_bytes(&b), words);
    buf_fini(&b);
}

/* --- finding the route --- */

/* Takes one step off the front of a path: "/a/b" gives "a" and leaves "/b". */
static struct bytes step_take(struct bytes *path)
{
    if (path->size == 0 || path->data[0] != '/')
        return BYTES_NONE;
    size_t end = 1;
    while (end < path->size && path->data[end] != '/')
        end++;
    struct bytes step = bytes_slice(*path, 1, end);
    *path = bytes_slice(*path, end, path->size);
    return step;
}

/* Of the path as it was sent, so that a slash inside an id ends no step: "store/a%2Fpeople" is the store "a/people". */
static bool path_matches(struct http_exchange *x, const struct route *route, struct bytes path,
                         struct bytes out_parameters[PATH_PARAMETERS_MAX])
{
    struct bytes pattern = bytes_of_text(route->path);
    size_t count = 0;
    while (pattern.size > 0) {
        struct bytes want = step_take(&pattern);
        bool is_parameter = want.size > 0 && want.data[0] == '{';
        if (is_parameter && want.data[want.size - 2] == '*') {
            assert(count < PATH_PARAMETERS_MAX && pattern.size == 0);
            out_parameters[count] = path.size == 0 ? path : http_decoded(x, bytes_slice(path, 1, path.size));
            return true;
        }
        struct bytes got = http_decoded(x, step_take(&path));
        if (is_parameter && got.size > 0) {
            assert(count < PATH_PARAMETERS_MAX);
            out_parameters[count++] = got;
        } else if (is_parameter || !bytes_equal(want, got)) {
            return false;
        }
    }
    return path.size == 0;
}

/* *out_neighbour: one of the same path, maybe for another method; NULL: there is nothing at this path. */
static const struct route *route_find(struct http_exchange *x, struct bytes path,
                                      struct bytes out_parameters[PATH_PARAMETERS_MAX], const struct route **out_neighbour)
{
    size_t count;
    const struct route *all = routes(&count);
    *out_neighbour = NULL;
    for (size_t i = 0; i < count; i++) {
        if (!path_matches(x, &all[i], path, out_parameters))
            continue;
        *out_neighbour = &all[i];
        if (all[i].method == http_method(x))
            return &all[i];
    }
    return NULL;
}

/* "/w/{workspace}/…" names it; else a header does; else the one called main, or the only one. */
static fallible workspace_choose(struct request *r, struct bytes *path, struct err *e)
{
    struct host *h = request_host(r);
    struct bytes rest = *path, name = http_header(r->x, "X-Kith-Workspace");
    if (bytes_starts_with(*path, BYTES_LIT("/w/"))) {
        (void)step_take(&rest);
        name = http_decoded(r->x, step_take(&rest));
        *path = rest;
    }
    if (name.size > 0)
        return host_workspace(h, name, &r->workspace, e);
    if (done(host_workspace(h, BYTES_LIT("main"), &r->workspace, e)))
        return DONE;
    if (host_workspace_count(h) != 1)
        return FAIL(e, NOT_FOUND, "there are %zu workspaces and none is called main: name one as /w/NAME%.*s", host_workspace_count(h), BYTES_ARG(*path));
    r->workspace = host_workspace_at(h, 0);
    return DONE;
}

static struct bytes secret_of(struct request *r)
{
    bool is_sdk = r->route->who == WHO_SDK;
    struct bytes secret = http_bearer(r->x);
    if (secret.size == 0)
        secret = http_basic_user(r->x);
    if (secret.size == 0 && !is_sdk && r->route->method == HTTP_GET)
        secret = http_cookie(r->x, "kith_token"); /* what changes something never goes by a cookie: other sites can send it */
    if (secret.size == 0 && is_sdk)
        secret = r->parameters[0].size > 0 ? r->parameters[0] : http_query(r->x, "writeKey");
    if (secret.size == 0 && is_sdk && r->route->method == HTTP_POST) {
        struct intake *i = intake_take(r->door);
        secret = arena_copy(request_arena(r), segment_write_key(&i->codec, http_body(r->x)));
        intake_give(r->door, i);
    }
    return secret;
}

static void refuse_token(struct request *r, unsigned status, const char *detail)
{
    request_problem(r, &(struct problem){.status = status,
                                         .slug = status == 401 ? "no-token" : "not-allowed",
                                         .title = status == 401 ? "Who are you?" : "This token may not do that",
                                         .detail = detail});
}

static void request_admit(struct request *r)
{
    static const char only_own[] = "It is limited to a guide's own customers, and this isn't about one of them.";
    r->catalogue = catalogue_take(r->workspace);
    assert(r->catalogue != NULL); /* the workspace has been awake */
    r->token = catalogue_token(r->catalogue, secret_of(r), time_now_us());
    if (r->token == NULL)
        refuse_token(r, 401, "Send a token that is in force: Authorization: Bearer …; `kith token add` makes one.");
    else if (!request_may(r, r->route->role))
        refuse_token(r, 403, arena_printf(request_arena(r), "It needs the role %s.", role_names[r->route->role]));
    else if ((r->route->who == WHO_UNLIMITED || r->route->who == WHO_LOCAL) && scope_is_limited(r->token))
        refuse_token(r, 403, scope_names_guide(r->token) ? only_own : "It is limited to brands, and this concerns the whole workspace.");
    else if (r->route->who != WHO_GUIDE && scope_names_guide(r->token))
        refuse_token(r, 403, only_own);
    else
        r->route->handle(r);
}

/* A workspace that sleeps is woken by a reading of nothing; its catalogue is there afterwards. */
static void request_wake(struct request *r)
{
    struct catalogue *c = catalogue_take(r->workspace);
    if (c == NULL) {
        request_read(r, NULL, request_admit);
        return;
    }
    catalogue_give(c);
    request_admit(r);
}

/* Of a path, for an Allow header. */
static const char *methods_allowed(struct arena *a, const char *path)
{
    size_t count;
    const struct route *all = routes(&count);
    const char *methods = NULL;
    for (size_t i = 0; i < count; i++)
        if (strcmp(all[i].path, path) == 0)
            methods = arena_printf(a, "%s%s%s", methods == NULL ? "" : methods, methods == NULL ? "" : ", ", http_method_names[all[i].method]);
    return methods;
}

static void request_begin(struct request *r, const struct route *neighbour, struct status chosen, const struct err *e)
{
    size_t body_bytes_max = r->route == NULL || r->route->body_bytes_max == 0 ? BODY_BYTES_USUAL : r->route->body_bytes_max;
    if (r->route == NULL && neighbour != NULL)
        request_problem(r, &(struct problem){.status = 405,
                                             .slug = "wrong-method",
                                             .title = "This address takes another method",
                                             .detail = "See /api/v1/openapi.json.",
                                             .allow = methods_allowed(request_arena(r), neighbour->path)});
    else if (r->route == NULL)
        request_problem(r, &(struct problem){.status = 404, .slug = "no-such-address", .title = "There is nothing here", .detail = "See /api/v1/openapi.json for what there is."});
    else if (http_body(r->x).size > body_bytes_max)
        request_problem(r, &(struct problem){.status = 413,
                                             .slug = "body-too-large",
                                             .title = "The request's body is too large",
                                             .detail = arena_printf(request_arena(r), "Send at most %zu bytes at once.", body_bytes_max)});
    else if (r->route->who == WHO_ANYBODY)
        r->route->handle(r);
    else if (r->route->who == WHO_LOCAL && is_loopback(r))
        r->route->handle(r); /* about the process: no workspace is asked, nor woken for its tokens */
    else if (failed(chosen))
        request_failed(r, chosen, e);
    else
        request_wake(r);
}

static void handle(struct http_exchange *x, void *context)
{
    struct request *r = ARENA_NEW(http_arena(x), struct request);
    struct bytes path = http_path_sent(x);
    struct err e = {0};
    const struct route *neighbour;
    r->door = context;
    r->x = x;
    struct status chosen = workspace_choose(r, &path, &e);
    if (path.size > 1 && path.data[path.size - 1] == '/') /* some SDKs end their paths so */
        path = bytes_slice(path, 0, path.size - 1);
    r->route = route_find(x, path, r->parameters, &neighbour);
    if (neighbour != NULL && neighbour->who == WHO_SDK && http_cors_preflight(x))
        return;
    request_begin(r, neighbour, chosen, &e);
}

/* --- intakes --- */

struct intake *intake_take(struct door *d)
{
    (void)pthread_mutex_lock(&d->lock);
    struct intake *i = d->intakes;
    if (i != NULL) {
        d->intakes = i->next;
        d->intake_count--;
    }
    (void)pthread_mutex_unlock(&d->lock);
    return i != NULL ? i : intake_create();
}

void intake_give(struct door *d, struct intake *i)
{
    (void)pthread_mutex_lock(&d->lock);
    if (i->request != NULL) /* else it was only borrowed */
        collect_counts_add(&d->counts, i);
    i->request = NULL;
    bool keep = d->intake_count < INTAKES_KEPT_MAX;
    if (keep) {
        i->next = d->intakes;
        d->intakes = i;
        d->intake_count++;
    }
    (void)pthread_mutex_unlock(&d->lock);
    if (!keep)
        intake_destroy(i);
}

void door_counts(struct door *d, struct collect_counts *out_counts)
{
    (void)pthread_mutex_lock(&d->lock);
    *out_counts = d->counts;
    (void)pthread_mutex_unlock(&d->lock);
}

/* --- life --- */

/* Facts after which the catalogue is another. */
static const struct fact_kind *const copied[] = {&fact_token_changed, &fact_id_type_changed, &fact_relation_type_changed,
                                                 &fact_list_changed, &fact_zone_changed};

static void hear(void *context, uint64_t position, const struct fact_kind *kind, enum cause cause, int64_t time_us, struct bytes json)
{
    (void)position, (void)cause, (void)time_us, (void)json;
    struct workspace *w = context;
    bool is_copied = false;
    for (size_t i = 0; i < COUNT_OF(copied); i++)
        is_copied |= kind == copied[i];
    if (is_copied)
        catalogue_refresh(w, workspace_engine(w));
}

void door_woken(struct workspace *w, struct engine *g)
{
    bool first = workspace_attachment(w) == NULL;
    catalogue_refresh(w, g);
    if (first)
        for (size_t i = 0; i < COUNT_OF(copied); i++)
            (void)host_listen(workspace_host(w), w, copied[i], hear, w); /* for the host's life */
    journal(JOURNAL_INFO, "workspace_woken", "%s", workspace_name(w));
}

void door_forget(struct host *h)
{
    for (size_t i = 0; i < host_workspace_count(h); i++)
        catalogue_detach(host_workspace_at(h, i));
}

fallible door_open(const struct door_options *options, struct door **out_door, struct err *e)
{
    struct door *d = calloc(1, sizeof *d);
    if (d == NULL)
        return FAIL(e, FULL, "no memory for the door");
    d->options = *options;
    (void)pthread_mutex_init(&d->lock, NULL);
    struct http_options http = {
        .address = options->address, .port = options->port, .threads = options->threads, .handle = handle, .context = d};
    struct status status = streams_create(&d->streams, e);
    if (done(status))
        status = exports_create(&d->exports, e);
    if (done(status))
        status = doorman_create(&d->doorman, e);
    if (done(status))
        status = studies_create(&d->studies, e);
    if (done(status))
        status = prediction_runner_create(d, options->host, &d->runner, e);
    if (done(status))
        status = http_open(&http, &d->server, e);
    if (failed(status)) {
        door_close(d);
        return status;
    }
    *out_door = d;
    return DONE;
}

uint16_t door_port(const struct door *d)
{
    return http_port(d->server);
}

void door_close(struct door *d)
{
    if (d == NULL)
        return;
    doorman_send_home(d->doorman);
    prediction_runner_send_home(d->runner);
    studies_send_home(d->studies);
    prediction_runner_destroy(d->runner);
    http_close(d->server);
    streams_destroy(d->streams);
    exports_destroy(d->exports);
    doorman_destroy(d->doorman);
    studies_destroy(d->studies);
    while (d->intakes != NULL) {
        struct intake *i = d->intakes;
        d->intakes = i->next;
        intake_destroy(i);
    }
    (void)pthread_mutex_destroy(&d->lock);
    free(d);
}
