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
 * tell of their buyer, once, since that is how an owner is found. What was told elsewhere is marked alike, and its buyer too. */
void tells_plan(const struct view *v, struct change *c)
{
    struct tells *t = &c->tells;
    if (c->is.voided)
        return;
    bool derives = !c->is_told && order_shop_derives(v, c->after.key.shop);
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
    t->buyer_alone = t->count == 0 && !c->is_told;
}

/* --- records: fields behind their count --- */

static_assert(FIELD_COUNT < 0x80, "a record of an order has so few fields that their count takes one byte");

struct record {
    uint8_t count;
    struct buf bytes;
};

static void record_clear(struct record *r)
{
    r->count = 0;
    r->bytes.overflowed = false;
    buf_clear(&r->bytes);
    pack_u8(&r->bytes, 0);
}

static struct record record_in(struct arena *arena)
{
    struct record r = {.bytes = arena_buf(arena, RECORD_BYTES_MAX)};
    record_clear(&r);
    return r;
}

static void put_decimal(struct record *r, struct bytes key, struct decimal x)
{
    pack_bytes(&r->bytes, key);
    value_pack_decimal(&r->bytes, x.mantissa, x.scale);
    r->count++;
}

static void put_text(struct record *r, struct bytes key, struct bytes text)
{
    if (text.size == 0)
        return;
    pack_bytes(&r->bytes, key);
    value_pack_text(&r->bytes, text);
    r->count++;
}

/* Borrowed from the record; none: it takes more than it may. */
static struct bytes record_bytes(struct record *r)
{
    r->bytes.data[0] = r->count;
    return r->bytes.overflowed ? BYTES_NONE : buf_bytes(&r->bytes);
}

/* --- what an event says of its order --- */

/* In the step's arena. */
struct details {
    struct bytes properties, items;
    uint32_t item_count;
};

/* What the dictionary calls a line's fields; without bytes: no item has it. */
static const struct bytes item_keys[FIELD_COUNT] = {
    [FIELD_SKU] = BYTES_INIT("sku"),     [FIELD_PRODUCT] = BYTES_INIT("spu"),
    [FIELD_NAME] = BYTES_INIT("name"),   [FIELD_QUANTITY] = BYTES_INIT("quantity"),
    [FIELD_PRICE] = BYTES_INIT("price"), [FIELD_LIST_PRICE] = BYTES_INIT("list_price"),
    [FIELD_PAID] = BYTES_INIT("amount"),
};

static void item_make(const struct order_part *line, uint16_t currency, struct record *item)
{
    struct unpack u = unpack_of(line->body);
    uint8_t money_scale = (uint8_t)currency_scale(currency);
    record_clear(item);
    for (struct order_value value; order_field_next(&u, &value);) {
        struct bytes key = item_keys[value.field->id];
        if (key.size == 0)
            continue;
        uint8_t scale = value.field->type == ORDER_MONEY ? money_scale : value.scale;
        if (value.field->type == ORDER_TEXT)
            put_text(item, key, value.text);
        else
            put_decimal(item, key, (struct decimal){value.integer, scale});
    }
}

/* What doesn't fit is left out: the order has it. */
static void item_put(const struct order_part *line, uint16_t currency, struct record *scratch, struct buf *items,
                     struct details *d)
{
    item_make(line, currency, scratch);
    struct bytes item = record_bytes(scratch);
    if (item.size == 0 || varint_bytes(item.size) + item.size > items->size_max - items->size)
        return;
    pack_bytes(items, item);
    d->item_count++;
}

static void amounts_put(struct record *r, int64_t amount, uint16_t currency)
{
    put_decimal(r, BYTES_LIT("amount"), money_decimal(amount, currency));
    put_text(r, BYTES_LIT("currency"), bytes_of_text(currency_name(currency)));
}

/* Of an order as a whole: its sums and its lines. */
static struct details details_of_order(const struct change *c, struct arena *arena)
{
    const struct order *o = &c->is;
    const struct order_sums *sums = &c->sums;
    struct record r = record_in(arena), item = record_in(arena);
    struct buf items = arena_buf(arena, ITEMS_BYTES_MAX);
    struct details d = {.item_count = 0};
    amounts_put(&r, sums->amount, sums->currency);
    if (sums->discount != 0)
        put_decimal(&r, BYTES_LIT("discount"), money_decimal(sums->discount, sums->currency));
    if (sums->freight != 0)
        put_decimal(&r, BYTES_LIT("freight"), money_decimal(sums->freight, sums->currency));
    for (uint32_t i = 0; i < o->part_count && d.item_count < ITEMS_MAX; i++)
        if (o->parts[i].kind == ORDER_LINE)
            item_put(&o->parts[i], sums->currency, &item, &items, &d);
    d.properties = record_bytes(&r);
    d.items = buf_bytes(&items);
    return d;
}

