/* kith backup, kith restore, kith ports. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/alone.h"
#include "app/arguments.h"
#include "app/backup/set.h"
#include "app/verbs/erased.h"
#include "app/verbs/errand.h"
#include "base/time.h"
#include "domain/all.h"
#include "domain/identity/identity.h"
#include "edge/api/api.h"
#include "engine/backup.h"
#include "engine/host.h"
#include "store/checkpoint.h"

#define PATH_BYTES_MAX COLD_PATH_BYTES_MAX
#define RATE_USUAL ((size_t)300 << 20) /* bytes a second */
#define WORKSPACE_USUAL "main"
#define VERIFYING "verify" /* in the set's folder */

/* What the verbs work on. */
struct keeping {
    struct arena *arena;
    const char *workspace;
    bool json;
    struct backup_pace pace;
    struct progress progress;
    uint64_t so_far;
    struct registry *registry;
    struct backup_set *set;
};

static void far_told(void *context, uint64_t bytes)
{
    struct keeping *k = context;
    k->so_far += bytes;
    progress_show(&k->progress, k->so_far >> 20);
}

static fallible keeping_open(struct keeping *k, struct arguments *a, struct err *e)
{
    const char *workspace = argument_option(a, "workspace");
    size_t rate = RATE_USUAL;
    *k = (struct keeping){.workspace = workspace == NULL ? WORKSPACE_USUAL : workspace, .arena = arena_create(1 << 16)};
    k->json = argument_flag(a, "json");
    TRY(argument_size(a, "rate", &rate, e));
    k->pace = (struct backup_pace){.bytes_a_second = rate, .told = far_told, .context = k};
    return registry_of_all(&k->registry, e);
}

static int keeping_close(struct keeping *k, int code)
{
    backup_set_close(k->set);
    registry_destroy(k->registry);
    arena_destroy(k->arena);
    return code;
}

static fallible set_open(struct keeping *k, const char *folder, bool makes, struct err *e)
{
    if (makes)
        TRY(cold_folder_make(folder, e));
    return backup_set_open(arena_printf(k->arena, "%s/%s", folder, k->workspace), makes, &k->set, e);
}

static const char *backup_words(struct keeping *k, const struct backup *b)
{
    char time[TIME_TEXT_BYTES], position[GROUPED_BYTES], size[GROUPED_BYTES];
    return arena_printf(k->arena, either("%s  %s UTC  position %s  %s MB", "%s  %s UTC  位点 %s  %s MB"), b->name,
                        time_format(b->taken_us, time), grouped(b->position, position), grouped(b->bytes >> 20, size));
}

/* --- backup DIR --- */

/* A workspace while it is copied. */
struct origin {
    const char *folder;         /* the workspace's */
    struct disk *turn, *locked; /* one backup at a time; locked: there is no daemon, and none may begin */
    struct errand *errand;      /* to the daemon, where there is one */
    bool is_open;
};

/* The daemon's answer, as far as a backup needs it. */
static fallible opened_read(struct json root, struct backup *b, struct err *e)
{
    struct json position = json_find(root, BYTES_LIT("position"));
    b->has_digest = public_id_read(json_string(json_find(root, BYTES_LIT("digest"))), &b->digest);
    if (!json_uint64(position, &b->position) || !b->has_digest)
        return FAIL(e, UNAVAILABLE, "the daemon's answer is not understood: is it of another version?");
    return time_parse(json_string(json_find(root, BYTES_LIT("time"))), &b->time_us, e);
}

static int errand_to(struct origin *o, const char *method)
{
    buf_clear(&o->errand->path);
    errand_path_text(o->errand, "/api/v1/backup");
    return errand_send(o->errand, method);
}

/* Without a daemon: the end of the log, and the digest there if the last checkpoint stands there. */
static fallible end_read(const struct keeping *k, const struct origin *o, uint64_t secret, struct backup *b,
                         struct err *e)
{
    struct log *log = NULL;
    struct checkpoint_mark mark = {0};
    struct host_options defaults = app_host_options(o->folder, k->registry);
    struct log_options options = {.folder = "log",
                                  .segment_bytes = defaults.log_segment_bytes,
                                  .apply_version = defaults.apply_version,
                                  .owner = workspace_log_owner(secret),
                                  .read_only = true};
    TRY(log_open(o->locked, &options, &log, e));
    b->position = log_end(log);
    b->time_us = log_time_us(log);
    log_close(log);
    struct status status = checkpoint_mark_read(o->locked, 0, &mark, e);
    b->has_digest = done(status) && mark.position == b->position;
    b->digest = mark.digest;
    return status.code == STATUS_NOT_FOUND ? DONE : status;
}

