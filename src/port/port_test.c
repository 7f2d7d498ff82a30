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
#include "domain/collect/collect.h"
#include "domain/event/event.h"
#include "domain/hook/hook.h"
#include "domain/identity/identity.h"
#include "domain/people/people.h"
#include "engine/engine_domain.h"
#include "engine/host.h"
#include "port/file.h"
#include "port/web.h"
#include "testing/test.h"

#define REQUEST_BYTES_MAX 8192
#define WAIT_US (20 * US_PER_SECOND)

static const struct domain *const domains[] = {&engine_domain, &collect_domain, &identity_domain, &people_domain,
                                               &event_domain,  &access_domain,  &hook_domain};

/* A server that answers `refusals` times with 503, then with 200, and keeps the last request. */
struct server {
    int listener;
    uint16_t port;
    pthread_t thread;
    atomic_int refusals, taken;
    char request[REQUEST_BYTES_MAX];
};

static void *server_run(void *context)
{
    static const char bad[] = "HTTP/1.1 503 Later\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    static const char good[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
    struct server *s = context;
    for (int c; (c = accept(s->listener, NULL, NULL)) >= 0; (void)close(c)) {
        size_t size = 0;
        ssize_t n;
        do { /* a hook's body ends in "}}" */
            n = recv(c, s->request + size, sizeof s->request - size - 1, 0);
            size += n > 0 ? (size_t)n : 0;
            s->request[size] = 0;
        } while (n > 0 && (size < 2 || strcmp(s->request + size - 2, "}}") != 0));
        bool refuses = atomic_fetch_sub(&s->refusals, 1) > 0;
        (void)send(c, refuses ? bad : good, refuses ? sizeof bad - 1 : sizeof good - 1, MSG_NOSIGNAL);
        if (!refuses)
            atomic_fetch_add(&s->taken, 1);
    }
    return NULL;
}

static void server_start(struct server *s)
{
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
    struct registry *registry;
    struct host *host;
    struct workspace *workspace;
};

static void place_open(struct place *p, struct t *t)
{
    char path[512];
    struct err e = {0};
    p->t = t;
    (void)snprintf(path, sizeof path, "%s/main", t->folder);
    (void)mkdir(path, 0700);
    (void)snprintf(path, sizeof path, "%s/main/workspace.json", t->folder);
    FILE *file = fopen(path, "we");
    (void)fputs("{\"secret\":\"00000000000000a7\"}", file);
    (void)fclose(file);
    CHECK_DONE(t, registry_create(domains, COUNT_OF(domains), &p->registry, &e), &e);
    struct host_options options = {.folder = t->folder, .registry = p->registry, .apply_version = 1, .memory_bytes = 64u << 20,
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

static void a_post_is_signed_and_tried_again(struct t *t)
{
    static struct server s;
    struct place p;
    char url[64];
    atomic_store(&s.refusals, 1);
    server_start(&s);
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u/in", s.port);
    place_open(&p, t);
    hook_make(&p, HOOK_WEB, url, "秘密");
    token_make(&p, "one");
    int64_t until_us = time_monotonic_us() + WAIT_US;
    while (atomic_load(&s.taken) < 1 && time_monotonic_us() < until_us)
        (void)usleep(10000);
    place_close(&p);
    server_stop(&s);
    CHECK_EQ(t, atomic_load(&s.taken), 1);
    CHECK(t, strstr(s.request, "\"fact\":\"token_changed\"") != NULL);
    CHECK(t, signature_is_good(s.request, "秘密"));
    CHECK(t, !signature_is_good(s.request, "wrong"));
}

static size_t file_read_whole(struct t *t, char *out_text, size_t room)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/main/out/facts.ndjson", t->folder);
    FILE *file = fopen(path, "re");
    size_t size = file == NULL ? 0 : fread(out_text, 1, room - 1, file);
    out_text[size] = 0;
    if (file != NULL)
        (void)fclose(file);
    return size;
}

static void a_file_gets_a_line_each(struct t *t)
{
    struct place p;
    char text[8192] = "";
    place_open(&p, t);
    hook_make(&p, HOOK_FILE, "facts.ndjson", "");
    token_make(&p, "one");
    token_make(&p, "two");
    int64_t until_us = time_monotonic_us() + WAIT_US;
    while (strstr(text, "\"two\"") == NULL && time_monotonic_us() < until_us) {
        (void)usleep(10000);
        (void)file_read_whole(t, text, sizeof text);
    }
    place_close(&p);
    (void)file_read_whole(t, text, sizeof text);
    size_t lines = 0;
    for (const char *c = text; *c != 0; c++)
        lines += *c == '\n';
    CHECK_EQ(t, lines, 2);
    CHECK(t, strstr(text, "\"one\"") != NULL);
}

static const struct test tests[] = {
    {"a post is signed and tried again", a_post_is_signed_and_tried_again, 1},
    {"a file gets a line each", a_file_gets_a_line_each, 1},
};
TEST_MAIN(tests)
