/* The calendar: in which zone the days of a workspace begin and end, on which days it or a shop is closed, and which alarms about
 * it are silent.
 *
 * What is said is said of the workspace, of a shop or of a source. The zone is the workspace's alone. Its table of offsets comes with
 * the command that sets it (lib/zone makes it), so that the same log gives the same days wherever it is applied, whatever tables that
 * machine has; without one it is Asia/Shanghai. A change of the zone counts for what changes later; who keeps days hears of it.
 *
 * Formats: docs/formats/calendar.md. */
#pragma once

#include "engine/domain.h"

extern const struct domain calendar_domain;

#define CALENDAR_NAME_BYTES_MAX 255u
#define CALENDAR_ZONE_BYTES_MAX 63u
#define CALENDAR_ZONE_INITIALLY "Asia/Shanghai"
#define CALENDAR_OFFSETS_MAX 512u
#define CALENDAR_SPANS_MAX 128u
#define CALENDAR_BYTES_MAX 12288u

enum calendar_of { CALENDAR_OF_WORKSPACE, CALENDAR_OF_SHOP, CALENDAR_OF_SOURCE, CALENDAR_OF_COUNT };
extern const char *const calendar_of_names[CALENDAR_OF_COUNT]; /* "workspace", "shop", "source" */

/* What a clock is ahead of UTC from an instant on. */
struct calendar_offset {
    int64_t from_us; /* of the first one: from ever */
    int32_t seconds;
};
struct calendar_span {
    int32_t first, last; /* days since 1970-01-01, both closed */
};
struct calendar {
    enum calendar_of of;
    struct bytes name;     /* of the shop or source; the workspace has none */
    struct bytes zone;     /* IANA name; empty: not said, and for shops and sources always */
    uint32_t offset_count; /* with a zone at least one; ascending */
    const struct calendar_offset *offsets;
    uint8_t closed_weekdays; /* 1 << weekday, 0 is Monday */
    uint32_t span_count;     /* ascending, apart */
    const struct calendar_span *spans;
    uint32_t silent; /* alarms that are not raised: 1 << kind, domain/pulse has the kinds */
};

extern const struct fact_kind fact_zone_changed; /* from this step on calendar_zone_since is another one; says nothing else */

enum { COMMAND_CALENDAR = 0x0D01 }; /* replaces what was said of the same; a workspace's zone that isn't said stays */
fallible calendar_pack(const struct calendar *c, struct buf *out, struct err *e); /* INVALID, LIMIT */
/* Borrows; lists live in `arena`. INVALID. */
fallible calendar_unpack(struct bytes payload, struct arena *arena, struct calendar *out_calendar, struct err *e);

/* --- reading; a row or two are looked up --- */

int32_t calendar_day_of(const struct view *v, int64_t us);
int64_t calendar_day_begin_us(const struct view *v,
                              int32_t day); /* its midnight; where clocks leap over it, when they did */
struct bytes calendar_zone(const struct view *v);
/* The days of the workspace by the offsets that it keeps, so the same wherever the log is applied; weeks from Monday. The caller destroys it. */
struct civil;
struct civil *calendar_civil(const struct view *v);
struct hash128 calendar_sum(const struct view *v); /* of all that was said; as thing_kinds_sum */
/* Which zone it is, of all that there have been: the position of the command from which on days begin and end as they do now; 0: from ever. A zone that comes back
 * is another one, since what was kept by days meanwhile was of the zone between. One look-up. */
uint64_t calendar_zone_since(const struct view *v);
/* By the workspace's calendar or its own. */
bool calendar_is_closed(const struct view *v, enum calendar_of of, struct bytes name, int32_t day);
bool calendar_is_silent(const struct view *v, enum calendar_of of, struct bytes name, unsigned alarm);
/* The next of which something was said, by of, then in no order that means anything, but always the same; false: no more. Start with NULL. In the view's arena. */
bool calendar_next(const struct view *v, const struct calendar *after, struct calendar *out_calendar);
int calendar_weekday(int32_t day); /* 0 is Monday */
