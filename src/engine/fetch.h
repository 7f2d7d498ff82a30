/* What commands wait for, on its way into memory: cold rows, index entries, blocks of sieves, sieves. Asked for by the engine, read by a
 * few threads at once, taken by the engine. Without threads the reading happens in fetch_take. */
#pragma once

#include "engine/shelf.h"
#include "store/cold.h"

struct fetch;

/* All of them outlive the fetch. */
struct fetch_places {
    struct cold *cold;
    struct disk *disk;
    struct rows *rows;
    struct shelf *shelf;
};
fallible fetch_create(const struct fetch_places *places, unsigned threads, struct fetch **out_fetch, struct err *e);
void fetch_destroy(struct fetch *f); /* NULL is fine */

/* What is already on its way is asked once. What there is no room for is not asked: ask again when something has come. */
void fetch_ask_row(struct fetch *f, struct row_name name);     /* unless it isn't cold */
void fetch_ask_index(struct fetch *f, struct index_name name); /* unless it isn't cold */
void fetch_ask_block(struct fetch *f, struct block_name name);
void fetch_ask_sieve(struct fetch *f, const char *path);
size_t fetch_pending(const struct fetch *f); /* asked and not yet taken */
/* Puts all that has arrived into the rows and onto the shelf; with `wait`, blocks until at least one has (when any is
 * pending). *out_taken counts them. CORRUPT, IO: something can't be read. */
fallible fetch_take(struct fetch *f, bool wait, size_t *out_taken, struct err *e);
