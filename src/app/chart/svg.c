#include "app/chart/svg.h"

#include "app/terminal.h"

static const char style[] =
    "svg{font:13px 'Noto Sans SC','PingFang SC','Microsoft YaHei',sans-serif;background:#fff}"
    "text{fill:#1f2937}.small{font-size:11px}.head{font-size:15px;font-weight:600}.quiet{fill:#6b7280}"
    ".rule{stroke:#d1d5db;stroke-width:1}.on{fill:#fff}.heat{fill:#1d4ed8}.none{fill:#f3f4f6}"
    ".line{fill:none;stroke-width:2;stroke-linejoin:round}.open{stroke-dasharray:2 5}"
    ".c0{fill:#2563eb}.c1{fill:#d97706}.c2{fill:#059669}.c3{fill:#dc2626}"
    ".c4{fill:#7c3aed}.c5{fill:#0891b2}.c6{fill:#be185d}.c7{fill:#4d7c0f}"
    ".line.c0{stroke:#2563eb}.line.c1{stroke:#d97706}.line.c2{stroke:#059669}.line.c3{stroke:#dc2626}"
    ".line.c4{stroke:#7c3aed}.line.c5{stroke:#0891b2}.line.c6{stroke:#be185d}.line.c7{stroke:#4d7c0f}"
    ".line.c0,.line.c1,.line.c2,.line.c3,.line.c4,.line.c5,.line.c6,.line.c7{fill:none}"
    "@media(prefers-color-scheme:dark){svg{background:#111827}text{fill:#e5e7eb}.quiet{fill:#9ca3af}"
    ".rule{stroke:#374151}.on{fill:#0b1220}.heat{fill:#60a5fa}.none{fill:#1f2937}"
    ".c0{fill:#60a5fa}.c1{fill:#fbbf24}.c2{fill:#34d399}.c3{fill:#f87171}"
    ".c4{fill:#a78bfa}.c5{fill:#22d3ee}.c6{fill:#f472b6}.c7{fill:#a3e635}"
    ".line.c0{stroke:#60a5fa}.line.c1{stroke:#fbbf24}.line.c2{stroke:#34d399}.line.c3{stroke:#f87171}"
    ".line.c4{stroke:#a78bfa}.line.c5{stroke:#22d3ee}.line.c6{stroke:#f472b6}.line.c7{stroke:#a3e635}"
    ".line.c0,.line.c1,.line.c2,.line.c3,.line.c4,.line.c5,.line.c6,.line.c7{fill:none}}";

/* What is no character of XML is left out; the rest is what it was. */
static void put_escaped(struct buf *out, struct bytes text)
{
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        switch (c) {
        case '<':
            buf_push_text(out, "&lt;");
            break;
        case '>':
            buf_push_text(out, "&gt;");
            break;
        case '&':
            buf_push_text(out, "&amp;");
            break;
        case '"':
            buf_push_text(out, "&quot;");
            break;
        default:
            if (c >= 0x20 && c != 0x7F)
                buf_push_byte(out, c);
        }
    }
}

static void put_title(struct svg *s, struct bytes title)
{
    buf_push_text(s->out, "<title>");
    put_escaped(s->out, title);
    buf_push_text(s->out, "</title>");
}

void svg_begin(struct svg *s, double width, double height, struct bytes title)
{
    buf_printf(s->out,
               "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" width=\"%.0f\" height=\"%.0f\" viewBox=\"0 0 "
               "%.0f %.0f\">\n",
               width, height, width, height);
    put_title(s, title);
    buf_printf(s->out, "\n<style>%s</style>\n", style);
}

void svg_end(struct svg *s)
{
    buf_push_text(s->out, "</svg>\n");
}

void svg_rect(struct svg *s, double x, double y, double width, double height, const char *class, double opacity)
{
    buf_printf(s->out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" class=\"%s\"", x, y, width, height,
               class);
    if (opacity < 1)
        buf_printf(s->out, " fill-opacity=\"%.2f\"", opacity);
    buf_push_text(s->out, "/>\n");
}

void svg_line(struct svg *s, double x1, double y1, double x2, double y2, const char *class)
{
    buf_printf(s->out, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" class=\"%s\"/>\n", x1, y1, x2, y2, class);
}

void svg_text(struct svg *s, double x, double y, enum svg_anchor anchor, const char *class, struct bytes text)
{
    static const char *const anchors[] = {"", " text-anchor=\"middle\"", " text-anchor=\"end\""};
    buf_printf(s->out, "<text x=\"%.1f\" y=\"%.1f\"%s", x, y, anchors[anchor]);
    if (class[0] != 0)
        buf_printf(s->out, " class=\"%s\"", class);
    buf_push_byte(s->out, '>');
    put_escaped(s->out, text);
    buf_push_text(s->out, "</text>\n");
}

void svg_hint_begin(struct svg *s, struct bytes text)
{
    buf_push_text(s->out, "<g>");
    put_title(s, text);
}

void svg_hint_end(struct svg *s)
{
    buf_push_text(s->out, "</g>\n");
}

void svg_polyline(struct svg *s, const struct svg_point *points, size_t count, const char *class)
{
    buf_printf(s->out, "<path class=\"line %s\" d=\"", class);
    for (size_t i = 0; i < count; i++)
        buf_printf(s->out, "%c%.1f %.1f", i == 0 || points[i].is_gap ? 'M' : 'L', points[i].x, points[i].y);
    buf_push_text(s->out, "\"/>\n");
}

void svg_band(struct svg *s, const struct svg_band *b, const char *class, double opacity)
{
    double middle = (b->x1 + b->x2) / 2;
    buf_printf(s->out,
               "<path class=\"%s\" fill-opacity=\"%.2f\" d=\"M%.1f %.1fC%.1f %.1f %.1f %.1f %.1f %.1fL%.1f %.1fC%.1f "
               "%.1f %.1f %.1f %.1f %.1fZ\"/>\n",
               class, opacity, b->x1, b->top1, middle, b->top1, middle, b->top2, b->x2, b->top2, b->x2,
               b->top2 + b->size, middle, b->top2 + b->size, middle, b->top1 + b->size, b->x1, b->top1 + b->size);
}

double svg_text_px(struct bytes text)
{
    return (double)text_columns(text) * SVG_COLUMN_PX;
}

const char *svg_colour(size_t n)
{
    static const char *const colours[SVG_COLOURS] = {"c0", "c1", "c2", "c3", "c4", "c5", "c6", "c7"};
    return colours[n % SVG_COLOURS];
}
