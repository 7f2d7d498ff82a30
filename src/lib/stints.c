#include "lib/stints.h"

#include <assert.h>
#include <immintrin.h>
#include <stdatomic.h>

#include "lib/bits.h"
#include "lib/stints_ways.h"

#define WORD_BITS 64u

/* Compiled anew into each way that uses it, with that way's instructions. */
#define EACH_WAY static inline __attribute__((always_inline))

/* --- words --- */

typedef uint64_t word_from(uint64_t word, uint64_t mask);

static inline uint64_t plain_squeeze_word(uint64_t word, uint64_t mask)
{
    uint64_t squeezed = 0;
    if ((word & mask) == 0)
        return 0;
    for (uint64_t to = 1; mask != 0; mask &= mask - 1, to <<= 1)
        squeezed |= (word & mask & -mask) != 0 ? to : 0;
    return squeezed;
}

static inline uint64_t plain_spread_word(uint64_t word, uint64_t mask)
{
    uint64_t spread = 0;
    for (; word != 0 && mask != 0; mask &= mask - 1, word >>= 1)
        spread |= (word & 1) != 0 ? mask & -mask : 0;
    return spread;
}

__attribute__((target("bmi2"))) static inline uint64_t bmi2_squeeze_word(uint64_t word, uint64_t mask)
{
    return _pext_u64(word, mask);
}

__attribute__((target("bmi2"))) static inline uint64_t bmi2_spread_word(uint64_t word, uint64_t mask)
{
    return _pdep_u64(word, mask);
}

/* Bits that are put side by side. */
struct filling {
    uint64_t *out, word;
    uint32_t filled; /* of the word, below 64 */
};

EACH_WAY void fill(struct filling *f, uint64_t bits, uint32_t count)
{
    f->word |= bits << f->filled;
    f->filled += count;
    if (f->filled < WORD_BITS)
        return;
    *f->out++ = f->word;
    f->filled -= WORD_BITS;
    f->word = f->filled == 0 ? 0 : bits >> (count - f->filled);
}

EACH_WAY void fill_end(struct filling *f)
{
    if (f->filled > 0)
        *f->out = f->word;
}

/* --- the last things of stints --- */

/* Where the w-th word has the last thing of a stint. */
EACH_WAY uint64_t ends_at(const struct stints *s, size_t w)
{
    size_t words = bits_words(s->count);
    uint64_t ends = s->starts[w] >> 1;
    if (w + 1 < words)
        return ends | s->starts[w + 1] << (WORD_BITS - 1);
    return ends | UINT64_C(1) << (s->count - 1) % WORD_BITS;
}

/* Which of these ends are of stints with any of the bits. All bits of a stint but that of its end are added to ones: any of them carries to the end. */
EACH_WAY uint64_t ends_with_any(uint64_t bits, uint64_t ends, bool *io_carry)
{
    uint64_t sum;
    bool first = __builtin_add_overflow(bits & ~ends, ~ends, &sum);
    bool second = __builtin_add_overflow(sum, (uint64_t)*io_carry, &sum);
    *io_carry = first | second;
    return (sum | bits) & ends;
}

EACH_WAY void any_read(const struct stints *s, const uint64_t *bits, uint64_t *out, word_from *squeeze_word)
{
    struct filling f = {.out = out};
    bool carry = false;
    for (size_t w = 0; w < bits_words(s->count); w++) {
        uint64_t ends = ends_at(s, w), found = ends_with_any(bits[w], ends, &carry);
        fill(&f, squeeze_word(found, ends), (uint32_t)__builtin_popcountll(ends));
    }
    fill_end(&f);
}

/* All from the first of the bits to the end of its stint: taken from a one behind the end, they leave ones there, but where they were themselves. */
struct reach {
    bool carry, borrow;
    uint64_t behind; /* the bit that the end in the last place of the word before has behind it */
};

static uint64_t reach_word(struct reach *r, uint64_t bits, uint64_t ends)
{
    uint64_t found = ends_with_any(bits, ends, &r->carry), left;
    bool first = __builtin_sub_overflow(found << 1 | r->behind, bits, &left);
    bool second = __builtin_sub_overflow(left, (uint64_t)r->borrow, &left);
    r->borrow = first | second;
    r->behind = found >> (WORD_BITS - 1);
    return left | bits;
}

void stints_behind(const struct stints *s, const uint64_t *bits, uint64_t *out_bits)
{
    struct reach r = {0};
    uint64_t before = 0; /* the last thing of the word before is reached, and its stint goes on */
    for (size_t w = 0; w < bits_words(s->count); w++) {
        uint64_t ends = ends_at(s, w), going_on = reach_word(&r, bits[w], ends) & ~ends;
        out_bits[w] = going_on << 1 | before;
        before = going_on >> (WORD_BITS - 1);
    }
}

void stints_whole(const struct stints *s, const uint64_t *stints, uint64_t *out_bits)
{
    struct reach r = {0};
    size_t words = bits_words(s->count);
    bits_spread(stints, s->starts, words, out_bits);
    for (size_t w = 0; w < words; w++)
        out_bits[w] = reach_word(&r, out_bits[w], ends_at(s, w));
}

/* --- bits under a mask --- */

EACH_WAY void squeeze_read(const uint64_t *bits, const uint64_t *mask, size_t words, uint64_t *out,
                           word_from *squeeze_word)
{
    struct filling f = {.out = out};
    for (size_t w = 0; w < words; w++)
        fill(&f, squeeze_word(bits[w], mask[w]), (uint32_t)__builtin_popcountll(mask[w]));
    fill_end(&f);
}

