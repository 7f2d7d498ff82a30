/* The lines of a file, one after the other, however the pieces fall. */
#pragma once

#include "app/import/input.h"

struct lines;

struct line {
    uint64_t number;   /* from 1 */
    struct bytes text; /* without white space at its ends and, in the first, a byte order mark; until the next call */
    bool is_too_long;  /* over line_bytes_max: then there is no text */
};

/* The input is borrowed. */
struct lines *lines_create(struct input *in, size_t line_bytes_max);
void lines_destroy(struct lines *l); /* NULL is fine */

/* The next line that isn't blank. Failures as of input_next. */
fallible lines_next(struct lines *l, struct line *out_line, bool *out_more, struct err *e);
