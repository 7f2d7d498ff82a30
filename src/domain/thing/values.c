#include "domain/thing/values.h"

#include "base/time.h"
#include "lib/json.h"
#include "lib/text.h"

#define PUT_FORMAT 1u
#define PUT_LENIENT 1u
#define PUT_IMPORT 2u
#define PUT_PARENT_CLEARED 4u
#define PUT_PARENT_SAID 8u
#define PUT_FLAGS (PUT_LENIENT | PUT_IMPORT | PUT_PARENT_CLEARED | PUT_PARENT_SAID)

#define CURRENCY_BYTES 3u
#define DIGITS_BYTES_MAX 64u /* of a number as a text */

/* --- types --- */

static struct value value_of(struct bytes packed)
{
    struct unpack u = unpack_of(packed);
    return unpack_value(&u);
}

static bool is_texts(const struct value *list)
{
    struct unpack u = unpack_of(list->body);
    for (uint32_t i = 0; i < list->count; i++)
        if (unpack_value(&u).kind != VALUE_TEXT)
            return false;
    return true;
}

/* {"amount":…,"currency":"CNY"}, in whatever order. */
static bool money_read(const struct value *object, struct value *out_amount, struct bytes *out_currency)
{
    struct unpack u = unpack_of(object->body);
    *out_currency = BYTES_NONE;
    *out_amount = (struct value){.kind = VALUE_NULL};
    for (uint32_t i = 0; i < object->count; i++) {
        struct bytes key;
        struct value member = unpack_member(&u, &key);
        if (bytes_equal(key, BYTES_LIT("amount")))
            *out_amount = member;
        else if (bytes_equal(key, BYTES_LIT("currency")) && member.kind == VALUE_TEXT)
            *out_currency = member.body;
    }
    bool is_code = out_currency->size == CURRENCY_BYTES;
    for (size_t i = 0; i < out_currency->size; i++)
        is_code = is_code && out_currency->data[i] >= 'A' && out_currency->data[i] <= 'Z';
    return object->count == 2 && is_code && out_amount->kind == VALUE_DECIMAL;
}

enum attribute_type attribute_type_of(struct bytes packed)
{
    struct value v = value_of(packed), amount;
    struct bytes currency;
    switch (v.kind) {
    case VALUE_NULL:
        return ATTRIBUTE_ANY;
    case VALUE_FALSE:
    case VALUE_TRUE:
        return ATTRIBUTE_BOOLEAN;
    case VALUE_DECIMAL:
    case VALUE_DOUBLE:
        return ATTRIBUTE_NUMBER;
    case VALUE_TEXT:
        return ATTRIBUTE_TEXT;
    case VALUE_TIME:
        return ATTRIBUTE_TIME;
    case VALUE_LIST:
        return is_texts(&v) ? ATTRIBUTE_LIST : ATTRIBUTE_TYPE_COUNT;
    case VALUE_OBJECT:
        return money_read(&v, &amount, &currency) ? ATTRIBUTE_MONEY : ATTRIBUTE_TYPE_COUNT;
    case VALUE_KIND_COUNT:
        break;
    }
    return ATTRIBUTE_TYPE_COUNT;
}

/* --- values --- */

static struct bytes text_of_number(const struct value *number, struct arena *a)
{
    struct buf digits = arena_buf(a, DIGITS_BYTES_MAX), b = arena_buf(a, DIGITS_BYTES_MAX + 1 + VARINT_BYTES_MAX);
    struct json_writer w;
    json_writer_init(&w, &digits, false);
    value_print(number, &w);
    value_pack_text(&b, buf_bytes(&digits));
    assert(!digits.overflowed && !b.overflowed);
    return buf_bytes(&b);
}

static bool time_of_text(struct bytes text, struct arena *a, struct bytes *out_value)
{
    int64_t us;
    if (failed(time_parse(text, &us, NULL)))
        return false;
    struct buf b = arena_buf(a, 1 + VARINT_BYTES_MAX);
    value_pack_time(&b, us);
    *out_value = buf_bytes(&b);
    return true;
}

/* Equal sums of money have equal bytes. */
static bool money_fit(const struct value *v, struct arena *a, struct bytes *out_value)
{
    struct value amount;
    struct bytes currency;
    if (v->kind == VALUE_DECIMAL)
        return true;
    if (v->kind != VALUE_OBJECT || !money_read(v, &amount, &currency))
        return false;
    struct buf b = arena_buf(a, 64);
    pack_u8(&b, VALUE_OBJECT);
    pack_varint(&b, 2);
    pack_bytes(&b, BYTES_LIT("amount"));
    value_pack_decimal(&b, amount.integer, amount.scale);
    pack_bytes(&b, BYTES_LIT("currency"));
    value_pack_text(&b, currency);
    assert(!b.overflowed);
    *out_value = buf_bytes(&b);
    return true;
}

