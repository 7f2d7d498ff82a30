/* Random expressions over random sets against asking each number; and one set against many. Covers: bitmap_counts.c */
#include "lib/bitmap_expr.h"

#include "lib/bitmap_naive_test.h"
#include "testing/test.h"

#define SETS 7u
#define OPERANDS_MAX 5u

struct world {
    struct slab *slab;
    struct naive *naive[SETS];
    struct bitmap *sets[SETS];
    uint32_t left; /* sets that an expression may still name */
};

static struct world world_create(struct t *t)
{
    struct world w = {.slab = slab_create()};
    for (uint32_t i = 0; i < SETS; i++) {
        w.naive[i] = naive_any(t);
        w.sets[i] = naive_bitmap(t, w.slab, w.naive[i]);
    }
    return w;
}

static void world_destroy(struct t *t, struct world *w)
{
    for (uint32_t i = 0; i < SETS; i++)
        bitmap_destroy(w->sets[i]);
    CHECK_EQ(t, slab_used(w->slab), 0);
    slab_destroy(w->slab);
}

static const struct bitmap_expr *any_expr(struct t *t, struct world *w, uint32_t depth)
{
    struct bitmap_expr *x = ARENA_NEW(t->arena, struct bitmap_expr);
    bool is_set = depth == 1 || w->left <= 1 || rng_chance(&t->rng, 0.3);
    x->op = is_set ? BITMAP_SET : (enum bitmap_op)(1 + rng_below(&t->rng, BITMAP_AT_LEAST));
    if (x->op == BITMAP_SET) {
        w->left -= w->left > 0;
        x->set = w->sets[rng_below(&t->rng, SETS)];
        return x;
    }
    x->count = x->op == BITMAP_NOT ? 1 : 1 + (uint32_t)rng_below(&t->rng, OPERANDS_MAX);
    x->least = 1 + (uint32_t)rng_below(&t->rng, x->count);
    const struct bitmap_expr **of = ARENA_ARRAY(t->arena, const struct bitmap_expr *, x->count);
    for (uint32_t i = 0; i < x->count; i++)
        of[i] = any_expr(t, w, depth - 1);
    x->of = of;
    return x;
}

static bool holds(const struct world *w, const struct bitmap_expr *x, uint32_t i)
{
    uint32_t in = 0, first = 0, set = 0;
    if (x->op == BITMAP_SET) {
        while (w->sets[set] != x->set)
            set++;
        return w->naive[set]->has[i];
    }
    for (uint32_t k = 0; k < x->count; k++) {
        bool here = holds(w, x->of[k], i);
        in += here;
        first += k == 0 && here;
    }
    switch (x->op) {
    case BITMAP_AND:
        return in == x->count;
    case BITMAP_OR:
        return in > 0;
    case BITMAP_XOR:
        return in % 2 == 1;
    case BITMAP_MINUS:
        return first == 1 && in == 1;
    case BITMAP_NOT:
        return in == 0;
    default:
        return in >= x->least;
    }
}

/* Numbers that no set has, too: of keys between. */
static uint64_t others_of(const struct world *w, const struct bitmap_expr *x, uint64_t universe)
{
    uint64_t others = universe;
    struct world empty = *w;
    struct naive none = {{0}};
    for (uint32_t i = 0; i < SETS; i++)
        empty.naive[i] = &none;
    for (uint32_t key = 0; key < NAIVE_KEYS; key++) {
        uint64_t first = (uint64_t)naive_keys[key] << 16, reach = universe > first ? universe - first : 0;
        others -= reach < 65536 ? reach : 65536;
    }
    return holds(&empty, x, 0) ? others : 0;
}

