#include "app/demo/score.h"
#include "testing/test.h"

#define ITEMS_MAX 60u

static struct score_item item(uint32_t truth, uint64_t found)
{
    return (struct score_item){truth, 0, {found, found == 0 ? 0 : 7}};
}

static void all_right(struct t *t)
{
    struct score_item items[] = {item(1, 10), item(2, 20), item(1, 10), item(1, 10)};
    struct score s;
    score_count(items, COUNT_OF(items), &s);
    CHECK_EQ(t, s.pairs_true, 3);
    CHECK_EQ(t, s.pairs_found, 3);
    CHECK_EQ(t, s.pairs_right, 3);
    CHECK(t, score_precision(&s) == 1.0 && score_recall(&s) == 1.0);
}

/* 1 1 | 1 2 2 as found: of four pairs found, two are true; of four true, two were found. */
static void some_wrong(struct t *t)
{
    struct score_item items[] = {item(1, 10), item(1, 10), item(1, 20), item(2, 20), item(2, 20)};
    struct score s;
    score_count(items, COUNT_OF(items), &s);
    CHECK_EQ(t, s.pairs_true, 4);
    CHECK_EQ(t, s.pairs_found, 4);
    CHECK_EQ(t, s.pairs_right, 2);
    CHECK(t, score_precision(&s) == 0.5 && score_recall(&s) == 0.5);
}

static void not_found_is_alone(struct t *t)
{
    struct score_item items[] = {item(1, 0), item(1, 0), item(1, 10)};
    struct score s;
    score_count(items, COUNT_OF(items), &s);
    CHECK_EQ(t, s.not_found, 2);
    CHECK_EQ(t, s.pairs_true, 3);
    CHECK_EQ(t, s.pairs_found, 0);
    CHECK(t, score_precision(&s) == 1.0 && score_recall(&s) == 0.0);
    score_count(items, 0, &s);
    CHECK(t, score_precision(&s) == 1.0 && score_recall(&s) == 1.0);
}

/* 1's three were never seen together, but for two of them; these were found apart. */
static void what_could_be_known(struct t *t)
{
    struct score_item items[] = {item(1, 10), item(1, 20), item(1, 20), item(2, 30), item(2, 30)};
    struct score s;
    items[2].linked = 5;
    score_count(items, COUNT_OF(items), &s);
    CHECK_EQ(t, s.pairs_true, 4);
    CHECK_EQ(t, s.pairs_right, 2);
    CHECK_EQ(t, s.pairs_linked, 2);
    CHECK_EQ(t, s.pairs_linked_found, 1);
    CHECK(t, score_recall(&s) == 0.5 && score_recall_of_all(&s) == 0.5);
}

static void agrees_with_counting_every_pair(struct t *t)
{
    struct score_item items[ITEMS_MAX];
    struct score s, naive = {0};
    size_t count = rng_below(&t->rng, ITEMS_MAX);
    for (size_t i = 0; i < count; i++)
        items[i] = item((uint32_t)rng_below(&t->rng, 8), rng_below(&t->rng, 8)), items[i].linked = (uint32_t)rng_below(&t->rng, 3);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < i; k++) {
            bool same = items[i].truth == items[k].truth, found = items[i].found.low == items[k].found.low && items[i].found.low != 0;
            naive.pairs_true += same;
            naive.pairs_found += found;
            bool linked = same && items[i].linked == items[k].linked;
            naive.pairs_right += same && found;
            naive.pairs_linked += linked;
            naive.pairs_linked_found += linked && found;
        }
    score_count(items, count, &s);
    CHECK_EQ(t, s.pairs_true, naive.pairs_true);
    CHECK_EQ(t, s.pairs_found, naive.pairs_found);
    CHECK_EQ(t, s.pairs_right, naive.pairs_right);
    CHECK_EQ(t, s.pairs_linked, naive.pairs_linked);
    CHECK_EQ(t, s.pairs_linked_found, naive.pairs_linked_found);
}

static const struct test tests[] = {
    {"all right", all_right, 1},
    {"some wrong", some_wrong, 1},
    {"what isn't found is alone", not_found_is_alone, 1},
    {"what could be known", what_could_be_known, 1},
    {"agrees with counting every pair", agrees_with_counting_every_pair, 500},
};
TEST_MAIN(tests)
