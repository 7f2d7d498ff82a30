/* Files that are imported, as rows of text cells: CSV and its like, NDJSON, or a sheet of a workbook; plain, gzip or zstd. */
#pragma once

#include "app/import/input.h"
#include "lib/csv.h"

#define TABLE_ROW_BYTES_MAX 65536u

enum encoding {
    ENCODING_FOUND, /* UTF-8, and GB18030 in each line that isn't */
    ENCODING_UTF8,
    ENCODING_GB18030,
};

struct table_options {
    const char *path; /* borrowed, like all that is pointed to here */
    char delimiter;   /* 0: a tab in a file called .tsv or .tab, else a comma */
    enum encoding encoding;
    const char *sheet;        /* of a workbook; NULL: the first */
    uint32_t header_line;     /* in which the columns are named; 0: the first, or none when there are `names` */
    uint32_t header_lines;    /* 2: groups of columns are named in the line before it: "买家信息/手机"; else 1 or 0 */
    const char *const *names; /* of the columns by their places, when no line names them */
    size_t name_count;
    const char *const *members; /* the columns of NDJSON: paths of members, "buyer.phone" */
    size_t member_count;
};

struct table_row {
    uint64_t line;             /* on which it begins, or which it is in the sheet, from 1 */
    const struct bytes *cells; /* UTF-8, one of each column: a short row is filled up; NULL: it is bad */
    const char *why;           /* of a bad one */
};

struct table;

/* Reads the names of the columns, too; of two with the same name the second is called "name#2". INVALID: there are none, or the file
 * isn't what the options say (UTF-16, an old .xls, lines that end in a lone CR, another encoding). Else as input_open and xlsx_open. */
fallible table_open(const struct table_options *o, struct table **out_table, struct err *e);
void table_close(struct table *t); /* NULL is fine */

struct input_file table_file(const struct table *t);
double table_share(const struct table *t);                                      /* of the file that has been read: 0..1 */
const struct bytes *table_names(const struct table *t, size_t *out_count);      /* until the close */
uint64_t table_rows_of_gb18030(const struct table *t);                          /* so far, where the encoding was found */

/* The next row that isn't empty, until the next call; *out_more is false at the end. A bad row doesn't stop the others: one that can't
 * be read, is not in the encoding, or has something behind the last column. */
fallible table_next(struct table *t, struct table_row *out_row, bool *out_more, struct err *e);
