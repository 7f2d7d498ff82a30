/* A folder into which others drop files: which there are, and which of them are whole.
 *
 * Hidden files and those of who has not finished (.tmp, .part, .filepart) don't count, nor does what Kith makes in it: done/, failed/, rejects/. */
#pragma once

#include "app/import/map.h"

#define DROP_NAME_BYTES_MAX 1024u /* of a file, with its subfolders */
#define DROP_DEPTH_MAX 8u         /* of subfolders */

struct drop;

struct drop_options {
    const char *folder; /* borrowed */
    bool subfolders;    /* their files, too: "2026-11-11/orders.csv" */
    const char *marker; /* NULL; or ".ok": a file is whole when one of its name and that ending, or of that ending in place of its own, is there and not older */
    const struct import_map_says *says; /* whose joined files lie beside the others and aren't imported by themselves; NULL: none */
};

/* Makes the folders that it needs, and keeps other processes out until it is closed. NOT_FOUND: no such folder; EXISTS: another process has it; IO. */
fallible drop_open(const struct drop_options *o, struct drop **out_drop, struct err *e);
void drop_close(struct drop *d); /* NULL is fine */

enum drop_kind { DROP_FILE, DROP_JOINED, DROP_MARKER };
struct drop_file {
    const char *name; /* below the folder; until the look after the next one */
    enum drop_kind kind;
    uint64_t inode;
    int64_t size_bytes, changed_ns;
    bool is_same; /* as at the look before: nobody has written since */
};

/* Looks: what there is, in order of the names, days that are written 2026-11-11 one after the other. IO. */
fallible drop_look(struct drop *d, struct err *e);
const struct drop_file *drop_files(const struct drop *d, size_t *out_count);

/* Whether the file may be taken: its marker is there, or it hasn't changed (`settled`: or nobody asks), and so it is with each file that the map joins
 * to it. */
bool drop_is_ready(const struct drop *d, const struct drop_file *f, bool settled);
/* Whether it still is what was looked at: otherwise what was read of it is not to be trusted. */
bool drop_is_unchanged(const struct drop *d, const struct drop_file *f);

/* Which number tells this file from those of its name that were put away before: 1, 2 … */
unsigned drop_number(const struct drop *d, const char *name);
/* "FOLDER/done/NAME", "FOLDER/done/NAME.2". */
#define DROP_PATH_BYTES 4096
void drop_path(const struct drop *d, const char *subfolder, const char *name, unsigned number, char out_path[DROP_PATH_BYTES]);
void drop_rejects_path(const struct drop *d, const char *name, unsigned number, char out_path[DROP_PATH_BYTES]); /* "FOLDER/rejects/NAME.csv" */
/* Makes the subfolders of that path. IO. */
fallible drop_path_make(const struct drop *d, const char *path, struct err *e);
/* Moves the file with its marker, and with those joined files of which each row belongs to it ("every"). IO. */
fallible drop_put_away(struct drop *d, const struct drop_file *f, const char *subfolder, unsigned number, struct err *e);
