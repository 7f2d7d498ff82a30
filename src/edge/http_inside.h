/* What the files of the HTTP door share. For src/edge/http*.c alone. */
#pragma once

#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>

#include "edge/http.h"
#include "edge/problem.h"

/* Whose an exchange is, apart from the connection it came on. Two threads meet here and nowhere else: the server
 * thread of the connection, and whoever answers. */
enum phase {
    PHASE_IDLE,     /* the connection's alone: the request is still coming */
    PHASE_RUNNING,  /* with the handler, or kept; the connection is not suspended yet */
    PHASE_PARKED,   /* kept; the connection is suspended, so whoever answers must wake it */
    PHASE_ANSWERED, /* the connection's alone again: the answer is on its way out */
    PHASE_FORCED,   /* kept, but the server closes and answers 503 itself */
    PHASE_GIVEN_UP, /* forced, and whoever kept it has answered too: the connection's alone again */
    PHASE_ORPHANED, /* kept, but the connection has gone: whoever answers frees it */
};

/* How far the request has come; the server thread's own. */
enum stage { STAGE_HEADERS, STAGE_BODY, STAGE_HANDED };

struct http_exchange {
    _Atomic int phase; /* enum phase */
    enum stage stage;
    struct http_server *server;        /* not for an orphan */
    struct MHD_Connection *connection; /* not for an orphan */
    struct arena *arena;
    size_t stream_bytes_max; /* from the options */
    char client[INET6_ADDRSTRLEN];
    uint8_t *body;
    size_t body_capacity; /* without the padding */

    /* The request. From `method` on, all is zeroed between two requests. */
    enum http_method method;
    bool head;
    bool counted; /* is in in_flight */
    bool refused; /* `reply` says why */
    struct http_reply reply;
    struct bytes target;
    struct bytes path;
    struct http_pair *headers;
    size_t header_count;
    struct http_pair *query; /* NULL: not taken apart yet */
    size_t query_count;
    size_t length_headers;   /* how many Content-Length */
    size_t transfer_headers; /* how many Transfer-Encoding */
    uint64_t body_declared;  /* bytes; BODY_UNKNOWN: chunked, or not clear */
    size_t body_size;
    size_t body_held;      /* bytes of it counted in the server's body_bytes_held */
    uint64_t body_drained; /* bytes thrown away after the refusal */

    /* The answer, from whoever kept the exchange. */
    unsigned status;
    size_t reply_bytes;
    struct MHD_Response *response;
    struct http_stream *stream; /* what `response` reads from, if it is one */
};

#define BODY_UNKNOWN UINT64_MAX

struct counters {
    _Atomic uint64_t connections, connections_ever, in_flight, streams, requests, aborted;
    _Atomic uint64_t answers[6];
    _Atomic uint64_t bytes_in, bytes_out, body_bytes_held;
};

/* One accepted connection, in the server's list so that closing can reach it. */
struct http_link {
    struct http_link *older, *newer;
    struct http_exchange *x; /* NULL before the first request; changed under the server's lock */
    int socket;
};

struct http_server {
    struct http_options options; /* defaults filled in */
    struct MHD_Daemon *daemon;
    uint16_t port;
    atomic_bool closing; /* nothing new */
    atomic_bool forcing; /* nothing is kept any more */
    pthread_mutex_t lock; /* of the two lists; taken once a connection or stream, never once a request */
    pthread_cond_t calm;  /* in_flight came to 0 while closing */
    struct http_link *links;
    struct http_stream *streams;
    struct counters counters;
};

static inline void count_add(_Atomic uint64_t *counter, uint64_t n)
{
    atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

static inline void count_less(_Atomic uint64_t *counter, uint64_t n)
{
    atomic_fetch_sub_explicit(counter, n, memory_order_relaxed);
}

/* http_request.c: fills the exchange from what the parser has; the last two say what is wrong, or NULL. */
void request_take_headers(struct http_exchange *x);
const struct problem *request_take_method(struct http_exchange *x, const char *method);
const struct problem *request_check(struct http_exchange *x, const char *version);

/* http_exchange.c: libmicrohttpd's three calls about a request (its first line, headers and body, its end). */
void *exchange_begin(void *server, const char *target, struct MHD_Connection *c);
enum MHD_Result exchange_step(void *server, struct MHD_Connection *c, const char *url, const char *method,
                              const char *version, const char *upload, size_t *upload_size, void **exchange);
void exchange_done(void *server, struct MHD_Connection *c, void **exchange, enum MHD_RequestTerminationCode why);
void exchange_answer(struct http_exchange *x, unsigned status, struct MHD_Response *response);
void exchange_force(struct http_exchange *x); /* if it is parked; with the server's lock, or on its own thread */
void exchange_destroy(struct http_exchange *x);
void response_add_headers(struct MHD_Response *response, const struct http_reply *reply);

/* http.c: one exchange less is in flight. */
void server_calm(struct http_server *s);

/* http_stream.c, for the server thread: in the server's list, so that closing can cut it. */
void stream_enlist(struct http_stream *s, struct http_server *server);
/* Cuts all streams, or the endless ones; the caller holds the server's lock. */
void streams_cut(struct http_server *server, bool endless_only);
