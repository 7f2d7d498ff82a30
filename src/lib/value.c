#include "lib/value.h"

#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "base/time.h"
#include "lib/json.h"
#include "lib/json_index.h"

#define DOUBLE_WHOLE_MAX (INT64_C(1) << 53) /* up to here a double holds every whole number */

static const int64_t tens[VALUE_SCALE_MAX + 1] = {1, 10, 100, 1000, 10000, 100000, 1000000};

/* --- packing --- */

void value_pack_text(struct buf *b, struct bytes text)
{
    uint8_t *at = buf_extend(b, 1 + varint_bytes(text.size) + text.size);
    if (at == NULL)
        return;
    *at = VALUE_TEXT;
    (void)put_bytes(at + 1, text);
}

void value_pack_decimal(struct buf *b, int64_t mantissa, uint8_t scale)
{
    assert(scale <= VALUE_SCALE_MAX);
    while (scale > 0 && mantissa % 10 == 0) {
        mantissa /= 10;
        scale--;
    }
    uint8_t *at = buf_extend(b, 2 + varint_bytes(zigzag_of(mantissa)));
    if (at == NULL)
        return;
    *at = VALUE_DECIMAL;
    *put_varint(at + 1, zigzag_of(mantissa)) = scale;
}

/* Reads the shortest text of a double, "-1.25e+300", as digits * 10^exponent: 17 digits at most. */
static int64_t digits_of_text(const char *text, size_t size, int *out_exponent)
{
    int64_t digits = 0;
    int behind_point = 0, exponent = 0;
    bool after_point = false;
    size_t i = text[0] == '-';
    for (; i < size && text[i] != 'e'; i++) {
        after_point |= text[i] == '.';
        if (text[i] == '.')
            continue;
        digits = digits * 10 + (text[i] - '0');
        behind_point += after_point;
    }
    if (i < size) {
        bool is_small = text[++i] == '-';
        for (i += text[i] == '-' || text[i] == '+'; i < size; i++)
            exponent = exponent * 10 + (text[i] - '0');
        exponent = is_small ? -exponent : exponent;
    }
    *out_exponent = exponent - behind_point;
    return text[0] == '-' ? -digits : digits;
}

void value_pack_double(struct buf *b, double x)
{
    assert(isfinite(x));
    char text[JSON_DOUBLE_TEXT_BYTES_MAX];
    int exponent;
    int64_t mantissa = digits_of_text(text, json_text_of_double(x, text), &exponent);
    for (; exponent < 0 && mantissa % 10 == 0; exponent++)
        mantissa /= 10;
    bool fits = exponent >= -(int)VALUE_SCALE_MAX;
    for (; fits && exponent > 0 && mantissa != 0; exponent--)
        fits = !__builtin_mul_overflow(mantissa, 10, &mantissa);
    if (fits) {
        value_pack_decimal(b, mantissa, (uint8_t)(exponent < 0 ? -exponent : 0));
        return;
    }
    pack_u8(b, VALUE_DOUBLE);
    pack_double(b, x);
}

void value_pack_bool(struct buf *b, bool x)
{
    pack_u8(b, x ? VALUE_TRUE : VALUE_FALSE);
}

void value_pack_time(struct buf *b, int64_t us)
{
    pack_u8(b, VALUE_TIME);
    pack_signed(b, us);
}

/* Enough of a text to know it again in a message. */
static struct bytes beginning_of(struct bytes text)
{
    return bytes_slice(text, 0, text.size > 40 ? 40 : text.size);
}

/* A number keeps every digit that was sent when it is a decimal of our scale; otherwise it is the nearest double. */
static fallible pack_number(struct buf *b, struct json from, struct err *e)
{
    struct json_decimal d;
    double x;
    if (json_decimal(from, VALUE_SCALE_MAX, &d)) {
        value_pack_decimal(b, d.value, (uint8_t)d.scale);
        return DONE;
    }
    if (!json_double(from, &x))
        return FAIL(e, INVALID, "the number %.*s is too large", BYTES_ARG(beginning_of(json_raw(from))));
    value_pack_double(b, x);
    return DONE;
}

static fallible pack_text_json(struct buf *b, struct json from, struct err *e)
{
    if (json_has_nul(from))
        return FAIL(e, INVALID, "a text holds the character NUL");
    value_pack_text(b, json_string(from));
    return DONE;
}

static fallible pack_at(struct buf *b, struct json from, unsigned depth, struct err *e);

static fallible pack_list(struct buf *b, struct json from, unsigned depth, struct err *e)
{
    pack_u8(b, VALUE_LIST);
    pack_varint(b, json_count(from));
    struct json item;
    uint64_t at = 0;
    for (struct json_walk w = json_items(from); json_item_next(&w, &item); at++) {
        struct status status = pack_at(b, item, depth + 1, e);
        if (failed(status))
            return WRAP(e, status, "[%llu]", (unsigned long long)at);
    }
    return DONE;
}

