/* The state: rows in memory, in families.
 *
 * Invariants
 *   - One thread (the engine's) reads and writes; the exceptions say so (series views, cold pages).
 *   - Nothing here looks at a clock, at chance, or at the disk: the same calls give the same rows and the same digest.
 *   - Every change keeps the digest, so the digest of the whole state is known at any moment for nothing.
 *   - A row that changed since the last checkpoint is dirty; only what is clean may go cold: numbered rows, and entries of
 *     indexes that say so.
 *
 * A family is one kind of row, told by how its rows are found:
 *   NUMBERED  a dense 32-bit number (people). Rows may go cold.
 *   KEYED     a short key, in the order of its bytes (definitions, tokens, jobs, timers). Always resident.
 *   INDEX     a 128-bit hash -> a number, e.g. identifier -> person. Of the hash 80 bits are kept: a hit says "look and
 *             compare", a miss is sure. Grows part by part, never in one stall. Of entries that went cold a filter of eight
 *             bits each stays, so that a key which was never put is known to be absent without a look at the store.
 *   SERIES    records of one size, appended and dropped from the front (message ids of today, the newest events). What
 *             was appended never changes, so other threads may read a view of it. Records that begin with a hash can be
 *             found by it; what finds them is made from them, in memory alone.
 *
 * Life of a checkpoint: `begin` fixes the state of that moment; `some` hands out what is dirty in slices while commands go on
 * (a row that is about to change is handed out first, as it was; of an entry of an index what it was is kept); the caller writes it to the cold store. A page is what goes under
 * one key there: a row, a part of an index, a chunk of a series. Load is the way back. Formats: docs/formats/rows.md. */
#pragma once

#include "base/hash.h"
#include "base/status.h"

#define ROW_BYTES_MAX 16384u /* a value; longer lists overflow into rows of their own */
#define ROW_KEY_BYTES_MAX 128u
#define FAMILY_COUNT_MAX 128u

enum family_kind { FAMILY_NUMBERED, FAMILY_KEYED, FAMILY_INDEX, FAMILY_SERIES };

struct family {
    uint8_t id;           /* 1..FAMILY_COUNT_MAX-1, on disk, for ever */
    enum family_kind kind;
    uint32_t value_bytes; /* NUMBERED, KEYED: the most a value has (<= ROW_BYTES_MAX); SERIES: exactly; INDEX: 0 */
    const char *name;     /* lower_case, for people */
    bool goes_cold;       /* INDEX: entries may leave memory, so each look must be announced by needs (NUMBERED: always so) */
    bool found_by_hash;   /* SERIES: a record begins with a hash128; see rows_series_find */
};

struct rows;

/* `families` outlives the rows. INVALID: two families of one id. */
fallible rows_create(const struct family *const *families, size_t count, struct rows **out_rows, struct err *e);
void rows_destroy(struct rows *r); /* NULL is fine */

/* The sum over all rows of hash(family, key, value), so independent of order and layout. Cold rows count.
 * Series count by their first index and their records. */
struct hash128 rows_digest(const struct rows *r);

struct rows_usage {
    size_t bytes;            /* what living rows and their tables take: what evicting lowers, what a budget is held to */
    size_t bytes_held;       /* with the holes between them: what the system gave */
    size_t bytes_ahead;      /* what tables will soon take at once, as they grow */
    uint64_t rows[FAMILY_COUNT_MAX]; /* by family: rows, entries or records, cold ones too */
    uint64_t cold_rows;  /* numbered ones, and entries of indexes */
    uint64_t clean_rows; /* numbered ones in memory that may go cold, at least; a checkpoint makes more of them */
    size_t clean_bytes;  /* about what evicting could free now */
    size_t dirty_bytes;  /* about what a checkpoint would make clean */
    uint64_t checkpoint_bytes; /* about what one that begins now writes, before compression: index pages as a whole; 0: nothing is dirty */
};
void rows_usage(const struct rows *r, struct rows_usage *out_usage);

/* --- numbered rows; numbers start at 1, 0 is "none" --- */

enum presence { ROW_ABSENT, ROW_HERE, ROW_COLD };

