/* Sets of 32-bit numbers, such as people: added to and taken from one by one, read whole, kept as rows.
 *
 * The shape. Numbers that share their upper 16 bits, the *key*, lie in a container, in whichever of CRoaring's three kinds is small for them
 * (bitmap_container.h): 2 bytes a member where at most 1,024 are set, 8 KiB for 65,536 numbers where more are, 4 bytes a run where they lie together. Under a
 * key that nobody has is nothing. Containers hang on branches of 32, branches on one root, so a set takes 8 bytes besides for each 65,536 numbers
 * of a branch that is there, and some 50 for each container: 330 M people x 300 tags of 0.01 % to 60 % take some 3.8 GB.
 *
 * Why not CRoaring itself: a container is a row of the state, shared with frozen copies by reference, and read by an evaluation of many sets at once
 * (bitmap_expr.h); its library keeps containers to itself, takes memory where nobody counts it, and Debian's build of it has neither
 * AVX nor popcnt. The bytes are the same, and the tests compare every operation with it.
 *
 * Copies. bitmap_copy takes O(1): root, branches and containers are counted references, and what is shared is copied when either side changes it, at
 * most a root (16 KiB), a branch and a container (8 KiB) for a change. A copy that nobody changes is a frozen view.
 *
 * Threads. All memory comes from a slab, whose thread alone may create, change, copy and destroy. Other threads may read a frozen copy meanwhile, all
 * of it, until it is destroyed.
 *
 * Nothing here fails but reading bytes: the slab aborts when the system has no memory. */
#pragma once

#include "base/bytes.h"
#include "base/status.h"
#include "lib/slab.h"

#define BITMAP_KEY_BITS 16u          /* a container has 2^16 numbers, and there are as many containers */
#define BITMAP_KEYS (1u << BITMAP_KEY_BITS)
#define BITMAP_CONTAINER_WORDS 1024u /* of 64 bits */
#define BITMAP_CONTAINER_BYTES_MAX 8196u

struct bitmap;

struct bitmap *bitmap_create(struct slab *s);             /* empty; `s` outlives it */
void bitmap_destroy(struct bitmap *b);                    /* NULL is fine */
struct bitmap *bitmap_copy(const struct bitmap *b);       /* of the same slab; either may change afterwards. O(1) */

static inline uint32_t bitmap_key_of(uint32_t number)
{
    return number >> BITMAP_KEY_BITS;
}

/* --- one number --- */

bool bitmap_has(const struct bitmap *b, uint32_t number);
/* false: nothing changed. Two misses of the cache, and up to 8 KiB moved: some 0.3 us; 3 us where a container changes its kind. */
bool bitmap_add(struct bitmap *b, uint32_t number);
bool bitmap_remove(struct bitmap *b, uint32_t number);

/* --- all of them --- */

uint64_t bitmap_count(const struct bitmap *b);                            /* O(1) */
bool bitmap_equal(const struct bitmap *a, const struct bitmap *b);        /* the same members; of one slab or two */
/* Adds what isn't there: `numbers` ascend, equal ones are fine. O(count), and some 2 us for each container of theirs. */
void bitmap_add_all(struct bitmap *b, const uint32_t *numbers, size_t count);
/* The members at and above `from`, ascending, at most `max`: returns how many. To read on: from one behind the last. */
size_t bitmap_list(const struct bitmap *b, uint32_t from, uint32_t *out_numbers, size_t max);
/* A bit for each of the 64 x `count` numbers from `from` on, which is a multiple of 64; all of one key. Some 0.5 us. */
void bitmap_words(const struct bitmap *b, uint32_t from, uint32_t count, uint64_t *out_words);
/* How many members are below `number`, and which has `rank` below it (false: so many aren't there). At most O(2,048 branches, 32 containers, 8 KiB):
 * a member drawn uniformly is the one of a rank drawn uniformly. */
uint64_t bitmap_rank(const struct bitmap *b, uint32_t number);
bool bitmap_select(const struct bitmap *b, uint64_t rank, uint32_t *out_number);

/* --- containers, which are rows --- */

/* The least key >= *key that has members; false: none has. */
bool bitmap_next(const struct bitmap *b, uint32_t *key);
/* Puts the members of a key: bit i of the words is the number key x 65,536 + i. Some 2 us; copies. */
void bitmap_put(struct bitmap *b, uint32_t key, const uint64_t words[BITMAP_CONTAINER_WORDS]);
/* Appends the container of `key`, at most BITMAP_CONTAINER_BYTES_MAX, and returns how many members it has; 0: appends nothing. The members alone decide
 * on the bytes (docs/formats/bitmap.md), so equal sets make equal rows whatever happened before. */
uint32_t bitmap_encode(const struct bitmap *b, uint32_t key, struct buf *out);
/* Puts the members of a key as they were encoded. CORRUPT: nobody encoded that; nothing changed. */
fallible bitmap_decode(struct bitmap *b, uint32_t key, struct bytes container, struct err *e);
