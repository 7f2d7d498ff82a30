/* A slow reader of JSON, for tests: one byte after another, straight from the RFC, sharing no code with lib/json.h.
 * Both readers print what they understood in one plain form, and the forms must be equal. */
#pragma once

#include <inttypes.h>
#include <string.h>

#include "lib/json.h"

struct naive {
    const uint8_t *at, *end;
    struct buf *form;
    int depth;
};

static inline int naive_peek(const struct naive *n)
{
    return n->at < n->end ? *n->at : -1;
}

static inline bool naive_take(struct naive *n, int c)
{
    if (naive_peek(n) != c)
        return false;
    n->at++;
    return true;
}

static inline void naive_space(struct naive *n)
{
    while (naive_take(n, ' ') || naive_take(n, '\t') || naive_take(n, '\n') || naive_take(n, '\r'))
        continue;
}

static inline bool naive_hex(struct naive *n, uint32_t *out)
{
    *out = 0;
    for (int i = 0; i < 4; i++) {
        static const char digits[] = "0123456789abcdefABCDEF";
        const char *found = naive_peek(n) > 0 ? strchr(digits, naive_peek(n)) : NULL;
        if (found == NULL)
            return false;
        uint32_t digit = (uint32_t)(found - digits);
        *out = *out * 16 + (digit > 15 ? digit - 6 : digit);
        n->at++;
    }
    return true;
}

static inline bool naive_escape(struct naive *n, uint32_t *out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    if (!naive_take(n, 'u')) {
        const char *found = naive_peek(n) > 0 ? strchr(from, naive_peek(n)) : NULL;
        *out = found == NULL ? 0 : (uint32_t)to[found - from];
        n->at++;
        return found != NULL;
    }
    uint32_t low;
    if (!naive_hex(n, out))
        return false;
    if (*out >= 0xD800 && *out < 0xDC00) {
        struct naive ahead = *n;
        if (naive_take(&ahead, '\\') && naive_take(&ahead, 'u') && naive_hex(&ahead, &low) && low >= 0xDC00 &&
            low < 0xE000) {
            *out = 0x10000 + (*out - 0xD800) * 0x400 + (low - 0xDC00);
            n->at = ahead.at;
        }
    }
    if (*out >= 0xD800 && *out < 0xE000)
        *out = 0xFFFD;
    return true;
}

/* A code point of UTF-8, decoded by its definition and checked by its value. */
static inline bool naive_character(struct naive *n, uint32_t *out)
{
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    uint32_t c = *n->at++;
    int more = c < 0x80 ? 0 : c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : 1;
    if ((c >= 0x80 && c < 0xC0) || c >= 0xF8)
        return false;
    *out = more == 0 ? c : c & (0x3FU >> more);
    for (int i = 0; i < more; i++) {
        if (naive_peek(n) < 0x80 || naive_peek(n) > 0xBF)
            return false;
        *out = *out * 64 + (*n->at++ & 0x3FU);
    }
    return *out >= least[more] && *out < 0x110000 && !(*out >= 0xD800 && *out < 0xE000);
}

static inline bool naive_string(struct naive *n)
{
    if (!naive_take(n, '"'))
        return false;
    buf_push_byte(n->form, '<');
    while (!naive_take(n, '"')) {
        uint32_t code;
        if (naive_peek(n) < 0x20) /* the end, too */
            return false;
        if (naive_take(n, '\\') ? !naive_escape(n, &code) : !naive_character(n, &code))
            return false;
        buf_printf(n->form, "%" PRIx32 " ", code);
    }
    buf_push_byte(n->form, '>');
    return true;
}

static inline int naive_digits(struct naive *n)
{
    int count = 0;
    for (; naive_peek(n) >= '0' && naive_peek(n) <= '9'; count++)
        n->at++;
    return count;
}

