/* Money in an answer: whole numbers of the minor unit, so that parts sum to their total. */
#pragma once

#include "domain/analytics/sequence.h"
#include "lib/json.h"

#define MINOR_DECIMALS_DEFAULT 2
#define MINOR_DECIMALS_MAX 6 /* what a quantity keeps */

/* 12.345 with two decimals is 1235: rounded half away from zero; what passes MONEY_MAX (lib/money.h) is MONEY_MAX. */
int64_t minor_of(struct quantity x, unsigned decimals);
/* a + b, within MINOR_SUM_MAX either way. */
#define MINOR_SUM_MAX (INT64_C(1) << 60)
static inline int64_t minor_sum(int64_t a, int64_t b)
{
    assert(a >= -MINOR_SUM_MAX && a <= MINOR_SUM_MAX && b >= -MINOR_SUM_MAX && b <= MINOR_SUM_MAX);
    int64_t sum = a + b;
    return sum > MINOR_SUM_MAX ? MINOR_SUM_MAX : sum < -MINOR_SUM_MAX ? -MINOR_SUM_MAX : sum;
}
void minor_put(struct json_writer *w, int64_t minor, unsigned decimals); /* 1235 is 12.35 */
