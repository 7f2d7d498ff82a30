#include "lib/cell.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "lib/text.h"

#define NARROW_BYTES 64u
#define EXCEL_EPOCH_DAYS 25569   /* from its day 0 to 1970 */
#define EXCEL_DAYS_MIN 20000.0   /* 1954: below it a number is rather a number */
#define EXCEL_DAYS_MAX 80000.0   /* 2119 */
#define EPOCH_S_MIN 1e9          /* 2001: fewer digits would be a packed date in milliseconds */
#define EPOCH_S_MAX 4102444800.0 /* 2100 */

const char *const cell_fault_words[CELL_FAULT_COUNT] = {
    [CELL_GOOD] = "is good",
    [CELL_LOSSY] = "has lost digits: export the column as text",
    [CELL_ERROR] = "is what Excel shows instead of a value",
    [CELL_NUMBER] = "is no number",
    [CELL_TIME] = "is no time",
    [CELL_OPEN_DATE] = "may be read with the day or the month first: the map says \"dates\": \"dmy\" or \"mdy\"",
    [CELL_CUT_TIME] = "is a time without its day",
};

/* --- texts --- */

/* White space, and what is never seen: zero-width characters, the byte order mark, marks of direction. */
static bool is_blank(uint32_t c)
{
    return c <= 0x20 || c == 0x7F || c == 0xA0 || (c >= 0x2000 && c <= 0x200F) || (c >= 0x2028 && c <= 0x202F) ||
           c == 0x205F || c == 0x2060 || c == 0x3000 || c == 0xFEFF;
}

