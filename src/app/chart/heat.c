#include <math.h>

#include "app/app.h"
#include "app/chart/pictures.h"
#include "app/terminal.h"

#define ROW_HEIGHT 26.0
#define CELL_WIDTH_MAX 96.0
#define HEADINGS 26.0
#define LABEL_COLUMNS_MAX 26u
#define STRONG 0.55 /* from here on a text is in the colour of the page */
#define FAINTEST 0.06

struct heat {
    const struct matrix *m;
    size_t rows, columns;
    double x, y, cell_width;
    double least, most;
};

static double label_px(const struct heat *h, struct arena *a)
{
    double widest = svg_text_px(h->m->corner);
    for (size_t i = 0; i < h->rows; i++)
        widest = fmax(widest, svg_text_px(text_shortened(a, h->m->rows[i], LABEL_COLUMNS_MAX)));
    return widest;
}

static void cell_draw(struct drawing *d, const struct heat *h, size_t row, size_t column)
{
    double value = matrix_at(h->m, row, column), x = h->x + (double)column * h->cell_width,
           y = h->y + (double)row * ROW_HEIGHT;
    bool is_open = h->m->are_open != NULL && h->m->are_open[row * h->m->column_count + column];
    if (isnan(value) || is_open) {
        svg_rect(&d->svg, x + 1, y + 1, h->cell_width - 2, ROW_HEIGHT - 2, "none", 1);
        if (is_open && value > 0)
            svg_text(&d->svg, x + h->cell_width / 2, y + ROW_HEIGHT / 2 + 4, SVG_MIDDLE, "small quiet",
                     frame_shown(d->frame, h->m->of, value));
        return;
    }
    double part = h->most > h->least ? (value - h->least) / (h->most - h->least) : 1,
           strength = FAINTEST + part * (1 - FAINTEST);
    struct bytes shown = frame_shown(d->frame, h->m->of, value), name = h->m->rows[row], label = h->m->columns[column];
    svg_hint_begin(&d->svg, bytes_of_text(arena_printf(d->svg.arena, "%.*s · %.*s: %.*s", BYTES_ARG(name),
                                                       BYTES_ARG(label), BYTES_ARG(shown))));
    svg_rect(&d->svg, x + 1, y + 1, h->cell_width - 2, ROW_HEIGHT - 2, "heat", strength);
    if (svg_text_px(shown) * 11 / SVG_FONT_PX <= h->cell_width - 4)
        svg_text(&d->svg, x + h->cell_width / 2, y + ROW_HEIGHT / 2 + 4, SVG_MIDDLE,
                 strength > STRONG ? "small on" : "small", shown);
    svg_hint_end(&d->svg);
}

/* Columns behind the last one that has a value are left out. */
static size_t columns_filled(const struct matrix *m)
{
    size_t filled = 0;
    for (size_t k = 0; k < m->column_count; k++)
        for (size_t i = 0; i < m->row_count && filled <= k; i++)
            filled = isnan(matrix_at(m, i, k)) ? filled : k + 1;
    return filled;
}

static void headings_draw(struct drawing *d, const struct heat *h)
{
    svg_text(&d->svg, h->x - 12, h->y - 8, SVG_END, "small quiet", h->m->corner);
    for (size_t k = 0; k < h->columns; k++) {
        size_t columns = (size_t)(h->cell_width / (SVG_COLUMN_PX * 11 / SVG_FONT_PX));
        svg_text(&d->svg, h->x + ((double)k + 0.5) * h->cell_width, h->y - 8, SVG_MIDDLE, "small quiet",
                 text_shortened(d->svg.arena, h->m->columns[k], columns > 1 ? columns : 1));
    }
}

static struct bytes footnote(const struct heat *h, struct arena *a)
{
    size_t rows = h->m->row_count - h->rows, columns = columns_filled(h->m) - h->columns;
    const char *open = matrix_is_open(h->m) ? either("Grey: not over yet. ", "灰底:周期尚未结束。") : "";
    if (rows == 0 && columns == 0)
        return bytes_of_text(open);
    return bytes_of_text(arena_printf(a, either("%s%zu rows and %zu columns more.", "%s另有 %zu 行、%zu 列未画出。"),
                                      open, rows, columns));
}

void draw_heat(struct drawing *d, const struct matrix *m)
{
    struct heat h = {.m = m,
                     .rows = m->row_count < HEAT_ROWS_MAX ? m->row_count : HEAT_ROWS_MAX,
                     .columns = columns_filled(m) < HEAT_COLUMNS_MAX ? columns_filled(m) : HEAT_COLUMNS_MAX,
                     .least = matrix_least(m),
                     .most = matrix_most(m),
                     .y = CHART_HEAD + HEADINGS + 8};
    h.x = CHART_MARGIN + label_px(&h, d->svg.arena) + 12;
    h.cell_width = fmin(CELL_WIDTH_MAX, (CHART_WIDTH - CHART_MARGIN - h.x) / (double)(h.columns > 0 ? h.columns : 1));
    drawing_begin(d, h.y + ROW_HEIGHT * (double)h.rows + CHART_MARGIN * 1.5);
    headings_draw(d, &h);
    for (size_t i = 0; i < h.rows; i++) {
        svg_text(&d->svg, h.x - 12, h.y + (double)i * ROW_HEIGHT + ROW_HEIGHT / 2 + 4, SVG_END, "",
                 text_shortened(d->svg.arena, m->rows[i], LABEL_COLUMNS_MAX));
        for (size_t k = 0; k < h.columns; k++)
            cell_draw(d, &h, i, k);
    }
    svg_text(&d->svg, h.x, h.y + ROW_HEIGHT * (double)h.rows + 16, SVG_START, "small quiet",
             footnote(&h, d->svg.arena));
    drawing_end(d);
}
