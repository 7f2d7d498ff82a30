/* Private to thing: puts and deletes. What they touch is told by names alone, whatever the state says of kinds and attributes: a command
 * before them in the same group may declare these. */
#pragma once

#include "domain/thing/thing.h"

extern const struct family thing_index_family; /* hash of (kind, namespace, id) -> number */

/* As thing_find; where there is none, the key under which it will be found. */
uint32_t thing_look(const struct view *v, const struct thing_ref *ref, struct hash128 *out_free);

void thing_put_needs(const struct view *v, struct bytes payload); /* of a delete, too */
const struct refusal *thing_put_apply(struct step *s, struct bytes payload);
const struct refusal *thing_delete_apply(struct step *s, struct bytes payload);
