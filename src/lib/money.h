/* Money: whole numbers of a currency's minor unit, decimals for unit prices, quantities and rates, and the one rule of rounding.
 *
 * An amount is an int64_t in the minor unit (分, cents; yen have none); its currency is the number that ISO 4217 gives it. What is
 * multiplied is multiplied in 128 bits and rounded once, half away from zero (四舍五入, as receipts do). Pure; any thread. */
#pragma once

#include "base/bytes.h"

#define CURRENCY_NONE 0u
#define CURRENCY_CNY 156u
#define MONEY_MAX \
    INT64_C(10000000000000) /* of one amount, either way: some hundred thousand of them still fit 64 bits */
#define DECIMAL_SCALE_MAX 9

struct decimal {
    int64_t mantissa;
    uint8_t scale; /* mantissa / 10^scale; at most DECIMAL_SCALE_MAX */
};

/* "-12.30", as prices are written in text: digits, at most one point. false: anything else, or more digits than fit. */
bool decimal_read(struct bytes text, struct decimal *out_decimal);

uint16_t currency_named(struct bytes code);   /* "CNY"; CURRENCY_NONE: not one of the table */
const char *currency_name(uint16_t currency); /* NULL: not one of the table */
int currency_scale(uint16_t currency);        /* digits of its minor unit: 2, 0, 3; 2 of an unknown one */
uint16_t currency_next(uint16_t after);       /* in order of number; CURRENCY_NONE: no more */

/* 12.30 of CNY is 1230. false: it has more digits than the currency, or passes MONEY_MAX. */
bool money_of_decimal(struct decimal x, uint16_t currency, int64_t *out_amount);
struct decimal money_decimal(int64_t amount, uint16_t currency);

/* price x quantity, rounded; what would pass MONEY_MAX is MONEY_MAX. */
int64_t money_times(struct decimal price, struct decimal quantity, uint16_t currency);
/* An amount of `from` in the minor unit of `to`, one major unit of `from` being `rate` of `to`; the same bound. */
int64_t money_convert(int64_t amount, uint16_t from, struct decimal rate, uint16_t to);
