#include "edge/http/problem.h"

#include "edge/wording.h"
#include "lib/json.h"

#define PROBLEM_BYTES_MAX 16384 /* without the faults */
#define HEADERS_MAX 2u
#define RETRY_SECONDS_WHEN_FULL 1

static void member_put(struct json_writer *w, const char *name, const char *value)
{
    if (value == NULL)
        return;
    json_key(w, name);
    json_put_text(w, value);
}

static const char *title_of(const struct problem *p)
{
    const char *zh = p->title_zh != NULL ? p->title_zh : wording_title(p->slug);
    return p->in_chinese && zh != NULL ? zh : p->title;
}

static void problem_put(struct buf *out, struct arena *a, const struct problem *p)
{
    struct json_writer w;
    json_writer_init(&w, out, false);
    json_object_begin(&w);
    member_put(&w, "type", arena_printf(a, "/problems/%s", p->slug));
    member_put(&w, "title", title_of(p));
    member_put(&w, "title_zh", p->title_zh);
    json_key(&w, "status");
    json_put_uint64(&w, p->status);
    member_put(&w, "detail", p->detail == NULL ? NULL : wording_of(a, p->detail, p->in_chinese));
    member_put(&w, "place", p->place);
    if (p->position != 0) {
        json_key(&w, "position");
        json_put_uint64(&w, p->position);
    }
    if (p->faults_key != NULL) {
        json_key(&w, p->faults_key);
        json_put_raw(&w, p->faults);
    }
    json_object_end(&w);
    buf_push_byte(out, '\n');
    assert(json_writer_finished(&w));
}

static void headers_put(struct arena *a, const struct problem *p, struct http_reply *r)
{
    struct http_header *headers = ARENA_ARRAY(a, struct http_header, HEADERS_MAX);
    if (p->retry_seconds > 0)
        headers[r->header_count++] = (struct http_header){"Retry-After", arena_printf(a, "%u", p->retry_seconds)};
    if (p->allow != NULL)
        headers[r->header_count++] = (struct http_header){"Allow", p->allow};
    r->headers = headers;
}

struct http_reply problem_reply(struct arena *a, const struct problem *p)
{
    assert(p->status >= 400 && p->status <= 599 && p->slug != NULL && p->title != NULL);
    struct buf out;
    buf_init(&out, PROBLEM_BYTES_MAX + p->faults.size);
    problem_put(&out, a, p);
    if (out.overflowed) {
        /* The words are too many; what kind of problem it is must still arrive. */
        struct problem brief = {.status = p->status, .slug = p->slug, .title = p->title, .in_chinese = p->in_chinese};
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
    headers_put(a, p, &r);
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

struct http_reply problem_reply_to(struct http_exchange *x, const struct problem *p)
{
    struct problem said = *p;
    said.in_chinese = wording_in_chinese(http_header(x, "Accept-Language"));
    return problem_reply(http_arena(x), &said);
}

void http_respond_problem(struct http_exchange *x, const struct problem *p)
{
    struct http_reply r = problem_reply_to(x, p);
    http_respond(x, &r);
}
