/* Finds a place by its hash in a list that grows at its end and loses its beginning, such as the ids of the newest
 * messages. The finder keeps no hash: whoever owns the list says whether a place is the one.
 *
 * The shape. Tables of lines of 16 slots, each table for the places of a stretch of the list: when one is two thirds full, the
 * next one begins, eight times as big up to FINDER_TABLE_BITS_MAX. So nothing is ever moved or taken out one by one, and
 * what the list has lost goes table by table. A line is a cache line; what finds its line full goes to the next one. A slot
 * holds the place within its table and eleven bits of the hash, so of 2,000 slots that are passed one is looked at in
 * vain. About 6 bytes a place in a full table; the newest one may be empty yet.
 *
 * Hashes must be well spread (hash128 with a secret seed). One thread. Aborts when the system has no memory. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/hash.h"

#define FINDER_TABLE_BITS_MIN 12u
#define FINDER_TABLE_BITS_MAX 21u /* 8 MiB: 1.4 million places */

struct finder;

struct finder *finder_create(void);
void finder_destroy(struct finder *f); /* NULL is fine */

/* The hash of the list's next place: places go up by one from the first one added. */
void finder_add(struct finder *f, struct hash128 hash, uint64_t place);
void finder_drop(struct finder *f, uint64_t before); /* those places are never found again; frees whole tables */

/* The newest place of the hash. `is` says whether a place that may be it has this hash; it is asked about places that were
 * added and not dropped. Cost: a cache line or two a table, and a look at what `is` reads. */
typedef bool (*finder_is)(const void *context, uint64_t place, struct hash128 hash);
bool finder_find(const struct finder *f, struct hash128 hash, finder_is is, const void *context, uint64_t *out_place);
void finder_prefetch(const struct finder *f, struct hash128 hash); /* call for some 32 hashes, then find them */

size_t finder_bytes(const struct finder *f);
/* What the next table takes, when the newest one is nearly full; else 0. It is taken at once. */
size_t finder_bytes_ahead(const struct finder *f);
