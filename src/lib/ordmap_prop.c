#include "lib/ordmap.h"

#include "testing/test.h"

#define ROWS_MAX 4000u

struct row {
    struct bytes key;
    struct bytes value;
    uint32_t tag;
};

/* The model: rows in order, found by stepping through them. */
struct model {
    struct row rows[ROWS_MAX];
    size_t count;
};

/* Keys of few letters meet often; some begin alike for longer than a node's prefix, some are long. */
static struct bytes any_key(struct t *t, bool dense)
{
    uint8_t *key = arena_take(t->arena, ORDMAP_KEY_BYTES_MAX, 1);
    size_t size = 0;
    if (rng_chance(&t->rng, 0.5)) {
        memcpy(key, "journey\0timer", 13);
        size = 13;
    }
    size_t more = (size_t)rng_below(&t->rng, dense ? 7 : 12);
    for (size_t i = 0; i < more; i++)
        key[size++] = (uint8_t)(rng_below(&t->rng, 3) * 127);
    if (rng_chance(&t->rng, 0.02)) {
        memset(key + size, 'x', ORDMAP_KEY_BYTES_MAX - size);
        size = ORDMAP_KEY_BYTES_MAX;
    }
    return bytes_of(key, size);
}

static struct bytes any_value(struct t *t)
{
    bool big = rng_chance(&t->rng, 0.01);
    size_t size = (size_t)rng_below(&t->rng, big ? ORDMAP_VALUE_BYTES_MAX + 1 : 60);
    uint8_t *value = arena_take(t->arena, size + 1, 1);
    memset(value, (int)rng_below(&t->rng, 256), size);
    return bytes_of(value, size);
}

/* The first row that is not before the key, or is behind it with `after`. */
static size_t model_find(const struct model *model, struct bytes key, bool after)
{
    size_t i = 0;
    while (i < model->count && bytes_compare(model->rows[i].key, key) < (after ? 1 : 0))
        i++;
    return i;
}

static bool model_has(const struct model *model, size_t i, struct bytes key)
{
    return i < model->count && bytes_equal(model->rows[i].key, key);
}

static void entry_check(struct t *t, const struct ordmap_entry *entry, const struct row *row)
{
    CHECK(t, (entry == NULL) == (row == NULL));
    if (entry == NULL || row == NULL)
        return;
    CHECK(t, bytes_equal(ordmap_key(entry), row->key));
    CHECK(t, bytes_equal(ordmap_value(entry), row->value));
    CHECK_EQ(t, entry->tag, row->tag);
}

static void put_both(struct t *t, struct model *model, struct ordmap *m, struct bytes key)
{
    size_t i = model_find(model, key, false);
    bool is_new = !model_has(model, i, key), map_is_new;
    if (is_new && model->count == ROWS_MAX)
        return;
    struct bytes value = any_value(t);
    struct ordmap_entry *entry = ordmap_put(m, key, value, &map_is_new);
    CHECK_EQ(t, map_is_new, is_new);
    if (is_new) {
        memmove(&model->rows[i + 1], &model->rows[i], (model->count - i) * sizeof model->rows[0]);
        model->count++;
        model->rows[i] = (struct row){.key = key, .tag = 0};
    }
    model->rows[i].value = value;
    entry_check(t, entry, &model->rows[i]);
    if (rng_chance(&t->rng, 0.5))
        entry->tag = model->rows[i].tag = (uint32_t)rng_next(&t->rng);
}

static void remove_both(struct t *t, struct model *model, struct ordmap *m, struct bytes key)
{
    size_t i = model_find(model, key, false);
    bool had = model_has(model, i, key);
    CHECK_EQ(t, ordmap_remove(m, key), had);
    if (!had)
        return;
    model->count--;
    memmove(&model->rows[i], &model->rows[i + 1], (model->count - i) * sizeof model->rows[0]);
}

static void look_both(struct t *t, const struct model *model, const struct ordmap *m, struct bytes key)
{
    size_t from = model_find(model, key, false), behind = model_find(model, key, true);
    entry_check(t, ordmap_get(m, key), from < behind ? &model->rows[from] : NULL);
    entry_check(t, ordmap_next(m, key, false), from < model->count ? &model->rows[from] : NULL);
    entry_check(t, ordmap_next(m, key, true), behind < model->count ? &model->rows[behind] : NULL);
}

static void walk_both(struct t *t, const struct model *model, const struct ordmap *m)
{
    CHECK_EQ(t, ordmap_count(m), model->count);
    size_t i = 0;
    const struct ordmap_entry *entry = ordmap_next(m, BYTES_NONE, false);
    for (; entry != NULL && i < model->count; entry = ordmap_next(m, ordmap_key(entry), true))
        entry_check(t, entry, &model->rows[i++]);
    CHECK(t, entry == NULL && i == model->count);
}

