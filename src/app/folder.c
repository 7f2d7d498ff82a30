/* Verbs that work on a workspace's folder without a daemon: init, audit, repair. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/alone.h"
#include "base/time.h"
#include "domain/access/access.h"
#include "domain/all.h"
#include "engine/engine.h"
#include "engine/host.h"
#include "lib/pack.h"
#include "store/checkpoint.h"
#include "store/cold_folder.h"

#define PATH_BYTES_MAX 4096
#define REMOVE_FILES_MAX 16 /* open at once */
#define FIRST_SEGMENT_BYTES (1u << 20)
#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyz0123456789-_" /* it stands in paths and URLs */

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

static fallible token_put_in(const char *folder, const char *name, const char *secret, struct err *e)
{
    struct alone a = {0};
    struct engine *g = NULL;
    struct registry *registry = NULL;
    TRY(registry_of_all(&registry, e));
    struct status status = alone_open(&a, folder, name, registry, e);
    a.options.log_segment_bytes = FIRST_SEGMENT_BYTES;
    if (done(status))
        status = engine_open(&a.options, &g, e);
    if (done(status))
        status = alone_token_put(&a, g, secret, e);
    engine_close(g);
    alone_close(&a);
    registry_destroy(registry);
    return status;
}

fallible admin_token_make(const char *folder, const char *name, char out_secret[SECRET_TEXT_BYTES], struct err *e)
{
    char path[PATH_BYTES_MAX], text[SECRET_TEXT_BYTES + 1];
    if (sodium_init() < 0)
        return FAIL(e, UNAVAILABLE, "this system gives no random numbers");
    secret_draw(out_secret);
    TRY(token_put_in(folder, name, out_secret, e));
    (void)snprintf(path, sizeof path, "%s/%s/admin.token", folder, name);
    (void)snprintf(text, sizeof text, "%s\n", out_secret);
    return file_make(path, text, e);
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
    return admin_token_make(folder, name, out_secret, e);
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

static int file_remove(const char *path, const struct stat *about, int kind, struct FTW *place)
{
    (void)about, (void)kind, (void)place;
    return remove(path);
}

void folder_remove(const char *path)
{
    (void)nftw(path, file_remove, REMOVE_FILES_MAX, FTW_DEPTH | FTW_PHYS);
}

static fallible audit_run(const char *folder, const char *name, size_t memory_bytes, struct audit *out_audit, struct err *e)
{
    struct registry *registry = NULL;
    struct alone alone = {0};
    struct status status = registry_of_all(&registry, e);
    if (done(status))
        status = alone_open(&alone, folder, name, registry, e);
    alone.options.memory_bytes = memory_bytes;
    if (done(status))
        status = alone_scratch_open(&alone, e);
    if (done(status))
        status = engine_audit(&alone.options, out_audit, e);
    alone_close(&alone);
    registry_destroy(registry);
    return status;
}

int verb_audit(struct arguments *a)
{
    const char *name = argument_option(a, "workspace");
    struct err e = {0};
    struct audit audit;
    size_t memory_bytes = MEMORY_DEFAULT;
    struct status status = argument_size(a, "memory", &memory_bytes, &e);
    const char *folder = argument_next(a);
    if (!arguments_finished(a))
        return EXIT_USAGE;
    if (folder == NULL)
        return say_usage(verb_of(a));
    if (failed(status)) {
        (void)say_failure(status, &e);
        return EXIT_USAGE;
    }
    status = audit_run(folder, name == NULL ? "main" : name, memory_bytes, &audit, &e);
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
