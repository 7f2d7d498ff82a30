/* The cold store: pages on disk by key, with named snapshots. The only user of RocksDB.
 *
 * It never decides anything: a checkpoint is a snapshot taken when all its pages are in. What is put may be seen by get and
 * scan at any time until `cold_snapshot`, in parts (each of them all that was put up to some moment); it is seen, and durable as
 * a whole, when that returns. A start opens a named snapshot and
 * forgets everything written after it. Snapshots share their files, so a second one costs only what changed.
 *
 * After a failed put or snapshot what was put since the last snapshot may be lost; the next put starts again from that
 * snapshot, so whoever puts must then put all of it again. Gets go on. Whoever lets the last snapshot go (cold_snapshot_keep)
 * must put again all that was put since the one that takes its place.
 *
 * get and scan may be called from several threads; one writer at a time. */
#pragma once

#include "base/bytes.h"
#include "base/status.h"

#define COLD_NAME_BYTES_MAX 31u /* of a snapshot: letters, digits, '-' */

struct cold;

struct cold_pair {
    struct bytes key;
    struct bytes value; /* data NULL: delete the key */
};

/* In <folder>/live works the store, <folder>/<name> are its snapshots. `snapshot` NULL: starts empty, snapshots stay.
 * One open store a folder. `memory_bytes` bounds what it keeps in memory (at least COLD_MEMORY_BYTES_MIN). IO. CORRUPT:
 * there is no such snapshot, or it is damaged. Cost: linking its files. */
#define COLD_MEMORY_BYTES_MIN ((size_t)16 << 20)
#define COLD_MEMORY_BYTES_MAX ((size_t)256 << 20) /* more would not be used */
fallible cold_open(const char *folder, const char *snapshot, size_t memory_bytes, struct cold **out_cold, struct err *e);
/* Only to read one snapshot, also beside a living store of the same folder, which may remove it meanwhile. */
fallible cold_open_read(const char *folder, const char *snapshot, size_t memory_bytes, struct cold **out_cold, struct err *e);
void cold_close(struct cold *c); /* nobody reads or scans any more; NULL is fine */

fallible cold_put(struct cold *c, const struct cold_pair *pairs, size_t count, struct err *e); /* in any order; FULL */
/* *out_found false: no such key (out_value is cleared). */
fallible cold_get(struct cold *c, struct bytes key, struct buf *out_value, bool *out_found, struct err *e);
/* Every pair whose key starts with `prefix`, in key order, until `each` fails; returns what it failed with. `each` may
 * not put. */
typedef struct status (*cold_each)(void *context, struct bytes key, struct bytes value, struct err *e);
fallible cold_scan(struct cold *c, struct bytes prefix, cold_each each, void *context, struct err *e);

fallible cold_snapshot(struct cold *c, const char *name, struct err *e); /* EXISTS. FULL. IO. */
/* Rewrites all files, so that nothing that was replaced or deleted is in any of them any more; those of older snapshots stay with
 * them. As long as it takes to read and write everything. The writer's. */
fallible cold_compact(struct cold *c, struct err *e);
fallible cold_snapshot_remove(struct cold *c, const char *name, struct err *e); /* absent is fine */
/* Removes all but `names`, at least one. When the last one goes, names[0] is what the next put after a failure starts from. */
fallible cold_snapshot_keep(struct cold *c, const char *const *names, size_t count, struct err *e);
/* What its own tidying up must leave free on the disk, from the next write on; 0 at first. Any thread. */
void cold_leave_free(struct cold *c, uint64_t bytes);
uint64_t cold_bytes(struct cold *c); /* about how much the live pages take on disk */
size_t cold_memory_bytes(const struct cold *c); /* the most that it keeps in memory; 0 for a store in memory */

/* --- the same door over memory, for tests --- */

struct cold *cold_memory_create(void);
/* What a power cut does: only snapshots survive, and this one is opened (NULL: none). CORRUPT: it isn't there. */
fallible cold_memory_reopen(struct cold *c, const char *snapshot, struct err *e);
/* A store of its own that starts at a snapshot of `c`, as cold_open_read gives. CORRUPT: it isn't there. */
fallible cold_memory_copy(struct cold *c, const char *snapshot, struct cold **out_cold, struct err *e);
/* The n-th put or snapshot from now fails with IO, once; what was put since the last snapshot is lost by it. 0: none. */
void cold_memory_fail_after(struct cold *c, uint64_t operations);
/* It is full with so many snapshots or more: puts fail with FULL then, and what was put since the last snapshot is lost. 0: never. */
void cold_memory_full_with(struct cold *c, size_t snapshots);
