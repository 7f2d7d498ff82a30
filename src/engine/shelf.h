/* The shelf: the sieves (store/sieve.h) that steps look into, and blocks of them that were read for commands on their way.
 * It is no state: which sieves belong there is said by the rows (domain->sieves), and what a sieve says was said by the log.
 * So a sieve more than the rows name changes no answer; one less would, and is asserted against.
 *
 * How it keeps up. At a start all are opened. A command that brings one in asks for it in its `needs` (view_sieve_has), so it
 * is there before the command is applied, live and in a replay; when a command took one out, the engine lets go of it.
 *
 * The engine's thread alone. */
#pragma once

#include "engine/view.h"
#include "store/sieve.h"

#define SHELF_SIEVES_MAX 64u
#define SHELF_BLOCKS_MAX \
    4096u /* 16 MiB; the oldest goes first, and is read again for a command that is not applied yet */

/* --- for domains, through a view --- */

/* Is the sieve on the shelf? If not, it is noted as missing. */
bool view_sieve_has(const struct view *v, const char *path);
/* The values that the sieves have for the hash; returns how many. A block that isn't in memory is noted as missing, and what
 * it says is left out; in a step all that the command's `needs` asked for are there. A cache line a sieve. */
size_t view_sieves_find(const struct view *v, struct hash128 hash, uint64_t out_values[SHELF_SIEVES_MAX]);
void view_sieves_prefetch(const struct view *v, struct hash128 hash); /* call for some 32 hashes, then find them */

struct sieve *view_sieve_hold(const struct view *v,
                              const char *path); /* for background work: the caller releases it; it must be there */

struct shelf_stats {
    uint64_t sieves, entries;
    uint64_t bytes, block_bytes; /* of memory: the sieves', and that of blocks which were read */
    uint64_t
        passed_in_vain; /* how often, in steps since the start, a filter let through what its sieve does not have */
};
struct shelf_stats view_shelf_stats(const struct view *v);

/* --- for the engine --- */

struct shelf *shelf_create(void);
void shelf_destroy(struct shelf *s); /* NULL is fine */
size_t shelf_count(const struct shelf *s);
size_t shelf_bytes(const struct shelf *s);
/* Takes the reference over; one that is there already is released. LIMIT: there are SHELF_SIEVES_MAX. */
fallible shelf_put(struct shelf *s, const char *path, struct sieve *sieve, struct err *e);
struct sieve *shelf_sieve(const struct shelf *s, uint32_t serial);                 /* borrowed; NULL: it was let go */
void shelf_put_block(struct shelf *s, struct block_name name, struct bytes block); /* copies SIEVE_BLOCK_BYTES */

/* Lets go of the sieves that no domain names any more; those that are named must be there. */
void shelf_settle(struct shelf *s, const struct view *v);
