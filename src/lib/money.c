#include "lib/money.h"

#include <string.h>

struct currency {
    uint16_t number;
    char code[4];
    uint8_t scale;
};

/* ISO 4217, in order of number: those that shops take. */
static const struct currency currencies[] = {
    {32, "ARS", 2},  {36, "AUD", 2},  {48, "BHD", 3},  {50, "BDT", 2},  {96, "BND", 2},  {104, "MMK", 2},
    {116, "KHR", 2}, {124, "CAD", 2}, {144, "LKR", 2}, {152, "CLP", 0}, {156, "CNY", 2}, {170, "COP", 2},
    {203, "CZK", 2}, {208, "DKK", 2}, {344, "HKD", 2}, {348, "HUF", 2}, {352, "ISK", 0}, {356, "INR", 2},
    {360, "IDR", 2}, {376, "ILS", 2}, {392, "JPY", 0}, {398, "KZT", 2}, {400, "JOD", 3}, {404, "KES", 2},
    {410, "KRW", 0}, {414, "KWD", 3}, {418, "LAK", 2}, {446, "MOP", 2}, {458, "MYR", 2}, {484, "MXN", 2},
    {496, "MNT", 2}, {504, "MAD", 2}, {512, "OMR", 3}, {524, "NPR", 2}, {554, "NZD", 2}, {566, "NGN", 2},
    {578, "NOK", 2}, {586, "PKR", 2}, {600, "PYG", 0}, {604, "PEN", 2}, {608, "PHP", 2}, {634, "QAR", 2},
    {643, "RUB", 2}, {682, "SAR", 2}, {702, "SGD", 2}, {704, "VND", 0}, {710, "ZAR", 2}, {752, "SEK", 2},
    {756, "CHF", 2}, {764, "THB", 2}, {784, "AED", 2}, {788, "TND", 3}, {818, "EGP", 2}, {826, "GBP", 2},
    {840, "USD", 2}, {860, "UZS", 2}, {901, "TWD", 2}, {949, "TRY", 2}, {978, "EUR", 2}, {980, "UAH", 2},
    {985, "PLN", 2}, {986, "BRL", 2},
};

__extension__ typedef __int128 wide; /* pedantic compilers want to be told */

static const int64_t tens[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000};

bool decimal_read(struct bytes text, struct decimal *out)
{
    size_t at = text.size > 0 && (text.data[0] == '-' || text.data[0] == '+'), digits = 0;
    bool is_negative = at > 0 && text.data[0] == '-', after_point = false;
    struct decimal x = {0, 0};
    for (; at < text.size; at++) {
        uint8_t c = text.data[at];
        if (c == '.' && !after_point) {
            after_point = true;
            continue;
        }
        if (c < '0' || c > '9' || (after_point && x.scale == DECIMAL_SCALE_MAX) ||
            __builtin_mul_overflow(x.mantissa, 10, &x.mantissa) ||
            __builtin_add_overflow(x.mantissa, c - '0', &x.mantissa))
            return false;
        x.scale = (uint8_t)(x.scale + after_point);
        digits++;
    }
    for (; x.scale > 0 && x.mantissa % 10 == 0; x.scale--)
        x.mantissa /= 10;
    x.mantissa = is_negative ? -x.mantissa : x.mantissa;
    *out = digits > 0 ? x : *out;
    return digits > 0;
}

static const struct currency *currency_of(uint16_t number)
{
    for (size_t i = 0; i < COUNT_OF(currencies); i++)
        if (currencies[i].number == number)
            return &currencies[i];
    return NULL;
}

uint16_t currency_named(struct bytes code)
{
    for (size_t i = 0; i < COUNT_OF(currencies); i++)
        if (bytes_equal(bytes_of_text(currencies[i].code), code))
            return currencies[i].number;
    return CURRENCY_NONE;
}

const char *currency_name(uint16_t number)
{
    const struct currency *c = currency_of(number);
    return c == NULL ? NULL : c->code;
}

int currency_scale(uint16_t number)
{
    const struct currency *c = currency_of(number);
    return c == NULL ? 2 : c->scale;
}

uint16_t currency_next(uint16_t after)
{
    for (size_t i = 0; i < COUNT_OF(currencies); i++)
        if (currencies[i].number > after)
            return currencies[i].number;
    return CURRENCY_NONE;
}

bool money_of_decimal(struct decimal x, uint16_t currency, int64_t *out_amount)
{
    int scale = currency_scale(currency), have = x.scale;
    int64_t amount = x.mantissa;
    assert(x.scale <= DECIMAL_SCALE_MAX);
    for (; have > scale; have--, amount /= 10)
        if (amount % 10 != 0)
            return false;
    if (__builtin_mul_overflow(amount, tens[scale - have], &amount) || amount > MONEY_MAX || amount < -MONEY_MAX)
        return false;
    *out_amount = amount;
    return true;
}

struct decimal money_decimal(int64_t amount, uint16_t currency)
{
    return (struct decimal){.mantissa = amount, .scale = (uint8_t)currency_scale(currency)};
}

/* a x b / 10^from as a whole number of 10^-to, rounded half away from zero; within MONEY_MAX. */
static int64_t product(int64_t a, int64_t b, int from, int to)
{
    wide x = (wide)a * b;
    for (; from < to; from++) /* at most three digits more; the product has 39 less these */
        if (__builtin_mul_overflow(x, (wide)10, &x))
            return (a < 0) == (b < 0) ? MONEY_MAX : -MONEY_MAX;
    wide divisor = 1;
    for (; from > to; from--)
        divisor *= 10;
    wide half = x < 0 ? -(divisor / 2) : divisor / 2, rounded = (x + half) / divisor;
    return rounded > MONEY_MAX ? MONEY_MAX : rounded < -MONEY_MAX ? -MONEY_MAX : (int64_t)rounded;
}

int64_t money_times(struct decimal price, struct decimal quantity, uint16_t currency)
{
    assert(price.scale <= DECIMAL_SCALE_MAX && quantity.scale <= DECIMAL_SCALE_MAX);
    return product(price.mantissa, quantity.mantissa, price.scale + quantity.scale, currency_scale(currency));
}

int64_t money_convert(int64_t amount, uint16_t from, struct decimal rate, uint16_t to)
{
    assert(rate.scale <= DECIMAL_SCALE_MAX);
    return product(amount, rate.mantissa, currency_scale(from) + rate.scale, currency_scale(to));
}
