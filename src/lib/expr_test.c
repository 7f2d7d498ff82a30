/* Covers: expr_read.c, expr_term.c, expr_events.c, expr_token.c, expr_tree.c, expr_words.c, expr_json.c, expr_json_read.c, expr_print.c */
#include "lib/expr.h"
#include "testing/test.h"

#define OUT_BYTES_MAX 65536u

typedef fallible reading(struct arena *arena, struct bytes text, const struct expr **out_tree, struct err *e);

static const char *printed_by(struct t *t, reading *read, const char *text)
{
    struct buf out = arena_buf(t->arena, OUT_BYTES_MAX);
    const struct expr *tree;
    struct err e = {0};
    if (failed(read(t->arena, bytes_of_text(text), &tree, &e)))
        return arena_printf(t->arena, "! %s", e.text);
    expr_print(tree, &out);
    return arena_text(t->arena, buf_bytes(&out));
}

static const char *printed(struct t *t, const char *text)
{
    return printed_by(t, expr_read, text);
}

static const char *printed_term(struct t *t, const char *text)
{
    return printed_by(t, expr_read_term, text);
}

/* Each is printed as it stands there. */
static void same(struct t *t, reading *read, const char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        CHECK_TEXT(t, printed_by(t, read, texts[i]), texts[i]);
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
    CHECK_TEXT(t, printed(t, "sum（order.net in last 30 days）÷ 2 ＞ －a × 3"),
               "sum(order.net in last 30 days) / 2 > -a * 3");
}

static void what_somebody_did_reads_as_it_stands(struct t *t)
{
    static const char *const texts[] = {
        "phone is known and city in ('上海', '杭州')",
        "count(product_viewed where channel = 'mini_program' and item.category = '裙装' in last 14 days) >= 3",
        "count(page_viewed within 30 minutes) >= 5",
        "sum(order.net in last 90 days) > 1000",
        "days(app_opened in last 30 days) >= 10",
        "not did(page_viewed in last 30 days)",
        "did(product_viewed then cart_added then order_completed within 7 days)",
        "did(cart_added then no order_completed within 2 hours)",
        "first(order_completed).channel = 'tmall' and last(page_viewed).time > ago(3 days)",
        "has friend(staff.store = 'SH01') and in group('VIP 3')",
        "owned by guide('G17') and consents('marketing', 'sms')",
        "tier('group') >= 'gold' and points('brand-a') >= 500 and tag('price_sensitive') and segment('vip')",
        "did(cart_added where amount > 100 then no cart_removed then order_completed within 1 day in last 30 days)",
        "did(order_completed for the first time in last 7 days)",
        "did((page_viewed or product_viewed) where channel = 'h5' in each of last 4 weeks)",
        "count(order_completed in this month) = 0 or count(order_completed in this quarter) > 1",
        "avg((order_completed or order_paid).amount from '2026-01-01' to '2026-03-31') < 99.5",
        "max(order_completed.amount since '2026-01-01') > 2 * min(order_completed.amount before '2026-01-01')",
        "last(page_viewed).time in last 7 days and not (birthday in this month)",
        "distinct(product_viewed.item.sku in last 2 years) > 5",
        "median_gap(order where net > 0 in last 1 year) > 30 and count(page_viewed where time.hour >= 22) > 3",
        "share('salt') < 0.1 and until_anniversary(birthday) <= 7 and days_since(last(order_completed).time) > 300",
        "tag('x') = 'high' and related(car).mileage > 10000 and days_until(due) < 3",
        "a + b - c * (d + 1) / -(x + y) - (p - q) > -5 and now > today",
        "did(a then `no` within 2 hours within 3 days)",
        "has children()",
    };
    same(t, expr_read, texts, COUNT_OF(texts));
}

