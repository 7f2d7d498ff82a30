#include "domain/analytics/measure.h"

#include <math.h>

#include "base/time.h"
#include "domain/analytics/asked_inside.h"
#include "domain/analytics/exchange.h"
#include "domain/analytics/quantity.h"
#include "lib/expr.h"
#include "lib/series.h"

#define MEASURE_TEXT_BYTES_MAX 4096u
#define ANY_EVENT "event"

struct measure {
    enum expr_op op; /* of days_since(first(…).time) EXPR_FIRST, of did EXPR_COUNT compared with 1 */
    double number;   /* of EXPR_VALUE */
    uint32_t count;
    const struct measure *const *parts;
    /* Of an aggregate. */
    enum measure_side side;
    const struct expr_window *window; /* NULL: ever */
    uint32_t pick, lane;
};

bool measure_is_condition(const struct measure *m)
{
    return m->op < EXPR_CALL;
}

/* --- reading --- */

struct reading_measure {
    struct measure_reader *reader;
    struct arena *arena;
    struct json from; /* for the place of what is wrong */
    enum measure_side side;
    struct err *e;
};

#define WRONG(r, at, ...) wrong_at((r), (at), arena_printf((r)->arena, __VA_ARGS__))

static struct status wrong_at(const struct reading_measure *r, uint32_t place, const char *words)
{
    char text[EXPR_PLACE_BYTES];
    return asked_wrong(r->from, r->e, "%s%s", expr_place_text(place, text), words);
}

bool measure_source_find(const struct question *q, struct bytes name, struct measure_source *out)
{
    static_assert(COUNT_OF(out->events) == EVENTS_A_NAME_MAX, "a name's events have room");
    const char *label;
    for (size_t end = name.size; end > 0; end--) {
        struct bytes event = bytes_slice(name, 0, end);
        if (end < name.size && name.data[end] != '.')
            continue;
        *out = (struct measure_source){.path = end < name.size ? bytes_slice(name, end + 1, name.size) : BYTES_NONE,
                                       .label_zh = "任意事件"};
        if (bytes_equal(event, BYTES_LIT(ANY_EVENT)))
            return true;
        out->count = name_book_events(q->names, event, out->events, &label, &out->label_zh);
        if (out->count > 0)
            return true;
    }
    return false;
}

static fallible where_may(struct reading_measure *r, const struct expr *x)
{
    struct err wrong = {0};
    if (r->reader->may == NULL)
        return DONE;
    if (x->op == EXPR_NAME && failed(r->reader->may(r->reader->context, x->name, &wrong)))
        return WRONG(r, x->place, "%s", wrong.text);
    for (uint32_t i = 0; x->op != EXPR_VALUE && i < x->count; i++)
        TRY(where_may(r, x->parts[i]));
    return DONE;
}

static fallible pick_make(struct reading_measure *r, const struct expr_step *step, struct pick *out,
                          struct bytes *out_path)
{
    struct question *q = r->reader->asked->question;
    uint16_t *events = ARENA_ARRAY(r->arena, uint16_t, (size_t)step->name_count * EVENTS_A_NAME_MAX);
    struct filter_reader filters = asked_reader(r->reader->asked);
    struct err wrong = {0};
    struct measure_source source;
    uint32_t count = 0;
    bool is_any = false;
    for (uint32_t i = 0; i < step->name_count; i++) {
        if (!measure_source_find(q, step->names[i], &source))
            return WRONG(r, step->place, "there is no event \"%.*s\"; did you mean \"%s\"?", BYTES_ARG(step->names[i]),
                         name_book_nearest_event(q->names, step->names[i]));
        memcpy(events + count, source.events, source.count * sizeof *events);
        count += source.count;
        is_any = is_any || source.count == 0;
        *out_path = source.path;
    }
    if (step->path.size > 0)
        *out_path = step->path;
    *out = (struct pick){.label = "", .label_zh = "", .event_count = is_any ? 0 : count, .events = events};
    if (step->where == NULL)
        return DONE;
    TRY(where_may(r, step->where));
    return failed(filter_of(&filters, step->where, &out->filter, &wrong)) ? WRONG(r, step->place, "%s", wrong.text)
                                                                          : DONE;
}

