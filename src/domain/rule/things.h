/* Private to rule: what things have, as conditions ask for it. */
#pragma once

#include "domain/rule/feature.h"
#include "domain/thing/thing.h"

/* An attribute of the thing of this kind and id, without a namespace, at an instant (THING_NEWEST: now); else the id of the nearest thing of the kind
 * `member` that it belonged to then. Of money its amount. Borrowed from the view. false: nothing of the kind is known (or cold, and noted). */
bool thing_says(const struct view *v, struct bytes kind, struct bytes member, struct bytes id, int64_t at_us,
                struct value *out_value);
struct feature_things things_of(const struct view *v); /* the same for matchers; lives as long as the view */
/* The same of a thing that is there, as it is now, with its namespace. */
bool thing_has(const struct view *v, const struct thing_ref *ref, struct bytes member, struct value *out_value);
void thing_touch(const struct view *v, const struct thing_ref *ref); /* all that thing_has may read */

/* What rules read of a thing behind relations changed: jobs look at the people of its rolls, slice by slice, and where it belongs elsewhere now, at those of all that belongs to it. */
extern const struct job_kind things_job;
void hear_thing_changed(struct step *s, const void *fact);
void hear_relation_listed(struct step *s, const void *fact);
