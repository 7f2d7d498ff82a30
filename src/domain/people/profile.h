/* Private to people: a person's folds, written. */
#pragma once

#include "domain/people/portable.h"

void profile_on_event(struct step *s, const struct resolved *resolved);
void profile_clear(struct step *s, uint32_t person);                                 /* a part of a split starts anew */
void profile_install(struct step *s, uint32_t person, const struct portable *folded); /* adds what was re-folded */

/* The rule of a source: its row, else the default. */
extern const struct family source_family; /* source (4 bytes, BE) -> priority, first */
bool people_source_is_plain(const struct people_source *rule); /* the default */
const struct refusal *source_apply(struct step *s, struct bytes payload);
fallible source_check(struct bytes payload, struct err *e);
