/* Consents: a set of acts, the newest kept; and what they say together. Layout: docs/formats/people.md. */
#include <string.h>

#include "base/order.h"
#include "domain/people/sections.h"

#define HEAD_GIVEN 1u
#define HEAD_UNTIL 2u
#define HEAD_POLICY 4u
#define HEAD_BRAND 8u
#define HEAD_CHANNEL 16u
#define HEAD_ENTITY 32u
#define HEAD_FROM 64u
#define HEAD_EVIDENCE 128u
#define ENTRY_BYTES_MAX (1u + 5u * 5u + 3u * VARINT_BYTES_MAX + 2u * (2u + CONSENT_TEXT_BYTES_MAX) + 16u)
#define HEADER_BYTES_MAX 8u
static_assert(CONSENTS_MAX * ENTRY_BYTES_MAX + HEADER_BYTES_MAX <= ROW_BYTES_MAX, "a section fits a row");

/* Newest first; of one moment a withdrawal before what was given; total, so that a union has one form. */
static int consent_compare(const struct consent *x, const struct consent *y)
{
    ORDER_BY(y->time_us, x->time_us);
    ORDER_BY(x->given, y->given);
    ORDER_BY(x->entity, y->entity);
    ORDER_BY(x->brand, y->brand);
    ORDER_BY(x->purpose, y->purpose);
    ORDER_BY(x->channel, y->channel);
    ORDER_BY(x->owner.high, y->owner.high);
    ORDER_BY(x->owner.low, y->owner.low);
    ORDER_BY(x->until_us, y->until_us);
    ORDER_BY(x->from_us, y->from_us);
    ORDER_BY(x->source, y->source);
    int policy = bytes_compare(x->policy, y->policy);
    return policy != 0 ? policy : bytes_compare(x->evidence, y->evidence);
}

static struct bytes text_kept(struct bytes text)
{
    return bytes_slice(text, 0, text.size > CONSENT_TEXT_BYTES_MAX ? CONSENT_TEXT_BYTES_MAX : text.size);
}

struct consents consents_none(uint32_t max)
{
    return (struct consents){.max = max};
}

bool consents_add(struct consents *c, const struct consent *more, struct arena *a)
{
    struct consent one = *more;
    one.policy = text_kept(one.policy);
    one.evidence = text_kept(one.evidence);
    uint32_t at = 0;
    while (at < c->count && consent_compare(&c->list[at], &one) < 0)
        at++;
    if (at < c->count && consent_compare(&c->list[at], &one) == 0)
        return false;
    if (at == c->max)
        return false;
    if (c->count == c->max)
        c->count--;
    LIST_OPEN(a, c->list, c->count, c->room, at);
    one.policy = arena_copy(a, one.policy);
    one.evidence = arena_copy(a, one.evidence);
    c->list[at] = one;
    return true;
}

struct bytes consents_merge(struct bytes x, struct bytes y, struct arena *a)
{
    if (x.size == 0 || y.size == 0)
        return x.size == 0 ? y : x;
    struct consents sum = consents_decode(x, a), more = consents_decode(y, a);
    for (uint32_t i = 0; i < more.count; i++)
        (void)consents_add(&sum, &more.list[i], a);
    return consents_encode(&sum, a);
}

/* --- bytes --- */

static void consent_pack(struct buf *b, const struct consent *c)
{
    uint32_t head = (c->given ? HEAD_GIVEN : 0) | (c->until_us != 0 ? HEAD_UNTIL : 0) | (c->policy.size > 0 ? HEAD_POLICY : 0) |
                    (c->brand != 0 ? HEAD_BRAND : 0) | (c->channel != 0 ? HEAD_CHANNEL : 0) | (c->entity != 0 ? HEAD_ENTITY : 0) |
                    (c->from_us != 0 ? HEAD_FROM : 0) | (c->evidence.size > 0 ? HEAD_EVIDENCE : 0);
    pack_u8(b, (uint8_t)head);
    if (c->brand != 0)
        pack_varint(b, c->brand);
    pack_varint(b, c->purpose);
    if (c->channel != 0)
        pack_varint(b, c->channel);
    pack_varint(b, c->source);
    pack_signed(b, c->time_us);
    if (c->until_us != 0)
        pack_signed(b, c->until_us);
    if (c->policy.size > 0)
        pack_bytes(b, c->policy);
    if (c->entity != 0)
        pack_varint(b, c->entity);
    if (c->from_us != 0)
        pack_signed(b, c->from_us);
    if (c->evidence.size > 0)
        pack_bytes(b, c->evidence);
    pack_u64(b, c->owner.low);
    pack_u64(b, c->owner.high);
}