static struct bytes any_there(struct t *t, const struct model *model, bool dense)
{
    if (model->count == 0 || rng_chance(&t->rng, 0.2))
        return any_key(t, dense);
    return model->rows[rng_below(&t->rng, model->count)].key;
}

static void as_the_model(struct t *t)
{
    struct slab *s = slab_create();
    struct ordmap *m = ordmap_create(s);
    struct model *model = ARENA_NEW(t->arena, struct model);
    bool dense = rng_chance(&t->rng, 0.3);
    static const double puts[] = {0.9, 0.5, 0.05};
    for (size_t phase = 0; phase < COUNT_OF(puts); phase++) {
        size_t moves = (size_t)rng_below(&t->rng, 6000);
        for (size_t i = 0; i < moves; i++) {
            if (rng_chance(&t->rng, puts[phase]))
                put_both(t, model, m, any_key(t, dense));
            else
                remove_both(t, model, m, any_there(t, model, dense));
            look_both(t, model, m, any_there(t, model, dense));
        }
        walk_both(t, model, m);
        CHECK_EQ(t, ordmap_bytes(m), slab_used(s));
    }
    while (model->count > 0 && rng_chance(&t->rng, 0.999))
        remove_both(t, model, m, model->rows[rng_below(&t->rng, model->count)].key);
    walk_both(t, model, m);
    ordmap_destroy(m);
    CHECK_EQ(t, slab_used(s), 0);
    slab_destroy(s);
}

/* Rows that come in order, from either side, and go in order; nodes are well filled from the left. */
static void in_order(struct t *t)
{
    enum { COUNT = 100000 };
    struct slab *s = slab_create();
    struct ordmap *m = ordmap_create(s);
    bool down = rng_chance(&t->rng, 0.5);
    for (uint32_t i = 0; i < COUNT; i++) {
        uint32_t key = __builtin_bswap32(down ? COUNT - 1 - i : i);
        (void)ordmap_put(m, bytes_of(&key, 4), bytes_of(&i, 4), NULL);
    }
    CHECK(t, ordmap_bytes(m) <= (size_t)COUNT * (down ? 32 + 36 : 32 + 18));
    uint32_t seen = 0;
    for (struct ordmap_entry *entry = ordmap_next(m, BYTES_NONE, false); entry != NULL; seen++) {
        uint32_t key = __builtin_bswap32(seen);
        CHECK(t, bytes_equal(ordmap_key(entry), bytes_of(&key, 4)));
        entry = ordmap_next(m, ordmap_key(entry), true);
    }
    CHECK_EQ(t, seen, COUNT);
    for (uint32_t i = 0; i < COUNT; i++)
        CHECK(t, ordmap_remove(m, ordmap_key(ordmap_next(m, BYTES_NONE, false))));
    CHECK_EQ(t, ordmap_count(m), 0);
    CHECK_EQ(t, ordmap_bytes(m), 0);
    CHECK(t, ordmap_next(m, BYTES_NONE, false) == NULL);
    ordmap_destroy(m);
    slab_destroy(s);
}

/* A value may be put that lies in the very entry it replaces. */
static void put_of_itself(struct t *t)
{
    struct slab *s = slab_create();
    struct ordmap *m = ordmap_create(s);
    struct bytes value = BYTES_LIT("0123456789abcdefghij0123456789abcdefghij");
    struct ordmap_entry *entry = ordmap_put(m, BYTES_LIT("k"), value, NULL);
    entry->tag = 7;
    entry = ordmap_put(m, ordmap_key(entry), bytes_slice(ordmap_value(entry), 1, 39), NULL);
    CHECK_BYTES(t, ordmap_value(entry), BYTES_LIT("123456789abcdefghij0123456789abcdefghi"));
    entry = ordmap_put(m, ordmap_key(entry), bytes_slice(ordmap_value(entry), 9, 12), NULL);
    CHECK_BYTES(t, ordmap_value(entry), BYTES_LIT("abc"));
    CHECK_EQ(t, entry->tag, 7);
    CHECK(t, ordmap_get(m, BYTES_LIT("k")) == entry && ordmap_get(m, BYTES_NONE) == NULL);
    (void)ordmap_put(m, BYTES_NONE, BYTES_NONE, NULL);
    CHECK_EQ(t, ordmap_value(ordmap_get(m, BYTES_NONE)).size, 0);
    CHECK(t, ordmap_next(m, BYTES_NONE, true) == entry);
    ordmap_destroy(m);
    slab_destroy(s);
}

static const struct test tests[] = {
    {"put of itself", put_of_itself, 1},
    {"in order", in_order, 4},
    {"as the model", as_the_model, 25},
};
TEST_MAIN(tests)
