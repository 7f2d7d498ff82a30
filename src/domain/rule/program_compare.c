/* Comparisons: of two terms, each with one value or several, of which any will do. */
#include <stdlib.h>
#include <string.h>

#include "domain/rule/program_inside.h"

#define PATTERN_STEPS_A_RULE 1000000u /* beside the free ones of each text */

/* One side: a value, and of a constant the time that it says too. */
struct side {
    const struct rule_value *value;
    const struct span_us *span; /* NULL: to be read when it is needed */
};

static bool order_holds(enum expr_op op, int order)
{
    switch (op) {
    case EXPR_EQUAL:
    case EXPR_IN:
        return order == 0;
    case EXPR_UNEQUAL:
        return order != 0;
    case EXPR_LESS:
        return order < 0;
    case EXPR_AT_MOST:
        return order <= 0;
    case EXPR_MORE:
        return order > 0;
    default:
        assert(op == EXPR_AT_LEAST);
        return order >= 0;
    }
}

static bool side_span(const struct evaluation *ev, struct side s, struct span_us *out_span)
{
    if (s.span != NULL)
        *out_span = *s.span;
    return s.span != NULL || span_read(ev->reading->civil, s.value->text, out_span);
}

static int span_order(int64_t us, const struct span_us *span)
{
    return us < span->from_us ? -1 : us >= span->until_us;
}

/* false: they are of types that have no order; then they are unequal, and nothing else. */
static bool sides_order(const struct evaluation *ev, struct side x, struct side y, int *out_order)
{
    struct span_us span;
    bool is_same = x.value->type == y.value->type;
    if (is_same)
        *out_order = rule_value_compare(x.value, y.value);
    if (is_same)
        return true;
    if (x.value->type == RULE_TIME && y.value->type == RULE_TEXT && side_span(ev, y, &span)) {
        *out_order = span_order(x.value->time_us, &span);
        return true;
    }
    if (x.value->type == RULE_TEXT && y.value->type == RULE_TIME && side_span(ev, x, &span)) {
        *out_order = -span_order(y.value->time_us, &span);
        return true;
    }
    return false;
}

static bool pair_holds(const struct evaluation *ev, enum expr_op op, struct side x, struct side y)
{
    int order;
    return sides_order(ev, x, y, &order) ? order_holds(op, order) : op == EXPR_UNEQUAL;
}

static bool text_holds(const struct node *n, struct bytes text)
{
    struct pattern_budget patterns = {.steps = PATTERN_STEPS_A_RULE};
    struct bytes said = n->expr == EXPR_MATCHES ? BYTES_NONE : n->parts[1]->value.text;
    switch (n->expr) {
    case EXPR_MATCHES:
        return pattern_match(n->pattern, text, &patterns);
    case EXPR_STARTS:
        return bytes_starts_with(text, said);
    case EXPR_ENDS:
        return said.size <= text.size && bytes_equal(said, bytes_slice(text, text.size - said.size, text.size));
    default:
        assert(n->expr == EXPR_CONTAINS);
        return said.size == 0 || (text.size > 0 && memmem(text.data, text.size, said.data, said.size) != NULL);
    }
}

/* Constants of a list: types apart, each ascending. */
int node_constant_order(const struct node *x, const struct node *y)
{
    if (x->value.type != y->value.type)
        return x->value.type < y->value.type ? -1 : 1;
    return rule_value_compare(&x->value, &y->value);
}

/* A time may lie in any of the dates that are said. */
static bool is_among(const struct evaluation *ev, const struct node *n, const struct rule_value *x)
{
    uint32_t from = 0, until = n->count - 1;
    struct node wanted = {.value = *x};
    for (uint32_t i = 0; x->type == RULE_TIME && i < n->count - 1; i++) {
        const struct node *said = n->sorted[i];
        if (pair_holds(ev, EXPR_EQUAL, (struct side){x, NULL},
                       (struct side){&said->value, said->has_span ? &said->span : NULL}))
            return true;
    }
    while (from < until) {
        uint32_t middle = (from + until) / 2;
        int order = node_constant_order(n->sorted[middle], &wanted);
        if (order == 0)
            return true;
        from = order < 0 ? middle + 1 : from;
        until = order < 0 ? until : middle;
    }
    return false;
}