static inline bool naive_number(struct naive *n)
{
    const uint8_t *from = n->at;
    (void)naive_take(n, '-');
    if (!naive_take(n, '0') && naive_digits(n) == 0)
        return false;
    if (naive_take(n, '.') && naive_digits(n) == 0)
        return false;
    if (naive_take(n, 'e') || naive_take(n, 'E')) {
        if (!naive_take(n, '+'))
            (void)naive_take(n, '-');
        if (naive_digits(n) == 0)
            return false;
    }
    buf_push(n->form, bytes_of(from, (size_t)(n->at - from)));
    return true;
}

static inline bool naive_word(struct naive *n, const char *word)
{
    size_t size = strlen(word);
    if ((size_t)(n->end - n->at) < size || memcmp(n->at, word, size) != 0)
        return false;
    n->at += size;
    buf_push_text(n->form, word);
    return true;
}

static inline bool naive_value(struct naive *n);

static inline bool naive_container(struct naive *n, int closer)
{
    if (++n->depth > JSON_DEPTH_MAX)
        return false;
    buf_push_byte(n->form, *n->at++);
    naive_space(n);
    if (naive_peek(n) != closer)
        do {
            naive_space(n);
            if (closer == '}') {
                if (!naive_string(n))
                    return false;
                naive_space(n);
                if (!naive_take(n, ':'))
                    return false;
            }
            if (!naive_value(n))
                return false;
            buf_push_byte(n->form, ',');
        } while (naive_take(n, ','));
    n->depth--;
    buf_push_byte(n->form, (uint8_t)closer);
    return naive_take(n, closer);
}

static inline bool naive_value(struct naive *n)
{
    naive_space(n);
    int c = naive_peek(n);
    bool is_good = c == '"'   ? naive_string(n)
                   : c == '{' ? naive_container(n, '}')
                   : c == '[' ? naive_container(n, ']')
                   : c == 't' ? naive_word(n, "true")
                   : c == 'f' ? naive_word(n, "false")
                   : c == 'n' ? naive_word(n, "null")
                              : naive_number(n);
    naive_space(n);
    return is_good;
}

/* Is it one JSON value? Then `form` is its plain form. */
static inline bool naive_read(struct bytes text, struct buf *form)
{
    struct naive n = {.at = text.data, .end = text.data + text.size, .form = form};
    buf_clear(form);
    return naive_value(&n) && n.at == n.end;
}

static inline bool naive_document(struct bytes text, struct buf *form)
{
    bool is_marked = bytes_starts_with(text, BYTES_LIT("\xEF\xBB\xBF"));
    return naive_read(is_marked ? bytes_slice(text, 3, text.size) : text, form);
}

static inline void form_string(struct buf *form, struct bytes text)
{
    struct naive n = {.at = text.data, .end = text.data + text.size, .form = form};
    uint32_t code;
    buf_push_byte(form, '<');
    while (n.at < n.end) {
        bool is_good = naive_character(&n, &code);
        assert(is_good);
        buf_printf(form, "%" PRIx32 " ", code);
    }
    buf_push_byte(form, '>');
}

/* The same plain form of what lib/json.h has read. */
static inline void form_of(struct json j, struct buf *form)
{
    struct json part;
    struct bytes key;
    size_t count = 0;
    switch (json_kind(j)) {
    case JSON_STRING:
        form_string(form, json_string(j));
        assert(json_has_nul(j) == (json_string(j).size > 0 && memchr(json_string(j).data, 0, json_string(j).size)));
        break;
    case JSON_ARRAY:
        buf_push_byte(form, '[');
        for (struct json_walk i = json_items(j); json_item_next(&i, &part); count++) {
            form_of(part, form);
            buf_push_byte(form, ',');
        }
        buf_push_byte(form, ']');
        assert(count == json_count(j));
        break;
    case JSON_OBJECT:
        buf_push_byte(form, '{');
        for (struct json_walk m = json_members(j); json_member_next(&m, &key, &part); count++) {
            form_string(form, key);
            form_of(part, form);
            buf_push_byte(form, ',');
            assert(!json_is(json_find(j, key), JSON_ABSENT));
        }
        buf_push_byte(form, '}');
        assert(count == json_count(j));
        break;
    default:
        buf_push(form, json_raw(j));
    }
}
