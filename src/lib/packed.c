#include "lib/packed.h"

#include <assert.h>
#include <immintrin.h>
#include <stdatomic.h>
#include <string.h>

#include "lib/bits.h"
#include "lib/packed_ways.h"

#define NARROW_WIDTH 32u /* widths up to it lie in narrow lanes */
#define NARROW_LANES PACKED_LANES
#define WIDE_LANES 16u
#define NARROW_ROWS (PACKED_GROUP / NARROW_LANES)
#define WIDE_ROWS (PACKED_GROUP / WIDE_LANES)
#define MATCH_WIDTH_MAX 16u

/* Compiled anew into each way that uses it, with that way's instructions. */
#define EACH_WAY static inline __attribute__((always_inline))

/* Words of a group, which lies anywhere. */
typedef uint32_t __attribute__((aligned(1))) word32;
typedef uint64_t __attribute__((aligned(1))) word64;
__extension__ typedef unsigned __int128 double_word;
__extension__ typedef __int128 signed_double_word;

static size_t group_bytes(uint32_t width)
{
    return (size_t)width * (PACKED_GROUP / 8);
}

static uint64_t mask_of(uint32_t width)
{
    return width == 0 ? 0 : UINT64_MAX >> (64 - width);
}

size_t packed_bytes(const struct packed *p)
{
    assert(p->width <= 64);
    return p->count / PACKED_GROUP * group_bytes(p->width) + ((size_t)(p->count % PACKED_GROUP) * p->width + 7) / 8;
}

/* --- writing --- */

