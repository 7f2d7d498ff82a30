/* Private to thing: building the index of an attribute that things have already. */
#pragma once

#include "domain/thing/thing.h"

extern const struct job_kind thing_index_job;

/* Begins it for what is wanted of the kind. That it is wanted is known to every command whose needs were met after this
 * step, and the job's first slice comes after them: so no step keeps up an index that its needs did not touch. */
void thing_index_begin(struct step *s, const struct thing_kind *kind);
