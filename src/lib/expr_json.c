/* The tree as JSON: {"op": "and", "of": [...]}, {"op": "not", "of": [x]}, {"op": "=", "name": "channel", "value": "x"},
 * {"op": "in" or "between", "name": "amount", "values": [...]}, {"op": "is known", "name": "coupon"}. */
#include "lib/expr.h"

#include "lib/nearest.h"

struct maker {
    struct arena *arena;
    struct err *e;
};

static bool has_list(enum expr_op op)
{
    return op == EXPR_IN || op == EXPR_BETWEEN;
}

/* --- out --- */

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

static void comparison_put(const struct expr *x, struct json_writer *w)
{
    json_key(w, "name");
    json_put_string(w, x->name);
    if (x->count == 0)
        return;
    json_key(w, has_list(x->op) ? "values" : "value");
    if (has_list(x->op))
        json_array_begin(w);
    for (uint32_t i = 0; i < x->count; i++)
        value_put(&x->values[i], w);
    if (has_list(x->op))
        json_array_end(w);
}

void expr_print_json(const struct expr *x, struct json_writer *w)
{
    json_object_begin(w);
    json_key(w, "op");
    json_put_text(w, expr_op_names[x->op]);
    if (x->op > EXPR_NOT) {
        comparison_put(x, w);
    } else {
        json_key(w, "of");
        json_array_begin(w);
        for (uint32_t i = 0; i < x->count; i++)
            expr_print_json(x->parts[i], w);
        json_array_end(w);
    }
    json_object_end(w);
}

/* --- in --- */

static struct status value_take(struct maker *m, struct json from, struct expr_value *out_value)
{
    *out_value = (struct expr_value){0};
    switch (json_kind(from)) {
    case JSON_STRING:
        out_value->kind = EXPR_TEXT;
        out_value->text = arena_copy(m->arena, json_string(from));
        if (json_has_nul(from))
            return FAIL(m->e, INVALID, "a text can't have a NUL");
        return DONE;
    case JSON_NUMBER:
        if (!expr_number_read(json_raw(from), out_value))
            return FAIL(m->e, INVALID, "the number is too large or too long");
        return DONE;
    case JSON_TRUE:
    case JSON_FALSE:
        out_value->kind = EXPR_BOOL;
        return json_bool(from, &out_value->truth) ? DONE : DONE;
    default:
        return FAIL(m->e, INVALID, "want a text, a number, true or false, got %s", json_kind_name(json_kind(from)));
    }
}

static struct status members_check(struct maker *m, struct json from, enum expr_op op)
{
    const char *const names[] = {"op", op <= EXPR_NOT ? "of" : "name", has_list(op) ? "values" : "value"};
    size_t count = op <= EXPR_NOT || op >= EXPR_KNOWN ? 2 : 3;
    struct bytes key;
    struct json value;
    for (struct json_walk w = json_members(from); json_member_next(&w, &key, &value);) {
        bool is_there = false;
        for (size_t i = 0; i < count; i++)
            is_there |= bytes_equal(key, bytes_of_text(names[i]));
        if (!is_there)
            return FAIL(m->e, INVALID, "\"%s\" has no member \"%.*s\"; did you mean \"%s\"?", expr_op_names[op],
                        BYTES_ARG(key), nearest_name(key, names, count, sizeof *names));
    }
    return DONE;
}

static struct status comparison_take(struct maker *m, struct json from, struct expr *x)
{
    struct json name = json_find(from, BYTES_LIT("name")), part;
    struct json said = json_find(from, has_list(x->op) ? BYTES_LIT("values") : BYTES_LIT("value"));
    uint32_t least, most, count = has_list(x->op) ? (uint32_t)json_count(said) : !json_is(said, JSON_ABSENT);
    expr_values_of(x->op, &least, &most);
    if (json_string(name).size == 0 || json_string(name).size > EXPR_NAME_BYTES_MAX || json_has_nul(name))
        return FAIL(m->e, INVALID, "\"%s\" needs a \"name\" of 1 to %u bytes", expr_op_names[x->op],
                    EXPR_NAME_BYTES_MAX);
    if (count < least || count > most || (has_list(x->op) && !json_is(said, JSON_ARRAY)))
        return FAIL(m->e, INVALID, "\"%s\" needs %s", expr_op_names[x->op],
                    x->op == EXPR_IN        ? "\"values\", a list of at least one"
                    : x->op == EXPR_BETWEEN ? "\"values\", a list of two"
                                            : "a \"value\"");
    struct expr_value *values = ARENA_ARRAY(m->arena, struct expr_value, count);
    if (!has_list(x->op) && count == 1)
        TRY(value_take(m, said, &values[0]));
    count = !has_list(x->op) ? count : 0;
    for (struct json_walk w = json_items(said); has_list(x->op) && json_item_next(&w, &part); count++)
        TRY(value_take(m, part, &values[count]));
    x->name = arena_copy(m->arena, json_string(name));
    x->values = values;
    x->count = count;
    return DONE;
}