static uint64_t divisor_of(uint64_t a, uint64_t b)
{
    while (b != 0) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

struct packed packed_plan(const int64_t *values, uint32_t count)
{
    int64_t least = count == 0 ? 0 : values[0], greatest = least;
    for (uint32_t i = 1; i < count; i++) {
        least = values[i] < least ? values[i] : least;
        greatest = values[i] > greatest ? values[i] : greatest;
    }
    uint64_t unit = 0;
    for (uint32_t i = 0; i < count && unit != 1; i++) {
        uint64_t above = (uint64_t)values[i] - (uint64_t)least;
        if (unit == 0 || above % unit != 0)
            unit = divisor_of(unit, above);
    }
    unit = unit == 0 ? 1 : unit;
    uint64_t span = ((uint64_t)greatest - (uint64_t)least) / unit;
    uint32_t width = span == 0 ? 0 : 64 - (uint32_t)__builtin_clzll(span);
    return (struct packed){.count = count, .width = width, .least = least, .unit = unit};
}

static uint64_t stored_of(const struct packed *p, int64_t value)
{
    uint64_t above = (uint64_t)value - (uint64_t)p->least;
    return p->unit == 1 ? above : above / p->unit;
}

static void narrow_group_put(const struct packed *p, const int64_t *values, word32 *out)
{
    memset(out, 0, group_bytes(p->width));
    for (uint32_t i = 0; i < PACKED_GROUP; i++) {
        uint32_t bit = i / NARROW_LANES * p->width, shift = bit % 32;
        word32 *word = out + bit / 32 * NARROW_LANES + i % NARROW_LANES;
        uint64_t stored = stored_of(p, values[i]);
        *word |= (uint32_t)(stored << shift);
        if (shift + p->width > 32)
            word[NARROW_LANES] |= (uint32_t)(stored >> (32 - shift));
    }
}

static void wide_group_put(const struct packed *p, const int64_t *values, word64 *out)
{
    memset(out, 0, group_bytes(p->width));
    for (uint32_t i = 0; i < PACKED_GROUP; i++) {
        uint32_t bit = i / WIDE_LANES * p->width, shift = bit % 64;
        word64 *word = out + bit / 64 * WIDE_LANES + i % WIDE_LANES;
        uint64_t stored = stored_of(p, values[i]);
        *word |= stored << shift;
        if (shift + p->width > 64)
            word[WIDE_LANES] |= stored >> (64 - shift);
    }
}

/* Bit after bit, the low ones first. */
static void rest_put(const struct packed *p, const int64_t *values, uint32_t count, uint8_t *out)
{
    double_word waiting = 0;
    uint32_t bits = 0;
    for (uint32_t i = 0; i < count; i++) {
        waiting |= (double_word)stored_of(p, values[i]) << bits;
        for (bits += p->width; bits >= 8; bits -= 8, waiting >>= 8)
            *out++ = (uint8_t)waiting;
    }
    if (bits > 0)
        *out = (uint8_t)waiting;
}

void packed_put(const struct packed *p, const int64_t *values, uint8_t *out)
{
    uint32_t i = 0;
    if (p->width == 0)
        return;
    for (; i + PACKED_GROUP <= p->count; i += PACKED_GROUP, out += group_bytes(p->width)) {
        if (p->width <= NARROW_WIDTH)
            narrow_group_put(p, values + i, (word32 *)(void *)out);
        else
            wide_group_put(p, values + i, (word64 *)(void *)out);
    }
    rest_put(p, values + i, p->count - i, out);
}

/* --- reading one --- */

/* Where the group of the i-th value begins, or the rest. */
static const uint8_t *group_at(const struct packed *p, uint32_t i)
{
    return p->data + i / PACKED_GROUP * group_bytes(p->width);
}

/* The i-th of those behind the last whole group. */
EACH_WAY uint64_t rest_get(const uint8_t *rest, uint32_t width, uint32_t i)
{
    uint64_t bit = (uint64_t)i * width;
    const uint8_t *at = rest + bit / 8;
    uint32_t shift = bit % 8;
    uint64_t low = *(const word64 *)(const void *)at >> shift;
    if (shift + width > 64)
        low |= (uint64_t)at[8] << (64 - shift);
    return low & mask_of(width);
}

/* The same for what a word surely holds. */
EACH_WAY uint64_t narrow_rest_get(const uint8_t *rest, uint32_t width, uint32_t i)
{
    uint64_t bit = (uint64_t)i * width;
    return *(const word64 *)(const void *)(rest + bit / 8) >> bit % 8 & mask_of(width);
}

static uint64_t narrow_get(const uint8_t *group, uint32_t width, uint32_t i)
{
    uint32_t bit = i / NARROW_LANES * width, shift = bit % 32;
    const word32 *word = (const word32 *)(const void *)group + bit / 32 * NARROW_LANES + i % NARROW_LANES;
    uint64_t low = *word >> shift;
    if (shift + width > 32)
        low |= (uint64_t)word[NARROW_LANES] << (32 - shift);
    return low & mask_of(width);
}

static uint64_t wide_get(const uint8_t *group, uint32_t width, uint32_t i)
{
    uint32_t bit = i / WIDE_LANES * width, shift = bit % 64;
    const word64 *word = (const word64 *)(const void *)group + bit / 64 * WIDE_LANES + i % WIDE_LANES;
    uint64_t low = *word >> shift;
    if (shift + width > 64)
        low |= word[WIDE_LANES] << (64 - shift);
    return low & mask_of(width);
}

static uint64_t group_get(const struct packed *p, const uint8_t *group, uint32_t i)
{
    return p->width <= NARROW_WIDTH ? narrow_get(group, p->width, i) : wide_get(group, p->width, i);
}

int64_t packed_at(const struct packed *p, uint32_t i)
{
    assert(i < p->count);
    if (p->width == 0)
        return p->least;
    const uint8_t *group = group_at(p, i);
    bool is_rest = i / PACKED_GROUP == p->count / PACKED_GROUP;
    uint64_t stored = is_rest ? rest_get(group, p->width, i % PACKED_GROUP) : group_get(p, group, i % PACKED_GROUP);
    return (int64_t)((uint64_t)p->least + p->unit * stored);
}

/* --- reading many --- */

EACH_WAY void narrow_row(const uint8_t *group, uint32_t width, uint32_t row, uint32_t out[NARROW_LANES])
{
    uint32_t bit = row * width, shift = bit % 32, mask = (uint32_t)mask_of(width);
    const word32 *low = (const word32 *)(const void *)group + bit / 32 * NARROW_LANES;
    if (shift + width <= 32) {
        for (uint32_t i = 0; i < NARROW_LANES; i++)
            out[i] = low[i] >> shift & mask;
    } else {
        for (uint32_t i = 0; i < NARROW_LANES; i++)
            out[i] = (low[i] >> shift | low[i + NARROW_LANES] << (32 - shift)) & mask;
    }
}

EACH_WAY void wide_row(const uint8_t *group, uint32_t width, uint32_t row, uint64_t out[WIDE_LANES])
{
    uint32_t bit = row * width, shift = bit % 64;
    uint64_t mask = mask_of(width);
    const word64 *low = (const word64 *)(const void *)group + bit / 64 * WIDE_LANES;
    if (shift + width <= 64) {
        for (uint32_t i = 0; i < WIDE_LANES; i++)
            out[i] = low[i] >> shift & mask;
    } else {
        for (uint32_t i = 0; i < WIDE_LANES; i++)
            out[i] = (low[i] >> shift | low[i + WIDE_LANES] << (64 - shift)) & mask;
    }
}

EACH_WAY void narrow_group_i64(const struct packed *p, const uint8_t *group, int64_t *restrict out)
{
    uint64_t least = (uint64_t)p->least, unit = p->unit;
    for (uint32_t row = 0; row < NARROW_ROWS; row++, out += NARROW_LANES) {
        uint32_t stored[NARROW_LANES];
        narrow_row(group, p->width, row, stored);
        if (unit <= UINT32_MAX) { /* the product of two halves is one instruction */
            for (uint32_t i = 0; i < NARROW_LANES; i++)
                out[i] = (int64_t)(least + (uint64_t)(uint32_t)unit * stored[i]);
        } else {
            for (uint32_t i = 0; i < NARROW_LANES; i++)
                out[i] = (int64_t)(least + unit * stored[i]);
        }
    }
}

EACH_WAY void wide_group_i64(const struct packed *p, const uint8_t *group, int64_t *restrict out)
{
    uint64_t least = (uint64_t)p->least, unit = p->unit;
    for (uint32_t row = 0; row < WIDE_ROWS; row++, out += WIDE_LANES) {
        uint64_t stored[WIDE_LANES];
        wide_row(group, p->width, row, stored);
        for (uint32_t i = 0; i < WIDE_LANES; i++)
            out[i] = (int64_t)(least + unit * stored[i]);
    }
}

/* A read of [from, from + count): its whole groups, and then some of the group or of the rest behind them. */
struct reading {
    const uint8_t *group; /* the first */
    uint32_t groups;
    uint32_t behind;  /* values behind them */
    bool is_rest;     /* which lie bit after bit */
};

static struct reading reading_of(const struct packed *p, uint32_t from, uint32_t count)
{
    assert(from % PACKED_GROUP == 0 && from <= p->count && count <= p->count - from);
    return (struct reading){.group = group_at(p, from), .groups = count / PACKED_GROUP, .behind = count % PACKED_GROUP,
                            .is_rest = (from + count) / PACKED_GROUP == p->count / PACKED_GROUP};
}

/* A row of the rest behind all groups, where lanes lie bit after bit; behind the last value zeros. */
EACH_WAY void rest_row(const struct reading *r, uint32_t width, uint32_t row, uint32_t out[NARROW_LANES])
{
    uint32_t first = row * NARROW_LANES, left = r->behind - first;
    if (left >= NARROW_LANES) {
        for (uint32_t i = 0; i < NARROW_LANES; i++)
            out[i] = (uint32_t)narrow_rest_get(r->group, width, first + i);
        return;
    }
    memset(out, 0, NARROW_LANES * sizeof *out);
    for (uint32_t i = 0; i < left; i++)
        out[i] = (uint32_t)narrow_rest_get(r->group, width, first + i);
}

/* Clears what rows have set behind the last of them. */
static void bits_end(uint64_t *io_bits, uint32_t count)
{
    if (count % 64 > 0)
        io_bits[count / 64] &= UINT64_MAX >> (64 - count % 64);
}

EACH_WAY void i64_read(const struct packed *p, uint32_t from, uint32_t count, int64_t *restrict out)
{
    struct reading r = reading_of(p, from, count);
    uint64_t least = (uint64_t)p->least, unit = p->unit;
    for (uint32_t i = 0; i < r.groups; i++, r.group += group_bytes(p->width), out += PACKED_GROUP) {
        if (p->width <= NARROW_WIDTH)
            narrow_group_i64(p, r.group, out);
        else
            wide_group_i64(p, r.group, out);
    }
    if (r.is_rest && p->width <= NARROW_WIDTH) {
        for (uint32_t i = 0; i < r.behind; i++)
            out[i] = (int64_t)(least + unit * narrow_rest_get(r.group, p->width, i));
        return;
    }
    for (uint32_t i = 0; i < r.behind; i++)
        out[i] = (int64_t)(least + unit * (r.is_rest ? rest_get(r.group, p->width, i) : group_get(p, r.group, i)));
}

EACH_WAY void u32_read(const struct packed *p, uint32_t from, uint32_t count, uint32_t *restrict out)
{
    struct reading r = reading_of(p, from, count);
    for (uint32_t i = 0; i < r.groups; i++, r.group += group_bytes(p->width))
        for (uint32_t row = 0; row < NARROW_ROWS; row++, out += NARROW_LANES)
            narrow_row(r.group, p->width, row, out);
    for (uint32_t i = 0; i < r.behind; i++)
        out[i] = (uint32_t)(r.is_rest ? narrow_rest_get(r.group, p->width, i) : narrow_get(r.group, p->width, i));
}

EACH_WAY void u16_read(const struct packed *p, uint32_t from, uint32_t count, uint16_t *restrict out)
{
    struct reading r = reading_of(p, from, count);
    for (uint32_t i = 0; i < r.groups; i++, r.group += group_bytes(p->width)) {
        for (uint32_t row = 0; row < NARROW_ROWS; row++, out += NARROW_LANES) {
            uint32_t stored[NARROW_LANES];
            narrow_row(r.group, p->width, row, stored);
            for (uint32_t k = 0; k < NARROW_LANES; k++)
                out[k] = (uint16_t)stored[k];
        }
    }
    for (uint32_t i = 0; i < r.behind; i++)
        out[i] = (uint16_t)(r.is_rest ? narrow_rest_get(r.group, p->width, i) : narrow_get(r.group, p->width, i));
}

/* A set of codes of eight bits, as what one instruction looks sixteen codes up in. */
struct byte_set {
    __m128i low, high; /* the bits of codes below 128, and of those from 128 on */
};

static struct byte_set byte_set_of(const uint64_t *set, uint32_t width)
{
    uint64_t words[4] = {0};
    for (uint32_t i = 0; i < 4 && i * 64 < 1u << width; i++)
        words[i] = set[i];
    return (struct byte_set){_mm_set_epi64x((int64_t)words[1], (int64_t)words[0]), _mm_set_epi64x((int64_t)words[3], (int64_t)words[2])};
}

EACH_WAY __m128i bytes_of_lanes(const uint32_t lanes[16])
{
    const __m128i *from = (const __m128i *)(const void *)lanes;
    __m128i front = _mm_packus_epi32(_mm_loadu_si128(from), _mm_loadu_si128(from + 1));
    __m128i back = _mm_packus_epi32(_mm_loadu_si128(from + 2), _mm_loadu_si128(from + 3));
    return _mm_packus_epi16(front, back);
}

/* A bit for each of sixteen codes: it is in the set. A look-up gives zero where the place's upper bit is set. */
EACH_WAY uint32_t bytes_match(__m128i codes, struct byte_set set)
{
    __m128i byte = _mm_and_si128(_mm_srli_epi16(codes, 3), _mm_set1_epi8(0x1f));
    __m128i bit = _mm_shuffle_epi8(_mm_set1_epi64x((int64_t)UINT64_C(0x8040201008040201)), _mm_and_si128(codes, _mm_set1_epi8(7)));
    __m128i low = _mm_shuffle_epi8(set.low, _mm_add_epi8(byte, _mm_set1_epi8(0x70)));
    __m128i high = _mm_shuffle_epi8(set.high, _mm_sub_epi8(byte, _mm_set1_epi8(0x10)));
    __m128i found = _mm_and_si128(_mm_or_si128(low, high), bit);
    return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(found, bit));
}

