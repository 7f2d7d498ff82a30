/* Windows: which days and instants they are as of now. All move one way as time goes on. */
#include "base/time.h"
#include "domain/rule/program_inside.h"

#define DAYS_A_WEEK 7
#define MONTHS_A_QUARTER 3
#define MONTHS_A_YEAR 12

int64_t today_of(const struct evaluation *ev)
{
    return civil_number(ev->reading->civil, CIVIL_DAY, ev->now_us);
}

int64_t day_begin_us(const struct evaluation *ev, int64_t day)
{
    return civil_begin_us(ev->reading->civil, CIVIL_DAY, day);
}

/* The first day of the month that comes so many after another one. */
static int64_t month_begin(struct civil_date date, int64_t months)
{
    int64_t month = (int64_t)date.year * MONTHS_A_YEAR + date.month - 1 + months;
    return day_of_civil((struct civil_date){
        .year = (int32_t)(month / MONTHS_A_YEAR), .month = (uint8_t)(month % MONTHS_A_YEAR + 1), .day = 1});
}

/* The day so many months before with the same number. false: that month has no such day; then it is the first of the next. */
static bool same_day_before(int64_t day, int64_t months, int64_t *out_day)
{
    struct civil_date date = civil_of_day((int32_t)day);
    int64_t first = month_begin(date, -months), next = month_begin(date, 1 - months);
    bool is_there = first + date.day - 1 < next;
    *out_day = is_there ? first + date.day - 1 : next;
    return is_there;
}

/* Months of a unit; 0: it is of days. */
static int64_t unit_months(enum expr_unit unit)
{
    return unit == EXPR_MONTH ? 1 : unit == EXPR_QUARTER ? MONTHS_A_QUARTER : unit == EXPR_YEAR ? MONTHS_A_YEAR : 0;
}

/* The first day of the last so many units, today being the last one of them. */
static int64_t units_begin(int64_t today, enum expr_unit unit, int64_t count)
{
    int64_t months = unit_months(unit) * count, day;
    if (months == 0)
        return today - count * (unit == EXPR_WEEK ? DAYS_A_WEEK : 1) + 1;
    return same_day_before(today, months, &day) ? day + 1 : day;
}

int64_t ago_us(const struct civil *civil, struct expr_span span, int64_t now_us)
{
    if (span.unit <= EXPR_HOUR)
        return now_us - expr_span_us(span);
    int64_t today = civil_number(civil, CIVIL_DAY, now_us),
            behind_us = now_us - civil_begin_us(civil, CIVIL_DAY, today);
    int64_t months = unit_months(span.unit) * span.count, day = today;
    bool is_there = true;
    if (months > 0)
        is_there = same_day_before(today, months, &day);
    else
        day = today - (int64_t)span.count * (span.unit == EXPR_WEEK ? DAYS_A_WEEK : 1);
    int64_t begin_us = civil_begin_us(civil, CIVIL_DAY, day), next_us = civil_begin_us(civil, CIVIL_DAY, day + 1);
    if (!is_there)
        return begin_us;
    return begin_us + behind_us < next_us ? begin_us + behind_us : next_us - 1;
}

int64_t anniversary_from(int64_t day, unsigned month, unsigned day_of_month)
{
    struct civil_date date = {.year = civil_of_day((int32_t)day).year, .month = (uint8_t)month};
    for (;; date.year++) {
        date.day = 1;
        int64_t first = day_of_civil(date), length = month_begin(date, 1) - first;
        int64_t anniversary = first + (day_of_month > length ? length : day_of_month) - 1;
        if (anniversary >= day)
            return anniversary;
    }
}

static struct span_days this_unit(const struct civil *civil, enum expr_unit unit, int64_t now_us)
{
    static const enum civil_unit civil_units[EXPR_UNIT_COUNT] = {
        [EXPR_WEEK] = CIVIL_WEEK, [EXPR_MONTH] = CIVIL_MONTH, [EXPR_QUARTER] = CIVIL_QUARTER, [EXPR_YEAR] = CIVIL_YEAR};
    enum civil_unit of = civil_units[unit];
    int64_t number = civil_number(civil, of, now_us);
    return (struct span_days){civil_number(civil, CIVIL_DAY, civil_begin_us(civil, of, number)),
                              civil_number(civil, CIVIL_DAY, civil_begin_us(civil, of, number + 1)) - 1};
}

