#include "domain/listing/inside.h"
#include "lib/value.h"

#define FORMAT 1u
#define FLAG_IMPORT 1u

/* --- one act --- */

void listing_put_pack(const struct listing_put *put, struct buf *b)
{
    pack_u8(b, FORMAT);
    pack_u8(b, put->is_import ? FLAG_IMPORT : 0);
    envelope_id_pack(b, &put->id);
    pack_varint(b, put->holder);
    pack_varint(b, put->list);
    pack_signed(b, put->act.until_us);
    struct listing_act act = put->act;
    act.until_us = LISTING_FOR_EVER; /* it stands before: 0 is no end */
    listing_acts_pack(b, &act, 1);
}

fallible listing_put_unpack(struct bytes payload, struct listing_put *out, struct err *e)
{
    struct listing_act acts[LISTING_ACTS_MAX];
    struct unpack u = unpack_of(payload);
    uint8_t format = unpack_u8(&u), flags = unpack_u8(&u);
    *out = (struct listing_put){.is_import = (flags & FLAG_IMPORT) != 0, .id = envelope_id_unpack(&u)};
    out->holder = unpack_varint32(&u);
    out->list = unpack_varint32(&u);
    int64_t until_us = unpack_signed(&u);
    uint32_t count = listing_acts_unpack(&u, acts);
    if (format != FORMAT || flags > FLAG_IMPORT || !unpack_finished(&u) || count != 1 || out->list == 0)
        return FAIL(e, INVALID, "not a listing");
    if (out->id.ns.size > ID_VALUE_BYTES_MAX || out->id.value.size > ID_VALUE_BYTES_MAX)
        return FAIL(e, INVALID, "an identifier has at most %u bytes", ID_VALUE_BYTES_MAX);
    out->act = acts[0];
    out->act.until_us = until_us;
    return DONE;
}

fallible listing_put_check(struct bytes payload, struct err *e)
{
    struct listing_put put;
    return listing_put_unpack(payload, &put, e);
}

/* --- many people --- */

void listing_take_pack(const struct listing_take *take, struct buf *b)
{
    assert(take->count > 0 && take->count <= LISTING_TAKE_PEOPLE_MAX);
    const struct listing_act act = {
        .time_us = take->time_us, .until_us = LISTING_FOR_EVER, .by = take->by, .reason = take->reason};
    pack_u8(b, FORMAT);
    pack_varint(b, take->list);
    listing_acts_pack(b, &act, 1);
    pack_varint(b, take->count);
    for (uint32_t i = 0; i < take->count; i++)
        pack_varint(b, take->people[i]);
}

fallible listing_take_unpack(struct bytes payload, struct listing_take *out, struct err *e)
{
    struct listing_act acts[LISTING_ACTS_MAX];
    struct unpack u = unpack_of(payload);
    uint8_t format = unpack_u8(&u);
    *out = (struct listing_take){.list = unpack_varint32(&u)};
    uint32_t acts_count = listing_acts_unpack(&u, acts);
    out->count = unpack_varint32(&u);
    if (format != FORMAT || u.bad || acts_count != 1 || out->count == 0 || out->count > LISTING_TAKE_PEOPLE_MAX)
        return FAIL(e, INVALID, "not people for a list");
    for (uint32_t i = 0; i < out->count; i++)
        out->people[i] = unpack_varint32(&u);
    out->time_us = acts[0].time_us;
    out->by = acts[0].by;
    out->reason = acts[0].reason;
    return unpack_finished(&u) ? DONE : FAIL(e, INVALID, "not people for a list");
}

fallible listing_take_check(struct bytes payload, struct err *e)
{
    struct listing_take take;
    return listing_take_unpack(payload, &take, e);
}
