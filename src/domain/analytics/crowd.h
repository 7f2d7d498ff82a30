/* Crowds: people whom a question names by the tags and segments that they are in, as of its answer. Some are whom it is about; others it counts apart, by who is in
 * them or by the value that a tag has of each.
 *
 *   "segment": "vip", ["vip", "tag:level=gold"] (who is in all of them), {"all": […], "any": […], "none": […]}, whose parts may be such themselves
 *   "breakdown": "segment:vip" (true, false), "tag:level" (its values)
 *
 * Who is in what only the state knows: whoever asks takes the sets of the question's wants, on the engine's thread, at the position of the view that is read, and
 * what is needed of them is then worked out beside it (crowd_book_keep). */
#pragma once

#include "base/status.h"
#include "domain/column/column.h"
#include "lib/bitmap_expr.h"
#include "lib/json.h"

#define CROWD_WANTS_MAX 40u
#define CROWD_DEPTH_MAX 5u      /* of conditions within conditions: each is three operators at most */
#define CROWD_VALUES_MAX 1000u  /* of a tag by whose values people are counted apart */
#define CROWD_BOOK_BYTES_MAX ((size_t)512 << 20)

/* A tag or a segment: "segment:vip", "tag:level=gold", or "tag:level" for whoever has any value. */
struct crowd_want {
    struct bytes ref;
    bool by_value; /* people are counted apart by what it says of each; else only who is in it is asked */
};

/* Whom the question is about: who is in the set of a want, or what an operator says of others. */
struct crowd_term {
    enum bitmap_op op; /* BITMAP_SET: of `want` */
    uint32_t want;
    uint32_t count;
    const struct crowd_term **of;
};

struct crowd_wants {
    uint32_t count;
    struct crowd_want list[CROWD_WANTS_MAX];
    const struct crowd_term *about; /* NULL: everybody */
};

/* --- reading a question --- */

struct asked;
/* The member "segment", into the question's wants. INVALID, LIMIT. */
fallible asked_crowd(struct asked *a, struct err *e);
bool crowd_is_ref(struct bytes text); /* begins as a reference to a tag or segment does */
/* Its number among the wants. LIMIT: too many. */
fallible asked_crowd_lane(struct asked *a, struct json from, struct bytes ref, uint32_t *out_want, struct err *e);

/* --- what came of it --- */

struct crowd_book;
struct crowd_book *crowd_book_create(const struct crowd_wants *wants); /* which outlive it; NULL: they are none */
void crowd_book_destroy(struct crowd_book *b); /* holds no sets of the state any more, or the state is gone; NULL is fine */

/* Engine's thread. The set is the book's until it is dropped, frozen. `value`: what people in it have (packed, lib/value.h), of a want by value; it may have
 * CROWD_VALUES_MAX sets then, none of which have anybody in common. */
void crowd_book_take(struct crowd_book *b, uint32_t want, struct bytes value, struct bitmap *set);
/* What people have who are in none of the sets of a want by value. Empty: nothing. */
void crowd_book_otherwise(struct crowd_book *b, uint32_t want, struct bytes value);
void crowd_book_drop(struct crowd_book *b); /* all sets of the state, before anything is kept of them or after */

/* Any one thread, while the sets are there; afterwards none is needed. People are below `end`. O(sets x people / 65,536), a few microseconds each. LIMIT: over
 * CROWD_BOOK_BYTES_MAX. */
fallible crowd_book_keep(struct crowd_book *b, uint64_t end, struct err *e);
/* The state's memory is gone, and the sets with it. */
void crowd_book_forget(struct crowd_book *b);

/* --- once it is kept: any thread; of NULL everybody is in it --- */

bool crowd_book_narrows(const struct crowd_book *b); /* it says whom the question is about */
/* Takes out of the bits, one a local number of the chunk, who isn't asked about. */
void crowd_book_narrow(const struct crowd_book *b, uint32_t chunk, uint64_t io_bits[CHUNK_WORDS]);
/* Which value of the want each local number of the chunk has: places of crowd_book_value. Some microseconds for each value. */
void crowd_book_places(const struct crowd_book *b, uint32_t want, uint32_t chunk, uint16_t out_places[CHUNK_PEOPLE]);
uint32_t crowd_book_value_count(const struct crowd_book *b, uint32_t want); /* places are below it */
struct bytes crowd_book_value(const struct crowd_book *b, uint32_t want, uint32_t place); /* as a text; empty: nothing */
