/* One request and its answer, from the first line to the last byte: what libmicrohttpd's callbacks do. */
#include <arpa/inet.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "edge/http/inside.h"

#define ARENA_BYTES 4096
#define BODY_KEPT_BYTES_MAX 16384          /* a connection keeps its body buffer up to here, and it isn't counted */
#define BODY_SPARE_BYTES_MAX (8u << 20)    /* and a loop a large one, up to here: not counted until a body has it */
#define SPARE_TOTAL_PART 2                  /* of what all bodies may hold, beyond which no body takes a loop's */
#define BODY_FIRST_BYTES_MAX 65536          /* how far a mere Content-Length is believed */
#define BODY_DRAINED_BYTES_MAX (16U << 20) /* read and thrown away, so that the client can see why it is refused */
#define RETRY_SECONDS 1
/* A kept exchange is looked at in each round for so long and among so many of its loop, then it is parked. */
#define LOOK_US_MAX (10 * US_PER_MS)
#define LOOKED_AT_MAX 512u

static const struct problem no_room = {.status = 503,
                                       .slug = "no-room",
                                       .title = "Too many large requests at once",
                                       .detail = "Wait a moment and send it again.",
                                       .retry_seconds = RETRY_SECONDS};
static const struct problem closing = {.status = 503,
                                       .slug = "closing",
                                       .title = "The server is being stopped",
                                       .detail = "Send it again in a moment.",
                                       .retry_seconds = RETRY_SECONDS};

static struct http_link *link_of(struct MHD_Connection *c)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info == NULL ? NULL : info->socket_context;
}

static void client_name(struct MHD_Connection *c, char out_text[INET6_ADDRSTRLEN])
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *a = info == NULL ? NULL : info->client_addr;
    const void *bytes = NULL;
    int family = AF_INET;
    if (a != NULL && a->sa_family == AF_INET) {
        bytes = &((const struct sockaddr_in *)(const void *)a)->sin_addr;
    } else if (a != NULL && a->sa_family == AF_INET6) {
        const struct in6_addr *six = &((const struct sockaddr_in6 *)(const void *)a)->sin6_addr;
        bool mapped = IN6_IS_ADDR_V4MAPPED(six);
        bytes = mapped ? &six->s6_addr[12] : &six->s6_addr[0];
        family = mapped ? AF_INET : AF_INET6;
    }
    if (bytes == NULL || inet_ntop(family, bytes, out_text, INET6_ADDRSTRLEN) == NULL)
        out_text[0] = 0;
}

static struct http_exchange *exchange_create(struct http_loop *loop, struct MHD_Connection *c)
{
    struct http_exchange *x = calloc(1, sizeof *x);
    if (x == NULL)
        return NULL;
    x->arena = arena_create(ARENA_BYTES);
    x->server = loop->server;
    x->loop = loop;
    x->bell = bell_take(loop->bell);
    x->connection = c;
    x->sleeper.connection = c;
    x->stream_bytes_max = x->server->options.stream_bytes_max;
    client_name(c, x->client);
    return x;
}

void exchange_destroy(struct http_exchange *x)
{
    if (x == NULL)
        return;
    bell_give(x->bell);
    arena_destroy(x->arena);
    free(x->body);
    free(x);
}

void *exchange_begin(void *context, const char *target, struct MHD_Connection *c)
{
    struct http_loop *loop = context;
    struct http_server *server = loop->server;
    struct http_link *link = link_of(c);
    if (link == NULL || target == NULL)
        return NULL;
    if (link->x == NULL) {
        struct http_exchange *x = exchange_create(loop, c);
        (void)pthread_mutex_lock(&server->lock);
        link->x = x;
        (void)pthread_mutex_unlock(&server->lock);
        if (x == NULL)
            return NULL;
    }
    struct http_exchange *x = link->x;
    assert(x->stage == STAGE_HEADERS && atomic_load(&x->phase) == PHASE_IDLE);
    x->target = bytes_of_text(target);
    x->target.data = (const uint8_t *)arena_text(x->arena, x->target);
    return x;
}

