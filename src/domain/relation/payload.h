/* Private to relation: the checks of its commands. */
#pragma once

#include "domain/relation/relation.h"

fallible relation_put_check(struct bytes payload, struct err *e);
fallible hand_over_check(struct bytes payload, struct err *e);
