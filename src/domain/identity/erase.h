/* Private to identity: erasing a person; identity.h has what others see of it. */
#pragma once

#include "domain/identity/desk.h"
#include "engine/forget.h"

extern const struct family erasure_family; /* position (8, BE) -> whose things are to be purged, and the receipt */

fallible erase_check(struct bytes payload, struct err *e);
void erase_needs(const struct view *v, struct bytes payload);
const struct refusal *erase_apply(struct step *s, struct bytes payload);

/* Identity's own part of forgetting: nobody is found by these identifiers any more. */
void identity_forget(struct step *s, struct forgotten *who);

extern const struct job_kind acts_forget_job; /* takes the person out of what acts are said to be about */
