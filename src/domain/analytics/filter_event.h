/* Conditions and values of one event as it comes: of its envelope, and not of columns. What holds here is what filter_run finds when the event has come
 * into a column file; but there numbers that have no scale in common are doubles, and values beyond what a file takes are missing. */
#pragma once

#include "domain/analytics/filter.h"
#include "domain/collect/collect.h"
#include "lib/pattern.h"
#include "lib/value.h"

/* Paths that conditions of the same events share (filter_reader.pool): properties by name. Beyond PATH_POOL_MAX each is its own. */
#define PATH_POOL_MAX 64u
struct path_pool {
    uint32_t count;
    const struct path *list[PATH_POOL_MAX];
};
/* The values of one of them in an event, once somebody has asked. */
struct path_found {
    bool is_found;
    size_t count, room;
    struct value *list;
};

/* The event that is looked at. */
struct event_look {
    const struct envelope *envelope;
    uint16_t event; /* NAME_EVENT */
    bool is_item;   /* one item of it: conditions on items are of that one alone */
    uint32_t item;  /* which */
    /* What was known of the thing that a reference or a property names, by the want of the reader (filter_reader.wants), at the event's time. NULL: nothing is. */
    bool (*told)(void *context, uint32_t want, struct bytes id, int64_t at_us, struct value *out_value);
    void *context;
    const struct civil *civil;      /* whose clocks paths read; NULL: none does */
    /* Of all that look at the event, as many as their pool has paths, not found at first, and the arena of their lists; NULL: each looks for itself. */
    struct path_found *found;
    struct arena *arena;
    struct pattern_budget patterns; /* is_spent: what was answered then means nothing */
};
/* Whether the condition holds; NULL: always. Costs the members of the event's records for each comparison; nothing is kept. */
bool filter_holds(const struct filter *f, struct event_look *look);
bool path_is_of_items(const struct path *p);
/* The values of a path, one after the other, of lists and items each: return false to stop. */
typedef bool (*event_value)(void *context, const struct value *value);
void path_values(const struct path *p, struct event_look *look, event_value each, void *context);
