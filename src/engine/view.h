/* Reading the state: committed rows, and in a step also what the step has written so far.
 *
 * A view belongs to the engine's thread and lives for one step, one needs or one read. What it returns is borrowed for
 * that long. A read of a person whose row is cold, or of an index entry that is, is noted as missing and answers as if
 * there were none: whoever runs the view (engine.c) fetches it and runs the reader again, so a reader has no side effects. */
#pragma once

#include "base/arena.h"
#include "store/rows.h"
#include "store/sieve.h"

#define SECTION_COUNT_MAX 16u
#define PERSON_NONE 0u
#define STEP_PEOPLE_MAX 256u /* people that one step touches; bigger work is a job */
#define STEP_ROWS_MAX 256u   /* rows of domains' numbered families that one step touches besides */

struct registry;
struct outcome;
struct shelf;
struct section;
struct setting;

/* A block of a sieve on the shelf (engine/shelf.h). */
struct block_name {
    uint32_t serial; /* of the sieve's coming to the shelf */
    uint32_t block;
};
#define TOUCHED_BLOCKS_MAX 64u

/* A key of an index that goes cold. */
struct index_name {
    const struct family *family;
    struct hash128 hash;
};
#define TOUCHED_INDEX_MAX 256u

/* A row of a domain's numbered family. */
struct row_name {
    const struct family *family;
    uint32_t number;
};

/* What a reader asked for: people and rows, each at least once; keys of indexes that had no entry in memory, absent or cold; and
 * what of sieves is missing. Past a bound a cold one takes the place of another, so that it comes in the end. */
struct touched {
    uint32_t numbers[STEP_PEOPLE_MAX]; /* of people */
    uint32_t count;      /* STEP_PEOPLE_MAX: perhaps not all are noted */
    uint32_t row_count;  /* STEP_ROWS_MAX: perhaps not all are noted */
    struct row_name rows[STEP_ROWS_MAX];
    uint32_t cold_count; /* how many answers were "cold": run the reader again when all is in memory */
    bool people_here;    /* no row is cold and nobody waits: see view_people_matter */
    uint32_t index_count; /* TOUCHED_INDEX_MAX: perhaps not all are noted */
    struct index_name index[TOUCHED_INDEX_MAX];
    uint32_t block_count;
    struct block_name blocks[TOUCHED_BLOCKS_MAX];
    char sieve[SIEVE_PATH_BYTES_MAX]; /* one that must come to the shelf; empty: none */
};
void touched_clear(struct touched *t);
void touched_block(struct touched *t, struct block_name name);
void touched_sieve(struct touched *t, const char *path);

struct view {
    const struct rows *rows;
    const struct registry *registry;
    struct outcome *written; /* what the step has written and taken apart so far; NULL outside a step */
    struct arena *arena;
    int64_t now_us;          /* log time */
    uint64_t position;       /* of the command; outside a step: of the next one */
    struct touched *touched; /* NULL: nobody wants to know */
    struct shelf *shelf;     /* the sieves to look into; NULL: there are none */
};

/* A person's row, taken apart. Rows: docs/formats/engine.md. */
struct person {
    uint32_t number;
    struct bytes section[SECTION_COUNT_MAX];
};

const struct person *view_person(const struct view *v, uint32_t number); /* NULL: none (or cold, and noted) */
struct bytes view_section(const struct view *v, uint32_t number, const struct section *section);
bool view_index(const struct view *v, const struct family *f, struct hash128 hash, uint32_t *out_number); /* false: none (or cold, and noted) */
/* A row of a domain's own numbered family; people have view_person. */
bool view_row(const struct view *v, const struct family *f, uint32_t number, struct bytes *out_value); /* false: none (or cold, and noted) */
uint32_t view_rows_end(const struct view *v, const struct family *f); /* one past the highest number ever given; 1: none was */
bool view_keyed(const struct view *v, const struct family *f, struct bytes key, struct bytes *out_value);
/* The next row in key order with what the step has written laid over: >= from, or > with `after`. */
bool view_keyed_next(const struct view *v, const struct family *f, struct bytes from, bool after, struct bytes *out_key,
                     struct bytes *out_value);
int64_t setting_int(const struct view *v, const struct setting *setting);
/* Must a command's `needs` touch its people? Not while all of them are in memory, nobody waits, and it misses nothing else. */
bool view_people_matter(const struct view *v);

/* The row of all people; the engine's own family. */
extern const struct family person_family;
/* A section of a person's row as it lies in the family: for projections. Borrowed from the row; no bytes: none. */
struct bytes person_row_section(struct bytes row, const struct section *section);
/* What a domain's projection made of the committed rows; what this step has written isn't in it. NULL: nobody makes it. */
const void *view_projection(const struct view *v, const struct projection *p);
