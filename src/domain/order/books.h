/* Private to order: what is kept beside orders: totals of a shop's day, what sources declared of it, rates, shops. */
#pragma once

#include "domain/order/document.h"
#include "engine/roster.h"

extern const struct family order_day_family, order_declared_family, order_rule_family;
extern const struct family order_day_page_family, order_day_index_family;
extern const struct family order_owner_page_family, order_owner_index_family;
extern const struct roster order_day_roster;   /* orders by hash of (shop, day): a reader compares both */
extern const struct roster order_owner_roster; /* orders by the key of their owner */
extern const struct setting order_group_currency_setting;

/* The day that an order counts for: that of its creation, else of the first state it reached. A void one counts for none. */
bool day_of_order(const struct view *v, const struct order *o, int32_t *out_day);
struct hash128 day_key(struct bytes shop, int32_t day);
/* Takes what an order counted for so far out of the totals of its shop, and puts in what it counts for now, by has_day and day of
 * each. `sums` are those of `after`. */
void day_totals_move(struct step *s, const struct order *before, const struct order *after,
                     const struct order_sums *sums);

/* Keys of a shop's days: shop, 0, day (4, big-endian, biased), and a number (2, big-endian): currency, or part. */
struct bytes book_key(struct bytes shop, int32_t day, uint16_t last, struct arena *arena);
bool book_key_read(struct bytes key, struct bytes shop, int32_t *out_day,
                   uint16_t *out_last); /* false: of another shop */

fallible rate_check(struct bytes payload, struct err *e);
const struct refusal *rate_apply(struct step *s, struct bytes payload);
fallible declaration_check(struct bytes payload, struct err *e);
void declaration_needs(const struct view *v, struct bytes payload);
const struct refusal *declaration_apply(struct step *s, struct bytes payload);
fallible shop_check(struct bytes payload, struct err *e);
const struct refusal *shop_apply(struct step *s, struct bytes payload);
