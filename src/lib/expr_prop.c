/* Random trees, and random bytes: what is printed is read as the same tree, as text and as JSON. */
#include "lib/expr.h"
#include "testing/test.h"

#define PARTS_MAX 4u
#define LEVELS_MAX 4u
#define PIECES_MAX 12u
#define OUT_BYTES_MAX (1u << 16)

static const char *const pieces[] = {
    "a", "channel", "订单", "'",   "`",  "``",           " ",     ".", "in", "and", "not", "(",     ")",       "≥",
    "1", "-2",      "e5",   "0.5", "''", "\xE3\x80\x80", "item.", "=", "<=", "or",  "is",  "known", "between", "true",
    ",", "x y",     "$",    "AND", "no", "now",          "from",  "×"};

/* Words that make something of each other more often than characters do. */
static const char *const words[] = {
    "a",        "b.c",   "'x'",   "1",      "-",    "+",     "*",     "(",       ")",     ",",       "=",
    ">",        "in",    "last",  "7",      "day",  "days",  "each",  "of",      "this",  "week",    "from",
    "to",       "'D'",   "since", "and",    "or",   "not",   "is",    "did",     "then",  "no",      "for",
    "the",      "first", "time",  "within", "hour", "where", "case",  "when",    "else",  "end",     "sum",
    "ago",      "count", "has",   "today",  "now",  ".",     "known", "between", "did(a", "count(b", "in last 3 days",
    "tag('x')",
};

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

static const struct expr *any_values(struct t *t, uint32_t count)
{
    struct expr *x = ARENA_NEW(t->arena, struct expr);
    struct expr_value *values = ARENA_ARRAY(t->arena, struct expr_value, count);
    for (uint32_t i = 0; i < count; i++)
        values[i] = any_value(t);
    *x = (struct expr){.op = EXPR_VALUE, .count = count, .values = values};
    return x;
}

static struct expr_span any_span(struct t *t, enum expr_unit last)
{
    return (struct expr_span){1 + (uint32_t)rng_below(&t->rng, 3), (enum expr_unit)rng_below(&t->rng, last + 1u)};
}

static struct expr_value any_date(struct t *t)
{
    return (struct expr_value){.kind = EXPR_TEXT, .text = any_text(t, 1)};
}

/* Of the units that all kinds of it have. */
static const struct expr_window *any_window(struct t *t)
{
    struct expr_window *w = ARENA_NEW(t->arena, struct expr_window);
    w->kind = (enum expr_window_kind)rng_below(&t->rng, EXPR_WINDOW_COUNT);
    w->span = any_span(t, EXPR_DAY);
    if (w->kind == EXPR_IN_LAST || w->kind == EXPR_IN_EACH)
        w->span.unit = EXPR_DAY + (enum expr_unit)rng_below(&t->rng, 3);
    if (w->kind == EXPR_IN_THIS)
        w->span = (struct expr_span){1, EXPR_WEEK + (enum expr_unit)rng_below(&t->rng, 4)};
    if (w->kind == EXPR_FROM || w->kind == EXPR_SINCE)
        w->from = any_date(t);
    if (w->kind == EXPR_FROM || w->kind == EXPR_BEFORE)
        w->until = any_date(t);
    return w;
}

static const struct expr *any_condition(struct t *t, uint32_t level, bool is_property);
static const struct expr *any_term(struct t *t, uint32_t level);

static struct expr_step any_step(struct t *t, uint32_t level)
{
    struct expr_step step = {.name_count = 1 + (uint32_t)rng_below(&t->rng, 2)};
    struct bytes *names = ARENA_ARRAY(t->arena, struct bytes, step.name_count);
    for (uint32_t i = 0; i < step.name_count; i++)
        names[i] = any_text(t, 1);
    step.names = names;
    if (rng_chance(&t->rng, 0.3))
        step.where = any_condition(t, level + 1, true);
    return step;
}

