#include "lib/queue.h"

#include <pthread.h>

#include "testing/test.h"

#define PRODUCERS 4u
#define LONG_US INT64_C(60000000)

/* A producer pushes `from`, `from` + 1, ... as pointers. */
struct producer {
    struct queue *queue;
    pthread_t thread;
    uintptr_t from;
    uint32_t count;
    bool tries; /* never waits: tries again, so the FULL way is taken too */
    uint32_t pushed;
    uint32_t cancelled;
};

static void *producer_run(void *context)
{
    struct producer *p = context;
    struct err e;
    for (uint32_t i = 0; i < p->count;) {
        struct status status = queue_push(p->queue, (void *)(p->from + i), p->tries ? 0 : LONG_US, &e);
        p->pushed += done(status);
        p->cancelled += status.code == STATUS_CANCELLED;
        i += done(status) || status.code == STATUS_CANCELLED;
    }
    return NULL;
}

static struct queue *queue_new(struct t *t, uint32_t capacity)
{
    struct queue *q = NULL;
    struct err e = {0};
    CHECK_DONE(t, queue_create(capacity, &q, &e), &e);
    return q;
}

static void first_in_first_out(struct t *t)
{
    struct queue *q = queue_new(t, 3);
    struct err e = {0};
    int items[5];
    void *out[8];
    CHECK_EQ(t, queue_pop_many(q, out, 8, 0), 0);
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 3; i++)
            CHECK_DONE(t, queue_push(q, &items[i], 0, &e), &e);
        CHECK_FAILS(t, queue_push(q, &items[3], 0, &e), FULL);
        CHECK_FAILS(t, queue_push(q, &items[3], 1000, &e), FULL);
        CHECK_EQ(t, queue_depth(q), 3);
        CHECK_EQ(t, queue_pop_many(q, out, 2, LONG_US), 2);
        CHECK(t, out[0] == &items[0] && out[1] == &items[1]);
        CHECK_DONE(t, queue_push(q, &items[4], LONG_US, &e), &e);
        CHECK_EQ(t, queue_pop_many(q, out, 8, LONG_US), 2);
        CHECK(t, out[0] == &items[2] && out[1] == &items[4]);
    }
    queue_destroy(q);
}

static void closed_is_over_when_empty(struct t *t)
{
    struct queue *q = queue_new(t, 2);
    struct err e = {0};
    int item;
    void *out[2];
    CHECK_DONE(t, queue_push(q, &item, 0, &e), &e);
    queue_close(q);
    queue_close(q);
    CHECK_FAILS(t, queue_push(q, &item, LONG_US, &e), CANCELLED);
    CHECK(t, !queue_is_over(q));
    CHECK_EQ(t, queue_pop_many(q, out, 2, LONG_US), 1);
    CHECK(t, queue_is_over(q));
    CHECK_EQ(t, queue_pop_many(q, out, 2, LONG_US), 0); /* at once */
    queue_destroy(q);
    queue_destroy(NULL);
}

static void wake_ends_the_next_wait(struct t *t)
{
    struct queue *q = queue_new(t, 2);
    void *out[2];
    queue_wake(q);
    CHECK_EQ(t, queue_pop_many(q, out, 2, LONG_US), 0); /* at once */
    CHECK_EQ(t, queue_pop_many(q, out, 2, 1000), 0);
    queue_destroy(q);
}

static void *wake_later(void *context)
{
    queue_wake(context);
    return NULL;
}

static void wake_ends_a_wait(struct t *t)
{
    struct queue *q = queue_new(t, 2);
    void *out[2];
    pthread_t thread;
    REQUIRE(t, pthread_create(&thread, NULL, wake_later, q) == 0);
    CHECK_EQ(t, queue_pop_many(q, out, 2, LONG_US), 0);
    (void)pthread_join(thread, NULL);
    queue_destroy(q);
}

/* Every item of every producer arrives once, each producer's in order. */
static void nothing_is_lost_or_doubled(struct t *t)
{
    struct queue *q = queue_new(t, 1 + (uint32_t)rng_below(&t->rng, 64));
    struct producer producers[PRODUCERS] = {0};
    uint32_t next[PRODUCERS] = {0}, count = 3000, max = 1 + (uint32_t)rng_below(&t->rng, 40);
    for (uint32_t i = 0; i < PRODUCERS; i++) {
        producers[i] = (struct producer){.queue = q, .from = (uintptr_t)(i + 1) << 24, .count = count, .tries = i == 0};
        REQUIRE(t, pthread_create(&producers[i].thread, NULL, producer_run, &producers[i]) == 0);
    }
    for (uint32_t left = PRODUCERS * count; left > 0;) {
        void *out[40];
        size_t got = queue_pop_many(q, out, max, LONG_US);
        REQUIRE(t, got > 0 && got <= max);
        for (size_t i = 0; i < got; i++) {
            uintptr_t item = (uintptr_t)out[i];
            CHECK_EQ(t, item & 0xffffff, next[(item >> 24) - 1]++);
        }
        left -= (uint32_t)got;
    }
    for (uint32_t i = 0; i < PRODUCERS; i++) {
        (void)pthread_join(producers[i].thread, NULL);
        CHECK_EQ(t, next[i], count);
    }
    CHECK_EQ(t, queue_depth(q), 0);
    queue_destroy(q);
}

/* Closed in the middle: what was taken arrives, the rest hear so, and nobody hangs. */
static void close_lets_all_go(struct t *t)
{
    struct queue *q = queue_new(t, 1 + (uint32_t)rng_below(&t->rng, 4));
    struct producer producers[PRODUCERS] = {0};
    for (uint32_t i = 0; i < PRODUCERS; i++) {
        producers[i] = (struct producer){.queue = q, .from = 1, .count = 2000};
        REQUIRE(t, pthread_create(&producers[i].thread, NULL, producer_run, &producers[i]) == 0);
    }
    void *out[16];
    uint64_t popped = 0, pushed = 0, close_at = rng_below(&t->rng, 6000);
    while (popped < close_at)
        popped += queue_pop_many(q, out, 16, LONG_US);
    queue_close(q);
    while (!queue_is_over(q))
        popped += queue_pop_many(q, out, 16, LONG_US);
    for (uint32_t i = 0; i < PRODUCERS; i++) {
        (void)pthread_join(producers[i].thread, NULL);
        CHECK_EQ(t, producers[i].pushed + producers[i].cancelled, 2000);
        pushed += producers[i].pushed;
    }
    CHECK_EQ(t, popped, pushed);
    queue_destroy(q);
}

static const struct test tests[] = {
    {"first in, first out", first_in_first_out, 1},
    {"closed is over when empty", closed_is_over_when_empty, 1},
    {"wake ends the next wait", wake_ends_the_next_wait, 1},
    {"wake ends a wait", wake_ends_a_wait, 50},
    {"nothing is lost or doubled", nothing_is_lost_or_doubled, 20},
    {"close lets all go", close_lets_all_go, 20},
};
TEST_MAIN(tests)
