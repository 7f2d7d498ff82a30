/* Private to relation: the command that declares a type, and the rows behind it. */
#pragma once

#include "domain/relation/relation.h"

extern const struct family relation_type_family;
#define RELATION_TYPE_BYTES_MAX 4096u

fallible relation_type_check(struct bytes payload, struct err *e);
const struct refusal *relation_type_apply(struct step *s, struct bytes payload);
