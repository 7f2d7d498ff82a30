#include "domain/order/document.h"

#include <string.h>

#define ORDER_FORMAT 1u
#define SOURCES_MAX 64u
#define ACT_UNDONE 0x80u

/* What an encoded order says of itself. */
enum bit {
    BIT_COMPLETE = 1 << 0,
    BIT_HEARD = 1 << 1,
    BIT_DAY = 1 << 2,
    BIT_BUYER_TOLD = 1 << 3,
    BIT_LOCKED = 1 << 4,
    BITS_ALL = (1 << 5) - 1,
};

/* A part's first byte: its kind, and these. */
enum part_bit {
    PART_KIND = 0x0f,
    PART_REMOVED = 0x10,
    PART_TOLD = 0x20,
    PART_SAME_STAMP = 0x40,      /* version, time and source are those of the part before */
    PART_TIME_IS_VERSION = 0x80, /* of its first: a source without numbers of its own */
};

int part_compare(const struct order_part *a, const struct order_part *b)
{
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    int ids = bytes_compare(a->id, b->id);
    return ids != 0 ? ids : (a->sub > b->sub) - (a->sub < b->sub);
}

static bool kind_has_id(enum order_part_kind kind)
{
    return kind >= ORDER_LINE;
}

static bool kind_has_sub(enum order_part_kind kind)
{
    return kind == ORDER_HEAD || kind == ORDER_STATE;
}

/* --- sources: told once, then by their places --- */

struct sources {
    uint32_t count;
    struct bytes names[SOURCES_MAX + 1];
};

static uint32_t source_place(struct sources *s, struct bytes name)
{
    for (uint32_t i = 0; i < s->count; i++)
        if (bytes_equal(s->names[i], name))
            return i;
    s->names[s->count] = name;
    return s->count < SOURCES_MAX ? s->count++ : SOURCES_MAX;
}

/* In the order in which parts name them, so that equal orders have equal bytes. */
static bool sources_collect(const struct document *d, struct sources *s)
{
    s->count = 0;
    for (uint32_t i = 0; i < d->part_count; i++)
        if (d->parts[i].kind != ORDER_STATE && source_place(s, d->parts[i].source) == SOURCES_MAX)
            return false;
    return true;
}

/* --- encoding: room for the most that it can take, then no look at the end --- */

#define PART_FIXED_BYTES_MAX 48u /* bits, sub, three varints, and the sizes of id and body */
#define ACT_FIXED_BYTES_MAX 64u
#define HEAD_FIXED_BYTES_MAX 96u

static bool stamp_is_same(const struct order_part *p, const struct order_part *before)
{
    return before != NULL && p->version == before->version && p->time_us == before->time_us &&
           bytes_equal(p->source, before->source);
}

static uint8_t *put_signed(uint8_t *at, int64_t x)
{
    return put_varint(at, zigzag_of(x));
}

static uint8_t *put_stamp(uint8_t *at, const struct order_part *p, bool time_is_version, struct sources *s)
{
    at = put_varint(at, p->version);
    if (!time_is_version)
        at = put_signed(at, p->time_us);
    return put_varint(at, source_place(s, p->source));
}

static uint8_t *put_part(uint8_t *at, const struct order_part *p, const struct order_part *stamped, struct sources *s)
{
    bool is_state = p->kind == ORDER_STATE, is_same = !is_state && stamp_is_same(p, stamped);
    bool time_is_version = !is_state && !is_same && (uint64_t)p->time_us == p->version;
    *at++ = (uint8_t)((unsigned)p->kind | (p->removed ? PART_REMOVED : 0u) | (p->told ? PART_TOLD : 0u) |
                      (is_same ? PART_SAME_STAMP : 0u) | (time_is_version ? PART_TIME_IS_VERSION : 0u));
    if (kind_has_id(p->kind))
        at = put_bytes(at, p->id);
    if (kind_has_sub(p->kind))
        *at++ = p->sub;
    if (is_state)
        return put_signed(at, p->time_us);
    if (!is_same)
        at = put_stamp(at, p, time_is_version, s);
    return p->removed ? at : put_bytes(at, p->body);
}

static uint8_t *put_act(uint8_t *at, const struct order_act *a)
{
    at = put_signed(put_varint(at, a->position), a->time_us);
    *at++ = (uint8_t)((a->command & 0x7f) | (a->undone ? ACT_UNDONE : 0));
    at = put_bytes(at, a->payload);
    return a->command == COMMAND_ORDER_REASSIGN ? put_raw(at, &a->owner, sizeof a->owner) : at;
}