EACH_WAY uint32_t lanes_match(const uint32_t lanes[NARROW_LANES], const uint64_t *set)
{
    uint32_t bits = 0;
    for (uint32_t i = 0; i < NARROW_LANES; i++)
        bits |= (uint32_t)(set[lanes[i] / 64] >> lanes[i] % 64 & 1) << i;
    return bits;
}

/* A set of codes of at most eight bits, as a way looks them up. */
struct small_set {
    uint32_t words[16]; /* of 32 bits; the others are 0 */
    struct byte_set bytes;
};

static struct small_set small_set_of(const uint64_t *set, uint32_t width)
{
    struct small_set small = {.bytes = byte_set_of(set, width)};
    for (uint32_t i = 0; i < 8 && i * 32 < 1u << width; i++)
        small.words[i] = (uint32_t)(set[i / 2] >> i % 2 * 32);
    return small;
}

/* A bit for each of the lanes whose code is in the set; into a word of each set. */
typedef void lanes_in_sets(const uint32_t lanes[NARROW_LANES], const struct small_set *small, const struct packed_set *sets, uint32_t set_count, size_t word, uint32_t row);

__attribute__((target("avx512f"))) static inline void avx512_lanes_in_sets(const uint32_t lanes[NARROW_LANES], const struct small_set *small,
                                                                           const struct packed_set *sets, uint32_t set_count, size_t word, uint32_t row)
{
    __m512i front = _mm512_loadu_si512(lanes), back = _mm512_loadu_si512(lanes + 16), one = _mm512_set1_epi32(1), last = _mm512_set1_epi32(31);
    __m512i front_word = _mm512_srli_epi32(front, 5), back_word = _mm512_srli_epi32(back, 5);
    front = _mm512_and_si512(front, last);
    back = _mm512_and_si512(back, last);
    for (uint32_t k = 0; k < set_count; k++) {
        __m512i words = _mm512_loadu_si512(small[k].words);
        __mmask16 low = _mm512_test_epi32_mask(_mm512_srlv_epi32(_mm512_permutexvar_epi32(front_word, words), front), one);
        __mmask16 high = _mm512_test_epi32_mask(_mm512_srlv_epi32(_mm512_permutexvar_epi32(back_word, words), back), one);
        ((uint32_t *)(void *)(sets[k].bits + word))[row] = (uint32_t)low | (uint32_t)high << 16;
    }
}

