#include <math.h>

#include "app/app.h"
#include "app/chart/pictures.h"
#include "app/terminal.h"

#define STEP_HEIGHT 46.0
#define STEP_APART 30.0
#define NAME_COLUMNS_MAX 26u
#define COUNT_PX 150.0

static const char *share_text(struct arena *a, double part, double whole)
{
    return whole > 0 ? arena_printf(a, "%.1f%%", part / whole * 100) : "–";
}

static void step_draw(struct drawing *d, const struct funnel_steps *s, size_t at, double x, double width)
{
    struct arena *a = d->svg.arena;
    double y = CHART_HEAD + 16 + (double)at * (STEP_HEIGHT + STEP_APART), first = s->counts[0];
    double size = first > 0 ? width * s->counts[at] / first : 0;
    struct bytes shown = frame_shown(d->frame, s->of, s->counts[at]);
    svg_rect(&d->svg, x, y, width, STEP_HEIGHT, "none", 1);
    svg_rect(&d->svg, x, y, fmax(size, 1), STEP_HEIGHT, "c0", 1);
    svg_text(&d->svg, x - 12, y + STEP_HEIGHT / 2 + 5, SVG_END, "", text_shortened(a, s->names[at], NAME_COLUMNS_MAX));
    svg_text(&d->svg, x + width + 12, y + STEP_HEIGHT / 2 - 2, SVG_START, "", shown);
    svg_text(
        &d->svg, x + width + 12, y + STEP_HEIGHT / 2 + 15, SVG_START, "small quiet",
        bytes_of_text(arena_printf(a, either("%s of the first", "占首步 %s"), share_text(a, s->counts[at], first))));
    if (at == 0)
        return;
    const char *rate = arena_printf(a, either("↓ %s go on", "↓ %s 继续"),
                                    share_text(a, s->counts[at], s->counts[at - 1]));
    svg_text(&d->svg, x + 4, y - STEP_APART / 2 + 4, SVG_START, "small quiet", bytes_of_text(rate));
}

void draw_funnel(struct drawing *d, const struct funnel_steps *s)
{
    double names = 0;
    for (size_t i = 0; i < s->count; i++)
        names = fmax(names, svg_text_px(text_shortened(d->svg.arena, s->names[i], NAME_COLUMNS_MAX)));
    double x = CHART_MARGIN + names + 12, width = CHART_WIDTH - COUNT_PX - CHART_MARGIN - x;
    drawing_begin(d, CHART_HEAD + 16 + (double)s->count * (STEP_HEIGHT + STEP_APART) - STEP_APART + CHART_MARGIN);
    if (s->left_out > 0)
        svg_text(&d->svg, CHART_WIDTH - CHART_MARGIN, 46, SVG_END, "small quiet",
                 bytes_of_text(arena_printf(d->svg.arena, either("%zu more are in the table", "另有 %zu 组见表格"), s->left_out)));
    for (size_t i = 0; i < s->count; i++)
        step_draw(d, s, i, x, width);
    drawing_end(d);
}
