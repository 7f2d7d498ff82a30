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
    struct buf list;     /* struct owned, by position */
};

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

static fallible owner_book_fill(struct owner_book *b, struct event_view *events, const struct moves *m, struct err *e)
{
    const uint32_t *numbers;
    size_t count = moves_stored(m, &numbers);
    if (count > 0)
        TRY(event_scan_people(events, numbers, count, owned_add, b, e));
    if (b->list.overflowed)
        return FAIL(e, FULL, "no memory for the owners of events");
    if (b->list.size > 0)
        qsort(b->list.data, b->list.size / sizeof(struct owned), sizeof(struct owned), owned_compare);
    return DONE;
}

fallible owner_book_make(struct event_view *events, const struct moves *m, struct owner_book **out_book, struct err *e)
{
    struct arena *arena = arena_create(ARENA_BLOCK_BYTES);
    struct owner_book *b = ARENA_NEW(arena, struct owner_book);
    b->arena = arena;
    buf_init(&b->list, SIZE_MAX / 2);
    struct status status = owner_book_fill(b, events, m, e);
    if (failed(status))
        owner_book_destroy(b);
    else
        *out_book = b;
    return status;
}

void owner_book_destroy(struct owner_book *b)
{
    if (b == NULL)
        return;
    buf_fini(&b->list);
    arena_destroy(b->arena);
}

bool owner_book_find(const struct owner_book *b, uint64_t position, struct hash128 *out_owner)
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
uint32_t row_living(const struct moves *m, const struct owner_book *b, const struct column_row *row, uint64_t since)
{
    struct hash128 owner;
    since = since > row->position ? since : row->position + 1;
    if (!moves_ask_owner(m, row->person, since))
        return moves_follow(m, row->person, since, NULL);
    return owner_book_find(b, row->position, &owner) ? moves_follow(m, row->person, since, &owner) : PERSON_GONE;
}
