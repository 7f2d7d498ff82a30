#include "lib/text.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>
#include <unicode/ucnv.h>
#include <unicode/unorm2.h>
#include <unicode/uset.h>
#include <unicode/ustring.h>

#include "lib/han_table.h"

#define HIGH_BITS UINT64_C(0x8080808080808080)

static bool is_tail(uint8_t byte)
{
    return (byte & 0xC0) == 0x80;
}

/* Decodes one code point at `s`, of which `left` > 0 bytes may be read. Returns how many it takes; 0: not UTF-8. */
static size_t decode(const uint8_t *s, size_t left, uint32_t *out_code)
{
    uint32_t lead = s[0], code;
    if (lead < 0x80) {
        *out_code = lead;
        return 1;
    }
    if (lead >= 0xE0 && lead < 0xF0) { /* first, since Chinese is all of three bytes */
        if (left < 3 || !is_tail(s[1]) || !is_tail(s[2]))
            return 0;
        code = (lead & 0x0F) << 12 | (s[1] & 0x3Fu) << 6 | (s[2] & 0x3Fu);
        *out_code = code;
        return code >= 0x800 && (code < 0xD800 || code > 0xDFFF) ? 3 : 0;
    }
    if (lead >= 0xC2 && lead < 0xE0) {
        if (left < 2 || !is_tail(s[1]))
            return 0;
        *out_code = (lead & 0x1F) << 6 | (s[1] & 0x3Fu);
        return 2;
    }
    if (lead < 0xF0 || lead > 0xF4 || left < 4 || !is_tail(s[1]) || !is_tail(s[2]) || !is_tail(s[3]))
        return 0;
    code = (lead & 0x07) << 18 | (s[1] & 0x3Fu) << 12 | (s[2] & 0x3Fu) << 6 | (s[3] & 0x3Fu);
    *out_code = code;
    return code >= 0x10000 && code <= 0x10FFFF ? 4 : 0;
}

/* How many of the first `size` bytes are ASCII up to the first that isn't. */
static size_t ascii_run(const uint8_t *s, size_t size)
{
    size_t i = 0;
    for (uint64_t word; size - i >= sizeof word; i += sizeof word) {
        memcpy(&word, s + i, sizeof word);
        if ((word & HIGH_BITS) != 0)
            return i + (size_t)__builtin_ctzll(word & HIGH_BITS) / 8; /* the first byte is the lowest */
    }
    while (i < size && s[i] < 0x80)
        i++;
    return i;
}

size_t text_find_bad(struct bytes text)
{
    size_t i = 0;
    while (i < text.size) {
        if (text.data[i] < 0x80) {
            i += ascii_run(text.data + i, text.size - i);
            continue;
        }
        uint32_t code;
        size_t taken = decode(text.data + i, text.size - i, &code);
        if (taken == 0)
            return i;
        i += taken;
    }
    assert(i == text.size);
    return i;
}

bool text_is_utf8(struct bytes text)
{
    return text_find_bad(text) == text.size;
}

uint32_t text_next(struct bytes *rest)
{
    assert(rest->size > 0);
    uint32_t code;
    size_t taken = decode(rest->data, rest->size, &code);
    if (taken == 0) {
        taken = 1;
        code = TEXT_BAD;
    }
    rest->data += taken;
    rest->size -= taken;
    return code;
}

size_t text_find_control(struct bytes text, enum text_lines lines)
{
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        if (byte >= 0x20 && byte != 0x7F && byte != 0xC2)
            continue;
        if (byte == 0xC2 && (i + 1 == text.size || text.data[i + 1] >= 0xA0)) /* U+0080..U+009F are C2 80..C2 9F */
            continue;
        if (lines == TEXT_MANY_LINES && (byte == '\t' || byte == '\n' || byte == '\r'))
            continue;
        return i;
    }
    return text.size;
}

bool text_fits_a_path(struct bytes text)
{
    return text.size > 0 && text_is_utf8(text) && text_find_control(text, TEXT_ONE_LINE) == text.size &&
           memchr(text.data, '/', text.size) == NULL && !bytes_equal(text, BYTES_LIT(".")) && !bytes_equal(text, BYTES_LIT(".."));
}

