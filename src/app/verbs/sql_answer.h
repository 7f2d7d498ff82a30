/* Answers of questions in a query's text: `answer('funnel', '{"steps": […]}')` stands for a table with the columns of the answer, asked for once, before the
 * query runs. */
#pragma once

#include <sqlite3.h>

#include "base/arena.h"
#include "base/status.h"

struct arguments;
#define SQL_ANSWER_NAME "answer"
#define SQL_ANSWERS_MAX 8u /* different ones in a query */

/* Asks the daemon that is named as of client_of_arguments, makes a table of each answer ("answer", "answer_2", …), and gives the text with their names in
 * place of the calls, in the arena. A list or object in a cell is JSON; of two columns of one name the later is "name_2". INVALID: a call that isn't two
 * texts in quotes; and what the daemon says. */
fallible sql_answers_take(sqlite3 *db, struct arguments *a, struct arena *arena, const char *text, const char **out_text, struct err *e);
