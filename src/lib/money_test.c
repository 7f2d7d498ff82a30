#include "lib/money.h"
#include "testing/test.h"

static struct decimal decimal(int64_t mantissa, uint8_t scale)
{
    return (struct decimal){mantissa, scale};
}

static void currencies_have_codes_and_digits(struct t *t)
{
    CHECK_EQ(t, currency_named(BYTES_LIT("CNY")), CURRENCY_CNY);
    CHECK_TEXT(t, currency_name(392), "JPY");
    CHECK_EQ(t, currency_scale(392), 0);
    CHECK_EQ(t, currency_scale(414), 3);
    CHECK_EQ(t, currency_named(BYTES_LIT("cny")), CURRENCY_NONE);
    CHECK(t, currency_name(1) == NULL);
    uint32_t count = 0;
    for (uint16_t c = CURRENCY_NONE, before; (before = c, c = currency_next(c)) != CURRENCY_NONE; count++) {
        CHECK(t, c > before);
        CHECK_EQ(t, currency_named(bytes_of_text(currency_name(c))), c);
    }
    CHECK(t, count > 50);
}

static void amounts_are_exact_or_nothing(struct t *t)
{
    int64_t amount = 0;
    CHECK(t, money_of_decimal(decimal(123, 1), CURRENCY_CNY, &amount));
    CHECK_EQ(t, amount, 1230);
    CHECK(t, money_of_decimal(decimal(-12300, 3), CURRENCY_CNY, &amount));
    CHECK_EQ(t, amount, -1230);
    CHECK(t, !money_of_decimal(decimal(12345, 3), CURRENCY_CNY, &amount));
    CHECK(t, !money_of_decimal(decimal(INT64_MAX, 0), CURRENCY_CNY, &amount));
    CHECK(t, money_of_decimal(decimal(500, 0), 392, &amount));
    CHECK_EQ(t, amount, 500);
    CHECK_EQ(t, money_decimal(1230, CURRENCY_CNY).scale, 2);
}

static void halves_go_away_from_zero(struct t *t)
{
    CHECK_EQ(t, money_times(decimal(1005, 3), decimal(1, 0), CURRENCY_CNY), 101); /* 1.005 */
    CHECK_EQ(t, money_times(decimal(1005, 3), decimal(-1, 0), CURRENCY_CNY), -101);
    CHECK_EQ(t, money_times(decimal(1004, 3), decimal(1, 0), CURRENCY_CNY), 100);
    CHECK_EQ(t, money_times(decimal(3333, 4), decimal(15, 1), CURRENCY_CNY), 50); /* 0.3333 x 1.5 = 0.49995 */
    CHECK_EQ(t, money_times(decimal(7, 0), decimal(3, 0), 392), 21);
    CHECK_EQ(t, money_times(decimal(INT64_MAX, 0), decimal(INT64_MAX, 0), CURRENCY_CNY), MONEY_MAX);
    CHECK_EQ(t, money_times(decimal(INT64_MAX, 0), decimal(INT64_MIN, 0), CURRENCY_CNY), -MONEY_MAX);
}

static void prices_are_read_from_text(struct t *t)
{
    static const struct {
        const char *text;
        int64_t mantissa;
        uint8_t scale;
    } good[] = {{"199.00", 199, 0},
                {"-0.50", -5, 1},
                {"+7", 7, 0},
                {".5", 5, 1},
                {"3.", 3, 0},
                {"0.000001", 1, 6},
                {"9223372036854775807", INT64_MAX, 0}};
    static const char *const bad[] = {"", "-", ".", "1,5", "1.2.3", "1e2", " 1", "9223372036854775808", "0.1234567891"};
    struct decimal x = {42, 1};
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        CHECK(t, !decimal_read(bytes_of_text(bad[i]), &x));
    CHECK_EQ(t, x.mantissa, 42);
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        CHECK(t, decimal_read(bytes_of_text(good[i].text), &x));
        CHECK_EQ(t, x.mantissa, good[i].mantissa);
        CHECK_EQ(t, x.scale, good[i].scale);
    }
}

static void amounts_change_currency(struct t *t)
{
    CHECK_EQ(t, money_convert(10000, 840, decimal(71234, 4), CURRENCY_CNY), 71234); /* 100 USD at 7.1234 */
    CHECK_EQ(t, money_convert(1000, 392, decimal(4865, 5), CURRENCY_CNY), 4865);    /* 1000 JPY at 0.04865 */
    CHECK_EQ(t, money_convert(-1, CURRENCY_CNY, decimal(5, 1), 840), -1);           /* half a cent */
}

static const struct test tests[] = {
    {"currencies have codes and digits", currencies_have_codes_and_digits, 1},
    {"amounts are exact or nothing", amounts_are_exact_or_nothing, 1},
    {"halves go away from zero", halves_go_away_from_zero, 1},
    {"prices are read from text", prices_are_read_from_text, 1},
    {"amounts change currency", amounts_change_currency, 1},
};
TEST_MAIN(tests)
