/* What is known of each Han character, made at build time out of ICU's (CLDR's and Unihan's) transliterations by
 * han_make.c. Constant, so that no start waits for ICU to parse 20,000 rules, and so that a newer ICU on a machine
 * can't change an answer of a built engine. */
#pragma once

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

/* The two blocks with nearly all characters in use, CJK Extension A and CJK Unified Ideographs, with what lies between:
 * all of them take three bytes in UTF-8. */
#define HAN_FIRST 0x3400u
#define HAN_END 0xA000u
#define HAN_COUNT (HAN_END - HAN_FIRST)

#define HAN_RARE_FIRST 0x20000u /* Extension B and later, in planes 2 and 3 */
#define HAN_RARE_END 0x40000u

#define HAN_SYLLABLE_BYTES 8 /* at most six letters a-z, zeroes, and the count of letters in the last byte */
#define HAN_SYLLABLES_MAX 512

/* Syllable 0 is empty: no reading is known. */
extern const char han_syllables[][HAN_SYLLABLE_BYTES];
extern const size_t han_syllable_count;

extern const uint16_t han_given[HAN_COUNT];   /* syllable inside a name */
extern const uint16_t han_surname[HAN_COUNT]; /* syllable at the beginning of a name */
extern const uint16_t han_simple[HAN_COUNT];  /* the simplified character, in the same range; 0: it is its own */

/* (code - HAN_RARE_FIRST) << HAN_RARE_SHIFT | syllable, ascending. */
#define HAN_RARE_SHIFT 10
extern const uint32_t han_rare[];
extern const size_t han_rare_count;

static_assert(HAN_SYLLABLES_MAX <= 1 << HAN_RARE_SHIFT, "a syllable fits below the code of a rare character");
