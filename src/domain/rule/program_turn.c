/* Turns: when time alone might change a value. What falls out of a window says so itself (program_tally.c, program_sequence.c); of a term that moves with time,
 * compared with one that stands, the instant is searched for: it moves one way only, so its order to the other changes once and for all. */
#include "base/time.h"
#include "domain/rule/program_inside.h"

int64_t earlier(int64_t x_us, int64_t y_us)
{
    return x_us < y_us ? x_us : y_us;
}

static int64_t next_midnight(const struct evaluation *ev)
{
    return day_begin_us(ev, today_of(ev) + 1);
}

static int64_t parts_turn(const struct evaluation *ev, const struct node *n)
{
    int64_t turn_us = INT64_MAX;
    for (uint32_t i = 0; i < n->count; i++)
        turn_us = earlier(turn_us, node_turn(ev, n->parts[i]));
    return turn_us;
}

/* --- what moves, compared with what stands --- */

/* The turn of what is inside that doesn't move. */
static int64_t standing_turn(const struct evaluation *ev, const struct node *n)
{
    int64_t turn_us = INT64_MAX;
    if (n->motion == STANDS)
        return node_turn(ev, n);
    for (uint32_t i = 0; i < n->count; i++)
        turn_us = earlier(turn_us, standing_turn(ev, n->parts[i]));
    return turn_us;
}

/* Until when it moves one way: days to an anniversary jump back once it has been. */
static int64_t one_way_until(const struct evaluation *ev, const struct node *n)
{
    int64_t until_us = INT64_MAX;
    if (n->op == NODE_DAYS && n->days == DAYS_TO_ANNIVERSARY) {
        struct rule_value days = node_value(ev, n);
        return days.is_known ? day_begin_us(ev, today_of(ev) + (int64_t)(days.number / NUMBER_ONE) + 1) : INT64_MAX;
    }
    for (uint32_t i = 0; i < n->count; i++)
        until_us = earlier(until_us, one_way_until(ev, n->parts[i]));
    return until_us;
}

/* A search over instants, or over days. */
struct search {
    const struct evaluation *ev;
    const struct node *mover;
    const struct node *other;
    const struct rule_value *value; /* of the other */
    bool by_day;
};

static int64_t instant_of(const struct search *s, int64_t number)
{
    return s->by_day ? day_begin_us(s->ev, number) : number;
}

static int order_at(const struct search *s, int64_t us)
{
    struct evaluation then = *s->ev;
    then.now_us = us;
    struct rule_value value = node_value(&then, s->mover);
    return terms_order(&then, s->mover, &value, s->other, s->value);
}

/* The first instant after now, and before limit_us, at which the order is another one; limit_us: there is none. */
static int64_t order_changes(const struct search *s, int64_t limit_us)
{
    const int64_t end_us = earlier(limit_us, TIME_US_END - 1);
    int order = order_at(s, s->ev->now_us);
    int64_t same = s->ev->now_us, other = end_us - 1;
    if (s->by_day) {
        same = today_of(s->ev);
        other = civil_number(s->ev->reading->civil, CIVIL_DAY, end_us - 1);
    }
    if (other <= same || order_at(s, instant_of(s, other)) == order)
        return limit_us;
    while (other - same > 1) {
        int64_t middle = same + (other - same) / 2;
        if (order_at(s, instant_of(s, middle)) == order)
            same = middle;
        else
            other = middle;
    }
    return instant_of(s, other);
}

static int64_t mover_turn(const struct evaluation *ev, const struct node *n, uint32_t mover, int64_t turn_us)
{
    int64_t limit_us = earlier(turn_us, one_way_until(ev, n->parts[mover]));
    for (uint32_t i = 0; i < n->count; i++) {
        const struct rule_value *list;
        uint32_t count = i == mover ? 0 : term_values(ev, n->parts[i], &list);
        for (uint32_t k = 0; k < count; k++) {
            const struct search search = {ev, n->parts[mover], n->parts[i], &list[k],
                                          n->parts[mover]->motion == MOVES_BY_DAY};
            limit_us = order_changes(&search, limit_us);
        }
    }
    return limit_us;
}