static void steps_fill(struct t *t, struct expr *x, uint32_t count, uint32_t level)
{
    struct expr_step *steps = ARENA_ARRAY(t->arena, struct expr_step, count);
    for (uint32_t i = 0; i < count; i++) {
        steps[i] = any_step(t, level);
        steps[i].is_absent = x->op == EXPR_DID && i > 0 && rng_chance(&t->rng, 0.3);
    }
    x->steps = steps;
    x->step_count = count;
    if (rng_chance(&t->rng, 0.5))
        x->window = any_window(t);
}

static struct expr *any_did(struct t *t, uint32_t level)
{
    struct expr *x = ARENA_NEW(t->arena, struct expr);
    x->op = EXPR_DID;
    steps_fill(t, x, 1 + (uint32_t)rng_below(&t->rng, 3), level);
    bool is_within = x->window != NULL && x->window->kind == EXPR_WITHIN; /* which without a span would be one */
    if (x->step_count > 1 && (is_within || rng_chance(&t->rng, 0.5)))
        x->span = any_span(t, EXPR_DAY);
    x->is_first_time = rng_chance(&t->rng, 0.3);
    return x;
}

static struct expr *with_parts(struct t *t, enum expr_op op, uint32_t count, const struct expr ***out_parts)
{
    struct expr *x = ARENA_NEW(t->arena, struct expr);
    *out_parts = ARENA_ARRAY(t->arena, const struct expr *, count);
    *x = (struct expr){.op = op, .count = count, .parts = *out_parts};
    return x;
}

static struct expr *any_call(struct t *t, uint32_t level)
{
    static const char *const calls[] = {"tag",  "in group", "has friend",   "owned by guide",
                                        "标签", "no",       "last of count"};
    const struct expr **parts;
    struct expr *x = with_parts(t, EXPR_CALL, (uint32_t)rng_below(&t->rng, 3), &parts);
    x->name = bytes_of_text(calls[rng_below(&t->rng, COUNT_OF(calls))]);
    for (uint32_t i = 0; i < x->count; i++)
        parts[i] = rng_chance(&t->rng, 0.7) ? any_term(t, level + 1) : any_condition(t, level + 1, false);
    if (rng_chance(&t->rng, 0.2))
        x->member = any_text(t, 1);
    return x;
}

static const struct expr *any_name(struct t *t)
{
    struct expr *x = ARENA_NEW(t->arena, struct expr);
    *x = (struct expr){.op = EXPR_NAME, .name = any_text(t, 1)};
    return x;
}

static bool is_number(const struct expr *x)
{
    return x->op == EXPR_VALUE && (x->values->kind == EXPR_DECIMAL || x->values->kind == EXPR_REAL);
}

/* +, -, *, /, minus and case. */
static struct expr *any_arithmetic(struct t *t, enum expr_op op, uint32_t level)
{
    const struct expr **parts;
    uint32_t count = op == EXPR_MINUS ? 1 : 2 + (uint32_t)rng_below(&t->rng, PARTS_MAX - 1);
    struct expr *x = with_parts(t, op, count, &parts);
    for (uint32_t i = 0; i < count; i++) {
        bool is_condition = op == EXPR_CASE && i % 2 == 0 && i + 1 < count;
        do
            parts[i] = is_condition ? any_condition(t, level + 1, false) : any_term(t, level + 1);
        while ((op == EXPR_MINUS && is_number(parts[i])) || (op != EXPR_CASE && i == 0 && parts[i]->op == op));
    }
    return x;
}

static const struct expr *any_term(struct t *t, uint32_t level)
{
    enum expr_op op = EXPR_CALL + (enum expr_op)rng_below(&t->rng, EXPR_OP_COUNT - EXPR_CALL);
    if (op == EXPR_NAME || (level >= LEVELS_MAX && rng_chance(&t->rng, 0.5)))
        return any_name(t);
    if (op == EXPR_VALUE || level >= LEVELS_MAX)
        return any_values(t, 1);
    if (op == EXPR_CALL)
        return any_call(t, level);
    if (op <= EXPR_CASE)
        return any_arithmetic(t, op, level);
    struct expr *x = ARENA_NEW(t->arena, struct expr);
    x->op = op;
    if (op == EXPR_AGO)
        x->span = any_span(t, EXPR_YEAR);
    if (!expr_is_aggregate(x))
        return x;
    steps_fill(t, x, 1, level);
    if (x->steps->name_count > 1 && rng_chance(&t->rng, 0.5))
        ((struct expr_step *)x->steps)->path = any_text(t, 1);
    if (rng_chance(&t->rng, 0.3))
        x->member = any_text(t, 1);
    return x;
}

