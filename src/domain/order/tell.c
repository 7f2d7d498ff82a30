/* Events out of orders: what is to be told once, and as what. */
#include "base/time.h"
#include "domain/identity/identity.h"
#include "domain/order/change.h"
#include "domain/order/fields.h"
#include "domain/order/payload.h"

#define ITEMS_MAX 100u /* of an event; its order has all lines */
#define RECORD_BYTES_MAX 4096u
#define ITEMS_BYTES_MAX 32768u
#define MESSAGE_SEED UINT64_C(0x6f7264657274)
/* A state that lies before 2000, or further ahead than this, was told by a wrong clock: as at the door. */
#define EARLIEST_US INT64_C(946684800000000)
#define FUTURE_US_MAX US_PER_DAY
#define MESSAGE_PREFIX "order:"
static_assert(sizeof MESSAGE_PREFIX + ORDER_SHOP_BYTES_MAX + ORDER_NUMBER_BYTES_MAX + ORDER_PART_ID_BYTES_MAX + 24 <=
                  MESSAGE_ID_BYTES_MAX,
              "every message id fits");

/* What a state is told as; NULL: nothing. */
static const char *const order_events[ORDER_STATE_COUNT] = {
    [ORDER_CREATED] = "order_created",     [ORDER_PAID] = "order_paid", [ORDER_SHIPPED] = "order_shipped",
    [ORDER_DELIVERED] = "order_delivered", [ORDER_DONE] = "order_done", [ORDER_CANCELLED] = "order_cancelled",
};
static const char *const refund_events[REFUND_STATE_COUNT] = {
    [REFUND_REQUESTED] = "refund_requested", [REFUND_DONE] = "refund_done"};
static const char *const exchange_events[REFUND_STATE_COUNT] = {
    [REFUND_REQUESTED] = "exchange_requested", [REFUND_DONE] = "exchange_done"};
/* The actor of events that orders derive, and of the one whose owner becomes the order's. */
#define ACTOR_ORDER "order"
#define ACTOR_SEEKS_OWNER "order.owner"
#define EVENT_BUYER "order_updated"
#define EVENT_REASSIGNED "order_reassigned"

static const char *event_of(const struct order *o, const struct order_part *state)
{
    if (state->id.size == 0)
        return order_events[state->sub];
    const struct order_part *refund = order_part_find(o, ORDER_REFUND, state->id, 0);
    bool is_exchange = refund != NULL && body_integer(refund->body, FIELD_KIND) == REFUND_EXCHANGE;
    return (is_exchange ? exchange_events : refund_events)[state->sub];
}

/* --- what is to be told --- */

static void parts_own(struct change *c, struct arena *arena)
{
    if (c->after.parts != c->before.parts)
        return;
    struct order_part *parts = ARENA_ARRAY(arena, struct order_part, c->after.part_count + 1);
    for (uint32_t i = 0; i < c->after.part_count; i++)
        parts[i] = c->before.parts[i];
    c->after.parts = parts;
}

static bool has_buyer(const struct order *o)
{
    const struct order_part *buyer = order_part_find(o, ORDER_BUYER, BYTES_NONE, 0);
    return buyer != NULL && buyer->body.size > 0;
}

/* A shop that tells order events itself has its states marked all the same, so that they are never told later. Its orders still
 * tell of their buyer, once, since that is how an owner is found. */
void tells_plan(const struct view *v, struct change *c)
{
    struct tells *t = &c->tells;
    if (c->is.voided)
        return;
    bool derives = order_shop_derives(v, c->after.key.shop);
    parts_own(c, v->arena);
    for (uint32_t i = 0; i < c->after.part_count && !t->more; i++) {
        struct order_part *p = &c->after.parts[i];
        if (p->kind != ORDER_STATE || p->told)
            continue;
        bool is_event = derives && event_of(&c->is, p) != NULL;
        t->more = is_event && t->count == TELLS_MAX;
        if (is_event && !t->more)
            t->parts[t->count++] = i;
        p->told = !t->more;
    }
    if (c->after.buyer_told || !has_buyer(&c->is))
        return;
    c->after.buyer_told = true;
    t->buyer_alone = t->count == 0;
}

