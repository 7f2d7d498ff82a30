/* Sessions: a subject's events with no long gap between. */
#pragma once

#include "domain/analytics/question.h"

#define SESSION_GAP_MINUTES 30

struct session_rule {
    int64_t gap_us;        /* events that lie so far apart are still of one session */
    bool cuts_at_midnight; /* a civil day in the zone begins a new one */
    bool has_campaign;     /* so does an event of a campaign that isn't that of the session's first event: */
    uint32_t campaign;     /* a lane of codes */
};

/* Rows of a kind's members. */
#define SESSION_MEMBERS                                                                                                                                \
    {"gap", "how long nothing may happen within a session: 30m (default)", "会话内最长无事件间隔:30m(默认)"},                                            \
        {"midnight", "true: a new day begins a new session", "true:跨零点即新会话"},                                                                     \
        {"campaign", "a value whose change begins a new session, such as campaign", "该值变化即新会话,如 campaign"}

fallible asked_sessions(struct asked *a, struct session_rule *out_rule, struct err *e);

/* Walks the sessions of a sequence in their order. */
struct session_walk {
    const struct question *q;
    const struct session_rule *rule;
    const struct sequence *s;
    uint32_t from, until; /* moments of the session at hand */
};
struct session_walk sessions_of(const struct question *q, const struct session_rule *rule, const struct sequence *s);
bool session_next(struct session_walk *w); /* false: no more */