struct bytes text_cut(struct bytes text, size_t size_max)
{
    if (text.size <= size_max)
        return text;
    size_t size = size_max;
    while (size > 0 && is_tail(text.data[size]))
        size--;
    return bytes_slice(text, 0, size);
}

static size_t characters(struct bytes text)
{
    size_t count = 0;
    for (; text.size > 0; count++)
        (void)text_next(&text);
    return count;
}

static struct bytes characters_skip(struct bytes text, size_t count)
{
    while (count-- > 0)
        (void)text_next(&text);
    return text;
}

/* "+8613812345678": twelve and more. */
static bool is_international(struct bytes text)
{
    size_t digits = 1;
    while (digits < text.size && text.data[digits] >= '0' && text.data[digits] <= '9')
        digits++;
    return text.size >= 12 && text.data[0] == '+' && digits == text.size;
}

void text_mask(struct buf *out, struct bytes text)
{
    const uint8_t *sign = text.size == 0 ? NULL : memchr(text.data, '@', text.size);
    size_t count = characters(text);
    size_t first = is_international(text) ? count - 8 : count > 8 ? 4 : count > 1, last = count > 8 ? 4 : count > 4 ? 2 : 0;
    if (sign != NULL)
        first = sign > text.data;
    struct bytes end = sign != NULL ? bytes_slice(text, (size_t)(sign - text.data), text.size) : characters_skip(text, count - last);
    struct bytes behind = characters_skip(text, first);
    buf_push(out, bytes_slice(text, 0, text.size - behind.size));
    buf_push_text(out, TEXT_MASK);
    buf_push(out, end);
}

/* Text as ICU takes it. The units lie in an arena. */
struct wide {
    UChar *units;
    int32_t size;
};

static UChar *units_take(struct arena *a, size_t count)
{
    return arena_take(a, count * sizeof(UChar) + sizeof(UChar), _Alignof(UChar));
}

static fallible wide_of_text(struct bytes text, struct arena *a, struct wide *out_wide, struct err *e)
{
    if (text.size > TEXT_BYTES_MAX)
        return FAIL(e, LIMIT, "text of %zu bytes, at most %zu", text.size, TEXT_BYTES_MAX);
    size_t bad = text_find_bad(text);
    if (bad < text.size)
        return FAIL(e, INVALID, "not UTF-8 at byte %zu", bad);
    struct wide w = {units_take(a, text.size), 0};
    UErrorCode code = U_ZERO_ERROR;
    u_strFromUTF8(w.units, (int32_t)text.size, &w.size, (const char *)text.data, (int32_t)text.size, &code);
    if (U_FAILURE(code))
        return FAIL(e, INVALID, "text: %s", u_errorName(code));
    *out_wide = w;
    return DONE;
}

static fallible text_of_wide(struct wide w, struct arena *a, struct bytes *out_text, struct err *e)
{
    size_t room = (size_t)w.size * 3 + 1; /* a unit never takes more than three bytes */
    char *text = arena_take(a, room, 1);
    int32_t size = 0;
    UErrorCode code = U_ZERO_ERROR;
    u_strToUTF8(text, (int32_t)room, &size, w.units, w.size, &code);
    if (U_FAILURE(code))
        return FAIL(e, INVALID, "text: %s", u_errorName(code));
    *out_text = bytes_of(text, (size_t)size);
    return DONE;
}

typedef const UNormalizer2 *normaliser_get(UErrorCode *code);

/* Folded texts are in rows, so they must be the same on every machine: characters that are newer than the Unicode of the oldest ICU that we are built with
 * are nothing to any ICU. Of those that a version has, no later one changes anything. */
#define FOLDED_CHARACTERS u"[:age=15.0:]"

static struct {
    pthread_once_t once;
    const UNormalizer2 *normaliser;
    UErrorCode code;
} folding = {.once = PTHREAD_ONCE_INIT};

