/* An order, printed as members of an open object; masked where the request's token is. */
#pragma once

#include "domain/order/order.h"
#include "edge/route.h"

/* Whose, where, which states, the sums as of an instant (ORDER_NOW: now). */
void order_put_brief(const struct request *r, const struct view *v, const struct order *o, int64_t at_us,
                     struct json_writer *w);
void order_put(const struct request *r, const struct view *v, const struct order *o, int64_t at_us,
               struct json_writer *w); /* all of it */
/* One of the versions that make an order again, as POST /api/v1/orders takes it. */
void order_put_version(const struct request *r, const struct view *v, const struct order_said *said, uint32_t at,
                       struct json_writer *w);
/* Members of an open object: when, by whom, why. */
void order_put_act(const struct request *r, const struct view *v, const struct order_act *act, struct json_writer *w);
/* A value by itself; `of_receiver`: it tells of a person. */
void order_put_value(const struct request *r, const struct order_value *value, uint16_t currency, bool of_receiver,
                     struct json_writer *w);
/* Where a list of a person's orders goes on: its `after`, as the answer before said in `next`. NULL: it is over. INVALID: not such a place. */
fallible order_walk_read(struct request *r, struct order_walk *out_walk, struct err *e);
void order_walk_put(const struct view *v, const struct order_walk *walk, struct json_writer *w);
extern const struct problem problem_no_order;
void order_put_sums(const struct view *v, const struct order *o, int64_t at_us, struct json_writer *w);
void member_money(struct json_writer *w, const char *key, int64_t amount,
                  uint16_t currency); /* in major units, with all digits */
