#include <pthread.h>

#include "edge/door_test.h"

/* A client in a thread of its own: collects until it has seen `until`, then hangs up. */
struct listener_client {
    struct place *place;
    const char *path, *token, *until;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct buf heard;
    long status;
    bool is_over;
};

static size_t hear(char *data, size_t size, size_t count, void *context)
{
    struct listener_client *c = context;
    (void)pthread_mutex_lock(&c->lock);
    buf_push(&c->heard, bytes_of(data, size * count));
    buf_push_byte(&c->heard, 0);
    c->heard.size--;
    bool enough = c->until != NULL && strstr((const char *)c->heard.data, c->until) != NULL;
    (void)pthread_cond_broadcast(&c->changed);
    (void)pthread_mutex_unlock(&c->lock);
    return enough ? 0 : size * count;
}

static void *client_run(void *context)
{
    struct listener_client *c = context;
    CURL *curl = curl_easy_init();
    char url[256], bearer[128];
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u%s", door_port(c->place->door), c->path);
    (void)snprintf(bearer, sizeof bearer, "Authorization: Bearer %s", c->token);
    struct curl_slist *headers = curl_slist_append(NULL, bearer);
    (void)curl_easy_setopt(curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, hear);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, c);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT, ASK_SECONDS_MAX);
    (void)curl_easy_perform(curl);
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &c->status);
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    (void)pthread_mutex_lock(&c->lock);
    c->is_over = true;
    (void)pthread_cond_broadcast(&c->changed);
    (void)pthread_mutex_unlock(&c->lock);
    return NULL;
}

static void client_wait(struct listener_client *c, const char *text)
{
    (void)pthread_mutex_lock(&c->lock);
    while (!c->is_over && (c->heard.size == 0 || strstr((const char *)c->heard.data, text) == NULL))
        (void)pthread_cond_wait(&c->changed, &c->lock);
    (void)pthread_mutex_unlock(&c->lock);
}

static void client_open(struct listener_client *c)
{
    (void)pthread_mutex_init(&c->lock, NULL);
    (void)pthread_cond_init(&c->changed, NULL);
    buf_init(&c->heard, 16u << 20);
    CHECK_EQ(c->place->t, pthread_create(&c->thread, NULL, client_run, c), 0);
    client_wait(c, ": listening");
}

static const char *client_close(struct listener_client *c)
{
    (void)pthread_join(c->thread, NULL);
    const char *heard = arena_text(c->place->t->arena, buf_bytes(&c->heard));
    buf_fini(&c->heard);
    (void)pthread_cond_destroy(&c->changed);
    (void)pthread_mutex_destroy(&c->lock);
    return heard;
}

static const char two[] = "{\"id\":\"1\",\"event\":\"order_paid\",\"brand\":\"a\",\"ids\":[{\"type\":\"phone\",\"value\":\"13812345678\"}]}\n"
                          "{\"id\":\"2\",\"event\":\"login\",\"brand\":\"b\",\"ids\":[{\"type\":\"phone\",\"value\":\"13812345678\"}]}\n"
                          "{\"id\":\"3\",\"event\":\"logout\",\"ids\":[{\"type\":\"phone\",\"value\":\"13812345678\"}]}";

static void facts_come_as_they_become_true(struct t *t)
{
    struct place p;
    place_open_main(&p, t);
    struct listener_client c = {.place = &p, .path = "/api/v1/events/stream?facts=event_arrived", .token = ADMIN, .until = "\"logout\""};
    client_open(&c);
    CHECK_STATUS(t, post(&p, "/api/v1/events", two), 200);
    const char *heard = client_close(&c);
    CHECK_EQ(t, c.status, 200);
    const char *first = strstr(heard, "event: event_arrived\ndata: {\"position\":");
    REQUIRE(t, first != NULL);
    CHECK(t, strstr(first, "\"fact\":\"event_arrived\",\"cause\":\"live\",\"data\":{\"event\":\"order_paid\"") != NULL);
    CHECK(t, strstr(heard, "event: resolved") == NULL);
    CHECK(t, strstr(heard, "13812345678") == NULL); /* never in full */
    CHECK_STATUS(t, get(&p, "/api/v1/events/stream?facts=nothing"), 400);
    place_close(&p);
}

