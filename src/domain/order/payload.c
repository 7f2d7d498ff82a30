/* What commands carry. */
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "domain/identity/identity.h"
#include "domain/order/document.h"
#include "domain/order/fields.h"
#include "domain/order/payload.h"

#define PAYLOAD_FORMAT 1u
#define BY_BYTES_MAX 255u
#define REASON_BYTES_MAX 1000u

enum version_bit { VERSION_COMPLETE = 1, VERSION_IMPORT = 2, VERSION_TOLD = 4, VERSION_BITS_ALL = 7 };
enum { PART_KIND = 0x0f, PART_REMOVED = 0x10 };

/* --- a version --- */

static int by_place(const void *a, const void *b)
{
    return part_compare(a, b);
}

static void part_pack(struct buf *out, const struct order_part *p)
{
    pack_u8(out, (uint8_t)((unsigned)p->kind | (p->removed ? PART_REMOVED : 0)));
    pack_bytes(out, p->id);
    pack_u8(out, p->sub);
    if (p->kind == ORDER_STATE)
        pack_signed(out, p->time_us);
    else if (!p->removed)
        pack_bytes(out, p->body);
}

static struct status said_twice(const struct order_part *p, struct err *e)
{
    return FAIL(e, INVALID, "'%.*s' is said twice", BYTES_ARG(p->id));
}

fallible order_version_pack(const struct order_version *v, struct buf *out, struct err *e)
{
    if (v->part_count > ORDER_PARTS_MAX)
        return FAIL(e, LIMIT, "a version has at most %u parts: send it in several", ORDER_PARTS_MAX);
    size_t before = out->size;
    qsort(v->parts, v->part_count, sizeof *v->parts, by_place);
    pack_u8(out, PAYLOAD_FORMAT);
    pack_u8(out, (uint8_t)((v->complete ? VERSION_COMPLETE : 0) | (v->import ? VERSION_IMPORT : 0) |
                           (v->told ? VERSION_TOLD : 0)));
    pack_bytes(out, v->key.shop);
    pack_bytes(out, v->key.number);
    pack_bytes(out, v->source);
    pack_varint(out, v->version);
    pack_signed(out, v->time_us);
    pack_varint(out, v->part_count);
    for (uint32_t i = 0; i < v->part_count; i++) {
        if (i > 0 && part_compare(&v->parts[i - 1], &v->parts[i]) == 0) {
            out->size = before;
            return said_twice(&v->parts[i], e);
        }
        part_pack(out, &v->parts[i]);
    }
    if (!out->overflowed && out->size - before <= ORDER_VERSION_BYTES_MAX)
        return DONE;
    out->size = before;
    return FAIL(e, LIMIT, "the version takes more than %u bytes: send it in several parts", ORDER_VERSION_BYTES_MAX);
}

fallible order_version_open(struct bytes payload, struct order_version *out, struct unpack *out_parts, struct err *e)
{
    struct unpack u = unpack_of(payload);
    *out = (struct order_version){.version = 0};
    u.bad |= unpack_u8(&u) != PAYLOAD_FORMAT;
    uint8_t bits = unpack_u8(&u);
    u.bad |= bits > VERSION_BITS_ALL;
    out->complete = (bits & VERSION_COMPLETE) != 0;
    out->import = (bits & VERSION_IMPORT) != 0;
    out->told = (bits & VERSION_TOLD) != 0;
    out->key.shop = unpack_bytes(&u);
    out->key.number = unpack_bytes(&u);
    out->source = unpack_bytes(&u);
    out->version = unpack_varint(&u);
    out->time_us = unpack_signed(&u);
    out->part_count = unpack_varint32(&u);
    *out_parts = u;
    if (u.bad || out->part_count > ORDER_PARTS_MAX)
        return FAIL(e, INVALID, "not a version of an order");
    if (out->time_us < TIME_US_MIN || out->time_us >= TIME_US_END)
        return FAIL(e, INVALID, "modified: a time before the year 1 or after 9999");
    TRY(order_text_check(out->source, NAME_BYTES_MAX, "source", e));
    return order_key_check(out->key, e);
}

