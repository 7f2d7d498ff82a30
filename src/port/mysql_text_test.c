#include "port/mysql_text.h"

#include "testing/test.h"

#define QUERY_BYTES_MAX 4096u

static const char *query_of(struct t *t, const char *query, const char *after)
{
    struct buf out;
    buf_init(&out, QUERY_BYTES_MAX);
    mysql_query_put(&out, query, after);
    const char *text = arena_text(t->arena, buf_bytes(&out));
    buf_fini(&out);
    return text;
}

static void the_mark_stands_in_a_query(struct t *t)
{
    static const struct {
        const char *query, *after, *want;
    } cases[] = {
        {"SELECT 1", "x", "SELECT 1"},
        {"WHERE $1 IS NULL OR id > $1", NULL, "WHERE NULL IS NULL OR id > NULL"},
        {"id>$1", "10", "id>_utf8mb4 X'3130'"},
        {"($1)", "' OR 1=1 -- \\", "(_utf8mb4 X'27204f5220313d31202d2d205c')"},
        {"$1", "王", "_utf8mb4 X'e78e8b'"},
        {"$1", "", "_utf8mb4 X''"},
        {"'$1' \"$1\" `$1` $1", NULL, "'$1' \"$1\" `$1` NULL"},
        {"'it''s $1 \\' $1' $1", NULL, "'it''s $1 \\' $1' NULL"},
        {"`a\\` $1 '$1", NULL, "`a\\` NULL '$1"},
        {"-- $1\n$1 # $1\n$1 /* $1 */$1/* $1", NULL, "-- $1\nNULL # $1\nNULL /* $1 */NULL/* $1"},
        {"5--$1", NULL, "5--NULL"},
        {"a$1 $10 $1b 列$1 $$1 $1", NULL, "a$1 $10 $1b 列$1 $$1 NULL"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        CHECK_TEXT(t, query_of(t, cases[i].query, cases[i].after), cases[i].want);
}

/* However quotes, comments and marks follow each other, it ends, and what is no mark stays as it is. */
static void no_query_is_lost(struct t *t)
{
    static const char *const pieces[] = {"'", "\"", "`", "\\", "--", "-- ", "#", "/*", "*/", "\n", "$", "1", "x", " "};
    struct buf query;
    buf_init(&query, QUERY_BYTES_MAX);
    for (uint64_t n = rng_below(&t->rng, 60); n > 0; n--)
        buf_push_text(&query, pieces[rng_below(&t->rng, COUNT_OF(pieces))]);
    const char *text = arena_text(t->arena, buf_bytes(&query));
    const char *again = query_of(t, text, NULL);
    for (; *text != 0; text++, again++) {
        if (*again == *text)
            continue;
        REQUIRE(t, strncmp(text, "$1", 2) == 0 && strncmp(again, "NULL", 4) == 0);
        text += 1;
        again += 3;
    }
    CHECK_EQ(t, *again, 0);
    buf_fini(&query);
}

static void cells_are_for_people(struct t *t)
{
    const struct {
        enum enum_field_types type;
        unsigned charset;
        struct bytes own;
        const char *want;
    } cases[] = {
        {MYSQL_TYPE_TIMESTAMP, 63, BYTES_LIT("2026-11-11 00:05:00.250"), "2026-11-11 00:05:00.250Z"},
        {MYSQL_TYPE_TIMESTAMP, 63, BYTES_LIT("0000-00-00 00:00:00"), ""},
        {MYSQL_TYPE_DATETIME, 63, BYTES_LIT("2026-11-11 00:05:00"), "2026-11-11 00:05:00"},
        {MYSQL_TYPE_DATETIME, 63, BYTES_LIT("0000-00-00 00:00:00.000000"), ""},
        {MYSQL_TYPE_DATE, 63, BYTES_LIT("0000-00-00"), ""},
        {MYSQL_TYPE_DATE, 63, BYTES_LIT("2026-00-00"), "2026-00-00"},
        {MYSQL_TYPE_LONGLONG, 63, BYTES_LIT("18446744073709551615"), "18446744073709551615"},
        {MYSQL_TYPE_NEWDECIMAL, 63, BYTES_LIT("-1234.50"), "-1234.50"},
        {MYSQL_TYPE_BIT, 63, BYTES_LIT("\1"), "1"},
        {MYSQL_TYPE_BIT, 63, BYTES_LIT("\1\0"), "256"},
        {MYSQL_TYPE_STRING, 63, BYTES_LIT("\0\xff"), "00ff"},
        {MYSQL_TYPE_BLOB, 63, BYTES_LIT("ab"), "6162"},
        {MYSQL_TYPE_BLOB, 45, BYTES_LIT("王"), "王"},
        {MYSQL_TYPE_VAR_STRING, 45, BYTES_LIT("0000-00-00"), "0000-00-00"},
        {MYSQL_TYPE_TIMESTAMP, 63, BYTES_LIT(""), ""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        MYSQL_FIELD field = {.type = cases[i].type, .charsetnr = cases[i].charset};
        CHECK_BYTES(t, mysql_cell(t->arena, &field, cases[i].own), bytes_of_text(cases[i].want));
    }
}

static const struct test tests[] = {
    {"the mark stands in a query", the_mark_stands_in_a_query, 1},
    {"no query is lost", no_query_is_lost, 300},
    {"cells are for people", cells_are_for_people, 1},
};
TEST_MAIN(tests)
