#include "edge/problem.h"

#include "lib/json.h"

#define PROBLEM_BYTES_MAX 16384
#define RETRY_SECONDS_WHEN_FULL 1

static void member_put(struct json_writer *w, const char *name, const char *value)
{
    if (value == NULL)
        return;
    json_key(w, name);
    json_put_text(w, value);
}

static void problem_put(struct buf *out, struct arena *a, const struct problem *p)
{
    struct json_writer w;
    json_writer_init(&w, out, false);
    json_object_begin(&w);
    member_put(&w, "type", arena_printf(a, "/problems/%s", p->slug));
    member_put(&w, "title", p->title);
    json_key(&w, "status");
    json_put_uint64(&w, p->status);
    member_put(&w, "detail", p->detail);
    member_put(&w, "place", p->place);
    json_object_end(&w);
    buf_push_byte(out, '\n');
    assert(json_writer_finished(&w));
}

struct http_reply problem_reply(struct arena *a, const struct problem *p)
{
    assert(p->status >= 400 && p->status <= 599 && p->slug != NULL && p->title != NULL);
    struct buf out;
    buf_init(&out, PROBLEM_BYTES_MAX);
    problem_put(&out, a, p);
    if (out.overflowed) {
        /* The words are too many; what kind of problem it is must still arrive. */
        struct problem brief = {.status = p->status, .slug = p->slug, .title = p->title};
        buf_clear(&out);
        problem_put(&out, a, &brief);
    }
    struct http_reply r = {
        .status = p->status,
        .content_type = "application/problem+json",
        .body = arena_copy(a, buf_bytes(&out)),
        .body_kind = HTTP_BODY_STAYS,
    };
    buf_fini(&out);
    if (p->retry_seconds > 0) {
        struct http_header *retry = ARENA_NEW(a, struct http_header);
        *retry = (struct http_header){"Retry-After", arena_printf(a, "%u", p->retry_seconds)};
        r.headers = retry;
        r.header_count = 1;
    }
    return r;
}

struct problem problem_of_failure(struct status s, const struct err *e)
{
    assert(failed(s));
    struct problem p = {.detail = e->text[0] == 0 ? NULL : e->text};
    switch (s.code) {
    case STATUS_INVALID: p.status = 400, p.title = "The request breaks a rule of its format"; break;
    case STATUS_DENIED: p.status = 403, p.title = "You may not do this"; break;
    case STATUS_NOT_FOUND: p.status = 404, p.title = "There is no such thing"; break;
    case STATUS_EXISTS: p.status = 409, p.title = "There is such a thing already"; break;
    case STATUS_LIMIT: p.status = 413, p.title = "The request passes a bound"; break;
    case STATUS_FULL: /* both pass by themselves */
    case STATUS_UNAVAILABLE:
        p.status = 503, p.title = "Not now: try again", p.retry_seconds = RETRY_SECONDS_WHEN_FULL;
        break;
    default:
        p.status = 500, p.title = "Something is wrong with the server";
        p.detail = "The server's log says more; the request is not at fault.";
        break;
    }
    static const char *const slugs[STATUS_CODE_COUNT] = {
        [STATUS_INVALID] = "invalid",     [STATUS_NOT_FOUND] = "not-found", [STATUS_EXISTS] = "exists",
        [STATUS_DENIED] = "denied",       [STATUS_LIMIT] = "limit",         [STATUS_FULL] = "full",
        [STATUS_UNAVAILABLE] = "unavailable",
    };
    p.slug = slugs[s.code] == NULL ? "server" : slugs[s.code];
    return p;
}

void http_respond_problem(struct http_exchange *x, const struct problem *p)
{
    struct http_reply r = problem_reply(http_arena(x), p);
    http_respond(x, &r);
}