static uint8_t *put_head(uint8_t *at, const struct document *d)
{
    at = put_bytes(put_bytes(at, d->key.shop), d->key.number);
    *at++ = (uint8_t)((d->has_complete ? BIT_COMPLETE : 0) | (d->has_heard ? BIT_HEARD : 0) |
                      (d->has_day ? BIT_DAY : 0) | (d->buyer_told ? BIT_BUYER_TOLD : 0) |
                      (d->lock.erasure != 0 ? BIT_LOCKED : 0));
    if (d->has_complete)
        at = put_signed(put_varint(at, d->complete_version), d->complete_us);
    if (d->has_heard)
        at = put_raw(at, &d->heard, sizeof d->heard);
    if (d->has_day)
        at = put_signed(at, d->day);
    return d->lock.erasure != 0 ? put_signed(put_varint(at, d->lock.erasure), d->lock.until_us) : at;
}

static size_t head_most(const struct document *d)
{
    return HEAD_FIXED_BYTES_MAX + d->key.shop.size + d->key.number.size;
}

static size_t bytes_most(const struct document *d, const struct sources *s)
{
    size_t most = head_most(d);
    for (uint32_t i = 0; i < s->count; i++)
        most += VARINT_BYTES_MAX + s->names[i].size;
    for (uint32_t i = 0; i < d->part_count; i++)
        most += PART_FIXED_BYTES_MAX + d->parts[i].id.size + d->parts[i].body.size;
    for (uint32_t i = 0; i < d->act_count; i++)
        most += ACT_FIXED_BYTES_MAX + d->acts[i].payload.size;
    return most;
}

struct bytes document_encode(const struct document *d, size_t bytes_max, struct arena *arena)
{
    struct sources sources;
    if (!sources_collect(d, &sources))
        return BYTES_NONE;
    size_t most = bytes_most(d, &sources);
    uint8_t *from = arena_take(arena, most, 1), *at = put_head(from, d);
    at = put_varint(at, sources.count);
    for (uint32_t i = 0; i < sources.count; i++)
        at = put_bytes(at, sources.names[i]);
    at = put_varint(at, d->part_count);
    const struct order_part *stamped = NULL;
    for (uint32_t i = 0; i < d->part_count; i++) {
        at = put_part(at, &d->parts[i], stamped, &sources);
        stamped = d->parts[i].kind == ORDER_STATE ? stamped : &d->parts[i];
    }
    at = put_varint(at, d->act_count);
    for (uint32_t i = 0; i < d->act_count; i++)
        at = put_act(at, &d->acts[i]);
    size_t size = (size_t)(at - from);
    assert(size <= most);
    return size <= bytes_max ? bytes_of(from, size) : BYTES_NONE;
}

struct bytes document_head_encode(const struct document *before, const struct document *d, struct arena *arena)
{
    uint8_t *old = arena_take(arena, head_most(before), 1);
    size_t old_size = (size_t)(put_head(old, before) - old);
    assert(old_size <= before->raw.size);
    struct bytes rest = bytes_slice(before->raw, old_size, before->raw.size);
    uint8_t *from = arena_take(arena, head_most(d) + rest.size, 1),
            *at = put_raw(put_head(from, d), rest.data, rest.size);
    size_t size = (size_t)(at - from);
    return size <= ORDER_LOCKED_BYTES_MAX ? bytes_of(from, size) : BYTES_NONE;
}

/* --- decoding --- */

static void stamp_decode(struct unpack *u, bool time_is_version, const struct sources *s, struct order_part *p)
{
    p->version = unpack_varint(u);
    p->time_us = time_is_version ? (int64_t)p->version : unpack_signed(u);
    uint32_t place = unpack_varint32(u);
    u->bad |= place >= s->count;
    p->source = place < s->count ? s->names[place] : BYTES_NONE;
}