bool version_key(struct bytes payload, struct order_key *out_key)
{
    struct unpack u = unpack_of(payload);
    (void)unpack_u16(&u); /* its format and bits */
    out_key->shop = unpack_bytes(&u);
    out_key->number = unpack_bytes(&u);
    return !u.bad && out_key->shop.size <= ORDER_SHOP_BYTES_MAX && out_key->number.size <= ORDER_NUMBER_BYTES_MAX;
}

bool order_version_next(const struct order_version *v, struct unpack *u, struct order_part *out)
{
    if (u->bad || unpack_left(u) == 0)
        return false;
    uint8_t bits = unpack_u8(u);
    *out = (struct order_part){
        .kind = (enum order_part_kind)(bits & PART_KIND), .removed = (bits & PART_REMOVED) != 0, .id = unpack_bytes(u)};
    u->bad |= (bits & ~(PART_KIND | PART_REMOVED)) != 0 || out->kind < ORDER_HEAD || out->kind >= ORDER_PART_KIND_COUNT;
    out->sub = unpack_u8(u);
    out->version = v->version;
    out->time_us = v->time_us;
    out->source = v->source;
    if (out->kind == ORDER_STATE)
        out->time_us = unpack_signed(u);
    else if (!out->removed)
        out->body = unpack_bytes(u);
    return !u->bad;
}

fallible version_check(struct bytes payload, struct err *e)
{
    struct order_version v;
    struct unpack u;
    struct order_part before, p;
    uint32_t count = 0;
    TRY(order_version_open(payload, &v, &u, e));
    for (; order_version_next(&v, &u, &p); count++, before = p) {
        TRY(part_check(&p, e));
        if (count > 0 && part_compare(&before, &p) == 0)
            return said_twice(&p, e);
        if (count > 0 && part_compare(&before, &p) > 0)
            return FAIL(e, INVALID, "parts out of order");
    }
    return unpack_finished(&u) && count == v.part_count ? DONE : FAIL(e, INVALID, "a version that is cut short");
}

void version_read(struct bytes payload, struct arena *arena, struct order_version *out)
{
    struct unpack u;
    struct status status = order_version_open(payload, out, &u, NULL);
    assert(done(status)); /* version_check has seen it */
    out->parts = arena_take(arena, (out->part_count + 1) * sizeof *out->parts, _Alignof(struct order_part));
    for (uint32_t i = 0; i < out->part_count; i++) {
        bool there = order_version_next(out, &u, &out->parts[i]);
        assert(there);
        (void)there;
    }
}

/* --- acts --- */

static fallible ask_check(uint32_t command, const struct order_ask *ask, struct err *e)
{
    TRY(order_key_check(ask->key, e));
    if (ask->by.size > BY_BYTES_MAX || ask->reason.size > REASON_BYTES_MAX)
        return FAIL(e, LIMIT, "a name has at most %u bytes, a reason %u", BY_BYTES_MAX, REASON_BYTES_MAX);
    if (command == COMMAND_ORDER_REASSIGN &&
        (ask->id.type == 0 || ask->id.value.size == 0 || ask->id.value.size > ID_VALUE_BYTES_MAX))
        return FAIL(e, INVALID, "say to whom: an identifier");
    if (command != COMMAND_ORDER_CORRECT)
        return DONE;
    /* As a part that consists of this field alone. */
    struct order_part p = {
        .kind = ask->kind, .sub = ask->sub, .id = ask->part_id, .time_us = ask->time_us, .body = ask->value};
    struct order_value value;
    struct unpack u = unpack_of(ask->value);
    if (p.kind == ORDER_BUYER)
        return FAIL(e, INVALID, "a buyer isn't corrected: reassign the order");
    if (p.kind != ORDER_STATE && (!order_field_next(&u, &value) || !unpack_finished(&u)))
        return FAIL(e, INVALID, "correct one field at a time");
    return part_check(&p, e);
}