static void folding_begin(void)
{
    folding.code = U_ZERO_ERROR;
    const UNormalizer2 *all = unorm2_getNFKCCasefoldInstance(&folding.code);
    USet *known = uset_openPattern(FOLDED_CHARACTERS, -1, &folding.code);
    if (U_FAILURE(folding.code))
        return;
    uset_freeze(known); /* and both live as long as the process */
    folding.normaliser = unorm2_openFiltered(all, known, &folding.code);
}

static const UNormalizer2 *folding_get(UErrorCode *code)
{
    (void)pthread_once(&folding.once, folding_begin);
    *code = folding.code;
    return folding.normaliser;
}

static fallible wide_normalise(struct wide *w, normaliser_get *get, struct arena *a, struct err *e)
{
    UErrorCode code = U_ZERO_ERROR;
    const UNormalizer2 *normaliser = get(&code);
    int32_t room = w->size + w->size / 2 + 16; /* enough but for signs that stand for whole words: then once more */
    for (int round = 0; round < 2 && U_SUCCESS(code); round++) {
        UChar *units = units_take(a, (size_t)room);
        int32_t size = unorm2_normalize(normaliser, w->units, w->size, units, room, &code);
        if (U_SUCCESS(code)) {
            *w = (struct wide){units, size};
            return DONE;
        }
        if (code == U_BUFFER_OVERFLOW_ERROR && round == 0) {
            room = size;
            code = U_ZERO_ERROR;
        }
    }
    return FAIL(e, INVALID, "text: can't normalise: %s", u_errorName(code));
}

/* All white space is in the BMP, so units are as good as code points here. */
static void wide_squeeze(struct wide *w)
{
    int32_t kept = 0;
    bool gap = false;
    for (int32_t i = 0; i < w->size; i++) {
        if (u_isUWhiteSpace(w->units[i])) {
            gap = kept > 0;
            continue;
        }
        if (gap)
            w->units[kept++] = ' ';
        gap = false;
        w->units[kept++] = w->units[i]; /* a gap took at least one unit, so `kept` is behind `i` */
    }
    w->size = kept;
}