/* What makes two picks one: their events and their condition. */
static struct bytes pick_text(struct reading_measure *r, const struct pick *pick, const struct expr_step *step)
{
    struct buf text = arena_buf(r->arena, 2 * MEASURE_TEXT_BYTES_MAX);
    buf_push(&text, bytes_of(pick->events, pick->event_count * sizeof *pick->events));
    buf_push_text(&text, " ");
    if (step->where != NULL)
        expr_print(step->where, &text);
    return buf_bytes(&text);
}

static fallible pick_take(struct reading_measure *r, const struct expr_step *step, uint32_t *out_pick,
                          struct bytes *out_path)
{
    struct measure_reader *reader = r->reader;
    struct plan *plan = &reader->asked->question->plan;
    struct pick pick;
    TRY(pick_make(r, step, &pick, out_path));
    struct bytes text = pick_text(r, &pick, step);
    for (uint32_t i = 0; i < reader->pick_count; i++)
        if (bytes_equal(reader->picks[i].text, text)) {
            *out_pick = reader->picks[i].number;
            return DONE;
        }
    if (plan->pick_count == PICKS_MAX)
        return WRONG(r, step->place,
                     "a prediction looks at %u kinds of events at most: events with conditions count apart", PICKS_MAX);
    *out_pick = plan->pick_count;
    plan->picks[plan->pick_count++] = pick;
    reader->picks[reader->pick_count].text = text;
    reader->picks[reader->pick_count++].number = *out_pick;
    return DONE;
}

static fallible lane_take(struct reading_measure *r, uint32_t place, struct bytes name, uint32_t *out_lane)
{
    struct measure_reader *reader = r->reader;
    struct question *q = reader->asked->question;
    struct filter_reader filters = asked_reader(r->reader->asked);
    const struct path *path;
    struct err wrong = {0};
    if (reader->may != NULL && failed(reader->may(reader->context, name, &wrong)))
        return WRONG(r, place, "%s", wrong.text);
    for (uint32_t i = 0; i < reader->lane_count; i++)
        if (bytes_equal(reader->lanes[i].text, name)) {
            *out_lane = reader->lanes[i].number;
            return DONE;
        }
    if (failed(path_of(&filters, name, &path, &wrong)))
        return WRONG(r, place, "%s", wrong.text);
    if (q->plan.lane_count == LANES_MAX)
        return WRONG(r, place, "a prediction reads %u values of events at most", LANES_MAX);
    bool is_money = q->currency != CURRENCY_NONE && path_is_money(path);
    *out_lane = q->plan.lane_count;
    q->plan.lanes[q->plan.lane_count++] = (struct lane_ask){
        .path = path, .kind = LANE_QUANTITIES, .of = LANE_SUM, .is_money = is_money};
    reader->lanes[reader->lane_count].text = name;
    reader->lanes[reader->lane_count++].number = *out_lane;
    return DONE;
}

static fallible window_check(const struct reading_measure *r, const struct expr *x)
{
    const struct expr_window *w = x->window;
    if (w == NULL)
        return DONE;
    if (r->side == MEASURE_AFTER)
        return WRONG(r, w->place, "what is foretold has no window of its own: it is what happens within \"horizon\"");
    if (w->kind != EXPR_IN_LAST && w->kind != EXPR_WITHIN && w->kind != EXPR_IN_THIS)
        return WRONG(r, w->place,
                     "features have windows that move with the day they are of: in last …, within …, in this …");
    return expr_span_days_most(w->span) <= SERIES_MOST_MAX
               ? DONE
               : WRONG(r, w->place, "want at most %u days: ask without a window", SERIES_MOST_MAX);
}

