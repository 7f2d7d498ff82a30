/* CSV in, as people write it: RFC 4180, and besides a byte order mark, line ends of LF or CRLF, blank lines (passed over),
 * quotes inside a bare field (kept as they stand), bytes behind a closing quote (kept). A lone CR is a byte like others.
 *
 * The bytes come in pieces of any size; a record that goes on in the next one is copied, so a piece may go once csv_next has asked
 * for more. One bad record doesn't stop the others. */
#pragma once

#include "base/bytes.h"

#define CSV_FIELDS_MAX 1024u

struct csv;

struct csv_record {
    uint64_t line, last_line;   /* on which it begins, from 1, and ends */
    size_t count;               /* of fields, at least 1 */
    const struct bytes *fields; /* until the next call */
    const char *why;            /* of a CSV_BAD one: words for a person, until the next call; it has no fields */
};

enum csv_found {
    CSV_RECORD,
    CSV_BAD,    /* over record_bytes_max or CSV_FIELDS_MAX, or its quote is never closed: passed over */
    CSV_HUNGRY, /* feed another piece, or say that there is none */
    CSV_END,
};

/* `delimiter` is ',' or '\t' or ';', never a quote or a line end. record_bytes_max counts the bytes of a record's fields. */
struct csv *csv_create(char delimiter, size_t record_bytes_max);
void csv_destroy(struct csv *c); /* NULL is fine */

void csv_feed(struct csv *c, struct bytes piece); /* only when hungry, or at first; borrowed until hungry again; not empty */
void csv_finish(struct csv *c);                   /* only when hungry: that was all */
enum csv_found csv_next(struct csv *c, struct csv_record *out_record);

/* Appends a field, in quotes when it needs them. */
void csv_put(struct buf *out, struct bytes field, char delimiter);
/* The same for a table that people open: what a spreadsheet would run as a formula (it begins with = + - @, also as full-width
 * characters, or with a tab or CR) gets an apostrophe in front. */
void csv_put_inert(struct buf *out, struct bytes field, char delimiter);
