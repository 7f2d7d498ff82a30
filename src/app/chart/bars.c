#include <math.h>

#include "app/app.h"
#include "app/chart/pictures.h"
#include "app/terminal.h"

#define BAR_HEIGHT 16.0
#define BAR_APART 3.0
#define ROW_APART 12.0
#define LABEL_COLUMNS_MAX 30u
#define VALUE_PX 96.0

static size_t least_of(size_t a, size_t b)
{
    return a < b ? a : b;
}

struct bars {
    const struct matrix *m;
    size_t rows, series;
    double x, width; /* of the field that bars lie in */
    double most, least;
};

static double label_px(const struct bars *b, struct arena *a)
{
    double widest = 0;
    for (size_t i = 0; i < b->rows; i++)
        widest = fmax(widest, svg_text_px(text_shortened(a, b->m->rows[i], LABEL_COLUMNS_MAX)));
    return widest;
}

static void bar_draw(struct drawing *d, const struct bars *b, size_t row, size_t series, double y)
{
    double value = matrix_at(b->m, row, series), span = b->most - b->least;
    struct bytes shown = isnan(value) ? BYTES_LIT("–") : frame_shown(d->frame, b->m->of, value);
    double zero = b->x + b->width * -b->least / span, size = isnan(value) ? 0 : b->width * fabs(value) / span;
    double from = value < 0 ? zero - size : zero;
    svg_rect(&d->svg, from, y, fmax(size, 1), BAR_HEIGHT, svg_colour(series), 1);
    svg_text(&d->svg, (value < 0 ? zero : zero + size) + 6, y + BAR_HEIGHT - 4, SVG_START, "small", shown);
}

void draw_bars(struct drawing *d, const struct matrix *m)
{
    struct bars b = {
        .m = m, .rows = least_of(m->row_count, BAR_ROWS_MAX), .series = least_of(m->column_count, SERIES_MAX)};
    double row_height = (double)b.series * (BAR_HEIGHT + BAR_APART) + ROW_APART;
    double legend = b.series > 1 ? legend_height(m->columns, b.series) : 0;
    double y = CHART_HEAD + 12;
    b.most = matrix_most(m);
    b.least = matrix_least(m);
    b.most = b.most > b.least ? b.most : 1;
    b.x = CHART_MARGIN + label_px(&b, d->svg.arena) + 12;
    b.width = CHART_WIDTH - CHART_MARGIN - VALUE_PX - b.x;
    drawing_begin(d, y + row_height * (double)b.rows + legend + CHART_MARGIN);
    if (b.series > 1)
        y = legend_draw(d, y, m->columns, b.series);
    for (size_t i = 0; i < b.rows; i++, y += row_height) {
        svg_text(&d->svg, b.x - 12, y + (row_height - ROW_APART) / 2 + 4, SVG_END, "",
                 text_shortened(d->svg.arena, m->rows[i], LABEL_COLUMNS_MAX));
        for (size_t k = 0; k < b.series; k++)
            bar_draw(d, &b, i, k, y + (double)k * (BAR_HEIGHT + BAR_APART));
    }
    if (b.rows < m->row_count) {
        const char *more = arena_printf(d->svg.arena, either("and %zu more", "另有 %zu 行"), m->row_count - b.rows);
        svg_text(&d->svg, b.x, y + 8, SVG_START, "small quiet", bytes_of_text(more));
    }
    drawing_end(d);
}
