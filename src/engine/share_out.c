/* The host's budget of memory, divided among the workspaces that are awake. On the engine's thread. */
#include <stdlib.h>

#include "engine/host_priv.h"

/* Those that are awake, and the one that is about to be (NULL: none). Returns how many. */
static size_t shares_gather(struct host *h, const struct workspace *waking, bool *out_any_asleep)
{
    size_t count = 0;
    *out_any_asleep = false;
    for (struct workspace *w = host_workspaces(h); w != NULL; w = w->next) {
        if (w->engine == NULL && w != waking) {
            *out_any_asleep = true;
            continue;
        }
        if (count == h->share_room) {
            h->share_room = h->share_room == 0 ? 8 : h->share_room * 2;
            h->shares = realloc(h->shares, h->share_room * sizeof *h->shares);
            if (h->shares == NULL)
                abort();
        }
        size_t used = w == waking ? 0 : engine_memory_bytes(w->engine);
        h->shares[count++] = (struct share){.used = used, .wanted = w == waking ? SIZE_MAX : share_wanted(used), .bytes = w == waking ? 0 : w->memory_bytes};
    }
    return count;
}

static void shares_hand_out(struct host *h, const struct workspace *waking)
{
    size_t at = 0;
    for (struct workspace *w = host_workspaces(h); w != NULL; w = w->next) {
        if (w->engine == NULL && w != waking)
            continue;
        size_t bytes = h->shares[at++].bytes;
        if (w->engine != NULL && bytes != w->memory_bytes)
            engine_memory_set(w->engine, bytes);
        w->memory_bytes = bytes;
    }
}

/* While anybody sleeps, one least share is kept free: whoever wakes next has it at once. */
static size_t budget_of(const struct host *h, bool any_asleep)
{
    size_t budget = h->options.memory_bytes;
    return any_asleep && budget > 2 * SHARE_BYTES_MIN ? budget - SHARE_BYTES_MIN : budget;
}

void memory_share_out(struct host *h, const struct workspace *waking)
{
    unsigned rounds = waking == NULL ? 1 : 2; /* the second one has what the others let go of in the first */
    for (unsigned i = 0; i < rounds; i++) {
        bool any_asleep;
        size_t count = shares_gather(h, waking, &any_asleep);
        shares_divide(h->shares, count, budget_of(h, any_asleep));
        shares_hand_out(h, waking);
    }
}
