#include "edge/codec/order.h"

#include <stdlib.h>

#include "base/time.h"
#include "lib/nearest.h"
#include "lib/text.h"

#define BODIES_BYTES_MAX (4u << 20)
#define NAMES_MAX 80u
#define LIST_MAX 1000u
#define AMOUNTS_MAX 64u

struct order_codec {
    struct draft *draft;      /* reads the buyer's identifiers */
    struct codec_batch batch; /* where it notes those that identify nobody */
    struct buf bodies, list;
    struct order_version version;
    struct order_part parts[ORDER_PARTS_MAX];
    struct {
        size_t from, size; /* of a part's body in `bodies`, which moves while it grows */
    } places[ORDER_PARTS_MAX];
    uint16_t currency;
};

struct order_codec *order_codec_create(struct arena *arena)
{
    struct order_codec *k = arena_take(arena, sizeof *k,
                                       _Alignof(struct order_codec)); /* half a megabyte: not zeroed */
    k->draft = draft_create();
    if (k->draft == NULL)
        return NULL;
    codec_batch_init(&k->batch, 1024);
    buf_init(&k->bodies, BODIES_BYTES_MAX);
    buf_init(&k->list, BODIES_BYTES_MAX);
    return k;
}

void order_codec_end(struct order_codec *k)
{
    draft_destroy(k->draft);
    codec_batch_fini(&k->batch);
    buf_fini(&k->bodies);
    buf_fini(&k->list);
}

/* --- values --- */

static fallible decimal_of_json(struct json j, uint8_t scale_max, struct decimal *out, struct err *e)
{
    struct json_decimal x;
    if (json_is(j, JSON_STRING) ? !decimal_read(json_string(j), out) : !json_decimal(j, DECIMAL_SCALE_MAX, &x))
        return FAIL(e, INVALID, "want a number, this is %s", json_kind_name(json_kind(j)));
    if (!json_is(j, JSON_STRING))
        *out = (struct decimal){.mantissa = x.value, .scale = (uint8_t)x.scale};
    return out->scale <= scale_max ? DONE
                                   : FAIL(e, INVALID, "a number with at most %u digits behind the point", scale_max);
}

fallible money_of_json(struct json j, uint16_t currency, int64_t *out_amount, struct err *e)
{
    struct decimal x;
    TRY(decimal_of_json(j, DECIMAL_SCALE_MAX, &x, e));
    if (!money_of_decimal(x, currency, out_amount))
        return FAIL(e, INVALID, "an amount of %s has at most %d digits behind the point", currency_name(currency),
                    currency_scale(currency));
    return DONE;
}

fallible currency_of_json(struct json j, uint16_t *out_currency, struct err *e)
{
    struct bytes code = json_string(j);
    *out_currency = json_is(j, JSON_ABSENT) || json_is(j, JSON_NULL) ? CURRENCY_CNY : currency_named(code);
    return *out_currency != CURRENCY_NONE
               ? DONE
               : FAIL(e, INVALID, "currency: '%.*s' is no code of ISO 4217 that is known, such as CNY",
                      BYTES_ARG(text_cut(code, 8)));
}

struct amount_of_kind {
    struct bytes kind;
    int64_t amount;
};

static int by_kind(const void *a, const void *b)
{
    const struct amount_of_kind *x = a, *y = b;
    return bytes_compare(x->kind, y->kind);
}

/* {"platform":3.00,"coupon":10.00}, put in order of kind. */
static fallible amounts_read(struct order_codec *k, struct json object, struct order_value *value, struct err *e)
{
    struct amount_of_kind amounts[AMOUNTS_MAX];
    struct bytes key;
    struct json item;
    if (!json_is(object, JSON_OBJECT))
        return FAIL(e, INVALID, "want an object of amounts by kind, this is %s", json_kind_name(json_kind(object)));
    for (struct json_walk w = json_members(object); json_member_next(&w, &key, &item); value->count++) {
        if (value->count == AMOUNTS_MAX)
            return FAIL(e, INVALID, "at most %u kinds", AMOUNTS_MAX);
        amounts[value->count].kind = key;
        TRY(WRAP(e, money_of_json(item, k->currency, &amounts[value->count].amount, e), "%.*s",
                 BYTES_ARG(text_cut(key, 40))));
    }
    qsort(amounts, value->count, sizeof *amounts, by_kind);
    buf_clear(&k->list);
    for (uint32_t i = 0; i < value->count; i++)
        order_amount_pack(&k->list, amounts[i].kind, amounts[i].amount);
    value->text = buf_bytes(&k->list);
    return DONE;
}

