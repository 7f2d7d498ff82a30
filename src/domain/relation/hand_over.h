/* Private to relation: hand-overs, each a row that its job keeps up to date. */
#pragma once

#include "domain/relation/relation.h"

extern const struct family hand_over_family; /* 2^64 - 1 - position (8, BE), so the newest comes first -> the record */
extern const struct job_kind hand_over_job;

void hand_over_needs(const struct view *v, struct bytes payload);
const struct refusal *hand_over_apply(struct step *s, struct bytes payload);
