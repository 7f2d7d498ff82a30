/* Events on their way out that wait to be told whose they are: a few at a time are looked up on the engine's thread. */
#pragma once

#include "domain/event/event.h"
#include "edge/route.h"

#define EXPORT_HELD_MAX 64u /* so that what they touch stays within what a reader may */

struct export_held {
    uint64_t position;
    struct hash128 owner;
    size_t begin, size;    /* of the packed envelope */
    bool has_person;       /* somebody whom the token sees */
    struct hash128 person; /* a public id */
};

struct export_holders {
    size_t count;
    struct export_held held[EXPORT_HELD_MAX];
    struct buf packed; /* the caller's to begin and to end */
};
/* There must be room; the envelope is copied. */
void export_holders_add(struct export_holders *h, const struct event_seen *event);
/* Who each is of now, as far as the token sees them. On the engine's thread; may run again when something was cold. */
void export_holders_look(struct export_holders *h, const struct view *v, const struct token *t);
struct bytes export_holders_packed(const struct export_holders *h, size_t at); /* borrowed until the next is added */
void export_holders_clear(struct export_holders *h);
