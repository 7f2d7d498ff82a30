#include "edge/http/wire_test.h"

/* The handler says what it was asked, one thing a line. */
static void push_line(struct buf *b, const char *name, struct bytes value)
{
    buf_printf(b, "%s=%s", name, value.data == NULL ? "(none)" : "");
    buf_push(b, value);
    buf_push_byte(b, '\n');
}

static void handle_told(struct http_exchange *x, void *context)
{
    (void)context;
    if (http_cors_preflight(x))
        return;
    static const char *const methods[] = {"GET", "POST", "PUT", "DELETE", "OPTIONS"};
    struct buf b;
    buf_init(&b, 65536);
    push_line(&b, "method", bytes_of_text(methods[http_method(x)]));
    push_line(&b, "path", http_path(x));
    push_line(&b, "q", http_query(x, "q"));
    push_line(&b, "empty", http_query(x, "empty"));
    push_line(&b, "name", http_query(x, "näme"));
    push_line(&b, "mark", http_header(x, "x-MARK"));
    push_line(&b, "a", http_cookie(x, "a"));
    push_line(&b, "b", http_cookie(x, "b"));
    push_line(&b, "user", http_basic_user(x));
    push_line(&b, "bearer", http_bearer(x));
    push_line(&b, "client", bytes_of_text(http_client(x)));
    struct http_header headers[HTTP_CORS_HEADERS_MAX];
    struct http_reply r = {.status = 200, .body = buf_bytes(&b), .body_kind = HTTP_BODY_GIVEN, .headers = headers};
    r.header_count = http_cors(x, headers);
    http_respond(x, &r);
}

static const char *line_of(struct t *t, const struct answer *a, const char *name)
{
    const char *text = arena_text(t->arena, a->body);
    const char *line = strstr(text, arena_printf(t->arena, "%s=", name));
    if (line == NULL)
        return "(no line)";
    line += strlen(name) + 1;
    return arena_text(t->arena, bytes_of(line, strcspn(line, "\n")));
}

static struct answer asked(struct t *t, const char *request)
{
    struct door *d = door_open(t, (struct http_options){0}, handle_told);
    struct answer a = ask_once(t, d->port, request);
    door_close(d);
    return a;
}

