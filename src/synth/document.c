/* Orders as documents, as a system of orders or a till sends them: each state is a version that says only what is new, late and in
 * disorder. Together with the events they'd tell the same twice, so whoever takes both in says that these shops derive no events. */
#include <stdio.h>

#include "base/time.h"
#include "synth/order.h"

#define DELAY_US (3 * US_PER_HOUR) /* on average */

/* The first word on an order whose prices weren't settled; the version of a state comes after it. */
enum { VERSION_DRAFT = 1, VERSION_OF_STATES };

static const char *const order_states[ORDER_STATE_COUNT] = {
    [ORDER_CREATED] = "created",     [ORDER_PAID] = "paid", [ORDER_SHIPPED] = "shipped",
    [ORDER_DELIVERED] = "delivered", [ORDER_DONE] = "done", [ORDER_CANCELLED] = "cancelled",
};
static const char *const return_states[ORDER_STATE_COUNT] = {
    [ORDER_REFUND_ASKED] = "requested",
    [ORDER_REFUND_DONE] = "done",
    [ORDER_EXCHANGE_ASKED] = "requested",
    [ORDER_EXCHANGE_DONE] = "done",
};

/* --- pieces of a version --- */

static void begin_write(const struct synth *s, uint32_t version, struct buf *out)
{
    assert(s->draft.shop[0] != 0 && s->draft.order[0] != 0);
    buf_push_text(out, "{\"shop\":");
    synth_json_text(out, s->draft.shop);
    synth_json_text_member(out, "number", s->draft.order);
    buf_printf(out, ",\"version\":%u", version);
    synth_json_time_member(out, "modified", s->now_us);
    synth_json_text_member(out, "source", s->draft.store == NULL ? "oms" : "till");
}

/* The states in the list that the order is in from now on. */
static void states_write(const struct synth *s, const enum order_state *states, size_t count, struct buf *out)
{
    buf_push_text(out, ",\"states\":{");
    for (size_t i = 0; i < count; i++) {
        buf_printf(out, "%s\"%s\":", i == 0 ? "" : ",", order_states[states[i]]);
        synth_json_time(out, s->now_us);
    }
    buf_push_byte(out, '}');
}

static void line_write(const struct synth *s, const struct order *o, size_t i, bool is_settled, struct buf *out)
{
    const struct order_line *l = &o->lines[i];
    const struct product *p = &s->world.products[l->sku];
    int64_t discount_fen = is_settled ? l->discount_fen : 0,
            platform_fen = order_is_of_market(o) ? discount_fen / 3 : 0;
    buf_printf(out, "%s{\"line\":\"%zu\"", i == 0 ? "" : ",", i + 1);
    synth_json_text_member(out, "sku", p->sku);
    synth_json_text_member(out, "product", p->spu);
    synth_json_text_member(out, "name", p->name);
    buf_printf(out, ",\"quantity\":%u", l->quantity);
    synth_json_money_member(out, "list_price", p->price_fen);
    synth_json_money_member(out, "price", p->price_fen);
    if (discount_fen > 0) {
        buf_push_text(out, ",\"discounts\":{\"shop\":");
        synth_json_money(out, discount_fen - platform_fen);
        if (platform_fen > 0)
            synth_json_money_member(out, "platform", platform_fen);
        buf_push_byte(out, '}');
    }
    synth_json_money_member(out, "paid", l->goods_fen - discount_fen);
    buf_push_byte(out, '}');
}

/* Before the prices are settled there is also a gift, of which none is left. */
static void lines_write(const struct synth *s, const struct order *o, bool is_settled, struct buf *out)
{
    buf_push_text(out, ",\"lines\":[");
    for (size_t i = 0; i < o->line_count; i++)
        line_write(s, o, i, is_settled, out);
    buf_push_text(out, is_settled ? "]" : ",{\"line\":\"gift\",\"name\":\"🎁隨單贈品\",\"quantity\":1,\"price\":0}]");
}

