#include "lib/phone.h"

#include "testing/test.h"

static const char *const countries[] = {"86", "852", "853", "886", "1"};

static const char *any_country(struct t *t)
{
    return countries[rng_below(&t->rng, COUNT_OF(countries))];
}

/* Pieces that make a normaliser stumble, strung together. */
static struct bytes any_raw(struct t *t)
{
    static const char *const pieces[] = {
        "0", "1", "13812345678", "3812", "86", "+86", "0086", "+", "-", "－", " ", "　", "(", ")", "(0)", "852", "886", "9", "95",
        "400", "106", "転", "转", "*", ".0", "E+10", ",", "x", "ext", "021", "1234", "\xff", "'", "８６", "7",
    };
    char *text = arena_printf(t->arena, "%s", "");
    for (uint64_t n = rng_below(&t->rng, 7); n > 0; n--)
        text = arena_printf(t->arena, "%s%s", text, pieces[rng_below(&t->rng, COUNT_OF(pieces))]);
    return bytes_of_text(text);
}

static void normalising_twice_changes_nothing(struct t *t)
{
    struct bytes raw = any_raw(t);
    struct phone once = {0}, twice = {0};
    if (phone_normalise(raw, any_country(t), &once) != PHONE_OK)
        return;
    CHECK_EQ(t, phone_normalise(bytes_of(once.text, once.size), any_country(t), &twice), PHONE_OK);
    CHECK_TEXT(t, twice.text, once.text);
    CHECK(t, once.text[0] == '+' && once.text[1] != '0');
    CHECK_EQ(t, strspn(once.text + 1, "0123456789"), once.size - 1);
    CHECK_EQ(t, strlen(phone_last4(&once)), 4);
}

/* However a mobile is written, it is the same number. */
static void every_way_to_write_a_mobile_is_one(struct t *t)
{
    static const char *const fronts[] = {"", "86", "+86", "0086", "0", "(+86)", "＋86 ", "86-", "+86 0", "'"};
    char want[PHONE_BYTES_MAX + 1] = "+861";
    for (size_t i = 4; i < 14; i++)
        want[i] = (char)('0' + (i == 4 ? rng_between(&t->rng, 3, 9) : rng_between(&t->rng, 0, 9)));
    char *raw = arena_printf(t->arena, "%s", fronts[rng_below(&t->rng, COUNT_OF(fronts))]);
    uint64_t style = rng_below(&t->rng, 4);
    for (size_t i = 3; i < 14; i++) {
        bool gap = i == 6 || i == 10;
        const char *between = !gap ? "" : style == 0 ? " " : style == 1 ? "-" : style == 2 ? "　" : "";
        if (rng_chance(&t->rng, 0.2)) /* its full-width twin: EF BC 90 and on */
            raw = arena_printf(t->arena, "%s%s\xef\xbc%c", raw, between, want[i] - '0' + 0x90);
        else
            raw = arena_printf(t->arena, "%s%s%c", raw, between, want[i]);
    }
    struct phone phone = {0};
    CHECK_EQ(t, phone_normalise(bytes_of_text(raw), "86", &phone), PHONE_OK);
    CHECK_TEXT(t, phone.text, want);
}

static void no_bytes_break_it(struct t *t)
{
    uint8_t raw[100];
    size_t size = rng_below(&t->rng, sizeof raw);
    for (size_t i = 0; i < size; i++)
        raw[i] = (uint8_t)rng_below(&t->rng, rng_chance(&t->rng, 0.5) ? 256 : 64);
    struct phone phone;
    enum phone_reason reason = phone_normalise(bytes_of(raw, size), any_country(t), &phone);
    CHECK(t, phone_reason_name(reason) != NULL);
}

/* A run costs the harness a folder, so each does many rounds. */
#define ROUNDS 50
#define MANY(property)                                                    \
    static void many_##property(struct t *t)                              \
    {                                                                     \
        for (int round = 0; round < ROUNDS && t->failures == 0; round++) \
            property(t);                                                  \
    }
MANY(normalising_twice_changes_nothing)
MANY(every_way_to_write_a_mobile_is_one)
MANY(no_bytes_break_it)

static const struct test tests[] = {
    {"normalising twice changes nothing", many_normalising_twice_changes_nothing, 400},
    {"every way to write a mobile is one", many_every_way_to_write_a_mobile_is_one, 100},
    {"no bytes break it", many_no_bytes_break_it, 100},
};
TEST_MAIN(tests)
