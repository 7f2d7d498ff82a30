/* The files of one kind of background work, as rows of its domain name them: those in force, and those given up, which stay
 * until two checkpoints have passed, so that a view or a replay finds them. What work left behind that ended before its
 * command was logged is an orphan, and goes before the next work of the kind begins.
 *
 * A file's place says where what is in it begins; its name is hex digits and dashes, then the suffix. */
#pragma once

#include "engine/work.h"
#include "lib/pack.h"

#define WORK_NAME_BYTES_MAX 63u
#define WORK_SWEPT_MAX 64u
#define WORK_SWEPT_BYTES_MAX (2u + WORK_SWEPT_MAX * (1u + 8u + WORK_NAME_BYTES_MAX)) /* packed */

struct work_files {
    const char *folder, *suffix;
    const struct family *in_force; /* keyed: place (8 bytes, big-endian) -> a row */
    const struct family *retired;  /* keyed: position of the giving up (8 bytes, big-endian), name -> a row */
    struct bytes (*name)(struct bytes row);    /* of a row in force; borrowed from it */
    bool (*is_file)(struct bytes retired_row); /* false: something else waits under that name. NULL: all are files */
};

/* --- in force: rows are borrowed from the view, and by a step until its end --- */

bool work_file_next(const struct view *v, const struct work_files *f, uint64_t from, struct bytes *out_row); /* place >= from */
bool work_file_find(const struct view *v, const struct work_files *f, uint64_t place, struct bytes *out_row);
void work_file_put(struct step *s, const struct work_files *f, uint64_t place, struct bytes row);
void work_file_remove(struct step *s, const struct work_files *f, uint64_t place);
bool work_name_is_good(const struct work_files *f, struct bytes name); /* no other file can be read or removed by its help */

/* --- given up --- */

struct work_retired {
    uint64_t position;     /* of the command that gave it up */
    struct bytes key, row; /* borrowed from the view */
};
bool work_retired_next(const struct view *v, const struct work_files *f, struct bytes after_key,
                       struct work_retired *out_retired); /* BYTES_NONE: the oldest */
void work_retire(struct step *s, const struct work_files *f, struct bytes name, struct bytes row);

/* Keys of retired rows that neither checkpoint refers to. */
struct work_swept {
    uint32_t count;
    struct bytes keys[WORK_SWEPT_MAX];
    bool is_file[WORK_SWEPT_MAX];
};
bool work_sweep_is_due(const struct view *v, const struct work_files *f, const struct work_surroundings *around);
/* The oldest of those that are due; the keys are copied into the arena. */
void work_swept_find(const struct view *v, const struct work_files *f, const struct work_surroundings *around, struct arena *a,
                     struct work_swept *out_swept);
/* Removes their files, and syncs the folder. Then the command is due whose step forgets the rows. */
fallible work_swept_remove(struct disk *d, const struct work_files *f, const struct work_swept *swept, struct err *e);
void work_swept_forget(struct step *s, const struct work_files *f, const struct work_swept *swept);
void work_swept_pack(struct buf *b, const struct work_swept *swept);
void work_swept_unpack(struct unpack *u, struct work_swept *out_swept); /* without is_file; a bad one marks the cursor */

/* --- orphans --- */

/* Names of files that somebody may still refer to, sorted. */
struct work_names {
    const char *const *list;
    size_t count;
};
struct work_names work_names_of(const struct view *v, const struct work_files *f, struct arena *a);
/* Makes the folder if there is none, and removes the files that aren't named: those with so many dashes in their names, so that
 * two works with files of one suffix keep off each other's. */
fallible work_orphans_remove(struct disk *d, const struct work_files *f, const struct work_names *names, unsigned dashes, struct err *e);
