/* A folder of backups of one workspace. Format: docs/formats/backup.md.
 *
 * Each file of content is kept once, under the hash of its bytes, however many backups have it: so a backup costs what has
 * changed since the one before, and one can be dropped without a look at the others. A backup is there when its list of files
 * has its name, which comes last. Whoever opens a set holds a lock on it: one process a set. */
#pragma once

#include "base/arena.h"
#include "base/hash.h"

#define BACKUP_NAME_BYTES_MAX 31u /* "2026-11-22T101624.123Z" */

struct backup_file {
    const char *path; /* in the workspace's folder */
    uint64_t size;
    struct hash128 hash;
    /* Of the file it was copied from: one that has the same is not read again. */
    uint64_t inode;
    int64_t changed_us;
};

struct backup {
    const char *name, *workspace, *version; /* of the program that wrote it */
    int64_t taken_us;
    uint64_t position; /* of the log's end in it */
    int64_t time_us;   /* log time there; 0: not known */
    bool has_digest;   /* of the rows there; not of a copy without a daemon, unless it ended with a checkpoint */
    struct hash128 digest;
    struct backup_file *files;
    size_t file_count;
    uint64_t bytes; /* of all its files */
};

struct backup_set;
fallible backup_set_open(const char *folder, bool makes, struct backup_set **out_set,
                         struct err *e);     /* NOT_FOUND. EXISTS: in use */
void backup_set_close(struct backup_set *s); /* NULL is fine */

/* How fast, and who hears how far it is. */
struct backup_pace {
    uint64_t bytes_a_second; /* 0: as fast as it goes */
    void (*told)(void *context, uint64_t bytes);
    void *context;
};

struct backup_written {
    uint64_t bytes;  /* of the whole backup */
    uint64_t copied; /* of files that were not here yet */
};
/* Copies `folder`, an open backup, and lists it under a name made of its time, which is put into *io_backup with its files;
 * of the log no more than up to its position. EXISTS: there is one of this millisecond. FULL. IO. */
fallible backup_write(struct backup_set *s, const char *folder, struct backup *io_backup,
                      const struct backup_pace *pace, struct arena *a, struct backup_written *out_written,
                      struct err *e);

/* Names, the oldest first; in the arena. */
fallible backup_names(struct backup_set *s, struct arena *a, const char ***out_names, size_t *out_count, struct err *e);
/* `name` NULL: the newest. NOT_FOUND. CORRUPT: its list is damaged. Lives in the arena. */
fallible backup_read(struct backup_set *s, const char *name, struct arena *a, struct backup *out_backup, struct err *e);
/* Writes its files into a folder, which is there and empty, and syncs them; each is checked on its way. CORRUPT: one is missing
 * or not what it was. */
fallible backup_fetch(struct backup_set *s, const struct backup *b, const char *folder, const struct backup_pace *pace,
                      struct err *e);
/* Drops all but the newest `keep` (at least 1), and the content that no backup has any more. */
fallible backup_prune(struct backup_set *s, size_t keep, struct arena *a, size_t *out_dropped, uint64_t *out_bytes,
                      struct err *e);
