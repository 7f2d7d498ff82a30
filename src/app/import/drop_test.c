#include "app/import/drop.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "testing/test.h"

static const char *path_of(struct t *t, const char *name)
{
    return arena_printf(t->arena, "%s/%s", t->folder, name);
}

/* Its time of change is `at_s`, so that one second is like another. */
static void file_make(struct t *t, const char *name, const char *text, int64_t at_s)
{
    FILE *file = fopen(path_of(t, name), "we");
    REQUIRE(t, file != NULL);
    CHECK(t, fputs(text, file) >= 0);
    CHECK_EQ(t, fclose(file), 0);
    const struct timespec times[2] = {{.tv_sec = at_s}, {.tv_sec = at_s}};
    CHECK_EQ(t, utimensat(AT_FDCWD, path_of(t, name), times, 0), 0);
}

static bool is_there(struct t *t, const char *name)
{
    return access(path_of(t, name), F_OK) == 0;
}

static struct drop *opened(struct t *t, const struct drop_options *o)
{
    struct drop *d = NULL;
    struct err e = {0};
    CHECK_DONE(t, drop_open(o, &d, &e), &e);
    assert(d != NULL);
    return d;
}

/* Looks; the files that may be taken, with a blank behind each. */
static const char *ready_of(struct t *t, struct drop *d, bool settled)
{
    struct err e = {0};
    size_t count;
    const char *all = "";
    CHECK_DONE(t, drop_look(d, &e), &e);
    const struct drop_file *files = drop_files(d, &count);
    for (size_t i = 0; i < count; i++)
        if (files[i].kind == DROP_FILE && drop_is_ready(d, &files[i], settled))
            all = arena_printf(t->arena, "%s%s ", all, files[i].name);
    return all;
}

static void a_file_waits_until_nobody_writes_it(struct t *t)
{
    struct drop *d = opened(t, &(struct drop_options){.folder = t->folder});
    file_make(t, "a.csv", "1", 100);
    file_make(t, "b.csv.part", "1", 100);
    file_make(t, "c.csv.tmp", "1", 100);
    file_make(t, ".d.csv", "1", 100);
    CHECK_TEXT(t, ready_of(t, d, false), "");
    CHECK_TEXT(t, ready_of(t, d, false), "a.csv ");
    file_make(t, "a.csv", "12", 100); /* it grew within a second */
    CHECK_TEXT(t, ready_of(t, d, false), "");
    file_make(t, "a.csv", "13", 101); /* changed, of the same size */
    CHECK_TEXT(t, ready_of(t, d, false), "");
    CHECK_TEXT(t, ready_of(t, d, false), "a.csv ");
    CHECK_EQ(t, rename(path_of(t, "b.csv.part"), path_of(t, "b.csv")), 0);
    CHECK_TEXT(t, ready_of(t, d, false), "a.csv ");
    CHECK_TEXT(t, ready_of(t, d, true), "a.csv b.csv ");
    drop_close(d);
}

static void a_marker_says_that_a_file_is_whole(struct t *t)
{
    struct drop *d = opened(t, &(struct drop_options){.folder = t->folder, .marker = ".ok"});
    size_t count;
    struct err e = {0};
    file_make(t, "a.csv", "1", 100);
    file_make(t, "b.csv", "1", 100);
    CHECK_TEXT(t, ready_of(t, d, true), "");
    CHECK_TEXT(t, ready_of(t, d, true), "");
    file_make(t, "a.csv.ok", "", 100);
    file_make(t, "b.ok", "", 101);
    CHECK_TEXT(t, ready_of(t, d, false), "a.csv b.csv ");
    const struct drop_file *files = drop_files(d, &count);
    CHECK_EQ(t, count, 4);
    CHECK_DONE(t, drop_put_away(d, &files[0], "done", 1, &e), &e);
    CHECK(t, is_there(t, "done/a.csv") && is_there(t, "done/a.csv.ok") && !is_there(t, "a.csv.ok"));
    file_make(t, "b.csv", "2", 102); /* the marker is of the one before */
    CHECK_TEXT(t, ready_of(t, d, false), "");
    drop_close(d);
}

