#include "app/import/watch.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PATH_BYTES_MAX 4096
#define NAME_BYTES_MAX 256u
#define EVERY_SECONDS 10

/* A file as it was at the last look. */
struct watched {
    char name[NAME_BYTES_MAX];
    int64_t size_bytes, changed_ns;
};

struct watch {
    struct watch_options options;
    struct import_map *map; /* NULL: events as they are */
    struct watched before[WATCH_FILES_MAX], now[WATCH_FILES_MAX];
    size_t before_count, now_count;
};

static const char *const subfolders[] = {"done", "failed", "rejects"};

fallible watch_open(const struct watch_options *o, struct watch **out_watch, struct err *e)
{
    struct import_map *map = NULL;
    char path[PATH_BYTES_MAX];
    for (size_t i = 0; i < COUNT_OF(subfolders); i++) {
        (void)snprintf(path, sizeof path, "%s/%s", o->folder, subfolders[i]);
        if (mkdir(path, 0700) != 0 && errno != EEXIST)
            return errno == ENOENT ? FAIL(e, NOT_FOUND, "there is no folder %s", o->folder) : FAIL(e, IO, "can't make %s: %s", path, strerror(errno));
    }
    if (o->import.map != NULL)
        TRY(import_map_load(o->import.map, &map, e));
    struct watch *w = calloc(1, sizeof *w);
    if (w == NULL)
        abort();
    w->options = *o;
    w->map = map;
    *out_watch = w;
    return DONE;
}

void watch_close(struct watch *w)
{
    if (w == NULL)
        return;
    import_map_destroy(w->map);
    free(w);
}

/* --- which files --- */

static bool ends_in(const char *name, const char *ending)
{
    size_t size = strlen(name), own = strlen(ending);
    return size > own && strcmp(name + size - own, ending) == 0;
}

static bool is_joined(const struct watch *w, const char *name)
{
    const struct import_map_says *says = w->map == NULL ? NULL : import_map_says(w->map);
    for (size_t i = 0; says != NULL && i < says->join_count; i++)
        if (strcmp(says->joins[i].file, name) == 0)
            return true;
    return false;
}

static bool is_wanted(const struct watch *w, const char *name)
{
    return name[0] != '.' && strlen(name) < NAME_BYTES_MAX && !ends_in(name, ".tmp") && !ends_in(name, ".part") && !ends_in(name, ".filepart") &&
           !is_joined(w, name);
}

static void file_note(struct watch *w, const char *name)
{
    char path[PATH_BYTES_MAX];
    struct stat about;
    (void)snprintf(path, sizeof path, "%s/%s", w->options.folder, name);
    if (w->now_count == WATCH_FILES_MAX || lstat(path, &about) != 0 || !S_ISREG(about.st_mode))
        return;
    struct watched *f = &w->now[w->now_count++];
    (void)snprintf(f->name, sizeof f->name, "%s", name);
    f->size_bytes = about.st_size;
    f->changed_ns = (int64_t)about.st_mtim.tv_sec * 1000000000 + about.st_mtim.tv_nsec;
}

static int by_name(const void *a, const void *b)
{
    const struct watched *x = a, *y = b;
    return strcmp(x->name, y->name);
}

static fallible files_list(struct watch *w, struct err *e)
{
    DIR *folder = opendir(w->options.folder);
    if (folder == NULL)
        return FAIL(e, IO, "can't read %s: %s", w->options.folder, strerror(errno));
    memcpy(w->before, w->now, w->now_count * sizeof *w->now);
    w->before_count = w->now_count;
    w->now_count = 0;
    for (const struct dirent *d; (d = readdir(folder)) != NULL;)
        if (is_wanted(w, d->d_name))
            file_note(w, d->d_name);
    (void)closedir(folder);
    qsort(w->now, w->now_count, sizeof *w->now, by_name);
    return DONE;
}

/* Whoever writes it has not done so since the last look. */
static bool is_settled(const struct watch *w, const struct watched *f)
{
    const struct watched *b = bsearch(f, w->before, w->before_count, sizeof *f, by_name);
    return w->options.is_settled || (b != NULL && b->size_bytes == f->size_bytes && b->changed_ns == f->changed_ns);
}

/* --- one file --- */

/* A file of the same name that was put away before keeps its place: this one gets a number. */
static fallible file_put_away(const struct watch *w, const char *name, const char *subfolder, struct err *e)
{
    char from[PATH_BYTES_MAX], to[PATH_BYTES_MAX];
    (void)snprintf(from, sizeof from, "%s/%s", w->options.folder, name);
    for (int i = 1; i < 10000; i++) {
        if (i == 1)
            (void)snprintf(to, sizeof to, "%s/%s/%s", w->options.folder, subfolder, name);
        else
            (void)snprintf(to, sizeof to, "%s/%s/%s.%d", w->options.folder, subfolder, name, i);
        if (link(from, to) == 0)
            return unlink(from) == 0 ? DONE : FAIL(e, IO, "can't take %s away: %s", from, strerror(errno));
        if (errno != EEXIST)
            break;
    }
    return FAIL(e, IO, "can't put %s away as %s: %s", from, to, strerror(errno));
}

