#include "edge/http/inflate_test.h"

static void both_formats_are_told_by_their_bytes(struct t *t)
{
    struct err e = {0};
    struct buf out;
    buf_init(&out, 1000);
    buf_push_text(&out, "before:");
    struct bytes gzip = packed(t, BYTES_LIT("hello"), GZIP);
    CHECK(t, body_is_gzip(gzip));
    CHECK_DONE(t, body_inflate(gzip, 1000, &out, &e), &e);
    CHECK_DONE(t, body_inflate(packed(t, BYTES_LIT("!"), ZLIB), 1000, &out, &e), &e);
    CHECK_DONE(t, body_inflate(packed(t, BYTES_NONE, GZIP), 0, &out, &e), &e);
    CHECK_BYTES(t, buf_bytes(&out), BYTES_LIT("before:hello!"));
    CHECK_FAILS(t, body_inflate(BYTES_LIT("{\"a\":1}"), 1000, &out, &e), INVALID);
    CHECK_FAILS(t, body_inflate(BYTES_LIT("[1]"), 1000, &out, &e), INVALID);
    CHECK_FAILS(t, body_inflate(BYTES_NONE, 1000, &out, &e), INVALID);
    CHECK_FAILS(t, body_inflate(packed(t, BYTES_LIT("x"), RAW), 1000, &out, &e), INVALID);
    CHECK(t, !body_is_gzip(BYTES_LIT("{}")) && !body_is_gzip(BYTES_NONE) && !body_is_gzip(BYTES_LIT("\x1f")));
    CHECK_BYTES(t, buf_bytes(&out), BYTES_LIT("before:hello!"));
    buf_fini(&out);
}

static void the_bound_is_exact(struct t *t)
{
    struct err e = {0};
    size_t size = 300000;
    struct bytes gzip = packed(t, bytes_of(arena_zeroed(t->arena, size, 1), size), GZIP);
    CHECK(t, gzip.size < 1000);
    struct buf out;
    buf_init(&out, 1U << 30);
    CHECK_FAILS(t, body_inflate(gzip, size - 1, &out, &e), LIMIT);
    CHECK(t, out.size == 0 && !out.overflowed && strstr(e.text, "smaller pieces") != NULL);
    CHECK_DONE(t, body_inflate(gzip, size, &out, &e), &e);
    CHECK_EQ(t, out.size, size);
    CHECK_FAILS(t, body_inflate(joined(t, gzip, gzip), size * 2 - 1, &out, &e), LIMIT);
    CHECK_DONE(t, body_inflate(joined(t, gzip, gzip), size * 2, &out, &e), &e);
    CHECK_EQ(t, out.size, size * 3);
    buf_fini(&out);
    /* The buffer's own bound counts as well. */
    buf_init(&out, 1000);
    buf_push_text(&out, "x");
    CHECK_FAILS(t, body_inflate(gzip, size, &out, &e), LIMIT);
    CHECK_BYTES(t, buf_bytes(&out), BYTES_LIT("x"));
    buf_fini(&out);
}

static void damaged_bodies_are_refused(struct t *t)
{
    struct err e = {0};
    struct buf out;
    buf_init(&out, 100000);
    struct bytes plain = bytes_of_text("the quick brown fox jumps over the lazy dog, again and again and again");
    struct bytes gzip = packed(t, plain, GZIP), zlib = packed(t, plain, ZLIB);
    for (size_t size = 0; size < gzip.size; size++)
        CHECK_FAILS(t, body_inflate(bytes_slice(gzip, 0, size), 1000, &out, &e), INVALID);
    CHECK_FAILS(t, body_inflate(joined(t, gzip, BYTES_LIT("rest")), 1000, &out, &e), INVALID);
    CHECK_FAILS(t, body_inflate(joined(t, zlib, zlib), 1000, &out, &e), INVALID);
    CHECK_FAILS(t, body_inflate(joined(t, gzip, zlib), 1000, &out, &e), INVALID);
    CHECK_FAILS(t, body_inflate(joined(t, gzip, BYTES_LIT("\x1f")), 1000, &out, &e), INVALID);
    CHECK_EQ(t, out.size, 0);
    CHECK_DONE(t, body_inflate(gzip, plain.size, &out, &e), &e);
    CHECK_BYTES(t, buf_bytes(&out), plain);
    buf_fini(&out);
}

static const struct test tests[] = {
    {"both formats are told by their bytes", both_formats_are_told_by_their_bytes, 1},
    {"the bound is exact", the_bound_is_exact, 1},
    {"damaged bodies are refused", damaged_bodies_are_refused, 1},
};
TEST_MAIN(tests)
