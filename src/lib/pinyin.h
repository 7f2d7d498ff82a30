/* Chinese names in Latin letters, for search: 王小明 is found by "wangxiaoming", "xiaoming" and "wxm".
 *
 * Pinyin without tones, spaces and marks; ü is written u, as ICU does. One reading a character: the usual one in
 * names, and at the beginning of a name that of the surname (单 shan, 曾 zeng, 尉迟 yuchi). Simplified and traditional
 * characters read alike. It is a key for search, not a claim about how a person says their name. */
#pragma once

#include "base/bytes.h"

#define PINYIN_FULL_BYTES_MAX 191
#define PINYIN_INITIALS_BYTES_MAX 63

struct pinyin;

/* Makes the reading tables, 108 KiB, in under 1 ms. What it made is only read afterwards: share it between threads.
 * FULL: no memory. */
fallible pinyin_create(struct pinyin **out_pinyin, struct err *e); /* caller owns *out_pinyin */
void pinyin_destroy(struct pinyin *p);                             /* NULL is fine */
/* The process's own tables, made at the first call, never destroyed; any thread. Aborts when there is no memory. They
 * come from ICU's data: another ICU may read a rare character otherwise. */
const struct pinyin *pinyin_table(void);

struct pinyin_name {
    char full[PINYIN_FULL_BYTES_MAX + 1];         /* a-z, 0-9; ends in NUL */
    char initials[PINYIN_INITIALS_BYTES_MAX + 1]; /* of each syllable and each Latin word; ends in NUL */
    uint16_t full_size;                           /* without the NUL */
    uint16_t initials_size;
    uint16_t unread; /* letters without a reading here: Han that no table knows, other scripts, accented Latin */
    bool cut;        /* the name did not fit; what is there is whole syllables */
};

/* Reads a name in UTF-8 that went through text_fold (so that full-width and compatibility forms are plain). Latin
 * letters come out in lower case, digits as they are; all else, and bytes that aren't UTF-8, is left out: an empty
 * `full` is possible. Allocates nothing; some 30 ns a short name. */
void pinyin_of(const struct pinyin *p, struct bytes name, struct pinyin_name *out_name);
