/* Private to identity: sets of brands. */
#pragma once

#include "domain/identity/identity.h"

extern const struct brand_set brands_of_group; /* 0 alone */

bool brands_equal(struct brand_set x, struct brand_set y);
/* Of both, in the arena, or one of them; beyond ID_BRANDS_MAX the smallest stay, so that the order in which they come makes
 * no difference. */
struct brand_set brands_union(struct brand_set x, struct brand_set y, struct arena *a);
/* The numbers of names; of those that have none yet nothing is kept. */
struct brand_set brands_named(const struct view *v, const struct bytes *names, uint32_t count);
