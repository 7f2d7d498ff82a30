#include "app/alone.h"

#include <stdio.h>

#include "base/time.h"
#include "domain/access/access.h"
#include "engine/host.h"

/* A daemon may be at work in the same folder, so an audit has a store of its own: of a snapshot it takes the files, which never
 * change, as links. */
static fallible snapshot_borrow(const struct alone *a, const char *cold_folder, const char *snapshot, struct err *e)
{
    char its_folder[COLD_PATH_BYTES_MAX], from[COLD_PATH_BYTES_MAX], to[COLD_PATH_BYTES_MAX];
    TRY(cold_path(its_folder, a->path, "cold", e));
    TRY(cold_path(from, its_folder, snapshot, e));
    TRY(cold_path(to, cold_folder, snapshot, e));
    TRY(cold_folder_make(cold_folder, e));
    return cold_folder_link(from, to, e);
}

static struct cold *open_cold(void *context, const char *snapshot, struct err *e)
{
    const struct alone *a = context;
    struct cold *c = NULL;
    char path[COLD_PATH_BYTES_MAX];
    bool audits = a->scratch != NULL;
    struct status status = cold_path(path, audits ? a->scratch_path : a->path, "cold", e);
    if (done(status) && audits && snapshot != NULL)
        status = snapshot_borrow(a, path, snapshot, e);
    if (done(status))
        status = cold_open(path, snapshot, a->options.memory_bytes / ENGINE_COLD_SHARE, &c, e);
    return failed(status) ? NULL : c;
}

static void close_cold(void *context, struct cold *c)
{
    (void)context;
    cold_close(c);
}

fallible workspace_check(const char *folder, const char *name, uint64_t *out_secret, struct err *e)
{
    struct status status = workspace_secret_read(folder, name, out_secret, e);
    if (status.code != STATUS_NOT_FOUND)
        return status;
    return FAIL(e, NOT_FOUND,
                either("%s holds no workspace %s: make one with `kith init %s --workspace %s`",
                       "%s 里没有工作区 %s:请用 `kith init %s --workspace %s` 新建"),
                folder, name, folder, name);
}

fallible alone_open(struct alone *a, const char *folder, const char *name, const struct registry *registry,
                    struct err *e)
{
    (void)snprintf(a->path, sizeof a->path, "%s/%s", folder, name);
    struct host_options defaults = app_host_options(folder, registry);
    TRY(workspace_check(folder, name, &a->secret, e));
    TRY(disk_open_real(a->path, &a->disk, e));
    a->options = (struct engine_options){
        .disk = a->disk,
        .cold_open = open_cold,
        .cold_close = close_cold,
        .context = a,
        .registry = registry,
        .apply_version = defaults.apply_version,
        .log_owner = workspace_log_owner(a->secret),
        .log_segment_bytes = defaults.log_segment_bytes,
        .checkpoint_log_bytes = defaults.checkpoint_log_bytes,
        .memory_bytes = defaults.memory_bytes,
        .threaded = false,
    };
    return DONE;
}

static void answer_keep(struct submission *s, const struct answer *a)
{
    *(struct answer *)s->context = *a;
}

fallible alone_send(struct engine *g, uint32_t command_id, struct bytes payload, bool *out_taken, struct err *e)
{
    struct answer answer = {.status = {STATUS_UNAVAILABLE}};
    struct submission s = {.command = registry_command(engine_registry(g), command_id),
                           .payload = payload,
                           .answered = answer_keep,
                           .context = &answer};
    struct submission *one = &s;
    TRY(engine_group(g, &one, 1, time_now_us(), e));
    while (answer.status.code == STATUS_UNAVAILABLE)
        TRY(engine_group(g, NULL, 0, time_now_us(), e)); /* for rows that are cold */
    *out_taken = done(answer.status) && answer.refusal == NULL;
    return answer.status;
}

fallible alone_token_put(const struct alone *a, struct engine *g, const char *secret, struct err *e)
{
    struct token t = {.name = "admin",
                      .roles = 1u << ROLE_COLLECT | 1u << ROLE_READ | 1u << ROLE_WRITE | 1u << ROLE_ADMIN};
    bool taken;
    token_secret_hash(a->secret, bytes_of_text(secret), t.secret_hash);
    struct buf payload;
    buf_init(&payload, 4096);
    token_pack(&payload, &t);
    struct status status = alone_send(g, COMMAND_TOKEN, buf_bytes(&payload), &taken, e);
    buf_fini(&payload);
    return status;
}

/* Empty, whatever an audit that was killed has left there. */
fallible alone_scratch_open(struct alone *a, struct err *e)
{
    char cold[COLD_PATH_BYTES_MAX];
    TRY(cold_path(a->scratch_path, a->path, "audit", e));
    TRY(disk_open_real(a->scratch_path, &a->scratch, e));
    struct status status = WRAP(e, disk_lock(a->scratch, "LOCK", e), "another audit");
    if (failed(status)) {
        disk_close(a->scratch);
        a->scratch = NULL;
        return status;
    }
    a->options.scratch = a->scratch;
    TRY(cold_path(cold, a->scratch_path, "cold", e));
    TRY(cold_folder_remove(cold, e));
    return disk_remove(a->scratch, "CHECKPOINT", e);
}

void alone_close(struct alone *a)
{
    if (a->scratch != NULL)
        folder_remove(a->scratch_path); /* while it is locked */
    disk_close(a->scratch);
    disk_close(a->disk);
}
