#include "engine/waiting.h"

#include <stdlib.h>
#include <string.h>

#include "base/rng.h"

/* A set by open addressing, emptied by moving on to the next generation. Keys are numbers of rows with their family, or hashes of
 * an index that can't be told from those but by chance: then a command waits that need not, which is slow and right. */
#define HELD_SLOTS (1u << 18)
#define HELD_MAX (HELD_SLOTS / 2)

struct held {
    uint64_t key;
    uint64_t generation;
};

struct waiting {
    struct submission *first;
    struct submission **end;
    size_t count;
    size_t held_count;
    uint64_t generation;
    bool holds_all; /* the set is full: everybody waits, which is slow and right */
    struct held *held;
};

struct waiting *waiting_create(void)
{
    struct waiting *w = calloc(1, sizeof *w);
    if (w == NULL)
        abort();
    w->end = &w->first;
    w->generation = 1;
    return w;
}

void waiting_destroy(struct waiting *w)
{
    if (w == NULL)
        return;
    free(w->held);
    free(w);
}

size_t waiting_count(const struct waiting *w)
{
    return w->count;
}

static uint64_t index_key(const struct index_name *name)
{
    return name->hash.low ^ rng_mix(name->family->id);
}

static uint64_t row_key(const struct family *f, uint32_t number)
{
    return (uint64_t)f->id << 32 | number;
}

static struct held *held_slot(const struct waiting *w, uint64_t key)
{
    uint32_t at = (uint32_t)rng_mix(key) & (HELD_SLOTS - 1);
    while (w->held[at].generation == w->generation && w->held[at].key != key)
        at = (at + 1) & (HELD_SLOTS - 1);
    return &w->held[at];
}

static bool is_held(const struct waiting *w, uint64_t key)
{
    return held_slot(w, key)->generation == w->generation;
}

bool waiting_holds(const struct waiting *w, const struct touched *touched)
{
    if (w->count == 0)
        return false;
    if (w->holds_all)
        return true;
    if (w->held_count == 0) /* they wait for blocks, and there may be no set yet */
        return false;
    for (uint32_t i = 0; i < touched->count; i++)
        if (is_held(w, row_key(&person_family, touched->numbers[i])))
            return true;
    for (uint32_t i = 0; i < touched->row_count; i++)
        if (is_held(w, row_key(touched->rows[i].family, touched->rows[i].number)))
            return true;
    for (uint32_t i = 0; i < touched->index_count; i++)
        if (is_held(w, index_key(&touched->index[i])))
            return true;
    return false;
}

static void hold(struct waiting *w, uint64_t key)
{
    if (w->held == NULL) { /* most workspaces never need it */
        w->held = calloc(HELD_SLOTS, sizeof *w->held);
        if (w->held == NULL)
            abort();
    }
    struct held *slot = held_slot(w, key);
    if (slot->generation == w->generation)
        return;
    if (w->held_count == HELD_MAX) {
        w->holds_all = true;
        return;
    }
    *slot = (struct held){.key = key, .generation = w->generation};
    w->held_count++;
}

void waiting_add(struct waiting *w, struct submission *s, const struct touched *touched)
{
    s->next = NULL;
    *w->end = s;
    w->end = &s->next;
    w->count++;
    w->holds_all |= touched->count == STEP_PEOPLE_MAX || touched->row_count == STEP_ROWS_MAX ||
                    touched->index_count == TOUCHED_INDEX_MAX; /* perhaps not all were noted */
    for (uint32_t i = 0; i < touched->count && !w->holds_all; i++)
        hold(w, row_key(&person_family, touched->numbers[i]));
    for (uint32_t i = 0; i < touched->row_count && !w->holds_all; i++)
        hold(w, row_key(touched->rows[i].family, touched->rows[i].number));
    for (uint32_t i = 0; i < touched->index_count && !w->holds_all; i++)
        hold(w, index_key(&touched->index[i]));
}

struct submission *waiting_take_all(struct waiting *w)
{
    struct submission *first = w->first;
    w->first = NULL;
    w->end = &w->first;
    w->count = w->held_count = 0;
    w->holds_all = false;
    w->generation++;
    assert(w->generation != 0);
    return first;
}
