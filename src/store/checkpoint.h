/* Checkpoints: the state exactly at one position, made durable while commands go on.
 *
 * Order: pages into the cold store, a durable snapshot of it, then the mark (a small file that holds the last two
 * marks). A crash anywhere leaves the old mark or the new one, each with its snapshot whole. The snapshots of the last
 * two marks are kept: the last but one is what an audit starts from, and the log is kept from there on.
 *
 * Threads: begin, step, state are the engine's. With `threaded`, writing happens on the checkpointer's own thread and
 * step only copies; without, step does it all. Memory: when `buffer_bytes_max` wait to be written, step hands
 * out no more; what commands change meanwhile is still handed out and comes on top. */
#pragma once

#include "store/cold.h"
#include "store/disk.h"
#include "store/rows.h"

#define CHECKPOINT_BUFFER_BYTES_MIN (4u << 20)
#define CHECKPOINT_BUFFER_BYTES_MAX (64u << 20)

struct checkpoint_mark {
    uint64_t position;      /* everything before it is in the state */
    int64_t time_us;        /* log time there */
    uint32_t apply_version; /* of the code that made the state */
    struct hash128 digest;  /* of the rows */
    char snapshot[COLD_NAME_BYTES_MAX + 1]; /* the cold store's name for it */
};

/* The marks on disk. NOT_FOUND: no checkpoint was ever made. CORRUPT. `which` 0: the last, 1: the last but one. */
fallible checkpoint_mark_read(struct disk *d, unsigned which, struct checkpoint_mark *out_mark, struct err *e);
/* Fills empty rows from a cold store opened at the mark's snapshot. CORRUPT: a page or the digest is wrong. */
fallible checkpoint_load(struct cold *c, const struct checkpoint_mark *mark, struct rows *r, struct err *e);

struct checkpointer;
struct checkpointer_options {
    struct disk *disk;
    struct cold *cold;
    struct rows *rows; /* all three outlive the checkpointer */
    bool threaded;
    size_t buffer_bytes_max; /* brought within the two bounds above */
};
fallible checkpointer_create(const struct checkpointer_options *options, struct checkpointer **out, struct err *e);
void checkpointer_destroy(struct checkpointer *c); /* a running one is given up; NULL is fine */

enum checkpoint_state { CHECKPOINT_IDLE, CHECKPOINT_RUNNING, CHECKPOINT_FAILED, CHECKPOINT_FULL };

/* The state is at mark->position now; `snapshot` is filled in here. Not while one runs. Cost: some pages about the
 * families, never the rows. */
void checkpointer_begin(struct checkpointer *c, const struct checkpoint_mark *mark);
/* The one that begins next leaves nothing of what was replaced or deleted in its snapshot: cold_compact. */
void checkpointer_compact(struct checkpointer *c);
/* Carries a running one on by about `bytes_max` of pages (0: only looks whether it is finished). Returns IDLE in the
 * call that finds it durable (*out_mark is then its mark), FAILED or FULL (the disk is) in the call that finds it
 * failed (words in `e`; the rows are dirty again and the next begin tries anew), RUNNING between. */
enum checkpoint_state checkpointer_step(struct checkpointer *c, size_t bytes_max, struct checkpoint_mark *out_mark, struct err *e);
/* Is the last but one there? Forgetting it makes room on the disk: its snapshot goes, then its mark. Not while one runs. FULL, IO:
 * its mark could not be taken out, but is of no use any more. */
bool checkpointer_has_older(const struct checkpointer *c);
fallible checkpointer_forget_older(struct checkpointer *c, struct err *e);
size_t checkpointer_bytes(const struct checkpointer *c); /* of memory, for copies of pages */
size_t checkpointer_bytes_ahead(const struct checkpointer *c); /* the same once one runs, if that is more: but for what commands change */
bool checkpointer_running(const struct checkpointer *c);
bool checkpointer_hands_out(const struct checkpointer *c); /* one runs, and step would hand out pages now */
/* Sleeps until the writing thread has got on, `wait_us` at most; at once when step has something to do. For whoever has
 * nothing to do but to step. */
void checkpointer_wait(struct checkpointer *c, int64_t wait_us);
