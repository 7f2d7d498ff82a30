#include "app/arguments.h"
#include "testing/test.h"

#include <stdlib.h>

static const struct verb verb = {"test", "DIR", "", "", NULL};

static void words_and_options(struct t *t)
{
    char *words[] = {"dir", "--people", "20", "--json", "--seed=7", "more", "--", "--name"};
    struct arguments a;
    arguments_init(&a, &verb, 6, words);
    CHECK_TEXT(t, argument_option(&a, "people"), "20");
    CHECK_TEXT(t, argument_option(&a, "seed"), "7");
    CHECK(t, argument_option(&a, "days") == NULL);
    CHECK(t, argument_flag(&a, "json"));
    CHECK(t, !argument_flag(&a, "yes"));
    CHECK_TEXT(t, argument_next(&a), "dir");
    CHECK_TEXT(t, argument_next(&a), "more");
    CHECK(t, argument_next(&a) == NULL);
    CHECK(t, arguments_finished(&a));
}

static void a_value_is_no_option(struct t *t)
{
    char *words[] = {"--reason=--people", "--people", "3", "dir", "--name", "--people"};
    struct arguments a;
    arguments_init(&a, &verb, 5, words);
    CHECK_TEXT(t, argument_option(&a, "reason"), "--people");
    CHECK_TEXT(t, argument_option(&a, "people"), "3");
    CHECK_TEXT(t, argument_next(&a), "dir");
    CHECK(t, argument_option(&a, "name") == NULL);
    CHECK(t, !arguments_finished(&a)); /* the name wants a value */
}

static void what_is_left_over(struct t *t)
{
    char *unknown[] = {"dir", "--poeple", "3"}, *lone[] = {"dir", "--people"}, *more[] = {"dir", "dir2"}, *value[] = {"--json=1"};
    struct arguments a;
    arguments_init(&a, &verb, 3, unknown);
    (void)argument_option(&a, "people");
    CHECK(t, !arguments_finished(&a));
    arguments_init(&a, &verb, 2, lone);
    (void)argument_option(&a, "people");
    (void)argument_next(&a);
    CHECK(t, !arguments_finished(&a));
    arguments_init(&a, &verb, 2, more);
    (void)argument_next(&a);
    CHECK(t, !arguments_finished(&a));
    arguments_init(&a, &verb, 1, value);
    CHECK(t, !argument_flag(&a, "json"));
    CHECK(t, !arguments_finished(&a));
}

static void sizes(struct t *t)
{
    static const struct {
        const char *text;
        size_t bytes;
    } good[] = {{"1024", 1024}, {"4G", (size_t)4 << 30}, {"512m", (size_t)512 << 20}, {"1.5KiB", 1536}, {"2MB", (size_t)2 << 20}};
    static const char *const bad[] = {"", "G", "-1", "4X", "4GG", "nan", "inf", "1e30", "4 G", "0"};
    size_t bytes;
    struct err e;
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        CHECK_DONE(t, size_parse(good[i].text, &bytes, &e), &e);
        CHECK_EQ(t, bytes, good[i].bytes);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        CHECK_FAILS(t, size_parse(bad[i], &bytes, &e), INVALID);
}

static void numbers(struct t *t)
{
    uint64_t number = 5;
    char *words[] = {"--people", "20", "--days", "2x", "--seed", "-1"};
    struct arguments a;
    struct err e = {0};
    arguments_init(&a, &verb, 6, words);
    CHECK_DONE(t, argument_number(&a, "people", &number, &e), &e);
    CHECK_EQ(t, number, 20);
    CHECK_DONE(t, argument_number(&a, "none", &number, &e), &e);
    CHECK_EQ(t, number, 20);
    CHECK_FAILS(t, argument_number(&a, "days", &number, &e), INVALID);
    CHECK_FAILS(t, argument_number(&a, "seed", &number, &e), INVALID);
}

static void languages(struct t *t)
{
    (void)setenv("KITH_LANG", "zh_CN.UTF-8", 1);
    CHECK(t, speaks_chinese());
    (void)setenv("KITH_LANG", "en", 1);
    CHECK(t, !speaks_chinese());
    CHECK_TEXT(t, either("yes", "是"), "yes");
}

static const struct test tests[] = {
    {"words and options in any order", words_and_options, 1},
    {"the value of an option is no option", a_value_is_no_option, 1},
    {"what is left over is an error", what_is_left_over, 1},
    {"sizes", sizes, 1},
    {"numbers", numbers, 1},
    {"the language is a variable", languages, 1},
};
TEST_MAIN(tests)
