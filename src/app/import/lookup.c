#include "app/import/lookup.h"

#include <stdlib.h>

#include "base/hash.h"

#define SLOTS_FIRST 1024u

struct slot {
    struct bytes key;
    const struct bytes *cells; /* NULL: free */
};

/* Open addressing, at most half full. */
struct lookup {
    struct arena *arena;
    size_t columns, count, slot_count;
    struct slot *slots;
};

static struct slot *slots_make(size_t count)
{
    struct slot *slots = calloc(count, sizeof *slots);
    if (slots == NULL)
        abort();
    return slots;
}

struct lookup *lookup_create(size_t columns)
{
    struct lookup *l = calloc(1, sizeof *l);
    if (l == NULL)
        abort();
    l->arena = arena_create(1 << 16);
    l->columns = columns;
    l->slot_count = SLOTS_FIRST;
    l->slots = slots_make(l->slot_count);
    return l;
}

void lookup_destroy(struct lookup *l)
{
    if (l == NULL)
        return;
    arena_destroy(l->arena);
    free(l->slots);
    free(l);
}

/* Where the key is, or would go. */
static struct slot *slot_of(const struct lookup *l, struct bytes key)
{
    size_t at = (size_t)hash64(key, 0) & (l->slot_count - 1);
    while (l->slots[at].cells != NULL && !bytes_equal(l->slots[at].key, key))
        at = (at + 1) & (l->slot_count - 1);
    return &l->slots[at];
}

static void grow(struct lookup *l)
{
    struct slot *old = l->slots;
    size_t count = l->slot_count;
    l->slot_count *= 2;
    l->slots = slots_make(l->slot_count);
    for (size_t i = 0; i < count; i++)
        if (old[i].cells != NULL)
            *slot_of(l, old[i].key) = old[i];
    free(old);
}

void lookup_add(struct lookup *l, struct bytes key, const struct bytes *cells, size_t count)
{
    struct slot *slot = slot_of(l, key);
    if (slot->cells != NULL)
        return;
    struct bytes *kept = ARENA_ARRAY(l->arena, struct bytes, l->columns + 1); /* a table may have a key and nothing else */
    for (size_t i = 0; i < count && i < l->columns; i++)
        kept[i] = arena_copy(l->arena, cells[i]);
    *slot = (struct slot){arena_copy(l->arena, key), kept};
    if (++l->count * 2 > l->slot_count)
        grow(l);
}

const struct bytes *lookup_find(const struct lookup *l, struct bytes key)
{
    return slot_of(l, key)->cells;
}
