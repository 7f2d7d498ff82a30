/* What has arrived since an earlier answer: of the events that a question is asked over those whose log position isn't before the one that the earlier answer stood
 * on, told by when they happened. So it is seen why a figure of days that are over has moved. Private to analytics.
 *
 * A thread counts what it gathers, and all are added up. Who was merged, parted or erased since moves figures too, and is no event. */
#pragma once

#include "domain/analytics/units.h"

struct arrivals {
    const struct question *question;
    struct units units;      /* of the question's range: days; where these are too many months; none where these are, too */
    uint64_t events;         /* all of them */
    uint64_t before, behind; /* beside the range, where the question looks there too */
    uint64_t *by_unit;
};
/* Of nothing yet, in the arena; NULL: the question doesn't ask. */
struct arrivals *arrivals_create(const struct question *q, struct arena *arena);
void arrivals_clear(struct arrivals *a); /* NULL is fine */
void arrivals_note(struct arrivals *a, int64_t time_us);
/* Of one question; either both are NULL or neither. */
void arrivals_add(struct arrivals *a, const struct arrivals *more);
/* "arrived": {"since", "events", "before", "behind", "units": [{"unit", "events"}]} into an open object, of units those that have any; nothing of NULL. */
void arrivals_print(const struct arrivals *a, struct json_writer *w);
