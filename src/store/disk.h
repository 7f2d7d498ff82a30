/* Files, through a table, so that the simulator can be a disk that reorders, drops, fills up and breaks.
 *
 * Paths are relative to the disk's root folder, with '/'. Offsets and sizes are bytes. Nothing is durable before
 * file_sync (contents and size) and disk_sync_folder (names). Files may be used by several threads; each call is one
 * system call. */
#pragma once

#include "base/bytes.h"
#include "base/status.h"

struct disk;
struct file;

enum file_mode {
    FILE_READ,         /* must exist */
    FILE_WRITE,        /* read and write; must exist */
    FILE_CREATE,       /* read and write; must not exist */
};

fallible disk_open_real(const char *root, struct disk **out_disk, struct err *e); /* makes the folder if needed */
void disk_close(struct disk *d); /* NULL is fine; all its files are closed before */
const char *disk_root(const struct disk *d);

fallible disk_file_open(struct disk *d, const char *path, enum file_mode mode, struct file **out_file, struct err *e);
void file_close(struct file *f); /* NULL is fine */
/* Reads up to size bytes; fewer only at the end of the file. */
fallible file_read(struct file *f, uint64_t offset, void *out_data, size_t size, size_t *out_read, struct err *e);
fallible file_write(struct file *f, uint64_t offset, struct bytes data, struct err *e); /* all or a failure; FULL */
fallible file_sync(struct file *f, struct err *e);
fallible file_size(struct file *f, uint64_t *out_size, struct err *e);
/* Grows the file to `size` with written zeroes, so that later writes inside change no metadata (a sync is then 3x
 * cheaper: reference of measurements in docs/adr). FULL. */
fallible file_preallocate(struct file *f, uint64_t size, struct err *e);
fallible file_truncate(struct file *f, uint64_t size, struct err *e);
/* All of a file as memory, page by page as it is touched: for files that never change. It may outlive the file's closing and removal. A simulated
 * one is a copy. */
struct file_map_ops;
struct file_map {
    struct bytes bytes;
    const struct file_map_ops *ops; /* disk_ops.h; NULL: nothing is mapped */
};
fallible file_map(struct file *f, struct file_map *out_map, struct err *e);
/* A part of it is about to be touched: all of it is fetched at once. What isn't said here comes page by page, with nothing around it. */
void file_map_fetch(const struct file_map *m, struct bytes part);
void file_unmap(struct file_map *m); /* zeroes are fine */

fallible disk_remove(struct disk *d, const char *path, struct err *e); /* absent is fine */
fallible disk_rename(struct disk *d, const char *from, const char *to, struct err *e); /* replaces */
fallible disk_make_folder(struct disk *d, const char *path, struct err *e); /* there is fine */
fallible disk_sync_folder(struct disk *d, const char *path, struct err *e);
/* Names in a folder, each once, in byte order. */
typedef struct status (*disk_each)(void *context, const char *name, struct err *e);
fallible disk_list(struct disk *d, const char *folder, disk_each each, void *context, struct err *e);
fallible disk_free_bytes(struct disk *d, uint64_t *out_bytes, struct err *e);
/* One process a folder: EXISTS when another holds it. Released at disk_close or when the process dies. */
fallible disk_lock(struct disk *d, const char *path, struct err *e);

/* What was made of a file that never changes, such as its reader, kept for who reads the file next: of a disk DISK_KEPT_MAX, of which those go first that were
 * kept longest ago. It is closed when the file is removed, renamed or replaced through this disk, and before the disk is. Any thread; who takes it
 * has it alone. A look at each, no system call. */
#define DISK_KEPT_MAX 32u
/* NULL: nothing of this path is kept. `*out_as_of` is for disk_keep, also of what is made anew then. */
void *disk_kept_take(struct disk *d, const char *path, uint64_t *out_as_of);
/* Closes it at once where a file has gone since `as_of`: it may be this one. `path` has less than 128 bytes. */
void disk_keep(struct disk *d, const char *path, void *thing, void (*close)(void *thing), uint64_t as_of);

/* Whole small files. Write: to a temporary name, synced, renamed, folder synced: old or new after a crash. */
fallible disk_read_all(struct disk *d, const char *path, struct buf *out_data, struct err *e);
fallible disk_write_all(struct disk *d, const char *path, struct bytes data, struct err *e);
