/* PostgreSQL as a source of rows, by libpq: the URL is as libpq takes it, and a password rather comes by PGPASSWORD or a passfile. */
#pragma once

#include "port/database.h"

/* As of rows_read. */
fallible postgres_read(const struct rows_ask *ask, rows_take take, void *context, struct err *e);
