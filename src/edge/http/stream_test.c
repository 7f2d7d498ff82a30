#include <sys/resource.h>

#include "edge/http/wire_test.h"

#define HOST " HTTP/1.1\r\nHost: kith\r\n\r\n"

static const struct http_reply events = {.status = 200, .content_type = "text/event-stream"};
static const struct http_reply rows = {.status = 200, .content_type = "application/x-ndjson"};

/* Asks for "/keep", begins a stream in its place, and takes the head of the answer. */
static struct http_stream *stream_open(struct wire *w, struct door *d, const struct http_reply *head)
{
    CHECK(d->t, wire_say(w, "GET /keep" HOST));
    struct http_stream *s = http_stream_begin(door_held(d), head);
    struct bytes lines = wire_take_until(w, "\r\n\r\n");
    CHECK(d->t, lines.data != NULL && strstr((const char *)lines.data, " 200 ") != NULL);
    return s;
}

/* The next chunk of the answer; data is NULL at the end of the connection, size is 0 at the end of the answer. Waits
 * for a chunk, so it also shows that nothing is held back. */
static struct bytes chunk_take(struct wire *w)
{
    struct bytes line = wire_take_until(w, "\r\n");
    struct bytes chunk = BYTES_NONE;
    if (line.data == NULL)
        return BYTES_NONE;
    size_t size = strtoul((const char *)line.data, NULL, 16);
    if (!wire_take_size(w, size + 2, &chunk))
        return BYTES_NONE;
    chunk.size = size;
    return chunk;
}

static void events_arrive_as_they_are_pushed(struct t *t)
{
    struct door *d = door_open(t, (struct http_options){0}, NULL);
    struct wire *w = wire_open(t, d->port);
    struct http_stream *s = stream_open(w, d, &events);
    for (int i = 0; i < 200; i++) {
        struct bytes event = bytes_of_text(arena_printf(t->arena, "data: %d\n\n", i));
        CHECK_EQ(t, http_stream_push(s, event), HTTP_PUSHED);
        CHECK_BYTES(t, chunk_take(w), event);
    }
    http_stream_end(s);
    struct bytes last = chunk_take(w);
    CHECK(t, last.data != NULL && last.size == 0);
    /* The connection lives on. */
    CHECK_EQ(t, wire_ask(w, "GET /hello" HOST).status, 200);
    wire_close(w);
    door_close(d);
}

static void handle_at_once(struct http_exchange *x, void *context)
{
    (void)context;
    struct http_stream *s = http_stream_begin(x, &rows);
    (void)http_stream_push(s, BYTES_LIT("{\"a\":1}\n"));
    (void)http_stream_push(s, BYTES_NONE);
    (void)http_stream_push(s, BYTES_LIT("{\"a\":2}\n"));
    http_stream_end(s);
}

static void a_handler_may_stream_at_once(struct t *t)
{
    struct door *d = door_open(t, (struct http_options){0}, handle_at_once);
    struct wire *w = wire_open(t, d->port);
    for (int i = 0; i < 3; i++) {
        struct answer a = wire_ask(w, "GET /rows" HOST);
        CHECK_BYTES(t, a.body, BYTES_LIT("{\"a\":1}\n{\"a\":2}\n"));
        CHECK(t, a.whole);
        CHECK_TEXT(t, answer_header(t, &a, "Content-Type"), "application/x-ndjson");
    }
    struct answer head = wire_ask(w, "HEAD /rows" HOST);
    CHECK_EQ(t, head.status, 200);
    CHECK_TEXT(t, answer_header(t, &head, "Connection"), "close");
    wire_close(w);
    /* A client that knows no chunks reads until the connection ends. */
    struct answer a = ask_once(t, d->port, "GET /rows HTTP/1.0\r\nHost: a\r\n\r\n");
    CHECK_BYTES(t, a.body, BYTES_LIT("{\"a\":1}\n{\"a\":2}\n"));
    door_close(d);
}

/* Pushes `rows_count` rows of 1000 bytes, waiting whenever the client is slow. */
struct export {
    struct http_stream *stream;
    int rows_count;
    bool gone;
};

static void *export_run(void *context)
{
    struct export *x = context;
    char row[1000];
    for (int i = 0; i < x->rows_count && !x->gone; i++) {
        memset(row, 'a' + i % 26, sizeof row);
        enum http_push pushed;
        while ((pushed = http_stream_push(x->stream, bytes_of(row, sizeof row))) == HTTP_PUSH_FULL)
            (void)http_stream_wait(x->stream, sizeof row, 1000);
        x->gone = pushed == HTTP_PUSH_GONE;
    }
    http_stream_end(x->stream);
    return NULL;
}

