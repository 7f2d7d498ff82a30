#include "edge/api/cut_query.h"

#include "domain/calendar/calendar.h"
#include "edge/api/api.h"
#include "lib/civil.h"

fallible cut_query_read(struct request *r, struct cut_query *out_query, struct err *e)
{
    struct cut_query q = {.instant = http_query(r->x, "instant")};
    q.has_position = http_query(r->x, "position").size > 0;
    TRY(query_number(r, "position", UINT64_MAX, UINT64_MAX, &q.position, e));
    if (q.has_position && q.instant.size > 0)
        return FAIL(e, INVALID, "say an instant or a position, not both");
    *out_query = q;
    return DONE;
}

fallible cut_query_settle(const struct cut_query *q, const struct view *v, struct rule_cut *out_cut, struct err *e)
{
    struct rule_cut cut = {.instant_us = INT64_MAX, .position = q->position};
    if (q->instant.size > 0) {
        struct civil *civil = calendar_civil(v);
        struct status status = civil_read(civil, q->instant, &cut.instant_us, e);
        civil_destroy(civil);
        TRY(WRAP(e, status, "instant"));
    }
    *out_cut = cut;
    return DONE;
}

void member_cut(struct json_writer *w, const struct rule_cut *m, int64_t now_us, uint32_t unkept)
{
    json_key(w, "as_of");
    json_object_begin(w);
    member_time(w, "time", now_us);
    if (m->position != UINT64_MAX)
        member_uint(w, "position", m->position);
    json_key(w, "of_now");
    json_array_begin(w);
    if (!cut_is_now(m))
        json_put_text(w, "identity");
    for (uint32_t part = 0; part < CUT_PART_COUNT; part++)
        if ((unkept >> part & 1) != 0)
            json_put_text(w, cut_part_names[part]);
    json_array_end(w);
    json_object_end(w);
}
