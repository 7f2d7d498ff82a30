/* Background work on events: folding the log into runs, merging runs, removing files that nobody needs any more. Each
 * reads immutable things beside the engine, and says what it did by a command. */
#pragma once

#include "domain/event/manifest.h"

enum { COMMAND_RUNS_MERGED = 0x0502, COMMAND_RUNS_SWEPT = 0x0503, COMMAND_RUN_PURGED = 0x0504 };

#define FOLDED_BYTES_MAX 512u
#define MERGED_BYTES_MAX 1024u
#define PURGED_BYTES_MAX 1024u

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
/* Of one erasure: the run that began at `first` is now another one, or none; or no run holds anything of it any more. */
struct purged {
    uint64_t until;      /* erasures before it are done, if is_over */
    bool is_over;
    uint64_t first;      /* of the run, by its name before */
    char before[RUN_NAME_BYTES_MAX + 1];
    bool is_empty;       /* nothing was left of it */
    struct run_row run;
    struct bytes packed;
};
void folded_pack(struct buf *b, const struct folded *f);
void merged_pack(struct buf *b, const struct merged_runs *m);
void purged_pack(struct buf *b, const struct purged *p);
/* INVALID: it isn't one. */
fallible folded_unpack(struct bytes payload, struct folded *out_folded, struct err *e);
fallible merged_unpack(struct bytes payload, struct merged_runs *out_merged, struct err *e);
fallible purged_unpack(struct bytes payload, struct purged *out_purged, struct err *e);

bool purge_waits_for_folding(const struct view *v); /* somebody was erased whose newest events are in the log alone */
extern const struct work_kind fold_work, merge_work, sweep_work, purge_work;
extern const struct setting fold_events_setting, fold_seconds_setting;
