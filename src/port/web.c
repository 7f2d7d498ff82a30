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

/* What one post needs; the bytes are borrowed. */
struct post {
    const char *url;
    struct bytes key, secret, body;
};

static size_t answer_take(const char *data, size_t size, size_t count, void *context)
{
    struct buf *words = context;
    struct bytes more = bytes_of(data, size * count);
    if (words->size < ANSWER_BYTES_KEPT)
        buf_push(words, bytes_slice(more, 0, more.size < ANSWER_BYTES_KEPT - words->size ? more.size : ANSWER_BYTES_KEPT - words->size));
    return size * count; /* the rest of the answer is of no interest */
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

static struct status verdict(CURLcode rc, long http_status, struct buf *out_words)
{
    if (rc != CURLE_OK) {
        buf_clear(out_words);
        buf_push_text(out_words, curl_easy_strerror(rc));
        return (struct status){rc == CURLE_URL_MALFORMAT || rc == CURLE_UNSUPPORTED_PROTOCOL ? STATUS_INVALID : STATUS_UNAVAILABLE};
    }
    if (http_status >= 200 && http_status < 300)
        return DONE;
    bool later = http_status == 408 || http_status == 429 || http_status >= 500;
    return (struct status){later ? STATUS_UNAVAILABLE : STATUS_INVALID};
}

static struct status post_send(const struct post *p, struct buf *out_words)
{
    CURL *curl = curl_easy_init();
    if (curl == NULL)
        return (struct status){STATUS_UNAVAILABLE};
    struct curl_slist *headers = headers_make(p);
    long http_status = 0;
    (void)curl_easy_setopt(curl, CURLOPT_URL, p->url);
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS_MAX);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT, ANSWER_SECONDS_MAX);
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)p->body.size);
    (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, p->body.data);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, answer_take);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, out_words);
    CURLcode rc = curl_easy_perform(curl);
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &http_status);
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    return verdict(rc, http_status, out_words);
}

static struct status web_send(void *context, struct workspace *w, struct bytes key, struct bytes payload, struct buf *out_words)
{
    (void)context, (void)w;
    struct unpack u = unpack_of(payload);
    struct bytes target = unpack_bytes(&u), secret = unpack_bytes(&u);
    char url[HOOK_TARGET_BYTES_MAX + 1];
    assert(target.size < sizeof url);
    memcpy(url, target.data, target.size);
    url[target.size] = 0;
    return post_send(&(struct post){.url = url, .key = key, .secret = secret, .body = unpack_rest(&u)}, out_words);
}

fallible web_port_start(struct host *h, struct err *e)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || sodium_init() < 0)
        return FAIL(e, UNAVAILABLE, "libcurl or libsodium can't start");
    host_port(h, &(struct port_kind){.effect = &effect_web, .send = web_send});
    return DONE;
}

void web_port_stop(void)
{
    curl_global_cleanup();
}