EACH_WAY void bytes_in_sets(const uint32_t lanes[NARROW_LANES], const struct small_set *small, const struct packed_set *sets, uint32_t set_count, size_t word, uint32_t row)
{
    __m128i front = bytes_of_lanes(lanes), back = bytes_of_lanes(lanes + 16);
    for (uint32_t k = 0; k < set_count; k++)
        ((uint32_t *)(void *)(sets[k].bits + word))[row] = bytes_match(front, small[k].bytes) | bytes_match(back, small[k].bytes) << 16;
}
#define avx2_lanes_in_sets bytes_in_sets
#define any_lanes_in_sets bytes_in_sets

EACH_WAY void match_group(const uint8_t *group, uint32_t width, const struct packed_set *sets, uint32_t set_count, size_t word)
{
    for (uint32_t row = 0; row < NARROW_ROWS; row++) {
        uint32_t lanes[NARROW_LANES];
        narrow_row(group, width, row, lanes);
        for (uint32_t k = 0; k < set_count; k++)
            ((uint32_t *)(void *)(sets[k].bits + word))[row] = lanes_match(lanes, sets[k].set);
    }
}

EACH_WAY void match_read(const struct packed *p, const struct packed_set *sets, uint32_t set_count, lanes_in_sets *in_sets)
{
    struct reading r = reading_of(p, 0, p->count);
    struct small_set small[PACKED_SETS_MAX];
    size_t word = 0;
    for (uint32_t k = 0; k < set_count && p->width <= 8; k++)
        small[k] = small_set_of(sets[k].set, p->width);
    for (uint32_t i = 0; i < r.groups; i++, r.group += group_bytes(p->width), word += PACKED_GROUP / 64) {
        uint32_t lanes[NARROW_LANES];
        if (p->width > 8)
            match_group(r.group, p->width, sets, set_count, word);
        for (uint32_t row = 0; p->width <= 8 && row < NARROW_ROWS; row++) {
            narrow_row(r.group, p->width, row, lanes);
            in_sets(lanes, small, sets, set_count, word, row);
        }
    }
    for (uint32_t row = 0; row * NARROW_LANES < r.behind; row++) {
        uint32_t lanes[NARROW_LANES];
        rest_row(&r, p->width, row, lanes);
        if (p->width <= 8)
            in_sets(lanes, small, sets, set_count, word, row);
        for (uint32_t k = 0; k < set_count && p->width > 8; k++)
            ((uint32_t *)(void *)(sets[k].bits + word))[row] = lanes_match(lanes, sets[k].set);
    }
    for (uint32_t k = 0; k < set_count; k++)
        bits_end(sets[k].bits, p->count);
}

