/* Finding people as somebody at a desk does, GET /api/v1/find over loopback: by last four digits, name, pinyin, order number,
 * and by what nobody is called. BENCH_PEOPLE (10 M) with Chinese names of all sorts, a phone and an order each; BENCH_QUERIES
 * (200) of each kind, one after another. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/client.h"
#include "base/rng.h"
#include "base/time.h"
#include "bench/report.h"
#include "bench/world.h"
#include "domain/access/access.h"
#include "edge/door.h"
#include "lib/json.h"
#include "lib/pinyin.h"
#include "lib/text.h"
#include "synth/names.h"

#define ANSWER_BYTES_MAX (1u << 20)
#define ASKED_BYTES 192u
#define ASKED_SEED 7u

static const char secret[] = "bench-secret";

/* --- who is there --- */

static void name_of(uint64_t person, char out_name[NAME_BYTES])
{
    uint64_t draw = rng_mix(person);
    unsigned percent = (unsigned)(draw >> 32) % 100;
    enum name_style style = percent < 80   ? NAME_PLAIN
                            : percent < 90 ? NAME_TRADITIONAL
                            : percent < 93 ? NAME_RARE
                            : percent < 95 ? NAME_DOTTED
                                           : NAME_ENGLISH;
    synth_name_make((struct name_ask){.hash = draw, .style = style, .female = draw % 5 < 3}, out_name);
}

static void people_write(struct buf *out, uint64_t first, uint64_t people)
{
    char name[NAME_BYTES];
    (void)people; /* a batch may go beyond them */
    buf_push_text(out, "{\"batch\":[");
    for (uint64_t person = first; person < first + WORLD_BATCH_EVENTS; person++) {
        name_of(person, name);
        buf_printf(out,
                   "%s{\"type\":\"track\",\"event\":\"Order Completed\",\"messageId\":\"m%" PRIu64
                   "\",\"userId\":\"u%09" PRIu64 "\","
                   "\"context\":{\"traits\":{\"name\":\"%s\"},"
                   "\"externalIds\":[{\"id\":\"+86138%08" PRIu64 "\",\"type\":\"phone\"}]},"
                   "\"properties\":{\"order_id\":\"2026%010" PRIu64 "\"}}",
                   person == first ? "" : ",", person, person, name, person, person);
    }
    buf_push_text(out, "]}");
}

/* --- what is asked --- */

typedef void (*asker)(uint64_t person, char out_asked[ASKED_BYTES]);

static void ask_phone(uint64_t person, char out_asked[ASKED_BYTES])
{
    (void)snprintf(out_asked, ASKED_BYTES, "%04u", (unsigned)(person % 10000));
}

static void ask_name(uint64_t person, char out_asked[ASKED_BYTES])
{
    char name[NAME_BYTES];
    name_of(person, name);
    (void)snprintf(out_asked, ASKED_BYTES, "%s", name);
}

/* The name's first character, or what follows it. */
static void ask_part(uint64_t person, bool family, char out_asked[ASKED_BYTES])
{
    char name[NAME_BYTES];
    name_of(person, name);
    struct bytes given = bytes_of_text(name), whole = given;
    (void)text_next(&given);
    if (family)
        given = bytes_slice(whole, 0, whole.size - given.size);
    (void)snprintf(out_asked, ASKED_BYTES, "%.*s", BYTES_ARG(given));
}

static void ask_family(uint64_t person, char out_asked[ASKED_BYTES])
{
    ask_part(person, true, out_asked);
}

static void ask_given(uint64_t person, char out_asked[ASKED_BYTES])
{
    ask_part(person, false, out_asked);
}

static void ask_pinyin(uint64_t person, char out_asked[ASKED_BYTES])
{
    char name[NAME_BYTES];
    struct pinyin_name pinyin;
    name_of(person, name);
    pinyin_of(pinyin_table(), bytes_of_text(name), &pinyin);
    (void)snprintf(out_asked, ASKED_BYTES, "%s", pinyin.full);
}

static void ask_initials(uint64_t person, char out_asked[ASKED_BYTES])
{
    char name[NAME_BYTES];
    struct pinyin_name pinyin;
    name_of(person, name);
    pinyin_of(pinyin_table(), bytes_of_text(name), &pinyin);
    (void)snprintf(out_asked, ASKED_BYTES, "%s", pinyin.initials);
}

static void ask_order(uint64_t person, char out_asked[ASKED_BYTES])
{
    (void)snprintf(out_asked, ASKED_BYTES, "2026%010" PRIu64, person);
}

static void ask_nobody(uint64_t person, char out_asked[ASKED_BYTES])
{
    (void)snprintf(out_asked, ASKED_BYTES, "nobody%" PRIu64, person);
}

