/* Columns: events again, as questions read them. Every event that lies in a run is also in a column file of its month; the newest are columns
 * in memory. What a file says of people is as of a position; who was merged, split or erased since is told by the moves.
 *
 * docs/adr/0019, docs/formats/columns.md. */
#pragma once

#include "domain/column/block.h"
#include "domain/event/event.h"
#include "engine/domain.h"
#include "engine/work.h"

extern const struct domain column_domain;

/* The opened files of a workspace, and its newest events in columns: so that one question after another finds them ready. Thread-safe;
 * keeps at most `bytes_max` of what it may let go. It belongs to whoever asks questions, and is no state. */
struct column_shelf;
struct column_shelf *column_shelf_create(size_t bytes_max);
void column_shelf_destroy(struct column_shelf *s); /* no view is loaded any more; NULL is fine */
/* Lets go of what no view of now asks for: files that were given up, which take their room on the disk while they are mapped, and newest
 * events as they were before a purge. Loading a view does the same. false: an earlier view holds some of it still. Engine's thread. */
bool column_shelf_tidy(struct column_shelf *s, const struct view *v);
/* Whoever waits for what another view's loading makes looks whether they are cancelled: called behind cancelling (column_view_cancelled_by). Any thread. */
void column_shelf_wake(struct column_shelf *s);

/* All events as of one durable position: frozen, for any threads. */
struct column_view;
struct column_view *column_view_open(const struct view *v, const struct work_surroundings *around); /* engine's thread; cheap */
/* Before it is loaded: loading ends soon, with CANCELLED, when this becomes true, as it does when the process wants to end; where it waits for another view's, when the
 * shelf is woken then. Outlives the view. */
void column_view_cancelled_by(struct column_view *cv, const atomic_bool *is_cancelled);
/* Opens files and puts the newest events into columns; once, before any block is asked for, by one thread. CANCELLED, CORRUPT,
 * UNAVAILABLE as of event views, and while too many events wait to be made into files. Events in [from_us, until_us) are wanted. Costs
 * the opening of files that nobody asked of before, a microsecond for each event that came since the last question, and for who was merged or
 * parted since then a look at the blocks of their chunks. */
fallible column_view_load(struct column_view *cv, struct column_shelf *shelf, int64_t from_us, int64_t until_us, struct err *e);
/* Before it is loaded, if at all: puts the newest events into columns and tells what columns they have, each once or more often: names that
 * the registry of properties doesn't know before those events are in files. Failures as of column_view_load. */
typedef void (*column_seen)(void *context, const struct column_name *name);
fallible column_view_newest(struct column_view *cv, struct column_shelf *shelf, column_seen seen, void *context, struct err *e);
void column_view_close(struct column_view *cv); /* any thread; NULL is fine */

uint64_t column_view_position(const struct column_view *cv); /* everything before it is in the view */
uint32_t column_view_chunks(const struct column_view *cv);   /* chunks are below it */

/* The blocks of a chunk with events in [from_us, until_us), of one month after the other; within a month they may overlap in time,
 * and of blocks that do the order says nothing: rows are then put in order by (time, message, position). */
struct block_list {
    const struct block **blocks;
    const uint64_t **people; /* of each block: CHUNK_WORDS words with a bit for each number whose rows count; NULL: all rows do */
    uint32_t count;
    bool in_order; /* no two overlap in time, and they stand in its order: a person's events follow each other as they come */
};
/* Rows of people who moved are in blocks of their own, under their numbers of now; what their former numbers still have in other blocks doesn't count. */
fallible column_view_blocks(struct column_view *cv, uint32_t chunk, int64_t from_us, int64_t until_us, struct arena *arena,
                            struct block_list *out_list, struct err *e);

/* What is known of the properties of events: grows by itself as events are folded. Engine's thread. Names over so many bytes are in no
 * column. */
#define COLUMN_PROPERTY_BYTES_MAX 112u
struct property {
    uint16_t event;         /* NAME_EVENT */
    enum column_of of;
    enum column_kind kind;
    bool is_list;
    struct bytes name;
    uint64_t count;         /* of events that had it */
    int64_t first_us, last_us;
    struct bytes display, about; /* what an operator said; empty: nothing */
    bool is_forbidden;      /* not taken into columns from then on, and shown to nobody */
    bool is_personal;       /* masked for tokens that may not see personal data */
};
/* What is said of an object counts for what is in it: the sizes of the names around "address.city", the first one ("address") of `size` 0, up
 * to its own; 0: no more. */
size_t property_around(struct bytes name, size_t size);
/* The next property in the order of (event, of, name, kind): behind `after` (NULL: the first). false: no more. */
bool property_next(const struct view *v, const struct property *after, struct property *out_property);

/* What an operator says of a property of one event, or of all of them; it replaces what was said of the same before. An event's own word
 * counts before that for all; what either forbids is forbidden, and what either says is personal is. */
struct property_words {
    uint16_t event;      /* NAME_EVENT; 0: of all events */
    enum column_of of;   /* COLUMN_PROPERTY, COLUMN_ITEM */
    struct bytes name;
    struct bytes display, about; /* at most PROPERTY_DISPLAY_BYTES_MAX and PROPERTY_ABOUT_BYTES_MAX */
    bool is_forbidden, is_personal;
};
#define PROPERTY_DISPLAY_BYTES_MAX 200u
#define PROPERTY_ABOUT_BYTES_MAX 1000u
/* What was said, in the order of (event, of, name): behind `after` (NULL: the first). false: no more. */
bool property_words_next(const struct view *v, const struct property_words *after, struct property_words *out_words);
/* As thing_kinds_sum: of which properties there are, however many events have them, and of what was said of them. */
struct hash128 properties_sum(const struct view *v);
enum { COMMAND_COLUMN_PROPERTY = 0x0F05 };
#define PROPERTY_WORDS_BYTES_MAX 2048u /* packed */
void property_words_pack(struct buf *b, const struct property_words *words);

uint64_t column_folded_until(const struct view *v); /* events before it are in column files */
uint64_t column_purged_until(const struct view *v); /* of erasures before it no file in force has anything */
bool column_purge_is_swept(const struct view *v);   /* files that were purged are removed */
