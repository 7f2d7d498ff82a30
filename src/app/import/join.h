/* The rows of a table by one of its columns: the second file of an import. The rows lie in a nameless temporary file that is mapped, so that the
 * system may write out what is not asked for; in memory for certain are 48 bytes a key. */
#pragma once

#include "base/arena.h"

struct join;

/* FULL, IO: no room for the temporary file ($TMPDIR, else /tmp). */
fallible join_create(size_t columns, struct join **out_join, struct err *e);
void join_destroy(struct join *j); /* NULL is fine */

struct join_row {
    uint64_t line;
    const struct bytes *cells; /* `columns` of them */
};

/* Cells are copied; missing ones are empty. Rows of one key keep their order. */
fallible join_add(struct join *j, struct bytes key, uint64_t line, const struct bytes *cells, size_t count, struct err *e);

/* The rows of a key, marked as asked for: how many there are. The array lies in `a`, the cells until the next add; of more than rows_max it has none. */
size_t join_find(struct join *j, struct bytes key, struct arena *a, size_t rows_max, const struct join_row **out_rows);

/* Walks the rows that nobody has asked for, in the order they were added. *at begins as 0. False: no more. */
bool join_left_next(const struct join *j, uint64_t *at, struct arena *a, struct join_row *out_row);
