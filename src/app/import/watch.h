/* `kith watch`: a folder into which others drop files; each is imported once it has been written, and put away.
 *
 * FOLDER/done/    what was imported (rows that were put aside are in FOLDER/rejects/NAME.csv)
 * FOLDER/failed/  what could not be read at all, with NAME.reason.txt
 * What can't go on for now (no daemon, a busy one) stays and is tried again; nothing is sent twice, since rows are known by their file. */
#pragma once

#include "app/import/import.h"

#define WATCH_FILES_MAX 4096u /* of one look; more wait for the next */

struct watch;

struct watch_options {
    struct import_options import; /* without path and rejects; joined files are looked for in the folder */
    const char *folder;           /* borrowed */
    bool is_settled;              /* files are whole already: don't wait until one has stayed the same between two looks */
};

/* Makes the folders. NOT_FOUND, IO. */
fallible watch_open(const struct watch_options *o, struct watch **out_watch, struct err *e);
void watch_close(struct watch *w); /* NULL is fine */

struct watch_counts {
    uint64_t done, failed, waiting; /* files of this look */
    struct import_counts rows;
};

/* Looks once: files in order of their names, but those that are hidden, unfinished (.tmp, .part, .filepart) or joined ones of the map.
 * UNAVAILABLE, FULL, DENIED: it can't go on for now, the file stays; IO: one can't be put away. */
fallible watch_look(struct watch *w, struct watch_counts *out_counts, struct err *e);

int verb_watch(struct arguments *a);
