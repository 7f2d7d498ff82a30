#include "lib/uuid.h"

#include "testing/test.h"

static struct bytes any_text(struct t *t, const char *digits)
{
    char *text = arena_text(t->arena, BYTES_LIT("00000000-0000-0000-0000-000000000000"));
    for (char *c = text; *c != '\0'; c++) {
        if (*c == '0')
            *c = digits[rng_below(&t->rng, 16)];
    }
    return bytes_of_text(text);
}

static void what_is_packed_comes_back(struct t *t)
{
    struct bytes text = any_text(t, "0123456789abcdef");
    CHECK_EQ(t, uuid_form(text), UUID_LOWER);
    struct uuid u;
    REQUIRE(t, uuid_pack(text, &u));
    char back[UUID_TEXT_BYTES + 1];
    CHECK_BYTES(t, bytes_of_text(uuid_text(&u, back)), text);
    CHECK(t, uuid_is(&u, text));
    uint8_t *other = (uint8_t *)arena_text(t->arena, text);
    other[rng_below(&t->rng, text.size)] ^= (uint8_t)(1 + rng_below(&t->rng, 255));
    CHECK(t, !uuid_is(&u, bytes_of(other, text.size)));
    CHECK(t, !uuid_is(&u, bytes_slice(text, 0, rng_below(&t->rng, text.size))));
}

static void one_wrong_byte_is_plain_text(struct t *t)
{
    struct bytes text = any_text(t, "0123456789abcdef");
    uint8_t *wrong = (uint8_t *)arena_text(t->arena, text);
    size_t place = rng_below(&t->rng, text.size);
    static const char bad[] = "gG/:`@ \xff\x80";
    wrong[place] = wrong[place] == '-' ? '0' : (uint8_t)bad[rng_below(&t->rng, sizeof bad)]; /* also the NUL */
    struct uuid u;
    CHECK(t, !uuid_pack(bytes_of(wrong, text.size), &u));
    CHECK_EQ(t, uuid_form(bytes_of(wrong, text.size)), UUID_NONE);
    size_t cut = rng_below(&t->rng, text.size);
    CHECK(t, !uuid_pack(bytes_slice(text, 0, cut), &u));
}

static void bytes_stand_in_order(struct t *t)
{
    struct uuid u;
    REQUIRE(t, uuid_pack(BYTES_LIT("00112233-4455-6677-8899-aabbccddeeff"), &u));
    for (size_t i = 0; i < UUID_BYTES; i++)
        CHECK_EQ(t, u.bytes[i], i * 0x11);
}

static void other_forms_are_plain_text(struct t *t)
{
    struct uuid u;
    CHECK_EQ(t, uuid_form(BYTES_LIT("0A0B0C0D-4455-6677-8899-AABBCCDDEEFF")), UUID_UPPER);
    CHECK(t, !uuid_pack(BYTES_LIT("0A0B0C0D-4455-6677-8899-AABBCCDDEEFF"), &u));
    CHECK_EQ(t, uuid_form(BYTES_LIT("0A0B0C0D-4455-6677-8899-aabbccddeeff")), UUID_NONE);
    CHECK_EQ(t, uuid_form(BYTES_LIT("00000000-0000-0000-0000-000000000000")), UUID_LOWER);
    CHECK_EQ(t, uuid_form(BYTES_LIT("{0000000-0000-0000-0000-000000000000")), UUID_NONE);
    CHECK_EQ(t, uuid_form(BYTES_LIT("00112233445566778899aabbccddeeff")), UUID_NONE);
    CHECK_EQ(t, uuid_form(BYTES_NONE), UUID_NONE);
    CHECK(t, !uuid_pack(BYTES_NONE, &u));
}

static const struct test tests[] = {
    {"what is packed comes back", what_is_packed_comes_back, 300},
    {"one wrong byte is plain text", one_wrong_byte_is_plain_text, 300},
    {"bytes stand in order", bytes_stand_in_order, 1},
    {"other forms are plain text", other_forms_are_plain_text, 1},
};
TEST_MAIN(tests)