static fallible aggregate_read(struct reading_measure *r, const struct expr *x, enum expr_op op, struct measure *out)
{
    struct bytes path;
    bool wants_value = op == EXPR_SUM || op == EXPR_AVG || op == EXPR_MIN || op == EXPR_MAX;
    TRY(window_check(r, x));
    *out = (struct measure){.op = op, .side = r->side, .window = x->window};
    TRY(pick_take(r, &x->steps[0], &out->pick, &path));
    if (wants_value != (path.size > 0))
        return wants_value ? WRONG(r, x->place, "%s of what? say it behind the event: %s(order_paid.amount)",
                                   expr_op_names[op], expr_op_names[op])
                           : WRONG(r, x->place, "%s takes events and no value of them", expr_op_names[op]);
    return wants_value ? lane_take(r, x->place, path, &out->lane) : DONE;
}

static fallible node_read(struct reading_measure *r, const struct expr *x, const struct measure **out);

static const struct measure *number_of(struct reading_measure *r, double number)
{
    struct measure *m = ARENA_NEW(r->arena, struct measure);
    *m = (struct measure){.op = EXPR_VALUE, .number = number};
    return m;
}

/* As a count of at least one. */
static fallible did_read(struct reading_measure *r, const struct expr *x, struct measure *out)
{
    struct measure *count = ARENA_NEW(r->arena, struct measure);
    const struct measure **parts = ARENA_ARRAY(r->arena, const struct measure *, 2);
    if (x->step_count != 1 || x->is_first_time)
        return WRONG(r, x->place, "of a prediction did() has one step: sequences go into a tag");
    TRY(aggregate_read(r, x, EXPR_COUNT, count));
    parts[0] = count;
    parts[1] = number_of(r, 1);
    *out = (struct measure){.op = EXPR_AT_LEAST, .count = 2, .parts = parts};
    return DONE;
}

static fallible call_read(struct reading_measure *r, const struct expr *x, struct measure *out)
{
    const struct expr *of = x->count == 1 ? x->parts[0] : NULL;
    bool is_time = of != NULL && (of->op == EXPR_FIRST || of->op == EXPR_LAST) &&
                   bytes_equal(of->member, BYTES_LIT("time"));
    if (!bytes_equal(x->name, BYTES_LIT("days_since")) || !is_time)
        return WRONG(r, x->place,
                     "of a prediction the only call is days_since(last(…).time), or of first(…); traits, tags and "
                     "segments stand in \"traits\", \"tags\" and \"segments\"");
    if (r->side == MEASURE_AFTER)
        return WRONG(r, x->place, "what is foretold counts or sums: it has no days since");
    return aggregate_read(r, of, of->op, out);
}

static fallible value_read(struct reading_measure *r, const struct expr *x, struct measure *out)
{
    const struct expr_value *v = &x->values[0];
    if (x->count != 1 || v->kind == EXPR_TEXT)
        return WRONG(r, x->place, "a prediction compares numbers: texts go behind where");
    double number = v->kind == EXPR_REAL   ? v->real
                    : v->kind == EXPR_BOOL ? (double)v->truth
                                           : (double)v->mantissa / pow(10, v->scale);
    *out = (struct measure){.op = EXPR_VALUE, .number = number};
    return DONE;
}

static bool is_combined(enum expr_op op)
{
    return (op >= EXPR_OR && op <= EXPR_BETWEEN) || op == EXPR_KNOWN || op == EXPR_UNKNOWN ||
           (op >= EXPR_ADD && op <= EXPR_MINUS);
}

static fallible node_read(struct reading_measure *r, const struct expr *x, const struct measure **out)
{
    struct measure *m = ARENA_NEW(r->arena, struct measure);
    *out = m;
    if (x->op == EXPR_VALUE)
        return value_read(r, x, m);
    if (x->op == EXPR_DID)
        return did_read(r, x, m);
    if (x->op == EXPR_CALL)
        return call_read(r, x, m);
    if (x->op >= EXPR_COUNT && x->op <= EXPR_DAYS)
        return aggregate_read(r, x, x->op, m);
    if (!is_combined(x->op))
        return WRONG(r, x->place,
                     "a prediction is of count, sum, avg, min, max, days, did and days_since, with + - * / and "
                     "comparisons of them");
    const struct measure **parts = ARENA_ARRAY(r->arena, const struct measure *, x->count);
    for (uint32_t i = 0; i < x->count; i++)
        TRY(node_read(r, x->parts[i], &parts[i]));
    *m = (struct measure){.op = x->op, .count = x->count, .parts = parts};
    return DONE;
}