enum presence rows_numbered_get(const struct rows *r, const struct family *f, uint32_t number, struct bytes *out_value);
void rows_numbered_put(struct rows *r, const struct family *f, uint32_t number, struct bytes value); /* not when COLD */
void rows_numbered_remove(struct rows *r, const struct family *f, uint32_t number);                  /* not when COLD */
uint32_t rows_numbered_end(const struct rows *r, const struct family *f); /* one past the highest number ever put */
/* Three misses one after the other: for many rows call each of these for all of them before the next one. */
void rows_numbered_prefetch_slot(const struct rows *r, const struct family *f, uint32_t number); /* the page's */
void rows_numbered_prefetch_page(const struct rows *r, const struct family *f, uint32_t number); /* reads the slot */
void rows_numbered_prefetch_row(const struct rows *r, const struct family *f, uint32_t number);  /* reads the page */

/* Something made of a family's rows and kept beside them in memory alone, such as sets of numbers: the rows tell it of each one that
 * changes, and a load of each one there is, whether it comes into memory or stays cold. Who asks the rows finds it up to date. */
struct projection {
    const char *name;
    const struct family *family; /* NUMBERED */
    void *(*create)(void);
    void (*destroy)(void *made);
    /* What the row was and is now; no bytes: there is none. Borrowed for the call. */
    void (*changed)(void *made, uint32_t number, struct bytes before, struct bytes after);
    size_t (*bytes)(const void *made); /* counted among what the rows take */
};
#define PROJECTIONS_MAX 4u
void rows_project(struct rows *r, const struct projection *p); /* into empty rows; at most PROJECTIONS_MAX of all families */
void *rows_projection(const struct rows *r, const struct projection *p); /* NULL: nobody makes it */

/* --- keyed rows --- */

bool rows_keyed_get(const struct rows *r, const struct family *f, struct bytes key, struct bytes *out_value);
void rows_keyed_put(struct rows *r, const struct family *f, struct bytes key, struct bytes value);
void rows_keyed_remove(struct rows *r, const struct family *f, struct bytes key); /* absent: nothing happens */
/* The first row whose key is >= `from` (or > with `after`). Borrowed until the family changes. false: there is none. */
bool rows_keyed_next(const struct rows *r, const struct family *f, struct bytes from, bool after, struct bytes *out_key,
                     struct bytes *out_value);

/* What a family is, by its keys alone and by its rows: a sum of hashes each, kept as it changes. Equal ones are of the same keys, or rows, also in
 * another process. */
struct keyed_sums {
    struct hash128 keys, rows;
};
struct keyed_sums rows_keyed_sums(const struct rows *r, const struct family *f);

/* --- indexes --- */

/* HERE: *out_number is set. COLD: it may be there, only the cold store can tell (rows_index_pages, rows_index_thaw). */
enum presence rows_index_get(const struct rows *r, const struct family *f, struct hash128 hash, uint32_t *out_number);
void rows_index_put(struct rows *r, const struct family *f, struct hash128 hash, uint32_t number); /* replaces; not when COLD */
/* Of a key that was never put before, such as a random one: needs no look. */
void rows_index_add(struct rows *r, const struct family *f, struct hash128 hash, uint32_t number);
void rows_index_remove(struct rows *r, const struct family *f, struct hash128 hash); /* not when COLD */
/* As idmap_prefetch_part and idmap_prefetch. */
void rows_index_prefetch_part(const struct rows *r, const struct family *f, struct hash128 hash);
void rows_index_prefetch(const struct rows *r, const struct family *f, struct hash128 hash);

/* --- series --- */

uint64_t rows_series_push(struct rows *r, const struct family *f, const void *record); /* returns its index, from 0 */
uint64_t rows_series_first(const struct rows *r, const struct family *f); /* index of the oldest one kept */
uint64_t rows_series_end(const struct rows *r, const struct family *f);
const void *rows_series_at(const struct rows *r, const struct family *f, uint64_t index);
/* Memory goes chunk by chunk; costs about a microsecond a chunk (256 KiB), and a hash for each record of the last one. */
void rows_series_drop(struct rows *r, const struct family *f, uint64_t before);
/* The newest record that begins with the hash, of a family that says found_by_hash (lib/finder.h). */
bool rows_series_find(const struct rows *r, const struct family *f, struct hash128 hash, uint64_t *out_index);
void rows_series_prefetch(const struct rows *r, const struct family *f, struct hash128 hash);

/* An immutable view [first, end) that any one thread may read while the engine goes on. */
struct series_view;
struct series_view *rows_series_view(const struct rows *r, const struct family *f); /* engine thread; cheap */
uint64_t series_view_first(const struct series_view *v);
uint64_t series_view_end(const struct series_view *v);
/* Records that lie side by side from `index` on; *out_count >= 1. */
const void *series_view_run(const struct series_view *v, uint64_t index, uint64_t *out_count);
void series_view_close(struct series_view *v); /* any thread; NULL is fine */

