/* A small writer of SVG: shapes, texts, and a style that follows the page into the dark. Lengths are in pixels, with one digit. */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"

#define SVG_FONT_PX 13.0
#define SVG_COLUMN_PX 7.2 /* a column of a terminal in this font: half a Chinese character */
#define SVG_COLOURS 8u    /* classes c0 … c7; beyond them they begin again */

enum svg_anchor { SVG_START, SVG_MIDDLE, SVG_END };

struct svg {
    struct buf *out;
    struct arena *arena;
};

/* `title` is read aloud and shown when a pointer rests on the picture. */
void svg_begin(struct svg *s, double width, double height, struct bytes title);
void svg_end(struct svg *s);

/* `class` is one of the style in svg.c: "c0" … "c7" (colours), "heat", "quiet", "rule", "on" (text over a strong colour), "small", "head". */
void svg_rect(struct svg *s, double x, double y, double width, double height, const char *class, double opacity);
void svg_line(struct svg *s, double x1, double y1, double x2, double y2, const char *class);
void svg_text(struct svg *s, double x, double y, enum svg_anchor anchor, const char *class, struct bytes text);
/* Explains the shape that is written next: shown when a pointer rests on it. */
void svg_hint_begin(struct svg *s, struct bytes text);
void svg_hint_end(struct svg *s);

struct svg_point {
    double x, y;
    bool is_gap; /* the line breaks before it */
};
void svg_polyline(struct svg *s, const struct svg_point *points, size_t count, const char *class);
/* A band from one upright edge to another: (x1, top1 … top1 + size) to (x2, top2 … top2 + size). */
struct svg_band {
    double x1, top1, x2, top2, size;
};
void svg_band(struct svg *s, const struct svg_band *b, const char *class, double opacity);

double svg_text_px(struct bytes text); /* its width, estimated */
const char *svg_colour(size_t n);      /* "c0" … */
