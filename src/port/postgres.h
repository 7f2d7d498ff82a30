/* Rows of a query of PostgreSQL, one after the other, as texts. */
#pragma once

#include "base/bytes.h"

#define POSTGRES_COLUMNS_MAX 1024u

/* What a source of rows is asked. */
struct rows_ask {
    const char *url;   /* as libpq takes it: "postgresql://user@host/db"; a password rather comes by PGPASSWORD or a passfile */
    const char *query; /* one; what stands in it as $1 is `after` */
    const char *after; /* NULL: from the beginning, and $1 is NULL */
};

struct rows_row {
    const struct bytes *names, *cells; /* NULL cells are empty */
    size_t count;                      /* at most POSTGRES_COLUMNS_MAX */
};
typedef fallible (*rows_take)(void *context, const struct rows_row *row, struct err *e);

/* Gives every row to `take`, without ever having all in memory; ends with its first failure. UNAVAILABLE: nobody answers there, or it ended;
 * INVALID: the query is faulty, with the server's words. */
fallible postgres_read(const struct rows_ask *ask, rows_take take, void *context, struct err *e);
