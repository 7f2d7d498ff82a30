/* MySQL and MariaDB as sources of rows, by libmariadb.
 *
 *     mysql://USER[:PASSWORD]@HOST[:PORT]/DATABASE[?socket=PATH][&sslmode=require|verify-full][&sslrootcert=FILE]
 *
 * A password rather comes by MYSQL_PWD or an option file (~/.my.cnf, groups [client] and [kith]). The session speaks UTF-8, whatever the tables are
 * in, and UTC. No file of this machine is ever given to the server. What cells become: mysql_text.h. */
#pragma once

#include "port/database.h"

/* As of rows_read; also INVALID: the URL is faulty. */
fallible mysql_read(const struct rows_ask *ask, rows_take take, void *context, struct err *e);
