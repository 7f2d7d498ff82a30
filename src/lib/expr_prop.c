/* Random trees, and random bytes: what is printed is read as the same tree, as text and as JSON. */
#include "lib/expr.h"
#include "testing/test.h"

#define PARTS_MAX 4u
#define TEXT_BYTES_MAX_HERE 12u

static const char *const pieces[] = {
    "a", "channel", "订单", "'",   "`",  "``",           " ",     ".", "in", "and", "not", "(",     ")",       "≥",
    "1", "-2",      "e5",   "0.5", "''", "\xE3\x80\x80", "item.", "=", "<=", "or",  "is",  "known", "between", "true",
    ",", "x y",     "$",    "AND"};

static struct bytes any_text(struct t *t, size_t least)
{
    struct buf out = arena_buf(t->arena, 256);
    size_t count = least + rng_below(&t->rng, 4);
    for (size_t i = 0; i < count; i++)
        buf_push_text(&out, pieces[rng_below(&t->rng, COUNT_OF(pieces))]);
    return buf_bytes(&out);
}

static struct expr_value any_value(struct t *t)
{
    struct expr_value v = {0};
    double real = (rng_unit(&t->rng) - 0.5) * (rng_chance(&t->rng, 0.5) ? 1e20 : 1e-3);
    char digits[64];
    switch (rng_below(&t->rng, 4)) {
    case 0:
        return (struct expr_value){.kind = EXPR_TEXT, .text = any_text(t, 0)};
    case 1:
        return (struct expr_value){.kind = EXPR_BOOL, .truth = rng_chance(&t->rng, 0.5)};
    case 2:
        (void)snprintf(digits, sizeof digits, "%" PRId64 ".%03u", rng_between(&t->rng, -1000, 1000),
                       (unsigned)rng_below(&t->rng, 1000));
        break;
    default:
        (void)snprintf(digits, sizeof digits, "%.17g", real);
    }
    CHECK(t, expr_number_read(bytes_of_text(digits), &v));
    return v;
}

static const struct expr *any_tree(struct t *t, enum expr_op within, uint32_t depth)
{
    struct expr *x = ARENA_NEW(t->arena, struct expr);
    do
        x->op = (enum expr_op)rng_below(&t->rng, depth == 0 ? 6 : EXPR_OP_COUNT);
    while (x->op == within || (depth >= 4 && x->op <= EXPR_NOT));
    if (x->op <= EXPR_NOT) {
        const struct expr **parts = ARENA_ARRAY(t->arena, const struct expr *, PARTS_MAX);
        x->count = x->op == EXPR_NOT ? 1 : 2 + (uint32_t)rng_below(&t->rng, PARTS_MAX - 1);
        for (uint32_t i = 0; i < x->count; i++)
            parts[i] = any_tree(t, x->op == EXPR_NOT ? EXPR_OP_COUNT : x->op, depth + 1);
        x->parts = parts;
        return x;
    }
    uint32_t least, most;
    expr_values_of(x->op, &least, &most);
    x->count = least + (most > least ? (uint32_t)rng_below(&t->rng, 3) : 0);
    struct expr_value *values = ARENA_ARRAY(t->arena, struct expr_value, x->count);
    for (uint32_t i = 0; i < x->count; i++)
        values[i] = any_value(t);
    x->name = any_text(t, 1);
    x->values = values;
    return x;
}

static const char *text_of(struct t *t, const struct expr *x)
{
    struct buf out = arena_buf(t->arena, EXPR_BYTES_MAX);
    expr_print(x, &out);
    return arena_text(t->arena, buf_bytes(&out));
}

static const char *json_of(struct t *t, const struct expr *x)
{
    struct buf out = arena_buf(t->arena, EXPR_BYTES_MAX);
    struct json_writer w;
    json_writer_init(&w, &out, false);
    expr_print_json(x, &w);
    return arena_text(t->arena, buf_bytes(&out));
}

static void what_is_printed_reads_as_the_same(struct t *t)
{
    const struct expr *tree = any_tree(t, EXPR_OP_COUNT, 0), *again, *of_json;
    struct json_parser *p = json_parser_create(1u << 20);
    struct json root;
    struct err e = {0};
    const char *text = text_of(t, tree), *json = json_of(t, tree);
    if (failed(expr_read(t->arena, bytes_of_text(text), &again, &e)))
        test_fail(t, __FILE__, __LINE__, "%s: %s", text, e.text);
    else {
        CHECK_TEXT(t, text_of(t, again), text);
        CHECK_TEXT(t, json_of(t, again), json);
    }
    if (failed(json_parse(p, bytes_of_text(json), &root, &e)) || failed(expr_read_json(t->arena, root, &of_json, &e)))
        test_fail(t, __FILE__, __LINE__, "%s: %s", json, e.text);
    else {
        CHECK_TEXT(t, text_of(t, of_json), text);
        CHECK_TEXT(t, json_of(t, of_json), json);
    }
    json_parser_destroy(p);
}

/* Any pieces one behind the other: most are refused, and none does harm; of the others the printed form is a fixed point. */
static void any_text_is_read_or_refused(struct t *t)
{
    struct bytes text = any_text(t, 3 + rng_below(&t->rng, TEXT_BYTES_MAX_HERE));
    const struct expr *tree, *again;
    struct err e = {0};
    if (failed(expr_read(t->arena, text, &tree, &e))) {
        CHECK(t, e.text[0] != '\0');
        return;
    }
    const char *once = text_of(t, tree);
    CHECK_DONE(t, expr_read(t->arena, bytes_of_text(once), &again, &e), &e);
    CHECK_TEXT(t, text_of(t, again), once);
}

static const struct test tests[] = {
    {"what is printed reads as the same", what_is_printed_reads_as_the_same, 1000},
    {"any text is read or refused", any_text_is_read_or_refused, 5000},
};
TEST_MAIN(tests)
