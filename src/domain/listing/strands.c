#include "domain/listing/strands.h"

#include <string.h>

#include "base/order.h"
#include "lib/list.h"
#include "lib/value.h"

#define SECTION_FORMAT 1u /* never SECTION_ELSEWHERE */
enum act_flag { ACT_OFF = 1, ACT_VALUE = 2, ACT_UNTIL = 4, ACT_BY = 8, ACT_REASON = 16, ACT_FLAGS = 31 };

/* --- order --- */

/* Of one time taking off comes before putting on, for the stricter is the later. */
int listing_act_compare(const struct listing_act *x, const struct listing_act *y)
{
    ORDER_BY(y->time_us, x->time_us);
    ORDER_BY(y->is_off, x->is_off);
    ORDER_BY_BYTES(y->value, x->value);
    ORDER_BY(y->until_us, x->until_us);
    ORDER_BY(x->by.kind, y->by.kind);
    ORDER_BY_BYTES(x->by.name, y->by.name);
    ORDER_BY_BYTES(y->reason, x->reason);
    return 0;
}

static int key_compare(const struct listing_strand *x, struct hash128 owner, uint32_t list)
{
    ORDER_BY(x->owner.high, owner.high);
    ORDER_BY(x->owner.low, owner.low);
    ORDER_BY(x->list, list);
    return 0;
}

/* --- adding --- */

static void strands_open(struct listing_strands *s, uint32_t at, struct arena *a)
{
    if (s->count == s->room) {
        s->room = s->room == 0 ? 8 : s->room * 2;
        struct listing_strand *list = ARENA_ARRAY(a, struct listing_strand, s->room);
        if (s->count > 0)
            memcpy(list, s->list, s->count * sizeof *list);
        s->list = list;
    }
    memmove(s->list + at + 1, s->list + at, (s->count - at) * sizeof *s->list);
    s->count++;
}

struct listing_strand *listing_strand_at(struct listing_strands *s, struct hash128 owner, uint32_t list,
                                         struct arena *a)
{
    uint32_t at = 0;
    while (at < s->count && key_compare(&s->list[at], owner, list) < 0)
        at++;
    if (at < s->count && key_compare(&s->list[at], owner, list) == 0)
        return &s->list[at];
    strands_open(s, at, a);
    s->list[at] = (struct listing_strand){.owner = owner, .list = list};
    return &s->list[at];
}

bool listing_strand_add(struct listing_strand *strand, const struct listing_act *act)
{
    struct listing_act *acts = strand->acts;
    uint32_t at = 0;
    while (at < strand->act_count && listing_act_compare(&acts[at], act) < 0)
        at++;
    if (at == LISTING_ACTS_MAX || (at < strand->act_count && listing_act_compare(&acts[at], act) == 0))
        return false;
    if (strand->act_count < LISTING_ACTS_MAX)
        strand->act_count++;
    memmove(acts + at + 1, acts + at, (strand->act_count - 1 - at) * sizeof *acts);
    acts[at] = *act;
    return true;
}

void listing_strands_add(struct listing_strands *s, const struct listing_strand *more, struct arena *a)
{
    struct listing_strand *strand = listing_strand_at(s, more->owner, more->list, a);
    for (uint32_t i = 0; i < more->act_count; i++)
        (void)listing_strand_add(strand, &more->acts[i]);
}

struct bytes listing_strands_merge(struct bytes x, struct bytes y, struct arena *a)
{
    if (x.size == 0 || y.size == 0)
        return x.size == 0 ? y : x;
    struct listing_strands sum = listing_strands_decode(x, a), more = listing_strands_decode(y, a);
    for (uint32_t i = 0; i < more.count; i++)
        listing_strands_add(&sum, &more.list[i], a);
    return listing_strands_encode(&sum, a);
}

/* --- limits --- */

static bool goes_before(const struct listing_strand *x, const struct listing_strand *y)
{
    if (x->acts[0].is_off != y->acts[0].is_off)
        return x->acts[0].is_off;
    return x->acts[0].time_us < y->acts[0].time_us;
}

static void strands_drop_one(struct listing_strands *s, struct arena *a)
{
    uint32_t worst = 0;
    for (uint32_t i = 1; i < s->count; i++)
        if (goes_before(&s->list[i], &s->list[worst]))
            worst = i;
    LIST_OPEN(a, s->dropped, s->dropped_count, s->dropped_room, s->dropped_count);
    s->dropped[s->dropped_count - 1] = s->list[worst].list;
    s->count--;
    memmove(s->list + worst, s->list + worst + 1, (s->count - worst) * sizeof *s->list);
}

/* --- acts as bytes --- */

static uint8_t act_flags(const struct listing_act *act)
{
    return (uint8_t)((act->is_off ? ACT_OFF : 0) | (act->value.size > 0 ? ACT_VALUE : 0) |
                     (act->until_us != LISTING_FOR_EVER ? ACT_UNTIL : 0) |
                     (act->by.kind != RELATION_BY_NOBODY ? ACT_BY : 0) | (act->reason.size > 0 ? ACT_REASON : 0));
}

