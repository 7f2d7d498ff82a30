/* What an expression says of a person, worked out from the list of their events by plain loops: the answer that programs, features and rules are held against.
 * It knows the constructs that random rules are made of (program_prop.c), and looks at nothing that src/domain/rule has. */
#pragma once

#include <math.h>
#include <string.h>

#include "base/time.h"
#include "lib/civil.h"
#include "lib/expr.h"

struct naive_event {
    int64_t us;
    const char *name, *channel;
    bool has_amount;
    int64_t amount;
    uint32_t key; /* of the message: the order of equal times */
};
struct naive_trait {
    const char *name, *text;
};
/* Whose events: all of them at or before now, in order of (time, key). */
struct naive {
    const struct civil *civil;
    int64_t now_us;
    const struct naive_event *events;
    size_t count;
    const struct naive_trait *traits;
    size_t trait_count;
    const char *friend_of; /* id of the staff that they are a friend of; NULL: of none */
    int64_t friend_since_us;
    uint32_t unit; /* of "in each of last" */
};

enum naive_kind { NAIVE_UNKNOWN, NAIVE_TRUTH, NAIVE_NUMBER, NAIVE_TEXT, NAIVE_TIME };
struct naive_value {
    enum naive_kind kind;
    bool truth;
    int64_t number; /* millionths */
    int64_t us;
    struct bytes text;
};
static inline struct naive_value naive_value(const struct naive *n, const struct expr *x);

static inline struct naive_value naive_truth(bool truth)
{
    return (struct naive_value){.kind = NAIVE_TRUTH, .truth = truth};
}

static inline struct naive_value naive_number(long double number)
{
    return (struct naive_value){.kind = NAIVE_NUMBER, .number = (int64_t)roundl(number * 1e6L)};
}

static inline struct naive_value naive_time(int64_t us)
{
    return (struct naive_value){.kind = NAIVE_TIME, .us = us};
}

static inline int64_t naive_day(const struct naive *n, int64_t us)
{
    return civil_number(n->civil, CIVIL_DAY, us);
}

/* --- windows --- */

static inline bool naive_date_is(struct civil_date date)
{
    struct civil_date again = civil_of_day(day_of_civil(date));
    return again.month == date.month && again.day == date.day;
}

/* The same day so many months ago, or the last one of that month. */
static inline int64_t naive_months_ago(int64_t day, int months)
{
    struct civil_date date = civil_of_day((int32_t)day);
    for (int i = 0; i < months; i++) {
        date.year -= date.month == 1;
        date.month = date.month == 1 ? 12 : (uint8_t)(date.month - 1);
    }
    while (!naive_date_is(date))
        date.day--;
    return day_of_civil(date);
}

static inline bool naive_in_last(const struct naive *n, int64_t day, enum expr_unit unit, uint32_t count)
{
    int64_t today = naive_day(n, n->now_us);
    if (count == 0)
        return false;
    if (unit == EXPR_DAY || unit == EXPR_WEEK)
        return day <= today && today - day < (int64_t)count * (unit == EXPR_WEEK ? 7 : 1);
    return day <= today && day > naive_months_ago(today, (int)count * (unit == EXPR_YEAR      ? 12
                                                                       : unit == EXPR_QUARTER ? 3
                                                                                              : 1));
}

static inline int64_t naive_span_us(struct expr_span span)
{
    static const int64_t seconds[EXPR_UNIT_COUNT] = {
        [EXPR_SECOND] = 1, [EXPR_MINUTE] = 60, [EXPR_HOUR] = 3600, [EXPR_DAY] = 86400};
    return span.count * seconds[span.unit] * 1000000;
}

static inline int64_t naive_date_us(const struct naive *n, struct bytes text, bool end)
{
    int64_t us = 0;
    if (failed(civil_read(n->civil, text, &us, NULL)))
        return 0;
    if (end)
        us = text.size > 10 ? us + 1 : civil_begin_us(n->civil, CIVIL_DAY, naive_day(n, us) + 1);
    return us;
}

