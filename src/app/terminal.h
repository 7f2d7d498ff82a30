/* Words for people: aligned tables, bars, progress. Widths are columns of a terminal, where a Chinese character takes two. */
#pragma once

#include <stdio.h>

#include "base/arena.h"

/* Columns that a UTF-8 text takes. What is no UTF-8 counts one a byte. */
size_t text_columns(struct bytes text);

/* At most so many columns of it, with "…" at the end where something is gone; in the arena or `text` itself. */
struct bytes text_shortened(struct arena *a, struct bytes text, size_t columns_max);

/* 541909 -> "541,909". */
#define GROUPED_BYTES 32
const char *grouped(uint64_t number, char out_text[GROUPED_BYTES]);

/* A table. Cells are borrowed until it is printed; the rows live in the arena. */
#define GRID_COLUMNS_MAX 64u
struct grid {
    struct arena *arena;
    size_t columns;
    size_t count;
    struct grid_row *first, *last;
    bool right[GRID_COLUMNS_MAX];    /* numbers */
    bool headed;                     /* the first row is a heading: underlined */
    const char *indent;              /* before each line; NULL: nothing */
    size_t columns_max;              /* longer cells are cut, but in the last column; 0: none is */
};
void grid_init(struct grid *g, struct arena *a, size_t columns);
void grid_add(struct grid *g, const struct bytes *cells);
void grid_add_texts(struct grid *g, const char *const *cells);
void grid_print(const struct grid *g, FILE *out);

/* A bar of `columns` at most, `part` of `whole` of it; in the arena. */
const char *bar(struct arena *a, uint64_t part, uint64_t whole, size_t columns);

/* One line on standard error that is rewritten as work goes on; nothing when that is no terminal. */
struct progress {
    const char *what, *unit;
    uint64_t total; /* 0: unknown */
    int64_t begin_us, shown_us;
    bool shows;
};
void progress_begin(struct progress *p, const char *what, const char *unit, uint64_t total);
void progress_show(struct progress *p, uint64_t so_far); /* at most ten times a second; cheap */
void progress_share(struct progress *p, double share);   /* the same, for work that tells how much of it is done: 0 .. 1 */
void progress_wait(struct progress *p);                  /* the same, for work that tells only that it goes on */
void progress_end(struct progress *p);                   /* the line is gone */
int64_t progress_us(const struct progress *p);           /* since the beginning */
