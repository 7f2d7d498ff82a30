#include "port/database.h"

#include <string.h>

#include "port/mysql.h"
#include "port/postgres.h"

static const struct database {
    const char *scheme;
    rows_read read;
} databases[] = {
    {"postgresql://", postgres_read},
    {"postgres://", postgres_read},
    {"mysql://", mysql_read},
    {"mariadb://", mysql_read},
};

fallible database_read(const struct rows_ask *ask, rows_take take, void *context, struct err *e)
{
    for (size_t i = 0; i < COUNT_OF(databases); i++)
        if (strncmp(ask->url, databases[i].scheme, strlen(databases[i].scheme)) == 0)
            return databases[i].read(ask, take, context, e);
    if (strstr(ask->url, "://") == NULL && strchr(ask->url, '=') != NULL) /* "host=… dbname=…", as libpq takes it, too */
        return postgres_read(ask, take, context, e);
    return FAIL(e, INVALID, "no database is known by this URL: want postgresql://USER@HOST/DATABASE or mysql://USER@HOST/DATABASE");
}
