/* Private to identity: numbers of holders that nobody has any more, since who had them was erased.
 *
 * A number of a value is given once, since events that wait to be purged, orders and the lists of erasures name people by it. The
 * next holder's comes behind all that were ever given, and whoever looks for earlier holders steps over the vacant ones. A value of
 * which nobody was erased has no row.
 *
 * It also keeps until when those who were erased had the value: until it was passed on, or until the erasure. What was said of the value
 * before may mean one of them, and so leads to nobody.
 *
 * A row keeps 64 ranges apart. Of more the two lowest become one: who lives between them is found by their own entry of the index and
 * keeps what is theirs, but has no rank any more and is never the heir of the value. */
#pragma once

#include "domain/identity/desk.h"

extern const struct family vacant_family; /* plain key (16 bytes) -> until when, and ranges of numbers */

/* The number of the next holder; `newest`: that of the newest there is, 0: nobody has the value. One look-up, as are the others. */
uint32_t holder_next(const struct view *v, struct hash128 plain, uint32_t newest);
/* The nearest number below `holder` that isn't vacant; 0: there is none. */
uint32_t holder_before(const struct view *v, struct hash128 plain, uint32_t holder);
/* The how-manieth of those who were not erased, from 1: what its number is where nobody has heard of these. 0: it is vacant, or lies
 * between ranges that became one. */
uint32_t holder_rank(const struct view *v, struct hash128 plain, uint32_t holder);
/* The other way round; whether anybody ever had that number is not known here. 0: nobody has this rank. */
uint32_t holder_of_rank(const struct view *v, struct hash128 plain, uint32_t rank);
bool holder_is_vacant(const struct view *v, struct hash128 plain, uint32_t holder);
/* Until when any who was erased had the value, UTC microseconds; INT64_MIN: nobody was. */
int64_t holders_vacant_until(const struct view *v, struct hash128 plain);
/* Whoever had this incarnation is erased, now. */
void holders_vacate(struct step *s, const struct incarnation *inc);