/* --- counts, which time only lessens --- */

/* Whether a comparison is of a count of events, with a number. */
static bool compares_count(const struct node *n)
{
    if (n->expr > EXPR_AT_LEAST || n->parts[0]->op != NODE_TALLY || n->parts[1]->op != NODE_CONSTANT)
        return false;
    const struct node *tally = n->parts[0];
    const struct rule_value *said = &n->parts[1]->value;
    return tally->expr == EXPR_COUNT && tally->feature->of == FEATURE_EVENTS && said->is_known &&
           said->type == RULE_NUMBER && said->number >= INT64_MIN && said->number <= INT64_MAX;
}

static bool window_moves(const struct node *tally)
{
    return tally->window != NULL && tally->window->kind < EXPR_FROM && tally->window->kind != EXPR_IN_EACH;
}

static bool is_of_count(const struct node *n)
{
    return compares_count(n) && window_moves(n->parts[0]);
}

/* The count below which the comparison may say something else than it says now. Of what is equal that depends on the count itself. */
static int64_t count_wanted(const struct evaluation *ev, const struct node *n)
{
    const int64_t threshold = (int64_t)n->parts[1]->value.number, whole = threshold / NUMBER_ONE;
    bool is_met_by_it = n->expr == EXPR_AT_LEAST || n->expr == EXPR_LESS;
    if (threshold < 0)
        return 0;
    if (n->expr == EXPR_EQUAL || n->expr == EXPR_UNEQUAL)
        is_met_by_it = node_value(ev, n->parts[0]).number <= threshold;
    return is_met_by_it && threshold % NUMBER_ONE == 0 ? whole : whole + 1;
}

/* When enough has fallen out of the window: most of what a person does only puts this off. */
static int64_t count_turn(const struct evaluation *ev, const struct node *n)
{
    int64_t wanted = count_wanted(ev, n);
    return wanted == 0 ? INT64_MAX : tally_falls(ev, n->parts[0], (uint64_t)wanted);
}

static int64_t compare_turn(const struct evaluation *ev, const struct node *n)
{
    int64_t turn_us = INT64_MAX;
    if (ev->unit == UNIT_ALL && is_of_count(n))
        return count_turn(ev, n);
    for (uint32_t i = 0; i < n->count; i++)
        turn_us = earlier(turn_us, standing_turn(ev, n->parts[i]));
    if (n->is_mixed)
        return parts_turn(ev, n);
    for (uint32_t i = 0; i < n->count; i++)
        if (n->parts[i]->motion != STANDS)
            return mover_turn(ev, n, i, turn_us);
    return turn_us;
}

/* --- others --- */

/* When a time comes into a window, or falls out of it. */
static int64_t during_turn(const struct evaluation *ev, const struct node *n)
{
    int64_t turn_us = parts_turn(ev, n);
    struct rule_value time = node_value(ev, n->parts[0]);
    struct span_us window = window_instants(ev, n, ev->now_us);
    if (n->is_mixed || !time.is_known || n->window->kind >= EXPR_FROM || time.time_us < window.from_us)
        return turn_us;
    if (n->window->kind == EXPR_WITHIN)
        return earlier(turn_us, time.time_us > ev->now_us ? time.time_us : time.time_us + n->rolling_us);
    int64_t day = civil_number(ev->reading->civil, CIVIL_DAY, time.time_us);
    if (time.time_us < window.until_us)
        return earlier(turn_us, window_day_leaves(ev, n, day));
    return earlier(turn_us, day_begin_us(ev, n->window->kind == EXPR_IN_THIS ? window_days(ev, n, day).from : day));
}

static int64_t has_turn(const struct evaluation *ev, const struct node *n)
{
    struct evaluation inside = *ev;
    const struct rule_relation *list;
    size_t count = open_relations(ev, n, &list);
    int64_t turn_us = INT64_MAX;
    for (size_t i = 0; i < count; i++) {
        inside.relation = &list[i];
        turn_us = earlier(turn_us, list[i].since_us > ev->now_us ? list[i].since_us : parts_turn(&inside, n));
    }
    return turn_us;
}

