#include "lib/expr.h"

#include <math.h>
#include <stdlib.h>

#include "lib/text.h"
#include "lib/value.h"

#define NUMBER_BYTES_MAX 64u
#define WANTED_BYTES_SHOWN 24
#define WIDE_SPACE "\u3000"
#define VALUES_FIRST 4u /* room for values or parts, doubled as they come */

const char *const expr_op_names[EXPR_OP_COUNT] = {
    [EXPR_OR] = "or",
    [EXPR_AND] = "and",
    [EXPR_NOT] = "not",
    [EXPR_EQUAL] = "=",
    [EXPR_UNEQUAL] = "!=",
    [EXPR_LESS] = "<",
    [EXPR_AT_MOST] = "<=",
    [EXPR_MORE] = ">",
    [EXPR_AT_LEAST] = ">=",
    [EXPR_BETWEEN] = "between",
    [EXPR_IN] = "in",
    [EXPR_CONTAINS] = "contains",
    [EXPR_STARTS] = "starts",
    [EXPR_ENDS] = "ends",
    [EXPR_MATCHES] = "matches",
    [EXPR_KNOWN] = "is known",
    [EXPR_UNKNOWN] = "is unknown",
};

static const char *const keywords[] = {"or",   "and",     "not", "between", "in",      "contains", "starts",
                                       "ends", "matches", "is",  "known",   "unknown", "true",     "false"};

/* Signs, and how else they are written: with the keys of a Chinese keyboard, or as in other languages. The longest come first. */
static const struct sign {
    const char *written, *meant;
} signs[] = {
    {"!=", "!="},
    {"<>", "!="},
    {"<=", "<="},
    {">=", ">="},
    {"==", "="},
    {"=", "="},
    {"<", "<"},
    {">", ">"},
    {"(", "("},
    {")", ")"},
    {",", ","},
    {"\u2260", "!="},
    {"\u2264", "<="},
    {"\u2265", ">="},
    {"\uFF01\uFF1D", "!="},
    {"\uFF1C\uFF1D", "<="},
    {"\uFF1E\uFF1D", ">="},
    {"\uFF1D", "="},
    {"\uFF1C", "<"},
    {"\uFF1E", ">"},
    {"\uFF08", "("},
    {"\uFF09", ")"},
    {"\uFF0C", ","},
};

enum token_kind { TOKEN_END, TOKEN_WORD, TOKEN_NAME, TOKEN_SIGN, TOKEN_TEXT, TOKEN_NUMBER };
struct token {
    enum token_kind kind;
    struct bytes text; /* of a word as written; of a name and a text what it stands for; of a sign what is meant */
    struct bytes raw;  /* as written */
    uint32_t place;
};

struct reader {
    struct arena *arena;
    struct bytes rest;
    uint32_t place; /* of what is left */
    struct token token;
    uint32_t depth;
    struct err *e;
};

/* --- tokens --- */

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

static bool word_is(struct bytes word, const char *keyword)
{
    size_t size = strlen(keyword);
    if (word.size != size)
        return false;
    for (size_t i = 0; i < size; i++)
        if (lower(word.data[i]) != (uint8_t)keyword[i])
            return false;
    return true;
}

bool expr_is_keyword(struct bytes word)
{
    for (size_t i = 0; i < COUNT_OF(keywords); i++)
        if (word_is(word, keywords[i]))
            return true;
    return false;
}

static const struct sign *sign_at(struct bytes text)
{
    for (size_t i = 0; i < COUNT_OF(signs); i++)
        if (bytes_starts_with(text, bytes_of_text(signs[i].written)))
            return &signs[i];
    return NULL;
}

