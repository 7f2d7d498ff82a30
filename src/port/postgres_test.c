/* What needs no server; with one it is a story of `kith pull`. */
#include "port/postgres.h"

#include "testing/test.h"

static struct status take_none(void *context, const struct rows_row *row, struct err *e)
{
    (void)context, (void)row, (void)e;
    return DONE;
}

static void nobody_answers(struct t *t)
{
    struct err e = {0};
    struct rows_ask ask = {.url = arena_printf(t->arena, "host=%s dbname=none user=none", t->folder), .query = "SELECT 1"};
    CHECK_FAILS(t, postgres_read(&ask, take_none, NULL, &e), UNAVAILABLE);
    CHECK(t, strncmp(e.text, "PostgreSQL: ", 12) == 0);
    ask.url = "no such=option";
    CHECK_FAILS(t, postgres_read(&ask, take_none, NULL, &e), UNAVAILABLE);
}

static const struct test tests[] = {
    {"nobody answers", nobody_answers, 1},
};
TEST_MAIN(tests)
