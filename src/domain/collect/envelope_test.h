/* For the tests of collect: envelopes made by chance and by hand. */
#pragma once

#include <string.h>

#include "base/time.h"
#include "domain/identity/identity.h"
#include "testing/test.h"

#define ANY_TIME_US INT64_C(1763740800000000)

/* A text of `size` bytes, some of it Chinese; in the arena. */
static inline struct bytes any_text(struct t *t, size_t size)
{
    uint8_t *data = arena_take(t->arena, size + 1, 1);
    size_t at = 0;
    while (at + 3 <= size && rng_chance(&t->rng, 0.1)) {
        memcpy(data + at, "知", 3);
        at += 3;
    }
    for (; at < size; at++)
        data[at] = (uint8_t)('a' + rng_below(&t->rng, 26));
    return bytes_of(data, size);
}

static inline struct bytes any_short(struct t *t, double presence)
{
    return rng_chance(&t->rng, presence) ? any_text(t, 1 + rng_below(&t->rng, rng_chance(&t->rng, 0.1) ? 255 : 20)) : BYTES_NONE;
}

static inline struct bytes any_record(struct t *t)
{
    struct buf b;
    buf_init(&b, 1 << 16);
    uint64_t count = rng_below(&t->rng, 6);
    pack_varint(&b, count);
    for (uint64_t i = 0; i < count; i++) {
        pack_bytes(&b, any_text(t, 1 + rng_below(&t->rng, 10)));
        if (rng_chance(&t->rng, 0.5))
            value_pack_decimal(&b, rng_between(&t->rng, -100000, 100000), (uint8_t)rng_below(&t->rng, 3));
        else
            value_pack_text(&b, any_text(t, rng_below(&t->rng, 30)));
    }
    struct bytes record = count == 0 ? BYTES_NONE : arena_copy(t->arena, buf_bytes(&b));
    buf_fini(&b);
    return record;
}

static inline void any_lists(struct t *t, struct envelope *v)
{
    struct buf b;
    buf_init(&b, 1 << 16);
    v->consent_count = rng_chance(&t->rng, 0.3) ? (uint32_t)rng_below(&t->rng, 4) : 0;
    for (uint32_t i = 0; i < v->consent_count; i++) {
        struct envelope_consent c = {.purpose = any_text(t, 1 + rng_below(&t->rng, 9)),
                                     .channel = any_short(t, 0.5),
                                     .policy = any_short(t, 0.5),
                                     .given = rng_chance(&t->rng, 0.5),
                                     .until_us = rng_chance(&t->rng, 0.5) ? ANY_TIME_US : 0};
        envelope_consent_pack(&b, &c);
    }
    v->consents = arena_copy(t->arena, buf_bytes(&b));
    buf_clear(&b);
    v->item_count = rng_chance(&t->rng, 0.3) ? (uint32_t)rng_below(&t->rng, 4) : 0;
    for (uint32_t i = 0; i < v->item_count; i++)
        pack_bytes(&b, any_record(t));
    v->items = arena_copy(t->arena, buf_bytes(&b));
    buf_fini(&b);
}

