#include "testing/test.h"

static void taken_memory_is_aligned_and_apart(struct t *t)
{
    struct arena *a = arena_create(128);
    uint8_t *last = NULL;
    for (size_t i = 1; i < 200; i++) {
        size_t align = (size_t)1 << rng_below(&t->rng, 5);
        uint8_t *p = arena_take(a, i, align);
        memset(p, (int)i, i);
        CHECK_EQ(t, (uintptr_t)p % align, 0);
        if (last != NULL)
            CHECK_EQ(t, last[0], (uint8_t)(i - 1));
        last = p;
    }
    arena_destroy(a);
}

static void a_reset_gives_all_back(struct t *t)
{
    struct arena *a = arena_create(128);
    (void)arena_take(a, 1000, 8);
    CHECK(t, arena_used(a) >= 1000);
    arena_reset(a);
    CHECK_EQ(t, arena_used(a), 0);
    CHECK_TEXT(t, arena_printf(a, "%s-%d", "号", 7), "号-7");
    arena_destroy(a);
}

static void a_buffer_of_the_arena_never_grows(struct t *t)
{
    struct buf b = arena_buf(t->arena, 4);
    buf_push_text(&b, "知");
    CHECK(t, !b.overflowed && b.size == 3);
    buf_push_text(&b, "己");
    CHECK(t, b.overflowed && b.size == 3);
}

static const struct test tests[] = {
    {"taken memory is aligned and apart", taken_memory_is_aligned_and_apart, 20},
    {"a buffer of the arena never grows", a_buffer_of_the_arena_never_grows, 1},
    {"a reset gives all back", a_reset_gives_all_back, 1},
};
TEST_MAIN(tests)