/* Who enters another segment, and all other facts, aren't told. */
static void one_segment_is_listened_to(struct t *t)
{
    struct place p;
    place_open_main(&p, t);
    static const char *const texts[] = {"{\"name\":\"buyers\",\"text\":\"did(order_paid)\"}",
                                        "{\"name\":\"leavers\",\"text\":\"did(logout)\"}"};
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        CHECK_STATUS(t, ask(&p, (struct ask){.method = "PUT", .path = "/api/v1/segments", .token = ADMIN, .json = texts[i]}), 200);
    struct listener_client c = {.place = &p, .path = "/api/v1/events/stream?of=segment:leavers", .token = ADMIN, .until = "\"leavers\""};
    client_open(&c);
    CHECK_STATUS(t, post(&p, "/api/v1/events", two), 200);
    const char *heard = client_close(&c);
    CHECK(t, strstr(heard, "\"fact\":\"segment_entered\"") != NULL);
    CHECK(t, strstr(heard, "buyers") == NULL && strstr(heard, "event_arrived") == NULL);
    struct reply health = get(&p, "/api/v1/audience/health?kind=segment"); /* buyers, leavers */
    CHECK_TEXT(t, at(&p, health, "rows.0.8"), "null");
    CHECK_TEXT(t, at(&p, health, "rows.1.8"), "changes");
    CHECK_STATUS(t, get(&p, "/api/v1/events/stream?of=leavers"), 400);
    CHECK_STATUS(t, get(&p, "/api/v1/events/stream?of=tag:a=b"), 400);
    place_close(&p);
}

#define CROWD 500u

static uint64_t commands_now(struct place *p)
{
    struct reply r = ask(p, (struct ask){.path = "/metrics", .token = ADMIN});
    const char *figure = "\nkith_commands_total{workspace=\"main\"} ", *at = strstr((const char *)r.body.data, figure);
    CHECK(p->t, at != NULL);
    return at == NULL ? 0 : strtoull(at + strlen(figure), NULL, 10);
}

static void crowd_comes(struct place *p, const char *name)
{
    struct buf lines = arena_buf(p->t->arena, 1u << 20);
    for (unsigned i = 0; i < CROWD; i++)
        buf_printf(&lines, "{\"id\":\"%s%u\",\"event\":\"%s\",\"ids\":[{\"type\":\"user_id\",\"value\":\"%s%u\"}]}\n",
                   name, i, i + 1 < CROWD ? "order_paid" : "logout", name, i);
    CHECK_STATUS(p->t, post(p, "/api/v1/events", arena_text(p->t->arena, buf_bytes(&lines))), 200);
}

/* However many facts it is told: that it is listened to is noted once a day. */
static void listening_is_noted_once(struct t *t)
{
    struct place p;
    place_open_main(&p, t);
    CHECK_STATUS(t,
                 ask(&p, (struct ask){.method = "PUT",
                                      .path = "/api/v1/segments",
                                      .token = ADMIN,
                                      .json = "{\"name\":\"all\",\"text\":\"did(order_paid) or did(logout)\"}"}),
                 200);
    uint64_t before = commands_now(&p);
    crowd_comes(&p, "a");
    uint64_t alone = commands_now(&p) - before;
    struct listener_client c = {
        .place = &p, .path = "/api/v1/events/stream?of=segment:all", .token = ADMIN, .until = "\"person\":1000"};
    client_open(&c);
    before = commands_now(&p);
    crowd_comes(&p, "b");
    const char *heard = client_close(&c);
    CHECK(t, strstr(heard, "\"segment\":\"all\"") != NULL);
    CHECK(t, commands_now(&p) - before <= alone + 20); /* of the house there may be some more */
    place_close(&p);
}

