/* Who owns the events of people that were parted: a row doesn't say, the runs and the log do. */
#pragma once

#include "domain/column/file.h"
#include "domain/column/moves.h"

/* Empty until it is asked for first; one thread. */
struct owner_book;
struct owner_book *owner_book_create(struct event_view *events, const struct moves *m); /* both outlive it */
void owner_book_destroy(struct owner_book *b); /* NULL is fine */

/* Whose a row is now, which is settled up to `since`: as moves_follow, with the event's owner where it takes one. PERSON_GONE also when
 * there is no such event any more. The first row that takes an owner reads all events under the numbers that `moves_stored` names, into 24 bytes of
 * memory an event: errors as of event_scan_people. */
fallible row_living(struct owner_book *b, const struct column_row *row, uint64_t since, uint32_t *out_person, struct err *e);