static struct bytes trimmed(struct bytes text)
{
    while (text.size > 0) {
        struct bytes rest = text;
        if (!is_blank(text_next(&rest)))
            break;
        text = rest;
    }
    while (text.size > 0) {
        size_t at = text.size - 1;
        while (at > 0 && (text.data[at] & 0xC0) == 0x80)
            at--;
        struct bytes last = bytes_slice(text, at, text.size);
        if (!is_blank(text_next(&last)))
            break;
        text = bytes_slice(text, 0, at);
    }
    return text;
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* text_next of what is nearly always ASCII. */
static uint32_t next_of(struct bytes *rest)
{
    if (rest->data[0] >= 0x80)
        return text_next(rest);
    *rest = bytes_of(rest->data + 1, rest->size - 1);
    return rest->data[-1];
}

struct bytes cell_text(struct bytes raw)
{
    bool plain = raw.size == 0 || (raw.data[0] > ' ' && raw.data[0] < 0x7F && raw.data[0] != '=' && raw.data[0] != '\'' &&
                                   raw.data[raw.size - 1] > ' ' && raw.data[raw.size - 1] < 0x7F);
    if (plain)
        return raw;
    struct bytes text = trimmed(raw);
    if (text.size >= 3 && bytes_starts_with(text, BYTES_LIT("=\"")) && text.data[text.size - 1] == '"')
        return trimmed(bytes_slice(text, 2, text.size - 1));
    if (text.size >= 2 && text.data[0] == '\'' && is_digit(text.data[1]))
        text = bytes_slice(text, 1, text.size);
    return text;
}

/* "1.38E+10": digits, perhaps a point, and an exponent with its sign, as spreadsheets print it. */
static bool has_exponent(struct bytes text)
{
    size_t at = text.size > 0 && text.data[0] == '-', digits = 0, points = 0;
    for (; at < text.size && (is_digit(text.data[at]) || text.data[at] == '.'); at++) {
        digits += is_digit(text.data[at]);
        points += text.data[at] == '.';
    }
    if (digits == 0 || points > 1 || at + 3 > text.size || (text.data[at] != 'E' && text.data[at] != 'e') ||
        (text.data[at + 1] != '+' && text.data[at + 1] != '-'))
        return false;
    for (at += 2; at < text.size; at++)
        if (!is_digit(text.data[at]))
            return false;
    return true;
}

static bool is_error(struct bytes text)
{
    static const char *const errors[] = {"#N/A", "#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#NULL!", "#NUM!"};
    size_t hashes = 0;
    while (hashes < text.size && text.data[hashes] == '#')
        hashes++;
    if (hashes >= 3 && hashes == text.size)
        return true;
    for (size_t i = 0; i < COUNT_OF(errors); i++)
        if (bytes_equal(text, bytes_of_text(errors[i])))
            return true;
    return false;
}

enum cell_fault cell_text_check(struct bytes text)
{
    if (text.size == 0 || text.size > 24)
        return CELL_GOOD;
    if (text.data[0] == '#')
        return is_error(text) ? CELL_ERROR : CELL_GOOD;
    return (is_digit(text.data[0]) || text.data[0] == '-') && has_exponent(text) ? CELL_LOSSY : CELL_GOOD;
}

/* --- a short text in ASCII --- */

struct narrow {
    char text[NARROW_BYTES];
    size_t size;
};

/* What a character means among digits; 0: nothing there is. */
static char narrow_of(uint32_t c)
{
    static const struct {
        uint32_t wide;
        char narrow;
    } known[] = {{0x3000, ' '}, {0xA0, ' '},    {0x2212, '-'}, {0x2013, '-'}, {0x3002, '.'}, {0x5E74, '-'},
                 {0x6708, '-'}, {0x65E5, ' '},  {0x53F7, ' '}, {0x65F6, ':'}, {0x6642, ':'}, {0x70B9, ':'},
                 {0x5206, ':'}, {0x79D2, ' '}};
    if (c < 0x7F)
        return (char)c;
    if (c >= 0xFF01 && c <= 0xFF5E)
        return (char)(c - 0xFEE0);
    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (known[i].wide == c)
            return known[i].narrow;
    return 0;
}

static bool narrow_push(struct narrow *n, char c)
{
    if (n->size + 1 >= NARROW_BYTES)
        return false;
    n->text[n->size++] = c;
    n->text[n->size] = 0;
    return true;
}

/* --- numbers --- */

static bool is_currency(uint32_t c)
{
    return c == '$' || c == 0xA5 || c == 0xFFE5 || c == 0x20AC || c == 0xA3 || c == 0xFFE1 || c == 0x5143 || c == 0x5186;
}

/* Without what says only which money it is: "¥", "元", "CNY ". */
static bool amount_narrow(struct bytes text, struct narrow *out)
{
    static const char *const codes[] = {"CNY", "RMB", "USD", "HKD", "EUR"};
    *out = (struct narrow){0};
    bool has_code = text.size > 3 && text.data[0] >= 'A' && text.data[0] <= 'Z';
    for (size_t i = 0; has_code && i < COUNT_OF(codes); i++)
        if (bytes_starts_with(text, bytes_of_text(codes[i])))
            text = trimmed(bytes_slice(text, 3, text.size));
    for (bool apart = false; text.size > 0;) {
        uint32_t c = next_of(&text);
        char narrow = narrow_of(c);
        if (is_currency(c) || is_blank(c)) {
            apart = out->size > 0 && is_digit((uint8_t)out->text[out->size - 1]);
            continue;
        }
        bool is_split = apart && is_digit((uint8_t)narrow); /* "1 2", "1元2": these are two */
        if (is_split || narrow == 0 || strchr("0123456789+-.,()%", narrow) == NULL || !narrow_push(out, narrow))
            return false;
        apart = false;
    }
    return out->size > 0;
}

/* "1,234,567": when there are commas, one stands before every three digits of the whole part, and nowhere else. Takes them out. */
static bool commas_take(struct narrow *n)
{
    size_t whole = strcspn(n->text, "."), kept = 0;
    if (memchr(n->text, ',', n->size) == NULL)
        return true;
    if (whole % 4 == 0)
        return false;
    for (size_t i = 0; i < n->size; i++) {
        bool wanted = i > 0 && i < whole && (whole - i) % 4 == 0;
        if ((n->text[i] == ',') != wanted)
            return false;
        if (!wanted)
            n->text[kept++] = n->text[i];
    }
    n->text[kept] = 0;
    n->size = kept;
    return true;
}

/* The sign of "(12.00)", "-12" and "12-"; takes it off. */
static bool sign_take(struct narrow *n, bool *out_negative)
{
    bool bracketed = n->size > 2 && n->text[0] == '(' && n->text[n->size - 1] == ')';
    size_t from = bracketed || n->text[0] == '-' || n->text[0] == '+', until = n->size - bracketed;
    bool behind = !bracketed && from == 0 && until > 1 && n->text[until - 1] == '-';
    *out_negative = bracketed || n->text[0] == '-' || behind;
    until -= behind;
    memmove(n->text, n->text + from, until - from);
    n->size = until - from;
    n->text[n->size] = 0;
    return n->size > 0;
}

static bool is_decimal(const struct narrow *n)
{
    size_t digits = 0, points = 0;
    for (size_t i = 0; i < n->size; i++) {
        digits += is_digit((uint8_t)n->text[i]);
        points += n->text[i] == '.';
    }
    return digits > 0 && points <= 1 && digits + points == n->size && n->size < CELL_NUMBER_BYTES - 8;
}

/* 12.5 % is 0.125: the point goes two places to the left. */
static void hundredth(struct narrow *n)
{
    const char *point = strchr(n->text, '.');
    size_t whole = point == NULL ? n->size : (size_t)(point - n->text);
    struct narrow out = {0};
    for (size_t i = whole; i < 3; i++)
        (void)narrow_push(&out, '0');
    for (size_t i = 0; i < whole; i++)
        (void)narrow_push(&out, n->text[i]);
    whole = out.size;
    for (size_t i = point == NULL ? n->size : (size_t)(point - n->text) + 1; i < n->size; i++)
        (void)narrow_push(&out, n->text[i]);
    memmove(out.text + whole - 1, out.text + whole - 2, out.size - whole + 3);
    out.text[whole - 2] = '.';
    out.size++;
    *n = out;
}

/* JSON wants a digit on both sides of the point, and no zeros in front. */
static void digits_print(const struct narrow *n, bool negative, struct cell_number *out)
{
    const char *at = n->text;
    char *to = out->digits;
    while (*at == '0' && is_digit((uint8_t)at[1]))
        at++;
    if (negative)
        *to++ = '-';
    if (*at == '.')
        *to++ = '0';
    size_t size = strlen(at);
    memcpy(to, at, size + 1);
    if (size > 0 && to[size - 1] == '.')
        to[size - 1] = 0;
}

/* "1234", "0.50": as JSON has it already, and with no digits lost. */
static bool is_plain_number(struct bytes text)
{
    size_t at = 0, point = 0;
    bool has_zero = text.data[0] == '0' && text.size > 1 && text.data[1] != '.';
    while (at < text.size && (is_digit(text.data[at]) || (text.data[at] == '.' && at > 0 && point == 0))) {
        point = text.data[at] == '.' ? at : point;
        at++;
    }
    return at == text.size && !has_zero && point + 1 != at && at < CELL_NUMBER_BYTES - 8;
}

/* An exponent in front of which all digits stand is a number like others: 1E-05 is 0.00001 as spreadsheets print it. */
static enum cell_fault exponent_read(struct bytes text, struct cell_number *out)
{
    size_t first = text.data[0] == '-'; /* then one digit, and perhaps a point and more of them, as JSON wants it too */
    bool is_down = memchr(text.data + 1, '-', text.size - 1) != NULL, has_point = text.data[first + 1] == '.';
    if (!is_down || !is_digit(text.data[first]) || is_digit(text.data[first + 1]) || (has_point && !is_digit(text.data[first + 2])))
        return CELL_LOSSY;
    memcpy(out->digits, text.data, text.size);
    out->digits[text.size] = 0;
    return CELL_GOOD;
}

enum cell_fault cell_number_read(struct bytes text, struct cell_number *out_number)
{
    struct narrow n;
    bool negative;
    if (text.size > 0 && is_plain_number(text)) {
        memcpy(out_number->digits, text.data, text.size);
        out_number->digits[text.size] = 0;
        return CELL_GOOD;
    }
    if (cell_text_check(text) == CELL_LOSSY)
        return exponent_read(text, out_number);
    if (cell_text_check(text) == CELL_ERROR)
        return CELL_ERROR;
    if (!amount_narrow(text, &n))
        return CELL_NUMBER;
    bool is_percent = n.size > 1 && n.text[n.size - 1] == '%';
    if (is_percent)
        n.text[--n.size] = 0;
    if (!sign_take(&n, &negative) || !commas_take(&n) || !is_decimal(&n))
        return CELL_NUMBER;
    if (is_percent)
        hundredth(&n);
    digits_print(&n, negative, out_number);
    return CELL_GOOD;
}

/* --- times --- */

/* A clock's parts: numbers, and what stood between them. */
struct dial {
    const char *at;
    int32_t first, second, third;
    size_t first_digits, third_digits;
};

static bool number_read(struct dial *d, int32_t *out, size_t *out_digits)
{
    size_t digits = 0;
    int32_t number = 0;
    for (; is_digit((uint8_t)*d->at) && digits < 5; digits++)
        number = number * 10 + (*d->at++ - '0');
    *out = number;
    *out_digits = digits;
    return digits > 0;
}

static bool day_make(int32_t year, int32_t month, int32_t day, int64_t *out_us)
{
    if (year < 1900 || year > 9999 || month < 1 || month > 12 || day < 1 || day > 31)
        return false;
    struct civil_date date = {.year = year, .month = (uint8_t)month, .day = (uint8_t)day};
    int32_t days = day_of_civil(date);
    *out_us = (int64_t)days * US_PER_DAY;
    return civil_of_day(days).day == date.day; /* 30 February and the like */
}

static enum cell_fault date_settle(const struct dial *d, enum cell_order order, int64_t *out_us)
{
    if (d->first_digits == 4)
        return day_make(d->first, d->second, d->third, out_us) ? CELL_GOOD : CELL_TIME;
    if (d->first_digits > 2 || d->third_digits != 4)
        return CELL_TIME;
    bool day_first = order == ORDER_DAY_FIRST || (order == ORDER_UNSAID && d->first > 12);
    if (order == ORDER_UNSAID && d->first <= 12 && d->second <= 12 && d->first != d->second)
        return CELL_OPEN_DATE;
    int32_t month = day_first ? d->second : d->first, day = day_first ? d->first : d->second;
    return day_make(d->third, month, day, out_us) ? CELL_GOOD : CELL_TIME;
}

static enum cell_fault date_read(struct dial *d, enum cell_order order, int64_t *out_us)
{
    size_t digits;
    if (!number_read(d, &d->first, &d->first_digits))
        return CELL_TIME;
    char between = *d->at;
    if (between == ':')
        return CELL_CUT_TIME;
    if (strchr("-/.", between) == NULL || between == 0)
        return CELL_TIME;
    d->at++;
    if (!number_read(d, &d->second, &digits) || digits > 2 || strchr("-/.", *d->at) == NULL || *d->at == 0)
        return CELL_TIME;
    d->at++;
    return number_read(d, &d->third, &d->third_digits) ? date_settle(d, order, out_us) : CELL_TIME;
}

static void blanks_pass(struct dial *d)
{
    while (*d->at == ' ')
        d->at++;
}

/* The digits behind the point; those beyond the sixth are cut. */
static int64_t fraction_read(struct dial *d)
{
    int64_t us = 0, unit = US_PER_SECOND;
    for (; is_digit((uint8_t)*d->at); d->at++) {
        unit /= 10;
        us += (*d->at - '0') * unit;
    }
    return us;
}

/* "A" and "P" stand for the halves of the day; 0: not said. */
static bool clock_read(struct dial *d, char half, int64_t *out_us)
{
    int32_t hour, minute = 0, second = 0;
    size_t digits;
    int64_t fraction_us = 0;
    if (!number_read(d, &hour, &digits) || *d->at != ':')
        return false;
    d->at++;
    if (is_digit((uint8_t)*d->at)) /* 8时 */
        (void)number_read(d, &minute, &digits);
    if (*d->at == ':') {
        d->at++;
        if (is_digit((uint8_t)*d->at)) /* 8时5分 */
            (void)number_read(d, &second, &digits);
    }
    if (*d->at == '.' || *d->at == ',') {
        d->at++;
        fraction_us = fraction_read(d);
    }
    blanks_pass(d);
    if ((*d->at == 'A' || *d->at == 'P') && d->at[1] == 'M') {
        half = *d->at;
        d->at += 2;
    }
    if (hour > (half == 0 ? 23 : 12) || minute > 59 || second > 60) /* 60: a leap second counts as the next one */
        return false;
    hour = half == 0 ? hour : hour % 12 + (half == 'P' ? 12 : 0);
    *out_us = hour * US_PER_HOUR + minute * US_PER_MINUTE + second * US_PER_SECOND + fraction_us;
    return true;
}

/* "Z", "+08:00", "+0800". */
static bool zone_read(struct dial *d, int64_t *out_us)
{
    int32_t number, minutes = 0;
    size_t digits;
    if (*d->at == 'Z') {
        d->at++;
        return true;
    }
    bool west = *d->at++ == '-';
    if (!number_read(d, &number, &digits) || (digits != 2 && digits != 4))
        return false;
    if (digits == 4) {
        minutes = number % 100;
        number /= 100;
    } else if (*d->at == ':') {
        d->at++;
        if (!number_read(d, &minutes, &digits) || digits != 2)
            return false;
    }
    *out_us = (west ? -1 : 1) * (number * US_PER_HOUR + minutes * US_PER_MINUTE);
    return number <= 18 && minutes < 60;
}

static enum cell_fault spelt_read(const struct narrow *n, enum cell_order order, char half, struct cell_time *out)
{
    struct dial d = {.at = n->text};
    int64_t day_us = 0, clock_us = 0, zone_us = 0;
    enum cell_fault fault = date_read(&d, order, &day_us);
    if (fault != CELL_GOOD)
        return fault;
    if (*d.at == 'T')
        d.at++;
    blanks_pass(&d);
    if (is_digit((uint8_t)*d.at) && !clock_read(&d, half, &clock_us))
        return CELL_TIME;
    blanks_pass(&d);
    bool has_zone = *d.at == 'Z' || *d.at == '+' || *d.at == '-';
    if (has_zone && !zone_read(&d, &zone_us))
        return CELL_TIME;
    *out = (struct cell_time){day_us + clock_us - zone_us, has_zone};
    return *d.at == 0 ? CELL_GOOD : CELL_TIME;
}

static int32_t digits_at(const char *text, size_t from, size_t count)
{
    int32_t number = 0;
    for (size_t i = from; i < from + count; i++)
        number = number * 10 + (text[i] - '0');
    return number;
}

/* "20261111", "202611110005", "20261111000500". */
static enum cell_fault packed_read(const struct narrow *n, struct cell_time *out)
{
    const char *text = n->text;
    int64_t day_us;
    int32_t hour = n->size > 8 ? digits_at(text, 8, 2) : 0, minute = n->size > 8 ? digits_at(text, 10, 2) : 0,
            second = n->size > 12 ? digits_at(text, 12, 2) : 0;
    if (!day_make(digits_at(text, 0, 4), digits_at(text, 4, 2), digits_at(text, 6, 2), &day_us) || hour > 23 ||
        minute > 59 || second > 60)
        return CELL_TIME;
    *out = (struct cell_time){day_us + hour * US_PER_HOUR + minute * US_PER_MINUTE + second * US_PER_SECOND, false};
    return CELL_GOOD;
}

static enum cell_fault counted_read(const struct narrow *n, struct cell_time *out)
{
    char *end;
    bool is_whole = strchr(n->text, '.') == NULL;
    double number = strtod(n->text, &end);
    if (*end != 0)
        return CELL_TIME;
    if (is_whole && (n->size == 8 || n->size == 12 || n->size == 14))
        return packed_read(n, out);
    if (number >= EXCEL_DAYS_MIN && number < EXCEL_DAYS_MAX) {
        int64_t ms = llround(number * 86400000.0) - (int64_t)EXCEL_EPOCH_DAYS * 86400000;
        *out = (struct cell_time){ms * US_PER_MS, false};
        return CELL_GOOD;
    }
    double seconds = is_whole && n->size == 13 ? number / 1000 : number;
    if (seconds < EPOCH_S_MIN || seconds >= EPOCH_S_MAX)
        return CELL_TIME;
    *out = (struct cell_time){llround(seconds * 1e6), true};
    return CELL_GOOD;
}

/* In ASCII, upper case; 上午 and 下午 are taken out, and so is the day of the week. */
static bool time_narrow(struct bytes text, struct narrow *out, char *out_half)
{
    static const struct {
        const char *word;
        char half;
    } words[] = {{"上午", 'A'}, {"下午", 'P'}, {"星期", 0}, {"周", 0}};
    *out = (struct narrow){0};
    *out_half = 0;
    while (text.size > 0) {
        size_t i = text.data[0] < 0x80 ? COUNT_OF(words) : 0;
        while (i < COUNT_OF(words) && !bytes_starts_with(text, bytes_of_text(words[i].word)))
            i++;
        if (i < COUNT_OF(words)) {
            text = bytes_slice(text, strlen(words[i].word), text.size);
            *out_half = words[i].half == 0 ? *out_half : words[i].half;
            if (words[i].half == 0 && text.size > 0)
                (void)text_next(&text); /* which day */
            continue;
        }
        char c = narrow_of(next_of(&text));
        if (c == 0 || !narrow_push(out, c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c))
            return false;
    }
    while (out->size > 0 && out->text[out->size - 1] == ' ')
        out->text[--out->size] = 0;
    return out->size > 0;
}

/* "2026-11-11 00:05:00" and on, with or without a zone: as programs write times. What isn't quite so is left to those who read all kinds. */
static bool written_read(struct bytes text, struct cell_time *out)
{
    static const char form[] = "0000-00-00.00:00:00";
    bool is_so = text.size >= sizeof form - 1 && (text.data[10] == ' ' || text.data[10] == 'T');
    for (size_t i = 0; is_so && i < sizeof form - 1; i++)
        is_so = form[i] == '.' || (form[i] == '0' ? is_digit(text.data[i]) : text.data[i] == (uint8_t)form[i]);
    bool is_early = is_so && memcmp(text.data, "1900", 4) < 0;
    if (!is_so || is_early || failed(time_parse(text, &out->us, NULL)))
        return false;
    size_t zone = sizeof form - 1;
    while (zone < text.size && (is_digit(text.data[zone]) || text.data[zone] == '.' || text.data[zone] == ','))
        zone++;
    out->is_instant = zone < text.size;
    return true;
}

enum cell_fault cell_time_read(struct bytes text, enum cell_order order, struct cell_time *out_time)
{
    struct narrow n;
    char half;
    if (written_read(text, out_time))
        return CELL_GOOD;
    enum cell_fault fault = cell_text_check(text);
    if (fault != CELL_GOOD)
        return fault;
    if (!time_narrow(text, &n, &half))
        return CELL_TIME;
    bool counted = strspn(n.text, "0123456789.") == n.size;
    size_t points = 0;
    for (size_t i = 0; i < n.size; i++)
        points += n.text[i] == '.';
    return counted && points < 2 ? counted_read(&n, out_time) : spelt_read(&n, order, half, out_time);
}
