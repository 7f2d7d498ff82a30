/* An order of the play. Nothing of it is kept: all is drawn again, the same, from its number whenever its state changes. */
#pragma once

#include "synth/play.h"

enum order_state {
    ORDER_CREATED,
    ORDER_PAID,
    ORDER_COUPON, /* the coupon that was used */
    ORDER_SHIPPED,
    ORDER_DELAYED,
    ORDER_COMPLAINT,
    ORDER_DELIVERED,
    ORDER_DONE,
    ORDER_POINTS,
    ORDER_SURVEY,
    ORDER_REFUND_ASKED,
    ORDER_REFUND_DONE,
    ORDER_CANCELLED,
    ORDER_EXCHANGE_ASKED,
    ORDER_EXCHANGE_DONE,
    ORDER_STATE_COUNT,
};

extern const char *const synth_order_events[ORDER_STATE_COUNT];

#define LINES_MAX 3

struct order_line {
    uint16_t sku;
    uint8_t quantity;
    int64_t goods_fen, discount_fen; /* of all its pieces */
};

struct order {
    uint64_t number;
    uint32_t person, receiver; /* the receiver: SYNTH_NOBODY is a stranger */
    enum channel channel;
    uint8_t brand, line_count;
    uint8_t credential; /* what is shown at a till, 0..99 */
    bool uses_coupon, virtual_phone, tells_omid;
    struct order_line lines[LINES_MAX];
    int64_t goods_fen, discount_fen, freight_fen;
    int64_t rounding_fen; /* of the discount what a till leaves off the whole order, so that nobody needs coins */
    const char *reason;   /* why it would be given back */
    uint64_t hash;        /* for chances that documents alone take */
};

static inline int64_t order_amount_fen(const struct order *o)
{
    return o->goods_fen - o->discount_fen + o->freight_fen;
}

/* One piece of the first line goes back, for what was paid for it. */
static inline int64_t order_refund_fen(const struct order *o)
{
    return (o->lines[0].goods_fen - o->lines[0].discount_fen) / o->lines[0].quantity;
}

static inline bool order_is_of_market(const struct order *o)
{
    return o->channel <= CHANNEL_XHS;
}

/* Bought anywhere, returned in a store: which one; NULL: sent back. */
const char *synth_order_return_store(const struct synth *s, const struct order *o);

/* Counts what the new state adds to the shop's sums, and tells the documents of it, if orders are what the world tells. The draft has
 * begun, with shop, store, staff, order number and the buyer's identifiers alone. */
void synth_order_tell(struct synth *s, const struct order *o, enum order_state state);
/* The same of a sale at a till to somebody unknown: it is made, paid and done at once. */
void synth_sale_tell(struct synth *s, const struct order *o);
