/* For tests: a whole daemon in this process, on a workspace in the test's folder, and a client of it. */
#pragma once

#include <curl/curl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "domain/access/access.h"
#include "domain/all.h"
#include "domain/calendar/calendar.h"
#include "domain/change/change.h"
#include "domain/collect/collect.h"
#include "domain/column/column.h"
#include "domain/event/event.h"
#include "domain/hook/hook.h"
#include "domain/identity/identity.h"
#include "domain/order/order.h"
#include "domain/people/people.h"
#include "domain/pulse/pulse.h"
#include "domain/relation/relation.h"
#include "domain/scope/scope.h"
#include "domain/thing/thing.h"
#include "edge/door.h"
#include "engine/engine_domain.h"
#include "lib/json.h"
#include "lib/pack.h"
#include "testing/test.h"

#define ADMIN "kith_admin"
#define PLACE_SECRET UINT64_C(0x0123456789abcdef)
#define ASK_HEADERS_MAX 6
#define ASK_SECONDS_MAX 30L

struct place {
    struct t *t;
    struct registry *registry;
    struct host *host;
    struct door *door;
    CURL *curl;
    struct json_parser *parser;
};

struct ask {
    const char *method; /* NULL: GET, or POST when there is a body */
    const char *path;
    const char *token;  /* NULL: none */
    const char *json;   /* a body in text; NULL: see body */
    struct bytes body;
    const char *headers[ASK_HEADERS_MAX];
};

struct reply {
    long status;
    struct bytes body; /* ends in NUL; in the test's arena */
    const char *head;
};

static inline void place_woken(void *context, struct workspace *w, struct engine *g)
{
    (void)context;
    door_woken(w, g);
}

static inline void place_workspace(struct t *t, const char *name)
{
    const char *folder = arena_printf(t->arena, "%s/%s", t->folder, name);
    CHECK_EQ(t, mkdir(folder, 0700), 0);
    FILE *file = fopen(arena_printf(t->arena, "%s/workspace.json", folder), "we");
    CHECK(t, file != NULL && fputs("{\"secret\":\"0123456789abcdef\"}\n", file) >= 0 && fclose(file) == 0);
}

static inline void place_token(struct place *p, const char *workspace, const struct token *token, const char *secret)
{
    struct err e = {0};
    struct workspace *w;
    struct answer answer;
    struct buf payload;
    struct token t = *token;
    buf_init(&payload, 8192);
    token_secret_hash(PLACE_SECRET, bytes_of_text(secret), t.secret_hash);
    token_pack(&payload, &t);
    CHECK_DONE(p->t, host_workspace(p->host, bytes_of_text(workspace), &w, &e), &e);
    CHECK_DONE(p->t, host_call(p->host, w, COMMAND_TOKEN, buf_bytes(&payload), &answer, NULL, &e), &e);
    CHECK(p->t, answer.refusal == NULL);
    buf_fini(&payload);
}

/* Host and door, over the folders that are there. */
static inline void place_start(struct place *p, struct t *t)
{
    struct err e = {0};
    *p = (struct place){.t = t, .curl = curl_easy_init(), .parser = json_parser_create(64u << 20)};
    CHECK_DONE(t, registry_of_all(&p->registry, &e), &e);
    struct host_options options = {.folder = t->folder,
                                   .registry = p->registry,
                                   .apply_version = 1,
                                   .memory_bytes = 1u << 30,
                                   .log_segment_bytes = 16u << 20,
                                   .checkpoint_log_bytes = 1u << 30,
                                   .woken = place_woken};
    CHECK_DONE(t, host_create(&options, &p->host, &e), &e);
}

static inline void place_door(struct place *p, const char *console)
{
    struct err e = {0};
    CHECK_DONE(p->t, door_open(&(struct door_options){.host = p->host, .console = console, .version = "test"}, &p->door, &e), &e);
}

/* `names`: workspaces, the last one NULL; each has the admin's token. */
static inline void place_open(struct place *p, struct t *t, const char *const *names, const char *console)
{
    static const struct token admin = {
        .name = "admin", .roles = 1u << ROLE_COLLECT | 1u << ROLE_READ | 1u << ROLE_WRITE | 1u << ROLE_ADMIN};
    for (size_t i = 0; names[i] != NULL; i++)
        place_workspace(t, names[i]);
    place_start(p, t);
    for (size_t i = 0; names[i] != NULL; i++)
        place_token(p, names[i], &admin, ADMIN);
    place_door(p, console);
}

static inline void place_open_main(struct place *p, struct t *t)
{
    static const char *const names[] = {"main", NULL};
    place_open(p, t, names, NULL);
}

static inline void place_close(struct place *p)
{
    curl_easy_cleanup(p->curl);
    json_parser_destroy(p->parser);
    door_close(p->door);
    host_stop(p->host);
    door_forget(p->host);
    host_destroy(p->host);
    registry_destroy(p->registry);
}

/* Goes down, and comes back by its log. */
static inline void place_restart(struct place *p)
{
    struct t *t = p->t;
    place_close(p);
    place_start(p, t);
    place_door(p, NULL);
}

static inline size_t reply_more(char *data, size_t size, size_t count, void *context)
{
    buf_push(context, bytes_of(data, size * count));
    return size * count;
}

