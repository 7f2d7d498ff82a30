/* Questions of several workspaces at once: reading one's holds up no other's; and how many wait. Covers: study.c */
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

/* --- how many wait --- */

/* A study that is taken up, and isn't over before it is told to. */
struct holding {
    struct place *place;
    struct workspace *workspace;
    struct token token;
    sem_t begun, may_end;
};

static struct status holding_load(void *own, struct err *e)
{
    struct holding *h = own;
    (void)sem_post(&h->begun);
    while (sem_wait(&h->may_end) != 0)
        continue;
    return FAIL(e, CANCELLED, "it was held");
}

static void holding_cancel(void *own)
{
    struct holding *h = own;
    (void)sem_post(&h->may_end);
}

static void holding_free(void *own)
{
    (void)own; /* the test's */
}

static const struct study_kind holding_kind = {.load = holding_load, .cancel = holding_cancel, .free = holding_free};

/* Whatever this server is asked holds those who work on studies. */
static void hold(struct http_exchange *x, void *context)
{
    struct holding *h = context;
    struct err e = {0};
    struct request *r = ARENA_NEW(http_arena(x), struct request);
    *r = (struct request){.door = h->place->door,
                          .x = x,
                          .workspace = h->workspace,
                          .catalogue = catalogue_take(h->workspace),
                          .token = &h->token};
    CHECK_DONE(h->place->t, studies_put(r, &holding_kind, h, 0, &e), &e);
}

static long status_of(struct place *p, const char *url)
{
    long status = 0;
    struct buf body;
    buf_init(&body, 1u << 16);
    curl_easy_reset(p->curl);
    (void)curl_easy_setopt(p->curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(p->curl, CURLOPT_WRITEFUNCTION, reply_more);
    (void)curl_easy_setopt(p->curl, CURLOPT_WRITEDATA, &body);
    (void)curl_easy_setopt(p->curl, CURLOPT_TIMEOUT, ASK_SECONDS_MAX);
    CHECK_EQ(p->t, curl_easy_perform(p->curl), CURLE_OK);
    (void)curl_easy_getinfo(p->curl, CURLINFO_RESPONSE_CODE, &status);
    buf_fini(&body);
    return status;
}

static void only_so_many_wait_for_their_turn(struct t *t)
{
    static const char path[] = "/api/v1/analytics/trend?wait_ms=0", question[] = "{\"series\":[\"*\"],\"last\":\"7d\"}";
    struct place p;
    struct err e = {0};
    struct http_server *server = NULL;
    struct holding h = {.place = &p};
    place_open_main(&p, t);
    (void)sem_init(&h.begun, 0, 0);
    (void)sem_init(&h.may_end, 0, 0);
    REQUIRE_DONE(t, host_workspace(p.host, BYTES_LIT("main"), &h.workspace, &e), &e);
    REQUIRE_DONE(t, http_open(&(struct http_options){.handle = hold, .context = &h}, &server, &e), &e);
    CHECK_EQ(t, status_of(&p, arena_printf(t->arena, "http://127.0.0.1:%u/", http_port(server))), 202);
    CHECK(t, comes(&h.begun, PATIENCE_S));
    for (unsigned i = 0; i < STUDIES_WAITING_MAX; i++)
        CHECK_STATUS(t, post(&p, path, question), 202);
    struct reply full = post(&p, path, question), metrics = get(&p, "/metrics");
    CHECK_STATUS(t, full, 503);
    CHECK(t, strstr(full.head, "Retry-After") != NULL && has(full, "questions wait already"));
    CHECK(t, has(metrics, arena_printf(t->arena, "kith_questions_waiting %u\n", STUDIES_WAITING_MAX)));
    CHECK(t, has(metrics, "kith_questions_full_total 1\n"));
    (void)sem_post(&h.may_end);
    http_close(server);
    place_close(&p);
}

static const struct test tests[] = {
    {"a long read holds up its own workspace alone", a_long_read_holds_up_its_own_workspace_alone, 1},
    {"what waits is bounded by workspace", what_waits_is_bounded_by_workspace, 1},
    {"only so many wait for their turn", only_so_many_wait_for_their_turn, 1},
};
TEST_MAIN(tests)
