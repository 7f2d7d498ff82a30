#include "domain/analytics/code_map.h"

#include "base/rng.h"

#define SLOTS_FIRST 16u

void code_map_init(struct code_map *m, struct arena *arena)
{
    *m = (struct code_map){.arena = arena, .slot_count = SLOTS_FIRST, .era = 1};
    m->slots = ARENA_ARRAY(arena, struct code_slot, m->slot_count);
}

void code_map_clear(struct code_map *m)
{
    m->count = 0;
    if (++m->era != 0)
        return;
    memset(m->slots, 0, m->slot_count * sizeof *m->slots); /* eras begin anew */
    m->era = 1;
}

/* The slot of the code, or the free one where it belongs. */
static struct code_slot *slot_of(const struct code_map *m, uint32_t code)
{
    for (uint32_t at = (uint32_t)rng_mix(code);; at++) {
        struct code_slot *slot = &m->slots[at & (m->slot_count - 1)];
        if (slot->era != m->era || slot->code == code)
            return slot;
    }
}

static void grow(struct code_map *m)
{
    struct code_map larger = *m;
    larger.slot_count *= 2;
    larger.slots = ARENA_ARRAY(m->arena, struct code_slot, larger.slot_count);
    for (uint32_t i = 0; i < m->slot_count; i++)
        if (m->slots[i].era == m->era)
            *slot_of(&larger, m->slots[i].code) = m->slots[i];
    *m = larger;
}

uint32_t *code_map_take(struct code_map *m, uint32_t code)
{
    struct code_slot *slot = slot_of(m, code);
    if (slot->era == m->era)
        return &slot->value;
    if (2 * (m->count + 1) > m->slot_count) {
        grow(m);
        slot = slot_of(m, code);
    }
    *slot = (struct code_slot){.code = code, .era = m->era};
    m->count++;
    return &slot->value;
}

bool code_map_has(const struct code_map *m, uint32_t code)
{
    return slot_of(m, code)->era == m->era;
}
