#include "lib/expr.h"

/* In the quotes, each of which is doubled inside. */
static void quoted_print(struct bytes text, uint8_t quote, struct buf *out)
{
    buf_push_byte(out, quote);
    for (size_t i = 0; i < text.size; i++) {
        buf_push_byte(out, text.data[i]);
        if (text.data[i] == quote)
            buf_push_byte(out, quote);
    }
    buf_push_byte(out, quote);
}

void expr_print_name(struct bytes name, struct buf *out)
{
    if (expr_name_is_plain(name))
        buf_push(out, name);
    else
        quoted_print(name, '`', out);
}

static void value_print_text(const struct expr_value *v, struct buf *out)
{
    struct json_writer number;
    json_writer_init(&number, out, false); /* JSON writes numbers as we read them */
    switch (v->kind) {
    case EXPR_TEXT:
        quoted_print(v->text, '\'', out);
        break;
    case EXPR_DECIMAL:
        json_put_decimal(&number, (struct json_decimal){.value = v->mantissa, .scale = v->scale});
        break;
    case EXPR_REAL:
        json_put_double(&number, v->real);
        break;
    case EXPR_BOOL:
        buf_push_text(out, v->truth ? "true" : "false");
        break;
    }
}

static void comparison_print(const struct expr *x, struct buf *out)
{
    expr_print_name(x->name, out);
    buf_printf(out, " %s", expr_op_names[x->op]);
    for (uint32_t i = 0; i < x->count; i++) {
        const char *before = x->op == EXPR_IN                  ? (i == 0 ? " (" : ", ")
                             : x->op == EXPR_BETWEEN && i == 1 ? " and "
                                                               : " ";
        buf_push_text(out, before);
        value_print_text(&x->values[i], out);
    }
    if (x->op == EXPR_IN)
        buf_push_byte(out, ')');
}

/* Parentheses stand around what `not` is said of, and around an or inside an and. */
static void in_parentheses(const struct expr *x, bool is_needed, struct buf *out)
{
    if (is_needed)
        buf_push_byte(out, '(');
    expr_print(x, out);
    if (is_needed)
        buf_push_byte(out, ')');
}

void expr_print(const struct expr *x, struct buf *out)
{
    if (x->op > EXPR_NOT) {
        comparison_print(x, out);
        return;
    }
    if (x->op == EXPR_NOT)
        buf_push_text(out, "not ");
    for (uint32_t i = 0; i < x->count; i++) {
        if (i > 0)
            buf_printf(out, " %s ", expr_op_names[x->op]);
        in_parentheses(x->parts[i], x->op == EXPR_NOT || (x->op == EXPR_AND && x->parts[i]->op == EXPR_OR), out);
    }
}
