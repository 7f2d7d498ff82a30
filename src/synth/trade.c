/* Orders from creation to refund. An order under way is one task: all else about it is drawn again, the same, from its
 * number whenever its state changes. */
#include <stdio.h>

#include "synth/order.h"
#include "synth/words.h"

const char *const synth_order_events[ORDER_STATE_COUNT] = {
    [ORDER_CREATED] = "order_created",
    [ORDER_PAID] = "order_paid",
    [ORDER_COUPON] = "coupon_used",
    [ORDER_SHIPPED] = "order_shipped",
    [ORDER_DELAYED] = "delivery_delayed",
    [ORDER_COMPLAINT] = "complaint",
    [ORDER_DELIVERED] = "order_delivered",
    [ORDER_DONE] = "order_done",
    [ORDER_POINTS] = "points_earned",
    [ORDER_SURVEY] = "survey_answered",
    [ORDER_REFUND_ASKED] = "refund_requested",
    [ORDER_REFUND_DONE] = "refund_done",
    [ORDER_CANCELLED] = "order_cancelled",
    [ORDER_EXCHANGE_ASKED] = "exchange_requested",
    [ORDER_EXCHANGE_DONE] = "exchange_done",
};

/* A task's stage: the channel in the upper four bits, the state in the lower. */
static_assert(CHANNEL_COUNT <= 16 && ORDER_STATE_COUNT <= 16, "a stage holds both");

static uint8_t stage_of(enum channel channel, enum order_state state)
{
    return (uint8_t)((uint32_t)channel << 4 | (uint32_t)state);
}

static uint32_t receiver_draw(const struct synth *s, uint32_t person, struct rng *rng)
{
    uint32_t family = synth_cast_family(&s->cast, person);
    uint64_t at = rng_below(rng, 100), other = rng_below(rng, s->options.people);
    if (at < 25 && family != SYNTH_NOBODY)
        return family;
    if (at >= 97)
        return (uint32_t)other; /* a gift to somebody who is a customer too */
    return at >= 94 ? SYNTH_NOBODY : person;
}

static int64_t discount_of(int64_t goods_fen) /* 88折 */
{
    return goods_fen - (goods_fen * 88 + 50) / 100;
}

static void lines_draw(const struct synth *s, const struct task *t, struct rng *rng, struct order *o)
{
    o->line_count = (uint8_t)(1 + rng_below(rng, 5) / 2);
    for (size_t i = 0; i < o->line_count; i++) {
        struct order_line *l = &o->lines[i];
        l->sku = i == 0 ? t->sku : synth_sku_draw(rng, o->brand);
        l->quantity = (uint8_t)(rng_below(rng, 10) < 8 ? 1 : 2 + rng_below(rng, 2));
        l->goods_fen = (int64_t)s->world.products[l->sku].price_fen * l->quantity;
        o->goods_fen += l->goods_fen;
    }
    bool is_cheaper = rng_chance(rng, 0.2);
    for (size_t i = 0; i < o->line_count && is_cheaper; i++) {
        o->lines[i].discount_fen = discount_of(o->lines[i].goods_fen);
        o->discount_fen += o->lines[i].discount_fen;
    }
    if (o->channel == CHANNEL_POS)
        o->rounding_fen = (o->goods_fen - o->discount_fen) % 100;
    o->discount_fen += o->rounding_fen;
}

static void order_recall(const struct synth *s, const struct task *t, struct order *o)
{
    struct rng rng;
    rng_init(&rng, rng_mix(s->options.seed ^ (t->number << 1)));
    *o = (struct order){.number = t->number, .person = t->person, .channel = t->stage >> 4};
    o->brand = (uint8_t)(t->sku / SKUS_PER_BRAND);
    lines_draw(s, t, &rng, o);
    o->uses_coupon = rng_chance(&rng, 0.6);
    o->freight_fen = o->channel != CHANNEL_POS && o->goods_fen < 9900 ? 800 : 0;
    o->credential = (uint8_t)rng_below(&rng, 100);
    o->virtual_phone = rng_chance(&rng, 0.4);
    o->tells_omid = rng_chance(&rng, 0.7);
    o->receiver = t->person == SYNTH_NOBODY ? SYNTH_NOBODY : receiver_draw(s, t->person, &rng);
    o->reason = synth_words(&rng, TALK_REASON);
    o->hash = rng_next(&rng);
}

