/* Rows of an export, one after the other: a thread takes them from the daemon, and waits while nobody asks for more. */
#pragma once

#include "app/client.h"
#include "lib/json.h"

#define SQL_ROW_BYTES_MAX (8u << 20)

struct sql_rows;
/* Takes over the client. `path` is copied. */
struct sql_rows *sql_rows_open(struct client *c, const char *path);
/* The next row, until the next call; absent: there are no more. UNAVAILABLE: it broke off, so what came isn't the whole; DENIED and others as
 * the daemon says. */
fallible sql_rows_next(struct sql_rows *rows, struct json *out_row, struct err *e);
void sql_rows_close(struct sql_rows *rows); /* at any time; NULL is fine */
