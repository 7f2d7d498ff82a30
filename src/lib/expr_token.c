/* From characters to words, names, signs, texts and numbers; and what to say of one that is out of place. */
#include <math.h>
#include <stdlib.h>

#include "lib/expr_inside.h"
#include "lib/nearest.h"
#include "lib/text.h"
#include "lib/value.h"

#define NUMBER_BYTES_MAX 64u
#define WANTED_BYTES_SHOWN 24
#define WIDE_SPACE "\u3000"
#define NEAR_BYTES_MIN 3u /* shorter words are near to anything */

/* Signs, and how else they are written: with the keys of a Chinese keyboard, or as in other languages. The longest come first. */
static const struct sign {
    struct bytes written, meant;
} signs[] = {
    {BYTES_INIT("!="), BYTES_INIT("!=")},
    {BYTES_INIT("<>"), BYTES_INIT("!=")},
    {BYTES_INIT("<="), BYTES_INIT("<=")},
    {BYTES_INIT(">="), BYTES_INIT(">=")},
    {BYTES_INIT("=="), BYTES_INIT("=")},
    {BYTES_INIT("="), BYTES_INIT("=")},
    {BYTES_INIT("<"), BYTES_INIT("<")},
    {BYTES_INIT(">"), BYTES_INIT(">")},
    {BYTES_INIT("("), BYTES_INIT("(")},
    {BYTES_INIT(")"), BYTES_INIT(")")},
    {BYTES_INIT(","), BYTES_INIT(",")},
    {BYTES_INIT("."), BYTES_INIT(".")},
    {BYTES_INIT("+"), BYTES_INIT("+")},
    {BYTES_INIT("-"), BYTES_INIT("-")},
    {BYTES_INIT("*"), BYTES_INIT("*")},
    {BYTES_INIT("/"), BYTES_INIT("/")},
    {BYTES_INIT("\u2260"), BYTES_INIT("!=")},
    {BYTES_INIT("\u2264"), BYTES_INIT("<=")},
    {BYTES_INIT("\u2265"), BYTES_INIT(">=")},
    {BYTES_INIT("\uFF01\uFF1D"), BYTES_INIT("!=")},
    {BYTES_INIT("\uFF1C\uFF1D"), BYTES_INIT("<=")},
    {BYTES_INIT("\uFF1E\uFF1D"), BYTES_INIT(">=")},
    {BYTES_INIT("\uFF1D"), BYTES_INIT("=")},
    {BYTES_INIT("\uFF1C"), BYTES_INIT("<")},
    {BYTES_INIT("\uFF1E"), BYTES_INIT(">")},
    {BYTES_INIT("\uFF08"), BYTES_INIT("(")},
    {BYTES_INIT("\uFF09"), BYTES_INIT(")")},
    {BYTES_INIT("\uFF0C"), BYTES_INIT(",")},
    {BYTES_INIT("\uFF0B"), BYTES_INIT("+")},
    {BYTES_INIT("\uFF0D"), BYTES_INIT("-")},
    {BYTES_INIT("\uFF0A"), BYTES_INIT("*")},
    {BYTES_INIT("\uFF0F"), BYTES_INIT("/")},
    {BYTES_INIT("\u00D7"), BYTES_INIT("*")},
    {BYTES_INIT("\u00F7"), BYTES_INIT("/")},
};

/* `text` isn't empty. */
static const struct sign *sign_at(struct bytes text)
{
    for (size_t i = 0; i < COUNT_OF(signs); i++)
        if (signs[i].written.data[0] == text.data[0] && bytes_starts_with(text, signs[i].written))
            return &signs[i];
    return NULL;
}

static bool is_digit(struct bytes text, size_t at)
{
    return at < text.size && text.data[at] >= '0' && text.data[at] <= '9';
}

/* Bytes of one character that words are made of; 0: it is another one. What lies beyond ASCII is one, but for signs and wide spaces. */
static size_t word_character(struct bytes text, bool is_first)
{
    uint8_t c = text.data[0];
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$')
        return 1;
    if (is_digit(text, 0))
        return is_first ? 0 : 1;
    if (c < 0x80 || sign_at(text) != NULL || bytes_starts_with(text, BYTES_LIT(WIDE_SPACE)))
        return 0;
    struct bytes rest = text;
    (void)text_next(&rest);
    return text.size - rest.size;
}

