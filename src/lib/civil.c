#include "lib/civil.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"

#define HOURS_A_DAY 24
#define DAYS_A_WEEK 7
#define MONTHS_A_YEAR 12
#define MONTHS_A_QUARTER 3
#define EPOCH_YEAR 1970
#define EPOCH_WEEKDAY 4u /* 1970-01-01 was a Thursday */
#define STRETCH_BITS 43u /* of an instant: about 101 days, in which offsets change once or not at all */
#define SPANS_FIRST 64u  /* that are asked of a zone; twice as many until all fit */
#define DATE_BYTES 10u   /* "2026-11-22" */

const char *const civil_unit_names[CIVIL_UNIT_COUNT] = {"hour", "day", "week", "month", "quarter", "year"};

/* From when on clocks are how far ahead of UTC. */
struct span {
    int64_t from_us;
    int64_t offset_us;
    int64_t hour_shift; /* from the hour that clocks show to the number of the hour */
    int64_t day_least;  /* the day before it ended on: where clocks go back over midnight, a day that has begun goes on */
};

struct civil {
    struct span *spans;
    size_t span_count;
    uint32_t *guesses; /* by stretch, from that of the first span on: the span in which the stretch begins */
    int64_t first_stretch;
    size_t guess_count;
    unsigned week_begins;
    int64_t week_lead; /* days from the beginning of week 0 to 1970-01-01 */
};

static inline int64_t floor_div(int64_t x, int64_t by)
{
    return x / by - (x % by < 0);
}

/* --- spans --- */

static inline const struct span *span_of(const struct civil *c, int64_t us)
{
    int64_t stretch = (us >> STRETCH_BITS) - c->first_stretch;
    if (c->span_count == 1 || stretch < 0)
        return c->spans;
    size_t at = c->guesses[stretch < (int64_t)c->guess_count ? (size_t)stretch : c->guess_count - 1];
    while (at + 1 < c->span_count && c->spans[at + 1].from_us <= us)
        at++;
    return &c->spans[at];
}

static int64_t hour_in(const struct span *s, int64_t us)
{
    return floor_div(us + s->offset_us, US_PER_HOUR) + s->hour_shift;
}

static inline int64_t day_in(const struct span *s, int64_t us)
{
    int64_t day = floor_div(us + s->offset_us, US_PER_DAY);
    return day > s->day_least ? day : s->day_least;
}

static void *zeroed(size_t count, size_t size)
{
    void *p = calloc(count, size);
    if (p == NULL)
        abort();
    return p;
}

static void spans_fill(struct civil *c, const struct zone_offset *offsets, size_t count)
{
    c->spans = zeroed(count, sizeof *c->spans);
    c->span_count = count;
    for (size_t i = 0; i < count; i++) {
        struct span *s = &c->spans[i];
        *s = (struct span){.from_us = offsets[i].from_us, .offset_us = offsets[i].seconds * US_PER_SECOND};
        int64_t shown = floor_div(s->from_us + s->offset_us, US_PER_HOUR);
        s->day_least = i == 0 ? INT64_MIN : day_in(s - 1, s->from_us - 1);
        s->hour_shift = i == 0 ? -floor_div(s->offset_us, US_PER_HOUR) : hour_in(s - 1, s->from_us - 1) + 1 - shown;
    }
}

static void guesses_fill(struct civil *c)
{
    const struct span *last = &c->spans[c->span_count - 1];
    c->first_stretch = c->spans[0].from_us >> STRETCH_BITS;
    c->guess_count = (size_t)((last->from_us >> STRETCH_BITS) - c->first_stretch) + 2;
    c->guesses = zeroed(c->guess_count, sizeof *c->guesses);
    for (size_t i = 0, at = 0; i < c->guess_count; i++) {
        int64_t begins_us = (c->first_stretch + (int64_t)i) * (INT64_C(1) << STRETCH_BITS);
        while (at + 1 < c->span_count && c->spans[at + 1].from_us <= begins_us)
            at++;
        c->guesses[i] = (uint32_t)at;
    }
}

struct civil *civil_create_of(const struct zone_offset *offsets, size_t count, unsigned week_begins)
{
    assert(count > 0 && week_begins >= 1 && week_begins <= DAYS_A_WEEK);
    struct civil *c = zeroed(1, sizeof *c);
    c->week_begins = week_begins;
    c->week_lead = (EPOCH_WEEKDAY + DAYS_A_WEEK - week_begins) % DAYS_A_WEEK;
    spans_fill(c, offsets, count);
    guesses_fill(c);
    return c;
}

