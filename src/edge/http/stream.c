/* Answers in pieces. A bounded buffer between whoever pushes and the loop that sends; while it is empty the
 * connection sleeps, and the next push wakes it. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/time.h"
#include "edge/http/inside.h"

#define BLOCK_BYTES 4096 /* what libmicrohttpd takes at once for a client that knows no chunks */
#define CAPACITY_MIN 1024

struct http_stream {
    pthread_mutex_t lock;
    pthread_cond_t room;
    struct http_bell *bell;      /* held */
    struct http_sleeper sleeper; /* its connection: until `gone` */
    uint8_t *data;
    size_t from; /* data[from, until) waits to be sent */
    size_t until;
    size_t capacity;
    size_t bytes_max;
    unsigned holders; /* whoever pushes, and the response: the last one frees */
    bool asleep;      /* the connection is suspended */
    bool tired;       /* had nothing to send when last asked */
    bool ended;
    bool cut;  /* end without the mark that all was sent */
    bool gone; /* the response is no more */
    bool endless;

    /* The server's list, under its lock; the loop thread's own. */
    struct http_loop *loop; /* NULL: not in the list */
    struct http_link *link; /* NULL: not in the list, or the connection is closed */
    struct http_stream *older, *newer;
};

static void stream_lock(struct http_stream *s)
{
    int failure = pthread_mutex_lock(&s->lock);
    assert(failure == 0);
    (void)failure;
}

static void stream_unlock(struct http_stream *s)
{
    (void)pthread_mutex_unlock(&s->lock);
}

/* With the lock held, which it gives back. */
static void stream_release(struct http_stream *s)
{
    assert(s->holders > 0);
    bool last = --s->holders == 0;
    stream_unlock(s);
    if (!last)
        return;
    (void)pthread_cond_destroy(&s->room);
    (void)pthread_mutex_destroy(&s->lock);
    bell_give(s->bell);
    free(s->data);
    free(s);
}

/* With the lock held: a suspended connection can't go away, so it is there to be woken. */
static void stream_wake(struct http_stream *s)
{
    if (!s->asleep)
        return;
    s->asleep = false;
    bell_resume(s->bell, &s->sleeper);
}

/* Takes up to size_max bytes from the front. */
static size_t stream_take(struct http_stream *s, char *to, size_t size_max)
{
    size_t size = s->until - s->from;
    if (size > size_max)
        size = size_max;
    memcpy(to, s->data + s->from, size);
    s->from += size;
    if (s->from == s->until)
        s->from = s->until = 0;
    (void)pthread_cond_broadcast(&s->room);
    return size;
}

/* Called on the loop's thread whenever the connection could send more. */
static ssize_t stream_read(void *context, uint64_t position, char *to, size_t size_max)
{
    (void)position;
    struct http_stream *s = context;
    ssize_t result = 0;
    stream_lock(s);
    if (s->cut) {
        result = MHD_CONTENT_READER_END_WITH_ERROR;
    } else if (s->until > s->from) {
        result = (ssize_t)stream_take(s, to, size_max);
        s->tired = false;
    } else if (s->ended) {
        result = MHD_CONTENT_READER_END_OF_STREAM;
    } else if (!s->tired) {
        /* One round without data before sleeping: a connection suspended while libmicrohttpd still means to read from
         * it is read from when it wakes, and dropped if the client has closed its sending side. */
        s->tired = true;
    } else {
        s->asleep = true;
        s->tired = false;
        MHD_suspend_connection(s->sleeper.connection);
    }
    bool more = !s->asleep;
    stream_unlock(s);
    s->loop->busy |= more;
    if (result > 0)
        count_add(&s->loop->server->counters.bytes_out, (uint64_t)result);
    return result;
}

static void stream_cut(struct http_stream *s)
{
    stream_lock(s);
    s->cut = true;
    stream_wake(s);
    (void)pthread_cond_broadcast(&s->room);
    stream_unlock(s);
}

void stream_enlist(struct http_stream *s, struct http_loop *loop, struct http_link *link)
{
    struct http_server *server = loop->server;
    (void)pthread_mutex_lock(&server->lock);
    s->loop = loop;
    s->link = link;
    link->stream = s;
    s->newer = NULL;
    s->older = server->streams;
    if (s->older != NULL)
        s->older->newer = s;
    server->streams = s;
    bool late = atomic_load(&server->forcing) || (s->endless && (atomic_load(&server->closing) || link->end_is_shown));
    (void)pthread_mutex_unlock(&server->lock);
    count_add(&server->counters.streams, 1);
    if (late)
        stream_cut(s);
}

void stream_unlink(struct http_stream *s)
{
    assert(s->link != NULL && s->link->stream == s);
    s->link->stream = NULL;
    s->link = NULL;
}

