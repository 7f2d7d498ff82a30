/* An arena: memory that is taken piece by piece and given back all at once.
 * A step, a request and a test each have one; its owner resets it, nobody frees from it. Not safe for two threads. */
#pragma once

#include <stddef.h>

#include "base/bytes.h"

struct arena;

/* Takes blocks of at least `block_bytes` from the system as they are needed. Aborts when the system has no memory:
 * what a step needs is bounded and small, so that is a machine beyond help. */
struct arena *arena_create(size_t block_bytes);
void arena_destroy(struct arena *a); /* NULL is fine */

void *arena_take(struct arena *a, size_t size, size_t align); /* not zeroed; lives until the reset; never NULL */
void arena_reset(struct arena *a);                            /* everything taken is gone; one block is kept */
size_t arena_used(const struct arena *a);                     /* bytes taken since the last reset */

struct bytes arena_copy(struct arena *a, struct bytes b);
char *arena_text(struct arena *a, struct bytes b); /* a copy that ends in NUL */
char *arena_printf(struct arena *a, const char *format, ...) PRINTF_LIKE(2, 3);
void *arena_zeroed(struct arena *a, size_t size, size_t align);

#define ARENA_NEW(a, type) ((type *)arena_zeroed((a), sizeof(type), _Alignof(type)))
#define ARENA_ARRAY(a, type, count) ((type *)arena_zeroed((a), sizeof(type) * (count), _Alignof(type)))
