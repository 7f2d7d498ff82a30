/* Sets against bytes, a byte a number; and the words of every way against those of the plainest. Covers: bitmap_ways.c */
#include "lib/bitmap.h"

#include "lib/bitmap_container.h"
#include "lib/bitmap_naive_test.h"
#include "lib/bitmap_ways.h"
#include "testing/test.h"

#define MOVES 3000u
#define WORDS 40 /* of which ways are tried on some */

static uint32_t any_index(struct t *t, uint32_t about)
{
    /* Mostly near each other, so that runs grow and shrink and counts cross their bounds. */
    if (rng_chance(&t->rng, 0.8))
        return (about + (uint32_t)rng_below(&t->rng, 600)) % NAIVE_NUMBERS;
    return (uint32_t)rng_below(&t->rng, NAIVE_NUMBERS);
}

static void move(struct t *t, struct naive *n, struct bitmap *b, uint32_t i, double share)
{
    uint8_t want = rng_chance(&t->rng, share);
    CHECK_EQ(t, bitmap_has(b, naive_number(i)), n->has[i]);
    CHECK_EQ(t, want ? bitmap_add(b, naive_number(i)) : bitmap_remove(b, naive_number(i)), want != n->has[i]);
    n->has[i] = want;
}

static void changes_are_those_of_the_model(struct t *t)
{
    struct slab *s = slab_create();
    struct naive *n = naive_any(t), *before = naive_create(t);
    struct bitmap *b = naive_bitmap(t, s, n), *frozen = NULL;
    uint32_t about = (uint32_t)rng_below(&t->rng, NAIVE_NUMBERS);
    double share = rng_unit(&t->rng);
    for (uint32_t i = 0; i < MOVES; i++) {
        if (i % (MOVES / 3) == 0) { /* from here on everything is shared again */
            bitmap_destroy(frozen);
            frozen = bitmap_copy(b);
            *before = *n;
        }
        move(t, n, b, any_index(t, about), share);
    }
    naive_compare(t, n, b);
    naive_compare(t, before, frozen);
    bitmap_destroy(b);
    naive_compare(t, before, frozen);
    bitmap_destroy(frozen);
    CHECK_EQ(t, slab_used(s), 0);
    slab_destroy(s);
}

/* Through the 1,024 members that are listed and the 65,536 that there are, both ways. */
static void bounds_are_crossed(struct t *t)
{
    struct slab *s = slab_create();
    struct naive *n = naive_create(t);
    struct bitmap *b = bitmap_create(s);
    uint32_t bound = rng_chance(&t->rng, 0.5) ? CONTAINER_LISTED_MAX : CONTAINER_NUMBERS, step = CONTAINER_NUMBERS / bound;
    for (uint32_t i = 0; i < bound - 20; i++)
        n->has[i * step] = 1;
    bitmap_destroy(b);
    b = naive_bitmap(t, s, n);
    for (uint32_t i = 0; i < 200; i++)
        move(t, n, b, step > 1 ? 1 + (uint32_t)rng_below(&t->rng, 60) : 65536 - 1 - (uint32_t)rng_below(&t->rng, 30), i < 100 ? 0.9 : 0.1);
    naive_compare(t, n, b);
    bitmap_destroy(b);
    CHECK_EQ(t, slab_used(s), 0);
    slab_destroy(s);
}

/* Any 64 neighbours, some at a time. */
static void words_are_those_of_the_model(struct t *t)
{
    struct slab *s = slab_create();
    struct naive *n = naive_any(t);
    struct bitmap *b = naive_bitmap(t, s, n);
    for (int k = 0; k < 200; k++) {
        uint64_t words[8], want[8] = {0};
        uint32_t count = 1 + (uint32_t)rng_below(&t->rng, COUNT_OF(words)), first = (uint32_t)rng_below(&t->rng, (1024 - count + 1));
        uint32_t from = (uint32_t)rng_below(&t->rng, NAIVE_KEYS) << 16 | first * 64;
        for (uint32_t i = 0; i < count * 64; i++)
            want[i / 64] |= (uint64_t)n->has[from + i] << i % 64;
        bitmap_words(b, naive_number(from), count, words);
        CHECK(t, memcmp(words, want, count * sizeof *words) == 0);
    }
    uint64_t none = 1;
    bitmap_words(b, 7u << 16, 1, &none); /* a key that nobody has */
    CHECK_EQ(t, none, 0);
    bitmap_destroy(b);
    slab_destroy(s);
}

