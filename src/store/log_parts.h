/* What log*.c share: the open segments, a window on a file, what a scan of the folder found, and the log itself. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "store/log_format.h"

#define LOG_PATH_BYTES_MAX 320

/* --- segments (log_segment.c) --- */

/* An open segment file. Held by the log's list and by whoever reads or syncs it; the last one out closes it. */
struct log_segment {
    _Atomic uint32_t holders;
    struct file *file;
    uint64_t first; /* position of the file's first byte */
    int64_t base_time_us;
    uint32_t apply_version;
    /* By 64 KiB of the file: where the last group that begins at or before that byte begins. Under the log's lock. */
    uint64_t *group_at;
    size_t group_at_count;
    size_t group_at_max;
};

/* Takes the file; room in its index for `bytes_max` bytes of it. */
struct log_segment *log_segment_create(struct file *file, const struct log_segment_header *h, uint64_t bytes_max);
struct log_segment *log_segment_hold(struct log_segment *s);
void log_segment_drop(struct log_segment *s); /* NULL is fine */
void log_segment_note(struct log_segment *s, uint64_t from, uint64_t until); /* a group lies there, bytes of the file */
uint64_t log_segment_group_near(const struct log_segment *s, uint64_t offset); /* begins at or before it, or the first */

void log_path(char out_path[LOG_PATH_BYTES_MAX], const char *folder, uint64_t first); /* "folder/16 hex digits.log" */
bool log_name_read(const char *name, uint64_t *out_first); /* false: no segment's name */
void log_path_named(char out_path[LOG_PATH_BYTES_MAX], const char *folder, const char *name);

/* A part of a file in memory. Initialise with {0}. */
struct log_window {
    uint8_t *data;
    size_t capacity;
    size_t size;
    uint64_t offset; /* of data[0] in the file */
};

/* Gives `size` bytes of the file from `offset`, fewer at `limit` or at the file's end; borrowed until the next read.
 * Reads ahead, but never beyond `limit`: what lies there may still be in the making. */
struct log_span {
    uint64_t offset;
    size_t size;
    uint64_t limit;
};
fallible log_window_read(struct log_window *w, struct file *f, struct log_span span, struct bytes *out_bytes,
                         struct err *e);
void log_window_forget(struct log_window *w); /* another file comes */
void log_window_fini(struct log_window *w);

/* --- what lies in the folder (log_scan.c) --- */

struct log_scan {
    uint64_t *names; /* the first positions that the files are named by, ascending */
    size_t name_count;
    struct log_segment **segments; /* those whose beginning is good: the first of `names` */
    size_t segment_count;
    uint64_t end;      /* all before it is good */
    uint64_t mark;     /* the highest position that a readable header says was synced */
    uint64_t tail_end; /* the last segment's bytes from `end` up to this position aren't all zero */
    uint64_t torn_bytes; /* that are no good records, in all files */
    int64_t time_us;   /* of the last good record */
    uint32_t crc;      /* checksum of the last good record, or header */
    uint32_t run;      /* the highest one seen */
    uint64_t bad_first;    /* the first bad thing: its segment, */
    uint64_t bad_position; /* where it is, */
    struct err why;        /* and what it is */
};

/* Reads and checks everything. A bad record is no failure of the scan: it says where it is. IO; INVALID: a segment of a
 * later format. */
fallible log_scan_run(struct disk *d, const struct log_options *options, struct log_scan *out_scan, struct err *e);
/* CORRUPT when something is bad that was known synced. */
fallible log_scan_judge(const struct log_scan *s, struct err *e);
void log_scan_fini(struct log_scan *s); /* drops its segments */
fallible log_corrupt(uint64_t first, uint64_t position, const char *why, struct err *e);

/* --- the log --- */

struct log {
    struct disk *disk;
    struct log_options options; /* the folder's name is its own copy */
    _Atomic uint64_t kept_from; /* the first byte of the oldest segment */
    _Atomic uint64_t end;
    _Atomic uint64_t synced;
    atomic_bool failed_for_good;
    bool torn;
    uint64_t torn_bytes;

    pthread_mutex_t lock; /* guards the next block; never held over a call of the disk */
    struct log_segment **segments;
    size_t segment_count;
    uint64_t names_made;    /* changes of segments' names since the open, */
    uint64_t names_durable; /* and how many of them would survive a crash */
    struct file *spare; /* preallocated and synced, named "spare" */
    bool spare_moving;  /* the appending thread is giving it its segment's name */

    /* The appending thread's. */
    struct log_segment *last; /* held by the list, which never loses it */
    bool turns; /* the next group begins a segment */
    struct buf group;
    uint32_t crc;
    uint32_t run;
    int64_t time_us;
    uint64_t file_bytes; /* size of the last segment's file */

    /* The syncing thread's. */
    struct file *growing; /* the next spare */
    uint64_t growing_bytes;
    uint64_t growing_synced;
    uint64_t growing_not_before; /* position: the disk was full */
};

#define LOG_SPARE_NAME "spare"

/* The segment that holds this position, or NULL; under the lock. *out_end: where it ends. */
struct log_segment *log_find(const struct log *l, uint64_t position, uint64_t *out_end);
struct log_segment *log_find_and_hold(struct log *l, uint64_t position, uint64_t *out_end); /* takes the lock */
fallible log_usable(const struct log *l, struct err *e); /* IO: it failed before */
struct status log_fail_for_good(struct log *l, struct status s); /* gives s back */
/* Makes the names of all segments durable; costs nothing when they are. */
fallible log_names_sync(struct log *l, struct err *e);
/* Grows the next spare up to `target` bytes, and makes it ready when it has them all. */
fallible log_spare_grow(struct log *l, uint64_t target, struct err *e);