fallible order_ask_pack(uint32_t command, const struct order_ask *ask, struct buf *out, struct err *e)
{
    TRY(ask_check(command, ask, e));
    pack_u8(out, PAYLOAD_FORMAT);
    pack_bytes(out, ask->key.shop);
    pack_bytes(out, ask->key.number);
    pack_bytes(out, ask->by);
    pack_bytes(out, ask->reason);
    if (command == COMMAND_ORDER_CORRECT) {
        pack_u8(out, (uint8_t)ask->kind);
        pack_bytes(out, ask->part_id);
        pack_u8(out, ask->sub);
        pack_signed(out, ask->time_us);
        pack_bytes(out, ask->value);
    } else if (command == COMMAND_ORDER_REASSIGN) {
        envelope_id_pack(out, &ask->id);
    } else if (command == COMMAND_ORDER_UNDO) {
        pack_u64(out, ask->position);
    }
    if (ask->decided_us != 0)
        pack_signed(out, ask->decided_us);
    return out->overflowed ? FAIL(e, LIMIT, "no room for the act") : DONE;
}

fallible order_ask_unpack(uint32_t command, struct bytes payload, struct order_ask *out, struct err *e)
{
    struct unpack u = unpack_of(payload);
    *out = (struct order_ask){.position = 0};
    u.bad |= unpack_u8(&u) != PAYLOAD_FORMAT;
    out->key.shop = unpack_bytes(&u);
    out->key.number = unpack_bytes(&u);
    out->by = unpack_bytes(&u);
    out->reason = unpack_bytes(&u);
    if (command == COMMAND_ORDER_CORRECT) {
        out->kind = (enum order_part_kind)unpack_u8(&u);
        out->part_id = unpack_bytes(&u);
        out->sub = unpack_u8(&u);
        out->time_us = unpack_signed(&u);
        out->value = unpack_bytes(&u);
    } else if (command == COMMAND_ORDER_REASSIGN) {
        u.bad |= !order_id_next(&u, &out->id);
    } else if (command == COMMAND_ORDER_UNDO) {
        out->position = unpack_u64(&u);
    }
    out->decided_us = unpack_left(&u) > 0 ? unpack_signed(&u) : 0;
    return unpack_finished(&u) ? ask_check(command, out, e) : FAIL(e, INVALID, "an act on an order that is cut short");
}

/* --- the follow-ups: key, and of `owned` the owner's --- */

struct bytes key_pack(struct order_key key, const struct hash128 *owner, struct arena *arena)
{
    uint8_t *from = arena_take(arena, key.shop.size + key.number.size + 2 * VARINT_BYTES_MAX + sizeof *owner, 1);
    uint8_t *at = put_bytes(put_bytes(from, key.shop), key.number);
    if (owner != NULL)
        at = put_raw(at, owner, sizeof *owner);
    return bytes_of(from, (size_t)(at - from));
}

fallible key_unpack(struct bytes payload, struct order_key *out_key, struct hash128 *out_owner, struct err *e)
{
    struct unpack u = unpack_of(payload);
    out_key->shop = unpack_bytes(&u);
    out_key->number = unpack_bytes(&u);
    struct bytes owner = out_owner == NULL ? BYTES_NONE : unpack_raw(&u, sizeof *out_owner);
    if (!unpack_finished(&u))
        return FAIL(e, INVALID, "not the key of an order");
    if (out_owner != NULL)
        memcpy(out_owner, owner.data, sizeof *out_owner);
    return order_key_check(*out_key, e);
}

/* --- rates, days, shops --- */

void order_rate_pack(const struct order_rate *rate, struct buf *out)
{
    pack_u8(out, PAYLOAD_FORMAT);
    pack_u16(out, rate->from);
    pack_u16(out, rate->to);
    pack_signed(out, rate->day);
    pack_signed(out, rate->rate.mantissa);
    pack_u8(out, rate->rate.scale);
}

fallible rate_unpack(struct bytes payload, struct order_rate *out, struct err *e)
{
    struct unpack u = unpack_of(payload);
    u.bad |= unpack_u8(&u) != PAYLOAD_FORMAT;
    out->from = unpack_u16(&u);
    out->to = unpack_u16(&u);
    int64_t day = unpack_signed(&u);
    out->rate.mantissa = unpack_signed(&u);
    out->rate.scale = unpack_u8(&u);
    if (!unpack_finished(&u) || !order_day_is_good(day))
        return FAIL(e, INVALID, "not a rate");
    out->day = (int32_t)day;
    if (currency_name(out->from) == NULL || currency_name(out->to) == NULL || out->from == out->to)
        return FAIL(e, INVALID, "a rate leads from one currency to another");
    if (out->rate.mantissa <= 0 || out->rate.mantissa > MONEY_MAX || out->rate.scale > DECIMAL_SCALE_MAX)
        return FAIL(e, INVALID, "a rate is above zero, with at most %d digits behind the point", DECIMAL_SCALE_MAX);
    return DONE;
}

