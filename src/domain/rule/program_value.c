/* Values: how they are compared, packed, and read from what rows and events have. */
#include <stdio.h>

#include "base/time.h"
#include "domain/rule/program_inside.h"

#define DATE_BYTES 10u /* "2026-11-01" */
#define MILLIONTHS_SCALE 6u
#define NUMBER_TEXT_BYTES 48u /* of 100 bits, a point and a sign */

const char *const rule_type_names[RULE_TYPE_COUNT] = {"truth", "number", "text", "time"};
const struct rule_value rule_unknown = {.type = RULE_TEXT};

struct rule_value rule_truth(bool truth)
{
    return (struct rule_value){.type = RULE_TRUTH, .is_known = true, .truth = truth};
}

struct rule_value rule_number(series_wide number)
{
    const series_wide most = (series_wide)1 << NUMBER_BITS;
    if (number > most || number < -most)
        return rule_unknown;
    return (struct rule_value){.type = RULE_NUMBER, .is_known = true, .number = number};
}

struct rule_value rule_time(int64_t us)
{
    return (struct rule_value){.type = RULE_TIME, .is_known = true, .time_us = us};
}

struct rule_value rule_text(struct bytes text)
{
    return (struct rule_value){.type = RULE_TEXT, .is_known = true, .text = text};
}

int rule_value_compare(const struct rule_value *x, const struct rule_value *y)
{
    assert(x->type == y->type && x->is_known && y->is_known);
    switch (x->type) {
    case RULE_TRUTH:
        return x->truth - y->truth;
    case RULE_NUMBER:
        return (x->number > y->number) - (x->number < y->number);
    case RULE_TIME:
        return (x->time_us > y->time_us) - (x->time_us < y->time_us);
    default:
        return bytes_compare(x->text, y->text);
    }
}

void rule_value_pack(const struct rule_value *value, struct buf *out)
{
    if (!value->is_known)
        return;
    if (value->type == RULE_TRUTH)
        value_pack_bool(out, value->truth);
    else if (value->type == RULE_TEXT)
        value_pack_text(out, value->text);
    else if (value->type == RULE_TIME)
        value_pack_time(out, value->time_us);
    else if (value->number >= INT64_MIN && value->number <= INT64_MAX)
        value_pack_decimal(out, (int64_t)value->number, MILLIONTHS_SCALE);
    else
        value_pack_double(out, (double)value->number / NUMBER_ONE);
}

/* --- numbers --- */

series_wide wide_divided(series_wide x, series_wide by)
{
    assert(by != 0);
    series_wide size = x < 0 ? -x : x, of = by < 0 ? -by : by;
    series_wide quotient = size / of;
    quotient += size % of >= of - size % of;
    return (x < 0) == (by < 0) ? quotient : -quotient;
}

static struct rule_value number_of(const struct value *v)
{
    series_wide number;
    return feature_number(v, &number) ? rule_number(number) : rule_unknown;
}

struct rule_value rule_value_of(const struct value *v)
{
    switch (v->kind) {
    case VALUE_FALSE:
    case VALUE_TRUE:
        return rule_truth(v->kind == VALUE_TRUE);
    case VALUE_DECIMAL:
    case VALUE_DOUBLE:
        return number_of(v);
    case VALUE_TEXT:
        return rule_text(v->body);
    case VALUE_TIME:
        return rule_time(v->integer);
    default:
        return rule_unknown;
    }
}

struct rule_value rule_value_said(const struct expr_value *said)
{
    switch (said->kind) {
    case EXPR_DECIMAL:
        return number_of(&(struct value){.kind = VALUE_DECIMAL, .integer = said->mantissa, .scale = said->scale});
    case EXPR_REAL:
        return number_of(&(struct value){.kind = VALUE_DOUBLE, .real = said->real});
    case EXPR_BOOL:
        return rule_truth(said->truth);
    default:
        return rule_text(said->text);
    }
}

/* --- as another type --- */

bool span_read(const struct civil *civil, struct bytes text, struct span_us *out_span)
{
    int64_t us;
    if (text.size < DATE_BYTES || text.data[0] < '0' || text.data[0] > '9' ||
        failed(civil_read(civil, text, &us, NULL)))
        return false;
    int64_t next_us = text.size > DATE_BYTES ? us + 1
                                             : civil_begin_us(civil, CIVIL_DAY, civil_number(civil, CIVIL_DAY, us) + 1);
    *out_span = (struct span_us){us, next_us};
    return true;
}

static struct bytes number_text(series_wide number, struct arena *a)
{
    char digits[NUMBER_TEXT_BYTES], *at = digits + sizeof digits;
    series_wide left = number < 0 ? -number : number;
    bool is_whole = left % NUMBER_ONE == 0, is_begun = false;
    for (unsigned place = 0; place <= MILLIONTHS_SCALE || left > 0; place++, left /= 10) {
        char digit = (char)('0' + (int)(left % 10));
        if (place == MILLIONTHS_SCALE && !is_whole)
            *--at = '.';
        is_begun |= place >= MILLIONTHS_SCALE || digit != '0';
        if (is_begun)
            *--at = digit;
    }
    if (number < 0)
        *--at = '-';
    return arena_copy(a, bytes_of(at, (size_t)(digits + sizeof digits - at)));
}

static struct rule_value as_text(const struct rule_value *v, struct arena *a)
{
    char time[TIME_TEXT_BYTES];
    if (v->type == RULE_TRUTH)
        return rule_text(bytes_of_text(v->truth ? "true" : "false"));
    if (v->type == RULE_NUMBER)
        return rule_text(number_text(v->number, a));
    return rule_text(arena_copy(a, bytes_of_text(time_format(v->time_us, time))));
}

struct rule_value rule_value_as(const struct rule_value *v, enum rule_type type, const struct civil *civil,
                                struct arena *a)
{
    struct span_us span;
    if (!v->is_known || v->type == type)
        return *v;
    if (type == RULE_TEXT)
        return as_text(v, a);
    if (type == RULE_TIME && v->type == RULE_TEXT && span_read(civil, v->text, &span))
        return rule_time(span.from_us);
    return rule_unknown;
}
