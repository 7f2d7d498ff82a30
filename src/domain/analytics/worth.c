#include "domain/analytics/worth.h"

#include "domain/analytics/activity.h"

fallible asked_worth(struct asked *a, uint32_t pick, bool must, struct worth *out_worth, struct err *e)
{
    struct plan *plan = &a->question->plan;
    struct worth w = {.pick = pick};
    bool has_refunded;
    enum lane_of of = json_is(json_find(a->body, BYTES_LIT("times")), JSON_ABSENT) ? LANE_SUM : LANE_VALUE;
    TRY(asked_lane(a, "value", LANE_QUANTITIES, of, must, &w.has_value, &w.value, e));
    TRY(asked_lane(a, "times", LANE_QUANTITIES, of, false, &w.has_times, &w.times, e));
    TRY(asked_pick_else(a, "refund", PICK_NONE, &w.refund, e));
    w.has_refund = w.refund != PICK_NONE;
    TRY(asked_lane(a, "refund_value", LANE_QUANTITIES, of, false, &has_refunded, &w.refunded, e));
    if (!has_refunded)
        w.refunded = w.value;
    if (!w.has_value && (w.has_times || w.has_refund || has_refunded))
        return asked_missing(a, "value", e);
    plan->by_item = w.has_times;
    *out_worth = w;
    return DONE;
}

/* The lane's value of the moment, times how often; false: it has none. */
static bool value_of(const struct worth *w, uint32_t lane, const struct sequence *s, uint32_t row, struct quantity *out_value)
{
    if (!s->lanes[lane].has[row] || (w->has_times && !s->lanes[w->times].has[row]))
        return false;
    *out_value = s->lanes[lane].quantities[row];
    if (w->has_times)
        *out_value = quantity_times(*out_value, s->lanes[w->times].quantities[row]);
    return true;
}

void worth_add(const struct worth *w, const struct sequence *s, const struct moment *m, struct quantity_sum *io_sum)
{
    struct quantity value;
    if (w->has_value && moment_is(m, w->pick) && value_of(w, w->value, s, m->row, &value))
        quantity_add(io_sum, value);
    if (w->has_refund && moment_is(m, w->refund) && value_of(w, w->refunded, s, m->row, &value))
        quantity_less(io_sum, value);
}
