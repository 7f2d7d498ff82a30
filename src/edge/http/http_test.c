/* Requests and answers over a real socket. Covers: bell.c, cors.c, exchange.c, loop.c */
#include <zlib.h>

#include "base/time.h"
#include "edge/http/wire_test.h"

#define HOST " HTTP/1.1\r\nHost: kith\r\n"
#define END "\r\n"

static void answers_and_keeps_alive(struct t *t)
{
    struct door *d = door_open(t, (struct http_options){0}, NULL);
    struct wire *w = wire_open(t, d->port);
    for (int i = 0; i < 3; i++) {
        struct answer a = wire_ask(w, "GET /hello" HOST END);
        CHECK_EQ(t, a.status, 200);
        CHECK_BYTES(t, a.body, BYTES_LIT("hello"));
        CHECK_TEXT(t, answer_header(t, &a, "content-type"), "text/plain");
    }
    struct answer lost = wire_ask(w, "GET /nowhere" HOST END);
    CHECK_EQ(t, lost.status, 404);
    CHECK_TEXT(t, answer_header(t, &lost, "content-type"), "application/problem+json");
    CHECK_EQ(t, wire_ask(w, "GET /hello" HOST "Connection: close\r\n" END).status, 200);
    CHECK(t, wire_is_over(w));
    wire_close(w);
    door_close(d);
}

static void pipelined_requests_are_answered_in_order(struct t *t)
{
    struct door *d = door_open(t, (struct http_options){0}, NULL);
    struct wire *w = wire_open(t, d->port);
    CHECK(t, wire_say(w, "POST /echo" HOST "Content-Length: 3\r\n" END "one"
                         "POST /later" HOST "Content-Length: 3\r\n" END "two"
                         "GET /hello" HOST END
                         "POST /later" HOST "Content-Length: 4\r\n" END "four"));
    static const char *const want[] = {"one", "two", "hello", "four"};
    for (size_t i = 0; i < COUNT_OF(want); i++) {
        struct answer a = {0};
        REQUIRE(t, wire_answer(w, false, &a));
        CHECK_BYTES(t, a.body, bytes_of_text(want[i]));
    }
    wire_close(w);
    door_close(d);
}

static void another_thread_answers(struct t *t)
{
    enum { WIRES = 48, ROUNDS = 20 };
    struct door *d = door_open(t, (struct http_options){.threads = 3}, NULL);
    struct wire *wires[WIRES];
    for (int i = 0; i < WIRES; i++)
        wires[i] = wire_open(t, d->port);
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < WIRES; i++) {
            const char *body = arena_printf(t->arena, "%04d", round * 100 + i);
            CHECK(t, wire_say(wires[i], arena_printf(t->arena, "POST /later" HOST "Content-Length: 4\r\n\r\n%s", body)));
        }
        for (int i = 0; i < WIRES; i++) {
            struct answer a = {0};
            REQUIRE(t, wire_answer(wires[i], false, &a));
            CHECK_BYTES(t, a.body, bytes_of_text(arena_printf(t->arena, "%04d", round * 100 + i)));
        }
    }
    for (int i = 0; i < WIRES; i++)
        wire_close(wires[i]);
    struct http_stats stats;
    http_stats_read(d->server, &stats);
    CHECK_EQ(t, stats.requests, WIRES * ROUNDS);
    CHECK_EQ(t, stats.answers[2], WIRES * ROUNDS);
    CHECK_EQ(t, stats.bytes_out, WIRES * ROUNDS * 4);
    CHECK(t, stats.bytes_in > WIRES * ROUNDS * 50);
    door_close(d);
}

static void bodies_come_whole(struct t *t)
{
    struct door *d = door_open(t, (struct http_options){.body_bytes_max = 4U << 20}, NULL);
    static const size_t sizes[] = {0, 1, 500, 16383, 16384, 16385, 65537, 3000000, 4U << 20};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        uint8_t *body = arena_take(t->arena, sizes[i] + 1, 1);
        for (size_t k = 0; k < sizes[i]; k++)
            body[k] = (uint8_t)rng_next(&t->rng);
        for (int chunked = 0; chunked < 2; chunked++) {
            struct wire *w = wire_open(t, d->port);
            struct answer a = {0};
            CHECK(t, wire_say(w, "POST /echo" HOST));
            if (chunked)
                CHECK(t, wire_say(w, "Transfer-Encoding: chunked\r\n\r\n"));
            else
                CHECK(t, wire_say(w, arena_printf(t->arena, "Content-Length: %zu\r\n\r\n", sizes[i])));
            for (size_t from = 0; chunked && from < sizes[i]; from += 40000) {
                size_t size = sizes[i] - from < 40000 ? sizes[i] - from : 40000;
                CHECK(t, wire_say(w, arena_printf(t->arena, "%zx\r\n", size)));
                CHECK(t, wire_send(w, bytes_of(body + from, size)) && wire_say(w, "\r\n"));
            }
            CHECK(t, chunked ? wire_say(w, "0\r\n\r\n") : wire_send(w, bytes_of(body, sizes[i])));
            REQUIRE(t, wire_answer(w, false, &a));
            CHECK_EQ(t, a.status, 200);
            CHECK(t, bytes_equal(a.body, bytes_of(body, sizes[i])));
            wire_close(w);
        }
    }
    door_close(d);
}