static void payment_write(const struct order *o, bool is_settled, struct buf *out)
{
    buf_push_text(out, ",\"payment\":{\"total\":");
    synth_json_money(out, order_amount_fen(o) + (is_settled ? 0 : o->discount_fen));
    synth_json_money_member(out, "freight", o->freight_fen);
    if (is_settled && o->rounding_fen > 0) {
        buf_push_text(out, ",\"discounts\":{\"rounding\":");
        synth_json_money(out, o->rounding_fen);
        buf_push_byte(out, '}');
    }
    buf_push_byte(out, '}');
}

static void receiver_write(const struct synth *s, const struct order *o, struct rng *rng, struct buf *out)
{
    static const char *const places[] = {"🏠幸福里3号楼1单元502", "金桂路88号7幢1203室", "云栖小镇B座前台代收",
                                         "自提柜12号"};
    struct profile profile;
    struct cast_id phone = {.type = "phone"};
    bool is_stranger = o->receiver == SYNTH_NOBODY;
    synth_cast_profile(&s->cast, is_stranger ? o->person : o->receiver, &profile);
    enum phone_cover cover = order_is_of_market(o) ? COVER_MASK : COVER_NONE;
    synth_receiver_phone(s, rng, o->receiver, cover, phone.text);
    buf_push_text(out, ",\"receiver\":{\"name\":");
    synth_json_text(out, is_stranger ? "王女士" : profile.name);
    synth_json_text_member(out, "phone", phone.text);
    buf_printf(out, ",\"region\":\"%06u\"", profile.city->code);
    synth_json_text_member(out, "address", places[rng_below(rng, COUNT_OF(places))]);
    buf_push_byte(out, '}');
}

static void shipment_write(const struct synth *s, const struct order *o, struct buf *out)
{
    buf_printf(out, ",\"shipments\":[{\"shipment\":\"1\",\"carrier\":\"%s\",\"tracking\":\"SF%012llu\"",
               o->credential % 2 == 0 ? "顺丰速运" : "中通快递", (unsigned long long)(o->hash % 1000000000000));
    synth_json_time_member(out, "shipped", s->now_us);
    buf_push_text(out, "}]");
}

/* What goes back; the same in both states but for the state and the store. */
static void return_write(const struct synth *s, const struct order *o, enum order_state state, struct buf *out)
{
    bool is_exchange = state >= ORDER_EXCHANGE_ASKED,
         is_done = state == ORDER_REFUND_DONE || state == ORDER_EXCHANGE_DONE;
    const char *kind = is_exchange ? "exchange" : o->credential % 3 == 0 ? "refund" : "return";
    buf_printf(out, ",\"refunds\":[{\"refund\":\"R1\",\"line\":\"1\",\"quantity\":1,\"kind\":\"%s\"", kind);
    synth_json_money_member(out, "amount", is_exchange ? 0 : order_refund_fen(o));
    synth_json_text_member(out, "reason", o->reason);
    synth_json_text_member(out, "store", is_done ? synth_order_return_store(s, o) : NULL);
    buf_printf(out, ",\"states\":{\"%s\":", return_states[state]);
    synth_json_time(out, s->now_us);
    buf_push_text(out, "}}]");
}

/* --- versions --- */

static void version_begin(struct synth *s, uint32_t version)
{
    buf_clear(&s->line);
    begin_write(s, version, &s->line);
}

/* Each version goes its own way, so that they come in any order; none after the world's end. */
static void version_post(struct synth *s, const struct order *o, enum order_state state, uint32_t version)
{
    struct rng rng;
    struct synth_fact fact = {
        .arrival_us = s->now_us, .time_us = s->now_us, .person = o->person, .event = synth_order_events[state]};
    rng_init(&rng, o->hash + version);
    if (s->options.out_of_order > 0)
        fact.arrival_us += (int64_t)(synth_exponential(&rng) * (double)DELAY_US);
    if (fact.arrival_us >= s->options.end_us)
        fact.arrival_us = s->now_us;
    buf_push_byte(&s->line, '}');
    assert(!s->line.overflowed);
    synth_mail_post(&s->mail, buf_bytes(&s->line), &fact);
    fact.arrival_us += rng_between(&rng, US_PER_SECOND, US_PER_DAY);
    fact.duplicate = true;
    if (rng_chance(&rng, s->options.duplicate) && fact.arrival_us < s->options.end_us)
        synth_mail_post(&s->mail, buf_bytes(&s->line), &fact);
}

