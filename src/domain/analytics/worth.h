/* What an event is worth: a value of it, times a quantity, and less what was given back. */
#pragma once

#include "domain/analytics/quantity.h"
#include "domain/analytics/question.h"

struct worth {
    uint32_t pick;     /* events that are worth something */
    bool has_value;    /* else nothing is */
    uint32_t value;    /* lane */
    bool has_times;    /* each item's value times its quantity: a moment an item */
    uint32_t times;    /* lane */
    bool has_refund;   /* events that take away, on their own date */
    uint32_t refund;   /* pick */
    uint32_t refunded; /* lane; of the same value unless it is said */
};

/* Rows of a kind's members. */
#define WORTH_MEMBERS                                                                                                                                  \
    {"value", "what an event is worth, such as amount", "一次事件的金额,如 amount"},                                                                     \
        {"times", "and how often, item by item, such as item.quantity", "逐项相乘的数量,如 item.quantity"},                                              \
        {"refund", "events whose value is taken away, on their own date", "退款事件,按其自身日期扣减"},                                                   \
        {"refund_value", "of these; not given: \"value\"", "退款金额;不给则同 value"}

/* `pick`: of the events that are worth something. */
fallible asked_worth(struct asked *a, uint32_t pick, bool must, struct worth *out_worth, struct err *e);
/* Adds what the moment is worth; nothing where the event has no such value. */
void worth_add(const struct worth *w, const struct sequence *s, const struct moment *m, struct quantity_sum *io_sum);
