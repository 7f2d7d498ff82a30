/* Private to identity: numbers of holders that nobody has any more, since who had them was erased.
 *
 * A number of a value is given once, since events that wait to be purged, orders and the lists of erasures name people by it. The
 * next holder's comes behind all that were ever given, and whoever looks for earlier holders steps over the vacant ones. A value of
 * which nobody was erased has no row.
 *
 * A row keeps 64 ranges apart. Of more the two lowest become one: who lives between them is found by their own entry of the index and
 * keeps what is theirs, but has no rank any more and is never the heir of the value. */
#pragma once

#include "domain/identity/desk.h"

extern const struct family vacant_family; /* plain key (16 bytes) -> ranges of numbers */

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
/* Whoever had this incarnation is erased. */
void holders_vacate(struct step *s, const struct incarnation *inc);
