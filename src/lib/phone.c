#include "lib/phone.h"

#include <assert.h>
#include <string.h>

#include "lib/text.h"

#define MARKS_MAX 64
#define EXTENSION_DIGITS_MAX 6

/* A phone text is first rewritten in these marks; then all is ASCII. */
#define MARK_DROP 0        /* says nothing: a blank */
#define MARK_BAD '!'       /* no phone has it */
#define MARK_HIDDEN '*'    /* a hidden digit */
#define MARK_EXTENSION '>' /* what follows is an extension */
#define MARK_ALSO ','      /* an extension follows, or a second number */

struct marks {
    char at[MARKS_MAX + 1]; /* ends in NUL */
    size_t size;
    size_t digits;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static char mark_of_ascii(uint32_t code)
{
    if (code >= '0' && code <= '9')
        return (char)code;
    switch (code) {
    case ' ': case '\t': case '\r': case '\n':
        return MARK_DROP;
    case '+': case '-': case '(': case ')': case '.':
        return (char)code;
    case '*':
        return MARK_HIDDEN;
    case '#':
        return MARK_EXTENSION;
    case ',': case ';':
        return MARK_ALSO;
    case 'e': case 'x': case 't':
        return (char)code;
    case 'E': case 'X': case 'T':
        return (char)(code - 'A' + 'a');
    default:
        return MARK_BAD;
    }
}

static char mark_of(uint32_t code)
{
    if (code >= 0xFF01 && code <= 0xFF5E) /* the full-width twins of ASCII */
        code -= 0xFEE0;
    if (code < 0x80)
        return mark_of_ascii(code);
    bool blank = code == 0xA0 || code == 0x3000 || code == 0xFEFF || (code >= 0x2000 && code <= 0x200F) ||
                 (code >= 0x2028 && code <= 0x202F) || (code >= 0x205F && code <= 0x206F); /* and invisible ones */
    if (blank)
        return MARK_DROP;
    if ((code >= 0x2010 && code <= 0x2015) || code == 0x2212 || code == 0x30FC || code == 0xFE63)
        return '-';
    switch (code) {
    case 0xD7: case 0x2022: case 0x2217: case 0x25CF: case 0x2731: /* × • ∗ ● ✱ */
        return MARK_HIDDEN;
    case 0x8F6C: case 0x8F49: case 0x5206: case 0x673A: case 0x6A5F: /* 转 轉, 分机 分機 */
        return MARK_EXTENSION;
    default:
        return MARK_BAD;
    }
}

/* False: more marks than any phone has. */
static bool marks_read(struct bytes raw, struct marks *m)
{
    *m = (struct marks){0};
    while (raw.size > 0) {
        bool first = m->size == 0;
        uint32_t code = text_next(&raw);
        if (first && (code == '\'' || code == 0x2019)) /* a spreadsheet's mark for "this is text" */
            continue;
        char mark = mark_of(code);
        if (mark == MARK_DROP)
            continue;
        if (m->size == MARKS_MAX)
            return false;
        m->at[m->size++] = mark;
        m->digits += is_digit(mark);
    }
    return true;
}

static bool all_digits(const char *s)
{
    return *s != '\0' && s[strspn(s, "0123456789")] == '\0';
}

/* 1.38E+10, 13812345678.0 */
static bool is_spreadsheet_number(const char *s)
{
    s += strspn(s, "0123456789");
    bool point = *s == '.';
    if (point)
        s += 1 + strspn(s + 1, "0123456789");
    if (*s != 'e')
        return point && *s == '\0';
    s++;
    if (*s == '+' || *s == '-')
        s++;
    return all_digits(s);
}

/* What the marks around the digits say, before the digits are looked at. PHONE_OK: nothing speaks against it. */
static enum phone_reason marks_judge(const struct marks *m)
{
    const char *s = m->at;
    if (strchr(s, MARK_HIDDEN) != NULL || strstr(s, "xx") != NULL)
        return PHONE_MASKED;
    if (strspn(s, "+-().,") == m->size)
        return PHONE_EMPTY;
    if (strchr(s, MARK_BAD) != NULL || m->digits == 0)
        return PHONE_BAD_CHARACTER;
    const char *extension = strstr(s, "ext");
    if (extension == NULL)
        extension = strpbrk(s, ">x");
    if (extension != NULL) {
        size_t before = strcspn(s, "0123456789");
        bool number = s + before < extension;
        return !number ? PHONE_BAD_CHARACTER : *extension == 'x' && extension - s < 7 ? PHONE_MASKED : PHONE_VIRTUAL;
    }
    const char *also = strchr(s, MARK_ALSO);
    if (also != NULL)
        return also > s && all_digits(also + 1) && strlen(also + 1) <= EXTENSION_DIGITS_MAX ? PHONE_VIRTUAL : PHONE_BAD_CHARACTER;
    if (is_spreadsheet_number(s))
        return PHONE_SCIENTIFIC;
    bool plus_inside = strrchr(s, '+') > s && strncmp(s, "(+", 2) != 0;
    return strpbrk(s, ".et") != NULL || plus_inside ? PHONE_BAD_CHARACTER : PHONE_OK;
}

static bool starts(const char *digits, const char *prefix)
{
    return strncmp(digits, prefix, strlen(prefix)) == 0;
}

static enum phone_reason number_put(const char *country, const char *digits, struct phone *out)
{
    size_t head = strlen(country), tail = strlen(digits);
    assert(1 + head + tail <= PHONE_BYTES_MAX);
    out->text[0] = '+';
    memcpy(out->text + 1, country, head);
    memcpy(out->text + 1 + head, digits, tail + 1);
    out->size = (uint8_t)(1 + head + tail);
    return PHONE_OK;
}

static bool is_mainland_mobile(const char *digits)
{
    return strlen(digits) == 11 && digits[0] == '1' && digits[1] >= '3';
}

/* An area code without its 0, and a number: 10 and 2x with eight digits, 3xx to 9xx with seven or eight. */
static bool is_mainland_landline(const char *digits)
{
    size_t size = strlen(digits);
    if (size == 10)
        return starts(digits, "10") || digits[0] >= '2';
    return size == 11 && digits[0] >= '3';
}

/* 106… send messages, 95… and 96… are firms, 1xx to 1xxxx hot lines; 95x is also an area, of ten digits or more. */
static bool is_mainland_service(const char *digits)
{
    size_t size = strlen(digits);
    if (starts(digits, "400") || starts(digits, "800"))
        return size == 10;
    if (starts(digits, "95") || starts(digits, "96"))
        return (size >= 5 && size <= 8) || size >= 12;
    if (starts(digits, "106") && size >= 8 && size != 10)
        return true;
    return size >= 3 && size <= 5 && digits[0] == '1' && digits[1] <= '2';
}

/* `abroad`: the country was written, so an area code may come without its 0. */
static enum phone_reason mainland(const char *digits, bool abroad, struct phone *out)
{
    bool trunk = digits[0] == '0';
    const char *inner = digits + trunk;
    if (is_mainland_service(inner))
        return PHONE_SERVICE;
    if (is_mainland_mobile(inner) || ((trunk || abroad) && is_mainland_landline(inner)))
        return number_put("86", inner, out);
    return PHONE_BAD_LENGTH;
}

static enum phone_reason eight_digits(const char *country, const char *digits, struct phone *out)
{
    return strlen(digits) == 8 && digits[0] >= '2' ? number_put(country, digits, out) : PHONE_BAD_LENGTH;
}

static enum phone_reason taiwan(const char *digits, bool abroad, struct phone *out)
{
    bool trunk = digits[0] == '0';
    const char *inner = digits + trunk;
    size_t size = strlen(inner);
    bool good = inner[0] == '9' ? size == 9 : inner[0] >= '2' && (size == 8 || size == 9);
    return good && (trunk || abroad) ? number_put("886", inner, out) : PHONE_BAD_LENGTH;
}

/* A number of a country that is known here; `abroad`: its code was written. */
static enum phone_reason national(const char *country, const char *digits, bool abroad, struct phone *out)
{
    if (strcmp(country, "86") == 0)
        return mainland(digits, abroad, out);
    if (strcmp(country, "886") == 0)
        return taiwan(digits, abroad, out);
    if (strcmp(country, "852") == 0 || strcmp(country, "853") == 0)
        return eight_digits(country, digits, out);
    return PHONE_BAD_LENGTH;
}

static const char *const known_countries[] = {"86", "852", "853", "886"};

/* Digits that begin with a country. */
static enum phone_reason international(const char *digits, struct phone *out)
{
    for (size_t i = 0; i < COUNT_OF(known_countries); i++) {
        if (starts(digits, known_countries[i]))
            return national(known_countries[i], digits + strlen(known_countries[i]), true, out);
    }
    size_t size = strlen(digits);
    return size >= 7 && size <= 15 && digits[0] != '0' ? number_put("", digits, out) : PHONE_BAD_LENGTH;
}

/* Digits and dashes, perhaps after a +, of `size` bytes. */
static enum phone_reason number_read(const char *s, size_t size, const char *country, struct phone *out)
{
    char digits[MARKS_MAX + 1];
    size_t count = 0;
    bool plus = memchr(s, '+', size) != NULL;
    for (size_t i = 0; i < size; i++) {
        if (plus && size - i >= 3 && memcmp(s + i, "(0)", 3) == 0) /* +44 (0)20 …: the 0 is for callers at home */
            i += 2;
        else if (is_digit(s[i]))
            digits[count++] = s[i];
    }
    digits[count] = '\0';
    if (plus)
        return international(digits, out);
    if (starts(digits, "00"))
        return international(digits + 2, out);
    enum phone_reason reason = national(country, digits, false, out);
    if (reason != PHONE_BAD_LENGTH || !starts(digits, country))
        return reason;
    return national(country, digits + strlen(country), true, out);
}

/* Whether the last dash stands between a whole number and an extension. Elsewhere than here no number's length is
 * known, so a dash there is only a dash. */
static enum phone_reason extension_judge(const struct marks *m, const char *country)
{
    const char *dash = strrchr(m->at, '-');
    if (dash == NULL || !all_digits(dash + 1) || strlen(dash + 1) > EXTENSION_DIGITS_MAX)
        return PHONE_OK;
    struct phone whole;
    enum phone_reason reason = number_read(m->at, (size_t)(dash - m->at), country, &whole);
    if (reason != PHONE_OK)
        return reason == PHONE_SERVICE ? PHONE_SERVICE : PHONE_OK;
    for (size_t i = 0; i < COUNT_OF(known_countries); i++) {
        if (starts(whole.text + 1, known_countries[i]))
            return PHONE_VIRTUAL;
    }
    return PHONE_OK;
}

/* The usual case, without the marks: a mainland mobile number of digits only, with or without its +86. */
static bool mobile_read(struct bytes raw, const char *country, struct phone *out)
{
    enum { MOBILE_DIGITS = 11 };
    bool abroad = raw.size == MOBILE_DIGITS + 3 && memcmp(raw.data, "+86", 3) == 0;
    if (!abroad && (raw.size != MOBILE_DIGITS || strcmp(country, "86") != 0))
        return false;
    const uint8_t *digits = raw.data + (abroad ? 3 : 0);
    bool good = digits[0] == '1' && digits[1] >= '3';
    for (size_t i = 0; i < MOBILE_DIGITS; i++)
        good &= digits[i] >= '0' && digits[i] <= '9';
    if (!good)
        return false;
    memcpy(out->text, "+86", 3);
    memcpy(out->text + 3, digits, MOBILE_DIGITS);
    out->text[MOBILE_DIGITS + 3] = '\0';
    out->size = MOBILE_DIGITS + 3;
    return true;
}

enum phone_reason phone_normalise(struct bytes raw, const char *country, struct phone *out_phone)
{
    assert(all_digits(country) && strlen(country) <= 3);
    if (LIKELY(mobile_read(raw, country, out_phone)))
        return PHONE_OK;
    struct marks m;
    if (!marks_read(raw, &m))
        return PHONE_BAD_LENGTH;
    enum phone_reason reason = marks_judge(&m);
    if (reason != PHONE_OK)
        return reason;
    reason = extension_judge(&m, country);
    if (reason != PHONE_OK)
        return reason;
    struct phone phone;
    reason = number_read(m.at, m.size, country, &phone);
    if (reason != PHONE_OK)
        return reason;
    assert(phone.size >= 5 && phone.size <= PHONE_BYTES_MAX && phone.text[phone.size] == '\0');
    *out_phone = phone;
    return PHONE_OK;
}

const char *phone_reason_name(enum phone_reason reason)
{
    static const char *const names[] = {
        [PHONE_OK] = "ok",
        [PHONE_EMPTY] = "empty",
        [PHONE_MASKED] = "masked",
        [PHONE_VIRTUAL] = "virtual",
        [PHONE_SCIENTIFIC] = "scientific",
        [PHONE_SERVICE] = "service",
        [PHONE_BAD_LENGTH] = "bad_length",
        [PHONE_BAD_CHARACTER] = "bad_character",
    };
    static_assert(COUNT_OF(names) == PHONE_REASON_COUNT, "each reason has its word");
    assert(reason < PHONE_REASON_COUNT);
    return names[reason];
}

const char *phone_last4(const struct phone *p)
{
    assert(p->size >= 5);
    return p->text + p->size - 4;
}
