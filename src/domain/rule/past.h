/* Private to rule: what happened before there was a rule, and what happened to people who were found to be several. Both are read in the background, as
 * features see it. What is found in envelopes is told by the owner of its events, what is found in columns by the number that its person had when they were
 * looked at: so it goes to whoever has the owner, or whoever the number has become, when it is installed. */
#pragma once

#include "domain/event/event.h"
#include "domain/rule/book.h"
#include "engine/work.h"

/* --- features, as a thread without rows reads them --- */

struct past_feature {
    uint32_t slot, brand;
    uint64_t since;
    struct bytes brand_name; /* of `brand` */
    const struct feature *feature;
    const struct matcher *matcher;
    const struct past_columns *columns; /* past_columns.h; NULL: envelopes are to be asked */
    int64_t told_until_us; /* of events up to it columns have told all; INT64_MIN: of none */
};
/* All that is wanted, compiled by itself: the book's own may be gone before the work is. */
struct past {
    struct arena *arena;
    struct civil *civil;
    struct name_book *names; /* conditions on columns were read with it */
    uint32_t count, room;
    struct past_feature *features; /* by slot */
    uint32_t *starts;              /* of `heard`, by NAME_EVENT; EVENT_NAMES + 1 */
    uint32_t *heard;               /* places of features */
    uint32_t all_count, all_room;
    uint32_t *all; /* places of those that hear every event */
};
/* Features of events with `from` <= since < until; `whole_too`: also those of which nothing is missing; of `rule` alone, unless it is RULE_NONE. Engine's thread;
 * compiles each rule that has one. */
struct past_ask {
    uint64_t from, until;
    bool whole_too;
    uint32_t rule;
    const struct book_feature *tried; /* by slot; nothing but these, which no rule has and which outlive the reading. NULL: those of the book */
    uint32_t tried_count;
};
struct past *past_create(const struct view *v, const struct book *b, const struct past_ask *ask);
void past_destroy(struct past *p);                                         /* NULL is fine */
const struct past_feature *past_find(const struct past *p, uint32_t slot); /* NULL: it isn't wanted */

void past_told(struct past *p, int64_t until_us);  /* columns have told what they can of events up to then */
bool past_is_asked(const struct past *p);          /* something of before isn't told yet */

/* How much of the reading is done, of RULE_PROGRESS_WHOLE, of which [from, until) is this part of it. One thread at a time says it, any may look. */
struct past_progress {
    atomic_uint *share;
    uint32_t from, until;
};
void past_progress_say(const struct past_progress *p, uint64_t read, uint64_t all);

/* What the event adds to each feature of which it wasn't told yet, one call for each that it adds anything to; false: stop. CORRUPT: it isn't an event. */
typedef bool (*past_each)(void *context, const struct past_feature *f, const struct envelope *e,
                          const struct series_entry *entries, size_t count);
fallible past_event(const struct past *p, const struct event_seen *seen, struct arena *scratch, past_each each,
                    void *context, struct err *e);

/* --- the order of what was read --- */

struct past_place {
    uint32_t person;      /* PERSON_NONE: it is told by the owner */
    struct hash128 owner; /* of events; of a person none */
    uint32_t slot;
};
bool past_place_same(const struct past_place *x, const struct past_place *y); /* of one person or owner */

/* A feature of a person or an owner. What is dated ahead of the log's time stands by itself. */
struct past_ahead {
    int64_t event_us;
    struct hash128 message;
    size_t count;
    const struct series_entry *entries;
};
struct past_item {
    struct past_place place;
    struct bytes series; /* none: all of it is ahead */
    size_t ahead_count;
    const struct past_ahead *ahead;
};
void past_item_pack(const struct past_item *item, struct buf *b);
bool past_item_unpack(struct unpack *u, struct arena *a,
                      struct past_item *out_item); /* false: nothing is left, or it is bad */

#define PAST_FOLDER "rules" /* of the workspace's disk: nothing in it is state */
/* Entries that were read, put together by owner and slot in the background with little memory. */
struct past_heap;
struct past_heap *past_heap_create(struct disk *disk, const char *path);
void past_heap_destroy(struct past_heap *h); /* NULL is fine */
fallible past_heap_add(struct past_heap *h, struct hash128 owner, const struct past_feature *f,
                       const struct envelope *event, const struct series_entry *entries, size_t count, struct err *e);
/* Items in order, each once; what they have is the callee's for the call. Entries after `ahead_us` stand by themselves. */
struct past_heap_read {
    const struct past *past;
    int64_t ahead_us;
    fallible (*each)(void *context, const struct past_item *item, struct err *e);
    void *context;
};
fallible past_heap_read(struct past_heap *h, const struct past_heap_read *read, struct err *e);
