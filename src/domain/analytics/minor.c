#include "domain/analytics/minor.h"

#include <math.h>
#include <stdlib.h>

#include "lib/money.h"

#define CENT_DECIMALS 2u /* of most currencies */
#define CENT_MICRO INT64_C(10000)

static const int64_t powers_of_ten[MINOR_DECIMALS_MAX + 1] = {1, 10, 100, 1000, 10000, 100000, 1000000};

/* To the nearest whole unit, halves away from zero. Inlined, so that a unit that is known when this is compiled costs no division. */
static inline int64_t units_of(int64_t micro, int64_t unit)
{
    int64_t units = micro / unit, rest = micro % unit;
    bool rounds = 2 * (rest < 0 ? -rest : rest) >= unit && unit > 1;
    return units + (rounds ? micro < 0 ? -1 : 1 : 0);
}

int64_t minor_of(struct quantity x, unsigned decimals)
{
    assert(decimals <= MINOR_DECIMALS_MAX);
    int64_t minor;
    if (x.is_real) {
        double scaled = x.real * (double)powers_of_ten[decimals];
        minor = fabs(scaled) < (double)MONEY_MAX ? llround(scaled) : scaled < 0 ? -MONEY_MAX : MONEY_MAX;
    } else if (decimals == CENT_DECIMALS) {
        minor = units_of(x.micro, CENT_MICRO);
    } else {
        minor = units_of(x.micro, powers_of_ten[MINOR_DECIMALS_MAX - decimals]);
    }
    return minor > MONEY_MAX ? MONEY_MAX : minor < -MONEY_MAX ? -MONEY_MAX : minor;
}

void minor_put(struct json_writer *w, int64_t minor, unsigned decimals)
{
    json_put_decimal(w, (struct json_decimal){minor, (int)decimals});
}