static fallible alone_begin(const struct keeping *k, struct origin *o, uint64_t secret, struct backup *b, struct err *e)
{
    TRY(end_read(k, o, secret, b, e));
    struct backup_order order = {.folder = o->folder, .registry = k->registry, .log_end = b->position};
    return backup_open(&order, e);
}

/* *out_code: what to tell the shell when the daemon said why it won't. */
static fallible origin_open(const struct keeping *k, struct origin *o, const char *folder, struct backup *b,
                            int *out_code, struct err *e)
{
    uint64_t secret;
    TRY(workspace_check(folder, k->workspace, &secret, e));
    o->folder = arena_printf(k->arena, "%s/%s", folder, k->workspace);
    TRY(disk_open_real(o->folder, &o->turn, e));
    TRY(WRAP(e, disk_lock(o->turn, "BACKUP", e), "another backup"));
    TRY(disk_open_real(o->folder, &o->locked, e));
    struct status status = disk_lock(o->locked, "LOCK", e);
    o->is_open = true;
    if (done(status))
        return alone_begin(k, o, secret, b, e);
    if (status.code != STATUS_EXISTS)
        return status;
    disk_close(o->locked);
    o->locked = NULL;
    TRY(client_of_folder(o->errand->arguments, folder, &o->errand->client, e));
    *out_code = errand_to(o, "POST");
    return *out_code == EXIT_DONE ? opened_read(o->errand->root, b, e) : DONE;
}

static void origin_close(struct origin *o)
{
    struct err ignored;
    if (o->is_open && o->locked != NULL)
        (void)backup_close(o->folder, &ignored).code; /* the next one, or the next start, removes it */
    else if (o->is_open && o->errand->client != NULL)
        (void)errand_to(o, "DELETE");
    disk_close(o->locked);
    disk_close(o->turn);
}

static void backup_say(struct keeping *k, const struct backup *b, const struct backup_written *written)
{
    char copied[GROUPED_BYTES];
    if (k->json)
        printf("{\"name\":\"%s\",\"position\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"copied\":%" PRIu64 "}\n", b->name,
               b->position, written->bytes, written->copied);
    else
        printf(either("%s; %s MB of it new, in %.1f s.\n", "%s;其中新增 %s MB,用时 %.1f 秒。\n"), backup_words(k, b),
               grouped(written->copied >> 20, copied), (double)progress_us(&k->progress) / 1e6);
}

static fallible origin_copy(struct keeping *k, const struct origin *o, const char *to, struct backup *b, struct err *e)
{
    struct backup_written written;
    b->workspace = k->workspace;
    b->version = KITH_VERSION;
    b->taken_us = time_now_us();
    TRY(set_open(k, to, true, e));
    progress_begin(&k->progress, either("Backing up", "正在备份"), "MB", 0);
    struct status status = backup_write(k->set, arena_printf(k->arena, "%s/" BACKUP_FOLDER, o->folder), b, &k->pace,
                                        k->arena, &written, e);
    progress_end(&k->progress);
    if (done(status))
        backup_say(k, b, &written);
    return status;
}

static int backup_make(struct arguments *a, struct keeping *k)
{
    struct errand d;
    struct err e = {0};
    struct origin o = {.errand = &d};
    struct backup b = {0};
    const char *to = argument_option(a, "to"), *folder;
    int code = EXIT_DONE;
    errand_begin(&d, a);
    folder = argument_next(a);
    if (!errand_ready(&d, folder != NULL && to != NULL))
        return errand_end(&d, EXIT_USAGE);
    struct status status = origin_open(k, &o, folder, &b, &code, &e);
    if (done(status) && code == EXIT_DONE)
        status = origin_copy(k, &o, to, &b, &e);
    origin_close(&o);
    if (failed(status))
        code = say_failure(status, &e);
    return errand_end(&d, code);
}

/* --- backup list, prune --- */

static int backup_list(struct arguments *a, struct keeping *k)
{
    struct err e = {0};
    const char **names = NULL, *folder;
    size_t count = 0;
    (void)argument_next(a); /* "list" */
    folder = argument_next(a);
    if (!arguments_finished(a))
        return EXIT_USAGE;
    if (folder == NULL)
        return say_usage(verb_of(a));
    struct status status = set_open(k, folder, false, &e);
    if (done(status))
        status = backup_names(k->set, k->arena, &names, &count, &e);
    for (size_t i = 0; i < count && done(status); i++) {
        struct backup b;
        status = backup_read(k->set, names[i], k->arena, &b, &e);
        if (done(status) && k->json)
            printf("{\"name\":\"%s\",\"position\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"files\":%zu}\n", b.name,
                   b.position, b.bytes, b.file_count);
        else if (done(status))
            printf("%s\n", backup_words(k, &b));
    }
    return failed(status) ? say_failure(status, &e) : EXIT_DONE;
}

