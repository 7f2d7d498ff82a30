#include "port/postgres.h"

#include <libpq-fe.h>
#include <string.h>

/* libpq's words end in a line feed. */
static struct bytes words_of(const char *text)
{
    struct bytes words = bytes_of_text(text);
    while (words.size > 0 && words.data[words.size - 1] == '\n')
        words.size--;
    return words;
}

static fallible result_take(const PGresult *r, rows_take take, void *context, struct err *e)
{
    struct bytes names[DATABASE_COLUMNS_MAX], cells[DATABASE_COLUMNS_MAX];
    int columns = PQnfields(r), rows = PQntuples(r);
    if (columns > (int)DATABASE_COLUMNS_MAX)
        return FAIL(e, LIMIT, "more than %u columns", DATABASE_COLUMNS_MAX);
    for (int i = 0; i < columns; i++)
        names[i] = bytes_of_text(PQfname(r, i));
    for (int row = 0; row < rows; row++) {
        for (int i = 0; i < columns; i++)
            cells[i] = bytes_of(PQgetvalue(r, row, i), (size_t)PQgetlength(r, row, i));
        struct rows_row one = {names, cells, cells, (size_t)columns};
        TRY(take(context, &one, e));
    }
    return DONE;
}

static fallible results_take(PGconn *c, rows_take take, void *context, struct err *e)
{
    struct status status = DONE;
    for (PGresult *r; (r = PQgetResult(c)) != NULL; PQclear(r)) {
        ExecStatusType kind = PQresultStatus(r);
        if (failed(status))
            continue; /* what is left must be taken off the line */
        if (kind == PGRES_SINGLE_TUPLE)
            status = result_take(r, take, context, e);
        else if (kind != PGRES_TUPLES_OK && kind != PGRES_COMMAND_OK)
            status = PQstatus(c) == CONNECTION_BAD ? FAIL(e, UNAVAILABLE, "PostgreSQL: %.*s", BYTES_ARG(words_of(PQerrorMessage(c))))
                                                   : FAIL(e, INVALID, "PostgreSQL: %.*s", BYTES_ARG(words_of(PQresultErrorMessage(r))));
    }
    return status;
}

static fallible query_run(PGconn *c, const struct rows_ask *ask, rows_take take, void *context, struct err *e)
{
    int values = strstr(ask->query, "$1") == NULL ? 0 : 1;
    if (PQstatus(c) != CONNECTION_OK)
        return FAIL(e, UNAVAILABLE, "PostgreSQL: %.*s", BYTES_ARG(words_of(PQerrorMessage(c))));
    if (PQsetClientEncoding(c, "UTF8") != 0 || PQsendQueryParams(c, ask->query, values, NULL, &ask->after, NULL, NULL, 0) != 1 ||
        PQsetSingleRowMode(c) != 1)
        return FAIL(e, INVALID, "PostgreSQL: %.*s", BYTES_ARG(words_of(PQerrorMessage(c))));
    return results_take(c, take, context, e);
}

fallible postgres_read(const struct rows_ask *ask, rows_take take, void *context, struct err *e)
{
    PGconn *c = PQconnectdb(ask->url);
    struct status status = c == NULL ? FAIL(e, UNAVAILABLE, "PostgreSQL: no memory for a connection") : query_run(c, ask, take, context, e);
    PQfinish(c);
    return status;
}
