/* The tags and segments that a question names (domain/analytics/crowd.h), as its asker sees them. */
#pragma once

#include "domain/analytics/analytics.h"
#include "edge/route.h"

/* Engine's thread: takes the sets of the wants into the book, which holds none yet. When it fails, it holds none. INVALID: there is none of that name that the token
 * sees, it isn't in force yet, or has no such value. LIMIT: too many values. */
fallible crowds_take(const struct request *r, const struct view *v, const struct crowd_wants *wants, struct crowd_book *book,
                     struct err *e);
