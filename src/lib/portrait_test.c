/* What stands out: a feature that does, those that don't, few people, too many values. Covers: portrait.c */
#include "lib/portrait.h"

#include "testing/test.h"

enum { TRAIT, TAG };

static struct bytes text(struct t *t, const char *format, unsigned number)
{
    return bytes_of_text(arena_printf(t->arena, format, number));
}

static const struct portrait_row *row_named(const struct portrait_told *told, const char *name, const char *value)
{
    for (size_t i = 0; i < told->count; i++)
        if (bytes_equal(told->rows[i].name, bytes_of_text(name)) &&
            bytes_equal(told->rows[i].value, bytes_of_text(value)))
            return &told->rows[i];
    return NULL;
}

/* Of 400 members 240 live in Shanghai, of 1,000 others 200; both like tea alike. */
static void city_people(struct portrait *p)
{
    for (unsigned i = 0; i < 1400; i++) {
        bool is_member = i < 400;
        unsigned n = is_member ? i : i - 400;
        portrait_person(p, is_member ? PORTRAIT_MEMBERS : PORTRAIT_OTHERS);
        bool is_here = is_member ? n < 240 : n < 200;
        portrait_add(p, TRAIT, BYTES_LIT("city"), is_here ? BYTES_LIT("上海") : BYTES_LIT("北京"));
        portrait_add(p, TRAIT, BYTES_LIT("city"), is_here ? BYTES_LIT("上海") : BYTES_LIT("北京"));
        if (n % 2 == 0)
            portrait_add(p, TAG, BYTES_LIT("tea"), BYTES_NONE);
    }
}

static void what_differs_stands_out(struct t *t)
{
    struct portrait *p = portrait_create();
    city_people(p);
    struct portrait_told told = portrait_conclude(p);
    CHECK_EQ(t, told.people[PORTRAIT_MEMBERS], 400);
    CHECK_EQ(t, told.people[PORTRAIT_OTHERS], 1000);
    CHECK_EQ(t, told.tested, 3);
    CHECK_EQ(t, told.count, 2);
    const struct portrait_row *here = row_named(&told, "city", "上海"), *there = row_named(&told, "city", "北京");
    if (here == NULL || there == NULL) {
        CHECK(t, false);
        portrait_destroy(p);
        return;
    }
    CHECK_EQ(t, here->members.count, 240); /* said twice, counted once */
    CHECK_EQ(t, here->others.count, 200);
    CHECK(t, here->lift.low > 1 && here->lift.low < 3 && here->lift.high > 3);
    CHECK(t, there->lift.high < 1 && there->lift.low < 0.5 && there->lift.high > 0.5);
    CHECK(t, here->q <= PORTRAIT_LEVEL && here->q >= here->p);
    CHECK(t, told.rows[0].strength >= told.rows[1].strength);
    portrait_destroy(p);
}

/* Three members of three share a name that nobody else has: it is never told. */
static void few_people_are_not_told(struct t *t)
{
    struct portrait *p = portrait_create();
    for (unsigned i = 0; i < 500; i++) {
        portrait_person(p, i < 4 ? PORTRAIT_MEMBERS : PORTRAIT_OTHERS);
        portrait_add(p, TRAIT, BYTES_LIT("club"), i < 4 ? BYTES_LIT("a") : BYTES_LIT("b"));
    }
    struct portrait_told told = portrait_conclude(p);
    CHECK(t, row_named(&told, "club", "a") == NULL);
    portrait_destroy(p);
}

static void values_beyond_the_bound_are_left_out(struct t *t)
{
    struct portrait *p = portrait_create();
    for (unsigned i = 0; i < PORTRAIT_VALUES_MAX + 7; i++) {
        portrait_person(p, PORTRAIT_MEMBERS);
        portrait_add(p, TRAIT, BYTES_LIT("nick"), text(t, "n%u", i));
        portrait_add(p, TRAIT, BYTES_LIT("nock"), text(t, "n%u", i % 10));
    }
    struct portrait_told told = portrait_conclude(p);
    CHECK_EQ(t, told.left_out, 7);
    CHECK_EQ(t, told.tested, 10);
    CHECK_EQ(t, told.count, 0); /* against nobody nothing stands out */
    portrait_destroy(p);
}

static void nobody_has_no_rows(struct t *t)
{
    struct portrait *p = portrait_create();
    struct portrait_told told = portrait_conclude(p);
    CHECK_EQ(t, told.count, 0);
    CHECK_EQ(t, told.tested, 0);
    portrait_destroy(p);
}

static const struct test tests[] = {
    {"what differs stands out", what_differs_stands_out, 1},
    {"few people are not told", few_people_are_not_told, 1},
    {"values beyond the bound are left out", values_beyond_the_bound_are_left_out, 1},
    {"nobody has no rows", nobody_has_no_rows, 1},
};
TEST_MAIN(tests)
