/* Predictions that run by themselves: the daemon fits and scores what is due, and says what it couldn't. Covers: predictions.c, ../../edge/api/prediction_runner.c */
#include "app/alone.h"
#include "app/app_test.h"
#include "base/time.h"
#include "domain/all.h"

#define LOOKS_MAX 2000 /* until it is done: a look is a verb, some milliseconds */
#define PEOPLE 120u

static void people_come(struct t *t)
{
    struct buf events = arena_buf(t->arena, 1u << 20);
    for (unsigned i = 0; i < PEOPLE; i++)
        buf_printf(&events,
                   "{\"id\":\"a%u\",\"event\":\"login\",\"time\":\"2026-02-%02uT00:00:00Z\",\"ids\":[{\"type\":\"user_"
                   "id\",\"value\":\"u%u\"}]}\n"
                   "{\"id\":\"b%u\",\"event\":\"%s\",\"time\":\"2026-02-12T00:00:00Z\",\"ids\":[{\"type\":\"user_id\","
                   "\"value\":\"u%u\"}]}\n"
                   "{\"id\":\"c%u\",\"event\":\"%s\",\"time\":\"2026-02-22T00:00:00Z\",\"ids\":[{\"type\":\"user_id\","
                   "\"value\":\"u%u\"}]}\n",
                   i, 1 + i % 9, i, i, i % 9 > 5 || i % 10 == 0 ? "order_paid" : "login", i, i,
                   i % 9 > 5 || i % 11 == 0 ? "order_paid" : "login", i);
    file_make(t, "e.ndjson", arena_text(t->arena, buf_bytes(&events)));
    CHECK_EQ(t, KITH(t, "import", arena_printf(t->arena, "%s/e.ndjson", t->folder)).code, EXIT_DONE);
}

static void daemon_begin(struct place *p, struct t *t)
{
    struct err e = {0};
    struct daemon_options o = {
        .folder = p->folder, .listen = "127.0.0.1:0", .journal = arena_printf(t->arena, "%s/journal", t->folder)};
    CHECK_DONE(t, daemon_start(&o, &p->daemon, &e), &e);
    (void)setenv("KITH_URL", p->daemon.url, 1);
    (void)setenv("KITH_FOLDER", p->folder, 1);
}

/* The workspace by itself, at the same hour of a later day: what is due by then is wanted. */
static void days_pass(struct place *p, struct t *t)
{
    struct alone a = {0};
    struct engine *g;
    struct registry *registry;
    struct err e = {0};
    int64_t wait_us;
    place_close(p, t);
    REQUIRE_DONE(t, registry_of_all(&registry, &e), &e);
    REQUIRE_DONE(t, alone_open(&a, p->folder, "main", registry, &e), &e);
    REQUIRE_DONE(t, engine_open(&a.options, &g, &e), &e);
    CHECK_DONE(t, engine_keep_house(g, time_now_us() + 2 * US_PER_DAY, &wait_us, &e), &e);
    engine_close(g);
    alone_close(&a);
    registry_destroy(registry);
    daemon_begin(p, t);
}

static bool comes(struct t *t, const char *words)
{
    bool is_there = false;
    for (int i = 0; i < LOOKS_MAX && !is_there; i++)
        is_there = says(KITH(t, "predict", "list").out, words);
    return is_there;
}

static void it_runs_by_itself(struct t *t)
{
    struct place p;
    place_open(&p, t);
    people_come(t);
    CHECK_EQ(t,
             KITH(t, "predict", "save", "buy", "target=did(order_paid)", "horizon=10d", "as_of=2026-03-02", "zone=UTC",
                  "features=[\"count(login)\",\"days_since(last(login).time)\"]", "--every", "day", "--at", "04:30")
                 .code,
             EXIT_DONE);
    CHECK(t, !says(KITH(t, "predict", "list").out, "120 people"));
    days_pass(&p, t);
    CHECK(t, comes(t, "120 people"));
    CHECK(t, says(KITH(t, "get", "user_id:u7").out, "p_buy"));
    CHECK_EQ(t,
             KITH(t, "predict", "save", "buy", "target=did(order_paid)", "horizon=10d", "as_of=2026-03-02", "zone=UTC",
                  "features=[\"count(login)\"]", "--every", "day", "--at", "4:30")
                 .code,
             EXIT_REFUSED);
    CHECK(t, says(errors(t), "such as 03:30"));
    place_close(&p, t);
}