static void places_are_those_of_the_model(struct t *t)
{
    struct slab *s = slab_create();
    struct naive *n = naive_any(t);
    struct bitmap *b = naive_bitmap(t, s, n);
    uint64_t below = 0;
    uint32_t number = 0, wrong = 0, next = 1 + (uint32_t)rng_below(&t->rng, 50), numbers[40];
    for (uint32_t i = 0; i < NAIVE_NUMBERS; i++) {
        if (i == next) { /* now and then */
            wrong += bitmap_rank(b, naive_number(i)) != below;
            wrong += n->has[i] && (!bitmap_select(b, below, &number) || number != naive_number(i));
            size_t got = bitmap_list(b, naive_number(i), numbers, COUNT_OF(numbers));
            wrong += got > 0 && (numbers[0] < naive_number(i) || bitmap_rank(b, numbers[got - 1]) != below + got - 1);
            wrong += got < COUNT_OF(numbers) && below + got != bitmap_count(b);
            next += 1 + (uint32_t)rng_below(&t->rng, 400);
        }
        below += n->has[i];
    }
    CHECK_EQ(t, wrong, 0);
    CHECK(t, !bitmap_select(b, below, &number));
    CHECK_EQ(t, bitmap_count(b), below);
    bitmap_destroy(b);
    slab_destroy(s);
}

/* However a set came about, it has the same rows, and they give it back. */
static void rows_are_of_the_members_alone(struct t *t)
{
    struct slab *s = slab_create();
    struct naive *n = naive_any(t);
    struct bitmap *b = naive_bitmap(t, s, n), *grown = bitmap_create(s), *back = bitmap_create(s);
    struct buf mine, theirs;
    struct err e = {0};
    buf_init(&mine, 1u << 20);
    buf_init(&theirs, 1u << 20);
    for (uint32_t i = NAIVE_NUMBERS; i-- > 0;)
        if (n->has[i])
            CHECK(t, bitmap_add(grown, naive_number(i)));
    CHECK(t, bitmap_equal(b, grown) && bitmap_equal(grown, b));
    for (uint32_t i = 0; i < NAIVE_KEYS; i++) {
        buf_clear(&mine);
        buf_clear(&theirs);
        CHECK_EQ(t, bitmap_encode(b, naive_keys[i], &mine), bitmap_encode(grown, naive_keys[i], &theirs));
        CHECK(t, bytes_equal(buf_bytes(&mine), buf_bytes(&theirs)) && mine.size <= BITMAP_CONTAINER_BYTES_MAX);
        if (mine.size > 0)
            CHECK_DONE(t, bitmap_decode(back, naive_keys[i], buf_bytes(&mine), &e), &e);
    }
    naive_compare(t, n, back);
    CHECK(t, bitmap_equal(back, grown));
    if (bitmap_count(back) > 0) {
        uint32_t number = 0;
        CHECK(t, bitmap_select(back, rng_below(&t->rng, bitmap_count(back)), &number) && bitmap_remove(back, number));
        CHECK(t, !bitmap_equal(back, b));
        CHECK(t, bitmap_add(back, number ^ 1u) || bitmap_add(back, number)); /* as many again, perhaps others */
        CHECK_EQ(t, bitmap_equal(back, b), bitmap_has(back, number) && bitmap_count(back) == bitmap_count(b));
    }
    buf_fini(&mine);
    buf_fini(&theirs);
    bitmap_destroy(b);
    bitmap_destroy(grown);
    bitmap_destroy(back);
    CHECK_EQ(t, slab_used(s), 0);
    slab_destroy(s);
}

/* The values of which bits are set, or aren't, made into a list, in place as well: how many are wrong. */
static uint32_t lists_are_wrong(const struct bitmap_way *way, const uint64_t *words, const uint16_t *values, uint32_t size)
{
    uint16_t kept[WORDS * 64], in_place[WORDS * 64];
    uint32_t wrong = 0;
    for (int keeps = 0; keeps < 2; keeps++) {
        uint32_t count = way->filter_values(words, keeps != 0, values, size, kept), want = 0;
        memcpy(in_place, values, size * sizeof *values);
        wrong += way->filter_values(words, keeps != 0, in_place, size, in_place) != count;
        wrong += memcmp(in_place, kept, count * sizeof *kept) != 0;
        for (uint32_t i = 0; i < size; i++)
            if ((words[values[i] / 64] >> values[i] % 64 & 1) == (uint32_t)keeps)
                wrong += want >= count || kept[want++] != values[i];
        wrong += want != count;
    }
    return wrong;
}