const char *synth_order_return_store(const struct synth *s, const struct order *o)
{
    bool to_store = o->person != SYNTH_NOBODY && o->credential % 8 == 0;
    return to_store ? s->world.stores[synth_cast_store(&s->cast, o->person, o->brand)].id : NULL;
}

static void till_ids(struct synth *s, const struct order *o)
{
    const struct person *p = &s->people[o->person];
    bool member = person_did(p, (uint32_t)MEMBER_0 << o->brand);
    bool has_card = p->shown >> SLOT_CARD & 1;
    if (member && has_card && o->credential < 35)
        synth_show(s, SLOT_CARD);
    else if (member && o->credential < 55)
        synth_show(s, SLOT_MEMBER + o->brand);
    else if ((member || o->credential < 80) && !(p->shown >> SLOT_PHONE_STAFF & 1) &&
             !synth_cast_is_anonymous(&s->cast, o->person))
        synth_show_given_phone(s);
}

/* What the channel tells of the buyer on an order. */
static void buyer_ids(struct synth *s, const struct order *o, enum order_state state)
{
    switch (o->channel) {
    case CHANNEL_TMALL:
        synth_show(s, SLOT_OUID + o->brand);
        if (o->tells_omid)
            synth_show(s, SLOT_OMID);
        if (state == ORDER_CREATED && o->credential < 30)
            synth_show_masked_own(s);
        return;
    case CHANNEL_JD:
        synth_show(s, SLOT_JD);
        return;
    case CHANNEL_DOUYIN:
        synth_show(s, SLOT_DOUYIN + o->brand);
        return;
    case CHANNEL_XHS:
        synth_show(s, SLOT_XHS);
        return;
    case CHANNEL_POS:
        till_ids(s, o);
        return;
    case CHANNEL_WEB:
    case CHANNEL_APP:
        synth_show(s, SLOT_USER);
        if (state <= ORDER_PAID && o->credential < 50)
            synth_show_given_phone(s);
        return;
    default:
        synth_show(s, SLOT_MINI + o->brand);
        synth_show(s, SLOT_UNIONID);
        if (state <= ORDER_PAID && o->credential < 40)
            synth_show_given_phone(s);
        return;
    }
}

static void receiver_ids(struct synth *s, const struct order *o)
{
    enum phone_cover cover = !order_is_of_market(o) ? COVER_NONE : o->virtual_phone ? COVER_VIRTUAL : COVER_MASK;
    synth_show_receiver(s, o->receiver, cover);
}

static void amounts_add(struct synth *s, const struct order *o)
{
    struct draft *d = &s->draft;
    uint32_t pieces = 0;
    for (size_t i = 0; i < o->line_count; i++)
        pieces += o->lines[i].quantity;
    synth_draft_money(d, PART_PROPERTIES, "amount", order_amount_fen(o));
    if (o->discount_fen > 0)
        synth_draft_money(d, PART_PROPERTIES, "discount", o->discount_fen);
    if (o->channel != CHANNEL_POS)
        synth_draft_money(d, PART_PROPERTIES, "freight", o->freight_fen);
    synth_draft_number(d, PART_PROPERTIES, "quantity", pieces);
    synth_draft_text(d, PART_PROPERTIES, "currency", "CNY");
    for (size_t i = 0; i < o->line_count; i++)
        synth_draft_item(d, &s->world.products[o->lines[i].sku], o->lines[i].quantity);
}

static void score_add(struct synth *s)
{
    synth_draft_text(&s->draft, PART_PROPERTIES, "survey", "nps_after_order");
    uint64_t misses = rng_below(&s->rng, 11) * rng_below(&s->rng, 11) / 10; /* most are satisfied */
    synth_draft_number(&s->draft, PART_PROPERTIES, "score", 10 - (int64_t)misses);
}

