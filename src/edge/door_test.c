/* The door from outside: collecting, who may, operations. Covers: api/collect.c, api/console.c, api/ops.c,
 * catalogue.c, metrics.c, openapi.c, reference.c, routes.c, journal.c */
#include <pthread.h>
#include <zlib.h>

#include "edge/door_test.h"
#include "edge/openapi.h"
#include "edge/route.h"

#define SUCCESS "{\"success\":true}"

/* --- collecting --- */

static void every_call_of_segment_is_taken(struct t *t)
{
    static const char *const calls[] = {"track", "identify", "page", "screen", "group", "alias", "t", "i", "p", "s", "g", "a"};
    struct place p;
    place_open_main(&p, t);
    for (size_t i = 0; i < COUNT_OF(calls); i++) {
        const char *path = arena_printf(t->arena, "/v1/%s", calls[i]);
        const char *body = arena_printf(t->arena, "{\"messageId\":\"m%zu\",\"anonymousId\":\"3f8e2a6c-1d7b-4e55-9c10-5b6a7d8e9f0%zx\",\"userId\":\"u%zu\","
                                                  "\"previousId\":\"old%zu\",\"groupId\":\"g\",\"name\":\"n\",\"event\":\"Order Completed\","
                                                  "\"writeKey\":\"" ADMIN "\",\"traits\":{\"name\":\"x\"}}", i, i, i, i);
        struct reply r = ask(&p, (struct ask){.path = path, .json = body, .headers = {"Content-Type: text/plain"}});
        CHECK_STATUS(t, r, 200);
        CHECK_BYTES(t, r.body, BYTES_LIT(SUCCESS));
        CHECK_STATUS(t, ask(&p, (struct ask){.path = arena_printf(t->arena, "%s/", path), .json = body}), 200);
    }
    struct reply r = get(&p, "/api/v1/stats");
    CHECK_TEXT(t, at(&p, r, "events"), "12");
    CHECK_TEXT(t, at(&p, r, "duplicates"), "12"); /* the second time of each */
    place_close(&p);
}

static void a_key_stands_where_the_sdk_puts_it(struct t *t)
{
    static const char body[] = "{\"batch\":[{\"type\":\"track\",\"event\":\"e\",\"anonymousId\":\"a\"}]}";
    static const char body_key[] = "{\"writeKey\":\"" ADMIN "\",\"batch\":[{\"type\":\"track\",\"event\":\"e\",\"anonymousId\":\"a\"}]}";
    struct place p;
    place_open_main(&p, t);
    CHECK_STATUS(t, ask(&p, (struct ask){.path = "/v1/batch", .json = body, .token = ADMIN}), 200);
    /* "kith_admin:" */
    CHECK_STATUS(t, ask(&p, (struct ask){.path = "/v1/batch", .json = body, .headers = {"Authorization: Basic a2l0aF9hZG1pbjo="}}), 200);
    CHECK_STATUS(t, ask(&p, (struct ask){.path = "/v1/batch", .json = body_key}), 200);
    CHECK_STATUS(t, ask(&p, (struct ask){.path = "/v1/b", .json = body_key}), 200);
    CHECK_STATUS(t, ask(&p, (struct ask){.path = "/beacon/v1/batch?writeKey=" ADMIN, .json = body}), 200);
    CHECK_STATUS(t, ask(&p, (struct ask){.path = "/w/main/v1/batch", .json = body, .token = ADMIN}), 200);
    CHECK_STATUS(t, ask(&p, (struct ask){.path = "/v1/batch", .json = body}), 401);
    CHECK_STATUS(t, ask(&p, (struct ask){.path = "/v1/batch", .json = body, .token = "kith_wrong"}), 401);
    CHECK_STATUS(t, ask(&p, (struct ask){.path = "/v1/batch", .json = body, .headers = {"Cookie: kith_token=" ADMIN}}), 401);
    place_token(&p, "main", &(struct token){.name = "reader", .roles = 1u << ROLE_READ}, "kith_reader");
    CHECK_STATUS(t, ask(&p, (struct ask){.path = "/v1/batch", .json = body, .token = "kith_reader"}), 403);
    place_close(&p);
}

