#include "domain/column/gather.h"

#include <stdlib.h>
#include <string.h>

#include "domain/column/manifest.h"

/* An event as it is sorted, its envelope elsewhere. */
struct place {
    int64_t time_us;
    uint64_t position;
    uint64_t offset; /* among the bodies */
    uint32_t size;
    uint32_t person;
    uint32_t message; /* as of a row */
    uint32_t month;
    uint16_t event;
    uint16_t zero[3];
};
static_assert(sizeof(struct place) == 48, "places are half of what gathering takes");

struct gather {
    struct arena *arena; /* of this struct */
    struct gather_rules rules;
    struct extractor *extractor;
    struct buf places; /* struct place */
    struct buf bodies;
    size_t next;
    struct buf gone; /* positions of the erased ones before `until`; they are few, and not counted in bytes_max */
    uint64_t until;
    struct column_row row;
    struct status status;
    struct err trouble;
};

struct gather *gather_create(const struct gather_rules *rules, struct column_set *set)
{
    struct arena *arena = arena_create(sizeof(struct gather));
    struct gather *g = ARENA_NEW(arena, struct gather);
    assert(rules->bytes_max >= ENVELOPE_BYTES_MAX * 4);
    g->arena = arena;
    g->rules = *rules;
    g->until = rules->until;
    g->extractor = extractor_create(set, rules->forbidden);
    buf_init(&g->places, SIZE_MAX / 2);
    buf_init(&g->bodies, SIZE_MAX / 2);
    buf_init(&g->gone, SIZE_MAX / 2);
    return g;
}

void gather_destroy(struct gather *g)
{
    if (g == NULL)
        return;
    extractor_destroy(g->extractor);
    buf_fini(&g->places);
    buf_fini(&g->bodies);
    buf_fini(&g->gone);
    arena_destroy(g->arena);
}

static struct place *places_of(const struct gather *g)
{
    return (struct place *)(void *)g->places.data;
}

static size_t count_of(const struct gather *g)
{
    return g->places.size / sizeof(struct place);
}

/* --- what comes --- */

static int position_compare(const void *x, const void *y)
{
    const struct place *a = x, *b = y;
    return (a->position > b->position) - (a->position < b->position);
}

/* The first `count` stay, their bodies in their order. */
static void places_keep(struct gather *g, size_t count)
{
    struct place *places = places_of(g);
    struct buf bodies;
    buf_init(&bodies, SIZE_MAX / 2);
    for (size_t i = 0; i < count; i++) {
        uint64_t offset = bodies.size;
        buf_push(&bodies, bytes_of(g->bodies.data + places[i].offset, places[i].size));
        places[i].offset = offset;
    }
    assert(!bodies.overflowed);
    buf_fini(&g->bodies);
    g->bodies = bodies;
    g->places.size = count * sizeof *places;
}

/* Those before `until` stay: the others come again with who begins there. */
static void gone_cut(struct gather *g)
{
    uint64_t *gone = (uint64_t *)(void *)g->gone.data;
    size_t count = g->gone.size / sizeof *gone, kept = 0;
    for (size_t i = 0; i < count; i++)
        if (gone[i] < g->until)
            gone[kept++] = gone[i];
    g->gone.size = kept * sizeof *gone;
}

static void later_half_drop(struct gather *g)
{
    size_t count = count_of(g), half = count / 2;
    assert(half > 0);
    qsort(places_of(g), count, sizeof(struct place), position_compare);
    g->until = places_of(g)[half].position;
    places_keep(g, half);
    gone_cut(g);
}

static bool gone_add(struct gather *g, uint64_t position)
{
    buf_push(&g->gone, bytes_of(&position, sizeof position));
    if (g->gone.overflowed)
        g->status = FAIL(&g->trouble, FULL, "no memory for erased events");
    return done(g->status);
}