static fallible texts_read(struct order_codec *k, struct json list, struct order_value *value, struct err *e)
{
    struct json item;
    if (!json_is(list, JSON_ARRAY))
        return FAIL(e, INVALID, "want a list of texts, this is %s", json_kind_name(json_kind(list)));
    buf_clear(&k->list);
    for (struct json_walk w = json_items(list); json_item_next(&w, &item); value->count++) {
        struct bytes text = text_of_json(item);
        if (text.size == 0 || value->count == LIST_MAX)
            return FAIL(e, INVALID, "want a list of at most %u texts", LIST_MAX);
        order_text_pack(&k->list, text);
    }
    value->text = buf_bytes(&k->list);
    return DONE;
}

static fallible word_read(struct json j, int64_t *out_word, struct err *e)
{
    for (int64_t i = 0; i < REFUND_KIND_COUNT; i++) {
        if (bytes_equal(bytes_of_text(refund_kind_names[i]), json_string(j))) {
            *out_word = i;
            return DONE;
        }
    }
    return FAIL(e, INVALID, "want refund, return or exchange");
}

static fallible value_read(struct order_codec *k, const struct order_field *field, struct json j,
                           struct order_value *out, struct err *e)
{
    struct decimal x = {0, 0};
    uint16_t currency;
    *out = (struct order_value){.field = field};
    switch (field->type) {
    case ORDER_TEXT:
        out->text = text_of_json(j);
        return out->text.size > 0 && out->text.size <= ORDER_TEXT_BYTES_MAX
                   ? DONE
                   : FAIL(e, INVALID, "want a text of 1 to %u bytes without NUL", ORDER_TEXT_BYTES_MAX);
    case ORDER_MONEY:
        return money_of_json(j, k->currency, &out->integer, e);
    case ORDER_DECIMAL:
        TRY(decimal_of_json(j, VALUE_SCALE_MAX, &x, e));
        out->integer = x.mantissa;
        out->scale = x.scale;
        return DONE;
    case ORDER_TIME:
        return time_of_json(j, &out->integer, e);
    case ORDER_AMOUNTS:
        return amounts_read(k, j, out, e);
    case ORDER_TEXTS:
        return texts_read(k, j, out, e);
    case ORDER_CURRENCY:
        TRY(currency_of_json(j, &currency, e));
        out->integer = currency;
        return DONE;
    case ORDER_WORD:
        return word_read(j, &out->integer, e);
    case ORDER_FIELD_TYPE_COUNT:
        break;
    }
    return FAIL(e, INVALID, "no such field");
}

/* --- parts --- */

static fallible part_add(struct order_codec *k, struct order_part part, size_t from, struct err *e)
{
    if (k->version.part_count == ORDER_PARTS_MAX)
        return FAIL(e, LIMIT, "a version has at most %u parts: send it in several", ORDER_PARTS_MAX);
    if (k->bodies.overflowed)
        return FAIL(e, LIMIT, "the order is too large: send it in several parts");
    uint32_t at = k->version.part_count++;
    k->parts[at] = part;
    k->places[at].from = from;
    k->places[at].size = k->bodies.size - from;
    return DONE;
}

/* What each kind of part is called, by what it is told apart, and where its list stands. */
struct part_form {
    struct bytes name; /* of the member; none: it isn't one */
    struct bytes id;   /* of its own member that tells it apart; none: there is one alone */
};
static const struct part_form forms[ORDER_PART_KIND_COUNT] = {
    [ORDER_BUYER] = {.name = BYTES_INIT("buyer")},
    [ORDER_RECEIVER] = {.name = BYTES_INIT("receiver")},
    [ORDER_PAYMENT] = {.name = BYTES_INIT("payment")},
    [ORDER_LINE] = {BYTES_INIT("lines"), BYTES_INIT("line")},
    [ORDER_SHIPMENT] = {BYTES_INIT("shipments"), BYTES_INIT("shipment")},
    [ORDER_REFUND] = {BYTES_INIT("refunds"), BYTES_INIT("refund")},
    [ORDER_STATE] = {.name = BYTES_INIT("states")},
};
static const struct bytes head_names[] = {BYTES_INIT("shop"),     BYTES_INIT("number"), BYTES_INIT("version"),
                                          BYTES_INIT("modified"), BYTES_INIT("source"), BYTES_INIT("complete"),
                                          BYTES_INIT("currency")};