/* All that is known of an order as it is made. */
static void whole_write(struct synth *s, const struct order *o, bool is_settled)
{
    struct buf *out = &s->line;
    struct rng rng;
    rng_init(&rng, o->hash);
    synth_json_text_member(out, "brand", s->draft.brand);
    synth_json_text_member(out, "channel", s->draft.channel);
    synth_json_text_member(out, "store", s->draft.store);
    synth_json_text_member(out, "till", s->draft.store == NULL ? NULL : "1");
    synth_json_text_member(out, "seller", s->draft.staff);
    if (s->draft.parts[PART_IDS].size > 0) {
        buf_push_text(out, ",\"buyer\":[");
        buf_push(out, buf_bytes(&s->draft.parts[PART_IDS]));
        buf_push_byte(out, ']');
    }
    if (o->channel != CHANNEL_POS)
        receiver_write(s, o, &rng, out);
    payment_write(o, is_settled, out);
    lines_write(s, o, is_settled, out);
    if (is_settled)
        buf_push_text(out, ",\"complete\":true");
}

static void created_post(struct synth *s, const struct order *o)
{
    enum order_state created = ORDER_CREATED;
    for (uint32_t version = o->discount_fen > 0 ? VERSION_DRAFT : VERSION_OF_STATES; version <= VERSION_OF_STATES;
         version++) {
        version_begin(s, version);
        whole_write(s, o, version != VERSION_DRAFT);
        states_write(s, &created, 1, &s->line);
        version_post(s, o, created, version);
    }
}

static void later_post(struct synth *s, const struct order *o, enum order_state state)
{
    uint32_t version = VERSION_OF_STATES + (uint32_t)state;
    version_begin(s, version);
    if (state == ORDER_SHIPPED)
        shipment_write(s, o, &s->line);
    if (return_states[state] != NULL)
        return_write(s, o, state, &s->line);
    else
        states_write(s, &state, 1, &s->line);
    version_post(s, o, state, version);
}

/* --- sums --- */

static void made_count(struct synth *s, const struct order *o)
{
    size_t shop = synth_shop_place(o->channel, o->brand);
    uint32_t day = (uint32_t)(day_of_time(s->now_us, ZONE_SECONDS) - s->first_day);
    assert(day < s->day_count);
    struct day_sums *sums = &s->days[shop * s->day_count + day];
    s->shops[shop].orders++;
    s->shops[shop].gross_fen += o->goods_fen - o->discount_fen;
    sums->orders++;
    sums->amount_fen += order_amount_fen(o);
}

static void state_count(struct synth *s, const struct order *o, enum order_state state)
{
    struct shop_sums *sums = &s->shops[synth_shop_place(o->channel, o->brand)];
    if (state == ORDER_CREATED)
        made_count(s, o);
    if (state == ORDER_PAID)
        sums->net_fen += order_amount_fen(o);
    if (state == ORDER_REFUND_DONE) {
        sums->refunded_fen += order_refund_fen(o);
        sums->net_fen -= order_refund_fen(o);
    }
}

void synth_order_tell(struct synth *s, const struct order *o, enum order_state state)
{
    state_count(s, o, state);
    if (s->options.tells != SYNTH_ORDERS)
        return;
    if (state == ORDER_CREATED)
        created_post(s, o);
    else if (order_states[state] != NULL || return_states[state] != NULL)
        later_post(s, o, state);
}

void synth_sale_tell(struct synth *s, const struct order *o)
{
    static const enum order_state at_once[] = {ORDER_CREATED, ORDER_PAID, ORDER_DONE};
    for (size_t i = 0; i < COUNT_OF(at_once); i++)
        state_count(s, o, at_once[i]);
    if (s->options.tells != SYNTH_ORDERS)
        return;
    version_begin(s, VERSION_OF_STATES);
    whole_write(s, o, true);
    states_write(s, at_once, COUNT_OF(at_once), &s->line);
    version_post(s, o, ORDER_DONE, VERSION_OF_STATES);
}
