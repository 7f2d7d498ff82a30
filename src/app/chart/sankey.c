#include <math.h>

#include "app/app.h"
#include "app/chart/pictures.h"
#include "app/terminal.h"

#define FIELD_HEIGHT 460.0
#define NODE_WIDTH 12.0
#define NODE_APART 10.0
#define NODES_MAX 256u
#define LABEL_ROOM 150.0 /* right of the last level */
#define BAND_OPACITY 0.35

/* A node stands at a level; streams come in on its left side and leave on its right. */
struct node {
    size_t level;
    struct bytes name;
    double in, out;
    double y, height;
    double in_used, out_used; /* pixels of its sides */
};

struct sankey {
    struct node nodes[NODES_MAX];
    size_t node_count, level_count;
    double scale; /* pixels of one */
};

/* NULL: there are too many. */
static struct node *node_take(struct sankey *s, size_t level, struct bytes name)
{
    for (size_t i = 0; i < s->node_count; i++)
        if (s->nodes[i].level == level && bytes_equal(s->nodes[i].name, name))
            return &s->nodes[i];
    if (s->node_count == NODES_MAX)
        return NULL;
    struct node *n = &s->nodes[s->node_count++];
    *n = (struct node){.level = level, .name = name};
    s->level_count = level + 1 > s->level_count ? level + 1 : s->level_count;
    return n;
}

static void nodes_gather(struct sankey *s, const struct stream *streams, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct node *from = node_take(s, streams[i].level, streams[i].from),
                    *to = node_take(s, streams[i].level + 1, streams[i].to);
        if (from != NULL && to != NULL) {
            from->out += streams[i].size;
            to->in += streams[i].size;
        }
    }
}

static double node_size(const struct node *n)
{
    return fmax(n->in, n->out);
}

/* The level that needs most room says how many pixels one is. */
static void scale_choose(struct sankey *s)
{
    s->scale = INFINITY;
    for (size_t level = 0; level < s->level_count; level++) {
        double sum = 0;
        size_t count = 0;
        for (size_t i = 0; i < s->node_count; i++)
            if (s->nodes[i].level == level) {
                sum += node_size(&s->nodes[i]);
                count++;
            }
        double room = fmax(FIELD_HEIGHT - NODE_APART * (double)count, FIELD_HEIGHT / 3);
        if (sum > 0)
            s->scale = fmin(s->scale, room / sum);
    }
    s->scale = isinf(s->scale) ? 0 : s->scale;
}

/* Each level from the top, in the order in which nodes came; returns how far the lowest reaches. */
static double nodes_place(struct sankey *s)
{
    double deepest = 0;
    for (size_t level = 0; level < s->level_count; level++) {
        double y = CHART_HEAD + 16;
        for (size_t i = 0; i < s->node_count; i++) {
            struct node *n = &s->nodes[i];
            if (n->level != level)
                continue;
            n->y = y;
            n->height = fmax(node_size(n) * s->scale, 1);
            y += n->height + NODE_APART;
        }
        deepest = fmax(deepest, y);
    }
    return deepest;
}

static double level_x(const struct sankey *s, size_t level)
{
    double width = CHART_WIDTH - 2 * CHART_MARGIN - LABEL_ROOM;
    return CHART_MARGIN + (s->level_count > 1 ? width * (double)level / (double)(s->level_count - 1) : 0);
}

static void stream_draw(struct drawing *d, struct sankey *s, const struct stream *stream, size_t of)
{
    struct node *from = node_take(s, stream->level, stream->from), *to = node_take(s, stream->level + 1, stream->to);
    if (from == NULL || to == NULL)
        return;
    struct svg_band band = {.x1 = level_x(s, stream->level) + NODE_WIDTH,
                            .top1 = from->y + from->out_used,
                            .x2 = level_x(s, stream->level + 1),
                            .top2 = to->y + to->in_used,
                            .size = fmax(stream->size * s->scale, 0.5)};
    struct bytes shown = frame_shown(d->frame, of, stream->size);
    from->out_used += stream->size * s->scale;
    to->in_used += stream->size * s->scale;
    svg_hint_begin(&d->svg, bytes_of_text(arena_printf(d->svg.arena, "%.*s → %.*s: %.*s", BYTES_ARG(stream->from),
                                                       BYTES_ARG(stream->to), BYTES_ARG(shown))));
    svg_band(&d->svg, &band, svg_colour((size_t)(from - s->nodes)), BAND_OPACITY);
    svg_hint_end(&d->svg);
}

static void node_draw(struct drawing *d, const struct sankey *s, const struct node *n, size_t of)
{
    double x = level_x(s, n->level),
           room = n->level + 1 < s->level_count ? level_x(s, n->level + 1) - x - NODE_WIDTH - 12 : LABEL_ROOM;
    struct bytes shown = frame_shown(d->frame, of, node_size(n));
    size_t columns = (size_t)(room / SVG_COLUMN_PX), number = text_columns(shown) + 1;
    svg_rect(&d->svg, x, n->y, NODE_WIDTH, n->height, svg_colour((size_t)(n - s->nodes)), 1);
    if (n->height < SVG_FONT_PX - 4 || columns <= number + 2)
        return;
    struct bytes name = text_shortened(d->svg.arena, n->name, columns - number);
    svg_text(&d->svg, x + NODE_WIDTH + 6, n->y + n->height / 2 + 4, SVG_START, "small",
             bytes_of_text(arena_printf(d->svg.arena, "%.*s %.*s", BYTES_ARG(name), BYTES_ARG(shown))));
}

void draw_sankey(struct drawing *d, const struct stream *streams, size_t count, size_t of)
{
    struct sankey *s = ARENA_NEW(d->svg.arena, struct sankey);
    *s = (struct sankey){.scale = 0};
    nodes_gather(s, streams, count);
    scale_choose(s);
    drawing_begin(d, nodes_place(s) + CHART_MARGIN);
    for (size_t i = 0; i < count; i++)
        stream_draw(d, s, &streams[i], of);
    for (size_t i = 0; i < s->node_count; i++)
        node_draw(d, s, &s->nodes[i], of);
    drawing_end(d);
}
