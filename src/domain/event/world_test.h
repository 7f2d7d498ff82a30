/* A world for tests of events: the real engine on a simulated disk, with a collect and an identity that do as they are told.
 * The person is in the identifier's key, the event's number in the actor's id, an event marked as import is refused. */
#pragma once

#include "domain/event/run.h"
#include "engine/engine.h"
#include "testing/test.h"

struct wish {
    uint32_t person, event;
    int64_t event_us;
    struct hash128 message;
    size_t bytes; /* of properties, about */
    bool refused;
};

struct world {
    struct t *t;
    struct disk *disk;
    struct cold *cold;
    struct registry *registry;
    struct engine_options options;
    struct engine *engine;
    int64_t now_us;
    atomic_bool stop;
    struct work_surroundings around;
    struct stored_event *events; /* all that were accepted, in the order of the log */
    size_t count, room;
};

struct world *world_open(struct t *t);
void world_close(struct world *w);
void world_crash(struct world *w); /* power goes and comes back */
void world_send(struct world *w, const struct wish *wishes, size_t count); /* as one group */
void world_set(struct world *w, const char *setting, int64_t value);
fallible world_house(struct world *w, int64_t wait_us, struct err *e); /* time passes, then one round */
void world_settle(struct world *w); /* rounds until no work is wanted */
void world_checkpoint(struct world *w);
void world_read(struct world *w, engine_reader read, void *context);
struct event_view *world_view(struct world *w);
uint64_t world_digest_low(struct world *w);

/* Scans and compares with the list: events of `numbers` among the first `count` of the world, at most `limit`. */
void world_compare(struct world *w, struct event_view *ev, const uint32_t *numbers, size_t number_count, size_t limit);
void world_compare_all(struct world *w, struct event_view *ev);
/* The same, but gives the scan's failure back. */
fallible world_scan(struct world *w, struct event_view *ev, const uint32_t *numbers, size_t number_count, size_t limit, struct err *e);
