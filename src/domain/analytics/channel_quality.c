/* Channel quality: what a channel costs, what comes of it, how many customers it wins and how many of them come back. docs/guide/analytics.md. */
#include "domain/analytics/channel_quality.h"

#include "base/attr.h"
#include "base/time.h"
#include "domain/analytics/activity.h"
#include "domain/analytics/kinds.h"
#include "domain/analytics/minor.h"
#include "domain/analytics/name_book.h"
#include "engine/view.h"

#define TOUCH_PICKS_MAX 16u
#define LOOK_BACK_US_MAX (366 * US_PER_DAY)
#define REPEAT_US_MAX (3 * 366 * US_PER_DAY)
#define CHANNELS_DEFAULT 20
#define CELL_ARENA_BYTES 4096u

/* --- reading --- */

static fallible credit_read(struct asked *a, struct channel_quality *own, struct err *e)
{
    static const char *const credits[CREDIT_COUNT] = {
        [CREDIT_EVENT] = "event", [CREDIT_FIRST_TOUCH] = "first_touch", [CREDIT_LAST_TOUCH] = "last_touch"};
    uint32_t picks[TOUCH_PICKS_MAX], count;
    TRY(asked_choice(a, "credit", credits, CREDIT_COUNT, CREDIT_EVENT, &own->credit, e));
    TRY(asked_picks(a, "touches", own->credit == CREDIT_EVENT ? 0 : 1, TOUCH_PICKS_MAX, picks, &count, e));
    for (uint32_t i = 0; i < count; i++)
        own->touches |= UINT32_C(1) << picks[i];
    if (own->credit == CREDIT_EVENT && count > 0)
        return asked_wrong(json_find(a->body, BYTES_LIT("touches")), e, "say in \"credit\" whether the first or the last touch gets the order");
    return asked_span(a, "look_back", 30 * US_PER_DAY, LOOK_BACK_US_MAX, &own->look_back_us, e);
}

static fallible lanes_read(struct asked *a, struct channel_quality *own, struct err *e)
{
    struct plan *plan = &a->question->plan;
    struct bytes title;
    int64_t top;
    TRY(asked_lane_or(a, "by", "channel", LANE_CODES, LANE_VALUE, &own->by.lanes[0], e));
    TRY(asked_text(a, "by", BYTES_LIT("channel"), &title, e));
    TRY(asked_number(a, "top", CHANNELS_DEFAULT, 1, FACETS_SHOWN_MAX, &top, e));
    TRY(asked_lane_or(a, "amount", "amount", LANE_QUANTITIES, LANE_SUM, &own->amount_lane, e));
    plan->lanes[own->amount_lane].picks = UINT32_C(1) << own->orders | UINT32_C(1) << own->refunds | UINT32_C(1) << own->costs;
    TRY(asked_lane_or(a, "key", "order", LANE_CODES, LANE_VALUE, &own->key_lane, e));
    plan->lanes[own->key_lane].picks = UINT32_C(1) << own->orders | UINT32_C(1) << own->refunds;
    TRY(asked_lane_or(a, "campaign", "campaign", LANE_CODES, LANE_VALUE, &own->campaign_lane, e));
    plan->lanes[own->campaign_lane].picks = UINT32_C(1) << own->costs;
    own->has_day = !json_is(json_find(a->body, BYTES_LIT("day")), JSON_ABSENT) ||
                   name_book_has(a->question->names, COLUMN_PROPERTY, BYTES_LIT("day")); /* else no event has one */
    if (own->has_day) {
        TRY(asked_lane_or(a, "day", "day", LANE_CODES, LANE_VALUE, &own->day_lane, e));
        plan->lanes[own->day_lane].picks = UINT32_C(1) << own->costs;
    }
    own->by.count = 1;
    own->by.titles[0] = arena_text(a->question->arena, title);
    own->by.shown_max = (uint32_t)top;
    return asked_number(a, "decimals", MINOR_DECIMALS_DEFAULT, 0, MINOR_DECIMALS_MAX, &own->decimals, e);
}

