#include "lib/zone.h"

#include <stdlib.h>
#include <string.h>
#include <unicode/ucal.h>
#include <unicode/ustring.h>

#include "base/time.h"

#define NAME_BYTES_MAX 64u

struct zone {
    int64_t offset_us;   /* of a fixed one */
    UCalendar *calendar; /* NULL: fixed */
};

/* "+08:00", "+0800", "+08", "Z", "UTC". */
static bool offset_read(struct bytes name, int64_t *out_us)
{
    int32_t digits[4] = {0};
    size_t count = 0;
    if (bytes_equal(name, BYTES_LIT("Z")) || bytes_equal(name, BYTES_LIT("UTC"))) {
        *out_us = 0;
        return true;
    }
    if (name.size < 3 || (name.data[0] != '+' && name.data[0] != '-'))
        return false;
    for (size_t i = 1; i < name.size; i++) {
        if (name.data[i] == ':' && i == 3)
            continue;
        if (name.data[i] < '0' || name.data[i] > '9' || count == COUNT_OF(digits))
            return false;
        digits[count++] = name.data[i] - '0';
    }
    int64_t minutes = (digits[0] * 10 + digits[1]) * 60 + digits[2] * 10 + digits[3];
    *out_us = (name.data[0] == '-' ? -minutes : minutes) * US_PER_MINUTE;
    return (count == 2 || count == 4) && minutes <= 18 * 60 && digits[2] < 6;
}

static bool name_is_known(const UChar *name)
{
    UErrorCode status = U_ZERO_ERROR;
    UChar canonical[NAME_BYTES_MAX + 1];
    UBool is_system = false;
    (void)ucal_getCanonicalTimeZoneID(name, -1, canonical, NAME_BYTES_MAX, &is_system, &status);
    return U_SUCCESS(status) && is_system;
}

fallible zone_create(struct bytes name, struct zone **out_zone, struct err *e)
{
    UErrorCode status = U_ZERO_ERROR;
    UChar wide[NAME_BYTES_MAX + 1];
    int64_t offset_us = 0;
    UCalendar *calendar = NULL;
    if (!offset_read(name, &offset_us)) {
        u_strFromUTF8(wide, NAME_BYTES_MAX, NULL, (const char *)name.data, (int32_t)name.size, &status);
        wide[NAME_BYTES_MAX] = 0;
        if (name.size == 0 || name.size >= NAME_BYTES_MAX || U_FAILURE(status) || !name_is_known(wide))
            return FAIL(e, INVALID, "there is no zone \"%.*s\": want \"+08:00\", or a name such as \"Asia/Shanghai\"",
                        BYTES_ARG(bytes_slice(name, 0, name.size < NAME_BYTES_MAX ? name.size : NAME_BYTES_MAX)));
        calendar = ucal_open(wide, -1, "en", UCAL_GREGORIAN, &status);
        if (U_FAILURE(status))
            return FAIL(e, INVALID, "zones can't be read: %s", u_errorName(status));
        ucal_setAttribute(calendar, UCAL_REPEATED_WALL_TIME, UCAL_WALLTIME_FIRST);
    }
    struct zone *z = calloc(1, sizeof *z);
    if (z == NULL)
        abort();
    *z = (struct zone){offset_us, calendar};
    *out_zone = z;
    return DONE;
}

void zone_destroy(struct zone *z)
{
    if (z == NULL)
        return;
    if (z->calendar != NULL)
        ucal_close(z->calendar);
    free(z);
}

int64_t zone_utc_us(struct zone *z, int64_t local_us)
{
    UErrorCode status = U_ZERO_ERROR;
    if (z->calendar == NULL)
        return local_us - z->offset_us;
    int32_t day = day_of_time(local_us, 0);
    int64_t in_day_us = local_us - (int64_t)day * US_PER_DAY, seconds = in_day_us / US_PER_SECOND;
    struct civil_date d = civil_of_day(day);
    ucal_clear(z->calendar);
    ucal_setDateTime(z->calendar, d.year, d.month - 1, d.day, (int32_t)(seconds / 3600), (int32_t)(seconds / 60 % 60),
                     (int32_t)(seconds % 60), &status);
    double ms = ucal_getMillis(z->calendar, &status);
    assert(U_SUCCESS(status));
    return (int64_t)ms * US_PER_MS + in_day_us % US_PER_SECOND;
}

static int32_t seconds_at(struct zone *z, int64_t us)
{
    UErrorCode status = U_ZERO_ERROR;
    ucal_setMillis(z->calendar, (double)(us / US_PER_MS), &status);
    int32_t ms = ucal_get(z->calendar, UCAL_ZONE_OFFSET, &status) + ucal_get(z->calendar, UCAL_DST_OFFSET, &status);
    assert(U_SUCCESS(status));
    return ms / 1000;
}

/* The calendar stands at an instant: when its offset changes next; false: never again. */
static bool change_next(const struct zone *z, int64_t *out_us)
{
    UErrorCode status = U_ZERO_ERROR;
    UDate at;
    bool found = ucal_getTimeZoneTransitionDate(z->calendar, UCAL_TZ_TRANSITION_NEXT, &at, &status) && U_SUCCESS(status);
    *out_us = found ? (int64_t)at * US_PER_MS : 0;
    return found;
}

size_t zone_offsets(struct zone *z, int64_t from_us, int64_t until_us, struct zone_offset *out, size_t max)
{
    size_t count = 1;
    int64_t at_us = from_us;
    assert(max > 0);
    if (z->calendar == NULL) {
        out[0] = (struct zone_offset){from_us, (int32_t)(z->offset_us / US_PER_SECOND)};
        return count;
    }
    out[0] = (struct zone_offset){from_us, seconds_at(z, from_us)};
    while (count < max && change_next(z, &at_us) && at_us < until_us) {
        int32_t seconds = seconds_at(z, at_us);
        if (seconds != out[count - 1].seconds) /* not only another name */
            out[count++] = (struct zone_offset){at_us, seconds};
    }
    return count;
}
