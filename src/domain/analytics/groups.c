#include "domain/analytics/groups.h"

#include <stddef.h>

#include "base/rng.h"

#define SLOTS_FIRST 64u
#define GROUPS_MAX (UINT32_C(1) << 30)

void groups_init(struct groups *g, struct arena *arena, size_t own_bytes)
{
    *g = (struct groups){.arena = arena, .slot_count = SLOTS_FIRST, .own_bytes = own_bytes};
    g->slots = ARENA_ARRAY(arena, struct group *, SLOTS_FIRST);
}

/* The slot of the key, or the free one where it belongs. */
static struct group **slot_of(const struct groups *g, struct group_key key)
{
    uint32_t mask = g->slot_count - 1;
    uint32_t at = (uint32_t)rng_mix(key.low ^ rng_mix(key.high)) & mask;
    while (g->slots[at] != NULL && (g->slots[at]->key.low != key.low || g->slots[at]->key.high != key.high))
        at = (at + 1) & mask;
    return &g->slots[at];
}

static void grow(struct groups *g)
{
    struct groups larger = *g;
    assert(g->slot_count < GROUPS_MAX);
    larger.slot_count = g->slot_count * 2;
    larger.slots = ARENA_ARRAY(g->arena, struct group *, larger.slot_count);
    for (uint32_t i = 0; i < g->slot_count; i++)
        if (g->slots[i] != NULL)
            *slot_of(&larger, g->slots[i]->key) = g->slots[i];
    *g = larger;
}

void *groups_take(struct groups *g, struct group_key key)
{
    struct group **slot = slot_of(g, key);
    if (*slot != NULL)
        return (*slot)->own;
    if (g->count * 2 >= g->slot_count) {
        grow(g);
        slot = slot_of(g, key);
    }
    *slot = arena_zeroed(g->arena, sizeof **slot + g->own_bytes, _Alignof(max_align_t));
    (*slot)->key = key;
    g->count++;
    return (*slot)->own;
}

void *groups_find(const struct groups *g, struct group_key key)
{
    struct group *found = *slot_of(g, key);
    return found == NULL ? NULL : found->own;
}

struct group *groups_next(const struct groups *g, uint32_t *io_at)
{
    while (*io_at < g->slot_count) {
        struct group *here = g->slots[(*io_at)++];
        if (here != NULL)
            return here;
    }
    return NULL;
}
