/* What conditions and sums are made of: values, names, calls, cases, times, and what stands in parentheses. */
#include "lib/expr_inside.h"

static const struct expected
    primary_expected = {"a name, a text in single quotes, a number, true, false or (", {0}},
    keyword_expected = {"a name or a value (a keyword that is a name stands in back quotes: `in`)", {0}},
    group_end_expected = {"and, or, or )", {"and", "or"}}, call_end_expected = {", or )", {0}},
    when_expected = {"when (a name that is a keyword stands in back quotes: `case`)", {"when"}},
    then_expected = {"and, or, or then", {"and", "or", "then"}},
    case_end_expected = {"when, else or end", {"when", "else", "end"}}, end_expected = {"end", {"end"}},
    ago_end_expected = {")", {0}}, member_expected = {"a name behind the dot", {0}};

static fallible value_read(struct reader *r, const struct expr **out_node)
{
    struct expr_value *value = ARENA_NEW(r->maker.arena, struct expr_value);
    TRY(expr_literal_read(r, value));
    return expr_value_node(&r->maker, value, 1, out_node);
}

/* At the parenthesis that opens. */
static fallible group_read(struct reader *r, const struct expr **out_node)
{
    TRY(expr_nest_begin(r));
    TRY(expr_token_next(r));
    TRY(expr_either_read(r, SORT_EITHER, out_node));
    expr_nest_end(r);
    return expr_want_sign(r, ")", &group_end_expected);
}

/* now, today: nothing but the word. */
static fallible instant_read(struct reader *r, enum expr_op op, const struct expr **out_node)
{
    struct parts none = {0};
    struct expr *x = expr_node_begin(&r->maker, op, r->token.place);
    TRY(expr_token_next(r));
    return expr_node_end(&r->maker, x, &none, out_node);
}

static fallible case_read(struct reader *r, const struct expr **out_node)
{
    struct expr *x = expr_node_begin(&r->maker, EXPR_CASE, r->token.place);
    struct parts parts = {0};
    const struct expr *part;
    TRY(expr_nest_begin(r));
    TRY(expr_token_next(r));
    if (!expr_token_is_word(r, "when"))
        return expr_unexpected(r, &when_expected);
    while (expr_token_is_word(r, "when")) {
        TRY(expr_token_next(r));
        TRY(expr_either_read(r, SORT_CONDITION, &part));
        expr_parts_add(&r->maker, &parts, part);
        TRY(expr_want_word(r, "then", &then_expected));
        TRY(expr_sum_read(r, &part));
        expr_parts_add(&r->maker, &parts, part);
    }
    bool has_rest = expr_token_is_word(r, "else");
    if (has_rest) {
        TRY(expr_token_next(r));
        TRY(expr_sum_read(r, &part));
        expr_parts_add(&r->maker, &parts, part);
    }
    expr_nest_end(r);
    TRY(expr_want_word(r, "end", has_rest ? &end_expected : &case_end_expected));
    return expr_node_end(&r->maker, x, &parts, out_node);
}

fallible expr_member_read(struct reader *r, struct bytes *out_member)
{
    *out_member = BYTES_NONE;
    if (!expr_token_is_sign(r, "."))
        return DONE;
    TRY(expr_token_next(r));
    if (r->token.kind != TOKEN_NAME)
        return expr_unexpected(r, &member_expected);
    *out_member = r->token.text;
    return expr_token_next(r);
}

/* ago(3 days), at its parenthesis. */
static fallible ago_read(struct reader *r, uint32_t place, const struct expr **out_node)
{
    struct expr *x = expr_node_begin(&r->maker, EXPR_AGO, place);
    struct parts none = {0};
    TRY(expr_token_next(r));
    TRY(expr_span_read(r, ANY_UNIT, ANY_UNIT_SAID, &x->span));
    TRY(expr_want_sign(r, ")", &ago_end_expected));
    return expr_node_end(&r->maker, x, &none, out_node);
}

/* At the parenthesis behind the words. */
static fallible arguments_read(struct reader *r, uint32_t place, struct bytes words, const struct expr **out_node)
{
    struct expr *x = expr_node_begin(&r->maker, EXPR_CALL, place);
    struct parts parts = {0};
    const struct expr *part;
    x->name = words;
    TRY(expr_nest_begin(r));
    TRY(expr_token_next(r));
    while (parts.count > 0 || !expr_token_is_sign(r, ")")) {
        TRY(expr_either_read(r, SORT_EITHER, &part));
        expr_parts_add(&r->maker, &parts, part);
        if (!expr_token_is_sign(r, ","))
            break;
        TRY(expr_token_next(r));
    }
    expr_nest_end(r);
    TRY(expr_want_sign(r, ")", &call_end_expected));
    TRY(expr_member_read(r, &x->member));
    return expr_node_end(&r->maker, x, &parts, out_node);
}

