/* `kith pull`: what is new in a table becomes a file in a folder that `kith watch` imports; how far it came is kept beside it.
 *
 * A file appears whole or not at all, and the mark moves with it: whatever happens in between, no row is left out, and none stands in two files.
 * Two pulls of one name in one folder don't meet: the later one is turned away. */
#pragma once

#include "app/app.h"
#include "port/database.h"

struct pull_options {
    const char *url, *query; /* as of rows_ask; rows come in the order of the watermark */
    const char *watermark;   /* the column of which the last row's text is $1 of the next pull */
    const char *folder;
    const char *name;        /* of the files: NAME-000001.csv, and of the mark: .NAME.watermark */
    rows_read read;
};

/* Pulls once. *out_rows: how many rows the new file has; 0: nothing is new, there is none. INVALID: the rows have no such column, or a row has
 * nothing in it; NOT_FOUND: no such folder; EXISTS: another pull of this name is at work; IO; else as of `read`. */
fallible pull_once(const struct pull_options *o, uint64_t *out_rows, struct err *e);

struct arguments;
int verb_pull(struct arguments *a);
