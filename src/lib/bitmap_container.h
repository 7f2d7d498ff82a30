/* The members of a set among 65,536 neighbouring numbers, by the lower 16 bits of each: for bitmap*.c alone.
 *
 * Three kinds, those of CRoaring: ascending values (2 bytes a member), a bit for each number (8 KiB), and runs (4 bytes each, only while that takes
 * fewer bytes than the other two). As bytes the smallest kind is written, so values up to 4,096 of them; in memory there are bits from 1,025 members on,
 * since a question that meets them as values must set a bit for each, which takes longer than reading 8 KiB. A container has at least one member: none is NULL.
 *
 * Containers are counted references. Whoever changes one gives its reference away and gets another: of the same container where it was the only
 * one, of a changed copy otherwise. The owner of the slab alone takes, gives and changes; any thread may read what doesn't change. */
#pragma once

#include "lib/bitmap_ways.h"
#include "lib/slab.h"
#include "base/status.h"
#include "base/bytes.h"

#define CONTAINER_NUMBERS 65536u
#define CONTAINER_WORDS 1024u
#define CONTAINER_VALUES_MAX 4096u /* as bytes: one more takes more than the bits */
#define CONTAINER_LISTED_MAX 1024u /* in memory */
#define CONTAINER_RUNS_MAX 2047u /* one more takes as many bytes as the bits */

enum container_kind { CONTAINER_VALUES = 1, CONTAINER_BITS = 2, CONTAINER_RUNS = 3 };

struct container {
    uint64_t *bits; /* CONTAINER_WORDS of them, aligned to 64 bytes; other kinds have none */
    uint32_t refs;
    uint16_t last;     /* members - 1 */
    uint16_t size;     /* values or runs that follow */
    uint16_t kind;
    uint16_t values[]; /* ascending; of runs: the first number, then how many follow it, never two that touch */
};

static inline uint32_t container_count(const struct container *c)
{
    return c->last + 1u;
}

/* --- whole containers --- */

/* NULL: no bit is set. About a microsecond. */
struct container *container_of_words(struct slab *s, const uint64_t *words);
static inline void container_share(struct container *c)
{
    c->refs++;
}
void container_give(struct slab *s, struct container *c); /* NULL is fine */
bool container_equal(const struct container *a, const struct container *b); /* the same members, whatever the kinds */

/* --- one number --- */

bool container_has(const struct container *c, uint16_t value);
/* `value` isn't there yet; `c` may be NULL. O(bytes behind it) to move; 8 KiB where the kind changes. */
struct container *container_add(struct slab *s, struct container *c, uint16_t value);
/* `value` is there. NULL: it was the only one. */
struct container *container_remove(struct slab *s, struct container *c, uint16_t value);
uint32_t container_rank(const struct container *c, uint16_t value);   /* members below it */
uint16_t container_select(const struct container *c, uint32_t rank); /* the member with so many below; rank < count */
/* The first members from `from` on, ascending, at most `max`: returns how many. O(those, and 8 KiB of bits at most). */
uint32_t container_list(const struct container *c, uint32_t from, uint16_t *out_values, uint32_t max);

/* --- words of bits: bit i is the number i --- */

/* words = words op members, CONTAINER_WORDS of them; WORD_AND isn't for it. O(members) or O(runs and words), 8 KiB for bits. */
void container_apply(const struct container *c, enum word_op op, uint64_t *words);
void container_expand(const struct container *c, uint64_t *out_words);
/* How many members are set in `words`. */
uint32_t container_count_in(const struct container *c, const struct bitmap_way *way, const uint64_t *words);
/* The values, ascending, of which `keeps` says whether they are members, into `out_values`, which may be `values`: returns how many. O(count), and what
 * expanding takes, or a search for each where the values asked about are few. */
uint32_t container_filter(const struct container *c, bool keeps, const uint16_t *values, uint32_t count, uint16_t *out_values);
/* Asks for its bytes, but doesn't wait for them. */
void container_prefetch(const struct container *c);
/* Bit i says whether values[i], ascending, is a member; whole strides are written. O(count), and what expanding takes,
 * or a search for each where the values asked about are few. */
void container_probe(const struct container *c, const uint16_t *values, uint32_t count, uint64_t *out_bits);

/* --- bytes: docs/formats/bitmap.md --- */

#define CONTAINER_HEAD_BYTES 4u
#define CONTAINER_BYTES_MAX (CONTAINER_HEAD_BYTES + 8u * CONTAINER_WORDS)

/* Appends it in its smallest kind, which the members alone decide: equal containers make equal bytes. */
void container_encode(const struct container *c, struct buf *b);
/* The caller's. CORRUPT: it is no container. */
fallible container_decode(struct slab *s, struct bytes b, struct container **out_container, struct err *e);
