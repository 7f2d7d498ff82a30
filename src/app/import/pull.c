#include "app/import/pull.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/import/schedule.h"
#include "lib/csv.h"
#include "store/disk.h"

#define PATH_BYTES_MAX 4096
#define MARK_BYTES_MAX 1024u
#define ROW_BYTES_MAX ((size_t)16 << 20)

/* How far it came: the number of the last file, and the watermark of its last row. */
struct mark {
    uint64_t number;
    char text[MARK_BYTES_MAX]; /* "": nothing came yet */
};

struct pulling {
    const struct pull_options *options;
    FILE *file;
    char path[PATH_BYTES_MAX];
    struct buf line;
    uint64_t rows;
    struct mark mark;
};

/* --- the mark --- */

static void path_of(const struct pull_options *o, const char *suffix, char out_path[PATH_BYTES_MAX])
{
    (void)snprintf(out_path, PATH_BYTES_MAX, "%s/.%s.%s", o->folder, o->name, suffix);
}

/* No file: nothing came yet. */
static fallible mark_read(const char *path, struct mark *out_mark, bool *out_there, struct err *e)
{
    FILE *file = fopen(path, "re");
    *out_mark = (struct mark){0};
    *out_there = file != NULL;
    if (file == NULL)
        return errno == ENOENT ? DONE : FAIL(e, IO, "can't read %s: %s", path, strerror(errno));
    bool good = fscanf(file, "%" SCNu64 "\n", &out_mark->number) == 1 && fgets(out_mark->text, MARK_BYTES_MAX, file) != NULL;
    (void)fclose(file);
    out_mark->text[strcspn(out_mark->text, "\n")] = 0;
    return good && out_mark->text[0] != 0 ? DONE : FAIL(e, CORRUPT, "%s is no mark: number and watermark, a line each", path);
}

static fallible file_finish(FILE *file, const char *path, struct err *e)
{
    bool good = fflush(file) == 0 && fsync(fileno(file)) == 0;
    good = fclose(file) == 0 && good;
    return good ? DONE : FAIL(e, IO, "can't write %s: %s", path, strerror(errno));
}

static fallible mark_write(const char *path, const struct mark *m, struct err *e)
{
    FILE *file = fopen(path, "we");
    if (file == NULL)
        return FAIL(e, IO, "can't write %s: %s", path, strerror(errno));
    (void)fprintf(file, "%" PRIu64 "\n%s\n", m->number, m->text);
    return file_finish(file, path, e);
}

static void file_path(const struct pull_options *o, const char *subfolder, uint64_t number, char out_path[PATH_BYTES_MAX])
{
    (void)snprintf(out_path, PATH_BYTES_MAX, "%s/%s%s-%06" PRIu64 ".csv", o->folder, subfolder, o->name, number);
}

/* Whether the file stands where it was put, or where `kith watch` puts it. */
static bool file_stands(const struct pull_options *o, uint64_t number)
{
    static const char *const places[] = {"", "done/", "failed/"};
    char path[PATH_BYTES_MAX];
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        file_path(o, places[i], number, path);
        if (access(path, F_OK) == 0)
            return true;
    }
    return false;
}

static fallible rename_or_fail(const char *from, const char *to, struct err *e)
{
    return rename(from, to) == 0 ? DONE : FAIL(e, IO, "can't rename %s to %s: %s", from, to, strerror(errno));
}

/* The next mark is written first, then the file appears, then the mark is in force: who was interrupted in between sees by the file which it is. */
static fallible mark_recover(const struct pull_options *o, struct mark *out_mark, struct err *e)
{
    char path[PATH_BYTES_MAX], next_path[PATH_BYTES_MAX];
    struct mark next;
    bool there;
    path_of(o, "watermark", path);
    path_of(o, "watermark.next", next_path);
    struct err ignored;
    struct status status = mark_read(next_path, &next, &there, &ignored); /* half a mark: the file had not appeared */
    if (there && done(status) && file_stands(o, next.number))
        TRY(rename_or_fail(next_path, path, e));
    return mark_read(path, out_mark, &there, e);
}

/* --- rows --- */

static fallible line_write(struct pulling *p, const struct bytes *cells, size_t count, struct err *e)
{
    buf_clear(&p->line);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_push_byte(&p->line, ',');
        csv_put(&p->line, cells[i], ',');
    }
    buf_push_byte(&p->line, '\n');
    bool good = !p->line.overflowed && fwrite(p->line.data, 1, p->line.size, p->file) == p->line.size;
    return good ? DONE : FAIL(e, IO, "can't write %s", p->path);
}

static fallible mark_take(struct pulling *p, const struct rows_row *row, struct err *e)
{
    for (size_t i = 0; i < row->count; i++) {
        if (!bytes_equal(row->names[i], bytes_of_text(p->options->watermark)))
            continue;
        struct bytes text = row->own[i];
        if (text.size == 0 || text.size >= MARK_BYTES_MAX || memchr(text.data, '\n', text.size) != NULL)
            return FAIL(e, INVALID, "row %" PRIu64 ": the watermark \"%s\" is empty, or no single line", p->rows, p->options->watermark);
        (void)snprintf(p->mark.text, MARK_BYTES_MAX, "%.*s", BYTES_ARG(text));
        return DONE;
    }
    return FAIL(e, INVALID, "the rows have no column \"%s\", which is to be the watermark", p->options->watermark);
}

