/* Talking to a daemon over HTTP. One client belongs to one thread; it keeps its connection. */
#pragma once

#include "app/app.h"
#include "base/bytes.h"

#define CLIENT_URL_DEFAULT "http://127.0.0.1:7070"
#define CLIENT_REPLY_BYTES_MAX (64u << 20)

struct client;

struct client_options {
    const char *url;       /* "http://127.0.0.1:7070" */
    const char *token;     /* NULL: none */
    const char *workspace; /* NULL: the daemon's default one */
};

fallible client_create(const struct client_options *options, struct client **out_client, struct err *e);
void client_destroy(struct client *c); /* NULL is fine */
struct client *client_again(const struct client *c); /* another connection to the same daemon, as the same */

/* By the options every such verb has: --url or KITH_URL; --token or KITH_TOKEN, or the admin's out of --folder DIR or
 * KITH_FOLDER; --workspace. */
fallible client_of_arguments(struct arguments *a, struct client **out_client, struct err *e);
/* The same for a verb that has a folder of workspaces: the admin's token is that of `folder`. */
fallible client_of_folder(struct arguments *a, const char *folder, struct client **out_client, struct err *e);

struct client_call {
    const char *method; /* "GET" */
    const char *path;   /* "/api/v1/stats", with its query */
    struct bytes body;  /* JSON or NDJSON; none: no body */
};
struct client_reply {
    long status;         /* of HTTP: 200 … 599 */
    long retry_after_s;  /* 0: not said */
    struct bytes body;   /* until the next call */
    const char *zone;    /* by whose clocks the workspace goes, such as "Asia/Shanghai"; NULL: not said. Until the next call */
};
/* Any answer of the daemon is a success. UNAVAILABLE: nobody answers there; LIMIT: the answer is too long. */
fallible client_send(struct client *c, const struct client_call *call, struct client_reply *out_reply, struct err *e);

/* The bytes of a success as they arrive; `take` returns false to end it. What isn't one comes as a reply of client_send. UNAVAILABLE
 * also when it breaks off: what was taken is then not the whole. */
typedef bool (*client_take)(void *context, struct bytes piece);
fallible client_stream(struct client *c, const struct client_call *call, client_take take, void *context,
                       struct client_reply *out_reply, struct err *e);

/* Appends the text as a step of a path or a value of a query: %XX for all but letters, digits and -._~: */
void url_push(struct buf *out, struct bytes text);
