/* What the handlers of tags and segments share. */
#pragma once

#include "domain/audience/audience.h"
#include "edge/route.h"
#include "lib/json.h"

/* The definition that the path names, of the kind that the route is for; false: there is none that the token sees, and r->problem says so. */
bool audience_asked(struct request *r, const struct view *v, struct audience *out_audience);

/* What the token sees of definitions; it lives as long as the request. */
struct audience_sight audience_sight_of(const struct request *r);

/* A value of the rule's type as a query writes it; false: it isn't one. */
bool audience_value_read(enum rule_type type, struct bytes text, struct rule_value *out_value);
/* Whether the token is told values of this type: a text may name a person, so it isn't when it is masked. */
bool audience_value_is_told(const struct request *r, enum rule_type type);
/* What a rule says, as the token is told it: a member of an open object; null: nothing is known, or it isn't told. */
void audience_put_value(const struct request *r, const struct view *v, const char *key, const struct rule_value *value,
                        struct json_writer *w);
/* A value of a list as texts, keys and files have it, packed, in the arena; no bytes: none. INVALID, LIMIT: it isn't of that kind. */
fallible listing_value_read(enum list_value kind, struct bytes text, struct arena *a, struct bytes *out_value,
                            struct err *e);
/* What was said of somebody, as POST /api/v1/listings takes it: members of an open object, but for whose it is; masked where the token is. */
void listing_put_act(const struct request *r, const struct audience *a, const struct listing_act *act,
                     struct json_writer *w);
/* A member `listings` of an open object: each list and hand-set tag that was said of the person and that the token sees, whether it holds, and what was said. */
void listings_put(const struct request *r, const struct view *v, uint32_t person, struct json_writer *w);
/* Content, declared values, category and last day of a definition: members of an open object. */
void audience_put_content(const struct view *v, const struct audience *a, struct json_writer *w);
/* The same as a body says them, with a list or a group instead of a text. Copies. INVALID, LIMIT. */
fallible audience_content_read(struct request *r, struct json root, struct audience *io_said, struct err *e);

/* Who is in a definition that answers: of a tag with values who has this one as a query writes it, `value` empty: any. NULL: the tag can't have such a value. The caller
 * destroys it, on the engine's thread. */
struct bitmap;
struct bitmap *audience_set(const struct view *v, const struct audience *a, struct bytes value);

/* Notes that a definition was used today; `is_new` as audience_use_is_new said, else nothing is sent. Any thread. */
void audience_use_note(const struct request *r, uint32_t number, enum audience_use use, bool is_new);

extern const struct problem problem_no_audience; /* none of this name, or none for the token */
extern const struct problem problem_no_answer;   /* nothing answers yet */
extern const struct problem problem_which_value; /* a value is wanted, or another one */
