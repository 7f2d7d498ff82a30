#include "base/leisure.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/time.h"
#include "testing/test.h"

static int own_priority(void)
{
    return getpriority(PRIO_PROCESS, (id_t)gettid());
}

struct worker {
    int before, rested, begun; /* priorities: higher numbers give way */
    bool had_begun, has_begun;
};

static void *worker_run(void *context)
{
    struct worker *w = context;
    w->before = own_priority();
    w->had_begun = leisure_has_begun();
    leisure_rest();
    w->rested = own_priority();
    leisure_begin();
    leisure_rest();
    w->begun = own_priority();
    w->has_begun = leisure_has_begun();
    return NULL;
}

static void only_who_began_gives_way(struct t *t)
{
    struct worker w;
    pthread_t thread;
    int own = own_priority();
    REQUIRE(t, pthread_create(&thread, NULL, worker_run, &w) == 0);
    REQUIRE(t, pthread_join(thread, NULL) == 0);
    CHECK_EQ(t, w.before, own);
    CHECK_EQ(t, w.rested, own);
    CHECK(t, w.begun > own || own >= 10); /* a machine that runs tests at a low priority */
    CHECK(t, !w.had_begun && w.has_begun && !leisure_has_begun());
    CHECK_EQ(t, own_priority(), own);
}

static void who_waits_long_gets_a_longer_piece(struct t *t)
{
    CHECK_EQ(t, leisure_piece_us(0), LEISURE_PIECE_US);
    CHECK_EQ(t, leisure_piece_us(LEISURE_PIECE_US), LEISURE_PIECE_US);
    for (int64_t away_us = 0, before_us = 0; away_us < 1000 * LEISURE_PIECE_US_MAX; away_us += 1 + (int64_t)rng_below(&t->rng, 1000)) {
        int64_t piece_us = leisure_piece_us(away_us);
        CHECK(t, piece_us >= before_us && piece_us >= LEISURE_PIECE_US && piece_us <= LEISURE_PIECE_US_MAX);
        before_us = piece_us;
    }
    CHECK_EQ(t, leisure_piece_us(INT64_MAX), LEISURE_PIECE_US_MAX);
}

struct pausing {
    bool before, in_one, kept, in_next, after; /* the thread's next rest is a pause */
    int64_t kept_us;                           /* so long it rested in the first one */
};

/* The last of these rests is the one that keeps the pause: the others may come before a piece is over. */
static int64_t pause_rest(void)
{
    int64_t from_us = time_monotonic_us();
    while (leisure_has_pause())
        leisure_rest();
    return time_monotonic_us() - from_us;
}

static void *pausing_run(void *context)
{
    struct pausing *p = context;
    leisure_begin();
    p->before = leisure_has_pause();
    leisure_pause_begin();
    p->in_one = leisure_has_pause();
    p->kept_us = pause_rest();
    p->kept = leisure_has_pause();
    leisure_pause_begin();
    p->in_next = leisure_has_pause();
    leisure_pause_end();
    leisure_pause_end();
    p->after = leisure_has_pause();
    return NULL;
}

static void a_pause_that_never_ends_is_kept_once(struct t *t)
{
    struct pausing p;
    pthread_t thread;
    REQUIRE(t, pthread_create(&thread, NULL, pausing_run, &p) == 0);
    REQUIRE(t, pthread_join(thread, NULL) == 0);
    CHECK(t, !p.before && p.in_one);
    CHECK(t, p.kept_us >= LEISURE_PAUSE_US_MAX && !p.kept);
    CHECK(t, p.in_next && !p.after);
}

static void who_never_began_keeps_no_pause(struct t *t)
{
    leisure_pause_begin();
    CHECK(t, !leisure_has_pause());
    leisure_rest();
    leisure_pause_end();
    CHECK(t, !leisure_has_pause());
}

static const struct test tests[] = {
    {"only who began gives way", only_who_began_gives_way, 1},
    {"who waits long gets a longer piece", who_waits_long_gets_a_longer_piece, 20},
    {"a pause that never ends is kept once", a_pause_that_never_ends_is_kept_once, 1},
    {"who never began keeps no pause", who_never_began_keeps_no_pause, 1},
};
TEST_MAIN(tests)
