/* The door: HTTP/1.1 in, answers out. A small wrapper around libmicrohttpd (epoll, a few threads) which knows no route.
 *
 * The handler is called on a thread of the server once the whole request is there. It answers at once, or keeps the exchange
 * and lets any other thread answer later: exactly one of http_respond and http_stream_begin, exactly once. It must not
 * block: other connections wait for the same thread. Until it is answered, an exchange belongs to whoever holds it, one
 * thread at a time; from the answer on it must not be touched. All bytes it hands out live until then, and each run of
 * them is followed by a NUL. */
#pragma once

#include "base/arena.h"

struct http_server;
struct http_exchange;
struct http_stream;

enum http_method { HTTP_GET, HTTP_POST, HTTP_PUT, HTTP_DELETE, HTTP_OPTIONS };
extern const char *const http_method_names[]; /* "GET" */

typedef void http_handler(struct http_exchange *x, void *context);

/* Zero means the default in brackets. */
struct http_options {
    const char *address; /* of one interface, as numbers: "127.0.0.1" [this one], "::1", "0.0.0.0", "::" */
    uint16_t port;       /* 0: any free one, see http_port */
    unsigned threads;    /* 1..64 [2] */
    unsigned connections_max; /* [4096]; those beyond it wait to be accepted */
    /* [30]; a client that sends or takes nothing for so long is cut off. One that closes its sending side gets the answers
     * to its whole requests, then the connection ends. */
    unsigned idle_seconds;
    unsigned close_seconds_max;  /* [10]; how long http_close waits for answers */
    size_t body_bytes_max;       /* of one request [8 MiB]; beyond: 413 */
    /* Of all requests in flight [256 MiB]; beyond: 503. Bodies to 16 KiB don't count, nor does the one buffer of at most 8 MiB that a
     * thread keeps from a large body for the next; who gets that one counts with all of it, and nobody does while half the total is held. */
    size_t body_bytes_total_max;
    size_t stream_bytes_max;     /* waiting in one stream [256 KiB] */
    http_handler *handle;
    void *context; /* for `handle` */
};

/* Listens, and serves from now on. INVALID: an address or a bound makes no sense. IO: the port is taken or not ours. */
fallible http_open(const struct http_options *options, struct http_server **out_server, struct err *e);
uint16_t http_port(const struct http_server *s);

/* Refuses what is new, waits for exchanges that run (close_seconds_max; event streams are cut at once, others get the
 * same time), answers 503 for those still kept, stops. Not from a handler. Whoever still keeps an exchange or a
 * stream must answer or end it as always, which then does nothing. NULL is fine. */
void http_close(struct http_server *s);

struct http_stats {
    uint64_t connections;      /* open now */
    uint64_t in_flight;        /* exchanges between the end of their headers and the last byte of their answer */
    uint64_t streams;          /* open now */
    uint64_t body_bytes_held;  /* in bodies over 16 KiB, now */
    uint64_t connections_ever;
    uint64_t requests;         /* with complete headers */
    uint64_t aborted;          /* requests whose answer didn't leave whole: client gone, too slow, or at close */
    uint64_t answers[6];       /* by the first digit of the status: [2] counts 2xx. [0] is not used. */
    uint64_t bytes_in;         /* headers and bodies */
    uint64_t bytes_out;        /* bodies, as handed to the socket */
};

/* Each number is right, but not all of one instant. Any thread; a few atomic loads. */
void http_stats_read(const struct http_server *s, struct http_stats *out_stats);

/* What was asked. A HEAD is told as HTTP_GET: its body is left out on the way. */
enum http_method http_method(const struct http_exchange *x);
struct bytes http_path(const struct http_exchange *x);   /* decoded: "/a b"; has no NUL and no "." or ".." step */
/* The same as it was sent: a slash that is encoded ends no step of it. http_decoded: such a step as it is meant, in the exchange's arena. */
struct bytes http_path_sent(const struct http_exchange *x);
struct bytes http_decoded(struct http_exchange *x, struct bytes step);
const char *http_client(const struct http_exchange *x);  /* "192.0.2.1", "2001:db8::1": the peer of the socket */

