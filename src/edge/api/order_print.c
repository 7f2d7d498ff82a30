/* An order as the API shows it; what it holds of people is masked for those who may not see it. */
#include "edge/api/order_print.h"

#include "edge/api/api.h"
#include "edge/mask.h"
#include "engine/registry.h"

#define DISCOUNTS_SHOWN_MAX 64u

static void put_money(struct json_writer *w, int64_t amount, uint16_t currency)
{
    struct decimal x = money_decimal(amount, currency);
    json_put_decimal(w, (struct json_decimal){.value = x.mantissa, .scale = x.scale});
}

void member_money(struct json_writer *w, const char *key, int64_t amount, uint16_t currency)
{
    json_key(w, key);
    put_money(w, amount, currency);
}

static void put_text_field(const struct request *r, const struct order_value *v, bool of_receiver,
                           struct json_writer *w)
{
    if (is_masked(r) && v->field->privacy == ORDER_FREE)
        mask_free_text(w, v->text);
    else if (is_masked(r) && v->field->privacy == ORDER_PERSONAL && of_receiver)
        mask_text(w, v->text);
    else
        json_put_string(w, v->text);
}

static void put_list(const struct order_value *v, uint16_t currency, struct json_writer *w)
{
    struct unpack u = unpack_of(v->text);
    struct bytes text;
    int64_t amount;
    if (v->field->type == ORDER_TEXTS) {
        json_array_begin(w);
        while (order_text_next(&u, &text))
            json_put_string(w, text);
        json_array_end(w);
        return;
    }
    json_object_begin(w);
    while (order_amount_next(&u, &text, &amount)) {
        json_key_bytes(w, text);
        put_money(w, amount, currency);
    }
    json_object_end(w);
}

void order_put_value(const struct request *r, const struct order_value *v, uint16_t currency, bool of_receiver,
                     struct json_writer *w)
{
    switch (v->field->type) {
    case ORDER_TEXT:
        put_text_field(r, v, of_receiver, w);
        break;
    case ORDER_MONEY:
        put_money(w, v->integer, currency);
        break;
    case ORDER_TIME:
        put_time(w, v->integer);
        break;
    case ORDER_DECIMAL:
        json_put_decimal(w, (struct json_decimal){.value = v->integer, .scale = v->scale});
        break;
    case ORDER_CURRENCY:
        put_text(w, currency_name((uint16_t)v->integer));
        break;
    case ORDER_WORD:
        put_text(w, refund_kind_names[v->integer]);
        break;
    default:
        put_list(v, currency, w);
    }
}

static void put_field(const struct request *r, const struct order_value *v, uint16_t currency, bool of_receiver,
                      struct json_writer *w)
{
    json_key(w, v->field->name);
    order_put_value(r, v, currency, of_receiver, w);
}

static uint16_t currency_of_part(const struct order_part *p)
{
    struct order_value v;
    return order_value_find(p->body, FIELD_CURRENCY, &v) ? (uint16_t)v.integer : CURRENCY_CNY;
}

static void put_fields(const struct request *r, const struct order_part *p, struct json_writer *w)
{
    struct unpack u = unpack_of(p->body);
    uint16_t currency = currency_of_part(p);
    for (struct order_value v; order_field_next(&u, &v);)
        put_field(r, &v, currency, p->kind == ORDER_RECEIVER, w);
}

static void put_fields_marked(const struct request *r, const struct order_part *p, struct json_writer *w)
{
    put_fields(r, p, w);
    if (p->corrected)
        member_bool(w, "corrected", true);
}

static void put_states(const struct order *o, struct bytes refund, struct json_writer *w)
{
    uint8_t count = refund.size > 0 ? (uint8_t)REFUND_STATE_COUNT : (uint8_t)ORDER_STATE_COUNT;
    int64_t us;
    json_key(w, "states");
    json_object_begin(w);
    for (uint8_t state = 0; state < count; state++)
        if (order_reached(o, refund, state, &us))
            member_time(w, refund.size > 0 ? refund_state_names[state] : order_state_names[state], us);
    json_object_end(w);
}

/* NULL: the order has none. */
static void put_buyer(const struct request *r, const struct view *v, const struct order_part *buyer,
                      struct json_writer *w)
{
    struct unpack u = unpack_of(buyer == NULL ? BYTES_NONE : buyer->body);
    json_key(w, "buyer");
    json_array_begin(w);
    for (struct envelope_id id; order_id_next(&u, &id);)
        put_id(r, v, &id, w);
    json_array_end(w);
}