/* Values and runs put into words, taken out and turned over, and counted: how often not as a bit at a time. */
static uint32_t sparse_is_wrong(struct t *t, const struct bitmap_way *way, const uint64_t *words, size_t count)
{
    uint64_t got[WORDS];
    uint16_t values[WORDS * 64], runs[WORDS * 64];
    uint32_t numbers = (uint32_t)count * 64, size = 0, run_size = 0, set = 0, wrong = 0;
    bool in[WORDS * 64] = {false};
    for (uint32_t i = (uint32_t)rng_below(&t->rng, 10); i < numbers; i += 2 + (uint32_t)rng_below(&t->rng, 200)) {
        runs[2 * run_size] = (uint16_t)i;
        for (uint32_t end = i + (uint32_t)rng_below(&t->rng, 200); i <= end && i < numbers; i++)
            in[i] = true, values[size++] = (uint16_t)i, set += words[i / 64] >> i % 64 & 1;
        runs[2 * run_size + 1] = (uint16_t)(i - 1 - runs[2 * run_size]);
        run_size++;
    }
    for (enum word_op op = WORD_OR; op <= WORD_MINUS; op++)
        for (int of_runs = 0; of_runs < 2; of_runs++) {
            memcpy(got, words, count * sizeof *got);
            (of_runs ? way->apply_runs : way->apply_values)(op, got, of_runs ? runs : values, of_runs ? run_size : size);
            for (uint32_t i = 0; i < numbers; i++) {
                bool x = words[i / 64] >> i % 64 & 1;
                wrong += (got[i / 64] >> i % 64 & 1) != (op == WORD_OR ? x || in[i] : op == WORD_XOR ? x != in[i] : x && !in[i]);
            }
        }
    memset(got, 0, sizeof got);
    way->fill_runs(got, count, runs, run_size);
    for (uint32_t i = 0; i < WORDS * 64; i++)
        wrong += (got[i / 64] >> i % 64 & 1) != (i < numbers && in[i]);
    wrong += lists_are_wrong(way, words, values, size);
    wrong += (uint32_t)(way->count_values(words, values, size) != set) + (uint32_t)(way->count_runs(words, runs, run_size) != set);
    return wrong;
}

/* Every way that this processor has against a bit at a time. */
static void ways_agree(struct t *t)
{
    uint64_t a[WORDS], b[WORDS], out[WORDS + 1], carry[WORDS];
    size_t words = BITMAP_STRIDE_WORDS * (1 + rng_below(&t->rng, WORDS / BITMAP_STRIDE_WORDS));
    for (size_t i = 0; i < words; i++)
        a[i] = rng_next(&t->rng), b[i] = rng_next(&t->rng) & rng_next(&t->rng);
    for (size_t w = 0; w < bitmap_way_count; w++) {
        const struct bitmap_way *way = &bitmap_ways[w];
        uint32_t wrong = 0, count = 0, both = 0;
        if (!way->is_supported())
            continue;
        for (uint32_t op = 0; op < WORD_OP_COUNT; op++) {
            out[words] = 7;
            way->combine[op](out, a, b, words);
            for (uint32_t i = 0; i < words * 64; i++) {
                bool x = a[i / 64] >> i % 64 & 1, y = b[i / 64] >> i % 64 & 1;
                bool want = op == WORD_AND ? x && y : op == WORD_OR ? x || y : op == WORD_XOR ? x != y : x && !y;
                wrong += (out[i / 64] >> i % 64 & 1) != want;
                count += op == 0 && x, both += op == 0 && x && y;
            }
            CHECK_EQ(t, out[words], 7);
        }
        memcpy(out, a, sizeof a);
        memcpy(carry, b, sizeof b);
        way->add(out, carry, words);
        for (size_t i = 0; i < words; i++)
            wrong += out[i] != (a[i] ^ b[i]) || carry[i] != (a[i] & b[i]);
        wrong += sparse_is_wrong(t, way, a, words);
        CHECK_EQ(t, wrong, 0);
        CHECK_EQ(t, way->count(a, words), count);
        CHECK_EQ(t, way->count_both(a, b, words), both);
    }
}

static const struct test tests[] = {
    {"changes are those of the model, and a copy stays", changes_are_those_of_the_model, 60},
    {"containers change their kind and back", bounds_are_crossed, 20},
    {"words are those of the model", words_are_those_of_the_model, 20},
    {"rank, select and lists are those of the model", places_are_those_of_the_model, 40},
    {"rows depend on members alone, and give them back", rows_are_of_the_members_alone, 20},
    {"every way does the same", ways_agree, 200},
};
TEST_MAIN(tests)
