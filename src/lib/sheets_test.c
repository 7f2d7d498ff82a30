#include "lib/sheets.h"

#include <time.h>
#include <unistd.h>

#include "lib/xlsx.h"
#include "testing/test.h"

static const char *const columns[] = {"name", "amount", "number"};

static void row_add(struct t *t, struct sheets *s, const char *name, const char *amount, const char *number)
{
    struct err e = {0};
    sheets_text(s, bytes_of_text(name));
    sheets_number(s, bytes_of_text(amount));
    sheets_number(s, bytes_of_text(number));
    CHECK_DONE(t, sheets_row_end(s, &e), &e);
}

static void check_row(struct t *t, struct xlsx *x, const char *name, const char *amount, const char *number)
{
    struct err e = {0};
    struct xlsx_row row = {0};
    bool more = false;
    CHECK_DONE(t, xlsx_next(x, &row, &more, &e), &e);
    REQUIRE(t, more && row.count == 3);
    CHECK_BYTES(t, row.cells[0], bytes_of_text(name));
    CHECK_BYTES(t, row.cells[1], bytes_of_text(amount));
    CHECK_BYTES(t, row.cells[2], bytes_of_text(number));
}

static void what_is_written_is_read_again(struct t *t)
{
    const char *path = arena_printf(t->arena, "%s/人.xlsx", t->folder);
    struct err e = {0};
    struct xlsx *x;
    struct sheets *s = sheets_create(path, "people", columns, COUNT_OF(columns));
    REQUIRE(t, s != NULL);
    row_add(t, s, "王小明 😀 連", "199.5", "-3");
    row_add(t, s, "=1+1", "0.01", "12345678901234567890"); /* neither a formula, nor a number that loses digits */
    CHECK_DONE(t, sheets_finish(s, true, &e), &e);
    REQUIRE_DONE(t, xlsx_open(path, "people", &x, &e), &e);
    check_row(t, x, "name", "amount", "number");
    check_row(t, x, "王小明 😀 連", "199.5", "-3");
    check_row(t, x, "=1+1", "0.01", "12345678901234567890");
    xlsx_close(x);
}

static void times_are_cells_of_time(struct t *t)
{
    static const struct tm clock = {.tm_year = 126, .tm_mon = 10, .tm_mday = 22, .tm_hour = 20, .tm_min = 4, .tm_sec = 5};
    const char *path = arena_printf(t->arena, "%s/times.xlsx", t->folder);
    struct err e = {0};
    struct xlsx *x;
    struct sheets *s = sheets_create(path, "events", columns, COUNT_OF(columns));
    REQUIRE(t, s != NULL);
    sheets_time(s, &clock);
    sheets_number(s, BYTES_LIT("1"));
    sheets_number(s, BYTES_LIT("2"));
    CHECK_DONE(t, sheets_row_end(s, &e), &e);
    CHECK_DONE(t, sheets_finish(s, true, &e), &e);
    REQUIRE_DONE(t, xlsx_open(path, "events", &x, &e), &e);
    check_row(t, x, "name", "amount", "number");
    check_row(t, x, "2026-11-22 20:04:05", "1", "2");
    xlsx_close(x);
}

static void long_texts_are_cut_and_counted(struct t *t)
{
    const char *path = arena_printf(t->arena, "%s/long.xlsx", t->folder);
    struct err e = {0};
    struct buf text;
    struct sheets *s = sheets_create(path, "events", columns, COUNT_OF(columns));
    REQUIRE(t, s != NULL);
    buf_init(&text, 1 << 20);
    for (int i = 0; i < 20000; i++)
        buf_push_text(&text, "知");
    sheets_text(s, buf_bytes(&text));
    CHECK_DONE(t, sheets_row_end(s, &e), &e);
    CHECK_EQ(t, sheets_cut(s), 1);
    CHECK_DONE(t, sheets_finish(s, false, &e), &e);
    CHECK(t, access(path, F_OK) != 0);
    buf_fini(&text);
}

static void a_file_that_can_t_be_made_is_said(struct t *t)
{
    struct err e = {0};
    struct sheets *s = sheets_create(arena_printf(t->arena, "%s/none/x.xlsx", t->folder), "people", columns,
                                     COUNT_OF(columns));
    REQUIRE(t, s != NULL);
    CHECK_FAILS(t, sheets_finish(s, true, &e), IO);
}

static const struct test tests[] = {
    {"what is written is read again", what_is_written_is_read_again, 1},
    {"times are cells of time", times_are_cells_of_time, 1},
    {"long texts are cut and counted", long_texts_are_cut_and_counted, 1},
    {"a file that can't be made is said", a_file_that_can_t_be_made_is_said, 1},
};
TEST_MAIN(tests)
