/* What questions need to know of people beside their events (domain/analytics/person_book.h), read on the engine's thread a few people at a time, as far as the
 * asker sees them. Who has withdrawn the consent to PURPOSE_PROFILING is left out: nobody who objects is judged by a program (PIPL article 24). */
#pragma once

#include <stdatomic.h>

#include "domain/analytics/analytics.h"
#include "edge/route.h"

#define PURPOSE_PROFILING "profiling"

struct person_facts_ask {
    const struct request *look; /* with a token */
    const struct person_wants *wants;
    const uint32_t *people; /* only these, ascending; NULL: everybody */
    size_t people_count;
    size_t bytes_max;           /* that the book may take */
    const atomic_bool *is_over; /* becomes true when nobody wants it any more */
};
/* On a thread that may wait; the book is the caller's. INVALID: no such trait, tag or segment, with the nearest there is; a trait that the asker sees masked; a tag or
 * segment that isn't in force yet. LIMIT: person_book_create's. CANCELLED. A look on the engine's thread for each PERSON_FACTS_A_READ people; cold ones come from the
 * disk. */
#define PERSON_FACTS_A_READ 64u
fallible person_facts_take(const struct person_facts_ask *ask, struct person_book **out_book, struct err *e);