/* Bytes of one character that words are made of; 0: it is another one. What lies beyond ASCII is one, but for signs and wide spaces. */
static size_t word_character(struct bytes text, bool is_first)
{
    uint8_t c = text.data[0];
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$')
        return 1;
    if (c >= '0' && c <= '9')
        return is_first ? 0 : 1;
    if (c < 0x80 || sign_at(text) != NULL || bytes_starts_with(text, BYTES_LIT(WIDE_SPACE)))
        return 0;
    struct bytes rest = text;
    (void)text_next(&rest);
    return text.size - rest.size;
}

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
    const uint8_t *from = r->rest.data, *end = from + r->rest.size, quote = from[0];
    const uint8_t *at = from + 1;
    while (at < end && (*at != quote || (at + 1 < end && at[1] == quote)))
        at += *at == quote ? 2 : 1;
    if (at == end)
        return false;
    struct buf text = arena_buf(r->arena, (size_t)(at - from));
    for (const uint8_t *c = from + 1; c < at; c += *c == quote ? 2 : 1)
        buf_push_byte(&text, *c);
    step(r, (size_t)(at - from) + 1);
    *out_text = buf_bytes(&text);
    return true;
}

static size_t number_size(struct bytes text)
{
    size_t at = text.data[0] == '-', digits = 0;
    for (; at < text.size && text.data[at] >= '0' && text.data[at] <= '9'; at++)
        digits++;
    if (digits == 0)
        return 0;
    if (at + 1 < text.size && text.data[at] == '.' && text.data[at + 1] >= '0' && text.data[at + 1] <= '9')
        for (at++; at < text.size && text.data[at] >= '0' && text.data[at] <= '9';)
            at++;
    if (at < text.size && lower(text.data[at]) == 'e') {
        size_t exponent = at + 1 + (at + 1 < text.size && (text.data[at + 1] == '-' || text.data[at + 1] == '+'));
        if (exponent < text.size && text.data[exponent] >= '0' && text.data[exponent] <= '9')
            for (at = exponent; at < text.size && text.data[at] >= '0' && text.data[at] <= '9';)
                at++;
    }
    return at;
}

/* Words and quoted pieces joined by dots are one name; a single word may turn out to be a keyword. */
static struct status name_token(struct reader *r)
{
    struct buf name = arena_buf(r->arena, EXPR_NAME_BYTES_MAX);
    struct bytes whole = r->rest, piece;
    bool was_quoted = false;
    for (;;) {
        if (r->rest.size > 0 && r->rest.data[0] == '`') {
            if (!quoted_read(r, &piece))
                return FAIL(r->e, INVALID, "at character %u: a name in back quotes isn't closed", r->place);
            was_quoted = true;
            buf_push(&name, piece);
        } else {
            size_t size = 0, more;
            while (size < r->rest.size &&
                   (more = word_character(bytes_slice(r->rest, size, r->rest.size), size == 0)) > 0)
                size += more;
            if (size == 0)
                return FAIL(r->e, INVALID, "at character %u: want a name behind the dot", r->place);
            buf_push(&name, bytes_slice(r->rest, 0, size));
            step(r, size);
        }
        if (r->rest.size == 0 || r->rest.data[0] != '.')
            break;
        buf_push_byte(&name, '.');
        step(r, 1);
    }
    if (name.size == 0 || name.overflowed)
        return FAIL(r->e, INVALID, "at character %u: a name has 1 to %u bytes", r->token.place, EXPR_NAME_BYTES_MAX);
    r->token.kind = !was_quoted && expr_is_keyword(buf_bytes(&name)) ? TOKEN_WORD : TOKEN_NAME;
    r->token.text = buf_bytes(&name);
    r->token.raw = bytes_slice(whole, 0, whole.size - r->rest.size);
    return DONE;
}

