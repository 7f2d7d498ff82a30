/* UTF-8, one character at a time, for json_*.c: escapes, the place of a fault, and mending what is written. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Bytes of the well-formed sequence at s[0], 1..4; 0 when it is not well formed (overlong, surrogate, beyond U+10FFFF,
 * cut short). On 0, *out_wrong is how many bytes one U+FFFD stands for: the longest beginning of a sequence, or 1. */
static inline size_t utf8_sequence(const uint8_t *s, size_t size, size_t *out_wrong)
{
    uint8_t c = s[0], low = 0x80, high = 0xBF;
    size_t more = c < 0x80 ? 0 : c < 0xE0 ? 1 : c < 0xF0 ? 2 : 3;
    *out_wrong = 1;
    if (more == 0)
        return 1;
    if (c < 0xC2 || c > 0xF4)
        return 0;
    if (c == 0xE0)
        low = 0xA0;
    else if (c == 0xED)
        high = 0x9F;
    else if (c == 0xF0)
        low = 0x90;
    else if (c == 0xF4)
        high = 0x8F;
    for (size_t i = 1; i <= more; i++) {
        if (i >= size || s[i] < low || s[i] > high)
            return 0;
        low = 0x80;
        high = 0xBF;
        *out_wrong = i + 1;
    }
    return more + 1;
}

/* Writes a code point (no surrogate, at most U+10FFFF); returns its bytes, 1..4. */
static inline size_t utf8_put(uint8_t *to, uint32_t code)
{
    if (code < 0x80) {
        to[0] = (uint8_t)code;
        return 1;
    }
    size_t more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static const uint8_t lead[] = {0, 0xC0, 0xE0, 0xF0};
    to[0] = (uint8_t)(lead[more] | code >> (6 * more));
    for (size_t i = 1; i <= more; i++)
        to[i] = (uint8_t)(0x80 | (code >> (6 * (more - i)) & 0x3F));
    return more + 1;
}
