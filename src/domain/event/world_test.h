/* A world for tests of events: the real engine on a simulated disk, with a collect and an identity that do as they are told.
 * The person is in the identifier's key, the event's number in the actor's id, an event marked as import is refused. */
#pragma once

#include "domain/event/run.h"
#include "engine/work.h"
#include "testing/plant.h"

struct wish {
    uint32_t person, event;
    int64_t event_us;
    struct hash128 message;
    size_t bytes; /* of properties, about */
    bool refused;
};

struct world {
    struct plant plant;
    atomic_bool stop;
    struct work_surroundings around;
    struct stored_event *events; /* all that were accepted, in the order of the log */
    size_t count, room;
    uint64_t purged; /* taken out of them: of whoever was erased */
};

#define WORLD_BRANDS 4u
/* Of which brand an event is; 0: of none. */
static inline uint16_t world_brand(uint32_t person, uint32_t event)
{
    return (uint16_t)((person + event) % WORLD_BRANDS);
}

extern const struct erasure *world_erasure; /* who was erased; NULL: nobody */

struct world *world_open(struct t *t);
void world_close(struct world *w);
void world_crash(struct world *w); /* power goes and comes back */
void world_send(struct world *w, const struct wish *wishes, size_t count); /* as one group */
void world_settle(struct world *w); /* rounds until no work is wanted */
struct event_view *world_view(struct world *w);

/* Scans and compares with the list: what is asked for of the events that the view has, at most `limit`. */
void world_compare(struct world *w, struct event_view *ev, const struct event_people *asked, size_t limit);
void world_compare_all(struct world *w, struct event_view *ev);
/* Those between two positions; and where parts of the tail end. */
void world_compare_between(struct world *w, struct event_view *ev);
/* Some of them, by their positions. */
void world_compare_sought(struct world *w, struct event_view *ev);
/* Those behind any one of them, up to any other one, in the order of the log; perhaps of one brand alone. */
void world_compare_log(struct world *w, struct event_view *ev);
/* The same, but gives the scan's failure back. */
fallible world_scan(struct world *w, struct event_view *ev, const struct event_people *asked, size_t limit, struct err *e);
