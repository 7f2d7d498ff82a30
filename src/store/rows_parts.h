/* The inside of the rows, shared by rows.c (families, checkpoints, loading) and one file for each kind of family:
 * rows_numbered.c, rows_keyed.c, rows_index.c with rows_index_page.c, rows_series.c.
 *
 * Dirty marks. `epoch` counts the checkpoints that were begun. Marks live in two sets that change roles at each begin:
 * "now" is dirty since the last begin, "then" is what the running checkpoint hands out. Nothing walks over all rows at
 * a begin or an end: marks that are older than the epoch says are settled when they are next looked at. */
#pragma once

#include "base/rng.h"
#include "lib/finder.h"
#include "lib/idmap.h"
#include "lib/ordmap.h"
#include "lib/slab.h"
#include "store/rows.h"

#define PAGE_VERSION 1u /* the first byte of every value in the cold store, but for a partial page */
#define PAGE_PARTIAL 3u
#define PAGE_BYTES_MAX (16u << 20)
#define META_FAMILY 0u /* the first key byte of what is kept about a family as a whole */

#define ROWS_PAGE_ROWS 32u

/* 32 rows that are neighbours by number. */
struct row_page {
    uint32_t exists;
    uint32_t cold;       /* of those that exist */
    uint32_t used;       /* since the evicting hand last came by */
    uint32_t dirty_now;  /* a removed row is dirty too */
    uint32_t dirty_then; /* counts only while a checkpoint runs: kept after the hand-out, until it is durable */
    uint32_t epoch;      /* of these two */
    uint64_t rows[ROWS_PAGE_ROWS];
};

/* A page slot: 0: no rows; bit 0 set: all rows are cold and clean, the upper half says which exist; else its page. */
#define CHUNK_PAGES 4096u
struct page_chunk {
    uint64_t slots[CHUNK_PAGES];
    uint64_t dirty[2][CHUNK_PAGES / 64]; /* pages with dirty rows: [epoch & 1] now, the other then */
};

struct numbered {
    struct page_chunk **chunks;
    uint32_t chunk_room;
    uint32_t end;    /* one past the highest number ever put */
    uint32_t hand;   /* the page where evicting goes on */
    uint32_t cursor; /* the page where handing out goes on; what is before it is handed out */
    uint32_t loaded_end; /* rows with lower numbers were loaded, or aren't there */
    bool loads_fit;      /* what is loaded now comes into memory */
    uint64_t count, cold_count;
    uint64_t dirty_rows[2]; /* removed ones too */
    size_t row_bytes; /* of the rows in memory, as the slab counts them */
    size_t bytes; /* of chunks */
};

/* Keys in the order in which they became dirty; freed block by block. */
#define KEY_BLOCK_BYTES 16000u
struct key_block {
    struct key_block *next;
    uint32_t size;
    uint8_t data[KEY_BLOCK_BYTES]; /* a byte with the key's size, the key, ... */
};
struct key_list {
    struct key_block *first, *last;
    uint64_t count;
    size_t bytes;
};

/* The tag of an entry is the epoch in which it last changed << 1 | whether its key came up in that epoch; 0 once it was handed
 * out. A key that was removed is an entry of `gone` until its deletion is handed out; one that came up in the same epoch isn't,
 * since no checkpoint has it. */
struct keyed {
    struct ordmap *map;
    struct ordmap *gone;
    struct key_list now, then;
    const struct key_block *cursor;
    uint32_t cursor_at;
    struct keyed_sums sums;
};

/* What is known about the entries of a page that are not in memory: a blocked Bloom filter over all that the cold store
 * has of the page. Pages that came out of one page share its filter until each has its own. */
struct index_filter {
    uint32_t refs;
    uint32_t blocks;
    uint32_t words[]; /* INDEX_FILTER_WORDS a block */
};
#define INDEX_FILTER_WORDS 8u
#define INDEX_FILTER_BLOCK_BYTES (INDEX_FILTER_WORDS * sizeof(uint32_t))
#define INDEX_FILTER_BLOCKS_MAX 512u
#define INDEX_FILTER_BITS 8u /* an entry, at most: of those that are not there about one in 30 passes */

/* Beside the entries of a page, which are in the map. Which entries are dirty or used is kept by one bit for all that
 * share some bits of their hash, which may keep a clean entry in memory, and never lets a dirty one go. */
