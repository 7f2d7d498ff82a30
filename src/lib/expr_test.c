/* Covers: expr.c, expr_json.c, expr_print.c */
#include "lib/expr.h"
#include "testing/test.h"

static const char *printed(struct t *t, const char *text)
{
    struct buf out = arena_buf(t->arena, 4096);
    const struct expr *tree;
    struct err e = {0};
    if (failed(expr_read(t->arena, bytes_of_text(text), &tree, &e)))
        return arena_printf(t->arena, "! %s", e.text);
    expr_print(tree, &out);
    return arena_text(t->arena, buf_bytes(&out));
}

static void conditions_are_printed_in_one_way(struct t *t)
{
    CHECK_TEXT(t, printed(t, "channel='mini_program'AND amount  between 100 and 500.50"),
               "channel = 'mini_program' and amount between 100 and 500.5");
    CHECK_TEXT(t, printed(t, "(a = 1 or b = 2) and not c is known"), "(a = 1 or b = 2) and not (c is known)");
    CHECK_TEXT(t, printed(t, "a = 1 or (b = 2 and c = 3)"), "a = 1 or b = 2 and c = 3");
    CHECK_TEXT(t, printed(t, "a = 1 and (b = 2 and (c = 3))"), "a = 1 and b = 2 and c = 3");
    CHECK_TEXT(t, printed(t, "item.category in ('裙装' , '上衣')"), "item.category in ('裙装', '上衣')");
    CHECK_TEXT(t, printed(t, "name = 'it''s'"), "name = 'it''s'");
    CHECK_TEXT(t, printed(t, "`a b`.c != true"), "`a b.c` != true");
    CHECK_TEXT(t, printed(t, "`in` = -0.50"), "`in` = -0.5");
    CHECK_TEXT(t, printed(t, "x <> 1e3 or x == 1e-7"), "x != 1000 or x = 1e-07");
    CHECK_TEXT(t, printed(t, "coupon is not known"), "coupon is unknown");
    CHECK_TEXT(t, printed(t, "sku not in ('a') and not not b = 1"), "not (sku in ('a')) and not (not (b = 1))");
    CHECK_TEXT(t, printed(t, "订单金额 > 100"), "订单金额 > 100");
}

static void signs_of_a_chinese_keyboard_are_understood(struct t *t)
{
    CHECK_TEXT(t, printed(t, "（城市 in （'上海'，'杭州'）） and 金额≥100 and 数量！＝2"),
               "城市 in ('上海', '杭州') and 金额 >= 100 and 数量 != 2");
}

static void what_is_wrong_is_said_with_its_place(struct t *t)
{
    CHECK_TEXT(t, printed(t, "channel = "),
               "! at character 11: it ends where a text in single quotes, a number, true or false should stand");
    CHECK_TEXT(t, printed(t, "金额 ~ 1"), "! at character 4: \"~\" means nothing here");
    CHECK_TEXT(t, printed(t, "a = \"x\""),
               "! at character 5: \"'\" means nothing here: a text stands in single quotes");
    CHECK_TEXT(t, printed(t, "a = 'x"), "! at character 5: a text isn't closed: want '");
    CHECK_TEXT(t, printed(t, "a = 1 b = 2"), "! at character 7: want and, or, or the end, got b");
    CHECK_TEXT(t, printed(t, "(a = 1"), "! at character 7: it ends where and, or, or ) should stand");
    CHECK_TEXT(t, printed(t, "a between 1"), "! at character 12: it ends where and, with the upper end should stand");
    CHECK_TEXT(
        t, printed(t, "in = 1"),
        "! at character 1: want the name of a property (a keyword that is one stands in back quotes: `in`), got in");
    CHECK_TEXT(t, printed(t, "a is b"), "! at character 6: want known or unknown, got b");
    CHECK_TEXT(t, printed(t, "a = 1e999"), "! at character 5: the number is too large or too long");
    CHECK_TEXT(t, printed(t, "((((((((((a = 1))))))))))"), "! at character 9: nested deeper than 8");
    CHECK_TEXT(t, printed(t, "a in ()"),
               "! at character 7: want a text in single quotes, a number, true or false, got )");
}

/* What JSON says, printed as text and as JSON. */
static const char *of_json(struct t *t, const char *text, bool as_json)
{
    struct buf out = arena_buf(t->arena, 4096);
    struct json_parser *p = json_parser_create(4096);
    struct json_writer w;
    const struct expr *tree;
    struct json root;
    struct err e = {0};
    json_writer_init(&w, &out, false);
    if (failed(json_parse(p, bytes_of_text(text), &root, &e)) || failed(expr_read_json(t->arena, root, &tree, &e)))
        buf_printf(&out, "! %s", e.text);
    else if (as_json)
        expr_print_json(tree, &w);
    else
        expr_print(tree, &out);
    json_parser_destroy(p);
    return arena_text(t->arena, buf_bytes(&out));
}

static void a_tree_is_json_too(struct t *t)
{
    const char *text = "{\"op\":\"and\",\"of\":[{\"op\":\"=\",\"name\":\"channel\",\"value\":\"x\"},"
                       "{\"op\":\"in\",\"name\":\"n\",\"values\":[1,2.5,true]},{\"op\":\"not\",\"of\":[{\"op\":\"is "
                       "known\",\"name\":\"c d\"}]}]}";
    CHECK_TEXT(t, of_json(t, text, true), text);
    CHECK_TEXT(t, of_json(t, text, false), "channel = 'x' and n in (1, 2.5, true) and not (`c d` is known)");
    CHECK_TEXT(t, of_json(t, "{\"op\":\"or\",\"of\":[{\"op\":\"is unknown\",\"name\":\"a\"}]}", false), "a is unknown");
    CHECK_TEXT(t, of_json(t, "{\"op\":\"nad\",\"of\":[]}", false),
               "! there is no \"op\" \"nad\"; did you mean \"and\"?");
    CHECK_TEXT(t, of_json(t, "{\"op\":\"=\",\"name\":\"a\",\"vlaue\":1}", false),
               "! \"=\" has no member \"vlaue\"; did you mean \"value\"?");
    CHECK_TEXT(t, of_json(t, "{\"op\":\"between\",\"name\":\"a\",\"values\":[1]}", false),
               "! \"between\" needs \"values\", a list of two");
    CHECK_TEXT(t, of_json(t, "{\"op\":\"=\",\"name\":\"a\",\"value\":null}", false),
               "! want a text, a number, true or false, got null");
}

static void a_name_stands_alone(struct t *t)
{
    struct bytes name;
    struct err e = {0};
    CHECK_DONE(t, expr_read_name(t->arena, BYTES_LIT(" item.`a b` "), &name, &e), &e);
    CHECK_BYTES(t, name, BYTES_LIT("item.a b"));
    CHECK_FAILS(t, expr_read_name(t->arena, BYTES_LIT("a b"), &name, &e), INVALID);
    CHECK_FAILS(t, expr_read_name(t->arena, BYTES_LIT(""), &name, &e), INVALID);
    CHECK_FAILS(t, expr_read_name(t->arena, BYTES_LIT("a."), &name, &e), INVALID);
}

static const struct test tests[] = {
    {"conditions are printed in one way", conditions_are_printed_in_one_way, 1},
    {"signs of a Chinese keyboard are understood", signs_of_a_chinese_keyboard_are_understood, 1},
    {"what is wrong is said with its place", what_is_wrong_is_said_with_its_place, 1},
    {"a tree is JSON too", a_tree_is_json_too, 1},
    {"a name stands alone", a_name_stands_alone, 1},
};
TEST_MAIN(tests)
