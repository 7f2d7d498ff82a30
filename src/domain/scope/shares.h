/* Private to scope: the verbs of sharing. */
#pragma once

#include "domain/scope/scope.h"

extern const struct family share_family;     /* from, to (4 bytes each, BE) -> the edge */
extern const struct family share_act_family; /* position (8, BE) -> what was said */

fallible share_check(struct bytes payload, struct err *e);
const struct refusal *share_apply(struct step *s, struct bytes payload);
const struct refusal *unshare_apply(struct step *s, struct bytes payload);