static void a_body_over_the_bound_is_refused(struct t *t)
{
    struct door *d = door_open(t, (struct http_options){.body_bytes_max = 1000}, NULL);
    /* Before it is sent: nobody reads it, so the connection ends. */
    struct wire *w = wire_open(t, d->port);
    struct answer a = wire_ask(w, "POST /echo" HOST "Content-Length: 1001\r\nExpect: 100-continue\r\n" END);
    CHECK_EQ(t, a.status, 413);
    CHECK_BYTES(t, a.body, BYTES_LIT("{\"type\":\"/problems/body-too-large\",\"title\":\"The request's body is too "
                                     "large\",\"status\":413,\"detail\":\"Send at most 1000 bytes at once.\"}\n"));
    CHECK(t, wire_is_over(w));
    wire_close(w);
    /* Sent without asking first, it is read to its end, so that the answer arrives. */
    struct buf big;
    buf_init(&big, 10u << 20);
    memset(buf_extend(&big, 10u << 20), 'x', 10u << 20);
    w = wire_open(t, d->port);
    CHECK(t, wire_say(w, "POST /echo" HOST "Content-Length: 10485760\r\n" END) && wire_send(w, buf_bytes(&big)));
    CHECK(t, wire_answer(w, false, &a));
    CHECK_EQ(t, a.status, 413);
    buf_fini(&big);
    wire_close(w);
    /* One that tells no size is read on, and the connection lives. */
    w = wire_open(t, d->port);
    CHECK(t, wire_say(w, "POST /echo" HOST "Transfer-Encoding: chunked\r\n" END));
    char piece[100];
    memset(piece, 'x', sizeof piece);
    for (int i = 0; i < 11; i++)
        CHECK(t, wire_say(w, "64\r\n") && wire_send(w, bytes_of(piece, sizeof piece)) && wire_say(w, "\r\n"));
    a = wire_ask(w, "0\r\n\r\n");
    CHECK_EQ(t, a.status, 413);
    CHECK_EQ(t, wire_ask(w, "GET /hello" HOST END).status, 200);
    wire_close(w);
    door_close(d);
}

static void a_chunked_body_without_end_is_cut_off(struct t *t)
{
    struct door *d = door_open(t, (struct http_options){.body_bytes_max = 1000}, NULL);
    struct wire *w = wire_open(t, d->port);
    CHECK(t, wire_say(w, "POST /echo" HOST "Transfer-Encoding: chunked\r\n" END));
    char *piece = arena_take(t->arena, 65536, 1);
    memset(piece, 'x', 65536);
    bool open = true;
    for (int i = 0; i < 1000 && open; i++)
        open = wire_say(w, "10000\r\n") && wire_send(w, bytes_of(piece, 65536)) && wire_say(w, "\r\n");
    CHECK(t, !open);
    wire_close(w);
    door_close(d);
}

static void all_bodies_together_are_bounded(struct t *t)
{
    struct door *d =
        door_open(t, (struct http_options){.body_bytes_max = 200000, .body_bytes_total_max = 250000}, NULL);
    char *body = arena_take(t->arena, 200000, 1);
    memset(body, 'x', 200000);
    struct wire *first = wire_open(t, d->port);
    CHECK(t, wire_say(first, "POST /keep" HOST "Content-Length: 200000\r\n" END));
    CHECK(t, wire_send(first, bytes_of(body, 200000)));
    struct http_exchange *x = door_held(d);
    struct http_stats stats;
    http_stats_read(d->server, &stats);
    CHECK_EQ(t, stats.body_bytes_held, 200000);
    CHECK_EQ(t, stats.in_flight, 1);
    struct answer a = ask_once(t, d->port, "POST /echo" HOST "Content-Length: 60000\r\n" END);
    CHECK_EQ(t, a.status, 503);
    CHECK_TEXT(t, answer_header(t, &a, "Retry-After"), "1");
    /* One that tells no size is refused as soon as it gets there. */
    struct wire *second = wire_open(t, d->port);
    CHECK(t, wire_say(second, "POST /echo" HOST "Transfer-Encoding: chunked\r\n\r\nf000\r\n"));
    CHECK(t, wire_send(second, bytes_of(body, 0xf000)) && wire_say(second, "\r\n0\r\n\r\n"));
    REQUIRE(t, wire_answer(second, false, &a));
    CHECK_EQ(t, a.status, 503);
    /* Small ones always pass, and large ones again once the first has gone. */
    CHECK_EQ(t, wire_ask(second, "POST /echo" HOST "Content-Length: 2\r\n" END "ok").status, 200);
    answer_text(x, 200, "done");
    REQUIRE(t, wire_answer(first, false, &a));
    CHECK_EQ(t, wire_ask(first, "GET /hello" HOST END).status, 200);
    CHECK(t, wire_say(second, "POST /echo" HOST "Content-Length: 60000\r\n" END));
    CHECK(t, wire_send(second, bytes_of(body, 60000)) && wire_answer(second, false, &a));
    CHECK_EQ(t, a.status, 200);
    http_stats_read(d->server, &stats);
    CHECK_EQ(t, stats.answers[5], 2);
    wire_close(first);
    wire_close(second);
    door_close(d);
}