static struct status field_unknown(enum order_part_kind kind, struct bytes key, struct err *e)
{
    const char *names[NAMES_MAX];
    size_t count = 0, field_count;
    const struct order_field *fields = order_fields(&field_count);
    for (size_t i = 0; i < field_count; i++)
        if ((fields[i].kinds >> kind & 1) != 0 && fields[i].type != ORDER_CURRENCY)
            names[count++] = fields[i].name;
    for (size_t i = 0; kind == ORDER_HEAD && i < COUNT_OF(forms); i++)
        if (forms[i].name.size > 0)
            names[count++] = (const char *)forms[i].name.data;
    for (size_t i = 0; kind == ORDER_HEAD && i < COUNT_OF(head_names); i++)
        names[count++] = (const char *)head_names[i].data;
    assert(count <= NAMES_MAX);
    return FAIL(e, INVALID, "there is no member '%.*s'; the nearest is '%s'", BYTES_ARG(text_cut(key, 60)),
                nearest_name(key, names, count, sizeof *names));
}

static fallible states_read(struct order_codec *k, struct json object, struct bytes refund, struct err *e)
{
    const char *const *names = refund.size > 0 ? refund_state_names : order_state_names;
    size_t count = refund.size > 0 ? (size_t)REFUND_STATE_COUNT : (size_t)ORDER_STATE_COUNT;
    struct bytes key;
    struct json value;
    if (!json_is(object, JSON_OBJECT))
        return FAIL(e, INVALID, "want an object of times by state, this is %s", json_kind_name(json_kind(object)));
    for (struct json_walk w = json_members(object); json_member_next(&w, &key, &value);) {
        struct order_part p = {.kind = ORDER_STATE, .id = refund};
        while (p.sub < count && !bytes_equal(bytes_of_text(names[p.sub]), key))
            p.sub++;
        if (p.sub == count)
            return FAIL(e, INVALID, "there is no '%.*s'; the nearest is '%s'", BYTES_ARG(text_cut(key, 40)),
                        nearest_name(key, names, count, sizeof *names));
        TRY(WRAP(e, time_of_json(value, &p.time_us, e), "%s", names[p.sub]));
        TRY(part_add(k, p, k->bodies.size, e));
    }
    return DONE;
}

/* Is it read elsewhere than among the fields? */
static bool is_apart(enum order_part_kind kind, struct bytes key)
{
    return (forms[kind].id.size > 0 && bytes_equal(key, forms[kind].id)) || bytes_equal(key, BYTES_LIT("removed")) ||
           (kind == ORDER_REFUND && bytes_equal(key, BYTES_LIT("states")));
}

/* The values of a part by the ids of their fields, and a bit for each that is there. */
struct values {
    uint64_t present;
    struct json of[FIELD_COUNT];
};
static_assert(FIELD_COUNT <= 64, "a bit for each field");

static fallible values_find(enum order_part_kind kind, struct json object, struct values *out, struct err *e)
{
    struct bytes key;
    struct json value;
    out->present = 0;
    for (struct json_walk w = json_members(object); json_member_next(&w, &key, &value);) {
        if (is_apart(kind, key) || json_is(value, JSON_NULL))
            continue;
        const struct order_field *field = order_field_named(kind, key);
        if (field == NULL || field->type == ORDER_CURRENCY)
            return field_unknown(kind, key, e);
        if ((out->present >> field->id & 1) != 0)
            return FAIL(e, INVALID, "%s: it is said twice", field->name);
        out->present |= UINT64_C(1) << field->id;
        out->of[field->id] = value;
    }
    return DONE;
}

static bool is_money(const struct order_field *field)
{
    return field->type == ORDER_MONEY || field->type == ORDER_AMOUNTS || field->type == ORDER_DECIMAL;
}

/* The fields of an object, in order of id, into `bodies`; what tells it apart and its states are read elsewhere. */
static fallible fields_read(struct order_codec *k, enum order_part_kind kind, struct json object, struct err *e)
{
    struct values values;
    bool has_money = false;
    TRY(values_find(kind, object, &values, e));
    for (uint64_t left = values.present; left != 0; left &= left - 1)
        has_money |= is_money(order_field((uint8_t)__builtin_ctzll(left)));
    if (has_money && k->currency != CURRENCY_CNY && kind != ORDER_SHIPMENT)
        values.present |= UINT64_C(1) << FIELD_CURRENCY;
    for (uint64_t left = values.present; left != 0; left &= left - 1) {
        const struct order_field *field = order_field((uint8_t)__builtin_ctzll(left));
        struct order_value packed = {.field = field, .integer = k->currency};
        if (field->id != FIELD_CURRENCY)
            TRY(WRAP(e, value_read(k, field, values.of[field->id], &packed, e), "%s", field->name));
        order_value_pack(&k->bodies, &packed);
    }
    return DONE;
}