static fallible channel_quality_read(struct asked *a, struct err *e)
{
    struct question *q = a->question;
    struct channel_quality *own = ARENA_NEW(q->arena, struct channel_quality);
    own->has_unit = !json_is(json_find(a->body, BYTES_LIT("unit")), JSON_ABSENT);
    if (own->has_unit)
        TRY(asked_units(a, "unit", CIVIL_MONTH, &own->units, e));
    TRY(asked_pick_or(a, "orders", "order_paid", &own->orders, e));
    TRY(asked_pick_or(a, "refunds", "refund_done", &own->refunds, e));
    TRY(asked_pick_or(a, "costs", "ad_cost_reported", &own->costs, e));
    TRY(credit_read(a, own, e));
    TRY(lanes_read(a, own, e));
    TRY(asked_span(a, "repeat_within", 90 * US_PER_DAY, REPEAT_US_MAX, &own->repeat_us, e));
    q->plan.wants_nobody = true;
    q->plan.from_us = TIME_US_MIN; /* new is who never ordered before */
    q->plan.until_us = TIME_US_END; /* second orders, and costs that are reported later */
    q->own = own;
    return DONE;
}

/* --- what happens to a subject --- */

struct channel_state {
    const struct channel_walk *walk;
    const struct channel_quality *own;
    uint32_t first_touch, last_touch; /* channels; CODE_NONE */
    int64_t last_touch_us;
    uint64_t orders;
    int64_t first_us;         /* of the first order */
    uint32_t first_channel, first_place;
    bool is_first_in_range;
};

bool channel_place_of(const struct question *q, int64_t us, uint32_t *out_place)
{
    const struct channel_quality *own = q->own;
    *out_place = 0;
    if (us < q->from_us || us >= q->until_us)
        return false;
    if (own->has_unit)
        *out_place = (uint32_t)units_place(q, &own->units, us);
    return true;
}

static uint32_t channel_of_order(const struct channel_state *state, const struct moment *m, uint32_t said)
{
    switch ((enum order_credit)state->own->credit) {
    case CREDIT_FIRST_TOUCH:
        return state->first_touch;
    case CREDIT_LAST_TOUCH:
        return m->time_us - state->last_touch_us <= state->own->look_back_us ? state->last_touch : CODE_NONE;
    case CREDIT_EVENT:
    case CREDIT_COUNT:
        break;
    }
    return said;
}

static void order_take(struct channel_state *state, const struct moment *m, uint32_t said, uint32_t key, int64_t amount)
{
    const struct channel_walk *w = state->walk;
    uint32_t channel = channel_of_order(state, m, said), place;
    bool is_in_range = channel_place_of(w->question, m->time_us, &place);
    if (key != CODE_NONE) {
        uint32_t *known = code_map_take(w->keys, key);
        if (*known != 0)
            return; /* the same order again */
        *known = channel + 1;
    }
    if (is_in_range)
        w->meet(w->context, FACT_ORDER, channel, place, amount);
    if (state->orders++ == 0) {
        state->first_us = m->time_us;
        state->first_channel = channel;
        state->first_place = place;
        state->is_first_in_range = is_in_range;
        if (is_in_range)
            w->meet(w->context, FACT_FIRST_ORDER, channel, place, amount);
    } else if (state->orders == 2 && state->is_first_in_range && m->time_us - state->first_us <= state->own->repeat_us &&
               state->first_us + state->own->repeat_us < w->question->now_us) {
        w->meet(w->context, FACT_REPEAT, state->first_channel, state->first_place, amount);
    }
}

