/* `kith import`: a file of rows, or of events or things as they are -> the daemon. */
#pragma once

#include "app/import/rows.h"
#include "app/sender.h"

struct import_options {
    struct client *client;
    const char *path;         /* rows when there is a map, else NDJSON of events */
    bool things;              /* NDJSON of things, not of events */
    const char *map;          /* the path of the map; NULL: map_text, else NDJSON */
    struct bytes map_text;    /* the map itself, of a verb that makes one; no bytes: none */
    const char *source;       /* NULL: the map's, else the file's name */
    const char *const *joins; /* as of import_rows_options */
    size_t join_count;
    const char *rejects; /* the path of a file made when there is something for it; NULL: only counted */
};

struct import_counts {
    struct sender_counts sent; /* over all kinds of values; a row that could not become any is sent and faulty */
    uint64_t skipped;          /* rows, by the map */
    uint64_t of_gb18030;       /* rows, where the encoding was found line by line */
    uint64_t rejects;          /* rows in the file of rejects */
    uint64_t doubtful;         /* orders that were sent all the same (doubts.h); the first of them are said on standard error */
};

/* Streams the file; shows its progress on a terminal. A row is known by (file digest, line), so the same file again changes nothing. *out_counts
 * is written in any case: what was sent before a failure stays sent. */
fallible import_file(const struct import_options *o, struct import_counts *out_counts, struct err *e);

/* The same, and says what became of it; without `rejects` they are beside the working folder's other files, as FILE.rejects.csv. An exit code. */
int import_run(struct import_options *o, bool json);

struct arguments;
int verb_import(struct arguments *a);
int verb_imports(struct arguments *a); /* imports.c */