static void values_are_terms(struct t *t)
{
    static const char *const texts[] = {
        "most_frequent(product_viewed.item.category in last 90 days)",
        "case when count(order_completed) = 0 then 'new' when did(x) or a = 1 then 'b' else 'old' end",
        "case when a = 1 then 1 end",
        "first(order_completed).channel",
        "-a - -1 - (b - 2) * 3",
        "'x'",
    };
    same(t, expr_read_term, texts, COUNT_OF(texts));
    CHECK_TEXT(t, printed_term(t, "(a + b) + c + (d + e)"), "a + b + c + (d + e)");
    CHECK_TEXT(t, printed_term(t, "a-1-2+3"), "a - 1 - 2 + 3");
    CHECK_TEXT(t, printed_term(t, "- -5"), "5");
    CHECK_TEXT(t, printed_term(t, "-9223372036854775807"), "-9223372036854775807");
    CHECK_TEXT(t, printed_term(t, "-9223372036854775808"), printed_term(t, printed_term(t, "-9223372036854775808")));
    CHECK_TEXT(t, printed_term(t, "Count(x IN Last 1 Days)"), "count(x in last 1 day)");
    CHECK_TEXT(t, printed_term(t, "Owned By Guide('G17').Name"), "owned by guide('G17').Name");
    CHECK_TEXT(t, printed_term(t, "a = 1"), "! at character 3: got =, want +, -, *, / or the end");
    CHECK_TEXT(t, printed_term(t, "(a = 1)"), "! at character 2: want a value, got a condition");
}