/* --- events --- */

/* An event in the making; its bytes live in the step's arena. */
struct telling {
    struct envelope envelope;
    struct order_sums sums;
    uint32_t property_count;
    struct buf properties, items, item;
};

static void put_decimal(struct telling *t, const char *key, struct decimal x)
{
    pack_bytes(&t->properties, bytes_of_text(key));
    value_pack_decimal(&t->properties, x.mantissa, x.scale);
    t->property_count++;
}

static void put_text(struct telling *t, const char *key, struct bytes text)
{
    if (text.size == 0)
        return;
    pack_bytes(&t->properties, bytes_of_text(key));
    value_pack_text(&t->properties, text);
    t->property_count++;
}

/* What the dictionary calls a line's fields; NULL: no item has it. */
static const char *const item_keys[FIELD_COUNT] = {
    [FIELD_SKU] = "sku",     [FIELD_PRODUCT] = "spu",           [FIELD_NAME] = "name",   [FIELD_QUANTITY] = "quantity",
    [FIELD_PRICE] = "price", [FIELD_LIST_PRICE] = "list_price", [FIELD_PAID] = "amount",
};

static void item_put(struct telling *t, const struct order_part *line, uint16_t currency)
{
    struct unpack u = unpack_of(line->body);
    uint32_t count = 0;
    buf_clear(&t->item);
    for (struct order_value value; order_field_next(&u, &value);) {
        if (item_keys[value.field->id] == NULL)
            continue;
        pack_bytes(&t->item, bytes_of_text(item_keys[value.field->id]));
        if (value.field->type == ORDER_TEXT)
            value_pack_text(&t->item, value.text);
        else
            value_pack_decimal(&t->item, value.integer,
                               value.field->type == ORDER_MONEY ? (uint8_t)currency_scale(currency) : value.scale);
        count++;
    }
    size_t before = t->items.size;
    pack_varint(&t->items, varint_bytes(count) + t->item.size);
    pack_varint(&t->items, count);
    pack_raw(&t->items, buf_bytes(&t->item));
    bool is_whole = !t->item.overflowed && !t->items.overflowed;
    t->item.overflowed = t->items.overflowed = false;
    t->items.size = is_whole ? t->items.size : before; /* what doesn't fit is left out: the order has it */
    t->envelope.item_count += is_whole;
}

static void references_put(struct envelope *v, const struct order *o)
{
    v->reference[REF_BRAND] = order_text(o, FIELD_BRAND);
    v->reference[REF_CHANNEL] = order_text(o, FIELD_CHANNEL);
    v->reference[REF_SHOP] = o->key.shop;
    v->reference[REF_STORE] = order_text(o, FIELD_STORE);
    v->reference[REF_STAFF] = order_text(o, FIELD_SELLER);
    v->reference[REF_CAMPAIGN] = order_text(o, FIELD_CAMPAIGN);
    v->reference[REF_ORDER] = o->key.number;
    for (uint32_t i = 0; i < REF_COUNT; i++)
        if (v->reference[i].size > NAME_BYTES_MAX)
            v->reference[i] = BYTES_NONE;
}

/* The first of a step's events seeks the owner, where there is none. */
static void buyer_put(struct telling *t, const struct change *c, bool is_first)
{
    struct envelope *v = &t->envelope;
    const struct order_part *buyer = order_part_find(&c->is, ORDER_BUYER, BYTES_NONE, 0);
    struct unpack u = unpack_of(buyer == NULL ? BYTES_NONE : buyer->body);
    for (struct envelope_id id; v->id_count < ENVELOPE_IDS_MAX && order_id_next(&u, &id);)
        v->ids[v->id_count++] = id;
    if (is_first && v->id_count > 0 && !c->after.has_heard)
        v->actor_id = BYTES_LIT(ACTOR_SEEKS_OWNER);
}