bool gather_event(void *gather, const struct event_seen *event)
{
    struct gather *g = gather;
    int64_t event_us;
    struct hash128 message;
    uint32_t person = event->note.person;
    if (event->note.position >= g->until)
        return true;
    if (!envelope_order(event->packed, &event_us, &message)) {
        g->status = FAIL(&g->trouble, CORRUPT, "the event at position %llu isn't an envelope", (unsigned long long)event->note.position);
        return false;
    }
    if (g->rules.moves != NULL)
        person = moves_follow(g->rules.moves, person, event->note.position + 1, &event->note.owner);
    if (person == PERSON_GONE)
        return gone_add(g, event->note.position);
    if (g->places.size + sizeof(struct place) + g->bodies.size + event->packed.size > g->rules.bytes_max)
        later_half_drop(g);
    if (event->note.position >= g->until)
        return true;
    struct place place = {.time_us = event_us,
                          .message = (uint32_t)(message.high >> 32),
                          .position = event->note.position,
                          .offset = g->bodies.size,
                          .size = (uint32_t)event->packed.size,
                          .person = person,
                          .month = month_of(event_us),
                          .event = event->note.event};
    buf_push(&g->places, bytes_of(&place, sizeof place));
    buf_push(&g->bodies, event->packed);
    if (g->places.overflowed || g->bodies.overflowed)
        g->status = FAIL(&g->trouble, FULL, "no memory for events that become columns");
    return done(g->status);
}

fallible gather_trouble(const struct gather *g, struct err *e)
{
    return failed(g->status) ? WRAP(e, g->status, "%s", g->trouble.text) : DONE;
}

uint64_t gather_until(const struct gather *g)
{
    return g->until;
}

uint64_t gather_taken(const struct gather *g)
{
    return count_of(g) + g->gone.size / sizeof(uint64_t);
}

/* --- in order --- */

static int place_compare(const void *x, const void *y)
{
    const struct place *a = x, *b = y;
    if (a->person != b->person)
        return a->person < b->person ? -1 : 1;
    if (a->time_us != b->time_us)
        return a->time_us < b->time_us ? -1 : 1;
    if (a->message != b->message)
        return a->message < b->message ? -1 : 1;
    return position_compare(a, b);
}

static int place_compare_month(const void *x, const void *y)
{
    const struct place *a = x, *b = y;
    return a->month != b->month ? (a->month < b->month ? -1 : 1) : place_compare(a, b);
}

void gather_sort(struct gather *g, bool by_month)
{
    g->next = 0;
    if (count_of(g) > 0)
        qsort(places_of(g), count_of(g), sizeof(struct place), by_month ? place_compare_month : place_compare);
}

static uint32_t months_count(const struct gather *g)
{
    const struct place *places = places_of(g);
    uint32_t months = 0;
    for (size_t i = 0; i < count_of(g); i++)
        months += i == 0 || places[i].month != places[i - 1].month;
    return months;
}

void gather_cut(struct gather *g, uint32_t months_max)
{
    assert(months_max > 0);
    while (months_count(g) > months_max) {
        later_half_drop(g);
        gather_sort(g, true);
    }
}

uint32_t gather_month(const struct gather *g)
{
    return g->next < count_of(g) ? places_of(g)[g->next].month : UINT32_MAX;
}

#define AHEAD 8u /* bodies that are on their way into the cache while one is read */
#define CACHE_LINE 64u

/* Bodies lie in the order in which they came, so each is a miss. */
static void body_fetch(const struct gather *g, size_t at)
{
    const struct place *place = &places_of(g)[at];
    for (uint32_t i = 0; at < count_of(g) && i < place->size; i += CACHE_LINE)
        prefetch(g->bodies.data + place->offset + i);
}

fallible gather_next(struct gather *g, const struct column_row **out_row, struct err *e)
{
    if (g->next == count_of(g)) {
        *out_row = NULL;
        return DONE;
    }
    const struct place *at = &places_of(g)[g->next++];
    body_fetch(g, g->next + AHEAD);
    g->row = (struct column_row){
        .person = at->person, .event = at->event, .time_us = at->time_us, .message = at->message, .position = at->position};
    TRY(extract(g->extractor, bytes_of(g->bodies.data + at->offset, at->size), at->event, &g->row, e));
    *out_row = &g->row;
    return DONE;
}
