/* The bytes of a column file, and what is known of one that is open: for block*.c, file*.c and their tests. docs/formats/columns.md */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "base/arena.h"
#include "base/hash.h"
#include "domain/column/file.h"
#include "lib/bits.h"
#include "lib/pack.h"
#include "lib/packed.h"

/* --- bytes --- */

#define COLUMN_MAGIC 0x4c4f434bu      /* "KCOL" */
#define COLUMN_FOOT_MAGIC 0x444e4543u /* "CEND" */
#define COLUMN_FORMAT 1u

struct column_head {
    uint32_t magic, format;
    uint32_t zero[5];
    uint32_t crc; /* of what is before it */
};
static_assert(sizeof(struct column_head) == 32, "column files are on disk");

/* The directory of a file has one of these a block. */
struct block_place {
    uint32_t chunk, count;
    int64_t first_us, last_us;
    uint64_t first_position, last_position;
    uint64_t offset;
    uint32_t bytes;       /* of the whole block */
    uint32_t front_bytes; /* of what comes first: people, times, names, places of columns */
    uint32_t front_crc;
    uint32_t zero;
};
static_assert(sizeof(struct block_place) == 64, "column files are on disk");

/* The front of a block has one of these a column, ascending by number. */
struct column_place {
    uint32_t offset; /* in the block */
    uint32_t bytes;
    uint32_t crc;
    uint16_t number; /* of its name in the file; or one of the three below */
    uint16_t zero;
};
static_assert(sizeof(struct column_place) == 16, "column files are on disk");

/* Every event has them, so they have no name. */
#define COLUMN_ITEM_COUNTS 0xfffdu /* of the events that have items: how many */
#define COLUMN_POSITIONS 0xfffeu
#define COLUMN_MESSAGES 0xffffu

struct column_foot {
    uint32_t magic, format;
    uint64_t directory_offset; /* it ends where the foot begins */
    uint32_t block_count, name_count;
    uint64_t count; /* of events */
    uint64_t digest; /* over the blocks and the directory, each as one piece */
    uint32_t directory_crc;
    uint32_t zero[4];
    uint32_t crc; /* of what is before it */
};
static_assert(sizeof(struct column_foot) == 64, "column files are on disk");

enum presence_form { PRESENCE_ALL, PRESENCE_BITS, PRESENCE_LIST, PRESENCE_FORM_COUNT };
enum people_form { PEOPLE_BITS, PEOPLE_LIST, PEOPLE_FORM_COUNT };
#define CHUNK_BYTES (CHUNK_PEOPLE / 8) /* of a bit a person */
#define COLUMN_SCALE_MAX 6u
#define BLOCK_WORDS_MAX (BLOCK_EVENTS_MAX / 64) /* of a bit an event */
#define EVENT_NAMES 65536u                       /* that a NAME_EVENT may be */
#define BLOCK_VALUES_MAX (1u << 24) /* of one column; a row has less than half of it */
#define COLUMN_NAME_BYTES 255u /* of one column's name, at most */

/* The checksum that stands in a struct's last four bytes. */
static inline uint32_t crc_of_front(const void *data, size_t size)
{
    return crc32c(0, bytes_of(data, size - sizeof(uint32_t)));
}

/* --- what is open --- */

/* A column that was looked up. */
struct column {
    const struct column *next; /* of its block, in no order */
    const struct block *block;
    uint32_t place;            /* among the block's places */
    enum column_kind kind;
    uint8_t scale;
    enum presence_form presence;
    uint32_t events;           /* that have any value */
    uint32_t count;            /* of values */
    const uint8_t *present;    /* PRESENCE_BITS */
    struct packed listed;      /* PRESENCE_LIST: which events */
    bool is_many;              /* events may have several values */
    struct packed counts;      /* of values, for each event that has any; is_many */
    struct packed items;       /* which item a value is of; COLUMN_ITEM */
    struct packed values;      /* codes or integers */
    const uint8_t *reals;      /* COLUMN_REAL */
    uint32_t texts;
    struct packed ends;        /* where each text ends; COLUMN_TEXT */
    const uint8_t *text_bytes;
};

