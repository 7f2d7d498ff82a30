/* A column file: blocks of one month, by chunk, in one file that never changes. docs/formats/columns.md.
 *
 * A reader trusts no byte: what isn't as it was written is CORRUPT, with the file and the block. A writer belongs to one thread; an opened
 * file is mapped, and any number of threads may read its blocks. */
#pragma once

#include <stdatomic.h>

#include "domain/column/block.h"
#include "store/disk.h"

#define COLUMN_FOLDER "columns"
#define COLUMN_NAME_BYTES_MAX 63u
#define COLUMN_PATH_BYTES_MAX (sizeof COLUMN_FOLDER + 1 + COLUMN_NAME_BYTES_MAX)
#define COLUMNS_MAX 4096u /* different columns of one file; values of further ones are counted, and not kept */

/* Names of columns as small numbers, for who makes rows: so that a row's cells carry no names. Grows as names come. */
struct column_set;
struct column_set *column_set_create(void);
void column_set_destroy(struct column_set *s); /* NULL is fine */
/* COLUMNS_MAX: there are too many. Copies the name when it is new; about 10 ns. */
uint32_t column_set_number(struct column_set *s, const struct column_name *name);
struct column_name column_set_name(const struct column_set *s, uint32_t number);
uint32_t column_set_count(const struct column_set *s);

/* One value of a row. */
struct column_cell {
    uint32_t column;     /* column_set_number */
    uint16_t item;       /* of COLUMN_ITEM: which item, from 0 */
    uint8_t scale;       /* of COLUMN_NUMBER: 0..6 */
    int64_t integer;     /* COLUMN_NUMBER (mantissa), COLUMN_BOOL, COLUMN_TIME */
    double real;         /* COLUMN_REAL */
    struct bytes text;   /* COLUMN_TEXT; borrowed */
};

/* One event. */
struct column_row {
    uint32_t person;
    uint16_t event;
    uint16_t item_count;
    int64_t time_us;
    uint32_t message; /* the highest 32 bits of its hash */
    uint64_t position;
    uint32_t cell_count; /* in any order; values of a list, or of one item's list, in theirs. Of a column that is none, the first counts */
    const struct column_cell *cells;
};
/* By (person, time, message, position): the order of rows. */
int column_row_compare(const struct column_row *a, const struct column_row *b);

struct column_sum {
    uint64_t count; /* of events */
    uint64_t bytes; /* of the file */
    uint64_t digest;
    int64_t first_us, last_us;
    uint64_t first_position, last_position;
};

void column_path(const char *name, char out_path[COLUMN_PATH_BYTES_MAX]);

/* Into a file: one that is there is replaced, so only one that nobody refers to may be. Into memory: `d` and `name` are NULL. Takes memory for one block.
 * Numbers that have no scale in common with others of their block are kept as COLUMN_REAL, for which `set` may grow. */
struct column_writer;
fallible column_writer_open(struct disk *d, const char *name, struct column_set *set, struct column_writer **out_writer, struct err *e);
/* In order, asserted; copies, and cuts longer texts to COLUMN_TEXT_BYTES_MAX. FULL. */
fallible column_writer_add(struct column_writer *w, const struct column_row *row, struct err *e);
fallible column_writer_finish(struct column_writer *w, struct column_sum *out_sum, struct err *e);  /* file and folder are synced */
struct column_file;
fallible column_writer_keep(struct column_writer *w, struct column_file **out_file, struct err *e); /* instead of finish: of one into memory */
void column_writer_close(struct column_writer *w); /* removes what isn't finished; NULL is fine */

/* NOT_FOUND; INVALID: a later release wrote it; CORRUPT. Reads head, directory and foot only. */
fallible column_file_open(struct disk *d, const char *name, struct column_file **out_file, struct err *e);
void column_file_close(struct column_file *f); /* NULL is fine */
struct column_sum column_file_sum(const struct column_file *f);
size_t column_file_bytes(const struct column_file *f); /* that it keeps in memory, the map apart */
/* The names of all columns that any of its blocks has; borrowed. */
uint32_t column_file_columns(const struct column_file *f);
struct column_name column_file_column(const struct column_file *f, uint32_t i);
/* Blocks in the order of their chunks, and of a chunk in the order of its rows. */
uint32_t column_file_blocks(const struct column_file *f);
/* The blocks of a chunk: [*out_from, *out_until). */
void column_file_find(const struct column_file *f, uint32_t chunk, uint32_t *out_from, uint32_t *out_until);
/* The fronts of these chunks' blocks are on their way from the disk then, but for blocks that were asked for before. A microsecond a block. Any thread. */
void column_file_fetch(struct column_file *f, uint32_t from_chunk, uint32_t until_chunk);
/* How far that was done by those who read chunk after chunk of the same files; zeroed: for none. */
struct column_ahead {
    _Atomic uint32_t until_chunk;
};
/* Who is about to read a chunk fetches [*out_from, *out_until), so that the disk has enough to do; false: others did. Any thread. */
bool column_ahead_take(struct column_ahead *a, uint32_t chunk, uint32_t *out_from, uint32_t *out_until);
/* Checks it when it is asked for first. CORRUPT. Any thread. */
fallible column_file_block(struct column_file *f, uint32_t block, const struct block **out_block, struct err *e);

/* All rows of a file in order, for merging; cells borrowed until the next one. Its column numbers are of `set`, which grows. */
struct column_rows;
fallible column_rows_open(struct column_file *f, struct column_set *set, struct column_rows **out_rows, struct err *e);
/* Of some people alone; before the first row. Blocks that have none of them are passed over. */
struct rows_wanted {
    bool (*chunk)(const void *context, uint32_t chunk); /* may any of its people be wanted? */
    bool (*person)(const void *context, uint32_t person);
    const void *context;
};
void column_rows_only(struct column_rows *r, const struct rows_wanted *wanted);
fallible column_rows_next(struct column_rows *r, const struct column_row **out_row, struct err *e); /* NULL: over */
void column_rows_close(struct column_rows *r); /* NULL is fine */
