/* Private to relation: the way back. A roll is the set of people who have an open relation of a type to a thing: candidates in a
 * roster, by whatever number the person had. Whoever changes who has a relation names the numbers and the rolls that this concerns, and
 * a follow-up brings these in line with what is true by then; so it makes no difference how often, how late, or in which order that
 * happens. */
#pragma once

#include "domain/relation/relation.h"
#include "engine/forget.h"
#include "engine/roster.h"

extern const struct family roll_family, roll_index_family;

/* Has each of `numbers` put on, or taken off, the rolls of these relations, by as many follow-ups as it takes to name them. To be named
 * are all numbers whose relations the step changes, and nothing else: who was concerned before has follow-ups on its way. What leads
 * to nothing has no roll. */
void roll_settle_later(struct step *s, const uint32_t *numbers, size_t number_count, const struct relation *list,
                       size_t count);
fallible listed_check(struct bytes payload, struct err *e);
void listed_needs(const struct view *v, struct bytes payload);
const struct refusal *listed_apply(struct step *s, struct bytes payload);
#define LISTED_BYTES_MAX 16384u

/* Takes somebody who is being erased off all their rolls. */
void roll_forget(struct step *s, struct forgotten *who);
