/* Conditions and sums out of tokens: what joins, compares and adds. What they are made of is in expr_term.c and expr_events.c. */
#include "lib/expr_inside.h"

/* clang-format off */
#define COMPARISON_WORDS {"and", "or", "in", "between", "contains", "starts", "ends", "matches", "is", "not", "within", "since", "before", "from"}
/* clang-format on */
const struct expected expr_comparison_expected = {
    "=, !=, <, <=, >, >=, in, between, contains, starts, ends, matches, is or a window", COMPARISON_WORDS};

static const struct expected negated_expected = {"in, between, contains, starts, ends, matches or a window",
                                                 COMPARISON_WORDS},
                             known_expected = {"known or unknown", {"known", "unknown"}},
                             list_expected = {"( and the values, or last, this, each of last",
                                              {"last", "this", "each"}},
                             list_end_expected = {", or )", {0}}, upper_expected = {"and, with the upper end", {"and"}},
                             end_expected = {"and, or, or the end", {"and", "or"}},
                             term_end_expected = {"+, -, *, / or the end", {0}},
                             literal_expected = {"a text in single quotes, a number, true or false", {"true", "false"}};

/* --- what is said of a term --- */

fallible expr_literal_read(struct reader *r, struct expr_value *out_value)
{
    uint32_t place = r->token.place;
    bool is_negative = expr_token_is_sign(r, "-"), is_true = expr_token_is_word(r, "true");
    if (is_negative)
        TRY(expr_token_next(r));
    *out_value = (struct expr_value){.place = place};
    if (r->token.kind == TOKEN_NUMBER) {
        if (!expr_number_read(r->token.text, out_value))
            return FAIL(r->maker.e, INVALID, "at character %u: the number is too large or too long", place);
        if (is_negative)
            expr_number_negate(out_value);
    } else if (r->token.kind == TOKEN_TEXT && !is_negative) {
        out_value->kind = EXPR_TEXT;
        out_value->text = r->token.text;
    } else if ((is_true || expr_token_is_word(r, "false")) && !is_negative) {
        out_value->kind = EXPR_BOOL;
        out_value->truth = is_true;
    } else {
        return expr_unexpected(r, &literal_expected);
    }
    return expr_token_next(r);
}

/* At the parenthesis that opens. */
static fallible list_read(struct reader *r, const struct expr **out_list)
{
    struct expr_value *values = NULL;
    uint32_t room = 0, count = 0;
    do {
        TRY(expr_token_next(r));
        if (count == EXPR_VALUES_MAX)
            return FAIL(r->maker.e, LIMIT, "at character %u: a list has at most %u values", r->token.place,
                        EXPR_VALUES_MAX);
        values = expr_list_room(r->maker.arena, values, count, &room, sizeof *values);
        TRY(expr_literal_read(r, &values[count]));
        count++;
    } while (expr_token_is_sign(r, ","));
    TRY(expr_want_sign(r, ")", &list_end_expected));
    return expr_value_node(&r->maker, values, count, out_list);
}

static fallible single_read(struct reader *r, const struct expr **out_value)
{
    struct expr_value *value = ARENA_NEW(r->maker.arena, struct expr_value);
    TRY(expr_literal_read(r, value));
    return expr_value_node(&r->maker, value, 1, out_value);
}

static fallible negated(struct reader *r, const struct expr *part, const struct expr **out_node)
{
    struct parts one = {0};
    expr_parts_add(&r->maker, &one, part);
    return expr_node_end(&r->maker, expr_node_begin(&r->maker, EXPR_NOT, part->place), &one, out_node);
}

static fallible during_end(struct reader *r, const struct parts *parts, const struct expr_window *window,
                           const struct expr **out_node)
{
    struct expr *x = expr_node_begin(&r->maker, EXPR_DURING, parts->list[0]->place);
    x->window = window;
    return expr_node_end(&r->maker, x, parts, out_node);
}

/* Behind the term and "in". */
static fallible in_read(struct reader *r, uint32_t place, struct parts *parts, const struct expr **out_node)
{
    const struct expr_window *window;
    const struct expr *list;
    if (expr_token_is_sign(r, "(")) {
        TRY(list_read(r, &list));
        expr_parts_add(&r->maker, parts, list);
        return expr_node_end(&r->maker, expr_node_begin(&r->maker, EXPR_IN, parts->list[0]->place), parts, out_node);
    }
    if (!expr_token_is_word(r, "last") && !expr_token_is_word(r, "this") && !expr_token_is_word(r, "each"))
        return expr_unexpected(r, &list_expected);
    TRY(expr_window_in_read(r, place, &window));
    return during_end(r, parts, window, out_node);
}

