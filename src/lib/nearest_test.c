#include "lib/nearest.h"

#include "base/attr.h"
#include "testing/test.h"

static const char *const verbs[] = {"serve", "stats", "split", "sim"};
static const char *const columns[] = {"t", "no", "u", "amount", ""};

static const char *verb_near(const char *word)
{
    return nearest_name(bytes_of_text(word), verbs, COUNT_OF(verbs), sizeof *verbs);
}

static const char *column_near(const char *word)
{
    return nearest_name(bytes_of_text(word), columns, COUNT_OF(columns), sizeof *columns);
}

static void there_is_always_a_nearest(struct t *t)
{
    CHECK_TEXT(t, verb_near("serv"), "serve");
    CHECK_TEXT(t, verb_near("stat"), "stats");
    CHECK_TEXT(t, verb_near("splitt"), "split");
    CHECK_TEXT(t, verb_near(""), "sim"); /* all wholly differ: the fewest edits */
    CHECK_TEXT(t, column_near("amt"), "amount");
    CHECK_TEXT(t, column_near("T"), "t");
    CHECK_TEXT(t, nearest_name(BYTES_LIT("x"), verbs, 0, sizeof *verbs), "");
}

static void near_is_within_half(struct t *t)
{
    CHECK_TEXT(t, near_name(BYTES_LIT("Sreve"), verbs, COUNT_OF(verbs), sizeof *verbs), "serve");
    CHECK(t, near_name(BYTES_LIT("购物车"), verbs, COUNT_OF(verbs), sizeof *verbs) == NULL);
    CHECK(t, near_name(BYTES_LIT("x"), verbs, 0, sizeof *verbs) == NULL);
}

static void long_words_are_cut(struct t *t)
{
    static const char long_name[] = "a123456789012345678901234567890123456789012345678901234567890123456789";
    static const char *const names[] = {long_name, "a"};
    CHECK_TEXT(t, nearest_name(bytes_of_text(long_name), names, COUNT_OF(names), sizeof *names), "a");
}

static const struct test tests[] = {
    {"there is always a nearest", there_is_always_a_nearest, 1},
    {"near is within half", near_is_within_half, 1},
    {"long words are cut", long_words_are_cut, 1},
};
TEST_MAIN(tests)
