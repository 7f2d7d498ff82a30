#include "lib/slab.h"

#include <stdlib.h>

#include "testing/test.h"

#define OBJECTS_MAX 6000u

struct object {
    uint8_t *p;
    size_t size;
    uint8_t mark;
};

static size_t any_size(struct t *t)
{
    switch (rng_below(&t->rng, 3)) {
    case 0:
        return 1 + (size_t)rng_below(&t->rng, 300);
    case 1:
        return 1 + (size_t)rng_below(&t->rng, 2000);
    default:
        return 1 + (size_t)rng_below(&t->rng, SLAB_SIZE_MAX);
    }
}

static void object_take(struct t *t, struct slab *s, struct object *o)
{
    o->size = any_size(t);
    o->mark = (uint8_t)rng_next(&t->rng);
    o->p = slab_take(s, o->size);
    CHECK(t, (uintptr_t)o->p % (o->size % 64 == 0 ? 64 : 16) == 0);
    memset(o->p, o->mark, o->size);
}

static void object_give(struct t *t, struct slab *s, struct object *o)
{
    bool whole = true;
    for (size_t i = 0; i < o->size; i++)
        whole = whole && o->p[i] == o->mark;
    CHECK(t, whole);
    slab_give(s, o->p, o->size);
    o->p = NULL;
}

/* Objects keep what is written to them, so none lies over another; the counts are those of the model. */
static void objects_lie_apart(struct t *t)
{
    struct slab *s = slab_create();
    struct object *objects = ARENA_ARRAY(t->arena, struct object, OBJECTS_MAX);
    size_t used = 0, count = 1 + (size_t)rng_below(&t->rng, OBJECTS_MAX);
    for (size_t move = 0; move < 3 * count; move++) {
        struct object *o = &objects[rng_below(&t->rng, count)];
        if (o->p == NULL) {
            object_take(t, s, o);
            used += slab_class_bytes(o->size);
        } else {
            used -= slab_class_bytes(o->size);
            object_give(t, s, o);
        }
        CHECK_EQ(t, slab_used(s), used);
        CHECK(t, slab_used(s) <= slab_bytes(s));
    }
    for (size_t i = 0; i < count; i++)
        if (objects[i].p != NULL)
            object_give(t, s, &objects[i]);
    CHECK_EQ(t, slab_used(s), 0);
    size_t kept = slab_bytes(s);
    CHECK_EQ(t, slab_trim(s), kept);
    CHECK_EQ(t, slab_bytes(s), 0);
    slab_destroy(s);
}

static void classes_fit_their_sizes(struct t *t)
{
    size_t last = 0;
    for (size_t size = 1; size <= SLAB_SIZE_MAX; size++) {
        size_t bytes = slab_class_bytes(size);
        CHECK(t, bytes >= size && bytes >= last);
        CHECK(t, bytes <= size + 15 || bytes <= size + size / 8);
        CHECK(t, bytes % 16 == 0 && (size <= 1024 || bytes % 64 == 0));
        CHECK_EQ(t, slab_class_bytes(bytes), bytes);
        last = bytes;
    }
}

/* Giving back most of a big state gives memory back to the system, though objects of other classes stay. */
static void empty_chunks_go_back(struct t *t)
{
    enum { COUNT = 200000 };
    struct slab *s = slab_create();
    void **big = malloc(COUNT * sizeof *big), **small = malloc(COUNT * sizeof *small);
    REQUIRE(t, big != NULL && small != NULL);
    for (size_t i = 0; i < COUNT; i++) {
        big[i] = slab_take(s, 400);
        small[i] = slab_take(s, 16);
    }
    CHECK(t, slab_bytes(s) >= COUNT * 416);
    CHECK(t, slab_bytes(s) <= COUNT * 416 + COUNT * 4);
    for (size_t i = 0; i < COUNT; i++)
        slab_give(s, big[i], 400);
    CHECK(t, slab_bytes(s) <= COUNT * 16 + (1u << 20));
    CHECK_EQ(t, slab_used(s), COUNT * 16);
    for (size_t i = 0; i < COUNT; i++) { /* and it comes again */
        big[i] = slab_take(s, 400);
        memset(big[i], 1, 400);
    }
    CHECK_EQ(t, slab_used(s), COUNT * 416);
    free(big);
    free(small);
    slab_destroy(s);
}

static const struct test tests[] = {
    {"classes fit their sizes", classes_fit_their_sizes, 1},
    {"empty chunks go back", empty_chunks_go_back, 1},
    {"objects lie apart", objects_lie_apart, 20},
};
TEST_MAIN(tests)
