#include "domain/analytics/quantity.h"

#include <math.h>

#define MICRO_REAL_MAX 9.2e18 /* doubles below it fit in 64 bits */
#define MICRO_DIGITS 6

static void micro_add(struct quantity_sum *s, int64_t micro)
{
    int64_t sum;
    if (__builtin_add_overflow(s->micro, micro, &sum))
        s->real += (double)micro / (double)QUANTITY_UNIT;
    else
        s->micro = sum;
}

void quantity_add(struct quantity_sum *s, struct quantity x)
{
    if (x.is_real)
        s->real += x.real;
    else
        micro_add(s, x.micro);
}

void quantity_less(struct quantity_sum *s, struct quantity x)
{
    if (x.is_real)
        s->real -= x.real;
    else if (x.micro == INT64_MIN)
        s->real -= (double)x.micro / (double)QUANTITY_UNIT;
    else
        micro_add(s, -x.micro);
}

void quantity_add_sum(struct quantity_sum *s, struct quantity_sum more)
{
    micro_add(s, more.micro);
    s->real += more.real;
}

static double quantity_real(struct quantity x)
{
    return x.is_real ? x.real : (double)x.micro / (double)QUANTITY_UNIT;
}

struct quantity quantity_times(struct quantity a, struct quantity b)
{
    int64_t product;
    if (!a.is_real && !b.is_real && !__builtin_mul_overflow(a.micro, b.micro, &product) && product % QUANTITY_UNIT == 0)
        return (struct quantity){.micro = product / QUANTITY_UNIT};
    return (struct quantity){.is_real = true, .real = quantity_real(a) * quantity_real(b)};
}

double quantity_double(struct quantity_sum s)
{
    return s.real + (double)s.micro / (double)QUANTITY_UNIT;
}

int64_t quantity_micro(struct quantity_sum s)
{
    double micro = s.real * (double)QUANTITY_UNIT + (double)s.micro;
    if (s.real == 0)
        return s.micro;
    return micro > MICRO_REAL_MAX ? INT64_MAX : micro < -MICRO_REAL_MAX ? INT64_MIN : llround(micro);
}

void quantity_put(struct json_writer *w, struct quantity_sum s)
{
    struct json_decimal d = {s.micro, MICRO_DIGITS};
    if (s.real != 0) {
        json_put_double(w, quantity_double(s));
        return;
    }
    while (d.scale > 0 && d.value % 10 == 0) {
        d.value /= 10;
        d.scale--;
    }
    json_put_decimal(w, d);
}
