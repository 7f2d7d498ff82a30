#include "lib/uuid.h"

#include <assert.h>
#include <string.h>
#include <tmmintrin.h>

#define NO_DIGIT 0xFF

static bool is_dash_place(size_t i)
{
    return i == 8 || i == 13 || i == 18 || i == 23;
}

static uint8_t digit_value(uint8_t byte)
{
    if (byte >= '0' && byte <= '9')
        return (uint8_t)(byte - '0');
    return byte >= 'a' && byte <= 'f' ? (uint8_t)(byte - 'a' + 10) : NO_DIGIT;
}

/* What a byte is: those of a text together, by OR, tell what it has. Nothing: no digit. */
enum { IS_FIGURE = 1, IS_LOWER = 2, IS_UPPER = 4, IS_DIGIT = 8 };
#define FIGURE (IS_DIGIT | IS_FIGURE)
#define LOWER (IS_DIGIT | IS_LOWER)
#define UPPER (IS_DIGIT | IS_UPPER)
static const uint8_t byte_is[256] = {
    ['0'] = FIGURE, ['1'] = FIGURE, ['2'] = FIGURE, ['3'] = FIGURE, ['4'] = FIGURE, ['5'] = FIGURE, ['6'] = FIGURE, ['7'] = FIGURE,
    ['8'] = FIGURE, ['9'] = FIGURE, ['a'] = LOWER,  ['b'] = LOWER,  ['c'] = LOWER,  ['d'] = LOWER,  ['e'] = LOWER,  ['f'] = LOWER,
    ['A'] = UPPER,  ['B'] = UPPER,  ['C'] = UPPER,  ['D'] = UPPER,  ['E'] = UPPER,  ['F'] = UPPER,
};

struct seen {
    unsigned any, all;
};

static inline void run_see(struct seen *s, const uint8_t *at, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        s->any |= byte_is[at[i]];
        s->all &= byte_is[at[i]];
    }
}

enum uuid_form uuid_form(struct bytes text)
{
    const uint8_t *p = text.data;
    struct seen s = {.any = 0, .all = IS_DIGIT};
    if (text.size != UUID_TEXT_BYTES || p[8] != '-' || p[13] != '-' || p[18] != '-' || p[23] != '-')
        return UUID_NONE;
    run_see(&s, p, 8);
    run_see(&s, p + 9, 4);
    run_see(&s, p + 14, 4);
    run_see(&s, p + 19, 4);
    run_see(&s, p + 24, 12);
    if (s.all == 0 || (s.any & (IS_LOWER | IS_UPPER)) == (IS_LOWER | IS_UPPER))
        return UUID_NONE;
    return (s.any & IS_UPPER) != 0 ? UUID_UPPER : UUID_LOWER;
}

bool uuid_pack(struct bytes text, struct uuid *out_uuid)
{
    if (text.size != UUID_TEXT_BYTES)
        return false;
    struct uuid u;
    size_t count = 0;
    for (size_t i = 0; i < UUID_TEXT_BYTES;) {
        if (is_dash_place(i)) {
            if (text.data[i++] != '-')
                return false;
            continue;
        }
        uint8_t high = digit_value(text.data[i]), low = digit_value(text.data[i + 1]); /* no pair has a dash inside */
        if ((high | low) == NO_DIGIT)
            return false;
        u.bytes[count++] = (uint8_t)(high << 4 | low);
        i += 2;
    }
    assert(count == UUID_BYTES);
    *out_uuid = u;
    return true;
}

/* Events compare one or two of these each, so all digits are made at once. */
static void digits_write(const struct uuid *u, char text[UUID_TEXT_BYTES])
{
    const __m128i digits = _mm_setr_epi8('0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e',
                                         'f');
    const __m128i four_bits = _mm_set1_epi8(0x0F);
    __m128i bytes = _mm_loadu_si128((const __m128i *)u->bytes);
    __m128i high = _mm_and_si128(_mm_srli_epi16(bytes, 4), four_bits), low = _mm_and_si128(bytes, four_bits);
    char pairs[2 * UUID_BYTES];
    _mm_storeu_si128((__m128i *)pairs, _mm_shuffle_epi8(digits, _mm_unpacklo_epi8(high, low)));
    _mm_storeu_si128((__m128i *)(pairs + UUID_BYTES), _mm_shuffle_epi8(digits, _mm_unpackhi_epi8(high, low)));
    memcpy(text, pairs, 8);
    memcpy(text + 9, pairs + 8, 4);
    memcpy(text + 14, pairs + 12, 4);
    memcpy(text + 19, pairs + 16, 4);
    memcpy(text + 24, pairs + 20, 12);
    text[8] = text[13] = text[18] = text[23] = '-';
}

bool uuid_is(const struct uuid *u, struct bytes text)
{
    char right[UUID_TEXT_BYTES];
    if (text.size != UUID_TEXT_BYTES)
        return false;
    digits_write(u, right);
    return memcmp(right, text.data, UUID_TEXT_BYTES) == 0;
}

const char *uuid_text(const struct uuid *u, char out_text[UUID_TEXT_BYTES + 1])
{
    digits_write(u, out_text);
    out_text[UUID_TEXT_BYTES] = '\0';
    return out_text;
}
