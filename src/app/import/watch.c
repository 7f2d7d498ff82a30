#include "app/import/watch.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/import/drop.h"
#include "app/import/reasons.h"
#include "app/import/schedule.h"
#include "base/time.h"

#define EVERY_US (10 * US_PER_SECOND)
#define SETTLE_US (5 * US_PER_SECOND)

struct watch {
    struct watch_options options;
    struct import_map *map; /* NULL: events as they are */
    struct drop *drop;
    struct err said; /* the trouble that was said last: it isn't said again at each turn */
};

fallible watch_open(const struct watch_options *o, struct watch **out_watch, struct err *e)
{
    struct import_map *map = NULL;
    struct drop *drop = NULL;
    if (o->import.map != NULL)
        TRY(import_map_load(o->import.map, &map, e));
    struct drop_options options = {o->folder, o->subfolders, o->marker, map == NULL ? NULL : import_map_says(map)};
    struct status status = drop_open(&options, &drop, e);
    if (failed(status)) {
        import_map_destroy(map);
        return status;
    }
    struct watch *w = calloc(1, sizeof *w);
    if (w == NULL)
        abort();
    *w = (struct watch){.options = *o, .map = map, .drop = drop};
    *out_watch = w;
    return DONE;
}

void watch_close(struct watch *w)
{
    if (w == NULL)
        return;
    drop_close(w->drop);
    import_map_destroy(w->map);
    free(w);
}

/* --- one file --- */

static void trouble_say(struct watch *w, struct status status, const struct err *e)
{
    if (strcmp(w->said.text, e->text) != 0)
        (void)say_failure(status, e);
    w->said = *e;
}

static void reason_write(const struct watch *w, const char *name, unsigned number, const struct err *why)
{
    char path[DROP_PATH_BYTES];
    drop_path(w->drop, "failed", name, number, path);
    size_t size = strlen(path);
    (void)snprintf(path + size, sizeof path - size, ".reason.txt");
    FILE *file = fopen(path, "we");
    if (file == NULL)
        return; /* it has been said on standard error, too */
    struct arena *a = arena_create(ERR_TEXT_BYTES_MAX);
    (void)fprintf(file, "%s\n", reason_said(a, why->text));
    arena_destroy(a);
    (void)fclose(file);
}

/* Of the daemon or the network, not of the file. */
static bool is_for_now(struct status s)
{
    return s.code == STATUS_UNAVAILABLE || s.code == STATUS_FULL || s.code == STATUS_DENIED || s.code == STATUS_IO;
}

static fallible file_fail(struct watch *w, const struct drop_file *f, unsigned number, struct status status, const struct err *why, struct err *e)
{
    (void)say_failure(status, why);
    TRY(drop_put_away(w->drop, f, "failed", number, e));
    reason_write(w, f->name, number, why);
    return DONE;
}

/* The file has been read: it goes where it belongs, unless what was read is no longer what stands there. */
static fallible file_settle(struct watch *w, const struct drop_file *f, unsigned number, struct watch_counts *counts, struct err *e)
{
    if (drop_is_unchanged(w->drop, f)) {
        counts->done++;
        return drop_put_away(w->drop, f, "done", number, e);
    }
    struct err changed;
    err_set(&changed, "%s changed while it was read: it stays, and is read again", f->name);
    trouble_say(w, DONE, &changed);
    counts->waiting++;
    return DONE;
}

static fallible file_take(struct watch *w, const struct drop_file *f, struct watch_counts *counts, struct err *e)
{
    char path[DROP_PATH_BYTES], rejects[DROP_PATH_BYTES];
    unsigned number = drop_number(w->drop, f->name);
    struct import_options o = w->options.import;
    struct import_counts rows;
    struct err why = {0};
    drop_path(w->drop, "", f->name, 1, path);
    drop_rejects_path(w->drop, f->name, number, rejects);
    if (access(path, R_OK) != 0) {
        err_set(&why, "can't read %s: %s", path, strerror(errno));
        trouble_say(w, DONE, &why);
        counts->waiting++;
        return DONE;
    }
    TRY(drop_path_make(w->drop, rejects, e));
    o.path = path;
    o.rejects = rejects;
    struct status status = import_file(&o, &rows, &why);
    sender_counts_add(&counts->rows, &rows.sent);
    if (done(status))
        return file_settle(w, f, number, counts, e);
    if (is_for_now(status)) {
        counts->waiting++;
        *e = why;
        return status;
    }
    counts->failed++;
    return file_fail(w, f, number, status, &why, e);
}

/* --- a turn --- */

static uint64_t files_unready(const struct watch *w, bool settled)
{
    size_t count;
    uint64_t unready = 0;
    const struct drop_file *files = drop_files(w->drop, &count);
    for (size_t i = 0; i < count; i++)
        unready += files[i].kind == DROP_FILE && !drop_is_ready(w->drop, &files[i], settled);
    return unready;
}

