/* An order, printed as members of an open object; masked where the request's token is. */
#pragma once

#include "domain/order/order.h"
#include "edge/route.h"

/* Whose, where, which states, the sums as of an instant (ORDER_NOW: now). */
void order_put_brief(const struct request *r, const struct view *v, const struct order *o, int64_t at_us,
                     struct json_writer *w);
void order_put(const struct request *r, const struct view *v, const struct order *o, int64_t at_us,
               struct json_writer *w); /* all of it */
/* What is in force, as one version that POST /api/v1/orders takes: versions and times of its parts become the newest one's. */
void order_put_version(const struct request *r, const struct order *o, struct json_writer *w);
void order_put_sums(const struct view *v, const struct order *o, int64_t at_us, struct json_writer *w);
void member_money(struct json_writer *w, const char *key, int64_t amount,
                  uint16_t currency); /* in major units, with all digits */
