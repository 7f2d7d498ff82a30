/* Answers of questions as a table of SQLite: `answer('funnel', '{"steps": […]}')`, a row each, with its number and its cells as an object by the names
 * of columns, so that `cells ->> 'count'` is one of them. */
#pragma once

#include <sqlite3.h>

struct arguments;
#define SQL_ANSWER_NAME "answer"
/* For a daemon that is named as of client_of_arguments. The arguments outlive the database. */
void sql_answer_add(sqlite3 *db, struct arguments *a);
