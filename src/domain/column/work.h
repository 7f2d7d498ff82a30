/* Background work on columns: making files of the events that runs have, merging files, purging them, removing those that nobody needs
 * any more. Each reads immutable things beside the engine, and says what it did by a command. */
#pragma once

#include "domain/column/manifest.h"

enum { COMMAND_COLUMN_FOLDED = 0x0F01, COMMAND_COLUMN_MERGED = 0x0F02, COMMAND_COLUMN_SWEPT = 0x0F03, COMMAND_COLUMN_PURGED = 0x0F04 };

#define FOLDED_FILES_MAX 256u
#define COLUMN_FOLDED_BYTES_MAX ((1u << 20) - 4096u)
#define COLUMN_MERGED_BYTES_MAX 4096u
#define COLUMN_PURGED_BYTES_MAX 1024u

/* The events at [from, until) are in files now, but for those whose people are erased. */
struct column_folded {
    uint64_t from, until;
    uint64_t settled; /* of all the files */
    uint64_t taken;   /* as of struct column_mark, afterwards */
    uint32_t file_count;
    struct file_row *files; /* unpacked into the arena */
    struct unpack seen;     /* what was seen of properties: property_sights_put */
};
/* Those at `places` are one now, or none when nothing is left of them. */
struct column_merged {
    uint32_t removed_count;
    uint64_t removed[MERGE_FILES_MAX];                              /* their places, ascending */
    char names[MERGE_FILES_MAX][COLUMN_NAME_BYTES_MAX + 1];         /* as they were */
    bool is_empty;
    struct file_row file;
};
/* Of one erasure: a file is another one now, or none; or no file has anything of it any more. */
struct column_purged {
    uint64_t erasure; /* its position */
    uint64_t looked;  /* files that were installed by then were looked at */
    bool is_over;
    struct column_merged rewritten; /* unless it is over: of one */
};
/* What comes of properties is packed behind it. */
void column_folded_pack(struct buf *b, const struct column_folded *f);
void column_merged_pack(struct buf *b, const struct column_merged *m);
void column_purged_pack(struct buf *b, const struct column_purged *p);
/* INVALID: it isn't one. Where `a` is NULL it is only checked. */
fallible column_folded_unpack(struct bytes payload, struct arena *a, struct column_folded *out_folded, struct err *e);
fallible column_merged_unpack(struct bytes payload, struct column_merged *out_merged, struct err *e);
fallible column_purged_unpack(struct bytes payload, struct column_purged *out_purged, struct err *e);

extern const struct work_kind column_fold_work, column_merge_work, column_sweep_work, column_purge_work;
