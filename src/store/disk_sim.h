/* A disk in memory for the simulator, as unkind as a real one may be, and the same for the same seed and calls.
 *
 * Until file_sync, each changed page of 4 KiB may reach the platter at any moment, in any order. A crash keeps it, drops
 * it, or tears it between two sectors of 512 bytes, each page for itself; a changed size survives whole, in part or not.
 * Until disk_sync_folder of its folder, each create, rename and remove is kept or lost for itself, also when the file
 * was synced. What was synced is never touched.
 *
 * "Operations" are the calls that change something: write, preallocate, truncate, sync, create, rename, remove, make
 * folder, sync folder. All calls are safe from several threads (one lock), but only one thread is reproducible. */
#pragma once

#include "store/disk.h"

struct disk *disk_sim_create(uint64_t seed); /* disk_close destroys it; all its files are closed before */

/* Power goes, and comes back: open files fail with IO from now on (close them), a stop is lifted. */
void disk_sim_crash(struct disk *d);
/* The n-th operation from now fails with IO, and so does every later one; a write that is the n-th may have been
 * carried out in part. 0: never. */
void disk_sim_stop_after(struct disk *d, uint64_t operations);
bool disk_sim_stopped(const struct disk *d); /* the stop was reached */
uint64_t disk_sim_operations(const struct disk *d); /* since it was made */
/* The disk holds so many bytes, in pages; a write beyond fails with FULL after filling what was left. */
void disk_sim_limit(struct disk *d, uint64_t bytes_max);
/* Flips one bit, chosen by the offset, now and for ever. The file must be there and longer than that. */
void disk_sim_corrupt(struct disk *d, const char *path, uint64_t offset);
/* Of all names and contents as a reader sees them now. */
uint64_t disk_sim_digest(const struct disk *d);
