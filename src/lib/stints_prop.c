/* Work on bits against one thing after the other, in each way that this processor has. Covers: stints.c */
#include "lib/stints.h"

#include "lib/bits.h"
#include "lib/stints_ways.h"
#include "testing/test.h"

#define THINGS_MAX 700u
#define WORDS_MAX (THINGS_MAX / 64 + 2)

static void any_bits(struct t *t, uint32_t count, uint64_t *out)
{
    double chance = (double)rng_below(&t->rng, 11) / 10;
    memset(out, 0, WORDS_MAX * sizeof *out);
    for (uint32_t i = 0; i < count; i++)
        if (rng_chance(&t->rng, rng_chance(&t->rng, 0.1) ? 0.5 : chance * chance))
            bit_set(out, i);
}

/* Long stints, short ones, and some that end where a word does. */
static struct stints any_stints(struct t *t, uint64_t *starts)
{
    uint32_t count = 1 + (uint32_t)rng_below(&t->rng, rng_chance(&t->rng, 0.3) ? 130 : THINGS_MAX);
    any_bits(t, count, starts);
    for (uint32_t i = 0; i < count; i += 64)
        if (rng_chance(&t->rng, 0.3))
            bit_set(starts, i);
    bit_set(starts, 0);
    return (struct stints){.count = count, .starts = starts};
}

static uint32_t stint_of(const struct stints *s, uint32_t thing)
{
    uint32_t stint = 0;
    for (uint32_t i = 1; i <= thing; i++)
        stint += bit_is_set(s->starts, i);
    return stint;
}

static void stints_have_any(struct t *t)
{
    uint64_t starts[WORDS_MAX], bits[WORDS_MAX], want[WORDS_MAX] = {0}, got[WORDS_MAX];
    struct stints s = any_stints(t, starts);
    any_bits(t, s.count, bits);
    for (uint32_t i = 0; i < s.count; i++)
        if (bit_is_set(bits, i))
            bit_set(want, stint_of(&s, i));
    size_t words = bits_words(stint_of(&s, s.count - 1) + 1);
    for (size_t w = 0; w <= stints_way_count; w++) {
        bool is_public = w == stints_way_count;
        if (!is_public && !stints_ways[w].is_supported())
            continue;
        memset(got, 0x77, sizeof got);
        (is_public ? stints_any : stints_ways[w].any)(&s, bits, got);
        CHECK(t, memcmp(got, want, words * sizeof *got) == 0);
        CHECK(t, got[words] == UINT64_C(0x7777777777777777));
    }
}

static void stints_are_reached(struct t *t)
{
    uint64_t starts[WORDS_MAX], bits[WORDS_MAX], stints[WORDS_MAX], behind[WORDS_MAX], whole[WORDS_MAX];
    struct stints s = any_stints(t, starts);
    uint32_t wrong = 0, behind_count = 0, whole_count = 0;
    bool is_behind = false;
    any_bits(t, s.count, bits);
    any_bits(t, stint_of(&s, s.count - 1) + 1, stints);
    stints_behind(&s, bits, behind);
    stints_whole(&s, stints, whole);
    for (uint32_t i = 0; i < s.count; i++) {
        is_behind &= !bit_is_set(starts, i);
        wrong += bit_is_set(behind, i) != is_behind;
        wrong += bit_is_set(whole, i) != bit_is_set(stints, stint_of(&s, i));
        behind_count += is_behind;
        whole_count += bit_is_set(whole, i);
        is_behind |= bit_is_set(bits, i);
    }
    CHECK_EQ(t, wrong, 0);
    CHECK_EQ(t, bits_count(behind, bits_words(s.count) * 8), behind_count); /* and none behind the last thing */
    CHECK_EQ(t, bits_count(whole, bits_words(s.count) * 8), whole_count);
}

static void masks_squeeze_and_spread(struct t *t)
{
    uint32_t count = (uint32_t)rng_below(&t->rng, THINGS_MAX), taken = 0, wrong = 0;
    uint64_t bits[WORDS_MAX], mask[WORDS_MAX], want[WORDS_MAX] = {0}, got[WORDS_MAX], back[WORDS_MAX];
    size_t words = bits_words(count);
    any_bits(t, count, bits);
    any_bits(t, count, mask);
    for (uint32_t i = 0; i < count; i++)
        if (bit_is_set(mask, i) && ++taken > 0 && bit_is_set(bits, i))
            bit_set(want, taken - 1);
    for (size_t w = 0; w <= stints_way_count; w++) {
        bool is_public = w == stints_way_count;
        if (!is_public && !stints_ways[w].is_supported())
            continue;
        memset(got, 0x77, sizeof got);
        (is_public ? bits_squeeze : stints_ways[w].squeeze)(bits, mask, words, got);
        CHECK(t, memcmp(got, want, bits_words(taken) * sizeof *got) == 0);
        CHECK(t, got[bits_words(taken)] == UINT64_C(0x7777777777777777));
        (is_public ? bits_spread : stints_ways[w].spread)(got, mask, words, back);
        for (size_t i = 0; i < words; i++)
            wrong += back[i] != (bits[i] & mask[i]);
        uint64_t shared = (is_public ? bits_shared : stints_ways[w].shared)(bits, mask, words);
        CHECK_EQ(t, shared, bits_count(want, sizeof want));
    }
    CHECK_EQ(t, wrong, 0);
}

static void places_are_found(struct t *t)
{
    uint64_t bits[WORDS_MAX];
    uint32_t ranks[WORDS_MAX + 1], count = (uint32_t)rng_below(&t->rng, THINGS_MAX), before = 0, wrong = 0;
    any_bits(t, count, bits);
    bits_ranks(bits, bits_words(count), ranks);
    for (uint32_t i = 0; i < count; i++) {
        wrong += bits_rank(bits, ranks, i) != before;
        if (!bit_is_set(bits, i))
            continue;
        wrong += bits_select(bits, ranks, bits_words(count), before) != i;
        for (size_t w = 0; w < stints_way_count; w++)
            wrong += stints_ways[w].is_supported() &&
                     stints_ways[w].select(bits, ranks, bits_words(count), before) != i;
        before++;
    }
    CHECK_EQ(t, wrong, 0);
}

static const struct test tests[] = {
    {"stints have any of the bits", stints_have_any, 400},
    {"stints are reached behind a bit, and whole", stints_are_reached, 400},
    {"masks squeeze and spread", masks_squeeze_and_spread, 400},
    {"places are found", places_are_found, 100},
};
TEST_MAIN(tests)
