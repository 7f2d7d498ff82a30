#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/json.h"
#include "lib/json_index.h"
#include "lib/json_utf8.h"
#include "lib/octets.h"

enum level_flag {
    LEVEL_OBJECT = 1,
    LEVEL_NONEMPTY = 2,
};

#define INDENT_SPACES 2
#define NUMBER_TEXT_BYTES 40

void json_writer_init(struct json_writer *w, struct buf *out, bool is_pretty)
{
    *w = (struct json_writer){.out = out, .is_pretty = is_pretty};
}

bool json_writer_finished(const struct json_writer *w)
{
    return w->has_root && w->depth == 0;
}

static void line_begin(struct json_writer *w)
{
    if (!w->is_pretty)
        return;
    size_t size = 1 + (size_t)w->depth * INDENT_SPACES;
    uint8_t *at = buf_extend(w->out, size);
    if (at == NULL)
        return;
    memset(at, ' ', size);
    at[0] = '\n';
}

/* What goes before an item of an array, or before a key. */
static void item_begin(struct json_writer *w)
{
    assert(w->depth > 0);
    uint8_t *level = &w->levels[w->depth - 1];
    if (*level & LEVEL_NONEMPTY)
        buf_push_byte(w->out, ',');
    *level |= LEVEL_NONEMPTY;
    line_begin(w);
}

/* What goes before any value. */
static void value_begin(struct json_writer *w)
{
    if (w->depth == 0) {
        assert(!w->has_root); /* one value a writer */
        w->has_root = true;
        return;
    }
    bool is_member = (w->levels[w->depth - 1] & LEVEL_OBJECT) != 0;
    assert(is_member == w->has_key); /* in an object each value has a key */
    if (!is_member)
        item_begin(w);
    w->has_key = false;
}

static void level_begin(struct json_writer *w, uint8_t flags, char bracket)
{
    value_begin(w);
    assert(w->depth < JSON_WRITER_DEPTH_MAX);
    w->levels[w->depth++] = flags;
    buf_push_byte(w->out, (uint8_t)bracket);
}

static void level_end(struct json_writer *w, uint8_t flags, char bracket)
{
    assert(w->depth > 0 && !w->has_key);
    uint8_t level = w->levels[--w->depth];
    assert((level & LEVEL_OBJECT) == flags);
    if (level & LEVEL_NONEMPTY)
        line_begin(w);
    buf_push_byte(w->out, (uint8_t)bracket);
}

void json_object_begin(struct json_writer *w)
{
    level_begin(w, LEVEL_OBJECT, '{');
}

void json_object_end(struct json_writer *w)
{
    level_end(w, LEVEL_OBJECT, '}');
}

void json_array_begin(struct json_writer *w)
{
    level_begin(w, 0, '[');
}

void json_array_end(struct json_writer *w)
{
    level_end(w, 0, ']');
}

/* Where a byte may be no plain character of ASCII. */
static uint64_t octets_apart(uint64_t word)
{
    return (word & OCTETS_HIGH) | octets_below(word, 0x20) | octets_equal(word, '"') | octets_equal(word, '\\');
}

/* How many bytes can be copied as they are. */
static size_t plain_run(const uint8_t *s, size_t size)
{
    size_t at = 0, wrong;
    while (at < size) {
        while (at + sizeof(uint64_t) <= size && octets_apart(octets_at(s + at)) == 0)
            at += sizeof(uint64_t);
        if (at == size)
            break;
        uint8_t c = s[at];
        if (c < 0x20 || c == '"' || c == '\\')
            break;
        size_t step = c < 0x80 ? 1 : utf8_sequence(s + at, size - at, &wrong);
        if (step == 0)
            break;
        at += step;
    }
    return at;
}