bool expr_name_is_plain(struct bytes name)
{
    bool is_first = true;
    size_t more;
    for (size_t i = 0; i < name.size; i += more) {
        struct bytes rest = bytes_slice(name, i, name.size);
        more = rest.data[0] == '.' && !is_first && i + 1 < name.size ? 1 : word_character(rest, is_first);
        if (more == 0)
            return false;
        is_first = rest.data[0] == '.';
    }
    return name.size > 0 && !expr_is_keyword(name);
}

/* --- numbers --- */

/* Digits with at most one point; false: another form, or more than 64 bits and six decimals hold. */
static bool decimal_read(struct bytes text, int64_t *out_mantissa, uint8_t *out_scale)
{
    bool is_negative = text.data[0] == '-', is_behind = false;
    int64_t mantissa = 0;
    uint32_t scale = 0, zeros = 0; /* zeros of the fraction that nothing has followed yet */
    for (size_t i = is_negative; i < text.size; i++) {
        uint8_t c = text.data[i];
        if (c == '.') {
            is_behind = true;
        } else if (is_behind && c == '0') {
            zeros++;
        } else if (c < '0' || c > '9') {
            return false;
        } else {
            for (; zeros > 0; zeros--, scale++)
                if (__builtin_mul_overflow(mantissa, 10, &mantissa))
                    return false;
            scale += is_behind;
            if (__builtin_mul_overflow(mantissa, 10, &mantissa) || __builtin_add_overflow(mantissa, c - '0', &mantissa))
                return false;
        }
    }
    *out_mantissa = is_negative ? -mantissa : mantissa;
    *out_scale = (uint8_t)scale;
    return scale <= EXPR_SCALE_MAX;
}

bool expr_number_read(struct bytes text, struct expr_value *out_value)
{
    char digits[NUMBER_BYTES_MAX];
    uint8_t packed[NUMBER_BYTES_MAX];
    struct buf b = {.data = packed, .capacity = sizeof packed, .size_max = sizeof packed};
    assert(text.size > 0);
    out_value->kind = EXPR_DECIMAL;
    if (decimal_read(text, &out_value->mantissa, &out_value->scale))
        return true;
    if (text.size >= sizeof digits)
        return false;
    memcpy(digits, text.data, text.size);
    digits[text.size] = '\0';
    char *end;
    double real = strtod(digits, &end);
    if (end != digits + text.size || !isfinite(real))
        return false;
    value_pack_double(&b, real); /* which numbers are decimals is one rule everywhere */
    struct unpack u = unpack_of(buf_bytes(&b));
    struct value v = unpack_value(&u);
    bool is_decimal = v.kind == VALUE_DECIMAL;
    assert(!is_decimal || v.integer != INT64_MIN); /* the shortest digits of which are more than fit */
    out_value->kind = is_decimal ? EXPR_DECIMAL : EXPR_REAL;
    out_value->scale = is_decimal ? v.scale : 0;
    if (is_decimal)
        out_value->mantissa = v.integer;
    else
        out_value->real = real;
    return true;
}

static size_t digits_until(struct bytes text, size_t at)
{
    while (is_digit(text, at))
        at++;
    return at;
}

/* Bytes of the number at the beginning; 0: there is none. */
static size_t number_size(struct bytes text)
{
    size_t at = digits_until(text, 0);
    if (at == 0)
        return 0;
    if (at < text.size && text.data[at] == '.' && is_digit(text, at + 1))
        at = digits_until(text, at + 1);
    if (at < text.size && (text.data[at] == 'e' || text.data[at] == 'E')) {
        size_t exponent = at + 1 + (at + 1 < text.size && (text.data[at + 1] == '-' || text.data[at + 1] == '+'));
        if (is_digit(text, exponent))
            at = digits_until(text, exponent);
    }
    return at;
}

/* --- tokens --- */

static void step(struct reader *r, size_t size)
{
    for (size_t i = 0; i < size; i++)
        r->place += (r->rest.data[i] & 0xC0) != 0x80;
    r->rest = bytes_slice(r->rest, size, r->rest.size);
}

