/* How a set finds its containers: for bitmap*.c alone. */
#pragma once

#include "lib/bitmap.h"
#include "lib/bitmap_container.h"

#define BRANCH_CONTAINERS 32u
#define BRANCHES_MAX (BITMAP_KEYS / BRANCH_CONTAINERS)

/* So few members of one container are looked up in another one by one: more of them would touch all of its 8 KiB anyway. */
#define BITMAP_PROBES_MAX 256u
#define BITMAP_PROBE_WORDS BITMAP_STRIDE_WORDS /* a bit for each */

/* Never empty. */
struct branch {
    uint32_t refs;
    uint32_t count; /* of members */
    struct container *containers[BRANCH_CONTAINERS];
};

/* Never empty. */
struct root {
    uint64_t count; /* of members */
    uint32_t refs;
    uint32_t size; /* branches that follow; absent ones are NULL */
    struct branch *branches[];
};

struct bitmap {
    struct slab *slab;
    struct root *root; /* NULL: no member */
};

/* Members have keys below it. */
static inline uint32_t bitmap_keys_end(const struct bitmap *b)
{
    return b->root == NULL ? 0 : b->root->size * BRANCH_CONTAINERS;
}

/* NULL: no member has this key. */
static inline struct container *bitmap_container(const struct bitmap *b, uint32_t key)
{
    uint32_t i = key / BRANCH_CONTAINERS;
    if (b->root == NULL || i >= b->root->size || b->root->branches[i] == NULL)
        return NULL;
    return b->root->branches[i]->containers[key % BRANCH_CONTAINERS];
}
