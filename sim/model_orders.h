/* A naive model of orders: all versions that were ever sent, in a list; whatever is asked is worked out from all of them. */
#pragma once

#include "sim/model_identity.h"

#define ORDERS_SAID_MAX 4096u

/* What becomes of an order when somebody is erased. That of an owner is closed at once; one that names them and found no owner, also
 * while all orders are gone through, may be closed when the engine comes to it: whether it did, it is asked. */
enum model_custody { CUSTODY_NONE, CUSTODY_PERHAPS, CUSTODY_CLOSED };

struct model_orders {
    const struct deed *said[ORDERS_SAID_MAX];
    uint32_t count;
    bool told[ORDERS_PLANNED][ORDER_STATES_PLANNED]; /* the state's event was derived */
    bool buyer_told[ORDERS_PLANNED];                 /* by an event of its own */
    bool has_owner[ORDERS_PLANNED];
    struct hash128 owner[ORDERS_PLANNED]; /* the first that was found */
    uint32_t owner_node[ORDERS_PLANNED]; /* NODE_NONE: a hub */
    enum model_custody custody[ORDERS_PLANNED];
};

void model_orders_say(struct model_orders *m, const struct deed *d);
/* Somebody was erased at now_us. */
void model_orders_close(struct model_orders *m, const struct model_identity *identity, int64_t now_us);
/* Of orders that nobody owns: those that name somebody who was erased, at from_us or later. */
void model_orders_perhaps(struct model_orders *m, const struct model_identity *identity, int64_t from_us);
/* Did an event find whoever was erased since? */
bool model_order_was_erased(const struct model_orders *m, const struct model_identity *identity, uint32_t order);
bool model_order_known(const struct model_orders *m, uint32_t order);
int model_order_line(const struct model_orders *m, uint32_t order,
                     uint32_t line); /* what was paid; ORDER_UNSAID: there is no such line */
bool model_order_state(const struct model_orders *m, uint32_t order, uint32_t state,
                       int64_t *out_us); /* false: not reached */
