#include "domain/analytics/formula.h"

#include <math.h>

#define DEPTH_MAX 16u /* of parentheses and signs */
#define DIGITS_MAX 15u

struct reader {
    struct bytes text;
    size_t at;
    uint32_t depth, series_count;
    struct formula *out;
};

static fallible sum_read(struct reader *r, struct err *e);

/* The next character that is no space; 0: the end. */
static uint8_t peek(struct reader *r)
{
    while (r->at < r->text.size && r->text.data[r->at] == ' ')
        r->at++;
    return r->at < r->text.size ? r->text.data[r->at] : 0;
}

static fallible part_push(struct reader *r, struct formula_part part, struct err *e)
{
    if (r->out->count == FORMULA_PARTS_MAX)
        return FAIL(e, INVALID, "a formula has at most %u parts", FORMULA_PARTS_MAX);
    r->out->parts[r->out->count++] = part;
    return DONE;
}

static fallible number_read(struct reader *r, struct err *e)
{
    double number = 0, unit = 1;
    uint32_t digits = 0;
    bool after_point = false;
    for (; r->at < r->text.size; r->at++) {
        uint8_t c = r->text.data[r->at];
        if (c == '.' && !after_point) {
            after_point = true;
            continue;
        }
        if (c < '0' || c > '9')
            break;
        number = number * 10 + (c - '0');
        unit *= after_point ? 10 : 1;
        if (++digits > DIGITS_MAX)
            return FAIL(e, INVALID, "place %zu: a number of a formula has at most %u digits", r->at + 1, DIGITS_MAX);
    }
    return part_push(r, (struct formula_part){.op = FORMULA_NUMBER, .number = number / unit}, e);
}

static fallible operand_read(struct reader *r, struct err *e)
{
    uint8_t c = peek(r);
    if (c >= '0' && c <= '9')
        return number_read(r, e);
    if (c >= 'A' && c < 'A' + r->series_count) {
        r->at++;
        return part_push(r, (struct formula_part){.op = FORMULA_SERIES, .series = c - 'A'}, e);
    }
    if ((c != '(' && c != '-') || r->depth == DEPTH_MAX)
        return FAIL(e, INVALID, "place %zu: want a number, \"(\", or a series from A to %c", r->at + 1, (char)('A' + r->series_count - 1));
    r->at++;
    r->depth++;
    if (c == '-') {
        TRY(operand_read(r, e));
        TRY(part_push(r, (struct formula_part){.op = FORMULA_NEGATE}, e));
    } else {
        TRY(sum_read(r, e));
        if (peek(r) != ')')
            return FAIL(e, INVALID, "place %zu: want \")\"", r->at + 1);
        r->at++;
    }
    r->depth--;
    return DONE;
}

static fallible product_read(struct reader *r, struct err *e)
{
    TRY(operand_read(r, e));
    for (uint8_t c; (c = peek(r)) == '*' || c == '/';) {
        r->at++;
        TRY(operand_read(r, e));
        TRY(part_push(r, (struct formula_part){.op = c == '*' ? FORMULA_MULTIPLY : FORMULA_DIVIDE}, e));
    }
    return DONE;
}

static fallible sum_read(struct reader *r, struct err *e)
{
    TRY(product_read(r, e));
    for (uint8_t c; (c = peek(r)) == '+' || c == '-';) {
        r->at++;
        TRY(product_read(r, e));
        TRY(part_push(r, (struct formula_part){.op = c == '+' ? FORMULA_ADD : FORMULA_SUBTRACT}, e));
    }
    return DONE;
}

fallible formula_read(struct bytes text, uint32_t series_count, struct formula *out_formula, struct err *e)
{
    struct formula f = {0};
    struct reader r = {.text = text, .series_count = series_count, .out = &f};
    assert(series_count > 0 && series_count <= FORMULA_SERIES_MAX);
    TRY(sum_read(&r, e));
    if (peek(&r) != 0)
        return FAIL(e, INVALID, "place %zu: want +, -, * or /", r.at + 1);
    *out_formula = f;
    return DONE;
}

static double joined(enum formula_op op, double a, double b)
{
    switch (op) {
    case FORMULA_ADD:
        return a + b;
    case FORMULA_SUBTRACT:
        return a - b;
    case FORMULA_MULTIPLY:
        return a * b;
    default:
        assert(op == FORMULA_DIVIDE);
        return b == 0 ? (double)NAN : a / b; /* and so is all that comes of it */
    }
}

bool formula_value(const struct formula *f, const double *values, const bool *known, double *out_value)
{
    double stack[FORMULA_PARTS_MAX];
    uint32_t height = 0;
    assert(f->count > 0);
    for (uint32_t i = 0; i < f->count; i++) {
        const struct formula_part *p = &f->parts[i];
        if (p->op == FORMULA_SERIES && !known[p->series])
            return false;
        if (p->op == FORMULA_NUMBER || p->op == FORMULA_SERIES) {
            stack[height++] = p->op == FORMULA_NUMBER ? p->number : values[p->series];
        } else if (p->op == FORMULA_NEGATE) {
            stack[height - 1] = -stack[height - 1];
        } else {
            height--;
            stack[height - 1] = joined(p->op, stack[height - 1], stack[height]);
        }
    }
    assert(height == 1);
    if (!isfinite(stack[0]))
        return false;
    *out_value = stack[0];
    return true;
}
