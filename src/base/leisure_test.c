#include "base/leisure.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

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

static const struct test tests[] = {
    {"only who began gives way", only_who_began_gives_way, 1},
    {"who waits long gets a longer piece", who_waits_long_gets_a_longer_piece, 20},
};
TEST_MAIN(tests)
