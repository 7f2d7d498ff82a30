#include "port/web.h"

#include <curl/curl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "domain/hook/hook.h"
#include "lib/pack.h"

#define CONNECT_SECONDS_MAX 5L
#define ANSWER_SECONDS_MAX 15L
#define ANSWER_BYTES_KEPT 512u
#define WEB_GIVE_UP_US (3 * US_PER_DAY)
#define STATUS_FINAL_LEAST 200 /* 100 only says: go on */

/* What one post needs; the bytes are borrowed. */
struct post {
    const char *url;
    struct bytes key, secret, body;
};

/* The rest of a longer answer is of no interest: taking less than there is ends the transfer. */
static size_t answer_take(const char *data, size_t size, size_t count, void *context)
{
    struct buf *body = context;
    struct bytes more = bytes_of(data, size * count);
    size_t room = ANSWER_BYTES_KEPT - body->size;
    buf_push(body, bytes_slice(more, 0, more.size < room ? more.size : room));
    return more.size <= room ? more.size : 0;
}

static void signature_make(const struct post *p, const char *when, char *out_text, size_t room)
{
    crypto_auth_hmacsha256_state state;
    uint8_t mac[crypto_auth_hmacsha256_BYTES];
    char text[sodium_base64_ENCODED_LEN(sizeof mac, sodium_base64_VARIANT_ORIGINAL)];
    (void)crypto_auth_hmacsha256_init(&state, p->secret.data, p->secret.size);
    (void)crypto_auth_hmacsha256_update(&state, p->key.data, p->key.size);
    (void)crypto_auth_hmacsha256_update(&state, (const uint8_t *)".", 1);
    (void)crypto_auth_hmacsha256_update(&state, (const uint8_t *)when, strlen(when));
    (void)crypto_auth_hmacsha256_update(&state, (const uint8_t *)".", 1);
    (void)crypto_auth_hmacsha256_update(&state, p->body.data, p->body.size);
    (void)crypto_auth_hmacsha256_final(&state, mac);
    (void)sodium_bin2base64(text, sizeof text, mac, sizeof mac, sodium_base64_VARIANT_ORIGINAL);
    (void)snprintf(out_text, room, "webhook-signature: v1,%s", text);
}

static struct curl_slist *headers_make(const struct post *p)
{
    char line[512], when[24];
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    (void)snprintf(when, sizeof when, "%lld", (long long)(time_now_us() / US_PER_SECOND));
    (void)snprintf(line, sizeof line, "webhook-id: %.*s", BYTES_ARG(p->key));
    headers = curl_slist_append(headers, line);
    (void)snprintf(line, sizeof line, "webhook-timestamp: %s", when);
    headers = curl_slist_append(headers, line);
    if (p->secret.size > 0) {
        signature_make(p, when, line, sizeof line);
        headers = curl_slist_append(headers, line);
    }
    return headers;
}

static struct status verdict(CURLcode rc, long http_status)
{
    if (http_status < STATUS_FINAL_LEAST)
        return (struct status){rc == CURLE_URL_MALFORMAT || rc == CURLE_UNSUPPORTED_PROTOCOL ? STATUS_INVALID : STATUS_UNAVAILABLE};
    if (http_status < 300)
        return DONE;
    bool later = http_status == 408 || http_status == 429 || http_status >= 500;
    return (struct status){later ? STATUS_UNAVAILABLE : STATUS_INVALID};
}

/* "404: no such hook", or why there was no answer. */
static struct status answer_read(CURL *curl, CURLcode rc, struct bytes body, struct port_answer *out_answer)
{
    long http_status = 0;
    curl_off_t pause_s = 0;
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &http_status);
    (void)curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &pause_s);
    out_answer->pause_us = pause_s > 0 && pause_s < INT32_MAX ? pause_s * US_PER_SECOND : 0;
    if (http_status < STATUS_FINAL_LEAST)
        buf_push_text(&out_answer->words, curl_easy_strerror(rc));
    else
        buf_printf(&out_answer->words, "%ld: %.*s", http_status, BYTES_ARG(body));
    return verdict(rc, http_status);
}

static void post_prepare(CURL *curl, const struct post *p, struct curl_slist *headers, struct buf *body)
{
    (void)curl_easy_setopt(curl, CURLOPT_URL, p->url);
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS_MAX);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT, ANSWER_SECONDS_MAX);
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)p->body.size);
    (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, p->body.data);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, answer_take);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
}

static struct status post_send(const struct post *p, struct port_answer *out_answer)
{
    struct buf body;
    CURL *curl = curl_easy_init();
    if (curl == NULL)
        return (struct status){STATUS_UNAVAILABLE};
    struct curl_slist *headers = headers_make(p);
    buf_init(&body, ANSWER_BYTES_KEPT);
    post_prepare(curl, p, headers, &body);
    CURLcode rc = curl_easy_perform(curl);
    struct status status = answer_read(curl, rc, buf_bytes(&body), out_answer);
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    buf_fini(&body);
    return status;
}

static struct status web_send(void *context, struct workspace *w, struct bytes key, struct bytes payload, struct port_answer *out_answer)
{
    (void)context, (void)w;
    struct unpack u = unpack_of(payload);
    struct bytes target = unpack_bytes(&u), secret = unpack_bytes(&u);
    char url[HOOK_TARGET_BYTES_MAX + 1];
    assert(target.size < sizeof url);
    memcpy(url, target.data, target.size);
    url[target.size] = 0;
    return post_send(&(struct post){.url = url, .key = key, .secret = secret, .body = unpack_rest(&u)}, out_answer);
}

fallible web_port_start(struct host *h, struct err *e)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || sodium_init() < 0)
        return FAIL(e, UNAVAILABLE, "libcurl or libsodium can't start");
    host_port(h, &(struct port_kind){.effect = &effect_web, .target = hook_target, .send = web_send, .give_up_us = WEB_GIVE_UP_US});
    return DONE;
}

void web_port_stop(void)
{
    curl_global_cleanup();
}