/* What goes back, and where to. */
static void return_add(struct synth *s, const struct order *o, bool is_done)
{
    synth_draft_item(&s->draft, &s->world.products[o->lines[0].sku], 1);
    if (!is_done)
        synth_draft_text(&s->draft, PART_PROPERTIES, "reason", o->reason);
    else if (synth_order_return_store(s, o) != NULL)
        synth_set_staff(s, synth_cast_guide(&s->cast, o->person, o->brand), false);
}

static void state_details(struct synth *s, const struct order *o, enum order_state state)
{
    struct draft *d = &s->draft;
    switch (state) {
    case ORDER_CREATED:
    case ORDER_PAID:
    case ORDER_DONE:
        amounts_add(s, o);
        break;
    case ORDER_COUPON:
        synth_draft_money(d, PART_PROPERTIES, "amount", 2000);
        break;
    case ORDER_SHIPPED:
        synth_draft_text(d, PART_PROPERTIES, "carrier", o->credential % 2 == 0 ? "顺丰速运" : "中通快递");
        break;
    case ORDER_DELAYED:
        synth_draft_number(d, PART_PROPERTIES, "delay_hours", (int64_t)rng_below(&s->rng, 72) + 24);
        break;
    case ORDER_COMPLAINT:
        synth_draft_text(d, PART_PROPERTIES, "text", synth_words(&s->rng, TALK_COMPLAINT));
        break;
    case ORDER_POINTS:
        synth_draft_number(d, PART_PROPERTIES, "points", (o->goods_fen - o->discount_fen) / 100);
        synth_draft_text(d, PART_PROPERTIES, "programme", synth_brands[o->brand].id);
        break;
    case ORDER_SURVEY:
        score_add(s);
        break;
    case ORDER_REFUND_ASKED:
    case ORDER_REFUND_DONE:
        synth_draft_money(d, PART_PROPERTIES, "amount", order_refund_fen(o));
        return_add(s, o, state == ORDER_REFUND_DONE);
        break;
    case ORDER_EXCHANGE_ASKED:
    case ORDER_EXCHANGE_DONE:
        return_add(s, o, state == ORDER_EXCHANGE_DONE);
        break;
    case ORDER_DELIVERED:
    case ORDER_CANCELLED:
    case ORDER_STATE_COUNT:
        break;
    }
}

static void number_set(struct synth *s, const struct order *o)
{
    (void)snprintf(s->draft.order, sizeof s->draft.order, "%c%020llu", "TJDXMOCWAP"[o->channel],
                   (unsigned long long)rng_mix(s->options.seed ^ o->number));
}

static void order_draft(struct synth *s, const struct order *o, enum order_state state)
{
    synth_scene_begin(s, synth_order_events[state], o->person, o->channel, o->brand);
    s->device_clock = false; /* orders are told by servers and tills */
    number_set(s, o);
    if (o->channel == CHANNEL_POS) {
        synth_set_staff(s, synth_cast_guide(&s->cast, o->person, o->brand), false);
        s->late_store = synth_cast_store(&s->cast, o->person, o->brand);
    }
    if (state == ORDER_POINTS)
        synth_show(s, SLOT_MEMBER + o->brand);
    else
        buyer_ids(s, o, state);
    synth_order_tell(s, o, state);
    if (o->channel != CHANNEL_POS && (state == ORDER_CREATED || state == ORDER_PAID || state == ORDER_SHIPPED))
        receiver_ids(s, o);
    state_details(s, o, state);
}

struct next {
    enum order_state state; /* ORDER_STATE_COUNT: the end */
    int64_t least_us, most_us;
};

#define THEN(STATE, LEAST, MOST, UNIT) ((struct next){ORDER_##STATE, (LEAST) * US_PER_##UNIT, (MOST) * US_PER_##UNIT})
#define THE_END ((struct next){ORDER_STATE_COUNT, 0, 0})

