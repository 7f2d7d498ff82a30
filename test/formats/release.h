/* A release's bytes, opened as a daemon would open them, and told as text. What they are: README.md beside this. */
#pragma once

#include "engine/engine.h"

#define RELEASE_SECRET UINT64_C(0x6b697468d6aabcba) /* of every workspace here */
#define RELEASE_TOLD_BYTES_MAX (4u << 20)

/* Where the files of a workspace lie; the first one, "", is its own folder. */
extern const char *const release_folders[];
extern const size_t release_folder_count;
#define RELEASE_COLD_FILE "cold.dump" /* all pairs that the cold store has at the last checkpoint */
#define RELEASE_TOLD_FILE "told.txt"
#define RELEASE_FILE_BYTES_MAX (1u << 20)
#define RELEASE_PATH_BYTES 256
void release_path(const char *folder, const char *name, char out_path[RELEASE_PATH_BYTES]);

/* A workspace on a disk in memory. */
struct release {
    struct disk *disk;
    struct cold *cold;
    struct registry *registry;
    struct engine_options options;
    struct engine *engine; /* NULL: not started */
};

/* An empty workspace of this release; never threaded. */
fallible release_init(struct release *r, struct err *e);
void release_fini(struct release *r);
/* Puts a folder's files onto the disk and into the cold store. */
fallible release_load(struct release *r, const char *folder, struct err *e);
fallible release_start(struct release *r, struct err *e); /* what a start does: CORRUPT, with the place */
/* Everything that the files of a started one say, in words and in a fixed order. CORRUPT; FULL: over the buffer's bound. */
fallible release_tell(struct release *r, struct buf *out, struct err *e);
