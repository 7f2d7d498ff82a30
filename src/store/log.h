/* The log: every command in order, for ever known by its position. DESIGN §6, docs/formats/log.md.
 *
 * A position is an opaque number that grows from record to record (here: the byte at which the record begins, counted
 * over all segments). One thread appends; sync may run on another; readers of what is synced on any.
 *
 * Crash safety: each record's checksum is seeded with its predecessor's, and each group's header names the last
 * position that was known synced when it was written. At open a bad record above the highest such mark is a torn tail
 * and is cut; at or below it is corruption: open fails with CORRUPT and says where, and touches nothing. */
#pragma once

#include "base/hash.h"
#include "base/status.h"
#include "store/disk.h"

struct log;

struct log_options {
    const char *folder;      /* relative to the disk */
    uint64_t segment_bytes;  /* a segment is preallocated to this size; a group never spans two */
    uint32_t apply_version;  /* named by each segment; another one starts a new segment */
    uint64_t owner;          /* named by each segment; a log that names another one is not opened; 0: nobody, goes with all */
    bool read_only;          /* nothing is cut, made or locked: for audit of a log that another process writes */
};

#define LOG_RECORD_BYTES_MAX (1u << 20)
#define LOG_GROUP_BYTES_MAX (16u << 20)
#define LOG_KIND_END (1u << 16)

/* What a record follows: the one that asked for it. */
struct log_follows {
    uint64_t position; /* 0: nobody did, it came from outside */
    uint32_t nth;      /* of those that it asked for, from 0 */
};

/* One command, in or out. */
struct log_record {
    uint64_t position;   /* out */
    int64_t time_us;     /* log time; never goes back */
    uint32_t kind;       /* the command's id, below LOG_KIND_END */
    struct bytes payload;
    struct log_follows follows;
};

/* Reads and checks the whole log, makes it durable as it is, and the next segment ready: seconds for gigabytes. What
 * went before in `folder` of the disk stays as it is when this fails. CORRUPT: "segment …: byte …: …: run `kith repair`";
 * CORRUPT as well: it is another owner's. EXISTS: another process writes it; INVALID: a later release wrote it. A read-only log ends where it ended at open. */
fallible log_open(struct disk *d, const struct log_options *options, struct log **out_log, struct err *e);
void log_close(struct log *l); /* NULL is fine; syncs nothing */

uint64_t log_first(const struct log *l);      /* position of the oldest record kept; log_end when there is none */
bool log_was_trimmed(const struct log *l);    /* records before log_first are gone */
uint64_t log_end(const struct log *l);        /* where the next record goes */
uint64_t log_synced(const struct log *l);     /* everything before this is durable */
int64_t log_time_us(const struct log *l);     /* of the last record; 0 for an empty log */
/* Of the segment that holds it; of the next record, for log_end. */
uint32_t log_apply_version(const struct log *l, uint64_t position);
bool log_torn_tail(const struct log *l, uint64_t *out_bytes); /* whether open cut one (read-only: saw one) */

/* Appends all records as one group, which a crash keeps whole or not at all, and fills in their positions (meaningless
 * after a failure). Times must not go back. LIMIT: a bound above is passed; FULL: no room on the disk; nothing was
 * appended. IO: the log is unusable, stop the process. */
fallible log_append(struct log *l, struct log_record *records, size_t count, struct err *e);
/* Makes everything appended before this call durable. May run on one other thread, also beside log_append. A failure is
 * final. */
fallible log_sync(struct log *l, struct err *e);

/* A slice of the work of making the next segment ready (zeroes are written ahead of need, on the disk's own time). Call
 * it on the syncing thread after log_sync, when the answers are out; log_sync does a part itself where nobody calls
 * this. A full disk is no failure: the next segment then grows as it is written. Other failures are final. */
fallible log_prepare(struct log *l, struct err *e);

/* Reading in order; borrowed until the next call. NOT_FOUND: the end (of what was appended when next was called). */
struct log_cursor;
/* From the first record at or behind `from`, on any thread. NOT_FOUND: `from` is trimmed, or behind the end. */
fallible log_cursor_open(struct log *l, uint64_t from, struct log_cursor **out_cursor, struct err *e);
fallible log_cursor_next(struct log_cursor *c, struct log_record *out_record, struct err *e);
void log_cursor_close(struct log_cursor *c);
/* One record by its position, on any thread; payload is put into `buffer`. NOT_FOUND: trimmed, or never was one. */
fallible log_read(struct log *l, uint64_t position, struct buf *buffer, struct log_record *out_record, struct err *e);

/* Whole segments before `before` may go; the last one stays, and so does one whose successor has nothing durable yet.
 * Readers inside them get NOT_FOUND. On any one thread. */
fallible log_trim(struct log *l, uint64_t before, struct err *e);
/* The next group begins a segment of its own, so that those before it can be trimmed whole. The appending thread's. */
void log_turn(struct log *l);
/* Links the segments that hold [from, until) of the log in one folder of the system into another, which is there; beside the
 * one who writes it. The last of them may hold more, and grow. NOT_FOUND: `from` is trimmed, or there is no log. */
struct log_range {
    uint64_t from, until;
};
fallible log_link(const char *folder, const char *into, struct log_range range, struct err *e);
/* Keeps what is good up to the first bad record, moves the rest into folder/damaged-<now_us>; for `kith repair`. Nothing
 * is moved from a log that is whole. The kept records keep their positions. CORRUPT: less than up to `needed`, where the
 * state on disk stands, would be left; nothing was moved. */
struct log_cut {
    int64_t now_us;
    uint64_t needed; /* 0: nothing stands on this log */
};
fallible log_repair(struct disk *d, const struct log_options *options, const struct log_cut *cut, uint64_t *out_lost_bytes, struct err *e);