static void what_is_wrong_is_said_with_its_place(struct t *t)
{
    static const struct {
        const char *text, *words;
    } rows[] = {
        {"channel = ", "! at character 11: it ends, want a name, a text in single quotes, a number, true, false or ("},
        {"金额 ~ 1", "! at character 4: ~ means nothing here"},
        {"a = \"x\"", "! at character 5: \" means nothing here: a text stands in single quotes"},
        {"a = 'x", "! at character 5: a text isn't closed: want '"},
        {"a = 1 b = 2", "! at character 7: got b, want and, or, or the end"},
        {"(a = 1", "! at character 7: it ends, want and, or, or )"},
        {"a between 1", "! at character 12: it ends, want and, with the upper end"},
        {"in = 1",
         "! at character 1: got in, want a name or a value (a keyword that is a name stands in back quotes: `in`)"},
        {"a is b", "! at character 6: got b, want known or unknown"},
        {"a = 1e999", "! at character 5: the number is too large or too long"},
        {"a in ()", "! at character 7: got ), want a text in single quotes, a number, true or false"},
        {"a = 1 adn b = 2", "! at character 7: got adn (did you mean \"and\"?), want and, or, or the end"},
        {"a adn b = 2", "! at character 3: got adn (did you mean \"and\"?), want =, !=, <, <=, >, >=, in, between, "
                        "contains, starts, ends, matches, is or a window"},
        {"count(x) and a = 1", "! at character 10: got and, want =, !=, <, <=, >, >=, in, between, contains, starts, "
                               "ends, matches, is or a window"},
        {"count(x witin 3 days) > 1",
         "! at character 9: got witin (did you mean \"within\"?), want where, a window or )"},
        {"count(x in last 3 days where a = 1) > 1",
         "! at character 24: got where, want ) (where stands before the window)"},
        {"count(x within 3 dayz) > 1",
         "! at character 18: got dayz (did you mean \"day\"?), want seconds, minutes, hours or days"},
        {"count(x in last 0 days) > 1", "! at character 17: want a whole number from 1 to 1000000000"},
        {"count(x within 3 weeks) > 1", "! at character 18: got weeks, want seconds, minutes, hours or days"},
        {"did(x in lst 3 days)",
         "! at character 10: got lst (did you mean \"last\"?), want last, this or each of last"},
        {"did(x then no)", "! at character 14: got ), want the name of an event, or several in parentheses: (a or b)"},
        {"did(x where count(y) > 1)", "! at character 13: got count(y), but a condition on one event wants the name of "
                                      "a property (with signs in it, in back quotes: `a-b`)"},
        {"case when a = 1 than 2 end = 2",
         "! at character 17: got than (did you mean \"then\"?), want and, or, or then"},
        {"case = 1", "! at character 6: got =, want when (a name that is a keyword stands in back quotes: `case`)"},
        {"x before ''",
         "! at character 10: got '', want a date or a time in single quotes: '2026-11-01', '2026-11-01 09:00'"},
        {"a = (b = 1)", "! at character 6: want a value, got a condition"},
        {"did(x) > 1", "! at character 8: got >, want and, or, or the end"},
        {"x since 5",
         "! at character 9: got 5, want a date or a time in single quotes: '2026-11-01', '2026-11-01 09:00'"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        CHECK_TEXT(t, printed(t, rows[i].text), rows[i].words);
}

static const char *many(struct t *t, const char *before, const char *part, const char *between, const char *behind,
                        size_t count)
{
    struct buf out = arena_buf(t->arena, 2u * EXPR_BYTES_MAX);
    buf_push_text(&out, before);
    for (size_t i = 0; i < count; i++) {
        buf_push_text(&out, i == 0 ? "" : between);
        buf_push_text(&out, part);
    }
    buf_push_text(&out, behind);
    return arena_text(t->arena, buf_bytes(&out));
}

static void sizes_are_bounded(struct t *t)
{
    const char *list = many(t, "a in (", "1", ", ", ")", EXPR_VALUES_MAX);
    CHECK_TEXT(t, printed(t, list), list);
    CHECK_TEXT(t, printed(t, many(t, "a in (", "1", ", ", ")", EXPR_VALUES_MAX + 1)),
               "! at character 30007: a list has at most 10000 values");
    CHECK_TEXT(t, printed(t, many(t, "", list, " or ", "", 11)),
               "! at character 300097: an expression has at most 100000 values");
    CHECK_TEXT(t, printed(t, many(t, "", "a=1", " or ", "", 7000)),
               "! at character 46663: an expression has at most 20000 parts (values of a list don't count)");
    CHECK_TEXT(t, printed(t, many(t, "a = '", "x", "", "'", EXPR_BYTES_MAX)),
               "! an expression has at most 1048576 bytes");
    CHECK_TEXT(t, printed(t, many(t, "a = '", "x", "", "'", 3)), "a = 'xxx'");
    CHECK_TEXT(t, printed(t, many(t, "", "not ", "", "a = 1", EXPR_DEPTH_MAX - 2)),
               many(t, "", "not (", "", many(t, "not (a = 1", ")", "", "", EXPR_DEPTH_MAX - 2), EXPR_DEPTH_MAX - 3));
    CHECK_TEXT(t, printed(t, many(t, "", "not ", "", "a = 1", EXPR_DEPTH_MAX - 1)),
               "! at character 1: nested deeper than 24");
    CHECK_TEXT(t, printed(t, many(t, "", "(", "", many(t, "a = 1", ")", "", "", 48), 48)), "a = 1");
    CHECK_TEXT(t, printed(t, many(t, "", "(", "", "a = 1", 49)), "! at character 49: nested deeper than 48");
}

/* What JSON says, printed as text and as JSON. */
static const char *of_json(struct t *t, const char *text, bool as_json)
{
    struct buf out = arena_buf(t->arena, OUT_BYTES_MAX);
    struct json_parser *p = json_parser_create(OUT_BYTES_MAX);
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
    static const struct {
        const char *json, *text;
    } rows[] = {
        {"{\"op\":\"and\",\"of\":[{\"op\":\"=\",\"name\":\"channel\",\"value\":\"x\"},"
         "{\"op\":\"in\",\"name\":\"n\",\"values\":[1,2.5,true]},{\"op\":\"not\",\"of\":[{\"op\":\"is "
         "known\",\"name\":\"c d\"}]}]}",
         "channel = 'x' and n in (1, 2.5, true) and not (`c d` is known)"},
        {"{\"op\":\">=\",\"of\":[{\"op\":\"count\",\"events\":[\"a\",\"b\"],\"path\":\"c\",\"where\":{\"op\":\"=\","
         "\"name\":\"x\","
         "\"value\":1},\"window\":{\"kind\":\"in last\",\"count\":14,\"unit\":\"day\"}},3]}",
         "count((a or b).c where x = 1 in last 14 days) >= 3"},
        {"{\"op\":\"did\",\"steps\":[{\"events\":[\"a\"]},{\"no\":true,\"events\":[\"b\"]}],\"span\":{\"count\":2,"
         "\"unit\":"
         "\"hour\"},\"first_time\":true,\"window\":{\"kind\":\"from\",\"from\":\"2026-01-01\",\"until\":\"2026-02-01\"}"
         "}",
         "did(a then no b within 2 hours for the first time from '2026-01-01' to '2026-02-01')"},
        {"{\"op\":\"call\",\"words\":\"has "
         "friend\",\"of\":[{\"op\":\"=\",\"name\":\"staff.store\",\"value\":\"SH01\"}]}",
         "has friend(staff.store = 'SH01')"},
        {"{\"op\":\"during\",\"of\":[{\"op\":\"last\",\"events\":[\"a\"],\"member\":\"time\"}],\"window\":{\"kind\":"
         "\"in "
         "this\",\"unit\":\"month\"}}",
         "last(a).time in this month"},
        {"{\"op\":\"in\",\"of\":[{\"op\":\"call\",\"words\":\"tag\",\"of\":[\"x\"]}],\"values\":[1]}",
         "tag('x') in (1)"},
        {"{\"op\":\"between\",\"of\":[{\"name\":\"a\"},{\"op\":\"ago\",\"span\":{\"count\":1,\"unit\":\"day\"}},{"
         "\"op\":\"now\"}]}",
         "a between ago(1 day) and now"},
        {"{\"op\":\"<\",\"of\":[{\"op\":\"case\",\"of\":[{\"op\":\"is "
         "known\",\"name\":\"a\"},1,2]},{\"op\":\"-\",\"of\":[{\"name\":"
         "\"a\"},-1]}]}",
         "case when a is known then 1 else 2 end < a - -1"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CHECK_TEXT(t, of_json(t, rows[i].json, true), rows[i].json);
        CHECK_TEXT(t, of_json(t, rows[i].json, false), rows[i].text);
        CHECK_TEXT(t, printed(t, rows[i].text), rows[i].text);
    }
    const char *least = of_json(t, "{\"op\":\"=\",\"name\":\"a\",\"value\":-9223372036854775808}", false);
    CHECK_TEXT(t, printed(t, least), least);
    CHECK_TEXT(t, printed(t, "a = -9223372036854775808"), least);
    CHECK_TEXT(t, of_json(t, "{\"op\":\"or\",\"of\":[{\"op\":\"is unknown\",\"name\":\"a\"}]}", false), "a is unknown");
    CHECK_TEXT(t, of_json(t, "{\"op\":\"=\",\"of\":[{\"name\":\"a\"},{\"op\":\"minus\",\"of\":[5]}]}", true),
               "{\"op\":\"=\",\"name\":\"a\",\"value\":-5}");
}

static void what_is_wrong_in_json_is_said(struct t *t)
{
    static const struct {
        const char *json, *words;
    } rows[] = {
        {"{\"op\":\"nad\",\"of\":[]}", "! there is no \"op\" \"nad\"; did you mean \"and\"?"},
        {"{\"op\":\"=\",\"name\":\"a\",\"vlaue\":1}", "! \"=\" has no member \"vlaue\"; did you mean \"value\"?"},
        {"{\"op\":\"between\",\"name\":\"a\",\"values\":[1]}", "! \"between\" needs \"values\", a list of two"},
        {"{\"op\":\"=\",\"name\":\"a\",\"value\":null}", "! want a text, a number, true or false, got null"},
        {"5", "! want a condition, got a value"},
        {"{\"name\":\"a\"}", "! want a condition, got a value"},
        {"{\"op\":\"and\",\"of\":[{\"name\":\"a\"}]}", "! want a condition, got a value"},
        {"{\"op\":\"not\",\"of\":[{\"op\":\"did\",\"steps\":[{\"no\":true,\"events\":[\"a\"]}]}]}",
         "! the first of \"steps\" can't be \"no\""},
        {"{\"op\":\"did\",\"steps\":[{\"events\":[\"a\"]}],\"window\":{\"kind\":\"in lsat\"}}",
         "! there is no window of the \"kind\" \"in lsat\"; did you mean \"in last\"?"},
        {"{\"op\":\"call\",\"words\":\"count\",\"of\":[]}",
         "! \"words\" are those of a call, with single spaces, as \"has friend\": not \"count\""},
        {"{\"op\":\"did\",\"steps\":[{\"events\":[\"a\"],\"where\":{\"op\":\"did\",\"steps\":[{\"events\":[\"b\"]}]}}]"
         "}",
         "! got did(b), but a condition on one event wants a comparison of a property with values"},
        {"{\"op\":\"did\",\"steps\":[{\"events\":[\"a\"]},{\"events\":[\"b\"]}],\"window\":{\"kind\":\"within\","
         "\"count\":1,\"unit\":\"day\"}}",
         "! several steps with a window \"within\" need a \"span\" too"},
        {"{\"op\":\"=\",\"of\":[{\"name\":\"a\"}]}", "! \"=\" has 2 parts"},
        {"{\"op\":\"+\",\"of\":[1]}", "! \"+\" has at least 2 parts"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        CHECK_TEXT(t, of_json(t, rows[i].json, false), rows[i].words);
}

static void conditions_on_one_event_are_told_from_others(struct t *t)
{
    static const struct {
        const char *text, *words;
    } rows[] = {
        {"a = 1 and not (b in (1, 2) or c is known) and d between 1 and 2 and e contains 'x'", ""},
        {"a = 1 and 金额 = b",
         "at character 16: got b, but a condition on one event wants a text in single quotes, a number, true or false"},
        {"utm-source = 'x'", "at character 1: got utm - source, but a condition on one event wants the name of a "
                             "property (with signs in it, in back quotes: `a-b`)"},
        {"a = 1 or did(x)",
         "at character 10: got did(x), but a condition on one event wants a comparison of a property with values"},
        {"time in last 7 days", "at character 1: got time in last 7 days, but a condition on one event wants a "
                                "comparison of a property with values"},
        {"segment('a long name that would not fit into a message, so it is cut')",
         "at character 1: got segment('…, but a condition on one event wants a comparison of a property with values"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct expr *tree;
        struct err e = {0};
        REQUIRE_DONE(t, expr_read(t->arena, bytes_of_text(rows[i].text), &tree, &e), &e);
        bool is_property = done(expr_check_property(tree, &e));
        CHECK(t, is_property == (rows[i].words[0] == '\0'));
        CHECK_TEXT(t, e.text, rows[i].words);
    }
}

static void spans_are_as_long_as_their_units(struct t *t)
{
    static const struct {
        struct expr_span span;
        int64_t days_most;
    } rows[] = {
        {{1, EXPR_SECOND}, 1},   {{23, EXPR_HOUR}, 1},  {{24, EXPR_HOUR}, 2},
        {{14, EXPR_DAY}, 14},    {{2, EXPR_WEEK}, 14},  {{2, EXPR_MONTH}, 62},
        {{1, EXPR_QUARTER}, 92}, {{2, EXPR_YEAR}, 732}, {{EXPR_SPAN_MAX, EXPR_YEAR}, 366 * (int64_t)EXPR_SPAN_MAX},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        CHECK_EQ(t, expr_span_days_most(rows[i].span), rows[i].days_most);
    CHECK_EQ(t, expr_span_us((struct expr_span){90, EXPR_MINUTE}), 5400000000);
    CHECK_EQ(t, expr_span_us((struct expr_span){2, EXPR_DAY}), 172800000000);
    CHECK_EQ(t, expr_span_us((struct expr_span){EXPR_SPAN_MAX, EXPR_HOUR}), 3600000000000000000);
}

static void nodes_say_what_they_are(struct t *t)
{
    const struct expr *tree;
    struct err e = {0};
    REQUIRE_DONE(t,
                 expr_read(t->arena,
                           BYTES_LIT("  a between 1 and 2.5 and f(x) and did(b then c within 2 days) and x in (7, 8)"),
                           &tree, &e),
                 &e);
    CHECK_EQ(t, tree->op, EXPR_AND);
    CHECK_EQ(t, tree->count, 4);
    CHECK_EQ(t, tree->depth, 3);
    CHECK_EQ(t, tree->place, 3);
    const struct expr *between = tree->parts[0], *call = tree->parts[1], *did = tree->parts[2], *in = tree->parts[3];
    CHECK(t, expr_is_comparison(between) && expr_is_condition(call) && expr_is_term(call) && !expr_is_term(did));
    CHECK_EQ(t, expr_said_count(between), 2);
    CHECK_EQ(t, expr_said(between, 1)->mantissa, 25);
    CHECK_EQ(t, expr_said(between, 1)->place, 19);
    CHECK_EQ(t, expr_said_count(in), 2);
    CHECK_EQ(t, expr_said(in, 1)->mantissa, 8);
    CHECK_EQ(t, did->step_count, 2);
    CHECK_EQ(t, did->span.count, 2);
    CHECK_EQ(t, did->span.unit, EXPR_DAY);
    CHECK(t, did->window == NULL);
    CHECK_BYTES(t, did->steps[1].names[0], BYTES_LIT("c"));
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

/* As deep as a text may be, with what takes the most levels of JSON at the bottom. */
static void the_deepest_tree_is_json_too(struct t *t)
{
    const char *bottom = "did(a where b in (1, 2) in last 3 days)"; /* three levels */
    const char *text = many(t, "", "f(", "", many(t, bottom, ")", "", "", EXPR_DEPTH_MAX - 3), EXPR_DEPTH_MAX - 3);
    struct buf out = arena_buf(t->arena, OUT_BYTES_MAX);
    struct json_writer w;
    const struct expr *tree;
    struct err e = {0};
    REQUIRE_DONE(t, expr_read(t->arena, bytes_of_text(text), &tree, &e), &e);
    CHECK_EQ(t, tree->depth, EXPR_DEPTH_MAX);
    json_writer_init(&w, &out, false);
    expr_print_json(tree, &w);
    CHECK_TEXT(t, of_json(t, arena_text(t->arena, buf_bytes(&out)), false), text);
}

static const struct test tests[] = {
    {"conditions are printed in one way", conditions_are_printed_in_one_way, 1},
    {"signs of a Chinese keyboard are understood", signs_of_a_chinese_keyboard_are_understood, 1},
    {"what somebody did reads as it stands", what_somebody_did_reads_as_it_stands, 1},
    {"values are terms", values_are_terms, 1},
    {"what is wrong is said with its place", what_is_wrong_is_said_with_its_place, 1},
    {"sizes are bounded", sizes_are_bounded, 1},
    {"a tree is JSON too", a_tree_is_json_too, 1},
    {"the deepest tree is JSON too", the_deepest_tree_is_json_too, 1},
    {"what is wrong in JSON is said", what_is_wrong_in_json_is_said, 1},
    {"conditions on one event are told from others", conditions_on_one_event_are_told_from_others, 1},
    {"nodes say what they are", nodes_say_what_they_are, 1},
    {"spans are as long as their units", spans_are_as_long_as_their_units, 1},
    {"a name stands alone", a_name_stands_alone, 1},
};
TEST_MAIN(tests)