/* Absent: data is NULL. Present but empty: size 0, data not NULL. The first one if there are several. */
struct bytes http_query(struct http_exchange *x, const char *name);        /* decoded; '+' is a space */
struct bytes http_header(const struct http_exchange *x, const char *name); /* in any case of letters */
struct bytes http_cookie(const struct http_exchange *x, const char *name); /* without quotes, not decoded */

struct http_pair {
    struct bytes name;
    struct bytes value;
};

#define HTTP_QUERY_MAX 256
/* All query parameters in their order, decoded; those beyond HTTP_QUERY_MAX are left out. Returns how many. */
size_t http_query_all(struct http_exchange *x, const struct http_pair **out_pairs);

/* The whole body as it came (maybe compressed: see edge/http/inflate.h). HTTP_BODY_PADDING zero bytes may be read after
 * its end, so that a vectorised parser needs no copy. */
#define HTTP_BODY_PADDING 64
struct bytes http_body(const struct http_exchange *x);

struct arena *http_arena(struct http_exchange *x); /* for whatever lives as long as the exchange */

/* "Authorization: Basic …" decoded; false: none or malformed. Bytes are in the exchange's arena. */
bool http_basic(struct http_exchange *x, struct bytes *out_user, struct bytes *out_password);
struct bytes http_basic_user(struct http_exchange *x);          /* absent: data is NULL */
struct bytes http_bearer(const struct http_exchange *x);        /* the token; absent: data is NULL */

/* What is answered. */
struct http_header {
    const char *name;
    const char *value; /* one with a CR or LF is left out */
};

enum http_body_kind {
    HTTP_BODY_COPIED = 0, /* may go away after the call */
    HTTP_BODY_STAYS,      /* static, or in the exchange's arena */
    HTTP_BODY_GIVEN,      /* from malloc, as a struct buf's data; the server frees it */
};

struct http_reply {
    unsigned status;          /* 200..599 */
    const char *content_type; /* NULL: none */
    struct bytes body;
    enum http_body_kind body_kind;
    const struct http_header *headers; /* may go away after the call */
    size_t header_count;
};

void http_respond(struct http_exchange *x, const struct http_reply *reply); /* any thread */

/* A cross-origin call from a browser: the headers that let its page read the answer, and with cookies. The origin is
 * echoed, never "*". Writes at most HTTP_CORS_HEADERS_MAX, returns how many; 0 without a sane Origin. The values live
 * as long as the exchange. Whether the origin may is for the caller to decide first. */
#define HTTP_CORS_HEADERS_MAX 6
size_t http_cors(const struct http_exchange *x, struct http_header out_headers[HTTP_CORS_HEADERS_MAX]);
/* A browser's question whether it may (OPTIONS with Access-Control-Request-Method): answers 204 and returns true. */
bool http_cors_preflight(struct http_exchange *x);

/* An answer in pieces, sent as they are pushed: server-sent events, NDJSON. Answers the exchange: status, type and
 * headers from `head`, whose body must be empty. Never NULL; the caller must end it. One of type text/event-stream is
 * taken to be endless. An idle one should push a comment line every 15 s or so: a client that has gone is noticed only
 * by sending to it. Push, wait and end from any thread, but nothing after the end. */
struct http_stream *http_stream_begin(struct http_exchange *x, const struct http_reply *head);

enum http_push {
    HTTP_PUSHED,
    HTTP_PUSH_FULL, /* the client is slow: nothing was taken; wait, drop or end */
    HTTP_PUSH_GONE, /* the client has gone or the server closes: nothing will be taken any more */
};

/* All or nothing; `more` is copied and at most stream_bytes_max. Doesn't block. */
enum http_push http_stream_push(struct http_stream *s, struct bytes more);
/* Blocks until size_bytes would fit (true) or ms_max have passed or the client has gone (false). */
bool http_stream_wait(struct http_stream *s, size_t size_bytes, unsigned ms_max);
void http_stream_end(struct http_stream *s); /* what was pushed is still sent; `s` is gone for the caller */
void http_stream_cut(struct http_stream *s); /* ends so that the client can tell that the answer is not whole */
