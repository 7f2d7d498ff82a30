#include <math.h>

#include "app/app.h"
#include "app/chart/pictures.h"

#define PLOT_HEIGHT 300.0
#define PLOT_LEFT 84.0
#define PLOT_RIGHT 32.0
#define LABELS_HEIGHT 36.0
#define BAR_PART 0.72 /* of the width that a column has */
#define DOTS_MAX 60u  /* more points than these have no dots */

static struct plot plot_of(const struct matrix *m)
{
    return (struct plot){.x = PLOT_LEFT,
                         .y = CHART_HEAD + 16,
                         .width = CHART_WIDTH - PLOT_LEFT - PLOT_RIGHT,
                         .height = PLOT_HEIGHT,
                         .of = m->of};
}

static size_t shown_rows(const struct matrix *m)
{
    return m->row_count < SERIES_MAX ? m->row_count : SERIES_MAX;
}

static double height_of(const struct matrix *m)
{
    return CHART_HEAD + 16 + PLOT_HEIGHT + LABELS_HEIGHT + legend_height(m->rows, shown_rows(m)) + CHART_MARGIN;
}

static void hint_open(struct drawing *d, const struct matrix *m, size_t row, size_t column)
{
    struct bytes value = frame_shown(d->frame, m->of, matrix_at(m, row, column)), name = m->rows[row],
                 label = m->columns[column];
    svg_hint_begin(&d->svg, bytes_of_text(arena_printf(d->svg.arena, "%.*s · %.*s: %.*s", BYTES_ARG(label),
                                                       BYTES_ARG(name), BYTES_ARG(value))));
}

/* --- lines --- */

/* Of what leads to this column from the one before. To or from a value that isn't of a whole unit it is only hinted at: its fall says nothing. */
static bool is_whole_stretch(const struct matrix *m, size_t row, size_t column)
{
    const bool *open = &m->are_open[row * m->column_count];
    return !open[column] && !open[column - 1];
}

static void stretches_draw(struct drawing *d, const struct plot *p, const struct matrix *m, size_t row, bool are_whole)
{
    struct svg_point *points = ARENA_ARRAY(d->svg.arena, struct svg_point, 2 * m->column_count + 1);
    const char *class = are_whole ? svg_colour(row) : arena_printf(d->svg.arena, "open %s", svg_colour(row));
    size_t count = 0, drawn_to = 0;
    for (size_t k = 1; k < m->column_count; k++) {
        double from = matrix_at(m, row, k - 1), to = matrix_at(m, row, k);
        if (isnan(from) || isnan(to) || is_whole_stretch(m, row, k) != are_whole)
            continue;
        if (count == 0 || drawn_to + 1 != k)
            points[count++] = (struct svg_point){plot_x(p, k - 1, m->column_count, true), plot_y(p, from), true};
        points[count++] = (struct svg_point){plot_x(p, k, m->column_count, true), plot_y(p, to), false};
        drawn_to = k;
    }
    if (count > 0)
        svg_polyline(&d->svg, points, count, class);
}

static void line_draw(struct drawing *d, const struct plot *p, const struct matrix *m, size_t row)
{
    stretches_draw(d, p, m, row, true);
    stretches_draw(d, p, m, row, false);
    for (size_t k = 0; k < m->column_count && m->column_count <= DOTS_MAX; k++) {
        double value = matrix_at(m, row, k);
        if (isnan(value))
            continue;
        hint_open(d, m, row, k);
        svg_rect(&d->svg, plot_x(p, k, m->column_count, true) - 2.5, plot_y(p, value) - 2.5, 5, 5, svg_colour(row), 1);
        svg_hint_end(&d->svg);
    }
}

void draw_lines(struct drawing *d, const struct matrix *m)
{
    struct plot p = plot_of(m);
    p.most = matrix_most(m);
    p.least = matrix_least(m);
    drawing_begin(d, height_of(m));
    plot_open(d, &p);
    plot_labels(d, &p, m->columns, m->column_count, true);
    if (matrix_is_open(m))
        svg_text(&d->svg, CHART_WIDTH - CHART_MARGIN, 46, SVG_END, "small quiet",
                 bytes_of_text(either("Dashed: cut by the range, or not over yet", "虚线:被范围截断,或尚未结束")));
    for (size_t i = 0; i < shown_rows(m); i++)
        line_draw(d, &p, m, i);
    (void)legend_draw(d, p.y + p.height + LABELS_HEIGHT, m->rows, shown_rows(m));
    drawing_end(d);
}

/* --- stacks --- */

/* How far the stack of a column goes up and down. */
static void stack_reach(const struct matrix *m, size_t column, double *out_up, double *out_down)
{
    *out_up = *out_down = 0;
    for (size_t i = 0; i < shown_rows(m); i++) {
        double value = matrix_at(m, i, column);
        *out_up += value > 0 ? value : 0;
        *out_down += value < 0 ? value : 0;
    }
}

static void stack_draw(struct drawing *d, const struct plot *p, const struct matrix *m, size_t column)
{
    double up = 0, down = 0, width = p->width / (double)m->column_count * BAR_PART,
           x = plot_x(p, column, m->column_count, false) - width / 2;
    for (size_t i = 0; i < shown_rows(m); i++) {
        double value = matrix_at(m, i, column);
        if (isnan(value) || value == 0)
            continue;
        double from = value > 0 ? up : down + value, until = value > 0 ? up + value : down;
        hint_open(d, m, i, column);
        svg_rect(&d->svg, x, plot_y(p, until), width, plot_y(p, from) - plot_y(p, until), svg_colour(i), 1);
        svg_hint_end(&d->svg);
        up += value > 0 ? value : 0;
        down += value < 0 ? value : 0;
    }
}

void draw_stack(struct drawing *d, const struct matrix *m)
{
    struct plot p = plot_of(m);
    for (size_t k = 0; k < m->column_count; k++) {
        double up, down;
        stack_reach(m, k, &up, &down);
        p.most = fmax(p.most, up);
        p.least = fmin(p.least, down);
    }
    drawing_begin(d, height_of(m));
    plot_open(d, &p);
    for (size_t k = 0; k < m->column_count; k++)
        stack_draw(d, &p, m, k);
    svg_line(&d->svg, p.x, plot_y(&p, 0), p.x + p.width, plot_y(&p, 0), "rule");
    plot_labels(d, &p, m->columns, m->column_count, false);
    (void)legend_draw(d, p.y + p.height + LABELS_HEIGHT, m->rows, shown_rows(m));
    drawing_end(d);
}