fallible measure_read(struct measure_reader *reader, struct json from, enum measure_side side,
                      const struct measure **out, struct err *e)
{
    struct arena *arena = reader->asked->question->arena;
    struct reading_measure r = {.reader = reader, .arena = arena, .from = from, .side = side, .e = e};
    struct err wrong = {0};
    const struct expr *tree;
    struct bytes text = json_string(from);
    if (!json_is(from, JSON_STRING) || text.size > MEASURE_TEXT_BYTES_MAX)
        return asked_wrong(from, e,
                           "want an expression of at most %u bytes, such as \"count(order_paid in last 90 days)\"",
                           MEASURE_TEXT_BYTES_MAX);
    struct status status = expr_read_term(arena, text, &tree, &wrong);
    if (failed(status))
        status = expr_read(arena, text, &tree, &wrong);
    return failed(status) ? asked_wrong(from, e, "%s", wrong.text) : node_read(&r, tree, out);
}

/* --- evaluating --- */

static const enum civil_unit unit_of[EXPR_UNIT_COUNT] = {
    [EXPR_HOUR] = CIVIL_HOUR,   [EXPR_DAY] = CIVIL_DAY,         [EXPR_WEEK] = CIVIL_WEEK,
    [EXPR_MONTH] = CIVIL_MONTH, [EXPR_QUARTER] = CIVIL_QUARTER, [EXPR_YEAR] = CIVIL_YEAR};

/* The day before the instant is the last one that is counted: a window of 14 days before a midnight is of 14 whole days. */
static int64_t window_from(const struct expr_window *w, const struct measure_time *when)
{
    if (w == NULL)
        return TIME_US_MIN;
    if (w->kind == EXPR_WITHIN)
        return when->at_us - expr_span_us(w->span);
    enum civil_unit unit = unit_of[w->span.unit];
    int64_t units = w->kind == EXPR_IN_LAST ? (int64_t)w->span.count : 1;
    return civil_begin_us(when->civil, unit, civil_number(when->civil, unit, when->at_us - 1) - units + 1);
}