static struct status token_next(struct reader *r)
{
    for (size_t space; (space = space_at(r->rest)) > 0;)
        step(r, space);
    r->token = (struct token){.kind = TOKEN_END, .place = r->place};
    if (r->rest.size == 0)
        return DONE;
    const struct sign *sign = sign_at(r->rest);
    size_t size = number_size(r->rest);
    if (sign != NULL) {
        r->token.kind = TOKEN_SIGN;
        r->token.text = bytes_of_text(sign->meant);
        size = strlen(sign->written);
    } else if (size > 0) {
        r->token.kind = TOKEN_NUMBER;
        r->token.text = bytes_slice(r->rest, 0, size);
    } else if (r->rest.data[0] == '\'') {
        struct bytes whole = r->rest;
        r->token.kind = TOKEN_TEXT;
        if (!quoted_read(r, &r->token.text))
            return FAIL(r->e, INVALID, "at character %u: a text isn't closed: want '", r->place);
        r->token.raw = bytes_slice(whole, 0, whole.size - r->rest.size);
        return DONE;
    } else if (r->rest.data[0] == '`' || word_character(r->rest, true) > 0) {
        return name_token(r);
    } else {
        bool is_quote = r->rest.data[0] == '"';
        return FAIL(r->e, INVALID, "at character %u: \"%c\" means nothing here%s", r->place,
                    is_quote ? '\'' : r->rest.data[0], is_quote ? ": a text stands in single quotes" : "");
    }
    r->token.raw = bytes_slice(r->rest, 0, size);
    step(r, size);
    return DONE;
}

static bool token_is(const struct reader *r, enum token_kind kind, const char *text)
{
    return r->token.kind == kind && word_is(r->token.text, text);
}

static struct status unexpected(const struct reader *r, const char *wanted)
{
    struct bytes shown = text_cut(r->token.raw, WANTED_BYTES_SHOWN);
    if (r->token.kind == TOKEN_END)
        return FAIL(r->e, INVALID, "at character %u: it ends where %s should stand", r->token.place, wanted);
    return FAIL(r->e, INVALID, "at character %u: want %s, got %.*s", r->token.place, wanted, BYTES_ARG(shown));
}

/* --- values --- */

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
    out_value->kind = EXPR_DECIMAL;
    if (decimal_read(text, &out_value->mantissa, &out_value->scale))
        return true;
    if (text.size >= sizeof digits)
        return false;
    memcpy(digits, text.data, text.size);
    digits[text.size] = '\0';
    double real = strtod(digits, NULL);
    if (!isfinite(real))
        return false;
    value_pack_double(&b, real); /* which numbers are decimals is one rule everywhere */
    struct unpack u = unpack_of(buf_bytes(&b));
    struct value v = unpack_value(&u);
    out_value->kind = v.kind == VALUE_DECIMAL ? EXPR_DECIMAL : EXPR_REAL;
    out_value->mantissa = v.integer;
    out_value->scale = v.scale;
    out_value->real = v.real;
    return true;
}

static struct status value_read(struct reader *r, struct expr_value *out_value)
{
    *out_value = (struct expr_value){.place = r->token.place};
    if (r->token.kind == TOKEN_TEXT) {
        out_value->kind = EXPR_TEXT;
        out_value->text = r->token.text;
    } else if (r->token.kind == TOKEN_NUMBER) {
        if (!expr_number_read(r->token.text, out_value))
            return FAIL(r->e, INVALID, "at character %u: the number is too large or too long", r->token.place);
    } else if (token_is(r, TOKEN_WORD, "true") || token_is(r, TOKEN_WORD, "false")) {
        out_value->kind = EXPR_BOOL;
        out_value->truth = token_is(r, TOKEN_WORD, "true");
    } else {
        return unexpected(r, "a text in single quotes, a number, true or false");
    }
    return token_next(r);
}

static struct status want(struct reader *r, enum token_kind kind, const char *text, const char *words)
{
    if (!token_is(r, kind, text))
        return unexpected(r, words);
    return token_next(r);
}

/* --- the tree --- */

void expr_values_of(enum expr_op op, uint32_t *out_least, uint32_t *out_most)
{
    *out_least = op == EXPR_KNOWN || op == EXPR_UNKNOWN ? 0 : op == EXPR_BETWEEN ? 2 : 1;
    *out_most = op == EXPR_IN ? EXPR_BYTES_MAX : *out_least;
}