static const struct question {
    const char *what;
    asker ask;
} questions[] = {
    {"by last four digits", ask_phone}, {"by name", ask_name},     {"by family name alone", ask_family},
    {"by given name", ask_given},       {"by pinyin", ask_pinyin}, {"by initials", ask_initials},
    {"by order number", ask_order},     {"of nobody", ask_nobody},
};

/* --- asking --- */

struct desk {
    struct client *client;
    struct json_parser *parser;
    size_t people, queries;
    double *took_ms; /* one a query */
};

static size_t people_found(struct desk *d, struct bytes answer)
{
    struct json root, person;
    struct err e = {0};
    size_t count = 0;
    must(json_parse(d->parser, answer, &root, &e), &e);
    for (struct json_walk w = json_items(json_find(root, BYTES_LIT("people"))); json_item_next(&w, &person);)
        count++;
    return count;
}

/* Returns how many were found. */
static size_t ask(struct desk *d, const char *asked, double *out_ms)
{
    struct buf path;
    struct client_reply reply;
    struct err e = {0};
    buf_init(&path, 1024);
    buf_push_text(&path, "/api/v1/find?q=");
    url_push(&path, bytes_of_text(asked));
    buf_push_byte(&path, 0);
    double start = seconds_now();
    must(client_send(d->client, &(struct client_call){.method = "GET", .path = (const char *)path.data}, &reply, &e),
         &e);
    *out_ms = (seconds_now() - start) * 1e3;
    if (reply.status != 200)
        must(FAIL(&e, INVALID, "%s: %ld: %.*s", asked, reply.status, BYTES_ARG(reply.body)), &e);
    buf_fini(&path);
    return people_found(d, reply.body);
}

static void measure(struct desk *d, const struct question *q)
{
    char asked[ASKED_BYTES], what[100], conditions[160];
    struct rng rng;
    size_t found = 0;
    rng_init(&rng, ASKED_SEED);
    double cpu = cpu_seconds();
    for (size_t i = 0; i < d->queries; i++) {
        q->ask(rng_below(&rng, d->people), asked);
        found += ask(d, asked, &d->took_ms[i]);
    }
    cpu = (cpu_seconds() - cpu) / (double)d->queries;
    double p50 = median(d->took_ms, d->queries);
    (void)snprintf(conditions, sizeof conditions,
                   "%zu people, %zu queries one after another over loopback, %.1f people found a query", d->people,
                   d->queries, (double)found / (double)d->queries);
    (void)snprintf(what, sizeof what, "find %s, p50", q->what);
    report(&(struct figure){"find", what, "ms", p50, 0, 0, "lower", conditions});
    (void)snprintf(what, sizeof what, "find %s, p99", q->what);
    report(&(struct figure){"find", what, "ms", d->took_ms[d->queries * 99 / 100], 0, 50, "lower", conditions});
    (void)snprintf(what, sizeof what, "find %s, CPU", q->what);
    report(&(struct figure){"find", what, "ms", cpu * 1e3, 0, 0, "lower", conditions});
}

/* --- the daemon --- */

static void token_make(struct world *w)
{
    struct token t = {.name = "desk", .roles = 1u << ROLE_READ};
    struct buf payload;
    struct answer answer;
    struct err e = {0};
    token_secret_hash(workspace_secret(w->workspace), bytes_of_text(secret), t.secret_hash);
    buf_init(&payload, 4096);
    token_pack(&payload, &t);
    must(host_call(w->host, w->workspace, COMMAND_TOKEN, buf_bytes(&payload), &answer, NULL, &e), &e);
    buf_fini(&payload);
}

int main(int argc, char **argv)
{
    struct world w;
    struct door *door = NULL;
    struct err e = {0};
    char url[64];
    struct desk d = {.people = env_number("BENCH_PEOPLE", 10000000), .queries = env_number("BENCH_QUERIES", 200)};
    world_open(&w, argc > 1 ? argv[1] : "/tmp/kith-bench-find", 0);
    struct sender *s = sender_create(&w, 64);
    (void)people_load_by(s, d.people, people_write);
    sender_destroy(s);
    token_make(&w);
    world_rest(&w);
    must(door_open(&(struct door_options){.host = w.host, .address = "127.0.0.1", .version = "bench"}, &door, &e), &e);
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u", door_port(door));
    must(client_create(&(struct client_options){.url = url, .token = secret}, &d.client, &e), &e);
    d.parser = json_parser_create(ANSWER_BYTES_MAX);
    d.took_ms = calloc(d.queries + 1, sizeof *d.took_ms);
    for (size_t i = 0; i < COUNT_OF(questions); i++)
        measure(&d, &questions[i]);
    free(d.took_ms);
    json_parser_destroy(d.parser);
    client_destroy(d.client);
    door_close(door);
    world_close(&w);
    world_remove(&w);
    return 0;
}