/* Nobody is there to learn from: an alarm rings, and it says when it is tried again. */
static void what_fails_is_told(struct t *t)
{
    struct place p;
    place_open(&p, t);
    CHECK_EQ(
        t,
        KITH(t, "predict", "save", "buy", "--template", "buy", "--every", "month", "--at", "00:10", "--on", "28").code,
        EXIT_DONE);
    CHECK_EQ(t, KITH(t, "predict", "save", "leave", "--template", "leave", "--every", "day").code, EXIT_DONE);
    days_pass(&p, t);
    CHECK(t, comes(t, "failed ("));
    (void)setenv("KITH_LANG", "zh", 1);
    CHECK(t, says(KITH(t, "alarms").out, "定时评分失败"));
    CHECK(t, says(KITH(t, "predict", "list").out, "重试"));
    (void)setenv("KITH_LANG", "en", 1);
    place_close(&p, t);
}

/* What a file doesn't say stays, what it says changes, and what is exported says the same again. */
static void they_are_kept_in_files(struct t *t)
{
    static const char files[] =
        "{\"predictions\":[{\"name\":\"buy\",\"label\":\"会买\",\"every\":\"week\",\"at\":\"05:15\",\"on\":7,"
        "\"question\":{\"target\":\"did(order_paid)\",\"horizon\":\"30d\",\"features\":[\"count(order_paid)\"]}}]}";
    struct place p;
    place_open(&p, t);
    const char *file = arena_printf(t->arena, "%s/p.json", t->folder),
               *defs = arena_printf(t->arena, "%s/defs", t->folder);
    file_make(t, "p.json", files);
    CHECK(t, says(KITH(t, "apply", "-f", file, "--yes").out, "1 new"));
    CHECK(t, says(KITH(t, "apply", "-f", file, "--yes").out, "1 as they are"));
    CHECK_EQ(t, KITH(t, "apply", "--export", defs).code, EXIT_DONE);
    CHECK(t, says(KITH(t, "apply", "-f", defs, "--dry-run").out, "0 new, 0 changed"));
    CHECK(t, says(file_text(t, arena_printf(t->arena, "%s/predictions.json", defs)), "05:15"));
    file_make(t, "p.json", "{\"predictions\":[{\"name\":\"buy\",\"every\":\"day\",\"question\":{}}]}");
    CHECK_EQ(t, KITH(t, "apply", "-f", file, "--yes").code, EXIT_REFUSED); /* Sunday stays */
    CHECK(t, says(errors(t), "on: want 1, Monday"));
    file_make(t, "p.json", "{\"predictions\":[{\"name\":\"buy\",\"every\":\"day\",\"on\":null,\"question\":{}}]}");
    CHECK(t, says(KITH(t, "apply", "-f", file, "--yes").out, "1 changed"));
    CHECK(t, says(KITH(t, "predict", "list", "--json").out, "\"every\":\"day\",\"at\":\"05:15\""));
    file_make(t, "p.json", "{\"predictions\":[{\"name\":\"buy\",\"every\":\"dya\",\"question\":{}}]}");
    CHECK_EQ(t, KITH(t, "apply", "-f", file, "--yes").code, EXIT_REFUSED);
    CHECK(t, says(errors(t), "'day'"));
    file_make(t, "p.json", "{\"predictions\":[]}");
    CHECK(t, says(KITH(t, "apply", "-f", file, "--prune", "--yes").out, "1 removed"));
    place_close(&p, t);
}

static const struct test tests[] = {
    {"it runs by itself", it_runs_by_itself, 1},
    {"they are kept in files", they_are_kept_in_files, 1},
    {"what fails is told", what_fails_is_told, 1},
};
PROGRAM_TEST_MAIN(tests)