static bool is_number(const struct value *v)
{
    return v->kind == VALUE_DECIMAL || v->kind == VALUE_DOUBLE;
}

bool attribute_value_fit(enum attribute_type type, struct bytes packed, struct arena *a, struct bytes *out_value)
{
    struct value v = value_of(packed);
    *out_value = packed;
    if (packed.size > THING_VALUE_BYTES_MAX)
        return false;
    if (v.kind == VALUE_NULL)
        return true;
    switch (type) {
    case ATTRIBUTE_TEXT:
        if (is_number(&v))
            *out_value = text_of_number(&v, a);
        return v.kind == VALUE_TEXT || is_number(&v);
    case ATTRIBUTE_NUMBER:
        return is_number(&v);
    case ATTRIBUTE_MONEY:
        return money_fit(&v, a, out_value);
    case ATTRIBUTE_TIME:
        return v.kind == VALUE_TIME || (v.kind == VALUE_TEXT && time_of_text(v.body, a, out_value));
    case ATTRIBUTE_BOOLEAN:
        return v.kind == VALUE_TRUE || v.kind == VALUE_FALSE;
    case ATTRIBUTE_LIST:
        return v.kind == VALUE_LIST && is_texts(&v);
    case ATTRIBUTE_ANY:
    case ATTRIBUTE_TYPE_COUNT:
        break;
    }
    return false;
}

/* --- the payload --- */

static const uint8_t parent_flags[] = {
    [PARENT_UNSAID] = 0, [PARENT_CLEARED] = PUT_PARENT_CLEARED, [PARENT_SAID] = PUT_PARENT_SAID};

static void ref_pack(struct buf *b, const struct thing_ref *ref)
{
    pack_bytes(b, ref->kind);
    pack_bytes(b, ref->ns);
    pack_bytes(b, ref->id);
}

static struct thing_ref ref_unpack(struct unpack *u)
{
    struct thing_ref ref;
    ref.kind = unpack_bytes(u);
    ref.ns = unpack_bytes(u);
    ref.id = unpack_bytes(u);
    return ref;
}

void thing_put_pack(struct buf *b, const struct thing_put *put)
{
    pack_u8(b, PUT_FORMAT);
    pack_u8(b, (uint8_t)((put->is_lenient ? PUT_LENIENT : 0) | (put->is_import ? PUT_IMPORT : 0) |
                         parent_flags[put->parent_said]));
    pack_signed(b, put->time_us);
    ref_pack(b, &put->ref);
    if (put->parent_said == PARENT_SAID)
        ref_pack(b, &put->parent);
    pack_raw(b, put->attributes);
}

static bool is_name(struct bytes text)
{
    return text.size <= NAME_BYTES_MAX && text_is_utf8(text) && text_find_control(text, TEXT_ONE_LINE) == text.size;
}

static fallible ref_check(const struct thing_ref *ref, struct err *e)
{
    if (ref->kind.size == 0 || ref->kind.size > THING_WORD_BYTES_MAX)
        return FAIL(e, INVALID, "a thing has a kind: GET /api/v1/kinds lists them");
    if (ref->id.size == 0 || !is_name(ref->id) || !is_name(ref->ns))
        return FAIL(e, INVALID, "a thing has an id of 1 to %u bytes on one line, and a namespace of no more",
                    NAME_BYTES_MAX);
    return DONE;
}

fallible thing_put_unpack(struct bytes payload, struct thing_put *out_put, struct err *e)
{
    struct unpack u = unpack_of(payload);
    u.bad |= unpack_u8(&u) != PUT_FORMAT;
    uint8_t flags = unpack_u8(&u);
    u.bad |= (flags & ~PUT_FLAGS) != 0 ||
             (flags & (PUT_PARENT_CLEARED | PUT_PARENT_SAID)) == (PUT_PARENT_CLEARED | PUT_PARENT_SAID);
    struct thing_put put = {.is_lenient = (flags & PUT_LENIENT) != 0, .is_import = (flags & PUT_IMPORT) != 0};
    put.time_us = unpack_signed(&u);
    u.bad |= put.time_us < TIME_US_MIN || put.time_us >= TIME_US_END;
    put.ref = ref_unpack(&u);
    put.parent_said = (flags & PUT_PARENT_SAID) != 0      ? PARENT_SAID
                      : (flags & PUT_PARENT_CLEARED) != 0 ? PARENT_CLEARED
                                                          : PARENT_UNSAID;
    if (put.parent_said == PARENT_SAID)
        put.parent = ref_unpack(&u);
    put.attributes = unpack_rest(&u);
    if (!unpack_good(&u) || !record_is_good(put.attributes))
        return FAIL(e, INVALID, "what is said of a thing is cut short, or of a time out of range");
    TRY(ref_check(&put.ref, e));
    if (put.parent_said == PARENT_SAID)
        TRY(WRAP(e, ref_check(&put.parent, e), "parent"));
    *out_put = put;
    return DONE;
}
