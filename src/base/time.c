#include "base/time.h"

#include <time.h>

static int64_t clock_us(clockid_t clock)
{
    struct timespec now;
    int rc = clock_gettime(clock, &now);
    assert(rc == 0);
    (void)rc;
    return (int64_t)now.tv_sec * US_PER_SECOND + now.tv_nsec / 1000;
}

int64_t time_now_us(void)
{
    return clock_us(CLOCK_REALTIME);
}

int64_t time_monotonic_us(void)
{
    return clock_us(CLOCK_MONOTONIC);
}

int64_t time_monotonic_ns(void)
{
    struct timespec now;
    int rc = clock_gettime(CLOCK_MONOTONIC, &now);
    assert(rc == 0);
    (void)rc;
    return (int64_t)now.tv_sec * (US_PER_SECOND * 1000) + now.tv_nsec;
}

int64_t time_thread_us(void)
{
    return clock_us(CLOCK_THREAD_CPUTIME_ID);
}

int32_t day_of_civil(struct civil_date date)
{
    assert(date.month >= 1 && date.month <= 12);
    int32_t y = date.year - (date.month <= 2);
    int32_t era = (y >= 0 ? y : y - 399) / 400;
    int32_t year_of_era = y - era * 400;
    int32_t day_of_year = (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;
    int32_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

struct civil_date civil_of_day(int32_t day)
{
    int32_t z = day + 719468;
    int32_t era = (z >= 0 ? z : z - 146096) / 146097;
    int32_t day_of_era = z - era * 146097;
    int32_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int32_t month_from_march = (5 * day_of_year + 2) / 153;
    uint8_t d = (uint8_t)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
    uint8_t m = (uint8_t)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
    return (struct civil_date){.year = year_of_era + era * 400 + (m <= 2), .month = m, .day = d};
}

int32_t day_of_time(int64_t us, int32_t offset_seconds)
{
    int64_t local = us + (int64_t)offset_seconds * US_PER_SECOND;
    int64_t day = local / US_PER_DAY - (local % US_PER_DAY < 0);
    return (int32_t)day;
}

/* A cursor over the text being parsed. */
struct reader {
    const uint8_t *at;
    const uint8_t *end;
};

static bool read_char(struct reader *r, char c)
{
    if (r->at == r->end || *r->at != (uint8_t)c)
        return false;
    r->at++;
    return true;
}

static bool read_two(struct reader *r, int32_t *out_value)
{
    if (r->end - r->at < 2)
        return false;
    uint8_t tens = (uint8_t)(r->at[0] - '0'), ones = (uint8_t)(r->at[1] - '0');
    if (tens > 9 || ones > 9)
        return false;
    r->at += 2;
    *out_value = tens * 10 + ones;
    return true;
}

static bool read_date(struct reader *r, int64_t *out_us)
{
    int32_t century, year, month, day;
    if (!read_two(r, &century) || !read_two(r, &year) || !read_char(r, '-') || !read_two(r, &month) || !read_char(r, '-') ||
        !read_two(r, &day))
        return false;
    year += century * 100;
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > 31)
        return false;
    struct civil_date date = {.year = year, .month = (uint8_t)month, .day = (uint8_t)day};
    int32_t days = day_of_civil(date);
    if (day > 28 && civil_of_day(days).day != date.day) /* 30 February and the like */
        return false;
    *out_us = (int64_t)days * US_PER_DAY;
    return true;
}

/* The digits after the point; those beyond the sixth are cut. */
static bool read_fraction(struct reader *r, int64_t *out_us)
{
    int64_t us = 0, unit = US_PER_SECOND;
    const uint8_t *start = r->at;
    for (; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++) {
        unit /= 10;
        us += (*r->at - '0') * unit;
    }
    *out_us = us;
    return r->at > start;
}

static bool read_clock(struct reader *r, int64_t *out_us)
{
    int32_t hour, minute, second = 0;
    int64_t fraction_us = 0;
    if (!read_two(r, &hour) || !read_char(r, ':') || !read_two(r, &minute))
        return false;
    if (read_char(r, ':') && !read_two(r, &second))
        return false;
    if ((read_char(r, '.') || read_char(r, ',')) && !read_fraction(r, &fraction_us))
        return false;
    if (hour > 23 || minute > 59 || second > 60) /* 60: a leap second counts as the next one */
        return false;
    *out_us = hour * US_PER_HOUR + minute * US_PER_MINUTE + second * US_PER_SECOND + fraction_us;
    return true;
}

static bool read_zone(struct reader *r, int64_t *out_us)
{
    *out_us = 0;
    if (r->at == r->end || read_char(r, 'Z') || read_char(r, 'z'))
        return true;
    bool west = read_char(r, '-');
    if (!west && !read_char(r, '+'))
        return false;
    int32_t hours, minutes = 0;
    if (!read_two(r, &hours))
        return false;
    (void)read_char(r, ':');
    if (r->at < r->end && !read_two(r, &minutes))
        return false;
    if (hours > 18 || minutes > 59)
        return false;
    int64_t us = hours * US_PER_HOUR + minutes * US_PER_MINUTE;
    *out_us = west ? -us : us;
    return true;
}

fallible time_parse(struct bytes text, int64_t *out_us, struct err *e)
{
    struct reader r = {text.data, text.data + text.size};
    int64_t date_us = 0, clock_part_us = 0, zone_us = 0;
    bool good = text.size > 0 && read_date(&r, &date_us);
    if (good && r.at < r.end) {
        good = (read_char(&r, 'T') || read_char(&r, 't') || read_char(&r, ' ')) && read_clock(&r, &clock_part_us) &&
               read_zone(&r, &zone_us) && r.at == r.end;
    }
    if (!good)
        return FAIL(e, INVALID, "'%.*s' is not a time: want 2026-11-22T03:04:05.678Z or with an offset such as +08:00",
                    BYTES_ARG(bytes_slice(text, 0, text.size > 40 ? 40 : text.size)));
    int64_t us = date_us + clock_part_us - zone_us;
    if (us < TIME_US_MIN || us >= TIME_US_END)
        return FAIL(e, INVALID, "the time is outside the years 1 to 9999");
    *out_us = us;
    return DONE;
}

/* Writes `count` digits of x, zeroes in front. */
static char *put_digits(char *at, int count, int32_t x)
{
    for (int i = count - 1; i >= 0; i--, x /= 10)
        at[i] = (char)('0' + x % 10);
    return at + count;
}

const char *time_format(int64_t us, char out_text[TIME_TEXT_BYTES])
{
    assert(us >= TIME_US_MIN && us < TIME_US_END);
    int32_t day = day_of_time(us, 0);
    int64_t in_day = us - (int64_t)day * US_PER_DAY;
    struct civil_date date = civil_of_day(day);
    int32_t micro = (int32_t)(in_day % US_PER_SECOND);
    char *at = put_digits(out_text, 4, date.year);
    *at++ = '-', at = put_digits(at, 2, date.month);
    *at++ = '-', at = put_digits(at, 2, date.day);
    *at++ = 'T', at = put_digits(at, 2, (int32_t)(in_day / US_PER_HOUR));
    *at++ = ':', at = put_digits(at, 2, (int32_t)(in_day / US_PER_MINUTE % 60));
    *at++ = ':', at = put_digits(at, 2, (int32_t)(in_day / US_PER_SECOND % 60));
    *at++ = '.', at = micro % 1000 == 0 ? put_digits(at, 3, micro / 1000) : put_digits(at, 6, micro);
    *at++ = 'Z', *at = 0;
    assert(at < out_text + TIME_TEXT_BYTES);
    return out_text;
}
