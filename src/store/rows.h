/* The state: rows in memory, in families.
 *
 * Invariants
 *   - One thread (the engine's) reads and writes; the exceptions say so (series views, cold pages).
 *   - Nothing here looks at a clock, at chance, or at the disk: the same calls give the same rows and the same digest.
 *   - Every change keeps the digest, so the digest of the whole state is known at any moment for nothing.
 *   - A row that changed since the last checkpoint is dirty; only a clean numbered row may go cold.
 *
 * A family is one kind of row, told by how its rows are found:
 *   NUMBERED  a dense 32-bit number (people). Rows may go cold. Neighbours share a page of ROWS_PAGE_ROWS.
 *   KEYED     a short key, in the order of its bytes (definitions, tokens, jobs, timers). Always resident.
 *   INDEX     a 128-bit hash -> a number, e.g. identifier -> person. Of the hash 80 bits are kept: a hit says "look and
 *             compare", a miss is sure. Grows part by part, never in one stall.
 *   SERIES    records of one size, appended and dropped from the front (message ids of today, the newest events). What
 *             was appended never changes, so other threads may read a view of it.
 *
 * Life of a checkpoint: `begin` fixes the state of that moment; `some` hands out its dirty pages in slices while
 * commands go on (a row that is about to change hands out its old page first); the caller writes the pages to the cold
 * store. Load is the way back. Formats: docs/formats/rows.md. */
#pragma once

#include "base/hash.h"
#include "base/status.h"

#define ROW_BYTES_MAX 16384u /* a value; longer lists overflow into rows of their own */
#define ROW_KEY_BYTES_MAX 128u
#define ROWS_PAGE_ROWS 32u
#define FAMILY_COUNT_MAX 64u

enum family_kind { FAMILY_NUMBERED, FAMILY_KEYED, FAMILY_INDEX, FAMILY_SERIES };

struct family {
    uint8_t id;           /* 1..FAMILY_COUNT_MAX-1, on disk, for ever */
    enum family_kind kind;
    uint32_t value_bytes; /* NUMBERED, KEYED: the most a value has (<= ROW_BYTES_MAX); SERIES: exactly; INDEX: 0 */
    const char *name;     /* lower_case, for people */
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
    uint64_t rows[FAMILY_COUNT_MAX]; /* by family: rows, entries or records, cold ones too */
    uint64_t cold_rows;
    uint64_t clean_rows; /* numbered ones in memory that may go cold, at least; a checkpoint makes more of them */
    uint64_t dirty_pages;
};
void rows_usage(const struct rows *r, struct rows_usage *out_usage);

/* --- numbered rows; numbers start at 1, 0 is "none" --- */

enum presence { ROW_ABSENT, ROW_HERE, ROW_COLD };

enum presence rows_numbered_get(const struct rows *r, const struct family *f, uint32_t number, struct bytes *out_value);
void rows_numbered_put(struct rows *r, const struct family *f, uint32_t number, struct bytes value); /* not when COLD */
void rows_numbered_remove(struct rows *r, const struct family *f, uint32_t number);                  /* not when COLD */
uint32_t rows_numbered_end(const struct rows *r, const struct family *f); /* one past the highest number ever put */
void rows_numbered_prefetch(const struct rows *r, const struct family *f, uint32_t number); /* the page's directory */
void rows_numbered_prefetch_row(const struct rows *r, const struct family *f, uint32_t number); /* then the row */

/* --- keyed rows --- */

bool rows_keyed_get(const struct rows *r, const struct family *f, struct bytes key, struct bytes *out_value);
void rows_keyed_put(struct rows *r, const struct family *f, struct bytes key, struct bytes value);
void rows_keyed_remove(struct rows *r, const struct family *f, struct bytes key); /* absent: nothing happens */
/* The first row whose key is >= `from` (or > with `after`). Borrowed until the family changes. false: there is none. */
bool rows_keyed_next(const struct rows *r, const struct family *f, struct bytes from, bool after, struct bytes *out_key,
                     struct bytes *out_value);

/* --- indexes --- */

