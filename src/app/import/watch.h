/* `kith watch`: a folder into which others drop files (drop.h); each is imported once it is whole, and put away.
 *
 * FOLDER/done/    what was imported (rows that were put aside are in FOLDER/rejects/NAME.csv)
 * FOLDER/failed/  what could not be read at all, with NAME.reason.txt
 * What can't go on for now (no daemon, a busy one, a file that may not be read yet) stays and is tried again; nothing is sent twice, since rows are
 * known by their file. A second file of one name gets a number, and so does what is made of it. */
#pragma once

#include "app/import/import.h"

struct watch;

struct watch_options {
    struct import_options import; /* without path and rejects; joined files are looked for beside each file */
    const char *folder;           /* borrowed, like the marker */
    bool subfolders;
    const char *marker; /* as of drop_options */
    int64_t settle_us;  /* how long a file without a marker must have stayed the same; 0: files are whole already */
};

/* Makes the folders. NOT_FOUND, EXISTS, IO as of drop_open; as of import_map_load. */
fallible watch_open(const struct watch_options *o, struct watch **out_watch, struct err *e);
void watch_close(struct watch *w); /* NULL is fine */

struct watch_counts {
    uint64_t done, failed, waiting; /* files of this turn */
    struct sender_counts rows;
};

/* Takes in what is there, files in order of their names; waits once for those that somebody may be writing. UNAVAILABLE, FULL, DENIED: it can't go
 * on for now, the file stays; IO: one can't be put away. */
fallible watch_turn(struct watch *w, struct watch_counts *out_counts, struct err *e);

int verb_watch(struct arguments *a);