static void answers_are_those_of_the_model(struct t *t)
{
    struct world w = world_create(t);
    w.left = 12;
    const struct bitmap_expr *x = any_expr(t, &w, 4);
    uint32_t last_key = naive_keys[rng_below(&t->rng, NAIVE_KEYS)], wrong = 0, cut;
    uint64_t universe = ((uint64_t)last_key << 16) + rng_below(&t->rng, 65537), want = others_of(&w, x, universe), count;
    struct bitmap *out = bitmap_create(w.slab);
    struct bitmap_span span = bitmap_span_of(universe), parts[2] = {span, span};
    for (uint32_t i = 0; i < NAIVE_NUMBERS; i++)
        want += naive_number(i) < universe && holds(&w, x, i);
    count = bitmap_eval(x, &span, out);
    CHECK_EQ(t, count, want);
    CHECK_EQ(t, bitmap_count(out), want);
    for (uint32_t i = 0; i < NAIVE_NUMBERS; i++)
        wrong += bitmap_has(out, naive_number(i)) != (naive_number(i) < universe && holds(&w, x, i));
    CHECK_EQ(t, wrong, 0);
    CHECK_EQ(t, bitmap_eval(x, &span, NULL), want);
    cut = (uint32_t)rng_below(&t->rng, span.until + 1);
    parts[0].until = parts[1].from = cut;
    CHECK_EQ(t, bitmap_eval(x, &parts[0], NULL) + bitmap_eval(x, &parts[1], NULL), want);
    bitmap_destroy(out);
    world_destroy(t, &w);
}

static void pairs_are_those_of_the_model(struct t *t)
{
    static const enum bitmap_op ops[] = {BITMAP_AND, BITMAP_OR, BITMAP_XOR, BITMAP_MINUS};
    struct world w = world_create(t);
    for (size_t k = 0; k < COUNT_OF(ops); k++) {
        uint32_t a = (uint32_t)rng_below(&t->rng, SETS), b = (uint32_t)rng_below(&t->rng, SETS);
        struct naive *want = naive_create(t);
        struct bitmap *out = bitmap_create(w.slab);
        for (uint32_t i = 0; i < NAIVE_NUMBERS; i++) {
            uint8_t x = w.naive[a]->has[i], y = w.naive[b]->has[i];
            want->has[i] = ops[k] == BITMAP_AND ? x & y : ops[k] == BITMAP_OR ? x | y : ops[k] == BITMAP_XOR ? x ^ y : x & !y;
        }
        CHECK_EQ(t, bitmap_pair(ops[k], w.sets[a], w.sets[b], out), naive_count(want));
        naive_compare(t, want, out);
        bitmap_destroy(out);
    }
    world_destroy(t, &w);
}

static uint64_t shared_of(const struct naive *a, const struct naive *b)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < NAIVE_NUMBERS; i++)
        count += a->has[i] & b->has[i];
    return count;
}

static void overlaps_are_those_of_the_model(struct t *t)
{
    struct world w = world_create(t);
    uint64_t front_counts[SETS], back_counts[SETS], overlap[SETS * SETS];
    struct bitmap_span all = bitmap_span_of(UINT64_C(1) << 32), front = all, back = all;
    front.until = back.from = (uint32_t)rng_below(&t->rng, BITMAP_KEYS);
    bitmap_overlaps_each((const struct bitmap *const *)w.sets, SETS, &all, overlap);
    for (uint32_t i = 0; i < SETS; i++) {
        bitmap_overlaps(w.sets[i], (const struct bitmap *const *)w.sets, SETS, &front, front_counts);
        bitmap_overlaps(w.sets[i], (const struct bitmap *const *)w.sets, SETS, &back, back_counts);
        for (uint32_t j = 0; j < SETS; j++) {
            uint64_t want = shared_of(w.naive[i], w.naive[j]);
            CHECK_EQ(t, overlap[i * SETS + j], want);
            CHECK_EQ(t, front_counts[j] + back_counts[j], want);
        }
    }
    world_destroy(t, &w);
}

