/* `kith export`: everything of one sort into a file, as it comes. */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "app/arguments.h"
#include "app/verbs/copy.h"
#include "app/verbs/redo.h"
#include "base/time.h"
#include "edge/api/export_choice.h"
#include "lib/sheets.h"

#define LINE_BYTES_MAX (8u << 20)

enum format { FORMAT_NDJSON, FORMAT_TABLE, FORMAT_CSV, FORMAT_XLSX, FORMAT_COUNT };
static const char *const format_names[FORMAT_COUNT] = {"ndjson", "table", "csv", "xlsx"};

struct taking {
    const struct export_kind *kind;
    enum format format;
    const char *path; /* NULL: standard output */
    FILE *file;
    struct sheets *sheets;
    struct buf row; /* of a workbook: one that isn't whole yet */
    struct json_parser *parser;
    struct progress progress;
    uint64_t rows;
    struct status status;
    struct err e;
};

/* --- what comes --- */

#define SHEET_YEAR_LEAST 1900 /* of a workbook's calendar */

/* A time as clocks show it where the reader is (TZ), so that a workbook counts with it; false: it is none. */
static bool time_take(struct taking *t, struct json cell)
{
    int64_t us;
    struct tm clock;
    if (failed(time_parse(json_string(cell), &us, NULL)))
        return false;
    time_t seconds = (time_t)(us / US_PER_SECOND - (us % US_PER_SECOND < 0));
    if (localtime_r(&seconds, &clock) == NULL || clock.tm_year + 1900 < SHEET_YEAR_LEAST)
        return false;
    sheets_time(t->sheets, &clock);
    return true;
}

static void cell_take(struct taking *t, const struct export_column *column, struct json cell)
{
    if (column->is_time && json_is(cell, JSON_STRING) && time_take(t, cell))
        return;
    if (json_is(cell, JSON_NUMBER))
        sheets_number(t->sheets, json_raw(cell));
    else if (json_is(cell, JSON_STRING))
        sheets_text(t->sheets, json_string(cell));
    else
        sheets_text(t->sheets, json_is(cell, JSON_ABSENT) || json_is(cell, JSON_NULL) ? BYTES_NONE : json_raw(cell));
}

static fallible row_take(struct taking *t, struct err *e)
{
    struct json row;
    if (t->row.overflowed)
        return FAIL(e, LIMIT, "%s", either("a row is too long for a workbook", "某行过长,无法写入工作簿"));
    TRY(json_parse(t->parser, buf_bytes(&t->row), &row, e));
    for (size_t i = 0; i < t->kind->column_count; i++)
        cell_take(t, &t->kind->columns[i], export_cell(&t->kind->columns[i], row));
    buf_clear(&t->row);
    return sheets_row_end(t->sheets, e);
}

static fallible piece_take(struct taking *t, struct bytes piece, struct err *e)
{
    while (piece.size > 0) {
        const uint8_t *end = memchr(piece.data, '\n', piece.size);
        size_t size = end == NULL ? piece.size : (size_t)(end - piece.data);
        buf_push(&t->row, bytes_slice(piece, 0, size));
        if (end == NULL)
            return DONE;
        TRY(row_take(t, e));
        piece = bytes_slice(piece, size + 1, piece.size);
    }
    return DONE;
}

static bool take(void *context, struct bytes piece)
{
    struct taking *t = context;
    for (size_t i = 0; i < piece.size; i++)
        t->rows += piece.data[i] == '\n';
    if (t->sheets != NULL)
        t->status = piece_take(t, piece, &t->e);
    else if (fwrite(piece.data, 1, piece.size, t->file) != piece.size)
        t->status = FAIL(&t->e, FULL, either("can't write %s", "无法写入 %s"), t->path == NULL ? "-" : t->path);
    progress_show(&t->progress, t->rows);
    return done(t->status);
}

/* --- where it goes --- */

static fallible out_open(struct taking *t, struct err *e)
{
    static const char *names[SHEETS_COLUMNS_MAX];
    if (t->format != FORMAT_XLSX) {
        t->file = t->path == NULL ? stdout : fopen(t->path, "wxe");
        return t->file != NULL
                   ? DONE
                   : FAIL(e, INVALID, either("can't make %s: is there one already?", "无法新建 %s:文件是否已存在?"),
                          t->path);
    }
    if (access(t->path, F_OK) == 0)
        return FAIL(e, INVALID, either("there is a file %s already", "文件 %s 已存在"), t->path);
    for (size_t i = 0; i < t->kind->column_count; i++)
        names[i] = either(t->kind->columns[i].name, t->kind->columns[i].zh);
    t->sheets = sheets_create(t->path, t->kind->name, names, t->kind->column_count);
    return t->sheets != NULL ? DONE
                             : FAIL(e, FULL, "%s", either("no memory for a workbook", "内存不足,无法新建工作簿"));
}

/* A workbook that isn't whole is none; of other files what came is good, and an export goes on behind it. */
static fallible out_close(struct taking *t, bool whole, struct err *e)
{
    if (t->sheets != NULL) {
        uint64_t cut = sheets_cut(t->sheets);
        if (cut > 0)
            fprintf(stderr,
                    either("kith: %llu cells were longer than a workbook takes, and were cut\n",
                           "kith:%llu 个单元格超过工作簿上限,已截断\n"),
                    (unsigned long long)cut);
        return sheets_finish(t->sheets, whole, e);
    }
    bool good = t->file == stdout ? fflush(stdout) == 0 : fclose(t->file) == 0;
    if (!whole && t->rows == 0 && t->path != NULL)
        (void)unlink(t->path);
    return good ? DONE : FAIL(e, FULL, either("can't write %s", "无法写入 %s"), t->path == NULL ? "-" : t->path);
}

