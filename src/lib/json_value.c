#include <math.h>
#include <string.h>

#include "lib/json.h"
#include "lib/json_index.h"

#define POWER_EXACT_MAX 22 /* 10^22 is the last power of ten that is a double */
#define MANTISSA_EXACT_BITS 53
#define INT64_DIGITS_SAFE 18     /* this many digits always fit */
#define EXPONENT_CLAMP 100000000 /* far beyond any number, and far from overflow */
#define ITEM_DIGITS_MAX 9        /* of an item's number in a path */

/* A number as mantissa * 10^exponent; the mantissa doesn't end in 0, unless it is 0. */
struct digits {
    bool is_negative;
    bool is_exact; /* all digits found room */
    uint64_t mantissa;
    int64_t exponent;
    int64_t magnitude; /* the number is below 10^magnitude, and not below a tenth of it */
};

const char *json_kind_name(enum json_kind kind)
{
    static const char *const names[] = {
        [JSON_ABSENT] = "nothing",  [JSON_NULL] = "null",       [JSON_FALSE] = "false",    [JSON_TRUE] = "true",
        [JSON_NUMBER] = "a number", [JSON_STRING] = "a string", [JSON_ARRAY] = "an array", [JSON_OBJECT] = "an object",
    };
    assert((size_t)kind < COUNT_OF(names));
    return names[kind];
}

struct bytes json_raw(struct json j)
{
    const struct json_node *n = json_node(j);
    if (n->kind == JSON_ABSENT || (n->flags & JSON_ESCAPED) != 0)
        return BYTES_NONE;
    const uint8_t *at = j.doc->base[0] + n->at;
    return n->kind == JSON_STRING ? bytes_of(at - 1, (size_t)n->size + 2) : bytes_of(at, n->size);
}

/* mantissa * 10^zeros * 10 + digit, if that fits. */
static bool digit_add(struct digits *d, int64_t zeros, uint8_t digit)
{
    uint64_t x = d->mantissa;
    for (int64_t i = 0; i <= zeros; i++)
        if (__builtin_mul_overflow(x, 10u, &x))
            return false;
    if (__builtin_add_overflow(x, digit, &x))
        return false;
    d->mantissa = x;
    return true;
}

static int64_t exponent_read(const uint8_t *s, size_t size)
{
    size_t at = s[0] == '-' || s[0] == '+';
    int64_t x = 0;
    for (; at < size; at++)
        x = x < EXPONENT_CLAMP ? x * 10 + (s[at] - '0') : x;
    return s[0] == '-' ? -x : x;
}

/* The text is a number of the grammar. */
static struct digits digits_of(struct bytes text)
{
    struct digits d = {.is_negative = text.data[0] == '-', .is_exact = true};
    bool is_fraction = false, is_zero = true;
    int64_t zeros = 0, point = 0; /* zeros seen since the last other digit; digits behind the point */
    for (size_t at = d.is_negative; at < text.size; at++) {
        uint8_t c = text.data[at];
        if (c == '.') {
            is_fraction = true;
            continue;
        }
        if ((c | 0x20) == 'e') {
            d.exponent = exponent_read(text.data + at + 1, text.size - at - 1);
            break;
        }
        point += is_fraction;
        if (c == '0') {
            zeros += !is_zero;
            d.magnitude -= is_fraction && is_zero;
        } else {
            d.is_exact = d.is_exact && digit_add(&d, zeros, (uint8_t)(c - '0'));
            zeros = 0;
            is_zero = false;
        }
        d.magnitude += !is_fraction && !is_zero;
    }
    d.magnitude += d.exponent;
    d.exponent = is_zero ? 0 : d.exponent + zeros - point;
    return d;
}

static struct bytes number_text(const struct json j)
{
    const struct json_node *n = json_node(j);
    return bytes_of(j.doc->base[0] + n->at, n->size);
}

/* The size of the whole number that the digits are, if they are one. */
static bool whole_of(const struct digits *d, uint64_t *out)
{
    if (!d->is_exact || d->exponent < 0 || d->exponent > INT64_DIGITS_SAFE + 1)
        return false;
    uint64_t x = d->mantissa;
    for (int64_t i = 0; i < d->exponent; i++)
        if (__builtin_mul_overflow(x, 10u, &x))
            return false;
    *out = x;
    return true;
}

static bool sign_put(bool is_negative, uint64_t size, int64_t *out)
{
    if (size > (uint64_t)INT64_MAX + is_negative)
        return false;
    *out = is_negative ? (int64_t)(0 - size) : (int64_t)size;
    return true;
}

bool json_int64(struct json j, int64_t *out)
{
    const struct json_node *n = json_node(j);
    if (n->kind != JSON_NUMBER)
        return false;
    struct bytes text = number_text(j);
    if ((n->flags & JSON_FRACTION) == 0 && text.size <= INT64_DIGITS_SAFE) {
        bool is_negative = text.data[0] == '-';
        int64_t x = 0;
        for (size_t i = is_negative; i < text.size; i++)
            x = x * 10 + (text.data[i] - '0');
        *out = is_negative ? -x : x;
        return true;
    }
    struct digits d = digits_of(text);
    uint64_t size;
    return whole_of(&d, &size) && sign_put(d.is_negative, size, out);
}

