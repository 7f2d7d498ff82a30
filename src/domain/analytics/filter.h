/* Conditions on one event, and values of one: the property part of the expression language (docs/guide/expressions.md), run over blocks.
 *
 *   channel = 'mini_program' and amount between 100 and 500
 *   item.category in ('裙装', '上衣') or page contains '双11'
 *   store.region = '华东'            attributes of the thing that a reference names, as of the event's time
 *   time.hour >= 20                what clocks showed at the event's time
 *   coupon is known, not (brand = 'a'), name starts 'x', sku matches '^A[0-9]+$'
 *
 * A name is a field of the event (channel, store, …), else a property; `properties.x`, `item.x` and `fields.x` say which. A comparison with what
 * is absent is false, and so is its opposite: but for `is known` and `is unknown`. Of items and lists a condition holds when it holds of any. */
#pragma once

#include "base/arena.h"
#include "base/status.h"
#include "domain/column/column.h"
#include "lib/civil.h"
#include "lib/json.h"

struct filter;
struct path;

/* What an asker who may not see personal data in full isn't to see, beside what operators said to be personal: by how it is called, and by
 * what it looks like. Any thread. */
struct veil {
    bool (*hides_name)(struct bytes name);                  /* of a property or of an item's, as "address.city" */
    bool (*masks_text)(struct bytes text, struct buf *out); /* false: it may be shown as it is; else what is shown, at most VEILED_BYTES_MAX */
};
#define VEILED_BYTES_MAX 512u

/* What names may be looked up in: of events, properties and things. Immutable; made on the engine's thread, from the view. */
struct name_book;
/* What is forbidden isn't there for anybody. `veil` outlives the book; NULL: the asker sees personal data in full. */
struct name_book *name_book_of_view(const struct view *v, const struct veil *veil);
void name_book_destroy(struct name_book *b); /* nothing that was read with it is used any more; NULL is fine */

/* What a path wants of the things that events refer to: an attribute of theirs ("store.city"), or which thing of a kind they belong to
 * ("store.region", "item.sku.category"), each as of the event's time. */
#define THING_WANTS_MAX 16u
struct thing_wants {
    uint32_t count;
    struct thing_want {
        struct bytes kind, member;
        bool is_ancestor;
    } list[THING_WANTS_MAX];
};

/* What conditions are read with. */
struct path_pool;
struct filter_reader {
    struct arena *arena;           /* of what comes out */
    /* Outlives it. NULL: any name is a property of each event that has it, else what it says of a thing, and events are called what they came as;
     * what is read so is for single events alone (filter_event.h). */
    const struct name_book *names;
    const struct civil *civil;     /* of dates that say no zone; NULL: UTC */
    struct thing_wants *wants;     /* where paths to things are noted; NULL: they are refused */
    bool takes_new;                /* a name that nobody knows is a property that nobody sent yet, unless it is hidden */
    struct path_pool *pool;        /* of filter_event.h: where paths that are read alike become one; NULL: each is its own */
};
/* INVALID: with the place in the text (characters, from 1), what was expected there, the nearest name. The text is copied. */
fallible filter_read(const struct filter_reader *r, struct bytes text, const struct filter **out_filter, struct err *e);
fallible filter_read_json(const struct filter_reader *r, struct json tree, const struct filter **out_filter, struct err *e);
/* Of a tree of the property part (lib/expr.h), which is borrowed. */
struct expr;
fallible filter_of(const struct filter_reader *r, const struct expr *tree, const struct filter **out_filter, struct err *e);
/* Of a name that was read already, with its prefix. */
fallible path_of(const struct filter_reader *r, struct bytes name, const struct path **out_path, struct err *e);
fallible path_read(const struct filter_reader *r, struct bytes text, const struct path **out_path, struct err *e);
/* What a name stands for is another value in another zone. */
bool name_reads_clock(struct bytes name);

/* Both, either; NULL: no condition. */
const struct filter *filter_all(struct arena *arena, const struct filter *a, const struct filter *b);
const struct filter *filter_either(struct arena *arena, const struct filter *a, const struct filter *b);
/* The event is one of these numbers (NAME_EVENT); of none: no condition. */
const struct filter *filter_events(struct arena *arena, const uint16_t *events, uint32_t count);
/* The field is unknown or one of these values: what an asker may see. */
const struct filter *filter_unknown_or_in(struct arena *arena, const char *field, const struct bytes *values, uint32_t count);

/* Scratch of one thread; grows to the largest block. */
struct block_scratch;
struct thing_book; /* thing_book.h */
struct effort;
/* `things` of the conditions that will be run, and whose clocks they read; NULL: they name none. All are borrowed. Conditions with patterns, which may take long, are given up when
 * the effort is over. */
struct block_scratch *block_scratch_create(const struct thing_book *things, const struct civil *civil, const struct effort *effort);
void block_scratch_destroy(struct block_scratch *s);
void block_scratch_open(struct block_scratch *s, const struct block *b); /* what was decoded of another block is forgotten */

/* Whether the block says of each of its events what the event itself does (filter_holds, filter_event.h), as far as that isn't seen without looking at values: no
 * text may have been cut, no column left out, and no number has become a double. NULL: any block may, as the condition stands. Not looked at: events with over 8,192 values. */
bool filter_is_alike(const struct filter *f, const struct block *b);
/* Takes out of the bits (block_count of them) those of events for which the filter doesn't hold. NULL filter: none. */
void filter_run(const struct filter *f, struct block_scratch *s, uint64_t *io_bits);

/* What the events of a block say under a path, for who adds it up: at most one value each. */
#define PATH_CELL_TEXT_BYTES_MAX (COLUMN_TEXT_BYTES_MAX - 4u) /* a longer text may have been cut, at a character */
struct path_cells {
    uint32_t count;
    struct {
        const struct column *column;
        enum column_kind kind;
        const uint64_t *presence;
        const uint32_t *ranks;
    } list[COLUMN_KIND_COUNT];
};
/* Whether these are the values that the events themselves have, but for cut texts: of no item, no list, no thing, and of no number that has become a double. NULL: any
 * block may. */
bool path_is_alike(const struct path *p, const struct block *b);
/* Of a block that is alike, and open in the scratch; until the next one is. */
void path_cells_open(const struct path *p, struct block_scratch *s, struct path_cells *out_cells);
/* The event's value; a text is borrowed of the block. false: it has none. Some ten nanoseconds. */
struct value;
bool path_cell(const struct path_cells *c, uint32_t event, struct value *out_value);
