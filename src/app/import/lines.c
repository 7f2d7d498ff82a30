#include "app/import/lines.h"

#include <stdlib.h>
#include <string.h>

struct lines {
    struct input *in;
    struct bytes piece; /* what is left of it */
    struct buf text;    /* of a line that began in an earlier piece */
    uint64_t number;    /* of the last line */
    bool ended;
};

struct lines *lines_create(struct input *in, size_t line_bytes_max)
{
    struct lines *l = calloc(1, sizeof *l);
    if (l == NULL)
        abort();
    l->in = in;
    buf_init(&l->text, line_bytes_max);
    return l;
}

void lines_destroy(struct lines *l)
{
    if (l == NULL)
        return;
    buf_fini(&l->text);
    free(l);
}

static struct bytes line_trimmed(struct bytes line)
{
    while (line.size > 0 && memchr(" \t\r", line.data[line.size - 1], 3) != NULL)
        line.size--;
    while (line.size > 0 && memchr(" \t", line.data[0], 2) != NULL)
        line = bytes_slice(line, 1, line.size);
    return line;
}

/* Gathers one line, with its end or up to the file's. */
static fallible line_gather(struct lines *l, struct err *e)
{
    buf_clear(&l->text);
    l->text.overflowed = false;
    l->number++;
    for (;;) {
        const uint8_t *end = l->piece.size == 0 ? NULL : memchr(l->piece.data, '\n', l->piece.size);
        size_t size = end == NULL ? l->piece.size : (size_t)(end - l->piece.data);
        buf_push(&l->text, bytes_slice(l->piece, 0, size));
        l->piece = bytes_slice(l->piece, size + (end != NULL), l->piece.size);
        if (end != NULL)
            return DONE;
        TRY(input_next(l->in, &l->piece, e));
        if (l->piece.size == 0) {
            l->ended = true;
            return DONE;
        }
    }
}

fallible lines_next(struct lines *l, struct line *out_line, bool *out_more, struct err *e)
{
    while (!l->ended) {
        TRY(line_gather(l, e));
        struct bytes text = buf_bytes(&l->text);
        if (l->number == 1 && bytes_starts_with(text, BYTES_LIT("\xEF\xBB\xBF")))
            text = bytes_slice(text, 3, text.size);
        text = line_trimmed(text);
        *out_line = (struct line){l->number, l->text.overflowed ? BYTES_NONE : text, l->text.overflowed};
        *out_more = true;
        if (text.size > 0 || l->text.overflowed)
            return DONE;
    }
    *out_more = false;
    return DONE;
}
