/* A survey (audience_survey.h) that reads all events again (domain/rule/recount.h): who was in a definition at an earlier cut, who would be in one that isn't saved. */
#pragma once

#include "domain/rule/rule.h"
#include "edge/api/audience_survey.h"

#define RECOUNT_EVENTS 1024u /* whose owners are asked for together */
#define RECOUNT_OWNERS 128u
#define RECOUNT_BYTES ((size_t)1 << 20)
#define RECOUNT_PEOPLE 128u /* who are asked about together */

/* Events whose person is yet to be found. */
struct recount_event {
    struct event_seen event;
    size_t owner;
};
/* The first member of what such a survey owns. */
struct audience_recount {
    struct survey *survey;
    struct rule_recount *recount; /* of the last opening; NULL: there is none */
    bool asks_all;
    /* Each who is in it, ascending; the value is the callee's for the call. */
    void (*found)(struct audience_recount *c, uint32_t person, struct bytes value);
    /* The work's own. */
    struct arena *batch; /* of what is collected */
    size_t event_count, owner_count;
    struct recount_event events[RECOUNT_EVENTS];
    struct hash128 owners[RECOUNT_OWNERS]; /* each once */
    uint32_t holders[RECOUNT_OWNERS];
    struct status status;
    struct err *error;
    size_t
        people_count; /* of those who are asked about: of whom something was read, or who are asked about all the same */
    uint32_t people[RECOUNT_PEOPLE];
    struct recounted recounted[RECOUNT_PEOPLE];
    uint32_t asked_until; /* everybody below was asked about */
};

void audience_recount_init(struct audience_recount *c, struct survey *s,
                           void (*found)(struct audience_recount *c, uint32_t person, struct bytes value));
void audience_recount_fini(struct audience_recount *c);
/* For `open`: drops what an opening before made; then the set of everybody, and what came of the recount, which may be NULL. */
void audience_recount_drop(struct audience_recount *c);
void audience_recount_take(struct audience_recount *c, const struct view *v, struct rule_recount *recount);
/* For `work`: reads all events, and says who is found. */
fallible audience_recount_work(struct audience_recount *c, struct err *e);