/* Which of 64 bits stands for a key; equal keys have equal bits. */
static uint64_t key_bit(struct bytes key)
{
    unsigned mix = (unsigned)key.size;
    if (key.size > 0)
        mix = mix * 31 + (unsigned)key.data[0] * 7 + (unsigned)key.data[key.size / 2] * 13 + (unsigned)key.data[key.size - 1] * 3;
    return UINT64_C(1) << (mix % 64);
}

/* Might two members have the same key? Never wrongly no, and nearly always rightly no: then nobody compares them. */
static bool keys_may_repeat(struct json object)
{
    uint64_t seen = 0;
    bool repeat = false;
    struct bytes key;
    struct json value;
    for (struct json_walk w = json_members(object); json_member_next(&w, &key, &value);) {
        repeat |= (seen & key_bit(key)) != 0;
        seen |= key_bit(key);
    }
    return repeat;
}

/* Members whose key comes again behind them: a bit each, in the order they were sent. */
struct repeats {
    uint64_t bits[VALUE_MEMBERS_MAX / 64];
    size_t count;
};

static bool is_repeat(const struct repeats *r, size_t member)
{
    return (r->bits[member / 64] >> (member % 64) & 1) != 0;
}

/* One pass over an open table, at most half full: comparing each with each would let one request hold its thread for
 * seconds. The keys are hashed with a number of this process, so that nobody can choose ones that meet in a slot. */
static void repeats_find(struct json object, struct repeats *out)
{
    struct bytes keys[VALUE_MEMBERS_MAX];
    uint16_t slots[2 * VALUE_MEMBERS_MAX] = {0}; /* 1 + the last member of a key; 0: free */
    struct bytes key;
    struct json value;
    size_t member = 0;
    for (struct json_walk w = json_members(object); json_member_next(&w, &key, &value); member++) {
        size_t at = (size_t)hash64(key, (uintptr_t)&tens) % COUNT_OF(slots);
        while (slots[at] != 0 && !bytes_equal(keys[slots[at] - 1], key))
            at = (at + 1) % COUNT_OF(slots);
        if (slots[at] != 0) {
            size_t before = slots[at] - 1u;
            out->bits[before / 64] |= UINT64_C(1) << (before % 64);
            out->count++;
        }
        keys[member] = key;
        slots[at] = (uint16_t)(member + 1);
    }
}

static fallible pack_members(struct buf *b, struct json from, unsigned depth, struct err *e)
{
    size_t count = json_count(from), member = 0;
    struct repeats repeats = {0};
    if (count > VALUE_MEMBERS_MAX)
        return FAIL(e, LIMIT, "more than %u members", VALUE_MEMBERS_MAX);
    if (keys_may_repeat(from))
        repeats_find(from, &repeats);
    pack_varint(b, count - repeats.count);
    struct bytes key;
    struct json value;
    for (struct json_walk w = json_members(from); json_member_next(&w, &key, &value); member++) {
        if (key.size > 0 && memchr(key.data, 0, key.size) != NULL)
            return FAIL(e, INVALID, "a name holds the character NUL");
        if (is_repeat(&repeats, member))
            continue;
        pack_bytes(b, key);
        struct status status = pack_at(b, value, depth + 1, e);
        if (failed(status))
            return WRAP(e, status, "%.*s", BYTES_ARG(beginning_of(key)));
    }
    return DONE;
}

/* Recursion is bounded by VALUE_DEPTH_MAX. */
static fallible pack_at(struct buf *b, struct json from, unsigned depth, struct err *e)
{
    if (depth > VALUE_DEPTH_MAX)
        return FAIL(e, LIMIT, "nested deeper than %u", VALUE_DEPTH_MAX);
    switch (json_kind(from)) {
    case JSON_TRUE:
    case JSON_FALSE:
        value_pack_bool(b, json_kind(from) == JSON_TRUE);
        return DONE;
    case JSON_NUMBER:
        return pack_number(b, from, e);
    case JSON_STRING:
        return pack_text_json(b, from, e);
    case JSON_ARRAY:
        return pack_list(b, from, depth, e);
    case JSON_OBJECT:
        pack_u8(b, VALUE_OBJECT);
        return pack_members(b, from, depth, e);
    case JSON_ABSENT:
    case JSON_NULL:
        break;
    }
    pack_u8(b, VALUE_NULL);
    return DONE;
}

fallible value_pack_json(struct buf *b, const struct json *from, struct err *e)
{
    size_t before = b->size;
    struct status status = pack_at(b, *from, 0, e);
    if (failed(status))
        b->size = before;
    return status;
}

