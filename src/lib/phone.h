/* Phone numbers as identifiers: E.164 ("+8613812345678"), or a reason why the text identifies nobody. Written the many
 * ways people, spreadsheets and shop platforms write them. Pure; allocates nothing. */
#pragma once

#include "base/bytes.h"

enum phone_reason {
    PHONE_OK = 0,
    PHONE_EMPTY,         /* no digit in it: nothing, blanks, "-" */
    PHONE_MASKED,        /* 138****1234, 138xxxx1234: digits are hidden */
    PHONE_VIRTUAL,       /* a privacy number (隐私号) or an extension: 13800001234转1234, 13800001234-1234, 021-12345678-801 */
    PHONE_SCIENTIFIC,    /* a spreadsheet made a number of it: 1.38E+10, 13812345678.0 */
    PHONE_SERVICE,       /* 400 and 800 numbers, 95xxx, 10086, 106…: whoever calls, it is not a person */
    PHONE_BAD_LENGTH,    /* the digits make no number of the country, by their count or their beginning */
    PHONE_BAD_CHARACTER, /* a letter, a second number, a text that isn't UTF-8 */
    PHONE_REASON_COUNT,
};

#define PHONE_BYTES_MAX 16 /* '+' and at most 15 digits */

struct phone {
    char text[PHONE_BYTES_MAX + 1]; /* ends in NUL */
    uint8_t size;                   /* without the NUL */
};

/* `country` is that of a number without one: "86", "852", "853" or "886"; with any other, such numbers are
 * PHONE_BAD_LENGTH, as their plan isn't known here. Allowed in any place: full-width forms, spaces, dashes and
 * parentheses; in front: an apostrophe, + or 00 and a country, and the default country without them.
 *   mainland   1[3-9] and nine digits, also after a 0; landlines 0xx-xxxxxxxx become +86xxxxxxxxxx
 *   852, 853   eight digits        886   9 and eight digits, landlines of eight or nine; a 0 in front is dropped
 *   others     7 to 15 digits with their country
 * Lengths and first digits are checked, not whether an area or a carrier exists; 170 and 171 are carriers' numbers like
 * others. Normalising what came out changes nothing, with any default country.
 * Writes *out_phone for PHONE_OK only. */
enum phone_reason phone_normalise(struct bytes raw, const char *country, struct phone *out_phone);

/* A stable lower-case word for counters: "scientific". Never NULL. */
const char *phone_reason_name(enum phone_reason reason);

/* The last four digits of a normalised number; borrowed from it, ends in NUL. */
const char *phone_last4(const struct phone *p);
