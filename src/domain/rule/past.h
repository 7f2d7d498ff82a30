/* Private to rule: what happened before there was a rule, and what happened to people who were found to be several. Both are read in the background, as
 * features see it, by owner: what is found is told by the owner of its events, so it goes to whoever has the owner when it is installed. */
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
};
/* All that is wanted, compiled by itself: the book's own may be gone before the work is. */
struct past {
    struct arena *arena;
    struct civil *civil;
    uint32_t count, room;
    struct past_feature *features; /* by slot */
    uint32_t *starts;              /* of `heard`, by NAME_EVENT; EVENT_NAMES + 1 */
    uint32_t *heard;               /* places of features */
    uint32_t all_count, all_room;
    uint32_t *all; /* places of those that hear every event */
};
/* Features of events with `from` <= since < until; `whole_too`: also those of which nothing is missing. Engine's thread; compiles each rule that has one. */
struct past_ask {
    uint64_t from, until;
    bool whole_too;
};
struct past *past_create(const struct view *v, const struct book *b, const struct past_ask *ask);
void past_destroy(struct past *p);                                         /* NULL is fine */
const struct past_feature *past_find(const struct past *p, uint32_t slot); /* NULL: it isn't wanted */

/* What the event adds to each feature, one call for each that it adds anything to; false: stop. CORRUPT: it isn't an event. */
typedef bool (*past_each)(void *context, const struct past_feature *f, const struct envelope *e,
                          const struct series_entry *entries, size_t count);
fallible past_event(const struct past *p, const struct event_seen *seen, struct arena *scratch, past_each each,
                    void *context, struct err *e);

/* --- the order of what was read --- */

struct past_place {
    struct hash128 owner;
    uint32_t slot;
};
int past_place_compare(const struct past_place *x, const struct past_place *y);

/* A feature of an owner. What is dated ahead of the log's time stands by itself. */
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