/* All that can be said at once: 64 sets, at least k of them, within as many operators as may be. */
static void bounds_hold(struct t *t)
{
    struct slab *s = slab_create();
    struct bitmap_expr sets[BITMAP_EXPR_SETS_MAX + 1], nots[BITMAP_EXPR_DEPTH_MAX];
    const struct bitmap_expr *of[BITMAP_EXPR_SETS_MAX + 1], *inner[BITMAP_EXPR_DEPTH_MAX];
    struct bitmap *b[BITMAP_EXPR_SETS_MAX];
    struct bitmap_span span = bitmap_span_of(100);
    struct err e = {0};
    for (uint32_t i = 0; i < BITMAP_EXPR_SETS_MAX; i++) { /* set i has the numbers up to i */
        b[i] = bitmap_create(s);
        for (uint32_t n = 0; n <= i; n++)
            (void)bitmap_add(b[i], n);
        sets[i] = (struct bitmap_expr){.op = BITMAP_SET, .set = b[i]};
        of[i] = &sets[i];
    }
    of[BITMAP_EXPR_SETS_MAX] = &sets[0];
    struct bitmap_expr x = {.op = BITMAP_AT_LEAST, .count = BITMAP_EXPR_SETS_MAX, .of = of};
    for (x.least = 1; x.least <= x.count; x.least++) /* number n is in 64 - n of them */
        CHECK_EQ(t, bitmap_eval(&x, &span, NULL), 65 - x.least);
    CHECK_FAILS(t, bitmap_expr_check(&x, &e), INVALID);
    CHECK_TEXT(t, e.text, "at least 65 of 64");
    x = (struct bitmap_expr){.op = BITMAP_OR, .count = BITMAP_EXPR_SETS_MAX + 1, .of = of};
    CHECK_FAILS(t, bitmap_expr_check(&x, &e), LIMIT);
    for (uint32_t i = 0; i < BITMAP_EXPR_DEPTH_MAX; i++) {
        inner[i] = i == 0 ? &sets[9] : &nots[i - 1];
        nots[i] = (struct bitmap_expr){.op = BITMAP_NOT, .count = 1, .of = &inner[i]};
    }
    CHECK_EQ(t, bitmap_eval(&nots[BITMAP_EXPR_DEPTH_MAX - 2], &span, NULL), 90);
    CHECK_FAILS(t, bitmap_expr_check(&nots[BITMAP_EXPR_DEPTH_MAX - 1], &e), LIMIT);
    nots[0].count = 2;
    CHECK_FAILS(t, bitmap_expr_check(&nots[0], &e), INVALID);
    CHECK_TEXT(t, e.text, "2 operands where one is needed");
    for (uint32_t i = 0; i < BITMAP_EXPR_SETS_MAX; i++)
        bitmap_destroy(b[i]);
    slab_destroy(s);
}

/* Parts that hold few numbers each, one within another, beside one that holds many. */
static void few_stand_beside_many(struct t *t)
{
    struct slab *s = slab_create();
    struct bitmap *b[4], *out = bitmap_create(s);
    struct bitmap_expr sets[4], both[3];
    struct bitmap_span span = bitmap_span_of(65536);
    for (uint32_t i = 0; i < COUNT_OF(b); i++) {
        b[i] = bitmap_create(s);
        sets[i] = (struct bitmap_expr){.op = BITMAP_SET, .set = b[i]};
    }
    (void)bitmap_add(b[0], 1);
    (void)bitmap_add(b[1], 2);
    for (uint32_t i = 100; i < 60000; i += 3)
        (void)bitmap_add(b[2], i);
    bitmap_add_all(b[3], (const uint32_t[]){2, 3, 4, 5, 6, 7, 8, 9}, 8); /* one run */
    const struct bitmap_expr *either[] = {&sets[0], &sets[1], &sets[2]}, any = {.op = BITMAP_OR, .count = 3, .of = either};
    const struct bitmap_expr *first[] = {&sets[0], &any}, *inner[] = {&sets[1], &any}, *second[] = {&both[2], &any};
    const struct bitmap_expr *all[] = {&both[0], &both[1], &sets[2]}, *few[] = {&sets[3], &sets[1], &sets[0]};
    both[0] = (struct bitmap_expr){.op = BITMAP_AND, .count = 2, .of = first};
    both[1] = (struct bitmap_expr){.op = BITMAP_AND, .count = 2, .of = second};
    both[2] = (struct bitmap_expr){.op = BITMAP_AND, .count = 2, .of = inner};
    CHECK_EQ(t, bitmap_eval(&(struct bitmap_expr){.op = BITMAP_OR, .count = 3, .of = all}, &span, out), bitmap_count(b[2]) + 2);
    CHECK(t, bitmap_has(out, 1) && bitmap_has(out, 2) && bitmap_has(out, 100) && !bitmap_has(out, 101));
    CHECK_EQ(t, bitmap_eval(&(struct bitmap_expr){.op = BITMAP_OR, .count = 3, .of = few}, &span, NULL), 9);
    CHECK_EQ(t, bitmap_eval(&(struct bitmap_expr){.op = BITMAP_XOR, .count = 3, .of = few}, &span, NULL), 8);
    CHECK_EQ(t, bitmap_eval(&(struct bitmap_expr){.op = BITMAP_AT_LEAST, .least = 2, .count = 3, .of = few}, &span, NULL), 1);
    for (uint32_t i = 0; i < COUNT_OF(b); i++)
        bitmap_destroy(b[i]);
    bitmap_destroy(out);
    CHECK_EQ(t, slab_used(s), 0);
    slab_destroy(s);
}