static inline bool naive_within(const struct naive *n, const struct expr_window *w, int64_t us)
{
    static const enum civil_unit units[EXPR_UNIT_COUNT] = {
        [EXPR_WEEK] = CIVIL_WEEK, [EXPR_MONTH] = CIVIL_MONTH, [EXPR_QUARTER] = CIVIL_QUARTER, [EXPR_YEAR] = CIVIL_YEAR};
    if (w == NULL)
        return true;
    switch (w->kind) {
    case EXPR_IN_LAST:
        return naive_in_last(n, naive_day(n, us), w->span.unit, w->span.count);
    case EXPR_WITHIN:
        return us <= n->now_us && us > n->now_us - naive_span_us(w->span);
    case EXPR_IN_THIS:
        return civil_number(n->civil, units[w->span.unit], us) ==
               civil_number(n->civil, units[w->span.unit], n->now_us);
    case EXPR_IN_EACH:
        return naive_in_last(n, naive_day(n, us), w->span.unit, n->unit + 1) &&
               !naive_in_last(n, naive_day(n, us), w->span.unit, n->unit);
    case EXPR_FROM:
        return us >= naive_date_us(n, w->from.text, false) && us < naive_date_us(n, w->until.text, true);
    case EXPR_SINCE:
        return us >= naive_date_us(n, w->from.text, false);
    default:
        return us < naive_date_us(n, w->until.text, false);
    }
}

/* --- comparisons --- */

/* -1, 0, 1; 2: of different types. */
static inline int naive_order(const struct naive *n, struct naive_value x, struct naive_value y)
{
    bool is_dated = y.kind == NAIVE_TEXT && y.text.size >= 10 && y.text.data[0] >= '0' && y.text.data[0] <= '9';
    if (x.kind == NAIVE_TIME && is_dated)
        return x.us < naive_date_us(n, y.text, false) ? -1 : x.us >= naive_date_us(n, y.text, true);
    if (x.kind == NAIVE_TEXT && y.kind == NAIVE_TIME) {
        int order = naive_order(n, y, x);
        return order == 2 ? 2 : -order;
    }
    if (x.kind != y.kind)
        return 2;
    if (x.kind == NAIVE_TEXT)
        return bytes_compare(x.text, y.text) < 0 ? -1 : bytes_compare(x.text, y.text) > 0;
    int64_t a = x.kind == NAIVE_TIME ? x.us : x.number, b = x.kind == NAIVE_TIME ? y.us : y.number;
    return a < b ? -1 : a > b;
}

static inline bool naive_holds(const struct naive *n, enum expr_op op, struct naive_value x, struct naive_value y)
{
    int order = naive_order(n, x, y);
    return order == 2           ? op == EXPR_UNEQUAL
           : op == EXPR_EQUAL   ? order == 0
           : op == EXPR_UNEQUAL ? order != 0
           : op == EXPR_LESS    ? order < 0
           : op == EXPR_AT_MOST ? order <= 0
           : op == EXPR_MORE    ? order > 0
                                : order >= 0;
}

static inline struct naive_value naive_said(const struct expr_value *v)
{
    static const long double powers[] = {1, 10, 100, 1000, 1e4L, 1e5L, 1e6L};
    if (v->kind == EXPR_TEXT)
        return (struct naive_value){.kind = NAIVE_TEXT, .text = v->text};
    return naive_number((long double)v->mantissa / powers[v->scale]);
}

