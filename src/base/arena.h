/* An arena: memory that is taken piece by piece and given back all at once.
 * A step, a request and a test each have one; its owner resets it, nobody frees from it. Not safe for two threads. */
#pragma once

#include <stddef.h>

#include "base/bytes.h"

struct arena_block;
struct arena { /* open only so that taking is in line */
    uint8_t *at, *end; /* what is left of the newest block */
    struct arena_block *newest;
    size_t block_bytes;
    size_t used_in_older; /* bytes taken from blocks that are not the newest */
};

/* Takes blocks of at least `block_bytes` from the system as they are needed. Aborts when the system has no memory:
 * what a step needs is bounded and small, so that is a machine beyond help. */
struct arena *arena_create(size_t block_bytes);
void arena_destroy(struct arena *a); /* NULL is fine */

void *arena_take_beyond(struct arena *a, size_t size, size_t align); /* arena_take's: from a new block */

/* Not zeroed; lives until the reset; never NULL. `align` is a power of two. */
static inline void *arena_take(struct arena *a, size_t size, size_t align)
{
    size_t padding = (size_t)(-(uintptr_t)a->at & (align - 1));
    assert(align > 0 && (align & (align - 1)) == 0);
    if (UNLIKELY(padding + size > (size_t)(a->end - a->at)))
        return arena_take_beyond(a, size, align);
    uint8_t *p = a->at + padding;
    a->at = p + size;
    return p;
}

void arena_reset(struct arena *a);        /* everything taken is gone; one block is kept */
size_t arena_used(const struct arena *a); /* bytes taken since the last reset */

struct bytes arena_copy(struct arena *a, struct bytes b);
char *arena_text(struct arena *a, struct bytes b); /* a copy that ends in NUL */
char *arena_printf(struct arena *a, const char *format, ...) PRINTF_LIKE(2, 3);
void *arena_zeroed(struct arena *a, size_t size, size_t align);
/* A buffer over `size_max` bytes of the arena: it never allocates, has no end to see to, and overflows beyond them. */
struct buf arena_buf(struct arena *a, size_t size_max);

#define ARENA_NEW(a, type) ((type *)arena_zeroed((a), sizeof(type), _Alignof(type)))
#define ARENA_ARRAY(a, type, count) ((type *)arena_zeroed((a), sizeof(type) * (count), _Alignof(type)))