/* Behind the term and "is". */
static fallible is_read(struct reader *r, const struct parts *parts, const struct expr **out_node)
{
    bool is_not = expr_token_is_word(r, "not");
    if (is_not)
        TRY(expr_token_next(r));
    bool is_known = expr_token_is_word(r, "known");
    if (!is_known && !expr_token_is_word(r, "unknown"))
        return expr_unexpected(r, &known_expected);
    TRY(expr_token_next(r));
    enum expr_op op = is_known != is_not ? EXPR_KNOWN : EXPR_UNKNOWN;
    return expr_node_end(&r->maker, expr_node_begin(&r->maker, op, parts->list[0]->place), parts, out_node);
}

/* =, between, contains and their like. */
static bool op_of_token(const struct reader *r, enum expr_op *out_op)
{
    for (enum expr_op op = EXPR_EQUAL; op <= EXPR_MATCHES; op++)
        if (expr_token_is_sign(r, expr_op_names[op]) ||
            (r->token.kind == TOKEN_WORD && expr_token_is_word(r, expr_op_names[op]))) {
            *out_op = op;
            return true;
        }
    return false;
}

/* Behind the term and the op. */
static fallible compared_read(struct reader *r, enum expr_op op, struct parts *parts, const struct expr **out_node)
{
    const struct expr *part;
    if (op >= EXPR_CONTAINS)
        TRY(single_read(r, &part));
    else
        TRY(expr_sum_read(r, &part));
    expr_parts_add(&r->maker, parts, part);
    if (op == EXPR_BETWEEN) {
        TRY(expr_want_word(r, "and", &upper_expected));
        TRY(expr_sum_read(r, &part));
        expr_parts_add(&r->maker, parts, part);
    }
    return expr_node_end(&r->maker, expr_node_begin(&r->maker, op, parts->list[0]->place), parts, out_node);
}

/* At what stands behind the term, or behind "not". */
static fallible test_read(struct reader *r, struct parts *parts, bool is_not, const struct expr **out_node)
{
    uint32_t place = r->token.place;
    const struct expr_window *window;
    enum expr_op op;
    if (!expr_token_is_word(r, "in") && expr_token_begins_window(r)) {
        TRY(expr_window_read(r, &window));
        return during_end(r, parts, window, out_node);
    }
    if (!op_of_token(r, &op) || (is_not && r->token.kind == TOKEN_SIGN))
        return expr_unexpected(r, is_not ? &negated_expected : &expr_comparison_expected);
    TRY(expr_token_next(r));
    return op == EXPR_IN ? in_read(r, place, parts, out_node) : compared_read(r, op, parts, out_node);
}

static bool token_begins_test(const struct reader *r)
{
    enum expr_op op;
    return expr_token_begins_window(r) || op_of_token(r, &op) || expr_token_is_word(r, "is") ||
           expr_token_is_word(r, "not");
}

static fallible added_read(struct reader *r, const struct expr **out_node);

/* A comparison; or what wasn't compared, if that may stand there. */
static fallible comparison_read(struct reader *r, unsigned sorts, const struct expr **out_node)
{
    struct parts parts = {0};
    TRY(added_read(r, out_node));
    bool is_condition = expr_is_condition(*out_node);
    if (!expr_is_term(*out_node) || !token_begins_test(r))
        return is_condition || (sorts & SORT_TERM) != 0 ? DONE : expr_unexpected(r, &expr_comparison_expected);
    expr_parts_add(&r->maker, &parts, *out_node);
    bool is_known = expr_token_is_word(r, "is"), is_not = expr_token_is_word(r, "not");
    if (is_known || is_not)
        TRY(expr_token_next(r));
    if (is_known)
        return is_read(r, &parts, out_node);
    TRY(test_read(r, &parts, is_not, out_node));
    return is_not ? negated(r, *out_node, out_node) : DONE;
}

/* --- what is joined --- */

static fallible not_read(struct reader *r, unsigned sorts, const struct expr **out_node)
{
    uint32_t place = r->token.place;
    struct parts one = {0};
    if (!expr_token_is_word(r, "not"))
        return comparison_read(r, sorts, out_node);
    TRY(expr_nest_begin(r));
    TRY(expr_token_next(r));
    TRY(not_read(r, SORT_CONDITION, out_node));
    expr_nest_end(r);
    expr_parts_add(&r->maker, &one, *out_node);
    return expr_node_end(&r->maker, expr_node_begin(&r->maker, EXPR_NOT, place), &one, out_node);
}

