#include "app/chart/axis.h"

#include <inttypes.h>
#include <math.h>

#include "app/app.h"
#include "app/verbs/answer.h"
#include "app/verbs/show.h"

#define STEPS 5
#define LEGEND_LINE 22.0
#define LEGEND_SQUARE 11.0
#define LEGEND_APART 28.0
#define LABELS_APART 14.0
#define LABEL_COLUMNS_MAX 18u

void drawing_begin(struct drawing *d, double height)
{
    char events[GROUPED_BYTES], subjects[GROUPED_BYTES];
    struct json root = d->frame->root;
    svg_begin(&d->svg, CHART_WIDTH, height, d->title);
    svg_text(&d->svg, CHART_MARGIN, 28, SVG_START, "head", d->title);
    if (json_is(member(root, "as_of"), JSON_ABSENT)) /* it isn't about events */
        return;
    const char *under = arena_printf(
        d->svg.arena, either("%s events of %s, log position %" PRIu64, "%s 个事件,%s 个主体,日志位点 %" PRIu64),
        grouped(number_in(root, "events"), events), grouped(number_in(root, "subjects"), subjects),
        number_in(root, "as_of"));
    svg_text(&d->svg, CHART_MARGIN, 46, SVG_START, "small quiet", bytes_of_text(under));
}

void drawing_end(struct drawing *d)
{
    svg_end(&d->svg);
}

/* 1, 2 or 5 times a power of ten, at least x. */
static double round_up(double x)
{
    double power = pow(10, floor(log10(x))), part = x / power;
    return (part <= 1 ? 1 : part <= 2 ? 2 : part <= 5 ? 5 : 10) * power;
}

/* Of amounts that lie ones apart, or more, without their cents. */
static struct bytes tick_text(const struct frame *f, size_t column, double value, double step)
{
    bool is_whole = step >= 1 && answer_kind(f->columns[column]) == CELL_KIND_MONEY;
    return is_whole ? answer_number(CELL_KIND_NUMBER, value, f->arena) : frame_shown(f, column, value);
}

void plot_open(struct drawing *d, struct plot *p)
{
    double span = p->most - p->least, step = span > 0 ? round_up(span / STEPS) : 1;
    p->most = span > 0 ? ceil(p->most / step - 1e-9) * step : 1;
    p->least = floor(p->least / step + 1e-9) * step;
    int count = (int)((p->most - p->least) / step + 0.5);
    for (int i = 0; i <= count; i++) {
        double value = p->least + step * i, y = plot_y(p, value);
        svg_line(&d->svg, p->x, y, p->x + p->width, y, "rule");
        svg_text(&d->svg, p->x - 8, y + 4, SVG_END, "small quiet",
                 tick_text(d->frame, p->of, fabs(value) < step / 2 ? 0 : value, step));
    }
}

double plot_y(const struct plot *p, double value)
{
    return p->y + p->height * (p->most - value) / (p->most - p->least);
}

double plot_x(const struct plot *p, size_t at, size_t count, bool at_edges)
{
    if (at_edges && count > 1)
        return p->x + p->width * (double)at / (double)(count - 1);
    return p->x + p->width * ((double)at + 0.5) / (double)count;
}

void plot_labels(struct drawing *d, const struct plot *p, const struct bytes *labels, size_t count, bool at_edges)
{
    double widest = 1;
    for (size_t i = 0; i < count; i++)
        widest = fmax(widest,
                      svg_text_px(text_shortened(d->svg.arena, labels[i], LABEL_COLUMNS_MAX)) * 11 / SVG_FONT_PX);
    double room = p->width / (double)(count > 0 ? count : 1);
    size_t every = (size_t)ceil((widest + LABELS_APART) / room);
    for (size_t i = 0; i<count; i += every> 0 ? every : 1)
        svg_text(&d->svg, plot_x(p, i, count, at_edges), p->y + p->height + 18, SVG_MIDDLE, "small quiet",
                 text_shortened(d->svg.arena, labels[i], LABEL_COLUMNS_MAX));
}

/* --- the legend --- */

/* Where the next name stands; false: on the next line. */
static bool legend_step(double *io_x, struct bytes name)
{
    double size = LEGEND_SQUARE + 6 + svg_text_px(name) + LEGEND_APART;
    bool fits = *io_x + size <= CHART_WIDTH || *io_x <= CHART_MARGIN;
    *io_x = (fits ? *io_x : CHART_MARGIN) + size;
    return fits;
}

double legend_height(const struct bytes *names, size_t count)
{
    double x = CHART_MARGIN, height = LEGEND_LINE;
    for (size_t i = 0; i < count; i++)
        height += legend_step(&x, names[i]) ? 0 : LEGEND_LINE;
    return height;
}

double legend_draw(struct drawing *d, double y, const struct bytes *names, size_t count)
{
    double x = CHART_MARGIN;
    for (size_t i = 0; i < count; i++) {
        double from = x;
        if (!legend_step(&x, names[i])) {
            y += LEGEND_LINE;
            from = CHART_MARGIN;
        }
        svg_rect(&d->svg, from, y, LEGEND_SQUARE, LEGEND_SQUARE, svg_colour(i), 1);
        svg_text(&d->svg, from + LEGEND_SQUARE + 6, y + LEGEND_SQUARE - 1, SVG_START, "", names[i]);
    }
    return y + LEGEND_LINE;
}