/* A large body that is over leaves its buffer to the thread. Who gets that one is counted with all of it, and nobody gets it
 * where half of what all may hold would be gone: small slow bodies would else hold any number of large ones. */
static void a_buffer_that_was_left_counts_whole(struct t *t)
{
    static const uint64_t held[] = {200000, 400000, 420000};
    struct door *d = door_open(
        t, (struct http_options){.threads = 1, .body_bytes_max = 200000, .body_bytes_total_max = 1000000}, NULL);
    char *body = arena_take(t->arena, 200000, 1);
    memset(body, 'x', 200000);
    struct wire *large = wire_open(t, d->port), *small[COUNT_OF(held)];
    struct http_exchange *kept[COUNT_OF(held)];
    struct http_stats stats;
    struct answer a;
    for (size_t i = 0; i < COUNT_OF(held); i++) {
        CHECK(t, wire_say(large, "POST /echo" HOST "Content-Length: 200000\r\n" END));
        CHECK(t, wire_send(large, bytes_of(body, 200000)));
        REQUIRE(t, wire_answer(large, false, &a));
        CHECK_EQ(t, wire_ask(large, "GET /hello" HOST END).status, 200); /* the body before it is over */
        small[i] = wire_open(t, d->port);
        CHECK(t, wire_say(small[i], "POST /keep" HOST "Content-Length: 20000\r\n" END));
        CHECK(t, wire_send(small[i], bytes_of(body, 20000)));
        kept[i] = door_held(d);
        http_stats_read(d->server, &stats);
        CHECK_EQ(t, stats.body_bytes_held, held[i]);
    }
    for (size_t i = 0; i < COUNT_OF(held); i++) {
        answer_body(kept[i]);
        REQUIRE(t, wire_answer(small[i], false, &a));
        CHECK_EQ(t, a.body.size, 20000);
        wire_close(small[i]);
    }
    wire_close(large);
    door_close(d);
}

static void expect_continue_is_told_to_go_on(struct t *t)
{
    struct door *d = door_open(t, (struct http_options){0}, NULL);
    struct wire *w = wire_open(t, d->port);
    struct answer a = wire_ask(w, "POST /echo" HOST "Content-Length: 5\r\nExpect: 100-continue\r\n" END);
    CHECK_EQ(t, a.status, 100);
    CHECK(t, wire_say(w, "12345") && wire_answer(w, false, &a));
    CHECK_BYTES(t, a.body, BYTES_LIT("12345"));
    wire_close(w);
    door_close(d);
}

static void head_is_a_get_without_a_body(struct t *t)
{
    struct door *d = door_open(t, (struct http_options){0}, NULL);
    struct wire *w = wire_open(t, d->port);
    struct answer a = wire_ask(w, "HEAD /hello" HOST END);
    CHECK_EQ(t, a.status, 200);
    CHECK_TEXT(t, answer_header(t, &a, "Content-Length"), "5");
    a = wire_ask(w, "GET /hello" HOST END); /* would be out of step after a body */
    CHECK_BYTES(t, a.body, BYTES_LIT("hello"));
    wire_close(w);
    door_close(d);
}

static void a_client_that_closes_its_side_gets_its_answer(struct t *t)
{
    struct door *d = door_open(t, (struct http_options){0}, NULL);
    static const char *const paths[] = {"/hello", "/later", "/echo"};
    for (int i = 0; i < 60; i++) {
        struct wire *w = wire_open(t, d->port);
        struct answer a = {0};
        CHECK(t, wire_say(w, arena_printf(t->arena, "GET %s" HOST END, paths[i % 3])));
        CHECK_EQ(t, shutdown(w->fd, SHUT_WR), 0);
        CHECK(t, wire_answer(w, false, &a));
        CHECK_EQ(t, a.status, 200);
        wire_close(w);
    }
    /* Also when it is long in coming. */
    struct wire *w = wire_open(t, d->port);
    struct answer a = {0};
    CHECK(t, wire_say(w, "GET /keep" HOST END));
    CHECK_EQ(t, shutdown(w->fd, SHUT_WR), 0);
    answer_text(door_held(d), 200, "here");
    CHECK(t, wire_answer(w, false, &a));
    CHECK_BYTES(t, a.body, BYTES_LIT("here"));
    wire_close(w);
    door_close(d);
}