struct index_page {
    struct index_filter *filter; /* NULL: all entries of the page are in memory */
    uint64_t dirty_now;
    uint64_t dirty_then; /* counts only while a checkpoint runs */
    uint32_t used;       /* since the evicting hand last came by */
    uint32_t stamp;      /* the epoch of the dirty marks << 1 | handed out in it */
};

/* What an entry was, before it changed in a page that was still to be handed out: a change costs its entry, not a copy of its page. */
struct index_before {
    struct hash128 key;
    uint32_t number; /* as the map had it; 0: not at all */
    uint32_t next;   /* of the same page, the one before this, + 1; 0: none */
};

/* The befores of one page. So many at most: then the page is handed out at once, as it was, and its changes cost no more. To sort as
 * many takes about 0.1 ms, and they take a few times the room of the page itself. */
#define INDEX_BEFORES_MAX 1024u
struct index_befores {
    uint32_t newest; /* + 1; 0: none */
    uint32_t count;
};

#define INDEX_CHUNK_BITS 12u
struct index_chunk {
    uint32_t bits; /* of its pages; fewer than the index has: not yet split */
    uint32_t page_count;
    struct index_page pages[];
};

/* The map holds what is in memory; INDEX_GONE stands for a key that is known to be absent. What is neither there nor
 * passes its page's filter is absent. No entry has the number INDEX_GONE. */
#define INDEX_GONE UINT32_MAX
struct indexed {
    struct idmap *map;
    uint64_t cold_count; /* entries that are in the cold store alone */
    uint64_t gone_count; /* of INDEX_GONE in the map */
    uint64_t dirty_entries[2]; /* about: [epoch & 1] now, the other then */
    struct index_chunk **chunks; /* 2^(bits - INDEX_CHUNK_BITS), at least one; neighbours share one that is not split */
    size_t bytes;         /* of chunks */
    uint32_t bits;        /* there are 2^bits pages */
    uint32_t stored_bits; /* of the pages in the cold store; smaller ones are deleted when all bigger ones are written */
    uint32_t cursor, delete_bits, delete_cursor;
    uint32_t hand; /* the page where evicting goes on */
    struct index_before *befores; /* of the running checkpoint, in the order in which they came */
    uint32_t before_count, before_room;
    struct index_befores *page_befores; /* by page; NULL: none has any */
    struct idmap_entry *loading; /* entries of one root that wait to be put; NULL but at a load */
    size_t loading_count, loading_room;
    uint32_t loaded_pages; /* those before it were loaded, or aren't there */
};

struct series_chunk {
    _Atomic uint32_t refs; /* the family's and the views' */
    struct hash128 digest; /* the part of the digest that its records make; the engine's thread alone looks at it */
    _Alignas(16) uint8_t data[];
};

struct series {
    struct series_chunk **chunks; /* [head, head + count) are held, the first is number first >> shift */
    size_t room, head, count;
    uint32_t shift; /* a chunk has 2^shift records */
    uint64_t first, end;
    uint64_t stored_end;   /* records before it are in the cold store */
    uint64_t stored_chunk; /* chunks before it aren't there any more */
    uint64_t handed_end;   /* the furthest ever handed out, also in vain */
    struct series_view *then;
    uint64_t cursor, delete_cursor;
    struct finder *finder; /* NULL: not found by hash */
};

struct projected {
    const struct projection *projection;
    void *made;
};

struct table {
    const struct family *family; /* NULL: no family has this id */
    bool is_projected;
    const struct kind_ops *ops;
    union {
        struct numbered numbered;
        struct keyed keyed;
        struct indexed index;
        struct series series;
    };
};

struct rows {
    struct slab *slab;
    struct table *tables; /* FAMILY_COUNT_MAX of them, by family id */
    struct hash128 digest;
    uint32_t epoch;
    bool running; /* between begin and done or abort */
    bool all_handed;
    uint32_t some_table;
    int64_t slice_left; /* of the running rows_checkpoint_some, in bytes and what stands for them */
    struct page_sink sink;
    struct buf scratch; /* the page being made */
    struct buf sorted, befores, restored; /* of an index page: entries as they were, and the page with them */
    struct load_room load_bytes_max;
    uint32_t projected_count;
    struct projected projected[PROJECTIONS_MAX];
};

