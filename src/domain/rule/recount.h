/* Who was in what at an earlier cut (cut.h): all events are read again beside the engine and put together by person, with 32 MiB and a file; then people are asked about in
 * order of number, some at a time, on the engine's thread. */
#pragma once

#include "domain/rule/cut.h"
#include "domain/rule/program.h"
#include "engine/work.h"

struct rule_recount;
/* Engine's thread. NULL: there is no such rule, or it can't be compiled any more. */
struct rule_recount *rule_recount_create(const struct view *v, uint32_t rule, const struct rule_cut *m,
                                         const struct work_surroundings *around);
void rule_recount_destroy(struct rule_recount *c); /* any thread; NULL is fine */

/* --- on one thread beside the engine --- */

fallible rule_recount_begin(struct rule_recount *c,
                            struct err *e); /* finds the instant of a position. NOT_FOUND: as of cut_settle */
/* Feeds events of the view, in whatever order; false: this one says nothing to the rule. Who it belongs to is the caller's to find (identity_of_owner). */
fallible rule_recount_scan(struct rule_recount *c, event_each each, void *context, struct err *e);
bool rule_recount_hears(const struct rule_recount *c, const struct event_seen *event);
fallible rule_recount_event(struct rule_recount *c, const struct event_seen *event, uint32_t person, struct err *e);
uint64_t rule_recount_events(const struct rule_recount *c); /* that a scan gives */
/* Each person of whom something was fed, ascending. What they have is the callee's for the call. */
struct slot_series;
struct recounted {
    uint32_t person;
    size_t count;
    const struct slot_series *series;
};
struct recounted recounted_copy(const struct recounted *person, struct arena *a);
typedef fallible (*recount_each)(void *context, const struct recounted *person, struct err *e);
fallible rule_recount_read(struct rule_recount *c, recount_each each, void *context, struct err *e);

/* --- on the engine's thread --- */

/* Of people of whom nothing was fed the rule may hold all the same: by what else it reads, or since it holds of nobody in particular. */
bool rule_recount_asks_all(const struct view *v, const struct rule_recount *c);
/* Whether somebody was in it then: a condition held, or a value was another one than nobody's. false too: nobody had seen them yet, or the rule has ended since. */
bool rule_recount_holds(const struct view *v, const struct rule_recount *c, const struct recounted *person,
                        struct rule_value *out_value);
const struct rule_cut *rule_recount_cut(const struct rule_recount *c);
uint32_t rule_recount_unkept(const struct view *v, const struct rule_recount *c); /* cut_unkept */
