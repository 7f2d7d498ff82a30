/* The tree out of JSON: the same nodes as out of a text, within the same bounds, without places. */
#include "lib/expr_inside.h"

#include "lib/nearest.h"

#define MEMBERS_MAX 8u

static bool has_list(enum expr_op op)
{
    return op == EXPR_IN || op == EXPR_BETWEEN;
}

/* --- members --- */

/* `members` ends in NULL. */
static fallible members_check(struct maker *m, struct json from, const char *what, const char *const *members)
{
    size_t count = 0;
    struct bytes key;
    struct json value;
    while (members[count] != NULL)
        count++;
    for (struct json_walk w = json_members(from); json_member_next(&w, &key, &value);) {
        bool is_there = false;
        for (size_t i = 0; i < count; i++)
            is_there |= bytes_equal(key, bytes_of_text(members[i]));
        if (!is_there)
            return FAIL(m->e, INVALID, "\"%s\" has no member \"%.*s\"; did you mean \"%s\"?", what, BYTES_ARG(key),
                        nearest_name(key, members, count, sizeof *members));
    }
    return DONE;
}

static struct json member(struct json from, const char *key)
{
    return json_find(from, bytes_of_text(key));
}

/* 1 to EXPR_NAME_BYTES_MAX bytes. */
static fallible name_take(struct maker *m, struct json from, const char *what, struct bytes *out_name)
{
    struct bytes name = json_string(from);
    if (name.size == 0 || name.size > EXPR_NAME_BYTES_MAX || json_has_nul(from))
        return FAIL(m->e, INVALID, "\"%s\" wants a text of 1 to %u bytes", what, EXPR_NAME_BYTES_MAX);
    *out_name = arena_copy(m->arena, name);
    return DONE;
}

/* The same, or nothing. */
static fallible name_take_if_any(struct maker *m, struct json from, const char *what, struct bytes *out_name)
{
    *out_name = BYTES_NONE;
    return json_is(from, JSON_ABSENT) ? DONE : name_take(m, from, what, out_name);
}

static fallible truth_take_if_any(struct maker *m, struct json from, const char *what, bool *out_truth)
{
    *out_truth = false;
    if (json_is(from, JSON_ABSENT) || json_bool(from, out_truth))
        return DONE;
    return FAIL(m->e, INVALID, "\"%s\" wants true or false, got %s", what, json_kind_name(json_kind(from)));
}

/* Which of the names it is; `count`: none. */
static size_t name_number(struct bytes name, const char *const *names, size_t count)
{
    size_t i = 0;
    while (i < count && !bytes_equal(name, bytes_of_text(names[i])))
        i++;
    return i;
}

static fallible value_take(struct maker *m, struct json from, struct expr_value *out_value)
{
    *out_value = (struct expr_value){0};
    switch (json_kind(from)) {
    case JSON_STRING:
        out_value->kind = EXPR_TEXT;
        out_value->text = arena_copy(m->arena, json_string(from));
        return json_has_nul(from) ? FAIL(m->e, INVALID, "a text can't have a NUL") : DONE;
    case JSON_NUMBER:
        return expr_number_read(json_raw(from), out_value) ? DONE
                                                           : FAIL(m->e, INVALID, "the number is too large or too long");
    case JSON_TRUE:
    case JSON_FALSE:
        out_value->kind = EXPR_BOOL;
        out_value->truth = json_is(from, JSON_TRUE);
        return DONE;
    default:
        return FAIL(m->e, INVALID, "want a text, a number, true or false, got %s", json_kind_name(json_kind(from)));
    }
}

/* --- spans and windows --- */

static fallible unit_take(struct maker *m, struct json from, uint32_t units, const char *said, enum expr_unit *out_unit)
{
    size_t unit = name_number(json_string(from), expr_unit_names, EXPR_UNIT_COUNT);
    if (unit == EXPR_UNIT_COUNT || (units >> unit & 1) == 0)
        return FAIL(m->e, INVALID, "\"unit\" is one of %s, without its s", said);
    *out_unit = (enum expr_unit)unit;
    return DONE;
}

