#include "lib/effort.h"

#include "testing/test.h"

struct seen {
    struct effort effort; /* first, so that it is what is seen */
    double share;
    size_t bytes;
    bool is_over;
};

static fallible seen_step(struct effort *f, double share, size_t bytes, struct err *e)
{
    struct seen *s = (struct seen *)(void *)f;
    s->share = share;
    s->bytes = bytes;
    return s->is_over ? FAIL(e, CANCELLED, "over") : DONE;
}

static bool seen_over(const struct effort *f)
{
    return ((const struct seen *)(const void *)f)->is_over;
}

static void a_part_of_a_part_tells_the_whole(struct t *t)
{
    struct seen s = {.effort = {seen_step, seen_over}};
    struct effort_part half, quarter;
    struct err e = {0};
    struct effort *f = effort_part_init(&quarter, effort_part_init(&half, &s.effort, 0.5, 1), 0.5, 1);
    CHECK_DONE(t, effort_step(f, 0.5, 7, &e), &e);
    CHECK(t, s.share > 0.874 && s.share < 0.876);
    CHECK_EQ(t, s.bytes, 7);
    CHECK(t, !effort_is_over(f));
    s.is_over = true;
    CHECK(t, effort_is_over(f));
    CHECK_FAILS(t, effort_step(f, 1, 0, &e), CANCELLED);
}

static void a_part_that_nobody_watches_is_none(struct t *t)
{
    struct effort_part part;
    CHECK(t, effort_part_init(&part, NULL, 0, 1) == NULL);
}

static const struct test tests[] = {
    {"a part of a part tells the whole", a_part_of_a_part_tells_the_whole, 1},
    {"a part that nobody watches is none", a_part_that_nobody_watches_is_none, 1},
};
TEST_MAIN(tests)