static size_t space_at(struct bytes text)
{
    if (text.size > 0 && (text.data[0] == ' ' || text.data[0] == '\t' || text.data[0] == '\n' || text.data[0] == '\r'))
        return 1;
    return bytes_starts_with(text, BYTES_LIT(WIDE_SPACE)) ? strlen(WIDE_SPACE) : 0;
}

/* What stands between two quotes, a doubled one standing for itself. false: it isn't closed. */
static bool quoted_read(struct reader *r, struct bytes *out_text)
{
    struct bytes rest = r->rest;
    uint8_t quote = rest.data[0];
    size_t at = 1, doubled = 0;
    for (; at < rest.size && (rest.data[at] != quote || (at + 1 < rest.size && rest.data[at + 1] == quote)); at++)
        if (rest.data[at] == quote) {
            doubled++;
            at++;
        }
    if (at >= rest.size)
        return false;
    *out_text = bytes_slice(rest, 1, at);
    step(r, at + 1);
    if (doubled == 0)
        return true;
    struct buf text = arena_buf(r->maker.arena, out_text->size - doubled);
    for (size_t i = 0; i < out_text->size; i += out_text->data[i] == quote ? 2 : 1)
        buf_push_byte(&text, out_text->data[i]);
    *out_text = buf_bytes(&text);
    return true;
}

/* A word, or a piece in back quotes. */
static fallible piece_read(struct reader *r, struct bytes *out_piece)
{
    if (r->rest.size > 0 && r->rest.data[0] == '`') {
        r->token.is_quoted = true;
        return quoted_read(r, out_piece)
                   ? DONE
                   : FAIL(r->maker.e, INVALID, "at character %u: a name in back quotes isn't closed", r->place);
    }
    size_t size = 0, more;
    while (size < r->rest.size && (more = word_character(bytes_slice(r->rest, size, r->rest.size), size == 0)) > 0)
        size += more;
    if (size == 0)
        return FAIL(r->maker.e, INVALID, "at character %u: want a name behind the dot", r->place);
    *out_piece = bytes_slice(r->rest, 0, size);
    step(r, size);
    return DONE;
}

/* Words and quoted pieces joined by dots are one name; a single word may turn out to be a keyword. */
static fallible name_token(struct reader *r)
{
    uint8_t joined[EXPR_NAME_BYTES_MAX];
    struct buf name = {.data = joined, .capacity = sizeof joined, .size_max = sizeof joined};
    struct bytes whole = r->rest, piece;
    for (;;) {
        TRY(piece_read(r, &piece));
        buf_push(&name, piece);
        if (r->rest.size == 0 || r->rest.data[0] != '.')
            break;
        buf_push_byte(&name, '.');
        step(r, 1);
    }
    if (name.size == 0 || name.overflowed)
        return FAIL(r->maker.e, INVALID, "at character %u: a name has 1 to %u bytes", r->token.place,
                    EXPR_NAME_BYTES_MAX);
    r->token.raw = bytes_slice(whole, 0, whole.size - r->rest.size);
    r->token.text = r->token.is_quoted ? arena_copy(r->maker.arena, buf_bytes(&name)) : r->token.raw;
    r->token.kind = !r->token.is_quoted && expr_is_keyword(r->token.text) ? TOKEN_WORD : TOKEN_NAME;
    return DONE;
}

static fallible nothing_token(struct reader *r)
{
    struct bytes shown = text_cut(r->rest, 1);
    const char *words = r->rest.data[0] == '"' ? ": a text stands in single quotes" : "";
    return FAIL(r->maker.e, INVALID, "at character %u: %.*s means nothing here%s", r->place, BYTES_ARG(shown), words);
}

