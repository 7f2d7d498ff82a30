/* The other side of the door, for tests: a client of raw sockets, and a server whose handler does as the path says. */
#pragma once

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "edge/http/http.h"
#include "edge/http/inflate.h"
#include "edge/http/problem.h"
#include "testing/test.h"

#define WIRE_PATIENCE_SECONDS 20 /* of a read: longer than anything that a test waits for */

/* One connection, and what came from it and wasn't read yet. */
struct wire {
    struct t *t;
    int fd;
    char *data;
    size_t size;
    size_t capacity;
    bool closed; /* by the other side */
};

struct answer {
    unsigned status;
    const char *head; /* the lines up to the empty one; NUL-terminated */
    struct bytes body;
    bool whole; /* came to the end that it announced */
};

static UNUSED struct wire *wire_open_with(struct t *t, uint16_t port, int receive_bytes)
{
    struct wire *w = ARENA_NEW(t->arena, struct wire);
    w->t = t;
    w->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (receive_bytes > 0)
        (void)setsockopt(w->fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
    struct timeval patience = {.tv_sec = WIRE_PATIENCE_SECONDS};
    (void)setsockopt(w->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    CHECK_EQ(t, connect(w->fd, (const struct sockaddr *)&at, sizeof at), 0);
    return w;
}

static UNUSED struct wire *wire_open(struct t *t, uint16_t port)
{
    return wire_open_with(t, port, 0);
}

static UNUSED void wire_close(struct wire *w)
{
    (void)close(w->fd);
    free(w->data);
    w->data = NULL;
}

static UNUSED bool wire_send(struct wire *w, struct bytes b)
{
    while (b.size > 0) {
        ssize_t sent = send(w->fd, b.data, b.size, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        b = bytes_slice(b, (size_t)sent, b.size);
    }
    return true;
}

static UNUSED bool wire_say(struct wire *w, const char *text)
{
    return wire_send(w, bytes_of_text(text));
}

/* Waits for more bytes; false: the other side closed, or patience ran out (which fails the test). */
static UNUSED bool wire_more(struct wire *w)
{
    if (w->capacity - w->size < 65536) {
        w->capacity += 65536;
        w->data = realloc(w->data, w->capacity);
        if (w->data == NULL)
            abort();
    }
    ssize_t got = recv(w->fd, w->data + w->size, 65536 - 1, 0);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        test_fail(w->t, __FILE__, __LINE__, "nothing came for %d s", WIRE_PATIENCE_SECONDS);
    if (got <= 0) {
        w->closed = true;
        return false;
    }
    w->size += (size_t)got;
    return true;
}

static UNUSED struct bytes wire_take(struct wire *w, size_t size)
{
    struct bytes b = bytes_of(arena_text(w->t->arena, bytes_of(w->data, size)), size);
    memmove(w->data, w->data + size, w->size - size);
    w->size -= size;
    return b;
}

/* Up to and with `mark`; data is NULL when the connection ended before. */
static UNUSED struct bytes wire_take_until(struct wire *w, const char *mark)
{
    for (;;) {
        const char *at = w->size == 0 ? NULL : memmem(w->data, w->size, mark, strlen(mark));
        if (at != NULL)
            return wire_take(w, (size_t)(at - w->data) + strlen(mark));
        if (!wire_more(w))
            return BYTES_NONE;
    }
}

static UNUSED bool wire_take_size(struct wire *w, size_t size, struct bytes *out)
{
    while (w->size < size)
        if (!wire_more(w))
            return false;
    *out = wire_take(w, size);
    return true;
}

/* The value of a header in the answer; NULL: absent. */
static UNUSED const char *answer_header(struct t *t, const struct answer *a, const char *name)
{
    size_t size = strlen(name);
    for (const char *line = strstr(a->head, "\r\n"); line != NULL; line = strstr(line + 2, "\r\n"))
        if (strncasecmp(line + 2, name, size) == 0 && line[2 + size] == ':') {
            const char *value = line + 2 + size + 1 + strspn(line + 2 + size + 1, " ");
            return arena_text(t->arena, bytes_of(value, strcspn(value, "\r")));
        }
    return NULL;
}

static UNUSED bool wire_take_chunks(struct wire *w, struct bytes *out)
{
    char *whole = NULL;
    size_t size = 0;
    bool good = false;
    for (;;) {
        struct bytes line = wire_take_until(w, "\r\n");
        struct bytes chunk;
        size_t more = line.data == NULL ? 0 : strtoul((const char *)line.data, NULL, 16);
        if (line.data == NULL || !wire_take_size(w, more + 2, &chunk))
            break;
        if (more == 0) {
            good = true;
            break;
        }
        whole = realloc(whole, size + more);
        if (whole == NULL)
            abort();
        memcpy(whole + size, chunk.data, more);
        size += more;
    }
    *out = arena_copy(w->t->arena, bytes_of(whole, size));
    free(whole);
    return good;
}

/* The next answer. `head_only`: to a HEAD. False: the connection ended before the empty line. */
static UNUSED bool wire_answer(struct wire *w, bool head_only, struct answer *out)
{
    struct bytes head = wire_take_until(w, "\r\n\r\n");
    if (head.data == NULL)
        return false;
    struct answer a = {.head = (const char *)head.data, .whole = true};
    (void)sscanf(a.head, "HTTP/1.%*d %u", &a.status);
    const char *length = answer_header(w->t, &a, "Content-Length");
    if (head_only || a.status == 204 || a.status == 100)
        a.body = BYTES_NONE;
    else if (answer_header(w->t, &a, "Transfer-Encoding") != NULL)
        a.whole = wire_take_chunks(w, &a.body);
    else if (length != NULL)
        a.whole = wire_take_size(w, strtoul(length, NULL, 10), &a.body);
    else {
        while (wire_more(w)) { }
        a.body = wire_take(w, w->size);
    }
    *out = a;
    return true;
}

/* Whether the connection ends without another byte. */
static UNUSED bool wire_is_over(struct wire *w)
{
    return w->size == 0 && !wire_more(w);
}

/* Sends and takes one answer; status 0: none came. */
static UNUSED struct answer wire_ask(struct wire *w, const char *request)
{
    struct answer a = {.head = ""};
    CHECK(w->t, wire_say(w, request));
    (void)wire_answer(w, strncmp(request, "HEAD", 4) == 0, &a);
    return a;
}

/* The same on a connection of its own. */
static UNUSED struct answer ask_once(struct t *t, uint16_t port, const char *request)
{
    struct wire *w = wire_open(t, port);
    struct answer a = wire_ask(w, request);
    wire_close(w);
    return a;
}

/* A server, its handler, and a thread that answers what was kept. */

#define KEPT_MAX 4096

struct door {
    struct t *t;
    struct http_server *server;
    uint16_t port;
    http_handler *more; /* for paths the door doesn't know; NULL: 404 */
    pthread_t answerer;
    pthread_mutex_t lock;
    pthread_cond_t news;
    struct http_exchange *kept[KEPT_MAX]; /* "/later": for the answerer; "/keep": for the test */
    size_t kept_count;
    size_t slow_count; /* for handlers that keep for themselves */
    struct http_exchange *held; /* by "/keep" */
    bool over;
};

static UNUSED void answer_text(struct http_exchange *x, unsigned status, const char *text)
{
    struct http_reply r = {.status = status, .content_type = "text/plain", .body = bytes_of_text(text)};
    http_respond(x, &r);
}

static UNUSED void answer_body(struct http_exchange *x)
{
    struct http_reply r = {.status = 200, .content_type = "application/octet-stream", .body = http_body(x)};
    http_respond(x, &r);
}

static UNUSED void door_keep(struct door *d, struct http_exchange *x, bool for_test)
{
    (void)pthread_mutex_lock(&d->lock);
    if (for_test)
        d->held = x;
    else
        d->kept[d->kept_count++ % KEPT_MAX] = x;
    (void)pthread_cond_broadcast(&d->news);
    (void)pthread_mutex_unlock(&d->lock);
}

/* Waits until the handler of "/keep" has put one down. */
static UNUSED struct http_exchange *door_held(struct door *d)
{
    (void)pthread_mutex_lock(&d->lock);
    while (d->held == NULL)
        (void)pthread_cond_wait(&d->news, &d->lock);
    struct http_exchange *x = d->held;
    d->held = NULL;
    (void)pthread_mutex_unlock(&d->lock);
    return x;
}

static void *door_answer(void *context)
{
    struct door *d = context;
    (void)pthread_mutex_lock(&d->lock);
    while (!d->over || d->kept_count > 0) {
        if (d->kept_count == 0) {
            (void)pthread_cond_wait(&d->news, &d->lock);
            continue;
        }
        struct http_exchange *x = d->kept[--d->kept_count];
        (void)pthread_mutex_unlock(&d->lock);
        answer_body(x);
        (void)pthread_mutex_lock(&d->lock);
    }
    (void)pthread_mutex_unlock(&d->lock);
    return NULL;
}

static void door_handle(struct http_exchange *x, void *context)
{
    struct door *d = context;
    const char *path = (const char *)http_path(x).data;
    if (strcmp(path, "/hello") == 0)
        answer_text(x, 200, "hello");
    else if (strcmp(path, "/echo") == 0)
        answer_body(x);
    else if (strcmp(path, "/later") == 0)
        door_keep(d, x, false);
    else if (strcmp(path, "/keep") == 0)
        door_keep(d, x, true);
    else if (d->more != NULL)
        d->more(x, d);
    else
        http_respond_problem(x, &(struct problem){.status = 404, .slug = "not-found", .title = "No such page"});
}

/* Starts on a free port of 127.0.0.1 with `o` as it is, but for the handler. */
static UNUSED struct door *door_open(struct t *t, struct http_options o, http_handler *more)
{
    struct door *d = ARENA_NEW(t->arena, struct door);
    d->t = t;
    d->more = more;
    (void)pthread_mutex_init(&d->lock, NULL);
    (void)pthread_cond_init(&d->news, NULL);
    o.handle = door_handle;
    o.context = d;
    struct err e = {0};
    CHECK_DONE(t, http_open(&o, &d->server, &e), &e);
    if (d->server == NULL)
        abort();
    d->port = http_port(d->server);
    (void)pthread_create(&d->answerer, NULL, door_answer, d);
    return d;
}

static UNUSED void door_close(struct door *d)
{
    http_close(d->server);
    (void)pthread_mutex_lock(&d->lock);
    d->over = true;
    (void)pthread_cond_broadcast(&d->news);
    (void)pthread_mutex_unlock(&d->lock);
    (void)pthread_join(d->answerer, NULL);
    (void)pthread_cond_destroy(&d->news);
    (void)pthread_mutex_destroy(&d->lock);
}
