#include "lib/sheets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <xlsxwriter.h>

#include "lib/text.h"

#define PATH_BYTES_MAX 4096u
#define NAME_BYTES_MAX 32u
#define COLUMN_WIDTH 18 /* characters: a time fits */

struct sheets {
    lxw_workbook *book;
    lxw_worksheet *sheet;
    lxw_format *heading, *time;
    char path[PATH_BYTES_MAX], name[NAME_BYTES_MAX];
    const char *const *columns;
    size_t column_count;
    unsigned sheet_count;
    uint32_t row;
    uint16_t column;
    lxw_error trouble; /* the first one */
    uint64_t cut;
    char text[SHEETS_TEXT_BYTES_MAX + 1];
};

static void note(struct sheets *s, lxw_error error)
{
    s->trouble = s->trouble == LXW_NO_ERROR ? error : s->trouble;
}

/* "people", "people 2" … */
static void sheet_begin(struct sheets *s)
{
    char name[NAME_BYTES_MAX];
    s->sheet_count++;
    (void)snprintf(name, sizeof name, s->sheet_count == 1 ? "%.25s" : "%.25s %u", s->name, s->sheet_count);
    s->sheet = workbook_add_worksheet(s->book, name);
    note(s, worksheet_set_column(s->sheet, 0, (lxw_col_t)(s->column_count - 1), COLUMN_WIDTH, NULL));
    for (uint16_t i = 0; i < s->column_count; i++)
        note(s, worksheet_write_string(s->sheet, 0, i, s->columns[i], s->heading));
    worksheet_freeze_panes(s->sheet, 1, 0);
    s->row = 1;
    s->column = 0;
}

struct sheets *sheets_create(const char *path, const char *name, const char *const *columns, size_t column_count)
{
    lxw_workbook_options options = {.constant_memory = LXW_TRUE};
    struct sheets *s = calloc(1, sizeof *s);
    assert(column_count > 0 && column_count <= SHEETS_COLUMNS_MAX && strlen(name) < NAME_BYTES_MAX - 6);
    if (s == NULL)
        return NULL;
    (void)snprintf(s->path, sizeof s->path, "%s", path);
    (void)snprintf(s->name, sizeof s->name, "%s", name);
    s->columns = columns;
    s->column_count = column_count;
    s->book = workbook_new_opt(path, &options);
    if (s->book == NULL) {
        free(s);
        return NULL;
    }
    s->heading = workbook_add_format(s->book);
    format_set_bold(s->heading);
    s->time = workbook_add_format(s->book);
    format_set_num_format(s->time, "yyyy-mm-dd hh:mm:ss");
    sheet_begin(s);
    return s;
}

void sheets_text(struct sheets *s, struct bytes text)
{
    struct bytes kept = text_cut(text, SHEETS_TEXT_BYTES_MAX);
    assert(s->column < s->column_count);
    s->cut += kept.size < text.size;
    if (kept.size > 0) {
        memcpy(s->text, kept.data, kept.size);
        s->text[kept.size] = 0;
        note(s, worksheet_write_string(s->sheet, s->row, s->column, s->text, NULL));
    }
    s->column++;
}

void sheets_number(struct sheets *s, struct bytes digits)
{
    char text[32];
    size_t count = 0;
    for (size_t i = 0; i < digits.size; i++)
        count += digits.data[i] >= '0' && digits.data[i] <= '9';
    if (count > SHEETS_DIGITS_MAX || digits.size >= sizeof text) {
        sheets_text(s, digits);
        return;
    }
    assert(s->column < s->column_count);
    (void)snprintf(text, sizeof text, "%.*s", BYTES_ARG(digits));
    note(s, worksheet_write_number(s->sheet, s->row, s->column++, strtod(text, NULL), NULL));
}

void sheets_time(struct sheets *s, const struct tm *clock)
{
    lxw_datetime time = {.year = clock->tm_year + 1900,
                         .month = clock->tm_mon + 1,
                         .day = clock->tm_mday,
                         .hour = clock->tm_hour,
                         .min = clock->tm_min,
                         .sec = clock->tm_sec};
    assert(s->column < s->column_count);
    note(s, worksheet_write_datetime(s->sheet, s->row, s->column++, &time, s->time));
}

fallible sheets_row_end(struct sheets *s, struct err *e)
{
    s->row++;
    s->column = 0;
    if (s->row == SHEETS_ROWS_MAX)
        sheet_begin(s);
    return s->trouble == LXW_NO_ERROR ? DONE : FAIL(e, FULL, "can't write %s: %s", s->path, lxw_strerror(s->trouble));
}

uint64_t sheets_cut(const struct sheets *s)
{
    return s->cut;
}

fallible sheets_finish(struct sheets *s, bool keep, struct err *e)
{
    struct status status = DONE;
    lxw_error error = workbook_close(s->book);
    if (!keep)
        (void)unlink(s->path);
    else if (error != LXW_NO_ERROR)
        status = FAIL(e, IO, "can't write %s: %s", s->path, lxw_strerror(error));
    free(s);
    return status;
}
