/* Which names are money, and which rate counts. What becomes of amounts is asked over HTTP (edge/api/analytics_test.c). */
#include "domain/analytics/exchange.h"

#include "domain/analytics/filter_inside.h"
#include "testing/test.h"

#define USD 840u

static void money_is_known_by_its_name(struct t *t)
{
    static const char *const money[] = {"amount", "price", "paid_amount", "order.total", "退款金额", "运费"},
                             *const others[] = {"quantity", "amounts",    "points",  "price_level",
                                                "score",    "duration_s", "金额备注"};
    struct path p = {.kind = PATH_COLUMN, .of = COLUMN_PROPERTY};
    for (size_t i = 0; i < COUNT_OF(money); i++) {
        p.name = bytes_of_text(money[i]);
        CHECK(t, path_is_money(&p));
    }
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        p.name = bytes_of_text(others[i]);
        CHECK(t, !path_is_money(&p));
    }
    p = (struct path){.kind = PATH_THING,
                      .of = COLUMN_ITEM,
                      .name = BYTES_LIT("price")}; /* what is known of a thing says its own currency */
    CHECK(t, !path_is_money(&p));
}

/* Against a look at all of them. */
static void the_last_rate_up_to_the_day_counts(struct t *t)
{
    struct money_rate rates[40];
    struct rate_book b = {.rates = rates};
    for (uint16_t from = 100; from < 104; from++)
        for (int32_t day = 50; day > 0 && b.count < COUNT_OF(rates); day -= 1 + (int32_t)rng_below(&t->rng, 12))
            rates[b.count++] = (struct money_rate){from, CURRENCY_CNY, day, {day, 0}};
    for (unsigned i = 0; i < 50; i++) {
        uint16_t from = (uint16_t)rng_between(&t->rng, 99, 105), to = rng_chance(&t->rng, 0.9) ? CURRENCY_CNY : USD;
        int64_t day = rng_between(&t->rng, -3, 60);
        const struct money_rate *want = NULL;
        for (uint32_t k = 0; k < b.count; k++)
            if (rates[k].from == from && rates[k].to == to && rates[k].day <= day &&
                (want == NULL || rates[k].day > want->day))
                want = &rates[k];
        CHECK(t, rate_find(&b, from, to, day) == want);
    }
}

/* Currencies without minor units have the widest range. */
static void what_is_too_much_for_money_is_a_double(struct t *t)
{
    enum { JPY = 392 };
    const struct decimal rate = {20, 0};
    struct quantity small = {.micro = 1500000}, large = {.micro = INT64_C(920000000000000000)};
    struct quantity got = quantity_exchange(small, rate, JPY);
    CHECK(t, !got.is_real && got.micro == 30000000);
    got = quantity_exchange(large, rate, JPY);
    CHECK(t, got.is_real && got.real > 1.839e13 && got.real < 1.841e13);
    got = quantity_exchange((struct quantity){.micro = -large.micro}, rate, JPY);
    CHECK(t, got.is_real && got.real < -1.839e13);
    got = quantity_exchange((struct quantity){.is_real = true, .real = 2.5}, (struct decimal){72, 1}, CURRENCY_CNY);
    CHECK(t, got.is_real && got.real == 18.0);
}

static const struct test tests[] = {
    {"money is known by its name", money_is_known_by_its_name, 1},
    {"what is too much for money is a double", what_is_too_much_for_money_is_a_double, 1},
    {"the last rate up to the day counts", the_last_rate_up_to_the_day_counts, 100},
};
TEST_MAIN(tests)
