/* Tables into a workbook (.xlsx), row by row in constant memory: what lib/xlsx.h reads. When a sheet is full the next one goes on,
 * under the same head. Texts never are formulas. */
#pragma once

#include "base/bytes.h"

#define SHEETS_COLUMNS_MAX 64u
#define SHEETS_ROWS_MAX 1048576u     /* of one sheet, its head among them: Excel's bound */
#define SHEETS_TEXT_BYTES_MAX 32000u /* of a cell; Excel takes 32,767 characters. Longer ones are cut */
#define SHEETS_DIGITS_MAX 15u        /* that Excel keeps of a number: a longer one is written as text */

struct sheets;

/* A name of at most 25 bytes. The file is made at the end; a folder for temporary files is needed meanwhile. NULL: no memory. */
struct sheets *sheets_create(const char *path, const char *name, const char *const *columns, size_t column_count);
/* Into the next column of the row; an empty text leaves the cell out. `digits` is a number as JSON writes it. */
void sheets_text(struct sheets *s, struct bytes text);
void sheets_number(struct sheets *s, struct bytes digits);
struct tm;
void sheets_time(struct sheets *s, const struct tm *clock); /* as a clock on the wall shows it */
fallible sheets_row_end(struct sheets *s, struct err *e); /* FULL: the temporary file */
uint64_t sheets_cut(const struct sheets *s);              /* texts that were too long */
/* Writes the file, and frees. IO. `keep` false: only frees, and no file is left. */
fallible sheets_finish(struct sheets *s, bool keep, struct err *e);