static struct telling *telling_begin(const struct step *s, const struct change *c, const char *event,
                                     const char *message_id, int64_t event_us)
{
    int64_t now_us = s->view.now_us;
    struct telling *t = ARENA_NEW(s->view.arena, struct telling);
    struct envelope *v = &t->envelope;
    t->sums = c->sums;
    v->event = bytes_of_text(event);
    v->source = BYTES_LIT(ORDER_SOURCE);
    v->message_id = bytes_of_text(message_id);
    v->message = hash128(v->message_id, MESSAGE_SEED);
    v->event_us = event_us > now_us + FUTURE_US_MAX || event_us < EARLIEST_US ? now_us : event_us;
    v->received_us = now_us;
    v->actor = ACTOR_SYSTEM;
    v->actor_id = BYTES_LIT(ACTOR_ORDER);
    v->import = s->cause == CAUSE_IMPORT;
    references_put(v, &c->is);
    buf_init(&t->properties, RECORD_BYTES_MAX);
    buf_init(&t->items, ITEMS_BYTES_MAX);
    buf_init(&t->item, RECORD_BYTES_MAX);
    return t;
}

static void telling_end(struct step *s, struct telling *t)
{
    struct envelope *v = &t->envelope;
    struct buf record, packed;
    buf_init(&record, RECORD_BYTES_MAX + VARINT_BYTES_MAX);
    buf_init(&packed, ENVELOPE_BYTES_MAX);
    pack_varint(&record, t->property_count);
    pack_raw(&record, buf_bytes(&t->properties));
    v->properties = t->properties.overflowed ? BYTES_NONE : buf_bytes(&record);
    v->items = buf_bytes(&t->items);
    struct status status = envelope_pack(v, &packed, NULL);
    assert(done(status)); /* every part of it is bounded */
    step_then(s, COMMAND_COLLECT_EVENT, arena_copy(s->view.arena, buf_bytes(&packed)));
    buf_fini(&t->properties);
    buf_fini(&t->items);
    buf_fini(&t->item);
    buf_fini(&record);
    buf_fini(&packed);
}

static void amounts_put(struct telling *t, int64_t amount)
{
    put_decimal(t, "amount", money_decimal(amount, t->sums.currency));
    put_text(t, "currency", bytes_of_text(currency_name(t->sums.currency)));
}

static void order_put(struct telling *t, const struct order *o)
{
    amounts_put(t, t->sums.amount);
    if (t->sums.discount != 0)
        put_decimal(t, "discount", money_decimal(t->sums.discount, t->sums.currency));
    if (t->sums.freight != 0)
        put_decimal(t, "freight", money_decimal(t->sums.freight, t->sums.currency));
    for (uint32_t i = 0; i < o->part_count && t->envelope.item_count < ITEMS_MAX; i++)
        if (o->parts[i].kind == ORDER_LINE)
            item_put(t, &o->parts[i], t->sums.currency);
}

static void refund_put(struct telling *t, const struct order *o, struct bytes id)
{
    struct order_value value;
    const struct order_part *refund = order_part_find(o, ORDER_REFUND, id, 0);
    if (refund == NULL)
        return;
    t->sums.currency = body_currency(refund->body);
    amounts_put(t, body_integer(refund->body, FIELD_AMOUNT));
    put_text(t, "kind", bytes_of_text(refund_kind_names[body_integer(refund->body, FIELD_KIND)]));
    if (order_value_find(refund->body, FIELD_REASON, &value))
        put_text(t, "reason", value.text);
    if (order_value_find(refund->body, FIELD_STORE, &value) && value.text.size <= NAME_BYTES_MAX)
        t->envelope.reference[REF_STORE] = value.text; /* where it was given back */
    if (!order_value_find(refund->body, FIELD_LINE, &value))
        return;
    put_text(t, "line", value.text);
    const struct order_part *line = order_part_find(o, ORDER_LINE, value.text, 0);
    if (line != NULL)
        item_put(t, line, t->sums.currency);
}

/* "order:tmall-1:3721:refund_done:R1" */
static const char *message_id_of(const struct step *s, const struct order *o, const char *what, struct bytes refund)
{
    return arena_printf(s->view.arena, MESSAGE_PREFIX "%.*s:%.*s:%s%s%.*s", BYTES_ARG(o->key.shop),
                        BYTES_ARG(o->key.number), what, refund.size > 0 ? ":" : "", BYTES_ARG(refund));
}

