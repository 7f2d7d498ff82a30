/* What hooks ask for, all the way out: to a web server of our own on loopback, and to a file. Covers: file.c, web.c */
#include <arpa/inet.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/time.h"
#include "domain/access/access.h"
#include "domain/all.h"
#include "domain/hook/hook.h"
#include "engine/engine_domain.h"
#include "engine/host.h"
#include "port/file.h"
#include "port/web.h"
#include "testing/test.h"

#define REQUEST_BYTES_MAX 8192
#define REQUESTS_KEPT 8
#define FACTS_BYTES_MAX 65536
#define WAIT_US (20 * US_PER_SECOND)

/* A server that gives `answers`, one a request and the last one for ever, and keeps the last request. Behind an answer that
 * says "endless" it sends bytes until the other side has enough. */
struct server {
    int listener;
    uint16_t port;
    pthread_t thread;
    const char *const *answers;
    size_t answer_count;
    atomic_int taken; /* requests, answered */
    int64_t taken_us[REQUESTS_KEPT];
    char request[REQUEST_BYTES_MAX];
};

#define GOOD "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"

static void request_take(struct server *s, int c)
{
    size_t size = 0;
    ssize_t n;
    do { /* a hook's body ends in "}}" */
        n = recv(c, s->request + size, sizeof s->request - size - 1, 0);
        size += n > 0 ? (size_t)n : 0;
        s->request[size] = 0;
    } while (n > 0 && (size < 2 || strcmp(s->request + size - 2, "}}") != 0));
}

static void answer_give(int c, const char *answer)
{
    static const char more[65536] = "x";
    ssize_t sent = send(c, answer, strlen(answer), MSG_NOSIGNAL);
    while (sent > 0 && strstr(answer, "endless") != NULL)
        sent = send(c, more, sizeof more, MSG_NOSIGNAL);
}

static void *server_run(void *context)
{
    struct server *s = context;
    for (int c; (c = accept(s->listener, NULL, NULL)) >= 0; (void)close(c)) {
        size_t i = (size_t)atomic_load(&s->taken);
        request_take(s, c);
        s->taken_us[i < REQUESTS_KEPT ? i : REQUESTS_KEPT - 1] = time_monotonic_us();
        answer_give(c, s->answers[i < s->answer_count ? i : s->answer_count - 1]);
        atomic_fetch_add(&s->taken, 1);
    }
    return NULL;
}

static bool server_wait(struct server *s, int count)
{
    int64_t until_us = time_monotonic_us() + WAIT_US;
    while (atomic_load(&s->taken) < count && time_monotonic_us() < until_us)
        (void)usleep(10000);
    return atomic_load(&s->taken) >= count;
}

static void server_start(struct server *s, const char *const *answers, size_t answer_count)
{
    *s = (struct server){.answers = answers, .answer_count = answer_count};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    (void)bind(s->listener, (struct sockaddr *)&address, size);
    (void)listen(s->listener, 16);
    (void)getsockname(s->listener, (struct sockaddr *)&address, &size);
    s->port = ntohs(address.sin_port);
    (void)pthread_create(&s->thread, NULL, server_run, s);
}

static void server_stop(struct server *s)
{
    (void)shutdown(s->listener, SHUT_RDWR);
    (void)pthread_join(s->thread, NULL);
    (void)close(s->listener);
}

struct place {
    struct t *t;
    const char *folder;
    struct registry *registry;
    struct host *host;
    struct workspace *workspace;
};

static void file_make(struct t *t, const char *path, const char *text)
{
    FILE *file = fopen(path, "we");
    assert(file != NULL);
    CHECK(t, fputs(text, file) >= 0);
    CHECK_EQ(t, fclose(file), 0);
}

/* A folder of its own in the test's; `facts`, unless NULL, is in the hook's file already. */
static void place_open(struct place *p, struct t *t, const char *name, const char *facts)
{
    struct err e = {0};
    p->t = t;
    p->folder = arena_printf(t->arena, "%s/%s", t->folder, name);
    (void)mkdir(p->folder, 0700);
    (void)mkdir(arena_printf(t->arena, "%s/main", p->folder), 0700);
    (void)mkdir(arena_printf(t->arena, "%s/main/out", p->folder), 0700);
    file_make(t, arena_printf(t->arena, "%s/main/workspace.json", p->folder), "{\"secret\":\"00000000000000a7\"}");
    if (facts != NULL)
        file_make(t, arena_printf(t->arena, "%s/main/out/facts.ndjson", p->folder), facts);
    CHECK_DONE(t, registry_of_all(&p->registry, &e), &e);
    struct host_options options = {.folder = p->folder, .registry = p->registry, .apply_version = 1, .memory_bytes = 64u << 20,
                                   .log_segment_bytes = 1u << 20, .checkpoint_log_bytes = 1u << 30};
    CHECK_DONE(t, host_create(&options, &p->host, &e), &e);
    file_port_start(p->host);
    CHECK_DONE(t, web_port_start(p->host, &e), &e);
    CHECK_DONE(t, host_workspace(p->host, BYTES_LIT("main"), &p->workspace, &e), &e);
}

