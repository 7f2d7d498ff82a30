/* What a browser's page of another origin may read. */
#include <string.h>

#include "edge/http/inside.h"

#define ORIGIN_BYTES_MAX 512
#define ASKED_HEADERS_BYTES_MAX 2048

static bool bytes_are_of(struct bytes b, size_t size_max, const char *others)
{
    if (b.size == 0 || b.size > size_max)
        return false;
    for (size_t i = 0; i < b.size; i++) {
        uint8_t c = b.data[i];
        bool plain = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
        if (!plain && (c == 0 || strchr(others, c) == NULL))
            return false;
    }
    return true;
}

static bool is_preflight(const struct http_exchange *x)
{
    return x->method == HTTP_OPTIONS && http_header(x, "Access-Control-Request-Method").size > 0;
}

size_t http_cors(const struct http_exchange *x, struct http_header out_headers[HTTP_CORS_HEADERS_MAX])
{
    /* "https://shop.example:8443", "null", or an app's own scheme. */
    struct bytes origin = http_header(x, "Origin");
    if (!bytes_are_of(origin, ORIGIN_BYTES_MAX, ":/.-_[]+~%@"))
        return 0;
    size_t n = 0;
    out_headers[n++] = (struct http_header){"Access-Control-Allow-Origin", (const char *)origin.data};
    out_headers[n++] = (struct http_header){"Access-Control-Allow-Credentials", "true"};
    out_headers[n++] = (struct http_header){"Vary", "Origin"};
    if (!is_preflight(x))
        return n;
    out_headers[n++] = (struct http_header){"Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, DELETE, OPTIONS"};
    out_headers[n++] = (struct http_header){"Access-Control-Max-Age", "86400"};
    struct bytes asked = http_header(x, "Access-Control-Request-Headers");
    if (bytes_are_of(asked, ASKED_HEADERS_BYTES_MAX, ", -_.!#$%&'*+^`|~"))
        out_headers[n++] = (struct http_header){"Access-Control-Allow-Headers", (const char *)asked.data};
    assert(n <= HTTP_CORS_HEADERS_MAX);
    return n;
}

bool http_cors_preflight(struct http_exchange *x)
{
    if (!is_preflight(x))
        return false;
    struct http_header headers[HTTP_CORS_HEADERS_MAX];
    struct http_reply reply = {.status = 204, .headers = headers};
    reply.header_count = http_cors(x, headers);
    http_respond(x, &reply);
    return true;
}