static bool is_ascii_space(uint8_t byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static uint8_t ascii_lower(uint8_t byte)
{
    return (uint8_t)(byte >= 'A' && byte <= 'Z' ? byte + 'a' - 'A' : byte);
}

/* U+4E00..U+9FFF, nearly all Chinese there is: normalisation and case leave them alone, and don't join them. */
static bool is_common_han(const uint8_t *s, size_t left)
{
    return left >= 3 && s[0] >= 0xE4 && s[0] <= 0xE9 && is_tail(s[1]) && is_tail(s[2]) && (s[0] > 0xE4 || s[1] >= 0xB8);
}

/* Folds ASCII and common Chinese without ICU; false: something else is in there. */
static bool plain_fold(struct bytes text, struct arena *a, struct bytes *out_folded)
{
    const uint8_t *s = text.data;
    uint8_t *out = arena_take(a, text.size + 1, 1);
    size_t kept = 0;
    bool gap = false;
    for (size_t i = 0; i < text.size;) {
        size_t taken = s[i] < 0x80 ? 1 : is_common_han(s + i, text.size - i) ? 3 : 0;
        if (taken == 0)
            return false;
        if (is_ascii_space(s[i])) {
            gap = kept > 0;
            i++;
            continue;
        }
        if (gap)
            out[kept++] = ' ';
        gap = false;
        out[kept++] = ascii_lower(s[i]);
        if (taken == 3) {
            out[kept++] = s[i + 1];
            out[kept++] = s[i + 2];
        }
        i += taken;
    }
    assert(kept <= text.size);
    *out_folded = bytes_of(out, kept);
    return true;
}

fallible text_fold(struct bytes text, struct arena *a, struct bytes *out_folded, struct err *e)
{
    if (text.size <= TEXT_BYTES_MAX && plain_fold(text, a, out_folded))
        return DONE;
    struct wide w;
    TRY(wide_of_text(text, a, &w, e));
    TRY(wide_normalise(&w, folding_get, a, e));
    wide_squeeze(&w);
    return text_of_wide(w, a, out_folded, e);
}

struct bytes text_simplify(struct bytes text, struct arena *a)
{
    uint8_t *out = arena_take(a, text.size + 1, 1);
    size_t i = 0;
    while (i < text.size) {
        uint32_t code = 0;
        size_t taken = text.data[i] < 0xE3 ? 1 : decode(text.data + i, text.size - i, &code);
        if (taken == 0)
            taken = 1;
        uint32_t simple = taken == 3 && code - HAN_FIRST < HAN_COUNT ? han_simple[code - HAN_FIRST] : 0;
        if (simple == 0) {
            memcpy(out + i, text.data + i, taken);
        } else {
            out[i] = (uint8_t)(0xE0 | simple >> 12);
            out[i + 1] = (uint8_t)(0x80 | (simple >> 6 & 0x3F));
            out[i + 2] = (uint8_t)(0x80 | (simple & 0x3F));
        }
        i += taken;
    }
    assert(i == text.size);
    return bytes_of(out, text.size);
}

#define WRONG_BYTES_MAX 8 /* what a converter holds back of a bad character */

/* Converts until the end or the first bad byte, whose offset it then gives. */
static fallible gb18030_convert(UConverter *converter, struct bytes raw, struct wide *w, struct err *e)
{
    UErrorCode code = U_ZERO_ERROR;
    ucnv_setToUCallBack(converter, UCNV_TO_U_CALLBACK_STOP, NULL, NULL, NULL, &code);
    const char *from = (const char *)raw.data, *end = from + raw.size;
    UChar *to = w->units;
    ucnv_toUnicode(converter, &to, w->units + w->size, &from, end, NULL, true, &code);
    if (U_FAILURE(code)) {
        char wrong[WRONG_BYTES_MAX];
        int8_t wrong_size = sizeof wrong;
        UErrorCode ignored = U_ZERO_ERROR;
        ucnv_getInvalidChars(converter, wrong, &wrong_size, &ignored);
        size_t behind = (size_t)(from - (const char *)raw.data);
        return FAIL(e, INVALID, "not GB18030 at byte %zu", behind - (size_t)wrong_size);
    }
    w->size = (int32_t)(to - w->units);
    return DONE;
}

fallible text_of_gb18030(struct bytes raw, struct arena *a, struct bytes *out_text, struct err *e)
{
    if (ascii_run(raw.data, raw.size) == raw.size) {
        *out_text = arena_copy(a, raw);
        return DONE;
    }
    if (raw.size > TEXT_BYTES_MAX)
        return FAIL(e, LIMIT, "text of %zu bytes, at most %zu", raw.size, TEXT_BYTES_MAX);
    UErrorCode code = U_ZERO_ERROR;
    UConverter *converter = ucnv_open("gb18030", &code);
    if (U_FAILURE(code))
        return FAIL(e, UNAVAILABLE, "no GB18030 converter: %s", u_errorName(code));
    struct wide w = {units_take(a, raw.size), (int32_t)raw.size}; /* a byte never gives more than one unit */
    struct status s = gb18030_convert(converter, raw, &w, e);
    ucnv_close(converter);
    TRY(s);
    return text_of_wide(w, a, out_text, e);
}

static bool is_around_email(UChar unit)
{
    return u_isUWhiteSpace(unit) || u_hasBinaryProperty(unit, UCHAR_DEFAULT_IGNORABLE_CODE_POINT);
}

/* NFKC, lower case, NFKC again (lower case may leave marks that would compose), then trimmed. */
static fallible email_lower(struct bytes raw, struct arena *a, struct bytes *out_lower, struct err *e)
{
    struct wide w;
    TRY(wide_of_text(raw, a, &w, e));
    TRY(wide_normalise(&w, unorm2_getNFKCInstance, a, e));
    int32_t room = w.size * 3 + 1; /* no letter has more than three in lower case */
    UChar *lower = units_take(a, (size_t)room);
    UErrorCode code = U_ZERO_ERROR;
    w.size = u_strToLower(lower, room, w.units, w.size, "", &code);
    if (U_FAILURE(code))
        return FAIL(e, INVALID, "text: %s", u_errorName(code));
    w.units = lower;
    TRY(wide_normalise(&w, unorm2_getNFKCInstance, a, e));
    while (w.size > 0 && is_around_email(w.units[0])) {
        w.units++;
        w.size--;
    }
    while (w.size > 0 && is_around_email(w.units[w.size - 1]))
        w.size--;
    return text_of_wide(w, a, out_lower, e);
}

static bool is_in_email(uint32_t code)
{
    if (code < 0x80)
        return code > ' ' && code != 0x7F && strchr("\"(),:;<>[\\]", (int)code) == NULL;
    return u_isgraph((UChar32)code) && u_charType((UChar32)code) != U_FORMAT_CHAR &&
           !u_hasBinaryProperty((UChar32)code, UCHAR_DEFAULT_IGNORABLE_CODE_POINT);
}

static fallible domain_check(struct bytes domain, struct err *e)
{
    size_t dots = 0, label = 0;
    for (size_t i = 0; i <= domain.size; i++) {
        uint8_t byte = i < domain.size ? domain.data[i] : '.';
        if (byte != '.') {
            bool good = byte >= 0x80 || (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '-';
            if (!good)
                return FAIL(e, INVALID, "e-mail: the domain has a character that no domain has");
            continue;
        }
        if (i == label)
            return FAIL(e, INVALID, "e-mail: nothing before, after or between the dots of the domain");
        if (i - label > 63 || domain.data[label] == '-' || domain.data[i - 1] == '-')
            return FAIL(e, INVALID, "e-mail: a part of the domain is over 63 bytes, or begins or ends in -");
        dots += i < domain.size;
        label = i + 1;
    }
    return dots > 0 ? DONE : FAIL(e, INVALID, "e-mail: the domain has no dot");
}

static fallible email_check(struct bytes email, struct err *e)
{
    if (email.size == 0)
        return FAIL(e, INVALID, "e-mail: empty");
    if (email.size > EMAIL_BYTES_MAX)
        return FAIL(e, INVALID, "e-mail: %zu bytes, at most %d", email.size, EMAIL_BYTES_MAX);
    for (struct bytes rest = email; rest.size > 0;) {
        if (!is_in_email(text_next(&rest)))
            return FAIL(e, INVALID, "e-mail: a character that can't stand in one: a space, a quote, a bracket, a comma, "
                                    "a control or an invisible character");
    }
    const uint8_t *at = memchr(email.data, '@', email.size);
    if (at == NULL)
        return FAIL(e, INVALID, "e-mail: no @");
    size_t local = (size_t)(at - email.data);
    struct bytes domain = bytes_slice(email, local + 1, email.size);
    if (domain.size > 0 && memchr(domain.data, '@', domain.size) != NULL)
        return FAIL(e, INVALID, "e-mail: more than one @");
    if (local == 0 || local > EMAIL_LOCAL_BYTES_MAX)
        return FAIL(e, INVALID, "e-mail: %zu bytes before the @, want 1 to %d", local, EMAIL_LOCAL_BYTES_MAX);
    return domain_check(domain, e);
}

#define EMAIL_RAW_BYTES_MAX 4096 /* with what surrounds it; more is no address */

fallible email_normalise(struct bytes raw, struct arena *a, struct bytes *out_email, struct err *e)
{
    if (raw.size > EMAIL_RAW_BYTES_MAX)
        return FAIL(e, INVALID, "e-mail: %zu bytes, at most %d", raw.size, EMAIL_BYTES_MAX);
    struct bytes email;
    bool plain = ascii_run(raw.data, raw.size) == raw.size && plain_fold(raw, a, &email); /* one space inside is refused */
    if (!plain)
        TRY(WRAP(e, email_lower(raw, a, &email, e), "e-mail"));
    TRY(email_check(email, e));
    *out_email = email;
    return DONE;
}
