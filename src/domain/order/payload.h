/* Private to order: its commands' payloads, checked and read. docs/formats/order.md. */
#pragma once

#include "domain/order/order.h"

fallible version_check(struct bytes payload, struct err *e);
bool version_key(struct bytes payload, struct order_key *out_key); /* false: its key isn't to be had */
void version_read(struct bytes payload, struct arena *arena,
                  struct order_version *out_version); /* one that was checked */

/* A follow-up names an order, and the owner that was found for it (NULL: none). */
struct bytes key_pack(struct order_key key, const struct hash128 *owner, struct arena *arena);
fallible key_unpack(struct bytes payload, struct order_key *out_key, struct hash128 *out_owner, struct err *e);

fallible rate_unpack(struct bytes payload, struct order_rate *out_rate, struct err *e);
fallible declared_unpack(struct bytes payload, struct order_declared *out_declared, struct err *e);
fallible shop_unpack(struct bytes payload, struct bytes *out_shop, bool *out_derives, struct err *e);
bool order_day_is_good(int64_t day); /* within the years 1 to 9999 */
