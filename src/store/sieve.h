/* A sieve: many hashes, each with a value of eight bytes, sorted in one file that never changes. In memory there is a filter,
 * which says of all but one in a thousand hashes that they are not in the file, and the first hash of each block: together
 * 2.1 bytes a hash. What the filter lets through is looked up in one block of the file. docs/formats/sieves.md.
 *
 * Hashes must be well spread (hash128 with a secret seed). A reader trusts no byte: what isn't as it was written is CORRUPT,
 * with the file and the block. */
#pragma once

#include "base/hash.h"
#include "store/disk.h"

#define SIEVE_BLOCK_BYTES 4096u
#define SIEVE_PATH_BYTES_MAX 96u /* with its NUL */
#define SIEVE_ENTRIES_MAX (UINT64_C(1) << 36)

struct sieve_entry {
    struct hash128 hash;
    uint64_t value;
};
static_assert(sizeof(struct sieve_entry) == 24, "sieves are on disk");

/* By `low`, then `high`: the order of a sieve. */
int sieve_compare(struct hash128 a, struct hash128 b);

struct sieve_sum {
    uint64_t count; /* of entries */
    uint64_t bytes; /* of the file */
    uint64_t digest;
};

/* --- writing; one thread --- */

struct sieve_writer;
/* `path` is folder/name; a file that is there is replaced: only one that nobody refers to may be. The filter is made for
 * `count_max` entries, 1 at least. FULL: no room. */
fallible sieve_writer_open(struct disk *d, const char *path, uint64_t count_max, struct sieve_writer **out_writer,
                           struct err *e);
/* Ascending, each hash once, at most count_max: asserted. */
fallible sieve_writer_add(struct sieve_writer *w, const struct sieve_entry *entry, struct err *e);
fallible sieve_writer_finish(struct sieve_writer *w, struct sieve_sum *out_sum,
                             struct err *e);     /* file and folder are synced */
void sieve_writer_close(struct sieve_writer *w); /* removes what isn't finished; NULL is fine */

/* --- reading; any thread, several at once --- */

struct sieve;
/* Reads filter and first hashes: a quarter of a second for 100 M entries. The sieve is counted by reference.
 * NOT_FOUND: no such file; INVALID: a later release wrote it; CORRUPT; FULL: no memory. */
fallible sieve_open(struct disk *d, const char *path, struct sieve **out_sieve, struct err *e);
struct sieve *sieve_hold(struct sieve *s); /* one reference more; returns s */
void sieve_release(struct sieve *s);       /* the last one closes the file; NULL is fine */

struct sieve_sum sieve_sum(const struct sieve *s);
size_t sieve_bytes(const struct sieve *s); /* of memory */

void sieve_prefetch(const struct sieve *s, struct hash128 hash); /* call for some 32 hashes, then ask */
/* false: the hash is not there. true: it may be, and then it is in *out_block. One cache line, and a search for the block. */
bool sieve_suspects(const struct sieve *s, struct hash128 hash, uint32_t *out_block);
/* Reads a whole block and checks it. */
fallible sieve_block_read(const struct sieve *s, uint32_t block, uint8_t out_block[SIEVE_BLOCK_BYTES], struct err *e);
/* Looks into a block that was read; any alignment. */
bool sieve_block_find(const uint8_t block[SIEVE_BLOCK_BYTES], struct hash128 hash, uint64_t *out_value);

/* All entries in order, for one thread; some 64 KiB are read at once. */
struct sieve_cursor;
struct sieve_cursor *sieve_cursor_open(struct sieve *s); /* holds the sieve; stands before the first entry */
fallible sieve_cursor_next(struct sieve_cursor *c, struct sieve_entry *out_entry, bool *out_over,
                           struct err *e);       /* over: no entry */
void sieve_cursor_close(struct sieve_cursor *c); /* NULL is fine */
