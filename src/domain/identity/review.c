#include "domain/identity/review.h"

#include "lib/pack.h"

#define REVIEW_FORMAT 1u

const struct family review_family = {.id = 27, .kind = FAMILY_KEYED, .value_bytes = 1024, .name = "identity_review"};

void review_put(struct desk *d, const struct incarnation *inc)
{
    size_t size = review_family.value_bytes;
    d->totals.quarantined++;
    struct buf b = {.data = arena_take(d->v->arena, size, 1), .capacity = size, .size_max = size};
    pack_u8(&b, REVIEW_FORMAT);
    pack_u16(&b, inc->id.type);
    pack_bytes(&b, inc->id.ns);
    pack_bytes(&b, inc->id.value);
    pack_signed(&b, d->v->now_us);
    pack_varint(&b, inc->conflicts);
    pack_u64(&b, inc->id.key.low);
    pack_u64(&b, inc->id.key.high);
    assert(!b.overflowed);
    step_keyed_put(d->s, &review_family, arena_copy(d->v->arena, bytes_of(&inc->plain, sizeof inc->plain)), buf_bytes(&b));
}

bool review_read(const struct view *v, struct hash128 plain, struct review *r)
{
    struct bytes row;
    if (!view_keyed(v, &review_family, bytes_of(&plain, sizeof plain), &row))
        return false;
    struct unpack u = unpack_of(row);
    (void)unpack_u8(&u);
    r->type = unpack_u16(&u);
    r->ns = unpack_bytes(&u);
    r->value = unpack_bytes(&u);
    r->since_us = unpack_signed(&u);
    r->conflicts = unpack_varint32(&u);
    r->holder_key.low = unpack_u64(&u);
    r->holder_key.high = unpack_u64(&u);
    assert(unpack_finished(&u));
    return true;
}

void review_remove(struct desk *d, struct hash128 plain)
{
    d->totals.quarantined--;
    step_keyed_remove(d->s, &review_family, arena_copy(d->v->arena, bytes_of(&plain, sizeof plain)));
}
