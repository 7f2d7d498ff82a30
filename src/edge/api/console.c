/* The console: files of one folder, as the build left them. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edge/api/api.h"

#define FILE_BYTES_MAX (16u << 20)
#define PATH_BYTES_MAX 4096u
#define POLICY                                                                                                         \
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none'; " \
    "frame-ancestors 'none'; form-action 'self'"

static const struct {
    const char *end, *type;
} types[] = {
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".map", "application/json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".ico", "image/x-icon"},
    {".webp", "image/webp"},
    {".woff2", "font/woff2"},
    {".txt", "text/plain; charset=utf-8"},
    {".webmanifest", "application/manifest+json"},
};

static const char *type_of(const char *path)
{
    size_t size = strlen(path);
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        size_t end = strlen(types[i].end);
        if (size > end && strcmp(path + size - end, types[i].end) == 0)
            return types[i].type;
    }
    return "application/octet-stream";
}

static void answer(struct request *r, unsigned status, const char *type, const char *tag, const char *cache, struct bytes body,
                   enum http_body_kind kind)
{
    struct http_header headers[6];
    size_t count = 0;
    headers[count++] = (struct http_header){"Content-Security-Policy", POLICY};
    headers[count++] = (struct http_header){"X-Content-Type-Options", "nosniff"};
    headers[count++] = (struct http_header){"Referrer-Policy", "no-referrer"};
    headers[count++] = (struct http_header){"Cache-Control", cache};
    if (tag != NULL)
        headers[count++] = (struct http_header){"ETag", tag};
    request_reply(r, &(struct http_reply){
                         .status = status, .content_type = type, .body = body, .body_kind = kind, .headers = headers, .header_count = count});
}

/* --- when there is no console --- */

static void answer_without(struct request *r)
{
    static const char page[] =
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Kith 知己</title>"
        "<body style=\"font:16px/1.6 system-ui,sans-serif;max-width:40em;margin:4em auto;padding:0 1em\">"
        "<h1>Kith 知己</h1>"
        "<p>The daemon runs. Its console is not built yet: run <code>make console</code>, then start with "
        "<code>kith serve DIR --console console/dist</code>. The API stands at "
        "<a href=\"/api/v1/openapi.json\">/api/v1/openapi.json</a>.</p>"
        "<p lang=\"zh\">服务正在运行,控制台尚未构建:请执行 <code>make console</code>,再以 "
        "<code>kith serve DIR --console console/dist</code> 启动。</p></body></html>\n";
    answer(r, 200, "text/html; charset=utf-8", NULL, "no-store", bytes_of(page, sizeof page - 1), HTTP_BODY_STAYS);
}

/* --- files --- */

static void answer_lost(struct request *r)
{
    request_problem(r, &(struct problem){.status = 404, .slug = "no-such-file", .title = "The console has no such file", .detail = "Reload the page: a new release may have come."});
}

/* Names with a hash in them never change what they hold. */
static const char *cache_of(const char *path)
{
    return strstr(path, "/assets/") != NULL ? "public, max-age=31536000, immutable" : "no-cache";
}

static bool file_take(int file, size_t size, uint8_t **out_data)
{
    uint8_t *data = malloc(size + 1);
    if (data == NULL)
        abort();
    size_t at = 0;
    while (at < size) {
        ssize_t got = read(file, data + at, size - at);
        if (got <= 0)
            break;
        at += (size_t)got;
    }
    if (at == size)
        *out_data = data;
    else
        free(data);
    return at == size;
}

static void answer_file(struct request *r, const char *path, int file, const struct stat *s)
{
    char tag[64];
    uint8_t *data;
    size_t size = (size_t)s->st_size;
    (void)snprintf(tag, sizeof tag, "\"%" PRIx64 "-%" PRIx64 ".%" PRIx64 "\"", (uint64_t)size, (uint64_t)s->st_mtim.tv_sec, (uint64_t)s->st_mtim.tv_nsec);
    if (bytes_equal(http_header(r->x, "If-None-Match"), bytes_of_text(tag)))
        answer(r, 304, NULL, tag, cache_of(path), BYTES_NONE, HTTP_BODY_STAYS);
    else if (file_take(file, size, &data))
        answer(r, 200, type_of(path), tag, cache_of(path), bytes_of(data, size), HTTP_BODY_GIVEN);
    else
        answer_lost(r);
}

/* `name` has no step "." or ".." and no NUL: http.h sees to it. */
static bool serve(struct request *r, struct bytes name)
{
    char path[PATH_BYTES_MAX];
    struct stat s;
    int size = snprintf(path, sizeof path, "%s/%.*s", door_options_of(r->door)->console, BYTES_ARG(name));
    if (size < 0 || (size_t)size >= sizeof path)
        return false;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return false;
    bool good = fstat(file, &s) == 0 && S_ISREG(s.st_mode) && s.st_size <= (off_t)FILE_BYTES_MAX;
    if (good)
        answer_file(r, path, file, &s);
    (void)close(file);
    return good;
}

void api_console(struct request *r)
{
    struct bytes name = r->parameters[0];
    if (r->route->choice == CONSOLE_ASSET)
        name = bytes_of_text(arena_printf(request_arena(r), "assets/%.*s", BYTES_ARG(name)));
    /* A page's address inside the console is the page itself. */
    bool is_page = r->route->choice == CONSOLE_PAGE && (name.size == 0 || memchr(name.data, '.', name.size) == NULL);
    if (door_options_of(r->door)->console == NULL)
        (is_page ? answer_without : answer_lost)(r);
    else if (!serve(r, is_page ? BYTES_LIT("index.html") : name))
        (is_page ? answer_without : answer_lost)(r);
}
