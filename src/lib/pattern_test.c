#include "lib/pattern.h"
#include "testing/test.h"

static enum pattern_answer answer(struct t *t, const char *pattern, struct bytes text)
{
    struct pattern *p;
    struct err e = {0};
    CHECK_DONE(t, pattern_create(t->arena, bytes_of_text(pattern), &p, &e), &e);
    return e.text[0] == '\0' ? pattern_match(p, text) : PATTERN_TOO_LONG;
}

static void patterns_match_anywhere(struct t *t)
{
    CHECK_EQ(t, answer(t, "^A[0-9]+$", BYTES_LIT("A100")), PATTERN_YES);
    CHECK_EQ(t, answer(t, "^A[0-9]+$", BYTES_LIT("BA100")), PATTERN_NO);
    CHECK_EQ(t, answer(t, "裙|衣", BYTES_LIT("上衣一件")), PATTERN_YES);
    CHECK_EQ(t, answer(t, "^.{2}$", BYTES_LIT("上衣")), PATTERN_YES);
    CHECK_EQ(t, answer(t, "", BYTES_NONE), PATTERN_YES);
    CHECK_EQ(t, answer(t, ".", BYTES_LIT("\xFF")), PATTERN_NO);
}

static void a_match_that_goes_on_for_ever_is_given_up(struct t *t)
{
    CHECK_EQ(t, answer(t, "^(a+)+$", BYTES_LIT("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab")), PATTERN_TOO_LONG);
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
    {"bad patterns are refused", bad_patterns_are_refused, 1},
};
TEST_MAIN(tests)
