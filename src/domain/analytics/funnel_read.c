#include "base/time.h"
#include "domain/analytics/asked_inside.h"
#include "domain/analytics/funnel.h"
#include "engine/domain.h"

#define WINDOW_DAYS_INITIALLY 7
#define WINDOW_DAYS_MAX 366
#define SESSIONS_MAX 12
#define GAP_MINUTES_INITIALLY 30
#define GRACE_MS_MAX 60000

static const char *const order_names[FUNNEL_ORDER_COUNT] = {"ordered", "strict", "any"};
static const char *const entry_names[FUNNEL_ENTRY_COUNT] = {"best", "first"};
static const char *const count_names[FUNNEL_COUNT_COUNT] = {"uniques", "totals", "sessions"};
static const char *const within_names[FUNNEL_WITHIN_COUNT] = {"span", "same_day", "sessions"};

static const struct member_rule exclusion_members[] = {
    {"event", "the event", "事件"},
    {"after", "a step's number, from 1", "在第几步之后"},
    {"before", "a later step's number", "在第几步之前"},
};

static fallible window_read(struct asked *a, struct funnel *f, struct err *e)
{
    size_t within;
    TRY(asked_choice(a, "within", within_names, FUNNEL_WITHIN_COUNT, FUNNEL_SPAN, &within, e));
    f->within = (enum funnel_within)within;
    TRY(asked_span(a, "window", WINDOW_DAYS_INITIALLY * US_PER_DAY, WINDOW_DAYS_MAX * US_PER_DAY, &f->window_us, e));
    TRY(asked_number(a, "sessions", 1, 1, SESSIONS_MAX, &f->session_count, e));
    return asked_span(a, "session_gap", GAP_MINUTES_INITIALLY * US_PER_MINUTE, US_PER_DAY, &f->session_gap_us, e);
}

static fallible exclusion_read(struct asked *a, struct funnel *f, struct json from, struct err *e)
{
    struct asked inner = {a->question, from};
    bool is_name = json_is(from, JSON_STRING);
    int64_t after, before;
    uint32_t pick;
    if (!is_name)
        TRY(asked_members(&inner, TABLE(exclusion_members), e));
    TRY(asked_number(&inner, "after", 1, 1, f->step_count - 1, &after, e));
    TRY(asked_number(&inner, "before", f->step_count, after + 1, f->step_count, &before, e));
    TRY(asked_pick(a, is_name ? from : json_find(from, BYTES_LIT("event")), &pick, e));
    for (int64_t depth = after; depth < before; depth++)
        f->exclusions[depth] |= UINT32_C(1) << pick;
    return DONE;
}

static fallible ends_read(struct asked *a, struct funnel *f, struct err *e)
{
    struct json list = json_find(a->body, BYTES_LIT("exclude")), part;
    bool dedup, fixed;
    bool is_given = !json_is(list, JSON_ABSENT) && !json_is(list, JSON_NULL);
    if (is_given && (!json_is(list, JSON_ARRAY) || json_count(list) > FUNNEL_EXCLUSIONS_MAX))
        return asked_wrong(list, e, "want a list of at most %u exclusions", FUNNEL_EXCLUSIONS_MAX);
    if (json_count(list) > 0 && f->step_count < 2)
        return asked_wrong(list, e, "there is nothing between the steps of a funnel of one");
    for (struct json_walk w = json_items(list); json_item_next(&w, &part);)
        TRY(exclusion_read(a, f, part, e));
    TRY(asked_flag(a, "exclude_person", false, &f->exclude_person, e));
    TRY(asked_flag(a, "dedup", false, &dedup, e));
    TRY(asked_flag(a, "fixed", false, &fixed, e));
    for (uint32_t depth = 1; depth < f->step_count; depth++) {
        uint32_t filled = (UINT32_C(1) << depth) - 1, later = f->step_mask & ~filled & ~(UINT32_C(1) << depth);
        f->kills[depth] = f->exclusions[depth] | (dedup ? filled : 0) | (fixed ? later : 0);
        f->is_free &= f->kills[depth] == 0;
    }
    if (f->order == FUNNEL_ANY && (dedup || fixed))
        return asked_wrong(a->body, e, "\"dedup\" and \"fixed\" are of funnels with an order");
    return DONE;
}

static fallible order_read(struct asked *a, struct funnel *f, struct err *e)
{
    size_t order, entry, count;
    int64_t grace_ms;
    TRY(asked_choice(a, "order", order_names, FUNNEL_ORDER_COUNT, FUNNEL_ORDERED, &order, e));
    TRY(asked_choice(a, "entry", entry_names, FUNNEL_ENTRY_COUNT, FUNNEL_BEST, &entry, e));
    TRY(asked_choice(a, "count", count_names, FUNNEL_COUNT_COUNT, FUNNEL_UNIQUES, &count, e));
    TRY(asked_flag(a, "strict_increase", false, &f->strict_increase, e));
    TRY(asked_number(a, "grace_ms", 0, 0, GRACE_MS_MAX, &grace_ms, e));
    f->order = (enum funnel_order)order;
    f->entry = (enum funnel_entry)entry;
    f->count = (enum funnel_count)count;
    f->grace_us = grace_ms * US_PER_MS;
    f->is_free = f->order == FUNNEL_ORDERED && f->within == FUNNEL_SPAN;
    if (f->grace_us > 0 && (f->order != FUNNEL_ORDERED || f->strict_increase || f->within == FUNNEL_SESSIONS))
        return asked_wrong(a->body, e, "\"grace_ms\" goes with order \"ordered\" within a span or a day, and not with \"strict_increase\"");
    if (f->order == FUNNEL_ANY && f->strict_increase)
        return asked_wrong(a->body, e, "\"strict_increase\" is of funnels with an order");
    return DONE;
}