fallible record_pack_json(struct buf *b, const struct json *from, struct err *e)
{
    if (!json_is(*from, JSON_OBJECT))
        return FAIL(e, INVALID, "%s, want an object", json_kind_name(json_kind(*from)));
    if (json_count(*from) == 0)
        return DONE;
    size_t before = b->size;
    struct status status = pack_members(b, *from, 0, e);
    if (failed(status))
        b->size = before;
    return status;
}

/* --- reading --- */

/* Reads what is behind the tag of a scalar or text. */
static void unpack_scalar(struct unpack *u, struct value *v)
{
    switch (v->kind) {
    case VALUE_TEXT:
        v->body = unpack_bytes(u);
        return;
    case VALUE_DECIMAL:
        v->integer = unpack_signed(u);
        v->scale = unpack_u8(u);
        u->bad |= v->scale > VALUE_SCALE_MAX;
        return;
    case VALUE_DOUBLE:
        v->real = unpack_double(u);
        u->bad |= !isfinite(v->real);
        return;
    case VALUE_TIME:
        v->integer = unpack_signed(u);
        u->bad |= v->integer < TIME_US_MIN || v->integer >= TIME_US_END;
        return;
    default:
        u->bad |= v->kind > VALUE_TRUE;
    }
}

/* Members of a list or object; each takes a byte at least, so a count can't be more than what is left. */
static uint32_t unpack_count(struct unpack *u)
{
    uint64_t count = unpack_varint(u);
    u->bad |= count > unpack_left(u) || count > UINT32_MAX;
    return u->bad ? 0 : (uint32_t)count;
}

static bool is_open(uint8_t kind)
{
    return kind == VALUE_LIST || kind == VALUE_OBJECT;
}

/* The bytes of `count` values (each behind a key when `keyed`), passed over without recursion: what is open is counted. */
static struct bytes skip_values(struct unpack *u, uint32_t count, bool keyed)
{
    struct {
        uint32_t left;
        bool keyed;
    } open[VALUE_DEPTH_MAX + 2];
    const uint8_t *start = u->at;
    unsigned depth = 0;
    open[0].left = count;
    open[0].keyed = keyed;
    while (unpack_good(u)) {
        if (open[depth].left == 0) {
            if (depth == 0)
                return bytes_of(start, (size_t)(u->at - start));
            depth--;
            continue;
        }
        open[depth].left--;
        if (open[depth].keyed)
            (void)unpack_bytes(u);
        uint8_t kind = unpack_u8(u);
        if (is_open(kind)) {
            if (depth + 1 == COUNT_OF(open)) {
                u->bad = true;
                break;
            }
            depth++;
            open[depth].left = unpack_count(u);
            open[depth].keyed = kind == VALUE_OBJECT;
        } else {
            struct value v = {.kind = (enum value_kind)kind};
            unpack_scalar(u, &v);
        }
    }
    return BYTES_NONE;
}

/* A list or object: all of it is passed over first, so what is inside may be read without care. */
static struct value unpack_container(struct unpack *u)
{
    struct unpack inside = *u;
    struct bytes whole = skip_values(u, 1, false);
    if (whole.size == 0)
        return (struct value){.kind = VALUE_NULL};
    inside.end = whole.data + whole.size;
    enum value_kind kind = (enum value_kind)unpack_u8(&inside);
    uint32_t count = unpack_count(&inside);
    return (struct value){.kind = kind, .count = count, .body = unpack_rest(&inside)};
}

struct value unpack_value(struct unpack *u)
{
    if (unpack_good(u) && unpack_left(u) > 0 && is_open(*u->at))
        return unpack_container(u);
    struct value v = {.kind = (enum value_kind)unpack_u8(u)};
    unpack_scalar(u, &v);
    return unpack_good(u) ? v : (struct value){.kind = VALUE_NULL};
}

struct bytes unpack_value_bytes(struct unpack *u)
{
    return skip_values(u, 1, false);
}

struct value unpack_member(struct unpack *u, struct bytes *out_key)
{
    *out_key = unpack_bytes(u);
    return unpack_value(u);
}

double value_real(const struct value *v)
{
    __extension__ typedef __float128 wide;
    if (v->kind != VALUE_DECIMAL)
        return v->kind == VALUE_DOUBLE ? v->real : 0;
    if (LIKELY(v->integer > -DOUBLE_WHOLE_MAX && v->integer < DOUBLE_WHOLE_MAX))
        return (double)v->integer / (double)tens[v->scale];
    return (double)((wide)v->integer / (wide)tens[v->scale]);
}

