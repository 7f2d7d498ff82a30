/* An upright axis with round numbers, and what all pictures share: head, legend, the marks of an axis that lies. */
#pragma once

#include "app/chart/frame.h"
#include "app/chart/svg.h"

#define CHART_WIDTH 880.0
#define CHART_MARGIN 24.0
#define CHART_HEAD 56.0 /* what the title takes, with the line under it */

/* What a picture is drawn with. */
struct drawing {
    struct svg svg;
    const struct frame *frame;
    struct bytes title;
};
void drawing_begin(struct drawing *d, double height); /* with the title, and what the answer stands on */
void drawing_end(struct drawing *d);

/* The box that values are drawn into. */
struct plot {
    double x, y, width, height;
    double least, most; /* least <= 0 <= most; made rounder by plot_open */
    size_t of;          /* the column that says how values read */
};
void plot_open(struct drawing *d, struct plot *p); /* draws its lines and numbers */
double plot_y(const struct plot *p, double value);
/* Labels under the plot, each in the middle of its part of the width; as many as fit. `at_edges`: the first and the last stand at the edges. */
void plot_labels(struct drawing *d, const struct plot *p, const struct bytes *labels, size_t count, bool at_edges);
double plot_x(const struct plot *p, size_t at, size_t count, bool at_edges);

/* Squares with names, side by side; returns the y behind it. */
double legend_draw(struct drawing *d, double y, const struct bytes *names, size_t count);
double legend_height(const struct bytes *names, size_t count);