/* A word is read only when it has a bit that is wanted. */
EACH_WAY void spread_read(const uint64_t *bits, const uint64_t *mask, size_t words, uint64_t *out,
                          word_from *spread_word)
{
    uint64_t word = 0;
    uint32_t left = 0; /* of the word */
    for (size_t w = 0; w < words; w++) {
        uint32_t count = (uint32_t)__builtin_popcountll(mask[w]);
        uint64_t taken = word;
        if (count > left) {
            word = *bits++;
            taken |= left < WORD_BITS ? word << left : 0;
            word = count - left < WORD_BITS ? word >> (count - left) : 0;
            left += WORD_BITS - count;
        } else {
            word = count < WORD_BITS ? word >> count : 0;
            left -= count;
        }
        out[w] = spread_word(taken, mask[w]);
    }
}

EACH_WAY uint64_t shared_read(const uint64_t *a, const uint64_t *b, size_t words)
{
    uint64_t sum = 0;
    for (size_t w = 0; w < words; w++)
        sum += (uint64_t)__builtin_popcountll(a[w] & b[w]);
    return sum;
}

/* --- places --- */

void bits_ranks(const uint64_t *bits, size_t words, uint32_t *out_ranks)
{
    uint32_t before = 0;
    for (size_t w = 0; w < words; w++) {
        out_ranks[w] = before;
        before += (uint32_t)__builtin_popcountll(bits[w]);
    }
    out_ranks[words] = before;
}

/* Bits are spread about evenly, so the word is near to where it would be then. */
EACH_WAY uint32_t select_read(const uint64_t *bits, const uint32_t *ranks, size_t words, uint32_t n,
                              word_from *spread_word)
{
    size_t w = (size_t)((uint64_t)n * words / ranks[words]);
    while (ranks[w] > n)
        w--;
    while (ranks[w + 1] <= n)
        w++;
    return (uint32_t)(w * WORD_BITS) + (uint32_t)__builtin_ctzll(spread_word(UINT64_C(1) << (n - ranks[w]), bits[w]));
}

/* --- ways --- */

static bool avx512_supported(void)
{
    return __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("avx512f") &&
           __builtin_cpu_supports("avx512vpopcntdq");
}

static bool bmi2_supported(void)
{
    return __builtin_cpu_supports("bmi2");
}

static bool plain_supported(void)
{
    return true;
}

#define DEFINE_WAY(name, word, ATTRIBUTE)                                                                          \
    ATTRIBUTE static void name##_any(const struct stints *s, const uint64_t *bits, uint64_t *out_stints)           \
    {                                                                                                              \
        any_read(s, bits, out_stints, word##_squeeze_word);                                                        \
    }                                                                                                              \
    ATTRIBUTE static void name##_squeeze(const uint64_t *bits, const uint64_t *mask, size_t words, uint64_t *out)  \
    {                                                                                                              \
        squeeze_read(bits, mask, words, out, word##_squeeze_word);                                                 \
    }                                                                                                              \
    ATTRIBUTE static void name##_spread(const uint64_t *bits, const uint64_t *mask, size_t words, uint64_t *out)   \
    {                                                                                                              \
        spread_read(bits, mask, words, out, word##_spread_word);                                                   \
    }                                                                                                              \
    ATTRIBUTE static uint32_t name##_select(const uint64_t *bits, const uint32_t *ranks, size_t words, uint32_t n) \
    {                                                                                                              \
        return select_read(bits, ranks, words, n, word##_spread_word);                                             \
    }                                                                                                              \
    ATTRIBUTE static uint64_t name##_shared(const uint64_t *a, const uint64_t *b, size_t words)                    \
    {                                                                                                              \
        return shared_read(a, b, words);                                                                           \
    }

DEFINE_WAY(avx512, bmi2, __attribute__((target("bmi2,avx512f,avx512vpopcntdq"))))
DEFINE_WAY(bmi2, bmi2, __attribute__((target("bmi2"))))
DEFINE_WAY(plain, plain, )

const struct stints_way stints_ways[] = {
    {"avx512", avx512_supported, avx512_any, avx512_squeeze, avx512_spread, avx512_select, avx512_shared},
    {"bmi2", bmi2_supported, bmi2_any, bmi2_squeeze, bmi2_spread, bmi2_select, bmi2_shared},
    {"plain", plain_supported, plain_any, plain_squeeze, plain_spread, plain_select, plain_shared},
};
const size_t stints_way_count = sizeof stints_ways / sizeof *stints_ways;

/* Whichever thread asks first finds the same one. */
static const struct stints_way *way(void)
{
    static _Atomic(const struct stints_way *) chosen;
    const struct stints_way *w = atomic_load_explicit(&chosen, memory_order_relaxed);
    if (w != NULL)
        return w;
    for (w = stints_ways; !w->is_supported();)
        w++;
    atomic_store_explicit(&chosen, w, memory_order_relaxed);
    return w;
}

void stints_any(const struct stints *s, const uint64_t *bits, uint64_t *out_stints)
{
    assert(s->count > 0 && (s->starts[0] & 1) == 1);
    way()->any(s, bits, out_stints);
}

void bits_squeeze(const uint64_t *bits, const uint64_t *mask, size_t words, uint64_t *out)
{
    way()->squeeze(bits, mask, words, out);
}

void bits_spread(const uint64_t *bits, const uint64_t *mask, size_t words, uint64_t *out)
{
    way()->spread(bits, mask, words, out);
}

uint32_t bits_select(const uint64_t *bits, const uint32_t *ranks, size_t words, uint32_t n)
{
    assert(n < ranks[words]);
    return way()->select(bits, ranks, words, n);
}

uint64_t bits_shared(const uint64_t *a, const uint64_t *b, size_t words)
{
    return way()->shared(a, b, words);
}
