/* The table of an answer, as pictures look at it: columns in the terminal's language, cells by row and column, and what two columns make of a third. */
#pragma once

#include "app/verbs/answer.h"
#include "base/arena.h"

#define FRAME_NONE SIZE_MAX /* there is no such column */

struct frame {
    struct arena *arena;
    struct json root;
    size_t column_count, row_count;
    struct json *columns;
    struct json *cells; /* row by row; those that a row lacks read as absent */
};
/* INVALID: the answer has no columns. */
fallible frame_open(struct frame *f, struct json answer, struct arena *a, struct err *e);

size_t frame_column(const struct frame *f, const char *name);                    /* FRAME_NONE */
size_t frame_column_of(const struct frame *f, enum cell_kind kind, size_t from); /* the next of this kind */
size_t frame_value(const struct frame *f); /* the first number, share, money or time that something takes; FRAME_NONE */
struct bytes frame_label(const struct frame *f, size_t row, size_t column); /* as a person reads it */
double frame_number(const struct frame *f, size_t row, size_t column);      /* NAN: it is none */
struct bytes frame_shown(const struct frame *f, size_t column, double x);   /* as a cell of this column reads */

/* Values by two labels: what heat maps, lines and stacks are drawn of. */
struct matrix {
    size_t row_count, column_count;
    struct bytes *rows, *columns;
    double *values;      /* row by row; NAN: none */
    bool *are_open;      /* by value: it may change still, or isn't of a whole unit ("is_complete", "incomplete" of the answer) */
    size_t of;           /* the column of the frame that says how values read */
    struct bytes corner; /* what rows and columns are: "R / F"; empty: it goes without saying */
};
/* A row for each label of the column `row` (with the texts in front of it: the values of a breakdown), a column for each of `column`, in the order in
 * which they come first. Numbers of one place add up. */
struct matrix matrix_pivot(const struct frame *f, size_t row, size_t column, size_t value);
/* A row for each of these columns, a column for each row of the frame, labelled with the texts in front too. */
struct matrix matrix_columns(const struct frame *f, size_t label, const size_t *columns, size_t count);
double matrix_at(const struct matrix *m, size_t row, size_t column);
bool matrix_is_open(const struct matrix *m); /* any value is */
double matrix_most(const struct matrix *m);  /* of all values; 0 when none is over it */
double matrix_least(const struct matrix *m); /* the same below */
