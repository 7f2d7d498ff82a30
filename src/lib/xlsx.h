/* Rows of cells out of a workbook (.xlsx, Office Open XML), one after the other, as a person sees them.
 *
 * The sheet is never whole in memory; its shared texts are. A cell becomes text: a number with all the digits that Excel has (15;
 * a whole number beyond them is written with an exponent, so that whoever reads it sees that digits are gone), a date as
 * "2026-11-11 00:05:00" or "2026-11-11", a time as "00:05:00", a boolean as TRUE or FALSE, a formula as its last result, an error as
 * "#N/A". Each cell of a merged range has the text of the first.
 *
 * The bytes are not trusted: what unpacks to more than XLSX_RATIO_MAX times its size (beyond XLSX_BYTES_FREE), shared texts over
 * XLSX_TEXTS_BYTES_MAX, and a document type are refused. */
#pragma once

#include "base/bytes.h"

#define XLSX_BYTES_FREE (UINT64_C(64) << 20)
#define XLSX_RATIO_MAX 200u
#define XLSX_TEXTS_BYTES_MAX ((size_t)1 << 30)
#define XLSX_COLUMNS_MAX 1024u
#define XLSX_ROW_BYTES_MAX ((size_t)1 << 20)

struct xlsx;

/* Opens the sheet of that name, or the first one (NULL). INVALID: no workbook, no such sheet (with the names there are), damaged;
 * LIMIT: a bound above; IO. */
fallible xlsx_open(const char *path, const char *sheet, struct xlsx **out_book, struct err *e);
void xlsx_close(struct xlsx *x); /* NULL is fine */

struct xlsx_row {
    uint64_t number; /* as the sheet counts, from 1 */
    size_t count;    /* of cells, from column A; those left out are empty */
    const struct bytes *cells;
    const char *why; /* of a bad row, which has no cells: words for a person */
};

/* The next row that has a cell, until the next call. One bad row doesn't stop the others. Failures as of xlsx_open. */
fallible xlsx_next(struct xlsx *x, struct xlsx_row *out_row, bool *out_more, struct err *e);
double xlsx_share(const struct xlsx *x); /* of the sheet's bytes that has been read: 0..1 */

bool xlsx_is(const char *path); /* by its first bytes: an archive */
