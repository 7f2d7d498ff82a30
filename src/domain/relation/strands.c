#include "domain/relation/strands.h"

#include <string.h>

#include "base/order.h"
#include "lib/value.h"

#define SECTION_FORMAT 3u /* never SECTION_ELSEWHERE */
#define ACT_END 1u
#define ACT_REASON 2u
#define ACT_BY 4u
#define KIND_IN_WORDS UINT8_MAX
#define OWNER_BYTES 16u

/* --- order --- */

int relation_compare(const struct strand *x, const struct strand *y)
{
    ORDER_BY(x->type, y->type);
    ORDER_BY(x->brand, y->brand);
    ORDER_BY_BYTES(x->ref.kind, y->ref.kind);
    ORDER_BY_BYTES(x->ref.ns, y->ref.ns);
    ORDER_BY_BYTES(x->ref.id, y->ref.id);
    return 0;
}

static int owner_compare(struct hash128 x, struct hash128 y)
{
    ORDER_BY(x.high, y.high);
    ORDER_BY(x.low, y.low);
    return 0;
}

static int strand_compare(const struct strand *x, const struct strand *y)
{
    int order = relation_compare(x, y);
    return order != 0 ? order : owner_compare(x->owner, y->owner);
}

/* The newest first; of one time an end before a beginning, for the stricter is the later. */
static int act_compare(const struct act *x, const struct act *y)
{
    ORDER_BY(y->time_us, x->time_us);
    ORDER_BY(y->is_end, x->is_end);
    ORDER_BY_BYTES(y->reason, x->reason);
    ORDER_BY(x->by.kind, y->by.kind);
    ORDER_BY_BYTES(x->by.name, y->by.name);
    return 0;
}

static int version_compare(const struct version *x, const struct version *y)
{
    ORDER_BY(y->time_us, x->time_us);
    ORDER_BY_BYTES(y->value, x->value);
    return 0;
}

/* --- adding --- */

