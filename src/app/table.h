/* Files that are imported, read from front to end: bytes out of a plain or gzip file, and rows out of a CSV one. */
#pragma once

#include "base/hash.h"
#include "lib/csv.h"

struct input;

/* The path is borrowed until the close. Only a file of its own is taken: what comes through a pipe has no digest before
 * its end, and rows are known by it. NOT_FOUND, INVALID: no such file; IO. Reads the whole file once. */
fallible input_open(const char *path, struct input **out_input, struct err *e);
void input_close(struct input *in); /* NULL is fine */

struct hash128 input_digest(const struct input *in); /* of the bytes on disk */

/* No bytes: the end. Borrowed until the next call. INVALID: what is compressed ends too early. */
fallible input_next(struct input *in, struct bytes *out_piece, struct err *e);
uint64_t input_guess(const struct input *in, uint64_t rows); /* how many there will be, after so many; 0: no idea yet */

#define TABLE_ROW_BYTES_MAX 65536u

enum encoding { ENCODING_UTF8, ENCODING_GB18030 };

struct table_options {
    const char *path; /* borrowed */
    char delimiter;
    enum encoding encoding;
};

struct table_row {
    uint64_t line;             /* on which it begins, from 1 */
    const struct bytes *cells; /* UTF-8, one of each column: a short row is filled up; NULL: it is bad */
    const char *why;           /* of a bad one */
};

struct table;

/* Reads the names of the columns, too. INVALID: there are none, or the file isn't what the options say (UTF-16, lines
 * that end in a lone CR, another encoding). Else as input_open. */
fallible table_open(const struct table_options *o, struct table **out_table, struct err *e);
void table_close(struct table *t); /* NULL is fine */

const struct input *table_input(const struct table *t);
const struct bytes *table_names(const struct table *t, size_t *out_count); /* until the close */

/* The next row, until the next call; *out_more is false at the end. A bad row doesn't stop the others: one that can't be
 * read, is not in the encoding, or has something behind the last column. */
fallible table_next(struct table *t, struct table_row *out_row, bool *out_more, struct err *e);
