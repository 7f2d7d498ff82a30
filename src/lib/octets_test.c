#include "lib/octets.h"

#include "testing/test.h"

#define WORD_BYTES 8u

/* The first byte that fits, looked at one by one; WORD_BYTES: none does. */
static size_t naive_first(const uint8_t bytes[WORD_BYTES], uint8_t byte, bool below)
{
    size_t at = 0;
    while (at < WORD_BYTES && (below ? bytes[at] >= byte : bytes[at] != byte))
        at++;
    return at;
}

static size_t first_of(uint64_t mask)
{
    return mask == 0 ? WORD_BYTES : octets_first(mask);
}

/* Few values, so that they meet, with those around the bounds among them. */
static void the_first_byte_that_fits_is_found(struct t *t)
{
    static const uint8_t values[] = {0x00, 0x01, 0x1F, 0x20, 0x21, '"', ',', 0x7F, 0x80, 0x81, 0xA0, 0xFF};
    uint8_t bytes[WORD_BYTES], wanted = values[rng_below(&t->rng, COUNT_OF(values))], bound = (uint8_t)rng_below(&t->rng, 0x81);
    for (size_t i = 0; i < WORD_BYTES; i++)
        bytes[i] = values[rng_below(&t->rng, COUNT_OF(values))];
    uint64_t word = octets_at(bytes);
    CHECK_EQ(t, first_of(octets_equal(word, wanted)), naive_first(bytes, wanted, false));
    CHECK_EQ(t, first_of(octets_below(word, bound)), naive_first(bytes, bound, true));
}

static const struct test tests[] = {
    {"the first byte that fits is found", the_first_byte_that_fits_is_found, 20000},
};
TEST_MAIN(tests)
