/* What the files of the HTTP door share. For src/edge/http alone. Each calls only those before it: bell, request and stream,
 * exchange, loop, http. */
#pragma once

#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>

#include "edge/http/http.h"
#include "edge/http/problem.h"

/* Libmicrohttpd is driven by threads of our own, one loop each (http/loop.c): each has a daemon of the library and the
 * connections that it accepted. All calls of the library about them happen on the loop's thread.
 *
 * An answer comes from another thread, and mostly soon: at the end of the engine's group. So a kept exchange costs no
 * system call of its own: its connection stays with libmicrohttpd, which calls its handler again in each round, and that
 * looks whether the answer is there; whoever answers rings the loop's bell, which wakes a loop that sleeps. Only what is
 * kept for long, or among many, is suspended. */

/* A suspended connection to be resumed: part of the exchange or the stream that had it suspended. */
struct http_sleeper {
    struct http_sleeper *next;
    struct MHD_Connection *connection;
};

/* How other threads reach a loop. Lives as long as anybody who may ring it, which can be longer than the server. */
struct http_bell {
    atomic_uint holders;
    atomic_uint rings;
    atomic_bool asleep; /* the loop waits, or is about to: it must be woken by `event` */
    int event;
    _Atomic(struct http_sleeper *) sleepers; /* to be resumed, the last one first */
};

struct http_bell *bell_create(void); /* held once; NULL: no memory, or no more files may be open */
struct http_bell *bell_take(struct http_bell *b);
void bell_give(struct http_bell *b); /* NULL is fine */
/* Any thread: the loop looks at what it keeps, now or in the round that runs. A system call only when it sleeps. */
void bell_ring(struct http_bell *b);
/* The same, and it resumes a connection. `s` is the loop's until then. */
void bell_resume(struct http_bell *b, struct http_sleeper *s);
void bell_sleepers_resume(struct http_bell *b); /* the loop, in each round */

struct http_loop {
    struct http_server *server;
    struct MHD_Daemon *daemon;
    struct http_bell *bell;
    pthread_t thread;
    bool runs;
    int poll; /* epoll: the daemon's own, the bell, the listener when it is our turn, the ends of all connections */

    /* The loop thread's own. */
    bool busy;               /* libmicrohttpd has something left to do at once */
    bool invited;            /* somebody waits to be accepted */
    unsigned looked_at;      /* kept exchanges whose connections are not suspended */
    int64_t now_us;          /* monotonic, when this round began */
    struct http_link *ended; /* connections whose clients have closed their sides, and libmicrohttpd may not know it */
    uint8_t *spare_body;     /* of a large body that is over, for the next one; NULL: none */
    size_t spare_capacity;   /* without the padding */
};

void loop_watch(struct http_loop *l, struct http_link *link);      /* for its client's end; from its first moment on */
void link_forget_end(struct http_loop *l, struct http_link *link); /* it is closed now */

/* What libmicrohttpd calls about connections and requests, each on its loop's thread with the loop as its context. */
struct loop_calls {
    void (*notice)(void *loop, struct MHD_Connection *c, void **link, enum MHD_ConnectionNotificationCode what);
    void *(*begin)(void *loop, const char *target, struct MHD_Connection *c);
    enum MHD_Result (*step)(void *loop, struct MHD_Connection *c, const char *url, const char *method, const char *version,
                            const char *upload, size_t *upload_size, void **exchange);
    void (*done)(void *loop, struct MHD_Connection *c, void **exchange, enum MHD_RequestTerminationCode why);
};

/* Starts the server's loops. On a failure those that run are stopped by loops_stop, as always. */
fallible loops_start(struct http_server *s, const struct loop_calls *calls, struct err *e);
void loops_ring(struct http_server *s);
void loops_stop(struct http_server *s); /* no connection may be suspended */

/* Whose an exchange is, apart from the connection it came on. Two threads meet here and nowhere else: the loop of the
 * connection, and whoever answers. */
enum phase {
    PHASE_IDLE,     /* the connection's alone: the request is still coming */
    PHASE_RUNNING,  /* with the handler */
    PHASE_KEPT,     /* by whoever will answer and then ring the bell */
    PHASE_PARKED,   /* kept, and the connection is suspended: whoever answers has it resumed */
    PHASE_ANSWERED, /* the connection's alone again: the answer is on its way out */
    PHASE_FORCED,   /* kept, but the server closes and answers 503 itself */
    PHASE_GIVEN_UP, /* forced, and whoever kept it has answered too: the connection's alone again */
    PHASE_ORPHANED, /* kept, but the connection has gone: whoever answers frees it */
};

