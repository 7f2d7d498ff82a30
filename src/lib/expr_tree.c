/* How nodes are made, out of texts and out of JSON alike: normalised, checked and within bounds. */
#include <stddef.h>

#include "base/time.h"
#include "lib/expr_inside.h"

#define ROOM_FIRST 2u
#define SHOWN_BYTES_MAX 40u

int64_t expr_span_us(struct expr_span span)
{
    static const int64_t units[EXPR_UNIT_COUNT] = {[EXPR_SECOND] = US_PER_SECOND,
                                                   [EXPR_MINUTE] = US_PER_MINUTE,
                                                   [EXPR_HOUR] = US_PER_HOUR,
                                                   [EXPR_DAY] = US_PER_DAY};
    assert(units[span.unit] > 0 && span.count <= INT64_MAX / units[span.unit]);
    return (int64_t)span.count * units[span.unit];
}

int64_t expr_span_days_most(struct expr_span span)
{
    static const int64_t days[EXPR_UNIT_COUNT] = {
        [EXPR_DAY] = 1, [EXPR_WEEK] = 7, [EXPR_MONTH] = 31, [EXPR_QUARTER] = 92, [EXPR_YEAR] = 366};
    int64_t whole = days[span.unit];
    return whole > 0 ? span.count * whole : expr_span_us(span) / US_PER_DAY + 1;
}

bool expr_is_condition(const struct expr *x)
{
    return (expr_forms[x->op].sorts & SORT_CONDITION) != 0;
}

bool expr_is_term(const struct expr *x)
{
    return (expr_forms[x->op].sorts & SORT_TERM) != 0;
}

void *expr_list_room(struct arena *arena, void *list, uint32_t count, uint32_t *io_room, size_t item_bytes)
{
    assert(count <= *io_room);
    if (count < *io_room)
        return list;
    *io_room = *io_room == 0 ? ROOM_FIRST : 2 * *io_room;
    void *larger = arena_zeroed(arena, *io_room * item_bytes, _Alignof(max_align_t));
    if (count > 0)
        memcpy(larger, list, count * item_bytes);
    return larger;
}

void expr_parts_add(struct maker *m, struct parts *parts, const struct expr *part)
{
    parts->list = expr_list_room(m->arena, parts->list, parts->count, &parts->room, sizeof *parts->list);
    parts->list[parts->count++] = part;
}

struct expr *expr_node_begin(struct maker *m, enum expr_op op, uint32_t place)
{
    struct expr *x = ARENA_NEW(m->arena, struct expr);
    x->op = op;
    x->place = place;
    return x;
}

fallible expr_node_count(struct maker *m, uint32_t more, uint32_t place)
{
    char at[EXPR_PLACE_BYTES];
    m->nodes += more;
    return m->nodes <= EXPR_NODES_MAX
               ? DONE
               : FAIL(m->e, LIMIT, "%san expression has at most %u parts (values of a list don't count)",
                      expr_place_text(place, at), EXPR_NODES_MAX);
}

static bool is_number(const struct expr *x)
{
    return x->op == EXPR_VALUE && (x->values->kind == EXPR_DECIMAL || x->values->kind == EXPR_REAL);
}

void expr_number_negate(struct expr_value *number)
{
    assert(number->kind == EXPR_REAL || (number->kind == EXPR_DECIMAL && number->mantissa != INT64_MIN));
    if (number->kind == EXPR_DECIMAL)
        number->mantissa = -number->mantissa;
    else
        number->real = -number->real;
}

fallible expr_value_node(struct maker *m, const struct expr_value *values, uint32_t count, const struct expr **out_node)
{
    struct expr *x = expr_node_begin(m, EXPR_VALUE, values->place);
    char at[EXPR_PLACE_BYTES];
    assert(count > 0);
    m->values += count;
    if (m->values > EXPR_ALL_VALUES_MAX)
        return FAIL(m->e, LIMIT, "%san expression has at most %u values", expr_place_text(x->place, at),
                    EXPR_ALL_VALUES_MAX);
    x->values = values;
    x->count = count;
    x->depth = 1;
    *out_node = x;
    return expr_node_count(m, 1, x->place);
}

/* Of or and and every part may be of the same op, of arithmetic the first: a - (b - c) is another thing than a - b - c. */
static bool is_dissolved(const struct expr *x, const struct expr *part, uint32_t i)
{
    bool is_joined = x->op == EXPR_OR || x->op == EXPR_AND,
         is_first = x->op >= EXPR_ADD && x->op <= EXPR_DIVIDE && i == 0;
    return part->op == x->op && (is_joined || is_first);
}

static void parts_take(struct maker *m, struct expr *x, const struct parts *parts)
{
    struct parts flat = {0};
    bool any = false;
    for (uint32_t i = 0; i < parts->count; i++)
        any |= is_dissolved(x, parts->list[i], i);
    x->parts = parts->list;
    x->count = parts->count;
    for (uint32_t i = 0; any && i < parts->count; i++) {
        const struct expr *part = parts->list[i];
        bool dissolves = is_dissolved(x, part, i);
        for (uint32_t k = 0; k < (dissolves ? part->count : 1); k++)
            expr_parts_add(m, &flat, dissolves ? part->parts[k] : part);
    }
    if (any) {
        x->parts = flat.list;
        x->count = flat.count;
    }
}