/* The body's buffer, and its share of what all bodies may take together. */

/* A loop keeps one large buffer for the next large body: who sends one after the other would else pay for fresh pages each time. */
static void spare_put(struct http_exchange *x)
{
    struct http_loop *l = x->loop;
    bool stays = x->body_capacity > l->spare_capacity && x->body_capacity <= BODY_SPARE_BYTES_MAX;
    free(stays ? l->spare_body : x->body);
    if (stays) {
        l->spare_body = x->body;
        l->spare_capacity = x->body_capacity;
    }
    x->body = NULL;
    x->body_capacity = 0;
}

static void spare_take(struct http_exchange *x)
{
    struct http_loop *l = x->loop;
    if (x->body_size > 0)
        memcpy(l->spare_body, x->body, x->body_size);
    free(x->body);
    x->body = l->spare_body;
    x->body_capacity = l->spare_capacity;
    l->spare_body = NULL;
    l->spare_capacity = 0;
}

static void body_release(struct http_exchange *x)
{
    if (x->body_held > 0)
        count_less(&x->server->counters.body_bytes_held, x->body_held);
    x->body_held = 0;
    x->body_size = 0;
    if (x->body_capacity > BODY_KEPT_BYTES_MAX)
        spare_put(x);
}

/* What a buffer for `need` bytes is to hold. It grows with what has really come: a client can't take the room of others by announcing a lot. */
static size_t capacity_wanted(const struct http_exchange *x, size_t need)
{
    size_t body_bytes_max = x->server->options.body_bytes_max;
    size_t capacity = x->body_capacity * 2 > 1024 ? x->body_capacity * 2 : 1024;
    if (x->body_declared != BODY_UNKNOWN) {
        size_t declared = (size_t)x->body_declared;
        size_t believed = declared < BODY_FIRST_BYTES_MAX ? declared : BODY_FIRST_BYTES_MAX;
        capacity = capacity < believed ? believed : capacity > declared ? declared : capacity;
    }
    if (capacity > body_bytes_max)
        capacity = body_bytes_max;
    return capacity < need ? need : capacity;
}

/* Counts `capacity` as held by this body, unless all bodies together would then hold more than `total_max`. */
static bool body_hold(struct http_exchange *x, size_t capacity, size_t total_max)
{
    size_t held = capacity > BODY_KEPT_BYTES_MAX ? capacity : 0;
    assert(held >= x->body_held); /* buffers only grow */
    size_t more = held - x->body_held;
    if (more == 0)
        return true;
    uint64_t before = atomic_fetch_add(&x->server->counters.body_bytes_held, more);
    if (before + more > total_max) {
        count_less(&x->server->counters.body_bytes_held, more);
        return false;
    }
    x->body_held = held;
    return true;
}

/* The spare counts with all that it has. That may be much more than has come, so it is taken only while there is plenty of room:
 * small slow bodies can't fill the total with spares of others. */
static bool body_reserve(struct http_exchange *x, size_t need)
{
    if (need <= x->body_capacity)
        return true;
    size_t capacity = capacity_wanted(x, need), total_max = x->server->options.body_bytes_total_max;
    size_t spare_capacity = x->loop->spare_capacity;
    if (capacity > BODY_KEPT_BYTES_MAX && spare_capacity >= need &&
        body_hold(x, spare_capacity, total_max / SPARE_TOTAL_PART)) {
        spare_take(x);
        return true;
    }
    if (!body_hold(x, capacity, total_max))
        return false;
    uint8_t *body = realloc(x->body, capacity + HTTP_BODY_PADDING);
    if (body == NULL)
        return false; /* what was counted goes back with the refusal */
    x->body = body;
    x->body_capacity = capacity;
    return true;
}

static void exchange_refuse(struct http_exchange *x, const struct problem *p)
{
    assert(!x->refused);
    x->refused = true;
    x->reply = problem_reply_to(x, p);
    assert(x->reply.body_kind == HTTP_BODY_STAYS);
    body_release(x);
}

