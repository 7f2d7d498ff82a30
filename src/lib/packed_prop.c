/* Packed integers against the values themselves, in each way of reading that this processor has. */
#include "lib/packed.h"

#include <stdlib.h>

#include "lib/bits.h"
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
        CHECK_EQ(t, packed_near(&s.packed, at), s.values[at]);
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
    uint64_t set[1024], others[1024], bits[COUNT_MAX / 64 + 2], other_bits[COUNT_MAX / 64 + 2], all = rng_below(&t->rng, 3);
    uint32_t want = 0, wrong = 0;
    if (s.packed.least != 0 || s.packed.unit != 1)
        return;
    for (size_t i = 0; i < COUNT_OF(set); i++) {
        set[i] = all == 0 ? 0 : all == 1 ? UINT64_MAX : rng_next(&t->rng);
        others[i] = ~set[i];
    }
    for (uint32_t i = 0; i < s.count; i++)
        want += (uint32_t)(set[s.values[i] / 64] >> s.values[i] % 64 & 1);
    CHECK_EQ(t, packed_match(&s.packed, set, bits), want);
    for (size_t w = 0; w <= packed_way_count; w++) {
        struct packed_set sets[] = {{set, bits}, {others, other_bits}};
        bool is_public = w == packed_way_count;
        if (!is_public && (s.packed.width == 0 || !packed_ways[w].is_supported()))
            continue;
        memset(bits, 0x77, sizeof bits);
        memset(other_bits, 0x77, sizeof other_bits);
        (is_public ? packed_match_each : packed_ways[w].match)(&s.packed, sets, COUNT_OF(sets));
        for (uint32_t i = 0; i < s.count; i++)
            wrong += (bits[i / 64] >> i % 64 & 1) != (set[s.values[i] / 64] >> s.values[i] % 64 & 1) || bit_is_set(bits, i) == bit_is_set(other_bits, i);
        if (s.count % 64 > 0)
            wrong += (bits[s.count / 64] | other_bits[s.count / 64]) >> s.count % 64 != 0;
        CHECK(t, bits[(s.count + 63) / 64] == UINT64_C(0x7777777777777777));
    }
    CHECK_EQ(t, wrong, 0);
}

/* Edges between values, at them, and beyond all of them. */
static int64_t any_edge(struct t *t, const struct sample *s)
{
    static const int64_t beyond[] = {INT64_MIN, INT64_MAX, 0};
    if (s->count == 0 || rng_chance(&t->rng, 0.1))
        return beyond[rng_below(&t->rng, COUNT_OF(beyond))];
    return (int64_t)((uint64_t)s->values[rng_below(&t->rng, s->count)] + rng_below(&t->rng, 3) - 1);
}

static void edges_are_seen(struct t *t)
{
    enum { EDGES = 4, WORDS = COUNT_MAX / 64 + 2 };
    uint32_t width = (uint32_t)rng_below(&t->rng, 65), wrong = 0, edge_count = (uint32_t)rng_below(&t->rng, EDGES + 1);
    uint64_t unit = width > 36 ? 1 : 1 + any_below(t, (uint32_t)rng_below(&t->rng, 24));
    int64_t least = width == 64 ? INT64_MIN : -(int64_t)any_below(t, 62) - 1, edges[EDGES];
    struct sample s = any_sample(t, width, least, unit);
    uint64_t *bits[EDGES];
    for (uint32_t k = 0; k < EDGES; k++) {
        edges[k] = any_edge(t, &s);
        bits[k] = ARENA_ARRAY(t->arena, uint64_t, WORDS);
        memset(bits[k], 0x77, WORDS * sizeof *bits[k]);
    }
    packed_since(&s.packed, edges, edge_count, bits);
    for (uint32_t k = 0; k < edge_count; k++) {
        for (uint32_t i = 0; i < s.count; i++)
            wrong += (bits[k][i / 64] >> i % 64 & 1) != (s.values[i] >= edges[k]);
        if (s.count % 64 > 0)
            wrong += bits[k][s.count / 64] >> s.count % 64 != 0;
        CHECK(t, bits[k][(s.count + 63) / 64] == UINT64_C(0x7777777777777777));
    }
    CHECK_EQ(t, wrong, 0);
}

static void all_ways_see_the_same_edges(struct t *t)
{
    enum { WORDS = COUNT_MAX / 64 + 2 };
    uint32_t wrong = 0;
    struct sample s = any_sample(t, 1 + (uint32_t)rng_below(&t->rng, 64), 0, 1);
    uint64_t bits[WORDS], mask = s.packed.width == 0 ? 0 : UINT64_MAX >> (64 - s.packed.width);
    uint64_t stored = s.count == 0 ? 1 : (uint64_t)s.values[rng_below(&t->rng, s.count)] - (uint64_t)s.packed.least;
    struct packed_bound bound = {.least = stored / s.packed.unit == 0 ? 1 : stored / s.packed.unit, .bits = bits};
    for (size_t w = 0; w < packed_way_count && s.packed.width > 0 && bound.least <= mask; w++) {
        if (!packed_ways[w].is_supported())
            continue;
        memset(bits, 0x77, sizeof bits);
        packed_ways[w].since(&s.packed, &bound, 1);
        for (uint32_t i = 0; i < s.count; i++)
            wrong += (bits[i / 64] >> i % 64 & 1) != (((uint64_t)s.values[i] - (uint64_t)s.packed.least) / s.packed.unit >= bound.least);
    }
    CHECK_EQ(t, wrong, 0);
}

/* Such as only forged bytes have: what is stored ascends, and the value goes round. */
static void values_that_go_round_are_seen_as_they_are_read(struct t *t)
{
    uint64_t bits[2], *out[] = {bits};
    uint8_t data[8 * 100 + PACKED_BEHIND];
    struct packed p = {.data = data, .count = 100, .width = 8, .least = INT64_MAX - 100, .unit = 1};
    int64_t edge = 0;
    uint32_t wrong = 0;
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)rng_next(&t->rng);
    packed_since(&p, &edge, 1, out);
    for (uint32_t i = 0; i < p.count; i++)
        wrong += (bits[i / 64] >> i % 64 & 1) != (packed_at(&p, i) >= edge);
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
    {"edges are seen", edges_are_seen, 300},
    {"all ways see the same edges", all_ways_see_the_same_edges, 200},
    {"values that go round are seen as they are read", values_that_go_round_are_seen_as_they_are_read, 20},
    {"no more bits are taken than are needed", few_bits_are_taken, 1},
};
TEST_MAIN(tests)
