#include "app/verbs/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

#include "app/terminal.h"
#include "app/verbs/copy_page.h"
#include "base/pages.h"

enum { COPY_PERSON, COPY_ORDERS, COPY_EVENTS, COPY_PAGE, COPY_FILES };
static const char *const file_names[COPY_FILES] = {"person.json", "orders.ndjson", "events.ndjson", "index.html"};

struct copying {
    struct errand *d;
    const char *who;
    const char *folder;
    FILE *files[COPY_FILES];
    struct progress progress;
    uint64_t rows;
};

/* --- files --- */

static const char *path_of(const struct copying *c, size_t file)
{
    return arena_printf(c->d->arena, "%s/%s", c->folder, file_names[file]);
}

static fallible files_open(struct copying *c, struct err *e)
{
    if (mkdir(c->folder, S_IRWXU) != 0)
        return FAIL(e, INVALID, either("can't make %s: is there one already?", "无法新建 %s:是否已存在?"), c->folder);
    for (size_t i = 0; i < COPY_FILES; i++) {
        int file = open(path_of(c, i), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
        c->files[i] = file < 0 ? NULL : fdopen(file, "w");
        if (c->files[i] == NULL)
            return FAIL(e, IO, either("can't make %s: %s", "无法新建 %s:%s"), path_of(c, i), strerror(errno));
    }
    return DONE;
}

static fallible files_close(struct copying *c, struct err *e)
{
    struct status status = DONE;
    for (size_t i = 0; i < COPY_FILES; i++) {
        bool was_good = c->files[i] == NULL || ferror(c->files[i]) == 0;
        bool good = c->files[i] == NULL || fclose(c->files[i]) == 0;
        c->files[i] = NULL;
        if (done(status) && !(was_good && good))
            status = FAIL(e, FULL, either("can't write %s", "无法写入 %s"), path_of(c, i));
    }
    return status;
}

static void files_remove(const struct copying *c)
{
    for (size_t i = 0; i < COPY_FILES; i++)
        (void)unlink(path_of(c, i));
    (void)rmdir(c->folder);
}

static void line_write(FILE *file, struct json value)
{
    struct bytes raw = json_raw(value);
    (void)fwrite(raw.data, 1, raw.size, file);
    (void)fputc('\n', file);
}

/* --- what the daemon says --- */

static int ask(struct copying *c, const char *part, const char *limit, const char *cursor, const char *from)
{
    struct errand *d = c->d;
    buf_clear(&d->path);
    buf_clear(&d->body);
    errand_path_text(d, "/api/v1/people/");
    url_push(&d->path, bytes_of_text(c->who));
    errand_path_text(d, "/copy");
    errand_path_text(d, part);
    errand_path_value(d, "limit", limit);
    errand_path_value(d, cursor, from);
    return errand_send(d, "GET");
}

/* A list that comes page by page, a line each. */
struct copy_list {
    const char *part, *name, *limit, *cursor;
    size_t file;
    void (*row)(FILE *page, struct json item, struct arena *a);
};

static int list_take(struct copying *c, const struct copy_list *list)
{
    int code = EXIT_DONE;
    for (const char *from = NULL; code == EXIT_DONE;) {
        struct arena *a = arena_create(1 << 16); /* of a page */
        struct json item;
        code = ask(c, list->part, list->limit, list->cursor, from);
        for (struct json_walk w = json_items(json_find(c->d->root, bytes_of_text(list->name)));
             code == EXIT_DONE && json_item_next(&w, &item); c->rows++) {
            line_write(c->files[list->file], item);
            list->row(c->files[COPY_PAGE], item, a);
        }
        arena_destroy(a);
        progress_show(&c->progress, c->rows);
        struct json next = json_find(c->d->root, BYTES_LIT("next"));
        if (code != EXIT_DONE || !json_is(next, JSON_STRING))
            break;
        from = arena_text(c->d->arena, json_string(next));
    }
    return code;
}

static int copy_take(struct copying *c)
{
    static const struct copy_list orders = {"/orders", "orders", "20", "after", COPY_ORDERS, copy_page_order};
    static const struct copy_list events = {"/events", "events", "500", "before", COPY_EVENTS, copy_page_event};
    FILE *page = c->files[COPY_PAGE];
    int code = ask(c, "", NULL, NULL, NULL);
    if (code != EXIT_DONE)
        return code;
    line_write(c->files[COPY_PERSON], c->d->root);
    copy_page_begin(page, c->d->root, c->d->arena);
    copy_page_orders_begin(page);
    code = list_take(c, &orders);
    copy_page_events_begin(page);
    if (code == EXIT_DONE)
        code = list_take(c, &events);
    copy_page_end(page);
    return code;
}

/* --- one archive --- */

static bool is_archive(const char *out)
{
    size_t size = strlen(out);
    return size > 4 && strcmp(out + size - 4, ".zip") == 0;
}

static fallible archive_fill(const struct copying *c, zip_t *archive, const char *path, struct err *e)
{
    for (size_t i = 0; i < COPY_FILES; i++) {
        zip_source_t *source = zip_source_file(archive, path_of(c, i), 0, -1);
        if (source != NULL && zip_file_add(archive, file_names[i], source, ZIP_FL_ENC_UTF_8) >= 0)
            continue;
        zip_source_free(source);
        return FAIL(e, IO, either("can't write %s: %s", "无法写入 %s:%s"), path, zip_strerror(archive));
    }
    return DONE;
}

static fallible archive_write(const struct copying *c, const char *path, struct err *e)
{
    int why;
    mode_t before = umask(S_IRWXG | S_IRWXO);
    zip_t *archive = zip_open(path, ZIP_CREATE | ZIP_EXCL, &why);
    if (archive == NULL) {
        (void)umask(before);
        return FAIL(e, INVALID, either("can't make %s: is there one already?", "无法新建 %s:是否已存在?"), path);
    }
    struct status status = archive_fill(c, archive, path, e);
    if (failed(status))
        zip_discard(archive);
    else if (zip_close(archive) != 0)
        status = FAIL(e, IO, either("can't write %s: %s", "无法写入 %s:%s"), path, zip_strerror(archive));
    (void)umask(before);
    return status;
}

static int copy_settle(struct copying *c, const char *out, int code)
{
    struct err e = {0};
    struct status status = files_close(c, &e);
    if (done(status) && code == EXIT_DONE && is_archive(out))
        status = archive_write(c, out, &e);
    if (is_archive(out) || code != EXIT_DONE || failed(status))
        files_remove(c);
    return code == EXIT_DONE && failed(status) ? say_failure(status, &e) : code;
}

int copy_export(struct errand *d, const char *who, const char *out)
{
    struct copying c = {.d = d, .who = who, .folder = is_archive(out) ? arena_printf(d->arena, "%s.parts", out) : out};
    struct err e = {0};
    struct status status = is_archive(out) && access(out, F_OK) == 0
                               ? FAIL(&e, INVALID, either("there is a file %s already", "文件 %s 已存在"), out)
                               : files_open(&c, &e);
    if (failed(status)) {
        (void)files_close(&c, &(struct err){0}).code; /* what was opened of them */
        return say_failure(status, &e);
    }
    progress_begin(&c.progress, either("Copying", "正在生成副本"), either("rows", "条"), 0);
    int code = copy_take(&c);
    progress_end(&c.progress);
    code = copy_settle(&c, out, code);
    if (code == EXIT_DONE)
        fprintf(stderr,
                either("kith: the copy is in %s; hand it over safely, and delete it then\n",
                       "kith:副本已写入 %s;请安全交付,随后删除\n"),
                out);
    return code;
}
