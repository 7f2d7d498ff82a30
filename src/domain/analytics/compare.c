/* Comparisons, turned into whole numbers from … until … of what a column has: mantissas of its scale, codes of its dictionary, microseconds. */
#include <math.h>

#include "domain/analytics/filter_inside.h"

__extension__ typedef __int128 wide;

#define REAL_BITS 53       /* of a double's mantissa */
#define SAID_BITS 73       /* of a double's mantissa times 10^6 */
#define WHOLE_SHIFT_MAX 63 /* that any int64 may be shifted by in 128 bits */

static const int64_t tens[EXPR_SCALE_MAX + 1] = {1, 10, 100, 1000, 10000, 100000, 1000000};

static int wide_compare(wide a, wide b)
{
    return (a > b) - (a < b);
}

/* mantissa / 10^scale against a double, which is a whole number of 53 bits times a power of two: nothing is rounded. */
static int real_compare(int64_t mantissa, uint8_t scale, double said)
{
    int exponent;
    if (!isfinite(said))
        return said < 0 ? 1 : -1;
    int64_t bits = (int64_t)ldexp(frexp(said, &exponent), REAL_BITS);
    wide right = (wide)bits * tens[scale], left = mantissa;
    exponent -= REAL_BITS;
    if (bits == 0 || mantissa == 0)
        return wide_compare(left, right);
    if (exponent > WHOLE_SHIFT_MAX - REAL_BITS + 1) /* beyond 2^63 */
        return bits < 0 ? 1 : -1;
    if (exponent >= 0)
        return wide_compare(left, right * ((wide)1 << exponent));
    bool is_small = mantissa > -(INT64_C(1) << (SAID_BITS - WHOLE_SHIFT_MAX)) &&
                    mantissa < INT64_C(1) << (SAID_BITS - WHOLE_SHIFT_MAX);
    int shift_max = is_small ? 2 * WHOLE_SHIFT_MAX - (SAID_BITS - WHOLE_SHIFT_MAX) : WHOLE_SHIFT_MAX;
    if (-exponent > shift_max) /* shifted so far it is beyond what was said, whatever that is */
        return mantissa < 0 ? -1 : 1;
    return wide_compare(left * ((wide)1 << -exponent), right);
}

int number_compare(int64_t mantissa, uint8_t scale, const struct expr_value *said)
{
    assert(scale <= EXPR_SCALE_MAX && said->scale <= EXPR_SCALE_MAX);
    if (said->kind == EXPR_REAL)
        return real_compare(mantissa, scale, said->real);
    return wide_compare((wide)mantissa * tens[said->scale], (wide)said->mantissa * tens[scale]);
}

/* --- reaches --- */

/* Of one value that was said: what is below `low` is less, what is from `high` on is more, what is between is equal. */
struct bounds {
    wide low, high;
};

/* Adds what holds within [least, most]. `b`: of the second value of a between. */
static void reach_add(enum expr_op op, struct bounds a, struct bounds b, int64_t least, int64_t most, struct reach *out,
                      uint32_t *io_count)
{
    wide from = op == EXPR_LESS || op == EXPR_AT_MOST ? least : op == EXPR_MORE ? a.high : a.low;
    wide until = op == EXPR_MORE || op == EXPR_AT_LEAST ? most
                 : op == EXPR_LESS                      ? a.low - 1
                 : op == EXPR_BETWEEN                   ? b.high - 1
                                                        : a.high - 1;
    from = from < least ? least : from;
    until = until > most ? most : until;
    if (from > until)
        return;
    struct reach *last = *io_count > 0 ? &out[*io_count - 1] : NULL;
    if (last != NULL && from <= last->until) { /* of values that were said twice, or times that overlap */
        last->until = until > last->until ? (int64_t)until : last->until;
        return;
    }
    out[(*io_count)++] = (struct reach){(int64_t)from, (int64_t)until};
}

/* The first mantissa that is at least (or more than) what was said. */
static wide first_number(uint8_t scale, const struct expr_value *said, bool more)
{
    wide from = INT64_MIN, until = (wide)INT64_MAX + 1;
    while (from < until) {
        wide middle = from + (until - from) / 2;
        if (number_compare((int64_t)middle, scale, said) >= (more ? 1 : 0))
            until = middle;
        else
            from = middle + 1;
    }
    return from;
}

static struct bounds number_bounds(const struct filter *f, uint8_t scale, uint32_t at)
{
    const struct expr_value *said = &f->numbers[at];
    return (struct bounds){first_number(scale, said, false), first_number(scale, said, true)};
}

uint32_t reaches_of_numbers(const struct filter *f, uint8_t scale, struct reach *out)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < f->number_count; i += f->compare == EXPR_BETWEEN ? 2 : 1) {
        struct bounds a = number_bounds(f, scale, i),
                      b = f->compare == EXPR_BETWEEN ? number_bounds(f, scale, i + 1) : a;
        reach_add(f->compare, a, b, INT64_MIN, INT64_MAX, out, &count);
    }
    return count;
}

uint32_t reaches_of_times(const struct filter *f, struct reach *out)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < f->time_count; i += f->compare == EXPR_BETWEEN ? 2 : 1) {
        const struct stretch *a = &f->times[i], *b = f->compare == EXPR_BETWEEN ? &f->times[i + 1] : a;
        reach_add(f->compare, (struct bounds){a->from_us, a->until_us}, (struct bounds){b->from_us, b->until_us},
                  INT64_MIN, INT64_MAX, out, &count);
    }
    return count;
}

uint32_t reaches_of_bools(const struct filter *f, struct reach *out)
{
    if (!f->has_false && !f->has_true)
        return 0;
    *out = (struct reach){f->has_false ? 0 : 1, f->has_true ? 1 : 0};
    return 1;
}

