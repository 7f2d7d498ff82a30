#include "lib/pack.h"

#include "testing/test.h"

static void what_is_packed_reads_back(struct t *t)
{
    struct buf b;
    buf_init(&b, 1 << 16);
    uint64_t x = rng_next(&t->rng) >> rng_below(&t->rng, 64);
    int64_t y = (int64_t)rng_next(&t->rng) >> rng_below(&t->rng, 64);
    pack_varint(&b, x);
    pack_signed(&b, y);
    pack_bytes(&b, BYTES_LIT("知己"));
    pack_u32(&b, (uint32_t)x);
    struct unpack u = unpack_of(buf_bytes(&b));
    CHECK(t, unpack_varint(&u) == x);
    CHECK(t, unpack_signed(&u) == y);
    CHECK_BYTES(t, unpack_bytes(&u), BYTES_LIT("知己"));
    CHECK_EQ(t, unpack_u32(&u), (uint32_t)x);
    CHECK(t, unpack_finished(&u));
    for (size_t cut = 0; cut < b.size; cut++) { /* every shorter text is bad, and none reads past its end */
        u = unpack_of(bytes_of(b.data, cut));
        (void)unpack_varint(&u), (void)unpack_signed(&u), (void)unpack_bytes(&u), (void)unpack_u32(&u);
        CHECK(t, !unpack_good(&u));
    }
    buf_fini(&b);
}

/* With fewer bytes behind it than a word has, and with more; also where it is longer than it need be. */
static void varints_end_where_they_say(struct t *t)
{
    uint8_t bytes[VARINT_BYTES_MAX + 8];
    uint64_t x = rng_next(&t->rng) >> rng_below(&t->rng, 64);
    size_t size = (size_t)(put_varint(bytes, x) - bytes), longer = rng_below(&t->rng, VARINT_BYTES_MAX - size + 1);
    for (size_t i = 0; i < longer; i++) {
        bytes[size - 1] |= 0x80;
        bytes[size++] = 0;
    }
    for (size_t i = size; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)rng_next(&t->rng);
    for (size_t left = 0; left <= sizeof bytes - size; left++) {
        struct unpack u = unpack_of(bytes_of(bytes, size + left));
        CHECK(t, unpack_varint(&u) == x);
        CHECK_EQ(t, unpack_left(&u), left);
    }
}

static void a_varint_over_64_bits_is_bad(struct t *t)
{
    struct unpack u = unpack_of(BYTES_LIT("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"));
    CHECK_EQ(t, unpack_varint(&u), 0);
    CHECK(t, !unpack_good(&u));
}

static const struct test tests[] = {
    {"what is packed reads back", what_is_packed_reads_back, 500},
    {"varints end where they say, whatever lies behind", varints_end_where_they_say, 500},
    {"a varint over 64 bits is bad", a_varint_over_64_bits_is_bad, 1},
};
TEST_MAIN(tests)
