/* What is counted by a key of two numbers: a value and a period, an edge of a path. One thread's, in its arena. */
#pragma once

#include "base/arena.h"

struct group_key {
    uint64_t high, low;
};

struct group {
    struct group_key key;
    uint8_t own[]; /* own_bytes of the caller's, zeroed, aligned as anything; it stays where it is */
};

struct groups {
    struct arena *arena;
    struct group **slots; /* a power of two of them; at most half are used */
    uint32_t slot_count, count;
    size_t own_bytes;
};

void groups_init(struct groups *g, struct arena *arena, size_t own_bytes);
void *groups_take(struct groups *g, struct group_key key);       /* the one of this key, made if need be */
void *groups_find(const struct groups *g, struct group_key key); /* NULL: there is none */
/* The next one that is there, from *io_at on (0 at first); NULL: no more. In no order. */
struct group *groups_next(const struct groups *g, uint32_t *io_at);