static inline struct naive_value naive_compared(const struct naive *n, const struct expr *x)
{
    struct naive_value first = naive_value(n, x->parts[0]);
    if (x->op == EXPR_KNOWN || x->op == EXPR_UNKNOWN)
        return naive_truth((first.kind != NAIVE_UNKNOWN) == (x->op == EXPR_KNOWN));
    if (first.kind == NAIVE_UNKNOWN)
        return first;
    if (x->op == EXPR_IN) {
        bool holds = false;
        for (uint32_t i = 0; i < x->parts[1]->count; i++)
            holds |= naive_holds(n, EXPR_EQUAL, first, naive_said(&x->parts[1]->values[i]));
        return naive_truth(holds);
    }
    struct naive_value second = naive_value(n, x->parts[1]);
    if (second.kind == NAIVE_UNKNOWN)
        return second;
    if (x->op == EXPR_BETWEEN) {
        struct naive_value third = naive_value(n, x->parts[2]);
        return third.kind == NAIVE_UNKNOWN ? third
                                           : naive_truth(naive_holds(n, EXPR_AT_LEAST, first, second) &&
                                                         naive_holds(n, EXPR_AT_MOST, first, third));
    }
    if (x->op == EXPR_STARTS)
        return naive_truth(first.kind == NAIVE_TEXT && bytes_starts_with(first.text, second.text));
    return naive_truth(naive_holds(n, x->op, first, second));
}

/* --- events --- */

static inline bool naive_where(const struct naive *n, const struct expr *where, const struct naive_event *e);

/* Counted from midnight of the clock's own reckoning: civil_print's "2026-11-22 09:00", and not what programs ask. */
static inline struct naive_value naive_hour(const struct naive *n, int64_t us)
{
    char text[CIVIL_TEXT_BYTES];
    civil_print(n->civil, CIVIL_HOUR, civil_number(n->civil, CIVIL_HOUR, us), text);
    return naive_number((long double)(10 * (text[11] - '0') + text[12] - '0'));
}

static inline struct naive_value naive_said_by(const struct naive *n, struct bytes name, const struct naive_event *e)
{
    if (bytes_equal(name, BYTES_LIT("time.hour")))
        return naive_hour(n, e->us);
    if (bytes_equal(name, BYTES_LIT("time.weekday"))) /* 1970-01-05 was a Monday */
        return naive_number((long double)(((naive_day(n, e->us) - 4) % 7 + 7) % 7 + 1));
    if (bytes_equal(name, BYTES_LIT("amount")))
        return e->has_amount ? naive_number((long double)e->amount) : (struct naive_value){0};
    return e->channel == NULL || !bytes_equal(name, BYTES_LIT("channel"))
               ? (struct naive_value){0}
               : (struct naive_value){.kind = NAIVE_TEXT, .text = bytes_of_text(e->channel)};
}

static inline bool naive_where_compared(const struct naive *n, const struct expr *x, const struct naive_event *e)
{
    struct naive_value v = naive_said_by(n, x->parts[0]->name, e);
    bool is_there = v.kind != NAIVE_UNKNOWN;
    if (x->op == EXPR_KNOWN || x->op == EXPR_UNKNOWN)
        return is_there == (x->op == EXPR_KNOWN);
    return is_there && naive_holds(n, x->op, v, naive_said(x->parts[1]->values));
}

static inline bool naive_where(const struct naive *n, const struct expr *where, const struct naive_event *e)
{
    if (where == NULL)
        return true;
    if (where->op != EXPR_AND && where->op != EXPR_OR)
        return naive_where_compared(n, where, e);
    for (uint32_t i = 0; i < where->count; i++)
        if (naive_where(n, where->parts[i], e) != (where->op == EXPR_AND))
            return where->op == EXPR_OR;
    return where->op == EXPR_AND;
}

/* "order_paid.amount" is order_paid, and amount of it. */
static inline bool naive_is_step(const struct naive *n, const struct expr_step *step, const struct naive_event *e)
{
    struct bytes name = bytes_of_text(e->name);
    bool is_named = false;
    for (uint32_t i = 0; i < step->name_count; i++) {
        struct bytes said = step->names[i];
        is_named |= bytes_equal(said, name) ||
                    (said.size > name.size && bytes_starts_with(said, name) && said.data[name.size] == '.') ||
                    bytes_equal(said, BYTES_LIT("event"));
    }
    return is_named && naive_where(n, step->where, e);
}

