/* A world for tests of columns: the real engine with all that says who an event is of, on a simulated disk, and what a plain list of all
 * events says there should be. */
#pragma once

#include "domain/column/column.h"
#include "domain/column/file.h"
#include "domain/people/people.h"
#include "testing/plant.h"

/* An event as a row should have it. `text` is all its cells, a line each, sorted. */
struct expected {
    uint32_t person;
    uint16_t event;
    int64_t time_us;
    uint32_t message;
    uint64_t position;
    struct bytes text;
};
struct expected_list {
    struct expected *list; /* in the order of rows */
    size_t count, room;
};

struct columns_world {
    struct plant plant;
    atomic_bool stop;
    struct work_surroundings around;
    struct column_shelf *shelf;
    struct arena *scratch; /* of one event */
    uint64_t messages;
};

#define WORLD_SECRET UINT64_C(0x5ec7e7)
#define WORLD_BANNED "banned" /* a property that isn't compared: it may be forbidden or not */

struct columns_world *columns_open(struct t *t);
void columns_close(struct columns_world *w);
void columns_crash(struct columns_world *w); /* power goes and comes back */
struct envelope_id columns_id(struct columns_world *w, uint32_t number); /* of a user, a phone, a device in turn */

/* Sends an event of these identifiers, with properties of all kinds by chance; refused is fine. */
void columns_event(struct columns_world *w, const uint32_t *ids, size_t count, int64_t event_us);
void columns_act(struct columns_world *w, uint32_t command, const uint32_t *ids, size_t count); /* refused is fine */
/* Whoever has it; false: nobody. What passed from one holder to another gets a new value: the next holder of the old one would get the key of
 * an earlier one. */
bool columns_erase(struct columns_world *w, uint32_t id);
void columns_ban(struct columns_world *w, const char *name, bool is_forbidden);

/* A view, and what it should show; the list is made out of all events, and of whom identity says they are. */
struct column_view *columns_view(struct columns_world *w, struct expected_list *out_want);
/* Loads the view and compares the events in [from_us, until_us). */
fallible columns_compare(struct columns_world *w, struct column_view *cv, const struct expected_list *want, int64_t from_us, int64_t until_us,
                         struct err *e);
void columns_check(struct columns_world *w); /* a view of now, of all time */
