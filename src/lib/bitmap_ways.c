#include "lib/bitmap_ways.h"

#include <stdatomic.h>

/* Compiled anew into each way that uses it, with that way's instructions. */
#define EACH_WAY static inline __attribute__((always_inline))

/* A stride of words, which each way cuts into what its registers hold. */
typedef uint64_t stride __attribute__((vector_size(BITMAP_STRIDE_WORDS * sizeof(uint64_t)), aligned(8), may_alias));

EACH_WAY void words_combine(enum word_op op, uint64_t *out, const uint64_t *a, const uint64_t *b, size_t words)
{
    for (size_t i = 0; i < words; i += BITMAP_STRIDE_WORDS) {
        const stride *x = (const stride *)(const void *)(a + i), *y = (const stride *)(const void *)(b + i);
        stride *to = (stride *)(void *)(out + i);
        *to = op == WORD_AND ? *x & *y : op == WORD_OR ? *x | *y : op == WORD_XOR ? *x ^ *y : *x & ~*y;
    }
}

EACH_WAY void words_add(uint64_t *sum, uint64_t *carry, size_t words)
{
    for (size_t i = 0; i < words; i += BITMAP_STRIDE_WORDS) {
        stride *s = (stride *)(void *)(sum + i), *c = (stride *)(void *)(carry + i);
        stride both = *s & *c;
        *s ^= *c;
        *c = both;
    }
}

EACH_WAY uint32_t words_count(const uint64_t *bits, size_t words)
{
    uint64_t count = 0;
    for (size_t i = 0; i < words; i++)
        count += (uint64_t)__builtin_popcountll(bits[i]);
    return (uint32_t)count;
}

EACH_WAY uint32_t words_count_both(const uint64_t *a, const uint64_t *b, size_t words)
{
    uint64_t count = 0;
    for (size_t i = 0; i < words; i++)
        count += (uint64_t)__builtin_popcountll(a[i] & b[i]);
    return (uint32_t)count;
}

EACH_WAY void mask_apply(enum word_op op, uint64_t *word, uint64_t mask)
{
    *word = op == WORD_OR ? *word | mask : op == WORD_XOR ? *word ^ mask : *word & ~mask;
}

EACH_WAY void values_apply(enum word_op op, uint64_t *bits, const uint16_t *values, uint32_t count)
{
#pragma GCC unroll 4
    for (uint32_t i = 0; i < count; i++)
        mask_apply(op, bits + values[i] / 64, UINT64_C(1) << values[i] % 64);
}

/* The bits of a run in its first word, and in its last one: the same word, often. */
struct ends {
    uint32_t from, until; /* words */
    uint64_t low, high;
};

EACH_WAY struct ends ends_of(const uint16_t *run)
{
    uint32_t first = run[0], last = first + run[1];
    struct ends e = {first / 64, last / 64, UINT64_MAX << first % 64, UINT64_MAX >> (63 - last % 64)};
    if (e.from == e.until)
        e.low &= e.high;
    return e;
}

EACH_WAY void runs_apply(enum word_op op, uint64_t *bits, const uint16_t *runs, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct ends e = ends_of(runs + 2 * (size_t)i);
        mask_apply(op, bits + e.from, e.low);
        for (uint32_t k = e.from + 1; k < e.until; k++)
            mask_apply(op, bits + k, UINT64_MAX);
        if (e.from < e.until)
            mask_apply(op, bits + e.until, e.high);
    }
}

/* A run is stores alone, and as many for nearly all lengths, up to two strides: what lies behind it is set too, then cleared, which costs less than a
 * wrong guess of where to stop. The last ones, behind which there is no room for that, are put in as they are. */