static inline bool naive_path_ends(const struct expr *x, const char *word)
{
    const struct expr_step *s = x->steps;
    struct bytes said = x->member.size > 0 ? x->member : s->path.size > 0 ? s->path : s->names[0];
    size_t size = strlen(word);
    return said.size >= size && memcmp(said.data + said.size - size, word, size) == 0;
}

/* Those that count, in order; at most 64. */
static inline size_t naive_events(const struct naive *n, const struct expr *x, const struct naive_event *out[64])
{
    size_t count = 0;
    for (size_t i = 0; i < n->count; i++)
        if (n->events[i].us <= n->now_us && naive_is_step(n, x->steps, &n->events[i]) &&
            naive_within(n, x->window, n->events[i].us))
            out[count++] = &n->events[i];
    return count;
}

static inline struct naive_value naive_of_event(const struct expr *x, const struct naive_event *e)
{
    if (naive_path_ends(x, "time"))
        return naive_time(e->us);
    if (naive_path_ends(x, "amount"))
        return e->has_amount ? naive_number((long double)e->amount) : (struct naive_value){0};
    return e->channel == NULL ? (struct naive_value){0}
                              : (struct naive_value){.kind = NAIVE_TEXT, .text = bytes_of_text(e->channel)};
}

/* Channels or hours: how often each is there, and on which day last. */
static inline struct naive_value naive_of_values(const struct naive *n, const struct expr *x,
                                                 const struct naive_event **e, size_t count)
{
    struct {
        struct naive_value value;
        size_t times;
        int64_t day;
    } seen[64], *best = NULL;
    size_t kinds = 0;
    bool has_days = x->window != NULL && x->window->kind < EXPR_FROM;
    struct bytes path = naive_path_ends(x, "time.hour") ? BYTES_LIT("time.hour") : BYTES_LIT("channel");
    for (size_t i = 0; i < count; i++) {
        size_t at = 0;
        struct naive_value value = naive_said_by(n, path, e[i]);
        if (value.kind == NAIVE_UNKNOWN)
            continue;
        while (at < kinds && naive_order(n, seen[at].value, value) != 0)
            at++;
        if (at == kinds)
            seen[kinds++].times = 0;
        seen[at].value = value;
        seen[at].times++;
        seen[at].day = !has_days ? 0 : x->window->kind == EXPR_WITHIN ? e[i]->us : naive_day(n, e[i]->us);
    }
    for (size_t i = 0; i < kinds; i++) {
        bool is_better = best == NULL || seen[i].times > best->times;
        bool is_same = best != NULL && seen[i].times == best->times;
        is_better |= is_same && seen[i].day > best->day;
        is_better |= is_same && seen[i].day == best->day && naive_order(n, seen[i].value, best->value) < 0;
        best = is_better ? &seen[i] : best;
    }
    if (x->op == EXPR_DISTINCT)
        return naive_number((long double)kinds);
    return best == NULL ? (struct naive_value){0} : best->value;
}

/* The gap that has as many shorter ones before it as longer ones behind, or halfway between two such. */
static inline struct naive_value naive_median_gap(const struct naive *n, const struct naive_event **e, size_t count)
{
    int64_t gaps[64], middle[2] = {0};
    size_t kept = 0;
    for (size_t i = 1; i < count; i++)
        if (naive_day(n, e[i]->us) != naive_day(n, e[i - 1]->us))
            gaps[kept++] = naive_day(n, e[i]->us) - naive_day(n, e[i - 1]->us);
    if (kept == 0)
        return (struct naive_value){0};
    for (size_t i = 0; i < kept; i++) {
        size_t shorter = 0, as_long = 0;
        for (size_t k = 0; k < kept; k++) {
            shorter += gaps[k] < gaps[i];
            as_long += gaps[k] == gaps[i];
        }
        for (size_t side = 0; side < 2; side++) {
            size_t place = (kept - 1 + side) / 2;
            middle[side] = shorter <= place && place < shorter + as_long ? gaps[i] : middle[side];
        }
    }
    return naive_number((long double)(middle[0] + middle[1]) / 2);
}

