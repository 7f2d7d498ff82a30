#include "engine/line.h"

#include <stdlib.h>

#include "testing/test.h"

/* Takes all, and checks that they come in their order. Returns in how many parts. */
static size_t take_all(struct t *t, struct line *l, const struct submission *all, size_t count)
{
    struct submission **out = malloc(ENGINE_GROUP_COMMANDS_MAX * sizeof(struct submission *));
    assert(out != NULL);
    size_t at = 0, parts = 0;
    for (size_t taken; (taken = line_take(l, out)) > 0; parts++)
        for (size_t i = 0; i < taken && t->failures == 0; i++)
            CHECK(t, out[i] == &all[at++]);
    CHECK_EQ(t, at, count);
    CHECK(t, line_is_empty(l));
    free(out);
    return parts;
}

static void commands_leave_in_their_order(struct t *t)
{
    struct line l = {0};
    struct submission all[9] = {0};
    CHECK(t, line_is_empty(&l));
    line_put(&l, all, 4);
    line_put(&l, all + 4, 5);
    CHECK(t, !line_is_empty(&l));
    CHECK_EQ(t, take_all(t, &l, all, 9), 1);
    line_put(&l, all, 1);
    CHECK_EQ(t, take_all(t, &l, all, 1), 1);
}

/* A bound by number, and one by bytes. */
static void a_group_has_its_bounds(struct t *t)
{
    struct line l = {0};
    size_t count = ENGINE_GROUP_COMMANDS_MAX + 1;
    struct submission *all = calloc(count, sizeof *all);
    REQUIRE(t, all != NULL);
    line_put(&l, all, count);
    CHECK_EQ(t, take_all(t, &l, all, count), 2);
    for (size_t i = 0; i < 5; i++)
        all[i].payload.size = ENGINE_GROUP_BYTES_MAX / 2 + 1; /* nobody looks into it */
    line_put(&l, all, 5);
    CHECK_EQ(t, take_all(t, &l, all, 5), 3);
    free(all);
}

static void a_long_line_is_full(struct t *t)
{
    struct line l = {0};
    struct submission *all = calloc(LINE_COMMANDS_MAX, sizeof *all);
    REQUIRE(t, all != NULL);
    line_put(&l, all, LINE_COMMANDS_MAX - 1);
    CHECK(t, !line_is_full(&l));
    line_put(&l, all + LINE_COMMANDS_MAX - 1, 1);
    CHECK(t, line_is_full(&l));
    (void)take_all(t, &l, all, LINE_COMMANDS_MAX);
    CHECK(t, !line_is_full(&l));
    free(all);
}

static const struct test tests[] = {
    {"commands leave in their order", commands_leave_in_their_order, 1},
    {"a group has its bounds", a_group_has_its_bounds, 1},
    {"a long line is full", a_long_line_is_full, 1},
};
TEST_MAIN(tests)
