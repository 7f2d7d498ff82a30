/* A counted allocator for the rows of the state: objects of 1 B .. 18 KiB whose owner remembers the size, so that an
 * object has no header of its own.
 *
 * Size classes: steps of 16 bytes up to 1 KiB, then eight steps to a doubling. Objects of one class fill chunks of
 * 64 KiB; 32 chunks make a span of 2 MiB, aligned to its size, whose first bytes hold a small header for each chunk (so
 * chunk and span are found from a pointer by a mask, and how many objects of a chunk live is always known). An empty
 * chunk goes back to the system, but for a few that are kept against going to and fro; an empty span is unmapped.
 *
 * Take and give are O(1), without a stall but for a system call when a chunk changes hands. One thread. When the system
 * has no memory, take aborts: the owner keeps to its budget by asking slab_bytes. */
#pragma once

#include <stddef.h>

#include "base/attr.h"

#define SLAB_SIZE_MAX 18432u /* the largest row with its key and header: 16 KiB + 128 B + change */

struct slab;

struct slab *slab_create(void);    /* takes nothing from the system but itself */
void slab_destroy(struct slab *s); /* with all objects, given or not; NULL is fine */

/* `size` is 1..SLAB_SIZE_MAX. Aligned to 16 bytes; to 64 when `size` is a multiple of 64. Not zeroed. Never NULL. */
void *slab_take(struct slab *s, size_t size) NODISCARD;
void slab_give(struct slab *s, void *p, size_t size); /* `size` as it was taken, or another of the same class */

size_t slab_class_bytes(size_t size);    /* what an object of this size really takes */
size_t slab_bytes(const struct slab *s); /* in chunks held from the system: what counts against a budget */
size_t slab_used(const struct slab *s);  /* in living objects, each at its class's size; <= slab_bytes */
size_t slab_trim(struct slab *s);        /* gives the kept empty chunks back too; returns the bytes freed */
