/* Ingest over HTTP on loopback, client in the same process: batches of 500, single events over 64 connections against a
 * bare epoll echo, and the time to the answer at a fixed offered rate. BENCH_PEOPLE (100 k), BENCH_SECONDS (5). */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/rng.h"
#include "base/time.h"
#include "bench/report.h"
#include "bench/world.h"
#include "domain/access/access.h"
#include "edge/door.h"

#define SINGLE_CONNECTIONS 64u
#define BATCH_CONNECTIONS 8u
#define BATCHES_KEPT 400u
#define SINGLES_KEPT 200000u
#define ANSWER_BYTES_MAX 4096u
#define OFFERED_EVENTS_A_BATCH 50u
#define OFFERED_A_SECOND 50000u
#define LATENCIES_MAX 1000000u

static const char secret[] = "bench-secret";

/* --- one connection: one request in flight --- */

struct connection {
    int socket;
    size_t sent, got;
    const struct buf *request;
    double begun;
    char answer[ANSWER_BYTES_MAX];
};

static int connect_to(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
    if (s < 0 || connect(s, (struct sockaddr *)&address, sizeof address) != 0) {
        perror("connect");
        exit(1);
    }
    (void)setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return s;
}

static void request_make(struct buf *out, struct bytes body)
{
    buf_printf(out, "POST /v1/batch HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
               secret, body.size);
    buf_push(out, body);
}

/* Is the whole answer there? Our answers have a Content-Length. */
static bool answer_is_whole(const struct connection *c)
{
    const char *end = memmem(c->answer, c->got, "\r\n\r\n", 4);
    if (end == NULL)
        return false;
    const char *length = memmem(c->answer, (size_t)(end - c->answer), "Content-Length: ", 16);
    return length != NULL && c->got >= (size_t)(end + 4 - c->answer) + strtoul(length + 16, NULL, 10);
}

static bool answer_is_good(const struct connection *c)
{
    return c->got > 12 && memcmp(c->answer, "HTTP/1.1 200", 12) == 0;
}

/* --- many connections from one thread --- */

struct load {
    uint16_t port;
    const struct buf *requests;
    size_t request_count;
    atomic_size_t *next; /* which request is sent next, over all threads */
    unsigned connections;
    double until;
    uint64_t answered;
    double *latencies; /* NULL: not wanted */
    size_t latency_count;
    double pause; /* seconds between two requests of this thread; 0: as fast as answered */
};

static bool begin(struct load *l, struct connection *c)
{
    size_t at = atomic_fetch_add(l->next, 1);
    if (at >= l->request_count)
        return false;
    c->request = &l->requests[at];
    c->sent = c->got = 0;
    c->begun = seconds_now();
    return true;
}

static bool push(struct connection *c)
{
    while (c->sent < c->request->size) {
        ssize_t n = send(c->socket, c->request->data + c->sent, c->request->size - c->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0)
            return errno == EAGAIN;
        c->sent += (size_t)n;
    }
    return true;
}

static void pull(struct connection *c)
{
    ssize_t n = recv(c->socket, c->answer + c->got, sizeof c->answer - c->got, MSG_DONTWAIT);
    if (n > 0)
        c->got += (size_t)n;
    if (n == 0) {
        (void)fprintf(stderr, "bench: the server closed a connection\n");
        exit(1);
    }
}

static void *load_run(void *context)
{
    struct load *l = context;
    struct connection *all = calloc(l->connections, sizeof *all);
    struct epoll_event events[128];
    int poll = epoll_create1(EPOLL_CLOEXEC);
    unsigned busy = 0;
    for (unsigned i = 0; i < l->connections; i++) {
        all[i].socket = connect_to(l->port);
        struct epoll_event e = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = &all[i]};
        (void)epoll_ctl(poll, EPOLL_CTL_ADD, all[i].socket, &e);
        busy += begin(l, &all[i]);
    }
    while (busy > 0) {
        int count = epoll_wait(poll, events, COUNT_OF(events), 1000);
        for (int i = 0; i < count; i++) {
            struct connection *c = events[i].data.ptr;
            if (c->request == NULL)
                continue;
            if (!push(c))
                exit(1);
            pull(c);
            if (!answer_is_whole(c))
                continue;
            if (!answer_is_good(c)) {
                (void)fprintf(stderr, "bench: %.200s\n", c->answer);
                exit(1);
            }
            l->answered++;
            if (l->latencies != NULL && l->latency_count < LATENCIES_MAX)
                l->latencies[l->latency_count++] = (seconds_now() - c->begun) * 1e3;
            c->request = NULL;
            if (seconds_now() >= l->until || !begin(l, c))
                busy--;
            else if (!push(c))
                exit(1);
        }
    }
    for (unsigned i = 0; i < l->connections; i++)
        (void)close(all[i].socket);
    (void)close(poll);
    free(all);
    return NULL;
}

