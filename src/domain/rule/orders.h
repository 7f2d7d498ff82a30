/* Private to rule: features of orders. What an order adds to them stands under its number, and is replaced as a whole whenever somebody looks at the order: so it may be
 * looked at as often as one likes, in any order with what happens meanwhile, and what stands is what the document says now. That is how changes are gathered, the
 * past of new rules, and the orders of people who were parted. docs/adr/0020-rules-keep-mergeable-features.md */
#pragma once

#include "domain/order/order.h"
#include "domain/rule/look.h"

/* Looks at orders again, for all features of orders or those that are wanted. Touches what it does (as needs of a command), or does it. */
struct order_looks {
    const struct book *book;
    bool (*wants)(const void *context, const struct book_feature *f); /* NULL: all are */
    const void *context;
};
void orders_touch(const struct view *v, const struct order_looks *how, const uint32_t *numbers, size_t count);
/* Each goes to who has it; who had it loses it by order_take. */
void orders_look(struct step *s, const struct order_looks *how, const uint32_t *numbers, size_t count);
/* The orders of a person, at once: what of them is somebody else's isn't looked at. */
void orders_look_of(struct step *s, const struct order_looks *how, uint32_t person, const uint32_t *numbers,
                    size_t count);
/* What a feature of orders would have of a person, had nothing begun after this instant: of the orders as they are now, in the view's arena. O(lines of the person's
 * orders). */
struct bytes orders_then(const struct view *v, const struct book *b, const struct book_feature *f, uint32_t person,
                         int64_t at_us);
/* The order isn't this person's any more. */
void order_take(struct step *s, const struct book *b, uint32_t person, uint32_t number);

/* --- commands, timer and job --- */

#define RULE_ORDER_BYTES_MAX 24u
#define RULE_ORDERS_BYTES_MAX 40u
fallible rule_order_check(struct bytes payload, struct err *e);
void rule_order_needs(const struct view *v, struct bytes payload);
const struct refusal *rule_order_apply(struct step *s, struct bytes payload);
fallible rule_orders_check(struct bytes payload, struct err *e);
void rule_orders_needs(const struct view *v, struct bytes payload);
const struct refusal *rule_orders_apply(struct step *s, struct bytes payload);

extern const struct timer_kind order_timer; /* an order that is dated ahead began */
extern const struct timer_kind sweep_timer; /* all are to be looked at again, and it has rested */
extern const struct job_kind orders_job;    /* all are looked at again */
/* Begins it; one that is under way is followed by another. Of more than so many orders one begins an hour after the one before at the earliest: a thing that changes all day
 * has all of them looked at 24 times, and what it changes of the past is up to an hour late. */
#define ORDERS_SWEPT_AT_ONCE 10000u
void orders_look_again(struct step *s);
void hear_order_changed(struct step *s, const void *fact);
void hear_order_rates_changed(struct step *s, const void *fact);
/* Behind parted_begin: looks at the orders of the person, slice by slice; then parted_orders_read. */
void orders_read_again(struct step *s, const struct book *b, uint32_t person);
