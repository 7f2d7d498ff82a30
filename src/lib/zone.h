/* Zones of clocks: "+08:00", "Z", or a name of the IANA list ("Asia/Shanghai", "Europe/London"), with its summer times. */
#pragma once

#include "base/bytes.h"

struct zone;

/* INVALID: no such zone. */
fallible zone_create(struct bytes name, struct zone **out_zone, struct err *e);
void zone_destroy(struct zone *z); /* NULL is fine */

/* What UTC was when a clock there showed `local_us`, counted as if it were UTC. Of an hour that a clock shows twice the first; one that it
 * leaps over counts on from before. Nothing is computed for fixed zones; about a microsecond for the others. */
int64_t zone_utc_us(struct zone *z, int64_t local_us);

/* What clocks there are ahead of UTC, from an instant on until the next one. */
struct zone_offset {
    int64_t from_us;
    int32_t seconds;
};
/* The offsets in [from_us, until_us): the first is in force at from_us. At most `max`; a zone with summer times has two a year. */
size_t zone_offsets(struct zone *z, int64_t from_us, int64_t until_us, struct zone_offset *out, size_t max);