/* The paths that need no parcel. */
static struct next next_at_till(const struct synth *s, const struct order *o, enum order_state state)
{
    const struct person *p = &s->people[o->person];
    if (state == ORDER_CREATED)
        return THEN(PAID, 10, 60, SECOND);
    if (state == ORDER_PAID && o->uses_coupon && person_did(p, HAS_COUPON) && p->shown != 0)
        return THEN(COUPON, 1, 2, SECOND);
    if (state == ORDER_PAID || state == ORDER_COUPON)
        return THEN(DONE, 1, 2, SECOND);
    if (state == ORDER_DONE && person_did(p, (uint32_t)MEMBER_0 << o->brand))
        return THEN(POINTS, 1, 3, SECOND);
    return THE_END;
}

static struct next next_after_done(struct synth *s, const struct order *o, enum order_state state)
{
    if (state == ORDER_DONE && person_did(&s->people[o->person], (uint32_t)MEMBER_0 << o->brand))
        return THEN(POINTS, 1, 3, SECOND);
    return rng_chance(&s->rng, 0.06) ? THEN(SURVEY, 1, 48, HOUR) : THE_END;
}

static struct next next_of(struct synth *s, const struct order *o, enum order_state state)
{
    if (o->channel == CHANNEL_POS)
        return next_at_till(s, o, state);
    double at = rng_unit(&s->rng);
    switch (state) {
    case ORDER_CREATED:
        return at < 0.88 ? THEN(PAID, 10, 900, SECOND) : THEN(CANCELLED, 30, 1400, MINUTE);
    case ORDER_PAID:
        if (o->uses_coupon && person_did(&s->people[o->person], HAS_COUPON))
            return THEN(COUPON, 1, 2, SECOND);
        return THEN(SHIPPED, 3, 50, HOUR);
    case ORDER_COUPON:
        return THEN(SHIPPED, 3, 50, HOUR);
    case ORDER_SHIPPED:
        return at < 0.06 ? THEN(DELAYED, 50, 80, HOUR) : THEN(DELIVERED, 18, 110, HOUR);
    case ORDER_DELAYED:
        return at < 0.3 ? THEN(COMPLAINT, 1, 20, HOUR) : THEN(DELIVERED, 24, 96, HOUR);
    case ORDER_COMPLAINT:
        return THEN(DELIVERED, 12, 72, HOUR);
    case ORDER_DELIVERED:
        return at < 0.05   ? THEN(REFUND_ASKED, 2, 100, HOUR)
               : at < 0.06 ? THEN(EXCHANGE_ASKED, 2, 100, HOUR)
                           : THEN(DONE, 10, 200, HOUR);
    case ORDER_DONE:
    case ORDER_POINTS:
        return next_after_done(s, o, state);
    case ORDER_REFUND_ASKED:
        return THEN(REFUND_DONE, 10, 90, HOUR);
    case ORDER_EXCHANGE_ASKED:
        return THEN(EXCHANGE_DONE, 30, 150, HOUR);
    default:
        return THE_END;
    }
}

/* What is used up day by day is bought again, or at least talked about. */
static void refill_plan(struct synth *s, const struct task *t, const struct order *o)
{
    struct person *p = &s->people[o->person];
    int64_t days = (int64_t)s->world.products[t->sku].days_of_supply * o->lines[0].quantity;
    if (days == 0 || p->errands >= ERRANDS_MAX || !rng_chance(&s->rng, 0.5))
        return;
    p->errands++;
    struct task refill = {.person = t->person, .kind = TASK_REFILL, .sku = t->sku, .number = t->number};
    refill.stage = stage_of(o->channel, ORDER_CREATED);
    refill.time_us = synth_daytime(s->now_us + days * US_PER_DAY * rng_between(&s->rng, 80, 105) / 100);
    synth_agenda_push(&s->agenda, refill);
}

