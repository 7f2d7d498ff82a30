/* Background work on events: folding the log into runs, merging runs, removing files that nobody needs any more. Each
 * reads immutable things beside the engine, and says what it did by a command. */
#pragma once

#include "domain/event/manifest.h"

enum { COMMAND_RUNS_MERGED = 0x0502, COMMAND_RUNS_SWEPT = 0x0503 };

#define FOLDED_BYTES_MAX 512u
#define MERGED_BYTES_MAX 1024u
#define SWEPT_FILES_MAX 64u
#define SWEPT_BYTES_MAX (16u + SWEPT_FILES_MAX * (1u + 8u + RUN_NAME_BYTES_MAX))

/* The notes [first_index, first_index + sum.count) of the tail are now a run. */
struct folded {
    uint64_t first_index;
    int64_t last_us;     /* log time of the last of them */
    struct run_row run;
    struct bytes packed; /* the row's bytes, out of the payload */
};
/* Those that began at `removed` are now one. */
struct merged_runs {
    uint32_t removed_count;
    uint64_t removed[MERGE_RUNS_MAX];
    struct run_row run;
    struct bytes packed;
};
/* Keys of retired rows: their files are gone, their parts of the log may go. */
struct swept {
    uint32_t count;
    struct bytes keys[SWEPT_FILES_MAX];
};
void folded_pack(struct buf *b, const struct folded *f);
void merged_pack(struct buf *b, const struct merged_runs *m);
void swept_pack(struct buf *b, const struct swept *s);
/* INVALID: it isn't one. */
fallible folded_unpack(struct bytes payload, struct folded *out_folded, struct err *e);
fallible merged_unpack(struct bytes payload, struct merged_runs *out_merged, struct err *e);
fallible swept_unpack(struct bytes payload, struct swept *out_swept, struct err *e);

extern const struct work_kind fold_work, merge_work, sweep_work;
extern const struct setting fold_events_setting, fold_seconds_setting;

/* Removes files of runs that are neither among `names` (sorted) nor made by other work: those with `dashes` dashes in
 * their names. Left behind by work that ended before its command was logged. */
fallible orphans_remove(struct disk *d, unsigned dashes, const char *const *names, size_t name_count, struct err *e);