bool record_is_good(struct bytes record)
{
    struct unpack u = unpack_of(record);
    if (record.size == 0)
        return true;
    (void)skip_values(&u, unpack_count(&u), true);
    return unpack_finished(&u);
}

uint32_t record_count(struct bytes record)
{
    struct unpack u = unpack_of(record);
    return record.size == 0 ? 0 : unpack_count(&u);
}

bool record_find(struct bytes record, struct bytes key, struct value *out_value)
{
    struct unpack u = unpack_of(record);
    for (uint32_t left = record.size == 0 ? 0 : unpack_count(&u); left > 0; left--) {
        struct bytes name = unpack_bytes(&u);
        if (unpack_good(&u) && bytes_equal(name, key)) {
            struct value v = unpack_value(&u);
            if (unpack_good(&u))
                *out_value = v;
            return unpack_good(&u);
        }
        (void)skip_values(&u, 1, false);
    }
    return false;
}

/* --- printing: the values are our own and their depth is bounded --- */

static void print_list(const struct value *v, struct json_writer *out)
{
    struct unpack u = unpack_of(v->body);
    json_array_begin(out);
    for (uint32_t i = 0; i < v->count && unpack_good(&u); i++) {
        struct value item = unpack_value(&u);
        value_print(&item, out);
    }
    json_array_end(out);
}

static void print_object(const struct value *v, struct json_writer *out)
{
    struct unpack u = unpack_of(v->body);
    json_object_begin(out);
    for (uint32_t i = 0; i < v->count && unpack_good(&u); i++) {
        struct bytes key;
        struct value member = unpack_member(&u, &key);
        json_key_bytes(out, key);
        value_print(&member, out);
    }
    json_object_end(out);
}

void value_print(const struct value *v, struct json_writer *out)
{
    char text[TIME_TEXT_BYTES];
    switch (v->kind) {
    case VALUE_FALSE:
    case VALUE_TRUE:
        json_put_bool(out, v->kind == VALUE_TRUE);
        return;
    case VALUE_DECIMAL:
        json_put_decimal(out, (struct json_decimal){.value = v->integer, .scale = v->scale});
        return;
    case VALUE_DOUBLE:
        json_put_double(out, v->real);
        return;
    case VALUE_TEXT:
        json_put_string(out, v->body);
        return;
    case VALUE_TIME:
        json_put_text(out, time_format(v->integer, text));
        return;
    case VALUE_LIST:
        print_list(v, out);
        return;
    case VALUE_OBJECT:
        print_object(v, out);
        return;
    case VALUE_NULL:
    case VALUE_KIND_COUNT:
        break;
    }
    json_put_null(out);
}

/* --- order --- */

static bool is_number(const struct value *v)
{
    return v->kind == VALUE_DECIMAL || v->kind == VALUE_DOUBLE;
}

static int sign_of(double x)
{
    return (x > 0) - (x < 0);
}

/* Exact: the whole parts first, then the decimal's rest against the double's, whose difference fma rounds only once. */
static int decimal_compare_real(const struct value *decimal, double x)
{
    if (fabs(x) >= 0x1p63)
        return -sign_of(x);
    int64_t ten = tens[decimal->scale], whole = decimal->integer / ten, whole_of_x = (int64_t)x;
    if (whole != whole_of_x)
        return whole < whole_of_x ? -1 : 1;
    return -sign_of(fma(x - (double)whole_of_x, (double)ten, -(double)(decimal->integer % ten)));
}

static int number_compare(const struct value *a, const struct value *b)
{
    if (a->kind == VALUE_DECIMAL && b->kind == VALUE_DECIMAL) {
        __extension__ typedef __int128 wide; /* the wider product needs more than 64 bits */
        wide left = (wide)a->integer * tens[b->scale], right = (wide)b->integer * tens[a->scale];
        return (left > right) - (left < right);
    }
    if (a->kind == VALUE_DECIMAL)
        return decimal_compare_real(a, b->real);
    if (b->kind == VALUE_DECIMAL)
        return -decimal_compare_real(b, a->real);
    return (a->real > b->real) - (a->real < b->real);
}

int value_compare(struct bytes a, struct bytes b)
{
    struct unpack ua = unpack_of(a), ub = unpack_of(b);
    struct value va = unpack_value(&ua), vb = unpack_value(&ub);
    int order = 0;
    if (is_number(&va) && is_number(&vb))
        order = number_compare(&va, &vb);
    else if (va.kind != vb.kind)
        order = va.kind < vb.kind ? -1 : 1;
    else if (va.kind == VALUE_TIME)
        order = (va.integer > vb.integer) - (va.integer < vb.integer);
    else if (va.kind == VALUE_TEXT)
        order = bytes_compare(va.body, vb.body);
    return order != 0 ? order : bytes_compare(a, b);
}
