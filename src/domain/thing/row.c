#include "domain/thing/row.h"

#include <string.h>

#define ROW_FORMAT 1u
#define HAS_PUT 1u
#define HAS_DELETED 2u
#define COUNT_MASK 0x1fu
#define SLOT_CUT 0x80u
#define VERSION_SAME 1u /* its value is that of the one before, which is newer */

static_assert(THING_VERSIONS_MAX <= COUNT_MASK, "a slot's head counts its versions");

/* --- reading --- */

/* Times are told from where most of them are. */
static int64_t anchor_of(const struct thing *t)
{
    if (t->first_put_us != THING_TIME_NEVER)
        return t->first_put_us;
    return t->first_deleted_us != THING_TIME_NEVER ? t->first_deleted_us : 0;
}

static int64_t time_plus(int64_t time_us, int64_t more_us)
{
    return (int64_t)((uint64_t)time_us + (uint64_t)more_us);
}

static int64_t time_minus(int64_t time_us, int64_t less_us)
{
    return (int64_t)((uint64_t)time_us - (uint64_t)less_us);
}

static void slot_read(struct unpack *u, int64_t anchor_us, struct thing_slot *out_slot, struct arena *a)
{
    uint8_t head = unpack_u8(u);
    out_slot->is_cut = (head & SLOT_CUT) != 0;
    out_slot->count = head & COUNT_MASK;
    u->bad |= out_slot->count == 0 || out_slot->count > THING_VERSIONS_MAX || (head & ~(SLOT_CUT | COUNT_MASK)) != 0;
    out_slot->versions = ARENA_ARRAY(a, struct thing_version, out_slot->count);
    for (uint32_t i = 0; i < out_slot->count && unpack_good(u); i++) {
        struct thing_version *x = &out_slot->versions[i];
        if (i == 0) {
            x->time_us = time_plus(anchor_us, unpack_signed(u));
            x->value = unpack_value_bytes(u);
            continue;
        }
        uint64_t back = unpack_varint(u);
        x->time_us = time_minus(x[-1].time_us, (int64_t)(back >> 1));
        u->bad |= x->time_us >= x[-1].time_us;
        x->value = (back & VERSION_SAME) != 0 ? x[-1].value : unpack_value_bytes(u);
        u->bad |= (back & VERSION_SAME) == 0 && bytes_equal(x->value, x[-1].value);
    }
}

bool thing_row_read(struct bytes row, struct arena *a, struct thing *out_thing)
{
    struct unpack u = unpack_of(row);
    struct thing t = {.first_put_us = THING_TIME_NEVER, .first_deleted_us = THING_TIME_NEVER};
    u.bad |= unpack_u8(&u) != ROW_FORMAT;
    t.kind = unpack_varint32(&u);
    t.ns = unpack_bytes(&u);
    t.id = unpack_bytes(&u);
    uint8_t has = unpack_u8(&u);
    u.bad |= (has & ~(HAS_PUT | HAS_DELETED)) != 0;
    if ((has & HAS_PUT) != 0)
        t.first_put_us = unpack_signed(&u);
    if ((has & HAS_DELETED) != 0)
        t.first_deleted_us = unpack_signed(&u);
    t.slot_count = unpack_varint32(&u);
    u.bad |= t.slot_count > unpack_left(&u);
    uint32_t number = 0;
    if (unpack_good(&u))
        t.slots = ARENA_ARRAY(a, struct thing_slot, t.slot_count);
    for (uint32_t i = 0; i < t.slot_count && unpack_good(&u); i++) {
        uint32_t step = unpack_varint32(&u);
        u.bad |= (i > 0 && step == 0) || step > UINT32_MAX - number;
        number += step;
        t.slots[i].number = number;
        slot_read(&u, anchor_of(&t), &t.slots[i], a);
    }
    if (!unpack_finished(&u))
        return false;
    *out_thing = t;
    return true;
}

/* --- writing --- */

static void slot_pack(struct buf *b, const struct thing_slot *slot, int64_t anchor_us)
{
    pack_u8(b, (uint8_t)(slot->count | (slot->is_cut ? SLOT_CUT : 0)));
    for (uint32_t i = 0; i < slot->count; i++) {
        const struct thing_version *x = &slot->versions[i];
        bool is_same = i > 0 && bytes_equal(x->value, x[-1].value);
        if (i == 0)
            pack_signed(b, time_minus(x->time_us, anchor_us));
        else
            pack_varint(b, (uint64_t)time_minus(x[-1].time_us, x->time_us) << 1 | (is_same ? VERSION_SAME : 0));
        if (!is_same)
            pack_raw(b, x->value);
    }
}

static struct buf row_pack(const struct thing *t, size_t size_max, struct arena *a)
{
    struct buf b = arena_buf(a, size_max);
    pack_u8(&b, ROW_FORMAT);
    pack_varint(&b, t->kind);
    pack_bytes(&b, t->ns);
    pack_bytes(&b, t->id);
    pack_u8(&b, (uint8_t)((t->first_put_us != THING_TIME_NEVER ? HAS_PUT : 0) |
                          (t->first_deleted_us != THING_TIME_NEVER ? HAS_DELETED : 0)));
    if (t->first_put_us != THING_TIME_NEVER)
        pack_signed(&b, t->first_put_us);
    if (t->first_deleted_us != THING_TIME_NEVER)
        pack_signed(&b, t->first_deleted_us);
    pack_varint(&b, t->slot_count);
    for (uint32_t i = 0; i < t->slot_count; i++) {
        pack_varint(&b, t->slots[i].number - (i == 0 ? 0 : t->slots[i - 1].number));
        slot_pack(&b, &t->slots[i], anchor_of(t));
    }
    return b;
}

