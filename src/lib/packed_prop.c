/* Packed integers against the values themselves, in each way of reading that this processor has. */
#include "lib/packed.h"

#include <stdlib.h>

#include "lib/packed_ways.h"
#include "testing/test.h"

#define COUNT_MAX 5000u

struct sample {
    uint32_t count;
    int64_t *values;
    struct packed packed;
};

static uint64_t any_below(struct t *t, uint32_t width)
{
    return width == 0 ? 0 : rng_next(&t->rng) >> (64 - width);
}

/* Counts around the edges of groups come often. */
static uint32_t any_count(struct t *t)
{
    uint32_t groups = (uint32_t)rng_below(&t->rng, 4) * PACKED_GROUP;
    switch (rng_below(&t->rng, 3)) {
    case 0:
        return groups + (uint32_t)rng_below(&t->rng, 3);
    case 1:
        return groups + PACKED_GROUP - 1;
    default:
        return groups + (uint32_t)rng_below(&t->rng, PACKED_GROUP);
    }
}

static struct sample sample_of(struct t *t, uint32_t count, int64_t *values)
{
    struct sample s = {.count = count, .values = values, .packed = packed_plan(values, count)};
    size_t bytes = packed_bytes(&s.packed), offset = rng_below(&t->rng, 8);
    uint8_t *data = arena_take(t->arena, offset + bytes + PACKED_BEHIND, 8);
    memset(data, 0xa5, offset + bytes + PACKED_BEHIND); /* what is behind must not matter */
    packed_put(&s.packed, values, data + offset);
    CHECK_EQ(t, data[offset + bytes], 0xa5);
    s.packed.data = data + offset;
    return s;
}

static struct sample any_sample(struct t *t, uint32_t width, int64_t least, uint64_t unit)
{
    uint32_t count = any_count(t);
    int64_t *values = ARENA_ARRAY(t->arena, int64_t, count + 1);
    for (uint32_t i = 0; i < count; i++)
        values[i] = (int64_t)((uint64_t)least + unit * any_below(t, width));
    if (count > 1) {
        values[rng_below(&t->rng, count / 2)] = least;
        values[count / 2 + rng_below(&t->rng, count - count / 2)] = (int64_t)((uint64_t)least + unit * (width == 0 ? 0 : UINT64_MAX >> (64 - width)));
    }
    return sample_of(t, count, values);
}

/* A part of it that begins with a group. */
static void any_part(struct t *t, const struct packed *p, uint32_t *out_from, uint32_t *out_count)
{
    *out_from = (uint32_t)rng_below(&t->rng, p->count / PACKED_GROUP + 1) * PACKED_GROUP;
    *out_count = rng_chance(&t->rng, 0.5) ? p->count - *out_from : (uint32_t)rng_below(&t->rng, p->count - *out_from + 1);
}

static void values_are_read(struct t *t)
{
    uint32_t width = (uint32_t)rng_below(&t->rng, 65);
    uint64_t unit = width > 36 ? 1 : 1 + any_below(t, (uint32_t)rng_below(&t->rng, 24));
    int64_t least = width == 64 ? INT64_MIN : (int64_t)any_below(t, 62) * (rng_chance(&t->rng, 0.5) ? 1 : -1);
    if (width == 63)
        least = -(int64_t)any_below(t, 62) - 1;
    struct sample s = any_sample(t, width, least, unit);
    int64_t *got = ARENA_ARRAY(t->arena, int64_t, COUNT_MAX);
    uint32_t from, count;
    CHECK(t, s.packed.width <= width);
    any_part(t, &s.packed, &from, &count);
    for (size_t w = 0; w < packed_way_count; w++) {
        if (!packed_ways[w].is_supported() || s.packed.width == 0)
            continue;
        memset(got, 0x77, COUNT_MAX * sizeof *got);
        packed_ways[w].i64(&s.packed, from, count, got);
        CHECK(t, memcmp(got, s.values + from, count * sizeof *got) == 0);
        CHECK_EQ(t, got[count], 0x7777777777777777);
    }
    packed_i64(&s.packed, from, count, got);
    CHECK(t, memcmp(got, s.values + from, count * sizeof *got) == 0);
    for (uint32_t i = 0; i < 100 && s.count > 0; i++) {
        uint32_t at = (uint32_t)rng_below(&t->rng, s.count);
        CHECK_EQ(t, packed_at(&s.packed, at), s.values[at]);
    }
}

