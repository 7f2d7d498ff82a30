/* The kinds of pictures. Each draws a whole one: heights follow from what there is to show, and what is too much is left out with a word. */
#pragma once

#include "app/chart/axis.h"

#define SERIES_MAX 12u /* lines of a picture, and bars side by side */
#define BAR_ROWS_MAX 60u
#define HEAT_ROWS_MAX 120u
#define HEAT_COLUMNS_MAX 40u
#define BAND_LEVELS_MAX 8u

/* A line for each row of the matrix over its columns. */
void draw_lines(struct drawing *d, const struct matrix *m);
/* For each column of the matrix its rows on top of each other, those below nothing downwards. */
void draw_stack(struct drawing *d, const struct matrix *m);
/* For each row of the matrix a bar for each of its columns. */
void draw_bars(struct drawing *d, const struct matrix *m);
/* Each value as a square, the stronger the larger it is. */
void draw_heat(struct drawing *d, const struct matrix *m);
/* Steps of a funnel: how many of the first come so far. `counts` by step. */
struct funnel_steps {
    size_t count;
    const struct bytes *names;
    const double *counts;
    size_t of;       /* the column that says how counts read */
    size_t left_out; /* other values of a breakdown, of which there is no picture: it says so */
};
void draw_funnel(struct drawing *d, const struct funnel_steps *s);
/* Streams between nodes of one level and the next. */
struct stream {
    size_t level;
    struct bytes from, to;
    double size;
};
void draw_sankey(struct drawing *d, const struct stream *streams, size_t count, size_t of);