/* All events that a step may be; of none: any event. */
static void entry_events(const struct plan *plan, const struct funnel *f, struct arena *arena, struct pick *out)
{
    uint32_t steps = f->order == FUNNEL_ANY ? f->step_count : 1, count = 0;
    for (uint32_t k = 0; k < steps; k++) {
        count += plan->picks[k].event_count;
        if (plan->picks[k].event_count == 0)
            return;
    }
    uint16_t *events = ARENA_ARRAY(arena, uint16_t, count);
    out->events = events;
    out->event_count = count;
    for (uint32_t k = 0; k < steps; events += plan->picks[k].event_count, k++)
        memcpy(events, plan->picks[k].events, plan->picks[k].event_count * sizeof *events);
}

static fallible entry_read(struct asked *a, struct funnel *f, struct err *e)
{
    struct plan *plan = &a->question->plan;
    struct json from = json_find(a->body, BYTES_LIT("entry_filter"));
    struct pick pick = {.label = "entry", .label_zh = "进入"};
    f->entry_mask = f->order == FUNNEL_ANY ? 0 : 1;
    TRY(asked_filter(a, from, &pick.filter, e));
    if (pick.filter == NULL)
        return DONE;
    if (plan->pick_count == PICKS_MAX)
        return asked_wrong(from, e, "a question has at most %u kinds of events", PICKS_MAX);
    entry_events(plan, f, a->question->arena, &pick);
    f->entry_mask |= UINT32_C(1) << plan->pick_count;
    plan->picks[plan->pick_count++] = pick;
    return DONE;
}

static fallible breakdown_at_read(struct asked *a, struct funnel *f, struct err *e)
{
    static const char *const at_names[] = {"first", "last", "all"};
    struct json from = json_find(a->body, BYTES_LIT("breakdown_at"));
    int64_t step;
    size_t at;
    if (json_is(from, JSON_NUMBER)) {
        TRY(asked_number(a, "breakdown_at", 1, 1, f->step_count, &step, e));
        f->breakdown_at = FUNNEL_AT_STEP;
        f->breakdown_step = (uint32_t)step - 1;
        return DONE;
    }
    TRY(asked_choice(a, "breakdown_at", at_names, COUNT_OF(at_names), FUNNEL_AT_FIRST, &at, e));
    f->breakdown_at = (enum funnel_at)at;
    return DONE;
}

static fallible values_read(struct asked *a, struct funnel *f, struct err *e)
{
    const char *titles[FUNNEL_HOLDS_MAX];
    TRY(asked_codes(a, "hold", FUNNEL_HOLDS_MAX, f->held, titles, &f->held_count, e));
    TRY(asked_breakdown(a, &f->breakdown, e));
    TRY(breakdown_at_read(a, f, e));
    for (uint32_t i = 0; f->breakdown_at == FUNNEL_AT_ALL && i < f->breakdown.count; i++)
        f->held[f->held_count++] = f->breakdown.lanes[i];
    f->has_units = !json_is(json_find(a->body, BYTES_LIT("unit")), JSON_ABSENT);
    if (!f->has_units)
        return DONE;
    TRY(asked_units(a, "unit", CIVIL_DAY, &f->units, e));
    edges_make(a->question, &f->units, &f->edges);
    return DONE;
}

/* Steps may follow after the range, as long as a window is open. */
static void plan_make(struct question *q, struct funnel *f)
{
    struct plan *plan = &q->plan;
    bool by_session = f->within == FUNNEL_SESSIONS || f->count == FUNNEL_BY_SESSION;
    plan->from_us = q->from_us - f->grace_us;
    plan->until_us = f->within == FUNNEL_SPAN ? q->until_us + f->window_us + 1 : q->until_us + US_PER_DAY + US_PER_HOUR;
    if (by_session)
        plan->until_us = TIME_US_END;
    plan->wants_all = by_session || f->order == FUNNEL_STRICT;
    f->is_free &= f->grace_us == 0 && f->held_count == 0 && !f->strict_increase;
    f->closed_us = funnel_closed_us(q, f);
    q->own = f;
}

fallible funnel_read(struct asked *a, struct err *e)
{
    struct funnel *f = ARENA_NEW(a->question->arena, struct funnel);
    uint32_t steps[FUNNEL_STEPS_MAX];
    TRY(asked_picks(a, "steps", 1, FUNNEL_STEPS_MAX, steps, &f->step_count, e));
    assert(steps[0] == 0 && steps[f->step_count - 1] == f->step_count - 1);
    f->step_mask = (UINT32_C(1) << f->step_count) - 1;
    TRY(window_read(a, f, e));
    TRY(order_read(a, f, e));
    TRY(ends_read(a, f, e));
    TRY(entry_read(a, f, e));
    TRY(values_read(a, f, e));
    TRY(asked_flag(a, "leave_open_out", false, &f->leaves_open_out, e));
    plan_make(a->question, f);
    return DONE;
}
