/* A bounded queue of pointers between threads: many push, one pops. First in, first out; one producer's items keep
 * their order. It is one of the few places with a lock: a push holds it for a store, a pop takes all that is there
 * under one. The consumer is woken only when it sleeps. A place that gets free belongs to a producer that waits for
 * one, before those who come later.
 *
 * The queue never owns what the pointers point to. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define QUEUE_CAPACITY_MAX (1u << 24)

struct queue;

/* `capacity` is 1..QUEUE_CAPACITY_MAX items. FULL: the system has no memory. */
fallible queue_create(uint32_t capacity, struct queue **out_queue, struct err *e);
void queue_destroy(struct queue *q); /* no thread may be in it; items left are forgotten; NULL is fine */

/* Any thread. Waits up to `wait_us` for room (0: doesn't wait), FUTEX_WAIT_US_MAX at most. `item` is not NULL.
 * FULL: no room in that time. CANCELLED: the queue is closed; the item was not taken. */
fallible queue_push(struct queue *q, void *item, int64_t wait_us, struct err *e);

/* The consumer's thread. Takes up to `max` items into `out`, waiting up to `wait_us` for the first. Returns how many; 0
 * when none came in that time, when the queue is closed and empty, or when it was woken (queue_wake). */
size_t queue_pop_many(struct queue *q, void **out, size_t max, int64_t wait_us);

/* Any thread. Ends the consumer's wait, now or when it next would wait: something else needs its attention. */
void queue_wake(struct queue *q);

/* Any thread, any number of times. Nothing more gets in, those who wait are woken; what is in can still be popped. */
void queue_close(struct queue *q);
bool queue_is_over(struct queue *q);  /* closed and empty */
size_t queue_depth(struct queue *q);  /* items in it at this moment, for metrics */