struct bytes thing_row_make(const struct thing *t, size_t size_max, struct arena *a)
{
    struct buf b = row_pack(t, size_max, a);
    return b.overflowed ? BYTES_NONE : buf_bytes(&b);
}

/* Of all versions that aren't the newest of something the oldest goes. false: there is none. */
static bool oldest_drop(struct thing *t)
{
    struct thing_slot *oldest = NULL;
    for (uint32_t i = 0; i < t->slot_count; i++) {
        struct thing_slot *slot = &t->slots[i];
        if (slot->count > 1 &&
            (oldest == NULL || slot->versions[slot->count - 1].time_us < oldest->versions[oldest->count - 1].time_us))
            oldest = slot;
    }
    if (oldest == NULL)
        return false;
    oldest->count--;
    oldest->is_cut = true;
    return true;
}

struct bytes thing_row_fit(struct thing *t, struct arena *a)
{
    struct bytes row = thing_row_make(t, THING_BYTES_MAX, a);
    while (row.size == 0 && oldest_drop(t))
        row = thing_row_make(t, THING_BYTES_MAX, a);
    return row;
}

/* --- slots --- */

static uint32_t slot_place(const struct thing *t, uint32_t number)
{
    uint32_t at = 0;
    while (at < t->slot_count && t->slots[at].number < number)
        at++;
    return at;
}

const struct thing_slot *thing_slot_find(const struct thing *t, uint32_t number)
{
    uint32_t at = slot_place(t, number);
    return at < t->slot_count && t->slots[at].number == number ? &t->slots[at] : NULL;
}

struct bytes thing_newest(const struct thing *t, uint32_t number)
{
    const struct thing_slot *slot = thing_slot_find(t, number);
    return slot == NULL ? BYTES_NONE : slot->versions[0].value;
}

bool thing_is_said(struct bytes newest)
{
    return newest.size > 0 && newest.data[0] != VALUE_NULL;
}

void thing_slots_copy(struct thing *t, struct arena *a)
{
    struct thing_slot *slots = ARENA_ARRAY(a, struct thing_slot, t->slot_count);
    for (uint32_t i = 0; i < t->slot_count; i++) {
        slots[i] = t->slots[i];
        slots[i].versions = ARENA_ARRAY(a, struct thing_version, slots[i].count);
        memcpy(slots[i].versions, t->slots[i].versions, slots[i].count * sizeof *slots[i].versions);
    }
    t->slots = slots;
}

static struct thing_slot *slot_open(struct thing *t, uint32_t number, struct arena *a)
{
    uint32_t at = slot_place(t, number);
    if (at < t->slot_count && t->slots[at].number == number)
        return &t->slots[at];
    struct thing_slot *slots = ARENA_ARRAY(a, struct thing_slot, t->slot_count + 1);
    if (t->slot_count > 0) {
        memcpy(slots, t->slots, at * sizeof *slots);
        memcpy(slots + at + 1, t->slots + at, (t->slot_count - at) * sizeof *slots);
    }
    t->slots = slots;
    t->slot_count++;
    slots[at].number = number;
    return &slots[at];
}

void thing_version_add(struct thing *t, uint32_t number, struct thing_version version, struct arena *a)
{
    struct thing_slot *slot = slot_open(t, number, a);
    uint32_t at = 0;
    while (at < slot->count && slot->versions[at].time_us > version.time_us)
        at++;
    if (at < slot->count && slot->versions[at].time_us == version.time_us) {
        if (bytes_compare(version.value, slot->versions[at].value) > 0)
            slot->versions[at].value = version.value;
        return;
    }
    if (slot->is_cut && at == slot->count)
        return; /* between it and the oldest that is kept there was another one */
    struct thing_version *versions = ARENA_ARRAY(a, struct thing_version, slot->count + 1);
    if (slot->count > 0) {
        memcpy(versions, slot->versions, at * sizeof *versions);
        memcpy(versions + at + 1, slot->versions + at, (slot->count - at) * sizeof *versions);
    }
    versions[at] = version;
    slot->versions = versions;
    slot->is_cut |= slot->count == THING_VERSIONS_MAX;
    slot->count += slot->count < THING_VERSIONS_MAX;
}

/* --- parents --- */

/* A list of kind, namespace and id. */
struct bytes thing_ref_value(const struct thing_ref *ref, struct arena *a)
{
    struct buf b = arena_buf(a, 8 + 3 * VARINT_BYTES_MAX + ref->kind.size + ref->ns.size + ref->id.size);
    pack_u8(&b, VALUE_LIST);
    pack_varint(&b, 3);
    value_pack_text(&b, ref->kind);
    value_pack_text(&b, ref->ns);
    value_pack_text(&b, ref->id);
    assert(!b.overflowed);
    return buf_bytes(&b);
}

bool thing_ref_of_value(struct bytes value, struct thing_ref *out_ref)
{
    struct unpack u = unpack_of(value);
    struct value list = unpack_value(&u);
    if (list.kind != VALUE_LIST)
        return false;
    u = unpack_of(list.body);
    out_ref->kind = unpack_value(&u).body;
    out_ref->ns = unpack_value(&u).body;
    out_ref->id = unpack_value(&u).body;
    return unpack_finished(&u);
}
