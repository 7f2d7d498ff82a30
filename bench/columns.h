/* Column files of the rows of year.h, laid out month by month as folding and merging leave them, and a view of nothing but them: for questions that are
 * measured without an engine. It stands in for the view of the domain `column`, so a benchmark links one of the two. */
#pragma once

#include "bench/year.h"

struct column_view; /* domain/column/column.h */

#define COLUMNS_MONTHS 12u

struct columns {
    char folder[256];
    uint64_t events;
    uint64_t bytes;     /* of all files */
    uint64_t key_bytes; /* of them, hashes of messages and positions */
};
/* Into a folder that is made; the caller's to remove. One thread. */
void columns_write(struct columns *c, const char *folder, struct year *year, uint32_t people);

const char *columns_month(uint32_t month); /* the name of a file; until the next call */

/* Any number of questions may be asked of a view, one after the other: closing it by column_view_close leaves it as it is. */
struct column_view *columns_open(const struct columns *c, uint32_t people);
void columns_close(struct column_view *cv);
/* The kernel forgets what it has of the files, which nobody has opened. */
void columns_make_cold(const struct columns *c);
/* Reads about so many bytes of the files one after the other; returns the seconds it took. */
double columns_read(const struct columns *c, uint64_t bytes);
