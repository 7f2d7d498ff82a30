#include "domain/rule/order_event.h"

#include "base/time.h"
#include "lib/value.h"

#define NUMBER_BYTES_MAX 16u     /* of a value that is no text */
#define RECORD_MEMBERS_MAX 127u  /* their count is one byte */
#define RECORD_BYTES_LEAST 1024u /* of a record but for what parts say */
#define PART_GROWS 8u            /* a packed amount of a few bytes becomes a member with a decimal */

/* --- what an order is asked for besides the fields of its parts --- */

static const char *const head_words[] = {"net",  "gross", "amount",  "refunded", "discount",
                                         "list", "lines", "refunds", "state",    "paid"};

/* What is a field of an event is so of an order: the reference. */
static const struct {
    enum reference reference;
    enum order_field_id id;
} references[] = {{REF_BRAND, FIELD_BRAND},
                  {REF_CHANNEL, FIELD_CHANNEL},
                  {REF_STORE, FIELD_STORE},
                  {REF_STAFF, FIELD_SELLER},
                  {REF_CAMPAIGN, FIELD_CAMPAIGN}};

static bool is_property(const struct order_field *f)
{
    return f->id != FIELD_TOTAL && field_named(bytes_of_text(f->name)) == NULL;
}

struct name_book *order_names(const struct view *v)
{
    struct name_book *b = name_book_of_kinds(v);
    size_t count;
    const struct order_field *fields = order_fields(&count);
    for (size_t i = 0; i < COUNT_OF(head_words); i++)
        name_book_property_add(b, COLUMN_PROPERTY, bytes_of_text(head_words[i]));
    for (size_t i = 0; i < count; i++) {
        bool is_head = (fields[i].kinds & (1u << ORDER_HEAD | 1u << ORDER_PAYMENT)) != 0;
        if (is_head && is_property(&fields[i]))
            name_book_property_add(b, COLUMN_PROPERTY, bytes_of_text(fields[i].name));
        if ((fields[i].kinds & 1u << ORDER_LINE) != 0)
            name_book_property_add(b, COLUMN_ITEM, bytes_of_text(fields[i].name));
    }
    return b;
}

static bool is_of_amounts(struct bytes name)
{
    return bytes_starts_with(name, BYTES_LIT("discounts.")) || bytes_starts_with(name, BYTES_LIT("coupons."));
}

bool order_names_take(struct name_book *names, struct bytes name)
{
    static const struct bytes item = BYTES_INIT("item.");
    bool is_item = bytes_starts_with(name, item);
    struct bytes own = is_item ? bytes_slice(name, item.size, name.size) : name;
    size_t size = 0;
    while (size < name.size && name.data[size] != '.')
        size++;
    struct bytes first = bytes_slice(name, 0, size);
    bool has = bytes_equal(first, BYTES_LIT("shop")) || bytes_equal(first, BYTES_LIT("order"));
    for (size_t i = 0; i < COUNT_OF(references); i++)
        has |= bytes_equal(first, bytes_of_text(reference_names[references[i].reference]));
    if (is_of_amounts(own))
        name_book_property_add(names, is_item ? COLUMN_ITEM : COLUMN_PROPERTY, own);
    return has || (field_named(first) == NULL && !bytes_equal(first, BYTES_LIT(FIELD_EVENT)));
}

/* --- records --- */

struct record {
    const struct view *view;
    const struct order *order;
    uint8_t count;
    struct buf bytes;
};

static struct record record_begin(const struct view *v, const struct order *o, size_t bytes_max)
{
    struct record r = {.view = v, .order = o, .bytes = arena_buf(v->arena, bytes_max)};
    pack_u8(&r.bytes, 0);
    return r;
}

static struct bytes record_end(struct record *r)
{
    assert(!r->bytes.overflowed && r->count <= RECORD_MEMBERS_MAX);
    r->bytes.data[0] = r->count;
    return buf_bytes(&r->bytes);
}

static void member(struct record *r, struct bytes name)
{
    pack_bytes(&r->bytes, name);
    r->count++;
}