static fallible row_take(void *context, const struct rows_row *row, struct err *e)
{
    struct pulling *p = context;
    if (p->rows++ == 0)
        TRY(line_write(p, row->names, row->count, e));
    TRY(line_write(p, row->cells, row->count, e));
    return mark_take(p, row, e);
}

static fallible file_publish(struct pulling *p, struct err *e)
{
    char mark[PATH_BYTES_MAX], next[PATH_BYTES_MAX], to[PATH_BYTES_MAX];
    path_of(p->options, "watermark", mark);
    path_of(p->options, "watermark.next", next);
    p->mark.number++;
    file_path(p->options, "", p->mark.number, to);
    TRY(mark_write(next, &p->mark, e));
    TRY(rename_or_fail(p->path, to, e));
    return rename_or_fail(next, mark, e);
}

static fallible rows_pull(struct pulling *p, struct err *e)
{
    char after[MARK_BYTES_MAX];
    memcpy(after, p->mark.text, sizeof after);
    struct rows_ask ask = {p->options->url, p->options->query, after[0] == 0 ? NULL : after};
    path_of(p->options, "tmp", p->path);
    p->file = fopen(p->path, "we");
    if (p->file == NULL || fchmod(fileno(p->file), 0600) != 0)
        return FAIL(e, IO, "can't write %s: %s", p->path, strerror(errno));
    TRY(p->options->read(&ask, row_take, p, e));
    FILE *file = p->file;
    p->file = NULL;
    TRY(file_finish(file, p->path, e));
    return p->rows == 0 ? DONE : file_publish(p, e);
}

static fallible pulling_run(const struct pull_options *o, uint64_t *out_rows, struct err *e)
{
    struct pulling p = {.options = o};
    TRY(mark_recover(o, &p.mark, e));
    buf_init(&p.line, ROW_BYTES_MAX);
    struct status status = rows_pull(&p, e);
    buf_fini(&p.line);
    if (p.file != NULL)
        (void)fclose(p.file);
    if (failed(status) || p.rows == 0)
        (void)unlink(p.path);
    if (done(status))
        *out_rows = p.rows;
    return status;
}

fallible pull_once(const struct pull_options *o, uint64_t *out_rows, struct err *e)
{
    struct disk *folder = NULL;
    char lock[PATH_BYTES_MAX];
    if (access(o->folder, F_OK) != 0)
        return FAIL(e, NOT_FOUND, "there is no folder %s", o->folder);
    (void)snprintf(lock, sizeof lock, ".%s.lock", o->name);
    TRY(disk_open_real(o->folder, &folder, e));
    struct status status = WRAP(e, disk_lock(folder, lock, e), "another `kith pull`");
    if (done(status))
        status = pulling_run(o, out_rows, e);
    disk_close(folder);
    return status;
}

/* --- the verb --- */

static int pull_say(const struct pull_options *o, bool json, struct status *out_status)
{
    struct err e = {0};
    uint64_t rows = 0;
    *out_status = pull_once(o, &rows, &e);
    if (failed(*out_status))
        return say_failure(*out_status, &e);
    printf(json ? "{\"rows\":%" PRIu64 "}\n" : either("%" PRIu64 " new rows.\n", "新增 %" PRIu64 " 行。\n"), rows);
    (void)fflush(stdout);
    return EXIT_DONE;
}

/* By a schedule: a database that doesn't answer is asked again at the next turn. */
static int pull_again_and_again(const struct pull_options *o, const struct schedule *s, bool json)
{
    struct status status;
    stop_begin();
    for (uint64_t turns = 0; schedule_wait(s, turns); turns++) {
        int code = pull_say(o, json, &status);
        if (failed(status) && status.code != STATUS_UNAVAILABLE)
            return code;
    }
    return EXIT_DONE;
}

int verb_pull(struct arguments *a)
{
    struct err e = {0};
    struct schedule schedule = {0};
    struct status ignored;
    struct pull_options o = {.query = argument_option(a, "query"), .watermark = argument_option(a, "watermark"), .folder = argument_option(a, "into"),
                             .name = argument_option(a, "name"), .read = database_read};
    const char *every = argument_option(a, "every"), *at = argument_option(a, "at");
    bool json = argument_flag(a, "json");
    o.url = argument_next(a);
    o.name = o.name == NULL ? "pull" : o.name;
    if (!arguments_finished(a))
        return EXIT_USAGE;
    if (o.url == NULL || o.query == NULL || o.watermark == NULL || o.folder == NULL || strchr(o.name, '/') != NULL)
        return say_usage(verb_of(a));
    struct status status = schedule_parse(every, at, &schedule, &e);
    if (failed(status))
        return say_failure(status, &e);
    return every == NULL && at == NULL ? pull_say(&o, json, &ignored) : pull_again_and_again(&o, &schedule, json);
}
