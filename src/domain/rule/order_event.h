/* Private to rule: an order as conditions and values see it: as if it were an event, of the instant at which it began. docs/guide/expressions.md says what
 * everything of it is called. */
#pragma once

#include "domain/analytics/analytics.h"
#include "domain/order/order.h"

/* Amounts are in the group's currency, by the rate of the order's day; where there is none they are absent. All of it in the view's arena. Its message tells orders
 * apart by their number: feature_tie gives the four bytes that stand in front of keys. O(lines). */
void order_event(const struct view *v, const struct order *o, int64_t began_us, struct arrived *out_arrived);

/* The names that an order has, and nothing else; of the things that it names, all that things of their kinds have. The caller destroys it. */
struct name_book *order_names(const struct view *v);
/* A name that is asked for: amounts have a member of whatever kind ("discounts.coupon"), which is a name from then on. false: it is a field of events that
 * orders haven't; what is no field is the names' affair. */
bool order_names_take(struct name_book *names, struct bytes name);
#define ORDER_VALUE "net" /* what is taken of an order where nothing is said */