void listing_acts_pack(struct buf *b, const struct listing_act *acts, uint32_t count)
{
    pack_u8(b, (uint8_t)count);
    for (uint32_t i = 0; i < count; i++) {
        const struct listing_act *act = &acts[i];
        uint8_t flags = act_flags(act);
        pack_u8(b, flags);
        if (i == 0)
            pack_signed(b, act->time_us);
        else
            pack_varint(b, (uint64_t)act[-1].time_us - (uint64_t)act->time_us);
        if ((flags & ACT_VALUE) != 0)
            pack_bytes(b, act->value);
        if ((flags & ACT_UNTIL) != 0)
            pack_signed(b, act->until_us);
        if ((flags & ACT_BY) != 0) {
            pack_u8(b, (uint8_t)act->by.kind);
            pack_bytes(b, act->by.name);
        }
        if ((flags & ACT_REASON) != 0)
            pack_bytes(b, act->reason);
    }
}

static bool value_is_good(struct bytes value)
{
    struct unpack u = unpack_of(value);
    (void)unpack_value_bytes(&u);
    return value.size <= LISTING_VALUE_BYTES_MAX && unpack_finished(&u);
}

static void act_unpack(struct unpack *u, struct listing_act *act, const struct listing_act *newer)
{
    uint8_t flags = unpack_u8(u);
    *act = (struct listing_act){.is_off = (flags & ACT_OFF) != 0, .until_us = LISTING_FOR_EVER};
    act->time_us = newer == NULL ? unpack_signed(u) : (int64_t)((uint64_t)newer->time_us - unpack_varint(u));
    if ((flags & ACT_VALUE) != 0)
        act->value = unpack_bytes(u);
    if ((flags & ACT_UNTIL) != 0)
        act->until_us = unpack_signed(u);
    if ((flags & ACT_BY) != 0) {
        act->by.kind = (enum relation_by_kind)unpack_u8(u);
        act->by.name = unpack_bytes(u);
    }
    if ((flags & ACT_REASON) != 0)
        act->reason = unpack_bytes(u);
    /* Each act has one form. */
    u->bad |= flags > ACT_FLAGS || act_flags(act) != flags || (act->value.size > 0 && !value_is_good(act->value)) ||
              act->by.kind >= RELATION_BY_COUNT || act->by.name.size > RELATION_BY_BYTES_MAX ||
              act->reason.size > LISTING_REASON_BYTES_MAX || (newer != NULL && listing_act_compare(newer, act) >= 0);
}

uint32_t listing_acts_unpack(struct unpack *u, struct listing_act acts[LISTING_ACTS_MAX])
{
    uint8_t count = unpack_u8(u);
    u->bad |= count == 0 || count > LISTING_ACTS_MAX;
    for (uint32_t i = 0; i < count && !u->bad; i++)
        act_unpack(u, &acts[i], i == 0 ? NULL : &acts[i - 1]);
    return count;
}

/* --- the section as bytes --- */

static uint32_t owner_end(const struct listing_strands *s, uint32_t from)
{
    uint32_t end = from + 1;
    while (end < s->count && hash128_equal(s->list[end].owner, s->list[from].owner))
        end++;
    return end;
}

static void strands_pack(struct buf *b, const struct listing_strands *s)
{
    pack_u8(b, SECTION_FORMAT);
    for (uint32_t at = 0, end; at < s->count; at = end) {
        end = owner_end(s, at);
        pack_u64(b, s->list[at].owner.low);
        pack_u64(b, s->list[at].owner.high);
        pack_varint(b, end - at);
        for (uint32_t i = at; i < end; i++) {
            pack_varint(b, s->list[i].list);
            listing_acts_pack(b, s->list[i].acts, s->list[i].act_count);
        }
    }
}

struct bytes listing_strands_encode(struct listing_strands *s, struct arena *a)
{
    struct buf b = arena_buf(a, ROW_BYTES_MAX);
    while (s->count > LISTINGS_MAX)
        strands_drop_one(s, a);
    if (s->count == 0)
        return BYTES_NONE;
    for (strands_pack(&b, s); b.overflowed; strands_pack(&b, s)) {
        buf_clear(&b);
        strands_drop_one(s, a);
    }
    assert(s->count > 0); /* one alone always fits */
    return buf_bytes(&b);
}

/* All of one owner. */
static bool owner_unpack(struct unpack *u, struct listing_strands *out, struct arena *a)
{
    struct hash128 owner = {.low = unpack_u64(u)};
    owner.high = unpack_u64(u);
    uint64_t count = unpack_varint(u);
    if (!unpack_good(u) || count == 0 || count > LISTINGS_MAX - out->count)
        return false;
    for (; count > 0 && !u->bad; count--) {
        uint32_t list = unpack_varint32(u);
        if (u->bad || (out->count > 0 && key_compare(&out->list[out->count - 1], owner, list) >= 0))
            return false;
        strands_open(out, out->count, a);
        struct listing_strand *s = &out->list[out->count - 1];
        *s = (struct listing_strand){.owner = owner, .list = list};
        s->act_count = listing_acts_unpack(u, s->acts);
    }
    return !u->bad;
}

bool listing_strands_read(struct bytes section, struct arena *a, struct listing_strands *out)
{
    struct unpack u = unpack_of(section);
    *out = (struct listing_strands){0};
    if (section.size == 0)
        return true;
    if (unpack_u8(&u) != SECTION_FORMAT)
        return false;
    while (unpack_left(&u) > 0)
        if (!owner_unpack(&u, out, a))
            return false;
    return out->count > 0;
}

struct listing_strands listing_strands_decode(struct bytes section, struct arena *a)
{
    struct listing_strands s;
    bool good = listing_strands_read(section, a, &s);
    assert(good);
    (void)good;
    return s;
}