/* One blocking connection that sends at fixed times, however late the answers are: latency counts from the plan. */
static void *offered_run(void *context)
{
    struct load *l = context;
    struct connection c = {.socket = connect_to(l->port)};
    double planned = seconds_now();
    while (seconds_now() < l->until && begin(l, &c)) {
        while (seconds_now() < planned)
            (void)usleep(100);
        if (send(c.socket, c.request->data, c.request->size, MSG_NOSIGNAL) != (ssize_t)c.request->size)
            exit(1);
        while (!answer_is_whole(&c)) {
            ssize_t n = recv(c.socket, c.answer + c.got, sizeof c.answer - c.got, 0);
            if (n <= 0)
                exit(1);
            c.got += (size_t)n;
        }
        if (l->latency_count < LATENCIES_MAX)
            l->latencies[l->latency_count++] = (seconds_now() - planned) * 1e3;
        l->answered++;
        planned += l->pause;
    }
    (void)close(c.socket);
    return NULL;
}

/* --- a bare echo, to compare with --- */

struct echo {
    int listener;
    atomic_bool stop;
};

static void *echo_run(void *context)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n{\"success\":true}";
    struct echo *echo = context;
    struct connection all[SINGLE_CONNECTIONS + 1];
    struct epoll_event events[128];
    unsigned count = 0;
    int poll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = NULL};
    (void)epoll_ctl(poll, EPOLL_CTL_ADD, echo->listener, &e);
    while (!atomic_load(&echo->stop)) {
        int n = epoll_wait(poll, events, COUNT_OF(events), 50);
        for (int i = 0; i < n; i++) {
            struct connection *c = events[i].data.ptr;
            if (c == NULL) {
                c = &all[count++];
                *c = (struct connection){.socket = accept(echo->listener, NULL, NULL)};
                struct epoll_event more = {.events = EPOLLIN, .data.ptr = c};
                (void)epoll_ctl(poll, EPOLL_CTL_ADD, c->socket, &more);
                continue;
            }
            ssize_t got = recv(c->socket, c->answer + c->got, sizeof c->answer - c->got, MSG_DONTWAIT);
            if (got <= 0) {
                (void)epoll_ctl(poll, EPOLL_CTL_DEL, c->socket, NULL);
                continue;
            }
            c->got += (size_t)got;
            if (answer_is_whole(c)) { /* a request has the same form: a length, then a body */
                c->got = 0;
                (void)send(c->socket, answer, sizeof answer - 1, MSG_NOSIGNAL);
            }
        }
    }
    (void)close(poll);
    return NULL;
}

static uint16_t listen_any(int *out_listener)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    *out_listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(*out_listener, (struct sockaddr *)&address, size) != 0 || listen(*out_listener, 128) != 0)
        exit(1);
    (void)getsockname(*out_listener, (struct sockaddr *)&address, &size);
    return ntohs(address.sin_port);
}

/* --- what is sent --- */

static struct buf *batches_make(size_t count, uint64_t people, uint64_t serial)
{
    struct buf *requests = calloc(count, sizeof *requests), body;
    struct rng rng;
    rng_init(&rng, serial);
    buf_init(&body, 1u << 20);
    for (size_t i = 0; i < count; i++) {
        buf_clear(&body);
        batch_write(&body, serial + i, people, 0, &rng);
        buf_init(&requests[i], 1u << 20);
        request_make(&requests[i], buf_bytes(&body));
    }
    buf_fini(&body);
    return requests;
}

/* The events of the batches, `events` in a request. */
static struct buf *pieces_make(size_t count, size_t events, uint64_t people, uint64_t serial)
{
    struct buf *requests = calloc(count, sizeof *requests), batch, body;
    struct json_parser *p = json_parser_create(16u << 20);
    struct rng rng;
    size_t made = 0;
    rng_init(&rng, serial);
    buf_init(&batch, 1u << 20);
    buf_init(&body, 1u << 20);
    while (made < count) {
        struct json root, event;
        struct err e = {0};
        buf_clear(&batch);
        batch_write(&batch, serial++, people, 0, &rng);
        if (failed(json_parse(p, buf_bytes(&batch), &root, &e)))
            exit(1);
        size_t in = 0;
        for (struct json_walk w = json_items(json_find(root, BYTES_LIT("batch"))); made < count && json_item_next(&w, &event);) {
            if (in == 0) {
                buf_clear(&body);
                buf_push_text(&body, "{\"batch\":[");
            }
            if (in > 0)
                buf_push_byte(&body, ',');
            buf_push(&body, json_raw(event));
            if (++in < events)
                continue;
            buf_push_text(&body, "]}");
            buf_init(&requests[made], 1u << 20);
            request_make(&requests[made++], buf_bytes(&body));
            in = 0;
        }
    }
    json_parser_destroy(p);
    buf_fini(&batch);
    buf_fini(&body);
    return requests;
}

static void requests_free(struct buf *requests, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buf_fini(&requests[i]);
    free(requests);
}