static void a_client_that_has_gone_does_no_harm(struct t *t)
{
    struct door *d = door_open(t, (struct http_options){0}, NULL);
    for (int i = 0; i < 20; i++) {
        struct wire *w = wire_open(t, d->port);
        CHECK(t, wire_say(w, "POST /keep" HOST "Content-Length: 2\r\n" END "ab"));
        struct http_exchange *x = door_held(d);
        struct linger hard = {.l_onoff = i % 2, .l_linger = 0}; /* every other one with a reset */
        (void)setsockopt(w->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        wire_close(w);
        CHECK_BYTES(t, http_body(x), BYTES_LIT("ab"));
        answer_body(x);
    }
    CHECK_EQ(t, ask_once(t, d->port, "GET /hello" HOST END).status, 200);
    door_close(d);
}

static uint64_t connections_now(const struct door *d)
{
    struct http_stats stats;
    http_stats_read(d->server, &stats);
    return stats.connections;
}

/* Its last bytes and its end come together or apart, before or after they are read: noticed at once, in each case. */
static void a_client_that_leaves_half_way_is_noticed(struct t *t)
{
    struct door *d = door_open(t, (struct http_options){0}, NULL);
    static const char *const starts[] = {"", "GET /hel", "GET /hello" HOST "X-Half: ", "POST /echo" HOST "Content-Length: 10\r\n" END "123",
                                         "POST /echo" HOST "Content-Length: 9\r\n" END, "POST /echo" HOST "Transfer-Encoding: chunked\r\n" END "5\r\nab",
                                         "GET /hello" HOST END "GET /hel"};
    enum { REPEATS = 30 };
    for (size_t i = 0; i < COUNT_OF(starts) * REPEATS; i++) {
        struct wire *w = wire_open(t, d->port);
        struct answer a = {0};
        CHECK(t, wire_say(w, starts[i % COUNT_OF(starts)]));
        if (i % 3 == 1)
            (void)usleep(200);
        CHECK_EQ(t, shutdown(w->fd, SHUT_WR), 0);
        if (i % 2 == 0)
            while (wire_answer(w, false, &a))
                CHECK_EQ(t, a.status, 200);
        wire_close(w);
    }
    int64_t until_us = time_monotonic_us() + 5 * US_PER_SECOND; /* much less than the 30 of idle_seconds */
    while (connections_now(d) > 0 && time_monotonic_us() < until_us)
        (void)usleep(1000);
    CHECK_EQ(t, connections_now(d), 0);
    door_close(d);
}

static void a_silent_client_is_cut_off(struct t *t)
{
    struct door *d = door_open(t, (struct http_options){.idle_seconds = 1}, NULL);
    static const char *const starts[] = {"", "GET /hel", "GET /hello" HOST,
                                         "POST /echo" HOST "Content-Length: 10\r\n" END "123"};
    struct wire *wires[COUNT_OF(starts)];
    for (size_t i = 0; i < COUNT_OF(starts); i++) {
        wires[i] = wire_open(t, d->port);
        CHECK(t, wire_say(wires[i], starts[i]));
    }
    for (size_t i = 0; i < COUNT_OF(starts); i++) {
        CHECK(t, wire_is_over(wires[i]));
        wire_close(wires[i]);
    }
    /* But not one whose answer takes long. */
    struct wire *w = wire_open(t, d->port);
    CHECK(t, wire_say(w, "GET /keep" HOST END));
    struct http_exchange *x = door_held(d);
    struct timeval patience = {.tv_sec = 2, .tv_usec = 500000};
    char byte;
    (void)setsockopt(w->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    CHECK_EQ(t, recv(w->fd, &byte, 1, 0), -1);
    answer_text(x, 200, "late");
    struct answer a = {0};
    CHECK(t, wire_answer(w, false, &a));
    CHECK_BYTES(t, a.body, BYTES_LIT("late"));
    wire_close(w);
    door_close(d);
}

static void more_connections_than_allowed_wait(struct t *t)
{
    enum { WIRES = 300 };
    struct door *d = door_open(t, (struct http_options){.connections_max = 64}, NULL);
    struct wire *wires[WIRES];
    for (int i = 0; i < WIRES; i++) {
        wires[i] = wire_open(t, d->port);
        CHECK(t, wire_say(wires[i], "GET /later" HOST "Connection: close\r\n" END));
    }
    for (int i = 0; i < WIRES; i++) {
        struct answer a = {0};
        CHECK(t, wire_answer(wires[i], false, &a));
        CHECK_EQ(t, a.status, 200);
        wire_close(wires[i]);
    }
    struct http_stats stats;
    http_stats_read(d->server, &stats);
    CHECK_EQ(t, stats.connections_ever, WIRES);
    door_close(d);
}

static void malformed_requests_are_refused(struct t *t)
{
    struct door *d = door_open(t, (struct http_options){0}, NULL);
    static const struct {
        const char *request;
        unsigned status; /* 0: the connection ends without a word */
    } cases[] = {
        {"\r\n\r\n\x01\x02\x03\r\n\r\n", 0},
        {"GET\r\n\r\n", 0},
        {"GET /hello HTTP/9.9\r\nHost: a\r\n\r\n", 505},
        {"GET /a b c" HOST END, 400},
        {"GET /hello" HOST "Host: other\r\n" END, 400},
        {"GET /hello" HOST "X-Spaced : a\r\n" END, 400},
        {"POST /echo" HOST "Content-Length : 3\r\n" END "abc", 400},
        {"GET /hello HTTP/1.1\r\n\r\n", 400},
        {"GET /hello" HOST "no colon here\r\n" END, 400},
        {"BREW /hello" HOST END, 405},
        {"PATCH /hello" HOST END, 405},
        {"TRACE /hello" HOST END, 405},
        {"POST /echo" HOST "Content-Length: ten\r\n" END, 400},
        {"POST /echo" HOST "Content-Length: -1\r\n" END, 400},
        {"POST /echo" HOST "Content-Length: 99999999999999999999999\r\n" END, 413},
        {"POST /echo" HOST "Content-Length: 3\r\nContent-Length: 4\r\n" END "abcd", 400},
        {"POST /echo" HOST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n" END "0\r\n\r\n", 400},
        {"POST /echo" HOST "Transfer-Encoding: gzip, chunked\r\n" END "0\r\n\r\n", 400},
        {"POST /echo HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n" END "0\r\n\r\n", 400},
        {"POST /echo" HOST "Transfer-Encoding: chunked\r\n" END "zz\r\n", 400},
        {"GET /../etc/passwd" HOST END, 400},
        {"GET /a/%2e%2E/b" HOST END, 400},
        {"GET /a%00b" HOST END, 400},
        {"GET hello" HOST END, 400},
        {"GET *" HOST END, 400},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct wire *w = wire_open(t, d->port);
        CHECK(t, wire_say(w, cases[i].request));
        CHECK_EQ(t, shutdown(w->fd, SHUT_WR), 0);
        struct answer a = {0};
        (void)wire_answer(w, false, &a);
        if (a.status != cases[i].status)
            test_fail(t, __FILE__, __LINE__, "case %zu: got %u, want %u", i, a.status, cases[i].status);
        wire_close(w);
    }
    CHECK_EQ(t, ask_once(t, d->port, "GET /hello" HOST END).status, 200);
    door_close(d);
}

/* Where it can be told in our own words, it is. */
static void what_is_wrong_with_a_head_is_said_as_a_problem(struct t *t)
{
    static const struct {
        const char *request, *slug;
    } cases[] = {
        {"GET /hello HTTP/1.1\r\n\r\n", "/problems/bad-host"},
        {"GET /hello" HOST "Host: other\r\n" END, "/problems/bad-host"},
        {"GET /a b c" HOST END, "/problems/bad-target"},
        {"POST /echo" HOST "Content-Length: 3\r\nContent-Length: 4\r\n" END "abcd", "/problems/bad-framing"},
    };
    struct door *d = door_open(t, (struct http_options){0}, NULL);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct answer a = ask_once(t, d->port, cases[i].request);
        CHECK_EQ(t, a.status, 400);
        CHECK_TEXT(t, answer_header(t, &a, "content-type"), "application/problem+json");
        CHECK(t, a.body.size > 0 && strstr((const char *)a.body.data, cases[i].slug) != NULL);
    }
    CHECK_EQ(t, ask_once(t, d->port, "GET /hello HTTP/1.0\r\n\r\n").status, 200);
    door_close(d);
}

/* Also what libmicrohttpd answers itself, before anybody here is asked. */
static void what_is_malformed_counts_as_the_clients_fault(struct t *t)
{
    static const char *const requests[] = {
        "PATCH /hello" HOST END,
        "GET /hello HTTP/1.1\r\n\r\n",
        "POST /echo" HOST "Content-Length: ten\r\n" END,
        "POST /echo" HOST "Transfer-Encoding: chunked\r\n" END "zz\r\n",
    };
    struct door *d = door_open(t, (struct http_options){0}, NULL);
    struct http_stats stats;
    for (size_t i = 0; i < COUNT_OF(requests); i++) {
        struct wire *w = wire_open(t, d->port);
        struct answer a = wire_ask(w, requests[i]);
        CHECK(t, a.status == 400 || a.status == 405);
        if (a.status == 405)
            CHECK_TEXT(t, answer_header(t, &a, "Allow"), "GET, HEAD, POST, PUT, DELETE, OPTIONS");
        wire_close(w);
    }
    CHECK_EQ(t, ask_once(t, d->port, "GET /hello" HOST END).status, 200);
    for (int k = 0; k < 2000; k++) { /* until all connections are seen off */
        http_stats_read(d->server, &stats);
        if (stats.answers[4] >= COUNT_OF(requests) && stats.connections == 0)
            break;
        (void)usleep(1000);
    }
    CHECK_EQ(t, stats.answers[4], COUNT_OF(requests));
    CHECK_EQ(t, stats.answers[2], 1);
    CHECK_EQ(t, stats.answers[5], 0);
    door_close(d);
}

static struct answer ask_with_long(struct t *t, struct door *d, const char *form, size_t size)
{
    char *text = arena_take(t->arena, size + 1, 1);
    memset(text, 'a', size);
    text[size] = 0;
    return ask_once(t, d->port, arena_printf(t->arena, form, text));
}

static void headers_are_bounded(struct t *t)
{
    struct door *d = door_open(t, (struct http_options){0}, NULL);
    static const char *const long_header = "GET /hello" HOST "X-Long: %s\r\n" END;
    static const char *const long_target = "GET /hello?a=%s" HOST END;
    CHECK_EQ(t, ask_with_long(t, d, long_header, 24000).status, 200);
    CHECK_EQ(t, ask_with_long(t, d, long_target, 8000).status, 200);
    static const size_t head_sizes[] = {24700, 26000, 27000}, target_sizes[] = {8200, 16000, 24000, 27000};
    for (size_t i = 0; i < COUNT_OF(head_sizes); i++) {
        struct answer a = ask_with_long(t, d, long_header, head_sizes[i]);
        CHECK_EQ(t, a.status, 431);
        CHECK_TEXT(t, answer_header(t, &a, "content-type"), "application/problem+json");
        CHECK(t, strstr((const char *)a.body.data, "/problems/headers-too-large") != NULL);
    }
    for (size_t i = 0; i < COUNT_OF(target_sizes); i++) {
        struct answer a = ask_with_long(t, d, long_target, target_sizes[i]);
        CHECK_EQ(t, a.status, 414);
        CHECK(t, strstr((const char *)a.body.data, "/problems/target-too-long") != NULL);
    }
    /* Beyond what libmicrohttpd keeps it answers itself. */
    static const size_t larger[] = {40000, 200000};
    for (size_t i = 0; i < COUNT_OF(larger); i++) {
        struct wire *w = wire_open(t, d->port);
        struct answer a = {.status = 431, .head = ""};
        char *text = arena_take(t->arena, larger[i] + 1, 1);
        memset(text, 'a', larger[i]);
        text[larger[i]] = 0;
        (void)wire_say(w, arena_printf(t->arena, long_header, text));
        if (wire_answer(w, false, &a))
            CHECK_EQ(t, a.status, 431);
        wire_close(w);
    }
    CHECK_EQ(t, ask_once(t, d->port, "GET /hello" HOST END).status, 200);
    door_close(d);
}

/* Seeded rubbish, some of it close to a request: the server must still stand. */
static void rubbish_breaks_nothing(struct t *t)
{
    static const char *const words[] = {
        "GET ", "POST /echo", " HTTP/1.1\r\n", "Host: a\r\n", "\r\n", "Content-Length: 9\r\n", "HEAD /hello",
        "Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n", "0\r\n\r\n", "Expect: 100-continue\r\n", "/later",
        "Cookie: a=\"", "?&=;", "%"};
    struct door *d = door_open(t, (struct http_options){.body_bytes_max = 4096}, NULL);
    for (int i = 0; i < 20; i++) {
        struct wire *w = wire_open(t, d->port);
        for (uint64_t k = rng_below(&t->rng, 24); k > 0; k--) {
            uint8_t noise[8];
            for (size_t n = 0; n < sizeof noise; n++)
                noise[n] = (uint8_t)rng_next(&t->rng);
            bool word = rng_chance(&t->rng, 0.9);
            (void)wire_send(w, word ? bytes_of_text(words[rng_below(&t->rng, COUNT_OF(words))]) : bytes_of(noise, 8));
        }
        if (rng_chance(&t->rng, 0.5))
            (void)shutdown(w->fd, SHUT_WR);
        wire_close(w);
    }
    CHECK_EQ(t, ask_once(t, d->port, "GET /hello" HOST END).status, 200);
    door_close(d);
}

static void closing_answers_what_is_kept(struct t *t)
{
    struct door *d = door_open(t, (struct http_options){.close_seconds_max = 1}, NULL);
    struct wire *w = wire_open(t, d->port);
    struct wire *idle = wire_open(t, d->port);
    CHECK_EQ(t, wire_ask(idle, "GET /hello" HOST END).status, 200);
    CHECK(t, wire_say(w, "POST /keep" HOST "Content-Length: 4\r\nX-Mark: here\r\n" END "body"));
    struct http_exchange *x = door_held(d);
    door_close(d);
    struct answer a = {0};
    REQUIRE(t, wire_answer(w, false, &a));
    CHECK_EQ(t, a.status, 503);
    CHECK_TEXT(t, answer_header(t, &a, "Retry-After"), "1");
    CHECK(t, wire_is_over(w) && wire_is_over(idle));
    /* Whoever kept it may still read it, and answers as always. */
    CHECK_BYTES(t, http_body(x), BYTES_LIT("body"));
    CHECK_BYTES(t, http_header(x, "x-mark"), BYTES_LIT("here"));
    answer_text(x, 200, "too late");
    wire_close(w);
    wire_close(idle);
}

static void *close_in_thread(void *server)
{
    http_close(server);
    return NULL;
}

static void closing_waits_for_answers(struct t *t)
{
    struct door *d = door_open(t, (struct http_options){0}, NULL);
    struct wire *w = wire_open(t, d->port);
    CHECK(t, wire_say(w, "GET /keep" HOST END));
    struct http_exchange *x = door_held(d);
    pthread_t closer;
    struct http_server *server = d->server;
    REQUIRE(t, pthread_create(&closer, NULL, close_in_thread, server) == 0);
    /* A newcomer is refused, one way or the other, once the closing has begun. */
    struct answer a = {.status = 200};
    while (a.status == 200) {
        a.status = 0;
        struct wire *late = wire_open(t, d->port);
        (void)wire_say(late, "GET /hello" HOST END);
        (void)wire_answer(late, false, &a);
        wire_close(late);
    }
    answer_text(x, 200, "in time");
    REQUIRE(t, wire_answer(w, false, &a));
    CHECK_BYTES(t, a.body, BYTES_LIT("in time"));
    CHECK_EQ(t, pthread_join(closer, NULL), 0);
    wire_close(w);
    d->server = NULL;
    door_close(d);
}

enum { CLOSING_WIRES = 250, ANSWER_PAUSE_US = 8000 };

/* Answers what is kept one by one, over the time when the closing server loses its patience. */
static void *answer_slowly(void *context)
{
    struct door *d = context;
    for (int i = 0; i < CLOSING_WIRES; i++) {
        answer_text(d->kept[i], 200, "slow");
        (void)usleep(ANSWER_PAUSE_US);
    }
    return NULL;
}

static void handle_counted(struct http_exchange *x, void *context)
{
    struct door *d = context;
    (void)pthread_mutex_lock(&d->lock);
    d->kept[d->slow_count++] = x;
    (void)pthread_cond_broadcast(&d->news);
    (void)pthread_mutex_unlock(&d->lock);
}

static void closing_while_answers_come(struct t *t)
{
    struct door *d = door_open(t, (struct http_options){.close_seconds_max = 1}, handle_counted);
    struct wire *wires[CLOSING_WIRES];
    for (int i = 0; i < CLOSING_WIRES; i++) {
        wires[i] = wire_open(t, d->port);
        CHECK(t, wire_say(wires[i], "POST /slow" HOST "Content-Length: 1\r\n" END "x"));
    }
    (void)pthread_mutex_lock(&d->lock);
    while (d->slow_count < CLOSING_WIRES)
        (void)pthread_cond_wait(&d->news, &d->lock);
    (void)pthread_mutex_unlock(&d->lock);
    pthread_t answerer;
    REQUIRE(t, pthread_create(&answerer, NULL, answer_slowly, d) == 0);
    door_close(d);
    CHECK_EQ(t, pthread_join(answerer, NULL), 0);
    int answered = 0, refused = 0;
    for (int i = 0; i < CLOSING_WIRES; i++) {
        struct answer a = {0};
        CHECK(t, wire_answer(wires[i], false, &a));
        answered += a.status == 200;
        refused += a.status == 503;
        wire_close(wires[i]);
    }
    CHECK(t, answered > 0 && refused > 0);
    CHECK_EQ(t, answered + refused, CLOSING_WIRES);
}

enum { MANY_WIRES = 700 };

static void *answer_many(void *context)
{
    struct door *d = context;
    for (int i = 0; i < MANY_WIRES; i++)
        answer_body(d->kept[i]);
    return NULL;
}

/* More than a loop looks at in each round, and for longer than it does. */
static void many_are_kept_for_long(struct t *t)
{
    struct door *d = door_open(t, (struct http_options){.threads = 1}, handle_counted);
    struct wire *wires[MANY_WIRES];
    for (int round = 0; round < 2; round++) {
        (void)pthread_mutex_lock(&d->lock);
        d->slow_count = 0;
        (void)pthread_mutex_unlock(&d->lock);
        for (int i = 0; i < MANY_WIRES; i++) {
            wires[i] = round == 0 ? wire_open(t, d->port) : wires[i];
            CHECK(t, wire_say(wires[i], arena_printf(t->arena, "POST /slow" HOST "Content-Length: 4\r\n" END "%04d", i)));
        }
        (void)pthread_mutex_lock(&d->lock);
        while (d->slow_count < MANY_WIRES)
            (void)pthread_cond_wait(&d->news, &d->lock);
        (void)pthread_mutex_unlock(&d->lock);
        if (round == 0)
            (void)usleep(30000);
        pthread_t answerer;
        REQUIRE(t, pthread_create(&answerer, NULL, answer_many, d) == 0);
        for (int i = 0; i < MANY_WIRES; i++) {
            struct answer a = {0};
            REQUIRE(t, wire_answer(wires[i], false, &a));
            CHECK_BYTES(t, a.body, bytes_of_text(arena_printf(t->arena, "%04d", i)));
        }
        CHECK_EQ(t, pthread_join(answerer, NULL), 0);
    }
    for (int i = 0; i < MANY_WIRES; i++)
        wire_close(wires[i]);
    door_close(d);
}

static void opening_says_what_is_wrong(struct t *t)
{
    struct door *d = door_open(t, (struct http_options){0}, NULL);
    struct http_server *s = NULL;
    struct err e = {0};
    struct http_options o = {.port = d->port, .handle = door_handle};
    CHECK_FAILS(t, http_open(&o, &s, &e), IO);
    CHECK(t, strstr(e.text, "in use") != NULL);
    o = (struct http_options){.address = "shop.example", .handle = door_handle};
    CHECK_FAILS(t, http_open(&o, &s, &e), INVALID);
    o = (struct http_options){.threads = 4, .connections_max = 3, .handle = door_handle};
    CHECK_FAILS(t, http_open(&o, &s, &e), INVALID);
    CHECK(t, s == NULL);
    http_close(NULL);
    o = (struct http_options){.port = d->port, .handle = door_handle};
    door_close(d);
    /* Closed, the port is free again. */
    REQUIRE_DONE(t, http_open(&o, &s, &e), &e);
    CHECK_EQ(t, http_port(s), o.port);
    http_close(s);
}

static void handle_unpacked(struct http_exchange *x, void *context)
{
    (void)context;
    struct err e = {0};
    struct buf out;
    buf_init(&out, 100000);
    struct status s = body_inflate(http_body(x), 100000, &out, &e);
    if (failed(s)) {
        struct problem p = problem_of_failure(s, &e);
        buf_fini(&out);
        http_respond_problem(x, &p);
        return;
    }
    struct http_reply r = {.status = 200, .body = buf_bytes(&out), .body_kind = HTTP_BODY_GIVEN};
    http_respond(x, &r);
}

static struct answer post_zipped(struct t *t, uint16_t port, struct bytes plain)
{
    uint8_t *zipped = arena_take(t->arena, plain.size + 1000, 1);
    z_stream z = {.next_in = (Bytef *)(uintptr_t)plain.data, .avail_in = (uInt)plain.size, .next_out = zipped};
    z.avail_out = (uInt)(plain.size + 1000);
    CHECK_EQ(t, deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    CHECK_EQ(t, deflate(&z, Z_FINISH), Z_STREAM_END);
    CHECK_EQ(t, deflateEnd(&z), Z_OK);
    struct wire *w = wire_open(t, port);
    struct answer a = {0};
    CHECK(t, wire_say(w, arena_printf(t->arena, "POST /unzip" HOST "Content-Length: %lu\r\n" END, z.total_out)));
    CHECK(t, wire_send(w, bytes_of(zipped, z.total_out)) && wire_answer(w, false, &a));
    wire_close(w);
    return a;
}

static void zipped_bodies_are_unpacked_within_a_bound(struct t *t)
{
    struct door *d = door_open(t, (struct http_options){0}, handle_unpacked);
    struct bytes plain = bytes_of(arena_zeroed(t->arena, 200000, 1), 100000);
    struct answer a = post_zipped(t, d->port, plain);
    CHECK_EQ(t, a.status, 200);
    CHECK(t, bytes_equal(a.body, plain));
    plain.size = 200000;
    CHECK_EQ(t, post_zipped(t, d->port, plain).status, 413);
    CHECK_EQ(t, ask_once(t, d->port, "POST /unzip" HOST "Content-Length: 2\r\n" END "{}").status, 400);
    door_close(d);
}

static const struct test tests[] = {
    {"answers and keeps alive", answers_and_keeps_alive, 1},
    {"pipelined requests are answered in order", pipelined_requests_are_answered_in_order, 1},
    {"another thread answers", another_thread_answers, 1},
    {"bodies come whole", bodies_come_whole, 1},
    {"a body over the bound is refused", a_body_over_the_bound_is_refused, 1},
    {"a chunked body without end is cut off", a_chunked_body_without_end_is_cut_off, 1},
    {"all bodies together are bounded", all_bodies_together_are_bounded, 1},
    {"a buffer that was left counts whole", a_buffer_that_was_left_counts_whole, 1},
    {"expect: 100-continue is told to go on", expect_continue_is_told_to_go_on, 1},
    {"HEAD is a GET without a body", head_is_a_get_without_a_body, 1},
    {"a client that closes its side gets its answer", a_client_that_closes_its_side_gets_its_answer, 1},
    {"a client that has gone does no harm", a_client_that_has_gone_does_no_harm, 1},
    {"a client that leaves half way is noticed", a_client_that_leaves_half_way_is_noticed, 1},
    {"a silent client is cut off", a_silent_client_is_cut_off, 1},
    {"more connections than allowed wait", more_connections_than_allowed_wait, 1},
    {"malformed requests are refused", malformed_requests_are_refused, 1},
    {"what is wrong with a head is said as a problem", what_is_wrong_with_a_head_is_said_as_a_problem, 1},
    {"what is malformed counts as the client's fault", what_is_malformed_counts_as_the_clients_fault, 1},
    {"headers are bounded", headers_are_bounded, 1},
    {"rubbish breaks nothing", rubbish_breaks_nothing, 20},
    {"closing answers what is kept", closing_answers_what_is_kept, 1},
    {"closing waits for answers", closing_waits_for_answers, 1},
    {"closing while answers come", closing_while_answers_come, 1},
    {"many are kept for long", many_are_kept_for_long, 1},
    {"opening says what is wrong", opening_says_what_is_wrong, 1},
    {"zipped bodies are unpacked within a bound", zipped_bodies_are_unpacked_within_a_bound, 1},
};
TEST_MAIN(tests)