bool order_day_is_good(int64_t day)
{
    return day >= TIME_US_MIN / US_PER_DAY && day < TIME_US_END / US_PER_DAY;
}

static fallible declared_check(const struct order_declared *d, struct err *e)
{
    struct unpack u = unpack_of(d->list);
    struct bytes number, before = BYTES_NONE;
    int64_t amount;
    uint32_t count = 0;
    TRY(order_text_check(d->shop, ORDER_SHOP_BYTES_MAX, "shop", e));
    TRY(order_text_check(d->source, NAME_BYTES_MAX, "source", e));
    if (d->part >= ORDER_DECLARED_PARTS_MAX)
        return FAIL(e, LIMIT, "a day is declared in at most %u parts, from 0", ORDER_DECLARED_PARTS_MAX);
    if (!order_day_is_good(d->day) || currency_name(d->currency) == NULL || d->orders > MONEY_MAX ||
        d->amount > MONEY_MAX || d->amount < -MONEY_MAX)
        return FAIL(e, INVALID, "want a day, a currency, and orders and amount in range");
    for (; order_amount_next(&u, &number, &amount); count++, before = number) {
        TRY(order_text_check(number, ORDER_NUMBER_BYTES_MAX, "number", e));
        if (count > 0 && bytes_compare(before, number) >= 0)
            return FAIL(e, INVALID, "'%.*s' is said twice, or out of order", BYTES_ARG(number));
    }
    if (!unpack_finished(&u) || count != d->listed || count > ORDER_DECLARED_MAX)
        return FAIL(e, LIMIT, "a list has at most %u orders: declare the day in parts", ORDER_DECLARED_MAX);
    return DONE;
}

fallible order_declared_pack(const struct order_declared *d, struct buf *out, struct err *e)
{
    TRY(declared_check(d, e));
    pack_u8(out, PAYLOAD_FORMAT);
    pack_bytes(out, d->shop);
    pack_signed(out, d->day);
    pack_u16(out, d->part);
    pack_bytes(out, d->source);
    pack_signed(out, d->said_us);
    pack_u16(out, d->currency);
    pack_varint(out, d->orders);
    pack_signed(out, d->amount);
    pack_varint(out, d->listed);
    pack_bytes(out, d->list);
    return out->overflowed ? FAIL(e, LIMIT, "no room for what was declared") : DONE;
}

fallible declared_unpack(struct bytes payload, struct order_declared *out, struct err *e)
{
    struct unpack u = unpack_of(payload);
    u.bad |= unpack_u8(&u) != PAYLOAD_FORMAT;
    out->shop = unpack_bytes(&u);
    int64_t day = unpack_signed(&u);
    out->day = order_day_is_good(day) ? (int32_t)day : INT32_MAX;
    out->part = unpack_u16(&u);
    out->source = unpack_bytes(&u);
    out->said_us = unpack_signed(&u);
    out->currency = unpack_u16(&u);
    out->orders = unpack_varint(&u);
    out->amount = unpack_signed(&u);
    out->listed = unpack_varint32(&u);
    out->list = unpack_bytes(&u);
    return unpack_finished(&u) ? declared_check(out, e) : FAIL(e, INVALID, "a declaration that is cut short");
}

void order_shop_pack(struct bytes shop, bool derives, struct buf *out)
{
    pack_u8(out, PAYLOAD_FORMAT);
    pack_bytes(out, shop);
    pack_u8(out, derives);
}

fallible shop_unpack(struct bytes payload, struct bytes *out_shop, bool *out_derives, struct err *e)
{
    struct unpack u = unpack_of(payload);
    u.bad |= unpack_u8(&u) != PAYLOAD_FORMAT;
    *out_shop = unpack_bytes(&u);
    uint8_t derives = unpack_u8(&u);
    *out_derives = derives != 0;
    if (!unpack_finished(&u) || derives > 1)
        return FAIL(e, INVALID, "not what is said of a shop");
    return order_text_check(*out_shop, ORDER_SHOP_BYTES_MAX, "shop", e);
}
