/* Waking a workspace and letting it sleep. */
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "engine/engine_priv.h"
#include "engine/host_priv.h"
#include "lib/json.h"

#define OPEN_RETRY_US (5 * US_PER_SECOND)
#define PATH_BYTES_MAX 4096
#define FILE_NAME "workspace.json"
#define FILE_BYTES_MAX 65536

static fallible secret_read(struct bytes text, uint64_t *out_secret, struct err *e)
{
    struct json_parser *parser = json_parser_create(FILE_BYTES_MAX);
    if (parser == NULL)
        return FAIL(e, FULL, "no memory");
    struct json root;
    struct status status = json_parse(parser, text, &root, e);
    unsigned long long secret = 0;
    char hex[17] = "";
    if (done(status)) {
        struct bytes word = json_string(json_find(root, BYTES_LIT("secret")));
        if (word.size == 16)
            memcpy(hex, word.data, 16);
        if (sscanf(hex, "%16llx", &secret) != 1)
            status = FAIL(e, CORRUPT, "'secret' is not sixteen hexadecimal digits");
    }
    json_parser_destroy(parser);
    if (done(status))
        *out_secret = secret;
    return status;
}

fallible workspace_read_file(const char *folder, const char *name, uint64_t *out_secret, struct err *e)
{
    char path[PATH_BYTES_MAX];
    (void)snprintf(path, sizeof path, "%s/%s/%s", folder, name, FILE_NAME);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return FAIL(e, NOT_FOUND, "%s: no such workspace", name);
    char text[FILE_BYTES_MAX];
    size_t size = fread(text, 1, sizeof text, file);
    (void)fclose(file);
    return WRAP(e, secret_read(bytes_of(text, size), out_secret, e), "%s", path);
}

/* --- the engine's hooks --- */

static struct cold *open_cold(void *context, const char *snapshot, struct err *e)
{
    const struct workspace *w = context;
    char path[PATH_BYTES_MAX];
    (void)snprintf(path, sizeof path, "%s/%s/cold", w->host->options.folder, w->name);
    struct cold *c = NULL;
    return failed(cold_open(path, snapshot, &c, e)) ? NULL : c;
}

static void close_cold(void *context, struct cold *c)
{
    (void)context;
    cold_close(c);
}

/* Looked at for every fact: a count and a few pointers, no lock. */
static bool wants_fact(void *context, const struct fact_kind *kind)
{
    struct workspace *w = context;
    if (atomic_load_explicit(&w->listeners_of_all, memory_order_relaxed) > 0)
        return true;
    unsigned count = atomic_load_explicit(&w->wanted_count, memory_order_acquire);
    for (unsigned i = 0; i < count; i++)
        if (w->wanted[i] == kind)
            return true;
    return false;
}

static void hear_fact(void *context, uint64_t position, const struct fact_kind *kind, enum cause cause, int64_t time_us, struct bytes json)
{
    struct workspace *w = context;
    (void)pthread_mutex_lock(&w->host->lock);
    for (const struct host_listener *l = w->host->listeners; l != NULL; l = l->next)
        if (l->workspace == w && (l->kind == NULL || l->kind == kind))
            l->told(l->context, position, kind, cause, time_us, json);
    (void)pthread_mutex_unlock(&w->host->lock);
}

static void hear_effect(void *context, const struct effect_kind *kind, struct bytes key, struct bytes payload)
{
    const struct workspace *w = context;
    ports_take(w->ports, kind, key, payload);
}

static fallible engine_wake(struct workspace *w, struct err *e)
{
    char path[PATH_BYTES_MAX];
    const struct host_options *o = &w->host->options;
    (void)snprintf(path, sizeof path, "%s/%s", o->folder, w->name);
    TRY(disk_open_real(path, &w->disk, e));
    TRY(disk_lock(w->disk, "LOCK", e));
    struct engine_options options = {
        .disk = w->disk,
        .cold_open = open_cold,
        .cold_close = close_cold,
        .context = w,
        .registry = o->registry,
        .apply_version = o->apply_version,
        .log_segment_bytes = o->log_segment_bytes,
        .checkpoint_log_bytes = o->checkpoint_log_bytes,
        .memory_bytes = o->memory_bytes,
        .disk_reserve_bytes = o->disk_reserve_bytes,
        .threaded = true,
    };
    return engine_open(&options, &w->engine, e);
}

fallible workspace_wake(struct workspace *w, struct err *e)
{
    int64_t now_us = time_monotonic_us();
    w->last_message_us = now_us;
    if (w->engine != NULL)
        return DONE;
    if (now_us < w->not_before_us) {
        *e = w->trouble;
        return (struct status){STATUS_UNAVAILABLE};
    }
    struct status status = WRAP(e, engine_wake(w, e), "workspace %s", w->name);
    if (failed(status)) {
        disk_close(w->disk);
        w->disk = NULL;
        w->trouble = *e;
        w->trouble_code = status.code;
        w->not_before_us = now_us + OPEN_RETRY_US;
        return status;
    }
    log_clock_init(&w->clock, time_now_us(), now_us, HOST_CLOCK_JUMP_US);
    w->around = (struct work_surroundings){.log = engine_log(w->engine), .disk = w->disk, .stop = &w->host->stop};
    w->ports = ports_create(w);
    engine_hook(w->engine, &(struct engine_hooks){.context = w, .wants = wants_fact, .fact = hear_fact, .effect = hear_effect});
    atomic_fetch_add(&w->host->awake, 1);
    if (w->host->options.woken != NULL)
        w->host->options.woken(w->host->options.context, w, w->engine);
    engine_outbox_replay(w->engine);
    return DONE;
}

void workspace_sleep(struct workspace *w, bool checkpoint)
{
    if (w->engine == NULL)
        return;
    struct err e = {0};
    if (checkpoint && failed(engine_checkpoint(w->engine, true, &e)))
        engine_trouble(w->engine, &e); /* the log has everything all the same */
    ports_destroy(w->ports);
    w->ports = NULL;
    engine_close(w->engine);
    w->engine = NULL;
    disk_close(w->disk);
    w->disk = NULL;
    atomic_fetch_sub(&w->host->awake, 1);
}

const char *workspace_trouble(const struct workspace *w)
{
    return w->trouble.text[0] == 0 ? "the process is stopping" : w->trouble.text;
}

struct status workspace_trouble_status(const struct workspace *w)
{
    return (struct status){w->trouble_code};
}

struct host *workspace_host(const struct workspace *w)
{
    return w->host;
}

const char *workspace_name(const struct workspace *w)
{
    return w->name;
}

uint64_t workspace_secret(const struct workspace *w)
{
    return w->secret;
}

void *workspace_attachment(const struct workspace *w)
{
    return atomic_load_explicit(&w->attachment, memory_order_acquire);
}

void workspace_attach(struct workspace *w, void *attachment)
{
    atomic_store_explicit(&w->attachment, attachment, memory_order_release);
}

const struct work_surroundings *workspace_surroundings(const struct workspace *w)
{
    return &w->around;
}

struct engine *workspace_engine(const struct workspace *w)
{
    return w->engine;
}
