/* Who owns the events of people that were parted: a row doesn't say, the runs and the log do. */
#pragma once

#include "domain/column/file.h"
#include "domain/column/moves.h"

struct owner_book;
/* Reads all events under the numbers that `moves_stored` names; 24 bytes of memory an event. Errors as of event_scan_people. */
fallible owner_book_make(struct event_view *events, const struct moves *m, struct owner_book **out_book, struct err *e);
void owner_book_destroy(struct owner_book *b); /* NULL is fine */
/* false: there is no such event any more. */
bool owner_book_find(const struct owner_book *b, uint64_t position, struct hash128 *out_owner);

/* Whose a row is now, which is settled up to `since`: as moves_follow, with the event's owner where it takes one. */
uint32_t row_living(const struct moves *m, const struct owner_book *b, const struct column_row *row, uint64_t since);