static void put_object(const struct request *r, const struct order *o, enum order_part_kind kind, const char *key,
                       struct json_writer *w)
{
    const struct order_part *p = order_part_find(o, kind, BYTES_NONE, 0);
    json_key(w, key);
    json_object_begin(w);
    if (p != NULL)
        put_fields_marked(r, p, w);
    json_object_end(w);
}

/* Parts that there are many of. */
static const struct order_part_list {
    enum order_part_kind kind;
    const char *name, *id_name;
} part_lists[] = {
    {ORDER_LINE, "lines", "line"}, {ORDER_SHIPMENT, "shipments", "shipment"}, {ORDER_REFUND, "refunds", "refund"}};

static void put_parts(const struct request *r, const struct order *o, const struct order_part_list *list,
                      struct json_writer *w)
{
    json_key(w, list->name);
    json_array_begin(w);
    for (uint32_t i = 0; i < o->part_count; i++) {
        const struct order_part *p = &o->parts[i];
        if (p->kind != list->kind)
            continue;
        json_object_begin(w);
        member_bytes(w, list->id_name, p->id);
        put_fields_marked(r, p, w);
        if (p->kind == ORDER_REFUND)
            put_states(o, p->id, w);
        json_object_end(w);
    }
    json_array_end(w);
}

/* Of the lines and of the whole order, added up by kind. */
static void put_discounts(const struct order *o, uint16_t currency, struct json_writer *w)
{
    struct order_discounts walk = {.part_at = 0};
    struct bytes kind, kinds[DISCOUNTS_SHOWN_MAX];
    int64_t amount, amounts[DISCOUNTS_SHOWN_MAX];
    size_t count = 0;
    while (order_discount_next(o, &walk, &kind, &amount)) {
        size_t i = 0;
        while (i < count && !bytes_equal(kinds[i], kind))
            i++;
        if (i == DISCOUNTS_SHOWN_MAX)
            continue;
        amounts[i] = i == count ? amount : amounts[i] + amount;
        kinds[i] = kind;
        count += i == count;
    }
    json_key(w, "discounts");
    json_object_begin(w);
    for (size_t i = 0; i < count; i++) {
        json_key_bytes(w, kinds[i]);
        put_money(w, amounts[i], currency);
    }
    json_object_end(w);
}

void order_put_sums(const struct view *v, const struct order *o, int64_t at_us, struct json_writer *w)
{
    struct order_sums s;
    int64_t net;
    uint16_t group = order_group_currency(v);
    order_sum(o, at_us, &s);
    json_key(w, "sums");
    json_object_begin(w);
    member_text(w, "currency", currency_name(s.currency));
    member_uint(w, "lines", s.lines);
    member_money(w, "list", s.list, s.currency);
    member_money(w, "discount", s.discount, s.currency);
    put_discounts(o, s.currency, w);
    member_money(w, "gross", s.gross, s.currency);
    member_money(w, "freight", s.freight, s.currency);
    member_money(w, "amount", s.amount, s.currency);
    member_money(w, "refunded", s.refunded, s.currency);
    member_money(w, "net", s.net, s.currency);
    if (s.has_total)
        member_money(w, "differs_by", s.differs_by, s.currency);
    if (s.foreign > 0)
        member_uint(w, "other_currency", s.foreign);
    if (s.currency != group && order_in_group_currency(v, o, s.net, s.currency, &net)) {
        member_text(w, "group_currency", currency_name(group));
        member_money(w, "group_net", net, group);
    }
    json_object_end(w);
}

void order_put_act(const struct request *r, const struct view *v, const struct order_act *act, struct json_writer *w)
{
    const struct command *command = registry_command(v->registry, act->command);
    member_uint(w, "position", act->position);
    member_time(w, "time", act->time_us);
    member_text(w, "act", command == NULL ? "" : command->name);
    member_bytes(w, "by", act->ask.by);
    json_key(w, "reason");
    if (is_masked(r))
        mask_free_text(w, act->ask.reason);
    else
        json_put_string(w, act->ask.reason);
    member_bool(w, "undone", act->undone);
}

static void put_acts(const struct request *r, const struct view *v, const struct order *o, struct json_writer *w)
{
    json_key(w, "acts");
    json_array_begin(w);
    for (uint32_t i = 0; i < o->act_count; i++) {
        json_object_begin(w);
        order_put_act(r, v, &o->acts[i], w);
        json_object_end(w);
    }
    json_array_end(w);
}