static fallible counted_take(struct maker *m, struct json from, uint32_t units, const char *said,
                             struct expr_span *out_span)
{
    uint64_t count = 0;
    if (!json_uint64(member(from, "count"), &count) || count == 0 || count > EXPR_SPAN_MAX)
        return FAIL(m->e, INVALID, "\"count\" is a whole number from 1 to %u", EXPR_SPAN_MAX);
    out_span->count = (uint32_t)count;
    return unit_take(m, member(from, "unit"), units, said, &out_span->unit);
}

static fallible span_take(struct maker *m, struct json from, uint32_t units, const char *said, struct expr_span *out)
{
    static const char *const members[] = {"count", "unit", NULL};
    if (!json_is(from, JSON_OBJECT))
        return FAIL(m->e, INVALID, "\"span\" wants an object with \"count\" and \"unit\"");
    TRY(members_check(m, from, "span", members));
    return counted_take(m, from, units, said, out);
}

static fallible date_take(struct maker *m, struct json from, const char *what, struct expr_value *out_date)
{
    if (!json_is(from, JSON_STRING) || json_string(from).size == 0)
        return FAIL(m->e, INVALID, "\"%s\" of a window is a date or a time: \"2026-11-01\"", what);
    return value_take(m, from, out_date);
}

static fallible window_take(struct maker *m, struct json from, const struct expr_window **out_window)
{
    struct bytes kind = json_string(member(from, "kind"));
    size_t number = name_number(kind, expr_window_names, EXPR_WINDOW_COUNT);
    if (json_is(from, JSON_ABSENT))
        return DONE;
    if (number == EXPR_WINDOW_COUNT)
        return FAIL(m->e, INVALID, "there is no window of the \"kind\" \"%.*s\"; did you mean \"%s\"?", BYTES_ARG(kind),
                    nearest_name(kind, expr_window_names, EXPR_WINDOW_COUNT, sizeof *expr_window_names));
    struct expr_window *w = ARENA_NEW(m->arena, struct expr_window);
    const struct window_form *form = &expr_window_forms[number];
    const char *members[MEMBERS_MAX] = {"kind"};
    size_t count = 1;
    if (form->has_span)
        members[count++] = "count";
    if (form->units != 0)
        members[count++] = "unit";
    if (form->has_from)
        members[count++] = "from";
    if (form->has_until)
        members[count++] = "until";
    TRY(members_check(m, from, expr_window_names[number], members));
    w->kind = (enum expr_window_kind)number;
    w->span.count = form->units != 0;
    if (form->has_span)
        TRY(counted_take(m, from, form->units, form->units_said, &w->span));
    else if (form->units != 0)
        TRY(unit_take(m, member(from, "unit"), form->units, form->units_said, &w->span.unit));
    if (form->has_from)
        TRY(date_take(m, member(from, "from"), "from", &w->from));
    if (form->has_until)
        TRY(date_take(m, member(from, "until"), "until", &w->until));
    *out_window = w;
    return DONE;
}

/* --- nodes --- */

static fallible node_take(struct maker *m, struct json from, const struct expr **out_node);

static fallible parts_take(struct maker *m, struct json of, struct parts *parts)
{
    struct json item;
    for (struct json_walk w = json_items(of); json_item_next(&w, &item);) {
        const struct expr *part;
        TRY(node_take(m, item, &part));
        expr_parts_add(m, parts, part);
    }
    return DONE;
}

/* What is nothing but an op of parts. */
static fallible joined_take(struct maker *m, struct json from, struct expr *x, struct parts *parts)
{
    static const char *const members[] = {"op", "of", NULL};
    TRY(members_check(m, from, expr_op_names[x->op], members));
    if (!json_is(member(from, "of"), JSON_ARRAY) || json_count(member(from, "of")) == 0)
        return FAIL(m->e, INVALID, "\"%s\" needs \"of\", a list of %s", expr_op_names[x->op],
                    expr_forms[x->op].most == 1 ? "one" : "at least one");
    return parts_take(m, member(from, "of"), parts);
}

