/* Verbs that work on a workspace's folder without a daemon: init, audit, repair. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/app.h"
#include "base/time.h"
#include "domain/access/access.h"
#include "engine/engine.h"
#include "engine/host.h"
#include "lib/pack.h"
#include "store/checkpoint.h"

#define PATH_BYTES_MAX 4096
#define FIRST_SEGMENT_BYTES (16u << 20)
#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyz0123456789-_" /* it stands in paths and URLs */

/* --- an engine by itself --- */

struct alone {
    char cold_path[PATH_BYTES_MAX];
    bool only_reads; /* a daemon may be at work in the same folder */
    struct disk *disk;
    struct engine_options options;
};

static struct cold *open_cold(void *context, const char *snapshot, struct err *e)
{
    const struct alone *a = context;
    struct cold *c = NULL;
    if (a->only_reads && snapshot != NULL)
        return failed(cold_open_read(a->cold_path, snapshot, COLD_MEMORY_BYTES_MAX, &c, e)) ? NULL : c;
    return a->only_reads ? cold_memory_create() : failed(cold_open(a->cold_path, snapshot, COLD_MEMORY_BYTES_MAX, &c, e)) ? NULL : c;
}

static void close_cold(void *context, struct cold *c)
{
    (void)context;
    cold_close(c);
}

/* A folder that is opened is made when it isn't there: whoever mistypes its name is told so instead. */
static fallible workspace_check(const char *folder, const char *name, uint64_t *out_secret, struct err *e)
{
    struct status status = workspace_secret_read(folder, name, out_secret, e);
    if (status.code != STATUS_NOT_FOUND)
        return status;
    return FAIL(e, NOT_FOUND, either("%s holds no workspace %s: make one with `kith init %s --workspace %s`", "%s 里没有工作区 %s:请用 `kith init %s --workspace %s` 新建"),
                folder, name, folder, name);
}

static fallible alone_open(struct alone *a, const char *folder, const char *name, const struct registry *registry, struct err *e)
{
    char path[PATH_BYTES_MAX];
    uint64_t secret;
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    (void)snprintf(a->cold_path, sizeof a->cold_path, "%s/%s/cold", folder, name);
    struct host_options defaults = app_host_options(folder, registry);
    TRY(workspace_check(folder, name, &secret, e));
    TRY(disk_open_real(path, &a->disk, e));
    a->options = (struct engine_options){
        .disk = a->disk,
        .cold_open = open_cold,
        .cold_close = close_cold,
        .context = a,
        .registry = registry,
        .apply_version = defaults.apply_version,
        .log_owner = workspace_log_owner(secret),
        .log_segment_bytes = defaults.log_segment_bytes,
        .checkpoint_log_bytes = defaults.checkpoint_log_bytes,
        .memory_bytes = defaults.memory_bytes,
        .threaded = false,
    };
    return DONE;
}

/* --- init --- */

static fallible file_make(const char *path, const char *text, struct err *e)
{
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0)
        return errno == EEXIST ? FAIL(e, EXISTS, "%s is there already", path) : FAIL(e, IO, "%s: %s", path, strerror(errno));
    ssize_t size = (ssize_t)strlen(text);
    bool good = write(file, text, (size_t)size) == size && fsync(file) == 0;
    good &= close(file) == 0;
    return good ? DONE : FAIL(e, IO, "%s: %s", path, strerror(errno));
}

static fallible folder_make(const char *path, struct err *e)
{
    if (mkdir(path, 0700) == 0 || errno == EEXIST)
        return DONE;
    return FAIL(e, IO, "%s: %s", path, strerror(errno));
}

