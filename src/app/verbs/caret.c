#include "app/verbs/caret.h"

#include <string.h>

#include "app/terminal.h"
#include "lib/text.h"

#define INDENT "  "

/* The number behind the mark; 0: the mark isn't there. */
static size_t number_behind(struct bytes words, struct bytes mark)
{
    const uint8_t *at = words.size < mark.size ? NULL : memmem(words.data, words.size, mark.data, mark.size);
    size_t number = 0;
    if (at == NULL)
        return 0;
    for (at += mark.size; at < words.data + words.size && *at >= '0' && *at <= '9' && number < SIZE_MAX / 16; at++)
        number = number * 10 + (size_t)(*at - '0');
    return number;
}

size_t caret_place(struct bytes words)
{
    size_t place = number_behind(words, BYTES_LIT("at character "));
    return place > 0 ? place : number_behind(words, BYTES_LIT("第 "));
}

/* The byte at which a character begins, from 1. */
static size_t offset_of(struct bytes text, size_t place)
{
    struct bytes rest = text;
    for (size_t i = 1; i < place && rest.size > 0; i++)
        (void)text_next(&rest);
    return text.size - rest.size;
}

static struct bytes line_around(struct bytes text, size_t *io_offset)
{
    size_t from = *io_offset, until = *io_offset;
    while (from > 0 && text.data[from - 1] != '\n')
        from--;
    while (until < text.size && text.data[until] != '\n')
        until++;
    *io_offset -= from;
    return bytes_slice(text, from, until);
}

/* Takes characters off the front until what is before the place fits. */
static void front_cut(struct bytes *io_line, size_t *io_offset)
{
    while (text_columns(bytes_slice(*io_line, 0, *io_offset)) > CARET_COLUMNS / 2) {
        struct bytes rest = *io_line;
        (void)text_next(&rest);
        *io_offset -= io_line->size - rest.size;
        *io_line = rest;
    }
}

static struct bytes end_cut(struct bytes line)
{
    while (text_columns(line) > CARET_COLUMNS)
        line = text_cut(line, line.size - 1);
    return line;
}

void show_caret(struct bytes text, size_t place, FILE *out)
{
    size_t offset = offset_of(text, place);
    struct bytes line = line_around(text, &offset);
    front_cut(&line, &offset);
    size_t before = text_columns(bytes_slice(line, 0, offset));
    line = end_cut(bytes_slice(line, 0, line.size < 4096 ? line.size : 4096));
    fprintf(out, INDENT "%.*s\n" INDENT "%*s^\n", BYTES_ARG(line), (int)before, "");
}