struct bytes consents_encode(const struct consents *c, struct arena *a)
{
    if (c->count == 0)
        return BYTES_NONE;
    struct buf b = arena_buf(a, HEADER_BYTES_MAX + (size_t)c->count * ENTRY_BYTES_MAX);
    pack_u8(&b, SECTION_FORMAT);
    pack_varint(&b, c->count);
    for (uint32_t i = 0; i < c->count; i++)
        consent_pack(&b, &c->list[i]);
    assert(!b.overflowed);
    return buf_bytes(&b);
}

static struct consent consent_unpack(struct unpack *u)
{
    uint8_t head = unpack_u8(u);
    struct consent c = {.given = (head & HEAD_GIVEN) != 0};
    c.brand = (head & HEAD_BRAND) != 0 ? unpack_varint32(u) : 0;
    c.purpose = unpack_varint32(u);
    c.channel = (head & HEAD_CHANNEL) != 0 ? unpack_varint32(u) : 0;
    c.source = unpack_varint32(u);
    c.time_us = unpack_signed(u);
    c.until_us = (head & HEAD_UNTIL) != 0 ? unpack_signed(u) : 0;
    c.policy = (head & HEAD_POLICY) != 0 ? unpack_bytes(u) : BYTES_NONE;
    c.entity = (head & HEAD_ENTITY) != 0 ? unpack_varint32(u) : 0;
    c.from_us = (head & HEAD_FROM) != 0 ? unpack_signed(u) : 0;
    c.evidence = (head & HEAD_EVIDENCE) != 0 ? unpack_bytes(u) : BYTES_NONE;
    c.owner.low = unpack_u64(u);
    c.owner.high = unpack_u64(u);
    return c;
}

struct consents consents_decode(struct bytes section, struct arena *a)
{
    struct consents c = consents_none(CONSENTS_MAX);
    if (section.size == 0)
        return c;
    struct unpack u = unpack_of(section);
    uint8_t format = unpack_u8(&u);
    c.count = unpack_varint32(&u);
    assert(format == SECTION_FORMAT && c.count <= section.size);
    c.room = c.count + 1;
    c.list = ARENA_ARRAY(a, struct consent, c.room);
    for (uint32_t i = 0; i < c.count; i++)
        c.list[i] = consent_unpack(&u);
    assert(unpack_finished(&u));
    return c;
}

/* --- what they say --- */

/* Does an act speak of what is asked? One for all channels, or for the whole group, speaks of each; and who asks for
 * all channels must also hear of the one that was withdrawn. */
static bool consent_is_about(const struct consent *c, const struct consent_ask *ask)
{
    bool channel = c->channel == 0 || c->channel == ask->channel || (ask->channel == 0 && !c->given);
    bool brand = c->entity != 0 ? c->entity == ask->entity : c->brand == 0 || c->brand == ask->brand;
    return c->purpose == ask->purpose && channel && brand;
}

static bool has_begun(const struct consent *c, int64_t now_us)
{
    return c->time_us <= now_us && c->from_us <= now_us;
}

/* Newest first: of those of one owner the first that is about it is in force. */
static bool is_in_force(const struct consent *list, size_t at, const struct consent_ask *ask, int64_t now_us)
{
    bool in_force = consent_is_about(&list[at], ask) && has_begun(&list[at], now_us);
    for (size_t i = 0; i < at && in_force; i++)
        in_force = !hash128_equal(list[i].owner, list[at].owner) || !has_begun(&list[i], now_us) || !consent_is_about(&list[i], ask);
    return in_force;
}

static enum consent_state state_of(const struct consent *c, int64_t now_us)
{
    if (!c->given)
        return CONSENT_WITHDRAWN;
    return c->until_us == 0 || c->until_us > now_us ? CONSENT_GIVEN : CONSENT_EXPIRED;
}

enum consent_state consents_say(const struct consent *list, size_t count, const struct consent_ask *ask, int64_t now_us, const struct consent **out_why)
{
    static const int strictness[] = {[CONSENT_NONE] = 0, [CONSENT_EXPIRED] = 1, [CONSENT_GIVEN] = 2, [CONSENT_WITHDRAWN] = 3};
    enum consent_state said = CONSENT_NONE;
    const struct consent *why = NULL;
    for (size_t i = 0; i < count && said != CONSENT_WITHDRAWN; i++) {
        if (!is_in_force(list, i, ask, now_us) || strictness[state_of(&list[i], now_us)] <= strictness[said])
            continue;
        said = state_of(&list[i], now_us);
        why = &list[i];
    }
    if (out_why != NULL)
        *out_why = why;
    return said;
}
