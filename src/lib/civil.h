/* Civil time in one zone: which local day, week or month an instant is in, and when these begin. Days are differences of local dates, never
 * divisions by 86,400 s: a day of a change of clocks has 23 or 25 hours. */
#pragma once

#include "lib/zone.h"

enum civil_unit { CIVIL_HOUR, CIVIL_DAY, CIVIL_WEEK, CIVIL_MONTH, CIVIL_QUARTER, CIVIL_YEAR, CIVIL_UNIT_COUNT };
extern const char *const civil_unit_names[CIVIL_UNIT_COUNT]; /* "hour", "day", … */

/* The offsets of a zone over a span, and how weeks begin: made once, read by any thread. */
struct civil;
/* Instants outside [from_us, until_us) count with the first or last offset there. `week_begins`: 1 Monday … 7 Sunday. */
fallible civil_create(struct bytes zone, int64_t from_us, int64_t until_us, unsigned week_begins, struct civil **out_civil, struct err *e);
/* The same of offsets that are known already: ascending, at least one, the first of which counts for all that is before it too. */
struct civil *civil_create_of(const struct zone_offset *offsets, size_t count, unsigned week_begins);
void civil_destroy(struct civil *c); /* NULL is fine */

/* The number of the unit that the instant is in: of a day, days since 1970-01-01; of a week, a month, a quarter or a year the same, one after the other;
 * of an hour, hours that have passed since 1970 (clock hours that come twice are two). Numbers never fall as time goes on: where clocks go back over midnight,
 * the day that has begun goes on. A few nanoseconds. */
int64_t civil_number(const struct civil *c, enum civil_unit unit, int64_t us);
/* The first instant of it; of a day that a zone left out, of the next one. A few nanoseconds. */
int64_t civil_begin_us(const struct civil *c, enum civil_unit unit, int64_t number);
/* What clocks and calendars show at an instant, whatever the date: the hour from 0 to 23, of which clocks show one twice or none where they are changed; the day
 * of the week from 1, Monday, to 7, Sunday. A few nanoseconds. */
enum civil_dial { DIAL_HOUR, DIAL_WEEKDAY, DIAL_COUNT };
uint32_t civil_dial(const struct civil *c, enum civil_dial dial, int64_t us);
/* "2026-11-22", "2026-W47" (of weeks from Monday; else the first day), "2026-11", "2026-Q4", "2026", "2026-11-22 09:00"; an hour that clocks show
 * again has its offset behind it, "2024-11-03 01:00 -05:00", so texts of units differ. */
#define CIVIL_TEXT_BYTES 32u
void civil_print(const struct civil *c, enum civil_unit unit, int64_t number, char out_text[CIVIL_TEXT_BYTES]);
/* "2026-11-22", "2026-11-22 09:00", "2026-11-22T09:00:00Z" -> an instant; a date is its first one. Of a time that clocks show
 * twice the first, and one that they leap over counts on from before. INVALID. */
fallible civil_read(const struct civil *c, struct bytes text, int64_t *out_us, struct err *e);