/* Money that goes back is its order's channel's, on its own date. */
static void refund_take(const struct channel_state *state, const struct moment *m, uint32_t said, uint32_t key, int64_t amount)
{
    const struct channel_walk *w = state->walk;
    uint32_t channel = channel_of_order(state, m, said), place;
    if (key != CODE_NONE && code_map_has(w->keys, key))
        channel = *code_map_take(w->keys, key) - 1;
    if (channel_place_of(w->question, m->time_us, &place))
        w->meet(w->context, FACT_REFUND, channel, place, amount);
}

/* What says its day is put in the place of what was said of it before; the rest adds up. */
static void cost_take(const struct channel_state *state, const struct sequence *s, const struct moment *m, uint32_t said, int64_t amount)
{
    const struct channel_walk *w = state->walk;
    uint32_t day = state->own->has_day ? s->lanes[state->own->day_lane].codes[m->row] : CODE_NONE;
    uint32_t campaign = s->lanes[state->own->campaign_lane].codes[m->row], place;
    if (day != CODE_NONE && w->report != NULL)
        w->report(w->context, (struct group_key){(uint64_t)said << 32 | campaign, day}, (struct cost_report){m->time_us, amount});
    else if (day == CODE_NONE && channel_place_of(w->question, m->time_us, &place))
        w->meet(w->context, FACT_COST, said, place, amount);
}

static void touch_take(struct channel_state *state, const struct moment *m, uint32_t said)
{
    if (said == CODE_NONE)
        return;
    if (state->first_touch == CODE_NONE)
        state->first_touch = said;
    state->last_touch = said;
    state->last_touch_us = m->time_us;
}

void channel_walk_take(const struct channel_walk *w, const struct sequence *s)
{
    const struct channel_quality *own = w->question->own;
    struct channel_state state = {.walk = w, .own = own, .first_touch = CODE_NONE, .last_touch = CODE_NONE, .last_touch_us = TIME_US_MIN};
    const struct lane *amounts = &s->lanes[own->amount_lane];
    code_map_clear(w->keys);
    for (uint32_t i = 0; i < s->count; i++) {
        const struct moment *m = &s->moments[i];
        uint32_t said = s->lanes[own->by.lanes[0]].codes[m->row];
        if ((m->picks & own->touches) != 0 && !moment_is(m, own->orders))
            touch_take(&state, m, said);
        if (!moment_is(m, own->orders) && !moment_is(m, own->refunds) && !moment_is(m, own->costs))
            continue;
        int64_t amount = amounts->has[m->row] ? minor_of(amounts->quantities[m->row], (unsigned)own->decimals) : 0;
        uint32_t key = s->lanes[own->key_lane].codes[m->row];
        if (moment_is(m, own->orders))
            order_take(&state, m, said, key, amount);
        else if (moment_is(m, own->refunds))
            refund_take(&state, m, said, key, amount);
        else
            cost_take(&state, s, m, said, amount);
    }
    if (state.is_first_in_range && state.first_us + own->repeat_us < w->question->now_us)
        w->meet(w->context, FACT_MATURE, state.first_channel, state.first_place, 0);
}

/* --- counting --- */

struct counting {
    struct channel_tally *tally;
    bool is_nobody; /* who is no customer */
};

static void figures_count(void *context, enum channel_fact fact, uint32_t channel, uint32_t place, int64_t amount)
{
    const struct counting *c = context;
    struct channel_tally *tally = c->tally;
    struct facet facet = {{channel, CODE_NONE, CODE_NONE}};
    struct channel_figures *f = groups_take(&tally->groups, facet_key(facet, place));
    switch (fact) {
    case FACT_ORDER:
        f->orders++;
        f->gross = minor_sum(f->gross, amount);
        f->customers += !c->is_nobody && f->marked != tally->subject;
        f->marked = tally->subject;
        break;
    case FACT_FIRST_ORDER:
        f->new_customers += !c->is_nobody;
        break;
    case FACT_REPEAT:
        f->repeated += !c->is_nobody;
        break;
    case FACT_MATURE:
        f->mature += !c->is_nobody;
        break;
    case FACT_REFUND:
        f->refunds = minor_sum(f->refunds, amount);
        break;
    case FACT_COST:
        f->costs++;
        f->cost = minor_sum(f->cost, amount);
        break;
    }
}