static void word_push(struct buf *words, struct bytes word)
{
    if (words->size > 0)
        buf_push_byte(words, ' ');
    for (size_t i = 0; i < word.size; i++)
        buf_push_byte(words, expr_small_letter(word.data[i]));
}

/* Behind its first word: the others, then its arguments. A word without a parenthesis in the end is one too many. */
static fallible call_read(struct reader *r, const struct token *first, const struct expr **out_node)
{
    uint8_t joined[EXPR_NAME_BYTES_MAX];
    struct buf words = {.data = joined, .capacity = sizeof joined, .size_max = sizeof joined};
    struct token second = r->token;
    word_push(&words, first->text);
    while (r->token.kind == TOKEN_NAME && !r->token.is_quoted && expr_word_fits_call(r->token.text, false)) {
        word_push(&words, r->token.text);
        TRY(expr_token_next(r));
    }
    bool is_call = expr_token_is_sign(r, "(");
    if (!is_call)
        r->token = first->kind == TOKEN_WORD ? *first : second;
    if (!is_call)
        return expr_unexpected(r, first->kind == TOKEN_WORD ? &keyword_expected : &expr_comparison_expected);
    if (words.overflowed)
        return FAIL(r->maker.e, INVALID, "at character %u: the words of a call have at most %u bytes", first->place,
                    EXPR_NAME_BYTES_MAX);
    return arguments_read(r, first->place, arena_copy(r->maker.arena, buf_bytes(&words)), out_node);
}

/* A name, or what begins as one does. */
static fallible name_read(struct reader *r, const struct expr **out_node)
{
    struct token name = r->token;
    struct parts none = {0};
    TRY(expr_token_next(r));
    bool fits = !name.is_quoted && expr_word_fits_call(name.text, true), is_open = fits && expr_token_is_sign(r, "(");
    enum expr_op op = expr_aggregate_named(name.text);
    if (is_open && op != EXPR_OP_COUNT)
        return expr_aggregate_read(r, op, name.place, out_node);
    if (is_open && expr_word_is(name.text, "did"))
        return expr_did_read(r, name.place, out_node);
    if (is_open && expr_word_is(name.text, "ago"))
        return ago_read(r, name.place, out_node);
    bool has_more = r->token.kind == TOKEN_NAME && !r->token.is_quoted && expr_word_fits_call(r->token.text, false);
    if (is_open || (fits && has_more))
        return call_read(r, &name, out_node);
    struct expr *x = expr_node_begin(&r->maker, EXPR_NAME, name.place);
    x->name = name.text;
    return expr_node_end(&r->maker, x, &none, out_node);
}

/* "in group('VIP')": the only keyword that a call may begin with. */
static fallible in_call_read(struct reader *r, const struct expr **out_node)
{
    struct token in = r->token;
    TRY(expr_token_next(r));
    if (r->token.kind == TOKEN_NAME && !r->token.is_quoted)
        return call_read(r, &in, out_node);
    r->token = in;
    return expr_unexpected(r, &keyword_expected);
}

fallible expr_primary_read(struct reader *r, const struct expr **out_node)
{
    if (r->token.kind == TOKEN_NAME)
        return name_read(r, out_node);
    if (expr_token_is_sign(r, "("))
        return group_read(r, out_node);
    if (r->token.kind == TOKEN_TEXT || r->token.kind == TOKEN_NUMBER || expr_token_is_word(r, "true") ||
        expr_token_is_word(r, "false"))
        return value_read(r, out_node);
    if (expr_token_is_word(r, "now") || expr_token_is_word(r, "today"))
        return instant_read(r, expr_token_is_word(r, "now") ? EXPR_NOW : EXPR_TODAY, out_node);
    if (expr_token_is_word(r, "case"))
        return case_read(r, out_node);
    if (expr_token_is_word(r, "in"))
        return in_call_read(r, out_node);
    return expr_unexpected(r, r->token.kind == TOKEN_WORD ? &keyword_expected : &primary_expected);
}
