/* What MySQL is told and what it says, as texts; used by mysql.c alone. */
#pragma once

#include <mysql.h>

#include "base/arena.h"

/* Appends the query, in which each $1 outside of quotes and comments is `after` as a text, whatever characters it has; NULL: as NULL. */
void mysql_query_put(struct buf *out, const char *query, const char *after);

/* A cell as people read it; `own` itself or in the arena:
 *   a TIMESTAMP, which is an instant, ends in Z (the session is in UTC); a DATETIME has no zone and stays without
 *   a zero date, which says that there is none, is empty; BIT is a number; bytes that are no text (BINARY, BLOB) are hex digits */
struct bytes mysql_cell(struct arena *a, const MYSQL_FIELD *field, struct bytes own);
