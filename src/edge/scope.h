/* The scope of a token: what of its workspace it may see and decide on. All handlers ask here, so that no two of them
 * answer differently. DESIGN §5 "Scope".
 *
 * A token that names brands is limited to them. It sees what belongs to one of them or to the whole group (to no brand);
 * of people those of whom it sees a trait, an event or a consent, all others being unknown to it (404). The identifiers of
 * a person are the group's: whoever sees the person sees them all. What concerns the whole workspace (WHO_UNLIMITED)
 * is refused to it, and figures that can't be cut to its brands are left out.
 * A token that names a store sees of events those of this store and those of none.
 *
 * The token is NULL for a request that needs none: it sees all. Engine's thread where a view is asked for. */
#pragma once

#include "domain/access/access.h"
#include "domain/people/people.h"

bool scope_is_limited(const struct token *t);
bool scope_sees_brand(const struct token *t, struct bytes brand); /* by name; empty: the whole group's */
bool scope_sees_event(const struct token *t, struct bytes brand, struct bytes store);
bool scope_sees_brand_number(const struct token *t, const struct view *v, uint32_t brand); /* 0: the whole group's */
/* "Other", where events of many brands add up, is nobody's who is limited. */
bool scope_sees_counter(const struct token *t, const struct view *v, const struct counter *c);
bool scope_sees_person(const struct token *t, const struct view *v, uint32_t person);
/* Its own acts, and those about people all of whom it sees: an act tells identifiers of each of them. */
bool scope_sees_act(const struct token *t, const struct view *v, const struct act_record *act);
bool scope_sees_review(const struct token *t, const struct view *v, const struct review_record *review);