fallible expr_token_next(struct reader *r)
{
    for (size_t space; (space = space_at(r->rest)) > 0;)
        step(r, space);
    r->token = (struct token){.kind = TOKEN_END, .place = r->place};
    if (r->rest.size == 0)
        return DONE;
    struct bytes whole = r->rest;
    const struct sign *sign = sign_at(r->rest);
    size_t size = sign != NULL ? sign->written.size : number_size(r->rest);
    if (r->rest.data[0] == '`' || word_character(r->rest, true) > 0)
        return name_token(r);
    if (r->rest.data[0] == '\'') {
        r->token.kind = TOKEN_TEXT;
        if (!quoted_read(r, &r->token.text))
            return FAIL(r->maker.e, INVALID, "at character %u: a text isn't closed: want '", r->place);
        r->token.raw = bytes_slice(whole, 0, whole.size - r->rest.size);
        return DONE;
    }
    if (size == 0)
        return nothing_token(r);
    r->token.kind = sign != NULL ? TOKEN_SIGN : TOKEN_NUMBER;
    r->token.raw = bytes_slice(whole, 0, size);
    r->token.text = sign != NULL ? sign->meant : r->token.raw;
    step(r, size);
    return DONE;
}

fallible expr_reader_open(struct reader *r, struct arena *arena, struct bytes text, struct err *e)
{
    *r = (struct reader){.maker = {.arena = arena, .e = e}, .place = 1};
    if (text.size > EXPR_BYTES_MAX)
        return FAIL(e, LIMIT, "an expression has at most %u bytes", EXPR_BYTES_MAX);
    if (!text_is_utf8(text) || (text.size > 0 && memchr(text.data, 0, text.size) != NULL))
        return FAIL(e, INVALID, "an expression is UTF-8 without NUL");
    r->rest = arena_copy(arena, text);
    return expr_token_next(r);
}

fallible expr_read_name(struct arena *arena, struct bytes text, struct bytes *out_name, struct err *e)
{
    static const struct expected name_expected = {"a name", {0}}, end_expected = {"nothing behind the name", {0}};
    struct reader r;
    TRY(expr_reader_open(&r, arena, text, e));
    if (r.token.kind != TOKEN_NAME)
        return expr_unexpected(&r, &name_expected);
    struct bytes name = r.token.text;
    TRY(expr_token_next(&r));
    if (r.token.kind != TOKEN_END)
        return expr_unexpected(&r, &end_expected);
    *out_name = name;
    return DONE;
}

/* --- what stands there, and what should --- */

bool expr_token_is_word(const struct reader *r, const char *word)
{
    bool may_be = r->token.kind == TOKEN_WORD || (r->token.kind == TOKEN_NAME && !r->token.is_quoted);
    return may_be && expr_word_is(r->token.text, word);
}

bool expr_token_is_sign(const struct reader *r, const char *sign)
{
    return r->token.kind == TOKEN_SIGN && expr_word_is(r->token.text, sign);
}

struct status expr_unexpected(const struct reader *r, const struct expected *wanted)
{
    const struct token *got = &r->token;
    struct bytes shown = text_cut(got->raw, WANTED_BYTES_SHOWN);
    const char *near = NULL;
    size_t count = 0;
    if (got->kind == TOKEN_END)
        return FAIL(r->maker.e, INVALID, "at character %u: it ends, want %s", got->place, wanted->said);
    while (count < COUNT_OF(wanted->words) && wanted->words[count] != NULL)
        count++;
    if (count > 0 && got->kind == TOKEN_NAME && !got->is_quoted && got->text.size >= NEAR_BYTES_MIN)
        near = near_name(got->text, wanted->words, count, sizeof *wanted->words);
    if (near != NULL)
        return FAIL(r->maker.e, INVALID, "at character %u: got %.*s (did you mean \"%s\"?), want %s", got->place,
                    BYTES_ARG(shown), near, wanted->said);
    return FAIL(r->maker.e, INVALID, "at character %u: got %.*s, want %s", got->place, BYTES_ARG(shown), wanted->said);
}

fallible expr_want_word(struct reader *r, const char *word, const struct expected *wanted)
{
    return expr_token_is_word(r, word) ? expr_token_next(r) : expr_unexpected(r, wanted);
}

fallible expr_want_sign(struct reader *r, const char *sign, const struct expected *wanted)
{
    return expr_token_is_sign(r, sign) ? expr_token_next(r) : expr_unexpected(r, wanted);
}

fallible expr_nest_begin(struct reader *r)
{
    if (r->nest == NEST_MAX)
        return FAIL(r->maker.e, LIMIT, "at character %u: nested deeper than %u", r->token.place, NEST_MAX);
    r->nest++;
    return DONE;
}
