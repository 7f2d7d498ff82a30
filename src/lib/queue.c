#include "lib/queue.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/futex.h"

/* Nothing here asks a clock, so sleeping is on futex words. A word changes, under the lock, whenever its sleepers have something to see. */
struct queue {
    pthread_mutex_t lock;
    _Atomic uint32_t filled_word; /* the consumer sleeps on it */
    _Atomic uint32_t room_word;   /* producers sleep on it */
    uint32_t capacity;
    uint32_t first; /* the oldest item is items[first] */
    uint32_t count;
    uint32_t producers_waiting;
    uint32_t granted; /* free places that belong to waiting producers; who comes later does not get them */
    bool consumer_waiting; /* and nobody has woken it yet */
    bool woken;
    bool closed;
    void *items[];
};

fallible queue_create(uint32_t capacity, struct queue **out_queue, struct err *e)
{
    assert(capacity > 0 && capacity <= QUEUE_CAPACITY_MAX);
    struct queue *q = calloc(1, sizeof *q + capacity * sizeof q->items[0]);
    if (q == NULL)
        return FAIL(e, FULL, "no memory for a queue of %u items", capacity);
    q->capacity = capacity;
    (void)pthread_mutex_init(&q->lock, NULL); /* can't fail with default attributes */
    *out_queue = q;
    return DONE;
}

void queue_destroy(struct queue *q)
{
    if (q == NULL)
        return;
    assert(q->producers_waiting == 0 && !q->consumer_waiting);
    (void)pthread_mutex_destroy(&q->lock);
    free(q);
}

static bool room_is(const struct queue *q)
{
    return q->count + q->granted < q->capacity;
}

/* Waits, with the lock, until a place is granted, the queue is closed, or the time is over. True: a place is there. */
static bool room_wait(struct queue *q, int64_t wait_us)
{
    bool on_time = true;
    q->producers_waiting++;
    while (q->granted == 0 && !q->closed && on_time) {
        uint32_t seen = atomic_load(&q->room_word);
        (void)pthread_mutex_unlock(&q->lock);
        on_time = futex_wait(&q->room_word, seen, wait_us);
        (void)pthread_mutex_lock(&q->lock);
    }
    q->producers_waiting--;
    if (q->granted == 0)
        return false;
    q->granted--;
    return true;
}

/* With the lock. True: the caller wakes the consumer when it has let go of the lock. */
static bool consumer_call(struct queue *q)
{
    if (!q->consumer_waiting)
        return false;
    q->consumer_waiting = false;
    atomic_fetch_add(&q->filled_word, 1);
    return true;
}

fallible queue_push(struct queue *q, void *item, int64_t wait_us, struct err *e)
{
    assert(item != NULL);
    (void)pthread_mutex_lock(&q->lock);
    bool room = room_is(q), calls = false;
    if (!room && !q->closed && wait_us > 0)
        room = room_wait(q, wait_us);
    bool closed = q->closed;
    if (room && !closed) {
        assert(q->count < q->capacity);
        uint32_t at = q->first + q->count;
        q->items[at < q->capacity ? at : at - q->capacity] = item;
        q->count++;
        calls = consumer_call(q);
    }
    (void)pthread_mutex_unlock(&q->lock);
    if (calls)
        futex_wake(&q->filled_word, 1);
    if (closed)
        return FAIL(e, CANCELLED, "the queue is closed");
    if (!room)
        return FAIL(e, FULL, "the queue is full: %u items", q->capacity);
    return DONE;
}

/* Waits, with the lock, until there is an item or a reason to stop waiting. */
static void items_wait(struct queue *q, int64_t wait_us)
{
    bool on_time = true;
    while (q->count == 0 && !q->closed && !q->woken && on_time) {
        q->consumer_waiting = true;
        uint32_t seen = atomic_load(&q->filled_word);
        (void)pthread_mutex_unlock(&q->lock);
        on_time = futex_wait(&q->filled_word, seen, wait_us);
        (void)pthread_mutex_lock(&q->lock);
    }
    q->consumer_waiting = false;
}

/* With the lock: gives free places to those who wait for one. Returns how many sleepers to wake. */
static uint32_t room_grant(struct queue *q)
{
    uint32_t free_places = q->capacity - q->count - q->granted, asked = q->producers_waiting - q->granted;
    uint32_t grants = free_places < asked ? free_places : asked;
    q->granted += grants;
    if (grants > 0)
        atomic_fetch_add(&q->room_word, 1);
    return grants;
}

size_t queue_pop_many(struct queue *q, void **out, size_t max, int64_t wait_us)
{
    assert(max > 0);
    (void)pthread_mutex_lock(&q->lock);
    if (q->count == 0 && !q->closed && !q->woken && wait_us > 0)
        items_wait(q, wait_us);
    q->woken = false;
    size_t count = q->count < max ? q->count : max;
    for (size_t i = 0; i < count; i++) {
        out[i] = q->items[q->first];
        q->first = q->first + 1 == q->capacity ? 0 : q->first + 1;
    }
    q->count -= (uint32_t)count;
    uint32_t grants = room_grant(q);
    (void)pthread_mutex_unlock(&q->lock);
    if (grants > 0)
        futex_wake(&q->room_word, grants);
    return count;
}

void queue_wake(struct queue *q)
{
    (void)pthread_mutex_lock(&q->lock);
    q->woken = true;
    bool calls = consumer_call(q);
    (void)pthread_mutex_unlock(&q->lock);
    if (calls)
        futex_wake(&q->filled_word, 1);
}

void queue_close(struct queue *q)
{
    (void)pthread_mutex_lock(&q->lock);
    q->closed = true;
    atomic_fetch_add(&q->room_word, 1);
    bool calls = consumer_call(q);
    (void)pthread_mutex_unlock(&q->lock);
    if (calls)
        futex_wake(&q->filled_word, 1);
    futex_wake(&q->room_word, INT32_MAX);
}

bool queue_is_over(struct queue *q)
{
    (void)pthread_mutex_lock(&q->lock);
    bool over = q->closed && q->count == 0;
    (void)pthread_mutex_unlock(&q->lock);
    return over;
}

size_t queue_depth(struct queue *q)
{
    (void)pthread_mutex_lock(&q->lock);
    size_t depth = q->count;
    (void)pthread_mutex_unlock(&q->lock);
    return depth;
}
