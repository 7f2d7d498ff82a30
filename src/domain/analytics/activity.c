#include "domain/analytics/activity.h"

fallible asked_activity(struct asked *a, const char *member, uint32_t *out_pick, struct err *e)
{
    return asked_pick_or(a, member, "*", out_pick, e);
}

fallible asked_pick_else(struct asked *a, const char *member, uint32_t otherwise, uint32_t *out_pick, struct err *e)
{
    struct json from = json_find(a->body, bytes_of_text(member));
    if (!json_is(from, JSON_ABSENT) && !json_is(from, JSON_NULL))
        return asked_pick(a, from, out_pick, e);
    *out_pick = otherwise;
    return DONE;
}
