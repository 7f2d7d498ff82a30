/* Sums of quantities: exact while they fit in 64 bits of millionths, a double from then on. */
#pragma once

#include "domain/analytics/sequence.h"
#include "lib/json.h"

#define QUANTITY_UNIT INT64_C(1000000) /* millionths of one */

struct quantity_sum {
    int64_t micro; /* what is exact of it */
    double real;   /* the rest, in ones */
};

void quantity_add(struct quantity_sum *s, struct quantity x);
void quantity_less(struct quantity_sum *s, struct quantity x);
void quantity_add_sum(struct quantity_sum *s, struct quantity_sum more);
struct quantity quantity_times(struct quantity a, struct quantity b);
double quantity_double(struct quantity_sum s);   /* in ones */
int64_t quantity_micro(struct quantity_sum s);   /* to the nearest millionth; what is beyond 64 bits is the nearest that isn't */
void quantity_put(struct json_writer *w, struct quantity_sum s); /* with the digits that it has: 12.3 */
