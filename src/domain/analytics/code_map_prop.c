#include "domain/analytics/code_map.h"

#include "testing/test.h"

#define CODES 64u

/* Against an array, over many subjects, of which some have many codes. */
static void it_is_an_array(struct t *t)
{
    struct code_map m;
    code_map_init(&m, t->arena);
    m.era = UINT32_MAX - (uint32_t)rng_below(&t->rng, 5); /* it begins anew somewhere */
    for (int subject = 0; subject < 10; subject++) {
        uint32_t values[CODES] = {0};
        bool is_in[CODES] = {0};
        code_map_clear(&m);
        for (uint64_t i = 0, steps = rng_below(&t->rng, 200); i < steps; i++) {
            uint32_t code = (uint32_t)rng_below(&t->rng, CODES);
            CHECK(t, code_map_has(&m, code * 7919) == is_in[code]);
            uint32_t *value = code_map_take(&m, code * 7919);
            CHECK_EQ(t, *value, values[code]);
            *value = values[code] = (uint32_t)rng_next(&t->rng);
            is_in[code] = true;
        }
    }
}

static const struct test tests[] = {
    {"it is an array", it_is_an_array, 300},
};
TEST_MAIN(tests)