static void codes_are_read(struct t *t)
{
    struct sample s = any_sample(t, (uint32_t)rng_below(&t->rng, 33), 0, 1);
    uint32_t *got = ARENA_ARRAY(t->arena, uint32_t, COUNT_MAX), from, count, wrong = 0;
    uint16_t *got16 = ARENA_ARRAY(t->arena, uint16_t, COUNT_MAX);
    if (s.packed.least != 0 || s.packed.unit != 1) /* few values may be nearer to each other */
        return;
    any_part(t, &s.packed, &from, &count);
    for (size_t w = 0; w <= packed_way_count; w++) {
        bool is_public = w == packed_way_count;
        if (!is_public && (s.packed.width == 0 || !packed_ways[w].is_supported()))
            continue;
        got[count] = 7, got16[count] = 7;
        (is_public ? packed_u32 : packed_ways[w].u32)(&s.packed, from, count, got);
        if (s.packed.width <= 16)
            (is_public ? packed_u16 : packed_ways[w].u16)(&s.packed, from, count, got16);
        for (uint32_t i = 0; i < count; i++)
            wrong += got[i] != s.values[from + i] || (s.packed.width <= 16 && got16[i] != s.values[from + i]);
        CHECK_EQ(t, got[count], 7);
        CHECK_EQ(t, got16[count], 7);
    }
    CHECK_EQ(t, wrong, 0);
}

static void members_of_a_set_are_found(struct t *t)
{
    struct sample s = any_sample(t, (uint32_t)rng_below(&t->rng, 17), 0, 1);
    uint64_t set[1024], bits[COUNT_MAX / 64 + 2], all = rng_below(&t->rng, 3);
    uint32_t want = 0, wrong = 0;
    if (s.packed.least != 0 || s.packed.unit != 1)
        return;
    for (size_t i = 0; i < COUNT_OF(set); i++)
        set[i] = all == 0 ? 0 : all == 1 ? UINT64_MAX : rng_next(&t->rng);
    for (uint32_t i = 0; i < s.count; i++)
        want += (uint32_t)(set[s.values[i] / 64] >> s.values[i] % 64 & 1);
    for (size_t w = 0; w <= packed_way_count; w++) {
        bool is_public = w == packed_way_count;
        if (!is_public && (s.packed.width == 0 || !packed_ways[w].is_supported()))
            continue;
        memset(bits, 0x77, sizeof bits);
        CHECK_EQ(t, (is_public ? packed_match : packed_ways[w].match)(&s.packed, set, bits), want);
        for (uint32_t i = 0; i < s.count; i++)
            wrong += (bits[i / 64] >> i % 64 & 1) != (set[s.values[i] / 64] >> s.values[i] % 64 & 1);
        if (s.count % 64 > 0)
            wrong += bits[s.count / 64] >> s.count % 64 != 0;
        CHECK(t, bits[(s.count + 63) / 64] == UINT64_C(0x7777777777777777));
    }
    CHECK_EQ(t, wrong, 0);
}

static void few_bits_are_taken(struct t *t)
{
    int64_t seconds[100], same[3] = {-5, -5, -5};
    for (int i = 0; i < 100; i++)
        seconds[i] = INT64_C(1700000000000000) + (i * 37 % 100) * INT64_C(1000000);
    struct packed p = packed_plan(seconds, 100);
    CHECK_EQ(t, p.least, 1700000000000000);
    CHECK_EQ(t, p.unit, 1000000);
    CHECK_EQ(t, p.width, 7);
    CHECK_EQ(t, packed_bytes(&p), 88); /* 700 bits */
    p = packed_plan(same, 3);
    CHECK_EQ(t, p.width, 0);
    CHECK_EQ(t, packed_at(&p, 2), -5);
    p = packed_plan(NULL, 0);
    CHECK_EQ(t, packed_bytes(&p), 0);
    p = (struct packed){.count = 2500, .width = 5};
    CHECK_EQ(t, packed_bytes(&p), 2 * 5 * 128 + (452 * 5 + 7) / 8);
}

static const struct test tests[] = {
    {"values are read as they were", values_are_read, 300},
    {"codes are read as they were", codes_are_read, 300},
    {"members of a set are found", members_of_a_set_are_found, 200},
    {"no more bits are taken than are needed", few_bits_are_taken, 1},
};
TEST_MAIN(tests)