static inline struct naive_value naive_gathered(const struct naive *n, const struct expr *x)
{
    const struct naive_event *e[64];
    size_t count = naive_events(n, x, e), days = 0, amounts = 0;
    int64_t sum = 0, least = INT64_MAX, greatest = INT64_MIN;
    for (size_t i = 0; i < count; i++) {
        days += i == 0 || naive_day(n, e[i]->us) != naive_day(n, e[i - 1]->us);
        amounts += e[i]->has_amount;
        sum += e[i]->has_amount ? e[i]->amount : 0;
        least = e[i]->has_amount && e[i]->amount < least ? e[i]->amount : least;
        greatest = e[i]->has_amount && e[i]->amount > greatest ? e[i]->amount : greatest;
    }
    switch (x->op) {
    case EXPR_COUNT:
        return naive_number((long double)count);
    case EXPR_DAYS:
        return naive_number((long double)days);
    case EXPR_MEDIAN_GAP:
        return naive_median_gap(n, e, count);
    case EXPR_SUM:
        return naive_number((long double)sum);
    case EXPR_FIRST:
    case EXPR_LAST:
        return count == 0 ? (struct naive_value){0} : naive_of_event(x, e[x->op == EXPR_FIRST ? 0 : count - 1]);
    case EXPR_DISTINCT:
    case EXPR_MOST_FREQUENT:
        return naive_of_values(n, x, e, count);
    default:
        break;
    }
    if (amounts == 0)
        return (struct naive_value){0};
    return naive_number(x->op == EXPR_AVG ? (long double)sum / (long double)amounts
                                          : (long double)(x->op == EXPR_MIN ? least : greatest));
}

/* --- sequences: every choice of events is tried --- */

static inline bool naive_free(const struct naive *n, const struct expr *x, const struct expr_step *absent, size_t from,
                              size_t until, int64_t until_us)
{
    for (size_t i = from; i < until; i++)
        if (n->events[i].us <= until_us && n->events[i].us <= n->now_us &&
            naive_within(n, x->window, n->events[i].us) && naive_is_step(n, absent, &n->events[i]))
            return false;
    return true;
}

/* Whether the steps from `k` on can be found behind the event before `at`; the sequence began at begin_us. */
static inline bool naive_goes_on(const struct naive *n, const struct expr *x, uint32_t k, size_t at, int64_t begin_us)
{
    int64_t bound_us = x->span.count > 0 ? naive_span_us(x->span) : 0;
    int64_t end_us = bound_us > 0 && k > 0 ? begin_us + bound_us : INT64_MAX;
    uint32_t next = k;
    while (next < x->step_count && x->steps[next].is_absent)
        next++;
    if (next == x->step_count) {
        bool is_free = bound_us == 0 || next == k || end_us <= n->now_us;
        for (uint32_t absent = k; absent < next; absent++)
            is_free &= naive_free(n, x, &x->steps[absent], at, n->count, end_us);
        return is_free;
    }
    for (size_t i = at; i < n->count; i++) {
        const struct naive_event *e = &n->events[i];
        bool fits = e->us <= n->now_us && e->us <= end_us && naive_within(n, x->window, e->us) &&
                    naive_is_step(n, &x->steps[next], e);
        for (uint32_t absent = k; fits && absent < next; absent++)
            fits = naive_free(n, x, &x->steps[absent], at, i, INT64_MAX);
        if (fits && naive_goes_on(n, x, next + 1, i + 1, k == 0 ? e->us : begin_us))
            return true;
    }
    return false;
}

