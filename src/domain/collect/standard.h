/* The standard events: one table with their numbers (for ever), names in both languages, and the other names under which
 * platforms send them. docs/reference/events.md is made from it. */
#pragma once

#include "base/bytes.h"

#define NAME_EVENT_CUSTOM 1000u /* numbers of events that aren't standard begin here */

/* Numbers that others than this table know. */
enum {
    EVENT_ORDER_PAID = 20,
    EVENT_ORDER_COMPLETED = 24,
    EVENT_SALE_MADE = 32,
    EVENT_FOLLOWED = 34,
    EVENT_UNFOLLOWED = 35,
    EVENT_FRIEND_ADDED = 36,
    EVENT_FRIEND_LOST = 37,
    EVENT_GROUP_JOINED = 38,
    EVENT_GROUP_LEFT = 39,
    EVENT_REFERRAL_MADE = 40,
    EVENT_MEMBER_JOINED = 80,
    EVENT_MEMBER_LEFT = 81,
    EVENT_REGISTERED = 84,
    EVENT_SIGN_UP = 85,
    EVENT_FORM_SUBMITTED = 100,
    EVENT_ITEM_SET = 103,
    EVENT_ITEM_DELETE = 104,
    EVENT_TRAITS_COMPUTED = 106,
};
/* Said by Kith itself of a person, who did nothing: it doesn't count as something they did. */
static inline bool event_is_of_kith(uint32_t number)
{
    return number == EVENT_TRAITS_COMPUTED;
}

struct standard_event {
    uint16_t number;
    const char *name;     /* "order_completed" */
    const char *en, *zh;  /* for people: "Order completed", "订单完成" */
    const char *category; /* "order" */
    const char *needs;    /* references and properties that it should have: "order, amount, items"; or "" */
    const char *aliases;  /* other names, apart by '|': "Order Completed|订单完成"; or "" */
};

const struct standard_event *standard_events(size_t *out_count); /* in order of number */
const struct standard_event *standard_event_named(struct bytes name); /* the exact standard name; NULL: not standard */
const struct standard_event *standard_event_numbered(uint32_t number); /* NULL: not standard */
struct bytes standard_event_name(uint32_t number); /* static text; empty: not standard */
/* The standard name for what was sent ("Order Completed", "orderCompleted", "order-completed"; a static text), else what
 * was sent, without blanks around it, however long (borrowed from `sent`). A few tens of nanoseconds; any thread. */
struct bytes standard_event_fold(struct bytes sent);
/* The same for properties: "revenue" is "amount", "order_id" is "order"; anything else is `sent` itself. Two that were
 * sent may fold to one name: the caller keeps the one that was sent under the standard name. */
struct bytes standard_property_fold(struct bytes sent);
