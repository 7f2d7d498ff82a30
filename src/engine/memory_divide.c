/* The host's budget of memory, divided among the workspaces that are awake. On the engine's thread. */
#include <stdlib.h>

#include "engine/host_priv.h"

/* Those that are awake, and the one that is about to be (NULL: none). Returns how many. */
static size_t portions_gather(struct host *h, const struct workspace *waking, bool *out_any_asleep)
{
    size_t count = 0;
    *out_any_asleep = false;
    for (struct workspace *w = host_workspaces(h); w != NULL; w = w->next) {
        if (w->engine == NULL && w != waking) {
            *out_any_asleep = true;
            continue;
        }
        if (count == h->portion_room) {
            h->portion_room = h->portion_room == 0 ? 8 : h->portion_room * 2;
            h->portions = realloc(h->portions, h->portion_room * sizeof *h->portions);
            if (h->portions == NULL)
                abort();
        }
        size_t used = w == waking ? 0 : engine_memory_bytes(w->engine);
        h->portions[count++] = (struct portion){.used = used, .wanted = w == waking ? SIZE_MAX : portion_wanted(used), .bytes = w == waking ? 0 : w->memory_bytes};
    }
    return count;
}

static void portions_hand_out(struct host *h, const struct workspace *waking)
{
    size_t at = 0;
    for (struct workspace *w = host_workspaces(h); w != NULL; w = w->next) {
        if (w->engine == NULL && w != waking)
            continue;
        size_t bytes = h->portions[at++].bytes;
        if (w->engine != NULL && bytes != w->memory_bytes)
            engine_memory_set(w->engine, bytes);
        w->memory_bytes = bytes;
    }
}

/* While anybody sleeps, one least portion is kept free: whoever wakes next has it at once. */
static size_t budget_of(const struct host *h, bool any_asleep)
{
    size_t budget = h->options.memory_bytes;
    return any_asleep && budget > 2 * PORTION_BYTES_MIN ? budget - PORTION_BYTES_MIN : budget;
}

void memory_divide(struct host *h, const struct workspace *waking)
{
    unsigned rounds = waking == NULL ? 1 : 2; /* the second one has what the others let go of in the first */
    for (unsigned i = 0; i < rounds; i++) {
        bool any_asleep;
        size_t count = portions_gather(h, waking, &any_asleep);
        portions_divide(h->portions, count, budget_of(h, any_asleep));
        portions_hand_out(h, waking);
    }
}