static inline struct naive_value naive_did(const struct naive *n, const struct expr *x)
{
    const struct naive_event *e[64];
    if (x->is_first_time) {
        struct expr ever = *x;
        ever.window = NULL;
        return naive_truth(naive_events(n, &ever, e) > 0 && naive_within(n, x->window, e[0]->us));
    }
    return naive_truth(naive_goes_on(n, x, 0, 0, 0));
}

/* --- the rest --- */

static inline struct naive_value naive_summed(const struct naive *n, const struct expr *x)
{
    struct naive_value v = naive_value(n, x->parts[0]);
    for (uint32_t i = 1; i < x->count; i++) {
        struct naive_value y = naive_value(n, x->parts[i]);
        if (v.kind == NAIVE_UNKNOWN || y.kind == NAIVE_UNKNOWN || (x->op == EXPR_DIVIDE && y.number == 0))
            return (struct naive_value){0};
        long double a = (long double)v.number, b = (long double)y.number;
        if (v.kind == NAIVE_TIME && y.kind == NAIVE_TIME)
            v = naive_number((long double)(v.us - y.us) / 86400e6L);
        else if (v.kind == NAIVE_TIME)
            v.us += (x->op == EXPR_ADD ? 1 : -1) * y.number * 86400;
        else
            v.number = (int64_t)roundl(x->op == EXPR_ADD        ? a + b
                                       : x->op == EXPR_SUBTRACT ? a - b
                                       : x->op == EXPR_MULTIPLY ? a * b / 1e6L
                                                                : a * 1e6L / b);
    }
    return v;
}

static inline struct naive_value naive_name(const struct naive *n, struct bytes name)
{
    for (size_t i = 0; i < n->trait_count; i++)
        if (bytes_equal(bytes_of_text(n->traits[i].name), name))
            return (struct naive_value){.kind = NAIVE_TEXT, .text = bytes_of_text(n->traits[i].text)};
    if (bytes_equal(name, BYTES_LIT("id")) && n->friend_of != NULL)
        return (struct naive_value){.kind = NAIVE_TEXT, .text = bytes_of_text(n->friend_of)};
    if (bytes_equal(name, BYTES_LIT("begun")) && n->friend_of != NULL)
        return naive_time(n->friend_since_us);
    return (struct naive_value){0};
}

static inline struct naive_value naive_days(const struct naive *n, const struct expr *x)
{
    struct naive_value v = naive_value(n, x->parts[0]);
    int64_t today = naive_day(n, n->now_us), day;
    if (v.kind == NAIVE_UNKNOWN)
        return v;
    day = naive_day(n, v.kind == NAIVE_TIME ? v.us : naive_date_us(n, v.text, false));
    struct civil_date date = civil_of_day((int32_t)day);
    if (bytes_equal(x->name, BYTES_LIT("days_since")))
        return naive_number((long double)(today - day));
    if (bytes_equal(x->name, BYTES_LIT("days_until")))
        return naive_number((long double)(day - today));
    for (int64_t next = today;; next++) {
        struct civil_date then = civil_of_day((int32_t)next), tomorrow = civil_of_day((int32_t)next + 1);
        bool is_leapling = date.month == 2 && date.day == 29 && then.month == 2 && then.day == 28 &&
                           tomorrow.month == 3;
        if ((then.month == date.month && then.day == date.day) || is_leapling)
            return naive_number((long double)(next - today));
    }
}

static inline struct naive_value naive_call(const struct naive *n, const struct expr *x)
{
    if (!bytes_equal(x->name, BYTES_LIT("has friend")))
        return naive_days(n, x);
    if (n->friend_of == NULL || n->friend_since_us > n->now_us)
        return naive_truth(false);
    struct naive_value v = x->count == 0 ? naive_truth(true) : naive_value(n, x->parts[0]);
    return naive_truth(v.kind == NAIVE_TRUTH && v.truth);
}

