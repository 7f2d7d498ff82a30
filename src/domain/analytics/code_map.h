/* A small map from codes (of texts) to numbers, for what is known while one subject's events are walked: emptied at no cost for the next subject. */
#pragma once

#include "base/arena.h"

struct code_slot {
    uint32_t code;
    uint32_t era; /* of what the map was when it was put in; of another era: free */
    uint32_t value;
};

struct code_map {
    struct arena *arena;
    struct code_slot *slots; /* a power of two, at most half of them of this era */
    uint32_t slot_count, count, era;
};

void code_map_init(struct code_map *m, struct arena *arena); /* all memory is the arena's */
void code_map_clear(struct code_map *m);
/* The code's value; of a new one 0. It stays where it is until the next take. */
uint32_t *code_map_take(struct code_map *m, uint32_t code);
bool code_map_has(const struct code_map *m, uint32_t code);
