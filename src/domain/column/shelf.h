/* The shelf: what views of columns have opened or made, kept for the next one. Each thing has a name that says all that it was made of, so
 * that one of that name is the same for every view; whoever asks first makes it, outside of the lock, while others who ask for it wait.
 *
 * What nobody holds is let go of when there is no room, by how long ago it was held, and when views of now have no use for it. What counts is
 * memory; the pages of a map are the system's, which drops them by itself. */
#pragma once

#include "domain/column/batches.h"
#include "domain/column/column.h"
#include "domain/column/moves.h"

#define SHELF_NAME_BYTES 128u

/* A thing on the shelf: column files that belong together, none where nothing is left; or moves. Immutable, and there while it is held. */
struct held;
size_t held_count(const struct held *h);
struct column_file *held_file(const struct held *h, size_t i);
const struct moves *held_moves(const struct held *h); /* asserted: it is moves */

/* Makes it: sets one of the three. */
struct making {
    struct column_file *file;
    struct batches *batches;
    struct moves *moves;
};
typedef struct status (*shelf_make)(void *context, struct making *out_made, struct err *e);
/* What is asked for, how it is made, and on whose behalf: for nobody any more as of work_look. */
struct shelf_ask {
    const char *name;
    shelf_make make;
    void *context;
    const struct work_surroundings *around;
    const atomic_bool *is_cancelled; /* NULL: nobody cancels it */
};
/* Whoever takes it releases it. A failure of `make` is the failure of all who wait for it, but for CANCELLED, which is its maker's own: then the next of
 * them makes it. Who waits for another's making is CANCELLED by themselves alone, at once when the shelf is woken (column_shelf_wake). */
fallible shelf_take(struct column_shelf *s, const struct shelf_ask *ask, struct held **out_held, struct err *e);
/* One that is there and whose name fits; as shelf_take. NULL: there is none. */
typedef bool (*shelf_fits)(const void *context, const char *name);
struct held *shelf_find(struct column_shelf *s, shelf_fits fits, const void *context);
const char *held_name(const struct held *h);
/* Lets go of what doesn't stay, whatever room there is. false: somebody holds some of it still. */
bool shelf_tidy(struct column_shelf *s, shelf_fits stays, const void *context);
void shelf_release(struct column_shelf *s, struct held *h);