void stream_client_ended(struct http_stream *s)
{
    if (s->endless)
        stream_cut(s);
}

static void stream_delist(struct http_stream *s)
{
    struct http_server *server = s->loop->server;
    if (s->link != NULL)
        stream_unlink(s);
    (void)pthread_mutex_lock(&server->lock);
    if (s->newer != NULL)
        s->newer->older = s->older;
    else
        server->streams = s->older;
    if (s->older != NULL)
        s->older->newer = s->newer;
    (void)pthread_mutex_unlock(&server->lock);
    count_less(&server->counters.streams, 1);
}

/* The response is no more: all was sent, or the client has gone. */
static void stream_lose(void *context)
{
    struct http_stream *s = context;
    if (s->loop != NULL)
        stream_delist(s);
    stream_lock(s);
    s->gone = true;
    (void)pthread_cond_broadcast(&s->room);
    stream_release(s);
}

void streams_cut(struct http_server *server, bool endless_only)
{
    for (struct http_stream *s = server->streams; s != NULL; s = s->older)
        if (s->endless || !endless_only)
            stream_cut(s);
}

struct http_stream *stream_create(const struct stream_options *options, struct MHD_Response **out_response)
{
    struct http_stream *s = calloc(1, sizeof *s);
    pthread_condattr_t monotonic;
    if (s == NULL || pthread_mutex_init(&s->lock, NULL) != 0 || pthread_condattr_init(&monotonic) != 0 ||
        pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) != 0 || pthread_cond_init(&s->room, &monotonic) != 0)
        abort(); /* no memory for a few hundred bytes, as in base/arena.h */
    (void)pthread_condattr_destroy(&monotonic);
    s->bell = bell_take(options->bell);
    s->sleeper.connection = options->connection;
    s->bytes_max = options->bytes_max;
    s->endless = options->endless;
    s->holders = 2;
    *out_response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES, stream_read, s, stream_lose);
    if (*out_response == NULL)
        abort();
    return s;
}

/* Room for `size` more bytes at data[until]. False: no memory. */
static bool stream_reserve(struct http_stream *s, size_t size)
{
    size_t waiting = s->until - s->from;
    if (s->capacity - s->until >= size)
        return true;
    if (s->from > 0) {
        memmove(s->data, s->data + s->from, waiting);
        s->from = 0;
        s->until = waiting;
    }
    if (s->capacity - s->until >= size)
        return true;
    size_t capacity = s->capacity * 2 > CAPACITY_MIN ? s->capacity * 2 : CAPACITY_MIN;
    if (capacity < waiting + size)
        capacity = waiting + size;
    if (capacity > s->bytes_max)
        capacity = s->bytes_max;
    uint8_t *data = realloc(s->data, capacity);
    if (data == NULL)
        return false;
    s->data = data;
    s->capacity = capacity;
    assert(capacity - waiting >= size);
    return true;
}

static bool stream_is_over(const struct http_stream *s)
{
    return s->gone || s->cut;
}

enum http_push http_stream_push(struct http_stream *s, struct bytes more)
{
    assert(more.size <= s->bytes_max);
    enum http_push result = HTTP_PUSHED;
    stream_lock(s);
    assert(!s->ended);
    if (stream_is_over(s)) {
        result = HTTP_PUSH_GONE;
    } else if (more.size > s->bytes_max - (s->until - s->from) || !stream_reserve(s, more.size)) {
        result = HTTP_PUSH_FULL;
    } else if (more.size > 0) {
        memcpy(s->data + s->until, more.data, more.size);
        s->until += more.size;
        stream_wake(s);
    }
    stream_unlock(s);
    return result;
}

bool http_stream_wait(struct http_stream *s, size_t size_bytes, unsigned ms_max)
{
    assert(size_bytes <= s->bytes_max);
    int64_t until_us = time_monotonic_us() + (int64_t)ms_max * US_PER_MS;
    struct timespec until = {.tv_sec = until_us / US_PER_SECOND, .tv_nsec = until_us % US_PER_SECOND * 1000};
    stream_lock(s);
    int failure = 0;
    while (failure == 0 && !stream_is_over(s) && size_bytes > s->bytes_max - (s->until - s->from))
        failure = pthread_cond_timedwait(&s->room, &s->lock, &until);
    bool fits = !stream_is_over(s) && size_bytes <= s->bytes_max - (s->until - s->from);
    stream_unlock(s);
    return fits;
}

static void stream_finish(struct http_stream *s, bool whole)
{
    stream_lock(s);
    assert(!s->ended);
    s->ended = true;
    s->cut = s->cut || !whole;
    if (!s->gone)
        stream_wake(s);
    stream_release(s);
}

void http_stream_end(struct http_stream *s)
{
    stream_finish(s, true);
}

void http_stream_cut(struct http_stream *s)
{
    stream_finish(s, false);
}