void cost_report_join(struct groups *reports, struct group_key key, const struct cost_report *report)
{
    uint32_t known = reports->count;
    struct cost_report *last = groups_take(reports, key);
    bool is_new = reports->count > known;
    if (is_new || report->time_us > last->time_us || (report->time_us == last->time_us && report->amount > last->amount))
        *last = *report;
}

static void report_count(void *context, struct group_key key, struct cost_report report)
{
    const struct counting *c = context;
    cost_report_join(&c->tally->reports, key, &report);
}

static void *channel_quality_tally(const struct question *q, struct arena *arena)
{
    struct channel_tally *tally = ARENA_NEW(arena, struct channel_tally);
    (void)q;
    groups_init(&tally->groups, arena, sizeof(struct channel_figures));
    groups_init(&tally->reports, arena, sizeof(struct cost_report));
    code_map_init(&tally->keys, arena);
    return tally;
}

static void channel_quality_take(const struct question *q, void *into, const struct sequence *s)
{
    struct counting counting = {.tally = into, .is_nobody = s->person == PERSON_NONE};
    struct channel_walk walk = {.question = q, .keys = &counting.tally->keys, .meet = figures_count, .report = report_count, .context = &counting};
    counting.tally->subject++;
    channel_walk_take(&walk, s);
}

void channel_figures_join(struct channel_figures *into, const struct channel_figures *from)
{
    into->orders += from->orders;
    into->customers += from->customers;
    into->new_customers += from->new_customers;
    into->mature += from->mature;
    into->repeated += from->repeated;
    into->costs += from->costs;
    into->gross = minor_sum(into->gross, from->gross);
    into->refunds = minor_sum(into->refunds, from->refunds);
    into->cost = minor_sum(into->cost, from->cost);
}

static void channel_quality_join(const struct question *q, void *into, void *from)
{
    struct channel_tally *sum = into, *more = from;
    const struct group *g;
    (void)q;
    for (uint32_t at = 0; (g = groups_next(&more->groups, &at)) != NULL;)
        channel_figures_join(groups_take(&sum->groups, g->key), (const void *)g->own);
    for (uint32_t at = 0; (g = groups_next(&more->reports, &at)) != NULL;)
        cost_report_join(&sum->reports, g->key, (const void *)g->own);
}

/* --- drill-down --- */

struct channel_cell {
    struct facet_cell channel;
    bool has_unit;
    uint32_t place;
    size_t who; /* 0: who ordered, 1: for the first time, 2: and came back */
};

static const struct member_rule cell_members[] = {
    FACET_CELL_MEMBERS,
    {"unit", "the period, as the answer writes it", "周期,写法同结果"},
    {"who", "customers (default), new or repeated", "customers(默认)、new 或 repeated"},
};

static fallible channel_quality_cell_read(struct question *q, struct json cell, void **out_cell, struct err *e)
{
    static const char *const who[] = {"customers", "new", "repeated"};
    const struct channel_quality *own = q->own;
    struct channel_cell *c = ARENA_NEW(q->arena, struct channel_cell);
    struct asked asked = {.question = q, .body = cell};
    TRY(asked_members(&asked, cell_members, COUNT_OF(cell_members), e));
    TRY(facet_cell_read(q, &own->by, cell, &c->channel, e));
    TRY(asked_choice(&asked, "who", who, COUNT_OF(who), 0, &c->who, e));
    c->has_unit = !json_is(json_find(cell, BYTES_LIT("unit")), JSON_ABSENT);
    if (c->has_unit && !own->has_unit)
        return asked_wrong(cell, e, "the question has no \"unit\"");
    if (c->has_unit)
        TRY(units_read(q, &own->units, cell, "unit", &c->place, e));
    *out_cell = c;
    return DONE;
}