static fallible values_take(struct maker *m, struct json from, const struct expr *x, struct parts *parts)
{
    uint32_t count = (uint32_t)json_count(from), at = 0;
    bool is_between = x->op == EXPR_BETWEEN;
    if (!json_is(from, JSON_ARRAY) || count < (is_between ? 2 : 1) || (is_between && count > 2))
        return FAIL(m->e, INVALID, "\"%s\" needs \"values\", a list of %s", expr_op_names[x->op],
                    is_between ? "two" : "at least one");
    if (count > EXPR_VALUES_MAX)
        return FAIL(m->e, LIMIT, "a list has at most %u values", EXPR_VALUES_MAX);
    struct expr_value *values = ARENA_ARRAY(m->arena, struct expr_value, count);
    const struct expr *part;
    struct json item;
    for (struct json_walk w = json_items(from); json_item_next(&w, &item);)
        TRY(value_take(m, item, &values[at++]));
    for (at = 0; at < count; at += is_between ? 1 : count) {
        TRY(expr_value_node(m, &values[at], is_between ? 1 : count, &part));
        expr_parts_add(m, parts, part);
    }
    return DONE;
}

/* Shortly, with a name and values; or with "of", where a list stays beside it. */
static fallible comparison_take(struct maker *m, struct json from, struct expr *x, struct parts *parts)
{
    const char *const value_key = has_list(x->op) ? "values" : x->op < EXPR_KNOWN ? "value" : NULL;
    const char *const members[] = {"op", "name", "of", value_key, NULL};
    struct json of = member(from, "of");
    struct expr *name = expr_node_begin(m, EXPR_NAME, 0);
    struct parts none = {0};
    const struct expr *part;
    TRY(members_check(m, from, expr_op_names[x->op], members));
    if (!json_is(of, JSON_ABSENT)) {
        if (!json_is(of, JSON_ARRAY) || !json_is(member(from, "name"), JSON_ABSENT))
            return FAIL(m->e, INVALID, "\"%s\" has a \"name\", or \"of\", a list of terms", expr_op_names[x->op]);
        TRY(parts_take(m, of, parts));
        return x->op == EXPR_IN ? values_take(m, member(from, "values"), x, parts) : DONE;
    }
    TRY(name_take(m, member(from, "name"), "name", &name->name));
    TRY(expr_node_end(m, name, &none, &part));
    expr_parts_add(m, parts, part);
    if (has_list(x->op))
        return values_take(m, member(from, "values"), x, parts);
    if (value_key == NULL)
        return DONE;
    struct expr_value *value = ARENA_NEW(m->arena, struct expr_value);
    TRY(value_take(m, member(from, value_key), value));
    TRY(expr_value_node(m, value, 1, &part));
    expr_parts_add(m, parts, part);
    return DONE;
}

static fallible step_take(struct maker *m, struct json from, struct expr_step *out_step)
{
    struct json events = member(from, "events"), item;
    uint32_t count = (uint32_t)json_count(events), at = 0;
    if (!json_is(events, JSON_ARRAY) || count == 0)
        return FAIL(m->e, INVALID, "want \"events\", a list of at least one name");
    TRY(expr_node_count(m, 1 + count, 0));
    struct bytes *names = ARENA_ARRAY(m->arena, struct bytes, count);
    for (struct json_walk w = json_items(events); json_item_next(&w, &item);)
        TRY(name_take(m, item, "events", &names[at++]));
    out_step->names = names;
    out_step->name_count = count;
    TRY(name_take_if_any(m, member(from, "path"), "path", &out_step->path));
    if (json_is(member(from, "where"), JSON_ABSENT))
        return DONE;
    TRY(node_take(m, member(from, "where"), &out_step->where));
    return expr_is_condition(out_step->where) ? DONE : FAIL(m->e, INVALID, "\"where\" wants a condition, got a value");
}

static fallible aggregate_take(struct maker *m, struct json from, struct expr *x, struct parts *parts)
{
    static const char *const members[] = {"op", "events", "path", "where", "window", "member", NULL};
    struct expr_step *source = ARENA_NEW(m->arena, struct expr_step);
    (void)parts;
    TRY(members_check(m, from, expr_op_names[x->op], members));
    TRY(step_take(m, from, source));
    TRY(window_take(m, member(from, "window"), &x->window));
    x->steps = source;
    x->step_count = 1;
    return name_take_if_any(m, member(from, "member"), "member", &x->member);
}

