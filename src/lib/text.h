/* Text in UTF-8: checked, walked over, cut, folded for search and comparison, and brought in from GB18030; and e-mail
 * addresses, as identifiers, from the same parts.
 *
 * Nothing here keeps state. What ICU does (all but ASCII and common Chinese) may allocate inside ICU, so it belongs
 * to the edge, not to a step. Results lie in the caller's arena. */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"

#define TEXT_BYTES_MAX ((size_t)16 << 20) /* of one text that is folded or converted; longer is LIMIT */

size_t text_find_bad(struct bytes text); /* offset of the first byte that is not UTF-8; text.size when all of it is.
                                          * Overlong forms, surrogates and codes over U+10FFFF are not UTF-8. */
bool text_is_utf8(struct bytes text);

/* Takes one code point off the front of `rest`, which isn't empty. TEXT_BAD: not UTF-8, and one byte is taken. */
#define TEXT_BAD UINT32_MAX
uint32_t text_next(struct bytes *rest);

enum text_lines {
    TEXT_ONE_LINE,   /* a name, a code: tab, line feed and carriage return are control characters too */
    TEXT_MANY_LINES, /* a note, a message: those three are allowed */
};

/* Offset of the first control character (U+0000..U+001F, U+007F..U+009F) of valid UTF-8; text.size if there is none. */
size_t text_find_control(struct bytes text, enum text_lines lines);

/* Whether it can stand as one step of a URL's path and be found there again: UTF-8 without control characters and slashes,
 * and neither empty nor "." nor "..". */
bool text_fits_a_path(struct bytes text);

/* The longest beginning of valid UTF-8 that takes at most size_max bytes and ends between two code points. */
struct bytes text_cut(struct bytes text, size_t size_max);

/* Appends the text with its middle hidden: enough to recognise, not to use. "+86138****5678": of a number in international form four
 * digits are hidden, as people know it; "w****@example.com"; "王****"; "oABC****WXYZ". Bytes that aren't UTF-8 count as a character each. */
#define TEXT_MASK "****"
void text_mask(struct buf *out, struct bytes text);

/* Folds for search and comparison: NFKC, case folded, full-width to half-width, ignorable characters (zero-width
 * joiners, variation selectors) gone, no white space at the ends, and one space for each run of it inside. Folding
 * twice changes nothing. Characters newer than Unicode 15 stay as they are, whatever ICU is linked: so rows may hold folded texts. Some 1 GB/s for ASCII and common Chinese, 0.2 GB/s for the rest.
 * INVALID: not UTF-8. LIMIT: over TEXT_BYTES_MAX. */
fallible text_fold(struct bytes text, struct arena *a, struct bytes *out_folded, struct err *e);

/* Traditional characters become simplified ones, each by itself (乾 is 干 everywhere): for search, not for display. As
 * many bytes out as in; bytes that aren't UTF-8 stay as they are. */
struct bytes text_simplify(struct bytes text, struct arena *a);

/* Strict: INVALID names the offset of the first byte that is not GB18030 (or that a cut character lacks bytes after).
 * A line feed never stands inside a character, so a long file may be converted by lines. A byte order mark is kept.
 * LIMIT: over TEXT_BYTES_MAX. */
fallible text_of_gb18030(struct bytes raw, struct arena *a, struct bytes *out_text, struct err *e);

#define EMAIL_BYTES_MAX 254
#define EMAIL_LOCAL_BYTES_MAX 64

/* An e-mail address as identifier: NFKC, lower case (also before the @, as every large provider reads it), no white
 * space or invisible character around it. INVALID, with words that don't repeat the address: no @, or two; nothing
 * before it; a domain without a dot or with a bad label; a space, a control or an invisible character; quotes,
 * brackets, commas and the like; over EMAIL_BYTES_MAX or EMAIL_LOCAL_BYTES_MAX; not UTF-8. */
fallible email_normalise(struct bytes raw, struct arena *a, struct bytes *out_email, struct err *e);