static void exchange_refuse_size(struct http_exchange *x)
{
    struct problem p = {.status = 413, .slug = "body-too-large", .title = "The request's body is too large"};
    p.detail = arena_printf(x->arena, "Send at most %zu bytes at once.", x->server->options.body_bytes_max);
    exchange_refuse(x, &p);
}

static void body_add(struct http_exchange *x, struct bytes more)
{
    if (more.size > x->server->options.body_bytes_max - x->body_size) {
        exchange_refuse_size(x);
    } else if (!body_reserve(x, x->body_size + more.size)) {
        exchange_refuse(x, &no_room);
    } else {
        memcpy(x->body + x->body_size, more.data, more.size);
        x->body_size += more.size;
    }
}

/* The answer on its way to libmicrohttpd. */

static void response_add_headers(struct MHD_Response *response, const struct http_reply *reply)
{
    /* Refused are values with a CR or LF, which could only come out of a request: left out, as the header says. */
    if (reply->content_type != NULL)
        (void)MHD_add_response_header(response, "Content-Type", reply->content_type);
    for (size_t i = 0; i < reply->header_count; i++)
        (void)MHD_add_response_header(response, reply->headers[i].name, reply->headers[i].value);
}

/* NULL when there is no memory: the connection is then dropped. */
static struct MHD_Response *response_create(const struct http_reply *reply)
{
    assert(reply->status >= 200 && reply->status <= 599 && reply->body_kind != HTTP_BODY_COPIED);
    void *data = (void *)(uintptr_t)reply->body.data;
    struct MHD_Response *response =
        reply->body_kind == HTTP_BODY_GIVEN && data != NULL
            ? MHD_create_response_from_buffer_with_free_callback(reply->body.size, data, free)
            : MHD_create_response_from_buffer(reply->body.size, data, MHD_RESPMEM_PERSISTENT);
    if (response != NULL)
        response_add_headers(response, reply);
    else if (reply->body_kind == HTTP_BODY_GIVEN)
        free(data);
    return response;
}

static enum MHD_Result response_queue(struct http_exchange *x, unsigned status, struct MHD_Response *response)
{
    if (response == NULL)
        return MHD_NO;
    count_add(&x->server->counters.answers[status / 100], 1);
    x->loop->busy = true; /* it is sent in the next turn */
    enum MHD_Result result = MHD_queue_response(x->connection, status, response);
    MHD_destroy_response(response); /* libmicrohttpd counts its own */
    return result;
}

static enum MHD_Result reply_queue(struct http_exchange *x, const struct http_reply *reply)
{
    if (!x->head)
        count_add(&x->server->counters.bytes_out, reply->body.size);
    return response_queue(x, reply->status, response_create(reply));
}

static enum MHD_Result answer_queue(struct http_exchange *x)
{
    struct http_stream *stream = x->stream;
    struct MHD_Response *response = x->response;
    x->answer_waits = false;
    if (stream == NULL)
        return reply_queue(x, &x->reply);
    x->stream = NULL;
    x->response = NULL;
    stream_enlist(stream, x->loop, link_of(x->connection));
    return response_queue(x, x->reply.status, response);
}

/* An answer that nobody will get. */
static void answer_drop(struct http_exchange *x)
{
    if (!x->answer_waits)
        return;
    x->answer_waits = false;
    if (x->response != NULL)
        MHD_destroy_response(x->response); /* the stream learns of it */
    else if (x->reply.body_kind == HTTP_BODY_GIVEN)
        free((void *)(uintptr_t)x->reply.body.data);
    x->stream = NULL;
    x->response = NULL;
}

/* The server closes and nobody has answered. Whoever kept the exchange may use its arena at this moment. */
static enum MHD_Result forced_queue(struct http_exchange *x)
{
    static const char text[] =
        "{\"type\":\"/problems/closing\",\"title\":\"The server is being stopped\",\"status\":503}\n";
    struct http_header headers[] = {{"Connection", "close"}, {"Retry-After", "1"}};
    struct http_reply reply = {
        .status = 503,
        .content_type = "application/problem+json",
        .body = bytes_of(text, sizeof text - 1),
        .body_kind = HTTP_BODY_STAYS,
        .headers = headers,
        .header_count = COUNT_OF(headers),
    };
    return reply_queue(x, &reply);
}