static inline struct naive_value naive_ago(const struct naive *n, struct expr_span span)
{
    if (span.unit <= EXPR_HOUR)
        return naive_time(n->now_us - naive_span_us(span));
    int64_t today = naive_day(n, n->now_us), clock_us = n->now_us - civil_begin_us(n->civil, CIVIL_DAY, today);
    int64_t then_us = civil_begin_us(n->civil, CIVIL_DAY, today - span.count) + clock_us;
    return naive_time(naive_day(n, then_us) > today - span.count
                          ? civil_begin_us(n->civil, CIVIL_DAY, today - span.count + 1) - 1
                          : then_us);
}

static inline struct naive_value naive_joined(const struct naive *n, const struct expr *x)
{
    bool is_or = x->op == EXPR_OR, is_unsure = false;
    for (uint32_t i = 0; i < x->count; i++) {
        struct naive_value v = naive_value(n, x->parts[i]);
        if (v.kind != NAIVE_UNKNOWN && v.truth == is_or)
            return naive_truth(is_or);
        is_unsure |= v.kind == NAIVE_UNKNOWN;
    }
    return is_unsure ? (struct naive_value){0} : naive_truth(!is_or);
}

/* "in each of last 3 weeks": of each by itself. */
static inline struct naive_value naive_each(const struct naive *n, const struct expr *x, uint32_t units)
{
    bool is_unsure = false;
    for (uint32_t unit = 0; unit < units; unit++) {
        struct naive one = *n;
        one.unit = unit;
        struct naive_value v = x->op == EXPR_DID ? naive_did(&one, x) : naive_compared(&one, x);
        if (v.kind == NAIVE_TRUTH && !v.truth)
            return v;
        is_unsure |= v.kind == NAIVE_UNKNOWN;
    }
    return is_unsure ? (struct naive_value){0} : naive_truth(true);
}

static inline struct naive_value naive_case(const struct naive *n, const struct expr *x)
{
    for (uint32_t i = 0; i + 1 < x->count; i += 2) {
        struct naive_value v = naive_value(n, x->parts[i]);
        if (v.kind == NAIVE_TRUTH && v.truth)
            return naive_value(n, x->parts[i + 1]);
    }
    return x->count % 2 == 1 ? naive_value(n, x->parts[x->count - 1]) : (struct naive_value){0};
}

static inline struct naive_value naive_value(const struct naive *n, const struct expr *x)
{
    const struct expr_window *each = x->op == EXPR_DID ? x->window : expr_is_comparison(x) ? x->parts[0]->window : NULL;
    if (each != NULL && each->kind == EXPR_IN_EACH)
        return naive_each(n, x, each->span.count);
    if (x->op <= EXPR_AND)
        return naive_joined(n, x);
    if (expr_is_comparison(x))
        return naive_compared(n, x);
    if (expr_is_aggregate(x))
        return naive_gathered(n, x);
    if (x->op >= EXPR_ADD && x->op <= EXPR_DIVIDE)
        return naive_summed(n, x);
    struct naive_value v;
    switch (x->op) {
    case EXPR_NOT:
        v = naive_value(n, x->parts[0]);
        return v.kind == NAIVE_UNKNOWN ? v : naive_truth(!v.truth);
    case EXPR_DURING:
        v = naive_value(n, x->parts[0]);
        v.us = v.kind == NAIVE_TEXT ? naive_date_us(n, v.text, false) : v.us;
        return v.kind == NAIVE_UNKNOWN ? v : naive_truth(naive_within(n, x->window, v.us));
    case EXPR_DID:
        return naive_did(n, x);
    case EXPR_CALL:
        return naive_call(n, x);
    case EXPR_CASE:
        return naive_case(n, x);
    case EXPR_NOW:
        return naive_time(n->now_us);
    case EXPR_TODAY:
        return naive_time(civil_begin_us(n->civil, CIVIL_DAY, naive_day(n, n->now_us)));
    case EXPR_AGO:
        return naive_ago(n, x->span);
    case EXPR_NAME:
        return naive_name(n, x->name);
    default:
        return naive_said(x->values);
    }
}