static void state_tell(struct step *s, const struct change *c, uint32_t at)
{
    const struct order_part *told = &c->after.parts[c->tells.parts[at]];
    const struct order_part *state = order_part_find(&c->is, ORDER_STATE, told->id,
                                                     told->sub); /* with its time as corrected */
    const char *event = event_of(&c->is, state);
    struct telling *t = telling_begin(s, c, event, message_id_of(s, &c->is, event, state->id), state->time_us);
    buyer_put(t, c, at == 0);
    if (state->id.size > 0)
        refund_put(t, &c->is, state->id);
    else
        order_put(t, &c->is);
    telling_end(s, t);
}

static void buyer_tell(struct step *s, const struct change *c)
{
    int64_t us = s->view.now_us;
    (void)order_reached(&c->is, BYTES_NONE, ORDER_CREATED, &us);
    struct telling *t = telling_begin(s, c, EVENT_BUYER, message_id_of(s, &c->is, "buyer", BYTES_NONE), us);
    buyer_put(t, c, true);
    amounts_put(t, t->sums.amount);
    telling_end(s, t);
}

void tells_write(struct step *s, const struct change *c)
{
    const struct tells *t = &c->tells;
    for (uint32_t i = 0; i < t->count; i++)
        state_tell(s, c, i);
    if (t->buyer_alone)
        buyer_tell(s, c);
    if (t->more)
        step_then(s, COMMAND_ORDER_TELL, key_pack(c->after.key, NULL, s->view.arena));
}

/* --- handed over --- */

static bool owner_lead(const struct view *v, bool has_owner, struct hash128 owner, struct envelope_id *out_id)
{
    uint32_t person = has_owner ? identity_of_owner(v, owner) : PERSON_NONE;
    return person != PERSON_NONE && identity_lead(v, person, out_id);
}

void handover_touch(const struct view *v, const struct change *c)
{
    struct envelope_id id;
    (void)owner_lead(v, c->was.has_owner, c->was.owner, &id);
    (void)owner_lead(v, c->is.has_owner, c->is.owner, &id);
}

static void handover_tell(struct step *s, const struct change *c, const struct envelope_id *id, const char *direction)
{
    const char *what = arena_printf(s->view.arena, "%s:%llu", direction, (unsigned long long)s->view.position);
    struct telling *t = telling_begin(s, c, EVENT_REASSIGNED, message_id_of(s, &c->is, what, BYTES_NONE),
                                      s->view.now_us);
    t->envelope.ids[t->envelope.id_count++] = *id;
    amounts_put(t, t->sums.amount);
    put_text(t, "direction", bytes_of_text(direction));
    telling_end(s, t);
}

void handover_write(struct step *s, const struct change *c)
{
    struct envelope_id id;
    if (owner_lead(&s->view, c->was.has_owner, c->was.owner, &id))
        handover_tell(s, c, &id, "from");
    if (owner_lead(&s->view, c->is.has_owner, c->is.owner, &id))
        handover_tell(s, c, &id, "to");
}

/* --- hearing who it was --- */

bool tells_of_owner(const struct resolved *r, struct order_key *out_key)
{
    const struct envelope *v = &r->arrived->envelope;
    bool is_ours = v->actor == ACTOR_SYSTEM && bytes_equal(v->actor_id, BYTES_LIT(ACTOR_SEEKS_OWNER)) &&
                   bytes_equal(v->source, BYTES_LIT(ORDER_SOURCE));
    *out_key = (struct order_key){v->reference[REF_SHOP], v->reference[REF_ORDER]};
    bool is_order = out_key->shop.size > 0 && out_key->shop.size <= ORDER_SHOP_BYTES_MAX && out_key->number.size > 0 &&
                    out_key->number.size <= ORDER_NUMBER_BYTES_MAX;
    return is_ours && is_order && r->person != PERSON_NONE;
}