/* With what stands in it. */
static void exchange_answer(struct http_exchange *x)
{
    struct http_bell *bell = bell_take(x->bell); /* x may be gone before it is rung */
    x->answer_waits = true;
    int phase = atomic_load(&x->phase);
    while (phase == PHASE_RUNNING || phase == PHASE_KEPT || phase == PHASE_PARKED) {
        if (!atomic_compare_exchange_weak(&x->phase, &phase, PHASE_ANSWERED))
            continue;
        if (phase == PHASE_KEPT)
            bell_ring(bell);
        else if (phase == PHASE_PARKED)
            bell_resume(bell, &x->sleeper); /* is still there, as nothing else may resume it */
        bell_give(bell);
        return;
    }
    bell_give(bell);
    answer_drop(x); /* too late: the connection has gone, or the server closes */
    if (phase == PHASE_FORCED && atomic_compare_exchange_strong(&x->phase, &phase, PHASE_GIVEN_UP))
        return;
    assert(phase == PHASE_ORPHANED); /* anything else is a second answer */
    exchange_destroy(x);
}

/* What may go away after the call is copied; libmicrohttpd's response is made on the loop's thread, so that whoever
 * answers for many has little to do. */
void http_respond(struct http_exchange *x, const struct http_reply *reply)
{
    struct http_header *headers = ARENA_ARRAY(x->arena, struct http_header, reply->header_count + 1);
    for (size_t i = 0; i < reply->header_count; i++)
        headers[i] = (struct http_header){arena_text(x->arena, bytes_of_text(reply->headers[i].name)),
                                          arena_text(x->arena, bytes_of_text(reply->headers[i].value))};
    x->reply = *reply;
    x->reply.headers = headers;
    if (reply->content_type != NULL)
        x->reply.content_type = arena_text(x->arena, bytes_of_text(reply->content_type));
    if (reply->body_kind == HTTP_BODY_COPIED) {
        x->reply.body = arena_copy(x->arena, reply->body);
        x->reply.body_kind = HTTP_BODY_STAYS;
    }
    exchange_answer(x);
}

struct http_stream *http_stream_begin(struct http_exchange *x, const struct http_reply *head)
{
    assert(head->body.size == 0 && head->status >= 200 && head->status <= 599);
    struct stream_options options = {.bell = x->bell, .connection = x->connection, .bytes_max = x->stream_bytes_max,
                                     .endless = head->content_type != NULL && strncmp(head->content_type, "text/event-stream", 17) == 0};
    struct http_stream *s = stream_create(&options, &x->response);
    response_add_headers(x->response, head);
    /* libmicrohttpd answers a HEAD with the last chunk's mark as a body: nothing may follow on that connection. */
    if (x->head)
        (void)MHD_add_response_header(x->response, "Connection", "close");
    x->stream = s;
    x->reply.status = head->status;
    exchange_answer(x);
    return s;
}

/* libmicrohttpd's calls: one with the headers, any number with pieces of the body, then one or more until there is an
 * answer. */

static bool request_has_body(const struct http_exchange *x)
{
    return x->body_declared > 0;
}

/* Who doesn't ask first is sending a body that is too large already, and reads the answer when all is sent; a connection
 * that closed meanwhile would take the answer with it. */
static bool body_comes_anyway(const struct http_exchange *x)
{
    return x->reply.status == 413 && x->body_declared <= BODY_DRAINED_BYTES_MAX && http_header(x, "Expect").data == NULL;
}

static void request_admit(struct http_exchange *x, const char *method, const char *version)
{
    struct http_server *server = x->server;
    const struct problem *unknown = request_take_method(x, method);
    const struct problem *p = request_check(x, version);
    p = p == NULL ? unknown : p;
    if (p == NULL && atomic_load(&server->closing))
        p = &closing;
    if (p != NULL) {
        exchange_refuse(x, p);
        return;
    }
    if (x->body_declared == BODY_UNKNOWN)
        return;
    uint64_t held = atomic_load_explicit(&server->counters.body_bytes_held, memory_order_relaxed);
    if (x->body_declared > server->options.body_bytes_max)
        exchange_refuse_size(x);
    else if (x->body_declared > BODY_KEPT_BYTES_MAX && held + x->body_declared > server->options.body_bytes_total_max)
        exchange_refuse(x, &no_room);
}

