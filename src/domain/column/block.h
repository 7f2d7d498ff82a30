/* A block: the events of one chunk of people in one month, in columns, in the order of (person, event time, message, position).
 *
 * It is bytes that never change, of a file that is mapped or of memory (docs/formats/columns.md); reading it takes nothing
 * and keeps nothing, so any number of threads may read one. Everything is decoded into arrays of the caller: `count` entries for
 * what each event has, and of a column only those that have a value, in the order of their events; `presence` says which.
 *
 * Each part of a block is checked (CRC, bounds) when it is asked for first, and trusted afterwards: people, times and names when the block is opened, a
 * column when it is looked up, messages, positions and items when they are decoded. What isn't as it was written is given as absent or as
 * zeroes, and `block_sound` fails from then on: so whoever reads asks it once, before the answer is believed. */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"
#include "lib/packed.h"
#include "lib/stints.h"

#define CHUNK_PEOPLE 8192u /* person numbers [chunk x CHUNK_PEOPLE, (chunk + 1) x CHUNK_PEOPLE) */
#define CHUNK_WORDS (CHUNK_PEOPLE / 64) /* 64-bit words of a bit a person of a chunk */
#define BLOCK_EVENTS_MAX 131072u /* more of one chunk and month, or more bytes of values: several blocks, cut where a person ends or not */
#define BLOCK_ITEMS_MAX (1u << 22) /* of all events of a block; more: several blocks */
#define COLUMN_TEXT_BYTES_MAX 4096u /* of a text in a column: longer ones are cut at a character */

/* What a column is of. A property and a field may have the same name. */
enum column_of {
    COLUMN_FIELD,    /* of the envelope: "source", "actor", "actor_id", and the references "brand", "channel", "shop", … */
    COLUMN_PROPERTY, /* properties of the event; members of objects as "address.city" */
    COLUMN_ITEM,     /* of the event's items, each a record: as many values as items have one */
    COLUMN_OF_COUNT,
};

/* The kinds of one name are columns of their own: so a property that changed its type is kept apart. */
enum column_kind {
    COLUMN_TEXT,   /* codes into the block's own dictionary, in byte order */
    COLUMN_NUMBER, /* decimals of one scale a block (0..6) */
    COLUMN_REAL,   /* doubles that aren't decimals */
    COLUMN_BOOL,   /* 0, 1 */
    COLUMN_TIME,   /* microseconds */
    COLUMN_KIND_COUNT,
};
extern const char *const column_kind_names[COLUMN_KIND_COUNT]; /* "text", "number", "number", "bool", "time" */

struct column_name {
    enum column_of of;
    enum column_kind kind;
    bool is_list;      /* an event (or item) has any number of values */
    struct bytes name; /* at most 255 bytes */
};

struct block; /* opaque; lives as long as what it was opened from */

uint32_t block_chunk(const struct block *b);
uint32_t block_count(const struct block *b);          /* of events, 1 .. BLOCK_EVENTS_MAX */
int64_t block_first_us(const struct block *b);        /* the least event time in it */
int64_t block_last_us(const struct block *b);         /* the greatest */
uint64_t block_first_position(const struct block *b); /* the least log position in it */
uint64_t block_last_position(const struct block *b);
/* CORRUPT, with file and block: a part that was asked for isn't as it was written. Any thread. */
fallible block_sound(const struct block *b, struct err *e);

/* Each fills `count` entries. Cost: a fraction of a nanosecond an entry. */
void block_people(const struct block *b, uint16_t *out_local);  /* person number less chunk x CHUNK_PEOPLE; ascending */
void block_times(const struct block *b, int64_t *out_us);
void block_events(const struct block *b, uint16_t *out_event);  /* NAME_EVENT; 0: other */
void block_codes(const struct block *b, uint16_t *out_code);    /* the same as numbers of the block's own, below block_names */
void block_messages(const struct block *b, uint32_t *out_hash); /* the highest 32 bits of the message's hash */
void block_positions(const struct block *b, uint64_t *out_position);
uint32_t block_names(const struct block *b);                    /* how many different names its events have */
uint16_t block_name_at(const struct block *b, uint32_t code);   /* NAME_EVENT */
/* For an event here and there; a few nanoseconds each. */
int64_t block_time_at(const struct block *b, uint32_t event);
/* Sets bit i (of words of 64, count / 64 rounded up) where the i-th event's name is in the set: bit NAME_EVENT of 65,536. Returns how many. */
uint32_t block_match(const struct block *b, const uint64_t names[1024], uint64_t *out_bits);/* The same of several sets of the block's own numbers, as bits of which twice as many as block_names are read. */
void block_match_codes(const struct block *b, const struct packed_set *sets, uint32_t set_count);

