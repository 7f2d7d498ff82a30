/* Private to order: what a command does to one order, worked out first (needs and apply do so alike), then written. */
#pragma once

#include "domain/order/books.h"

#define TELLS_MAX 100u /* events derived in one step; what is left is told by a follow-up */

/* What is to be told of an order: states reached, and the buyer when no state speaks of them. */
struct tells {
    uint32_t count;
    uint32_t parts[TELLS_MAX]; /* places in the document */
    bool buyer_alone;
    bool more;
};

struct change {
    uint32_t command;
    struct document before, after;
    struct order was, is;   /* both in force */
    struct order_sums sums; /* of what it is now; made when it is written */
    bool is_known;          /* there was such an order */
    bool owner_moves;
    bool is_told; /* it was told elsewhere, and derives nothing here */
    struct tells tells;
};

/* Works out what a command would do, by the view alone. A refusal says why not. */
const struct refusal *change_plan(const struct view *v, uint32_t command, struct bytes payload,
                                  struct change *out_change);
extern const struct refusal no_such_order;
void change_touch(const struct view *v, const struct change *c); /* what writing it will read */
const struct refusal *change_write(struct step *s, struct change *c);
void order_say_changed(struct step *s, const struct order_changed *changed); /* which is copied */

/* --- owned.c: COMMAND_ORDER_OWNED --- */
fallible owned_check(struct bytes payload, struct err *e);
void owned_needs(const struct view *v, struct bytes payload);
const struct refusal *owned_apply(struct step *s, struct bytes payload);

/* --- acts.c --- */
/* Lays an operator's word over the order. */
const struct refusal *act_lay(const struct view *v, struct bytes payload, struct change *c);
void act_note(struct step *s, const struct change *c); /* the act just laid, into the list over all orders */
extern const struct family order_act_family;

/* --- tell.c --- */
void tells_plan(const struct view *v, struct change *c); /* and marks them told in `after` */
void tells_write(struct step *s, const struct change *c);
/* An order that went from one owner to another by hand: an event for each. */
void handover_touch(const struct view *v, const struct change *c);
void handover_write(struct step *s, const struct change *c);
/* Whether a resolved event is one of ours that finds the order's owner. */
struct resolved;
bool tells_of_owner(const struct resolved *r, struct order_key *out_key);