fallible civil_create(struct bytes zone, int64_t from_us, int64_t until_us, unsigned week_begins, struct civil **out_civil, struct err *e)
{
    struct zone *z = NULL;
    struct zone_offset *offsets = NULL;
    size_t max = SPANS_FIRST, count = SPANS_FIRST;
    if (week_begins < 1 || week_begins > DAYS_A_WEEK)
        return FAIL(e, INVALID, "a week begins on a day from 1 (Monday) to 7 (Sunday), not %u", week_begins);
    TRY(zone_create(zone, &z, e));
    while (count == max) {
        free(offsets);
        max *= 2;
        offsets = zeroed(max, sizeof *offsets);
        count = zone_offsets(z, from_us, until_us, offsets, max);
    }
    zone_destroy(z);
    *out_civil = civil_create_of(offsets, count, week_begins);
    free(offsets);
    return DONE;
}

void civil_destroy(struct civil *c)
{
    if (c == NULL)
        return;
    free(c->guesses);
    free(c->spans);
    free(c);
}

/* --- numbers --- */

static int64_t month_of_day(int64_t day)
{
    struct civil_date date = civil_of_day((int32_t)day);
    return (int64_t)(date.year - EPOCH_YEAR) * MONTHS_A_YEAR + date.month - 1;
}

static int64_t day_of_month(int64_t month)
{
    int64_t year = floor_div(month, MONTHS_A_YEAR);
    return day_of_civil((struct civil_date){.year = (int32_t)(year + EPOCH_YEAR), .month = (uint8_t)(month - year * MONTHS_A_YEAR + 1), .day = 1});
}

int64_t civil_number(const struct civil *c, enum civil_unit unit, int64_t us)
{
    const struct span *s = span_of(c, us);
    switch (unit) {
    case CIVIL_HOUR:
        return hour_in(s, us);
    case CIVIL_DAY:
        return day_in(s, us);
    case CIVIL_WEEK:
        return floor_div(day_in(s, us) + c->week_lead, DAYS_A_WEEK);
    case CIVIL_MONTH:
        return month_of_day(day_in(s, us));
    case CIVIL_QUARTER:
        return floor_div(month_of_day(day_in(s, us)), MONTHS_A_QUARTER);
    case CIVIL_YEAR:
        return floor_div(month_of_day(day_in(s, us)), MONTHS_A_YEAR);
    case CIVIL_UNIT_COUNT:
        break;
    }
    assert(false);
    return 0;
}

uint32_t civil_dial(const struct civil *c, enum civil_dial dial, int64_t us)
{
    const struct span *s = span_of(c, us);
    int64_t hour = floor_div(us + s->offset_us, US_PER_HOUR), day = day_in(s, us);
    if (dial == DIAL_HOUR)
        return (uint32_t)(hour - floor_div(hour, HOURS_A_DAY) * HOURS_A_DAY);
    int64_t since_monday = day + EPOCH_WEEKDAY - 1;
    assert(dial == DIAL_WEEKDAY);
    return (uint32_t)(since_monday - floor_div(since_monday, DAYS_A_WEEK) * DAYS_A_WEEK) + 1;
}

/* The day on which a unit of days begins. */
static int64_t first_day(const struct civil *c, enum civil_unit unit, int64_t number)
{
    switch (unit) {
    case CIVIL_WEEK:
        return number * DAYS_A_WEEK - c->week_lead;
    case CIVIL_MONTH:
        return day_of_month(number);
    case CIVIL_QUARTER:
        return day_of_month(number * MONTHS_A_QUARTER);
    case CIVIL_YEAR:
        return day_of_month(number * MONTHS_A_YEAR);
    default:
        assert(unit == CIVIL_DAY);
        return number;
    }
}

/* The number of the hour or day on which a span ends. */
static int64_t last_in(const struct span *s, bool by_hour)
{
    return by_hour ? hour_in(s, s[1].from_us - 1) : day_in(s, s[1].from_us - 1);
}

/* The span in which an hour or a day begins: the first one that doesn't end before it. */
static const struct span *span_of_begin(const struct civil *c, bool by_hour, int64_t number)
{
    const struct span *last = c->spans + c->span_count - 1;
    const struct span *s = span_of(c, number * (by_hour ? US_PER_HOUR : US_PER_DAY)); /* about there */
    while (s > c->spans && last_in(s - 1, by_hour) >= number)
        s--;
    while (s < last && last_in(s, by_hour) < number)
        s++;
    return s;
}

int64_t civil_begin_us(const struct civil *c, enum civil_unit unit, int64_t number)
{
    bool by_hour = unit == CIVIL_HOUR;
    int64_t first = by_hour ? number : first_day(c, unit, number);
    const struct span *s = span_of_begin(c, by_hour, first);
    int64_t begins_us = (by_hour ? (first - s->hour_shift) * US_PER_HOUR : first * US_PER_DAY) - s->offset_us;
    return s > c->spans && begins_us < s->from_us ? s->from_us : begins_us;
}

/* --- text --- */

