#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct block {
    struct block *older;
    size_t size;
    size_t used;
    _Alignas(16) uint8_t data[];
};

struct arena {
    struct block *newest;
    size_t block_bytes;
    size_t used_in_older; /* bytes taken from blocks that are not the newest */
};

static struct block *block_create(size_t size, struct block *older)
{
    struct block *b = malloc(sizeof *b + size);
    if (b == NULL)
        abort();
    b->older = older;
    b->size = size;
    b->used = 0;
    return b;
}

struct arena *arena_create(size_t block_bytes)
{
    assert(block_bytes >= 64);
    struct arena *a = malloc(sizeof *a);
    if (a == NULL)
        abort();
    *a = (struct arena){.newest = block_create(block_bytes, NULL), .block_bytes = block_bytes};
    return a;
}

static void blocks_free(struct block *b)
{
    while (b != NULL) {
        struct block *older = b->older;
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

static size_t padding_for(const struct block *b, size_t align)
{
    uintptr_t at = (uintptr_t)b->data + b->used;
    return (size_t)(-at & (align - 1));
}

void *arena_take(struct arena *a, size_t size, size_t align)
{
    assert(align > 0 && (align & (align - 1)) == 0);
    struct block *b = a->newest;
    size_t padding = padding_for(b, align);
    if (UNLIKELY(padding + size > b->size - b->used)) {
        a->used_in_older += b->used;
        size_t room = size + align;
        b = a->newest = block_create(room > a->block_bytes ? room : a->block_bytes, b);
        padding = padding_for(b, align);
    }
    uint8_t *p = b->data + b->used + padding;
    b->used += padding + size;
    assert(b->used <= b->size);
    return p;
}

void arena_reset(struct arena *a)
{
    struct block *oldest = a->newest;
    while (oldest->older != NULL) {
        struct block *older = oldest->older;
        free(oldest);
        oldest = older;
    }
    oldest->used = 0;
    a->newest = oldest;
    a->used_in_older = 0;
}

size_t arena_used(const struct arena *a)
{
    return a->used_in_older + a->newest->used;
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