/* --- at or above edges --- */

/* A bit for each of the lanes that isn't below a bound; into a word of each. */
typedef void lanes_since(const uint32_t lanes[NARROW_LANES], const struct packed_bound *bounds, uint32_t bound_count, size_t word, uint32_t row);

__attribute__((target("avx512f,avx512bw"))) static inline void avx512_lanes_since(const uint32_t lanes[NARROW_LANES], const struct packed_bound *bounds,
                                                                        uint32_t bound_count, size_t word, uint32_t row)
{
    __m512i front = _mm512_loadu_si512(lanes), back = _mm512_loadu_si512(lanes + 16);
    for (uint32_t k = 0; k < bound_count; k++) {
        __m512i bound = _mm512_set1_epi32((int)bounds[k].least);
        __mmask16 low = _mm512_cmpge_epu32_mask(front, bound), high = _mm512_cmpge_epu32_mask(back, bound);
        ((uint32_t *)(void *)(bounds[k].bits + word))[row] = (uint32_t)_mm512_kunpackw((__mmask32)high, (__mmask32)low);
    }
}

__attribute__((target("avx2"))) static inline void avx2_lanes_since(const uint32_t lanes[NARROW_LANES], const struct packed_bound *bounds,
                                                                   uint32_t bound_count, size_t word, uint32_t row)
{
    for (uint32_t k = 0; k < bound_count; k++) {
        __m256i bound = _mm256_set1_epi32((int)bounds[k].least);
        uint32_t bits = 0;
        for (uint32_t i = 0; i < NARROW_LANES; i += 8) {
            __m256i values = _mm256_loadu_si256((const __m256i *)(const void *)(lanes + i));
            __m256i is_since = _mm256_cmpeq_epi32(_mm256_max_epu32(values, bound), values);
            bits |= (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(is_since)) << i;
        }
        ((uint32_t *)(void *)(bounds[k].bits + word))[row] = bits;
    }
}