void order_put_brief(const struct request *r, const struct view *v, const struct order *o, int64_t at_us,
                     struct json_writer *w)
{
    member_bytes(w, "shop", o->key.shop);
    member_bytes(w, "number", o->key.number);
    member_bool(w, "void", o->voided);
    member_person(w, "owner", v, o->has_owner ? identity_of_owner(v, o->owner) : PERSON_NONE);
    for (uint32_t i = 0; i < o->part_count; i++)
        if (o->parts[i].kind == ORDER_HEAD)
            put_fields(r, &o->parts[i], w);
    put_states(o, BYTES_NONE, w);
    order_put_sums(v, o, at_us, w);
}

void order_put(const struct request *r, const struct view *v, const struct order *o, int64_t at_us,
               struct json_writer *w)
{
    order_put_brief(r, v, o, at_us, w);
    put_buyer(r, v, order_part_find(o, ORDER_BUYER, BYTES_NONE, 0), w);
    put_object(r, o, ORDER_RECEIVER, "receiver", w);
    put_object(r, o, ORDER_PAYMENT, "payment", w);
    for (size_t i = 0; i < COUNT_OF(part_lists); i++)
        put_parts(r, o, &part_lists[i], w);
    put_acts(r, v, o, w);
}

/* --- as versions --- */

/* The currency holds for all money of a version, so no part names its own. */
static void put_fields_said(const struct request *r, const struct order_part *p, struct json_writer *w)
{
    struct unpack u = unpack_of(p->body);
    uint16_t currency = currency_of_part(p);
    for (struct order_value v; order_field_next(&u, &v);)
        if (v.field->type != ORDER_CURRENCY)
            put_field(r, &v, currency, p->kind == ORDER_RECEIVER, w);
}

static void put_object_said(const struct request *r, const struct order_version *x, enum order_part_kind kind,
                            const char *key, struct json_writer *w)
{
    for (uint32_t i = 0; i < x->part_count; i++) {
        if (x->parts[i].kind != kind)
            continue;
        json_key(w, key);
        json_object_begin(w);
        put_fields_said(r, &x->parts[i], w);
        json_object_end(w);
    }
}

static void put_part_said(const struct request *r, const struct order *o, const struct order_part *p,
                          const char *id_name, struct json_writer *w)
{
    json_object_begin(w);
    member_bytes(w, id_name, p->id);
    if (p->removed)
        member_bool(w, "removed", true);
    else
        put_fields_said(r, p, w);
    if (p->kind == ORDER_REFUND)
        put_states(o, p->id, w);
    json_object_end(w);
}

static void put_parts_said(const struct request *r, const struct order *o, const struct order_version *x,
                           const struct order_part_list *list, struct json_writer *w)
{
    bool is_open = false;
    for (uint32_t i = 0; i < x->part_count; i++) {
        if (x->parts[i].kind != list->kind)
            continue;
        if (!is_open) {
            json_key(w, list->name);
            json_array_begin(w);
            is_open = true;
        }
        put_part_said(r, o, &x->parts[i], list->id_name, w);
    }
    if (is_open)
        json_array_end(w);
}

void order_put_version(const struct request *r, const struct view *v, const struct order_said *said, uint32_t at,
                       struct json_writer *w)
{
    const struct order_version *x = &said->versions[at];
    member_bytes(w, "shop", x->key.shop);
    member_bytes(w, "number", x->key.number);
    member_uint(w, "version", x->version);
    if (x->time_us != 0)
        member_time(w, "modified", x->time_us);
    if (x->source.size > 0)
        member_bytes(w, "source", x->source);
    if (x->complete)
        member_bool(w, "complete", true);
    if (said->currencies[at] != 0 && said->currencies[at] != CURRENCY_CNY)
        member_text(w, "currency", currency_name(said->currencies[at]));
    if (at == 0)
        put_states(&said->order, BYTES_NONE, w);
    for (uint32_t i = 0; i < x->part_count; i++) {
        if (x->parts[i].kind == ORDER_HEAD)
            put_fields_said(r, &x->parts[i], w);
        if (x->parts[i].kind == ORDER_BUYER)
            put_buyer(r, v, &x->parts[i], w);
    }
    put_object_said(r, x, ORDER_RECEIVER, "receiver", w);
    put_object_said(r, x, ORDER_PAYMENT, "payment", w);
    for (size_t i = 0; i < COUNT_OF(part_lists); i++)
        put_parts_said(r, &said->order, x, &part_lists[i], w);
}
