/* The loops that drive libmicrohttpd. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/time.h"
#include "edge/http/inside.h"

/* Of one connection: the request's line and headers, a piece of its body, the answer's headers. */
#define CONNECTION_BYTES 32768
#define EVENTS_MAX 64
#define ACCEPTS_MAX 4  /* before it is the next loop's turn: so connections spread evenly */
#define TURNS_MAX 4    /* of libmicrohttpd, before the loop looks at other things */
#define LOOK_WAIT_MS 1 /* while something is looked at: libmicrohttpd then can't tell whether it has more to do */
#define DEAF_MS 100    /* after the system had no room for a connection */

/* --- a round --- */

static void link_end(struct http_loop *l, struct http_link *link)
{
    if (link->has_ended || link->end_is_shown)
        return;
    link->has_ended = true;
    link->ended_before = NULL;
    link->ended_after = l->ended;
    if (l->ended != NULL)
        l->ended->ended_before = link;
    l->ended = link;
}

void link_forget_end(struct http_loop *l, struct http_link *link)
{
    if (!link->has_ended)
        return;
    link->has_ended = false;
    if (link->ended_before != NULL)
        link->ended_before->ended_after = link->ended_after;
    else
        l->ended = link->ended_after;
    if (link->ended_after != NULL)
        link->ended_after->ended_before = link->ended_before;
}

/* Libmicrohttpd waits for the next event after a read that was short, and misses an end of the stream that came with
 * the bytes. Once it has read all of them, shutting down what is shut down already makes it an event again: for us, too,
 * who therefore do so once. */
static void ends_show(struct http_loop *l)
{
    for (struct http_link *link = l->ended, *after; link != NULL; link = after) {
        after = link->ended_after;
        uint8_t byte;
        if (recv(link->socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0)
            continue;
        link_forget_end(l, link);
        link->end_is_shown = true;
        (void)shutdown(link->socket, SHUT_RD);
        if (link->stream != NULL)
            stream_client_ended(link->stream);
    }
}

static void listener_watch(struct http_loop *l)
{
    struct epoll_event e = {.events = EPOLLIN | EPOLLONESHOT, .data.ptr = l->server};
    (void)epoll_ctl(l->poll, EPOLL_CTL_MOD, l->server->listener, &e);
}

static bool has_room(struct http_server *s)
{
    return atomic_load(&s->counters.connections) < s->options.connections_max;
}

/* Nobody listens while there is no room; the loop that finds some begins again. */
static void listener_look(struct http_loop *l)
{
    struct http_server *s = l->server;
    int64_t until_us = atomic_load(&s->deaf_until_us);
    if (until_us != 0 && l->now_us >= until_us && has_room(s) &&
        atomic_compare_exchange_strong(&s->deaf_until_us, &until_us, 0))
        listener_watch(l);
}

/* False: nobody waits any more, or nobody can be let in. *out_full: the system has no room. */
static bool accept_one(struct http_loop *l, bool *out_full)
{
    struct http_server *s = l->server;
    struct sockaddr_storage from = {0};
    socklen_t size = sizeof from;
    int fd = accept4(s->listener, (struct sockaddr *)&from, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
        *out_full = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
        return false;
    }
    if (atomic_load(&s->closing))
        (void)close(fd);
    else
        (void)MHD_add_connection(l->daemon, fd, (struct sockaddr *)&from, size); /* closes it if it can't */
    return true;
}

static void loop_accept(struct http_loop *l)
{
    struct http_server *s = l->server;
    bool full = false;
    l->invited = false;
    for (int i = 0; i < ACCEPTS_MAX && has_room(s) && accept_one(l, &full); i++)
        continue;
    if (full) {
        atomic_store(&s->deaf_until_us, l->now_us + DEAF_MS * US_PER_MS);
    } else if (!has_room(s)) {
        atomic_store(&s->deaf_until_us, 1);
    } else {
        size_t next = (size_t)(l - s->loops) + 1;
        listener_watch(&s->loops[next < s->options.threads ? next : 0]);
    }
}

/* In milliseconds; -1: until something happens. */
static int loop_patience(struct http_loop *l)
{
    MHD_UNSIGNED_LONG_LONG ms;
    if (l->busy)
        return 0;
    bool is_deaf = atomic_load(&l->server->deaf_until_us) != 0;
    if (MHD_get_timeout(l->daemon, &ms) == MHD_NO)
        return is_deaf ? DEAF_MS : -1;
    if (l->looked_at > 0 && ms < LOOK_WAIT_MS)
        ms = LOOK_WAIT_MS;
    if (is_deaf && ms > DEAF_MS)
        ms = DEAF_MS;
    return ms > INT_MAX ? INT_MAX : (int)ms;
}

static void loop_wait(struct http_loop *l, unsigned rings)
{
    struct epoll_event events[EVENTS_MAX];
    int ms = loop_patience(l);
    if (ms != 0) {
        atomic_store(&l->bell->asleep, true);
        if (atomic_load(&l->bell->rings) != rings)
            ms = 0;
    }
    int count = epoll_wait(l->poll, events, EVENTS_MAX, ms);
    atomic_store(&l->bell->asleep, false);
    for (int i = 0; i < count; i++) {
        void *whose = events[i].data.ptr;
        if (whose == l->server)
            l->invited = true;
        else if (whose != l && whose != l->bell)
            link_end(l, whose);
    }
}

static void *loop_run(void *context)
{
    struct http_loop *l = context;
    while (!atomic_load(&l->server->over)) {
        unsigned rings = atomic_load(&l->bell->rings);
        l->now_us = time_monotonic_us();
        bell_sleepers_resume(l->bell);
        for (int turn = 0; turn == 0 || (l->busy && turn < TURNS_MAX); turn++) {
            l->busy = false;
            (void)MHD_run(l->daemon);
        }
        ends_show(l);
        if (l->invited)
            loop_accept(l);
        listener_look(l);
        loop_wait(l, rings);
    }
    return NULL;
}

/* --- life --- */

static fallible poll_add(struct http_loop *l, int fd, uint32_t events, void *whose, struct err *e)
{
    struct epoll_event event = {.events = events, .data.ptr = whose};
    if (epoll_ctl(l->poll, EPOLL_CTL_ADD, fd, &event) != 0)
        return FAIL(e, IO, "can't watch a socket: %s", strerror(errno));
    return DONE;
}

void loop_watch(struct http_loop *l, struct http_link *link)
{
    struct err e = {0};
    /* Unwatched, the end of a half-sent request is noticed by its silence. */
    struct status watched = poll_add(l, link->socket, EPOLLRDHUP | EPOLLET, link, &e);
    (void)watched;
}

static fallible daemon_start(struct http_loop *l, const struct loop_calls *calls, struct err *e)
{
    const struct http_options *o = &l->server->options;
    /* Not strict: what that would refuse in the library's own words, http/request.c refuses in ours. */
    l->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, calls->step, l,
        MHD_OPTION_URI_LOG_CALLBACK, calls->begin, l, MHD_OPTION_NOTIFY_COMPLETED, calls->done, l,
        MHD_OPTION_NOTIFY_CONNECTION, calls->notice, l, MHD_OPTION_CONNECTION_LIMIT, o->connections_max,
        MHD_OPTION_CONNECTION_TIMEOUT, o->idle_seconds, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
        MHD_OPTION_STRICT_FOR_CLIENT, 0, MHD_OPTION_END);
    return l->daemon == NULL ? FAIL(e, IO, "can't start libmicrohttpd: %s", strerror(errno)) : DONE;
}