static enum MHD_Result step_headers(struct http_exchange *x, const char *method, const char *version)
{
    struct counters *counters = &x->server->counters;
    x->stage = STAGE_BODY;
    x->counted = true;
    atomic_fetch_add(&counters->in_flight, 1);
    count_add(&counters->requests, 1);
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    x->head_bytes = info == NULL ? 0 : info->header_size;
    count_add(&counters->bytes_in, x->head_bytes);
    request_take_headers(x);
    request_admit(x, method, version);
    /* Answered now, the body isn't read and the connection closes; without a body the answer waits for its turn. */
    return x->refused && request_has_body(x) && !body_comes_anyway(x) ? reply_queue(x, &x->reply) : MHD_YES;
}

static enum MHD_Result step_body(struct http_exchange *x, struct bytes more)
{
    count_add(&x->server->counters.bytes_in, more.size);
    if (!x->refused)
        body_add(x, more);
    x->loop->busy |= x->body_size < x->body_declared; /* more of it may have come */
    if (!x->refused)
        return MHD_YES;
    /* Refused half way: libmicrohttpd takes an answer only at the end, so the rest is read, but not for ever. */
    x->body_drained += more.size;
    return x->body_drained <= BODY_DRAINED_BYTES_MAX ? MHD_YES : MHD_NO;
}

static void look_end(struct http_exchange *x)
{
    if (x->looked_at)
        x->loop->looked_at--;
    x->looked_at = false;
}

/* Hands the request to the handler. One that is kept is looked at again in each round, see http/inside.h. */
static enum MHD_Result step_hand(struct http_exchange *x)
{
    const struct http_options *o = &x->server->options;
    if (x->refused)
        return reply_queue(x, &x->reply);
    x->stage = STAGE_HANDED;
    if (x->body != NULL)
        memset(x->body + x->body_size, 0, HTTP_BODY_PADDING);
    atomic_store(&x->phase, PHASE_RUNNING);
    o->handle(x, o->context);
    int phase = PHASE_RUNNING;
    if (!atomic_compare_exchange_strong(&x->phase, &phase, PHASE_KEPT)) {
        assert(phase == PHASE_ANSWERED);
        return answer_queue(x);
    }
    x->kept_us = x->loop->now_us;
    x->looked_at = true;
    x->loop->looked_at++;
    return MHD_YES;
}

void exchange_force(struct http_exchange *x)
{
    int phase = PHASE_PARKED;
    if (atomic_compare_exchange_strong(&x->phase, &phase, PHASE_FORCED))
        bell_resume(x->bell, &x->sleeper);
}

/* Suspends the connection of a kept exchange, unless the answer comes at this very moment. Not in the round in which it
 * was handed out: libmicrohttpd would still mean to read, do so when it is resumed, and drop the connection of a client
 * that has closed its sending side. */
static enum MHD_Result exchange_park(struct http_exchange *x)
{
    int phase = PHASE_KEPT;
    look_end(x);
    MHD_suspend_connection(x->connection);
    if (!atomic_compare_exchange_strong(&x->phase, &phase, PHASE_PARKED)) {
        assert(phase == PHASE_ANSWERED);
        MHD_resume_connection(x->connection);
        x->loop->busy = true;
        return MHD_YES;
    }
    if (atomic_load(&x->server->forcing)) /* and http_close may have passed before it was parked */
        exchange_force(x);
    return MHD_YES;
}

static enum MHD_Result exchange_look(struct http_exchange *x)
{
    const struct http_loop *l = x->loop;
    int phase = PHASE_KEPT;
    if (atomic_load(&x->server->forcing) && atomic_compare_exchange_strong(&x->phase, &phase, PHASE_FORCED)) {
        look_end(x);
        return forced_queue(x);
    }
    return l->now_us - x->kept_us > LOOK_US_MAX || l->looked_at > LOOKED_AT_MAX ? exchange_park(x) : MHD_YES;
}