static void control_push(struct buf *out, uint8_t c)
{
    static const char digits[] = "0123456789abcdef";
    static const char shorts[0x20] = {['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};
    if (c >= 0x20)
        buf_push(out, bytes_of((const uint8_t[]){'\\', c}, 2));
    else if (shorts[c] != 0)
        buf_push(out, bytes_of((const char[]){'\\', shorts[c]}, 2));
    else
        buf_push(out, bytes_of((const char[]){'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]}, 6));
}

void json_push_text(struct buf *out, struct bytes text)
{
    buf_push_byte(out, '"');
    for (size_t at = 0; at < text.size;) {
        size_t run = plain_run(text.data + at, text.size - at), wrong;
        buf_push(out, bytes_of(text.data + at, run));
        at += run;
        if (at == text.size)
            break;
        if (text.data[at] < 0x80) {
            control_push(out, text.data[at++]);
        } else {
            (void)utf8_sequence(text.data + at, text.size - at, &wrong);
            buf_push(out, BYTES_LIT("\xEF\xBF\xBD"));
            at += wrong;
        }
    }
    buf_push_byte(out, '"');
}

void json_key_bytes(struct json_writer *w, struct bytes key)
{
    assert(w->depth > 0 && (w->levels[w->depth - 1] & LEVEL_OBJECT) != 0 && !w->has_key);
    item_begin(w);
    json_push_text(w->out, key);
    buf_push(w->out, w->is_pretty ? BYTES_LIT(": ") : BYTES_LIT(":"));
    w->has_key = true;
}

void json_key(struct json_writer *w, const char *key)
{
    json_key_bytes(w, bytes_of_text(key));
}

void json_put_string(struct json_writer *w, struct bytes text)
{
    value_begin(w);
    json_push_text(w->out, text);
}

void json_put_text(struct json_writer *w, const char *text)
{
    json_put_string(w, bytes_of_text(text));
}

void json_put_raw(struct json_writer *w, struct bytes json)
{
    assert(json.size > 0);
    value_begin(w);
    buf_push(w->out, json);
}

/* The digits of x, right-aligned before `end`; at least `digits_min` of them. Returns where they begin. */
static char *digits_put(char *end, uint64_t x, int digits_min)
{
    for (; x != 0 || digits_min > 0; x /= 10, digits_min--)
        *--end = (char)('0' + x % 10);
    return end;
}

static uint64_t size_of(int64_t x)
{
    return x < 0 ? 0 - (uint64_t)x : (uint64_t)x;
}

void json_put_uint64(struct json_writer *w, uint64_t x)
{
    char text[NUMBER_TEXT_BYTES], *end = text + sizeof text, *at = digits_put(end, x, 1);
    json_put_raw(w, bytes_of(at, (size_t)(end - at)));
}

void json_put_int64(struct json_writer *w, int64_t x)
{
    json_put_decimal(w, (struct json_decimal){.value = x, .scale = 0});
}

void json_put_decimal(struct json_writer *w, struct json_decimal x)
{
    assert(x.scale >= 0 && x.scale <= JSON_SCALE_MAX);
    char text[NUMBER_TEXT_BYTES], *end = text + sizeof text;
    char *at = digits_put(end, size_of(x.value), x.scale + 1);
    if (x.scale > 0) { /* the digits before the point move on by one */
        size_t whole = (size_t)(end - at) - (size_t)x.scale;
        at--;
        memmove(at, at + 1, whole);
        at[whole] = '.';
    }
    if (x.value < 0)
        *--at = '-';
    json_put_raw(w, bytes_of(at, (size_t)(end - at)));
}

void json_put_double(struct json_writer *w, double x)
{
    char text[JSON_DOUBLE_TEXT_BYTES_MAX];
    if (isfinite(x))
        json_put_raw(w, bytes_of(text, json_text_of_double(x, text)));
    else
        json_put_null(w);
}

void json_put_bool(struct json_writer *w, bool x)
{
    json_put_raw(w, x ? BYTES_LIT("true") : BYTES_LIT("false"));
}

void json_put_null(struct json_writer *w)
{
    json_put_raw(w, BYTES_LIT("null"));
}

/* Calls itself once a level, of which there are at most JSON_DEPTH_MAX. */
void json_put(struct json_writer *w, struct json value)
{
    struct json part;
    struct bytes key;
    switch (json_kind(value)) {
    case JSON_ABSENT:
        json_put_null(w);
        break;
    case JSON_STRING:
        json_put_string(w, json_string(value));
        break;
    case JSON_ARRAY:
        json_array_begin(w);
        for (struct json_walk i = json_items(value); json_item_next(&i, &part);)
            json_put(w, part);
        json_array_end(w);
        break;
    case JSON_OBJECT:
        json_object_begin(w);
        for (struct json_walk m = json_members(value); json_member_next(&m, &key, &part);) {
            json_key_bytes(w, key);
            json_put(w, part);
        }
        json_object_end(w);
        break;
    default:
        json_put_raw(w, json_raw(value));
    }
}