/* The first text of the dictionary that is at least the said one (or more than it; or neither less nor begun by it). */
enum text_bound { TEXT_AT_LEAST, TEXT_MORE, TEXT_BEHIND_PREFIX };
static uint32_t first_text(const struct column *c, struct bytes said, enum text_bound bound)
{
    uint32_t from = 0, until = column_texts(c);
    while (from < until) {
        uint32_t middle = from + (until - from) / 2;
        struct bytes text = column_text(c, middle);
        int order = bytes_compare(text, said);
        bool is_there = bound == TEXT_AT_LEAST ? order >= 0
                                               : order > 0 && (bound == TEXT_MORE || !bytes_starts_with(text, said));
        if (is_there)
            until = middle;
        else
            from = middle + 1;
    }
    return from;
}

static struct bounds text_bounds(const struct filter *f, const struct column *c, uint32_t at)
{
    struct bytes said = f->texts[at];
    return (struct bounds){first_text(c, said, TEXT_AT_LEAST),
                           first_text(c, said, f->compare == EXPR_STARTS ? TEXT_BEHIND_PREFIX : TEXT_MORE)};
}

uint32_t reaches_of_texts(const struct filter *f, const struct column *c, struct reach *out)
{
    uint32_t count = 0;
    assert(f->compare != EXPR_CONTAINS && f->compare != EXPR_ENDS && f->compare != EXPR_MATCHES);
    for (uint32_t i = 0; i < f->text_count; i += f->compare == EXPR_BETWEEN ? 2 : 1) {
        struct bounds a = text_bounds(f, c, i), b = f->compare == EXPR_BETWEEN ? text_bounds(f, c, i + 1) : a;
        reach_add(f->compare, a, b, 0, (int64_t)column_texts(c) - 1, out, &count);
    }
    return count;
}

/* --- one value --- */

static bool order_holds(enum expr_op op, int a, int b)
{
    switch (op) {
    case EXPR_LESS:
        return a < 0;
    case EXPR_AT_MOST:
        return a <= 0;
    case EXPR_MORE:
        return a > 0;
    case EXPR_AT_LEAST:
        return a >= 0;
    case EXPR_BETWEEN:
        return a >= 0 && b <= 0;
    default:
        return a == 0;
    }
}

static int double_compare(double x, const struct expr_value *said)
{
    if (said->kind == EXPR_REAL)
        return (x > said->real) - (x < said->real);
    return -real_compare(said->mantissa, said->scale, x);
}

bool real_holds(const struct filter *f, double x)
{
    bool is_between = f->compare == EXPR_BETWEEN, holds = false;
    for (uint32_t i = 0; i < f->number_count && !holds; i += is_between ? 2 : 1)
        holds = order_holds(f->compare, double_compare(x, &f->numbers[i]),
                            is_between ? double_compare(x, &f->numbers[i + 1]) : 0);
    return holds;
}

bool text_holds(const struct filter *f, struct bytes text, struct pattern_budget *budget)
{
    struct bytes said = f->texts[0];
    if (f->compare == EXPR_MATCHES)
        return pattern_match(f->pattern, text, budget);
    if (said.size > text.size)
        return false;
    if (f->compare == EXPR_ENDS)
        return bytes_equal(said, bytes_slice(text, text.size - said.size, text.size));
    return said.size == 0 || memmem(text.data, text.size, said.data, said.size) != NULL;
}

bool name_holds(const struct filter *f, struct bytes text, struct pattern_budget *budget)
{
    bool is_between = f->compare == EXPR_BETWEEN;
    if (f->compare == EXPR_STARTS)
        return bytes_starts_with(text, f->texts[0]);
    if (f->compare == EXPR_CONTAINS || f->compare == EXPR_ENDS || f->compare == EXPR_MATCHES)
        return text_holds(f, text, budget);
    return order_holds(f->compare, bytes_compare(text, f->texts[0]), is_between ? bytes_compare(text, f->texts[1]) : 0);
}

/* The order of a value and the i-th that was said of its kind. */
static int value_order(const struct filter *f, const struct value *v, uint32_t i)
{
    switch (v->kind) {
    case VALUE_DECIMAL:
        return number_compare(v->integer, v->scale, &f->numbers[i]);
    case VALUE_DOUBLE:
        return double_compare(v->real, &f->numbers[i]);
    case VALUE_TIME:
        return v->integer < f->times[i].from_us ? -1 : v->integer >= f->times[i].until_us;
    default:
        return bytes_compare(v->body, f->texts[i]);
    }
}

bool value_holds(const struct filter *f, const struct value *v, struct pattern_budget *budget)
{
    bool is_text = v->kind == VALUE_TEXT, is_unequal = f->compare == EXPR_UNEQUAL,
         is_between = f->compare == EXPR_BETWEEN, holds = false;
    uint32_t count = is_text ? f->text_count : v->kind == VALUE_TIME ? f->time_count : f->number_count;
    if (v->kind == VALUE_FALSE || v->kind == VALUE_TRUE)
        return (v->kind == VALUE_TRUE ? f->has_true : f->has_false) != is_unequal;
    if (f->compare == EXPR_CONTAINS || f->compare == EXPR_STARTS || f->compare == EXPR_ENDS ||
        f->compare == EXPR_MATCHES)
        return is_text && name_holds(f, v->body, budget);
    for (uint32_t i = 0; i < count && !holds; i += is_between ? 2 : 1)
        holds = order_holds(f->compare, value_order(f, v, i), is_between ? value_order(f, v, i + 1) : 0);
    return holds != is_unequal;
}
