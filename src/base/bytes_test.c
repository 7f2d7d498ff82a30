#include "testing/test.h"

static void comparing_is_by_unsigned_bytes(struct t *t)
{
    CHECK(t, bytes_compare(BYTES_LIT("a"), BYTES_LIT("ab")) < 0);
    CHECK(t, bytes_compare(BYTES_LIT("\xff"), BYTES_LIT("a")) > 0);
    CHECK(t, bytes_compare(BYTES_NONE, BYTES_NONE) == 0);
    CHECK(t, bytes_starts_with(BYTES_LIT("小明"), BYTES_LIT("小")));
}

static void a_buffer_stops_at_its_bound(struct t *t)
{
    struct buf b;
    buf_init(&b, 5);
    buf_push_text(&b, "abc");
    buf_push_text(&b, "def");
    CHECK(t, b.overflowed);
    CHECK_BYTES(t, buf_bytes(&b), BYTES_LIT("abc"));
    buf_clear(&b);
    buf_push_text(&b, "12345");
    CHECK(t, !b.overflowed);
    buf_fini(&b);
}

static void long_prints_are_whole(struct t *t)
{
    struct buf b;
    buf_init(&b, 4096);
    buf_printf(&b, "%0500d", 7);
    CHECK_EQ(t, b.size, 500);
    CHECK_EQ(t, b.data[499], '7');
    buf_fini(&b);
}

static const struct test tests[] = {
    {"comparing is by unsigned bytes", comparing_is_by_unsigned_bytes, 1},
    {"a buffer stops at its bound", a_buffer_stops_at_its_bound, 1},
    {"long prints are whole", long_prints_are_whole, 1},
};
TEST_MAIN(tests)