fallible watch_turn(struct watch *w, struct watch_counts *out_counts, struct err *e)
{
    size_t count;
    bool settled = w->options.settle_us == 0;
    *out_counts = (struct watch_counts){0};
    TRY(drop_look(w->drop, e));
    if (!settled && w->options.marker == NULL && files_unready(w, false) > 0) {
        if (!wait_until(time_now_us() + w->options.settle_us))
            return DONE;
        TRY(drop_look(w->drop, e));
    }
    const struct drop_file *files = drop_files(w->drop, &count);
    out_counts->waiting = files_unready(w, settled);
    for (size_t i = 0; i < count && !stop_wanted(); i++)
        if (files[i].kind == DROP_FILE && drop_is_ready(w->drop, &files[i], settled))
            TRY(file_take(w, &files[i], out_counts, e));
    return DONE;
}

/* --- the verb --- */

static void counts_print(const struct watch_counts *c, bool json)
{
    uint64_t faulty = c->rows.faulty + c->rows.refused;
    if (c->done + c->failed == 0)
        return;
    if (json)
        printf("{\"done\":%" PRIu64 ",\"failed\":%" PRIu64 ",\"waiting\":%" PRIu64 ",\"sent\":%" PRIu64 ",\"faulty\":%" PRIu64 "}\n", c->done, c->failed,
               c->waiting, c->rows.sent, faulty);
    else
        printf(either("%" PRIu64 " files imported, %" PRIu64 " could not be read: %" PRIu64 " rows, %" PRIu64 " of them faulty.\n",
                      "导入 %" PRIu64 " 个文件,%" PRIu64 " 个无法读取:共 %" PRIu64 " 行,其中 %" PRIu64 " 行有误。\n"),
               c->done, c->failed, c->rows.sent, faulty);
    (void)fflush(stdout);
}

static int watch_once(struct watch *w, bool json)
{
    struct watch_counts counts;
    struct err e = {0};
    struct status status = watch_turn(w, &counts, &e);
    counts_print(&counts, json);
    if (failed(status))
        return say_failure(status, &e);
    if (counts.waiting > 0 && !json)
        printf(either("%" PRIu64 " files wait: somebody may still be writing them, or what belongs to them isn't there.\n",
                      "%" PRIu64 " 个文件等待中:可能仍在写入,或所需的文件尚未到齐。\n"),
               counts.waiting);
    return counts.failed > 0 || counts.rows.faulty + counts.rows.refused > 0 ? EXIT_REFUSED : EXIT_DONE;
}

/* Until it is told to stop; what can't go on for now is said once and tried again. */
static int watch_run(struct watch *w, const struct schedule *s, bool json)
{
    for (uint64_t turns = 0; schedule_wait(s, turns); turns++) {
        struct watch_counts counts;
        struct err e = {0};
        struct status status = watch_turn(w, &counts, &e);
        counts_print(&counts, json);
        if (failed(status) && !is_for_now(status))
            return say_failure(status, &e);
        if (failed(status))
            trouble_say(w, status, &e);
        else if (counts.waiting == 0)
            w->said = (struct err){0};
    }
    return EXIT_DONE;
}

static int watch_begin(const struct watch_options *o, const struct schedule *s, bool once, bool json)
{
    struct err e = {0};
    struct watch *w = NULL;
    struct status status = watch_open(o, &w, &e);
    if (failed(status))
        return say_failure(status, &e);
    stop_begin();
    int code = once ? watch_once(w, json) : watch_run(w, s, json);
    watch_close(w);
    return code;
}

int verb_watch(struct arguments *a)
{
    struct err e = {0};
    struct schedule schedule = {.every_us = EVERY_US};
    bool once = argument_flag(a, "once"), json = argument_flag(a, "json");
    struct watch_options o = {.settle_us = SETTLE_US, .marker = argument_option(a, "marker"), .subfolders = argument_flag(a, "subfolders"),
                              .import = {.map = argument_option(a, "map"), .source = argument_option(a, "source"), .things = argument_flag(a, "things")}};
    const char *every = argument_option(a, "every"), *at = argument_option(a, "at"), *settle = argument_option(a, "settle");
    struct status status = client_of_arguments(a, &o.import.client, &e);
    if (done(status))
        status = schedule_parse(every, at, &schedule, &e);
    if (settle != NULL && strcmp(settle, "0") == 0)
        o.settle_us = 0;
    else if (settle != NULL && done(status))
        status = WRAP(&e, duration_parse(settle, &o.settle_us, &e), "--settle");
    o.folder = argument_next(a);
    int code = EXIT_USAGE;
    if (o.folder == NULL || (o.marker != NULL && o.marker[0] == 0))
        code = say_usage(verb_of(a));
    else if (arguments_finished(a))
        code = failed(status) ? say_failure(status, &e) : watch_begin(&o, &schedule, once, json);
    client_destroy(o.import.client);
    return code;
}
