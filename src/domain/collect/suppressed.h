/* Private to collect: whose history is not taken in again. When a person is erased, the keys of their identifiers stay here with the
 * time: what is told of them as history, and happened before it, is refused, so that an old file does not bring back who was
 * erased. What they do after it is theirs anew, whoever tells it and how. */
#pragma once

#include "domain/collect/collect.h"

extern const struct family
    suppressed_family; /* the bits of a plain key that are hash (10 bytes) -> position and time of the erasure (8 each) */

/* By any identifier of its own: a live event that comes in time is nobody's history. */
bool is_suppressed(const struct view *v, const struct envelope *envelope);
void suppressed_forget(struct step *s, struct forgotten *who); /* of the domain's table */
fallible suppressed_check(struct bytes payload, struct err *e);
const struct refusal *suppressed_apply(struct step *s, struct bytes payload);
