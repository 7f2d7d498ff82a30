/* Events that count as activity, and others that a body may name or not. */
#pragma once

#include "domain/analytics/question.h"

#define PICK_NONE UINT32_MAX

/* What makes a subject active: any event where the asker names none. */
fallible asked_activity(struct asked *a, const char *member, uint32_t *out_pick, struct err *e);
/* A member that may be absent or null: then it is `otherwise`, another pick or PICK_NONE. */
fallible asked_pick_else(struct asked *a, const char *member, uint32_t otherwise, uint32_t *out_pick, struct err *e);

/* Whether the moment is of the pick. */
static inline bool moment_is(const struct moment *m, uint32_t pick)
{
    return (m->picks >> pick & 1) != 0;
}