EACH_WAY void any_lanes_since(const uint32_t lanes[NARROW_LANES], const struct packed_bound *bounds, uint32_t bound_count, size_t word, uint32_t row)
{
    for (uint32_t k = 0; k < bound_count; k++) {
        __m128i bound = _mm_set1_epi32((int)bounds[k].least);
        uint32_t bits = 0;
        for (uint32_t i = 0; i < NARROW_LANES; i += 4) {
            __m128i values = _mm_loadu_si128((const __m128i *)(const void *)(lanes + i));
            __m128i is_since = _mm_cmpeq_epi32(_mm_max_epu32(values, bound), values);
            bits |= (uint32_t)_mm_movemask_ps(_mm_castsi128_ps(is_since)) << i;
        }
        ((uint32_t *)(void *)(bounds[k].bits + word))[row] = bits;
    }
}

EACH_WAY void wide_group_since(const uint8_t *group, uint32_t width, const struct packed_bound *bounds, uint32_t bound_count, size_t word)
{
    for (uint32_t row = 0; row < WIDE_ROWS; row++) {
        uint64_t lanes[WIDE_LANES];
        wide_row(group, width, row, lanes);
        for (uint32_t k = 0; k < bound_count; k++) {
            uint32_t bits = 0;
            for (uint32_t i = 0; i < WIDE_LANES; i++)
                bits |= (uint32_t)(lanes[i] >= bounds[k].least) << i;
            ((uint16_t *)(void *)(bounds[k].bits + word))[row] = (uint16_t)bits;
        }
    }
}