static int64_t consent_turn(const struct evaluation *ev, const struct node *n)
{
    const struct reading *r = ev->reading;
    int64_t turn_us = INT64_MAX;
    if (r->consents != NULL)
        (void)r->consents(r->context, n->name, n->second, ev->now_us, &turn_us);
    return turn_us;
}

/* What decides it as it is, a part that is false of `and`, one that is true of `or`, keeps it so until its own turn; several do so until the last of theirs. */
static int64_t joined_turn(const struct evaluation *ev, const struct node *n)
{
    bool is_or = n->op == NODE_OR, is_decided = false;
    int64_t turn_us = ev->now_us;
    for (uint32_t i = 0; i < n->count; i++) {
        struct rule_value part = node_value(ev, n->parts[i]);
        if (!part.is_known || part.truth != is_or)
            continue;
        int64_t part_us = node_turn(ev, n->parts[i]);
        turn_us = part_us > turn_us ? part_us : turn_us;
        is_decided = true;
    }
    return is_decided ? turn_us : parts_turn(ev, n);
}

static int64_t list_turn(const struct evaluation *ev, const struct node *n)
{
    const struct reading *r = ev->reading;
    struct value value;
    int64_t turn_us = INT64_MAX;
    if (r->list != NULL)
        (void)r->list(r->context, n->number, ev->now_us, &value, &turn_us);
    return turn_us;
}

/* What isn't known today isn't tomorrow. */
static int64_t day_turn(const struct evaluation *ev, const struct node *n)
{
    int64_t turn_us = parts_turn(ev, n);
    return node_value(ev, n).is_known ? earlier(turn_us, next_midnight(ev)) : turn_us;
}

int64_t node_turn(const struct evaluation *ev, const struct node *n)
{
    static int64_t (*const ways[NODE_OP_COUNT])(const struct evaluation *, const struct node *) = {
        [NODE_COMPARE] = compare_turn, [NODE_DURING] = during_turn,   [NODE_SEQUENCE] = sequence_turn,
        [NODE_HAS] = has_turn,         [NODE_CONSENT] = consent_turn, [NODE_TODAY] = day_turn,
        [NODE_DAYS] = day_turn,        [NODE_TALLY] = tally_turn,     [NODE_LISTED] = list_turn,
        [NODE_LIST_VALUE] = list_turn, [NODE_AND] = joined_turn,      [NODE_OR] = joined_turn,
    };
    return ways[n->op] == NULL ? parts_turn(ev, n) : ways[n->op](ev, n);
}

static int64_t turn_at(const struct program *p, const struct reading *r, int64_t now_us, struct arena *scratch)
{
    const struct evaluation ev = {.reading = r, .now_us = now_us, .scratch = scratch, .unit = UNIT_ALL};
    int64_t turn_us = node_turn(&ev, p->root);
    assert(turn_us > now_us);
    return turn_us;
}

int64_t program_turn(const struct program *p, const struct reading *r, struct arena *scratch)
{
    return turn_at(p, r, r->now_us, scratch);
}

static bool is_same(const struct rule_value *x, const struct rule_value *y)
{
    return x->is_known == y->is_known && (!x->is_known || rule_value_compare(x, y) == 0);
}

bool program_is_put_off(const struct program *p)
{
    const struct node *n = p->root;
    return n->op == NODE_COMPARE && n->expr != EXPR_EQUAL && n->expr != EXPR_UNEQUAL && compares_count(n) &&
           (n->parts[0]->window == NULL || window_moves(n->parts[0]));
}

int64_t program_turn_exact(const struct program *p, const struct reading *r, int64_t until_us, struct arena *scratch)
{
    const struct rule_value now = program_value(p, r, scratch);
    for (int64_t us = turn_at(p, r, r->now_us, scratch); us <= until_us && us < INT64_MAX;
         us = turn_at(p, r, us, scratch)) {
        struct rule_value then = program_value_at(p, r, us, scratch);
        if (!is_same(&now, &then))
            return us;
    }
    return INT64_MAX;
}
