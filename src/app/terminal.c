#include "app/terminal.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"

#define BAR_COLUMNS 24u
#define PROGRESS_EVERY_US (100 * US_PER_MS)

/* --- widths --- */

/* The character that begins at text.data; *out_size is how many bytes it has. */
static uint32_t character_at(struct bytes text, size_t *out_size)
{
    uint8_t first = text.data[0];
    size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1;
    uint32_t c = size == 1 ? first : first & (0xFFu >> (size + 1));
    if (size > text.size)
        size = 1;
    for (size_t i = 1; i < size; i++)
        c = c << 6 | (text.data[i] & 0x3Fu);
    *out_size = size;
    return c;
}

/* East Asian wide and full-width ranges (UAX #11), and emoji; marks that join take nothing. */
static size_t character_columns(uint32_t c)
{
    static const uint32_t wide[][2] = {{0x1100, 0x115F}, {0x2E80, 0x303E}, {0x3041, 0xA4CF}, {0xAC00, 0xD7A3},  {0xF900, 0xFAFF},
                                       {0xFE30, 0xFE6F}, {0xFF00, 0xFF60}, {0xFFE0, 0xFFE6}, {0x1F300, 0x1FAFF}, {0x20000, 0x3FFFD}};
    if ((c >= 0x300 && c <= 0x36F) || c == 0x200D || (c >= 0xFE00 && c <= 0xFE0F))
        return 0;
    for (size_t i = 0; i < COUNT_OF(wide); i++)
        if (c >= wide[i][0] && c <= wide[i][1])
            return 2;
    return 1;
}

/* How many bytes of `text` fit into so many columns; *out_columns are those taken. */
static size_t fitting(struct bytes text, size_t columns_max, size_t *out_columns)
{
    size_t at = 0, columns = 0;
    while (at < text.size) {
        size_t size, more = character_columns(character_at(bytes_slice(text, at, text.size), &size));
        if (columns + more > columns_max)
            break;
        columns += more;
        at += size;
    }
    *out_columns = columns;
    return at;
}

size_t text_columns(struct bytes text)
{
    size_t columns;
    (void)fitting(text, SIZE_MAX, &columns);
    return columns;
}

struct bytes text_shortened(struct arena *a, struct bytes text, size_t columns_max)
{
    size_t columns;
    assert(columns_max > 0);
    if (text_columns(text) <= columns_max)
        return text;
    return bytes_of_text(arena_printf(a, "%.*s…", (int)fitting(text, columns_max - 1, &columns), (const char *)text.data));
}

const char *grouped(uint64_t number, char out_text[GROUPED_BYTES])
{
    char digits[GROUPED_BYTES];
    size_t count = (size_t)snprintf(digits, sizeof digits, "%" PRIu64, number), at = 0;
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && (count - i) % 3 == 0)
            out_text[at++] = ',';
        out_text[at++] = digits[i];
    }
    assert(at < GROUPED_BYTES);
    out_text[at] = 0;
    return out_text;
}

/* --- tables --- */

struct grid_row {
    struct grid_row *next;
    struct bytes cells[GRID_COLUMNS_MAX];
};

void grid_init(struct grid *g, struct arena *a, size_t columns)
{
    assert(columns > 0 && columns <= GRID_COLUMNS_MAX);
    *g = (struct grid){.arena = a, .columns = columns};
}

void grid_add(struct grid *g, const struct bytes *cells)
{
    struct grid_row *row = ARENA_NEW(g->arena, struct grid_row);
    for (size_t i = 0; i < g->columns; i++)
        row->cells[i] = cells[i];
    if (g->last == NULL)
        g->first = row;
    else
        g->last->next = row;
    g->last = row;
    g->count++;
}

void grid_add_texts(struct grid *g, const char *const *cells)
{
    struct bytes texts[GRID_COLUMNS_MAX];
    for (size_t i = 0; i < g->columns; i++)
        texts[i] = bytes_of_text(cells[i]);
    grid_add(g, texts);
}

static void pad(FILE *out, size_t columns)
{
    for (size_t i = 0; i < columns; i++)
        (void)fputc(' ', out);
}

static bool is_cut(const struct grid *g, size_t column, size_t columns)
{
    return g->columns_max > 0 && columns > g->columns_max && column + 1 < g->columns;
}

static size_t cell_columns(const struct grid *g, size_t column, struct bytes cell)
{
    size_t columns = text_columns(cell);
    return is_cut(g, column, columns) ? g->columns_max : columns;
}

static void cell_print(const struct grid *g, FILE *out, size_t column, struct bytes cell)
{
    size_t columns = text_columns(cell);
    if (!is_cut(g, column, columns)) {
        fprintf(out, "%.*s", BYTES_ARG(cell));
        return;
    }
    cell.size = fitting(cell, g->columns_max - 1, &columns);
    fprintf(out, "%.*s…", BYTES_ARG(cell));
    pad(out, g->columns_max - 1 - columns);
}

