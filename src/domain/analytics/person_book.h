/* What a question needs to know of people beside their events: who there is, who isn't to be counted, traits as they were at some instants, tags and segments as
 * they are. Read by the edge on the engine's thread, a few people at a time, and immutable from then on (as thing_book.h is of things). */
#pragma once

#include "base/arena.h"
#include "domain/analytics/question.h"
#include "lib/value.h"

/* The last two are of a trait's value: which source said it, and when. */
enum person_fact {
    PERSON_TRAIT,
    PERSON_TAG,
    PERSON_SEGMENT,
    PERSON_TRAIT_SOURCE,
    PERSON_TRAIT_TIME,
    PERSON_FACT_COUNT
};
extern const char *const person_fact_names[PERSON_FACT_COUNT]; /* "trait", "tag", … */

#define PERSON_WANTS_MAX 24u
#define PERSON_CUTS_MAX 2u
#define PERSON_BOOK_BYTES_MAX ((size_t)512 << 20) /* whatever room there is */

struct person_want {
    enum person_fact of;
    struct bytes name; /* of the trait, tag or segment */
};
struct person_wants {
    uint32_t count;
    struct person_want list[PERSON_WANTS_MAX];
    uint32_t
        cut_count; /* instants as of which traits are wanted, ascending; tags and segments are as they are, whichever */
    int64_t cuts[PERSON_CUTS_MAX];
};

/* One thing known of one person. */
struct person_cell {
    float number;  /* NAN: it is none */
    uint32_t text; /* a code of person_book_text; CODE_NONE: it is none */
};

struct person_book;
struct person_room {
    uint32_t end;     /* numbers of people are below it */
    size_t bytes_max; /* that the book may take; at most PERSON_BOOK_BYTES_MAX in any case */
};
/* Takes 8 bytes a number, and 8 for each want and cut of who is entered. LIMIT: that may be more than there is room for. */
fallible person_book_create(const struct person_wants *wants, struct person_room room, struct person_book **out_book,
                            struct err *e);
void person_book_destroy(struct person_book *b); /* NULL is fine */

/* One thread. Each once, ascending. */
void person_book_enter(struct person_book *b, uint32_t person);
void person_book_leave_out(struct person_book *b); /* somebody who objects: is counted, and nowhere else */
/* Of who was entered last. A number, true and false (1 and 0), a time (its days since 1970) or a text; what else there is is nothing. */
void person_book_say(struct person_book *b, uint32_t want, uint32_t cut, const struct value *value);

/* As it was when it had so many, for whoever has to begin a few people again. */
void person_book_back(struct person_book *b, uint32_t count, uint32_t left_out);

/* Any thread, once all is said. */
uint32_t person_book_count(const struct person_book *b);
uint32_t person_book_left_out(const struct person_book *b);
uint32_t person_book_person(const struct person_book *b, uint32_t place); /* the number of the place-th, ascending */
#define PERSON_PLACE_NONE UINT32_MAX
uint32_t person_book_place(const struct person_book *b, uint32_t person); /* PERSON_PLACE_NONE: isn't there */
const struct person_cell *person_book_cells(const struct person_book *b, uint32_t place, uint32_t cut); /* by want */
struct bytes person_book_text(const struct person_book *b, uint32_t code);
uint32_t person_book_text_code(const struct person_book *b, struct bytes text); /* CODE_NONE: nobody has it */
uint32_t person_book_texts_end(const struct person_book *b);                    /* one past the largest code */
