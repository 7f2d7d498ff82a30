/* For who keeps copies: an open backup, and ports that are paused. */
#include <string.h>

#include "edge/api/api.h"
#include "engine/backup.h"
#include "engine/outcome.h"

#define TARGETS_MAX 256u /* told apart; the rest is counted together */

/* --- backup --- */

struct backup_request {
    struct engine_stats stats; /* of the state that it is to be of */
    const char *folder;        /* the workspace's */
    bool closes;
};

static void put_backup(struct request *r, const struct backup_request *b)
{
    char digest[PUBLIC_ID_TEXT_BYTES];
    struct json_writer *w = request_object_begin(r);
    member_text(w, "folder", arena_printf(request_arena(r), "%s/" BACKUP_FOLDER, b->folder));
    member_uint(w, "position", b->stats.position);
    member_time(w, "time", b->stats.time_us);
    member_text(w, "digest", public_id_text(b->stats.digest, digest));
    request_object_end(r, 200);
}

/* On a thread for long questions: some links a file. */
static void backup_run(void *context)
{
    struct request *r = context;
    const struct backup_request *b = r->context;
    struct err e = {0};
    struct backup_order order = {
        .folder = b->folder, .registry = host_registry(request_host(r)), .log_end = b->stats.position};
    struct status status = b->closes ? backup_close(b->folder, &e) : backup_open(&order, &e);
    if (failed(status))
        request_failed(r, status, &e);
    else
        put_backup(r, b);
}

static void backup_begin(struct request *r)
{
    struct backup_request *b = r->context;
    struct err e = {0};
    engine_stats(workspace_engine(r->workspace), &b->stats);
    b->folder = arena_text(request_arena(r), bytes_of_text(workspace_folder(r->workspace)));
    struct status status = host_background(request_host(r), backup_run, r, &e);
    if (failed(status))
        request_failed(r, status, &e);
}

void api_backup(struct request *r)
{
    struct backup_request *b = ARENA_NEW(request_arena(r), struct backup_request);
    b->closes = http_method(r->x) == HTTP_DELETE;
    r->context = b;
    request_read(r, NULL, backup_begin);
}

/* --- ports --- */

/* Effects in the outbox that go the same way. */
struct way {
    const struct effect_kind *effect;
    struct bytes target;
    uint64_t count;
    int64_t oldest_us;
};

struct ways {
    struct way *list;
    size_t count;
    uint64_t waiting;
};

static struct way *way_of(struct ways *ways, const struct effect_kind *effect, struct bytes target)
{
    for (size_t i = 0; i < ways->count; i++)
        if (ways->list[i].effect == effect && bytes_equal(ways->list[i].target, target))
            return &ways->list[i];
    if (ways->count == TARGETS_MAX)
        return NULL;
    ways->list[ways->count] = (struct way){.effect = effect, .target = target, .oldest_us = INT64_MAX};
    return &ways->list[ways->count++];
}

static struct ways outbox_count(const struct request *r, const struct view *v)
{
    struct ways ways = {.list = ARENA_ARRAY(v->arena, struct way, TARGETS_MAX)};
    struct bytes key = BYTES_LIT("\0"), value;
    for (; view_keyed_next(v, &outbox_family, key, ways.waiting > 0, &key, &value); ways.waiting++) {
        struct outbox_head head;
        memcpy(&head, value.data, sizeof head);
        const struct effect_kind *effect = registry_effect(v->registry, (uint32_t)key_number(key.data, 4));
        struct bytes payload = bytes_slice(value, sizeof head, value.size);
        struct way *way = effect == NULL ? NULL
                                         : way_of(&ways, effect, host_effect_target(request_host(r), effect, payload));
        if (way == NULL)
            continue;
        way->count++;
        way->oldest_us = head.asked_us < way->oldest_us ? head.asked_us : way->oldest_us;
    }
    return ways;
}

static void print_ports(struct request *r, const struct view *v, struct json_writer *w)
{
    struct ways ways = outbox_count(r, v);
    json_object_begin(w);
    member_bool(w, "paused", workspace_ports_paused(r->workspace));
    member_uint(w, "waiting", ways.waiting);
    json_key(w, "targets");
    json_array_begin(w);
    for (size_t i = 0; i < ways.count; i++) {
        json_object_begin(w);
        member_text(w, "effect", ways.list[i].effect->name);
        member_text_or_null(w, "target", ways.list[i].target);
        member_uint(w, "count", ways.list[i].count);
        member_time(w, "oldest", ways.list[i].oldest_us);
        json_object_end(w);
    }
    json_array_end(w);
    json_object_end(w);
}

void api_ports(struct request *r)
{
    request_print(r, print_ports);
}

static void ports_set(struct request *r)
{
    struct err e = {0};
    bool pauses = r->route->choice == PORTS_PAUSE;
    struct status status = workspace_ports_pause(r->workspace, pauses, &e);
    if (failed(status)) {
        request_failed(r, status, &e);
        return;
    }
    struct json_writer *w = request_object_begin(r);
    member_bool(w, "paused", pauses);
    request_object_end(r, 200);
}

void api_ports_set(struct request *r)
{
    request_read(r, NULL, ports_set);
}