/* --- values of a term --- */

static struct side side_of(const struct node *n, const struct rule_value *value)
{
    return (struct side){value, n->op == NODE_CONSTANT && n->has_span ? &n->span : NULL};
}

/* What a list has: its scalars. */
static uint32_t list_values(const struct value *v, struct arena *a, const struct rule_value **out_list)
{
    struct unpack u = unpack_of(v->body);
    struct rule_value *list = ARENA_ARRAY(a, struct rule_value, v->count);
    uint32_t count = 0;
    for (uint32_t i = 0; i < v->count && unpack_good(&u); i++) {
        struct value one = unpack_value(&u);
        list[count] = rule_value_of(&one);
        count += list[count].is_known;
    }
    *out_list = list;
    return count;
}

uint32_t term_values(const struct evaluation *ev, const struct node *n, const struct rule_value **out_list)
{
    struct value raw;
    if (node_raw(ev, n, &raw) && raw.kind == VALUE_LIST)
        return list_values(&raw, ev->scratch, out_list);
    struct rule_value *one = arena_take(ev->scratch, sizeof *one, _Alignof(struct rule_value));
    *one = node_value(ev, n);
    *out_list = one;
    return one->is_known;
}

int terms_order(const struct evaluation *ev, const struct node *n, const struct rule_value *value,
                const struct node *of, const struct rule_value *with)
{
    int order;
    bool has_order = value->is_known && sides_order(ev, side_of(n, value), side_of(of, with), &order);
    return has_order ? order : ORDER_NONE;
}

/* --- comparisons --- */

struct values {
    uint32_t count;
    const struct rule_value *list;
};

static bool value_holds(const struct evaluation *ev, const struct node *n, const struct rule_value *x,
                        const struct values others[2])
{
    if (n->expr >= EXPR_CONTAINS && n->expr <= EXPR_MATCHES)
        return x->type == RULE_TEXT && text_holds(n, x->text);
    if (n->expr == EXPR_IN)
        return is_among(ev, n, x);
    struct side side = side_of(n->parts[0], x);
    if (n->expr == EXPR_BETWEEN)
        return pair_holds(ev, EXPR_AT_LEAST, side, side_of(n->parts[1], &others[0].list[0])) &&
               pair_holds(ev, EXPR_AT_MOST, side, side_of(n->parts[2], &others[1].list[0]));
    for (uint32_t i = 0; i < others[0].count; i++)
        if (pair_holds(ev, n->expr, side, side_of(n->parts[1], &others[0].list[i])))
            return true;
    return false;
}

/* Whether it compares a number of events with a number, as most do: without the ways of lists, texts and times. */
static bool is_of_numbers(const struct node *n)
{
    const struct node *x = n->parts[0];
    return n->expr <= EXPR_AT_LEAST && x->op == NODE_TALLY && x->type == RULE_NUMBER &&
           n->parts[1]->op == NODE_CONSTANT && n->parts[1]->value.is_known && n->parts[1]->value.type == RULE_NUMBER;
}

static struct rule_value numbers_value(const struct evaluation *ev, const struct node *n)
{
    struct rule_value x = tally_value(ev, n->parts[0]);
    const series_wide with = n->parts[1]->value.number;
    return x.is_known ? rule_truth(order_holds(n->expr, (x.number > with) - (x.number < with))) : rule_unknown;
}

struct rule_value compare_value(const struct evaluation *ev, const struct node *n)
{
    struct values first, others[2] = {0};
    if (is_of_numbers(n))
        return numbers_value(ev, n);
    first.count = term_values(ev, n->parts[0], &first.list);
    if (first.count == 0)
        return rule_unknown;
    for (uint32_t i = 1; n->expr < EXPR_IN && i < n->count; i++) {
        others[i - 1].count = term_values(ev, n->parts[i], &others[i - 1].list);
        if (others[i - 1].count == 0)
            return rule_unknown;
    }
    for (uint32_t i = 0; i < first.count; i++)
        if (value_holds(ev, n, &first.list[i], others))
            return rule_truth(true);
    return rule_truth(false);
}