static const struct expr *any_comparison(struct t *t, enum expr_op op, uint32_t level, bool is_property)
{
    uint32_t count = op == EXPR_BETWEEN ? 3 : op >= EXPR_KNOWN ? 1 : 2;
    const struct expr **parts;
    struct expr *x = with_parts(t, op, count, &parts);
    parts[0] = is_property || rng_chance(&t->rng, 0.5) ? any_name(t) : any_term(t, level + 1);
    bool has_values = is_property || op >= EXPR_IN || rng_chance(&t->rng, 0.5);
    for (uint32_t i = 1; i < count; i++)
        parts[i] = has_values ? any_values(t, op == EXPR_IN ? 1 + (uint32_t)rng_below(&t->rng, 3) : 1)
                              : any_term(t, level + 1);
    if (op == EXPR_DURING)
        x->window = any_window(t);
    return x;
}

static const struct expr *any_joined(struct t *t, enum expr_op op, uint32_t level, bool is_property)
{
    const struct expr **parts;
    uint32_t count = op == EXPR_NOT ? 1 : 2 + (uint32_t)rng_below(&t->rng, PARTS_MAX - 1);
    struct expr *x = with_parts(t, op, count, &parts);
    for (uint32_t i = 0; i < x->count; i++)
        do
            parts[i] = any_condition(t, level + 1, is_property);
        while (op != EXPR_NOT && parts[i]->op == op);
    return x;
}

static const struct expr *any_condition(struct t *t, uint32_t level, bool is_property)
{
    enum expr_op first = level < LEVELS_MAX ? EXPR_OR : EXPR_EQUAL, last = is_property ? EXPR_UNKNOWN : EXPR_CALL;
    enum expr_op op = first + (enum expr_op)rng_below(&t->rng, last - first + 1);
    if (op <= EXPR_NOT)
        return any_joined(t, op, level, is_property);
    if (op <= EXPR_DURING)
        return any_comparison(t, op, level, is_property);
    return op == EXPR_DID ? any_did(t, level) : any_call(t, level);
}

static const char *text_of(struct t *t, const struct expr *x)
{
    struct buf out = arena_buf(t->arena, OUT_BYTES_MAX);
    expr_print(x, &out);
    return arena_text(t->arena, buf_bytes(&out));
}

static const char *json_of(struct t *t, const struct expr *x)
{
    struct buf out = arena_buf(t->arena, OUT_BYTES_MAX);
    struct json_writer w;
    json_writer_init(&w, &out, false);
    expr_print_json(x, &w);
    return arena_text(t->arena, buf_bytes(&out));
}

static bool same_value(const struct expr_value *a, const struct expr_value *b)
{
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case EXPR_TEXT:
        return bytes_equal(a->text, b->text);
    case EXPR_DECIMAL:
        return a->mantissa == b->mantissa && a->scale == b->scale;
    case EXPR_REAL:
        return a->real == b->real;
    case EXPR_BOOL:
        return a->truth == b->truth;
    }
    return false;
}

static bool same_window(const struct expr_window *a, const struct expr_window *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    bool has_from = a->kind == EXPR_FROM || a->kind == EXPR_SINCE,
         has_until = a->kind == EXPR_FROM || a->kind == EXPR_BEFORE;
    if (a->kind != b->kind || (has_from && !same_value(&a->from, &b->from)) ||
        (has_until && !same_value(&a->until, &b->until)))
        return false;
    return has_from || has_until || (a->span.count == b->span.count && a->span.unit == b->span.unit);
}

static bool same_tree(const struct expr *a, const struct expr *b);

static bool same_step(const struct expr_step *a, const struct expr_step *b)
{
    bool same = a->is_absent == b->is_absent && a->name_count == b->name_count && bytes_equal(a->path, b->path) &&
                (a->where == NULL) == (b->where == NULL);
    for (uint32_t i = 0; same && i < a->name_count; i++)
        same = bytes_equal(a->names[i], b->names[i]);
    return same && (a->where == NULL || same_tree(a->where, b->where));
}

