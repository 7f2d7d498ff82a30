/* Events that are dated ahead of the log's time. */
#include <stdlib.h>

#include "domain/identity/identity.h"
#include "domain/rule/listen.h"

#define ROW_FORMAT 1u
#define FUTURE_KEY_BYTES 32u
#define OWNER_KEY_BYTES 16u
#define ENTRY_BYTES_MAX (7u * VARINT_BYTES_MAX + 16u + SERIES_KEY_BYTES_MAX + SERIES_VALUE_BYTES_MAX)

const struct family future_family = {
    .id = 116, .kind = FAMILY_KEYED, .value_bytes = ROW_BYTES_MAX, .name = "rule_future"};

static struct bytes future_key(struct arena *a, struct hash128 owner, int64_t event_us, struct hash128 message)
{
    uint8_t *key = arena_take(a, FUTURE_KEY_BYTES, 1), *at = put_key(put_key(key, owner.high, 8), owner.low, 8);
    (void)put_key(put_key(at, (uint64_t)event_us, 8), message.low, 8);
    return bytes_of(key, FUTURE_KEY_BYTES);
}

static int64_t key_us(struct bytes key)
{
    assert(key.size == FUTURE_KEY_BYTES);
    return (int64_t)key_number(key.data + OWNER_KEY_BYTES, 8);
}

static struct hash128 key_owner(struct bytes key)
{
    return (struct hash128){.high = key_number(key.data, 8), .low = key_number(key.data + 8, 8)};
}

/* --- rows --- */

void entry_pack(const struct series_entry *x, struct buf *b)
{
    pack_signed(b, x->bucket);
    pack_bytes(b, x->key);
    pack_varint(b, x->count);
    pack_raw(b, bytes_of(&x->sum, sizeof x->sum));
    pack_signed(b, x->number);
    pack_varint(b, x->tie);
    pack_bytes(b, x->value);
}

void entry_unpack(struct unpack *u, struct series_entry *out)
{
    out->bucket = unpack_signed(u);
    out->key = unpack_bytes(u);
    out->count = unpack_varint(u);
    struct bytes sum = unpack_raw(u, sizeof out->sum);
    if (sum.size == sizeof out->sum)
        memcpy(&out->sum, sum.data, sizeof out->sum);
    out->number = unpack_signed(u);
    out->tie = unpack_varint32(u);
    out->value = unpack_bytes(u);
}

static void slots_pack(const struct slot_entries *list, size_t count, struct buf *b)
{
    for (size_t i = 0; i < count; i++) {
        if (b->size + 2 * VARINT_BYTES_MAX + list[i].count * ENTRY_BYTES_MAX > ROW_BYTES_MAX)
            continue;
        pack_varint(b, list[i].slot);
        pack_varint(b, list[i].count);
        for (size_t j = 0; j < list[i].count; j++)
            entry_pack(&list[i].entries[j], b);
    }
}

/* What doesn't fit into a row is of an event with hundreds of items, and is left out whole, slot by slot. */
void future_put(struct step *s, const struct future_event *event, const struct slot_entries *list, size_t count)
{
    struct bytes key = future_key(s->view.arena, event->owner, event->event_us, event->message), was;
    struct buf b = arena_buf(s->view.arena, ROW_BYTES_MAX);
    if (view_keyed(&s->view, &future_family, key, &was))
        buf_push(&b, was);
    else
        pack_u8(&b, ROW_FORMAT);
    slots_pack(list, count, &b);
    assert(!b.overflowed);
    step_keyed_put(s, &future_family, key, buf_bytes(&b));
    step_timer_set(s, &future_timer, event->event_us, key, key);
}

static int by_slot(const void *x, const void *y)
{
    const struct slot_entries *a = x, *b = y;
    return (a->slot > b->slot) - (a->slot < b->slot);
}

/* By slot: a later rule's may be the smaller one. */
static size_t row_unpack(struct bytes row, struct arena *a, struct slot_entries **out_list)
{
    struct unpack u = unpack_of(row);
    uint8_t format = unpack_u8(&u);
    struct slot_entries *list = ARENA_ARRAY(a, struct slot_entries, row.size / 2 + 1);
    size_t count = 0;
    for (; unpack_left(&u) > 0; count++) {
        list[count].slot = unpack_varint32(&u);
        list[count].count = (size_t)unpack_varint(&u);
        assert(unpack_good(&u) && list[count].count <= unpack_left(&u));
        struct series_entry *entries = ARENA_ARRAY(a, struct series_entry, list[count].count);
        for (size_t j = 0; j < list[count].count; j++)
            entry_unpack(&u, &entries[j]);
        list[count].entries = entries;
    }
    assert(format == ROW_FORMAT && unpack_finished(&u));
    (void)format;
    qsort(list, count, sizeof *list, by_slot);
    *out_list = list;
    return count;
}

/* --- its time has come --- */

static void future_due(struct step *s, struct bytes key)
{
    const struct book *b = book_of(&s->view);
    uint32_t person = identity_of_owner(&s->view, key_owner(key));
    struct slot_entries *list;
    struct bytes row;
    if (!view_keyed(&s->view, &future_family, key, &row))
        return;
    size_t count = row_unpack(arena_copy(s->view.arena, row), s->view.arena, &list);
    step_keyed_remove(s, &future_family, key);
    if (person != PERSON_NONE)
        entries_gather(s, b, person, list, count);
}

static void future_needs(const struct view *v, struct bytes key)
{
    uint32_t person = identity_of_owner(v, key_owner(key));
    if (person != PERSON_NONE)
        (void)view_person(v, person);
}

const struct timer_kind future_timer = {.id = 0x1023, .name = "rule.future", .due = future_due, .needs = future_needs};

void future_forget(struct step *s, const struct hash128 *owners, size_t count, int64_t until_us)
{
    for (size_t i = 0; i < count; i++) {
        struct bytes from = bytes_slice(future_key(s->view.arena, owners[i], 0, (struct hash128){0}), 0,
                                        OWNER_KEY_BYTES);
        struct bytes key, row;
        while (view_keyed_next(&s->view, &future_family, from, false, &key, &row) && bytes_starts_with(key, from) &&
               key_us(key) <= until_us) {
            struct bytes gone = arena_copy(s->view.arena, key);
            step_timer_cancel(s, &future_timer, key_us(gone), gone);
            step_keyed_remove(s, &future_family, gone);
        }
    }
}