static struct expr *node(struct arena *arena, enum expr_op op, uint32_t place)
{
    struct expr *x = ARENA_NEW(arena, struct expr);
    x->op = op;
    x->place = place;
    return x;
}

static const struct expr *negated(struct arena *arena, const struct expr *part)
{
    const struct expr **parts = ARENA_ARRAY(arena, const struct expr *, 1);
    struct expr *x = node(arena, EXPR_NOT, part->place);
    parts[0] = part;
    x->parts = parts;
    x->count = 1;
    return x;
}

static struct status list_read(struct reader *r, struct expr *x)
{
    uint32_t room = VALUES_FIRST;
    struct expr_value *values = ARENA_ARRAY(r->arena, struct expr_value, room);
    TRY(want(r, TOKEN_SIGN, "(", "( and the values"));
    do {
        if (x->count > 0)
            TRY(token_next(r));
        if (x->count == room) {
            struct expr_value *more = ARENA_ARRAY(r->arena, struct expr_value, (size_t)room * 2);
            memcpy(more, values, room * sizeof *values);
            values = more;
            room *= 2;
        }
        TRY(value_read(r, &values[x->count]));
        x->count++;
    } while (token_is(r, TOKEN_SIGN, ","));
    x->values = values;
    return want(r, TOKEN_SIGN, ")", ", or )");
}

static bool op_of_token(const struct reader *r, enum expr_op *out_op)
{
    enum token_kind kind = r->token.kind;
    if (kind == TOKEN_SIGN || kind == TOKEN_WORD)
        for (enum expr_op op = EXPR_EQUAL; op < EXPR_KNOWN; op++)
            if (token_is(r, kind, expr_op_names[op])) {
                *out_op = op;
                return true;
            }
    return false;
}

static struct status is_read(struct reader *r, struct expr *x)
{
    TRY(token_next(r));
    bool is_not = token_is(r, TOKEN_WORD, "not");
    if (is_not)
        TRY(token_next(r));
    if (!token_is(r, TOKEN_WORD, "known") && !token_is(r, TOKEN_WORD, "unknown"))
        return unexpected(r, "known or unknown");
    x->op = token_is(r, TOKEN_WORD, "known") != is_not ? EXPR_KNOWN : EXPR_UNKNOWN;
    return token_next(r);
}

static struct status comparison_read(struct reader *r, const struct expr **out_tree)
{
    struct expr *x = node(r->arena, EXPR_EQUAL, r->token.place);
    bool is_not = false;
    x->name = r->token.text;
    TRY(token_next(r));
    *out_tree = x;
    if (token_is(r, TOKEN_WORD, "is"))
        return is_read(r, x);
    if (token_is(r, TOKEN_WORD, "not")) {
        is_not = true;
        TRY(token_next(r));
    }
    if (!op_of_token(r, &x->op) || (is_not && r->token.kind == TOKEN_SIGN))
        return unexpected(r, is_not ? "in, between, contains, starts, ends or matches"
                                    : "=, !=, <, <=, >, >=, in, between, contains, starts, ends, matches or is");
    TRY(token_next(r));
    if (x->op == EXPR_IN) {
        TRY(list_read(r, x));
    } else {
        struct expr_value *values = ARENA_ARRAY(r->arena, struct expr_value, 2);
        TRY(value_read(r, &values[0]));
        x->count = 1;
        if (x->op == EXPR_BETWEEN) {
            TRY(want(r, TOKEN_WORD, "and", "and, with the upper end"));
            TRY(value_read(r, &values[1]));
            x->count = 2;
        }
        x->values = values;
    }
    if (is_not)
        *out_tree = negated(r->arena, x);
    return DONE;
}

static struct status joined_read(struct reader *r, enum expr_op op, const struct expr **out_tree);

/* Behind the parenthesis that opens. */
static struct status group_read(struct reader *r, const struct expr **out_tree)
{
    TRY(joined_read(r, EXPR_OR, out_tree));
    return want(r, TOKEN_SIGN, ")", "and, or, or )");
}

