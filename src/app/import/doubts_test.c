#include "app/import/doubts.h"

#include "testing/test.h"

static const char *doubt_in(struct t *t, struct doubts *d, const char *text)
{
    struct json_parser *p = json_parser_create(4096);
    struct json order;
    struct err e = {0};
    CHECK_DONE(t, json_parse(p, bytes_of_text(text), &order, &e), &e);
    const char *doubt = doubt_of(d, order), *kept = doubt == NULL ? "none" : arena_printf(t->arena, "%s", doubt);
    json_parser_destroy(p);
    return kept;
}

#define ORDER "{\"shop\":\"s\",\"number\":\"1\",\"version\":1,"

static void totals_are_compared_with_their_lines(struct t *t)
{
    static const struct {
        const char *order, *want;
    } cases[] = {
        {ORDER "\"payment\":{\"total\":205.00,\"freight\":6},\"lines\":[{\"line\":\"1\",\"quantity\":2,\"price\":\"99.5\"}]}", "none"},
        {ORDER "\"payment\":{\"total\":205.00,\"freight\":6},\"lines\":[{\"line\":\"1\",\"quantity\":2,\"price\":99}]}",
         "order 1: its total is 205.00, and its lines, with discounts and freight, come to 204.00"},
        {ORDER "\"payment\":{\"total\":10,\"discounts\":{\"shop\":3}},\"lines\":[{\"line\":\"1\",\"paid\":12.99}]}",
         "order 1: its total is 10.00, and its lines, with discounts and freight, come to 9.99"},
        {ORDER "\"currency\":\"JPY\",\"payment\":{\"total\":100},\"lines\":[{\"line\":\"1\",\"paid\":-99}]}",
         "order 1: its total is 100, and its lines, with discounts and freight, come to -99"},
        {ORDER "\"payment\":{\"total\":205.00}}", "none"},                                        /* its lines come another time */
        {ORDER "\"lines\":[{\"line\":\"1\",\"paid\":1}]}", "none"},                               /* no total */
        {ORDER "\"payment\":{\"total\":\"much\"},\"lines\":[{\"line\":\"1\",\"paid\":1}]}", "none"}, /* the daemon says it */
    };
    struct doubts *d = doubts_create();
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        CHECK_TEXT(t, doubt_in(t, d, cases[i].order), cases[i].want);
    doubts_destroy(d);
}

static void a_number_under_two_shops(struct t *t)
{
    struct doubts *d = doubts_create();
    CHECK_TEXT(t, doubt_in(t, d, "{\"shop\":\"甲\",\"number\":\"1\"}"), "none");
    CHECK_TEXT(t, doubt_in(t, d, "{\"shop\":\"甲\",\"number\":\"1\"}"), "none");
    CHECK_TEXT(t, doubt_in(t, d, "{\"shop\":\"乙\",\"number\":\"2\"}"), "none");
    CHECK_TEXT(t, doubt_in(t, d, "{\"shop\":\"乙\",\"number\":\"1\"}"), "order 1 stands under another shop than 乙, too: these are two orders");
    CHECK_TEXT(t, doubt_in(t, d, "{\"shop\":\"甲\",\"number\":\"1\"}"), "none"); /* told */
    CHECK_TEXT(t, doubt_in(t, d, "{\"shop\":\"乙\"}"), "none");
    doubts_destroy(d);
}

/* Said by its shop and number alone, it is the same order. */
static void orders_without_a_total_are_told_by_their_names(struct t *t)
{
    struct doubts *d = doubts_create();
    struct bytes one = BYTES_LIT("1");
    CHECK(t, doubt_of_shop(d, BYTES_LIT("甲"), one) == NULL);
    CHECK(t, doubt_of_shop(d, BYTES_LIT("乙"), BYTES_NONE) == NULL);
    CHECK_TEXT(t, doubt_in(t, d, "{\"shop\":\"甲\",\"number\":\"1\"}"), "none");
    CHECK_TEXT(t, doubt_of_shop(d, BYTES_LIT("乙"), one),
               "order 1 stands under another shop than 乙, too: these are two orders");
    CHECK(t, doubt_of_shop(d, BYTES_LIT("丙"), one) == NULL); /* told */
    doubts_destroy(d);
}

static void a_number_that_the_daemon_has_under_another_shop(struct t *t)
{
    struct doubts *d = doubts_create();
    struct bytes one = BYTES_LIT("1"), shop = BYTES_LIT("甲"), other = BYTES_LIT("乙");
    CHECK_TEXT(t, doubt_in(t, d, "{\"shop\":\"甲\",\"number\":\"1\"}"), "none");
    CHECK_TEXT(t, doubt_of_elsewhere(d, shop, one, other), "order 1 of 甲 stands under 乙 in the workspace: these are two orders");
    CHECK(t, doubt_of_elsewhere(d, shop, one, other) == NULL);
    CHECK_TEXT(t, doubt_in(t, d, "{\"shop\":\"乙\",\"number\":\"1\"}"), "none"); /* told */
    doubts_destroy(d);
}

static const struct test tests[] = {
    {"totals are compared with their lines", totals_are_compared_with_their_lines, 1},
    {"a number under two shops is told once", a_number_under_two_shops, 1},
    {"orders without a total are told by their names", orders_without_a_total_are_told_by_their_names, 1},
    {"a number that the daemon has under another shop is told once", a_number_that_the_daemon_has_under_another_shop,
     1},
};
TEST_MAIN(tests)
