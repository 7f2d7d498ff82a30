/* What looks wrong about orders that are taken all the same: a total that isn't what the lines come to, a number that stands under two shops. */
#pragma once

#include "lib/json.h"

struct doubts;

struct doubts *doubts_create(void);
void doubts_destroy(struct doubts *d); /* NULL is fine */

/* Why the order, as it is sent to the daemon, is doubtful: words for a person, in English (reasons.h), until the next call; NULL: it isn't, or it can't
 * be read, which the daemon says. 16.5 bytes an order; its sums are made only where it declares a total.
 * A number under two shops is told once. */
const char *doubt_of(struct doubts *d, struct json order);
/* The same of one that is known to declare no total. */
const char *doubt_of_shop(struct doubts *d, struct bytes shop, struct bytes number);
/* The same of one that the daemon has under another shop (elsewhere.h); NULL: its number was told already. */
const char *doubt_of_elsewhere(struct doubts *d, struct bytes shop, struct bytes number, struct bytes other);