static void row_print(const struct grid *g, const struct grid_row *row, const size_t *widths, FILE *out)
{
    size_t last = g->columns; /* no blanks at the end of a line */
    while (last > 0 && row->cells[last - 1].size == 0)
        last--;
    (void)fputs(g->indent == NULL ? "" : g->indent, out);
    for (size_t i = 0; i < last; i++) {
        size_t room = widths[i] - cell_columns(g, i, row->cells[i]);
        if (g->right[i])
            pad(out, room);
        cell_print(g, out, i, row->cells[i]);
        if (i + 1 < last)
            pad(out, (g->right[i] ? 0 : room) + 2);
    }
    (void)fputc('\n', out);
}

static void rule_print(const struct grid *g, const size_t *widths, FILE *out)
{
    (void)fputs(g->indent == NULL ? "" : g->indent, out);
    for (size_t i = 0; i < g->columns; i++) {
        for (size_t k = 0; k < widths[i] && (g->columns_max == 0 || k < g->columns_max); k++)
            (void)fputs("─", out);
        pad(out, i + 1 < g->columns ? 2 : 0);
    }
    (void)fputc('\n', out);
}

void grid_print(const struct grid *g, FILE *out)
{
    size_t widths[GRID_COLUMNS_MAX] = {0};
    for (const struct grid_row *row = g->first; row != NULL; row = row->next)
        for (size_t i = 0; i < g->columns; i++) {
            size_t columns = cell_columns(g, i, row->cells[i]);
            widths[i] = columns > widths[i] ? columns : widths[i];
        }
    for (const struct grid_row *row = g->first; row != NULL; row = row->next) {
        row_print(g, row, widths, out);
        if (row == g->first && g->headed)
            rule_print(g, widths, out);
    }
}

/* --- bars and progress --- */

const char *bar(struct arena *a, uint64_t part, uint64_t whole, size_t columns)
{
    static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    uint64_t steps = whole == 0 ? 0 : (uint64_t)((double)part / (double)whole * (double)columns * 8.0 + 0.5);
    size_t size = 0;
    if (part > 0 && steps == 0)
        steps = 1; /* something is never shown as nothing */
    steps = steps > columns * 8 ? columns * 8 : steps;
    char *text = arena_take(a, columns * 3 + 4, 1);
    for (; steps >= 8; steps -= 8, size += 3)
        memcpy(text + size, "█", 3);
    (void)snprintf(text + size, 4, "%s", eighths[steps]);
    return text;
}

void progress_begin(struct progress *p, const char *what, const char *unit, uint64_t total)
{
    *p = (struct progress){.what = what, .unit = unit, .total = total, .begin_us = time_monotonic_us(), .shows = isatty(STDERR_FILENO) == 1};
}

int64_t progress_us(const struct progress *p)
{
    return time_monotonic_us() - p->begin_us;
}

static void share_print(double share)
{
    unsigned filled = (unsigned)(share * BAR_COLUMNS);
    for (unsigned i = 0; i < BAR_COLUMNS; i++)
        (void)fputs(i < filled ? "█" : "░", stderr);
    fprintf(stderr, " %3d%% ", (int)(share * 100));
}

void progress_show(struct progress *p, uint64_t so_far)
{
    int64_t now_us = time_monotonic_us();
    if (!p->shows || now_us - p->shown_us < PROGRESS_EVERY_US)
        return;
    p->shown_us = now_us;
    char count[GROUPED_BYTES], rate[GROUPED_BYTES];
    int64_t span_us = now_us - p->begin_us + 1;
    (void)grouped((uint64_t)((double)so_far * 1e6 / (double)span_us), rate);
    fprintf(stderr, "\r\033[K%s ", p->what);
    if (p->total > 0)
        share_print(so_far >= p->total ? 1 : (double)so_far / (double)p->total);
    fprintf(stderr, "%s %s, %s/s", grouped(so_far, count), p->unit, rate);
    (void)fflush(stderr);
}

void progress_share(struct progress *p, double share)
{
    int64_t now_us = time_monotonic_us();
    if (!p->shows || now_us - p->shown_us < PROGRESS_EVERY_US)
        return;
    p->shown_us = now_us;
    fprintf(stderr, "\r\033[K%s ", p->what);
    share_print(share < 0 ? 0 : share > 1 ? 1 : share);
    fprintf(stderr, "%.1f s", (double)(now_us - p->begin_us) / 1e6);
    (void)fflush(stderr);
}

void progress_wait(struct progress *p)
{
    int64_t now_us = time_monotonic_us();
    if (!p->shows || now_us - p->shown_us < PROGRESS_EVERY_US)
        return;
    p->shown_us = now_us;
    fprintf(stderr, "\r\033[K%s %.1f s", p->what, (double)(now_us - p->begin_us) / 1e6);
    (void)fflush(stderr);
}

void progress_end(struct progress *p)
{
    if (p->shows)
        fprintf(stderr, "\r\033[K");
    p->shows = false;
}
