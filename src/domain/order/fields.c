#include "domain/order/fields.h"

#include <string.h>

#include "base/time.h"
#include "domain/identity/identity.h"

/* Where a field may stand. */
enum kinds {
    HEAD = 1 << ORDER_HEAD,
    RECEIVER = 1 << ORDER_RECEIVER,
    PAYMENT = 1 << ORDER_PAYMENT,
    LINE = 1 << ORDER_LINE,
    SHIPMENT = 1 << ORDER_SHIPMENT,
    REFUND = 1 << ORDER_REFUND,
};

#define SCALE_MAX 6u
#define MANTISSA_MAX INT64_C(1000000000000000000) /* so that two of them multiply in 128 bits */

const char *const order_state_names[ORDER_STATE_COUNT] = {"created", "paid",      "shipped", "delivered",
                                                          "done",    "cancelled", "closed"};
const char *const refund_state_names[REFUND_STATE_COUNT] = {"requested", "agreed", "returned", "done", "refused"};
const char *const refund_kind_names[REFUND_KIND_COUNT] = {"refund", "return", "exchange"};

/* A place is an id, so a field is found by one look. */
#define FIELD(ID, name, type, kinds, privacy) [FIELD_##ID] = {FIELD_##ID, name, sizeof(name) - 1, type, kinds, privacy}
/* clang-format off */
static const struct order_field fields[FIELD_COUNT] = {
    FIELD(BRAND,          "brand",          ORDER_TEXT,      HEAD,                     ORDER_OPEN),
    FIELD(CHANNEL,        "channel",        ORDER_TEXT,      HEAD,                     ORDER_OPEN),
    FIELD(STORE,          "store",          ORDER_TEXT,      HEAD | LINE | REFUND,     ORDER_OPEN),
    FIELD(TILL,           "till",           ORDER_TEXT,      HEAD,                     ORDER_OPEN),
    FIELD(SELLER,         "seller",         ORDER_TEXT,      HEAD | LINE,              ORDER_OPEN),
    FIELD(CAMPAIGN,       "campaign",       ORDER_TEXT,      HEAD,                     ORDER_OPEN),
    FIELD(REMARK,         "remark",         ORDER_TEXT,      HEAD | LINE,              ORDER_FREE),
    FIELD(SELLER_REMARK,  "seller_remark",  ORDER_TEXT,      HEAD,                     ORDER_FREE),
    FIELD(CURRENCY,       "currency",       ORDER_CURRENCY,  PAYMENT | LINE | REFUND,  ORDER_OPEN),
    FIELD(TOTAL,          "total",          ORDER_MONEY,     PAYMENT,                  ORDER_OPEN),
    FIELD(FREIGHT,        "freight",        ORDER_MONEY,     PAYMENT,                  ORDER_OPEN),
    FIELD(DISCOUNTS,      "discounts",      ORDER_AMOUNTS,   PAYMENT | LINE,           ORDER_OPEN),
    FIELD(COUPONS,        "coupons",        ORDER_AMOUNTS,   PAYMENT,                  ORDER_OPEN),
    FIELD(POINTS_USED,    "points_used",    ORDER_DECIMAL,   PAYMENT,                  ORDER_OPEN),
    FIELD(POINTS_AMOUNT,  "points_amount",  ORDER_MONEY,     PAYMENT,                  ORDER_OPEN),
    FIELD(STORED_VALUE,   "stored_value",   ORDER_MONEY,     PAYMENT,                  ORDER_OPEN),
    FIELD(GIFT_CARD,      "gift_card",      ORDER_MONEY,     PAYMENT,                  ORDER_OPEN),
    FIELD(NAME,           "name",           ORDER_TEXT,      RECEIVER | LINE,          ORDER_PERSONAL),
    FIELD(PHONE,          "phone",          ORDER_TEXT,      RECEIVER,                 ORDER_PERSONAL),
    FIELD(REGION,         "region",         ORDER_TEXT,      RECEIVER,                 ORDER_OPEN),
    FIELD(ADDRESS,        "address",        ORDER_TEXT,      RECEIVER,                 ORDER_PERSONAL),
    FIELD(SKU,            "sku",            ORDER_TEXT,      LINE,                     ORDER_OPEN),
    FIELD(PRODUCT,        "product",        ORDER_TEXT,      LINE,                     ORDER_OPEN),
    FIELD(QUANTITY,       "quantity",       ORDER_DECIMAL,   LINE | REFUND,            ORDER_OPEN),
    FIELD(LIST_PRICE,     "list_price",     ORDER_DECIMAL,   LINE,                     ORDER_OPEN),
    FIELD(PRICE,          "price",          ORDER_DECIMAL,   LINE,                     ORDER_OPEN),
    FIELD(PAID,           "paid",           ORDER_MONEY,     LINE,                     ORDER_OPEN),
    FIELD(CARRIER,        "carrier",        ORDER_TEXT,      SHIPMENT,                 ORDER_OPEN),
    FIELD(TRACKING,       "tracking",       ORDER_TEXT,      SHIPMENT,                 ORDER_OPEN),
    FIELD(LINES,          "lines",          ORDER_TEXTS,     SHIPMENT,                 ORDER_OPEN),
    FIELD(SHIPPED,        "shipped",        ORDER_TIME,      SHIPMENT,                 ORDER_OPEN),
    FIELD(DELIVERED,      "delivered",      ORDER_TIME,      SHIPMENT,                 ORDER_OPEN),
    FIELD(LINE,           "line",           ORDER_TEXT,      REFUND,                   ORDER_OPEN),
    FIELD(AMOUNT,         "amount",         ORDER_MONEY,     REFUND,                   ORDER_OPEN),
    FIELD(KIND,           "kind",           ORDER_WORD,      REFUND,                   ORDER_OPEN),
    FIELD(REASON,         "reason",         ORDER_TEXT,      REFUND,                   ORDER_FREE),
    FIELD(NEW_LINE,       "new_line",       ORDER_TEXT,      REFUND,                   ORDER_OPEN),
};
/* clang-format on */

