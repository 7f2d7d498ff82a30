/* What was read of the past, put together by owner and slot. */
#include <stdlib.h>

#include "domain/rule/listen.h"
#include "domain/rule/past.h"
#include "lib/list.h"
#include "lib/pack.h"
#include "store/sorter.h"

#define HEAP_MEMORY_BYTES ((size_t)32 << 20)
#define HEAP_ARENA_BYTES ((size_t)64 << 10)
#define ARENA_FULL_BYTES ((size_t)4 << 20)

bool past_place_same(const struct past_place *x, const struct past_place *y)
{
    return x->person == y->person && hash128_equal(x->owner, y->owner);
}

/* Of owners. */
static int place_compare(const struct past_place *x, const struct past_place *y)
{
    if (x->owner.high != y->owner.high)
        return x->owner.high < y->owner.high ? -1 : 1;
    if (x->owner.low != y->owner.low)
        return x->owner.low < y->owner.low ? -1 : 1;
    return (x->slot > y->slot) - (x->slot < y->slot);
}

/* --- items as bytes --- */

static void entries_pack(const struct series_entry *entries, size_t count, struct buf *b)
{
    pack_varint(b, count);
    for (size_t i = 0; i < count; i++)
        entry_pack(&entries[i], b);
}

static size_t entries_unpack(struct unpack *u, struct arena *a, const struct series_entry **out_list)
{
    size_t count = (size_t)unpack_varint(u);
    u->bad |= count > unpack_left(u);
    if (!unpack_good(u))
        return 0;
    struct series_entry *list = ARENA_ARRAY(a, struct series_entry, count);
    for (size_t i = 0; i < count; i++)
        entry_unpack(u, &list[i]);
    *out_list = list;
    return count;
}

void past_item_pack(const struct past_item *item, struct buf *b)
{
    pack_varint(b, item->place.person);
    if (item->place.person == PERSON_NONE) {
        pack_u64(b, item->place.owner.high);
        pack_u64(b, item->place.owner.low);
    }
    pack_varint(b, item->place.slot);
    pack_bytes(b, item->series);
    pack_varint(b, item->ahead_count);
    for (size_t i = 0; i < item->ahead_count; i++) {
        pack_signed(b, item->ahead[i].event_us);
        pack_u64(b, item->ahead[i].message.high);
        pack_u64(b, item->ahead[i].message.low);
        entries_pack(item->ahead[i].entries, item->ahead[i].count, b);
    }
}

bool past_item_unpack(struct unpack *u, struct arena *a, struct past_item *out_item)
{
    struct past_item item = {0};
    if (unpack_left(u) == 0 || !unpack_good(u))
        return false;
    item.place.person = unpack_varint32(u);
    if (item.place.person == PERSON_NONE) {
        item.place.owner.high = unpack_u64(u);
        item.place.owner.low = unpack_u64(u);
    }
    item.place.slot = unpack_varint32(u);
    item.series = unpack_bytes(u);
    item.ahead_count = (size_t)unpack_varint(u);
    u->bad |= item.ahead_count > unpack_left(u);
    if (!unpack_good(u))
        return false;
    struct past_ahead *ahead = ARENA_ARRAY(a, struct past_ahead, item.ahead_count);
    for (size_t i = 0; i < item.ahead_count; i++) {
        ahead[i].event_us = unpack_signed(u);
        ahead[i].message.high = unpack_u64(u);
        ahead[i].message.low = unpack_u64(u);
        ahead[i].count = entries_unpack(u, a, &ahead[i].entries);
    }
    item.ahead = ahead;
    *out_item = item;
    return unpack_good(u);
}

/* --- in --- */

struct past_heap {
    struct arena *arena; /* in which it lies */
    struct sorter *sorter;
    struct buf record;
};

struct past_heap *past_heap_create(struct disk *disk, const char *path)
{
    struct arena *arena = arena_create(sizeof(struct past_heap) + 64);
    struct past_heap *h = ARENA_NEW(arena, struct past_heap);
    h->arena = arena;
    h->sorter = sorter_create(disk, path, HEAP_MEMORY_BYTES);
    if (h->sorter == NULL)
        abort();
    buf_init(&h->record, SORTER_RECORD_BYTES_MAX);
    return h;
}

void past_heap_destroy(struct past_heap *h)
{
    if (h == NULL)
        return;
    sorter_destroy(h->sorter);
    buf_fini(&h->record);
    arena_destroy(h->arena);
}

fallible past_heap_add(struct past_heap *h, struct hash128 owner, const struct past_feature *f,
                       const struct envelope *event, const struct series_entry *entries, size_t count, struct err *e)
{
    buf_clear(&h->record);
    pack_u64(&h->record, owner.low);
    pack_varint(&h->record, f->slot);
    pack_signed(&h->record, event->event_us);
    pack_u64(&h->record, event->message.high);
    pack_u64(&h->record, event->message.low);
    entries_pack(entries, count, &h->record);
    if (h->record.overflowed)
        return FAIL(e, LIMIT, "an event adds over %zu bytes to a feature", SORTER_RECORD_BYTES_MAX);
    return sorter_add(h->sorter, owner.high, buf_bytes(&h->record), e);
}