static fallible steps_take(struct maker *m, struct json from, struct expr *x)
{
    static const char *const members[] = {"no", "events", "where", NULL};
    uint32_t count = (uint32_t)json_count(from), at = 0;
    struct json item;
    if (!json_is(from, JSON_ARRAY) || count == 0 || count > EXPR_NODES_MAX)
        return FAIL(m->e, INVALID, "\"did\" needs \"steps\", a list of at least one");
    struct expr_step *steps = ARENA_ARRAY(m->arena, struct expr_step, count);
    for (struct json_walk w = json_items(from); json_item_next(&w, &item); at++) {
        TRY(members_check(m, item, "steps", members));
        TRY(step_take(m, item, &steps[at]));
        TRY(truth_take_if_any(m, member(item, "no"), "no", &steps[at].is_absent));
    }
    if (steps[0].is_absent)
        return FAIL(m->e, INVALID, "the first of \"steps\" can't be \"no\"");
    x->steps = steps;
    x->step_count = count;
    return DONE;
}

static fallible did_take(struct maker *m, struct json from, struct expr *x, struct parts *parts)
{
    static const char *const members[] = {"op", "steps", "span", "first_time", "window", NULL};
    const struct window_form *within = &expr_window_forms[EXPR_WITHIN];
    struct json span = member(from, "span");
    (void)parts;
    TRY(members_check(m, from, "did", members));
    TRY(steps_take(m, member(from, "steps"), x));
    if (!json_is(span, JSON_ABSENT))
        TRY(span_take(m, span, within->units, within->units_said, &x->span));
    if (x->span.count > 0 && x->step_count == 1)
        return FAIL(m->e, INVALID, "a \"span\" is that of several steps: of one, say a \"window\"");
    TRY(truth_take_if_any(m, member(from, "first_time"), "first_time", &x->is_first_time));
    TRY(window_take(m, member(from, "window"), &x->window));
    bool looks_like_span = x->step_count > 1 && x->span.count == 0 && !x->is_first_time && x->window != NULL &&
                           x->window->kind == EXPR_WITHIN; /* which a text couldn't say */
    return looks_like_span ? FAIL(m->e, INVALID, "several steps with a window \"within\" need a \"span\" too") : DONE;
}

static fallible during_take(struct maker *m, struct json from, struct expr *x, struct parts *parts)
{
    static const char *const members[] = {"op", "of", "window", NULL};
    TRY(members_check(m, from, "during", members));
    TRY(parts_take(m, member(from, "of"), parts));
    TRY(window_take(m, member(from, "window"), &x->window));
    return x->window != NULL ? DONE : FAIL(m->e, INVALID, "\"during\" needs a \"window\"");
}

static fallible call_take(struct maker *m, struct json from, struct expr *x, struct parts *parts)
{
    static const char *const members[] = {"op", "words", "of", "member", NULL};
    struct bytes words;
    TRY(members_check(m, from, "call", members));
    TRY(name_take(m, member(from, "words"), "words", &words));
    uint8_t *small = arena_take(m->arena, words.size, 1);
    for (size_t i = 0; i < words.size; i++)
        small[i] = expr_small_letter(words.data[i]);
    x->name = bytes_of(small, words.size);
    if (!expr_words_fit_call(x->name))
        return FAIL(m->e, INVALID, "\"words\" are those of a call, with single spaces, as \"has friend\": not \"%.*s\"",
                    BYTES_ARG(x->name));
    TRY(parts_take(m, member(from, "of"), parts));
    return name_take_if_any(m, member(from, "member"), "member", &x->member);
}

static fallible ago_take(struct maker *m, struct json from, struct expr *x, struct parts *parts)
{
    static const char *const members[] = {"op", "span", NULL};
    (void)parts;
    TRY(members_check(m, from, "ago", members));
    return span_take(m, member(from, "span"), ANY_UNIT, ANY_UNIT_SAID, &x->span);
}

