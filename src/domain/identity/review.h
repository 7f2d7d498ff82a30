/* Private to identity: the values that are set aside until somebody has looked at them. */
#pragma once

#include "domain/identity/desk.h"

extern const struct family review_family; /* plain key (16 bytes) -> the quarantined value */

struct review {
    uint16_t type;
    struct bytes ns, value;
    int64_t since_us;
    uint32_t conflicts;
    struct hash128 holder_key; /* of the person that had it */
};
/* Both keep the totals. */
void review_put(struct desk *d, const struct incarnation *inc);
void review_remove(struct desk *d, struct hash128 plain);
bool review_read(const struct view *v, struct hash128 plain, struct review *out_review);