static fallible loop_open(struct http_loop *l, struct http_server *s, const struct loop_calls *calls, struct err *e)
{
    *l = (struct http_loop){.server = s, .poll = epoll_create1(EPOLL_CLOEXEC), .bell = bell_create()};
    if (l->poll < 0 || l->bell == NULL)
        return FAIL(e, IO, "can't set up a thread of the HTTP server: %s", strerror(errno));
    TRY(daemon_start(l, calls, e));
    int library_poll = MHD_get_daemon_info(l->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    TRY(poll_add(l, library_poll, EPOLLIN, l, e));
    TRY(poll_add(l, l->bell->event, EPOLLIN | EPOLLET, l->bell, e)); /* each ring is an event: it is never read */
    return poll_add(l, s->listener, 0, s, e);
}

fallible loops_start(struct http_server *s, const struct loop_calls *calls, struct err *e)
{
    s->loops = calloc(s->options.threads, sizeof *s->loops);
    if (s->loops == NULL)
        return FAIL(e, FULL, "no memory for the threads of the HTTP server");
    for (unsigned i = 0; i < s->options.threads; i++)
        s->loops[i].poll = -1;
    for (unsigned i = 0; i < s->options.threads; i++)
        TRY(loop_open(&s->loops[i], s, calls, e));
    for (unsigned i = 0; i < s->options.threads; i++) {
        struct http_loop *l = &s->loops[i];
        l->runs = pthread_create(&l->thread, NULL, loop_run, l) == 0;
        if (!l->runs)
            return FAIL(e, IO, "can't start the threads of the HTTP server");
    }
    listener_watch(&s->loops[0]);
    return DONE;
}

void loops_ring(struct http_server *s)
{
    for (unsigned i = 0; i < s->options.threads; i++)
        if (s->loops[i].bell != NULL)
            bell_ring(s->loops[i].bell);
}

static void loop_close(struct http_loop *l)
{
    if (l->runs)
        (void)pthread_join(l->thread, NULL);
    if (l->daemon != NULL)
        MHD_stop_daemon(l->daemon);
    if (l->poll >= 0)
        (void)close(l->poll);
    bell_give(l->bell);
    free(l->spare_body);
}

void loops_stop(struct http_server *s)
{
    if (s->loops == NULL)
        return;
    atomic_store(&s->over, true);
    loops_ring(s);
    for (unsigned i = 0; i < s->options.threads; i++)
        loop_close(&s->loops[i]);
    free(s->loops);
}