static void part_decode(struct unpack *u, const struct order_part *stamped, const struct sources *s,
                        struct order_part *p)
{
    uint8_t bits = unpack_u8(u);
    *p = (struct order_part){.kind = (enum order_part_kind)(bits & PART_KIND),
                             .removed = (bits & PART_REMOVED) != 0,
                             .told = (bits & PART_TOLD) != 0};
    u->bad |= p->kind < ORDER_HEAD || p->kind >= ORDER_PART_KIND_COUNT;
    if (kind_has_id(p->kind))
        p->id = unpack_bytes(u);
    if (kind_has_sub(p->kind))
        p->sub = unpack_u8(u);
    if (p->kind == ORDER_STATE) {
        p->time_us = unpack_signed(u);
        return;
    }
    if ((bits & PART_SAME_STAMP) == 0) {
        stamp_decode(u, (bits & PART_TIME_IS_VERSION) != 0, s, p);
    } else if (stamped != NULL) {
        p->version = stamped->version;
        p->time_us = stamped->time_us;
        p->source = stamped->source;
    } else {
        u->bad = true;
    }
    if (!p->removed)
        p->body = unpack_bytes(u);
}

static void parts_decode(struct unpack *u, const struct sources *s, struct arena *arena, struct document *d)
{
    const struct order_part *stamped = NULL;
    uint32_t count = unpack_varint32(u);
    if (count > unpack_left(u))
        u->bad = true;
    if (u->bad)
        return;
    d->parts = arena_take(arena, (count + 1) * sizeof *d->parts, _Alignof(struct order_part));
    for (; d->part_count < count && !u->bad; d->part_count++) {
        struct order_part *p = &d->parts[d->part_count];
        part_decode(u, stamped, s, p);
        u->bad |= d->part_count > 0 && part_compare(p - 1, p) >= 0;
        stamped = p->kind == ORDER_STATE ? stamped : p;
    }
}

static void act_decode(struct unpack *u, struct order_act *a)
{
    a->position = unpack_varint(u);
    a->time_us = unpack_signed(u);
    uint8_t command = unpack_u8(u);
    a->command = (COMMAND_ORDER_PUT & 0xff00) | (command & 0x7f);
    a->undone = (command & ACT_UNDONE) != 0;
    a->payload = unpack_bytes(u);
    if (a->command == COMMAND_ORDER_REASSIGN) {
        struct bytes owner = unpack_raw(u, sizeof a->owner);
        if (!u->bad)
            memcpy(&a->owner, owner.data, sizeof a->owner);
    }
    u->bad |= u->bad || failed(order_ask_unpack(a->command, a->payload, &a->ask, NULL));
}

static void acts_decode(struct unpack *u, struct arena *arena, struct document *d)
{
    uint32_t count = unpack_varint32(u);
    u->bad |= count > ORDER_ACTS_MAX;
    if (u->bad)
        return;
    d->acts = ARENA_ARRAY(arena, struct order_act, count + 1);
    for (; d->act_count < count && !u->bad; d->act_count++)
        act_decode(u, &d->acts[d->act_count]);
}

static void head_decode(struct unpack *u, struct document *d)
{
    uint8_t bits = unpack_u8(u);
    u->bad |= (bits & ~BITS_ALL) != 0;
    d->has_complete = (bits & BIT_COMPLETE) != 0;
    d->has_heard = (bits & BIT_HEARD) != 0;
    d->has_day = (bits & BIT_DAY) != 0;
    d->buyer_told = (bits & BIT_BUYER_TOLD) != 0;
    if (d->has_complete) {
        d->complete_version = unpack_varint(u);
        d->complete_us = unpack_signed(u);
    }
    if (d->has_heard) {
        struct bytes heard = unpack_raw(u, sizeof d->heard);
        if (!u->bad)
            memcpy(&d->heard, heard.data, sizeof d->heard);
    }
    d->day = d->has_day ? (int32_t)unpack_signed(u) : 0;
    if ((bits & BIT_LOCKED) == 0)
        return;
    d->lock.erasure = unpack_varint(u);
    d->lock.until_us = unpack_signed(u);
    u->bad |= d->lock.erasure == 0;
}

fallible document_decode(struct bytes bytes, struct arena *arena, struct document *d, struct err *e)
{
    struct unpack u = unpack_of(bytes);
    struct sources sources = {.count = 0};
    *d = (struct document){.raw = bytes};
    d->key.shop = unpack_bytes(&u);
    d->key.number = unpack_bytes(&u);
    head_decode(&u, d);
    uint32_t count = unpack_varint32(&u);
    u.bad |= count > SOURCES_MAX;
    for (; sources.count < count && !u.bad; sources.count++)
        sources.names[sources.count] = unpack_bytes(&u);
    parts_decode(&u, &sources, arena, d);
    acts_decode(&u, arena, d);
    return unpack_finished(&u) ? DONE : FAIL(e, INVALID, "an order that is cut short or not of ours");
}