bool rows_index_get(const struct rows *r, const struct family *f, struct hash128 hash, uint32_t *out_number);
void rows_index_put(struct rows *r, const struct family *f, struct hash128 hash, uint32_t number); /* replaces */
void rows_index_remove(struct rows *r, const struct family *f, struct hash128 hash);
void rows_index_prefetch(const struct rows *r, const struct family *f, struct hash128 hash);

/* --- series --- */

uint64_t rows_series_push(struct rows *r, const struct family *f, const void *record); /* returns its index, from 0 */
uint64_t rows_series_first(const struct rows *r, const struct family *f); /* index of the oldest one kept */
uint64_t rows_series_end(const struct rows *r, const struct family *f);
const void *rows_series_at(const struct rows *r, const struct family *f, uint64_t index);
void rows_series_drop(struct rows *r, const struct family *f, uint64_t before); /* memory goes chunk by chunk */

/* An immutable view [first, end) that any one thread may read while the engine goes on. */
struct series_view;
struct series_view *rows_series_view(const struct rows *r, const struct family *f); /* engine thread; cheap */
uint64_t series_view_first(const struct series_view *v);
uint64_t series_view_end(const struct series_view *v);
/* Records that lie side by side from `index` on; *out_count >= 1. */
const void *series_view_run(const struct series_view *v, uint64_t index, uint64_t *out_count);
void series_view_close(struct series_view *v); /* any thread; NULL is fine */

/* --- going cold and coming back --- */

/* The cold store's key of the page that holds `number`. */
struct page_key {
    uint8_t data[16];
    uint8_t size;
};
struct page_key rows_numbered_page(const struct family *f, uint32_t number);
/* Takes one row out of its cold page; `page` as the cold store gave it. CORRUPT: it isn't such a page. */
fallible rows_numbered_thaw(struct rows *r, const struct family *f, uint32_t number, struct bytes page, struct err *e);
/* All the cold rows of one page at once, for a start that brings everything back. `key` and `page` as cold_scan gives. */
fallible rows_numbered_thaw_page(struct rows *r, const struct family *f, struct bytes key, struct bytes page, struct err *e);
/* Lets clean numbered rows go that were not used since it last came by them, until about `bytes` are free; returns the
 * bytes freed. One call goes round twice at most, and looks at 32 Ki pages in memory at most (a millisecond), so 0
 * means that where it looked all was dirty or in use; the next call goes on there, and usage.clean_rows says whether
 * that has a point. What a running checkpoint has not made durable stays. */
size_t rows_evict(struct rows *r, size_t bytes);

/* --- checkpoints --- */

/* A page on its way to the cold store. `partial`: it holds only some of the page's rows (the others were cold), so the
 * writer must lay it over the page that is there (page_overlay). `value` empty: delete the key. */
struct page {
    struct bytes key;
    bool partial;
    struct bytes value; /* both live until the sink returns */
};
struct page_sink {
    void (*put)(void *context, const struct page *page);
    void *context;
};

/* Between begin and the end of some, `sink` is also called out of writes. */
void rows_checkpoint_begin(struct rows *r, struct page_sink sink);
/* Hands out about so much, at about a nanosecond a byte; true: all is handed out. */
bool rows_checkpoint_some(struct rows *r, size_t bytes_max);
void rows_checkpoint_done(struct rows *r);  /* the pages are durable: clean rows may go cold again */
/* The pages are lost (or some are written, which is no harm): all of them are dirty again. Walks over them at once. */
void rows_checkpoint_abort(struct rows *r);

/* Lays a partial page over the one that is there (none: `below` is empty); runs on any thread. *out_page is empty when no
 * row is left: delete the key. CORRUPT: one of them isn't a page. FULL: no memory. */
fallible page_overlay(struct bytes below, struct bytes partial, struct buf *out_page, struct err *e);

/* Feeds one pair of the cold store into empty rows; numbered pages only note which rows exist (they stay cold).
 * Call for every pair in key order, then rows_load_done. CORRUPT with the key. */
fallible rows_load(struct rows *r, struct bytes key, struct bytes value, struct err *e);
fallible rows_load_done(struct rows *r, struct hash128 digest, struct err *e); /* CORRUPT: the digest differs */