const struct order_field *order_fields(size_t *out_count)
{
    *out_count = FIELD_COUNT - 1;
    return &fields[1];
}

const struct order_field *order_field(uint8_t id)
{
    return id > 0 && id < FIELD_COUNT ? &fields[id] : NULL;
}

const struct order_field *order_field_named(enum order_part_kind kind, struct bytes name)
{
    for (size_t i = 1; i < FIELD_COUNT; i++)
        if ((fields[i].kinds >> kind & 1) != 0 && fields[i].name_bytes == name.size &&
            memcmp(fields[i].name, name.data, name.size) == 0)
            return &fields[i];
    return NULL;
}

/* --- values --- */

/* A list stands as its count and the bytes of its items. */
static void list_read(struct unpack *u, struct order_value *out)
{
    out->count = unpack_varint32(u);
    out->text = unpack_bytes(u);
}

static void value_read(struct unpack *u, struct order_value *out)
{
    switch (out->field->type) {
    case ORDER_TEXT:
        out->text = unpack_bytes(u);
        break;
    case ORDER_DECIMAL:
        out->integer = unpack_signed(u);
        out->scale = unpack_u8(u);
        break;
    case ORDER_MONEY:
    case ORDER_TIME:
    case ORDER_CURRENCY:
    case ORDER_WORD:
        out->integer = unpack_signed(u);
        break;
    case ORDER_AMOUNTS:
    case ORDER_TEXTS:
        list_read(u, out);
        break;
    case ORDER_FIELD_TYPE_COUNT:
        assert(false);
    }
}

bool order_field_next(struct unpack *u, struct order_value *out)
{
    if (u->bad || unpack_left(u) == 0)
        return false;
    *out = (struct order_value){.field = order_field(unpack_u8(u))};
    if (out->field == NULL)
        u->bad = true;
    else
        value_read(u, out);
    return !u->bad;
}

bool order_value_find(struct bytes body, enum order_field_id id, struct order_value *out)
{
    struct unpack u = unpack_of(body);
    while (order_field_next(&u, out))
        if (out->field->id == id)
            return true;
    return false;
}

void order_value_pack(struct buf *b, const struct order_value *value)
{
    pack_u8(b, value->field->id);
    switch (value->field->type) {
    case ORDER_TEXT:
        pack_bytes(b, value->text);
        break;
    case ORDER_DECIMAL:
        pack_signed(b, value->integer);
        pack_u8(b, value->scale);
        break;
    case ORDER_MONEY:
    case ORDER_TIME:
    case ORDER_CURRENCY:
    case ORDER_WORD:
        pack_signed(b, value->integer);
        break;
    case ORDER_AMOUNTS:
    case ORDER_TEXTS:
        pack_varint(b, value->count);
        pack_bytes(b, value->text);
        break;
    case ORDER_FIELD_TYPE_COUNT:
        assert(false);
    }
}

