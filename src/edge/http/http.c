#include "edge/http/http.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/time.h"
#include "edge/http/inside.h"

#define THREADS_MAX 64
#define BACKLOG 1024
#define FORCED_SECONDS 1 /* for the 503s of a close to leave */

static void options_complete(struct http_options *o)
{
    o->address = o->address == NULL ? "127.0.0.1" : o->address;
    o->threads = o->threads == 0 ? 2 : o->threads;
    o->connections_max = o->connections_max == 0 ? 4096 : o->connections_max;
    o->idle_seconds = o->idle_seconds == 0 ? 30 : o->idle_seconds;
    o->close_seconds_max = o->close_seconds_max == 0 ? 10 : o->close_seconds_max;
    o->body_bytes_max = o->body_bytes_max == 0 ? 8U << 20 : o->body_bytes_max;
    o->body_bytes_total_max = o->body_bytes_total_max == 0 ? 256U << 20 : o->body_bytes_total_max;
    o->stream_bytes_max = o->stream_bytes_max == 0 ? 256U << 10 : o->stream_bytes_max;
}

static fallible options_check(const struct http_options *o, struct err *e)
{
    if (o->threads > THREADS_MAX)
        return FAIL(e, INVALID, "%u threads: at most %d make sense", o->threads, THREADS_MAX);
    if (o->connections_max < o->threads)
        return FAIL(e, INVALID, "%u connections for %u threads: allow at least one each", o->connections_max, o->threads);
    if (o->body_bytes_total_max < o->body_bytes_max)
        return FAIL(e, INVALID, "all bodies together (%zu bytes) may take less than one (%zu bytes)",
                    o->body_bytes_total_max, o->body_bytes_max);
    return DONE;
}

/* What an accepted socket inherits: a peer that has vanished without a word is given up after idle_seconds, also while
 * nobody waits for it. */
static bool listener_prepare(int fd, const struct http_options *o)
{
    int yes = 1;
    unsigned silent_ms = o->idle_seconds * 1000;
    return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
           setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof yes) == 0 &&
           setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &silent_ms, sizeof silent_ms) == 0;
}

static fallible listener_bind(int fd, const struct addrinfo *at, const struct http_options *o, struct err *e)
{
    if (!listener_prepare(fd, o))
        return FAIL(e, IO, "can't set up a socket: %s", strerror(errno));
    if (bind(fd, at->ai_addr, at->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0)
        return FAIL(e, IO, "can't listen on %s port %u: %s", o->address, o->port, strerror(errno));
    return DONE;
}

static fallible listener_open(const struct http_options *o, int *out_fd, struct err *e)
{
    struct addrinfo want = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE, .ai_socktype = SOCK_STREAM};
    struct addrinfo *at;
    char port[8];
    (void)snprintf(port, sizeof port, "%u", o->port);
    int failure = getaddrinfo(o->address, port, &want, &at);
    if (failure != 0)
        return FAIL(e, INVALID, "\"%s\" is not an address to listen on (like 127.0.0.1 or ::): %s", o->address,
                    gai_strerror(failure));
    int fd = socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct status s = fd < 0 ? FAIL(e, IO, "no socket: %s", strerror(errno)) : listener_bind(fd, at, o, e);
    freeaddrinfo(at);
    if (failed(s) && fd >= 0)
        (void)close(fd);
    if (done(s))
        *out_fd = fd;
    return s;
}

static uint16_t port_of(int fd)
{
    struct sockaddr_storage at = {0};
    socklen_t size = sizeof at;
    if (getsockname(fd, (struct sockaddr *)&at, &size) != 0)
        return 0;
    if (at.ss_family == AF_INET6)
        return ntohs(((const struct sockaddr_in6 *)(const void *)&at)->sin6_port);
    return ntohs(((const struct sockaddr_in *)(const void *)&at)->sin_port);
}

static void link_open(struct http_loop *loop, struct MHD_Connection *c, void **out_link)
{
    struct http_server *s = loop->server;
    struct http_link *l = calloc(1, sizeof *l);
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (l == NULL || info == NULL) {
        free(l);
        return; /* its requests will find no link, and the connection is dropped */
    }
    *out_link = l;
    l->socket = info->connect_fd;
    (void)pthread_mutex_lock(&s->lock);
    l->older = s->links;
    if (l->older != NULL)
        l->older->newer = l;
    s->links = l;
    (void)pthread_mutex_unlock(&s->lock);
    loop_watch(loop, l);
    atomic_fetch_add(&s->counters.connections, 1);
    count_add(&s->counters.connections_ever, 1);
}