static struct status tree_take(struct maker *m, struct json from, enum expr_op within, uint32_t depth,
                               const struct expr **out_tree);

/* What is joined by the same op inside becomes part of it; a single part stands for itself. */
static struct status joined_take(struct maker *m, struct json from, struct expr *x, enum expr_op within, uint32_t depth,
                                 const struct expr **out_tree)
{
    struct json of = json_find(from, BYTES_LIT("of")), part;
    size_t count = json_count(of), at = 0;
    if (!json_is(of, JSON_ARRAY) || count == 0 || (x->op == EXPR_NOT && count > 1))
        return FAIL(m->e, INVALID, "\"%s\" needs \"of\", a list of %s", expr_op_names[x->op],
                    x->op == EXPR_NOT ? "one" : "at least one");
    const struct expr **parts = ARENA_ARRAY(m->arena, const struct expr *, count);
    for (struct json_walk w = json_items(of); json_item_next(&w, &part);)
        TRY(tree_take(m, part, count == 1 && x->op != EXPR_NOT ? within : x->op, depth, &parts[at++]));
    size_t all = 0;
    for (size_t i = 0; i < count; i++)
        all += parts[i]->op == x->op && x->op != EXPR_NOT ? parts[i]->count : 1;
    const struct expr **flat = ARENA_ARRAY(m->arena, const struct expr *, all);
    at = 0;
    for (size_t i = 0; i < count; i++) {
        bool is_same = parts[i]->op == x->op && x->op != EXPR_NOT;
        for (uint32_t k = 0; k < (is_same ? parts[i]->count : 1); k++)
            flat[at++] = is_same ? parts[i]->parts[k] : parts[i];
    }
    x->parts = flat;
    x->count = (uint32_t)all;
    *out_tree = all == 1 && x->op != EXPR_NOT ? flat[0] : x;
    return DONE;
}

/* `within`: what it is a part of; depth counts what the printed text nests. */
static struct status tree_take(struct maker *m, struct json from, enum expr_op within, uint32_t depth,
                               const struct expr **out_tree)
{
    struct bytes op = json_string(json_find(from, BYTES_LIT("op")));
    struct expr *x = ARENA_NEW(m->arena, struct expr);
    if (!json_is(from, JSON_OBJECT))
        return FAIL(m->e, INVALID, "want an object with \"op\", got %s", json_kind_name(json_kind(from)));
    while (x->op < EXPR_OP_COUNT && !bytes_equal(op, bytes_of_text(expr_op_names[x->op])))
        x->op++;
    if (x->op == EXPR_OP_COUNT)
        return FAIL(m->e, INVALID, "there is no \"op\" \"%.*s\"; did you mean \"%s\"?", BYTES_ARG(op),
                    nearest_name(op, expr_op_names, EXPR_OP_COUNT, sizeof *expr_op_names));
    TRY(members_check(m, from, x->op));
    if (x->op > EXPR_NOT) {
        *out_tree = x;
        return comparison_take(m, from, x);
    }
    bool is_single = x->op == EXPR_NOT ? false : json_count(json_find(from, BYTES_LIT("of"))) == 1;
    depth += x->op == EXPR_NOT || (x->op == EXPR_OR && within == EXPR_AND && !is_single);
    if (depth > EXPR_DEPTH_MAX)
        return FAIL(m->e, LIMIT, "nested deeper than %u", EXPR_DEPTH_MAX);
    return joined_take(m, from, x, within, depth, out_tree);
}

fallible expr_read_json(struct arena *arena, struct json tree, const struct expr **out_tree, struct err *e)
{
    struct maker m = {.arena = arena, .e = e};
    if (json_raw(tree).size > EXPR_BYTES_MAX)
        return FAIL(e, LIMIT, "a condition has at most %u bytes", EXPR_BYTES_MAX);
    return tree_take(&m, tree, EXPR_OP_COUNT, 0, out_tree);
}
