/* The rows of the event domain: which runs there are, up to where the log is folded, which files may go. */
#pragma once

#include "domain/event/run.h"
#include "engine/work_sweep.h"

extern const struct family run_family;     /* first position (8 bytes, big-endian) -> a run in force */
extern const struct family retired_family; /* position of the giving up (8 bytes, big-endian), name -> what was given up */
extern const struct family fold_family;    /* "fold" -> struct fold_mark; "purged" -> purged_until and purged_at (8 each, BE), zeroes */
extern const struct work_files run_files;  /* runs in force, and what was given up */

#define MERGE_RUNS_LEAST 16u /* of a size; a size is sixteen times the one before */
#define MERGE_RUNS_MAX 32u
#define MERGE_BYTES_MAX (UINT64_C(64) << 30)

struct run_row {
    char name[RUN_NAME_BYTES_MAX + 1];
    uint64_t first, until; /* positions of its events are in [first, until), not all in there are its own */
    struct run_sum sum;
};
void run_row_pack(struct buf *b, const struct run_row *row);
/* false: not a row, and the cursor is marked. *out_packed: its bytes, borrowed; NULL: nobody wants them. */
bool run_row_unpack(struct unpack *u, struct run_row *out_row, struct bytes *out_packed);

/* The runs in force, in the order of their first positions: >= from. */
bool run_next(const struct view *v, uint64_t from, struct run_row *out_row);
/* Does exactly this run stand there? */
bool run_find(const struct view *v, uint64_t first, struct run_row *out_row);
void run_put(struct step *s, const struct run_row *row, struct bytes packed); /* both of one unpack; borrows the bytes */

void run_retire(struct step *s, const struct run_row *row); /* the row goes, its file is given up */
void log_retire(struct step *s, const struct run_row *row); /* the log of a new run's events is given up */
uint64_t retired_log_from(const struct view *v);            /* UINT64_MAX: nothing of the log is waiting */

struct fold_mark {
    uint64_t folded_until; /* F: all events before it are in runs */
    int64_t since_us;      /* log time of the oldest note, or a little earlier; meaningless without notes */
    uint32_t run_count;
    bool merge_due;        /* there are enough runs of a size */
};
struct fold_mark fold_mark_read(const struct view *v);
void fold_mark_put(struct step *s, const struct fold_mark *mark);
/* Erasures before this position are purged from the runs. */
uint64_t purged_until(const struct view *v);
uint64_t purged_at(const struct view *v); /* position of the command that said so */
void purged_put(struct step *s, uint64_t position);
/* Counts the runs and looks whether some should be merged. */
void fold_mark_count(const struct view *v, struct fold_mark *mark);

/* The runs to merge now: at least MERGE_RUNS_LEAST of about the same number of events, the oldest first. 0: none. */
size_t runs_to_merge(const struct view *v, struct run_row out_rows[MERGE_RUNS_MAX]);
