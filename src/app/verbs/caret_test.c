/* Carets under what is wrong in a text. */
#include "app/verbs/caret.h"

#include <stdlib.h>

#include "testing/test.h"

static const char *shown(struct t *t, const char *text, size_t place)
{
    char *out = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&out, &size);
    show_caret(bytes_of_text(text), place, f);
    (void)fclose(f);
    const char *copy = arena_printf(t->arena, "%s", out);
    free(out);
    return copy;
}

static void a_place_is_read_in_both_languages(struct t *t)
{
    CHECK_EQ(t, caret_place(BYTES_LIT("text: at character 24: there is no segment 'vp'")), 24);
    CHECK_EQ(t, caret_place(BYTES_LIT("第 7 个字符:没有人群“vp”")), 7);
    CHECK_EQ(t, caret_place(BYTES_LIT("an expression has at most 12000 bytes")), 0);
    CHECK_EQ(t, caret_place(BYTES_LIT("at character ")), 0);
    CHECK_EQ(t, caret_place(BYTES_NONE), 0);
}

/* A Chinese character takes two columns. */
static void the_caret_stands_below_the_character(struct t *t)
{
    CHECK_TEXT(t, shown(t, "did(login) and x", 16), "  did(login) and x\n                 ^\n");
    CHECK_TEXT(t, shown(t, "city = '上海' and x", 17), "  city = '上海' and x\n                    ^\n");
    CHECK_TEXT(t, shown(t, "did(login", 10), "  did(login\n           ^\n"); /* it ends there */
    CHECK_TEXT(t, shown(t, "a\nb x\nc", 5), "  b x\n    ^\n");
    CHECK_TEXT(t, shown(t, "", 1), "  \n  ^\n");
    CHECK_TEXT(t, shown(t, "ab", 99), "  ab\n    ^\n");
}

static void a_long_line_is_cut_around_it(struct t *t)
{
    char long_line[4000];
    memset(long_line, 'a', sizeof long_line - 1);
    long_line[sizeof long_line - 1] = 0;
    long_line[3000] = 'X';
    const char *out = shown(t, long_line, 3001);
    const char *end = strchr(out, '\n');
    CHECK(t, end != NULL && (size_t)(end - out) <= CARET_COLUMNS + 2);
    CHECK_EQ(t, strchr(out, 'X') - out, strchr(end, '^') - end - 1);
}

static const struct test tests[] = {
    {"a place is read in both languages", a_place_is_read_in_both_languages, 1},
    {"the caret stands below the character", the_caret_stands_below_the_character, 1},
    {"a long line is cut around it", a_long_line_is_cut_around_it, 1},
};
TEST_MAIN(tests)