static fallible joined_read(struct reader *r, enum expr_op op, unsigned sorts, const struct expr **out_node)
{
    struct parts parts = {0};
    const struct expr *part;
    for (;;) {
        TRY(op == EXPR_OR ? joined_read(r, EXPR_AND, sorts, &part) : not_read(r, sorts, &part));
        expr_parts_add(&r->maker, &parts, part);
        if (!expr_token_is_word(r, expr_op_names[op]))
            break;
        if (!expr_is_condition(part))
            return expr_unexpected(r, &expr_comparison_expected);
        sorts = SORT_CONDITION;
        TRY(expr_token_next(r));
    }
    *out_node = part;
    if (parts.count == 1)
        return DONE;
    return expr_node_end(&r->maker, expr_node_begin(&r->maker, op, parts.list[0]->place), &parts, out_node);
}

fallible expr_either_read(struct reader *r, unsigned sorts, const struct expr **out_node)
{
    return joined_read(r, EXPR_OR, sorts, out_node);
}

/* --- what is added --- */

/* The number behind a minus. */
static fallible negative_read(struct reader *r, uint32_t place, const struct expr **out_node)
{
    struct expr_value *value = ARENA_NEW(r->maker.arena, struct expr_value);
    TRY(expr_literal_read(r, value));
    expr_number_negate(value);
    value->place = place;
    return expr_value_node(&r->maker, value, 1, out_node);
}

static fallible unary_read(struct reader *r, const struct expr **out_node)
{
    uint32_t place = r->token.place;
    struct parts one = {0};
    if (!expr_token_is_sign(r, "-"))
        return expr_primary_read(r, out_node);
    TRY(expr_nest_begin(r));
    TRY(expr_token_next(r));
    bool is_number = r->token.kind == TOKEN_NUMBER; /* one node, as it is when it comes as JSON */
    TRY(is_number ? negative_read(r, place, out_node) : unary_read(r, out_node));
    expr_nest_end(r);
    if (is_number)
        return DONE;
    expr_parts_add(&r->maker, &one, *out_node);
    return expr_node_end(&r->maker, expr_node_begin(&r->maker, EXPR_MINUS, place), &one, out_node);
}

static bool token_adds(const struct reader *r, enum expr_op first, enum expr_op *out_op)
{
    *out_op = expr_token_is_sign(r, expr_op_names[first]) ? first : first + 1;
    return expr_token_is_sign(r, expr_op_names[*out_op]);
}

/* a + b + c - d: runs of one op, each the first part of the next. `first`: + (and -), or * (and /). */
static fallible arithmetic_read(struct reader *r, enum expr_op first, const struct expr **out_node)
{
    const struct expr *part;
    enum expr_op op, next;
    TRY(first == EXPR_ADD ? arithmetic_read(r, EXPR_MULTIPLY, out_node) : unary_read(r, out_node));
    while (expr_is_term(*out_node) && token_adds(r, first, &op)) {
        struct parts parts = {0};
        expr_parts_add(&r->maker, &parts, *out_node);
        do {
            TRY(expr_token_next(r));
            TRY(first == EXPR_ADD ? arithmetic_read(r, EXPR_MULTIPLY, &part) : unary_read(r, &part));
            expr_parts_add(&r->maker, &parts, part);
        } while (token_adds(r, first, &next) && next == op);
        TRY(expr_node_end(&r->maker, expr_node_begin(&r->maker, op, parts.list[0]->place), &parts, out_node));
    }
    return DONE;
}

static fallible added_read(struct reader *r, const struct expr **out_node)
{
    return arithmetic_read(r, EXPR_ADD, out_node);
}

fallible expr_sum_read(struct reader *r, const struct expr **out_term)
{
    TRY(added_read(r, out_term));
    if (!expr_is_term(*out_term))
        return FAIL(r->maker.e, INVALID, "at character %u: want a value, got a condition", (*out_term)->place);
    return DONE;
}

/* --- from outside --- */

static fallible all_read(struct arena *arena, struct bytes text, unsigned sorts, const struct expr **out_node,
                         struct err *e)
{
    struct reader r;
    const struct expr *tree;
    TRY(expr_reader_open(&r, arena, text, e));
    if (sorts == SORT_TERM)
        TRY(expr_sum_read(&r, &tree));
    else
        TRY(expr_either_read(&r, sorts, &tree));
    if (r.token.kind != TOKEN_END)
        return expr_unexpected(&r, sorts == SORT_TERM ? &term_end_expected : &end_expected);
    assert(r.nest == 0);
    *out_node = tree;
    return DONE;
}

fallible expr_read(struct arena *arena, struct bytes text, const struct expr **out_condition, struct err *e)
{
    return all_read(arena, text, SORT_CONDITION, out_condition, e);
}

fallible expr_read_term(struct arena *arena, struct bytes text, const struct expr **out_term, struct err *e)
{
    return all_read(arena, text, SORT_TERM, out_term, e);
}