static void the_target_is_taken_apart(struct t *t)
{
    struct answer a = asked(t, "DELETE /a%20b/%E4%BD%A0%zz?x=1&q=a+b%26c%2&empty=&n%C3%A4me=%e5%a5%bd&q=2 HTTP/1.1\r\n"
                               "Host: h\r\n\r\n");
    CHECK_TEXT(t, line_of(t, &a, "method"), "DELETE");
    CHECK_TEXT(t, line_of(t, &a, "path"), "/a b/你%zz");
    CHECK_TEXT(t, line_of(t, &a, "q"), "a b&c%2");
    CHECK_TEXT(t, line_of(t, &a, "empty"), "");
    CHECK_TEXT(t, line_of(t, &a, "name"), "好");
    CHECK_TEXT(t, line_of(t, &a, "mark"), "(none)");
    CHECK_TEXT(t, line_of(t, &a, "client"), "127.0.0.1");
    a = asked(t, "GET https://shop.example/p?q=x HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK_TEXT(t, line_of(t, &a, "path"), "/p");
    CHECK_TEXT(t, line_of(t, &a, "q"), "x");
    a = asked(t, "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK_TEXT(t, line_of(t, &a, "path"), "*");
    CHECK_TEXT(t, line_of(t, &a, "q"), "(none)");
}

static void both_kinds_of_addresses_are_served(struct t *t)
{
    struct http_server *s = NULL;
    struct err e = {0};
    struct door d = {.t = t, .more = handle_told};
    struct http_options o = {.address = "::", .handle = door_handle, .context = &d};
    if (failed(http_open(&o, &s, &e))) {
        test_skip(t, "no IPv6 here");
        return;
    }
    struct answer a = ask_once(t, http_port(s), "GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK_TEXT(t, line_of(t, &a, "client"), "127.0.0.1"); /* not "::ffff:127.0.0.1" */
    http_close(s);
}

static void headers_and_cookies_are_found(struct t *t)
{
    struct answer a = asked(t, "PUT /x HTTP/1.1\r\nHost: h\r\nX-Mark:  two words \r\nCookie: aa=no; a=1; c=3\r\n"
                               "Cookie: b=\"quoted\"\r\nContent-Length: 0\r\n\r\n");
    CHECK_TEXT(t, line_of(t, &a, "method"), "PUT");
    CHECK_TEXT(t, line_of(t, &a, "mark"), "two words");
    CHECK_TEXT(t, line_of(t, &a, "a"), "1");
    CHECK_TEXT(t, line_of(t, &a, "b"), "quoted");
}

static void credentials_are_decoded(struct t *t)
{
    static const struct {
        const char *header, *user, *bearer;
    } cases[] = {
        {"Basic d3JpdGUta2V5Og==", "write-key", "(none)"},
        {"basic  d3JpdGUta2V5Og", "write-key", "(none)"},
        {"Basic dXNlcjpwYTpzcw==", "user", "(none)"},
        {"Basic Og==", "", "(none)"},
        {"Basic d3JpdGU=", "(none)", "(none)"}, /* no colon */
        {"Basic !!!!", "(none)", "(none)"},
        {"Basic", "(none)", "(none)"},
        {"Bearer abc.def-_~+/=", "(none)", "abc.def-_~+/="},
        {"Digest abc", "(none)", "(none)"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        static const char request[] = "GET / HTTP/1.1\r\nHost: h\r\nAuthorization: %s\r\n\r\n";
        struct answer a = asked(t, arena_printf(t->arena, request, cases[i].header));
        CHECK_TEXT(t, line_of(t, &a, "user"), cases[i].user);
        CHECK_TEXT(t, line_of(t, &a, "bearer"), cases[i].bearer);
    }
}

static void a_page_of_another_origin_may_call(struct t *t)
{
    struct answer a = asked(t, "POST /x HTTP/1.1\r\nHost: h\r\nOrigin: https://shop.example:8443\r\n"
                               "Content-Length: 0\r\n\r\n");
    CHECK_EQ(t, a.status, 200);
    CHECK_TEXT(t, answer_header(t, &a, "Access-Control-Allow-Origin"), "https://shop.example:8443");
    CHECK_TEXT(t, answer_header(t, &a, "Access-Control-Allow-Credentials"), "true");
    CHECK_TEXT(t, answer_header(t, &a, "Vary"), "Origin");
    CHECK(t, answer_header(t, &a, "Access-Control-Allow-Methods") == NULL);

    a = asked(t, "OPTIONS /x HTTP/1.1\r\nHost: h\r\nOrigin: null\r\nAccess-Control-Request-Method: POST\r\n"
                 "Access-Control-Request-Headers: content-type, x-key\r\n\r\n");
    CHECK_EQ(t, a.status, 204);
    CHECK_TEXT(t, answer_header(t, &a, "Access-Control-Allow-Origin"), "null");
    CHECK_TEXT(t, answer_header(t, &a, "Access-Control-Allow-Headers"), "content-type, x-key");
    CHECK(t, answer_header(t, &a, "Access-Control-Max-Age") != NULL);

    a = asked(t, "OPTIONS /x HTTP/1.1\r\nHost: h\r\nOrigin: https://a\r\nAccess-Control-Request-Method: POST\r\n"
                 "Access-Control-Request-Headers: <script>\r\n\r\n");
    CHECK_EQ(t, a.status, 204);
    CHECK(t, answer_header(t, &a, "Access-Control-Allow-Headers") == NULL);

    a = asked(t, "GET /x HTTP/1.1\r\nHost: h\r\nOrigin: https://a\"<b>\r\n\r\n");
    CHECK(t, answer_header(t, &a, "Access-Control-Allow-Origin") == NULL);
    a = asked(t, "GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(t, answer_header(t, &a, "Access-Control-Allow-Origin") == NULL);
    CHECK_EQ(t, a.status, 200);
}

static void handle_kinds(struct http_exchange *x, void *context)
{
    (void)context;
    static const char still[] = "static";
    char *given = malloc(5);
    if (given == NULL)
        abort();
    memcpy(given, "given", 5);
    const struct http_header headers[] = {
        {"X-Good", "yes"}, {"X-Bad", "one\r\nSet-Cookie: a=b"}, {"X-Path", (const char *)http_path(x).data}};
    struct http_reply r = {.status = 200, .headers = headers, .header_count = COUNT_OF(headers)};
    if (bytes_equal(http_path(x), BYTES_LIT("/given"))) {
        r.body = bytes_of(given, 5), r.body_kind = HTTP_BODY_GIVEN;
    } else {
        free(given);
        r.body = bytes_of(still, 6), r.body_kind = HTTP_BODY_STAYS;
    }
    http_respond(x, &r);
}

static void bodies_are_copied_kept_or_given(struct t *t)
{
    struct door *d = door_open(t, (struct http_options){.threads = 1}, handle_kinds);
    struct wire *w = wire_open(t, d->port);
    struct answer a = wire_ask(w, "GET /given HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK_BYTES(t, a.body, BYTES_LIT("given"));
    CHECK_TEXT(t, answer_header(t, &a, "X-Good"), "yes");
    CHECK_TEXT(t, answer_header(t, &a, "X-Path"), "/given");
    CHECK(t, answer_header(t, &a, "X-Bad") == NULL && answer_header(t, &a, "Set-Cookie") == NULL);
    a = wire_ask(w, "GET /static%0d%0aSet-Cookie:%20a=b HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK_BYTES(t, a.body, BYTES_LIT("static"));
    CHECK(t, answer_header(t, &a, "X-Path") == NULL && answer_header(t, &a, "Set-Cookie") == NULL);
    wire_close(w);
    door_close(d);
}

static void handle_count(struct http_exchange *x, void *context)
{
    (void)context;
    const struct http_pair *pairs;
    size_t count = http_query_all(x, &pairs);
    answer_text(x, 200, arena_printf(http_arena(x), "%zu", count));
}

static void the_query_is_bounded(struct t *t)
{
    struct door *d = door_open(t, (struct http_options){0}, handle_count);
    char *many = arena_zeroed(t->arena, 301 * 4, 1);
    for (int i = 0; i < 300; i++)
        memcpy(many + i * 4, "a=1&", 4);
    struct answer a = ask_once(t, d->port, arena_printf(t->arena, "GET /?%s HTTP/1.1\r\nHost: h\r\n\r\n", many));
    CHECK_BYTES(t, a.body, BYTES_LIT("256"));
    a = ask_once(t, d->port, "GET /?&&=&a&& HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK_BYTES(t, a.body, BYTES_LIT("2"));
    door_close(d);
}

static const struct test tests[] = {
    {"the target is taken apart", the_target_is_taken_apart, 1},
    {"both kinds of addresses are served", both_kinds_of_addresses_are_served, 1},
    {"headers and cookies are found", headers_and_cookies_are_found, 1},
    {"credentials are decoded", credentials_are_decoded, 1},
    {"a page of another origin may call", a_page_of_another_origin_may_call, 1},
    {"bodies are copied, kept or given", bodies_are_copied_kept_or_given, 1},
    {"the query is bounded", the_query_is_bounded, 1},
};
TEST_MAIN(tests)