static inline struct curl_slist *ask_headers(const struct ask *a, struct arena *arena)
{
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    if (a->token != NULL)
        list = curl_slist_append(list, arena_printf(arena, "Authorization: Bearer %s", a->token));
    for (size_t i = 0; i < ASK_HEADERS_MAX && a->headers[i] != NULL; i++)
        list = curl_slist_append(list, a->headers[i]);
    return list;
}

static inline const char *place_url(const struct place *p, const char *path)
{
    return arena_printf(p->t->arena, "http://127.0.0.1:%u%s", door_port(p->door), path);
}

static inline struct reply ask(struct place *p, struct ask a)
{
    struct buf body, head;
    struct reply r = {0};
    struct bytes sent = a.json == NULL ? a.body : bytes_of_text(a.json);
    buf_init(&body, 64u << 20);
    buf_init(&head, 1u << 20);
    curl_easy_reset(p->curl);
    struct curl_slist *headers = ask_headers(&a, p->t->arena);
    (void)curl_easy_setopt(p->curl, CURLOPT_URL, place_url(p, a.path));
    (void)curl_easy_setopt(p->curl, CURLOPT_PATH_AS_IS, 1L);
    (void)curl_easy_setopt(p->curl, CURLOPT_HTTPHEADER, headers);
    (void)curl_easy_setopt(p->curl, CURLOPT_TIMEOUT, ASK_SECONDS_MAX);
    (void)curl_easy_setopt(p->curl, CURLOPT_WRITEFUNCTION, reply_more);
    (void)curl_easy_setopt(p->curl, CURLOPT_WRITEDATA, &body);
    (void)curl_easy_setopt(p->curl, CURLOPT_HEADERFUNCTION, reply_more);
    (void)curl_easy_setopt(p->curl, CURLOPT_HEADERDATA, &head);
    if (sent.data != NULL) {
        (void)curl_easy_setopt(p->curl, CURLOPT_POSTFIELDSIZE, (long)sent.size);
        (void)curl_easy_setopt(p->curl, CURLOPT_POSTFIELDS, sent.data);
    }
    if (a.method != NULL && strcmp(a.method, "HEAD") == 0)
        (void)curl_easy_setopt(p->curl, CURLOPT_NOBODY, 1L);
    else if (a.method != NULL)
        (void)curl_easy_setopt(p->curl, CURLOPT_CUSTOMREQUEST, a.method);
    CURLcode code = curl_easy_perform(p->curl);
    if (code != CURLE_OK)
        test_fail(p->t, __FILE__, __LINE__, "%s: %s", a.path, curl_easy_strerror(code));
    (void)curl_easy_getinfo(p->curl, CURLINFO_RESPONSE_CODE, &r.status);
    curl_slist_free_all(headers);
    r.body = bytes_of(arena_text(p->t->arena, buf_bytes(&body)), body.size);
    r.head = arena_text(p->t->arena, buf_bytes(&head));
    buf_fini(&body);
    buf_fini(&head);
    return r;
}

static inline struct reply get(struct place *p, const char *path)
{
    return ask(p, (struct ask){.path = path, .token = ADMIN});
}

static inline struct reply post(struct place *p, const char *path, const char *json)
{
    return ask(p, (struct ask){.path = path, .token = ADMIN, .json = json});
}

/* What stands at a path of an answer ("people.0.name"), as text or as it was sent; "": nothing. */
static inline const char *at(struct place *p, struct reply r, const char *path)
{
    struct json root;
    struct err e = {0};
    if (failed(json_parse(p->parser, r.body, &root, &e))) {
        test_fail(p->t, __FILE__, __LINE__, "not JSON: %s: %.*s", e.text, BYTES_ARG(bytes_slice(r.body, 0, r.body.size > 500 ? 500 : r.body.size)));
        return "";
    }
    struct json j = json_at(root, path);
    return arena_text(p->t->arena, json_is(j, JSON_STRING) ? json_string(j) : json_raw(j));
}

static inline size_t count_at(struct place *p, struct reply r, const char *path)
{
    struct json root;
    return failed(json_parse(p->parser, r.body, &root, NULL)) ? 0 : json_count(path[0] == 0 ? root : json_at(root, path));
}

static inline bool has(struct reply r, const char *text)
{
    return strstr((const char *)r.body.data, text) != NULL;
}

#define CHECK_STATUS(t, got, want)                                                                                     \
    do {                                                                                                               \
        struct reply reply_ = (got);                                                                                   \
        if (reply_.status != (want))                                                                                   \
            test_fail((t), __FILE__, __LINE__, "got %ld, want %d: %.*s", reply_.status, (want), BYTES_ARG(reply_.body)); \
    } while (0)

/* --- answers of many lines --- */

/* The n-th line, from 0, without its end. */
static inline struct bytes line_of(struct reply r, size_t n)
{
    struct bytes left = r.body;
    for (;; n--) {
        const uint8_t *end = left.size == 0 ? NULL : memchr(left.data, '\n', left.size);
        size_t size = end == NULL ? left.size : (size_t)(end - left.data);
        if (n == 0 || end == NULL)
            return bytes_slice(left, 0, n == 0 ? size : 0);
        left = bytes_slice(left, size + 1, left.size);
    }
}

static inline size_t lines_of(struct reply r)
{
    size_t count = 0;
    for (size_t i = 0; i < r.body.size; i++)
        count += r.body.data[i] == '\n';
    return count;
}

static inline const char *in_line(struct place *p, struct reply r, size_t n, const char *path)
{
    r.body = line_of(r, n);
    return at(p, r, path);
}
