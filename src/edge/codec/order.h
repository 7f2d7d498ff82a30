/* Orders as sources send them -> versions (domain/order). One JSON object an order, whole or in part; docs/guide/orders.md.
 * Amounts are in major units, as numbers or as text ("199.00"), and must be whole in the currency's minor unit. */
#pragma once

#include "domain/order/order.h"
#include "edge/codec/draft.h"

/* What one thread reads orders with. It lives in the arena, and has to be ended all the same. NULL: no memory. */
struct order_codec;
struct order_codec *order_codec_create(struct arena *arena);
void order_codec_end(struct order_codec *k);

/* Appends the packed version. INVALID: with the member, and what to do; LIMIT: too large. Nothing is left in `out` then. */
fallible order_read(struct order_codec *k, const struct codec_context *c, struct json object, struct buf *out,
                    struct err *e);
/* One field of an order, by the name it has in a part of this kind, for a correction: as order_value_pack packs it. */
fallible order_field_read(struct order_codec *k, enum order_part_kind kind, struct bytes name, struct json value,
                          uint16_t currency, struct buf *out, struct err *e);
/* An amount of money, as everywhere in these. INVALID. */
fallible money_of_json(struct json j, uint16_t currency, int64_t *out_amount, struct err *e);
fallible currency_of_json(struct json j, uint16_t *out_currency, struct err *e); /* absent: CNY */