static void text_put(struct record *r, struct bytes name, struct bytes text)
{
    if (text.size == 0)
        return;
    member(r, name);
    value_pack_text(&r->bytes, text);
}

static void number_put(struct record *r, struct bytes name, struct decimal x)
{
    member(r, name);
    value_pack_decimal(&r->bytes, x.mantissa, x.scale);
}

/* In the group's currency. false: there is no rate. */
static bool money_of(const struct record *r, int64_t amount, uint16_t currency, struct decimal *out)
{
    int64_t converted;
    if (!order_in_group_currency(r->view, r->order, amount, currency, &converted))
        return false;
    *out = money_decimal(converted, order_group_currency(r->view));
    return true;
}

static void money_put(struct record *r, struct bytes name, int64_t amount, uint16_t currency)
{
    struct decimal money;
    if (money_of(r, amount, currency, &money))
        number_put(r, name, money);
}

/* A unit price of another currency is rounded to its minor unit before. */
static void price_put(struct record *r, struct bytes name, struct decimal price, uint16_t currency)
{
    if (currency == order_group_currency(r->view))
        number_put(r, name, price);
    else
        money_put(r, name, money_times(price, (struct decimal){.mantissa = 1}, currency), currency);
}

/* An object: what each kind comes to. */
static void amounts_put(struct record *r, struct bytes name, const struct order_value *v, uint16_t currency)
{
    struct unpack u = unpack_of(v->text);
    struct bytes kind;
    int64_t amount;
    struct decimal money;
    if (!money_of(r, 0, currency, &money))
        return;
    member(r, name);
    pack_u8(&r->bytes, VALUE_OBJECT);
    pack_varint(&r->bytes, v->count);
    while (order_amount_next(&u, &kind, &amount)) {
        (void)money_of(r, amount, currency, &money);
        pack_bytes(&r->bytes, kind);
        value_pack_decimal(&r->bytes, money.mantissa, money.scale);
    }
}

static void field_put(struct record *r, const struct order_value *v, uint16_t currency)
{
    struct bytes name = bytes_of(v->field->name, v->field->name_bytes);
    bool is_price = v->field->id == FIELD_PRICE || v->field->id == FIELD_LIST_PRICE;
    switch (v->field->type) {
    case ORDER_TEXT:
        text_put(r, name, v->text);
        return;
    case ORDER_MONEY:
        money_put(r, name, v->integer, currency);
        return;
    case ORDER_DECIMAL:
        if (is_price)
            price_put(r, name, (struct decimal){v->integer, v->scale}, currency);
        else
            number_put(r, name, (struct decimal){v->integer, v->scale});
        return;
    case ORDER_AMOUNTS:
        amounts_put(r, name, v, currency);
        return;
    case ORDER_CURRENCY:
        text_put(r, name, bytes_of_text(currency_name((uint16_t)v->integer)));
        return;
    default:
        return; /* of parts that aren't looked at */
    }
}

static uint16_t body_currency(struct bytes body)
{
    struct order_value v;
    return order_value_find(body, FIELD_CURRENCY, &v) ? (uint16_t)v.integer : CURRENCY_CNY;
}

/* --- the order --- */

/* How far it has come; cancelled or closed whatever else it reached. */
static const char *state_of(const struct order *o)
{
    int64_t us;
    for (uint8_t state = ORDER_STATE_COUNT; state-- > 0;)
        if (order_reached(o, BYTES_NONE, state, &us))
            return order_state_names[state];
    return "";
}

static bool is_paid(const struct order *o)
{
    int64_t us;
    for (uint8_t state = ORDER_PAID; state <= ORDER_DONE; state++)
        if (order_reached(o, BYTES_NONE, state, &us))
            return true;
    return false;
}