static fallible instant_take(struct maker *m, struct json from, struct expr *x, struct parts *parts)
{
    static const char *const members[] = {"op", NULL};
    (void)parts;
    return members_check(m, from, expr_op_names[x->op], members);
}

typedef fallible taker(struct maker *m, struct json from, struct expr *x, struct parts *parts);

static taker *taker_of(enum expr_op op)
{
    static taker *const others[EXPR_OP_COUNT] = {
        [EXPR_DURING] = during_take, [EXPR_DID] = did_take,       [EXPR_CALL] = call_take,
        [EXPR_NOW] = instant_take,   [EXPR_TODAY] = instant_take, [EXPR_AGO] = ago_take,
    };
    if (others[op] != NULL)
        return others[op];
    return op >= EXPR_COUNT ? aggregate_take : op >= EXPR_EQUAL && op <= EXPR_UNKNOWN ? comparison_take : joined_take;
}

static fallible op_take(struct maker *m, struct json from, const struct expr **out_node)
{
    struct bytes name = json_string(member(from, "op"));
    size_t op = name_number(name, expr_op_names, EXPR_NAME); /* names and values have none */
    struct parts parts = {0};
    if (op == EXPR_NAME)
        return FAIL(m->e, INVALID, "there is no \"op\" \"%.*s\"; did you mean \"%s\"?", BYTES_ARG(name),
                    nearest_name(name, expr_op_names, EXPR_NAME, sizeof *expr_op_names));
    struct expr *x = expr_node_begin(m, (enum expr_op)op, 0);
    TRY(taker_of(x->op)(m, from, x, &parts));
    return expr_node_end(m, x, &parts, out_node);
}

static fallible bare_name_take(struct maker *m, struct json from, const struct expr **out_node)
{
    static const char *const members[] = {"name", NULL};
    struct expr *x = expr_node_begin(m, EXPR_NAME, 0);
    struct parts none = {0};
    TRY(members_check(m, from, "name", members));
    TRY(name_take(m, member(from, "name"), "name", &x->name));
    return expr_node_end(m, x, &none, out_node);
}

/* JSON_DEPTH_MAX bounds the levels, however little they say. */
static fallible node_take(struct maker *m, struct json from, const struct expr **out_node)
{
    enum json_kind kind = json_kind(from);
    if (kind == JSON_STRING || kind == JSON_NUMBER || kind == JSON_TRUE || kind == JSON_FALSE) {
        struct expr_value *value = ARENA_NEW(m->arena, struct expr_value);
        TRY(value_take(m, from, value));
        return expr_value_node(m, value, 1, out_node);
    }
    if (kind != JSON_OBJECT)
        return FAIL(m->e, INVALID, "want an object with \"op\", got %s", json_kind_name(kind));
    bool is_name = json_is(member(from, "op"), JSON_ABSENT) && !json_is(member(from, "name"), JSON_ABSENT);
    return is_name ? bare_name_take(m, from, out_node) : op_take(m, from, out_node);
}

static fallible tree_take(struct arena *arena, struct json from, const struct expr **out_tree, struct err *e)
{
    struct maker m = {.arena = arena, .e = e};
    if (json_raw(from).size > EXPR_BYTES_MAX)
        return FAIL(e, LIMIT, "an expression has at most %u bytes", EXPR_BYTES_MAX);
    return node_take(&m, from, out_tree);
}

fallible expr_read_json(struct arena *arena, struct json tree, const struct expr **out_condition, struct err *e)
{
    const struct expr *x;
    TRY(tree_take(arena, tree, &x, e));
    if (!expr_is_condition(x))
        return FAIL(e, INVALID, "want a condition, got a value");
    *out_condition = x;
    return DONE;
}

fallible expr_read_term_json(struct arena *arena, struct json tree, const struct expr **out_term, struct err *e)
{
    const struct expr *x;
    TRY(tree_take(arena, tree, &x, e));
    if (!expr_is_term(x))
        return FAIL(e, INVALID, "want a value, got a condition");
    *out_term = x;
    return DONE;
}