/* How far the request has come; the loop thread's own. */
enum stage { STAGE_HEADERS, STAGE_BODY, STAGE_HANDED };

struct http_exchange {
    _Atomic int phase; /* enum phase */
    enum stage stage;
    struct http_server *server;        /* not for an orphan */
    struct http_loop *loop;            /* not for an orphan */
    struct MHD_Connection *connection; /* not for an orphan */
    struct http_bell *bell;            /* held */
    struct http_sleeper sleeper;       /* for a parked one */
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
    struct bytes path, path_sent; /* decoded; as it came */
    size_t head_bytes; /* of its line and headers */
    struct http_pair *headers;
    size_t header_count;
    struct http_pair *query; /* NULL: not taken apart yet */
    size_t query_count;
    size_t length_headers;   /* how many Content-Length */
    size_t transfer_headers; /* how many Transfer-Encoding */
    size_t host_headers;     /* how many Host */
    bool has_odd_header;     /* a name with a space in it */
    uint64_t body_declared;  /* bytes; BODY_UNKNOWN: chunked, or not clear */
    size_t body_size;
    size_t body_held;      /* bytes of it counted in the server's body_bytes_held */
    uint64_t body_drained; /* bytes thrown away after the refusal */
    bool looked_at;        /* is in the loop's looked_at */
    int64_t kept_us;       /* since when; monotonic */

    /* The answer, from whoever kept the exchange: `reply`, or a stream with its status. */
    bool answer_waits; /* to be queued */
    struct http_stream *stream;
    struct MHD_Response *response; /* reads from `stream` */
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

    /* The loop thread's own. */
    struct http_stream *stream; /* being sent on it; NULL: none */
    bool has_ended;             /* is in the loop's list of them */
    bool end_is_shown;          /* and needn't be again */
    struct http_link *ended_before, *ended_after;
};

struct http_server {
    struct http_options options; /* defaults filled in */
    struct http_loop *loops;     /* options.threads */
    int listener;
    _Atomic int64_t deaf_until_us; /* monotonic: nobody listens, for want of room; 0: a loop does */
    uint16_t port;
    atomic_bool closing; /* nothing new */
    atomic_bool forcing; /* nothing is kept any more */
    atomic_bool over;    /* the loops end */
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

/* http/request.c: fills the exchange from what the parser has; the last two say what is wrong, or NULL. */
void request_take_headers(struct http_exchange *x);
const struct problem *request_take_method(struct http_exchange *x, const char *method);
const struct problem *request_check(struct http_exchange *x, const char *version);

/* http/exchange.c: libmicrohttpd's three calls about a request (its first line, headers and body, its end). */
void *exchange_begin(void *loop, const char *target, struct MHD_Connection *c);
enum MHD_Result exchange_step(void *loop, struct MHD_Connection *c, const char *url, const char *method,
                              const char *version, const char *upload, size_t *upload_size, void **exchange);
void exchange_done(void *loop, struct MHD_Connection *c, void **exchange, enum MHD_RequestTerminationCode why);
void exchange_force(struct http_exchange *x); /* if it is parked; with the server's lock, or on its own thread */
void exchange_destroy(struct http_exchange *x);

/* http/stream.c: one for a kept exchange of `connection`, and the response that sends it. */
struct stream_options {
    struct http_bell *bell; /* borrowed */
    struct MHD_Connection *connection;
    size_t bytes_max;
    bool endless;
};
struct http_stream *stream_create(const struct stream_options *options, struct MHD_Response **out_response);
/* For the loop's thread: in the server's list, so that closing can cut it, and with its connection. */
void stream_enlist(struct http_stream *s, struct http_loop *loop, struct http_link *link);
void stream_unlink(struct http_stream *s); /* the connection is closed */
/* The client has closed its side. Whom that means to have gone, is cut; one that asked once may well read on. */
void stream_client_ended(struct http_stream *s);
/* Cuts all streams, or the endless ones; the caller holds the server's lock. */
void streams_cut(struct http_server *server, bool endless_only);