static unsigned sorts_of_part(const struct expr *x, uint32_t i)
{
    unsigned sorts = expr_forms[x->op].part_sorts;
    if (sorts != SORT_CASE)
        return sorts;
    bool is_rest = i + 1 == x->count && i % 2 == 0;
    return i % 2 == 1 || is_rest ? SORT_TERM : SORT_CONDITION;
}

static fallible parts_check(struct maker *m, const struct expr *x)
{
    const struct expr_form *form = &expr_forms[x->op];
    char at[EXPR_PLACE_BYTES];
    if (x->count < form->least || x->count > form->most)
        return FAIL(m->e, INVALID, "%s\"%s\" has %s%u part%s", expr_place_text(x->place, at), expr_op_names[x->op],
                    form->most > form->least ? "at least " : "", form->least, form->least == 1 ? "" : "s");
    for (uint32_t i = 0; i < x->count; i++) {
        const struct expr *part = x->parts[i];
        unsigned wanted = sorts_of_part(x, i);
        bool wants_values = i == 1 && x->op >= EXPR_IN && x->op <= EXPR_MATCHES;
        if ((expr_forms[part->op].sorts & wanted) == 0)
            return FAIL(m->e, INVALID, "%swant a %s, got a %s", expr_place_text(part->place, at),
                        wanted == SORT_TERM ? "value" : "condition", wanted == SORT_TERM ? "condition" : "value");
        if (wants_values && part->op != EXPR_VALUE)
            return FAIL(m->e, INVALID, "%s\"%s\" wants a text in single quotes", expr_place_text(part->place, at),
                        expr_op_names[x->op]);
    }
    return DONE;
}

static fallible depth_take(struct maker *m, struct expr *x)
{
    char at[EXPR_PLACE_BYTES];
    for (uint32_t i = 0; i < x->count; i++)
        x->depth = x->parts[i]->depth > x->depth ? x->parts[i]->depth : x->depth;
    for (uint32_t i = 0; i < x->step_count; i++) {
        const struct expr *where = x->steps[i].where;
        if (where == NULL)
            continue;
        TRY(expr_check_property(where, m->e));
        x->depth = where->depth > x->depth ? where->depth : x->depth;
    }
    x->depth++;
    return x->depth <= EXPR_DEPTH_MAX
               ? DONE
               : FAIL(m->e, LIMIT, "%snested deeper than %u", expr_place_text(x->place, at), EXPR_DEPTH_MAX);
}

fallible expr_node_end(struct maker *m, struct expr *x, const struct parts *parts, const struct expr **out_node)
{
    bool is_joined = x->op == EXPR_OR || x->op == EXPR_AND;
    parts_take(m, x, parts);
    TRY(parts_check(m, x));
    *out_node = x;
    if (is_joined && x->count == 1) {
        *out_node = x->parts[0];
        return DONE;
    }
    if (x->op == EXPR_MINUS && is_number(x->parts[0])) {
        struct expr_value *value = ARENA_NEW(m->arena, struct expr_value);
        *value = *x->parts[0]->values;
        value->place = x->place;
        expr_number_negate(value);
        return expr_value_node(m, value, 1, out_node);
    }
    TRY(depth_take(m, x));
    return expr_node_count(m, 1, x->place);
}

/* --- the property part --- */

bool expr_is_of_property(const struct expr *comparison)
{
    if (!expr_is_comparison(comparison) || comparison->parts[0]->op != EXPR_NAME)
        return false;
    for (uint32_t i = 1; i < comparison->count; i++)
        if (comparison->parts[i]->op != EXPR_VALUE)
            return false;
    return true;
}

/* The beginning of what is there instead. */
static fallible not_of_property(const struct expr *got, const char *wanted, struct err *e)
{
    uint8_t shown[SHOWN_BYTES_MAX];
    struct buf b = {.data = shown, .capacity = sizeof shown, .size_max = sizeof shown};
    char at[EXPR_PLACE_BYTES];
    expr_print(got, &b);
    return FAIL(e, INVALID, "%sgot %.*s%s, but a condition on one event wants %s", expr_place_text(got->place, at),
                BYTES_ARG(buf_bytes(&b)), b.overflowed ? "…" : "", wanted);
}

fallible expr_check_property(const struct expr *condition, struct err *e)
{
    if (condition->op <= EXPR_NOT) {
        for (uint32_t i = 0; i < condition->count; i++)
            TRY(expr_check_property(condition->parts[i], e));
        return DONE;
    }
    if (!expr_is_comparison(condition))
        return not_of_property(condition, "a comparison of a property with values", e);
    if (condition->parts[0]->op != EXPR_NAME)
        return not_of_property(condition->parts[0], "the name of a property (with signs in it, in back quotes: `a-b`)",
                               e);
    for (uint32_t i = 1; i < condition->count; i++)
        if (condition->parts[i]->op != EXPR_VALUE)
            return not_of_property(condition->parts[i], "a text in single quotes, a number, true or false", e);
    return DONE;
}
