#include "edge/http/problem.h"

#include "testing/test.h"

static void a_problem_is_json(struct t *t)
{
    struct problem p = {.status = 422, .slug = "bad-event", .title = "An event is not right"};
    struct http_reply r = problem_reply(t->arena, &p);
    CHECK_EQ(t, r.status, 422);
    CHECK_TEXT(t, r.content_type, "application/problem+json");
    CHECK_EQ(t, r.header_count, 0);
    CHECK_BYTES(t, r.body,
                BYTES_LIT("{\"type\":\"/problems/bad-event\",\"title\":\"An event is not right\",\"status\":422}\n"));
    p.detail = "Name it \"order\\paid\"\n\x01.";
    p.place = "events[3].名";
    p.retry_seconds = 7;
    r = problem_reply(t->arena, &p);
    CHECK_BYTES(t, r.body,
                BYTES_LIT("{\"type\":\"/problems/bad-event\",\"title\":\"An event is not right\",\"status\":422,"
                          "\"detail\":\"Name it \\\"order\\\\paid\\\"\\n\\u0001.\",\"place\":\"events[3].名\"}\n"));
    CHECK_EQ(t, r.header_count, 1);
    CHECK_TEXT(t, r.headers[0].name, "Retry-After");
    CHECK_TEXT(t, r.headers[0].value, "7");
}

static void bytes_that_are_no_text_are_replaced(struct t *t)
{
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"a\xff" "b", "a\xef\xbf\xbd" "b"},
        {"\xe4\xbd", "\xef\xbf\xbd"},                      /* cut in a character */
        {"\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"},          /* overlong */
        {"\xe0\x80\xaf", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"}, /* a surrogate */
        {"\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xf0\x9f\x98\x80\xc3\xa9\xf4\x8f\xbf\xbf", "\xf0\x9f\x98\x80\xc3\xa9\xf4\x8f\xbf\xbf"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct problem p = {.status = 400, .slug = "s", .title = cases[i].in};
        static const char form[] = "{\"type\":\"/problems/s\",\"title\":\"%s\",\"status\":400}\n";
        const char *want = arena_printf(t->arena, form, cases[i].out);
        CHECK_BYTES(t, problem_reply(t->arena, &p).body, bytes_of_text(want));
    }
}

static void too_many_words_are_left_out(struct t *t)
{
    char *words = arena_zeroed(t->arena, 100001, 1);
    memset(words, 'w', 100000);
    struct problem p = {.status = 400, .slug = "s", .title = "t", .detail = words};
    CHECK_BYTES(t, problem_reply(t->arena, &p).body,
                BYTES_LIT("{\"type\":\"/problems/s\",\"title\":\"t\",\"status\":400}\n"));
}

static void every_failure_has_its_status(struct t *t)
{
    static const struct {
        enum status_code code;
        unsigned status;
        const char *slug;
    } cases[] = {
        {STATUS_INVALID, 400, "invalid"}, {STATUS_NOT_FOUND, 404, "not-found"}, {STATUS_EXISTS, 409, "exists"},
        {STATUS_DENIED, 403, "denied"},   {STATUS_LIMIT, 413, "limit"},         {STATUS_CORRUPT, 500, "server"},
        {STATUS_IO, 500, "server"},       {STATUS_FULL, 503, "full"},           {STATUS_UNAVAILABLE, 503, "unavailable"},
        {STATUS_CANCELLED, 500, "server"},
    };
    CHECK_EQ(t, COUNT_OF(cases), STATUS_CODE_COUNT - 1);
    struct err e = {0};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        err_set(&e, "secret words");
        struct problem p = problem_of_failure((struct status){cases[i].code}, &e);
        CHECK_EQ(t, p.status, cases[i].status);
        CHECK_TEXT(t, p.slug, cases[i].slug);
        CHECK(t, (p.detail == e.text) == (p.status != 500));
        CHECK_EQ(t, p.retry_seconds > 0, p.status == 503);
        CHECK_EQ(t, problem_reply(t->arena, &p).status, p.status);
    }
}

static const struct test tests[] = {
    {"a problem is JSON", a_problem_is_json, 1},
    {"bytes that are no text are replaced", bytes_that_are_no_text_are_replaced, 1},
    {"too many words are left out", too_many_words_are_left_out, 1},
    {"every failure has its status", every_failure_has_its_status, 1},
};
TEST_MAIN(tests)