static uint32_t strands_place(const struct strands *s, const struct strand *key)
{
    uint32_t low = 0, high = s->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (strand_compare(&s->list[middle], key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void strands_open(struct strands *s, uint32_t at, struct arena *a)
{
    if (s->count == s->room) {
        s->room = s->room == 0 ? 8 : s->room * 2;
        struct strand *list = ARENA_ARRAY(a, struct strand, s->room);
        if (s->count > 0)
            memcpy(list, s->list, s->count * sizeof *list);
        s->list = list;
    }
    memmove(s->list + at + 1, s->list + at, (s->count - at) * sizeof *s->list);
    s->count++;
}

struct strand *strands_at(struct strands *s, const struct strand *key, struct arena *a)
{
    uint32_t at = strands_place(s, key);
    if (at < s->count && strand_compare(&s->list[at], key) == 0)
        return &s->list[at];
    strands_open(s, at, a);
    s->list[at] = (struct strand){.type = key->type, .brand = key->brand, .ref = key->ref, .owner = key->owner};
    return &s->list[at];
}

/* Which of too many acts goes: the oldest that says what the ones before and after it say too, or the oldest of all. */
static uint32_t act_dropped(const struct act *acts, uint32_t count)
{
    for (uint32_t i = count - 2; i > 0; i--)
        if (acts[i - 1].is_end == acts[i].is_end && acts[i + 1].is_end == acts[i].is_end)
            return i;
    return count - 1;
}

bool strand_add_act(struct strand *strand, const struct act *act)
{
    struct act acts[RELATION_ACTS_MAX + 1];
    uint32_t at = 0, count = strand->act_count;
    while (at < count && act_compare(&strand->acts[at], act) < 0)
        at++;
    if (at < count && act_compare(&strand->acts[at], act) == 0)
        return false;
    memcpy(acts, strand->acts, at * sizeof *acts);
    acts[at] = *act;
    memcpy(acts + at + 1, strand->acts + at, (count - at) * sizeof *acts);
    count++;
    uint32_t dropped = count > RELATION_ACTS_MAX ? act_dropped(acts, count) : count;
    if (dropped < count)
        memmove(acts + dropped, acts + dropped + 1, (--count - dropped) * sizeof *acts);
    memcpy(strand->acts, acts, count * sizeof *acts);
    strand->act_count = count;
    return dropped != at;
}

static bool attribute_add(struct attribute *attribute, const struct version *version)
{
    struct version *list = attribute->versions;
    uint32_t at = 0;
    while (at < attribute->count && version_compare(&list[at], version) < 0)
        at++;
    if (at == RELATION_VERSIONS_MAX || (at < attribute->count && version_compare(&list[at], version) == 0))
        return false;
    if (attribute->count < RELATION_VERSIONS_MAX)
        attribute->count++;
    memmove(list + at + 1, list + at, (attribute->count - 1 - at) * sizeof *list);
    list[at] = *version;
    return true;
}

bool strand_add_attribute(struct strand *strand, struct bytes name, const struct version *version, struct arena *a)
{
    uint32_t at = 0;
    if (strand->attributes == NULL)
        strand->attributes = ARENA_ARRAY(a, struct attribute, RELATION_ATTRIBUTES_MAX);
    struct attribute *list = strand->attributes;
    while (at < strand->attribute_count && bytes_compare(list[at].name, name) < 0)
        at++;
    if (at == RELATION_ATTRIBUTES_MAX)
        return false;
    if (at < strand->attribute_count && bytes_equal(list[at].name, name))
        return attribute_add(&list[at], version);
    if (strand->attribute_count < RELATION_ATTRIBUTES_MAX)
        strand->attribute_count++;
    memmove(list + at + 1, list + at, (strand->attribute_count - 1 - at) * sizeof *list);
    list[at] = (struct attribute){.name = name};
    return attribute_add(&list[at], version);
}

void strands_add(struct strands *s, const struct strand *more, struct arena *a)
{
    struct strand *strand = strands_at(s, more, a);
    for (uint32_t i = 0; i < more->act_count; i++)
        (void)strand_add_act(strand, &more->acts[i]);
    for (uint32_t i = 0; i < more->attribute_count; i++)
        for (uint32_t j = 0; j < more->attributes[i].count; j++)
            (void)strand_add_attribute(strand, more->attributes[i].name, &more->attributes[i].versions[j], a);
}

struct bytes strands_merge(struct bytes x, struct bytes y, struct arena *a)
{
    if (x.size == 0 || y.size == 0)
        return x.size == 0 ? y : x;
    struct strands sum = strands_decode(x, a), more = strands_decode(y, a);
    for (uint32_t i = 0; i < more.count; i++)
        strands_add(&sum, &more.list[i], a);
    return strands_encode(&sum, a);
}

/* --- limits --- */

static int64_t strand_newest_us(const struct strand *s)
{
    int64_t newest = s->act_count > 0 ? s->acts[0].time_us : INT64_MIN;
    for (uint32_t i = 0; i < s->attribute_count; i++)
        if (s->attributes[i].versions[0].time_us > newest)
            newest = s->attributes[i].versions[0].time_us;
    return newest;
}

static bool goes_before(const struct strand *x, const struct strand *y)
{
    bool x_open = x->act_count > 0 && !x->acts[0].is_end, y_open = y->act_count > 0 && !y->acts[0].is_end;
    if (x_open != y_open)
        return y_open;
    return strand_newest_us(x) < strand_newest_us(y);
}

static void strands_drop_one(struct strands *s)
{
    uint32_t worst = 0;
    for (uint32_t i = 1; i < s->count; i++)
        if (goes_before(&s->list[i], &s->list[worst]))
            worst = i;
    s->count--;
    memmove(s->list + worst, s->list + worst + 1, (s->count - worst) * sizeof *s->list);
}

/* --- bytes --- */

struct owners {
    struct hash128 *list;
    uint32_t count;
};

static uint32_t owner_place(const struct owners *owners, struct hash128 owner)
{
    uint32_t at = 0;
    while (at < owners->count && owner_compare(owners->list[at], owner) < 0)
        at++;
    return at;
}

static struct owners owners_of(const struct strands *s, struct arena *a)
{
    struct owners owners = {.list = ARENA_ARRAY(a, struct hash128, s->count + 1)};
    for (uint32_t i = 0; i < s->count; i++) {
        uint32_t at = owner_place(&owners, s->list[i].owner);
        if (at < owners.count && hash128_equal(owners.list[at], s->list[i].owner))
            continue;
        memmove(owners.list + at + 1, owners.list + at, (owners.count - at) * sizeof *owners.list);
        owners.list[at] = s->list[i].owner;
        owners.count++;
    }
    return owners;
}

/* Kinds that take one byte, by their places; on disk, for ever. The first is that of what leads to nothing. */
static const char *const short_kinds[] = {
    "",        "staff",    "channel",   "shop",       "group",    RELATION_TO_PERSON,
    "content", "campaign", "programme", "touchpoint", "household"};

static void kind_pack(struct buf *b, struct bytes kind)
{
    for (uint8_t i = 0; i < COUNT_OF(short_kinds); i++) {
        if (!bytes_equal(bytes_of_text(short_kinds[i]), kind))
            continue;
        pack_u8(b, i);
        return;
    }
    pack_u8(b, KIND_IN_WORDS);
    pack_bytes(b, kind);
}

static struct bytes kind_unpack(struct unpack *u)
{
    uint8_t place = unpack_u8(u);
    if (place < COUNT_OF(short_kinds))
        return bytes_of_text(short_kinds[place]);
    struct bytes kind = unpack_bytes(u);
    u->bad |= place != KIND_IN_WORDS || kind.size >= RELATION_WORD_BYTES;
    for (size_t i = 0; i < COUNT_OF(short_kinds); i++) /* each has one form */
        u->bad |= bytes_equal(bytes_of_text(short_kinds[i]), kind);
    return kind;
}

static void acts_pack(struct buf *b, const struct strand *s)
{
    pack_u8(b, (uint8_t)s->act_count);
    for (uint32_t i = 0; i < s->act_count; i++) {
        const struct act *act = &s->acts[i];
        pack_u8(b, (act->is_end ? ACT_END : 0) | (act->reason.size > 0 ? ACT_REASON : 0) |
                       (act->by.kind != RELATION_BY_NOBODY ? ACT_BY : 0));
        if (i == 0)
            pack_signed(b, act->time_us);
        else
            pack_varint(b, (uint64_t)act[-1].time_us - (uint64_t)act->time_us);
        if (act->reason.size > 0)
            pack_bytes(b, act->reason);
        if (act->by.kind == RELATION_BY_NOBODY)
            continue;
        pack_u8(b, (uint8_t)act->by.kind);
        pack_bytes(b, act->by.name);
    }
}

static void attributes_pack(struct buf *b, const struct strand *s)
{
    pack_u8(b, (uint8_t)s->attribute_count);
    for (uint32_t i = 0; i < s->attribute_count; i++) {
        const struct attribute *attribute = &s->attributes[i];
        pack_bytes(b, attribute->name);
        pack_u8(b, (uint8_t)attribute->count);
        for (uint32_t j = 0; j < attribute->count; j++) {
            pack_signed(b, attribute->versions[j].time_us);
            pack_bytes(b, attribute->versions[j].value);
        }
    }
}

static void strands_pack(struct buf *b, const struct strands *s, struct arena *a)
{
    struct owners owners = owners_of(s, a);
    pack_u8(b, SECTION_FORMAT);
    pack_varint(b, owners.count);
    for (uint32_t i = 0; i < owners.count; i++) {
        pack_u64(b, owners.list[i].low);
        pack_u64(b, owners.list[i].high);
    }
    pack_varint(b, s->count);
    for (uint32_t i = 0; i < s->count; i++) {
        const struct strand *strand = &s->list[i];
        pack_u8(b, strand->type);
        pack_varint(b, strand->brand);
        kind_pack(b, strand->ref.kind);
        pack_bytes(b, strand->ref.ns);
        pack_bytes(b, strand->ref.id);
        pack_varint(b, owner_place(&owners, strand->owner));
        acts_pack(b, strand);
        attributes_pack(b, strand);
    }
}

struct bytes strands_encode(struct strands *s, struct arena *a)
{
    struct buf b = arena_buf(a, ROW_BYTES_MAX);
    while (s->count > RELATIONS_MAX)
        strands_drop_one(s);
    if (s->count == 0)
        return BYTES_NONE;
    for (strands_pack(&b, s, a); b.overflowed; strands_pack(&b, s, a)) {
        buf_clear(&b);
        strands_drop_one(s);
    }
    assert(s->count > 0); /* one alone always fits */
    return buf_bytes(&b);
}

static struct relation_by by_unpack(struct unpack *u)
{
    struct relation_by by = {.kind = unpack_u8(u)};
    by.name = unpack_bytes(u);
    u->bad |= by.kind == RELATION_BY_NOBODY || by.kind >= RELATION_BY_COUNT || by.name.size > RELATION_BY_BYTES_MAX;
    return by;
}

static bool acts_unpack(struct unpack *u, struct strand *s)
{
    s->act_count = unpack_u8(u);
    u->bad |= s->act_count > RELATION_ACTS_MAX;
    for (uint32_t i = 0; i < s->act_count && !u->bad; i++) {
        struct act *act = &s->acts[i];
        uint8_t flags = unpack_u8(u);
        act->is_end = (flags & ACT_END) != 0;
        act->time_us = i == 0 ? unpack_signed(u) : (int64_t)((uint64_t)act[-1].time_us - unpack_varint(u));
        act->reason = (flags & ACT_REASON) != 0 ? unpack_bytes(u) : BYTES_NONE;
        act->by = (flags & ACT_BY) != 0 ? by_unpack(u) : (struct relation_by){.kind = RELATION_BY_NOBODY};
        bool reason_fits = act->reason.size <= RELATION_REASON_BYTES_MAX &&
                           (act->reason.size > 0) == ((flags & ACT_REASON) != 0);
        u->bad |= (flags & ~(ACT_END | ACT_REASON | ACT_BY)) != 0 || !reason_fits ||
                  (i > 0 && act_compare(&act[-1], act) >= 0);
    }
    return !u->bad;
}

static bool attribute_unpack(struct unpack *u, struct attribute *attribute)
{
    attribute->name = unpack_bytes(u);
    attribute->count = unpack_u8(u);
    u->bad |= attribute->name.size == 0 || attribute->name.size > RELATION_NAME_BYTES_MAX || attribute->count == 0 ||
              attribute->count > RELATION_VERSIONS_MAX;
    for (uint32_t i = 0; i < attribute->count && !u->bad; i++) {
        struct version *version = &attribute->versions[i];
        version->time_us = unpack_signed(u);
        version->value = unpack_bytes(u);
        struct unpack value = unpack_of(version->value);
        (void)unpack_value_bytes(&value);
        u->bad |= version->value.size > RELATION_VALUE_BYTES_MAX || !unpack_finished(&value) ||
                  (i > 0 && version_compare(&version[-1], version) >= 0);
    }
    return !u->bad;
}

static bool attributes_unpack(struct unpack *u, struct strand *s, struct arena *a)
{
    s->attribute_count = unpack_u8(u);
    u->bad |= s->attribute_count > RELATION_ATTRIBUTES_MAX;
    if (u->bad || s->attribute_count == 0)
        return !u->bad;
    s->attributes = ARENA_ARRAY(a, struct attribute, RELATION_ATTRIBUTES_MAX);
    for (uint32_t i = 0; i < s->attribute_count && !u->bad; i++)
        if (attribute_unpack(u, &s->attributes[i]) && i > 0)
            u->bad |= bytes_compare(s->attributes[i - 1].name, s->attributes[i].name) >= 0;
    return !u->bad;
}

static bool strand_unpack(struct unpack *u, const struct owners *owners, struct strand *s, struct arena *a)
{
    s->type = unpack_u8(u);
    s->brand = unpack_varint32(u);
    s->ref.kind = kind_unpack(u);
    s->ref.ns = unpack_bytes(u);
    s->ref.id = unpack_bytes(u);
    uint32_t owner = unpack_varint32(u);
    if (u->bad || s->type == 0 || s->type >= RELATION_TYPE_END || owner >= owners->count)
        return false;
    s->owner = owners->list[owner];
    return acts_unpack(u, s) && attributes_unpack(u, s, a);
}

static bool owners_unpack(struct unpack *u, struct owners *out, struct arena *a)
{
    out->count = unpack_varint32(u);
    if (u->bad || out->count == 0 || out->count > unpack_left(u) / OWNER_BYTES)
        return false;
    out->list = ARENA_ARRAY(a, struct hash128, out->count);
    for (uint32_t i = 0; i < out->count; i++) {
        out->list[i].low = unpack_u64(u);
        out->list[i].high = unpack_u64(u);
        if (i > 0 && owner_compare(out->list[i - 1], out->list[i]) >= 0)
            return false;
    }
    return true;
}

bool strands_read(struct bytes section, struct arena *a, struct strands *out)
{
    struct unpack u = unpack_of(section);
    struct owners owners;
    *out = (struct strands){0};
    if (section.size == 0)
        return true;
    if (unpack_u8(&u) != SECTION_FORMAT || !owners_unpack(&u, &owners, a))
        return false;
    uint32_t count = unpack_varint32(&u);
    if (u.bad || count == 0 || count > RELATIONS_MAX)
        return false;
    out->room = count + 1;
    out->list = ARENA_ARRAY(a, struct strand, out->room);
    for (; out->count < count; out->count++) {
        struct strand *s = &out->list[out->count];
        if (!strand_unpack(&u, &owners, s, a) || (out->count > 0 && strand_compare(&s[-1], s) >= 0))
            return false;
    }
    return unpack_finished(&u);
}

struct strands strands_decode(struct bytes section, struct arena *a)
{
    struct strands s;
    bool good = strands_read(section, a, &s);
    assert(good);
    (void)good;
    return s;
}