static void a_long_answer_comes_whole_to_a_slow_client(struct t *t)
{
    enum { ROWS = 5000 };
    struct door *d = door_open(t, (struct http_options){.stream_bytes_max = 20000}, NULL);
    struct wire *w = wire_open_with(t, d->port, 4096);
    struct export x = {.stream = stream_open(w, d, &rows), .rows_count = ROWS};
    pthread_t exporter;
    REQUIRE(t, pthread_create(&exporter, NULL, export_run, &x) == 0);
    uint64_t total = 0;
    bool right = true;
    for (;;) {
        struct bytes chunk = chunk_take(w);
        REQUIRE(t, chunk.data != NULL);
        if (chunk.size == 0)
            break;
        for (size_t i = 0; i < chunk.size; i++)
            right = right && chunk.data[i] == 'a' + (total + i) / 1000 % 26;
        total += chunk.size;
    }
    CHECK(t, right);
    CHECK_EQ(t, total, ROWS * 1000);
    CHECK_EQ(t, pthread_join(exporter, NULL), 0);
    CHECK(t, !x.gone);
    wire_close(w);
    door_close(d);
}

static void a_client_that_takes_nothing_is_noticed(struct t *t)
{
    struct door *d = door_open(t, (struct http_options){.stream_bytes_max = 65536, .idle_seconds = 1}, NULL);
    struct wire *w = wire_open_with(t, d->port, 4096);
    struct http_stream *s = stream_open(w, d, &events);
    char *piece = arena_zeroed(t->arena, 60000, 1);
    enum http_push pushed = HTTP_PUSHED;
    for (int i = 0; i < 10000 && pushed == HTTP_PUSHED; i++) {
        (void)http_stream_wait(s, 60000, 200);
        pushed = http_stream_push(s, bytes_of(piece, 60000));
    }
    CHECK_EQ(t, pushed, HTTP_PUSH_FULL); /* full first */
    while (pushed == HTTP_PUSH_FULL) {
        CHECK(t, !http_stream_wait(s, 65536, 5000));
        pushed = http_stream_push(s, bytes_of(piece, 60000));
    }
    CHECK_EQ(t, pushed, HTTP_PUSH_GONE); /* then cut off */
    http_stream_end(s);
    wire_close(w);
    door_close(d);
}

static void a_client_that_has_gone_is_noticed(struct t *t)
{
    struct door *d = door_open(t, (struct http_options){0}, NULL);
    for (int i = 0; i < 10; i++) {
        struct wire *w = wire_open(t, d->port);
        struct http_stream *s = stream_open(w, d, &events);
        CHECK_EQ(t, http_stream_push(s, BYTES_LIT(": hi\n\n")), HTTP_PUSHED);
        CHECK_BYTES(t, chunk_take(w), BYTES_LIT(": hi\n\n"));
        wire_close(w);
        enum http_push pushed = HTTP_PUSHED;
        for (int k = 0; k < 1000 && pushed == HTTP_PUSHED; k++) {
            pushed = http_stream_push(s, BYTES_LIT(": hi\n\n"));
            (void)usleep(1000); /* the network has to bring the refusal back */
        }
        CHECK_EQ(t, pushed, HTTP_PUSH_GONE);
        CHECK(t, !http_stream_wait(s, 1, 1000));
        http_stream_end(s);
    }
    struct http_stats stats;
    http_stats_read(d->server, &stats);
    CHECK_EQ(t, stats.streams, 0);
    CHECK_EQ(t, stats.aborted, 10);
    door_close(d);
}