EACH_WAY void words_fill_runs(uint64_t *bits, size_t words, const uint16_t *runs, uint32_t count)
{
    const stride none = {0}, all = ~none;
    uint32_t i = 0;
    for (; i < count; i++) {
        struct ends e = ends_of(runs + 2 * (size_t)i);
        if (e.until + 2 * BITMAP_STRIDE_WORDS >= words)
            break;
        uint64_t first = bits[e.from] | e.low;
        bits[e.from] = first;
        uint32_t k = e.from + 1;
        do {
            *(stride *)(void *)(bits + k) = all;
            *(stride *)(void *)(bits + k + BITMAP_STRIDE_WORDS) = all;
            k += 2 * BITMAP_STRIDE_WORDS;
        } while (k <= e.until);
        bits[e.until] = e.from == e.until ? first : e.high;
        *(stride *)(void *)(bits + e.until + 1) = none;
        *(stride *)(void *)(bits + e.until + 1 + BITMAP_STRIDE_WORDS) = none;
    }
    runs_apply(WORD_OR, bits, runs + 2 * (size_t)i, count - i);
}

/* A loop for each operator. */
EACH_WAY void words_apply_values(enum word_op op, uint64_t *bits, const uint16_t *values, uint32_t count)
{
    if (op == WORD_OR)
        values_apply(WORD_OR, bits, values, count);
    else if (op == WORD_XOR)
        values_apply(WORD_XOR, bits, values, count);
    else
        values_apply(WORD_MINUS, bits, values, count);
}

EACH_WAY void words_apply_runs(enum word_op op, uint64_t *bits, const uint16_t *runs, uint32_t count)
{
    if (op == WORD_OR)
        runs_apply(WORD_OR, bits, runs, count);
    else if (op == WORD_XOR)
        runs_apply(WORD_XOR, bits, runs, count);
    else
        runs_apply(WORD_MINUS, bits, runs, count);
}

EACH_WAY uint32_t words_count_runs(const uint64_t *bits, const uint16_t *runs, uint32_t count)
{
    uint64_t found = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct ends e = ends_of(runs + 2 * (size_t)i);
        found += (uint64_t)__builtin_popcountll(bits[e.from] & e.low);
        for (uint32_t k = e.from + 1; k < e.until; k++)
            found += (uint64_t)__builtin_popcountll(bits[k]);
        if (e.from < e.until)
            found += (uint64_t)__builtin_popcountll(bits[e.until] & e.high);
    }
    return (uint32_t)found;
}

EACH_WAY uint32_t words_count_values(const uint64_t *bits, const uint16_t *values, uint32_t count)
{
    uint64_t found = 0;
    for (uint32_t i = 0; i < count; i++)
        found += bits[values[i] / 64] >> values[i] % 64 & 1;
    return (uint32_t)found;
}

/* Each value is written, and stays where the next one doesn't take its place: a branch would be guessed wrong half the time. */
EACH_WAY uint32_t values_filter(const uint64_t *bits, uint64_t flip, const uint16_t *values, uint32_t count, uint16_t *out_values)
{
    uint64_t kept = 0;
#pragma GCC unroll 4
    for (const uint16_t *end = values + count; values < end; values++) {
        uint64_t value = *values;
        out_values[kept] = (uint16_t)value;
        kept += (bits[value / 64] ^ flip) >> value % 64 & 1;
    }
    return (uint32_t)kept;
}

EACH_WAY uint32_t words_filter_values(const uint64_t *bits, bool keeps, const uint16_t *values, uint32_t count, uint16_t *out_values)
{
    return keeps ? values_filter(bits, 0, values, count, out_values) : values_filter(bits, UINT64_MAX, values, count, out_values);
}

static bool avx512_supported(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vpopcntdq") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("bmi2");
}

static bool avx2_supported(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
}

static bool any_supported(void)
{
    return true;
}

#define DEFINE_COMBINE(name, OP, ATTRIBUTE)                                                                              \
    ATTRIBUTE static void name##_##OP(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t words)                 \
    {                                                                                                                    \
        words_combine(OP, out, a, b, words);                                                                             \
    }