static void date_print(int64_t day, char out_text[CIVIL_TEXT_BYTES])
{
    struct civil_date d = civil_of_day((int32_t)day);
    (void)snprintf(out_text, CIVIL_TEXT_BYTES, "%04d-%02u-%02u", d.year, d.month, d.day);
}

/* Of two hours that clocks show alike the second says its offset. */
static void hour_print(const struct civil *c, int64_t number, char out_text[CIVIL_TEXT_BYTES])
{
    int64_t begins_us = civil_begin_us(c, CIVIL_HOUR, number);
    const struct span *s = span_of(c, begins_us);
    int64_t local_us = begins_us + s->offset_us, day = floor_div(local_us, US_PER_DAY);
    int64_t minutes = (local_us - day * US_PER_DAY) / US_PER_MINUTE;
    bool is_again = s > c->spans && local_us < s->from_us + s[-1].offset_us;
    int64_t ahead = (s->offset_us < 0 ? -s->offset_us : s->offset_us) / US_PER_MINUTE;
    date_print(day, out_text);
    size_t size = strlen(out_text);
    int added = snprintf(out_text + size, CIVIL_TEXT_BYTES - size, " %02d:%02d", (int)(minutes / 60), (int)(minutes % 60));
    size += (size_t)added;
    if (is_again)
        (void)snprintf(out_text + size, CIVIL_TEXT_BYTES - size, " %c%02d:%02d", s->offset_us < 0 ? '-' : '+', (int)(ahead / 60), (int)(ahead % 60));
}

/* By ISO 8601: a week is of the year that its Thursday is in. */
static void week_print(const struct civil *c, int64_t number, char out_text[CIVIL_TEXT_BYTES])
{
    int64_t first = first_day(c, CIVIL_WEEK, number), thursday = first + EPOCH_WEEKDAY - 1;
    if (c->week_begins != 1) {
        date_print(first, out_text);
        return;
    }
    int32_t year = civil_of_day((int32_t)thursday).year;
    int32_t new_year = day_of_civil((struct civil_date){.year = year, .month = 1, .day = 1});
    (void)snprintf(out_text, CIVIL_TEXT_BYTES, "%04d-W%02d", year, (int)(thursday - new_year) / DAYS_A_WEEK + 1);
}

void civil_print(const struct civil *c, enum civil_unit unit, int64_t number, char out_text[CIVIL_TEXT_BYTES])
{
    if (unit == CIVIL_HOUR) {
        hour_print(c, number, out_text);
    } else if (unit == CIVIL_WEEK) {
        week_print(c, number, out_text);
    } else {
        struct civil_date d = civil_of_day((int32_t)first_day(c, unit, number));
        if (unit == CIVIL_DAY)
            date_print(number, out_text);
        else if (unit == CIVIL_MONTH)
            (void)snprintf(out_text, CIVIL_TEXT_BYTES, "%04d-%02u", d.year, d.month);
        else if (unit == CIVIL_QUARTER)
            (void)snprintf(out_text, CIVIL_TEXT_BYTES, "%04d-Q%d", d.year, (d.month - 1) / MONTHS_A_QUARTER + 1);
        else
            (void)snprintf(out_text, CIVIL_TEXT_BYTES, "%04d", d.year);
    }
}

/* When clocks show it first; a time that they leap over counts on from before. */
static int64_t instant_of_local(const struct civil *c, int64_t local_us)
{
    for (size_t i = 0; i + 1 < c->span_count; i++) {
        int64_t us = local_us - c->spans[i].offset_us, changes_us = c->spans[i + 1].from_us;
        bool is_leapt_over = us >= changes_us && local_us - c->spans[i + 1].offset_us < changes_us;
        if (us < changes_us || is_leapt_over)
            return us;
    }
    return local_us - c->spans[c->span_count - 1].offset_us;
}

static bool says_zone(struct bytes clock)
{
    for (size_t i = 0; i < clock.size; i++)
        if (strchr("Zz+-", clock.data[i]) != NULL)
            return true;
    return false;
}

fallible civil_read(const struct civil *c, struct bytes text, int64_t *out_us, struct err *e)
{
    int64_t us = 0;
    if (failed(time_parse(text, &us, NULL)))
        return FAIL(e, INVALID, "'%.*s' is not a time: want 2026-11-22, 2026-11-22 09:00 or 2026-11-22T09:00:00Z",
                    BYTES_ARG(bytes_slice(text, 0, text.size > 40 ? 40 : text.size)));
    if (text.size == DATE_BYTES)
        us = civil_begin_us(c, CIVIL_DAY, floor_div(us, US_PER_DAY));
    else if (!says_zone(bytes_slice(text, DATE_BYTES, text.size)))
        us = instant_of_local(c, us);
    *out_us = us;
    return DONE;
}
