/* Waking a workspace and letting it sleep. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/time.h"
#include "engine/backup.h"
#include "engine/engine_priv.h"
#include "engine/host_priv.h"
#include "lib/json.h"

#define OPEN_RETRY_US (5 * US_PER_SECOND)
#define ALARMS_EVERY_US US_PER_SECOND
#define PATH_BYTES_MAX 4096
#define FILE_NAME "workspace.json"
#define FILE_BYTES_MAX 65536
#define RESTORE_WORDS "bring this file back from a copy; a new one would have another secret, and nobody would be known by it"

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

bool workspace_has_data(const char *folder, const char *name)
{
    static const char *const written[] = {"log", "CHECKPOINT"};
    char path[PATH_BYTES_MAX];
    for (size_t i = 0; i < COUNT_OF(written); i++) {
        (void)snprintf(path, sizeof path, "%s/%s/%s", folder, name, written[i]);
        if (access(path, F_OK) == 0)
            return true;
    }
    return false;
}

fallible workspace_secret_read(const char *folder, const char *name, uint64_t *out_secret, struct err *e)
{
    char path[PATH_BYTES_MAX], text[FILE_BYTES_MAX];
    struct err why = {0};
    (void)snprintf(path, sizeof path, "%s/%s/%s", folder, name, FILE_NAME);
    FILE *file = fopen(path, "re");
    if (file == NULL && !workspace_has_data(folder, name))
        return FAIL(e, NOT_FOUND, "%s: no such workspace", name);
    if (file == NULL)
        return FAIL(e, CORRUPT, "%s: %s: " RESTORE_WORDS, path, strerror(errno));
    size_t size = fread(text, 1, sizeof text, file);
    (void)fclose(file);
    if (failed(secret_read(bytes_of(text, size), out_secret, &why)))
        return FAIL(e, CORRUPT, "%s: %s: " RESTORE_WORDS, path, why.text);
    return DONE;
}

uint64_t workspace_log_owner(uint64_t secret)
{
    return hash64(BYTES_LIT("kith workspace"), secret) | 1;
}

/* --- the engine's hooks --- */

static struct cold *open_cold(void *context, const char *snapshot, struct err *e)
{
    const struct workspace *w = context;
    char path[PATH_BYTES_MAX];
    (void)snprintf(path, sizeof path, "%s/%s/cold", w->host->options.folder, w->name);
    struct cold *c = NULL;
    return failed(cold_open(path, snapshot, w->memory_bytes / ENGINE_COLD_SHARE, &c, e)) ? NULL : c;
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

static void hear_finished(void *context)
{
    const struct workspace *w = context;
    queue_wake(w->host->queue);
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
    TRY(backup_close(path, e)); /* whoever had one open was copying from it, and has no daemon any more */
    struct engine_options options = {
        .disk = w->disk,
        .cold_open = open_cold,
        .cold_close = close_cold,
        .context = w,
        .registry = o->registry,
        .apply_version = o->apply_version,
        .log_owner = workspace_log_owner(w->secret),
        .log_segment_bytes = o->log_segment_bytes,
        .checkpoint_log_bytes = o->checkpoint_log_bytes,
        .memory_bytes = w->memory_bytes,
        .disk_reserve_bytes = o->disk_reserve_bytes,
        .threaded = true,
    };
    return engine_open(&options, &w->engine, e);
}

static void warn(const struct workspace *w, const char *words)
{
    const struct host_options *o = &w->host->options;
    if (o->warned != NULL)
        o->warned(o->context, w, words);
}

/* The alarm of this place in the order of the domains; NULL: there are no more. */
static const struct alarm *alarm_at(const struct workspace *w, size_t at)
{
    const struct registry *r = w->host->options.registry;
    for (size_t i = 0; i < registry_domain_count(r); i++) {
        const struct domain *d = registry_domain(r, i);
        if (at < d->alarm_count)
            return &d->alarms[at];
        at -= d->alarm_count;
    }
    return NULL;
}

static bool has_begun(const struct workspace *w, size_t at)
{
    assert(at < ALARMS_MAX);
    return (w->alarms >> at & 1) != 0;
}

static void alarms_hear(const struct view *v, void *context)
{
    struct workspace *w = context;
    const struct host_options *o = &w->host->options;
    const struct alarm *alarm;
    for (size_t at = 0; (alarm = alarm_at(w, at)) != NULL; at++) {
        bool rings = alarm->rings(v);
        if (rings == has_begun(w, at))
            continue;
        w->alarms ^= UINT64_C(1) << at;
        w->alarms_since_us[at] = v->now_us;
        if (o->alarmed != NULL)
            o->alarmed(o->context, w, alarm, rings);
    }
}

size_t workspace_ringing(const struct workspace *w, const struct view *v, struct ringing out_ringing[ALARMS_MAX])
{
    const struct alarm *alarm;
    size_t count = 0;
    for (size_t at = 0; (alarm = alarm_at(w, at)) != NULL; at++)
        if (alarm->rings(v))
            out_ringing[count++] = (struct ringing){alarm, has_begun(w, at) ? w->alarms_since_us[at] : v->now_us};
    return count;
}

void workspace_alarms_hear(struct workspace *w, int64_t now_us)
{
    if (now_us < w->alarms_due_us)
        return;
    w->alarms_due_us = now_us + ALARMS_EVERY_US;
    engine_read(w->engine, alarms_hear, w);
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
    memory_divide(w->host, w);
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
    engine_hook(w->engine, &(struct engine_hooks){.context = w, .wants = wants_fact, .fact = hear_fact, .effect = hear_effect, .finished = hear_finished});
    atomic_fetch_add(&w->host->awake, 1);
    struct engine_stats stats;
    engine_stats(w->engine, &stats);
    if (stats.trouble != NULL)
        warn(w, stats.trouble);
    if (w->host->options.woken != NULL)
        w->host->options.woken(w->host->options.context, w, w->engine);
    engine_outbox_replay(w->engine);
    return DONE;
}

/* Without it the log has everything all the same, and the next start takes its time. */
static void last_checkpoint(const struct workspace *w)
{
    struct err e = {0}, words = {0};
    struct engine_stats stats;
    if (failed(engine_checkpoint(w->engine, true, &e)))
        engine_trouble(w->engine, &e);
    engine_stats(w->engine, &stats);
    if (stats.checkpoint_position == stats.position)
        return;
    err_set(&words, "closed without its checkpoint, so the next start replays the log: %s", stats.trouble == NULL ? "" : stats.trouble);
    warn(w, words.text);
}

void workspace_sleep(struct workspace *w, bool checkpoint)
{
    if (w->engine == NULL)
        return;
    if (checkpoint)
        last_checkpoint(w);
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

const char *workspace_folder(const struct workspace *w)
{
    return disk_root(w->disk);
}

struct engine *workspace_engine(const struct workspace *w)
{
    return w->engine;
}