static void link_close(struct http_loop *loop, struct http_link *l)
{
    struct http_server *s = loop->server;
    if (l == NULL)
        return;
    link_forget_end(loop, l);
    if (l->stream != NULL)
        stream_unlink(l->stream);
    (void)pthread_mutex_lock(&s->lock);
    if (l->newer != NULL)
        l->newer->older = l->older;
    else
        s->links = l->older;
    if (l->older != NULL)
        l->older->newer = l->newer;
    (void)pthread_mutex_unlock(&s->lock);
    atomic_fetch_sub(&s->counters.connections, 1);
    exchange_destroy(l->x);
    free(l);
}

static void connection_notice(void *context, struct MHD_Connection *c, void **link, enum MHD_ConnectionNotificationCode what)
{
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        link_open(context, c, link);
    } else {
        link_close(context, *link);
        *link = NULL;
    }
}

static const struct loop_calls calls = {
    .notice = connection_notice, .begin = exchange_begin, .step = exchange_step, .done = exchange_done};

static void server_free(struct http_server *s)
{
    loops_stop(s);
    (void)close(s->listener);
    assert(s->links == NULL && s->streams == NULL);
    (void)pthread_cond_destroy(&s->calm);
    (void)pthread_mutex_destroy(&s->lock);
    free(s);
}

static struct http_server *server_create(const struct http_options *o)
{
    struct http_server *s = calloc(1, sizeof *s);
    pthread_condattr_t monotonic;
    if (s == NULL || pthread_mutex_init(&s->lock, NULL) != 0 || pthread_condattr_init(&monotonic) != 0 ||
        pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) != 0 || pthread_cond_init(&s->calm, &monotonic) != 0)
        abort(); /* no memory for a few hundred bytes, as in base/arena.h */
    (void)pthread_condattr_destroy(&monotonic);
    s->options = *o;
    return s;
}

fallible http_open(const struct http_options *options, struct http_server **out_server, struct err *e)
{
    assert(options->handle != NULL);
    struct http_options o = *options;
    options_complete(&o);
    TRY(options_check(&o, e));
    int fd;
    TRY(listener_open(&o, &fd, e));
    struct http_server *s = server_create(&o);
    s->listener = fd;
    s->port = port_of(fd);
    struct status started = loops_start(s, &calls, e);
    if (failed(started)) {
        server_free(s);
        return started;
    }
    s->options.address = NULL; /* borrowed for the call alone */
    *out_server = s;
    return DONE;
}

uint16_t http_port(const struct http_server *s)
{
    return s->port;
}

/* Until no exchange is in flight, or `seconds` have passed; 0: for as long as it takes. With the lock held. */
static void calm_wait(struct http_server *s, unsigned seconds)
{
    int64_t until_us = time_monotonic_us() + (int64_t)seconds * US_PER_SECOND;
    struct timespec until = {.tv_sec = until_us / US_PER_SECOND, .tv_nsec = until_us % US_PER_SECOND * 1000};
    int failure = 0;
    while (failure == 0 && atomic_load(&s->counters.in_flight) > 0)
        failure = seconds == 0 ? pthread_cond_wait(&s->calm, &s->lock)
                               : pthread_cond_timedwait(&s->calm, &s->lock, &until);
}

void http_close(struct http_server *s)
{
    if (s == NULL)
        return;
    (void)pthread_mutex_lock(&s->lock);
    atomic_store(&s->closing, true);
    streams_cut(s, true);
    calm_wait(s, s->options.close_seconds_max);
    atomic_store(&s->forcing, true);
    for (struct http_link *l = s->links; l != NULL; l = l->older)
        if (l->x != NULL)
            exchange_force(l->x);
    streams_cut(s, false);
    loops_ring(s);
    calm_wait(s, FORCED_SECONDS);
    /* Clients that don't take their answer. Libmicrohttpd must not be stopped while a connection is suspended: so here we
     * wait for the last of them. */
    for (struct http_link *l = s->links; l != NULL; l = l->older)
        (void)shutdown(l->socket, SHUT_RDWR);
    calm_wait(s, 0);
    (void)pthread_mutex_unlock(&s->lock);
    server_free(s);
}

void http_stats_read(const struct http_server *s, struct http_stats *out_stats)
{
    const struct counters *c = &s->counters;
    struct http_stats stats = {
        .connections = atomic_load(&c->connections),
        .in_flight = atomic_load(&c->in_flight),
        .streams = atomic_load(&c->streams),
        .body_bytes_held = atomic_load(&c->body_bytes_held),
        .connections_ever = atomic_load(&c->connections_ever),
        .requests = atomic_load(&c->requests),
        .aborted = atomic_load(&c->aborted),
        .bytes_in = atomic_load(&c->bytes_in),
        .bytes_out = atomic_load(&c->bytes_out),
    };
    for (size_t i = 0; i < COUNT_OF(stats.answers); i++)
        stats.answers[i] = atomic_load(&c->answers[i]);
    *out_stats = stats;
}
