/* The inside of the rows, shared by rows.c (families, checkpoints, loading) and one file for each kind of family:
 * rows_numbered.c with rows_page.c, rows_keyed.c, rows_index.c, rows_series.c.
 *
 * Dirty marks. `epoch` counts the checkpoints that were begun. Marks live in two sets that change roles at each begin:
 * "now" is dirty since the last begin, "then" is what the running checkpoint hands out. Nothing walks over all rows at
 * a begin or an end: marks that are older than the epoch says are settled when they are next looked at. */
#pragma once

#include "base/rng.h"
#include "lib/idmap.h"
#include "lib/ordmap.h"
#include "lib/slab.h"
#include "store/rows.h"

#define PAGE_VERSION 1u /* the first byte of every value in the cold store, but for a partial page */
#define PAGE_PARTIAL 2u
#define PAGE_BYTES_MAX (16u << 20)
#define META_FAMILY 0u /* the first key byte of what is kept about a family as a whole */

/* 32 rows that are neighbours by number. A slot holds a row's address (48 bits) and size (16 bits). */
struct row_page {
    uint32_t exists;
    uint32_t cold;       /* of those that exist */
    uint32_t used;       /* since the evicting hand last came by */
    uint32_t dirty_now;  /* a removed row is dirty too */
    uint32_t dirty_then; /* counts only while a checkpoint runs: kept after the hand-out, until it is durable */
    uint32_t stamp;      /* the epoch of these two << 1 | handed out in it */
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
    uint32_t cursor; /* the page where handing out goes on */
    uint64_t count, cold_count;
    uint64_t dirty_pages[2];
    uint64_t dirty_rows[2]; /* removed ones too */
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

/* The tag of an entry is the epoch in which it last changed, 0 once it was handed out. A key that was removed is an
 * entry of `gone` until its deletion is handed out. */
struct keyed {
    struct ordmap *map;
    struct ordmap *gone;
    struct key_list now, then;
    const struct key_block *cursor;
    uint32_t cursor_at;
};

struct indexed {
    struct idmap *map;
    uint32_t bits;        /* pages are 2^bits */
    uint32_t stored_bits; /* of the pages in the cold store; smaller ones are deleted by the next checkpoint */
    uint64_t *dirty[2];   /* [epoch & 1] now, the other then */
    uint64_t *handed;
    uint64_t dirty_pages[2];
    uint32_t cursor, delete_bits, delete_cursor;
};

struct series_chunk {
    _Atomic uint32_t refs; /* the family's and the views' */
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
};

struct table {
    const struct family *family; /* NULL: no family has this id */
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
};

/* What is kept about a family beside its rows; the meaning of a and b is the kind's. */
struct table_meta {
    uint64_t a, b;
};

struct kind_ops {
    void (*init)(struct rows *r, struct table *t);
    void (*fini)(struct rows *r, struct table *t);
    void (*usage)(const struct table *t, struct rows_usage *usage);
    struct table_meta (*meta)(const struct table *t);
    void (*begin)(struct rows *r, struct table *t);
    bool (*some)(struct rows *r, struct table *t); /* hands out until slice_left is used up; true: all is out */
    void (*done)(struct rows *r, struct table *t);
    void (*abort)(struct rows *r, struct table *t);
    struct status (*load_meta)(struct rows *r, struct table *t, struct table_meta meta, struct err *e);
    struct status (*load)(struct rows *r, struct table *t, struct bytes key, struct bytes value, struct err *e);
    struct status (*load_done)(const struct table *t, struct err *e);
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

static inline void digest_plus(struct rows *r, struct hash128 h)
{
    r->digest.low += h.low;
    r->digest.high += h.high;
}

static inline void digest_minus(struct rows *r, struct hash128 h)
{
    r->digest.low -= h.low;
    r->digest.high -= h.high;
}

/* --- rows_page.c: the bytes of a numbered page --- */

static inline struct bytes slot_row(uint64_t slot)
{
    return bytes_of((const uint8_t *)(uintptr_t)(slot & ((UINT64_C(1) << 48) - 1)), slot >> 48);
}

static inline uint64_t slot_of(const void *row, size_t size)
{
    return (uint64_t)size << 48 | (uint64_t)(uintptr_t)row;
}

/* Appends the rows of `given` to `out`; whole when `given` is all of them. */
void page_encode(const struct row_page *p, uint32_t given, struct buf *out);

struct page_rows {
    uint32_t given, exists; /* exists is part of given */
    struct bytes rows[ROWS_PAGE_ROWS];
};
fallible page_decode(struct bytes b, struct page_rows *out_rows, struct err *e); /* CORRUPT; borrows */
