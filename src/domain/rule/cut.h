/* A person as of an earlier cut, as far as it is kept.
 *
 * An *instant* asks what was true then by all that is known now: events up to it count, however late they came. A *position* asks what Kith said then: only what the
 * log had before it counts, at the instant that goes with it. Either way the person is who they are now, with all that was merged into them since.
 *
 * Traits, relations, consents, identifiers, lists and things behind relations are read as of the instant out of their histories, which are bounded, and know no position;
 * orders that had begun, and features of events that ask for attributes of things, are as they are kept now. */
#pragma once

#include "domain/event/event.h"

struct rule_cut {
    int64_t instant_us; /* INT64_MAX: now, as the rule says it; or of a position yet to be found */
    uint64_t position;  /* events from it on don't count; UINT64_MAX: all count */
};
static inline bool cut_is_now(const struct rule_cut *m)
{
    return m->instant_us == INT64_MAX && m->position == UINT64_MAX;
}
/* The instant of a position: when the last event before it came. Of others nothing is done. Beside the engine; opens the runs that may have the newest of those.
 * NOT_FOUND: no event from before it is kept. */
fallible cut_settle(struct rule_cut *io_cut, struct event_view *events, struct err *e);
static inline bool cut_takes(const struct rule_cut *m, const struct event_seen *event)
{
    return event->event_us <= m->instant_us && event->note.position < m->position;
}

/* Of what a rule reads what isn't as of the cut, or of a position isn't wholly: of histories late words count too. A set of 1 << enum cut_part. */
enum cut_part {
    CUT_TRAITS,
    CUT_IDENTIFIERS,
    CUT_RELATIONS,
    CUT_CONSENTS,
    CUT_LISTS,
    CUT_ORDERS,
    CUT_THINGS,
    CUT_PART_COUNT
};
extern const char *const cut_part_names[CUT_PART_COUNT]; /* "traits", … */
struct program;
uint32_t cut_unkept(const struct program *p, const struct rule_cut *m);