bool order_amount_next(struct unpack *u, struct bytes *out_kind, int64_t *out_amount)
{
    if (u->bad || unpack_left(u) == 0)
        return false;
    *out_kind = unpack_bytes(u);
    *out_amount = unpack_signed(u);
    return !u->bad;
}

void order_amount_pack(struct buf *list, struct bytes kind, int64_t amount)
{
    pack_bytes(list, kind);
    pack_signed(list, amount);
}

bool order_text_next(struct unpack *u, struct bytes *out_text)
{
    if (u->bad || unpack_left(u) == 0)
        return false;
    *out_text = unpack_bytes(u);
    return !u->bad;
}

void order_text_pack(struct buf *list, struct bytes text)
{
    pack_bytes(list, text);
}

bool order_id_next(struct unpack *u, struct envelope_id *out)
{
    if (u->bad || unpack_left(u) == 0)
        return false;
    *out = envelope_id_unpack(u);
    return !u->bad;
}

/* --- bodies --- */

int64_t body_integer(struct bytes body, enum order_field_id id)
{
    struct order_value value;
    return order_value_find(body, id, &value) ? value.integer : 0;
}

uint16_t body_currency(struct bytes body)
{
    struct order_value value;
    return order_value_find(body, FIELD_CURRENCY, &value) ? (uint16_t)value.integer : CURRENCY_CNY;
}

struct bytes body_with(struct bytes body, struct bytes field, struct arena *arena)
{
    uint8_t *made = arena_take(arena, body.size + field.size, 1), *at = made;
    struct unpack u = unpack_of(body);
    struct order_value value;
    bool is_put = false;
    for (const uint8_t *from = u.at; order_field_next(&u, &value); from = u.at) {
        if (!is_put && value.field->id >= field.data[0]) {
            at = put_raw(at, field.data, field.size);
            is_put = true;
        }
        if (value.field->id != field.data[0])
            at = put_raw(at, from, (size_t)(u.at - from));
    }
    if (!is_put)
        at = put_raw(at, field.data, field.size);
    return bytes_of(made, (size_t)(at - made));
}

/* --- checking --- */

fallible order_text_check(struct bytes text, size_t most, const char *what, struct err *e)
{
    if (text.size == 0 || text.size > most || memchr(text.data, 0, text.size) != NULL)
        return FAIL(e, INVALID, "%s: want 1 to %zu bytes without NUL", what, most);
    return DONE;
}

fallible order_key_check(struct order_key key, struct err *e)
{
    TRY(order_text_check(key.shop, ORDER_SHOP_BYTES_MAX, "shop", e));
    return order_text_check(key.number, ORDER_NUMBER_BYTES_MAX, "number", e);
}

static fallible amounts_check(const struct order_value *value, struct err *e)
{
    struct unpack u = unpack_of(value->text);
    struct bytes kind, before = BYTES_NONE;
    int64_t amount;
    uint32_t count = 0;
    for (; order_amount_next(&u, &kind, &amount); count++, before = kind) {
        TRY(order_text_check(kind, ORDER_PART_ID_BYTES_MAX, value->field->name, e));
        if (amount > MONEY_MAX || amount < -MONEY_MAX)
            return FAIL(e, INVALID, "%s: an amount is too large", value->field->name);
        if (count > 0 && bytes_compare(before, kind) >= 0)
            return FAIL(e, INVALID, "%s: '%.*s' is said twice, or out of order", value->field->name, BYTES_ARG(kind));
    }
    if (!unpack_finished(&u) || count != value->count || count > ORDER_AMOUNTS_MAX)
        return FAIL(e, INVALID, "%s: want at most %u kinds", value->field->name, ORDER_AMOUNTS_MAX);
    return DONE;
}

static fallible texts_check(const struct order_value *value, struct err *e)
{
    struct unpack u = unpack_of(value->text);
    struct bytes text;
    uint32_t count = 0;
    for (; order_text_next(&u, &text); count++)
        TRY(order_text_check(text, ORDER_PART_ID_BYTES_MAX, value->field->name, e));
    if (!unpack_finished(&u) || count != value->count || count > ORDER_TEXTS_MAX)
        return FAIL(e, INVALID, "%s: want at most %u of them", value->field->name, ORDER_TEXTS_MAX);
    return DONE;
}