/* What is kept about a family beside its rows; the meaning of a and b is the kind's. */
struct table_meta {
    uint64_t a, b;
};

struct kind_ops {
    void (*init)(struct rows *r, struct table *t);
    void (*fini)(struct rows *r, struct table *t);
    void (*usage)(const struct table *t, struct rows_usage *usage);
    size_t (*evict)(struct rows *r, struct table *t, size_t bytes); /* NULL: its rows never go cold */
    struct table_meta (*meta)(const struct table *t);
    void (*begin)(struct rows *r, struct table *t);
    bool (*some)(struct rows *r, struct table *t); /* hands out until slice_left is used up; true: all is out */
    void (*done)(struct rows *r, struct table *t);
    void (*abort)(struct rows *r, struct table *t);
    struct status (*load_meta)(struct rows *r, struct table *t, struct table_meta meta, struct err *e);
    struct status (*load)(struct rows *r, struct table *t, struct bytes key, struct bytes value, struct err *e);
    struct status (*load_done)(struct rows *r, struct table *t, struct err *e);
};
extern const struct kind_ops numbered_ops, keyed_ops, index_ops, series_ops;

/* Hands a page to the sink and takes it off the slice. `rows` is how many were visited for it. */
void rows_hand_out(struct rows *r, struct page page, uint32_t row_count);

/* The family's id before `rest`: every key of the cold store but the metas'. */
struct page_key page_key_of(const struct family *f, uint64_t number, unsigned number_bytes); /* big-endian */

static inline struct bytes page_key_bytes(const struct page_key *key)
{
    return bytes_of(key->data, key->size);
}

static inline struct table *rows_table(const struct rows *r, const struct family *f, enum family_kind kind)
{
    assert(f->id < FAMILY_COUNT_MAX && f->kind == kind);
    struct table *t = &r->tables[f->id];
    assert(t->family != NULL && t->family->kind == kind);
    return t;
}

/* A row's part of the digest. `place` says where the row is, across families. */
static inline struct hash128 row_hash(uint64_t place, struct bytes value)
{
    struct hash128 h = hash128(value, 0);
    uint64_t k = rng_mix(place);
    return (struct hash128){.low = rng_mix(h.low ^ k), .high = rng_mix(h.high + k)};
}

/* Of a number that is state, such as the end of a family. */
static inline struct hash128 fact_hash(const struct family *f, uint64_t fact)
{
    return row_hash((uint64_t)f->id << 56 | UINT64_C(0xff) << 48, bytes_of(&fact, sizeof fact));
}

void rows_tell(const struct rows *r, const struct family *f, uint32_t number, struct bytes before, struct bytes after);

static inline void hash_plus(struct hash128 *sum, struct hash128 h)
{
    sum->low += h.low;
    sum->high += h.high;
}

static inline void hash_minus(struct hash128 *sum, struct hash128 h)
{
    sum->low -= h.low;
    sum->high -= h.high;
}

static inline void digest_plus(struct rows *r, struct hash128 h)
{
    hash_plus(&r->digest, h);
}

static inline void digest_minus(struct rows *r, struct hash128 h)
{
    hash_minus(&r->digest, h);
}

/* --- rows_index_page.c: the bytes of an index page, and its filter --- */

struct index_part { /* a whole page or a partial one, checked; borrows */
    uint32_t bits, page, count;
    const uint8_t *entries;
};
fallible index_part_open(struct bytes value, uint8_t version, struct index_part *out_part, struct err *e); /* CORRUPT */
void index_entry_push(struct buf *b, struct idmap_entry entry);
struct idmap_entry index_part_entry(const struct index_part *p, uint32_t i);
/* Makes what idmap_page_encode gave behind the version byte in `b` into a page: whole without the keys that are gone
 * (empty when nothing is left), or partial with them. */
void index_part_finish(struct buf *b, uint8_t version, uint32_t bits, uint32_t page);

/* Puts entries back into a page that idmap_page_encode gave (no entries: `page` is the version byte alone): `before` has them in
 * ascending order, 14 bytes each as a page has them, number 0 for one that wasn't there. *out is as `page` then. */
void index_part_restore(struct bytes page, const struct index_part *before, struct buf *out);

uint32_t index_filter_blocks(uint64_t entries);
void index_filter_add(uint32_t *words, uint32_t blocks, struct hash128 key);
bool index_filter_has(const struct index_filter *f, struct hash128 key);