static int backup_drop(struct arguments *a, struct keeping *k)
{
    struct err e = {0};
    uint64_t keep = 0, bytes = 0;
    size_t dropped = 0;
    char size[GROUPED_BYTES];
    const char *folder;
    struct status status = argument_number(a, "keep", &keep, &e);
    (void)argument_next(a); /* "prune" */
    folder = argument_next(a);
    if (!arguments_finished(a))
        return EXIT_USAGE;
    if (folder == NULL || keep == 0 || failed(status))
        return say_usage(verb_of(a));
    status = set_open(k, folder, false, &e);
    if (done(status))
        status = backup_prune(k->set, keep, k->arena, &dropped, &bytes, &e);
    if (failed(status))
        return say_failure(status, &e);
    printf(either("%zu dropped, %s MB given back.\n", "已删除 %zu 个备份,释放 %s MB。\n"), dropped,
           grouped(bytes >> 20, size));
    return EXIT_DONE;
}

/* --- bringing one back --- */

/* Opens what was restored, which replays its log, and compares it with what the living one was. */
struct restoring {
    size_t memory_bytes;
    struct erased erased; /* since: to be erased here too */
    size_t erased_count;
};

static fallible restored_check(const struct keeping *k, const char *folder, const struct backup *b, struct restoring *r,
                               struct err *e)
{
    struct alone a = {0};
    struct engine *g = NULL;
    struct engine_stats stats;
    struct status status = alone_open(&a, folder, b->workspace, k->registry, e);
    a.options.memory_bytes = r->memory_bytes;
    if (done(status))
        status = engine_open(&a.options, &g, e);
    if (done(status)) {
        engine_stats(g, &stats);
        if (stats.trouble != NULL)
            status = FAIL(e, CORRUPT, "%s: %s", b->name, stats.trouble);
        else if (b->has_digest && !hash128_equal(stats.digest, b->digest))
            status = FAIL(e, CORRUPT, "%s: its state is not what it was when the backup was taken", b->name);
    }
    if (done(status))
        status = erased_apply(g, &r->erased, &r->erased_count, e);
    engine_close(g);
    alone_close(&a);
    return status;
}

/* Into folder/<workspace>, which is made, and empty before. */
static fallible restored_make(struct keeping *k, const struct backup *b, const char *folder, struct err *e)
{
    const char *path = arena_printf(k->arena, "%s/%s", folder, b->workspace);
    struct disk *disk = NULL;
    TRY(cold_folder_make(folder, e));
    TRY(cold_folder_make(path, e));
    if (rmdir(path) != 0)
        return FAIL(e, EXISTS, either("%s is not empty: nothing is written over", "%s 不为空:不会覆盖已有内容"), path);
    TRY(cold_folder_make(path, e));
    progress_begin(&k->progress, either("Restoring", "正在恢复"), "MB", b->bytes >> 20);
    struct status status = backup_fetch(k->set, b, path, &k->pace, e);
    progress_end(&k->progress);
    TRY(status);
    TRY(disk_open_real(path, &disk, e));
    status = disk_write_all(disk, PORTS_PAUSED_FILE, BYTES_NONE, e);
    disk_close(disk);
    return status;
}

static fallible verify(struct keeping *k, const char *folder, const char *name, size_t memory_bytes,
                       struct backup *out_backup, struct err *e)
{
    TRY(set_open(k, folder, false, e));
    TRY(backup_read(k->set, name, k->arena, out_backup, e));
    const char *place = arena_printf(k->arena, "%s/%s/" VERIFYING, folder, k->workspace);
    TRY(cold_folder_remove(place, e)); /* of one that was killed */
    struct status status = restored_make(k, out_backup, place, e);
    if (done(status))
        status = restored_check(k, place, out_backup, &(struct restoring){.memory_bytes = memory_bytes}, e);
    struct err ignored;
    struct status removed = cold_folder_remove(place, done(status) ? e : &ignored);
    return failed(status) ? status : removed;
}

static int backup_verify(struct arguments *a, struct keeping *k)
{
    struct err e = {0};
    struct backup b;
    size_t memory_bytes = MEMORY_DEFAULT;
    const char *name = argument_option(a, "name"), *folder;
    struct status status = argument_size(a, "memory", &memory_bytes, &e);
    (void)argument_next(a); /* "verify" */
    folder = argument_next(a);
    if (!arguments_finished(a))
        return EXIT_USAGE;
    if (folder == NULL || failed(status))
        return say_usage(verb_of(a));
    status = verify(k, folder, name, memory_bytes, &b, &e);
    if (failed(status))
        return say_failure(status, &e);
    printf(b.has_digest ? either("%s: restored, and the state is what it was.\n", "%s:已试恢复,状态与备份时一致。\n")
                        : either("%s: restored, and whole.\n", "%s:已试恢复,内容完整。\n"),
           backup_words(k, &b));
    return EXIT_DONE;
}

