/* What a question needs to know of things: attributes, and what they belong to, each with the times from which it held. Of all things of
 * the kinds that the question's paths name, in memory: read on the engine's thread, some at a time, and immutable from then on.
 *
 * An id of a reference, of a property or of an item stands for the thing of that kind without a namespace. */
#pragma once

#include "domain/analytics/filter.h"
#include "domain/thing/thing.h"

#define THINGS_A_BOOK_MAX 1000000u
#define THING_BOOK_BYTES_MAX ((size_t)256 << 20)

struct thing_book;
struct thing_book *thing_book_create(const struct thing_wants *wants); /* copies them; NULL: they are none */
void thing_book_destroy(struct thing_book *b);                         /* NULL is fine */

/* Whether the asker may see a thing; others are as if they weren't there. */
typedef bool (*thing_seen)(const void *context, const struct view *v, const struct thing_ref *ref);
/* Engine's thread: reads a few things more. May be called again for the same ones, while something is cold. NULL `seen`: all may be seen. */
void thing_book_look(struct thing_book *b, const struct view *v, thing_seen seen, const void *context);
/* Any thread, after each look: keeps what it read. *out_done: there is no more. LIMIT: more than a book holds. */
fallible thing_book_keep(struct thing_book *b, bool *out_done, struct err *e);

/* What held from an instant until the next one's: a packed value (lib/value.h). */
struct thing_stretch {
    int64_t from_us;
    struct bytes value; /* null: nothing */
};
struct thing_story {
    uint32_t count;
    const struct thing_stretch *stretches; /* ascending */
};
/* NULL: nothing is known of it. About 30 ns. */
const struct thing_story *thing_book_find(const struct thing_book *b, uint32_t want, struct bytes id);
bool thing_story_at(const struct thing_story *s, int64_t at_us,
                    struct value *out_value); /* false: it had no value then */

/* Gives the values one after the other: of a list each, of money its amount, else the value. Start with *io_at 0. */
bool thing_value_next(const struct value *v, uint32_t *io_at, struct value *out_one);
