#include "app/client.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/arguments.h"

#define PATH_BYTES_MAX 4096
#define TOKEN_BYTES_MAX 512
#define CONNECT_MS_MAX 5000L

struct client {
    CURL *curl;
    struct curl_slist *headers, *headers_json;
    char url[1024];
    struct buf reply;
    client_take take; /* of a stream; NULL: into `reply` */
    void *context;
    bool ended;       /* by `take` */
    char trouble[CURL_ERROR_SIZE];
};

/* --- making one --- */

static fallible headers_make(struct client *c, const struct client_options *o, struct err *e)
{
    char line[TOKEN_BYTES_MAX + 32];
    const char *json = "Content-Type: application/json";
    if (o->token != NULL && (strlen(o->token) > TOKEN_BYTES_MAX || strpbrk(o->token, "\r\n") != NULL))
        return FAIL(e, INVALID, "the token is no token: too long, or with a line end in it");
    const char *language = either("Accept-Language: en", "Accept-Language: zh");
    c->headers = curl_slist_append(curl_slist_append(NULL, "Expect:"), language); /* never wait for a 100 before a body */
    c->headers_json = curl_slist_append(curl_slist_append(curl_slist_append(NULL, "Expect:"), language), json);
    if (o->token != NULL) {
        (void)snprintf(line, sizeof line, "Authorization: Bearer %s", o->token);
        c->headers = curl_slist_append(c->headers, line);
        c->headers_json = curl_slist_append(c->headers_json, line);
    }
    return DONE;
}

static struct client *client_made(void)
{
    struct client *c = calloc(1, sizeof *c);
    if (c == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
        abort();
    buf_init(&c->reply, CLIENT_REPLY_BYTES_MAX);
    c->curl = curl_easy_init();
    if (c->curl == NULL)
        abort();
    return c;
}

fallible client_create(const struct client_options *o, struct client **out_client, struct err *e)
{
    struct client *c = client_made();
    size_t size = strlen(o->url);
    while (size > 0 && o->url[size - 1] == '/')
        size--;
    int written = snprintf(c->url, sizeof c->url, "%.*s%s%s", (int)size, o->url, o->workspace == NULL ? "" : "/w/", o->workspace == NULL ? "" : o->workspace);
    struct status status = written < (int)sizeof c->url ? headers_make(c, o, e) : FAIL(e, INVALID, "--url is too long");
    if (failed(status)) {
        client_destroy(c);
        return status;
    }
    *out_client = c;
    return DONE;
}

static struct curl_slist *headers_again(const struct curl_slist *headers)
{
    struct curl_slist *again = NULL;
    for (; headers != NULL; headers = headers->next)
        again = curl_slist_append(again, headers->data);
    return again;
}

struct client *client_again(const struct client *c)
{
    struct client *again = client_made();
    (void)snprintf(again->url, sizeof again->url, "%s", c->url);
    again->headers = headers_again(c->headers);
    again->headers_json = headers_again(c->headers_json);
    return again;
}

void client_destroy(struct client *c)
{
    if (c == NULL)
        return;
    curl_slist_free_all(c->headers);
    curl_slist_free_all(c->headers_json);
    curl_easy_cleanup(c->curl);
    buf_fini(&c->reply);
    free(c);
    curl_global_cleanup();
}

static const char *option_or(struct arguments *a, const char *option, const char *variable)
{
    const char *value = argument_option(a, option);
    value = value == NULL ? getenv(variable) : value;
    return value != NULL && *value != 0 ? value : NULL;
}

static fallible token_read(const char *folder, const char *workspace, char out_token[TOKEN_BYTES_MAX], struct err *e)
{
    char path[PATH_BYTES_MAX];
    (void)snprintf(path, sizeof path, "%s/%s/admin.token", folder, workspace == NULL ? "main" : workspace);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return FAIL(e, NOT_FOUND, "can't read %s: is this the folder of `kith init`?", path);
    bool good = fgets(out_token, TOKEN_BYTES_MAX, file) != NULL;
    (void)fclose(file);
    if (!good)
        return FAIL(e, INVALID, "%s is empty", path);
    out_token[strcspn(out_token, "\r\n")] = 0;
    return DONE;
}

fallible client_of_arguments(struct arguments *a, struct client **out_client, struct err *e)
{
    return client_of_folder(a, option_or(a, "folder", "KITH_FOLDER"), out_client, e);
}

fallible client_of_folder(struct arguments *a, const char *folder, struct client **out_client, struct err *e)
{
    char kept[TOKEN_BYTES_MAX];
    struct client_options o = {.url = option_or(a, "url", "KITH_URL"), .token = option_or(a, "token", "KITH_TOKEN"),
                               .workspace = argument_option(a, "workspace")};
    if (o.url == NULL)
        o.url = CLIENT_URL_DEFAULT;
    if (o.token == NULL && folder != NULL) {
        TRY(token_read(folder, o.workspace, kept, e));
        o.token = kept;
    }
    return client_create(&o, out_client, e);
}

/* --- calling --- */

static size_t bytes_arrived(char *data, size_t one, size_t count, void *context)
{
    struct client *c = context;
    long status = 0;
    assert(one == 1);
    if (c->take != NULL)
        curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &status);
    if (c->take == NULL || status >= 300) {
        buf_push(&c->reply, bytes_of(data, count));
        return c->reply.overflowed ? 0 : count;
    }
    c->ended = !c->take(c->context, bytes_of(data, count));
    return c->ended ? 0 : count;
}

