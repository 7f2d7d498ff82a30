/* Databases of the world as sources of rows: what a query gives, one row after the other, as texts. Each kind stands in one table. */
#pragma once

#include "base/bytes.h"

#define DATABASE_COLUMNS_MAX 1024u

/* What a source of rows is asked. */
struct rows_ask {
    const char *url;   /* "postgresql://user@host/db", "mysql://user@host/db"; as postgres.h and mysql.h say */
    const char *query; /* one; what stands in it as $1 is `after` */
    const char *after; /* as the database writes it itself (rows_row.own); NULL: from the beginning, and $1 is NULL */
};

struct rows_row {
    const struct bytes *names;
    const struct bytes *cells; /* as people read them; NULL ones are empty */
    const struct bytes *own;   /* the same as the database writes them: what it understands when it comes back as $1 */
    size_t count;              /* at most DATABASE_COLUMNS_MAX */
};
typedef fallible (*rows_take)(void *context, const struct rows_row *row, struct err *e);

/* Gives every row to `take`, without ever having all in memory; ends with its first failure. UNAVAILABLE: nobody answers there, or the connection
 * ended; INVALID: the query is faulty, with the server's words, or no database is known by such a URL; LIMIT: too many columns. */
typedef fallible (*rows_read)(const struct rows_ask *ask, rows_take take, void *context, struct err *e);

fallible database_read(const struct rows_ask *ask, rows_take take, void *context, struct err *e);