/* A block whose front was checked. */
struct block {
    struct column_file *file;
    uint32_t number; /* of the block in its file */
    struct block_place place;
    const uint8_t *data;
    uint32_t people_count;
    const uint8_t *people; /* a bit a person; NULL: they are listed */
    struct packed listed;
    const uint8_t *starts; /* a bit an event: it is the first one of its person */
    uint32_t event_count;
    const uint8_t *events; /* NAME_EVENT of each code, 2 bytes each */
    struct packed codes;
    struct packed times;
    uint32_t place_count;
    uint32_t column_count; /* of the places, those that have a name */
    const uint8_t *places; /* struct column_place, of any alignment */
    _Atomic(const struct column *) columns; /* looked up so far */
    _Atomic(const char *) trouble;          /* what isn't as it was written; NULL: nothing */
};

struct column_file {
    struct arena *arena; /* of this struct, of blocks and columns */
    pthread_mutex_t lock; /* guards the arena, and who publishes into `blocks` and block.columns */
    char path[COLUMN_PATH_BYTES_MAX];
    struct file_map map;
    struct buf memory; /* of a file that is in memory alone: what the map is of */
    struct column_foot foot;
    const uint8_t *directory; /* struct block_place, of any alignment */
    struct column_name *names;
    uint16_t *names_in_order; /* numbers of names by column_name_compare */
    _Atomic(struct block *) *blocks; /* NULL: not asked for yet */
};

int column_name_compare(const struct column_name *a, const struct column_name *b);

/* --- reading (block_read.c) --- */

static inline struct block_place block_place_at(const struct column_file *f, uint32_t block)
{
    struct block_place place;
    memcpy(&place, f->directory + (size_t)block * sizeof place, sizeof place);
    return place;
}

static inline struct column_place column_place_at(const struct block *b, uint32_t i)
{
    struct column_place place;
    memcpy(&place, b->places + (size_t)i * sizeof place, sizeof place);
    return place;
}

/* Checks the front of a block and fills in what is known of it, which needs b->file, number and place. NULL: it is good; else what isn't. */
const char *block_read(struct block *b);
/* Checks a column and fills in what is known of it; needs c->block and place. The same. */
const char *column_read(struct column *c);
/* What isn't good is remembered, for block_sound. */
void block_complain(const struct block *b, const char *what);

/* Packed integers one after the other, of which a group is unpacked at a time. */
struct walk {
    const struct packed *packed;
    uint32_t at; /* of the next one */
    int64_t values[PACKED_GROUP];
};

static inline void walk_init(struct walk *w, const struct packed *p)
{
    w->packed = p;
    w->at = 0;
}

static inline int64_t walk_next(struct walk *w)
{
    uint32_t i = w->at++ % PACKED_GROUP, from = w->at - 1 - i, left = w->packed->count - from;
    assert(w->at <= w->packed->count);
    if (i == 0)
        packed_i64(w->packed, from, left < PACKED_GROUP ? left : PACKED_GROUP, w->values);
    return w->values[i];
}


/* --- looking up (block.c) --- */

/* The place of the column of this number, one of three without names too. false: the block has none. */
bool block_place_find(const struct block *b, uint32_t number, uint32_t *out_place);
/* A column of the block, checked and kept. NULL: it isn't good. */
const struct column *block_column_of(const struct block *b, uint32_t place);
/* The number of a name in the file. false: it isn't there. */
bool column_file_name(const struct column_file *f, const struct column_name *name, uint32_t *out_number);

/* --- files (file_read.c, file_write.c) --- */

/* A file in memory: takes the bytes. CORRUPT. */
fallible column_file_of_memory(struct buf *bytes, struct column_file **out_file, struct err *e);
void column_sum_add(struct column_sum *s, const struct block_place *place); /* events, times and positions of one more block */