struct span_days window_days(const struct evaluation *ev, const struct node *n, int64_t today)
{
    const struct expr_window *w = n->window;
    const struct civil *civil = ev->reading->civil;
    if (w == NULL)
        return (struct span_days){-SERIES_BUCKET_MAX, SERIES_BUCKET_MAX};
    switch (w->kind) {
    case EXPR_IN_LAST:
        return (struct span_days){units_begin(today, w->span.unit, w->span.count), today};
    case EXPR_IN_THIS:
        return this_unit(civil, w->span.unit, civil_begin_us(civil, CIVIL_DAY, today));
    case EXPR_IN_EACH:
        if (ev->unit == UNIT_ALL)
            return (struct span_days){units_begin(today, w->span.unit, w->span.count), today};
        return (struct span_days){units_begin(today, w->span.unit, ev->unit + 1),
                                  units_begin(today, w->span.unit, ev->unit) - 1};
    default:
        assert(w->kind != EXPR_WITHIN);
        return (struct span_days){
            n->from_us == INT64_MIN ? -SERIES_BUCKET_MAX : civil_number(civil, CIVIL_DAY, n->from_us),
            n->until_us == INT64_MAX ? SERIES_BUCKET_MAX : civil_number(civil, CIVIL_DAY, n->until_us - 1)};
    }
}

struct span_us window_instants(const struct evaluation *ev, const struct node *n, int64_t now_us)
{
    const struct expr_window *w = n->window;
    if (w == NULL || w->kind >= EXPR_FROM)
        return (struct span_us){n->from_us, n->until_us};
    if (w->kind == EXPR_WITHIN)
        return (struct span_us){now_us - n->rolling_us + 1, now_us + 1};
    struct span_days days = window_days(ev, n, civil_number(ev->reading->civil, CIVIL_DAY, now_us));
    return (struct span_us){day_begin_us(ev, days.from), day_begin_us(ev, days.until + 1)};
}

int64_t window_day_leaves(const struct evaluation *ev, const struct node *n, int64_t day)
{
    const struct expr_window *w = n->window;
    if (w->kind == EXPR_IN_LAST && unit_months(w->span.unit) == 0) /* of so many days: no month's length to search by */
        return day_begin_us(ev, day + (int64_t)w->span.count * (w->span.unit == EXPR_WEEK ? DAYS_A_WEEK : 1));
    int64_t in = today_of(ev), out = in + 1, step = 1;
    while (window_days(ev, n, out).from <= day) {
        in = out;
        out += step;
        step *= 2;
    }
    while (out - in > 1) {
        int64_t middle = in + (out - in) / 2;
        if (window_days(ev, n, middle).from <= day)
            in = middle;
        else
            out = middle;
    }
    return day_begin_us(ev, out);
}

/* --- compiling --- */

fallible span_check(struct compiling *c, struct expr_span span, uint32_t place)
{
    if (expr_span_days_most(span) > SERIES_MOST_MAX)
        return FAIL_AT(c, place, INVALID, "want at most %u days: ask without a window, or since a date",
                       SERIES_MOST_MAX);
    return DONE;
}

static struct status date_compile(struct compiling *c, const struct expr_value *said, struct span_us *out)
{
    if (!span_read(c->ask->civil, said->text, out))
        return FAIL_AT(c, said->place, INVALID, "want a date or a time: '2026-11-01', '2026-11-01 09:00'");
    return DONE;
}

/* Of two dates both are in it, of a time and of the end of "before" what comes before it. */
static struct status range_compile(struct compiling *c, const struct expr_window *w, struct node *io_node)
{
    struct span_us from = {.from_us = INT64_MIN}, until = {.from_us = INT64_MAX, .until_us = INT64_MAX};
    if (w->kind != EXPR_BEFORE)
        TRY(date_compile(c, &w->from, &from));
    if (w->kind != EXPR_SINCE)
        TRY(date_compile(c, &w->until, &until));
    io_node->from_us = from.from_us;
    io_node->until_us = w->kind == EXPR_BEFORE ? until.from_us : until.until_us;
    if (io_node->from_us >= io_node->until_us)
        return FAIL_AT(c, w->until.place, INVALID, "the end comes before the beginning");
    return DONE;
}

fallible window_compile(struct compiling *c, const struct expr_window *w, struct node *io_node)
{
    io_node->window = w;
    if (w == NULL)
        return DONE;
    if (w->kind >= EXPR_FROM)
        return range_compile(c, w, io_node);
    if (w->kind == EXPR_IN_EACH && w->span.count > UNITS_MAX)
        return FAIL_AT(c, w->place, INVALID, "\"in each of last\" has at most %u of them", UNITS_MAX);
    TRY(span_check(c, w->span, w->place));
    if (w->kind == EXPR_WITHIN)
        io_node->rolling_us = expr_span_us(w->span);
    return DONE;
}