static void refund_line_put(const struct order *o, struct bytes line_id, uint16_t currency, struct arena *arena,
                            struct details *d)
{
    const struct order_part *line = order_part_find(o, ORDER_LINE, line_id, 0);
    if (line == NULL)
        return;
    struct record item = record_in(arena);
    struct buf items = arena_buf(arena, RECORD_BYTES_MAX + VARINT_BYTES_MAX);
    item_put(line, currency, &item, &items, d);
    d->items = buf_bytes(&items);
}

/* *io_store: where it was given back, when it is said. */
static struct details details_of_refund(const struct order *o, const struct order_part *refund, struct arena *arena,
                                        struct bytes *io_store)
{
    struct details d = {.item_count = 0};
    if (refund == NULL)
        return d;
    struct order_value value;
    struct record r = record_in(arena);
    uint16_t currency = body_currency(refund->body);
    amounts_put(&r, body_integer(refund->body, FIELD_AMOUNT), currency);
    put_text(&r, BYTES_LIT("kind"), bytes_of_text(refund_kind_names[body_integer(refund->body, FIELD_KIND)]));
    if (order_value_find(refund->body, FIELD_REASON, &value))
        put_text(&r, BYTES_LIT("reason"), value.text);
    if (order_value_find(refund->body, FIELD_STORE, &value) && value.text.size <= NAME_BYTES_MAX)
        *io_store = value.text;
    if (order_value_find(refund->body, FIELD_LINE, &value)) {
        put_text(&r, BYTES_LIT("line"), value.text);
        refund_line_put(o, value.text, currency, arena, &d);
    }
    d.properties = record_bytes(&r);
    return d;
}

static struct details details_of_amount(const struct change *c, struct bytes direction, struct arena *arena)
{
    struct record r = record_in(arena);
    amounts_put(&r, c->sums.amount, c->sums.currency);
    put_text(&r, BYTES_LIT("direction"), direction);
    return (struct details){.properties = record_bytes(&r)};
}

/* --- events --- */

/* The events of one step: what they share is made once. */
struct telling {
    struct step *step;
    const struct change *change;
    struct envelope envelope; /* of the one in the making, and behind it of the next */
    struct bytes store;       /* the order's own */
    struct details order;     /* once one event has told it */
    bool is_order_made;
    struct buf packed;
};

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

static struct telling *telling_begin(struct step *s, const struct change *c)
{
    struct telling *t = ARENA_NEW(s->view.arena, struct telling);
    struct envelope *v = &t->envelope;
    t->step = s;
    t->change = c;
    t->packed = arena_buf(s->view.arena, ENVELOPE_BYTES_MAX);
    v->source = BYTES_LIT(ORDER_SOURCE);
    v->received_us = s->view.now_us;
    v->actor = ACTOR_SYSTEM;
    v->import = s->cause == CAUSE_IMPORT;
    references_put(v, &c->is);
    t->store = v->reference[REF_STORE];
    return t;
}

static void buyer_put(struct telling *t)
{
    struct envelope *v = &t->envelope;
    const struct order_part *buyer = order_part_find(&t->change->is, ORDER_BUYER, BYTES_NONE, 0);
    struct unpack u = unpack_of(buyer == NULL ? BYTES_NONE : buyer->body);
    for (struct envelope_id id; v->id_count < ENVELOPE_IDS_MAX && order_id_next(&u, &id);)
        v->ids[v->id_count++] = id;
}

/* "order:tmall-1:3721:refund_done:R1" */
static struct bytes message_id_of(struct telling *t, struct bytes what, struct bytes refund)
{
    struct order_key key = t->change->is.key;
    size_t most = sizeof MESSAGE_PREFIX + key.shop.size + key.number.size + what.size + refund.size + 3;
    uint8_t *from = arena_take(t->step->view.arena, most, 1);
    uint8_t *at = put_raw(from, MESSAGE_PREFIX, sizeof MESSAGE_PREFIX - 1);
    at = put_raw(at, key.shop.data, key.shop.size);
    *at++ = ':';
    at = put_raw(at, key.number.data, key.number.size);
    *at++ = ':';
    at = put_raw(at, what.data, what.size);
    if (refund.size > 0)
        *at++ = ':';
    at = put_raw(at, refund.data, refund.size);
    assert((size_t)(at - from) <= most);
    return bytes_of(from, (size_t)(at - from));
}

