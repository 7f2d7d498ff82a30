/* "?instant=2026-11-01 09:00" or "?position=4711": as of which earlier cut a tag or segment is asked for (domain/rule/cut.h). */
#pragma once

#include "domain/rule/rule.h"
#include "edge/route.h"

struct cut_query {
    struct bytes instant; /* empty: none was said */
    bool has_position;
    uint64_t position;
};
fallible cut_query_read(struct request *r, struct cut_query *out_query,
                        struct err *e); /* INVALID: no number, or both were said */
/* In the workspace's zone where the text says none; without either, now. Of a position the instant is yet to be found (cut_settle). Engine's thread. INVALID: it isn't a time. */
fallible cut_query_settle(const struct cut_query *q, const struct view *v, struct rule_cut *out_cut, struct err *e);
/* "as_of": {time, position, of_now}: as of when, and what of the answer is as it is now all the same. A member of an open object. */
void member_cut(struct json_writer *w, const struct rule_cut *m, int64_t now_us, uint32_t unkept);
