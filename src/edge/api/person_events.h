/* A person's events, read beside the engine as a token sees them. */
#pragma once

#include "domain/event/event.h"
#include "edge/route.h"
#include "edge/scope.h"

struct person_events {
    struct event_view *view; /* NULL: nothing was prepared */
    uint32_t *numbers;       /* under which they may be stored */
    size_t number_count;
    struct hash128 *owners;
    size_t owner_count;
    struct brands_seen brands;
    struct erased erased; /* whom an event may still name, or be of */
};
/* On the engine's thread, of zeroes or of what was prepared before (a reader may run twice); all lies in the request's arena but what person_events_forget gives back. */
void person_events_prepare(struct request *r, const struct view *v, uint32_t person, struct person_events *p);
void person_events_forget(struct person_events *p); /* any thread; zeroes are fine */
/* All that may be theirs and aren't later than latest_us, newest first, on one thread. */
fallible person_events_scan(struct person_events *p, int64_t latest_us, event_each each, void *context, struct err *e);
/* After a split an event may lie under this number and be somebody else's: its owner says whose it is. */
bool person_events_own(const struct person_events *p, struct hash128 owner);
/* What is left of an event when who was erased is taken out of it, borrowed from it; false: nothing is. */
bool person_events_read(const struct person_events *p, const struct event_seen *event, struct envelope *out_envelope);
bool person_events_shown(const struct person_events *p, const struct request *r, const struct envelope *envelope);
