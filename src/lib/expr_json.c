/* The tree as JSON (docs/guide/expressions.md): {"op": "and", "of": [...]}, {"op": "=", "name": "channel", "value": "x"}, {"name": "city"}, 5. */
#include "lib/expr_inside.h"

static void value_put(const struct expr_value *v, struct json_writer *w)
{
    switch (v->kind) {
    case EXPR_TEXT:
        json_put_string(w, v->text);
        break;
    case EXPR_DECIMAL:
        json_put_decimal(w, (struct json_decimal){.value = v->mantissa, .scale = v->scale});
        break;
    case EXPR_REAL:
        json_put_double(w, v->real);
        break;
    case EXPR_BOOL:
        json_put_bool(w, v->truth);
        break;
    }
}

static void text_put(struct json_writer *w, const char *key, struct bytes text)
{
    if (text.size == 0)
        return;
    json_key(w, key);
    json_put_string(w, text);
}

static void values_put(const struct expr *list, struct json_writer *w)
{
    json_key(w, "values");
    json_array_begin(w);
    for (uint32_t i = 0; i < list->count; i++)
        value_put(&list->values[i], w);
    json_array_end(w);
}

static void parts_put(const struct expr *x, uint32_t count, struct json_writer *w)
{
    json_key(w, "of");
    json_array_begin(w);
    for (uint32_t i = 0; i < count; i++)
        expr_print_json(x->parts[i], w);
    json_array_end(w);
}

static void counted_put(struct expr_span span, struct json_writer *w)
{
    json_key(w, "count");
    json_put_uint64(w, span.count);
    json_key(w, "unit");
    json_put_text(w, expr_unit_names[span.unit]);
}

static void span_put(struct expr_span span, struct json_writer *w)
{
    if (span.count == 0)
        return;
    json_key(w, "span");
    json_object_begin(w);
    counted_put(span, w);
    json_object_end(w);
}

static void window_put(const struct expr_window *window, struct json_writer *w)
{
    if (window == NULL)
        return;
    const struct window_form *form = &expr_window_forms[window->kind];
    json_key(w, "window");
    json_object_begin(w);
    json_key(w, "kind");
    json_put_text(w, expr_window_names[window->kind]);
    if (form->has_span) {
        counted_put(window->span, w);
    } else if (form->units != 0) {
        json_key(w, "unit");
        json_put_text(w, expr_unit_names[window->span.unit]);
    }
    if (form->has_from)
        text_put(w, "from", window->from.text);
    if (form->has_until)
        text_put(w, "until", window->until.text);
    json_object_end(w);
}

/* The members of a step; an aggregate has those of its only one. */
static void step_put(const struct expr_step *step, struct json_writer *w)
{
    if (step->is_absent) {
        json_key(w, "no");
        json_put_bool(w, true);
    }
    json_key(w, "events");
    json_array_begin(w);
    for (uint32_t i = 0; i < step->name_count; i++)
        json_put_string(w, step->names[i]);
    json_array_end(w);
    text_put(w, "path", step->path);
    if (step->where != NULL) {
        json_key(w, "where");
        expr_print_json(step->where, w);
    }
}

static void did_put(const struct expr *x, struct json_writer *w)
{
    json_key(w, "steps");
    json_array_begin(w);
    for (uint32_t i = 0; i < x->step_count; i++) {
        json_object_begin(w);
        step_put(&x->steps[i], w);
        json_object_end(w);
    }
    json_array_end(w);
    span_put(x->span, w);
    if (x->is_first_time) {
        json_key(w, "first_time");
        json_put_bool(w, true);
    }
}

/* Of the property part shortly; else with all its parts. */
static void comparison_put(const struct expr *x, struct json_writer *w)
{
    if (expr_is_of_property(x))
        text_put(w, "name", x->parts[0]->name);
    else
        parts_put(x, x->op == EXPR_IN ? 1 : x->count, w);
    if (x->op == EXPR_IN) {
        values_put(x->parts[1], w);
    } else if (expr_is_of_property(x) && x->op == EXPR_BETWEEN) {
        json_key(w, "values");
        json_array_begin(w);
        value_put(expr_said(x, 0), w);
        value_put(expr_said(x, 1), w);
        json_array_end(w);
    } else if (expr_is_of_property(x) && expr_said_count(x) == 1) {
        json_key(w, "value");
        value_put(expr_said(x, 0), w);
    }
}

static void op_put(const struct expr *x, struct json_writer *w)
{
    json_key(w, "op");
    json_put_text(w, expr_op_names[x->op]);
    if (expr_is_comparison(x))
        comparison_put(x, w);
    else if (expr_is_aggregate(x))
        step_put(&x->steps[0], w);
    else if (x->op == EXPR_DID)
        did_put(x, w);
    else if (x->op == EXPR_AGO)
        span_put(x->span, w);
    if (x->op == EXPR_CALL)
        text_put(w, "words", x->name);
    if (!expr_is_comparison(x) && expr_forms[x->op].most > 0)
        parts_put(x, x->count, w);
    window_put(x->window, w);
    text_put(w, "member", x->member);
}

void expr_print_json(const struct expr *x, struct json_writer *w)
{
    if (x->op == EXPR_VALUE) {
        value_put(x->values, w);
        return;
    }
    json_object_begin(w);
    if (x->op == EXPR_NAME)
        text_put(w, "name", x->name);
    else
        op_put(x, w);
    json_object_end(w);
}
