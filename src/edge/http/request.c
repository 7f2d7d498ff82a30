/* What was asked: the target taken apart, headers, cookies, credentials. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "edge/http/inside.h"

/* Beyond about 30 KiB libmicrohttpd answers in its own words, as nobody asks us then. */
#define TARGET_BYTES_MAX 8192
#define HEAD_BYTES_MAX 24576
#define CREDENTIALS_BYTES_MAX 4096

static const struct problem bad_target = {.status = 400,
                                          .slug = "bad-target",
                                          .title = "The request target is not a plain path",
                                          .detail = "Send an absolute path without NUL bytes and without \".\" or \"..\" steps."};
static const struct problem bad_framing = {.status = 400,
                                           .slug = "bad-framing",
                                           .title = "It is not clear where the request's body ends",
                                           .detail = "Send one Content-Length, or Transfer-Encoding: chunked with HTTP/1.1, and not both."};
static const struct problem bad_host = {.status = 400,
                                        .slug = "bad-host",
                                        .title = "The request doesn't name its host once",
                                        .detail = "Send one Host header, as HTTP/1.1 asks."};
/* Not 501: the fault is the client's, and is counted as such. */
static const struct problem unknown_method = {.status = 405,
                                              .slug = "unknown-method",
                                              .title = "The server doesn't know this method",
                                              .detail = "Use GET, HEAD, POST, PUT, DELETE or OPTIONS.",
                                              .allow = "GET, HEAD, POST, PUT, DELETE, OPTIONS"};

static const struct problem long_target = {.status = 414,
                                           .slug = "target-too-long",
                                           .title = "The request target is too long",
                                           .detail = "Send at most 8192 bytes; more belongs into the body."};
static const struct problem long_head = {.status = 431,
                                         .slug = "headers-too-large",
                                         .title = "The request's headers are too large",
                                         .detail = "Send at most 24576 bytes of request line and headers; are the cookies too many?"};

const char *const http_method_names[] = {
    [HTTP_GET] = "GET", [HTTP_POST] = "POST", [HTTP_PUT] = "PUT", [HTTP_DELETE] = "DELETE", [HTTP_OPTIONS] = "OPTIONS"};

static bool name_equal(struct bytes a, const char *b)
{
    return a.size == strlen(b) && strncasecmp((const char *)a.data, b, a.size) == 0;
}

static struct bytes bytes_trim(struct bytes b)
{
    while (b.size > 0 && (b.data[0] == ' ' || b.data[0] == '\t'))
        b = bytes_of(b.data + 1, b.size - 1);
    while (b.size > 0 && (b.data[b.size - 1] == ' ' || b.data[b.size - 1] == '\t'))
        b.size--;
    return b;
}

/* The parser's header goes into the arena: what the parser holds may vanish with the connection, while whoever keeps
 * the exchange still reads. */
static enum MHD_Result header_take(void *context, enum MHD_ValueKind kind, const char *name, size_t name_size,
                                   const char *value, size_t value_size)
{
    (void)kind;
    struct http_exchange *x = context;
    struct bytes text = bytes_trim(bytes_of(value, value_size));
    uint8_t *to = arena_take(x->arena, name_size + text.size + 2, 1);
    memcpy(to, name, name_size);
    to[name_size] = 0;
    if (text.size > 0)
        memcpy(to + name_size + 1, text.data, text.size);
    to[name_size + 1 + text.size] = 0;
    struct http_pair *h = &x->headers[x->header_count++];
    *h = (struct http_pair){bytes_of(to, name_size), bytes_of(to + name_size + 1, text.size)};
    x->length_headers += name_equal(h->name, "Content-Length");
    x->transfer_headers += name_equal(h->name, "Transfer-Encoding");
    x->host_headers += name_equal(h->name, "Host");
    x->has_odd_header |= memchr(name, ' ', name_size) != NULL || memchr(name, '\t', name_size) != NULL;
    return MHD_YES;
}

void request_take_headers(struct http_exchange *x)
{
    int count = MHD_get_connection_values_n(x->connection, MHD_HEADER_KIND, NULL, NULL);
    x->header_count = 0;
    x->headers = ARENA_ARRAY(x->arena, struct http_pair, count > 0 ? (size_t)count : 1);
    (void)MHD_get_connection_values_n(x->connection, MHD_HEADER_KIND, header_take, x);
    assert(x->header_count <= (count > 0 ? (size_t)count : 0));
}

