#include "edge/api/day.h"

#include <stdio.h>

#include "base/time.h"
#include "edge/api/api.h"

const char *day_text(int32_t day, char out_text[DAY_TEXT_BYTES])
{
    struct civil_date d = civil_of_day(day);
    (void)snprintf(out_text, DAY_TEXT_BYTES, "%04d-%02u-%02u", (int)d.year % 10000, (unsigned)d.month % 100,
                   (unsigned)d.day % 100);
    return out_text;
}

void member_day(struct json_writer *w, const char *key, int32_t day)
{
    char text[DAY_TEXT_BYTES];
    member_text(w, key, day_text(day, text));
}

fallible day_read(struct bytes text, const char *what, int32_t *out_day, struct err *e)
{
    int64_t us;
    if (text.size != 10 || failed(time_parse(text, &us, NULL)))
        return FAIL(e, INVALID, "%s: want a day, such as 2026-11-11", what);
    *out_day = (int32_t)(us / US_PER_DAY - (us % US_PER_DAY < 0));
    return DONE;
}