static void place_close(struct place *p)
{
    host_stop(p->host);
    web_port_stop();
    host_destroy(p->host);
    registry_destroy(p->registry);
}

static void call(struct place *p, uint32_t command, struct buf *payload)
{
    struct err e = {0};
    struct answer a = {0};
    CHECK_DONE(p->t, host_call(p->host, p->workspace, command, buf_bytes(payload), &a, NULL, &e), &e);
    CHECK(p->t, a.refusal == NULL);
    buf_fini(payload);
}

static void hook_make(struct place *p, enum hook_kind kind, const char *target, const char *secret)
{
    struct hook h = {.name = BYTES_LIT("crm"), .kind = kind, .target = bytes_of_text(target), .secret = bytes_of_text(secret), .causes = 1u << CAUSE_LIVE};
    struct buf b;
    buf_init(&b, 4096);
    hook_pack(&b, &h);
    call(p, COMMAND_HOOK, &b);
}

static void token_make(struct place *p, const char *name)
{
    struct token t = {.roles = 1u << ROLE_READ};
    struct buf b;
    buf_init(&b, 4096);
    (void)snprintf(t.name, sizeof t.name, "%s", name);
    token_secret_hash(1, bytes_of_text(name), t.secret_hash);
    token_pack(&b, &t);
    call(p, COMMAND_TOKEN, &b);
}

static void header_of(const char *request, const char *name, char *out_value, size_t room)
{
    const char *at = strstr(request, name);
    out_value[0] = 0;
    if (at != NULL)
        (void)snprintf(out_value, room, "%.*s", (int)strcspn(at + strlen(name), "\r"), at + strlen(name));
}