/* A list that an operator made is asked about a shorter one, whose first number it lacks: neither may be written over while it is read. */
static void lists_are_kept_while_they_are_read(struct t *t)
{
    struct slab *s = slab_create();
    struct bitmap *b[4];
    struct bitmap_expr sets[4], parts[2];
    struct bitmap_span span = bitmap_span_of(65536);
    for (uint32_t i = 0; i < COUNT_OF(b); i++) {
        b[i] = bitmap_create(s);
        sets[i] = (struct bitmap_expr){.op = BITMAP_SET, .set = b[i]};
    }
    for (uint32_t i = 0; i < 2990; i++)
        (void)bitmap_add(b[0], 100 + 20 * i);
    (void)bitmap_add(b[1], 200);
    bitmap_add_all(b[2], (const uint32_t[]){5, 100, 200, 220}, 4);
    for (uint32_t i = 107; i < 56107; i += 16)
        (void)bitmap_add(b[2], i);
    for (uint32_t i = 107; i < 65536; i += 2)
        (void)bitmap_add(b[3], i);
    const struct bitmap_expr *first[] = {&sets[0], &sets[1]}, *second[] = {&sets[2], &sets[3]}, *both[] = {&parts[0], &parts[1]};
    parts[0] = (struct bitmap_expr){.op = BITMAP_MINUS, .count = 2, .of = first};
    parts[1] = (struct bitmap_expr){.op = BITMAP_MINUS, .count = 2, .of = second};
    CHECK_EQ(t, bitmap_eval(&(struct bitmap_expr){.op = BITMAP_AND, .count = 2, .of = both}, &span, NULL), 2); /* 100 and 220 */
    CHECK_EQ(t, bitmap_eval(&(struct bitmap_expr){.op = BITMAP_OR, .count = 2, .of = both}, &span, NULL), 2991); /* 5 and 200 besides */
    for (uint32_t i = 0; i < COUNT_OF(b); i++)
        bitmap_destroy(b[i]);
    CHECK_EQ(t, slab_used(s), 0);
    slab_destroy(s);
}

static const struct test tests[] = {
    {"what holds for a number is in the answer", answers_are_those_of_the_model, 150},
    {"two sets are those of the model", pairs_are_those_of_the_model, 30},
    {"what sets share is counted", overlaps_are_those_of_the_model, 30},
    {"lists are kept while they are read", lists_are_kept_while_they_are_read, 1},
    {"few numbers stand beside many", few_stand_beside_many, 1},
    {"expressions are evaluated up to their bounds, and told beyond", bounds_hold, 1},
};
TEST_MAIN(tests)
