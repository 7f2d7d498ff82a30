/* What the daemon exports, as virtual tables of SQLite: events, people, things, orders, relations …, with the columns of docs/guide/export.md. Rows are
 * read from the daemon when a query runs; what a condition says of time, event, brand, kind, shop, segment or tag is asked of the daemon, the rest is looked at here. */
#pragma once

#include <sqlite3.h>
#include <stddef.h>

struct arguments;
/* All tables, for a daemon that is named as of client_of_arguments. What a join reads again is kept (sql_copy.h), and counted in *copied_bytes, 0 at first. Both
 * outlive the database. */
void sql_tables_add(sqlite3 *db, struct arguments *a, size_t *copied_bytes);