/* All but places and depths. */
static bool same_tree(const struct expr *a, const struct expr *b)
{
    bool same = a->op == b->op && a->count == b->count && bytes_equal(a->name, b->name) &&
                bytes_equal(a->member, b->member) && a->step_count == b->step_count &&
                a->is_first_time == b->is_first_time && a->span.count == b->span.count &&
                a->span.unit == b->span.unit && same_window(a->window, b->window);
    for (uint32_t i = 0; same && i < a->count; i++)
        same = a->op == EXPR_VALUE ? same_value(&a->values[i], &b->values[i]) : same_tree(a->parts[i], b->parts[i]);
    for (uint32_t i = 0; same && i < a->step_count; i++)
        same = same_step(&a->steps[i], &b->steps[i]);
    return same;
}

/* `tree` is as no reader has made it; what is read of it says the same. */
static void reads_as_the_same(struct t *t, const struct expr *tree, bool is_term)
{
    const struct expr *again, *of_json;
    struct json_parser *p = json_parser_create(1u << 20);
    struct json root;
    struct err e = {0};
    const char *text = text_of(t, tree), *json = json_of(t, tree);
    if (failed((is_term ? expr_read_term : expr_read)(t->arena, bytes_of_text(text), &again, &e)))
        test_fail(t, __FILE__, __LINE__, "%s: %s", text, e.text);
    else {
        CHECK(t, same_tree(tree, again));
        CHECK_TEXT(t, text_of(t, again), text);
        CHECK_TEXT(t, json_of(t, again), json);
    }
    if (failed(json_parse(p, bytes_of_text(json), &root, &e)) ||
        failed((is_term ? expr_read_term_json : expr_read_json)(t->arena, root, &of_json, &e)))
        test_fail(t, __FILE__, __LINE__, "%s: %s", json, e.text);
    else {
        CHECK(t, same_tree(tree, of_json));
        CHECK_TEXT(t, text_of(t, of_json), text);
        CHECK_TEXT(t, json_of(t, of_json), json);
    }
    json_parser_destroy(p);
}

static void what_is_printed_reads_as_the_same(struct t *t)
{
    reads_as_the_same(t, any_condition(t, 0, rng_chance(&t->rng, 0.2)), false);
    reads_as_the_same(t, any_term(t, 0), true);
}

static void is_read_or_refused(struct t *t, struct bytes text)
{
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

/* Any pieces one behind the other: most are refused, and none does harm; of the others the printed form is a fixed point. */
static void any_text_is_read_or_refused(struct t *t)
{
    struct buf out = arena_buf(t->arena, 1024);
    size_t count = 1 + rng_below(&t->rng, PIECES_MAX);
    is_read_or_refused(t, any_text(t, 3 + rng_below(&t->rng, PIECES_MAX)));
    for (size_t i = 0; i < count; i++)
        buf_printf(&out, "%s ", words[rng_below(&t->rng, COUNT_OF(words))]);
    is_read_or_refused(t, buf_bytes(&out));
}

/* A text that is right, with one piece in the middle of it changed: no harm, and mostly an error with its place. */
static void what_is_nearly_right_is_read_or_refused(struct t *t)
{
    struct bytes right = bytes_of_text(text_of(t, any_condition(t, 1, false)));
    struct buf out = arena_buf(t->arena, OUT_BYTES_MAX);
    size_t at = rng_below(&t->rng, right.size), until = at + rng_below(&t->rng, 4);
    buf_push(&out, bytes_slice(right, 0, at));
    buf_push_text(&out, words[rng_below(&t->rng, COUNT_OF(words))]);
    if (until < right.size)
        buf_push(&out, bytes_slice(right, until, right.size));
    is_read_or_refused(t, buf_bytes(&out));
}

static const struct test tests[] = {
    {"what is printed reads as the same", what_is_printed_reads_as_the_same, 1000},
    {"any text is read or refused", any_text_is_read_or_refused, 5000},
    {"what is nearly right is read or refused", what_is_nearly_right_is_read_or_refused, 1000},
};
TEST_MAIN(tests)