static void reason_write(const struct watch *w, const char *name, const struct err *why)
{
    char path[PATH_BYTES_MAX];
    (void)snprintf(path, sizeof path, "%s/failed/%s.reason.txt", w->options.folder, name);
    FILE *file = fopen(path, "we");
    if (file == NULL)
        return; /* it has been said on standard error, too */
    (void)fprintf(file, "%s\n", why->text);
    (void)fclose(file);
}

/* Of the daemon or the network, not of the file. */
static bool is_for_now(struct status s)
{
    return s.code == STATUS_UNAVAILABLE || s.code == STATUS_FULL || s.code == STATUS_DENIED || s.code == STATUS_IO;
}

static void rows_add(struct import_counts *to, const struct import_counts *more)
{
    to->sent.sent += more->sent.sent;
    to->sent.accepted += more->sent.accepted;
    to->sent.duplicates += more->sent.duplicates;
    to->sent.faulty += more->sent.faulty;
    to->sent.refused += more->sent.refused;
}

static fallible file_take(struct watch *w, const char *name, struct watch_counts *counts, struct err *e)
{
    char path[PATH_BYTES_MAX], rejects[PATH_BYTES_MAX];
    struct import_options o = w->options.import;
    struct import_counts rows;
    struct err why = {0};
    (void)snprintf(path, sizeof path, "%s/%s", w->options.folder, name);
    (void)snprintf(rejects, sizeof rejects, "%s/rejects/%s.csv", w->options.folder, name);
    o.path = path;
    o.rejects = rejects;
    struct status status = import_file(&o, &rows, &why);
    rows_add(&counts->rows, &rows);
    if (done(status)) {
        counts->done++;
        return file_put_away(w, name, "done", e);
    }
    if (is_for_now(status)) {
        counts->waiting++;
        *e = why;
        return status;
    }
    counts->failed++;
    (void)fprintf(stderr, "kith: %s: %s\n", path, why.text);
    reason_write(w, name, &why);
    return file_put_away(w, name, "failed", e);
}

fallible watch_look(struct watch *w, struct watch_counts *out_counts, struct err *e)
{
    *out_counts = (struct watch_counts){0};
    TRY(files_list(w, e));
    for (size_t i = 0; i < w->now_count; i++) {
        if (!is_settled(w, &w->now[i]))
            out_counts->waiting++;
        else
            TRY(file_take(w, w->now[i].name, out_counts, e));
    }
    return DONE;
}

/* --- the verb --- */

static volatile sig_atomic_t stop_wanted;

static void stop_note(int signal)
{
    (void)signal;
    stop_wanted = 1;
}

static void counts_print(const struct watch_counts *c)
{
    if (c->done + c->failed == 0)
        return;
    printf(either("%" PRIu64 " files imported, %" PRIu64 " could not be read: %" PRIu64 " rows, %" PRIu64 " of them faulty.\n",
                  "导入 %" PRIu64 " 个文件,%" PRIu64 " 个无法读取:共 %" PRIu64 " 行,其中 %" PRIu64 " 行有误。\n"),
           c->done, c->failed, c->rows.sent.sent, c->rows.sent.faulty + c->rows.sent.refused);
    (void)fflush(stdout);
}

/* Until it is told to stop; what can't go on for now is said once and tried again. */
static int watch_run(struct watch *w, bool once, uint64_t every_s)
{
    struct watch_counts counts;
    struct timespec wait = {.tv_sec = (time_t)every_s};
    while (!stop_wanted) {
        struct err e = {0};
        struct status status = watch_look(w, &counts, &e);
        counts_print(&counts);
        if (failed(status) && (once || !is_for_now(status)))
            return say_failure(status, &e);
        if (failed(status))
            (void)fprintf(stderr, "kith: %s\n", e.text);
        if (once)
            return counts.failed > 0 || counts.rows.sent.faulty + counts.rows.sent.refused > 0 ? EXIT_REFUSED : EXIT_DONE;
        (void)nanosleep(&wait, NULL);
    }
    return EXIT_DONE;
}

static int watch_begin(const struct watch_options *o, bool once, uint64_t every_s)
{
    struct err e = {0};
    struct watch *w = NULL;
    struct status status = watch_open(o, &w, &e);
    if (failed(status))
        return say_failure(status, &e);
    (void)signal(SIGINT, stop_note);
    (void)signal(SIGTERM, stop_note);
    int code = watch_run(w, once, every_s);
    watch_close(w);
    return code;
}

int verb_watch(struct arguments *a)
{
    struct err e = {0};
    uint64_t every_s = EVERY_SECONDS;
    bool once = argument_flag(a, "once");
    struct watch_options o = {.is_settled = once,
                              .import = {.map = argument_option(a, "map"), .source = argument_option(a, "source"), .things = argument_flag(a, "things")}};
    struct status status = argument_number(a, "every", &every_s, &e);
    if (done(status))
        status = client_of_arguments(a, &o.import.client, &e);
    o.folder = argument_next(a);
    int code = EXIT_USAGE;
    if (o.folder == NULL || every_s == 0)
        code = say_usage(verb_of(a));
    else if (arguments_finished(a))
        code = failed(status) ? say_failure(status, &e) : watch_begin(&o, once, every_s);
    client_destroy(o.import.client);
    return code;
}