/* What tells this event from the others, and when it happened. */
struct occasion {
    const char *event;
    struct bytes message_id;
    int64_t event_us;
    bool seeks_owner;
};

static void event_tell(struct telling *t, const struct occasion *o, const struct details *d)
{
    struct envelope *v = &t->envelope;
    bool is_told_wrong = o->event_us > v->received_us + FUTURE_US_MAX || o->event_us < EARLIEST_US;
    v->event = bytes_of_text(o->event);
    v->message_id = o->message_id;
    v->message = hash128(v->message_id, MESSAGE_SEED);
    v->event_us = is_told_wrong ? v->received_us : o->event_us;
    v->actor_id = o->seeks_owner ? BYTES_LIT(ACTOR_SEEKS_OWNER) : BYTES_LIT(ACTOR_ORDER);
    v->properties = d->properties;
    v->items = d->items;
    v->item_count = d->item_count;
    buf_clear(&t->packed);
    struct status status = envelope_pack(v, &t->packed, NULL);
    assert(done(status)); /* every part of it is bounded */
    step_then(t->step, COMMAND_COLLECT_EVENT, buf_bytes(&t->packed));
}

/* The first of a step's events seeks the owner, where there is none. */
static bool seeks_owner(const struct telling *t, bool is_first)
{
    return is_first && t->envelope.id_count > 0 && !t->change->after.has_heard;
}

static const struct details *order_details(struct telling *t)
{
    if (!t->is_order_made)
        t->order = details_of_order(t->change, t->step->view.arena);
    t->is_order_made = true;
    return &t->order;
}

static void state_tell(struct telling *t, uint32_t at)
{
    const struct change *c = t->change;
    const struct order_part *told = &c->after.parts[c->tells.parts[at]];
    const struct order_part *state = order_part_find(&c->is, ORDER_STATE, told->id,
                                                     told->sub); /* with its time as corrected */
    const char *event = event_of(&c->is, state);
    struct occasion o = {.event = event,
                         .message_id = message_id_of(t, bytes_of_text(event), state->id),
                         .event_us = state->time_us,
                         .seeks_owner = seeks_owner(t, at == 0)};
    t->envelope.reference[REF_STORE] = t->store;
    if (state->id.size == 0) {
        event_tell(t, &o, order_details(t));
        return;
    }
    const struct order_part *refund = order_part_find(&c->is, ORDER_REFUND, state->id, 0);
    struct details d = details_of_refund(&c->is, refund, t->step->view.arena, &t->envelope.reference[REF_STORE]);
    event_tell(t, &o, &d);
}

static void buyer_tell(struct telling *t)
{
    struct occasion o = {.event = EVENT_BUYER,
                         .message_id = message_id_of(t, BYTES_LIT("buyer"), BYTES_NONE),
                         .event_us = t->step->view.now_us,
                         .seeks_owner = seeks_owner(t, true)};
    (void)order_reached(&t->change->is, BYTES_NONE, ORDER_CREATED, &o.event_us);
    struct details d = details_of_amount(t->change, BYTES_NONE, t->step->view.arena);
    event_tell(t, &o, &d);
}

static void events_tell(struct step *s, const struct change *c)
{
    struct telling *t = telling_begin(s, c);
    buyer_put(t);
    for (uint32_t i = 0; i < c->tells.count; i++)
        state_tell(t, i);
    if (c->tells.buyer_alone)
        buyer_tell(t);
}

void tells_write(struct step *s, const struct change *c)
{
    if (c->tells.count > 0 || c->tells.buyer_alone)
        events_tell(s, c);
    if (c->tells.more)
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
    struct telling *t = telling_begin(s, c);
    struct bytes what = bytes_of_text(
        arena_printf(s->view.arena, "%s:%llu", direction, (unsigned long long)s->view.position));
    struct occasion o = {
        .event = EVENT_REASSIGNED, .message_id = message_id_of(t, what, BYTES_NONE), .event_us = s->view.now_us};
    struct details d = details_of_amount(c, bytes_of_text(direction), s->view.arena);
    t->envelope.ids[t->envelope.id_count++] = *id;
    event_tell(t, &o, &d);
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
