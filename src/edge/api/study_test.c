/* Questions of several workspaces at once: reading one's holds up no other's. Covers: study.c */
#include <pthread.h>
#include <semaphore.h>

#include "base/time.h"
#include "edge/api/study.h"
#include "edge/door_test.h"

#define PATIENCE_S 20

/* A reader that begins, and goes on when it is told to. */
struct reading {
    struct request request; /* first: what is read is found by it */
    sem_t begun, may_end, over;
};

static void read_slowly(struct request *r)
{
    struct reading *reading = (struct reading *)(void *)r;
    (void)sem_post(&reading->begun);
    while (sem_wait(&reading->may_end) != 0)
        continue;
    (void)sem_post(&reading->over);
}

static bool comes(sem_t *s, int seconds)
{
    struct timespec until = {.tv_sec = time_now_us() / US_PER_SECOND + seconds};
    return sem_timedwait(s, &until) == 0;
}

/* `workspace` is but a number here: nothing of it is looked at. */
static struct reading *reading_begin(struct place *p, uintptr_t workspace)
{
    struct err e = {0};
    struct reading *r = ARENA_NEW(p->t->arena, struct reading);
    r->request = (struct request){.door = p->door, .workspace = (struct workspace *)workspace};
    (void)sem_init(&r->begun, 0, 0);
    (void)sem_init(&r->may_end, 0, 0);
    (void)sem_init(&r->over, 0, 0);
    CHECK_DONE(p->t, studies_read(&r->request, read_slowly, &e), &e);
    return r;
}

static void reading_end(struct place *p, struct reading *r)
{
    (void)sem_post(&r->may_end);
    CHECK(p->t, comes(&r->over, PATIENCE_S));
}

static void a_long_read_holds_up_its_own_workspace_alone(struct t *t)
{
    struct place p;
    place_open_main(&p, t);
    struct reading *slow = reading_begin(&p, 64), *behind = reading_begin(&p, 64), *other = reading_begin(&p, 128);
    CHECK(t, comes(&slow->begun, PATIENCE_S));
    CHECK(t, comes(&other->begun, PATIENCE_S));
    reading_end(&p, other);
    CHECK(t, !comes(&behind->begun, 0)); /* of one workspace in the order in which they came */
    reading_end(&p, slow);
    CHECK(t, comes(&behind->begun, PATIENCE_S));
    reading_end(&p, behind);
    place_close(&p);
}

static void what_waits_is_bounded_by_workspace(struct t *t)
{
    struct place p;
    struct err e = {0};
    struct reading *list[STUDIES_UNREAD_MAX];
    place_open_main(&p, t);
    for (unsigned i = 0; i < STUDIES_UNREAD_MAX; i++)
        list[i] = reading_begin(&p, 64);
    struct request more = {.door = p.door, .workspace = list[0]->request.workspace};
    CHECK_EQ(t, studies_read(&more, read_slowly, &e).code, STATUS_FULL);
    reading_end(&p, reading_begin(&p, 128));
    for (unsigned i = 0; i < STUDIES_UNREAD_MAX; i++)
        reading_end(&p, list[i]);
    place_close(&p);
}

static const struct test tests[] = {
    {"a long read holds up its own workspace alone", a_long_read_holds_up_its_own_workspace_alone, 1},
    {"what waits is bounded by workspace", what_waits_is_bounded_by_workspace, 1},
};
TEST_MAIN(tests)