EACH_WAY void wide_rest_since(const struct reading *r, uint32_t width, const struct packed_bound *bounds, uint32_t bound_count, size_t word)
{
    for (uint32_t k = 0; k < bound_count; k++)
        bits_clear(bounds[k].bits + word, r->behind);
    for (uint32_t i = 0; i < r->behind; i++) {
        uint64_t stored = rest_get(r->group, width, i);
        for (uint32_t k = 0; k < bound_count; k++)
            bounds[k].bits[word + i / 64] |= (uint64_t)(stored >= bounds[k].least) << i % 64;
    }
}

EACH_WAY void since_read(const struct packed *p, const struct packed_bound *bounds, uint32_t bound_count, lanes_since *since)
{
    struct reading r = reading_of(p, 0, p->count);
    size_t word = 0;
    for (uint32_t i = 0; i < r.groups; i++, r.group += group_bytes(p->width), word += PACKED_GROUP / 64) {
        uint32_t lanes[NARROW_LANES];
        if (p->width > NARROW_WIDTH)
            wide_group_since(r.group, p->width, bounds, bound_count, word);
        for (uint32_t row = 0; p->width <= NARROW_WIDTH && row < NARROW_ROWS; row++) {
            narrow_row(r.group, p->width, row, lanes);
            since(lanes, bounds, bound_count, word, row);
        }
    }
    for (uint32_t row = 0; p->width <= NARROW_WIDTH && row * NARROW_LANES < r.behind; row++) {
        uint32_t lanes[NARROW_LANES];
        rest_row(&r, p->width, row, lanes);
        since(lanes, bounds, bound_count, word, row);
    }
    if (p->width > NARROW_WIDTH)
        wide_rest_since(&r, p->width, bounds, bound_count, word);
    for (uint32_t k = 0; k < bound_count; k++)
        bits_end(bounds[k].bits, p->count);
}

/* --- ways --- */

static bool avx512_supported(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl");
}

static bool avx2_supported(void)
{
    return __builtin_cpu_supports("avx2");
}

static bool any_supported(void)
{
    return true;
}

