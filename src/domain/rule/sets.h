/* Private to rule: who stands where, as sets: made of people's rows, in memory alone. */
#pragma once

#include "domain/rule/standing.h"
#include "lib/bitmap.h"

extern const struct projection sets_projection;

/* People above `after` who have a turn without a timer, at the first instant of a day in [first, last] or within one: at most `max`, ascending. Of none, nobody is
 * told twice. O(days there are in it + max). */
enum turn_place { TURN_AT_MIDNIGHT, TURN_IN_DAY };
size_t sets_turning(const struct view *v, enum turn_place where, int32_t first, int32_t last, uint32_t after,
                    uint32_t *out_people, size_t max);
/* People above `after` of whom the rule says something else than of somebody unknown. */
size_t sets_standing(const struct view *v, uint32_t rule, uint32_t after, uint32_t *out_people, size_t max);