static struct bytes gzipped(struct t *t, const char *text)
{
    z_stream z = {0};
    uint8_t *out = arena_take(t->arena, 1 << 16, 1);
    CHECK_EQ(t, deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (uint8_t *)arena_text(t->arena, bytes_of_text(text));
    z.avail_in = (unsigned)strlen(text);
    z.next_out = out;
    z.avail_out = 1 << 16;
    CHECK_EQ(t, deflate(&z, Z_FINISH), Z_STREAM_END);
    (void)deflateEnd(&z);
    return bytes_of(out, z.total_out);
}

static void gzip_is_known_by_its_bytes(struct t *t)
{
    struct place p;
    place_open_main(&p, t);
    struct bytes body = gzipped(t, "{\"batch\":[{\"type\":\"track\",\"messageId\":\"1\",\"event\":\"e\",\"anonymousId\":\"a\"}]}");
    CHECK_STATUS(t, ask(&p, (struct ask){.path = "/v1/batch", .token = ADMIN, .body = body,
                                         .headers = {"Content-Encoding: gzip", "Content-Type: application/x-www-form-urlencoded"}}), 200);
    CHECK_STATUS(t, ask(&p, (struct ask){.path = "/v1/batch", .token = ADMIN, .body = body, .headers = {"Content-Type: text/plain"}}), 200);
    CHECK_STATUS(t, ask(&p, (struct ask){.path = "/v1/batch", .token = ADMIN, .body = bytes_slice(body, 0, body.size / 2)}), 400);
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/stats"), "duplicates"), "1");
    place_close(&p);
}

static void browsers_may_ask_from_anywhere_on_sdk_paths(struct t *t)
{
    struct place p;
    place_open_main(&p, t);
    struct ask question = {.method = "OPTIONS", .path = "/v1/t",
                           .headers = {"Origin: https://shop.example", "Access-Control-Request-Method: POST",
                                       "Access-Control-Request-Headers: anonymousid,authorization,content-type,sentat"}};
    struct reply r = ask(&p, question);
    CHECK_STATUS(t, r, 204);
    CHECK(t, strstr(r.head, "Access-Control-Allow-Origin: https://shop.example") != NULL);
    CHECK(t, strstr(r.head, "Access-Control-Allow-Headers: anonymousid,authorization,content-type,sentat") != NULL);
    question.path = "/api/v1/tokens";
    r = ask(&p, question);
    CHECK_STATUS(t, r, 405);
    CHECK(t, strstr(r.head, "Access-Control-Allow-Origin") == NULL);
    r = ask(&p, (struct ask){.path = "/v1/t", .json = "{}", .headers = {"Origin: https://shop.example"}});
    CHECK_STATUS(t, r, 401); /* a page must be able to read why */
    CHECK(t, strstr(r.head, "Access-Control-Allow-Origin: https://shop.example") != NULL);
    r = ask(&p, (struct ask){.path = "/api/v1/stats", .token = ADMIN, .headers = {"Origin: https://shop.example"}});
    CHECK_STATUS(t, r, 200);
    CHECK(t, strstr(r.head, "Access-Control-Allow-Origin") == NULL);
    place_close(&p);
}

static void a_bad_event_does_not_cost_the_good_ones(struct t *t)
{
    struct place p;
    place_open_main(&p, t);
    struct reply r = post(&p, "/v1/batch", "{\"batch\":[{\"type\":\"track\",\"event\":\"e\",\"anonymousId\":\"a\"},{\"type\":\"dance\"},7]}");
    CHECK_STATUS(t, r, 200);
    CHECK_TEXT(t, at(&p, r, "success"), "true");
    CHECK_EQ(t, count_at(&p, r, "rejected"), 2);
    CHECK_TEXT(t, at(&p, r, "rejected.0.index"), "1");
    CHECK(t, at(&p, r, "rejected.0.detail")[0] != 0);
    r = post(&p, "/v1/batch", "{\"batch\":[{\"type\":\"dance\"}]}");
    CHECK_STATUS(t, r, 400);
    CHECK_TEXT(t, at(&p, r, "type"), "/problems/bad-event");
    CHECK_TEXT(t, at(&p, r, "place"), "[0]");
    CHECK_EQ(t, count_at(&p, r, "rejected"), 1);
    CHECK_TEXT(t, at(&p, r, "rejected.0.index"), "0");
    r = post(&p, "/api/v1/events", "{\"event\":\"a\",\"x\":1}\n{\"event\":3}");
    CHECK_STATUS(t, r, 400);
    CHECK_EQ(t, count_at(&p, r, "faults"), 2);
    CHECK_TEXT(t, at(&p, r, "faults.1.line"), "2");
    CHECK_TEXT(t, at(&p, r, "faults.1.detail"), "event: want a text, this is a number");
    r = ask(&p, (struct ask){.path = "/api/v1/events", .token = ADMIN, .json = "{\"event\":3}", .headers = {"Accept-Language: zh"}});
    CHECK_TEXT(t, at(&p, r, "faults.0.detail"), "event:应为文本,而不是数字");
    CHECK_STATUS(t, post(&p, "/v1/batch", "{\"batch\":["), 400);
    CHECK_STATUS(t, post(&p, "/v1/batch", ""), 400);
    CHECK_STATUS(t, post(&p, "/v1/batch", "{\"batch\":[]}"), 200);
    place_close(&p);
}

static void ndjson_is_counted_by_line(struct t *t)
{
    static const char lines[] = "{\"id\":\"1\",\"event\":\"order_paid\",\"ids\":[{\"type\":\"phone\",\"value\":\"13812345678\"}]}\n"
                                "\n"
                                "{\"id\":\"2\",\"event\":\n"
                                "{\"id\":\"1\",\"event\":\"order_paid\",\"ids\":[{\"type\":\"phone\",\"value\":\"13812345678\"}]}\n"
                                "{\"id\":\"3\",\"event\":\"order_paid\"}";
    struct place p;
    place_open_main(&p, t);
    struct reply r = post(&p, "/api/v1/events", lines);
    CHECK_STATUS(t, r, 200);
    CHECK_TEXT(t, at(&p, r, "accepted"), "2");
    CHECK_TEXT(t, at(&p, r, "duplicates"), "1");
    CHECK_TEXT(t, at(&p, r, "faulty"), "1");
    CHECK_TEXT(t, at(&p, r, "faults.0.line"), "3");
    r = post(&p, "/api/v1/events", "[{\"id\":\"7\",\"event\":\"e\"},{\"id\":\"8\",\"event\":\"e\"}]");
    CHECK_STATUS(t, r, 200);
    CHECK_TEXT(t, at(&p, r, "accepted"), "2");
    CHECK_EQ(t, count_at(&p, r, "faults"), 0);
    CHECK_STATUS(t, post(&p, "/api/v1/events", "nonsense"), 400);
    /* The same message id from another source is another message; only a token that may write names a source. */
    r = post(&p, "/api/v1/events?import=1&source=old_crm", "{\"id\":\"7\",\"event\":\"e\",\"time\":\"2020-01-01\"}");
    CHECK_TEXT(t, at(&p, r, "accepted"), "1");
    place_token(&p, "main", &(struct token){.name = "web", .roles = 1u << ROLE_COLLECT}, "kith_web");
    struct ask web = {.path = "/api/v1/events", .token = "kith_web", .json = "{\"id\":\"7\",\"event\":\"e\"}"};
    CHECK_TEXT(t, at(&p, ask(&p, web), "accepted"), "1"); /* source web */
    web.path = "/api/v1/events?source=old_crm";
    CHECK_STATUS(t, ask(&p, web), 403);
    web.path = "/api/v1/events?import=1";
    CHECK_STATUS(t, ask(&p, web), 403);
    CHECK_STATUS(t, post(&p, "/api/v1/events?import=no", "{\"event\":\"e\"}"), 400);
    place_close(&p);
}

static void many_events_go_in_one_request(struct t *t)
{
    struct place p;
    struct buf lines;
    place_open_main(&p, t);
    buf_init(&lines, 4u << 20);
    for (int i = 0; i < 5000; i++)
        buf_printf(&lines, "{\"id\":\"%d\",\"event\":\"page_viewed\",\"ids\":[{\"type\":\"user_id\",\"value\":\"u%d\"}]}\n", i, i % 700);
    struct ask request = {.path = "/api/v1/events", .token = ADMIN, .body = buf_bytes(&lines)};
    CHECK_TEXT(t, at(&p, ask(&p, request), "accepted"), "5000");
    CHECK_TEXT(t, at(&p, ask(&p, request), "duplicates"), "5000");
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/stats"), "people"), "700");
    buf_printf(&lines, "{\"id\":\"x\",\"event\":\"page_viewed\"}\n");
    request.body = buf_bytes(&lines);
    CHECK_STATUS(t, ask(&p, request), 413); /* one too many */
    buf_fini(&lines);
    uint8_t *big = arena_take(t->arena, BODY_BYTES_COLLECTED + 1, 1);
    memset(big, ' ', BODY_BYTES_COLLECTED + 1);
    struct reply r = ask(&p, (struct ask){.path = "/v1/batch", .token = ADMIN, .body = bytes_of(big, BODY_BYTES_COLLECTED + 1)});
    CHECK_STATUS(t, r, 413);
    CHECK_TEXT(t, at(&p, r, "type"), "/problems/body-too-large");
    CHECK_STATUS(t, ask(&p, (struct ask){.path = "/api/v1/names", .token = ADMIN, .body = bytes_of(big, BODY_BYTES_USUAL + 1)}), 413);
    place_close(&p);
}

static void sdks_get_what_they_ask_before_sending(struct t *t)
{
    struct place p;
    place_open_main(&p, t);
    struct reply r = ask(&p, (struct ask){.path = "/v1/projects/" ADMIN "/settings", .headers = {"Origin: https://shop.example"}});
    CHECK_STATUS(t, r, 200);
    CHECK_TEXT(t, at(&p, r, "plan"), "{}");
    struct json root;
    CHECK(t, done(json_parse(p.parser, r.body, &root, NULL)));
    struct json own = json_find(json_find(root, BYTES_LIT("integrations")), BYTES_LIT("Segment.io"));
    CHECK_BYTES(t, json_string(json_find(own, BYTES_LIT("apiKey"))), BYTES_LIT(ADMIN));
    CHECK_BYTES(t, json_string(json_find(own, BYTES_LIT("apiHost"))), bytes_of_text(arena_printf(t->arena, "127.0.0.1:%u/v1", door_port(p.door))));
    r = ask(&p, (struct ask){.path = "/w/main/v1/projects/" ADMIN "/settings", .headers = {"X-Forwarded-Proto: https"}});
    CHECK(t, has(r, "/w/main/v1\"") && has(r, "\"https\""));
    CHECK_STATUS(t, ask(&p, (struct ask){.path = "/v1/projects/unknown/settings"}), 401);
    r = ask(&p, (struct ask){.path = "/sourceConfig/?p=npm&writeKey=" ADMIN});
    CHECK_STATUS(t, r, 200);
    CHECK_TEXT(t, at(&p, r, "source.enabled"), "true");
    CHECK_TEXT(t, at(&p, r, "source.writeKey"), ADMIN);
    CHECK_EQ(t, count_at(&p, r, "source.destinations"), 0);
    place_close(&p);
}

/* --- all at once --- */

enum { CLIENTS = 4, ROUNDS = 25, EVENTS_A_ROUND = 20, PEOPLE_A_CLIENT = 7 };

struct crowd {
    const struct place *place;
    int number;
    uint64_t failures;
};

static size_t forget(char *data, size_t size, size_t count, void *context)
{
    (void)data, (void)context;
    return size * count;
}

/* Sends, reads what it sent, and makes a token of its own in between, which makes everybody take a new catalogue. */
static void *crowd_run(void *context)
{
    struct crowd *c = context;
    CURL *curl = curl_easy_init();
    struct buf body, url;
    buf_init(&body, 1u << 20);
    buf_init(&url, 4096);
    struct curl_slist *headers = curl_slist_append(NULL, "Authorization: Bearer " ADMIN);
    for (int i = 0; i < ROUNDS * 3; i++) {
        buf_clear(&body);
        buf_clear(&url);
        buf_printf(&url, "http://127.0.0.1:%u", door_port(c->place->door));
        if (i % 3 == 1)
            buf_printf(&url, "/api/v1/people/user_id:c%du3?timeline=5", c->number);
        else
            buf_push_text(&url, i % 3 == 0 ? "/api/v1/events" : "/api/v1/tokens");
        for (int k = 0; k < EVENTS_A_ROUND && i % 3 == 0; k++)
            buf_printf(&body, "{\"id\":\"%d-%d-%d\",\"event\":\"login\",\"ids\":[{\"type\":\"user_id\",\"value\":\"c%du%d\"}]}\n", c->number, i, k,
                       c->number, k % PEOPLE_A_CLIENT);
        if (i % 3 == 2)
            buf_printf(&body, "{\"name\":\"t%d\",\"roles\":[\"collect\"]}", c->number);
        buf_push_byte(&url, 0);
        long status = 0;
        curl_easy_reset(curl);
        (void)curl_easy_setopt(curl, CURLOPT_URL, (const char *)url.data);
        (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
        (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, forget);
        (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT, ASK_SECONDS_MAX);
        if (i % 3 != 1) {
            (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)body.size);
            (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.data);
        }
        c->failures += curl_easy_perform(curl) != CURLE_OK;
        (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
        c->failures += status != (i % 3 == 2 ? 201 : 200);
    }
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    buf_fini(&body);
    buf_fini(&url);
    return NULL;
}

static void many_clients_lose_nothing(struct t *t)
{
    struct place p;
    struct crowd crowd[CLIENTS];
    pthread_t threads[CLIENTS];
    place_open_main(&p, t);
    for (int i = 0; i < CLIENTS; i++) {
        crowd[i] = (struct crowd){.place = &p, .number = i};
        CHECK_EQ(t, pthread_create(&threads[i], NULL, crowd_run, &crowd[i]), 0);
    }
    for (int i = 0; i < CLIENTS; i++) {
        (void)pthread_join(threads[i], NULL);
        CHECK_EQ(t, crowd[i].failures, 0);
    }
    struct reply r = get(&p, "/api/v1/stats");
    CHECK_TEXT(t, at(&p, r, "events"), arena_printf(t->arena, "%d", CLIENTS * ROUNDS * EVENTS_A_ROUND));
    CHECK_TEXT(t, at(&p, r, "people"), arena_printf(t->arena, "%d", CLIENTS * PEOPLE_A_CLIENT));
    CHECK_EQ(t, count_at(&p, get(&p, "/api/v1/tokens"), "tokens"), CLIENTS + 1);
    place_close(&p);
}

/* --- the way in --- */

static void workspaces_are_chosen_by_path_or_header(struct t *t)
{
    static const char *const names[] = {"one", "two", NULL};
    struct place p;
    place_open(&p, t, names, NULL);
    CHECK_STATUS(t, get(&p, "/api/v1/stats"), 404); /* two, and none is called main */
    CHECK_TEXT(t, at(&p, post(&p, "/w/one/api/v1/events", "{\"id\":\"1\",\"event\":\"e\",\"ids\":[{\"type\":\"user_id\",\"value\":\"u\"}]}"), "accepted"), "1");
    CHECK_TEXT(t, at(&p, get(&p, "/w/one/api/v1/stats"), "people"), "1");
    CHECK_TEXT(t, at(&p, get(&p, "/w/two/api/v1/stats"), "people"), "0");
    struct reply r = ask(&p, (struct ask){.path = "/api/v1/stats", .token = ADMIN, .headers = {"X-Kith-Workspace: one"}});
    CHECK_TEXT(t, at(&p, r, "workspace"), "one");
    CHECK_STATUS(t, get(&p, "/w/three/api/v1/stats"), 404);
    CHECK_STATUS(t, get(&p, "/w/..%2fone/api/v1/stats"), 400);
    place_close(&p);
}

static void what_is_not_there_is_said(struct t *t)
{
    struct place p;
    place_open_main(&p, t);
    struct reply r = get(&p, "/api/v1/nothing");
    CHECK_STATUS(t, r, 404);
    CHECK_TEXT(t, at(&p, r, "type"), "/problems/no-such-address");
    struct reply wrong = ask(&p, (struct ask){.method = "PUT", .path = "/api/v1/tokens", .token = ADMIN, .json = "{}"});
    CHECK_STATUS(t, wrong, 405);
    CHECK(t, strstr(wrong.head, "Allow: GET, POST\r\n") != NULL);
    CHECK_STATUS(t, post(&p, "/api/v1/stats", "{}"), 405);
    CHECK_STATUS(t, ask(&p, (struct ask){.path = "/api/v1/stats"}), 401);
    CHECK_STATUS(t, ask(&p, (struct ask){.method = "HEAD", .path = "/api/v1/stats", .token = ADMIN}), 200);
    CHECK_STATUS(t, ask(&p, (struct ask){.path = "/api/v1/stats", .headers = {"Cookie: kith_token=" ADMIN}}), 200);
    CHECK_STATUS(t, ask(&p, (struct ask){.path = "/api/v1/names", .json = "{}", .headers = {"Cookie: kith_token=" ADMIN}}), 401);
    place_close(&p);
}

/* --- operations --- */

static void looking_at_the_process_wakes_nobody(struct t *t)
{
    static const char asleep[] = "kith_workspace_awake{workspace=\"quiet\"} 0\n";
    static const char *const paths[] = {"/metrics", "/readyz", "/healthz", "/w/quiet/metrics", "/w/quiet/readyz"};
    struct place p;
    place_workspace(t, "quiet");
    place_open_main(&p, t);
    for (size_t i = 0; i < COUNT_OF(paths); i++)
        CHECK_STATUS(t, ask(&p, (struct ask){.path = paths[i]}), 200);
    struct reply r = ask(&p, (struct ask){.path = "/metrics"});
    CHECK(t, has(r, asleep) && has(r, "kith_workspace_awake{workspace=\"main\"} 1\n"));
    CHECK(t, has(r, "kith_log_position{workspace=\"main\"}") && !has(r, "kith_log_position{workspace=\"quiet\"}"));
    CHECK_STATUS(t, ask(&p, (struct ask){.path = "/w/quiet/api/v1/stats"}), 401); /* who asks it, wakes it */
    CHECK(t, !has(ask(&p, (struct ask){.path = "/metrics"}), asleep));
    place_close(&p);
}

static void health_needs_no_token(struct t *t)
{
    struct place p;
    place_open_main(&p, t);
    struct reply r = ask(&p, (struct ask){.path = "/healthz"});
    CHECK_STATUS(t, r, 200);
    CHECK_TEXT(t, at(&p, r, "version"), "test");
    CHECK_STATUS(t, ask(&p, (struct ask){.path = "/readyz"}), 200);
    place_close(&p);
}

/* Each sample's name was announced before it, and its lines stand together. */
static void check_metrics(struct t *t, const char *text)
{
    char type_of[128] = "";
    for (const char *line = text; *line != 0; line = strchr(line, '\n') + 1) {
        size_t size = strcspn(line, "\n");
        char name[128] = "", kind[16] = "";
        if (sscanf(line, "# TYPE %127s %15s", name, kind) == 2) {
            CHECK(t, strcmp(kind, "counter") == 0 || strcmp(kind, "gauge") == 0);
            CHECK(t, strstr(text, arena_printf(t->arena, "# HELP %s ", name)) < line);
            const char *again = strstr(line + size, arena_printf(t->arena, "# TYPE %s ", name));
            CHECK(t, again == NULL);
            memcpy(type_of, name, sizeof name);
        } else if (line[0] != '#') {
            size_t name_size = strcspn(line, "{ ");
            CHECK(t, name_size == strlen(type_of) && memcmp(line, type_of, name_size) == 0);
            const char *space = memrchr(line, ' ', size);
            REQUIRE(t, space != NULL);
            CHECK_EQ(t, strspn(space + 1, "0123456789"), size - (size_t)(space + 1 - line));
        }
    }
}

static void metrics_can_be_scraped(struct t *t)
{
    struct place p;
    place_open_main(&p, t);
    (void)post(&p, "/api/v1/events", "{\"id\":\"1\",\"event\":\"e\",\"ids\":[{\"type\":\"phone\",\"value\":\"138****5678\"}]}\n{\"id\":\"1\",\"event\":\"e\"}");
    struct reply r = ask(&p, (struct ask){.path = "/metrics"}); /* from this machine */
    CHECK_STATUS(t, r, 200);
    check_metrics(t, (const char *)r.body.data);
    CHECK(t, has(r, "kith_collect_accepted_total 1\n"));
    CHECK(t, has(r, "kith_collect_duplicates_total 1\n"));
    CHECK(t, has(r, "kith_collect_unlinked_total{reason=\"masked\"} 1\n"));
    CHECK(t, has(r, "kith_refusals_total{workspace=\"main\",command=\"collect.event\",refusal=\"duplicate\"} 1\n"));
    CHECK(t, has(r, "kith_access_tokens{workspace=\"main\"} 1\n"));
    CHECK(t, has(r, "kith_rows{workspace=\"main\",family=\"token\"} 1\n"));
    CHECK(t, has(r, "kith_build_info{version=\"test\"} 1\n"));
    /* Through a proxy everybody comes from this machine. */
    struct ask through = {.path = "/metrics", .headers = {"X-Forwarded-For: 203.0.113.7"}};
    CHECK_STATUS(t, ask(&p, through), 401);
    through.token = ADMIN;
    CHECK_STATUS(t, ask(&p, through), 200);
    place_close(&p);
}

static void the_table_is_published(struct t *t)
{
    struct place p;
    size_t count;
    const struct route *all = routes(&count);
    place_open_main(&p, t);
    struct reply r = ask(&p, (struct ask){.path = "/api/v1/openapi.json"});
    CHECK_STATUS(t, r, 200);
    CHECK_TEXT(t, at(&p, r, "openapi"), "3.1.0");
    struct json root;
    REQUIRE(t, done(json_parse(p.parser, r.body, &root, NULL)));
    struct json paths = json_find(root, BYTES_LIT("paths"));
    for (size_t i = 0; i < count; i++) {
        if (strchr(all[i].path, '*') != NULL)
            continue;
        static const char *const methods[] = {"get", "post", "put", "delete"};
        struct json operation = json_find(json_find(paths, bytes_of_text(all[i].path)), bytes_of_text(methods[all[i].method]));
        CHECK_BYTES(t, json_string(json_find(operation, BYTES_LIT("summary"))), bytes_of_text(all[i].about));
    }
    CHECK(t, json_count(json_find(root, BYTES_LIT("x-kith-commands"))) > 10);
    CHECK(t, json_count(json_find(root, BYTES_LIT("x-kith-facts"))) > 3);
    place_close(&p);
}

static void the_table_is_a_page_for_people(struct t *t)
{
    struct place p;
    struct buf page;
    size_t count;
    const struct route *all = routes(&count);
    place_open_main(&p, t);
    buf_init(&page, 4u << 20);
    reference_print(&page, p.registry);
    buf_push_byte(&page, 0);
    CHECK(t, !page.overflowed);
    for (size_t i = 0; i < count; i++)
        CHECK(t, strstr((const char *)page.data, arena_printf(t->arena, " %s\n\n%s %s\n", all[i].path, all[i].about, all[i].about_zh)) != NULL);
    CHECK(t, strstr((const char *)page.data, "| 0x0601 | access.token | admin |") != NULL);
    buf_fini(&page);
    place_close(&p);
}

/* A route that sends a command asks for no less than the command does. */
static void routes_ask_for_the_role_of_their_command(struct t *t)
{
    static const struct { void (*handle)(struct request *r); uint32_t command; } pairs[] = {
        {api_type_set, COMMAND_TYPE}, {api_token_make, COMMAND_TOKEN}, {api_token_revoke, COMMAND_REVOKE},
        {api_setting_set, COMMAND_SET}, {api_name_set, COMMAND_COLLECT_NAME}, {api_collect_native, COMMAND_COLLECT_EVENT},
    };
    struct place p;
    size_t count;
    const struct route *all = routes(&count);
    place_open_main(&p, t);
    for (size_t i = 0; i < count; i++) {
        uint32_t id = all[i].handle == api_act ? (uint32_t)all[i].choice : 0;
        for (size_t k = 0; k < COUNT_OF(pairs); k++)
            id = all[i].handle == pairs[k].handle ? pairs[k].command : id;
        const struct command *command = id == 0 ? NULL : registry_command(p.registry, id);
        CHECK(t, id == 0 || command != NULL);
        if (command != NULL && all[i].role != command->role)
            test_fail(t, __FILE__, __LINE__, "%s: the route's role is not that of %s", all[i].path, command->name);
    }
    place_close(&p);
}

/* --- the console --- */

static void file_put(struct t *t, const char *path, const char *text)
{
    FILE *file = fopen(path, "we");
    CHECK(t, file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
}

static void the_console_is_served(struct t *t)
{
    static const char *const names[] = {"main", NULL};
    struct place p;
    const char *folder = arena_printf(t->arena, "%s/.console", t->folder);
    CHECK_EQ(t, mkdir(folder, 0700), 0);
    CHECK_EQ(t, mkdir(arena_printf(t->arena, "%s/assets", folder), 0700), 0);
    file_put(t, arena_printf(t->arena, "%s/index.html", folder), "<p>page");
    file_put(t, arena_printf(t->arena, "%s/icon.svg", folder), "<svg/>");
    file_put(t, arena_printf(t->arena, "%s/assets/a.js", folder), "let a;");
    place_open(&p, t, names, folder);
    struct reply r = ask(&p, (struct ask){.path = "/"});
    CHECK_STATUS(t, r, 200);
    CHECK_BYTES(t, r.body, BYTES_LIT("<p>page"));
    CHECK(t, strstr(r.head, "Content-Security-Policy: default-src 'self'") != NULL);
    CHECK_BYTES(t, ask(&p, (struct ask){.path = "/console/people/42"}).body, BYTES_LIT("<p>page"));
    r = ask(&p, (struct ask){.path = "/assets/a.js"});
    CHECK_BYTES(t, r.body, BYTES_LIT("let a;"));
    CHECK(t, strstr(r.head, "Content-Type: text/javascript") != NULL);
    CHECK(t, strstr(r.head, "immutable") != NULL);
    const char *tag = strstr(r.head, "ETag: ");
    REQUIRE(t, tag != NULL);
    const char *again = arena_printf(t->arena, "If-None-Match: %.*s", (int)strcspn(tag + 6, "\r"), tag + 6);
    CHECK_STATUS(t, ask(&p, (struct ask){.path = "/assets/a.js", .headers = {again}}), 304);
    CHECK_STATUS(t, ask(&p, (struct ask){.path = "/icon.svg"}), 200);
    CHECK_STATUS(t, ask(&p, (struct ask){.path = "/console/assets/a.js"}), 200);
    CHECK_STATUS(t, ask(&p, (struct ask){.path = "/assets/none.js"}), 404);
    CHECK_STATUS(t, ask(&p, (struct ask){.path = "/assets"}), 404);
    CHECK(t, ask(&p, (struct ask){.path = "/console/%2e%2e/main/workspace.json"}).status >= 400);
    CHECK(t, ask(&p, (struct ask){.path = "/console/../main/workspace.json"}).status >= 400);
    place_close(&p);
}

static void without_a_console_there_is_a_page(struct t *t)
{
    struct place p;
    place_open_main(&p, t);
    struct reply r = ask(&p, (struct ask){.path = "/"});
    CHECK_STATUS(t, r, 200);
    CHECK(t, has(r, "make console"));
    CHECK_STATUS(t, ask(&p, (struct ask){.path = "/assets/a.js"}), 404);
    place_close(&p);
}

static const struct test tests[] = {
    {"every call of Segment is taken", every_call_of_segment_is_taken, 1},
    {"a key stands where the SDK puts it", a_key_stands_where_the_sdk_puts_it, 1},
    {"gzip is known by its bytes", gzip_is_known_by_its_bytes, 1},
    {"browsers may ask from anywhere on SDK paths", browsers_may_ask_from_anywhere_on_sdk_paths, 1},
    {"a bad event does not cost the good ones", a_bad_event_does_not_cost_the_good_ones, 1},
    {"NDJSON is counted by line", ndjson_is_counted_by_line, 1},
    {"many events go in one request", many_events_go_in_one_request, 1},
    {"SDKs get what they ask before sending", sdks_get_what_they_ask_before_sending, 1},
    {"many clients lose nothing", many_clients_lose_nothing, 1},
    {"workspaces are chosen by path or header", workspaces_are_chosen_by_path_or_header, 1},
    {"what is not there is said", what_is_not_there_is_said, 1},
    {"health needs no token", health_needs_no_token, 1},
    {"looking at the process wakes nobody", looking_at_the_process_wakes_nobody, 1},
    {"metrics can be scraped", metrics_can_be_scraped, 1},
    {"the table is published", the_table_is_published, 1},
    {"the table is a page for people", the_table_is_a_page_for_people, 1},
    {"routes ask for the role of their command", routes_ask_for_the_role_of_their_command, 1},
    {"the console is served", the_console_is_served, 1},
    {"without a console there is a page", without_a_console_there_is_a_page, 1},
};
TEST_MAIN(tests)
