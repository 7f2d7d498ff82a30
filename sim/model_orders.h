/* A naive model of orders: all versions that were ever sent, in a list; whatever is asked is worked out from all of them. */
#pragma once

#include "sim/pool.h"

#define ORDERS_SAID_MAX 4096u

struct model_orders {
    const struct deed *said[ORDERS_SAID_MAX];
    uint32_t count;
    bool told[ORDERS_PLANNED][ORDER_STATES_PLANNED]; /* the state's event was derived */
    bool buyer_told[ORDERS_PLANNED];                 /* by an event of its own */
    bool has_owner[ORDERS_PLANNED];
    struct hash128 owner[ORDERS_PLANNED]; /* the first that was found */
};

void model_orders_say(struct model_orders *m, const struct deed *d);
bool model_order_known(const struct model_orders *m, uint32_t order);
int model_order_line(const struct model_orders *m, uint32_t order,
                     uint32_t line); /* what was paid; ORDER_UNSAID: there is no such line */
bool model_order_state(const struct model_orders *m, uint32_t order, uint32_t state,
                       int64_t *out_us); /* false: not reached */
