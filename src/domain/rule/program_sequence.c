/* Sequences: steps one after the other, out of entries that say which steps each event was.
 *
 * An event comes after another one when it is later, or of the same time with a greater key. From where a sequence begins, entries are gone through once,
 * with the set of steps that are reached: `then no` in between takes back what was reached before it. Where the time is bounded, each beginning is tried by
 * itself, up to its end; else all at once. */
#include <stdlib.h>

#include "domain/rule/program_inside.h"

struct taken {
    int64_t us;
    struct bytes key;
    uint64_t steps;
};

static int taken_order(const void *a, const void *b)
{
    const struct taken *x = a, *y = b;
    if (x->us != y->us)
        return x->us < y->us ? -1 : 1;
    return bytes_compare(x->key, y->key);
}

/* Those of the window, in order. */
static size_t taken_of(const struct evaluation *ev, const struct node *n, struct taken **out_list)
{
    struct span_us window = window_instants(ev, n, ev->now_us);
    struct series_walk walk = feature_series(ev, n);
    struct series_entry entry;
    size_t count = 0;
    *out_list = ARENA_ARRAY(ev->scratch, struct taken, walk.count);
    while (series_next(&walk, &entry))
        if (entry.bucket >= window.from_us && entry.bucket < window.until_us)
            (*out_list)[count++] = (struct taken){entry.bucket, entry.key, entry.count};
    qsort(*out_list, count, sizeof **out_list, taken_order);
    return count;
}

static bool is_step(uint64_t steps, uint32_t k)
{
    return (steps >> k & 1) != 0;
}

/* The step to be taken before step k; of the first none (UINT32_MAX). */
static uint32_t step_before(const struct node *n, uint32_t k)
{
    while (k > 0 && is_step(n->absent_steps, k - 1))
        k--;
    return k - 1;
}

/* What is reached when an event has been looked at that was `steps`. */
static uint64_t reached_next(const struct node *n, uint64_t reached, uint64_t steps, bool may_begin)
{
    const uint64_t reached_before = reached;
    uint64_t now = 0;
    for (uint32_t k = 0; k < n->step_count; k++) {
        uint32_t before = step_before(n, k);
        if (!is_step(steps, k))
            continue;
        if (is_step(n->absent_steps, k)) /* of the step before it, which was taken before this event */
            reached &= ~(UINT64_C(1) << before);
        else if (before == UINT32_MAX ? may_begin : is_step(reached_before, before))
            now |= UINT64_C(1) << k;
    }
    return reached | now;
}

/* Whether a sequence holds that begins at `from`, or with `is_any` there or later, and of which nothing counts from until_us on. */
static bool holds_from(const struct node *n, const struct taken *list, size_t count, size_t from, bool is_any,
                       int64_t until_us)
{
    bool ends_absent = is_step(n->absent_steps, n->step_count - 1);
    uint32_t last = step_before(n, n->step_count);
    uint64_t reached = 0;
    for (size_t i = from; i < count && list[i].us < until_us; i++) {
        reached = reached_next(n, reached, list[i].steps, is_any || i == from);
        if (!ends_absent && is_step(reached, last))
            return true;
    }
    return is_step(reached, last);
}

struct rule_value sequence_value(const struct evaluation *ev, const struct node *n)
{
    struct taken *list;
    size_t count = taken_of(ev, n, &list);
    bool ends_absent = is_step(n->absent_steps, n->step_count - 1);
    if (n->bound_us == 0)
        return rule_truth(holds_from(n, list, count, 0, true, INT64_MAX));
    for (size_t i = 0; i < count; i++) {
        int64_t end_us = list[i].us + n->bound_us;
        bool is_over = end_us <= ev->now_us || !ends_absent;
        if (is_step(list[i].steps, 0) && is_over && holds_from(n, list, count, i, false, end_us + 1))
            return rule_truth(true);
    }
    return rule_truth(false);
}

int64_t sequence_turn(const struct evaluation *ev, const struct node *n)
{
    struct taken *list;
    size_t count = taken_of(ev, n, &list);
    int64_t turn_us = INT64_MAX;
    bool waits = n->bound_us > 0 && is_step(n->absent_steps, n->step_count - 1);
    bool is_fixed = n->window == NULL || n->window->kind >= EXPR_FROM;
    for (size_t i = 0; waits && i < count; i++)
        if (is_step(list[i].steps, 0) && list[i].us + n->bound_us > ev->now_us)
            turn_us = earlier(turn_us, list[i].us + n->bound_us);
    if (is_fixed || count == 0)
        return turn_us;
    if (n->window->kind == EXPR_WITHIN)
        return earlier(turn_us, list[0].us + n->rolling_us);
    if (n->window->kind == EXPR_IN_EACH)
        return earlier(turn_us, day_begin_us(ev, today_of(ev) + 1));
    return earlier(turn_us, window_day_leaves(ev, n, civil_number(ev->reading->civil, CIVIL_DAY, list[0].us)));
}

/* --- how far it came, for who asks why --- */

uint32_t sequence_steps(const struct node *n, uint32_t until)
{
    uint32_t steps = 0;
    for (uint32_t k = 0; k < until; k++)
        steps += !is_step(n->absent_steps, k);
    return steps;
}

/* The most steps that were taken in order from an entry on, before until_us. */
static uint32_t reached_from(const struct node *n, const struct taken *list, size_t count, size_t from, int64_t until_us)
{
    uint64_t reached = 0, ever = 0;
    for (size_t i = from; i < count && list[i].us < until_us; i++) {
        reached = reached_next(n, reached, list[i].steps, i == from || n->bound_us == 0);
        ever |= reached;
    }
    return ever == 0 ? 0 : sequence_steps(n, 64 - (uint32_t)__builtin_clzll(ever));
}

uint32_t sequence_reached(const struct evaluation *ev, const struct node *n)
{
    struct taken *list;
    size_t count = taken_of(ev, n, &list);
    uint32_t most = 0;
    if (n->bound_us == 0)
        return reached_from(n, list, count, 0, INT64_MAX);
    for (size_t i = 0; i < count; i++) {
        uint32_t reached = is_step(list[i].steps, 0) ? reached_from(n, list, count, i, list[i].us + n->bound_us + 1) : 0;
        most = reached > most ? reached : most;
    }
    return most;
}
