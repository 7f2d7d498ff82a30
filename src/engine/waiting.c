#include "engine/waiting.h"

#include <stdlib.h>
#include <string.h>

/* A set of numbers by open addressing, emptied by moving on to the next generation. */
#define HELD_SLOTS (1u << 18)
#define HELD_MAX (HELD_SLOTS / 2)

struct held {
    uint32_t number;
    uint32_t generation;
};

struct waiting {
    struct submission *first;
    struct submission **end;
    size_t count;
    size_t held_count;
    uint32_t generation;
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

static struct held *held_slot(const struct waiting *w, uint32_t number)
{
    uint32_t at = (number * 2654435761u) & (HELD_SLOTS - 1);
    while (w->held[at].generation == w->generation && w->held[at].number != number)
        at = (at + 1) & (HELD_SLOTS - 1);
    return &w->held[at];
}

bool waiting_holds(const struct waiting *w, const struct touched *touched)
{
    if (w->count == 0)
        return false;
    if (w->holds_all)
        return true;
    for (uint32_t i = 0; i < touched->count; i++)
        if (held_slot(w, touched->numbers[i])->generation == w->generation)
            return true;
    return false;
}

static void hold(struct waiting *w, uint32_t number)
{
    if (w->held == NULL) { /* most workspaces never need it */
        w->held = calloc(HELD_SLOTS, sizeof *w->held);
        if (w->held == NULL)
            abort();
    }
    struct held *slot = held_slot(w, number);
    if (slot->generation == w->generation)
        return;
    if (w->held_count == HELD_MAX) {
        w->holds_all = true;
        return;
    }
    *slot = (struct held){.number = number, .generation = w->generation};
    w->held_count++;
}

void waiting_add(struct waiting *w, struct submission *s, const struct touched *touched)
{
    s->next = NULL;
    *w->end = s;
    w->end = &s->next;
    w->count++;
    w->holds_all |= touched->count == STEP_PEOPLE_MAX; /* perhaps not all were noted */
    for (uint32_t i = 0; i < touched->count && !w->holds_all; i++)
        hold(w, touched->numbers[i]);
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
