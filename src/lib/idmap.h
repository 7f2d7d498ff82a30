/* A map from 128-bit hashes to 32-bit numbers other than 0, for up to 400 M entries at 16.5 bytes each on average
 * (at most 18 as parts fill and grow).
 *
 * The key. Of a hash 80 bits are the key (idmap_key): all of `low` and the top 16 of `high`. Two hashes with the same
 * key are one entry; among 400 M entries the chance that any two meet is 7 in 100 million, and the owner
 * compares bytes after a hit anyway. Hashes must be well spread (hash128 with a secret seed); a crafted pile of more
 * than 1,926 keys that share their first 18 bits is a bug and asserts.
 *
 * The shape. A bucket is one cache line: five entries (70 bits of key, the number) and one mark. The ten bits that are
 * not stored are the number of the root, of which there are always 1024. A root has a small directory of its own by
 * the next bits, of parts, each of them one cache line; a part holds up to IDMAP_PART_ENTRIES_MAX entries in buckets, as
 * many as give a fill between 0.72 and 0.86. The bucket of a key is its position in the part's range (multiply and shift, so any number of buckets
 * will do); what finds its bucket full goes to the next one, and marks the full ones it passed. A full part is built
 * anew with a sixth more buckets, up to the maximum, where it splits in two. That is the whole of the growth, so no put
 * takes longer than building one part (some 20 us). Removal moves a later entry into the hole; there are no tombstones.
 * Memory: buckets come in units of 4 KiB from the slab, so parts of all sizes share the same free units.
 *
 * Pages, for checkpoints. Page i of 2^bits is all entries whose key begins with the bits of i. Since buckets are in key
 * order within a part, a page is read by a short scan, whatever the parts are. The owner chooses `bits`, and keeps them
 * in the page's key in the store: idmap_page_bits says what it should be for a map of some size, so that a page stays
 * between 2.5 and 6 KiB. When it grows, the owner writes all pages anew and deletes the old ones (a page of n bits
 * becomes two of n + 1): it happens once in a doubling. A page's bytes depend on its entries alone, so equal maps make
 * equal pages whatever happened before. Format: docs/formats/rows.md.
 *
 * One thread. Nothing here fails: the slab aborts when the system has no memory. */
#pragma once

#include "base/hash.h"
#include "base/status.h"
#include "lib/slab.h"

#define IDMAP_PART_ENTRIES_MAX 1926u /* 7 units of 64 buckets of 5, at a fill of 0.86 */

struct idmap;

struct idmap_entry {
    struct hash128 key; /* as idmap_key gives it */
    uint32_t number;    /* never 0 */
};

#define IDMAP_ROOT_BITS 10u

struct idmap *idmap_create(struct slab *s); /* all memory comes from `s`, which outlives the map */
void idmap_destroy(struct idmap *m);        /* gives all of it back; NULL is fine */

/* The bits of a hash that are kept, the others 0. What a digest of the map's entries is computed from. */
static inline struct hash128 idmap_key(struct hash128 hash)
{
    return (struct hash128){.low = hash.low, .high = hash.high & (UINT64_C(0xffff) << 48)};
}

uint32_t idmap_get(const struct idmap *m, struct hash128 hash); /* 0: not there */
uint32_t idmap_put(struct idmap *m, struct hash128 hash, uint32_t number); /* the number it replaces; 0: it is new */
uint32_t idmap_remove(struct idmap *m, struct hash128 hash);    /* the number that was there; 0: none was */
/* Puts many at once, in a tenth of the time: keys that ascend strictly and begin with the same IDMAP_ROOT_BITS bits, all that
 * the map then has of these bits. */
void idmap_fill(struct idmap *m, const struct idmap_entry *entries, size_t count);

/* Getting is two misses one after the other, the line of the part and that of the bucket. Those of many hashes overlap:
 * call the first of these for some 32 of them, then the second for all, then get. */
void idmap_prefetch_part(const struct idmap *m, struct hash128 hash);
void idmap_prefetch(const struct idmap *m, struct hash128 hash); /* the bucket; reads the part */

uint64_t idmap_count(const struct idmap *m);
size_t idmap_bytes(const struct idmap *m); /* taken from the slab, O(1) */

/* --- pages --- */

#define IDMAP_PAGE_BITS_MAX 20u
#define IDMAP_PAGE_HEAD_BYTES 12u  /* u32 bits, u32 page, u32 entries, little-endian */
#define IDMAP_PAGE_ENTRY_BYTES 14u /* u64 key.low, u16 key.high >> 48, u32 number; in ascending order of the key */

/* What `bits` should be for `count` entries, for an owner that has them at `bits` now; never less than `bits`.
 * Start with 0. Changes by one at a time as long as it is asked at least once in a doubling. */
uint32_t idmap_page_bits(uint64_t count, uint32_t bits);

static inline uint32_t idmap_page_of(struct hash128 hash, uint32_t bits)
{
    return bits == 0 ? 0 : (uint32_t)(hash.low >> (64 - bits));
}

/* Appends page `page` of 2^bits; appends nothing when it has no entries, and returns how many it has. About 15 ns an
 * entry. When the buffer overflows it says so itself. */
size_t idmap_page_encode(const struct idmap *m, uint32_t bits, uint32_t page, struct buf *b);

/* A page that was read back, checked: its entries ascend strictly, belong to it and have numbers. Borrows the bytes. */
struct idmap_page {
    uint32_t bits;
    uint32_t page;
    uint32_t count; /* never 0 */
    const uint8_t *entries;
};
fallible idmap_page_open(struct bytes b, struct idmap_page *out_page, struct err *e); /* CORRUPT: it is no such page */
struct idmap_entry idmap_page_entry(const struct idmap_page *p, uint32_t i); /* i < count; put it to load it */
