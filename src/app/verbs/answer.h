/* The answer to a question about events, for people: its columns and rows as a table, or as CSV. */
#pragma once

#include "app/terminal.h"
#include "lib/json.h"

/* What a column holds: a text, a number, a share (0 .. 1), money, a date or an instant, a time that something takes. */
enum cell_kind { CELL_KIND_TEXT, CELL_KIND_NUMBER, CELL_KIND_SHARE, CELL_KIND_MONEY, CELL_KIND_TIME, CELL_KIND_SECONDS };

/* Of a text in both languages, columns "title" and "title_zh", the one that isn't the terminal's: it needn't be shown. */
bool answer_is_other_language(struct json columns, struct json column);
/* A column's heading in the terminal's language. */
struct bytes answer_title(struct json column);
enum cell_kind answer_kind(struct json column);
/* A cell for people: "1,234", "12.3 %", "1 d 4 h", "–" where there is nothing. In the arena. */
struct bytes answer_cell(enum cell_kind kind, struct json cell, struct arena *a);
/* A cell of a row of an answer, with the names of events, and words such as "(other)", in the terminal's language. */
struct bytes answer_label(struct json answer, struct json column, struct json cell, struct arena *a);
/* Whether the cell names a unit of which the answer says that it isn't whole: cut by the range, or not over yet. */
bool answer_is_incomplete(struct json answer, struct json column, struct json cell);
struct bytes answer_number(enum cell_kind kind, double x, struct arena *a); /* the same of a number */

/* As a table, with a card of what stands beside the rows and what all of it stands on. Cohorts are a matrix: a row each, a column a period, "*" where a
 * period isn't over, blank where it hasn't begun. What is too wide for a terminal leaves out columns on the right, but none of those that say what a row is of, and
 * names them. `columns_max`: of the terminal. */
void show_answer(struct json answer, size_t columns_max, struct arena *a, FILE *out);
void show_answer_card(struct json answer, struct arena *a, FILE *out); /* verbs/answer_card.c: of show_answer */
/* Numbers as they came; `inert`: no cell is a formula to a spreadsheet, and texts are those of tables. */
void answer_csv(struct json answer, bool inert, struct buf *out);
void answer_csv_cell(struct json cell, bool inert, struct buf *out); /* one field */
