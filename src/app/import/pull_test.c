#include "app/import/pull.h"

#include <stdlib.h>
#include <unistd.h>

#include "testing/test.h"

/* A table that grows: rows 1 … count, of which those after the mark are given; it may break off. */
static struct {
    int count, breaks_after; /* 0: it doesn't */
} table;

static struct status table_read(const struct rows_ask *ask, rows_take take, void *context, struct err *e)
{
    struct bytes names[] = {BYTES_LIT("id"), BYTES_LIT("名称")};
    int given = 0;
    for (int i = ask->after == NULL ? 1 : (int)strtol(ask->after, NULL, 10) + 1; i <= table.count; i++) {
        char id[16], shown[16], name[32];
        (void)snprintf(id, sizeof id, "%d", i);
        (void)snprintf(shown, sizeof shown, "No %d", i); /* a database may write it otherwise than people read it */
        (void)snprintf(name, sizeof name, "甲,\"%d\"", i);
        struct bytes cells[] = {bytes_of_text(shown), bytes_of_text(name)}, own[] = {bytes_of_text(id), cells[1]};
        struct rows_row row = {names, cells, own, 2};
        if (table.breaks_after > 0 && given++ == table.breaks_after)
            return FAIL(e, UNAVAILABLE, "gone");
        TRY(take(context, &row, e));
    }
    return DONE;
}

static const char *file_text(struct t *t, const char *name)
{
    char *text = arena_zeroed(t->arena, 4096, 1);
    FILE *file = fopen(arena_printf(t->arena, "%s/%s", t->folder, name), "re");
    if (file == NULL)
        return "none";
    (void)fread(text, 1, 4095, file);
    (void)fclose(file);
    return text;
}

static void file_write(struct t *t, const char *name, const char *text)
{
    FILE *file = fopen(arena_printf(t->arena, "%s/%s", t->folder, name), "we");
    assert(file != NULL);
    (void)fputs(text, file);
    (void)fclose(file);
}

static struct pull_options options_of(const struct t *t)
{
    return (struct pull_options){.url = "", .query = "", .watermark = "id", .folder = t->folder, .name = "crm", .read = table_read};
}

static void each_row_stands_in_one_file(struct t *t)
{
    struct pull_options o = options_of(t);
    struct err e = {0};
    uint64_t rows = 9;
    table.count = 2;
    table.breaks_after = 0;
    CHECK_DONE(t, pull_once(&o, &rows, &e), &e);
    CHECK_EQ(t, rows, 2);
    CHECK_TEXT(t, file_text(t, "crm-000001.csv"), "id,名称\nNo 1,\"甲,\"\"1\"\"\"\nNo 2,\"甲,\"\"2\"\"\"\n");
    CHECK_DONE(t, pull_once(&o, &rows, &e), &e);
    CHECK_EQ(t, rows, 0);
    CHECK_TEXT(t, file_text(t, "crm-000002.csv"), "none");
    table.count = 5;
    table.breaks_after = 1;
    CHECK_FAILS(t, pull_once(&o, &rows, &e), UNAVAILABLE);
    CHECK_TEXT(t, file_text(t, "crm-000002.csv"), "none");
    CHECK_TEXT(t, file_text(t, ".crm.tmp"), "none");
    table.breaks_after = 0;
    CHECK_DONE(t, pull_once(&o, &rows, &e), &e);
    CHECK_EQ(t, rows, 3);
    CHECK_TEXT(t, file_text(t, ".crm.watermark"), "2\n5\n");
}

/* Killed between the steps of a publishing. */
static void who_is_interrupted_goes_on(struct t *t)
{
    struct pull_options o = options_of(t);
    struct err e = {0};
    uint64_t rows;
    table.count = 3;
    table.breaks_after = 0;
    CHECK_DONE(t, pull_once(&o, &rows, &e), &e);
    file_write(t, ".crm.watermark.next", "2\n7\n"); /* its file never appeared */
    CHECK_DONE(t, pull_once(&o, &rows, &e), &e);
    CHECK_EQ(t, rows, 0);
    CHECK_TEXT(t, file_text(t, ".crm.watermark"), "1\n3\n");
    file_write(t, ".crm.watermark.next", "2\n7\n");
    file_write(t, "crm-000002.csv", "id\n7\n"); /* it appeared */
    table.count = 8;
    CHECK_DONE(t, pull_once(&o, &rows, &e), &e);
    CHECK_EQ(t, rows, 1);
    CHECK_TEXT(t, file_text(t, ".crm.watermark"), "3\n8\n");
    file_write(t, ".crm.watermark.next", "4"); /* half a mark */
    CHECK_DONE(t, pull_once(&o, &rows, &e), &e);
    CHECK_EQ(t, rows, 0);
    file_write(t, ".crm.watermark", "four\n");
    CHECK_FAILS(t, pull_once(&o, &rows, &e), CORRUPT);
}

static void a_watermark_must_be_there(struct t *t)
{
    struct pull_options o = options_of(t);
    struct err e = {0};
    uint64_t rows;
    table.count = 1;
    table.breaks_after = 0;
    o.watermark = "updated";
    CHECK_FAILS(t, pull_once(&o, &rows, &e), INVALID);
    CHECK_TEXT(t, e.text, "the rows have no column \"updated\", which is to be the watermark");
    o.folder = "/nowhere";
    CHECK_FAILS(t, pull_once(&o, &rows, &e), NOT_FOUND);
}

/* While a pull reads, another one comes. */
static struct status turned_away_read(const struct rows_ask *ask, rows_take take, void *context, struct err *e)
{
    (void)take, (void)context;
    struct pull_options o = {.url = "", .query = "", .watermark = "id", .folder = ask->url, .name = "crm", .read = table_read};
    uint64_t rows = 0;
    return pull_once(&o, &rows, e);
}

static void two_pulls_of_one_name_do_not_meet(struct t *t)
{
    struct pull_options o = options_of(t);
    struct err e = {0};
    uint64_t rows;
    table.count = 1;
    table.breaks_after = 0;
    o.url = t->folder;
    o.read = turned_away_read;
    CHECK_FAILS(t, pull_once(&o, &rows, &e), EXISTS);
    CHECK(t, strncmp(e.text, "another `kith pull`: ", 21) == 0);
    CHECK_TEXT(t, file_text(t, "crm-000001.csv"), "none");
}

static const struct test tests[] = {
    {"each row stands in one file", each_row_stands_in_one_file, 1},
    {"who is interrupted goes on", who_is_interrupted_goes_on, 1},
    {"a watermark must be there", a_watermark_must_be_there, 1},
    {"two pulls of one name don't meet", two_pulls_of_one_name_do_not_meet, 1},
};
TEST_MAIN(tests)
