/* What operators say of tags and segments in a simulated world, and whom they put on lists. No model answers it: that rows and sets are the same after every crash, and
 * that sets hold what rows say, is what is checked (check_audience.c). */
#pragma once

#include "base/rng.h"
#include "sim/pool.h"

/* A definition that comes, changes or ends, a snapshot, or an act of a list. Fills in all but ids. */
void audience_deed_make(struct rng *rng, struct deed *d, int64_t now_us);
/* Of a deed of audience: its command's payload. `ids` as envelopes have them: the person of an act is the first. */
struct envelope_id;
void audience_deed_pack(const struct deed *d, const struct envelope_id *ids, struct buf *out);
/* In words. */
const char *audience_deed_name(const struct deed *d);