static void a_scope_hears_its_own(struct t *t)
{
    struct place p;
    place_open_main(&p, t);
    place_token(&p, "main", &(struct token){.name = "desk-a", .roles = 1u << ROLE_READ, .brand_count = 1, .brands = {"a"}}, "kith_a");
    struct listener_client c = {.place = &p, .path = "/api/v1/events/stream", .token = "kith_a", .until = "\"logout\""};
    client_open(&c);
    CHECK_STATUS(t, post(&p, "/api/v1/events", two), 200);
    const char *heard = client_close(&c);
    CHECK(t, strstr(heard, "\"order_paid\"") != NULL);
    CHECK(t, strstr(heard, "\"login\"") == NULL);
    CHECK(t, strstr(heard, "event: resolved") == NULL); /* it doesn't say whose brand's it is */
    place_close(&p);
}

static const char *share_of(struct place *p, bool begins)
{
    CHECK_STATUS(p->t, post(p, begins ? "/api/v1/shares" : "/api/v1/shares/end", "{\"from\":\"乙公司\",\"to\":\"甲公司\"}"), 200);
    return arena_printf(p->t->arena, "{\"id\":\"%d\",\"event\":\"%s\",\"brand\":\"b\",\"ids\":[{\"type\":\"user_id\",\"value\":\"u\"}]}", begins, begins ? "login" : "order_paid");
}

/* A stream that is open hears what is shared from the position on at which it is, and no longer. */
static void a_share_opens_and_closes_a_stream(struct t *t)
{
    struct place p;
    place_open_main(&p, t);
    place_token(&p, "main", &(struct token){.name = "desk-a", .roles = 1u << ROLE_READ, .brand_count = 1, .brands = {"a"}}, "kith_a");
    CHECK_STATUS(t, post(&p, "/api/v1/names", "{\"kind\":\"brand\",\"name\":\"a\",\"attributes\":{\"entity\":\"甲公司\"}}"), 200);
    CHECK_STATUS(t, post(&p, "/api/v1/names", "{\"kind\":\"brand\",\"name\":\"b\",\"attributes\":{\"entity\":\"乙公司\"}}"), 200);
    struct listener_client c = {.place = &p, .path = "/api/v1/events/stream", .token = "kith_a", .until = "\"logout\""};
    client_open(&c);
    CHECK_STATUS(t, post(&p, "/api/v1/events", share_of(&p, true)), 200);
    CHECK_STATUS(t, post(&p, "/api/v1/events", share_of(&p, false)), 200);
    CHECK_STATUS(t, post(&p, "/api/v1/events", "{\"id\":\"3\",\"event\":\"logout\",\"ids\":[{\"type\":\"user_id\",\"value\":\"u\"}]}"), 200);
    const char *heard = client_close(&c);
    CHECK(t, strstr(heard, "\"login\"") != NULL);
    CHECK(t, strstr(heard, "\"order_paid\"") == NULL);
    place_close(&p);
}

static void a_stream_ends_with_its_token(struct t *t)
{
    struct place p;
    place_open_main(&p, t);
    place_token(&p, "main", &(struct token){.name = "desk", .roles = 1u << ROLE_READ}, "kith_d");
    struct listener_client c = {.place = &p, .path = "/api/v1/events/stream", .token = "kith_d"};
    client_open(&c);
    CHECK_STATUS(t, ask(&p, (struct ask){.method = "DELETE", .path = "/api/v1/tokens/desk", .token = ADMIN}), 200);
    (void)client_close(&c); /* comes back only when the stream is over */
    CHECK_EQ(t, c.status, 200);
    place_close(&p);
}

static void closing_ends_streams(struct t *t)
{
    struct place p;
    place_open_main(&p, t);
    struct listener_client c = {.place = &p, .path = "/api/v1/events/stream", .token = ADMIN};
    client_open(&c);
    place_close(&p);
    (void)client_close(&c);
    CHECK_EQ(t, c.status, 200);
}

static const struct test tests[] = {
    {"facts come as they become true", facts_come_as_they_become_true, 1},
    {"one segment is listened to", one_segment_is_listened_to, 1},
    {"listening is noted once", listening_is_noted_once, 1},
    {"a scope hears its own", a_scope_hears_its_own, 1},
    {"a share opens and closes a stream", a_share_opens_and_closes_a_stream, 1},
    {"a stream ends with its token", a_stream_ends_with_its_token, 1},
    {"closing ends streams", closing_ends_streams, 1},
};
TEST_MAIN(tests)