struct channel_search {
    const struct channel_quality *own;
    const struct channel_cell *cell;
    const struct texts *texts;
    bool is_found;
};

static void channel_search(void *context, enum channel_fact fact, uint32_t channel, uint32_t place, int64_t amount)
{
    static const enum channel_fact sought[] = {FACT_ORDER, FACT_FIRST_ORDER, FACT_REPEAT};
    struct channel_search *search = context;
    const struct channel_cell *cell = search->cell;
    struct facet facet = {{channel, CODE_NONE, CODE_NONE}};
    (void)amount;
    if (fact == sought[cell->who] && (!cell->has_unit || place == cell->place))
        search->is_found |= facet_in_cell(&search->own->by, search->texts, &cell->channel, facet);
}

static bool channel_quality_in_cell(const struct question *q, const struct texts *texts, const void *cell, const struct sequence *s)
{
    struct channel_search search = {.own = q->own, .cell = cell, .texts = texts};
    struct arena *arena = arena_create(CELL_ARENA_BYTES);
    struct code_map keys;
    code_map_init(&keys, arena);
    channel_walk_take(&(struct channel_walk){.question = q, .keys = &keys, .meet = channel_search, .context = &search}, s);
    arena_destroy(arena);
    return search.is_found && s->person != PERSON_NONE;
}

static const struct member_rule members[] = {
    {"by", "the property that says the channel (channel; campaign, utm_source …)", "渠道属性(默认 channel;也可 campaign、utm_source 等)"},
    {"orders", "the event of an order (order_paid)", "订单事件(默认 order_paid)"},
    {"refunds", "the event of money given back (refund_done)", "退款事件(默认 refund_done)"},
    {"costs", "the event that reports a day's cost of a channel (ad_cost_reported)", "渠道每日消耗事件(默认 ad_cost_reported)"},
    {"amount", "the property with the money of all three (amount)", "三者的金额属性(默认 amount)"},
    {"key", "the property that tells orders apart, and that a refund names (order)", "订单号属性,退款凭此归属(默认 order)"},
    {"day", "the property of a cost that says its day: the last report of a day, channel and campaign counts (day)", "消耗所属日期的属性:同日同渠道同活动以最后一次上报为准(默认 day)"},
    {"campaign", "the property that tells the costs of one channel and day apart (campaign)", "区分同渠道同日各项消耗的属性(默认 campaign)"},
    {"credit", "whose an order is: event (default: the channel that it says), first_touch or last_touch", "订单归属:event(默认,订单自带渠道)、first_touch 或 last_touch"},
    {"touches", "events that are touches, for first_touch and last_touch", "触点事件(用于 first_touch、last_touch)"},
    {"look_back", "how old the last touch may be (30d)", "末次触点的有效期(默认 30d)"},
    {"repeat_within", "how soon a new customer's second order counts as coming back (90d)", "新客多久内再次下单算复购(默认 90d)"},
    {"unit", "apart by hour, day, week, month, quarter or year", "按 hour、day、week、month、quarter 或 year 分开"},
    {"top", "channels that are told apart, the rest being (other) (20)", "单独列出的渠道数,其余归入 (other)(默认 20)"},
    {"decimals", "digits of the currency's minor unit (2)", "货币小数位(默认 2)"},
};

const struct question_kind channel_quality_question = {
    .name = "channel_quality",
    .about = "What each channel costs, its revenue, the new customers it wins and how many of them come back.",
    .about_zh = "各渠道的投放消耗、收入、带来的新客与复购。",
    .members = members,
    .member_count = COUNT_OF(members),
    .read = channel_quality_read,
    .tally = channel_quality_tally,
    .take = channel_quality_take,
    .join = channel_quality_join,
    .print = channel_quality_print,
    .cell_read = channel_quality_cell_read,
    .in_cell = channel_quality_in_cell,
};