static bool integer_is_good(const struct order_value *value)
{
    int64_t x = value->integer;
    switch (value->field->type) {
    case ORDER_MONEY:
        return x <= MONEY_MAX && x >= -MONEY_MAX;
    case ORDER_DECIMAL:
        return value->scale <= SCALE_MAX && x <= MANTISSA_MAX && x >= -MANTISSA_MAX &&
               (value->scale == 0 || x % 10 != 0);
    case ORDER_TIME:
        return x >= TIME_US_MIN && x < TIME_US_END;
    case ORDER_CURRENCY:
        return x > 0 && x <= UINT16_MAX && currency_name((uint16_t)x) != NULL;
    case ORDER_WORD:
        return x >= 0 && x < REFUND_KIND_COUNT;
    case ORDER_TEXT:
    case ORDER_AMOUNTS:
    case ORDER_TEXTS:
    case ORDER_FIELD_TYPE_COUNT:
        break;
    }
    return true;
}

static fallible value_check(const struct order_value *value, struct err *e)
{
    switch (value->field->type) {
    case ORDER_TEXT:
        return order_text_check(value->text, ORDER_TEXT_BYTES_MAX, value->field->name, e);
    case ORDER_AMOUNTS:
        return amounts_check(value, e);
    case ORDER_TEXTS:
        return texts_check(value, e);
    default:
        return integer_is_good(value) ? DONE : FAIL(e, INVALID, "%s: out of range", value->field->name);
    }
}

static fallible body_check(const struct order_part *p, struct err *e)
{
    struct unpack u = unpack_of(p->body);
    struct order_value value;
    uint8_t before = 0;
    uint32_t count = 0;
    for (; order_field_next(&u, &value); count++, before = value.field->id) {
        if (value.field->id <= before || (value.field->kinds >> p->kind & 1) == 0)
            return FAIL(e, INVALID, "%s: it doesn't belong there, or is out of order", value.field->name);
        TRY(value_check(&value, e));
    }
    if (!unpack_finished(&u))
        return FAIL(e, INVALID, "a part's body is cut short");
    return p->kind != ORDER_HEAD || (count == 1 && before == p->sub)
               ? DONE
               : FAIL(e, INVALID, "a field of the head stands alone");
}

static fallible buyer_check(struct bytes body, struct err *e)
{
    struct unpack u = unpack_of(body);
    struct envelope_id id;
    uint32_t count = 0;
    for (; order_id_next(&u, &id); count++)
        if (id.type == 0 || id.value.size == 0 || id.value.size > ID_VALUE_BYTES_MAX || id.ns.size > NAME_BYTES_MAX)
            return FAIL(e, INVALID, "buyer: not an identifier");
    return unpack_finished(&u) && count <= ENVELOPE_IDS_MAX
               ? DONE
               : FAIL(e, INVALID, "buyer: want at most %u identifiers", ENVELOPE_IDS_MAX);
}

/* What a part of this kind is found by. */
static bool place_is_good(const struct order_part *p)
{
    bool has_id = p->id.size > 0;
    switch (p->kind) {
    case ORDER_HEAD:
        return !has_id && order_field(p->sub) != NULL;
    case ORDER_BUYER:
    case ORDER_RECEIVER:
    case ORDER_PAYMENT:
        return !has_id && p->sub == 0;
    case ORDER_LINE:
    case ORDER_SHIPMENT:
    case ORDER_REFUND:
        return has_id && p->sub == 0;
    case ORDER_STATE:
        return p->sub < (has_id ? (uint8_t)REFUND_STATE_COUNT : (uint8_t)ORDER_STATE_COUNT);
    case ORDER_PART_KIND_COUNT:
        break;
    }
    return false;
}

fallible part_check(const struct order_part *p, struct err *e)
{
    if (!place_is_good(p))
        return FAIL(e, INVALID, "not a part of an order");
    if (p->id.size > 0)
        TRY(order_text_check(p->id, ORDER_PART_ID_BYTES_MAX, "the id of a line, shipment or refund", e));
    if (p->time_us < TIME_US_MIN || p->time_us >= TIME_US_END)
        return FAIL(e, INVALID, "a time before the year 1 or after 9999");
    if (p->kind == ORDER_STATE || p->removed)
        return p->body.size == 0 && !(p->removed && p->kind == ORDER_STATE)
                   ? DONE
                   : FAIL(e, INVALID, "a part that has no body");
    return p->kind == ORDER_BUYER ? buyer_check(p->body, e) : body_check(p, e);
}
