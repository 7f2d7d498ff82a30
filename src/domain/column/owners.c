#include "domain/column/owners.h"

#include <stdlib.h>
#include <string.h>

#define ARENA_BLOCK_BYTES 128u

struct owned {
    uint64_t position;
    struct hash128 owner;
};

struct owner_book {
    struct arena *arena; /* of this struct */
    struct event_view *events;
    const struct moves *moves;
    bool is_filled;
    struct buf list; /* struct owned, by position */
};

struct owner_book *owner_book_create(struct event_view *events, const struct moves *m)
{
    struct arena *arena = arena_create(ARENA_BLOCK_BYTES);
    struct owner_book *b = ARENA_NEW(arena, struct owner_book);
    *b = (struct owner_book){.arena = arena, .events = events, .moves = m};
    buf_init(&b->list, SIZE_MAX / 2);
    return b;
}

void owner_book_destroy(struct owner_book *b)
{
    if (b == NULL)
        return;
    buf_fini(&b->list);
    arena_destroy(b->arena);
}

static bool owned_add(void *context, const struct event_seen *event)
{
    struct owner_book *b = context;
    struct owned owned = {.position = event->note.position, .owner = event->note.owner};
    buf_push(&b->list, bytes_of(&owned, sizeof owned));
    return !b->list.overflowed;
}

static int owned_compare(const void *x, const void *y)
{
    const struct owned *a = x, *b = y;
    return (a->position > b->position) - (a->position < b->position);
}

static fallible owner_book_fill(struct owner_book *b, struct err *e)
{
    const uint32_t *numbers;
    size_t count = moves_stored(b->moves, &numbers);
    buf_clear(&b->list);
    if (count > 0)
        TRY(event_scan_people(b->events, &(struct event_people){numbers, count, INT64_MAX}, owned_add, b, e));
    if (b->list.overflowed)
        return FAIL(e, FULL, "no memory for the owners of events");
    if (b->list.size > 0)
        qsort(b->list.data, b->list.size / sizeof(struct owned), sizeof(struct owned), owned_compare);
    b->is_filled = true;
    return DONE;
}

/* false: there is no such event any more. */
static bool owner_find(const struct owner_book *b, uint64_t position, struct hash128 *out_owner)
{
    struct owned key = {.position = position};
    size_t count = b->list.size / sizeof key;
    const struct owned *found = count == 0 ? NULL : bsearch(&key, b->list.data, count, sizeof key, owned_compare);
    if (found == NULL)
        return false;
    *out_owner = found->owner;
    return true;
}

/* An event that nobody has any more was purged. */
fallible row_living(struct owner_book *b, const struct column_row *row, uint64_t since, uint32_t *out_person, struct err *e)
{
    struct hash128 owner;
    since = since > row->position ? since : row->position + 1;
    if (!moves_ask_owner(b->moves, row->person, since)) {
        *out_person = moves_follow(b->moves, row->person, since, NULL);
        return DONE;
    }
    if (!b->is_filled)
        TRY(owner_book_fill(b, e));
    *out_person = owner_find(b, row->position, &owner) ? moves_follow(b->moves, row->person, since, &owner) : PERSON_GONE;
    return DONE;
}
