#include "lib/json_build.h"

#include <string.h>

#include "lib/json_utf8.h"

#define NO_CONTAINER UINT32_MAX

static bool fault(struct json_build *b, uint32_t at, const char *words)
{
    b->fault = at < b->end ? words : "the text ends too early";
    b->fault_at = at < b->end ? at : b->end;
    return false;
}

static uint32_t backslash_find(const struct json_build *b, uint32_t from, uint32_t until)
{
    const uint8_t *found = from < until ? memchr(b->text + from, '\\', until - from) : NULL;
    return found == NULL ? until : (uint32_t)(found - b->text);
}

static bool hex4_read(const uint8_t *s, uint32_t *out)
{
    uint32_t x = 0;
    for (int i = 0; i < 4; i++) {
        uint8_t c = s[i], low = c | 0x20;
        if (c >= '0' && c <= '9')
            x = x << 4 | (uint32_t)(c - '0');
        else if (low >= 'a' && low <= 'f')
            x = x << 4 | (uint32_t)(low - 'a' + 10);
        else
            return false;
    }
    *out = x;
    return true;
}

/* \uXXXX at `at`, and its other half if it is a pair. Returns where it ends, or 0. */
static uint32_t unicode_read(const struct json_build *b, uint32_t at, uint32_t until, uint32_t *out_code)
{
    uint32_t code, low = 0;
    if (until - at < 6 || !hex4_read(b->text + at + 2, &code))
        return 0;
    at += 6;
    *out_code = code;
    if (code < 0xD800 || code > 0xDFFF)
        return at;
    bool is_pair = code < 0xDC00 && until - at >= 6 && b->text[at] == '\\' && b->text[at + 1] == 'u' &&
                   hex4_read(b->text + at + 2, &low) && low >= 0xDC00 && low <= 0xDFFF;
    *out_code = is_pair ? 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00) : 0xFFFD;
    return is_pair ? at + 6 : at;
}

/* The character that \c stands for; 0: none. */
static uint8_t escape_of(uint8_t c)
{
    switch (c) {
    case '"':
    case '\\':
    case '/':
        return c;
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return 0;
    }
}

/* A string with escapes, [from, until) between the quotes, becomes bytes at the end of `plain`. What comes out is never
 * longer than what went in, so there is room. */
static bool string_unescape(struct json_build *b, uint32_t from, uint32_t until, struct json_node *out)
{
    uint32_t size = b->plain_size, at = from;
    uint8_t flags = JSON_ESCAPED;
    while (true) {
        uint32_t stop = backslash_find(b, at, until);
        memcpy(b->plain + size, b->text + at, stop - at);
        size += stop - at;
        at = stop;
        if (at == until)
            break;
        uint8_t c = b->text[at + 1]; /* the closing quote at the latest */
        if (c == 'u') {
            uint32_t code;
            uint32_t next = unicode_read(b, at, until, &code);
            if (next == 0)
                return fault(b, at, "\\u without four hexadecimal digits");
            flags |= code == 0 ? JSON_HAS_NUL : 0;
            size += (uint32_t)utf8_put(b->plain + size, code);
            at = next;
        } else {
            b->plain[size++] = escape_of(c);
            if (escape_of(c) == 0)
                return fault(b, at, "a backslash before a character that has no such form");
            at += 2;
        }
    }
    out->at = b->plain_size;
    out->size = size - b->plain_size;
    out->flags = flags;
    b->plain_size = size;
    return true;
}

/* The string between two quotes has a backslash, or lies behind one that stands outside of strings (which the grammar
 * will refuse). Moves the mark to the next backslash, so that strings without one cost a comparison. */
static bool string_escaped(struct json_build *b, uint32_t from, uint32_t until, struct json_node *out)
{
    if (b->backslash < from)
        b->backslash = backslash_find(b, from, b->end);
    if (b->backslash >= until)
        return true;
    b->backslash = backslash_find(b, until, b->end);
    return string_unescape(b, from, until, out);
}

/* token[0] is a quote. The next token comes after the closing quote, and only white space lies between. */
static inline bool string_read(struct json_build *b, const uint32_t *token, struct json_node *out)
{
    uint32_t from = token[0] + 1, until = token[1] - 1;
    while (b->text[until] != '"')
        until--;
    assert(until >= from);
    out->at = from;
    out->size = until - from;
    out->kind = JSON_STRING;
    out->flags = 0;
    return LIKELY(b->backslash >= until) || string_escaped(b, from, until, out);
}

