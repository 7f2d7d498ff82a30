/* What is going to happen, soonest first: a heap with four children a node, which costs half the cache misses of two.
 * Equal times come in the order of the other fields, so that the order never depends on the heap's history. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum task_kind {
    TASK_VISIT,   /* the person's next step */
    TASK_ORDER,   /* an order's next state */
    TASK_REFILL,  /* what was bought is used up soon */
    TASK_TICKET,  /* a ticket's next state */
    TASK_WALK_IN, /* somebody unknown buys at a till; `person` is the store */
    TASK_PRICE,   /* a price changes; nobody's */
};

struct task {
    int64_t time_us;
    uint64_t number; /* of the order or ticket */
    uint32_t person;
    uint16_t sku;
    uint8_t kind;
    uint8_t stage; /* of an order or ticket; see those who make them */
};
static_assert(sizeof(struct task) == 24, "a million people have one or more each");

struct agenda {
    struct task *tasks;
    size_t count, capacity;
};

void synth_agenda_fini(struct agenda *a); /* {0} is an empty one */
fallible synth_agenda_reserve(struct agenda *a, size_t capacity, struct err *e); /* FULL: no memory */
void synth_agenda_push(struct agenda *a, struct task task);                      /* grows; aborts without memory */
struct task synth_agenda_pop(struct agenda *a);                                  /* asserts that there is one */