int verb_backup(struct arguments *a)
{
    static const struct {
        const char *word;
        int (*run)(struct arguments *a, struct keeping *k);
    } words[] = {{"list", backup_list}, {"verify", backup_verify}, {"prune", backup_drop}};
    struct keeping k;
    struct err e = {0};
    struct status status = keeping_open(&k, a, &e);
    if (failed(status))
        return keeping_close(&k, say_failure(status, &e));
    const char *word = errand_word_peek(a);
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (word != NULL && strcmp(words[i].word, word) == 0)
            return keeping_close(&k, words[i].run(a, &k));
    return keeping_close(&k, backup_make(a, &k));
}

static fallible restore(struct keeping *k, const char *from, const char *name, const char *to, struct restoring *r,
                        struct err *e)
{
    struct backup b;
    char secret[SECRET_TEXT_BYTES];
    TRY(set_open(k, from, false, e));
    TRY(backup_read(k->set, name, k->arena, &b, e));
    TRY(restored_make(k, &b, to, e));
    TRY(restored_check(k, to, &b, r, e));
    TRY(admin_token_make(to, b.workspace, secret, e));
    printf(either("Restored: %s\nIts ports are paused: `kith ports` lists what would be sent, `kith ports resume` lets "
                  "it go.\n"
                  "Its admin token is new, and kept in %s/%s/admin.token. Next: kith serve %s\n",
                  "已恢复:%s\n外发已暂停:`kith ports` 列出待发内容,`kith ports resume` "
                  "恢复外发。\n管理员令牌已更换,保存在 %s/%s/admin.token。下一步:kith serve %s\n"),
           backup_words(k, &b), to, b.workspace, to);
    if (r->erased.count > 0)
        printf(either("%zu people who were erased since are erased here too; `kith erase purge` takes them out of the "
                      "files.\n",
                      "其后被删除的 %zu 人在此同样删除;`kith erase purge` 将其从文件中清除。\n"),
               r->erased_count);
    return DONE;
}

int verb_restore(struct arguments *a)
{
    struct keeping k;
    struct err e = {0};
    struct restoring r = {.memory_bytes = MEMORY_DEFAULT};
    struct status status = keeping_open(&k, a, &e);
    const char *erased = argument_option(a, "erased"), *key = argument_option(a, "key");
    if (done(status))
        status = argument_size(a, "memory", &r.memory_bytes, &e);
    if (done(status) && erased != NULL)
        status = erased_read(erased, key, k.arena, &r.erased, &e);
    const char *name = argument_option(a, "name"), *to = argument_option(a, "to"), *from = argument_next(a);
    if (failed(status))
        return keeping_close(&k, say_failure(status, &e));
    if (!arguments_finished(a))
        return keeping_close(&k, EXIT_USAGE);
    if (from == NULL || to == NULL)
        return keeping_close(&k, say_usage(verb_of(a)));
    status = restore(&k, from, name, to, &r, &e);
    if (failed(status)) {
        int code = say_failure(status, &e);
        return keeping_close(&k, status.code == STATUS_EXISTS ? EXIT_REFUSED : code);
    }
    return keeping_close(&k, EXIT_DONE);
}

/* --- ports --- */

static void show_ports(struct json root, struct arena *a, FILE *out)
{
    char waiting[GROUPED_BYTES];
    bool paused = json_is(json_find(root, BYTES_LIT("paused")), JSON_TRUE);
    fprintf(out, "%s\n",
            paused ? either("The ports are paused: nothing is sent.", "外发已暂停。")
                   : either("The ports are open.", "外发正常。"));
    fprintf(out, either("%s wait to be sent.\n", "%s 条待发。\n"), grouped(number_in(root, "waiting"), waiting));
    if (number_in(root, "waiting") > 0)
        show_json(json_find(root, BYTES_LIT("targets")), a, out);
}

static int ports_set(struct errand *d, struct arguments *a)
{
    const char *word = argument_next(a);
    if (!errand_ready(d, true))
        return EXIT_USAGE;
    errand_path_text(d, "/api/v1/ports/");
    errand_path_text(d, word);
    return errand_run(d, "POST", show_json);
}

static int ports_list(struct errand *d, struct arguments *a)
{
    (void)argument_next(a);
    if (!errand_ready(d, true))
        return EXIT_USAGE;
    errand_path_text(d, "/api/v1/ports");
    return errand_run(d, "GET", show_ports);
}

int verb_ports(struct arguments *a)
{
    static const struct errand_word rows[] = {{"list", ports_list}, {"pause", ports_set}, {"resume", ports_set}};
    struct errand d;
    if (errand_word_peek(a) != NULL)
        return errand_run_word(a, rows, COUNT_OF(rows));
    errand_begin(&d, a);
    return errand_end(&d, ports_list(&d, a));
}