static fallible object_read(struct order_codec *k, enum order_part_kind kind, struct json object, struct err *e)
{
    struct order_part p = {.kind = kind};
    size_t from = k->bodies.size;
    struct json removed = json_find(object, BYTES_LIT("removed"));
    if (!json_is(object, JSON_OBJECT))
        return FAIL(e, INVALID, "want an object, this is %s", json_kind_name(json_kind(object)));
    if (forms[kind].id.size > 0) {
        p.id = text_of_json(json_find(object, forms[kind].id));
        if (p.id.size == 0 || p.id.size > ORDER_PART_ID_BYTES_MAX)
            return FAIL(e, INVALID, "each one has an id of 1 to %u bytes, as \"%.*s\"", ORDER_PART_ID_BYTES_MAX,
                        BYTES_ARG(forms[kind].id));
        if (!json_is(removed, JSON_ABSENT) && !json_bool(removed, &p.removed))
            return FAIL(e, INVALID, "removed: want true or false");
    }
    if (!p.removed)
        TRY(WRAP(e, fields_read(k, kind, object, e), "%.*s", BYTES_ARG(p.id.size > 0 ? p.id : forms[kind].name)));
    TRY(part_add(k, p, from, e));
    struct json states = json_find(object, BYTES_LIT("states"));
    return kind == ORDER_REFUND && !json_is(states, JSON_ABSENT) ? WRAP(e, states_read(k, states, p.id, e), "states")
                                                                 : DONE;
}

static fallible buyer_read(struct order_codec *k, const struct codec_context *c, struct json list, struct err *e)
{
    struct json id;
    size_t from = k->bodies.size;
    if (!json_is(list, JSON_ARRAY))
        return FAIL(e, INVALID, "want a list of {\"type\", \"value\"}, this is %s", json_kind_name(json_kind(list)));
    draft_begin(k->draft, c, &k->batch);
    for (struct json_walk w = json_items(list); json_item_next(&w, &id);) {
        struct bytes type = json_string(json_find(id, BYTES_LIT("type")));
        if (type.size == 0)
            return FAIL(e, INVALID, "each identifier needs a \"type\", such as phone or taobao_ouid");
        TRY(draft_id(k->draft, type, text_of_json(json_find(id, BYTES_LIT("ns"))),
                     text_of_json(json_find(id, BYTES_LIT("value"))), ID_OWN, e));
    }
    for (uint32_t i = 0; i < k->draft->envelope.id_count; i++)
        envelope_id_pack(&k->bodies, &k->draft->envelope.ids[i]);
    return part_add(k, (struct order_part){.kind = ORDER_BUYER}, from, e);
}

static fallible list_read(struct order_codec *k, enum order_part_kind kind, struct json list, struct err *e)
{
    struct json item;
    uint32_t at = 0;
    if (!json_is(list, JSON_ARRAY))
        return FAIL(e, INVALID, "want a list, this is %s", json_kind_name(json_kind(list)));
    for (struct json_walk w = json_items(list); json_item_next(&w, &item); at++)
        TRY(WRAP(e, object_read(k, kind, item, e), "[%u]", at));
    return DONE;
}

static fallible part_read(struct order_codec *k, const struct codec_context *c, enum order_part_kind kind,
                          struct json value, struct err *e)
{
    if (kind == ORDER_BUYER)
        return buyer_read(k, c, value, e);
    if (kind == ORDER_STATE)
        return states_read(k, value, BYTES_NONE, e);
    return forms[kind].id.size == 0 ? object_read(k, kind, value, e) : list_read(k, kind, value, e);
}

static fallible head_field_read(struct order_codec *k, const struct order_field *field, struct json j, struct err *e)
{
    struct order_value value;
    size_t from = k->bodies.size;
    TRY(WRAP(e, value_read(k, field, j, &value, e), "%s", field->name));
    order_value_pack(&k->bodies, &value);
    return part_add(k, (struct order_part){.kind = ORDER_HEAD, .sub = field->id}, from, e);
}

/* --- the order --- */

static bool is_head_name(struct bytes key)
{
    for (size_t i = 0; i < COUNT_OF(head_names); i++)
        if (bytes_equal(head_names[i], key))
            return true;
    return false;
}