/* --- going cold and coming back --- */

/* A key of the cold store. */
struct page_key {
    uint8_t data[16];
    uint8_t size;
};
struct page_key rows_numbered_key(const struct family *f, uint32_t number);
/* Brings a cold row back; `value` as the cold store gave it. CORRUPT: it isn't such a row. */
fallible rows_numbered_thaw(struct rows *r, const struct family *f, uint32_t number, struct bytes value, struct err *e);
/* The cold store's keys under which the page of `hash` may be, in the order to look: the first that is there has it.
 * None is there: the entry isn't either. */
struct index_pages {
    struct page_key keys[3];
    uint32_t count;
};
struct index_pages rows_index_pages(const struct rows *r, const struct family *f, struct hash128 hash);
/* Looks an entry up in its page; any thread. *out_number 0: it isn't there. CORRUPT: it is no such page. */
fallible rows_index_find(struct bytes page, struct hash128 hash, uint32_t *out_number, struct err *e);
/* What the cold store has of a COLD entry, 0: nothing. It is HERE or ABSENT until it is evicted again. CORRUPT: there are
 * more of them than there were. */
fallible rows_index_thaw(struct rows *r, const struct family *f, struct hash128 hash, uint32_t number, struct err *e);

/* Lets go what is clean and was not used since it last came by, until about `bytes` are free; returns the bytes freed.
 * Families give in proportion to what they have. One call goes round a family twice at most, and looks at so many pages
 * at most (a millisecond or two), so 0 means that where it looked all was dirty or in use; the next call goes on there,
 * and usage.clean_bytes says whether that has a point. What a running checkpoint has not made durable stays. */
size_t rows_evict(struct rows *r, size_t bytes);

/* --- checkpoints --- */

/* A page on its way to the cold store. `partial`: of an index, with only some of the page's entries (the others were cold), so
 * the writer must lay it over the page that is there (page_overlay), or else over the one at `below`, when that isn't empty.
 * `value` empty: delete the key. */
struct page {
    struct bytes key;
    bool partial;
    struct bytes value; /* all three live until the sink returns */
    struct bytes below; /* the key of a bigger page that this one is a part of; most often empty */
};
struct page_sink {
    void (*put)(void *context, const struct page *page);
    void *context;
};

/* Between begin and the end of some, `sink` is also called out of writes. */
void rows_checkpoint_begin(struct rows *r, struct page_sink sink);
/* Hands out about so much, at one to five nanoseconds a byte (as caches are warm or cold); true: all is handed out. */
bool rows_checkpoint_some(struct rows *r, size_t bytes_max);
void rows_checkpoint_done(struct rows *r);  /* the pages are durable: clean rows may go cold again */
/* The pages are lost (or some are written, which is no harm): all of them are dirty again. Walks over them at once. */
void rows_checkpoint_abort(struct rows *r);

/* Lays a partial page over the one that is there (none: `below` is empty); runs on any thread. *out_page is empty when no
 * entry is left: delete the key. *out_filter is what the rows must be told of the page that is then stored, by
 * rows_page_stored before the checkpoint is done. CORRUPT: one of them isn't a page. FULL: no memory. */
fallible page_overlay(struct bytes below, struct bytes partial, struct buf *out_page, struct buf *out_filter, struct err *e);
void rows_page_stored(struct rows *r, struct bytes key, struct bytes filter);

/* Before a load: what comes into memory while it holds less than so many bytes; the rest stays cold. Without it all entries of
 * indexes come and no numbered rows. */
struct load_room {
    size_t indexes; /* entries of those that may go cold */
    size_t rows;    /* numbered ones */
};
void rows_load_within(struct rows *r, struct load_room bytes_max);
/* The first bytes of the keys in the order to load them: numbered rows last, in what room the others leave. */
#define LOAD_PREFIXES 256u
void rows_load_order(const struct rows *r, uint8_t out_prefixes[LOAD_PREFIXES]);
/* Feeds one pair of the cold store into empty rows. Call for every pair, those of one first byte in key order, then
 * rows_load_done. CORRUPT with the key. */
fallible rows_load(struct rows *r, struct bytes key, struct bytes value, struct err *e);
fallible rows_load_done(struct rows *r, struct hash128 digest, struct err *e); /* CORRUPT: the digest differs */
