#include "lib/idmap.h"

#include <stdlib.h>

#include "testing/test.h"

#define KEYS_MAX 60000u

/* The model: key i of a fixed list, and its number or 0. */
struct model {
    struct hash128 *keys;
    uint32_t *numbers;
    size_t size;
    uint64_t count;
};

enum spread { SPREAD_WELL, SPREAD_NARROW, SPREAD_PILED };

static struct hash128 any_hash(struct t *t, enum spread spread)
{
    struct hash128 h = {.low = rng_next(&t->rng), .high = rng_next(&t->rng)};
    if (spread == SPREAD_NARROW) /* one root, so parts split often */
        h.low = h.low >> 10 | UINT64_C(777) << 54;
    if (spread == SPREAD_PILED) /* many have the same home, some differ in the last bits only */
        h.low = (h.low & UINT64_C(0xe0f0000000000007)) | 1u;
    return h;
}

static struct model model_create(struct t *t, size_t size, enum spread spread)
{
    struct model model = {.size = size};
    model.keys = ARENA_ARRAY(t->arena, struct hash128, size);
    model.numbers = ARENA_ARRAY(t->arena, uint32_t, size);
    for (size_t i = 0; i < size; i++) {
        model.keys[i] = any_hash(t, spread);
        if (spread == SPREAD_PILED) /* few bits are left to tell them apart */
            model.keys[i].high = (uint64_t)i << 48 | model.keys[i].high >> 16;
    }
    return model;
}

static void model_move(struct t *t, struct model *model, struct idmap *m, double put)
{
    size_t i = (size_t)rng_below(&t->rng, model->size);
    uint32_t was = model->numbers[i];
    if (rng_chance(&t->rng, put)) {
        uint32_t number = 1 + (uint32_t)rng_below(&t->rng, UINT32_MAX);
        CHECK_EQ(t, idmap_put(m, model->keys[i], number), was);
        model->numbers[i] = number;
        model->count += was == 0;
    } else {
        CHECK_EQ(t, idmap_remove(m, model->keys[i]), was);
        model->numbers[i] = 0;
        model->count -= was != 0;
    }
}

static void model_compare(struct t *t, const struct model *model, const struct idmap *m)
{
    CHECK_EQ(t, idmap_count(m), model->count);
    for (size_t i = 0; i < model->size; i++) {
        idmap_prefetch_part(m, model->keys[i]);
        idmap_prefetch(m, model->keys[i]);
        CHECK_EQ(t, idmap_get(m, model->keys[i]), model->numbers[i]);
    }
}

/* Every entry is in its page and nowhere else: pages of `bits` loaded into another map give the same map, and that
 * one, which was filled in another order, gives the same pages. */
static void pages_compare(struct t *t, const struct model *model, const struct idmap *m, uint32_t bits)
{
    struct slab *s = slab_create();
    struct idmap *copy = idmap_create(s);
    struct err e = {0};
    struct buf b, again;
    buf_init(&b, (size_t)1 << 30);
    buf_init(&again, (size_t)1 << 30);
    uint64_t total = 0;
    for (uint32_t page = 0; page < 1u << bits; page++) {
        buf_clear(&b);
        size_t count = idmap_page_encode(m, bits, page, &b);
        CHECK_EQ(t, b.size == 0, count == 0);
        total += count;
        if (count == 0)
            continue;
        struct idmap_page p;
        REQUIRE_DONE(t, idmap_page_open(buf_bytes(&b), &p, &e), &e);
        CHECK_EQ(t, p.bits, bits);
        CHECK_EQ(t, p.page, page);
        CHECK_EQ(t, p.count, count);
        for (uint32_t i = p.count; i-- > 0;) {
            struct idmap_entry entry = idmap_page_entry(&p, i);
            CHECK_EQ(t, idmap_put(copy, entry.key, entry.number), 0);
        }
        buf_clear(&again);
        CHECK_EQ(t, idmap_page_encode(copy, bits, page, &again), count);
        CHECK(t, bytes_equal(buf_bytes(&b), buf_bytes(&again)));
    }
    CHECK_EQ(t, total, model->count);
    model_compare(t, model, copy);
    buf_fini(&b);
    buf_fini(&again);
    idmap_destroy(copy);
    CHECK_EQ(t, slab_used(s), 0);
    slab_destroy(s);
}

/* The same map, made at once out of its entries in order; takes the old one. */
static struct idmap *refill(struct t *t, struct slab *s, struct idmap *m)
{
    struct idmap *filled = idmap_create(s);
    struct idmap_page p = {0};
    struct err e = {0};
    struct buf b;
    buf_init(&b, (size_t)1 << 30);
    if (idmap_page_encode(m, 0, 0, &b) > 0)
        CHECK_DONE(t, idmap_page_open(buf_bytes(&b), &p, &e), &e);
    struct idmap_entry *entries = calloc(p.count + 1, sizeof *entries);
    for (uint32_t i = 0, first = 0; i < p.count; i++) {
        entries[i] = idmap_page_entry(&p, i);
        bool is_last = i + 1 == p.count || idmap_page_of(idmap_page_entry(&p, i + 1).key, IDMAP_ROOT_BITS) != idmap_page_of(entries[i].key, IDMAP_ROOT_BITS);
        if (!is_last)
            continue;
        idmap_fill(filled, entries + first, i + 1 - first);
        first = i + 1;
    }
    CHECK(t, idmap_bytes(filled) <= idmap_bytes(m) * 5 / 4);
    free(entries);
    buf_fini(&b);
    idmap_destroy(m);
    return filled;
}

