/* The tree as text, in one way only. */
#include "lib/expr_inside.h"

/* In the quotes, each of which is doubled inside. */
static void quoted_print(struct bytes text, const char *quote, struct buf *out)
{
    size_t from = 0;
    buf_push_text(out, quote);
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] == (uint8_t)quote[0]) {
            buf_push(out, bytes_slice(text, from, i + 1));
            from = i;
        }
    buf_push(out, bytes_slice(text, from, text.size));
    buf_push_text(out, quote);
}

void expr_print_name(struct bytes name, struct buf *out)
{
    if (expr_name_is_plain(name))
        buf_push(out, name);
    else
        quoted_print(name, "`", out);
}

void expr_print_value(const struct expr_value *v, struct buf *out)
{
    struct json_writer number;
    json_writer_init(&number, out, false); /* JSON writes numbers as we read them */
    switch (v->kind) {
    case EXPR_TEXT:
        quoted_print(v->text, "'", out);
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

static void values_print(const struct expr *x, struct buf *out)
{
    for (uint32_t i = 0; i < x->count; i++) {
        buf_push_text(out, i == 0 ? "" : ", ");
        expr_print_value(&x->values[i], out);
    }
}

static void span_print(struct expr_span span, struct buf *out)
{
    buf_printf(out, "%u %s%s", span.count, expr_unit_names[span.unit], span.count == 1 ? "" : "s");
}

void expr_print_window(const struct expr_window *window, struct buf *out)
{
    const struct window_form *form = &expr_window_forms[window->kind];
    buf_printf(out, "%s ", expr_window_names[window->kind]);
    if (form->has_span)
        span_print(window->span, out);
    else if (form->units != 0)
        buf_push_text(out, expr_unit_names[window->span.unit]);
    if (form->has_from)
        expr_print_value(&window->from, out);
    if (form->has_from && form->has_until)
        buf_push_text(out, " to ");
    if (form->has_until)
        expr_print_value(&window->until, out);
}

/* --- what somebody did --- */

/* An event that is called "no" would be read as something else behind "then". */
static void event_print(struct bytes name, struct buf *out)
{
    if (expr_word_is(name, "no"))
        quoted_print(name, "`", out);
    else
        expr_print_name(name, out);
}

static void step_print(const struct expr_step *step, struct buf *out)
{
    bool is_list = step->name_count > 1 || step->path.size > 0;
    buf_push_text(out, is_list ? "(" : "");
    for (uint32_t i = 0; i < step->name_count; i++) {
        buf_push_text(out, i == 0 ? "" : " or ");
        event_print(step->names[i], out);
    }
    buf_push_text(out, is_list ? ")" : "");
    if (step->path.size > 0) {
        buf_push_byte(out, '.');
        expr_print_name(step->path, out);
    }
    if (step->where != NULL) {
        buf_push_text(out, " where ");
        expr_print(step->where, out);
    }
}

/* Of did and of aggregates alike: an aggregate has one step, no span and no first time. */
static void events_print(const struct expr *x, struct buf *out)
{
    buf_printf(out, "%s(", expr_op_names[x->op]);
    for (uint32_t i = 0; i < x->step_count; i++) {
        buf_push_text(out, i == 0 ? "" : x->steps[i].is_absent ? " then no " : " then ");
        step_print(&x->steps[i], out);
    }
    if (x->span.count > 0) {
        buf_push_text(out, " within ");
        span_print(x->span, out);
    }
    if (x->is_first_time)
        buf_push_text(out, " for the first time");
    if (x->window != NULL) {
        buf_push_byte(out, ' ');
        expr_print_window(x->window, out);
    }
    buf_push_byte(out, ')');
}

/* --- parts --- */

/* In parentheses where its place wants more than it has. */
static void part_print(const struct expr *x, uint32_t i, struct buf *out)
{
    const struct expr_form *form = &expr_forms[x->op];
    const struct expr *part = x->parts[i];
    bool is_weak = expr_forms[part->op].strength < (i == 0 ? form->first_strength : form->rest_strength);
    buf_push_text(out, is_weak ? "(" : "");
    expr_print(part, out);
    buf_push_text(out, is_weak ? ")" : "");
}

static void joined_print(const struct expr *x, struct buf *out)
{
    for (uint32_t i = 0; i < x->count; i++) {
        if (i > 0)
            buf_printf(out, " %s ", expr_op_names[x->op]);
        part_print(x, i, out);
    }
}

static void comparison_print(const struct expr *x, struct buf *out)
{
    part_print(x, 0, out);
    buf_printf(out, " %s", expr_op_names[x->op]);
    for (uint32_t i = 1; i < x->count; i++) {
        buf_push_text(out, x->op == EXPR_IN ? " (" : i == 2 ? " and " : " ");
        part_print(x, i, out);
    }
    buf_push_text(out, x->op == EXPR_IN ? ")" : "");
}

static void call_print(const struct expr *x, struct buf *out)
{
    buf_push(out, x->name);
    buf_push_byte(out, '(');
    for (uint32_t i = 0; i < x->count; i++) {
        buf_push_text(out, i == 0 ? "" : ", ");
        part_print(x, i, out);
    }
    buf_push_byte(out, ')');
}

static void case_print(const struct expr *x, struct buf *out)
{
    buf_push_text(out, "case");
    for (uint32_t i = 0; i < x->count; i++) {
        buf_push_text(out, i % 2 == 1 ? " then " : i + 1 == x->count ? " else " : " when ");
        part_print(x, i, out);
    }
    buf_push_text(out, " end");
}

static void during_print(const struct expr *x, struct buf *out)
{
    part_print(x, 0, out);
    buf_push_byte(out, ' ');
    expr_print_window(x->window, out);
}

static void prefix_print(const struct expr *x, struct buf *out)
{
    buf_push_text(out, x->op == EXPR_NOT ? "not " : "-");
    part_print(x, 0, out);
}

static void name_print(const struct expr *x, struct buf *out)
{
    expr_print_name(x->name, out);
}

static void word_print(const struct expr *x, struct buf *out)
{
    buf_push_text(out, expr_op_names[x->op]);
}

static void ago_print(const struct expr *x, struct buf *out)
{
    buf_push_text(out, "ago(");
    span_print(x->span, out);
    buf_push_byte(out, ')');
}

/* Ops that no row names are comparisons. */
static void (*const printers[EXPR_OP_COUNT])(const struct expr *x, struct buf *out) = {
    [EXPR_OR] = joined_print,       [EXPR_AND] = joined_print,      [EXPR_NOT] = prefix_print,
    [EXPR_DURING] = during_print,   [EXPR_DID] = events_print,      [EXPR_CALL] = call_print,
    [EXPR_NAME] = name_print,       [EXPR_VALUE] = values_print,    [EXPR_ADD] = joined_print,
    [EXPR_SUBTRACT] = joined_print, [EXPR_MULTIPLY] = joined_print, [EXPR_DIVIDE] = joined_print,
    [EXPR_MINUS] = prefix_print,    [EXPR_CASE] = case_print,       [EXPR_NOW] = word_print,
    [EXPR_TODAY] = word_print,      [EXPR_AGO] = ago_print,         [EXPR_COUNT] = events_print,
    [EXPR_SUM] = events_print,      [EXPR_AVG] = events_print,      [EXPR_MIN] = events_print,
    [EXPR_MAX] = events_print,      [EXPR_DAYS] = events_print,     [EXPR_DISTINCT] = events_print,
    [EXPR_FIRST] = events_print,    [EXPR_LAST] = events_print,     [EXPR_MOST_FREQUENT] = events_print,
    [EXPR_MEDIAN_GAP] = events_print,
};

void expr_print(const struct expr *x, struct buf *out)
{
    assert(x->op < EXPR_OP_COUNT);
    if (printers[x->op] != NULL)
        printers[x->op](x, out);
    else
        comparison_print(x, out);
    if (x->member.size > 0) {
        buf_push_byte(out, '.');
        expr_print_name(x->member, out);
    }
}
