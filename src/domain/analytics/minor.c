#include "domain/analytics/minor.h"

#include <math.h>
#include <stdlib.h>

#include "lib/money.h"

static const int64_t powers_of_ten[MINOR_DECIMALS_MAX + 1] = {1, 10, 100, 1000, 10000, 100000, 1000000};

int64_t minor_of(struct quantity x, unsigned decimals)
{
    assert(decimals <= MINOR_DECIMALS_MAX);
    int64_t minor;
    if (x.is_real) {
        double scaled = x.real * (double)powers_of_ten[decimals];
        minor = fabs(scaled) < (double)MONEY_MAX ? llround(scaled) : scaled < 0 ? -MONEY_MAX : MONEY_MAX;
    } else {
        int64_t unit = powers_of_ten[MINOR_DECIMALS_MAX - decimals], rest = x.micro % unit;
        minor = x.micro / unit;
        if (2 * (rest < 0 ? -rest : rest) >= unit && unit > 1)
            minor += x.micro < 0 ? -1 : 1;
    }
    return minor > MONEY_MAX ? MONEY_MAX : minor < -MONEY_MAX ? -MONEY_MAX : minor;
}

int64_t minor_sum(int64_t a, int64_t b)
{
    assert(llabs(a) <= MINOR_SUM_MAX && llabs(b) <= MINOR_SUM_MAX);
    int64_t sum = a + b;
    return sum > MINOR_SUM_MAX ? MINOR_SUM_MAX : sum < -MINOR_SUM_MAX ? -MINOR_SUM_MAX : sum;
}

void minor_put(struct json_writer *w, int64_t minor, unsigned decimals)
{
    json_put_decimal(w, (struct json_decimal){minor, (int)decimals});
}