const struct problem *request_take_method(struct http_exchange *x, const char *method)
{
    x->head = strcmp(method, "HEAD") == 0;
    for (size_t i = 0; i < COUNT_OF(http_method_names); i++) {
        if (strcmp(x->head ? "GET" : method, http_method_names[i]) != 0)
            continue;
        x->method = (enum http_method)i;
        return NULL;
    }
    return &unknown_method;
}

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "%41" to "A"; a '%' that no two hex digits follow stays as it is. */
static struct bytes percent_decode(struct arena *a, struct bytes in, bool plus_is_space)
{
    uint8_t *to = arena_take(a, in.size + 1, 1);
    size_t size = 0;
    for (size_t i = 0; i < in.size; i++) {
        uint8_t c = in.data[i];
        if (c == '%' && i + 2 < in.size && hex_value(in.data[i + 1]) >= 0 && hex_value(in.data[i + 2]) >= 0) {
            c = (uint8_t)(hex_value(in.data[i + 1]) * 16 + hex_value(in.data[i + 2]));
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        to[size++] = c;
    }
    to[size] = 0;
    return bytes_of(to, size);
}

/* Cuts *rest at the first `mark`, which goes too; returns what stood before. */
static struct bytes bytes_cut(struct bytes *rest, char mark)
{
    if (rest->size == 0)
        return *rest;
    const uint8_t *at = memchr(rest->data, mark, rest->size);
    size_t size = at == NULL ? rest->size : (size_t)(at - rest->data);
    struct bytes first = bytes_of(rest->data, size);
    size_t skip = at == NULL ? size : size + 1;
    *rest = bytes_of(rest->data + skip, rest->size - skip);
    return first;
}

static bool path_is_plain(struct bytes path)
{
    if (path.size == 0 || path.data[0] != '/' || memchr(path.data, 0, path.size) != NULL)
        return false;
    struct bytes rest = path;
    while (rest.size > 0) {
        struct bytes step = bytes_cut(&rest, '/');
        if (bytes_equal(step, BYTES_LIT(".")) || bytes_equal(step, BYTES_LIT("..")))
            return false;
    }
    return true;
}

/* "http://host/path" may be asked of any server (RFC 9112, 3.2.2): what stands before the path is left out. */
static struct bytes target_without_authority(struct bytes target)
{
    if (target.size < 7 || strncasecmp((const char *)target.data, "http", 4) != 0)
        return target;
    struct bytes mark = BYTES_LIT("://");
    size_t at = target.data[4] == 's' ? 5 : 4;
    struct bytes rest = bytes_slice(target, at, target.size);
    if (!bytes_starts_with(rest, mark))
        return target;
    rest = bytes_slice(rest, mark.size, rest.size);
    const uint8_t *slash = rest.size == 0 ? NULL : memchr(rest.data, '/', rest.size);
    return slash == NULL ? BYTES_LIT("/") : bytes_slice(rest, (size_t)(slash - rest.data), rest.size);
}

static bool target_take_apart(struct http_exchange *x)
{
    struct bytes rest = target_without_authority(x->target);
    struct bytes path = bytes_cut(&rest, '?');
    x->path_sent = path;
    x->path = percent_decode(x->arena, path, false);
    bool whole_server = x->method == HTTP_OPTIONS && bytes_equal(x->path, BYTES_LIT("*"));
    bool is_one_word = memchr(x->target.data, ' ', x->target.size) == NULL; /* else a proxy may see another one */
    return is_one_word && (whole_server || path_is_plain(x->path));
}

/* Two readings of where a body ends are how a request is smuggled past a proxy, so only the plain cases pass: no name of a
 * header with a space, which one takes for "Content-Length" and another doesn't. The parser has refused a Content-Length
 * that is no number. */
static bool framing_take(struct http_exchange *x, const char *version)
{
    x->body_declared = BODY_UNKNOWN; /* so that a refusal closes the connection */
    if (x->length_headers + x->transfer_headers > 1 || x->has_odd_header)
        return false;
    if (x->transfer_headers == 1)
        return name_equal(http_header(x, "Transfer-Encoding"), "chunked") && strcmp(version, "HTTP/1.0") != 0;
    struct bytes length = x->length_headers == 0 ? BYTES_NONE : http_header(x, "Content-Length");
    uint64_t declared = 0;
    for (size_t i = 0; i < length.size; i++) {
        unsigned digit = (unsigned)length.data[i] - '0';
        if (digit > 9 || declared > (BODY_UNKNOWN - 1 - digit) / 10)
            return false;
        declared = declared * 10 + digit;
    }
    x->body_declared = declared;
    return true;
}

const struct problem *request_check(struct http_exchange *x, const char *version)
{
    if (!framing_take(x, version))
        return &bad_framing;
    if (x->host_headers > 1 || (x->host_headers == 0 && strcmp(version, "HTTP/1.0") != 0))
        return &bad_host;
    if (x->target.size > TARGET_BYTES_MAX)
        return &long_target;
    if (x->head_bytes > HEAD_BYTES_MAX)
        return &long_head;
    if (!target_take_apart(x))
        return &bad_target;
    return NULL;
}

static void query_take_apart(struct http_exchange *x)
{
    struct bytes rest = target_without_authority(x->target);
    (void)bytes_cut(&rest, '?');
    struct bytes scan = rest;
    size_t count = 0;
    while (scan.size > 0 && count < HTTP_QUERY_MAX)
        count += bytes_cut(&scan, '&').size > 0;
    x->query = ARENA_ARRAY(x->arena, struct http_pair, count + 1);
    while (rest.size > 0 && x->query_count < count) {
        struct bytes value = bytes_cut(&rest, '&');
        if (value.size == 0)
            continue;
        struct bytes name = bytes_cut(&value, '=');
        x->query[x->query_count++] =
            (struct http_pair){percent_decode(x->arena, name, true), percent_decode(x->arena, value, true)};
    }
    assert(x->query_count == count);
}

size_t http_query_all(struct http_exchange *x, const struct http_pair **out_pairs)
{
    if (x->query == NULL)
        query_take_apart(x);
    *out_pairs = x->query;
    return x->query_count;
}

struct bytes http_query(struct http_exchange *x, const char *name)
{
    const struct http_pair *pairs;
    size_t count = http_query_all(x, &pairs);
    for (size_t i = 0; i < count; i++)
        if (bytes_equal(pairs[i].name, bytes_of_text(name)))
            return pairs[i].value;
    return BYTES_NONE;
}

struct bytes http_header(const struct http_exchange *x, const char *name)
{
    for (size_t i = 0; i < x->header_count; i++)
        if (name_equal(x->headers[i].name, name))
            return x->headers[i].value;
    return BYTES_NONE;
}

struct bytes http_cookie(const struct http_exchange *x, const char *name)
{
    for (size_t i = 0; i < x->header_count; i++) {
        if (!name_equal(x->headers[i].name, "Cookie"))
            continue;
        struct bytes rest = x->headers[i].value;
        while (rest.size > 0) {
            struct bytes value = bytes_cut(&rest, ';');
            struct bytes key = bytes_trim(bytes_cut(&value, '='));
            value = bytes_trim(value);
            if (!bytes_equal(key, bytes_of_text(name)))
                continue;
            bool quoted = value.size >= 2 && value.data[0] == '"' && value.data[value.size - 1] == '"';
            value = quoted ? bytes_of(value.data + 1, value.size - 2) : value;
            return bytes_of(arena_text(x->arena, value), value.size);
        }
    }
    return BYTES_NONE;
}

/* What follows `scheme` in the Authorization header; data is NULL when it is another scheme. */
static struct bytes credentials_of(const struct http_exchange *x, const char *scheme)
{
    struct bytes value = bytes_trim(http_header(x, "Authorization"));
    struct bytes first = bytes_cut(&value, ' ');
    value = bytes_trim(value);
    return name_equal(first, scheme) && value.size > 0 ? value : BYTES_NONE;
}

bool http_basic(struct http_exchange *x, struct bytes *out_user, struct bytes *out_password)
{
    struct bytes code = credentials_of(x, "Basic");
    if (code.size == 0 || code.size > CREDENTIALS_BYTES_MAX)
        return false;
    /* With or without the padding: not every client sends it. */
    while (code.size > 0 && code.data[code.size - 1] == '=')
        code.size--;
    uint8_t *text = arena_take(x->arena, code.size + 1, 1);
    size_t size;
    if (sodium_base642bin(text, code.size, (const char *)code.data, code.size, NULL, &size, NULL,
                          sodium_base64_VARIANT_ORIGINAL_NO_PADDING) != 0)
        return false;
    uint8_t *colon = size == 0 ? NULL : memchr(text, ':', size);
    if (colon == NULL)
        return false;
    *colon = 0;
    text[size] = 0;
    *out_user = bytes_of(text, (size_t)(colon - text));
    *out_password = bytes_of(colon + 1, size - out_user->size - 1);
    return true;
}

struct bytes http_basic_user(struct http_exchange *x)
{
    struct bytes user, password;
    return http_basic(x, &user, &password) ? user : BYTES_NONE;
}

struct bytes http_bearer(const struct http_exchange *x)
{
    struct bytes token = credentials_of(x, "Bearer");
    return token.size == 0 ? BYTES_NONE : bytes_of(arena_text(x->arena, token), token.size);
}

enum http_method http_method(const struct http_exchange *x)
{
    return x->method;
}

struct bytes http_path(const struct http_exchange *x)
{
    return x->path;
}

struct bytes http_path_sent(const struct http_exchange *x)
{
    return x->path_sent;
}

struct bytes http_decoded(struct http_exchange *x, struct bytes step)
{
    bool is_plain = step.size == 0 || memchr(step.data, '%', step.size) == NULL;
    return is_plain ? step : percent_decode(x->arena, step, false);
}

const char *http_client(const struct http_exchange *x)
{
    return x->client;
}

struct bytes http_body(const struct http_exchange *x)
{
    return bytes_of(x->body, x->body_size);
}

struct arena *http_arena(struct http_exchange *x)
{
    return x->arena;
}