#define DEFINE_WAY(name, ATTRIBUTE)                                                                                     \
    ATTRIBUTE static void name##_i64(const struct packed *p, uint32_t from, uint32_t count, int64_t *out)               \
    {                                                                                                                   \
        i64_read(p, from, count, out);                                                                                  \
    }                                                                                                                   \
    ATTRIBUTE static void name##_u32(const struct packed *p, uint32_t from, uint32_t count, uint32_t *out)              \
    {                                                                                                                   \
        u32_read(p, from, count, out);                                                                                  \
    }                                                                                                                   \
    ATTRIBUTE static void name##_u16(const struct packed *p, uint32_t from, uint32_t count, uint16_t *out)              \
    {                                                                                                                   \
        u16_read(p, from, count, out);                                                                                  \
    }                                                                                                                   \
    ATTRIBUTE static void name##_match(const struct packed *p, const struct packed_set *sets, uint32_t set_count)       \
    {                                                                                                                   \
        match_read(p, sets, set_count, name##_lanes_in_sets);                                                                              \
    }                                                                                                                   \
    ATTRIBUTE static void name##_since(const struct packed *p, const struct packed_bound *bounds, uint32_t bound_count) \
    {                                                                                                                   \
        since_read(p, bounds, bound_count, name##_lanes_since);                                                         \
    }

DEFINE_WAY(avx512, __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"))))
DEFINE_WAY(avx2, __attribute__((target("avx2"))))
DEFINE_WAY(any, )

const struct packed_way packed_ways[] = {
    {"avx512", avx512_supported, avx512_i64, avx512_u32, avx512_u16, avx512_match, avx512_since},
    {"avx2", avx2_supported, avx2_i64, avx2_u32, avx2_u16, avx2_match, avx2_since},
    {"any", any_supported, any_i64, any_u32, any_u16, any_match, any_since},
};
const size_t packed_way_count = sizeof packed_ways / sizeof *packed_ways;

/* Whichever thread asks first finds the same one. */
static const struct packed_way *way(void)
{
    static _Atomic(const struct packed_way *) chosen;
    const struct packed_way *w = atomic_load_explicit(&chosen, memory_order_relaxed);
    if (w != NULL)
        return w;
    for (w = packed_ways; !w->is_supported();)
        w++;
    atomic_store_explicit(&chosen, w, memory_order_relaxed);
    return w;
}

/* Where every value is the same there may be no data at all. */
static bool is_plain(const struct packed *p, uint32_t width_max)
{
    return p->least == 0 && p->unit == 1 && p->width <= width_max;
}

void packed_i64(const struct packed *p, uint32_t from, uint32_t count, int64_t *out)
{
    if (p->width > 0) {
        way()->i64(p, from, count, out);
        return;
    }
    for (uint32_t i = 0; i < count; i++)
        out[i] = p->least;
}

void packed_u32(const struct packed *p, uint32_t from, uint32_t count, uint32_t *out)
{
    assert(is_plain(p, 32));
    if (p->width > 0)
        way()->u32(p, from, count, out);
    else
        memset(out, 0, count * sizeof *out);
}

void packed_u16(const struct packed *p, uint32_t from, uint32_t count, uint16_t *out)
{
    assert(is_plain(p, 16));
    if (p->width > 0)
        way()->u16(p, from, count, out);
    else
        memset(out, 0, count * sizeof *out);
}

void packed_match_each(const struct packed *p, const struct packed_set *sets, uint32_t set_count)
{
    assert(is_plain(p, MATCH_WIDTH_MAX) && set_count <= PACKED_SETS_MAX);
    if (p->width > 0) {
        way()->match(p, sets, set_count);
        return;
    }
    for (uint32_t k = 0; k < set_count; k++) {
        if ((sets[k].set[0] & 1) == 0)
            bits_clear(sets[k].bits, p->count);
        else
            bits_fill(sets[k].bits, p->count);
    }
}

uint32_t packed_match(const struct packed *p, const uint64_t *set, uint64_t *out_bits)
{
    packed_match_each(p, &(struct packed_set){.set = set, .bits = out_bits}, 1);
    return bits_count(out_bits, bits_words(p->count) * sizeof *out_bits);
}

/* Values that go round 2^64, as only forged bytes have them, aren't in the order of what is stored. */
static bool goes_round(const struct packed *p)
{
    return p->least + (signed_double_word)p->unit * mask_of(p->width) > INT64_MAX;
}

static void since_one_by_one(const struct packed *p, int64_t edge, uint64_t *out_bits)
{
    bits_clear(out_bits, p->count);
    for (uint32_t i = 0; i < p->count; i++)
        if (packed_at(p, i) >= edge)
            bit_set(out_bits, i);
}

void packed_since(const struct packed *p, const int64_t *edges, uint32_t edge_count, uint64_t *const *out_bits)
{
    struct packed_bound bounds[PACKED_EDGES_MAX];
    uint32_t count = 0;
    assert(edge_count <= PACKED_EDGES_MAX);
    for (uint32_t k = 0; k < edge_count; k++) {
        uint64_t above = edges[k] <= p->least ? 0 : (uint64_t)edges[k] - (uint64_t)p->least;
        uint64_t least = above / p->unit + (above % p->unit != 0);
        if (goes_round(p))
            since_one_by_one(p, edges[k], out_bits[k]);
        else if (least == 0)
            bits_fill(out_bits[k], p->count);
        else if (least > mask_of(p->width))
            bits_clear(out_bits[k], p->count);
        else
            bounds[count++] = (struct packed_bound){.least = least, .bits = out_bits[k]};
    }
    if (count > 0)
        way()->since(p, bounds, count);
}