/* --- out: what has one key is put together, and what has another begins anew --- */

struct heaped {
    struct past_item item;
    size_t ahead_room;
    struct past_ahead *ahead;
};
struct heaping {
    const struct past_heap_read *read;
    struct arena *arena, *spare;
    size_t full_bytes; /* of the arena: then what counts is copied */
    struct heaped *list;
    uint32_t count, room;
    uint64_t key;
};

static struct heaped *heaped_at(struct heaping *h, const struct past_place *place)
{
    uint32_t low = 0, high = h->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (place_compare(&h->list[middle].item.place, place) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < h->count && place_compare(&h->list[low].item.place, place) == 0)
        return &h->list[low];
    LIST_OPEN(h->arena, h->list, h->count, h->room, low);
    h->list[low] = (struct heaped){.item.place = *place};
    return &h->list[low];
}

static void ahead_copy(struct past_ahead *x, struct arena *a)
{
    struct series_entry *entries = ARENA_ARRAY(a, struct series_entry, x->count);
    for (size_t i = 0; i < x->count; i++) {
        entries[i] = x->entries[i];
        entries[i].key = arena_copy(a, entries[i].key);
        entries[i].value = arena_copy(a, entries[i].value);
    }
    x->entries = entries;
}

static void ahead_add(struct heaping *h, struct heaped *to, struct past_ahead ahead)
{
    ahead_copy(&ahead, h->arena);
    LIST_OPEN(h->arena, to->ahead, to->item.ahead_count, to->ahead_room, to->item.ahead_count);
    to->ahead[to->item.ahead_count - 1] = ahead;
}

/* What was replaced goes. */
static void heaping_tidy(struct heaping *h)
{
    if (arena_used(h->arena) < h->full_bytes)
        return;
    struct heaped *list = ARENA_ARRAY(h->spare, struct heaped, h->room);
    for (uint32_t i = 0; i < h->count; i++) {
        struct heaped x = h->list[i];
        struct past_ahead *ahead = ARENA_ARRAY(h->spare, struct past_ahead, x.ahead_room);
        for (size_t j = 0; j < x.item.ahead_count; j++) {
            ahead[j] = x.ahead[j];
            ahead_copy(&ahead[j], h->spare);
        }
        x.ahead = ahead;
        x.item.series = arena_copy(h->spare, x.item.series);
        list[i] = x;
    }
    arena_reset(h->arena);
    struct arena *was = h->arena;
    h->arena = h->spare;
    h->spare = was;
    h->list = list;
    h->full_bytes = ARENA_FULL_BYTES + 2 * arena_used(h->arena);
}

static fallible heaping_give(struct heaping *h, struct err *e)
{
    for (uint32_t i = 0; i < h->count; i++) {
        h->list[i].item.ahead = h->list[i].ahead;
        TRY(h->read->each(h->read->context, &h->list[i].item, e));
    }
    arena_reset(h->arena);
    h->full_bytes = ARENA_FULL_BYTES;
    h->list = NULL;
    h->count = h->room = 0;
    return DONE;
}

static fallible heaping_add(struct heaping *h, uint64_t key, struct bytes record, struct err *e)
{
    struct unpack u = unpack_of(record);
    struct past_place place = {.owner = {.high = key}};
    struct past_ahead event;
    place.owner.low = unpack_u64(&u);
    place.slot = unpack_varint32(&u);
    event.event_us = unpack_signed(&u);
    event.message.high = unpack_u64(&u);
    event.message.low = unpack_u64(&u);
    if (key != h->key)
        TRY(heaping_give(h, e));
    h->key = key;
    event.count = entries_unpack(&u, h->arena, &event.entries);
    assert(unpack_finished(&u));
    struct heaped *to = heaped_at(h, &place);
    const struct past_feature *f = past_find(h->read->past, place.slot);
    int64_t oldest = feature_oldest(f->feature, h->read->ahead_us, h->read->past->civil);
    if (event.event_us > h->read->ahead_us)
        ahead_add(h, to, event);
    else
        for (size_t i = 0; i < event.count; i++)
            to->item.series = series_add(&f->feature->shape, to->item.series, &event.entries[i], oldest, h->arena);
    heaping_tidy(h);
    return DONE;
}

fallible past_heap_read(struct past_heap *heap, const struct past_heap_read *read, struct err *e)
{
    struct heaping h = {.read = read, .full_bytes = ARENA_FULL_BYTES};
    h.arena = arena_create(HEAP_ARENA_BYTES);
    h.spare = arena_create(HEAP_ARENA_BYTES);
    struct status status = sorter_finish(heap->sorter, e);
    bool more = true;
    while (done(status) && more) {
        uint64_t key;
        struct bytes record;
        status = sorter_next(heap->sorter, &key, &record, &more, e);
        if (done(status) && more)
            status = heaping_add(&h, key, record, e);
    }
    if (done(status))
        status = heaping_give(&h, e);
    arena_destroy(h.arena);
    arena_destroy(h.spare);
    return status;
}