static uint32_t place_from(const struct sequence *s, int64_t us)
{
    uint32_t low = 0, high = s->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (s->moments[middle].time_us < us)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* What an aggregate makes of some moments, one after the other. */
struct gauge {
    const struct measure *m;
    const struct measure_time *when;
    uint64_t count, valued;
    int64_t first_us, last_us, last_day;
    uint64_t days;
    struct quantity_sum sum;
    double least, greatest;
};

static double quantity_real(struct quantity x)
{
    return x.is_real ? x.real : (double)x.micro / 1e6;
}

static void gauge_add(struct gauge *g, const struct sequence *s, const struct moment *at)
{
    bool has_value = g->m->op >= EXPR_SUM && g->m->op <= EXPR_MAX && s->lanes[g->m->lane].has[at->row];
    g->first_us = g->count == 0 ? at->time_us : g->first_us;
    g->last_us = at->time_us;
    if (g->m->op == EXPR_DAYS) {
        int64_t day = civil_number(g->when->civil, CIVIL_DAY, at->time_us);
        g->days += g->count == 0 || day != g->last_day;
        g->last_day = day;
    }
    g->count++;
    if (!has_value)
        return;
    struct quantity x = s->lanes[g->m->lane].quantities[at->row];
    quantity_add(&g->sum, x);
    g->least = g->valued == 0 ? quantity_real(x) : fmin(g->least, quantity_real(x));
    g->greatest = g->valued == 0 ? quantity_real(x) : fmax(g->greatest, quantity_real(x));
    g->valued++;
}

static double gauge_value(const struct gauge *g)
{
    switch (g->m->op) {
    case EXPR_COUNT:
        return (double)g->count;
    case EXPR_DAYS:
        return (double)g->days;
    case EXPR_SUM:
        return quantity_double(g->sum);
    case EXPR_AVG:
        return g->valued == 0 ? NAN : quantity_double(g->sum) / (double)g->valued;
    case EXPR_MIN:
        return g->valued == 0 ? NAN : g->least;
    case EXPR_MAX:
        return g->valued == 0 ? NAN : g->greatest;
    default:
        assert(g->m->op == EXPR_FIRST || g->m->op == EXPR_LAST);
        return g->count == 0
                   ? NAN
                   : (double)(g->when->at_us - (g->m->op == EXPR_FIRST ? g->first_us : g->last_us)) / US_PER_DAY;
    }
}

static double aggregate_value(const struct measure *m, const struct measure_time *when, const struct sequence *s)
{
    struct gauge g = {.m = m, .when = when};
    bool is_after = m->side == MEASURE_AFTER;
    int64_t from_us = is_after ? when->at_us : window_from(m->window, when),
            until_us = is_after ? when->until_us : when->at_us;
    for (uint32_t i = s == NULL ? 0 : place_from(s, from_us);
         s != NULL && i < s->count && s->moments[i].time_us < until_us; i++)
        if ((s->moments[i].picks >> m->pick & 1) != 0)
            gauge_add(&g, s, &s->moments[i]);
    return gauge_value(&g);
}

static double truth_of(bool truth)
{
    return truth ? 1 : 0;
}

static double compared(enum expr_op op, double a, double b)
{
    if (isnan(a) || isnan(b))
        return NAN;
    switch (op) {
    case EXPR_EQUAL:
        return truth_of(a == b);
    case EXPR_UNEQUAL:
        return truth_of(a != b);
    case EXPR_LESS:
        return truth_of(a < b);
    case EXPR_AT_MOST:
        return truth_of(a <= b);
    case EXPR_MORE:
        return truth_of(a > b);
    default:
        assert(op == EXPR_AT_LEAST);
        return truth_of(a >= b);
    }
}

/* Of or 1 decides, of and 0; else unknown where any is. */
static double joined(const struct measure *m, const struct measure_time *when, const struct sequence *s)
{
    double decides = truth_of(m->op == EXPR_OR), all = 1 - decides;
    for (uint32_t i = 0; i < m->count; i++) {
        double part = measure_value(m->parts[i], when, s);
        if (part == decides)
            return decides;
        all = isnan(part) ? NAN : all;
    }
    return all;
}

static double calculated(enum expr_op op, double a, double b)
{
    switch (op) {
    case EXPR_ADD:
        return a + b;
    case EXPR_SUBTRACT:
        return a - b;
    case EXPR_MULTIPLY:
        return a * b;
    default:
        assert(op == EXPR_DIVIDE);
        return b == 0 ? NAN : a / b;
    }
}

double measure_value(const struct measure *m, const struct measure_time *when, const struct sequence *s)
{
    if (m->op == EXPR_VALUE)
        return m->number;
    if (m->count == 0)
        return aggregate_value(m, when, s);
    if (m->op == EXPR_OR || m->op == EXPR_AND)
        return joined(m, when, s);
    double a = measure_value(m->parts[0], when, s);
    switch (m->op) {
    case EXPR_NOT:
        return 1 - a;
    case EXPR_MINUS:
        return -a;
    case EXPR_KNOWN:
        return truth_of(!isnan(a));
    case EXPR_UNKNOWN:
        return truth_of(isnan(a));
    case EXPR_BETWEEN:
        return compared(EXPR_AT_LEAST, a, measure_value(m->parts[1], when, s)) *
               compared(EXPR_AT_MOST, a, measure_value(m->parts[2], when, s));
    default:
        break;
    }
    if (m->op < EXPR_CALL)
        return compared(m->op, a, measure_value(m->parts[1], when, s));
    for (uint32_t i = 1; i < m->count; i++)
        a = calculated(m->op, a, measure_value(m->parts[i], when, s));
    return a;
}
