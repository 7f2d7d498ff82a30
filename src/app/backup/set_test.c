/* A set of backups: what is new is copied, the rest is known, and what was damaged is said.
 * Covers: copy.c */
#include "app/backup/set.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/time.h"
#include "testing/test.h"

#define LOG_FIRST "log/0000000000001000.log"

struct place {
    struct t *t;
    const char *from, *to;
    struct backup_set *set;
    int64_t now_us;
};

static const char *path_of(const struct place *p, const char *folder, const char *name)
{
    return arena_printf(p->t->arena, "%s/%s", folder, name);
}

static void put(const struct place *p, const char *folder, const char *name, const char *text)
{
    FILE *file = fopen(path_of(p, folder, name), "we");
    REQUIRE(p->t, file != NULL);
    CHECK(p->t, fputs(text, file) >= 0);
    CHECK_EQ(p->t, fclose(file), 0);
}

static const char *got(const struct place *p, const char *folder, const char *name)
{
    static char text[256];
    FILE *file = fopen(path_of(p, folder, name), "re");
    size_t size = file == NULL ? 0 : fread(text, 1, sizeof text - 1, file);
    if (file != NULL)
        (void)fclose(file);
    text[size] = 0;
    return file == NULL ? "(none)" : text;
}

static void place_open(struct place *p, struct t *t)
{
    struct err e = {0};
    *p = (struct place){.t = t,
                        .from = arena_printf(t->arena, "%s/from", t->folder),
                        .to = arena_printf(t->arena, "%s/to", t->folder),
                        .now_us = US_PER_DAY};
    CHECK_EQ(t, mkdir(p->from, 0700), 0);
    CHECK_EQ(t, mkdir(path_of(p, p->from, "log"), 0700), 0);
    CHECK_EQ(t, mkdir(path_of(p, p->from, "runs"), 0700), 0);
    put(p, p->from, LOG_FIRST, "0123456789");
    put(p, p->from, "runs/a.run", "甲");
    put(p, p->from, "workspace.json", "{}");
    REQUIRE_DONE(t, backup_set_open(p->to, true, &p->set, &e), &e);
}

static struct backup_written backup_take(struct place *p, uint64_t log_bytes)
{
    struct err e = {0};
    struct backup_pace pace = {0};
    struct backup_written written = {0};
    p->now_us += US_PER_SECOND;
    struct backup b = {.workspace = "main",
                       .version = "1",
                       .taken_us = p->now_us,
                       .position = 0x1000 + log_bytes,
                       .has_digest = true,
                       .digest = {1, 2}};
    CHECK_DONE(p->t, backup_write(p->set, p->from, &b, &pace, p->t->arena, &written, &e), &e);
    return written;
}

static struct status fetch(struct place *p, const char *name, const char *folder, struct err *e)
{
    struct backup b;
    struct backup_pace pace = {0};
    CHECK_DONE(p->t, backup_read(p->set, name, p->t->arena, &b, e), e);
    CHECK_EQ(p->t, mkdir(folder, 0700), 0);
    return backup_fetch(p->set, &b, folder, &pace, e);
}

static void only_what_is_new_is_copied(struct t *t)
{
    struct place p;
    struct err e = {0};
    struct backup b;
    place_open(&p, t);
    struct backup_written first = backup_take(&p, 4), again = backup_take(&p, 4);
    CHECK_EQ(t, first.bytes, 4 + 3 + 2);
    CHECK_EQ(t, first.copied, first.bytes);
    CHECK_EQ(t, again.bytes, first.bytes);
    CHECK_EQ(t, again.copied, 0);
    put(&p, p.from, "runs/b.run", "乙乙");
    CHECK_EQ(t, backup_take(&p, 7).copied, 7 + 6); /* the log has grown: its file is another one */
    const char *there = arena_printf(t->arena, "%s/back", t->folder);
    CHECK_DONE(t, fetch(&p, NULL, there, &e), &e);
    CHECK_TEXT(t, got(&p, there, LOG_FIRST), "0123456"); /* up to its position */
    CHECK_TEXT(t, got(&p, there, "runs/a.run"), "甲");
    CHECK_TEXT(t, got(&p, there, "runs/b.run"), "乙乙");
    CHECK_DONE(t, backup_read(p.set, NULL, t->arena, &b, &e), &e);
    CHECK(t, b.has_digest && b.digest.low == 1 && b.digest.high == 2);
    CHECK_EQ(t, b.position, 0x1000 + 7);
    CHECK_TEXT(t, b.workspace, "main");
    backup_set_close(p.set);
}

