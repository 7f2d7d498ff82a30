#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arena_block {
    struct arena_block *older;
    size_t size;
    _Alignas(16) uint8_t data[];
};

/* A new block becomes the newest one. */
static void block_open(struct arena *a, size_t size)
{
    struct arena_block *b = malloc(sizeof *b + size);
    if (b == NULL)
        abort();
    b->older = a->newest;
    b->size = size;
    a->newest = b;
    a->at = b->data;
    a->end = b->data + size;
}

struct arena *arena_create(size_t block_bytes)
{
    assert(block_bytes >= 64);
    struct arena *a = malloc(sizeof *a);
    if (a == NULL)
        abort();
    *a = (struct arena){.block_bytes = block_bytes};
    block_open(a, block_bytes);
    return a;
}

static void blocks_free(struct arena_block *b)
{
    while (b != NULL) {
        struct arena_block *older = b->older;
        free(b);
        b = older;
    }
}

void arena_destroy(struct arena *a)
{
    if (a == NULL)
        return;
    blocks_free(a->newest);
    free(a);
}

void *arena_take_beyond(struct arena *a, size_t size, size_t align)
{
    size_t room = size + align;
    a->used_in_older += (size_t)(a->at - a->newest->data);
    block_open(a, room > a->block_bytes ? room : a->block_bytes);
    return arena_take(a, size, align);
}

void arena_reset(struct arena *a)
{
    struct arena_block *oldest = a->newest;
    while (oldest->older != NULL) {
        struct arena_block *older = oldest->older;
        free(oldest);
        oldest = older;
    }
    a->newest = oldest;
    a->at = oldest->data;
    a->end = oldest->data + oldest->size;
    a->used_in_older = 0;
}

size_t arena_used(const struct arena *a)
{
    return a->used_in_older + (size_t)(a->at - a->newest->data);
}

void *arena_zeroed(struct arena *a, size_t size, size_t align)
{
    void *p = arena_take(a, size, align);
    return memset(p, 0, size);
}

struct bytes arena_copy(struct arena *a, struct bytes b)
{
    if (b.size == 0)
        return BYTES_NONE;
    return bytes_of(memcpy(arena_take(a, b.size, 1), b.data, b.size), b.size);
}

struct buf arena_buf(struct arena *a, size_t size_max)
{
    return (struct buf){.data = arena_take(a, size_max, 1), .capacity = size_max, .size_max = size_max};
}

char *arena_text(struct arena *a, struct bytes b)
{
    char *text = arena_take(a, b.size + 1, 1);
    if (b.size > 0)
        memcpy(text, b.data, b.size);
    text[b.size] = 0;
    return text;
}

char *arena_printf(struct arena *a, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char nothing[1]; /* gcc's sanitizers take a NULL of size 0 for a mistake */
    int size = vsnprintf(nothing, 0, format, args);
    va_end(args);
    assert(size >= 0);
    char *text = arena_take(a, (size_t)size + 1, 1);
    va_start(args, format);
    (void)vsnprintf(text, (size_t)size + 1, format, args);
    va_end(args);
    return text;
}