static double cpu_seconds(void)
{
    struct rusage used;
    (void)getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

/* Even while nobody has anything to push. */
static void a_closed_event_stream_ends_and_costs_nothing(struct t *t)
{
    struct door *d = door_open(t, (struct http_options){0}, NULL);
    struct http_stream *s[4];
    struct http_stats stats = {.streams = COUNT_OF(s)};
    for (size_t i = 0; i < COUNT_OF(s); i++) {
        struct wire *w = wire_open(t, d->port);
        s[i] = stream_open(w, d, &events);
        wire_close(w);
    }
    for (int k = 0; k < 2000 && stats.streams > 0; k++) {
        (void)usleep(1000);
        http_stats_read(d->server, &stats);
    }
    CHECK_EQ(t, stats.streams, 0);
    CHECK_EQ(t, stats.connections, 0);
    for (size_t i = 0; i < COUNT_OF(s); i++) {
        CHECK_EQ(t, http_stream_push(s[i], BYTES_LIT(": hi\n\n")), HTTP_PUSH_GONE);
        http_stream_end(s[i]);
    }
    door_close(d);
}

/* Who only closes its sending side may still read an answer that has an end; meanwhile the loop sleeps. */
static void a_client_that_only_listens_gets_its_rows(struct t *t)
{
    struct door *d = door_open(t, (struct http_options){0}, NULL);
    struct wire *w = wire_open(t, d->port);
    struct http_stream *s = stream_open(w, d, &rows);
    CHECK_EQ(t, shutdown(w->fd, SHUT_WR), 0);
    (void)usleep(50000); /* it is noticed */
    double used = cpu_seconds();
    (void)usleep(200000);
    CHECK(t, cpu_seconds() - used < 0.05);
    CHECK_EQ(t, http_stream_push(s, BYTES_LIT("row")), HTTP_PUSHED);
    CHECK_BYTES(t, chunk_take(w), BYTES_LIT("row"));
    http_stream_end(s);
    wire_close(w);
    door_close(d);
}

/* Nor while its answer is waited for. */
static void a_client_that_waits_half_closed_costs_nothing(struct t *t)
{
    struct door *d = door_open(t, (struct http_options){0}, NULL);
    struct wire *w = wire_open(t, d->port);
    CHECK(t, wire_say(w, "GET /keep" HOST));
    struct http_exchange *x = door_held(d);
    CHECK_EQ(t, shutdown(w->fd, SHUT_WR), 0);
    (void)usleep(50000); /* it is parked by then */
    double used = cpu_seconds();
    (void)usleep(200000);
    CHECK(t, cpu_seconds() - used < 0.05);
    http_respond(x, &(struct http_reply){.status = 200, .body = BYTES_LIT("late"), .body_kind = HTTP_BODY_STAYS});
    struct answer late;
    CHECK(t, wire_answer(w, false, &late));
    CHECK_BYTES(t, late.body, BYTES_LIT("late"));
    wire_close(w);
    door_close(d);
}

static void a_cut_answer_does_not_look_whole(struct t *t)
{
    struct door *d = door_open(t, (struct http_options){0}, NULL);
    struct wire *w = wire_open(t, d->port);
    struct http_stream *s = stream_open(w, d, &rows);
    CHECK_EQ(t, http_stream_push(s, BYTES_LIT("half")), HTTP_PUSHED);
    CHECK_BYTES(t, chunk_take(w), BYTES_LIT("half"));
    http_stream_cut(s);
    CHECK(t, wire_is_over(w));
    wire_close(w);
    door_close(d);
}

static void closing_cuts_event_streams_at_once(struct t *t)
{
    struct door *d = door_open(t, (struct http_options){.close_seconds_max = 600}, NULL);
    struct wire *w = wire_open(t, d->port);
    struct http_stream *s = stream_open(w, d, &events);
    door_close(d); /* doesn't last ten minutes */
    CHECK(t, wire_is_over(w));
    CHECK_EQ(t, http_stream_push(s, BYTES_LIT("data: x\n\n")), HTTP_PUSH_GONE);
    http_stream_end(s);
    wire_close(w);
}

static void closing_cuts_the_others_in_the_end(struct t *t)
{
    struct door *d = door_open(t, (struct http_options){.close_seconds_max = 1}, NULL);
    struct wire *w = wire_open(t, d->port);
    struct wire *late = wire_open(t, d->port);
    struct http_stream *s = stream_open(w, d, &rows);
    CHECK(t, wire_say(late, "GET /keep" HOST));
    struct http_exchange *x = door_held(d);
    door_close(d);
    CHECK(t, wire_is_over(w));
    CHECK_EQ(t, http_stream_push(s, BYTES_LIT("x")), HTTP_PUSH_GONE);
    http_stream_end(s);
    /* One begun after the server has gone. */
    s = http_stream_begin(x, &rows);
    CHECK_EQ(t, http_stream_push(s, BYTES_LIT("x")), HTTP_PUSH_GONE);
    http_stream_end(s);
    wire_close(w);
    wire_close(late);
}

static const struct test tests[] = {
    {"events arrive as they are pushed", events_arrive_as_they_are_pushed, 1},
    {"a handler may stream at once", a_handler_may_stream_at_once, 1},
    {"a long answer comes whole to a slow client", a_long_answer_comes_whole_to_a_slow_client, 1},
    {"a client that takes nothing is noticed", a_client_that_takes_nothing_is_noticed, 1},
    {"a client that has gone is noticed", a_client_that_has_gone_is_noticed, 1},
    {"a closed event stream ends and costs nothing", a_closed_event_stream_ends_and_costs_nothing, 1},
    {"a client that only listens gets its rows", a_client_that_only_listens_gets_its_rows, 1},
    {"a client that waits half closed costs nothing", a_client_that_waits_half_closed_costs_nothing, 1},
    {"a cut answer does not look whole", a_cut_answer_does_not_look_whole, 1},
    {"closing cuts event streams at once", closing_cuts_event_streams_at_once, 1},
    {"closing cuts the others in the end", closing_cuts_the_others_in_the_end, 1},
};
TEST_MAIN(tests)