static fallible member_read(struct order_codec *k, const struct codec_context *c, struct bytes key, struct json value,
                            struct err *e)
{
    if (json_is(value, JSON_NULL) || is_head_name(key))
        return DONE;
    for (int kind = ORDER_HEAD; kind < ORDER_PART_KIND_COUNT; kind++)
        if (forms[kind].name.size > 0 && bytes_equal(forms[kind].name, key))
            return WRAP(e, part_read(k, c, (enum order_part_kind)kind, value, e), "%.*s", BYTES_ARG(forms[kind].name));
    const struct order_field *field = order_field_named(ORDER_HEAD, key);
    return field == NULL ? field_unknown(ORDER_HEAD, key, e) : head_field_read(k, field, value, e);
}

/* Which of two versions is the newer one must not depend on when they came, so one of both has to be said. */
static fallible stamp_read(struct json object, struct order_version *v, struct err *e)
{
    struct json version = json_find(object, BYTES_LIT("version")), modified = json_find(object, BYTES_LIT("modified"));
    bool has_version = !json_is(version, JSON_ABSENT) && !json_is(version, JSON_NULL),
         has_time = !json_is(modified, JSON_ABSENT) && !json_is(modified, JSON_NULL);
    if (!has_version && !has_time)
        return FAIL(
            e, INVALID,
            "say which version it is: \"version\" that counts up, or \"modified\", the time of the source's change");
    if (has_version && !json_uint64(version, &v->version))
        return FAIL(e, INVALID, "version: want a whole number from 0");
    if (has_time)
        TRY(WRAP(e, time_of_json(modified, &v->time_us, e), "modified"));
    if (!has_version)
        v->version = v->time_us < 0 ? 0 : (uint64_t)v->time_us;
    return DONE;
}

static fallible head_read(struct order_codec *k, const struct codec_context *c, struct json object, struct err *e)
{
    struct order_version *v = &k->version;
    struct json complete = json_find(object, BYTES_LIT("complete")), source = json_find(object, BYTES_LIT("source"));
    *v = (struct order_version){.source = c->source, .import = c->import, .told = c->told, .parts = k->parts};
    v->key.shop = text_of_json(json_find(object, BYTES_LIT("shop")));
    v->key.number = text_of_json(json_find(object, BYTES_LIT("number")));
    if (v->key.shop.size == 0 || v->key.shop.size > ORDER_SHOP_BYTES_MAX || v->key.number.size == 0 ||
        v->key.number.size > ORDER_NUMBER_BYTES_MAX)
        return FAIL(e, INVALID, "an order has a \"shop\" and a \"number\" of 1 to %u bytes each",
                    ORDER_NUMBER_BYTES_MAX);
    if (!json_is(source, JSON_ABSENT))
        v->source = text_of_json(source);
    if (v->source.size == 0 || v->source.size > NAME_BYTES_MAX)
        return FAIL(e, INVALID, "source: want 1 to %u bytes", NAME_BYTES_MAX);
    if (!json_is(complete, JSON_ABSENT) && !json_bool(complete, &v->complete))
        return FAIL(e, INVALID, "complete: want true or false");
    TRY(currency_of_json(json_find(object, BYTES_LIT("currency")), &k->currency, e));
    return stamp_read(object, v, e);
}

fallible order_read(struct order_codec *k, const struct codec_context *c, struct json object, struct buf *out,
                    struct err *e)
{
    struct bytes key;
    struct json value;
    if (!json_is(object, JSON_OBJECT))
        return FAIL(e, INVALID, "an order is an object, this is %s", json_kind_name(json_kind(object)));
    buf_clear(&k->bodies);
    TRY(head_read(k, c, object, e));
    for (struct json_walk w = json_members(object); json_member_next(&w, &key, &value);)
        TRY(member_read(k, c, key, value, e));
    for (uint32_t i = 0; i < k->version.part_count; i++)
        k->parts[i].body = bytes_of(k->bodies.data + k->places[i].from, k->places[i].size);
    return order_version_pack(&k->version, out, e);
}

fallible order_field_read(struct order_codec *k, enum order_part_kind kind, struct bytes name, struct json j,
                          uint16_t currency, struct buf *out, struct err *e)
{
    struct order_value value;
    const struct order_field *field = order_field_named(kind, name);
    k->currency = currency;
    if (field == NULL)
        return field_unknown(kind, name, e);
    TRY(WRAP(e, value_read(k, field, j, &value, e), "%s", field->name));
    order_value_pack(out, &value);
    return DONE;
}
