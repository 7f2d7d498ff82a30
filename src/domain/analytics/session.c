#include "domain/analytics/session.h"

#include "base/time.h"

#define SESSION_GAP_US_MAX (7 * US_PER_DAY)

fallible asked_sessions(struct asked *a, struct session_rule *out_rule, struct err *e)
{
    TRY(asked_span(a, "gap", SESSION_GAP_MINUTES * US_PER_MINUTE, SESSION_GAP_US_MAX, &out_rule->gap_us, e));
    TRY(asked_flag(a, "midnight", false, &out_rule->cuts_at_midnight, e));
    return asked_lane(a, "campaign", LANE_CODES, LANE_VALUE, false, &out_rule->has_campaign, &out_rule->campaign, e);
}

struct session_walk sessions_of(const struct question *q, const struct session_rule *rule, const struct sequence *s)
{
    assert(s->count > 0 && rule->gap_us > 0);
    return (struct session_walk){.q = q, .rule = rule, .s = s};
}

static uint32_t campaign_of(const struct session_walk *w, uint32_t moment)
{
    return w->rule->has_campaign ? w->s->lanes[w->rule->campaign].codes[w->s->moments[moment].row] : CODE_NONE;
}

static bool is_new_day(const struct session_walk *w, int64_t last_us, int64_t us)
{
    return w->rule->cuts_at_midnight && civil_number(w->q->civil, CIVIL_DAY, last_us) != civil_number(w->q->civil, CIVIL_DAY, us);
}

bool session_next(struct session_walk *w)
{
    const struct moment *m = w->s->moments;
    if (w->until == w->s->count)
        return false;
    w->from = w->until++;
    uint32_t campaign = campaign_of(w, w->from);
    for (; w->until < w->s->count; w->until++) {
        uint32_t its = campaign_of(w, w->until);
        if (m[w->until].time_us - m[w->until - 1].time_us > w->rule->gap_us || is_new_day(w, m[w->until - 1].time_us, m[w->until].time_us) ||
            (its != CODE_NONE && its != campaign))
            break;
    }
    return true;
}
