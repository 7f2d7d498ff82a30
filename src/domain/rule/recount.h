/* Who was in what at an earlier cut (cut.h), and who would be in what nobody has made a rule of: all events are read again beside the engine and put together by person, with
 * 32 MiB and a file; then people are asked about in order of number, some at a time, on the engine's thread. */
#pragma once

#include "domain/rule/cut.h"
#include "domain/rule/program.h"
#include "engine/work.h"

struct rule_recount;
/* Engine's thread. NULL: there is no such rule, or it can't be compiled any more. */
struct rule_recount *rule_recount_create(const struct view *v, uint32_t rule, const struct rule_cut *m,
                                         const struct work_surroundings *around);
/* Of a rule that was never made, as of now. What rules in force keep of people is taken as it is; the rest is read, which takes as long as gathering it would, about. Nothing is
 * kept. Engine's thread. INVALID, LIMIT: as program_compile; and what it asks of the things that events refer to, which can't be tried. */
struct rule_ask;
fallible rule_recount_try(const struct view *v, const struct rule_ask *ask, const struct work_surroundings *around,
                          struct rule_recount **out_recount, struct err *e);
void rule_recount_destroy(struct rule_recount *c); /* any thread; NULL is fine */
enum rule_type rule_recount_type(const struct view *v, const struct rule_recount *c); /* of what is asked; engine's thread */
/* Of one that is tried the i-th feature that no rule in force keeps; NULL: there are no more. Lives as long as the recount. */
const struct feature *rule_recount_ungathered(const struct rule_recount *c, size_t i);
/* Of one that is tried, when all have been asked: false: a rule that kept something of it has ended meanwhile, so the answer is none. Engine's thread. */
bool rule_recount_stands(const struct view *v, const struct rule_recount *c);

/* --- on one thread beside the engine --- */

fallible rule_recount_begin(struct rule_recount *c,
                            struct err *e); /* finds the instant of a position. NOT_FOUND: as of cut_settle */
/* Feeds events of the view, in whatever order; false: this one says nothing to the rule. Who it belongs to is the caller's to find (identity_of_owner). */
fallible rule_recount_scan(struct rule_recount *c, event_each each, void *context, struct err *e);
bool rule_recount_hears(const struct rule_recount *c, const struct event_seen *event);
fallible rule_recount_event(struct rule_recount *c, const struct event_seen *event, uint32_t person, struct err *e);
uint64_t rule_recount_events(const struct rule_recount *c); /* that a scan gives; none, where nothing is to be read */
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