static inline struct envelope any_envelope(struct t *t)
{
    struct envelope v = {
        .event = rng_chance(&t->rng, 0.5) ? any_text(t, 1 + rng_below(&t->rng, 30)) : BYTES_LIT("cart_added"),
        .source = any_short(t, 0.9),
        .message = {rng_next(&t->rng), rng_next(&t->rng)},
        .message_id = any_short(t, 0.8),
        .event_us = ANY_TIME_US + rng_between(&t->rng, -US_PER_DAY, US_PER_DAY),
        .received_us = ANY_TIME_US + rng_between(&t->rng, -US_PER_DAY, US_PER_DAY),
        .sent_us = rng_chance(&t->rng, 0.5) ? ANY_TIME_US + rng_between(&t->rng, -US_PER_DAY, US_PER_DAY) : 0,
        .import = rng_chance(&t->rng, 0.2),
        .actor = rng_chance(&t->rng, 0.8) ? ACTOR_PERSON : (enum actor_kind)rng_below(&t->rng, ACTOR_KIND_COUNT),
        .actor_id = any_short(t, 0.2),
        .traits = rng_chance(&t->rng, 0.3) ? any_record(t) : BYTES_NONE,
        .properties = rng_chance(&t->rng, 0.8) ? any_record(t) : BYTES_NONE,
    };
    if (v.import && rng_chance(&t->rng, 0.7))
        v.line = (struct import_line){.file = {rng_next(&t->rng), rng_next(&t->rng)},
                                      .number = 1 + rng_below(&t->rng, UINT64_C(1) << rng_below(&t->rng, 40))};
    for (uint32_t i = 0; i < REF_COUNT; i++)
        v.reference[i] = any_short(t, 0.3);
    uint32_t ids = rng_chance(&t->rng, 0.05) ? ENVELOPE_IDS_MAX : (uint32_t)rng_below(&t->rng, 6);
    v.other_count = rng_chance(&t->rng, 0.2) ? (uint32_t)rng_below(&t->rng, ids + 1) : 0;
    v.id_count = ids - v.other_count;
    for (uint32_t i = 0; i < ids; i++) {
        v.ids[i] = (struct envelope_id){.type = (uint16_t)(1 + rng_below(&t->rng, TYPE_COUNT_MAX - 1)),
                                        .role = (enum id_role)rng_below(&t->rng, ID_ROLE_COUNT),
                                        .ns = any_short(t, 0.3),
                                        .value = any_short(t, 0.95),
                                        .key = {rng_next(&t->rng), rng_next(&t->rng)}};
    }
    any_lists(t, &v);
    return v;
}

/* The event that performance is stated for: 494 bytes of JSON as an SDK sends it, with three identifiers. */
static inline struct envelope usual_envelope(struct buf *records)
{
    buf_clear(records);
    pack_varint(records, 6);
    pack_bytes(records, BYTES_LIT("spu"));
    value_pack_text(records, BYTES_LIT("P-20418"));
    pack_bytes(records, BYTES_LIT("sku"));
    value_pack_text(records, BYTES_LIT("SKU-20418-M"));
    pack_bytes(records, BYTES_LIT("category"));
    value_pack_text(records, BYTES_LIT("裙装"));
    pack_bytes(records, BYTES_LIT("price"));
    value_pack_decimal(records, 39900, 2);
    pack_bytes(records, BYTES_LIT("quantity"));
    value_pack_decimal(records, 1, 0);
    pack_bytes(records, BYTES_LIT("page"));
    value_pack_text(records, BYTES_LIT("/p/20418"));
    return (struct envelope){
        .event = BYTES_LIT("product_viewed"),
        .source = BYTES_LIT("web"),
        .message = {0x1234567890abcdef, 0xfedcba0987654321},
        .message_id = BYTES_LIT("ajs-next-1763740800000-3f2b8c1d"),
        .event_us = ANY_TIME_US,
        .sent_us = ANY_TIME_US + 20000,
        .received_us = ANY_TIME_US + 120000,
        .reference = {[REF_BRAND] = BYTES_LIT("qihe_wear"), [REF_CHANNEL] = BYTES_LIT("web")},
        .id_count = 3,
        .ids = {{.type = TYPE_USER_ID, .value = BYTES_LIT("u_100200300"), .key = {1, 2}},
                {.type = TYPE_PHONE, .value = BYTES_LIT("+8613800001234"), .key = {3, 4}},
                {.type = TYPE_ANONYMOUS_ID, .value = BYTES_LIT("8f14e45f-ceea-467f-a1d2-6b1f2c3d4e5f"), .key = {5, 6}}},
        .properties = buf_bytes(records),
    };
}
