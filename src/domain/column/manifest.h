/* The rows of the column domain: which files there are, up to where events are in them, which may go. docs/formats/columns.md. */
#pragma once

#include "domain/column/file.h"
#include "engine/work_sweep.h"

extern const struct family column_file_family;    /* place (8 bytes, big-endian) -> a file in force */
extern const struct family column_retired_family; /* position of the giving up (8 bytes, big-endian), name -> 1 */
extern const struct family column_mark_family;    /* "mark" -> struct column_mark */
extern const struct work_files column_files;
extern const struct setting moves_kept_setting, tidy_seconds_setting;

#define MERGE_FILES_LEAST 8u /* of a month, and of a size; a size is eight times the one before */
#define MERGE_FILES_MAX 32u
#define FILE_ROW_BYTES 192u

/* Months are counted from January of the year 1, UTC. */
uint32_t month_of(int64_t us);

struct file_row {
    char name[COLUMN_NAME_BYTES_MAX + 1];
    uint32_t month;
    uint64_t first, until; /* positions of its events are in [first, until), not all in there are its own */
    uint64_t settled;      /* moves before this position are in it: numbers are as of then, or as of their event if that is later */
    uint64_t installed;    /* position of the command that put it; 0: of none yet */
    int64_t installed_us;  /* its log time */
    struct column_sum sum;
};
uint64_t file_place(const struct file_row *row);
void file_row_pack(struct buf *b, const struct file_row *row);
bool file_row_unpack(struct unpack *u, struct file_row *out_row); /* false: not a row, and the cursor is marked */

/* The files in force by month, and in a month by first position: place >= from. */
bool file_next(const struct view *v, uint64_t from, struct file_row *out_row);
bool file_find(const struct view *v, uint64_t place, struct file_row *out_row);
void file_put(struct step *s, struct file_row *row); /* sets `installed` and installed_us */
void file_retire(struct step *s, const struct file_row *row);

struct column_mark {
    uint64_t folded_until; /* events before it are in files */
    uint64_t taken;        /* so many events; the erased among them */
    uint64_t unnamed;      /* events whose properties are counted only, the same one perhaps more than once */
    uint64_t purged_until, purged_at; /* of erasures before it no file has anything; position of the command that said so */
    uint32_t file_count;
    bool merge_due;        /* there are enough files of a month and a size */
    int64_t tidy_from_us;  /* since this log time a month waits to become one file; INT64_MAX: none does */
};
struct column_mark column_mark_read(const struct view *v);
/* Counts the files and looks whether some should be merged; then lets go of the moves that all of them have in them. */
void column_mark_put(struct step *s, struct column_mark *mark);

/* The files to make one now: of a month and a size; else all of a month that is quiet; else, where moves are too many, the one
 * that keeps the oldest of them. 0: none. Cheap while there is nothing to do. */
size_t files_to_merge(const struct view *v, struct file_row out_rows[MERGE_FILES_MAX]);