static void subfolders_are_looked_into(struct t *t)
{
    struct drop *d = opened(t, &(struct drop_options){.folder = t->folder, .subfolders = true});
    struct err e = {0};
    size_t count;
    CHECK_EQ(t, mkdir(path_of(t, "2026-11-12"), 0700), 0);
    CHECK_EQ(t, mkdir(path_of(t, "2026-11-11"), 0700), 0);
    CHECK_EQ(t, mkdir(path_of(t, ".hidden"), 0700), 0);
    file_make(t, "2026-11-12/o.csv", "1", 100);
    file_make(t, "2026-11-11/o.csv", "1", 100);
    file_make(t, ".hidden/o.csv", "1", 100);
    file_make(t, "done/o.csv", "1", 100);
    file_make(t, "z.csv", "1", 100);
    CHECK_TEXT(t, ready_of(t, d, true), "2026-11-11/o.csv 2026-11-12/o.csv z.csv ");
    const struct drop_file *files = drop_files(d, &count);
    CHECK_EQ(t, drop_number(d, files[0].name), 1);
    CHECK_DONE(t, drop_put_away(d, &files[0], "failed", 1, &e), &e);
    CHECK(t, is_there(t, "failed/2026-11-11/o.csv") && is_there(t, "2026-11-11"));
    CHECK_EQ(t, drop_number(d, files[0].name), 2);
    drop_close(d);
    d = opened(t, &(struct drop_options){.folder = t->folder});
    CHECK_TEXT(t, ready_of(t, d, true), "z.csv ");
    drop_close(d);
}

/* lines.csv belongs to one file, stores.csv to all of them. */
static void joined_files_are_waited_for(struct t *t)
{
    struct import_map_says says = {.joins = {{.file = "lines.csv", .every = true}, {.file = "stores.csv"}, {.file = "/elsewhere/x.csv"}}, .join_count = 3};
    struct drop *d = opened(t, &(struct drop_options){.folder = t->folder, .says = &says});
    struct err e = {0};
    size_t count;
    file_make(t, "o.csv", "1", 100);
    file_make(t, "stores.csv", "1", 100);
    CHECK_TEXT(t, ready_of(t, d, true), "");
    file_make(t, "lines.csv", "1", 100);
    CHECK_TEXT(t, ready_of(t, d, false), "");
    CHECK_TEXT(t, ready_of(t, d, false), "o.csv ");
    const struct drop_file *files = drop_files(d, &count);
    REQUIRE(t, count == 3);
    CHECK_TEXT(t, files[1].name, "o.csv");
    CHECK_DONE(t, drop_put_away(d, &files[1], "done", 1, &e), &e);
    CHECK(t, is_there(t, "done/o.csv") && is_there(t, "done/lines.csv") && is_there(t, "stores.csv"));
    drop_close(d);
}

static void what_changes_meanwhile_is_seen(struct t *t)
{
    struct drop *d = opened(t, &(struct drop_options){.folder = t->folder});
    size_t count;
    file_make(t, "a.csv", "1", 100);
    CHECK_TEXT(t, ready_of(t, d, true), "a.csv ");
    const struct drop_file *files = drop_files(d, &count);
    CHECK(t, drop_is_unchanged(d, &files[0]));
    file_make(t, "a.csv", "12", 100);
    CHECK(t, !drop_is_unchanged(d, &files[0]));
    CHECK_EQ(t, unlink(path_of(t, "a.csv")), 0);
    CHECK(t, !drop_is_unchanged(d, &files[0]));
    drop_close(d);
}

static void a_name_that_comes_again_gets_a_number(struct t *t)
{
    struct drop *d = opened(t, &(struct drop_options){.folder = t->folder});
    char path[DROP_PATH_BYTES];
    CHECK_EQ(t, drop_number(d, "a.csv"), 1);
    file_make(t, "done/a.csv", "", 1);
    file_make(t, "failed/a.csv.2", "", 1);
    file_make(t, "rejects/a.csv.3.csv", "", 1);
    CHECK_EQ(t, drop_number(d, "a.csv"), 4);
    drop_rejects_path(d, "a.csv", 4, path);
    CHECK_TEXT(t, path, path_of(t, "rejects/a.csv.4.csv"));
    drop_close(d);
}

static void one_process_a_folder(struct t *t)
{
    struct drop *d = NULL, *again = NULL;
    struct err e = {0};
    CHECK_FAILS(t, drop_open(&(struct drop_options){.folder = path_of(t, "none")}, &d, &e), NOT_FOUND);
    d = opened(t, &(struct drop_options){.folder = t->folder});
    CHECK_FAILS(t, drop_open(&(struct drop_options){.folder = t->folder}, &again, &e), EXISTS);
    CHECK(t, strncmp(e.text, "another `kith watch`: ", 22) == 0);
    drop_close(d);
    drop_close(opened(t, &(struct drop_options){.folder = t->folder}));
}

static const struct test tests[] = {
    {"a file waits until nobody writes it", a_file_waits_until_nobody_writes_it, 1},
    {"a marker says that a file is whole", a_marker_says_that_a_file_is_whole, 1},
    {"subfolders are looked into", subfolders_are_looked_into, 1},
    {"joined files are waited for", joined_files_are_waited_for, 1},
    {"what changes meanwhile is seen", what_changes_meanwhile_is_seen, 1},
    {"a name that comes again gets a number", a_name_that_comes_again_gets_a_number, 1},
    {"one process a folder", one_process_a_folder, 1},
};
TEST_MAIN(tests)