bool json_uint64(struct json j, uint64_t *out)
{
    if (!json_is(j, JSON_NUMBER))
        return false;
    struct digits d = digits_of(number_text(j));
    if (d.is_negative && d.mantissa != 0)
        return false;
    return whole_of(&d, out);
}

/* Nearly all numbers: few digits, and no exponent. */
static bool decimal_short(struct bytes text, int scale_max, struct json_decimal *out)
{
    bool is_negative = text.data[0] == '-';
    int64_t value = 0;
    size_t point = text.size;
    for (size_t at = is_negative; at < text.size; at++) {
        uint8_t digit = (uint8_t)(text.data[at] - '0');
        if (digit < 10)
            value = value * 10 + digit;
        else if (text.data[at] == '.')
            point = at + 1;
        else
            return false;
    }
    size_t scale = text.size - point;
    for (; scale > 0 && value % 10 == 0; scale--)
        value /= 10;
    if (scale > (size_t)scale_max)
        return false;
    *out = (struct json_decimal){.value = is_negative ? -value : value, .scale = (int)scale};
    return true;
}

bool json_decimal(struct json j, int scale_max, struct json_decimal *out)
{
    assert(scale_max >= 0 && scale_max <= JSON_SCALE_MAX);
    if (!json_is(j, JSON_NUMBER))
        return false;
    if (number_text(j).size <= INT64_DIGITS_SAFE && decimal_short(number_text(j), scale_max, out))
        return true;
    struct digits d = digits_of(number_text(j));
    int scale = 0;
    if (d.exponent < 0) {
        if (-d.exponent > scale_max)
            return false;
        scale = (int)-d.exponent;
        d.exponent = 0;
    }
    uint64_t size;
    int64_t value;
    if (!whole_of(&d, &size) || !sign_put(d.is_negative, size, &value))
        return false;
    *out = (struct json_decimal){.value = value, .scale = scale};
    return true;
}

bool json_double(struct json j, double *out)
{
    static const double powers[POWER_EXACT_MAX + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                       1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                       1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (!json_is(j, JSON_NUMBER))
        return false;
    struct bytes text = number_text(j);
    struct digits d = digits_of(text);
    bool is_small = d.is_exact && d.mantissa <= UINT64_C(1) << MANTISSA_EXACT_BITS;
    if (is_small && d.exponent >= -POWER_EXACT_MAX && d.exponent <= POWER_EXACT_MAX) {
        /* Both are doubles, so the one operation rounds correctly (W. Clinger, 1990). */
        double x = (double)d.mantissa;
        x = d.exponent < 0 ? x / powers[-d.exponent] : x * powers[d.exponent];
        *out = d.is_negative ? -x : x;
        return true;
    }
    double x;
    if (!json_double_of_text(text.data, text.size, &x)) {
        if (d.magnitude > 0)
            return false;
        x = d.is_negative ? -0.0 : 0.0;
    }
    *out = x;
    return true;
}

size_t json_count(struct json j)
{
    const struct json_node *n = json_node(j);
    if (n->kind != JSON_ARRAY && n->kind != JSON_OBJECT)
        return 0;
    size_t count = 0;
    uint32_t step = n->kind == JSON_OBJECT; /* the key comes first */
    for (uint32_t at = j.index + 1; at < n->next; at = j.doc->nodes[at + step].next)
        count++;
    return count;
}

struct json json_find(struct json object, struct bytes key)
{
    struct json found = JSON_NOTHING;
    struct json_walk w = json_members(object);
    while (w.at < w.end) {
        const struct json_node *n = &w.doc->nodes[w.at];
        if (n->size == key.size && bytes_equal(json_string((struct json){w.doc, w.at}), key))
            found = (struct json){w.doc, w.at + 1};
        w.at = w.doc->nodes[w.at + 1].next;
    }
    return found;
}

static struct json item_find(struct json array, struct bytes number)
{
    size_t want = 0;
    if (number.size == 0 || number.size > ITEM_DIGITS_MAX)
        return JSON_NOTHING;
    for (size_t i = 0; i < number.size; i++) {
        if ((uint8_t)(number.data[i] - '0') > 9)
            return JSON_NOTHING;
        want = want * 10 + (size_t)(number.data[i] - '0');
    }
    struct json item;
    for (struct json_walk w = json_items(array); json_item_next(&w, &item); want--)
        if (want == 0)
            return item;
    return JSON_NOTHING;
}

struct json json_at(struct json root, const char *path)
{
    struct json j = root;
    while (true) {
        size_t size = strcspn(path, ".");
        struct bytes name = bytes_of(path, size);
        j = json_is(j, JSON_ARRAY) ? item_find(j, name) : json_find(j, name);
        if (path[size] == '\0')
            return j;
        path += size + 1;
    }
}