static void secret_draw(char out_secret[SECRET_TEXT_BYTES])
{
    uint8_t random[TOKEN_SECRET_BYTES];
    char text[sodium_base64_ENCODED_LEN(TOKEN_SECRET_BYTES, sodium_base64_VARIANT_URLSAFE_NO_PADDING)];
    randombytes_buf(random, sizeof random);
    (void)sodium_bin2base64(text, sizeof text, random, sizeof random, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    (void)snprintf(out_secret, SECRET_TEXT_BYTES, "kith_%s", text);
}

static void answer_keep(struct submission *s, const struct answer *a)
{
    *(struct answer *)s->context = *a;
}

static fallible admin_token_send(struct engine *g, uint64_t workspace_secret, const char *secret, struct err *e)
{
    struct token t = {.name = "admin", .roles = 1u << ROLE_COLLECT | 1u << ROLE_READ | 1u << ROLE_WRITE | 1u << ROLE_ADMIN};
    token_secret_hash(workspace_secret, bytes_of_text(secret), t.secret_hash);
    struct buf payload;
    buf_init(&payload, 4096);
    token_pack(&payload, &t);
    struct answer answer = {.status = {STATUS_UNAVAILABLE}};
    struct submission s = {.command = registry_command(engine_registry(g), COMMAND_TOKEN), .payload = buf_bytes(&payload), .answered = answer_keep, .context = &answer};
    struct submission *one = &s;
    struct status status = engine_group(g, &one, 1, time_now_us(), e);
    buf_fini(&payload);
    return done(status) ? answer.status : status;
}

static fallible token_put_in(const char *folder, const char *name, uint64_t workspace_secret, const char *secret, struct err *e)
{
    struct alone a = {0};
    struct engine *g = NULL;
    struct registry *registry = NULL;
    TRY(app_registry(&registry, e));
    struct status status = alone_open(&a, folder, name, registry, e);
    a.options.log_segment_bytes = FIRST_SEGMENT_BYTES;
    if (done(status))
        status = engine_open(&a.options, &g, e);
    if (done(status))
        status = admin_token_send(g, workspace_secret, secret, e);
    engine_close(g);
    disk_close(a.disk);
    registry_destroy(registry);
    return status;
}

/* What was written with another secret is of no use to a new one, and must not be taken for it. */
static fallible emptiness_check(const char *folder, const char *name, struct err *e)
{
    if (!workspace_has_data(folder, name))
        return DONE;
    return FAIL(e, EXISTS, either("%s/%s holds the data of a workspace already: to go on with it, bring its workspace.json back from a copy if that is missing or damaged",
                                  "%s/%s 里已有工作区数据:如需继续使用,而 workspace.json 丢失或损坏,请从备份恢复该文件"),
                folder, name);
}

fallible workspace_make(const char *folder, const char *name, char out_secret[SECRET_TEXT_BYTES], struct err *e)
{
    char path[PATH_BYTES_MAX], text[256], when[TIME_TEXT_BYTES];
    if (*name == 0 || strlen(name) > WORKSPACE_NAME_BYTES_MAX || name[strspn(name, NAME_CHARACTERS)] != 0)
        return FAIL(e, INVALID, "a workspace's name has 1 to %u of the characters a-z, 0-9, - and _", WORKSPACE_NAME_BYTES_MAX);
    if (sodium_init() < 0)
        return FAIL(e, UNAVAILABLE, "this system gives no random numbers");
    uint64_t workspace_secret;
    randombytes_buf(&workspace_secret, sizeof workspace_secret);
    TRY(folder_make(folder, e));
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    TRY(folder_make(path, e));
    TRY(emptiness_check(folder, name, e));
    (void)snprintf(path, sizeof path, "%s/%s/workspace.json", folder, name);
    (void)snprintf(text, sizeof text, "{\"secret\":\"%016" PRIx64 "\",\"created\":\"%s\"}\n", workspace_secret, time_format(time_now_us(), when));
    TRY(file_make(path, text, e));
    secret_draw(out_secret);
    TRY(token_put_in(folder, name, workspace_secret, out_secret, e));
    (void)snprintf(path, sizeof path, "%s/%s/admin.token", folder, name);
    (void)snprintf(text, sizeof text, "%s\n", out_secret);
    return file_make(path, text, e);
}

int verb_init(struct arguments *a)
{
    const char *name = argument_option(a, "workspace"), *folder = argument_next(a);
    char secret[SECRET_TEXT_BYTES];
    struct err e = {0};
    if (!arguments_finished(a))
        return EXIT_USAGE;
    if (folder == NULL)
        return say_usage(verb_of(a));
    name = name == NULL ? "main" : name;
    struct status status = workspace_make(folder, name, secret, &e);
    if (failed(status)) {
        int code = say_failure(status, &e);
        return status.code == STATUS_EXISTS ? EXIT_REFUSED : code; /* not busy: it is there to stay */
    }
    printf(either("Workspace %s/%s is made. Its admin token, also kept in %s/%s/admin.token:\n%s\nNext: kith serve %s\n",
                  "工作区 %s/%s 已建立。管理员令牌(也保存在 %s/%s/admin.token):\n%s\n下一步:kith serve %s\n"),
           folder, name, folder, name, secret, folder);
    return EXIT_DONE;
}

/* --- audit --- */

int verb_audit(struct arguments *a)
{
    const char *name = argument_option(a, "workspace"), *folder = argument_next(a);
    struct err e = {0};
    struct registry *registry = NULL;
    struct alone alone = {.only_reads = true};
    struct audit audit;
    if (!arguments_finished(a))
        return EXIT_USAGE;
    if (folder == NULL)
        return say_usage(verb_of(a));
    struct status status = app_registry(&registry, &e);
    if (done(status))
        status = alone_open(&alone, folder, name == NULL ? "main" : name, registry, &e);
    if (done(status))
        status = engine_audit(&alone.options, &audit, &e);
    disk_close(alone.disk);
    registry_destroy(registry);
    if (failed(status))
        return say_failure(status, &e);
    printf(either("%" PRIu64 " commands replayed, positions %" PRIu64 " to %" PRIu64 ": the digest is the checkpoint's, %016" PRIx64 "%016" PRIx64 ".\n",
                  "已重放 %" PRIu64 " 条命令,位置 %" PRIu64 " 至 %" PRIu64 ":摘要与检查点一致,%016" PRIx64 "%016" PRIx64 "。\n"),
           audit.commands, audit.from, audit.until, audit.digest.high, audit.digest.low);
    return EXIT_DONE;
}

/* --- repair --- */

/* What the state on disk stands on. */
static fallible needed_read(struct disk *disk, uint64_t *out_needed, struct err *e)
{
    struct checkpoint_mark mark = {0};
    struct status status = checkpoint_mark_read(disk, 0, &mark, e);
    *out_needed = mark.position;
    return status.code == STATUS_NOT_FOUND ? DONE : status;
}

static fallible damage_cut(const char *folder, const char *name, uint64_t *out_lost, struct err *e)
{
    char path[PATH_BYTES_MAX];
    struct disk *disk = NULL;
    uint64_t secret;
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    TRY(workspace_check(folder, name, &secret, e));
    struct log_options options = {
        .folder = "log", .segment_bytes = FIRST_SEGMENT_BYTES, .apply_version = APPLY_VERSION, .owner = workspace_log_owner(secret)};
    struct status status = disk_open_real(path, &disk, e);
    if (done(status))
        status = disk_lock(disk, "LOCK", e);
    struct log_cut cut = {.now_us = time_now_us()};
    if (done(status))
        status = needed_read(disk, &cut.needed, e);
    if (done(status))
        status = log_repair(disk, &options, &cut, out_lost, e);
    disk_close(disk);
    return status;
}

int verb_repair(struct arguments *a)
{
    const char *name = argument_option(a, "workspace");
    bool yes = argument_flag(a, "yes");
    const char *folder = argument_next(a);
    struct err e = {0};
    uint64_t lost = 0;
    if (!arguments_finished(a))
        return EXIT_USAGE;
    if (folder == NULL || !yes) {
        fprintf(stderr, "%s\n", either("Repair cuts the log at its first bad record. What is behind it is kept aside, but is lost to Kith: say --yes.",
                                       "修复会在首个损坏记录处截断日志,其后的内容另存但不再生效:请加 --yes 确认。"));
        return say_usage(verb_of(a));
    }
    struct status status = damage_cut(folder, name == NULL ? "main" : name, &lost, &e);
    if (failed(status))
        return say_failure(status, &e);
    if (lost == 0)
        printf("%s\n", either("The log is whole: nothing was cut.", "日志完好,没有截断任何内容。"));
    else
        printf(either("%" PRIu64 " bytes were put aside.\n", "已另存 %" PRIu64 " 字节。\n"), lost);
    return EXIT_DONE;
}
