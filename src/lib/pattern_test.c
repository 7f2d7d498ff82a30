#include "lib/pattern.h"
#include "testing/test.h"

static struct pattern *made(struct t *t, const char *text)
{
    struct pattern *p = NULL;
    struct err e = {0};
    CHECK_DONE(t, pattern_create(t->arena, bytes_of_text(text), &p, &e), &e);
    return p;
}

/* Within no more than the free steps. */
static bool matches(struct t *t, const char *pattern, struct bytes text)
{
    struct pattern_budget budget = {0};
    bool found = pattern_match(made(t, pattern), text, &budget);
    CHECK(t, !budget.is_spent);
    return found;
}

static void patterns_match_anywhere(struct t *t)
{
    CHECK(t, matches(t, "^A[0-9]+$", BYTES_LIT("A100")));
    CHECK(t, !matches(t, "^A[0-9]+$", BYTES_LIT("BA100")));
    CHECK(t, matches(t, "裙|衣", BYTES_LIT("上衣一件")));
    CHECK(t, matches(t, "^.{2}$", BYTES_LIT("上衣")));
    CHECK(t, matches(t, "", BYTES_NONE));
    CHECK(t, !matches(t, ".", BYTES_LIT("\xFF")));
}

/* A text that isn't of the pattern, which is tried in twice as many ways with each "a" more. */
static struct bytes deep_text(struct t *t, unsigned depth)
{
    char *text = arena_printf(t->arena, "%0*u", (int)depth, 0);
    memset(text, 'a', depth - 1);
    return bytes_of_text(text);
}

#define DEEP "^(a|a)+$"

static void a_match_that_goes_on_for_ever_is_given_up(struct t *t)
{
    struct pattern_budget budget = {.steps = UINT64_MAX};
    CHECK(t, !pattern_match(made(t, DEEP), deep_text(t, 50), &budget));
    CHECK(t, budget.is_spent);
    CHECK(t, UINT64_MAX - budget.steps <= 2 * PATTERN_STEPS_MAX);
}

/* However many texts there are, they take the free steps each and the budget once. */
static void many_texts_take_no_more_than_the_budget(struct t *t)
{
    const struct pattern *p = made(t, DEEP);
    struct bytes text = deep_text(t, 12);
    struct pattern_budget budget = {.steps = 10 * PATTERN_STEPS_MAX};
    unsigned answered = 0;
    while (!budget.is_spent) {
        uint64_t before = budget.steps;
        CHECK(t, !pattern_match(p, text, &budget));
        CHECK(t, budget.is_spent || budget.steps < before);
        answered += !budget.is_spent;
    }
    CHECK(t, answered > 1);
    CHECK(t, answered <= 10 * PATTERN_STEPS_MAX / PATTERN_STEPS_FREE);
}

static void a_simple_match_takes_nothing_of_the_budget(struct t *t)
{
    struct pattern_budget budget = {.steps = PATTERN_STEPS_MAX};
    CHECK(t, pattern_match(made(t, "^a*0$"), deep_text(t, 4000), &budget));
    CHECK_EQ(t, budget.steps, PATTERN_STEPS_MAX);
}

static void bad_patterns_are_refused(struct t *t)
{
    struct pattern *p;
    struct err e = {0};
    CHECK_FAILS(t, pattern_create(t->arena, BYTES_LIT("上(衣"), &p, &e), INVALID);
    CHECK_TEXT(t, e.text, "at character 4 of the pattern: missing closing parenthesis");
    CHECK_FAILS(t, pattern_create(t->arena, bytes_of(ARENA_ARRAY(t->arena, char, 2000), 2000), &p, &e), INVALID);
}

static const struct test tests[] = {
    {"patterns match anywhere", patterns_match_anywhere, 1},
    {"a match that goes on for ever is given up", a_match_that_goes_on_for_ever_is_given_up, 1},
    {"many texts take no more than the budget", many_texts_take_no_more_than_the_budget, 1},
    {"a simple match takes nothing of the budget", a_simple_match_takes_nothing_of_the_budget, 1},
    {"bad patterns are refused", bad_patterns_are_refused, 1},
};
TEST_MAIN(tests)