static void map_run(struct t *t, enum spread spread, size_t keys_max)
{
    struct slab *s = slab_create();
    struct idmap *m = idmap_create(s);
    struct model model = model_create(t, 1 + (size_t)rng_below(&t->rng, keys_max), spread);
    /* Grows, stays while it is stirred, shrinks. */
    static const double puts[] = {0.9, 0.5, 0.1};
    for (size_t phase = 0; phase < COUNT_OF(puts); phase++) {
        for (size_t move = 0; move < 2 * model.size; move++)
            model_move(t, &model, m, puts[phase]);
        model_compare(t, &model, m);
        pages_compare(t, &model, m, (uint32_t)rng_below(&t->rng, 14));
        m = refill(t, s, m);
        model_compare(t, &model, m);
    }
    CHECK_EQ(t, idmap_bytes(m), slab_used(s));
    idmap_destroy(m);
    CHECK_EQ(t, slab_used(s), 0);
    slab_destroy(s);
}

static void spread_well(struct t *t)
{
    map_run(t, SPREAD_WELL, KEYS_MAX);
}

static void spread_narrow(struct t *t)
{
    map_run(t, SPREAD_NARROW, KEYS_MAX);
}

static void spread_piled(struct t *t)
{
    map_run(t, SPREAD_PILED, 3000);
}

static void stays_small(struct t *t)
{
    struct slab *s = slab_create();
    struct idmap *m = idmap_create(s);
    uint64_t next = 100000;
    double sum = 0, points = 0;
    for (uint64_t i = 1; i <= 2000000; i++) {
        struct hash128 h = {.low = rng_next(&t->rng), .high = rng_next(&t->rng)};
        (void)idmap_put(m, h, (uint32_t)i);
        if (i == next) {
            sum += (double)idmap_bytes(m) / (double)i;
            points++;
            next += next / 16;
        }
    }
    CHECK(t, points > 40);
    CHECK(t, sum / points <= 17.5);
    CHECK(t, (double)idmap_bytes(m) / 2000000 <= 19);
    idmap_destroy(m);
    slab_destroy(s);
}

static void page_bits_follow_the_count(struct t *t)
{
    CHECK_EQ(t, idmap_page_bits(0, 0), 0);
    CHECK_EQ(t, idmap_page_bits(384, 0), 0);
    CHECK_EQ(t, idmap_page_bits(385, 0), 1);
    CHECK_EQ(t, idmap_page_bits(10, 7), 7);
    CHECK_EQ(t, idmap_page_bits(400000000, 0), 20);
    CHECK_EQ(t, idmap_page_bits(UINT64_MAX, 0), IDMAP_PAGE_BITS_MAX);
    struct hash128 h = {.low = UINT64_C(0xabcdef0123456789), .high = UINT64_C(0x1234567890abcdef)};
    CHECK_EQ(t, idmap_page_of(h, 0), 0);
    CHECK_EQ(t, idmap_page_of(h, 12), 0xabc);
    CHECK(t, idmap_key(h).low == h.low && idmap_key(h).high == UINT64_C(0x1234000000000000));
}

/* Any page with a byte changed opens, or is CORRUPT; it never reads outside (ASan) or shows a number 0. */
static void broken_pages_are_told(struct t *t)
{
    struct slab *s = slab_create();
    struct idmap *m = idmap_create(s);
    struct err e = {0};
    struct buf b;
    buf_init(&b, 1u << 20);
    for (uint32_t i = 1; i <= 20; i++)
        (void)idmap_put(m, any_hash(t, SPREAD_WELL), i);
    CHECK_EQ(t, idmap_page_encode(m, 0, 0, &b), 20);
    struct idmap_page p;
    CHECK_FAILS(t, idmap_page_open(BYTES_NONE, &p, &e), CORRUPT);
    for (size_t size = 0; size < b.size; size++)
        CHECK_FAILS(t, idmap_page_open(bytes_of(b.data, size), &p, &e), CORRUPT);
    for (int i = 0; i < 2000; i++) {
        size_t at = (size_t)rng_below(&t->rng, b.size);
        uint8_t was = b.data[at];
        b.data[at] = (uint8_t)rng_next(&t->rng);
        if (done(idmap_page_open(buf_bytes(&b), &p, &e)))
            CHECK(t, p.count == 20 && idmap_page_entry(&p, 19).number != 0);
        b.data[at] = was;
    }
    buf_clear(&b);
    CHECK_EQ(t, idmap_page_encode(m, 3, 1, &b) == 0, b.size == 0);
    buf_fini(&b);
    idmap_destroy(m);
    slab_destroy(s);
}

static const struct test tests[] = {
    {"page bits follow the count", page_bits_follow_the_count, 1},
    {"broken pages are told", broken_pages_are_told, 5},
    {"as the model, spread well", spread_well, 12},
    {"as the model, in one root", spread_narrow, 12},
    {"as the model, piled up", spread_piled, 12},
    {"stays small", stays_small, 1},
};
TEST_MAIN(tests)