static struct status term_read(struct reader *r, const struct expr **out_tree)
{
    if (r->token.kind == TOKEN_NAME)
        return comparison_read(r, out_tree);
    bool is_not = token_is(r, TOKEN_WORD, "not");
    if (!is_not && !token_is(r, TOKEN_SIGN, "("))
        return unexpected(r, r->token.kind == TOKEN_WORD
                                 ? "the name of a property (a keyword that is one stands in back quotes: `in`)"
                                 : "the name of a property, not or (");
    if (r->depth == EXPR_DEPTH_MAX)
        return FAIL(r->e, LIMIT, "at character %u: nested deeper than %u", r->token.place, EXPR_DEPTH_MAX);
    r->depth++;
    TRY(token_next(r));
    if (!is_not) {
        TRY(group_read(r, out_tree));
    } else if (token_is(r, TOKEN_SIGN, "(")) { /* of "not (" the parenthesis doesn't nest deeper: it is printed so */
        TRY(token_next(r));
        TRY(group_read(r, out_tree));
        *out_tree = negated(r->arena, *out_tree);
    } else {
        TRY(term_read(r, out_tree));
        *out_tree = negated(r->arena, *out_tree);
    }
    r->depth--;
    return DONE;
}

/* Terms joined by one op; the parts of all of them are collected once, so that a long list costs what it is long. */
static struct status joined_read(struct reader *r, enum expr_op op, const struct expr **out_tree)
{
    const struct expr **parts = NULL, *part;
    uint32_t count = 0, room = 0;
    for (;;) {
        TRY(op == EXPR_OR ? joined_read(r, EXPR_AND, &part) : term_read(r, &part));
        uint32_t more = part->op == op ? part->count : 1;
        if (count + more > room) {
            const struct expr **larger = ARENA_ARRAY(r->arena, const struct expr *, (size_t)(count + more) * 2);
            if (count > 0)
                memcpy(larger, parts, count * sizeof *parts);
            parts = larger;
            room = (count + more) * 2;
        }
        for (uint32_t i = 0; i < more; i++)
            parts[count++] = part->op == op ? part->parts[i] : part;
        if (!token_is(r, TOKEN_WORD, expr_op_names[op]))
            break;
        TRY(token_next(r));
    }
    *out_tree = part;
    if (count > 1) {
        struct expr *x = node(r->arena, op, parts[0]->place);
        x->parts = parts;
        x->count = count;
        *out_tree = x;
    }
    return DONE;
}

static struct status reader_open(struct reader *r, struct arena *arena, struct bytes text, struct err *e)
{
    *r = (struct reader){.arena = arena, .rest = text, .place = 1, .e = e};
    if (text.size > EXPR_BYTES_MAX)
        return FAIL(e, LIMIT, "a condition has at most %u bytes", EXPR_BYTES_MAX);
    if (!text_is_utf8(text) || (text.size > 0 && memchr(text.data, 0, text.size) != NULL))
        return FAIL(e, INVALID, "a condition is UTF-8 without NUL");
    return token_next(r);
}

fallible expr_read(struct arena *arena, struct bytes text, const struct expr **out_tree, struct err *e)
{
    struct reader r;
    const struct expr *tree;
    TRY(reader_open(&r, arena, text, e));
    TRY(joined_read(&r, EXPR_OR, &tree));
    if (r.token.kind != TOKEN_END)
        return unexpected(&r, "and, or, or the end");
    assert(r.depth == 0);
    *out_tree = tree;
    return DONE;
}

fallible expr_read_name(struct arena *arena, struct bytes text, struct bytes *out_name, struct err *e)
{
    struct reader r;
    TRY(reader_open(&r, arena, text, e));
    if (r.token.kind != TOKEN_NAME)
        return unexpected(&r, "a name");
    struct bytes name = r.token.text;
    TRY(token_next(&r));
    if (r.token.kind != TOKEN_END)
        return unexpected(&r, "nothing behind the name");
    *out_name = name;
    return DONE;
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