/* --- the words --- */

static const struct export_kind *kind_named(const char *name)
{
    for (size_t i = 0; i < EXPORT_WHAT_COUNT; i++)
        if (name != NULL && strcmp(export_kinds[i].name, name) == 0)
            return &export_kinds[i];
    return NULL;
}

/* By its name, else by the file's. */
static bool format_choose(struct taking *t, const char *name)
{
    const char *dot = t->path == NULL ? NULL : strrchr(t->path, '.');
    const char *wanted = name != NULL ? name : dot != NULL ? dot + 1 : "ndjson";
    for (size_t i = 0; i < FORMAT_COUNT; i++) {
        if (strcmp(format_names[i], wanted) == 0) {
            t->format = (enum format)i;
            return true;
        }
    }
    return name == NULL; /* a file of any other name has NDJSON */
}

static const char *format_asked(enum format format)
{
    return format_names[format == FORMAT_XLSX ? FORMAT_TABLE : format];
}

static int export_run(struct errand *d, struct taking *t)
{
    struct client_call call = {.method = "GET", .path = arena_text(d->arena, buf_bytes(&d->path))};
    struct err e = {0};
    struct status status = out_open(t, &e);
    if (failed(status))
        return say_failure(status, &e);
    buf_init(&t->row, LINE_BYTES_MAX);
    progress_begin(&t->progress, t->kind->name, either("rows", "行"), 0);
    int code = errand_stream(d, &call, take, t);
    progress_end(&t->progress);
    if (code == EXIT_DONE && failed(t->status))
        code = say_failure(t->status, &t->e);
    status = out_close(t, code == EXIT_DONE, &e);
    buf_fini(&t->row);
    return failed(status) && code == EXIT_DONE ? say_failure(status, &e) : code;
}

static int export_person(struct errand *d, struct arguments *a, const char *out)
{
    const char *who = argument_next(a);
    return errand_ready(d, who != NULL && out != NULL) ? copy_export(d, who, out) : EXIT_USAGE;
}

/* Of people whose traits and tags were chosen there are other columns. */
static fallible choice_take(struct taking *t, struct arena *a, const char *traits, const char *tags, struct err *e)
{
    const struct export_choice *choice;
    if (traits == NULL && tags == NULL)
        return DONE;
    TRY(export_choice_read(bytes_of_text(traits == NULL ? "" : traits), bytes_of_text(tags == NULL ? "" : tags), a,
                           &choice, e));
    t->kind = &choice->kind;
    return DONE;
}

/* "segment:vip"; NULL: everybody. */
static const char *of_text(struct arena *a, const char *segment, const char *tag)
{
    if (segment != NULL)
        return arena_printf(a, "segment:%s", segment);
    return tag != NULL ? arena_printf(a, "tag:%s", tag) : NULL;
}

#define PASSED_TRAITS 7u /* places in what is passed on */
#define PASSED_TAGS 8u
int verb_export(struct arguments *a)
{
    static const char *const passed_on[] = {"after",   "brand", "event", "kind", "shop",
                                            "since",   "until", "traits", "tags"};
    struct errand d;
    errand_begin(&d, a);
    const char *format = argument_option(a, "format"), *values[COUNT_OF(passed_on)];
    struct taking t = {.path = argument_option(a, "out"), .parser = d.parser, .status = DONE};
    bool plain = argument_flag(a, "plain"), labels = argument_flag(a, "labels");
    for (size_t i = 0; i < COUNT_OF(passed_on); i++)
        values[i] = argument_option(a, passed_on[i]);
    const char *segment = argument_option(a, "segment"), *tag = argument_option(a, "tag");
    const char *what = argument_next(a);
    if (what != NULL && strcmp(what, "acts") == 0)
        return errand_end(&d, errand_ready(&d, true) ? export_acts(&d, t.path) : EXIT_USAGE);
    if (what != NULL && strcmp(what, "person") == 0)
        return errand_end(&d, export_person(&d, a, t.path));
    t.kind = kind_named(what);
    bool good = t.kind != NULL && format_choose(&t, format) && (t.format != FORMAT_XLSX || t.path != NULL);
    if (!errand_ready(&d, good && (segment == NULL || tag == NULL)))
        return errand_end(&d, EXIT_USAGE);
    struct err e = {0};
    struct status status = choice_take(&t, d.arena, values[PASSED_TRAITS], values[PASSED_TAGS], &e);
    if (failed(status))
        return errand_end(&d, say_failure(status, &e));
    errand_path_text(&d, "/api/v1/export/");
    errand_path_text(&d, t.kind->name);
    errand_path_value(&d, "format", format_asked(t.format));
    errand_path_value(&d, "plain", plain ? "1" : NULL);
    errand_path_value(&d, "labels", labels ? either("en", "zh") : NULL);
    for (size_t i = 0; i < COUNT_OF(passed_on); i++)
        errand_path_value(&d, passed_on[i], values[i]);
    errand_path_value(&d, "of", of_text(d.arena, segment, tag));
    return errand_end(&d, export_run(&d, &t));
}