static void order_play(struct synth *s, struct task t)
{
    struct order o;
    order_recall(s, &t, &o);
    enum order_state state = t.stage & 15;
    order_draft(s, &o, state);
    if (state == ORDER_COUPON)
        s->people[o.person].flags &= ~(uint32_t)HAS_COUPON;
    if (state == ORDER_DELIVERED || (state == ORDER_DONE && o.channel == CHANNEL_POS))
        refill_plan(s, &t, &o);
    struct next next = next_of(s, &o, state);
    if (next.state == ORDER_STATE_COUNT) {
        assert(s->people[o.person].errands > 0);
        s->people[o.person].errands--;
        return;
    }
    t.stage = stage_of(o.channel, next.state);
    t.time_us = s->now_us + rng_between(&s->rng, next.least_us, next.most_us);
    if (next.least_us >= US_PER_HOUR) /* couriers and second thoughts */
        t.time_us = synth_daytime(t.time_us);
    synth_agenda_push(&s->agenda, t);
}

bool synth_trade_begin(struct synth *s, uint32_t person, enum channel channel, uint16_t sku)
{
    assert(sku < SKU_COUNT);
    struct person *p = &s->people[person];
    if (p->errands >= ERRANDS_MAX)
        return false;
    p->errands++;
    struct task t = {.number = ++s->order_count, .person = person, .sku = sku, .kind = TASK_ORDER};
    t.time_us = s->now_us;
    t.stage = stage_of(channel, ORDER_CREATED);
    order_play(s, t);
    return true;
}

bool synth_trade_step(struct synth *s, struct task order)
{
    order_play(s, order);
    return true;
}

/* First the words, when there is somebody to say them to; then, perhaps, the order. */
bool synth_refill(struct synth *s, struct task refill)
{
    struct person *p = &s->people[refill.person];
    enum channel channel = refill.stage >> 4;
    assert(p->errands > 0);
    if ((refill.stage & 15) == 0 && synth_say_running_out(s, refill.person, refill.sku)) {
        refill.stage++;
        refill.time_us = s->now_us + rng_between(&s->rng, 5 * US_PER_MINUTE, US_PER_DAY);
        synth_agenda_push(&s->agenda, refill);
        return true;
    }
    p->errands--;
    return rng_chance(&s->rng, 0.7) && synth_trade_begin(s, refill.person, channel, refill.sku);
}

/* A sale to somebody who shows nothing. `walk_in->person` is the store. */
bool synth_walk_in(struct synth *s, struct task *walk_in)
{
    uint8_t store = (uint8_t)walk_in->person;
    assert(store < STORE_COUNT);
    struct task t = {.number = ++s->order_count, .person = SYNTH_NOBODY, .stage = stage_of(CHANNEL_POS, ORDER_DONE)};
    t.sku = synth_sku_draw(&s->rng, s->world.stores[store].brand);
    struct order o;
    order_recall(s, &t, &o);
    synth_scene_begin(s, synth_order_events[ORDER_DONE], SYNTH_NOBODY, CHANNEL_POS, o.brand);
    number_set(s, &o);
    synth_set_staff(s, synth_store_guide(store, rng_next(&s->rng)), false);
    synth_sale_tell(s, &o);
    amounts_add(s, &o);
    s->late_store = store;
    return true;
}

bool synth_price_change(struct synth *s, struct task *price)
{
    const struct product *p = &s->world.products[rng_below(&s->rng, SKU_COUNT)];
    synth_scene_begin(s, "price_changed", SYNTH_NOBODY, CHANNEL_TMALL, p->brand);
    s->draft.actor_kind = "system";
    s->draft.actor_id = "pricing";
    synth_draft_text(&s->draft, PART_PROPERTIES, "sku", p->sku);
    synth_draft_money(&s->draft, PART_PROPERTIES, "price", p->price_fen * rng_between(&s->rng, 80, 100) / 100);
    synth_draft_money(&s->draft, PART_PROPERTIES, "list_price", p->price_fen);
    price->time_us = s->now_us + rng_between(&s->rng, US_PER_HOUR, 2 * US_PER_DAY);
    return true;
}
