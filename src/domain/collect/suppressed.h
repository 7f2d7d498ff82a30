/* Private to collect: whose history is not taken in again. When a person is erased, the keys of their identifiers stay here:
 * imported events of these are refused, so that an old file does not bring back who was erased. What such a person does from
 * now on is theirs anew. */
#pragma once

#include "domain/collect/collect.h"

extern const struct family
    suppressed_family; /* the bits of a plain key that are hash (10 bytes) -> position of the erasure (8) */

bool is_suppressed(const struct view *v, const struct envelope *envelope); /* by any identifier of its own */
void suppressed_forget(struct step *s, struct forgotten *who);             /* of the domain's table */
