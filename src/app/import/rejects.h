/* Rows that could not be taken, in a file of their own: CSV with a byte order mark, so that a spreadsheet opens it as it is. Its columns are
 * file, line, column, reason, and those of the row as it came: mended, it can be imported by the same map. */
#pragma once

#include "base/bytes.h"

struct rejects;

/* The file is made when there is something for it, readable by its owner alone: rows are people's data. The path is copied. */
struct rejects *rejects_create(const char *path);
void rejects_destroy(struct rejects *r); /* NULL is fine */

/* The names of the rows' columns; only before the first reject. Without them a row is one column. */
void rejects_columns(struct rejects *r, const struct bytes *names, size_t count);

struct reject {
    const char *file;
    uint64_t line;
    struct bytes column; /* none: of the whole row */
    struct bytes reason;
    struct bytes cells;  /* of the row, as CSV without a line end */
};
fallible rejects_add(struct rejects *r, const struct reject *x, struct err *e); /* IO */
uint64_t rejects_count(const struct rejects *r);
