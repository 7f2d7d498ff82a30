/* Private to relation: the way back. A roll is the set of people who have an open relation of a type to a thing: candidates in a
 * roster, by whatever number the person had. Who is on it is brought in line with the person by a follow-up, which says whose
 * relations are to be looked at; so it makes no difference how often, or how late, that happens. */
#pragma once

#include "domain/relation/relation.h"
#include "engine/forget.h"
#include "engine/roster.h"

extern const struct family roll_family, roll_index_family;

/* Look at the relations of `person` (whoever that is by now), of one type (its number) or of all (0), and put right in their rolls: the
 * person, its number of then, and `other`, a number that it had or that had its relations; PERSON_NONE: none. */
void roll_settle_later(struct step *s, uint32_t person, uint32_t other, uint8_t type);

/* The same of each of `people` with each of `others`, lists of u32: one follow-up says as many as that takes, so that a step which takes
 * people apart is not full of them. No people: nothing. */
void roll_settle_parts_later(struct step *s, struct bytes people, struct bytes others);
fallible parted_check(struct bytes payload, struct err *e);
const struct refusal *parted_apply(struct step *s, struct bytes payload);
#define PARTED_BYTES_MAX FOLLOW_UP_BYTES_MAX

/* Takes somebody who is being erased off all their rolls, by follow-ups. */
void roll_forget(struct step *s, struct forgotten *who);
fallible unlisted_check(struct bytes payload, struct err *e);
void unlisted_needs(const struct view *v, struct bytes payload);
const struct refusal *unlisted_apply(struct step *s, struct bytes payload);
#define UNLISTED_BYTES_MAX 16384u

fallible listed_check(struct bytes payload, struct err *e);
void listed_needs(const struct view *v, struct bytes payload);
const struct refusal *listed_apply(struct step *s, struct bytes payload);
#define LISTED_BYTES_MAX 1024u