static void token_make(struct world *w)
{
    struct token t = {.name = "bench", .roles = 1u << ROLE_COLLECT, .channel = "web", .brand = "lumi"};
    struct buf payload;
    struct answer answer;
    struct err e = {0};
    token_secret_hash(workspace_secret(w->workspace), bytes_of_text(secret), t.secret_hash);
    buf_init(&payload, 4096);
    token_pack(&payload, &t);
    if (failed(host_call(w->host, w->workspace, COMMAND_TOKEN, buf_bytes(&payload), &answer, NULL, &e)))
        exit(1);
    buf_fini(&payload);
}

static double rate_of(struct load *l)
{
    atomic_size_t next = 0;
    l->next = &next;
    l->answered = 0;
    double start = seconds_now();
    (void)load_run(l);
    return (double)l->answered / (seconds_now() - start);
}

static void batches_measure(uint16_t port, size_t people, double seconds)
{
    size_t count = BATCHES_KEPT * 10;
    struct buf *requests = batches_make(count, people, 1);
    struct load l = {.port = port, .requests = requests, .request_count = count, .connections = BATCH_CONNECTIONS, .until = seconds_now() + seconds};
    double rate = rate_of(&l) * WORLD_BATCH_EVENTS;
    report(&(struct figure){"ingest-http", "batches of 500 over 8 connections", "events/s", rate, 0, 300000, "higher", "client in the same process"});
    requests_free(requests, count);
}

static void singles_measure(uint16_t port, size_t people, double seconds)
{
    struct buf *requests = pieces_make(SINGLES_KEPT * 2, 1, people, 1000000);
    struct echo echo = {0};
    pthread_t thread;
    struct load l = {.requests = requests, .request_count = SINGLES_KEPT, .connections = SINGLE_CONNECTIONS};
    l.port = listen_any(&echo.listener);
    (void)pthread_create(&thread, NULL, echo_run, &echo);
    l.until = seconds_now() + seconds;
    double bare = rate_of(&l);
    atomic_store(&echo.stop, true);
    (void)pthread_join(thread, NULL);
    (void)close(echo.listener);
    l.port = port;
    l.requests = requests + SINGLES_KEPT;
    l.until = seconds_now() + seconds;
    double rate = rate_of(&l);
    report(&(struct figure){"ingest-http", "single events over 64 keep-alive connections, against a bare epoll echo", "requests/s", rate, bare, 0.5, "higher",
                            "each answered after its sync"});
    requests_free(requests, SINGLES_KEPT * 2);
}

static void offered_measure(uint16_t port, size_t people, double seconds)
{
    size_t count = (size_t)(seconds * OFFERED_A_SECOND / OFFERED_EVENTS_A_BATCH);
    struct buf *requests = pieces_make(count, OFFERED_EVENTS_A_BATCH, people, 2000000);
    struct load loads[BATCH_CONNECTIONS];
    pthread_t threads[BATCH_CONNECTIONS];
    atomic_size_t next = 0;
    double *all = malloc(sizeof *all * (count + 1));
    size_t all_count = 0;
    for (unsigned i = 0; i < BATCH_CONNECTIONS; i++) {
        loads[i] = (struct load){.port = port, .requests = requests, .request_count = count, .next = &next, .until = seconds_now() + seconds,
                                 .latencies = malloc(sizeof(double) * (count + 1)),
                                 .pause = (double)OFFERED_EVENTS_A_BATCH * BATCH_CONNECTIONS / OFFERED_A_SECOND};
        (void)pthread_create(&threads[i], NULL, offered_run, &loads[i]);
    }
    for (unsigned i = 0; i < BATCH_CONNECTIONS; i++) {
        (void)pthread_join(threads[i], NULL);
        memcpy(all + all_count, loads[i].latencies, loads[i].latency_count * sizeof *all);
        all_count += loads[i].latency_count;
        free(loads[i].latencies);
    }
    (void)median(all, all_count);
    report(&(struct figure){"ingest-http", "time to the answer, p99, at 50 k events/s offered", "ms", all[all_count * 99 / 100], 0, 10, "lower",
                            "requests of 50 events over 8 connections, counted from the planned time"});
    report(&(struct figure){"ingest-http", "time to the answer, p50, at 50 k events/s offered", "ms", all[all_count / 2], 0, 0, "lower", "the same"});
    free(all);
    requests_free(requests, count);
}

int main(int argc, char **argv)
{
    struct world w;
    struct door *door = NULL;
    struct err e = {0};
    size_t people = env_number("BENCH_PEOPLE", 100000);
    double seconds = (double)env_number("BENCH_SECONDS", 5);
    world_open(&w, argc > 1 ? argv[1] : "/tmp/kith-bench-http", 0);
    token_make(&w);
    if (failed(door_open(&(struct door_options){.host = w.host, .address = "127.0.0.1", .version = "bench"}, &door, &e))) {
        (void)fprintf(stderr, "bench: %s\n", e.text);
        return 1;
    }
    batches_measure(door_port(door), people, seconds);
    singles_measure(door_port(door), people, seconds);
    offered_measure(door_port(door), people, seconds);
    door_close(door);
    world_close(&w);
    world_remove(&w);
    return 0;
}