/* As a receiver would check it: Standard Webhooks. */
static bool signature_is_good(const char *request, const char *secret)
{
    char id[128], when[32], signature[128], text[REQUEST_BYTES_MAX + 256], base64[64];
    uint8_t mac[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_state state;
    header_of(request, "webhook-id: ", id, sizeof id);
    header_of(request, "webhook-timestamp: ", when, sizeof when);
    header_of(request, "webhook-signature: ", signature, sizeof signature);
    const char *body = strstr(request, "\r\n\r\n");
    (void)snprintf(text, sizeof text, "%s.%s.%s", id, when, body == NULL ? "" : body + 4);
    (void)crypto_auth_hmacsha256_init(&state, (const uint8_t *)secret, strlen(secret));
    (void)crypto_auth_hmacsha256_update(&state, (const uint8_t *)text, strlen(text));
    (void)crypto_auth_hmacsha256_final(&state, mac);
    (void)sodium_bin2base64(base64, sizeof base64, mac, sizeof mac, sodium_base64_VARIANT_ORIGINAL);
    return strncmp(signature, "v1,", 3) == 0 && strcmp(signature + 3, base64) == 0;
}

/* One fact goes to the server, until it was asked `count` times. */
static void fact_send(struct t *t, struct server *s, int count)
{
    struct place p;
    place_open(&p, t, "web", NULL);
    hook_make(&p, HOOK_WEB, arena_printf(t->arena, "http://127.0.0.1:%u/in", s->port), "秘密");
    token_make(&p, "one");
    CHECK(t, server_wait(s, count));
    place_close(&p);
    server_stop(s);
}

static void a_post_is_signed_and_tried_again(struct t *t)
{
    static struct server s;
    static const char *const answers[] = {"HTTP/1.1 503 Later\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", GOOD};
    server_start(&s, answers, COUNT_OF(answers));
    fact_send(t, &s, 2);
    CHECK_EQ(t, atomic_load(&s.taken), 2);
    CHECK(t, strstr(s.request, "\"fact\":\"token_changed\"") != NULL);
    CHECK(t, signature_is_good(s.request, "秘密"));
    CHECK(t, !signature_is_good(s.request, "wrong"));
}

static void the_world_says_when_to_come_back(struct t *t)
{
    static struct server s;
    static const char *const answers[] = {"HTTP/1.1 429 Slow down\r\nRetry-After: 2\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", GOOD};
    server_start(&s, answers, COUNT_OF(answers));
    fact_send(t, &s, 2);
    CHECK(t, s.taken_us[1] - s.taken_us[0] >= 2 * US_PER_SECOND);
}

/* Of the engine's thread until `is_there`. */
struct heard {
    atomic_bool is_there;
    char words[1024]; /* of the world's first answer, as the log has them */
};

static void fact_hear(void *context, uint64_t position, const struct fact_kind *kind, enum cause cause, int64_t time_us, struct bytes json)
{
    (void)position, (void)cause, (void)time_us;
    struct heard *h = context;
    if (strcmp(kind->name, "effect_answered") != 0 || atomic_load(&h->is_there))
        return;
    (void)snprintf(h->words, sizeof h->words, "%.*s", BYTES_ARG(json));
    atomic_store(&h->is_there, true);
}

/* What the log is told about one answer of the world. */
static const char *words_of(struct t *t, const char *answer)
{
    static struct server s;
    struct place p;
    struct heard *heard = ARENA_NEW(t->arena, struct heard);
    const char *const answers[] = {answer};
    server_start(&s, answers, 1);
    place_open(&p, t, arena_printf(t->arena, "w%u", s.port), NULL);
    struct host_listener *l = host_listen(p.host, p.workspace, NULL, fact_hear, heard);
    hook_make(&p, HOOK_WEB, arena_printf(t->arena, "http://127.0.0.1:%u/in", s.port), "");
    token_make(&p, "one");
    CHECK(t, server_wait(&s, 1));
    int64_t until_us = time_monotonic_us() + WAIT_US;
    while (!atomic_load(&heard->is_there) && time_monotonic_us() < until_us)
        (void)usleep(10000);
    host_unlisten(p.host, l);
    place_close(&p);
    server_stop(&s);
    CHECK_EQ(t, atomic_load(&s.taken), 1); /* it was not sent again */
    return heard->words;
}

static void the_status_decides(struct t *t)
{
    CHECK(t, strstr(words_of(t, GOOD), "\"200: ok\"") != NULL);
    CHECK(t, strstr(words_of(t, "HTTP/1.1 410 Gone\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"), "\"410: \"") != NULL);
    CHECK(t, strstr(words_of(t, "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"), "\"302: \"") != NULL);
    CHECK(t, strstr(words_of(t, "HTTP/1.1 200 OK\r\nContent-Length: 99\r\nConnection: close\r\n\r\ncut"), "\"200: cut\"") != NULL);
    CHECK(t, strstr(words_of(t, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nendless"), "\"200: endlessx") != NULL);
}

static const char *facts_of(const struct place *p)
{
    char *text = arena_zeroed(p->t->arena, FACTS_BYTES_MAX, 1);
    FILE *file = fopen(arena_printf(p->t->arena, "%s/main/out/facts.ndjson", p->folder), "re");
    size_t size = file == NULL ? 0 : fread(text, 1, FACTS_BYTES_MAX - 1, file);
    text[size] = 0;
    if (file != NULL)
        (void)fclose(file);
    return text;
}

/* What stands in the hook's file after tokens "one" and "two" were made; `before` stood there already. */
static const char *facts_after(struct t *t, const char *name, const char *before)
{
    struct place p;
    place_open(&p, t, name, before);
    hook_make(&p, HOOK_FILE, "facts.ndjson", "");
    token_make(&p, "one");
    token_make(&p, "two");
    int64_t until_us = time_monotonic_us() + WAIT_US;
    while (strstr(facts_of(&p), "\"two\"") == NULL && time_monotonic_us() < until_us)
        (void)usleep(10000);
    place_close(&p);
    return facts_of(&p);
}

static size_t lines_of(const char *text)
{
    size_t lines = 0;
    for (; *text != 0; text++)
        lines += *text == '\n';
    return lines;
}

static void a_file_gets_a_line_each(struct t *t)
{
    const char *text = facts_after(t, "new", NULL);
    CHECK_EQ(t, lines_of(text), 2);
    CHECK(t, strstr(text, "\"one\"") != NULL);
}

/* Positions are the same in each new folder, and so are ids; times aren't. */
static void a_line_stands_there_once_and_whole(struct t *t)
{
    const char *lines = facts_after(t, "first", NULL);
    const char *end = strchr(lines, '\n');
    REQUIRE(t, lines_of(lines) == 2);
    int size = (int)(end - lines), id_size = (int)(strchr(lines, ',') - lines) - 1;
    CHECK_EQ(t, lines_of(facts_after(t, "whole", arena_printf(t->arena, "%.*s\n", size, lines))), 2);
    const char *torn = facts_after(t, "torn", arena_printf(t->arena, "{\"id\":\"x\"}\n%.*s", size / 2, lines));
    CHECK_EQ(t, lines_of(torn), 3);
    CHECK(t, strncmp(torn, "{\"id\":\"x\"}\n", 11) == 0 && strncmp(torn + 11, lines, (size_t)id_size) == 0 && strstr(torn, "\"one\"") != NULL);
    const char *quoted = facts_after(t, "quoted", arena_printf(t->arena, "{\"id\":\"x\",\"data\":%.*s}}\n", id_size, lines));
    CHECK_EQ(t, lines_of(quoted), 3);
}

static const struct test tests[] = {
    {"a post is signed and tried again", a_post_is_signed_and_tried_again, 1},
    {"the world says when to come back", the_world_says_when_to_come_back, 1},
    {"the status decides, whatever follows it", the_status_decides, 1},
    {"a file gets a line each", a_file_gets_a_line_each, 1},
    {"a line stands there once and whole", a_line_stands_there_once_and_whole, 1},
};
TEST_MAIN(tests)
