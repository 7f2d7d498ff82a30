/* `kith import`: a file of rows or events -> the daemon. */
#pragma once

#include "app/sender.h"

struct import_options {
    struct client *client;
    const char *path;    /* CSV, or NDJSON of events when there is no map; plain or gzip */
    const char *map;     /* the path of the map; NULL: NDJSON */
    const char *source;  /* NULL: the map's, else the file's name */
    const char *join;    /* instead of the map's joined file; NULL: that one, beside `path` */
    const char *rejects; /* as of a sender */
};

/* Streams the file; shows its progress on a terminal. A row is known by (file digest, line), so the same file again
 * changes nothing. *out_counts is written in any case: what was sent before a failure stays sent. */
fallible import_file(const struct import_options *o, struct sender_counts *out_counts, struct err *e);

int verb_import(struct arguments *a);
