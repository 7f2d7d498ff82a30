#include "lib/nearest.h"

#include <string.h>

#define FARNESS_PARTS 1000u /* the edits themselves, fewer than these, decide between equals */

static uint8_t folded(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

static size_t least_of(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* One row of the table at a time. */
static size_t edits_between(struct bytes a, struct bytes b)
{
    size_t row[NEAREST_BYTES_MAX + 1];
    for (size_t j = 0; j <= b.size; j++)
        row[j] = j;
    for (size_t i = 0; i < a.size; i++) {
        size_t corner = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < b.size; j++) {
            size_t above = row[j + 1], changed = corner + (folded(a.data[i]) != folded(b.data[j]));
            row[j + 1] = least_of(least_of(above, row[j]) + 1, changed);
            corner = above;
        }
    }
    return row[b.size];
}

/* In parts of the longer word: "amt" is nearer to "amount" than to "t", which is of fewer edits. */
static size_t farness(size_t edits, size_t size, size_t other_size)
{
    size_t longest = size > other_size ? size : other_size;
    return longest == 0 ? 0 : edits * FARNESS_PARTS / longest + edits;
}

static const char *row_name(const void *rows, size_t at, size_t row_bytes)
{
    const char *name;
    memcpy(&name, (const uint8_t *)rows + at * row_bytes, sizeof name);
    return name;
}

static const char *search(struct bytes word, const void *rows, size_t count, size_t row_bytes, size_t *out_edits)
{
    const char *best = "";
    size_t nearest = SIZE_MAX;
    struct bytes beginning = bytes_slice(word, 0, least_of(word.size, NEAREST_BYTES_MAX));
    for (size_t i = 0; i < count; i++) {
        struct bytes name = bytes_of_text(row_name(rows, i, row_bytes));
        if (name.size > NEAREST_BYTES_MAX)
            continue;
        size_t edits = edits_between(beginning, name), far = farness(edits, beginning.size, name.size);
        if (far < nearest) {
            nearest = far;
            *out_edits = edits;
            best = row_name(rows, i, row_bytes);
        }
    }
    return best;
}

const char *nearest_name(struct bytes word, const void *rows, size_t count, size_t row_bytes)
{
    size_t edits;
    return search(word, rows, count, row_bytes, &edits);
}

const char *near_name(struct bytes word, const void *rows, size_t count, size_t row_bytes)
{
    size_t edits = SIZE_MAX;
    const char *name = search(word, rows, count, row_bytes, &edits);
    return edits <= 1 + strlen(name) / 2 ? name : NULL;
}