static void the_same_content_of_another_file_is_kept_once(struct t *t)
{
    struct place p;
    place_open(&p, t);
    (void)backup_take(&p, 4);
    CHECK_EQ(t, unlink(path_of(&p, p.from, "runs/a.run")), 0);
    put(&p, p.from, "runs/c.run", "甲"); /* read again, since it is another file */
    struct backup_written written = backup_take(&p, 4);
    CHECK(t,
          written.copied == 3 || written.copied == 0); /* a file system may give it the number of the one that went */
    const char **names;
    size_t count;
    struct err e = {0};
    CHECK_DONE(t, backup_names(p.set, t->arena, &names, &count, &e), &e);
    CHECK_EQ(t, count, 2);
    CHECK(t, strcmp(names[0], names[1]) < 0);
    backup_set_close(p.set);
}

static void old_ones_are_dropped(struct t *t)
{
    struct place p;
    struct err e = {0};
    size_t dropped;
    uint64_t bytes;
    place_open(&p, t);
    (void)backup_take(&p, 4);
    CHECK_EQ(t, unlink(path_of(&p, p.from, "runs/a.run")), 0);
    (void)backup_take(&p, 4);
    CHECK_DONE(t, backup_prune(p.set, 2, t->arena, &dropped, &bytes, &e), &e);
    CHECK_EQ(t, dropped, 0);
    CHECK_EQ(t, bytes, 0);
    CHECK_DONE(t, backup_prune(p.set, 1, t->arena, &dropped, &bytes, &e), &e);
    CHECK_EQ(t, dropped, 1);
    CHECK_EQ(t, bytes, 3); /* the run that the newest hasn't */
    const char *there = arena_printf(t->arena, "%s/back", t->folder);
    CHECK_DONE(t, fetch(&p, NULL, there, &e), &e);
    CHECK_TEXT(t, got(&p, there, "runs/a.run"), "(none)");
    CHECK_TEXT(t, got(&p, there, LOG_FIRST), "0123");
    backup_set_close(p.set);
}

static void damage(const struct place *p, const char *path)
{
    FILE *file = fopen(path, "r+e");
    REQUIRE(p->t, file != NULL);
    int first = fgetc(file);
    rewind(file);
    CHECK(p->t, fputc(first ^ 1, file) != EOF);
    CHECK_EQ(p->t, fclose(file), 0);
}

static void damage_is_said(struct t *t)
{
    struct place p;
    struct err e = {0};
    struct backup b;
    place_open(&p, t);
    (void)backup_take(&p, 4);
    const char **names;
    size_t count;
    CHECK_DONE(t, backup_names(p.set, t->arena, &names, &count, &e), &e);
    CHECK_DONE(t, backup_read(p.set, NULL, t->arena, &b, &e), &e);
    for (size_t i = 0; i < b.file_count; i++) {
        const char *hash = arena_printf(t->arena, "%016" PRIx64 "%016" PRIx64, b.files[i].hash.high,
                                        b.files[i].hash.low);
        const char *content = arena_printf(t->arena, "%s/files/%.2s/%s", p.to, hash, hash);
        damage(&p, content);
        CHECK_FAILS(t, fetch(&p, NULL, arena_printf(t->arena, "%s/back%zu", t->folder, i), &e), CORRUPT);
        CHECK_EQ(t, unlink(content), 0);
        CHECK_FAILS(t, fetch(&p, NULL, arena_printf(t->arena, "%s/gone%zu", t->folder, i), &e), CORRUPT);
        CHECK_EQ(t, backup_take(&p, 4).copied, b.files[i].size); /* what is not there any more is no longer known */
    }
    damage(&p, arena_printf(t->arena, "%s/%s.backup", p.to, names[0]));
    CHECK_FAILS(t, backup_read(p.set, names[0], t->arena, &b, &e), CORRUPT);
    CHECK_FAILS(t, backup_read(p.set, "2020-01-01T000000.000Z", t->arena, &b, &e), NOT_FOUND);
    CHECK_FAILS(t, backup_read(p.set, "../x", t->arena, &b, &e), NOT_FOUND);
    backup_set_close(p.set);
}

static void a_set_is_opened_once_and_not_made_by_a_slip(struct t *t)
{
    struct place p;
    struct err e = {0};
    struct backup_set *other;
    place_open(&p, t);
    CHECK_FAILS(t, backup_set_open(p.to, false, &other, &e), EXISTS);
    CHECK_FAILS(t, backup_set_open(arena_printf(t->arena, "%s/mistyped", t->folder), false, &other, &e), NOT_FOUND);
    backup_set_close(p.set);
}

static const struct test tests[] = {
    {"only what is new is copied", only_what_is_new_is_copied, 1},
    {"the same content of another file is kept once", the_same_content_of_another_file_is_kept_once, 1},
    {"old ones are dropped, with what only they had", old_ones_are_dropped, 1},
    {"damage is said", damage_is_said, 1},
    {"a set is opened once, and not made by a slip", a_set_is_opened_once_and_not_made_by_a_slip, 1},
};
TEST_MAIN(tests)
