/* Private to order: the bodies of parts, checked. docs/formats/order.md. */
#pragma once

#include "domain/order/order.h"

#define ORDER_AMOUNTS_MAX 64u /* of one field */
#define ORDER_TEXTS_MAX 1000u

/* Whether a part may stand in an order: its key fits its kind, its body is whole, canonical and within bounds. INVALID, LIMIT. */
fallible part_check(const struct order_part *p, struct err *e);
fallible order_text_check(struct bytes text, size_t most, const char *what,
                          struct err *e); /* 1 to `most` bytes, no NUL */
fallible order_key_check(struct order_key key, struct err *e);

/* The body with one field put in place of the one there, or added. */
struct bytes body_with(struct bytes body, struct bytes field, struct arena *arena);

/* Of a body; 0 where the field isn't there. */
int64_t body_integer(struct bytes body, enum order_field_id id);
uint16_t body_currency(struct bytes body); /* CURRENCY_CNY where it isn't said */
