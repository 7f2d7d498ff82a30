#include "base/futex.h"

#include <pthread.h>

#include "base/time.h"
#include "testing/test.h"

#define LONG_US FUTEX_WAIT_US_MAX

struct sleeper {
    _Atomic uint32_t word;
    bool on_time;
};

static void *sleeper_run(void *context)
{
    struct sleeper *s = context;
    s->on_time = true;
    while (s->on_time && atomic_load(&s->word) == 0)
        s->on_time = futex_wait(&s->word, 0, LONG_US);
    return NULL;
}

/* Whether it sleeps already or only will: it would else sleep for an hour. */
static void a_change_ends_the_sleep(struct t *t)
{
    struct sleeper s = {.word = 0};
    pthread_t thread;
    REQUIRE(t, pthread_create(&thread, NULL, sleeper_run, &s) == 0);
    atomic_store(&s.word, 1);
    futex_wake(&s.word, UINT32_MAX);
    REQUIRE(t, pthread_join(thread, NULL) == 0);
    CHECK(t, s.on_time);
}

static void a_span_is_slept_to_its_end(struct t *t)
{
    _Atomic uint32_t word = 7;
    int64_t from_us = time_monotonic_us();
    while (futex_wait(&word, 7, 500))
        from_us = time_monotonic_us();
    CHECK(t, time_monotonic_us() - from_us >= 500);
    CHECK(t, futex_wait(&word, 8, LONG_US)); /* it has changed */
}

static const struct test tests[] = {
    {"a change ends the sleep", a_change_ends_the_sleep, 50},
    {"a span is slept to its end", a_span_is_slept_to_its_end, 1},
};
TEST_MAIN(tests)