static void call_prepare(struct client *c, const struct client_call *call, const char *url)
{
    curl_easy_reset(c->curl);
    curl_easy_setopt(c->curl, CURLOPT_URL, url);
    curl_easy_setopt(c->curl, CURLOPT_CUSTOMREQUEST, call->method);
    curl_easy_setopt(c->curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c->curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS_MAX);
    curl_easy_setopt(c->curl, CURLOPT_ERRORBUFFER, c->trouble);
    curl_easy_setopt(c->curl, CURLOPT_WRITEFUNCTION, bytes_arrived);
    curl_easy_setopt(c->curl, CURLOPT_WRITEDATA, c);
    curl_easy_setopt(c->curl, CURLOPT_HTTPHEADER, call->body.size > 0 ? c->headers_json : c->headers);
    if (call->body.size > 0) {
        curl_easy_setopt(c->curl, CURLOPT_POSTFIELDS, (const char *)call->body.data);
        curl_easy_setopt(c->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.size);
    }
    buf_clear(&c->reply);
    c->trouble[0] = 0;
    c->ended = false;
}

static fallible call_run(struct client *c, const struct client_call *call, struct err *e)
{
    char url[PATH_BYTES_MAX];
    if (snprintf(url, sizeof url, "%s%s", c->url, call->path) >= (int)sizeof url)
        return FAIL(e, LIMIT, "the question is too long");
    call_prepare(c, call, url);
    CURLcode code = curl_easy_perform(c->curl);
    if (code == CURLE_OK || c->ended)
        return DONE;
    if (c->reply.overflowed)
        return FAIL(e, LIMIT, "the answer is over %u MiB", CLIENT_REPLY_BYTES_MAX >> 20);
    return FAIL(e, UNAVAILABLE, either("no daemon answers at %s (%s): start one with `kith serve DIR`, or say --url",
                                       "%s 没有守护进程应答(%s):请用 `kith serve DIR` 启动,或用 --url 指明"),
                c->url, c->trouble[0] != 0 ? c->trouble : curl_easy_strerror(code));
}

static struct client_reply reply_of(struct client *c)
{
    curl_off_t wait_s = 0;
    struct client_reply reply = {.body = buf_bytes(&c->reply)};
    curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &reply.status);
    if (curl_easy_getinfo(c->curl, CURLINFO_RETRY_AFTER, &wait_s) == CURLE_OK)
        reply.retry_after_s = (long)wait_s;
    struct curl_header *zone;
    if (curl_easy_header(c->curl, "Kith-Zone", 0, CURLH_HEADER, -1, &zone) == CURLHE_OK)
        reply.zone = zone->value;
    return reply;
}

fallible client_send(struct client *c, const struct client_call *call, struct client_reply *out_reply, struct err *e)
{
    c->take = NULL;
    TRY(call_run(c, call, e));
    *out_reply = reply_of(c);
    return DONE;
}

fallible client_stream(struct client *c, const struct client_call *call, client_take take, void *context,
                       struct client_reply *out_reply, struct err *e)
{
    c->take = take;
    c->context = context;
    struct status status = call_run(c, call, e);
    c->take = NULL;
    TRY(status);
    *out_reply = reply_of(c);
    return DONE;
}

void url_push(struct buf *out, struct bytes text)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:";
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        if (memchr(plain, byte, sizeof plain - 1) != NULL)
            buf_push_byte(out, byte);
        else
            buf_printf(out, "%%%02X", byte);
    }
}
