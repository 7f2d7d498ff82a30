/* What the handlers of tags and segments share. */
#pragma once

#include "domain/audience/audience.h"
#include "edge/route.h"

/* The definition that the path names, of the kind that the route is for; false: there is none that the token sees, and r->problem says so. */
bool audience_asked(struct request *r, const struct view *v, struct audience *out_audience);