#define DEFINE_WAY(name, ATTRIBUTE)                                                                                      \
    DEFINE_COMBINE(name, WORD_AND, ATTRIBUTE)                                                                            \
    DEFINE_COMBINE(name, WORD_OR, ATTRIBUTE)                                                                             \
    DEFINE_COMBINE(name, WORD_XOR, ATTRIBUTE)                                                                            \
    DEFINE_COMBINE(name, WORD_MINUS, ATTRIBUTE)                                                                          \
    ATTRIBUTE static void name##_add(uint64_t *sum, uint64_t *carry, size_t words)                                       \
    {                                                                                                                    \
        words_add(sum, carry, words);                                                                                    \
    }                                                                                                                    \
    ATTRIBUTE static uint32_t name##_count(const uint64_t *bits, size_t words)                                           \
    {                                                                                                                    \
        return words_count(bits, words);                                                                                 \
    }                                                                                                                    \
    ATTRIBUTE static uint32_t name##_count_both(const uint64_t *a, const uint64_t *b, size_t words)                      \
    {                                                                                                                    \
        return words_count_both(a, b, words);                                                                            \
    }                                                                                                                    \
    ATTRIBUTE static void name##_apply_values(enum word_op op, uint64_t *bits, const uint16_t *values, uint32_t count)    \
    {                                                                                                                    \
        words_apply_values(op, bits, values, count);                                                                     \
    }                                                                                                                    \
    ATTRIBUTE static void name##_apply_runs(enum word_op op, uint64_t *bits, const uint16_t *runs, uint32_t count)        \
    {                                                                                                                    \
        words_apply_runs(op, bits, runs, count);                                                                         \
    }                                                                                                                    \
    ATTRIBUTE static uint32_t name##_count_runs(const uint64_t *bits, const uint16_t *runs, uint32_t count)               \
    {                                                                                                                    \
        return words_count_runs(bits, runs, count);                                                                      \
    }                                                                                                                    \
    ATTRIBUTE static uint32_t name##_count_values(const uint64_t *bits, const uint16_t *values, uint32_t count)          \
    {                                                                                                                    \
        return words_count_values(bits, values, count);                                                                  \
    }                                                                                                                   \
    ATTRIBUTE static uint32_t name##_filter_values(const uint64_t *bits, bool keeps, const uint16_t *values, uint32_t count, uint16_t *out_values) \
    {                                                                                                                    \
        return words_filter_values(bits, keeps, values, count, out_values);                                              \
    }                                                                                                                    \
    ATTRIBUTE static void name##_fill_runs(uint64_t *bits, size_t words, const uint16_t *runs, uint32_t count)            \
    {                                                                                                                    \
        words_fill_runs(bits, words, runs, count);                                                                       \
    }

#define WAY_OF(way)                                                                                                      \
    {                                                                                                                    \
        .name = #way, .is_supported = way##_supported, .add = way##_add, .count = way##_count,                           \
        .combine = {way##_WORD_AND, way##_WORD_OR, way##_WORD_XOR, way##_WORD_MINUS}, .count_both = way##_count_both,    \
        .filter_values = way##_filter_values, .fill_runs = way##_fill_runs,                                              \
        .apply_values = way##_apply_values, .apply_runs = way##_apply_runs,                                              \
        .count_values = way##_count_values, .count_runs = way##_count_runs                                               \
    }

DEFINE_WAY(avx512, __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vpopcntdq,bmi,bmi2"))))
DEFINE_WAY(avx2, __attribute__((target("avx2,bmi,bmi2"))))
DEFINE_WAY(any, )

const struct bitmap_way bitmap_ways[] = {WAY_OF(avx512), WAY_OF(avx2), WAY_OF(any)};
const size_t bitmap_way_count = sizeof bitmap_ways / sizeof *bitmap_ways;

/* Whichever thread asks first finds the same one. */
const struct bitmap_way *bitmap_way(void)
{
    static _Atomic(const struct bitmap_way *) chosen;
    const struct bitmap_way *w = atomic_load_explicit(&chosen, memory_order_relaxed);
    if (w != NULL)
        return w;
    for (w = bitmap_ways; !w->is_supported();)
        w++;
    atomic_store_explicit(&chosen, w, memory_order_relaxed);
    return w;
}