static enum MHD_Result step_answer(struct http_exchange *x)
{
    switch (atomic_load(&x->phase)) {
    case PHASE_KEPT: return exchange_look(x);
    case PHASE_ANSWERED: look_end(x); return answer_queue(x);
    case PHASE_FORCED:
    case PHASE_GIVEN_UP: return forced_queue(x);
    default: assert(false); return MHD_NO;
    }
}

enum MHD_Result exchange_step(void *context, struct MHD_Connection *c, const char *url, const char *method,
                              const char *version, const char *upload, size_t *upload_size, void **exchange)
{
    (void)context, (void)c, (void)url;
    struct http_exchange *x = *exchange;
    if (x == NULL)
        return MHD_NO;
    if (x->stage == STAGE_HEADERS)
        return step_headers(x, method, version);
    if (*upload_size > 0) {
        struct bytes more = bytes_of(upload, *upload_size);
        *upload_size = 0;
        return step_body(x, more);
    }
    return x->stage == STAGE_BODY ? step_hand(x) : step_answer(x);
}

/* The connection has no more use for an exchange that may still be kept. If it is, it is from now on theirs to free,
 * and true comes back. */
static bool exchange_leave(struct http_exchange *x, struct http_link *link)
{
    struct http_server *server = x->server;
    (void)pthread_mutex_lock(&server->lock);
    int phase = atomic_load(&x->phase);
    assert(phase != PHASE_PARKED && phase != PHASE_ORPHANED);
    bool kept = phase == PHASE_KEPT || phase == PHASE_FORCED;
    if (kept) {
        count_less(&server->counters.body_bytes_held, x->body_held); /* the server may be gone when it is freed */
        x->body_held = 0;
        kept = atomic_compare_exchange_strong(&x->phase, &phase, PHASE_ORPHANED);
    }
    if (kept)
        link->x = NULL;
    (void)pthread_mutex_unlock(&server->lock);
    return kept;
}

/* Ready for the next request of the connection. */
static void exchange_reset(struct http_exchange *x)
{
    answer_drop(x); /* the connection broke before it was queued */
    body_release(x);
    arena_reset(x->arena);
    size_t kept = offsetof(struct http_exchange, method);
    memset((uint8_t *)x + kept, 0, sizeof *x - kept);
    x->stage = STAGE_HEADERS;
    atomic_store(&x->phase, PHASE_IDLE);
}

/* One exchange less is in flight. */
static void server_calm(struct http_server *s)
{
    if (atomic_fetch_sub(&s->counters.in_flight, 1) > 1 || !atomic_load(&s->closing))
        return;
    (void)pthread_mutex_lock(&s->lock);
    (void)pthread_cond_broadcast(&s->calm);
    (void)pthread_mutex_unlock(&s->lock);
}

void exchange_done(void *context, struct MHD_Connection *c, void **exchange, enum MHD_RequestTerminationCode why)
{
    struct http_loop *loop = context;
    struct http_server *server = loop->server;
    struct http_exchange *x = *exchange;
    *exchange = NULL;
    loop->busy = true; /* the next request may be there */
    if (x == NULL)
        return;
    look_end(x);
    bool counted = x->counted;
    /* What the library couldn't read, it has answered itself. */
    if (why == MHD_REQUEST_TERMINATED_WITH_ERROR && x->stage != STAGE_HANDED && !x->refused)
        count_add(&server->counters.answers[4], 1);
    if (counted && why != MHD_REQUEST_TERMINATED_COMPLETED_OK)
        count_add(&server->counters.aborted, 1);
    int phase = atomic_load(&x->phase);
    bool maybe_kept = phase == PHASE_KEPT || phase == PHASE_FORCED;
    if (!maybe_kept || !exchange_leave(x, link_of(c)))
        exchange_reset(x);
    if (counted)
        server_calm(server);
}