/* Sets bit i of out_bits[k] where the i-th event isn't before edges_us[k], and clears the others; at most PACKED_EDGES_MAX (lib/packed.h). 0.1 ns an event. */
void block_since(const struct block *b, const int64_t *edges_us, uint32_t edge_count, uint64_t *const *out_bits);

/* Whose the events are, for who works with bits: those of a person are a stint. Borrows the block's time, and the arena's memory. */
struct block_stints {
    struct stints events;
    uint32_t *ranks; /* of their starts */
    uint64_t people[CHUNK_WORDS]; /* who has any: bits by local number */
    uint32_t people_ranks[CHUNK_WORDS + 1];
};
void block_stints(const struct block *b, struct arena *arena, struct block_stints *out); /* about 0.1 ns an event */
/* Sets the bits of whoever has any of the events. A quarter of a nanosecond an event. */
void block_people_add(const struct block_stints *s, const uint64_t *events, uint64_t io_people[CHUNK_WORDS]);
/* Sets all events of these people, and clears the others. */
void block_events_of(const struct block_stints *s, const uint64_t people[CHUNK_WORDS], uint64_t *out_events);
/* For a few of them, some ten nanoseconds each: the local number of the event's person; the person's events, false: there is none. */
uint32_t block_person_of(const struct block_stints *s, uint32_t event);
bool block_stint_find(const struct block_stints *s, uint32_t person, uint32_t *out_from, uint32_t *out_until);

/* A column of the block; NULL: no event here has such a value. Columns of a name: one a kind. */
struct column;
const struct column *block_column(const struct block *b, const struct column_name *name);
uint32_t block_columns(const struct block *b); /* how many, in the same order in all blocks of a file */
bool block_is_full(const struct block *b); /* its file has as many columns as it may have: values of further ones aren't in it */
/* NULL: it isn't as it was written; the name is there all the same. */
const struct column *block_column_at(const struct block *b, uint32_t i, struct column_name *out_name);

uint32_t column_count(const struct column *c); /* values: of events that have one; of a list or of items all of them */
/* Which events have a value: count bits. Of an item's column and a list it says which events have any. */
void column_presence(const struct column *c, uint64_t *out_bits);
/* The values of the i-th event are [starts[i], starts[i + 1]); count + 1 entries of the block's count. */
void column_starts(const struct column *c, uint32_t *out_starts);
/* Of an item's column: which item of its event each value belongs to, from 0; column_count entries, ascending within an event. */
void column_items(const struct column *c, uint32_t *out_item);
/* Values, column_count entries; the one of the column's kind. */
void column_codes(const struct column *c, uint32_t *out_codes);     /* COLUMN_TEXT */
void column_integers(const struct column *c, int64_t *out_values);  /* COLUMN_NUMBER: mantissas; COLUMN_BOOL; COLUMN_TIME */
void column_reals(const struct column *c, double *out_values);      /* COLUMN_REAL */
/* For a value here and there, by its place among the column's; a few nanoseconds each. */
uint32_t column_code_at(const struct column *c, uint32_t i);
int64_t column_integer_at(const struct column *c, uint32_t i);
uint8_t column_scale(const struct column *c);                       /* of COLUMN_NUMBER */
uint32_t column_texts(const struct column *c);                      /* size of the dictionary */
struct bytes column_text(const struct column *c, uint32_t code);    /* borrowed of the block */
/* How many items each event has, at most UINT16_MAX, and BLOCK_ITEMS_MAX all together; count entries. */
void block_item_counts(const struct block *b, uint32_t *out_counts);
