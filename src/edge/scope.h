/* The scope of a token: what of its workspace it may see and decide on. All handlers ask here, so that no two of them
 * answer differently. DESIGN §5 "Scope".
 *
 * A token that names brands is limited to them. It sees what belongs to one of them, to the whole group (to no brand), or to a brand
 * whose legal entity shares with that of one of them for PURPOSE_SERVICE now (domain/scope): an edge that ends closes with its own
 * position, and streams that are open with it. Whom it may see it may also serve, by verbs of identity; what belongs to a brand
 * alone, such as its things, only a token of that brand changes.
 * A token without brands sees the group, so it is for those who answer for all its entities, and for machines of the workspace.
 * People are known to a brand by an event of it, all others being unknown to the token (404). Of a person it sees the
 * identifiers that are known to its brands, and how many more there are: that OneID knows two brands' customers to be one
 * lets a desk serve them, but a phone number that somebody gave to one brand, of another legal entity perhaps, isn't the
 * other's to read (docs/adr/0012). What somebody names in full, though, finds the person: so a customer who tells a desk
 * another of their numbers is found by it.
 * A token that names a guide sees the people who are owned by that guide now, by an open relation of a brand that it sees, and nobody
 * else: with the command that ends the ownership the person is gone for it. Of orders it sees those of these people, of things none that
 * tell of persons. It may ask only where the table of routes says so (WHO_GUIDE).
 * What concerns the whole workspace (WHO_UNLIMITED) is refused to it; figures are cut to its brands, and those that can't be
 * cut exactly are left out, by name.
 * A token that names a store sees of events those of this store and those of none; of figures none that count events, but for answers to questions
 * about events, which are made of these alone (api/analytics.c).
 *
 * The token is NULL for a request that needs none: it sees all. Engine's thread where a view is asked for. */
#pragma once

#include "domain/access/access.h"
#include "domain/people/people.h"
#include "domain/scope/scope.h"
#include "domain/thing/thing.h"

bool scope_is_limited(const struct token *t); /* to brands, or to a guide's own customers */
bool scope_names_brands(const struct token *t);
bool scope_names_guide(const struct token *t);
bool scope_names_store(const struct token *t);
bool scope_sees_brand(const struct token *t, const struct view *v, struct bytes brand); /* by name; empty: the whole group's */
bool scope_sees_event(const struct token *t, const struct view *v, struct bytes brand, struct bytes store);
bool scope_sees_entity(const struct token *t, const struct view *v, uint32_t entity); /* it has a brand that the token sees */
bool scope_sees_consent(const struct token *t, const struct view *v, const struct consent *c);
bool scope_sees_brand_number(const struct token *t, const struct view *v, uint32_t brand); /* 0: the whole group's */
/* "Other", where events of many brands add up, is nobody's who is limited. */
bool scope_sees_counter(const struct token *t, const struct view *v, const struct counter *c);
/* The brands it sees by number, and 0; those that no event had yet are not among them. It sees identifiers that are known to any of
 * them (edge/identifiers.h). In the view's arena; of a token that names brands. */
struct brand_set scope_brands(const struct token *t, const struct view *v);
/* The same by name, for a thread that has no view; lives in `arena`. */
struct brands_seen {
    uint32_t count;
    const struct bytes *names;
};
struct brands_seen scope_brands_seen(const struct token *t, const struct view *v, struct arena *arena);
bool scope_sees_event_of(const struct token *t, const struct brands_seen *seen, struct bytes brand, struct bytes store);
bool scope_sees_person(const struct token *t, const struct view *v, uint32_t person);
struct order;
bool scope_sees_order(const struct token *t, const struct view *v, const struct order *o);
/* Its own acts, and those about identifiers all of which it sees. */
bool scope_sees_act(const struct token *t, const struct view *v, const struct act_record *act);
bool scope_sees_review(const struct token *t, const struct view *v, const struct review_record *review);
/* Things of its brands, and those of none, which it may not change. A thing that isn't there is the brand's that it names, as a
 * brand itself does, or nobody's. */
bool scope_sees_thing(const struct token *t, const struct view *v, const struct thing_ref *ref);
/* Tags and segments of this brand: of the whole group's (empty) a token that names brands sees none, since they tell of all brands; one that names a store sees none at all. */
bool scope_sees_audience(const struct token *t, const struct view *v, struct bytes brand);
bool scope_changes_audience(const struct token *t, struct bytes brand); /* those of its own brands */
/* What belongs to a brand alone; empty: the whole group's, which only a token without brands changes. */
bool scope_changes_brand(const struct token *t, struct bytes brand);
bool scope_changes_thing(const struct token *t, const struct view *v, const struct thing_put *put);
