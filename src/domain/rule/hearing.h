/* Private to rule: a hearing: what rules hear of events of one name. It has the features that gather them, what these test of an event, and whom they are
 * read by, laid out in one piece, so that an event finds it in the cache or has it fetched at once; what evaluating the rules reads is fetched while series are written.
 *
 * A condition that several features have is tested once an event. Made of a book, and of no use once a rule of one of its features came or went (book.c). Engine's thread. */
#pragma once

#include "domain/rule/book.h"

/* `event` of NAME_EVENT; compiles the conditions of all that gather it, some 10 us each. NULL: nothing does. */
struct hearing *hearing_create(const struct book *b, uint32_t event);
void hearing_destroy(struct hearing *h); /* NULL is fine */
size_t hearing_bytes(const struct hearing *h);

/* What an event adds, by slot, and the rules that are to be looked at, ascending; in the arena. */
struct heard {
    size_t count;
    struct slot_entries *list;
    struct book_list rules;
};
/* Whatever its time is: nothing is known of things. */
void hearing_match(const struct hearing *h, const struct arrived *arrived, const struct civil *civil, struct arena *a,
                   struct heard *out);
/* What evaluating these rules reads is on its way then. */
void hearing_fetch(const struct hearing *h, struct book_list rules);