/* A scalar has to be followed by the next token or by white space: "12x" is one token of the index. */
static inline bool scalar_ends(const struct json_build *b, const uint32_t *token, uint32_t at)
{
    if (at >= b->end || at == token[1])
        return true;
    uint8_t c = b->text[at];
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static bool word_read(struct json_build *b, const uint32_t *token, struct json_node *out)
{
    uint32_t at = *token, left = b->end - at;
    const uint8_t *word = b->text + at;
    if (left >= 4 && memcmp(word, "true", 4) == 0)
        *out = (struct json_node){.at = at, .size = 4, .kind = JSON_TRUE};
    else if (left >= 5 && memcmp(word, "false", 5) == 0)
        *out = (struct json_node){.at = at, .size = 5, .kind = JSON_FALSE};
    else if (left >= 4 && memcmp(word, "null", 4) == 0)
        *out = (struct json_node){.at = at, .size = 4, .kind = JSON_NULL};
    else
        return fault(b, at, "a word that is not true, false or null");
    return scalar_ends(b, token, at + out->size) || fault(b, at, "a word that is not true, false or null");
}

static inline uint32_t digits_skip(const struct json_build *b, uint32_t at)
{
    while (at < b->end && (uint8_t)(b->text[at] - '0') < 10)
        at++;
    return at;
}

static bool number_read(struct json_build *b, const uint32_t *token, struct json_node *out)
{
    uint32_t at = *token + (b->text[*token] == '-'), digits = at;
    uint8_t flags = 0;
    at = digits_skip(b, at);
    if (at == digits || (at - digits > 1 && b->text[digits] == '0'))
        return fault(b, *token, at == digits ? "a number without digits" : "a number that begins with 0");
    if (at < b->end && b->text[at] == '.') {
        flags = JSON_FRACTION;
        digits = ++at;
        at = digits_skip(b, at);
        if (at == digits)
            return fault(b, *token, "a number without digits after its point");
    }
    if (at < b->end && (b->text[at] | 0x20) == 'e') {
        flags = JSON_FRACTION;
        at++;
        at += at < b->end && (b->text[at] == '+' || b->text[at] == '-');
        digits = at;
        at = digits_skip(b, at);
        if (at == digits)
            return fault(b, *token, "a number without digits in its exponent");
    }
    if (!scalar_ends(b, token, at))
        return fault(b, *token, "a number with something else in it");
    *out = (struct json_node){.at = *token, .size = at - *token, .kind = JSON_NUMBER, .flags = flags};
    return true;
}

static inline bool scalar_read(struct json_build *b, const uint32_t *token, uint8_t c, struct json_node *out)
{
    if (LIKELY(c == '"'))
        return string_read(b, token, out);
    if (c == '-' || (uint8_t)(c - '0') < 10)
        return number_read(b, token, out);
    if (c == 't' || c == 'f' || c == 'n')
        return word_read(b, token, out);
    return fault(b, *token, "a value was expected");
}

/* The first byte of a token; 0 at the end, where no token may begin. */
static inline uint8_t token_byte(const struct json_build *b, const uint32_t *token)
{
    return *token < b->end ? b->text[*token] : 0;
}

static const char *comma_expected(uint8_t kind)
{
    return kind == JSON_OBJECT ? "a comma or } was expected" : "a comma or ] was expected";
}

/* While an array or object is open, its node's `next` is the index of the one around it. */
bool json_build_run(struct json_build *b)
{
    assert(b->nodes != NULL && b->plain != NULL);
    const uint32_t *token = b->token;
    struct json_node *node = b->nodes;
    uint32_t open = NO_CONTAINER, depth = 0;
    uint8_t kind = JSON_ABSENT; /* of the innermost container */
    b->backslash = backslash_find(b, *token, b->end);
    do {
        if (kind == JSON_OBJECT) {
            if (token_byte(b, token) != '"')
                return fault(b, *token, "a name in quotes was expected");
            if (!string_read(b, token, node))
                return false;
            node->next = (uint32_t)(node - b->nodes) + 1;
            node++;
            if (token_byte(b, ++token) != ':')
                return fault(b, *token, "a colon was expected after a name");
            token++;
        }
        uint8_t c = token_byte(b, token);
        uint32_t index = (uint32_t)(node - b->nodes);
        if (c == '{' || c == '[') {
            if (depth++ == JSON_DEPTH_MAX) {
                b->is_too_deep = true;
                return fault(b, *token, "too many levels of arrays and objects");
            }
            kind = c == '{' ? JSON_OBJECT : JSON_ARRAY;
            *node++ = (struct json_node){.at = *token++, .next = open, .kind = kind};
            open = index;
            if (token_byte(b, token) != c + 2)
                continue;
        } else {
            if (!scalar_read(b, token, c, node))
                return false;
            node++->next = index + 1;
            token++;
        }
        for (; depth > 0 && token_byte(b, token) != ','; token++) {
            if (token_byte(b, token) != (kind == JSON_OBJECT ? '}' : ']'))
                return fault(b, *token, comma_expected(kind));
            struct json_node *closed = &b->nodes[open];
            open = closed->next;
            closed->next = (uint32_t)(node - b->nodes);
            closed->size = *token + 1 - closed->at;
            kind = open == NO_CONTAINER ? JSON_ABSENT : b->nodes[open].kind;
            depth--;
        }
        token += depth > 0; /* the comma */
    } while (depth > 0);
    b->token = token;
    return *token >= b->end || fault(b, *token, "something follows the value");
}