static void sums_put(struct record *r)
{
    struct order_sums s;
    uint32_t refunds = 0;
    int64_t us;
    order_sum(r->order, ORDER_NOW, &s);
    for (uint32_t i = 0; i < r->order->part_count; i++) {
        const struct order_part *p = &r->order->parts[i];
        refunds += p->kind == ORDER_REFUND && order_reached(r->order, p->id, REFUND_DONE, &us);
    }
    money_put(r, BYTES_LIT("net"), s.net, s.currency);
    money_put(r, BYTES_LIT("gross"), s.gross, s.currency);
    money_put(r, BYTES_LIT("amount"), s.amount, s.currency);
    money_put(r, BYTES_LIT("refunded"), s.refunded, s.currency);
    money_put(r, BYTES_LIT("discount"), s.discount, s.currency);
    money_put(r, BYTES_LIT("freight"), s.freight, s.currency);
    money_put(r, BYTES_LIT("list"), s.list, s.currency);
    number_put(r, BYTES_LIT("lines"), (struct decimal){.mantissa = s.lines});
    number_put(r, BYTES_LIT("refunds"), (struct decimal){.mantissa = refunds});
    text_put(r, BYTES_LIT("currency"), bytes_of_text(currency_name(s.currency)));
    text_put(r, BYTES_LIT("state"), bytes_of_text(state_of(r->order)));
    member(r, BYTES_LIT("paid"));
    value_pack_bool(&r->bytes, is_paid(r->order));
}

static struct bytes properties_make(const struct view *v, const struct order *o)
{
    size_t size = RECORD_BYTES_LEAST;
    for (uint32_t i = 0; i < o->part_count; i++)
        if (o->parts[i].kind == ORDER_HEAD || o->parts[i].kind == ORDER_PAYMENT)
            size += NUMBER_BYTES_MAX + PART_GROWS * o->parts[i].body.size;
    struct record r = record_begin(v, o, size);
    sums_put(&r);
    for (uint32_t i = 0; i < o->part_count; i++) {
        const struct order_part *p = &o->parts[i];
        struct unpack u = unpack_of(p->body);
        if (p->kind != ORDER_HEAD && p->kind != ORDER_PAYMENT)
            continue;
        uint16_t currency = body_currency(p->body);
        for (struct order_value value; order_field_next(&u, &value);)
            if (is_property(value.field) && value.field->id != FIELD_FREIGHT && value.field->id != FIELD_CURRENCY)
                field_put(&r, &value, currency);
    }
    return record_end(&r);
}

static struct bytes item_make(const struct view *v, const struct order *o, const struct order_part *line)
{
    struct record r = record_begin(v, o, RECORD_BYTES_LEAST + PART_GROWS * line->body.size);
    struct unpack u = unpack_of(line->body);
    uint16_t currency;
    int64_t paid = order_line_paid(line, &currency);
    for (struct order_value value; order_field_next(&u, &value);)
        if (value.field->id != FIELD_PAID)
            field_put(&r, &value, currency);
    money_put(&r, BYTES_LIT("paid"), paid, currency);
    return record_end(&r);
}

static void items_make(const struct view *v, const struct order *o, struct envelope *io)
{
    struct bytes *items = ARENA_ARRAY(v->arena, struct bytes, o->part_count + 1);
    size_t size = 0;
    for (uint32_t i = 0; i < o->part_count; i++) {
        if (o->parts[i].kind != ORDER_LINE)
            continue;
        items[io->item_count] = item_make(v, o, &o->parts[i]);
        size += VARINT_BYTES_MAX + items[io->item_count++].size;
    }
    struct buf b = arena_buf(v->arena, size);
    for (uint32_t i = 0; i < io->item_count; i++)
        pack_bytes(&b, items[i]);
    io->items = buf_bytes(&b);
}

void order_event(const struct view *v, const struct order *o, int64_t began_us, struct arrived *out)
{
    *out = (struct arrived){.event = 0};
    struct envelope *e = &out->envelope;
    e->event_us = began_us;
    e->actor = ACTOR_SYSTEM;
    e->message.high = (uint64_t)o->number << 32;
    e->reference[REF_SHOP] = o->key.shop;
    e->reference[REF_ORDER] = o->key.number;
    for (size_t i = 0; i < COUNT_OF(references); i++)
        e->reference[references[i].reference] = order_text(o, references[i].id);
    e->properties = properties_make(v, o);
    items_make(v, o, e);
}
