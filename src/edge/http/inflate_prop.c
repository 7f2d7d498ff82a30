#include "edge/http/inflate_test.h"

/* A body of any content in any number of members comes back, with any byte flipped it never comes back wrong. */
static void members_come_back(struct t *t)
{
    struct err e = {0};
    struct bytes whole = BYTES_LIT(""), plain = BYTES_LIT("");
    for (uint64_t members = rng_below(&t->rng, 4) + 1; members > 0; members--) {
        size_t size = rng_below(&t->rng, rng_chance(&t->rng, 0.3) ? 200000 : 300);
        uint8_t *data = arena_take(t->arena, size + 1, 1);
        uint64_t letters = rng_below(&t->rng, 256) + 1;
        for (size_t i = 0; i < size; i++)
            data[i] = (uint8_t)rng_below(&t->rng, letters);
        plain = joined(t, plain, bytes_of(data, size));
        whole = joined(t, whole, packed(t, bytes_of(data, size), GZIP));
    }
    struct buf out;
    buf_init(&out, 2000000);
    CHECK_DONE(t, body_inflate(whole, plain.size, &out, &e), &e);
    CHECK(t, bytes_equal(buf_bytes(&out), plain));
    buf_clear(&out);
    if (plain.size > 0)
        CHECK_FAILS(t, body_inflate(whole, rng_below(&t->rng, plain.size), &out, &e), LIMIT);
    uint8_t *bad = (uint8_t *)(uintptr_t)whole.data;
    bad[rng_below(&t->rng, whole.size)] ^= (uint8_t)(1U << rng_below(&t->rng, 8));
    if (done(body_inflate(whole, plain.size, &out, &e))) /* in the header's time or system, which mean nothing */
        CHECK(t, bytes_equal(buf_bytes(&out), plain));
    else
        CHECK_EQ(t, out.size, 0);
    buf_fini(&out);
}

static const struct test tests[] = {
    {"members come back", members_come_back, 200},
};
TEST_MAIN(tests)
